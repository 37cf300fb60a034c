"""What the chapter on the critic reproduces: the gradient through f*, and whether the loss tells more than the time."""

import math

import numpy as np
from ledger import Entry
from scipy import stats

from wgan_lib import runs, transport


def envelope() -> list[Entry]:
    """The derivative of W1 in a shift, by differences and through the optimal critic held fixed."""
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((2, 40, 2))
    fake, way, h = fake + np.array([3.0, 1.0]), np.array([0.6, 0.8]), 1e-5
    by_differences = (transport.w1(real, fake + h * way) - transport.w1(real, fake - h * way)) / (2 * h)
    critic = transport.optimal_critic(real, fake, prices="middle")
    through_critic = -float((critic(fake + h * way) - critic(fake - h * way)).mean() / (2 * h))
    return [
        Entry(claim="the gradient of W₁ is −E ∇ f*(g(z)), with f* held fixed", source="arjovsky2017wasserstein",
              where="theorem 3", setting="40 points a side in the plane, a shift: through f*, by differences",
              published="equal", ours=[through_critic, by_differences],
              agrees=math.isclose(through_critic, by_differences, abs_tol=1e-4)),
    ]  # fmt: skip


def clock() -> list[Entry]:
    """Does the gap follow W1, and more closely than the step counter does?"""
    run = runs.load("gap-and-clock")
    key, late = "penalty, momentum 0.5", run["index"] + 1 >= 250
    w1, gap = (run[f"{key}/{what}"].astype(float)[late] for what in ("w1", "gap"))
    own = np.array([stats.spearmanr(gap[:, k], w1[:, k]).statistic for k in range(w1.shape[1])])
    time = np.array([-stats.spearmanr(run["index"][late], w1[:, k]).statistic for k in range(w1.shape[1])])
    extra = own - time
    half = stats.t.ppf(0.975, len(extra) - 1) * extra.std(ddof=1) / math.sqrt(len(extra))
    low, high = extra.mean() - half, extra.mean() + half
    whole = run[f"{key}/w1"].astype(float), run[f"{key}/gap"].astype(float)
    all_along = np.mean([stats.spearmanr(whole[1][:, k], whole[0][:, k]).statistic for k in range(len(extra))])
    common = {"source": "arjovsky2017wasserstein", "where": "figure 3", "unit": "rank correlation"}
    return [
        Entry(claim="the critic's loss falls with the quality of the samples", published="correlated, single runs",
              setting="penalised critic, ring of 8, gap against exact W₁ over the whole run, ten seeds",
              ours=float(all_along), agrees=bool(all_along > 0.5), **common),
        Entry(claim="and so tells how good the samples are, beyond the time that has passed",
              published="not compared with the clock", ours=extra.mean(), low=low, high=high,
              interval="95 % t, ten seeds", setting="the same runs from step 250: own gap less the step counter",
              agrees=bool(low > 0), why="" if low > 0 else "after the first fall the step counter follows W₁ no worse",
              **common),
    ]  # fmt: skip


def entries() -> list[Entry]:
    return [*envelope(), *clock()]
