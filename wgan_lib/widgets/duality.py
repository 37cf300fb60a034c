"""Figures to take hold of on duality: plans against prices, and the critics that certify W₁ on a line."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t

from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, data, joined, reading


class TwoSides(BookWidget):
    """The book's signature: a plan whose cost falls, prices whose value rises, and one bar on which they meet.

    Piles of sand and holes stand at whole kilometres of a road; carrying a bucket costs 1 per km. `plan` gives each
    bucket (the piles' in order) the hole it goes to, −1 while it is on its pile; `prices` gives each town (pile or
    hole) its price, in order along the road. Read-only: `cost` = Σ |place − place|, of the buckets placed so far;
    `value` = Σ hole · price − Σ pile · price; `gap` = cost − value, None unless every bucket is placed and no two
    neighbours' prices differ by more than the way between them; `optimum` = ∫|F − G|, where they meet. All integers.

    Args:
        piles, holes: (place, size) of each, whole numbers, sizes ≥ 1, no place twice, equal sums.
        plan: by default each bucket in turn goes to the nearest hole with room.
        prices: by default the same everywhere.

    Raises:
        InvalidTrait: the problem, the plan or the prices are not as described; a hole is given more than it holds.

    Source: Kantorovich & Rubinstein (1958); Villani (2009), chapter 5. Chapter: kantorovich-rubinstein.
    """

    _esm = joined("widgets/two-sides.mjs")
    _sizes = (613, 703)
    task = t.Unicode(
        "Drag the buckets to make the plan cheaper. Drag the prices to make them earn more. Can you make the two meet?"
    ).tag(sync=True)
    piles = data()
    holes = data()
    plan = Numbers(whole=True)
    prices = Numbers(whole=True)

    def __init__(
        self,
        piles: Sequence[Sequence[int]] = ((2, 3), (6, 1), (9, 3)),
        holes: Sequence[Sequence[int]] = ((0, 2), (4, 3), (12, 2)),
        plan: Any = None,
        prices: Any = None,
        **traits: Any,
    ) -> None:
        for name, towns in (("piles", piles), ("holes", holes)):
            whole = [[int(n) for n in town] for town in towns if len(town) == 2]
            if (
                len(whole) < max(1, len(towns))
                or whole != [list(town) for town in towns]
                or any(n < 1 for _, n in whole)
            ):
                raise InvalidTrait(f"{name} must be (place, size) pairs of whole numbers with size ≥ 1, not {towns!r}")
            self.hold(**{name: sorted(whole)})
        places = [place for place, _ in self.piles + self.holes]
        if len(set(places)) < len(places):
            raise InvalidTrait(f"piles and holes must all stand at different places, not {sorted(places)}")
        sand, room = (sum(n for _, n in towns) for towns in (self.piles, self.holes))
        if sand != room:
            raise InvalidTrait(f"piles and holes must have the same sum, not {sand} and {room}")
        self._towns = sorted([(p, -n) for p, n in self.piles] + [(p, n) for p, n in self.holes])
        self._from = [p for p, n in self.piles for _ in range(n)]
        steps = np.diff([p for p, _ in self._towns])
        middle = int(steps.sum()) // 2
        super().__init__(
            plan=self._nearest() if plan is None else plan,
            prices=[middle] * len(self._towns) if prices is None else prices,
            **traits,
        )

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of `plan`, in holes, and `prices`, up to the length of the road."""
        return {
            "plan": [-1, len(self.holes) - 1, 1],
            "prices": [0, self._towns[-1][0] - self._towns[0][0], 1],
        }

    def _nearest(self) -> list[int]:
        room, plan = [n for _, n in self.holes], []
        for place in self._from:
            # Of two equally near holes the right one: as in the page's own way to fill.
            hole = min((j for j, n in enumerate(room) if n), key=lambda j: (abs(place - self.holes[j][0]), -j))
            room[hole] -= 1
            plan.append(hole)
        return plan

    @t.validate("plan")
    def _valid_plan(self, proposal: Any) -> list[int]:
        plan = proposal.value
        fits = len(plan) == len(self._from) and all(-1 <= hole < len(self.holes) for hole in plan)
        if not fits or any(plan.count(j) > n for j, (_, n) in enumerate(self.holes)):
            raise InvalidTrait(
                f"plan must give each of {len(self._from)} buckets a hole 0 … {len(self.holes) - 1} with room, or −1, "
                f"not {plan!r}"
            )
        return plan

    @t.validate("prices")
    def _valid_prices(self, proposal: Any) -> list[int]:
        if len(proposal.value) != len(self._towns):
            raise InvalidTrait(f"prices must be {len(self._towns)} whole numbers, one per town, not {proposal.value!r}")
        return proposal.value

    @reading()
    def optimum(self) -> int:
        """∫|F − G|: what the cheapest plan costs and the best prices earn."""
        steps = np.diff([p for p, _ in self._towns])
        return int(np.abs(np.cumsum([n for _, n in self._towns])[:-1]) @ steps)

    @reading("plan")
    def cost(self) -> int:
        """What the buckets placed so far cost."""
        return sum(abs(a - self.holes[j][0]) for a, j in zip(self._from, self.plan, strict=True) if j >= 0)

    @reading("prices")
    def value(self) -> int:
        """What the prices earn."""
        return sum(n * f for (_, n), f in zip(self._towns, self.prices, strict=True))

    @reading("plan", "prices")
    def gap(self) -> int | None:
        """Cost − value; None unless every bucket is placed and the prices are fair."""
        fair = np.abs(np.diff(self.prices)) <= np.diff([p for p, _ in self._towns])
        cost = sum(abs(a - self.holes[j][0]) for a, j in zip(self._from, self.plan, strict=True))
        value = sum(n * f for (_, n), f in zip(self._towns, self.prices, strict=True))
        return cost - value if -1 not in self.plan and fair.all() else None


class LipschitzCones(BookWidget):
    """A critic to drag by its knots, the double cone its graph must stay out of, and the band of all optimal critics.

    P is uniform on `real`, Q on `generated`; f is linear between the points of both, in order, where it has `values`.
    `within` in [0, 1] puts f on an optimal critic, a share of the way from the lowest to the highest of those that are
    0 at the first point. Read-only: `w1` = ∫|F − G|; `gap` = E_P f − E_Q f; `slope`, the largest
    |f(x) − f(y)| / |x − y|; `certified` = gap / max(1, slope) ≤ w1. `foot` is where the cone stands.

    Raises:
        InvalidTrait: a point is not finite, P and Q sit on one point, or values and points differ in number.

    Source: Gulrajani et al. (2017), proposition 1; Villani (2009), remark 6.5. Chapter: kantorovich-rubinstein.
    """

    _esm = joined("widgets/lipschitz-cones.mjs")
    _sizes = (608, 533)
    task = t.Unicode(
        "Drag the knots up over real points, down over generated ones. "
        "Keep the graph out of the cone, wherever it slides."
    ).tag(sync=True)
    real = data()
    generated = data()
    within = Number(0.5, within=(0.0, 1.0))
    values = Numbers()
    foot = Number(0.0)

    def __init__(
        self,
        real: Any = (0.0, 6.0),
        generated: Any = (2.0, 8.0),
        values: Any = None,
        foot: Any = None,
        **traits: Any,
    ) -> None:
        for name, law in (("real", real), ("generated", generated)):
            if np.ndim(law) != 1 or len(law) == 0 or not np.isfinite(np.asarray(law, dtype=float)).all():
                raise InvalidTrait(f"{name} must hold at least one finite number, not {law!r}")
            self.hold(**{name: [float(z) for z in law]})
        self._x = np.unique(self.real + self.generated)
        if len(self._x) < 2:
            raise InvalidTrait(f"real and generated must hold two different points, not only {self._x[0]}")
        # Counts, not shares: whether F = G on a stretch must not depend on rounding.
        above = np.searchsorted(np.sort(self.generated), self._x, "right") * len(self.real)
        below = np.searchsorted(np.sort(self.real), self._x, "right") * len(self.generated)
        self._crossing = (above - below)[:-1]
        level = [0.0] * len(self._x)
        super().__init__(
            values=level if values is None else values,
            foot=self._x[:2].mean() if foot is None else foot,
            **traits,
        )
        if "within" in traits and values is None:
            self._follow()

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of `values`, with room above and below all optimal critics, and of `foot`."""
        slopes = [np.where(self._crossing == 0, side, np.sign(self._crossing)) for side in (-1.0, 1.0)]
        ends = np.r_[0.0, self.values, *(np.cumsum(slope * np.diff(self._x)) for slope in slopes)]
        room = 0.12 * np.ptp(ends)
        low, high = float(np.floor(ends.min() - room)), float(np.ceil(ends.max() + room))
        return {"values": [low, high], "foot": [float(self._x[0]), float(self._x[-1])]}

    @t.validate("values")
    def _valid_values(self, proposal: Any) -> list[float]:
        if len(proposal.value) != len(self._x) or np.ndim(proposal.value) != 1:
            raise InvalidTrait(f"values must be {len(self._x)} finite numbers, one per point, not {proposal.value!r}")
        return proposal.value

    @t.observe("within")
    def _follow(self, change: object = None) -> None:
        # The page sends the values with the share; they may be others, as after "Reset".
        if "values" not in self._property_lock:
            slopes = np.where(self._crossing == 0, 2 * self.within - 1, np.sign(self._crossing))
            self.values = np.r_[0.0, np.cumsum(slopes * np.diff(self._x))].tolist()

    @reading()
    def w1(self) -> float:
        """∫|F − G| of the two laws."""
        return float(np.abs(self._crossing) @ np.diff(self._x) / (len(self.real) * len(self.generated)))

    @reading("values")
    def gap(self) -> float:
        """E_P f − E_Q f."""
        real, fake = (np.interp(law, self._x, self.values).mean() for law in (self.real, self.generated))
        return float(real - fake)

    @reading("values")
    def slope(self) -> float:
        """Largest |f(x) − f(y)| / |x − y|."""
        return float(np.abs(np.diff(self.values) / np.diff(self._x)).max())

    @reading("values")
    def certified(self) -> float:
        """Gap / max(1, slope), at most W₁."""
        return self.gap / max(1.0, self.slope)
