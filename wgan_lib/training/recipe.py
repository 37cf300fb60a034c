"""What a training is made of besides networks, loss and constraint: latents, optimisers, schedules, random streams."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import losses

OptimizerFactory = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]

PURPOSES = (
    *("data", "latent", "penalty", "recorded data", "recorded latent", "probe", "evaluation"),
    *("generator", "critic"),  # initial weights; new purposes come last, so that the numbers of the others stay
)


def stream(seed: int, purpose: str) -> torch.Generator:
    """Return the random numbers of one of the ``PURPOSES`` in the run with this seed. Chapter: critic."""
    numbers = np.random.SeedSequence((seed, PURPOSES.index(purpose))).generate_state(1)
    return torch.Generator().manual_seed(int(numbers[0]))


@runtime_checkable
class Sampler(Protocol):
    """Anything that can be sampled: a law of ``sampling``, a data set, a latent law. Chapter: critic."""

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n ..."]:
        """Draw n points on the generator's device."""
        ...


@dataclass(frozen=True)
class NormalLatent:
    """z ~ N(0, I) in ``size`` dimensions. Chapter: critic."""

    size: int

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n size"]:
        """Draw n latent points."""
        return torch.randn(n, self.size, generator=generator, device=generator.device)


@dataclass(frozen=True)
class UniformLatent:
    """z ~ U[−1, 1] in ``size`` dimensions: without tails, which suits laws without tails. Chapter: critic."""

    size: int

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n size"]:
        """Draw n latent points."""
        return 2 * torch.rand(n, self.size, generator=generator, device=generator.device) - 1


@dataclass(frozen=True, eq=False)
class TensorData:
    """Samples that are all in memory, ``points (n, …)``; each batch is drawn with replacement. Chapter: full-models.

    Raises TypeError for a dtype that is not floating point, ValueError for no points, NaN or infinity.
    """

    points: Float[Tensor, "n ..."]

    def __post_init__(self) -> None:
        if not self.points.is_floating_point():
            raise TypeError(f"data has dtype {self.points.dtype}: floating-point numbers are needed")
        if self.points.ndim < 2 or self.points.numel() == 0:
            raise ValueError(f"data has shape {tuple(self.points.shape)}: (n, …) is needed, with at least one sample")
        if bad := int((~self.points.isfinite()).sum()):
            raise ValueError(f"data holds {bad} values that are NaN or infinite")

    def __repr__(self) -> str:
        return f"tensor of shape {tuple(self.points.shape)}"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n ..."]:
        """Draw n of the points; ValueError if there are fewer."""
        if n > len(self.points):
            raise ValueError(f"batch_size is {n}, larger than the data, which hold {len(self.points)} samples")
        rows = torch.randint(len(self.points), (n,), generator=generator, device=generator.device)
        return self.points[rows.to(self.points.device)]


@dataclass(frozen=True)
class Adam:
    """Adam, by default as for WGAN-GP: no momentum. Source: Gulrajani 2017, Algorithm 1. Chapter: critic."""

    learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.0, 0.9)

    def __call__(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """Make the optimiser; fused, three times faster on small networks than PyTorch's default."""
        return torch.optim.Adam(parameters, lr=self.learning_rate, betas=self.betas, fused=True)


@dataclass(frozen=True)
class RMSProp:
    """RMSProp, the first WGAN's optimiser. Source: Arjovsky 2017, Algorithm 1 (α = 5e-5). Chapter: critic."""

    learning_rate: float = 5e-5

    def __call__(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """Make the optimiser."""
        return torch.optim.RMSprop(parameters, lr=self.learning_rate)


def original_critic_steps(index: int) -> int:
    """Return the n_critic of the first WGAN's code: 100 for generator steps 0 to 24 and every 500th, else 5.

    Source: martinarjovsky/WassersteinGAN, main.py; the paper's Algorithm 1 has 5 throughout. Chapter: critic.
    """
    return 100 if index < 25 or index % 500 == 0 else 5


def latent_for(generator: nn.Module) -> NormalLatent:
    """Return the normal latent that a generator's first linear layer asks for.

    Raises ValueError for a generator that does not start with a layer that has ``in_features``. Chapter: critic.
    """
    size = next((layer.in_features for layer in generator.modules() if hasattr(layer, "in_features")), None)
    if not isinstance(size, int):
        raise ValueError("latent is None, and the generator's layers do not tell its size: pass NormalLatent(size)")
    return NormalLatent(size)


def describe(part: object) -> str:
    """Return a text that is the same in every process: a loss's name, a function's name, else the ``repr``.

    At most 200 characters: a part that holds a tensor would else tell all its numbers. Chapter: full-models.
    """
    name = next((name for name, value in vars(losses).items() if value is part), None)
    text = name or getattr(part, "__qualname__", None) or repr(part)
    text = re.sub(r" at 0x[0-9a-f]+", "", text)  # an address is another one in each process
    return text if len(text) <= 200 else f"{text[:199]}…"
