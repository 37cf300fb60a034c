"""Data as large as people have them, measured on this machine: `make soak` runs it, and no other command."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.soak

PICTURES, ROWS = 100_000, 1_000_000
OPEN = """
import resource, sys, time
import torch
begun = time.perf_counter()
from wgan_lib import images
data = images.folder(sys.argv[1], 32, cache=sys.argv[2])
batch = data.sample(64, torch.Generator().manual_seed(0))
ready = time.perf_counter() - begun
for _ in range(200):
    data.sample(64, torch.Generator().manual_seed(1))
print(len(data), ready, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""
TRAIN = """
import resource, sys, time
import torch
from wgan_lib import presets
begun = time.perf_counter()
preset = presets.build("wgan-gp-table", root=__import__("pathlib").Path(sys.argv[1]))
read = time.perf_counter() - begun
steps = list(preset.train(n_steps=20, device="cpu"))
print(len(preset.data), read, steps[-1].w1_estimate, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def said(code: str, *arguments: object) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return [float(word) for word in done.stdout.split()]


def test_a_hundred_thousand_pictures_start_at_once_the_second_time(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(PICTURES):
        if i % 1000 == 0:
            (tmp_path / "own" / f"{i // 1000:03d}").mkdir(parents=True)
        pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
        Image.fromarray(pixels).save(tmp_path / "own" / f"{i // 1000:03d}" / f"{i}.png", compress_level=1)
    begun = time.perf_counter()
    n, _, first = said(OPEN, tmp_path / "own", tmp_path / "cache")
    decoded = time.perf_counter() - begun
    again, ready, second = said(OPEN, tmp_path / "own", tmp_path / "cache")
    print(
        f"{PICTURES} pictures: decoded in {decoded:.0f} s, then ready in {ready:.2f} s; {first:.2f} and {second:.2f} GB"
    )
    assert n == again == PICTURES - PICTURES // 10
    assert ready < 2
    assert max(first, second) < 1.5


def test_a_million_rows_train(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = [rng.normal(size=ROWS).round(4) for _ in range(6)] + [rng.integers(0, 5, ROWS) for _ in range(4)]
    with (tmp_path / "own.csv").open("w") as file:
        file.write(",".join(f"c{i}" for i in range(10)) + "\n")
        file.writelines(",".join(map(str, row)) + "\n" for row in zip(*(c.tolist() for c in columns), strict=True))
    n, read, estimate, memory = said(TRAIN, tmp_path / "own.csv")
    print(f"{ROWS} rows: read in {read:.0f} s, {memory:.2f} GB")
    assert n == ROWS * 4 // 5
    assert np.isfinite(estimate)
