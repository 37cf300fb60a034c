"""Claims on spectral normalisation, power iteration, convolutions and layers that keep lengths, beside our numbers."""

import numpy as np
import torch
from ledger import Entry

from wgan_lib import diagnostics, runs

PAIRS, RELU = "orthonormal, sorted pairs", "SN, ReLU"


def cold_excess(seeds: int = 32) -> np.ndarray:
    """Norm of a random 64 × 64 weight after division by the estimate of one cold round trip, for each seed."""
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        weight, v = rng.standard_normal((64, 64)), rng.standard_normal(64)
        u = weight @ v / np.linalg.norm(weight @ v)
        found.append(np.linalg.norm(weight, 2) / np.linalg.norm(weight.T @ u))
    return np.array(found)


def conv_ratios(seeds: int = 8) -> np.ndarray:
    """Norm of a random 3 × 3 convolution, 64 channels in and out, over that of its reshaped weight."""
    found = []
    for seed in range(seeds):
        kernel = torch.randn(64, 64, 3, 3, generator=torch.Generator().manual_seed(seed))
        reshaped = float(torch.linalg.matrix_norm(kernel.flatten(1), ord=2))
        found.append(diagnostics.convolution_norm(kernel, size=16) / reshaped)
    return np.array(found)


def carrying(values: np.ndarray) -> np.ndarray:
    """Participation ratio of singular values (K, n): the number of directions that carry a layer, (K,)."""
    return (values**2).sum(1) ** 2 / (values**4).sum(1)


def entries() -> list[Entry]:
    """All entries of the chapter."""
    slack, spectra = runs.load("spectral-slack"), runs.load("spectral-spectra")
    three = int(np.flatnonzero(slack["depth"] == 3)[0])
    relu, pairs = slack[f"{RELU}/gap"][three], slack[f"{PAIRS}/gap"][three]
    one = slack[f"{RELU}/gap"][0]
    sixteen = slack["orthonormal, groups of 16/gap"][three]
    cold, ratios = cold_excess(), conv_ratios()
    ones = diagnostics.convolution_norm(torch.ones(1, 1, 3, 3), size=16) / 3
    strided = diagnostics.convolution_norm(torch.ones(1, 1, 4, 4), size=16, stride=2) / 4
    broad = {name: carrying(spectra[name].astype(float)) for name in (RELU, "weight norm", "clipping .05")}
    concentrated = all(broad[name].max() < broad[RELU].min() for name in ("weight norm", "clipping .05"))
    circle = "circle against its centre, W1 = 1, width 64, 1,500 steps, eight seeds"
    seeds = "range of eight seeds"
    settings = runs.load("sn-settings")
    fast, slow, works = "DEF", "ABC", 0.25  # `works`: below it most seeds have most modes
    ring = (
        f"ring of 8, 2,000 steps, eight seeds, median W1 (null {settings['null w1'].mean():.2f}; works below {works})"
    )
    ends = {way: {s: float(np.median(settings[f"{way}/{s}/w1"])) for s in slow + fast}
            for way in ("SN, non-saturating", "GP, Wasserstein")}  # fmt: skip
    divided, penalised = ends.values()
    return [
        Entry(
            claim="ReLU networks of bounded norm find .60 to .64 of W1 with three hidden layers",
            source="anil2019sorting", where="experiments on |x| and cones", setting=f"SN, {circle}",
            published=".60 to .64", ours=float(np.median(relu)), low=float(relu.min()), high=float(relu.max()),
            interval=seeds, agrees=bool(relu.max() >= 0.60 and relu.min() <= 0.64),
        ),
        Entry(
            claim="Sorted pairs with orthonormal weights find all of W1",
            source="anil2019sorting", where="experiments on |x| and cones",
            setting=f"three hidden layers, QR retraction, {circle}", published="1.000",
            ours=float(np.median(pairs)), low=float(pairs.min()), high=float(pairs.max()), interval=seeds,
            agrees=bool(pairs.max() >= 0.995),
            why=f"width 64 and few steps; sorted groups of 16 find {np.median(sixteen):.3f}",
        ),
        Entry(
            claim="One hidden layer of ReLUs of norm 1 finds at most half of W1 of a point against two",
            source="anil2019sorting", where="example |x|",
            setting="the same proof on the circle gives at most √2/π = .450; norms lag, and 512 points stand for it",
            published="at most .5",
            ours=float(np.median(one)), low=float(one.min()), high=float(one.max()), interval=seeds,
            agrees=bool(np.median(one) <= 2**0.5 / np.pi and one.max() < 0.5),
        ),
        Entry(
            claim="The power iterate lies below the norm: a divided weight has norm above 1 until it converges",
            source="miyato2018spectral", where="Algorithm 1", setting="random 64 × 64 weights, one cold round trip",
            published="not said", ours=float(np.median(cold)), low=float(cold.min()), high=float(cold.max()),
            interval="range of 32 seeds", agrees=bool(cold.min() > 1),
        ),
        Entry(
            claim="The norm divided by is that of the reshaped weight, not that of the convolution",
            source="miyato2018spectral", where="footnote 3",
            setting="layer over matrix: 3 × 3 of ones at stride 1, 4 × 4 of ones at stride 2",
            published="said, not measured", ours=[ones, strided], unit="ratio",
            agrees=bool(np.allclose([ones, strided], [3, 2])),
        ),
        Entry(
            claim="A random convolution stretches further than its reshaped weight",
            source="miyato2018spectral", where="footnote 3", setting="3 × 3, 64 channels in and out, 16 × 16 circle",
            published="said, not measured", ours=float(np.median(ratios)), low=float(ratios.min()),
            high=float(ratios.max()), interval=seeds, unit="ratio", agrees=bool(ratios.min() > 1),
        ),
        Entry(
            claim="Weight normalisation and clipping put a layer's strength into few directions, SN into many",
            source="miyato2018spectral", where="Figure 3 (there rows of length 1)",
            setting=f"middle layer of three, rows of free length, {circle}",
            published="pictures: concentrated against broad", unit="directions of 64: SN, weight norm, clipping",
            ours=[float(broad[name].mean()) for name in (RELU, "weight norm", "clipping .05")], agrees=concentrated,
            why="small critics on a pair in the plane, where few features are to be seen",
        ),
        Entry(
            claim="SN trains at all of Adam's settings A to F", source="miyato2018spectral",
            where="section 4.1, Figure 1", setting=f"non-saturating loss, {ring}",
            published="survives", unit="W1 at A to F",
            ours=list(divided.values()), agrees=max(divided.values()) < works,
            why="at F, with a momentum of .9, no seed finds all modes",
        ),
        Entry(
            claim="WGAN-GP fails at the fast settings D, E and F", source="miyato2018spectral",
            where="section 4.1, Figure 1", setting=f"Wasserstein loss, λ = 10, {ring}", published="fails at D, E, F",
            unit="W1 at A to F", ours=list(penalised.values()),
            agrees=min(penalised[s] for s in fast) > max(penalised[s] for s in slow),
            why="it fails at A, B, C and F here: λ is a length, ten times the ring's radius, and 2,000 steps are few",
        ),
        Entry(
            claim="SN 29.3, WGAN-GP 40.2, clipping 42.6 in FID on CIFAR-10; all but WGAN-GP with the GAN's loss",
            source="miyato2018spectral", where="Table 2", setting="standard CNN, CIFAR-10",
            published="29.3, 40.2, 42.6", agrees=None,
        ),
    ]  # fmt: skip
