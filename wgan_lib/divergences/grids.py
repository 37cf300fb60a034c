"""Divergences of two densities on a grid."""

from typing import Any

import numpy as np
from jaxtyping import Float

from wgan_lib.checks import reals
from wgan_lib.divergences.arguments import Densities, Grid, Reals, broadcast
from wgan_lib.divergences.quadrature import confidence


def kl(p: Densities, q: Densities, x: Grid) -> Reals:
    """Give KL(P‖Q) = ∫ p log(p/q) dx in nats, by the trapezoid rule on any spacing; inf where q = 0 < p.

    The densities p and q (1/unit of x, leading axes broadcast) need not integrate to exactly 1 and are not rescaled.
    Raises ValueError unless x is finite and strictly increasing and p, q are finite, ≥ 0 and end in x's length.
    Source: Kullback & Leibler 1951. Chapter: js-saturation.
    """
    p, q, widths = _densities(p, q, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        integrand = np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0)
    return (integrand * widths).sum(-1)[()]


def js(p: Densities, q: Densities, x: Grid) -> Reals:
    """Give JS(P, Q) = ½ KL(P‖M) + ½ KL(Q‖M) in nats, M = (P + Q)/2, by the trapezoid rule on any spacing.

    Always finite; ln 2 (1 bit) without overlap. √JS is a metric, JS is not. Shapes, units and errors as in `kl`.
    Source: Lin 1991; the halves are missing from the formula in §2 of Arjovsky et al. 2017. Chapter: js-saturation.
    """
    p, q, widths = _densities(p, q, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(p) - np.log(q)
    integrand = np.where(p + q > 0, 0.5 * (p + q) * confidence(log_ratio), 0.0)
    return (integrand * widths).sum(-1)[()]


def total_variation(p: Densities, q: Densities, x: Grid) -> Reals:
    """Give TV(P, Q) = ½ ∫ |p − q| dx = sup |P(A) − Q(A)|, by the trapezoid rule on any spacing.

    This is half of the integral probability metric over |f| ≤ 1. Shapes, units and errors as in `kl`.
    Source: Arjovsky et al. 2017, §2 and §5 (which forgets the half). Chapter: js-saturation.
    """
    p, q, widths = _densities(p, q, x)
    return (0.5 * np.abs(p - q) * widths).sum(-1)[()]


def _densities(p: Densities, q: Densities, x: Grid) -> tuple[Float[Any, "..."], ...]:
    """The two densities, broadcast, and the trapezoid width of each grid point."""
    grid = reals("x", x)
    if grid.ndim != 1 or grid.size < 2:
        raise ValueError(f"x must have shape (n,) with n ≥ 2 grid points, got shape {grid.shape}")
    steps = np.diff(grid)
    if (steps <= 0).any():
        first = int(np.argmax(steps <= 0))
        raise ValueError(f"x must increase strictly, got {grid[first]} before {grid[first + 1]}")
    for name, density in (("p", reals("p", p)), ("q", reals("q", q))):
        if density.ndim == 0 or density.shape[-1] != grid.size:
            raise ValueError(f"{name} must have one value per grid point of x ({grid.size}), got shape {density.shape}")
        if (density < 0).any():
            raise ValueError(f"{name} must be a density, ≥ 0 everywhere, got {density.min()}")
    return *broadcast(p=p, q=q), 0.5 * (np.append(steps, 0.0) + np.append(0.0, steps))
