"""CSV files as people have them: any divider, with or without a header, a BOM, quoted line breaks, empty cells."""

import csv
import os
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped

import wgan_lib.tables.columns as columns
from wgan_lib.checks import shortly
from wgan_lib.files import home

DIVIDERS = (",", ";", "\t", "|")
_BLOCK = 20_000
_TEXT = np.dtypes.StringDType()  # 16 bytes for a short text, where Python's own takes 60


class Cells(NamedTuple):
    """A file's columns by name, as texts without blanks around them, "" where a value is missing.

    ``headed`` tells whether the first row named them. Chapter: tables.
    """

    columns: dict[str, Shaped[np.ndarray, "n"]]
    divider: str
    headed: bool


def cells(
    path: str | os.PathLike[str],
    divider: str | None = None,
    encoding: str | None = None,
    missing: Collection[str] = columns.MISSING,
) -> Cells:
    """Read a CSV file.

    The divider is the one of comma, semicolon, tab and bar that cuts the first row and most of those after it into
    equally many parts, the most; a semicolon that does so goes before any comma, which then marks decimals. Or it is
    given. The first row names the columns, unless a cell of it is a number. Encoded in UTF-8, or
    in UTF-16 where a mark at its beginning says so, unless it is given. Raises FileNotFoundError, ValueError for rows
    of unequal lengths, open quotes, other encodings, names that stand twice, no rows. Chapter: tables.
    """
    path = home(path)
    if path.is_dir():
        raise IsADirectoryError(f"path {path} is a folder: a CSV file is needed")
    with path.open("rb") as binary:
        mark = binary.read(2)
    encoding = encoding or ("utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    try:
        with path.open(encoding=encoding, newline="") as file:
            first = file.readline()
            told = first.rstrip("\r\n")
            if told[:4] == "sep=" and len(told) == 5:  # Excel's own word
                divider, first = told[4], ""
            head = [first, *islice(file, 200)]
            divider = divider or _divider("".join(head))
            rows = csv.reader(chain(head, file), delimiter=divider, strict=True)
            return _columns(path, rows, divider, missing)
    except UnicodeDecodeError as error:
        wrong = f"byte {error.object[error.start] if error.start < len(error.object) else 0:#x}"
        raise ValueError(f"path {path} is not in {encoding} ({wrong}): give its encoding, as 'cp1252'") from error
    except LookupError as error:
        raise ValueError(f"encoding is {shortly(encoding)}: {error}") from None


def _divider(text: str) -> str:
    def parts(divider: str) -> tuple[bool, int]:
        try:
            rows = list(csv.reader(text.splitlines(keepends=True), delimiter=divider))[:50]
        except csv.Error:
            return False, 0
        lengths = [len(row) for row in rows[:-1] if row] or [len(row) for row in rows]
        most = max(set(lengths), key=lengths.count, default=0)
        return lengths[:1] == [most], most if 2 * lengths.count(most) > len(lengths) else 0

    found = {divider: parts(divider) for divider in DIVIDERS}
    if found[";"] > (True, 1):  # commas stand inside its cells: those of decimals
        return ";"
    return max(DIVIDERS, key=lambda divider: found[divider])


def _columns(path: Path, rows: Iterator[list[str]], divider: str, missing: Collection[str]) -> Cells:
    try:
        first = [cell.strip() for cell in next((row for row in rows if any(row)), [])]
        if not first:
            raise ValueError(f"path {path} holds no rows")
        headed = not any(_is_number(cell, divider) for cell in first)
        names = _names(path, first) if headed else [f"column {i + 1}" for i in range(len(first))]
        blocks: list[list[np.ndarray]] = [[] for _ in names]
        body = rows if headed else chain([first], rows)
        while block := list(islice(body, _BLOCK)):
            block = [row for row in block if row]  # an empty line is no row
            if odd := [row for row in block if len(row) != len(names)]:
                raise ValueError(
                    f"path {path} has a row of {len(odd[0])} cells where {len(names)} columns are named: "
                    f"{divider.join(odd[0])[:60]!r}"
                )
            for held, texts in zip(blocks, zip(*block, strict=True), strict=True) if block else ():
                stripped = [text.strip() for text in texts]
                held.append(np.array(["" if text in missing else text for text in stripped], dtype=_TEXT))
    except csv.Error as error:
        raise ValueError(f"path {path} is no CSV file, near line {getattr(rows, 'line_num', '?')}: {error}") from error
    if not blocks[0]:
        raise ValueError(f"path {path} holds names of columns and no row")
    return Cells({name: np.concatenate(held) for name, held in zip(names, blocks, strict=True)}, divider, headed)


def _names(path: Path, first: Sequence[str]) -> list[str]:
    names = [name or f"column {i + 1}" for i, name in enumerate(first)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"path {path} names two columns {twice[0]!r}: each needs a name of its own")
    return names


def _is_number(cell: str, divider: str) -> bool:
    text = cell.replace(",", ".") if divider == ";" else cell
    try:
        float(text)
    except ValueError:
        return False
    return text.lower() not in ("nan", "inf", "infinity")
