"""Take from the built pages what they carry in vain, a third of their weight, and let their widgets stand sooner.

- Style rules whose classes and ids no page and no script names (the theme ships all of Bootstrap) are dropped.
- The three fonts of a page's first lines travel with the style sheet. The page shows itself once they are read, and
  those of its formulas.
- The search index is read by the search page alone: the theme's search field leads there, and shows nothing before.
- Widgets are mounted where they stand, before the browser has read the rest of a long page.
- Widgets of one kind share one copy of script and style sheet in a page's widget state; `widget-host.js` reads it.
"""

import base64
import json
import re
from itertools import pairwise
from pathlib import Path

import tinycss2

WORD = re.compile(r"[A-Za-z_][\w-]*")
PASSED_OVER = {"not", "is", "where", "has"}  # what these functions name need not be there
SCRIPT = r'<script src="([^"]*{}\.js[^"]*)"></script>\s*'
SEARCH_TOOLS = re.compile("".join(SCRIPT.format(name) for name in ("searchtools", "language_data", "searchindex")))
WIDGET_STATE = re.compile(r'(<script type="application/vnd\.jupyter\.widget-state\+json">)(.*?)(</script>)', re.DOTALL)
WIDGET_VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">.*?</script>', re.DOTALL)
FIRST_FONTS = re.compile(r"url\(\"?(fonts/(?:source-serif-4|inter)-latin-wght-(?:normal|italic)\.woff2)\"?\)")
HOLD = """(() => {
  const { classList, dataset } = document.documentElement;
  classList.add("fonts-coming");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  if (dataset.theme === "auto") dataset.theme = dark ? "dark" : "light";
  const faces = ['1em "Source Serif 4"', 'italic 1em "Source Serif 4"', "1em Inter"];
  faces.push("1em KaTeX_Main", "italic 1em KaTeX_Math"); // a formula that widens sends words to the next line
  const read = Promise.allSettled(faces.map((face) => document.fonts.load(face)));
  Promise.race([read, new Promise((late) => setTimeout(late, 4000))]).then(() => classList.remove("fonts-coming"));
})()"""
SHARED = ("_esm", "_css")
DEFAULT = re.compile(r"^export default ([\w.]+;)\s*\Z", re.MULTILINE)


def words(text: str) -> set[str]:
    """Everything in a page or a script that could be a class or an id."""
    return set(WORD.findall(text))


def pruned(css: str, used: set[str]) -> str:
    """The style sheet without comments, and without selectors that name a class or an id which nobody uses."""
    return _pruned(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), used)


def _pruned(rules: list, used: set[str]) -> str:
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            alive = [tinycss2.serialize(s) for s in _selectors(rule.prelude) if used.issuperset(_named(s))]
            if alive:
                kept.append(f"{','.join(alive)}{{{tinycss2.serialize(rule.content)}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            content = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if inner := _pruned(content, used):
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}")
        elif rule.type == "error":
            raise ValueError(f"a style sheet cannot be read: {rule.message}")
        else:
            kept.append(rule.serialize())
    return "".join(kept)


def _selectors(prelude: list) -> list[list]:
    """Cut the tokens of a rule's head at the commas that stand in no bracket."""
    selectors: list[list] = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def _named(selector: list) -> set[str]:
    """The classes and ids that an element must have, or its neighbours, for the selector to reach it."""
    names = {token.value for token in selector if token.type == "hash"}
    names |= {name.value for dot, name in pairwise(selector) if dot == "." and name.type == "ident"}
    for token in selector:
        if token.type == "function" and token.lower_name not in PASSED_OVER:
            names |= _named(token.arguments)
    return names


def search_elsewhere(page: str) -> str:
    """The page without Sphinx's search tools; the theme's script asks whether `Search` is there."""
    return SEARCH_TOOLS.sub("<script>window.Search = null;</script>", page)


def with_fonts(css: str, folder: Path) -> str:
    """The style sheet in ``folder`` that holds the fonts of a page's first lines: a fetched font moves them."""

    def held(match: re.Match[str]) -> str:
        font = base64.b64encode((folder / match[1]).read_bytes()).decode()
        return f"url(data:font/woff2;base64,{font})"

    return FIRST_FONTS.sub(held, css)


def shown_with_fonts(page: str) -> str:
    """The page with a script that hides it until the fonts of its first lines are read, 4 s at most.

    Their letters take a moment to decode, and lines that break elsewhere would move all that stands below them. The
    theme is named, too: the theme's own script does it late, and until then both logos stand side by side.
    """
    return page.replace("</head>", f"<script>{HOLD}</script></head>", 1)


def share_sources(page: str) -> str:
    """The page with each script and style sheet of its widgets once, and its number in the places of the text.

    The scripts, which `wgan_lib.widgets` joins into modules without imports, become functions that the page defines as
    it is read: an `import()` would wait until the browser is through with the whole page.
    """

    def shared(match: re.Match[str]) -> str:
        content = json.loads(match[2])
        sources: dict[str, list[str]] = {name: [] for name in SHARED}
        for entry in content["state"].values():
            for name, found in sources.items():
                source = entry["state"].get(name)
                if isinstance(source, str) and (name != "_esm" or DEFAULT.search(source)):
                    if source not in found:
                        found.append(source)
                    entry["state"][name] = found.index(source)
        scripts = ["() => {\n" + DEFAULT.sub(r"return \1", source) + "\n}" for source in sources["_esm"]]
        state = json.dumps({"styles": sources["_css"], **content}, ensure_ascii=False, separators=(",", ":"))
        modules = f"<script>window.widgetModules = [{','.join(scripts)}];</script>" if scripts else ""
        return f"{match[1]}{_inert(state)}{match[3]}{_inert(modules, '</script>')}"

    return WIDGET_STATE.sub(shared, page)


def _inert(text: str, end: str = "") -> str:
    """Break up what would end a script, in strings of JSON and JavaScript alike; ``end`` at the end stays."""
    return text.removesuffix(end).replace("</", r"<\/") + (end if text else "")


def mount_at_once(page: str) -> str:
    """The page with a call behind each widget that mounts it before the browser has read on."""
    return WIDGET_VIEW.sub(r"\g<0><script>mountWidgets()</script>", page)
