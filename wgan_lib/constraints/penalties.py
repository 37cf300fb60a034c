"""The gradient penalty: a critic whose slope is asked for, sample by sample, in its loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks
from wgan_lib.constraints.hooks import LipschitzConstraint, Rng
from wgan_lib.constraints.input_gradients import gradient_norms, mixes_samples


@dataclass(frozen=True)
class GradientPenalty(LipschitzConstraint):
    """Add λ E (‖∇f(x)‖ − target)² to the critic's loss, or λ E max(0, ‖∇f(x)‖ − target)² when ``one_sided``.

    ‖·‖ is the Euclidean norm over all axes of one sample. Points x: "interpolates" α real + (1 − α) fake with one
    α ~ U[0, 1] per sample (real and fake need equal shapes), "reals", "fakes", or "both": the sum of the two penalties.
    ``weight`` λ has units of length. R1 of weight γ, (γ/2) E‖∇f(real)‖², is ``GradientPenalty(γ / 2, target=0.0,
    at="reals")``, R1 + R2 the same ``at="both"``; the ½ is not hidden here. K copies trained at once take K generators
    as ``rng``, one per copy. Numbers are kept as floats, so that 10 and numpy's 10.0 make equal values.

    Raises ValueError for λ < 0, target < 0 or another ``at``, TypeError for what is no number. ``attach`` refuses a
    critic that mixes samples: BatchNorm always, other layers where the first one tells a sample's shape.
    Source: Gulrajani 2017, eq. 3; Petzka 2018 (one-sided); Mescheder 2018, eq. 9 (R1), section 4.1 (R2).
    Chapter: gradient-penalty.
    """

    weight: float
    one_sided: bool = False
    target: float = 1.0
    at: Literal["interpolates", "reals", "fakes", "both"] = "interpolates"

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", checks.number("weight", self.weight, least=0))
        object.__setattr__(self, "one_sided", checks.flag("one_sided", self.one_sided))
        object.__setattr__(self, "target", checks.number("target", self.target, least=0))
        checks.one_of("at", self.at, ("interpolates", "reals", "fakes", "both"))

    def attach(self, critic: nn.Module) -> None:
        """Refuse a critic in which one sample's score depends on another sample."""
        advice = "a gradient per sample then has no meaning; use LayerNorm, InstanceNorm or no normalisation instead"
        for name, layer in critic.named_modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                raise ValueError(f"layer {name!r} of the critic, {layer}, mixes the samples of a batch: {advice}")
        first = next((layer for layer in critic.modules() if not list(layer.children())), None)
        weight = next(critic.parameters(), None)
        size = getattr(first, "in_features", None)
        if isinstance(size, int) and weight is not None:  # only then is the shape of a sample known
            probe = torch.linspace(-1, 1, 4 * size).reshape(4, -1).to(weight)
            if mixes_samples(critic, probe):
                raise ValueError(f"the critic's score of one sample depends on the others of its batch: {advice}")

    def penalty(
        self, critic: nn.Module, real: Float[Tensor, "..."], fake: Float[Tensor, "..."], rng: Rng
    ) -> Float[Tensor, ""]:
        """Return the penalty, averaged over the batch and summed over the copies; its graph reaches the weights."""
        found = [gradient_norms(critic, x, create_graph=True) for x in self.places(real, fake, rng)]
        if found[0].ndim != (1 if isinstance(rng, torch.Generator) else 2):
            raise ValueError(f"rng: critics with scores of shape {tuple(found[0].shape)} need a list of K generators")
        return self.of_norms(found)

    def places(self, real: Float[Tensor, "..."], fake: Float[Tensor, "..."], rng: Rng) -> list[Float[Tensor, "..."]]:
        """Return the points at which slopes are asked for: all that the penalty draws at random."""
        alone = isinstance(rng, torch.Generator)
        generators = list(rng) if isinstance(rng, Sequence) else [rng]
        if not generators or not all(isinstance(generator, torch.Generator) for generator in generators):
            raise TypeError(
                f"rng is {checks.shortly(rng)}: it must be a torch.Generator, or a list of one for each copy"
            )
        real, fake = checks.points("real", real).detach(), checks.points("fake", fake).detach()
        if not alone and real.ndim == fake.ndim - 1:
            real = real.expand(len(generators), *real.shape)  # one real batch, shared by the K copies
        return self._points(real, fake, generators, alone)

    def of_norms(self, norms: Sequence[Float[Tensor, "..."]]) -> Float[Tensor, ""]:
        """Return the penalty of slopes that are known, those at each of the ``places``."""
        excesses = [each - self.target for each in norms]
        each = [(excess.relu() if self.one_sided else excess).square().mean(-1).sum() for excess in excesses]
        return self.weight * each[0] if len(each) == 1 else self.weight * each[0] + self.weight * each[1]

    def _points(self, real: Tensor, fake: Tensor, generators: list[torch.Generator], alone: bool) -> list[Tensor]:
        if self.at != "interpolates":
            return {"reals": [real], "fakes": [fake], "both": [real, fake]}[self.at]
        if real.shape != fake.shape:
            raise ValueError(
                f"real {tuple(real.shape)} and fake {tuple(fake.shape)} must have one shape to interpolate"
            )
        batch = fake.shape[0 if alone else 1]
        alpha = torch.stack([torch.rand(batch, generator=g, device=g.device) for g in generators]).to(real)
        alpha = alpha[0] if alone else alpha
        alpha = alpha.reshape(alpha.shape + (1,) * (real.ndim - alpha.ndim))
        return [alpha * real + (1 - alpha) * fake]
