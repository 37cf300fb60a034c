"""Cones of slope 1: how prices on finitely many samples become a critic on all of space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Num

from wgan_lib.checks import is_tensor, reals
from wgan_lib.transport.distances import distances, unit


class Cones(NamedTuple):
    """Cones of slope 1 on given tips: min over k of hₖ + |z − tₖ| (upward) or max of hₖ − |z − tₖ| (downward).

    Chapter: kantorovich-rubinstein.
    """

    tips: Float[np.ndarray, "k d"]
    heights: Float[np.ndarray, "k"]
    upward: bool

    def deciding(self, z: Float[np.ndarray, "b d"]) -> Num[np.ndarray, "b"]:
        """Give for each z the index of the cone that decides there: the lowest there (upward), or the highest."""
        sign = 1 if self.upward else -1
        chunks = np.array_split(z, len(z) * len(self.tips) // 10**7 + 1)  # 80 MB of distances at a time
        return np.concatenate(
            [np.argmin(distances(chunk, self.tips) + sign * self.heights, axis=1) for chunk in chunks]
        )


@dataclass(frozen=True)
class OptimalCritic:
    """A 1-Lipschitz function on all of R^d that attains W1 between two weighted clouds, the average of its cones.

    Called on z (..., d), or (...) where the clouds are 1-D, it gives f(z) (...) in units of the data. A tensor gives a
    tensor of its dtype and device that autograd can follow. Chapter: kantorovich-rubinstein.
    """

    cones: tuple[Cones, ...]

    def __call__(self, z: Num[Any, "..."] | Sequence[Any] | float) -> Float[Any, "..."]:
        """Give f(z). Raises ValueError where z's last axis is not the dimension of the clouds."""
        flat, shape = self._points(z)
        points = reals("z", flat)
        total: Any = 0.0
        for tips, heights, deciding, sign in self._deciding(points):
            scale = unit(points, tips)
            if is_tensor(z):
                scale = min(max(scale, 2.0**-100), 2.0**100)  # single precision ends at 2^±126
                lengths = ((flat - flat.new_tensor(tips[deciding])) / scale).norm(dim=-1) * scale
                total = total + flat.new_tensor(heights[deciding]) + sign * lengths
            else:
                lengths = np.linalg.norm((points - tips[deciding]) / scale, axis=1) * scale
                total = total + heights[deciding] + sign * lengths
        return (total / len(self.cones)).reshape(shape)

    def gradient(self, z: Num[Any, "..."] | Sequence[Any] | float) -> Float[Any, "..."]:
        """Give ∇f(z), of z's shape: a unit vector along the cone, 0 on its very tip; shorter where two cones average.

        Raises ValueError where z's last axis is not the dimension of the clouds.
        """
        points = reals("z", self._points(z)[0])
        total = np.zeros_like(points)
        for tips, _, deciding, sign in self._deciding(points):
            offsets = (points - tips[deciding]) / unit(points, tips)
            lengths = np.linalg.norm(offsets, axis=1, keepdims=True)
            total += sign * offsets / np.where(lengths > 0, lengths, 1.0)
        return (total / len(self.cones)).reshape(np.shape(z))

    def _deciding(self, points: Float[np.ndarray, "b d"]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, int]]:
        return [(cone.tips, cone.heights, cone.deciding(points), 1 if cone.upward else -1) for cone in self.cones]

    def _points(self, z: Any) -> tuple[Num[Any, "b d"], tuple[int, ...]]:
        if not is_tensor(z) or not z.is_floating_point():
            array = reals("z", z)
            z = z * 1.0 if is_tensor(z) else array
        dim, shape = self.cones[0].tips.shape[1], tuple(z.shape)
        if dim > 1 and (len(shape) < 2 or shape[-1] != dim):
            raise ValueError(f"z must have shape (k, {dim}) like the samples of this critic, got {shape}")
        last_is_dimension = dim > 1 or (len(shape) > 1 and shape[-1] == 1)
        return z.reshape(-1, dim), shape[:-1] if last_is_dimension else shape
