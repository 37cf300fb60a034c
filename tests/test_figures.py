"""Figures: the palette is the widgets', and what is drawn is what was given."""

import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

import wgan_lib
from wgan_lib import figures
from wgan_lib.runs import Run

CSS = (Path(wgan_lib.__file__).parent / "js/widgets.css").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _quiet():
    with mpl.rc_context():
        mpl.use("agg")
        yield
        plt.close("all")


@pytest.mark.parametrize(("colour", "variable"), [*figures.PALETTE.items()])
def test_the_palette_is_that_of_the_widgets(colour: str, variable: str) -> None:
    if variable == "--me-paper":
        assert re.search(r"--me-paper:[^;]*light-dark\(#ffffff", CSS)
    else:
        assert re.search(rf"{variable}: light-dark\({colour}", CSS), f"{variable} is not {colour} in widgets.css"


def test_setup_gives_text_that_stays_text_in_the_books_colours() -> None:
    figures.setup()
    assert mpl.rcParams["svg.fonttype"] == "none"
    used = {
        v
        for k, v in mpl.rcParams.items()
        if isinstance(v, str) and re.fullmatch(r"#[0-9a-f]{6}", v) and k in figures._STYLE
    }
    assert used <= set(figures.PALETTE)


def run() -> Run:
    return Run({"index": np.arange(4), "w1": np.arange(8.0).reshape(4, 2), "samples": np.zeros((4, 3, 2))}, {})


def test_curves_draw_each_seed_and_the_median() -> None:
    (ax,) = figures.curves(run(), "w1").axes
    lines = [line.get_ydata() for line in ax.get_lines()]
    assert len(lines) == 3
    np.testing.assert_allclose(lines[-1], [0.5, 2.5, 4.5, 6.5])
    np.testing.assert_allclose(ax.get_lines()[0].get_xdata(), [1, 2, 3, 4])


def test_curves_refuse_what_is_not_a_curve() -> None:
    with pytest.raises(ValueError, match="samples"):
        figures.curves(run(), "samples")
    with pytest.raises(ValueError, match="names"):
        figures.curves(run())
    with pytest.raises(KeyError, match="w2"):
        figures.curves(run(), "w2")


def test_samples_keep_one_scale_and_both_clouds() -> None:
    real, generated = np.random.default_rng(0).normal(size=(2, 20, 2))
    (ax,) = figures.samples(real, generated).axes
    np.testing.assert_allclose(ax.get_lines()[0].get_xydata(), real)
    np.testing.assert_allclose(ax.get_lines()[1].get_xydata(), generated)
    assert ax.get_aspect() == 1
    with pytest.raises(ValueError, match="generated"):
        figures.samples(real, generated[:, :1])


@pytest.mark.parametrize("channels", [1, 3])
def test_image_grid_lays_images_out_row_by_row(channels: int) -> None:
    images = np.stack([np.full((channels, 2, 3), v) for v in (-1.0, 0.0, 1.0)])
    (ax,) = figures.image_grid(images, columns=2).axes
    sheet = np.asarray(ax.get_images()[0].get_array())
    assert sheet.shape[:2] == (4, 6)
    assert sheet[0, 0].max() == 0
    assert sheet[0, 3].min() == sheet[1, 5].min() == 0.5
    assert sheet[2, 0].min() == 1
    with pytest.raises(ValueError, match="images"):
        figures.image_grid(images[0])
