"""Each term of the glossary leads there from its first use in the running text of a page."""

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[1] / "book"
# Of the first half; the later chapters are still to be gone through.
PAGES = [
    "index", "refresher", "js-saturation", "wasserstein-1d", "optimal-transport", "samples",
    "kantorovich-rubinstein", "critic",
]  # fmt: skip
COMMON = {"budget", "mode", "support", "dual"}  # everyday words, too: a use need not be the term's
ALSO = {
    "law": "laws?",
    "Lipschitz continuity": "(?:1-)?Lipschitz",
    "maximum mean discrepancy": "maximum mean discrepancies",
    "weight clipping": "clipping|clipped",
    "certificate": "certified",
}
NOT_PROSE = re.compile(
    r"^---\n.*?^---$"  # the front matter
    r"|^```\{code-cell\}.*?^```$|^\$\$.*?^\$\$.*?$|\$[^$\n]+\$"  # code and formulas
    r"|^#.*?$|^(?:`{3,}|:{3,})[^\n]*$|^\{\.question\}\n[^\n]*$"  # titles, the question above the page
    r"|^\*\*[^*\n]+\.\*\*|\*\*Reading time\*\*[^\n]*$|^:label:[^\n]*$"  # words that head a paragraph
    r"|\{(?!term)[a-z:]+\}`[^`]*`",  # references, citations, numbers, words that move a figure
    re.DOTALL | re.MULTILINE,
)
TERM = re.compile(r"\{term\}`([^`<]+?)(?:\s*<([^`>]+)>)?`")


def glossary() -> list[str]:
    listed = (BOOK / "glossary.md").read_text(encoding="utf-8").split(":::{glossary}")[1]
    return [line for line in listed.splitlines() if re.match(r"[^\s:]", line)]


def unlinked(text: str, terms: list[str]) -> list[str]:
    """The terms whose first use in the prose of a page is no link to the glossary."""
    prose = NOT_PROSE.sub(" ", text)
    links: dict[str, int] = {}
    for link in TERM.finditer(prose):
        links.setdefault((link[2] or link[1]).lower(), link.start())
    plain = TERM.sub(lambda link: " " * len(link[0]), prose)
    found = []
    for term in terms:
        words = "|".join([re.escape(term), *filter(None, [ALSO.get(term)])])
        use = re.search(rf"(?<![\w-])(?:{words})s?(?![\w-])", plain, re.IGNORECASE)
        if term not in COMMON and use and use.start() < links.get(term.lower(), len(plain)):
            found.append(f"{term}: …{plain[max(0, use.start() - 40) : use.end()].strip()}")
    return found


@pytest.mark.parametrize("page", PAGES)
def test_each_term_is_linked_where_the_page_first_uses_it(page: str) -> None:
    assert unlinked((BOOK / f"{page}.md").read_text(encoding="utf-8"), glossary()) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("A {term}`law` and two laws.", 0),
        ("Two laws, a {term}`law`.", 1),
        ("Two {term}`laws <law>`, a law.", 0),
        ("# Laws\n\n$law$ {chapter}`a law <critic>`\n\n```{code-cell} ipython3\nlaw\n```\n", 0),
        ("A 1-Lipschitz law, a by-law.", 2),
    ],
)
def test_a_use_before_its_link_is_seen(text: str, count: int) -> None:
    assert len(unlinked(text, ["law", "Lipschitz continuity"])) == count
