"""Record healthy trainings and trainings with one planted fault each: curves, what can be measured beside, samples.

Ten seeds a row on a ring of eight Gaussians. The critic's estimate is kept raw, every 6 generator steps, as a log
would show it. Every 30 steps, on 256 held-out real points and 256 held-out latents: the critic's estimate there, the
mean of (|grad f| - 1)^2 and of |grad f| at interpolates, the length of the generator's gradient, the generator's loss,
exact W1 and the modes found. At the end an independent judge: a fresh critic per run, trained alike for all of them on
512 samples and 512 real points, read on 512 others. The rows "critic rate" are no faults but a search for a learning
rate (facts on tuning). The wrong pieces stand in `planted_faults.py`; the library refuses them.

Shown in `reading-curves`. Run: OMP_NUM_THREADS=1 python experiments/curve_faults.py (about 6 minutes of one core). A
row that ended is kept in _build/curve-faults and not trained again. Writes wgan_lib/recorded/curve-faults.npz.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fixed_pair import fit
from planted_faults import BASE, LATENT, LAW, ROWS, SEEDS, Row
from torch import Tensor

from wgan_lib import constraints, files, metrics, networks, runs, training, transport
from wgan_lib.constraints import GradientPenalty
from wgan_lib.training import stream

EVERY, MEASURED, MARKS, N, KEPT = 6, 30, (60, 600), 256, 96
JUDGE_STEPS, JUDGED = 400, 512
PARTS = Path("_build/curve-faults")


def measured(step: training.Step, real: Tensor, latents: Tensor, row: Row) -> dict[str, Any]:
    """Measure the copies as they are now, on held-out points, without a trace in the training."""
    pull = [p.grad.flatten(1).square().sum(1) for p in step.generator.parameters() if p.grad is not None]
    with networks.evaluating(step.generator, step.critic):
        fake = step.generator(latents)
        scores = step.critic(real.expand(len(SEEDS), -1, -1)).mean(-1), step.critic(fake).mean(-1)
        between = torch.rand(len(SEEDS), N, 1, generator=stream(2, "evaluation"))
        norms = constraints.gradient_norms(step.critic, between * real + (1 - between) * fake)
    return {
        "held_out": (scores[0] - scores[1]).numpy(),
        "generator_loss": (row.sign * -scores[1]).numpy(),
        "penalty": (norms - 1).square().mean(-1).numpy(),
        "slope": norms.mean(-1).numpy(),
        "gradient": torch.stack(pull).sum(0).sqrt().numpy(),
        "w1": np.array([transport.w1(real, points) for points in fake]),
        "modes": np.array([metrics.mode_coverage(points, LAW).modes for points in fake]),
    }


def train_row(row: Row) -> runs.Run:
    """Train the ten seeds of a row side by side."""
    begun, rng = time.process_time(), torch.Generator().manual_seed(0)
    generator = networks.mlp(2, 32, 32, 2, copies=len(SEEDS), gain=2**0.5, rng=rng)
    critic = networks.mlp(2, 32, 32, 1, copies=len(SEEDS), gain=2**0.5, rng=rng, norm=row.norm)
    real, latents = LAW.sample(N, stream(0, "evaluation")), row.latent.sample(N, stream(1, "evaluation"))
    estimates: list[Any] = []
    frames: dict[str, list[Any]] = {}
    samples = []
    for step in training.train(
        row.data, generator, critic, row.loss, row.constraint, n_steps=BASE["n_steps"], seed=SEEDS, device="cpu",
        critic_steps=row.critic_steps, batch_size=row.batch_size, latent=row.latent,
        optimizer=training.Adam(row.rates[0], BASE["betas"]),
        generator_optimizer=training.Adam(row.rates[1], BASE["betas"]),
    ):  # fmt: skip
        done = step.index + 1
        if done % EVERY == 0:
            estimates.append(step.w1_estimate)
        if done % MEASURED == 0:
            for name, values in measured(step, real, latents, row).items():
                frames.setdefault(name, []).append(values)
        if done in MARKS:
            with torch.no_grad():
                samples.append(generator(latents[:KEPT]).numpy())
    last = row.latent.sample(2 * JUDGED, stream(3, "evaluation"))
    with torch.no_grad():
        judged = generator(last)
    told = {**files.provenance(), "seconds": round(time.process_time() - begun, 1), "row": row.told()}
    arrays = {name: np.array(values, np.float32) for name, values in frames.items()}
    fixed = {"estimate": np.array(estimates, np.float32), "samples": np.array(samples), "judged": judged.numpy()}
    return runs.Run(arrays, told, fixed)


def judgements(samples: np.ndarray) -> np.ndarray:
    """Give an independent judge's reading of each run's samples (K, 2 JUDGED, 2): fresh critics, all trained alike."""
    rng, count = torch.Generator().manual_seed(5), len(samples)
    fakes = torch.tensor(samples)
    reals = LAW.sample(2 * JUDGED, stream(4, "evaluation")).expand(count, -1, -1)
    critic = networks.mlp(2, 32, 32, 1, copies=count, gain=2**0.5, rng=rng)

    def draw() -> tuple[Tensor, Tensor]:
        rows = torch.randint(JUDGED, (2, 64), generator=rng)
        return reals[:, rows[0]], fakes[:, rows[1]]

    fit(critic, GradientPenalty(1.0), draw, JUDGE_STEPS, range(count), optimizer=training.Adam(4e-3, (0.5, 0.9)))
    with torch.no_grad():
        return (critic(reals[:, JUDGED:]).mean(-1) - critic(fakes[:, JUDGED:]).mean(-1)).numpy()


def short(array: np.ndarray) -> np.ndarray:
    """Keep 11 bits of each number's mantissa (three digits), which packs well."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    return ((bits + 0x800) & 0xFFFFF000).view(np.float32)


def main() -> None:
    torch.set_num_threads(1)
    PARTS.mkdir(parents=True, exist_ok=True)
    parts: dict[str, runs.Run] = {}
    for name, row in ROWS.items():
        path = PARTS / f"{name.replace(' ', '-').replace(',', '')}.npz"
        parts[name] = runs.load(path) if path.exists() else train_row(row)
        parts[name].save(path)
        last = {
            key: np.median(parts[name][key][-1]).round(2) for key in ("held_out", "penalty", "slope", "w1", "modes")
        }
        print(f"{name:24s}", parts[name].meta["seconds"], last, flush=True)
    real = LAW.sample(N, stream(0, "evaluation"))
    draws = [LAW.sample(N, stream(seed, "evaluation")) for seed in range(10, 30)]
    perfect = LAW.sample(2 * JUDGED * 10, stream(6, "evaluation")).reshape(10, 2 * JUDGED, 2).numpy()
    begun = time.process_time()
    judged = judgements(np.concatenate([perfect, *(part["judged"] for part in parts.values())]))
    fixed = {
        "real": real.numpy(),
        "null w1": np.array([transport.w1(real, draw) for draw in draws], np.float32),
        "null judge": judged[:10],
    }
    frames: dict[str, np.ndarray] = {}
    for k, (name, part) in enumerate(parts.items()):
        frames |= {f"{name}/{key}": short(values) for key, values in part.frames.items()}
        fixed[f"{name}/estimate"], fixed[f"{name}/judge"] = short(part["estimate"]), judged[10 * k + 10 : 10 * k + 20]
        scale = np.maximum(1.5, np.abs(part["samples"]).max((0, 2, 3))).astype(np.float32)  # of each seed
        fixed[f"{name}/scale"] = scale
        fixed[f"{name}/samples"] = np.rint(127 * part["samples"] / scale[:, None, None]).astype(np.int8)
    first = next(iter(parts.values()))
    meta = {name: value for name, value in first.meta.items() if name not in ("seconds", "row")}
    meta |= {
        "preset": None, "command": "python experiments/curve_faults.py", "seed": SEEDS, "n": N, "device": "cpu",
        "law": repr(LAW), "latent": repr(LATENT), "every": EVERY, "measured": MEASURED, "marks": list(MARKS),
        "judge_steps": JUDGE_STEPS, "judged": JUDGED, "torch threads": 1, **BASE, "betas": list(BASE["betas"]),
        "rows": {name: part.meta["row"] for name, part in parts.items()},
        "commits": {name: part.meta["commit"] for name, part in parts.items()},
        "seconds": {name: part.meta["seconds"] for name, part in parts.items()} | {
            "judge": round(time.process_time() - begun, 1)
        },
    }  # fmt: skip
    index = np.arange(MEASURED, BASE["n_steps"] + 1, MEASURED)
    path = runs.Run({"index": index, **frames}, meta, fixed).save("wgan_lib/recorded/curve-faults.npz")
    print(path, path.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
