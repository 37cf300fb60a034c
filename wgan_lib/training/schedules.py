"""What changes along a training besides the weights: learning rate, weight of the penalty, memory of the optimiser."""

import math
from dataclasses import dataclass, fields
from typing import Any

from wgan_lib import checks


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from ``first`` to ``last`` over the share ``over`` of a training, ``last`` from there on.

    last + (first − last) (1 + cos πt/over)/2 at the share t done. Raises ValueError for numbers below 0 or ``over``
    outside (0, 1]. Source: Loshchilov & Hutter 2017, eq. 5 (without restarts). Chapter: full-models.
    """

    first: float
    last: float
    over: float = 1.0

    def __post_init__(self) -> None:
        for name in ("first", "last"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name), least=0))
        over = checks.number("over", self.over, above=0)
        if over > 1:
            raise ValueError(f"over is {self.over}: it must be a share of the training, at most 1")
        object.__setattr__(self, "over", over)

    def __call__(self, done: float) -> float:
        """Return the value when the share ``done`` of the training is over."""
        return self.last + (self.first - self.last) * (1 + math.cos(math.pi * min(done / self.over, 1.0))) / 2


@dataclass(frozen=True, kw_only=True)
class Schedules:
    """What ``train`` changes before each generator step: factors of the learning rates and of the penalty, and β2.

    ``learning_rate`` and ``penalty`` multiply what optimisers and constraint were made with; ``beta2`` takes the place
    of Adam's. Each a ``Cosine``, or None for no change. Raises TypeError for anything else. Chapter: full-models.
    """

    learning_rate: Cosine | Any = None
    penalty: Cosine | Any = None
    beta2: Cosine | Any = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not isinstance(value, Cosine):
                raise TypeError(f"{field.name} is {checks.shortly(value)}: it must be a Cosine, or None")
        if self.beta2 is not None and max(self.beta2.first, self.beta2.last) >= 1:
            raise ValueError(f"beta2 is {self.beta2}: it must stay below 1")
