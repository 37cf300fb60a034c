"""Puts matplotlib's SVGs into the page itself, where CSS reaches them.

The palette of `wgan_lib.figures` becomes the custom properties of `widgets.css`, in light and in dark, and a colour of
its ramp the same mixture of the ramp's two ends.
"""

import html
import re
from pathlib import Path

from wgan_lib.figures import PALETTE, ramp

SVG_IMAGE = re.compile(r'<img (?P<attributes>[^>]*?src="(?P<src>[^"]*_images/[0-9a-f]{64}\.svg)"[^>]*)/?>')
PATH = re.compile(r' d="[^"]*"')
HEX = re.compile(r"#[0-9a-f]{6}\b", re.IGNORECASE)
STEPS = 256  # of matplotlib's map: every colour of every ramp(n) is one of them
MIXTURES = {
    colour: f"color-mix(in srgb, var(--me-ramp-last) {100 * k / (STEPS - 1):.4g}%, var(--me-ramp))"
    for k, colour in enumerate(ramp(STEPS))
}
COLOURS = MIXTURES | {colour: f"var({variable})" for colour, variable in PALETTE.items()}
DECIMALS = re.compile(r"(\.\d\d)\d+")  # a hundredth of a point is finer than any screen


def with_figures(page: str, folder: Path) -> str:
    """The page, which lies in ``folder``, with its SVG files as elements."""

    def figure(match: re.Match[str]) -> str:
        alt = re.search(r'alt="([^"]*)"', match["attributes"])
        svg = inline((folder / match["src"]).read_text(encoding="utf-8"), alt.group(1) if alt else "")
        return f'<div class="figure-pan">{svg}</div>'

    return SVG_IMAGE.sub(figure, page)


def inline(svg: str, alt: str) -> str:
    """The SVG as an element of the page: named for screen readers, with the page's colours, its size as an aspect."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    width, height = (float(re.search(rf'{side}="([\d.]+)pt"', svg).group(1)) for side in ("width", "height"))
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = PATH.sub(lambda path: DECIMALS.sub(r"\1", path[0]), svg)
    svg = HEX.sub(lambda colour: COLOURS.get(colour[0].lower(), colour[0]), svg)
    label = html.escape(html.unescape(alt), quote=True)
    style = f"max-width:{width * 96 / 72:.0f}px;aspect-ratio:{width / height:.4f}"
    return svg.replace("<svg", f'<svg class="me-widget figure-svg" role="img" aria-label="{label}" style="{style}"', 1)
