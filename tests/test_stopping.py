"""However a caller stops, there is a checkpoint of the last finished step, and the run goes on from it bit by bit."""

import errno
import os
import resource
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from nursery import Nursery
from short_training import Acting, go

from wgan_lib import training
from wgan_lib.files import FolderInUseError
from wgan_lib.training import checkpoints, loop

HEAD = """
import signal, sys, threading
from pathlib import Path
from short_training import Acting, go
from wgan_lib.training import record
folder = Path(sys.argv[1])
steps = go(folder, n_steps=9)
"""
LOOP = "for step in steps:\n    if step.index == 4: "

WAYS = {
    "break": (f"{LOOP}break", 0),
    "break in a function": (f"def f(steps):\n    {LOOP.replace('    ', '        ')}break\nf(steps); del steps", 0),
    "next": ("for _ in range(5): next(steps)", 0),
    "kept in a circle": (f"held = [steps]; held += [held]; del steps\n{LOOP.replace('steps', 'held[0]')}break", 0),
    "an exception": (f"{LOOP}1 / 0", 1),
    "an exception that is caught": (
        f"try:\n    {LOOP.replace('    ', '        ')}1 / 0\nexcept ArithmeticError: pass",
        0,
    ),
    "sys.exit": (f"{LOOP}sys.exit(3)", 3),
    "a measure that fails": ("record(steps, every=5, measures={'a': lambda step: 1 if step.index < 4 else 1 / 0})", 1),
    "a thread": (
        "def work():\n    for _ in range(5): next(steps)\nt = threading.Thread(target=work); t.start(); t.join()",
        0,
    ),
    "another one open": (f"other = go(folder / 'other', n_steps=9); next(other)\n{LOOP}sys.exit(5)", 5),
}
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"):
    ended = 1 if name == "SIGINT" else -getattr(signal, name)  # Ctrl-C is an exception that nobody catches
    sent = f"signal.raise_signal(signal.{name})"
    WAYS[f"{name} in the caller's own body"] = (f"{LOOP}{sent}", ended)
    if name in ("SIGINT", "SIGTERM"):
        WAYS[f"{name} between two calls of next"] = (f"for _ in range(5): next(steps)\n{sent}", ended)
        # A trial, two draws in each of four steps, and the first of the fifth.
        amid = f"data = Acting(lambda drawn: {sent} if drawn == 10 else None)"
        WAYS[f"{name} in the middle of a step"] = (
            f"{amid}\nfor step in go(folder / 'amid', n_steps=9, data=data): pass",
            ended,
        )


@pytest.fixture(scope="module")
def after_five(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The state of a training that nobody interrupts, after five steps."""
    folder = tmp_path_factory.mktemp("whole")
    for step in go(folder, n_steps=9, checkpoint_every=1):
        if step.index == 5:  # by now the checkpoint after five is on the disk
            break
    return checkpoints.load(folder / "step-00000005.pt")


def flat(state: Any) -> list[Any]:
    if isinstance(state, dict):
        return [item for key in state if key not in ("seconds", "settings") for item in flat(state[key])]
    if isinstance(state, list | tuple):
        return [item for held in state for item in flat(held)]
    return [state.tolist() if isinstance(state, torch.Tensor) else state]


@pytest.mark.parametrize("way", WAYS)
def test_a_checkpoint_of_the_last_finished_step_is_left(
    way: str, nursery: Nursery, after_five: dict[str, Any], tmp_path: Path
) -> None:
    code, status = WAYS[way]
    program = nursery.start(HEAD + code, tmp_path, folder=tmp_path)
    assert program.status() == status, program.said()
    assert "Exception ignored" not in program.said()
    last = checkpoints.paths(tmp_path / "amid" if "middle" in way else tmp_path)[0]
    assert last.name == "step-00000005.pt", program.said()
    assert flat(checkpoints.load(last)) == flat(after_five)
    if (tmp_path / "other").exists():
        assert checkpoints.paths(tmp_path / "other")[0].name == "step-00000001.pt"


def test_a_step_too_long_for_a_scheduler_is_left_between_critic_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = list(go(critic_steps=9, data=Acting(), n_steps=3))
    monkeypatch.setattr(loop, "PATIENCE", 0.0)
    law, got = Acting(lambda drawn: signal.raise_signal(signal.SIGTERM) if drawn == 14 else None), []
    with pytest.raises(training.Stopped, match="SIGTERM"), training.raised():  # the trial, a step, four of the next
        got.extend(go(tmp_path, critic_steps=9, data=law, n_steps=3, checkpoint_every=1))
    saved = checkpoints.load(checkpoints.paths(tmp_path)[0])
    assert (saved["index"], saved["critic_steps"]) == (1, 4)
    assert got + list(go(tmp_path, init=3, resume=True, critic_steps=9, data=Acting(), n_steps=3)) == whole


def test_a_signal_that_somebody_handles_is_handed_to_them_after_the_step(tmp_path: Path) -> None:
    heard: list[int] = []
    law = Acting(lambda drawn: signal.raise_signal(signal.SIGUSR1) if drawn == 4 else None)
    before = signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    try:
        counts = [(step.index, len(heard)) for step in go(tmp_path, data=law)]
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [signal.SIGUSR1]
    assert counts == [(i, int(i > 1)) for i in range(7)]  # heard when the caller asks for the step after


def test_signals_are_given_back_when_the_last_training_that_saves_ends(tmp_path: Path) -> None:
    training.stopping._close_all()  # whatever an earlier test has left open
    elsewhere = go()  # somebody's who is in the middle of it, and who has nothing to save
    next(elsewhere)
    before = {number: signal.getsignal(number) for number in training.stopping.SIGNALS}
    one, two = go(tmp_path / "1"), go(tmp_path / "2")
    next(one), next(two)
    during = {number: signal.getsignal(number) for number in before}
    assert {n for n in before if during[n] != before[n]} == {n for n in before if before[n] is signal.SIG_DFL}
    one.close()  # type: ignore[attr-defined]
    assert {number: signal.getsignal(number) for number in before} == during
    two.close()  # type: ignore[attr-defined]
    assert {number: signal.getsignal(number) for number in before} == before
    next(elsewhere)


FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
"""


def test_a_disk_that_is_full_at_the_end_is_told_and_keeps_the_last_checkpoint(nursery: Nursery, tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    code = "next(steps)\n" + FULL.format(limit=8000) + "for step in steps: pass"
    program = nursery.start(
        HEAD.replace("n_steps=9", "n_steps=9, checkpoint_every=100") + code, tmp_path, folder=tmp_path
    )
    assert program.status() == 1
    assert "could not write" in program.said()
    assert f"step-00000009.pt ({os.strerror(errno.EFBIG)})" in program.said()
    assert sorted(os.listdir(tmp_path)) == ["step-00000000.pt"]


def test_a_signal_on_a_full_disk_ends_the_process_all_the_same(nursery: Nursery, tmp_path: Path) -> None:
    code = "next(steps)\n" + FULL.format(limit=8000) + "signal.raise_signal(signal.SIGTERM)"
    program = nursery.start(HEAD + code, tmp_path, folder=tmp_path)
    assert program.status() == -signal.SIGTERM, program.said()
    assert sorted(os.listdir(tmp_path)) == [".in-use", "step-00000000.pt"]


@pytest.mark.parametrize("again", [False, True], ids=["deleted", "deleted and made anew"])
def test_a_folder_that_was_deleted_is_told_and_not_made_again(again: bool, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    steps = go(folder, checkpoint_every=3)
    next(steps)
    shutil.rmtree(folder)
    if again:
        (tmp_path / "other").mkdir()  # takes the number that the file system has free
        folder.mkdir()
    with pytest.raises(FileNotFoundError, match=r"run was deleted while it was trained into: step \d is lost"):
        list(steps)
    assert os.listdir(folder) == [] if again else not folder.exists()


def test_a_folder_belongs_to_one_training(nursery: Nursery, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    first = go(folder)  # from the call on, not only from the first step
    with pytest.raises(FolderInUseError, match="run is in use by another training"):
        go(folder)
    next(first)
    for resume in (False, True):
        with pytest.raises((FolderInUseError, FileExistsError)):
            go(folder, resume=resume)
        other = nursery.start(f"{HEAD[: HEAD.index('steps')]}go(folder, resume={resume})", folder, folder=tmp_path)
        assert other.status() == 1
        assert ("FolderInUseError" if resume else "already holds") in other.said()
    assert len(list(first)) == 6
    assert list(go(folder, resume=True)) == []


def test_a_folder_given_back_unused_or_after_a_refusal_is_free(tmp_path: Path) -> None:
    refused = go(tmp_path / "a")
    del refused  # never begun
    assert len(list(go(tmp_path / "a"))) == 7
    with pytest.raises(ValueError, match="another run"):
        go(tmp_path / "a", resume=True, batch_size=8)
    assert list(go(tmp_path / "a", resume=True)) == []
