"""Record single runs to look at: five methods on the ring of 8 and the grid of 25 Gaussians, one seed each.

One loop, one argument changed: networks, rates, critic steps and batch are the same for all methods, those of one draw
of the frozen box of `constraint_by_loss`, which is not the best draw of any of them. A run of one seed is an anecdote;
the comparison is the search's. Each frame holds the generator at latents that stay fixed, the critic and log₁₀ ‖∇f‖ on
a grid, the raw gap and the exact W1 of the samples shown, the gradient by layer, and the generator on a lattice of
latents whose cells all carry the same share of the samples. Shown in `clipping-gp-sn` by widgets.RunPlayer.

Run: OMP_NUM_THREADS=1 python experiments/player_runs.py [NAME …] (about two CPU minutes a run on one core of a shared
2-core CPU). Writes wgan_lib/recorded/player-<method>-<law>.npz, by default those that are missing, each as it ends.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from search_box import LOSSES, frozen, made, settings
from torch import Tensor, nn

from wgan_lib import constraints, diagnostics, metrics, networks, runs, sampling, training, transport
from wgan_lib.training import Adam, NormalLatent, stream

RECORDED = Path(__file__).parents[1] / "wgan_lib/recorded"
LAWS = {"ring8": sampling.ring(8), "grid25": sampling.grid(25)}
METHODS = {
    "gan": ("none", "non-saturating"), "clipping": ("clipping", "Wasserstein"), "gp": ("GP", "Wasserstein"),
    "sn": ("SN", "hinge"), "r3gan": ("R1 + R2", "relativistic"),
}  # fmt: skip
DRAW, SEED, STEPS, BATCH, WIDTH, N, GRID, LATTICE, FRAMES = 0, 0, 3000, 64, 128, 512, 48, 21, 28
BITS = {"samples": 12, "critic": 10, "log10_slope": 8, "lattice": 10}


class _Watcher:
    """The measures of a frame, on the samples, the grid and the latents that `training.record` keeps fixed."""

    def __init__(self, law: sampling.Law) -> None:
        self.real = law.sample(N, stream(SEED, "recorded data"))
        self.latents = NormalLatent(2).sample(N, stream(SEED, "recorded latent"))
        middle, half = (self.real.amax(0) + self.real.amin(0)) / 2, 0.65 * (self.real.amax(0) - self.real.amin(0)).max()
        x, y = (torch.linspace(float(m - half), float(m + half), GRID) for m in middle)
        self.points = torch.cartesian_prod(y, x).flip(-1)
        quantiles = torch.special.ndtri((torch.arange(LATTICE) + 0.5) / LATTICE)
        self.lattice = torch.cartesian_prod(quantiles, quantiles)

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


def make_networks() -> tuple[nn.Module, nn.Module]:
    """A generator and a critic of one seed, as the search has them."""
    leaky = lambda: nn.LeakyReLU(0.2)  # noqa: E731
    generator = networks.mlp(2, WIDTH, WIDTH, 2, gain=2**0.5, rng=stream(SEED, "generator"))
    return generator, networks.mlp(2, WIDTH, WIDTH, 1, activation=leaky, gain=2**0.5, rng=stream(SEED, "critic"))


def play(law: sampling.Law, constraint: str, loss: str, n_steps: int, **changed: Any) -> runs.Run:
    """Train one seed and keep FRAMES frames, close together at first."""
    said = settings(constraint, frozen()["draws"][DRAW]) | changed
    watcher, (generator, critic) = _Watcher(law), make_networks()
    steps = training.train(
        law, generator, critic, LOSSES[loss], made(constraint, said.get("number")), n_steps=n_steps,
        critic_steps=said["critic steps"], batch_size=BATCH, seed=SEED, latent=NormalLatent(2), device="cpu",
        optimizer=Adam(said["critic rate"], (0.0, 0.9)), generator_optimizer=Adam(said["generator rate"], (0.0, 0.9)),
    )  # fmt: skip
    marks = {max(1, round(n_steps * (k / (FRAMES - 1)) ** 2)) for k in range(FRAMES)}
    measures = {
        "log10_slope": watcher.slope, "layers": watcher.layers, "gap": watcher.gap, "lattice": watcher.on_lattice,
    }  # fmt: skip
    run = training.record(steps, n_samples=N, grid=GRID, at=marks, measures=measures)
    real = run["real"]
    w1 = [transport.w1(real, samples) for samples in run["samples"]]
    null = [transport.w1(real, law.sample(N, stream(seed, "evaluation")).numpy()) for seed in range(20)]
    modes = [metrics.mode_coverage(torch.tensor(samples), law)[0] for samples in run["samples"]]
    kept = {name: run[name] for name in ("index", "samples", "critic", *measures)}
    frames = {**kept, "w1": np.array(w1, np.float32), "modes": np.array(modes)}
    meta = {**run.meta, "draw": DRAW, "anecdote": "one seed; settings of one draw for all methods", **said}
    return runs.Run(frames, meta, {**run.fixed, "null": np.array(null)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = [f"{method}-{law}" for law in LAWS for method in METHODS]
    parser.add_argument("names", nargs="*", choices=[[], *names], help="runs to record; default: those missing")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the steps; nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.names or names:
        path = RECORDED / f"player-{name}.npz"
        if path.exists() and not options.names and not options.quick:
            continue
        begun, (method, law) = time.process_time(), name.split("-")
        run = play(LAWS[law], *METHODS[method], STEPS // 100 if options.quick else STEPS)
        run = runs.Run(run.frames, {**run.meta, "command": f"python experiments/player_runs.py {name}"}, run.fixed)
        size = "" if options.quick else f", {run.save(path, BITS).stat().st_size / 1e3:.0f} kB"
        told = f"W1 {run['w1'][-1]:.3f}, null {run['null'].mean():.3f}, {run['modes'][-1]} modes"
        print(f"{name}: {told}{size}, {time.process_time() - begun:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
