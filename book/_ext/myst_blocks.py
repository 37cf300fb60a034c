"""Cut MyST Markdown into the blocks that only Sphinx understands and the plain text between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin

KINDS = {
    "fence": "code",
    "code_block": "code",
    "html_block": "html",
    "math_block": "math",
    "math_block_label": "equation",
    "amsmath": "amsmath",
    "myst_target": "target",
    "myst_line_comment": "comment",
    "heading_open": "heading",
    "dl_open": "definitions",
}
PARSER = MarkdownIt("commonmark").enable("table")
for plugin in (colon_fence_plugin, dollarmath_plugin, amsmath_plugin, myst_block_plugin, deflist_plugin):
    PARSER.use(plugin)


@dataclass(frozen=True)
class Block:
    """A run of whole lines: `kind` is "text", "directive" or one of `KINDS`, `source` the lines as they were typed.

    `info` is the directive's first line, the equation's label or the target's name, `content` what stands inside;
    `indent` and `hanging` are what begins the first and the other lines, when the block stands in a list or quotation.
    """

    kind: str
    source: str
    content: str = ""
    info: str = ""
    indent: str = ""
    hanging: str = ""


def blocks(text: str) -> Iterator[Block]:
    """Yield blocks whose sources, joined by line ends, are `text` again."""
    lines, done = text.split("\n"), 0
    for token in PARSER.parse(text):
        directive = token.type in {"fence", "colon_fence"} and re.match(r"\{[\w:+-]+\}", token.info.strip())
        kind = "directive" if directive else KINDS.get(token.type)
        if kind is None or token.map is None or token.map[0] < done:
            continue
        first, last = token.map
        if kind == "amsmath":  # this plugin's map misses the last line
            last = first + token.content.count("\n") + 1
        while last > first + 1 and not lines[last - 1].strip():
            last -= 1
        if first > done:
            yield Block("text", "\n".join(lines[done:first]))
        indent = re.match(r"(?:\s|>|[-*+]\s|\d+[.)]\s)*", lines[first])[0] if token.level else ""
        info = token.content if kind == "target" else token.info.strip()
        yield Block(kind, "\n".join(lines[first:last]), token.content, info, indent, re.sub(r"[^>\s]", " ", indent))
        done = last
    if done < len(lines):
        yield Block("text", "\n".join(lines[done:]))


def sections(text: str) -> list[str]:
    """Cut `text` in front of its headings, so that a notebook can fold them and an edit touches one cell only."""
    cut: list[list[Block]] = [[]]
    for block in blocks(text):
        if block.kind == "heading" and not block.indent:
            targets = [cut[-1].pop()] if cut[-1] and cut[-1][-1].kind == "target" else []
            cut.append(targets)
        cut[-1].append(block)
    return ["\n".join(block.source for block in part) for part in cut if part]


def split_options(content: str) -> tuple[dict[str, str], str]:
    """Split a directive's content into its options, written `:key: value` or between lines `---`, and its body."""
    if fenced := re.match(r"---\n(.*?)\n---(?:\n|\Z)", content, re.DOTALL):
        head, body = re.sub(r"(?m)^", ":", fenced[1]), content[fenced.end() :]
    else:
        head = re.match(r"(?::[\w-]+:.*(?:\n|\Z))*", content)[0]
        body = content[len(head) :]
    options = dict(re.findall(r"(?m)^:([\w-]+):[ \t]*(.*?)[ \t]*$", head))
    return options, body.strip("\n")


def fold(title: str, body: str) -> str:
    """Hide `body` behind a line the reader can open; the blank lines make notebooks read it as Markdown."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def quote(body: str) -> str:
    return re.sub(r"(?m)^(?=(.?))", lambda m: "> " if m[1] else ">", body.strip("\n"))


def pipe_table(body: str) -> str:
    """Write the nested list of a `{list-table}` as a table of pipes, its first row as the head."""
    rows = [re.split(r"\n\s+- ?", f"\n  {row}")[1:] for row in re.split(r"(?m)^\* ", body)[1:]]
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], f"|{'---|' * len(cells[0])}", *lines[1:]]) if cells else ""
