"""Several devices and machines, by Lightning Fabric, which is imported when it is asked for.

Each device takes its share of the batch, drawn from numbers of its own, and gradients are averaged.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn


class ManyDevices:
    """Lightning Fabric's devices, processes and precisions; each network is wrapped by itself, one joint backward.

    Nothing is compiled here; what Fabric is given compiled stays so.

    ``fabric`` is a launched ``lightning_fabric.Fabric``; ``ManyDevices.launch(...)`` makes one. Chapter: full-models.
    """

    def __init__(self, fabric: Any) -> None:
        self.fabric = fabric

    @property
    def device(self) -> torch.device:
        """Fabric's device of this process."""
        return self.fabric.device

    @property
    def rank(self) -> int:
        """Which of all machines' processes this is."""
        return self.fabric.global_rank

    @property
    def ranks(self) -> int:
        """How many processes all machines run."""
        return self.fabric.world_size

    @classmethod
    def launch(cls, devices: int, accelerator: str = "auto", precision: Any = "32-true") -> "ManyDevices":
        """Start the other processes, each of which runs the caller's script, and return this one's engine.

        Raises ModuleNotFoundError that says what to install where Lightning Fabric is missing.
        """
        try:
            from lightning_fabric import Fabric
            from lightning_fabric.strategies import DDPStrategy
        except ModuleNotFoundError as error:
            message = "several devices need Lightning Fabric: pip install 'wgan-lib[distributed]'"
            raise ModuleNotFoundError(message) from error
        # Buffers are the same on all ranks by themselves; to send them would change a power iterate in mid-graph.
        strategy = DDPStrategy(broadcast_buffers=False) if devices > 1 else "auto"
        fabric = Fabric(accelerator=accelerator, devices=devices, strategy=strategy, precision=precision)
        fabric.launch()
        return cls(fabric)

    def setup(
        self, network: nn.Module, make: Callable[[], torch.optim.Optimizer]
    ) -> tuple[nn.Module, torch.optim.Optimizer]:
        """Move the network, make its optimiser, wrap each by itself."""
        network.to(self.device)
        wrapped = self.fabric.setup(network, make())
        return wrapped[0], wrapped[1]

    def to_device(self, batch: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Move the batch."""
        return self.fabric.to_device(batch)

    def autocast(self) -> AbstractContextManager[Any]:
        """Compute in Fabric's precision; each use of a weight casts it anew, as in ``OneDevice``."""
        stack = ExitStack()
        stack.enter_context(_no_autocast_cache())
        stack.enter_context(self.fabric.autocast())
        return stack

    def backward(self, loss: Float[Tensor, ""], inputs: Sequence[nn.Parameter] | None = None) -> None:
        """Send the gradient back and average it over the ranks."""
        self.fabric.backward(loss, inputs=inputs)

    def mean(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Average over the ranks."""
        return self.fabric.all_reduce(values, reduce_op="mean")

    def gather(self, values: list[Any]) -> list[Any]:
        """Collect the ranks' tensors on the CPU."""
        rows = self.fabric.all_gather(torch.stack(values))
        return list(rows.reshape(-1, *values[0].shape).cpu()) if self.ranks > 1 else values


@contextmanager
def _no_autocast_cache() -> Iterator[None]:
    before = torch.is_autocast_cache_enabled()
    torch.set_autocast_cache_enabled(False)
    try:
        yield
    finally:
        torch.set_autocast_cache_enabled(before)
