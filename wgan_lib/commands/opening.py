"""From settings to what they name: the preset on its data, the engine, the networks as the training left them."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wgan_lib import files, images, presets, training
from wgan_lib.presets import Preset

PUBLISHED = ("MNIST", "FashionMNIST", "cifar-10-batches-bin", "cifar-10-binary.tar.gz")
"""What makes a folder one of published sets, whatever else it holds."""


def own_of(options: argparse.Namespace, preset: Preset) -> dict[str, Any] | None:
    """Return what the settings tell of pictures of one's own; None where ``--data`` names none.

    Raises ValueError for options that need such pictures. Chapter: full-models.
    """
    asked = [name for name in ("flips", "augment", "size") if getattr(options, name)]
    named = files.home(options.data or "data")
    published = any((named / name).exists() for name in PUBLISHED)
    if options.data is None or published or not presets.makes_pictures(preset) or not images.holds_pictures(named):
        if asked:
            raise ValueError(f"--{asked[0]} is for pictures of your own: --data {named} names none that fit")
        return None
    changes = options.augment.split(",") if options.augment else []
    size = {"size": options.size} if options.size else {}
    return {"flips": options.flips, "augment": changes, "ground": options.ground, **size}


def preset_of(settings: dict[str, Any]) -> Preset:
    """Build the preset that settings name, on the data that they name. Chapter: full-models."""
    preset = presets.build(settings["preset"], settings["seed"], settings["data"])
    own = settings.get("own")
    return preset if own is None else presets.on_pictures(preset, settings["data"], seed=settings["seed"], **own)


def engine_of(machine: dict[str, Any], device: str) -> Any:
    """Return the device's name, or the engine that ``--devices``, ``--precision`` and ``--compile`` ask for.

    Raises ModuleNotFoundError where several devices need a package. Chapter: full-models.
    """
    devices, precision, compiler = machine.get("devices", 1), machine.get("precision"), machine.get("compile")
    if devices > 1:  # started here, or by torchrun or SLURM, which Fabric sees
        kind = "auto" if device == "auto" else device.partition(":")[0]
        return training.ManyDevices.launch(devices, kind, precision or "32-true")
    given: dict[str, Any] = {"precision": precision} if precision else {}
    given |= {"compiler": compiler} if compiler else {}
    return replace(training.engine_for(device), **given) if given else device  # type: ignore[type-var]


@dataclass(frozen=True)
class Opened:
    """A folder that ``train`` wrote: its settings, and its preset with the networks of the last checkpoint.

    Chapter: full-models.
    """

    folder: Path
    settings: dict[str, Any]
    preset: Preset
    checkpoint: Path
    steps: int


def opened(folder: Path) -> Opened:
    """Open a training's folder; FileNotFoundError and DamagedFileError say what is missing. Chapter: full-models."""
    folder = files.home(folder)
    settings = presets.read_settings(folder)
    preset = preset_of(settings)
    path, done = training.restore(preset, folder)
    return Opened(folder, settings, preset, path, done)
