"""One critic step of the library against the same step as public code writes it: same weights, batches and optimiser.

The public loop follows caogang/wgan-gp (gan_toy.py) and martinarjovsky/WassersteinGAN (main.py):
real, fake and penalty are sent backwards one after the other, the penalty by plain double backward, on contiguous
memory, with the optimiser as PyTorch makes it by default. Real and fake batches are given; sampling and the generator
are left out of both. deel-torchlip's orthonormal layers take part where that package is installed.
"""

import copy
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import torch
from measuring import interleaved, keep, markdown, spread
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from wgan_lib import networks
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Orthonormal, SpectralNorm, WeightClipping
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.networks import convolutional
from wgan_lib.training import Adam, Adversaries, OneDevice, Recipe, RMSProp

WEIGHT, BOUND = 10.0, 0.01


class Given:
    """A sampler that hands out the same batch each time."""

    def __init__(self, batch: Tensor) -> None:
        self.batch = batch

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Return the batch."""
        return self.batch[:n]


class HandOn(nn.Module):
    """A generator whose samples are its latents, moved by its one parameter, 0: a training wants something to train."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(()))

    def forward(self, latent: Tensor) -> Tensor:
        """Return the latents, moved."""
        return latent + self.shift


class Closed(nn.Module):
    """The same critic in a module that the library does not look into, so that it takes plain double backward."""

    def __init__(self, critic: nn.Module) -> None:
        super().__init__()
        self.critic = critic

    def forward(self, x: Tensor) -> Tensor:
        """Return the critic's scores."""
        return self.critic(x)


def library_step(
    critic: nn.Module, constraint: LipschitzConstraint, real: Tensor, fake: Tensor
) -> Callable[[], object]:
    optimizer = RMSProp() if isinstance(constraint, WeightClipping) else Adam(1e-4, (0.5, 0.9))
    recipe = Recipe(
        make_data=lambda: Given(real), generator=HandOn(), critic=critic, loss=WASSERSTEIN, constraint=constraint,
        latent=Given(fake), n_steps=1, batch_size=len(real), optimizer=optimizer,
    )  # fmt: skip
    return Adversaries(recipe, OneDevice(torch.device("cpu"))).critic_step


def public_step(
    critic: nn.Module, real: Tensor, fake: Tensor, weight: float = 0.0, bound: float | None = None
) -> Callable[[], object]:
    parameters = list(critic.parameters())
    clipped = bound is not None
    optimizer = (
        torch.optim.RMSprop(parameters, lr=5e-5) if clipped else torch.optim.Adam(parameters, lr=1e-4, betas=(0.5, 0.9))
    )
    one = torch.tensor(1.0)

    def penalty() -> Tensor:
        alpha = torch.rand(len(real), *[1] * (real.ndim - 1)).expand(real.size())
        points = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
        scores = critic(points)
        (gradients,) = torch.autograd.grad(
            scores, points, torch.ones(scores.size()), create_graph=True, retain_graph=True
        )
        return ((gradients.reshape(len(real), -1).norm(2, dim=1) - 1) ** 2).mean() * weight

    def step() -> None:
        for parameter in parameters:
            parameter.requires_grad = True
        if clipped:
            for parameter in parameters:
                parameter.data.clamp_(-bound, bound)
        critic.zero_grad()
        real_score = critic(real).mean()
        real_score.backward(-one)
        fake_score = critic(fake).mean()
        fake_score.backward(one)
        if weight:
            penalty().backward(one)
        optimizer.step()

    return step


def public_critic(critic: nn.Module, spectral: bool = False) -> nn.Module:
    """Return a copy as public code makes it: contiguous in memory, activations in place."""
    critic = copy.deepcopy(critic).to(memory_format=torch.contiguous_format)
    for layer in critic.modules():
        if hasattr(layer, "inplace"):
            layer.inplace = True
        if spectral and isinstance(layer, nn.Linear | nn.Conv2d):
            parametrizations.spectral_norm(layer)
    return critic


def torchlip_critic(width: int) -> nn.Module:
    from deel import torchlip

    layers: list[nn.Module] = []
    for fan_in in (2, width, width):
        layers += [torchlip.SpectralLinear(fan_in, width), torchlip.GroupSort2()]
    return nn.Sequential(*layers, torchlip.SpectralLinear(width, 1), nn.Flatten(0))


def contestants(critic: nn.Module, real: Tensor, fake: Tensor) -> dict[str, Callable[[], object]]:
    """Name every step "constraint / loop"."""

    def own(constraint: LipschitzConstraint, network: nn.Module = critic) -> Callable[[], object]:
        return library_step(copy.deepcopy(network), constraint, real, fake)

    steps = {
        "clipping / library": own(WeightClipping(BOUND)),
        "clipping / public": public_step(public_critic(critic), real, fake, bound=BOUND),
        "GP / library": own(GradientPenalty(WEIGHT)),
        "GP / library, double backward": own(GradientPenalty(WEIGHT), Closed(critic)),
        "GP / public": public_step(public_critic(critic), real, fake, WEIGHT),
        "SN / library": own(SpectralNorm()),
        "SN / public": public_step(public_critic(critic, spectral=True), real, fake),
    }
    if real.ndim == 2:
        steps["orthonormal / library"] = own(
            Orthonormal(), networks.mlp(2, 512, 512, 512, 1, activation=networks.GroupSort)
        )
        if find_spec("deel"):
            steps["orthonormal / deel-torchlip"] = public_step(torchlip_critic(512), real, fake)
    return steps


def measure(rounds: int) -> None:
    rng = torch.Generator().manual_seed(0)
    planar, images = torch.randn(2, 256, 2, generator=rng), torch.randn(2, 64, 3, 32, 32, generator=rng)
    tasks = {
        "MLP": (networks.mlp(2, 512, 512, 512, 1), planar, rounds),
        "DCGAN": (convolutional.dcgan_critic(32), images, max(5, rounds // 2)),
    }
    frames: dict[str, list] = {name: [] for name in ("critic", "constraint", "loop", "milliseconds")}
    cells: dict[str, list[str]] = {}
    for task, (critic, (real, fake), n) in tasks.items():
        times = interleaved(contestants(critic, real, fake), n)
        for name, taken in times.items():
            constraint, loop = name.split(" / ")
            rival = times.get(f"{constraint} / public", times.get(f"{constraint} / deel-torchlip"))
            faster = "" if rival is None or rival is taken else spread(rival / taken)
            cells.setdefault(name, []).extend([spread(taken, 1), faster])
            padded = np.pad(taken, (0, rounds - n), constant_values=np.nan)
            for column, value in zip(frames, (task, constraint, loop, padded), strict=True):
                frames[column].append(value)
    rows = [[name, *row, *[""] * (4 - len(row))] for name, row in cells.items()]
    table = markdown(["constraint / loop", "MLP, ms", "times faster", "DCGAN, ms", "times faster"], rows)
    keep("steps", {name: np.array(column) for name, column in frames.items()}, table, rounds=rounds)
