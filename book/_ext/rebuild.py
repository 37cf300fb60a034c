"""Build the book, and nothing of it that stands already: `python book/_ext/rebuild.py` is what `make book` runs.

Hashes of all that a build was made of are kept beside it: the pages' texts, and the ground under them, which is every
other file of the book, its extensions, the library with its data, and the versions of all installed packages.

- Nothing differs, and the site is as the last build left it: it stays.
- Only texts differ: those pages are read again, and all pages are written anew. One page's titles, numbers, links and
  glossary terms stand on others; of what Sphinx has read of a page, the last build's is the same to the letter.
- Anything else differs, or what the last build left does: the book is made from nothing.

Only a build without a warning is kept, so that a warning comes back until it is mended. As an extension this module
tells Sphinx by contents which pages to read again; Sphinx alone goes by the times of files.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from toc import entries

BUILD = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "."]
STRICT = ["-n", "-W", "--keep-going"]
NO_PICTURE = b'<noscript><p class="no-script">'  # a figure without its picture: the next build may have a browser
Made = dict[str, Any]


def made_of(root: Path) -> Made:
    """What a build of the book at `root` would be made of now: a hash of each page's text, and one of all else."""
    pages = [root / f"{entry.name}.md" for entry in entries(root)]
    library = importlib.util.find_spec("wgan_lib")
    folders = {Path(__file__).parent, root / "wgan_lib", *(page.parent for page in pages)}
    if library and library.origin:
        folders.add(Path(library.origin).parent)
    no_ground = {*pages, *(page.with_suffix(".ipynb") for page in pages)}
    files = {root / "_config.yml", root / "_toc.yml", *(file for folder in folders for file in _files(folder))}
    packages = sorted(f"{package.name} {package.version}" for package in distributions())
    return {
        "texts": {page.relative_to(root).as_posix(): _digest([page]) for page in pages},
        "ground": _digest(files - no_ground, sys.version, *packages),
    }


def left(root: Path) -> Made:
    """What a build left in `_build`: the pages as read, with the pictures and results of their cells, and the site."""
    build = root / "_build"
    caches = sorted(path.name for path in (build / ".jupyter_cache").glob("*"))
    read = [*_files(build / ".doctrees"), *_files(build / "jupyter_execute")]
    return {"read": _digest(read, *caches), "site": _digest(_files(build / "html"))}


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder but those that builds and tools put there."""
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in {"_build", "__pycache__"}]
        yield from (Path(place) / name for name in names)


def _digest(files: Iterable[Path], *words: str) -> str:
    """A hash of files with their full paths, since what is built holds paths, and of words."""
    found = hashlib.sha256("\0".join(words).encode())
    for path in sorted(set(files)):
        content = path.read_bytes() if path.is_file() else b"no such file"
        found.update(f"\0{path}\0".encode() + hashlib.sha256(content).digest())
    return found.hexdigest()


def build(root: Path) -> int:
    """Bring the site at `root/_build/html` up to date; returns the exit code of Jupyter Book, 0 if all stands."""
    note = root / "_build/made-of.json"
    now = made_of(root)
    before = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
    stands = left(root) if before else {}
    if before.get("ground") == now["ground"] and before["read"] == stands["read"]:
        changed = [name for name, text in now["texts"].items() if before["texts"].get(name) != text]
        if not changed and before["site"] == stands["site"]:
            print("Nothing that the book is made of has changed since it was built.")
            return 0
        print("Read again:", ", ".join(changed) or "nothing; the site was changed, and is written again")
    else:
        shutil.rmtree(root / "_build/.doctrees", ignore_errors=True)
    shutil.rmtree(root / "_build/html", ignore_errors=True)
    note.unlink(missing_ok=True)
    sys.stdout.flush()
    code = subprocess.run([*BUILD, *STRICT], cwd=root, stdin=subprocess.DEVNULL, check=False).returncode
    if code == 0 and made_of(root) == now:  # nobody wrote while it was read
        made = now | left(root)
        if any(NO_PICTURE in page.read_bytes() for page in (root / "_build/html").rglob("*.html")):
            made["site"] = ""
        whole = note.with_suffix(".new")
        whole.write_text(json.dumps(made), encoding="utf-8")
        whole.replace(note)
    return code


# The extension


@cache
def _hash(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes() if path.is_file() else b"no such file").digest()


def _contents(env: BuildEnvironment, name: str) -> bytes:
    """A hash of a page's text and of all files that it was made with."""
    files = {Path(env.doc2path(name)), *(Path(env.srcdir, file) for file in env.dependencies[name])}
    return hashlib.sha256(b"".join(_hash(path) for path in sorted(files))).digest()


def _read_again(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    before = getattr(env, "contents", {})
    return [name for name in env.found_docs if before.get(name) != _contents(env, name)]


def _remember(app: Sphinx, env: BuildEnvironment) -> None:
    vars(env)["contents"] = {name: _contents(env, name) for name in env.found_docs}  # kept with all that Sphinx knows


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-get-outdated", _read_again)
    app.connect("env-updated", _remember)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
