"""How good samples are: modes and W1 with their null, and pictures by the features of a small classifier."""

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
