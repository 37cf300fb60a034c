"""Checkpoints: everything a training needs to go on as if nothing had happened, two files deep, never unpickled."""

import io
import json
import os
import pickle  # for its error only
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from wgan_lib.files import DamagedFileError, home, read_sealed, sweep, write_sealed

KEPT = 2
FORMAT = 2
"""Format 1, of commit 8789cbd and before, is read too; it has no number, no fingerprints and no global numbers."""


def paths(folder: str | os.PathLike[str]) -> list[Path]:
    """Return the checkpoint files of a folder, the last one first; none if it does not exist. Chapter: full-models."""
    found = {int(m[1]): p for p in home(folder).glob("step-*.pt") if (m := re.fullmatch(r"step-(\d{8})\.pt", p.name))}
    return [found[step] for step in sorted(found, reverse=True)]


def save(folder: str | os.PathLike[str], step: int, state: Mapping[str, Any]) -> Path:
    """Write ``state`` as the checkpoint after ``step`` steps, keep it and the last whole one before, return its path.

    ``state`` holds tensors, numbers, text, lists and mappings; a mapping under "settings" is stored as JSON. The file
    is written beside and renamed; only then are older ones removed. Raises OSError, with the earlier checkpoints as
    they were, when the disk is full or the folder read-only. Chapter: full-models.
    """
    path = home(folder) / f"step-{step:08d}.pt"
    buffer = io.BytesIO()
    torch.save({**state, "format": FORMAT, "settings": json.dumps(state.get("settings", {}))}, buffer)
    write_sealed(path, "checkpoint", buffer.getvalue())
    whole = 1
    for earlier in (other for other in paths(folder) if other.name < path.name):
        if whole == KEPT:
            earlier.unlink(missing_ok=True)
        else:
            whole += _is_whole(earlier)
    for half in path.parent.glob(".step-*.part"):  # what a kill has left
        sweep(path.with_name(".".join(half.name.split(".")[1:3])))
    return path


def _is_whole(path: Path) -> bool:
    try:
        return bool(read_sealed(path, "checkpoint"))
    except (DamagedFileError, OSError):
        return False


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read one checkpoint on the CPU, without unpickling.

    Raises DamagedFileError that names the file if it is truncated, altered or foreign, ValueError if a later version
    of the library wrote it. Chapter: full-models.
    """
    archive = read_sealed(path, "checkpoint")
    try:
        state = torch.load(io.BytesIO(archive), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise DamagedFileError(f"{path} holds something else than weights, and was not loaded: {error}") from error
    if state.get("format", 1) > FORMAT:
        raise ValueError(
            f"{path} has format {state['format']}, of a later version of wgan_lib; this one reads {FORMAT}"
        )
    return {**state, "settings": json.loads(state["settings"])}


def must_exist(folder: str | os.PathLike[str]) -> None:
    """Raise FileNotFoundError if a folder holds no checkpoint. Chapter: full-models."""
    if not paths(folder):
        raise FileNotFoundError(f"checkpoint_dir {folder} holds no checkpoint: start with resume=False, or correct it")


def must_be_free(folder: str | os.PathLike[str]) -> None:
    """Raise FileExistsError if a folder holds a checkpoint. Chapter: full-models."""
    if found := paths(folder):
        raise FileExistsError(f"checkpoint_dir already holds {found[0]}: pass resume=True, or another folder")


def load_last(folder: str | os.PathLike[str]) -> tuple[Path, dict[str, Any]]:
    """Find and read the last whole checkpoint of a folder; a damaged one is told by a warning and left where it is.

    Raises FileNotFoundError if there is none, DamagedFileError if none is whole. Chapter: full-models.
    """
    must_exist(folder)
    found = paths(folder)
    refused: list[str] = []
    for path in found:
        try:
            state = load(path)
        except DamagedFileError as error:
            refused.append(str(error))
            continue
        for reason in refused:
            warnings.warn(f"{reason}. Going on from the one before it, {path}", stacklevel=3)
        return path, state
    raise DamagedFileError("no checkpoint is whole: " + "; ".join(refused))
