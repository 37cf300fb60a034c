"""Networks as a training keeps them: their state under the names they were built with, and as they were if it fails."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn


def state(network: nn.Module) -> dict[str, Any]:
    """Return the network's state without what a compiler put into the names. Chapter: full-models."""
    return {name.replace("_orig_mod.", ""): tensor for name, tensor in network.state_dict().items()}


def load(network: nn.Module, saved: Mapping[str, Any]) -> None:
    """Take over what ``state`` returned; RuntimeError if it belongs to another network. Chapter: full-models."""
    own = {name.replace("_orig_mod.", ""): name for name in network.state_dict()}
    network.load_state_dict({own.get(name, name): tensor for name, tensor in saved.items()})


def averaged(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checkpoint's averaged generator, empty if none was averaged; format 1 put "module." before its names.

    Chapter: full-models.
    """
    return {name.removeprefix("module."): held for name, held in checkpoint["average"].items() if name != "n_averaged"}


@contextmanager
def unchanged_on_error(*networks: nn.Module) -> Iterator[None]:
    """Give the networks back as they were, layers, modes and numbers, if what runs inside raises. Chapter: critic."""
    tensors = {
        id(t): (t, t.data, t.detach().clone(), copy.copy(t._backward_hooks))
        for n in networks
        for t in [*n.parameters(), *n.buffers()]
    }
    layers = [
        (
            layer,
            type(layer),
            {k: copy.copy(v) if isinstance(v, dict | set | list) else v for k, v in vars(layer).items()},
        )
        for network in networks
        for layer in network.modules()
    ]
    try:
        yield
    except BaseException:
        for layer, kind, held in layers:
            layer.__class__ = kind
            vars(layer).clear()
            vars(layer).update(held)
        for tensor, data, numbers, hooks in tensors.values():
            tensor.data, tensor._backward_hooks = data, hooks
            data.copy_(numbers)
        raise
