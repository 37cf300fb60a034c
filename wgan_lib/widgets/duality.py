"""Figures to take hold of on duality: plans against prices, and the critics that certify W₁ on a line."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t

from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, finite, joined


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
    task = t.Unicode(
        "Drag the buckets to make the plan cheaper. Drag the prices to make them earn more. Can you make the two meet?"
    ).tag(sync=True)
    piles: t.List[Any] = t.List(read_only=True).tag(sync=True)
    holes: t.List[Any] = t.List(read_only=True).tag(sync=True)
    plan = t.List(t.Int()).tag(sync=True)
    prices = t.List(t.Int()).tag(sync=True)
    cost = t.Int(read_only=True).tag(sync=True)
    value = t.Int(read_only=True).tag(sync=True)
    gap = t.Int(None, allow_none=True, read_only=True).tag(sync=True)
    optimum = t.Int(read_only=True).tag(sync=True)

    def __init__(
        self,
        piles: Sequence[Sequence[int]] = ((2, 3), (6, 1), (9, 3)),
        holes: Sequence[Sequence[int]] = ((0, 2), (4, 3), (12, 2)),
        plan: Sequence[int] | None = None,
        prices: Sequence[int] | None = None,
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
            self.set_trait(name, sorted(whole))
        places = [place for place, _ in self.piles + self.holes]
        if len(set(places)) < len(places):
            raise InvalidTrait(f"piles and holes must all stand at different places, not {sorted(places)}")
        sand, room = (sum(n for _, n in towns) for towns in (self.piles, self.holes))
        if sand != room:
            raise InvalidTrait(f"piles and holes must have the same sum, not {sand} and {room}")
        self._towns = sorted([(p, -n) for p, n in self.piles] + [(p, n) for p, n in self.holes])
        self._from = [p for p, n in self.piles for _ in range(n)]
        steps = np.diff([p for p, _ in self._towns])
        crossing = np.cumsum([n for _, n in self._towns])[:-1]
        self.set_trait("optimum", int(np.abs(crossing) @ steps))
        middle = int(steps.sum()) // 2
        super().__init__(
            plan=self._nearest() if plan is None else list(plan),
            prices=[middle] * len(self._towns) if prices is None else list(prices),
            **traits,
        )
        self._measure()

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

    @t.observe("plan", "prices")
    def _measure(self, change: object = None) -> None:
        placed = [abs(a - self.holes[j][0]) for a, j in zip(self._from, self.plan, strict=True) if j >= 0]
        slopes = np.abs(np.diff(self.prices)) <= np.diff([p for p, _ in self._towns])
        self.set_trait("cost", sum(placed))
        self.set_trait("value", sum(n * f for (_, n), f in zip(self._towns, self.prices, strict=True)))
        counted = len(placed) == len(self._from) and bool(slopes.all())
        self.set_trait("gap", self.cost - self.value if counted else None)


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
    task = t.Unicode(
        "Drag the knots to raise E_P f − E_Q f. Keep the graph out of the cone, wherever you slide it."
    ).tag(sync=True)
    real = t.List(t.Float(), read_only=True).tag(sync=True)
    generated = t.List(t.Float(), read_only=True).tag(sync=True)
    within = t.Float(0.5, min=0.0, max=1.0).tag(sync=True)
    values = t.List(t.Float()).tag(sync=True)
    foot = t.Float().tag(sync=True)
    gap = t.Float(read_only=True).tag(sync=True)
    slope = t.Float(read_only=True).tag(sync=True)
    certified = t.Float(read_only=True).tag(sync=True)
    w1 = t.Float(read_only=True).tag(sync=True)

    _finite = t.validate("foot")(finite)

    def __init__(
        self,
        real: Sequence[float] = (0.0, 6.0),
        generated: Sequence[float] = (2.0, 8.0),
        values: Sequence[float] | None = None,
        foot: float | None = None,
        **traits: Any,
    ) -> None:
        for name, law in (("real", real), ("generated", generated)):
            if len(law) == 0 or not np.isfinite(law).all():
                raise InvalidTrait(f"{name} must hold at least one finite number, not {law!r}")
            self.set_trait(name, [float(z) for z in law])
        self._x = np.unique(self.real + self.generated)
        if len(self._x) < 2:
            raise InvalidTrait(f"real and generated must hold two different points, not only {self._x[0]}")
        # Counts, not shares: whether F = G on a stretch must not depend on rounding.
        above = np.searchsorted(np.sort(self.generated), self._x, "right") * len(self.real)
        below = np.searchsorted(np.sort(self.real), self._x, "right") * len(self.generated)
        self._crossing = (above - below)[:-1]
        self.set_trait("w1", float(np.abs(self._crossing) @ np.diff(self._x) / (len(self.real) * len(self.generated))))
        level = [0.0] * len(self._x)
        super().__init__(
            values=level if values is None else [float(v) for v in values],
            foot=float(self._x[:2].mean() if foot is None else foot),
            **traits,
        )
        if "within" in traits and values is None:
            self._follow()
        self._measure()

    @t.validate("values")
    def _valid_values(self, proposal: Any) -> list[float]:
        if len(proposal.value) != len(self._x) or not np.isfinite(proposal.value).all():
            raise InvalidTrait(f"values must be {len(self._x)} finite numbers, one per point, not {proposal.value!r}")
        return proposal.value

    @t.observe("within")
    def _follow(self, change: object = None) -> None:
        # The page sends the values with the share; they may be others, as after "Reset".
        if "values" not in self._property_lock:
            slopes = np.where(self._crossing == 0, 2 * self.within - 1, np.sign(self._crossing))
            self.values = np.r_[0.0, np.cumsum(slopes * np.diff(self._x))].tolist()

    @t.observe("values")
    def _measure(self, change: object = None) -> None:
        mean = [np.interp(law, self._x, self.values).mean() for law in (self.real, self.generated)]
        self.set_trait("gap", float(mean[0] - mean[1]))
        self.set_trait("slope", float(np.abs(np.diff(self.values) / np.diff(self._x)).max()))
        self.set_trait("certified", self.gap / max(1.0, self.slope))
