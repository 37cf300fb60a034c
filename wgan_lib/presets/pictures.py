"""Complete trainings on grey pictures: the embedded digits, and a family of methods on MNIST and Fashion-MNIST.

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
from wgan_lib.losses import NON_SATURATING, RELATIVISTIC, WASSERSTEIN
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


def mnist(seed: int, root: Path, width: int = 64) -> Preset:
    """WGAN-GP by DCGAN's networks for 28 × 28, the critic without normalisation whatever bounds it.

    Chapter: full-models.
    """
    rng = torch.Generator().manual_seed(seed)
    return Preset(
        name="wgan-gp-mnist",
        make_data=partial(images.mnist, root),
        generator=networks.dcgan_generator(28, 1, width, rng=rng),
        critic=networks.dcgan_critic(28, 1, width, rng=rng),
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


def clipping_mnist(seed: int, root: Path, width: int = 64) -> Preset:
    """Clipped weights on MNIST. Chapter: weight-clipping."""
    return replace(
        mnist(seed, root, width),
        name="clipping-mnist",
        constraint=WeightClipping(0.01),
        **both(RMSProp()),
        source="Arjovsky 2017, Algorithm 1",
        published=_FID.format(6.7),
    )


def sn_mnist(seed: int, root: Path, width: int = 64) -> Preset:
    """Spectral normalisation on MNIST. Chapter: spectral-normalisation."""
    return replace(
        mnist(seed, root, width),
        name="sn-mnist",
        constraint=SpectralNorm(),
        source=_SN,
        published="none for this loss",
    )


def r1_mnist(seed: int, root: Path, width: int = 64) -> Preset:
    """The non-saturating GAN with R1 on MNIST. Chapter: gradient-penalty."""
    return replace(
        mnist(seed, root, width),
        name="r1-mnist",
        loss=NON_SATURATING,
        constraint=GradientPenalty(5.0, target=0.0, at="reals"),
        critic_steps=1,
        source="Mescheder 2018, eq. 9, with γ = 10",
        published="none for these networks",
    )


def gan_mnist(seed: int, root: Path, width: int = 64) -> Preset:
    """The non-saturating GAN on MNIST, unconstrained. Chapter: js-saturation."""
    return replace(
        mnist(seed, root, width),
        name="gan-mnist",
        loss=NON_SATURATING,
        constraint=Unconstrained(),
        **both(Adam(2e-4, (0.5, 0.999))),
        critic_steps=1,
        source="Goodfellow 2014, section 3; Radford 2016, section 4 (Adam 2e-4, β1 .5)",
        published=_FID.format(6.8),
    )


def r3gan_mnist(seed: int, root: Path, width: int = 64) -> Preset:
    """The relativistic loss with R1 + R2 on MNIST, the rest as in `r1_mnist`. Chapter: settling."""
    return replace(
        r1_mnist(seed, root, width),
        name="r3gan-mnist",
        loss=RELATIVISTIC,
        constraint=GradientPenalty(5.0, target=0.0, at="both"),
        source="Huang 2024, RpGAN + R1 + R2 (there with residual networks; γ falls during training)",
    )


def mlp28(seed: int, root: Path) -> Preset:
    """The smallest WGAN of pictures: the critic 784-256-1 with LeakyReLU(.2), Algorithm 1. Chapter: weight-clipping."""
    rng = torch.Generator().manual_seed(seed)
    generator = networks.mlp(100, 256, 784, gain=math.sqrt(2), rng=rng)
    return replace(
        mnist(seed, root),
        name="wgan-mlp28-mnist",
        generator=nn.Sequential(generator, nn.Tanh(), nn.Unflatten(-1, (1, 28, 28))),
        critic=networks.MLPCritic28(rng),
        constraint=WeightClipping(0.01),
        **both(RMSProp()),
        source="Arjovsky 2017, Algorithm 1 (there with larger networks)",
        published="none for these networks",
    )


def fashion(method: Build, published: str, seed: int, root: Path, width: int = 64) -> Preset:
    """A method of MNIST's on Fashion-MNIST, the same networks and settings. Chapter: full-models."""
    preset = method(seed, root, width)
    name = preset.name.replace("mnist", "fashion")
    return replace(preset, name=name, make_data=partial(images.fashion_mnist, root), published=published)


PRESETS: dict[str, Build] = {
    "wgan-gp-digits": digits,
    "clipping-digits": clipping_digits,
    "sn-digits": sn_digits,
    "wgan-gp-mnist": mnist,
    "clipping-mnist": clipping_mnist,
    "sn-mnist": sn_mnist,
    "r1-mnist": r1_mnist,
    "gan-mnist": gan_mnist,
    "r3gan-mnist": r3gan_mnist,
    "wgan-mlp28-mnist": mlp28,
    "wgan-gp-fashion": partial(fashion, mnist, _FID.format(24.5)),
    "clipping-fashion": partial(fashion, clipping_mnist, _FID.format(21.5)),
    "sn-fashion": partial(fashion, sn_mnist, "none for this loss"),
    "r1-fashion": partial(fashion, r1_mnist, "none for these networks"),
    "gan-fashion": partial(fashion, gan_mnist, _FID.format(26.5)),
}
