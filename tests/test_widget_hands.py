"""Every widget in the hand: with mouse, finger and keys, the numbers on show are those of the library."""

import math

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import jensenshannon
from widget_pages import ambient, centre, drag, drawn, handle, phone, readings, settled, state, swipe, until

from wgan_lib import divergences, transport, widgets

pytestmark = pytest.mark.browser


def reads(page, **expected: object) -> None:
    """Wait until the numbers of the page are these."""

    def check() -> None:
        now = settled(page)
        for name, value in expected.items():
            wanted = pytest.approx(value, abs=1e-6) if isinstance(value, int | float) else value
            assert now[name] == wanted, f"{name}: {now[name]} is not {value}"

    until(check)


def test_lines_end_on_the_library_numbers(open_page):
    page = open_page(widgets.ParallelLines())

    def check() -> dict[str, float]:
        now = settled(page)
        law = now["theta"], now["tilt"], now["noise"]
        js, kl, tv = divergences.segment_divergences(*law)
        assert now["w1"] == pytest.approx(divergences.w1_segments(*law[:2]), abs=1e-9)
        assert now["js"] == pytest.approx(js, abs=1e-5)
        assert now["tv"] == pytest.approx(tv, abs=1e-3)
        assert (readings(page)["kl"] == "∞") == (kl == math.inf)
        return now

    drag(page, centre(handle(page, "shift θ of Q")), (-70, 12))
    assert 0 < check()["theta"] < 0.6
    drag(page, centre(handle(page, "tilt of Q in degrees")), (60, 40))
    assert 20 < check()["tilt"] < 80
    assert readings(page)["js"] == "0.6931"  # crossing or not
    x, y = centre(handle(page, "shift θ of Q"))
    drag(page, (x, y + 20), (-30, 0))  # by the segment itself
    check()
    page.locator("input[type=range]").fill("0.2")
    assert check()["js"] < 0.6
    page.get_by_role("button", name="Reset").click()
    assert (check()["theta"], state(page)["noise"]) == (0.6, 0)
    for key, theta in (("ArrowLeft", 0.5), ("Home", -1.0), ("Shift+ArrowRight", 0.0)):
        handle(page, "shift θ of Q").press(key)
        assert check()["theta"] == theta
    assert readings(page) == {"js": "0", "kl": "0", "tv": "0", "w1": "0.00"}


def sand(page) -> tuple[np.ndarray, np.ndarray]:
    now = settled(page)
    p, q = (np.array(now[name]) / np.sum(now[name]) for name in ("real", "generated"))
    x = np.arange(float(len(p)))
    assert now["w1"] == pytest.approx(transport.w1(x, x, p, q), abs=1e-9)
    assert now.get("rows", now["w1"]) == pytest.approx(now["w1"], abs=1e-9)
    assert now["js"] == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-9)
    return p, q


def test_sand_is_drawn_with_mouse_and_keys_and_moves(open_page):
    page = open_page(widgets.SandPiles())
    _, before = sand(page)
    x, y = centre(handle(page, "pile Q, generated, place 4"))
    drag(page, (x, y), (0, 50))
    _, after = sand(page)
    assert after[4] < before[4] - 0.05
    assert after[3] / after[2] == pytest.approx(before[3] / before[2])
    (x0, ground), (x1, _) = centre(handle(page, "hole P, real, place 8")), centre(handle(page, "hole P, real, place 9"))
    drag(page, (x0, ground), (-4 * (x1 - x0), 0))  # faster than one event per bar: none is left out
    drawn_holes, _ = sand(page)
    assert (drawn_holes[4:9] > 0.05).all()
    handle(page, "hole P, real, place 11").press("Shift+ArrowUp")
    assert sand(page)[0][11] == pytest.approx(drawn_holes[11] + 0.1, abs=1e-3)
    page.keyboard.press("ArrowLeft")  # to the next bar, which then grows
    page.keyboard.press("Shift+ArrowUp")
    assert sand(page)[0][10] > drawn_holes[10] + 0.05
    page.get_by_role("button", name="One spike").click()
    reads(page, w1=8, js=math.log(2))
    page.get_by_role("button", name="Move the sand").click()
    reads(page, moved=1, work=8)
    page.get_by_role("button", name="Split").click()
    page.get_by_role("radio", name="reversed").check(force=True)
    page.locator(".me-transport input").fill("1")
    assert settled(page)["work"] > state(page)["w1"] + 1


def test_a_finger_draws_bars_upwards_and_the_page_stays(open_page):
    page = phone(open_page, widgets.SandPiles(), after="<p style='height: 2000px'>below</p>")
    before = sand(page)[1]
    x, y = centre(handle(page, "pile Q, generated, place 6"))
    swipe(page, x, y, 0, -40)
    assert sand(page)[1][6] > before[6] + 0.03
    assert page.evaluate("scrollY") == 0


def test_reduced_motion_moves_the_sand_at_once_and_films_frame_by_frame(open_page):
    page = open_page(widgets.SandPiles(), reduced_motion="reduce")
    page.get_by_role("button", name="Move the sand").click()
    reads(page, moved=1)
    page = open_page(widgets.ExactAndLearned(), reduced_motion="reduce")
    page.get_by_role("button", name="Next step").click()
    reads(page, frame=1)
    page = open_page(widgets.ExactAndLearned(frame=10))
    page.get_by_role("button", name="Train").click()
    reads(page, frame=12)
    page.get_by_role("button", name="Train again").wait_for()


def test_the_dimension_follows_slider_and_dots(open_page):
    widget = ambient()
    page = open_page(widget)
    page.locator("input[type=range]").fill("3")
    reads(page, selected=3, dim=12288, w1=float(np.median(widget.w1[3])), accuracy=float(np.median(widget.accuracy[3])))
    assert readings(page)["dim"] == "12,288"
    drag(page, centre(handle(page, "dimension D, on the plot of W₁")), (-900, 0))
    reads(page, selected=0)


def test_two_sides_is_won_by_hand(open_page):
    page = open_page(widgets.TwoSides(plan=[1, 1, 1, 2, 2, 0, 0], prices=[9, 7, 9, 7, 6, 9]))
    reads(page, cost=33, value=17, gap=16)

    def carry(first: str, second: str) -> None:
        (x0, y0), (x1, y1) = centre(handle(page, first)), centre(handle(page, second))
        drag(page, (x0, y0), (x1 - x0, y1 - y0))

    # Onto a bucket of a full hole: the two change places, and the plan stays full.
    carry("bucket 1 of the pile at 2 km", "bucket 2 of the pile at 9 km")
    reads(page, cost=29)
    handle(page, "bucket 2 of the pile at 2 km").press("1")
    reads(page, cost=25)
    page.get_by_role("button", name="Improve plan").click()
    reads(page, cost=19)
    drag(page, centre(handle(page, "price at 9 km")), (0, 60))
    until(lambda: page.locator(".me-note", has_text="too steep at 6–9 km").wait_for())
    page.get_by_role("button", name="c-transform").click()
    page.get_by_role("button", name="Better prices").click()
    reads(page, cost=19, value=19, gap=0)
    handle(page, "bucket 1 of the pile at 6 km").press("Delete")
    until(lambda: page.locator(".me-note", has_text="1 bucket left to carry").wait_for())
    assert readings(page)["gap"] == "–"


def test_a_finger_carries_a_bucket(open_page):
    page = phone(open_page, widgets.TwoSides())
    (x0, y0), (x1, y1) = (centre(handle(page, f"bucket 2 of the pile at {km} km")) for km in (2, 9))
    swipe(page, x0, y0, x1 - x0, y1 - y0)
    reads(page, cost=29)


def test_a_matching_drawn_by_mouse_and_keys_is_scored(open_page):
    widget = widgets.TransportPlan()
    page = open_page(widget)
    cost = np.linalg.norm(np.array(widget.generated)[:, None] - np.array(widget.real), axis=-1)
    best = linear_sum_assignment(cost)[1]
    at = lambda name: centre(handle(page, name))  # noqa: E731
    for i in range(5):
        (x0, y0), (x1, y1) = at(f"generated point {i + 1}"), at(f"real point {best[i] + 1}")
        drag(page, (x0, y0), (x1 - x0, y1 - y0))
    assert readings(page)["cost"] == "–"
    handle(page, "generated point 6").press("Enter")
    handle(page, f"real point {best[5] + 1}").press("Enter")
    reads(page, cost=widget.w1, w1=widget.w1, excess=0)
    page.mouse.click(*at("generated point 1"))
    page.mouse.click(*at(f"real point {best[1] + 1}"))
    reads(page, cost=cost[range(6), best[[1, 0, 2, 3, 4, 5]]].mean())
    page.get_by_role("button", name="Hint").click()
    page.locator(".me-note", has_text="the 2 red lines").wait_for()
    page.get_by_role("radio", name="move points").check(force=True)
    drag(page, at("real point 1"), (-40, 20))
    assert settled(page)["real"] != widget.real


def test_cones_show_where_the_rule_breaks_and_the_slider_finds_the_optimal(open_page):
    page = open_page(widgets.LipschitzCones())
    broken = page.locator("path.me-broken.me-bold")
    drag(page, centre(handle(page, "f at the real point 6.0")), (0, -70))
    now = settled(page)
    assert now["slope"] > 1
    assert now["certified"] == pytest.approx(now["gap"] / now["slope"])
    assert now["certified"] < now["w1"]
    handle(page, "foot of the cone").press("End")
    until(lambda: bool(broken.get_attribute("d")))
    for share in ("0", "0.37", "1"):
        page.get_by_role("slider", name="An optimal f").fill(share)
        reads(page, slope=1, gap=2, certified=2)
        assert not broken.get_attribute("d")
    page.get_by_role("button", name="Reset").click()
    reads(page, gap=0)


def test_the_training_is_scrubbed_and_both_maps_follow(open_page):
    shown = widgets.ExactAndLearned()
    page = open_page(shown, width=900)
    paint = """(k) => { const c = document.querySelectorAll("canvas.me-canvas")[k];
      const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data, sum = [0, 0, 0];
      for (let i = 0; i < d.length; i += 4) for (let j = 0; j < 3; j++) sum[j] += d[i + j];
      return sum; }"""

    def painted() -> None:
        assert min(page.evaluate(paint, 1)) > 0

    def at(critic: str, frame: int) -> None:
        shown.critic, shown.frame = critic, frame
        reads(page, frame=frame, gap=shown.gap, certified=shown.certified, slope=shown.slope, w1=shown.w1)

    until(painted)
    at("gradient penalty", 0)
    exact, learned = page.evaluate(paint, 0), page.evaluate(paint, 1)
    knob = handle(page, "training")
    until(lambda: knob.get_attribute("aria-valuetext") == "after 1 critic step")
    knob.press("ArrowRight")
    knob.press("ArrowRight")
    at("gradient penalty", 2)
    until(lambda: knob.get_attribute("aria-valuetext") == "after 8 critic steps")
    knob.press("End")
    at("gradient penalty", 12)
    assert page.evaluate(paint, 0) == exact
    assert page.evaluate(paint, 1) != learned
    drag(page, centre(knob), (-2000, 0))
    at("gradient penalty", 0)
    page.get_by_role("radio", name="unconstrained").check(force=True)
    knob.press("End")
    at("unconstrained", 12)
    cut = page.get_by_text("red arrows cut at slope 2")
    cut.wait_for()
    page.get_by_role("checkbox", name="Divide by its slope").check()
    drawn(page)
    assert cut.count() == 0
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    until(lambda: sum(page.evaluate(paint, 0)) < sum(exact) / 2)
