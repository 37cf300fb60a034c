"""From Steps to a ``Run``: frames of some of them, on samples and points that stay fixed."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, SupportsIndex

import numpy as np
import torch
from torch import Tensor

from wgan_lib import checks, networks
from wgan_lib.files import provenance
from wgan_lib.runs import Run
from wgan_lib.training.parts import enough, seeds, stream
from wgan_lib.training.step import Step

Measure = Callable[[Step], Any]

_TAKEN = {"samples", "critic", "certified", "real", "grid_x", "grid_y", *Step.__dataclass_fields__}


class Recorder:
    """Collects frames for a ``Run`` from Steps: the first, every ``every``-th and the last, or those ``at`` marks.

    ``at`` counts finished steps, 1 to n_steps, and takes the place of ``every``. Each frame holds the Step's numbers
    (``certified`` NaN where it was not asked for), ``samples`` (n_samples, …) of the generator at latents that stay
    fixed, and for each of ``measures`` what its function returns for the Step, with the networks in eval mode: a number
    or an array of always the same shape. With ``grid`` = m also ``critic`` (m, m), f at (grid_x[j], grid_y[i]), on a
    square around the real samples (2-D data). ``fixed`` holds ``real`` (n_samples, …) and the grid's axes. float32.

    Raises ValueError for a count below 1, marks that are no such counts, a measure named as a frame already is, more
    ``n_samples`` than the data hold, or a grid over data that are not 2-D; TypeError for a measure that is no function.
    Chapter: clipping-gp-sn.
    """

    def __init__(
        self,
        every: SupportsIndex = 50,
        n_samples: SupportsIndex = 256,
        grid: SupportsIndex | None = None,
        measures: Mapping[str, Measure] | None = None,
        at: Iterable[SupportsIndex] | None = None,
    ) -> None:
        self.every, self.n_samples = checks.whole("every", every), checks.whole("n_samples", n_samples)
        self.grid = None if grid is None else checks.whole("grid", grid, most=10_000)
        self.at = None if at is None else _marks(at)
        self.measures = _measures(measures)
        self.frames: dict[str, list[Any]] = {}
        self.fixed: dict[str, np.ndarray] = {}
        self.step: Step | None = None

    def add(self, step: Step) -> None:
        """Look at a Step, and keep a frame of it if it is its turn."""
        if not isinstance(step, Step):
            raise TypeError(f"steps give {checks.shortly(step)}: they must give Steps, as training.train does")
        if self.step is None:
            self._prepare(step)
        self.step = step
        if not self._its_turn(step):
            return
        frame: dict[str, Any] = {
            name: value for name, value in vars(step).items() if isinstance(value, int | float | tuple)
        }
        if step.settings["certify_every"] is not None:
            frame["certified"] = math.nan if step.certified is None else step.certified
        with networks.evaluating(step.generator, step.critic):
            frame["samples"] = step.generator(self.latents).cpu().numpy()
            if self.grid is not None:
                scores = step.critic(self.points)
                frame["critic"] = scores.reshape(*scores.shape[:-1], self.grid, self.grid).cpu().numpy()
            for name, measure in self.measures.items():
                with torch.enable_grad():
                    frame[name] = _array(name, measure(step), self.frames.get(name))
        for name, value in frame.items():
            self.frames.setdefault(name, []).append(value)

    def _its_turn(self, step: Step) -> bool:
        done = step.index + 1
        if self.at is not None:
            return done in self.at
        return step.index == 0 or done % self.every == 0 or done == step.settings["n_steps"]

    def _prepare(self, step: Step) -> None:
        if self.at is not None and max(self.at) > step.settings["n_steps"]:
            raise ValueError(f"at holds {max(self.at)}: the training has {step.settings['n_steps']} steps")
        enough("n_samples", self.n_samples, step.data)
        seed, to_device = seeds(step.settings["seed"])[0][0], step.live.engine.to_device  # type: ignore[union-attr]
        with checks.fitting("n_samples", self.n_samples):
            real = step.data.sample(self.n_samples, stream(seed, "recorded data"))
            self.latents = to_device(step.latent.sample(self.n_samples, stream(seed, "recorded latent")))
        fixed = {"real": real.cpu().numpy()}
        if self.grid is not None:
            if real.shape[1:] != (2,):
                raise ValueError(f"grid is {self.grid}: the critic's grid needs 2-D data, not {tuple(real.shape[1:])}")
            middle, half = (real.amax(0) + real.amin(0)) / 2, 0.65 * (real.amax(0) - real.amin(0)).max()
            x, y = (torch.linspace(float(m - half), float(m + half), self.grid) for m in middle)
            self.points = to_device(torch.cartesian_prod(y, x).flip(-1))
            fixed |= {"grid_x": x.numpy(), "grid_y": y.numpy()}
        self.fixed = fixed

    def __len__(self) -> int:
        return len(self.frames.get("index", []))

    def run(self, **meta: Any) -> Run:
        """Return what was collected, with the settings, provenance and ``meta``; ValueError if there was no frame."""
        if self.step is None or not self.frames:
            raise ValueError("steps are empty: there is nothing to record")
        found = {**provenance(), **self.step.settings, "seconds": self.step.seconds, **plain_meta(meta)}
        dtypes = {float: np.float32, tuple: np.float32, int: np.int64}
        frames = {name: np.array(v, dtype=dtypes.get(type(v[0]))) for name, v in self.frames.items()}
        return Run(frames, found, self.fixed)


def record(
    steps: Iterable[Step],
    every: SupportsIndex = 50,
    n_samples: SupportsIndex = 256,
    grid: SupportsIndex | None = None,
    measures: Mapping[str, Measure] | None = None,
    at: Iterable[SupportsIndex] | None = None,
    **meta: Any,
) -> Run:
    """Train through ``steps`` and return a ``Run`` of some of them; see ``Recorder``.

    ``meta`` is added to the run's: text, finite numbers, paths, arrays, lists and mappings of them. Raises ValueError
    or TypeError for anything else before the first step, and as ``Recorder`` and ``train`` do. Chapter: clipping-gp-sn.
    """
    recorder, meta = Recorder(every, n_samples, grid, measures, at), plain_meta(meta)
    if not checks.several(steps):
        raise TypeError(f"steps are {checks.shortly(steps)}: they must be what training.train returns")
    for step in steps:
        recorder.add(step)
    return recorder.run(**meta)


def plain_meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is told about a run as JSON: paths as text, numpy's and torch's numbers as numbers.

    Raises ValueError for NaN and infinities, TypeError for what JSON cannot hold, naming it. Chapter: full-models.
    """
    return {name: _plain(name, value) for name, value in meta.items()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic | Tensor):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}: a record holds finite numbers, text, lists and mappings of them")
        return value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        if bad := [key for key in value if not isinstance(key, str)]:
            raise TypeError(f"{name} has the key {bad[0]!r}: keys of a record are text")
        return {key: _plain(f"{name}[{key!r}]", held) for key, held in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(f"{name}[{i}]", held) for i, held in enumerate(value)]
    raise TypeError(
        f"{name} is {checks.shortly(value)}: a record holds finite numbers, text, lists and mappings of them"
    )


def _marks(at: Iterable[SupportsIndex]) -> frozenset[int]:
    if not checks.several(at) or isinstance(at, str | bytes):
        raise TypeError(f"at is {checks.shortly(at)}: it must be numbers of finished steps, such as (1, 10, 100)")
    marks: Sequence[int] = [checks.whole("at", mark) for mark in at]
    if not marks:
        raise ValueError("at is empty: give the numbers of finished steps to keep, such as (1, 10, 100)")
    return frozenset(marks)


def _measures(measures: Mapping[str, Measure] | None) -> dict[str, Measure]:
    if measures is not None and not isinstance(measures, Mapping):
        raise TypeError(f"measures is {checks.shortly(measures)}: it must map names to functions of a Step")
    for name, measure in (measures or {}).items():
        if not isinstance(name, str) or not name or name in _TAKEN:
            raise ValueError(f"measures holds {name!r}: it must be text, and no name of a frame of every record")
        if not callable(measure):
            raise TypeError(f"measures[{name!r}] is {checks.shortly(measure)}: it must be a function of a Step")
    return dict(measures or {})


def _array(name: str, value: Any, before: list[Any] | None) -> np.ndarray:
    try:
        array = np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"measures[{name!r}] gave {checks.shortly(value)}, which is no array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"measures[{name!r}] gave {checks.shortly(value)}: it must give a number or an array of numbers"
        )
    if before and before[0].shape != array.shape:
        shapes = f"shape {array.shape}, before {before[0].shape}"
        raise ValueError(f"measures[{name!r}] gave {shapes}: it must give always the same")
    return array
