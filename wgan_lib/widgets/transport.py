"""Figures to take hold of on optimal transport: sand on a line, and two clouds in the plane."""

from typing import Any

import numpy as np
import traitlets as t
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import jensenshannon

from wgan_lib import transport
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, joined, reading


class SandPiles(BookWidget):
    """A pile of sand (`generated`, Q) and a hole (`real`, P) to draw bar by bar, and the work of filling it.

    Heights ≥ 0, at least two, as many for P as for Q; both are scaled to mass one, all of it at the middles 0, 1, 2, …
    of the bars. `area` reads W₁ as "columns" ∫|F − G| dx or "rows" ∫|F⁻¹ − G⁻¹| du; `plan` moves the sand by the
    "cheapest" (monotone) or the "reversed" coupling; `moved` says how far, from 0 to 1. Read-only: `w1` in units of
    one bar, `js` in nats.

    Raises:
        InvalidTrait: a height is negative or not finite, all are zero, or the numbers of bars differ.
        TraitError: moved is outside [0, 1], or area or plan is none of its choices.

    Source: Villani (2003), theorem 2.18; Monge (1781) for the pile and the hole. Chapter: wasserstein-1d.
    """

    _esm = joined("widgets/sand-piles.mjs")
    _sizes = (577, 661)
    real = Numbers([2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 5.0, 4.0, 2.0, 1.0]).tag(reach=[0.0, 1e6])
    generated = Numbers([0.0, 1.0, 3.0, 5.0, 6.0, 4.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]).tag(reach=[0.0, 1e6])
    area = t.Enum(("columns", "rows"), "columns").tag(sync=True)
    plan = t.Enum(("cheapest", "reversed"), "cheapest").tag(sync=True)
    moved = Number(0.0, within=(0.0, 1.0))
    task = t.Unicode(
        "Draw the pile above the ground and the hole below it, then move the sand. "
        "The work it takes is the area between F and G."
    ).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._bars = len(self.real)

    @reading("real", "generated")
    def w1(self) -> float:
        """W₁ in units of one bar."""
        if len(self.real) != len(self.generated):
            raise InvalidTrait(
                f"real and generated must have equal lengths, not {len(self.real)} and {len(self.generated)}"
            )
        places = np.arange(len(self.real), dtype=float)
        return transport.w1(places, places, *self._shares)

    @reading("real", "generated")
    def js(self) -> float:
        """JS in nats."""
        return float(jensenshannon(*self._shares) ** 2)

    @property
    def _shares(self) -> tuple[np.ndarray, np.ndarray]:
        p, q = (np.array(heights) / sum(heights) for heights in (self.real, self.generated))
        return p, q

    @t.validate("real", "generated")
    def _heights(self, proposal: Any) -> list[float]:
        name, heights = proposal.trait.name, np.asarray(proposal.value)
        if heights.ndim != 1 or len(heights) < 2 or len(heights) != getattr(self, "_bars", len(heights)):
            wanted = f"{self._bars}, as at the start" if hasattr(self, "_bars") else "at least 2"
            raise InvalidTrait(f"{name} must have {wanted}, not {heights.size} heights")
        if not ((heights >= 0).all() and heights.sum() > 0):
            raise InvalidTrait(f"{name} must hold finite heights ≥ 0, not all zero, not {proposal.value!r}")
        return list(proposal.value)


class TransportPlan(BookWidget):
    """Two clouds of equal size to drag, a matching to draw by hand, and the cheapest one, solved afresh at every move.

    W₁ = min over permutations s of (1/n) Σ ‖generated[i] − real[s(i)]‖. `matching` gives each generated point its real
    one, −1 for none. Read-only: `w1`; `cost`, the mean length of the lines drawn, None while some are missing. `drag`
    says what a drag does, "draw" or "move"; `show_cheapest` shows the optimum before it is found.

    Args:
        real, generated: points of shape (n, 2) in [0, 3] × [0, 2], 2 ≤ n ≤ 12; n stays what it is at the start.

    Raises:
        InvalidTrait: the points are not as described, or the matching sends two points to one.

    Source: Kuhn (1955); Villani (2009), section 5 (cyclical monotonicity). Chapter: optimal-transport.
    """

    _esm = joined("widgets/transport-plan.mjs")
    _sizes = (480, 716)
    task = t.Unicode("Join each orange point to a blue one. Can you find the plan that nothing beats?").tag(sync=True)
    real = Numbers().tag(reach=[[0.0, 3.0], [0.0, 2.0]])
    generated = Numbers().tag(reach=[[0.0, 3.0], [0.0, 2.0]])
    matching = Numbers(whole=True)
    drag = t.Enum(("draw", "move"), "draw").tag(sync=True)
    show_cheapest = t.Bool(False).tag(sync=True)

    # Six a side on which joining the nearest pair first, again and again, ends 20 % above the optimum.
    _REAL = ((2.65, 0.25), (2.85, 1.45), (2.75, 1.0), (2.05, 0.95), (2.05, 0.3), (1.15, 0.2))
    _GENERATED = ((0.65, 0.15), (0.6, 0.85), (1.8, 1.85), (0.3, 0.45), (0.7, 1.45), (1.45, 0.6))

    def __init__(self, real: Any = _REAL, generated: Any = _GENERATED, matching: Any = None, **traits: Any) -> None:
        self._n = len(real)
        free = [-1] * self._n
        super().__init__(real=real, generated=generated, matching=free if matching is None else matching, **traits)

    def reaches(self) -> dict[str, Any]:
        """Give the range of `matching`."""
        return {"matching": [-1, self._n - 1, 1]}

    @t.validate("real", "generated")
    def _valid_points(self, proposal: Any) -> list[list[float]]:
        value = np.asarray(proposal.value)
        if value.shape != (self._n, 2) or not 2 <= self._n <= 12:
            raise InvalidTrait(
                f"{proposal.trait.name} must hold 2 to 12 points, as many real as generated and as at the start "
                f"({self._n}), in shape (n, 2), not {value.shape}"
            )
        if not ((value >= 0) & (value <= (3, 2))).all():
            raise InvalidTrait(f"{proposal.trait.name} must lie in [0, 3] × [0, 2], not {proposal.value!r}")
        return proposal.value

    @t.validate("matching")
    def _valid_matching(self, proposal: Any) -> list[int]:
        sent = [j for j in proposal.value if j >= 0]
        known = all(-1 <= j < self._n for j in proposal.value)
        if len(proposal.value) != self._n or len(set(sent)) < len(sent) or not known:
            raise InvalidTrait(
                f"matching must give each of {self._n} generated points its own real one, 0 … {self._n - 1}, or −1, "
                f"not {proposal.value!r}"
            )
        return proposal.value

    @property
    def _away(self) -> np.ndarray:
        return np.linalg.norm(np.asarray(self.generated)[:, None] - np.asarray(self.real)[None], axis=-1)

    @reading("real", "generated")
    def w1(self) -> float:
        """Mean length of the cheapest matching."""
        rows, columns = linear_sum_assignment(self._away)
        return float(self._away[rows, columns].mean())

    @reading("real", "generated", "matching")
    def cost(self) -> float | None:
        """Mean length of the lines drawn, None while some are missing."""
        return None if -1 in self.matching else float(self._away[range(self._n), self.matching].mean())
