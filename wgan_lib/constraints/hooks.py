"""The three places where a constraint may act, the constraint that does nothing, and the clipping of weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks

Rng = torch.Generator | Sequence[torch.Generator]


@runtime_checkable
class LipschitzConstraint(Protocol):
    """The three places where a constraint may act; a subclass fills the hooks it needs. Chapter: weight-clipping."""

    def attach(self, critic: nn.Module) -> None:
        """Prepare the critic's weights, once, before its optimiser is made."""
        return  # a body without a statement would make the hook abstract to a type checker

    def penalty(
        self, critic: nn.Module, real: Float[Tensor, "..."], fake: Float[Tensor, "..."], rng: Rng
    ) -> Float[Tensor, ""]:
        """Return a scalar to add to the critic's loss; ``rng`` is one generator, or K of them for K copies."""
        return torch.zeros((), dtype=real.dtype, device=real.device)

    def project(self, critic: nn.Module) -> None:
        """Mend the critic's weights, after each optimiser step."""
        return


@dataclass(frozen=True)
class Unconstrained(LipschitzConstraint):
    """No constraint: the Wasserstein critic's scores then run away. Chapter: critic."""


@dataclass(frozen=True)
class WeightClipping(LipschitzConstraint):
    """Clamp every parameter to [−bound, bound] after each optimiser step: w ← clip(w, −c, c).

    The critic is then K-Lipschitz with K ≤ c^L ∏ √(n_{l−1} n_l), neither c nor 1. ``biases=False`` leaves parameters
    named bias alone. This is Algorithm 1's order; the authors' code clamps *before* each critic step, so that the
    generator sees a critic that is one step outside the box. Normalisation layers' parameters are clamped as well.

    Raises ValueError for ``bound`` ≤ 0, TypeError where it is no number.
    Source: Arjovsky 2017, Algorithm 1. Chapter: weight-clipping.
    """

    bound: float
    biases: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "bound", checks.number("bound", self.bound, above=0))
        object.__setattr__(self, "biases", checks.flag("biases", self.biases))

    @torch.no_grad()
    def project(self, critic: nn.Module) -> None:
        """Clamp the parameters in place."""
        for name, parameter in critic.named_parameters():
            if self.biases or name.rpartition(".")[2] != "bias":
                parameter.clamp_(-self.bound, self.bound)
