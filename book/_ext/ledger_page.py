"""The directive `{ledger}`: what became of published claims, from the file that `experiments/ledger.py` writes.

    ```{ledger}
    ```
    ```{ledger} weight-clipping
    ```

The first form counts the verdicts and lets the reader keep one of them, by a style rule alone: it works from a file and
without a script. The second lists one chapter's claims, each with its source, what was published, what came out here
with its interval, the setting, and the reason where the two differ.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

logger = getLogger(__name__)
SHORT = {"matches": "matches", "differs": "differs", "not attempted (needs a GPU)": "not attempted"}
WORDS = {"matches": "match", "differs": "differ", "not attempted (needs a GPU)": "need a GPU and were not attempted"}


def read(root: Path) -> list[dict[str, Any]]:
    """The ledger's entries, in the order of the file."""
    return json.loads((root / "book/ledger.json").read_text(encoding="utf-8"))


def number(value: Any) -> str:
    """A number, or a list of them, to four digits and with a true minus sign."""
    if isinstance(value, list):
        return ", ".join(number(part) for part in value)
    if not isinstance(value, (int, float)):
        return str(value)
    if value and not 1e-3 <= abs(value) < 1e5:
        digits, power = f"{value:.2e}".split("e")
        return (
            f"{digits.replace('-', '−')} · 10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
        )
    return f"{value:.4g}".replace("-", "−")


def ours(entry: dict[str, Any]) -> str:
    """Our number with its unit and interval, or that there is none."""
    if entry["ours"] is None:
        return "not yet run"
    text = number(entry["ours"])
    if entry["low"] is not None:
        text += f" [{number(entry['low'])}, {number(entry['high'])}]"
    return f"{text} {entry['unit']}".strip() + (f" ({entry['interval']})" if entry["interval"] else "")


def lines(entry: dict[str, Any]) -> list[str]:
    """An entry as three or four paragraphs of MyST."""
    entry = entry | {key: re.sub(r"([*_])", r"\\\1", entry[key]) for key in ("claim", "published", "setting", "why")}
    first = entry["claim"][0]
    claim = (first.upper() if first.isascii() else first) + entry["claim"][1:]  # λ is no word
    said = [
        f"**{claim}.** [{SHORT[entry['verdict']]}]{{.ledger-verdict}}",
        f"[Published]{{.ledger-label}} {entry['published']} ({{cite:t}}`{entry['source']}`, {entry['where']})",
        f"[Here]{{.ledger-label}} {ours(entry)}; {entry['setting']}",
    ]
    return said + ([f"[Why]{{.ledger-label}} {entry['why']}"] if entry["why"] else [])


def counts(entries: list[dict[str, Any]]) -> str:
    """How many claims there are, and how many got each verdict, in one sentence."""
    found = Counter(entry["verdict"] for entry in entries)
    parts = [f"{found[verdict]} {words}" for verdict, words in WORDS.items() if found[verdict]]
    return f"Of {len(entries)} claims, {', '.join(parts[:-1])} and {parts[-1]}."


class Ledger(SphinxDirective):
    """Turn `{ledger}` into the counts with their filter, or into one chapter's claims."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "book/ledger.json"))
        entries = read(root)
        if not self.arguments:
            return [nodes.paragraph("", counts(entries)), nodes.raw("", self._filter(), format="html")]
        chosen = [entry for entry in entries if entry["chapter"] == self.arguments[0]]
        if not chosen:
            logger.warning("ledger: no claims of %r", self.arguments[0], location=self.get_location(), type="ledger")
        return [self._entry(entry) for entry in chosen]

    def _filter(self) -> str:
        choices = [("all", "all")] + [(short.split()[0], short) for short in SHORT.values()]
        buttons = "".join(
            f'<label><input type="radio" name="ledger" id="ledger-{key}"{" checked" * (key == "all")}> {short}</label>'
            for key, short in choices
        )
        return f'<fieldset class="ledger-filter"><legend>Show</legend>{buttons}</fieldset>'

    def _entry(self, entry: dict[str, Any]) -> nodes.container:
        box = nodes.container(classes=["ledger-entry", f"ledger-{SHORT[entry['verdict']].split()[0]}"])
        self.set_source_info(box)
        text = [line for paragraph in lines(entry) for line in (paragraph, "")]
        self.state.nested_parse(StringList(text, source=str(self.env.doc2path(self.env.docname))), 0, box)
        return box


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("ledger", Ledger)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
