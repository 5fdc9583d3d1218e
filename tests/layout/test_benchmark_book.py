"""The benchmark workbook is readable, accessible, and shows nothing that was held back."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO

import openpyxl
import pytest

from kil_xlsx.core.benchmark import Benchmark, benchmark
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.readings import FileInfo, Identity, Reading
from kil_xlsx.core.returns import Entry, Key, Return, State
from kil_xlsx.core.scoring import score
from kil_xlsx.definitions.load import load_framework
from kil_xlsx.layout.benchmark_book import (
    COVER,
    GROUPS,
    HEADER_ROW,
    LONGEST_LABEL,
    MARKS,
    MEASURES,
    QUESTIONS,
    SECTIONS,
    benchmark_document,
)
from kil_xlsx.layout.document import Document, Link, Sheet
from kil_xlsx.writing.lint import lint
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

_CREATED = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
_SHEETS = [COVER, SECTIONS, QUESTIONS, MEASURES, GROUPS]


@lru_cache(maxsize=1)
def _framework() -> Framework:
    return load_framework("keep-it-local")


def _reading(mine: Instrument, number: int, chance: random.Random, completed_by: str = "") -> Reading:
    """A made-up return that answers everything by chance and agrees to share."""
    entries = []
    for field in mine.profile:
        if field.choices is not None:
            choices = mine.choice_lists[field.choices].choices
            choice = choices[0] if field.role == "consent" else chance.choice(choices)
            entries.append(Entry(key=Key(field.id), state=State.ANSWERED, code=choice.code, text=choice.label))
        elif field.role == "completed_by" and completed_by:
            entries.append(Entry(key=Key(field.id), state=State.ANSWERED, text=completed_by))
    for question in mine.questions:
        choice = chance.choice(mine.choices_of(question).choices)
        entry = Entry(key=Key(question.id), state=State(choice.state), code=choice.code, value=choice.value)
        entries.append(entry)
    for figure in mine.figures:
        entries.append(Entry(key=Key(figure.id), state=State.ANSWERED, value=float(chance.randint(1, 60))))
    ret = Return.of(entries)
    identity = Identity(
        framework=mine.framework.id,
        version=mine.framework.version,
        fingerprint=mine.fingerprint,
        layout=1,
        respondent=mine.respondent.id,
        round_id="2026",
        organisation=f"Secret {mine.respondent.id} {number}",
        organisation_id="",
        reference=f"KIL-{number}",
    )
    info = FileInfo(name=f"Hidden{number}.xlsx", sha256="", size=1, kind="xlsx", application="")
    return Reading(info, problems=(), identity=identity, ret=ret, result=score(mine, ret))


@lru_cache(maxsize=4)
def _benchmark(councils: int = 24, communities: int = 4) -> Benchmark:
    chance = random.Random(7)
    council, community = (instrument(_framework(), name) for name in ("council", "community"))
    readings = [_reading(council, number, chance) for number in range(councils)]
    readings += [_reading(community, number, chance) for number in range(communities)]
    return benchmark([council, community], readings, invited={"council": 40})


def _document() -> Document:
    return benchmark_document(_benchmark(), _framework(), _CREATED)


def _table(sheet: Sheet) -> list[list[object]]:
    """The lines of a sheet's table, header first."""
    width = max(column for row, column in sheet.cells if row == HEADER_ROW) + 1
    last = max(row for row, _ in sheet.cells)
    return [[sheet.cells[row, column].value for column in range(width)] for row in range(HEADER_ROW, last + 1)]


def test_the_sheets_are_in_order_and_open_on_the_cover() -> None:
    """Cover, sections, questions, measures, groups."""
    document = _document()
    assert [sheet.name for sheet in document.sheets] == _SHEETS
    assert document.active_sheet == COVER
    assert document.created == _CREATED
    assert document.language == "en-GB"


@pytest.mark.parametrize("name", _SHEETS)
def test_every_sheet_is_one_full_table_under_one_header(name: str) -> None:
    """No cell of the table is empty, all rows have a height, and all columns a width."""
    sheet = _document().sheet(name)
    rows = _table(sheet)
    assert all(isinstance(title, str) and title for title in rows[0])
    assert len(set(rows[0])) == len(rows[0])
    assert all(value not in (None, "") for row in rows for value in row)
    assert set(sheet.columns) == set(range(len(rows[0])))
    assert all(row in sheet.row_heights for row, _ in sheet.cells)
    assert sheet.freeze == (HEADER_ROW + 1, 0)
    assert sheet.printing.repeat_first_row == sheet.printing.repeat_last_row == HEADER_ROW


def test_the_cover_says_how_it_was_made() -> None:
    """Counts, method, marks and the notice stand on the first sheet."""
    cover = {str(row[0]): row[1] for row in _table(_document().sheet(COVER))}
    assert cover["Council: organisations invited"] == 40
    assert cover["Council: organisations used"] == 24
    assert cover["Community organisation: organisations invited"] == "[x]"
    assert cover["Community organisation: organisations used"] == "[c]"
    assert cover["Made on"] == "2026-04-01"
    assert cover["Least number of organisations"] == 5
    assert "QUARTILE.INC" in str(cover["Quartiles"])
    assert "endorsed" in str(cover["Notice"])
    assert {f"The mark {mark}" for mark in MARKS} <= cover.keys()
    assert isinstance(cover["Sheet Questions"], Link)


def test_sections_show_what_the_benchmark_holds() -> None:
    """The table repeats the figures of the benchmark, overall first."""
    rows = _table(_document().sheet(SECTIONS))
    figure = _benchmark().respondents[0].groups[0].overall[0].figure
    assert rows[1] == [
        "Council",
        "All",
        "All",
        "Overall score",
        figure.n,
        figure.lower_quartile,
        figure.median,
        figure.upper_quartile,
    ]


def test_a_respondent_type_held_back_has_marks_only() -> None:
    """Four organisations are too few: their rows carry the mark, and there is no chart of them."""
    document = _document()
    for name in (SECTIONS, QUESTIONS, MEASURES):
        rows = [row for row in _table(document.sheet(name)) if row[0] == "Community organisation"]
        assert rows
        assert {value for row in rows for value in row[-3:]} == {"[c]"}
    assert [chart.title for chart in document.sheet(SECTIONS).charts] == ["Council: median scores"]


def test_the_chart_points_at_the_medians_and_says_them() -> None:
    """Categories are the section labels, values the medians, and the description gives every number."""
    sheet = _document().sheet(SECTIONS)
    (chart,) = sheet.charts
    (series,) = chart.series
    labels = [sheet.cells[place].value for place in series.categories.cells()]
    medians = [sheet.cells[place].value for place in series.values.cells()]
    group = _benchmark().respondents[0].groups[0]
    assert medians == [each.figure.median for each in (*group.overall, *group.sections)]
    assert all(str(label) in chart.description for label in labels)
    assert (chart.minimum, chart.maximum) == (0, 100)
    assert chart.column > max(sheet.columns)


def test_shares_of_the_levels_are_percentages_that_add_up() -> None:
    """For each question shown, the shares of all levels make one; levels not offered carry a mark."""
    rows = _table(_document().sheet(QUESTIONS))
    levels = [column for column, title in enumerate(rows[0]) if str(title).endswith(", %")]
    assert len(levels) == 5
    shown = [row for row in rows[1:] if row[4] != "[c]"]
    assert shown
    for row in shown:
        assert sum(float(str(row[column])) for column in levels) == pytest.approx(1, abs=1e-5)


def test_groups_held_back_are_listed_on_groups_only() -> None:
    """The other sheets leave them out rather than repeat the mark in every cell."""
    document = _document()
    groups = _table(document.sheet(GROUPS))[1:]
    held_back = {f"{row[1]}: {row[2]}" for row in groups if row[5] == "[c]" and row[2] != "All"}
    assert held_back
    assert not held_back & {str(row[1]) for row in _table(document.sheet(QUESTIONS)) if row[0] == "Council"}


def test_no_organisation_can_be_found_in_the_file() -> None:
    """Neither names, references nor file names are in any part of the workbook."""
    content = write(_document(), default_theme())
    book = openpyxl.load_workbook(BytesIO(content))
    words = " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    assert "Secret" not in words
    assert "KIL-1" not in words
    assert "Hidden" not in words


def test_the_file_opens_and_has_no_merged_cells() -> None:
    """Another library reads it, the linter finds nothing, and the same document gives the same bytes."""
    document = _document()
    assert lint(document) == []
    content = write(document, default_theme())
    assert content == write(_document(), default_theme())
    book = openpyxl.load_workbook(BytesIO(content))
    assert book.sheetnames == _SHEETS
    assert all(not sheet.merged_cells.ranges for sheet in book)


def test_a_benchmark_of_nothing_is_still_a_workbook() -> None:
    """Without any return, everything is marked and there are no charts."""
    document = benchmark_document(_benchmark(0, 0), _framework(), _CREATED)
    assert all(not sheet.charts for sheet in document.sheets)
    assert write(document, default_theme())


def test_a_group_named_by_the_longest_text_is_shortened() -> None:
    """A free text that fills a cell is cut on the sheets, and the benchmark itself keeps it whole."""
    council, chance, answer = instrument(_framework(), "council"), random.Random(7), "Café " * 6554
    answer = answer[:32767]
    readings = [_reading(council, number, chance, answer) for number in range(6)]
    found = benchmark([council], readings, group_by=["completed_by"])
    assert [group.value for group in found.respondents[0].groups] == ["", answer, "Not stated"]
    document = benchmark_document(found, _framework(), _CREATED)
    (label,) = [str(row[2]) for row in _table(document.sheet(GROUPS)) if str(row[2]).startswith("Café")]
    assert label.endswith("…")
    assert LONGEST_LABEL - 2 <= len(label) <= LONGEST_LABEL
    assert any(str(row[1]).endswith(label) for row in _table(document.sheet(SECTIONS)))
    assert lint(document) == []
    book = openpyxl.load_workbook(BytesIO(write(document, default_theme())))
    assert max(len(str(cell.value)) for sheet in book for row in sheet.iter_rows() for cell in row) < 2000


def test_replaced_files_stand_on_the_cover() -> None:
    """A file sent again is counted there even where nothing else may be told."""
    council, chance = instrument(_framework(), "council"), random.Random(7)
    readings = [_reading(council, number, chance) for number in (1, 2, 1)]
    document = benchmark_document(benchmark([council], readings), _framework(), _CREATED)
    cover = {str(row[0]): row[1] for row in _table(document.sheet(COVER))}
    assert cover["Council: files replaced by a later one"] == 1
    assert cover["Council: did not agree to share"] == "[c]"
