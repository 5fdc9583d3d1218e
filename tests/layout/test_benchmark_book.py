"""The benchmark workbook is laid out to be read, filtered and copied, and shows nothing that was held back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO

import openpyxl
import pytest
from msgspec.structs import replace
from releases import a_release, the_framework, with_texts

from kil_xlsx.core.release import HIDDEN, OVERALL, PARTS, Counts, Figure, Release
from kil_xlsx.layout.benchmark_book import (
    ANSWER_CHARTS,
    ANSWERS,
    CHANGE,
    CHARTS,
    COMPLETENESS,
    CONTENTS,
    COVER,
    GROUPS,
    HEADER_ROW,
    HEAT_MAP,
    LONGEST_LABEL,
    MEASURES,
    MIDDLE_HALF,
    NOTES,
    SCORES,
    SEPARATION,
    SIDE_BY_SIDE,
    TAKING_PART,
    release_document,
)
from kil_xlsx.layout.document import UNSEEN, Chart, Document, Formula, Link, Sheet
from kil_xlsx.writing.lint import lint
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

_CREATED = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
_FIGURES = [SCORES, MIDDLE_HALF, ANSWERS, MEASURES, COMPLETENESS, HEAT_MAP, SEPARATION, SIDE_BY_SIDE, CHANGE]
_TABLES = [COVER, CONTENTS, NOTES, TAKING_PART, *_FIGURES, GROUPS]
_SHEETS = [*_TABLES, CHARTS, ANSWER_CHARTS]
_STATISTICS = ["Organisations", "Mean", "Median", "Lower quartile", "Upper quartile", "10th percentile"]

Row = dict[str, object]


@lru_cache(maxsize=1)
def _usual() -> Document:
    return release_document(a_release(), the_framework(), _CREATED)


def _document(release: Release | None = None) -> Document:
    return release_document(release, the_framework(), _CREATED) if release else _usual()


def _rows(sheet: Sheet) -> list[Row]:
    """The lines of a sheet's table, by heading."""
    width = max(column for row, column in sheet.cells if row == HEADER_ROW) + 1
    last = max(row for row, _ in sheet.cells)
    heads = [str(sheet.cells[HEADER_ROW, column].value) for column in range(width)]
    return [
        {head: sheet.cells[row, column].value for column, head in enumerate(heads)}
        for row in range(HEADER_ROW + 1, last + 1)
    ]


def _everyone(figure_of: str, change: Callable[[Figure], Figure]) -> Release:
    """A release in which one figure of all councils is another one."""
    release = a_release()
    council = release.respondents[0]
    group = council.groups[0]
    statistics = tuple(
        replace(each, figure=change(each.figure)) if each.item == figure_of else each for each in group.statistics
    )
    groups = (replace(group, statistics=statistics), *council.groups[1:])
    return replace(release, respondents=(replace(council, groups=groups), *release.respondents[1:]))


def _hidden_in_a_subgroup(kinds: tuple[str, ...]) -> Release:
    """A release in which the first figure of these kinds is held back in the second group of councils."""
    release = a_release()
    council = release.respondents[0]
    group = next(each for each in council.groups[1:] if each.statistics)
    first = next(each.item for each in group.statistics if council.item(each.item).kind in kinds)
    statistics = tuple(replace(each, figure=HIDDEN) if each.item == first else each for each in group.statistics)
    groups = tuple(replace(each, statistics=statistics) if each is group else each for each in council.groups)
    return replace(release, respondents=(replace(council, groups=groups), *release.respondents[1:]))


def test_the_sheets_are_in_order_and_open_on_the_cover() -> None:
    """Cover, contents and notes come first, then a table each, then the charts."""
    document = _document()
    assert [sheet.name for sheet in document.sheets] == _SHEETS
    assert document.active_sheet == COVER
    assert document.created == _CREATED
    assert document.language == "en-GB"
    assert document.properties["release"] == "2"


@pytest.mark.parametrize("name", _TABLES)
def test_every_sheet_is_one_full_table_from_the_first_column(name: str) -> None:
    """Title, what it is, where notes are and a link come first; then one table without an empty cell."""
    sheet = _document().sheet(name)
    above = [sheet.cells[row, 0].value for row in range(HEADER_ROW)]
    assert all(isinstance(each, str) and each for each in above[:3])
    assert str(above[2]).startswith("One table.")
    assert isinstance(above[3], Link)
    rows = _rows(sheet)
    assert all(value not in (None, "") for row in rows for value in row.values())
    assert all(row in sheet.row_heights for row, _ in sheet.cells)
    assert set(sheet.columns) == set(range(len(rows[0])))
    assert sheet.freeze is not None
    assert sheet.freeze[0] == HEADER_ROW + 1
    assert not sheet.spreads
    (table,) = sheet.tables
    assert (table.area.first_row, table.area.first_column) == (HEADER_ROW, 0)
    assert (table.area.last_row, table.area.last_column) == (HEADER_ROW + len(rows), len(rows[0]) - 1)
    assert table.filtered == (name not in (COVER, CONTENTS, NOTES))
    assert sheet.printing.repeat_first_row == sheet.printing.repeat_last_row == HEADER_ROW


def test_there_are_no_formulas_and_no_gaps_between_the_lines() -> None:
    """Every cell holds a plain value, and everything stands in the table or right above it."""
    document = _document()
    assert not list(document.formulas())
    for sheet in document.sheets:
        assert not any(isinstance(cell.value, Formula) for cell in sheet.cells.values())
        rows = {row for row, _ in sheet.cells}
        assert rows == set(range(max(rows) + 1))


def test_the_cover_says_what_it_is_and_who_is_in_it() -> None:
    """Number, day, contact, counts with every reason to be left out, and what was lowered before everything else."""
    rows = _rows(_document(a_release(lowered=True)).sheet(COVER))
    assert [row["What"] for row in rows[:3]] == ["Less protection than usual", "Caution 1", "Caution 2"]
    facts = {str(row["What"]): str(row["Details"]) for row in rows}
    assert facts["Release"] == "Number 2, made on 16 November 2026"
    assert facts["Compared with"] == "Release 1 of 17 November 2025 (autumn-2025)"
    assert "insight@example.org" in facts["Contact"]
    assert facts["Who is in it: Council"].startswith("Organisations: 55 invited, 46 returned, 43 filled in, 34 used.")
    for reason in a_release().respondents[0].groups[0].counts.exclusions:
        assert f"{reason.label}: {'[c]' if reason.count is None else reason.count}" in facts["Who is in it: Council"]
    assert "endorsed" in facts["About the questionnaire"]


def test_what_is_not_known_is_marked_as_such() -> None:
    """Without a list of those invited, their number is not available; a number held back is confidential."""
    facts = {str(row["What"]): str(row["Details"]) for row in _rows(_document(a_release(full=False)).sheet(COVER))}
    assert "Organisations: [x] invited" in facts["Who is in it: Council"]
    assert facts["Contact"] == "None given"
    flow = _rows(_document().sheet(TAKING_PART))
    council = {str(row["What is counted"]): row["Number"] for row in flow if row["Respondents"] == "Council"}
    assert council["Invited"] == 55
    assert council["Left out: Too few answers to be compared"] == 0
    assert council["Left out: Asked not to be part of comparisons"] == "[c]"
    assert {row["Unit"] for row in flow} == {"Files", "Organisations"}


def test_the_contents_lead_to_every_sheet_that_follows() -> None:
    """One link each, in order, with what is there."""
    document = _document()
    rows = _rows(document.sheet(CONTENTS))
    links = [row["Sheet"] for row in rows]
    assert [link.text for link in links if isinstance(link, Link)] == _SHEETS[2:]
    assert [link.target.sheet for link in links if isinstance(link, Link) and not isinstance(link.target, str)] == (
        _SHEETS[2:]
    )
    sizes = {str(link.text): row["How much"] for link, row in zip(links, rows, strict=True) if isinstance(link, Link)}
    assert sizes[SCORES] == f"{len(_rows(document.sheet(SCORES)))} lines"
    assert sizes[CHARTS] == f"{len(document.sheet(CHARTS).charts)} charts"


def test_notes_give_the_method_in_full_and_explain_the_marks() -> None:
    """Lowered protection first, then cautions, every sentence of the method, every mark, every band."""
    release = a_release(lowered=True)
    rows = _rows(_document(release).sheet(NOTES))
    assert [row["Note"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0]["What there is to know"] == release.method.lowered
    assert [row["What there is to know"] for row in rows[1:3]] == list(release.warnings)
    texts = {str(row["About"]): str(row["What there is to know"]) for row in rows}
    assert dict(release.method.sentences()).items() <= texts.items()
    assert {f"The mark {mark}" for mark in ("[c]", "[x]", "[z]")} <= texts.keys()
    assert all(band.label in texts["Shades of the heat map"] for band in the_framework().scoring.bands)


@pytest.mark.parametrize(
    ("name", "headings"),
    [
        (SCORES, ["Which returns are used", "Quartiles and percentiles", "What is held back"]),
        (MEASURES, ["Comparing like with like"]),
        (SEPARATION, ["Questions that separate"]),
        (CHANGE, ["Change since an earlier release"]),
        (HEAT_MAP, ["Shades of the heat map"]),
    ],
)
def test_tables_refer_to_their_notes_by_number(name: str, headings: list[str]) -> None:
    """The line above a table names the numbers of the notes that belong to it."""
    document = _document()
    numbers = {str(row["About"]): str(row["Note"]) for row in _rows(document.sheet(NOTES))}
    line = str(document.sheet(name).cells[2, 0].value)
    assert "[c] held back" in line
    assert {numbers[heading] for heading in headings} <= set(re.findall(r"\d+", line))


def test_scores_repeat_the_figures_of_the_release() -> None:
    """Overall first, with n, mean, median, quartiles and percentiles; the group stands in the first column."""
    row = _rows(_document().sheet(SCORES))[0]
    figure = a_release().respondents[0].groups[0].statistics[0].figure
    assert list(row.values()) == ["All", "Council", "All", "Overall score", *(figure.part(part) for part in PARTS)]
    assert next(iter(row)) == "Group"
    shown = [group for each in a_release().respondents for group in each.groups if not group.suppressed]
    sections = {item.id for each in a_release().respondents for item in each.items if item.kind == "section"}
    assert len(_rows(_document().sheet(SCORES))) <= len(shown) * (len(sections) + 1)


def test_what_cannot_exist_and_what_is_held_back_have_marks_of_their_own() -> None:
    """A part that the item cannot have is [z], one that is held back [c], in the same line."""
    release = _everyone("LA-C1-1", lambda figure: replace(figure, lower_quartile=None, levels=None, aside=None))
    row = next(row for row in _rows(_document(release).sheet(ANSWERS)) if row["No."] == "LA-C1-1")
    assert row["10th percentile, level"] == "[z]"
    assert row["Lower quartile, level"] == "[c]"
    assert isinstance(row["Median, level"], float)
    assert row["2 Developing, % of answers"] == row["Not applicable, organisations"] == "[c]"


def test_a_hidden_figure_has_marks_only() -> None:
    """Nothing of it is a number, whatever the reason; what cannot exist says so even then."""
    document = _document(_everyone("LA-C1-1", lambda _: HIDDEN))
    row = next(row for row in _rows(document.sheet(ANSWERS)) if row["No."] == "LA-C1-1")
    values = list(row.values())[5:]
    assert set(values) == {"[c]", "[z]"}
    assert values.count("[z]") == 2


def test_shares_of_the_levels_are_percentages_that_add_up() -> None:
    """For each question shown, the shares of all levels make one."""
    rows = _rows(_document().sheet(ANSWERS))
    levels = [head for head in rows[0] if head.endswith("% of answers")]
    assert len(levels) == 5
    shown = [row for row in rows if isinstance(row[levels[0]], float)]
    assert shown
    for row in shown:
        assert sum(float(str(row[level])) for level in levels) == pytest.approx(1, abs=1e-5)


def test_levels_of_one_name_keep_columns_of_their_own() -> None:
    """Two choice lists may call different levels the same; the headings are told apart all the same."""
    release = a_release()
    council = release.respondents[0]
    items = [
        replace(item, levels=tuple(replace(level, code=f"x{level.code}") for level in item.levels))
        if item.id == "LA-C1-1"
        else item
        for item in council.items
    ]
    changed = replace(release, respondents=(replace(council, items=tuple(items)), *release.respondents[1:]))
    document = _document(changed)
    heads = list(_rows(document.sheet(ANSWERS))[0])
    assert "2 Developing, % of answers" in heads
    assert "2 Developing, % of answers (2)" in heads
    assert lint(document) == []


def test_measures_say_unit_direction_and_among_whom() -> None:
    """Each number has the format of its unit, and like-with-like figures name what is alike."""
    sheet = _document().sheet(MEASURES)
    rows = _rows(sheet)
    assert {row["Which is better"] for row in rows} == {"Higher", "Lower", "Neither"}
    assert {"Everyone in the group", "Own council area"} <= {row["Compared among"] for row in rows}
    money = next(
        at for at, row in enumerate(rows) if row["Unit"] == "£" and isinstance(row["Median, in the unit"], float)
    )
    column = list(rows[0]).index("Median, in the unit")
    assert sheet.cells[HEADER_ROW + 1 + money, column].style.number_format == '"£"#,##0'


def test_completeness_and_evidence_stand_together() -> None:
    """Completeness in per cent, evidence on its scale, overall and by section."""
    sheet = _document().sheet(COMPLETENESS)
    rows = _rows(sheet)
    assert {(row["What"], row["Unit"]) for row in rows} == {
        ("Completeness", "% of questions"),
        ("Evidence", "strength, 0 to 3"),
    }
    assert rows[0]["No."] == "All"
    column = list(rows[0]).index("Median, in the unit")
    assert sheet.cells[HEADER_ROW + 1, column].style.number_format == "0%"


def test_the_heat_map_says_the_band_in_words() -> None:
    """One row a group; the shade of a cell comes with the name of its band in what the cell shows."""
    sheet = _document().sheet(HEAT_MAP)
    rows = _rows(sheet)
    assert len(rows) == sum(bool(group.statistics) for each in a_release().respondents for group in each.groups)
    council, community = (
        next(row for row in rows if row["Group"] == "All" and row["Respondents"] == name)
        for name in ("Council", "Community organisation")
    )
    assert council["Overall score"] == a_release().respondents[0].groups[0].statistics[0].figure.median
    assert community["E1 Top-level leadership"] == "[z]"
    bands = {band.label for band in the_framework().scoring.bands}
    words = {str(rule.style.number_format).split('"')[1].strip() for rule in sheet.conditional_formats}
    assert words == bands


def test_the_heat_map_prints_what_its_bands_are() -> None:
    """The line above the table names every band and where it begins; without bands it speaks of none."""
    framework = the_framework()
    line = str(_document().sheet(HEAT_MAP).cells[1, 0].value)
    assert all(f"{band.display()}, from {band.from_:g}" in line for band in framework.scoring.bands)
    bare = replace(framework, scoring=replace(framework.scoring, bands=()))
    without = release_document(a_release(), bare, _CREATED).sheet(HEAT_MAP)
    assert "band" not in str(without.cells[1, 0].value)
    assert not without.conditional_formats


def test_separation_of_few_organisations_carries_a_caution() -> None:
    """Below twenty organisations the sheet and the notes say that it may be chance; above, they do not."""
    assert "chance" not in str(_document().sheet(SEPARATION).cells[1, 0].value)
    release = a_release()
    council = release.respondents[0]
    few = replace(council, separations=(replace(council.separations[0], n=12), *council.separations[1:]))
    document = _document(replace(release, respondents=(few, *release.respondents[1:])))
    assert "fewer than 20 organisations" in str(document.sheet(SEPARATION).cells[1, 0].value)
    number = next(row["Note"] for row in _rows(document.sheet(NOTES)) if row["About"] == "Separation and chance")
    assert str(number) in re.findall(r"\d+", str(document.sheet(SEPARATION).cells[2, 0].value))


@pytest.mark.parametrize("name", [SCORES, ANSWERS, MEASURES, COMPLETENESS])
def test_lines_without_any_number_are_left_out_and_counted(name: str) -> None:
    """No line of a group holds marks alone, and the line above the table says how many are missing for that."""
    kinds = {
        SCORES: ("overall", "section"),
        ANSWERS: ("question",),
        MEASURES: ("measure",),
        COMPLETENESS: ("completeness", "evidence"),
    }
    release = _hidden_in_a_subgroup(kinds[name])
    sheet = _document(release).sheet(name)
    kept = _rows(sheet)
    assert all(isinstance(row["Organisations"], int) for row in kept if row["Group"] != "All" or name == MEASURES)
    found = [
        (group.kind, statistic.figure.shown)
        for each in release.respondents
        for group in each.compared
        for _, statistic in each.statistics(group, *kinds[name])
    ]
    missing = sum(not shown and (kind != "all" or name == MEASURES) for kind, shown in found)
    assert missing > 0
    assert len(kept) == len(found) - missing
    words = f"{missing} lines that are" if missing > 1 else "1 line that is"
    assert f" {words} held back altogether" in str(sheet.cells[1, 0].value)
    assert "data/figures.csv" in " ".join(str(row["What there is to know"]) for row in _rows(_document().sheet(NOTES)))


def test_wide_tables_keep_who_and_what_in_sight_and_on_every_page() -> None:
    """Group, respondents, number and question stay while the rest moves; on paper the answers come in two parts."""
    sheet = _document().sheet(ANSWERS)
    assert sheet.freeze == (HEADER_ROW + 1, 4)
    assert list(_rows(sheet)[0])[:4] == ["Group", "Respondents", "No.", "Question"]
    assert sheet.printing.break_before_column == list(_rows(sheet)[0]).index("0 Not started, % of answers")
    assert (sheet.printing.repeat_first_column, sheet.printing.repeat_last_column) == (0, 3)
    assert sheet.printing.landscape
    for name in (MEASURES, HEAT_MAP, SIDE_BY_SIDE):
        assert (_document().sheet(name).freeze or (0, 0))[1] > 0


def test_separation_has_the_best_questions_first() -> None:
    """Strongest first within a respondent type; those held back come last and are marked."""
    release = a_release()
    council = release.respondents[0]
    hidden = replace(council.separations[0], n=None, correlation=None, strength="")
    changed = replace(council, separations=(hidden, *council.separations[1:]))
    rows = _rows(_document(replace(release, respondents=(changed, release.respondents[1]))).sheet(SEPARATION))
    mine = [row for row in rows if row["Respondents"] == "Council"]
    numbers = [row["Correlation, -1 to 1"] for row in mine[:-1]]
    assert numbers == sorted(numbers, key=lambda each: -float(str(each)))
    assert [mine[-1][head] for head in ("Separates", "Correlation, -1 to 1", "Organisations")] == ["[c]"] * 3


def test_matching_questions_stand_side_by_side() -> None:
    """One line for each topic and shared group, with the figures of both respondent types."""
    release = a_release()
    rows = _rows(_document().sheet(SIDE_BY_SIDE))
    assert [row["Topic"] for row in rows] == [pair.label for pair in release.pairs]
    pair, row = release.pairs[0], rows[0]
    for respondent in release.respondents:
        figure = next(
            each.figure for each in respondent.groups[0].statistics if each.item == pair.questions[respondent.id]
        )
        assert row[f"{respondent.label}: question"] == pair.questions[respondent.id]
        assert row[f"{respondent.label}: median level"] == figure.median


def test_groups_of_one_name_are_set_side_by_side() -> None:
    """Both respondent types by region: every region that both show has lines of its own."""
    document = _document(a_release(councils=60, communities=60, extra_groups=3))
    groups = {str(row["Group"]) for row in _rows(document.sheet(SIDE_BY_SIDE))}
    assert any(name.startswith("Region or nation: ") for name in groups)
    assert not any(name.startswith("Income band") for name in groups)


def test_change_sets_before_beside_now() -> None:
    """Medians stand next to each other, with the difference; held back on one side means no difference."""
    release = a_release()
    council = release.respondents[0]
    one, *others = council.changes
    changed = replace(council, changes=(replace(one, before=HIDDEN), *others))
    document = _document(replace(release, respondents=(changed, *release.respondents[1:])))
    first, second = _rows(document.sheet(CHANGE))[:2]
    assert (first["Median before"], first["Change of median"]) == ("[c]", "[c]")
    assert isinstance(first["Median now"], float)
    assert second["Change of median"] == pytest.approx(
        float(str(second["Median now"])) - float(str(second["Median before"]))
    )
    assert CHANGE not in [sheet.name for sheet in _document(a_release(earlier=False)).sheets]


def test_groups_held_back_are_listed_on_groups_only() -> None:
    """The other sheets leave them out rather than repeat the mark in every cell."""
    document = _document()
    held_back = {str(row["Group"]) for row in _rows(document.sheet(GROUPS)) if row["Organisations used"] == "[c]"}
    assert held_back
    for name in (SCORES, ANSWERS, MEASURES, COMPLETENESS, HEAT_MAP):
        assert not held_back & {str(row["Group"]) for row in _rows(document.sheet(name))}


def test_lists_and_fields_are_named_as_such() -> None:
    """A group is called by its field and answer; a named list says that it is one."""
    names = {(row["Group"], row["Grouped by"]) for row in _rows(_document().sheet(GROUPS))}
    assert ("All", "Respondent type") in names
    assert ("List: Northern partnership", "Named list") in names
    assert any(str(group).startswith("Population: ") and by == "Population" for group, by in names)


def _charts(document: Document) -> list[tuple[Sheet, Chart]]:
    return [(sheet, chart) for sheet in document.sheets for chart in sheet.charts]


def test_there_is_a_chart_of_each_kind() -> None:
    """Bars of medians, boxes, a radar, matching questions, a slope, and bars parted by level for every section."""
    kinds = [chart.kind for _, chart in _charts(_document())]
    assert {"bar", "radar", "line", "stacked_bar"} == set(kinds)
    sections = {
        (each.id, item.of) for each in a_release().respondents for item in each.items if item.kind == "question"
    }
    assert kinds.count("stacked_bar") == len(sections) + len(a_release().respondents)


def test_charts_say_their_numbers_and_where_they_stand() -> None:
    """Every chart has words that stand for it, and the rows that they name are those that it draws."""
    document = _document()
    for _, chart in _charts(document):
        assert len(chart.description) < 4096
        found = re.search(r"on the sheet ([\w ]+), rows (\d+) to (\d+)\.", chart.description)
        assert found, chart.title
        for series in chart.series:
            assert series.values.sheet == found[1]
            assert int(found[2]) <= series.values.first_row + 1 <= series.values.last_row + 1 <= int(found[3])


def test_lines_and_spiders_are_drawn_of_numbers_only() -> None:
    """A mark would be drawn as nought, so a chart of lines is left out, in words, when a number is held back."""
    document = _document(_everyone("C3", lambda figure: replace(figure, median=None, lower_quartile=None)))
    for _, chart in _charts(document):
        if chart.kind in ("radar", "line"):
            for series in chart.series:
                cells = document.sheet(series.values.sheet).cells
                assert all(isinstance(cells[place].value, float) for place in series.values.cells()), chart.title
    titles = {chart.title for _, chart in _charts(document)}
    assert "Council: median scores" in titles
    assert "Median scores by section" not in titles
    assert any("Not drawn" in line and "Median scores by section" in line for line in _said(document))
    assert not any("Not drawn" in line for line in _said(_document()))
    assert "Median scores by section" in {chart.title for _, chart in _charts(_document())}


def _said(document: Document) -> list[str]:
    """What the sheet of charts says above them."""
    return [str(cell.value) for cell in document.sheet(CHARTS).cells.values()]


def test_boxes_are_drawn_where_others_are_held_back() -> None:
    """A score without quartiles has no box and is named above the charts; the others keep theirs."""
    document = _document(_everyone("C3", lambda figure: replace(figure, lower_quartile=None, upper_quartile=None)))
    title = "Council: the middle half of scores"
    chart = next(chart for _, chart in _charts(document) if chart.title == title)
    assert chart.series[0].role == UNSEEN
    assert "[c] to [c]" in chart.description
    assert any(line.startswith(title) and line.endswith(" held back: C3.") for line in _said(document))
    table = document.sheet(MIDDLE_HALF)
    for row in _rows(table):
        low, middle, high = (row[f"{part}, score"] for part in ("Lower quartile", "Median", "Upper quartile"))
        if isinstance(low, float) and isinstance(middle, float) and isinstance(high, float):
            assert row["Lower quartile to median"] == pytest.approx(middle - low, abs=0.0006)
            assert row["Median to upper quartile"] == pytest.approx(high - middle, abs=0.0006)
        else:
            assert (row["Lower quartile to median"], row["Median to upper quartile"]) == ("[c]", "[c]")
    none = _everyone("", lambda figure: figure)
    council = none.respondents[0]
    everyone = replace(
        council.groups[0],
        statistics=tuple(
            replace(each, figure=replace(each.figure, lower_quartile=None)) for each in council.groups[0].statistics
        ),
    )
    bare = replace(none, respondents=(replace(council, groups=(everyone, *council.groups[1:])), *none.respondents[1:]))
    assert any("Not drawn" in line and title in line for line in _said(_document(bare)))


def test_charts_of_answers_that_are_held_back_are_named() -> None:
    """A section of which no answers may be shown has no chart, and the sheet names it; others have theirs."""
    release = a_release()
    council = release.respondents[0]
    everyone = council.groups[0]
    hidden = tuple(
        replace(each, figure=replace(each.figure, levels=None)) if each.item.startswith("LA-C2-") else each
        for each in everyone.statistics
    )
    groups = (replace(everyone, statistics=hidden), *council.groups[1:])
    document = _document(replace(release, respondents=(replace(council, groups=groups), *release.respondents[1:])))
    titles = {chart.title for _, chart in _charts(document)}
    assert not any(title.startswith("Council: C2 ") for title in titles)
    assert any(title.startswith("Council: C3 ") for title in titles)
    assert "held back: Council, C2." in str(document.sheet(ANSWER_CHARTS).cells[HEADER_ROW, 0].value)


def test_boxes_cannot_begin_below_nought() -> None:
    """Bars that stand one behind the other begin at nought, so scores below it are not drawn, and the sheet says so."""
    document = _document(_everyone("C3", lambda figure: replace(figure, lower_quartile=-1.0)))
    assert "Council: the middle half of scores" not in {chart.title for _, chart in _charts(document)}
    assert any("below nought" in line for line in _said(document))


def test_the_chart_of_medians_says_what_is_held_back() -> None:
    """The words carry the mark where there is no bar."""
    document = _document(_everyone("C3", lambda figure: replace(figure, median=None)))
    chart = next(chart for _, chart in _charts(document) if chart.title == "Council: median scores")
    assert "institutions [c]" in chart.description
    assert (chart.minimum, chart.maximum) == (0, 100)


def test_no_chart_is_cut_by_the_end_of_a_page() -> None:
    """Pages begin in the gaps between charts, and charts do not overlap."""
    for sheet in _document().sheets:
        ends = [chart.row + -(-chart.height // 20) for chart in sheet.charts]
        assert all(end < chart.row for end, chart in zip(ends, sheet.charts[1:], strict=False))
        for start in sheet.printing.breaks_before:
            assert not any(chart.row < start < end for chart, end in zip(sheet.charts, ends, strict=True))


def test_a_release_of_one_type_without_anything_else_is_still_a_workbook() -> None:
    """What would be empty is left out; cover, contents and notes remain."""
    document = _document(a_release(councils=20, communities=0, earlier=False, full=False))
    names = [sheet.name for sheet in document.sheets]
    assert SIDE_BY_SIDE not in names
    assert CHANGE not in names
    assert names[:3] == [COVER, CONTENTS, NOTES]
    assert lint(document) == []
    assert write(document, default_theme())


def test_a_release_that_shows_nothing_says_so() -> None:
    """Where every group is held back there are no tables of figures and no charts, and the cover tells why."""
    release = a_release(earlier=False)
    respondents = tuple(
        replace(
            each,
            groups=tuple(replace(group, suppressed=True, counts=Counts(), statistics=()) for group in each.groups),
            separations=(),
        )
        for each in release.respondents
    )
    document = _document(replace(release, respondents=respondents))
    assert [sheet.name for sheet in document.sheets] == [COVER, CONTENTS, NOTES, TAKING_PART, GROUPS]
    assert "Nothing to show" in [row["What"] for row in _rows(document.sheet(COVER))]
    assert write(document, default_theme())


@pytest.mark.parametrize("release", [a_release(), a_release(lowered=True), a_release(extra_groups=4)])
def test_the_file_opens_and_is_the_same_every_time(release: Release) -> None:
    """The linter finds nothing, the same release gives the same bytes, and no cells are merged."""
    document = release_document(release, the_framework(), _CREATED)
    assert lint(document) == []
    content = write(document, default_theme())
    assert content == write(release_document(release, the_framework(), _CREATED), default_theme())
    book = openpyxl.load_workbook(BytesIO(content))
    assert book.sheetnames == _SHEETS
    assert all(not sheet.merged_cells.ranges for sheet in book)
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


_HOSTILE: dict[str, Callable[[str], str]] = {
    "a formula": lambda text: f"=cmd|'/c calc'!A0 {text}",
    "markup and line ends": lambda text: f"<b>&amp;{text}</b>\n\t\x07 \u202e end",
    "very long": lambda text: (text + " Café ") * 60,
}


@pytest.mark.parametrize("change", _HOSTILE.values(), ids=_HOSTILE)
def test_texts_are_only_ever_texts(change: Callable[[str], str]) -> None:
    """Labels that look like formulas or markup, or are far too long, give a sound workbook without a formula."""
    release = with_texts(a_release(), change)
    document = _document(release)
    assert lint(document) == []
    book = openpyxl.load_workbook(BytesIO(write(document, default_theme())))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_a_group_named_by_the_longest_text_is_shortened() -> None:
    """A free text that fills a cell is cut on the sheets; the data files have the whole of it."""
    release = a_release()
    council = release.respondents[0]
    long = replace(council.groups[1], label=("Café " * 6554)[:32767])
    groups = (council.groups[0], long, *council.groups[2:])
    document = _document(replace(release, respondents=(replace(council, groups=groups), release.respondents[1])))
    name = next(str(row["Group"]) for row in _rows(document.sheet(GROUPS)) if "Café" in str(row["Group"]))
    assert name.endswith("…")
    assert len(name) <= LONGEST_LABEL + len(long.field_label) + 2
    assert name in {str(row["Group"]) for row in _rows(document.sheet(SCORES))}


def test_forty_groups_stay_usable() -> None:
    """With forty groups of each respondent type, every table is still one table with a filter on the group."""
    document = _document(a_release(councils=300, communities=300, extra_groups=36))
    rows = _rows(document.sheet(ANSWERS))
    assert len({(row["Group"], row["Respondents"]) for row in rows}) > 60
    assert document.sheet(ANSWERS).tables[0].filtered
    assert next(iter(rows[0])) == "Group"
    assert lint(document) == []


def test_the_overall_score_is_the_first_score() -> None:
    """Charts and tables begin with the overall score, as the questionnaire's own results do."""
    assert a_release().respondents[0].items[0].id == OVERALL
    chart = _document().sheet(CHARTS).charts[0]
    first = chart.series[0].categories
    assert _document().sheet(first.sheet).cells[first.first_row, first.first_column].value == "Overall score"
