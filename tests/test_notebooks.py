"""The notebooks for Colab: fresh, valid, free of outputs and of anything that only Sphinx understands."""

import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book/_ext"))

from notebooks import UntranslatedError, notebooks  # noqa: E402 — the extensions are no package

CONFIG = """
repository: {url: https://github.com/someone/moving-earth, branch: main, path_to_book: ""}
bibtex_bibfiles: [book/references.bib]
"""
TOC = """
format: jb-book
root: book/index
options: {numbered: true}
chapters: [{file: book/sand}, {file: book/glossary}]
"""
BIB = r"""
@article{villani, author = {Villani, C{\'e}dric}, title = {Optimal Transport}, journal = {J}, year = {2009},
  doi = {10.1000/1}}
@article{gp, author = {Gulrajani, I. and Ahmed, F. and Arjovsky, M.}, title = {Improved}, journal = {J}, year = {2017},
  url = {https://arxiv.org/abs/1704.00028}}
"""
FRONT = "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
CHAPTER = r"""# Sand

(top)=
## Piles

Work is a distance {cite:p}`villani,gp`; {cite:t}`gp` differ. See {numref}`fig-pile`, {eq}`work`, {ref}`ex-dig`,
{numref}`top`, {ref}`other <hello>`, {doc}`index`, [the start](index.md), {term}`pile` and `` {not}`a role` ``.

$$
W = \int |F - G|
$$ (work)

```{code-cell} python
:tags: [hide-input]
# Drag the pile
1 + 1
```

```{figure} pile.png
:name: fig-pile
:alt: a pile
The *pile* of {cite:t}`villani`.
```

:::{admonition} Where tutorials go wrong
:class: warning
They say $W$ is finite.
:::

- a list holding

  ```{tip}
  a tip
  ```

````{exercise} Digging
:label: ex-dig
How far?

```python
x = {"not": "a directive"}
```
````

```{solution} ex-dig
Far: {math}`x^2`.
```

````{quiz} How far is $x$ from itself?
- [ ] one metre :: No: nothing moves.
- [x] nothing :: Yes,
  by **definition**.
````
"""
ADDRESS = "https://colab.research.google.com/github/someone/moving-earth/blob/main/book"


@pytest.fixture
def book(tmp_path):
    """Make a book of three pages; returns a function that writes a chapter and exports it."""
    (tmp_path / "book").mkdir()
    for name, text in {
        "_config.yml": CONFIG,
        "_toc.yml": TOC,
        "book/references.bib": BIB,
        "book/index.md": f"{FRONT}(hello)=\n# Welcome\n\n```{{tableofcontents}}\n```\n",
        "book/glossary.md": "# Glossary\n\n```{glossary}\npile\n  sand\n```\n",
        "book/pile.png": "",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    def export(chapter, front=FRONT):
        (tmp_path / "book/sand.md").write_text(front + chapter, encoding="utf-8")
        written = notebooks(tmp_path)
        return nbformat.reads(written[tmp_path / "book/sand.ipynb"], as_version=4)

    return export


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_first_cell_installs_only_in_colab(book):
    cell = book(CHAPTER).cells[0]
    assert '%pip install -q pot "git+https://github.com/someone/moving-earth"' in cell.source
    assert cell.source.index('if "google.colab" in sys.modules:') < cell.source.index("%pip")


@pytest.mark.parametrize(
    "expected",
    [
        "# 1. Sand",
        "## 1.1. Piles",
        "([Villani, 2009](https://doi.org/10.1000/1); [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028))",
        "[Gulrajani et al. (2017)](https://arxiv.org/abs/1704.00028) differ",
        "[Fig. 1.1](#fig-pile), [(1.1)](#work), [Exercise 1.1](#ex-dig),\n[Section 1.1](#top)",
        f"[other]({ADDRESS}/index.ipynb), [Welcome]({ADDRESS}/index.ipynb), [the start]({ADDRESS}/index.ipynb)",
        "[pile](https://github.com/someone/moving-earth/blob/main/book/glossary.md)",
        "`` {not}`a role` ``",
        "$$\nW = \\int |F - G| \\tag{1.1}\n$$",
        "![a pile](https://github.com/someone/moving-earth/raw/main/book/pile.png)",
        "*Fig. 1.1.* The *pile* of [Villani (2009)](https://doi.org/10.1000/1).",
        "> **Where tutorials go wrong**\n>\n> They say $W$ is finite.",
        "- a list holding\n\n  > **Tip**\n  >\n  > a tip",
        '> **Exercise 1.1** (Digging)\n>\n> How far?\n>\n> ```python\n> x = {"not": "a directive"}\n> ```',
        "<summary>Solution to Exercise 1.1</summary>\n\nFar: $x^2$.\n\n</details>",
        "**Quiz.** How far is $x$ from itself?\n\n- **A.** one metre\n- **B.** nothing",
        "<summary>B?</summary>\n\n✓ Yes,\nby **definition**.",
        "## References\n\n- I. Gulrajani",
    ],
)
def test_each_construct_becomes_plain_markdown(book, expected):
    assert expected in prose(book(CHAPTER))


def test_nothing_of_sphinx_and_no_output_is_left(book):
    notebook = book(CHAPTER)
    text = re.sub(r"``.*?``|```.*?```", "", prose(notebook), flags=re.DOTALL)
    assert not re.search(r"\{[\w:-]+\}`|:::|^\(\w+\)=|```\{", text, re.MULTILINE)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[], []]
    assert [cell.execution_count for cell in code] == [None, None]
    nbformat.validate(notebook)


def test_hidden_code_is_folded_under_its_comment(book):
    cell = book(CHAPTER).cells[3]
    assert cell.source == "#@title Drag the pile\n1 + 1"
    assert cell.metadata == {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["hide-input"]}


def test_index_links_to_every_page(book, tmp_path):
    book(CHAPTER)
    assert f"- [Sand]({ADDRESS}/sand.ipynb)" in notebooks(tmp_path)[tmp_path / "book/index.ipynb"]


def test_figure_made_by_a_cell_keeps_its_caption_and_number(book):
    cell = "```{code-cell} python\n---\nmystnb:\n  figure: {name: fig-a, caption: A *plan*.}\n---\n1\n```"
    notebook = book(f"# T\n\nSee {{numref}}`fig-a`.\n\n{cell}\n")
    assert notebook.cells[-1].source.endswith("*Fig. 1.1.* A *plan*.")
    assert "See [Fig. 1.1](#fig-a)." in notebook.cells[1].source


def test_glued_numbers_are_printed_where_there_is_no_myst_nb(book, capsys):
    cells = "```{code-cell} python\nfrom myst_nb import glue\nglue('js', 0.5)\n```\n\nJS is {glue:text}`js:.2f`.\n"
    notebook = book(f"# T\n\n{cells}")
    exec(notebook.cells[2].source, {})
    assert capsys.readouterr().out == "js = 0.5\n"
    assert "JS is `js`." in notebook.cells[3].source


def test_ids_survive_an_edit_elsewhere(book):
    before = {cell.source: cell.id for cell in book(CHAPTER + "\n+++\n\nLast words.\n").cells}
    edited = CHAPTER.replace("1 + 1", "1 + 2").replace("# Sand", "# Wet sand")
    after = {cell.source: cell.id for cell in book(edited + "\n+++\n\nLast words.\n").cells}
    kept = before.keys() & after.keys()
    assert "Last words." in kept
    assert len(kept) == len(before) - 2
    assert all(before[source] == after[source] for source in kept)


def test_each_heading_begins_a_cell_with_its_target(book):
    cells = book("# T\n\nText\n\n(a)=\n## A\n\n```python\n# no heading\n```\n\n### B\n").cells
    anchor = '<a name="a" id="a"></a>\n'
    assert [cell.source.split("\n\n")[0] for cell in cells[1:]] == ["# 1. T", f"{anchor}## 1.1. A", "### 1.1.1. B"]


def test_equal_cells_have_different_ids(book):
    notebook = book("# T\n" + "\n```{code-cell} python\n1\n```\n" * 3)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells) == 5


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("```{mermaid}\na\n```", "directive {mermaid}"),
        (":::{note}\nHi.\n\n```{code-cell} python\n1\n```\n:::", "directive {code-cell} inside another directive"),
        ("{fancy}`x`", "role {fancy}"),
        ("{cite}`nobody`", "citation 'nobody'"),
        ("{ref}`nowhere`", "reference to 'nowhere'"),
        ("![x](missing.png)", "file 'missing.png'"),
        ("[x](missing.md)", "link to 'missing.md'"),
        ("A {{ substitution }}.", "{{ substitution }}"),
        ("A footnote[^1].", r"[^1]"),
    ],
)
def test_untranslatable_things_are_errors_that_name_them(book, source, named):
    with pytest.raises(UntranslatedError, match=re.escape(named)) as error:
        book(f"# T\n\n{source}\n")
    assert "book/sand" in str(error.value)


def test_target_before_plain_text_does_not_name_a_later_heading(book):
    text = prose(
        book("# T\n\n(here)=\nText.\n\n## Later\n\n{ref}`this <here>` and {numref}`that <late>`\n\n(late)=\n## L\n")
    )
    assert "[this](#here) and [that](#late)" in text


def test_all_problems_are_reported_at_once(book):
    with pytest.raises(UntranslatedError) as error:
        book("# T\n\n{one}`x` and {two}`y`\n")
    assert "role {one}" in str(error.value)
    assert "role {two}" in str(error.value)


def test_committed_notebooks_are_fresh():
    expected = notebooks(ROOT)
    with_cells = {path for path in (ROOT / "book").glob("*.md") if "{code-cell}" in path.read_text(encoding="utf-8")}
    assert with_cells
    assert {path.with_suffix(".ipynb") for path in with_cells} == set(expected)
    stale = [p.name for p, text in expected.items() if not p.is_file() or p.read_text(encoding="utf-8") != text]
    assert not stale, "run `make notebooks`"
