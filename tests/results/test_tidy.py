"""A release as tidy data: every number once, and a mark wherever there is none."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from packages import as_lists, csv_frame, faults, parquet_frame, tables, unpack
from releases import a_release, the_framework

from kil_xlsx.core.release import HIDDEN, MARKS, Release
from kil_xlsx.results.data_package import DataTable
from kil_xlsx.results.tables import safe_text
from kil_xlsx.results.tidy import release_files, release_tables

RELEASES = {
    "full": lambda: a_release(),
    "small": lambda: a_release(councils=7, communities=0, earlier=False, full=False),
    "lowered": lambda: a_release(lowered=True, earlier=False),
}


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest) -> Release:
    """A release with everything, a small one, and one with less protection."""
    return RELEASES[request.param]()


@pytest.fixture(scope="module")
def described(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its data files."""
    return unpack(release_files(release, the_framework()), tmp_path_factory.mktemp("release"))


def _rows(tables: tuple[DataTable, ...], name: str) -> list[dict[str, Any]]:
    [table] = [each for each in tables if each.name == name]
    return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]


def _renumbered(release: Release) -> tuple[Release, int]:
    """The release with a different whole number in the place of every number, and how many there are."""
    numbers = count(1000)

    def changed(value: Any) -> Any:
        if isinstance(value, bool) or value is None or isinstance(value, str | date):
            return value
        if isinstance(value, int | float):
            return next(numbers)
        if isinstance(value, dict):
            return {key: changed(each) for key, each in value.items()}
        return [changed(each) for each in value]

    return msgspec.convert(changed(msgspec.to_builtins(release)), Release), next(numbers) - 1000


def test_every_number_of_a_release_is_there_once(release: Release) -> None:
    """Where each number of a release is a different one, each stands in exactly one cell, and no other number does."""
    changed, how_many = _renumbered(release)
    cells = [
        cell
        for table in release_tables(changed, the_framework())
        for row in table.rows
        for cell in row
        if isinstance(cell, int | float) and not isinstance(cell, bool)
    ]
    assert how_many > 300
    assert Counter(cells) == Counter(range(1000, 1000 + how_many))


def test_a_row_has_a_number_or_a_mark(release: Release) -> None:
    """Never both and never neither, in every table that has marks."""
    for table in release_tables(release, the_framework()):
        names = [column.name for column in table.columns]
        if "mark" in names:
            for row in _rows((table,), table.name):
                assert (row["value"] is None) == (row["mark"] in MARKS)
                assert (row["value"] is None) != (row["mark"] is None)


def test_what_cannot_exist_is_told_from_what_is_held_back() -> None:
    """Percentiles of questions cannot exist, quartiles of few are held back, and nobody may know the invited."""
    tables = release_tables(a_release(councils=7, communities=0, earlier=False, full=False), the_framework())
    figures = {(row["group"], row["item"], row["statistic"], row["level"]): row for row in _rows(tables, "figures")}
    assert figures["council/all", "LA-C1-1", "p10", None]["mark"] == "[z]"
    assert figures["council/all", "overall", "p10", None]["mark"] == "[c]"
    assert figures["council/all", "LA-C1-1", "level_count", "0"]["mark"] == "[c]"
    counts = {(row["group"], row["count"]): row for row in _rows(tables, "counts") if row["count"] != "excluded"}
    assert (counts["council/all", "invited"]["value"], counts["council/all", "invited"]["mark"]) == (None, "[x]")
    assert (counts["council/all", "used"]["value"], counts["council/all", "used"]["mark"]) == (7, None)


def test_nothing_of_a_hidden_figure_is_there() -> None:
    """A figure that is held back has marks in all of its rows; a group that is held back has no rows at all."""
    whole = a_release()
    council = whole.respondents[0]
    everyone = council.groups[0]
    hidden = tuple(replace(each, figure=HIDDEN) for each in everyone.statistics)
    others = tuple(replace(group, suppressed=True, statistics=()) for group in council.groups[1:])
    changed = replace(council, groups=(replace(everyone, statistics=hidden), *others), separations=(), changes=())
    tables = release_tables(replace(whole, respondents=(changed,), pairs=()), the_framework())
    figures = _rows(tables, "figures")
    assert {row["group"] for row in figures} == {everyone.id}
    assert {row["value"] for row in figures} == {None}
    assert {row["mark"] for row in figures} == {"[c]", "[z]"}
    assert [row["suppressed"] for row in _rows(tables, "groups")] == [False, *[True] * len(others)]


def test_another_program_finds_nothing_wrong(described: Path) -> None:
    """The Frictionless framework accepts the package with all its keys, types, sizes and hashes."""
    assert faults(described) == []


def test_csv_and_parquet_are_the_same(described: Path) -> None:
    """Each table comes back alike from both."""
    names = tables(described)
    assert len(names) == 10
    for name in names:
        exact, text = (as_lists(read(described, name)) for read in (parquet_frame, csv_frame))
        guarded = [[safe_text(cell) if isinstance(cell, str) else cell for cell in row] for row in exact]
        assert text == guarded


def test_the_same_release_gives_the_same_bytes() -> None:
    """Nothing depends on when or where the files were made."""
    first, second = (release_files(a_release(), the_framework()) for _ in range(2))
    assert first == second


def test_the_codebook_says_how_the_figures_were_made(described: Path, release: Release) -> None:
    """Method, marks, warnings and less protection than usual stand in the page for people and in the description."""
    page = (described.parent / "codebook.md").read_text(encoding="utf-8")
    assert all(heading in page for heading, _ in release.method.sentences() if heading != "Notice")
    assert all(words in page for words in (*MARKS.values(), *release.warnings, release.method.lowered))
    assert release.method.notice in page
    assert "No licence is stated" in page
