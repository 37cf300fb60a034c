"""The one pass over the written book: each page is read once and written once, then what all pages share is cut down.

The steps are plain functions of a text; their modules say why each is there.
"""

from pathlib import Path

import icons
import lighten
import offline
from inline_figures import with_figures
from mended_theme import mended
from sphinx.application import Sphinx
from stills import with_stills
from without_scripts import with_sentences


def finished_page(text: str, path: Path) -> str:
    """The page at ``path`` as it is shipped."""
    text = mended(with_figures(offline.without_scripts(text), path.parent))
    if path.name != "search.html":
        text = lighten.search_elsewhere(text)
    return lighten.mount_at_once(lighten.share_sources(lighten.shown_with_fonts(with_sentences(text))))


def finish(out: Path) -> None:
    """Finish the book written to ``out``; pictures of its figures are kept beside it, for the next build."""
    offline.drop_files(out)
    words: set[str] = set()
    for path in out.rglob("*.html"):
        text = finished_page(path.read_text(encoding="utf-8"), path)
        path.write_text(text, encoding="utf-8")
        words |= lighten.words(text)
    for script in out.glob("_static/**/*.js"):
        words |= lighten.words(script.read_text(encoding="utf-8"))
    points: set[int] = set()
    for sheet in out.glob("_static/**/*.css"):
        css = lighten.pruned(sheet.read_text(encoding="utf-8"), words)
        sheet.write_text(lighten.with_fonts(css, sheet.parent), encoding="utf-8")
        points |= icons.code_points(css)
    icons.cut_fonts(out, points)
    with_stills(out, out.parent / ".stills")


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.name == "html":
        finish(Path(app.outdir))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", _finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
