"""One drag in Firefox, driven through WebDriver BiDi, which Firefox speaks by itself."""

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
        self.call("session.new", capabilities={})
        self.tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.sent:
                assert answer["type"] == "success", answer
                return answer["result"]

    def value(self, expression: str) -> Any:
        target = {"context": self.tab}
        found = self.call(
            "script.evaluate", expression=f"JSON.stringify({expression})", target=target, awaitPromise=True
        )
        return json.loads(found["result"]["value"])

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
    page = Path(tmp_path / "page.html")
    page.write_text(page_of([widgets.MoveGaussians()]), encoding="utf-8")
    firefox.call("browsingContext.navigate", context=firefox.tab, url=page.as_uri(), wait="complete")
    while not firefox.value("document.documentElement.dataset.widgets ?? null"):
        time.sleep(0.05)
    assert firefox.value("document.querySelectorAll('[data-failed]').length") == 0
    box = firefox.value(f"{HANDLE}.querySelector('.me-knob').getBoundingClientRect()")
    firefox.drag(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, 100)
    deadline = time.monotonic() + 10
    while float(firefox.value(f"{HANDLE}.getAttribute('aria-valuenow')")) == 2:
        assert time.monotonic() < deadline
    shown = firefox.value("document.querySelector('[data-widget]').wganState()")
    assert shown["mean_q"] > 3
    pair = (0, 1, shown["mean_q"], 1)
    for name in ("js", "w1", "kl"):
        assert shown[name] == pytest.approx(float(getattr(divergences, f"{name}_normals")(*pair)), abs=1e-9)
