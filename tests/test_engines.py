"""Engines and compilers: what they put round a network changes no number, no name and no way to stop."""

import signal
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from nursery import Nursery, Program
from short_training import LAW
from torch import Tensor, nn

from wgan_lib import diagnostics, networks
from wgan_lib.constraints import (
    GradientPenalty,
    LipschitzConstraint,
    Orthonormal,
    SpectralNorm,
    Unconstrained,
    WeightClipping,
)
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, NormalLatent, checkpoints, stream, train

CONSTRAINTS = [Unconstrained(), WeightClipping(0.1), GradientPenalty(1.0), SpectralNorm(), Orthonormal()]
BATCH, STEPS = 16, 3


def pair() -> list[nn.Module]:
    rng = torch.Generator().manual_seed(0)
    return [networks.mlp(2, 8, 2, rng=rng), networks.mlp(2, 8, 8, 1, rng=rng)]


def go(generator: nn.Module, critic: nn.Module, constraint: LipschitzConstraint, **changes: Any) -> Any:
    arguments = {"n_steps": STEPS, "critic_steps": 2, "batch_size": BATCH, "device": "cpu", "optimizer": Adam(1e-3)}
    data, latent = changes.pop("data", LAW), changes.pop("latent", NormalLatent(2))
    return train(data, generator, critic, WASSERSTEIN, constraint, latent=latent, **{**arguments, **changes})


def compiled(network: nn.Module, way: str) -> nn.Module:
    if way == "as a whole":
        return torch.compile(network, backend="eager")  # type: ignore[return-value]
    return nn.Sequential(*[torch.compile(layer, backend="eager") for layer in network])  # type: ignore[arg-type, misc]


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("way", ["as a whole", "layer by layer"])
def test_a_compiled_training_is_the_plain_one_and_each_goes_on_with_the_others_checkpoint(
    way: str, tmp_path: Path
) -> None:
    constraint = SpectralNorm()
    whole = list(go(*pair(), constraint, ema=0.5))
    ours = [compiled(network, way) for network in pair()]
    steps = go(*ours, constraint, ema=0.5, checkpoint_dir=tmp_path)
    taken = [next(steps)]
    steps.close()
    state = checkpoints.load(checkpoints.paths(tmp_path)[0])
    names = [name for part in ("generator", "critic", "average") for name in state[part]]
    assert not [name for name in names if "_orig_mod" in name or "module" in name]
    assert list(state["generator"]) == list(pair()[0].state_dict())
    assert diagnostics.lipschitz_bound(ours[1]) > 0
    assert taken + list(go(*pair(), constraint, ema=0.5, checkpoint_dir=tmp_path, resume=True)) == whole
    if way == "layer by layer":  # its layers are quick to compile again
        first = go(*pair(), constraint, ema=0.5, checkpoint_dir=tmp_path / "other")
        taken = [next(first)]
        first.close()
        ours = [compiled(network, way) for network in pair()]
        assert taken + list(go(*ours, constraint, ema=0.5, checkpoint_dir=tmp_path / "other", resume=True)) == whole


class Union:
    """A law that draws as two ranks do, each its half of the batch from numbers of its own."""

    def __init__(self, law: Any, purpose: str, seed: int = 0) -> None:
        self.law, self.own = law, [stream(seed, purpose, rank) for rank in range(2)]

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        if n == BATCH and len(self.own) == 2 and generator.initial_seed() != stream(0, "probe").initial_seed():
            return torch.cat([self.law.sample(n // 2, own) for own in self.own])
        return self.law.sample(n, generator)


class Halves(LipschitzConstraint):
    """A constraint whose penalty is the mean of the two ranks' penalties."""

    def __init__(self, inner: LipschitzConstraint) -> None:
        self.inner, self.own = inner, [stream(0, "penalty", rank) for rank in range(2)]

    def attach(self, critic: nn.Module) -> None:
        self.inner.attach(critic)

    def penalty(self, critic: nn.Module, real: Tensor, fake: Tensor, rng: Any) -> Tensor:
        halves = zip(real.chunk(2), fake.chunk(2), self.own, strict=True)
        return sum(self.inner.penalty(critic, x, y, own) for x, y, own in halves) / 2  # type: ignore[return-value]

    def project(self, critic: nn.Module) -> None:
        self.inner.project(critic)


RANKS = """
import sys, torch
from pathlib import Path
from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy
from test_engines import CONSTRAINTS, go, pair
from wgan_lib import training
folder = Path(sys.argv[1])
engine = training.ManyDevices.launch(2, "cpu")
"""
TRAIN = """
for constraint in CONSTRAINTS:
    own = folder / type(constraint).__name__
    networks = pair()
    estimates = [step.w1_estimate for step in go(*networks, constraint, device=engine, checkpoint_dir=own)]
    state = [tensor for network in networks for tensor in network.state_dict().values()]
    torch.save([estimates, state], folder / f"{type(constraint).__name__}-{engine.rank}.pt")
"""
ENDLESS = """
import os
(folder / f"pid-{engine.rank}").write_text(str(os.getpid()))
many = {"n_steps": 10**6, "checkpoint_every": 10**6}
for step in go(*pair(), CONSTRAINTS[2], device=engine, checkpoint_dir=folder / "run", **many):
    (folder / f"at-{engine.rank}").write_text(str(step.index))
"""


def two_ranks(code: str, nursery: Nursery, folder: Path) -> list[Program]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2", "NODE_RANK": "0"}
    return [nursery.start(RANKS + code, folder, folder=folder, **place, LOCAL_RANK=str(rank)) for rank in range(2)]


def test_two_processes_train_as_one_does_on_the_union_of_their_batches(nursery: Nursery, tmp_path: Path) -> None:
    for program in two_ranks(TRAIN, nursery, tmp_path):
        assert program.status() == 0, program.said()
    for constraint in CONSTRAINTS:
        name = type(constraint).__name__
        found = [torch.load(tmp_path / f"{name}-{rank}.pt") for rank in range(2)]
        alone = pair()
        laws = {"data": Union(LAW, "data"), "latent": Union(NormalLatent(2), "latent")}
        estimates = [step.w1_estimate for step in go(*alone, Halves(constraint), **laws)]
        for got, state in found:
            assert got == pytest.approx(estimates, abs=1e-6), name
            whole = [tensor for network in alone for tensor in network.state_dict().values()]
            for one, other in zip(state, whole, strict=True):
                torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
        assert sorted(p.name for p in (tmp_path / name).iterdir()) == ["step-00000000.pt", "step-00000003.pt"]
        saved = checkpoints.load(tmp_path / name / "step-00000003.pt")
        assert {purpose: len(states) for purpose, states in saved["rngs"].items()}["data"] == 2
        assert not [key for key in saved["critic"] if "module" in key]


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_to_one_process_ends_all_with_one_checkpoint(
    number: int, rank: int, nursery: Nursery, tmp_path: Path
) -> None:
    programs = two_ranks(ENDLESS, nursery, tmp_path)
    for i, program in enumerate(programs):
        program.until(lambda i=i: (tmp_path / f"at-{i}").exists() and (tmp_path / f"at-{i}").read_text() > "1")
    programs[rank].send(number)
    ended = 1 if number == signal.SIGINT else -number
    assert [program.status() for program in programs] == [ended, ended], [program.said() for program in programs]
    last = [int((tmp_path / f"at-{i}").read_text()) for i in range(2)]
    assert last[0] == last[1]
    names = sorted(path.name for path in (tmp_path / "run").glob("*.pt"))
    assert names == ["step-00000000.pt", f"step-{last[0] + 1:08d}.pt"]
