"""What the book adds to its sources: typography, reading times, the map, and mends of the theme's pages."""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from docutils import nodes
from docutils.utils import new_document
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book/_ext"))

import stills  # noqa: E402 — the extensions are no package
import typography  # noqa: E402
from book_structure import Book  # noqa: E402
from chapter_map import on_map, to_come  # noqa: E402
from mended_theme import mended  # noqa: E402
from reading import minutes  # noqa: E402
from without_scripts import with_sentences  # noqa: E402


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("between -0.43 and -.1, (-2)", "between −0.43 and −.1, (−2)"),
        ("WGAN-GP, 2026-11-22, 1-2, n^-1, x-3, a -b", "WGAN-GP, 2026-11-22, 1-2, n^−1, x-3, a -b"),
        ("96.4 % of 10", "96.4\u00a0% of 10"),
        ("12288, 12,288, 12\u202f288, 1,024 and 1500", "12,288, 12,288, 12,288, 1024 and 1500"),
        ("1234567.", "1,234,567."),
        ("1704.00028, 10.1000/12345, 0.12345, 33695.5", "1704.00028, 10.1000/12345, 0.12345, 33695.5"),
    ],
)  # fmt: skip
def test_numbers_are_written_one_way(typed, shown):
    assert typography.polished(typed) == shown


def page(folder, text):
    path = folder / "page.md"
    path.write_text(f"---\nkernelspec: {{name: python3, display_name: P}}\n---\n# T\n\n{text}\n", encoding="utf-8")
    return minutes(path)


def test_reading_time_counts_words_code_figures_and_exercises(tmp_path):
    words = "word " * 2200
    assert page(tmp_path, words) == 10
    code = "```{code-cell} python\n%s\n" + "x = 1\n" * 150 + "```\n"
    assert page(tmp_path, words + "\n\n" + code % "") == 20
    assert page(tmp_path, words + "\n\n" + code % ":tags: [hide-input]\n") == 10  # folded code is passed over
    assert page(tmp_path, words + "\n\n" + "```{exercise} Dig\nDo.\n```\n\n" * 2) == 20
    assert page(tmp_path, f"````{{note}}\n{words}\n````") == 10  # a box is read too
    assert page(tmp_path, f"````{{solution}} ex\n{words}\n````") == 5  # a folded solution is part of its exercise


def test_no_chapter_types_its_reading_time():
    for path in (ROOT / "book").glob("*.md"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("**Reading time**"):
                assert "{minutes}`here`" in line, path.name


def test_the_map_shows_each_chapter_with_its_question_and_picture():
    chapters = on_map(Book(ROOT))
    assert [page.number for page in chapters if page.number] == list(
        range(1, sum(map(bool, (p.number for p in chapters))) + 1)
    )
    for chapter in chapters:
        assert chapter.question.endswith("?"), f"{chapter.name}: its first paragraph is no question"
        assert (ROOT / f"book/_static/thumbnails/{chapter.path.stem}.svg").is_file(), chapter.name


@pytest.mark.parametrize(
    ("written", "shipped"),
    [
        ('<aside class="margin sidebar">', '<aside class="side-note">'),
        ('<p class="admonition-title">Solution to<a class="x" href="#a"> Exercise 4 (A)</a></p>',
         '<p class="admonition-title">Solution to Exercise 4 (A)</p>'),
        ('<p class="admonition-title"><a href="#a">A</a></p>', '<p class="admonition-title"><a href="#a">A</a></p>'),
        ('<summary aria-label="Toggle hidden content">', "<summary>"),
    ],
)  # fmt: skip
def test_the_theme_is_mended(written, shipped):
    assert mended(written) == shipped


def test_a_widget_says_its_numbers_where_scripts_are_off():
    kind = '<script type="application/vnd.jupyter.widget-{}+json">'
    state = '{"state": {"a": {"state": {"_x": 1, "mean_q": 2.0, "js": 0.123456, "on": true, "unit": "nats"}}}}'
    page = f'{kind.format("view")}{{"model_id": "a"}}</script>{kind.format("state")}{state}</script>'
    shown = with_sentences(page)
    assert "needs JavaScript. It opens with mean q 2, js 0.1235.</p></noscript>" in shown
    assert shown.count("<noscript>") == 1


FIGURE = """<link href="a"><script type="application/vnd.jupyter.widget-view+json">{"model_id": "1"}</script>
<noscript><p class="no-script">This figure is alive, and needs JavaScript. It opens with js 0.1.</p></noscript>"""


@pytest.fixture
def built(tmp_path):
    """A folder with one page of one figure, as it stands before pictures are taken."""
    (tmp_path / "html/book").mkdir(parents=True)
    (tmp_path / "html/book/page.html").write_text(FIGURE, encoding="utf-8")
    return tmp_path / "html"


def test_a_figure_keeps_its_place_and_has_a_picture_for_readers_without_scripts(built, tmp_path, monkeypatch):
    drawn = []

    def draw(command, *, input, **options):
        for path, folder in json.loads(input).items():
            drawn.append(path)
            Path(folder).mkdir(parents=True)
            (Path(folder) / "0.webp").write_bytes(b"picture")
            told = [("0.webp", 880, 372, "Two piles <of sand>", [393, 380, 372])]
            (Path(folder) / "told.json").write_text(json.dumps(told), encoding="utf-8")

    monkeypatch.setattr(stills.subprocess, "run", draw)
    for _ in range(2):  # a page whose figures have not changed is not opened again
        (built / "book/page.html").write_text(FIGURE, encoding="utf-8")
        stills.with_stills(built, tmp_path / "kept")
        page = (built / "book/page.html").read_text(encoding="utf-8")
        assert '<script type="application/vnd.jupyter.widget-view+json" data-sizes="393 380 372">{"model_id"' in page
        assert '<img src="../_images/stills/page-0.webp" width="880" height="372"' in page
        assert 'alt="Two piles &lt;of sand&gt;. It opens with js 0.1."' in page
        assert (built / "_images/stills/page-0.webp").read_bytes() == b"picture"
    assert drawn == [str(built / "book/page.html")]


def test_without_a_browser_the_sentence_stays(built, tmp_path, monkeypatch):
    """`stills.py` as a script that fails: no Chromium, no playwright, no time."""
    monkeypatch.setattr(stills, "__file__", str(tmp_path / "no such script.py"))
    stills.with_stills(built, tmp_path / "kept")
    assert (built / "book/page.html").read_text(encoding="utf-8") == FIGURE


def test_the_map_promises_only_what_has_not_landed():
    promises = "critic | From discriminator to critic | What?\nlibrary-of-dreams | Dreams | When?\n"
    assert to_come(Book(ROOT), promises) == [("Dreams", "When?")]
    with pytest.raises(ValueError, match=r"'Dreams' must be 'name \| title \| question'"):
        to_come(Book(ROOT), "Dreams")


CHAPTERS = sorted((ROOT / "book").glob("*.md"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_no_chapter_types_another_chapter_s_number(chapter):
    text = chapter.read_text(encoding="utf-8")
    for found in re.finditer(r"\b[Cc]hapters? \d", text):
        before = text[max(0, found.start() - 60) : found.start()]
        assert re.search(r"\{cite:[tp]\}`[^`]+`[^.]*$", before), f"{chapter.name}: {before}{found[0]} is no link"


def test_every_control_that_the_prose_names_is_on_a_figure():
    """After "press", "choose", "tick" or "button" a name in italics stands; its figure must show these very words."""
    told = re.compile(r"(?:[Bb]utton|[Pp]ress|[Cc]hoose|[Tt]ick)(?: the)? (?:\*([A-Z][^*]+)\*|“([^”]+)”)")
    sources = [*ROOT.glob("wgan_lib/js/widgets/*.mjs"), *ROOT.glob("wgan_lib/js/kit/*.mjs")]
    shown = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    names = [
        (chapter.name, found[1] or found[2])
        for chapter in CHAPTERS
        for found in told.finditer(chapter.read_text(encoding="utf-8"))
    ]
    assert len(names) >= 3
    for chapter, name in names:
        assert f'"{name}"' in shown or f"{name}:" in shown, f"{chapter} names a control {name!r} that no figure has"


def test_an_equation_s_number_brings_the_only_brackets() -> None:
    for path in (ROOT / "book").glob("*.md"):
        assert not re.search(r"\(\{eq\}`[^`]*`\)", path.read_text(encoding="utf-8")), path.name


def test_boxes_are_of_the_kinds_that_have_a_look() -> None:
    """Sphinx takes any class; one without a rule of ours is the theme's, dark on paper."""
    rules = (ROOT / "book/_static/book.css").read_text(encoding="utf-8")
    boxes = re.compile(r"^:+\{admonition\} (.*)\n:class: (.*)$", re.MULTILINE)
    found = [box for path in (ROOT / "book").glob("*.md") for box in boxes.findall(path.read_text(encoding="utf-8"))]
    assert len(found) > 40
    assert {kind for _, kinds in found for kind in kinds.split() if f".admonition.{kind}" not in rules} == set()
    assert {kind for title, kind in found if title.startswith("Where tutorials go wrong")} == {"pitfall"}


def test_signs_around_a_formula_stay_on_its_line():
    paragraph = nodes.paragraph()
    shape = ["see ", "a", ", ", "b", ", (", "c", ") and [", "d", "] ", "k", "-means"]
    for k, words in enumerate(shape):
        paragraph += nodes.math("", words) if k % 2 else nodes.Text(words)
    document = new_document("page")
    document += paragraph
    typography.polish(SimpleNamespace(builder=SimpleNamespace(format="html")), document, "page")
    shown = [
        "see ",
        r"a\text{,}",
        " ",
        r"b\text{,}",
        " ",
        r"\text{(}c\text{)}",
        " and ",
        r"\text{[}d\text{]}",
        " ",
        "k",
        "\u2060-means",
    ]
    assert [child.astext() for child in paragraph] == shown


def test_a_picture_keeps_the_hue_of_a_few_dots():
    """The orange points and teal names of the lab beside the many blues of its map."""
    rows, columns = np.mgrid[0:300, 0:300] / 300
    pixels = np.stack([90 + 160 * rows, 140 + 100 * rows * columns, 255 - 60 * columns], axis=2).astype(np.uint8)
    few = {(0, 3): (184, 80, 9), (0, 9): (0, 121, 101)}
    for (row, column), colour in few.items():
        pixels[row : row + 6, column : column + 6] = colour
    found = np.asarray(stills.fewer_colours(Image.fromarray(pixels))).astype(int)
    for (row, column), colour in few.items():
        assert np.abs(found[row + 3, column + 3] - colour).max() < 25
