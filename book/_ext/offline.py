"""Makes the built book complete in itself: no request leaves the page, and figures take the page's colours.

Jupyter Book 1 always loads sphinx-thebe, whose script lives on a CDN and declares its constants twice. The theme loads
1.5 MB of FontAwesome JavaScript although its icons come from the local web font. Both go. Matplotlib's SVGs are put
into the page itself, where CSS reaches them: the palette of `wgan_lib.figures` becomes the custom properties of
`widgets.css`, in light and in dark. Last, some names that the theme and myst-nb give to assistive technology
contradict what is on the screen; they are mended here.
"""

import html
import re
from pathlib import Path

from sphinx.application import Sphinx

from wgan_lib.figures import PALETTE

THEBE_CONFIG = re.compile(
    r'<script type="text/x-thebe-config">.*?</script>\s*(<script>kernelName = .*?</script>)?', re.DOTALL
)
FONTAWESOME = re.compile(r"<!-- So that users can add custom icons -->\s*<script[^>]*fontawesome\.js[^>]*></script>")
SVG_IMAGE = re.compile(r'<img (?P<attributes>[^>]*?src="(?P<src>[^"]*_images/[0-9a-f]{64}\.svg)"[^>]*)/?>')
PATH = re.compile(r' d="[^"]*"')
DECIMALS = re.compile(r"(\.\d\d)\d+")  # a hundredth of a point is finer than any screen
NAMES = [  # an aria-label that hides the words shown, and a list role around children that are no list items
    (re.compile(r'(<button class="btn search-button-field[^>]*) aria-label="[^"]*"'), r"\1"),
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
]
UNUSED = [
    "_static/scripts/fontawesome.js",
    "_static/scripts/*.map",
    "_static/scripts/*.LICENSE.txt",
    "_static/styles/*.map",
    "_static/sphinx-thebe.*",
    "_static/vendor/fontawesome/webfonts/*.ttf",
    "_static/play-solid.svg",
    "_static/images/logo_*.svg",
]


def drop_thebe(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Remove the thebe scripts and styles that Jupyter Book adds to every page."""
    for kind in ("script_files", "css_files"):
        context[kind] = [f for f in context.get(kind, []) if "thebe" not in str(getattr(f, "filename", f) or "").lower()
                         and "THEBE" not in str(getattr(f, "attributes", {}).get("body", ""))]  # fmt: skip
    if "body" in context:
        context["body"] = THEBE_CONFIG.sub("", context["body"])


def inline(svg: str, alt: str) -> str:
    """The SVG as an element of the page: named for screen readers, with the page's colours, its size as an aspect."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    width, height = (float(re.search(rf'{side}="([\d.]+)pt"', svg).group(1)) for side in ("width", "height"))
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = PATH.sub(lambda path: DECIMALS.sub(r"\1", path[0]), svg)
    for colour, variable in PALETTE.items():
        svg = re.sub(re.escape(colour), f"var({variable})", svg, flags=re.IGNORECASE)
    label = html.escape(html.unescape(alt), quote=True)
    style = f"max-width:{width * 96 / 72:.0f}px;aspect-ratio:{width / height:.4f}"
    return svg.replace("<svg", f'<svg class="me-widget figure-svg" role="img" aria-label="{label}" style="{style}"', 1)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Walk the written pages once: no FontAwesome script, figures inlined, files nobody asks for deleted."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    for page in out.rglob("*.html"):
        text = page.read_text(encoding="utf-8")

        def figure(match: re.Match[str], page: Path = page) -> str:
            alt = re.search(r'alt="([^"]*)"', match["attributes"])
            return inline((page.parent / match["src"]).read_text(encoding="utf-8"), alt.group(1) if alt else "")

        mended = SVG_IMAGE.sub(figure, FONTAWESOME.sub("", text))
        for pattern, better in NAMES:
            mended = pattern.sub(better, mended)
        if mended != text:
            page.write_text(mended, encoding="utf-8")
    for pattern in UNUSED:
        for file in out.glob(pattern):
            file.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
