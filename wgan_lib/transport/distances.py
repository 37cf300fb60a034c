"""Samples with weights, and distances between them in a unit in which nothing under- or overflows."""

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Num
from scipy.spatial.distance import cdist

from wgan_lib.checks import samples, weights

Xs: TypeAlias = Num[Any, "n"] | Num[Any, "n d"] | Sequence[Any]
Ys: TypeAlias = Num[Any, "m"] | Num[Any, "m d"] | Sequence[Any]
XWeights: TypeAlias = Num[Any, "n"] | Sequence[Any] | None
YWeights: TypeAlias = Num[Any, "m"] | Sequence[Any] | None
Array: TypeAlias = Float[Any, "..."]


def laws(x: Xs, y: Ys, x_weights: XWeights, y_weights: YWeights) -> tuple[Array, Array, Array, Array]:
    """Give two weighted clouds as float64 arrays (n, d), (m, d), (n,) and (m,). Errors as `transport.w1`.

    Chapter: optimal-transport.
    """
    points_x, points_y = samples("x", x), samples("y", y)
    if points_x.shape[1] != points_y.shape[1]:
        raise ValueError(f"x and y must have one dimension d, got {points_x.shape[1]} and {points_y.shape[1]}")
    a, b = weights("x_weights", x_weights, len(points_x)), weights("y_weights", y_weights, len(points_y))
    return points_x, points_y, a, b


def unit(*clouds: Float[np.ndarray, "_ d"]) -> float:
    """Give a length of about the clouds' extent, a power of two, so that dividing by it rounds nothing.

    Chapter: optimal-transport.
    """
    low, high = (np.stack([side(cloud, axis=0) for cloud in clouds if len(cloud)]) for side in (np.min, np.max))
    extent = float((high.max(0) / 2 - low.min(0) / 2).max())  # halves do not overflow
    return math.ldexp(1.0, max(min(math.frexp(extent)[1] + 1, 1023), -1022)) if extent > 0 else 1.0


def distances(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "n m"]:
    """Give all |xᵢ − yⱼ|. Chapter: optimal-transport."""
    scale = unit(x, y)
    return cdist(x / scale, y / scale) * scale
