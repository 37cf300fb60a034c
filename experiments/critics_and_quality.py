"""Record three critics that are asked for W1, and that drive one and the same generator: does the better teach better?

The exact critic of each minibatch, a network whose price on the other side is its c-transform within the minibatch
(Mallasto 2019), and a network with a gradient penalty. Asked for W1 on a frozen pair whose distance is known, P and
½P (W1 = ½ E|X|), and on P against itself, the null. Then each drives the same generator from the same start, and an
energy distance without bias judges the samples. Five seeds side by side, dimensions and batch sizes as below.
Shown in `what-wgans-are`.

Run: OMP_NUM_THREADS=1 python experiments/critics_and_quality.py (about 10 minutes on one core of a shared 2-core
CPU). Adds each row to wgan_lib/recorded/critics-and-quality.npz as it ends, and goes on with those that are missing.
`--quick` runs one row on fresh seeds and holds it to the record.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from fixed_pair import rerun
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from torch import Tensor, nn

from wgan_lib import files, losses, metrics, networks, runs, sampling, transport
from wgan_lib.constraints import GradientPenalty
from wgan_lib.training import Adam, stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/critics-and-quality.npz"
WAYS, DIMS, BATCHES, SEEDS = ("exact", "c-transform", "penalty"), (2, 8, 32), (16, 64, 256), tuple(range(5))
STEPS, CRITIC_STEPS, ASK_STEPS, ASKED, WIDTH, N = 400, 3, 300, 20, 128, 1000
PENALTY, RATE, SHRUNK = GradientPenalty(1.0), Adam(2e-3, (0.0, 0.9)), 0.5
RING = sampling.ring(8, std=0.05)
Draw = Callable[[], Tensor]


def law(dim: int) -> sampling.Law:
    """The ring in the first two coordinates; in the others normals whose variances add up to 1."""

    def draw(n: int, rng: torch.Generator) -> Tensor:
        rest = torch.randn(n, dim - 2, generator=rng) / max(dim - 2, 1) ** 0.5
        return torch.cat([RING.sample(n, rng), rest], 1)

    return sampling.Law(f"{RING!r} and {dim - 2} normals of variance 1/{dim - 2}", draw)


def drawn(dim: int, batch: int, seeds: tuple[int, ...], purpose: str) -> Draw:
    """Batches (K, batch, dim) of the law, or of latents, each seed from its own stream."""
    rngs = [stream(seed, purpose) for seed in seeds]
    latent = purpose.endswith("latent")
    draw = (lambda n, rng: torch.randn(n, dim, generator=rng)) if latent else law(dim).sample
    return lambda: torch.stack([draw(batch, rng) for rng in rngs])


def made(sizes: tuple[int, ...], purpose: str, seeds: tuple[int, ...]) -> nn.Module:
    return networks.side_by_side([networks.mlp(*sizes, gain=2**0.5, rng=stream(seed, purpose)) for seed in seeds])


class Exact:
    """No network: the cheapest plan of each minibatch, whose prices have slope 1 from each fake to its partner."""

    def critic_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """There is no critic to train."""
        raise NotImplementedError  # never asked: without parameters no step is taken

    def __init__(self, dim: int, seeds: tuple[int, ...]) -> None:
        self.parameters: list[nn.Parameter] = []

    def estimate(self, real: Tensor, fake: Tensor) -> Tensor:
        """W1 of each seed's two batches (K,); its gradient in `fake` is that of the optimal prices (the envelope)."""
        pairs = zip(real.numpy(), fake.detach().numpy(), strict=True)
        partners = [linear_sum_assignment(cdist(y, x))[1] for x, y in pairs]
        matched = torch.stack([x[order] for x, order in zip(real, partners, strict=True)])
        return (fake - matched).norm(dim=-1).mean(-1)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """The same (K,)."""
        return self.estimate(real, fake)


class CTransform:
    """φ is any network; g(y) = min over the batch's x of |x − y| − φ(x): the pair obeys the prices' rule by itself."""

    def __init__(self, dim: int, seeds: tuple[int, ...]) -> None:
        self.phi = made((dim, WIDTH, WIDTH, 1), "critic", seeds)
        self.parameters = list(self.phi.parameters())

    def _other_side(self, real: Tensor, fake: Tensor, scores: Tensor) -> Tensor:
        gaps = torch.cdist(fake, real, compute_mode="donot_use_mm_for_euclid_dist") - scores[:, None]
        return gaps.min(-1).values.mean(-1)

    def estimate(self, real: Tensor, fake: Tensor) -> Tensor:
        """E φ(x) + E g(y), (K,)."""
        scores = self.phi(real)
        return scores.mean(-1) + self._other_side(real, fake, scores)

    def critic_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Minus the estimates, added up."""
        return -self.estimate(real, fake).sum()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E g(y), all that the generator can move (K,)."""
        return self._other_side(real, fake, self.phi(real).detach())


class Penalty:
    """WGAN-GP's critic."""

    def __init__(self, dim: int, seeds: tuple[int, ...]) -> None:
        self.critic = made((dim, WIDTH, WIDTH, 1), "critic", seeds)
        self.parameters, self.rngs = list(self.critic.parameters()), [stream(seed, "penalty") for seed in seeds]

    def estimate(self, real: Tensor, fake: Tensor) -> Tensor:
        """The gap (K,)."""
        return self.critic(real).mean(-1) - self.critic(fake).mean(-1)

    def critic_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Minus the gap, and the penalty."""
        gap = losses.WASSERSTEIN.critic(self.critic(real), self.critic(fake))
        return gap + PENALTY.penalty(self.critic, real, fake, self.rngs)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """The Wasserstein loss (K,)."""
        return -self.critic(fake).mean(-1)


MADE: dict[str, type[Exact | CTransform | Penalty]] = {"exact": Exact, "c-transform": CTransform, "penalty": Penalty}


def decay(optimizer: torch.optim.Optimizer, left: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = RATE.learning_rate * left


def asked(way: str, dim: int, batch: int, seeds: tuple[int, ...], scale: float) -> np.ndarray:
    """What the critic says of P and scale · P after its training on fresh batches, a mean over `ASKED` others."""
    critic, (real, fake) = MADE[way](dim, seeds), (drawn(dim, batch, seeds, p) for p in ("data", "evaluation"))
    if critic.parameters:
        optimizer = RATE(critic.parameters)
        for step in range(ASK_STEPS):
            decay(optimizer, 1 - step / ASK_STEPS)
            optimizer.zero_grad()
            critic.critic_loss(real(), scale * fake()).backward()
            optimizer.step()
    with torch.no_grad():
        return np.mean([critic.estimate(real(), scale * fake()).numpy() for _ in range(ASKED)], axis=0)


def taught(way: str, dim: int, batch: int, seeds: tuple[int, ...]) -> nn.Module:
    """The generator after `STEPS` steps against this critic."""
    critic, generator = MADE[way](dim, seeds), made((dim, WIDTH, WIDTH, dim), "generator", seeds)
    real, latent = drawn(dim, batch, seeds, "data"), drawn(dim, batch, seeds, "latent")
    optimizers = [RATE(list(generator.parameters())), *([RATE(critic.parameters)] if critic.parameters else [])]
    for step in range(STEPS):
        for optimizer in optimizers:
            decay(optimizer, 1 - step / STEPS)
        for _ in range(CRITIC_STEPS if critic.parameters else 0):
            optimizers[1].zero_grad()
            with torch.no_grad():
                fake = generator(latent())
            critic.critic_loss(real(), fake).backward()
            optimizers[1].step()
        optimizers[0].zero_grad()
        critic.generator_loss(real(), generator(latent())).sum().backward()
        optimizers[0].step()
    return generator


def energy(x: np.ndarray, y: np.ndarray) -> float:
    """E|x − y| − ½E|x − x′| − ½E|y − y′| over pairs of different points, without bias: half the energy distance."""
    inside = [cdist(z, z).sum() / (len(z) * (len(z) - 1)) for z in (x, y)]
    return float(cdist(x, y).mean() - sum(inside) / 2)


def judged(clouds: np.ndarray, dim: int, seeds: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Each seed's samples (K, 2N, dim) beside as many of the law: distances with nulls, modes, spread."""
    found: dict[str, list[float]] = {}
    for seed, cloud in zip(seeds, clouds, strict=True):
        held, other = law(dim).sample(4 * N, stream(seed, "recorded data")).numpy().reshape(2, 2 * N, dim)
        modes = metrics.mode_coverage(cloud[:, :2], RING)
        row = {
            "energy": energy(cloud, held), "energy null": energy(other, held),
            "w1": transport.w1(cloud[:N], held[:N]), "w1 null": transport.w1(other[:N], held[:N]),
            "modes": modes.modes, "high quality": modes.high_quality,
            "spread": cloud.var(axis=0).sum() / other.var(axis=0).sum(),
        }  # fmt: skip
        for name, value in row.items():
            found.setdefault(name, []).append(float(value))
    return {name: np.array(values) for name, values in found.items()}


def row(way: str, dim: int, batch: int, seeds: tuple[int, ...]) -> dict[str, np.ndarray]:
    begun = time.process_time()
    found = {name: asked(way, dim, batch, seeds, scale) for name, scale in (("estimate", SHRUNK), ("null", 1.0))}
    between = time.process_time()
    generator = taught(way, dim, batch, seeds)
    seconds = np.array([between - begun, time.process_time() - between])
    with torch.no_grad():
        clouds = generator(drawn(dim, 2 * N, seeds, "recorded latent")()).numpy()
    shown = {"samples": clouds[0, :400, :2].astype(np.float16)}
    return {**found, **judged(clouds, dim, seeds), **shown, "seconds": seconds}


def distance(dim: int) -> float:
    """W1(P, ½P) = ½ E|X|, because moving along rays is optimal: from a million draws."""
    return float((1 - SHRUNK) * law(dim).sample(10**6, torch.Generator().manual_seed(0)).norm(dim=1).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one row on fresh seeds, held to the record")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.quick:
        again, recorded = row("exact", 2, 16, tuple(range(100, 105))), runs.load(PATH)
        for name in ("estimate", "null", "energy"):
            rerun(f"exact, d = 2, B = 16: {name}", recorded[f"exact/2/16/{name}"], again[name])
        return
    fixed = dict(runs.load(PATH).fixed) if PATH.exists() else {}
    origin = files.provenance()  # before the file itself makes the folder unclean
    for dim, batch, way in [(d, b, way) for b in (64, 16, 256) for d in (2, 32, 8) for way in WAYS]:
        fixed[f"{dim}/w1"] = np.array(distance(dim)) if f"{dim}/w1" not in fixed else fixed[f"{dim}/w1"]
        if f"{way}/{dim}/{batch}/energy" in fixed:
            continue
        found = row(way, dim, batch, SEEDS)
        fixed |= {f"{way}/{dim}/{batch}/{name}": array for name, array in found.items()}
        told = {name: np.round(array.mean(), 4) for name, array in found.items() if name != "samples"}
        print(way, dim, batch, f"W1 {fixed[f'{dim}/w1']:.3f}", told, found["seconds"].round(1), flush=True)
        meta = {
            **origin, "command": "python experiments/critics_and_quality.py", "seed": list(SEEDS),
            "law": [repr(law(d)) for d in DIMS], "n_steps": STEPS, "critic_steps": CRITIC_STEPS, "width": WIDTH,
            "ask_steps": ASK_STEPS, "asked": ASKED, "n": N, "shrunk": SHRUNK, "constraint": repr(PENALTY),
            "optimizer": repr(RATE), "dims": list(DIMS), "batches": list(BATCHES), "ways": list(WAYS),
        }  # fmt: skip
        runs.Run({"index": np.array([STEPS])}, meta, fixed).save(PATH)


if __name__ == "__main__":
    main()
