"""Ten labelled digits a class, made more by a WGAN-GP that was trained on these hundred alone: does a classifier gain?

The generator draws a picture and its class together: 64 pixels by tanh and ten shares by softmax, which the critic
meets as 64 pixels beside a class written as ten numbers. Each of the subsets trains a generator of its own. Beside
what the generated pictures add stands the null, copies of the hundred with noise, and what anybody may know of
pictures without a network: the hundred shifted by a pixel.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.svm import SVC
from torch import Tensor, nn
from torch.nn.functional import one_hot

from wgan_lib import images, metrics, networks, training
from wgan_lib.constraints import GradientPenalty
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, NormalLatent, TensorData, stream

SUBSETS, A_CLASS, ADDED = 8, 10, 1000
STEPS, WIDTH, BATCH, LABEL = 800, 128, 64, 2.0
NOISE = 0.25


class Labelled(nn.Module):
    """Latents to pictures and classes in one row (n, 74)."""

    def __init__(self, rng: torch.Generator) -> None:
        super().__init__()
        self.net = networks.mlp(32, WIDTH, WIDTH, 74, gain=2**0.5, rng=rng)

    def forward(self, latents: Tensor) -> Tensor:
        """Return rows (n, 74)."""
        out = self.net(latents)
        return torch.cat([out[:, :64].tanh(), LABEL * out[:, 64:].softmax(-1)], -1)


def subset(points: Tensor, labels: Tensor, seed: int) -> Tensor:
    """Choose ten pictures of each class: their rows."""
    order = torch.randperm(len(points), generator=stream(seed, "data"))
    return torch.cat([order[labels[order] == digit][:A_CLASS] for digit in range(10)])


def generated(points: Tensor, labels: Tensor, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Train on these pictures alone, and draw others with their classes."""
    rows = torch.cat([points, LABEL * one_hot(labels, 10)], -1)
    rng = torch.Generator().manual_seed(seed)
    generator = Labelled(rng)
    critic = networks.mlp(74, WIDTH, WIDTH, 1, activation=networks.leaky(0.2), gain=2**0.5, rng=rng)
    for _ in training.train(
        TensorData(rows), generator, critic, WASSERSTEIN, GradientPenalty(10.0), n_steps=STEPS, seed=seed,
        critic_steps=3, batch_size=BATCH, optimizer=Adam(1e-3), latent=NormalLatent(32), linear_decay=True,
        device="cpu",
    ):  # fmt: skip
        pass
    with torch.no_grad():
        made = generator(torch.randn(ADDED, 32, generator=stream(seed, "evaluation")))
    return made[:, :64].numpy(), made[:, 64:].argmax(1).numpy()


def shifted(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Move each picture by at most a pixel each way; what comes in is ground."""
    padded = np.pad(pictures.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)), constant_values=-1)
    moves = rng.integers(0, 3, (len(pictures), 2))
    return np.stack([one[a : a + 8, b : b + 8] for one, (a, b) in zip(padded, moves, strict=True)]).reshape(-1, 64)


def right(pictures: np.ndarray, labels: np.ndarray, test: np.ndarray, truth: np.ndarray, seed: int) -> list[float]:
    """Share of the held-out digits that a forest and a support vector machine read rightly, taught by these."""
    forest = metrics.taught_by(pictures, labels, test, truth, seed).value
    return [forest, float((SVC(C=10.0).fit(pictures, labels).predict(test) == truth).mean())]


def gains(say: Callable[[str], None]) -> dict[str, Any]:
    """Both classifiers' shares (subset, classifier), for each way to make the hundred more."""
    data, begun = images.digits(), time.process_time()
    assert data.labels is not None
    assert data.held_out is not None
    assert data.held_out.labels is not None
    points, test, truth = data.points.flatten(1), data.held_out.points.flatten(1).numpy(), data.held_out.labels.numpy()
    found: dict[str, list[Any]] = {}
    shown = []
    for seed in range(SUBSETS):
        rows, rng = subset(points, data.labels, seed), np.random.default_rng(seed)
        x, y = points[rows].numpy(), data.labels[rows].numpy()
        fake, classes = generated(points[rows], data.labels[rows], seed)
        again = rng.integers(0, len(x), ADDED)
        added = {
            "the hundred alone": (x[:0], y[:0]),
            "generated": (fake, classes),
            "copies with noise": (x[again] + NOISE * rng.normal(size=(ADDED, 64)), y[again]),
            "copies, shifted": (shifted(x[again], rng), y[again]),
        }
        for name, (pictures, labels) in added.items():
            taught = np.concatenate([x, pictures]), np.concatenate([y, labels])
            found.setdefault(name, []).append(right(*taught, test, truth, seed))
        found.setdefault("generated ones alone", []).append(right(fake, classes, test, truth, seed))
        found.setdefault("all 1,198 real ones", []).append(
            right(points.numpy(), data.labels.numpy(), test, truth, seed)
        )
        shown.append([8 * (fake[np.flatnonzero(classes == digit)[:1]] + 1) for digit in range(10)])
        say(f"subset {seed}: " + ", ".join(f"{name} {values[-1][1]:.3f}" for name, values in found.items()))
    pictures = np.zeros((10, 8, 8), np.uint8)
    for digit, one in enumerate(shown[0]):
        if len(one):
            pictures[digit] = np.rint(one[0]).clip(0, 16).reshape(8, 8)
    settings = {"a class": A_CLASS, "added": ADDED, "steps": STEPS, "width": WIDTH, "noise": NOISE, "subsets": SUBSETS}
    settings |= {"minutes": round((time.process_time() - begun) / 60, 1)}
    arrays: dict[str, Any] = {name: np.array(values, np.float32) for name, values in found.items()}
    return arrays | {"pictures": pictures, "meta": settings}
