"""What the chapter on samples reproduces: which way the bias goes, its rate, and the wrong minimum of small batches."""

import math
from itertools import product

import numpy as np
from ledger import Entry
from scipy import stats

from wgan_lib import transport


def batch_to_mean() -> list[Entry]:
    """Two batches of one law, and a batch against the mean alone, in 100 dimensions."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 512, 100))
    between, to_mean = transport.w1(x, y), float(np.linalg.norm(x, axis=1).mean())
    return [
        Entry(claim="two batches of one law are further apart than a batch is from its mean",
              source="stanczuk2021wasserstein", where="section 4", published="yes, for pictures",
              setting="N(0, I) in 100 dimensions, batches of 512: batch to batch, batch to mean",
              ours=[between, to_mean], unit="W₁", agrees=between > 1.1 * to_mean),
    ]  # fmt: skip


def rate() -> list[Entry]:
    """The slope of log E W1 between two samples of one law, d = 5."""
    sizes, rng = np.array([64, 128, 256, 512]), np.random.default_rng(1)
    means = [[transport.w1(*rng.standard_normal((2, n, 5))) for n in sizes] for _ in range(8)]
    slopes = np.polyfit(np.log(sizes), np.log(means).T, 1)[0]
    half = stats.t.ppf(0.975, 7) * slopes.std(ddof=1) / math.sqrt(8)
    low, high = slopes.mean() - half, slopes.mean() + half
    agrees = bool(low - 0.03 <= -0.2 <= high + 0.03)
    return [
        Entry(claim="the W₁ of a sample to its law falls like n^(−1/d)", source="fournier2015rate", where="theorem 1",
              setting="two samples of N(0, I), d = 5, n from 64 to 512", published="slope −.2 in the limit",
              ours=slopes.mean(), low=low, high=high, interval="95 % t, eight repetitions", agrees=agrees,
              why="" if agrees else "moderate n: the limit is not reached yet"),
    ]  # fmt: skip


def small_batches() -> list[Entry]:
    """Where the expected W1 of two small batches is least, for coins, exactly."""

    def expected(theta: float, chance: float = 0.1, batch: int = 5) -> float:
        real, fake = (stats.binom.pmf(np.arange(batch + 1), batch, t) for t in (chance, theta))
        return sum(real[i] * fake[j] * abs(i - j) / batch for i, j in product(range(batch + 1), repeat=2))

    coins = np.linspace(0, 0.5, 501)
    best = float(coins[np.argmin([expected(theta) for theta in coins])])
    return [
        Entry(claim="the expected W₁ of minibatches can be least at a wrong law", source="bellemare2017cramer",
              where="theorem 1", setting="coins, data θ = .1, batches of 5, exact sum", published="a wrong minimum",
              ours=best, unit="the best θ", agrees=abs(best - 0.1) > 0.05),
    ]  # fmt: skip


def entries() -> list[Entry]:
    return [*batch_to_mean(), *rate(), *small_batches()]
