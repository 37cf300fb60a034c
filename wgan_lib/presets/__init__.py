"""Complete trainings by name: networks, law, loss, constraint, optimisers and schedule, each with its source."""

import math
import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from wgan_lib import networks, sampling, training
from wgan_lib.checks import nearest
from wgan_lib.constraints import (
    GradientPenalty,
    LipschitzConstraint,
    Orthonormal,
    SpectralNorm,
    Unconstrained,
    WeightClipping,
)
from wgan_lib.losses import NON_SATURATING, WASSERSTEIN, AdversarialLoss
from wgan_lib.presets import pictures
from wgan_lib.training.recipe import Adam, NormalLatent, OptimizerFactory, RMSProp, Sampler, UniformLatent


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A complete training: all that ``training.train`` needs, with ``source`` and the ``published`` score.

    Chapter: full-models.
    """

    name: str
    make_data: Callable[[], Sampler]
    generator: nn.Module
    critic: nn.Module
    loss: AdversarialLoss
    constraint: LipschitzConstraint
    optimizer: OptimizerFactory
    generator_optimizer: OptimizerFactory
    latent: Sampler
    n_steps: int
    critic_steps: int | Callable[[int], int]
    batch_size: int
    ema: float = 0.0
    linear_decay: bool = False
    source: str
    published: str

    @cached_property
    def data(self) -> Sampler:
        """What it learns: made at first use, and only then downloaded where files are missing."""
        return self.make_data()

    def train(self, **changes: Any) -> Generator[training.Step, None, None]:
        """Return ``training.train`` of this preset; ``changes`` (seed, n_steps, checkpoint_dir, …) come on top.

        Raises what ``training.train`` raises. Chapter: full-models.
        """
        told = {"name", "make_data", "source", "published"}
        arguments = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in told}
        return training.train(**{"data": self.data, **arguments, **changes})


class _Place(NamedTuple):
    """A law of the plane and how long to train on it."""

    law: sampling.Law
    n_steps: int


def _places() -> dict[str, _Place]:
    return {"ring8": _Place(sampling.ring(8), 2500), "grid25": _Place(sampling.grid(25), 5000)}


def _planar(place: _Place, seed: int, *, bounded: bool = False, sort: bool = False, **rest: Any) -> dict[str, Any]:
    """Small networks on Fourier features; the published widths (512) find no mode of the grid in the same time.

    wgan-gp-grid25 was tuned on seeds 100 to 103 (experiments/tune_grid25.py); the others took its settings over, except
    where up to 3 trials of 2500 steps on seeds 100 and 101 found better ones.
    """
    rng = torch.Generator().manual_seed(seed)
    n, width = 32, 64
    activation = networks.GroupSort if sort else nn.ReLU
    critic = networks.mlp(2 + 2 * n, width, width, width, 1, activation=activation, gain=math.sqrt(2), rng=rng)
    generator = networks.mlp(2 + 2 * n, width, width, width, 2, gain=math.sqrt(2), rng=rng)
    shared = {
        "make_data": lambda: place.law,
        "generator": nn.Sequential(networks.FourierFeatures(2, n, 2.0, rng), generator),
        "critic": nn.Sequential(networks.FourierFeatures(2, n, 1.0, rng, one_lipschitz=bounded), critic),
        "loss": WASSERSTEIN,
        "optimizer": Adam(8e-3),
        "latent": UniformLatent(2),
        "n_steps": place.n_steps,
        "critic_steps": 1,
        "batch_size": 256,
        "ema": 0.995,
        "linear_decay": True,
        "published": "none for these scales",
    }
    return {**shared, **rest}


def wgan_gp(place: _Place, seed: int) -> dict[str, Any]:
    """The Wasserstein loss with the two-sided penalty at interpolates. Chapter: gradient-penalty."""
    source = "Gulrajani 2017, Algorithm 1 (there λ = 10 or .1, n_critic 5, Adam 1e-4, width 512)"
    return _planar(place, seed, constraint=GradientPenalty(1.0), source=source)


def clipping(place: _Place, seed: int) -> dict[str, Any]:
    """The Wasserstein loss with clipped weights, a box wide enough for small layers. Chapter: weight-clipping."""
    source = "Arjovsky 2017, Algorithm 1, with c = .1, RMSProp 2e-3, n_critic 2 (there c = .01, 5e-5, 5)"
    return _planar(place, seed, constraint=WeightClipping(0.1), optimizer=RMSProp(2e-3), critic_steps=2, source=source)


def algorithm1(place: _Place, seed: int) -> dict[str, Any]:
    """The first WGAN to the letter: RMSProp 5e-5, c = .01, batch 64, n_critic 5. Chapter: weight-clipping."""
    letter: dict[str, Any] = {"optimizer": RMSProp(), "batch_size": 64, "ema": 0.0, "linear_decay": False}
    letter |= {"critic_steps": 5, "latent": NormalLatent(2), "source": "Arjovsky 2017, Algorithm 1"}
    return _planar(place, seed, constraint=WeightClipping(0.01), **letter)


def spectral_norm(place: _Place, seed: int) -> dict[str, Any]:
    """The Wasserstein loss with each layer divided by its norm. Chapter: spectral-normalisation."""
    source = "Miyato 2018, Algorithm 1 (there with the GAN's or the hinge loss)"
    return _planar(place, seed, constraint=SpectralNorm(), bounded=True, source=source)


def orthonormal(place: _Place, seed: int) -> dict[str, Any]:
    """The Wasserstein loss with orthonormal layers and sorting activations. Chapter: spectral-normalisation."""
    source = "Anil 2019, GroupSort (there with Björck's iteration)"
    return _planar(place, seed, constraint=Orthonormal(), bounded=True, sort=True, source=source)


def r1(place: _Place, seed: int) -> dict[str, Any]:
    """The non-saturating GAN with R1, γ = 2: what today's GANs keep. Chapter: gradient-penalty."""
    penalty = GradientPenalty(1.0, target=0.0, at="reals")
    return _planar(place, seed, loss=NON_SATURATING, constraint=penalty, source="Mescheder 2018, eq. 9")


def gan(place: _Place, seed: int) -> dict[str, Any]:
    """The non-saturating GAN unconstrained, at the rate at which it collapses least. Chapter: js-saturation."""
    told: dict[str, Any] = {
        "source": "Goodfellow 2014, section 3; scores from Lin 2018, table 1",
        "published": "modes, high quality, reverse KL, larger networks: ring 6.3, 98.2 %, .45; grid 17.3, 94.8 %, .70",
    }
    return _planar(place, seed, loss=NON_SATURATING, constraint=Unconstrained(), optimizer=Adam(2e-3), **told)


_FAMILIES: dict[str, Callable[[_Place, int], dict[str, Any]]] = {
    "wgan-gp": wgan_gp,
    "clipping": clipping,
    "algorithm1": algorithm1,
    "sn": spectral_norm,
    "orthonormal": orthonormal,
    "r1": r1,
    "gan": gan,
}


def names() -> list[str]:
    """Return the names that ``build`` knows. Chapter: full-models."""
    return [f"{family}-{place}" for place in _places() for family in _FAMILIES] + list(pictures.PRESETS)


def build(name: str, seed: int | Sequence[int] = 0, root: str | os.PathLike[str] = "data") -> Preset:
    """Build a preset with networks freshly drawn from ``seed``; ``"wgan-gp-grid25"`` is a name.

    K seeds draw K networks side by side, to be trained at once by ``train(seed=the same K)``; convolutions cannot.
    ``root`` is where pictures lie, or are put. Raises ValueError for a name that is not one of ``names()``, with the
    nearest. Chapter: full-models.
    """
    if name not in names():
        raise ValueError(nearest("preset", name, names()))
    family, _, place = name.rpartition("-")
    of_pictures = pictures.PRESETS.get(name)
    drawn = [
        of_pictures(s, Path(root)) if of_pictures else _FAMILIES[family](_places()[place], s)
        for s in ([seed] if isinstance(seed, int) else seed)
    ]
    parts = drawn[0] | {"generator_optimizer": drawn[0].get("generator_optimizer", drawn[0]["optimizer"])}
    if not isinstance(seed, int):
        parts |= {which: networks.side_by_side([part[which] for part in drawn]) for which in ("generator", "critic")}
    return Preset(name=name, **parts)
