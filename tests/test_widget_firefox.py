"""One drag, and one training, in Firefox, driven through WebDriver BiDi, which Firefox speaks by itself."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket  # comes with jupyter-server
from widget_pages import page_of

from wgan_lib import divergences, widgets

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HANDLE = "document.querySelector('[aria-label=\"mean of Q\"]')"


class Firefox:
    """A tab of a headless Firefox."""

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(f"{address}/session", timeout=30, suppress_origin=True)
        self.sent = 0
        self.errors: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.errors.append(answer["params"]["text"])
            if answer.get("id") == self.sent:
                assert answer["type"] == "success", answer
                return answer["result"]

    def value(self, expression: str) -> Any:
        target = {"context": self.tab}
        found = self.call(
            "script.evaluate", expression=f"JSON.stringify({expression})", target=target, awaitPromise=True
        )
        return json.loads(found["result"]["value"])

    def show(self, widget: widgets.BookWidget, path: Path) -> None:
        """Open a page with this widget from a file, and wait until it stands."""
        path.write_text(page_of([widget]), encoding="utf-8")
        self.call("browsingContext.navigate", context=self.tab, url=path.as_uri(), wait="complete")
        self.until("document.documentElement.dataset.widgets ?? null")
        assert self.value("document.querySelectorAll('[data-failed]').length") == 0

    def until(self, expression: str, seconds: float = 60) -> None:
        """Wait until it is true."""
        deadline = time.monotonic() + seconds
        while not self.value(expression):
            assert time.monotonic() < deadline, (expression, self.errors)
            time.sleep(0.05)

    def drag(self, x: float, y: float, by: float) -> None:
        moves = [{"type": "pointerMove", "x": round(x + by * i / 5), "y": round(y)} for i in range(6)]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
        self.call(
            "input.performActions", context=self.tab, actions=[{"type": "pointer", "id": "mouse", "actions": actions}]
        )


@pytest.fixture
def firefox(tmp_path) -> Iterator[Firefox]:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is missing: apt-get install firefox-esr"
    command = [program, "--headless", "--no-remote", "--profile", str(tmp_path), "--remote-debugging-port", "0"]
    log = tmp_path / "firefox.log"
    with log.open("w") as out:
        process = subprocess.Popen([*command, "about:blank"], stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text(errors="replace"))):
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.2)
        yield Firefox(found[1])
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_drag_ends_on_the_closed_forms(firefox, tmp_path):
    firefox.show(widgets.MoveGaussians(), tmp_path / "page.html")
    box = firefox.value(f"{HANDLE}.querySelector('.me-knob').getBoundingClientRect()")
    firefox.drag(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, 100)
    firefox.until("document.querySelector('[data-widget]').wganState().mean_q > 3")
    shown = firefox.value("document.querySelector('[data-widget]').wganState()")
    pair = (0, 1, shown["mean_q"], 1)
    for name in ("js", "w1", "kl"):
        assert shown[name] == pytest.approx(float(getattr(divergences, f"{name}_normals")(*pair)), abs=1e-9)


def test_two_labs_train_in_a_worker_from_a_file(firefox, tmp_path):
    state = "document.querySelector('[data-widget]').wganState()"
    play = "document.querySelector('.me-play')"
    lab = widgets.WganLab(width=32, batch=64, beside="constraint", flow=True, arrows=True, grid=True)
    firefox.show(lab, tmp_path / "page.html")
    firefox.until("document.querySelector('[data-widget]').ariaBusy === 'false'")
    start = firefox.value(state)
    assert start["w1"] == start["beside_w1"]
    firefox.value(f"({play}.click(), true)")
    firefox.until(f"{state}.steps >= 100")
    firefox.value(f"({play}.click(), true)")
    firefox.until(f"{play}.textContent === 'Play'")
    for measured in ("w1", "beside_w1"):  # the worker's exact numbers come after the button has changed
        firefox.until(f"{state}.{measured} < {0.8 * start['w1']}")
    end = firefox.value(state)
    assert end["w1"] != end["beside_w1"]
    assert "WebAssembly" in firefox.value("document.querySelector('.me-readout').textContent")
    pixels = "(c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size)"
    for nth in (0, 1):
        assert firefox.value(f"{pixels}(document.querySelectorAll('.me-two canvas')[{nth}])") > 50  # colours, not one
    assert firefox.errors == []
