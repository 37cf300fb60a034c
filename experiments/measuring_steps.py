"""Trainings timed turn by turn on one device, by the clock: whatever slows the machine slows neighbours alike."""

import time
from collections.abc import Iterator, Mapping

from wgan_lib import training


def seconds_a_step(
    trainings: Mapping[str, Iterator[training.Step]], seconds: float, warm_up: int = 3
) -> tuple[dict[str, list[float]], dict[str, float], dict[str, str]]:
    """Take one step of each in turn until each had ``seconds``; return the seconds of its steps, and of its first.

    One that fails while it warms up leaves the others alone: the third is what it said.

    A Step holds numbers that were fetched from the device, so it is over when it is here. The first one compiles.
    Each round turns the order, and every training gets equally many steps.
    """
    first, failed = dict[str, float](), dict[str, str]()
    for name in trainings:
        begun = time.perf_counter()
        try:
            next(trainings[name])
            first[name] = time.perf_counter() - begun
            for _ in range(warm_up - 1):
                next(trainings[name])
        except Exception as error:  # a compiler may fail in its own ways on one machine and not on another
            failed[name] = f"{type(error).__name__}: {error}"[:1000]
    names = [name for name in trainings if name not in failed]
    taken = {name: list[float]() for name in names}
    until, rounds = time.perf_counter() + seconds * len(names), 0
    while rounds < 5 or time.perf_counter() < until:
        turn = rounds % len(names)
        for name in names[turn:] + names[:turn]:
            begun = time.perf_counter()
            next(trainings[name])
            taken[name].append(time.perf_counter() - begun)
        rounds += 1
    return taken, first, failed
