"""Record what a critic's gap says about the samples, beside the clock, with and without a constraint and momentum.

Ten seeds a setting on a ring of eight Gaussians. Every 25 generator steps, on 256 held-out real points and the
samples of 256 held-out latents: the raw gap, the critic's largest slope on pairs, the exact W1; besides, the mean of
the training's own estimates since the last mark, the length of the generator's gradient, and the share of critic steps
in which Adam went against the gradient of that very step (cosine below 0).

Shown in `critic`. Run: OMP_NUM_THREADS=1 python experiments/gap_and_clock.py (about 5 minutes of one core of a busy
2-core CPU, one a setting). A setting that ended is kept in _build/gap-and-clock and not trained again.
Writes wgan_lib/recorded/gap-and-clock.npz.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.spatial.distance import cdist

from wgan_lib import files, losses, networks, runs, sampling, training, transport
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Unconstrained, WeightClipping
from wgan_lib.training import NormalLatent, stream

SEEDS, STEPS, EVERY, N = list(range(10)), 1000, 25, 256
LAW, LATENT = sampling.ring(8, radius=1.0, std=0.02), NormalLatent(2)
RATE, BETA2, CRITIC_STEPS, BATCH = 1e-3, 0.9, 5, 64
SETTINGS: dict[str, tuple[LipschitzConstraint, float]] = {
    "penalty, momentum 0.5": (GradientPenalty(1.0), 0.5),
    "none, momentum 0.5": (Unconstrained(), 0.5),
    "penalty, momentum 0": (GradientPenalty(1.0), 0.0),
    "penalty, momentum 0.9": (GradientPenalty(1.0), 0.9),
    "clipping, momentum 0": (WeightClipping(0.1), 0.0),
    "clipping, momentum 0.9": (WeightClipping(0.1), 0.9),
}
PARTS = Path("_build/gap-and-clock")


class WatchedAdam(torch.optim.Adam):
    """Adam that keeps, per copy, the cosine between each of its steps downhill and the gradient of that step."""

    def __init__(self, parameters: Any, beta1: float) -> None:
        super().__init__(parameters, lr=RATE, betas=(beta1, BETA2), fused=True)
        self.cosines: list[np.ndarray] = []

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Step, and look back."""
        parameters = [p for group in self.param_groups for p in group["params"]]
        before = [p.detach().clone() for p in parameters]
        super().step(closure)
        moved = torch.cat([(b - p.detach()).flatten(1) for b, p in zip(before, parameters, strict=True)], 1)
        gradient = torch.cat([p.grad.flatten(1) for p in parameters], 1)
        self.cosines.append(torch.cosine_similarity(moved, gradient, dim=1, eps=1e-30).numpy())


def readings(step: training.Step, real: np.ndarray, latents: torch.Tensor) -> dict[str, np.ndarray]:
    """Return gap, slope and exact W1 of each copy, on held-out points."""
    with torch.no_grad():
        fake = step.generator(latents)
        f_real, f_fake = step.critic(torch.from_numpy(real)).numpy(), step.critic(fake).numpy()
    slope = [np.abs(a[:, None] - b) / cdist(real, y) for a, b, y in zip(f_real, f_fake, fake.numpy(), strict=True)]
    return {
        "gap": f_real.mean(1) - f_fake.mean(1),
        "slope": np.array([values.max() for values in slope]),
        "w1": np.array([transport.w1(real, y) for y in fake.numpy()]),
    }


def train_setting(constraint: LipschitzConstraint, beta1: float) -> runs.Run:
    """Train the ten seeds side by side and return their readings, frames of shape (marks, seeds)."""
    rng, begun = torch.Generator().manual_seed(0), time.process_time()
    generator = networks.mlp(2, 64, 64, 2, copies=len(SEEDS), gain=2**0.5, rng=rng)
    critic = networks.mlp(2, 64, 64, 1, copies=len(SEEDS), gain=2**0.5, rng=rng)
    real, latents = LAW.sample(N, stream(0, "evaluation")).numpy(), LATENT.sample(N, stream(1, "evaluation"))
    watched: list[WatchedAdam] = []

    def watch(parameters: Any) -> WatchedAdam:
        watched.append(WatchedAdam(parameters, beta1))
        return watched[-1]

    frames: dict[str, list[np.ndarray]] = {}
    estimates: list[Any] = []
    for step in training.train(
        LAW, generator, critic, losses.WASSERSTEIN, constraint, n_steps=STEPS, critic_steps=CRITIC_STEPS,
        batch_size=BATCH, seed=SEEDS, latent=LATENT, device="cpu", optimizer=watch,
        generator_optimizer=training.Adam(RATE, (beta1, BETA2)),
    ):  # fmt: skip
        estimates.append(step.w1_estimate)
        if step.index and (step.index + 1) % EVERY:
            continue
        pull = [p.grad.flatten(1).square().sum(1) for p in generator.parameters() if p.grad is not None]
        found = readings(step, real, latents) | {
            "estimate": np.mean(estimates, axis=0),
            "gradient": torch.stack(pull).sum(0).sqrt().numpy(),
            "against": np.mean(np.array(watched[0].cosines) < 0, axis=0),
        }
        for name, values in {"index": step.index, **found}.items():
            frames.setdefault(name, []).append(np.asarray(values))
        estimates.clear()
        watched[0].cosines.clear()
    dtypes = {name: np.int64 if name == "index" else np.float32 for name in frames}
    arrays = {name: np.array(values, dtypes[name]) for name, values in frames.items()}
    told = {**files.provenance(), "seconds": round(time.process_time() - begun, 1), "constraint": repr(constraint)}
    return runs.Run(arrays, told)


def main() -> None:
    torch.set_num_threads(1)
    draws = [LAW.sample(N, stream(seed, "evaluation")).numpy() for seed in range(2, 12)]
    real = LAW.sample(N, stream(0, "evaluation")).numpy()
    fixed = {"null w1": np.array([transport.w1(real, draw) for draw in draws])}
    PARTS.mkdir(parents=True, exist_ok=True)
    parts: dict[str, runs.Run] = {}
    for name, (constraint, beta1) in SETTINGS.items():
        path = PARTS / f"{name.replace(', ', '-').replace(' ', '-')}.npz"
        parts[name] = runs.load(path) if path.exists() else train_setting(constraint, beta1)
        parts[name].save(path)
        last = {key: parts[name][key][-1].round(2).tolist() for key in ("gap", "w1")}
        print(name, parts[name].meta["seconds"], last, parts[name]["against"].mean().round(3), flush=True)
    first = next(iter(parts.values()))
    if len(commits := {part.meta["commit"] for part in parts.values()}) > 1:
        raise SystemExit(f"{PARTS} holds settings trained at different commits, {sorted(commits)}: empty it")
    meta = {name: value for name, value in first.meta.items() if name not in ("seconds", "constraint")}
    meta |= {
        "preset": None, "command": "python experiments/gap_and_clock.py", "seed": SEEDS, "n_steps": STEPS, "n": N,
        "critic_steps": CRITIC_STEPS, "batch_size": BATCH, "learning_rate": RATE, "beta2": BETA2, "device": "cpu",
        "settings": {name: part.meta["constraint"] for name, part in parts.items()},
        "seconds": {name: part.meta["seconds"] for name, part in parts.items()}, "torch threads": 1,
    }  # fmt: skip
    frames = {f"{name}/{key}": a for name, part in parts.items() for key, a in part.frames.items() if key != "index"}
    path = runs.Run({"index": first["index"], **frames}, meta, fixed).save("wgan_lib/recorded/gap-and-clock.npz")
    print(path, path.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
