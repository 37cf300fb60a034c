"""Checkpoints: an interrupted run ends where the whole one does, to the bit, and a damaged file is never trusted."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from short_training import N, go
from torch import Tensor

from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Orthonormal, SpectralNorm, WeightClipping
from wgan_lib.files import DamagedFileError
from wgan_lib.losses import HINGE
from wgan_lib.training import Adam, RMSProp, Step, checkpoints


def everything(step: Step) -> Tensor:
    modules = (step.generator, step.critic)
    return torch.cat([t.flatten().double() for module in modules for t in module.state_dict().values()])


def stop_after(steps: Iterator[Step], n: int) -> list[Step]:
    taken = [next(steps) for _ in range(n)]
    steps.close()  # type: ignore[attr-defined]
    return taken


@pytest.mark.parametrize(
    ("constraint", "optimizer"),
    [
        (GradientPenalty(1.0), Adam(1e-2, (0.5, 0.9))),
        (WeightClipping(0.1), RMSProp(1e-3)),
        (SpectralNorm(), Adam(1e-2)),
        (Orthonormal(), Adam(1e-2)),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("stop", [1, 4])
def test_a_resumed_run_ends_bit_identical(
    tmp_path: Path, constraint: LipschitzConstraint, optimizer: Adam, stop: int
) -> None:
    options = {"constraint": constraint, "optimizer": optimizer, "loss": HINGE, "linear_decay": True}
    whole = list(go(**options))
    first = stop_after(go(tmp_path, **options), stop)
    rest = list(go(tmp_path, init=99, resume=True, **options))  # from other weights: all must come from the file
    assert first + rest == whole
    assert torch.equal(everything(rest[-1]), everything(whole[-1]))
    assert list(go(tmp_path, init=98, resume=True, **options)) == []


def test_the_last_two_are_kept_and_no_scraps(tmp_path: Path) -> None:
    seen = []
    for _ in go(tmp_path, checkpoint_every=2):
        seen.append([path.name for path in checkpoints.paths(tmp_path)])
    assert seen[0] == ["step-00000000.pt"]
    assert seen[2] == ["step-00000002.pt", "step-00000000.pt"]
    assert seen[6] == ["step-00000006.pt", "step-00000004.pt"]
    assert sorted(os.listdir(tmp_path)) == ["step-00000006.pt", "step-00000007.pt"]


def damage(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "truncated":
        content = content[: len(content) // 2]
    elif how == "bit flipped":
        content[len(content) // 3] ^= 16
    elif how == "foreign":
        torch.save({"generator": {}}, path)
        return
    else:
        content = bytearray()
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["truncated", "bit flipped", "foreign", "empty"])
def test_a_damaged_checkpoint_is_refused_and_the_one_before_it_used(tmp_path: Path, how: str) -> None:
    whole = list(go())
    stop_after(go(tmp_path), 5)
    last, before = checkpoints.paths(tmp_path)
    damage(last, how)
    with pytest.raises(DamagedFileError, match=rf"{last.name} was refused: .*; restore it from a copy, or delete it"):
        checkpoints.load(last)
    with pytest.warns(UserWarning, match=rf"{last.name} was refused.*Going on from the one before it, .*{before.name}"):
        rest = go(tmp_path, init=9, resume=True)
    rest = list(rest)
    assert rest == whole[4:]
    damage(checkpoints.paths(tmp_path)[0], how)
    damage(checkpoints.paths(tmp_path)[1], how)
    with pytest.raises(DamagedFileError, match=r"no checkpoint is whole: .*step-00000007.*step-00000006"):
        go(tmp_path, resume=True)


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def test_a_checkpoint_is_never_unpickled(tmp_path: Path) -> None:
    path = checkpoints.save(tmp_path, 3, {"trap": Trap(tmp_path / "unpickled")})  # the seal itself is right
    with pytest.raises(DamagedFileError, match=r"step-00000003\.pt holds something else than weights"):
        checkpoints.load(path)
    assert not (tmp_path / "unpickled").exists()


def test_other_programs_can_open_a_checkpoint(tmp_path: Path) -> None:
    path = checkpoints.save(tmp_path, 3, {"index": 3, "weights": torch.arange(3), "settings": {"seed": 1}})
    assert torch.load(path, weights_only=True)["index"] == 3
    assert checkpoints.load(path)["settings"] == {"seed": 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 8}, "batch_size was 16, now 8"),
        ({"seed": 1}, "seed was 0, now 1"),
        ({"constraint": GradientPenalty(2.0)}, r"constraint was .GradientPenalty\(weight=1.0.*weight=2.0"),
        ({"loss": HINGE}, "loss was 'WASSERSTEIN', now 'HINGE'"),
        ({"optimizer": Adam(1e-2)}, "optimizer was "),
        ({"n_steps": 2}, "n_steps is 2: .* is already 3 steps on"),
    ],
    ids=["batch_size", "seed", "constraint", "loss", "optimizer", "n_steps"],
)
def test_another_runs_checkpoint_is_refused(tmp_path: Path, changes: dict, message: str) -> None:
    stop_after(go(tmp_path), 3)
    with pytest.raises(ValueError, match=message):
        go(tmp_path, resume=True, **changes)


def test_other_networks_are_refused(tmp_path: Path) -> None:
    stop_after(go(tmp_path), 3)
    state = checkpoints.load(checkpoints.paths(tmp_path)[0])
    state["critic"].pop(next(iter(state["critic"])))
    checkpoints.save(tmp_path, 4, state)
    with pytest.raises(ValueError, match="other networks"):
        go(tmp_path, resume=True)


def test_more_steps_may_follow_unless_the_rate_decays(tmp_path: Path) -> None:
    assert stop_after(go(tmp_path), N) + list(go(tmp_path, resume=True, n_steps=N + 2)) == list(go(n_steps=N + 2))
    stop_after(go(tmp_path / "decaying", linear_decay=True), 3)
    with pytest.raises(ValueError, match="n_steps was 7, now 9"):
        go(tmp_path / "decaying", resume=True, linear_decay=True, n_steps=9)


def test_folders_are_not_mixed_up(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no checkpoint"):
        go(tmp_path / "nothing", resume=True)
    stop_after(go(tmp_path), 1)
    with pytest.raises(FileExistsError, match=r"step-00000001\.pt: pass resume=True, or another folder"):
        go(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"Not a directory: .*file"):
        next(go(tmp_path / "file" / "folder"))


def test_another_number_of_threads_is_told(tmp_path: Path) -> None:
    stop_after(go(tmp_path), 2)
    path = checkpoints.paths(tmp_path)[0]
    state = checkpoints.load(path)
    state["settings"]["threads"] = 64
    checkpoints.save(tmp_path, 2, state)
    with pytest.warns(UserWarning, match=r"perhaps not bit-identically: threads was 64, now \d"):
        go(tmp_path, resume=True)


def test_a_disk_that_fills_up_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, seen, real = list(go()), [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: full() if len(seen) == 4 else real(fd))

    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match=r"step-00000004.pt \(No space left on device\)"):  # noqa: PT012
        for step in go(tmp_path):
            seen.append(step)
    assert seen == whole[:4]
    assert sorted(os.listdir(tmp_path)) == ["step-00000000.pt", "step-00000002.pt"]
    monkeypatch.setattr(os, "fsync", real)
    assert list(go(tmp_path, resume=True)) == whole[2:]


DIE_WHILE_WRITING = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from short_training import go
writes, real = [], os.fsync
def fsync(fd):
    writes.append(fd)
    if len(writes) == 5:  # two per checkpoint, one for the file and one for the folder: the third file
        os.kill(os.getpid(), signal.SIGKILL)
    real(fd)
os.fsync = fsync
list(go(Path(sys.argv[2])))
"""


@pytest.mark.slow
def test_killed_while_a_checkpoint_is_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DIE_WHILE_WRITING, str(Path(__file__).parent), str(tmp_path)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    names = sorted(set(os.listdir(tmp_path)) - {".in-use"})  # the lock of a killed process is nobody's
    assert names[0].startswith(".step-00000004.pt")  # half-written, beside
    assert names[1:] == ["step-00000000.pt", "step-00000002.pt"]
    assert list(go(tmp_path, init=5, resume=True)) == list(go())[2:]
    assert sorted(os.listdir(tmp_path)) == ["step-00000006.pt", "step-00000007.pt"]


@pytest.mark.slow
def test_random_kills_change_no_bit(tmp_path: Path) -> None:
    script = Path(__file__).parent.parent / "experiments" / "kill_and_resume.py"
    command = [sys.executable, str(script), "--kills", "2", "--steps", "60", "--folder", str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "2 of 2 kills" in answer.stdout
    assert "bit-identical" in answer.stdout
