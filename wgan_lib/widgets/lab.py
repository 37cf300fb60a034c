"""The Wasserstein GAN Lab: a critic and a generator that train in the page, and whose weights Python can take."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float

from wgan_lib import checks
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, Whole, data, joined

_LAWS = ("ring", "grid", "piles", "roll", "line", "drawn")
_LOSSES = ("WASSERSTEIN", "MINIMAX", "NON_SATURATING", "RELATIVISTIC")
_CONSTRAINTS = ("none", "clipping", "GP", "one-sided GP", "R1", "R1 + R2", "SN")
_BESIDE = ("loss", "constraint", "weight", "bound", "n_critic", "rate", "generator_rate", "batch", "seed", "width",
           "depth", "flipped")  # fmt: skip
_NETWORKS = ("generator", "critic")
_HIDDEN = (64, 64)  # of the generator

_WORKER = joined("lab/worker.mjs").rpartition("\n")[0]  # a classic worker exports nothing


def _letter() -> list[list[float]]:
    """Forty points along a W, the law that "drawn" opens with."""
    corners = np.array([[-1.6, 1.2], [-0.8, -1.2], [0.0, 0.7], [0.8, -1.2], [1.6, 1.2]])
    at = np.linspace(0, 4, 40)
    return np.round(np.stack([np.interp(at, np.arange(5), corners[:, k]) for k in (0, 1)], 1), 2).tolist()


class WganLab(BookWidget):
    """Train a generator and a critic in the page, with the exact W1 of the samples on show beside the estimate.

    `law`: eight Gaussians in a ring, 25 in a grid, two piles, a Swiss roll, one pile on a line, or `points` (n, 2) that
    are "drawn", each with a little noise; all times `scale`. `loss` and `constraint` are those of `wgan_lib.losses` and
    `wgan_lib.constraints`: `weight` is λ (γ for R1 and R1 + R2), `bound` is c. The critic has `depth` hidden layers of
    `width`, LeakyReLU(0.2); the generator takes two normal numbers through 64 and 64. Adam(rate, (0, 0.9)), or RMSProp
    for clipping. `flipped` turns the sign of the generator's loss. `guess` is the reader's, made before Play.

    `beside` names the one setting in which a second training differs, from the same seed and initialisation and on one
    clock: its value there is `beside_loss`, `beside_constraint`, or `beside_number` for the numbers, taken into that
    setting's range; of `flipped` it is the other one. Clipping brings its RMSProp. `beside_w1`, `beside_estimate` and
    `beside_modes` are read there.

    A new choice starts afresh from the same initialisation: the seed's, or `start` = {"generator": …, "critic": …},
    each one list W1, b1, W2, b2, …; `weights` are what the reader hands over, in the same form. On the line, in one
    dimension, the generator is linear. `w1`, `estimate`, `certified`, `null`, `steps` and `modes` are what the page
    last read. What the lab shows is no evidence: one seed, single precision, no record.

    Raises InvalidTrait for weights of other sizes, or points that are not (n, 2). Chapter: lab.
    """

    _esm = joined("widgets/wgan-lab.mjs")
    _sizes = (610, 940)
    task = t.Unicode(
        "Before you press Play: where will the exact W₁ of the samples end? Put the hollow knob there."
    ).tag(sync=True)
    law = t.Enum(_LAWS, "ring").tag(sync=True)
    points = Numbers(_letter())
    scale = Number(1.0, within=(0.1, 10.0))
    loss = t.Enum(_LOSSES, "WASSERSTEIN").tag(sync=True)
    constraint = t.Enum(_CONSTRAINTS, "GP").tag(sync=True)
    weight = Number(1.0, within=(0.0, 1000.0))
    bound = Number(0.1, within=(0.001, 1.0))
    n_critic = Whole(3)
    rate = Number(0.002, within=(0.0, 0.1))
    generator_rate = Number(0.001, within=(0.0, 0.1))
    batch = Whole(128)
    seed = Whole(0)
    width = Whole(64)
    depth = Whole(2)
    flipped = t.Bool(False).tag(sync=True)
    beside = t.Enum(("nothing", *_BESIDE), "nothing").tag(sync=True)
    beside_loss = t.Enum(_LOSSES, "NON_SATURATING").tag(sync=True)
    beside_constraint = t.Enum(_CONSTRAINTS, "one-sided GP").tag(sync=True)
    beside_number = Number(10.0, within=(0.0, 10_000.0))
    layer = t.Enum(("surface", "slope", "none"), "surface").tag(sync=True)
    arrows = t.Bool(False).tag(sync=True)
    flow = t.Bool(False).tag(sync=True)
    grid = t.Bool(False).tag(sync=True)
    slow = t.Bool(False).tag(sync=True)
    guess = Number(0.5, within=(0.0, 3.0))
    start = t.Dict().tag(sync=True)
    weights = t.Dict().tag(sync=True)
    # What the page last read, None before; Python may observe it.
    w1 = t.Float(None, allow_none=True).tag(sync=True)
    estimate = t.Float(None, allow_none=True).tag(sync=True)
    certified = t.Float(None, allow_none=True).tag(sync=True)
    null = t.Float(None, allow_none=True).tag(sync=True)
    steps = t.Int(0).tag(sync=True)
    modes = t.Int(None, allow_none=True).tag(sync=True)
    beside_w1 = t.Float(None, allow_none=True).tag(sync=True)
    beside_estimate = t.Float(None, allow_none=True).tag(sync=True)
    beside_modes = t.Int(None, allow_none=True).tag(sync=True)
    worker = data()

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.hold(worker=_WORKER)
        for given in filter(None, (self.start, self.weights)):
            self._check(given)

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of whole numbers and of points."""
        whole = {"n_critic": (1, 50), "batch": (8, 512), "seed": (0, 9999), "width": (4, 128), "depth": (0, 5)}
        return {**{name: [*ends, 1] for name, ends in whole.items()}, "points": [[-2.4, 2.4], [-2.4, 2.4]]}

    @t.validate("points")
    def _valid_points(self, proposal: Any) -> list[list[float]]:
        shape = np.shape(proposal.value)
        if len(shape) != 2 or shape[1] != 2 or not 1 <= shape[0] <= 1000:
            raise InvalidTrait(f"points has shape {shape}: it must be (n, 2), n from 1 to 1000")
        return proposal.value

    @t.validate("n_critic", "batch", "seed", "width", "depth")
    def _valid_whole(self, proposal: Any) -> int:
        low, high, _ = self.reaches()[proposal.trait.name]
        if not low <= proposal.value <= high:
            raise InvalidTrait(f"{proposal.trait.name} must be from {low} to {high}, not {proposal.value}")
        return proposal.value

    @property
    def shapes(self) -> dict[str, list[int]]:
        """Sizes of both networks, as `networks.mlp` takes them."""
        dims = 1 if self.law == "line" else 2
        hidden = [] if dims == 1 else list(_HIDDEN)
        return {"generator": [dims, *hidden, dims], "critic": [dims, *[self.width] * self.depth, 1]}

    def _check(self, weights: Mapping[str, Any]) -> dict[str, list[float]]:
        if set(weights) != set(_NETWORKS):
            raise InvalidTrait(f"weights has {sorted(weights)}: it must have generator and critic")
        found = {}
        for name, sizes in self.shapes.items():
            numbers = checks.reals(f"weights of the {name}", weights[name])
            count = sum(b * (a + 1) for a, b in pairwise(sizes))
            if numbers.shape != (count,):
                raise InvalidTrait(f"weights of the {name} has shape {numbers.shape}: sizes {sizes} take ({count},)")
            found[name] = numbers.tolist()
        return found

    def state_dicts(self) -> dict[str, dict[str, Float[np.ndarray, "..."]]]:
        """Give the weights handed over, else those of `start`, named as in `networks.mlp(…, activation=leaky(0.2))`.

        A network takes them by `load_state_dict({name: torch.from_numpy(w) for name, w in found.items()})`. Raises
        ValueError while there are none, InvalidTrait where sizes were changed since. Chapter: lab.
        """
        given = self.weights or self.start
        if not given:
            raise ValueError("weights is empty: press “Hand the weights to Python” first, or set it")
        found: dict[str, dict[str, np.ndarray]] = {}
        for name, flat in self._check(given).items():
            rest, found[name] = np.array(flat, np.float32), {}
            for layer, (fan_in, fan_out) in enumerate(pairwise(self.shapes[name])):
                weight, bias, rest = np.split(rest, [fan_in * fan_out, fan_in * fan_out + fan_out])
                found[name] |= {f"{2 * layer}.weight": weight.reshape(fan_out, fan_in), f"{2 * layer}.bias": bias}
        return found

    def start_from(self, generator: Mapping[str, Any], critic: Mapping[str, Any]) -> None:
        """Let the page start from these state dicts of two `networks.mlp`; the sizes must be the lab's.

        Raises InvalidTrait for others. Chapter: lab.
        """
        given = {"generator": generator, "critic": critic}
        flat = {
            name: np.concatenate([np.asarray(w, float).ravel() for w in state.values()])
            for name, state in given.items()
        }
        self.start = self._check(flat)
