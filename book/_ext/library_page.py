"""The directive `{library}`: the public names of one package of the library, with what their docstrings say.

    ```{library} transport
    ```

Each name stands with its arguments and their defaults, the first sentence of its docstring in view and the rest folded.
Docstrings are Markdown, so MyST reads them; Sphinx's autodoc would read them as reStructuredText, where |f| and x_ mean
other things.
"""

import importlib
import inspect
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

logger = getLogger(__name__)


def public(module: Any) -> dict[str, Any]:
    """The names that a package offers: its `__all__`, or what it defines itself without an underscore."""
    own = [name for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__]
    names = getattr(module, "__all__", None) or [name for name in own if not name.startswith("_")]
    return {name: getattr(module, name) for name in names}


def signature(name: str, thing: Any) -> str:
    """`w1(x, y, x_weights=None)`: arguments with their defaults; types are in the text."""
    if not callable(thing):
        return name
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:
        return name
    shown, starred = [], False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            shown.append("*")
        starred = starred or parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL}
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={_short(parameter.default)}"
        shown.append(f"{stars}{parameter.name}{default}")
    return f"{name}({', '.join(shown)})"


def _short(default: Any) -> str:
    if inspect.isclass(default) or inspect.isroutine(default):
        return default.__name__
    text = repr(default)
    return text if len(text) <= 24 and "0x" not in text else "…"


def told(thing: Any) -> tuple[str, str]:
    """The first paragraph of a docstring, and the rest; nothing for values, whose docstring is their type's."""
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        return "", ""
    first, _, rest = (inspect.getdoc(thing) or "").partition("\n\n")
    return first, rest


class Library(SphinxDirective):
    """Turn `{library} name` into the public names of that package."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        package = self.config.widget_package.split(".")[0]
        module = importlib.import_module(f"{package}.{self.arguments[0]}")
        self.env.note_dependency(str(module.__file__))
        return [self._entry(name, thing, module.__name__) for name, thing in public(module).items()]

    def _entry(self, name: str, thing: Any, module: str) -> nodes.container:
        first, rest = told(thing)
        if inspect.isroutine(thing) and not first:
            logger.warning(
                "library: %s.%s has no docstring", module, name, location=self.get_location(), type="library"
            )
        box = nodes.container(classes=["library-entry"], ids=[f"{module}.{name}"])
        head = nodes.paragraph("", "", nodes.literal("", signature(name, thing)), classes=["library-name"])
        box += [head, *self._parse(first)]
        if rest:
            box += [nodes.raw("", "<details><summary>More</summary>", format="html"), *self._parse(rest)]
            box += nodes.raw("", "</details>", format="html")
        return box

    def _parse(self, text: str) -> list[nodes.Node]:
        holder = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), source=f"docstring for {self.arguments[0]}"), 0, holder)
        return holder.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("library", Library)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
