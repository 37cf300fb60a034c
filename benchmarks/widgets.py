"""Print what the built book's pages weigh, how soon their widgets are ready, and how fast they answer a drag.

    make book && python benchmarks/widgets.py [chapter ...]

Chromium opens every chapter, or those named, with an empty cache; nothing is compressed on the way. Times are of the
machine at hand, so leave it to this. The aims: at most 1.5 MB a page without pictures and data and 3 MB with
them, widgets ready within 1 s, a drag handled within 2 ms (TransportPlan 8 ms) and drawn by the next frame.

- `code`: kilobytes of the page, its scripts, styles and fonts; `all`: with pictures (images and matplotlib's inline
  figures) and data (what the widgets' state holds beside their scripts and styles, recorded runs above all);
  `.gz`: the same, had the server compressed each answer.
- `file`, `http`: milliseconds from the start of navigation until the first widget stands, and until the last, or until
  the document does where there is none; medians of 7 loads.
- `handled`: milliseconds that all listeners to one pointer move take; `drawn`: those of the frame callbacks that follow
  a move; `to frame`: from the start of the first move since the last frame to the end of that frame's callbacks.
  Medians and 95th percentiles over 60 moves of each of a widget's first 8 handles (or surfaces to draw on), with the
  mouse. `long`: tasks above 50 ms meanwhile. Chromium's clock ticks in tenths of a millisecond.
- `plays`: frames a second while a recorded run is played by its button, over two seconds; `a frame`: milliseconds of
  all frame callbacks in it. The aim: at least 50 frames a second with every layer shown.
"""

import gzip
import json
import math
import os
import re
import shutil
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
HTML = ROOT / "_build/html"
CHAPTERS = ["index", *re.findall(r"- file: book/(\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
FIGURE = re.compile(r'<svg class="[^"]*figure-svg".*?</svg>', re.DOTALL)
STATE = re.compile(r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', re.DOTALL)
LOADS, MOVES, HANDLES, KEYS = 7, 60, 8, ("handled", "drawn", "late")

# Runs before the page's own scripts: whoever listens to pointer moves can be dragged, and is timed.
WATCH = """
const seen = (window.seen = { held: [], handled: new Map(), frames: new Map(), long: [] });
const stamp = () => (seen.ready ??= performance.now());
document.addEventListener("widgets-ready", stamp);
document.addEventListener("widget-ready", () => (seen.first ??= performance.now()));
document.addEventListener("DOMContentLoaded", () => document.querySelector("script[type*=widget-view]") || stamp());
const note = (list) => seen.long.push(...list.getEntries().map((task) => task.duration));
new PerformanceObserver(note).observe({ type: "longtask" });
let moved = null; // when the first move since the last frame began
const listen = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (type, listener, options) {
  if (type !== "pointermove" || !(this instanceof Element)) return listen.call(this, type, listener, options);
  if (!seen.held.includes(this)) seen.held.push(this);
  const timed = function (event) {
    const start = performance.now();
    listener.call(this, event);
    seen.handled.set(event, (seen.handled.get(event) ?? 0) + performance.now() - start);
    moved ??= start;
  };
  return listen.call(this, type, timed, options);
};
const next = window.requestAnimationFrame;
window.requestAnimationFrame = (draw) => next((time) => {
  const start = performance.now();
  draw(time);
  seen.every?.(time, start);
  if (moved !== null) seen.frames.set(time, { since: moved, drawn: 0 });
  moved = null;
  const frame = seen.frames.get(time);
  if (!frame) return;
  frame.drawn += performance.now() - start;
  frame.late = performance.now() - frame.since;
});
"""
TAKEN = """() => ({ handled: [...seen.handled.values()], drawn: [...seen.frames.values()].map((f) => f.drawn),
  late: [...seen.frames.values()].map((f) => f.late), long: seen.long })"""

PLAYED = """() => new Promise((done) => {
  const end = performance.now() + 2000;
  const first = new Map(), last = new Map();
  seen.every = (time, start) => { first.set(time, first.get(time) ?? start); last.set(time, performance.now()); };
  const look = () => (performance.now() < end ? setTimeout(look, 20) : finish());
  const finish = () => { seen.every = null; done([...first].map(([time, start]) => last.get(time) - start)); };
  look(); })"""


@contextmanager
def serving() -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(HTML))
    handler.func.log_message = lambda *_: None  # type: ignore[attr-defined]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def weights(browser: Browser, address: str) -> list[float]:
    """Kilobytes of the code and of everything, then both compressed."""
    answers, page = [], browser.new_page()
    page.on("response", lambda answer: None if answer.url.startswith(("blob:", "data:")) else answers.append(answer))
    page.goto(address, wait_until="networkidle")
    everything = {answer.url: answer.body() for answer in answers if answer.ok}
    pictures = {answer.url for answer in answers if answer.headers.get("content-type", "").startswith("image/")}
    page.close()
    code = {url: body for url, body in everything.items() if url not in pictures}
    code[address] = STATE.sub(scripts, FIGURE.sub("", code[address].decode())).encode()
    both = (code.values(), everything.values())
    return [sum(map(len, bodies)) / 1e3 for bodies in both] + [
        sum(len(gzip.compress(body, 6)) for body in bodies) / 1e3 for bodies in both
    ]


def scripts(state: re.Match[str]) -> str:
    """Keep of the widgets' state what is code: the style sheets; the modules stand in a script of their own."""
    return json.dumps(json.loads(state[1])["styles"])


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})  # a context of its own: nothing is cached
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_function("() => seen.ready")
    return page


def ready(browser: Browser, address: str) -> str:
    """Median milliseconds until the first widget and until all of them stand."""
    times = []
    for _ in range(LOADS):
        page = opened(browser, address)
        times.append(page.evaluate("[seen.first ?? seen.ready, seen.ready]"))
        page.close()
    return "/".join(f"{statistics.median(column):.0f}" for column in zip(*times, strict=True))


def drags(browser: Browser, address: str) -> Iterator[tuple[str, int, dict[str, list[float]]]]:
    """Yield each widget's name, its number of handles dragged, and its times."""
    page = opened(browser, address)
    for widget in page.locator(".me-widget:not(.figure-svg)").element_handles():
        widget.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        page.evaluate("() => { seen.handled.clear(); seen.frames.clear(); seen.long = []; }")
        held = page.evaluate_handle("(widget) => seen.held.filter((e) => widget.contains(e))", widget)
        handles = [handle.as_element() for handle in held.get_properties().values()][:HANDLES]
        for handle in handles:
            handle.scroll_into_view_if_needed()
            if box := handle.bounding_box():
                drag(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        taken = page.evaluate(TAKEN)
        yield widget.get_attribute("aria-label"), len(handles), taken
    page.close()


def drag(page: Page, x: float, y: float) -> None:
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(MOVES):
        page.mouse.move(x + 60 * math.sin(i / 9), y + 30 * math.sin(i / 7))
    page.mouse.up()
    page.wait_for_timeout(50)


def films(browser: Browser, address: str) -> Iterator[tuple[str, float, list[float]]]:
    """Yield the name of each widget that plays recorded frames, frames a second, and milliseconds of each frame."""
    page = opened(browser, address)
    for widget in page.locator('[data-widget="RunPlayer"]').element_handles():
        widget.scroll_into_view_if_needed()
        for box in widget.query_selector_all("input[type=checkbox]"):
            box.evaluate("(e) => { if (!e.checked) e.click(); }")
        if button := widget.query_selector(".me-play"):
            button.click()
            times = page.evaluate(PLAYED)
            yield widget.get_attribute("aria-label"), len(times) / 2, times
            button.click()
    page.close()


def at(share: float, values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else math.nan


def main(names: list[str]) -> None:
    unknown = [name for name in names if not (HTML / f"book/{name}.html").exists()]
    if unknown:
        sys.exit(
            f"not in the built book: {', '.join(unknown)}; run `make book` first, or choose of {', '.join(CHAPTERS)}"
        )
    with sync_playwright() as playwright, serving() as server:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        if hasattr(os, "getloadavg"):
            print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
        print(f"{'page, kB and ms':30}{'code':>7}{'all':>7}{'code.gz':>9}{'all.gz':>8}{'file':>11}{'http':>11}")
        for name in names:
            served, local = f"{server}/book/{name}.html", f"{HTML.as_uri()}/book/{name}.html"
            code, whole, packed_code, packed = weights(browser, served)
            print(f"{name:30}{code:7.0f}{whole:7.0f}{packed_code:9.0f}{packed:8.0f}", end="", flush=True)
            print(f"{ready(browser, local):>11}{ready(browser, served):>11}")
        print(f"\n{'widget, ms (p50/p95)':60}{'moves':>6}{'handled':>12}{'drawn':>12}{'to frame':>12}{'long':>6}")
        for name in names:
            for label, handles, taken in drags(browser, f"{HTML.as_uri()}/book/{name}.html"):
                times = "".join(f"{at(0.5, taken[key]):7.1f}/{at(0.95, taken[key]):<4.1f}" for key in KEYS)
                print(f"{f'{name}: {label}':58.58}{handles:2}{len(taken['handled']):6}{times}{len(taken['long']):6}")
        print(f"\n{'film':60}{'plays':>8}{'a frame, ms (p50/p95)':>24}")
        for name in names:
            for label, speed, times in films(browser, f"{HTML.as_uri()}/book/{name}.html"):
                print(f"{f'{name}: {label}':58.58}{speed:10.0f}{at(0.5, times):17.1f}/{at(0.95, times):<4.1f}")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:] or CHAPTERS)
