"""``Table``: rows as points, with what is needed to turn points into rows again."""

import csv
import io
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

import wgan_lib.tables.columns as columns
import wgan_lib.tables.reading as reading
from wgan_lib import checks, files
from wgan_lib.tables.columns import Column

LEAST = 10
_TEXT = np.dtypes.StringDType()


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of a table as ``points`` (n, width), float32, made by the functions of this room; the ``repr`` is the call.

    ``columns`` turn cells into points and back, ``left_out`` tells which columns are not learned, and why. ``held_out``
    holds the rows that no training sees. Chapter: tables.
    """

    name: str
    columns: tuple[Column, ...]
    points: Float[Tensor, "n width"]
    held_out: "Table | None" = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    dtypes: Mapping[str, str] = field(default_factory=dict)
    divider: str = ","

    def __repr__(self) -> str:
        return self.name

    def __len__(self) -> int:
        return len(self.points)

    @property
    def width(self) -> int:
        """How many numbers a row becomes."""
        return int(self.points.shape[1])

    @property
    def segments(self) -> tuple[tuple[int, bool], ...]:
        """The row's parts in order: how many numbers, and whether they are a choice among so many values."""
        return tuple(segment for column in self.columns for segment in column.segments)

    def column(self, name: str) -> Column:
        """Return a column by its name; ValueError with the nearest names."""
        found = {column.name: column for column in self.columns}
        if name not in found:
            raise ValueError(checks.nearest("column", str(name), found))
        return found[name]

    def place(self, name: str) -> slice:
        """Return where in a point a column's numbers stand."""
        self.column(name)
        start = 0
        for column in self.columns:
            width = sum(n for n, _ in column.segments)
            if column.name == name:
                break
            start += width
        return slice(start, start + width)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n width"]:
        """Draw n rows with replacement; ValueError if there are fewer."""
        if checks.whole("n", n) > len(self):
            raise ValueError(f"n is {n}: a batch of {self.name} holds 1 to {len(self)} rows")
        return self.draw(n, generator)

    def draw(self, n: int, generator: torch.Generator) -> Float[Tensor, "n width"]:
        """Draw n rows with replacement, however many there are."""
        rows = torch.randint(len(self), (n,), generator=checks.generator("generator", generator))
        return self.points[rows]

    def encode(self, rows: Any) -> Float[Tensor, "n width"]:
        """Return other rows of the same columns as points: a mapping of names to values, or a data frame.

        Raises ValueError for columns that are not there, values that training had not seen, or missing ones where none
        was missing.
        """
        cells, _ = _cells(rows, columns.MISSING)
        if lacking := [column.name for column in self.columns if column.name not in cells]:
            raise ValueError(f"rows lack the column {lacking[0]!r}")
        return _points(self.columns, cells)

    def texts(self, points: Any) -> dict[str, list[str]]:
        """Return the rows that points stand for, as they would be written in a file; values are the nearest possible.

        Raises ValueError for another shape, NaN or infinity.
        """
        array = checks.samples("points", points)
        if array.shape[1] != self.width:
            raise ValueError(f"points has shape {array.shape}: (n, {self.width}) is needed")
        found, start = {}, 0
        for column in self.columns:
            width = sum(n for n, _ in column.segments)
            found[column.name] = column.decode(array[:, start : start + width])
            start += width
        return found

    def decode(self, points: Any) -> dict[str, Shaped[np.ndarray, "n"]]:
        """Return the rows that points stand for, each column in the dtype that it came in.

        Of a file: whole numbers as int64, others as float64, the rest as texts; an amount with gaps is float64, NaN
        where one is missing. Errors as ``texts``.
        """
        return {name: self._typed(name, texts) for name, texts in self.texts(points).items()}

    def _typed(self, name: str, texts: list[str]) -> Shaped[np.ndarray, "n"]:
        column, came, gone = self.column(name), self.dtypes.get(name, ""), "" in texts
        amount = isinstance(column, columns.Amount)
        dated = isinstance(column, columns.Amount) and column.form.startswith("date")
        if came.startswith("datetime"):
            return np.array([text or "NaT" for text in texts], dtype=came)
        if came.startswith("bool"):
            return np.array([None if not text else text == "True" for text in texts], dtype=object if gone else bool)
        as_number = came.startswith(("int", "uint", "float")) or (amount and not dated)
        if not as_number and not (not came and columns.are_whole(texts)):
            return np.array([text or None for text in texts], dtype=object)
        comma = isinstance(column, columns.Amount) and column.comma
        plain = [text.replace(",", ".") for text in texts] if comma else texts
        if not gone and not came.startswith("float") and columns.are_whole(plain):
            return np.array([int(text) for text in plain]).astype(came if "int" in came else np.int64)
        return np.array([float(text or "nan") for text in plain]).astype(came if came.startswith("float") else float)

    def csv(self, points: Any) -> bytes:
        """Return the rows that points stand for as a CSV file with the divider of the one that was read."""
        texts = self.texts(points)
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=self.divider, lineterminator="\n")
        writer.writerow(texts)
        writer.writerows(zip(*texts.values(), strict=True))
        return file.getvalue().encode()


def read(
    path: str | os.PathLike[str],
    *,
    leave_out: Collection[str] = (),
    every: int = 5,
    divider: str | None = None,
    encoding: str | None = None,
    missing: Collection[str] = columns.MISSING,
) -> Table:
    """Read a CSV file; each ``every``-th row is held out.

    Columns that cannot be learned are left out, and ``left_out`` tells why: row numbers, names that are nearly all
    different. ``missing`` are cells that hold no value. Raises FileNotFoundError, ValueError as ``of``, and with the
    line for what is no table: rows of unequal lengths, open quotes, another encoding, two columns of one name.
    Chapter: tables.
    """
    path = files.home(path)
    found = reading.cells(path, divider, encoding, missing)
    return _table(f"read({path.name!r})", found.columns, {}, leave_out, every, found.divider)


def of(
    rows: Any, *, name: str = "table", leave_out: Collection[str] = (), every: int = 5,
    missing: Collection[str] = columns.MISSING,
) -> Table:  # fmt: skip
    """Make a table of a mapping of names to columns, or of a data frame; each ``every``-th row is held out.

    Raises TypeError for what is neither, ValueError for columns of unequal lengths, fewer than 10 rows, infinite
    numbers, or no column that can be learned. Chapter: tables.
    """
    cells, dtypes = _cells(rows, missing)
    return _table(name, cells, dtypes, leave_out, every, ",")


def _cells(rows: Any, missing: Collection[str]) -> tuple[dict[str, Shaped[np.ndarray, "n"]], dict[str, str]]:
    """Return columns as texts, and the dtypes they came in."""
    if not hasattr(rows, "keys") or not hasattr(rows, "__getitem__"):
        raise TypeError(f"rows is a {type(rows).__name__}: it must be a mapping of names to columns, or a data frame")
    found, dtypes = {}, {}
    for name in rows.keys():  # noqa: SIM118  (a data frame's values are no columns)
        values = rows[name]
        array = np.asarray(values)
        listed = array.dtype == object and not hasattr(values, "dtype")
        dtypes[str(name)] = "" if listed else str(getattr(values, "dtype", array.dtype))
        texts = ["" if _gone(value) else str(value).strip() for value in array.tolist()]
        if dtypes[str(name)].startswith("datetime"):
            texts = ["" if np.isnat(v) else str(v.astype("datetime64[s]")) for v in array]
            days = all(text.endswith("T00:00:00") for text in texts if text)
            texts = [text.removesuffix("T00:00:00") if days else text for text in texts]
        found[str(name)] = np.array(["" if text in missing else text for text in texts], dtype=_TEXT)
    lengths = {name: len(texts) for name, texts in found.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"rows has columns of lengths {lengths}: they must agree")
    return found, dtypes


def _gone(value: object) -> bool:
    return value is None or value != value or type(value).__name__ in ("NAType", "NaTType")


def _table(
    name: str, cells: Mapping[str, np.ndarray], dtypes: dict[str, str], leave_out: Collection[str], every: int,
    divider: str,
) -> Table:  # fmt: skip
    leave_out = [leave_out] if isinstance(leave_out, str) else leave_out
    leave_out = list(leave_out) if checks.several(leave_out) else [leave_out]  # type: ignore[list-item]
    if not all(isinstance(wanted, str) for wanted in leave_out):
        raise TypeError(f"leave_out is {checks.shortly(leave_out)}: it must be names of columns")
    for wanted in leave_out:
        if wanted not in cells:
            raise ValueError(f"leave_out: {checks.nearest('column', wanted, cells)}")
    n = len(next(iter(cells.values()))) if cells else 0
    if n < LEAST:
        raise ValueError(f"{name} holds {n} rows: {LEAST} are the least")
    kept = np.arange(n) % checks.whole("every", every, 2) < every - 1
    made: list[Column] = []
    left: dict[str, str] = dict.fromkeys(leave_out, "as it was asked for")
    for called, texts in cells.items():
        if called in left:
            continue
        try:
            made.append(columns.column(called, texts.tolist(), kept, divider == ";"))
        except columns.Unfit as why:
            left[called] = str(why)
    if not any(column.segments for column in made):
        raise ValueError(f"{name} holds no column that can be learned: {left or 'each holds one value throughout'}")
    points, rows = _points(made, cells), torch.from_numpy(kept)
    rest: dict[str, Any] = {"columns": tuple(made), "left_out": left, "dtypes": dtypes, "divider": divider}
    return Table(name, points=points[rows], held_out=Table(f"{name}.held_out", points=points[~rows], **rest), **rest)


def _points(made: Sequence[Column], cells: Mapping[str, np.ndarray]) -> Float[Tensor, "n width"]:
    parts = [torch.from_numpy(column.encode(cells[column.name].tolist())).float() for column in made]
    return torch.cat(parts, 1)
