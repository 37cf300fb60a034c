"""Figures to take hold of on critics that are trained, beside the exact answer."""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float
from scipy.spatial.distance import cdist

from wgan_lib import runs, transport
from wgan_lib.runs import Run
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Whole, data, joined, reading
from wgan_lib.widgets.surfaces import packed

ONE_PAIR = {
    "gradient penalty": "one-pair-penalty",
    "clipped": "one-pair-clipping",
    "unconstrained": "one-pair-unconstrained",
}


class ExactAndLearned(BookWidget):
    """The exact optimal critic of two clouds beside critics that learned on them: surfaces, slopes, arrows, the plan.

    `runs` maps words to runs, or to names of recorded ones, of training on one fixed pair of clouds in the plane. A run
    holds what ``training.record(..., grid=m)`` keeps ("index", "critic" (k, m, m), "samples" (k, n, 2), "real" (l, 2),
    "grid_x", "grid_y") and at the points "scores_real" (k, l), "scores_fake" (k, n), "gradient_fake" (k, n, 2), and on
    the grid "slope" (k, m, m). `critic` and `frame` choose what is shown; `divided` divides f by its largest slope.

    Read-only, of the frame shown: `gap` = E f(real) − E f(fake); `slope` = max |f(x) − f(y)| / ‖x − y‖ over real x and
    generated y; `certified` = |gap| / slope ≤ `w1`, the exact one. Exact arrows: gradients of maxᵢ f*(xᵢ) − ‖z − xᵢ‖:
    its tips are at the real points, the arrows start at the generated ones and have length 1.

    Raises InvalidTrait for clouds that differ between frames or runs, for arrays that are missing, of another shape or
    not finite, and for a frame or a critic that is not there. Source: Gulrajani 2017, proposition 1. Chapter: critic.
    """

    _esm = joined("widgets/exact-and-learned.mjs")
    _sizes = (582, 829)
    task = t.Unicode(
        "Drag the knob along the training. When does the raw gap pass the exact W₁, and does the certified number ever?"
    ).tag(sync=True)
    critic = t.Unicode().tag(sync=True)
    frame = Whole(0)
    layer = t.Enum(["values", "slope"], "values").tag(sync=True)
    show_plan = t.Bool(True).tag(sync=True)
    divided = t.Bool(False).tag(sync=True)
    critics = data()
    steps = data()
    real = data()
    generated = data()
    plan = data()
    heights = data()
    axes = data()
    readings = data()
    surfaces = data()
    w1 = data()

    def __init__(self, runs: Mapping[str, Run | str] = ONE_PAIR, **traits: Any) -> None:
        if not runs:
            raise InvalidTrait("runs is empty: map at least one name to a run")
        loaded = {name: _checked(name, run) for name, run in runs.items()}
        first = next(iter(loaded.values()))
        real, fake = first["real"].astype(float), first["samples"][0].astype(float)
        for name, run in loaded.items():
            shared = [run["samples"][0], run["real"], run["grid_x"], run["grid_y"], run["index"]]
            wanted = [first["samples"][0], first["real"], first["grid_x"], first["grid_y"], first["index"]]
            if not all(map(np.array_equal, shared, wanted)):
                raise InvalidTrait(f"runs[{name!r}] has other clouds, another grid or other steps than the first run")
        best = transport.plan(real, fake)
        self._apart = cdist(real, fake)
        (cones,) = transport.optimal_critic(real, fake, prices="middle").cones
        read_only = {
            "critics": list(loaded),
            "steps": (first["index"] + 1).tolist(),
            "real": real.round(7).tolist(),
            "generated": fake.round(7).tolist(),
            "plan": np.argwhere(best.coupling > 1e-12).tolist(),
            "heights": cones.heights.tolist(),
            "axes": [*(first[a][[0, -1]].astype(float).tolist() for a in ("grid_x", "grid_y")), len(first["grid_x"])],
            "w1": best.cost,
        }
        clouds, readings = zip(*(packed(run, self._apart) for run in loaded.values()), strict=True)
        read_only |= {"surfaces": zlib.compress(b"".join(clouds), 9), "readings": list(readings)}
        self.hold(**read_only)
        super().__init__(**{"critic": self.critics[0], **traits})

    def reaches(self) -> dict[str, Any]:
        """Give the choices of `critic` and the range of `frame`."""
        return {"critic": self.critics, "frame": [0, len(self.steps) - 1, 1]}

    @t.validate("critic")
    def _valid_critic(self, proposal: Any) -> str:
        if proposal.value not in self.critics:
            raise InvalidTrait(f"critic must be one of {', '.join(self.critics)}, not {proposal.value!r}")
        return str(proposal.value)

    @t.validate("frame")
    def _valid_frame(self, proposal: Any) -> int:
        if not 0 <= proposal.value < len(self.steps):
            raise InvalidTrait(f"frame must be 0 to {len(self.steps) - 1}, not {proposal.value}")
        return int(proposal.value)

    @property
    def _now(self) -> dict[str, Any]:
        return self.readings[self.critics.index(self.critic)][self.frame]

    @reading("critic", "frame")
    def gap(self) -> float:
        """E f(real) − E f(fake)."""
        return self._now["gap"]

    @reading("critic", "frame")
    def slope(self) -> float:
        """Largest slope between a real and a generated point."""
        return self._now["slope"]

    @reading("critic", "frame")
    def certified(self) -> float:
        """|gap| / slope, at most W₁."""
        return self._now["certified"]


def _checked(name: str, run: Run | str) -> Run:
    """The run, with every array that the widget needs."""
    run = run if isinstance(run, Run) else runs.load(run)
    arrays: dict[str, Float[np.ndarray, ...]] = {**run.fixed, **run.frames}
    needed = ["index", "real", "samples", "grid_x", "grid_y", "critic", "slope"]
    needed += ["scores_real", "scores_fake", "gradient_fake"]
    if missing := [key for key in needed if key not in arrays]:
        raise InvalidTrait(f"runs[{name!r}] lacks {', '.join(missing)}; it has {', '.join(sorted(arrays))}")
    k, m, n, points = len(run), len(arrays["grid_x"]), arrays["samples"].shape[1], len(arrays["real"])
    shapes = {"critic": (k, m, m), "slope": (k, m, m), "samples": (k, n, 2), "real": (points, 2), "grid_y": (m,)}
    shapes |= {"scores_real": (k, points), "scores_fake": (k, n), "gradient_fake": (k, n, 2)}
    for key, shape in shapes.items():
        if arrays[key].shape != shape or not np.isfinite(arrays[key]).all():
            raise InvalidTrait(f"runs[{name!r}][{key!r}] must be {shape} finite numbers, not {arrays[key].shape}")
    if np.ptp(arrays["samples"], axis=0).max() > 0:
        raise InvalidTrait(f"runs[{name!r}]['samples'] move between frames: freeze the generator")
    return run
