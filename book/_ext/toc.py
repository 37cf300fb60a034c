"""The order and the numbers of the pages: `_toc.yml` is their only source, for the book and for the notebooks."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TITLED = re.compile(r"(?P<words>.*?)\s*<(?P<target>[^<>]+)>", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """One page of the table of contents; `number` is its chapter's, `depth` how far its headings are numbered."""

    name: str
    number: int | None
    depth: int


def entries(root: Path) -> list[Entry]:
    """Read the pages of the book at `root` in reading order.

    Raises: ValueError if an entry is more than a file with a title.
    """
    return list(_entries((root / "_toc.yml").read_text(encoding="utf-8")))


@cache  # each {chapter} in the text asks
def _entries(text: str) -> tuple[Entry, ...]:
    toc: dict[str, Any] = yaml.safe_load(text)
    pages = [Entry(toc["root"].removesuffix(".md"), None, 0)]
    chapter = 0
    for part in toc.get("parts", [toc]):
        numbered = {**toc.get("options", {}), **toc.get("defaults", {}), **part}.get("numbered", False)
        depth = 999 if numbered is True else int(numbered)
        for entry in part.get("chapters", []):
            if set(entry) - {"file", "title"}:
                raise ValueError(f"_toc.yml: {entry} is no plain chapter; give it 'file' and perhaps 'title' only")
            chapter += depth > 0
            pages.append(Entry(entry["file"].removesuffix(".md"), chapter if depth else None, depth))
    return tuple(pages)


def chapter_words(content: str, pages: list[Entry], to_come: list[str]) -> tuple[str, Entry | None]:
    """What `{chapter}` shows and the page it leads to, none if that page is still to come.

    ``critic`` shows "chapter 6"; ``the chapter on penalties <gradient-penalty>`` shows these words, in which
    ``{number}`` stands for the chapter's number.

    Raises: ValueError if the page is neither there nor to come, or if a number is asked for that it does not have.
    """
    titled = TITLED.fullmatch(content.strip())
    words, name = (titled["words"], titled["target"].strip()) if titled else ("", content.strip())
    page = next((page for page in pages if page.name == name or page.name.split("/")[-1] == name), None)
    if page is None and name not in to_come:
        raise ValueError(f"no page {name!r} in _toc.yml, and none in chapters_to_come of _config.yml")
    number = page.number if page else None
    if number is None and (not words or "{number}" in words):
        raise ValueError(f"{name!r} has no number yet; write {{chapter}}`words <{name}>`")
    return (words or "chapter {number}").replace("{number}", str(number)), page
