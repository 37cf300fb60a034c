"""The ledger: each published claim that a chapter reproduces, our number beside it, and a verdict that code gives.

A chapter's claims stand in `experiments/ledger_<chapter>.py`, in a function `entries()` that returns a list of `Entry`,
computed from closed forms and recorded runs in seconds:

    Entry(claim="gradients vanish towards the input at c = .01", source="gulrajani2017improved", where="fig. 1b",
          setting="12 layers of 256", published="falling", ours=log10, unit="log10 of a norm", agrees=log10 < -5)

A chapter's number comes from `_toc.yml`, a source from `book/references.bib`; `tests/test_ledger.py` holds both, and
the written file to the code.

Run: python experiments/ledger.py (seconds). Writes book/ledger.json.
"""

import importlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).parent
WRITTEN = HERE.parent / "book/ledger.json"
VERDICTS = ("matches", "differs", "not attempted (needs a GPU)")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A claim of a paper and what came of it here.

    `ours` is a number or a short table of numbers, `low` and `high` its interval where it is an estimate, `interval`
    says which. `agrees` is computed from them; None where the claim was not tried. A claim that differs says why; what
    was written for that case is left out where the claim matches.
    """

    claim: str
    source: str
    where: str
    setting: str
    published: str
    agrees: bool | None
    ours: float | Sequence[float] | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    interval: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        if self.agrees is None and self.ours is not None:
            raise ValueError(f"{self.claim}: a number without a verdict")
        if self.agrees is not None and self.ours is None:
            raise ValueError(f"{self.claim}: a verdict without a number")
        if self.agrees is not None and not self.agrees and not self.why:
            raise ValueError(f"{self.claim}: it differs, and nothing says why")
        if (self.low is None) != (self.high is None) or (self.low is None) != (not self.interval):
            raise ValueError(f"{self.claim}: an interval has two ends and a name")

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`."""
        return VERDICTS[2] if self.agrees is None else VERDICTS[0] if self.agrees else VERDICTS[1]


def plain(value: object) -> object:
    """Numbers as JSON has them, to five significant digits, so that a last bit is no change."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Sequence) or hasattr(value, "__len__"):
        return [plain(part) for part in value]
    number = float(value)  # type: ignore[arg-type]
    return float(f"{number:.5g}") if math.isfinite(number) else str(number)


def collect() -> list[dict[str, object]]:
    """All chapters' entries as JSON has them, by chapter and in the order they were written."""
    found: list[dict[str, object]] = []
    for path in sorted(HERE.glob("ledger_*.py")):
        chapter = path.stem.removeprefix("ledger_").replace("_", "-")
        for entry in importlib.import_module(path.stem).entries():
            values = {name: plain(value) for name, value in asdict(entry).items() if name != "agrees"}
            values["why"] = entry.why if entry.verdict == "differs" else ""
            found.append({"chapter": chapter, **values, "verdict": entry.verdict})
    return found


if __name__ == "__main__":
    WRITTEN.write_text(json.dumps(collect(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
