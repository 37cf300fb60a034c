"""Pages lose weight, not looks: only rules that nobody uses go, and a widget finds the script it shares."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book/_ext"))

import after_build
import lighten

STATE = '<script type="application/vnd.jupyter.widget-state+json">{}</script>'


def test_only_rules_that_name_an_unused_class_or_id_go() -> None:
    css = """
    /* a comment */ body { margin: 0 } .used, .unused { color: red } .unused > a { color: blue }
    a:not(.unused) { top: 0 } a:is(.unused, .used) { left: 0 } #here .used:hover::before { content: ".unused" }
    #here > :is(p, a:not(:has(.unused, b)), i) { top: 2px } .used:nth-child(2 of .unused) { top: 3px }
    @media print { .unused { display: none } } @media screen { .used { margin: 1px } .unused { margin: 2px } }
    @font-face { font-family: x } @keyframes unused { to { top: 0 } } [data-x=".unused, a"] { top: 1px }
    """
    kept = "".join(lighten.pruned(css, {"used", "here"}).split())
    assert kept == (
        "body{margin:0}.used{color:red}a:not(.unused){top:0}a:is(.unused,.used){left:0}"
        '#here.used:hover::before{content:".unused"}#here>:is(p,a:not(:has(.unused,b)),i){top:2px}'
        "@mediascreen{.used{margin:1px}}"
        '@font-face{font-family:x}@keyframesunused{to{top:0}}[data-x=".unused,a"]{top:1px}'
    )


def test_a_rule_stays_if_a_page_or_a_script_names_its_class(tmp_path: Path) -> None:
    (tmp_path / "_static").mkdir()
    (tmp_path / "page.html").write_text('<p class="me-x lead">')
    (tmp_path / "_static/a.js").write_text('el.classList.add("show")')
    sheet = tmp_path / "_static/a.css"
    sheet.write_text(".lead { top: 0 } .show { top: 0 } .hide { top: 0 }")
    after_build.finish(tmp_path)
    assert "".join(sheet.read_text().split()) == ".lead{top:0}.show{top:0}"


def test_a_sheet_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        lighten.pruned("body { top: 0 } .a", set())


def test_widgets_share_their_scripts() -> None:
    script = 'const in_{0} = "</b> {0}";\nexport default in_{0};'
    state = {name: {"state": {"_esm": script.format(name[0]), "_css": "p {}", "x": 1}} for name in ("a1", "a2", "b1")}
    state["other"] = {"state": {"_esm": "export default { render() {} }"}}  # somebody else's module stays as it is
    page = lighten.share_sources(STATE.format(json.dumps({"version_major": 2, "state": state})))
    assert "</b>" not in page  # it would end the script
    found = json.loads(page.partition(">")[2].partition("</script>")[0])
    assert found["styles"] == ["p {}"]
    assert [entry["state"] for entry in found["state"].values()] == [
        {"_esm": 0, "_css": 0, "x": 1}, {"_esm": 0, "_css": 0, "x": 1}, {"_esm": 1, "_css": 0, "x": 1},
        state["other"]["state"],
    ]  # fmt: skip
    modules = page.partition("<script>window.widgetModules = ")[2].removesuffix(";</script>")
    done = subprocess.run(
        ["node", "-p", f"({modules}).map((module) => module()).join()"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "</b> a,</b> b"


def test_the_search_index_is_left_to_the_search_page() -> None:
    names = ("_static/searchtools", "_static/language_data", "searchindex")
    head = "\n".join(f'<script src="../{name}.js"></script>' for name in names)
    assert lighten.search_elsewhere(f"<head>{head}</head>") == "<head><script>window.Search = null;</script></head>"


def test_each_widget_is_mounted_where_it_stands() -> None:
    view = '<script type="application/vnd.jupyter.widget-view+json">{}</script>'
    page = lighten.mount_at_once(f"{view}<p>{view}")
    assert page == f"{view}<script>mountWidgets()</script><p>{view}<script>mountWidgets()</script>"


def test_a_page_shows_itself_once_its_first_fonts_are_read():
    page = lighten.shown_with_fonts("<head><link></head><body></head></body>")
    assert page.startswith("<head><link><script>")
    assert page.count('classList.add("fonts-coming")') == 1
    rules = (Path(lighten.__file__).parents[1] / "_static/book.css").read_text(encoding="utf-8")
    assert ".fonts-coming body { visibility: hidden; }" in rules
    families = set(re.findall(r'1em "?([\w ]+?)"', page))
    assert families == {"Source Serif 4", "Inter", "KaTeX_Main", "KaTeX_Math"}
    rules += (Path(lighten.__file__).parents[1] / "_static/katex/katex.min.css").read_text(encoding="utf-8")
    for family in families:
        assert re.search(rf'font-family: ?"?{family}"?;.*src: ?url\(fonts/', rules)
