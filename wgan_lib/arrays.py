"""Arrays at the door: numbers, samples and weights checked before any computation, from numpy or torch alike.

torch is recognised without being imported, so that displays stay light.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Num

_WEIGHT_TOLERANCE = 1e-5  # weights normalised in single precision miss 1 by about this much


def is_tensor(value: object) -> bool:
    """Say whether value is a torch tensor (or parameter). Chapter: optimal-transport."""
    return type(value).__module__.partition(".")[0] == "torch"


def reals(name: str, value: Num[Any, "..."]) -> Float[np.ndarray, "..."]:
    """Give value as a float64 array of its shape, detached and on the CPU.

    Raises TypeError unless it holds real numbers (integers too, booleans not), ValueError for NaN or inf; the message
    calls the argument name. Chapter: js-saturation.
    """
    if is_tensor(value):
        value = (value.double() if value.is_floating_point() else value).detach().cpu().numpy()
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)].flat[0]}")
    return array


def samples(name: str, value: Num[Any, "n"] | Num[Any, "n d"]) -> Float[np.ndarray, "n d"]:
    """Give value (n,) or (n, d) as samples (n, d). Raises ValueError for another shape, n or d = 0, and as `reals`.

    Chapter: optimal-transport.
    """
    array = reals(name, value)
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise ValueError(f"{name} must hold samples of shape (n,) or (n, d) with n, d ≥ 1, got shape {array.shape}")
    return array.reshape(len(array), -1)


def weights(name: str, value: Num[Any, "n"] | None, n: int) -> Float[np.ndarray, "n"]:
    """Give the probabilities of n samples, equal ones for None; a sum off by rounding (1e-5) is divided out.

    Raises ValueError for another shape, a negative weight or a sum other than 1, and as `reals`.
    Chapter: optimal-transport.
    """
    if value is None:
        return np.full(n, 1.0 / n)
    array = reals(name, value)
    if array.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), one weight per sample, got {array.shape}")
    if (array < 0).any():
        raise ValueError(f"{name} must be ≥ 0, got {array.min()}")
    if abs(array.sum() - 1) > _WEIGHT_TOLERANCE:
        raise ValueError(f"{name} must sum to 1, got {array.sum()}")
    return array / array.sum()
