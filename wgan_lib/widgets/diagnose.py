"""A run to diagnose: its curve for nothing, any other measurement for the asking; and a rule that does the same."""

import base64
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float, Int

from wgan_lib import checks, runs
from wgan_lib.runs import Run
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Whole, data, joined, reading

MEASUREMENTS = {
    "held_out": "held-out estimate",
    "penalty": "penalty ÷ λ",
    "slope": "mean slope",
    "gradient": "generator’s gradient",
    "w1": "exact W₁",
    "samples": "samples",
}
"""What can be bought beside the curve, and its words. Chapter: reading-curves."""

FAULTS = {
    "healthy": "Nothing was changed: rates of .002, batches of 64, three critic steps, λ = 1.",
    "healthy and noisy": "Nothing is wrong but the batch of 8, which shakes the curve.",
    "flipped sign": "The generator climbs where it should descend: it runs away, and the critic measures how far.",
    "rates too high": "Both players take steps ten times too long, and jump past each other.",
    "critic too lazy": "The critic's rate is a seventh of the generator's: it reads where the samples were.",
    "c too small": "Clipped to a tiny box, the critic is nearly flat: its scores differ by thousandths.",
    "c too large": "Clipped to a box that is hardly ever touched, nothing holds the critic's slope.",
    "λ in pixels": "λ is a length. This one was right for data 127.5 times smaller, and holds too little here.",
    "BatchNorm in the critic": "Its penalty asks for the gradients of a whole batch, and nobody holds a sample's.",
    "overfitting": "There are 24 training points. The critic learns these, and scores held-out ones as strangers.",
    "collapsed generator": "Its noise is two coins: it can make four points. The critic cannot push them apart.",
    "penalty never added": "It is computed, logged, and not part of the loss: nothing holds the slope.",
}
"""What was done to each run, and why it looks as it does. Chapter: reading-curves."""

UNKNOWN = "cannot be told from this"


def squashed(values: Any) -> Any:
    """Bring numbers of any size near each other: asinh(10 v), which is 10 v for small v. Chapter: reading-curves."""
    return np.arcsinh(10 * np.asarray(values, dtype=float))


def curve_features(curve: Float[np.ndarray, "... steps"]) -> Float[np.ndarray, "... 5"]:
    """Give the medians of a curve's quarters and the median size of its jumps, squashed. Chapter: reading-curves."""
    quarters = [np.median(part, axis=-1) for part in np.array_split(curve, 4, axis=-1)]
    return squashed(np.stack([*quarters, np.median(np.abs(np.diff(curve, axis=-1)), axis=-1)], -1))


def cloud_features(points: Float[np.ndarray, "n 2"], modes: Float[np.ndarray, "k 2"], std: float) -> list[float]:
    """Give the modes that points reach, their distance to the nearest and to each other. Chapter: reading-curves."""
    to_modes = np.linalg.norm(points[:, None] - modes, axis=-1)
    apart = np.linalg.norm(points[:, None] - points, axis=-1) + 1e9 * np.eye(len(points))
    near = to_modes.argmin(1)[to_modes.min(1) < 3 * std]
    return [len(set(near)) / 4, *squashed([to_modes.min(1).mean(), np.median(apart.min(1))])]


def nearest_mean(features: Float[np.ndarray, "kinds runs f"]) -> Int[np.ndarray, "kinds runs"]:
    """Name each run by the kind whose mean is nearest, the run itself left out of its own kind's mean.

    Features are divided by the median over kinds of their standard deviation within a kind. Ties go to the first.
    Source: Tibshirani et al. 2002 without its shrinking. Chapter: reading-curves.
    """
    kinds, n, _ = features.shape
    spread = np.median(features.std(axis=1, ddof=1), axis=0)
    scaled = features / np.where(spread > 0, spread, 1.0)
    means = np.repeat(scaled.mean(1)[None, None], n, 1).repeat(kinds, 0)  # as seen by each run: (kinds, runs, kinds, f)
    own = np.arange(kinds)
    means[own, :, own] = (scaled.sum(1, keepdims=True) - scaled) / (n - 1)
    return np.square(means - scaled[:, :, None]).sum(-1).argmin(-1)


def all_features(run: Run) -> dict[str, Float[np.ndarray, "kinds runs f"]]:
    """Give the features of each measurement, "curve" among them, of all recorded runs. Chapter: reading-curves."""
    found: dict[str, list[Any]] = {"curve": [], **{name: [] for name in MEASUREMENTS}}
    turns = 2 * np.pi * np.arange(8) / 8
    modes = np.stack([np.cos(turns), np.sin(turns)], 1)
    for kind in FAULTS:
        found["curve"].append(curve_features(run[f"{kind}/estimate"].T))
        for name in ("held_out", "penalty", "slope", "gradient", "w1"):
            half = run[f"{kind}/{name}"][len(run) // 2 :]
            found[name].append(squashed(np.median(half, axis=0))[:, None])
        clouds = _clouds(run, kind)
        found["samples"].append(np.array([cloud_features(cloud, modes, 0.1) for cloud in clouds]))
    return {name: np.array(kinds) for name, kinds in found.items()}


def _clouds(run: Run, kind: str) -> Float[np.ndarray, "runs n 2"]:
    """The last samples of each seed."""
    return run[f"{kind}/samples"][-1] * run[f"{kind}/scale"][:, None, None] / 127


@lru_cache(maxsize=2)
def _recorded(name: str) -> Run:
    return runs.load(name)


@lru_cache(maxsize=2)
def _rule(name: str) -> Int[np.ndarray, "bought kinds runs"]:
    """What the rule names each run, for each of the 64 sets of measurements, as bits in their order."""
    features = all_features(_recorded(name))
    named = []
    for bits in range(2 ** len(MEASUREMENTS)):
        taken = [features[m] for k, m in enumerate(MEASUREMENTS) if bits >> k & 1]
        named.append(nearest_mean(np.concatenate([features["curve"], *taken], axis=-1)))
    return np.array(named)


class Diagnose(BookWidget):
    """A recorded training drawn at random: read its curve, buy measurements one by one, then name the fault.

    `case` is the place in a shuffled deck of all runs, twelve kinds of ten; "New run" takes the next. `held_out`,
    `penalty`, `slope`, `gradient`, `w1`, `samples` say what was bought, `shown` which of them stands beside the curve.
    `guess` is one of the kinds, "cannot be told from this", or empty.

    Read-only: `estimate`, the median of the curve's last quarter; `spent`, how much was bought; after a guess `right`,
    1 or 0, and `recall`, how many of the ten runs of this kind a simple rule (`nearest_mean`) names with the same
    measurements. "Cannot be told" is right where that is fewer than five. `fault` tells what it is.

    Args:
        seed: shuffles the deck.
        record: the name of the recorded runs.

    Raises InvalidTrait for a case that is not there. Chapter: reading-curves.
    """

    KINDS, MEASUREMENTS = tuple(FAULTS), tuple(MEASUREMENTS)
    _esm = joined("widgets/diagnose.mjs")
    _sizes = (511, 448)
    task = t.Unicode("Read the curve. Buy what you need, as little as you can. Then name what happened.").tag(sync=True)
    case = Whole(0)
    held_out = t.Bool(False).tag(sync=True)
    penalty = t.Bool(False).tag(sync=True)
    slope = t.Bool(False).tag(sync=True)
    gradient = t.Bool(False).tag(sync=True)
    w1 = t.Bool(False).tag(sync=True)
    samples = t.Bool(False).tag(sync=True)
    shown = t.Enum(("", *MEASUREMENTS), "").tag(sync=True)
    guess = t.Enum(("", *FAULTS, UNKNOWN), "").tag(sync=True)
    words, faults, deck, series, ends, clouds, rule, steps, null, real = (data() for _ in range(10))

    def __init__(self, seed: int = 0, record: str = "curve-faults", **traits: Any) -> None:
        run = _recorded(record)
        n = run[f"{next(iter(FAULTS))}/estimate"].shape[1]
        kinds = list(FAULTS)
        order = np.random.default_rng(checks.whole("seed", seed, least=0)).permutation(len(kinds) * n)
        self._named, self._run = _rule(record), run
        self.hold(deck=[[int(k) // n, int(k) % n] for k in order], words=MEASUREMENTS, faults=FAULTS)
        self.hold(rule=["".join(np.base_repr(int(v), 16) for v in named.ravel()) for named in self._named])
        series, ends = [], []
        for kind, k in self.deck:
            for name in ("estimate", *list(MEASUREMENTS)[:-1]):
                values = run[f"{kinds[kind]}/{name}"][:, k].astype(float)
                low, high = float(values.min()), float(values.max())
                series.append(np.rint((values - low) / ((high - low) or 1.0) * 65535).astype("<u2"))
                ends.append([float(f"{low:.6g}"), float(f"{high:.6g}")])
        clouds = [_clouds(run, kind) for kind in kinds]
        reach = [float(f"{max(1.5, np.abs(clouds[kind][k]).max()):.4g}") for kind, k in self.deck]
        drawn = [np.rint(clouds[kind][k] / r * 127) for (kind, k), r in zip(self.deck, reach, strict=True)]
        self.hold(series=_base64(np.concatenate(series)), ends=ends, steps=[int(i) for i in run["index"]])
        self.hold(clouds=[_base64(np.concatenate(drawn).astype(np.int8)), reach, len(clouds[0][0])])
        self.hold(null=float(f"{run['null w1'].mean():.4g}"), real=run["real"][:96].round(2).tolist())
        super().__init__(**traits)

    def reaches(self) -> dict[str, Any]:
        """Give the range of `case`."""
        return {"case": [0, len(self.deck) - 1, 1]}

    @t.validate("case")
    def _a_case(self, proposal: t.Bunch) -> int:
        if not 0 <= proposal.value < len(self.deck):
            raise InvalidTrait(f"case must be 0 to {len(self.deck) - 1}, not {proposal.value}")
        return int(proposal.value)

    @staticmethod
    def confusion(bought: Sequence[str] = (), record: str = "curve-faults") -> Int[np.ndarray, "kinds kinds"]:
        """Count how often the rule names each kind (row) as each kind (column), from the curve and what was bought.

        Raises ValueError for what is no measurement. Chapter: reading-curves.
        """
        for name in bought:
            checks.one_of("bought", name, Diagnose.MEASUREMENTS)
        bits = sum(1 << k for k, name in enumerate(Diagnose.MEASUREMENTS) if name in bought)
        return np.array([np.bincount(row, minlength=len(FAULTS)) for row in _rule(record)[bits]])

    @staticmethod
    def features(record: str = "curve-faults") -> dict[str, Float[np.ndarray, "kinds runs f"]]:
        """Give what the rule reads: features of the curve and of each measurement. Chapter: reading-curves."""
        return all_features(_recorded(record))

    @property
    def fault(self) -> str:
        """What was done to this run."""
        return list(FAULTS)[self.deck[self.case][0]]

    @property
    def _bits(self) -> int:
        return sum(1 << k for k, name in enumerate(MEASUREMENTS) if getattr(self, name))

    @reading("case")
    def estimate(self) -> float:
        """Median of the last quarter of the curve."""
        curve = self._run[f"{self.fault}/estimate"][:, self.deck[self.case][1]]
        return float(np.median(curve[-(len(curve) // 4) :]))

    @reading(*MEASUREMENTS)
    def spent(self) -> int:
        """How many measurements were bought."""
        return self._bits.bit_count()

    @reading("case", "guess", *MEASUREMENTS)
    def recall(self) -> int | None:
        """How many runs of this kind the rule names with what was bought; None before a guess."""
        kind = self.deck[self.case][0]
        return int((self._named[self._bits][kind] == kind).sum()) if self.guess else None

    @reading("case", "guess", *MEASUREMENTS)
    def right(self) -> int | None:
        """Whether the guess is right; None before one."""
        if self.recall is None:
            return None
        return int(2 * self.recall < self._named.shape[2] if self.guess == UNKNOWN else self.guess == self.fault)


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
