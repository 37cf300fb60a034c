"""Makes the built book complete in itself: no request leaves a page.

Jupyter Book 1 always loads sphinx-thebe, whose script lives on a CDN and declares its constants twice. The theme loads
1.5 MB of FontAwesome JavaScript although its icons come from the local web font. Both go, with their files.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

THEBE_CONFIG = re.compile(
    r'<script type="text/x-thebe-config">.*?</script>\s*(<script>kernelName = .*?</script>)?', re.DOTALL
)
FONTAWESOME = re.compile(r"<!-- So that users can add custom icons -->\s*<script[^>]*fontawesome\.js[^>]*></script>")
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


def without_scripts(page: str) -> str:
    """The page without the script that draws FontAwesome's icons a second time."""
    return FONTAWESOME.sub("", page)


def drop_files(out: Path) -> None:
    """Delete what no page asks for."""
    for pattern in UNUSED:
        for file in out.glob(pattern):
            file.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", drop_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
