"""Folders of the command line: killed, signalled, shared, deleted, moved, and what is recorded all the same."""

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nursery import Nursery, Program

from wgan_lib import __main__ as command_line
from wgan_lib import presets, runs
from wgan_lib.training import checkpoints

QUICK = ["--batch-size", "16", "--critic-steps", "1", "--device", "cpu", "--quiet"]
SHORT = ["--steps", "8", "--checkpoint-every", "4", "--record-every", "2"]

KILLED = """
import os, signal, sys
import wgan_lib.__main__ as c
import wgan_lib.training.checkpoints as checkpoints
real, last = checkpoints.save, int(sys.argv[1])
def save(folder, step, state):
    if step == last and sys.argv[2] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    path = real(folder, step, state)
    if step == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return path
checkpoints.save = save
sys.exit(c.main(sys.argv[3:]))
"""


def same(one: Path, other: Path) -> None:
    """Both folders hold the same networks and the same record."""
    states = [checkpoints.load(checkpoints.paths(folder)[0]) for folder in (one, other)]
    assert states[0]["index"] == states[1]["index"]
    for network in ("generator", "critic", "average"):
        for name, tensor in states[0][network].items():
            assert torch.equal(tensor, states[1][network][name])
    first, second = (runs.load(folder / "run.npz") for folder in (one, other))
    for name in set(first.frames) - {"seconds"}:
        np.testing.assert_array_equal(first[name], second[name])


@pytest.fixture(scope="module")
def whole(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    program = nursery.command("train", "clipping-digits", "--out", "a", *SHORT, *QUICK, folder=folder)
    assert program.status() == 0, program.said()
    return folder / "a"


@pytest.mark.parametrize("step", [0, 4, 8])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_a_checkpoint_loses_nothing_of_the_record(
    when: str, step: int, nursery: Nursery, whole: Path, tmp_path: Path
) -> None:
    command = ("train", "clipping-digits", "--out", "a", *SHORT, *QUICK)
    program = nursery.start(KILLED, step, when, *command, folder=tmp_path)
    assert program.status() == -signal.SIGKILL
    resumed = nursery.command("resume", "a", "--quiet", folder=tmp_path)
    assert resumed.status() == 0, resumed.said()
    same(whole, tmp_path / "a")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"])
def test_a_signal_keeps_every_finished_step_and_its_frames(name: str, nursery: Nursery, tmp_path: Path) -> None:
    number = getattr(signal, name)
    often = ["--steps", "100000", "--checkpoint-every", "1", "--record-every", "1"]
    program = nursery.command("train", "sn-ring8", "--out", "run", *often, *QUICK, folder=tmp_path)
    program.until(lambda: list((tmp_path / "run").glob("step-0000000[2-9].pt")))
    assert program.send(number).status() == 128 + number, program.said()
    assert f"go on with: python -m wgan_lib resume {Path('run')}" in program.out()
    state = checkpoints.load(checkpoints.paths(tmp_path / "run")[0])
    assert 2 <= state["index"] < 100000
    index = runs.load(tmp_path / "run" / "run.npz")["index"]
    assert index.tolist() == list(range(state["index"]))
    assert sorted(p.suffix for p in (tmp_path / "run").iterdir()) == [".json", ".jsonl", ".npz", ".pt", ".pt"]


def until_begun(nursery: Nursery, folder: Path, *more: str) -> Program:
    steps = ["--steps", "100000", "--checkpoint-every", "5"]
    program = nursery.command("train", "sn-ring8", "--out", "run", *steps, *more, *QUICK, folder=folder)
    program.until(lambda: list((folder / "run").glob("step-*.pt")))
    return program


def test_the_second_training_in_a_folder_is_refused_and_the_first_goes_on(nursery: Nursery, tmp_path: Path) -> None:
    first = until_begun(nursery, tmp_path)
    settings = (tmp_path / "run" / "settings.json").read_bytes()
    for command in (["train", "sn-ring8", "--seed", "1", "--out", "run", *QUICK], ["resume", "run", "--quiet"]):
        second = nursery.command(*command, folder=tmp_path)
        assert second.status() == 2
        assert "run is in use" in second.said() or "holds a training" in second.said()
        assert "Traceback" not in second.said()
    (tmp_path / "run" / "settings.json").unlink()  # as if the first had not come so far
    third = nursery.command("train", "sn-ring8", "--seed", "1", "--out", "run", *QUICK, folder=tmp_path)
    assert third.status() == 2
    assert not (tmp_path / "run" / "settings.json").exists()
    (tmp_path / "run" / "settings.json").write_bytes(settings)
    assert first.send(signal.SIGTERM).status() == 128 + signal.SIGTERM
    assert checkpoints.load(checkpoints.paths(tmp_path / "run")[0])["settings"]["seed"] == 0


def test_a_folder_deleted_while_it_is_trained_into_ends_the_training(nursery: Nursery, tmp_path: Path) -> None:
    program = until_begun(nursery, tmp_path)
    shutil.rmtree(tmp_path / "run")
    assert program.status() in (1, 2)
    assert "was deleted while it was trained into" in program.said()
    assert "Traceback" not in program.said()
    assert not (tmp_path / "run").exists()


def test_pictures_are_looked_for_in_the_same_place_from_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    roots: list[Any] = []
    real = presets.build
    monkeypatch.setattr(presets, "build", lambda name, seed, root: roots.append(root) or real(name, seed, root))
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    command = ["train", "clipping-digits", "--out", "../run", "--data", "pictures", "--steps", "1", *QUICK]
    assert command_line.main(command) == 0
    monkeypatch.chdir(tmp_path / "there")
    assert command_line.main(["resume", "../run", "--quiet"]) == 0
    assert command_line.main(["evaluate", "../run", "--samples", "20"]) == 0
    assert set(roots) == {str(tmp_path / "here" / "pictures")}
    assert len(roots) >= 3
    monkeypatch.setenv("HOME", str(tmp_path))
    assert (
        command_line.main(["train", "clipping-digits", "--out", "~/home", "--data", "~/d", "--steps", "1", *QUICK]) == 0
    )
    assert roots[-1] == str(tmp_path / "d")
    assert (tmp_path / "home" / "step-00000001.pt").exists()
    assert not (tmp_path / "there" / "~").exists()


def test_a_refused_training_leaves_its_folder_for_the_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    command = ["train", "clipping-digits", "--out", str(folder), "--steps", "1", "--quiet"]
    for odd in (["--batch-size", "9" * 12], ["--device", "cpu:7"], ["--seed", "9" * 30]):
        assert command_line.main([*command, *odd]) == 1
        assert odd[0].removeprefix("--").replace("-", "_") in capsys.readouterr().err
        assert not folder.exists() or os.listdir(folder) == []
    assert command_line.main([*command, *QUICK]) == 0
