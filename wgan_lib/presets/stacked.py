"""Complete trainings on stacks of three digits, 1,000 modes that can be counted: eight by eight, and MNIST's.

The settings of stacked digits were chosen by experiments/stacked_digits.py; those of stacked MNIST are wgan-gp-mnist's,
not tuned.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks, images, networks
from wgan_lib.constraints import GradientPenalty
from wgan_lib.losses import RELATIVISTIC, WASSERSTEIN
from wgan_lib.presets.preset import Build, Preset, both
from wgan_lib.training import Adam, NormalLatent


@dataclass(frozen=True)
class Stacks:
    """Three grey pictures, drawn independently, as the channels of one: values in [−1, 1]. Chapter: settling.

    Raises ValueError for pictures of more than one channel. Source: Metz 2017, section 3.3.1.
    """

    pictures: images.Images

    def __post_init__(self) -> None:
        if self.pictures.pixels.shape[1] != 1:
            raise ValueError(f"pictures are {self.pictures}, of {self.pictures.pixels.shape[1]} channels: 1 is needed")

    def __repr__(self) -> str:
        return f"Stacks({self.pictures})"

    def __len__(self) -> int:
        return len(self.pictures)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n 3 height width"]:
        """Draw n stacks."""
        n = checks.whole("n", n)
        pixels = self.pictures.pixels
        rows = torch.randint(len(pixels), (3 * n,), generator=generator, device=generator.device).to(pixels.device)
        drawn = pixels[rows].unflatten(0, (n, 3)).squeeze(2)
        return drawn.to(generator.device).float().mul_(2 / self.pictures.white).sub_(1)


def _stacks(load: Callable[[], images.Images]) -> Stacks:
    return Stacks(load())


def wgan_gp_digits(seed: int, root: Path) -> Preset:
    """WGAN-GP by fully connected networks on stacked digits. Chapter: settling."""
    rng, gain = torch.Generator().manual_seed(seed), math.sqrt(2)
    critic = networks.mlp(192, 256, 256, 1, activation=networks.leaky(0.2), gain=gain, rng=rng)
    generator = networks.mlp(64, 256, 256, 192, gain=gain, rng=rng)
    return Preset(
        name="wgan-gp-stacked-digits",
        make_data=partial(_stacks, images.digits),
        generator=nn.Sequential(generator, nn.Tanh(), nn.Unflatten(-1, (3, 8, 8))),
        critic=nn.Sequential(nn.Flatten(-3), critic),
        loss=WASSERSTEIN,
        constraint=GradientPenalty(10.0),
        **both(Adam(1e-3)),
        latent=NormalLatent(64),
        n_steps=3000,
        critic_steps=3,
        batch_size=64,
        ema=0.995,
        linear_decay=True,
        source="Gulrajani 2017, Algorithm 1 (there Adam 1e-4, n_critic 5)",
        published="none for these pictures",
    )


def r3gan_digits(seed: int, root: Path) -> Preset:
    """The relativistic loss with R1 + R2, γ = 1, on stacked digits. Chapter: settling."""
    return replace(
        wgan_gp_digits(seed, root),
        name="r3gan-stacked-digits",
        loss=RELATIVISTIC,
        constraint=GradientPenalty(0.5, target=0.0, at="both"),
        critic_steps=1,
        source="Huang 2024, RpGAN + R1 + R2 (there on stacked MNIST by convolutions)",
    )


def wgan_gp_mnist(seed: int, root: Path, width: int = 64) -> Preset:
    """WGAN-GP by DCGAN's networks on stacked MNIST. Chapter: settling."""
    rng = torch.Generator().manual_seed(seed)
    return replace(
        wgan_gp_digits(seed, root),
        name="wgan-gp-stacked-mnist",
        make_data=partial(_stacks, partial(images.mnist, root)),
        generator=networks.dcgan_generator(28, 3, width, rng=rng),
        critic=networks.dcgan_critic(28, 3, width, rng=rng),
        **both(Adam(5e-4)),
        latent=NormalLatent(100),
        n_steps=6000,
        critic_steps=5,
        ema=0.99,
        source="Gulrajani 2017, Algorithm 1 (there Adam 1e-4); the data of Metz 2017",
        published="959 modes, KL .73 (unverified, remembered from Huang 2024, after others; other networks)",
    )


def r3gan_mnist(seed: int, root: Path, width: int = 64) -> Preset:
    """The relativistic loss with R1 + R2 on stacked MNIST. Chapter: settling."""
    return replace(
        wgan_gp_mnist(seed, root, width),
        name="r3gan-stacked-mnist",
        loss=RELATIVISTIC,
        constraint=GradientPenalty(0.5, target=0.0, at="both"),
        critic_steps=1,
        source="Huang 2024, RpGAN + R1 + R2, with γ = 1 (its networks and γ for these data are not known here)",
        published="1,000 modes, KL .078 (secondary source; other networks)",
    )


PRESETS: dict[str, Build] = {
    "wgan-gp-stacked-digits": wgan_gp_digits,
    "r3gan-stacked-digits": r3gan_digits,
    "wgan-gp-stacked-mnist": wgan_gp_mnist,
    "r3gan-stacked-mnist": r3gan_mnist,
}
