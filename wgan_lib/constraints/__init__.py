"""Ways to keep a critic Lipschitz, each a frozen value with three hooks that the training loop calls in turn.

A constraint may act on the weights before training (``attach``), in the critic's loss (``penalty``) and after the
optimiser's step (``project``). The loop calls all three and never asks which constraint it holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import grad
from torch.nn.functional import conv2d
from torch.nn.utils import parametrizations, parametrize

from wgan_lib.constraints.input_gradients import gradient_norms, mixes_samples
from wgan_lib.networks import BatchedLinear

Rng = torch.Generator | Sequence[torch.Generator]


@runtime_checkable
class LipschitzConstraint(Protocol):
    """The three places where a constraint may act; a subclass fills the hooks it needs. Chapter: weight-clipping."""

    def attach(self, critic: nn.Module) -> None:
        """Prepare the critic's weights, once, before its optimiser is made."""
        return
        return  # an empty body would make the hook abstract to a type checker

    def penalty(
        self, critic: nn.Module, real: Float[Tensor, "..."], fake: Float[Tensor, "..."], rng: Rng
    ) -> Float[Tensor, ""]:
        """Return a scalar to add to the critic's loss; ``rng`` is one generator, or K of them for K copies."""
        return torch.zeros((), dtype=real.dtype, device=real.device)

    def project(self, critic: nn.Module) -> None:
        """Mend the critic's weights, after each optimiser step."""
        return
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


@dataclass(frozen=True)
class SpectralNorm(LipschitzConstraint):
    """Divide each weight by an estimate of its largest singular value: W / σ̂(W), σ̂ = uᵀWv by power iteration.

    Acts on Linear, BatchedLinear (each copy by itself) and Conv2d layers; u and v start from 15 iterations, as in
    PyTorch, and move on by ``n_power_iterations`` at every forward in train mode. σ̂ ≤ σ, so a layer's true norm is ≥ 1
    until σ̂ converges. A convolution's weight is reshaped to (out, in·h·w) as in the paper, which leaves the layer's
    own norm up to √(h·w) (stride 1); ``image_size=n`` divides by the norm of the convolution itself on n × n inputs.
    Biases are free; nothing is promised about other layers. Attach before the optimiser is made.

    Raises ValueError for n_power_iterations or image_size < 1, a critic without such layers, or a second attachment.
    Source: Miyato 2018, eq. 8 and Algorithm 1; footnote 3 on convolutions. Chapter: spectral-normalisation.
    """

    n_power_iterations: int = 1
    image_size: int | None = None

    def __post_init__(self) -> None:
        if self.n_power_iterations < 1:
            raise ValueError(f"n_power_iterations is {self.n_power_iterations}: it must be at least 1")
        if self.image_size is not None and self.image_size < 1:
            raise ValueError(f"image_size is {self.image_size}: it must be None or the width of the images in pixels")

    def attach(self, critic: nn.Module) -> None:
        """Register the division on every linear and convolutional weight."""
        for layer in _weight_layers(critic, nn.Linear, BatchedLinear, nn.Conv2d):
            division = _DividedBySpectralNorm(layer, self.n_power_iterations, self.image_size)
            parametrize.register_parametrization(layer, "weight", division)


class _DividedBySpectralNorm(nn.Module):
    u: Tensor
    v: Tensor

    def __init__(self, layer: Any, n_iterations: int, image_size: int | None) -> None:
        super().__init__()
        weight = layer.weight.detach()
        self.n_iterations = n_iterations
        self.copies = weight.shape[:1] if isinstance(layer, BatchedLinear) else weight.shape[:0]
        self.conv: dict[str, Any] | None = None
        self.input_shape = weight.flatten(len(self.copies) + 1).shape[-1:]
        if isinstance(layer, nn.Conv2d) and image_size is not None:
            if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
                raise ValueError(f"{layer} needs padding_mode 'zeros' and its padding in numbers to use image_size")
            self.conv = {k: getattr(layer, k) for k in ("stride", "padding", "dilation", "groups")}
            self.input_shape = torch.Size((layer.in_channels, image_size, image_size))
        v = torch.randn(self.input_shape, generator=torch.Generator().manual_seed(0)).to(weight)
        self.register_buffer("v", self._normalised(v.expand(*self.copies, *self.input_shape)))
        self.register_buffer("u", self._normalised(self._times(weight, self.v)))
        self._iterate(weight, 15)

    def _times(self, weight: Tensor, v: Tensor) -> Tensor:
        if self.conv is not None:
            return conv2d(v[None], weight, **self.conv)[0]
        return (weight.flatten(len(self.copies) + 1) @ v[..., None])[..., 0]

    def _adjoint_times(self, weight: Tensor, u: Tensor) -> Tensor:
        if self.conv is not None:
            return grad.conv2d_input((1, *self.input_shape), weight, u[None], **self.conv)[0]
        return (weight.flatten(len(self.copies) + 1).mT @ u[..., None])[..., 0]

    def _normalised(self, x: Tensor) -> Tensor:
        axes = tuple(range(len(self.copies), x.ndim))
        return x / torch.linalg.vector_norm(x, dim=axes, keepdim=True).clamp_min(1e-12)

    @torch.no_grad()
    def _iterate(self, weight: Tensor, n: int) -> None:
        u, v = self.u, self.v
        for _ in range(n):
            v = self._normalised(self._adjoint_times(weight, u))
            u = self._normalised(self._times(weight, v))
        # New tensors, not in-place copies: the graph of an earlier forward still needs the old ones.
        self.u, self.v = u, v

    def forward(self, weight: Tensor) -> Tensor:
        if self.training:
            self._iterate(weight, self.n_iterations)
        sigma = (self.u * self._times(weight, self.v)).sum(tuple(range(len(self.copies), self.u.ndim)))
        sigma = sigma.clamp_min(1e-12)  # a weight of zeros stays a weight of zeros
        return weight / sigma.reshape(sigma.shape + (1,) * (weight.ndim - sigma.ndim))


@dataclass(frozen=True)
class Orthonormal(LipschitzConstraint):
    """Keep every linear weight orthonormal, W Wᵀ = I or WᵀW = I, so that a layer's norm is exactly 1.

    Uses PyTorch's Cayley parametrisation, on each copy of a BatchedLinear by itself. The critic is then 1-Lipschitz if
    its activations are, but only ``networks.GroupSort`` activations also keep the gradient's norm: build the
    critic with them. Attach before the optimiser is made; biases are free.

    Raises ValueError for a critic with convolutions, without linear layers, or a second attachment.
    Source: Anil 2019, there by Björck's iteration. Chapter: spectral-normalisation.
    """

    def attach(self, critic: nn.Module) -> None:
        """Register the parametrisation on every linear weight."""
        for name, layer in critic.named_modules():
            if isinstance(layer, nn.modules.conv._ConvNd):
                raise ValueError(f"layer {name!r}, {layer}, is a convolution: Orthonormal needs linear layers only")
        for layer in _weight_layers(critic, nn.Linear, BatchedLinear):
            weight = layer.weight.detach()  # type: ignore[operator]
            with torch.random.fork_rng(devices=[]):  # PyTorch completes the basis with global random numbers
                parametrizations.orthogonal(layer, "weight", orthogonal_map="cayley")
            layer.parametrizations.weight[0].base.copy_(_completed(weight))  # type: ignore[index, union-attr]


def _completed(weight: Tensor) -> Tensor:
    """Return the Q, (n, n), of the tall one of W and Wᵀ, (n, k), beside random columns that are the same each time."""
    tall = weight if weight.shape[-2] >= weight.shape[-1] else weight.mT
    n, k = tall.shape[-2:]
    more = torch.randn(n, n - k, generator=torch.Generator().manual_seed(0)).to(tall)
    q, r = torch.linalg.qr(torch.cat([tall, more.expand(*tall.shape[:-2], n, n - k)], -1))
    return q * r.diagonal(dim1=-2, dim2=-1).sgn()[..., None, :]


def _weight_layers(critic: nn.Module, *kinds: type[nn.Module]) -> list[nn.Module]:
    layers = [layer for layer in critic.modules() if isinstance(layer, kinds)]
    if not layers:
        raise ValueError(f"critic has no layer that this constraint acts on ({', '.join(k.__name__ for k in kinds)})")
    if any(parametrize.is_parametrized(layer, "weight") for layer in layers):
        raise ValueError("critic already has parametrised weights: attach one such constraint, once")
    return layers
