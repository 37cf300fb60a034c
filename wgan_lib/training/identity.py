"""What a training is made of, told twice: short for people, and by its contents, so that no other run passes for it.

A resumed training must be the one that was interrupted. So tensors are told by a hash of their numbers, functions by
their code and by what they close over, networks by their layers, numbers by their value: 10, 10.0 and numpy's 10 are
one number. What the library, PyTorch and numpy bring themselves is told by its name.
"""

import dataclasses
import functools
import hashlib
import inspect
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from numbers import Real
from pathlib import PurePath
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wgan_lib.networks import unwrapped

Memo = dict[int, tuple[Any, str]]

_KNOWN = {"wgan_lib", "torch", "numpy", "builtins", "functools", "collections", "typing", "enum", "abc", "pathlib"}


def describe(part: object) -> str:
    """Return a text that is the same in every process: a loss's name, a function's name, else the ``repr``.

    At most 200 characters: a part that holds a tensor would else tell all its numbers. Chapter: full-models.
    """
    text = getattr(part, "name", None) if isinstance(part, tuple) else getattr(part, "__qualname__", None)
    text = text if isinstance(text, str) and text else repr(part)
    text = re.sub(r" at 0x[0-9a-f]+", "", text)  # an address is another one in each process
    return text if len(text) <= 200 else f"{text[:199]}…"


def fingerprint(part: object) -> str:
    """Return a text that differs for parts that train differently, and is the same for equal ones in every process.

    Own functions are told by their compiled code, which another version of Python compiles differently.
    Chapter: full-models.
    """
    return _told(part, {})


def structure(network: nn.Module) -> str:
    """Return the fingerprint of a network's layers and shapes, whatever numbers it holds. Chapter: full-models."""
    text = _layers(unwrapped(network), {})
    return f"{type(unwrapped(network)).__name__} {_digest(text.encode())}"


def _digest(content: bytes | memoryview) -> str:
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def _told(value: Any, memo: Memo) -> str:
    """Tell a value once, however often it is met: long texts stand as their hash, so that no web of parts explodes."""
    if id(value) not in memo:
        memo[id(value)] = (value, "…")  # inside itself; the value is kept, lest another gets its id
        text = _tell(value, memo)
        memo[id(value)] = (value, text if len(text) <= 200 else f"{text[:100]}… {_digest(text.encode())}")
    return memo[id(value)][1]


def _tell(value: Any, memo: Memo) -> str:
    if value is None or isinstance(value, bool | np.bool_ | str | bytes):
        return str(value) if isinstance(value, np.bool_) else repr(value)
    if isinstance(value, Real):
        return _number(value)
    if isinstance(value, Tensor | np.ndarray):
        return _tensor(value)
    if isinstance(value, PurePath):
        return repr(str(value))
    if isinstance(value, torch.Generator):
        return _tensor(value.get_state())
    if isinstance(value, nn.Module):
        return f"{_layers(unwrapped(value), memo)} {_told(unwrapped(value).state_dict(), memo)}"
    if isinstance(value, type):
        return _class(value, memo)
    if isinstance(value, FunctionType):
        return _function(value, memo)
    if isinstance(value, MethodType):
        return f"{_told(value.__self__, memo)}.{_told(value.__func__, memo)}"
    if isinstance(value, functools.partial):
        return f"partial{_told((value.func, value.args, value.keywords), memo)}"
    if isinstance(value, ModuleType):
        return value.__name__
    return _contents(value, memo)


def _contents(value: Any, memo: Memo) -> str:
    kind = "" if type(value) in (list, tuple, dict) else _told(type(value), memo)
    own = getattr(value, "fingerprint", None) if _root(type(value).__module__) == "wgan_lib" else None
    if isinstance(own, str):  # a file that was summed when it was opened
        return f"{kind}({own}, {_told([getattr(value, 'mirrored', False)], memo)})"
    if isinstance(value, Mapping):
        return f"{kind}{{{', '.join(f'{_told(k, memo)}: {_told(v, memo)}' for k, v in value.items())}}}"
    if isinstance(value, set | frozenset):
        return f"{kind}{{{', '.join(sorted(_told(v, memo) for v in value))}}}"
    if isinstance(value, Collection) and isinstance(value, list | tuple):
        plain = all(type(v) is float for v in value)  # a table's column may hold thousands
        return f"{kind}({', '.join(_numbers(value) if plain else (_told(v, memo) for v in value))})"
    if dataclasses.is_dataclass(value):
        held = {field: getattr(value, field.name, None) for field in dataclasses.fields(value)}
        # What is as by default is left out, so that a field which a later version adds does not make another run.
        fields = {f.name: v for f, v in held.items() if _told(f.default, {}) != _told(v, {})}
    elif hasattr(value, "__dict__"):
        derived = {name for name, made in vars(type(value)).items() if isinstance(made, cached_property)}
        fields = {name: held for name, held in vars(value).items() if name not in derived}
    else:
        return kind + re.sub(r" at 0x[0-9a-f]+", "", repr(value))
    return f"{kind}({', '.join(f'{name}={_told(held, memo)}' for name, held in fields.items())})"


def _number(value: Real) -> str:
    exact = float(value)
    whole = exact.is_integer() and abs(exact) < 2**53
    return str(int(value)) if isinstance(value, int | np.integer) and not whole else _numbers([exact])[0]


def _numbers(values: Sequence[float]) -> list[str]:
    return [str(int(v)) if v.is_integer() and abs(v) < 2**53 else repr(v) for v in values]


def _tensor(value: Tensor | np.ndarray) -> str:
    if isinstance(value, np.ndarray):
        content, shape, dtype = np.ascontiguousarray(value).tobytes(), value.shape, str(value.dtype)
    else:
        flat = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        content, shape, dtype = flat.numpy().tobytes(), tuple(value.shape), str(value.dtype)
    return f"{dtype} {shape} {_digest(content)}"


def _function(function: FunctionType, memo: Memo) -> str:
    function = inspect.unwrap(function)  # what decorators close over may be half the library
    name = f"{_root(function.__module__)}.{function.__qualname__}"
    local = "<" in function.__qualname__  # a lambda, or a function inside another: its name does not tell it
    if _root(function.__module__) in _KNOWN and not local:
        return name
    cells = list(inspect.getclosurevars(function).nonlocals.values())
    used = [function.__globals__.get(called) for called in sorted(_names(function.__code__))]
    simple = Real | str | tuple | Tensor | np.ndarray | FunctionType
    held = [function.__defaults__, function.__kwdefaults__, cells, [v for v in used if isinstance(v, simple)]]
    return f"{name} {_digest(_code(function.__code__).encode())} {_told(held, memo)}"


def _names(code: CodeType) -> set[str]:
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return {*code.co_names}.union(*inner)


def _code(code: CodeType) -> str:
    def constant(value: Any) -> str:
        if isinstance(value, CodeType):
            return _code(value)
        return str(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)

    return f"{code.co_code.hex()} {code.co_names} {[constant(value) for value in code.co_consts]}"


def _class(kind: type, memo: Memo) -> str:
    name = f"{_root(kind.__module__)}.{kind.__qualname__}"
    if _root(kind.__module__) in _KNOWN:
        return name
    inside = [getattr(made, "__func__", getattr(made, "fget", made)) for made in vars(kind).values()]
    told = [_told(made, memo) for made in inside if isinstance(made, FunctionType)]
    bases = [_told(base, memo) for base in kind.__bases__ if base is not object]
    return f"{name} {_digest(' '.join([*told, *bases]).encode())}"


def _root(module: str | None) -> str:
    return (module or "").partition(".")[0]  # a module may move within its package


def _layers(network: nn.Module, memo: Memo) -> str:
    lines = []
    for name, layer in network.named_modules():
        if hasattr(layer, "_orig_mod"):
            continue  # the compiler's wrap
        plain = Real | str | tuple | FunctionType
        own = {k: v for k, v in vars(layer).items() if isinstance(v, plain) and k != "training" and k[0] != "_"}
        plainly = ".".join(part for part in name.split(".") if part != "_orig_mod")
        lines.append(f"{plainly}: {_told(type(layer), memo)} {_told(own, memo)}")
    shapes = [f"{name} {tuple(t.shape)} {t.dtype}" for name, t in network.state_dict().items()]
    trained = [str(parameter.requires_grad) for parameter in network.parameters()]
    return "\n".join([*lines, *shapes, *trained]).replace("_orig_mod.", "")
