"""Take a function out of a chapter's text, so that a test can hold the code on the page to the library."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import numpy as np

ROOT = Path(__file__).parent.parent


def chapter_source(chapter: str, name: str) -> str:
    """Return the text of the function or class `name` in the code cells of a chapter, such as "book/critic.md".

    Raises LookupError unless exactly one cell defines it.
    """
    cells = [cell.source for cell in jupytext.read(ROOT / chapter).cells if cell.cell_type == "code"]
    found = [
        ast.get_source_segment(source, node) or ""
        for source in cells
        if f"def {name}(" in source or f"class {name}(" in source
        for node in ast.parse(source).body
        if getattr(node, "name", None) == name
    ]
    if len(found) != 1:
        raise LookupError(f"{chapter} defines {name} {len(found)} times; it should do so once")
    return found[0]


def chapter_function(chapter: str, name: str, **names: Any) -> Callable[..., Any]:
    """Return the function `name` as the chapter writes it; it sees `np` and what else is passed by keyword."""
    namespace: dict[str, Any] = {"np": np, **names}
    exec(compile(chapter_source(chapter, name), chapter, "exec"), namespace)
    return namespace[name]
