"""The feedback workbook is readable, plain, and says what the feedback says."""

from __future__ import annotations

import io
from datetime import datetime

import openpyxl
import pytest
from feedbacks import HOSTILE, a_feedback, a_hostile_feedback, a_long_feedback
from msgspec.structs import replace
from releases import the_framework

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.feedback import Feedback, Line, Position
from kil_xlsx.core.release import CONFIDENTIAL, HIDDEN, MARKS, NOT_APPLICABLE, Figure
from kil_xlsx.layout.document import Document, Formula, Rich, Sheet
from kil_xlsx.layout.feedback_book import (
    ADVICE,
    ANSWERS,
    CHART_FIGURES,
    HOW_TO_READ,
    MEASURES,
    PLACE,
    SUMMARY,
    feedback_document,
)
from kil_xlsx.layout.feedback_book.frame import NOTHING, stands
from kil_xlsx.layout.feedback_book.scores import NO_SCORE
from kil_xlsx.writing.lint import lint
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

_CREATED = datetime(2026, 11, 20, 9, 30)
_ALL = [SUMMARY, ADVICE, ANSWERS, MEASURES, PLACE, HOW_TO_READ, CHART_FIGURES]


def _document(feedback: Feedback | None = None) -> Document:
    return feedback_document(feedback or a_feedback(), the_framework(), _CREATED)


def _said(sheet: Sheet) -> list[str]:
    values = (cell.value for cell in sheet.cells.values())
    return [value.text if isinstance(value, Rich) else value for value in values if isinstance(value, str | Rich)]


def _rows(sheet: Sheet, table: int = 0) -> list[dict[str, object]]:
    """The lines of a table by heading."""
    area = sheet.tables[table].area
    columns = range(area.first_column, area.last_column + 1)
    heads = [str(sheet.cells[area.first_row, column].value) for column in columns]
    return [
        {head: sheet.cells[row, column].value for head, column in zip(heads, columns, strict=True)}
        for row in range(area.first_row + 1, area.last_row + 1)
    ]


def _line(item: str, feedback: Feedback | None = None) -> Line:
    return next(each for each in (feedback or a_feedback()).lines if each.item.id == item)


# Sheets


def test_the_sheets_are_in_order() -> None:
    """Summary first, the numbers behind the charts last; a community organisation has no sheet of its place."""
    assert [sheet.name for sheet in _document().sheets] == _ALL
    assert PLACE not in [sheet.name for sheet in _document(a_feedback("community")).sheets]
    assert _document().active_sheet == SUMMARY


@pytest.mark.parametrize("company", ["group", "everyone", "few", "nobody"])
@pytest.mark.parametrize("respondent", ["council", "community"])
def test_every_table_is_full(respondent: str, company: str) -> None:
    """Whoever it is for: no cell of a table is empty, no two headings are alike, every row has a height."""
    document = _document(a_feedback(respondent, company))  # type: ignore[arg-type]
    assert lint(document) == []
    assert document.names == []
    names = [table.name for sheet in document.sheets for table in sheet.tables]
    assert len(set(names)) == len(names)
    for sheet in document.sheets:
        assert sheet.state == "visible"
        assert not any(column.hidden for column in sheet.columns.values())
        for at, table in enumerate(sheet.tables):
            rows = _rows(sheet, at)
            assert len(rows[0]) == table.area.last_column - table.area.first_column + 1
            assert all(value not in (None, "") for row in rows for value in row.values()), sheet.name
            assert all(row in sheet.row_heights for row in range(table.area.first_row, table.area.last_row + 1))


def test_nothing_is_worked_out_in_the_workbook() -> None:
    """All values are plain."""
    for sheet in _document().sheets:
        assert not any(isinstance(cell.value, Formula) for cell in sheet.cells.values())
        assert not sheet.conditional_formats
        assert not sheet.validations
        assert not sheet.notes


# Summary


def test_the_summary_says_who_and_compared_with_whom() -> None:
    """Title, group and release stand above the scores."""
    feedback = a_feedback()
    said = " ".join(_said(_document().sheet(SUMMARY)))
    assert f"Feedback for {feedback.organisation}" in said
    assert feedback.peers.label in said
    assert "Release 2 of 16 November 2026" in said
    assert "There is nobody to compare with" not in said
    alone = replace(feedback, peers=replace(feedback.peers, id="", label="", used=None, everyone=None))
    assert "There is nobody to compare with" in " ".join(_said(_document(alone).sheet(SUMMARY)))


def test_scores_stand_beside_those_of_the_group() -> None:
    """Own score, last time's, change, quartiles and place in the group; a mark or a word where there is none."""
    rows = {row["No."]: row for row in _rows(_document().sheet(SUMMARY))}
    line = _line("C1")
    assert rows["C1"]["Your score"] == line.value
    assert rows["C1"]["Last time (autumn-2025)"] == line.before
    assert rows["C1"]["Group: median"] == line.group.median
    assert rows["C1"]["Where you stand"] == stands(line, a_feedback())
    assert next(iter(rows)) == NOTHING
    unscored = replace(line, value=None, answer=words.NOT_ENOUGH)
    (row,) = _rows(_document(replace(a_feedback(), lines=(unscored,))).sheet(SUMMARY))
    assert row["Your score"] == words.NOT_ENOUGH
    few = {row["No."]: row for row in _rows(_document(a_feedback(company="few")).sheet(SUMMARY))}
    assert few["C2"]["Group: median"] == CONFIDENTIAL


def test_where_the_group_has_no_spread_everyones_is_shown() -> None:
    """Quartiles and distributions of everyone, and headings that say so; the group's medians stay beside them."""
    feedback = a_feedback(company="few")
    document = _document(feedback)
    line = _line("C1", feedback)
    row = next(row for row in _rows(document.sheet(SUMMARY)) if row["No."] == "C1")
    assert "Group: lower quartile" not in row
    assert row["Group: median"] == line.group.median
    assert row["Everyone: lower quartile"] == line.everyone.lower_quartile
    assert row["Everyone: median"] == line.everyone.median
    answer = next(each for each in feedback.of("question") if each.everyone.levels and each.value is not None)
    row = next(row for row in _rows(document.sheet(ANSWERS)) if row["No."] == answer.item.id)
    shares = {level.code: level.share for level in answer.everyone.levels or ()}
    assert [row[f"Everyone: {level.label}, %"] for level in answer.item.levels] == list(shares.values())


def test_last_time_has_columns_only_where_there_was_one() -> None:
    """Whoever takes part for the first time sees nothing of it."""
    for name in (SUMMARY, ANSWERS, MEASURES):
        heads = _rows(_document(a_feedback(before=False)).sheet(name))[0]
        assert not any("Last time" in head or head == "Change" for head in heads)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (_line("C1"), "quarter of your group"),
        (replace(_line("C1"), position=None, quarter=None), CONFIDENTIAL),
        (replace(_line("C1"), position=None, quarter="highest"), "In the highest quarter of your group"),
        (replace(_line("C1-M2"), position=None, quarter="median"), "At the median of your group"),
        (replace(_line("C1"), value=None, position=None, quarter=None), NOTHING),
        (
            replace(_line("C1"), position=Position(others=33, higher_than=60, same_as=20, among_everyone=True)),
            "Higher than about 60%, same as about 20% of 33 others of your kind",
        ),
    ],
)
def test_where_one_stands_is_said_in_words(line: Line, says: str) -> None:
    """In which quarter, and higher than how many; never a rank."""
    assert says in stands(line, a_feedback())


def test_charts_leave_gaps_where_there_is_no_number() -> None:
    """Bars show every section with a score or a median; the radar those with both; the words say what is missing."""
    document = _document(a_feedback(company="few"))
    figures, spokes = (_rows(document.sheet(CHART_FIGURES), at) for at in (0, 1))
    found = {row["No."]: (row["You"], row["Median of your group"]) for row in figures}
    assert found["C2"][1] == CONFIDENTIAL
    assert found["C3"][0] == found["E4"][0] == NO_SCORE
    missing = [name for name, pair in found.items() if not all(isinstance(each, float) for each in pair)]
    assert missing == ["C2", "C3", "E4"]
    assert [row["No."] for row in spokes] == [name for name in found if name not in missing]
    radar, bars = document.sheet(SUMMARY).charts
    assert (radar.kind, bars.kind) == ("radar", "bar")
    assert len(radar.series) == len(bars.series) == 2
    assert all(f"{row['You']:g} and {row['Median of your group']:g}" in radar.description for row in spokes)
    assert f"{found['C2'][0]:g} and held back" in bars.description
    assert "held back" not in radar.description


def test_a_radar_needs_most_sections() -> None:
    """With too few medians it is of own scores; with too few scores, or fewer than five sections, there is none."""

    def kinds(feedback: Feedback) -> list[tuple[str, int]]:
        return [(chart.kind, len(chart.series)) for chart in _document(feedback).sheet(SUMMARY).charts]

    feedback = a_feedback(everything=True)
    sections = [line.item.id for line in feedback.of("section")]
    assert kinds(feedback) == [("radar", 2), ("bar", 2)]

    def without(count: int, **changes: object) -> Feedback:
        lines = tuple(
            replace(each, **changes) if each.item.id in sections[:count] else each  # type: ignore[arg-type]
            for each in feedback.lines
        )
        return replace(feedback, lines=lines)

    assert kinds(without(4, group=HIDDEN)) == [("radar", 1), ("bar", 2)]
    assert kinds(without(4, value=None)) == [("bar", 2)]
    few = tuple(each for each in feedback.lines if each.item.kind != "section" or each.item.id in sections[:4])
    assert kinds(replace(feedback, lines=few)) == [("bar", 2)]


def test_headings_say_everyone_where_that_is_the_group() -> None:
    """Nothing is called the group's that is everyone's."""
    document = _document(a_feedback("community", "everyone"))
    for name in (SUMMARY, ANSWERS, MEASURES):
        heads = list(_rows(document.sheet(name))[0])
        assert "Everyone: median" in heads
        assert not any("Group" in head for head in heads)
    reasons = {each.why for each in a_feedback("community", "everyone").strengths}
    assert not any("your group" in text for text in _said(document.sheet(ADVICE)) if text not in reasons)


def test_without_medians_charts_show_the_own_scores() -> None:
    """There is one series then, and no chart without any score."""
    document = _document(a_feedback(company="nobody"))
    assert all(len(chart.series) == 1 for chart in document.sheet(SUMMARY).charts)
    lines = tuple(replace(each, value=None) for each in a_feedback().lines)
    empty = _document(replace(a_feedback(), lines=lines))
    assert CHART_FIGURES not in [sheet.name for sheet in empty.sheets]
    assert empty.sheet(SUMMARY).charts == []


# The other sheets


def test_strengths_and_next_steps_are_told_with_their_reasons() -> None:
    """Each in its own table; where there are none, a sentence says so."""
    feedback = a_feedback()
    sheet = _document().sheet(ADVICE)
    assert [row["Why it is a strength"] for row in _rows(sheet)] == [each.why for each in feedback.strengths]
    assert [row["What the next one looks like"] for row in _rows(sheet, 1)] == [
        each.next_words for each in feedback.next_steps
    ]
    none = _document(replace(feedback, strengths=(), next_steps=())).sheet(ADVICE)
    assert none.tables == []
    assert sum(text.startswith("None") for text in _said(none)) == 2


def test_answers_show_how_the_group_answered() -> None:
    """Shares stand under the levels; the organisation's own level is framed; what is held back carries the mark."""
    document = _document()
    sheet = document.sheet(ANSWERS)
    rows = {row["No."]: row for row in _rows(sheet)}
    line = next(each for each in a_feedback().of("question") if each.group.levels and each.value is not None)
    shares = {level.code: level.share for level in line.group.levels or ()}
    for level in line.item.levels:
        assert rows[line.item.id][f"{level.label}, %"] == shares[level.code]
    at = next(cell for cell in sheet.cells.values() if cell.value == line.item.id).row
    framed = [cell.column for cell in sheet.cells.values() if cell.row == at and cell.style.role == "own_level"]
    heads = list(rows[line.item.id])
    assert [heads[column] for column in framed] == [f"{line.answer}, %"]
    hidden = tuple(replace(each, group=HIDDEN, everyone=HIDDEN) for each in a_feedback().lines)
    nothing = replace(a_feedback(), lines=hidden)
    rows = {row["No."]: row for row in _rows(_document(nothing).sheet(ANSWERS))}
    assert rows[line.item.id][f"{line.answer}, %"] == CONFIDENTIAL


def test_what_an_answer_looks_like_is_the_questions_own_words() -> None:
    """The descriptor of the level that was chosen."""
    question = next(each for each in the_framework().questions if each.id == "LA-C1-1")
    code = str(int(_line("LA-C1-1").value or 0))
    row = next(row for row in _rows(_document().sheet(ANSWERS)) if row["No."] == "LA-C1-1")
    assert row["What that looks like"] == question.levels[code]


def test_measures_have_their_unit_and_what_they_are_compared_among() -> None:
    """Own figure in the unit's format, and those of the group that is like it."""
    line = replace(_line("C1-M2"), among=("Own council area",), group=Figure(n=12, median=0.4))
    feedback = replace(a_feedback(), lines=(line,))
    sheet = _document(feedback).sheet(MEASURES)
    (row,) = _rows(sheet)
    assert row["Compared among"] == "Own council area"
    assert (row["Your figure"], row["Group: median"], row["Group: lower quartile"]) == (line.value, 0.4, CONFIDENTIAL)
    assert any(cell.style.number_format == '0.0"%"' for cell in sheet.cells.values())


def test_the_place_stands_question_by_question() -> None:
    """Own answer beside what the others said to the matching question."""
    feedback = a_feedback()
    assert feedback.place is not None
    sheet = _document().sheet(PLACE)
    assert [row["Their No."] for row in _rows(sheet)] == [pair.other.id for pair in feedback.place.pairs]
    assert "Community organisations in your place" in _said(sheet)


def test_how_to_read_has_marks_method_notice_and_contact() -> None:
    """What the figures rest on stands in the workbook itself."""
    feedback = a_feedback()
    rows = {str(row["What"]): str(row["What it means"]) for row in _rows(_document().sheet(HOW_TO_READ))}
    assert all(rows[f"The mark {mark}"] == meaning for mark, meaning in MARKS.items())
    assert all(rows[what] == text for what, text in feedback.method)
    assert rows["Notice"] == feedback.notice
    assert rows["Questions to"] == feedback.contact


def test_levels_of_many_kinds_stand_in_one_text() -> None:
    """Where questions have scales of their own, columns would be too many."""
    lines = tuple(
        replace(each, item=replace(each.item, levels=tuple(
            replace(level, label=f"{level.label} {at}") for level in each.item.levels
        )))
        for at, each in enumerate(a_feedback().of("question"))
    )  # fmt: skip
    rows = _rows(_document(replace(a_feedback(), lines=lines)).sheet(ANSWERS))
    assert any("%" in str(row["How many gave which answer"]) for row in rows)


def test_a_level_that_a_question_does_not_offer_cannot_apply() -> None:
    """Its share carries a mark of its own, which is neither nought nor held back."""
    first, second = a_feedback().of("question")[:2]
    fewer = replace(second, item=replace(second.item, levels=second.item.levels[:4]))
    rows = _rows(_document(replace(a_feedback(), lines=(first, fewer))).sheet(ANSWERS))
    assert [row["4 Leading, %"] == NOT_APPLICABLE for row in rows] == [False, True]


# As files


@pytest.mark.parametrize("feedback", [a_hostile_feedback(), a_long_feedback(), a_hostile_feedback("community")])
def test_any_text_can_be_written_and_is_read_back(feedback: Feedback) -> None:
    """Markup, control characters and texts without end make no formula, no fault and no empty row."""
    document = _document(feedback)
    assert lint(document) == []
    book = openpyxl.load_workbook(io.BytesIO(write(document, default_theme())))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    if HOSTILE[:20] in feedback.organisation:
        assert any(HOSTILE[:20] in str(cell.value) for cell in cells)


def test_the_same_feedback_gives_the_same_bytes() -> None:
    """Nothing of the moment gets in."""
    one, two = (write(_document(), default_theme()) for _ in range(2))
    assert one == two
