"""Pictures to learn: digits, MNIST, Fashion-MNIST, CIFAR-10 or a folder, checked byte by byte and never unpickled.

Values lie in [−1, 1], float32 ``(n, channels, height, width)``; each set can ``sample`` and has a ``held_out`` part.
"""

import gzip
import os
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from wgan_lib.images.downloads import Source, fetch

_IDX_FILES = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
_MNIST_MD5 = (
    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "d53e105ee54ea40749a09fcbcd1e9432",
    "9fb629c4189551a2d022fa330f9573f3",
    "ec29112dd5afa0611ce80d1b7f02629c",
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
)
FASHION_MNIST = Source(
    "fashion_mnist",
    "FashionMNIST/raw",
    dict(zip(_IDX_FILES, _FASHION_MD5, strict=True)),
    (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
)
CIFAR10 = Source(
    "cifar10",
    ".",
    {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
    ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"),
)
_CIFAR_FILES = [
    f"cifar-10-batches-bin/{part}.bin" for part in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
]


@dataclass(frozen=True, eq=False)
class Images:
    """Pictures in memory as bytes, 0 black and ``white`` white, made by the functions below; the ``repr`` is the call.

    ``labels`` are None where nobody gave any; ``held_out`` are pictures that no training sees. Raises TypeError for
    another dtype, ValueError for no pictures, another shape, a pixel above ``white`` or another number of labels.
    Chapter: full-models.
    """

    name: str
    pixels: UInt8[Tensor, "n channels height width"]
    labels: Int64[Tensor, "n"] | None = None
    held_out: "Images | None" = None
    white: int = 255

    def __post_init__(self) -> None:
        if self.pixels.dtype != torch.uint8:
            raise TypeError(f"pixels has dtype {self.pixels.dtype}: it must be uint8")
        if self.pixels.ndim != 4 or self.pixels.shape[1] not in (1, 3) or self.pixels.numel() == 0:
            needed = "(n, 1 or 3, height, width) is needed, with at least one picture"
            raise ValueError(f"pixels has shape {tuple(self.pixels.shape)}: {needed}")
        if int(self.pixels.max()) > self.white:
            raise ValueError(f"pixels holds {int(self.pixels.max())}: white is {self.white}, and nothing is brighter")
        if self.labels is not None and self.labels.shape != self.pixels.shape[:1]:
            raise ValueError(f"labels has shape {tuple(self.labels.shape)} for {len(self.pixels)} pictures")

    def __repr__(self) -> str:
        return self.name

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def points(self) -> Float[Tensor, "n channels height width"]:
        """All pictures, in order, with values in [−1, 1]: 2 pixel/white − 1."""
        return self.pixels.float().mul_(2 / self.white).sub_(1)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n channels height width"]:
        """Draw n of the pictures with replacement, on the generator's device; ValueError if there are fewer."""
        if not 1 <= n <= len(self):
            raise ValueError(f"n is {n}: a batch of {self.name} holds 1 to {len(self)} pictures")
        rows = torch.randint(len(self), (n,), generator=generator, device=generator.device).to(self.pixels.device)
        return self.pixels[rows].to(generator.device).float().mul_(2 / self.white).sub_(1)


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
    FileNotFoundError that says which files to put where. Source: LeCun 1998. Chapter: full-models.
    """
    return _idx(MNIST, Path(root), download, progress)


def fashion_mnist(root: str | os.PathLike[str] = "data", *, download: bool = True, progress: bool = True) -> Images:
    """Give Fashion-MNIST's 60,000 garments ``(n, 1, 28, 28)``, 10,000 more held out, from ``root/FashionMNIST/raw``.

    All else as ``mnist``. Source: Xiao 2017. Chapter: full-models.
    """
    return _idx(FASHION_MNIST, Path(root), download, progress)


def cifar10(root: str | os.PathLike[str] = "data", *, download: bool = True, progress: bool = True) -> Images:
    """Give CIFAR-10's 50,000 photographs ``(n, 3, 32, 32)``, 10,000 more held out.

    From ``root/cifar-10-binary.tar.gz``, or from ``root/cifar-10-batches-bin`` where that was unpacked: torchvision's
    own cifar-10-batches-py holds pickles, which are not read. All else as ``mnist``. Source: Krizhevsky 2009.
    Chapter: full-models.
    """
    unpacked = [Path(root).absolute() / name for name in _CIFAR_FILES]
    if all(path.exists() for path in unpacked):
        records = [_records(path.read_bytes(), str(path)) for path in unpacked]
    else:
        (archive,) = fetch(CIFAR10, Path(root), download=download, progress=progress).values()
        records = [_records(content, f"{name} in {archive}") for name, content in _members(archive, _CIFAR_FILES)]
    pixels = [torch.from_numpy(r[:, 1:].reshape(-1, 3, 32, 32)) for r in records]
    labels = [torch.from_numpy(r[:, 0].astype(np.int64)) for r in records]
    held_out = Images("cifar10().held_out", pixels[-1], labels[-1])
    return Images("cifar10()", torch.cat(pixels[:-1]), torch.cat(labels[:-1]), held_out)


def folder(path: str | os.PathLike[str], size: int, channels: int = 3) -> Images:
    """Give the pictures of a folder and its subfolders, ``(n, channels, size, size)``, every tenth held out.

    Each is cut to its middle square and scaled. Files are taken in the order of their names: png, jpg, jpeg, bmp, gif,
    webp, tif, tiff. Raises FileNotFoundError for fewer than two pictures, ValueError that names a damaged one, or for a
    size below 1 or channels other than 1 and 3. Chapter: full-models.
    """
    from PIL import Image, ImageOps

    if size < 1 or channels not in (1, 3):
        raise ValueError(f"size is {size} and channels {channels}: size must be 1 or more, channels 1 or 3")
    suffixes = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
    files = sorted(file for file in Path(path).rglob("*") if file.suffix.lower() in suffixes)
    if len(files) < 2:
        raise FileNotFoundError(f"path {Path(path).absolute()} holds {len(files)} pictures ({', '.join(suffixes)})")
    pixels = np.empty((len(files), size, size, channels), np.uint8)
    for row, file in zip(pixels, files, strict=True):
        try:
            with Image.open(file) as picture:
                upright = ImageOps.exif_transpose(picture).convert("RGB" if channels == 3 else "L")
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # PIL calls a broken PNG a SyntaxError
            raise ValueError(f"{file} cannot be read as a picture: {error}") from error
        (width, height), side = upright.size, min(upright.size)
        left, top = (width - side) // 2, (height - side) // 2
        square = upright.crop((left, top, left + side, top + side)).resize((size, size))
        row[:] = np.asarray(square).reshape(size, size, channels)
    tensor, kept = torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.arange(len(files)) % 10 > 0
    name = f"folder({Path(path).name}, {size}, {channels})"
    return Images(name, tensor[kept], held_out=Images(f"{name}.held_out", tensor[~kept]))


def _idx(source: Source, root: Path, download: bool, progress: bool) -> Images:
    files = fetch(source, root, download=download, progress=progress)
    arrays = [torch.from_numpy(_read_idx(file, 3 if "idx3" in name else 1)) for name, file in files.items()]
    train, train_labels, test, test_labels = arrays
    held_out = Images(f"{source.name}().held_out", test[:, None], test_labels.long())
    return Images(f"{source.name}()", train[:, None], train_labels.long(), held_out)


def _read_idx(path: Path, ndim: int) -> UInt8[np.ndarray, "n ..."]:
    """Read LeCun's format: 0, 0, 8 (bytes), the number of axes, each axis as four bytes, the data."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    shape = tuple(np.frombuffer(content[4 : 4 + 4 * ndim], ">u4").tolist())
    if content[:4] != bytes((0, 0, 8, ndim)) or len(content) != 4 + 4 * ndim + np.prod(shape):
        header = f"{len(content)} bytes after the header {content[:4].hex()} for the shape {shape}"
        raise ValueError(f"{path} is damaged, cut short or another file: {header}. Delete it, and take a fresh copy")
    return np.frombuffer(bytearray(content[4 + 4 * ndim :]), np.uint8).reshape(shape)


def _members(archive: Path, names: list[str]) -> list[tuple[str, bytes]]:
    try:
        with tarfile.open(archive) as tar:
            contents = {member.name: tar.extractfile(member).read() for member in tar if member.name in names}  # type: ignore[union-attr]
    except (tarfile.TarError, EOFError, zlib.error, OSError, AttributeError) as error:
        raise ValueError(f"{archive} is damaged: {error}") from error
    if absent := [name for name in names if name not in contents]:
        raise ValueError(f"{archive} is another archive: it lacks {', '.join(absent)}")
    return [(name, contents[name]) for name in names]


def _records(content: bytes, where: str) -> UInt8[np.ndarray, "n 3073"]:
    """Read CIFAR's binary format: a label below 10, then 1024 bytes each of red, green and blue."""
    if not content or len(content) % 3073 or max(content[::3073]) > 9:
        raise ValueError(
            f"{where} is damaged, cut short or another file: {len(content)} bytes, records of 3073 expected"
        )
    return np.frombuffer(bytearray(content), np.uint8).reshape(-1, 3073)
