"""Measured slopes of a critic, lower bounds of its Lipschitz constant, and the bound of W1 that they certify."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Num
from torch import Tensor, nn

from wgan_lib import constraints
from wgan_lib.checks import fitting, generator, reals, whole
from wgan_lib.diagnostics.critics import Critic, doubles, points, scores
from wgan_lib.networks import evaluating

Samples = Num[Any, "..."] | Sequence[Any]


def lipschitz_on_pairs(critic: Critic, x: Samples, y: Samples) -> float:
    """Return the largest slope max |f(xᵢ) − f(yⱼ)| / ‖xᵢ − yⱼ‖ over all n·m pairs, with the Euclidean norm.

    Takes ``(n, …)`` and ``(m, …)``, tensors or arrays, flattens a sample, works in float64. Pairs that coincide and
    score alike count 0. Raises ValueError for empty or unequal shapes, NaN and inf.
    Source: the definition of Lipschitz continuity. Chapter: critic.
    """
    return _rise_and_slope(critic, x, y)[1]


def _rise_and_slope(critic: Critic, x: Samples, y: Samples) -> tuple[float, float]:
    x, y = points("x", x, critic), points("y", y, critic)
    if x.shape[1:] != y.shape[1:]:
        raise ValueError(f"x {tuple(x.shape)} and y {tuple(y.shape)} must hold samples of one shape")
    f_x, f_y = scores("x", x, critic), scores("y", y, critic)
    all_x, all_y = doubles(x.flatten(1)), doubles(y.flatten(1))
    scale = max(float(all_x.abs().max()), float(all_y.abs().max())) or 1.0
    unit = math.ldexp(1.0, math.frexp(scale)[1])  # a power of two rounds nothing; squares stay within the floats
    largest = 0.0
    for rows, f in zip((all_x / unit).split(512), f_x.split(512), strict=True):
        rise, distance = (f[:, None] - f_y).abs(), _distances(rows, all_y / unit)
        largest = max(largest, float(torch.where(rise > 0, rise / distance / unit, 0.0).max()))
    return abs(float(f_x.mean() - f_y.mean())), largest


def _distances(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    distance = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    i, j = torch.nonzero(distance < 1e-150, as_tuple=True)  # the squares of these are no floats
    for some in torch.arange(len(i)).split(4096):
        offsets = x[i[some]] - y[j[some]]
        longest = offsets.abs().amax(1, keepdim=True)
        lengths = longest[:, 0] * (offsets / longest).norm(dim=1)
        distance[i[some], j[some]] = torch.where(longest[:, 0] > 0, lengths, 0.0)
    return distance


def certified_lower_bound(critic: Critic, x: Samples, y: Samples) -> float:
    """Return |mean f(x) − mean f(y)| / L, which is at most the W1 of the two *samples*, for any critic whatever.

    L = ``lipschitz_on_pairs``: for every coupling π, Σ πᵢⱼ (f(xᵢ) − f(yⱼ)) ≤ L Σ πᵢⱼ ‖xᵢ − yⱼ‖. In units of the data.
    It says nothing certain about the laws behind the samples. Raises as ``lipschitz_on_pairs``.
    Source: Kantorovich–Rubinstein, weak duality. Chapter: critic.
    """
    rise, slope = _rise_and_slope(critic, x, y)
    return 0.0 if slope == 0 else rise / slope


def gradient_norms(critic: nn.Module, x: Samples) -> Float[Tensor, "..."]:
    """Return ‖∇f(x)‖ for each sample, ``(batch, …) → (batch,)``, as in eval mode and without a graph.

    Euclidean, over all the axes that the scores lack; a tensor also for an array. The training loop's own, with a graph
    and in train mode, is ``constraints.gradient_norms``; raises ValueError as that one.
    Source: Gulrajani 2017, Algorithm 1. Chapter: gradient-penalty.
    """
    with evaluating(critic):
        return constraints.gradient_norms(critic, points("x", x, critic)).detach()


def slope_on_grid(critic: nn.Module, low: Samples, high: Samples, n: int = 50) -> float:
    """Return the largest ‖∇f‖ on a grid of n points per dimension over the box [low, high], in at most 3 dimensions.

    Raises ValueError for unequal or infinite ends, more than 3 dimensions, or n < 1. Chapter: critic.
    """
    low, high, n = reals("low", low), reals("high", high), whole("n", n)
    if low.ndim != 1 or low.shape != high.shape or not 1 <= len(low) <= 3:
        raise ValueError(f"low is {low}, high is {high}: give both ends of a box in 1 to 3 dimensions")
    with fitting("n", n):
        axes = [torch.linspace(float(a), float(b), n) for a, b in zip(low, high, strict=True)]
        grid = torch.stack([axis.flatten() for axis in torch.meshgrid(*axes, indexing="ij")], 1)
        return float(gradient_norms(critic, grid).max())


def slope_at_interpolates(critic: nn.Module, real: Samples, fake: Samples, rng: torch.Generator) -> float:
    """Return the largest ‖∇f‖ at α real + (1 − α) fake, one α ~ U[0, 1] per pair, where a gradient penalty looks.

    Raises ValueError for unequal shapes. Source: Gulrajani 2017, section 4. Chapter: gradient-penalty.
    """
    real, fake = points("real", real, critic), points("fake", fake, critic)
    generator("rng", rng)
    if real.shape != fake.shape:
        raise ValueError(f"real {tuple(real.shape)} and fake {tuple(fake.shape)} must have one shape")
    alpha = torch.rand(real.shape[:1] + (1,) * (real.ndim - 1), generator=rng, device=rng.device).to(real)
    return float(gradient_norms(critic, alpha * real + (1 - alpha) * fake).max())
