"""Figures of the book: arrays or a `Run` in, a matplotlib `Figure` out, drawn in the colours that the widgets use."""


import matplotlib as mpl
from cycler import cycler

REAL, GENERATED, CRITIC, JS, NON_SATURATING = "#1f6cb0", "#b9540a", "#0b7565", "#a8325f", "#7048b0"
INK, MUTED, AXIS, GRID, PAPER = "#1c2430", "#5a6472", "#8b95a1", "#e7e9ec", "#ffffff"

PALETTE = {
    REAL: "--me-real",
    GENERATED: "--me-generated",
    CRITIC: "--me-critic",
    JS: "--me-js",
    NON_SATURATING: "--me-non-saturating",
    INK: "--me-ink",
    MUTED: "--me-muted",
    AXIS: "--me-axis",
    GRID: "--me-grid",
    PAPER: "--me-paper",
}
"""Colours of the light theme and the custom properties of `js/widgets.css` that stand for them on a page of the book."""

_STYLE = {
    "figure.figsize": (6.4, 3.4),
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

    Call it once at the top of a chapter; it changes `matplotlib.rcParams` and, inside IPython, the inline figure format.

    Source: the palette of `wgan_lib/js/widgets.css`. Chapter: every one.
    """
    import logging

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # Inter may be missing here; the page has it
    mpl.rcParams.update(_STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    from IPython import get_ipython

    if get_ipython() is not None:
        set_matplotlib_formats("svg", bbox_inches=None)
