"""The tree reads in data order: a module imports only from its left, and displays stay free of torch."""

import ast
import math
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest
import yaml

PACKAGE = Path(__file__).parents[1] / "wgan_lib"
ORDER = [
    {"checks", "files"},
    {"divergences"},
    {"sampling"},
    {"images"},
    {"tables"},
    {"networks"},
    {"transport"},
    {"losses"},
    {"constraints"},
    {"diagnostics"},
    {"metrics"},
    {"runs"},
    {"training"},
    {"presets"},
    {"commands"},
    {"__main__"},
]
"""The rooms of the design from left to right; those that share a place do not import each other."""

BESIDE = {"figures": "runs", "widgets": "runs"}
"""Rooms beside the path, each with the last room that it may look into; nobody but the command line looks into them."""

LIGHT = ["divergences", "transport", "runs", "figures", "widgets"]


def modules(package: Path) -> dict[str, Path]:
    """Every module by its dotted name within the package; a folder's own name stands for its `__init__`."""
    paths = [path.relative_to(package) for path in package.rglob("*.py")]
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): package / path for path in sorted(paths)}


MODULES = modules(PACKAGE)


def public(package: Path) -> set[str]:
    """What the packages re-export, by dotted names: a function may bear the name of the part that it comes from."""
    found = set()
    for path in package.rglob("__init__.py"):
        folder = ".".join(path.parent.relative_to(package).parts)
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                found |= {f"{folder}.{name}" for name in ast.literal_eval(node.value)}
    return found


def imported(source: str, modules: Collection[str] = ()) -> set[str]:
    """The modules of the package that a source imports, inside functions as well."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            prefix = "wgan_lib." if node.level else ""
            base = f"{prefix}{node.module or ''}".rstrip(".")
            inside = [f"{base}.{alias.name}" for alias in node.names]
            parts = [name for name in inside if name.removeprefix("wgan_lib.") in modules]
            names = inside if base == "wgan_lib" else [base, *parts]
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
    """Circles, looks into another room's parts, rooms without a place, and imports from the right."""
    found = []
    places = {room: place for place, rooms in enumerate(ORDER) for room in rooms}
    places |= {room: places[last] + 0.5 for room, last in BESIDE.items()}
    for module, names in graph.items():
        room = module.split(".")[0]
        if module in reached(graph, module):
            found.append(f"{module} imports itself in a circle")
        if room not in places:
            found.append(f"{module} has no place in the order")
            continue
        for name in sorted(names):
            other = name.split(".")[0]
            if other == room:
                continue
            if places.get(other, math.inf) >= places[room]:
                found.append(f"{module} imports {name}, which is not on its left")
            if other in BESIDE and room not in ("presets", "commands", "__main__"):
                found.append(f"{module} imports {name}, which stands beside the path")
            if "." in name:
                found.append(f"{module} looks into {other}: {name} is its own affair")
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
    assert imported("from wgan_lib.networks import mlp, convolutional", {"networks.convolutional"}) == {
        "networks",
        "networks.convolutional",
    }
    assert violations({"losses": {"networks"}, "networks": set()}) == []
    assert violations({"networks": {"losses"}, "losses": set()}) == [
        "networks imports losses, which is not on its left"
    ]
    assert violations({"losses": {"part"}, "part": set()}) == [
        "losses imports part, which is not on its left",
        "part has no place in the order",
    ]
    assert violations({"diagnostics": {"metrics"}, "metrics": {"diagnostics"}}) == [
        "diagnostics imports itself in a circle",
        "diagnostics imports metrics, which is not on its left",
        "metrics imports itself in a circle",
    ]
    assert violations({"presets": {"training.loop"}, "training.loop": set()}) == [
        "presets looks into training: training.loop is its own affair"
    ]
    assert violations({"training": {"figures"}, "figures": {"runs"}, "runs": set()}) == [
        "training imports figures, which stands beside the path"
    ]


def test_modules_import_only_from_their_left():
    graph = {name: imported(path.read_text(), MODULES.keys() - public(PACKAGE)) for name, path in MODULES.items()}
    assert graph.pop("__init__") == set(), "the package re-exports nothing"
    assert violations(graph) == []
    assert not [name for name in graph if "__main__" in graph[name]], "nothing imports the command line"


@pytest.mark.parametrize("module", [name for name in LIGHT if name in MODULES])
def test_displays_import_neither_torch_nor_pot(module):
    check = f"import sys, wgan_lib.{module}; print(*sorted({{'torch', 'ot'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=PACKAGE.parent, check=True)
    assert done.stdout.split() == []


ENGINES = ("training.engine", "training.many_devices")

FOLLOWING = {
    "images.memory": "samples go to where the caller's generator is, indices to where the pixels are",
    "metrics.points": "indices go to where the data are",
    "presets.stacked": "as images.memory",
    "sampling.laws": "draws are made where the caller's generator is",
    "sampling.pairs": "draws are made where the caller's generator is",
    "training.parts": "indices go to where the data are",
}
"""Modules whose tensors follow the caller's from device to device; none of them chooses one."""


def moves(source: str) -> list[str]:
    """What sends a gradient back, and what puts a tensor or network on a device, but for the engine's own words."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        given = [*map(ast.unparse, node.args), *(f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords)]
        whose = ast.unparse(node.func.value)
        if node.func.attr in ("cuda", "mps", "xpu") or (node.func.attr == "backward" and not whose.endswith("engine")):
            found.append(ast.unparse(node))
        if node.func.attr == "to" and any("device" in word or "cuda" in word for word in given):
            found.append(f"{whose}.to({', '.join(given)})")
    return found


def test_only_the_engine_moves_tensors_and_sends_gradients_back():
    assert moves("loss.backward()\nx.cuda()\nx.to('cuda')\nx.to(device=where)") == [
        "loss.backward()", "x.cuda()", "x.to('cuda')", "x.to(device=where)",
    ]  # fmt: skip
    assert moves("self.engine.backward(loss)\nx.to(weight)\nx.cpu()") == []
    found = {name: moves(path.read_text()) for name, path in MODULES.items() if name not in ENGINES}
    assert {name for name, words in found.items() if words} == set(FOLLOWING)
    assert all(
        (".backward(" not in word and ".device)" in word) or "device)" in word for n in FOLLOWING for word in found[n]
    )
    assert all(moves(MODULES[name].read_text()) for name in ENGINES)


def test_each_pointer_to_a_chapter_names_one_that_stands_or_is_promised():
    root = PACKAGE.parent
    stands = set(re.findall(r"file: book/(\S+)", (root / "_toc.yml").read_text()))
    promised = yaml.safe_load((root / "_config.yml").read_text())["sphinx"]["config"]["chapters_to_come"]
    told = [
        (name, chapter)
        for name, path in MODULES.items()
        for chapter in re.findall(r"Chapter: ([^\s.]+)(?:\.|\"\"\"|\n|$)", path.read_text())
    ]
    assert len(told) > 200
    assert [(name, chapter) for name, chapter in told if chapter not in stands | {*promised}] == []
    others = [m for path in MODULES.values() for m in re.findall(r"Chapter: [^\n]*", path.read_text())]
    assert {rest for rest in others if not re.match(r"Chapter: [a-z0-9-]+(\.|\"\"\"|$)", rest)} <= {
        "Chapter: every one.", 'Chapter: every one."""',
    }  # fmt: skip
