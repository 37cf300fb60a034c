"""Record what clipping does to critics of 2 to 12 layers: one box for all depths, and the best box for each.

Four pieces, shown in `weight-clipping`:

- depth: critics of width 64 on the ring of eight against a round normal law, four seeds side by side, for nine bounds c
  and, beside them, a gradient penalty: raw gap, certified W1 of 512 fresh points, steepest gradient on a grid, share of
  weights at the bound, gradient by layer, histogram of the weights, and the first seed's surface.
- layers: WGAN-GP's figure 1b: 12 layers of 256 units on the Swiss roll, c in {.1, .01, .001} and GP, five seeds.
- surfaces: WGAN-GP's figure 1a: 2-512-512-512-1 with the generated law fixed at real + N(0, I), on three laws.
- shape: the choices of `depth` judged on five fresh seeds and points: the c that certified most, the c whose slope came
  nearest to 1, and penalties of two weights; certified W1, and the cosine of the gradient with the exact critic's.

Run: OMP_NUM_THREADS=1 python experiments/clipping_depth.py [--pieces depth …] (about 50 minutes on one core of a shared
2-core CPU). Writes wgan_lib/recorded/clipping-{depth,layers,surfaces,shape}.npz, each as soon as it is done; without
names, those that are missing.
"""

import argparse
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fixed_pair import Draw, fit
from torch import Tensor, nn

from wgan_lib import diagnostics, files, networks, runs, sampling, transport
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, WeightClipping
from wgan_lib.training import Adam, RMSProp, stream

RECORDED = Path(__file__).parents[1] / "wgan_lib/recorded"
SEEDS, WIDTH, BATCH, N, STEPS, GRID = list(range(4)), 64, 256, 512, 1500, 28
DEPTHS, BOUNDS = (2, 3, 4, 6, 8, 12), (0.003, 0.01, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
REAL, GENERATED = sampling.ring(8, std=0.05), sampling.normals((0.0, 0.0), 0.5)
BINS = 21


def two_laws(real: Any, generated: Any, seeds: Sequence[int], n: int, purpose: str = "data") -> Draw:
    """Fresh batches (K, n, d) of two laws, each seed from its own streams."""
    rngs = [
        (stream(seed, purpose), stream(seed, "latent" if purpose == "data" else "recorded latent")) for seed in seeds
    ]

    def draw() -> tuple[Tensor, Tensor]:
        pairs = [(real.sample(n, a), generated.sample(n, b)) for a, b in rngs]
        return torch.stack([x for x, _ in pairs]), torch.stack([y for _, y in pairs])

    return draw


def make_critic(layers: int, width: int, seeds: Sequence[int]) -> nn.Module:
    """K critics of `layers` weight layers, ReLU, He's initial weights, each drawn from its own seed."""
    sizes = (2, *[width] * (layers - 1), 1)
    return networks.side_by_side([networks.mlp(*sizes, gain=2**0.5, rng=stream(s, "critic")) for s in seeds])


def by_layer(critic: nn.Module, x: Tensor) -> np.ndarray:
    """Mean gradient norm at the output of each layer, input first, of all copies together."""
    return np.array(list(diagnostics.gradient_norm_by_layer(critic, x).values()))


def weights(critic: nn.Module) -> np.ndarray:
    return torch.cat([p.detach().flatten() for p in critic.parameters()]).numpy()


def square(half: float, n: int) -> Tensor:
    """Points of a grid over [−half, half]², row by row: x runs fastest."""
    axis = torch.linspace(-half, half, n)
    return torch.cartesian_prod(axis, axis).flip(-1)


def depth(quick: bool) -> dict[str, np.ndarray]:
    x, y = two_laws(REAL, GENERATED, SEEDS, N, "evaluation")()
    exact = np.array([transport.w1(a, b) for a, b in zip(x, y, strict=True)])
    fixed = {"depth": np.array(DEPTHS), "bound": np.array(BOUNDS), "exact": exact, "half": np.array(1.6)}
    grid = square(1.6, GRID)
    for kind, choices in {"clipping": BOUNDS, "penalty": (1.0,)}.items():
        rows: dict[str, list[list[np.ndarray]]] = {}
        for layers in DEPTHS:
            found: dict[str, list[np.ndarray]] = {}
            for value in choices:
                constraint: LipschitzConstraint = (
                    WeightClipping(value) if kind == "clipping" else GradientPenalty(value)
                )
                optimizer = RMSProp(min(1e-3, value / 10)) if kind == "clipping" else Adam(1e-3, (0.0, 0.9))
                critic = make_critic(layers, WIDTH, SEEDS)
                draw = two_laws(REAL, GENERATED, SEEDS, BATCH)
                fit(critic, constraint, draw, 30 if quick else STEPS, SEEDS, optimizer=optimizer)
                for name, array in judged(critic, x, y, grid, value if kind == "clipping" else None).items():
                    found.setdefault(name, []).append(array)
            for name, arrays in found.items():
                padded = [np.pad(a, (0, max(DEPTHS) - len(a))) if name == "by layer" else a for a in arrays]
                rows.setdefault(name, []).append(padded)
            best = np.argmax([np.mean(a) for a in found["certified"]])
            print(
                f"{kind}, {layers} layers: best {choices[best]}, certified {found['certified'][best].round(3)}",
                flush=True,
            )
        fixed |= {f"{kind}/{name}": np.array(values) for name, values in rows.items()}
    return fixed


def judged(critic: nn.Module, x: Tensor, y: Tensor, grid: Tensor, bound: float | None) -> dict[str, np.ndarray]:
    """Numbers of each copy (K,), gradient by layer, histogram over [−c, c] or the weights' own range, one surface."""
    gap, certified = [], []
    with networks.evaluating(critic):
        for k in range(len(SEEDS)):
            one = partial(lambda points, k: critic(points)[k], k=k)
            gap.append(float(one(x[k]).mean() - one(y[k]).mean()))
            certified.append(diagnostics.certified_lower_bound(one, x[k], y[k]))
        surface = critic(grid)[0].numpy()
    values = weights(critic)
    reach = bound or float(np.abs(values).max())
    return {
        "gap": np.array(gap),
        "certified": np.array(certified),
        "slope": diagnostics.gradient_norms(critic, grid.expand(len(SEEDS), -1, -1)).amax(1).numpy(),
        "at bound": np.array(diagnostics.share_at_bound(critic, bound) if bound else 0.0),
        "by layer": by_layer(critic, x),
        "histogram": np.histogram(values, BINS, (-reach * 1.0001, reach * 1.0001))[0].astype(np.int32),
        "reach": np.array(reach),
        "surface": surface.reshape(GRID, GRID).astype(np.float32),
    }


def layers(quick: bool) -> dict[str, np.ndarray]:
    law, seeds, n_layers = sampling.swiss_roll(), list(range(5)), 12
    blurred = Blurred(law)
    ways = {f"clipping {c:g}": (WeightClipping(c), RMSProp(5e-5)) for c in (0.1, 0.01, 0.001)}
    fixed: dict[str, np.ndarray] = {}
    for name, (constraint, optimizer) in {**ways, "GP": (GradientPenalty(10.0), Adam(1e-4, (0.5, 0.9)))}.items():
        rows, histograms, shares = [], [], []
        for seed in seeds:
            critic = make_critic(n_layers, 256, [seed])
            fit(
                critic,
                constraint,
                two_laws(law, blurred, [seed], BATCH),
                5 if quick else 300,
                [seed],
                optimizer=optimizer,
                decay=False,
            )
            x = law.sample(N, stream(seed, "evaluation"))[None]
            rows.append(by_layer(critic, x))
            values = weights(critic)
            reach = np.abs(values).max() * 1.0001
            histograms.append(np.r_[np.histogram(values, BINS, (-reach, reach))[0], reach])
            bound = getattr(constraint, "bound", None)
            shares.append(diagnostics.share_at_bound(critic, bound) if bound else 0.0)
        fixed |= {
            f"{name}/by layer": np.array(rows),
            f"{name}/histogram": np.array(histograms),
            f"{name}/at bound": np.array(shares),
        }
        logs = np.log10(np.array(rows)).mean(0)
        print(
            f"{name}: log10 gradient, output to input {logs[-1]:.1f} → {logs[0]:.1f}, at ±c {np.mean(shares):.2f}",
            flush=True,
        )
    return fixed


def chosen(depths: Sequence[int]) -> dict[str, list[float]]:
    """Two bounds for each depth, from the recorded piece `depth`: of most certified W1, and of slope nearest to 1."""
    seen = runs.load(RECORDED / "clipping-depth.npz")
    rows = [DEPTHS.index(layers) for layers in depths]
    certified, slope = seen["clipping/certified"][rows].mean(-1), np.median(seen["clipping/slope"][rows], -1)
    off = np.abs(np.log(np.maximum(slope, 1e-30)))
    return {
        "clipping, most certified": seen["bound"][certified.argmax(1)].tolist(),
        "clipping, slope nearest 1": seen["bound"][off.argmin(1)].tolist(),
    }


def shape(quick: bool) -> dict[str, np.ndarray]:
    depths, seeds = (2, 8), list(range(10, 15))
    x, y = two_laws(REAL, GENERATED, seeds, N, "evaluation")()
    exact = [transport.optimal_critic(a, b, tips="x") for a, b in zip(x, y, strict=True)]
    rays = torch.stack([torch.as_tensor(f.gradient(b)) for f, b in zip(exact, y, strict=True)])
    fixed = {"depth": np.array(depths), "seeds": np.array(seeds)}
    fixed["exact"] = np.array([transport.w1(a, b) for a, b in zip(x, y, strict=True)])
    ways: dict[str, list[tuple[LipschitzConstraint, Any]]] = {
        name: [(WeightClipping(c), RMSProp(min(1e-3, c / 10))) for c in bounds]
        for name, bounds in chosen(depths).items()
    }
    fixed |= {f"{name}/bound": np.array(bounds) for name, bounds in chosen(depths).items()}
    for weight in (1.0, 10.0):
        ways[f"penalty {weight:g}"] = [(GradientPenalty(weight), Adam(1e-3, (0.0, 0.9)))] * len(depths)
    for name, choices in ways.items():
        rows: dict[str, list[list[float]]] = {"certified": [], "cosine": [], "slope": []}
        for layers, (constraint, optimizer) in zip(depths, choices, strict=True):
            critic = make_critic(layers, WIDTH, seeds)
            draw = two_laws(REAL, GENERATED, seeds, BATCH)
            fit(critic, constraint, draw, 30 if quick else STEPS, seeds, optimizer=optimizer)
            gradient = gradients(critic, y)
            rows["cosine"].append(torch.cosine_similarity(gradient, rays, dim=-1).mean(1).tolist())
            rows["slope"].append(diagnostics.gradient_norms(critic, torch.cat([x, y], 1)).amax(1).tolist())
            with networks.evaluating(critic):
                ones = [partial(lambda points, f, k: f(points)[k], f=critic, k=k) for k in range(len(seeds))]
                bounds = [diagnostics.certified_lower_bound(f, a, b) for f, a, b in zip(ones, x, y, strict=True)]
            rows["certified"].append(bounds)
            print(f"{name}, {layers} layers: certified {np.mean(bounds):.3f}", flush=True)
        fixed |= {f"{name}/{key}": np.array(values) for key, values in rows.items()}
    return fixed


def gradients(critic: nn.Module, y: Tensor) -> Tensor:
    """∇f at the points (K, n, d) of each copy, in double precision."""
    points = y.clone().requires_grad_()
    with networks.evaluating(critic), torch.enable_grad():
        (found,) = torch.autograd.grad(critic(points).sum(), points)
    return found.double()


class Blurred:
    """A law plus N(0, I): the generated law of WGAN-GP's figure 1."""

    def __init__(self, law: sampling.Law) -> None:
        self.law = law

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n points of the law and blur each."""
        return self.law.sample(n, generator) + torch.randn(n, 2, generator=generator)


def surfaces(quick: bool) -> dict[str, np.ndarray]:
    laws = {
        "8 Gaussians": sampling.ring(8, 2.0, 0.02, scale=1 / 1.414),
        "25 Gaussians": sampling.grid(25, scale=1 / 2.828),
        "Swiss roll": sampling.swiss_roll(),
    }
    ways = {
        "clipping": (WeightClipping(0.01), RMSProp(5e-5)),
        "clipping .1": (WeightClipping(0.1), RMSProp(5e-4)),
        "GP": (GradientPenalty(0.1), Adam(1e-4, (0.5, 0.9))),
    }
    fixed: dict[str, np.ndarray] = {}
    for law_name, law in laws.items():
        real = law.sample(N, stream(0, "evaluation"))
        half = 1.5 * float(real.abs().max())
        fixed |= {f"{law_name}/real": real.numpy().astype(np.float16), f"{law_name}/half": np.array(half)}
        for name, (constraint, optimizer) in ways.items():
            critic = make_critic(4, 512, [0])
            fit(
                critic,
                constraint,
                two_laws(law, Blurred(law), [0], BATCH),
                5 if quick else 2000,
                [0],
                optimizer=optimizer,
                decay=False,
            )
            with networks.evaluating(critic):
                fixed[f"{law_name}/{name}"] = critic(square(half, 48))[0].reshape(48, 48).numpy()
            print(f"{law_name}, {name}: range of the surface {np.ptp(fixed[f'{law_name}/{name}']):.3g}", flush=True)
    return fixed


PIECES = {"depth": depth, "layers": layers, "surfaces": surfaces, "shape": shape}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pieces", nargs="+", choices=list(PIECES), help="default: those that are not recorded yet")
    parser.add_argument("--quick", action="store_true", help="a few steps of each, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    missing = [piece for piece in PIECES if not (RECORDED / f"clipping-{piece}.npz").exists()]
    origin = files.provenance()  # before a recording makes the folder unclean
    for piece in options.pieces or missing:
        begun = time.process_time()
        fixed = PIECES[piece](options.quick)
        meta = {
            **origin, "command": f"python experiments/clipping_depth.py --pieces {piece}",
            "seed": fixed.pop("seeds").tolist() if "seeds" in fixed else SEEDS,
            "real": repr(REAL), "generated": repr(GENERATED), "n_steps": STEPS, "batch_size": BATCH,
            "cpu_seconds": round(time.process_time() - begun, 1),
        }  # fmt: skip
        if not options.quick:
            runs.Run({"index": np.array([0])}, meta, fixed).save(RECORDED / f"clipping-{piece}.npz")


if __name__ == "__main__":
    main()
