"""Record single runs to look at: five methods on the ring of 8 and the grid of 25 Gaussians, one seed each.

One loop, the planar presets: `clipping`, `sn` (here with the hinge loss) and `r3gan` are `wgan-gp` with the constraint
and the loss changed, and for clipping and the unconstrained `gan` the optimiser too, as the presets say. A run of one
seed is an anecdote; the comparison is `constraint_by_loss`'s. Each frame holds the generator (not its average) at
latents that stay fixed, the critic and log₁₀ ‖∇f‖ on a grid, the raw gap and the exact W1 of the samples shown, the
gradient by layer, and the generator on a lattice of latents whose cells all carry the same share of the samples. Shown
in `clipping-gp-sn` by widgets.RunPlayer.

Run: OMP_NUM_THREADS=1 python experiments/player_runs.py [NAME …] (half a CPU minute a run on the ring, one on the grid,
on one core of a shared 2-core CPU). Writes wgan_lib/recorded/player-<method>-<law>.npz, by default those of the ring
that are missing, each as it ends.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wgan_lib import constraints, diagnostics, losses, metrics, presets, runs, sampling, training, transport
from wgan_lib.training import UniformLatent, stream

RECORDED = Path(__file__).parents[1] / "wgan_lib/recorded"
LAWS = ("ring8", "grid25")
METHODS: dict[str, dict[str, Any]] = {
    "gan": {},
    "clipping": {},
    "wgan-gp": {},
    "sn": {"loss": losses.HINGE},
    "r3gan": {},
}
SEED, N, GRID, LATTICE, FRAMES = 0, 512, 48, 17, 24
BITS = {"samples": 11, "critic": 9, "log10_slope": 6, "lattice": 9}


class _Watcher:
    """The measures of a frame, on the samples, the grid and the latents that `training.record` keeps fixed."""

    def __init__(self, law: sampling.Law) -> None:
        self.real = law.sample(N, stream(SEED, "recorded data"))
        self.latents = UniformLatent(2).sample(N, stream(SEED, "recorded latent"))
        middle, half = (self.real.amax(0) + self.real.amin(0)) / 2, 0.65 * (self.real.amax(0) - self.real.amin(0)).max()
        x, y = (torch.linspace(float(m - half), float(m + half), GRID) for m in middle)
        self.points = torch.cartesian_prod(y, x).flip(-1)
        axis = torch.linspace(-1, 1, LATTICE)
        self.lattice = torch.cartesian_prod(axis, axis)

    def slope(self, step: training.Step) -> np.ndarray:
        norms = constraints.gradient_norms(step.critic, self.points).detach()
        return norms.clamp(min=1e-4).log10().reshape(GRID, GRID).numpy()

    def layers(self, step: training.Step) -> np.ndarray:
        return np.array(list(diagnostics.gradient_norm_by_layer(step.critic, self.points).values()), np.float32)

    def gap(self, step: training.Step) -> float:
        with torch.no_grad():
            return float(step.critic(self.real).mean() - step.critic(step.generator(self.latents)).mean())

    def on_lattice(self, step: training.Step) -> Tensor:
        with torch.no_grad():
            return step.generator(self.lattice).reshape(LATTICE, LATTICE, 2)


def play(method: str, place: str, *, n_steps: int | None = None) -> runs.Run:
    """Train one seed of a preset and keep FRAMES frames, close together at first."""
    preset = replace(presets.build(f"{method}-{place}", seed=SEED), **METHODS[method])
    law, n_steps = preset.data, n_steps or preset.n_steps
    watcher = _Watcher(law)
    marks = {max(1, round(n_steps * (k / (FRAMES - 1)) ** 2)) for k in range(FRAMES)}
    measures = {
        "log10_slope": watcher.slope, "layers": watcher.layers, "gap": watcher.gap, "lattice": watcher.on_lattice,
    }  # fmt: skip
    steps = preset.train(seed=SEED, n_steps=n_steps, device="cpu")
    run = training.record(steps, n_samples=N, grid=GRID, at=marks, measures=measures, preset=preset.name)
    real = run["real"]
    w1 = [transport.w1(real, samples) for samples in run["samples"]]
    null = [transport.w1(real, law.sample(N, stream(seed, "evaluation")).numpy()) for seed in range(20)]
    modes = [metrics.mode_coverage(torch.tensor(samples), law)[0] for samples in run["samples"]]
    kept = {name: run[name] for name in ("index", "samples", "critic", *measures)}
    frames = {**kept, "w1": np.array(w1, np.float32), "modes": np.array(modes)}
    return runs.Run(frames, run.meta, {**run.fixed, "null": np.array(null)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = [f"{method}-{law}" for law in LAWS for method in METHODS]
    parser.add_argument("names", nargs="*", choices=[[], *names], help="runs to record; default: those missing")
    parser.add_argument("--quick", action="store_true", help="30 steps; nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.names or names[: len(METHODS)]:
        path = RECORDED / f"player-{name}.npz"
        if path.exists() and not options.names and not options.quick:
            continue
        begun, (method, law) = time.process_time(), name.rsplit("-", 1)
        run = play(method, law, n_steps=30 if options.quick else None)
        run = runs.Run(run.frames, {**run.meta, "command": f"python experiments/player_runs.py {name}"}, run.fixed)
        size = "" if options.quick else f", {run.save(path, BITS).stat().st_size / 1e3:.0f} kB"
        told = f"W1 {run['w1'][-1]:.3f}, null {run['null'].mean():.3f}, {run['modes'][-1]} modes"
        print(f"{name}: {told}{size}, {time.process_time() - begun:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
