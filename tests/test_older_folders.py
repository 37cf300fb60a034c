"""Folders that an earlier commit wrote (8789cbd, before the rooms): they go on bit by bit as they would have then."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from wgan_lib import images, networks, sampling, training
from wgan_lib.constraints import GradientPenalty, SpectralNorm, WeightClipping
from wgan_lib.losses import NON_SATURATING, WASSERSTEIN

OLDER = Path(__file__).parent / "older"


def plain() -> dict[str, Any]:
    rng = torch.Generator().manual_seed(0)
    return {
        "data": sampling.ring(8),
        "generator": networks.mlp(2, 8, 2, rng=rng),
        "critic": networks.mlp(2, 8, 1, rng=rng),
        "loss": WASSERSTEIN,
        "constraint": GradientPenalty(1.0),
        "n_steps": 6,
        "batch_size": 16,
        "optimizer": training.Adam(1e-3),
        "checkpoint_every": 3,
        "device": "cpu",
    }


def ema() -> dict[str, Any]:
    return plain() | {"ema": 0.9, "linear_decay": True, "loss": NON_SATURATING, "constraint": WeightClipping(0.1)}


def sn() -> dict[str, Any]:
    return plain() | {"constraint": SpectralNorm()}


def digits() -> dict[str, Any]:
    rng = torch.Generator().manual_seed(0)
    generator = nn.Sequential(networks.mlp(4, 8, 64, rng=rng), nn.Tanh(), nn.Unflatten(-1, (1, 8, 8)))
    critic = nn.Sequential(nn.Flatten(-3), networks.mlp(64, 8, 1, rng=rng))
    return plain() | {"data": images.digits(), "generator": generator, "critic": critic}


ENDS = {
    plain: ("1d973c6b4c89082a117d1f4137245d2dfc780abf3065979e5fe9ac2383a7e232", 0.047410786151885986),
    ema: ("51bc55ebf07e4284c146690f44edea73c30d9c919c11cc5ea6894429732a889b", 0.0017069652676582336),
    sn: ("7006823b1950022663ea365b78bc45857bc6ee0ca28cd6b9c32df04cc991ba1d", 0.062113285064697266),
    digits: ("1b5d4512768ac82eeb4039cf51053586acf2d65e92a6e6f97ab250a5c05f5fef", 0.5906012654304504),
}
"""How each ended when the earlier commit trained it to the end by itself, one thread: weights' hash, last estimate.

The hash is that of one kind of processor; on another the last digits differ.
"""


def end(arguments: dict[str, Any], **more: Any) -> tuple[torch.Tensor, str, float]:
    """All numbers of both networks, their hash, and the last W1 estimate."""
    torch.set_num_threads(1)
    *_, last = training.train(**arguments, **more)
    states = [arguments[name].state_dict() for name in ("generator", "critic")]
    values = [value.detach() for state in states for value in state.values()]
    digest = hashlib.sha256(b"".join(value.numpy().tobytes() for value in values)).hexdigest()
    return torch.cat([value.double().flatten() for value in values]), digest, last.w1_estimate


@pytest.mark.parametrize("make", ENDS, ids=lambda make: make.__name__)
def test_an_older_folder_goes_on_to_the_same_numbers(make: Callable[[], dict[str, Any]], tmp_path: Path) -> None:
    digest, estimate = ENDS[make]
    alone = end(make())
    folder = Path(shutil.copytree(OLDER / make.__name__, tmp_path / make.__name__))
    resumed = end(make(), checkpoint_dir=folder, resume=True)
    torch.testing.assert_close(resumed[0], alone[0], rtol=1e-4, atol=1e-5)
    assert (alone[2], resumed[2]) == pytest.approx((estimate, estimate), rel=1e-3)
    if alone[1] == digest:  # a processor like the one that wrote the folders
        assert resumed[1] == digest
