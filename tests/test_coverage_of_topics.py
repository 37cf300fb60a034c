"""Every topic that the book promises to cover has a section that a reader finds, and a test or a record behind it."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from docutils.nodes import make_id

ROOT = Path(__file__).parents[1]
TABLE = yaml.safe_load((ROOT / "book/coverage.yml").read_text(encoding="utf-8"))
MANY = {"A": 14, "B": 7, "C": 19, "D": 5, "E": 8, "F": 6}
FIELDS = {"topic", "found", "held", "waits_for"}
CONTENTS = (ROOT / "_toc.yml").read_text(encoding="utf-8")
SETTINGS = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
TO_COME = SETTINGS["sphinx"]["config"]["chapters_to_come"]


def anchors_of(text: str) -> set[str]:
    """The places of a page that a link can name: headings outside code, and labels."""
    prose = re.sub(r"^(`{3,}|~{3,}).*?^\1`*$", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#{1,4} (.+)$", prose, re.MULTILINE)
    return {make_id(heading.replace("'", "’")) for heading in headings} | set(
        re.findall(r"^\(([\w-]+)\)=$", prose, re.MULTILINE)
    )


@cache
def anchors(page: str) -> set[str]:
    return anchors_of((ROOT / f"book/{page}.md").read_text(encoding="utf-8"))


@cache
def functions(path: str) -> set[str]:
    return {node.name for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body if hasattr(node, "name")}


def in_book(page: str) -> bool:
    return re.search(rf"(?:file|root): book/{re.escape(page)}$", CONTENTS, re.MULTILINE) is not None


def exists(evidence: str) -> bool:
    """Whether a test function, `tests/file.py::name`, or a recorded run is there."""
    path, _, name = evidence.partition("::")
    if not (ROOT / path).is_file():
        return False
    return name.startswith("test_") and name in functions(path) if path.startswith("tests/") else not name


def faults(row: dict[str, Any]) -> list[str]:
    """What is wrong with a row, in words."""
    found, held, waiting = (row.get(name, []) for name in ("found", "held", "waits_for"))
    wrong = [f"{name!r} is no field" for name in row.keys() - FIELDS]
    wrong += [] if row.get("topic") else ["it says no topic"]
    wrong += [f"{page} has landed, and the row still waits for it" for page in waiting if in_book(page)]
    wrong += [
        f"{page} is neither in the book nor promised" for page in waiting if not in_book(page) and page not in TO_COME
    ]
    for section in found:
        page, _, anchor = section.partition("#")
        if not in_book(page) or anchor not in anchors(page):
            wrong.append(f"no section {section}")
    wrong += [f"no test or record {evidence}" for evidence in held if not exists(evidence)]
    if not waiting:
        wrong += ["no section"] * (not found) + ["neither test nor record"] * (not held)
    return wrong


def test_every_row_is_there_and_no_other():
    assert list(TABLE) == [f"{letter}{i + 1}" for letter, many in MANY.items() for i in range(many)]


@pytest.mark.parametrize("name", TABLE)
def test_a_row_has_its_section_and_its_evidence(name):
    assert faults(TABLE[name]) == []


def test_what_is_promised_is_waited_for_by_a_row():
    waited_for = {page for row in TABLE.values() for page in row.get("waits_for", [])}
    assert waited_for == set(TO_COME)


ROW = {"topic": "t", "found": ["critic#three-changes"], "held": ["tests/test_losses.py::test_loss_equals_its_formula"]}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"found": ["critic#no-such-words"]}, "no section critic#no-such-words"),
        ({"found": ["nowhere#three-changes"]}, "no section nowhere#three-changes"),
        ({"found": []}, "no section"),
        ({"held": []}, "neither test nor record"),
        ({"held": ["tests/test_losses.py::test_nothing"]}, "no test or record tests/test_losses.py::test_nothing"),
        ({"held": ["tests/test_losses.py"]}, "no test or record tests/test_losses.py"),
        ({"held": ["wgan_lib/recorded/x.npz"]}, "no test or record wgan_lib/recorded/x.npz"),
        ({"waits_for": ["critic"]}, "critic has landed, and the row still waits for it"),
        ({"waits_for": ["dreams"]}, "dreams is neither in the book nor promised"),
        ({"shown": []}, "'shown' is no field"),
    ],
)
def test_a_row_that_is_wrong_is_told(change, fault):
    assert faults(ROW) == []
    assert fault in faults(ROW | change)


def test_anchors_are_headings_and_labels_and_no_comments_of_code():
    page = "# A title, $W_1$\n\n```{code-cell} python\n# no heading\n```\n\n(here)=\n### λ carries the critic's unit\n"
    assert anchors_of(page) == {"a-title-w-1", "here", "carries-the-critics-unit"}
