"""Record three critics on one fixed pair of clouds: with a gradient penalty, with clipped weights, and with no leash.

The generator is frozen and every step sees all points of both clouds, so that only the critic moves and its exact
answer is known. Shown in `critic`. Run: OMP_NUM_THREADS=1 python experiments/exact_and_learned.py (about 1 minute on
one core of a shared 2-core CPU). Writes wgan_lib/recorded/one-pair-{penalty,clipping,unconstrained}.npz.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from wgan_lib import losses, networks, runs, sampling, training
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Unconstrained, WeightClipping
from wgan_lib.training import Adam, stream

N, GRID, SEED = 64, 44, 2  # with this seed all points lie in the window of the grid
MARKS = (1, 3, 8, 20, 40, 80, 150, 300, 500, 800, 1300, 2000, 3000)
CONSTRAINTS: dict[str, LipschitzConstraint] = {
    "penalty": GradientPenalty(1.0),
    "clipping": WeightClipping(0.05),
    "unconstrained": Unconstrained(),
}


@dataclass(frozen=True)
class Shuffled:
    """All of a fixed cloud, in a new order at each draw."""

    points: torch.Tensor

    def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Return the points; n is their number, except for the two that the loop looks at first."""
        return self.points[torch.randperm(len(self.points), generator=generator)[:n]]


class FrozenGenerator(nn.Linear):
    """Returns its latents: the generated cloud is fixed."""

    def __init__(self) -> None:
        super().__init__(2, 2, bias=False)
        nn.init.eye_(self.weight)


def follow(critic: nn.Module, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores and gradients at the points."""
    points = points.clone().requires_grad_()
    scores = critic(points)
    (gradient,) = torch.autograd.grad(scores.sum(), points)
    return scores.detach(), gradient


def measures(real: torch.Tensor, fake: torch.Tensor) -> dict[str, Callable[[training.Step], torch.Tensor]]:
    """The critic's scores and gradients at the points of both clouds, and its slope on the grid."""
    middle, half = (real.amax(0) + real.amin(0)) / 2, 0.65 * (real.amax(0) - real.amin(0)).max()
    x, y = (torch.linspace(float(m - half), float(m + half), GRID) for m in middle)
    grid = torch.cartesian_prod(y, x).flip(-1)
    return {
        "scores_real": lambda step: follow(step.critic, real)[0],
        "scores_fake": lambda step: follow(step.critic, fake)[0],
        "gradient_fake": lambda step: follow(step.critic, fake)[1],
        "slope": lambda step: follow(step.critic, grid)[1].norm(dim=1).view(GRID, GRID),
    }


def main() -> None:
    torch.set_num_threads(1)
    real = sampling.ring(8, radius=1.0, std=0.05).sample(N, stream(SEED, "evaluation"))
    fake = sampling.normals((0.0, 0.0), 0.5).sample(N, stream(SEED, "recorded latent"))
    # The recorder draws both clouds in an order of its own, and its scores go with that order.
    in_order = [Shuffled(c).sample(N, stream(SEED, f"recorded {p}")) for c, p in ((real, "data"), (fake, "latent"))]
    made: dict[str, runs.Run] = {}
    for name, constraint in CONSTRAINTS.items():
        critic = networks.mlp(2, 64, 64, 1, gain=2**0.5, rng=torch.Generator().manual_seed(SEED))
        steps = training.train(
            Shuffled(real), FrozenGenerator(), critic, losses.WASSERSTEIN, constraint, n_steps=MARKS[-1],
            critic_steps=1, batch_size=N, seed=SEED, optimizer=Adam(1e-3), latent=Shuffled(fake), device="cpu",
            generator_optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.0),
        )  # fmt: skip
        run = training.record(
            steps, n_samples=N, grid=GRID, measures=measures(*in_order), at=MARKS,
            command="python experiments/exact_and_learned.py", critic="mlp(2, 64, 64, 1), gain √2",
            data=f"{N} points of a ring of 8", latent=f"{N} points of N(0, 0.25)",
        )  # fmt: skip
        large = {"critic": np.float32, "slope": np.float16, "gradient_fake": np.float32}
        frames = {key: array.astype(large.get(key, array.dtype)) for key, array in run.frames.items()}
        made[name] = runs.Run(frames, run.meta, run.fixed)
    for name, run in made.items():  # saved last: a changed file would make the commit of the next one "dirty"
        path = run.save(Path(f"wgan_lib/recorded/one-pair-{name}.npz"))
        gap = run["scores_real"].mean(1) - run["scores_fake"].mean(1)
        print(path, path.stat().st_size // 1000, "kB", gap.round(3))


if __name__ == "__main__":
    main()
