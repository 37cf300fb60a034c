"""Complete trainings by name: networks, law, loss, constraint, optimisers and schedule, each with its source."""

import os
from collections.abc import Iterable
from dataclasses import replace
from inspect import signature
from typing import SupportsIndex

from wgan_lib import networks, training
from wgan_lib.checks import nearest, shortly, whole
from wgan_lib.files import home
from wgan_lib.presets.colour import PRESETS as IN_COLOUR
from wgan_lib.presets.colour import RENAMED
from wgan_lib.presets.folders import holds_settings, read_settings, saver, write_settings
from wgan_lib.presets.judging import judge, sheet
from wgan_lib.presets.own import cache_of, makes_pictures, on_pictures, shape_of
from wgan_lib.presets.pictures import PRESETS as OF_PICTURES
from wgan_lib.presets.planar import PRESETS as OF_THE_PLANE
from wgan_lib.presets.preset import Build, Preset
from wgan_lib.presets.stacked import PRESETS as STACKED
from wgan_lib.presets.tables import ENDINGS, for_table, is_table
from wgan_lib.presets.tables import PRESETS as OF_TABLES

__all__ = [
    "ENDINGS",
    "Preset",
    "build",
    "cache_of",
    "for_table",
    "holds_settings",
    "is_table",
    "judge",
    "makes_pictures",
    "names",
    "on_pictures",
    "read_settings",
    "saver",
    "shape_of",
    "sheet",
    "write_settings",
]

_PRESETS: dict[str, Build] = {**OF_THE_PLANE, **OF_PICTURES, **STACKED, **IN_COLOUR, **OF_TABLES}


def names() -> list[str]:
    """Return the names that ``build`` knows. Chapter: full-models."""
    return list(_PRESETS)


def build(
    name: str,
    seed: SupportsIndex | Iterable[SupportsIndex] = 0,
    root: str | os.PathLike[str] = "data",
    width: SupportsIndex | None = None,
) -> Preset:
    """Build a preset with networks freshly drawn from ``seed``; ``"wgan-gp-grid25"`` is a name.

    K seeds draw K networks side by side, to be trained at once by ``train(seed=the same K)``; convolutions cannot.
    ``root`` is where pictures lie, or are put. ``width`` makes a convolutional preset narrower or wider than published.
    Names of before still build what they built. Raises ValueError for a name that is not one of ``names()``, with the
    nearest, a seed that is no whole number, or a width where layers are fixed. Chapter: full-models.
    """
    known = {**_PRESETS, **RENAMED}
    if not isinstance(name, str) or name not in known:
        raise ValueError(nearest("preset", str(name), names()))
    if not isinstance(root, str | os.PathLike):
        raise TypeError(f"root is {shortly(root)}: it must be the path of the folder where pictures lie, or are put")
    each, several = training.seeds(seed)
    shape = {} if width is None else {"width": whole("width", width)}
    if shape and "width" not in signature(known[name]).parameters and name not in RENAMED:
        raise ValueError(f"width is {width}: {name} has no convolutions, and its layers are as they are")
    drawn = [known[name](one, home(root), **shape) for one in each]
    if not several:
        return drawn[0]
    generator = networks.side_by_side([preset.generator for preset in drawn])
    return replace(drawn[0], generator=generator, critic=networks.side_by_side([preset.critic for preset in drawn]))
