"""Columns of a table: what kind each is, as numbers of about unit size, and back to what stood in it.

A cell is a text, empty where the value is missing. An amount goes through its training rows' quantiles to a normal
score, so that any scale, skew or heavy tail becomes N(0, 1); a category becomes one number for each of its values.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
from jaxtyping import Float, Shaped
from scipy.special import ndtr, ndtri

MISSING = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "None", "<NA>", "NaT", "?"})
"""Cells that hold no value, unless the caller says otherwise."""

FEW = 10
"""As many different whole numbers or fewer are categories: classes, grades, yes and no."""

MOST_CATEGORIES, KNOTS = 200, 1000
_WHOLE, _PLAIN = re.compile(r"[+-]?\d+"), re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"[+-]?0\d")  # a postcode, not an amount
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)

Cells = Sequence[str] | Shaped[np.ndarray, "n"]
Points = Float[np.ndarray, "n width"]


class Unfit(ValueError):
    """A column that a generator should not learn; the message says why. Chapter: tables."""


@dataclass(frozen=True)
class Constant:
    """One value in all rows: not learned, and put back. Chapter: tables."""

    name: str
    value: str
    segments: tuple[tuple[int, bool], ...] = ()

    def encode(self, cells: Cells) -> Points:
        """Return no numbers; ValueError for another value."""
        if others := set(map(str, cells)) - {self.value}:
            raise ValueError(
                f"column {self.name!r} holds {min(others)!r}: in training it was {self.value!r} throughout"
            )
        return np.empty((len(cells), 0))

    def decode(self, points: Points) -> list[str]:
        """Return the value once for each row."""
        return [self.value] * len(points)


@dataclass(frozen=True)
class Category:
    """One number for each of ``values``, 1 for the value and 0 for the others; a missing value is one of them, "".

    Chapter: tables.
    """

    name: str
    values: tuple[str, ...]

    @property
    def segments(self) -> tuple[tuple[int, bool], ...]:
        """One choice among the values."""
        return ((len(self.values), True),)

    def encode(self, cells: Cells) -> Points:
        """Return (n, values); ValueError for a value that training had not seen."""
        number = {value: i for i, value in enumerate(self.values)}
        if unseen := sorted({str(cell) for cell in cells} - number.keys()):
            known = ", ".join(map(repr, self.values[:5])) + (", …" if len(self.values) > 5 else "")
            raise ValueError(f"column {self.name!r} holds {unseen[0]!r}, which training had not seen; it knows {known}")
        return np.eye(len(self.values))[[number[str(cell)] for cell in cells]]

    def decode(self, points: Points) -> list[str]:
        """Return the likeliest value of each row."""
        return [self.values[i] for i in points.argmax(1)]


@dataclass(frozen=True)
class Amount:
    """A number, or a date: its normal score, and with ``gaps`` a choice between present and missing beside it.

    ``knots`` are quantiles of the n training rows, at even steps from 1/2n to 1 − 1/2n; values beyond them count as the
    outermost.
    ``form`` tells how it is written: "whole", "date", or the digits behind the point, "" where they are free.
    Chapter: tables.
    """

    name: str
    knots: tuple[float, ...]
    form: str
    gaps: bool
    n: int
    comma: bool = False

    @property
    def segments(self) -> tuple[tuple[int, bool], ...]:
        """A value, and perhaps a choice."""
        return ((1, False), (2, True)) if self.gaps else ((1, False),)

    @cached_property
    def _scale(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array(self.knots), np.linspace(0.5 / self.n, 1 - 0.5 / self.n, len(self.knots))

    def encode(self, cells: Cells) -> Points:
        """Return (n, 1), or (n, 3) with gaps: a missing value stands in the middle; ValueError for no number."""
        values = amounts(self.name, cells, self.form, self.comma)
        missing = np.isnan(values)
        if missing.any() and not self.gaps:
            raise ValueError(f"column {self.name!r} lacks {int(missing.sum())} values: in training none was missing")
        knots, shares = self._scale
        # From both sides, so that many equal values get the middle of their ranks.
        below, above = np.interp(values, knots, shares), 1 - np.interp(-values, -knots[::-1], shares)
        scores = np.where(missing, 0.0, ndtri((below + above) / 2))
        return np.stack([scores, ~missing, missing], 1).astype(float) if self.gaps else scores[:, None]

    def decode(self, points: Points) -> list[str]:
        """Return the amounts as they were written, "" where one is missing."""
        knots, shares = self._scale
        values = np.interp(ndtr(points[:, 0]), shares, knots)
        missing = points[:, 2] > points[:, 1] if self.gaps else np.zeros(len(points), bool)
        return ["" if gone else self._written(v) for v, gone in zip(values.tolist(), missing, strict=True)]

    def _written(self, value: float) -> str:
        if self.form == "whole":
            return str(round(value))
        if self.form.startswith("date"):
            unit = 86400 if "%H" not in self.form else 1 if "%S" in self.form else 60
            moment = datetime(1970, 1, 1) + timedelta(seconds=unit * round(value / unit))
            return moment.strftime(self.form.removeprefix("date "))
        text = f"{value:.{self.form}f}" if self.form else f"{value:.9g}"
        return text.replace(".", ",") if self.comma else text


Column = Constant | Category | Amount


def amounts(name: str, cells: Cells, form: str, comma: bool) -> Float[np.ndarray, "n"]:
    """Return numbers, dates as seconds since 1970, NaN where missing; ValueError for others. Chapter: tables."""

    def read(cell: str) -> float:
        if not cell:
            return np.nan
        if form.startswith("date"):
            return datetime.fromisoformat(cell).replace(tzinfo=UTC).timestamp()
        if "_" in cell:
            raise ValueError
        return float(cell.replace(",", ".") if comma else cell)

    found = np.empty(len(cells))
    for i, cell in enumerate(cells):
        try:
            found[i] = read(str(cell))
        except (ValueError, OverflowError):
            raise ValueError(
                f"column {name!r} holds {str(cell)!r} in row {i + 1}, which is no {form or 'number'}"
            ) from None
    if np.isinf(found).any():
        raise ValueError(f"column {name!r} holds an infinite number in row {int(np.isinf(found).argmax()) + 1}")
    return found


def column(name: str, cells: Cells, kept: Shaped[np.ndarray, "n"], semicolons: bool = False) -> Column:
    """Tell what kind of column it is, from all rows, and its quantiles from the ``kept`` ones, which are trained on.

    Where ``semicolons`` divide cells, a number may have a decimal comma. Raises Unfit for one that should be left out:
    row numbers, names that are nearly all different; ValueError for infinite numbers. Chapter: tables.
    """
    distinct = {str(cell) for cell in cells}
    gaps, present = "" in distinct, distinct - {""}
    if len(distinct) == 1 or not present:
        return Constant(name, min(distinct) if present else "")
    values = tuple(sorted(present)) + (("",) if gaps else ())
    if bad := next((value for value in present if _INFINITE.fullmatch(value)), None):
        row = next(i for i, cell in enumerate(cells) if str(cell) == bad)
        raise ValueError(f"column {name!r} holds {bad!r} in row {row + 1}: infinite numbers cannot be learned")
    form, comma = _form(present, semicolons)
    if form is None or len(present) <= (FEW if form == "whole" else 2):
        if len(present) > min(MOST_CATEGORIES, max(FEW, len(cells) // 2)):
            raise Unfit(f"{len(present)} different texts in {len(cells)} rows, which are names rather than categories")
        return Category(name, values)
    if form == "whole" and max(len(value.lstrip("+-")) for value in present) > 15:
        raise Unfit("whole numbers of more than 15 digits, which are names rather than amounts")
    numbers = amounts(name, cells, form, comma)
    if form == "whole" and len(present) == len(cells) and np.ptp(numbers) == len(cells) - 1:
        raise Unfit("each whole number once, without a gap: numbers of rows")
    trained = numbers[kept]
    trained = trained[~np.isnan(trained)]
    if not len(trained) or np.ptp(trained) == 0:
        raise Unfit("at most one value in the rows to train on")
    knots = np.quantile(trained, np.linspace(0, 1, min(KNOTS, max(len(trained), 2))))
    return Amount(name, tuple(knots.tolist()), form, gaps, len(trained), comma)


def are_whole(texts: Sequence[str]) -> bool:
    """Say whether all texts that are there are whole numbers, none with a leading zero. Chapter: tables."""
    return any(texts) and all(_WHOLE.fullmatch(text) and not _NAME.match(text) for text in set(texts) if text)


def _form(present: set[str], semicolons: bool) -> tuple[str | None, bool]:
    """Return how all values are written, None for texts, and whether their point is a comma."""
    if all(_DATE.fullmatch(value) for value in present):
        longest = max(present, key=len)
        parts = "%Y-%m-%d" + (f"{longest[10]}%H:%M" if len(longest) > 10 else "") + (":%S" if len(longest) > 16 else "")
        return f"date {parts}", False
    if any(_NAME.match(value) for value in present if "." not in value and "," not in value):
        return None, False
    if all(_WHOLE.fullmatch(value) for value in present):
        return "whole", False
    comma = semicolons and any("," in value for value in present) and not any("." in value for value in present)
    plain = {value.replace(",", ".") for value in present} if comma else present
    if not all(_PLAIN.fullmatch(value) for value in plain):
        return None, False
    if any("e" in value.lower() for value in plain):
        return "", comma
    digits = max(len(value.partition(".")[2]) for value in plain)
    return (str(digits) if digits <= 12 else ""), comma
