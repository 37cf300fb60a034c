"""Pages that hold widgets as a built page does, and what tests do to them. Fixtures are handed on by conftest.py."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pytest
from ipywidgets.embed import embed_data
from playwright import sync_api

from wgan_lib import runs, widgets
from wgan_lib.runs import Run

HOST = (Path(__file__).parent.parent / "book/_static/widget-host.js").read_text(encoding="utf-8")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--js-flags=--expose-gc"]  # fmt: skip
STYLE = """body { margin: 0; background: var(--pst-color-background) }
main { max-width: 55rem; margin: auto; padding: 16px }
html[data-theme=dark] { --pst-color-background: #14181e } html { --pst-color-background: #fff }
dl[class]:not(.option-list, .field-list, .footnote, .glossary, .simple) { margin-bottom: 3rem }
dl[class]:not(.option-list, .field-list, .footnote, .glossary, .simple) dd { margin-left: 2rem }"""
"""The last two rules are the theme's: what it says of lists would move the numbers of a widget."""


def page_of(views: list[ipywidgets.Widget], theme: str = "light", after: str = "") -> str:
    """A page that carries widget state and views in the same scripts as myst-nb writes them."""
    data = embed_data(views, drop_defaults=False)
    shown = [
        f'<script type="application/vnd.jupyter.widget-view+json">{json.dumps(v)}</script>' for v in data["view_specs"]
    ]
    state = json.dumps(data["manager_state"]).replace("</script>", r"<\/script>")
    return f"""<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1"><title>Widgets</title>
    <style>{STYLE}</style>
    <script type="application/vnd.jupyter.widget-state+json">{state}</script><script>{HOST}</script>
    </head><body><main>{"<p>Between</p>".join(shown)}{after}</main></body></html>"""


@pytest.fixture(scope="session")
def playwright() -> Iterator[sync_api.Playwright]:
    """Playwright's one server: a second one in the same thread refuses to start while this one lives."""
    with sync_api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: sync_api.Playwright) -> Iterator[sync_api.Browser]:
    """One Chromium for all tests: the system's where there is one, else Playwright's own."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    started = playwright.chromium.launch(executable_path=found, args=QUIET)
    yield started
    started.close()


@pytest.fixture(scope="session")
def chromium(browser: sync_api.Browser) -> sync_api.Browser:
    """The browser, for tests that read the built book."""
    if not (Path(__file__).parent.parent / "_build/html/index.html").exists():
        pytest.fail("the book is not built: run `make book` first")
    return browser


@dataclass
class Tab:
    """A page kept open between tests, and what the present test expects of it. A new one costs half a second of CPU."""

    page: sync_api.Page
    here: str = ""
    errors: bool = False
    faults: list[str] = field(default_factory=list)

    def watch(self) -> "Tab":
        """Note requests to elsewhere, page errors, and unexpected console errors."""
        self.page.on("request", lambda r: None if r.url.startswith(self.known) else self.faults.append(r.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" and not self.errors else None)
        return self

    @property
    def known(self) -> tuple[str, ...]:
        """What the page may ask for."""
        return self.here, "blob:", "data:", "about:blank"

    def leave(self) -> None:
        """Forget what the test did, so that the next one finds an empty page."""
        self.page.mouse.up()
        self.page.emulate_media(media="null")
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self.page.goto("about:blank")
        self.faults = []


@pytest.fixture(scope="session")
def tabs(browser) -> dict[str, list[Tab]]:
    """The pages that are open, by the options of their contexts."""
    return {}


@pytest.fixture
def open_page(browser, tabs, tmp_path) -> Iterator[Callable[..., sync_api.Page]]:
    """Open a page of given widgets; fail on a request to elsewhere, a page error, an unexpected console error."""
    taken: list[Tab] = []
    faults: list[str] = []

    def opened(*views, theme="light", link="", width=1000, errors=False, url=None, after="", **context):
        (tmp_path / "page.html").write_text(page_of(list(views), theme, after), encoding="utf-8")
        known = tabs.setdefault(repr(sorted(context.items())), [])
        tab = next((tab for tab in known if tab not in taken and not tab.page.is_closed()), None)
        if tab is None:
            made = browser.new_context(viewport={"width": width, "height": 900}, **context)
            made.set_default_timeout(20_000)
            tab = Tab(made.new_page()).watch()
            known.append(tab)
        taken.append(tab)
        tab.here, tab.errors, tab.faults = url or tmp_path.as_uri(), errors, faults
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.page.goto(f"{tab.here}/page.html{link}")
        tab.page.wait_for_selector("html[data-widgets=ready]")
        return tab.page

    yield opened
    for tab in taken:
        if not tab.page.is_closed():
            tab.leave()
    assert faults == []


def phone(open_page, *views, **context) -> sync_api.Page:
    """The widgets on a phone, 390 px wide."""
    return open_page(*views, width=390, has_touch=True, is_mobile=True, **context)


def until(check: Callable[[], Any], seconds: float = 15) -> Any:
    """What `check` returns once it is neither false nor raises: a page shows a state some frames after its event."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = check()
            assert found is not False
            return found
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.03)


def state(page: sync_api.Page, nth: int = 0) -> dict[str, Any]:
    """All traits and readings of a widget, as the page's script sees them."""
    return page.evaluate(f"document.querySelectorAll('[data-widget]')[{nth}].wganState()")


def drawn(page: sync_api.Page) -> None:
    """Wait for the draw that the last event asked for: widgets draw in the next frame."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def settled(page: sync_api.Page, nth: int = 0) -> dict[str, Any]:
    """The state once the last event was drawn."""
    drawn(page)
    return state(page, nth)


def readings(page: sync_api.Page) -> dict[str, str]:
    """The numbers as they are written once the last event was drawn, by their names; all at once: they come and go."""
    drawn(page)
    each = "all => Object.fromEntries(all.map((e) => [e.dataset.reading, e.innerText]))"
    return page.locator("[data-reading]").evaluate_all(each)


def handle(page: sync_api.Page, name: str) -> sync_api.Locator:
    """The first handle of that name."""
    return page.locator(f'g[role=slider][aria-label^="{name}"]').first


def centre(target: sync_api.Locator) -> tuple[float, float]:
    """Where a handle's knob is."""
    box = target.locator(".me-knob, .me-block").first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: sync_api.Page, start: tuple[float, float], *way: tuple[float, float]) -> None:
    """Drag with the mouse from a place by some steps (dx, dy), each from the start."""
    page.mouse.move(*start)
    page.mouse.down()
    for dx, dy in way:
        page.mouse.move(start[0] + dx, start[1] + dy, steps=3)
    page.mouse.up()
    drawn(page)


def swipe(page: sync_api.Page, x: float, y: float, dx: float, dy: float, *, scrolls: bool = False) -> None:
    """Drag with a finger. From a page that is too busy to answer the browser takes the touch away: then once more."""
    page.evaluate("() => addEventListener('pointercancel', () => (window.takenAway = true), true)")
    cdp = page.context.new_cdp_session(page)
    for _ in range(3):
        page.evaluate("() => (window.takenAway = false)")
        drawn(page)
        cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        drawn(page)
        for step in range(1, 11):
            at = {"x": x + dx * step / 10, "y": y + dy * step / 10}
            cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        drawn(page)
        if scrolls or not page.evaluate("window.takenAway"):
            return


def ambient(draws: int = 3) -> widgets.AmbientDimension:
    """AmbientDimension with invented measurements in the shapes of the chapter's."""
    rng = np.random.default_rng(9)
    dims = [2, 3, 40, 12288]
    accuracy = np.sort(rng.uniform(0.55, 0.999, (4, draws)), axis=0)
    js = np.log(2) + accuracy * np.log(accuracy) + (1 - accuracy) * np.log(1 - accuracy)
    return widgets.AmbientDimension(
        dims, accuracy=accuracy, js=js, w1=rng.uniform(0.9, 2.1, (4, draws)), w1_null=rng.uniform(0.1, 0.4, (4, draws)),
        nearest=rng.lognormal(0, 0.4, (4, 50)), nearest_null=rng.lognormal(-1.5, 0.4, (4, 60)),
    )  # fmt: skip


def curves() -> widgets.Curves:
    """Curves of two settings with a bound, a panel of its own for the noise, and places where there is no number."""
    n, d = np.array([32, 64, 128, 256]), np.array([[2], [5]])
    bias = n ** (-1 / d)
    noise = np.where(n > 32, 0.5 / np.sqrt(n), np.nan)
    bound = widgets.Line("bound", 0.7 * bias, "muted", dashed=True)
    return widgets.Curves(
        n,
        {
            "bias": {"mean": widgets.Line("mean", bias, "critic"), "bound": bound},
            "noise": {"sd": widgets.Line("sd", noise)},
        },
        *("samples from each law, n", "n"),
        setting="Dimension",
        settings=["d = 2", "d = 5"],
        log_x=True,
        log_y=["bias"],
        place=1,
    )


def heaps() -> widgets.NullHeaps:
    """NullHeaps with invented readings."""
    rng = np.random.default_rng(8)
    equal = rng.uniform(0.1, 0.3, (2, 3, 30))
    return widgets.NullHeaps([1, 10], [16, 32, 64], equal, equal + 0.05, 0.5)


def clouds() -> widgets.RecordedClouds:
    """RecordedClouds of two settings and three frames."""
    rng = np.random.default_rng(10)
    w1 = widgets.Line("W₁", rng.uniform(1, 2, (2, 3)), "critic")
    return widgets.RecordedClouds(
        rng.normal(size=(8, 2)),
        rng.normal(size=(2, 3, 40, 2)),
        ["one step", "five steps"],
        ["0", "500", "1,000"],
        setting="Discriminator",
        moment="Step",
        numbers={"w1": w1},
        reach=3.0,
    )


def repaint() -> widgets.Repaint:
    """Repaint with twelve points a cloud."""
    rng = np.random.default_rng(5)
    return widgets.Repaint(rng.normal(size=(2, 12, 2)), np.array([[[0]], [[0.8]]]) + rng.normal(size=(2, 12, 2)), rng)


def search(seed: int = 0) -> runs.Run:
    """A small search as experiments/constraint_by_loss.py records it: invented W1, one run that blew up."""
    rng = np.random.default_rng(seed)
    fixed = {"null w1": rng.uniform(0.05, 0.1, 8)}
    for level, pair in enumerate(("clipping, Wasserstein", "GP, Wasserstein", "SN, non-saturating", "GP, hinge")):
        w1 = rng.lognormal(-1.5 + 0.2 * level, 0.5, (6 - level // 3, 5, 3))
        w1[1, 3:, level % 3] = np.nan
        seconds = np.cumsum(rng.uniform(1, 2 + level, (len(w1), 5)), 1)
        seconds[1, 3:] = np.nan
        fixed |= {f"{pair}/w1": w1, f"{pair}/seconds": seconds}
    return runs.Run({"index": np.array([1])}, {}, fixed)


def budget() -> widgets.BudgetSlider:
    """BudgetSlider of two small searches."""
    return widgets.BudgetSlider({"ring": search(), "grid": search(1)}, trials=2)


def played(seed: int) -> Run:
    """A run of five frames with every layer that RunPlayer draws, invented."""
    rng, axis = np.random.default_rng(seed), np.linspace(-1.5, 1.5, 12, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    times = np.arange(5)[:, None, None]
    frames = {
        "index": np.array([0, 9, 19, 29, 39]),
        "samples": rng.normal(0, 0.6, (5, 30, 2)),
        "critic": np.sin(x + times / 4 + seed) * np.cos(y),
        "slope": np.exp(x * y + times / 4 - 0.5),
        "lattice": rng.normal(0, 0.1, (5, 4, 4, 2)) + np.stack(np.meshgrid(np.arange(4) / 2, np.arange(4) / 2), -1),
        "layers": rng.lognormal(0, 1, (5, 3)),
        "gap": rng.uniform(0.1, 2, 5),
        "w1": rng.uniform(0.2, 1, 5),
    }
    fixed = {"real": rng.normal(size=(30, 2)), "grid_x": axis, "grid_y": axis, "null": rng.uniform(0.1, 0.2, 4)}
    return Run(frames, {}, fixed)


def quality() -> widgets.ErrorQuality:
    """ErrorQuality of three critics with invented readings."""
    rng = np.random.default_rng(12)
    ratios, energies = rng.lognormal(0.2, 0.4, (3, 2, 3, 4)), rng.lognormal(-4, 1, (3, 2, 3, 4))
    names = ["exact transport", "c-transform", "gradient penalty"]
    return widgets.ErrorQuality(names, [2, 32], [16, 64, 256], ratios, energies, 0.002, batch=1)


EVERY: dict[str, Callable[[], widgets.BookWidget]] = {
    "MoveGaussians": widgets.MoveGaussians,
    "ParallelLines": lambda: widgets.ParallelLines(tilt=30.0, noise=0.1),
    "AmbientDimension": ambient,
    "SandPiles": widgets.SandPiles,
    "TransportPlan": widgets.TransportPlan,
    "TwoSides": widgets.TwoSides,
    "LipschitzCones": lambda: widgets.LipschitzCones(values=[0.0, 3.0, 1.0, 2.0]),
    "ExactAndLearned": lambda: widgets.ExactAndLearned(frame=8),
    "ClippingDepth": widgets.ClippingDepth,
    "BoxSlope": widgets.BoxSlope,
    "BudgetSlider": budget,
    "ErrorQuality": quality,
    "TwoEllipses": widgets.TwoEllipses,
    "PowerIteration": lambda: widgets.PowerIteration(3),
    "TwoUnits": widgets.TwoUnits,
    "Curves": curves,
    "PlanTable": widgets.PlanTable,
    "Uncross": widgets.Uncross,
    "NullHeaps": heaps,
    "Slice": lambda: widgets.Slice(*np.random.default_rng(4).normal(size=(2, 12, 2))),
    "Repaint": repaint,
    "LoopPush": widgets.LoopPush,
    "SinkhornBlur": lambda: widgets.SinkhornBlur(*np.random.default_rng(6).uniform(0.1, 1, (2, 24))),
    "RecordedClouds": clouds,
    "LoadSlack": widgets.LoadSlack,
    "CTransform": widgets.CTransform,
    "FlatSpot": lambda: widgets.FlatSpot(split=0.5),
    "Interpolates": lambda: widgets.Interpolates(values=[0.0, 1.5, 3.0, 4.0, 3.0, 3.5, 5.0, 5.5, 6.0]),
    "PairsInPlane": widgets.PairsInPlane,
    "TwoSidedTrap": widgets.TwoSidedTrap,
    "ConstantPull": widgets.ConstantPull,
    "RunPlayer": lambda: widgets.RunPlayer({name: played(k) for k, name in enumerate(("first", "second", "third"))}),
    "Diagnose": lambda: widgets.Diagnose(case=3),
    "LatentWalk": widgets.LatentWalk,
    "DiracPlane": lambda: widgets.DiracPlane(constraint="R1", strength=0.5, step=20),
}
