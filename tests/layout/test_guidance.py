"""The sheet with the guidance: links to its blocks, and to the questions that each page names."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from oracle.cases import COMMUNITY, COUNCIL, INSTRUMENTS, plan
from oracle.engines import ISSUE

from kil_xlsx.core.framework import GuidancePage
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import CellRef, Link, Sheet
from kil_xlsx.layout.places import Assessment
from kil_xlsx.layout.plan import Plan

LABEL, TEXT = 1, 2


def painted(of: Plan) -> Sheet:
    """The sheet of guidance of a blank workbook."""
    return compose(of, ISSUE).sheet(of.words("sheet.guidance"))


def links(sheet: Sheet, column: int) -> Iterator[tuple[int, Link, CellRef]]:
    """The links to cells in one column, with their rows."""
    for (row, at), cell in sorted(sheet.cells.items()):
        if at == column and isinstance(cell.value, Link) and isinstance(cell.value.target, CellRef):
            yield row, cell.value, cell.value.target


def headings(sheet: Sheet) -> list[tuple[int, str]]:
    """The headings with their rows."""
    found = ((row, cell) for (row, column), cell in sorted(sheet.cells.items()) if column == LABEL)
    return [(row, str(cell.value)) for row, cell in found if cell.style.role == "heading"]


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_contents_lead_to_every_block(name: str) -> None:
    """Each heading below the contents is linked once, in order, by its own words."""
    sheet = painted(plan(name))
    [contents, *blocks] = headings(sheet)
    assert contents[1] == plan(name).words("guidance.contents")
    assert [(target.row, link.text) for _, link, target in links(sheet, LABEL)] == blocks
    assert {(target.sheet, target.column) for _, _, target in links(sheet, LABEL)} == {(sheet.name, LABEL)}
    assert blocks[0][0] > max(row for row, _, _ in links(sheet, LABEL))


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_pages_link_to_their_questions(name: str) -> None:
    """Below each page stand its questions, in its order, each by code and label, leading to where it is answered."""
    of = plan(name)
    asked = {question.id: question for question in of.instrument.questions}
    expected = [asked[question] for page in of.instrument.guidance for question in page.questions if question in asked]
    assert expected
    assert [(link.text, target) for _, link, target in links(painted(of), TEXT)] == [
        (f"{question.id} {question.label}", of.question_cell(question, Assessment.ANSWER)) for question in expected
    ]


def with_pages(of: Plan, *pages: GuidancePage) -> Plan:
    """The plan of a framework with other pages of guidance."""
    framework = msgspec.structs.replace(of.instrument.framework, guidance=pages)
    return Plan(Instrument(framework, of.instrument.respondent))


def test_questions_of_others_are_left_out() -> None:
    """A page for all shows each respondent its own questions only; without any there is no heading for them."""
    page = GuidancePage(id="all", title="For all", paragraphs=("Read.",), questions=("LA-C1-2", "CO-C1-2", "LA-C1-1"))
    shown = {
        name: [link.text.split()[0] for _, link, _ in links(painted(with_pages(plan(name), page)), TEXT)]
        for name in (COUNCIL, COMMUNITY)
    }
    assert shown == {COUNCIL: ["LA-C1-2", "LA-C1-1"], COMMUNITY: ["CO-C1-2"]}
    other = GuidancePage(id="other", title="For others", paragraphs=("Read.",), questions=("LA-C1-1",))
    sheet = painted(with_pages(plan(COMMUNITY), other))
    heading = plan(COMMUNITY).words("guidance.questions")
    assert heading not in {cell.value for cell in sheet.cells.values()}


@pytest.mark.parametrize("name", [COUNCIL, COMMUNITY])
def test_no_printed_page_ends_with_a_heading(name: str) -> None:
    """A heading, or the line above a list of questions, stays with what follows it."""
    sheet = painted(plan(name))
    heads = {row for row, _ in headings(sheet)}
    heads |= {row for (row, column), cell in sheet.cells.items() if column == TEXT and cell.style.role == "label"}
    assert sheet.printing.breaks_before
    assert not {row - 1 for row in sheet.printing.breaks_before} & heads
