"""What is checked at the door, said one way: counts, numbers, names, arrays, samples and weights.

Each check gives its value back in plain form, or raises an error that names the argument, the value and what would be
right. numpy's numbers are numbers. torch is recognised without being imported, so that displays stay light.
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float

_WEIGHT_TOLERANCE = 1e-5  # weights normalised in single precision miss 1 by about this much


_ALLOCATION = re.compile(
    r"can't allocate|not enough memory|out of memory|overflow|array is too big|maximum (?:allowed )?(?:dimension|size)"
    r"|negative dimensions?|numel|invalid size|too large",
    re.IGNORECASE,
)
"""What torch and numpy say of sizes beyond all memory."""

Choice = TypeVar("Choice")


def whole(name: str, value: object, least: int = 1, most: int = 2**63 - 1) -> int:
    """Give a count as an int. Raises ValueError unless it is a whole number, ``least`` to ``most``. Chapter: critic."""
    if not isinstance(value, Integral) or isinstance(value, bool) or not least <= int(value) <= most:
        too_large = isinstance(value, Integral) and int(value) > most
        wanted = f"{least} to {most:,}" if too_large else f"{least} or more"
        raise ValueError(f"{name} is {shortly(value)}: it must be a whole number, {wanted}")
    return int(value)


def shortly(value: object) -> str:
    """Give a value as text of some 100 characters at most, whatever it is. Chapter: critic."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**128:
        return f"{'-' * (value < 0)}2**{abs(value).bit_length() - 1} or more"  # Python refuses to print 4,300 digits
    told = " ".join(repr(value).split())
    return told if len(told) <= 120 else f"{told[:100]}…"


class TooLarge(ValueError):
    """An argument asks for more memory than there is. Chapter: critic."""


@contextmanager
def fitting(name: str, value: object) -> Iterator[None]:
    """Raise TooLarge, a ValueError that names the argument, where it asks for more memory than there is.

    Nested, the outermost name is told: it is the caller's. Chapter: critic.
    """
    try:
        yield
    except (MemoryError, OverflowError, RuntimeError, TypeError, ValueError) as error:
        told = str(error).partition("\n")[0]
        if not isinstance(error, MemoryError | OverflowError | TooLarge) and not _ALLOCATION.search(told):
            raise
        why = told.rpartition("fits into memory: ")[2]
        raise TooLarge(f"{name} is {shortly(value)}, more than fits into memory: {why or 'it overflows'}") from None


def number(
    name: str, value: object, *, above: float = -math.inf, least: float = -math.inf, below: float = math.inf
) -> float:
    """Give a finite number as a float, above ``above``, at least ``least`` and below ``below``, else ValueError.

    Also takes an array or tensor that holds one number. Raises TypeError for text, None and booleans. Chapter: critic.
    """
    if (is_tensor(value) and not value.is_meta) or isinstance(value, np.ndarray):  # type: ignore[attr-defined]
        value = value.item() if value.ndim == 0 else value  # type: ignore[attr-defined]
    wanted = "a finite number" + "".join(
        f"{word}{bound:g}"
        for word, bound in ((" above ", above), (", at least ", least), (", below ", below))
        if math.isfinite(bound)
    )
    if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {shortly(value)}: it must be {wanted}")
    try:
        result = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        value = result = math.inf
    if not (math.isfinite(result) and above < result and least <= result < below):
        raise ValueError(f"{name} is {shortly(value) if isinstance(value, int) else value}: it must be {wanted}")
    return result


def generator(name: str, value: Any) -> Any:
    """Give a torch.Generator, made from a seed that the caller chose, else TypeError. Chapter: critic."""
    import torch

    if not isinstance(value, torch.Generator):
        raise TypeError(f"{name} is {shortly(value)}: it must be a torch.Generator made from a seed of your choice")
    return value


def one_of(name: str, value: Choice, choices: Collection[Choice]) -> Choice:
    """Give a value that is one of ``choices``, else ValueError that lists them. Chapter: critic."""
    if not any(isinstance(value, type(choice)) and value == choice for choice in choices):
        raise ValueError(f"{name} is {shortly(value)}: it must be one of {', '.join(map(repr, choices))}")
    return value


def nearest(kind: str, name: str, names: Iterable[str]) -> str:
    """Say that no ``kind`` is called ``name``, and which names come near. Chapter: full-models."""
    names = list(names)
    near = get_close_matches(name, names, n=3, cutoff=0.4) or names
    return f"no {kind} is named {shortly(name)}; the nearest are {', '.join(near) or 'none'}"


def all_finite(name: str, value: Any) -> None:
    """Raise ValueError with their number if an array or tensor holds NaN or infinities. Chapter: critic."""
    bad = (~value.isfinite()).sum() if is_tensor(value) else (~np.isfinite(value)).sum()
    if bad := int(bad):
        raise ValueError(f"{name} holds {bad} numbers that are NaN or infinite")


def is_tensor(value: object) -> bool:
    """Say whether value is a torch tensor (or parameter). Chapter: optimal-transport."""
    return any(kind.__module__ == "torch" and kind.__name__ == "Tensor" for kind in type(value).__mro__)


def reals(name: str, value: Any) -> Float[np.ndarray, "..."]:
    """Give value as a float64 array of its shape, detached and on the CPU.

    Raises TypeError unless it holds real numbers (integers too, booleans not), ValueError for NaN or inf; the message
    calls the argument name. Chapter: js-saturation.
    """
    try:
        if is_tensor(value):
            value = value.detach().cpu()  # first: some devices have no float64
            value = (value.double() if value.is_floating_point() else value).numpy()
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:  # ragged lists, tensors without numbers
        raise TypeError(f"{name} must hold real numbers in one array: {str(error).splitlines()[0]}") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array: leave out what is masked, and pass a plain array")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)].flat[0]}")
    return array


def samples(name: str, value: object) -> Float[np.ndarray, "n d"]:
    """Give value (n,) or (n, d) as samples (n, d). Raises ValueError for another shape, n or d = 0, and as `reals`.

    Chapter: optimal-transport.
    """
    array = reals(name, value)
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise ValueError(f"{name} must hold samples of shape (n,) or (n, d) with n, d ≥ 1, got shape {array.shape}")
    return array.reshape(len(array), -1)


def weights(name: str, value: object, n: int) -> Float[np.ndarray, "n"]:
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


def critic(value: Any) -> Any:
    """Give a critic back, a network or a function of a tensor of samples, else TypeError. Chapter: critic."""
    if not callable(value) or isinstance(value, type):
        raise TypeError(f"critic is {shortly(value)}: it must be a network, or a function of a tensor of samples")
    return value


def points(name: str, value: Any) -> Any:
    """Give a tensor of samples back, else TypeError: floating-point numbers, dense, with an axis. Chapter: critic."""
    if not is_tensor(value) or not value.is_floating_point() or value.ndim == 0 or value.is_sparse:
        found = f"of {value.dtype}, {tuple(value.shape)}" if is_tensor(value) else shortly(value)
        raise TypeError(f"{name} is {found}: it must be a floating-point tensor of samples")
    return value


@contextmanager
def refusing(network: str, name: str, shape: Sequence[int]) -> Iterator[None]:
    """Raise ValueError that names both where a network fails on samples of this shape. Chapter: critic."""
    try:
        yield
    except (RuntimeError, IndexError) as error:
        if isinstance(error, NotImplementedError) or type(error).__name__ == "OutOfMemoryError":
            raise
        told = str(error).partition("\n")[0]
        raise ValueError(f"{network} refuses {name} of shape {tuple(shape)}: {told}") from error


def several(value: object) -> bool:
    """Say whether value can be walked through: arrays and tensors without axes cannot. Chapter: critic."""
    return isinstance(value, Iterable) and getattr(value, "ndim", 1) != 0


def flag(name: str, value: object) -> bool:
    """Give a bool, numpy's too, as Python's own. Raises TypeError for anything else. Chapter: critic."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {shortly(value)}: it must be True or False")
    return bool(value)
