"""How much of everything is run on a GPU, and in which ways it may compute."""

import argparse
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from wgan_lib import presets
from wgan_lib.training import OneDevice

WAYS: dict[str, dict[str, Any]] = {
    "eager fp32": {"channels_last": False},
    "eager fp32, pictures sent each step": {"channels_last": False},
    "channels_last": {"channels_last": True},
    "bf16": {"channels_last": False, "precision": "bf16-mixed"},
    "compiled": {"channels_last": False, "compiler": "inductor"},
    "CUDA graph": {"channels_last": False, "compiler": "cuda-graphs"},
    "all together": {"channels_last": True, "precision": "bf16-mixed", "compiler": "cuda-graphs"},
}
"""Each way changes one thing of the first; in all but the second the pictures lie on the device."""

SEED = 400  # never used for tuning


@dataclass(frozen=True)
class Plan:
    """How much of everything: a night's work in ten minutes, or a rehearsal in seconds."""

    device: torch.device
    rehearsal: bool
    seconds_a_way: float = 2.5
    training_seconds: float = 180.0
    judge_every: float = 60.0
    mnist_steps: int = 6000
    mnist_seconds: float = 300.0
    mnist_way: str = "eager fp32"
    judged: int = 2500
    epochs: int = 8
    shape: dict[str, int] = field(default_factory=dict)
    batch: dict[str, Any] = field(default_factory=dict)


def plan_of(options: argparse.Namespace) -> Plan:
    device = torch.device(options.device)
    plan = Plan(device, rehearsal=False, mnist_way=options.mnist_way)
    if options.rehearse:
        few = {"batch_size": 8, "generator_batch": None, "critic_steps": 1}
        small = {"mnist_steps": 3, "judged": 40, "epochs": 1, "shape": {"width": 8}, "batch": few}
        plan = replace(plan, rehearsal=True, seconds_a_way=0.1, training_seconds=0.5, judge_every=0.2, **small)  # type: ignore[arg-type]
    asked = {name: getattr(options, name) for name in ("training_seconds", "seconds_a_way", "mnist_seconds")}
    return replace(plan, **{name: seconds for name, seconds in asked.items() if seconds is not None})


def built(name: str, plan: Plan, **changes: Any) -> presets.Preset:
    shape = {} if "mlp28" in name else plan.shape
    return replace(presets.build(name, SEED, **shape), **{**plan.batch, **changes})


def way_of(settings: dict[str, Any], plan: Plan) -> OneDevice:
    """The engine of a way; on a processor, which has no CUDA graphs, a compiler that only traces stands in."""
    if settings.get("compiler") and plan.device.type != "cuda":
        settings = {**settings, "compiler": "eager"}
    return OneDevice(plan.device, **settings)
