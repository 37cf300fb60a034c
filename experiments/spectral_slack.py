"""Record how far the product of norms lies above a network's own slope: by depth, while training, and by constraint.

Three pieces, eight seeds side by side each, shown in `spectral-normalisation`. All train on the unit circle against its
centre, where W1 = 1 and the optimal critic is the distance to the centre.

- slack: critics of 1 to 8 hidden layers, by spectral normalisation with ReLU and by orthonormal layers with sorted
  pairs or sorted groups of 16: certified W1 of 512 points, steepest gradient on a grid, product of the layers' norms.
- lag: the largest true norm of a layer while one power iteration a step follows it, at three learning rates.
- spectra: singular values of the middle layer after training under each constraint.

Run: OMP_NUM_THREADS=1 python experiments/spectral_slack.py [--pieces slack …] (about 20 minutes on one core of a shared
2-core CPU). Writes wgan_lib/recorded/spectral-{slack,lag,spectra}.npz, each as soon as it is done; without
names, those that are missing. With --quick (half a minute) nothing is written: eight critics of one hidden layer are
trained from fresh seeds, and their gap is held to the recorded interval.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from fixed_pair import fit, rerun, side_by_side
from torch import Tensor, nn
from torch.nn.utils import parametrize

from wgan_lib import diagnostics, files, networks, runs, sampling, transport
from wgan_lib.constraints import (
    GradientPenalty,
    LipschitzConstraint,
    Orthonormal,
    SpectralNorm,
    Unconstrained,
    WeightClipping,
)
from wgan_lib.training import Adam, stream

RECORDED = Path(__file__).parents[1] / "wgan_lib/recorded"
SEEDS, WIDTH, BATCH, N, STEPS = list(range(8)), 64, 256, 512, 1500
DEPTHS, RATES = (1, 2, 3, 4, 6, 8), (1e-4, 1e-3, 1e-2)
LAW = sampling.radial_pair(2)
Make = Callable[[], nn.Module]
WAYS: dict[str, tuple[LipschitzConstraint, Make]] = {
    "SN, ReLU": (SpectralNorm(), nn.ReLU),
    "orthonormal, sorted pairs": (Orthonormal(), networks.GroupSort),
    "orthonormal, groups of 16": (Orthonormal(), partial(networks.GroupSort, 16)),
}


def make_critic(depth: int, activation: Make = nn.ReLU, seeds: Sequence[int] = SEEDS) -> nn.Module:
    """K critics of `depth` hidden layers, each drawn from its own seed."""
    sizes = (2, *[WIDTH] * depth, 1)
    rngs = [stream(seed, "critic") for seed in seeds]
    return networks.side_by_side([networks.mlp(*sizes, activation=activation, gain=2**0.5, rng=rng) for rng in rngs])


def linear_layers(critic: nn.Module) -> list[nn.Module]:
    return [layer for layer in critic.modules() if isinstance(layer, networks.BatchedLinear)]


@torch.no_grad()
def layer_norms(critic: nn.Module) -> np.ndarray:
    """Exact norm of each layer's weight as it acts, (layers, K): by SVD, in eval mode, so that nothing moves on."""
    with networks.evaluating(critic):
        return np.array(
            [torch.linalg.matrix_norm(layer.weight.double(), ord=2).numpy() for layer in linear_layers(critic)]
        )


def steepest(critic: nn.Module) -> np.ndarray:
    """Largest gradient of each critic on a grid over [−1.3, 1.3]², (K,)."""
    axis = torch.linspace(-1.3, 1.3, 81)
    return (
        diagnostics.gradient_norms(critic, torch.cartesian_prod(axis, axis).expand(len(SEEDS), -1, -1)).amax(1).numpy()
    )


def judged(critic: nn.Module, x: Tensor, y: Tensor) -> dict[str, np.ndarray]:
    """Raw gap, certified bound, steepest gradient and product of norms, each (K,)."""
    found: dict[str, list[float]] = {"gap": [], "certified": []}
    with networks.evaluating(critic):
        for k in range(len(SEEDS)):
            one = partial(lambda points, k: critic(points)[k], k=k)
            found["gap"].append(float(one(x[k]).mean() - one(y[k]).mean()))
            found["certified"].append(diagnostics.certified_lower_bound(one, x[k], y[k]))
    arrays = {name: np.array(values) for name, values in found.items()}
    return arrays | {"gradient": steepest(critic), "product": layer_norms(critic).prod(0)}


def slack(
    n_steps: int, ways: Sequence[str] = tuple(WAYS), depths: Sequence[int] = DEPTHS, seeds: Sequence[int] = SEEDS
) -> dict[str, np.ndarray]:
    x, y = side_by_side(LAW, seeds, N, "evaluation")()
    fixed = {"depth": np.array(depths), "exact": np.array([transport.w1(a, b) for a, b in zip(x, y, strict=True)])}
    for way in ways:
        constraint, activation = WAYS[way]
        rows = []
        for depth in depths:
            critic = make_critic(depth, activation, seeds)
            for layer in linear_layers(critic):  # as drawn, each layer divided by its exact norm
                layer.weight.data /= torch.linalg.matrix_norm(layer.weight.data, ord=2)[:, None, None]
            untrained = steepest(critic)
            fit(critic, constraint, side_by_side(LAW, seeds, BATCH), n_steps, seeds)
            rows.append(judged(critic, x, y) | {"untrained gradient": untrained})
            print(f"{way}, {depth} hidden: certified {rows[-1]['certified'].mean():.3f}", flush=True)
        fixed |= {f"{way}/{name}": np.array([row[name] for row in rows]) for name in rows[0]}
    return fixed


def lag(n_steps: int) -> dict[str, np.ndarray]:
    marks = sorted({int(m) for m in np.geomspace(1, n_steps, 40)})
    fixed = {"step": np.array(marks), "rate": np.array(RATES)}
    for rate in RATES:
        seen = fit(
            make_critic(3), SpectralNorm(), side_by_side(LAW, SEEDS, BATCH), n_steps, SEEDS, optimizer=Adam(rate),
            decay=False, marks=marks, look=lambda critic, step: layer_norms(critic).max(0),
        )  # fmt: skip
        fixed[f"{rate:g}"] = np.array(seen)
        print(f"rate {rate:g}: largest norm of a layer {fixed[f'{rate:g}'].max():.2f}", flush=True)
    return fixed


class RowLengths(nn.Module):
    """Each row of a weight (K, out, in) as a length times a direction."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.length = nn.Parameter(weight.detach().norm(dim=-1, keepdim=True))

    def forward(self, weight: Tensor) -> Tensor:
        """Return length times direction."""
        return self.length * nn.functional.normalize(weight, dim=-1)


class WeightNorm(LipschitzConstraint):
    """Weight normalisation, which bounds no norm. Source: Salimans & Kingma 2016. Not in the library."""

    def attach(self, critic: nn.Module) -> None:
        """Split the weight of every linear layer."""
        for layer in linear_layers(critic):
            parametrize.register_parametrization(layer, "weight", RowLengths(layer.weight))


def spectra(n_steps: int) -> dict[str, np.ndarray]:
    ways: dict[str, tuple[LipschitzConstraint, Make]] = {
        "unconstrained": (Unconstrained(), nn.ReLU),
        "clipping .05": (WeightClipping(0.05), nn.ReLU),
        "weight norm": (WeightNorm(), nn.ReLU),
        "GP": (GradientPenalty(1.0), nn.ReLU),
        **WAYS,
    }
    fixed: dict[str, np.ndarray] = {}
    for way, (constraint, activation) in ways.items():
        critic = make_critic(3, activation)
        fit(critic, constraint, side_by_side(LAW, SEEDS, BATCH), n_steps, SEEDS)
        with networks.evaluating(critic), torch.no_grad():
            values = torch.linalg.svdvals(linear_layers(critic)[1].weight.double()).numpy()
        fixed[way] = values.astype(np.float32)  # (K, width), of the middle 64 × 64 layer
        share = (values**2).sum(1) ** 2 / (values**4).sum(1)
        print(f"{way}: directions that carry it {share.mean():.1f} of {WIDTH}", flush=True)
    return fixed


def quick(n_steps: int = STEPS) -> bool:
    """Train one cell of `slack` from fresh seeds; does it end where the record says?"""
    again = slack(n_steps, ["SN, ReLU"], [1], range(20, 20 + len(SEEDS)))["SN, ReLU/gap"][0]
    recorded = runs.load("spectral-slack")["SN, ReLU/gap"][0]
    return rerun("raw gap of SN, one hidden layer", recorded, again)


PIECES = {"slack": slack, "lag": lag, "spectra": spectra}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pieces", nargs="+", choices=list(PIECES), help="default: those that are not recorded yet")
    parser.add_argument("--quick", action="store_true", help="one cell from fresh seeds, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.quick:
        raise SystemExit(not quick())
    missing = [piece for piece in PIECES if not (RECORDED / f"spectral-{piece}.npz").exists()]
    for piece in options.pieces or missing:
        begun = time.process_time()
        fixed = PIECES[piece](STEPS)
        meta = {
            **files.provenance(), "command": f"python experiments/spectral_slack.py --pieces {piece}", "seed": SEEDS,
            "law": repr(LAW), "n_steps": STEPS, "width": WIDTH, "batch_size": BATCH,
            "optimizer": "Adam(1e-3, (0, .9))",
            "cpu_seconds": round(time.process_time() - begun, 1),
        }  # fmt: skip
        runs.Run({"index": np.array([STEPS])}, meta, fixed).save(RECORDED / f"spectral-{piece}.npz")


if __name__ == "__main__":
    main()
