"""The role `{chapter}`: a chapter by its number, which `_toc.yml` alone holds.

    {chapter}`critic`                                       a link "chapter 6"
    {chapter}`the chapter on penalties <gradient-penalty>`  these words, a link as soon as `_toc.yml` holds the page

`{number}` in the words stands for the number: ``{chapter}`Chapter {number} <critic>` `` begins a sentence. A page that
is to come is named in `chapters_to_come` of `_config.yml`; any other name is a warning.
"""

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from sphinx.util.logging import getLogger
from toc import chapter_words, entries

logger = getLogger(__name__)


class ChapterRole(SphinxRole):
    """Turn `{chapter}` into a link to the page, or into plain words while the page is still to come."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "_toc.yml"))
        try:
            words, page = chapter_words(self.text, entries(root), self.config.chapters_to_come)
        except ValueError as error:
            logger.warning("chapter: %s", error, location=self.get_location(), type="chapter")
            return [nodes.inline("", self.text)], []
        if page is None:
            return [nodes.inline("", words, classes=["chapter-to-come"])], []
        link = addnodes.pending_xref(
            self.rawtext, nodes.inline("", words), refdomain="std", reftype="doc", reftarget=f"/{page.name}",
            refdoc=self.env.docname, refexplicit=True, refwarn=True,
        )  # fmt: skip
        return [link], []


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("chapters_to_come", [], "env")
    app.add_role("chapter", ChapterRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
