"""Fully connected critics and generators, one copy or K copies trained side by side."""

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks

PYTORCH_GAIN = 1 / math.sqrt(3)
"""Weight standard deviation · √fan_in of PyTorch's own ``nn.Linear``; He initialisation is √2."""


class BatchedLinear(nn.Module):
    """K linear layers side by side: ``y[k] = x[k] Wₖᵀ + bₖ``.

    ``weight (K, out, in)``, ``bias (K, out)``; takes ``(K, batch, in)``, or ``(batch, in)`` shared by all copies, and
    returns ``(K, batch, out)``. Chapter: clipping-gp-sn.
    """

    def __init__(self, copies: int, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.copies = checks.whole("copies", copies)
        self.in_features = checks.whole("in_features", in_features)
        self.out_features = checks.whole("out_features", out_features)
        with checks.fitting("copies × out_features × in_features", self.copies * self.out_features * self.in_features):
            self.weight = nn.Parameter(torch.empty(self.copies, self.out_features, self.in_features))
        self.bias = nn.Parameter(torch.zeros(self.copies, self.out_features)) if bias else None

    def forward(self, x: Float[Tensor, "*copies batch in"]) -> Float[Tensor, "copies batch out"]:
        """Return ``(K, batch, out)``."""
        return self.applied(x, self.weight)

    def applied(
        self, x: Float[Tensor, "*copies batch in"], weight: Float[Tensor, "copies out in"]
    ) -> Float[Tensor, "copies batch out"]:
        """Return ``(K, batch, out)`` for a weight that was computed before."""
        y = x @ weight.mT
        return y if self.bias is None else y.add_(self.bias[:, None])  # in place: a tenth faster

    def extra_repr(self) -> str:
        """Show the sizes in ``repr``."""
        return f"copies={self.copies}, in_features={self.in_features}, out_features={self.out_features}"


class GroupSort(nn.Module):
    """Sort the features of a sample within groups: a 1-Lipschitz activation that keeps the gradient's norm.

    The last axis, of a size divisible by ``group_size``; group size 2 is MaxMin. Raises ValueError otherwise.
    Source: Anil 2019. Chapter: spectral-normalisation.
    """

    def __init__(self, group_size: int = 2) -> None:
        super().__init__()
        self.group_size = checks.whole("group_size", group_size, least=2)

    def forward(self, x: Float[Tensor, "*batch features"]) -> Float[Tensor, "*batch features"]:
        """Return the features, sorted within each group, in the shape of ``x``."""
        if x.shape[-1] % self.group_size:
            raise ValueError(f"{x.shape[-1]} features cannot be split into groups of group_size {self.group_size}")
        groups = x.unflatten(-1, (-1, self.group_size))
        if self.group_size == 2:  # a sort of two is a maximum and a minimum, four times faster
            low, high = torch.minimum(groups[..., 0], groups[..., 1]), torch.maximum(groups[..., 0], groups[..., 1])
            return torch.stack((low, high), -1).flatten(-2)
        return groups.sort(-1).values.flatten(-2)


class FourierFeatures(nn.Module):
    """Put the waves of n fixed random frequencies beside the coordinates: x → a (x, cos Bx, sin Bx), B ~ N(0, scale²).

    (batch, d) → (batch, d + 2n). A small network then sees fine structure from the first step. The map stretches by
    exactly a √(1 + ‖B‖²): a = 1, or with ``one_lipschitz`` the inverse of that, for critics bounded by construction.
    Source: Rahimi & Recht 2007; Tancik 2020. Chapter: clipping-gp-sn.
    """

    def __init__(self, d: int, n: int, scale: float, rng: torch.Generator, one_lipschitz: bool = False) -> None:
        super().__init__()
        self.in_features, n = checks.whole("d", d), checks.whole("n", n)
        self.frequencies: Tensor
        self.factor: Tensor
        with checks.fitting("n × d", n * self.in_features):
            noise = torch.randn(n, self.in_features, generator=generator_of(rng))
        self.register_buffer("frequencies", checks.number("scale", scale, least=0) * noise)
        self.register_buffer("factor", torch.ones(()))
        if one_lipschitz:
            self.factor.div_(self.lipschitz_constant)

    @property
    def lipschitz_constant(self) -> float:
        """Return how far the map stretches in its worst direction, the same at every point; ValueError for K copies."""
        if self.frequencies.ndim > 2:
            raise ValueError(f"frequencies hold {len(self.frequencies)} copies: ask one copy for its constant")
        return float(self.factor) * math.sqrt(1 + float(torch.linalg.matrix_norm(self.frequencies, ord=2)) ** 2)

    def forward(self, x: Float[Tensor, "*shared batch d"]) -> Float[Tensor, "*copies batch features"]:
        """Return the features; K copies also take one batch that all of them share."""
        phase = x @ self.frequencies.mT
        return self.factor * torch.cat([x.expand(*phase.shape[:-1], -1), phase.cos(), phase.sin()], -1)


class Score(nn.Module):
    """Drop the last axis: ``(..., batch, 1) → (..., batch)``, one number per sample. Chapter: critic."""

    def forward(self, x: Float[Tensor, "*batch 1"]) -> Float[Tensor, "*batch"]:
        """Return the scores ``(..., batch)``."""
        return x.squeeze(-1)


def leaky(slope: float = 0.2) -> Callable[[], nn.Module]:
    """Return what makes a LeakyReLU of this slope, x ↦ max(x, slope · x). Chapter: full-models."""
    slope = checks.number("slope", slope)
    return lambda: nn.LeakyReLU(slope)


def mlp(
    *sizes: int,
    activation: Callable[[], nn.Module] = nn.ReLU,
    norm: Callable[[int], nn.Module] | None = None,
    copies: int | None = None,
    squeeze: bool = True,
    gain: float = PYTORCH_GAIN,
    rng: torch.Generator | None = None,
) -> nn.Sequential:
    """Build a fully connected network ``sizes[0] → … → sizes[-1]``, a critic when the last size is 1.

    x ← activation(norm(W x + b)) for each hidden layer, then a linear layer without either. Takes ``(batch, sizes[0])``
    and returns ``(batch, sizes[-1])``, or ``(batch,)`` when the last size is 1; ``squeeze=False`` keeps that axis for a
    generator of one-dimensional data. ``norm`` is called with the layer's width, for instance ``nn.LayerNorm``.
    ``copies=K`` makes K independent networks: ``(K, batch, d)`` or a shared ``(batch, d)`` to ``(K, batch, …)``.
    W ~ U(±gain √(3/fan_in)), b ~ U(±√(1/fan_in)), float32, drawn from ``rng``.

    Raises ValueError for fewer than two sizes or one that is no whole number ≥ 1, TypeError for an ``rng`` that is no
    generator. Chapter: critic.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes is {sizes}: a network needs at least an input and an output size")
    sizes = tuple(checks.whole("each of sizes", size) for size in sizes)
    copies = None if copies is None else checks.whole("copies", copies)
    gain, rng, squeeze = checks.number("gain", gain, least=0), generator_of(rng), checks.flag("squeeze", squeeze)
    layers: list[nn.Module] = []
    for i, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        with checks.fitting("sizes", sizes):
            layers.append(nn.Linear(fan_in, fan_out) if copies is None else BatchedLinear(copies, fan_in, fan_out))
        if i < len(sizes) - 2:
            layers += ([] if norm is None else [norm(fan_out)]) + [activation()]
    if squeeze and sizes[-1] == 1:
        layers.append(Score())
    network = nn.Sequential(*layers)
    initialise(network, gain, rng)
    return network


@torch.no_grad()
def side_by_side(networks: Sequence[nn.Module]) -> nn.Module:
    """Put K single networks of one build into one network of K copies, which trains them all at once.

    Copy k computes what ``networks[k]`` does, ``(K, batch, d)`` or a shared ``(batch, d)`` to ``(K, batch, …)``; the
    numbers are copied. Takes Sequentials of Linear, FourierFeatures and layers without numbers of their own. Raises
    ValueError for other layers, no networks, or networks of different builds. Chapter: clipping-gp-sn.
    """
    networks = list(networks) if isinstance(networks, Iterable) else [networks]
    if not all(isinstance(network, nn.Module) for network in networks):
        raise TypeError(f"networks is {checks.shortly(networks)}: it must be a list of networks")
    if len(builds := {repr(network) for network in networks}) != 1:
        raise ValueError(f"networks are {sorted(builds)}: give K of one build, K at least 1")
    first = copy.deepcopy(networks[0])
    if type(first) is nn.Sequential:
        return nn.Sequential(*map(side_by_side, zip(*networks, strict=True)))
    states = [network.state_dict() for network in networks]
    stacked = {name: torch.stack([state[name] for state in states]) for name in states[0]}
    if type(first) is nn.Linear:
        batched = BatchedLinear(len(networks), first.in_features, first.out_features, first.bias is not None)
        batched.load_state_dict(stacked)
        return batched
    if type(first) is FourierFeatures:
        first.frequencies, first.factor = stacked["frequencies"], stacked["factor"][:, None, None]
    elif stacked:
        raise ValueError(
            f"{first} has no batched form: K copies need Linear, FourierFeatures or layers without numbers"
        )
    return first


def generator_of(rng: torch.Generator | None) -> torch.Generator:
    """Give ``rng`` back, for None a generator seeded with 0; TypeError for anything else. Chapter: critic."""
    if rng is not None and not isinstance(rng, torch.Generator):
        raise TypeError(
            f"rng is {checks.shortly(rng)}: it must be a torch.Generator with a seed of your choice, or None"
        )
    return rng or torch.Generator().manual_seed(0)


@torch.no_grad()
def initialise(
    network: nn.Module,
    gain: float,
    rng: torch.Generator,
    weights: Literal["uniform", "normal"] = "uniform",
    std: float | None = None,
) -> None:
    """Redraw every linear and convolutional layer, in the order of ``modules()``.

    "uniform": W ~ U(±gain √(3/fan_in)), b ~ U(±√(1/fan_in)). "normal": W ~ N(0, gain²/fan_in), or N(0, std²) where
    ``std`` is given, b = 0. Source: PyTorch's ``nn.Linear`` (uniform, gain 1/√3); He 2015, eq. 10 (gain √2); Radford
    2016 (std .02). Raises ValueError for a negative gain or std, or one beyond single precision.
    Chapter: weight-clipping.
    """
    checks.one_of("weights", weights, ("uniform", "normal"))
    gain = checks.number("gain", gain, least=0, below=1e38)
    std = None if std is None else checks.number("std", std, least=0, below=1e38)
    checks.generator("rng", rng)
    for layer in network.modules():
        if not isinstance(layer, nn.Linear | BatchedLinear | nn.Conv2d | nn.ConvTranspose2d):
            continue
        one = layer.weight[0]  # of one output, or of one copy
        fan_in = one.shape[-1] if isinstance(layer, BatchedLinear) else one.numel()
        bound = math.sqrt(3 / fan_in)
        if weights == "uniform":
            layer.weight.uniform_(-gain * bound, gain * bound, generator=rng)
        else:
            layer.weight.normal_(0, std or gain / math.sqrt(fan_in), generator=rng)
        if layer.bias is not None and weights == "uniform":
            layer.bias.uniform_(-bound / math.sqrt(3), bound / math.sqrt(3), generator=rng)
        elif layer.bias is not None:
            layer.bias.zero_()


class MLPCritic28(nn.Sequential):
    """The small critic 784-256-1 with LeakyReLU(0.2) for 28 × 28 grey images, without a sigmoid.

    Takes ``(batch, 1, 28, 28)``, ``(batch, 28, 28)`` or ``(batch, 784)``, returns raw scores ``(batch,)``; 201,217
    parameters. Raises ValueError for other shapes. Chapter: full-models.
    """

    def __init__(self, rng: torch.Generator | None = None) -> None:
        super().__init__(nn.Flatten(), *mlp(784, 256, 1, activation=leaky(0.2), rng=rng))

    def forward(self, images: Float[Tensor, "batch ..."]) -> Float[Tensor, " batch"]:
        """Return one score per image."""
        if tuple(images.shape[1:]) not in {(1, 28, 28), (28, 28), (784,)}:
            raise ValueError(f"images has shape {tuple(images.shape)}: it must be (batch, 1, 28, 28) or (batch, 784)")
        return super().forward(images)
