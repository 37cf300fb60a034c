"""Record generators trained without a critic, by optimal transport between minibatches of five sizes, eight seeds each.

Shown in `samples`. Run: OMP_NUM_THREADS=1 python experiments/batch_transport.py (about 8 minutes on one core
of a shared 2-core CPU). Writes wgan_lib/recorded/batch-transport.npz.
"""

import time
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from wgan_lib import files, metrics, networks, runs, sampling, transport

BATCHES, STEPS, SEEDS, N, PAIRS = (1, 4, 16, 64, 256), 1500, 8, 512, 50
LAW = sampling.ring(8)


def latent(n: int, rng: torch.Generator) -> torch.Tensor:
    return 2 * torch.rand(SEEDS, n, 2, generator=rng) - 1


def matched(fake: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Reorder each seed's real batch so that row i is the optimal partner of fake row i, squared distance as cost."""
    pairs = zip(fake.detach().numpy(), real.numpy(), strict=True)
    partner = [linear_sum_assignment(cdist(x, y, "sqeuclidean"))[1] for x, y in pairs]
    return torch.stack([y[order] for y, order in zip(real, partner, strict=True)])


def real_batch(batch: int, rng: torch.Generator) -> torch.Tensor:
    return LAW.sample(SEEDS * batch, rng).view(SEEDS, batch, 2)


def train_without_critic(batch: int, n_steps: int, rng: torch.Generator) -> torch.nn.Module:
    generator = networks.mlp(2, 64, 64, 2, copies=SEEDS, gain=2**0.5, rng=rng)
    optimizer = torch.optim.Adam(generator.parameters(), 3e-3)
    for step in range(n_steps):
        optimizer.param_groups[0]["lr"] = 3e-3 * (1 - step / n_steps)
        fake = generator(latent(batch, rng))
        loss = (fake - matched(fake, real_batch(batch, rng))).square().sum(-1).mean(-1).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return generator


@torch.no_grad()
def score(generator: torch.nn.Module, batch: int, rng: torch.Generator) -> dict[str, np.ndarray]:
    """Score each seed: minibatch loss of the generator and of the law itself, exact W1 with its null, modes."""
    losses = {"loss": [], "loss of the law": []}
    for _ in range(PAIRS * 256 // max(batch, 64)):
        real = real_batch(batch, rng)
        for name, fake in (("loss", generator(latent(batch, rng))), ("loss of the law", real_batch(batch, rng))):
            losses[name].append((fake - matched(fake, real)).square().sum(-1).mean(-1).numpy())
    samples, held_out = generator(latent(2500, rng)), [LAW.sample(2 * N, rng).split(N) for _ in range(SEEDS)]
    coverage = [metrics.mode_coverage(cloud, LAW) for cloud in samples]
    return {
        **{name: np.mean(values, axis=0) for name, values in losses.items()},
        "w1": np.array([transport.w1(cloud[:N], real) for cloud, (real, _) in zip(samples, held_out, strict=True)]),
        "null": np.array([transport.w1(other, real) for real, other in held_out]),
        "modes": np.array([found.modes for found in coverage]),
        "reverse kl": np.array([found.reverse_kl for found in coverage]),
        "high quality": np.array([found.high_quality for found in coverage]),
        "radius": samples.norm(dim=-1).mean(-1).numpy(),
        "samples": samples[0, :N].numpy().astype(np.float16),
    }


def main() -> None:
    torch.set_num_threads(1)
    rows, seconds = [], []
    for batch in BATCHES:
        rng = torch.Generator().manual_seed(batch)
        start = time.process_time()
        generator = train_without_critic(batch, STEPS, rng)
        seconds.append(round(time.process_time() - start, 1))
        rows.append(score(generator, batch, rng))
        print(batch, seconds[-1], {k: v.round(3).tolist() for k, v in rows[-1].items() if k != "samples"}, flush=True)
    meta = {
        "preset": "batch-transport", "command": "python experiments/batch_transport.py", "law": repr(LAW),
        "seeds": SEEDS, "seed": "torch.Generator().manual_seed(batch)",
        "generator": "mlp(2, 64, 64, 2), gain √2, latent U[-1, 1]²",
        "optimizer": "Adam 3e-3, linear to 0", "steps": STEPS, "n": N, "seconds": seconds, **files.provenance(),
    }  # fmt: skip
    frames = {"batch": np.array(BATCHES), **{name: np.stack([row[name] for row in rows]) for name in rows[0]}}
    real = LAW.sample(N, torch.Generator().manual_seed(0)).numpy().astype(np.float16)
    runs.Run(frames, meta, {"real": real}).save(Path("wgan_lib/recorded/batch-transport.npz"))


if __name__ == "__main__":
    main()
