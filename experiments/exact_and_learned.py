"""Record three critics on one fixed pair of clouds: with a gradient penalty, with clipped weights, and with no leash.

The generator is frozen and every step sees all points of both clouds, so that only the critic moves and its exact
answer is known. Shown in `critic`. Run: OMP_NUM_THREADS=1 python experiments/exact_and_learned.py (about 1 minute on
one core of a shared 2-core CPU). Writes wgan_lib/recorded/one-pair-{penalty,clipping,unconstrained}.npz.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from wgan_lib import losses, networks, runs, sampling, training
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Unconstrained, WeightClipping
from wgan_lib.training.loop import Step
from wgan_lib.training.recipe import Adam, stream

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


class RecorderOfScores(training.Recorder):
    """Keeps the critic's scores and gradients at the points of both clouds, and its slope on the grid, as well."""

    def add(self, step: Step) -> None:
        """Keep a frame of the steps in MARKS."""
        if step.index + 1 not in MARKS:
            return
        super().add(step)
        real, fake = torch.tensor(self.fixed["real"]), torch.tensor(self.frames["samples"][-1])
        (scores_real, _), (scores_fake, gradient_fake) = follow(step.critic, real), follow(step.critic, fake)
        slope = follow(step.critic, self.points)[1].norm(dim=1).view(GRID, GRID)
        kept = {"scores_real": scores_real, "scores_fake": scores_fake, "gradient_fake": gradient_fake, "slope": slope}
        for name, value in kept.items():
            self.frames.setdefault(name, []).append(value.numpy())


def follow(critic: nn.Module, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores and gradients at the points."""
    points = points.clone().requires_grad_()
    scores = critic(points)
    (gradient,) = torch.autograd.grad(scores.sum(), points)
    return scores.detach(), gradient


def main() -> None:
    torch.set_num_threads(1)
    real = sampling.ring(8, radius=1.0, std=0.05).sample(N, stream(SEED, "evaluation"))
    fake = sampling.normals((0.0, 0.0), 0.5).sample(N, stream(SEED, "recorded latent"))
    made: dict[str, runs.Run] = {}
    for name, constraint in CONSTRAINTS.items():
        critic = networks.mlp(2, 64, 64, 1, gain=2**0.5, rng=torch.Generator().manual_seed(SEED))
        recorder = RecorderOfScores(1, N, GRID)
        for step in training.train(
            Shuffled(real), FrozenGenerator(), critic, losses.WASSERSTEIN, constraint, n_steps=MARKS[-1],
            critic_steps=1, batch_size=N, seed=SEED, optimizer=Adam(1e-3), latent=Shuffled(fake), device="cpu",
            generator_optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.0),
        ):  # fmt: skip
            recorder.add(step)
        told = {"command": "python experiments/exact_and_learned.py", "critic": "mlp(2, 64, 64, 1), gain √2"}
        run = recorder.run(**told, data=f"{N} points of a ring of 8", latent=f"{N} points of N(0, 0.25)")
        large = {"critic": np.float32, "slope": np.float16, "gradient_fake": np.float32}
        frames = {key: array.astype(large.get(key, array.dtype)) for key, array in run.frames.items()}
        made[name] = runs.Run(frames, run.meta, run.fixed)
    for name, run in made.items():  # saved last: a changed file would make the commit of the next one "dirty"
        path = run.save(Path(f"wgan_lib/recorded/one-pair-{name}.npz"))
        gap = run["scores_real"].mean(1) - run["scores_fake"].mean(1)
        print(path, path.stat().st_size // 1000, "kB", gap.round(3))


if __name__ == "__main__":
    main()
