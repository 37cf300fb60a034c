"""What a critic's numbers prove: measured slopes, exact bounds, certified lower bounds, gradients by layer, curves.

A measured slope is a *lower* bound on the Lipschitz constant, a product of norms an *upper* one; both are in units of
score per unit of data. Nothing here changes the critic.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import constraints
from wgan_lib.networks import BatchedLinear, GroupSort, Score

Critic = Callable[[Tensor], Tensor]


@contextmanager
def _still(critic: Critic) -> Iterator[None]:
    # In train mode a forward pass would move running averages and power iterations.
    training = [m for m in critic.modules() if m.training] if isinstance(critic, nn.Module) else []
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


@torch.no_grad()
def _scores(critic: Critic, x: Tensor, name: str) -> Tensor:
    if x.ndim < 2 or x.shape[0] == 0:
        raise ValueError(f"{name} has shape {tuple(x.shape)}: it must be (n, d) or (n, …) with at least one sample")
    if not bool(x.isfinite().all()):
        raise ValueError(f"{name} holds {int((~x.isfinite()).sum())} numbers that are NaN or infinite")
    with _still(critic):
        scores = torch.as_tensor(critic(x))
    if scores.shape != x.shape[:1]:
        raise ValueError(f"critic gave scores {tuple(scores.shape)} for {name} {tuple(x.shape)}: it must give (n,)")
    if not bool(scores.isfinite().all()):  # a comparison with NaN is false, and the slope would come out as 0
        raise ValueError(f"critic gave {int((~scores.isfinite()).sum())} scores for {name} that are NaN or infinite")
    return scores.double()


def lipschitz_on_pairs(critic: Critic, x: Float[Tensor, "n ..."], y: Float[Tensor, "m ..."]) -> float:
    """Return the largest slope max |f(xᵢ) − f(yⱼ)| / ‖xᵢ − yⱼ‖ over all n·m pairs, with the Euclidean norm.

    Takes ``(n, …)`` and ``(m, …)``, flattens a sample, works in float64. Pairs that coincide and score alike count 0.
    Raises ValueError for empty or unequal shapes, NaN and inf. Source: the definition of Lipschitz continuity.
    Chapter: critic.
    """
    return _rise_and_slope(critic, x, y)[1]


def _rise_and_slope(critic: Critic, x: Tensor, y: Tensor) -> tuple[float, float]:
    if x.shape[1:] != y.shape[1:]:
        raise ValueError(f"x {tuple(x.shape)} and y {tuple(y.shape)} must hold samples of one shape")
    f_x, f_y = _scores(critic, x, "x"), _scores(critic, y, "y")
    largest, all_y = 0.0, y.detach().flatten(1).double()
    for rows, scores in zip(x.detach().flatten(1).double().split(512), f_x.split(512), strict=True):
        distance = torch.cdist(rows, all_y, compute_mode="donot_use_mm_for_euclid_dist")
        rise = (scores[:, None] - f_y).abs()
        largest = max(largest, float(torch.where(rise > 0, rise / distance, 0.0).max()))
    return abs(float(f_x.mean() - f_y.mean())), largest


def certified_lower_bound(critic: Critic, x: Float[Tensor, "n ..."], y: Float[Tensor, "m ..."]) -> float:
    """Return |mean f(x) − mean f(y)| / L, which is at most the W1 of the two *samples*, for any critic whatever.

    L = ``lipschitz_on_pairs``: for every coupling π, Σ πᵢⱼ (f(xᵢ) − f(yⱼ)) ≤ L Σ πᵢⱼ ‖xᵢ − yⱼ‖. In units of the data.
    It says nothing certain about the laws behind the samples. Raises as ``lipschitz_on_pairs``.
    Source: Kantorovich–Rubinstein, weak duality. Chapter: critic.
    """
    rise, slope = _rise_and_slope(critic, x, y)
    return 0.0 if slope == 0 else rise / slope


def gradient_norms(critic: nn.Module, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return ‖∇f(x)‖ for each sample, ``(batch, …) → (batch,)``, as in eval mode and without a graph.

    Euclidean, over all the axes that the scores lack. Raises as ``constraints.gradient_norms``.
    Source: Gulrajani 2017, Algorithm 1. Chapter: gradient-penalty.
    """
    with _still(critic):
        return constraints.gradient_norms(critic, x).detach()


def slope_on_grid(critic: nn.Module, low: Sequence[float], high: Sequence[float], n: int = 50) -> float:
    """Return the largest ‖∇f‖ on a grid of n points per dimension over the box [low, high], in at most 3 dimensions.

    Raises ValueError for unequal or infinite ends, more than 3 dimensions, or n < 1. Chapter: critic.
    """
    if len(low) != len(high) or not 1 <= len(low) <= 3 or not all(map(math.isfinite, [*low, *high])):
        raise ValueError(f"low is {low}, high is {high}: give both ends of a box in 1 to 3 dimensions")
    if n < 1:
        raise ValueError(f"n is {n}: a grid needs at least 1 point per dimension")
    parameter = next(critic.parameters())
    axes = [torch.linspace(a, b, n).to(parameter) for a, b in zip(low, high, strict=True)]
    points = torch.stack([axis.flatten() for axis in torch.meshgrid(*axes, indexing="ij")], 1)
    return float(gradient_norms(critic, points).max())


def slope_at_interpolates(
    critic: nn.Module, real: Float[Tensor, "n ..."], fake: Float[Tensor, "n ..."], rng: torch.Generator
) -> float:
    """Return the largest ‖∇f‖ at α real + (1 − α) fake, one α ~ U[0, 1] per pair, where a gradient penalty looks.

    Raises ValueError for unequal shapes. Source: Gulrajani 2017, section 4. Chapter: gradient-penalty.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real {tuple(real.shape)} and fake {tuple(fake.shape)} must have one shape")
    alpha = torch.rand(real.shape[:1] + (1,) * (real.ndim - 1), generator=rng, device=rng.device).to(real)
    return float(gradient_norms(critic, alpha * real + (1 - alpha) * fake).max())


def convolution_norm(weight: Float[Tensor, "out in kh kw"], size: int, stride: int = 1) -> float:
    """Return the exact largest singular value of a circular convolution on (in, size, size) inputs.

    The Fourier transform splits the map into one small matrix per frequency, (out, in) at stride 1 and (out, in·s²) for
    stride s, where s² frequencies fold into one. σ(reshaped W) ≤ norm ≤ √(kh·kw) σ(reshaped W) at stride 1. Float64.
    Raises ValueError for another shape, a kernel wider than ``size`` or a size that the stride does not divide.
    Source: Sedghi 2019, theorem 6, extended to strides. Chapter: spectral-normalisation.
    """
    if weight.ndim != 4 or stride < 1:
        raise ValueError(f"weight {tuple(weight.shape)}, stride {stride}: (out, in, kh, kw) and 1 or more are needed")
    out_channels, in_channels, *kernel = weight.shape
    if max(kernel) > size or size % stride:
        raise ValueError(f"size is {size}: it must hold the kernel {tuple(kernel)} and be a multiple of {stride}")
    m = size // stride
    spectrum = torch.fft.fft2(weight.detach().double(), s=(size, size)).reshape(
        out_channels, in_channels, stride, m, stride, m
    )
    half = spectrum.permute(3, 5, 0, 1, 2, 4)[:, : m // 2 + 1]  # of a real weight, the other half is conjugate
    return float(torch.linalg.matrix_norm(half.flatten(3), ord=2).max()) / stride


_ONE_LIPSCHITZ = (nn.ReLU, nn.Tanh, nn.Softplus, nn.Identity, nn.Flatten, nn.Unflatten, nn.Dropout, GroupSort, Score)


def lipschitz_bound(critic: nn.Sequential, example: Float[Tensor, "n ..."] | None = None) -> float:
    """Return the product of the exact norms of the critic's layers, an upper bound on every slope of f.

    Linear layers by SVD; convolutions by FFT on their zero-padded input, whose size is taken from a forward pass of
    ``example``. The actual weights count, parametrised ones as in eval mode, never a power iterate. Other layers may
    bring a number ``lipschitz_constant``. Raises ValueError for a layer without a known norm, such as LayerNorm, for a
    convolution without ``example``, and for K copies. Source: Miyato 2018, eq. 7. Chapter: spectral-normalisation.
    """
    critic = copy.deepcopy(critic).eval()
    widths: dict[nn.Module, int] = {}
    if example is not None:
        hooks = [
            layer.register_forward_hook(lambda layer, x, y: widths.update({layer: max(x[0].shape[-2:])}))
            for layer in critic.modules()
            if isinstance(layer, nn.Conv2d)
        ]
        with torch.no_grad():
            critic(example)
        for hook in hooks:
            hook.remove()
    return _layer_norm(critic, widths)


@torch.no_grad()
def _layer_norm(layer: nn.Module, widths: dict[nn.Module, int]) -> float:
    if isinstance(layer, nn.Sequential):
        return math.prod(_layer_norm(inner, widths) for inner in layer)
    if isinstance(layer, nn.Linear):
        return float(torch.linalg.matrix_norm(layer.weight.double(), ord=2))
    if isinstance(layer, nn.LeakyReLU):
        return max(1.0, abs(layer.negative_slope))
    if isinstance(layer, _ONE_LIPSCHITZ):
        return 1.0
    if isinstance(layer, nn.Conv2d):
        plain = layer.padding_mode == "zeros" and layer.groups == 1 and layer.dilation == (1, 1)
        if layer not in widths or not plain or isinstance(layer.padding, str) or layer.stride[0] != layer.stride[1]:
            raise ValueError(
                f"{layer}: its norm needs an example input, zero padding, one stride, no groups or dilation"
            )
        # A zero-padded convolution is part of a circular one on a circle that holds the input and its padding.
        s = layer.stride[0]
        size = max(widths[layer] + max(layer.padding), *layer.kernel_size)
        return convolution_norm(layer.weight, -(-size // s) * s, s)
    if isinstance(constant := getattr(layer, "lipschitz_constant", None), float):
        return constant
    what = (
        "train its copies one by one to bound them" if isinstance(layer, BatchedLinear) else "no norm is known for it"
    )
    raise ValueError(f"layer {layer} of the critic: {what}; Linear, Conv2d and the usual activations have one")


def gradient_norm_by_layer(critic: nn.Module, x: Float[Tensor, "n ..."]) -> dict[str, float]:
    """Return the mean over samples of ‖∂f(x)/∂hₗ‖, hₗ the output of each linear or convolutional layer, input first.

    With clipped weights it explodes or vanishes geometrically from the output to the input. Raises ValueError for no
    samples or a critic without such layers. Source: Gulrajani 2017, figure 1b. Chapter: weight-clipping.
    """
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        return lambda layer, x, y: outputs.update({name: y})

    layers = [(n, m) for n, m in critic.named_modules() if isinstance(m, nn.Linear | BatchedLinear | nn.Conv2d)]
    if not layers or 0 in x.shape:
        raise ValueError(f"x {tuple(x.shape)}, {len(layers)} linear or convolutional layers: at least 1 each is needed")
    hooks = [layer.register_forward_hook(keep(name)) for name, layer in layers]
    try:
        with _still(critic):
            scores = critic(x)
    finally:
        for hook in hooks:
            hook.remove()
    gradients = torch.autograd.grad(scores.sum(), list(outputs.values()))
    return {
        name: float(g.flatten(scores.ndim).double().norm(dim=-1).mean())
        for name, g in zip(outputs, gradients, strict=True)
    }


def share_at_bound(critic: nn.Module, bound: float) -> float:
    """Return the share of the critic's parameters at ±``bound`` (to one part in 10⁶), between 0 and 1.

    Raises ValueError for bound ≤ 0. Source: Gulrajani 2017, figure 1b (right). Chapter: weight-clipping.
    """
    if not bound > 0:
        raise ValueError(f"bound is {bound}: it must be positive")
    weights = torch.cat([p.detach().flatten() for p in critic.parameters()])
    return float((weights.abs() >= bound * (1 - 1e-6)).double().mean())


class CurveSigns(NamedTuple):
    """Signs read off a curve of W1 estimates, good ones first; see ``curve_signs``. Chapter: reading-curves."""

    falling: bool
    smooth: bool
    settled: bool
    exploding: bool
    negative: bool


def curve_signs(w1_estimates: Sequence[float] | Float[np.ndarray, " steps"]) -> CurveSigns:
    """Read the signs of a run off its W1 estimates, one per step, by medians of its quarters q₁ … q₄.

    falling: q₄ < 0.9 q₁. smooth: the median jump between steps is < 20 % of the median level. settled: q₃ and q₄ differ
    by < 10 % of the largest quarter. exploding: not finite, or the last quarter reaches 10 times the median of the
    first half and twice q₃. negative: more than a tenth of the estimates are below 0, so the critic lags behind. Rules
    of thumb, tested on the recorded runs gan-troubles and one-pair; ValueError for fewer than 8 steps.
    Chapter: reading-curves.
    """
    curve = np.asarray(w1_estimates, dtype=float)
    if curve.ndim != 1 or len(curve) < 8:
        raise ValueError(f"w1_estimates has shape {curve.shape}: it must be one curve of at least 8 steps")
    if not np.isfinite(curve).all():
        return CurveSigns(falling=False, smooth=False, settled=False, exploding=True, negative=False)
    quarters = [float(np.median(part)) for part in np.array_split(curve, 4)]
    half = float(np.median(np.abs(curve[: len(curve) // 2])))
    return CurveSigns(
        falling=quarters[3] < 0.9 * quarters[0],
        smooth=bool(np.median(np.abs(np.diff(curve))) < 0.2 * np.median(np.abs(curve))),
        settled=abs(quarters[3] - quarters[2]) < 0.1 * max(map(abs, quarters)),
        exploding=bool(np.abs(curve[-(len(curve) // 4) :]).max() > max(10 * half, 2 * abs(quarters[2]))),
        negative=bool((curve < 0).mean() > 0.1),
    )


@dataclass
class EarlyStopping:
    """Stop when a held-out W1 has not improved for ``patience`` readings by ``min_improvement`` (a share of the best).

    Compare readings of one critic set-up only. Raises ValueError for patience < 1, min_improvement outside [0, 1), or a
    reading that is not finite. Source: Prechelt 1998. Chapter: reading-curves.
    """

    patience: int
    min_improvement: float = 0.0
    best: float = field(default=math.inf, init=False)
    best_reading: int = field(default=-1, init=False)
    readings: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.patience < 1 or not 0 <= self.min_improvement < 1:
            raise ValueError(
                f"patience is {self.patience} (1 or more), min_improvement {self.min_improvement} ([0, 1))"
            )

    def update(self, held_out_w1: float) -> bool:
        """Take the next reading and return whether to stop."""
        if not math.isfinite(held_out_w1):
            raise ValueError(f"held_out_w1 is {held_out_w1}: it must be finite")
        if held_out_w1 < self.best - self.min_improvement * abs(self.best) or self.best == math.inf:
            self.best, self.best_reading = held_out_w1, self.readings
        self.readings += 1
        return self.readings - 1 - self.best_reading >= self.patience
