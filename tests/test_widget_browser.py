"""Widgets as the reader meets them: in a static page, with no kernel and no network."""

import math
import re
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import anywidget
import ipywidgets
import pytest
import traitlets as t
from playwright import sync_api
from widget_pages import centre, drag, drawn, handle, phone, readings, settled, swipe, until

import wgan_lib
from wgan_lib import divergences, widgets
from wgan_lib.widgets import book_widget

pytestmark = pytest.mark.browser
TRIAL = """
import { widget } from "../kit/kit.mjs";
export default widget("trial", (w) => {
  const el = w.el;
  w.slider({ trait: "size", label: "Size", step: 0.5, text: (v) => `${v} m` });
  w.check({ trait: "on", label: "On" });
  w.choice({ trait: "where", label: "Where", names: { there: "Over there" } });
  w.button({ label: "Double", press: () => w.change({ size: 2 * w.get("size") }) });
  const p = w.plot({ height: 200, label: "a plane", x: { domain: [-1, 1] }, y: { domain: [-1, 1] } });
  const surface = p.surface(), arrows = p.arrows("critic");
  p.handle({ trait: "point", range: [[-1, 1], [-1, 1]], axis: "xy", label: "point", at: (v) => v });
  w.draw(() => {
    el.dataset.draws = Number(el.dataset.draws ?? 0) + 1;
    surface.set([0, 1, 2, 3], 2, 2, (v) => [80 * v, 0, 0]);
    arrows.set([[0, 0, 0.5, 0], [0, 0, 1e-4, 0]]);
    el.dataset.colour = w.colour("real");
    w.readout([{ trait: "shown", label: "size", number: w.get("size") }]);
  });
  w.animate(200, (u) => { el.dataset.animated = `${el.dataset.animated ?? ""}${u} `; });
});
"""


class Bytes(anywidget.AnyWidget):
    """Shows the sum of its bytes and the size of its module's neighbours."""

    _esm = """export default { render({ model, el }) {
      const view = model.get("data");
      let sum = 0;
      for (let i = 0; i < view.byteLength; i++) sum += view.getUint8(i);
      el.textContent = `${view.constructor.name} ${sum}`;
    } }"""
    data = t.Bytes(bytes([1, 2, 250])).tag(sync=True)


def law(page: sync_api.Page, nth: int = 0) -> list[float]:
    now = settled(page, nth)
    return [now[name] for name in ("mean_p", "std_p", "mean_q", "std_q")]


def assert_closed_form(page: sync_api.Page, **expected: float) -> None:
    """The numbers shown are the library's, to the digits shown, for the law that the handles stand for."""

    def check() -> None:
        now, shown = settled(page), readings(page)
        pair = law(page)
        assert now.items() >= expected.items()
        js, w1, kl = (f(*pair) for f in (divergences.js_normals, divergences.w1_normals, divergences.kl_normals))
        assert now["w1"] == pytest.approx(w1, abs=1e-9)
        assert now["kl"] == pytest.approx(kl, rel=1e-9)
        assert now["js"] == pytest.approx(js, abs=1e-9)
        if 0.01 < w1 < 900:
            assert float(shown["w1"]) == pytest.approx(w1, abs=0.0051)
        gap, rest = math.log(2) - js, js - float(shown["js"])
        # Two digits, four near ln 2, and once those no longer tell them apart, five that are cut.
        assert (0 <= rest <= 1e-5) if gap < 1e-4 else abs(rest) <= (5.1e-5 if gap < 0.02 else 0.0051)

    until(check)


def test_mouse_drags_end_on_the_closed_forms(open_page):
    page = open_page(widgets.MoveGaussians())
    for name, by in (
        ("mean of Q", 180),
        ("standard deviation of P", -30),
        ("mean of P", -60),
        ("standard deviation of Q", 40),
    ):
        before, (x, y) = law(page), centre(handle(page, name))
        drag(page, (x + 3, y - 2), (by / 2, 17), (by, 42))  # taken off its centre, it must not jump
        assert_closed_form(page)
        assert centre(handle(page, name))[0] == pytest.approx(x + by, abs=0.7)
        assert sum(a != b for a, b in zip(law(page), before, strict=True)) == 1


def test_the_axis_stands_still_under_a_drag_to_both_ends(open_page):
    page = open_page(widgets.MoveGaussians())
    x, y = centre(handle(page, "mean of Q"))
    ticks = page.locator(".me-axes").first.text_content()
    page.mouse.move(x, y)
    page.mouse.down()
    for by in (-250, 250):
        page.mouse.move(x + by, y, steps=4)
        drawn(page)
        assert centre(handle(page, "mean of Q"))[0] == pytest.approx(x + by, abs=0.7)
        assert page.locator(".me-axes").first.text_content() == ticks
    page.mouse.up()


def test_the_bell_itself_can_be_dragged_and_ends_at_its_range(open_page):
    page = open_page(widgets.MoveGaussians())
    x, y = centre(handle(page, "mean of Q"))
    drag(page, (x + 20, y + 100), (900, 0))
    assert_closed_form(page, mean_q=8)


def test_touch_drags_end_on_the_closed_forms_and_the_page_still_scrolls(open_page):
    page = phone(open_page, widgets.MoveGaussians(), after="<p style='height: 900px'>below</p>")
    for name, dx, dy in (("mean of Q", 80, 48), ("standard deviation of Q", 15, -5), ("mean of P", -40, 0)):
        x, y = centre(handle(page, name))
        swipe(page, x, y, dx, dy)
        assert centre(handle(page, name))[0] == pytest.approx(x + dx, abs=0.7)
        assert_closed_form(page)
    x, y = centre(handle(page, "mean of Q"))
    swipe(page, x - 5, y + 60, -50, 8)  # the bell itself, sideways
    assert centre(handle(page, "mean of Q"))[0] == pytest.approx(x - 50, abs=0.7)
    assert page.evaluate("scrollY") == 0
    before = law(page)
    swipe(page, x - 55, y + 60, 4, -150, scrolls=True)  # the bell again, but upwards: the page's
    until(lambda: page.evaluate("scrollY") > 50)
    assert law(page) == pytest.approx(before, abs=0.2)


def test_keys_move_by_a_tenth_with_shift_by_one_and_home_and_end_reach_the_ends(open_page):
    page = open_page(widgets.MoveGaussians())
    handle(page, "mean of Q").focus()
    for key, expected in (
        ("ArrowRight", 2.1), ("Shift+ArrowRight", 3.1), ("ArrowDown", 3.0), ("Shift+ArrowLeft", 2.0), ("PageUp", 3.0),
        ("Home", -4.0), ("ArrowLeft", -4.0), ("End", 8.0), ("Shift+ArrowUp", 8.0),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert_closed_form(page, mean_q=expected)
    until(lambda: handle(page, "mean of Q").get_attribute("aria-valuetext") == "mean 8.00")
    page.keyboard.press("Shift+Tab")  # the width of Q comes before its mean
    page.keyboard.press("ArrowRight")
    assert_closed_form(page, std_q=1.1)


def test_numbers_are_spoken_once_they_rest(open_page):
    page = open_page(widgets.MoveGaussians())
    page.evaluate("""() => { window.spoken = [];
      new MutationObserver(() => spoken.push(document.querySelector("[aria-live]").textContent))
        .observe(document.querySelector("[aria-live]"), { childList: true, characterData: true, subtree: true }); }""")
    x, y = centre(handle(page, "mean of Q"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 170, y, steps=30)
    page.mouse.up()
    until(lambda: f"JS, nats {readings(page)['js']}" in page.evaluate("spoken.at(-1) ?? ''"))
    assert page.evaluate("spoken.length") <= 3  # not once a step


def test_unit_changes_what_is_shown_only(open_page):
    page = open_page(widgets.MoveGaussians())
    before = settled(page)
    page.get_by_role("radio", name="bits").check(force=True)
    until(lambda: readings(page) == {"js": "0.49", "w1": "2.00", "kl": "2.89"})
    assert page.locator("svg text", has_text="1 bit").count() == 1
    assert settled(page) == {**before, "unit": "bits"}


def test_a_link_brings_the_state_back_and_reset_undoes_it(open_page):
    link = "#move-gaussians?mean_q=4.25&std_p=0.5&unit=bits&mean_p=99"
    page = open_page(widgets.MoveGaussians(mean_q=1.5), link=link)
    assert law(page) == [8.0, 0.5, 4.25, 1.0]  # 99 lies outside the range: its nearest end
    page.get_by_role("button", name="Reset").click()
    assert_closed_form(page, mean_p=0, std_p=1, mean_q=1.5, std_q=1)
    handle(page, "mean of Q").press("ArrowRight")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("location.hash.includes('mean_q=1.6')")
    page.evaluate("location.hash = '#move-gaussians?mean_q=-2'")
    assert_closed_form(page, mean_q=-2)


def test_two_widgets_answer_to_their_own_links_and_one_shown_twice_stays_one(open_page):
    one, two = widgets.MoveGaussians(), widgets.MoveGaussians(mean_q=5)
    page = open_page(one, two, one, link="#move-gaussians-2?mean_q=-1")
    means = lambda: [settled(page, nth)["mean_q"] for nth in range(3)]  # noqa: E731
    assert means() == [2, -1, 2]
    page.locator('[aria-label="mean of Q"]').nth(2).press("Shift+ArrowRight")
    assert means() == [3, -1, 3]
    assert page.evaluate("document.head.querySelectorAll('style').length") == 2  # the page's own and one for all


def test_a_law_beyond_the_handles_reach_is_shown_all_the_same(open_page):
    page = open_page(widgets.MoveGaussians(mean_q=25.0, std_q=4.0))
    assert_closed_form(page, mean_q=25)
    x, _ = centre(handle(page, "mean of Q"))
    box = page.locator(".me-svg").first.bounding_box()
    assert box["x"] <= x <= box["x"] + box["width"]


def test_a_control_that_needs_a_kernel_says_so_in_its_place(open_page):
    page = open_page(ipywidgets.IntSlider(), widgets.MoveGaussians(), errors=True)
    assert "needs a running kernel" in page.get_by_role("alert").inner_text()
    assert_closed_form(page)  # and the others live


def test_binary_traits_arrive_as_data_views(open_page):
    page = open_page(Bytes())
    assert page.locator(".me-host").inner_text() == "DataView 253"


def test_over_http_too(open_page, tmp_path):
    serve = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    serve.log_message = lambda *_: None  # type: ignore[attr-defined]
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "favicon.ico").touch()
        page = open_page(widgets.MoveGaussians(), url=f"http://127.0.0.1:{server.server_port}")
        assert_closed_form(page)
        server.shutdown()


@pytest.fixture
def trial(tmp_path, monkeypatch) -> book_widget.BookWidget:
    """A widget of the kit's parts that MoveGaussians leaves unused."""
    shutil.copytree(Path(wgan_lib.__file__).parent / "js", tmp_path / "js")
    (tmp_path / "js/widgets/trial.mjs").write_text(TRIAL)
    monkeypatch.setattr(book_widget, "_JS", tmp_path / "js")

    class Trial(book_widget.BookWidget):
        _esm = book_widget.joined.__wrapped__("widgets/trial.mjs")
        point = book_widget.Numbers([0.0, 0.0]).tag(reach=[[-1.0, 1.0], [-1.0, 1.0]])
        size = book_widget.Number(2.0, within=(0.0, 10.0))
        on = t.Bool(False).tag(sync=True)
        where = t.Enum(("here", "there"), "here").tag(sync=True)

    return Trial(task="Try it.")


def test_native_controls_follow_and_change_the_state(open_page, trial):
    page = open_page(trial)
    assert page.get_by_text("Try it.").is_visible()
    slider = page.locator("input[type=range]")
    slider.press("ArrowRight")
    until(lambda: settled(page)["size"] == 2.5 and slider.get_attribute("aria-valuetext") == "2.5 m")
    page.get_by_role("button", name="Double").click()
    page.get_by_role("checkbox", name="On").check()
    page.get_by_role("radio", name="Over there").check(force=True)
    until(lambda: (slider.input_value(), page.locator("output").inner_text()) == ("5", "5 m"))
    assert settled(page) == {"point": [0, 0], "size": 5, "on": True, "where": "there", "shown": 5}
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("location.hash === '#trial?point=0%2C0&size=5&on=true&where=there'")
    page.get_by_role("button", name="Reset").click()
    until(lambda: (slider.input_value(), page.get_by_role("checkbox").is_checked()) == ("2", False))
    assert page.get_by_role("radio", name="here", exact=True).is_checked()


def test_a_handle_in_the_plane_moves_both_ways(open_page, trial):
    page = open_page(trial)
    point = handle(page, "point")
    x, y = centre(point)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 100, y - 30)
    page.mouse.up()
    drawn(page)
    assert centre(point) == pytest.approx((x + 100, y - 30), abs=4)  # snapped to a hundredth of the unit
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowDown")
    drawn(page)
    found = re.fullmatch(r"−1\.00, (−?[\d.]+)", point.get_attribute("aria-valuetext"))
    assert found is not None
    assert float(found[1].replace("−", "-")) < -0.5


def test_a_surface_is_painted_upright_and_again_when_the_theme_changes(open_page, trial):
    page = open_page(trial)
    pixel = """([u, v]) => { const c = document.querySelector("canvas"), d = c.getContext("2d");
      return d.getImageData(Math.round(u * c.width), Math.round(v * c.height), 1, 1).data[0]; }"""
    low_left, low_right, high_left, high_right = (
        page.evaluate(pixel, at) for at in ([0.15, 0.8], [0.95, 0.8], [0.15, 0.1], [0.95, 0.1])
    )
    assert low_left < low_right < high_left < high_right
    before = page.locator(".me-host").get_attribute("data-colour")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"document.querySelector('.me-host').dataset.colour !== '{before}'")


def test_an_arrow_under_a_pixel_is_a_ring(open_page, trial):
    page = open_page(trial)
    assert page.locator("path.me-arrows").get_attribute("d").count("M") == 2  # one arrow: a shaft and a head
    assert page.locator("path.me-rings").get_attribute("d").count("a") == 2  # one ring: two half circles


def test_draws_are_batched_to_one_per_frame(open_page, trial):
    page = open_page(trial)
    drawn(page)
    slider = page.locator("input[type=range]")
    times = slider.evaluate("""async (input) => {
      const el = document.querySelector(".me-host"), frame = () => new Promise(requestAnimationFrame);
      const before = Number(el.dataset.draws);
      await frame();
      for (let i = 0; i < 20; i++) {
        input.value = i / 4;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
      await frame(); await frame();
      return Number(el.dataset.draws) - before;
    }""")
    assert times == 1


def test_reduced_motion_jumps_to_the_end(open_page, trial):
    moving = open_page(trial)
    moving.wait_for_function("document.querySelector('.me-host').dataset.animated.endsWith(' 1 ')")
    still = open_page(trial, reduced_motion="reduce")
    assert still.locator(".me-host").get_attribute("data-animated") == "1 "
