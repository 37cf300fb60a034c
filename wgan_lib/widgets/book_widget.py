"""What all widgets share: a script joined into one module, the style sheet, and no value passed over in silence."""

import json
import re
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

import anywidget
import traitlets as t

_JS = files("wgan_lib") / "js"
_IMPORT = re.compile(r"""^(import\b[^"';]*)(["'])\./([\w.-]+\.mjs)\2""", re.MULTILINE)
_LOADER = r"""
const urls = {};
const add = (name, source) => {
  const text = source.replace(/\0(.+?)\0/g, (_, part) => urls[part]);
  urls[name] = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
};
"""


@cache
def joined(module: str) -> str:
    """Join a module of `js/` with all it imports, each once, into one ES module that exports its default.

    anywidget takes a single module. The parts become blob URLs in the browser, the imported before the importing
    (nested `data:` URLs work as well, but grow by a third at each level).

    Raises FileNotFoundError for a missing module, ValueError where modules import each other in a circle.
    Chapter: every one.
    """
    parts: dict[str, str] = {}
    _collect(module, (), parts)
    added = [f"add({json.dumps(name)}, {json.dumps(text, ensure_ascii=False)});" for name, text in parts.items()]
    return "\n".join([_LOADER, *added, f"export default (await import(urls[{json.dumps(module)}])).default;"])


def _collect(module: str, importers: tuple[str, ...], parts: dict[str, str]) -> None:
    if module in importers:
        raise ValueError(f"module {module!r} imports itself: {' → '.join((*importers, module))}")
    source = (_JS / module).read_text(encoding="utf-8")
    for found in _IMPORT.finditer(source):
        if found[3] not in parts:
            _collect(found[3], (*importers, module), parts)
    marked = _IMPORT.sub(lambda found: f'{found[1]}"\0{found[3]}\0"', source)
    parts[module] = f"{marked}//# sourceURL=wgan_lib/js/{module}\n"


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
