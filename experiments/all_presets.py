"""Train the presets of pictures on fresh seeds and record what became of them; `planar_presets.py` has the others.

    python experiments/all_presets.py mnist     # five methods, three seeds each; needs MNIST in --root, or downloads it
    python experiments/all_presets.py steps     # milliseconds a critic step of the convolutional presets

Hardware: an H100 with 16 CPU cores, which judge, took 3 minutes for mnist with --steps 1500 and half a minute for
steps. Writes wgan_lib/recorded/presets-mnist.npz, mnist-METHOD.npz and presets-steps.npz. The seeds were never used for
tuning. Where the tree has no .git, --commit says what it was.
"""

import argparse
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from wgan_lib import files, metrics, presets, runs, training
from wgan_lib.training import TensorData, stream

MNIST_SEEDS, FRAMES, SHOWN, JUDGED = (300, 301, 302), 12, 25, 2500
ON_MNIST = tuple(f"{method}-mnist" for method in ("wgan-gp", "clipping", "sn", "r1", "gan"))
ON_CIFAR = ("wgan-gp-resnet32-cifar10", "sngan-resnet32-cifar10")
Frames = dict[str, np.ndarray]


def mnist(name: str, seed: int, options: argparse.Namespace) -> tuple[Frames, dict[str, Any]]:
    """One seed of one preset: its frames with 25 pictures and a classifier Fréchet distance each, and final scores."""
    preset, classifier = presets.build(name, seed, options.root), metrics.load_classifier("mnist")
    held_out = preset.data.held_out.points  # type: ignore[attr-defined]
    real = classifier.look(held_out)[0]
    n_steps = options.steps or preset.n_steps
    latents = preset.latent.sample(JUDGED, stream(seed, "evaluation")).to(options.device)
    drawn: list[torch.Tensor] = []

    @torch.no_grad()
    def frechet(step: training.Step) -> np.float32:
        drawn[:] = [step.generator(latents).cpu()]
        return np.float32(metrics.frechet_distance(real, classifier.look(drawn[0])[0]))

    steps = preset.train(seed=seed, device=options.device, n_steps=n_steps)
    run = training.record(
        steps, n_steps // FRAMES, SHOWN, measures={"frechet": frechet}, preset=preset.name, source=preset.source
    )
    frames, samples = dict(run.frames), drawn[0]
    frames["samples"] = np.round(127.5 * (frames["samples"] + 1)).astype(np.uint8)
    final = metrics.scores(samples, held_out, classifier, stream(seed, "evaluation"))
    shares = metrics.class_shares(classifier.look(samples)[1], 10)
    found = {"scores": {key: score._asdict() for key, score in final.items()}, "class shares": shares.tolist()}
    return frames, {**run.meta, **found}


def steps(name: str, options: argparse.Namespace) -> tuple[Frames, dict[str, Any]]:
    """Milliseconds of a critic step on noise in place of pictures, (repeats,), here and by plain double backward."""
    shape = (1, 28, 28) if "mnist" in name else (3, 32, 32)
    data = TensorData(torch.rand(512, *shape, generator=torch.Generator().manual_seed(0)) * 2 - 1)
    frames = {}
    for kind in ("library", "double backward"):
        preset = presets.build(name)
        if kind == "double backward":  # the library steps backwards itself only where no hook could see it
            preset.critic.register_forward_hook(lambda *_: None)
        recipe = replace(preset, make_data=lambda: data, batch_size=64, generator_batch=None, ema=0.0)
        pair = training.Adversaries(recipe, training.OneDevice(torch.device(options.device)))
        taken = []
        for i in range(40 + (options.steps or 200)):
            begun = time.perf_counter()
            float(pair.critic_step()["penalty"])  # waits for the device
            if i >= 40:
                taken.append(1e3 * (time.perf_counter() - begun))
        frames[kind] = np.array(taken, np.float32)
    return frames, {}


def tasks(what: str) -> list[tuple[Callable[..., tuple[Frames, dict[str, Any]]], tuple[Any, ...]]]:
    if what == "mnist":
        return [(mnist, (name, seed)) for seed in MNIST_SEEDS for name in ON_MNIST]
    return [(steps, (name,)) for name in (*ON_MNIST, *ON_CIFAR)]


def run_one(function: Callable[..., Any], arguments: tuple[Any, ...], options: argparse.Namespace) -> Any:
    torch.set_num_threads(1)
    return function(*arguments, options)


def keep(name: str, frames: Frames, meta: dict[str, Any], options: argparse.Namespace) -> None:
    told = {**files.provenance(), "device": device_name(options.device), **meta}
    if options.commit:
        told["commit"] = options.commit
    steps = f" --steps {options.steps}" if options.steps else ""
    told["command"] = f"python experiments/all_presets.py {options.what}{steps}"
    path = runs.Run(frames, told).save(options.out / f"{name}.npz")
    print(path, path.stat().st_size, flush=True)


def device_name(device: str) -> str:
    return torch.cuda.get_device_name() if device.startswith("cuda") else device


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["mnist", "steps"])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--root", default="data", help="where the pictures lie (data)")
    parser.add_argument("--steps", type=int, help="generator steps in place of the presets'; timed steps of 'steps'")
    parser.add_argument("--workers", type=int, default=14, help="trainings at a time (14)")
    parser.add_argument("--out", type=Path, default=Path(runs.__file__).parent / "recorded")
    parser.add_argument("--commit", help="the commit that this tree is a copy of")
    options = parser.parse_args()
    workers = 1 if options.what == "steps" else options.workers
    done: dict[tuple[Any, ...], tuple[Frames, dict[str, Any]]] = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(run_one, f, a, options): a for f, a in tasks(options.what)}
        for future in as_completed(waiting):
            arguments = waiting[future]
            try:
                done[arguments] = future.result()
            except Exception:
                print(arguments, "failed:", traceback.format_exc(), flush=True)
                continue
            frames = done[arguments][0]
            line = {column: np.round(v[-5:], 3).tolist() for column, v in frames.items() if v.ndim == 1}
            print(*arguments, line, flush=True)
    keys = sorted(done)
    shared = [column for column in done[keys[0]][0] if column != "samples"]
    table = {column: np.stack([done[key][0][column] for key in keys]) for column in shared}
    table = {"preset": np.array([name for name, *_ in keys])} | table
    if options.what != "mnist":
        keep("presets-steps", table, {"batch_size": 64, "seed": 0}, options)
        return
    table["seed"] = np.array([seed for _, seed in keys])
    metas = [done[key][1] for key in keys]
    for score in metas[0]["scores"]:
        table |= {f"{score}, {p}": np.array([meta["scores"][score][p] for meta in metas]) for p in ("value", "floor")}
    table["class shares"] = np.array([meta["class shares"] for meta in metas], np.float32)
    keep("presets-mnist", table, {}, options)
    for name, seed in keys:
        if seed == MNIST_SEEDS[0]:
            keep(f"mnist-{name.removesuffix('-mnist')}", *done[name, seed], options)


if __name__ == "__main__":
    main()
