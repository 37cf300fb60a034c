"""What the chapter on settling reproduces: the game of two numbers, momentum, and what R3GAN says of its losses."""

import math

import numpy as np
from ledger import Entry
from scipy import stats

from wgan_lib import runs, widgets

ORDERS = (("simultaneous", 1), ("critic first", 1), ("generator first", 1), ("critic first", 5))


def rests(loss: str, constraint: str = "none", strength: float = 1.0) -> list[float]:
    """Mean radius of rounds 401 to 500, from (1, 1) with steps of .2, in each of `ORDERS`."""
    made = {"loss": loss, "constraint": constraint, "strength": strength}
    return [widgets.DiracPlane(order=order, n_critic=n, **made).rest for order, n in ORDERS]


def plane() -> list[Entry]:
    """The Dirac-GAN: who settles, who does not."""
    setting = (
        "h .2, from (1, 1), mean radius of rounds 401–500: together, critic first, generator first, 5 critic steps"
    )
    free, clipped, gp = rests("WASSERSTEIN"), rests("WASSERSTEIN", "clipping"), rests("WASSERSTEIN", "GP", 0.35)
    minimax, r1 = rests("MINIMAX"), rests("MINIMAX", "R1", 0.7)
    growth = widgets.DiracPlane(order="simultaneous").path[:2]
    alone = widgets.DiracPlane(loss="NON_SATURATING", start=(0.2, 0.2))
    common = {"source": "mescheder2018which", "setting": setting, "unit": "radius"}
    return [
        Entry(claim="an unregularised GAN does not converge", where="section 2", published="no convergence",
              ours=minimax, agrees=min(minimax) > 1, **common),
        Entry(claim="nor does the non-saturating loss, which creeps", where="section 2", published="no linear rate",
              ours=rests("NON_SATURATING"), agrees=bool(0.1 < alone.rest < np.hypot(0.2, 0.2)), **common),
        Entry(claim="a clipped WGAN does not converge for a fixed number of critic steps", where="section 3",
              published="no convergence", ours=clipped, agrees=min(clipped) > 0.5, **common),
        Entry(claim="nor does WGAN-GP (our λ .35 is their .7)", where="section 3", published="no convergence",
              ours=gp, agrees=min(gp) > 0.5, **common),
        Entry(claim="R1 converges (γ .7)", where="section 4", published="converges", ours=np.round(r1, 6).tolist(),
              agrees=max(r1) < 1e-6, **common),
        Entry(claim="moving together without a penalty, the radius grows by √(1 + h²) a round", where="lemma 2.3",
              source="mescheder2018which", setting="h .2", published="√1.04",
              ours=float(np.hypot(*growth[1]) / np.hypot(*growth[0])), unit="factor",
              agrees=math.isclose(np.hypot(*growth[1]) / np.hypot(*growth[0]), math.sqrt(1.04), rel_tol=1e-9)),
        Entry(claim="the unconstrained WGAN keeps its distance when the players take turns", where="section 2",
              published="eigenvalues of size 1", ours=free, agrees=min(free[1:]) > 1.3 and free[0] > 1e4, **common),
    ]  # fmt: skip


def momentum() -> list[Entry]:
    """Momentum in the free game."""
    path = lambda beta, order: widgets.DiracPlane(momentum=beta, order=order).rest  # noqa: E731
    turns, together = path(-0.5, "critic first"), path(-0.5, "simultaneous")
    return [
        Entry(claim="negative momentum converges in the bilinear game when the players take turns",
              source="gidel2019negative", where="section 5", setting="h .2, β −.5, 500 rounds from radius 1.41",
              published="converges", ours=turns, unit="mean radius", agrees=turns < 0.2),
        Entry(claim="and does not when they move together", source="gidel2019negative", where="section 4",
              setting="h .2, β −.5", published="no convergence", ours=together, unit="mean radius",
              agrees=together > math.sqrt(2)),
        Entry(claim="momentum makes the WGAN unstable", source="arjovsky2017wasserstein", where="section 4",
              setting="the game of two numbers, critic first, β = 0, .1, .3", published="unstable",
              ours=[path(beta, "critic first") for beta in (0.0, 0.1, 0.3)], unit="mean radius",
              agrees=path(0.3, "critic first") > 1e3),
    ]  # fmt: skip


def grid() -> list[Entry]:
    """25 Gaussians: is R1 alone not enough?"""
    if "grid-rows" not in runs.names():
        return []
    run = runs.load("grid-rows")
    name = "RpGAN, R1, γ = 2.0"
    if f"{name}/averaged" not in run.fixed:
        return []
    modes = run[f"{name}/averaged"][-1][:, 0]
    return [
        Entry(claim="a relativistic GAN with R1 alone is not enough", source="huang2024gan", where="on stacked digits",
              setting="25 Gaussians, γ 2, constant rate, averaged generator, five seeds: modes found",
              published="training diverges", ours=modes.tolist(), unit="modes of 25",
              agrees=bool(modes.min() < 25),
              why="twenty-five modes in the plane are too easy: R1 alone finds them all in every seed"),
    ]  # fmt: skip


def stacked() -> list[Entry]:
    """A thousand modes: R3GAN's table on small digits."""
    published = {
        "GAN, R1": "diverged",
        "GAN, R1 + R2": "693, KL .927",
        "RpGAN, R1": "diverged",
        "RpGAN, R1 + R2": "1000, KL .078",
    }
    found = []
    run = runs.load("stacked-digits") if "stacked-digits" in runs.names() else None
    for name, told in published.items():
        shared = {"claim": f"stacked digits: modes of 1,000 under {name}", "source": "huang2024gan",
                  "where": "on stacked digits", "setting": "8 × 8 digits, networks of 256, γ 1, five seeds",
                  "published": told,
        }  # fmt: skip
        if run is None or f"{name}/modes" not in run.fixed:
            continue
        modes = run[f"{name}/modes"][-1].astype(float)
        half = float(stats.t.ppf(0.975, len(modes) - 1) * stats.sem(modes))
        mean = float(modes.mean())
        wanted = {"diverged": (0, 600), "693, KL .927": (600, 800), "1000, KL .078": (990, 1000)}[told]
        found.append(
            Entry(**shared, ours=mean, unit="modes", low=mean - half,
                  high=min(1000.0, mean + half), interval="95 % t, five seeds",
                  agrees=wanted[0] <= mean <= wanted[1],
                  why="smaller digits, networks without convolutions and fewer steps than theirs")
        )  # fmt: skip
    return found


def entries() -> list[Entry]:
    """All of the chapter's claims."""
    return plane() + momentum() + grid() + stacked()
