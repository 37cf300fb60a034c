"""``Recipe``: everything that a training is made of, checked once, as one frozen value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor, nn

import wgan_lib.training.identity as identity
from wgan_lib import checks
from wgan_lib.constraints import LipschitzConstraint
from wgan_lib.losses import AdversarialLoss
from wgan_lib.networks import unwrapped
from wgan_lib.training.parts import CRITIC_STEPS_MOST, Adam, OptimizerFactory, Sampler, latent_for, samplable, seeds
from wgan_lib.training.schedules import Schedules


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Data, networks, loss, constraint, optimisers, latent, seed and schedule of a training; see ``train`` for each.

    ``make_data`` gives the data when they are first asked for, so that a recipe downloads nothing by itself. Recipes
    differ from one another by ``dataclasses.replace``. Raises ValueError or TypeError that names the argument.
    Chapter: full-models.
    """

    # What is ``| Any`` may be given otherwise, as None or as numpy's number: it is checked, and made plain, at once.
    make_data: Callable[[], Any]
    generator: nn.Module
    critic: nn.Module
    loss: AdversarialLoss
    constraint: LipschitzConstraint
    latent: Sampler | Any = None  # None: the normal one that the generator asks for
    optimizer: OptimizerFactory = Adam()  # noqa: RUF009  (a frozen value)
    generator_optimizer: OptimizerFactory | Any = None  # None: as the critic's
    n_steps: int | Any
    critic_steps: int | Callable[[int], int] | Any = 5
    batch_size: int | Any = 256
    generator_batch: int | Any | None = None  # None: as the critic's
    seed: int | Sequence[int] | Any = 0
    linear_decay: bool | Any = False
    schedules: Schedules | Any | None = None
    ema: float | Any = 0.0
    certify_every: int | Any | None = None

    def __post_init__(self) -> None:
        given = vars(self).copy()
        networks = {name: given[name] for name in ("generator", "critic")}
        for name, network in networks.items():
            _check_network(name, network)
        if shared := _shared(*networks.values()):
            raise ValueError(f"generator and critic share {', '.join(shared)}: each needs weights of its own")
        each, several = seeds(given["seed"])
        checked = {
            "latent": latent_for(unwrapped(self.generator)) if self.latent is None else self.latent,
            "generator_optimizer": self.optimizer if self.generator_optimizer is None else self.generator_optimizer,
            "n_steps": checks.whole("n_steps", self.n_steps),
            "batch_size": checks.whole("batch_size", self.batch_size),
            "seed": each if several else each[0],
            "ema": _decay(self.ema),
            "linear_decay": checks.flag("linear_decay", self.linear_decay),
        }
        if self.generator_batch is not None:
            checked["generator_batch"] = checks.whole("generator_batch", self.generator_batch)
        if not callable(self.critic_steps):
            checked["critic_steps"] = checks.whole("critic_steps", self.critic_steps, most=CRITIC_STEPS_MOST)
        if self.certify_every is not None:
            checked["certify_every"] = checks.whole("certify_every", self.certify_every)
            if several:
                message = "certified bounds need one copy, seed is a list"
                raise ValueError(f"certify_every is {self.certify_every}: {message}")
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        self._check_parts()
        self._check_schedules()
        for name, network in networks.items():
            if not any(parameter.requires_grad for parameter in network.parameters()):
                raise ValueError(f"{name} has no parameter that requires a gradient: there is nothing to train")

    def _check_parts(self) -> None:
        hooks = ("attach", "penalty", "project")
        needed = {
            "loss": (("critic", "generator"), "a value of wgan_lib.losses, such as WASSERSTEIN"),
            "constraint": (hooks, "a value of wgan_lib.constraints, such as GradientPenalty(10.0)"),
            "latent": (("sample",), "something with sample(n, generator), such as NormalLatent(2)"),
            "optimizer": (("__call__",), "a function from parameters to an optimiser, such as Adam(1e-3)"),
            "generator_optimizer": (("__call__",), "a function from parameters to an optimiser, such as Adam(1e-3)"),
            "make_data": (("__call__",), "a function that gives the data"),
        }
        for name, (methods, wanted) in needed.items():
            part = getattr(self, name)
            a_class = isinstance(part, type) and "__call__" not in methods
            if a_class or not all(callable(getattr(part, method, None)) for method in methods):
                raise TypeError(f"{name} is {identity.describe(part)}: it must be {wanted}")

    def _check_schedules(self) -> None:
        if self.generator_batch not in (None, self.batch_size) and self.loss.needs_real:
            both = f"generator_batch is {self.generator_batch} and batch_size {self.batch_size}"
            raise ValueError(f"{both}: they must agree where the generator's loss compares fake with real scores")
        if self.schedules is None:
            return
        if not isinstance(self.schedules, Schedules):
            raise TypeError(
                f"schedules is {checks.shortly(self.schedules)}: it must be a value of training.Schedules, or None"
            )
        if self.linear_decay and self.schedules.learning_rate is not None:
            raise ValueError("linear_decay is True and schedules has a learning_rate: one of the two is needed")

    @cached_property
    def data(self) -> Sampler:
        """What it learns: made at first use, and only then downloaded where files are missing."""
        return samplable(self.make_data())

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, one of them too."""
        return self.seed if isinstance(self.seed, tuple) else (self.seed,)

    @property
    def several(self) -> bool:
        """Whether networks and hooks see a copies axis: where the caller's seed is a list."""
        return isinstance(self.seed, tuple)

    def settings(self) -> dict[str, Any]:
        """Return the recipe as JSON, each part as a short text, as records keep it."""
        parts = ("data", "loss", "constraint", "latent", "optimizer", "generator_optimizer")
        numbers = ("batch_size", "ema", "n_steps", "linear_decay", "certify_every")
        steps = identity.describe(self.critic_steps) if callable(self.critic_steps) else self.critic_steps
        added = {name: getattr(self, name) for name in _ADDED if getattr(self, name) is not None}
        return {
            **{name: value if isinstance(value, int) else repr(value) for name, value in added.items()},
            **{name: getattr(self, name) for name in numbers},
            **{name: identity.describe(getattr(self, name)) for name in parts},
            "seed": list(self.seeds) if self.several else self.seed,
            "critic_steps": steps,
        }

    def fingerprints(self) -> dict[str, Any]:
        """Return what tells this recipe from any other by its contents, as JSON; optimisers aside, once they are made.

        Ask before the constraint is attached.
        """
        told = {name: identity.structure(getattr(self, name)) for name in ("generator", "critic")}
        parts = ("data", "loss", "constraint", "latent", "critic_steps", "batch_size", "seed", "ema", "linear_decay")
        added = tuple(name for name in _ADDED if getattr(self, name) is not None)
        return told | {name: identity.fingerprint(getattr(self, name)) for name in (*parts, *added)}


_ADDED = ("generator_batch", "schedules")
"""What checkpoints of before do not know; told only where it is set, so that they go on."""


def _decay(ema: Any) -> float:
    decay = checks.number("ema", ema)
    if not 0 <= decay < 1:
        raise ValueError(f"ema is {ema}: the decay of the averaged generator must lie in [0, 1)")
    return decay


def _check_network(name: str, network: Any) -> None:
    if not isinstance(network, nn.Module):
        raise TypeError(f"{name} is {identity.describe(network)}: it must be a torch.nn.Module")
    tensors = dict(network.named_parameters()) | dict(network.named_buffers())
    for place, tensor in tensors.items():
        if nn.parameter.is_lazy(tensor):
            raise ValueError(f"{name} has a lazy parameter {place}: call it once on a batch before training")
        if tensor.is_meta:
            raise ValueError(f"{name}'s {place} is on the meta device: it holds no numbers")
        if tensor.is_inference():
            raise ValueError(f"{name}'s {place} was made inside torch.inference_mode(): make it outside to train it")
        if isinstance(tensor, nn.Parameter) and not bool(tensor.isfinite().all()):
            raise ValueError(f"{name}'s {place} holds NaN or infinite values")


def _shared(generator: nn.Module, critic: nn.Module) -> list[str]:
    theirs: set[int] = {id(tensor) for tensor in [*critic.parameters(), *critic.buffers()]}
    named: list[tuple[str, Tensor]] = [*generator.named_parameters(), *generator.named_buffers()]
    return [name for name, tensor in named if id(tensor) in theirs]
