"""Pictures for the runs on a GPU, and a judge for them: a classifier trained on their labels in a few seconds."""

import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from wgan_lib import images, metrics
from wgan_lib.images import Images
from wgan_lib.metrics import Classifier
from wgan_lib.training import stream


@dataclass(frozen=True)
class Judge:
    """Held-out features of a classifier, and how far one half of them is from the other."""

    classifier: Classifier
    features: np.ndarray
    accuracy: float
    floor: float

    def distance(self, pictures: Tensor) -> float:
        """The classifier Fréchet distance of pictures (n, c, h, w) to the held-out ones."""
        return metrics.frechet_distance(self.features, self.classifier.look(pictures.clamp(-1, 1))[0])


def pictures(path: Path, side: int) -> Images:
    """The pictures of a folder or zip with one subfolder a class; every tenth of each class is held out."""
    if path.suffix == ".zip":
        with tempfile.TemporaryDirectory() as unpacked, zipfile.ZipFile(path) as archive:
            archive.extractall(unpacked)
            return _folder(Path(unpacked), path.name, side)
    if path.is_dir() and (path / "cifar-10-binary.tar.gz").exists() | (path / "cifar-10-batches-bin").exists():
        return images.cifar10(path)
    return _folder(path, path.name, side)


def _folder(top: Path, name: str, side: int) -> Images:
    found = sorted(p for p in top.rglob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
    classes = sorted({p.parent.name for p in found})
    if len(classes) < 2:
        raise ValueError(f"{name} holds pictures in {len(classes)} subfolders: one a class is needed, at least two")
    labels = torch.tensor([classes.index(p.parent.name) for p in found])
    with ThreadPoolExecutor() as pool:
        pixels = torch.from_numpy(np.stack(list(pool.map(lambda p: _read(p, side), found)))).permute(0, 3, 1, 2)
    out = torch.zeros(len(found), dtype=torch.bool)
    for label in range(len(classes)):
        out[(labels == label).nonzero()[::10]] = True
    held_out = Images(f"{name}.held_out", pixels[out].contiguous(), labels[out])
    return Images(name, pixels[~out].contiguous(), labels[~out], held_out)


def _read(path: Path, side: int) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB").resize((side, side)))


def stand_in(shape: tuple[int, ...], n: int = 200) -> Images:
    """Noise in two classes, for rehearsals."""
    rng = stream(0, "probe")
    pixels = torch.randint(256, (n, *shape), generator=rng, dtype=torch.uint8)
    labels = torch.arange(n) % 2
    return Images(
        "noise", pixels[: n // 2], labels[: n // 2], Images("noise.held_out", pixels[n // 2 :], labels[n // 2 :])
    )


def judge_by(data: Images, device: torch.device, epochs: int, judged: int) -> Judge:
    """Train a classifier on the labels, on the device, and have it look at the held-out pictures."""
    assert data.labels is not None
    assert data.held_out is not None
    torch.manual_seed(0)  # PyTorch's layers draw their weights from the global numbers
    n_classes = int(data.labels.max()) + 1
    classifier = Classifier(tuple(data.pixels.shape[1:]), n_classes, width=64).to(device)
    pixels, labels, rng = data.pixels.to(device), data.labels.to(device), torch.Generator().manual_seed(0)
    batch = min(256, len(pixels))
    n_batches = len(pixels) // batch
    optimizer = torch.optim.Adam(classifier.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * n_batches)
    for _ in range(epochs):
        for rows in torch.randperm(len(pixels), generator=rng)[: n_batches * batch].to(device).split(batch):
            shown = pixels[rows].float() * (2 / data.white) - 1
            shown = torch.where((rows % 2 == 0)[:, None, None, None], shown, shown.flip(-1))  # half of them mirrored
            loss = cross_entropy(classifier(shown), labels[rows], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return _judge(classifier.cpu().eval(), data.held_out, judged)


def mnist_judge(root: Path, judged: int, *, rehearsal: bool) -> tuple[Judge, Images]:
    """MNIST with its recorded classifier; noise in its place in a rehearsal."""
    data = stand_in((1, 28, 28)) if rehearsal else images.mnist(root)
    assert data.held_out is not None
    return _judge(metrics.load_classifier("mnist"), data.held_out, judged), data


def _judge(classifier: Classifier, held_out: Images, judged: int) -> Judge:
    features, classes = classifier.look(held_out.points)
    assert held_out.labels is not None
    order = np.random.default_rng(0).permutation(len(features))[: 2 * judged]
    halves = np.array_split(features[order], 2)
    accuracy = float((classes == held_out.labels.numpy()).mean())
    return Judge(classifier, features, accuracy, metrics.frechet_distance(*halves))
