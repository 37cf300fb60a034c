"""Recorded runs: the cut between heavy training and light display. Neither torch nor POT is imported here."""

import io
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, SupportsIndex

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from wgan_lib.checks import is_tensor, nearest, reals, shortly, whole
from wgan_lib.files import home, read_sealed, write_sealed


@dataclass(frozen=True, eq=False)
class Run:
    """What a training left behind: arrays with one entry per frame, arrays that stay fixed, and where it all came from.

    ``frames`` maps names to arrays of shape (n_frames, ...), such as "index" (n_frames,), "w1_estimate" (n_frames,) in
    units of the data, "samples" (n_frames, n, d); ``fixed`` maps names to arrays without that axis, such as "real"
    (n, d) and the "grid" (m, d) on which the frames' "critic" (n_frames, m) was taken. Both are copied and read-only.
    ``meta`` is made JSON by `as_json`: preset, reprs of loss and constraint, seed, hyper-parameters, versions, commit,
    device, wall time. A run can be pickled and copied.

    Raises ValueError for no frames, unequal numbers of frames, a name in both, or a meta that JSON cannot hold;
    TypeError for arrays of Python objects. Chapter: clipping-gp-sn.
    """

    frames: Mapping[str, Shaped[Any, "frame ..."]]
    meta: Mapping[str, Any]
    fixed: Mapping[str, Shaped[Any, "..."]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for group in ("frames", "fixed"):
            frozen = {name: _array(f"{group}[{name!r}]", array) for name, array in getattr(self, group).items()}
            if nameless := [name for name in frozen if not isinstance(name, str) or not name]:
                raise ValueError(f"{group} has the name {nameless[0]!r}: an array's name must be text, and not empty")
            object.__setattr__(self, group, MappingProxyType(frozen))
        lengths = {name: len(array) if array.ndim else 0 for name, array in self.frames.items()}
        if len(set(lengths.values())) != 1 or 0 in lengths.values():
            raise ValueError(f"frames have lengths {lengths}: each array needs the same leading axis, 1 or longer")
        if both := set(self.frames) & set(self.fixed):
            raise ValueError(f"{sorted(both)} are both in frames and in fixed: a name may stand for one array only")
        object.__setattr__(self, "meta", MappingProxyType(as_json(self.meta)))

    def __reduce__(self) -> tuple[type["Run"], tuple[dict[str, Any], ...]]:
        return Run, (dict(self.frames), dict(self.meta), dict(self.fixed))  # read-only mappings cannot be pickled

    def __len__(self) -> int:
        return len(next(iter(self.frames.values())))

    def __getitem__(self, name: str) -> Shaped[np.ndarray, "..."]:
        arrays = {**self.fixed, **self.frames}
        if name not in arrays:
            raise KeyError(f"this run has no array {name!r}; it has {sorted(arrays)}")
        return arrays[name]

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in {**self.frames, **self.fixed}.items())
        return f"Run({self.meta.get('preset') or 'unnamed'}, {len(self)} frames: {shapes})"

    def first(self, n_frames: int) -> "Run":
        """Return the first ``n_frames`` frames, 1 to ``len(self)``, else ValueError. Chapter: full-models."""
        if not 1 <= whole("n_frames", n_frames) <= len(self):
            raise ValueError(f"n_frames is {n_frames}: this run has frames 1 to {len(self)}")
        return Run({name: array[:n_frames] for name, array in self.frames.items()}, self.meta, self.fixed)

    def then(self, later: "Run") -> "Run":
        """Return this run followed by ``later``, with the later one's meta.

        Raises ValueError unless both have the same frames. Chapter: full-models.
        """
        if set(self.frames) != set(later.frames):
            raise ValueError(f"later has frames {sorted(later.frames)}: this run has {sorted(self.frames)}")
        joined = {name: np.concatenate([array, later.frames[name]]) for name, array in self.frames.items()}
        return Run(joined, later.meta, {**later.fixed, **self.fixed})

    def save(self, path: str | os.PathLike[str], bits: Mapping[str, int] | None = None) -> Path:
        """Write the run as a compressed .npz with a checksum, whole or not at all, and return its path.

        ``bits`` names frames to be written as whole numbers of so many bits between each frame's least and largest
        value; they come back as floats, off by at most half a step.

        Raises OSError, with the old file untouched, when the disk is full or the folder read-only; ValueError for a
        name that does not end in .npz, and as ``quantised``. Chapter: clipping-gp-sn.
        """
        path = home(path)
        if path.suffix != ".npz":
            raise ValueError(f"path is {path}: the name of a run file must end in .npz")
        bits = bits or {}
        if unknown := sorted(set(bits) - set(self.frames)):
            raise ValueError(f"bits names {', '.join(unknown)}: the frames of this run are {sorted(self.frames)}")
        arrays = {f"frames/{name}": array for name, array in self.frames.items() if name not in bits}
        arrays |= {f"fixed/{name}": array for name, array in self.fixed.items()}
        for name, n in bits.items():
            found = quantised(self.frames[name], n)
            arrays |= {f"packed/{name}": found.planes, f"range/{name}": found.range}
            arrays[f"form/{name}"] = np.array([found.bits, found.differenced])
        buffer = io.BytesIO()
        np.savez_compressed(buffer, meta=np.array(json.dumps(dict(self.meta))), **arrays)
        write_sealed(path, "run", buffer.getvalue())
        return path


class Quantised(NamedTuple):
    """An array as whole numbers of ``bits`` bits between the ends ``range`` (k, 2) of each of its k frames.

    ``planes`` (2, k, …) holds their low bytes, then their high bytes; ``differenced``: of the differences along the
    last two axes, modulo 2¹⁶, which are smaller where neighbours are alike. Chapter: clipping-gp-sn.
    """

    planes: UInt8[np.ndarray, "2 frame ..."]
    range: Float[np.ndarray, "frame 2"]
    bits: int
    differenced: bool


def quantised(values: Shaped[Any, "frame ..."], bits: SupportsIndex) -> Quantised:
    """Round each frame to 2^bits equal steps from its least to its largest value: the smaller of both forms.

    Raises ValueError for bits outside 1 to 16, and for values that are not finite. Chapter: clipping-gp-sn.
    """
    bits = whole("bits", bits)
    array = reals("values", values)
    if bits > 16 or array.ndim < 2 or not array.size:
        raise ValueError(f"bits is {bits}, values have shape {array.shape}: give 1 to 16 bits and frames of numbers")
    within = tuple(range(1, array.ndim))
    low, high = array.min(within, keepdims=True), array.max(within, keepdims=True)
    steps = np.rint((2**bits - 1) * ((array - low) / np.where(high > low, high - low, 1.0))).astype(np.int64)
    smooth = np.diff(np.diff(steps, axis=-1, prepend=0), axis=-2, prepend=0) if array.ndim > 2 else steps
    planes = [np.stack([form & 0xFF, (form >> 8) & 0xFF]).astype(np.uint8) for form in (steps, smooth)]
    sizes = [len(zlib.compress(form.tobytes())) for form in planes]
    best = int(sizes[1] < sizes[0])
    ends = np.stack([low.reshape(-1), high.reshape(-1)], 1)
    return Quantised(planes[best], ends, bits, bool(best))


def restored(packed: Quantised) -> Float[np.ndarray, "frame ..."]:
    """Give back the numbers of ``quantised``, float32, off by at most half a step. Chapter: clipping-gp-sn."""
    steps = packed.planes[0].astype(np.int64) + 256 * packed.planes[1].astype(np.int64)
    if packed.differenced:
        steps = np.cumsum(np.cumsum(steps, axis=-2), axis=-1) & 0xFFFF
    low, high = (packed.range[:, k].reshape(-1, *[1] * (steps.ndim - 1)) for k in (0, 1))
    return (low + (high - low) * steps / (2**packed.bits - 1)).astype(np.float32)


def as_json(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Give the plain form of a run's meta: numpy's and torch's numbers and arrays as numbers and lists, paths as text.

    Raises ValueError, with the entry's name, for what JSON cannot hold, such as NaN. Chapter: clipping-gp-sn.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if isinstance(value, np.ndarray | np.generic) or is_tensor(value):
            return _array("it", value).tolist()
        if isinstance(value, Mapping):
            return dict(value)
        raise TypeError(f"a {type(value).__name__} is none of text, finite numbers, lists and mappings")

    if not isinstance(meta, Mapping):
        raise TypeError(f"meta is {shortly(meta)}: it must be a mapping of names to what JSON can hold")
    found = {}
    for name, value in meta.items():
        try:
            found[str(name)] = json.loads(json.dumps(value, allow_nan=False, default=plain))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"meta[{name!r}] must be JSON (text, finite numbers, lists, mappings): {error}") from None
    return found


def _array(name: str, value: Any) -> Shaped[np.ndarray, "..."]:
    """A copy of its own that nobody can write to."""
    if is_tensor(value):
        value = value.detach().cpu()
        value = value.float().numpy() if "bfloat16" in str(value.dtype) else value.numpy()  # numpy has no bfloat16
    array = np.array(value)
    if array.dtype.hasobject:
        raise TypeError(f"{name} holds Python objects: numbers, booleans or text are needed")
    array.setflags(write=False)
    return array


def names() -> list[str]:
    """Return the names of the runs recorded with the library, sorted. Chapter: clipping-gp-sn."""
    recorded = resources.files("wgan_lib") / "recorded"
    return sorted(f.name.removesuffix(".npz") for f in recorded.iterdir() if f.name.endswith(".npz"))


def load(name: str | os.PathLike[str]) -> Run:
    """Read a run recorded with the library by its name, or any other by the path of its .npz file.

    Nothing is unpickled. Raises FileNotFoundError, with the nearest names, if there is none; DamagedFileError for a
    truncated, altered or foreign file. Chapter: clipping-gp-sn.
    """
    if not isinstance(name, str | os.PathLike):
        raise TypeError(f"name is {shortly(name)}: it must be the name of a recorded run, or a path")
    file: Traversable = home(name)
    if not str(name).endswith(".npz"):
        if str(name) not in names():
            raise FileNotFoundError(nearest("recorded run", str(name), names()))
        file = resources.files("wgan_lib") / "recorded" / f"{name}.npz"
    archive = np.load(io.BytesIO(read_sealed(file, "run")), allow_pickle=False)
    meta = json.loads(str(archive["meta"]))
    groups: dict[str, dict[str, np.ndarray]] = {g: {} for g in ("frames", "fixed", "packed", "range", "form")}
    for key in archive.files[1:]:  # after "meta"
        group, _, array_name = key.partition("/")
        groups[group][array_name] = archive[key]
    for key, planes in groups["packed"].items():
        bits, differenced = (int(v) for v in groups["form"][key])
        groups["frames"][key] = restored(Quantised(planes, groups["range"][key], bits, bool(differenced)))
    return Run(groups["frames"], meta, groups["fixed"])
