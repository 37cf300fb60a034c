"""Figures to take hold of on boxes around the weights: critics of many depths, one layer's square, slopes by layer."""

import math
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import traitlets as t

from wgan_lib import runs
from wgan_lib.runs import Run
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Whole, data, joined, reading

_SHOWN = 72  # points of each law on the map
_WIDTH = 64  # units of a hidden layer in the recorded critics


def log_box_slope(bound: float, sizes: Sequence[int]) -> float:
    """Return log₁₀ of c^L ∏ √(nₗ₋₁ nₗ), the largest slope of a ReLU network of these sizes with weights in [−c, c].

    Attained where all weights are +c and the input is positive. Source: Gulrajani 2017 names the exponential growth,
    not the bound; it follows from the Frobenius norm. Chapter: weight-clipping.
    """
    return math.fsum(math.log10(bound) + math.log10(m * n) / 2 for m, n in pairwise(sizes))


def _sizes(layers: int) -> list[int]:
    return [2, *[_WIDTH] * (layers - 1), 1]


class ClippingDepth(BookWidget):
    """Critics of 2 to 12 layers in boxes of nine sizes, trained on one pair of laws; and the box of a single layer.

    `depth` layers and the bound c (`bound`) choose one of the recorded critics; `penalty` shows one of that depth with
    a gradient penalty instead; `divided` divides f by its steepest slope. `view` "one layer" shows a linear critic for
    a shift of length 1 in the direction `turn` (degrees): the best weights of the square |wᵢ| ≤ 1 beside those of the
    disc |w| ≤ 1. `run` is the run, or the name of the recorded one, that experiments/clipping_depth.py wrote.

    Read-only, many layers: `steepest` = max ‖∇f‖ on a grid, of the surface shown (first seed); `share` = certified W1
    over the exact one, mean over the seeds; `at_bound` = share of weights at ±c. One layer: `square_gap` = |cos| +
    |sin| of the turn, `disc_gap` = 1, `angle` in degrees from the shift to the square's best weights.

    Raises InvalidTrait for a depth or a bound that was not recorded, and for a run without what is needed.
    Source: Gulrajani 2017, figure 1. Chapter: weight-clipping.
    """

    _esm = joined("widgets/clipping-depth.mjs")
    _sizes = (591, 673)
    task = t.Unicode("Touch nothing but the depth: drag the right knob up. What becomes of the surface?").tag(sync=True)
    view = t.Enum(["many layers", "one layer"], "many layers").tag(sync=True)
    depth = Whole(2)
    bound = Number(0.2)
    divided = t.Bool(False).tag(sync=True)
    penalty = t.Bool(False).tag(sync=True)
    turn = Number(30.0, within=(0.0, 360.0))
    depths = data()
    bounds = data()
    cells = data()
    real = data()
    generated = data()
    half = data()
    surfaces = data()
    best = data()

    def __init__(self, run: Run | str = "clipping-depth", **traits: Any) -> None:
        found = _checked(run if isinstance(run, Run) else runs.load(run))
        depths, bounds = found["depth"].tolist(), found["bound"].tolist()
        rows, surfaces = zip(
            *(_cell(found, i, j) for i in range(len(depths)) for j in range(len(bounds) + 1)), strict=True
        )
        rng = np.random.default_rng(0)
        angles = 2 * np.pi * rng.integers(8, size=_SHOWN) / 8
        ring = np.stack([np.cos(angles), np.sin(angles)], 1) + rng.normal(0, 0.05, (_SHOWN, 2))
        self.hold(
            depths=depths,
            bounds=bounds,
            cells=list(rows),
            real=ring.round(3).tolist(),
            generated=rng.normal(0, 0.5, (_SHOWN, 2)).round(3).tolist(),
            half=float(found["half"]),
            surfaces=_packed(np.array(surfaces), rows),
            best=np.mean(found["clipping/certified"] / found["exact"], -1).argmax(1).tolist(),
        )
        super().__init__(**traits)

    def reaches(self) -> dict[str, Any]:
        """Give the ends of the recorded depths and bounds."""
        return {
            "depth": [self.depths[0], self.depths[-1], 1],
            "bound": [self.bounds[0], self.bounds[-1], 0.001],
        }

    @t.validate("depth", "bound")
    def _recorded(self, proposal: Any) -> Any:
        name, value = proposal.trait.name, proposal.value
        recorded = self.depths if name == "depth" else self.bounds
        if value not in recorded:
            raise InvalidTrait(f"{name} must be one of {', '.join(f'{v:g}' for v in recorded)}, not {value!r}")
        return value

    @property
    def _now(self) -> dict[str, Any]:
        column = len(self.bounds) if self.penalty else self.bounds.index(self.bound)
        return self.cells[self.depths.index(self.depth) * (len(self.bounds) + 1) + column]

    @reading("depth", "bound", "penalty")
    def steepest(self) -> float:
        """Largest ‖∇f‖ on the grid, of the surface shown."""
        return self._now["slopes"][0]

    @reading("depth", "bound", "penalty")
    def share(self) -> float:
        """Certified W1 over the exact one, mean over the seeds."""
        return float(np.mean(self._now["shares"]))

    @reading("depth", "bound", "penalty")
    def at_bound(self) -> float:
        """Share of the weights at ±c."""
        return self._now["at_bound"]

    @reading("turn")
    def square_gap(self) -> float:
        """Gap of the best linear critic with |wᵢ| ≤ 1, for a shift of length 1."""
        return abs(math.cos(math.radians(self.turn))) + abs(math.sin(math.radians(self.turn)))

    @reading("turn")
    def disc_gap(self) -> float:
        """Gap of the best linear critic with |w| ≤ 1: the distance itself."""
        return 1.0

    @reading("turn")
    def angle(self) -> float:
        """Degrees between the shift and the square's best weights; a side of the square counts by its middle."""
        off = self.turn % 90
        return 0.0 if min(off, 90 - off) < 1e-9 else abs(off - 45)


_NEEDED = ("gap", "certified", "slope", "at bound", "by layer", "histogram", "reach", "surface")


def _checked(run: Run) -> Run:
    keys = [
        *("depth", "bound", "exact", "half"),
        *(f"{kind}/{key}" for kind in ("clipping", "penalty") for key in _NEEDED),
    ]
    if missing := [key for key in keys if key not in run.fixed]:
        raise InvalidTrait(f"run lacks {', '.join(missing)}; it has {', '.join(sorted(run.fixed))}")
    shape = (len(run["depth"]), len(run["bound"]))
    for kind, n in (("clipping", shape[1]), ("penalty", 1)):
        for key in _NEEDED:
            found = run[f"{kind}/{key}"]
            if found.shape[:2] != (shape[0], n) or not np.isfinite(found).all():
                raise InvalidTrait(f"run[{f'{kind}/{key}'!r}] must be ({shape[0]}, {n}, …) finite numbers")
    return run


def _cell(run: Run, row: int, column: int) -> tuple[dict[str, Any], np.ndarray]:
    """The numbers of one recorded critic (the last column is the penalty's), and its surface around its mean."""
    kind, j = ("penalty", 0) if column == len(run["bound"]) else ("clipping", column)
    at = lambda key: run[f"{kind}/{key}"][row, j]  # noqa: E731
    surface = at("surface").astype(float)
    surface = surface - surface.mean()
    counts = at("histogram").astype(float)
    numbers = {
        "slopes": at("slope").astype(float).tolist(),
        "shares": (at("certified") / run["exact"]).tolist(),
        "at_bound": float(at("at bound")),
        "layers": at("by layer")[: run["depth"][row]].tolist(),
        "weights": (counts / counts.sum()).round(4).tolist(),
        "reach": float(at("reach")),
        "range": [float(surface.min()), float(surface.max())],
    }
    return numbers, surface


def _packed(surfaces: np.ndarray, rows: Sequence[dict[str, Any]]) -> bytes:
    """Heights in 10 bits between their own ends, differenced along rows and columns: low bytes, then high bytes."""
    low, high = (np.array([row["range"][k] for row in rows])[:, None, None] for k in (0, 1))
    whole = np.rint(1023 * (surfaces - low) / np.where(high > low, high - low, 1.0)).astype(np.int64)
    steps = np.diff(np.diff(whole, axis=2, prepend=0), axis=1, prepend=0) & 0xFFFF
    return zlib.compress((steps & 0xFF).astype(np.uint8).tobytes() + (steps >> 8).astype(np.uint8).tobytes(), 9)


class BoxSlope(BookWidget):
    """How steep a ReLU critic of `layers` layers, 64 units wide, can be with weights in a box of size `bound`.

    Drawn over c: the box's largest slope c^L ∏ √(nₗ₋₁ nₗ), the typical one with signs by fair coins, and the recorded
    critics of that depth. Read-only: `limit`, log₁₀ of the largest slope; `unit`, the c for which it is 1; `room`, the
    factor by which c may change while a slope that goes with c^L stays between a half and two.

    Raises InvalidTrait for a run without what is needed. Source: see `log_box_slope`. Chapter: weight-clipping.
    """

    _esm = joined("widgets/box-slope.mjs")
    _sizes = (419, 424)
    task = t.Unicode("Add layers. How far may the knob move while the slope stays in the grey band?").tag(sync=True)
    bound = Number(0.1, reach=(0.003, 0.5), above=0.0)
    layers = t.Enum(["2", "4", "8", "12"], "2").tag(sync=True)
    width = data()
    measured = data()

    def __init__(self, run: Run | str = "clipping-depth", **traits: Any) -> None:
        found = _checked(run if isinstance(run, Run) else runs.load(run))
        slopes = np.median(found["clipping/slope"].astype(float), -1)
        rows = {str(n): row for n, row in zip(found["depth"].tolist(), slopes.tolist(), strict=True)}
        bounds = found["bound"].tolist()
        measured = {n: [list(p) for p in zip(bounds, rows[n], strict=True)] for n in ("2", "4", "8", "12") if n in rows}
        self.hold(width=_WIDTH, measured=measured)
        super().__init__(**traits)

    @reading("bound", "layers")
    def limit(self) -> float:
        """log₁₀ of the largest slope that the box allows."""
        return log_box_slope(self.bound, _sizes(int(self.layers)))

    @reading("layers")
    def unit(self) -> float:
        """The c for which the largest slope is 1."""
        return float(10 ** (-log_box_slope(1.0, _sizes(int(self.layers))) / int(self.layers)))

    @reading("layers")
    def room(self) -> float:
        """The factor between the two c whose slopes are a half and two."""
        return float(4 ** (1 / int(self.layers)))
