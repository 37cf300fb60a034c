"""The script for a GPU, rehearsed on a processor: every piece in small, each recorded, none done twice."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from chapter_code import ROOT

from wgan_lib import presets, runs

sys.path.insert(0, str(ROOT / "experiments"))
import gpu_pictures
import on_gpu


def rehearse(out: Path, *more: str) -> str:
    command = [sys.executable, "experiments/on_gpu.py", "--rehearse", "--device", "cpu", "--out", str(out), *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_piece_is_rehearsed_and_recorded(tmp_path: Path) -> None:
    rehearse(tmp_path, "--pieces", "mnist")
    found = runs.load(tmp_path / "on-gpu-mnist.npz")
    assert all(np.isfinite(found.fixed[f"{name}/frechet"]).all() for name in on_gpu.MNIST)
    assert found.meta["rehearsal"]


@pytest.mark.soak  # minutes on a busy machine: seven ways to compute for three presets, and two ResNets
def test_every_piece_is_rehearsed_recorded_and_not_done_twice(tmp_path: Path) -> None:
    rehearse(tmp_path)
    found = {piece: runs.load(tmp_path / f"on-gpu-{piece}.npz") for piece in on_gpu.PIECES}
    for name in on_gpu.SPEED:
        for way in on_gpu.WAYS:
            assert (found["speed"].fixed[f"{name}/{way}"] > 0).all()
    trained = [
        (piece, name) for piece, names in (("resnets", on_gpu.RESNETS), ("mnist", on_gpu.MNIST)) for name in names
    ]
    for piece, name in trained:
        fixed = found[piece].fixed
        assert np.isfinite(fixed[f"{name}/frechet"]).all()
        assert fixed[f"{name}/samples"].dtype == np.uint8
        assert len(fixed[f"{name}/samples"]) == len(fixed[f"{name}/index"])
    assert found["devices"].fixed["devices/passed"]
    assert all(run.meta["rehearsal"] for run in found.values())
    said = rehearse(tmp_path)
    assert "recorded" not in said
    assert "Fréchet" not in said


def test_the_script_names_presets_that_there_are() -> None:
    assert {*on_gpu.SPEED, *on_gpu.RESNETS, *on_gpu.MNIST} <= {*presets.names()}


def test_class_folders_become_labelled_pictures(tmp_path: Path) -> None:
    from PIL import Image

    for label, shade in (("cat", 10), ("dog", 200)):
        (tmp_path / "all" / label).mkdir(parents=True)
        for i in range(12):
            Image.new("RGB", (8, 8), (shade, i, 0)).save(tmp_path / "all" / label / f"{i:02}.png")
    data = gpu_pictures.pictures(tmp_path / "all", 4)
    assert data.pixels.shape == (20, 3, 4, 4)
    assert data.held_out is not None
    assert [len(data), len(data.held_out)] == [20, 4]
    for part in (data, data.held_out):
        assert part.labels is not None
        assert [int(shade > 100) for shade in part.pixels[:, 0, 0, 0]] == part.labels.tolist()
    with pytest.raises(ValueError, match="in 1 subfolders"):
        gpu_pictures.pictures(tmp_path / "all" / "cat", 4)
