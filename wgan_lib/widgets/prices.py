"""Small figures to take hold of on prices: a gap as areas, and the c-transform. Chapter: kantorovich-rubinstein."""

from typing import Any

import numpy as np
import traitlets as t

from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, data, joined, reading


class LoadSlack(BookWidget):
    """The gap between a plan and prices of four towns as the area of four rectangles, load × slack.

    Holes and piles are (place, size) on a road; `prices` belong to holes, then piles; `straight` is the load of the
    first pair, which fixes the other three. Read-only: `cost` of the plan, `value` of the prices, `gap` = Σ load ·
    (fare − f(x) + f(y)) = cost − value, and `least`, the smallest slack, negative where a price is unfair. Raises
    InvalidTrait unless prices are four. Source: Villani (2009), chapter 5. Chapter: kantorovich-rubinstein.
    """

    _esm = joined("widgets/load-slack.mjs")
    _sizes = (469, 461)
    prices = Numbers([6.0, 4.0, 5.0, 5.0]).tag(reach=[0.0, 12.0])
    straight = Number(1.0, within=(0.0, 2.0))
    task = t.Unicode("Drag the prices until all rectangles that have a width are flat.").tag(sync=True)
    holes, piles = data(), data()

    def __init__(self, **traits: Any) -> None:
        self.hold(holes=[[4, 3], [11, 2]], piles=[[3, 2], [8, 3]])
        super().__init__(**traits)

    @t.validate("prices")
    def _four(self, proposal: t.Bunch) -> list[float]:
        if np.shape(proposal.value) != (4,):
            raise InvalidTrait(f"prices must be four numbers, of two holes and two piles, not {proposal.value!r}")
        return list(proposal.value)

    @property
    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        """Loads and fares, a row for each hole."""
        (x, a), (y, b) = np.array(self.holes, float).T, np.array(self.piles, float).T
        s = self.straight
        return np.array([[s, a[0] - s], [b[0] - s, a[1] - b[0] + s]]), np.abs(x[:, None] - y)

    @reading("straight")
    def cost(self) -> float:
        """Σ load · fare."""
        load, fare = self._table
        return float((load * fare).sum())

    @reading("prices")
    def value(self) -> float:
        """What holes pay less what piles are paid."""
        sizes = np.array([[n for _, n in self.holes], [-n for _, n in self.piles]]).ravel()
        return float(sizes @ self.prices)

    @reading("prices", "straight")
    def gap(self) -> float:
        """Σ load · slack."""
        return float((self._table[0] * self._slack).sum())

    @reading("prices")
    def least(self) -> float:
        """Smallest slack: prices are fair if it is not negative."""
        return float(self._slack.min())

    @property
    def _slack(self) -> np.ndarray:
        return self._table[1] - np.array(self.prices[:2])[:, None] + np.array(self.prices[2:])


class CTransform(BookWidget):
    """Three offers to buy at a pile and carry, and the lowest at every place, h(z) = minⱼ |z − yⱼ| + priceⱼ.

    `prices` are what the trader pays at the piles: minus his fees gⱼ. Read-only: `lists`, the income when piles are
    paid these prices; `earns`, when they are paid h(yⱼ) ≤ priceⱼ. Raises InvalidTrait unless prices are three. Source:
    Villani (2009), definition 5.2. Chapter: kantorovich-rubinstein.
    """

    _esm = joined("widgets/c-transform.mjs")
    _sizes = (386, 421)
    prices = Numbers([2.0, 9.0, 5.0]).tag(reach=[0.0, 10.0])
    task = t.Unicode("Drag the offers. Which of them lowers no price, and what does the trader gain by the rest?").tag(
        sync=True
    )
    holes, piles = data(), data()

    def __init__(self, **traits: Any) -> None:
        self.hold(holes=[[0, 2], [4, 3], [12, 2]], piles=[[2, 3], [6, 1], [9, 3]])
        super().__init__(**traits)

    @t.validate("prices")
    def _three(self, proposal: t.Bunch) -> list[float]:
        if np.shape(proposal.value) != (3,):
            raise InvalidTrait(f"prices must be three numbers, one per pile, not {proposal.value!r}")
        return list(proposal.value)

    def _income(self, paid: np.ndarray | None = None) -> float:
        (x, a), (y, b) = np.array(self.holes, float).T, np.array(self.piles, float).T
        at = lambda z: (np.abs(z[:, None] - y) + self.prices).min(axis=1)  # noqa: E731
        return float(a @ at(x) - b @ (at(y) if paid is None else paid))

    @reading("prices")
    def lists(self) -> float:
        """Income with h at the holes and the offers at the piles."""
        return self._income(np.array(self.prices))

    @reading("prices")
    def earns(self) -> float:
        """Income with h everywhere."""
        return self._income()
