"""ClippingDepth and BoxSlope: their numbers against the record, the library and numpy, and what their hands do."""

import base64
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from test_widgets import JS, in_node
from widget_pages import centre, drag, handle, settled, until

from wgan_lib import diagnostics, networks, runs, widgets
from wgan_lib.widgets.clipping import log_box_slope

MATHS = "maths/clipping.mjs"


@pytest.fixture(scope="module")
def record() -> runs.Run:
    return runs.load("clipping-depth")


def test_the_bound_is_the_same_in_python_and_on_the_page_and_the_steepest_network_of_the_box_attains_it():
    rng = np.random.default_rng(0)
    for _ in range(6):
        sizes = [2, *rng.integers(1, 30, rng.integers(0, 4)).tolist(), 1]
        c = float(rng.uniform(0.05, 2))
        mine = log_box_slope(c, sizes)
        assert in_node("m.logBoxSlope(v.c, v.sizes)", MATHS, c=c, sizes=sizes) == pytest.approx(mine, abs=1e-9)
        critic = networks.mlp(*sizes).double()
        with torch.no_grad():
            for parameter in critic.parameters():
                parameter.fill_(c)
        slope = float(diagnostics.gradient_norms(critic, torch.ones(1, 2, dtype=torch.float64)))
        assert math.log10(slope) == pytest.approx(mine, abs=1e-6)
    assert 10 ** log_box_slope(0.1, [2, 512, 512, 512, 1]) == pytest.approx(18_981, rel=1e-4)


def test_no_trained_critic_is_steeper_than_its_box_allows(record):
    for i, layers in enumerate(record["depth"]):
        for j, bound in enumerate(record["bound"]):
            steepest = record["clipping/slope"][i, j].max()
            assert math.log10(max(steepest, 1e-300)) <= log_box_slope(bound, [2, *[64] * (layers - 1), 1]) + 1e-6


def test_signs_by_coins_give_the_slope_that_the_grey_line_says():
    rng, sizes, c = np.random.default_rng(1), [2, 40, 40, 40, 1], 0.2
    squares = []
    for _ in range(300):
        layers = [c * rng.choice([-1, 1], size=(n, m)) for m, n in pairwise(sizes)]
        at, slope = rng.normal(size=2), np.eye(2)
        for k, weights in enumerate(layers):
            at, slope = weights @ at, weights @ slope
            if k < len(layers) - 1:
                slope, at = slope * (at > 0)[:, None], np.maximum(at, 0)
        squares.append((slope**2).sum())
    expected = in_node("m.logCoinSlope(v.c, v.sizes)", MATHS, c=c, sizes=sizes)
    assert math.sqrt(np.mean(squares)) == pytest.approx(10**expected, rel=0.1)


def test_readings_are_the_records(record):
    shown = widgets.ClippingDepth()
    shares = record["clipping/certified"] / record["exact"]
    for i, depth in enumerate(record["depth"].tolist()):
        for j, bound in enumerate(record["bound"].tolist()):
            shown.depth, shown.bound = depth, bound
            assert shown.steepest == pytest.approx(float(record["clipping/slope"][i, j, 0]))
            assert shown.share == pytest.approx(shares[i, j].mean())
            assert shown.at_bound == pytest.approx(float(record["clipping/at bound"][i, j]))
        assert shares[i, shown.best[i]].mean() == shares[i].mean(-1).max()
        shown.penalty = True
        assert shown.steepest == pytest.approx(float(record["penalty/slope"][i, 0, 0]))
        assert shown.at_bound == 0
        shown.penalty = False


def test_one_layer_is_the_maximum_over_many_weights_of_the_square_and_the_disc():
    rng = np.random.default_rng(2)
    inside = rng.uniform(-1, 1, (20_000, 2))
    for turn in (0.0, 17.0, 45.0, 90.0, 200.0, 315.0, 360.0):
        shown = widgets.ClippingDepth(view="one layer", turn=turn)
        shift = np.array([math.cos(math.radians(turn)), math.sin(math.radians(turn))])
        gaps = inside @ shift
        assert gaps.max() <= shown.square_gap + 1e-12
        assert gaps.max() == pytest.approx(shown.square_gap, abs=0.03)
        assert gaps[np.hypot(*inside.T) <= 1].max() == pytest.approx(shown.disc_gap, abs=0.03)
        found = in_node("m.bestLinear(1, v.shift)", MATHS, shift=shift.tolist())
        assert found["squareGap"] == pytest.approx(shown.square_gap)
        assert found["discGap"] == pytest.approx(shown.disc_gap)
        assert math.degrees(math.acos(min(1, found["cosine"]))) == pytest.approx(shown.angle, abs=1e-5)


def test_the_page_unpacks_what_python_packed(record):
    shown = widgets.ClippingDepth()
    packed = base64.b64encode(shown.surfaces).decode()
    assert len(packed) < 60_000
    expression = """await (async () => {
      const s = await import(v.surfaces);
      const bytes = await s.inflate(Uint8Array.from(atob(v.packed), (c) => c.charCodeAt(0)));
      return m.unpackHeights(bytes, 28, v.ranges).map((heights) => [...heights]);
    })()"""
    ranges = [cell["range"] for cell in shown.cells]
    where = (JS / "maths/surfaces.mjs").as_uri()
    found = np.array(in_node(expression, MATHS, packed=packed, ranges=ranges, surfaces=where))
    columns = len(shown.bounds) + 1
    for i, j in ((0, 6), (2, 0), (3, 4), (5, 8)):
        surface = record["clipping/surface"][i, j].astype(float)
        expected = (surface - surface.mean()).ravel()
        np.testing.assert_allclose(found[i * columns + j], expected, atol=max(np.ptp(surface), 1e-30) / 2040)


def test_what_was_not_recorded_is_refused(record):
    shown = widgets.ClippingDepth()
    with pytest.raises(widgets.InvalidTrait, match="depth must be one of 2, 3, 4, 6, 8, 12, not 5"):
        shown.depth = 5
    with pytest.raises(widgets.InvalidTrait, match=r"bound must be one of 0\.003, .*, not 0\.07"):
        shown.bound = 0.07
    lacking = {key: value for key, value in record.fixed.items() if key != "clipping/surface"}
    with pytest.raises(widgets.InvalidTrait, match="lacks clipping/surface"):
        widgets.ClippingDepth(runs.Run(record.frames, {}, lacking))
    wrong = dict(record.fixed) | {"penalty/gap": record["clipping/gap"]}
    with pytest.raises(widgets.InvalidTrait, match=r"'penalty/gap'\] must be \(6, 1"):
        widgets.ClippingDepth(runs.Run(record.frames, {}, wrong))
    assert widgets.BoxSlope(layers="8").room == pytest.approx(4 ** (1 / 8))


@pytest.mark.browser
def test_knobs_cells_and_the_dial_do_what_they_say(open_page):
    page = open_page(widgets.ClippingDepth())
    before = settled(page)
    knob = handle(page, "layers")
    row = abs(centre(knob)[1] - _after(page, knob, "ArrowUp"))
    assert settled(page)["depth"] == 3
    drag(page, centre(knob), (0, -2 * row))
    assert settled(page)["depth"] == 6
    assert settled(page)["steepest"] > 100 * before["steepest"]
    handle(page, "bound c").press("Home")
    assert settled(page)["bound"] == 0.003
    assert settled(page)["steepest"] < 1e-10
    cell = page.locator(".me-svg").first.bounding_box()
    page.mouse.click(cell["x"] + cell["width"] / 2, cell["y"] + 30)
    now = settled(page)
    assert (now["depth"], now["bound"]) == (12, 0.1)
    page.get_by_label("A gradient penalty instead").check()
    assert settled(page)["at_bound"] == 0
    page.get_by_label("one layer", exact=True).check()
    dial = handle(page, "direction of the shift")
    until(lambda: dial.wait_for(state="visible"))
    dial.press("Home")
    assert settled(page)["square_gap"] == pytest.approx(1)
    dial.press("Shift+ArrowUp")
    assert settled(page)["square_gap"] == pytest.approx(math.sqrt(2))
    x, y = centre(dial)
    drag(page, (x, y), (-200, 40))
    assert 90 < settled(page)["turn"] < 270


def _after(page, knob, key: str) -> float:
    knob.press(key)
    settled(page)
    return centre(knob)[1]


@pytest.mark.browser
def test_a_link_to_a_depth_that_was_not_trained_shows_the_nearest(open_page):
    page = open_page(widgets.ClippingDepth(), link="#clipping-depth?depth=5&bound=0.07")
    until(lambda: _equal(settled(page), depth=6, bound=0.05))


def _equal(found, **wanted) -> None:
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.browser
def test_deeper_boxes_leave_less_room(open_page):
    page = open_page(widgets.BoxSlope())
    rooms = []
    for layers in ("2", "4", "8", "12"):
        page.get_by_label(layers, exact=True).check()
        rooms.append(settled(page)["room"])
    assert rooms == pytest.approx([2, 4 ** (1 / 4), 4 ** (1 / 8), 4 ** (1 / 12)])
    handle(page, "bound c").press("End")
    assert settled(page)["bound"] == 0.5
    assert settled(page)["limit"] == pytest.approx(log_box_slope(0.5, [2, *[64] * 11, 1]), abs=1e-6)
