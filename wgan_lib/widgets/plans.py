"""Small figures to take hold of on plans: blurred by ε, and pushed round a loop. Chapter: optimal-transport."""

from typing import Any

import numpy as np
import traitlets as t

from wgan_lib import checks, transport
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, data, joined, reading


class SinkhornBlur(BookWidget):
    """The plan that Sinkhorn's algorithm finds between two laws on an even grid of a line, for the cost |x − y|.

    `epsilon` is the weight of the entropy, a length. Read-only: `w1`, exact. The page solves the plan.

    Args:
        real, generated: masses > 0 on the same grid; they are scaled to one.
        ends: the first and the last place of the grid.

    Raises InvalidTrait for masses or ends that are not as described. Source: Cuturi (2013). Chapter: optimal-transport.
    """

    _esm = joined("widgets/sinkhorn-blur.mjs")
    _sizes = (361, 412)
    epsilon = Number(0.3, within=(0.02, 3.0))
    task = t.Unicode("Drag the dot from small ε to large. What does the blur do to the plan, and to its cost?").tag(
        sync=True
    )
    real, generated, ends, w1 = data(), data(), data(), data()

    def __init__(self, real: Any, generated: Any, ends: tuple[float, float] = (-4.0, 4.0), **traits: Any) -> None:
        laws = [checks.reals(name, law) for name, law in (("real", real), ("generated", generated))]
        if any(law.ndim != 1 or len(law) < 2 or len(law) != len(laws[0]) or (law <= 0).any() for law in laws):
            raise InvalidTrait("real and generated must hold as many masses > 0 as each other, at least two")
        if not ends[0] < ends[1]:
            raise InvalidTrait(f"ends must be two increasing places, not {ends!r}")
        p, q = (law / law.sum() for law in laws)
        places = np.linspace(*ends, len(p))
        self.hold(real=p.tolist(), generated=q.tolist(), ends=list(ends), w1=transport.w1(places, places, p, q))
        super().__init__(**traits)


class LoopPush(BookWidget):
    """Three pairs whose partners are passed on round a loop: the share `share` of each goes to the next one's.

    `real` and `generated` are three points in [0, 3] × [0, 2]; real k starts with generated k. Read-only: `cost`, the
    mean length (1 − t) Σ |xₖ − yₖ| / 3 + t Σ |xₖ − yₖ₊₁| / 3, and `change`, what it grows by from t = 0 to 1. Source:
    Villani (2009), section 5 (cyclical monotonicity). Raises InvalidTrait for other points. Chapter: optimal-transport.
    """

    _esm = joined("widgets/loop-push.mjs")
    _sizes = (415, 391)
    real = Numbers([[0.4, 0.4], [1.6, 1.7], [2.6, 0.5]]).tag(reach=[[0.0, 3.0], [0.0, 2.0]])
    generated = Numbers([[1.5, 0.3], [0.5, 1.3], [2.4, 1.6]]).tag(reach=[[0.0, 3.0], [0.0, 2.0]])
    share = Number(0.3, within=(0.0, 1.0))
    task = t.Unicode("Push mass round the loop. Where is the cost least: at an end, or in between?").tag(sync=True)

    @t.validate("real", "generated")
    def _three(self, proposal: t.Bunch) -> list[list[float]]:
        value = np.asarray(proposal.value)
        if value.shape != (3, 2) or not ((value >= 0) & (value <= (3, 2))).all():
            raise InvalidTrait(f"{proposal.trait.name} must be three points in [0, 3] × [0, 2], not {proposal.value!r}")
        return value.tolist()

    @reading("real", "generated", "share")
    def cost(self) -> float:
        """Mean length of the lines, weighted with the mass they carry."""
        own, passed = self._lengths
        return float((1 - self.share) * own + self.share * passed)

    @reading("real", "generated")
    def change(self) -> float:
        """Cost with all passed on less that with nothing passed on."""
        own, passed = self._lengths
        return float(passed - own)

    @property
    def _lengths(self) -> tuple[float, float]:
        away = np.linalg.norm(np.asarray(self.real)[:, None] - np.asarray(self.generated), axis=-1)
        return np.trace(away) / 3, away[range(3), [1, 2, 0]].mean()
