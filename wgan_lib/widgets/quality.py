"""The figure of what-wgans-are to take hold of: how well critics estimate W1, and how well they teach."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float

from wgan_lib import checks
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Whole, data, joined, reading


class ErrorQuality(BookWidget):
    """Critics as points: across, their estimate of a known W₁ over the truth; up, how far off the samples they taught.

    `dimension` and `batch` are indices into dims and batches. A point is a mean over seeds, its bars run from the least
    to the largest seed. `floor` is where the energies of a perfect generator end.

    Args:
        ways: the critics' names, two or more.
        dims, batches: what was recorded.
        ratios: estimate over truth, > 0, of shape (ways, dims, batches, seeds).
        energies: of the samples, without bias, in the same shape; those below `floor` are drawn there.
        floor: the size that the energy of a perfect generator stays below, > 0.

    Read-only: `off`, the smallest error |mean ratio − 1|; `energy`, the smallest mean energy; `swaps`, how many couples
    of critics stand otherwise by one than by the other.

    Raises InvalidTrait for arrays of other shapes, or ratios and a floor that are not positive. Chapter:
    what-wgans-are.
    """

    _esm = joined("widgets/error-quality.mjs")
    _sizes = (469, 391)
    dimension = Whole(0)
    batch = Whole(0)
    task = t.Unicode("Slide dimension and batch. Does the critic nearest to the truth stand lowest?").tag(sync=True)
    ways, dims, batches, ratios, energies, floor = data(), data(), data(), data(), data(), data()

    def __init__(
        self,
        ways: Sequence[str],
        dims: Sequence[int],
        batches: Sequence[int],
        ratios: Any,
        energies: Any,
        floor: float,
        **traits: Any,
    ) -> None:
        shape = (len(ways), len(dims), len(batches))
        for name, value in (("ratios", ratios), ("energies", energies)):
            table = checks.reals(name, value)
            if (
                table.ndim != 4
                or table.shape[:3] != shape
                or min(shape) < 1
                or len(ways) < 2
                or not np.isfinite(table).all()
            ):
                raise InvalidTrait(f"{name} must have shape {(*shape, 'seeds')}, not {table.shape}")
            if name == "ratios" and table.min() <= 0:
                raise InvalidTrait(f"ratios must be above 0, and the least is {table.min():.3g}")
            self.hold(**{name: _short(table).tolist()})
        self.hold(ways=[str(way) for way in ways], dims=[int(d) for d in dims], batches=[int(b) for b in batches])
        self.hold(floor=float(_short(np.array(checks.number("floor", floor, above=0.0)))))
        super().__init__(**traits)

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of the two indices."""
        return {"dimension": [0, len(self.dims) - 1, 1], "batch": [0, len(self.batches) - 1, 1]}

    @t.validate("dimension", "batch")
    def _an_index(self, proposal: t.Bunch) -> int:
        name, values = proposal.trait.name, self.dims if proposal.trait.name == "dimension" else self.batches
        if not 0 <= proposal.value < len(values):
            raise InvalidTrait(f"{name} must be 0 to {len(values) - 1}, not {proposal.value!r}")
        return int(proposal.value)

    def _means(self, table: Any) -> Float[np.ndarray, " ways"]:
        return np.array(table)[:, self.dimension, self.batch].mean(-1)

    @reading("dimension", "batch")
    def off(self) -> float:
        """The smallest error of an estimate, as a share of the truth."""
        return float(np.abs(self._means(self.ratios) - 1).min())

    @reading("dimension", "batch")
    def energy(self) -> float:
        """The smallest energy of samples."""
        return float(self._means(self.energies).min())

    @reading("dimension", "batch")
    def swaps(self) -> int:
        """How many couples stand otherwise by their error than by their samples."""
        errors, energies = np.abs(self._means(self.ratios) - 1), self._means(self.energies)
        couples = combinations(range(len(self.ways)), 2)
        return sum(bool((errors[i] - errors[j]) * (energies[i] - energies[j]) < 0) for i, j in couples)


def _short(values: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Five significant digits, so that page and Python see the same numbers."""
    return np.vectorize(lambda v: float(f"{v:.5g}"), otypes=[float])(values)
