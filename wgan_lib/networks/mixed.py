"""A generator's last layer for rows of a table: numbers as they are, choices as probabilities."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks


class MixedHead(nn.Module):
    """Pass values on, and take each choice through a softmax, in the order of ``segments``.

    Each segment is how many numbers it has and whether they are a choice. (…, width) to (…, width). A real row's choice
    is a corner of the simplex; the critic pulls the generator's there, so that no randomness is needed inside.
    Raises ValueError for no segments. Source: Gulrajani 2017, section 5.2 (a softmax passed to the critic as it is).
    Chapter: tables.
    """

    def __init__(self, segments: Sequence[tuple[int, bool]]) -> None:
        super().__init__()
        self.segments = tuple((checks.whole("each of segments", n), bool(choice)) for n, choice in segments)
        if not self.segments:
            raise ValueError("segments is empty: a row has at least one part")

    def forward(self, rows: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch width"]:
        """Return the rows with probabilities in the place of choices."""
        parts = rows.split([n for n, _ in self.segments], -1)
        chosen = zip(parts, self.segments, strict=True)
        return torch.cat([part.softmax(-1) if choice else part for part, (_, choice) in chosen], -1)
