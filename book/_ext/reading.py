"""How long a page takes: one rule for prose, formulas, code, figures, quizzes and exercises, read from its source."""

import re
from functools import cache
from pathlib import Path

from book_structure import read_cells
from myst_blocks import blocks, split_options

WORDS_A_MINUTE = 220
SECONDS = {
    "formula": 12,  # set apart; one within a sentence counts as a word
    "line": 4,  # of code that is shown; folded code is passed over
    "figure": 25,
    "widget": 75,
    "quiz": 45,
    "exercise": 300,  # to think, and to read the solution
}
PASSED_OVER = {"solution", "solution-start", "solution-end", "bibliography", "tableofcontents", "chapter-map"}
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
MARKUP = re.compile(r"\{[\w:+-]+\}(?=`)|<[^<>\n]*>(?=`)|\]\([^)]*\)|\{[.#][^}]*\}")


def minutes(path: Path) -> int:
    """The time for a page in minutes, to the next five."""
    return _minutes(path.read_text(encoding="utf-8"))


@cache  # every page asks for its own, the map and each notebook for all of them
def _minutes(text: str) -> int:
    seconds = 0.0
    for cell in read_cells(text).cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "markdown":
            seconds += _prose(cell.source)
        else:
            lines = [] if tags & HIDDEN else [line for line in cell.source.split("\n") if line.strip()]
            seconds += SECONDS["line"] * len(lines) + SECONDS["widget"] * ("widgets." in cell.source)
            seconds += SECONDS["figure"] * ("figure" in cell.metadata.get("mystnb", {}))
    return max(5, 5 * round(seconds / 300))


def _prose(text: str) -> float:
    seconds = 0.0
    for block in blocks(text):
        if block.kind == "directive":
            name = re.match(r"\{([\w:+-]+)\}", block.info)[1]
            seconds += SECONDS.get(name, 0)
            if name not in PASSED_OVER | {"quiz", "exercise", "figure"}:
                seconds += _prose(split_options(block.content)[1])
        elif block.kind in {"equation", "math", "amsmath"}:
            seconds += SECONDS["formula"]
        elif block.kind == "code":
            seconds += SECONDS["line"] * block.content.count("\n")
        elif block.kind in {"text", "heading", "definitions"}:
            plain = re.sub(r"\$[^$]+\$", "x", MARKUP.sub("", block.source))
            seconds += len(re.findall(r"[^\W_][\w’'-]*", plain)) * 60 / WORDS_A_MINUTE
    return seconds
