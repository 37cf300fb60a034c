"""The directive `{chapter-map}`, a map of the book, and the role `{minutes}`, the time that a page takes.

The map lists each chapter with its number, question, minutes and a small picture, all from the chapter itself: the
question is its paragraph `{.question}`, the picture `book/_static/thumbnails/<name>.svg`. Lines in the directive's
body, `name | title | question`, promise pages that are still to come; each is passed over once its page has landed.
``{minutes}`here` `` is this page's time, ``{minutes}`critic` `` another's: `reading` holds the one rule.
"""

from pathlib import Path

from book_structure import Book, Page
from docutils import nodes
from docutils.statemachine import StringList
from reading import minutes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.logging import getLogger

logger = getLogger(__name__)
NO_PICTURE = '<svg class="map-picture" aria-hidden="true" viewBox="0 0 96 60"></svg>'


def on_map(book: Book) -> list[Page]:
    """The pages that the map shows: the chapters, and what stands in front of them."""
    pages = list(book.pages.values())[1:]
    last = max((i for i, page in enumerate(pages) if page.number), default=-1)
    return pages[: last + 1]


def to_come(book: Book, body: str) -> list[tuple[str, str]]:
    """The titles and questions of the pages that the lines of ``body`` promise and the book does not hold yet."""
    promises = [[part.strip() for part in line.split("|")] for line in body.splitlines() if line.strip()]
    if bad := [promise for promise in promises if len(promise) != 3]:
        raise ValueError(f"chapter-map: {' | '.join(bad[0])!r} must be 'name | title | question'")
    return [(title, question) for name, title, question in promises if f"book/{name}" not in book.pages]


class ChapterMap(SphinxDirective):
    """Turn `{chapter-map}` into a list of the chapters."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        book = Book(Path(self.env.srcdir))
        chapters = nodes.bullet_list(classes=["chapter-map"])
        for page in on_map(book):
            self.env.note_dependency(str(page.path))
            link = addnodes.pending_xref(
                "", nodes.inline("", page.title, classes=["map-title"]), refdomain="std", reftype="doc",
                reftarget=f"/{page.name}", refdoc=self.env.docname, refexplicit=True, refwarn=True,
            )  # fmt: skip
            number = nodes.inline("", str(page.number or ""), classes=["map-number"])
            time = nodes.inline("", f"{minutes(page.path)} min", classes=["map-minutes"])
            entry = nodes.list_item("", self._picture(page), nodes.paragraph("", "", number, link, time))
            entry += self._question(page.question, str(page.path))
            chapters += entry
        for title, question in to_come(book, "\n".join(self.content)):
            words = nodes.inline("", f"{title} (to come)", classes=["map-title"])
            entry = nodes.list_item("", nodes.raw("", NO_PICTURE, format="html"), nodes.paragraph("", "", words))
            entry += self._question(question, self.env.docname)
            entry["classes"].append("map-to-come")
            chapters += entry
        return [chapters]

    def _picture(self, page: Page) -> nodes.Node:
        path = Path(self.env.srcdir) / f"book/_static/thumbnails/{page.name.split('/')[-1]}.svg"
        if not path.is_file():
            return nodes.raw("", NO_PICTURE, format="html")
        picture = path.read_text(encoding="utf-8").replace("<svg", '<svg class="map-picture" aria-hidden="true"', 1)
        return nodes.raw("", picture, format="html")

    def _question(self, question: str, source: str) -> list[nodes.Node]:
        container = nodes.Element()
        self.state.nested_parse(StringList([question], source=source), 0, container)
        for paragraph in container.children:
            paragraph["classes"].append("map-question")
        return container.children


class MinutesRole(SphinxRole):
    """Turn `{minutes}` into the minutes that a page takes."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        name = self.env.docname if self.text == "here" else f"{Path(self.env.docname).parent / self.text}"
        path = Path(self.env.doc2path(name))
        if not path.is_file():
            logger.warning("minutes: no page %r", self.text, location=self.get_location(), type="minutes")
            return [], []
        self.env.note_dependency(str(path))
        return [nodes.Text(f"{minutes(path)} minutes")], []


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("chapter-map", ChapterMap)
    app.add_role("minutes", MinutesRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
