"""What the experiments on one fixed pair of laws share: K critics trained side by side on fresh batches, no generator.

The critic step is the library's own: loss + penalty by one backward, then the optimiser, then `project`. And `rerun`,
by which a `--quick` run of a script holds a few fresh starts to what was recorded.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn

from wgan_lib.constraints import LipschitzConstraint
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, stream

Draw = Callable[[], tuple[Tensor, Tensor]]


def side_by_side(law: Any, seeds: Sequence[int], n: int, purpose: str = "data") -> Draw:
    """Draw fresh pairs (K, n, d) of a law with `sample_pair`, each seed from its own stream."""
    rngs = [stream(seed, purpose) for seed in seeds]

    def draw() -> tuple[Tensor, Tensor]:
        pairs = [law.sample_pair(n, rng) for rng in rngs]
        return torch.stack([x for x, _ in pairs]), torch.stack([y for _, y in pairs])

    return draw


def fit(
    critic: nn.Module,
    constraint: LipschitzConstraint,
    draw: Draw,
    n_steps: int,
    seeds: Sequence[int],
    *,
    optimizer: Any = Adam(1e-3, (0.0, 0.9)),  # noqa: B008  (a frozen value)
    decay: bool = True,
    marks: Sequence[int] = (),
    look: Callable[[nn.Module, int], Any] | None = None,
) -> list[Any]:
    """Attach the constraint and train the K critics; return what `look(critic, step)` saw after each of the marks."""
    constraint.attach(critic)
    rngs, seen = [stream(seed, "penalty") for seed in seeds], []
    descent = optimizer(critic.parameters())
    rates = [group["lr"] for group in descent.param_groups]
    for step in range(1, n_steps + 1):
        for group, rate in zip(descent.param_groups, rates, strict=True):
            group["lr"] = rate * (1 - (step - 1) / n_steps) if decay else rate
        real, fake = draw()
        loss = WASSERSTEIN.critic(critic(real), critic(fake)) + constraint.penalty(critic, real, fake, rngs)
        descent.zero_grad()
        loss.backward()
        descent.step()
        constraint.project(critic)
        if look is not None and step in marks:
            seen.append(look(critic, step))
    return seen


def rerun(name: str, recorded: np.ndarray, again: np.ndarray) -> bool:
    """Say whether the mean of fresh seeds lies where the recorded seeds predict it, by a 99 % t-interval."""
    n, m = len(recorded), len(again)
    half = stats.t.ppf(0.995, n - 1) * np.std(recorded, ddof=1) * np.sqrt(1 / n + 1 / m)
    low, high = np.mean(recorded) - half, np.mean(recorded) + half
    inside = bool(low <= np.mean(again) <= high)
    verdict = "inside" if inside else "OUTSIDE"
    print(f"{name}: {np.mean(again):.4f}, {verdict} the recorded interval {low:.4f} to {high:.4f}", flush=True)
    return inside
