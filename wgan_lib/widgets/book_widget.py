"""What all widgets share: a script joined into one module, the style sheet, and no value passed over in silence."""

import math
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from numbers import Integral
from typing import Any

import anywidget
import numpy as np
import traitlets as t

from wgan_lib import checks

_JS = files("wgan_lib") / "js"
_IMPORT = re.compile(r"""^import (?:(\{[^}"']*\}) from )?["'](\.{1,2}/[\w./-]+)\.mjs["'];$""", re.MULTILINE)
_EXPORT = re.compile(r"^export (?:(default )|(?=(?:async )?(?:function|const|let|class) (\w+)))", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


@cache
def joined(module: str) -> str:
    """Join a module of `js/` with all it imports, each once, into one ES module that exports its default.

    anywidget takes a single module. Each part becomes a function that is called at once and returns what the part
    exports, the imported before the importing, so that the whole needs no further import.

    Raises FileNotFoundError for a missing module, ValueError where modules import each other in a circle, or for forms
    other than `import { a, b as c } from "../kit/x.mjs";` and an `export` before a declaration. Chapter: every one.
    """
    parts: dict[str, str] = {}
    _collect(module.removesuffix(".mjs"), (), parts)
    return "\n".join([*parts.values(), f"export default {_name(module.removesuffix('.mjs'))}.default;"])


def _name(part: str) -> str:
    return "in_" + re.sub(r"\W", "_", part)


def _collect(part: str, importers: tuple[str, ...], parts: dict[str, str]) -> None:
    if part in importers:
        raise ValueError(f"module {part}.mjs imports itself: {' → '.join(f'{m}.mjs' for m in (*importers, part))}")
    source = (_JS / f"{part}.mjs").read_text(encoding="utf-8")
    here = posixpath.dirname(part)
    imported = lambda found: posixpath.normpath(posixpath.join(here, found[2]))  # noqa: E731
    for found in _IMPORT.finditer(source):
        if imported(found) not in parts:
            _collect(imported(found), (*importers, part), parts)
    exports = ["default" if found[1] else found[2] for found in _EXPORT.finditer(source)]
    body = _IMPORT.sub(lambda m: f"const {m[1].replace(' as ', ': ')} = {_name(imported(m))};" if m[1] else "", source)
    body = _EXPORT.sub(lambda m: "const in_default = " if m[1] else "", body)
    if left := _LEFT_OVER.search(body):
        raise ValueError(f"module {part}.mjs has {left[0]!r}: this form of import or export cannot be joined")
    returned = ", ".join("default: in_default" if name == "default" else name for name in exports)
    parts[part] = f"// {part}.mjs\nconst {_name(part)} = (() => {{\n{body}\nreturn {{ {returned} }};\n}})();"


@cache
def stylesheet() -> str:
    """Read the one style sheet of all widgets. Chapter: every one."""
    return (_JS / "widgets.css").read_text(encoding="utf-8")


class InvalidTrait(t.TraitError, ValueError):
    """A widget was given a value it cannot show; the message names the trait, the value and what would be right."""


class Number(t.TraitType[float, float]):
    """A finite number: numpy's, an array or tensor of no dimension, an integer; kept as a float.

    `reach` is what a hand may set on the page, `within` what may be set at all (then it is the reach too), both with
    their ends; `above` an end that is not allowed. `zero`: 0 is allowed as well. Chapter: every one.
    """

    info_text = "a finite number"

    def __init__(
        self,
        default: float = 0.0,
        *,
        reach: tuple[float, float] | None = None,
        within: tuple[float, float] = (-math.inf, math.inf),
        above: float = -math.inf,
        zero: bool = False,
    ) -> None:
        super().__init__(default)
        if reach is None and math.isfinite(within[0]):
            reach = (0.0 if zero else within[0], within[1])
        self._within, self._above, self._zero = within, above, zero
        self.tag(sync=True, reach=None if reach is None else list(reach))

    def validate(self, obj: Any, value: Any) -> float:
        """Give the number as a float, or raise InvalidTrait."""
        with _named():
            number = checks.number(str(self.name), value, above=self._above)
        low, high = self._within
        if not (low <= number <= high or (self._zero and number == 0)):
            raise InvalidTrait(f"{self.name} must be {'0 or ' * self._zero}in [{low}, {high}], not {number!r}")
        return number


class Whole(t.TraitType[int, int]):
    """A whole number, numpy's too; kept as an int. Its range depends on the widget: see `BookWidget.reaches`.

    Chapter: every one.
    """

    info_text = "a whole number"

    def __init__(self, default: int = 0) -> None:
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> int:
        """Give the number as an int, or raise InvalidTrait."""
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise InvalidTrait(f"{self.name} must be a whole number, not {value!r}")
        return int(value)


class Numbers(t.TraitType[list[Any], Any]):
    """Finite numbers in nested lists of equal lengths; arrays and tensors become such lists. Chapter: every one.

    `whole`: integers, also where an array holds them as floats. Its range depends on the widget: see `reaches`.
    """

    info_text = "finite numbers in a list, an array or a tensor"

    def __init__(self, default: Sequence[Any] = (), *, whole: bool = False) -> None:
        super().__init__(list(default))
        self._whole = whole
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> list[Any]:
        """Give the numbers as nested lists, or raise InvalidTrait."""
        with _named():
            array = checks.reals(str(self.name), value if checks.is_tensor(value) else _plain(value))
        if not self._whole:
            return array.tolist()
        if (array != np.rint(array)).any():
            raise InvalidTrait(f"{self.name} must hold whole numbers, not {value!r}")
        return array.astype(int).tolist()


def _plain(value: Any) -> Any:
    """Lists whose numbers may be tensors or arrays of no dimension, as numpy wants them."""
    if isinstance(value, Iterable) and not isinstance(value, np.ndarray | str | bytes):
        return [_plain(item.item() if getattr(item, "ndim", None) == 0 else item) for item in value]
    return value


@contextmanager
def _named() -> Iterator[None]:
    """Turn what a check says into InvalidTrait, which is both a TraitError and a ValueError."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise InvalidTrait(str(error)) from None


class Reading(t.TraitType[Any, Any]):
    """A number that follows from the traits; see `reading`. Chapter: every one."""

    def __init__(self, compute: Callable[[Any], Any], follows: tuple[str, ...]) -> None:
        super().__init__(None, allow_none=True, read_only=True)
        self.compute, self.follows, self.__doc__ = compute, follows, compute.__doc__
        self.tag(sync=True, to_json=lambda value, widget: _jsonable(value))


def _jsonable(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value  # JSON knows no infinity


def reading(*follows: str) -> Callable[[Callable[[Any], Any]], Any]:
    """Make a method the read-only trait of its name, computed at the start and when a trait named in `follows` changes.

    @reading("mean_p", "mean_q")
    def w1(self) -> float: ...

    Chapter: every one.
    """
    return lambda compute: Reading(compute, follows)


def data() -> Any:
    """Make a read-only trait that the constructor fills by `BookWidget.hold`. Chapter: every one."""
    return t.Any(read_only=True).tag(sync=True)


class BookWidget(anywidget.AnyWidget):
    """What all widgets share: the style sheet, the task above the figure, readings, and no argument passed over.

    `task` is the sentence above. `reach` tells the page what a hand may set: for each synced trait that is not
    read-only its range [lo, hi] or [lo, hi, grain], its choices, or true. `sizes` are the measured heights in px on a
    phone (358 px wide) and on a page (880), kept free until the figure stands.

    Raises TypeError for an argument that is no trait. Chapter: every one.
    """

    _css = stylesheet()
    task = t.Unicode("").tag(sync=True)
    reach = t.Dict(read_only=True).tag(sync=True)
    sizes = data()
    _sizes = (0, 0)

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(name for name in traits if not self.has_trait(name))
        if unknown:
            own = sorted(set(self.trait_names()) - set(anywidget.AnyWidget.class_trait_names()))
            raise TypeError(f"{type(self).__name__} has no trait {', '.join(unknown)}; it has {', '.join(own)}")
        super().__init__(**traits)
        self.hold(reach=self._reach(), sizes=list(self._sizes))
        readings = {name: trait for name, trait in self._in_order() if isinstance(trait, Reading)}
        self._read(*readings)
        for follows in {name for trait in readings.values() for name in trait.follows}:
            mine = [name for name, trait in readings.items() if follows in trait.follows]
            self.observe(lambda change, mine=mine: self._read(*mine), follows)

    def _read(self, *names: str) -> None:
        for name in names:
            self.set_trait(name, self.traits()[name].compute(self))

    def hold(self, **values: Any) -> None:
        """Fill read-only traits of the constructor's making. Chapter: every one."""
        for name, value in values.items():
            self.set_trait(name, value)

    def reaches(self) -> dict[str, Any]:
        """Give the ranges that only this object knows, such as those of a list of its arguments' length."""
        return {}

    def _in_order(self) -> Iterator[tuple[str, Any]]:
        """Yield the traits as the classes define them: a reading may build on those above it."""
        for kind in reversed(type(self).__mro__):
            if issubclass(kind, BookWidget) and kind is not BookWidget:
                yield from ((name, trait) for name, trait in vars(kind).items() if isinstance(trait, t.TraitType))

    def _reach(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own = self.reaches()
        for name, trait in self._in_order():
            choices = list(trait.values or ()) if isinstance(trait, t.Enum) else isinstance(trait, t.Bool)
            allowed = own.get(name, trait.metadata.get("reach", choices))
            if allowed and trait.metadata.get("sync") and not trait.read_only:
                found[name] = allowed
        return found
