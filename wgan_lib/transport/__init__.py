"""Optimal transport between two clouds of samples: exact, by its dual, with entropy, and by slices.

Conventions: the cost of moving from x to y is the Euclidean |x − y|, so every distance carries the units of the data,
whatever they are. Potentials satisfy f(x) + g(y) ≤ |x − y|; the critic is f on the x and −g on the y, so that
E f(x) − E f(y) = W1 where x is real and y generated. Weights default to equal ones. Samples may be lists, numpy arrays
or torch tensors on any device.
"""

from wgan_lib.transport.cones import Cones, OptimalCritic
from wgan_lib.transport.critics import optimal_critic
from wgan_lib.transport.entropic import sinkhorn, sinkhorn_divergence
from wgan_lib.transport.plans import Plan, c_transform, plan, sliced_w1, w1

__all__ = [
    "Cones",
    "OptimalCritic",
    "Plan",
    "c_transform",
    "optimal_critic",
    "plan",
    "sinkhorn",
    "sinkhorn_divergence",
    "sliced_w1",
    "w1",
]
