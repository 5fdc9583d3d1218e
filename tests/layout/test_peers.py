"""Scores beside last time's and beside those of peers: what the Results sheet says, and what it gives away."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from random import Random

import pytest
from comparisons import random_peers, random_previous
from msgspec.structs import replace
from strategies import FULL, random_typed

from kil_xlsx.core.peers import PeerFigures, PeerGroup, Peers
from kil_xlsx.core.release import CONFIDENTIAL, OVERALL
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import NOT_AVAILABLE, Document, Formula, Sheet, Value
from kil_xlsx.layout.places import PeersSheet, Results
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue, Previous
from kil_xlsx.writing.lint import lint
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

ISSUE = Issue(datetime(2026, 1, 1))
NAMES = ("council", "community")
COLUMNS = (Results.LOWER, Results.MEDIAN, Results.UPPER, Results.PEERS, Results.STANDING)


@cache
def plan_of(name: str) -> Plan:
    """The plan of an instrument that comes with the program."""
    return Plan(load_instrument(f"keep-it-local/{name}"))


def figures(count: int, lower: float, median: float, upper: float) -> PeerFigures:
    """One score of a group."""
    return PeerFigures(count=count, lower=lower, median=median, upper=upper)


NORTH_WEST = PeerGroup(
    label="Region “North West”",
    field="region",
    value="North West",
    figures={"C1": figures(6, 0.0, 10.0, 20.0), "C2": figures(5, 90.0, 95.0, 100.0)},
)
PEERS = Peers(
    date="2026-04-07",
    groups=(
        PeerGroup(
            label="everyone", figures={"C1": figures(41, 30.0, 50.0, 70.0), OVERALL: figures(43, 25.0, 45.0, 65.0)}
        ),
        NORTH_WEST,
    ),
)
PREVIOUS = Previous("2025", {}, {"C1": 40.0, "C2": None, OVERALL: 37.5})


def answered(name: str, **profile: str) -> dict[Key, Typed]:
    """Every question answered in the middle of its scale."""
    plan = plan_of(name)
    typed: dict[Key, Typed] = {Key(question.id): "2 Developing" for question in plan.instrument.questions}
    return typed | {Key(field): answer for field, answer in profile.items()}


def shown(document: Document, row: int, column: int, sheet: str = "Results") -> Value:
    """What a cell shows."""
    value = document.sheet(sheet).cells[row, column].value
    return value.value if isinstance(value, Formula) else value


def row_of(name: str, item: str) -> int:
    """The row of a score on the Results sheet."""
    plan = plan_of(name)
    return plan.overall_row if item == OVERALL else plan.results.rows[item]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variant", ["peers", "previous", "both"])
def test_nothing_is_wrong_with_any_formula(name: str, variant: str) -> None:
    """Every formula is one that all programs know, has a value of its kind, and the workbook can be written."""
    rng = Random(variant)
    peers = None if variant == "previous" else random_peers(plan_of(name), rng)
    previous = None if variant == "peers" else random_previous(plan_of(name), rng)
    document = compose(plan_of(name), replace(ISSUE, peers=peers, previous=previous), random_typed(plan_of(name), rng))
    assert lint(document) == []
    assert write(document, default_theme()).startswith(b"PK")


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_there_only_when_they_have_something_to_say(name: str) -> None:
    """Without a benchmark or an earlier return their columns are hidden, and there is no sheet of peers."""
    bare = compose(plan_of(name), ISSUE)
    assert all(bare.sheet("Results").columns[column].hidden for column in (*COLUMNS, Results.LAST, Results.CHANGE))
    assert "Peers" not in [sheet.name for sheet in bare.sheets]
    assert [len(chart.series) for chart in bare.sheet("Results").charts] == [1, 1]
    with_peers = compose(plan_of(name), replace(ISSUE, peers=PEERS)).sheet("Results")
    assert not any(with_peers.columns[column].hidden for column in COLUMNS)
    assert with_peers.columns[Results.LAST].hidden
    before = compose(plan_of(name), replace(ISSUE, previous=PREVIOUS)).sheet("Results")
    assert not any(before.columns[column].hidden for column in (Results.LAST, Results.CHANGE))
    assert before.columns[Results.MEDIAN].hidden


@pytest.mark.parametrize(
    ("region", "item", "expected"),
    [
        ("", "C1", (30.0, 50.0, 70.0, 41.0, "In the middle half")),
        ("", OVERALL, (25.0, 45.0, 65.0, 43.0, "In the middle half")),
        ("North West", "C1", (0.0, 10.0, 20.0, 6.0, "Above the middle half")),
        ("North West", "C2", (90.0, 95.0, 100.0, 5.0, "Below the middle half")),
        ("North West", "C3", (CONFIDENTIAL, CONFIDENTIAL, CONFIDENTIAL, CONFIDENTIAL, "")),
        ("North West", OVERALL, (CONFIDENTIAL, CONFIDENTIAL, CONFIDENTIAL, CONFIDENTIAL, "")),
        ("Wales", "C1", (30.0, 50.0, 70.0, 41.0, "In the middle half")),
        ("elsewhere", "C1", (30.0, 50.0, 70.0, 41.0, "In the middle half")),
    ],
)
def test_figures_are_those_of_the_group(region: str, item: str, expected: tuple[object, ...]) -> None:
    """The answer about the region decides; where no group has figures for it, everybody is the group."""
    document = compose(plan_of("council"), replace(ISSUE, peers=PEERS), answered("council", region=region))
    row = row_of("council", item)
    assert tuple(shown(document, row, column) for column in COLUMNS) == expected


def test_no_score_has_no_standing() -> None:
    """Without enough answers the figures are there, and nothing is said of where one stands."""
    document = compose(plan_of("council"), replace(ISSUE, peers=PEERS))
    row = row_of("council", "C1")
    assert shown(document, row, Results.MEDIAN) == 50.0
    assert shown(document, row, Results.STANDING) == ""


def test_the_line_below_says_with_whom() -> None:
    """Group, how many and how old; without a published number of organisations there is none in the sentence."""
    plan = plan_of("council")
    everyone = compose(plan, replace(ISSUE, peers=PEERS))
    line = shown(everyone, plan.compared_row, 1)
    assert line == "Compared with everyone: 43 organisations, benchmark of 2026-04-07."
    few = compose(plan, replace(ISSUE, peers=PEERS), answered("council", region="North West"))
    assert shown(few, plan.compared_row, 1) == "Compared with Region “North West”, benchmark of 2026-04-07."


@pytest.mark.parametrize(
    ("item", "last", "change"),
    [("C1", 40.0, 10.0), ("C2", "Not enough answers", ""), ("C3", None, ""), (OVERALL, 37.5, 12.0)],
)
def test_last_time(item: str, last: object, change: object) -> None:
    """Last time's score and the change since; no change without both, and an empty cell for a section that was not."""
    document = compose(plan_of("council"), replace(ISSUE, previous=PREVIOUS), answered("council"))
    row = row_of("council", item)
    assert (shown(document, row, Results.LAST), shown(document, row, Results.CHANGE)) == (last, change)
    style = document.sheet("Results").cells[row, Results.CHANGE].style
    assert style.number_format == "+0;-0;0"


@pytest.mark.parametrize(("round_", "heading"), [("2025", "Score in 2025"), ("", "Score last time")])
def test_last_time_is_named_by_its_round(round_: str, heading: str) -> None:
    """A round without a name is last time."""
    document = compose(plan_of("council"), replace(ISSUE, previous=Previous(round_, {}, {})))
    assert shown(document, Results.HEADER, Results.LAST) == heading


@pytest.mark.parametrize(
    ("issue", "second", "column", "values"),
    [
        (replace(ISSUE, peers=PEERS), "Peer median", Plan.CHART_PEERS, (50.0, NOT_AVAILABLE)),
        (replace(ISSUE, previous=PREVIOUS), "Score in 2025", Plan.CHART_LAST, (40.0, NOT_AVAILABLE)),
        (replace(ISSUE, peers=PEERS, previous=PREVIOUS), "Peer median", Plan.CHART_PEERS, (50.0, NOT_AVAILABLE)),
    ],
)
def test_charts_have_a_second_series(issue: Issue, second: str, column: int, values: tuple[object, ...]) -> None:
    """It is told apart by a legend, named in the description, and leaves a gap where there is no figure."""
    plan = plan_of("council")
    document = compose(plan, issue)
    for chart in document.sheet("Results").charts:
        assert [series.name for series in chart.series] == ["Score", second]
        assert [series.role for series in chart.series] == ["series_1", "series_2"]
        assert chart.series[1].values.first_column == column
        assert chart.legend
        assert second in chart.description
    rows = [plan.chart_workings.rows[item] for item in ("C1", "C2")]
    assert tuple(shown(document, row, column, "Workings") for row in rows) == values


def test_charts_do_not_cover_one_another() -> None:
    """The second chart begins to the right of the first and ends with the table, however narrow the columns are."""

    def room(sheet: Sheet, first: int, after: int) -> float:
        columns = (sheet.columns[column] for column in range(first, after))
        return sum(7 * column.width + 5 for column in columns if not column.hidden)

    with_both = replace(ISSUE, peers=PEERS, previous=PREVIOUS)
    for issue in (ISSUE, replace(ISSUE, peers=PEERS), replace(ISSUE, previous=PREVIOUS), with_both):
        sheet = compose(plan_of("council"), issue).sheet("Results")
        radar, bars = sheet.charts
        assert room(sheet, radar.column, bars.column) >= radar.width >= 400
        assert room(sheet, bars.column, Results.STRENGTH + 1) >= bars.width >= 600


def test_the_hidden_sheet_holds_nothing_else() -> None:
    """Every number of the hidden sheet is a published one, a group's number, or the number of the group found."""
    document = compose(plan_of("council"), replace(ISSUE, peers=PEERS))
    sheet = document.sheet("Peers")
    assert sheet.state == "hidden"
    published: dict[tuple[str, str], tuple[float | None, ...]] = {}
    for group in PEERS.groups:
        for item, known in group.figures.items():
            published[group.label, item] = (known.count, known.lower, known.median, known.upper)
    found = {}
    for row in range(PeersSheet.HEADER + 1, 1 + max(row for row, _ in sheet.cells)):
        label, item = (shown(document, row, column, "Peers") for column in (PeersSheet.GROUP, PeersSheet.ITEM))
        parts = tuple(shown(document, row, column, "Peers") for column in range(PeersSheet.COUNT, PeersSheet.UPPER + 1))
        if parts != (CONFIDENTIAL,) * 4:
            found[str(label), str(item)] = parts
    assert found == published
    elsewhere = [
        cell.column
        for cell in sheet.cells.values()
        if isinstance(cell.value, float) and not PeersSheet.COUNT <= cell.column <= PeersSheet.UPPER
    ]
    assert set(elsewhere) == {PeersSheet.NUMBER}


def test_capitals_do_not_matter() -> None:
    """An answer typed in small letters finds its group, as it does in a spreadsheet."""
    document = compose(plan_of("council"), replace(ISSUE, peers=PEERS), answered("council", region="north west"))
    assert shown(document, row_of("council", "C1"), Results.PEERS) == 6.0


def test_a_field_worked_out_by_formula_finds_its_group() -> None:
    """The type of council follows from its code, and comes before the region."""
    kind = "English non-metropolitan district"
    council = PeerGroup(label=kind, field="council_type", value=kind, figures={"C1": figures(8, 1, 2, 3)})
    peers = Peers(date="x", groups=(*PEERS.groups, council))
    typed = answered("council", region="North West", gss_code="E07000123")
    document = compose(plan_of("council"), replace(ISSUE, peers=peers), typed)
    assert shown(document, row_of("council", "C1"), Results.PEERS) == 8.0


def test_full_workbooks_are_the_same_every_time() -> None:
    """The same input gives the same bytes, with peers too."""
    typed = random_typed(plan_of("community"), Random(3), FULL)
    issue = replace(ISSUE, peers=PEERS, previous=PREVIOUS)
    first, second = (write(compose(plan_of("community"), issue, typed), default_theme()) for _ in range(2))
    assert first == second
