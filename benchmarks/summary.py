"""The README's small table, made of what is recorded; `training.py` writes it, a test compares."""

import re
from pathlib import Path

import numpy as np
from measuring import interval, markdown, spread

from wgan_lib import runs

README = Path(__file__).parents[1] / "README.md"
BETWEEN = re.compile(r"(<!-- benchmarks -->\n).*?(\n<!-- /benchmarks -->)", re.DOTALL)


def chosen(run: runs.Run, column: str, **where: object) -> np.ndarray:
    """Return the rows of a column in which the columns named by ``where`` have those values."""
    kept = np.all([run[name] == value for name, value in where.items()], axis=0)
    values = run[column][kept]
    return values[0] if len(values) == 1 else values


def _steps(critic: str) -> str:
    run = runs.load("benchmark-steps")
    loops = [chosen(run, "milliseconds", critic=critic, constraint="GP", loop=loop) for loop in ("library", "public")]
    ours, public = (taken[~np.isnan(taken)] for taken in loops)
    return f"{spread(public / ours)} times faster ({np.median(ours):.0f} ms against {np.median(public):.0f})"


def _seeds(width: int) -> str:
    run = runs.load("benchmark-seeds")
    gains = [
        chosen(run, "one by one", width=width, batch=b) / chosen(run, "at once", width=width, batch=b)
        for b in (64, 256)
    ]
    return f"{spread(gains[0])} times faster at batch 64, {spread(gains[1])} at 256"


def _quality(recipe: str) -> str:
    run = runs.load("benchmark-quality")
    when, modes = (chosen(run, column, recipe=recipe) for column in ("seconds to all goals", "modes"))
    total, good = np.median(chosen(run, "seconds", recipe=recipe)), when[~np.isnan(when)]
    if len(good):
        return f"all goals in {len(good)} of {len(when)} runs, after {np.median(good):.0f} CPU seconds (median)"
    return f"{np.median(modes):.0f} of 25 modes after {total:.0f} CPU seconds (median of {len(when)} runs)"


def _estimator(pair: str, method: str) -> str:
    run = runs.load("benchmark-estimators")
    return interval(chosen(run, "estimate", pair=pair, method=method) / chosen(run, "exact", pair=pair, method=method))


def table() -> str:
    """Return the table in Markdown, with the sections that are recorded."""
    recorded, lines = runs.names(), {}
    if "benchmark-steps" in recorded:
        lines["critic step with GP, 3 × 512, batch 256, against a public-style loop"] = _steps("MLP")
        lines["the same, DCGAN 32, batch 64"] = _steps("DCGAN")
    if "benchmark-seeds" in recorded:
        lines |= {f"8 seeds at once, width {width}, against one by one": _seeds(width) for width in (32, 64, 128)}
    if "benchmark-quality" in recorded:
        lines["25 Gaussians, `wgan-gp-grid25`"] = _quality("wgan-gp-grid25")
        lines["25 Gaussians, the public toy recipe"] = _quality("reference")
    if "benchmark-estimators" in recorded:
        named = {
            "radial 2": "sphere and centre, d = 2",
            "ring 2": "two rings of 8, d = 2",
            "shifted 32": "two normals, d = 32",
        }
        for pair, name in named.items():
            lines[f"learned / exact W1, {name}"] = "; ".join(
                f"{method} {_estimator(pair, method)}" for method in ("orthonormal", "GP", "clipping .05", "SN")
            )
    return markdown(["one thread", "measured"], [[name, value] for name, value in lines.items()])


def write() -> None:
    """Put the table between the README's two marks."""
    text = README.read_text(encoding="utf-8")
    README.write_text(BETWEEN.sub(lambda found: found[1] + table() + found[2], text), encoding="utf-8")
