"""Run a chapter again exactly when something it reaches by imports has changed.

jupyter-cache looks at a notebook's cells alone, so an edit of the library would leave stale numbers on the page.
Here each chapter is looked up in a cache folder named by a hash of the project's modules that its cells reach, and of
the data (recorded runs) that those modules load. Scripts and styles of widgets are no part of that hash: they are put
into the page whenever it is built, so an edit of a `.mjs` file shows up in seconds, without any chapter running again.
"""

import ast
import hashlib
import importlib
import importlib.util
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from book_structure import read_cells
from docutils import nodes
from IPython.core.inputtransformer2 import TransformerManager
from myst_nb.core.render import sanitize_script_content
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx

PAGE_SUFFIXES = {".js", ".mjs", ".css"}  # what reaches the reader's browser, not the chapter's kernel


def reached_files(source: str, packages: dict[str, Path]) -> set[Path]:
    """Find the files that a chapter may run or read: imported modules, theirs in turn, and the data they name.

    `source` is the MyST text of the chapter, `packages` the project's import packages with their folders. A module
    that names a folder of its package in a string (as in `Path(__file__).parent / "recorded"`) reaches all files in it,
    and every module reaches what lies beside it and is no module, such as a style sheet.
    """
    cells = [cell.source for cell in read_cells(source).cells if cell.cell_type == "code"]
    reached: set[Path] = set()
    modules = [("", TransformerManager().transform_cell(cell)) for cell in cells]
    while modules:
        package, text = modules.pop()
        imports, names = _told(text, package)
        for name in imports:
            for path, parent in _files(name, packages):
                if path not in reached:
                    reached.add(path)
                    reached.update(p for p in path.parent.iterdir() if p.is_file() and p.suffix not in {".py", ".pyc"})
                    modules.append((parent, path.read_text(encoding="utf-8")))
        if package:
            folder = packages[package.split(".")[0]]
            data = [path for name in names if (folder / name).is_dir() for path in (folder / name).rglob("*")]
            reached.update(path for path in data if path.is_file() and path.suffix != ".pyc")
    return reached


@cache
def _told(source: str, package: str) -> tuple[frozenset[str], frozenset[str]]:
    """The modules that a text imports, and what its strings may name in its package's folder.

    The chapters reach the same modules again and again, and parsing them was a quarter of a build.
    """
    tree = ast.parse(source)
    strings = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    names = {text.split("/")[0] for text in strings if text.strip("./\n ") and len(text) < 100}
    return frozenset(_imports(tree, package)), frozenset(names)


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            # `from package import name` may mean a module of that name: both are tried.
            yield from (origin, *(f"{origin}.{alias.name}" for alias in node.names))


def _files(module: str, packages: dict[str, Path]) -> Iterator[tuple[Path, str]]:
    """Yield the file of `module` and of every package above it, each with the package it lies in."""
    first, *rest = module.split(".")
    if first not in packages:
        return
    for depth in range(len(rest) + 1):
        path = packages[first].joinpath(*rest[:depth])
        if (path / "__init__.py").is_file():
            yield path / "__init__.py", ".".join([first, *rest[:depth]])
        elif path.with_suffix(".py").is_file():
            yield path.with_suffix(".py"), ".".join([first, *rest[: depth - 1]])


def _choose_cache(app: Sphinx, docname: str, source: list[str]) -> None:
    if Path(app.env.doc2path(docname)).suffix != ".md":
        return
    packages = {}
    for name in app.config.execution_cache_packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ImportError(f"execution_cache_packages: {name!r} cannot be imported; install the project first")
        packages[name] = Path(spec.origin).parent
    digest = hashlib.sha256()
    for path in sorted(reached_files(source[0], packages)):
        app.env.note_dependency(str(path))  # Sphinx reads the chapter again when this file changes
        if path.suffix not in PAGE_SUFFIXES:
            (name,) = (path.relative_to(folder.parent) for folder in packages.values() if path.is_relative_to(folder))
            digest.update(name.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    root = Path(app.outdir).parent / ".jupyter_cache"
    app.env.mystnb_config.execution_cache_path = str(root / digest.hexdigest()[:16])  # type: ignore[attr-defined]


def _renew_scripts(app: Sphinx, doctree: nodes.document) -> None:
    """Replace the scripts and styles stored with cached widgets by those the library holds now."""
    js_files = NbMetadataCollector.get_js_files(app.env, app.env.docname)  # type: ignore[arg-type]
    if "ipywidgets_state" not in js_files:
        return
    _, attributes = js_files["ipywidgets_state"]
    document = json.loads(attributes["body"])
    for model in document["state"].values():
        module, _, name = model["state"].get("_anywidget_id", "").rpartition(".")
        if module.split(".")[0] in app.config.execution_cache_packages:
            widget = getattr(importlib.import_module(module), name)
            held = {key: str(getattr(widget, key)) for key in ("_esm", "_css") if hasattr(widget, key)}
            model["state"].update(held)
    attributes["body"] = sanitize_script_content(json.dumps(document))


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("myst_nb")
    app.add_config_value("execution_cache_packages", ["wgan_lib"], "env")
    app.connect("source-read", _choose_cache)
    app.connect("doctree-read", _renew_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
