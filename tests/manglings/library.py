"""Manglings made with Python: openpyxl and pandas as a colleague's script uses them, and files changed by hand."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas
from finished.package import Package, edited
from manglings.base import (
    COMMUNITY,
    Made,
    assessment,
    keys_of,
    maker,
    plan,
    questions,
    row,
    sent_back,
    typed,
    written,
)
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kil_xlsx.core.returns import Key, Part
from kil_xlsx.layout.places import KEY, NO, Assessment
from kil_xlsx.layout.slots import key_text

ANSWER, QUESTION = Assessment.ANSWER, Assessment.QUESTION


def opened(data: bytes | None = None, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(io.BytesIO(data or sent_back()), **options)


def saved(book: Any) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(buffer)
    return buffer.getvalue()


def script(edit: Callable[[Any], object], **options: Any) -> bytes:
    """The workbook after a script with openpyxl."""
    book = opened(**options)
    edit(book)
    return saved(book)


def put(book: Any, sheet: str, at: int, column: int, value: object) -> None:
    book[sheet].cell(at + 1, column + 1).value = value


def part_of(sheet: str) -> str:
    return next(each.part for each in Package(sent_back()).sheets if each.name == sheet)


def parts(data: bytes, change: Callable[[str, bytes], bytes | None], extra: dict[str, bytes] | None = None) -> bytes:
    """The file with its parts changed, or left out."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            content = change(info.filename, source.read(info))
            if content is not None:
                target.writestr(info, content)
        for name, content in (extra or {}).items():
            target.writestr(name, content)
    return buffer.getvalue()


def cell_changed(data: bytes, sheet: str, address: str, inner: str) -> bytes:
    """One cell with other content, by its XML; its formula goes."""
    pattern = rf'(<c r="{address}"[^>]*?)(?: t="\w+")?(/>|>.*?</c>)'
    return edited(data, part_of(sheet), pattern, rf'\1 t="inlineStr"><is><t>{inner}</t></is></c>')


# openpyxl


@maker("openpyxl-xlsx")
def _(folder: Path) -> Made:
    return Made(script(lambda book: None))


@maker("openpyxl-row-inserted")
def _(folder: Path) -> Made:
    return Made(script(lambda book: book[assessment()].insert_rows(row(questions()[1]) + 1)))


@maker("openpyxl-row-deleted")
def _(folder: Path) -> Made:
    item = questions()[1]
    return Made(script(lambda book: book[assessment()].delete_rows(row(item) + 1)), lost=keys_of([item]))


@maker("openpyxl-column-inserted")
def _(folder: Path) -> Made:
    return Made(script(lambda book: book[assessment()].insert_cols(ANSWER + 1)))


@maker("openpyxl-sheet-copied")
def _(folder: Path) -> Made:
    return Made(script(lambda book: book.copy_worksheet(book[assessment()])))


@maker("openpyxl-sheets-renamed")
def _(folder: Path) -> Made:
    def edit(book: Any) -> None:
        for sheet in book.worksheets:
            sheet.title = f"2026 {sheet.title}"[:31]

    return Made(script(edit))


@maker("openpyxl-values-only")
def _(folder: Path) -> Made:
    return Made(script(lambda book: None, data_only=True))


@maker("openpyxl-dropdowns-removed")
def _(folder: Path) -> Made:
    def edit(book: Any) -> None:
        for sheet in book.worksheets:
            sheet.data_validations.dataValidation = []

    return Made(script(edit))


@maker("openpyxl-names-removed")
def _(folder: Path) -> Made:
    return Made(script(lambda book: book.defined_names.clear()))


@maker("openpyxl-answers-swapped")
def _(folder: Path) -> Made:
    first, second = questions(2)
    swapped = {Key(first): typed()[Key(second)], Key(second): typed()[Key(first)]}

    def edit(book: Any) -> None:
        for key, value in swapped.items():
            put(book, assessment(), row(key.item), ANSWER, value)

    return Made(script(edit), typed=swapped)


@maker("calendar-of-1904")
def _(folder: Path) -> Made:
    def edit(book: Any) -> None:
        book.epoch = CALENDAR_MAC_1904

    return Made(script(edit))


@maker("codes-overtyped")
def _(folder: Path) -> Made:
    first, second = questions(2)
    data = script(lambda book: put(book, assessment(), row(first), NO, second))
    return Made(data, lost=keys_of([first]))


@maker("codes-swapped")
def _(folder: Path) -> Made:
    first, second = questions(2)

    def edit(book: Any) -> None:
        put(book, assessment(), row(first), NO, second)
        put(book, assessment(), row(second), NO, first)

    return Made(script(edit), lost=keys_of([first, second]))


@maker("code-deleted")
def _(folder: Path) -> Made:
    return Made(script(lambda book: put(book, assessment(), row(questions()[0]), NO, None)))


@maker("code-and-key-deleted")
def _(folder: Path) -> Made:
    def edit(book: Any) -> None:
        put(book, assessment(), row(questions()[0]), NO, None)
        put(book, assessment(), row(questions()[0]), KEY, None)

    return Made(script(edit))


@maker("codes-in-lower-case")
def _(folder: Path) -> Made:
    def edit(book: Any) -> None:
        for item in questions():
            put(book, assessment(), row(item), NO, f" {item.lower()} ")

    return Made(script(edit))


@maker("question-reworded")
def _(folder: Path) -> Made:
    words = "What we think this question should have been"
    return Made(script(lambda book: put(book, assessment(), row(questions()[0]), QUESTION, words)))


@maker("question-reworded-and-key-of-another")
def _(folder: Path) -> Made:
    first, second = questions(2)

    def edit(book: Any) -> None:
        put(book, assessment(), row(first), QUESTION, "Something else")
        put(book, assessment(), row(first), KEY, key_text(second))

    return Made(script(edit), lost=keys_of([first]))


@maker("row-typed-again-below")
def _(folder: Path) -> Made:
    item = questions()[0]
    at = plan().assessment.last + 3

    def edit(book: Any) -> None:
        put(book, assessment(), at, NO, item)
        put(book, assessment(), at, plan().columns.EVIDENCE, "A second thought")

    return Made(script(edit), lost=keys_of([item]))


@maker("answers-typed-as-numbers")
def _(folder: Path) -> Made:
    levels = {item: str(typed()[Key(item)]) for item in questions()}
    levels = {item: label for item, label in levels.items() if label[:1].isdigit()}

    def edit(book: Any) -> None:
        for item, label in levels.items():
            put(book, assessment(), row(item), ANSWER, int(label[0]))

    assert levels
    return Made(script(edit), typed={Key(item): label for item, label in levels.items()})


@maker("answer-unknown")
def _(folder: Path) -> Made:
    item = questions()[0]
    data = script(lambda book: put(book, assessment(), row(item), ANSWER, "see attached letter"))
    return Made(data, lost=keys_of([item], Part.ANSWER))


@maker("no-break-spaces-and-quotes")
def _(folder: Path) -> Made:
    item = questions()[0]
    label = str(typed()[Key(item)])
    odd = "\u00a0" + label.replace(" ", "\u00a0") + " "
    return Made(script(lambda book: put(book, assessment(), row(item), ANSWER, odd)), typed={Key(item): label})


@maker("pandas-values")
def _(folder: Path) -> Made:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheets = pandas.read_excel(io.BytesIO(sent_back()), sheet_name=None, header=None, keep_default_na=False)
    buffer = io.BytesIO()
    with pandas.ExcelWriter(buffer, engine="openpyxl") as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, header=False, index=False)
    return Made(buffer.getvalue())


# Changed by hand


def hidden_sheets(book: Any) -> None:
    for key in ("lists", "workings", "file"):
        del book[plan().words(f"sheet.{key}")]


@maker("inspected")
def _(folder: Path) -> Made:
    """What Excel's Document Inspector removes: properties, hidden sheets, comments."""
    data = script(hidden_sheets)
    data = parts(data, lambda name, content: None if name == "docProps/custom.xml" else content)
    data = parts(data, lambda name, content: _unlisted(name, content, "docProps/custom.xml"))
    return Made(data)


def _unlisted(name: str, content: bytes, part: str) -> bytes:
    import re

    if name in ("[Content_Types].xml", "_rels/.rels"):
        return re.sub(rb'<(?:Override|Relationship) [^>]*"/?' + re.escape(part.encode()) + rb'"[^>]*/>', b"", content)
    return content


@maker("only-the-questions-left")
def _(folder: Path) -> Made:
    def edit(book: Any) -> None:
        hidden_sheets(book)
        book.defined_names.clear()
        for sheet in book.worksheets:
            for line in sheet.iter_rows():
                for cell in line:
                    if isinstance(cell.value, str) and cell.value.startswith("kil:"):
                        cell.value = None

    data = script(edit)
    data = parts(data, lambda name, content: None if name == "docProps/custom.xml" else content)
    data = parts(data, lambda name, content: _unlisted(name, content, "docProps/custom.xml"))
    return Made(data)


@maker("answers-of-another-questionnaire-pasted-in")
def _(folder: Path) -> Made:
    other = opened(written({}, COMMUNITY, "Somewhere else"))

    def edit(book: Any) -> None:
        sheet = book.create_sheet("From last week")
        for line in other["Assessment"].iter_rows():
            for cell in line:
                if cell.value is not None and not hasattr(cell.value, "text"):
                    sheet[cell.coordinate].value = str(cell.value).lstrip("=")

    return Made(script(edit))


@maker("reference-mistyped")
def _(folder: Path) -> Made:
    def edit(book: Any) -> None:
        for line in book.worksheets[0].iter_rows():
            for cell in line:
                if isinstance(cell.value, str) and cell.value.startswith("KIL-"):
                    cell.value = cell.value[:-1] + ("0" if cell.value[-1] != "0" else "1")

    return Made(script(edit))


@maker("macros")
def _(folder: Path) -> Made:
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macro = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    data = parts(
        sent_back(),
        lambda name, content: content.replace(kind, macro) if name == "[Content_Types].xml" else content,
        {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 nothing that runs"},
    )
    return Made(data, name="return.xlsm")


@maker("strict")
def _(folder: Path) -> Made:
    pairs = (
        (
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ),
        (
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    )

    def change(name: str, content: bytes) -> bytes:
        for transitional, strict in pairs:
            content = content.replace(transitional, strict)
        return content

    return Made(parts(sent_back(), change))


@maker("mail-gateway-appended")
def _(folder: Path) -> Made:
    return Made(sent_back() + b"\r\n-- \r\nScanned by the mail gateway.\r\n")


@maker("cut-short")
def _(folder: Path) -> Made:
    return Made(sent_back()[: len(sent_back()) // 2], lost=frozenset(typed()))


@maker("empty-file")
def _(folder: Path) -> Made:
    return Made(b"", lost=frozenset(typed()))


@maker("far-away-cell")
def _(folder: Path) -> Made:
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t> </t></is></c></row></sheetData>'
    return Made(edited(sent_back(), part_of(assessment()), "</sheetData>", far))


@maker("names-broken")
def _(folder: Path) -> Made:
    return Made(edited(sent_back(), "xl/workbook.xml", r'(<definedName name="kil_a_[^>]*>)[^<]*', r"\1#REF!", count=0))


@maker("titles-removed")
def _(folder: Path) -> Made:
    data = sent_back()
    for sheet in Package(data).sheets:
        if sheet.rules:
            data = edited(data, sheet.part, r' promptTitle="[^"]*"', "", count=0)
    return Made(data)


@maker("score-formula-changed")
def _(folder: Path) -> Made:
    cell = plan().score_cell(plan().instrument.nodes[0].id)
    pattern = rf'(<c r="{cell.address}"[^>]*><f>)(.*?)</f><v>[^<]*</v>'
    return Made(edited(sent_back(), part_of(cell.sheet), pattern, r"\g<1>(\2)*1.1</f><v>0.99</v>"))


@maker("workings-changed")
def _(folder: Path) -> Made:
    item = questions()[0]
    working = plan().working(item, 3)
    data = edited(
        sent_back(), part_of(working.sheet), rf'(<c r="{working.address}"[^>]*?)(?: t="\w+")?><f>.*?</c>',
        r"\1><v>4</v></c>",
    )  # fmt: skip
    return Made(_other_scores(data))


def _other_scores(data: bytes) -> bytes:
    """The stored scores of all sections a little higher, as after a recalculation with something else."""
    sheet = plan().results.sheet
    for node in plan().instrument.nodes:
        cell = plan().score_cell(node.id)
        pattern = rf'(<c r="{cell.address}"[^>]*><f>[^<]*</f><v>)(0\.\d+|\d+\.?\d*)</v>'
        try:
            data = edited(data, part_of(sheet), pattern, r"\g<1>7.5</v>")
        except AssertionError:
            continue
    return data


@maker("scores-never-recalculated")
def _(folder: Path) -> Made:
    book = opened(written({}))
    for key, value in typed().items():
        cell = plan().by_key[key].cell
        put(book, cell.sheet, cell.row, cell.column, value)
    values = saved(book)
    return Made(_with_stored(values, written({})))


@maker("scores-stale")
def _(folder: Path) -> Made:
    fewer = {key: value for key, value in typed().items() if key.item not in questions()}
    book = opened(written(fewer))
    for key, value in typed().items():
        cell = plan().by_key[key].cell
        put(book, cell.sheet, cell.row, cell.column, value)
    return Made(_with_stored(saved(book), written(fewer)))


def _with_stored(data: bytes, before: bytes) -> bytes:
    """The workbook with the stored results of another one on its sheets of results and figures."""
    import re

    stored = Package(before)
    sheets = {each.name: each for each in Package(data).sheets}
    for sheet in stored.sheets:
        if sheet.name not in (plan().results.sheet, plan().measures.sheet):
            continue
        cells = {cell.at: cell for cell in sheet.cells.values() if cell.formula is not None}

        def put_back(found: re.Match[str], cells: dict[str, Any] = cells) -> str:
            cell = cells.get(found[1])
            if cell is None or cell.value is None:
                return found[0]
            kind = f' t="{cell.kind}"' if cell.kind in ("str", "b", "e") else ""
            value = cell.value.replace("&", "&amp;").replace("<", "&lt;")
            rest = re.sub(r' t="\w+"', "", found[2])
            return f'<c r="{found[1]}"{rest}{kind}><f>{found[3]}</f><v>{value}</v></c>'

        def change(name: str, content: bytes, part: str = sheets[sheet.name].part) -> bytes:
            if name != part:
                return content
            pattern = r'<c r="([A-Z]+\d+)"([^>]*)><f>(.*?)</f><v ?/?>(?:[^<]*</v>)?</c>'
            return re.sub(pattern, put_back, content.decode()).encode()

        data = parts(data, change)
    return data


@maker("blank-returned")
def _(folder: Path) -> Made:
    return Made(written({}), lost=frozenset(typed()))


@maker("all-dates-as-words")
def _(folder: Path) -> Made:
    keys = [key for key in typed() if plan().by_key[key].kind.value == "date" and key.part is Part.DUE][:3]

    def edit(book: Any) -> None:
        for key in keys:
            cell = plan().by_key[key].cell
            put(book, cell.sheet, cell.row, cell.column, "sometime next spring")

    return Made(script(edit), lost=frozenset(keys))


@maker("sheet-of-answers-hidden")
def _(folder: Path) -> Made:
    def edit(book: Any) -> None:
        book[plan().measures.sheet].sheet_state = "hidden"

    return Made(script(edit))


@maker("two-columns-with-the-same-heading")
def _(folder: Path) -> Made:
    evidence = plan().columns.EVIDENCE

    def edit(book: Any) -> None:
        sheet = book[assessment()]
        heading = sheet.cell(Assessment.HEADER + 1, evidence + 1).value
        sheet.cell(Assessment.HEADER + 1, plan().columns.POSITION + 4).value = heading

    return Made(script(edit))
