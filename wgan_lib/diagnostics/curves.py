"""What a curve says, what it cannot say, and when to stop by it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Num

from wgan_lib import checks

LEAST, LEAST_FOR_WAVES = 8, 64
"""Values that a curve needs before its signs are read, and before a wave can be told from chance."""


class CurveSigns(NamedTuple):
    """Signs read off a curve of W1 estimates, each True, False, or None where there is too little to say.

    ``curve_signs`` has the rules, ``SIGNS`` what each sign can tell and what it cannot. Chapter: reading-curves.
    """

    falling: bool | None
    smooth: bool | None
    converging: bool | None
    exploding: bool | None
    rising: bool | None = None
    flat: bool | None = None
    oscillating: bool | None = None
    negative: bool | None = None
    penalty_at_weight: bool | None = None


class Meaning(NamedTuple):
    """What a sign speaks for when it is there, and what it does not show. Chapter: reading-curves."""

    tells: str
    cannot_tell: str


SIGNS: Mapping[str, Meaning] = MappingProxyType({
    "falling": Meaning(
        "the critic tells real and generated apart less than it did",
        "whether the generator got better or the critic worse: one that cannot keep up reads low on ruined samples",
    ),
    "smooth": Meaning(
        "jumps from reading to reading are small beside the level: batches are large enough for this critic",
        "whether the samples are good; a slow swing, an overfitting critic and a steady escape are smooth, too",
    ),
    "converging": Meaning(
        "the second half of the curve has stopped moving",
        "where it stopped: collapsed generators, dead critics and perfect samples all make level ends",
    ),
    "exploding": Meaning(
        "scores grow without an end: a constraint that does not act, a wrong sign, or a rate that is too high",
        "which of these; and a critic of a wrong scale reads high without exploding",
    ),
    "rising": Meaning(
        "the critic tells the two apart better than it did",
        "whether the critic improves on samples that stay, which is healthy at the start, or the samples run away",
    ),
    "flat": Meaning(
        "no movement beyond the noise from the first quarter to the last",
        "whether training was done before the first reading, or the critic gives no pull at all",
    ),
    "oscillating": Meaning(
        "one period holds most of the late movement: the players chase each other, or a schedule repeats",
        "whether the samples swing as far as the scores do",
    ),
    "negative": Meaning(
        "more than a tenth of the readings put generated above real: the critic lags behind the generator, or a sign is"
        " wrong",
        "how far the samples are: a W1 is never negative, so such a reading measures no distance",
    ),
    "penalty_at_weight": Meaning(
        "the penalty costs what a critic of slope 0 pays: the critic may be flat, and its estimate then says nothing",
        "slope 0 from slope 2, which pay alike, nor a mixture of slopes: look at the slope itself",
    ),
})  # fmt: skip
"""What each field of ``CurveSigns`` can tell, and what it cannot. Chapter: reading-curves."""


def curve_signs(
    values: Sequence[float] | Num[np.ndarray, " steps"],
    *,
    penalties: Sequence[float] | Num[np.ndarray, " steps"] | None = None,
    weight: Any = None,
) -> CurveSigns:
    """Read the signs of a run off its W1 estimates, in the order they came, by medians of its quarters q₁ … q₄.

    A move counts if it is more than a tenth of the largest |q| and more than three standard errors of such medians,
    with the noise taken from the jumps between readings. falling, rising: from q₁ to q₄. converging: no move from q₃ to
    q₄. flat: none between any two. smooth: the median jump is < 20 % of the median size. exploding: not finite, or the
    last quarter reaches 10 times the median size of the first half and twice |q₃|. oscillating: in the last half, less
    its line, one frequency of three periods or more holds 40 % of the variance, and swings by > 20 % of the size there.
    negative: more than a tenth of the readings are below 0. penalty_at_weight: the median of the last quarter of a
    two-sided penalty, as it entered the loss, is within 10 % of λ = ``weight``.

    Rules of thumb, held to planted faults and to recorded runs; None for fewer than 8 readings (64 for waves).
    ``SIGNS`` says what each cannot tell: no sign here tells good samples from bad. Raises ValueError for what is no
    curve, or penalties without their weight. Source: Gulrajani 2017, section 5.6, and what it leaves open.
    Chapter: reading-curves.
    """
    curve = _curve("values", values)
    at_weight = _penalty_at_weight(penalties, weight)
    if not np.isfinite(curve).all():
        return CurveSigns(False, False, False, True, penalty_at_weight=at_weight)
    if len(curve) < LEAST:
        return CurveSigns(None, None, None, None, penalty_at_weight=at_weight)
    quarters = [float(np.median(part)) for part in np.array_split(curve, 4)]
    jump = float(np.median(np.abs(np.diff(curve))))  # of white noise: .954 σ
    error = 1.253 * jump / 0.954 / math.sqrt(len(curve) / 4)  # standard error of a quarter's median, for normal noise

    def moved(a: float, b: float) -> float:
        """By how much b is above a; 0 within what noise does."""
        return b - a if abs(b - a) > max(0.1 * max(map(abs, quarters)), 3 * math.sqrt(2) * error) else 0.0

    half = float(np.median(np.abs(curve[: len(curve) // 2])))
    reach = float(np.abs(curve[-(len(curve) // 4) :]).max())
    return CurveSigns(
        falling=moved(quarters[0], quarters[3]) < 0,
        smooth=jump < 0.2 * float(np.median(np.abs(curve))),
        converging=moved(quarters[2], quarters[3]) == 0,
        exploding=reach > max(10 * half, 2 * abs(quarters[2])),
        rising=moved(quarters[0], quarters[3]) > 0,
        flat=moved(min(quarters), max(quarters)) == 0,
        oscillating=_oscillates(curve[len(curve) // 2 :]) if len(curve) >= LEAST_FOR_WAVES else None,
        negative=bool((curve < 0).mean() > 0.1),
        penalty_at_weight=at_weight,
    )


def _curve(name: str, values: Any) -> Float[np.ndarray, " steps"]:
    try:
        curve = np.asarray(values.detach().cpu() if checks.is_tensor(values) else values)
        if curve.dtype.kind not in "iuf" and len(curve):
            raise TypeError(f"it is of {curve.dtype}")
        curve = curve.astype(float)
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise TypeError(f"{name} must be one curve of real numbers: {str(error).splitlines()[0]}") from None
    if curve.ndim != 1 or not len(curve):
        raise ValueError(f"{name} has shape {curve.shape}: it must be one curve, a number for each reading")
    return curve


def _oscillates(late: Float[np.ndarray, " steps"]) -> bool:
    """Whether one frequency rules what is left beside a line."""
    t = np.arange(len(late))
    rest = late - np.polyval(np.polyfit(t, late, 1), t)
    power = 2 * np.abs(np.fft.rfft(rest)) ** 2 / len(late) ** 2  # of each frequency, its part of the variance
    if power.sum() <= 1e-20 * float(np.mean(late**2)):
        return False
    peak = 3 + int(np.argmax(power[3:]))
    held = power[peak - 1 : peak + 2].sum()  # a period that does not divide the length spills over
    swing = math.sqrt(2 * held)
    return bool(held > 0.4 * power.sum() and swing > 0.2 * float(np.median(np.abs(late))))


def _penalty_at_weight(penalties: Any, weight: Any) -> bool | None:
    if (penalties is None) != (weight is None):
        raise ValueError("penalties and weight belong together: a penalty is compared with its λ")
    if penalties is None:
        return None
    curve, weight = _curve("penalties", penalties), checks.number("weight", weight, above=0)
    last = float(np.median(curve[-max(1, len(curve) // 4) :]))
    return None if len(curve) < LEAST else bool(abs(last - weight) < 0.1 * weight)


@dataclass
class EarlyStopping:
    """Stop when a held-out W1 has not improved for ``patience`` readings by ``min_improvement`` (a share of the best).

    The first ``warm_up`` readings are not judged: a critic that has just begun reads low for want of an opinion. The
    held-out W1 is the critic's mean difference on points that neither player was trained on, all readings by *one*
    critic set-up in one training; such numbers do not compare between critics, rates, λ or c. It does not promise that
    the samples at the best reading are good, nor better than another training's: choosing among settings by this number
    picks the critic that sees least. Choose those by exact W1 at equal n (``metrics.w1_to_held_out``).

    Raises ValueError for patience < 1, warm_up < 0, min_improvement outside [0, 1), or a reading that is not finite;
    TypeError for what is no number. Source: Prechelt 1998. Chapter: reading-curves.
    """

    patience: int
    min_improvement: float = 0.0
    warm_up: int = 0
    best: float = field(default=math.inf, init=False)
    best_reading: int = field(default=-1, init=False)
    readings: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.patience = checks.whole("patience", self.patience)
        self.warm_up = checks.whole("warm_up", self.warm_up, least=0)
        self.min_improvement = checks.number("min_improvement", self.min_improvement, least=0, below=1)

    def update(self, held_out_w1: float) -> bool:
        """Take the next reading and return whether to stop."""
        reading = checks.number("held_out_w1", held_out_w1)
        self.readings += 1
        if self.readings <= self.warm_up:
            return False
        if reading < self.best - self.min_improvement * abs(self.best) or self.best == math.inf:
            self.best, self.best_reading = reading, self.readings - 1
        return self.readings - 1 - self.best_reading >= self.patience
