"""Figures to take hold of on divergences: two normal laws, two segments, thin sheets in ever larger spaces."""

from functools import lru_cache
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float, Num

from wgan_lib import checks, divergences
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Whole, data, joined, reading

_segment_divergences = lru_cache(maxsize=8)(
    divergences.segment_divergences
)  # its three numbers are asked for one by one


class MoveGaussians(BookWidget):
    """Two normal laws to drag: JS, KL and W₁ with their slopes, and the pull of three losses on generated samples.

    P = N(mean_p, std_p²) is real, Q = N(mean_q, std_q²) generated. The read-only traits follow every change, from
    Python or from the page: `js` and `kl` = KL(P‖Q) in nats, `w1` in the units of x. `unit` ("nats", "bits") changes
    only what is shown; `compact` leaves out the curves and arrows.

    Raises InvalidTrait (a TraitError and a ValueError) unless the means are finite and the widths finite and > 0.
    Source: Goodfellow et al. (2014), section 4.1; Arjovsky & Bottou (2017), theorem 2.5; Arjovsky, Chintala & Bottou
    (2017), section 2. Chapter: js-saturation.
    """

    _esm = joined("widgets/move-gaussians.mjs")
    _sizes = (569, 797)
    mean_p = Number(0.0, reach=(-4.0, 8.0))
    std_p = Number(1.0, reach=(0.2, 2.5), above=0.0)
    mean_q = Number(2.0, reach=(-4.0, 8.0))
    std_q = Number(1.0, reach=(0.2, 2.5), above=0.0)
    unit = t.Enum(("nats", "bits"), "nats").tag(sync=True)
    compact = t.Bool(False).tag(sync=True, reach=False)
    task = t.Unicode("Drag the orange bell away from the blue one. Which distance stops noticing?").tag(sync=True)

    def __init__(self, mean_p: Any = 0.0, std_p: Any = 1.0, mean_q: Any = 2.0, std_q: Any = 1.0, **traits: Any) -> None:
        if traits.get("compact"):
            self._sizes = (335, 371)
        super().__init__(mean_p=mean_p, std_p=std_p, mean_q=mean_q, std_q=std_q, **traits)

    @property
    def _pair(self) -> tuple[float, float, float, float]:
        return self.mean_p, self.std_p, self.mean_q, self.std_q

    @reading("mean_p", "std_p", "mean_q", "std_q")
    def js(self) -> float:
        """JS of the two laws in nats."""
        return float(divergences.js_normals(*self._pair))

    @reading("mean_p", "std_p", "mean_q", "std_q")
    def kl(self) -> float:
        """KL(P‖Q) in nats."""
        return float(divergences.kl_normals(*self._pair))

    @reading("mean_p", "std_p", "mean_q", "std_q")
    def w1(self) -> float:
        """W₁ in the units of x."""
        return float(divergences.w1_normals(*self._pair))


class ParallelLines(BookWidget):
    """Two segments in the plane, P upright at 0, Q at `theta`, to drag apart, `tilt` (degrees) and blur (`noise`, σ).

    Without noise JS is exactly ln 2 for all (theta, tilt) ≠ (0, 0), crossing or not. The read-only traits `js` and
    `kl` = KL(P‖Q) in nats and `tv` hold with the noise; `w1`, in lengths of the segments, is that of the segments
    themselves: the noise leaves |theta| as it is where tilt = 0 and can only lower it elsewhere.

    Raises:
        InvalidTrait: theta is outside [−1, 1], tilt outside [−90, 90], or noise neither 0 nor in [0.01, 0.5].

    Source: Arjovsky, Chintala & Bottou (2017), example 1; Arjovsky & Bottou (2017), section 3. Chapter: js-saturation.
    """

    _esm = joined("widgets/parallel-lines.mjs")
    _sizes = (576, 667)
    theta = Number(0.6, within=(-1.0, 1.0))
    tilt = Number(0.0, within=(-90.0, 90.0))
    noise = Number(0.0, within=(0.01, 0.5), zero=True)
    task = t.Unicode(
        "Drag the orange segment away: which distance knows how far it is? "
        "Then tilt it through the blue one, and add noise."
    ).tag(sync=True)

    def __init__(self, theta: Any = 0.6, tilt: Any = 0.0, noise: Any = 0.0, **traits: Any) -> None:
        super().__init__(theta=theta, tilt=tilt, noise=noise, **traits)

    @reading("theta", "tilt", "noise")
    def js(self) -> float:
        """JS in nats, with the noise."""
        return _segment_divergences(self.theta, self.tilt, self.noise).js

    @reading("theta", "tilt", "noise")
    def kl(self) -> float:
        """KL(P‖Q) in nats, with the noise; the page hears None for infinity."""
        return _segment_divergences(self.theta, self.tilt, self.noise).kl

    @reading("theta", "tilt", "noise")
    def tv(self) -> float:
        """Total variation, with the noise."""
        return _segment_divergences(self.theta, self.tilt, self.noise).tv

    @reading("theta", "tilt")
    def w1(self) -> float:
        """W₁ of the segments themselves."""
        return divergences.w1_segments(self.theta, self.tilt)


class AmbientDimension(BookWidget):
    """Two thin sheets in ever larger spaces: distances to the nearest real sample, a bound on JS, and W₁.

    A discriminator that is right with probability a, on as many real as generated samples, proves JS ≥ ln 2 − H(a)
    nats. The page gets the distances as shares of samples in bins of a tenth of a decade, the first starting at
    10^(tenths/10), and their medians. All traits are read-only but `task` and `selected`, the index of the D shown.

    Args:
        dims: increasing whole numbers ≥ 1, at least two.
        accuracy, js, w1, w1_null: (len, draws) held-out accuracy, the bound in nats, W₁, and W₁ of two real samples.
        js_true: (len,) JS itself in nats, drawn dashed beside the bound; none by default.
        nearest, nearest_null: (len, n) distances of generated, and of held-out real, samples to the nearest real one.

    Raises:
        ValueError: an argument is not as described, or not finite; distances ≤ 0; js above ln 2.
        TypeError: an argument does not hold real numbers.
        InvalidTrait: selected is no index of dims.

    Source: Arjovsky & Bottou (2017), lemma 3 and theorem 2.2; the bound is Fano's. Chapter: js-saturation.
    """

    _esm = joined("widgets/ambient-dimension.mjs")
    _sizes = (484, 463)
    task = t.Unicode("Slide the dimension up. How many are enough for orange to leave blue?").tag(sync=True)
    selected = Whole(0)
    tenths = data()
    dims = data()
    accuracy = data()
    js = data()
    w1 = data()
    w1_null = data()
    js_true = data()
    shares = data()
    shares_null = data()
    median = data()
    median_null = data()

    def __init__(
        self,
        dims: Any,
        accuracy: Num[Any, "len draws"],
        js: Num[Any, "len draws"],
        w1: Num[Any, "len draws"],
        w1_null: Num[Any, "len draws"],
        nearest: Num[Any, "len n"],
        nearest_null: Num[Any, "len m"],
        js_true: Num[Any, "len"] | None = None,
        selected: Any = 0,
        **traits: Any,
    ) -> None:
        whole = np.asarray(dims)
        if whole.dtype.kind not in "iu" or whole.ndim != 1 or len(whole) < 2 or min(whole[0], *np.diff(whole)) < 1:
            raise ValueError(f"dims must be at least two increasing whole numbers ≥ 1, not {dims!r}")
        self.hold(dims=whole.tolist())
        draws = np.shape(accuracy)[-1:]
        given = {"accuracy": (accuracy, 1.0), "js": (js, np.log(2)), "w1": (w1, np.inf), "w1_null": (w1_null, np.inf)}
        for name, (value, most) in given.items():
            table = self._table(name, value)
            if table.shape[1:] != draws:
                raise ValueError(f"{name} must have as many draws as accuracy, {draws[0]}, not {table.shape[1]}")
            if table.min() < 0 or table.max() > most + 1e-9:
                raise ValueError(f"{name} must be in [0, {most:.6g}], not {table.min():.6g} to {table.max():.6g}")
            self.hold(**{name: table.round(6).tolist()})
        if js_true is not None:
            true = checks.reals("js_true", js_true)
            if true.shape != (len(self.dims),) or true.min() < 0 or true.max() > np.log(2) + 1e-9:
                raise ValueError(f"js_true must hold {len(self.dims)} numbers in [0, ln 2], not {js_true!r}")
            self.hold(js_true=true.round(6).tolist())
        away = {"": self._table("nearest", nearest), "_null": self._table("nearest_null", nearest_null)}
        for end, table in away.items():
            if table.min() <= 0:
                raise ValueError(f"nearest{end} must hold distances > 0, not {table.min():.6g}")
        bins = {end: np.floor(10 * np.log10(table)).astype(int) for end, table in away.items()}
        first = min(table.min() for table in bins.values())
        count = max(table.max() for table in bins.values()) - first + 1
        self.hold(tenths=int(first))
        for end, table in bins.items():
            shares = [np.bincount(row - first, minlength=count) / len(row) for row in table]
            middle = np.median(away[end], axis=1).round(6).tolist()
            self.hold(**{f"shares{end}": np.round(shares, 5).tolist(), f"median{end}": middle})
        super().__init__(selected=selected, **traits)

    def reaches(self) -> dict[str, Any]:
        """Give the range of `selected`."""
        return {"selected": [0, len(self.dims) - 1, 1]}

    def _table(self, name: str, value: Num[Any, "len n"]) -> Float[np.ndarray, "len n"]:
        table = checks.reals(name, value)
        if table.ndim != 2 or len(table) != len(self.dims) or table.shape[1] < 1:
            raise ValueError(f"{name} must have shape ({len(self.dims)}, n ≥ 1), one row per D, not {table.shape}")
        return table

    @t.validate("selected")
    def _an_index(self, proposal: Any) -> int:
        if not 0 <= proposal.value < len(self.dims):
            raise InvalidTrait(f"selected must be an index of dims, 0 to {len(self.dims) - 1}, not {proposal.value!r}")
        return int(proposal.value)
