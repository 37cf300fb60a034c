"""Figures to take hold of on the gradient penalty: where it looks, and what it costs there."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float

from wgan_lib import transport
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, Whole, data, joined, reading


def _alphas(seed: int, n: int) -> Float[np.ndarray, " n"]:
    """The numbers of torch.rand(n, generator=torch.Generator().manual_seed(seed)), without torch."""
    words = np.random.RandomState(seed).randint(0, 2**32, n, dtype=np.uint32)
    return (words & 0xFFFFFF) / 2.0**24


def _seed(value: int) -> int:
    if not 0 <= value <= 99:
        raise InvalidTrait(f"seed must be a whole number from 0 to 99, not {value}")
    return value


class Interpolates(BookWidget):
    """A critic on a line to bend by its knots, the places where the penalty looks, and what each stretch pays.

    P is uniform on `real`, Q on `generated`, equally many points, in the order they were drawn; f is linear between the
    `knots`, where it has `values`. `at` says where λ E (|f′| − 1)² is taken, λ = `weight`: at "reals", between "random
    pairs" (all pairs alike, as fresh batches make them) or between "optimal pairs". Read-only: `gap` = E f(real) −
    E f(generated), `penalty`, `value` = gap − penalty, exact for these points; `w1` = ∫|F − G|. The dots on f are the
    points at which ``constraints.GradientPenalty`` looks for this batch with ``torch.Generator().manual_seed(seed)``.

    Raises:
        InvalidTrait: real and generated differ in number or lie outside the knots; knots that do not rise; a wrong
            number of values; a seed that is not 0 to 99.

    Source: Gulrajani et al. (2017), equation 3. Chapter: gradient-penalty.
    """

    _esm = joined("widgets/interpolates.mjs")
    _sizes = (603, 598)
    task = t.Unicode("Choose where the penalty looks, then press Climb. Which choice lets the gap run away?").tag(
        sync=True
    )
    real = data()
    generated = data()
    knots = data()
    at = t.Enum(["reals", "random pairs", "optimal pairs"], "random pairs").tag(sync=True)
    weight = Number(1.0, reach=(0.5, 10.0), above=0.0)
    seed = Whole(0)
    values = Numbers()

    def __init__(
        self,
        real: Any = None,
        generated: Any = None,
        knots: Sequence[float] = tuple(range(9)),
        values: Any = None,
        **traits: Any,
    ) -> None:
        rng = np.random.default_rng(8)
        piles = {"generated": rng.permutation([1.0, 5.0] * 12), "real": rng.permutation([3.0, 7.0] * 12)}
        given = {"real": real, "generated": generated}
        for name, pile in piles.items():
            points = (pile + rng.uniform(-0.5, 0.5, 24)).round(3) if given[name] is None else np.asarray(given[name])
            self.hold(**{name: [float(z) for z in np.ravel(points)]})
        self.hold(knots=[float(z) for z in knots])
        every = np.array(self.real + self.generated)
        if len(self.real) != len(self.generated) or not self.real:
            raise InvalidTrait(f"real and generated must be equally many, not {len(self.real)}, {len(self.generated)}")
        if len(self.knots) < 2 or (np.diff(self.knots) <= 0).any():
            raise InvalidTrait(f"knots must be two or more numbers that rise, not {self.knots}")
        if not (np.isfinite(every).all() and self.knots[0] <= every.min() and every.max() < self.knots[-1]):
            raise InvalidTrait(f"real and generated must lie inside the knots, {self.knots[0]} to {self.knots[-1]}")
        super().__init__(values=[0.0] * len(self.knots) if values is None else values, **traits)

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of `values`, half below 0 and one and a half widths above, and of `seed`."""
        width = self.knots[-1] - self.knots[0]
        low, high = min([-width / 2, *self.values]), max([1.5 * width, *self.values])
        return {"values": [float(np.floor(low)), float(np.ceil(high))], "seed": [0, 99, 1]}

    @t.validate("values")
    def _valid_values(self, proposal: Any) -> list[float]:
        if len(proposal.value) != len(self.knots) or np.ndim(proposal.value) != 1:
            raise InvalidTrait(f"values must be {len(self.knots)} finite numbers, one a knot, not {proposal.value!r}")
        return proposal.value

    @t.validate("seed")
    def _valid_seed(self, proposal: Any) -> int:
        return _seed(proposal.value)

    def _shares(self) -> Float[np.ndarray, " cells"]:
        """Share of the places where the penalty looks, cell by cell."""
        x, y = np.array(self.real), np.array(self.generated)
        left, right = np.array(self.knots[:-1]), np.array(self.knots[1:])
        if self.at == "reals":
            return np.histogram(x, self.knots)[0] / len(x)
        if self.at == "optimal pairs":
            x, y = np.sort(x), np.sort(y)
        else:
            x, y = np.repeat(x, len(y)), np.tile(y, len(x))
        low, high = np.minimum(x, y)[:, None], np.maximum(x, y)[:, None]
        inside = np.clip(np.minimum(high, right) - np.maximum(low, left), 0, None)
        even = inside / np.where(high > low, high - low, 1.0)
        return np.where(high > low, even, (low >= left) & (low < right)).mean(axis=0)

    def points(self) -> Float[np.ndarray, " n"]:
        """Give the places of the dots: the library's points for this batch and this seed. Chapter: gradient-penalty."""
        x, y = np.array(self.real), np.array(self.generated)
        if self.at == "reals":
            return x
        if self.at == "optimal pairs":
            x, y = np.sort(x), np.sort(y)
        alpha = _alphas(self.seed, len(x))
        return alpha * x + (1 - alpha) * y

    @reading()
    def w1(self) -> float:
        """∫|F − G| of the two laws."""
        return float(np.abs(np.sort(self.real) - np.sort(self.generated)).mean())

    @reading("values")
    def gap(self) -> float:
        """E f(real) − E f(generated)."""
        f_real, f_fake = (np.interp(law, self.knots, self.values).mean() for law in (self.real, self.generated))
        return float(f_real - f_fake)

    @reading("values", "at", "weight")
    def penalty(self) -> float:
        """λ E (|f′| − 1)² over the places where the penalty looks."""
        slopes = np.diff(self.values) / np.diff(self.knots)
        return float(self.weight * (self._shares() @ (np.abs(slopes) - 1) ** 2))

    @reading("values", "at", "weight")
    def value(self) -> float:
        """Gap − penalty, what the critic climbs."""
        return self.gap - self.penalty


class PairsInPlane(BookWidget):
    """Random pairs against optimal pairs of two clouds, and the slope of an exact critic at their interpolates.

    The clouds `real` and `generated` hold n points each, in the order they were drawn; `shift` moves the generated one.
    The critic is ``transport.optimal_critic(tips="both", prices="middle")``. `pairs` joins the points "random" (as they
    came) or "optimal" (the cheapest plan); α is the library's for `seed`. Read-only: `w1`; `length`, the mean length of
    the pairs; `slope`, the mean of ‖∇f*‖ at the interpolates; `paid`, the mean of (‖∇f*‖ − 1)², its penalty at λ = 1.

    Raises InvalidTrait for clouds that are not (n, 2) with one n, or a seed that is not 0 to 99.
    Source: Gulrajani et al. (2017), proposition 1. Chapter: gradient-penalty.
    """

    _esm = joined("widgets/pairs-in-plane.mjs")
    _sizes = (523, 599)
    task = t.Unicode(
        "The critic is exact. Join the points at random, then by the cheapest plan. When does the penalty charge it?"
    ).tag(sync=True)
    real = data()
    generated = data()
    pairs = t.Enum(["random", "optimal"], "random").tag(sync=True)
    seed = Whole(0)
    shift = Numbers((0.0, 0.0))

    def __init__(self, real: Any = None, generated: Any = None, **traits: Any) -> None:
        rng = np.random.default_rng(3)
        piles = {"real": [[-0.8, 0.0], [1.9, 0.0]], "generated": [[-1.9, 0.0], [0.8, 0.0]]}
        clouds = {k: rng.permutation(pile * 8) + 0.25 * rng.standard_normal((16, 2)) for k, pile in piles.items()}
        for name, given in (("real", real), ("generated", generated)):
            cloud = clouds[name].round(3) if given is None else np.asarray(given, dtype=float)
            if cloud.ndim != 2 or cloud.shape[1] != 2 or not len(cloud) or not np.isfinite(cloud).all():
                raise InvalidTrait(f"{name} must be (n, 2) finite numbers, not of shape {cloud.shape}")
            self.hold(**{name: cloud.tolist()})
        if len(self.real) != len(self.generated):
            raise InvalidTrait(f"real and generated must be equally many, not {len(self.real)}, {len(self.generated)}")
        super().__init__(**traits)

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of `shift` and `seed`."""
        return {"shift": [[-1.0, 1.0], [-1.0, 1.0]], "seed": [0, 99, 1]}

    @t.validate("seed")
    def _valid_seed(self, proposal: Any) -> int:
        return _seed(proposal.value)

    @t.validate("shift")
    def _valid_shift(self, proposal: Any) -> list[float]:
        if np.shape(proposal.value) != (2,):
            raise InvalidTrait(f"shift must be two finite numbers, not {proposal.value!r}")
        return proposal.value

    def _joined(self) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
        x, y = np.array(self.real), np.array(self.generated) + self.shift
        if self.pairs == "optimal":
            y = y[transport.plan(x, y).coupling.argmax(axis=1)]
        return x, y

    def points(self) -> Float[np.ndarray, "n 2"]:
        """Give the interpolates: the library's, for these pairs and this seed. Chapter: gradient-penalty."""
        x, y = self._joined()
        alpha = _alphas(self.seed, len(x))[:, None]
        return alpha * x + (1 - alpha) * y

    def _slopes(self) -> Float[np.ndarray, " n"]:
        critic = transport.optimal_critic(
            self.real, np.array(self.generated) + self.shift, tips="both", prices="middle"
        )
        return np.linalg.norm(critic.gradient(self.points()), axis=1)

    @reading("shift")
    def w1(self) -> float:
        """W₁ of the two clouds."""
        return float(transport.w1(self.real, np.array(self.generated) + self.shift))

    @reading("pairs", "shift")
    def length(self) -> float:
        """Mean length of the pairs."""
        x, y = self._joined()
        return float(np.linalg.norm(x - y, axis=1).mean())

    @reading("pairs", "seed", "shift")
    def slope(self) -> float:
        """Mean of ‖∇f*‖ at the interpolates."""
        return float(self._slopes().mean())

    @reading("pairs", "seed", "shift")
    def paid(self) -> float:
        """Mean of (‖∇f*‖ − 1)² at the interpolates."""
        return float(np.square(self._slopes() - 1).mean())
