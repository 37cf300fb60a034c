"""How good samples are: modes and their quality with the ceiling of a perfect generator, W1 with its null."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from wgan_lib import transport
from wgan_lib.metrics.pictures import (
    Classifier,
    ScoreAndFloor,
    class_shares,
    density_coverage,
    frechet_distance,
    load_classifier,
    precision_recall,
    scores,
)
from wgan_lib.sampling import Law

__all__ = [
    "Classifier",
    "HeldOutW1",
    "ModeCoverage",
    "ScoreAndFloor",
    "class_shares",
    "density_coverage",
    "frechet_distance",
    "load_classifier",
    "mode_coverage",
    "mode_coverage_ceiling",
    "precision_recall",
    "scores",
    "w1_to_held_out",
]


class ModeCoverage(NamedTuple):
    """Modes found, share of high-quality samples (0 to 1), reverse KL in nats. Chapter: clipping-gp-sn."""

    modes: float
    high_quality: float
    reverse_kl: float


def _mode_law(law: Law) -> tuple[Tensor, float, Tensor]:
    if law.modes is None or law.weights is None or not law.std:
        raise ValueError(f"law is {law!r}: modes are counted for a mixture with std > 0, such as ring or grid")
    return law.modes, law.std, law.weights


def mode_coverage(samples: Float[Tensor, "n d"], law: Law) -> ModeCoverage:
    """Count the modes of a mixture that samples reach, and how well.

    A sample is of high quality within 3σ of its nearest mode (Mahalanobis); a mode counts with one such sample or more.
    reverse_kl = Σ q log(q/w), q the shares of *all* samples by nearest mode, w the law's weights. Takes ``(n, d)``;
    PacGAN uses n = 2500. A perfect generator's values are ``mode_coverage_ceiling``, and its high quality is not 100 %.

    Raises ValueError for a law without modes, samples of another dimension, or NaN. Source: Lin 2018, table 1.
    Chapter: clipping-gp-sn.
    """
    modes, std, weights = _mode_law(law)
    samples = samples.detach().cpu()
    if samples.ndim != 2 or samples.shape[0] == 0 or samples.shape[1] != modes.shape[1]:
        raise ValueError(f"samples has shape {tuple(samples.shape)}: it must be (n, {modes.shape[1]}) with n ≥ 1")
    if not bool(torch.isfinite(samples).all()):
        raise ValueError(f"samples holds {int((~torch.isfinite(samples)).sum())} numbers that are not finite")
    distance, nearest = torch.cdist(samples.double(), modes.cpu().double()).min(1)
    high_quality = distance < 3 * std
    q = torch.bincount(nearest, minlength=len(modes)).double() / len(samples)
    reverse_kl = torch.xlogy(q, q / weights.cpu().double()).sum()
    return ModeCoverage(len(nearest[high_quality].unique()), float(high_quality.double().mean()), float(reverse_kl))


def mode_coverage_ceiling(law: Law, n: int = 2500) -> ModeCoverage:
    """Return what n samples of the law itself score on average; more high quality than that is over-concentration.

    modes = Σ 1 − (1 − w h)ⁿ, high_quality h = P(χ²_d < 9) (98.89 % in 2-D), reverse_kl ≈ (k − 1)/2n nats for n w ≫ 1.
    Raises ValueError for a law without modes or n < 1. Source: PacGAN's definitions; Miller 1955 for the bias.
    Chapter: clipping-gp-sn.
    """
    if n < 1:
        raise ValueError(f"n is {n}: at least 1 sample must be scored")
    modes, _, weights = _mode_law(law)
    h = float(stats.chi2.cdf(9, modes.shape[1]))
    found = float((1 - (1 - weights.double() * h) ** n).sum())
    return ModeCoverage(found, h, (len(modes) - 1) / (2 * n))


class HeldOutW1(NamedTuple):
    """W1 of samples to held-out data and its null, mean and standard deviation over splits. Chapter: reading-curves."""

    w1: float
    w1_std: float
    null: float
    null_std: float


def w1_to_held_out(
    samples: Float[Tensor, "n d"], held_out: Law | Float[Tensor, "m d"], generator: torch.Generator, splits: int = 8
) -> HeldOutW1:
    """Return exact W1 from n samples to n held-out points, with the null: n held-out points against n others.

    Both are means over ``splits`` fresh draws; the null is what a perfect generator scores, never 0. Held-out data in a
    tensor must hold 2n points or more; each split draws its points without replacement. Units of the data.

    Raises ValueError for fewer than 8 splits or too little held-out data. Source: Stanczuk 2021 on the bias of W1.
    Chapter: reading-curves.
    """
    n = samples.shape[0]
    if splits < 8:
        raise ValueError(f"splits is {splits}: the null varies too much between splits to use fewer than 8")
    if isinstance(held_out, Tensor) and len(held_out) < 2 * n:
        raise ValueError(f"held_out has {len(held_out)} points: {n} samples need {2 * n}, or score fewer samples")
    w1s, nulls = [], []
    for _ in range(splits):
        if isinstance(held_out, Tensor):
            order = torch.randperm(len(held_out), generator=generator, device=generator.device)[: 2 * n]
            x, y = held_out[order.to(held_out.device)].split(n)
        else:
            x, y = held_out.sample(2 * n, generator).split(n)
        w1s.append(transport.w1(samples.detach().cpu(), x.cpu()))
        nulls.append(transport.w1(y.cpu(), x.cpu()))
    (w1, w1_std), (null, null_std) = ((math.fsum(v) / splits, float(torch.tensor(v).std())) for v in (w1s, nulls))
    return HeldOutW1(w1, w1_std, null, null_std)
