"""What the chapter on weight clipping reproduces: the bound, figure 1 of WGAN-GP, Algorithm 1 and momentum."""

import numpy as np
from ledger import Entry

from wgan_lib import runs, sampling
from wgan_lib.widgets.clipping import log_box_slope

CRITIC = (2, 512, 512, 512, 1)
T5 = 2.776  # 97.5 % quantile of Student's t with 4 degrees of freedom


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and ends of a 95 % t-interval of five numbers."""
    mean, half = float(np.mean(values)), T5 * float(np.std(values, ddof=1)) / 5**0.5
    return mean, mean - half, mean + half


def wave(surface: np.ndarray, half: float, radius: float, waves: int = 8) -> float:
    """Amplitude of f's wave around a circle, divided by the steepest slope on the grid; as in the chapter."""
    from scipy.interpolate import RegularGridInterpolator

    axis, turn = np.linspace(-half, half, len(surface)), 2 * np.pi * np.arange(256) / 256
    around = RegularGridInterpolator((axis, axis), surface)(radius * np.c_[np.sin(turn), np.cos(turn)])
    steepest = np.hypot(*np.gradient(surface, axis, axis)).max()
    return float(2 * np.abs(np.fft.rfft(around)[waves]) / 256 / steepest)


def bound() -> Entry:
    """Fact 10."""
    ours = [10 ** log_box_slope(c, CRITIC) for c in (0.1, 0.01, 0.001)]
    return Entry(
        claim="the slope that a box allows grows exponentially with the depth", source="gulrajani2017improved",
        where="section 3", setting="2-512-512-512-1, c = .1, .01, .001", published="said, not computed",
        ours=ours, unit="largest slope", agrees=bool(np.allclose(np.diff(np.log10(ours)), -4)),
    )  # fmt: skip


def layers() -> list[Entry]:
    """Fact 9."""
    found, seen = [], runs.load("clipping-layers")
    ways = {"clipping 0.1": "explodes", "clipping 0.01": "vanishes", "clipping 0.001": "vanishes", "GP": "stays"}
    for way, published in ways.items():
        ours, low, high = interval(np.log10(seen[f"{way}/by layer"][:, 0]))
        agrees = {"explodes": low > 2, "vanishes": high < -2, "stays": low > -1 and high < 1}[published]
        found.append(
            Entry(
                claim=f"gradient at the first of 12 layers, {way}",
                source="gulrajani2017improved",
                where="figure 1b",
                setting="Swiss roll, width 256, 300 steps, 5 seeds",
                published=published,
                ours=ours,
                unit="log10 of the norm",
                low=low,
                high=high,
                interval="95 % t",
                agrees=agrees,
            )
        )
    return found


def surfaces() -> Entry:
    """Fact 8."""
    seen = runs.load("clipping-surfaces")
    half = float(seen["8 Gaussians/half"])
    clipped, penalised = (wave(seen[f"8 Gaussians/{way}"].astype(float), half, 2 / 1.414) for way in ("clipping", "GP"))
    return Entry(
        claim="clipped critics ignore higher moments of the data", source="gulrajani2017improved", where="figure 1a",
        setting="8 Gaussians, 2-512-512-512-1, 2,000 steps, 1 seed; wave of eight around the ring at slope 1",
        published="clipped surface without the eight modes, penalised one with them",
        ours=[clipped, penalised], unit="clipping, penalty", agrees=penalised > 5 * clipped,
    )  # fmt: skip


def best_bound() -> Entry:
    """With scale divided out, each kind at its best number, on fresh seeds: certified W1 over the exact one."""
    seen = runs.load("clipping-shape")
    share = {way: seen[f"{way}/certified"] / seen["exact"] for way in ("penalty 1", "penalty 10")}
    clipped = seen["clipping, most certified/certified"] / seen["exact"]
    ahead = [float(max(v[i].mean() for v in share.values()) - clipped[i].mean()) for i in range(len(seen["depth"]))]
    return Entry(
        claim="clipping learns worse critics than a penalty, scale apart", source="gulrajani2017improved",
        where="section 3", setting="ring, width 64, 2 and 8 layers, best of 9 bounds and of 2 penalties, 5 fresh seeds",
        published="yes", ours=ahead, unit="certified / W1, penalty less clipping", agrees=min(ahead) > 0.05,
        why="" if min(ahead) > 0.05 else "scale accounts for most of it",
    )  # fmt: skip


def algorithm_1() -> list[Entry]:
    """Fact 7."""
    found, seen = [], runs.load("algorithm-1")
    for place, law in {"ring": sampling.ring(8), "grid": sampling.grid(25)}.items():
        row, n = f"{place}, RMSProp 5e-5", len(law.modes)  # type: ignore[arg-type]
        modes = seen[f"{row}/modes"][-1]
        mean, low, high = interval(modes)
        steps = int(seen[f"{row}/index"][-1])
        found.append(
            Entry(
                claim=f"no mode collapse: modes of {n} found on the {place}",
                source="arjovsky2017wasserstein",
                where="section 4.3",
                setting=f"Algorithm 1, {steps:,} steps, 5 seeds, 2,500 samples",
                published="none seen",
                ours=mean,
                unit="modes",
                low=low,
                high=high,
                interval="95 % t",
                agrees=bool(modes.min() >= 0.75 * n),
                why="" if modes.min() >= 0.75 * n else "few samples lie on a mode, and late on the shares drift apart",
            )
        )
    return found


def momentum() -> list[Entry]:
    """Fact 6."""
    found, seen = [], runs.load("algorithm-1")
    plain = seen["ring, RMSProp 1e-3/w1"][-1]
    for beta in (0.5, 0.9):
        row = f"ring, Adam {beta:g} 1e-3"
        mean, low, high = interval(seen[f"{row}/w1"][-1] - plain)
        found.append(
            Entry(
                claim=f"Adam with β1 = {beta:g} on the critic does worse than RMSProp",
                source="arjovsky2017wasserstein",
                where="section 4.3",
                setting="ring, clipping .01, rate 1e-3, 1,000 steps, 5 paired seeds",
                published="unstable at times",
                ours=mean,
                unit="exact W1, Adam less RMSProp",
                low=low,
                high=high,
                interval="95 % t, paired",
                agrees=bool(low > 0),
                why="no harm at this momentum" if low <= 0 else "",
            )
        )
    shares = [float((seen[f"ring, {way} 1e-3/cosine"] < 0).mean()) for way in ("RMSProp", "Adam 0.5", "Adam 0.9")]
    found.append(
        Entry(
            claim="the cosine of step and gradient turns negative where training is unstable",
            source="arjovsky2017wasserstein",
            where="section 4.3",
            setting="the same runs, each 51st critic step",
            published="only in situations of instability",
            ours=shares,
            unit="share of looks: RMSProp, Adam .5, Adam .9",
            agrees=shares[0] == 0 and shares[1] < 0.01 < shares[2],
        )
    )
    return found


def entries() -> list[Entry]:
    """All of the chapter's."""
    return [bound(), *layers(), surfaces(), best_bound(), *algorithm_1(), *momentum()]
