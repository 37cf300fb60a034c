"""A training and what is around it: the caller's modes, threads, refusals that leave nothing behind, what is kept."""

import copy
import math
import pickle
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from short_training import LAW, told
from test_training_doors import numbers, pair, small
from torch import nn

from wgan_lib import networks, presets, runs, training
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Orthonormal, SpectralNorm
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, Step, record, train_many

MODES: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "autocast inside no_grad": lambda: _both(torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16)),
    "set_grad_enabled": lambda: torch.set_grad_enabled(False),
}


def _both(*modes: AbstractContextManager[Any]) -> AbstractContextManager[Any]:
    from contextlib import ExitStack

    stack = ExitStack()
    for mode in modes:
        stack.enter_context(mode)
    return stack


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("where", ["around all", "around the steps", "around the call"])
def test_the_callers_modes_stay_outside(mode: str, where: str) -> None:
    plain, ours = pair(), pair()
    whole = list(small(**plain))
    if where == "around all":
        with MODES[mode]():
            steps = list(small(**ours))
    elif where == "around the steps":
        prepared = small(**ours)
        with MODES[mode]():
            steps = list(prepared)
    else:
        with MODES[mode]():
            prepared = small(**ours)
        steps = list(prepared)
    assert steps == whole
    assert numbers(*ours.values()) == numbers(*plain.values())
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_the_callers_own_modes_are_back_between_steps() -> None:
    with torch.no_grad():
        assert [torch.is_grad_enabled() for _ in small()] == [False, False]


@pytest.mark.parametrize("constraint", [SpectralNorm(), Orthonormal(), GradientPenalty(1.0)], ids=repr)
def test_two_threads_under_two_constraints_do_not_disturb_each_other(constraint: LipschitzConstraint) -> None:
    both = (constraint, GradientPenalty(2.0))
    alone = [list(small(constraint=c, n_steps=12)) for c in both]
    found: dict[int, list[Step]] = {}
    start = threading.Barrier(2)

    def work(k: int) -> None:
        steps = small(constraint=both[k], n_steps=12)
        start.wait()
        found[k] = list(steps)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[0], found[1]] == alone


class Refuses(LipschitzConstraint):
    """Attaches a spectral norm, and then refuses."""

    def attach(self, critic: nn.Module) -> None:
        SpectralNorm().attach(critic)
        raise ValueError("critic is not what this constraint wants")


def test_a_refused_call_leaves_networks_and_folder_as_they_were(tmp_path: Path) -> None:
    networks_ = pair()
    networks_["critic"][0].eval()
    before = numbers(*networks_.values()), [m.training for n in networks_.values() for m in n.modules()]
    refused: list[dict[str, Any]] = [
        {"constraint": Refuses()},
        {"constraint": SpectralNorm(), "optimizer": lambda parameters: 3},
        {"constraint": Orthonormal(), "optimizer": lambda parameters: 1 / 0},
        {"constraint": SpectralNorm(), "resume": True},
        {"constraint": SpectralNorm(), "loss": WASSERSTEIN._replace(critic=lambda real, fake: None)},
        {"constraint": SpectralNorm(), "batch_size": 0},
    ]
    for changes in refused:
        folder = tmp_path / "run"
        with pytest.raises((ValueError, TypeError, ArithmeticError, FileNotFoundError)):
            small(**networks_, **changes, checkpoint_dir=folder)
        assert not list(folder.glob("*")) if folder.exists() else True
        states = numbers(*networks_.values()), [m.training for n in networks_.values() for m in n.modules()]
        assert states == before, changes
    assert len(list(small(**networks_, constraint=SpectralNorm(), checkpoint_dir=tmp_path / "run"))) == 2


def test_a_step_and_a_run_can_be_pickled_copied_and_printed() -> None:
    steps = list(small())
    for made in (pickle.loads(pickle.dumps(steps)), copy.deepcopy(steps), [copy.copy(step) for step in steps]):
        assert made == steps
        with pytest.raises(AttributeError, match="copied or pickled: it holds its numbers, and no networks"):
            made[0].generator  # noqa: B018
    assert len(pickle.dumps(steps[0])) < 1000
    assert repr(steps[0]).startswith("Step(index=0, w1_estimate=")
    run = record(small(), every=1, lr=0.5)
    again = pickle.loads(pickle.dumps(run))
    assert dict(again.meta) == dict(run.meta)
    np.testing.assert_array_equal(again["samples"], run["samples"])


@pytest.mark.parametrize(
    ("meta", "kept"),
    [
        ({"lr": np.float32(1e-3)}, float(np.float32(1e-3))),
        ({"lr": np.int64(3)}, 3),
        ({"lr": torch.tensor(2.5)}, 2.5),
        ({"lr": Path("data/faces")}, "data/faces"),
        ({"lr": np.arange(3)}, [0, 1, 2]),
        ({"lr": (1, [np.float64(2), None], {"a": Path("b")})}, [1, [2.0, None], {"a": "b"}]),
        ({"lr": np.bool_(True)}, True),
    ],
    ids=told,
)
def test_what_is_told_about_a_run_comes_out_plain(meta: dict[str, Any], kept: Any, tmp_path: Path) -> None:
    run = record(small(), **meta)
    assert run.meta["lr"] == kept
    assert runs.load(run.save(tmp_path / "a.npz")).meta["lr"] == kept


@pytest.mark.parametrize(
    "value",
    [math.nan, -math.inf, np.float32("nan"), torch.tensor(math.inf), object(), {1: 2}, {2}, 1j, b"x", [math.nan]],
    ids=told,
)
def test_what_no_record_can_hold_is_refused_before_the_first_step(value: Any) -> None:
    steps = small()
    with pytest.raises((ValueError, TypeError), match=r"^lr"):
        record(steps, lr=value)
    assert len(list(steps)) == 2, "nothing was trained"


def test_a_measure_that_gives_something_else_is_named() -> None:
    for given, message in (
        (None, "gave None"),
        (object(), "gave <object"),
        ([[1], [1, 2]], "gave"),
        ("x" * 3, "gave 'xxx'"),
    ):
        with pytest.raises((TypeError, ValueError), match=rf"measures\['size'\] {message}"):
            record(small(), measures={"size": lambda step, given=given: given})
    sizes = iter([np.zeros(2), np.zeros(3)])
    with pytest.raises(ValueError, match=r"measures\['size'\] gave shape \(3,\), before \(2,\)"):
        record(small(), every=1, measures={"size": lambda step: next(sizes)})


def test_a_generator_of_numbers_is_no_seed() -> None:
    with pytest.raises(TypeError, match=r"rng is 0: it must be a torch\.Generator"):
        networks.mlp(2, 4, 1, rng=0)  # type: ignore[arg-type]
    for call in (networks.dcgan_critic, networks.dcgan_generator):
        with pytest.raises(TypeError, match="rng is 0"):
            call(28, 1, rng=0)  # type: ignore[arg-type]


def make(out: int) -> Callable[[torch.Generator], nn.Module]:
    return lambda rng: networks.mlp(2, 4, out, rng=rng)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"make_generator": None}, "make_generator is None: it must be a function of a torch.Generator"),
        ({"make_critic": networks.mlp(2, 4, 1)}, "(?s)make_critic is .*: it must be a function"),
        ({"make_critic": lambda: networks.mlp(2, 4, 1)}, "make_critic failed: "),
        ({"make_generator": lambda rng: 3}, "make_generator made 3: it must make a torch.nn.Module"),
        ({"constraints": [3]}, "constraint is 3"),
        ({"constraints": "x"}, "constraint"),
        ({"constraints": None}, "constraint"),
        ({"seeds": None}, "seed is None"),
        ({"seeds": "12"}, "seed is '12'"),
        ({"seeds": [0.5]}, "seed is 0.5"),
        ({"constraints": torch.tensor(3)}, "constraint is tensor"),
        ({"seeds": torch.tensor(2.5)}, "seed is tensor|seed is 2.5"),
        ({"seeds": [-1]}, "seed is -1"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"checkpoint_dir": 3}, "checkpoint_dir is 3"),
        ({"seed": 3}, "seed is 3: train_many takes a list of them, seeds"),
    ],
    ids=told,
)
def test_what_train_many_cannot_take_is_named(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "data": LAW, "make_generator": make(2), "make_critic": make(1), "loss": WASSERSTEIN, "seeds": [0, 1],
        "constraints": [GradientPenalty(1.0)], "n_steps": 1, "batch_size": 4, "device": "cpu", **changes,
    }  # fmt: skip
    with pytest.raises((TypeError, ValueError), match=message):
        train_many(**arguments)


def test_a_preset_names_what_it_cannot_take(tmp_path: Path) -> None:
    for arguments, message in (
        ({"name": 3}, "no preset is named '3'"),
        ({"name": None}, "no preset is named 'None'"),
        ({"name": "sn-ring8", "seed": "x"}, "seed is 'x'"),
        ({"name": "sn-ring8", "seed": []}, r"seed is \[\]"),
        ({"name": "sn-ring8", "root": 3}, "root is 3"),
        ({"name": "sn-ring8", "root": "a\0b"}, "is no path"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            presets.build(**arguments)  # type: ignore[arg-type]
    preset = presets.build("sn-ring8")
    for changes, message in (
        ({"n_step": 3}, "n_step"),
        ({"optimizer": Adam}, "optimizer is Adam"),
        ({"ema": "x"}, "ema is 'x'"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            preset.train(**changes)
    assert training.begun(tmp_path) is False
