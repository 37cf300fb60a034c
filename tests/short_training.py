"""A training of a second whose networks, constraint and average all carry state, for tests of how it stops."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from wgan_lib import networks, sampling
from wgan_lib.constraints import GradientPenalty
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, Step, train

LAW = sampling.ring(8)
N = 7


def told(value: object) -> str:
    """A short name of a value for a test, the same in every process: no addresses."""
    return re.sub(r" at 0x\w+", "", str(value))[:40]


class Acting:
    """A law whose draws are the ring's, and at whose draws something may happen: ``act`` is told how many there were.

    What it does is no part of what tells one training from another: slots are not looked into.
    """

    __slots__ = ("act", "drawn")

    def __init__(self, act: Callable[[int], object] = lambda drawn: None) -> None:
        self.act, self.drawn = act, 0

    def __repr__(self) -> str:
        return "Acting()"

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        self.drawn += 1
        self.act(self.drawn)
        return LAW.sample(n, generator)


def go(folder: Path | None = None, *, init: int = 0, data: object = LAW, **changes: object) -> Iterator[Step]:
    """Prepare it; each training step draws twice from the data, and so does the trial at the door once."""
    rng = torch.Generator().manual_seed(init)
    generator = networks.mlp(2, 16, 2, norm=nn.BatchNorm1d, rng=rng)
    critic = networks.mlp(2, 16, 16, 1, activation=networks.GroupSort, rng=rng)
    arguments = {
        "loss": WASSERSTEIN, "constraint": GradientPenalty(1.0), "optimizer": Adam(1e-2, (0.5, 0.9)), "ema": 0.9,
        "n_steps": N, "critic_steps": 2, "batch_size": 16, "device": "cpu",
        "checkpoint_dir": folder, "checkpoint_every": 2, **changes,
    }  # fmt: skip
    return train(data, generator, critic, **arguments)  # type: ignore[arg-type]
