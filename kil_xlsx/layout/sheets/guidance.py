"""The pages of guidance: what the answers mean, the framework's own pages, words, principles and sources."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec import Struct

from kil_xlsx.core.framework import GuidancePage
from kil_xlsx.core.instrument import display
from kil_xlsx.layout import pagination, text_fit
from kil_xlsx.layout.document import Link, PrintSetup, RangeRef, Sheet
from kil_xlsx.layout.places import Assessment
from kil_xlsx.layout.sheets.frame import Content, new_sheet, page_header

_LABEL, _TEXT = 1, 2
_WIDTHS = {0: 2.0, _LABEL: 34.0, _TEXT: 108.0}
_FIRST_ROW = 3


class _Block(Struct, frozen=True):
    """A heading and what stands below it; ``paint`` writes that from a row on and gives the row after it."""

    title: str
    paint: Callable[[int], int]


def paint(content: Content) -> Sheet:
    """Links to the blocks, then the blocks, in two columns: what, and what is said about it."""
    framework, words = content.instrument.framework, content.words
    sheet = new_sheet(
        content, words("sheet.guidance"), words("guidance.title"), _WIDTHS, tab="tab_help", landscape=False
    )
    kept_together = _write(content, sheet, _blocks(content, sheet))
    row = max(place[0] for place in sheet.cells) + 2
    sheet.put(row, _LABEL, framework.notice, "notice")
    sheet.spread(row, _LABEL, _TEXT)
    width = _WIDTHS[_LABEL] + _WIDTHS[_TEXT]
    sheet.row_heights[row] = text_fit.lines(framework.notice, width) * text_fit.LINE_POINTS + 4
    sheet.selection = (_FIRST_ROW, _LABEL)
    paper = pagination.Page(landscape=False)
    per_cent = pagination.scale(sheet, paper, (_LABEL, _TEXT))
    sheet.printing = PrintSetup(
        scale=per_cent,
        breaks_before=pagination.breaks(sheet, range(row + 1), per_cent, paper, with_next=kept_together),
        header=page_header(content, words("guidance.title")),
        footer=sheet.printing.footer,
        area=RangeRef(sheet.name, 0, _LABEL, row, _TEXT),
    )
    return sheet


def _blocks(content: Content, sheet: Sheet) -> list[_Block]:
    """Everything that has a heading, in the order in which it stands."""
    instrument, words = content.instrument, content.words
    framework = instrument.framework
    choice_list = instrument.choice_lists[framework.default_choices]
    scale = [(display(choice_list, choice), choice.description) for choice in choice_list.choices if choice.description]
    blocks = [_Block(words("guidance.scale"), partial(_lines, sheet, scale))]
    for page in instrument.guidance:
        blocks.append(_Block(page.title, partial(_page, content, sheet, page)))
    if framework.principles:
        listed = [(principle.id, principle.label) for principle in framework.principles]
        blocks.append(_Block(words("guidance.principles"), partial(_lines, sheet, listed)))
    if framework.glossary:
        terms = [(term.term, term.meaning) for term in framework.glossary]
        blocks.append(_Block(words("guidance.glossary"), partial(_lines, sheet, terms)))
    if _cited(content):
        blocks.append(_Block(words("guidance.sources"), partial(_sources, content, sheet)))
    return blocks


def _write(content: Content, sheet: Sheet, blocks: list[_Block]) -> set[int]:
    """Write the blocks and, above them, a link to each; gives the rows that should not end a printed page."""
    contents = _heading(sheet, _FIRST_ROW, content.words("guidance.contents"))
    row = contents + len(blocks) + 1
    headings = {_FIRST_ROW}
    for at, block in enumerate(blocks):
        headings.add(row)
        sheet.put(contents + at, _LABEL, Link(sheet.ref(row, _LABEL), block.title), "link")
        sheet.row_heights[contents + at] = text_fit.height((block.title, _WIDTHS[_LABEL] + _WIDTHS[_TEXT]), least=18)
        row = block.paint(_heading(sheet, row, block.title)) + 1
    subheadings = {place[0] for place, cell in sheet.cells.items() if place[1] == _TEXT and cell.style.role == "label"}
    return headings | subheadings


def _heading(sheet: Sheet, row: int, title: str) -> int:
    sheet.put(row, _LABEL, title, "heading")
    sheet.put(row, _TEXT, None, "heading")
    sheet.row_heights[row] = 28
    return row + 1


def _lines(sheet: Sheet, lines: list[tuple[str, str]], row: int) -> int:
    """Lines of what and what is said about it; gives the row after them."""
    for label, words in lines:
        sheet.put(row, _LABEL, label or None, "label")
        sheet.put(row, _TEXT, words, "text")
        sheet.row_heights[row] = text_fit.height((label, _WIDTHS[_LABEL], 1.08), (words, _WIDTHS[_TEXT]), least=18)
        row += 1
    return row


def _page(content: Content, sheet: Sheet, page: GuidancePage, row: int) -> int:
    """The paragraphs of a page, and links to the questions that it names of this respondent."""
    row = _lines(sheet, [("", paragraph) for paragraph in page.paragraphs], row)
    asked = {question.id: question for question in content.instrument.questions}
    questions = [asked[identifier] for identifier in page.questions if identifier in asked]
    if not questions:
        return row
    sheet.put(row, _TEXT, content.words("guidance.questions"), "label")
    sheet.row_heights[row] = 22
    for question in questions:
        row += 1
        link = Link(content.plan.question_cell(question, Assessment.ANSWER), f"{question.id} {question.label}")
        sheet.put(row, _TEXT, link, "link")
        sheet.row_heights[row] = text_fit.height((link.text, _WIDTHS[_TEXT]), least=18)
    return row + 1


def _cited(content: Content) -> set[str]:
    """The sources that this respondent's questions and measures name."""
    cited = {source for question in content.instrument.questions for source in question.sources}
    return cited | {source for measure in content.instrument.measures for source in measure.sources}


def _sources(content: Content, sheet: Sheet, row: int) -> int:
    cited = _cited(content)
    for identifier, source in content.instrument.framework.sources.items():
        if identifier not in cited:
            continue
        sheet.put(row, _LABEL, identifier, "code")
        if source.url:
            sheet.put(row, _TEXT, Link(source.url, source.title), "link")
        else:
            sheet.put(row, _TEXT, source.title, "text")
        sheet.row_heights[row] = text_fit.height((source.title, _WIDTHS[_TEXT]), least=18)
        row += 1
    return row
