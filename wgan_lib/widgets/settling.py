"""Figures to take hold of on settling: a pull of constant length, and a GAN of two numbers in its plane."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float

from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, Whole, joined, reading

_LOSSES = ("WASSERSTEIN", "MINIMAX", "NON_SATURATING", "HINGE", "RELATIVISTIC")
_CONSTRAINTS = ("none", "clipping", "GP", "one-sided GP", "R1", "R1 + R2")
_ORDERS = ("simultaneous", "critic first", "generator first")
_ROUNDS, _LAST, _AWAY = 500, 100, 1e9


def _sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-score)) if score > -700 else 0.0


def _slopes(loss: str, score: float) -> tuple[float, float]:
    """d L_C / d score and d L_G / d score of the generated point; the real score is 0."""
    if loss == "WASSERSTEIN":
        return 1.0, -1.0
    if loss == "HINGE":
        return float(score > -1), -1.0
    return _sigmoid(score), -_sigmoid(score if loss == "MINIMAX" else -score)


def _penalty_slope(constraint: str, psi: float, strength: float) -> float:
    """d penalty / d psi."""
    excess = abs(psi) - 1
    if constraint in ("GP", "one-sided GP"):
        return 2 * strength * (excess if constraint == "GP" else max(0.0, excess)) * float(np.sign(psi))
    return {"R1": strength * psi, "R1 + R2": 2 * strength * psi}.get(constraint, 0.0)


@lru_cache(maxsize=8)  # two readings and the caller ask for one path
def _path(
    start: tuple[float, float],
    loss: str,
    constraint: str,
    order: str,
    strength: float,
    rate: float,
    momentum: float,
    n_critic: int,
) -> list[list[float]]:
    def moved(now: list[float], player: int, at: list[float]) -> list[float]:
        """One player's heavy-ball step from (θ, ψ, their speeds), with the gradient at another such state."""
        critic, generator = _slopes(loss, at[0] * at[1])
        gradient = critic * at[0] + _penalty_slope(constraint, at[1], strength) if player else generator * at[1]
        now = list(now)
        now[2 + player] = momentum * now[2 + player] + gradient
        now[player] -= rate * now[2 + player]
        if player and constraint == "clipping":
            now[1] = min(strength, max(-strength, now[1]))
        return now

    state, found = [*start, 0.0, 0.0], [list(start)]
    for _ in range(_ROUNDS):
        begun = state
        if math.hypot(state[0], state[1]) >= _AWAY:
            found.append([math.inf, math.inf])
            continue
        if order == "generator first":
            state = moved(state, 0, state)
        for _ in range(n_critic):
            state = moved(state, 1, state)
        if order != "generator first":
            state = moved(state, 0, begun if order == "simultaneous" else state)
        found.append(state[:2])
    return found


class DiracPlane(BookWidget):
    """A GAN of two numbers, and the path of its training in their plane: where does it settle?

    The real point sits at 0, the generator's at θ, the critic is f(x) = ψ x. Each round is one step of the generator
    and `n_critic` steps of the critic, by gradient descent of step size `rate` with heavy-ball `momentum`, either
    together ("simultaneous") or one after the other. `loss` names one of `wgan_lib.losses`. `constraint` and
    `strength`: "clipping" to [−c, c]; "GP", λ(|ψ| − 1)², and "one-sided GP"; "R1", (γ/2)ψ²; "R1 + R2", γψ². `start`
    is (θ, ψ); `step` the round at which the page stands, of 500.

    Read-only: `radius` √(θ² + ψ²) at `step`; `rest`, its mean over the last 100 rounds; inf beyond 1e9. `path` has all
    rounds. On this plane RELATIVISTIC is NON_SATURATING, and R1 + R2 is R1 at twice γ; the page says so.

    Raises InvalidTrait for a start, a number or a name that is not possible.
    Source: Mescheder, Geiger & Nowozin (2018), sections 2 and 3; Gidel et al. (2019) on momentum. Chapter: settling.
    """

    _esm = joined("widgets/dirac-plane.mjs")
    _sizes = (612, 709)
    task = t.Unicode(
        "Drag the start. Then change one word of the loss or the constraint: does the path spiral in?"
    ).tag(sync=True)
    start = Numbers((1.0, 1.0))
    step = Whole(_ROUNDS)
    loss = t.Enum(_LOSSES, "WASSERSTEIN").tag(sync=True)
    constraint = t.Enum(_CONSTRAINTS, "none").tag(sync=True)
    strength = Number(1.0, within=(0.05, 2.0))
    order = t.Enum(_ORDERS, "critic first").tag(sync=True)
    n_critic = Whole(1)
    rate = Number(0.2, within=(0.01, 0.5))
    momentum = Number(0.0, within=(-0.5, 0.9))

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of `start`, `step` and `n_critic`."""
        return {"start": [[-2.0, 2.0], [-1.4, 1.4]], "step": [0, _ROUNDS, 1], "n_critic": [1, 10, 1]}

    @t.validate("start")
    def _valid_start(self, proposal: Any) -> list[float]:
        start = np.asarray(proposal.value, dtype=float)
        if start.shape != (2,) or np.abs(start).max() > 100:
            raise InvalidTrait(f"start must be two numbers (θ, ψ) in [−100, 100], not {proposal.value!r}")
        return start.tolist()

    @t.validate("step", "n_critic")
    def _valid_count(self, proposal: Any) -> int:
        low, high = (0, _ROUNDS) if proposal.trait.name == "step" else (1, 100)
        if not low <= proposal.value <= high:
            raise InvalidTrait(f"{proposal.trait.name} must be {low} to {high}, not {proposal.value}")
        return int(proposal.value)

    @property
    def path(self) -> Float[np.ndarray, "rounds 2"]:
        """(θ, ψ) before the first round and after each of 500."""
        numbers = (self.strength, self.rate, self.momentum, self.n_critic)
        return np.array(_path(tuple(self.start), self.loss, self.constraint, self.order, *numbers))

    @reading("start", "step", "loss", "constraint", "strength", "order", "n_critic", "rate", "momentum")
    def radius(self) -> float:
        """√(θ² + ψ²) at `step`."""
        return float(np.hypot(*self.path[self.step]))

    @reading("start", "loss", "constraint", "strength", "order", "n_critic", "rate", "momentum")
    def rest(self) -> float:
        """Mean radius of the last 100 rounds."""
        return float(np.hypot(*self.path[-_LAST:].T).mean())


class ConstantPull(BookWidget):
    """A number θ that steps towards 0 forty times, θ ← θ − `rate` · pull, from `start`.

    `pull` is "constant", sign θ; "constant, steps fade", the same with the k-th step divided by 1 + k/5;
    "proportional", θ itself. Read-only: `end`, where it is then; `swing`, the length of the last step. `places` has
    all of them, to nine decimals. Raises InvalidTrait for what is out of range. Chapter: settling.
    """

    _esm = joined("widgets/constant-pull.mjs")
    _sizes = (449, 398)
    task = t.Unicode("Slide the step size. Where can it rest? Then choose another pull.").tag(sync=True)
    start = Number(1.0, within=(-1.5, 1.5))
    rate = Number(0.3, within=(0.02, 0.6))
    pull = t.Enum(("constant", "constant, steps fade", "proportional"), "constant").tag(sync=True)

    @property
    def places(self) -> list[float]:
        """θ before the first step and after each of forty."""
        found = [self.start]
        for k in range(40):
            size = self.rate / (1 + k / 5) if self.pull == "constant, steps fade" else self.rate
            force = found[-1] if self.pull == "proportional" else float(np.sign(found[-1]))
            found.append(round(found[-1] - size * force, 9) + 0.0)
        return found

    @reading("start", "rate", "pull")
    def end(self) -> float:
        """θ after forty steps."""
        return self.places[-1]

    @reading("start", "rate", "pull")
    def swing(self) -> float:
        """Length of the last step."""
        return abs(self.places[-1] - self.places[-2])
