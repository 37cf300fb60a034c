r"""Formulas in the colours of the figures: `\real{P}`, `\generated{Q}`, `\critic{f}`, `\js{…}`, `\nonsat{…}`.

KaTeX takes any word for a colour. On the page that word becomes a custom property of `book.css`, which follows the
theme; in the MathML it becomes the light theme's colour. No command that needs KaTeX's trust is used. Notebooks are
read on white and on grey: there each macro is written out with a colour that both can bear.
"""

import re
from typing import Any

from sphinx.application import Sphinx
from sphinxcontrib import katex

from wgan_lib import figures

COLOURS = {
    "real": (figures.REAL, "#3088d8"),
    "generated": (figures.GENERATED, "#cf6413"),
    "critic": (figures.CRITIC, "#0d9480"),
    "js": (figures.JS, "#d45a89"),
    "nonsat": (figures.NON_SATURATING, "#9472d2"),
}
"""Each macro's colour in the light theme, and in notebooks."""
MACROS = {f"\\{name}": rf"\textcolor{{{name}}}{{#1}}" for name in COLOURS}
USE = re.compile(rf"\\({'|'.join(COLOURS)})(?![A-Za-z])\s*")


def on_page(rendered: str) -> str:
    """KaTeX's answer with the words for colours in its HTML and MathML replaced."""
    for name, (light, _) in COLOURS.items():
        rendered = rendered.replace(f"color:{name};", f"color:var(--book-{name});")
        rendered = rendered.replace(f'mathcolor="{name}"', f'mathcolor="{light}"')
    return rendered


def in_notebook(text: str) -> str:
    r"""The text with `\real{P}` written as `{\color{#…}{P}}`, the one form that KaTeX and each MathJax read alike.

    Raises: ValueError if a macro stands without its braces.
    """
    match = USE.search(text)
    if match is None:
        return text
    end = _closing(text, match.end())
    inside = in_notebook(text[match.end() + 1 : end])
    coloured = rf"{{\color{{{COLOURS[match[1]][1]}}}{{{inside}}}}}"
    return text[: match.start()] + coloured + in_notebook(text[end + 1 :])


def _closing(text: str, start: int) -> int:
    """The place of the brace that closes the one at ``start``."""
    depth = 0
    for brace in re.finditer(r"\\.|[{}]", text[start:] if text[start : start + 1] == "{" else "", re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return start + brace.start()
    raise ValueError(f"{text[max(start - 10, 0) : start + 10]!r}: a formula's colour needs braces, as in \\real{{P}}")


def _render(latex: str, options: dict[str, Any] | None = None) -> str:
    return on_page(_plain(latex, {"macros": dict(MACROS), **(options or {})}))


_plain = katex.render_latex


def setup(app: Sphinx) -> dict[str, bool]:
    katex.render_latex = _render
    return {"parallel_read_safe": True, "parallel_write_safe": True}
