"""Figures of the book: arrays or a `Run` in, a matplotlib `Figure` out, drawn in the colours that the widgets use.

A figure belongs to its caller alone: the last line of a cell shows it, `.savefig(path)` keeps it, and a loop may make
as many as it likes.
"""

import logging
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from scipy.optimize import isotonic_regression

from wgan_lib.checks import reals, whole
from wgan_lib.runs import Run

REAL, GENERATED, CRITIC, JS, NON_SATURATING = "#1f6cb0", "#b9540a", "#0b7565", "#a8325f", "#7048b0"
BROKEN = "#c01f2e"
INK, MUTED, AXIS, GRID, PAPER = "#1c2430", "#5a6472", "#8b95a1", "#e7e9ec", "#ffffff"

PALETTE = {
    REAL: "--me-real",
    GENERATED: "--me-generated",
    CRITIC: "--me-critic",
    JS: "--me-js",
    NON_SATURATING: "--me-non-saturating",
    BROKEN: "--me-broken",
    INK: "--me-ink",
    MUTED: "--me-muted",
    AXIS: "--me-axis",
    GRID: "--me-grid",
    PAPER: "--me-paper",
}
"""Colours of the light theme, and the custom properties of `js/widgets.css` that stand for them on a page."""

_RAMP = "#417230", "#af8f15"  # moss to mustard: the hues left over, each 3 : 1 or more on the light and the dark paper


def setup() -> None:
    """Give matplotlib the book's look, and notebooks sharp SVG figures.

    Call it once at the top of a chapter: it changes `matplotlib.rcParams` and, inside IPython, the inline format.

    Source: the palette of `wgan_lib/js/widgets.css`. Chapter: every one.
    """
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # Inter may be missing here; the page has it
    mpl.style.use("wgan_lib.figures")
    try:
        from IPython.core.getipython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", bbox_inches=None)


def ramp(n: int) -> list[str]:
    """Give n colours for n values of a parameter (a dimension, ε, a sample size, a method), from moss to mustard.

    Even steps, getting lighter, in hues that stand for nothing else and with a contrast of 3 : 1 on either paper: for
    lines and marks, while words beside them stay in `MUTED`. The same on a page: color-mix(in srgb, …) of the two ends.
    Raises ValueError for n < 1. Chapter: wasserstein-1d.
    """
    colours = LinearSegmentedColormap.from_list("ramp", _RAMP)(np.linspace(0, 1, whole("n", n, most=1000)))
    return [to_hex(colour) for colour in colours]


def label_ends(ax: Axes, gap: float = 1.25) -> None:
    """Write the label of each line of ax where the line ends, instead of a legend, moved apart where ends are close.

    Call it when everything is drawn and scaled. Lines in a colour of the palette lend it to their word, others (a
    `ramp`) get `MUTED` words; lines without a label get none. ``gap`` is the least distance of two words in heights of
    the letters. Raises ValueError if no line has a label. Chapter: wasserstein-1d.
    """
    lines = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_") and np.size(line.get_xdata())]
    if not lines:
        raise ValueError("ax has no line with a label: give each line that shall be named a label=")
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # now the scales and the layout stand
    size = FontProperties(size=mpl.rcParams["legend.fontsize"]).get_size_in_points()
    ends = [np.array([np.ravel(line.get_xdata())[-1], np.ravel(line.get_ydata())[-1]]) for line in lines]
    heights = np.array([ax.transData.transform(end)[1] * 72 / ax.figure.dpi for end in ends])
    order = np.argsort(heights, kind="stable")
    step = gap * size * np.arange(len(lines))
    # Least squares under "each at least one gap above the last": the monotone fit of the heights less the gaps.
    placed = np.empty(len(lines))
    placed[order] = isotonic_regression(heights[order] - step).x + step
    for line, end, height, place in zip(lines, ends, heights, placed, strict=True):
        colour = to_hex(line.get_color())
        ax.annotate(
            str(line.get_label()),
            (float(end[0]), float(end[1])),
            (5, place - height),
            textcoords="offset points",
            va="center",
            size=size,
            color=colour if colour in PALETTE else MUTED,
            annotation_clip=False,
        )


def _panels(rows: int, columns: int, width: float, height: float) -> tuple[Figure, Any]:
    # pyplot must not keep it: a notebook would show it twice, and a loop of 25 would be told of too many open figures
    fig, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False)
    plt.close(fig)
    return fig, axes


def curves(run: Run, *names: str) -> Figure:
    """Draw frames of a run against its generator steps, one panel a name: thin lines for seeds, a bold median.

    Each array is (n_frames,) or (n_frames, n_seeds), in its own units. Raises KeyError for a name the run lacks,
    ValueError for none or for an array of another shape. Chapter: js-saturation.
    """
    if not names:
        raise ValueError("names is empty: name at least one array of the run")
    fig, axes = _panels(1, len(names), 3.7 * len(names), 3.0)
    for ax, name in zip(axes[0], names, strict=True):
        values = run[name]
        if values.ndim > 2 or len(values) != len(run):
            raise ValueError(f"{name!r} has shape {values.shape}: (n_frames,) or (n_frames, n_seeds) can be drawn")
        if values.ndim == 2:
            ax.plot(run["index"] + 1, values, color=CRITIC, lw=0.8, alpha=0.45)
            values = np.median(values, axis=1)
        ax.plot(run["index"] + 1, values, color=CRITIC, lw=2)
        ax.set(xlabel="generator steps", title=name)
    return fig


def samples(real: Num[Any, "n 2"], generated: Num[Any, "m 2"], title: str = "") -> Figure:
    """Draw generated points (orange) over real ones (blue) at one scale, in units of the data.

    Raises ValueError for arrays that are not (n, 2), NaN or inf, TypeError for what is not real numbers.
    Chapter: js-saturation.
    """
    clouds = {name: reals(name, points) for name, points in {"real": real, "generated": generated}.items()}
    for name, points in clouds.items():
        if points.ndim != 2 or points.shape[1] != 2 or not len(points):
            raise ValueError(f"{name} has shape {points.shape}: points in the plane, (n, 2), are needed")
    fig, ((ax,),) = _panels(1, 1, 3.4, 3.4)
    for points, colour in zip(clouds.values(), (REAL, GENERATED), strict=True):
        ax.plot(*points.T, ".", color=colour, ms=3, alpha=0.6, rasterized=True)
    half = 1.3 * np.abs(clouds["real"]).max() or 1.0
    ax.set(xlim=(-half, half), ylim=(-half, half), aspect="equal", xticks=[], yticks=[], title=title)
    return fig


def image_grid(images: Num[Any, "n channels height width"], columns: int = 8, gap: int = 0) -> Figure:
    """Draw images with values in [−1, 1], one or three channels, row by row; values a little beyond are cut off.

    A `gap` of so many of the images' pixels stands between them, and shows the page. Raises ValueError for another
    shape, columns < 1, gap < 0, NaN, inf, or values beyond ±2, such as bytes; TypeError for what is not real numbers.
    Chapter: full-models.
    """
    images, columns = reals("images", images), whole("columns", columns, most=1000)
    gap = whole("gap", gap, least=0, most=1000)
    if images.ndim != 4 or 0 in images.shape or images.shape[1] not in (1, 3):
        raise ValueError(f"images has shape {images.shape}: (n, 1 or 3, height, width) is needed, with n ≥ 1")
    if (largest := np.abs(images).max()) > 2:
        raise ValueError(f"images reach {largest:g}: values from −1 to 1 are drawn, so bytes / 127.5 − 1")
    n, channels, height, width = images.shape
    rows = -(-n // columns)
    sheet = np.ones((rows * columns, channels + (gap > 0), height + gap, width + gap))
    sheet[:n, :channels, :height, :width] = (np.clip(images, -1, 1) + 1) / 2
    if gap:  # the last channel is the opacity
        sheet[:, -1] = 0
        sheet[:n, -1, :height, :width] = 1
    height, width = height + gap, width + gap
    tiles = sheet.reshape(rows, columns, -1, height, width).transpose(0, 3, 1, 4, 2)
    tiles = tiles.reshape(rows * height, columns * width, -1)[: rows * height - gap, : columns * width - gap]
    fig, ((ax,),) = _panels(1, 1, 0.6 * columns, 0.6 * rows * height / width)
    if channels == 1 and gap:
        tiles = tiles[..., [0, 0, 0, 1]]
    ax.imshow(tiles[..., 0] if tiles.shape[2] == 1 else tiles, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    return fig
