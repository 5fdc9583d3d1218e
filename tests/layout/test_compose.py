"""The whole workbook: sound, the same every time, and honest about what is not answered."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

import msgspec
import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import instrument
from kil_xlsx.core.results import CheckState
from kil_xlsx.core.returns import Key, Part, State, Typed
from kil_xlsx.core.scoring import score
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.codec import offered, serial
from kil_xlsx.layout.compose import compose, seen_by_formulas
from kil_xlsx.layout.document import Document, Formula
from kil_xlsx.layout.places import NO, ActionPlan, Assessment, Checks, Measures, Results, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.layout.stamp import FILE_NAME, LAYOUT_VERSION, REFERENCE_NAME, Organisation, stamp, valid_reference
from kil_xlsx.layout.text_fit import MAXIMUM_POINTS
from kil_xlsx.writing.lint import lint
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

NAMES = ("council", "community")
BLANK = Issue(datetime(2026, 1, 1))
FOR_ONE = Issue(
    datetime(2026, 1, 1),
    Organisation("Example & Sons <Council>", "GB-LAE-EXM", "", (("organisation_name", "Example & Sons <Council>"),)),
    "2026",
    date(2026, 12, 18),
    "hello@example.org",
)


class Made(NamedTuple):
    """A workbook at each stage of being made."""

    plan: Plan
    document: Document
    file: bytes


@cache
def plan_of(name: str) -> Plan:
    """The plan of an instrument that comes with the program."""
    return Plan(load_instrument(f"keep-it-local/{name}"))


@cache
def blank(name: str) -> Made:
    """A workbook for no organisation in particular."""
    document = compose(plan_of(name), BLANK)
    return Made(plan_of(name), document, write(document, default_theme()))


@cache
def filled(name: str) -> Made:
    """A workbook of one organisation with something in every cell."""
    document = compose(plan_of(name), FOR_ONE, everything(plan_of(name)))
    return Made(plan_of(name), document, write(document, default_theme()))


def everything(plan: Plan) -> dict[Key, Typed]:
    """Something in every cell, every choice of every list somewhere, now and then something that cannot be read."""
    typed: dict[Key, Typed] = {}
    for at, slot in enumerate(plan.slots):
        if slot.choices:
            choices = offered(plan.instrument.choice_lists[slot.choices], levels_only=slot.levels_only)
            typed[slot.key] = choices[at // 8 % len(choices)][0] if at % 53 else "something else"
        elif slot.kind is SlotKind.NUMBER:
            number = 0.25 if slot.maximum is not None and slot.maximum <= 1 else float(at % 7 * 100)
            typed[slot.key] = number if at % 13 else "about 50"
        elif slot.kind is SlotKind.DATE:
            typed[slot.key] = serial(date(2026, 3, 31)) if at % 29 else "soon"
        else:
            typed[slot.key] = f"Note {at} on “this” & that" if at % 17 else "A longer text, told in full. " * 12
    typed[Key("organisation_name")] = "Example & Sons <Council>"
    return typed


def opened(file: bytes, *, values: bool = False) -> Workbook:
    """A workbook as another program reads it: formulas, or the values stored with them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # openpyxl does not know every kind of conditional format
        return openpyxl.load_workbook(io.BytesIO(file), data_only=values)


@cache
def reopened(name: str, full: bool) -> Workbook:
    """A workbook read back, with its formulas."""
    return opened((filled if full else blank)(name).file)


def sheet_of(book: Workbook, name: str) -> Worksheet:
    """A sheet with cells."""
    sheet = book[name]
    assert isinstance(sheet, Worksheet)
    return sheet


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Each instrument that comes with the program."""
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["blank", "filled"])
def made(request: pytest.FixtureRequest, name: str) -> Made:
    """Its workbook, blank and filled in."""
    return filled(name) if request.param else blank(name)


# Sound


def test_nothing_is_wrong_with_any_formula_or_rule(made: Made) -> None:
    """Every formula is well formed, refers to what exists and has a value of the right type."""
    assert lint(made.document) == []


def test_every_formula_has_a_value(made: Made) -> None:
    """Previews and Protected View show stored values, so none may be missing from the document or from the file."""
    values = opened(made.file, values=True)
    formulas = opened(made.file)
    count = 0
    for cell, formula in made.document.formulas():
        place = {"row": cell.row + 1, "column": cell.column + 1}
        assert isinstance(formula.value, str | float | bool | int)
        assert sheet_of(formulas, cell.sheet).cell(**place).value == f"={formula.text}"
        stored = sheet_of(values, cell.sheet).cell(**place)
        shown = serial(stored.value.date()) if isinstance(stored.value, datetime) else stored.value
        assert ("" if shown is None else shown) == formula.value, (cell, formula)
        count += 1
    assert count > 1000


def test_only_formulas_are_stored_as_formulas(made: Made) -> None:
    """Not one text of the framework or of a respondent became a formula."""
    planned = {(cell.sheet, cell.row + 1, cell.column + 1) for cell, _ in made.document.formulas()}
    stored = {
        (sheet.title, cell.row, cell.column)
        for sheet in opened(made.file).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    assert stored == planned


def test_sheet_names_break_no_program(made: Made) -> None:
    """Letters, digits and blanks only, each name once."""
    names = [sheet.name for sheet in made.document.sheets]
    assert not any(character in "&<>'\"[]:*?/\\" for sheet in names for character in sheet)
    assert len({sheet.casefold() for sheet in names}) == len(names)
    assert opened(made.file).sheetnames == names


def test_people_see_the_sheets_that_are_for_them(made: Made) -> None:
    """Lists, workings and facts about the file are hidden; the workbook opens on the first sheet."""
    states = {sheet.name: sheet.state for sheet in made.document.sheets}
    assert [sheet for sheet, state in states.items() if state == "visible"] == [
        "Start", "About you", "Assessment", "Measures", "Checks", "Results", "Action plan",
        made.plan.steps_sheet, "Guidance",
    ]  # fmt: skip
    assert states["About this file"] == "very_hidden"
    assert made.document.active_sheet == "Start"


def test_every_row_with_words_has_a_height(made: Made) -> None:
    """Programs do not fit the height of rows in a file that nobody has opened yet."""
    for sheet in made.document.sheets:
        if sheet.state == "visible":
            used = {row for (row, _), cell in sheet.cells.items() if cell.value not in (None, "")}
            assert used <= sheet.row_heights.keys(), sheet.name
            assert all(0 < height <= MAXIMUM_POINTS for height in sheet.row_heights.values())


def test_no_text_of_the_framework_is_cut_off(name: str) -> None:
    """Every row of a blank workbook fits below the greatest height that a row can have."""
    for sheet in blank(name).document.sheets:
        assert max(sheet.row_heights.values(), default=0) < MAXIMUM_POINTS


def test_columns_with_words_have_a_width(made: Made) -> None:
    """No visible sheet leaves a used column at whatever width a program thinks of."""
    for sheet in made.document.sheets:
        if sheet.state == "visible":
            assert {column for _, column in sheet.cells} <= sheet.columns.keys()


def test_charts_draw_from_cells_that_exist(made: Made) -> None:
    """Charts draw from the workings, and each says in words what it shows."""
    charts = [chart for sheet in made.document.sheets for chart in sheet.charts]
    assert {chart.kind for chart in charts} == {"radar", "bar"}
    for chart in charts:
        assert len(chart.description) > 40
        for series in chart.series:
            for area in (series.categories, series.values):
                cells = made.document.sheet(area.sheet).cells
                assert all(place in cells for place in area.cells())


def painted(made: Made, slot: Slot) -> bool:
    """Whether the workbook has a cell for a slot: confirmations are asked for only where something was carried over."""
    return (slot.cell.row, slot.cell.column) in made.document.sheet(slot.cell.sheet).cells


def test_only_cells_to_fill_in_are_unlocked(made: Made) -> None:
    """On protected sheets a respondent can type where an answer belongs, and nowhere else."""
    planned = {
        (slot.cell.sheet, slot.cell.row + 1, slot.cell.column + 1)
        for slot in made.plan.slots
        if slot.key.part != Part.CONFIRM or painted(made, slot)
    }
    unlocked = {
        (sheet.title, cell.row, cell.column)
        for sheet in opened(made.file).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if not cell.protection.locked
    }
    assert unlocked == planned


def test_each_dropdown_offers_the_choices_of_its_cell(made: Made) -> None:
    """Read back from the file: the range behind each dropdown holds exactly the labels of its list, in order."""
    book = opened(made.file)
    sources: dict[tuple[str, str], str] = {}
    for sheet in book.worksheets:
        for rule in sheet.data_validations.dataValidation:
            for area in rule.sqref.ranges:
                assert area.size == {"rows": 1, "columns": 1}
                assert (sheet.title, area.coord) not in sources
                sources[sheet.title, area.coord] = rule.formula1 if rule.type == "list" else ""
    for slot in made.plan.slots:
        if slot.key.part == Part.CONFIRM and not painted(made, slot):
            continue
        source = sources[slot.cell.sheet, slot.cell.address]
        if slot.kind is not SlotKind.CHOICE:
            assert source == ""
            continue
        sheet_name, area_name = source.split("!")
        first, _, last = area_name.partition(":")
        rows = list(sheet_of(book, sheet_name.strip("'"))[f"{first}:{last or first}"])
        assert {len(row) for row in rows} == {1}
        labels = [cell.value for row in rows for cell in row]
        choices = made.plan.instrument.choice_lists[slot.choices or ""]
        assert labels == [label for label, _ in offered(choices, levels_only=slot.levels_only)]


# The same every time


def test_writing_twice_gives_the_same_bytes(name: str) -> None:
    """The same instrument, answers and moment make the same file, to the last byte."""
    for first in (blank(name), filled(name)):
        issue, typed = (FOR_ONE, everything(first.plan)) if first is filled(name) else (BLANK, {})
        again = Plan(load_instrument(f"keep-it-local/{name}"))
        assert write(compose(again, issue, typed), default_theme()) == first.file


_ELSEWHERE = """
import hashlib
from datetime import datetime
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write
for name in ("council", "community"):
    document = compose(Plan(load_instrument("keep-it-local/" + name)), Issue(datetime(2026, 1, 1)))
    print(hashlib.sha256(write(document, default_theme())).hexdigest())
"""


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_another_process_makes_the_same_file(seed: str) -> None:
    """Nothing depends on the order of sets, which differs from one start of Python to the next."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Pacific/Auckland"}
    told = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.split() == [hashlib.sha256(blank(name).file).hexdigest() for name in NAMES]


# Not answered is not zero


def test_a_blank_workbook_has_no_scores(name: str) -> None:
    """Every score says "Not enough answers", none says 0."""
    plan, document, _ = blank(name)
    cells = document.sheet(plan.results.sheet).cells
    rows = [*plan.results.rows.values(), plan.overall_row]
    shown = [cells[row, Results.SCORE].value for row in rows]
    assert all(isinstance(value, Formula) and value.value == "Not enough answers" for value in shown)
    for (_, column), cell in cells.items():
        if isinstance(cell.value, Formula) and column in (Results.SCORE, Results.BAND, Results.STRENGTH):
            assert cell.value.value in ("", "Not enough answers")
    assert len(shown) == len(plan.instrument.nodes) + 1


def test_a_blank_workbook_shows_no_zero_but_where_things_are_counted(name: str) -> None:
    """On every visible sheet a formula shows 0 only for counts, for progress and for figures whose default is 0."""
    plan, document, _ = blank(name)
    counts = {Results.ANSWERED, Results.DONT_KNOW, Results.NOT_APPLICABLE, Results.UNANSWERED}
    meant = {(plan.results.sheet, column) for column in counts} | {(plan.assessment.sheet, plan.columns.POSITION)}
    defaults = {plan.figures.cell(each.id, Measures.COUNTED) for each in plan.instrument.inputs if each.default == 0}
    for cell, formula in document.formulas():
        if document.sheet(cell.sheet).state == "visible" and formula.value == 0 and not isinstance(formula.value, bool):
            assert cell.sheet == plan.start.sheet or (cell.sheet, cell.column) in meant or cell in defaults


def test_a_blank_workbook_has_no_values_for_choices_left_blank(name: str) -> None:
    """In the workings an unanswered question has an empty text for a value, and charts leave its section out."""
    plan, document, _ = blank(name)
    workings = document.sheet(plan.words("sheet.workings")).cells
    for question in plan.instrument.questions:
        cell = plan.working(question.id, Workings.VALUE)
        found = workings[cell.row, cell.column].value
        assert isinstance(found, Formula)
        assert found.value == ""
    for node in plan.chart_nodes:
        drawn = workings[plan.chart_workings.rows[node.id], Plan.CHART_VALUE].value
        assert isinstance(drawn, Formula)
        assert drawn.value == "#N/A"


def test_scores_of_a_filled_workbook_are_those_of_the_program(name: str) -> None:
    """Sections, overall score and counts on the Results sheet are the numbers that scoring gives."""
    plan, document, _ = filled(name)
    result = score(plan.instrument, seen_by_formulas(plan, everything(plan)))
    cells = document.sheet(plan.results.sheet).cells
    scores = 0
    for identifier, row in plan.results.rows.items():
        section = result.sections[identifier]
        shown = cells[row, Results.SCORE].value
        assert isinstance(shown, Formula)
        assert shown.value == ("Not enough answers" if section.score is None else section.score)
        counted = cells[row, Results.ANSWERED].value
        assert isinstance(counted, Formula)
        assert counted.value == section.counts.answered
        scores += section.score is not None
    assert scores
    overall = cells[plan.overall_row, Results.SCORE].value
    assert isinstance(overall, Formula)
    assert overall.value == result.overall


def test_all_zeros_score_zero(name: str) -> None:
    """Lowest answers throughout are shown as 0, not as missing."""
    plan = plan_of(name)
    lowest = {
        Key(question.id): offered(plan.instrument.choices_of(question))[0][0] for question in plan.instrument.questions
    }
    document = compose(plan, BLANK, lowest)
    cells = document.sheet(plan.results.sheet).cells
    shown = [cells[row, Results.SCORE].value for row in (*plan.results.rows.values(), plan.overall_row)]
    assert {value.value for value in shown if isinstance(value, Formula)} == {0.0}


def test_what_cannot_be_read_counts_as_nothing(name: str) -> None:
    """Words in a number cell and answers not in the list are left standing, flagged, and never scored."""
    plan = plan_of(name)
    question, figure = plan.instrument.questions[0], plan.instrument.inputs[0]
    typed: dict[Key, Typed] = {Key(question.id): "maybe", Key(figure.id): "about 50"}
    document = compose(plan, BLANK, typed)
    slot = plan.by_key[Key(question.id)]
    row = document.sheet(slot.cell.sheet).cells
    assert row[slot.cell.row, slot.cell.column].value == "maybe"
    flag = row[slot.cell.row, Assessment.FLAG].value
    assert isinstance(flag, Formula)
    assert flag.value == plan.words("flag.not_in_list")
    ret = seen_by_formulas(plan, typed)
    assert ret.get(question.id).state is State.UNANSWERED
    assert score(plan.instrument, ret).figures[figure.id] is None


def test_typing_where_there_is_no_cell_is_a_mistake_of_the_program(name: str) -> None:
    """An answer for which the plan has no cell would be lost without a word."""
    with pytest.raises(KeyError):
        compose(plan_of(name), BLANK, {Key("no-such-item"): "x"})


def test_formulas_are_the_same_whatever_is_typed(name: str) -> None:
    """Answers change the values of formulas, never the formulas: a filled copy recalculates as a blank one would."""
    texts = [{cell: formula.text for cell, formula in each(name).document.formulas()} for each in (blank, filled)]
    assert texts[0] == texts[1]


# Hostile texts

HOSTILE = (
    "=1+1", "+44 20 7946 0000", "-none-", "@SUM(1)", '=HYPERLINK("http://example.org","x")', "=cmd|' /C calc'!A0",
    "'=1", "{=1+1}", "TRUE", "00123", "1e5", "31/03/2026", "<b>&\"'</b>", "<r><t>x</t></r>", "  blanks around  ",
    "one\ntwo", "x" * 300, "🙂", "日本語", "http://example.org", "mailto:a@example.org", "internal:Start!A1", "100%",
    "]]>", "&amp;", "#hash", "=", "==", '"', "\u202eright to left", "3 Established", "Start!$A$1",
)  # fmt: skip


@pytest.fixture(scope="module", params=NAMES)
def hostile(request: pytest.FixtureRequest) -> tuple[Plan, dict[Key, Typed], Made]:
    """A workbook with a text that looks like something else in every cell for text."""
    plan = plan_of(request.param)
    typed: dict[Key, Typed] = {}
    for at, slot in enumerate(slot for slot in plan.slots if slot.kind is SlotKind.TEXT):
        typed[slot.key] = HOSTILE[at % len(HOSTILE)]
    for question in plan.instrument.questions:
        labels = [label for label, _ in offered(plan.instrument.choices_of(question), levels_only=True)]
        typed[Key(question.id)], typed[Key(question.id, Part.TARGET)] = labels[0], labels[-1]
    issue = Issue(BLANK.created, Organisation("=1+1 & <Sons>", "@x", "", ()), "-1", None, "=HYPERLINK()")
    document = compose(plan, issue, typed)
    return plan, typed, Made(plan, document, write(document, default_theme()))


def test_texts_come_back_as_they_were_typed(hostile: tuple[Plan, dict[Key, Typed], Made]) -> None:
    """Every text that looks like a formula, a date, markup or a link is a text in the file, letter by letter."""
    plan, typed, made = hostile
    book = opened(made.file)
    for slot in plan.slots:
        if slot.kind is SlotKind.TEXT:
            cell = sheet_of(book, slot.cell.sheet)[slot.cell.address]
            assert (cell.value, cell.data_type, cell.hyperlink) == (typed[slot.key], "s", None)


def test_the_action_plan_shows_texts_and_works_nothing_out(hostile: tuple[Plan, dict[Key, Typed], Made]) -> None:
    """There they stand as values of formulas that point to them, still as texts."""
    plan, typed, made = hostile
    formulas = sheet_of(opened(made.file), "Action plan")
    values = sheet_of(opened(made.file, values=True), "Action plan")
    seen = set()
    for at in range(len(plan.instrument.questions)):
        row = plan.plan_first + at + 1
        question = values.cell(row, ActionPlan.CODE + 1).value
        for column, part in ((ActionPlan.ACTION, Part.ACTION), (ActionPlan.OWNER, Part.OWNER)):
            shown = values.cell(row, column + 1)
            assert shown.value == typed[Key(str(question), part)]
            assert shown.data_type == "s"
            assert formulas.cell(row, column + 1).data_type == "f"
            seen.add(shown.value)
    assert len(seen) > len(HOSTILE) // 3


def test_a_hostile_organisation_is_only_a_name(hostile: tuple[Plan, dict[Key, Typed], Made]) -> None:
    """Name, round and contact stand on the first sheet as texts, and nothing but formulas of the program is one."""
    plan, _, made = hostile
    start = sheet_of(opened(made.file), plan.start.sheet)
    cells = [start.cell(row + 1, plan.start.VALUE + 1) for row in (plan.start.organisation, plan.start.round)]
    cells.append(start.cell(plan.start.contact + 1, plan.start.VALUE + 1))
    assert [cell.value for cell in cells] == ["=1+1 & <Sons>", "-1", "=HYPERLINK()"]
    assert {cell.data_type for cell in cells} == {"s"}
    assert lint(made.document) == []


# Whose copy it is


def test_every_main_cell_has_its_name_in_the_file(made: Made) -> None:
    """Names follow their cells when rows are inserted, so an answer is found again."""
    names = opened(made.file).defined_names
    for slot in made.plan.slots:
        if slot.name:
            assert names[slot.name].attr_text == slot.cell.absolute()


def test_the_file_says_which_questionnaire_and_whose_copy_it_is(name: str) -> None:
    """The same facts stand on a hidden sheet, in names, in properties and in keywords."""
    plan, document, file = filled(name)
    facts = stamp(plan.instrument, FOR_ONE.round_id, FOR_ONE.organisation).facts()
    book = opened(file)
    assert book.defined_names[REFERENCE_NAME].attr_text == f'"{facts["reference"]}"'
    about = book.defined_names[FILE_NAME].attr_text
    assert about == f'"keep-it-local|{facts["version"]}|{facts["fingerprint"]}|{LAYOUT_VERSION}|{name}"'
    properties: Any = book
    assert {each.name: each.value for each in properties.custom_doc_props.props} == {
        f"kil.{key}": value for key, value in facts.items()
    }
    assert book.properties.keywords == facts["reference"]
    assert book.properties.language == "en-GB"
    sheet = sheet_of(book, plan.words("sheet.file"))
    told = {row[0]: row[1] for row in sheet.iter_rows(min_row=3, max_col=2, values_only=True)}
    assert told == {f"kil:{key}": value for key, value in facts.items()}
    assert document.title.endswith("Example & Sons <Council>")


def test_people_see_the_reference_code(made: Made) -> None:
    """The code stands on the first sheet, below the title of every sheet, and at the foot of every page."""
    start = made.document.sheet(made.plan.start.sheet).cells
    code = start[made.plan.start.reference, made.plan.start.VALUE].value
    assert isinstance(code, str)
    assert valid_reference(code) == code
    for sheet in made.document.sheets:
        if sheet.state == "visible":
            assert code in sheet.printing.footer
            assert any(row == 1 and code in str(cell.value) for (row, _), cell in sheet.cells.items())


def test_copies_differ_by_their_code_only_where_they_should(name: str) -> None:
    """Another organisation has another code; a blank copy has one too, and no one's name in it."""
    codes = {blank(name).document.keywords, filled(name).document.keywords}
    assert len(codes) == 2
    assert not any("Example" in key + value for key, value in blank(name).document.properties.items())
    with zipfile.ZipFile(io.BytesIO(blank(name).file)) as parts:
        assert not any(b"Example &amp; Sons" in parts.read(part) for part in parts.namelist())


def test_what_is_known_beforehand_is_filled_in(name: str) -> None:
    """The organisation's name stands in its cell, so that nobody has to type it."""
    plan = plan_of(name)
    document = compose(plan, FOR_ONE)
    cell = plan.by_key[Key("organisation_name")].cell
    assert document.sheet(cell.sheet).cells[cell.row, cell.column].value == "Example & Sons <Council>"
    typed = compose(plan, FOR_ONE, {Key("organisation_name"): "Another name"})
    assert typed.sheet(cell.sheet).cells[cell.row, cell.column].value == "Another name"


# Frameworks unlike the one that comes with the program

LEVELS = [{"code": str(level), "label": f"Level {level}", "value": level} for level in range(1, 6)]
UNUSUAL: dict[str, Any] = {
    "id": "unusual",
    "version": "0.1.0",
    "language": "de",
    "title": "Etwas anderes",
    "notice": "Nur zum Testen.",
    "reference_prefix": "UN",
    "respondents": [{"id": "club", "code": "CL", "label": "Verein", "purpose": "Zweck.", "answered_by": "Alle."}],
    "choice_lists": [
        {
            "id": "levels",
            "choices": [*LEVELS, {"code": "NA", "label": "Entfällt", "state": "not_applicable", "needs_reason": True}],
        },
        {"id": "opinion", "choices": [{"code": "like", "label": "Gefällt mir"}, {"code": "no", "label": "Nein"}]},
        {"id": "single", "choices": [{"code": "x", "label": "Nur dies", "value": 3}]},
        {"id": "reasons", "choices": [{"code": "dk", "label": "Unbekannt", "state": "dont_know"}]},
    ],
    "default_choices": "levels",
    "evidence_strength": "levels",
    "missing_figure": "reasons",
    "scoring": {
        "minimum": 0,
        "maximum": 20,
        "decimals": 2,
        "section": {"rule": "weighted_mean", "least_answered": 0.5},
        "overall": {"rule": "weighted_mean", "least_sections": 2},
        "not_applicable": {"counts_as": 1.5},
    },
    "sections": [
        {
            "id": "A",
            "label": "Erstes",
            "weight": 2.5,
            "score": {"rule": "mean", "of": "sections"},
            "sections": [
                {"id": "A1", "label": "Teil", "score": {"rule": "sum_of_level_means"}},
                {"id": "A2", "label": "Teil", "score": {"rule": "none"}},
            ],
        },
        {"id": "B", "label": "Zweites", "plain": "Mit \"Anführung\" und 'Strich'"},
    ],
    "questions": [
        {"id": f"{section}-{n}", "respondent": "club", "section": section, "label": f"Thema {n}", "text": "?", **more}
        for section, n, more in (
            ("A1", 1, {"group": "1"}),
            ("A1", 2, {"group": "2"}),
            ("A2", 1, {"choices": "opinion"}),
            ("B", 1, {"weight": 3.5, "choices": "single"}),
            ("B", 2, {"weight": 0.25}),
        )
    ],
    "profile": [{"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation"}],
    "benchmarking": {"consent": {"share": []}},
    "interface": {
        "sheet.about": "Über euch", "sheet.results": "Ergebnisse", "word.not_enough": 'Zu "wenig" da',
        "start.not_ready": "{left} offen", "start.how_2": "Ohne Platzhalter",
    },
}  # fmt: skip
ANSWERS: Mapping[Key, Typed] = {
    Key("A1-1"): "Level 4",
    Key("A1-2"): "Level 2",
    Key("A2-1"): "Gefällt mir",
    Key("B-1"): "Nur dies",
    Key("B-2"): "Entfällt",
    Key("A1-2", Part.TARGET): "Level 5",
}


@pytest.mark.parametrize("typed", [{}, ANSWERS], ids=["blank", "filled"])
def test_a_framework_of_another_kind_makes_a_sound_workbook(typed: Mapping[Key, Typed]) -> None:
    """No figures, steps, bands or claim rule, nested sections, weights, and words in another language."""
    plan = Plan(instrument(msgspec.convert(UNUSUAL, Framework), "club"))
    document = compose(plan, BLANK, typed)
    assert lint(document) == []
    book = opened(write(document, default_theme()), values=True)
    assert "Measures" not in book.sheetnames
    results = sheet_of(book, "Ergebnisse")
    shown = {
        results.cell(row + 1, NO + 1).value: results.cell(row + 1, Results.SCORE + 1).value
        for row in plan.results.rows.values()
    }
    few = 'Zu "wenig" da'
    nothing: dict[str, Any] = dict.fromkeys(("A", "A1", "A2", "B"), few)
    # A: one of two parts has a score, 4 + 2; B: (3.5 × 3 + 0.25 × 1.5) ÷ 3.75
    assert shown == ({"A": 6, "A1": 6, "A2": few, "B": 2.9} if typed else nothing)
    overall = results.cell(plan.overall_row + 1, Results.SCORE + 1).value
    assert overall == (round((2.5 * 6 + 2.9) / 3.5, 6) if typed else few)
    assert plan.overall_equal_row is not None
    assert results.cell(plan.overall_equal_row + 1, Results.SCORE + 1).value == (4.45 if typed else few)


def test_a_check_that_holds_says_so_everywhere(name: str) -> None:
    """The Checks sheet, its workings and the first sheet tell the same."""
    plan, document, _ = filled(name)
    result = score(plan.instrument, seen_by_formulas(plan, everything(plan)))
    checks = document.sheet(plan.checks.sheet).cells
    workings = document.sheet(plan.words("sheet.workings")).cells
    for identifier, row in plan.checks.rows.items():
        check = result.checks[identifier]
        shown = checks[row, Checks.RESULT].value
        is_open = workings[plan.check_workings.rows[identifier], Plan.CHECK_OPEN].value
        assert isinstance(shown, Formula)
        assert isinstance(is_open, Formula)
        assert (shown.value == plan.words("checks.ok")) == (check.state is CheckState.OK)
        failed = check.state is CheckState.FAILED and not (check.severity == "query" and check.explained)
        assert is_open.value == float(failed)
    status = document.sheet(plan.start.sheet).cells[plan.start.status, plan.start.VALUE].value
    assert isinstance(status, Formula)
    assert (status.value == plan.words("start.ready")) == result.progress.ready
