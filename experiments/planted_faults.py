"""Twelve ways a training may go, for `curve_faults.py`: two healthy ones, ten with one fault planted, and a search.

Each row changes one thing against the healthy one. What the library refuses is made here, by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from wgan_lib import sampling
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Unconstrained, WeightClipping
from wgan_lib.losses import WASSERSTEIN, AdversarialLoss
from wgan_lib.training import NormalLatent, Sampler, describe

SEEDS = list(range(10))
LAW, LATENT = sampling.ring(8, radius=1.0, std=0.1), NormalLatent(2)
BASE: dict[str, Any] = {"n_steps": 600, "betas": (0.5, 0.9)}
PIXELS = 127.5
"""How much longer lengths are in pictures of 0 to 255 than in pictures of -1 to 1."""


class BatchNormOfCopies(nn.Module):
    """BatchNorm, each copy by itself: takes and returns (K, batch, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width, self.layer = width, nn.BatchNorm1d(len(SEEDS) * width)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise over the batch."""
        columns = x.transpose(0, 1).flatten(1)
        return self.layer(columns).unflatten(1, (-1, self.width)).transpose(0, 1)


class UncheckedPenalty(GradientPenalty):
    """A gradient penalty that takes any critic, as most do: it computes a mixed gradient and says no word."""

    def attach(self, critic: nn.Module) -> None:
        """Refuse nothing."""


@dataclass(frozen=True)
class FewPoints:
    """A training set of ``held`` points, another for each seed; a batch is drawn from them with replacement."""

    held: int

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n of the points that the generator's own seed stands for."""
        points = LAW.sample(self.held, torch.Generator().manual_seed(generator.initial_seed() % 2**31))
        return points[torch.randint(self.held, (n,), generator=generator)]


@dataclass(frozen=True)
class Coins(NormalLatent):
    """A latent whose coordinates are coins: 2^size points in all. Rounding or a cast to bool does this."""

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n tosses."""
        return super().sample(n, generator).sign()


@dataclass(frozen=True)
class Row:
    """One way to train. ``sign`` is -1 where the generator's loss has the wrong sign; ``rates`` critic, generator."""

    constraint: LipschitzConstraint = GradientPenalty(1.0)  # noqa: RUF009  (a frozen value)
    rates: tuple[float, float] = (2e-3, 2e-3)
    critic_steps: int = 3
    batch_size: int = 64
    sign: int = 1
    norm: Callable[[int], nn.Module] | None = None
    data: Any = field(default_factory=lambda: LAW)
    latent: Sampler = LATENT

    @property
    def loss(self) -> AdversarialLoss:
        """Wasserstein's, or the one with the wrong sign."""
        if self.sign == 1:
            return WASSERSTEIN
        return AdversarialLoss(WASSERSTEIN.critic, lambda fake, real=None: fake.mean(-1).sum(), "wrong sign")

    def told(self) -> dict[str, Any]:
        """What the record says of the row."""
        found = {name: value for name, value in vars(self).items() if name in ("critic_steps", "batch_size", "sign")}
        parts = {"constraint": self.constraint, "data": self.data, "latent": self.latent}
        norm = "BatchNorm" if self.norm else "none"
        return {**found, "rates": list(self.rates), "norm": norm, **{k: describe(v) for k, v in parts.items()}}


ROWS: dict[str, Row] = {
    "healthy": Row(),
    "healthy and noisy": Row(batch_size=8),
    "flipped sign": Row(sign=-1),
    "rates too high": Row(rates=(2e-2, 2e-2)),
    "critic too lazy": Row(rates=(3e-4, 2e-3)),
    "c too small": Row(constraint=WeightClipping(0.01)),
    "c too large": Row(constraint=WeightClipping(1.0)),
    "λ in pixels": Row(constraint=GradientPenalty(1 / PIXELS)),
    "BatchNorm in the critic": Row(constraint=UncheckedPenalty(1.0), norm=BatchNormOfCopies),
    "overfitting": Row(data=FewPoints(24)),
    "collapsed generator": Row(latent=Coins(2)),
    "penalty never added": Row(constraint=Unconstrained()),
    "critic rate 1e-4": Row(rates=(1e-4, 2e-3)),
    "critic rate 7e-4": Row(rates=(7e-4, 2e-3)),
    "critic rate 4e-3": Row(rates=(4e-3, 2e-3)),
}
