"""What a curve says: the signs of a run, and when to stop it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class CurveSigns(NamedTuple):
    """Signs read off a curve of W1 estimates, good ones first; see ``curve_signs``. Chapter: reading-curves."""

    falling: bool
    smooth: bool
    settled: bool
    exploding: bool
    negative: bool


def curve_signs(w1_estimates: Sequence[float] | Float[np.ndarray, " steps"]) -> CurveSigns:
    """Read the signs of a run off its W1 estimates, one per step, by medians of its quarters q₁ … q₄.

    falling: q₄ < 0.9 q₁. smooth: the median jump between steps is < 20 % of the median level. settled: q₃ and q₄ differ
    by < 10 % of the largest quarter. exploding: not finite, or the last quarter reaches 10 times the median of the
    first half and twice q₃. negative: more than a tenth of the estimates are below 0, so the critic lags behind. Rules
    of thumb, tested on the recorded runs gan-troubles and one-pair; ValueError for fewer than 8 steps.
    Chapter: reading-curves.
    """
    curve = np.asarray(w1_estimates, dtype=float)
    if curve.ndim != 1 or len(curve) < 8:
        raise ValueError(f"w1_estimates has shape {curve.shape}: it must be one curve of at least 8 steps")
    if not np.isfinite(curve).all():
        return CurveSigns(falling=False, smooth=False, settled=False, exploding=True, negative=False)
    quarters = [float(np.median(part)) for part in np.array_split(curve, 4)]
    half = float(np.median(np.abs(curve[: len(curve) // 2])))
    return CurveSigns(
        falling=quarters[3] < 0.9 * quarters[0],
        smooth=bool(np.median(np.abs(np.diff(curve))) < 0.2 * np.median(np.abs(curve))),
        settled=abs(quarters[3] - quarters[2]) < 0.1 * max(map(abs, quarters)),
        exploding=bool(np.abs(curve[-(len(curve) // 4) :]).max() > max(10 * half, 2 * abs(quarters[2]))),
        negative=bool((curve < 0).mean() > 0.1),
    )


@dataclass
class EarlyStopping:
    """Stop when a held-out W1 has not improved for ``patience`` readings by ``min_improvement`` (a share of the best).

    Compare readings of one critic set-up only. Raises ValueError for patience < 1, min_improvement outside [0, 1), or a
    reading that is not finite. Source: Prechelt 1998. Chapter: reading-curves.
    """

    patience: int
    min_improvement: float = 0.0
    best: float = field(default=math.inf, init=False)
    best_reading: int = field(default=-1, init=False)
    readings: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.patience < 1 or not 0 <= self.min_improvement < 1:
            raise ValueError(
                f"patience is {self.patience} (1 or more), min_improvement {self.min_improvement} ([0, 1))"
            )

    def update(self, held_out_w1: float) -> bool:
        """Take the next reading and return whether to stop."""
        if not math.isfinite(held_out_w1):
            raise ValueError(f"held_out_w1 is {held_out_w1}: it must be finite")
        if held_out_w1 < self.best - self.min_improvement * abs(self.best) or self.best == math.inf:
            self.best, self.best_reading = held_out_w1, self.readings
        self.readings += 1
        return self.readings - 1 - self.best_reading >= self.patience
