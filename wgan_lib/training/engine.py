"""Where tensors live and how gradients come back: the one place of the library that knows of devices.

``OneDevice`` is the plain engine; ``ManyDevices`` hands the work to Lightning Fabric, imported when it is asked for.
On many devices each takes its share of the batch, drawn from numbers of its own, and gradients are averaged.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn


@runtime_checkable
class Engine(Protocol):
    """What the loop asks of an engine. Chapter: full-models."""

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        ...

    @property
    def rank(self) -> int:
        """Which of the processes this is, from 0."""
        ...

    @property
    def ranks(self) -> int:
        """How many processes there are."""
        ...

    def setup(
        self, network: nn.Module, make: Callable[[], torch.optim.Optimizer]
    ) -> tuple[nn.Module, torch.optim.Optimizer]:
        """Put a network in its place, make its optimiser there, and wrap both as the engine needs them."""
        ...

    def to_device(self, batch: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Move a batch to the device."""
        ...

    def autocast(self) -> AbstractContextManager[Any]:
        """Compute in the engine's precision."""
        ...

    def backward(self, loss: Float[Tensor, ""], inputs: Sequence[nn.Parameter] | None = None) -> None:
        """Send the gradient back, to ``inputs`` only where they are named."""
        ...

    def mean(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Average a tensor over the ranks."""
        ...

    def gather(self, values: list[Any]) -> list[Any]:
        """Return the tensors of all ranks, rank by rank."""
        ...


@dataclass(frozen=True)
class OneDevice:
    """One device, nothing wrapped, in the precision of the networks. Chapter: full-models."""

    device: torch.device
    rank: int = 0
    ranks: int = 1

    def setup(
        self, network: nn.Module, make: Callable[[], torch.optim.Optimizer]
    ) -> tuple[nn.Module, torch.optim.Optimizer]:
        """Move the network; make its optimiser."""
        network.to(self.device)
        return network, make()

    def to_device(self, batch: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Move the batch."""
        return batch.to(self.device)

    def autocast(self) -> AbstractContextManager[Any]:
        """Change nothing."""
        return nullcontext()

    def backward(self, loss: Float[Tensor, ""], inputs: Sequence[nn.Parameter] | None = None) -> None:
        """Send the gradient back."""
        loss.backward(inputs=inputs)

    def mean(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return the values: there is one rank."""
        return values

    def gather(self, values: list[Any]) -> list[Any]:
        """Return the tensors: there is one rank."""
        return values


class ManyDevices:
    """Lightning Fabric's devices, processes and precisions; each network is wrapped by itself, one joint backward.

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
        """Compute in Fabric's precision."""
        return self.fabric.autocast()

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


def engine_for(device: Any) -> Engine:
    """Give a device's name, index or ``torch.device`` as an engine; an engine as it is.

    "auto" is the first there is of cuda, mps, cpu. Raises ValueError for a device that this machine has not, TypeError
    for anything else. Chapter: critic.
    """
    if isinstance(device, Engine):
        if not isinstance(device.device, torch.device):
            raise TypeError(f"device is {device!r}: its own device must be a torch.device")
        return device
    if isinstance(device, bool) or not isinstance(device, str | int | torch.device):
        raise TypeError(
            f"device is {device!r}: it must be a name such as 'cpu' or 'cuda:1', an index or a torch.device"
        )
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    here = [kind for kind in found if found[kind]]
    try:
        chosen = torch.device(here[0] if device == "auto" else device)
        if chosen.type not in here or (chosen.type == "cpu" and chosen.index):
            raise RuntimeError
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, ValueError, OverflowError):  # no such name; no such index
        shown = f"{device!r}" if isinstance(device, str | int) else f"'{device}'"
        raise ValueError(f"device is {shown}: this machine has {', '.join(here)}; 'auto' takes the first") from None
    return OneDevice(chosen)
