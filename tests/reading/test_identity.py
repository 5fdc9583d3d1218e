"""Telling whose return a workbook is from whatever is left of what it says of itself."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from functools import cache

import pytest
from msgspec.structs import replace

from kil_xlsx.core.readings import Identity
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.stamp import LAYOUT_VERSION, Organisation, Stamp, reference_code, stamp
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.identity import identify
from kil_xlsx.reading.model import Cell, CellKind, WorkbookData
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

ORGANISATION = Organisation("Anytown & District “Hub”", "GB-CHC-1173575")
ROUND = "2026"
PLACES = ("sheet", "names", "properties", "visible")


@cache
def plan() -> Plan:
    return Plan(load_instrument("keep-it-local/council"))


@cache
def made() -> Stamp:
    return stamp(plan().instrument, ROUND, ORGANISATION)


@cache
def sent_out() -> WorkbookData:
    issue = Issue(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ORGANISATION, round_id=ROUND)
    return read_workbook(write(compose(plan(), issue), default_theme()))


def without(places: tuple[str, ...]) -> WorkbookData:
    """The workbook after some program has dropped what it says in these places."""
    workbook = sent_out()
    if "sheet" in places:
        workbook = replace(workbook, sheets=tuple(one for one in workbook.sheets if one.name != "About this file"))
    if "names" in places:
        workbook = replace(workbook, names=())
    if "properties" in places:
        workbook = replace(workbook, properties={})
    if "visible" in places:
        workbook = with_code(workbook, "")
    return workbook


def with_code(workbook: WorkbookData, code: str, sheets: int = 100) -> WorkbookData:
    """The workbook with another code wherever people can see it, on the first few sheets."""
    changed = []
    for index, sheet in enumerate(workbook.sheets):
        if sheet.state == "visible" and index < sheets:
            cells = {
                place: replace(cell, value=cell.value.replace(made().reference, code))
                if isinstance(cell.value, str)
                else cell
                for place, cell in sheet.cells.items()
            }
            sheet = replace(sheet, cells=cells)
        changed.append(sheet)
    return replace(workbook, sheets=tuple(changed))


def with_facts(workbook: WorkbookData, facts: Mapping[str, str]) -> WorkbookData:
    """The workbook with other facts on its sheet about the file."""
    sheet = workbook.sheet("About this file")
    assert sheet is not None
    cells = dict(sheet.cells)
    for (row, column), cell in sheet.cells.items():
        fact = str(cell.value).removeprefix("kil:")
        if column == 0 and fact in facts:
            cells[row, 1] = Cell(facts[fact], CellKind.TEXT)
    changed = replace(sheet, cells=cells)
    return replace(workbook, sheets=tuple(changed if one is sheet else one for one in workbook.sheets))


def expected() -> Identity:
    return Identity(
        framework="keep-it-local",
        version=made().version,
        fingerprint=made().fingerprint,
        layout=LAYOUT_VERSION,
        respondent="council",
        round_id=ROUND,
        organisation=ORGANISATION.name,
        organisation_id=ORGANISATION.id,
        reference=made().reference,
    )


def test_everything_that_was_sent_out_is_read_back() -> None:
    """An unchanged workbook says who it is, and nothing is doubtful."""
    assert identify(sent_out()) == (expected(), [])


@pytest.mark.parametrize(
    "gone", [places for count in range(4) for places in itertools.combinations(PLACES, count)], ids="+".join
)
def test_any_one_place_is_enough(gone: tuple[str, ...]) -> None:
    """Programs drop places; as long as one of those with facts is left, the questionnaire is known, without a word."""
    identity, problems = identify(without(gone))
    if {"sheet", "names", "properties"} <= set(gone):
        assert identity is None
        assert [problem.code for problem in problems] == ["return-not-ours"]
        assert made().reference in problems[0].found
        return
    assert identity is not None
    assert not problems
    assert (identity.framework, identity.version, identity.respondent) == ("keep-it-local", made().version, "council")
    assert identity.reference == made().reference
    if "sheet" not in gone or "properties" not in gone:
        assert identity == expected()


def test_a_workbook_that_says_nothing_is_not_ours() -> None:
    """Somebody else's workbook is refused, with what was looked for."""
    other = WorkbookData(sheets=(replace(sent_out().sheets[0], cells={(0, 0): Cell("Budget", CellKind.TEXT)}),))
    identity, [problem] = identify(other)
    assert identity is None
    assert problem.code == "return-not-ours"
    assert problem.found
    assert problem.expected


def test_two_valid_codes_are_asked_about() -> None:
    """A sheet pasted in from another organisation's copy shows its code."""
    other = reference_code("KIL", "another")
    identity, [problem] = identify(with_code(sent_out(), other, sheets=1))
    assert identity is not None
    assert problem.code == "return-reference-differs"
    assert other in problem.found
    assert made().reference in problem.found
    assert problem.sheet == "Start"
    assert problem.cell


@pytest.mark.parametrize(
    "retyped", [str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("-", "–")]
)
def test_a_retyped_code_is_the_same_code(retyped: object) -> None:
    """Case, blanks and kinds of dash do not make another code."""
    assert callable(retyped)
    assert identify(with_code(sent_out(), retyped(made().reference))) == (expected(), [])


def test_a_damaged_code_is_asked_about() -> None:
    """One wrong character spoils the check; the cell is named."""
    code = made().reference
    wrong = code[:5] + ("7" if code[5] != "7" else "8") + code[6:]
    identity, [problem] = identify(with_code(sent_out(), wrong))
    assert identity is not None
    assert identity.reference == code
    assert (problem.code, problem.sheet, problem.cell, problem.found) == (
        "return-reference-damaged",
        "Start",
        "C4",
        wrong,
    )


def test_the_sheet_outvotes_properties_but_not_in_silence() -> None:
    """Where two places contradict each other, what can be seen wins, and it is asked about."""
    workbook = without(("names",))
    workbook = replace(workbook, properties={**workbook.properties, "kil.version": "0.9.0"})
    identity, [problem] = identify(workbook)
    assert identity is not None
    assert identity.version == made().version
    assert (problem.code, problem.item) == ("return-facts-differ", "version")


def test_a_single_stale_place_is_outvoted() -> None:
    """Two places that agree settle what a third says otherwise."""
    workbook = replace(sent_out(), properties={**sent_out().properties, "kil.respondent": "community"})
    assert identify(workbook) == (expected(), [])


def test_the_sheet_wins_over_two_others_with_a_query() -> None:
    """Names and properties may both come from another file; they are reported, not believed."""
    identity, problems = identify(with_facts(sent_out(), {"version": "2.0.0"}))
    assert identity is not None
    assert identity.version == "2.0.0"
    assert [(problem.code, problem.item) for problem in problems] == [("return-facts-differ", "version")]


def test_padded_and_renamed_marks_are_read() -> None:
    """Programs pad properties, change the case of names and make the hidden sheet visible."""
    workbook = replace(
        sent_out(),
        names=tuple(replace(name, name=name.name.upper()) for name in sent_out().names),
        properties={name.upper(): f"\n {value} " for name, value in sent_out().properties.items()},
        sheets=tuple(replace(sheet, state="visible") for sheet in sent_out().sheets),
    )
    assert identify(workbook) == (expected(), [])


def test_a_layout_that_is_no_number_is_unknown() -> None:
    """Nonsense for a number is no reason to stop."""
    identity, _ = identify(with_facts(sent_out(), {"layout": "²"}))
    assert identity is not None
    assert identity.layout == 0


def test_the_questions_alone_are_enough_where_one_plan_fits() -> None:
    """With everything else gone, the codes and wordings say which questionnaire it is, and a query says so."""
    plans = {plan().instrument.key: plan()}
    for gone in (("sheet", "names", "properties"), PLACES):
        identity, problems = identify(without(gone), (), plans)
        assert identity is not None
        assert (identity.framework, identity.respondent, identity.fingerprint) == ("keep-it-local", "council", "")
        assert identity.reference == ("" if "visible" in gone else made().reference)
        assert [(one.code, one.severity) for one in problems] == [("return-known-by-contents", "query")]


def test_questions_that_fit_two_plans_or_too_few_say_nothing() -> None:
    """Two versions with the same questions, a workbook of another type, or a quarter of the rows gone: not ours."""
    council, bare = plan(), without(PLACES)
    other = Plan(load_instrument("keep-it-local/community"))
    assert identify(bare, (), {"one": council, "two": council})[0] is None
    assert identify(bare, (), {"other": other})[0] is None
    sheets = tuple(sheet for sheet in bare.sheets if sheet.name != "Measures")
    assert identify(replace(bare, sheets=sheets), (), {"one": council})[0] is None
