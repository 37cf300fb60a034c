"""Presets trained on a GPU by the clock or by their steps, looked at and judged while they train."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from gpu_pictures import Judge, mnist_judge
from gpu_plan import SEED, WAYS, Plan, built, way_of

from wgan_lib import networks, training
from wgan_lib.training import OneDevice, TensorData, stream

SHOWN = 9


def trained(
    name: str, plan: Plan, judge: Judge, data: Any, *, n_steps: int | None, engine: OneDevice
) -> dict[str, Any]:
    """Train by the clock, or for n_steps; score and sample at even times. The last score is of the last step."""
    recipe = built(name, plan, make_data=lambda: data, **({} if n_steps is None else {"n_steps": n_steps}))
    latents = recipe.latent.sample(plan.judged, stream(SEED, "evaluation"))
    kept: dict[str, list[Any]] = {"index": [], "seconds": [], "frechet": [], "samples": []}

    def look(step: training.Step) -> None:
        with networks.evaluating(step.generator):
            made = torch.cat([step.generator(z.to(plan.device)).float().cpu() for z in latents.split(500)])
        grid = ((made[:SHOWN].clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy()
        row = {"index": step.index + 1, "seconds": step.seconds, "frechet": judge.distance(made), "samples": grid}
        for key, value in row.items():
            kept[key].append(value)
        print(f"{name}: {step.index + 1} steps, {step.seconds:.0f} s, Fréchet {row['frechet']:.1f}", flush=True)

    last, due = None, plan.judge_every
    marks = {round(recipe.n_steps * share) for share in (0.25, 0.5, 0.75, 1)}
    limit = plan.training_seconds if n_steps is None else plan.mnist_seconds
    for step in training.follow(recipe, device=engine):
        last, done = step, step.index + 1
        if (n_steps is None and step.seconds >= due) or (n_steps is not None and done in marks):
            look(step)
            due += plan.judge_every
        if step.seconds >= limit:
            break
    if last is not None and kept["index"][-1:] != [last.index + 1]:
        look(last)
    return {f"{name}/{key}": np.array(v) for key, v in kept.items()} | {f"{name}/floor": np.array(judge.floor)}


def resnet(name: str, plan: Plan, judge: Judge, data: Any) -> dict[str, Any]:
    """One of the CIFAR-10 ResNets in bf16, on pictures that lie on the device."""
    engine = way_of({"channels_last": True, "precision": "bf16-mixed"}, plan)
    return trained(name, plan, judge, TensorData(data.points.to(plan.device)), n_steps=None, engine=engine)


def mnist(name: str, plan: Plan, root: Path) -> dict[str, Any]:
    """One MNIST preset at all its steps, as far as the clock allows."""
    torch.set_num_threads(1)
    judge, data = mnist_judge(root, plan.judged, rehearsal=plan.rehearsal)
    engine = way_of(WAYS[plan.mnist_way], plan)
    data = TensorData(data.points.to(plan.device))
    found = trained(name, plan, judge, data, n_steps=plan.mnist_steps, engine=engine)
    return found | {f"{name}/way": np.array(plan.mnist_way)}
