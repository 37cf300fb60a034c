"""Being told to stop: signals wait until a step is whole, and whoever stops, however, finds a checkpoint.

Ctrl-C, SIGTERM (a preempted job), SIGHUP (a closed terminal), SIGUSR1 and SIGUSR2 (a scheduler's warning) are held back
while a step is under way. Signals that nobody handles would end the process at once: while a training with a folder is
open, they write its checkpoint first. A training that is still open when the interpreter ends is closed there, while
everything it needs is still alive.
"""

import atexit
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Protocol, runtime_checkable

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
SIGNALS = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]

_waiting: list[int] | None = None  # signals that arrived while something is held; None where nothing is


class Stopped(KeyboardInterrupt):
    """One of the ``SIGNALS`` arrived; ``number`` is which. Chapter: full-models."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number


class _Ours:
    """A handler that waits by itself where something is held, so that it need not be taken out and put back."""

    def __init__(self, act: Callable[[int], None]) -> None:
        self.act = act

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if _waiting is None:
            self.act(number)
        else:
            _wait(number, frame)


def _wait(number: int, frame: FrameType | None) -> None:
    if _waiting is not None:
        _waiting.append(number)
        if _waiting.count(signal.SIGINT) > 1:  # whoever insists does not wait for the step
            raise KeyboardInterrupt


@contextmanager
def held(deliver: bool = True) -> Iterator[list[int]]:
    """Hold signals back until what runs inside is whole, then let them through; a second Ctrl-C comes at once.

    Yields the list of those that wait; who says ``deliver=False`` lets them through later, by ``delivered``. Signals
    that are ignored stay ignored. Only the main thread hears signals.
    Chapter: full-models.
    """
    global _waiting
    if _waiting is not None or threading.current_thread() is not threading.main_thread():
        yield []
        return
    foreign: dict[int, Any] = {}
    waiting: list[int] = []
    _waiting = waiting
    try:
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler) and not isinstance(handler, _Ours):
                foreign[number] = signal.signal(number, _wait)
        yield waiting
    finally:
        _waiting = None
        for number, handler in foreign.items():
            signal.signal(number, handler)
    if deliver:
        delivered(waiting)


def delivered(waiting: list[int]) -> None:
    """Let signals through that have waited. Chapter: full-models."""
    while waiting:
        number = waiting.pop(0)
        waiting[:] = [other for other in waiting if other != number]
        signal.raise_signal(number)


@contextmanager
def raised() -> Iterator[None]:
    """Let each of the ``SIGNALS`` raise ``Stopped``, but for those that are ignored. Chapter: full-models."""

    def act(number: int) -> None:
        raise Stopped(number)

    with _handled(_Ours(act), lambda handler: handler is not signal.SIG_IGN):
        yield


@contextmanager
def _handled(ours: _Ours, where: Callable[[Any], bool]) -> Iterator[None]:
    previous = {number: signal.getsignal(number) for number in SIGNALS}
    previous = {number: handler for number, handler in previous.items() if handler is not None and where(handler)}
    for number in previous:
        signal.signal(number, ours)
    try:
        yield
    finally:
        for number, handler in previous.items():
            if signal.getsignal(number) is ours:  # else somebody has put another in its place
                signal.signal(number, handler)


@runtime_checkable
class Saved(Protocol):
    """What can be open: its ``rescue`` writes a checkpoint if it is between two steps, its ``close`` ends it.

    Chapter: full-models.
    """

    def rescue(self) -> None:
        """Write a checkpoint now, unless a step is under way."""

    def close(self) -> None:
        """End the training as its caller would."""


_open: weakref.WeakSet[Saved] = weakref.WeakSet()
_guarded: weakref.WeakSet[Saved] = weakref.WeakSet()  # those of them that have something to save
if hasattr(os, "register_at_fork"):  # what a parent trains is not the child's to save
    for _trainings in (_open, _guarded):
        os.register_at_fork(after_in_child=_trainings.clear)


def opened(training: Saved) -> None:
    """Remember a training that is to be closed when the interpreter ends. Chapter: full-models."""
    _open.add(training)


def closed(training: Saved) -> None:
    """Forget a training, and give the signals back when none is guarded any more. Chapter: full-models."""
    _open.discard(training)
    _guarded.discard(training)
    if not _guarded and threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) is _last_words:
                signal.signal(number, signal.SIG_DFL)


def guarded(training: Saved) -> None:
    """Let signals that would end the process at once write its checkpoint first. Chapter: full-models."""
    if threading.current_thread() is threading.main_thread():
        _guarded.add(training)
        for number in SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _last_words)


def _rescue_and_die(number: int) -> None:
    for training in list(_open):
        with suppress(OSError):  # a full disk must not keep the process alive
            training.rescue()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


_last_words = _Ours(_rescue_and_die)


@atexit.register
def _close_all() -> None:
    for training in list(_open):
        training.close()
