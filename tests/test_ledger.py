"""The ledger's file is what its code gives, and its sources and chapters are there."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "experiments"))

import ledger  # noqa: E402


def test_the_file_is_what_the_code_gives():
    written = json.loads(ledger.WRITTEN.read_text(encoding="utf-8"))
    assert written == ledger.collect(), "run: python experiments/ledger.py"


def test_sources_and_chapters_exist():
    references = (ROOT / "book/references.bib").read_text(encoding="utf-8")
    known = set(re.findall(r"^@\w+\{([^,]+),", references, re.MULTILINE))
    for entry in json.loads(ledger.WRITTEN.read_text(encoding="utf-8")):
        assert entry["source"] in known, entry["claim"]
        assert (ROOT / f"book/{entry['chapter']}.md").exists()


SAID = {"claim": "c", "source": "s", "where": "w", "setting": "s", "published": "p"}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"agrees": False, "ours": 1.0}, "says why"),
        ({"agrees": True}, "without a number"),
        ({"agrees": None, "ours": 1.0}, "without a verdict"),
        ({"agrees": True, "ours": 1.0, "low": 0.0}, "two ends"),
        ({"agrees": True, "ours": 1.0, "low": 0.0, "high": 2.0}, "two ends"),
    ],
)
def test_an_entry_says_enough(given, complaint):
    with pytest.raises(ValueError, match=complaint):
        ledger.Entry(**SAID, **given)


def test_numbers_are_written_to_five_digits():
    assert ledger.plain([np.float64(1 / 3), 2, float("nan")]) == [0.33333, 2.0, "nan"]
    assert ledger.Entry(**SAID, agrees=None).verdict.startswith("not attempted")


def test_only_a_claim_that_differs_says_why():
    for entry in json.loads(ledger.WRITTEN.read_text(encoding="utf-8")):
        assert bool(entry["why"]) == (entry["verdict"] == "differs"), entry["claim"]
