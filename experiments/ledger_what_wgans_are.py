"""What the last chapter reproduces: estimates against teaching, exact critics of samples, the crowded road."""

import numpy as np
from ledger import Entry
from scipy import integrate, stats

from wgan_lib import runs, transport

WAYS = ("exact", "c-transform", "penalty")


def half(values: np.ndarray) -> float:
    """Half-width of a 95 % t-interval."""
    return float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))


def teachers() -> list[Entry]:
    """Three critics asked for a known W1, and the generators that they taught."""
    run, batch = runs.load("critics-and-quality"), 64
    read = lambda dim, what: [run[f"{way}/{dim}/{batch}/{what}"] for way in WAYS]  # noqa: E731
    off = {d: [abs(v.mean() / float(run[f"{d}/w1"]) - 1) for v in read(d, "estimate")] for d in (2, 32)}
    energy = {d: [v.mean() for v in read(d, "energy")] for d in (2, 32)}
    spread = run[f"exact/32/{batch}/spread"]
    at_256 = {what: [run[f"{way}/8/256/{what}"].mean() for way in WAYS] for what in ("estimate", "energy")}
    off_256 = [abs(v / float(run["8/w1"]) - 1) for v in at_256["estimate"]]
    order = "exact, c-transform, penalty; batch 64, five seeds"
    return [
        Entry(claim="the c-transform is nearest to W₁", source="mallasto2019how", where="experiments",
              published="most accurate", setting=f"d = 2, |estimate / W₁ − 1|: {order}", ours=off[2],
              agrees=off[2][1] == min(off[2]), why="" if off[2][1] == min(off[2]) else "another critic is nearer here"),
        Entry(claim="also in more dimensions", source="mallasto2019how", where="experiments",
              published="most accurate", setting=f"d = 32, |estimate / W₁ − 1|: {order}", ours=off[32],
              agrees=off[32][1] == min(off[32]),
              why="" if off[32][1] == min(off[32]) else "batches of 64 are far apart in 32 dimensions, of any law"),
        Entry(claim="but it does not teach best", source="mallasto2019how", where="experiments",
              published="not the best samples", setting=f"d = 32, energy of the samples: {order}", ours=energy[32],
              agrees=energy[32][1] > energy[32][2], why="" if energy[32][1] > energy[32][2] else "it does here"),
        Entry(claim="the nearest critic is not the best teacher", source="mallasto2019how", where="experiments",
              published="nearest, and not the best samples", ours=[*off_256, *at_256["energy"]],
              setting="d = 8, |estimate / W₁ − 1|, then energy of the samples: "
              "exact, c-transform, penalty; batch 256, five seeds",
              agrees=bool(off_256[1] == min(off_256) and at_256["energy"][2] == min(at_256["energy"]))),
        Entry(claim="exact transport of batches teaches a shrunken law", source="stanczuk2021wasserstein",
              where="experiments", published="samples like centres of k-means",
              setting="d = 32, batch 64: variance of the samples over that of the data", ours=spread.mean(),
              low=spread.mean() - half(spread), high=spread.mean() + half(spread), interval="95 % t, five seeds",
              unit="spread", agrees=bool(spread.mean() + half(spread) < 0.9),
              why="" if spread.mean() + half(spread) < 0.9 else "not in these runs"),
    ]  # fmt: skip


def grey() -> list[Entry]:
    """A fresh batch against one shrunk by half, N(0, I_100), by W1 and by Sinkhorn divergences."""
    x, y = np.random.default_rng([27, 0]).standard_normal((2, 256, 100))
    pairs = [[transport.sinkhorn_divergence(x, z, blur) for z in (y, y / 2)] for blur in (1.0, 10.0)]
    exact = [transport.w1(x, z) for z in (y, y / 2)]
    return [
        Entry(claim="a Sinkhorn divergence goes from transport to an MMD as ε grows", source="genevay2018learning",
              where="theorem 1", published="from W₁ to MMD", setting="N(0, I), d = 100, n = 256, a fresh batch and one "
              "shrunk by half: ε = 1 ranks them like W₁, ε = 10 like the energy distance", ours=[*pairs[0], *pairs[1]],
              agrees=(exact[0] > exact[1]) == (pairs[0][0] > pairs[0][1]) and pairs[1][0] < pairs[1][1]),
    ]  # fmt: skip


def crowd() -> list[Entry]:
    """The penalised value of N(0, 1) and N(1, 1) by an integral."""
    z, alpha = np.linspace(-7, 8, 3001), (np.arange(400) + 0.5) / 400
    j = stats.norm.cdf(z, 0) - stats.norm.cdf(z, 1)
    rho = stats.norm.pdf(z[:, None], 1 - alpha, np.hypot(alpha, 1 - alpha)).mean(1)
    ours = [1 + integrate.trapezoid(j**2 / (4 * weight * rho), z) for weight in (10, 0.1)]
    return [
        Entry(claim="a penalised WGAN computes congested transport, not W₁", source="milne2021wasserstein",
              where="abstract", published="W₁ and a crowding cost", unit="value, where W₁ = 1",
              setting="N(0, 1), N(1, 1), one-sided penalty, λ = 10 and .1", ours=ours,
              agrees=ours[1] > 3 > 1.1 > ours[0]),
    ]  # fmt: skip


def funnels() -> list[Entry]:
    """The exact critic of two samples, where the best critic of the laws is known."""
    run = runs.load("funnels")
    ratio = [float((run[f"{d}/discrete/gap"] / run[f"{d}/w1"]).mean()) for d in (2, 16)]
    cosine = [float(run[f"{d}/discrete/cosine"].mean()) for d in (2, 16)]
    return [
        Entry(claim="discrete transport of samples reads far too high in many dimensions",
              source="korotin2022kantorovich", where="table 1", published="1.03, 2.56",
              setting="MinFunnels, d = 2 and 16, n = 1,000, five draws", ours=ratio, unit="of W1",
              agrees=1 < ratio[0] < 1.2 and ratio[1] > 2, why="another number of samples"),
        Entry(claim="and its critic loses the direction", source="korotin2022kantorovich", where="table 1",
              published=".72, .06", setting="MinFunnels, d = 2 and 16, n = 1,000, at fresh points of P, five draws",
              ours=cosine, unit="mean cosine", agrees=cosine[0] > 0.5 and abs(cosine[1]) < 0.2,
              why="asked at points of P; at those of Q it is nearer to the published"),
    ]  # fmt: skip


def entries() -> list[Entry]:
    return [*teachers(), *grey(), *crowd(), *funnels()]
