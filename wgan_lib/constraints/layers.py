"""Constraints on the weights of each layer: divided by their largest singular value, or kept orthonormal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import grad
from torch.nn.functional import conv2d
from torch.nn.utils import parametrize

from wgan_lib import checks
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
        object.__setattr__(
            self, "n_power_iterations", checks.whole("n_power_iterations", self.n_power_iterations, most=1000)
        )
        if self.image_size is not None:
            object.__setattr__(self, "image_size", checks.whole("image_size", self.image_size, most=2**14))

    def attach(self, critic: nn.Module) -> None:
        """Register the division on every linear and convolutional weight."""
        layers = _weight_layers(critic, nn.Linear, BatchedLinear, nn.Conv2d)
        divisions = [_DividedBySpectralNorm(layer, self.n_power_iterations, self.image_size) for layer in layers]
        for layer, division in zip(layers, divisions, strict=True):  # a layer that is refused leaves all as they were
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
        if torch.is_autocast_enabled(weight.device.type):  # eight bits of a norm would not hold it at 1
            with torch.autocast(weight.device.type, enabled=False):
                return self.divided(weight)
        return self.divided(weight)

    def divided(self, weight: Tensor) -> Tensor:
        """Return the weight over its norm."""
        if self.training:
            self._iterate(weight, self.n_iterations)
        sigma = (self.u * self._times(weight, self.v)).sum(tuple(range(len(self.copies), self.u.ndim)))
        sigma = sigma.clamp_min(1e-12)  # a weight of zeros stays a weight of zeros
        return weight / sigma.reshape(sigma.shape + (1,) * (weight.ndim - sigma.ndim))


@dataclass(frozen=True)
class Orthonormal(LipschitzConstraint):
    """Keep every linear weight orthonormal, W Wᵀ = I or WᵀW = I, so that a layer's norm is exactly 1.

    With the tall X of W and Wᵀ, the optimiser gets the part of the gradient that lies along the manifold,
    G − X (XᵀG + GᵀX)/2, and ``project`` goes back to it by X ← Q of X = QR with diag R > 0, on each copy of a
    BatchedLinear by itself. The critic is then 1-Lipschitz if its activations are, but only ``networks.GroupSort``
    activations also keep the gradient's norm: build the critic with them. Attach before training; biases are free.

    Raises ValueError for a critic with convolutions, without linear layers, or a second attachment.
    Source: Anil 2019, there by Björck's iteration; Absil, Mahony & Sepulchre 2008, eq. 3.35 (part along the manifold)
    and example 4.1.3 (QR). Chapter: spectral-normalisation.
    """

    def attach(self, critic: nn.Module) -> None:
        """Make every linear weight orthonormal, and have its gradients follow the manifold."""
        for name, layer in critic.named_modules():
            if isinstance(layer, nn.modules.conv._ConvNd):
                raise ValueError(f"layer {name!r}, {layer}, is a convolution: Orthonormal needs linear layers only")
        layers = _weight_layers(critic, nn.Linear, BatchedLinear)
        self.project(critic)
        for layer in layers:
            layer.register_load_state_dict_pre_hook(_refuse_cayley)
            if layer.weight.requires_grad:
                layer.weight.register_hook(_AlongManifold(layer.weight))

    @torch.no_grad()
    def project(self, critic: nn.Module) -> None:
        """Bring every linear weight back to the manifold, in place."""
        for layer in critic.modules():
            if isinstance(layer, nn.Linear | BatchedLinear):
                layer.weight.copy_(_orthonormal(layer.weight))


class _AlongManifold:
    """A weight's gradient without what would leave the manifold; also the mark of an attached Orthonormal."""

    def __init__(self, weight: Tensor) -> None:
        self.weight = weight

    def __call__(self, gradient: Tensor) -> Tensor:
        x, g, turned = self.weight.detach(), gradient, gradient.shape[-2] < gradient.shape[-1]
        x, g = (x.mT, g.mT) if turned else (x, g)
        product = x.mT @ g
        along = (torch.addmm if g.ndim == 2 else torch.baddbmm)(g, x, product + product.mT, alpha=-0.5)
        return along.mT if turned else along


def _orthonormal(weight: Tensor) -> Tensor:
    """Return Q of the tall one of W and Wᵀ = QR, with positive diagonal of R, turned back."""
    x, turned = weight.to(torch.promote_types(weight.dtype, torch.float32)), weight.shape[-2] < weight.shape[-1]
    x = x.mT if turned else x
    gram = x.mT @ x
    off = (gram - torch.eye(gram.shape[-1], dtype=x.dtype, device=x.device)).abs().max()
    if off < 0.5 / x.shape[-1] ** 0.5:  # a step away from the manifold: R is Cholesky's factor, at half the price
        q = torch.linalg.solve_triangular(torch.linalg.cholesky_ex(gram).L.mT, x, upper=True, left=False)
    else:
        q, r = torch.linalg.qr(x)
        q = torch.where(r.diagonal(dim1=-2, dim2=-1)[..., None, :] < 0, -q, q)
    return q.mT if turned else q


def _refuse_cayley(layer: Any, state: Mapping[str, Any], prefix: str, *others: Any) -> None:
    if f"{prefix}parametrizations.weight.0.base" in state:
        kind = "was written when Orthonormal was Cayley's map, before December 2026"
        raise ValueError(f"{prefix}weight {kind}, and cannot go on: train the critic again")


def _weight_layers(critic: nn.Module, *kinds: type[nn.Module]) -> list[Any]:
    layers = [layer for layer in critic.modules() if isinstance(layer, kinds)]
    if not layers:
        raise ValueError(f"critic has no layer that this constraint acts on ({', '.join(k.__name__ for k in kinds)})")
    for layer in layers:
        hooks = (getattr(layer.weight, "_backward_hooks", None) or {}).values()
        if parametrize.is_parametrized(layer, "weight") or any(isinstance(hook, _AlongManifold) for hook in hooks):
            raise ValueError("critic already has parametrised weights: attach one such constraint, once")
    return layers
