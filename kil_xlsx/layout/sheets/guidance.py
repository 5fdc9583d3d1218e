"""The pages of guidance: what the answers mean, the framework's own pages, words, principles and sources."""

from __future__ import annotations

from kil_xlsx.core.instrument import display
from kil_xlsx.layout import pagination, text_fit
from kil_xlsx.layout.document import Link, PrintSetup, RangeRef, Sheet
from kil_xlsx.layout.sheets.frame import Content, new_sheet

_LABEL, _TEXT = 1, 2
_WIDTHS = {0: 2.0, _LABEL: 34.0, _TEXT: 108.0}


def paint(content: Content) -> Sheet:
    """Two columns: what, and what is said about it."""
    framework, words = content.instrument.framework, content.words
    sheet = new_sheet(
        content, words("sheet.guidance"), words("guidance.title"), _WIDTHS, tab="tab_help", landscape=False
    )
    choice_list = content.instrument.choice_lists[framework.default_choices]
    scale = [(display(choice_list, choice), choice.description) for choice in choice_list.choices if choice.description]
    row = _block(sheet, 3, words("guidance.scale"), scale)
    for page in content.instrument.guidance:
        row = _block(sheet, row, page.title, [("", paragraph) for paragraph in page.paragraphs])
    if framework.principles:
        listed = [(principle.id, principle.label) for principle in framework.principles]
        row = _block(sheet, row, words("guidance.principles"), listed)
    if framework.glossary:
        row = _block(sheet, row, words("guidance.glossary"), [(term.term, term.meaning) for term in framework.glossary])
    cited = {source for question in content.instrument.questions for source in question.sources}
    cited |= {source for measure in content.instrument.measures for source in measure.sources}
    sources = [(identifier, source) for identifier, source in framework.sources.items() if identifier in cited]
    if sources:
        row = _heading(sheet, row, words("guidance.sources"))
        for identifier, source in sources:
            sheet.put(row, _LABEL, identifier, "code")
            if source.url:
                sheet.put(row, _TEXT, Link(source.url, source.title), "link")
            else:
                sheet.put(row, _TEXT, source.title, "text")
            sheet.row_heights[row] = text_fit.height((source.title, _WIDTHS[_TEXT]), least=18)
            row += 1
    sheet.put(row + 1, _LABEL, framework.notice, "notice")
    sheet.spread(row + 1, _LABEL, _TEXT)
    width = _WIDTHS[_LABEL] + _WIDTHS[_TEXT]
    sheet.row_heights[row + 1] = text_fit.lines(framework.notice, width) * text_fit.LINE_POINTS + 4
    sheet.selection = (3, _LABEL)
    paper = pagination.Page(landscape=False)
    per_cent = pagination.scale(sheet, paper, (_LABEL, _TEXT))
    headings = {place[0] for place, cell in sheet.cells.items() if cell.style.role == "heading"}
    sheet.printing = PrintSetup(
        scale=per_cent,
        breaks_before=pagination.breaks(sheet, range(row + 2), per_cent, paper, with_next=headings),
        footer=sheet.printing.footer,
        area=RangeRef(sheet.name, 0, _LABEL, row + 1, _TEXT),
    )
    return sheet


def _heading(sheet: Sheet, row: int, title: str) -> int:
    sheet.put(row, _LABEL, title, "heading")
    sheet.put(row, _TEXT, None, "heading")
    sheet.row_heights[row] = 28
    return row + 1


def _block(sheet: Sheet, row: int, title: str, lines: list[tuple[str, str]]) -> int:
    """A heading and its lines; gives the row after them."""
    row = _heading(sheet, row, title)
    for label, words in lines:
        sheet.put(row, _LABEL, label or None, "label")
        sheet.put(row, _TEXT, words, "text")
        sheet.row_heights[row] = text_fit.height((label, _WIDTHS[_LABEL], 1.08), (words, _WIDTHS[_TEXT]), least=18)
        row += 1
    return row + 1
