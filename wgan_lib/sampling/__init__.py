"""Laws to learn, and pairs of laws whose distance and optimal critic are known.

A law draws ``sample(n, generator)``, a float32 tensor ``(n, d)`` on the generator's device. Lengths are in units of the
data. A pair draws ``sample_pair(n, generator)`` and knows ``w1`` and an optimal ``critic``, high on the first sample.
"""

from wgan_lib.sampling.laws import Law, grid, normals, parallel_lines, point_masses, ring, swiss_roll, uniforms
from wgan_lib.sampling.pairs import (
    Funnels,
    MinFunnels,
    ShellPair,
    circles_and_centres,
    min_funnels,
    radial_pair,
)

__all__ = [
    "Funnels",
    "Law",
    "MinFunnels",
    "ShellPair",
    "circles_and_centres",
    "grid",
    "min_funnels",
    "normals",
    "parallel_lines",
    "point_masses",
    "radial_pair",
    "ring",
    "swiss_roll",
    "uniforms",
]
