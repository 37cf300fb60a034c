"""Words with a second life: `{chapter}`, `{move}`, `{task}` and coloured formulas, on a page and in a notebook."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright import sync_api

ROOT = Path(__file__).parents[1]
EXTENSIONS = ROOT / "book/_ext"
sys.path.insert(0, str(EXTENSIONS))

import formulas  # noqa: E402 — the extensions are no package
import toc  # noqa: E402
from moves import Figure, Move, parse_move, parse_task  # noqa: E402
from notebooks import UntranslatedError, notebooks  # noqa: E402

from wgan_lib import figures  # noqa: E402

CONF = """
extensions = ['myst_nb', 'sphinx_external_toc', 'sphinxcontrib.katex', 'katex_server', 'formulas', 'chapters']
extensions += ['living_words']
html_theme = 'basic'
html_math_renderer = 'katex'
katex_prerender = True
nb_execution_mode = 'off'
myst_enable_extensions = ['dollarmath']
chapters_to_come = ['penalty']
exclude_patterns = ['_build', '*.ipynb']
html_secnumber_suffix = ' · '
"""
CONFIG = """
repository: {url: https://github.com/someone/moving-earth, branch: main}
sphinx: {config: {chapters_to_come: [penalty], html_secnumber_suffix: " · "}}
"""
TOC = """
format: jb-book
root: index
parts:
  - chapters: [{file: refresher}]
  - caption: First
    numbered: 1
    chapters: [{file: sand}, {file: dual}]
  - caption: Second
    numbered: 1
    chapters: [{file: critic}]
  - caption: At hand
    chapters: [{file: glossary}]
"""
KERNEL = "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
CHAPTER = r"""
See {chapter}`critic` and {chapter}`the chapter on penalties <penalty>`. {chapter}`Chapter {number} <dual>` too.

## Part

Now {move}`slide $Q$ to 8 <MoveGaussians mean_q=8 std_q=.5>` and look.

```{task} <MoveGaussians> w1>=4 and js < 0.69 and task=="a pile"
Find a *place* for $\generated{Q}$.
```

$$\real{P_{\{a\}}} - \generated{Q} = \critic{f}\js{x}\nonsat{y}$$
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The folder of a small book whose chapters use every form, built as a page and as notebooks."""
    folder = tmp_path_factory.mktemp("words")
    for name, text in {
        "conf.py": CONF,
        "_config.yml": CONFIG,
        "_toc.yml": TOC,
        "sand.md": f"{KERNEL}# Sand\n{CHAPTER}",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name in ("index", "refresher", "dual", "critic", "glossary"):
        (folder / f"{name}.md").write_text(f"{KERNEL}# {name.title()}\n\n## Part\n", encoding="utf-8")
    built = build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def build(folder):
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{EXTENSIONS}"}
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-b", "html", ".", "_build"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def build_page(folder, text):
    for name, content in {"conf.py": CONF, "_toc.yml": "format: jb-book\nroot: index\n"}.items():
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "index.md").write_text(f"# T\n\n{text}\n", encoding="utf-8")
    return build(folder)


@pytest.fixture(scope="module")
def page(book):
    return (book / "_build/sand.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def notebook(book):
    return json.loads(notebooks(book)[book / "sand.ipynb"])


@pytest.fixture(scope="module")
def prose(notebook):
    return "\n\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")


# Chapters


def test_numbers_run_on_through_the_numbered_parts(book):
    numbers = {entry.name: entry.number for entry in toc.entries(book)}
    assert numbers == {"index": None, "refresher": None, "sand": 1, "dual": 2, "critic": 3, "glossary": None}


def test_a_chapter_is_a_link_with_its_number_and_a_promise_is_plain_words(page):
    assert re.search(r'<a [^>]*href="critic\.html"[^>]*>(<[^>]+>)*chapter 3<', page)
    assert re.search(r'<a [^>]*href="dual\.html"[^>]*>(<[^>]+>)*Chapter 2<', page)
    assert '<span class="chapter-to-come">the chapter on penalties</span>' in page


def test_titles_carry_the_number_on_the_page_and_in_the_notebook(page, prose):
    assert '<h1><span class="section-number">1 · </span>Sand' in page
    assert prose.startswith("# 1 · Sand")
    assert "\n## Part\n" in prose


def test_a_chapter_is_a_link_in_the_notebook_too(prose):
    colab = "https://colab.research.google.com/github/someone/moving-earth/blob/main"
    assert (
        f"See [chapter 3]({colab}/critic.ipynb) and the chapter on penalties. [Chapter 2]({colab}/dual.ipynb)" in prose
    )


@pytest.mark.parametrize("content", ["nowhere", "words <nowhere>", "penalty", "no {number} <penalty>", "refresher"])
def test_a_chapter_that_cannot_be_meant_is_refused(book, content):
    with pytest.raises(ValueError, match=r"no page|has no number"):
        toc.chapter_words(content, toc.entries(book), ["penalty"])


# Moves and tasks


def test_a_move_names_words_figure_and_values():
    assert parse_move('slide it\nthere <Sand#2 mean_q=-.5 on=true points=[1, 2] name=ring label="a b">') == Move(
        "slide it there",
        Figure("Sand", 2),
        {"mean_q": -0.5, "on": True, "points": [1, 2], "name": "ring", "label": "a b"},
    )
    assert parse_move("if $a < b$ <Sand x=1>").words == "if $a < b$"


@pytest.mark.parametrize("content", ["words", "words <Sand>", "<Sand x=1>", "words <Sand x>", "words <Sand#0 x=1>"])
def test_a_move_that_says_too_little_is_refused(content):
    with pytest.raises(ValueError, match=r"write {move}"):
        parse_move(content)


def test_a_task_is_a_list_of_comparisons():
    task = parse_task('<Sand#3> w1>=4 and js < 0.69 and n == -1e-2 and name==ring and label == "a b"')
    assert task.figure == Figure("Sand", 3)
    numbers = (("w1", ">=", 4.0), ("js", "<", 0.69), ("n", "==", -0.01))
    assert task.clauses == (*numbers, ("name", "==", "ring"), ("label", "==", "a b"))


@pytest.mark.parametrize(
    "argument", ["w1>3", "<Sand>", "<Sand> w1", "<Sand> w1=3", "<Sand> w1>3 or js<1", "<Sand> w1>x"]
)
def test_a_task_that_says_too_little_is_refused(argument):
    with pytest.raises(ValueError, match=r"write {task}"):
        parse_task(argument)


def test_what_cannot_work_fails_a_strict_build(tmp_path):
    wrong = {
        "{move}`a <Nothing x=1>`": "no widget 'Nothing'",
        "{move}`a <MoveGaussians mean_r=1>`": "MoveGaussians has no trait mean_r",
        "```{task} <MoveGaussians> w9>1\nDo.\n```": "MoveGaussians has no trait w9",
        "```{task} MoveGaussians w1>1\nDo.\n```": "names no figure or no condition",
        "{chapter}`nowhere`": "no page 'nowhere'",
    }
    built = build_page(tmp_path, "\n\n".join(wrong))
    assert built.returncode != 0
    assert [message for message in wrong.values() if message not in built.stderr] == []


def test_moves_and_tasks_are_plain_words_in_the_notebook(prose):
    assert "Now slide $Q$ to 8 and look." in prose
    assert "\n\nFind a *place* for $" in prose


@pytest.mark.parametrize("text", ["{move}`words`", "```{task} Sand\nDo.\n```", "$\\real P$", "{chapter}`nowhere`"])
def test_the_notebook_refuses_what_the_page_refuses(tmp_path, text):
    (tmp_path / "_config.yml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    (tmp_path / "index.md").write_text(f"{KERNEL}# T\n\n{text}\n", encoding="utf-8")
    with pytest.raises(UntranslatedError, match="index: "):
        notebooks(tmp_path)


STUB = """
const root = document.createElement("div");
root.dataset.widget = "MoveGaussians";
root.style.cssText = "margin-top: 3000px; height: 300px";
root.innerHTML = '<button data-trait="mean_q">o</button>';
const state = {mean_q: 2, w1: 2, js: .3, task: "a pile"};
root.wganState = () => state;
root.wganMove = (traits, options) => {
  root.asked = {traits, options, visible: root.getBoundingClientRect().top < innerHeight};
  Object.assign(state, traits);
  root.dispatchEvent(new CustomEvent("wgan-change", {bubbles: true}));
};
document.body.append(root);
document.documentElement.dataset.widgets = "ready";
document.dispatchEvent(new CustomEvent("widgets-ready"));
"""


def opened(browser, book, **options):
    tab = browser.new_context(offline=True, **options).new_page()
    tab.goto((book / "_build/sand.html").as_uri())
    if options.get("java_script_enabled", True):
        tab.evaluate(STUB)
        tab.wait_for_selector("html[data-words=ready]")
    return tab


@pytest.mark.browser
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_words_bring_the_figure_into_view_and_move_it(browser, book, motion):
    tab = opened(browser, book, reduced_motion=motion)
    words = tab.get_by_role("button", name="slide")
    words.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.querySelector('[data-widget]').asked")
    asked = tab.evaluate("document.querySelector('[data-widget]').asked")
    assert asked == {
        "traits": {"mean_q": 8, "std_q": 0.5}, "options": {"animate": motion == "no-preference"}, "visible": True
    }  # fmt: skip
    assert words.evaluate("e => e === document.activeElement")
    tab.keyboard.press("Shift+Enter")
    tab.wait_for_function("document.activeElement.matches('[data-widget]')")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.dataset.trait") == "mean_q"
    tab.keyboard.press("Escape")
    assert words.evaluate("e => e === document.activeElement")
    tab.context.close()


@pytest.mark.browser
def test_a_task_notices_that_it_is_done_and_is_remembered(browser, book):
    tab = opened(browser, book)
    task = tab.locator(".task")
    change = "([w1, js]) => document.querySelector('[data-widget]').wganMove({w1, js})"
    tab.evaluate(change, [5, 0.7])
    tab.wait_for_timeout(500)  # longer than a condition must hold
    assert "task-done" not in task.get_attribute("class")
    # A number that nobody has measured yet is no 0; nor is it done while the words differ.
    tab.evaluate("document.querySelector('[data-widget]').wganMove({w1: 4, js: null, task: 'a pile'})")
    tab.wait_for_timeout(600)
    assert "task-done" not in task.get_attribute("class")
    tab.evaluate("document.querySelector('[data-widget]').wganMove({w1: 4, js: .68, task: 'another'})")
    tab.wait_for_timeout(500)
    assert "task-done" not in task.get_attribute("class")
    tab.evaluate("""() => { const root = document.querySelector("[data-widget]");
        const note = () => { window.said ||= root.classList.contains("task-done-here"); };
        new MutationObserver(note).observe(root, {attributes: true});
        root.wganMove({task: "a pile"}); }""")
    sync_api.expect(task).to_have_class(re.compile("task-done"))
    tab.wait_for_function("window.said")  # in the figure too, whose task may stand screens away
    shown = """() => { const root = document.querySelector("[data-widget]"); root.classList.add("task-done-here");
        return [getComputedStyle(root).position, getComputedStyle(root, "::after").content]; }"""
    assert tab.evaluate(shown) == ["relative", '"✓ Task done"']  # at the figure, not at the top of the page
    sync_api.expect(task.get_by_role("status")).to_have_text("Done.")
    again = tab.context.new_page()
    again.goto(tab.url)
    again.evaluate(STUB)
    sync_api.expect(again.locator(".task")).to_have_class(re.compile("task-done"))
    tab.context.close()


@pytest.mark.browser
def test_a_place_that_is_only_passed_is_not_found(browser, book):
    tab = opened(browser, book)
    tab.evaluate("""() => { const root = document.querySelector("[data-widget]");
        root.wganMove({w1: 5, js: .5}); root.wganMove({w1: 5, js: .7}); }""")
    tab.wait_for_timeout(600)
    assert "task-done" not in tab.locator(".task").get_attribute("class")
    tab.context.close()


@pytest.mark.browser
def test_without_scripts_and_on_paper_words_are_words(browser, book):
    tab = opened(browser, book, java_script_enabled=False)
    assert tab.get_by_role("button").count() == 0
    assert "Now slide" in tab.locator("body").inner_text()
    tab.context.close()
    tab = opened(browser, book)
    tab.emulate_media(media="print")
    style = tab.locator(".move").evaluate("e => [getComputedStyle(e).borderBottomStyle, getComputedStyle(e).color]")
    assert style == ["none", tab.evaluate("getComputedStyle(document.querySelector('p')).color")]
    tab.context.close()


# Formulas


def test_formulas_wear_the_figures_colours_and_keep_their_mathml(page):
    for name, (light, _) in formulas.COLOURS.items():
        assert f"color:var(--book-{name});" in page
        assert f'mathcolor="{light}"' in page
        assert f'color="{name}"' not in page
    assert r'<annotation encoding="application/x-tex">\real{P_{\{a\}}}' in page
    assert "katex-error" not in page


def test_the_pages_style_gives_each_colour_in_both_themes():
    book_css = (ROOT / "book/_static/book.css").read_text(encoding="utf-8")
    widgets = (ROOT / "wgan_lib/js/widgets.css").read_text(encoding="utf-8")
    for name, (light, _) in formulas.COLOURS.items():
        pair = re.search(rf"{figures.PALETTE[light]}: (light-dark\([^)]*\))", widgets)[1]
        assert light in pair
        assert f"--book-{name}: {pair};" in book_css


def test_a_wrong_macro_is_seen(tmp_path):
    assert build_page(tmp_path, r"$\raal{P}$").returncode == 0
    assert "#cc0000" in (tmp_path / "_build/index.html").read_text(encoding="utf-8")


def test_notebooks_write_colours_out(prose):
    colour = {name: rf"\color{{{dark}}}" for name, (_, dark) in formulas.COLOURS.items()}
    assert rf"{{{colour['real']}{{P_{{\{{a\}}}}}}}} - {{{colour['generated']}{{Q}}}}" in prose
    assert rf"{{{colour['critic']}{{f}}}}{{{colour['js']}{{x}}}}{{{colour['nonsat']}{{y}}}}" in prose
    assert formulas.in_notebook(r"\real{a\generated{b}}") == rf"{{{colour['real']}{{a{{{colour['generated']}{{b}}}}}}}}"
    assert formulas.in_notebook(r"\realm{x} \reals") == r"\realm{x} \reals"


@pytest.mark.parametrize("paper", ["#ffffff", "#383838"])
def test_colours_of_notebooks_can_be_read_on_white_and_on_grey(paper):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for _, colour in formulas.COLOURS.values():
        low, high = sorted([luminance(colour), luminance(paper)])
        assert (high + 0.05) / (low + 0.05) >= 3
