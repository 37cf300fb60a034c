"""Record modes found on stacked digits: three 8 × 8 digits as the channels of one picture, 1,000 modes.

Rows cross GAN and relativistic losses with R1 alone and R1 + R2, and stand beside the constraints of the Wasserstein
GAN; five seeds each, trained side by side. A generated stack is read by the recorded digits classifier, channel by
channel. Scores: how many of the 1,000 triples occur among 26,000 samples, and KL(generated ‖ data) in nats against the
uniform law on them. Nulls: the exact uniform law, and real stacks through the same classifier, seen in training and
held out. γ = 1 and the rate 1e-3 were chosen for the last relativistic row on seeds 100 and 101, among
γ in {.1, 1, 10} and rates in {3e-4, 1e-3, 3e-3}, after 1,500 steps; the other GAN rows take them over. 3,000 steps a
row, what two shared cores allow. In `settling`.

Run: OMP_NUM_THREADS=1 python experiments/stacked_digits.py [--rows "RpGAN, R1 + R2" …] (about 4 minutes a row on one
core of a shared 2-core CPU). Adds each row to wgan_lib/recorded/stacked-digits.npz as it ends; without names, those
that are missing.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from wgan_lib import files, images, metrics, networks, runs, training
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, SpectralNorm, Unconstrained, WeightClipping
from wgan_lib.losses import HINGE, NON_SATURATING, RELATIVISTIC, WASSERSTEIN, AdversarialLoss
from wgan_lib.training import Adam, NormalLatent, RMSProp, stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/stacked-digits.npz"
SEEDS, STEPS, BATCH, WIDTH, LATENT = list(range(5)), 3000, 64, 256, 64
N_SCORED, N_MODES, GAMMA = 26_000, 1000, 1.0


@dataclass(frozen=True)
class Stacks:
    """Three digits drawn independently: (n, 192), values in [−1, 1]."""

    digits: images.Images

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n stacks."""
        rows = torch.randint(len(self.digits), (3 * n,), generator=generator).view(n, 3)
        return self.digits.points[rows].reshape(n, 192)


def r1(at: str) -> GradientPenalty:
    """γ/2 E‖∇f‖² at the reals, or at reals and fakes."""
    return GradientPenalty(GAMMA / 2, target=0.0, at=at)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Row:
    """One way to train: loss, constraint, critic steps and optimiser."""

    loss: AdversarialLoss
    constraint: LipschitzConstraint
    critic_steps: int = 1
    optimizer: Adam | RMSProp = Adam(1e-3, (0.0, 0.9))  # noqa: RUF009  (a frozen value)


ROWS = {
    "GAN": Row(NON_SATURATING, Unconstrained()),
    "GAN, R1": Row(NON_SATURATING, r1("reals")),
    "GAN, R1 + R2": Row(NON_SATURATING, r1("both")),
    "RpGAN, R1": Row(RELATIVISTIC, r1("reals")),
    "RpGAN, R1 + R2": Row(RELATIVISTIC, r1("both")),
    "WGAN, clipping": Row(WASSERSTEIN, WeightClipping(0.05), 3, RMSProp(3e-4)),
    "WGAN, GP": Row(WASSERSTEIN, GradientPenalty(10.0), 3),
    "WGAN, one-sided GP": Row(WASSERSTEIN, GradientPenalty(10.0, one_sided=True), 3),
    "WGAN, SN": Row(WASSERSTEIN, SpectralNorm(), 3),
    "hinge, SN": Row(HINGE, SpectralNorm(), 3),
}


def triples(pictures: Tensor, classifier: nn.Module) -> np.ndarray:
    """The number 0 … 999 that the classifier reads from each stack (n, 192)."""
    digits = classifier.look(pictures.reshape(-1, 1, 8, 8))[1].reshape(-1, 3)  # type: ignore[operator]
    return digits @ (100, 10, 1)


def scores(found: np.ndarray) -> tuple[int, float]:
    """Modes that occur, and KL(empirical law ‖ uniform law) in nats."""
    shares = np.bincount(found, minlength=N_MODES) / len(found)
    seen = shares > 0
    return int(seen.sum()), float((shares[seen] * np.log(shares[seen] * N_MODES)).sum())


def nulls(classifier: nn.Module) -> dict[str, np.ndarray]:
    digits = images.digits()
    assert digits.held_out is not None
    known = {"training stacks": Stacks(digits), "held-out stacks": Stacks(digits.held_out)}
    found = {"exact law": [scores(np.random.default_rng(seed).integers(0, N_MODES, N_SCORED)) for seed in SEEDS]}
    for name, law in known.items():
        draws = [law.sample(N_SCORED, stream(seed, "evaluation")) for seed in SEEDS]
        found[name] = [scores(triples(draw, classifier)) for draw in draws]
    return {f"null/{name}": np.array(values) for name, values in found.items()}


def train_row(row: Row, classifier: nn.Module, n_steps: int, n_scored: int) -> dict[str, np.ndarray]:
    """Modes and KL of each seed at the marks, (marks, seeds); 16 stacks of the first seed; the last gradient norms."""
    generator = networks.side_by_side(
        [networks.mlp(LATENT, WIDTH, WIDTH, 192, gain=2**0.5, rng=stream(s, "generator")) for s in SEEDS]
    )
    critic = networks.side_by_side(
        [
            networks.mlp(
                192, WIDTH, WIDTH, 1, activation=lambda: nn.LeakyReLU(0.2), gain=2**0.5, rng=stream(s, "critic")
            )
            for s in SEEDS
        ]
    )
    generator.append(nn.Tanh())
    begun, kept = time.process_time(), {"index": [], "modes": [], "kl": []}
    for step in training.train(
        Stacks(images.digits()), generator, critic, row.loss, row.constraint, n_steps=n_steps, batch_size=BATCH,
        critic_steps=row.critic_steps, seed=SEEDS, optimizer=row.optimizer, latent=NormalLatent(LATENT),
        linear_decay=True, ema=0.995, device="cpu",
    ):  # fmt: skip
        if (step.index + 1) % (n_steps // 4):
            continue
        last = step.index + 1 == n_steps
        z = NormalLatent(LATENT).sample(n_scored if last else n_scored // 10, stream(0, "evaluation"))
        with networks.evaluating(step.generator):
            shown = step.generator(z)
        found = [scores(triples(pictures, classifier)) for pictures in shown]
        kept["index"].append(step.index + 1)
        kept["modes"].append([modes for modes, _ in found])
        kept["kl"].append([kl for _, kl in found])
    arrays = {name: np.array(values) for name, values in kept.items()}
    grid = ((shown[0, :16].reshape(-1, 3, 8, 8) + 1) * 127.5).round().to(torch.uint8).numpy()
    return arrays | {"stacks": grid, "seconds": np.array(time.process_time() - begun)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", nargs="*", choices=list(ROWS), help="default: those that are not recorded yet")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the steps, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    classifier = metrics.load_classifier()
    fixed = {} if options.quick or not PATH.exists() else dict(runs.load(PATH).fixed)
    n_steps, n_scored = (STEPS // 100, N_SCORED // 100) if options.quick else (STEPS, N_SCORED)
    before = runs.load(PATH).meta if fixed else {}  # rows recorded earlier keep the commit that made them
    commits = before.get("commits", {name: before.get("commit") for name in ROWS if f"{name}/modes" in fixed})
    fixed, origin = fixed or nulls(classifier), files.provenance()
    for name in options.rows or [name for name in ROWS if f"{name}/modes" not in fixed]:
        found = train_row(ROWS[name], classifier, n_steps, n_scored)
        fixed |= {f"{name}/{key}": value for key, value in found.items()}
        print(
            f"{name}: modes {found['modes'][-1]}, KL {found['kl'][-1].round(3)}, {found['seconds']:.0f} s", flush=True
        )
        commits = {**commits, name: origin["commit"]}
        meta = {
            **origin, "commits": commits, "command": "python experiments/stacked_digits.py", "seed": SEEDS,
            "rows": {key: repr(row) for key, row in ROWS.items()},
            "n_steps": n_steps, "batch_size": BATCH, "width": WIDTH, "latent": LATENT, "n_scored": n_scored,
        }  # fmt: skip
        if not options.quick:
            runs.Run({"index": np.array([n_steps])}, meta, fixed).save(PATH)


if __name__ == "__main__":
    main()
