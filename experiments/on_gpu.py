"""All that wants a GPU, in ten minutes: speeds, the two CIFAR-10 ResNets, the MNIST presets, the device tests.

    python experiments/on_gpu.py --data cifar10-train-jpeg.zip --mnist data

Pieces, each recorded as soon as it ends, so that another call goes on with those that are missing:
speed     pictures a second of DCGAN 64, ResNet 32 and MNIST by seven ways to compute, turn by turn in one process
resnets   the CIFAR-10 ResNets of WGAN-GP and SN-GAN, as many steps as three minutes allow, judged every minute
mnist     the MNIST presets at all their steps, each in a process of its own, all at once; ``--mnist-way "CUDA graph"``
          is twice as fast
devices   tests/every_device.py

``--data`` is a folder or a zip of pictures in one subfolder a class, or CIFAR-10's own; a classifier is trained on it
first, for the Fréchet distance in its features. Pictures recompressed as JPEG give no number that compares with a
published one: only rows of one table compare. Writes wgan_lib/recorded/on-gpu-PIECE.npz. Hardware and time: an
NVIDIA H200, twelve minutes with the compilers' own. ``--rehearse`` runs every piece in small on the processor, and
keeps nothing unless ``--out`` names a folder.
"""

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gpu_pictures import judge_by, pictures, stand_in
from gpu_plan import SEED, WAYS, Plan, built, plan_of, way_of
from gpu_training import mnist, resnet
from measuring_steps import seconds_a_step

from wgan_lib import files, runs, training
from wgan_lib.training import TensorData, stream

ROOT = Path(__file__).parents[1]
SPEED = ("wgan-gp-mnist", "wgan-gp-dcgan64", "wgan-gp-resnet32-cifar10")
SHAPES = {"wgan-gp-dcgan64": (3, 64, 64), "wgan-gp-resnet32-cifar10": (3, 32, 32), "wgan-gp-mnist": (1, 28, 28)}
RESNETS = ("wgan-gp-resnet32-cifar10", "sngan-resnet32-cifar10")
MNIST = ("wgan-gp-mnist", "clipping-mnist", "sn-mnist", "r1-mnist", "gan-mnist", "r3gan-mnist", "wgan-mlp28-mnist")


def speed(name: str, plan: Plan) -> dict[str, Any]:
    """Seconds of each generator step with its critic steps, (rounds,) for each way, and those of the first step."""
    torch.compiler.reset()
    noise = 2 * torch.rand(512, *SHAPES[name], generator=stream(SEED, "data")) - 1
    steps = {}
    for way, settings in WAYS.items():
        data = TensorData(noise if "sent" in way else noise.to(plan.device))
        recipe = built(name, plan, make_data=lambda data=data: data, n_steps=10**9, linear_decay=False)
        steps[way] = training.follow(recipe, device=way_of(settings, plan))
    taken, first, failed = seconds_a_step(steps, plan.seconds_a_way)
    pictures_a_step = recipe.critic_steps * recipe.batch_size  # of the critic's: what a training is paid for
    found: dict[str, Any] = {f"{name}/{way}": np.array(times, np.float32) for way, times in taken.items()}
    found |= {f"{name}/{way}/first": np.array(seconds) for way, seconds in first.items()}
    found |= {f"{name}/{way}/failed": np.array(said) for way, said in failed.items()}
    for way, said in failed.items():
        print(f"{name:28}{way:38} failed: {said}", flush=True)
    for way, times in taken.items():
        pace = pictures_a_step / np.median(times)
        ratio = np.median(np.array(taken["eager fp32"]) / times)
        print(f"{name:28}{way:38}{pace:12,.0f} pictures/s{ratio:8.2f} ×", flush=True)
    return found | {f"{name}/pictures a step": np.array(pictures_a_step)}


class Record:
    """One file of a piece: what it holds already, and a place for what ends."""

    def __init__(self, piece: str, options: argparse.Namespace, plan: Plan) -> None:
        self.path = options.out / f"on-gpu-{piece}.npz"
        self.fixed = dict(runs.load(self.path).fixed) if self.path.exists() else {}
        self.meta = {"piece": piece, "seed": SEED, "rehearsal": plan.rehearsal, "device": device_name(plan.device)}
        self.meta |= files.provenance()  # now: a file that is written makes the tree another than the commit
        self.meta["command"] = command(options, piece)

    def lacks(self, names: Any) -> list[str]:
        """Those that no array is of yet."""
        return [name for name in names if not any(key.startswith(f"{name}/") for key in self.fixed)]

    def add(self, found: dict[str, Any]) -> None:
        """Write what has ended."""
        self.fixed |= found
        frames = {"index": np.array([len(self.fixed)])}
        runs.Run(frames, self.meta, self.fixed).save(self.path)
        print(f"recorded {self.path} ({self.path.stat().st_size:,} bytes)", flush=True)


def command(options: argparse.Namespace, piece: str) -> str:
    """What makes this piece again, where the pictures lie in the working folder."""
    words = ["python experiments/on_gpu.py --pieces", piece, *["--rehearse"] * options.rehearse]
    words += ["--mnist data --mnist-way", f"'{options.mnist_way}'"] * (piece == "mnist")
    words += ["--data", options.data.name] if piece == "resnets" and options.data else []
    clock = {"resnets": "training_seconds", "speed": "seconds_a_way", "mnist": "mnist_seconds"}.get(piece, "")
    seconds = getattr(options, clock, None)
    return " ".join([*words, *([f"--{clock.replace('_', '-')} {seconds:g}"] if seconds is not None else [])])


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)


def do_speed(record: Record, plan: Plan, options: argparse.Namespace) -> None:
    for name in record.lacks(SPEED):
        record.add(speed(name, plan))


def do_resnets(record: Record, plan: Plan, options: argparse.Namespace) -> None:
    missing = record.lacks(RESNETS)
    if not missing:
        return
    data = stand_in((3, 32, 32)) if options.data is None else pictures(options.data, 32)
    judge = judge_by(data, plan.device, plan.epochs, plan.judged)
    print(f"classifier right on {judge.accuracy:.1%} of {data.held_out}, floor {judge.floor:.1f}", flush=True)
    record.meta |= {"data": data.name, "classifier right on": judge.accuracy}
    for name in missing:
        record.add(resnet(name, plan, judge, data))


def do_mnist(record: Record, plan: Plan, options: argparse.Namespace) -> None:
    missing = record.lacks(MNIST)
    if plan.rehearsal:  # in this process: seven others would each load torch
        for name in missing:
            record.add(mnist(name, plan, options.mnist))
        return
    with ProcessPoolExecutor(len(missing) or 1, mp_context=get_context("spawn")) as pool:
        begun = {pool.submit(mnist, name, plan, options.mnist): name for name in missing}
        for future in as_completed(begun):
            if error := future.exception():
                print(f"{begun[future]} failed: {error!r}"[:2000], flush=True)
            else:
                record.add(future.result())


def do_devices(record: Record, plan: Plan, options: argparse.Namespace) -> None:
    import subprocess

    if not record.lacks(["devices"]):
        return
    script = [sys.executable, str(ROOT / "tests" / "every_device.py"), *["cpu"] * plan.rehearsal]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, env=environment)
    print(done.stdout[-2000:], done.stderr[-3000:], flush=True)
    record.meta["said"] = done.stdout[-500:]
    record.add({"devices/passed": np.array(done.returncode == 0)})


PIECES = {"speed": do_speed, "resnets": do_resnets, "mnist": do_mnist, "devices": do_devices}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", nargs="+", choices=list(PIECES), default=list(PIECES))
    parser.add_argument("--data", type=Path, help="folder or zip of class folders, or CIFAR-10's own root; else noise")
    parser.add_argument("--mnist", type=Path, default=Path("data"), help="where MNIST lies (data)")
    parser.add_argument("--mnist-way", choices=list(WAYS), default=Plan.mnist_way, help="how MNIST is computed")
    for name in ("training_seconds", "seconds_a_way", "mnist_seconds"):
        flag = "--" + name.replace("_", "-")
        parser.add_argument(flag, type=float, help=f"{getattr(Plan, name):g}, where it says no other")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rehearse", action="store_true", help="every piece in small, in seconds, on the processor")
    parser.add_argument("--out", type=Path, help="where records go (wgan_lib/recorded)")
    options = parser.parse_args()
    if options.device == "cpu" and not options.rehearse:
        parser.error("no GPU is here: --rehearse runs every piece in small")
    if "resnets" in options.pieces and options.data is None and not options.rehearse:
        parser.error("--data is needed for the ResNets: a folder or a zip of pictures in one subfolder a class")
    with tempfile.TemporaryDirectory() as nowhere:
        options.out = options.out or (Path(nowhere) if options.rehearse else Path(runs.__file__).parent / "recorded")
        options.out.mkdir(parents=True, exist_ok=True)
        plan, begun = plan_of(options), time.perf_counter()
        records = {piece: Record(piece, options, plan) for piece in options.pieces}
        for piece in options.pieces:
            PIECES[piece](records[piece], plan, options)
            print(f"{piece}: {time.perf_counter() - begun:.0f} s so far", flush=True)


if __name__ == "__main__":
    main()
