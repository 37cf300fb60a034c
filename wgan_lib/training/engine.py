"""Where tensors live and how gradients come back: the one place of the library that knows of devices.

``OneDevice`` is the plain engine; ``many_devices`` holds the one for several.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks


@runtime_checkable
class Engine(Protocol):
    """What the loop asks of an engine; one with a ``compiled(function)`` compiles the forward half of each step.

    Its ``compiler`` says by what; None leaves all as it is written. Chapter: full-models.
    """

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
    """One device, nothing wrapped.

    ``precision`` "32-true" is that of the networks; "bf16-mixed" takes products of weights in bfloat16, while weights,
    optimisers, losses, slopes and spectral norms keep theirs. ``compiler`` is a backend of ``torch.compile``, such as
    "inductor", or "cuda-graphs", inductor's replay of a step as one launch, for networks so small that a step is all
    launches. ``channels_last`` lays weights and pictures out with their channels together (True), apart (False), or as
    they come (None). Raises ValueError for other values. Chapter: full-models.
    """

    device: torch.device
    rank: int = 0
    ranks: int = 1
    precision: str = "32-true"
    compiler: str | None = None
    channels_last: bool | None = None

    def __post_init__(self) -> None:
        checks.one_of("precision", self.precision, ("32-true", "bf16-mixed"))
        if self.compiler is not None:
            checks.one_of("compiler", self.compiler, ("cuda-graphs", "eager", *torch._dynamo.list_backends(None)))
        if self.compiler == "cuda-graphs" and self.device.type != "cuda":
            raise ValueError(f"compiler is 'cuda-graphs': device is {self.device}, which has none")
        if self.channels_last is not None:
            checks.flag("channels_last", self.channels_last)

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Give the function compiled for the shapes that it first meets, by ``compiler``, else as it is."""
        if self.compiler is None:
            return function
        if self.compiler == "cuda-graphs":
            return torch.compile(function, mode="reduce-overhead", dynamic=False)
        return torch.compile(function, backend=self.compiler, dynamic=False)

    def setup(
        self, network: nn.Module, make: Callable[[], torch.optim.Optimizer]
    ) -> tuple[nn.Module, torch.optim.Optimizer]:
        """Move the network; make its optimiser."""
        network.to(self.device)
        if self.channels_last is not None:
            network.to(memory_format=_layout(self.channels_last))  # type: ignore[call-overload]  # missing in torch's stubs
        return network, make()

    def to_device(self, batch: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Move the batch, from pinned memory, so that the processor need not wait until it has left."""
        pinned = self.device.type == "cuda" and batch.device.type == "cpu"
        batch = batch.pin_memory().to(self.device, non_blocking=True) if pinned else batch.to(self.device)
        if self.channels_last is not None and batch.ndim == 4:
            batch = batch.contiguous(memory_format=_layout(self.channels_last))
        return batch

    def autocast(self) -> AbstractContextManager[Any]:
        """Compute in the engine's precision; each use of a weight casts it anew.

        Autocast's cache would keep a weight's copy of before the optimiser's step, and one without a graph where
        samples were made without.
        """
        if self.precision == "32-true":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16, cache_enabled=False)

    def backward(self, loss: Float[Tensor, ""], inputs: Sequence[nn.Parameter] | None = None) -> None:
        """Send the gradient back."""
        loss.backward(inputs=inputs)

    def mean(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return the values: there is one rank."""
        return values

    def gather(self, values: list[Any]) -> list[Any]:
        """Return the tensors: there is one rank."""
        return values


def _layout(channels_last: bool) -> torch.memory_format:
    return torch.channels_last if channels_last else torch.contiguous_format


def engine_for(device: Any) -> Engine:
    """Give a device's name, index or ``torch.device`` as an engine; an engine as it is.

    "auto" is the first there is of cuda, mps, cpu. Raises ValueError for a device that this machine has not, TypeError
    for anything else. Chapter: critic.
    """
    if isinstance(device, Engine):
        if not isinstance(device.device, torch.device):
            raise TypeError(f"device is {checks.shortly(device)}: its own device must be a torch.device")
        return device
    if isinstance(device, bool) or not isinstance(device, str | int | torch.device):
        raise TypeError(
            f"device is {checks.shortly(device)}: a name such as 'cpu' or 'cuda:1', an index or a torch.device"
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
