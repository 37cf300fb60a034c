"""Packing: a critic that sees several rows at a time can see that they are too alike."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from wgan_lib import checks


@dataclass(frozen=True)
class PackedRows:
    """Samples that are ``rows`` of a table at a time, (n, rows, width): one score, and one penalty, for each such pack.

    A generator whose layers act on the last axis makes packs of packed latents; the critic flattens them. Raises
    ValueError for fewer than one row. Source: Lin 2018 (PacGAN); Xu 2019 (CTGAN: ten rows). Chapter: tables.
    """

    table: Any
    rows: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", checks.whole("rows", self.rows))

    def __repr__(self) -> str:
        return f"{self.table!r}, {self.rows} rows at a time"

    def __len__(self) -> int:
        return len(self.table)

    @property
    def held_out(self) -> Any:
        """The rows that no training sees, one at a time."""
        return self.table.held_out

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n rows width"]:
        """Draw n packs; each row is drawn by itself, with replacement."""
        count = checks.whole("n", n) * self.rows
        return self.table.draw(count, generator).unflatten(0, (-1, self.rows))


@dataclass(frozen=True)
class PackedLatent:
    """z ~ N(0, I) in ``size`` dimensions, independent for each of the ``rows`` of a pack. Chapter: tables."""

    rows: int
    size: int

    def __post_init__(self) -> None:
        for name in ("rows", "size"):
            object.__setattr__(self, name, checks.whole(name, getattr(self, name)))

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n rows size"]:
        """Draw n packs of latent points."""
        return torch.randn(n, self.rows, self.size, generator=generator, device=generator.device)
