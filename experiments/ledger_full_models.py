"""What the chapter on full models reproduces: critics that know their pictures, and an order of methods."""

import numpy as np
from ledger import Entry
from scipy import stats

from wgan_lib import runs

TWO_MINUTES = "two minutes on a GPU say nothing of it"


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and ends of a 95 % t-interval over the seeds."""
    mean, half = float(np.mean(values)), float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return mean, mean - half, mean + half


def parting(scores: np.ndarray) -> np.ndarray:
    """How far each seed's critic stands higher on its training pictures than on held-out ones, over the last marks."""
    return (scores[-5:, 0] - scores[-5:, 1]).mean(0)


def entries() -> list[Entry]:
    """All of the chapter's claims."""
    digits = runs.load("digits-methods")
    apart = interval(parting(digits["WGAN-GP/scores"]))
    distance = {name: digits[f"{name}/classifier Fréchet distance"] for name in ("WGAN-GP", "WGAN, clipping")}
    behind = interval(distance["WGAN, clipping"] - distance["WGAN-GP"])
    named = "95 % t, five seeds"
    return [
        Entry(claim="WGAN-GP's critic comes to score its training pictures above held-out ones",
              source="gulrajani2017improved", where="section 5.6, figure 5b", setting="1,198 digits of 8 × 8",
              published="they part (1,000 digits)", ours=apart[0], unit="score, training less held-out",
              low=apart[1], high=apart[2], interval=named, agrees=apart[1] > 0,
              why="too many pictures, or too few steps, for this critic to learn them"),
        Entry(claim="on MNIST clipping ends nearer to the data than WGAN-GP", source="lucic2018are",
              where="table 2", setting="8 × 8 digits, other networks, no search",
              published="FID 6.7 and 20.3", ours=behind[0], unit="classifier Fréchet distance, clipping less WGAN-GP",
              low=behind[1], high=behind[2], interval=named, agrees=behind[2] < 0,
              why="one untuned setting each, smaller pictures and few steps; their order comes from a search"),
        Entry(claim="WGAN-GP's ResNet on CIFAR-10 without labels", source="gulrajani2017improved", where="table 3",
              setting=TWO_MINUTES, published="Inception score 7.86", agrees=None),
        Entry(claim="SN-GAN's ResNet on CIFAR-10 without labels", source="miyato2018spectral", where="table 2",
              setting=TWO_MINUTES, published="Inception score 8.22, FID 21.7", agrees=None),
    ]  # fmt: skip
