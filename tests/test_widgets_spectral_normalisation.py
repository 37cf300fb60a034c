"""TwoEllipses, PowerIteration and TwoUnits: their numbers against numpy and the library, and the hand on the page."""

import numpy as np
import pytest
import torch
from test_widgets import in_node
from torch import nn
from widget_pages import centre, drag, handle, readings, settled, state

from wgan_lib import diagnostics, networks, widgets

NETWORK = """(() => { const t = v.angle * Math.PI / 180;
  return m.svd2(m.product(m.product(m.diagonal(1, v.second), m.rotation(-t)), m.diagonal(1, v.first))); })()"""


@pytest.mark.parametrize("seed", range(5))
def test_the_networks_norm_on_the_page_is_pythons_and_numpys(seed):
    rng = np.random.default_rng(seed)
    angle, (first, second) = rng.uniform(-180, 180), rng.uniform(0.1, 1, 2)
    shown = widgets.TwoEllipses(angle, first=first, second=second)
    found = in_node(NETWORK, "maths/spectral.mjs", angle=angle, first=first, second=second)
    turn = np.exp(1j * np.deg2rad(angle))
    two = np.diag([1, second]) @ np.array([[turn.real, turn.imag], [-turn.imag, turn.real]])
    values = np.linalg.svd(two @ np.diag([1, first]))[1]
    np.testing.assert_allclose(found["s"], values, atol=1e-12)
    assert shown.norm == pytest.approx(values[0], abs=1e-12)
    assert shown.product == pytest.approx(1, abs=1e-12)
    assert max(first, second) - 1e-12 <= shown.norm <= 1 + 1e-12


def test_two_layers_of_norm_one_make_a_network_of_norm_three_tenths():
    shown = widgets.TwoEllipses(angle=90)
    assert shown.norm == pytest.approx(0.3, abs=1e-12)
    shown.angle = 0
    assert shown.norm == pytest.approx(1, abs=1e-12)
    shown.first, shown.angle = 1, 63  # an orthonormal layer: turning costs nothing
    assert shown.norm == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_the_convolutions_norm_on_the_page_is_the_librarys(stride, seed):
    kernel = np.random.default_rng(seed).uniform(-1, 1, 9).round(1)
    exact = diagnostics.convolution_norm(kernel.reshape(1, 1, 3, 3), size=16, stride=stride)
    found = in_node(
        "m.convolution(v.kernel, 16, v.stride)", "maths/spectral.mjs", kernel=kernel.tolist(), stride=stride
    )
    shown = widgets.TwoEllipses(kernel=kernel, stride=str(stride))
    assert found["norm"] == pytest.approx(exact, abs=1e-10)
    assert shown.layer == pytest.approx(exact, abs=1e-10)
    assert found["reshaped"] == pytest.approx(shown.reshaped) == np.linalg.norm(kernel)
    assert shown.ratio == pytest.approx(exact / np.linalg.norm(kernel))
    assert 1 - 1e-12 <= shown.ratio <= found["most"] == np.ceil(3 / stride)


def test_the_constant_kernel_reaches_the_bound_at_stride_one_and_zeros_have_no_ratio():
    assert widgets.TwoEllipses().ratio == pytest.approx(3)
    assert widgets.TwoEllipses(kernel=[0.0] * 9).ratio is None


@pytest.mark.parametrize("seed", range(4))
def test_iterates_on_the_page_are_numpys(seed):
    rng = np.random.default_rng(seed)
    weight, v = rng.normal(size=(4, 3)), rng.normal(size=3)
    trips = in_node("m.powerIteration(v.weight, v.v, 30)", "maths/spectral.mjs", weight=weight.tolist(), v=v.tolist())
    v = v / np.linalg.norm(v)
    np.testing.assert_allclose(trips[0]["v"], v, atol=1e-12)
    for trip in trips[1:]:
        u = weight @ v / np.linalg.norm(weight @ v)
        v = weight.T @ u / np.linalg.norm(weight.T @ u)
        np.testing.assert_allclose(trip["v"], v, atol=1e-12)
        assert trip["estimate"] == pytest.approx(u @ weight @ v, abs=1e-12)
        assert trip["estimate"] <= np.linalg.norm(weight, 2) + 1e-12


@pytest.mark.parametrize(("steps", "ratio", "start"), [(0, 0.6, 80), (1, 0.6, 80), (7, 0.95, -120), (60, 0.99, 90)])
def test_pythons_estimate_is_the_pages_and_comes_from_below(steps, ratio, start):
    shown = widgets.PowerIteration(steps, ratio=ratio, start=start)
    expression = """m.powerIteration(m.diagonal(1, v.ratio), [Math.cos(v.start * Math.PI / 180),
      Math.sin(v.start * Math.PI / 180)], 60)[v.steps].estimate"""
    found = in_node(expression, "maths/spectral.mjs", steps=steps, ratio=ratio, start=start)
    assert shown.estimate == pytest.approx(found, abs=1e-12)
    assert ratio - 1e-12 <= shown.estimate <= 1 + 1e-12
    assert shown.excess == pytest.approx(1 / shown.estimate)
    if steps:
        assert shown.estimate >= widgets.PowerIteration(steps - 1, ratio=ratio, start=start).estimate - 1e-12


@pytest.mark.parametrize("unit", ["ReLU", "sorted"])
def test_two_units_are_a_network_whose_layers_have_norm_one(unit):
    rng = np.random.default_rng(2)
    for left, right, share in np.c_[rng.uniform(-1.5, 1.5, (20, 2)), rng.uniform(0, 1, 20)]:
        shown = widgets.TwoUnits(left=left, right=right, share=share, unit=unit)
        expression = "(() => { const u = m.twoUnits(v); return [u.gap, ...v.xs.map((x) => u.f(x))]; })()"
        xs = np.linspace(-2, 2, 41)
        sort = unit == "sorted"
        given = {"left": left, "right": right, "share": share, "sorted": sort, "xs": xs.tolist()}
        gap, *values = in_node(expression, "maths/spectral.mjs", **given)
        w = torch.tensor([share**0.5, -((1 - share) ** 0.5)])
        critic = nn.Sequential(nn.Linear(1, 2), networks.GroupSort(2) if sort else nn.ReLU(), nn.Linear(2, 1)).double()
        with torch.no_grad():
            critic[0].weight.copy_(w[:, None])
            critic[0].bias.copy_(-w * torch.tensor([right, left]))
            critic[2].weight.copy_(w.flip(0)[None] if sort else w.abs()[None])
            critic[2].bias.zero_()
            found = critic(torch.from_numpy(xs)[:, None])[:, 0].numpy()
        assert diagnostics.lipschitz_bound(critic) == pytest.approx(1, abs=1e-6)
        np.testing.assert_allclose(values, found, atol=1e-6)
        assert gap == pytest.approx(shown.gap, abs=1e-12)
        assert gap <= (1 if sort else 0.5) + 1e-12


def test_the_optimum_of_each_kind_of_unit():
    assert widgets.TwoUnits(left=0, right=0, share=0.2).gap == pytest.approx(0.5)
    assert widgets.TwoUnits(left=0, right=0, share=0.5, unit="sorted").gap == pytest.approx(1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: widgets.TwoEllipses(angle=181), "angle must be"),
        (lambda: widgets.TwoEllipses(first=0), "first must be"),
        (lambda: widgets.TwoEllipses(kernel=[1] * 8), "kernel must be 9 numbers"),
        (lambda: widgets.TwoEllipses(kernel=[2] + [0] * 8), "kernel must be 9 numbers"),
        (lambda: widgets.PowerIteration(61), "steps must be 0 to 60"),
        (lambda: widgets.PowerIteration(2.5), "whole number"),
        (lambda: widgets.PowerIteration(ratio=1.0), "ratio must be"),
        (lambda: widgets.TwoUnits(share=1.1), "share must be"),
    ],
)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(widgets.InvalidTrait, match=message):
        make()


@pytest.mark.browser
def test_an_ellipse_is_turned_and_squeezed_by_its_ends(open_page):
    page = open_page(widgets.TwoEllipses(0))
    tip = handle(page, "turn of layer two")
    x, y = centre(tip)
    cx = centre(handle(page, "short half-axis of layer one"))[0]
    radius = x - cx
    drag(page, (x, y), (-radius, -radius))  # to the top of the circle
    assert settled(page)["angle"] == pytest.approx(90, abs=1.5)
    assert float(readings(page)["norm"]) == pytest.approx(0.3, abs=0.01)
    assert readings(page)["product"] == "1.00"
    start = centre(handle(page, "short half-axis of layer one"))
    drag(page, start, (0, radius))
    now = settled(page)
    assert now["first"] == pytest.approx(1)
    assert now["norm"] == pytest.approx(1, abs=1e-9)
    tip.press("ArrowLeft")
    assert settled(page)["angle"] == pytest.approx(now["angle"] - 5)


@pytest.mark.browser
def test_the_second_tab_has_a_kernel_to_drag_and_its_own_numbers(open_page):
    page = open_page(widgets.TwoEllipses())
    assert not page.get_by_role("button", name="An edge").is_visible()
    page.locator('[data-trait="view"] label').nth(1).click()
    assert readings(page) == {"reshaped": "3.00", "layer": "9.00", "ratio": "3.00"}
    page.locator('[data-trait="stride"] label').nth(1).click()
    exact = diagnostics.convolution_norm(np.ones((1, 1, 3, 3)), size=16, stride=2)
    assert settled(page)["layer"] == pytest.approx(exact)
    knob = handle(page, "kernel, row 2, column 3")
    drag(page, centre(knob), (0, 400))
    kernel = settled(page)["kernel"]
    assert kernel == [1, 1, 1, 1, 1, -1, 1, 1, 1]
    exact = diagnostics.convolution_norm(np.reshape(kernel, (1, 1, 3, 3)), size=16, stride=2)
    assert state(page)["layer"] == pytest.approx(exact)
    page.get_by_role("button", name="One entry").click()
    assert settled(page)["ratio"] == pytest.approx(1)
    page.locator('[data-trait="view"] label').nth(0).click()
    assert set(readings(page)) >= {"product", "norm"}
    assert "ratio" not in settled(page)


@pytest.mark.browser
def test_the_start_is_dragged_around_the_circle_and_the_estimate_follows_the_curve(open_page):
    page = open_page(widgets.PowerIteration(start=0))
    start = handle(page, "start of the iteration")
    x, y = centre(start)
    radius = x - centre(handle(page, "short half-axis"))[0]
    drag(page, (x, y), (-radius, -radius))
    assert settled(page)["start"] == pytest.approx(90, abs=1.5)
    page.get_by_role("button", name="One step").click()
    now = settled(page)
    assert now["steps"] == 1
    expected = widgets.PowerIteration(1, start=now["start"])
    assert now["estimate"] == pytest.approx(expected.estimate, abs=1e-9)
    assert readings(page)["excess"] == f"{expected.excess:.4f}"
    drag(page, centre(handle(page, "round trips, on the curve")), (150, 0))
    assert settled(page)["steps"] > 10
    assert state(page)["excess"] < now["excess"]


@pytest.mark.browser
def test_two_units_are_moved_by_their_knees(open_page):
    page = open_page(widgets.TwoUnits())
    knee = handle(page, "knee of the unit that rises to the left")
    drag(page, centre(knee), (-60, 0))
    assert settled(page)["left"] < 0.5
    page.locator('[data-trait="unit"] label').nth(1).click()
    now = settled(page)
    expected = widgets.TwoUnits(**{name: now[name] for name in ("left", "right", "share", "unit")})
    assert now["gap"] == pytest.approx(expected.gap, abs=1e-9)
