"""Features for pictures of one's own: a small classifier taught by their classes, or their coarse pixels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy

from wgan_lib import checks
from wgan_lib.images import Images
from wgan_lib.metrics.pictures import Classifier, Features

BATCH, MOST = 64, 10_000


def fit_classifier(data: Images, generator: torch.Generator, n_steps: int | None = None) -> Classifier:
    """Teach a small classifier the classes of labelled pictures; its accuracy on the held-out ones is in ``settings``.

    ``n_steps`` batches of 64, by default as many as twenty rounds through the data take, 200 to 5,000. Adam with one
    cycle of its rate, label smoothing .05; the caller's random numbers stay as they are. Raises ValueError for pictures
    without labels, or of one class. Chapter: full-models.
    """
    checks.generator("generator", generator)
    rounds = min(5000, max(200, 20 * len(data) // BATCH))
    n_steps = rounds if n_steps is None else checks.whole("n_steps", n_steps)
    if data.labels is None or data.held_out is None or data.held_out.labels is None:
        raise ValueError(
            f"data is {checks.shortly(data)}, without labels: a classifier needs pictures with labels, some held out"
        )
    n_classes = int(torch.cat([data.labels, data.held_out.labels]).max()) + 1
    if n_classes < 2:
        raise ValueError(f"data is {checks.shortly(data)}, of one class: a classifier needs two")
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(int(torch.randint(1 << 30, (), generator=generator)))
        classifier = Classifier(tuple(data.pixels.shape[1:]), n_classes)
        weights = list(classifier.parameters())
        optimizer = torch.optim.Adam(weights)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=n_steps)
        for _ in range(n_steps):
            rows = torch.randint(len(data), (BATCH,), generator=generator)
            batch = data.pixels[rows].float().mul_(2 / data.white).sub_(1)
            loss = cross_entropy(classifier(batch), data.labels[rows], label_smoothing=0.05)
            for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
                weight.grad = gradient
            optimizer.step()
            schedule.step()
    classifier.eval()
    some = torch.arange(0, len(data.held_out), -(-len(data.held_out) // MOST))
    right = classifier.look(data.held_out.pixels[some].float() * (2 / data.white) - 1)[1]
    truth = data.held_out.labels[some].numpy()
    classifier.settings = {"accuracy": float((right == truth).mean()), "n_steps": n_steps, "data": repr(data)}
    return classifier


class CoarsePixels(Classifier):
    """Stands where no class is known: the features are the pixels, averaged down to ``side`` × ``side``, of one class.

    Chapter: full-models.
    """

    def __init__(self, image_shape: Sequence[int], side: int = 8) -> None:
        super().__init__(image_shape, 1, 1)
        self.side = min(checks.whole("side", side), *self.image_shape[1:])

    def forward(self, images: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch features"]:
        """Return the averaged pixels."""
        return adaptive_avg_pool2d(images, self.side).flatten(1)

    @torch.no_grad()
    def look(self, images: Float[Any, "n channels height width"]) -> tuple[Features, Int64[np.ndarray, "n"]]:
        """Return the averaged pixels as features, and the one class."""
        features = self(torch.as_tensor(images).cpu().float()).double().numpy()
        checks.all_finite("images", features)
        return features, np.zeros(len(features), np.int64)
