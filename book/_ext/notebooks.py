"""Write a notebook for Colab beside each chapter: `python book/_ext/notebooks.py` (`--check` only compares).

myst-nb's reader cuts a chapter into cells; `colab_markdown` turns MyST into plain Markdown. sphinx-tojupyter was looked
at first: it needs a whole Sphinx build and dask, drops solutions, leaves exercises, quizzes and admonitions without a
form, and numbers cells at random. The notebooks have no outputs; a cell's id depends on its own source alone, so edits
elsewhere leave it. As a Sphinx extension this module makes the page's download button deliver the same notebook.
"""

import argparse
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from book_structure import Book, Page
from colab_markdown import Translator
from myst_blocks import sections
from nbformat import NotebookNode, v4

FOLDING_TAGS = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
SETUP = """\
#@title Set-up: installs what Colab lacks; elsewhere it says what is missing
import importlib.util
import sys

if "google.colab" in sys.modules:
    %pip install -q pot "git+{repository}"
elif importlib.util.find_spec("wgan_lib") is None:
    raise ModuleNotFoundError(
        'This notebook needs wgan_lib. Run in a cell, then restart the kernel:  %pip install "git+{repository}"'
    )
"""
# Colab has no myst_nb. There, what the page weaves into its sentences is printed under the name the sentence uses.
GLUE = 'def glue(name, value, display=True):\n    print(f"{name} = {value}")\n'


class UntranslatedError(ValueError):
    """Things in chapters have no form in a notebook; each line of the message names a page and a thing."""


def notebooks(root: Path) -> dict[Path, str]:
    """Return the text of every notebook of the book at `root`, by the path it belongs to.

    Raises: UntranslatedError naming every directive, role, label or file that found no form.
    """
    book = Book(root)
    translator = Translator(book)
    written = {}
    for strict in (False, True):
        translator.begin_round(strict=strict)
        for page in book.pages.values():
            notebook = _notebook(page, translator)
            if strict and page.is_notebook:
                nbformat.validate(notebook)
                written[page.path.with_suffix(".ipynb")] = nbformat.writes(notebook) + "\n"
    if translator.inline.problems:
        raise UntranslatedError(
            "\n".join([*translator.inline.problems, "Mend the page, or extend book/_ext/colab_*.py."])
        )
    return written


def _notebook(page: Page, translator: Translator) -> NotebookNode:
    translator.begin_page(page)
    setup = v4.new_code_cell(SETUP.format(repository=translator.book.repository).rstrip(), metadata=_folded([]))
    cells, seen = [_with_id(setup, "colab-setup")], Counter[str]()
    for kind, source, metadata in _cells(page):
        digest = hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()[:12]
        seen[digest] += 1
        cell_id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        if kind == "markdown":
            if text := translator.cell(source):
                cells.append(_with_id(v4.new_markdown_cell(text), cell_id))
            continue
        cells.append(_with_id(_code_cell(source, list(metadata.get("tags", []))), cell_id))
        figure = metadata.get("mystnb", {}).get("figure", {})
        if caption := translator.caption("figure", figure.get("caption", ""), figure.get("name")).strip():
            cells.append(_with_id(v4.new_markdown_cell(caption), f"{cell_id}-caption"))
    if translator.strict_round and (references := translator.references()):
        cells.append(_with_id(v4.new_markdown_cell(references), "references"))
    metadata = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return v4.new_notebook(cells=cells, metadata=metadata)


def _with_id(cell: NotebookNode, cell_id: str) -> NotebookNode:
    cell.id = cell_id
    return cell


def _cells(page: Page) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for cell in page.source.cells:
        for source in sections(cell.source) if cell.cell_type == "markdown" else [cell.source]:
            yield cell.cell_type, source, cell.metadata


def _code_cell(source: str, tags: list[str]) -> NotebookNode:
    source = re.sub(r"(?m)^from myst_nb import glue$", lambda _: GLUE, source)
    if not FOLDING_TAGS & set(tags):
        return v4.new_code_cell(source, metadata={"tags": tags} if tags else {})
    if not source.startswith("%%"):  # a cell magic has to stay in the first line
        titled = re.sub(r"\A#\s*(.+)", r"#@title \1", source)
        source = titled if titled.startswith("#@title") else f"#@title Show the code\n{source}"
    return v4.new_code_cell(source, metadata=_folded(tags))


def _folded(tags: list[str]) -> dict[str, Any]:
    """Hide the code both in Colab (`cellView`) and in JupyterLab."""
    return {"cellView": "form", "jupyter": {"source_hidden": True}, **({"tags": tags} if tags else {})}


def _write_downloads(app: Any, error: Exception | None) -> None:
    """Replace the executed notebooks, whose text is raw MyST, behind the theme's download button."""
    sources = Path(app.outdir) / "_sources"
    if error is None and app.builder.format == "html" and sources.is_dir():
        for path, text in notebooks(Path(app.srcdir)).items():
            target = sources / path.relative_to(app.srcdir)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    app.connect("build-finished", _write_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a notebook is stale")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of _config.yml (default: here)")
    arguments = parser.parse_args()
    try:
        expected = notebooks(arguments.root.resolve())
    except UntranslatedError as error:
        sys.exit(str(error))
    stale = 0
    for path, text in expected.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{'stale' if arguments.check else 'wrote'}: {path}")
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
    return int(arguments.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
