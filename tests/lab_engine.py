"""The lab's engine as the tests drive it: its WebAssembly through wasmtime, with numpy in and out, and torch beside."""

import base64
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import wasmtime
from torch import Tensor, nn

from wgan_lib import networks
from wgan_lib.constraints import (
    GradientPenalty,
    LipschitzConstraint,
    SpectralNorm,
    Unconstrained,
    WeightClipping,
)

JS = Path(__file__).parents[1] / "wgan_lib/js/lab"
LOSSES = ["WASSERSTEIN", "MINIMAX", "NON_SATURATING", "RELATIVISTIC", "HINGE"]
PLACES = ["nowhere", "interpolates", "reals", "fakes", "both"]
BUFFERS = ["latents", "real", "alpha", "points", "values", "slopes", "readings", "realScores", "fakeScores"]
NETS = ["generator", "critic"]
CONSTRAINTS: dict[str, LipschitzConstraint] = {
    "none": Unconstrained(),
    "clipping": WeightClipping(0.1),
    "GP": GradientPenalty(3.0),
    "one-sided GP": GradientPenalty(3.0, one_sided=True),
    "R1": GradientPenalty(3.0 / 2, target=0.0, at="reals"),
    "R1 + R2": GradientPenalty(3.0 / 2, target=0.0, at="both"),
    "SN": SpectralNorm(1),
}


def committed() -> bytes:
    """The module that the pages carry."""
    return base64.b64decode(re.search(r'"(.*)"', (JS / "engine-bytes.mjs").read_text(encoding="utf-8"))[1])


def penalty(constraint: LipschitzConstraint) -> dict[str, Any]:
    """The page's name for what a constraint adds to the loss."""
    if not isinstance(constraint, GradientPenalty):
        return {"at": "nowhere", "weight": 0.0, "target": 0.0, "oneSided": False}
    c = constraint
    return {"at": c.at, "weight": c.weight, "target": c.target, "oneSided": c.one_sided}


class Engine:
    """One instance of the module, with the calls of js/lab/engine.mjs."""

    def __init__(self, sizes: dict[str, list[int]], batch: int, spectral: bool, slope: float = 0.2) -> None:
        self.store = wasmtime.Store()
        module = wasmtime.Module(self.store.engine, committed())
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)
        self.sizes, self.batch = sizes, batch
        for which, name in enumerate(NETS):
            self.write(self.call("sizes_at"), np.array(sizes[name], np.int32))
            self.call("network", which, len(sizes[name]) - 1, slope)
        self.call("start", batch, int(spectral))

    def call(self, name: str, *arguments: float) -> Any:
        return self.exports[name](self.store, *arguments)

    def write(self, address: int, values: np.ndarray) -> None:
        self.exports["memory"].write(self.store, values.tobytes(), address)

    def read(self, address: int, count: int) -> np.ndarray:
        return np.frombuffer(bytes(self.exports["memory"].read(self.store, address, address + 4 * count)), np.float32)

    def give(self, name: str, values: Tensor) -> None:
        self.write(self.call("buffer", BUFFERS.index(name)), values.numpy().astype(np.float32))

    def take(self, name: str, count: int) -> np.ndarray:
        return self.read(self.call("buffer", BUFFERS.index(name)), count)

    def load(self, name: str, weights: Tensor) -> None:
        self.write(self.call("state", NETS.index(name), 0), weights.numpy().astype(np.float32))

    def numbers(self, name: str, part: int = 0) -> np.ndarray:
        """Weights (part 0) or gradients (part 1)."""
        which = NETS.index(name)
        return self.read(self.call("state", which, part), self.call("count", which))

    def direct(self, directions: list[Tensor]) -> None:
        """Set u and v of each layer in turn."""
        for k, values in enumerate(directions):
            self.write(self.call("direction", k // 2, k % 2), values.numpy().astype(np.float32))

    def critic_gradients(self, loss: str, constraint: LipschitzConstraint, batch: dict[str, Tensor]) -> np.ndarray:
        for name, values in batch.items():
            self.give(name, values)
        p = penalty(constraint)
        place = PLACES.index(p["at"])
        self.call("critic_gradients", LOSSES.index(loss), place, p["weight"], p["target"], int(p["oneSided"]))
        return self.numbers("critic", 1)

    def generator_gradients(self, loss: str, latents: Tensor) -> np.ndarray:
        self.give("latents", latents)
        self.call("generator_gradients", LOSSES.index(loss), 1.0)
        return self.numbers("generator", 1)

    def adam(self, name: str, step: int, rate: float, betas: tuple[float, float]) -> None:
        corrections = [1 - beta**step for beta in betas]
        self.call("update", NETS.index(name), 1, rate, *betas, *corrections)

    def rmsprop(self, name: str, rate: float) -> None:
        self.call("update", NETS.index(name), 0, rate, 0.0, 0.99, 1.0, 1.0)


def made(sizes: list[int], seed: int) -> nn.Sequential:
    """A network as the lab has it, in torch."""
    rng = torch.Generator().manual_seed(seed)
    return networks.mlp(*sizes, activation=networks.leaky(0.2), squeeze=sizes[-1] == 1, rng=rng)


def linear(network: nn.Module) -> list[Any]:
    return [layer for layer in network if hasattr(layer, "in_features")]


def originals(network: nn.Module) -> list[Tensor]:
    """The parameters in the engine's order, before any division."""
    weights = [getattr(layer, "parametrizations", None) for layer in linear(network)]
    pairs = zip(weights, linear(network), strict=True)
    return [t for p, layer in pairs for t in (p.weight.original if p else layer.weight, layer.bias)]


def flat(tensors: list[Tensor]) -> Tensor:
    return torch.cat([t.detach().flatten() for t in tensors])


def gradients(network: nn.Module) -> Tensor:
    return flat([p.grad for p in originals(network)])


def directions(network: nn.Module) -> list[Tensor]:
    """u and v of each layer that spectral normalisation divides."""
    found = [layer.parametrizations.weight[0] for layer in linear(network) if hasattr(layer, "parametrizations")]
    return [t.clone() for division in found for t in (division.u, division.v)]


def count(sizes: list[int]) -> int:
    return sum(b * (a + 1) for a, b in pairwise(sizes))
