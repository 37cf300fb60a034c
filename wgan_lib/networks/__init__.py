"""Networks: fully connected and convolutional critics and generators, and how to look at one without changing it.

Weights are drawn from an explicit ``torch.Generator``; without one from a generator seeded with 0, so that a script
gives the same run each time and two critics of one shape start equal. For several seeds give several generators.
"""

from wgan_lib.networks.augmentation import Augment
from wgan_lib.networks.connected import (
    PYTORCH_GAIN,
    BatchedLinear,
    FourierFeatures,
    GroupSort,
    MLPCritic28,
    Score,
    initialise,
    leaky,
    mlp,
    side_by_side,
)
from wgan_lib.networks.convolutional import (
    Residual,
    dcgan_critic,
    dcgan_generator,
    resnet_critic,
    resnet_generator,
    sn_critic,
    sn_generator,
)
from wgan_lib.networks.grouped import Basis, Resampled, r3gan_critic, r3gan_generator
from wgan_lib.networks.looking import evaluating, unwrapped
from wgan_lib.networks.mixed import MixedHead

__all__ = [
    "PYTORCH_GAIN",
    "Augment",
    "Basis",
    "BatchedLinear",
    "FourierFeatures",
    "GroupSort",
    "MLPCritic28",
    "MixedHead",
    "Resampled",
    "Residual",
    "Score",
    "dcgan_critic",
    "dcgan_generator",
    "evaluating",
    "initialise",
    "leaky",
    "mlp",
    "r3gan_critic",
    "r3gan_generator",
    "resnet_critic",
    "resnet_generator",
    "side_by_side",
    "sn_critic",
    "sn_generator",
    "unwrapped",
]
