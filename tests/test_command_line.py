"""The command line: what a person types, what it answers, and with which exit status."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from wgan_lib import __main__ as command_line
from wgan_lib import runs
from wgan_lib.training import checkpoints

QUICK = ["--batch-size", "16", "--critic-steps", "1", "--device", "cpu", "--quiet"]


@pytest.fixture(autouse=True)
def _same_threads_afterwards() -> None:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "run"
    options = ["--steps", "6", "--checkpoint-every", "4", "--record-every", "2"]
    assert command_line.main(["train", "sn-ring8", "--out", str(folder), *options, *QUICK]) == 0
    said = capsys.readouterr().out
    assert "sn-ring8: 6 steps" in said
    assert f"python -m wgan_lib evaluate {folder}" in said
    return folder


def test_train_writes_settings_checkpoints_and_a_run(trained: Path) -> None:
    kept = ["run.npz", "settings.json", "stats.jsonl", "step-00000004.pt", "step-00000006.pt"]
    assert sorted(os.listdir(trained)) == kept
    run = runs.load(trained / "run.npz")
    assert run["index"].tolist() == [0, 1, 3, 5]
    assert run["samples"].shape == (4, 512, 2)
    assert (run.meta["preset"], run.meta["n_steps"], run.meta["batch_size"]) == ("sn-ring8", 6, 16)


def test_resume_rebuilds_everything_and_joins_the_record(trained: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in ("settings.json", "run.npz", "step-00000004.pt"):  # as a kill between steps 4 and 6 leaves it
        (cut / name).write_bytes((trained / name).read_bytes())
    assert command_line.main(["resume", str(cut), "--quiet"]) == 0
    whole, again = (checkpoints.load(folder / "step-00000006.pt") for folder in (trained, cut))
    for network in ("generator", "critic", "average"):
        for name, tensor in whole[network].items():
            assert torch.equal(tensor, again[network][name]), name
    first, second = (runs.load(folder / "run.npz") for folder in (trained, cut))
    for name in set(first.frames) - {"seconds"}:
        np.testing.assert_array_equal(first[name], second[name])


def test_a_finished_training_and_one_that_never_began(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in trained.iterdir()}
    assert command_line.main(["resume", str(trained), "--quiet"]) == 0
    assert "nothing is left to train" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in trained.iterdir()} == before
    for path in trained.glob("*.*t*"):
        if path.name != "settings.json":
            path.unlink()
    (trained / "run.npz").unlink(missing_ok=True)
    assert command_line.main(["resume", str(trained), "--quiet"]) == 0
    assert (trained / "step-00000006.pt").read_bytes()
    assert len(runs.load(trained / "run.npz")) == 4


def test_evaluate_prints_each_score_beside_the_laws_own(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert command_line.main(["evaluate", str(trained), "--samples", "200"]) == 0
    said = capsys.readouterr().out
    for row in ("modes", "high quality", "reverse KL, nats", "W1 to held-out", "W1 that the critic certifies"):
        assert row in said
    report = json.loads((trained / "evaluation.json").read_text())
    assert report["high quality, of the law itself"] == pytest.approx(0.9889, abs=1e-4)
    assert 0 < report["W1 that the critic certifies"] < 1.2 * report["W1 to held-out"]
    assert {"commit", "torch", "steps", "seed"} <= set(report)
    assert command_line.main(["evaluate", str(trained), "--samples", "200"]) == 0
    assert json.loads((trained / "evaluation.json").read_text()) == report


def test_presets_and_runs_are_listed(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["presets"]) == 0
    said = capsys.readouterr().out
    assert "wgan-gp-grid25" in said
    assert "GradientPenalty(weight=1.0" in said
    assert "source: Gulrajani 2017" in said
    assert command_line.main(["runs"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{len(runs.load(name))} frames" in listed for name in runs.names())
    assert command_line.main(["runs", str(trained / "run.npz")]) == 0
    assert '"preset": "sn-ring8"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["train", "wgan-gp-ring9"], 2, "the nearest are wgan-gp-ring8"),
        (["resume", "{}/nothing"], 2, "holds no settings.json"),
        (["evaluate", "{}/nothing"], 2, "holds no settings.json"),
        (["runs", "no-such-run"], 2, "no recorded run is named 'no-such-run'"),
        (["runs", "{}/none.npz"], 2, "none.npz"),
        (["train", "sn-ring8", "--out", "{}/a", "--seed", "-1"], 1, "seed is -1"),
        (["train", "sn-ring8", "--out", "{}/a", "--device", "tpu"], 1, "device is 'tpu'"),
        (["train", "sn-ring8", "--out", "{}/file/a"], 2, "Not a directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_answered(
    arguments: list[str], status: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert command_line.main([argument.format(tmp_path) for argument in arguments]) == status
    said = capsys.readouterr()
    assert message in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "a").exists()  # nothing is left behind that would bar the next try


@pytest.mark.parametrize("arguments", [[], ["fly"], ["train"], ["train", "sn-ring8", "--steps", "0"], ["resume"]])
def test_wrong_usage_is_refused_by_the_parser(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m wgan_lib" in capsys.readouterr().err


def test_damaged_folders_are_answered(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["train", "sn-ring8", "--out", str(trained), *QUICK]) == 2
    assert "--out names another" in capsys.readouterr().err
    for path in checkpoints.paths(trained):
        path.write_bytes(path.read_bytes()[:-1])
    for command in ("resume", "evaluate"):
        assert command_line.main([command, str(trained)]) == 1
        assert "no checkpoint is whole" in capsys.readouterr().err
    (trained / "settings.json").write_text("{")
    assert command_line.main(["resume", str(trained)]) == 1
    assert "settings.json is damaged" in capsys.readouterr().err


def test_a_loss_that_blows_up_ends_with_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from wgan_lib import presets

    original = presets.build
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presets, "build", lambda *chosen: _exploding(original(*chosen)))
        assert command_line.main(["train", "gan-ring8", "--out", str(tmp_path / "a"), "--steps", "50", *QUICK]) == 1
    said = capsys.readouterr().err
    assert "in step" in said
    assert "last checkpoint: " in said
    assert len(runs.load(tmp_path / "a" / "run.npz")) >= 1  # what was recorded before is kept


def _exploding(preset: object) -> object:
    import dataclasses

    from wgan_lib.training import Adam

    return dataclasses.replace(preset, optimizer=Adam(1e6), generator_optimizer=Adam(1e6))  # type: ignore[type-var]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopping_a_training_keeps_every_finished_step(tmp_path: Path, number: int, status: int) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "wgan_lib", "train", "sn-ring8", "--out", str(folder), "--steps", "100000"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        while not list(folder.glob("step-*.pt")):
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(0.5)
        process.send_signal(number)
        said, bar = process.communicate(timeout=60)
    assert process.returncode == status
    assert f"go on with: python -m wgan_lib resume {folder}" in said.decode()
    assert "W1 ≈" in bar.decode()
    assert "step/s" in bar.decode()
    state = checkpoints.load(checkpoints.paths(folder)[0])
    assert 0 < state["index"] < 100000
    assert runs.load(folder / "run.npz")["index"][-1] <= state["index"] - 1


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert all(command in said for command in ("train", "resume", "evaluate", "presets", "runs"))
