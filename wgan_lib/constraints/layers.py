"""Constraints on the weights of each layer: divided by their largest singular value, or kept orthonormal."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import grad
from torch.nn.functional import conv2d
from torch.nn.utils import parametrizations, parametrize

from wgan_lib.constraints.hooks import LipschitzConstraint
from wgan_lib.networks import BatchedLinear


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
