"""Data packages: the same table as CSV and Parquet, described so that another program finds what is wrong."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packages import as_lists, csv_frame, faults, parquet_frame, tables, unpack

from kil_xlsx.results.data_package import (
    About,
    Cell,
    Column,
    DataTable,
    Link,
    Source,
    codebook_page,
    package_files,
    plain_markdown,
)
from kil_xlsx.results.tables import safe_text

ABOUT = About(
    name="tiny",
    title="Tiny | package",
    version="1",
    paragraphs=("First <words>.", "Then more."),
    chapters=(("Marks", (("[c]", "Held back."),)),),
    sources=(Source("A book", "https://example.org/book"), Source("A shelf")),
    created=date(2026, 4, 7),
)
SHOPS = DataTable(
    "shops",
    "Shops",
    "One row a shop.",
    (
        Column("shop", "string", "Its id.", needed=True),
        Column("note", "string", "Words."),
        Column("open", "boolean", "Whether it is open."),
        Column("since", "date", "Since when."),
        Column("staff", "integer", "How many work there."),
        Column("rent", "number", "In pounds."),
        Column("kind", "string", "What kind.", {"a": "corner shop", "NA": "no answer"}),
    ),
    ("shop",),
    (
        ("s1", "=1+1", True, date(2026, 3, 31), 3, 0.1, "a"),
        ("s2", "NA", False, None, None, None, "NA"),
        ("s3", 'Comma, "quote"\nand line', None, date(1999, 12, 1), 0, -2.5e-7, None),
        ("s4", None, None, None, 10**12, 1e20, None),
        ("007", " @Où ça? 🏪", None, None, -4, 3.0, None),
    ),
)
SALES = DataTable(
    "sales",
    "Sales",
    "One row a sale.",
    (Column("shop", "string", "The shop.", needed=True), Column("sale", "integer", "Its number.", needed=True)),
    ("shop", "sale"),
    (("s1", 1), ("s1", 2), ("s2", 1)),
    (Link(("shop",), "shops", ("shop",)),),
)


def _with(table: DataTable, *rows: tuple[Cell, ...]) -> DataTable:
    return DataTable(table.name, table.title, table.about, table.columns, table.key, rows, table.links)


def test_another_program_finds_nothing_wrong(tmp_path: Path) -> None:
    """The Frictionless framework accepts types, keys, hashes and sizes of every file of the package."""
    description = unpack(package_files(ABOUT, (SHOPS, SALES)), tmp_path)
    assert tables(description) == ["sales", "shops"]
    assert faults(description) == []


def test_it_says_what_it_is() -> None:
    """Title, day, sources and every file are in the description; a licence is for the publisher to add."""
    files = package_files(ABOUT, (SHOPS, SALES))
    package = json.loads(files["datapackage.json"])
    assert (package["name"], package["version"], package["created"]) == ("tiny", "1", "2026-04-07T00:00:00Z")
    assert package["sources"] == [{"title": "A book", "path": "https://example.org/book"}, {"title": "A shelf"}]
    assert "licenses" not in package
    assert {each["path"] for each in package["resources"]} == set(files) - {"datapackage.json"}
    assert all(each["bytes"] == len(files[each["path"]]) for each in package["resources"])


@pytest.mark.parametrize(
    ("shops", "sales", "fault"),
    [
        (("s1", None, None, None, None, None, "z"), ("s1", 1), "constraint-error"),
        (("s1", None, None, None, None, None, None), ("s9", 1), "foreign-key"),
        (("s1", None, None, None, None, None, None), ("s1", 1), "primary-key"),
    ],
    ids=["a code that is not explained", "a shop that is not there", "the same row twice"],
)
def test_faults_in_rows_are_found(shops: tuple[Cell, ...], sales: tuple[Cell, ...], fault: str, tmp_path: Path) -> None:
    """The description is strict enough for another program to find a row that cannot be."""
    twice = (sales, sales) if fault == "primary-key" else (sales,)
    files = package_files(ABOUT, (_with(SHOPS, shops), _with(SALES, *twice)))
    assert fault in faults(unpack(files, tmp_path))


def _bytes_changed(files: dict[str, bytes]) -> None:
    files["sales.csv"] = files["sales.csv"].replace(b"s2,1", b"s1,3")


def _parquet_changed(files: dict[str, bytes]) -> None:
    files["shops.parquet"] += b"\0"


def _a_word_for_a_number(files: dict[str, bytes]) -> None:
    files["sales.csv"] = files["sales.csv"].replace(b"s2,1", b"s2,one")


def _a_row_without_its_shop(files: dict[str, bytes]) -> None:
    files["sales.csv"] = files["sales.csv"].replace(b"s2,1", b",1")


def _another_column(files: dict[str, bytes]) -> None:
    files["sales.csv"] = files["sales.csv"].replace(b"shop,sale", b"shop,sail")


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_bytes_changed, "hash-count"),
        (_parquet_changed, "byte-count"),
        (_a_word_for_a_number, "type-error"),
        (_a_row_without_its_shop, "constraint-error"),
        (_another_column, "incorrect-label"),
    ],
)
def test_faults_in_files_are_found(spoil: Callable[[dict[str, bytes]], None], fault: str, tmp_path: Path) -> None:
    """A file that was changed afterwards no longer goes with its description."""
    files = package_files(ABOUT, (SHOPS, SALES))
    spoil(files)
    if fault not in ("hash-count", "byte-count"):  # said of the content even where nobody knows its hash
        package = json.loads(files["datapackage.json"])
        for resource in package["resources"]:
            del resource["hash"], resource["bytes"]
        files["datapackage.json"] = json.dumps(package).encode()
    assert fault in faults(unpack(files, tmp_path))


def test_csv_and_parquet_are_the_same_table(tmp_path: Path) -> None:
    """Read back by another program, both give every value that was put in; only CSV guards against formulas."""
    description = unpack(package_files(ABOUT, (SHOPS, SALES)), tmp_path)
    for table in (SHOPS, SALES):
        given = [[value.isoformat() if isinstance(value, date) else value for value in row] for row in table.rows]
        assert as_lists(parquet_frame(description, table.name)) == given
        assert as_lists(csv_frame(description, table.name)) == [[_guarded(value) for value in row] for row in given]


def _guarded(value: object) -> object:
    return safe_text(value) if isinstance(value, str) else value


_CELLS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    "integer": st.integers(-(2**53), 2**53),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "date": st.dates(),
}


@given(st.data())
def test_any_table_comes_back(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever texts and numbers a table holds, CSV and Parquet give them back alike, numbers to the last digit."""
    columns = tuple(Column(f"a_{name}", name, "Anything.") for name in _CELLS)  # type: ignore[arg-type]  # the types
    row = st.tuples(*(st.none() | cells for cells in _CELLS.values()))
    table = DataTable("any", "Any", "Anything.", columns, ("a_string",), data.draw(st.lists(row, max_size=4)))
    files = package_files(ABOUT, (table,))
    assert package_files(ABOUT, (table,)) == files
    description = unpack(files, tmp_path_factory.mktemp("any"))
    exact = as_lists(parquet_frame(description, "any"))
    assert exact == [[value.isoformat() if isinstance(value, date) else value for value in row] for row in table.rows]
    for ours, theirs in zip(exact, _rows_of(description.parent / "any.csv"), strict=True):
        text, whole, number, logical, day = ours
        assert theirs["a_string"] == (safe_text(text) if isinstance(text, str) else "")
        assert theirs["a_integer"] == ("" if whole is None else str(whole))
        assert (float(theirs["a_number"]) if theirs["a_number"] else None) == number
        assert theirs["a_boolean"] == {None: "", True: "true", False: "false"}[logical]  # type: ignore[index]  # plain
        assert theirs["a_date"] == (day or "")


def test_the_codebook_explains_every_column_and_code(tmp_path: Path) -> None:
    """As a table it has a row for each, and the page for people says the same."""
    unpack(package_files(ABOUT, (SHOPS, SALES)), tmp_path)
    book = _rows_of(tmp_path / "codebook.csv")
    assert {(row["table"], row["column"]) for row in book if not row["code"]} == {
        (table.name, column.name) for table in (SHOPS, SALES) for column in table.columns
    }
    assert {row["code"]: row["meaning"] for row in book if row["code"]} == {"a": "corner shop", "NA": "no answer"}
    page = (tmp_path / "codebook.md").read_text(encoding="utf-8")
    assert all(f"| `{column.name}` | " in page for column in (*SHOPS.columns, *SALES.columns))
    assert "`NA` no answer" in page


def _rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_obeys_no_text() -> None:
    """Words of a definition or a return cannot become a link, a tag, a heading or a column of a table."""
    nasty = "<img src=x> | [a](http://x) `b` *c*\n# d"
    assert plain_markdown(nasty) == "&lt;img src=x&gt; \\| \\[a\\](http://x) \\`b\\` \\*c\\* \\# d"
    page = codebook_page(About("x", nasty, "1", (nasty,), (("Words", ((nasty, nasty),)),)), (SHOPS,))
    assert "<img" not in page
    assert "[a]" not in page
    assert page.splitlines()[0].startswith("# &lt;img")
