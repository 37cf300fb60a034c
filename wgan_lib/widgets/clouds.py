"""Small figures to take hold of on clouds of samples. Chapter: samples."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float
from scipy.spatial.distance import cdist

from wgan_lib import checks, transport
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Whole, data, joined, reading
from wgan_lib.widgets.curves import Line


class NullHeaps(BookWidget):
    """Readings of W₁ between two samples, of equal laws and of laws `shift` apart, by dimension and sample size.

    `dimension` and `size` are indices into dims and counts. Read-only: `told`, the share of pairs of draws in which the
    shifted pair reads higher: .5 for no difference, 1 for heaps that stand apart.

    Args:
        dims, counts: what the readings were taken for, at least two each.
        equal, apart: readings ≥ 0 of shape (dims, counts, draws).
        shift: the true distance of the shifted pair.

    Raises InvalidTrait for readings of another shape. Chapter: samples.
    """

    _esm = joined("widgets/null-heaps.mjs")
    _sizes = (459, 371)
    dimension = Whole(0)
    size = Whole(0)
    task = t.Unicode("Slide the dimension up. Where do the heaps melt into one, and do more samples part them?").tag(
        sync=True
    )
    dims, counts, shift, equal, apart = data(), data(), data(), data(), data()

    def __init__(self, dims: list[int], counts: list[int], equal: Any, apart: Any, shift: float, **traits: Any) -> None:
        for name, value in (("equal", equal), ("apart", apart)):
            table = checks.reals(name, value)
            if table.ndim != 3 or table.shape[:2] != (len(dims), len(counts)) or table.min() < 0:
                raise InvalidTrait(f"{name} must hold readings ≥ 0 in shape ({len(dims)}, {len(counts)}, draws)")
            self.hold(**{name: table.round(4).tolist()})
        self.hold(dims=[int(d) for d in dims])
        self.hold(counts=[int(n) for n in counts], shift=float(shift))
        super().__init__(**traits)

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of the two indices."""
        return {"dimension": [0, len(self.dims) - 1, 1], "size": [0, len(self.counts) - 1, 1]}

    @reading("dimension", "size")
    def told(self) -> float:
        """Share of pairs of draws in which the shifted pair reads higher."""
        equal, apart = (np.array(table)[self.dimension, self.size] for table in (self.equal, self.apart))
        return float((apart[:, None] > equal).mean())


class Slice(BookWidget):
    """Two clouds of equal size in the plane, their shadows along a direction of `angle` degrees, and W₁ of each.

    Read-only: `shadow`, W₁ of the shadows; `sliced`, its mean over the directions 0°, 1°, …, 179°; `w1`, exact.
    Raises InvalidTrait unless both clouds have one shape (n, 2). Source: Bonneel et al. (2015). Chapter: samples.
    """

    _esm = joined("widgets/slice.mjs")
    _sizes = (317, 402)
    angle = Number(60.0, within=(0.0, 180.0))
    task = t.Unicode("Turn the direction. Along which one do the shadows stand farthest apart?").tag(sync=True)
    real, generated, w1, sliced = data(), data(), data(), data()

    def __init__(self, real: Any, generated: Any, **traits: Any) -> None:
        clouds = [checks.reals(name, cloud) for name, cloud in (("real", real), ("generated", generated))]
        if any(cloud.ndim != 2 or cloud.shape[1] != 2 or cloud.shape != clouds[0].shape for cloud in clouds):
            raise InvalidTrait("real and generated must have one shape (n, 2)")
        rounded = [cloud.round(4) for cloud in clouds]
        self.hold(real=rounded[0].tolist(), generated=rounded[1].tolist(), w1=transport.w1(*rounded))
        self.hold(sliced=float(np.mean([self._along(degrees) for degrees in range(180)])))
        super().__init__(**traits)

    def _along(self, degrees: float) -> float:
        way = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
        return transport.w1(np.asarray(self.real) @ way, np.asarray(self.generated) @ way)

    @reading("angle")
    def shadow(self) -> float:
        """W₁ of the shadows."""
        return self._along(self.angle)


class Repaint(BookWidget):
    """A permutation test with the energy distance: two pairs of clouds, "shifted" and "equal", painted afresh 99 times.

    `painting` counts the repaintings, 0 for the true colours. Read-only: `p`, the share of the readings so far, the
    true one among them, that are at least as large as the true one.

    Args:
        equal, shifted: pairs of clouds (2, n, 2).
        rng: draws the paintings.

    Raises InvalidTrait for clouds of another shape. Chapter: samples.
    """

    _esm = joined("widgets/repaint.mjs")
    _sizes = (413, 414)
    painting = Number(0.0, within=(0.0, 99.0)).tag(reach=[0.0, 99.0, 1.0])
    laws = t.Enum(("shifted", "equal"), "shifted").tag(sync=True)
    task = t.Unicode("Paint the points afresh, again and again. How often does chance read as high as the truth?").tag(
        sync=True
    )
    pairs = data()

    def __init__(self, equal: Any, shifted: Any, rng: np.random.Generator, **traits: Any) -> None:
        found = {}
        for name, clouds in (("shifted", shifted), ("equal", equal)):
            pair = checks.reals(name, clouds)
            if pair.ndim != 3 or pair.shape[0] != 2 or pair.shape[2] != 2:
                raise InvalidTrait(f"{name} must hold two clouds in shape (2, n, 2), not {pair.shape}")
            points = np.concatenate(list(pair)).round(3)
            orders = [np.arange(len(points)), *(rng.permutation(len(points)) for _ in range(99))]
            read = [round(_energy(points[order]), 6) for order in orders]
            found[name] = {"points": points.tolist(), "orders": [o.tolist() for o in orders], "readings": read}
        self.hold(pairs=found)
        super().__init__(**traits)

    @reading("painting", "laws")
    def p(self) -> float:
        """The p-value of the repaintings so far."""
        read = np.array(self.pairs[self.laws]["readings"][: round(self.painting) + 1])
        return float((read >= read[0] - 1e-12).mean())


def _energy(points: Float[np.ndarray, "both 2"]) -> float:
    """Energy distance of the first half of the points from the second, self-pairs counted."""
    signs = np.repeat([1.0, -1.0], len(points) // 2)
    return float(-signs @ cdist(points, points) @ signs / (len(points) // 2) ** 2)


class RecordedClouds(BookWidget):
    """Recorded clouds of generated points over real ones, by setting and by frame, with numbers beside them.

    `chosen` and `frame` are indices into settings and frames.

    Args:
        real: (n, 2), or (settings, n, 2).
        clouds: generated points (settings, frames, m, 2).
        settings, frames: their names in words; setting, moment: what these are.
        numbers: label, values (settings, frames) and colour of each number, by the name of its reading.
        reach: half the side of the square shown; points outside are not.

    Raises InvalidTrait for arrays of other shapes and for an index that is not there. Chapters: js-saturation, samples.
    """

    _esm = joined("widgets/recorded-clouds.mjs")
    chosen = Whole(0)
    frame = Whole(0)
    task = t.Unicode("Go through the recordings.").tag(sync=True)
    real, clouds, settings, frames, numbers, axis = data(), data(), data(), data(), data(), data()

    def __init__(
        self,
        real: Any,
        clouds: Any,
        settings: Sequence[str],
        frames: Sequence[str] = ("",),
        *,
        setting: str = "",
        moment: str = "",
        numbers: Mapping[str, Line],
        reach: float,
        **traits: Any,
    ) -> None:
        under, over = checks.reals("real", real), checks.reals("clouds", clouds)
        under = under[None] if under.ndim == 2 else under
        if over.ndim != 4 or over.shape[:2] != (len(settings), len(frames)) or over.shape[3] != 2:
            raise InvalidTrait(f"clouds must have shape ({len(settings)}, {len(frames)}, m, 2), not {over.shape}")
        if under.ndim != 3 or len(under) not in (1, len(settings)) or under.shape[2] != 2:
            raise InvalidTrait(f"real must have shape (n, 2) or ({len(settings)}, n, 2), not {np.shape(real)}")
        shown = []
        for name, line in numbers.items():
            values = np.asarray(line.values, dtype=float)
            if values.shape != (len(settings), len(frames)) or not np.isfinite(values).all():
                raise InvalidTrait(f"{name} must hold finite numbers in shape ({len(settings)}, {len(frames)})")
            shown.append({"reading": name, "label": line.label, "colour": line.colour, "values": values.tolist()})
        inside = [[points[(np.abs(points) <= 1.4 * reach).all(1)].round(2).tolist() for points in row] for row in over]
        self.hold(real=under.round(2).tolist(), clouds=inside, settings=list(settings), frames=list(frames))
        self.hold(numbers=shown, axis={"setting": setting, "frame": moment, "reach": float(reach)})
        sliders = (len(settings) > 1) + (len(frames) > 1)
        self._sizes = (379 + 36 * sliders, 466)
        super().__init__(**traits)

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of the two indices."""
        lists = {"chosen": self.settings, "frame": self.frames}
        return {name: [0, len(of) - 1, 1] for name, of in lists.items() if len(of) > 1}

    @t.validate("chosen", "frame")
    def _an_index(self, proposal: t.Bunch) -> int:
        name, values = proposal.trait.name, self.settings if proposal.trait.name == "chosen" else self.frames
        if not 0 <= proposal.value < len(values):
            raise InvalidTrait(f"{name} must be 0 to {len(values) - 1}, not {proposal.value!r}")
        return int(proposal.value)
