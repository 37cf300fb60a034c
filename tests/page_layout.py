"""How a built page stands: nothing covers anything, nothing jumps, paper is black on white, long lines say so."""

from playwright import sync_api

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


def no_formula_is_covered_or_leaves_its_line(page: sync_api.Page) -> None:
    assert page.evaluate(COVERED) == []
    assert page.evaluate(ALONE) == []
    for indent in page.locator(".admonition > ul, .admonition > ol").evaluate_all(
        "(lists) => lists.map((list) => parseFloat(getComputedStyle(list).paddingLeft))"
    ):
        assert indent >= 16, "bullets stand on the rule of their box"
    title = page.locator(".phone-title")
    if title.count():
        assert title.is_visible()
        heading = page.locator("h1:visible").first.inner_text().replace("#", "").strip()
        assert heading.startswith(title.inner_text()[:12])


def long_lines_fade(page: sync_api.Page) -> None:
    faded = "parseFloat(getComputedStyle(e).getPropertyValue('--fade-right')) >= 8"
    assert page.evaluate(f"({CLIPPED})().filter((e) => !({faded})).length") == 0


def notes_stand_beside_the_text(page: sync_api.Page) -> None:
    """And leave the contents alone."""
    for note in page.locator("aside.side-note").all():
        note.scroll_into_view_if_needed()
        gap = note.evaluate("e => e.getBoundingClientRect().left - e.parentElement.getBoundingClientRect().left")
        assert gap < 720  # pixels from where the text begins, whose lines are 648 long
        assert "hide" not in (page.locator(".bd-sidebar-secondary").get_attribute("class") or "").split()


def paper_is_black_on_white(page: sync_api.Page) -> None:
    """The page as it is printed, from a dark screen."""
    page.set_viewport_size({"width": 700, "height": 900})
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(FAINT) == []
    assert page.evaluate(DARK_BOXES) == []
    assert page.evaluate(f"({CLIPPED})().length") == 0
    assert page.locator(".bd-header-article:visible, article button:visible, .headerlink:visible").count() == 0
