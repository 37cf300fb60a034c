"""What the exporter knows of the book as a whole: its settings, its pages with their numbers, its bibliography."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode
from pybtex.database import Entry, parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text


def read_cells(text: str) -> NotebookNode:
    """Cut a page's MyST text into cells as the page's own reader does (jupytext's would split directives in colons)."""
    return read_myst_markdown_notebook(text, MdParserConfig(enable_extensions={"colon_fence", "dollarmath"}))


@dataclass(frozen=True)
class Page:
    """One file of the table of contents; `number` is its chapter's, `depth` how far its headings are numbered."""

    name: str
    path: Path
    number: int | None
    depth: int
    source: NotebookNode

    @property
    def is_notebook(self) -> bool:
        """The theme shows its notebook buttons on the same condition."""
        return "kernelspec" in self.source.metadata

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
        toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
        self.pages = {page.name: page for page in self._pages(toc)}

    def _pages(self, toc: dict[str, Any]) -> list[Page]:
        pages = [self._page(toc["root"], None, 0)]
        chapter = 0
        for part in toc.get("parts", [toc]):
            numbered = {**toc.get("options", {}), **toc.get("defaults", {}), **part}.get("numbered", False)
            depth = 999 if numbered is True else int(numbered)
            for entry in part.get("chapters", []):
                if set(entry) - {"file", "title"}:
                    raise ValueError(f"_toc.yml: {entry} is no plain chapter; give it 'file' and perhaps 'title' only")
                chapter += depth > 0
                pages.append(self._page(entry["file"], chapter if depth else None, depth))
        return pages

    def _page(self, name: str, number: int | None, depth: int) -> Page:
        path = self.root / f"{name.removesuffix('.md')}.md"
        if not path.is_file():
            raise ValueError(f"_toc.yml names {name!r}, but {path} does not exist")
        return Page(name.removesuffix(".md"), path, number, depth, read_cells(path.read_text(encoding="utf-8")))

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
    def bibliography(self) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
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
        style = find_plugin("pybtex.style.formatting", "plain")()
        backend = find_plugin("pybtex.backends", "markdown")("utf-8")
        entries = [self.bibliography[key] for key in keys]
        works = [entry.text.render(backend) for entry in style.format_entries(style.sort(entries))]
        # pybtex escapes marks that need it nowhere in a sentence, and breaks the line after each part
        return [re.sub(r"\\([.()-])", r"\1", " ".join(work.split())) for work in works]
