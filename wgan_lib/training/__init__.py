"""Train and record: ``train`` yields a Step per generator step, so that the caller logs, plots or stops."""

import math
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib.constraints import LipschitzConstraint
from wgan_lib.files import provenance
from wgan_lib.losses import AdversarialLoss
from wgan_lib.networks import side_by_side
from wgan_lib.runs import Run
from wgan_lib.training import checkpoints
from wgan_lib.training.adversaries import Adversaries, evaluating
from wgan_lib.training.loop import Loop, NonFiniteError, Step
from wgan_lib.training.recipe import (
    Adam,
    NormalLatent,
    OptimizerFactory,
    RMSProp,
    Sampler,
    TensorData,
    UniformLatent,
    describe,
    latent_for,
    stream,
)

__all__ = [
    "Adam",
    "NonFiniteError",
    "NormalLatent",
    "RMSProp",
    "Recorder",
    "Step",
    "UniformLatent",
    "record",
    "stream",
    "train",
    "train_many",
]


def train(
    data: Sampler | Float[Tensor, "n ..."],
    generator: nn.Module,
    critic: nn.Module,
    loss: AdversarialLoss,
    constraint: LipschitzConstraint,
    *,
    n_steps: int,
    critic_steps: int | Callable[[int], int] = 5,
    batch_size: int = 256,
    seed: int | Sequence[int] = 0,
    device: str = "auto",
    optimizer: OptimizerFactory = Adam(),  # noqa: B008  (a frozen value)
    generator_optimizer: OptimizerFactory | None = None,
    latent: Sampler | None = None,
    linear_decay: bool = False,
    ema: float = 0.0,
    certify_every: int | None = None,
    checkpoint_dir: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 500,
    resume: bool = False,
    progress: bool = False,
) -> Generator[Step, None, None]:
    """Train generator and critic in place and yield ``n_steps`` Steps, one per generator step.

    Each takes ``critic_steps`` (a number, or a function of the step's index) descents of loss + penalty on fresh
    batches, then one of the generator's loss. ``data`` has ``sample(n, generator)`` or is a tensor (n, …); ``latent``
    defaults to N(0, I), ``generator_optimizer`` to ``optimizer``. ``linear_decay`` takes both learning rates to 0;
    ``ema`` > 0 averages the generator's weights. A ``seed`` gives the same numbers each time on a CPU; K of them train
    the K copies of batched networks at once. ``device`` "auto" is the first there is of cuda, mps, cpu.

    With ``checkpoint_dir`` a checkpoint is written at the start, every ``checkpoint_every`` steps, at the end, at
    Ctrl-C and when the caller stops. ``resume=True`` goes on from the last one, bit-identically on a CPU, and yields
    the remaining Steps. Raises ValueError or TypeError for bad arguments, FileExistsError for a folder with another
    run's checkpoints, FileNotFoundError for nothing to resume, NonFiniteError, OSError from a full disk.
    Source: Arjovsky 2017, Algorithm 1; Gulrajani 2017, Algorithm 1. Chapter: critic.
    """
    n_steps, batch_size = _whole("n_steps", n_steps), _whole("batch_size", batch_size)
    checkpoint_every = _whole("checkpoint_every", checkpoint_every)
    critic_steps = critic_steps if callable(critic_steps) else _whole("critic_steps", critic_steps)
    several = not isinstance(seed, Integral)
    seeds = [_whole("seed", s, 0) for s in (seed if isinstance(seed, Iterable) else [seed])]
    if not seeds:
        raise ValueError(f"seed is {seed!r}: it must be a whole number, 0 or more, or a list of such")
    if certify_every is not None:
        certify_every = _whole("certify_every", certify_every)
        if several:
            raise ValueError(f"certify_every is {certify_every}: certified bounds need one copy, seed is a list")
    if not 0 <= ema < 1:
        raise ValueError(f"ema is {ema}: the decay of the averaged generator must lie in [0, 1)")
    if resume and checkpoint_dir is None:
        raise ValueError("resume is True but checkpoint_dir is None: name the folder to resume from")
    if not resume and checkpoint_dir is not None and (found := checkpoints.paths(checkpoint_dir)):
        raise FileExistsError(f"checkpoint_dir already holds {found[0]}: pass resume=True, or another folder")
    parts: dict[str, Any] = {
        "data": TensorData(data) if isinstance(data, Tensor) else data,
        "loss": loss,
        "constraint": constraint,
        "latent": latent or latent_for(generator),
        "optimizer": optimizer,
        "generator_optimizer": generator_optimizer or optimizer,
    }
    numbers: dict[str, Any] = {"batch_size": batch_size, "seed": seeds if several else seeds[0], "ema": ema}
    pair = Adversaries(generator=generator, critic=critic, **parts, **numbers, device=_device(device))
    settings = {
        **numbers,
        **{name: describe(part) for name, part in parts.items()},
        "n_steps": n_steps,
        "critic_steps": describe(critic_steps) if callable(critic_steps) else critic_steps,
        "linear_decay": linear_decay,
        "certify_every": certify_every,
        "checkpoint_every": checkpoint_every,
    }
    schedule = critic_steps if callable(critic_steps) else (lambda index: critic_steps)
    loop = Loop(pair, settings, schedule, None if checkpoint_dir is None else Path(checkpoint_dir))
    if resume and checkpoint_dir is not None:
        loop.resume(checkpoint_dir)
    return loop.steps(progress)


def _whole(name: str, number: object, least: int = 1) -> int:
    if not isinstance(number, Integral) or isinstance(number, bool) or number < least:
        raise ValueError(f"{name} is {number!r}: it must be a whole number, {least} or more")
    return int(number)


def train_many(
    data: Sampler | Float[Tensor, "n ..."],
    make_generator: Callable[[torch.Generator], nn.Module],
    make_critic: Callable[[torch.Generator], nn.Module],
    loss: AdversarialLoss,
    constraints: Sequence[LipschitzConstraint],
    seeds: Sequence[int],
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
    if not constraints or len(set(constraints)) < len(constraints):
        raise ValueError(f"constraints are {list(constraints)}: give at least one, none of them twice")
    folder, many = settings.pop("checkpoint_dir", None), {}
    for i, constraint in enumerate(constraints):
        generator = side_by_side([make_generator(stream(s, "generator")) for s in seeds])
        critic = side_by_side([make_critic(stream(s, "critic")) for s in seeds])
        own = None if folder is None else Path(folder) / f"{i}-{type(constraint).__name__}"
        many[constraint] = train(data, generator, critic, loss, constraint, seed=seeds, checkpoint_dir=own, **settings)
    return many


def _device(name: str) -> torch.device:
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    here = [kind for kind in found if found[kind]]
    if name != "auto" and name.split(":")[0] not in here:
        raise ValueError(f"device is {name!r}: this machine has {', '.join(here)}; 'auto' takes the first")
    return torch.device(here[0] if name == "auto" else name)


class Recorder:
    """Collects frames for a ``Run`` from Steps: the first, every ``every``-th and the last.

    Each frame holds the Step's numbers (``certified`` NaN where it was not asked for) and ``samples`` (n_samples, …) of
    the generator at latents that stay fixed; with ``grid`` = m also ``critic`` (m, m), f at (grid_x[j], grid_y[i]), on
    a square around the real samples (2-D data). ``fixed`` holds ``real`` (n_samples, …) and the grid's axes. float32.
    Raises ValueError for a count below 1, or a grid over data that are not 2-D. Chapter: clipping-gp-sn.
    """

    def __init__(self, every: int, n_samples: int = 256, grid: int | None = None) -> None:
        for name, count in {"every": every, "n_samples": n_samples, "grid": 1 if grid is None else grid}.items():
            if count < 1:
                raise ValueError(f"{name} is {count}: it must be 1 or more")
        self.every, self.n_samples, self.grid = every, n_samples, grid
        self.frames: dict[str, list[Any]] = {}
        self.fixed: dict[str, np.ndarray] = {}
        self.step: Step | None = None

    def add(self, step: Step) -> None:
        """Look at a Step, and keep a frame of it if it is its turn."""
        first = self.step is None
        self.step = step
        if first:
            self._prepare(step)
        if step.index and (step.index + 1) % self.every and step.index + 1 != step.settings["n_steps"]:
            return
        numbers = {name: value for name, value in vars(step).items() if isinstance(value, int | float | tuple)}
        if step.settings["certify_every"] is not None:
            numbers["certified"] = math.nan if step.certified is None else step.certified
        with evaluating(step.generator, step.critic):
            numbers["samples"] = step.generator(self.latents).cpu().numpy()
            if self.grid is not None:
                scores = step.critic(self.points)
                numbers["critic"] = scores.reshape(*scores.shape[:-1], self.grid, self.grid).cpu().numpy()
        for name, value in numbers.items():
            self.frames.setdefault(name, []).append(value)

    def _prepare(self, step: Step) -> None:
        seed = step.settings["seed"] if isinstance(step.settings["seed"], int) else step.settings["seed"][0]
        device = next(step.generator.parameters()).device
        real = step.data.sample(self.n_samples, stream(seed, "recorded data"))
        self.latents = step.latent.sample(self.n_samples, stream(seed, "recorded latent")).to(device)
        self.fixed = {"real": real.cpu().numpy()}
        if self.grid is not None:
            if real.shape[1:] != (2,):
                raise ValueError(f"grid is {self.grid}: the critic's grid needs 2-D data, not {tuple(real.shape[1:])}")
            middle, half = (real.amax(0) + real.amin(0)) / 2, 0.65 * (real.amax(0) - real.amin(0)).max()
            x, y = (torch.linspace(float(m - half), float(m + half), self.grid) for m in middle)
            self.points = torch.cartesian_prod(y, x).flip(-1).to(device)
            self.fixed |= {"grid_x": x.numpy(), "grid_y": y.numpy()}

    def __len__(self) -> int:
        return len(self.frames.get("index", []))

    def run(self, **meta: Any) -> Run:
        """Return what was collected, with the settings, provenance and ``meta``; ValueError if there was no Step."""
        if self.step is None:
            raise ValueError("steps are empty: there is nothing to record")
        found = {**provenance(), **self.step.settings, "seconds": self.step.seconds, **meta}
        dtypes = {float: np.float32, tuple: np.float32, int: np.int64}
        frames = {name: np.array(v, dtype=dtypes.get(type(v[0]))) for name, v in self.frames.items()}
        return Run(frames, found, self.fixed)


def record(steps: Iterable[Step], every: int = 50, n_samples: int = 256, grid: int | None = None, **meta: Any) -> Run:
    """Train through ``steps`` and return a ``Run`` of the first, every ``every``-th and the last; see ``Recorder``.

    ``meta`` is added to the run's. Raises as ``Recorder`` and ``train`` do. Chapter: clipping-gp-sn.
    """
    recorder = Recorder(every, n_samples, grid)
    for step in steps:
        recorder.add(step)
    return recorder.run(**meta)
