"""The directive `{chapter-map}`, a map of the book, and the role `{minutes}`, the time that a page takes.

The map lists each chapter with its number, question, minutes and a small picture, all from the chapter itself: the
question is its paragraph `{.question}`, the picture `book/_static/thumbnails/<name>.svg`. ``{minutes}`here` `` is this
page's time, ``{minutes}`critic` `` another's: `reading` holds the one rule.
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


def on_map(book: Book) -> list[Page]:
    """The pages that the map shows: the chapters, and what stands in front of them."""
    pages = list(book.pages.values())[1:]
    last = max((i for i, page in enumerate(pages) if page.number), default=-1)
    return pages[: last + 1]


class ChapterMap(SphinxDirective):
    """Turn `{chapter-map}` into a list of the chapters."""

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
            entry += self._question(page)
            chapters += entry
        return [chapters]

    def _picture(self, page: Page) -> nodes.Node:
        path = Path(self.env.srcdir) / f"book/_static/thumbnails/{page.name.split('/')[-1]}.svg"
        svg = path.read_text(encoding="utf-8") if path.is_file() else '<svg viewBox="0 0 96 60"></svg>'
        picture = svg.replace("<svg", '<svg class="map-picture" aria-hidden="true"', 1)
        return nodes.raw("", picture, format="html")

    def _question(self, page: Page) -> list[nodes.Node]:
        container = nodes.Element()
        self.state.nested_parse(StringList([page.question], source=str(page.path)), 0, container)
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
