"""Record how many critic steps per generator step three losses bear: 1, 2, 5, 10 and 25 on a ring, eight seeds each.

Shown in `critic`. Run: OMP_NUM_THREADS=1 python experiments/critic_steps.py (about 10 minutes on one core of a shared
2-core CPU). Writes wgan_lib/recorded/critic-steps.npz.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from wgan_lib import losses, metrics, networks, runs, sampling, training, transport
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Unconstrained
from wgan_lib.training import Adam, NormalLatent, describe, stream

SEEDS, COUNTS, STEPS, EVERY, N = list(range(8)), (1, 2, 5, 10, 25), 1500, 150, 500
LAW = sampling.ring(8, radius=1.0, std=0.02)
SETTINGS: dict[str, tuple[losses.AdversarialLoss, LipschitzConstraint]] = {
    "minimax": (losses.MINIMAX, Unconstrained()),
    "non-saturating": (losses.NON_SATURATING, Unconstrained()),
    "wgan-gp": (losses.WASSERSTEIN, GradientPenalty(1.0)),
}


def gradient_norms(generator: torch.nn.Module) -> np.ndarray:
    """Length of the last gradient of each seed's generator."""
    parts = [p.grad.flatten(1).square().sum(1) for p in generator.parameters() if p.grad is not None]
    return torch.stack(parts).sum(0).sqrt().numpy()


def train_setting(name: str, count: int) -> tuple[runs.Run, np.ndarray, float]:
    """Train eight seeds; the run, the medians of their generators' gradients between frames, seconds of CPU."""
    loss, constraint = SETTINGS[name]
    rng = torch.Generator().manual_seed(0)
    generator = networks.mlp(2, 64, 64, 2, copies=len(SEEDS), gain=2**0.5, rng=rng)
    critic = networks.mlp(2, 64, 64, 1, copies=len(SEEDS), gain=2**0.5, rng=rng)
    begun, gradients = time.process_time(), []

    def watched() -> Iterator[training.Step]:
        for step in training.train(
            LAW, generator, critic, loss, constraint, n_steps=STEPS, critic_steps=count, batch_size=64, seed=SEEDS,
            optimizer=Adam(1e-3, (0.5, 0.9)), latent=NormalLatent(2), device="cpu",
        ):  # fmt: skip
            gradients.append(gradient_norms(step.generator))
            yield step

    run = training.record(watched(), EVERY, N)
    medians = np.median(np.array(gradients).reshape(-1, EVERY, len(SEEDS)), 1)
    return run, medians, round(time.process_time() - begun, 1)


def main() -> None:
    torch.set_num_threads(1)
    draws = [LAW.sample(N, stream(seed, "evaluation")).numpy() for seed in range(9)]
    fixed = {"real": draws[0], "null w1": np.array([transport.w1(draws[0], draw) for draw in draws[1:]])}
    frames: dict[str, np.ndarray] = {}
    seconds: dict[str, float] = {}
    for name in SETTINGS:
        for count in COUNTS:
            run, gradients, taken = train_setting(name, count)
            key, seconds[f"{name} {count}"] = f"{name} {count}", taken
            fixed[f"{key}/gradient"] = gradients.astype(np.float32)
            frames[f"{key}/w1"] = np.array([[transport.w1(draws[0], s) for s in frame] for frame in run["samples"]])
            coverage = [[metrics.mode_coverage(torch.tensor(s), LAW) for s in frame] for frame in run["samples"]]
            frames[f"{key}/modes"] = np.array([[found.modes for found in row] for row in coverage])
            print(key, taken, frames[f"{key}/w1"][-1].round(2), frames[f"{key}/modes"][-1], flush=True)
    told = {"loss", "constraint", "critic_steps", "seconds"}
    meta = {name: value for name, value in run.meta.items() if name not in told}
    settings = {name: [describe(loss), repr(constraint)] for name, (loss, constraint) in SETTINGS.items()}
    meta |= {"preset": None, "command": "python experiments/critic_steps.py", "settings": settings, "seconds": seconds}
    runs.Run({"index": run["index"], **frames}, meta, fixed).save(Path("wgan_lib/recorded/critic-steps.npz"))


if __name__ == "__main__":
    main()
