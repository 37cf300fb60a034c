"""A second build makes only what is not there, and its site is that of a first build, file by file."""

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXTENSIONS = ROOT / "book/_ext"
sys.path.insert(0, str(EXTENSIONS))

import rebuild  # noqa: E402 — the extensions are no package

FILES = {
    "conf.py": f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "sphinx_external_toc", "sphinx_exercise", "chapters", "chapter_map", "after_build", "rebuild"]
exclude_patterns, html_theme, html_static_path, html_css_files = ["_build"], "basic", ["own.css"], ["own.css"]
nb_execution_mode, myst_enable_extensions, numfig = "off", ["colon_fence", "attrs_block"], True
""",
    "_config.yml": "title: Sand\n",
    "_toc.yml": "format: jb-book\nroot: index\nparts:\n"
    "- {caption: A, numbered: 1, chapters: [{file: one}, {file: two}]}\n"
    "- {caption: B, numbered: 1, chapters: [{file: three}, {file: words}]}\n",
    "index.md": "# Start\n\n```{chapter-map}\n```\n",
    "one.md": "# One\n\n{.question}\nWhat is sand?\n\nGrains ({minutes}`here`), then {chapter}`two`.\n",
    "two.md": "# Two\n\n{.question}\nHow high?\n\n```{exercise}\n:label: dig\nDig.\n```\n\n"
    "A {term}`dune`; see [](one.md).\n",
    "three.md": "# Three\n\n{.question}\nWhere to?\n\nAfter {ref}`dig`, back to [](two.md).\n",
    "words.md": "# Words\n\n:::{glossary}\ndune\n  A hill of sand.\n:::\n",
    "own.css": ".sand { color: red } body { margin: 0 }",
}
PAGES = {"index", "one", "two", "three", "words"}


def write(folder, files):
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def build(folder, capfd):
    """Build as `make book` does; return the exit code, what was said, and the names of the pages that were read."""
    code = rebuild.build(folder)
    said = re.sub(r"\x1b\[[\d;]*m", "", "".join(capfd.readouterr()))
    return code, said, set(re.findall(r"reading sources\.\.\. \[ *\d+%\] (\S+)", said))


def site(folder):
    html = folder / "_build/html"
    return {
        path.relative_to(html).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in html.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A tiny book, built by Sphinx itself: Jupyter Book, which adds settings, takes four times as long to start."""
    write(tmp_path, FILES)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-d", "_build/.doctrees", ".", "_build/html"]
    monkeypatch.setattr(rebuild, "BUILD", command)
    monkeypatch.setattr(rebuild, "STRICT", ["-n", "-W", "--keep-going"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_second_build_makes_what_changed_and_ends_as_a_first_one(book, capfd):
    code, said, read = build(book, capfd)
    assert (code, read) == (0, PAGES), said[-3000:]
    first = site(book)
    written = (book / "_build/html/one.html").stat().st_mtime_ns
    code, said, read = build(book, capfd)
    assert code == 0
    assert said.startswith("Nothing")
    assert (book / "_build/html/one.html").stat().st_mtime_ns == written

    # A title and an exercise that other pages show, in a text whose time says that it is old; a glossary entry; a
    # warning; and a page of the site that somebody wrote over.
    old = (book / "two.md").stat()
    title = FILES["two.md"].replace("# Two", "# Dunes").replace("Dig.", "Dig deep.\n\n{chapter}`nowhere`")
    write(book, {"two.md": title, "words.md": FILES["words.md"].replace("A hill of sand.", "A hill that walks.")})
    os.utime(book / "two.md", ns=(old.st_atime_ns, old.st_mtime_ns))
    write(book, {"_build/html/one.html": "somebody's own"})
    code, said, read = build(book, capfd)
    assert read == {"index", "two", "words"}, said[-3000:]
    assert code != 0
    assert "no page 'nowhere'" in said
    assert "Dunes" in (book / "_build/html/three.html").read_text(encoding="utf-8")
    kept = site(book)
    assert {name for name in first if kept[name] != first[name]} > {"two.html", "one.html", "three.html"}

    # What was built with a warning does not stand: the warning comes back, from a book that is made from nothing.
    code, said, read = build(book, capfd)
    assert read == PAGES
    assert code != 0
    assert "no page 'nowhere'" in said
    assert site(book) == kept


@pytest.mark.parametrize("name", ["_config.yml", "_toc.yml", "conf.py", "own.css", "ledger.json", "thumbnail.svg"])
def test_all_but_a_text_is_ground_that_every_page_stands_on(book, name):
    before = rebuild.made_of(book)
    with (book / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert rebuild.made_of(book)["ground"] != before["ground"]


def test_extensions_library_and_installed_packages_are_ground(book, monkeypatch):
    seen = [rebuild.made_of(book)["ground"]]
    (book / "wgan_lib/recorded").mkdir(parents=True)
    (book / "wgan_lib/recorded/run.npz").write_bytes(b"a run")
    seen.append(rebuild.made_of(book)["ground"])
    own = shutil.copytree(EXTENSIONS, book / "own")
    monkeypatch.setattr(rebuild, "__file__", str(own / "rebuild.py"))
    seen.append(rebuild.made_of(book)["ground"])
    (own / "quiz.py").write_text("# other", encoding="utf-8")
    seen.append(rebuild.made_of(book)["ground"])
    monkeypatch.setattr(rebuild, "distributions", lambda: [])
    seen.append(rebuild.made_of(book)["ground"])
    assert len(set(seen)) == len(seen)


def test_texts_notebooks_and_what_builds_leave_are_no_ground(book):
    before = rebuild.made_of(book)
    write(book, {"one.md": "# Other", "one.ipynb": "{}"})
    (book / "_build").mkdir()
    (book / "_build/left").write_text("left", encoding="utf-8")
    (book / "__pycache__").mkdir()
    (book / "__pycache__/x.pyc").write_bytes(b"x")
    after = rebuild.made_of(book)
    assert after["ground"] == before["ground"]
    assert [name for name in after["texts"] if after["texts"][name] != before["texts"][name]] == ["one.md"]
