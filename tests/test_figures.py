"""Figures: the palette is the widgets', and what is drawn is what was given."""

import itertools
import re
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch
from cycler import Cycler
from matplotlib import pyplot as plt
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

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
    style = mpl.rc_params_from_file(Path(figures.__file__).with_suffix(".mplstyle"), use_default_template=False)
    values = [
        v for value in style.values() for v in (value.by_key()["color"] if isinstance(value, Cycler) else [value])
    ]
    colours = {
        v if v.startswith("#") else f"#{v}" for v in values if isinstance(v, str) and mpl.colors.is_color_like(v)
    }
    colours -= {"#none"}
    assert {figures.AXIS, figures.MUTED, figures.INK, figures.GRID, figures.REAL, figures.NON_SATURATING} <= colours
    assert colours <= set(figures.PALETTE)


def _luminance(colour: str) -> float:
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _lightness_and_hue(colour: str) -> tuple[float, float]:
    """CIE L* and the hue of CIELAB in degrees."""
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.array(to_xyz) @ linear / [0.9505, 1.0, 1.089])
    return 116 * y - 16, float(np.degrees(np.arctan2(200 * (y - z), 500 * (x - y))))


def _pair(variable: str) -> re.Match[str]:
    """The colours of a custom property in the light and in the dark theme."""
    found = re.search(rf"--me-{variable}:[^;]*light-dark\((#[0-9a-f]{{6}}), (#[0-9a-f]{{6}})", CSS)
    assert found, variable
    return found


@pytest.mark.parametrize(("theme", "least"), [(1, 3.0), (2, 4.5)])
@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_a_ramp_is_even_legible_on_both_papers_and_means_nothing_else(n: int, theme: int, least: float) -> None:
    ends = _pair("ramp")[theme], _pair("ramp-last")[theme]
    mixed = mpl.colors.LinearSegmentedColormap.from_list("mixed", ends)(np.linspace(0, 1, n))
    colours = [mpl.colors.to_hex(colour) for colour in mixed]
    assert theme == 2 or colours == figures.ramp(n)
    assert len(set(colours)) == n
    paper = _luminance(_pair("paper")[theme]) + 0.05
    for colour in [*colours, *figures.ramp(n)]:  # where there is no style sheet those of the light theme stand on both
        contrast = (_luminance(colour) + 0.05) / paper
        assert max(contrast, 1 / contrast) > (least if colour in colours else 3)
    seen = np.array([_lightness_and_hue(colour) for colour in colours])
    steps = np.diff(seen[:, 0])
    assert n < 3 or (steps.min() > 0 and steps.max() < 1.35 * steps.min())
    hues = np.array([_lightness_and_hue(_pair(meaning)[theme])[1] for meaning in MEANINGS])
    apart = np.abs((seen[:, 1:] - hues + 180) % 360 - 180)
    assert apart.min() > 25
    with pytest.raises(ValueError, match="n is 0"):
        figures.ramp(0)


MEANINGS = ("real", "generated", "critic", "js", "non-saturating", "broken")


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_lines_are_labelled_where_they_end_without_words_upon_words(scale: str) -> None:
    figures.setup()
    fig, ax = plt.subplots()
    ends = [1.0, 1.001, 1.002, 5.0]
    for colour, end in zip([*figures.ramp(3), figures.JS], ends, strict=True):
        ax.plot([1, 2], [1, end], color=colour, label=f"{end}")
    ax.plot([1, 2], [3, 3], color=figures.GRID)  # without a label
    ax.set_yscale(scale)
    figures.label_ends(ax)
    fig.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == ["1.0", "1.001", "1.002", "5.0"]
    assert [text.get_color() for text in ax.texts] == [figures.MUTED] * 3 + [figures.JS]
    for below, above in itertools.pairwise(boxes):
        assert below.y1 <= above.y0
    assert all(box.x0 > ax.transData.transform((2, end))[0] for box, end in zip(boxes, ends, strict=True))
    assert max(box.x1 for box in boxes) <= fig.bbox.x1, "the layout makes room"
    middle = np.mean([(box.y0 + box.y1) / 2 for box in boxes[:3]])
    assert abs(middle - ax.transData.transform((2, 1.001))[1]) < 3, "words close together stay around their lines"
    assert abs((boxes[3].y0 + boxes[3].y1) / 2 - ax.transData.transform((2, 5.0))[1]) < 3
    _, empty = plt.subplots()
    with pytest.raises(ValueError, match="label"):
        figures.label_ends(empty)


def test_figures_belong_to_their_caller_alone() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(25):
            figures.curves(run(), "w1")
            figures.samples(np.zeros((1, 2)), np.ones((1, 2)))
            figures.image_grid(np.zeros((1, 1, 1, 1)))
    assert plt.get_fignums() == []


def test_a_notebook_shows_a_figure_once_without_any_set_up() -> None:
    code = "from wgan_lib import figures, runs\nfigures.curves(runs.load('one-pair-penalty'), 'w1_estimate')"
    notebook = new_notebook(cells=[new_code_cell(code)])
    NotebookClient(notebook, timeout=120).execute()
    pictures = [kind for output in notebook.cells[0].outputs for kind in output.get("data", {}) if "image" in kind]
    assert pictures == ["image/png"]


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
    with pytest.raises(ValueError, match=r"images reach 255: .* bytes / 127.5 − 1"):
        figures.image_grid(np.full((1, 1, 2, 2), 255, np.uint8))
    with pytest.raises(ValueError, match="columns is 0"):
        figures.image_grid(images, columns=0)


@pytest.mark.parametrize("channels", [1, 3])
def test_image_grid_shows_the_page_between_images_and_where_there_is_none(channels: int) -> None:
    images = np.stack([np.full((channels, 2, 3), v) for v in (-1.0, 0.0, 1.0)])
    (ax,) = figures.image_grid(images, columns=2, gap=1).axes
    sheet = np.asarray(ax.get_images()[0].get_array())
    assert sheet.shape == (5, 7, 4)  # no gap along the edge
    opaque = np.zeros((5, 7))
    opaque[:2, :3] = opaque[:2, 4:] = opaque[3:, :3] = 1
    np.testing.assert_array_equal(sheet[..., 3], opaque)
    assert sheet[0, 0, :3].max() == 0
    assert (sheet[1, 6, :3] == 0.5).all()
    assert sheet[4, 2, :3].min() == 1
    with pytest.raises(ValueError, match="gap is -1: it must be a whole number, 0 or more"):
        figures.image_grid(images, gap=-1)


@pytest.mark.parametrize("columns", [1, 8])
def test_image_grid_takes_one_picture_of_one_pixel_and_tensors(columns: int) -> None:
    (ax,) = figures.image_grid(torch.full((1, 1, 1, 1), -1.0, requires_grad=True), columns).axes
    assert np.asarray(ax.get_images()[0].get_array())[0, 0] == 0
