"""Widgets as the reader meets them: in a static page, with no kernel and no network."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import anywidget
import ipywidgets
import pytest
import traitlets as t
from ipywidgets.embed import embed_data
from playwright import sync_api

import wgan_lib
from wgan_lib import divergences, widgets
from wgan_lib.widgets import book_widget

pytestmark = pytest.mark.browser
HOST = (Path(__file__).parent.parent / "book/_static/widget-host.js").read_text(encoding="utf-8")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
STYLE = (
    "body { margin: 0; background: var(--pst-color-background) } main { max-width: 46rem; margin: auto; padding: 16px }"
)
DARK = "html[data-theme=dark] { --pst-color-background: #14181e } html { --pst-color-background: #fff }"
TRIAL = """
import { frame } from "../kit/kit.mjs";
function render({ model, el }) {
  const w = frame({ model, el, name: "trial", label: "trial",
    state: { point: [-1, 1], size: [0, 10], on: true, where: ["here", "there"] } });
  w.slider({ trait: "size", label: "Size", step: 0.5, text: (v) => `${v} m` });
  w.check({ trait: "on", label: "On" });
  w.choice({ trait: "where", label: "Where", names: { there: "Over there" } });
  w.button({ label: "Double", press: () => w.set({ size: 2 * w.get("size") }) });
  const p = w.plot({ height: 200, label: "a plane", x: { domain: [-1, 1] }, y: { domain: [-1, 1] } });
  const surface = p.surface(), arrows = p.arrows("critic");
  p.handle({ value: () => w.get("point"), set: (point) => w.set({ point }), range: [[-1, 1], [-1, 1]], axis: "xy",
    label: "point", at: (v) => v });
  w.draw(() => {
    el.dataset.draws = Number(el.dataset.draws ?? 0) + 1;
    surface.set([0, 1, 2, 3], 2, 2, (v) => [80 * v, 0, 0]);
    arrows.set([[0, 0, 0.5, 0], [0, 0, 1e-4, 0]]);
    el.dataset.colour = w.colour("real");
    w.readout([{ label: "size", value: String(w.get("size")) }]);
  });
  w.animate(200, (u) => { el.dataset.animated = `${el.dataset.animated ?? ""}${u} `; });
  return w.done;
}
export default { render };
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


def page_of(views: list[ipywidgets.Widget], theme: str = "light") -> str:
    """A page that carries widget state and views in the same scripts as myst-nb writes them."""
    data = embed_data(views, drop_defaults=False)
    shown = [
        f'<script type="application/vnd.jupyter.widget-view+json">{json.dumps(v)}</script>' for v in data["view_specs"]
    ]
    state = json.dumps(data["manager_state"]).replace("</script>", r"<\/script>")
    return f"""<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1"><title>Widgets</title>
    <style>{STYLE}{DARK}</style>
    <script type="application/vnd.jupyter.widget-state+json">{state}</script><script>{HOST}</script>
    </head><body><main>{"<p>Between</p>".join(shown)}</main></body></html>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield started
        started.close()


@pytest.fixture
def open_page(browser, tmp_path) -> Iterator[Callable[..., sync_api.Page]]:
    """Opens a page of given widgets; fails on a request to elsewhere, a page error, an unexpected console error."""
    contexts, faults = [], []

    def opened(*views, theme="light", link="", width=1000, errors=False, url=None, **context) -> sync_api.Page:
        (tmp_path / "page.html").write_text(page_of(list(views), theme), encoding="utf-8")
        made = browser.new_context(viewport={"width": width, "height": 900}, **context)
        made.set_default_timeout(10_000)
        contexts.append(made)
        page = made.new_page()
        here = url or tmp_path.as_uri()
        page.on("request", lambda r: None if r.url.startswith((here, "blob:", "data:")) else faults.append(r.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" and not errors else None)
        page.goto(f"{here}/page.html{link}")
        page.wait_for_selector("html[data-widgets=ready]")
        return page

    yield opened
    for made in contexts:
        made.close()
    assert faults == []


def handle(page: sync_api.Page, name: str) -> sync_api.Locator:
    return page.get_by_role("slider", name=name).first


def centre(target: sync_api.Locator) -> tuple[float, float]:
    box = target.locator(".me-knob").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def law(page: sync_api.Page) -> list[float]:
    names = ("mean of P", "standard deviation of P", "mean of Q", "standard deviation of Q")
    return [float(handle(page, name).get_attribute("aria-valuenow")) for name in names]


def readings(page: sync_api.Page) -> dict[str, str]:
    rows = page.locator(".me-readout > div").all()
    return {row.locator("dt").inner_text(): row.locator(".me-value").inner_text() for row in rows}


def assert_closed_form(page: sync_api.Page) -> None:
    """The numbers shown are the library's, to the digits shown, for the law that the handles stand for."""
    page.wait_for_timeout(60)
    now, shown = law(page), readings(page)
    assert shown["W₁"] == f"{divergences.w1_normals(*now):.4f}"
    assert shown["KL(P‖Q)"] == f"{divergences.kl_normals(*now):.4f} nats"
    js = divergences.js_normals(*now)
    if 0.69314718 - js > 1e-4:
        assert shown["JS"] == f"{js:.4f} nats"
    else:
        assert 0 <= js - float(shown["JS"].split()[0]) <= 1e-5


def test_mouse_drags_end_on_the_closed_forms(open_page):
    page = open_page(widgets.MoveGaussians())
    for name, by in (
        ("mean of Q", 180),
        ("standard deviation of P", -30),
        ("mean of P", -60),
        ("standard deviation of Q", 40),
    ):
        before, (x, y) = law(page), centre(handle(page, name))
        page.mouse.move(x + 3, y - 2)  # taken off its centre, it must not jump
        page.mouse.down()
        page.mouse.move(x + 3 + by / 2, y + 15)
        page.mouse.move(x + 3 + by, y + 40)
        page.mouse.up()
        assert_closed_form(page)
        assert centre(handle(page, name))[0] == pytest.approx(x + by, abs=0.7)
        assert sum(a != b for a, b in zip(law(page), before, strict=True)) == 1


def test_the_bell_itself_can_be_dragged_and_ends_at_its_range(open_page):
    page = open_page(widgets.MoveGaussians())
    x, y = centre(handle(page, "mean of Q"))
    page.mouse.move(x + 20, y + 100)
    page.mouse.down()
    page.mouse.move(x + 900, y + 100, steps=4)
    page.mouse.up()
    assert law(page)[2] == 8.0
    assert_closed_form(page)


def swipe(page: sync_api.Page, x: float, y: float, dx: float, dy: float) -> None:
    cdp = page.context.new_cdp_session(page)
    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        at = {"x": x + dx * step / 10, "y": y + dy * step / 10}
        cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(120)


def test_touch_drags_end_on_the_closed_forms_and_the_page_still_scrolls(open_page):
    page = open_page(widgets.MoveGaussians(), width=390, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 500})
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
    swipe(page, x - 55, y + 60, 4, -150)  # the bell again, but upwards: the page's
    assert page.evaluate("scrollY") > 50
    assert law(page) == pytest.approx(before, abs=0.2)


def test_keys_move_by_a_tenth_with_shift_by_one_and_home_and_end_reach_the_ends(open_page):
    page = open_page(widgets.MoveGaussians())
    handle(page, "mean of Q").focus()
    for key, expected in (
        ("ArrowRight", 2.1), ("Shift+ArrowRight", 3.1), ("ArrowDown", 3.0), ("Shift+ArrowLeft", 2.0), ("PageUp", 3.0),
        ("Home", -4.0), ("ArrowLeft", -4.0), ("End", 8.0), ("Shift+ArrowUp", 8.0),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert_closed_form(page)
        assert law(page)[2] == expected
    assert handle(page, "mean of Q").get_attribute("aria-valuetext") == "mean 8.00"
    page.keyboard.press("Shift+Tab")  # the width of Q comes before its mean
    page.keyboard.press("ArrowRight")
    assert law(page)[3] == 1.1


def test_handles_and_controls_name_themselves_and_are_large_enough(open_page):
    page = open_page(widgets.MoveGaussians())
    for slider in page.get_by_role("slider").all():
        assert slider.get_attribute("aria-label")
        assert slider.get_attribute("aria-valuetext")
        lo, now, hi = (float(slider.get_attribute(f"aria-value{part}")) for part in ("min", "now", "max"))
        assert lo <= now <= hi
        box = slider.locator(".me-hit").bounding_box()
        assert min(box["width"], box["height"]) >= 24
    assert page.get_by_role("radio", name="bits").count() == 1
    for button in page.get_by_role("button").all():
        assert button.bounding_box()["height"] >= 24
    assert page.get_by_role("img").count() == 5
    assert all(image.get_attribute("aria-label") for image in page.get_by_role("img").all())


def test_numbers_are_spoken_once_they_rest(open_page):
    page = open_page(widgets.MoveGaussians())
    live = page.locator("[aria-live=polite]")
    page.evaluate("""() => { window.spoken = [];
      new MutationObserver(() => spoken.push(document.querySelector("[aria-live]").textContent))
        .observe(document.querySelector("[aria-live]"), { childList: true, characterData: true, subtree: true }); }""")
    x, y = centre(handle(page, "mean of Q"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 170, y, steps=30)
    page.mouse.up()
    page.wait_for_function("spoken.length > 0")
    page.wait_for_timeout(700)
    assert page.evaluate("spoken.length") <= 2
    assert live.inner_text().startswith(f"JS {readings(page)['JS']}")


def test_unit_changes_what_is_shown_only(open_page):
    page = open_page(widgets.MoveGaussians())
    page.get_by_role("radio", name="bits").check(force=True)
    page.wait_for_function("document.querySelector('.me-value').textContent.includes('bits')")
    assert readings(page) == {"JS": "0.4859 bits", "W₁": "2.0000", "KL(P‖Q)": "2.8854 bits"}
    assert page.locator("svg text", has_text="1 bit").count() == 1
    assert law(page) == [0, 1, 2, 1]


def test_a_link_brings_the_state_back_and_reset_undoes_it(open_page):
    page = open_page(
        widgets.MoveGaussians(mean_q=1.5), link="#move-gaussians?mean_q=4.25&std_p=0.5&unit=bits&mean_p=99"
    )
    page.wait_for_function("document.querySelector('.me-value').textContent.includes('bits')")
    assert law(page) == [8.0, 0.5, 4.25, 1.0]  # 99 lies outside the range: its nearest end
    page.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(60)
    assert law(page) == [0.0, 1.0, 1.5, 1.0]
    assert_closed_form(page)
    handle(page, "mean of Q").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("location.hash.includes('mean_q=1.6')")
    page.evaluate("location.hash = '#move-gaussians?mean_q=-2'")
    page.wait_for_function("document.querySelector('.me-widget').textContent.includes('2.0000')")
    assert law(page)[2] == -2.0


def test_two_widgets_answer_to_their_own_links_and_one_shown_twice_stays_one(open_page):
    one, two = widgets.MoveGaussians(), widgets.MoveGaussians(mean_q=5)
    page = open_page(one, two, one, link="#move-gaussians-2?mean_q=-1")
    page.wait_for_timeout(60)
    means = [float(m.get_attribute("aria-valuenow")) for m in page.get_by_role("slider", name="mean of Q").all()]
    assert means == [2.0, -1.0, 2.0]
    page.get_by_role("slider", name="mean of Q").nth(2).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_timeout(60)
    means = [float(m.get_attribute("aria-valuenow")) for m in page.get_by_role("slider", name="mean of Q").all()]
    assert means == [3.0, -1.0, 3.0]
    assert (
        page.evaluate("document.head.querySelectorAll('style').length") == 2
    )  # the page's own and one for all widgets


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_width_fits_without_a_horizontal_scroll(open_page, theme):
    page = open_page(widgets.MoveGaussians(), widgets.MoveGaussians(compact=True, mean_q=7), theme=theme)
    for width in (1440, 768, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(80)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for svg in page.locator(".me-svg").all():
            assert svg.bounding_box()["width"] <= width - 32
        size = page.evaluate("getComputedStyle(document.querySelector('.me-svg text')).fontSize")
        assert size == "12px"  # laid out anew, not shrunk
    ink = page.evaluate("getComputedStyle(document.querySelector('.me-task')).color")
    assert ink == {"light": "rgb(28, 36, 48)", "dark": "rgb(230, 233, 238)"}[theme]


def test_print_shows_the_picture_without_controls(open_page):
    page = open_page(widgets.MoveGaussians(), theme="dark")
    page.emulate_media(media="print")
    assert not page.locator(".me-controls").is_visible()
    assert page.locator(".me-svg").first.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.me-task')).color") == "rgb(28, 36, 48)"


def test_a_law_beyond_the_handles_reach_is_shown_all_the_same(open_page):
    page = open_page(widgets.MoveGaussians(mean_q=25.0, std_q=4.0))
    assert_closed_form(page)
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
        point = t.List([0.0, 0.0]).tag(sync=True)
        size = t.Float(2.0).tag(sync=True)
        on = t.Bool(False).tag(sync=True)
        where = t.Unicode("here").tag(sync=True)

    return Trial(task="Try it.")


def test_native_controls_follow_and_change_the_state(open_page, trial):
    page = open_page(trial)
    assert page.get_by_text("Try it.").is_visible()
    slider = page.locator("input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert (slider.input_value(), slider.get_attribute("aria-valuetext")) == ("2.5", "2.5 m")
    page.get_by_role("button", name="Double").click()
    page.get_by_role("checkbox", name="On").check()
    page.get_by_role("radio", name="Over there").check(force=True)
    page.wait_for_timeout(60)
    assert slider.input_value() == "5"
    assert page.locator("output").inner_text() == "5 m"
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("location.hash === '#trial?point=0%2C0&size=5&on=true&where=there'")
    page.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(60)
    assert (slider.input_value(), page.get_by_role("checkbox").is_checked()) == ("2", False)
    assert page.get_by_role("radio", name="here", exact=True).is_checked()


def test_a_handle_in_the_plane_moves_both_ways(open_page, trial):
    page = open_page(trial)
    point = handle(page, "point")
    x, y = centre(point)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 100, y - 30)
    page.mouse.up()
    page.wait_for_timeout(60)
    assert centre(point) == pytest.approx((x + 100, y - 30), abs=4)  # snapped to a hundredth of the unit
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowDown")
    page.wait_for_timeout(60)
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
    page.wait_for_timeout(300)
    slider = page.locator("input[type=range]")
    drawn = slider.evaluate("""async (input) => {
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
    assert drawn == 1


def test_reduced_motion_jumps_to_the_end(open_page, trial):
    moving = open_page(trial)
    moving.wait_for_function("document.querySelector('.me-host').dataset.animated.endsWith(' 1 ')")
    still = open_page(trial, reduced_motion="reduce")
    assert still.locator(".me-host").get_attribute("data-animated") == "1 "
