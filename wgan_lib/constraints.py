"""Ways to keep a critic Lipschitz, each a frozen value with three hooks that the training loop calls in turn.

A constraint may act on the weights before training (``attach``), in the critic's loss (``penalty``) and after the
optimiser's step (``project``). The loop calls all three and never asks which constraint it holds.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib.networks import BatchedLinear

Rng = torch.Generator | Sequence[torch.Generator]


class LipschitzConstraint(Protocol):
    """The three places where a constraint may act; a subclass fills the hooks it needs. Chapter: weight-clipping."""

    def attach(self, critic: nn.Module) -> None:
        """Prepare the critic's weights, once, before training."""

    def penalty(
        self, critic: nn.Module, real: Float[Tensor, "..."], fake: Float[Tensor, "..."], rng: Rng
    ) -> Float[Tensor, ""]:
        """Return a scalar to add to the critic's loss; ``rng`` is one generator, or K of them for K copies."""
        return torch.zeros((), dtype=real.dtype, device=real.device)

    def project(self, critic: nn.Module) -> None:
        """Mend the critic's weights, after each optimiser step."""


@dataclass(frozen=True)
class Unconstrained(LipschitzConstraint):
    """No constraint: the Wasserstein critic's scores then run away. Chapter: critic."""


@dataclass(frozen=True)
class WeightClipping(LipschitzConstraint):
    """Clamp every parameter to [−bound, bound] after each optimiser step: w ← clip(w, −c, c).

    The critic is then K-Lipschitz with K ≤ c^L ∏ √(n_{l−1} n_l), neither c nor 1. ``biases=False`` leaves parameters
    named bias alone. This is Algorithm 1's order; the authors' code clamps *before* each critic step, so that the
    generator sees a critic that is one step outside the box. Normalisation layers' parameters are clamped as well.

    Raises ValueError for ``bound`` ≤ 0. Source: Arjovsky 2017, Algorithm 1. Chapter: weight-clipping.
    """

    bound: float
    biases: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.bound < float("inf"):
            raise ValueError(f"bound is {self.bound}: the clipping bound c must be a positive, finite number")

    @torch.no_grad()
    def project(self, critic: nn.Module) -> None:
        """Clamp the parameters in place."""
        for name, parameter in critic.named_parameters():
            if self.biases or name.rpartition(".")[2] != "bias":
                parameter.clamp_(-self.bound, self.bound)


@dataclass(frozen=True)
class GradientPenalty(LipschitzConstraint):
    """Add λ E (‖∇f(x)‖ − target)² to the critic's loss, or λ E max(0, ‖∇f(x)‖ − target)² when ``one_sided``.

    ‖·‖ is the Euclidean norm over all axes of one sample. Points x: "interpolates" α real + (1 − α) fake with one
    α ~ U[0, 1] per sample (real and fake need equal shapes), "reals" or "fakes". ``weight`` λ has units of length.
    R1 of weight γ, (γ/2) E‖∇f(real)‖², is ``GradientPenalty(γ / 2, target=0.0, at="reals")``; the ½ is not hidden here.
    K copies trained at once take K generators as ``rng``, one per copy.

    Raises ValueError for λ < 0, target < 0 or another ``at``; ``attach`` for a critic that mixes samples, such as one
    with BatchNorm. Source: Gulrajani 2017, eq. 3; Petzka 2018 (one-sided); Mescheder 2018, eq. 9 (R1).
    Chapter: gradient-penalty.
    """

    weight: float
    one_sided: bool = False
    target: float = 1.0
    at: Literal["interpolates", "reals", "fakes"] = "interpolates"

    def __post_init__(self) -> None:
        for name in ("weight", "target"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} is {getattr(self, name)}: it must be a finite number, 0 or more")
        if self.at not in ("interpolates", "reals", "fakes"):
            raise ValueError(f"at is {self.at!r}: it must be 'interpolates', 'reals' or 'fakes'")

    def attach(self, critic: nn.Module) -> None:
        """Refuse a critic in which one sample's score depends on another sample."""
        advice = "a gradient per sample then has no meaning; use LayerNorm, InstanceNorm or no normalisation instead"
        for name, layer in critic.named_modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                raise ValueError(f"layer {name!r} of the critic, {layer}, mixes the samples of a batch: {advice}")
        first = next((m for m in critic.modules() if isinstance(m, nn.Linear | BatchedLinear)), None)
        start = next(iter(critic.parameters()), None)
        if first is not None and start is first.weight:  # only then is the shape of a sample known
            probe = torch.linspace(-1, 1, 4 * first.in_features).reshape(4, -1).to(start)
            if mixes_samples(critic, probe):
                raise ValueError(f"the critic's score of one sample depends on the others of its batch: {advice}")

    def penalty(
        self, critic: nn.Module, real: Float[Tensor, "..."], fake: Float[Tensor, "..."], rng: Rng
    ) -> Float[Tensor, ""]:
        """Return the penalty, averaged over the batch and summed over the copies; its graph reaches the weights."""
        points = self._points(real.detach(), fake.detach(), rng)
        norms = gradient_norms(critic, points, create_graph=True)
        if norms.ndim != (1 if isinstance(rng, torch.Generator) else 2):
            raise ValueError(f"rng: critics with scores of shape {tuple(norms.shape)} need a list of K generators")
        excess = norms - self.target
        return self.weight * (excess.relu() if self.one_sided else excess).square().mean(-1).sum()

    def _points(self, real: Tensor, fake: Tensor, rng: Rng) -> Tensor:
        generators = [rng] if isinstance(rng, torch.Generator) else list(rng)
        if not isinstance(rng, torch.Generator) and real.ndim == fake.ndim - 1:
            real = real.expand(len(generators), *real.shape)  # one real batch, shared by the K copies
        if self.at != "interpolates":
            return real if self.at == "reals" else fake
        if real.shape != fake.shape:
            raise ValueError(
                f"real {tuple(real.shape)} and fake {tuple(fake.shape)} must have one shape to interpolate"
            )
        batch = fake.shape[0] if isinstance(rng, torch.Generator) else fake.shape[1]
        alpha = torch.stack([torch.rand(batch, generator=g, device=g.device) for g in generators]).to(real)
        alpha = alpha[0] if isinstance(rng, torch.Generator) else alpha
        alpha = alpha.reshape(alpha.shape + (1,) * (real.ndim - alpha.ndim))
        return alpha * real + (1 - alpha) * fake


def gradient_norms(critic: nn.Module, x: Float[Tensor, "..."], create_graph: bool = False) -> Float[Tensor, "..."]:
    """Return ‖∇f(x)‖ for each sample, the Euclidean norm over all the axes that the scores lack.

    Takes ``(batch, …)`` or ``(K, batch, …)``, returns ``(batch,)`` or ``(K, batch)``; units of score per unit of data.
    ``create_graph`` keeps the graph to the critic's weights. Raises ValueError when the scores' axes are not the first
    axes of ``x``. Source: Gulrajani 2017, Algorithm 1. Chapter: gradient-penalty.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        scores = critic(x)
        if x.shape[: scores.ndim] != scores.shape:
            raise ValueError(f"scores {tuple(scores.shape)} are not one per sample of x {tuple(x.shape)}")
        (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=create_graph)
    axes = tuple(range(scores.ndim, gradient.ndim))
    return torch.linalg.vector_norm(gradient, dim=axes) if axes else gradient.abs()


def mixes_samples(critic: nn.Module, x: Float[Tensor, "batch ..."]) -> bool:
    """Tell whether the critic's score of the first sample depends on any other sample of the batch ``x``.

    ∂f(x)₀/∂xᵢ ≠ 0 for some i ≥ 1, in the critic's present mode; at least two samples, else ValueError. Works on a
    copy of the critic, so that running averages stay as they are. Chapter: gradient-penalty.
    """
    if x.shape[0] < 2:
        raise ValueError(f"x holds {x.shape[0]} sample(s): at least 2 are needed to see whether they mix")
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        scores = copy.deepcopy(critic)(x)
        (gradient,) = torch.autograd.grad(scores[..., 0].sum(), x)
    return bool((gradient[1:] != 0).any())
