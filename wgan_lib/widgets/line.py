"""Small figures to take hold of on laws of a few points of a line. Chapter: wasserstein-1d."""

import numpy as np
import traitlets as t
from scipy.spatial.distance import jensenshannon

from wgan_lib import transport
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, data, joined, reading


class PlanTable(BookWidget):
    """All plans between two cities: shares `there` (Q) and `wanted` (P) in West and East, `road` kilometres apart.

    `back` is the share that East sends to West; the rest of the table π follows. Read-only: `work` = road · (π₁₂ + π₂₁)
    in kilometres. Source: Kantorovich (1942). Chapter: wasserstein-1d.
    """

    _esm = joined("widgets/plan-table.mjs")
    _sizes = (405, 381)
    back = Number(0.12, within=(0.0, 0.3))
    task = t.Unicode("Drag the square of what East sends to West. What does it cost?").tag(sync=True)
    there, wanted, road = data(), data(), data()

    def __init__(self, **traits: object) -> None:
        self.hold(there=[0.7, 0.3], wanted=[0.4, 0.6], road=50.0)
        super().__init__(**traits)

    @reading("back")
    def work(self) -> float:
        """Kilometres, on average over the sand."""
        return float(self.road * (self.there[0] - self.wanted[0] + 2 * self.back))


class Uncross(BookWidget):
    """Two `grains` and two `holes` on a road, and what straight and crossed ways between them cost in all.

    Read-only: `straight`, `crossed`, `saved` = crossed − straight ≥ 0. Raises InvalidTrait unless both are two finite
    numbers. Source: Villani (2003), section 2.2. Chapter: wasserstein-1d.
    """

    _esm = joined("widgets/uncross.mjs")
    _sizes = (335, 311)
    grains = Numbers([1.0, 4.0]).tag(reach=[0.0, 8.0])
    holes = Numbers([0.0, 6.0]).tag(reach=[0.0, 8.0])
    task = t.Unicode("Drag grains and holes. When does uncrossing save nothing?").tag(sync=True)

    @t.validate("grains", "holes")
    def _two(self, proposal: t.Bunch) -> list[float]:
        if np.shape(proposal.value) != (2,):
            raise InvalidTrait(f"{proposal.trait.name} must be two places, not {proposal.value!r}")
        return list(proposal.value)

    @reading("grains", "holes")
    def straight(self) -> float:
        """Left grain to left hole, right to right."""
        return float(np.abs(np.sort(self.grains) - np.sort(self.holes)).sum())

    @reading("grains", "holes")
    def crossed(self) -> float:
        """Left grain to right hole, right to left."""
        return float(np.abs(np.sort(self.grains) - np.sort(self.holes)[::-1]).sum())

    @reading("grains", "holes")
    def saved(self) -> float:
        """What uncrossing saves."""
        return self.crossed - self.straight


class FlatSpot(BookWidget):
    """Real sand in halves at ±`apart`; generated sand in halves at `place` ± `split`.

    Read-only: `w1`, flat in `place` while opposite pulls cancel; `outwards`, its slope when the halves move apart; `js`
    in nats. Chapter: wasserstein-1d.
    """

    _esm = joined("widgets/flat-spot.mjs")
    _sizes = (554, 427)
    place = Number(3.0, within=(-4.0, 4.0))
    apart = Number(2.0, within=(0.0, 3.0))
    split = Number(0.0, within=(0.0, 3.0))
    task = t.Unicode("Drag the orange heap in between the blue ones. Where does its pull stop?").tag(sync=True)

    @property
    def _laws(self) -> tuple[list[float], list[float]]:
        return [-self.apart, self.apart], np.round([self.place - self.split, self.place + self.split], 6).tolist()

    @reading("place", "apart", "split")
    def w1(self) -> float:
        """W₁ of the two laws."""
        return transport.w1(*map(np.array, self._laws))

    @reading("place", "apart", "split")
    def outwards(self) -> float:
        """Slope of W₁ when the halves move outwards, from here on."""
        real, generated = map(np.array, self._laws)
        h = 1e-6 * np.array([-1, 1])
        return round(1e6 * (transport.w1(real, generated + h) - transport.w1(real, generated)), 3)

    @reading("place", "apart", "split")
    def js(self) -> float:
        """JS in nats."""
        at = np.unique(self._laws)
        p, q = ([np.mean(np.array(law) == z) for z in at] for law in self._laws)
        return float(jensenshannon(p, q) ** 2)
