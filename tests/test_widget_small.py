"""A new widget with one handle, one slider and one plot: ≤ 25 lines of JavaScript, ≤ 20 of Python, all of it live."""

import inspect
import re
import shutil
from pathlib import Path

import pytest
import traitlets as t
from widget_pages import centre, drag, handle, phone, settled, until

import wgan_lib
from wgan_lib.widgets import BookWidget
from wgan_lib.widgets.book_widget import Number, joined, reading

SOURCE = Path(__file__).parent / "js/two-cities.mjs"
KIT = Path(wgan_lib.__file__).parent / "js"


class TwoCities(BookWidget):
    """A pile of `sand` at `place` on a road, and the `work` of moving it to 0."""

    place = Number(4.0, within=(0.0, 10.0))
    sand = Number(1.0, within=(0.0, 2.0))
    task = t.Unicode("Move the pile twice as far. What happens to the work?").tag(sync=True)

    @reading("place", "sand")
    def work(self) -> float:
        """Mass times distance."""
        return self.place * self.sand


@pytest.fixture
def two_cities(tmp_path, monkeypatch) -> BookWidget:
    shutil.copytree(KIT, tmp_path / "js")
    shutil.copy(SOURCE, tmp_path / "js/widgets")
    monkeypatch.setattr("wgan_lib.widgets.book_widget._JS", tmp_path / "js")
    monkeypatch.setattr(TwoCities, "_esm", joined.__wrapped__("widgets/two-cities.mjs"), raising=False)
    return TwoCities(sand=0.5)


def test_it_is_as_short_as_that_and_the_kits_header_shows_it():
    lines = [line for line in SOURCE.read_text().splitlines() if line.strip()]
    assert len(lines) <= 25
    assert len([line for line in inspect.getsource(TwoCities).splitlines() if line.strip()]) <= 20
    header = (KIT / "kit/kit.mjs").read_text().split("*/")[0]
    shown = {re.sub(r"^ \* ?", "", line).strip() for line in header.splitlines()}
    for line in lines[2:]:
        assert line.strip() in shown, f"the kit's header does not show: {line}"


def test_python_keeps_the_reading():
    cities = TwoCities(place=3)
    cities.sand = 2
    assert cities.work == 6.0
    assert cities.reach == {"place": [0.0, 10.0], "sand": [0.0, 2.0]}


@pytest.mark.browser
def test_handle_slider_link_reset_and_larger_view_work(open_page, two_cities):
    page = open_page(two_cities, link="#two-cities?place=6")
    assert settled(page) == {"place": 6, "sand": 0.5, "work": 3}
    drag(page, centre(handle(page, "place")), (80, 20))
    moved = settled(page)
    assert 6.5 < moved["place"] < 7.5
    assert moved["work"] == pytest.approx(moved["place"] / 2)
    page.locator("input[type=range]").fill("2")
    assert settled(page)["work"] == pytest.approx(2 * moved["place"])
    field = page.locator("input.me-number")
    field.fill("1.25")
    field.press("Enter")
    assert settled(page)["sand"] == 1.25
    page.get_by_role("button", name="Open larger").click()
    wide = "e => e.getBoundingClientRect().width"
    until(lambda: page.locator("dialog [data-widget]").evaluate(wide) == pytest.approx(952, abs=2))
    page.keyboard.press("Escape")
    until(lambda: page.locator("dialog").count() == 0)
    page.get_by_role("button", name="Reset").click()
    assert settled(page) == {"place": 4, "sand": 0.5, "work": 2}
    assert phone(open_page, two_cities).locator("[data-widget]").bounding_box()["height"] <= 620
