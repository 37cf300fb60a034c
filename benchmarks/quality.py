"""CPU seconds until a generator covers 25 Gaussians: the preset wgan-gp-grid25 and the recipe of the public toy code.

Reached means 25 modes, at least 90 % of samples within 3σ and W1 at most 1.25 times its null, at a check from which on
it stays so. W1 and its null, data against data, are means over 8 splits with fresh samples of both in each: with one
fixed sample the luck of how many points fall on a mode would stay in the ratio. The reference is the recipe of
gan_toy.py in caogang/wgan-gp: 3 × 512, λ = .1, Adam 1e-4 (.5, .9), n_critic 5, batch 256, Gaussian latent, data divided
by 2.828; initial weights are PyTorch's. It runs for 90 s, in the library's loop, which is the faster one. The clock
stands still while samples are judged.
"""

import time
from collections.abc import Iterable

import numpy as np
from measuring import keep, markdown
from torch import nn

from wgan_lib import metrics, networks, presets, sampling, training, transport
from wgan_lib.constraints import GradientPenalty
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, NormalLatent, Sampler, stream

FIRST_SEED = 200  # tuning had others
REFERENCE_SECONDS = 90.0
SPLITS, N = 8, 1000
SCORES = ("seconds", "modes", "high quality", "W1 / null")


def judged(generator: nn.Module, latent: Sampler, law: sampling.Law, seed: int) -> tuple[float, float, float]:
    rng = stream(seed, "evaluation")
    with networks.evaluating(generator):
        samples = generator(latent.sample(SPLITS * N, rng))
    found = metrics.mode_coverage(samples[:2500], law)
    data, others = law.sample(2 * SPLITS * N, rng).view(2, SPLITS, N, -1)
    w1, null = (
        sum(transport.w1(x, y) for x, y in zip(points, data, strict=True))
        for points in (samples.view(SPLITS, N, -1), others)
    )
    return found.modes, found.high_quality, w1 / null


def trained(steps: Iterable[training.Step], seed: int, every: int, limit: float) -> np.ndarray:
    """Return ``(checks, 4)``: CPU seconds, modes, high quality, W1 / null, every so many steps and at the end."""
    rows, seconds, start = [], 0.0, time.process_time()
    for step in steps:
        seconds += time.process_time() - start
        last = step.index + 1 == step.settings["n_steps"] or seconds > limit
        if (step.index + 1) % every == 0 or last:
            rows.append((seconds, *judged(step.generator, step.latent, step.data, seed)))
        if last:
            break
        start = time.process_time()
    return np.array(rows)


def reached(checks: np.ndarray) -> float:
    """Return the seconds at the first check from which on all three goals hold; NaN if never."""
    good = (checks[:, 1] == 25) & (checks[:, 2] >= 0.9) & (checks[:, 3] <= 1.25)
    lasting = np.cumprod(good[::-1])[::-1]
    return float(checks[lasting.argmax(), 0]) if lasting.any() else float("nan")


def preset(seed: int) -> np.ndarray:
    steps = presets.build("wgan-gp-grid25", seed).train(seed=seed, device="cpu")
    return trained(steps, seed, every=500, limit=float("inf"))


def reference(seed: int) -> np.ndarray:
    law, sizes = sampling.grid(25, scale=1 / 2.828), (2, 512, 512, 512)
    generator = networks.mlp(*sizes, 2, rng=stream(seed, "generator"))
    critic = networks.mlp(*sizes, 1, rng=stream(seed, "critic"))
    steps = training.train(
        law, generator, critic, WASSERSTEIN, GradientPenalty(0.1), n_steps=100_000, critic_steps=5, batch_size=256,
        seed=seed, optimizer=Adam(1e-4, (0.5, 0.9)), latent=NormalLatent(2), device="cpu",
    )  # fmt: skip
    return trained(steps, seed, every=250, limit=REFERENCE_SECONDS)


def measure(n_seeds: int) -> None:
    frames, rows = {name: [] for name in ("recipe", "seed", "seconds to all goals", *SCORES)}, []
    for i in range(n_seeds):
        seed = FIRST_SEED + i
        for name, run in {"wgan-gp-grid25": preset, "reference": reference}.items():
            checks = run(seed)
            values = (name, seed, reached(checks), *checks[-1])
            for column, value in zip(frames, values, strict=True):
                frames[column].append(value)
            _, _, when, seconds, modes, share, ratio = values
            text = "not reached" if np.isnan(when) else f"{when:.1f}"
            rows.append([name, str(seed), text, f"{seconds:.1f}", f"{modes:.0f}", f"{100 * share:.1f}", f"{ratio:.2f}"])
            print(rows[-1], flush=True)
    head = ["recipe", "seed", "s to all goals", "s in all", "modes", "% within 3σ", "W1 / null"]
    table = markdown(head, sorted(rows, key=lambda row: row[0], reverse=True))
    keep("quality", {name: np.array(column) for name, column in frames.items()}, table)
