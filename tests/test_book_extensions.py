"""The book's own Sphinx extensions, each in a tiny book built by a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from wgan_lib import figures

ROOT = Path(__file__).parents[1]
EXTENSIONS = ROOT / "book/_ext"
sys.path.insert(0, str(EXTENSIONS))

from execution_cache import reached_files  # noqa: E402 — the extensions are no package
from inline_figures import inline  # noqa: E402 — as above: the folder comes on the path first
from quiz import parse_quiz  # noqa: E402

KERNEL = "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
QUIZ = """
````{quiz} How far is $x$ from itself?
- [ ] one **metre** :: No: nothing moves.
- [x] nothing :: Yes,
  by definition.

  A second paragraph.
````
"""


def run(arguments, folder, **variables):
    environment = os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{EXTENSIONS}", **variables}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def build(folder, *options, builder="html"):
    return run(["-m", "sphinx", "-b", builder, ".", "_build/html", *options], folder)


# The quiz


@pytest.mark.parametrize(
    ("title", "body", "message"),
    [
        ("Q?", "- [ ] a :: no\n- [ ] b :: no", "no answer is marked right"),
        ("Q?", "- [x] a :: yes\n- [ ] b", "answer 'b' has no feedback"),
        ("Q?", "- [x] a ::\n- [ ] b :: no", "answer 'a' has no feedback"),
        ("Q?", "- [x] a :: yes", "1 answer"),
        ("Q?", "no list", "0 answer"),
        ("", "- [x] a :: yes\n- [ ] b :: no", "asks nothing"),
        ("Which? (More than one.)", "- [x] a :: yes\n- [x] b :: yes", "says 'More than one'"),
        ("Which?", "Choose all that hold.\n\n- [x] a :: yes\n- [ ] b :: no", "says 'all that hold'"),
    ],
)
def test_malformed_quiz_says_what_is_missing_or_said_twice(title, body, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_quiz(title, body)


def test_quiz_may_have_several_right_answers_and_a_longer_question():
    quiz = parse_quiz("Which?", "Think\ntwice.\n\n- [x] a :: A1\n\n  A2\n- [X] b c\n  d :: B\n* [ ] e::f :: C")
    assert quiz.question == "Which?\n\nThink\ntwice."
    assert [(a.text, a.feedback, a.right) for a in quiz.answers] == [
        ("a", "A1\n\nA2", True),
        ("b c d", "B", True),
        ("e::f", "C", False),
    ]
    assert quiz.multiple


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_a_figure_takes_palette_and_ramp_from_the_page_and_keeps_other_colours(n):
    """Matplotlib draws in the light theme's colours; the dark theme has a ramp of its own."""
    colours = [figures.REAL.upper(), *figures.ramp(n), "#123456"]
    lines = "".join(f'<path style="stroke: {colour}"/>' for colour in colours)
    drawn = inline(f'<svg width="72pt" height="36pt">{lines}</svg>', "Lines")
    first, *mixed, last = re.findall(r'stroke: (.*?)"', drawn)
    assert (first, last) == ("var(--me-real)", "#123456")
    shares = [
        re.fullmatch(r"color-mix\(in srgb, var\(--me-ramp-last\) ([\d.]+)%, var\(--me-ramp\)\)", m) for m in mixed
    ]
    for k, share in enumerate(shares):
        assert float(share[1]) == pytest.approx(100 * k / max(n - 1, 1), abs=1)


@pytest.fixture(scope="module")
def tiny_book(tmp_path_factory):
    """Build a numbered book of two chapters with Jupyter Book as the real one is built, but without running cells."""
    folder = tmp_path_factory.mktemp("book")
    chapter = (
        "\n## Part {n}\n\n$$x$$ (eq-{n})\n\nSee {{eq}}`eq-{n}`.\n\n```{{exercise}}\n:label: ex-{n}\nDo.\n```\n\n"
        "```{{figure}} p.png\n:name: fig-{n}\nSand\n```\n\n{{numref}}`fig-{n}`\n"
    )
    write(
        folder,
        {
            "_config.yml": """
only_build_toc_files: true
exclude_patterns: ["*.ipynb"]
launch_buttons: {colab_url: https://colab.research.google.com}
execute: {execute_notebooks: "off"}
repository: {url: https://github.com/someone/moving-earth, branch: main}
sphinx:
  local_extensions: {quiz: book/_ext, notebooks: book/_ext}
  extra_extensions: [sphinx_exercise]
  config: {html_show_sourcelink: false}
""",
            "_toc.yml": "format: jb-book\nroot: index\noptions: {numbered: true}\n"
            "chapters: [{file: one}, {file: two}]\n",
            "index.md": "# Start\n",
            "one.md": f"{KERNEL}# One\n{chapter.format(n=1)}{QUIZ}{QUIZ}",
            "two.md": f"{KERNEL}# Two\n{chapter.format(n=2)}",
            "p.png": "",
        },
    )
    (folder / "book").mkdir()
    (folder / "book/_ext").symlink_to(EXTENSIONS)
    assert run([str(EXTENSIONS / "notebooks.py")], folder).returncode == 0
    built = run(["-c", "from jupyter_book.cli.main import main; main()", "build", ".", "-W", "--keep-going"], folder)
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return folder


def test_quiz_is_a_fieldset_of_native_inputs(tiny_book):
    page = (tiny_book / "_build/html/one.html").read_text(encoding="utf-8")
    fields = re.findall(r'<fieldset class="quiz">.*?</fieldset>', page, re.DOTALL)
    assert len(fields) == 2
    assert re.search(r'<legend class="quiz-question">How far is <span class="math.*?itself\?</legend>', fields[0])
    inputs = re.findall(r'<input type="radio" name="([\w-]+)" id="([\w-]+)"/>\s*<label for="([\w-]+)">', page)
    names, ids, targets = zip(*inputs, strict=True)
    assert names[0] == names[1] != names[2] == names[3]
    assert ids == targets
    assert len(set(ids)) == 4
    assert "one <strong>metre</strong></label>" in fields[0]
    assert fields[0].count("quiz-feedback quiz-wrong") == fields[0].count("quiz-feedback quiz-right") == 1
    assert "A second paragraph." in fields[0]
    assert "<script" not in fields[0]


def test_quiz_stylesheet_reaches_the_page(tiny_book):
    page = (tiny_book / "_build/html/one.html").read_text(encoding="utf-8")
    assert re.search(r'href="_static/quiz\.css', page)
    style = (tiny_book / "_build/html/_static/quiz.css").read_text(encoding="utf-8")
    assert ":checked" in style


@pytest.mark.browser
def test_quiz_answers_to_keys_and_folds_in_print(tiny_book, browser):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((tiny_book / "_build/html/one.html").as_uri())  # with its style sheets, which fold the answers
    wrong, right = (page.locator(f".quiz >> nth=0 >> .quiz-{kind}") for kind in ("wrong", "right"))
    assert not wrong.is_visible()
    assert not right.is_visible()
    page.get_by_label("one metre").first.focus()
    page.keyboard.press("Space")
    wrong.wait_for()
    page.keyboard.press("ArrowDown")
    right.wait_for()
    wrong.wait_for(state="hidden")
    assert not page.locator(".quiz >> nth=1 >> .quiz-right").is_visible()
    page.emulate_media(media="print")
    right.wait_for(state="hidden")
    context.close()


def test_notebook_numbers_are_those_of_the_page(tiny_book):
    for n, name in enumerate(["one", "two"], start=1):
        page = (tiny_book / f"_build/html/{name}.html").read_text(encoding="utf-8")
        notebook = (tiny_book / f"_build/html/_sources/{name}.ipynb").read_text(encoding="utf-8")
        shown = re.sub(r"<[^>]+>", "", page)
        assert re.search(rf"Fig\. {n}\.1\s+Sand", shown)
        assert f"*Fig. {n}.1.* Sand" in notebook
        assert f"Exercise {n}.1" in shown
        assert f"**Exercise {n}.1**" in notebook
        assert f"See ({n}.1)." in shown
        assert f"\\\\tag{{{n}.1}}" in notebook
        assert f"{n}.1. Part {n}" in shown
        assert f"## {n}.1. Part {n}" in notebook


def test_buttons_lead_to_the_readable_notebook(tiny_book):
    page = (tiny_book / "_build/html/two.html").read_text(encoding="utf-8")
    assert 'href="https://colab.research.google.com/github/someone/moving-earth/blob/main/two.ipynb"' in page
    assert 'href="_sources/two.ipynb"' in page
    notebook = nbformat.read(tiny_book / "_build/html/_sources/two.ipynb", as_version=4)
    assert "google.colab" in notebook.cells[0].source
    assert not any("{exercise}" in cell.source for cell in notebook.cells)
    assert notebook == nbformat.read(tiny_book / "two.ipynb", as_version=4)


def test_stale_or_missing_notebook_fails_the_check(tiny_book):
    command = [str(EXTENSIONS / "notebooks.py"), "--check"]
    assert run(command, tiny_book).returncode == 0
    notebook = tiny_book / "two.ipynb"
    text = notebook.read_text(encoding="utf-8")
    notebook.write_text(text.replace("Part 2", "Part two"), encoding="utf-8")
    checked = run(command, tiny_book)
    assert checked.returncode == 1
    assert checked.stdout == f"stale: {notebook}\n"
    notebook.unlink()
    assert run(command, tiny_book).returncode == 1
    notebook.write_text(text, encoding="utf-8")


CONF = "extensions = ['myst_nb', 'quiz']\nhtml_theme = 'basic'\nnb_execution_mode = 'off'\n"


def test_malformed_quiz_fails_a_strict_build(tmp_path):
    write(tmp_path, {"conf.py": CONF, "index.md": "# T\n\n```{quiz} Q?\n- [ ] a :: b\n- [ ] c :: d\n```\n"})
    built = build(tmp_path, "-W")
    assert built.returncode != 0
    assert "index.md:3:malformed quiz: no answer is marked right" in built.stderr


def test_other_builders_write_the_quiz_as_text(tmp_path):
    write(tmp_path, {"conf.py": CONF, "index.md": f"# T\n{QUIZ}"})
    built = build(tmp_path, "-W", builder="text")
    assert built.returncode == 0, built.stderr
    text = (tmp_path / "_build/html/index.txt").read_text(encoding="utf-8")
    assert "nothing moves" in text


# The execution cache


def test_reached_files_follow_imports_of_every_form(tmp_path):
    write(
        tmp_path,
        {
            "sand/__init__.py": "",
            "sand/pile.py": "from . import grain\nimport numpy",
            "sand/grain.py": "def f():\n    from sand.deep.well import water",
            "sand/deep/__init__.py": "",
            "sand/deep/well.py": "from ..rock import hard\nRECORDED = __file__ + '/recorded/x'",
            "sand/rock.py": "",
            "sand/unused.py": "",
            "sand/deep/well.mplstyle": "",
            "sand/recorded/run.npz": "",
            "sand/js/kit.mjs": "",
        },
    )
    write(tmp_path, {"sand/deep/well.py": "from ..rock import hard\nFOLDER = 'recorded'"})
    page = "---\nkernelspec: {name: python3, display_name: P}\n---\n# T\n\n```{code-cell} ipython3\n%time 1\n%s\n```\n"

    def reached(code):
        files = reached_files(page.replace("%s", code), {"sand": tmp_path / "sand"})
        return {path.relative_to(tmp_path / "sand").as_posix() for path in files}

    chain = {
        "__init__.py",
        "grain.py",
        "deep/__init__.py",
        "deep/well.py",
        "deep/well.mplstyle",
        "rock.py",
        "recorded/run.npz",
    }
    assert reached("import sand.pile") == chain | {"pile.py"}
    assert reached("from sand import pile as p") == chain | {"pile.py"}
    assert reached("from sand.rock import hard") == {"__init__.py", "rock.py"}
    assert reached("import numpy") == set()


PACKAGE = {
    "conf.py": "extensions = ['myst_nb', 'execution_cache']\nhtml_theme = 'basic'\nnb_execution_mode = 'cache'\n"
    "nb_execution_raise_on_error = True\nexecution_cache_packages = ['sand']\nexclude_patterns = ['_build']\n",
    "sand/__init__.py": "",
    "sand/pile.py": "HEIGHT = 'height-one'",
    "sand/hole.py": "DEPTH = 'depth-one'",
    "sand/runs.py": "from pathlib import Path\n\n"
    "def load(name):\n    return (Path(__file__).parent / 'recorded' / name).read_text()",
    "sand/widgets.py": "from pathlib import Path\n\nimport anywidget\n\n"
    "class Live(anywidget.AnyWidget):\n    _esm = (Path(__file__).parent / 'js' / 'live.mjs').read_text()",
    "sand/js/live.mjs": "export default {}; // script-one",
    "sand/recorded/run.txt": "run-one",
    "index.md": "# T\n\n```{toctree}\npile\nhole\n```\n",
}
CELL = "```{{code-cell}} python\nopen(r'{log}', 'a').write('{name} ')\n{code}\n```\n"


@pytest.mark.slow
def test_an_edit_runs_only_the_chapters_that_reach_it(tmp_path):
    log = tmp_path / "log.txt"
    book = tmp_path / "book"
    pile = "from sand import pile, widgets\nprint(pile.HEIGHT)\nwidgets.Live()"
    hole = "from sand import hole, runs\nprint(hole.DEPTH, runs.load('run.txt'))"
    write(book, PACKAGE)
    write(book, {"pile.md": f"{KERNEL}# Pile\n\n{CELL.format(log=log, name='pile', code=pile)}"})
    write(book, {"hole.md": f"{KERNEL}# Hole\n\n{CELL.format(log=log, name='hole', code=hole)}"})

    def chapters_run(**edits):
        log.write_text("")
        write(book, {name.replace("__", "/").replace("_dot_", "."): text for name, text in edits.items()})
        built = build(book)
        assert built.returncode == 0, built.stderr
        return sorted(log.read_text().split())

    def page(name):
        return (book / f"_build/html/{name}.html").read_text(encoding="utf-8")

    assert chapters_run() == ["hole", "pile"]
    assert "script-one" in page("pile")
    assert chapters_run(sand__pile_dot_py="HEIGHT = 'height-two'") == ["pile"]
    assert "height-two" in page("pile")
    live = "export default {}; // script-two"
    assert chapters_run(sand__recorded__run_dot_txt="run-two", sand__js__live_dot_mjs=live) == ["hole"]
    assert "run-two" in page("hole")
    assert "script-two" in page("pile")
    assert "script-one" not in page("pile")
    assert chapters_run(sand__pile_dot_py="HEIGHT = 'height-one'") == []  # that state is still in the cache
    assert "height-one" in page("pile")
