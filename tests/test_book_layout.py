"""How the built pages stand: nothing covers anything, nothing jumps, paper is black on white, long lines say so."""

import pytest
from playwright import sync_api
from test_book_pages import HTML, PAGES, file, opened, settled, stands_still

pytestmark = pytest.mark.browser

COVERED = """() => [...document.querySelectorAll("div.math > .eqno")].filter((number) => {
    const box = number.getBoundingClientRect(), bases = number.parentElement.querySelectorAll(".katex-html .base");
    return [...bases].some((base) => { const b = base.getBoundingClientRect();
        return b.right > box.left + 1 && b.left < box.right - 1 && b.bottom > box.top + 1 && b.top < box.bottom - 1; });
}).map((number) => number.textContent)"""
CLIPPED = """() => [...document.querySelectorAll(".bd-article pre")].filter((e) => e.scrollWidth > e.clientWidth + 1)"""
ALONE = """() => [...document.querySelectorAll("article span.math")].map((math) => math.nextSibling?.data ?? "")
    .filter((after) => /^[.,;:!?)\\]]/.test(after)).map((after) => after.slice(0, 12))"""
FAINT = """() => {
    const faint = [], walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
    const lightness = (colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data; return (0.3 * r + 0.6 * g + 0.1 * b) / 255; };
    while (walker.nextNode()) {
        const e = walker.currentNode.parentElement, style = getComputedStyle(e);
        if (!walker.currentNode.data.trim() || !e.checkVisibility() || e.closest("script, style, noscript")) continue;
        const colour = e.closest("svg") ? style.fill : style.color;
        if (colour !== "none" && lightness(colour) > 0.6) faint.push(`${e.tagName}.${e.className} ${colour}`);
    }
    return [...new Set(faint)].slice(0, 8);
}"""
DARK_BOXES = """() => {
    const on = [...document.querySelectorAll("body, main, article, article *")].filter((e) => e.checkVisibility());
    return [...new Set(on.map((e) => [e, getComputedStyle(e).backgroundColor.match(/[\\d.]+/g).map(Number)])
        .filter(([e, [r, g, b, a = 1]]) => a > 0.5 && r + g + b < 450 && e.getBoundingClientRect().width > 40)
        .map(([e]) => `${e.tagName}.${e.className}`))].slice(0, 8); }"""


@pytest.mark.soak  # how soon the scrollbar tells the truth depends on how busy the machine is
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_settled_page_is_as_long_as_its_scrollbar_says(chromium: sync_api.Browser, name: str, width: int) -> None:
    page, _ = opened(chromium, file(name), width=width)
    settled(page)
    height = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate("scrollTo(0, 1e6)")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("document.documentElement.scrollHeight") == pytest.approx(height, rel=0.02)
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_nothing_covers_a_formula_or_leaves_its_line(chromium: sync_api.Browser, name: str) -> None:
    page, _ = opened(chromium, file(name), width=390)
    stands_still(page)
    assert page.evaluate(COVERED) == []
    assert page.evaluate(ALONE) == []
    for indent in page.locator(".admonition > ul, .admonition > ol").evaluate_all(
        "(lists) => lists.map((list) => parseFloat(getComputedStyle(list).paddingLeft))"
    ):
        assert indent >= 16, "bullets stand on the rule of their box"
    title = page.locator(".phone-title")
    if title.count():
        assert title.is_visible()
        assert (
            page.locator("h1:visible").first.inner_text().replace("#", "").strip().startswith(title.inner_text()[:12])
        )
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_long_lines_fade_where_they_go_on(chromium: sync_api.Browser, name: str) -> None:
    for width in (1440, 390):
        page, _ = opened(chromium, file(name), width=width)
        settled(page)
        shown = (
            f"({CLIPPED})().filter((e) => parseFloat(getComputedStyle(e).getPropertyValue('--fade-right')) < 8).length"
        )
        assert page.evaluate(shown) == 0
        page.close()


@pytest.mark.parametrize("name", PAGES)
def test_notes_stand_beside_the_text_and_leave_the_contents_alone(chromium: sync_api.Browser, name: str) -> None:
    page, _ = opened(chromium, file(name))
    settled(page)
    for note in page.locator("aside.side-note").all():
        note.scroll_into_view_if_needed()
        gap = note.evaluate("e => e.getBoundingClientRect().left - e.parentElement.getBoundingClientRect().left")
        assert gap < 720  # pixels from where the text begins, whose lines are 648 long
        assert "hide" not in (page.locator(".bd-sidebar-secondary").get_attribute("class") or "").split()
    page.close()


def test_without_scripts_each_figure_is_a_picture(chromium: sync_api.Browser) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 900}, java_script_enabled=False)
    for name in PAGES:
        page.goto(file(name))
        promised = (HTML / f"book/{name}.html").read_text(encoding="utf-8").count("widget-view+json")
        pictures = page.locator("figure.no-script > img")
        shown = pictures.evaluate_all("(all) => all.map((e) => [e.complete, e.naturalWidth, e.alt, e.width, e.height])")
        assert len(shown) == promised
        for complete, natural, alt, width, height in shown:
            assert complete
            assert natural > 1000  # twice as many dots as pixels on a page
            assert 200 < width <= 390
            assert 60 < height < 700
            assert len(alt.split()) >= 8, f"{name}: a picture is described by {alt!r} alone"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_paper_is_black_on_white(chromium: sync_api.Browser, name: str) -> None:
    page, wrong = opened(chromium, file(name), width=700, theme="dark")
    settled(page)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(FAINT) == []
    assert page.evaluate(DARK_BOXES) == []
    assert page.evaluate(f"({CLIPPED})().length") == 0
    assert page.locator(".bd-header-article:visible, article button:visible, .headerlink:visible").count() == 0
    assert wrong == []
    page.close()
