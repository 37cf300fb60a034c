"""Figures of the book: arrays or a `Run` in, a matplotlib `Figure` out, drawn in the colours that the widgets use."""

import logging
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from jaxtyping import Float
from matplotlib.figure import Figure

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

_STYLE: dict[Any, Any] = {
    "figure.figsize": (6.4, 3.4),
    "figure.dpi": 200,  # of what is rasterised; lines and text stay vectors
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.edgecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": AXIS,
    "axes.linewidth": 0.8,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "semibold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=[REAL, GENERATED, CRITIC, JS, NON_SATURATING, MUTED]),
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": AXIS,
    "ytick.color": AXIS,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "legend.labelcolor": "linecolor",
    "lines.linewidth": 1.7,
    "text.color": INK,
    "font.family": ["Inter", "Inter Variable", "DejaVu Sans"],
    "font.size": 10,
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "none",
    "svg.hashsalt": "moving-earth",
}


def setup() -> None:
    """Give matplotlib the book's look, and notebooks sharp SVG figures.

    Call it once at the top of a chapter: it changes `matplotlib.rcParams` and, inside IPython, the inline format.

    Source: the palette of `wgan_lib/js/widgets.css`. Chapter: every one.
    """
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # Inter may be missing here; the page has it
    mpl.rcParams.update(_STYLE)
    try:
        from IPython.core.getipython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", bbox_inches=None)


def curves(run: Run, *names: str) -> Figure:
    """Draw frames of a run against its generator steps, one panel a name: thin lines for seeds, a bold median.

    Each array is (n_frames,) or (n_frames, n_seeds), in its own units. Raises KeyError for a name the run lacks,
    ValueError for none or for an array of another shape. Chapter: js-saturation.
    """
    if not names:
        raise ValueError("names is empty: name at least one array of the run")
    fig, axes = plt.subplots(1, len(names), figsize=(3.7 * len(names), 3.0), squeeze=False)
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


def samples(real: Float[np.ndarray, "n 2"], generated: Float[np.ndarray, "m 2"], title: str = "") -> Figure:
    """Draw generated points (orange) over real ones (blue) at one scale, in units of the data.

    Raises ValueError for arrays that are not (n, 2). Chapter: js-saturation.
    """
    for name, points in {"real": real, "generated": generated}.items():
        if np.ndim(points) != 2 or np.shape(points)[1] != 2:
            raise ValueError(f"{name} has shape {np.shape(points)}: points in the plane, (n, 2), are needed")
    fig, ax = plt.subplots(figsize=(3.4, 3.4))
    ax.plot(*np.asarray(real, float).T, ".", color=REAL, ms=3, alpha=0.6, rasterized=True)
    ax.plot(*np.asarray(generated, float).T, ".", color=GENERATED, ms=3, alpha=0.6, rasterized=True)
    half = 1.3 * np.abs(real).max()
    ax.set(xlim=(-half, half), ylim=(-half, half), aspect="equal", xticks=[], yticks=[], title=title)
    return fig


def image_grid(images: Float[np.ndarray, "n channels height width"], columns: int = 8) -> Figure:
    """Draw images with values in [−1, 1], one or three channels, row by row.

    Raises ValueError for another shape or columns below 1. Chapter: full-models.
    """
    shape = np.shape(images)
    if len(shape) != 4 or shape[0] == 0 or shape[1] not in (1, 3):
        raise ValueError(f"images has shape {shape}: (n, 1 or 3, height, width) is needed, with n ≥ 1")
    if columns < 1:
        raise ValueError(f"columns is {columns}: it must be at least 1")
    rows = -(-shape[0] // columns)
    sheet = np.ones((rows * columns, *shape[1:]))
    sheet[: shape[0]] = (np.clip(images, -1, 1) + 1) / 2
    tiles = sheet.reshape(rows, columns, *shape[1:]).transpose(0, 3, 1, 4, 2)
    tiles = tiles.reshape(rows * shape[2], columns * shape[3], shape[1])
    fig, ax = plt.subplots(figsize=(0.6 * columns, 0.6 * rows * shape[2] / shape[3]))
    ax.imshow(tiles.squeeze(), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    return fig
