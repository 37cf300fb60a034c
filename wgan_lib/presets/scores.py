"""What recorded runs say of a preset, to stand beside what its authors published: read from the files, never typed."""

from functools import cache
from typing import Any

import numpy as np

from wgan_lib import runs
from wgan_lib.runs import Run

NOT_YET = "not yet run"


def ours(name: str) -> str:
    """Return our own score of a preset in words, with its spread and how far the run went; else "not yet run".

    The score is another one than the published wherever that asks for Inception's features. Chapter: full-models.
    """
    for found in (_on_gpu, _mnist, _grid25, _planar, _stacked):
        if told := found(name):
            return told
    return NOT_YET


@cache
def _run(name: str) -> Run | None:
    return runs.load(name) if name in runs.names() else None


def _spread(values: Any, digits: int = 1) -> str:
    values = np.asarray(values, float)
    seeds = f"{len(values)} seed{'s' * (len(values) > 1)}"
    return f"{values.mean():.{digits}f} ({values.min():.{digits}f} to {values.max():.{digits}f}, {seeds})"


def _on_gpu(name: str) -> str:
    for piece in ("resnets", "mnist"):
        run = _run(f"on-gpu-{piece}")
        if run is not None and f"{name}/frechet" in run.fixed:
            last, steps = run.fixed[f"{name}/frechet"][-1], int(run.fixed[f"{name}/index"][-1])
            floor, device = float(run.fixed[f"{name}/floor"]), run.meta["device"]
            return f"classifier Fréchet distance {last:.1f} after {steps:,} steps on {device}, floor {floor:.1f}"
    return ""


def _mnist(name: str) -> str:
    run = _run("presets-mnist")
    if run is None or name not in run["preset"]:
        return ""
    rows = run["preset"] == name
    distance, floor = (run[f"classifier Fréchet distance, {part}"][rows] for part in ("value", "floor"))
    steps = int(run["index"][rows].max()) + 1
    return f"classifier Fréchet distance {_spread(distance)} after {steps:,} steps, floor {floor.mean():.1f}"


def _grid25(name: str) -> str:
    run = _run("grid25-report")
    if run is None or run.meta.get("preset") != name:
        return ""
    high = 100 * float(run["high_quality"].mean())
    return f"{_spread(run['modes'], 0)} of 25 modes, {high:.1f} % of high quality; W1 {_spread(run['w1'], 3)}"


def _planar(name: str) -> str:
    run = _run("presets-planar")
    if run is None or f"{name}/w1" not in run.fixed:
        return ""
    modes, quality, w1, null = (run.fixed[f"{name}/{column}"] for column in ("modes", "quality", "w1", "null"))
    shares = f"{_spread(modes, 0)} modes, {100 * quality.mean():.1f} % of high quality"
    return f"{shares}; W1 {_spread(w1, 3)}, null {null.mean():.3f}"


_STACKED = {"wgan-gp-stacked-digits": "WGAN, GP", "r3gan-stacked-digits": "RpGAN, R1 + R2"}


def _stacked(name: str) -> str:
    run, row = _run("stacked-digits"), _STACKED.get(name, "")
    if run is None or f"{row}/modes" not in run.fixed:
        return ""
    modes, kl = (run.fixed[f"{row}/{part}"][-1] for part in ("modes", "kl"))
    null = run.fixed["null/held-out stacks"].mean(0)
    steps = int(run.fixed[f"{row}/index"][-1])
    beside = f"held-out stacks {null[0]:.0f} and {null[1]:.2f}"
    return f"{_spread(modes, 0)} of 1,000 modes, KL {_spread(kl, 2)} after {steps:,} steps; {beside}"
