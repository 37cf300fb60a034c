"""Complete trainings on colour pictures: the published models for CIFAR-10 and for 64 × 64, for a GPU and a night.

Settings are those of the papers and of the authors' code where ``source`` names a file; what differs stands in
brackets. Their tables are named, their pages are not: the papers could not be opened here. 64 × 64 pictures come from
the folder that is given as ``root``; CIFAR-10 lies, or is put, there.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from wgan_lib import images, networks
from wgan_lib.constraints import GradientPenalty, SpectralNorm, WeightClipping
from wgan_lib.losses import HINGE, NON_SATURATING, RELATIVISTIC, WASSERSTEIN
from wgan_lib.presets.preset import Build, Preset, both
from wgan_lib.training import Adam, Cosine, NormalLatent, RMSProp, Schedules, original_critic_steps


def wgan_dcgan64(seed: int, root: Path, width: int = 64) -> Preset:
    """The first WGAN's DCGAN for 64 × 64, BatchNorm in the critic too. Chapter: weight-clipping."""
    rng = torch.Generator().manual_seed(seed)
    return Preset(
        name="wgan-dcgan64",
        make_data=partial(images.folder, root, 64, 3),
        generator=networks.dcgan_generator(64, width=width, rng=rng),
        critic=networks.dcgan_critic(64, width=width, norm=nn.BatchNorm2d, rng=rng),
        loss=WASSERSTEIN,
        constraint=WeightClipping(0.01),
        **both(RMSProp(5e-5)),
        latent=NormalLatent(100),
        n_steps=228_000,
        critic_steps=original_critic_steps,
        batch_size=64,
        source="Arjovsky 2017, Algorithm 1, and main.py of martinarjovsky/WassersteinGAN: its 25 epochs, on the "
        "3,033,042 bedrooms of LSUN (there BatchNorm's weights ~ N(1, .02²), and clipping before each critic step)",
        published="no score: pictures (figures 5 to 7) and loss curves (figure 3), from memory",
    )


def wgan_gp_dcgan64(seed: int, root: Path, width: int = 64) -> Preset:
    """WGAN-GP by DCGAN for 64 × 64: 3 → 64 → 128 → 256 → 512 → 1, no sigmoid, no BatchNorm in the critic.

    Chapter: gradient-penalty.
    """
    rng = torch.Generator().manual_seed(seed)
    return replace(
        wgan_dcgan64(seed, root, width),
        name="wgan-gp-dcgan64",
        generator=networks.dcgan_generator(64, width=width, latent=128, rng=rng),
        critic=networks.dcgan_critic(64, width=width, rng=rng),
        constraint=GradientPenalty(10.0),
        **both(Adam(1e-4, (0.0, 0.9))),
        latent=NormalLatent(128),
        n_steps=200_000,
        critic_steps=5,
        source="Gulrajani 2017, Algorithm 1 and figure 2, and gan_64x64.py of igul222/improved_wgan_training, its "
        "DCGAN (there 5 × 5 kernels and LayerNorm in the critic)",
        published="no score: pictures (figure 2)",
    )


def wgan_gp_resnet32(seed: int, root: Path, width: int = 128) -> Preset:
    """WGAN-GP's ResNet on CIFAR-10 without labels. Chapter: full-models."""
    rng = torch.Generator().manual_seed(seed)
    return Preset(
        name="wgan-gp-resnet32-cifar10",
        make_data=partial(images.cifar10, root),
        generator=networks.resnet_generator(width=width, rng=rng),
        critic=networks.resnet_critic(width=width, rng=rng),
        loss=WASSERSTEIN,
        constraint=GradientPenalty(10.0),
        **both(Adam(2e-4)),
        latent=NormalLatent(128),
        n_steps=100_000,
        batch_size=64,
        generator_batch=128,
        linear_decay=True,
        source="Gulrajani 2017, appendix F, and gan_cifar_resnet.py of igul222/improved_wgan_training (there pixels "
        "are blurred by noise U[0, 1/128))",
        published="inception score 7.86 ± .07 (table 3)",
    )


def sngan_resnet32(seed: int, root: Path, width: int = 128) -> Preset:
    """SN-GAN's ResNet on CIFAR-10 without labels, by the hinge loss. Chapter: full-models."""
    rng = torch.Generator().manual_seed(seed)
    return replace(
        wgan_gp_resnet32(seed, root, width),
        name="sngan-resnet32-cifar10",
        generator=networks.resnet_generator(width=2 * width, rng=rng),
        critic=networks.resnet_critic(width=width, summed=True, rng=rng),
        loss=HINGE,
        constraint=SpectralNorm(),
        n_steps=50_000,
        source="Miyato 2018, table 4, and configs/sn_cifar10_unconditional.yml of pfnet-research/sngan_projection",
        published="inception score 8.22, FID 21.7 (table 2)",
    )


def sngan_cnn32(seed: int, root: Path, width: int = 64) -> Preset:
    """SN-GAN's plain convolutional network on CIFAR-10, by the GAN's loss, setting C. Chapter: spectral-normalisation.

    ``width`` is that of the critic's first layer; the seven are (1, 2, 2, 4, 4, 8, 8) times it.
    """
    rng = torch.Generator().manual_seed(seed)
    return replace(
        wgan_gp_resnet32(seed, root),
        name="sngan-cnn32-cifar10",
        generator=networks.sn_generator(width=width, rng=rng),
        critic=networks.sn_critic(widths=[width * times for times in (1, 2, 2, 4, 4, 8, 8)], rng=rng),
        loss=NON_SATURATING,
        constraint=SpectralNorm(),
        **both(Adam(2e-4, (0.5, 0.999))),
        n_steps=100_000,
        critic_steps=1,
        generator_batch=None,
        linear_decay=False,
        source="Miyato 2018, tables 1 (setting C) and 3, and common/net.py, train.py (100,000 steps) and example.sh "
        "(sndcgan: one critic step, betas .5 and .999) of pfnet-research/chainer-gan-lib",
        published="inception score 7.42, FID 29.3 (table 2)",
    )


def r3gan(seed: int, root: Path, width: int = 768) -> Preset:
    """R3GAN on CIFAR-10: grouped residual blocks without normalisation, RpGAN + R1 + R2, γ, rate and β2 by cosines.

    One set of schedules long. Left out: labels, augmentation (its probability rises to .55), mirrored pictures,
    half precision in the larger stages, the averages' warm-up, and a fresh real batch for the generator, which here
    meets the critic's last one. ``width`` is that of every stage, a multiple of 8. Chapter: settling.
    """
    rng, batch, shown = torch.Generator().manual_seed(seed), 512, 20_000_000
    widths, groups = [width] * 4, [width // 8] * 4
    return Preset(
        name="r3gan-cifar10",
        make_data=partial(images.cifar10, root),
        generator=networks.r3gan_generator(3, widths, groups, rng=rng),
        critic=networks.r3gan_critic(3, widths, groups, rng=rng),
        loss=RELATIVISTIC,
        constraint=GradientPenalty(0.05 / 2, target=0.0, at="both"),
        **both(Adam(2e-4, (0.0, 0.9))),
        latent=NormalLatent(64),
        n_steps=shown // batch,
        critic_steps=1,
        batch_size=batch,
        ema=0.5 ** (batch / 5_000_000),
        schedules=Schedules(learning_rate=Cosine(1.0, 0.25), penalty=Cosine(1.0, 0.1), beta2=Cosine(0.9, 0.99)),
        source="Huang 2024, and train.py (preset CIFAR10), R3GAN/Networks.py of brownvc/R3GAN, read in copies of it "
        "(there with labels, augmentation and 16 bits)",
        published="FID 1.96, with labels and augmentation (secondary sources)",
    )


def before_the_names(build: Build, name: str) -> Build:
    """Return a renamed preset as it was, with 64 samples a generator step: its folders go on. Chapter: full-models."""
    return lambda seed, root, **shape: replace(build(seed, root, **shape), name=name, generator_batch=None)


PRESETS: dict[str, Build] = {
    "wgan-dcgan64": wgan_dcgan64,
    "wgan-gp-dcgan64": wgan_gp_dcgan64,
    "wgan-gp-resnet32-cifar10": wgan_gp_resnet32,
    "sngan-cnn32-cifar10": sngan_cnn32,
    "sngan-resnet32-cifar10": sngan_resnet32,
    "r3gan-cifar10": r3gan,
}

RENAMED: dict[str, Build] = {
    "wgan-gp-cifar10": before_the_names(wgan_gp_resnet32, "wgan-gp-cifar10"),
    "sn-cifar10": before_the_names(sngan_resnet32, "sn-cifar10"),
}
"""Names of before, not listed any more, each as it was."""
