"""What the functions of this room take and give: numbers and arrays that broadcast, checked by name."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Num

from wgan_lib.checks import reals

Numbers: TypeAlias = float | int | np.number | Sequence[Any] | Num[Any, "..."]
Densities: TypeAlias = Sequence[Any] | Num[Any, "*b n"]
Grid: TypeAlias = Sequence[Any] | Num[Any, "n"]
Reals: TypeAlias = float | Float[Any, "..."]


def broadcast(**values: Numbers) -> tuple[Float[Any, "..."], ...]:
    """Give the values as float64 arrays of one shape, named in errors as they are here. Chapter: js-saturation."""
    arrays = {name: reals(name, value) for name, value in values.items()}
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the arguments must have shapes that broadcast, got {shapes}") from None


def normals(
    mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers, **others: Numbers
) -> tuple[Float[Any, "..."], ...]:
    """Give the parameters of two normals, and others, as `broadcast` does; ValueError for std ≤ 0.

    Chapter: js-saturation.
    """
    arrays = broadcast(mean_p=mean_p, std_p=std_p, mean_q=mean_q, std_q=std_q, **others)
    for name, std in (("std_p", arrays[1]), ("std_q", arrays[3])):
        if (std <= 0).any():
            raise ValueError(f"{name} must be positive, got {std.min()}")
    return arrays


def log_ratio(a: Float[Any, "..."], b: Float[Any, "..."]) -> Float[Any, "..."]:
    """Give ln(a/b) of positive numbers, also where the ratio itself is no float. Chapter: js-saturation."""
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        ratio = a / b
        return np.where((ratio > 1e-300) & (ratio < 1e300), np.log(ratio), np.log(a) - np.log(b))
