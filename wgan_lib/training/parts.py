"""What a training is made of besides networks, loss and constraint: data, latents, optimisers, random streams."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Protocol, SupportsFloat, SupportsIndex, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks

OptimizerFactory = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]

PURPOSES = (
    *("data", "latent", "penalty", "recorded data", "recorded latent", "probe", "evaluation"),
    *("generator", "critic"),  # initial weights; new purposes come last, so that the numbers of the others stay
    "networks",  # Dropout, and whatever else draws from PyTorch's global numbers
)


SEED_MOST = 2**64 - 1
CRITIC_STEPS_MOST = 10**6
"""Critic steps before one generator step; more is a slip, and would seem to hang."""


def stream(seed: SupportsIndex, purpose: str, rank: int = 0) -> torch.Generator:
    """Return the random numbers of one of the ``PURPOSES`` in the run with this seed, on the device of this rank.

    Raises ValueError for a negative seed or an unknown purpose. Chapter: critic.
    """
    rank = checks.whole("rank", rank, 0)
    words = [checks.whole("seed", seed, 0, SEED_MOST), PURPOSES.index(checks.one_of("purpose", purpose, PURPOSES))]
    numbers = np.random.SeedSequence((*words, rank) if rank else words).generate_state(1)
    return torch.Generator().manual_seed(int(numbers[0]))


def seeds(seed: Any) -> tuple[tuple[int, ...], bool]:
    """Return the seeds as a tuple, and whether the caller gave a list of them (an array, a tensor, a range).

    Raises ValueError unless they are whole numbers, 0 or more, at least one. Chapter: critic.
    """
    if isinstance(seed, Tensor) and (seed.is_meta or seed.is_sparse):
        raise TypeError("seed is a tensor without numbers of its own: it must be whole numbers, 0 or more")
    given = seed.tolist() if isinstance(seed, np.ndarray | np.generic | Tensor) else seed
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    each = tuple(checks.whole("seed", s, 0, SEED_MOST) for s in (given if several else [given]))
    if not each:
        raise ValueError(f"seed is {checks.shortly(seed)}: it must be a whole number, 0 or more, or a list of such")
    return each, several


@runtime_checkable
class Sampler(Protocol):
    """Anything that can be sampled: a law of ``sampling``, a data set, a latent law. Chapter: critic."""

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n ..."]:
        """Draw n points on the generator's device."""
        ...


@dataclass(frozen=True)
class NormalLatent:
    """z ~ N(0, I) in ``size`` dimensions. Raises ValueError for a size below 1. Chapter: critic."""

    size: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", checks.whole("size", self.size))

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n size"]:
        """Draw n latent points."""
        with checks.fitting("n × size", n * self.size):
            return torch.randn(n, self.size, generator=generator, device=generator.device)


@dataclass(frozen=True)
class UniformLatent(NormalLatent):
    """z ~ U[−1, 1] in ``size`` dimensions: without tails, which suits laws without tails. Chapter: critic."""

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n size"]:
        """Draw n latent points."""
        with checks.fitting("n × size", n * self.size):
            return 2 * torch.rand(n, self.size, generator=generator, device=generator.device) - 1


@dataclass(frozen=True, eq=False)
class TensorData:
    """Samples that are all in memory, ``points (n, …)``; each batch is drawn with replacement. Chapter: full-models.

    Raises TypeError for a dtype that is not floating point, ValueError for no points, NaN or infinity.
    """

    points: Float[Tensor, "n ..."]

    def __post_init__(self) -> None:
        if not isinstance(self.points, Tensor):
            raise TypeError(f"points are {_kind(self.points)}: a tensor (n, …) is needed; train takes arrays too")
        points = self.points.detach()
        if not points.is_floating_point():
            raise TypeError(f"data has dtype {points.dtype}: floating-point numbers are needed")
        if points.ndim < 2 or points.numel() == 0:
            raise ValueError(f"data has shape {tuple(points.shape)}: (n, …) is needed, with at least one sample")
        if points.is_meta or points.layout is not torch.strided:
            raise ValueError(f"data is a {points.layout} tensor on {points.device}: its numbers must be at hand")
        if bad := int((~points.isfinite()).sum()):
            raise ValueError(f"data holds {bad} values that are NaN or infinite")
        object.__setattr__(self, "points", points)

    def __repr__(self) -> str:
        return f"tensor of shape {tuple(self.points.shape)}"

    def __len__(self) -> int:
        return len(self.points)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n ..."]:
        """Draw n of the points; ValueError if there are fewer."""
        enough("n", n, self)
        rows = torch.randint(len(self.points), (n,), generator=generator, device=generator.device)
        return self.points[rows.to(self.points.device)]


def enough(name: str, n: int, data: object) -> None:
    """Raise ValueError, naming the argument, if the data are known to hold fewer than n samples. Chapter: critic."""
    held = len(data) if hasattr(data, "__len__") else n
    if n > held:
        raise ValueError(f"{name} is {checks.shortly(n)}, larger than the data, which hold {held} samples")


def samplable(data: Any) -> Sampler:
    """Give data as something to sample: what has ``sample(n, generator)`` as it is, arrays as ``TensorData``.

    Arrays and lists of numbers become tensors of PyTorch's default dtype. Raises TypeError that says what to pass for
    anything else, and as ``TensorData``. Chapter: critic.
    """
    if isinstance(data, np.ma.MaskedArray):
        raise TypeError("data is a masked array: leave the masked samples out, and pass a plain array (n, …)")
    if isinstance(data, np.ndarray | list | tuple):
        try:
            array = np.asarray(data)
        except ValueError as error:  # rows of unequal lengths
            raise TypeError(f"data is a {type(data).__name__} that is no table of numbers: {error}") from None
        if array.dtype.kind != "f":
            raise TypeError(f"data has dtype {array.dtype}: floating-point numbers are needed")
        data = torch.tensor(np.ascontiguousarray(array, dtype=np.float64)).to(torch.get_default_dtype())
    if isinstance(data, Tensor):
        return TensorData(data)
    if callable(getattr(data, "sample", None)) and not isinstance(data, type) and not hasattr(data, "to_numpy"):
        return data
    way = "torch.tensor(data.to_numpy(), dtype=torch.float32)" if hasattr(data, "to_numpy") else "a tensor (n, …)"
    raise TypeError(
        f"data is {_kind(data)}: pass {way} of floating-point numbers, or an object with "
        "sample(n, generator), such as a law of wgan_lib.sampling or the pictures of wgan_lib.images"
    )


def _kind(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"


@dataclass(frozen=True)
class Adam:
    """Adam, by default as for WGAN-GP: no momentum. Source: Gulrajani 2017, Algorithm 1. Chapter: critic.

    Raises ValueError for a rate below 0 or betas outside [0, 1). ``optimizer(parameters)`` makes a fused one, three
    times faster on small networks than PyTorch's default.
    """

    learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.0, 0.9)

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", _rate(self.learning_rate))
        try:
            first, second = self.betas
        except (TypeError, ValueError, RuntimeError):
            raise ValueError(f"betas is {checks.shortly(self.betas)}: it must be two numbers in [0, 1)") from None
        betas = tuple(checks.number("betas", beta, least=0, below=1) for beta in (first, second))
        object.__setattr__(self, "betas", betas)

    def __call__(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:  # noqa: D102
        return torch.optim.Adam(parameters, lr=self.learning_rate, betas=self.betas, fused=True)


@dataclass(frozen=True)
class RMSProp:
    """RMSProp, the first WGAN's optimiser. Source: Arjovsky 2017, Algorithm 1 (α = 5e-5). Chapter: critic.

    Raises ValueError for a rate below 0.
    """

    learning_rate: float = 5e-5

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", _rate(self.learning_rate))

    def __call__(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:  # noqa: D102
        return torch.optim.RMSprop(parameters, lr=self.learning_rate)


def _rate(value: SupportsFloat) -> float:
    return checks.number("learning_rate", value, least=0)


def original_critic_steps(index: int) -> int:
    """Return the n_critic of the first WGAN's code: 100 for generator steps 0 to 24 and every 500th, else 5.

    Source: martinarjovsky/WassersteinGAN, main.py; the paper's Algorithm 1 has 5 throughout. Chapter: critic.
    """
    index = checks.whole("index", index, 0)
    return 100 if index < 25 or index % 500 == 0 else 5


def latent_for(generator: nn.Module) -> NormalLatent:
    """Return the normal latent that a generator's first linear layer asks for.

    Raises ValueError for a generator that does not start with a layer that has ``in_features``. Chapter: critic.
    """
    size = next((layer.in_features for layer in generator.modules() if hasattr(layer, "in_features")), None)
    if not isinstance(size, Integral):
        raise ValueError("latent is None, and the generator's layers do not tell its size: pass NormalLatent(size)")
    return NormalLatent(int(size))
