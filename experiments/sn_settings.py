"""Record SN-GAN's six optimiser settings A to F on a ring: spectral normalisation against a gradient penalty.

Settings (Adam's rate, β₁, β₂, critic steps) are those of Miyato 2018, section 4.1; the pictures there, a ring of eight
Gaussians here. SN trains the non-saturating GAN, as in the paper, and beside it the Wasserstein loss; the penalty
trains the Wasserstein loss. Eight seeds each, side by side. Shown in `spectral-normalisation`.

Run: OMP_NUM_THREADS=1 python experiments/sn_settings.py (about 15 minutes on one core of a shared 2-core CPU). Adds
each row to wgan_lib/recorded/sn-settings.npz as it ends, and goes on with those that are missing.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from wgan_lib import files, metrics, networks, runs, sampling, training, transport
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, SpectralNorm
from wgan_lib.losses import NON_SATURATING, WASSERSTEIN, AdversarialLoss
from wgan_lib.training import Adam, NonFiniteError, NormalLatent, stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/sn-settings.npz"
SEEDS, STEPS, BATCH, N = list(range(8)), 2000, 64, 500
LAW = sampling.ring(8, radius=1.0, std=0.02)
SETTINGS = {
    "A": (1e-4, 0.5, 0.9, 5),
    "B": (1e-4, 0.5, 0.999, 1),
    "C": (2e-4, 0.5, 0.999, 1),
    "D": (1e-3, 0.5, 0.9, 5),
    "E": (1e-3, 0.5, 0.999, 5),
    "F": (1e-3, 0.9, 0.999, 5),
}
WAYS: dict[str, tuple[AdversarialLoss, LipschitzConstraint]] = {
    "SN, non-saturating": (NON_SATURATING, SpectralNorm()),
    "SN, Wasserstein": (WASSERSTEIN, SpectralNorm()),
    "GP, Wasserstein": (WASSERSTEIN, GradientPenalty(10.0)),
}


def train_row(way: str, setting: str, n_steps: int) -> dict[str, np.ndarray]:
    """Exact W1 of N samples to N fresh ones, and modes, of each seed at the end, (K,); NaN where a run blew up."""
    loss, constraint = WAYS[way]
    rate, beta1, beta2, critic_steps = SETTINGS[setting]
    make = {"generator": (2, 64, 64, 2), "critic": (2, 64, 64, 1)}
    generator, critic = (
        networks.side_by_side([networks.mlp(*sizes, gain=2**0.5, rng=stream(seed, which)) for seed in SEEDS])
        for which, sizes in make.items()
    )
    begun = time.process_time()
    try:
        for step in training.train(  # noqa: B007
            LAW, generator, critic, loss, constraint, n_steps=n_steps, critic_steps=critic_steps, batch_size=BATCH,
            seed=SEEDS, optimizer=Adam(rate, (beta1, beta2)), latent=NormalLatent(2), device="cpu",
        ):  # fmt: skip
            pass
    except NonFiniteError:
        return {"w1": np.full(len(SEEDS), np.nan), "modes": np.zeros(len(SEEDS)), "seconds": np.array(np.nan)}
    latents = NormalLatent(2).sample(N, stream(0, "recorded latent"))
    with networks.evaluating(generator):
        samples = generator(latents)
    fresh = [LAW.sample(N, stream(seed, "evaluation")).numpy() for seed in SEEDS]
    return {
        "w1": np.array([transport.w1(a.numpy(), b) for a, b in zip(samples, fresh, strict=True)]),
        "modes": np.array([metrics.mode_coverage(a, LAW).modes for a in samples]),
        "seconds": np.array(time.process_time() - begun),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the steps, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    fixed = dict(runs.load(PATH).fixed) if PATH.exists() and not options.quick else {}
    draws = [LAW.sample(N, stream(seed, "evaluation")).numpy() for seed in range(9)]
    fixed["null w1"] = np.array([transport.w1(draws[0], draw) for draw in draws[1:]])
    n_steps = STEPS // 50 if options.quick else STEPS
    for way in WAYS:
        for setting in SETTINGS:
            if f"{way}/{setting}/w1" in fixed:
                continue
            found = train_row(way, setting, n_steps)
            fixed |= {f"{way}/{setting}/{name}": array for name, array in found.items()}
            print(f"{way}, {setting}: W1 {found['w1'].round(2)}, modes {found['modes']}", flush=True)
            meta = {
                **files.provenance(), "command": "python experiments/sn_settings.py", "seed": SEEDS, "law": repr(LAW),
                "n_steps": n_steps, "batch_size": BATCH, "settings": {k: list(v) for k, v in SETTINGS.items()},
                "ways": {k: f"{k.split(', ')[1]} loss, {constraint}" for k, (_, constraint) in WAYS.items()},
            }  # fmt: skip
            if not options.quick:
                runs.Run({"index": np.array([n_steps])}, meta, fixed).save(PATH)


if __name__ == "__main__":
    main()
