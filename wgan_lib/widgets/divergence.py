"""Figures to take hold of on divergences: two normal laws, two segments, thin sheets in ever larger spaces."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float, Num

from wgan_lib import checks, divergences
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, finite, joined, positive


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

    _esm = joined("widgets/parallel-lines.mjs")
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
        for name, value in divergences.segment_divergences(self.theta, self.tilt, self.noise)._asdict().items():
            self.set_trait(name, value)
        self.set_trait("w1", divergences.w1_segments(self.theta, self.tilt))


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

    _esm = joined("widgets/ambient-dimension.mjs")
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
        nearest_null: Num[Any, "len m"],
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
        table = checks.reals(name, value)
        if table.ndim != 2 or len(table) != len(self.dims) or table.shape[1] < 1:
            raise ValueError(f"{name} must have shape ({len(self.dims)}, n ≥ 1), one row per D, not {table.shape}")
        return table

    @t.validate("selected")
    def _an_index(self, proposal: Any) -> int:
        if not 0 <= proposal.value < len(self.dims):
            raise InvalidTrait(f"selected must be an index of dims, 0 to {len(self.dims) - 1}, not {proposal.value!r}")
        return int(proposal.value)
