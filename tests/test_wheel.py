"""The wheel that a reader in Colab installs holds all that git tracks in the library, and a chapter runs on it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow

RUN = """
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read({notebook!r}, as_version=4)
where = "import wgan_lib; assert wgan_lib.__file__.startswith({environment!r}), wgan_lib.__file__"
notebook.cells.insert(0, nbformat.v4.new_code_cell(where))
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
"""


def tracked(folder: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.split("\n") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what git tracks, so that nothing left over in the tree can get in."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in tracked("wgan_lib") | {"pyproject.toml", "README.md", "LICENSE", "NOTICES.md"}:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(built), str(source)]
    subprocess.run(build, check=True)
    (found,) = built.glob("wgan_lib-*.whl")
    return found


def test_the_wheel_holds_every_tracked_file_of_the_library_and_nothing_else(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if not name.split("/")[0].endswith(".dist-info")}
    assert held == tracked("wgan_lib")


def test_a_chapter_runs_on_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True)
    # What the library needs is taken from this environment; its own editable copy of the library is not.
    paths = sysconfig.get_paths(vars={"base": str(environment), "platbase": str(environment)})
    (Path(paths["purelib"]) / "needed.pth").write_text(sysconfig.get_paths()["purelib"])
    told = {"environment": str(environment.resolve()), "notebook": str(ROOT / "book/wasserstein-1d.ipynb")}
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [python, "-c", RUN.format(**told)]
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
