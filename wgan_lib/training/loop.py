"""The training loop itself: steps that are whole or did not happen, checkpoints between them, a bar beside them."""

import json
import math
import os
import signal
import time
import warnings
import weakref
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

import wgan_lib.training.checkpoints as checkpoints
import wgan_lib.training.stopping as stopping
from wgan_lib import diagnostics, networks
from wgan_lib.files import home, owned, provenance
from wgan_lib.training.adversaries import Adversaries
from wgan_lib.training.fitting import critic_steps_at
from wgan_lib.training.step import Live, NonFiniteError, Step
from wgan_lib.training.together import Together

PATIENCE = 1.0
"""Seconds a signal waits for a generator step; a longer one is left between two critic steps, and resumed there."""

_TOTAL = "sum of the critic's losses"


class Loop:
    """Two adversaries on their way through their recipe's steps, and what of them is safe in a folder.

    ``index`` generator steps are done, and ``critic_steps_done`` critic steps of the next one. Chapter: critic.
    """

    def __init__(self, pair: Adversaries, fingerprints: dict[str, Any] | None, checkpoint_every: int) -> None:
        self.pair, self.recipe, self.every = pair, pair.recipe, checkpoint_every
        self.settings = {**self.recipe.settings(), "checkpoint_every": checkpoint_every}
        optimizers = dict(zip(("generator_optimizer", "optimizer"), pair.hyperparameters, strict=True))
        self.fingerprints = None if fingerprints is None else {**fingerprints, **optimizers}
        device, threads = str(pair.engine.device), torch.get_num_threads()
        self.machine = {"torch": torch.__version__, "device": device, "threads": threads}
        recipe = self.recipe
        told = {**self.settings, **self.machine}
        self.live = Live(pair.best_generator, pair.critic, recipe.latent, recipe.data, pair.engine, told)
        self.index, self.critic_steps_done, self.seen, self.seconds = 0, 0, 0, 0.0
        self.last: Step | None = None
        self.folder: Path | None = None
        self.checkpoint: Path | None = None
        self.saved_at: tuple[int, int] | None = None
        self.under_way = False
        self.generator: weakref.ref[Any] | None = None
        self.own = ExitStack()

    def open(self, folder: str | os.PathLike[str], resume: bool) -> None:
        """Take the folder for this training alone, and go to where its last checkpoint was written, where asked to."""
        folder = home(folder).absolute()
        if resume:
            checkpoints.must_exist(folder)
        if self.pair.engine.rank == 0:
            self.own.enter_context(owned(folder))
        folder.mkdir(parents=True, exist_ok=True)  # another rank may come first
        try:
            if resume:
                self._resume(folder)
            else:
                checkpoints.must_be_free(folder)
        except BaseException:
            self.own.close()
            raise
        self.folder, self.inode = folder, os.stat(folder).st_ino

    def start(self, progress: bool) -> Generator[Step, None, None]:
        """Return the generator of the remaining Steps; it is closed at the latest when the interpreter ends."""
        steps = self._steps(progress)
        self.generator = weakref.ref(steps)
        return steps

    def close(self) -> None:
        """End the training as a caller who stops does: with a checkpoint, if a step is done since the last one."""
        steps = None if self.generator is None else self.generator()
        if steps is not None and not steps.gi_running:
            steps.close()

    def rescue(self) -> None:
        """Write a checkpoint now, unless a step is under way."""
        if not self.under_way:
            self.save()

    def _steps(self, progress: bool) -> Generator[Step, None, None]:
        n_steps = self.recipe.n_steps
        hidden = not progress or self.index == n_steps or self.pair.engine.rank > 0
        bar = tqdm(total=n_steps, initial=self.index, disable=hidden, unit="step", dynamic_ncols=True)
        stopping.opened(self)
        if self.folder is not None:
            stopping.guarded(self)
        waiting, together = list[int](), Together(self.pair.engine)
        together.begin()
        try:
            if self.saved_at is None:
                with stopping.held():
                    self.save()
            while self.index < n_steps:
                with stopping.held(deliver=False) as waiting:
                    step = self._advance(waiting)
                if step is None:  # left between two critic steps, to be gone on with if the signals let it
                    stopping.delivered(waiting)
                    continue
                if progress:
                    bar.set_postfix_str(_in_short(step), refresh=False)
                    bar.update()
                heard = together.heard(waiting)
                yield step  # before the checkpoint: what is on the disk, the caller has seen
                if self.index % self.every == 0 or self.index == n_steps or (heard and self.pair.engine.ranks > 1):
                    with stopping.held():
                        self.save()
                together.act(heard)
        finally:
            try:
                self.rescue()
            finally:
                bar.close()
                stopping.closed(self)
                self.own.close()
                left = [*waiting, *together.end()]
                stopping.delivered([n for n in left if n != signal.SIGINT])  # by Ctrl-C the caller has stopped

    def _advance(self, waiting: list[int]) -> Step | None:
        """Take the critic steps and the generator step; None if a signal is waiting that cannot wait so long."""
        self.under_way, begun, pair, recipe = True, time.perf_counter(), self.pair, self.recipe
        pair.follow_schedules(self.index / recipe.n_steps)
        n_critic_steps = critic_steps_at(recipe, self.index)
        with pair.at_work():
            measured = self._critic_steps(n_critic_steps, waiting, begun)
            if measured is not None:
                measured |= pair.generator_step()
                w1, numbers = self._finite(measured)
                certified = self._certified()
        self.seconds += time.perf_counter() - begun
        if measured is None:
            self.under_way = False
            self.save()
            return None
        self.index, self.critic_steps_done = self.index + 1, 0
        self.seen += n_critic_steps * recipe.batch_size
        self.last = Step(
            index=self.index - 1, w1_estimate=tuple(w1) if recipe.several else w1[0], **numbers,
            seen=self.seen, certified=certified, seconds=self.seconds, live=self.live,
        )  # fmt: skip
        self.under_way = False
        return self.last

    def _critic_steps(self, n: int, waiting: list[int], begun: float) -> dict[str, torch.Tensor] | None:
        """Take what is left of n critic steps; at least one, so that a generator step never lacks its batch."""
        total, first = torch.zeros((), device=self.pair.engine.device), self.critic_steps_done
        while True:
            measured = self.pair.critic_step()
            total = total + measured["critic_loss"] + measured["penalty"]
            self.critic_steps_done += 1
            to_come = n - self.critic_steps_done
            if to_come <= 0:
                return {**measured, _TOTAL: total, **self.pair.critic_gradient_norm()}
            mean = (time.perf_counter() - begun) / (self.critic_steps_done - first)
            if waiting and (to_come + 1) * mean > PATIENCE:
                return None

    def _finite(self, measured: dict[str, torch.Tensor]) -> tuple[list[float], dict[str, float]]:
        """Fetch what was measured, by the only transfer from the device in a step: estimates of W1, and the rest."""
        w1 = measured.pop("w1_estimate").reshape(-1)
        values = self.pair.engine.mean(torch.cat([w1, torch.stack(list(measured.values()))])).tolist()
        numbers = dict(zip(measured, values[len(w1) :], strict=True))
        if bad := [f"{name} is {value}" for name, value in numbers.items() if not math.isfinite(value)]:
            raise NonFiniteError(", ".join(bad), self.index, self.last, self.checkpoint)
        del numbers[_TOTAL]
        return values[: len(w1)], numbers

    def _certified(self) -> float | None:
        every = self.recipe.certify_every
        if every is None or (self.index + 1) % every:
            return None
        with networks.evaluating(self.pair.critic):
            return diagnostics.certified_lower_bound(self.pair.critic, self.pair.real, self.pair.fake)

    def save(self) -> None:
        """Write a checkpoint, unless there is no folder or nothing has changed since the last one."""
        at = (self.index, self.critic_steps_done)
        if self.folder is None or self.saved_at == at:
            return
        if not self.folder.is_dir() or os.stat(self.folder).st_ino != self.inode:
            raise FileNotFoundError(f"{self.folder} was deleted while it was trained into: step {self.index} is lost")
        if not math.isfinite(largest := float(self.pair.engine.mean(self.pair.largest_weight()))):
            raise NonFiniteError(f"a weight is {largest}", self.index, self.last, self.checkpoint)
        progress = {"index": self.index, "critic_steps": self.critic_steps_done, "seen": self.seen}
        told = {**provenance(), **self.settings, **self.machine, "fingerprints": self.fingerprints}
        state = {**self.pair.state(), **progress, "seconds": self.seconds, "settings": told}
        if self.pair.engine.rank == 0:
            self.checkpoint = checkpoints.save(self.folder, self.index, state)
        self.saved_at = at

    def _resume(self, folder: Path) -> None:
        self.checkpoint, state = checkpoints.load_last(folder)
        theirs = state["settings"]
        if other := self._differences(theirs):
            raise ValueError(f"{self.checkpoint} belongs to another run: {'; '.join(other)}")
        if state["index"] > self.recipe.n_steps:
            raise ValueError(
                f"n_steps is {self.recipe.n_steps}: {self.checkpoint} is already {state['index']} steps on"
            )
        moved = [
            f"{name} was {theirs[name]}, now {here}" for name, here in self.machine.items() if theirs[name] != here
        ]
        if moved:
            warnings.warn(f"going on, though perhaps not bit-identically: {'; '.join(moved)}", stacklevel=4)
        self.pair.restore(state)
        self.index, self.seen, self.seconds = state["index"], state["seen"], state["seconds"]
        self.critic_steps_done = state.get("critic_steps", 0)
        self.saved_at = (self.index, self.critic_steps_done)

    def _differences(self, theirs: dict[str, Any]) -> list[str]:
        """Say what a checkpoint's run has other than this one: by contents, or, from an older file, by description."""
        ours, prints = json.loads(json.dumps(self.settings)), theirs.get("fingerprints") or {}
        fixed = self.recipe.linear_decay or self.recipe.schedules is not None  # what comes next depends on the end
        may_differ = {"checkpoint_every", "certify_every"} | (set() if fixed else {"n_steps"})
        found = []
        for name in sorted({*ours, *prints} - may_differ):
            mine, before = (self.fingerprints or {}).get(name), prints.get(name)
            if before is None:
                if name not in theirs or theirs[name] != ours.get(name):
                    found.append(f"{name} was {theirs.get(name)!r}, now {ours.get(name)!r}")
            elif isinstance(before, dict) and isinstance(mine, dict):
                changed = sorted(key for key in before.keys() & mine.keys() if before[key] != mine[key])
                if changed:
                    told = ", ".join(f"{key} was {before[key]}, now {mine[key]}" for key in changed)
                    found.append(f"{name} was {theirs[name]!r}, now {ours[name]!r} ({told})")
            elif before != mine:
                texts = (theirs.get(name, before), ours.get(name, mine))
                texts = (before, mine) if texts[0] == texts[1] else texts
                found.append(f"{name} was {texts[0]!r}, now {texts[1]!r}")
        return found


def _in_short(step: Step) -> str:
    losses = f"critic {step.critic_loss + step.penalty:.3g}, generator {step.generator_loss:.3g}"
    rate = f", {step.seen / step.seconds:.3g} samples/s" if step.seconds else ""
    return f"W1 ≈ {np.mean(step.w1_estimate):.3g}, {losses}{rate}"
