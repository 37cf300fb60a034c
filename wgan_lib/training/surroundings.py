"""A training's own surroundings: what the caller has switched on around it, and global random numbers, stay outside."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from wgan_lib.networks import Augment
from wgan_lib.training.parts import stream

_ONE_AT_A_TIME = threading.RLock()  # PyTorch's global numbers belong to the process
_RANDOM = (
    nn.modules.dropout._DropoutNd,
    nn.RReLU,
    nn.RNNBase,
    nn.MultiheadAttention,
    nn.TransformerEncoderLayer,
    Augment,
)


@contextmanager
def own_modes(device: torch.device) -> Iterator[None]:
    """Compute with gradients and in full precision, whatever the caller has switched on around. Chapter: critic."""
    with ExitStack() as modes:
        if torch.is_inference_mode_enabled():
            modes.enter_context(torch.inference_mode(False))
        modes.enter_context(torch.enable_grad())
        for kind in {"cpu", device.type}:
            if torch.is_autocast_enabled(kind):
                modes.enter_context(torch.autocast(kind, enabled=False))
        yield


class GlobalNumbers:
    """A run's own stretch of PyTorch's global random numbers, which Dropout draws from, from the run's seed.

    Only where some part may draw from them: a layer known for it, or any part from outside the library and PyTorch.
    The caller's numbers stay where they are. Two such trainings in two threads take turns. Chapter: critic.
    """

    def __init__(self, seed: int, rank: int, device: torch.device, parts: tuple[object, ...]) -> None:
        self.needed = any(_may_draw(part) for part in parts)
        generators = [torch.default_generator]
        if device.type == "cuda":
            index = torch.cuda.current_device() if device.index is None else device.index
            generators.append(torch.cuda.default_generators[index])
        self.generators = generators
        first = stream(seed, "networks", rank).initial_seed()
        self.states = [torch.Generator(own.device).manual_seed(first).get_state() for own in generators]

    @contextmanager
    def used(self) -> Iterator[None]:
        """Put the run's numbers in the place of the caller's."""
        if not self.needed:
            yield
            return
        with _ONE_AT_A_TIME:
            callers = [generator.get_state() for generator in self.generators]
            for generator, state in zip(self.generators, self.states, strict=True):
                generator.set_state(state)
            try:
                yield
            finally:
                self.states = [generator.get_state() for generator in self.generators]
                for generator, state in zip(self.generators, callers, strict=True):
                    generator.set_state(state)

    def restore(self, states: Mapping[str, Any], rank: int, ranks: int) -> None:
        """Go on from a checkpoint's numbers; those of another kind of device begin anew."""
        saved = states.get("networks", [])
        own = saved[rank * len(saved) // ranks : (rank + 1) * len(saved) // ranks]
        self.states[: len(own)] = [state.clone() for state in own[: len(self.states)]]  # as in ``Adversaries.restore``


def _may_draw(part: object) -> bool:
    kinds = {type(layer) for layer in part.modules()} if isinstance(part, nn.Module) else {type(part)}
    return any(issubclass(kind, _RANDOM) or not _known(kind) for kind in kinds)


def _known(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("torch", "wgan_lib")
