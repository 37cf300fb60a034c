"""Train and record: ``train`` yields a Step per generator step, so that the caller logs, plots or stops."""

import os
from collections.abc import Callable, Generator, Hashable, Iterable, Sequence
from typing import Any, SupportsFloat, SupportsIndex

import torch
from torch import nn

from wgan_lib import checks
from wgan_lib.constraints import LipschitzConstraint
from wgan_lib.files import home
from wgan_lib.losses import AdversarialLoss
from wgan_lib.networks import side_by_side, unwrapped
from wgan_lib.training.adversaries import Adversaries
from wgan_lib.training.checkpoints import must_be_free, must_exist
from wgan_lib.training.engine import Engine, OneDevice, engine_for
from wgan_lib.training.identity import describe
from wgan_lib.training.loop import Loop
from wgan_lib.training.many_devices import ManyDevices
from wgan_lib.training.parts import (
    Adam,
    NormalLatent,
    OptimizerFactory,
    RMSProp,
    Sampler,
    TensorData,
    UniformLatent,
    original_critic_steps,
    seeds,
    stream,
)
from wgan_lib.training.recipe import Recipe
from wgan_lib.training.recording import Recorder, record
from wgan_lib.training.restoring import begun, restore
from wgan_lib.training.schedules import Cosine, Schedules
from wgan_lib.training.step import NonFiniteError, Step
from wgan_lib.training.stopping import Stopped, held, raised
from wgan_lib.training.surroundings import own_modes
from wgan_lib.training.weights import unchanged_on_error

__all__ = [
    "Adam",
    "Adversaries",
    "Cosine",
    "Engine",
    "ManyDevices",
    "NonFiniteError",
    "NormalLatent",
    "OneDevice",
    "OptimizerFactory",
    "RMSProp",
    "Recipe",
    "Recorder",
    "Sampler",
    "Schedules",
    "Step",
    "Stopped",
    "TensorData",
    "UniformLatent",
    "begun",
    "describe",
    "engine_for",
    "follow",
    "held",
    "original_critic_steps",
    "raised",
    "record",
    "restore",
    "seeds",
    "stream",
    "train",
    "train_many",
]


def train(
    data: Any,
    generator: nn.Module,
    critic: nn.Module,
    loss: AdversarialLoss,
    constraint: LipschitzConstraint,
    *,
    n_steps: SupportsIndex,
    critic_steps: SupportsIndex | Callable[[int], int] = 5,
    batch_size: SupportsIndex = 256,
    generator_batch: SupportsIndex | None = None,
    seed: SupportsIndex | Iterable[SupportsIndex] = 0,
    device: str | int | torch.device | Engine = "auto",
    optimizer: OptimizerFactory = Adam(),  # noqa: B008  (a frozen value)
    generator_optimizer: OptimizerFactory | None = None,
    latent: Sampler | None = None,
    linear_decay: bool = False,
    schedules: Schedules | None = None,
    ema: SupportsFloat = 0.0,
    certify_every: SupportsIndex | None = None,
    checkpoint_dir: str | os.PathLike[str] | None = None,
    checkpoint_every: SupportsIndex = 500,
    resume: bool = False,
    progress: bool = False,
) -> Generator[Step, None, None]:
    """Train generator and critic in place and yield ``n_steps`` Steps, one per generator step.

    Each takes ``critic_steps`` (a number, or a function of the step's index) descents of loss + penalty on fresh
    batches, then one of the generator's loss, on ``generator_batch`` latents, by default as many. ``data`` has
    ``sample(n, generator)`` or is a tensor or array (n, …), on the device too; ``latent`` defaults to N(0, I),
    ``generator_optimizer`` to ``optimizer``. ``linear_decay`` takes both learning rates to 0, ``schedules`` changes
    more; ``ema`` > 0 averages the generator's weights. A ``seed`` gives the same numbers each time on a CPU, Dropout's
    too; K of them train the K copies of batched networks at once. ``device`` "auto" is the first there is of cuda, mps,
    cpu; an ``Engine`` is taken as it is, ``OneDevice(torch.device("cuda"), precision="bf16-mixed",
    compiler="inductor")`` say. Compiled networks stay compiled; a layer in eval mode stays in it.

    With ``checkpoint_dir``, which is this training's alone, a checkpoint is written at the start, every
    ``checkpoint_every`` steps, at the end, and however the caller stops: by leaving the loop, by Ctrl-C, SIGTERM,
    SIGHUP or SIGUSR1 and 2, by ending the program. ``resume=True`` goes on from the last one, bit-identically on a CPU,
    and yields the remaining Steps; whatever differs from the interrupted training is refused. A refused call leaves
    networks and folder as they were. Raises ValueError or TypeError for bad arguments, FileExistsError for a folder
    with another run's checkpoints, FolderInUseError, FileNotFoundError for nothing to resume or a folder that was
    deleted, NonFiniteError, OSError from a full disk.
    Source: Arjovsky 2017, Algorithm 1; Gulrajani 2017, Algorithm 1. Chapter: critic.
    """
    given: dict[str, Any] = {  # the recipe checks what it is given, and makes it plain
        "loss": loss, "constraint": constraint, "n_steps": n_steps, "critic_steps": critic_steps, "ema": ema,
        "batch_size": batch_size, "seed": seed, "optimizer": optimizer, "generator_optimizer": generator_optimizer,
        "latent": latent, "linear_decay": linear_decay, "certify_every": certify_every,
        "schedules": schedules, "generator_batch": generator_batch,
    }  # fmt: skip
    recipe = Recipe(make_data=lambda: data, generator=generator, critic=critic, **given)
    return follow(
        recipe, device=device, checkpoint_dir=checkpoint_dir, checkpoint_every=checkpoint_every, resume=resume,
        progress=progress,
    )  # fmt: skip


def follow(
    recipe: Recipe,
    *,
    device: str | int | torch.device | Engine = "auto",
    checkpoint_dir: str | os.PathLike[str] | None = None,
    checkpoint_every: SupportsIndex = 500,
    resume: bool = False,
    progress: bool = False,
) -> Generator[Step, None, None]:
    """Train as a recipe says, and yield its Steps; all as ``train``. Chapter: full-models."""
    checkpoint_every, resume = checks.whole("checkpoint_every", checkpoint_every), checks.flag("resume", resume)
    progress, engine = checks.flag("progress", progress), engine_for(device)
    if resume and checkpoint_dir is None:
        raise ValueError("resume is True but checkpoint_dir is None: name the folder to resume from")
    if checkpoint_dir is not None:
        if not isinstance(checkpoint_dir, str | os.PathLike) or str(checkpoint_dir) == "":
            raise TypeError(
                f"checkpoint_dir is {checks.shortly(checkpoint_dir)}: it must be the path of a folder, or None"
            )
        try:
            checkpoint_dir = home(checkpoint_dir)
        except ValueError as error:
            raise ValueError(f"checkpoint_dir: {error}") from None
        (must_exist if resume else must_be_free)(checkpoint_dir)
    with (
        own_modes(engine.device),
        unchanged_on_error(unwrapped(recipe.generator), unwrapped(recipe.critic)),
        torch.random.fork_rng(devices=[]),
    ):
        prints = None if checkpoint_dir is None else recipe.fingerprints()
        loop = Loop(Adversaries(recipe, engine), prints, checkpoint_every)
        if checkpoint_dir is not None:
            loop.open(checkpoint_dir, resume)
    return loop.start(progress)


def train_many(
    data: Any,
    make_generator: Callable[[torch.Generator], nn.Module],
    make_critic: Callable[[torch.Generator], nn.Module],
    loss: AdversarialLoss,
    constraints: Sequence[LipschitzConstraint],
    seeds: Iterable[SupportsIndex],
    **settings: Any,
) -> dict[LipschitzConstraint, Generator[Step, None, None]]:
    """Prepare K seeds × several constraints; return for each constraint what ``train`` returns, its K seeds at once.

    ``zip(*train_many(...).values())`` walks through all constraints step by step, ``record`` takes one of them. Copy k
    has the numbers of a run by itself, ``train(data, make_generator(stream(s, "generator")), make_critic(stream(s,
    "critic")), loss, constraint, seed=s, **settings)`` with s = ``seeds[k]``, up to rounding; ``networks.side_by_side``
    puts the networks together. Each constraint has its own folder in ``checkpoint_dir``.

    Raises ValueError for no constraints or the same twice, and what ``train`` and ``side_by_side`` raise.
    Source: Arjovsky 2017, Algorithm 1. Chapter: clipping-gp-sn.
    """
    constraints = list(constraints) if checks.several(constraints) else [constraints]  # type: ignore[list-item]
    if unhashable := [c for c in constraints if not isinstance(c, Hashable)]:
        raise TypeError(
            f"constraints hold {checks.shortly(unhashable[0])}: a frozen value is needed, as in wgan_lib.constraints"
        )
    if not constraints or len(set(constraints)) < len(constraints):
        raise ValueError(f"constraints are {constraints}: give at least one, none of them twice")
    if "seed" in settings:
        raise TypeError(f"seed is {settings['seed']}: train_many takes a list of them, seeds")
    each = _each(seeds)
    folder, many = settings.pop("checkpoint_dir", None), {}
    for i, constraint in enumerate(constraints):
        generator, critic = _many("make_generator", make_generator, each), _many("make_critic", make_critic, each)
        named = isinstance(folder, str | os.PathLike) and str(folder)
        own = home(folder) / f"{i}-{type(constraint).__name__}" if named else folder
        many[constraint] = train(data, generator, critic, loss, constraint, seed=each, checkpoint_dir=own, **settings)
    return many


def _many(name: str, make: Any, each: Iterable[int]) -> nn.Module:
    if isinstance(make, nn.Module) or not callable(make):
        raise TypeError(f"{name} is {describe(make)}: it must be a function of a torch.Generator that makes a network")
    try:
        made = [make(stream(seed, name.removeprefix("make_"))) for seed in each]
    except TypeError as error:
        raise TypeError(f"{name} failed: {error}") from error
    if others := [network for network in made if not isinstance(network, nn.Module)]:
        raise TypeError(f"{name} made {describe(others[0])}: it must make a torch.nn.Module")
    return side_by_side(made)


def _each(given: Any) -> tuple[int, ...]:
    if checks.several(given) and isinstance(given, Sequence | torch.Tensor) and not len(given):
        return ()  # side_by_side says that K is at least 1
    return seeds(given)[0]
