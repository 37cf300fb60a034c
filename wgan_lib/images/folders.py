"""Pictures of one's own, from a folder: found in the order of their names, each in training or held out."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from tqdm import tqdm

import wgan_lib.images.decoding as decoding
import wgan_lib.images.stored as stored
from wgan_lib import checks
from wgan_lib.files import home
from wgan_lib.images.downloads import place
from wgan_lib.images.memory import Images

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}


@dataclass(frozen=True)
class Listing:
    """The pictures of a folder, by name, with what tells whether one of them has changed. Chapter: full-models."""

    top: Path
    names: tuple[str, ...]
    digest: str

    @property
    def files(self) -> list[str]:
        """Their paths."""
        top = os.fspath(self.top)
        return [os.path.join(top, name) for name in self.names]

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The subfolders that hold them, if each picture lies in one and there are two or more; else none."""
        found = {head if cut else "" for head, cut, _ in (name.partition("/") for name in self.names)}
        return () if "" in found or len(found) < 2 else tuple(sorted(found))

    def labels(self) -> Int64[np.ndarray, "n"] | None:
        """Return the number of each picture's subfolder, None where subfolders do not sort them."""
        number = {name: i for i, name in enumerate(self.classes)}
        return np.array([number[name.partition("/")[0]] for name in self.names]) if number else None


def listing(path: str | os.PathLike[str]) -> Listing:
    """Find the pictures of a folder and its subfolders; hidden files and __MACOSX are passed over.

    Raises FileNotFoundError for fewer than two. Chapter: full-models.
    """
    top = place("path", path)
    found, folders = list[tuple[list[str], int, int]](), [""]
    while folders:
        inside = folders.pop()
        above = inside.split("/")[:-1]
        try:
            entries = list(os.scandir(top / inside))
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            if entry.is_dir():
                if not entry.is_symlink():
                    folders.append(f"{inside}{entry.name}/")
            elif entry.name[entry.name.rfind(".") :].lower() in SUFFIXES:
                try:
                    state = entry.stat()
                except FileNotFoundError:  # a link to what is not there: it is named when it is opened
                    state = entry.stat(follow_symlinks=False)
                found.append(([*above, entry.name], state.st_size, state.st_mtime_ns))
    found.sort()
    if len(found) < 2:
        raise FileNotFoundError(f"path {top.absolute()} holds {len(found)} pictures ({', '.join(sorted(SUFFIXES))})")
    digest = hashlib.sha256(repr(found).encode(errors="surrogateescape")).hexdigest()
    return Listing(top, tuple("/".join(parts) for parts, _, _ in found), digest)


def holds_pictures(path: str | os.PathLike[str]) -> bool:
    """Say whether a folder, or a subfolder that is not hidden, holds two pictures or more. Chapter: full-models."""
    try:
        return home(path).is_dir() and bool(listing(path))
    except FileNotFoundError:
        return False


def folder(
    path: str | os.PathLike[str],
    size: int,
    channels: int = 3,
    ground: str | Sequence[int] = "white",
    *,
    flips: bool = False,
    cache: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> Images:
    """Give the pictures of a folder and its subfolders, ``(n, channels, size, size)``, a tenth of them held out.

    Each is turned as its camera says, laid on ``ground`` (a colour's name, "#rrggbb" or three numbers to 255) where it
    is transparent, cut to its middle square and scaled; of a moving picture the first frame counts. Files are taken in
    the order of their names: png, jpg, jpeg, bmp, gif, webp, tif, tiff; hidden ones and __MACOSX are passed over. Where
    each lies in a subfolder, subfolders are labels. Every tenth picture is held out, with its copies: no picture is in
    both parts. With ``flips`` a batch shows each picture as it is or mirrored, one as likely as the other.

    With ``cache``, a folder, pictures are decoded once and kept there as bytes, which are then mapped, not read: a
    million need no memory. It is made anew when a picture, or an argument, has changed, gone on with after a kill, and
    refused when a byte of it has. Raises FileNotFoundError for fewer than two pictures, ValueError that names a damaged
    one, one without a known white (32 bits a pixel), or a wrong argument, DamagedFileError, OSError from a full disk.
    Chapter: full-models.
    """
    size, channels = checks.whole("size", size), checks.one_of("channels", channels, (1, 3))
    flips, progress, colour = checks.flag("flips", flips), checks.flag("progress", progress), decoding.colour(ground)
    found = listing(path)
    name = f"folder({found.top.name}, {size}, {channels}{'' if colour == (255, 255, 255) else f', ground={ground!r}'})"
    if cache is not None:
        kind = stored.Kind(size, channels, colour)
        data = stored.opened(home(cache), found.files, found.digest, found.labels(), kind, name, progress)
    else:
        data = _in_memory(found, size, channels, colour, name, progress)
    if data is None:
        top = found.top.absolute()
        raise ValueError(f"path {top} holds {len(found.names)} copies of one picture: none is left to hold out")
    return replace(data, mirrored=flips, classes=found.classes)


def _in_memory(
    found: Listing, size: int, channels: int, colour: decoding.Ground, name: str, progress: bool
) -> Images | None:
    pixels = np.empty((len(found.names), channels, size, size), np.uint8)
    rows = decoding.decoded(found.files, size, channels, colour)
    for i, row in enumerate(tqdm(rows, "decoding", len(pixels), unit="picture", disable=not progress)):
        pixels[i] = row
    seen: dict[bytes, int] = {}
    numbers = np.array([seen.setdefault(stored.digest(row), len(seen)) for row in pixels])
    if not numbers.any():
        return None
    tensor, kept, labels = torch.from_numpy(pixels), torch.from_numpy(numbers) % 10 > 0, found.labels()
    told = None if labels is None else torch.from_numpy(labels)
    held_out = Images(f"{name}.held_out", tensor[~kept], _of(told, ~kept))
    return Images(name, tensor[kept], _of(told, kept), held_out)


def _of(labels: Int64[Tensor, "n"] | None, kept: Tensor) -> Tensor | None:
    return None if labels is None else labels[kept]
