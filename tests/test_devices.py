"""Every device of this machine trains, resumes and is measured as the CPU is, in a process that sees all of them."""

import ast
import os
import subprocess
import sys

import jupytext
from chapter_code import ROOT


def test_every_device_trains_and_resumes_as_the_cpu_does():
    environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "every_device.py")], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("devices: cpu")


def test_chapters_name_the_device_where_they_look_at_networks_afterwards():
    """On a GPU "auto" would leave the networks there, and the next cell has its points on the CPU."""
    chapters = [page for page in (ROOT / "book").glob("*.md") if "{code-cell}" in page.read_text(encoding="utf-8")]
    pages = [jupytext.read(page) for page in chapters]
    cells = [cell.source for page in pages for cell in page.cells if cell.cell_type == "code"]
    nodes = [node for source in cells if "training.train(" in source for node in ast.walk(ast.parse(source))]
    calls = [n for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) == "training.train"]
    assert calls
    assert all("'cpu'" in [ast.unparse(k.value) for k in call.keywords if k.arg == "device"] for call in calls)
