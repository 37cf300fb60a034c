"""The pages at hand: the ledger shows every chapter's claims, the library page every package, the summary runs."""

import inspect
import json
import re
import sys
from pathlib import Path

import jupytext
import pytest

from wgan_lib import losses

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "book/_ext"))

import ledger_page  # noqa: E402
import library_page  # noqa: E402


def named(directive, page):
    text = (ROOT / f"book/{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{{{directive}}} ([\w-]+)$", text, re.MULTILINE)


def test_the_ledger_s_page_has_every_chapter_with_claims():
    with_claims = {entry["chapter"] for entry in json.loads((ROOT / "book/ledger.json").read_text(encoding="utf-8"))}
    assert set(named("ledger", "ledger")) == with_claims


def test_the_library_s_page_has_every_package_that_a_chapter_imports():
    imported = set()
    for chapter in (ROOT / "book").glob("*.md"):
        text = chapter.read_text(encoding="utf-8")
        for plain, inner in re.findall(r"^from wgan_lib(?:\.(\w+))? import ([\w, ]+)", text, re.MULTILINE):
            imported |= {plain} if plain else set(re.findall(r"\w+", inner))
    assert imported >= {"losses", "transport"}
    assert imported - {"figures", "files", "checks"} <= set(named("library", "library"))


ENTRY = {
    "claim": "a claim", "source": "lin2018pacgan", "where": "table 1", "setting": "a setting", "published": "6.3",
    "ours": [1e-7, -2.0], "low": 0.5, "high": 1.25, "interval": "95 %", "unit": "clusters", "why": "a reason",
    "verdict": "differs",
}  # fmt: skip


def test_an_entry_shows_number_interval_source_and_reason():
    text = "\n".join(ledger_page.lines(ENTRY))
    for part in (
        "A claim",
        "differs",
        "6.3",
        "lin2018pacgan",
        "1.00 · 10⁻⁷, −2 [0.5, 1.25] clusters (95 %)",
        "a reason",
    ):
        assert part in text
    assert "**λ = 10 works.**" in ledger_page.lines(ENTRY | {"claim": "λ = 10 works"})[0]  # a letter, and no word
    assert "not yet run" in "\n".join(ledger_page.lines(ENTRY | {"ours": None, "low": None, "interval": ""}))


def test_the_counts_add_up():
    entries = ledger_page.read(ROOT)
    said = [int(number) for number in re.findall(r"\d+", ledger_page.counts(entries))]
    assert said[0] == sum(said[1:]) == len(entries) >= 35


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (lambda x, *, size=3, way=max: x, "f(x, *, size=3, way=max)"),
        (lambda *args, flag="a": args, "f(*args, flag='a')"),
        (losses.WASSERSTEIN, "f"),
    ],
)
def test_signatures_are_names_and_defaults(thing, expected):
    assert library_page.signature("f", thing) == expected


@pytest.mark.parametrize("package", named("library", "library"))
def test_every_public_name_says_what_it_is(package):
    module = getattr(__import__(f"wgan_lib.{package}"), package)
    for name, thing in library_page.public(module).items():
        if inspect.isclass(thing) or inspect.isroutine(thing):
            assert library_page.told(thing)[0], f"{package}.{name} has no docstring"


def test_the_errata_s_cells_show_what_the_page_says(capsys):
    names = {}
    for cell in jupytext.read(ROOT / "book/errata.md").cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, "errata", "exec"), names)
    shown = capsys.readouterr().out
    for part in (
        "JS 0.693147 = ln 2 = 0.693147, KL inf", "direct 0.693 > 0.432", "direct 0.833 < 0.929", "33.8, with it 0.6759",
        "the clipped linear critic reads 0.10", "the clipped linear critic reads 0.40", "steepest 1\nW1 = 1",
        "W1 to a point mass at 0 is 1.000000", "slope 1.9e+04", "slope 1.9\n", "the layer on 32 x 32 pictures 3.00",
        "RuntimeError", "as printed: 7 different", "endpoint=False: 8 different", "100 + 77 = 177", "may be up to 28 %",
    ):  # fmt: skip
        assert part in shown, part
    product, steepest = map(
        float, re.search(r"product of norms ([\d.]+), steepest of 500 places ([\d.]+)", shown).groups()
    )
    assert steepest < 0.5 * product


def test_the_glossary_is_in_order_and_each_term_is_linked_from_a_page():
    glossary = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"^(\S.*)\n  \S", glossary.split(":::{glossary}\n")[1], re.MULTILINE)
    assert len(terms) > 70
    assert terms == sorted(terms, key=str.casefold)
    linked = set()
    for page in (ROOT / "book").glob("*.md"):
        if page.stem != "glossary":
            roles = re.findall(r"\{term\}`(?:[^`]*<)?([^`<>]+)>?`", page.read_text(encoding="utf-8"))
            linked |= {role.casefold().replace("’", "'") for role in roles}
    assert {term.casefold() for term in terms} <= linked
