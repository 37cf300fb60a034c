"""What the README tells a newcomer to type works in an empty folder; one setting holds the repository's address."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LIBRARY = README[README.index("## The library") : README.index("## Where things are")]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", LIBRARY, re.DOTALL)


def answer(arguments: list[str], folder: Path) -> str:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_command_lines_of_the_readme_work_in_an_empty_folder(tmp_path: Path) -> None:
    ring, own = ([shlex.split(line) for line in block.splitlines()] for block in blocks("bash"))
    assert all(line[:3] == ["python", "-m", "wgan_lib"] for line in own)  # test_commands runs these on data of its own
    lines = ring
    assert [line[:4] for line in lines[1:]] == [
        ["python", "-m", "wgan_lib", command] for command in ("train", "resume", "evaluate")
    ]
    said = []
    for line in lines:
        shorter = ["--steps", "30", "--quiet"] if "train" in line else []
        said.append(answer(line[1:] + shorter, tmp_path))
    assert lines[1][4] in said[0]  # the preset is listed
    assert "30 steps" in said[1]
    assert "nothing is left to train" in said[2]
    assert "W1 to held-out" in said[3]
    assert os.listdir(tmp_path) == ["ring"]


@pytest.mark.slow
def test_the_cell_of_the_readme_trains_in_five_lines(tmp_path: Path) -> None:
    (cell,) = blocks("python")
    imports, _, lines = cell.partition("\n\n")
    assert len(ast.parse(lines).body) == 5
    assert cell.count("n_steps=500") == 1
    printed = answer(["-c", cell.replace("n_steps=500", "n_steps=60")], tmp_path)
    assert re.fullmatch(r"\[[-\d.e\s]+\]\n", printed)
    assert imports.startswith("import torch")


def test_one_setting_holds_the_address_of_the_repository() -> None:
    """And the citation, which no build writes: `test_citation.py` holds it to the setting."""
    address = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    name = address.removeprefix("https://github.com/")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    made = (".ipynb",)  # the notebooks' address is put in when they are made, and a test keeps them fresh
    holding = [
        path
        for path in tracked
        if not path.endswith(made) and name.encode() in ((ROOT / path).read_bytes() if (ROOT / path).is_file() else b"")
    ]
    assert holding == ["CITATION.cff", "_config.yml"]
