"""Each chapter links a word of the glossary where it first uses it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book/_ext"))

from book_structure import read_cells  # noqa: E402 — the extensions are no package
from myst_blocks import blocks, split_options  # noqa: E402 — nor is the folder on the path before

CHAPTERS = [path for path in sorted((ROOT / "book").glob("*.md")) if "{div} meta" in path.read_text(encoding="utf-8")]
GLOSSARY = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
TERMS = sorted(re.findall(r"^([^\s:].*)\n  \S", GLOSSARY, re.MULTILINE), key=len, reverse=True)  # the longest wins
NO_PROSE = {"quiz", "figure", "image", "code-cell", "code-block", "list-table", "bibliography", "math", "chapter-map"}
LINK = r"\{term\}`(?:[^`<]*<(?P<named>[^>`]+)>|(?P<plain>[^`<]+))`"
# Words of others and of other things: roles, code, formulas, links, quotations, rows of tables, a chapter's question,
# and bold words that head a paragraph.
ELSEWHERE = (
    r"\{[\w:+-]+\}`[^`]*`|`+[^`]+`+|\$\$?[^$]+\$\$?|!?\[[^\]]*\]\([^)]*\)"
    r'|"[^"\n]+"|“[^”\n]+”|^[ \t]*\|.*$|^\{\.question\}\n.*$|^[ \t]*(?:[-*] )?\*\*[^*\n]+[.?:]\*\*'
)
# The same words in another sense: a layer's offsets, a rule that was found, a method that classifies, a verb.
OTHER_SENSES = (
    r"without biases|biases and BatchNorm's|the bias(?= \$b| of layer)|showed the law|support vectors?"
    r"|touches every mode collapses|a bias adds no slope"
)


def key(words: str) -> str:
    return " ".join(words.replace("’", "'").lower().split())


def use(term: str) -> str:
    """A pattern of a term and its plural, however a line breaks."""
    words = re.escape(term).replace("'", "['’]").replace(r"\ ", r"\s+")
    return re.sub(r"(?<=[^aeiou])y$", "", words) + ("(?:y|ies)" if re.search(r"[^aeiou]y$", words) else "(?:e?s)?")


USES = re.compile(
    rf"{LINK}|{ELSEWHERE}|{OTHER_SENSES}"
    rf"|(?<![\w-])(?:{'|'.join(f'(?P<term{i}>{use(term)})' for i, term in enumerate(TERMS))})(?![\w-])",
    re.IGNORECASE | re.MULTILINE,
)


def prose(text: str) -> Iterator[str]:
    for block in blocks(text):
        if block.kind == "directive":
            name = re.match(r"\{([\w:+-]+)\}", block.info)[1]
            if name not in NO_PROSE:
                yield from prose(split_options(block.content)[1])
        elif block.kind in {"text", "definitions"}:
            yield block.source


def unlinked(text: str) -> list[str]:
    """The terms that a chapter uses before it links them, each with the line and the words around its first use."""
    linked: set[str] = set()
    found: dict[str, str] = {}
    parts = [part for cell in read_cells(text).cells if cell.cell_type == "markdown" for part in prose(cell.source)]
    for part in parts:
        for match in USES.finditer(part):
            kind = match.lastgroup or ""
            if kind in {"named", "plain"}:
                linked.add(key(match[kind]))
            elif kind and key(term := TERMS[int(kind.removeprefix("term"))]) not in linked:
                line = part.split("\n")[part[: match.start()].count("\n")]
                around = " ".join(part[max(0, match.start() - 60) : match.end() + 40].split())
                number = text[: text.index(line)].count("\n") + 1
                found.setdefault(term, f"line {number}: {term!r} in “… {around} …”")
    return list(found.values())


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_term_is_a_link_where_a_chapter_first_uses_it(chapter):
    assert unlinked(chapter.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("A critic.", ["critic"]),
        ("A {term}`critic`, and the critics.", []),
        ("Critics, then a {term}`critic`.", ["critic"]),
        ("{term}`Laws <law>` of a law.", []),
        ("An empirical\nlaw.", ["empirical law"]),
        ("The modes: **mode collapse**.", ["mode", "mode collapse"]),
        ("{term}`Cyclical monotonicity`, earth mover’s distances.", ["earth mover's distance"]),
        ('# A law\n\n$\\text{law}$, `law`, [law](a.md), {chapter}`law <samples>`, "law", a by-law', []),
        ("{.question}\nWhat is a law?\n\n| law |\n|---|\n| law |", []),
        ("```{quiz} A law?\n- [x] law :: law\n- [ ] law :: law\n```\n\n```python\nlaw\n```", []),
        (":::{admonition} Law\n:class: law\nTwo biases, and layers without biases.\n:::", ["bias"]),
        ("**A law.** The law.\n- **Law:** a\n\n**A critic** and", ["law", "critic"]),
        ("```{exercise}\nA law.\n```", ["law"]),
    ],
)
def test_first_uses_are_found_in_prose_alone(text, terms):
    found = unlinked(f"# T\n\n{text}\n")
    assert [re.search(r": ['\"](.*?)['\"] in", words)[1] for words in found] == terms
