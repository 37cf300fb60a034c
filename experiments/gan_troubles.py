"""Record the classic GAN on the ring and the grid: two losses, one or five discriminator steps, eight seeds each.

Shown in `js-saturation`. Run: OMP_NUM_THREADS=1 python experiments/gan_troubles.py (about 6 minutes on one core of a
shared 2-core CPU). Writes wgan_lib/recorded/gan-troubles.npz.
"""

from pathlib import Path

import numpy as np
import torch

from wgan_lib import losses, metrics, networks, runs, sampling, training, transport
from wgan_lib.constraints import Unconstrained
from wgan_lib.training.recipe import Adam, NormalLatent, stream

SEEDS = list(range(8))
STEPS, EVERY, N = 4000, 500, 500
LAWS = {"ring": sampling.ring(8, radius=1.0, std=0.02), "grid": sampling.grid(25, spacing=1.0, std=0.05)}
SETTINGS = {
    "ring minimax 1": ("ring", losses.MINIMAX, 1),
    "ring minimax 5": ("ring", losses.MINIMAX, 5),
    "ring non-saturating 1": ("ring", losses.NON_SATURATING, 1),
    "ring non-saturating 5": ("ring", losses.NON_SATURATING, 5),
    "grid non-saturating 1": ("grid", losses.NON_SATURATING, 1),
}


def train_setting(law: sampling.Law, loss: losses.AdversarialLoss, critic_steps: int) -> runs.Run:
    width, rng = 64, torch.Generator().manual_seed(0)
    generator = networks.mlp(2, width, width, 2, copies=len(SEEDS), gain=2**0.5, rng=rng)
    discriminator = networks.mlp(2, width, width, 1, copies=len(SEEDS), gain=2**0.5, rng=rng)
    steps = training.train(
        law, generator, discriminator, loss, Unconstrained(), n_steps=STEPS, critic_steps=critic_steps, batch_size=128,
        seed=SEEDS, optimizer=Adam(1e-3, (0.5, 0.9)), latent=NormalLatent(2), device="cpu",
    )  # fmt: skip
    return training.record(steps, every=EVERY, n_samples=N)


def main() -> None:
    frames: dict[str, np.ndarray] = {}
    fixed: dict[str, np.ndarray] = {}
    settings: dict[str, object] = {}
    for name, law in LAWS.items():
        draws = [law.sample(N, stream(seed, "evaluation")).numpy() for seed in range(9)]
        fixed[f"{name}/real"] = draws[0]
        fixed[f"{name}/null w1"] = np.array([transport.w1(draws[0], draw) for draw in draws[1:]])
    for name, (law_name, loss, critic_steps) in SETTINGS.items():
        law = LAWS[law_name]
        run = train_setting(law, loss, critic_steps)
        samples = run["samples"]
        scores = [[metrics.mode_coverage(torch.tensor(s), law) for s in frame] for frame in samples]
        frames[f"{name}/modes"] = np.array([[score.modes for score in row] for row in scores])
        frames[f"{name}/high quality"] = np.array([[score.high_quality for score in row] for row in scores])
        frames[f"{name}/w1"] = np.array(
            [[transport.w1(fixed[f"{law_name}/real"], s) for s in frame] for frame in samples]
        )
        frames[f"{name}/samples"] = samples[:, :2].astype(np.float16)  # two seeds to look at
        settings[name] = {"loss": run.meta["loss"], "critic_steps": critic_steps, "seconds": run.meta["seconds"]}
        print(name, run.meta["seconds"], frames[f"{name}/modes"][-1], frames[f"{name}/w1"][-1].round(3))
    meta = {**run.meta, "preset": None, "command": "python experiments/gan_troubles.py", "settings": settings}
    for key in ("loss", "critic_steps", "seconds", "data"):
        meta.pop(key, None)
    runs.Run({"index": run["index"], **frames}, meta, fixed).save(Path("wgan_lib/recorded/gan-troubles.npz"))


if __name__ == "__main__":
    main()
