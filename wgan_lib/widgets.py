"""Figures to take hold of: one anywidget class per widget, whose traits are its whole state.

Each widget's drawing is an ES module in `js/`; its readings, the read-only traits, are computed here by the library.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

import anywidget
import numpy as np
import traitlets as t
from jaxtyping import Float, Num
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import jensenshannon

from wgan_lib import arrays, divergences, segments, transport

_JS = files("wgan_lib") / "js"
_IMPORT = re.compile(r"""^(import\b[^"';]*)(["'])\./([\w.-]+\.mjs)\2""", re.MULTILINE)
_LOADER = r"""
const urls = {};
const add = (name, source) => {
  const text = source.replace(/\0(.+?)\0/g, (_, part) => urls[part]);
  urls[name] = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
};
"""


@cache
def joined(module: str) -> str:
    """Join a module of `js/` with all it imports, each once, into one ES module that exports its default.

    anywidget takes a single module. The parts become blob URLs in the browser, the imported before the importing
    (nested `data:` URLs work as well, but grow by a third at each level).

    Raises FileNotFoundError for a missing module, ValueError where modules import each other in a circle.
    Chapter: every one.
    """
    parts: dict[str, str] = {}
    _collect(module, (), parts)
    added = [f"add({json.dumps(name)}, {json.dumps(text, ensure_ascii=False)});" for name, text in parts.items()]
    return "\n".join([_LOADER, *added, f"export default (await import(urls[{json.dumps(module)}])).default;"])


def _collect(module: str, importers: tuple[str, ...], parts: dict[str, str]) -> None:
    if module in importers:
        raise ValueError(f"module {module!r} imports itself: {' → '.join((*importers, module))}")
    source = (_JS / module).read_text(encoding="utf-8")
    for found in _IMPORT.finditer(source):
        if found[3] not in parts:
            _collect(found[3], (*importers, module), parts)
    marked = _IMPORT.sub(lambda found: f'{found[1]}"\0{found[3]}\0"', source)
    parts[module] = f"{marked}//# sourceURL=wgan_lib/js/{module}\n"


@cache
def stylesheet() -> str:
    """Read the one style sheet of all widgets. Chapter: every one."""
    return (_JS / "widgets.css").read_text(encoding="utf-8")


class InvalidTrait(t.TraitError, ValueError):
    """A widget was given a value it cannot show; the message names the trait, the value and what would be right."""


def finite(widget: t.HasTraits, proposal: Any) -> float:
    """Accept a finite number only: a traitlets validator, which raises InvalidTrait. Chapter: every one."""
    if not isfinite(proposal.value):
        raise InvalidTrait(f"{proposal.trait.name} must be a finite number, not {proposal.value!r}")
    return float(proposal.value)


def positive(widget: t.HasTraits, proposal: Any) -> float:
    """Accept a finite number > 0 only: a traitlets validator, which raises InvalidTrait. Chapter: every one."""
    if not (isfinite(proposal.value) and proposal.value > 0):
        raise InvalidTrait(f"{proposal.trait.name} must be finite and > 0, not {proposal.value!r}")
    return float(proposal.value)


class BookWidget(anywidget.AnyWidget):
    """What all widgets share: the style sheet, the sentence above the figure, and no argument passed over in silence.

    `task` is that sentence. Raises TypeError for an argument that is no trait. Chapter: every one.
    """

    _css = stylesheet()
    task = t.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(name for name in traits if not self.has_trait(name))
        if unknown:
            own = sorted(set(self.trait_names()) - set(anywidget.AnyWidget.class_trait_names()))
            raise TypeError(f"{type(self).__name__} has no trait {', '.join(unknown)}; it has {', '.join(own)}")
        super().__init__(**traits)


class MoveGaussians(BookWidget):
    """Two normal laws to drag: JS, KL and W₁ with their slopes, and the pull of three losses on generated samples.

    P = N(mean_p, std_p²) is real, Q = N(mean_q, std_q²) generated. The read-only traits follow every change, from
    Python or from the page: `js` and `kl` = KL(P‖Q) in nats, `w1` in the units of x. `unit` ("nats", "bits") changes
    only what is shown; `compact` leaves out the curves and arrows.

    Raises InvalidTrait (a TraitError and a ValueError) unless the means are finite and the widths finite and > 0.
    Source: Goodfellow et al. (2014), section 4.1; Arjovsky & Bottou (2017), theorem 2.5; Arjovsky, Chintala & Bottou
    (2017), section 2. Chapter: js-saturation.
    """

    _esm = joined("move-gaussians.mjs")
    mean_p = t.Float(0.0).tag(sync=True)
    std_p = t.Float(1.0).tag(sync=True)
    mean_q = t.Float(2.0).tag(sync=True)
    std_q = t.Float(1.0).tag(sync=True)
    unit = t.Enum(("nats", "bits"), "nats").tag(sync=True)
    compact = t.Bool(False).tag(sync=True)
    task = t.Unicode("Drag the orange bell away from the blue one. Which distance stops noticing?").tag(sync=True)
    js = t.Float(read_only=True).tag(sync=True)
    kl = t.Float(read_only=True).tag(sync=True)
    w1 = t.Float(read_only=True).tag(sync=True)

    _finite = t.validate("mean_p", "mean_q")(finite)
    _positive = t.validate("std_p", "std_q")(positive)

    def __init__(
        self, mean_p: float = 0.0, std_p: float = 1.0, mean_q: float = 2.0, std_q: float = 1.0, **traits: Any
    ) -> None:
        super().__init__(mean_p=mean_p, std_p=std_p, mean_q=mean_q, std_q=std_q, **traits)
        self._measure()

    @t.observe("mean_p", "std_p", "mean_q", "std_q")
    def _measure(self, change: object = None) -> None:
        pair = (self.mean_p, self.std_p, self.mean_q, self.std_q)
        self.set_trait("js", float(divergences.js_normals(*pair)))
        self.set_trait("kl", float(divergences.kl_normals(*pair)))
        self.set_trait("w1", float(divergences.w1_normals(*pair)))


class ParallelLines(BookWidget):
    """Two segments in the plane, P upright at 0, Q at `theta`, to drag apart, `tilt` (degrees) and blur (`noise`, σ).

    Without noise JS is exactly ln 2 for all (theta, tilt) ≠ (0, 0), crossing or not. The read-only traits `js` and
    `kl` = KL(P‖Q) in nats and `tv` hold with the noise; `w1`, in lengths of the segments, is that of the segments
    themselves: the noise leaves |theta| as it is where tilt = 0 and can only lower it elsewhere.

    Raises:
        InvalidTrait: theta is outside [−1, 1], tilt outside [−90, 90], or noise neither 0 nor in [0.01, 0.5].

    Source: Arjovsky, Chintala & Bottou (2017), example 1; Arjovsky & Bottou (2017), section 3. Chapter: js-saturation.
    """

    _esm = joined("parallel-lines.mjs")
    theta = t.Float(0.6).tag(sync=True)
    tilt = t.Float(0.0).tag(sync=True)
    noise = t.Float(0.0).tag(sync=True)
    task = t.Unicode(
        "Drag the orange segment away: which distance knows how far it is? "
        "Then tilt it through the blue one, and add noise."
    ).tag(sync=True)
    js = t.Float(read_only=True).tag(sync=True)
    kl = t.Float(read_only=True)  # stays here: JSON knows no infinity
    tv = t.Float(read_only=True).tag(sync=True)
    w1 = t.Float(read_only=True).tag(sync=True)

    def __init__(self, theta: float = 0.6, tilt: float = 0.0, noise: float = 0.0, **traits: Any) -> None:
        super().__init__(theta=theta, tilt=tilt, noise=noise, **traits)
        self._measure()

    @t.validate("theta", "tilt", "noise")
    def _in_reach(self, proposal: Any) -> float:
        name, value = proposal.trait.name, finite(self, proposal)
        low, high = {"theta": (-1.0, 1.0), "tilt": (-90.0, 90.0), "noise": (0.01, 0.5)}[name]
        if not (low <= value <= high or (name == "noise" and value == 0)):
            raise InvalidTrait(f"{name} must be {'0 or ' if name == 'noise' else ''}in [{low}, {high}], not {value!r}")
        return value

    @t.observe("theta", "tilt", "noise")
    def _measure(self, change: object = None) -> None:
        for name, value in segments.segment_divergences(self.theta, self.tilt, self.noise)._asdict().items():
            self.set_trait(name, value)
        self.set_trait("w1", segments.w1_segments(self.theta, self.tilt))


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

    _esm = joined("sand-piles.mjs")
    real = t.List(t.Float(), [2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 5.0, 4.0, 2.0, 1.0]).tag(sync=True)
    generated = t.List(t.Float(), [0.0, 1.0, 3.0, 5.0, 6.0, 4.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]).tag(sync=True)
    area = t.Enum(("columns", "rows"), "columns").tag(sync=True)
    plan = t.Enum(("cheapest", "reversed"), "cheapest").tag(sync=True)
    moved = t.Float(0.0, min=0.0, max=1.0).tag(sync=True)
    task = t.Unicode(
        "Draw the pile above the ground and the hole below it, then move the sand. "
        "The work it takes is the area between F and G."
    ).tag(sync=True)
    js = t.Float(read_only=True).tag(sync=True)
    w1 = t.Float(read_only=True).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        if len(self.real) != len(self.generated):
            raise InvalidTrait(
                f"real and generated must have equal lengths, not {len(self.real)} and {len(self.generated)}"
            )
        self._bars = len(self.real)
        self._measure()

    @t.validate("real", "generated")
    def _heights(self, proposal: Any) -> list[float]:
        name, heights = proposal.trait.name, np.asarray(proposal.value, dtype=float)
        if len(heights) < 2 or len(heights) != getattr(self, "_bars", len(heights)):
            wanted = f"{self._bars}, as at the start" if hasattr(self, "_bars") else "at least 2"
            raise InvalidTrait(f"{name} must have {wanted}, not {len(heights)} heights")
        if not (np.isfinite(heights).all() and (heights >= 0).all() and heights.sum() > 0):
            raise InvalidTrait(f"{name} must hold finite heights ≥ 0, not all zero, not {proposal.value!r}")
        return list(proposal.value)

    @t.observe("real", "generated")
    def _measure(self, change: object = None) -> None:
        if not hasattr(self, "_bars"):
            return  # both laws are not there yet
        p, q = (np.array(heights) / sum(heights) for heights in (self.real, self.generated))
        places = np.arange(self._bars, dtype=float)
        self.set_trait("w1", transport.w1(places, places, p, q))
        self.set_trait("js", float(jensenshannon(p, q) ** 2))


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

    _esm = joined("two-sides.mjs")
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
        piles: Sequence[tuple[int, int]] = ((2, 3), (6, 1), (9, 3)),
        holes: Sequence[tuple[int, int]] = ((0, 2), (4, 3), (12, 2)),
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

    _esm = joined("transport-plan.mjs")
    task = t.Unicode("Join each orange point to a blue one. Can you find the plan that nothing beats?").tag(sync=True)
    real: t.List[Any] = t.List().tag(sync=True)
    generated: t.List[Any] = t.List().tag(sync=True)
    matching = t.List(t.Int()).tag(sync=True)
    drag = t.Enum(("draw", "move"), "draw").tag(sync=True)
    show_cheapest = t.Bool(False).tag(sync=True)
    cost = t.Float(None, allow_none=True, read_only=True).tag(sync=True)
    w1 = t.Float(read_only=True).tag(sync=True)

    # Six a side on which joining the nearest pair first, again and again, ends 20 % above the optimum.
    _REAL = ((2.65, 0.25), (2.85, 1.45), (2.75, 1.0), (2.05, 0.95), (2.05, 0.3), (1.15, 0.2))
    _GENERATED = ((0.65, 0.15), (0.6, 0.85), (1.8, 1.85), (0.3, 0.45), (0.7, 1.45), (1.45, 0.6))

    def __init__(
        self, real: Any = _REAL, generated: Any = _GENERATED, matching: Sequence[int] | None = None, **traits: Any
    ) -> None:
        self._n = len(real)
        lists = {"real": np.asarray(real).tolist(), "generated": np.asarray(generated).tolist()}
        super().__init__(**lists, matching=[-1] * self._n if matching is None else list(matching), **traits)
        self._measure()

    @t.validate("real", "generated")
    def _valid_points(self, proposal: Any) -> list[list[float]]:
        value = np.asarray(proposal.value, dtype=float)
        if value.shape != (self._n, 2) or not 2 <= self._n <= 12:
            raise InvalidTrait(
                f"{proposal.trait.name} must hold 2 to 12 points, as many real as generated and as at the start "
                f"({self._n}), in shape (n, 2), not {value.shape}"
            )
        if not ((value >= 0) & (value <= (3, 2))).all():
            raise InvalidTrait(f"{proposal.trait.name} must lie in [0, 3] × [0, 2], not {proposal.value!r}")
        return value.tolist()

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

    @t.observe("real", "generated", "matching")
    def _measure(self, change: object = None) -> None:
        away = np.linalg.norm(np.asarray(self.generated)[:, None] - np.asarray(self.real)[None], axis=-1)
        rows, columns = linear_sum_assignment(away)
        self.set_trait("w1", float(away[rows, columns].mean()))
        self.set_trait("cost", None if -1 in self.matching else float(away[range(self._n), self.matching].mean()))


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

    _esm = joined("lipschitz-cones.mjs")
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


class AmbientDimension(BookWidget):
    """Two thin sheets in ever larger spaces: distances to the nearest real sample, a bound on JS, and W₁.

    A discriminator that is right with probability a, on as many real as generated samples, proves JS ≥ ln 2 − H(a)
    nats. The page gets the distances as shares of samples in bins of a tenth of a decade, the first starting at
    10^(tenths/10), and their medians. All traits are read-only but `task` and `selected`, the index of the D shown.

    Args:
        dims: increasing whole numbers ≥ 1, at least two.
        accuracy, js, w1, w1_null: (len, draws) held-out accuracy, the bound in nats, W₁, and W₁ of two real samples.
        nearest, nearest_null: (len, n) distances of generated, and of held-out real, samples to the nearest real one.

    Raises:
        ValueError: an argument is not as described, or not finite; distances ≤ 0; js above ln 2.
        TypeError: an argument does not hold real numbers.
        InvalidTrait: selected is no index of dims.

    Source: Arjovsky & Bottou (2017), lemma 3 and theorem 2.2; the bound is Fano's. Chapter: js-saturation.
    """

    _esm = joined("ambient-dimension.mjs")
    task = t.Unicode("Slide the dimension up. How many are enough for orange to leave blue?").tag(sync=True)
    selected = t.Int(0).tag(sync=True)
    tenths = t.Int(read_only=True).tag(sync=True)
    dims = t.List(t.Int(), read_only=True).tag(sync=True)
    accuracy = t.List(t.List(t.Float()), read_only=True).tag(sync=True)
    js = t.List(t.List(t.Float()), read_only=True).tag(sync=True)
    w1 = t.List(t.List(t.Float()), read_only=True).tag(sync=True)
    w1_null = t.List(t.List(t.Float()), read_only=True).tag(sync=True)
    shares = t.List(t.List(t.Float()), read_only=True).tag(sync=True)
    shares_null = t.List(t.List(t.Float()), read_only=True).tag(sync=True)
    median = t.List(t.Float(), read_only=True).tag(sync=True)
    median_null = t.List(t.Float(), read_only=True).tag(sync=True)

    def __init__(
        self,
        dims: Sequence[int],
        accuracy: Num[Any, "len draws"],
        js: Num[Any, "len draws"],
        w1: Num[Any, "len draws"],
        w1_null: Num[Any, "len draws"],
        nearest: Num[Any, "len n"],
        nearest_null: Num[Any, "len n"],
        selected: int = 0,
        **traits: Any,
    ) -> None:
        whole = np.asarray(dims)
        if whole.dtype.kind not in "iu" or whole.ndim != 1 or len(whole) < 2 or min(whole[0], *np.diff(whole)) < 1:
            raise ValueError(f"dims must be at least two increasing whole numbers ≥ 1, not {dims!r}")
        self.set_trait("dims", whole.tolist())
        draws = np.shape(accuracy)[-1:]
        given = {"accuracy": (accuracy, 1.0), "js": (js, np.log(2)), "w1": (w1, np.inf), "w1_null": (w1_null, np.inf)}
        for name, (value, most) in given.items():
            table = self._table(name, value)
            if table.shape[1:] != draws:
                raise ValueError(f"{name} must have as many draws as accuracy, {draws[0]}, not {table.shape[1]}")
            if table.min() < 0 or table.max() > most + 1e-9:
                raise ValueError(f"{name} must be in [0, {most:.6g}], not {table.min():.6g} to {table.max():.6g}")
            self.set_trait(name, table.round(6).tolist())
        away = {"": self._table("nearest", nearest), "_null": self._table("nearest_null", nearest_null)}
        for end, table in away.items():
            if table.min() <= 0:
                raise ValueError(f"nearest{end} must hold distances > 0, not {table.min():.6g}")
        bins = {end: np.floor(10 * np.log10(table)).astype(int) for end, table in away.items()}
        first = min(table.min() for table in bins.values())
        count = max(table.max() for table in bins.values()) - first + 1
        self.set_trait("tenths", int(first))
        for end, table in bins.items():
            shares = [np.bincount(row - first, minlength=count) / len(row) for row in table]
            self.set_trait(f"shares{end}", np.round(shares, 5).tolist())
            self.set_trait(f"median{end}", np.median(away[end], axis=1).round(6).tolist())
        super().__init__(selected=selected, **traits)

    def _table(self, name: str, value: Num[Any, "len n"]) -> Float[np.ndarray, "len n"]:
        table = arrays.reals(name, value)
        if table.ndim != 2 or len(table) != len(self.dims) or table.shape[1] < 1:
            raise ValueError(f"{name} must have shape ({len(self.dims)}, n ≥ 1), one row per D, not {table.shape}")
        return table

    @t.validate("selected")
    def _an_index(self, proposal: Any) -> int:
        if not 0 <= proposal.value < len(self.dims):
            raise InvalidTrait(f"selected must be an index of dims, 0 to {len(self.dims) - 1}, not {proposal.value!r}")
        return int(proposal.value)
