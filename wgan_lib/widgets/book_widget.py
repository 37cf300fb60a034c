"""What all widgets share: a script joined into one module, the style sheet, and no value passed over in silence."""

import posixpath
import re
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

import anywidget
import traitlets as t

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


def finite(widget: t.HasTraits, proposal: Any) -> float:
    """Accept a finite number only: a traitlets validator, which raises InvalidTrait. Chapter: every one."""
    if not isfinite(proposal.value):
        raise InvalidTrait(f"{proposal.trait.name} must be a finite number, not {proposal.value!r}")
    return float(proposal.value)


def positive(widget: t.HasTraits, proposal: Any) -> float:
    """Accept a finite number > 0 only: a traitlets validator, which raises InvalidTrait. Chapter: every one."""
    if not (isfinite(proposal.value) and proposal.value > 0):
        raise InvalidTrait(f"{proposal.trait.name} must be finite and > 0, not {proposal.value!r}")
    return float(proposal.value)


class BookWidget(anywidget.AnyWidget):
    """What all widgets share: the style sheet, the sentence above the figure, and no argument passed over in silence.

    `task` is that sentence. Raises TypeError for an argument that is no trait. Chapter: every one.
    """

    _css = stylesheet()
    task = t.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(name for name in traits if not self.has_trait(name))
        if unknown:
            own = sorted(set(self.trait_names()) - set(anywidget.AnyWidget.class_trait_names()))
            raise TypeError(f"{type(self).__name__} has no trait {', '.join(unknown)}; it has {', '.join(own)}")
        super().__init__(**traits)
