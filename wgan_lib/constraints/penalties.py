"""The gradient penalty: a critic whose slope is asked for, sample by sample, in its loss."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib.constraints.hooks import LipschitzConstraint, Rng
from wgan_lib.constraints.input_gradients import gradient_norms, mixes_samples
from wgan_lib.networks import BatchedLinear


@dataclass(frozen=True)
class GradientPenalty(LipschitzConstraint):
    """Add λ E (‖∇f(x)‖ − target)² to the critic's loss, or λ E max(0, ‖∇f(x)‖ − target)² when ``one_sided``.

    ‖·‖ is the Euclidean norm over all axes of one sample. Points x: "interpolates" α real + (1 − α) fake with one
    α ~ U[0, 1] per sample (real and fake need equal shapes), "reals" or "fakes". ``weight`` λ has units of length.
    R1 of weight γ, (γ/2) E‖∇f(real)‖², is ``GradientPenalty(γ / 2, target=0.0, at="reals")``; the ½ is not hidden here.
    K copies trained at once take K generators as ``rng``, one per copy.

    Raises ValueError for λ < 0, target < 0 or another ``at``. ``attach`` refuses a critic that mixes samples: BatchNorm
    always, other layers where the first one is linear and so tells a sample's shape.
    Source: Gulrajani 2017, eq. 3; Petzka 2018 (one-sided); Mescheder 2018, eq. 9 (R1).
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
        first = next((layer for layer in critic.modules() if not list(layer.children())), None)
        if isinstance(first, nn.Linear | BatchedLinear):  # only then is the shape of a sample known
            probe = torch.linspace(-1, 1, 4 * first.in_features).reshape(4, -1).to(first.weight)
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
