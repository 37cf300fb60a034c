"""Tables: what stands in a file comes back as it stood, and what cannot be learned is told."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wgan_lib import tables
from wgan_lib.tables import columns

RNG = np.random.default_rng(0)


def file(folder: Path, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
    path = folder / "own.csv"
    path.write_bytes(end.join([*lines, ""]).encode(encoding))
    return path


def rows(n: int = 20) -> list[str]:
    return [f"{i / 7:.2f},{'abc'[i % 3]}" for i in range(n)]


def kinds(table: tables.Table) -> dict[str, str]:
    return {column.name: type(column).__name__ for column in table.columns}


@pytest.mark.parametrize("divider", [",", ";", "\t", "|"])
def test_any_divider_and_ending_and_a_mark_at_the_beginning(divider: str, tmp_path: Path) -> None:
    lines = [line.replace(",", divider) for line in ["x,kind", *rows()]]
    for encoding, end in (("utf-8-sig", "\n"), ("utf-16", "\r\n"), ("utf-8", "\r")):
        table = tables.read(file(tmp_path, *lines, encoding=encoding, end=end))
        assert kinds(table) == {"x": "Amount", "kind": "Category"}
        assert (len(table), len(table.held_out), table.width) == (16, 4, 4)
        assert table.csv(table.points).decode().splitlines()[:2] == lines[:2]
    assert repr(table) == "read('own.csv')"


def test_excels_own_words_and_decimal_commas(tmp_path: Path) -> None:
    table = tables.read(file(tmp_path, "sep=;", "preis;ort", *[f"{i},{i:02d};o{i % 2}" for i in range(20)]))
    assert table.decode(table.points)["preis"][:3].tolist() == pytest.approx([0, 1.01, 2.02])
    assert table.csv(table.points).decode().splitlines()[2] == "1,01;o1"


@pytest.mark.parametrize("header", [["preis;rabatt;ort"], []])
def test_decimal_commas_do_not_pass_for_dividers(header: list[str], tmp_path: Path) -> None:
    """Two decimals a row: a comma would cut each row into as many parts as the semicolon does."""
    table = tables.read(file(tmp_path, *header, *[f"{i},{i:02d};{i},5;o{i % 2}" for i in range(20)]))
    names = header[0].split(";") if header else ["column 1", "column 2", "column 3"]
    assert list(kinds(table)) == names
    assert table.decode(table.points)[names[1]][:3].tolist() == pytest.approx([0.5, 1.5, 2.5])


def test_quoted_line_breaks_dividers_and_quotes(tmp_path: Path) -> None:
    odd = ['"a, b"', '"two\nlines"', '"say ""no"""']
    table = tables.read(file(tmp_path, "x,text", *[f"{i / 4},{odd[i % 3]}" for i in range(30)]))
    assert table.column("text").values == ("a, b", 'say "no"', "two\nlines")
    again = tmp_path / "again.csv"
    again.write_bytes(table.csv(table.points))
    assert tables.read(again).column("text") == table.column("text")


def test_a_missing_header_is_seen(tmp_path: Path) -> None:
    table = tables.read(file(tmp_path, *rows()))
    assert list(kinds(table)) == ["column 1", "column 2"]
    assert len(table) + len(table.held_out) == 20
    assert list(kinds(tables.read(file(tmp_path, "x,", *rows())))) == ["x", "column 2"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["x,x", *rows()], "names two columns 'x'"),
        (["x,y", "1,2,3", *rows()], r"a row of 3 cells where 2 columns are named: '1,2,3'"),
        (["x,y", *rows(), '1,"open'], "is no CSV file, near line"),
        (["x,y", *rows(4)], "holds 4 rows: 10 are the least"),
        (["x,y"], "holds names of columns and no row"),
        ([""], "holds no rows"),
        (["x,y", *rows(), "inf,a"], "column 'x' holds 'inf' in row 21: infinite numbers"),
        (["x,y", *["1,2"] * 20], "no column that can be learned"),
        (["x,y", *[f"{i},n{i}" for i in range(30)]], "no column that can be learned.*numbers of rows.*names rather"),
    ],
)
def test_what_is_no_table_is_told(lines: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"(?s){message}"):
        tables.read(file(tmp_path, *lines))


def test_another_encoding_is_told_and_taken(tmp_path: Path) -> None:
    path = file(tmp_path, "größe,art", *[f"{i / 3:.1f},{'äöü'[i % 3]}" for i in range(20)], encoding="cp1252")
    with pytest.raises(ValueError, match=r"is not in utf-8-sig \(byte 0xf6\): give its encoding"):
        tables.read(path)
    assert tables.read(path, encoding="cp1252").column("art").values == ("ä", "ö", "ü")
    with pytest.raises(ValueError, match="encoding is 'utf-9'"):
        tables.read(path, encoding="utf-9")
    with pytest.raises(IsADirectoryError):
        tables.read(tmp_path)
    with pytest.raises(FileNotFoundError):
        tables.read(tmp_path / "none.csv")


def test_kinds_of_columns(tmp_path: Path) -> None:
    n = 60
    made = {
        "id": [str(1000 + i) for i in range(n)],
        "account": [str(10**17 + 977 * i**2) for i in range(n)],
        "name": [f"name {i}" for i in range(n)],
        "postcode": [f"0{i % 4}123" for i in range(n)],
        "grade": [str(1 + i % 5) for i in range(n)],
        "count": [str(i**2 - 50) for i in range(n)],
        "price": [f"{i * 1.25:.2f}" if i % 9 else "" for i in range(n)],
        "tiny": [f"{(1 + i) * 1e-12:.3e}" for i in range(n)],
        "day": [f"19{60 + i % 40}-0{1 + i % 9}-15" for i in range(n)],
        "when": [f"2024-02-{1 + i % 28:02d} 0{i % 10}:30" for i in range(n)],
        "state": ["NA" if i % 10 == 0 else "ok" if i % 3 else "bad" for i in range(n)],
        "same": ["7"] * n,
        "empty": [""] * n,
    }
    lines = [",".join(made), *(",".join(cells) for cells in zip(*made.values(), strict=True))]
    table = tables.read(file(tmp_path, *lines), leave_out=["empty"])
    assert set(table.left_out) == {"id", "account", "name", "empty"}
    assert "15 digits" in table.left_out["account"]
    forms = {c.name: c.form for c in table.columns if isinstance(c, columns.Amount)}
    assert forms == {
        "count": "whole", "price": "2", "tiny": "", "day": "date %Y-%m-%d", "when": "date %Y-%m-%d %H:%M",
    }  # fmt: skip
    assert kinds(table)["same"] == "Constant"
    assert table.column("state").values == ("bad", "ok", "")
    texts = table.texts(table.points)
    kept = [i for i in range(n) if i % 5 < 4]
    for name in ("postcode", "grade", "count", "price", "day", "when", "same"):
        assert texts[name] == [made[name][i] for i in kept], name
    assert texts["state"] == [made["state"][i].replace("NA", "") for i in kept]
    decoded = table.decode(table.points)
    assert {name: str(decoded[name].dtype) for name in ("count", "price", "tiny", "state")} == {
        "count": "int64", "price": "float64", "tiny": "float64", "state": "object",
    }  # fmt: skip
    assert np.isnan(decoded["price"]).sum() == texts["price"].count("")
    np.testing.assert_allclose(decoded["tiny"], [float(made["tiny"][i]) for i in kept], rtol=1e-5)
    with pytest.raises(ValueError, match=r"leave_out: no column is named 'pricee'; the nearest are price"):
        tables.read(tmp_path / "own.csv", leave_out="pricee")


def test_scores_are_normal_whatever_the_scale(tmp_path: Path) -> None:
    x = RNG.normal(size=2000)
    table = tables.of({"a": x, "b": 1e9 * np.exp(5 * x), "zero": np.where(x < 0.5, 0.0, x), "kind": x > 0})
    means, stds = table.points[:, :2].mean(0), table.points[:, :2].std(0)
    assert means.abs().max() < 0.05
    assert (stds - 1).abs().max() < 0.1
    inside = table.points[:, 0].abs() < 2.5  # beyond, few rows stand between two knots
    torch.testing.assert_close(*table.points[inside, :2].T, atol=0.05, rtol=0)  # the same ranks
    back = table.decode(table.points)
    np.testing.assert_allclose(back["b"], 1e9 * np.exp(5 * x[np.arange(2000) % 5 < 4]), rtol=0.3)
    assert (back["zero"] == 0).mean() == pytest.approx((x < 0.5).mean(), abs=0.02)
    assert table.points[:, 2].unique().numel() < 600  # all zeros have one score, the middle of their ranks


def test_dtypes_come_back() -> None:
    n = 40
    given = {
        "small": np.arange(n, dtype=np.int8) * 3 % 101,
        "single": RNG.normal(size=n).astype(np.float32),
        "flag": np.arange(n) % 3 == 0,
        "text": np.array(["a", "bb"] * (n // 2)),
        "day": np.datetime64("1969-12-20") + np.arange(n) * np.timedelta64(1, "D"),
        "object": np.array([None, "x", "y", "x"] * (n // 4), dtype=object),
        "gaps": [None, 1.5, 2.5, 7] * (n // 4),
    }
    table = tables.of(given)
    back = table.decode(table.points)
    assert {name: str(values.dtype) for name, values in back.items()} == {
        "small": "int8", "single": "float32", "flag": "bool", "text": "object", "day": "datetime64[D]",
        "object": "object", "gaps": "float64",
    }  # fmt: skip
    kept = np.arange(n) % 5 < 4
    for name in ("small", "flag", "text", "day", "object"):
        assert back[name].tolist() == np.asarray(given[name])[kept].tolist(), name
    np.testing.assert_allclose(back["single"], given["single"][kept], rtol=1e-5)


class Frame:
    """What this room asks of a data frame: names to walk through, columns with a dtype, no truth of its own."""

    def __init__(self, held: dict[str, np.ndarray]) -> None:
        self.held = held

    def keys(self) -> list[str]:
        return list(self.held)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.held[name]

    def __bool__(self) -> bool:
        raise ValueError("the truth of a frame is ambiguous")


def test_frames_and_odd_arguments() -> None:
    frame = Frame({"x": RNG.normal(size=20), "y": np.array(list("ab") * 10)})
    assert torch.equal(tables.of(frame).points, tables.of(frame.held).points)
    with pytest.raises(TypeError, match="rows is a list: it must be a mapping"):
        tables.of([1, 2])
    with pytest.raises(ValueError, match="columns of lengths"):
        tables.of({"x": np.zeros(20), "y": np.zeros(19)})
    with pytest.raises(ValueError, match="every is 1"):
        tables.of(frame, every=1)
    table = tables.of(frame)
    with pytest.raises(ValueError, match=r"points has shape \(2, 2\): \(n, 3\) is needed"):
        table.texts(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="n is 17: a batch of table holds 1 to 16 rows"):
        table.sample(17, torch.Generator())
    with pytest.raises(ValueError, match="no column is named 'z'"):
        table.place("z")


def test_other_rows_and_values_that_training_had_not_seen() -> None:
    table = tables.of({"x": np.arange(40) * 1.7, "kind": ["a", "b"] * 20, "one": ["k"] * 40})
    other = {"x": [0.0, 1e9, -5.0], "kind": ["a", "b", "b"], "one": ["k"] * 3}
    found = table.encode(other)
    assert found[:, 1:].tolist() == [[1, 0], [0, 1], [0, 1]]
    assert found[1, 0] == table.points[:, 0].max()  # beyond the outermost counts as the outermost
    for change, message in (
        ({"kind": ["a", "b", "c"]}, "column 'kind' holds 'c', which training had not seen; it knows 'a', 'b'"),
        ({"x": [1.0, None, 2.0]}, "column 'x' lacks 1 values: in training none was missing"),
        ({"x": ["1", "two", "3"]}, "column 'x' holds 'two' in row 2, which is no"),
        ({"one": ["k", "l", "k"]}, "column 'one' holds 'l': in training it was 'k' throughout"),
    ):
        with pytest.raises(ValueError, match=message):
            table.encode({**other, **change})
    del other["x"]
    with pytest.raises(ValueError, match="rows lack the column 'x'"):
        table.encode(other)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs", "Z", "C"]), max_size=5)


@settings(max_examples=40)
@given(st.lists(st.lists(CELL, min_size=1, max_size=3), min_size=1, max_size=3))
def test_any_texts_survive_a_file(values: list[list[str]]) -> None:
    n = 40
    given = {f"c{i}": [held[j % len(held)] for j in range(n)] for i, held in enumerate(values)}
    given["last"] = [f"{i}.5" for i in range(n)]
    try:
        table = tables.of(given)
    except ValueError as error:
        assert "infinite" in str(error) or "no column" in str(error)  # noqa: PT017
        return
    texts = table.texts(torch.cat([table.points, table.held_out.points]))
    order = [*(i for i in range(n) if i % 5 < 4), *(i for i in range(n) if i % 5 == 4)]
    for column in table.columns:
        if isinstance(column, columns.Category):
            wanted = [given[column.name][i].strip() for i in order]
            assert texts[column.name] == ["" if text in columns.MISSING else text for text in wanted]
