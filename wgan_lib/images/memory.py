"""Pictures as the bytes that were read, in memory or mapped into it."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from wgan_lib import checks


@dataclass(frozen=True, eq=False)
class Images:
    """Pictures in memory as bytes, 0 black and ``white`` white, made by the functions below; the ``repr`` is the call.

    ``labels`` are None where nobody gave any, ``classes`` their names; ``held_out`` are pictures that no training sees.
    Where they are ``mirrored``, a batch shows each as it is or mirrored, one as likely as the other. Raises TypeError
    for another dtype, ValueError for no pictures, another shape, a pixel above ``white`` or another number of labels.
    Chapter: full-models.
    """

    name: str
    pixels: UInt8[Tensor, "n channels height width"]
    labels: Int64[Tensor, "n"] | None = None
    held_out: "Images | None" = None
    white: int = 255
    mirrored: bool = False
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.pixels, Tensor):
            raise TypeError(f"pixels is {type(self.pixels).__name__}: it must be a tensor of uint8")
        object.__setattr__(self, "white", checks.whole("white", self.white))
        if self.pixels.dtype != torch.uint8:
            raise TypeError(f"pixels has dtype {self.pixels.dtype}: it must be uint8")
        if self.pixels.ndim != 4 or self.pixels.shape[1] not in (1, 3) or self.pixels.numel() == 0:
            needed = "(n, 1 or 3, height, width) is needed, with at least one picture"
            raise ValueError(f"pixels has shape {tuple(self.pixels.shape)}: {needed}")
        if self.white < 255 and int(self.pixels.max()) > self.white:
            raise ValueError(f"pixels holds {int(self.pixels.max())}: white is {self.white}, and nothing is brighter")
        if self.labels is not None and not isinstance(self.labels, Tensor):
            raise TypeError(f"labels is {type(self.labels).__name__}: it must be a tensor or None")
        if self.labels is not None and self.labels.dtype != torch.int64:
            raise TypeError(f"labels has dtype {self.labels.dtype}: it must be int64, a class for each picture")
        if not isinstance(self.name, str):
            raise TypeError(f"name is {checks.shortly(self.name)}: it must be text")
        if not isinstance(self.classes, tuple):
            raise TypeError(f"classes is {checks.shortly(self.classes)}: it must be a tuple of names")
        object.__setattr__(self, "mirrored", checks.flag("mirrored", self.mirrored))
        if self.labels is not None and self.labels.shape != self.pixels.shape[:1]:
            raise ValueError(f"labels has shape {tuple(self.labels.shape)} for {len(self.pixels)} pictures in pixels")

    def __repr__(self) -> str:
        return self.name

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def points(self) -> Float[Tensor, "n channels height width"]:
        """All pictures, in order, with values in [−1, 1]: 2 pixel/white − 1."""
        return self.pixels.float().mul_(2 / self.white).sub_(1)

    def thinned(self, most: int) -> Float[Tensor, "n channels height width"]:
        """Return at most so many pictures, evenly spaced, as ``points`` does: a million would not fit as numbers."""
        n = min(checks.whole("most", most), len(self))
        rows = torch.arange(n) * len(self) // n
        return self.pixels[rows].float().mul_(2 / self.white).sub_(1)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n channels height width"]:
        """Draw n of the pictures with replacement, on the generator's device; ValueError if there are fewer."""
        if not isinstance(generator, torch.Generator):
            raise TypeError(f"generator is {checks.shortly(generator)}: it must be a torch.Generator")
        if not isinstance(n, Integral) or isinstance(n, bool) or not 1 <= n <= len(self):
            raise ValueError(f"n is {n}: a batch of {self.name} holds 1 to {len(self)} pictures")
        return self._batch(self._drawn(n, generator), generator.device)

    def _drawn(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Draw which pictures, and which of them mirrored."""
        rows = torch.randint(len(self), (n,), generator=generator, device=generator.device)
        mirrored = torch.rand(n, generator=generator, device=generator.device) < 0.5 if self.mirrored else None
        return rows, mirrored

    def _batch(
        self, drawn: tuple[Tensor, Tensor | None], device: torch.device
    ) -> Float[Tensor, "n channels height width"]:
        rows, mirrored = drawn
        batch = self.pixels[rows.to(self.pixels.device)].to(device).float().mul_(2 / self.white).sub_(1)
        return batch if mirrored is None else torch.where(mirrored[:, None, None, None], batch.flip(-1), batch)


@dataclass(frozen=True, eq=False, repr=False)
class MappedImages(Images):
    """Pictures that lie in a file, are told by its ``fingerprint``, and are read before a step waits for them.

    After each batch a thread gathers the one that the same generator would draw next. Numbers are those of ``Images``:
    a generator that is in another state by then, or a batch of another size, is served at once. Chapter: full-models.
    """

    fingerprint: str = ""
    ahead: list[Any] = field(default_factory=list, init=False)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n channels height width"]:
        """Draw n of the pictures as ``Images`` does."""
        batch: Tensor | None = None
        for waiting in self.ahead:
            if isinstance(generator, torch.Generator) and waiting.fits(n, generator):
                waiting.join()
                batch = waiting.batch
                if batch is not None:
                    generator.set_state(waiting.after)
        if batch is None:
            batch = super().sample(n, generator)
        self.ahead[:] = [_Ahead(self, n, generator)]
        return batch


class _Ahead(threading.Thread):
    """Gathers the next batch while somebody computes with this one.

    The interpreter waits for it when it ends: a thread that it leaves inside torch would abort the process.
    """

    def __init__(self, data: MappedImages, n: int, generator: torch.Generator) -> None:
        super().__init__(name="next batch", daemon=False)
        self.n, self.device, self.before = n, generator.device, generator.get_state()
        own = torch.Generator(generator.device)
        own.set_state(self.before)
        self.data, self.drawn = data, data._drawn(n, own)
        self.after = own.get_state()
        self.batch: Tensor | None = None
        self.start()

    def run(self) -> None:
        with suppress(Exception):  # whoever asks for the batch gathers it then, and hears of it; so does a forked child
            self.batch = self.data._batch(self.drawn, self.device)

    def fits(self, n: int, generator: torch.Generator) -> bool:
        return n == self.n and generator.device == self.device and torch.equal(generator.get_state(), self.before)
