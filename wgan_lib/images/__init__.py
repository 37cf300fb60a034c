"""Pictures to learn: digits, MNIST, Fashion-MNIST, CIFAR-10 or a folder, checked byte by byte and never unpickled.

Values lie in [−1, 1], float32 ``(n, channels, height, width)``; each set can ``sample`` and has a ``held_out`` part.
"""

import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from wgan_lib.images.downloads import Source, fetch, place
from wgan_lib.images.folders import folder, holds_pictures, listing
from wgan_lib.images.formats import read_idx, read_members, read_records
from wgan_lib.images.memory import Images

__all__ = ["Images", "cifar10", "digits", "fashion_mnist", "folder", "holds_pictures", "listing", "mnist"]

_IDX_FILES = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
_MNIST_MD5 = (
    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "d53e105ee54ea40749a09fcbcd1e9432",
    "9fb629c4189551a2d022fa330f9573f3",
    "ec29112dd5afa0611ce80d1b7f02629c",
)
_MNIST_UNPACKED_MD5 = (
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
)
_FASHION_MD5 = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "25c81989df183df01b3e8a0aad5dffbe",
    "bef4ecab320f06d8554ea6380940ec79",
    "bb300cfdad3c16e7a12a480ee83cd310",
)
MNIST = Source(
    "mnist",
    "MNIST/raw",
    dict(zip(_IDX_FILES, _MNIST_MD5, strict=True)),
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    unpacked=dict(zip((name.removesuffix(".gz") for name in _IDX_FILES), _MNIST_UNPACKED_MD5, strict=True)),
    pictures=(60_000, 10_000),
)
FASHION_MNIST = Source(
    "fashion_mnist",
    "FashionMNIST/raw",
    dict(zip(_IDX_FILES, _FASHION_MD5, strict=True)),
    (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    pictures=(60_000, 10_000),
    balanced=True,
)
CIFAR10 = Source(
    "cifar10",
    ".",
    {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
    ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"),
    pictures=(50_000, 10_000),
    balanced=True,
)
_CIFAR_FILES = [
    f"cifar-10-batches-bin/{part}.bin" for part in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
]


def digits() -> Images:
    """Give scikit-learn's 8 × 8 digits, embedded: 1198 to train on, every third one, 599, held out.

    ``(n, 1, 8, 8)``. Source: Alpaydın & Kaynak 1998, Optical Recognition of Handwritten Digits. Chapter: full-models.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = torch.from_numpy(bunch.images.astype(np.uint8)[:, None])
    labels = torch.from_numpy(bunch.target.astype(np.int64))
    kept = torch.arange(len(labels)) % 3 < 2
    held_out = Images("digits().held_out", pixels[~kept], labels[~kept], white=16)
    return Images("digits()", pixels[kept], labels[kept], held_out, white=16)


def mnist(root: str | os.PathLike[str] = "data", *, download: bool = True, progress: bool = True) -> Images:
    """Give MNIST's 60,000 digits ``(n, 1, 28, 28)``, 10,000 more held out, from ``root/MNIST/raw``.

    torchvision's folder is used as it is; missing files are downloaded. Raises ValueError that names a damaged file,
    packed or unpacked, FileNotFoundError that says which files to put where. Source: LeCun 1998. Chapter: full-models.
    """
    return _idx(MNIST, place("root", root), download, progress)


def fashion_mnist(root: str | os.PathLike[str] = "data", *, download: bool = True, progress: bool = True) -> Images:
    """Give Fashion-MNIST's 60,000 garments ``(n, 1, 28, 28)``, 10,000 more held out, from ``root/FashionMNIST/raw``.

    All else as ``mnist``, but the checksums of unpacked files are not published: of these the numbers of pictures and
    of each label are checked, and a changed pixel is not seen. Source: Xiao 2017. Chapter: full-models.
    """
    return _idx(FASHION_MNIST, place("root", root), download, progress)


def cifar10(root: str | os.PathLike[str] = "data", *, download: bool = True, progress: bool = True) -> Images:
    """Give CIFAR-10's 50,000 photographs ``(n, 3, 32, 32)``, 10,000 more held out.

    From ``root/cifar-10-binary.tar.gz``, or from ``root/cifar-10-batches-bin`` where that was unpacked: torchvision's
    own cifar-10-batches-py holds pickles, which are not read. All else as ``fashion_mnist``. Source: Krizhevsky 2009.
    Chapter: full-models.
    """
    unpacked = [place("root", root).absolute() / name for name in _CIFAR_FILES]
    if all(path.exists() for path in unpacked):
        records = [read_records(path.read_bytes(), str(path)) for path in unpacked]
    else:
        (archive,) = fetch(CIFAR10, place("root", root), download=download, progress=progress).values()
        records = [
            read_records(content, f"{name} in {archive}") for name, content in read_members(archive, _CIFAR_FILES)
        ]
    pixels = [torch.from_numpy(r[:, 1:].reshape(-1, 3, 32, 32)) for r in records]
    labels = [torch.from_numpy(r[:, 0].astype(np.int64)) for r in records]
    return _whole(CIFAR10, torch.cat(pixels[:-1]), torch.cat(labels[:-1]), pixels[-1], labels[-1])


def _idx(source: Source, root: Path, download: bool, progress: bool) -> Images:
    files = fetch(source, root, download=download, progress=progress)
    arrays = [torch.from_numpy(read_idx(file, 3 if "idx3" in name else 1)) for name, file in files.items()]
    train, train_labels, test, test_labels = arrays
    return _whole(source, train[:, None], train_labels.long(), test[:, None], test_labels.long())


def _whole(source: Source, train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor) -> Images:
    """Put a set together; ValueError where numbers or labels are not those that its authors tell."""
    name, held_out = f"{source.name}()", Images(f"{source.name}().held_out", test, test_labels)
    data = Images(name, train, train_labels, held_out)
    for part, wanted in zip((data, held_out), source.pictures or (), strict=False):
        counts = torch.bincount(part.labels if part.labels is not None else train_labels, minlength=10)
        if len(part) != wanted or len(counts) > 10 or (source.balanced and bool((counts != wanted // 10).any())):
            found = f"{len(part)} pictures of {part}, by label {counts.tolist()}"
            even = f", {wanted // 10} of each of 10 labels" if source.balanced else ""
            raise ValueError(f"{found}: damaged, or another set; {wanted} are published{even}. Take a fresh copy")
    return data
