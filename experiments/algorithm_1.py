"""Record the first WGAN to the letter on eight and on 25 Gaussians, and what momentum does to its critic.

Algorithm 1: RMSProp 5e-5 for both networks, c = .01, five critic steps with fresh batches of 64. Laws and scores are
PacGAN's (2,500 samples; a mode counts with one sample within 3σ). The momentum rows change the critic's optimiser
alone, RMSProp against Adam with β₁ = .5 and .9, at twenty times the paper's rate, which the generator has as well.
Each 51st critic step is compared with its own gradient: cos(step, −gradient), before the weights are clipped.
Networks 2-64-64-64-{2, 1}, five seeds side by side, the same in every row. In `weight-clipping`.

Run: OMP_NUM_THREADS=1 python experiments/algorithm_1.py [--rows "ring, RMSProp 5e-5" …] (one to four minutes of CPU a
row). Adds each row to wgan_lib/recorded/algorithm-1.npz as it ends; without names, those that
are missing.
"""

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wgan_lib import files, metrics, networks, runs, sampling, training, transport
from wgan_lib.constraints import WeightClipping
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, NormalLatent, RMSProp, stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/algorithm-1.npz"
SEEDS, WIDTH, BATCH, BOUND, RATE = list(range(5)), 64, 64, 0.01, 5e-5
MARKS, WATCHED, SCORED, FOR_W1 = 20, 51, 2500, 256
LAWS = {"ring": sampling.ring(8), "grid": sampling.grid(25)}


@dataclass(frozen=True)
class Row:
    """A law, the critic's optimiser, the generator's, and the generator's steps."""

    law: str
    critic: Any
    generator: Any
    n_steps: int


FAST = 20 * RATE
ROWS = {
    "ring, RMSProp 5e-5": Row("ring", RMSProp(RATE), RMSProp(RATE), 5000),
    "ring, RMSProp 1e-3": Row("ring", RMSProp(FAST), RMSProp(FAST), 1000),
    "ring, Adam 0.9 1e-3": Row("ring", Adam(FAST, (0.9, 0.9)), RMSProp(FAST), 1000),
    "ring, Adam 0.5 1e-3": Row("ring", Adam(FAST, (0.5, 0.9)), RMSProp(FAST), 1000),
    "grid, RMSProp 5e-5": Row("grid", RMSProp(RATE), RMSProp(RATE), 3000),
}


@dataclass
class Watched:
    """An optimiser of K copies whose steps are compared with their gradients: cosines (looks, K)."""

    factory: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
    cosines: list[np.ndarray] = field(default_factory=list)
    _steps: int = 0

    def __call__(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """Make the optimiser and watch its steps."""
        kept = list(parameters)
        optimizer, before = self.factory(kept), [torch.zeros(0)]

        def look(*_: Any) -> None:
            self._steps += 1
            if self._steps % WATCHED == 0:
                before[:] = [p.detach().clone() for p in kept]

        def compare(*_: Any) -> None:
            if self._steps % WATCHED == 0:
                step = flat([p.detach() - b for p, b in zip(kept, before, strict=True)])
                gradient = flat([p.grad for p in kept if p.grad is not None])
                self.cosines.append(torch.cosine_similarity(step, -gradient, dim=1).numpy())

        optimizer.register_step_pre_hook(look)
        optimizer.register_step_post_hook(compare)
        return optimizer


def flat(tensors: list[Tensor]) -> Tensor:
    """One row of numbers for each of the K copies, in double precision."""
    return torch.cat([t.double().flatten(1) for t in tensors], 1)


def train_row(row: Row, n_steps: int) -> dict[str, np.ndarray]:
    """Scores of each seed at the marks (marks, seeds), the last 256 samples, the critic's cosines."""
    law, watched = LAWS[row.law], Watched(row.critic)
    make = lambda purpose, out: networks.side_by_side(  # noqa: E731
        [networks.mlp(2, WIDTH, WIDTH, WIDTH, out, gain=2**0.5, rng=stream(s, purpose)) for s in SEEDS]
    )
    begun, kept = time.process_time(), {"index": [], "modes": [], "quality": [], "kl": [], "w1": [], "gap": []}
    gaps: list[np.ndarray] = []
    for step in training.train(
        law, make("generator", 2), make("critic", 1), WASSERSTEIN, WeightClipping(BOUND), n_steps=n_steps,
        critic_steps=5, batch_size=BATCH, seed=SEEDS, optimizer=watched, generator_optimizer=row.generator,
        latent=NormalLatent(2), device="cpu",
    ):  # fmt: skip
        gaps.append(np.array(step.w1_estimate))
        if (step.index + 1) % (n_steps // MARKS):
            continue
        z = torch.stack([NormalLatent(2).sample(SCORED, stream(s, "recorded latent")) for s in SEEDS])
        with networks.evaluating(step.generator):
            shown = step.generator(z)
        scores = [metrics.mode_coverage(points, law) for points in shown]
        real = [law.sample(FOR_W1, stream(s, "evaluation")) for s in SEEDS]
        w1 = [transport.w1(points[:FOR_W1], x) for points, x in zip(shown, real, strict=True)]
        found = {"modes": [s.modes for s in scores], "quality": [s.high_quality for s in scores]}
        found |= {"kl": [s.reverse_kl for s in scores], "w1": w1, "gap": np.mean(gaps, axis=0)}
        for name, values in found.items():
            kept[name].append(values)
        kept["index"].append(step.index + 1)
        gaps.clear()
    arrays = {name: np.array(values) for name, values in kept.items()}
    return arrays | {
        "samples": shown[:, :FOR_W1].numpy().astype(np.float16),
        "cosine": np.array(watched.cosines).astype(np.float32),
        "seconds": np.array(time.process_time() - begun),
    }


def nulls() -> dict[str, np.ndarray]:
    """Scores of the laws themselves: W1 between two samples, and modes and quality of 2,500 points."""
    found = {}
    for name, law in LAWS.items():
        pairs = [law.sample(2 * FOR_W1, stream(s, "probe")).split(FOR_W1) for s in range(20)]
        found[f"null/{name}/w1"] = np.array([transport.w1(*pair) for pair in pairs])
        draws = [metrics.mode_coverage(law.sample(SCORED, stream(s, "probe")), law) for s in range(200)]
        found[f"null/{name}/quality"] = np.array([d.high_quality for d in draws])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", nargs="*", choices=list(ROWS), help="default: those that are not recorded yet")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the steps, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    fixed = {} if options.quick or not PATH.exists() else dict(runs.load(PATH).fixed)
    fixed = fixed or nulls()
    origin = files.provenance()  # before the file itself makes the folder unclean
    for name in options.rows or [name for name in ROWS if f"{name}/modes" not in fixed]:
        row = ROWS[name]
        found = train_row(row, row.n_steps // (100 if options.quick else 1))
        fixed |= {f"{name}/{key}": value for key, value in found.items()}
        cosine = found["cosine"]
        print(
            f"{name}: modes {found['modes'][-1]}, quality {found['quality'][-1].round(3)}, W1 "
            f"{found['w1'][-1].round(3)}, cosine below 0 in {np.sum(cosine < 0)} of {cosine.size} "
            f"looks, {found['seconds']:.0f} s",
            flush=True,
        )
        meta = {
            **origin, "command": "python experiments/algorithm_1.py", "seed": SEEDS, "batch_size": BATCH,
            "width": WIDTH, "bound": BOUND, "rows": {key: repr(row) for key, row in ROWS.items()},
            "cpu_seconds": round(sum(float(v) for key, v in fixed.items() if key.endswith("/seconds")), 1),
        }  # fmt: skip
        if not options.quick:
            runs.Run({"index": np.array([0])}, meta, fixed).save(PATH)


if __name__ == "__main__":
    main()
