"""Pictures in memory, as the bytes that were read."""

from dataclasses import dataclass
from numbers import Integral

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from wgan_lib import checks


@dataclass(frozen=True, eq=False)
class Images:
    """Pictures in memory as bytes, 0 black and ``white`` white, made by the functions below; the ``repr`` is the call.

    ``labels`` are None where nobody gave any; ``held_out`` are pictures that no training sees. Raises TypeError for
    another dtype, ValueError for no pictures, another shape, a pixel above ``white`` or another number of labels.
    Chapter: full-models.
    """

    name: str
    pixels: UInt8[Tensor, "n channels height width"]
    labels: Int64[Tensor, "n"] | None = None
    held_out: "Images | None" = None
    white: int = 255

    def __post_init__(self) -> None:
        if not isinstance(self.pixels, Tensor):
            raise TypeError(f"pixels is {type(self.pixels).__name__}: it must be a tensor of uint8")
        object.__setattr__(self, "white", checks.whole("white", self.white))
        if self.pixels.dtype != torch.uint8:
            raise TypeError(f"pixels has dtype {self.pixels.dtype}: it must be uint8")
        if self.pixels.ndim != 4 or self.pixels.shape[1] not in (1, 3) or self.pixels.numel() == 0:
            needed = "(n, 1 or 3, height, width) is needed, with at least one picture"
            raise ValueError(f"pixels has shape {tuple(self.pixels.shape)}: {needed}")
        if int(self.pixels.max()) > self.white:
            raise ValueError(f"pixels holds {int(self.pixels.max())}: white is {self.white}, and nothing is brighter")
        if self.labels is not None and not isinstance(self.labels, Tensor):
            raise TypeError(f"labels is {type(self.labels).__name__}: it must be a tensor or None")
        if self.labels is not None and self.labels.shape != self.pixels.shape[:1]:
            raise ValueError(f"labels has shape {tuple(self.labels.shape)} for {len(self.pixels)} pictures")

    def __repr__(self) -> str:
        return self.name

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def points(self) -> Float[Tensor, "n channels height width"]:
        """All pictures, in order, with values in [−1, 1]: 2 pixel/white − 1."""
        return self.pixels.float().mul_(2 / self.white).sub_(1)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n channels height width"]:
        """Draw n of the pictures with replacement, on the generator's device; ValueError if there are fewer."""
        if not isinstance(generator, torch.Generator):
            raise TypeError(f"generator is {generator!r}: it must be a torch.Generator")
        if not isinstance(n, Integral) or isinstance(n, bool) or not 1 <= n <= len(self):
            raise ValueError(f"n is {n}: a batch of {self.name} holds 1 to {len(self)} pictures")
        rows = torch.randint(len(self), (n,), generator=generator, device=generator.device).to(self.pixels.device)
        return self.pixels[rows].to(generator.device).float().mul_(2 / self.white).sub_(1)
