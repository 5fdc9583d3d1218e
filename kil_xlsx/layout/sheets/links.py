"""Links that formulas make: to the first row of several that something is true of."""

from __future__ import annotations

from msgspec import Struct

from kil_xlsx.core.checking import REQUIRED, figure_and_reason
from kil_xlsx.core.framework import Question
from kil_xlsx.core.returns import State, Touch
from kil_xlsx.layout.document import CellRef, RangeRef, Sheet
from kil_xlsx.layout.places import Carried, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets import carried
from kil_xlsx.layout.sheets.frame import Content, formula, link_address, literal, ref, refused, said


class First(Struct, frozen=True):
    """Where the first of some rows is found: flags (1 where something is true), codes, addresses; its code now."""

    flags: RangeRef
    codes: RangeRef
    addresses: RangeRef
    code: str | None


class Linked(Struct, frozen=True):
    """A link that a formula makes: formulas for where it leads and what it says, and what it says now."""

    address: str
    words: str
    value: str

    def put(self, sheet: Sheet, row: int, column: int) -> None:
        """Put the link into a cell."""
        formula(sheet, row, column, f"HYPERLINK({self.address},{self.words})", self.value, "link")


def link(content: Content, sheet: Sheet, first: First, otherwise: CellRef, key: str = "checks.go_item") -> Linked:
    """A link to the first row, said with the words of ``key`` and its code, else to another cell's sheet."""
    flags, codes, addresses = (ref(area, sheet) for area in (first.flags, first.codes, first.addresses))
    go = content.words("start.go", sheet=otherwise.sheet)
    none, found = f"COUNTIF({flags},1)=0", f"MATCH(1,{flags},0)"
    return Linked(
        address=f"IF({none},{literal(link_address(otherwise))},INDEX({addresses},{found}))",
        words=f"IF({none},{literal(go)},{said(content, key, code=f'INDEX({codes},{found})')})",
        value=go if first.code is None else content.words(key, code=first.code),
    )


def first_question(content: Content, questions: tuple[Question, ...], flags: int, code: str | None) -> First:
    """The first of some consecutive questions by a column of flags among the workings."""
    codes, addresses = (content.plan.working_range(questions, at) for at in (Workings.CODE, Workings.ADDRESS))
    return First(content.plan.working_range(questions, flags), codes, addresses, code)


def first_open(content: Content, questions: tuple[Question, ...]) -> First:
    """The first question that nobody has dealt with."""
    results = content.result.questions
    code = next((question.id for question in questions if results[question.id].state is State.UNANSWERED), None)
    return first_question(content, questions, Workings.OPEN, code)


def _first_row(content: Content, flags: int, code: str | None) -> First:
    column = content.plan.row_workings.column
    return First(column(flags), column(Plan.ROW_CODE), column(Plan.ROW_ADDRESS), code)


def first_needed(content: Content) -> First:
    """The first field of the profile that is needed and blank."""
    fields = (field for field in content.instrument.profile if field.required and field.type != "derived")
    blank = (field.code for field in fields if content.entry(field.id).state is not State.ANSWERED)
    return _first_row(content, Plan.ROW_NEEDED, next(blank, None))


def first_unusable(content: Content) -> First:
    """The first row that holds something that cannot be used."""
    wrong = (code for code, slots in content.plan.row_slots.items() if refused(content, slots))
    return _first_row(content, Plan.ROW_WRONG, next(wrong, None))


def first_without_reason(content: Content) -> First:
    """The first question that lacks its reason."""
    code = next((one.id for one in content.result.questions.values() if one.reason_missing), None)
    return first_question(content, content.instrument.questions, Workings.REASON, code)


def first_claim(content: Content) -> First:
    """The first high answer with little evidence."""
    code = next(iter(content.result.claims), None)
    return first_question(content, content.instrument.questions, Workings.CLAIM, code)


def first_with_both(content: Content) -> First:
    """The first figure that is given together with a reason for having none."""
    column, figures = content.plan.figure_workings.column, content.instrument.figures
    code = next((figure.code for figure in figures if figure_and_reason(content.ret, figure.id)), None)
    return First(column(Plan.FIGURE_BOTH), column(Plan.FIGURE_CODE), column(Plan.FIGURE_ADDRESS), code)


def first_untouched(content: Content) -> First:
    """The first row that was carried over and is neither confirmed nor changed."""
    items = content.ret.carried_items.items()
    rows = (keys for place, keys in items if content.ret.touch(*place) is Touch.UNTOUCHED)
    code = next((content.plan.by_key[keys[0]].code for keys in rows), None)
    flags, codes, addresses = (carried.column(content, at) for at in (Carried.UNTOUCHED, Carried.CODE, Carried.ADDRESS))
    return First(flags, codes, addresses, code)


def first_check(content: Content, severity: str) -> First:
    """The first check of a severity that still stands open, apart from required fields."""
    column, checks = content.plan.check_workings.column, content.result.checks
    flags = Plan.CHECK_ERROR if severity == "error" else Plan.CHECK_QUERY
    still = (
        identifier
        for identifier in content.plan.checks.rows
        if checks[identifier].is_open and counts_as(identifier, checks[identifier].severity) == severity
    )
    return First(column(flags), column(Plan.CHECK_ID), column(Plan.CHECK_ADDRESS), next(still, None))


def counts_as(identifier: str, severity: str) -> str:
    """The severity under which a check is counted on the first sheet: required fields are counted with the profile."""
    return "required" if identifier == REQUIRED else severity
