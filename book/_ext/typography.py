"""Small typography that nobody should have to type: signs, spaces and thousands, in the text of a page.

A number keeps its sign (a minus, no hyphen) and its per cent; thousands are written 12,288 from five digits on and 1500
below; what follows a formula or opens before it stays on its line. Code, formulas and bibliographies stay as they are.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

LEFT_ALONE = (
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.citation,
    nodes.comment,
)
MINUS = re.compile(r"(?<![\w.,)\]}'’–−-])-(?=\.?\d)")
PER_CENT = re.compile(r"(?<=\d) (?=%)")
THOUSANDS = re.compile(
    r"(?<![\w.,/:#–-])\d{1,3}(?:[,\u2009\u202f\u00a0]\d{3})+(?!\w|[,.]\d)|(?<![\w.,/:#–-])\d{5,}(?![\w/]|[,.]\d)"
)
CLOSING = re.compile(r"[.,;:!?)\]]+")
OPENING = re.compile(r"[(\[]+\Z")
NO_BREAK, WORD_JOINER = "\u00a0", "\u2060"


def _grouped(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    return f"{int(digits):,}" if len(digits) > 4 else digits


def polished(text: str) -> str:
    """The text with minus signs, per cents that stay with their number, and thousands of one form."""
    return THOUSANDS.sub(_grouped, PER_CENT.sub(NO_BREAK, MINUS.sub("−", text)))


def polish(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Polish every text of a page that is written as HTML."""
    if app.builder.format != "html":
        return
    for text in list(doctree.findall(nodes.Text)):
        if any(isinstance(parent, LEFT_ALONE) for parent in _parents(text)):
            continue
        words = polished(str(text))
        place = next(k for k, child in enumerate(text.parent) if child is text)  # index() would find an equal text
        before, after = (text.parent[k] if 0 <= k < len(text.parent) else None for k in (place - 1, place + 1))
        if isinstance(before, nodes.math) and (closing := CLOSING.match(words)):
            before.children = [nodes.Text(rf"{before.astext()}\text{{{closing[0]}}}")]  # the last box of the formula
            words = words[closing.end() :]
        elif isinstance(before, nodes.math) and re.match(r"[-–]\w", words):
            words = WORD_JOINER + words
        elif before is not None and re.match(r" %", words) and before.astext()[-1:].isdigit():
            words = NO_BREAK + words[1:]
        if isinstance(after, nodes.math) and (opening := OPENING.search(words)):
            after.children = [nodes.Text(rf"\text{{{opening[0]}}}{after.astext()}")]
            words = words[: opening.start()]
        if words != str(text):
            text.parent[place] = nodes.Text(words)


def _parents(node: nodes.Node) -> list[nodes.Node]:
    return [] if node.parent is None else [node.parent, *_parents(node.parent)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", polish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
