"""Every page of the built book: whole without a network, without errors, accessible, no wider than the window."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import numpy as np
import page_layout as layout
import pytest
import yaml
from PIL import Image
from playwright import sync_api

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parent.parent
HTML = ROOT / "_build/html"
AXE = ROOT / "tests/js/node_modules/axe-core/axe.min.js"
PAGES = ["index", *re.findall(r"- file: book/(\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))]
WIDTHS = (1440, 768, 390, 320)
LAID_OUT = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
SERIOUS = """(rules) => axe.run(document, {resultTypes: ['violations'], preload: false,
    ...(rules && {runOnly: rules})}).then((found) => found.violations
    .filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' | ')}`))"""

# Four of five elements are letters of formulas and words of code that look like ones before them. Of each look one
# stays: axe compares every element with every other, and takes a third of the time for the same answer.
ONE_OF_EACH_LOOK = """() => {
    const seen = new Set();
    const look = (e, { color, fontSize, fontWeight } = getComputedStyle(e)) =>
        String([e.checkVisibility(), e.className, color, fontSize, fontWeight,
            e.closest('[class]:not(span)').className]);
    const looks = (within) => [...within.querySelectorAll('span')].filter((e) => !e.children.length && e.textContent);
    const again = (e, key = look(e)) => seen.has(key) || !seen.add(key);
    const words = looks(document).filter((e) => e.closest('pre')).filter((e) => again(e));
    const formulas = [...document.querySelectorAll('.katex')]
        .filter((f) => !looks(f.querySelector('.katex-html')).filter((e) => !again(e)).length);
    for (const e of words) e.remove();
    for (const e of formulas) e.replaceWith('formula');
}"""

SHIFT = """window.shifts = []; new PerformanceObserver((list) => {
    const told = ({ node, previousRect, currentRect }) =>
        `${node?.nodeName}.${node?.className?.baseVal ?? node?.className} ${previousRect.y} to ${currentRect.y}`;
    for (const { value, hadRecentInput, sources } of list.getEntries())
        if (!hadRecentInput) window.shifts.push([value, ...sources.map(told)]);
}).observe({type: "layout-shift", buffered: true});"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    serving = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(HTML)))
    Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()


def opened(
    browser: sync_api.Browser, address: str, width: int = 1440, theme: str = "light"
) -> tuple[sync_api.Page, list[str]]:
    """The page with its widgets mounted, and what went wrong on the way; requests to elsewhere are cut and noted."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    page.add_init_script(SHIFT)
    wrong: list[str] = []
    home = address.split("/book/")[0]

    def gate(route: sync_api.Route) -> None:
        url = route.request.url
        if url.startswith((home, "blob:", "data:")):
            route.continue_()
        else:
            wrong.append(f"request to {url}")
            route.abort()

    page.route("**/*", gate)
    page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
    page.on("console", lambda message: wrong.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.goto(address)
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-widget-host]')].every((e) => e.dataset.ready !== undefined)",
        timeout=60000,
    )
    return page, wrong


def settled(page: sync_api.Page) -> sync_api.Page:
    """The page after its quiet moments, with everything laid out."""
    page.wait_for_selector("html[data-settled=true]", timeout=60000)
    return page


def file(name: str) -> str:
    return f"{HTML.as_uri()}/book/{name}.html"


def stands_still(page: sync_api.Page) -> None:
    """What was on the screen has hardly moved since the page came: Chromium's layout shift is below .05.

    A busy machine may draw in between where a quiet one does not: what a page moves by itself, it moves each time.
    """
    for _ in range(3):
        moved = settled(page).evaluate("window.shifts")
        if sum(value for value, *_ in moved) < 0.05:
            return
        page.reload()
    raise AssertionError([shift for shift in moved if shift[0] > 0.003])


def is_whole(page: sync_api.Page, wrong: list[str]) -> None:
    """Every widget lives, all formulas are set, and none of it came from elsewhere."""
    promised = page.locator('script[type="application/vnd.jupyter.widget-view+json"]').count()
    living = page.locator("[data-widget-host] .me-widget svg, [data-widget-host] .me-widget canvas").count()
    assert wrong == []
    assert living >= promised
    stands_still(page)
    assert page.locator(".me-failed").count() == 0
    assert page.locator(".katex-error, .MathJax, .problematic").count() == 0


def no_barrier(page: sync_api.Page, theme: str) -> None:
    """Axe finds no serious one, and no width scrolls sideways. At night only colours are others than by day."""
    for width in WIDTHS if theme == "light" else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(LAID_OUT)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"scrolls sideways at {width} px"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate(ONE_OF_EACH_LOOK)
    page.add_script_tag(path=AXE)
    assert page.evaluate(SERIOUS, None if theme == "light" else ["color-contrast"]) == []
    assert page.evaluate("document.documentElement.dataset.theme") == theme


# One load of a page serves many questions: a load costs seconds, a question hardly any.


@pytest.mark.parametrize("name", PAGES)
def test_a_page_from_a_file_by_day(chromium: sync_api.Browser, name: str) -> None:
    page, wrong = opened(chromium, file(name))
    is_whole(page, wrong)
    layout.long_lines_fade(page)
    layout.notes_stand_beside_the_text(page)
    no_barrier(page, "light")
    assert wrong == []
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_from_a_server(chromium: sync_api.Browser, server: str, name: str) -> None:
    page, wrong = opened(chromium, f"{server}/book/{name}.html")
    is_whole(page, wrong)
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_by_night_and_on_paper(chromium: sync_api.Browser, name: str) -> None:
    page, wrong = opened(chromium, file(name), theme="dark")
    settled(page)
    no_barrier(page, "dark")
    layout.paper_is_black_on_white(page)
    assert wrong == []
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_on_a_phone(chromium: sync_api.Browser, name: str) -> None:
    page, wrong = opened(chromium, file(name), width=390)
    stands_still(page)
    layout.no_formula_is_covered_or_leaves_its_line(page)
    layout.long_lines_fade(page)
    assert wrong == []
    page.close()


def test_forced_colours_leave_the_letters_under_accents(chromium: sync_api.Browser) -> None:
    """The browser paints the system's paper behind each text: behind an accent it hid the letter."""
    page, _ = opened(chromium, file("notation"))
    page.emulate_media(forced_colors="active")
    accent = page.locator(".bd-article .katex-html .accent").first
    grey = np.asarray(Image.open(BytesIO(accent.screenshot())).convert("L"))
    assert grey.max() > 240
    assert grey[len(grey) // 2 :].min() < 100
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_is_described(name: str) -> None:
    text = (HTML / f"book/{name}.html").read_text(encoding="utf-8")
    body = text[text.index("<article") : text.index("</article>")]
    assert not re.search("_images/(?!stills/)", body), "a figure was not put into the page: is it SVG?"
    for label in re.findall(r'<svg class="me-widget figure-svg" role="img" aria-label="([^"]*)"', body):
        assert len(label.split()) >= 8, f"alt text of a figure in {name} says too little: {label!r}"
        assert "jupyter_execute" not in label


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_edited_and_reported_on(name: str) -> None:
    repository = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    text = (HTML / f"book/{name}.html").read_text(encoding="utf-8")
    assert f'href="{repository["url"]}/edit/{repository["branch"]}/book/{name}.md"' in text
    assert f'href="{repository["url"]}/issues/new?' in text


def test_the_front_door_leads_in(chromium: sync_api.Browser) -> None:
    page = chromium.new_page()
    page.goto(f"{HTML.as_uri()}/index.html")
    page.wait_for_url("**/book/index.html")
    assert page.locator("h1").first.inner_text().startswith("Moving Earth")
    page.close()


def test_a_drag_on_the_built_page_ends_on_the_closed_form(chromium: sync_api.Browser) -> None:
    from wgan_lib import divergences

    page, wrong = opened(chromium, file("js-saturation"))
    handle = page.get_by_role("slider", name=re.compile("mean of Q|mean.*generated|Q.*mean", re.IGNORECASE)).first
    handle.focus()
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowLeft")
    sync_api.expect(handle).to_have_attribute("aria-valuenow", "7.9")
    page.keyboard.press("ArrowRight")
    position = 8.0
    sync_api.expect(handle).to_have_attribute("aria-valuenow", re.compile(r"8(\.0+)?"))
    readout = page.locator("[data-widget-host] .me-readout").first
    sync_api.expect(readout).to_contain_text("ln 2 −")
    shown = readout.inner_text()
    exact = divergences.js_normals(0, 1, position, 1)
    assert f"{int(exact * 1e4) / 1e4:.4f}" in shown  # digits are cut, not rounded up to the limit
    assert f"{divergences.w1_normals(0, 1, position, 1):.2f}" in shown
    assert "= ln 2" not in shown
    assert wrong == []
    page.close()


@pytest.mark.parametrize("served", [True, False])
def test_the_search_field_leads_to_results(chromium: sync_api.Browser, server: str, served: bool) -> None:
    page, wrong = opened(chromium, f"{server if served else HTML.as_uri()}/book/index.html")
    page.keyboard.press("Control+k")
    page.locator("dialog input[name=q]").fill("coupling")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=coupling*")
    page.wait_for_function("document.querySelectorAll('#search-results li').length > 1")
    assert wrong == []
    page.close()
