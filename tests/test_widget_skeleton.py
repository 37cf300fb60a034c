"""What every widget keeps: skeleton, a phone's height, names, moves from the text, stops, print, colours."""

import math
import re

import numpy as np
import pytest
from playwright import sync_api
from widget_pages import EVERY, centre, drag, drawn, handle, phone, readings, settled, state, until

from wgan_lib import widgets
from wgan_lib.widgets import BookWidget

pytestmark = pytest.mark.browser
every = pytest.mark.parametrize("name", list(EVERY))
SIZES = """() => [...document.querySelectorAll(".me-svg text")].filter((e) => e.getClientRects().length)
  .map((e) => parseFloat(getComputedStyle(e).fontSize) * e.ownerSVGElement.getBoundingClientRect().width
    / (e.ownerSVGElement.viewBox.baseVal.width || 1))"""

BOXES = """(those) => [...document.querySelectorAll(those)].filter((e) => e.checkVisibility({visibilityProperty: true}))
  .map((e) => [e.textContent || e.tagName, e.getBoundingClientRect()]).filter(([, box]) => box.width && box.height)
  .map(([what, box]) => [what, box.height, box.width])"""

ON_WORDS = """() => {
  const words = [...document.querySelectorAll(".me-svg text")]
    .filter((e) => e.textContent.trim() && e.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    .map((e) => [e.textContent, e.getBoundingClientRect()]).filter(([, box]) => box.width);
  const shared = (a, b, from, to, trim) => Math.min(a[to], b[to]) - Math.max(a[from], b[from]) - trim;
  return words.flatMap(([one, a], k) => words.slice(k + 1)
    .filter(([, b]) => shared(a, b, "left", "right", 2) > 0 && shared(a, b, "top", "bottom", 0.36 * a.height) > 0)
    .map(([other]) => `${one} | ${other}`))
    .concat(words.filter(([, box]) => box.left < 0 || box.right > innerWidth).map(([one]) => `${one} | the edge`));
}"""
"""Words on words or over the page's edge; the boxes are taller than the letters by a third."""


def words_stand_clear(page) -> None:
    """No words lie on others, as the widget opens and with all sliders at either end."""
    set_to = "(all, end) => all.forEach((e) => { e.value = e[end]; e.dispatchEvent(new Event('input')); })"
    for end in ("value", "max", "min"):
        page.locator("[data-widget] input[type=range]").evaluate_all(set_to, end)
        drawn(page)
        # Rows that change places pass one another on the way.
        until(lambda end=end: assert_equal((end, page.evaluate(ON_WORDS)), (end, [])))


@every
def test_a_phone_shows_hand_and_reward_together_with_room_for_fingers(open_page, name):
    widget = EVERY[name]()
    page = phone(open_page, widget)
    root = page.locator("[data-widget]")
    assert root.get_attribute("data-widget") == name
    height = root.bounding_box()["height"]
    assert height <= 620
    assert height == pytest.approx(widget.sizes[0], abs=10), "the room kept for it before it stands"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    top = lambda part: page.locator(part).first.bounding_box()["y"]  # noqa: E731
    assert top(".me-task") < top(".me-readout") < top(".me-plot") < top(".me-controls")
    assert min(page.evaluate(SIZES)) >= 11
    assert float(page.locator(".me-value").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 18
    controls = "button, select, summary, .me-slider, .me-check, .me-choice label"
    for what, height, _ in page.evaluate(BOXES, controls):
        assert height >= 44, what
    for what, *sides in page.evaluate(BOXES, ".me-handle .me-hit"):
        assert min(sides) >= 24, what
    words_stand_clear(page)


def other(widget: BookWidget, trait: str):
    """A value that a hand could set, other than the present one."""
    now, allowed = getattr(widget, trait), widget.reach[trait]
    if isinstance(now, bool):
        return not now
    if isinstance(now, str):
        return next(choice for choice in allowed if choice != now)
    if isinstance(now, list):
        return now[::-1] if now != now[::-1] else [allowed[1] if not isinstance(allowed[0], list) else 1] * len(now)
    return allowed[1] if now != allowed[1] else allowed[0]


def every_width_fits(page) -> None:
    for width in (1440, 768, 320):
        page.set_viewport_size({"width": width, "height": 900})
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert min(page.evaluate(SIZES)) >= 11


def numbers_and_handles_wear_their_names(page, widget: BookWidget) -> None:
    shown, now = readings(page), state(page)
    assert shown
    assert set(shown) <= set(now)
    for reading in {reading for reading in shown if widget.has_trait(reading)} - {"js", "accuracy"}:
        value = getattr(widget, reading)
        if isinstance(value, int | float) and math.isfinite(value):
            assert now[reading] == pytest.approx(value, abs=1e-3)
    for trait in widget.reach:
        marked = page.locator(f'[data-trait="{trait}"]').first
        assert marked.count() == 1, f"nothing on the page wears {trait}"
        named = marked.evaluate(
            "e => { const at = e.closest('[aria-label]:not(.me-widget)');"
            " return at?.getAttribute('aria-valuetext') ?? at?.dataset.said; }"
        )
        assert named, f"what wears {trait} has no name and value for those who cannot see it"
    for slider in page.get_by_role("slider").all():
        assert slider.get_attribute("aria-valuetext")


def tab_stops_are_few_and_every_one_is_marked(page) -> None:
    stops = page.locator("[data-widget] :is(button, input, select, summary, [tabindex='0'])")
    named = {e.get_attribute("name") or i for i, e in enumerate(stops.all()) if e.is_visible()}
    assert len(named) <= 16  # the options of one choice are one stop
    for stop in page.locator("g[tabindex='0']:visible").all():
        page.keyboard.press("Tab")  # the last thing used is the keyboard: focus is shown
        stop.focus()
        mark = """(e) => { const halo = e.querySelector(".me-halo, .me-block"), s = getComputedStyle(halo);
          return Number(s.strokeOpacity) * parseFloat(s.strokeWidth); }"""
        until(lambda stop=stop, mark=mark: assert_least(stop.evaluate(mark), 2))


def reset_brings_everything_back(page, widget: BookWidget) -> None:
    before = state(page)
    for trait in widget.reach:
        move = "([t, v]) => document.querySelector('[data-widget]').wganMove({ [t]: v }, { animate: false })"
        page.evaluate(move, [trait, other(widget, trait)])
    assert settled(page) != before
    page.get_by_role("button", name="Reset").click()
    until(lambda: assert_equal(settled(page), before))


@every
def test_on_a_desk_it_has_its_room_wears_its_names_and_can_be_reset(open_page, name):
    """One page answers what leaves it as it was: a load costs more than all these questions."""
    widget = EVERY[name]()
    page = open_page(widget, width=912)
    assert page.locator("[data-widget]").bounding_box()["height"] == pytest.approx(widget.sizes[1], abs=10)
    numbers_and_handles_wear_their_names(page, widget)
    tab_stops_are_few_and_every_one_is_marked(page)
    reset_brings_everything_back(page, widget)
    words_stand_clear(page)
    every_width_fits(page)


@every
def test_words_move_what_they_name_and_the_page_hears_of_it(open_page, name):
    widget = EVERY[name]()
    page = open_page(widget, after="<p style='height: 2000px'>below</p>", reduced_motion="reduce")
    page.evaluate("""() => { window.heard = 0; document.addEventListener("wgan-change", (event) => {
      heard += 1; window.detail = event.detail; window.from = event.target.dataset.widget; }); }""")
    for trait in widget.reach:
        goal = other(widget, trait)
        done = page.evaluate("([t, v]) => document.querySelector('[data-widget]').wganMove({ [t]: v })", [trait, goal])
        same = done[trait] == goal if isinstance(goal, str | bool) else np.allclose(done[trait], goal)
        assert same, f"{trait} went to {done[trait]}, not to {goal}"
        assert page.locator(".me-pointed").count() >= 1
    assert page.evaluate("[from, heard > 0, scrollY]") == [name, True, 0]
    assert page.evaluate("detail") == state(page)
    sync_api.expect(page.locator("[aria-live]")).not_to_be_empty()
    for bad in ({"nothing": 1}, {next(iter(widget.reach)): {}}):
        with pytest.raises(Exception, match="cannot be moved to"):
            page.evaluate("(v) => document.querySelector('[data-widget]').wganMove(v)", bad)


def assert_equal(found, expected) -> None:
    assert found == expected


@pytest.mark.parametrize(
    ("name", "trait", "press"),
    [
        ("SandPiles", "moved", "Move the sand"),
        ("LipschitzCones", "foot", "Slide the cone"),
        ("ExactAndLearned", "frame", "Train"),
        ("PowerIteration", "steps", "Iterate"),
    ],
)
def test_reset_and_every_grab_stop_what_runs(open_page, name, trait, press):
    page = open_page(EVERY[name]())
    value = lambda: state(page)[trait]  # noqa: E731
    start = value()
    run = page.get_by_role("button", name=press, exact=False).first

    def running() -> None:
        before = value()
        until(lambda: assert_differs(value(), before))

    run.click()
    running()
    page.get_by_role("button", name="Reset").click()
    rests_at(page, trait, start)
    run.click()
    running()
    page.get_by_role("button", name="Pause").click()
    rests_at(page, trait, value())
    page.locator("[data-widget]").evaluate("(root) => root.wganState()")
    page.get_by_role("button", name=re.compile(press)).first.click()
    running()
    page.locator(".me-transport input").fill(str(start))
    rests_at(page, trait, start)


def assert_differs(found, before) -> None:
    assert found != before


def rests_at(page, trait: str, value: float) -> None:
    """It is there, and still there after thirty frames: nothing runs any more."""
    until(lambda: assert_equal(settled(page)[trait], pytest.approx(value)))
    page.evaluate("""() => new Promise((done) => { let n = 30;
      const next = () => (n-- ? requestAnimationFrame(next) : done()); next(); })""")
    assert state(page)[trait] == pytest.approx(value)


def test_a_foot_in_hand_stays_under_its_knob_whatever_ran_before(open_page):
    page = open_page(EVERY["LipschitzCones"]())
    play, foot = page.get_by_role("button", name="Slide the cone"), handle(page, "foot of the cone")
    play.click()
    until(lambda: assert_differs(state(page)["foot"], 1))
    foot.press("ArrowLeft")
    rests_at(page, "foot", settled(page)["foot"])
    x, y = centre(foot)
    page.mouse.move(x, y)
    page.mouse.down()
    play.press("Enter")  # while it is held
    page.mouse.move(x - 30, y)
    page.mouse.move(x - 60, y)
    assert centre(foot)[0] == pytest.approx(x - 60, abs=1)
    rests_at(page, "foot", settled(page)["foot"])
    page.mouse.up()


@every
def test_on_paper_a_widget_is_black_on_white_and_has_no_buttons(open_page, name):
    page = open_page(EVERY[name](), theme="dark")
    page.emulate_media(media="print")
    until(lambda: assert_equal(page.locator(".me-printed").count(), 1))
    colour = page.locator(".me-task").evaluate("e => getComputedStyle(e).color")
    assert colour == "rgb(28, 36, 48)"
    assert not page.locator(".me-controls").is_visible()
    assert not page.locator(".me-transport").is_visible()
    assert page.locator(".me-svg").first.is_visible()
    page.set_viewport_size({"width": 500, "height": 900})
    ends = "all => all.map((c) => c.getBoundingClientRect().right)"
    until(lambda: max(page.locator("canvas").evaluate_all(ends), default=0) <= 500)
    for canvas in page.locator("canvas").all():
        light = """c => { const d = c.getContext("2d").getImageData(c.width / 2 | 0, 30, 1, 1).data;
          return d[3] === 0 || d[0] + d[1] + d[2] > 380; }"""
        until(lambda c=canvas, light=light: c.evaluate(light))
    page.emulate_media(media="screen")
    until(lambda: assert_equal(page.locator(".me-printed").count(), 0))


@every
def test_forced_colours_and_more_contrast_leave_maps_and_choices_legible(open_page, name):
    page = open_page(EVERY[name](), forced_colors="active")
    for canvas in page.locator("canvas").all():
        read = """c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
          const sums = []; for (let i = 0; i < d.length; i += 400) if (d[i + 3]) sums.push(d[i] + d[i + 1] + d[i + 2]);
          return Math.max(...sums) - Math.min(...sums); }"""
        until(lambda c=canvas, read=read: name == "SandPiles" or c.evaluate(read) > 60)  # once it is painted
    for group in page.locator(".me-choice").all():
        look = "e => getComputedStyle(e.nextElementSibling).backgroundColor"
        marked = group.locator("input").evaluate_all(f"list => list.map({look})")
        assert len(set(marked)) == 2
    page = open_page(EVERY[name](), contrast="more")
    assert page.locator(".me-readout dt").first.evaluate("e => getComputedStyle(e).color") == "rgb(28, 36, 48)"


def assert_least(found: float, least: float) -> None:
    assert found >= least


def test_silent_failures_say_why(open_page):
    def says(page, words: str) -> None:
        until(lambda: assert_in(words, page.locator("[aria-live]").inner_text()))

    page = open_page(EVERY["TransportPlan"]())
    page.get_by_role("button", name="Hint").click()
    says(page, "6 lines are missing")
    page = open_page(widgets.LipschitzCones())
    page.get_by_role("button", name="Divide by the slope").click()
    says(page, "Nothing to divide")
    page = open_page(EVERY["TwoSides"]())
    block = page.locator(".me-bucket").first
    drag(page, centre(block), (78, -60))
    says(page, "No hole is near")
    page = open_page(EVERY["MoveGaussians"]())
    field = page.locator("input.me-number").first
    field.fill("far")
    field.press("Enter")
    says(page, "is no number")
    field.fill("99")
    field.press("Enter")
    says(page, "only −4.00 to 8.00 are possible")
    assert settled(page)["mean_p"] == 8


def assert_in(part: str, whole: str) -> None:
    assert part in whole
