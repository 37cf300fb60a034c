"""The same widget in a live JupyterLab: a drag reaches the Python object, and a trait set there moves the handle."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator

import nbformat
import pytest
from playwright import sync_api

from wgan_lib import divergences

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 240_000  # milliseconds: from a cold disk, on a loaded machine, a kernel takes a minute to import torch
CELLS = [
    "from wgan_lib.widgets import MoveGaussians\nw = MoveGaussians()\nw",
    'print("now", [w.mean_q, w.js, w.w1])',
    "w.mean_q = -1.5",
]


@pytest.fixture
def lab(tmp_path) -> Iterator[str]:
    """The address of a JupyterLab that shows a notebook with CELLS."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "live.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    options = {
        "ServerApp.port": port, "ServerApp.port_retries": 0, "ServerApp.root_dir": tmp_path,
        "IdentityProvider.token": "", "LabApp.news_url": "",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    log = tmp_path / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(command, env={**os.environ, **places}, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield f"http://127.0.0.1:{port}/lab/tree/live.ipynb?reset"
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_drag_reaches_python_and_python_reaches_the_handle(lab, browser):
    page = browser.new_page(viewport={"width": 1300, "height": 1400})
    page.set_default_timeout(WAIT)
    for _ in range(100):  # until the server listens
        try:
            page.goto(lab)
            break
        except sync_api.Error:
            page.wait_for_timeout(300)
    editors = page.locator(".jp-CodeCell .cm-content")
    editors.first.wait_for()
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")

    def run(cell: int) -> None:
        """Until its prompt says that it was: before all is connected, JupyterLab drops what it is asked to run."""
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
        for _ in range(40):
            editors.nth(cell).click()
            page.keyboard.press("Control+Enter")
            with contextlib.suppress(AssertionError):
                sync_api.expect(prompts.nth(cell)).not_to_have_text("[ ]:", timeout=6000)
                break
        sync_api.expect(prompts.nth(cell)).to_have_text(re.compile(r"\[\d+\]:"), timeout=WAIT)

    run(0)
    handle = page.locator('[aria-label="mean of Q"]')
    handle.wait_for()
    handle.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.me-tick')")
    box = handle.locator(".me-knob").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y, steps=6)
    page.mouse.up()
    page.wait_for_function("Number(document.querySelector('[aria-label=\"mean of Q\"]').ariaValueNow) > 3")
    shown = float(handle.get_attribute("aria-valuenow"))
    assert shown > 3
    assert page.get_by_role("button", name="Copy link").count() == 0  # a notebook has no address to share

    run(1)
    output = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output")
    output.wait_for()
    assert json.loads(output.inner_text().removeprefix("now")) == pytest.approx(
        [shown, divergences.js_normals(0, 1, shown, 1), shown]
    )
    run(2)
    page.wait_for_function("document.querySelector('[aria-label=\"mean of Q\"]').ariaValueNow === '-1.5'")
    page.close()
