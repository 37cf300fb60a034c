"""What the exporter knows of the book as a whole: its settings, its pages with their numbers, its bibliography."""

import copy
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode
from pybtex.database import Entry as Work
from pybtex.database import parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text
from toc import Entry, entries


def read_cells(text: str) -> NotebookNode:
    """Cut a page's MyST text into cells as the page's own reader does (jupytext's would split directives in colons)."""
    return copy.deepcopy(_cells(text))


@cache  # a build asks for each page's cells seven times
def _cells(text: str) -> NotebookNode:
    return read_myst_markdown_notebook(text, MdParserConfig(enable_extensions={"colon_fence", "dollarmath"}))


@cache  # pybtex looks through all installed packages each time it is asked
def _bibliography_style() -> tuple[Any, Any]:
    return find_plugin("pybtex.style.formatting", "plain")(), find_plugin("pybtex.backends", "markdown")("utf-8")


@dataclass(frozen=True)
class Page(Entry):
    """An entry of the table of contents with its file, cut into cells."""

    path: Path
    source: NotebookNode

    @property
    def is_notebook(self) -> bool:
        """The theme shows its notebook buttons on the same condition."""
        return "kernelspec" in self.source.metadata

    @property
    def question(self) -> str:
        """The question that the page opens with; empty if it asks none."""
        prose = "\n".join(cell.source for cell in self.source.cells if cell.cell_type == "markdown")
        found = re.search(r"^\{\.question\}\n(.+)$", prose, re.MULTILINE)
        return found[1].strip() if found else ""

    @property
    def title(self) -> str:
        prose = "\n".join(cell.source for cell in self.source.cells if cell.cell_type == "markdown")
        first = re.search(r"^# (.+)$", prose, re.MULTILINE)
        if first is None:
            raise ValueError(f"{self.path}: no title; begin the page with a line '# Title'")
        return first[1].strip()


class Book:
    """The pages below `root`, the folder of `_config.yml` and `_toc.yml`, in reading order."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config: dict[str, Any] = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
        self.entries = entries(root)
        self.pages = {entry.name: self._page(entry) for entry in self.entries}

    def _page(self, entry: Entry) -> Page:
        path = self.root / f"{entry.name}.md"
        if not path.is_file():
            raise ValueError(f"_toc.yml names {entry.name!r}, but {path} does not exist")
        return Page(entry.name, entry.number, entry.depth, path, read_cells(path.read_text(encoding="utf-8")))

    @property
    def to_come(self) -> list[str]:
        """Pages that the text may promise: `chapters_to_come` in `_config.yml`."""
        return self._sphinx.get("chapters_to_come", [])

    @property
    def number_suffix(self) -> str:
        """What parts a title's number from its words."""
        return self._sphinx.get("html_secnumber_suffix", ". ")

    @property
    def _sphinx(self) -> dict[str, Any]:
        return self.config.get("sphinx", {}).get("config", {})

    @property
    def repository(self) -> str:
        """The address that the reader's machine installs from and links to: `repository.url` in `_config.yml`."""
        return self.config["repository"]["url"].removesuffix("/").removesuffix(".git")

    def address(self, path: str, view: str = "blob") -> str:
        """Where the repository's host shows (`blob`) or delivers (`raw`) the file `path`."""
        inside = "/".join(filter(None, [self.config["repository"].get("path_to_book", "").strip("/"), path]))
        return f"{self.repository}/{view}/{self.config['repository'].get('branch', 'main')}/{inside}"

    def page_address(self, name: str) -> str:
        """Where a reader of a notebook finds another page: Colab for notebooks, the published book or source else."""
        if self.pages[name].is_notebook:
            address, on_github = re.subn(r"^https://github\.com/", "", self.address(f"{name}.ipynb"))
            return f"https://colab.research.google.com/github/{address}" if on_github else address
        published = self.config.get("html", {}).get("baseurl", "").removesuffix("/")
        return f"{published}/{name}.html" if published else self.address(f"{name}.md")

    @cached_property
    def bibliography(self) -> dict[str, Work]:
        entries: dict[str, Work] = {}
        for file in self.config.get("bibtex_bibfiles", []):
            entries.update(parse_file(str(self.root / file)).entries)
        return entries

    def authors(self, key: str) -> str:
        """The names that a citation shows: Villani; Arjovsky and Bottou; Gulrajani et al."""
        people = self.bibliography[key].persons.get("author") or self.bibliography[key].persons.get("editor", [])
        names = [str(Text.from_latex(" ".join([*p.prelast_names, *p.last_names]))) for p in people]
        return f"{names[0]} et al." if len(names) > 2 else " and ".join(names) or key

    def source_address(self, key: str) -> str | None:
        """Where the cited work can be read, if the bibliography says so."""
        fields = self.bibliography[key].fields
        if "doi" in fields:
            return f"https://doi.org/{fields['doi']}"
        return fields.get("url") or (f"https://arxiv.org/abs/{fields['eprint']}" if "eprint" in fields else None)

    def references(self, keys: set[str]) -> list[str]:
        """Format the cited works as Markdown, sorted by author and year."""
        style, backend = _bibliography_style()
        entries = [self.bibliography[key] for key in keys]
        works = [entry.text.render(backend) for entry in style.format_entries(style.sort(entries))]
        # pybtex escapes marks that need it nowhere in a sentence, and breaks the line after each part
        return [re.sub(r"\\([.()-])", r"\1", " ".join(work.split())) for work in works]
