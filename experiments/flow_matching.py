"""Record a small flow-matching model of the ring of 8 beside the WGAN-GP of the presets, for equal CPU seconds.

Five seeds of each side by side in one process. The flow learns v(x, t) = E(X − Z | x = (1 − t) Z + t X) by least
squares on fresh pairs of a normal Z and a real X, the straight paths of Liu 2023 and Lipman 2023, with the generator's
width, batch and averaging; its samples are Euler's, from t = 0 to 1 in as many evaluations as asked for. It trains
until it has used the WGAN-GP's CPU seconds. Both are judged by `metrics` on samples of 500 and 2,500, and timed.
For `what-wgans-are`, which also trains a shorter flow in its page.

Run: OMP_NUM_THREADS=1 python experiments/flow_matching.py (about 3 minutes on one core of a shared 2-core CPU). Writes
wgan_lib/recorded/flow-matching.npz. `--quick` trains fresh seeds for a tenth of the time and writes nothing.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from wgan_lib import files, metrics, networks, presets, runs, sampling, transport
from wgan_lib.training import Adam, stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/flow-matching.npz"
SEEDS, EVALUATIONS, FEATURES, WIDTH, BATCH, EMA, N, N_MODES, LOT = (
    tuple(range(5)), (1, 2, 4, 8, 16, 32, 64), 32, 64, 256, 0.995, 500, 2500, 10_000,
)  # fmt: skip
LAW, RATE = sampling.ring(8), 4e-3


class Velocity(nn.Module):
    """v(x, t) of K flows: the generator's Fourier features and layers, with the time beside them."""

    def __init__(self, seeds: tuple[int, ...]) -> None:
        super().__init__()
        made = []
        for seed in seeds:
            rng = stream(seed, "generator")
            sizes = (3 + 2 * FEATURES, WIDTH, WIDTH, WIDTH, 2)
            body = networks.mlp(*sizes, gain=2**0.5, rng=rng)
            made.append(nn.Sequential(networks.FourierFeatures(3, FEATURES, 2.0, rng), body))
        self.body = networks.side_by_side(made)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Velocities (K, n, 2) at places x (K, n, 2) and times t (K, n, 1)."""
        return self.body(torch.cat([x, t], -1))


def flow(seeds: tuple[int, ...], budget: float) -> tuple[Velocity, int, float]:
    """Train for `budget` CPU seconds, the rate falling to 0; return averaged weights, steps and seconds."""
    model = Velocity(seeds)
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(EMA))
    optimizer, rngs = Adam(RATE, (0.9, 0.999))(list(model.parameters())), [stream(seed, "data") for seed in seeds]
    begun, steps, used = time.process_time(), 0, 0.0
    while used < budget:
        optimizer.param_groups[0]["lr"] = RATE * (1 - used / budget)
        x = torch.stack([LAW.sample(BATCH, rng) for rng in rngs])
        z, t = (
            torch.stack([f(BATCH, n, generator=rng) for rng in rngs]) for f, n in ((torch.randn, 2), (torch.rand, 1))
        )
        loss = (model((1 - t) * z + t * x, t) - (x - z)).square().mean((-1, -2)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average.update_parameters(model)
        steps, used = steps + 1, time.process_time() - begun
    return average.module, steps, used


@torch.no_grad()
def euler(model: Velocity, z: Tensor, evaluations: int) -> Tensor:
    """Follow dx/dt = v(x, t) from z at t = 0 to t = 1 in equal steps."""
    x = z
    for k in range(evaluations):
        x = x + model(x, torch.full_like(x[..., :1], k / evaluations)) / evaluations
    return x


def gan(seeds: tuple[int, ...], n_steps: int | None = None) -> tuple[nn.Module, int, float]:
    """Train the preset's five seeds at once; return the averaged generator, steps and CPU seconds."""
    built = [presets.build("wgan-gp-ring8", seed=seed) for seed in seeds]
    pair = {name: networks.side_by_side([getattr(p, name) for p in built]) for name in ("generator", "critic")}
    begun = time.process_time()
    for step in built[0].train(seed=list(seeds), device="cpu", n_steps=n_steps or built[0].n_steps, **pair):
        last = step
    return last.generator, last.index, time.process_time() - begun


def judged(draw: Callable[[int], Tensor], seeds: tuple[int, ...]) -> dict[str, np.ndarray]:
    """W1 to held-out samples with its null, modes and quality of each seed, and CPU seconds for a lot of samples."""
    clouds = draw(N_MODES)
    begun = time.process_time()
    draw(LOT)
    seconds = (time.process_time() - begun) / len(seeds)
    found = []
    for seed, cloud in zip(seeds, clouds, strict=True):
        held, other = LAW.sample(2 * N, stream(seed, "evaluation")).split(N)
        modes = metrics.mode_coverage(cloud, LAW)
        w1, null = (transport.w1(points, held) for points in (cloud[:N], other))
        found.append([w1, null, modes.modes, modes.high_quality, modes.reverse_kl])
    names = ("w1", "null", "modes", "high quality", "reverse kl")
    return {**dict(zip(names, np.array(found).T, strict=True)), "seconds": np.array(seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fresh seeds and a tenth of the time, nothing is written")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    seeds = tuple(range(100, 105)) if quick else SEEDS
    generator, gan_steps, budget = gan(seeds, 250 if quick else None)
    model, steps, used = flow(seeds, budget)
    latents = [stream(seed, "recorded latent") for seed in seeds]
    normal = lambda n: torch.stack([torch.randn(n, 2, generator=rng) for rng in latents])  # noqa: E731
    uniform = lambda n: torch.stack([2 * torch.rand(n, 2, generator=rng) - 1 for rng in latents])  # noqa: E731
    with torch.no_grad():
        rows = {"gan": judged(lambda n: generator(uniform(n)), seeds)}
        shown = {"gan/samples": generator(uniform(500))[0].numpy().astype(np.float16)}
    for k in EVALUATIONS:
        rows[f"flow/{k}"] = judged(lambda n, k=k: euler(model, normal(n), k), seeds)
        shown[f"flow/{k}/samples"] = euler(model, normal(500), k)[0].numpy().astype(np.float16)
    for name, row in rows.items():
        print(name, {key: np.round(value.mean(), 4) for key, value in row.items()}, flush=True)
    fixed = {f"{row}/{name}": values for row, found in rows.items() for name, values in found.items()} | shown
    meta = {
        **files.provenance(), "command": "python experiments/flow_matching.py", "seed": list(seeds), "law": repr(LAW),
        "preset": "wgan-gp-ring8", "gan_steps": gan_steps, "flow_steps": steps, "budget": budget, "used": used,
        "rate": RATE, "ema": EMA, "batch_size": BATCH, "n": N, "n_modes": N_MODES, "lot": LOT,
        "evaluations": list(EVALUATIONS),
    }  # fmt: skip
    print({name: meta[name] for name in ("gan_steps", "flow_steps", "budget", "used")})
    if not quick:
        runs.Run({"index": np.array([gan_steps])}, meta, fixed).save(PATH)


if __name__ == "__main__":
    main()
