"""Print the whole built book into one file: `python book/_ext/paper.py` writes `_build/moving-earth.pdf`.

A headless Chromium prints each page of `_build/html` in the order of `_toc.yml`, with the rules of `paper.css`; pypdf
joins what it printed. The file has an outline, running page numbers and a list of contents. A link to another page of
the book leads to its place in the file; one to a page that is not printed (the search, the index) is dropped.

What paper cannot do is said otherwise: a figure stands as it opens, without its controls; code that the page folds away
is left out; the solutions of the exercises and the right answers of the quizzes stand at the end of their chapter.
"""

import argparse
import html
import io
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import yaml
from stills import AT_REST, BROWSERS, DRAWN, QUIET

WIDTH = 673  # pixels: what an A4 sheet leaves between the margins of `paper.css`
LINK = re.compile(r'href="([^":#]*\.html)#([^"]+)"')
READY = """document.documentElement.dataset.settled === "true" && !document.querySelector("[aria-busy=true]") &&
    [...document.querySelectorAll("[data-widget-host]")].every((host) => host.dataset.ready !== undefined)"""
STYLE = """html {{ counter-reset: page {before} }}
@page {{ @bottom-left {{ content: "{title}"; font: 8.5pt Inter, sans-serif; color: #444 }}
    @bottom-right {{ content: counter(page); font: 8.5pt Inter, sans-serif; color: #444 }} }}
.printed-answer {{ break-inside: avoid; margin: 0 0 .9em }}
.printed-answer p {{ margin: 0 0 .2em }}
.printed-answer p:first-child {{ font-weight: 600 }}
.printed-contents strong {{ margin: 1em 0 .2em; font-size: 12.5pt }}
.printed-contents p {{ display: flex; gap: .5em; margin: 0 0 .15em }}
.printed-contents span {{ flex: 1; border-bottom: 1px dotted #888; margin-bottom: .35em }}"""
TITLE = re.compile(r"<article.*?<h1[^>]*>(.*?)</h1>", re.DOTALL)
HEADERLINK = re.compile(r'<a class="headerlink.*?</a>|<[^>]+>', re.DOTALL)


@dataclass(frozen=True)
class Printed:
    """A page of the book as Chromium printed it: where it lies, the caption of its part, and its sheets."""

    path: Path
    part: str
    sheets: Any  # a pypdf.PdfReader


def pages(root: Path, book: Path) -> Iterator[tuple[Path, str]]:
    """The built pages in reading order, each with the caption of its part."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    yield book / f"{toc['root']}.html", ""
    for part in toc.get("parts", [toc]):
        for entry in part.get("chapters", []):
            yield book / f"{entry['file']}.html", part.get("caption", "")


def places(paths: list[Path]) -> dict[Path, set[str]]:
    """The places in each page that any page leads to."""
    found: dict[Path, set[str]] = defaultdict(set)
    for path in paths:
        for target, name in LINK.findall(path.read_text(encoding="utf-8")):
            found[(path.parent / unquote(target)).resolve()].add(unquote(html.unescape(name)))
    return found


def print_page(page: Any, path: Path, names: set[str], before: int) -> bytes:
    """The sheets of a page; ``before`` sheets of the book come before it."""
    _opened(page, path)
    page.emulate_media(media="print", color_scheme="light")
    page.evaluate(Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), sorted(names))
    page.add_style_tag(content=AT_REST)
    return _sheets(page, title(path), before)


def _opened(page: Any, path: Path) -> None:
    page.emulate_media(media="screen")
    page.goto(path.as_uri())
    page.wait_for_function(READY)


def _sheets(page: Any, foot: str, before: int) -> bytes:
    quoted = foot.replace("\\", "\\\\").replace('"', '\\"')
    page.add_style_tag(content=STYLE.format(before=before, title=quoted))
    page.evaluate(DRAWN)
    return page.pdf(prefer_css_page_size=True, format="A4", outline=True, tagged=True)


def print_contents(page: Any, chapters: list[tuple[Path, str]], lengths: list[int], before: int, length: int) -> bytes:
    """The list of the ``chapters`` with their parts and ``lengths``; it begins behind ``before`` sheets."""
    lines, last, number = ["<h1>Contents</h1>"], "", before + length + 1
    for (path, part), n_sheets in zip(chapters, lengths, strict=True):
        if part != last:
            lines.append(f"<p><strong>{html.escape(part)}</strong></p>")
        last = part
        link = f'<a href="{path.as_uri()}">{html.escape(title(path))}</a>'
        lines.append(f"<p>{link}<span></span>{number}</p>")
        number += n_sheets
    page.emulate_media(media="print", color_scheme="light")
    page.evaluate(
        "(lines) => { document.querySelector('article').innerHTML = lines; }",
        f'<section class="printed-contents">{"".join(lines)}</section>',
    )
    return _sheets(page, "Contents", before)


def print_pages(browser: Any, order: list[tuple[Path, str]]) -> list[Printed]:
    """The pages as they follow in the file, each given with its part; a list of contents comes after the first."""
    from pypdf import PdfReader

    names = places([path for path, _ in order])
    page = browser.new_page(viewport={"width": WIDTH, "height": 900}, reduced_motion="reduce")
    page.set_default_timeout(120_000)  # a busy machine may take its time

    def contents(lengths: list[int], before: int, length: int) -> Any:
        _opened(page, order[0][0])  # for its style sheets
        return PdfReader(io.BytesIO(print_contents(page, order[1:], lengths, before, length)))

    # Its own length decides all numbers, and does not depend on them.
    length = len(contents([1] * (len(order) - 1), 1, 1).pages)
    printed, before = list[Printed](), 0
    for path, part in order:
        sheets = PdfReader(io.BytesIO(print_page(page, path, names[path.resolve()], before)))
        printed.append(Printed(path, part, sheets))
        print(f"{before + 1:4} {title(path)}", flush=True)
        before += len(sheets.pages) + (length if len(printed) == 1 else 0)
    lengths = [len(chapter.sheets.pages) for chapter in printed]
    listed = contents(lengths[1:], lengths[0], length)
    page.close()
    return [printed[0], Printed(Path("contents"), "", listed), *printed[1:]]


def title(path: Path) -> str:
    """The title of a page with its number."""
    found = TITLE.search(path.read_text(encoding="utf-8"))
    return html.unescape(HEADERLINK.sub("", found[1])).strip() if found else path.stem


def joined(printed: list[Printed], name: str) -> Any:
    """The sheets of all pages as one file, with an outline and links that stay inside it."""
    from pypdf import PdfWriter
    from pypdf.annotations import Link
    from pypdf.generic import Fit

    writer = PdfWriter()
    writer.add_metadata({"/Title": name})
    writer.page_mode = "/UseOutlines"
    first, named, links, count = dict[Path, int](), dict[tuple[Path, str], tuple[int, Any]](), [], 0
    for chapter in printed:
        first[chapter.path.resolve()] = count
        for name, place in chapter.sheets.named_destinations.items():
            at = chapter.sheets.get_destination_page_number(place)
            named[chapter.path.resolve(), name.removeprefix("/")] = count + at, place.top
        for i, sheet in enumerate(chapter.sheets.pages):
            links += [(count + i, chapter.path.resolve(), *link) for link in _taken_links(sheet)]
        writer.append(chapter.sheets, import_outline=False)
        count += len(chapter.sheets.pages)
    for number, path, box, target in links:
        address, name = urldefrag(target)
        page = Path(unquote(address.removeprefix("file://"))).resolve() if address else path
        if address.startswith(("http://", "https://", "mailto:")):
            writer.add_annotation(number, Link(rect=box, url=target))
        elif page in first:
            at, top = named.get((page, unquote(name)), (first[page], None))
            fit = Fit.xyz(top=top) if top else Fit.fit()
            writer.add_annotation(number, Link(rect=box, target_page_index=at, fit=fit))
    _outline(writer, printed, first)
    writer.compress_identical_objects(remove_unreferenced=True)
    return writer


def _taken_links(sheet: Any) -> Iterator[tuple[Any, str]]:
    """Take the links off a sheet: their boxes, and where they lead, as an address or `#name`."""
    for annotation in (item.get_object() for item in sheet.pop("/Annots", [])):
        if "/Dest" in annotation:
            yield annotation["/Rect"], "#" + annotation["/Dest"].removeprefix("/")
        elif "/URI" in annotation.get("/A", {}):
            yield annotation["/Rect"], str(annotation["/A"]["/URI"])


def _outline(writer: Any, printed: list[Printed], first: dict[Path, int]) -> None:
    from pypdf.generic import Fit

    def add(items: list[Any], chapter: Printed, parent: Any) -> None:
        made = parent
        for item in items:
            if isinstance(item, list):
                add(item, chapter, made)
            else:
                at = first[chapter.path.resolve()] + chapter.sheets.get_destination_page_number(item)
                place = Fit.xyz(top=item.top)
                made = writer.add_outline_item(
                    title=item.title, page_number=at, parent=parent, fit=place, is_open=False
                )

    part, parent = "", None
    for chapter in printed:
        if chapter.part != part:
            part = chapter.part
            at = first[chapter.path.resolve()]
            parent = writer.add_outline_item(title=part, page_number=at, bold=True) if part else None
        add(chapter.sheets.outline, chapter, parent)


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of _toc.yml (default: here)")
    root = parser.parse_args().root.resolve()
    book = root / "_build/html"
    if not (book / "index.html").is_file():
        print("the book is not built: run `make book` first")
        return 1
    name = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["title"]
    target = root / "_build" / f"{name.lower().replace(' ', '-')}.pdf"
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        joined(print_pages(browser, list(pages(root, book))), name).write(target)
        browser.close()
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
