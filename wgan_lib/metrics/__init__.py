"""How good samples are: modes and W1 with their null, pictures by a small classifier, and rows of a table."""

from wgan_lib.metrics.fitting import CoarsePixels, fit_classifier
from wgan_lib.metrics.inception import inception_scores, why_not
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
from wgan_lib.metrics.points import HeldOutW1, ModeCoverage, mode_coverage, mode_coverage_ceiling, w1_to_held_out
from wgan_lib.metrics.rows import Share, closest, membership, share, taught_by

__all__ = [
    "Classifier",
    "CoarsePixels",
    "HeldOutW1",
    "ModeCoverage",
    "ScoreAndFloor",
    "Share",
    "class_shares",
    "closest",
    "density_coverage",
    "fit_classifier",
    "frechet_distance",
    "inception_scores",
    "load_classifier",
    "membership",
    "mode_coverage",
    "mode_coverage_ceiling",
    "precision_recall",
    "scores",
    "share",
    "taught_by",
    "w1_to_held_out",
    "why_not",
]
