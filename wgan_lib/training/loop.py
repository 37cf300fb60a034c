"""The training loop itself: steps that are whole or did not happen, checkpoints between them, a bar beside them."""

import json
import math
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from wgan_lib import diagnostics
from wgan_lib.files import provenance
from wgan_lib.training import checkpoints
from wgan_lib.training.adversaries import Adversaries, evaluating
from wgan_lib.training.recipe import Sampler


@dataclass(frozen=True, kw_only=True)
class Step:
    """One generator step and the critic steps before it; numbers of the last of these, before its update.

    ``w1_estimate`` is E f(real) − E f(fake) on that step's fresh batch, in score units (units of the data if f is
    1-Lipschitz): a float, or K of them for K copies. ``critic_loss`` excludes ``penalty``; both, ``generator_loss`` and
    the gradients' norms sum over copies. ``certified`` is a lower bound on W1 of the two batches, where asked for.
    ``seen`` counts real samples shown to the critic; ``seconds`` is the training time so far, without the caller's own.
    ``generator`` (the averaged one with EMA) and ``critic`` are the live networks. Chapter: critic.
    """

    index: int
    w1_estimate: float | tuple[float, ...]
    penalty: float
    critic_loss: float
    generator_loss: float
    critic_gradient_norm: float
    generator_gradient_norm: float
    seen: int
    certified: float | None
    seconds: float = field(compare=False)
    generator: nn.Module = field(compare=False, repr=False)
    critic: nn.Module = field(compare=False, repr=False)
    latent: Sampler = field(compare=False, repr=False)
    data: Sampler = field(compare=False, repr=False)
    settings: Mapping[str, Any] = field(compare=False, repr=False)


class NonFiniteError(ArithmeticError):
    """A loss or gradient became NaN or infinite, in ``step``, after the finite ``last``. Chapter: reading-curves."""

    def __init__(self, what: str, step: int, last: Step | None, checkpoint: Path | None) -> None:
        super().__init__(
            f"{what} in step {step}; last finite values: {last or 'none'}; last checkpoint: {checkpoint or 'none'}. "
            "A smaller learning rate or a stronger constraint may help"
        )
        self.step, self.last, self.checkpoint = step, last, checkpoint


class Loop:
    """Two adversaries on their way through ``settings["n_steps"]`` steps, and what of them is safe in ``folder``.

    ``settings`` is JSON and describes the run; a checkpoint with other settings is refused. Chapter: critic.
    """

    def __init__(
        self, pair: Adversaries, settings: Mapping[str, Any], critic_steps: Callable[[int], int], folder: Path | None
    ) -> None:
        self.pair, self.settings, self.critic_steps, self.folder = pair, dict(settings), critic_steps, folder
        self.index, self.seen, self.seconds, self.saved_at = 0, 0, 0.0, -1
        self.last: Step | None = None
        self.checkpoint: Path | None = None
        self.machine = {"torch": torch.__version__, "device": str(pair.device), "threads": torch.get_num_threads()}

        self.told = {**self.settings, **self.machine}

    def steps(self, progress: bool) -> Generator[Step, None, None]:
        """Yield the remaining Steps; see ``training.train``."""
        n_steps, between_steps = self.settings["n_steps"], True
        hidden = not progress or self.index == n_steps
        bar = tqdm(total=n_steps, initial=self.index, disable=hidden, unit="step", dynamic_ncols=True)
        try:
            if self.index == 0:
                self.save()
            while self.index < n_steps:
                with _interrupt_held() as interrupts:
                    between_steps = False
                    self.last = self.step()
                    between_steps = True
                if progress:
                    bar.set_postfix_str(_in_short(self.last), refresh=False)
                    bar.update()
                yield self.last  # before the checkpoint: what is on the disk, the caller has seen
                if interrupts:
                    signal.raise_signal(signal.SIGINT)
                if self.index % self.settings["checkpoint_every"] == 0 or self.index == n_steps:
                    self.save()
        except (KeyboardInterrupt, GeneratorExit):
            if between_steps:
                self.save()
            raise
        finally:
            bar.close()

    def step(self) -> Step:
        """Take the critic steps and the generator step; NonFiniteError if any loss or gradient is NaN or infinite."""
        pair, settings, begun = self.pair, self.settings, time.perf_counter()
        if settings["linear_decay"]:
            pair.scale_learning_rates(1 - self.index / settings["n_steps"])
        n_critic_steps = self.critic_steps(self.index)
        if n_critic_steps < 1:
            raise ValueError(f"critic_steps({self.index}) is {n_critic_steps}: it must be 1 or more")
        total = torch.zeros((), device=pair.device)
        for _ in range(n_critic_steps):
            measured = pair.critic_step()
            total = total + measured["critic_loss"] + measured["penalty"]
        measured |= pair.generator_step() | pair.gradient_norms() | {"sum of the critic's losses": total}
        w1 = measured.pop("w1_estimate")
        numbers = dict(zip(measured, torch.stack(list(measured.values())).tolist(), strict=True))  # one transfer
        if bad := [f"{name} is {value}" for name, value in numbers.items() if not math.isfinite(value)]:
            raise NonFiniteError(", ".join(bad), self.index, self.last, self.checkpoint)
        del numbers["sum of the critic's losses"]
        certified, certify_every = None, settings["certify_every"]
        if certify_every is not None and (self.index + 1) % certify_every == 0:
            with evaluating(pair.critic):
                certified = diagnostics.certified_lower_bound(pair.critic, pair.real, pair.fake)
        self.index += 1
        self.seen += n_critic_steps * pair.batch_size
        self.seconds += time.perf_counter() - begun
        return Step(
            index=self.index - 1, w1_estimate=tuple(w1.tolist()) if pair.several else float(w1), **numbers,
            seen=self.seen, certified=certified, seconds=self.seconds, generator=pair.best_generator,
            critic=pair.critic, latent=pair.latent, data=pair.data, settings=self.told,
        )  # fmt: skip

    def save(self) -> None:
        """Write a checkpoint, unless there is no folder or nothing has changed since the last one."""
        if self.folder is None or self.saved_at == self.index:
            return
        progress = {"index": self.index, "seen": self.seen, "seconds": self.seconds}
        state = {**self.pair.state(), **progress, "settings": {**provenance(), **self.told}}
        self.checkpoint = checkpoints.save(self.folder, self.index, state)
        self.saved_at = self.index

    def resume(self, folder: str | os.PathLike[str]) -> None:
        """Go to where the last checkpoint in ``folder`` was written; ValueError if it is another run's."""
        self.checkpoint, state = checkpoints.load_last(folder)
        theirs, ours = state["settings"], json.loads(json.dumps(self.settings))
        may_differ = {"checkpoint_every", "certify_every"} | (set() if ours["linear_decay"] else {"n_steps"})
        other = [name for name in ours.keys() - may_differ if theirs.get(name) != ours[name]]
        if other:
            differences = "; ".join(f"{name} was {theirs.get(name)!r}, now {ours[name]!r}" for name in sorted(other))
            raise ValueError(f"{self.checkpoint} belongs to another run: {differences}")
        if state["index"] > ours["n_steps"]:
            raise ValueError(f"n_steps is {ours['n_steps']}: {self.checkpoint} is already {state['index']} steps on")
        moved = [
            f"{name} was {theirs[name]}, now {here}" for name, here in self.machine.items() if theirs[name] != here
        ]
        if moved:
            warnings.warn(f"going on, though perhaps not bit-identically: {'; '.join(moved)}", stacklevel=3)
        self.pair.restore(state)
        self.index, self.seen, self.seconds = state["index"], state["seen"], state["seconds"]
        self.saved_at = self.index


def _in_short(step: Step) -> str:
    losses = f"critic {step.critic_loss + step.penalty:.3g}, generator {step.generator_loss:.3g}"
    return f"W1 ≈ {np.mean(step.w1_estimate):.3g}, {losses}"


@contextmanager
def _interrupt_held() -> Iterator[list[int]]:
    """Hold Ctrl-C back until the step is whole; a second one comes through at once."""
    received: list[int] = []
    previous = signal.getsignal(signal.SIGINT)
    ignored = previous in (None, signal.SIG_IGN)  # as in a background job, which is to go on
    if ignored or threading.current_thread() is not threading.main_thread():
        yield received
        return

    def hold(signum: int, frame: object) -> None:
        received.append(signum)
        if len(received) > 1:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hold)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, previous)
