"""Divergences between two laws on the line: on a grid of densities, and in closed form for normals and uniforms.

Conventions: natural logarithms, so KL and JS are in nats (divide by ln 2 for bits); W1 and W2 carry the units of the
data; TV is sup |P(A) − Q(A)|, from 0 to 1. P is the real law, Q the generated one. Scalars give floats, arrays arrays;
numbers, lists, numpy arrays and torch tensors are taken alike.
"""

from wgan_lib.divergences.generator_pulls import Pulls, mean_pulls, pulls
from wgan_lib.divergences.grids import js, kl, total_variation
from wgan_lib.divergences.normals import (
    NormalGradient,
    js_normals,
    js_normals_gradient,
    kl_normals,
    kl_normals_gradient,
    w1_normals,
    w1_normals_gradient,
    w2_normals,
    w2_normals_multivariate,
)
from wgan_lib.divergences.segments import SegmentDivergences, segment_divergences, w1_segments
from wgan_lib.divergences.uniforms import UniformGradient, w1_uniforms, w1_uniforms_gradient

__all__ = [
    "NormalGradient",
    "Pulls",
    "SegmentDivergences",
    "UniformGradient",
    "js",
    "js_normals",
    "js_normals_gradient",
    "kl",
    "kl_normals",
    "kl_normals_gradient",
    "mean_pulls",
    "pulls",
    "segment_divergences",
    "total_variation",
    "w1_normals",
    "w1_normals_gradient",
    "w1_segments",
    "w1_uniforms",
    "w1_uniforms_gradient",
    "w2_normals",
    "w2_normals_multivariate",
]
