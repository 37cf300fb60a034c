"""Recorded runs, played side by side: samples, critic, slope, curves, layers, and the generator as a deformed grid."""

import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import traitlets as t

from wgan_lib import runs
from wgan_lib.runs import Run
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Whole, data, joined, reading
from wgan_lib.widgets.recordings import checked, layers_of, numbers_of, pack, short, window_of

Source: TypeAlias = Run | str | os.PathLike[str]
_MOST = 6  # runs side by side


@dataclass(frozen=True)
class _Line:
    """A number of each frame, and how a panel shows it."""

    key: str
    label: str
    colour: str


_PANELS = (
    ("", (_Line("w1", "W₁", "critic"), _Line("gap", "raw gap", "ink"))),
    ("Fréchet distance", (_Line("frechet", "Fréchet", "critic"),)),
)


class RunPlayer(BookWidget):
    """Recorded runs side by side under one scrubber: what each drew, its critic, its curves, its gradient by layer.

    `run_or_runs` is a run, the name or path of a recorded one, a list of them, or a mapping from words to them; at most
    six. A run is played with what it holds, by these names: frames "index" (k,), "samples" (k, n, 2) or pictures
    (k, n, c, h, w), "critic" (k, m, m) and "slope" or "log10_slope" (k, m, m) at the fixed "grid_x" and "grid_y" (m,),
    "lattice" (k, a, b, 2) the generator on a grid of latents, "layers" (k, L), "gap" or else "w1_estimate" (k,), "w1"
    (k,), computed from the samples and the fixed "real" (n, 2) where it is not there, "frechet" (k,); and the fixed
    "null". `training.record(..., grid=48, measures=…)` keeps them.

    `frame` counts the steps that any run recorded; a run stands at its last frame up to there. `ground` is what lies
    under the points; `points`, `lattice` and `flow` switch layers; `left` and `right` are the runs that a phone shows.
    Between two frames of a film points and surfaces move in straight lines; numbers are always recorded ones.
    Read-only: `step`, and `w1`, one number or None for each run.

    Raises InvalidTrait for what is no run, for no or too many runs, for a run with nothing to play, for arrays of
    other shapes or not finite, and for a frame or a run that is not there. Chapter: clipping-gp-sn.
    """

    _esm = joined("widgets/run-player.mjs")
    task = t.Unicode("Press Play, or drag the time. Which run spreads first, and whose critic stays gentle?").tag(
        sync=True
    )
    frame = Whole(0)
    ground = t.Enum(["critic", "slope", "nothing"], "critic").tag(sync=True)
    points = t.Bool(True).tag(sync=True)
    lattice = t.Bool(False).tag(sync=True)
    flow = t.Bool(False).tag(sync=True)
    left = t.Unicode().tag(sync=True)
    right = t.Unicode().tag(sync=True)
    names, steps, recorded, panels, packed = data(), data(), data(), data(), data()

    def __init__(self, run_or_runs: Source | Sequence[Source] | Mapping[str, Source], **traits: Any) -> None:
        loaded = {name: checked(name, run) for name, run in _named(run_or_runs).items()}
        names = list(loaded)
        steps = np.unique(np.concatenate([run["index"] for run in loaded.values()])).astype(int) + 1
        blob, recorded = bytearray(), []
        for run in loaded.values():
            layers, numbers = layers_of(run), numbers_of(run)
            at = np.searchsorted(run["index"] + 1, steps, side="right") - 1
            entry = {"at": np.maximum(at, 0).tolist(), "first": int(run["index"][0]) + 1, "numbers": numbers}
            entry |= {"window": window_of(run), "pictures": "samples" in run.frames and run["samples"].ndim == 5}
            entry["null"] = float(np.mean(run["null"])) if "null" in run.fixed else None
            if "real" in run.fixed and run["real"].ndim == 2:
                layers["real"] = run["real"][None]
            entry["layers"] = {key: pack(blob, key, values) for key, values in layers.items()}
            recorded.append(entry)
        self.hold(names=names, steps=steps.tolist(), recorded=recorded, panels=_panels(recorded))
        self.hold(packed=zlib.compress(bytes(blob), 9))
        self._sizes = _sizes(recorded, self.panels, len(steps))
        super().__init__(**{"left": names[0], "right": names[min(1, len(names) - 1)], **traits})

    def reaches(self) -> dict[str, Any]:
        """Give the range of `frame`, the runs to choose from, and only the layers that some run has."""
        held = {key for entry in self.recorded for key in entry["layers"]}
        grounds = [name for name, key in (("critic", "critic"), ("slope", "log10_slope")) if key in held]
        pair = self.names if len(self.names) > 2 else False
        flat = any(not entry["pictures"] and "samples" in entry["layers"] for entry in self.recorded)
        return {
            "frame": [0, len(self.steps) - 1, 1] if len(self.steps) > 1 else False,
            "ground": [*grounds, "nothing"] if grounds else False,
            "points": flat and bool(grounds or "lattice" in held),
            "lattice": "lattice" in held,
            "flow": "critic" in held,
            "left": pair,
            "right": pair,
        }

    @reading("frame")
    def step(self) -> int:
        """The step shown, counted from 1."""
        return int(self.steps[self.frame])

    @reading("frame")
    def w1(self) -> list[float | None]:
        """The recorded W1 of each run at its frame; None where it has none."""
        found = [(entry["numbers"].get("w1"), entry["at"][self.frame]) for entry in self.recorded]
        return [None if values is None else values[at] for values, at in found]

    @t.validate("frame")
    def _a_frame(self, proposal: t.Bunch) -> int:
        if not 0 <= proposal.value < len(self.steps):
            raise InvalidTrait(f"frame must be 0 to {len(self.steps) - 1}, not {proposal.value!r}")
        return int(proposal.value)

    @t.validate("left", "right")
    def _a_run(self, proposal: t.Bunch) -> str:
        if proposal.value not in self.names:
            raise InvalidTrait(f"{proposal.trait.name} must be one of {', '.join(self.names)}, not {proposal.value!r}")
        return str(proposal.value)


def _named(given: Any) -> dict[str, Run]:
    """The runs by the words they are shown under."""
    wanted = "a Run, the name of a recorded one, or a list or a mapping of them"
    if isinstance(given, Run | str | os.PathLike):
        given = [given]
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, Sequence):
        pairs = [(run if isinstance(run, str) else None, run) for run in given]
    else:
        raise InvalidTrait(f"run_or_runs is {given!r}: it must be {wanted}")
    if not 1 <= len(pairs) <= _MOST:
        raise InvalidTrait(f"run_or_runs holds {len(pairs)} runs: 1 to {_MOST} are played side by side")
    found: dict[str, Run] = {}
    for k, (name, run) in enumerate(pairs):
        if not isinstance(run, Run | str | os.PathLike):
            raise InvalidTrait(f"run_or_runs[{k if name is None else name!r}] is {run!r}: it must be {wanted}")
        loaded = run if isinstance(run, Run) else runs.load(run)
        title = str(name if name is not None else loaded.meta.get("preset") or f"run {k + 1}")
        found[title if title not in found else f"{title} {k + 1}"] = loaded
    return found


def _panels(recorded: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The curves to draw under each map, on logarithmic axes that all runs share."""
    panels = []
    for title, lines in (*_PANELS, ("gradient by layer", (_Line("layers", "", "critic"),))):
        shown = [line for line in lines if any(line.key in entry["numbers"] for entry in recorded)]
        sizes = [_positive([entry["numbers"].get(line.key, []) for entry in recorded]) for line in shown]
        if shown and shown[0].key == "w1":
            sizes[0] = np.append(sizes[0], _positive([[entry["null"] or 0.0] for entry in recorded]))
        found = [values for values in sizes if values.size]
        if not found:
            continue
        # The first line decides; a raw gap that runs away leaves the axis, and one that is tiny lies at its foot.
        low = max(min(v.min() for v in found), found[0].min() / (1e4 if shown[0].key == "layers" else 10))
        high = min(max(v.max() for v in found), 30 * found[0].max())
        kept = [{"key": line.key, "label": line.label, "colour": line.colour} for line in shown]
        panel = {"title": title, "lines": kept, "y": short([low / 1.3, high * 1.3])}
        panels.append({**panel, "bars": shown[0].key == "layers"})
    return panels


def _positive(lists: Sequence[Any]) -> np.ndarray:
    values = np.concatenate([np.ravel(values) for values in lists]).astype(float)
    return values[values > 0]


def _sizes(recorded: Sequence[Mapping[str, Any]], panels: Sequence[Mapping[str, Any]], frames: int) -> tuple[int, int]:
    """The heights on a phone, which shows two runs and folds all panels but the first, and on a page."""
    layers = {key for entry in recorded for key in entry["layers"]} - {"real"}
    curves, bars = sum(not panel["bars"] for panel in panels), sum(panel["bars"] for panel in panels)
    n, switches = len(recorded), bool(layers & {"critic", "log10_slope", "lattice"})
    column = (880 - 20 * (n - 1)) / n if n > 1 else 280
    maps = [min(171, 176) + 18, min(round(column), 320) + 18] if layers else [0, 0]
    stacks = [[maps[0], 112 * min(curves, 1)], [maps[1], *[132] * curves, 104 * bars]]
    tall = [sum(stack) if n > 1 else max(stack) for stack in stacks]
    folded = switches or n > 2 or curves + bars > 1
    still = frames == 1
    return 216 + 44 * folded - 48 * still + tall[0], 177 + 29 * switches - 34 * still + tall[1]
