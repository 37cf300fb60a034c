"""Paired timing on one thread, and tables that are printed, recorded and shown on the book's page."""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from wgan_lib import files, runs

RECORDED = Path(__file__).parents[1] / "wgan_lib/recorded"
Steps = Mapping[str, Callable[[], object]]


def interleaved(steps: Steps, rounds: int, warm_up: int = 2) -> dict[str, np.ndarray]:
    """Take each step once per round, in a turning order; return milliseconds of process CPU time, ``(rounds,)`` each.

    Whatever slows the machine slows neighbours in a round alike, so that ratios within a round are fair.
    """
    names, taken = list(steps), {name: [] for name in steps}
    for i in range(-warm_up, rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            start = time.process_time()
            steps[name]()
            if i >= 0:
                taken[name].append(1e3 * (time.process_time() - start))
    return {name: np.array(times) for name, times in taken.items()}


def spread(values: Sequence[float] | np.ndarray, digits: int = 2) -> str:
    """Return the median with both quartiles, "1.21 [1.19, 1.24]"."""
    low, middle, high = (f"{q:.{digits}f}" for q in np.quantile(values, [0.25, 0.5, 0.75]))
    return f"{middle} [{low}, {high}]"


def interval(values: Sequence[float] | np.ndarray, digits: int = 2) -> str:
    """Return the mean with its 95 % interval by Student's law over the seeds, "0.87 ± 0.02"."""
    from scipy import stats

    half = stats.t.ppf(0.975, len(values) - 1) * statistics.stdev(map(float, values)) / len(values) ** 0.5
    return f"{np.mean(values):.{digits}f} ± {half:.{digits}f}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, its columns aligned so that it can be read in a terminal as well."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(f"| {line} |" for line in [lines[0], " | ".join("-" * width for width in widths), *lines[1:]])


def keep(name: str, frames: Mapping[str, np.ndarray], table: str, **meta: object) -> None:
    """Print a table and record it as benchmark-NAME, with the measurements and where they come from."""
    print(table, flush=True)
    load, processor = os.getloadavg()[1], platform.processor()
    if (cpus := Path("/proc/cpuinfo")).exists():
        models = [line for line in cpus.read_text().splitlines() if line.startswith("model name")]
        processor = models[0].partition(":")[2].strip() if models else processor
    here = {"processor": processor, "load": round(load, 1), "date": time.strftime("%Y-%m-%d")}
    command = " ".join(["python benchmarks/training.py", *sys.argv[1:]])
    found = {**files.provenance(), **here, "command": command, "table": table, **meta}
    runs.Run(frames, found).save(RECORDED / f"benchmark-{name}.npz")
    print(f"\ncommit {found['commit'][:12]}, torch {found['torch']}, {processor}, load {found['load']}\n", flush=True)
