"""Laws to learn: points, clusters, boxes, lines and a roll."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Num
from torch import Tensor

from wgan_lib import checks
from wgan_lib.checks import number, reals, whole

Numbers: TypeAlias = float | Sequence[Any] | Num[Any, "..."]


@dataclass(frozen=True, eq=False)
class Law:
    """A law one can draw samples from; made by the functions below, its ``repr`` is the call that made it.

    A mixture Σₖ wₖ N(modesₖ, std² I) knows its ``modes (k, d)``, ``std`` and ``weights (k,)``; for other laws they are
    None. Chapter: wasserstein-1d.
    """

    name: str
    draw: Callable[[int, torch.Generator], Tensor]
    modes: Float[Tensor, "k d"] | None = None
    std: float | None = None
    weights: Float[Tensor, " k"] | None = None

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Draw ``n`` independent samples ``(n, d)``; raises ValueError for n < 1."""
        with checks.fitting("n", n):
            return self.draw(checked_draw(n, generator), generator)

    def __repr__(self) -> str:
        return self.name


def checked_draw(n: int, generator: torch.Generator) -> int:
    """Give n as an int. Raises ValueError for n < 1, TypeError for what is no generator. Chapter: wasserstein-1d."""
    checks.generator("generator", generator)
    return whole("n", n)


def _single(name: str, value: Any) -> Float[Tensor, "..."]:
    """The numbers in single precision, in which laws draw; ValueError where they do not fit."""
    array = torch.from_numpy(reals(name, value)).float()
    if not bool(array.isfinite().all()):
        raise ValueError(f"{name} is {value}: it must fit into single precision, below 3e38")
    return array


def _told(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic | Tensor) else value


def _mixture(name: str, modes: Tensor, std: float, weights: Any = None) -> Law:
    k, d = modes.shape
    checks.weights("weights", weights, k)
    w = torch.full((k,), 1 / k) if weights is None else torch.from_numpy(reals("weights", weights)).float()
    single = float(torch.tensor(std, dtype=torch.float32))
    if not bool(torch.isfinite(modes).all()) or not math.isfinite(single) or (single == 0 and std > 0):
        raise ValueError(
            f"{name} does not fit into single precision, from 1e-45 to 3e38: its std or the places of its modes "
            "(mean, points, radius, spacing, scale)"
        )

    def draw(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        mode = torch.multinomial(w.to(device), n, replacement=True, generator=generator)
        return modes.to(device)[mode] + std * torch.randn(n, d, generator=generator, device=device)

    return Law(name, draw, modes, std, w)


def ring(k: int = 8, radius: float = 1.0, std: float = 0.01, scale: float = 1.0) -> Law:
    """Make ``k`` equally likely Gaussians on a circle: modes scale · radius (cos 2πi/k, sin 2πi/k), σ = scale · std.

    The defaults are PacGAN's; WGAN-GP's ring is ``ring(8, 2.0, 0.02, scale=1 / 1.414)``. Raises ValueError
    for k, radius, std or scale ≤ 0. Source: Lin 2018, table 1; Gulrajani 2017, figure 1a. Chapter: clipping-gp-sn.
    """
    k, radius = whole("k", k), number("radius", radius, above=0.0)
    std, scale = number("std", std, above=0.0), number("scale", scale, above=0.0)
    with checks.fitting("k", k):
        angle = 2 * math.pi * torch.arange(k) / k
        modes = scale * radius * torch.stack((angle.cos(), angle.sin()), 1)
    return _mixture(f"ring({k}, {radius}, {std}, {scale})", modes, scale * std)


def grid(k: int = 25, spacing: float = 2.0, std: float = 0.05, scale: float = 1.0) -> Law:
    """Make ``k = m²`` equally likely Gaussians on a square grid about 0, scale · spacing apart, σ = scale · std.

    The defaults are PacGAN's {−4, −2, 0, 2, 4}²; WGAN-GP's grid has ``scale=1 / 2.828``. Raises ValueError when k is
    not a square or a length is ≤ 0. Source: Lin 2018, table 1; Gulrajani 2017, figure 1a. Chapter: clipping-gp-sn.
    """
    k, spacing = whole("k", k), number("spacing", spacing, above=0.0)
    std, scale = number("std", std, above=0.0), number("scale", scale, above=0.0)
    m = math.isqrt(k)
    if m * m != k:
        raise ValueError(f"k is {k}: a square grid needs a square number of modes, such as {m * m} or {(m + 1) ** 2}")
    with checks.fitting("k", k):
        axis = scale * spacing * (torch.arange(m) - (m - 1) / 2)
        modes = torch.cartesian_prod(axis, axis).reshape(k, 2)
    return _mixture(f"grid({k}, {spacing}, {std}, {scale})", modes, scale * std)


def normals(mean: Numbers = (0.0, 0.0), std: float = 1.0) -> Law:
    """Make the law N(mean, std² I) in as many dimensions as ``mean`` has numbers.

    Raises ValueError for std ≤ 0 or a mean that is not finite. Source: Arjovsky 2017, figure 2. Chapter: js-saturation.
    """
    std, modes = number("std", std, above=0.0), _single("mean", mean).reshape(1, -1)
    if modes.numel() == 0:
        raise ValueError("mean is empty: it must hold one number a dimension")
    return _mixture(f"normals({_told(mean)}, {std})", modes, std)


def point_masses(points: Numbers, weights: Numbers | None = None) -> Law:
    """Make the law Σ wₖ δ(pointsₖ), ``points (k, d)``, equal weights by default.

    Raises ValueError for weights that are negative or do not sum to one. Chapter: kantorovich-rubinstein.
    """
    modes = _single("points", points)
    if modes.ndim != 2 or 0 in modes.shape:
        raise ValueError(f"points has shape {tuple(modes.shape)}: it must be (k, d), a list of points")
    checks.weights("weights", weights, len(modes))  # before its numbers are told
    return _mixture(f"point_masses({_told(points)}, {_told(weights)})", modes, 0.0, weights)


def uniforms(low: Numbers = 0.0, high: Numbers = 1.0) -> Law:
    """Make the uniform law on the box [low, high], one pair of ends per dimension, or numbers for one dimension.

    Raises ValueError unless low < high in every dimension, both finite. Chapter: wasserstein-1d.
    """
    a, b = (_single(name, end).reshape(-1) for name, end in (("low", low), ("high", high)))
    if a.shape != b.shape or len(a) == 0 or not bool((a < b).all()):
        raise ValueError(f"low is {low}, high is {high}: low must be below high in every dimension, both finite")

    def draw(n: int, generator: torch.Generator) -> Tensor:
        u = torch.rand(n, len(a), generator=generator, device=generator.device)
        return a.to(u) + (b - a).to(u) * u

    return Law(f"uniforms({_told(low)}, {_told(high)})", draw)


def parallel_lines(theta: float = 0.0) -> Law:
    """Make the law of (θ, Z), Z ~ U[0, 1], a vertical line; against the line at 0, W1 = |θ|, and JS = ln 2 for θ ≠ 0.

    Raises ValueError when θ is not finite. Source: Arjovsky 2017, Example 1. Chapter: js-saturation.
    """
    theta = number("theta", theta)

    def draw(n: int, generator: torch.Generator) -> Tensor:
        z = torch.rand(n, generator=generator, device=generator.device)
        return torch.stack((torch.full_like(z, theta), z), 1)

    return Law(f"parallel_lines({theta})", draw)


def swiss_roll(std: float = 0.25, scale: float = 1 / 7.5) -> Law:
    """Make the Swiss roll seen from its side: scale · (t cos t + ε, t sin t + ε′), t ~ U[1.5π, 4.5π], ε ~ N(0, std²).

    WGAN-GP's scales by default; columns 0 and 2 of scikit-learn's ``make_swiss_roll``. Raises ValueError for std or
    scale ≤ 0. Source: Gulrajani 2017, figure 1, and its toy code. Chapter: weight-clipping.
    """
    std, scale = number("std", std, above=0.0), number("scale", scale, above=0.0)

    def draw(n: int, generator: torch.Generator) -> Tensor:
        t = 1.5 * math.pi * (1 + 2 * torch.rand(n, generator=generator, device=generator.device))
        noise = std * torch.randn(n, 2, generator=generator, device=generator.device)
        return scale * (torch.stack((t * t.cos(), t * t.sin()), 1) + noise)

    return Law(f"swiss_roll({std}, {scale})", draw)
