"""The tree reads in data order: a module imports only from its left, and displays stay free of torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "wgan_lib"
ORDER = [
    "divergences",
    "sampling",
    "images",
    "networks",
    "transport",
    "losses",
    "constraints",
    "diagnostics",
    "metrics",
    "runs",
    "training",
    "presets",
    "figures",
    "widgets",
]
"""The modules of the design. Others are parts of these: they take whatever place keeps this order."""

LIGHT = ["divergences", "transport", "runs", "figures", "widgets"]


def modules(package: Path) -> dict[str, Path]:
    """Every module by its dotted name within the package; a folder's own name stands for its `__init__`."""
    paths = [path.relative_to(package) for path in package.rglob("*.py")]
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): package / path for path in sorted(paths)}


MODULES = modules(PACKAGE)


def imported(source: str) -> set[str]:
    """The modules of the package that a source imports, inside functions as well."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            prefix = "wgan_lib." if node.level else ""
            base = f"{prefix}{node.module or ''}".rstrip(".")
            names = [base] if base != "wgan_lib" else [f"wgan_lib.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.removeprefix("wgan_lib.") for name in names if name.startswith("wgan_lib.")}
    return found


def reached(graph: dict[str, set[str]], module: str) -> set[str]:
    """The modules that importing one brings in, directly or through others."""
    seen: set[str] = set()
    waiting = list(graph[module])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += graph.get(name, ())
    return seen


def violations(graph: dict[str, set[str]]) -> list[str]:
    """Cycles, and imports from the right, also through modules that the order does not name."""
    found = []
    for module in graph:
        below = reached(graph, module)
        if module in below:
            found.append(f"{module} imports itself in a circle")
        if module in ORDER:
            right = ORDER[ORDER.index(module) + 1 :]
            tops = {name.split(".")[0] for name in below}
            found += [f"{module} imports {name}, which is not on its left" for name in right if name in tops]
    return found


def test_the_check_sees_circles_and_wrong_directions():
    assert imported("import wgan_lib.runs\ndef f():\n    from wgan_lib import losses, metrics") == {
        "runs",
        "losses",
        "metrics",
    }
    assert imported("from . import runs\nfrom .losses import HINGE\nfrom wgan_lib.metrics import x\nimport numpy") == {
        "runs",
        "losses",
        "metrics",
    }
    assert imported("from wgan_lib.widgets.frame import Frame") == {"widgets.frame"}
    assert violations({"losses": {"networks"}, "networks": set()}) == []
    assert violations({"networks": {"losses"}, "losses": set()}) == [
        "networks imports losses, which is not on its left"
    ]
    assert violations({"losses": {"part"}, "part": {"runs"}, "runs": set()}) == [
        "losses imports runs, which is not on its left"
    ]
    assert violations({"figures": {"figures.part"}, "figures.part": {"widgets.part"}, "widgets.part": set()}) == [
        "figures imports widgets, which is not on its left"
    ]
    assert violations({"a": {"b"}, "b": {"a"}}) == ["a imports itself in a circle", "b imports itself in a circle"]


def test_modules_import_only_from_their_left():
    graph = {name: imported(path.read_text()) for name, path in MODULES.items()}
    assert violations(graph) == []
    assert graph["__init__"] == set(), "the package re-exports nothing"
    assert not [name for name in graph if "__main__" in graph[name]], "nothing imports the command line"


@pytest.mark.parametrize("module", [name for name in LIGHT if name in MODULES])
def test_displays_import_neither_torch_nor_pot(module):
    check = f"import sys, wgan_lib.{module}; print(*sorted({{'torch', 'ot'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=PACKAGE.parent, check=True)
    assert done.stdout.split() == []
