"""What the chapter on JS reproduces: parallel segments, the optimal discriminator, the generator's two gradients."""

import math

import numpy as np
from ledger import Entry

from wgan_lib import divergences, runs


def example_1() -> list[Entry]:
    """The two parallel segments of the first WGAN paper."""
    setting = "segments of length 1, .5 apart"
    common = {"source": "arjovsky2017wasserstein", "setting": setting}
    apart = divergences.segment_divergences(0.5)
    w1 = divergences.w1_segments(0.5)
    return [
        Entry(claim="the JS of two parallel segments is log 2 at any distance", where="example 1", published="log 2",
              ours=apart.js, unit="nats", agrees=math.isclose(apart.js, math.log(2), abs_tol=1e-12), **common),
        Entry(claim="their W₁ is the distance itself", where="example 1", published="|θ| = .5", ours=w1,
              agrees=math.isclose(w1, 0.5, abs_tol=1e-12), **common),
        Entry(claim="JS is KL(P‖M) + KL(Q‖M)", where="section 2", published="log 2 in its own example 1",
              ours=2 * math.log(2), unit="nats from that formula", agrees=False,
              why="the formula lacks its two halves; the example's number is the one with them", **common),
        Entry(claim="the largest difference of means over |f| ≤ 1 is TV", where="section 5",
              published="TV, defined as sup |P(A) − Q(A)|, here 1", ours=2 * apart.tv, agrees=False,
              why="with that TV it is 2 TV: f = 1 on one segment and −1 on the other", **common),
    ]  # fmt: skip


def discriminator() -> list[Entry]:
    """What the best discriminator reaches, and what its generator feels."""
    x = np.linspace(-12, 16, 20001)
    p, q = (np.exp(-((x - mean) ** 2) / 2) / math.sqrt(2 * math.pi) for mean in (0, 3))
    real, fake = (np.log1p(np.exp(side)) for side in (-(np.log(p) - np.log(q)), np.log(p) - np.log(q)))
    value = -float(np.trapezoid(p * real + q * fake, x))
    promised = 2 * float(divergences.js_normals(0, 1, 3, 1)) - 2 * math.log(2)
    kl, js = (f(0, 1, 3, 1).mean_q for f in (_reverse, divergences.js_normals_gradient))
    felt = -float(divergences.mean_pulls(0, 1, 3, 1).non_saturating)
    far = divergences.mean_pulls(0, 1, 6, 1)
    return [
        Entry(claim="with D* = p/(p + q) the game's value is 2 JS − 2 log 2", source="goodfellow2014generative",
              where="theorem 1", setting="N(0, 1) against N(3, 1)", published=f"−{-promised:.4f} by its formula",
              ours=value, unit="nats", agrees=math.isclose(value, promised, abs_tol=1e-6)),
        Entry(claim="the −log D gradient is that of KL(Q‖P) − 2 JS", source="arjovsky2017principled",
              where="theorem 2.5", setting="N(0, 1) against N(3, 1), the shift's gradient",
              published=f"{float(kl - 2 * js):.4f} by its formula", ours=felt,
              agrees=math.isclose(felt, float(kl - 2 * js), rel_tol=1e-6)),
        Entry(claim="of the two GAN losses only the minimax one saturates", source="fedus2018many",
              where="section 2", setting="N(0, 1) against N(6, 1), size of the mean pull: minimax, non-saturating",
              published="minimax saturates", ours=[abs(float(far.minimax)), abs(float(far.non_saturating))],
              agrees=abs(far.minimax) < 0.05 < 1 < abs(far.non_saturating)),
    ]  # fmt: skip


def _reverse(mean_p: float, std_p: float, mean_q: float, std_q: float) -> divergences.NormalGradient:
    """The derivatives of KL(Q‖P), named as those of P and Q."""
    turned = divergences.kl_normals_gradient(mean_q, std_q, mean_p, std_p)
    return divergences.NormalGradient(
        mean_p=turned.mean_q, std_p=turned.std_q, mean_q=turned.mean_p, std_q=turned.std_p
    )


def metrics() -> list[Entry]:
    """JS is no metric, its root is one."""

    def js(p: list[float], q: list[float]) -> float:
        middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
        return sum(a * math.log(a / m) / 2 for side in (p, q) for a, m in zip(side, middle, strict=True) if a)

    ends, via = js([1, 0], [0, 1]), js([1, 0], [0.5, 0.5])
    return [
        Entry(claim="the root of JS keeps the triangle inequality", source="endres2003new", where="theorem 1",
              setting="two coins that never agree, by way of a fair one: direct, round about", published="a metric",
              ours=[math.sqrt(ends), 2 * math.sqrt(via)], agrees=math.sqrt(ends) <= 2 * math.sqrt(via) < 2 * ends),
    ]  # fmt: skip


def modes() -> list[Entry]:
    """How many clusters a plain GAN finds."""
    run = runs.load("gan-troubles")
    common = {"source": "lin2018pacgan", "where": "table 1", "unit": "clusters, mean of eight seeds"}
    entries = []
    for law, setting, published, total in (
        ("ring", "ring of 8", "6.3 ± .5", 8),
        ("grid", "grid of 25", "17.3 ± .8", 25),
    ):
        found = run[f"{law} non-saturating 1/modes"][-1].astype(float)
        half = 2.365 * found.std(ddof=1) / math.sqrt(len(found))
        low, high = found.mean() - half, found.mean() + half
        given = float(published.split()[0])
        entries.append(
            Entry(claim=f"how many clusters of the {setting} a plain GAN finds", ours=found.mean(), low=low, high=high,
                  interval="95 % t, eight seeds", published=f"{published} of {total}",
                  agrees=bool(low <= given <= high),
                  setting="other networks and rates; 500 samples, theirs 2,500",
                  why="" if low <= given <= high else "such a count depends on networks, rates, steps and the "
                  "number of samples: for \"the GAN\" on this kind of law other papers print other numbers",
                  **common)
        )  # fmt: skip
    return entries


def entries() -> list[Entry]:
    return [*example_1(), *discriminator(), *metrics(), *modes()]
