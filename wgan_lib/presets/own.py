"""A preset on data of one's own: its networks and settings, and whatever pictures a folder holds."""

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from wgan_lib import images, networks
from wgan_lib.presets.preset import Preset
from wgan_lib.training import NormalLatent, stream


def shape_of(preset: Preset) -> tuple[int, ...]:
    """Return the shape of one sample that the generator makes. Chapter: full-models."""
    with networks.evaluating(preset.generator):
        return tuple(preset.generator(preset.latent.sample(2, stream(0, "probe"))).shape[1:])


def makes_pictures(preset: Preset) -> bool:
    """Say whether the generator makes square pictures of one or three channels. Chapter: full-models."""
    shape = shape_of(preset)
    return len(shape) == 3 and shape[0] in (1, 3) and shape[1] == shape[2]


def on_pictures(
    preset: Preset,
    path: str | os.PathLike[str],
    *,
    flips: bool = False,
    augment: Sequence[str] = (),
    ground: str | Sequence[int] = "white",
    size: int | None = None,
    seed: int = 0,
) -> Preset:
    """Return the preset on the pictures of a folder, scaled to what its networks make.

    Where another ``size`` is asked for, up to 128 and more, DCGAN's networks of that size, drawn from ``seed``, take
    the place of the preset's; loss, constraint, optimisers and schedule stay.

    ``augment`` names the changes of ``networks.Augment`` that the critic sees. Pictures are decoded once, into a hidden
    folder beside them, or of this user's where that one may only be read. Raises ValueError for a preset that makes no
    square pictures, and, when its data are asked for, what ``images.folder`` raises. Chapter: full-models.
    """
    if not makes_pictures(preset):
        raise ValueError(
            f"{preset.name} makes samples of shape {shape_of(preset)}: it cannot learn a folder of pictures"
        )
    channels, own, _ = shape_of(preset)
    size = size or own
    shown = sys.stderr is not None and sys.stderr.isatty()
    make = partial(images.folder, path, size, channels, ground, flips=flips, cache=cache_of(Path(path)), progress=shown)
    changes: dict[str, Any] = {"make_data": make, "published": "none for these pictures"}
    if size != own:
        rng = torch.Generator().manual_seed(seed)
        changes |= {"generator": networks.dcgan_generator(size, channels, rng=rng), "latent": NormalLatent(100)}
        changes["critic"] = networks.dcgan_critic(size, channels, rng=rng)
    if augment:
        changes["critic"] = nn.Sequential(networks.Augment(augment), changes.get("critic", preset.critic))
    return replace(preset, **changes)


def cache_of(folder: Path) -> Path:
    """Return where decoded pictures of a folder are kept. Chapter: full-models."""
    folder = folder.expanduser().absolute()
    if os.access(folder, os.W_OK):
        return folder / ".wgan_lib"
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return users / "wgan_lib" / hashlib.sha256(str(folder).encode(errors="surrogateescape")).hexdigest()[:16]
