"""What stands in a widget's place where scripts are off: a sentence, and the figure's numbers as it opens."""

import html
import json
import re

STATE = re.compile(r'<script type="application/vnd\.jupyter\.widget-state\+json">(.*?)</script>', re.DOTALL)
VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>', re.DOTALL)


def with_sentences(page: str) -> str:
    """The page with a `noscript` behind each widget."""
    models = {
        name: entry["state"] for found in STATE.findall(page) for name, entry in json.loads(found)["state"].items()
    }

    def told(view: re.Match[str]) -> str:
        state = models.get(json.loads(view[1])["model_id"], {})
        return f'{view[0]}<noscript><p class="no-script">{sentence(state)}</p></noscript>'

    return VIEW.sub(told, page) if models else page


def sentence(state: dict[str, object]) -> str:
    """Say that the figure needs scripts, and give its numbers by the names of their traits."""
    numbers = {
        name: value for name, value in state.items()
        if not name.startswith("_") and isinstance(value, (int, float)) and not isinstance(value, bool)
    }  # fmt: skip
    opens = ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in numbers.items())
    words = "This figure is alive, and needs JavaScript." + (f" It opens with {opens}." if opens else "")
    return html.escape(words)
