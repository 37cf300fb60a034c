"""Two segments in the plane: the parallel lines of the first WGAN paper, with a tilt and with noise.

P is uniform on {0} × [−½, ½]; Q is its copy at (theta, 0), turned by `tilt` degrees. Nats; W1 in units of the length.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment
from scipy.special import log_ndtr

from wgan_lib.checks import number, whole
from wgan_lib.divergences.grids import js, total_variation
from wgan_lib.divergences.normals import js_normals, kl_normals

_LN2 = math.log(2.0)
_WIDE = 1e4  # noise that drowns the segments: its variance is theirs times 1e9
_REACH = 9.0  # standard deviations of noise: beyond them lies 1e-18 of a law


class SegmentDivergences(NamedTuple):
    """JS(P, Q) and KL(P‖Q) in nats, and the total variation, from 0 to 1. Chapter: js-saturation."""

    js: float
    kl: float
    tv: float


def segment_divergences(theta: float, tilt: float = 0.0, noise: float = 0.0) -> SegmentDivergences:
    """Give JS, KL(P‖Q) and TV of the two segments, both blurred by normal noise of standard deviation `noise`.

    Without noise they share at most a point unless they are equal: JS = ln 2, KL = inf, TV = 1, whatever theta. With
    noise the densities are N(t; 0, σ²) (Φ((s + ½)/σ) − Φ((s − ½)/σ)), t across and s along; the integrals run by the
    trapezoid rule over the strip around P, outside which P has no mass, JS gains ½ Q ln 2 and TV ½ Q. Noise above 1e4
    drowns the segments: they count as points. JS and KL are right to about 1e-7, TV to 1e-3.
    Raises ValueError for NaN, inf, noise < 0, or noise so small (< .001) that the grid would not fit; TypeError for
    what is not a real number.
    Source: Arjovsky et al. 2017, Example 1; Arjovsky & Bottou 2017, §3 (noise). Chapter: js-saturation.
    """
    theta, tilt, noise = number("theta", theta), number("tilt", tilt), number("noise", noise, least=0.0)
    if noise == 0:
        same = theta == 0 and tilt == 0
        return SegmentDivergences(0.0, 0.0, 0.0) if same else SegmentDivergences(_LN2, math.inf, 1.0)
    if noise < 0.001:
        raise ValueError(f"noise must be 0 or at least 0.001, got {noise}")
    if noise > _WIDE:  # then the segments are points, tilt or not
        tv = math.erf(abs(theta / noise) / math.sqrt(8))
        return SegmentDivergences(
            float(js_normals(0, noise, theta, noise)), float(kl_normals(0, noise, theta, noise)), tv
        )
    sin, cos = math.sin(math.radians(tilt)), math.cos(math.radians(tilt))
    step = noise / 6
    x = step * np.arange(-6 * _REACH, 6 * _REACH + 1)
    rows = math.ceil((0.5 + _REACH * noise) / step)
    y = step * np.arange(-rows, rows + 1)[:, None]
    log_p = _log_density(x, y, noise)
    log_q = _log_density((x - theta) * cos - y * sin, (x - theta) * sin + y * cos, noise)
    p, q = np.exp(log_p), np.exp(log_q)
    outside = 1 - 0.5 * np.trapezoid(p + q, x).sum() * step  # q is cut off where x ends: the same rule as below
    inside = np.sum(js(p, q, x)) * step
    tv = outside + np.sum(total_variation(p, q, x)) * step
    if tilt == 0:  # there the kink of |p − q| runs along the grid: take the closed form
        tv = math.erf(abs(theta) / (noise * math.sqrt(8)))
    kl = float((p * (log_p - log_q)).sum() * step**2)  # inf where q is no float
    return SegmentDivergences(min(max(float(_LN2 * outside + inside), 0.0), _LN2), kl, float(max(tv, 0.0)))


def w1_segments(theta: float, tilt: float = 0.0, n: int = 64) -> float:
    """Give W1 of the two segments without noise, each as the middles of n equal parts; |theta| when they are parallel.

    With n = 64 the error is below 1e-4. The same noise on both leaves |theta| as it is and can only lower W1 of a
    tilted pair, not below |theta|, the distance of the means. Raises ValueError for NaN, inf or n < 1.
    Source: Arjovsky et al. 2017, Example 1. Chapter: js-saturation.
    """
    theta, tilt, n = number("theta", theta), number("tilt", tilt), whole("n", n, most=10_000)
    along = (np.arange(n) + 0.5) / n - 0.5
    angle = math.radians(tilt)
    across = theta + along * math.sin(angle)
    cost = np.hypot(across, along * math.cos(angle) - along[:, None])
    return float(cost[linear_sum_assignment(cost)].mean())


def _log_density(across: Float[Any, "..."], along: Float[Any, "..."], noise: float) -> Float[Any, "..."]:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        near, far = log_ndtr((0.5 - np.abs(along)) / noise), log_ndtr((-0.5 - np.abs(along)) / noise)
        ends = np.where(near > -np.inf, near + np.log1p(-np.exp(far - near)), -np.inf)
        return ends - 0.5 * (across / noise) ** 2 - math.log(noise * math.sqrt(2 * math.pi))
