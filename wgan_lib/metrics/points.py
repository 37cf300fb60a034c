"""How good points are: modes and their quality with the ceiling of a perfect generator, W1 with its null."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from jaxtyping import Num
from scipy import stats
from torch import Tensor

from wgan_lib import checks, transport
from wgan_lib.checks import all_finite, reals, whole
from wgan_lib.sampling import Law

Samples: TypeAlias = Num[Any, "..."] | Sequence[Any]


class ModeCoverage(NamedTuple):
    """Modes found, share of high-quality samples (0 to 1), reverse KL in nats. Chapter: clipping-gp-sn."""

    modes: float
    high_quality: float
    reverse_kl: float


def _mode_law(law: Law) -> tuple[Tensor, float, Tensor]:
    if not isinstance(law, Law) or law.modes is None or law.weights is None or not law.std:
        raise ValueError(
            f"law is {checks.shortly(law)}: modes are counted for a mixture with std > 0, such as ring or grid"
        )
    return law.modes, law.std, law.weights


def mode_coverage(samples: Samples, law: Law) -> ModeCoverage:
    """Count the modes of a mixture that samples reach, and how well.

    A sample is of high quality within 3σ of its nearest mode (Mahalanobis); a mode counts with one such sample or more.
    reverse_kl = Σ q log(q/w), q the shares of *all* samples by nearest mode, w the law's weights. Takes ``(n, d)``, a
    tensor or an array; PacGAN uses n = 2500. A perfect generator's values are ``mode_coverage_ceiling``, and its high
    quality is not 100 %.

    Raises ValueError for a law without modes, samples of another dimension, or NaN. Source: Lin 2018, table 1.
    Chapter: clipping-gp-sn.
    """
    modes, std, weights = _mode_law(law)
    points = torch.from_numpy(reals("samples", samples))
    if points.ndim != 2 or points.shape[0] == 0 or points.shape[1] != modes.shape[1]:
        raise ValueError(f"samples has shape {tuple(points.shape)}: it must be (n, {modes.shape[1]}) with n ≥ 1")
    # The default mode goes through a matrix product, which loses what lies far from 0.
    distances = torch.cdist(points, modes.cpu().double(), compute_mode="donot_use_mm_for_euclid_dist")
    distance, nearest = distances.min(1)
    high_quality = distance < 3 * std
    q = torch.bincount(nearest, minlength=len(modes)).double() / len(points)
    reverse_kl = torch.xlogy(q, q / weights.cpu().double()).sum()
    return ModeCoverage(len(nearest[high_quality].unique()), float(high_quality.double().mean()), float(reverse_kl))


def mode_coverage_ceiling(law: Law, n: int = 2500) -> ModeCoverage:
    """Return what n samples of the law itself score on average; more high quality than that is over-concentration.

    modes = Σ 1 − (1 − w h)ⁿ, high_quality h = P(χ²_d < 9) (98.89 % in 2-D), and reverse_kl = Σ E[c/n log(c/nw)] nats
    over counts c ~ B(n, w), which is about (k − 1)/2n for n w ≫ 1 and ln k for one sample of equal modes. The modes
    must lie many σ apart. Raises ValueError for a law without modes or n < 1.
    Source: PacGAN's definitions; Miller 1955 for the bias.
    Chapter: clipping-gp-sn.
    """
    n = whole("n", n, most=10**8)
    modes, _, weights = _mode_law(law)
    h = float(stats.chi2.cdf(9, modes.shape[1]))
    found = float((1 - (1 - weights.double() * h) ** n).sum())
    counts, reverse_kl = np.arange(1, n + 1), 0.0
    for w, times in zip(*np.unique(reals("weights", weights), return_counts=True), strict=True):
        if w > 0:
            shares = counts / n
            reverse_kl += times * float(stats.binom.pmf(counts, n, min(w, 1.0)) @ (shares * np.log(shares / w)))
    return ModeCoverage(found, h, reverse_kl)


class HeldOutW1(NamedTuple):
    """W1 of samples to held-out data and its null, mean and standard deviation over splits. Chapter: reading-curves."""

    w1: float
    w1_std: float
    null: float
    null_std: float


def w1_to_held_out(samples: Samples, held_out: Law | Samples, generator: torch.Generator, splits: int = 8) -> HeldOutW1:
    """Return exact W1 from n samples to n held-out points, with the null: n held-out points against n others.

    Both are means over ``splits`` fresh draws; the null is what a perfect generator scores, never 0. Held-out data in a
    tensor or an array must hold 2n points or more; each split draws its points without replacement. Units of the data.

    Raises ValueError for fewer than 8 splits or too little held-out data. Source: Stanczuk 2021 on the bias of W1.
    Chapter: reading-curves.
    """
    splits = whole("splits", splits, 8, 10_000)  # the null varies too much between splits to use fewer
    checks.generator("generator", generator)
    points = torch.from_numpy(checks.samples("samples", samples))
    n, draw = len(points), getattr(held_out, "sample", None) or _without_replacement(held_out, 2 * len(points))
    w1s, nulls = [], []
    for _ in range(splits):
        drawn = draw(2 * n, generator)
        x, y = torch.from_numpy(checks.samples("held_out", drawn)).split(n)
        if x.shape[1] != points.shape[1]:
            raise ValueError(f"held_out has {x.shape[1]} numbers a point and samples {points.shape[1]}")
        w1s.append(transport.w1(points, x))
        nulls.append(transport.w1(y, x))
    (w1, w1_std), (null, null_std) = ((math.fsum(v) / splits, float(np.std(v, ddof=1))) for v in (w1s, nulls))
    return HeldOutW1(w1, w1_std, null, null_std)


def _without_replacement(held_out: Any, needed: int) -> Callable[[int, torch.Generator], Tensor]:
    data = held_out.detach() if isinstance(held_out, Tensor) else torch.from_numpy(reals("held_out", held_out))
    if data.is_meta:
        raise TypeError("held_out must hold real numbers, got a meta tensor, which has none")
    all_finite("held_out", data)
    if data.ndim < 1 or len(data) < needed:
        why = f"{needed // 2} samples need {needed} points, or score fewer samples"
        raise ValueError(f"held_out has shape {tuple(data.shape)}: {why}")

    def draw(n: int, generator: torch.Generator) -> Tensor:
        order = torch.randperm(len(data), generator=generator, device=generator.device)[:n]
        return data[order.to(data.device)]

    return draw
