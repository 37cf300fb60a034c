"""No browser test reads a page right after an event: the page shows a new state some frames later."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

EVENTS = {
    "press", "click", "dblclick", "check", "uncheck", "set_checked", "fill", "tap", "select_option", "down", "up",
    "move", "type", "wheel", "dispatch_event", "emulate_media", "set_viewport_size", "hover",
}  # fmt: skip
READS = {
    "get_attribute", "inner_text", "inner_html", "text_content", "all_inner_texts", "input_value", "is_checked",
    "is_visible", "is_disabled", "is_enabled", "bounding_box",
}  # fmt: skip
WAITS = {
    "until", "expect", "drawn", "settled", "readings", "reads", "drag", "swipe", "wait_for", "wait_for_function",
    "wait_for_selector", "wait_for_url", "assert_closed_form",
}  # fmt: skip


def too_early(source: str) -> Iterator[str]:
    """Reads that follow an event of the same function with no wait between them; those inside a wait ask again."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        waits = [call for call in calls if _name(call) in WAITS]
        again = {id(node) for wait in waits for node in ast.walk(wait)} - set(map(id, waits))
        event: ast.Call | None = None
        for call in sorted(calls, key=lambda c: (c.end_lineno, c.end_col_offset)):
            if _name(call) in WAITS:
                event = None
            elif id(call) in again or not isinstance(call.func, ast.Attribute):
                continue
            elif call.func.attr in EVENTS:
                event = call
            elif event is not None and call.func.attr in READS:
                yield f"line {call.lineno}: {ast.unparse(call)} right after {ast.unparse(event)}"


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_what_an_event_changes_is_waited_for(path: Path) -> None:
    assert list(too_early(path.read_text(encoding="utf-8"))) == []


def test_an_early_read_is_found() -> None:
    early = "def test_it(page):\n    page.press('a')\n    assert knob.get_attribute('x') == '1'\n"
    assert len(list(too_early(early))) == 1
    assert not list(too_early(early.replace("assert ", "until(lambda: ").replace("'1'", "'1')")))
    assert not list(too_early(early.replace("    assert", "    drawn(page)\n    assert")))
    assert len(list(too_early(early + "    until(lambda: True)\n    page.click('b')\n    x.inner_text()\n"))) == 2
