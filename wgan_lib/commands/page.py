"""The parts of a report: pictures, curves and tables as HTML that needs nothing from outside its file."""

import base64
import html
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --muted: #5a6472; --paper: #fff; --line: #e7e9ec }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe4ea; --muted: #9aa5b1; --paper: #14181d; --line: #2b323a } }
body { font: 17px/1.55 Georgia, serif; color: var(--ink); background: var(--paper); max-width: 60rem;
       margin: 2.5rem auto; padding: 0 1rem }
h1, h2, th, figcaption, td { font-family: system-ui, sans-serif }
h1 { font-size: 1.7rem } h2 { font-size: 1.15rem; margin-top: 2.5rem }
table { border-collapse: collapse; font-size: .85rem }
td, th { text-align: left; padding: .2rem 1.2rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
         overflow-wrap: anywhere }
td.n { text-align: right; font-variant-numeric: tabular-nums }
figure { margin: 1rem 0 } figcaption { color: var(--muted); font-size: .85rem }
img { max-width: 100%; background: #fff; border-radius: 3px } img.pixels { image-rendering: pixelated }
.scroll { overflow-x: auto }
"""


def page(title: str, parts: Sequence[str]) -> bytes:
    """Return the whole file. Chapter: full-models."""
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
    )
    body = "\n".join([f"<h1>{html.escape(title)}</h1>", *parts])
    whole = f"<head>{head}<style>{STYLE}</style></head>\n<body>\n{body}\n</body>"
    return f'<!doctype html>\n<html lang="en">\n{whole}\n</html>\n'.encode()


def heading(text: str) -> str:
    """Return a heading. Chapter: full-models."""
    return f"<h2>{html.escape(text)}</h2>"


def words(text: str) -> str:
    """Return a paragraph. Chapter: full-models."""
    return f"<p>{html.escape(text)}</p>"


def table(rows: Sequence[Sequence[Any]], head: Sequence[str] = ()) -> str:
    """Return a table, numbers to the right. Chapter: full-models."""
    above = f"<tr>{''.join(f'<th>{html.escape(cell)}</th>' for cell in head)}</tr>" if head else ""
    lines = ["".join(map(_cell, row)) for row in rows]
    return f'<div class="scroll"><table>{above}{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>'


def mapping(value: Mapping[str, Any]) -> str:
    """Return names and values as a table, one level of names within names written out. Chapter: full-models."""
    rows: list[tuple[str, Any]] = []
    for name, held in value.items():
        if isinstance(held, Mapping):
            rows += [(f"{name}: {inner}", deep) for inner, deep in held.items()]
        else:
            rows.append((name, held))
    return table([(name, f"{held:.6g}" if isinstance(held, float) else held) for name, held in rows])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f'<td class="n">{value:.4g}</td>' if value == value else "<td></td>"
    return f"<td>{html.escape(str(value))}</td>"


def figure(drawn: Any, alt: str, caption: str, pixels: bool = False) -> str:
    """Return a matplotlib figure, or the bytes of a PNG, inside the page. Chapter: full-models."""
    if not isinstance(drawn, bytes):
        buffer = BytesIO()
        drawn.savefig(buffer, format="png", dpi=130, bbox_inches="tight")
        drawn = buffer.getvalue()
    source = f"data:image/png;base64,{base64.b64encode(drawn).decode()}"
    kind = ' class="pixels"' if pixels else ""
    return (
        f'<figure><img{kind} src="{source}" alt="{html.escape(alt)}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def sheet(rows: Any, scale: int) -> bytes:
    """Return pictures (rows, columns, channels, height, width) in [−1, 1] as one PNG, each pixel ``scale`` wide.

    Chapter: full-models.
    """
    import numpy as np
    from PIL import Image

    array = np.asarray(rows, dtype=np.float64)
    array = np.pad(array, [(0, 0)] * 3 + [(0, 1), (0, 1)], constant_values=1.0)
    n, m, channels, height, width = array.shape
    tiles = array.transpose(0, 3, 1, 4, 2).reshape(n * height, m * width, channels)
    pixels = ((np.clip(tiles, -1, 1) + 1) * 127.5).round().astype(np.uint8)
    pixels = pixels.repeat(scale, 0).repeat(scale, 1)
    buffer = BytesIO()
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(buffer, "PNG")
    return buffer.getvalue()
