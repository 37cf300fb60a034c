"""Every preset in a form that a processor trains in a moment: narrow layers, noise in place of its pictures."""

from dataclasses import replace
from typing import Any

import torch

from wgan_lib import presets
from wgan_lib.training import TensorData

FIXED = tuple(name for name in presets.names() if name.endswith(("ring8", "grid25", "digits", "mlp28-mnist", "table")))
SHAPES = {
    "stacked-mnist": (3, 28, 28), "mnist": (1, 28, 28), "fashion": (1, 28, 28), "cifar10": (3, 32, 32),
    "dcgan64": (3, 64, 64),
}  # fmt: skip
TWINS = ("grid25", "fashion")
"""Endings of presets that differ in their data alone from others."""


def small(name: str, **changes: Any) -> presets.Preset:
    """A preset with 8 channels where it has any, and noise for pictures that may not be at hand."""
    preset = presets.build(name) if name in FIXED else presets.build(name, width=8)
    shape = next((shape for ending, shape in SHAPES.items() if name.endswith(ending)), None)
    if shape is not None:
        noise = 2 * torch.rand(64, *shape, generator=torch.Generator().manual_seed(0)) - 1
        changes = {"make_data": lambda: TensorData(noise), **changes}
    few = 8 if isinstance(preset.generator_batch, int) else None
    return replace(preset, **{"batch_size": 4, "generator_batch": few, "critic_steps": 1, **changes})


__all__ = ["FIXED", "SHAPES", "TWINS", "small"]
