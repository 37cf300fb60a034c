"""Kill a training with SIGKILL at random moments, resume it each time, and compare it with one that was left alone.

    python experiments/kill_and_resume.py --kills 20

Both run `python -m wgan_lib train`, with a checkpoint after every step, so that many kills fall into a write. The last
checkpoints must hold the same bits, and the recorded runs the same frames. 20 kills: about 3 minutes, 2 CPU cores.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from wgan_lib import runs
from wgan_lib.training import checkpoints

PRESET = "sn-ring8"  # its power iteration, average and decay all live in the checkpoint


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "wgan_lib", *map(str, arguments), "--quiet"]


def differences(a: Any, b: Any, where: str = "") -> list[str]:
    if isinstance(a, dict):
        keys = sorted(a.keys() | b.keys(), key=str)
        return [d for k in keys for d in differences(a.get(k), b.get(k), f"{where}/{k}")]
    if isinstance(a, list):
        return [d for i, (x, y) in enumerate(zip(a, b, strict=True)) for d in differences(x, y, f"{where}/{i}")]
    same = torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
    return [] if same else [where]


def kill_at_random(arguments: list[str], rng: random.Random, folder: Path) -> tuple[bool, bool]:
    """Run a command and kill it a random time after its first sign of life; was it killed, and in a write?"""
    known, scraps = set(folder.glob("step-*.pt")), set(folder.glob(".*.part"))
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None and set(folder.glob("step-*.pt")) <= known:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        _, told = process.communicate()
    if process.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"{arguments} failed: {told.decode()}")
    return process.returncode == -signal.SIGKILL, not set(folder.glob(".*.part")) <= scraps


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    parser.add_argument("--folder", type=Path, help="where to train (default: a temporary folder)")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    folder = options.folder or Path(tempfile.mkdtemp())
    alone, killed = folder / "alone", folder / "killed"
    shared = [
        "--steps",
        options.steps,
        "--record-every",
        10,
        "--critic-steps",
        1,
        "--batch-size",
        32,
        "--device",
        "cpu",
    ]
    subprocess.run(command("train", PRESET, "--out", alone, *shared), check=True, stdout=subprocess.DEVNULL)

    rng, n_killed, n_in_writes = random.Random(options.seed), 0, 0
    next_command = command("train", PRESET, "--out", killed, *shared, "--checkpoint-every", 1)
    while n_killed < options.kills:
        was_killed, in_write = kill_at_random(next_command, rng, killed)
        if not was_killed:
            break  # it finished first
        n_killed, n_in_writes = n_killed + 1, n_in_writes + in_write
        print(f"kill {n_killed}{' while writing' if in_write else ''} after {checkpoints.paths(killed)[0].name}")
        next_command = command("resume", killed)
    subprocess.run(command("resume", killed), check=True, stdout=subprocess.DEVNULL)

    ends = [checkpoints.load(checkpoints.paths(where)[0]) for where in (alone, killed)]
    for end in ends:
        del end["seconds"], end["settings"]  # those hold wall time, and the commit of a tree that may move on
    found = differences(*ends)
    records = [runs.load(where / "run.npz") for where in (alone, killed)]
    for name in set(records[0].frames) - {"seconds"}:
        if not np.array_equal(records[0][name], records[1][name]):
            found.append(f"run.npz: {name}")
    print(
        f"{n_killed} of {options.kills} kills, {n_in_writes} while a file was written; {ends[1]['index']} steps: ",
        end="",
    )
    print(f"different in {', '.join(found)}" if found else "bit-identical to the run left alone")
    return 1 if found or n_killed < options.kills else 0


if __name__ == "__main__":
    sys.exit(main())
