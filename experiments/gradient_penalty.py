"""Record what the gradient penalty does to trained critics, by weight, place, dimension, start and normalisation.

quadrature: N(0, 1) real, N(1, 1) generated, every expectation a sum over a grid, five weights.
rays: N(0, I) against N(−2 e₁, I) in 2 to 64 dimensions: slopes at random interpolates and on optimal rays.
long_rays: the same in 64 dimensions, five times as long.
places: the pair in the plane with a quarter of the spread, penalised at the reals only and at interpolates: gap and
penalty by step.
trap: two points 5 apart in 1, 2 and 8 dimensions, weight 10, from a network that was first fitted to slope −1.
norms: the pair in the plane with BatchNorm, LayerNorm or no normalisation in the critic, which the library refuses in
the first case.

Shown in `gradient-penalty`. Run: OMP_NUM_THREADS=1 python experiments/gradient_penalty.py (about 5 minutes of one free
core). A part that ended is kept in _build/gradient-penalty and not trained again.
Writes wgan_lib/recorded/gradient-penalty.npz. With --quick (ten seconds) nothing is written: five networks of other
first weights are trained at λ = 1, and their gap is held to the recorded interval.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fixed_pair import fit, rerun
from scipy.stats import norm
from torch import Tensor, nn

from wgan_lib import diagnostics, files, networks, runs
from wgan_lib.constraints import GradientPenalty, gradient_norms
from wgan_lib.training import Adam, stream

SEEDS = list(range(5))
PARTS = Path("_build/gradient-penalty")
WEIGHTS = [0.1, 0.3, 1.0, 3.0, 10.0]
DIMS, SHIFT, WEIGHT = [2, 4, 8, 16, 32, 64], 2.0, 1.0
STEPS, LONG = 800, 4000  # of the critics of `rays` and of `long_rays`
APART = 0.25  # standard deviation with which the pair of `places` has no overlap
Arrays = dict[str, np.ndarray]


def interpolate_density(z: np.ndarray) -> np.ndarray:
    """Density of α X + (1 − α) Y, X ~ N(0, 1), Y ~ N(1, 1), α ~ U[0, 1], by the midpoint rule in α."""
    alpha = (np.arange(400) + 0.5) / 400
    return norm.pdf(z[:, None], 1 - alpha, np.hypot(alpha, 1 - alpha)).mean(1)


def quadrature(weights: Sequence[float] = WEIGHTS, seed: int = 0, steps: int = 1500) -> Arrays:
    """Train on the exact expectations; raw gap and penalised value, (weight, seed)."""
    z = np.linspace(-6, 7, 261)
    p, q, rho = (torch.tensor(v / v.sum()).float() for v in (norm.pdf(z), norm.pdf(z, 1), interpolate_density(z)))
    points = torch.tensor(z).float()[:, None]
    found: dict[str, list[np.ndarray]] = {"gap": [], "value": [], "slope": []}
    for weight in weights:
        rng = torch.Generator().manual_seed(seed)
        critic = networks.mlp(1, 48, 48, 1, copies=len(SEEDS), gain=2**0.5, rng=rng)
        descent = torch.optim.Adam(critic.parameters(), 3e-3, (0.5, 0.9))
        for step in range(steps):
            descent.param_groups[0]["lr"] = 3e-3 * (1 - step / steps)
            gap = critic(points) @ (p - q)
            slopes = gradient_norms(critic, points.expand(len(SEEDS), -1, -1), create_graph=True)
            penalty = weight * (slopes - 1).square() @ rho
            descent.zero_grad()
            (penalty - gap).sum().backward()
            descent.step()
        values = {"gap": gap, "value": gap - penalty, "slope": slopes}
        for name, value in values.items():
            found[name].append(value.detach().numpy())
    return {"quadrature/z": z, **{f"quadrature/{name}": np.array(rows) for name, rows in found.items()}}


def pair(dim: int, n: int, purpose: str = "data", std: float = 1.0) -> Callable[[], tuple[Tensor, Tensor]]:
    """Draw N(0, std² I) and N(−SHIFT e₁, std² I), (seed, n, dim) each."""
    rngs = [stream(seed, purpose) for seed in SEEDS]
    offset = SHIFT * torch.eye(dim)[0]

    def draw() -> tuple[Tensor, Tensor]:
        clouds = std * torch.stack([torch.randn(2, n, dim, generator=rng) for rng in rngs])
        return clouds[:, 0], clouds[:, 1] - offset

    return draw


def rays(dims: Sequence[int] = DIMS, steps: int = STEPS) -> Arrays:
    """Slopes at interpolates of random pairs and on optimal rays, and the rise along a ray over its length."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("gap", "interpolates", "on rays", "rise", "radius")}
    for dim in dims:
        rng = torch.Generator().manual_seed(0)
        critic = networks.mlp(dim, 64, 64, 1, copies=len(SEEDS), gain=2**0.5, rng=rng)
        fit(critic, GradientPenalty(WEIGHT), pair(dim, 128), steps, SEEDS, optimizer=Adam(1e-3, (0.5, 0.9)))
        real, fake = pair(dim, 2048, "evaluation")()
        alpha = torch.rand(2048, 1, generator=torch.Generator().manual_seed(1))
        partner = real - SHIFT * torch.eye(dim)[0]
        between, ray = alpha * real + (1 - alpha) * fake, alpha * real + (1 - alpha) * partner
        with torch.no_grad():
            f, g, h = critic(real), critic(fake), critic(partner)
        centre = between + SHIFT / 2 * torch.eye(dim)[0]
        values = {
            "gap": f.mean(1) - g.mean(1), "interpolates": gradient_norms(critic, between).mean(1),
            "on rays": gradient_norms(critic, ray).mean(1), "rise": (f - h).mean(1) / SHIFT,
            "radius": centre.norm(dim=-1).mean(1),
        }  # fmt: skip
        for name, value in values.items():
            found[name].append(value.detach().numpy())
    return {f"rays/{name}": np.array(rows) for name, rows in found.items()}


def long_rays() -> Arrays:
    """`rays` in the highest dimension, five times as long."""
    return {name.replace("rays/", "long rays/"): rows for name, rows in rays(DIMS[-1:], LONG).items()}


def places() -> Arrays:
    """Gap and penalty on fresh samples by step, (mark, seed), penalised at the reals only and at interpolates."""
    found: Arrays = {}
    marks = [1, 50, *range(100, 1601, 100)]
    real, fake = pair(2, 2048, "evaluation", APART)()
    for at in ("reals", "interpolates"):
        rng = torch.Generator().manual_seed(0)
        critic = networks.mlp(2, 64, 64, 1, copies=len(SEEDS), gain=2**0.5, rng=rng)
        penalty = GradientPenalty(WEIGHT, at=at)

        def look(critic: nn.Module, step: int, penalty: Any = penalty) -> np.ndarray:
            with torch.no_grad():
                gap = critic(real).mean(1) - critic(fake).mean(1)
            paid = [penalty.penalty(critic, real, fake, [stream(s, "evaluation") for s in SEEDS]).item() / len(SEEDS)]
            return np.array([gap.numpy(), np.full(len(SEEDS), paid[0])])

        seen = fit(
            critic, penalty, pair(2, 128, std=APART), 1600, SEEDS, optimizer=Adam(1e-3, (0.5, 0.9)), decay=False,
            marks=marks, look=look,
        )  # fmt: skip
        found[f"places/{at}/gap"], found[f"places/{at}/penalty"] = np.array(seen).transpose(1, 0, 2)
    return {"places/marks": np.array(marks), **found}


def trap() -> Arrays:
    """Rise over length between the two points where training ends, (dimension, seed)."""
    ends = []
    for dim in (1, 2, 8):
        rng = torch.Generator().manual_seed(0)
        critic = networks.mlp(dim, 64, 64, 1, copies=len(SEEDS), gain=2**0.5, rng=rng)
        ahead = 5.0 * torch.eye(dim)[0]
        along = torch.rand(256, 1, generator=rng) * ahead + 0.5 * torch.randn(256, dim, generator=rng)
        first = torch.optim.Adam(critic.parameters(), 3e-3)
        for _ in range(600):
            off = gradient_norms(critic, along.expand(len(SEEDS), -1, -1), create_graph=True) - 1
            loss = (critic(along) + along[:, 0]).square().mean(1).sum() + off.square().mean(1).sum()
            first.zero_grad()
            loss.backward()
            first.step()
        at = (ahead.expand(len(SEEDS), 64, dim), torch.zeros(len(SEEDS), 64, dim))
        before = (critic(at[0])[:, 0] - critic(at[1])[:, 0]) / 5
        fit(critic, GradientPenalty(10.0), lambda at=at: at, 1500, SEEDS, optimizer=Adam(1e-3, (0.5, 0.9)))
        after = (critic(at[0])[:, 0] - critic(at[1])[:, 0]) / 5
        ends.append([before.detach().numpy(), after.detach().numpy()])
    return {"trap/start": np.array(ends)[:, 0], "trap/end": np.array(ends)[:, 1]}


class Unchecked(GradientPenalty):
    """The gradient penalty on whatever critic it is given, BatchNorm too: wrong on purpose."""

    def attach(self, critic: nn.Module) -> None:
        """Ask nothing."""


def norms() -> Arrays:
    """Slope at interpolates in both modes, the raw gap and the certified bound in eval mode, (norm, seed)."""
    rows = []
    for layer in (None, nn.LayerNorm, nn.BatchNorm1d):
        row = []
        for seed in SEEDS:
            rng, data = torch.Generator().manual_seed(seed), stream(seed, "data")
            critic = networks.mlp(2, 64, 64, 1, norm=layer, gain=2**0.5, rng=rng)
            offset = SHIFT * torch.eye(2)[0]

            def draw(data: Any = data, offset: Tensor = offset) -> tuple[Tensor, Tensor]:
                clouds = torch.randn(2, 128, 2, generator=data)
                return clouds[0], clouds[1] - offset

            descent = Adam(1e-3, (0.5, 0.9))(critic.parameters())
            penalty_rng = stream(seed, "penalty")
            for _ in range(500):
                real, fake = draw()
                loss = (
                    critic(fake).mean() - critic(real).mean() + Unchecked(1.0).penalty(critic, real, fake, penalty_rng)
                )
                descent.zero_grad()
                loss.backward()
                descent.step()
            real, fake = draw()
            half = (real + fake) / 2
            asked = gradient_norms(critic, half).mean().item()
            critic.eval()
            with torch.no_grad():
                gap = (critic(real).mean() - critic(fake).mean()).item()
            bound = diagnostics.certified_lower_bound(critic, real, fake)
            row.append([asked, gradient_norms(critic, half).mean().item(), gap, bound])
        rows.append(row)
    return {"norms": np.array(rows)}


def quick(steps: int = 1500) -> bool:
    """Train the row λ = 1 of `quadrature` from other first weights; does it end where the record says?"""
    again = quadrature([1.0], seed=1, steps=steps)["quadrature/gap"][0]
    recorded = runs.load("gradient-penalty")["quadrature/gap"][WEIGHTS.index(1.0)]
    return rerun("raw gap at λ = 1", recorded, again)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="five fresh networks against the record, not written")
    torch.set_num_threads(1)
    if parser.parse_args().quick:
        raise SystemExit(not quick())
    PARTS.mkdir(parents=True, exist_ok=True)
    found: Arrays = {}
    seconds, commits = {}, set()
    for part in (quadrature, rays, long_rays, places, trap, norms):
        path = PARTS / f"{part.__name__}.npz"
        if not path.exists():
            begun = time.process_time()
            arrays = {name: np.asarray(value)[None] for name, value in part().items()}
            told = {**files.provenance(), "seconds": round(time.process_time() - begun, 1)}
            runs.Run(arrays, told).save(path)
        run = runs.load(path)
        found |= {name: array[0] for name, array in run.frames.items()}
        seconds[part.__name__] = run.meta["seconds"]
        commits.add(run.meta["commit"])
        print(part.__name__, run.meta["seconds"], flush=True)
    if len(commits) > 1:
        raise SystemExit(f"{PARTS} holds parts made at different commits, {sorted(commits)}: empty it")
    meta = {name: value for name, value in run.meta.items() if name != "seconds"} | {
        "preset": None, "command": "python experiments/gradient_penalty.py", "seed": SEEDS, "weights": WEIGHTS,
        "dims": DIMS, "steps": STEPS, "long": LONG, "shift": SHIFT, "std apart": APART, "weight": WEIGHT,
        "device": "cpu", "seconds": seconds, "torch threads": 1,
    }  # fmt: skip
    fixed = {name: array.astype(np.float32) for name, array in found.items()}
    saved = runs.Run({"index": np.arange(1)}, meta, fixed).save("wgan_lib/recorded/gradient-penalty.npz")
    print(saved, saved.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
