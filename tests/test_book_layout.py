"""How long the built pages are, and what stands in them without scripts."""

import pytest
from playwright import sync_api
from test_book_pages import HTML, PAGES, file, opened, settled

pytestmark = pytest.mark.browser


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
