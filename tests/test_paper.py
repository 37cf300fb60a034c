"""The printed book: one file with an outline, numbers on its sheets, and links that stay inside it."""

import io
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "book/_ext"))
import paper  # noqa: E402 — the extensions are no package

PAGE = """<!doctype html><html data-settled="true"><head><meta charset="utf-8">
<link rel="stylesheet" href="{quiz}"><link rel="stylesheet" href="{style}"></head><body><h1 hidden>Not this</h1>
<article class="bd-article"><section id="{name}">
<h1><span class="section-number">{number} · </span>{title}<a class="headerlink" href="#{name}">#</a></h1>
{body}</section></article></body></html>"""
QUIZ = """<fieldset class="quiz"><legend class="quiz-question">How far is it?</legend>
<div class="quiz-answer"><label>one metre</label><div class="quiz-live"><div class="quiz-feedback quiz-right">
<span class="quiz-sign">✓</span><p>Sand goes straight.</p></div></div></div>
<div class="quiz-answer"><label>two metres</label><div class="quiz-live"><div class="quiz-feedback quiz-wrong">
<span class="quiz-sign">✗</span><p>Too far by half.</p></div></div></div></fieldset>"""
SAND = f"""<p><a href="two.html#place">to the place</a> <a href="#foot">down</a> <a href="../search.html">search</a>
<a href="https://example.org/">elsewhere</a></p>{QUIZ}<div class="solution"><p>It is the solution.</p></div>
<p style="break-before: page">The last words.</p><h2 id="foot">At the foot</h2>
<div class="cell"><details class="hide"><pre>folded()</pre></details><div class="cell_output">shown</div></div>"""
WATER = '<p>Water.</p><h2 id="place" style="break-before: page">The place</h2><p><a href="one.html">back</a></p>'


@pytest.fixture(scope="module")
def printed(browser, tmp_path_factory) -> PdfReader:
    """A book of a front page and two chapters, the first with two sheets of text and one of answers."""
    folder = tmp_path_factory.mktemp("printed")
    style, quiz = (ROOT / "book/_static/paper.css").as_uri(), (ROOT / "book/_ext/quiz.css").as_uri()
    for number, (name, body) in enumerate({"front": "<p>Front.</p>", "one": SAND, "two": WATER}.items()):
        text = PAGE.format(style=style, quiz=quiz, name=name, number=number, title=f"On {name}", body=body)
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    order = [(folder / "front.html", ""), (folder / "one.html", "Sand"), (folder / "two.html", "Sand")]
    written = io.BytesIO()
    paper.joined(paper.print_pages(browser, order), "Moving Earth").write(written)
    return PdfReader(written)


def links(reader: PdfReader) -> dict[str, list[int | str]]:
    """Where the links of each sheet lead: the number of a sheet, or an address."""
    found: dict[str, list[int | str]] = {}
    for number, sheet in enumerate(reader.pages, start=1):
        for annotation in sheet.get("/Annots", []):
            told = annotation.get_object()
            inside = reader.get_page_number(told["/Dest"][0].get_object()) + 1 if "/Dest" in told else None
            found.setdefault(str(number), []).append(inside or str(told["/A"]["/URI"]))
    return found


@pytest.mark.browser
def test_sheets_are_numbered_through_and_listed(printed):
    texts = [sheet.extract_text() for sheet in printed.pages]
    assert len(texts) == 6  # front, contents, two of sand, two of water
    for number, text in enumerate(texts, start=1):
        assert str(number) in text.split("\n")[-1] + text.split("\n")[0]
    assert [line for line in texts[1].replace(" ", "").split("\n") if line.startswith(("1·", "2·"))] == [
        "1·Onone3",
        "2·Ontwo5",
    ]
    assert printed.metadata.title == "Moving Earth"


@pytest.mark.browser
def test_links_lead_to_their_places_inside_the_file(printed):
    assert links(printed) == {"2": [3, 5], "3": [6, 4, "https://example.org/"], "6": [3]}


@pytest.mark.browser
def test_the_outline_has_parts_chapters_and_sections(printed):
    def titles(items):
        return [titles(item) if isinstance(item, list) else item.title for item in items]

    front, contents, part, chapters = titles(printed.outline)
    assert (front, contents, part) == ("0 · On front", "Contents", "Sand")
    assert chapters[0] == "1 · On one"
    assert chapters[1] == ["At the foot", "Answers to the questions", "Solutions"]
    assert chapters[2:] == ["2 · On two", ["The place"]]


@pytest.mark.browser
def test_answers_stand_at_the_end_and_folded_code_nowhere(printed):
    question, end = (" ".join(printed.pages[i].extract_text().split()) for i in (2, 3))
    assert "two metres" in question
    assert "Sand goes straight" not in question
    assert "It is the solution" not in question
    assert end.index("Sand goes straight") < end.index("It is the solution")
    assert "Too far" not in end
    assert "shown" in end
    assert "folded" not in end


def code(n: int) -> str:
    """A cell with ``n`` lines of code, laid out as the theme lays it out."""
    lines = "\n".join(f"line{i}()" for i in range(1, n + 1))
    return f"""<style>div.highlight {{ display: flex; flex-direction: column; break-inside: avoid }}
    pre {{ padding: 10px }} .cell_input {{ display: flex; border: 1px solid #f00 }}</style>
    <div class="cell"><div class="cell_input"><div class="highlight-python"><div class="highlight"><pre>{lines}</pre>
    </div></div></div></div>"""


SENTENCE = '<p>Therefore</p><div class="math"><div class="katex-display" style="height: 90px">1 = 1</div></div>'
FIGURE = '<figure><div style="height: 60px"><br>A plot</div><figcaption>Fig. 1<br>B<br>C</figcaption></figure>'
TERM = "<dl><dt>Term</dt><dd><p>A<br>B<br>C</p></dd></dl>"
NOTE = '<aside class="side-note"><p class="sidebar-title">Aside</p><p>A<br>B<br>C</p></aside>'


@pytest.mark.browser
@pytest.mark.parametrize(
    ("body", "filled", "begins"),
    [
        pytest.param(code(10), 830, "line1()", id="short code, half of which would fit"),
        pytest.param(FIGURE, 860, "A plot", id="a figure with its caption"),
        pytest.param(TERM, 905, "Term", id="a term of the glossary"),
        pytest.param(SENTENCE, 905, "Therefore", id="a formula with its sentence"),
        pytest.param(NOTE, 905, "Aside", id="a note with its title"),
    ],
)
def test_the_foot_of_a_sheet_is_no_place_to_begin(browser, tmp_path, body, filled, begins):
    """The rest of the first sheet stays empty, an empty box of code included."""
    style, quiz = (ROOT / "book/_static/paper.css").as_uri(), (ROOT / "book/_ext/quiz.css").as_uri()
    body = f'<style>* {{ margin: 0 }}</style><div style="height: {filled}px">Filled</div>{body}'
    text = PAGE.format(style=style, quiz=quiz, name="x", number=1, title="Foot", body=body)
    (tmp_path / "x.html").write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": paper.WIDTH, "height": 900})
    sheets = PdfReader(io.BytesIO(paper.print_page(page, tmp_path / "x.html", set(), 0))).pages
    page.close()
    assert "Filled" in sheets[0].extract_text()
    assert b"1 0 0 RG" not in sheets[0].get_contents().get_data()
    assert b"1 0 0 rg" not in sheets[0].get_contents().get_data()
    assert begins in sheets[1].extract_text().split("\n")[:3]
