"""Looking at a network without changing it, and through what an engine or a compiler has wrapped round it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import nn


@contextmanager
def evaluating(*networks: nn.Module | Callable[..., Any]) -> Iterator[None]:
    """Look at networks in eval mode, without gradients: no running average and no power iterate moves.

    Afterwards each module is in its own mode again; one that somebody froze in eval mode never left it. A function
    that is no network is passed over. Who needs gradients inside asks for them by ``torch.enable_grad()``.
    Chapter: critic.
    """
    modules = (module for network in networks if isinstance(network, nn.Module) for module in network.modules())
    training = [module for module in modules if module.training]
    for module in training:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module in training:
            module.training = True


def unwrapped(network: nn.Module) -> nn.Module:
    """Return the network inside what ``torch.compile``, DistributedDataParallel and Lightning Fabric put round it.

    Its weights are the same, its layers can be looked into, and its state has the names it was built with.
    Chapter: full-models.
    """
    wraps = (nn.parallel.DistributedDataParallel, nn.DataParallel)
    while True:
        compiled = hasattr(network, "_orig_mod")
        # Fabric's wrap goes by its name: Lightning is an extra, and imported lazily.
        if not compiled and not isinstance(network, wraps) and type(network).__name__ != "_FabricModule":
            return network
        network = cast(nn.Module, network._orig_mod if compiled else network.module)
