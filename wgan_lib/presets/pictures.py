"""Complete trainings on pictures: digits and MNIST in minutes, the published CIFAR-10 models for a GPU and a night.

The data are made, or downloaded into ``root``, at first use.
"""

import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from wgan_lib import images, networks
from wgan_lib.constraints import GradientPenalty, SpectralNorm, Unconstrained, WeightClipping
from wgan_lib.losses import HINGE, NON_SATURATING, WASSERSTEIN
from wgan_lib.presets.preset import Build, Preset, both
from wgan_lib.training import Adam, NormalLatent, RMSProp

_SN = "Miyato 2018, Algorithm 1 (there with the GAN's or the hinge loss)"
_FID = "FID {}, not comparable: other networks, Inception's features (Lucic 2018, table 2)"


def digits(seed: int, root: Path) -> Preset:
    """WGAN-GP by fully connected networks on the embedded 8 × 8 digits. Chapter: full-models."""
    rng = torch.Generator().manual_seed(seed)
    leaky, gain = (lambda: nn.LeakyReLU(0.2)), math.sqrt(2)
    critic = networks.mlp(64, 256, 256, 1, activation=leaky, gain=gain, rng=rng)
    generator = networks.mlp(32, 256, 256, 64, gain=gain, rng=rng)
    return Preset(
        name="wgan-gp-digits",
        make_data=images.digits,
        generator=nn.Sequential(generator, nn.Tanh(), nn.Unflatten(-1, (1, 8, 8))),
        critic=nn.Sequential(nn.Flatten(-3), critic),
        loss=WASSERSTEIN,
        constraint=GradientPenalty(10.0),
        **both(Adam(3e-3)),
        latent=NormalLatent(32),
        n_steps=3000,
        batch_size=64,
        ema=0.99,
        linear_decay=True,
        source="Gulrajani 2017, Algorithm 1 (there Adam 1e-4)",
        published="none for these pictures",
    )


def clipping_digits(seed: int, root: Path) -> Preset:
    """Clipped weights on the digits. Chapter: weight-clipping."""
    return replace(
        digits(seed, root),
        name="clipping-digits",
        constraint=WeightClipping(0.05),
        **both(RMSProp(3e-4)),
        source="Arjovsky 2017, Algorithm 1, with c = .05 and RMSProp 3e-4 (there c = .01, 5e-5)",
    )


def sn_digits(seed: int, root: Path) -> Preset:
    """Spectral normalisation on the digits. Chapter: spectral-normalisation."""
    return replace(digits(seed, root), name="sn-digits", constraint=SpectralNorm(), source=_SN)


def mnist(seed: int, root: Path) -> Preset:
    """WGAN-GP by DCGAN's networks for 28 × 28, the critic without normalisation whatever bounds it.

    Chapter: full-models.
    """
    rng = torch.Generator().manual_seed(seed)
    return Preset(
        name="wgan-gp-mnist",
        make_data=partial(images.mnist, root),
        generator=networks.dcgan_generator(28, 1, rng=rng),
        critic=networks.dcgan_critic(28, 1, rng=rng),
        loss=WASSERSTEIN,
        constraint=GradientPenalty(10.0),
        **both(Adam(5e-4)),
        latent=NormalLatent(100),
        n_steps=6000,
        batch_size=64,
        ema=0.99,
        linear_decay=True,
        source="Gulrajani 2017, Algorithm 1 (there Adam 1e-4)",
        published=_FID.format(20.3),
    )


def clipping_mnist(seed: int, root: Path) -> Preset:
    """Clipped weights on MNIST. Chapter: weight-clipping."""
    return replace(
        mnist(seed, root),
        name="clipping-mnist",
        constraint=WeightClipping(0.01),
        **both(RMSProp()),
        source="Arjovsky 2017, Algorithm 1",
        published=_FID.format(6.7),
    )


def sn_mnist(seed: int, root: Path) -> Preset:
    """Spectral normalisation on MNIST. Chapter: spectral-normalisation."""
    return replace(
        mnist(seed, root),
        name="sn-mnist",
        constraint=SpectralNorm(),
        source=_SN,
        published="none for this loss",
    )


def r1_mnist(seed: int, root: Path) -> Preset:
    """The non-saturating GAN with R1 on MNIST. Chapter: gradient-penalty."""
    return replace(
        mnist(seed, root),
        name="r1-mnist",
        loss=NON_SATURATING,
        constraint=GradientPenalty(5.0, target=0.0, at="reals"),
        critic_steps=1,
        source="Mescheder 2018, eq. 9, with γ = 10",
        published="none for these networks",
    )


def gan_mnist(seed: int, root: Path) -> Preset:
    """The non-saturating GAN on MNIST, unconstrained. Chapter: js-saturation."""
    return replace(
        mnist(seed, root),
        name="gan-mnist",
        loss=NON_SATURATING,
        constraint=Unconstrained(),
        **both(Adam(2e-4, (0.5, 0.999))),
        critic_steps=1,
        source="Goodfellow 2014, section 3; Radford 2016, section 4 (Adam 2e-4, β1 .5)",
        published=_FID.format(6.8),
    )


def wgan_gp_cifar10(seed: int, root: Path) -> Preset:
    """WGAN-GP's ResNet on CIFAR-10 without labels. Chapter: full-models."""
    rng = torch.Generator().manual_seed(seed)
    return Preset(
        name="wgan-gp-cifar10",
        make_data=partial(images.cifar10, root),
        generator=networks.resnet_generator(rng=rng),
        critic=networks.resnet_critic(rng=rng),
        loss=WASSERSTEIN,
        constraint=GradientPenalty(10.0),
        **both(Adam(2e-4)),
        latent=NormalLatent(128),
        n_steps=100_000,
        batch_size=64,
        linear_decay=True,
        source="Gulrajani 2017, appendix F, and its gan_cifar_resnet.py (there 128 samples a generator step)",
        published="inception score 7.86 ± .07 (table 3)",
    )


def sn_cifar10(seed: int, root: Path) -> Preset:
    """SN-GAN's ResNet on CIFAR-10 without labels, by the hinge loss. Chapter: full-models."""
    rng = torch.Generator().manual_seed(seed)
    return replace(
        wgan_gp_cifar10(seed, root),
        name="sn-cifar10",
        generator=networks.resnet_generator(width=256, rng=rng),
        critic=networks.resnet_critic(summed=True, rng=rng),
        loss=HINGE,
        constraint=SpectralNorm(),
        n_steps=50_000,
        source="Miyato 2018, table 4, and sn_cifar10_unconditional.yml (there 128 samples a generator step)",
        published="inception score 8.22, FID 21.7 (table 2)",
    )


PRESETS: dict[str, Build] = {
    "wgan-gp-digits": digits,
    "clipping-digits": clipping_digits,
    "sn-digits": sn_digits,
    "wgan-gp-mnist": mnist,
    "clipping-mnist": clipping_mnist,
    "sn-mnist": sn_mnist,
    "r1-mnist": r1_mnist,
    "gan-mnist": gan_mnist,
    "wgan-gp-cifar10": wgan_gp_cifar10,
    "sn-cifar10": sn_cifar10,
}
