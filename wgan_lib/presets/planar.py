"""Complete trainings on laws of the plane: eight methods on the ring of 8 and the grid of 25 Gaussians.

wgan-gp-grid25 was tuned on seeds 100 to 103 (experiments/tune_grid25.py); the others took its settings over, except
where up to 3 trials of 2500 steps on seeds 100 and 101 found better ones.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from wgan_lib import networks, sampling
from wgan_lib.constraints import GradientPenalty, Orthonormal, SpectralNorm, Unconstrained, WeightClipping
from wgan_lib.losses import NON_SATURATING, RELATIVISTIC, WASSERSTEIN
from wgan_lib.presets.preset import Build, Preset, both
from wgan_lib.training import Adam, NormalLatent, RMSProp, UniformLatent

_PLACES: dict[str, tuple[Callable[[], sampling.Law], int]] = {
    "ring8": (partial(sampling.ring, 8), 2500),
    "grid25": (partial(sampling.grid, 25), 5000),
}
"""Each law, and how many steps to train on it."""


def _networks(seed: int, *, bounded: bool = False, sort: bool = False) -> dict[str, Any]:
    """Small networks on Fourier features; the published widths (512) find no mode of the grid in the same time."""
    rng = torch.Generator().manual_seed(seed)
    n, width = 32, 64
    activation = networks.GroupSort if sort else nn.ReLU
    critic = networks.mlp(2 + 2 * n, width, width, width, 1, activation=activation, gain=math.sqrt(2), rng=rng)
    generator = networks.mlp(2 + 2 * n, width, width, width, 2, gain=math.sqrt(2), rng=rng)
    return {
        "generator": nn.Sequential(networks.FourierFeatures(2, n, 2.0, rng), generator),
        "critic": nn.Sequential(networks.FourierFeatures(2, n, 1.0, rng, one_lipschitz=bounded), critic),
    }


def wgan_gp(place: str, seed: int, root: Path) -> Preset:
    """The Wasserstein loss with the two-sided penalty at interpolates. Chapter: gradient-penalty."""
    law, n_steps = _PLACES[place]
    return Preset(
        name=f"wgan-gp-{place}",
        make_data=law,
        **_networks(seed),
        loss=WASSERSTEIN,
        constraint=GradientPenalty(1.0),
        **both(Adam(8e-3)),
        latent=UniformLatent(2),
        n_steps=n_steps,
        critic_steps=1,
        batch_size=256,
        ema=0.995,
        linear_decay=True,
        source="Gulrajani 2017, Algorithm 1 (there λ = 10 or .1, n_critic 5, Adam 1e-4, width 512)",
        published="none for these scales",
    )


def clipping(place: str, seed: int, root: Path) -> Preset:
    """The Wasserstein loss with clipped weights, a box wide enough for small layers. Chapter: weight-clipping."""
    return replace(
        wgan_gp(place, seed, root),
        name=f"clipping-{place}",
        constraint=WeightClipping(0.1),
        **both(RMSProp(2e-3)),
        critic_steps=2,
        source="Arjovsky 2017, Algorithm 1, with c = .1, RMSProp 2e-3, n_critic 2 (there c = .01, 5e-5, 5)",
    )


def algorithm1(place: str, seed: int, root: Path) -> Preset:
    """The first WGAN to the letter: RMSProp 5e-5, c = .01, batch 64, n_critic 5. Chapter: weight-clipping."""
    return replace(
        wgan_gp(place, seed, root),
        name=f"algorithm1-{place}",
        constraint=WeightClipping(0.01),
        **both(RMSProp()),
        latent=NormalLatent(2),
        critic_steps=5,
        batch_size=64,
        ema=0.0,
        linear_decay=False,
        source="Arjovsky 2017, Algorithm 1",
    )


def spectral_norm(place: str, seed: int, root: Path) -> Preset:
    """The Wasserstein loss with each layer divided by its norm. Chapter: spectral-normalisation."""
    return replace(
        wgan_gp(place, seed, root),
        name=f"sn-{place}",
        **_networks(seed, bounded=True),
        constraint=SpectralNorm(),
        source="Miyato 2018, Algorithm 1 (there with the GAN's or the hinge loss)",
    )


def orthonormal(place: str, seed: int, root: Path) -> Preset:
    """The Wasserstein loss with orthonormal layers and sorting activations. Chapter: spectral-normalisation."""
    return replace(
        wgan_gp(place, seed, root),
        name=f"orthonormal-{place}",
        **_networks(seed, bounded=True, sort=True),
        constraint=Orthonormal(),
        source="Anil 2019, GroupSort (there with Björck's iteration)",
    )


def r1(place: str, seed: int, root: Path) -> Preset:
    """The non-saturating GAN with R1, γ = 2: what today's GANs keep. Chapter: gradient-penalty."""
    return replace(
        wgan_gp(place, seed, root),
        name=f"r1-{place}",
        loss=NON_SATURATING,
        constraint=GradientPenalty(1.0, target=0.0, at="reals"),
        source="Mescheder 2018, eq. 9",
    )


def r3gan(place: str, seed: int, root: Path) -> Preset:
    """The relativistic loss with R1 + R2, the rest as in `r1`: what became of these ideas. Chapter: settling."""
    return replace(
        r1(place, seed, root),
        name=f"r3gan-{place}",
        loss=RELATIVISTIC,
        constraint=GradientPenalty(1.0, target=0.0, at="both"),
        source="Huang 2024, R3GAN (there with residual networks; γ falls during training)",
    )


def gan(place: str, seed: int, root: Path) -> Preset:
    """The non-saturating GAN unconstrained, at the rate at which it collapses least. Chapter: js-saturation."""
    return replace(
        wgan_gp(place, seed, root),
        name=f"gan-{place}",
        loss=NON_SATURATING,
        constraint=Unconstrained(),
        **both(Adam(2e-3)),
        source="Goodfellow 2014, section 3; scores from Lin 2018, table 1",
        published="modes, high quality, reverse KL, larger networks: ring 6.3, 98.2 %, .45; grid 17.3, 94.8 %, .70",
    )


_METHODS: dict[str, Callable[[str, int, Path], Preset]] = {
    "wgan-gp": wgan_gp,
    "clipping": clipping,
    "algorithm1": algorithm1,
    "sn": spectral_norm,
    "orthonormal": orthonormal,
    "r1": r1,
    "r3gan": r3gan,
    "gan": gan,
}

PRESETS: dict[str, Build] = {f"{m}-{place}": partial(_METHODS[m], place) for place in _PLACES for m in _METHODS}
