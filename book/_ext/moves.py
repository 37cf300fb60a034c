"""Words that move a figure, and tasks that know when they are done: how the two are written, for page and notebook.

    {move}`slide the orange law to 8 <MoveGaussians mean_q=8>`

    ```{task} <MoveGaussians> w1>=4 and js<0.69
    Find a shift that $W_1$ still feels and JS does not.
    ```

A class of widget names its first figure on the page, `MoveGaussians#2` the second. Values are JSON; text needs quotes
only where it holds a space. A condition compares traits with numbers, or by `==` with text.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

TARGET = r"(?P<figure>[A-Za-z_]\w*)(?:#(?P<index>[1-9]\d*))?"
MOVE = re.compile(rf"(?P<words>.+?)\s*<{TARGET}\s+(?P<traits>[^<>]+)>", re.DOTALL)
TRAIT = re.compile(r"""(?P<name>[A-Za-z_]\w*)=(?P<value>"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\S+)""")
TASK = re.compile(rf"<{TARGET}>\s*(?P<condition>.+)", re.DOTALL)
CLAUSE = re.compile(r"([A-Za-z_]\w*)\s*(<=|>=|==|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
NAMED = re.compile(r"""([A-Za-z_]\w*)\s*(==)\s*([A-Za-z]\w*|"[^"]+")""")


@dataclass(frozen=True)
class Figure:
    """The `index`-th widget of a class on the page, counted from 1."""

    name: str
    index: int


@dataclass(frozen=True)
class Move:
    """The words the reader sees, the figure they move, and where each trait goes."""

    words: str
    figure: Figure
    traits: dict[str, Any]


@dataclass(frozen=True)
class Task:
    """A figure and the clauses that must all hold: (trait, comparison, number or text)."""

    figure: Figure
    clauses: tuple[tuple[str, str, float | str], ...]

    @property
    def traits(self) -> dict[str, float | str]:
        return {trait: value for trait, _, value in self.clauses}


def parse_move(content: str) -> Move:
    """Read the content of `{move}`. Raises: ValueError that shows the right form."""
    form = "write {move}`words <Widget trait=value>`"
    match = MOVE.fullmatch(content.strip())
    if match is None:
        raise ValueError(f"{content!r} names no figure; {form}")
    traits = {pair["name"]: _value(pair["value"]) for pair in TRAIT.finditer(match["traits"])}
    if TRAIT.sub("", match["traits"]).strip() or not traits:
        raise ValueError(f"{match['traits']!r} is no list of trait=value; {form}")
    return Move(" ".join(match["words"].split()), _figure(match), traits)


def parse_task(argument: str) -> Task:
    """Read what follows `{task}`. Raises: ValueError that shows the right form."""
    form = "write {task} <Widget> trait>=1 and other<2"
    match = TASK.fullmatch(argument.strip())
    if match is None:
        raise ValueError(f"{argument!r} names no figure or no condition; {form}")
    clauses = [_clause(clause.strip()) for clause in re.split(r"\s+and\s+", match["condition"].strip())]
    if None in clauses:
        raise ValueError(f"{match['condition']!r} is no condition; {form}")
    return Task(_figure(match), tuple(filter(None, clauses)))


def _clause(text: str) -> tuple[str, str, float | str] | None:
    if found := CLAUSE.fullmatch(text):
        return found[1], found[2], float(found[3])
    named = NAMED.fullmatch(text)
    return named and (named[1], named[2], named[3].strip('"'))


def _figure(match: re.Match[str]) -> Figure:
    return Figure(match["figure"], int(match["index"] or 1))


def _value(text: str) -> Any:
    try:
        return json.loads(re.sub(r"^(-?)\.", r"\g<1>0.", text))
    except ValueError:
        return text
