"""What the chapter on reading curves reproduces: what a critic's estimate is good for, and what it is not."""

import numpy as np
from ledger import Entry
from scipy import stats

from wgan_lib import runs

SEARCH = ("critic rate 1e-4", "critic too lazy", "critic rate 7e-4", "healthy", "critic rate 4e-3")
"""The same critic at five learning rates, slow to fast."""


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and ends of a 95 % t-interval over the seeds."""
    mean, half = float(np.mean(values)), float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return mean, mean - half, mean + half


def rank(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation."""
    return float(stats.spearmanr(a, b)[0])


def parting(run: runs.Run, row: str) -> np.ndarray:
    """How far each seed's estimate on its training points stands above that on held-out points, at the end."""
    return np.median(run[f"{row}/estimate"][-25:], axis=0) - np.median(run[f"{row}/held_out"][-5:], axis=0)


def entries() -> list[Entry]:
    """All of the chapter's claims."""
    run, setting = runs.load("curve-faults"), "ring of eight Gaussians, λ 1, ten seeds"
    follows = np.array([rank(run["healthy/held_out"][:, k], run["healthy/w1"][:, k]) for k in range(10)])
    own = np.array([np.median(run[f"{row}/held_out"][-5:]) for row in SEARCH])
    exact = np.array([np.median(run[f"{row}/w1"][-1]) for row in SEARCH])
    over, fit = interval(parting(run, "overfitting")), interval(parting(run, "healthy"))
    judged = np.concatenate([run[f"{row}/judge"] for row in SEARCH])
    truth = np.concatenate([run[f"{row}/w1"][-1] for row in SEARCH])
    mean, low, high = interval(follows)
    named = "95 % t, ten seeds"
    return [
        Entry(claim="within one training the estimate follows the quality of samples",
              source="arjovsky2017wasserstein", where="section 4.2, figure 3", setting=f"{setting}, over the training",
              published="correlates", ours=mean, unit="rank correlation with exact W1", low=low, high=high,
              interval=named, agrees=low > 0,
              why="in so short a training the estimate falls early, and its noise hides what the samples do later"),
        Entry(claim="the estimate does not compare different critics",
              source="arjovsky2017wasserstein", where="section 4.2", setting="five learning rates of the critic",
              published="the constant depends on the critic", ours=rank(own, exact),
              unit="rank correlation of medians with exact W1", agrees=rank(own, exact) < 0.5,
              why="over these five rates the held-out estimate happens to rank the models as exact W1 does"),
        Entry(claim="with few data the critic's training and held-out losses part",
              source="gulrajani2017improved", where="section 5.6, figure 5", setting="24 training points",
              published="they part", ours=over[0], unit="score, training less held-out", low=over[1], high=over[2],
              interval=named, agrees=over[1] > fit[2],
              why=f"not beyond what healthy trainings show, {fit[0]:.2f}"),
        Entry(claim="an independently trained critic ranks models", source="danihelka2017comparison",
              where="section 4", setting="50 models of five learning rates, one recipe of a judge",
              published="ranks them", ours=rank(judged, truth), unit="rank correlation with exact W1",
              agrees=rank(judged, truth) > 0.7, why="a judge of 400 steps is too weak to order close models"),
    ]  # fmt: skip
