"""Record the classic GAN on the ring and the grid: two losses, one or five discriminator steps, eight seeds each.

With each frame goes what the generator is told: the length of its gradient on a batch, and how well the gradients of
two batches agree. Shown in `js-saturation`. Run: OMP_NUM_THREADS=1 python experiments/gan_troubles.py (about 6 minutes
on one core of a shared 2-core CPU). Writes wgan_lib/recorded/gan-troubles.npz.
"""

from pathlib import Path

import numpy as np
import torch

from wgan_lib import losses, metrics, networks, runs, sampling, training, transport
from wgan_lib.constraints import Unconstrained
from wgan_lib.training import Adam, NormalLatent, stream

SEEDS = list(range(8))
STEPS, EVERY, N = 4000, 500, 500
BATCH, BATCHES = 128, 8  # the size of a training batch, and how many of them a measurement takes
LAWS = {"ring": sampling.ring(8, radius=1.0, std=0.02), "grid": sampling.grid(25, spacing=1.0, std=0.05)}
SETTINGS = {
    "ring minimax 1": ("ring", losses.MINIMAX, 1),
    "ring minimax 5": ("ring", losses.MINIMAX, 5),
    "ring non-saturating 1": ("ring", losses.NON_SATURATING, 1),
    "ring non-saturating 5": ("ring", losses.NON_SATURATING, 5),
    "grid non-saturating 1": ("grid", losses.NON_SATURATING, 1),
}


def told(step: training.Step, loss: losses.AdversarialLoss, rng: torch.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mean length of the generators' gradients on a batch, and mean cosine between those of two batches, (seed,) each.

    The training is left as it is: the noise comes from a stream of its own, and no gradient is accumulated.
    """
    parameters, gradients = list(step.generator.parameters()), []
    for _ in range(BATCHES):
        scores = step.critic(step.generator(torch.randn(len(SEEDS), BATCH, 2, generator=rng)))
        parts = torch.autograd.grad(loss.generator(scores), parameters)
        gradients.append(torch.cat([part.flatten(1) for part in parts], dim=1))
    stacked = torch.stack(gradients, dim=1)  # (seed, batch, parameter)
    lengths = stacked.norm(dim=2)
    units = stacked / lengths.unsqueeze(2)
    pairs = BATCHES * (BATCHES - 1)
    cosine = (units.sum(1).square().sum(1) - BATCHES) / pairs  # the mean over all pairs of different batches
    return lengths.mean(1).numpy(), cosine.numpy()


def train_setting(law: sampling.Law, loss: losses.AdversarialLoss, critic_steps: int) -> tuple[runs.Run, np.ndarray]:
    """Train eight seeds; the run, and what its generators were told, (frame, length and cosine, seed)."""
    width, rng = 64, torch.Generator().manual_seed(0)
    generator = networks.mlp(2, width, width, 2, copies=len(SEEDS), gain=2**0.5, rng=rng)
    discriminator = networks.mlp(2, width, width, 1, copies=len(SEEDS), gain=2**0.5, rng=rng)
    noise = torch.Generator().manual_seed(1)
    steps = training.train(
        law, generator, discriminator, loss, Unconstrained(), n_steps=STEPS, critic_steps=critic_steps,
        batch_size=BATCH, seed=SEEDS, optimizer=Adam(1e-3, (0.5, 0.9)), latent=NormalLatent(2), device="cpu",
    )  # fmt: skip
    run = training.record(steps, EVERY, N, measures={"heard": lambda step: np.stack(told(step, loss, noise))})
    return run, run["heard"].astype(np.float32)


def main() -> None:
    torch.set_num_threads(1)
    frames: dict[str, np.ndarray] = {}
    fixed: dict[str, np.ndarray] = {}
    settings: dict[str, object] = {}
    for name, law in LAWS.items():
        draws = [law.sample(N, stream(seed, "evaluation")).numpy() for seed in range(9)]
        fixed[f"{name}/real"] = draws[0]
        fixed[f"{name}/null w1"] = np.array([transport.w1(draws[0], draw) for draw in draws[1:]])
    for name, (law_name, loss, critic_steps) in SETTINGS.items():
        law = LAWS[law_name]
        run, heard = train_setting(law, loss, critic_steps)
        samples = run["samples"]
        scores = [[metrics.mode_coverage(torch.tensor(s), law) for s in frame] for frame in samples]
        frames[f"{name}/modes"] = np.array([[score.modes for score in row] for row in scores])
        frames[f"{name}/high quality"] = np.array([[score.high_quality for score in row] for row in scores])
        frames[f"{name}/w1"] = np.array(
            [[transport.w1(fixed[f"{law_name}/real"], s) for s in frame] for frame in samples]
        )
        frames[f"{name}/gradient"], frames[f"{name}/cosine"] = heard[:, 0], heard[:, 1]
        frames[f"{name}/samples"] = samples[:, :2].astype(np.float16)  # two seeds to look at
        settings[name] = {"loss": run.meta["loss"], "critic_steps": critic_steps, "seconds": run.meta["seconds"]}
        print(name, run.meta["seconds"], frames[f"{name}/modes"][-1], frames[f"{name}/w1"][-1].round(3))
        print(np.median(heard, axis=2).round(3).T, flush=True)
    meta = {**run.meta, "preset": None, "command": "python experiments/gan_troubles.py", "settings": settings}
    for key in ("loss", "critic_steps", "seconds", "data"):
        meta.pop(key, None)
    runs.Run({"index": run["index"], **frames}, meta, fixed).save(Path("wgan_lib/recorded/gan-troubles.npz"))


if __name__ == "__main__":
    main()
