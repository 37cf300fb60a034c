"""Record how well critics estimate a W1 that is known, and its gradient: MinFunnels in d = 2, 8, 16 and 32.

Five seeds of one architecture side by side, 64 funnels drawn from seed 0, trained on fresh batches. Two numbers each:
the raw gap on 5,000 fresh points beside the true W1, and the mean cosine of ∇f with the optimal critic's gradient, at
points of P and at points of Q. Discrete optimal transport of two samples (the c-transform of its prices as the critic)
stands beside them, and so does the null, the gap of each trained critic between two samples of P. Korotin 2022
published d = 2 and 16.
Shown in `clipping-gp-sn` and `what-wgans-are`.

Run: OMP_NUM_THREADS=1 python experiments/funnels.py (about a quarter of an hour on one core of a shared 2-core CPU;
1,000 steps for all critics alike). Adds each row to wgan_lib/recorded/funnels.npz as it ends, and goes on with those
that are missing.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from fixed_pair import fit, side_by_side
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from wgan_lib import diagnostics, files, networks, runs, sampling, transport
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Orthonormal, SpectralNorm, WeightClipping
from wgan_lib.training import stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/funnels.npz"
DIMS, N_FUNNELS, SEEDS, STEPS, WIDTH, BATCH, N, N_DISCRETE = (
    (2, 8, 16, 32),
    64,
    list(range(5)),
    1000,
    128,
    256,
    5000,
    1000,
)
Way = tuple[LipschitzConstraint, Callable[[], nn.Module]]
WAYS: dict[str, Way] = {
    "clipping": (WeightClipping(0.05), nn.ReLU),
    "GP": (GradientPenalty(10.0), nn.ReLU),
    "one-sided GP": (GradientPenalty(10.0, one_sided=True), nn.ReLU),
    "SN": (SpectralNorm(), nn.ReLU),
    "orthonormal": (Orthonormal(), networks.GroupSort),
}


def made(dim: int, activation: Callable[[], nn.Module]) -> nn.Module:
    """K critics, each drawn from its own seed."""
    sizes, gain = (dim, WIDTH, WIDTH, WIDTH, 1), 2**0.5
    return networks.side_by_side(
        [networks.mlp(*sizes, activation=activation, gain=gain, rng=stream(seed, "critic")) for seed in SEEDS]
    )


def gradients(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The critics' gradients at x (…, n, d)."""
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        return torch.autograd.grad(critic(x).sum(), x)[0]


def train_row(dim: int, way: str, n_steps: int) -> dict[str, np.ndarray]:
    """Gap, the gap between two samples of P, cosines at both laws and certified gap of each seed, (K,)."""
    law, (constraint, activation) = sampling.min_funnels(dim, N_FUNNELS, seed=0), WAYS[way]
    critic, begun = made(dim, activation), time.process_time()
    fit(critic, constraint, side_by_side(law, SEEDS, BATCH), n_steps, SEEDS)
    x, y = side_by_side(law, SEEDS, N, "evaluation")()
    again, _ = side_by_side(law, SEEDS, N, "recorded data")()
    with networks.evaluating(critic):
        with torch.no_grad():
            gap, null = (critic(x).mean(-1) - critic(other).mean(-1) for other in (y, again))
        slopes, at_generated = gradients(critic, x), gradients(critic, y)
        cosine, generated = (
            cosine_similarity(found, torch.stack([law.critic_gradient(points) for points in z]), dim=-1).mean(-1)
            for found, z in ((slopes, x), (at_generated, y))
        )
        certified = [
            diagnostics.certified_lower_bound(partial(lambda z, k: critic(z)[k], k=k), x[k, :1000], y[k, :1000])
            for k in range(len(SEEDS))
        ]
    return {
        "gap": gap.numpy(), "null": null.numpy(), "cosine": cosine.numpy(), "cosine at Q": generated.numpy(),
        "certified": np.array(certified), "slope": slopes.norm(dim=-1).mean(-1).numpy(),
        "seconds": np.array(time.process_time() - begun),
    }  # fmt: skip


def discrete(dim: int) -> dict[str, np.ndarray]:
    """The same of the optimal critic of two samples, at points that it has not seen."""
    law, gaps, cosines = sampling.min_funnels(dim, N_FUNNELS, seed=0), [], {"cosine": [], "cosine at Q": []}
    for seed in SEEDS:
        x, y = law.sample_pair(N_DISCRETE, stream(seed, "data"))
        gaps.append(transport.w1(x, y))
        critic, step = transport.optimal_critic(x, y), 1e-4
        for name, fresh in zip(cosines, law.sample_pair(N_DISCRETE, stream(seed, "evaluation")), strict=True):
            moved = [
                (critic(fresh.numpy() + step * e) - critic(fresh.numpy() - step * e)) / (2 * step) for e in np.eye(dim)
            ]
            slope = torch.from_numpy(np.stack(moved, 1)).float()
            cosines[name].append(float(cosine_similarity(slope, law.critic_gradient(fresh), dim=-1).mean()))
    return {"gap": np.array(gaps), **{name: np.array(values) for name, values in cosines.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the steps, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    n_steps = STEPS // 50 if options.quick else STEPS
    fixed = dict(runs.load(PATH).fixed) if PATH.exists() and not options.quick else {}
    origin = files.provenance()  # before the file itself makes the folder unclean
    for dim in DIMS:
        fixed[f"{dim}/w1"] = np.array(sampling.min_funnels(dim, N_FUNNELS, seed=0).w1)
        for way in (*WAYS, "discrete"):
            if f"{dim}/{way}/cosine at Q" in fixed:
                continue
            found = discrete(dim) if way == "discrete" else train_row(dim, way, n_steps)
            fixed |= {f"{dim}/{way}/{name}": array for name, array in found.items()}
            w1, gap, cosine = fixed[f"{dim}/w1"], found["gap"].mean(), found["cosine"].mean()
            print(f"d = {dim}, {way}: gap {gap:.3f} (W1 {w1:.3f}), cosine {cosine:.2f}", flush=True)
            meta = {
                **origin, "command": "python experiments/funnels.py", "seed": SEEDS, "n_steps": n_steps,
                "n_funnels": N_FUNNELS, "width": WIDTH, "batch_size": BATCH, "n": N, "n_discrete": N_DISCRETE,
                "ways": {name: repr(constraint) for name, (constraint, _) in WAYS.items()},
            }  # fmt: skip
            if not options.quick:
                runs.Run({"index": np.array([n_steps])}, meta, fixed).save(PATH)


if __name__ == "__main__":
    main()
