"""A small document that uses every feature a document has."""

from __future__ import annotations

import struct
import zlib
from datetime import date, datetime
from typing import Literal

from kil_xlsx.layout.document import (
    NOT_AVAILABLE,
    CellRef,
    Chart,
    Column,
    ConditionalFormat,
    DefinedName,
    Document,
    Formula,
    Image,
    Link,
    PrintSetup,
    Rich,
    Run,
    Series,
    Sheet,
    Style,
    Table,
    Validation,
)

TRICKY = [
    "=1+1", "+44 20 7946 0000", "@x", "-1", "1.20", "two\nlines", "💧 water", " spaced ", "_x0041_", "<r>bold</r>",
    "a & b < c > d \"quoted\" 'too'", "http://example.org", "TRUE", "#N/A", "x" * 32_767,
]  # fmt: skip
ANSWERS = ["Not started", "In progress", "Done"]
QUESTIONS: list[tuple[str, str, str, float | str]] = [
    ("GOV-1", "Does the governing body review the strategy every year?", "In progress", 1.0),
    ("GOV-2", "Are the members of the governing body trained for their duties, and is that training recorded?", "", ""),
    ("GOV-3", "Is there a register of interests?", "Done", 2.0),
]
AREAS: list[tuple[str, float | str]] = [("Governance", 1.5), ("People", 0.8), ("Finance", ""), ("Services", 1.9)]


def png(width: int, height: int, density: int = 0) -> bytes:
    """A picture of a plain colour, with so many pixels to the metre if it is to say so."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    dots = chunk(b"pHYs", struct.pack(">IIB", density, density, 1)) if density else b""
    pixels = zlib.compress((b"\0" + b"\x1f\x5c\x66" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + head + dots + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def questions_sheet() -> Sheet:
    """A sheet to fill in: choices, a number, a date and text, with rules and tones."""
    sheet = Sheet("1 Governance", tab="tab_input", freeze=(4, 0), selection=(5, 3), zoom=110)
    sheet.columns = {
        0: Column(3, hidden=True), 1: Column(8), 2: Column(46), 3: Column(16), 4: Column(10), 5: Column(34)
    }  # fmt: skip
    sheet.put(0, 1, "Governance", "title")
    sheet.put(1, 1, "How the organisation is led and held to account", "subtitle")
    for column, words in enumerate(["No.", "Question", "Answer", "Score", "Comment"], 1):
        sheet.put(3, column, words, "header_left" if words == "Question" else "header")
    for column in range(1, 6):
        sheet.put(4, column, "1.1 The governing body" if column == 1 else None, "section")
    sheet.row_heights = {0: 30, 1: 18, 3: 22, 4: 20, 5: 34, 6: 34, 7: 34, 8: 20, 9: 20, 10: 24, 11: 6}
    sheet.hidden_rows = {11}
    for row, (code, words, answer, score) in enumerate(QUESTIONS, 5):
        sheet.put(row, 0, code, "key")
        sheet.put(row, 1, code, "code")
        sheet.put(row, 2, words, "label" if row == 5 else "text")
        sheet.put(row, 3, answer or None, "input_choice")
        formula = f'IF(D{row + 1}="","",INDEX(Lists!$B$2:$B$4,MATCH(D{row + 1},Lists!$A$2:$A$4,0)))'
        sheet.put(row, 4, Formula(formula, score), "output_center")
        sheet.put(row, 5, None, "input_text")
        source = CellRef("Lists", 1, 0)
        sheet.validations.append(
            Validation(
                sheet.area(row, 3, row, 3), "list", code, "Choose one.",
                source=Sheet("Lists").area(1, source.column, 3, 0), error_title="Not in the list",
                error_message="Choose one of the answers in the list.",
            )
        )  # fmt: skip
        sheet.validations.append(Validation(sheet.area(row, 5, row, 5), "text", code, "Anything we should know?"))
    sheet.put(8, 2, "Staff (full-time equivalent)", "text")
    sheet.put(8, 3, 12.35, Style("input_number", "0.00"))
    sheet.put(9, 2, "Strategy agreed on", "text")
    sheet.put(9, 3, date(2025, 3, 9), "input_date")
    sheet.put(10, 2, "Average score", "label")
    sheet.put(10, 3, Formula("IFERROR(ROUND(AVERAGE(E6:E8),2),NA())", 1.5), Style("label", "0.0"))
    sheet.put(10, 4, Formula("AND(E6>0,E8>0)", True), "label")
    low, high = sheet.area(8, 3, 8, 3), sheet.area(9, 3, 9, 3)
    sheet.validations.append(Validation(low, "decimal", "GOV-4", "0 to 500", minimum=0.0, maximum=500.0))
    first, last = date(2000, 1, 1), date(2030, 12, 31)
    sheet.validations.append(Validation(high, "date", "GOV-5", "As 9 Mar 2025", minimum=first, maximum=last))
    answers = sheet.area(5, 3, 7, 3)
    sheet.conditional_formats = [
        ConditionalFormat(answers, "formula", Style("tone_low"), '$D6="Not started"'),
        ConditionalFormat(answers, "formula", Style("tone_middle"), '$D6="In progress"'),
        ConditionalFormat(answers, "formula", Style("tone_best"), '$D6="Done"'),
    ]
    sheet.printing = PrintSetup(
        landscape=True, repeat_first_row=3, repeat_last_row=3,
        header="&L&8Northshire Water", footer="&L&8&A&R&8&P / &N", area=sheet.area(0, 1, 10, 5), breaks_before=(8,),
    )  # fmt: skip
    return sheet


def results_sheet() -> Sheet:
    """A sheet that shows results: charts, bars, links."""
    sheet = Sheet("Results", tab="tab_output", printing=PrintSetup(one_page=True))
    sheet.columns = {0: Column(2), 1: Column(24), 2: Column(12), 3: Column(14), 4: Column(14), 5: Column(40)}
    sheet.put(0, 1, "Results", "title")
    sheet.put(1, 1, Link(CellRef("1 Governance", 5, 3), "Back to the questions", "Go there"), "link")
    sheet.put(1, 3, Link("https://example.org/a?b=c#d", "Guidance", ""), "link")
    for column, words in enumerate(["Area", "Score", "Share"], 1):
        sheet.put(3, column, words, "header")
    for row, (area, score) in enumerate(AREAS, 4):
        sheet.put(row, 1, area, "text")
        sheet.put(row, 2, Formula(f'IF(Lists!D{row - 2}="","",Lists!D{row - 2})', score), Style("output_number", "0.0"))
        share = score / 2 if isinstance(score, float) else ""
        sheet.put(row, 3, Formula(f'IF(C{row + 1}="","",C{row + 1}/2)', share), Style("output_number", "0%"))
    sheet.put(8, 1, "All", "label")
    sheet.put(8, 2, Formula("AVERAGE(C5:C8)", 1.4), Style("label", "0.0"))
    sheet.put(8, 3, None, "label")
    sheet.put(4, 5, "KNS-4R7C", "reference")
    sheet.put(5, 5, "Send this workbook back to the person who sent it to you. It needs no signature.", "callout")
    sheet.put(6, 5, Formula('IF(C9>1,"Ready to send","Please look again")', "Ready to send"), "status")
    sheet.row_heights = {0: 30, 4: 20, 5: 34}
    bars = sheet.area(4, 3, 7, 3)
    sheet.conditional_formats = [
        ConditionalFormat(bars, "bar", Style("bar"), minimum=0.0, maximum=1.0),
        ConditionalFormat(sheet.area(6, 5, 6, 5), "formula", Style("tone_ok"), "$C$9>1"),
    ]
    names, values = sheet.area(4, 1, 7, 1), sheet.area(4, 2, 7, 2)
    target = Sheet("Lists").area(1, 4, 4, 4)
    both = (Series("This year", names, values), Series("Target", names, target, "series_2"))
    kinds: tuple[tuple[Literal["radar", "bar", "column", "line"], int, int], ...]
    kinds = (("radar", 10, 1), ("bar", 10, 4), ("column", 28, 1), ("line", 28, 4))
    for kind, row, column in kinds:
        sheet.charts.append(
            Chart(
                kind, f"Scores as a {kind}", f"A {kind} chart of four scores.", both, row, column, 400, 330,
                minimum=0, maximum=2, major_unit=0.5, value_title="Score" if kind == "bar" else "", legend=True,
            )
        )  # fmt: skip
    return sheet


def lists_sheet() -> Sheet:
    """Lists behind the drop-downs."""
    sheet = Sheet("Lists", state="hidden")
    for column, words in enumerate(["Answer", "Points", "Area", "Score", "Target"]):
        sheet.put(0, column, words, "list")
    for row, words in enumerate(ANSWERS, 1):
        sheet.put(row, 0, words, "list")
        sheet.put(row, 1, float(row - 1), "list")
    for row, (area, score) in enumerate(AREAS, 1):
        sheet.put(row, 2, area, "list")
        sheet.put(row, 3, score if score != "" else None, "list")
        sheet.put(row, 4, 1.0, "list")
    return sheet


def about_sheet() -> Sheet:
    """Texts and numbers that tempt a writer to change them."""
    sheet = Sheet("About", state="very_hidden", protect=False)
    for row, words in enumerate(TRICKY):
        sheet.put(row, 0, words, "list")
    for row, number in enumerate([98765.43, 0.1 + 0.2, 5, -3, 1e21]):
        sheet.put(row, 1, number, "list")
    sheet.put(5, 1, True, "list")
    sheet.put(6, 1, datetime(2025, 3, 9, 12, 0), "list")
    sheet.put(7, 1, "", "list")
    sheet.put(0, 2, Formula('IF(A1="","FILTER(x) {here}","")', ""), "list")
    sheet.put(1, 2, Formula("NA()", NOT_AVAILABLE), "list")
    sheet.put(2, 2, Formula("0.1+0.2", 0.30000000000000004), "list")
    sheet.put(3, 2, Formula("A7", "a\x0bb & c"), "list")
    return sheet


def notes_sheet() -> Sheet:
    """A text with several looks, a picture and a table."""
    sheet = Sheet("Notes", tab="tab_help")
    sheet.columns = {0: Column(2), 1: Column(28), 2: Column(28)}
    sheet.images.append(Image(png(60, 20), "The mark of Northshire Water", 0, 1, 40))
    sheet.row_heights = {0: 40, 2: 48}
    heading, words, unit = Run("What we ask\n", "strong"), Run("Costs & benefits "), Run("in <b>pounds</b>", "quiet")
    sheet.put(2, 1, Rich((heading, Run(""), words, unit)), "text")
    for column, title in enumerate(["Term", "Meaning"], 1):
        sheet.put(4, column, title, "header")
    for row, term in enumerate(["Council", "Community"], 5):
        sheet.put(row, 1, term, "label")
        sheet.put(row, 2, f"What {term.lower()} means", "text")
    sheet.tables.append(Table("kil_terms", sheet.area(4, 1, 6, 2)))
    return sheet


def sample() -> Document:
    """The document with every feature."""
    return Document(
        sheets=[questions_sheet(), results_sheet(), lists_sheet(), about_sheet(), notes_sheet()],
        names=[
            DefinedName("kil_a_GOV_1", CellRef("1 Governance", 5, 3)),
            DefinedName("kil_answers", Sheet("Lists").area(1, 0, 3, 0)),
            DefinedName("kil_reference", 'KNS-4R7C "draft"'),
        ],
        title="Self-assessment",
        subject="Governance & finance",
        keywords="water, 2025",
        language="en-GB",
        created=datetime(2025, 1, 2, 3, 4, 5),
        properties={"kil_form": "KNS-4R7C", "kil_version": "1"},
        active_sheet="1 Governance",
    )
