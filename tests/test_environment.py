"""Three lists of requirements have to agree: pyproject.toml rules, environment.yml and Colab's versions follow."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = [Requirement(line) for line in PROJECT["dependencies"]]
CONDA_NAMES = {"torch": "pytorch"}  # elsewhere conda-forge uses PyPI's name in lower case
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
TOOLS = {"git", "make", "pip"}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_conda_environment_asks_for_exactly_what_pyproject_asks_for():
    conda = {normal(r.name): r.specifier for r in map(Requirement, (line for line in CONDA if isinstance(line, str)))}
    expected = {CONDA_NAMES.get(normal(r.name), normal(r.name)): r.specifier for r in REQUIRED}
    expected["python"] = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert conda == expected | dict.fromkeys(TOOLS, Requirement("any").specifier)


def test_conda_environment_installs_the_extras_that_exist():
    (pip,) = (line["pip"] for line in CONDA if isinstance(line, dict))
    (editable,) = (line for line in pip if line.startswith("-e "))
    extras = re.fullmatch(r"-e \.\[([\w,]+)\]", editable)[1].split(",")
    assert {"book", "test"} <= set(extras) <= set(PROJECT["optional-dependencies"])
    for line in pip:
        if line.startswith("-c "):
            assert (ROOT / line[3:]).is_file()


COLAB = [
    Requirement(line)
    for line in (ROOT / "tests/colab/requirements.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("required", REQUIRED, ids=lambda requirement: requirement.name)
def test_colab_has_every_dependency_in_a_version_that_will_do(required):
    (shipped,) = (r for r in COLAB if normal(r.name) == normal(required.name))
    for pin in shipped.specifier:
        assert required.specifier.contains(pin.version), f"Colab's {required.name} {pin.version} would be replaced"
