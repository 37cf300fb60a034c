"""Ways to keep a critic Lipschitz, each a frozen value with three hooks that the training loop calls in turn.

A constraint may act on the weights before training (``attach``), in the critic's loss (``penalty``) and after the
optimiser's step (``project``). The loop calls all three and never asks which constraint it holds.
"""

from wgan_lib.constraints.hooks import LipschitzConstraint, Rng, Unconstrained, WeightClipping
from wgan_lib.constraints.input_gradients import gradient_norms, mixes_samples, reverse_chain
from wgan_lib.constraints.layers import Orthonormal, SpectralNorm
from wgan_lib.constraints.penalties import GradientPenalty

__all__ = [
    "GradientPenalty",
    "LipschitzConstraint",
    "Orthonormal",
    "Rng",
    "SpectralNorm",
    "Unconstrained",
    "WeightClipping",
    "gradient_norms",
    "mixes_samples",
    "reverse_chain",
]
