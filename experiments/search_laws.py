"""What the search of `constraint_by_loss` trains on, and how its samples are judged: two laws of the plane, the digits.

Of a law the search asks for `data` that a training takes, the numbers of `latents` and `values` of a sample, the last
layer of its generator, N `real` samples, and what 2,500 generated ones `hold`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from wgan_lib import images, metrics, sampling
from wgan_lib.training import TensorData, stream

N = 500


@dataclass(frozen=True)
class Plane:
    """A law of the plane with modes: fresh samples without end."""

    data: Any
    latents: int = 2
    values: int = 2

    def __str__(self) -> str:
        return repr(self.data)

    def ends(self) -> list[nn.Module]:
        """Layers after the generator's last linear one."""
        return []

    def real(self, seed: int, again: bool = False) -> np.ndarray:
        """N samples (N, 2) of a seed; `again`: N others."""
        return self.data.sample(N, stream(seed, "recorded data" if again else "evaluation")).numpy()

    def hold(self, samples: torch.Tensor) -> dict[str, float]:
        """Modes found by 2,500 samples, and the share of them within 3σ of one."""
        found = metrics.mode_coverage(samples, self.data)
        return {"modes": found[0], "quality": found[1]}

    def nothing(self) -> dict[str, float]:
        """The same of a training that blew up."""
        return {"modes": 0, "quality": 0.0}


@dataclass(frozen=True)
class Digits:
    """The 8 × 8 digits, 64 numbers from −1 to 1: trained on 1,198, judged by the 599 that are held out."""

    latents: int = 32
    values: int = 64
    data: Any = field(default_factory=lambda: TensorData(images.digits().points.flatten(1)))

    def __str__(self) -> str:
        return "the 8 x 8 digits of scikit-learn, values from -1 to 1"

    def ends(self) -> list[nn.Module]:
        """Pixels stay between −1 and 1."""
        return [nn.Tanh()]

    def real(self, seed: int, again: bool = False) -> np.ndarray:
        """N held-out digits (N, 64), by lot; `again`: N of those that are trained on."""
        points = images.digits().points if again else _held_out()
        lot = torch.randperm(len(points), generator=stream(seed, "recorded data" if again else "evaluation"))
        return points[lot[:N]].flatten(1).numpy()

    def hold(self, samples: torch.Tensor) -> dict[str, float]:
        """Classes with a hundredth of 2,500 pictures or more, and the classifier Fréchet distance to those held out."""
        classifier = metrics.load_classifier("digits")
        features, classes = classifier.look(samples.reshape(-1, 1, 8, 8))
        shares = metrics.class_shares(classes, 10)
        real = classifier.look(_held_out())[0]
        return {"modes": int((shares >= 0.01).sum()), "frechet": metrics.frechet_distance(features, real)}

    def nothing(self) -> dict[str, float]:
        """The same of a training that blew up."""
        return {"modes": 0, "frechet": np.inf}


def _held_out() -> torch.Tensor:
    held_out = images.digits().held_out
    assert held_out is not None
    return held_out.points


LAWS = {"ring8": Plane(sampling.ring(8)), "grid25": Plane(sampling.grid(25)), "digits": Digits()}
