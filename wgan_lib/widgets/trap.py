"""A figure to take hold of on the climb of a linear critic under the gradient penalty, and where it can end."""

import math
from typing import Any

import numpy as np
import traitlets as t

from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, joined, reading


class TwoSidedTrap(BookWidget):
    """The climb of a linear critic f(z) = ⟨a, z⟩ for two points a distance t apart, under the gradient penalty.

    Over λ the penalised value is τ a₁ − (‖a‖ − 1)², τ = `ratio` = t/λ, a₁ the slope along the way from the generated
    to the real point; `one_sided` charges only ‖a‖ > 1. The climb starts at a = `start` and follows the gradient in
    steps of 0.05. On the line a₂ = 0, which is all that one dimension has, and where τ < 2, a start at −1 ends at
    −1 + τ/2; any a₂ ≠ 0 turns away. Read-only: `slope`, a₁ where the climb ends; `best` = 1 + τ/2; `lost`, how far its
    value, over λ, stays below the best.

    Source: fact 18 of the book's sources, derived in the chapter. Chapter: gradient-penalty.
    """

    _esm = joined("widgets/two-sided-trap.mjs")
    _sizes = (509, 707)
    task = t.Unicode(
        "The climb starts at slope −1, on the line. Give it a little height above the line: what becomes of the trap?"
    ).tag(sync=True)
    ratio = Number(0.5, within=(0.1, 4.0))
    one_sided = t.Bool(False).tag(sync=True)
    start = Numbers((-1.0, 0.0))

    def reaches(self) -> dict[str, Any]:
        """Give the range of `start`."""
        return {"start": [[-3.0, 4.0], [-1.5, 1.5]]}

    @t.validate("start")
    def _valid_start(self, proposal: Any) -> list[float]:
        if np.shape(proposal.value) != (2,):
            raise InvalidTrait(f"start must be two finite numbers, not {proposal.value!r}")
        return proposal.value

    def _value(self, a: float, b: float) -> float:
        excess = math.hypot(a, b) - 1
        return self.ratio * a - (max(0.0, excess) if self.one_sided else excess) ** 2

    def _end(self) -> tuple[float, float]:
        """Where the climb ends: the same steps as the page's."""
        a, b = self.start
        for _ in range(4000):
            length = math.hypot(a, b)
            excess = max(0.0, length - 1) if self.one_sided else length - 1
            pull = -2 * excess / length if length > 0 else 0.0
            da, db = 0.05 * (self.ratio + pull * a), 0.05 * pull * b
            a, b = a + da, b + db
            if math.hypot(da, db) < 1e-7:
                break
        return a, b

    @reading("start", "ratio", "one_sided")
    def slope(self) -> float:
        """Slope along the way where the climb ends."""
        return self._end()[0]

    @reading("ratio")
    def best(self) -> float:
        """1 + τ/2."""
        return 1 + self.ratio / 2

    @reading("start", "ratio", "one_sided")
    def lost(self) -> float:
        """The best value less the one reached, over λ."""
        return self._value(self.best, 0.0) - self._value(*self._end())
