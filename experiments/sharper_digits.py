"""Digits of 4 × 4 made 8 × 8 again: by their absolute error alone, and with a WGAN-GP critic beside it.

The generator x̂ = up(y) + net(y) sees a picture averaged to 4 × 4. It minimises mean |x − x̂| − weight · f(y, x̂); the
critic f is shown the coarse picture beside the fine one, so that both judge the same pair. Weight 0 is L1 alone.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from wgan_lib import images, metrics, networks
from wgan_lib.constraints import GradientPenalty
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, stream

WEIGHTS = (0.0, 0.03, 0.1, 0.3)
STEPS, WIDTH, CRITIC_STEPS, BATCH, RATE = 800, 128, 3, 64, 2e-3
SHOWN = 10


def coarse(fine: Tensor) -> Tensor:
    """Average (…, 64) pixels to (…, 16)."""
    return avg_pool2d(fine.unflatten(-1, (8, 8)).flatten(0, -3)[:, None], 2).reshape(*fine.shape[:-1], 16)


def enlarged(low: Tensor, mode: str = "nearest") -> Tensor:
    """Repeat or interpolate (…, 16) pixels to (…, 64)."""
    return interpolate(low.unflatten(-1, (4, 4)).flatten(0, -3)[:, None], scale_factor=2, mode=mode).reshape(
        *low.shape[:-1], 64
    )


class Sharper(nn.Module):
    """x̂ = up(y) + net(y), K copies."""

    def __init__(self, copies: int, rng: torch.Generator) -> None:
        super().__init__()
        self.net = networks.mlp(16, WIDTH, WIDTH, 64, copies=copies, gain=2**0.5, rng=rng)

    def forward(self, low: Tensor) -> Tensor:
        """Return the fine pictures (K, n, 64) of coarse ones (…, n, 16)."""
        return enlarged(low) + 0.1 * self.net(low)


def train(weight: float, seeds: Sequence[int]) -> nn.Module:
    """Train K copies at once, each on its own batches; rates fall to zero."""
    rng, copies = torch.Generator().manual_seed(seeds[0]), len(seeds)
    generator = Sharper(copies, rng)
    critic = networks.mlp(80, WIDTH, WIDTH, 1, copies=copies, activation=networks.leaky(0.2), gain=2**0.5, rng=rng)
    penalty, points = GradientPenalty(10.0), images.digits().points.flatten(1)
    data, inner = ([stream(seed, purpose) for seed in seeds] for purpose in ("data", "penalty"))
    optimizers = [Adam(RATE, (0.0, 0.9))(network.parameters()) for network in (critic, generator)]
    schedules = [torch.optim.lr_scheduler.LinearLR(o, 1.0, 1e-3, total_iters=STEPS) for o in optimizers]

    def draw() -> tuple[Tensor, Tensor]:
        fine = torch.stack([points[torch.randint(len(points), (BATCH,), generator=r)] for r in data])
        return coarse(fine), fine

    for _ in range(STEPS):
        for _ in range(CRITIC_STEPS if weight else 0):
            low, fine = draw()
            with torch.no_grad():
                fake = torch.cat([low, generator(low)], -1)
            real = torch.cat([low, fine], -1)
            loss = WASSERSTEIN.critic(critic(real), critic(fake)) + penalty.penalty(critic, real, fake, inner)
            optimizers[0].zero_grad()
            loss.backward()
            optimizers[0].step()
        low, fine = draw()
        made = generator(low)
        loss = (fine - made).abs().mean((-2, -1)).sum()
        if weight:
            loss = loss - weight * critic(torch.cat([low, made], -1)).mean(-1).sum()
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        for schedule in schedules[not weight :]:
            schedule.step()
    return generator.eval()


def contrast(pictures: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels, of pictures (…, n, 64)."""
    square = pictures.unflatten(-1, (8, 8))
    return sum((square.diff(dim=axis).abs().mean((-3, -2, -1)) for axis in (-1, -2)), torch.zeros(())) / 2


def measured(made: Tensor, low: Tensor, fine: Tensor, labels: np.ndarray, seeds: Sequence[int]) -> dict[str, Any]:
    """Truer: errors per pixel, and the class that is read. Sharper: contrast. And the law: the Fréchet distance."""
    made, classifier = made.clamp(-1, 1), metrics.load_classifier("digits")
    held_out = fine.reshape(-1, 1, 8, 8)
    scores = [
        metrics.scores(own.reshape(-1, 1, 8, 8), held_out, classifier, stream(seed, "evaluation"), n=len(fine) // 2)
        for seed, own in zip(seeds, made, strict=True)
    ]
    distances = [score["classifier Fréchet distance"] for score in scores]
    read = [(classifier.look(own.reshape(-1, 1, 8, 8))[1] == labels).mean() for own in made]
    return {
        "error": (fine - made).abs().mean((-2, -1)).numpy(),
        "squared": (fine - made).square().mean((-2, -1)).sqrt().numpy(),
        "coarse error": (low - coarse(made)).abs().mean((-2, -1)).numpy(),
        "contrast": (contrast(made) / contrast(fine)).numpy(),
        "frechet": np.array([distance.value for distance in distances], np.float32),
        "floor": np.array([distance.floor for distance in distances], np.float32),
        "read": np.array(read, np.float32),
    }


def trade(seeds: Sequence[int], say: Callable[[str], None]) -> dict[str, Any]:
    """Measure every weight on the held-out digits, beside two ways without a network and the truth itself."""
    held_out = images.digits().held_out
    assert held_out is not None
    assert held_out.labels is not None
    fine, labels = held_out.points.flatten(1), held_out.labels.numpy()
    low = coarse(fine)
    networks_of = {f"weight {weight:g}": train(weight, seeds) for weight in WEIGHTS}
    with torch.no_grad():
        made = {name: network(low.expand(len(seeds), -1, -1)) for name, network in networks_of.items()}
    made["repeated"], made["bilinear"] = enlarged(low)[None], enlarged(low, "bilinear")[None]
    made["truth"] = fine[None]
    found: dict[str, Any] = {}
    shown = [int(np.flatnonzero(labels == digit)[0]) for digit in range(SHOWN)]
    for name, pictures in made.items():
        own = measured(pictures, low, fine, labels, seeds if len(pictures) > 1 else seeds[:1])
        found |= {f"{name}/{key}": np.asarray(values, np.float32) for key, values in own.items()}
        grey = 8 * (pictures[0, shown].clamp(-1, 1) + 1)
        found[f"{name}/pictures"] = grey.round().to(torch.uint8).reshape(SHOWN, 8, 8).numpy()
        say(f"{name}: " + ", ".join(f"{key} {np.mean(values):.3f}" for key, values in own.items()))
    found["low"] = (8 * (low[shown] + 1)).round().to(torch.uint8).reshape(SHOWN, 4, 4).numpy()
    settings = {
        "weights": list(WEIGHTS),
        "steps": STEPS,
        "width": WIDTH,
        "critic_steps": CRITIC_STEPS,
        "batch": BATCH,
        "rate": RATE,
    }
    return found | {"meta": settings}
