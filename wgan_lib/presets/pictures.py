"""Complete trainings on pictures: digits and MNIST in minutes, the published CIFAR-10 models for a GPU and a night.

Each function returns the parts of a ``presets.Preset``; the data are made, or downloaded into ``root``, at first use.
"""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from wgan_lib import images, networks
from wgan_lib.constraints import GradientPenalty, SpectralNorm, Unconstrained, WeightClipping
from wgan_lib.losses import HINGE, NON_SATURATING, WASSERSTEIN
from wgan_lib.networks import convolutional
from wgan_lib.training.recipe import Adam, NormalLatent, RMSProp


def digits(seed: int, root: Path, **rest: Any) -> dict[str, Any]:
    """Fully connected networks on the embedded 8 × 8 digits. Chapter: full-models."""
    rng = torch.Generator().manual_seed(seed)
    leaky, gain = (lambda: nn.LeakyReLU(0.2)), math.sqrt(2)
    critic = networks.mlp(64, 256, 256, 1, activation=leaky, gain=gain, rng=rng)
    generator = networks.mlp(32, 256, 256, 64, gain=gain, rng=rng)
    shared = {
        "make_data": images.digits,
        "generator": nn.Sequential(generator, nn.Tanh(), nn.Unflatten(-1, (1, 8, 8))),
        "critic": nn.Sequential(nn.Flatten(-3), critic),
        "loss": WASSERSTEIN,
        "optimizer": Adam(3e-3),
        "latent": NormalLatent(32),
        "n_steps": 3000,
        "critic_steps": 5,
        "batch_size": 64,
        "ema": 0.99,
        "linear_decay": True,
        "published": "none for these pictures",
    }
    return shared | rest


def mnist(seed: int, root: Path, **rest: Any) -> dict[str, Any]:
    """DCGAN's networks for 28 × 28, the critic without normalisation whatever bounds it. Chapter: full-models."""
    rng = torch.Generator().manual_seed(seed)
    shared = {
        "make_data": partial(images.mnist, root),
        "generator": convolutional.dcgan_generator(28, 1, rng=rng),
        "critic": convolutional.dcgan_critic(28, 1, rng=rng),
        "loss": WASSERSTEIN,
        "optimizer": Adam(5e-4),
        "latent": NormalLatent(100),
        "n_steps": 6000,
        "critic_steps": 5,
        "batch_size": 64,
        "ema": 0.99,
        "linear_decay": True,
    }
    return shared | rest


def wgan_gp_cifar10(seed: int, root: Path) -> dict[str, Any]:
    """WGAN-GP's ResNet on CIFAR-10 without labels. Chapter: full-models."""
    rng = torch.Generator().manual_seed(seed)
    return {
        "make_data": partial(images.cifar10, root),
        "generator": convolutional.resnet_generator(rng=rng),
        "critic": convolutional.resnet_critic(rng=rng),
        "loss": WASSERSTEIN,
        "constraint": GradientPenalty(10.0),
        "optimizer": Adam(2e-4),
        "latent": NormalLatent(128),
        "n_steps": 100_000,
        "critic_steps": 5,
        "batch_size": 64,
        "linear_decay": True,
        "source": "Gulrajani 2017, appendix F, and its gan_cifar_resnet.py (there 128 samples a generator step)",
        "published": "inception score 7.86 ± .07 (table 3)",
    }


def sn_cifar10(seed: int, root: Path) -> dict[str, Any]:
    """SN-GAN's ResNet on CIFAR-10 without labels, by the hinge loss. Chapter: full-models."""
    rng = torch.Generator().manual_seed(seed)
    changes = {
        "generator": convolutional.resnet_generator(width=256, rng=rng),
        "critic": convolutional.resnet_critic(summed=True, rng=rng),
        "loss": HINGE,
        "constraint": SpectralNorm(),
        "n_steps": 50_000,
        "source": "Miyato 2018, table 4, and sn_cifar10_unconditional.yml (there 128 samples a generator step)",
        "published": "inception score 8.22, FID 21.7 (table 2)",
    }
    return wgan_gp_cifar10(seed, root) | changes


_CLIPPED = "Arjovsky 2017, Algorithm 1"
_SN = "Miyato 2018, Algorithm 1 (there with the GAN's or the hinge loss)"
_FID = "FID {}, not comparable: other networks, Inception's features (Lucic 2018, table 2)"
_GAN: dict[str, Any] = {"loss": NON_SATURATING, "critic_steps": 1}

PRESETS: dict[str, Callable[[int, Path], dict[str, Any]]] = {
    "wgan-gp-digits": partial(
        digits, constraint=GradientPenalty(10.0), source="Gulrajani 2017, Algorithm 1 (there Adam 1e-4)"
    ),
    "clipping-digits": partial(
        digits,
        constraint=WeightClipping(0.05),
        optimizer=RMSProp(3e-4),
        source=f"{_CLIPPED}, with c = .05 and RMSProp 3e-4 (there c = .01, 5e-5)",
    ),
    "sn-digits": partial(digits, constraint=SpectralNorm(), source=_SN),
    "wgan-gp-mnist": partial(
        mnist,
        constraint=GradientPenalty(10.0),
        source="Gulrajani 2017, Algorithm 1 (there Adam 1e-4)",
        published=_FID.format(20.3),
    ),
    "clipping-mnist": partial(
        mnist, constraint=WeightClipping(0.01), optimizer=RMSProp(), source=_CLIPPED, published=_FID.format(6.7)
    ),
    "sn-mnist": partial(mnist, constraint=SpectralNorm(), source=_SN, published="none for this loss"),
    "r1-mnist": partial(
        mnist,
        constraint=GradientPenalty(5.0, target=0.0, at="reals"),
        source="Mescheder 2018, eq. 9, with γ = 10",
        published="none for these networks",
        **_GAN,
    ),
    "gan-mnist": partial(
        mnist,
        constraint=Unconstrained(),
        optimizer=Adam(2e-4, (0.5, 0.999)),
        source="Goodfellow 2014, section 3; Radford 2016, section 4 (Adam 2e-4, β1 .5)",
        published=_FID.format(6.8),
        **_GAN,
    ),
    "wgan-gp-cifar10": wgan_gp_cifar10,
    "sn-cifar10": sn_cifar10,
}
