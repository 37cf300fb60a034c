"""What RunPlayer takes from a run: is it one, which layers has it, which numbers, and how they go to the page."""

from typing import Any

import numpy as np
from jaxtyping import Shaped

from wgan_lib import runs, transport
from wgan_lib.runs import Run
from wgan_lib.widgets.book_widget import InvalidTrait

_BITS = {"samples": 12, "critic": 10, "log10_slope": 8, "lattice": 10}
_STEEP = 1e-4  # slopes below are drawn as this one

_SHAPES = {"critic": 3, "slope": 3, "log10_slope": 3, "lattice": 4, "layers": 2}
_PLAYED = {*_SHAPES, "samples", "w1", "gap", "w1_estimate", "frechet"}


def checked(name: str, run: Run) -> Run:
    """Give the run, where it can be played, else InvalidTrait. Chapter: clipping-gp-sn."""
    whose, held = f"the run {name!r}", sorted({**run.frames, **run.fixed})
    if "index" not in run.frames or not _PLAYED & set(run.frames):
        raise InvalidTrait(
            f"{whose} has nothing to play: it needs the frames index and one of {', '.join(sorted(_PLAYED))}, and has "
            f"{', '.join(held)}; for one part of such a file make a Run of its arrays"
        )
    for key in sorted(_PLAYED & set(run.frames) | {"index"}):
        if not np.issubdtype(run[key].dtype, np.number) or not np.isfinite(run[key]).all():
            raise InvalidTrait(f"{whose} has {key} that are no finite numbers")
        wanted = _SHAPES.get(key, run[key].ndim if key == "samples" else 1)
        plane = key == "lattice" or (key == "samples" and wanted == 3)
        if (
            run[key].ndim != wanted
            or (plane and run[key].shape[-1] != 2)
            or (key == "samples" and wanted not in (3, 5))
        ):
            forms = {"samples": "(k, n, 2) or (k, n, c, h, w)", "lattice": "(k, a, b, 2)"}
            form = forms.get(key, "(k, " + ", ".join("mm" if wanted == 3 else "L" * (wanted - 1)) + ")")
            raise InvalidTrait(f"{whose} has {key} of shape {run[key].shape}, not {form}: of several seeds choose one")
    if (np.diff(run["index"]) <= 0).any():
        raise InvalidTrait(f"{whose} has an index that does not increase")
    side = {run[key].shape[1:] for key in ("critic", "slope", "log10_slope") if key in run.frames}
    if side:
        grid = tuple(len(run[axis]) if axis in run.fixed else 0 for axis in ("grid_y", "grid_x"))
        if side != {grid} or grid[0] != grid[1]:
            raise InvalidTrait(f"{whose} has surfaces of {sorted(side)} and grid_y, grid_x of {grid} points")
    return run


def layers_of(run: Run) -> dict[str, Shaped[np.ndarray, "frame ..."]]:
    """Give the arrays that are drawn, in the units of the page. Chapter: clipping-gp-sn."""
    found = {key: run[key] for key in ("samples", "critic", "log10_slope", "lattice") if key in run.frames}
    if "slope" in run.frames and "log10_slope" not in found:
        found["log10_slope"] = np.log10(np.maximum(run["slope"].astype(float), _STEEP))
    samples = found.get("samples")
    if samples is not None and samples.ndim == 5 and samples.dtype != np.uint8:
        found["samples"] = np.rint(127.5 * (np.clip(samples, -1, 1) + 1)).astype(np.uint8)
    return found


def pack(blob: bytearray, key: str, values: Shaped[np.ndarray, "frame ..."]) -> dict[str, Any]:
    """Append an array to the page's bytes; say where it begins and what gives its numbers back.

    Chapter: clipping-gp-sn.
    """
    offset = len(blob)
    if values.dtype == np.uint8:
        blob += values.tobytes()
        return {"offset": offset, "shape": list(values.shape), "bits": 0}
    packed = runs.quantised(values, _BITS.get(key, 12))
    blob += packed.planes.tobytes()
    form = {"bits": packed.bits, "differenced": packed.differenced, "range": packed.range.tolist()}
    return {"offset": offset, "shape": list(values.shape), **form}


def numbers_of(run: Run) -> dict[str, Any]:
    """Give the numbers of each frame, by the names of the panels. Chapter: clipping-gp-sn."""
    found = {key: run[key] for key in ("w1", "frechet", "layers") if key in run.frames}
    gap = next((key for key in ("gap", "w1_estimate") if key in run.frames), None)
    if gap is not None:
        found["gap"] = run[gap]
    flat = "samples" in run.frames and run["samples"].ndim == 3 and "real" in run.fixed
    if flat and "w1" not in found:
        found["w1"] = np.array([transport.w1(run["real"], samples) for samples in run["samples"]])
    return {key: [short(row) for row in values] for key, values in found.items()}


def short(value: Any) -> Any:
    """Give a number, or each of a list, in five digits. Chapter: clipping-gp-sn."""
    return [float(f"{v:.5g}") for v in value] if np.ndim(value) else float(f"{value:.5g}")


def window_of(run: Run) -> list[list[float]] | None:
    """Give the square that the map shows: the grid's, or one around the real points or else the samples.

    Chapter: clipping-gp-sn.
    """
    if "grid_x" in run.fixed and "grid_y" in run.fixed:
        return [run[axis][[0, -1]].astype(float).tolist() for axis in ("grid_x", "grid_y")]
    clouds = [run[key].reshape(-1, 2) for key in ("real", "samples") if key in {**run.fixed, **run.frames}
              and run[key].shape[-1] == 2 and run[key].ndim < 4]  # fmt: skip
    if not clouds:
        return None
    low, high = clouds[0].min(0).astype(float), clouds[0].max(0).astype(float)
    half = 0.65 * max(float((high - low).max()), 1e-9)
    return [[float(m - half), float(m + half)] for m in (low + high) / 2]
