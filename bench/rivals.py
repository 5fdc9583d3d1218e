"""What a user would do instead: scripts with XlsxWriter, openpyxl, pandas and calamine, as plain as they come.

They make the same cells, or read the same files, without any of the checks.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from kil_xlsx.layout.document import Document


def written_by_xlsxwriter(document: Document) -> bytes:
    """The same cells, formulas with their values, dropdowns and names; without charts and conditional formats."""
    import xlsxwriter  # type: ignore[import-untyped]

    from kil_xlsx.layout.document import Formula, Link, Rich

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    plain = book.add_format({"text_wrap": True, "valign": "vcenter"})
    to_fill_in = book.add_format({"text_wrap": True, "valign": "vcenter", "bg_color": "#FFFAE3", "locked": False})
    for sheet in document.sheets:
        target = book.add_worksheet(sheet.name)
        for (row, column), cell in sheet.cells.items():
            style = to_fill_in if cell.style.role.startswith("input") else plain
            value = cell.value
            if isinstance(value, Formula):
                target.write_formula(row, column, "=" + value.text, style, value.value)
            elif isinstance(value, Link | Rich):
                target.write_string(row, column, value.text, style)
            elif value is None:
                target.write_blank(row, column, None, style)
            else:
                target.write(row, column, value, style)
        for rule in sheet.validations:
            if rule.kind == "list" and rule.source is not None:
                area = rule.area.absolute(sheet.name).replace("$", "").split(":")[0]
                target.data_validation(area, {"validate": "list", "source": "=" + rule.source.absolute()})
    book.close()
    return out.getvalue()


def written_by_openpyxl(document: Document) -> bytes:
    """The same cells, formulas and dropdowns; without charts and stored values, which it does not write."""
    import openpyxl
    from openpyxl.styles import Alignment, PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    from kil_xlsx.layout.document import Formula, Link, Rich

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    fill, wrapped = PatternFill("solid", fgColor="FFFAE3"), Alignment(wrap_text=True, vertical="center")
    for sheet in document.sheets:
        target = book.create_sheet(sheet.name)
        for (row, column), cell in sheet.cells.items():
            value = cell.value
            if isinstance(value, Formula):
                value = "=" + value.text
            elif isinstance(value, Link | Rich):
                value = value.text
            written = target.cell(row + 1, column + 1, value)
            written.alignment = wrapped
            if cell.style.role.startswith("input"):
                written.fill = fill
        for rule in sheet.validations:
            if rule.kind == "list" and rule.source is not None:
                validation = DataValidation(type="list", formula1="=" + rule.source.absolute())
                validation.add(rule.area.absolute(sheet.name).replace("$", "").split(":")[0])
                target.add_data_validation(validation)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def loaded_by_openpyxl(path: str) -> int:
    """All of a workbook's values, loaded only."""
    import openpyxl

    warnings.simplefilter("ignore")  # it names what it drops
    return len(openpyxl.load_workbook(path, data_only=True).worksheets)


def read_by_pandas(path: str, sheets: Sequence[str]) -> int:
    """The sheets with answers, as tables."""
    import pandas as pd

    warnings.simplefilter("ignore")
    return sum(len(table) for table in pd.read_excel(path, sheet_name=list(sheets), header=None).values())


def read_by_calamine(path: str) -> int:
    """The values of all sheets; it gives neither names nor formulas nor which cell shows an error."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(path) as book:
        return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)


def scanned(path: str, parts: Iterable[str]) -> int:
    """The physical limit: parts inflated and parsed by expat, with nothing done about what is in them."""
    count = 0
    with zipfile.ZipFile(path) as archive:
        for name in parts:
            parser = expat.ParserCreate()
            parser.Parse(archive.read(name), True)
            count += parser.CurrentByteIndex
    return count


def parsed(path: str, parts: Iterable[str]) -> int:
    """The same with every element and text handed to Python, and dropped there."""
    count = 0
    with zipfile.ZipFile(path) as archive:
        for name in parts:
            parser = expat.ParserCreate()
            parser.buffer_text = True
            parser.StartElementHandler = _started
            parser.EndElementHandler = parser.CharacterDataHandler = _dropped
            parser.Parse(archive.read(name), True)
            count += parser.CurrentByteIndex
    return count


def _started(name: str, attributes: dict[str, str]) -> None:
    """What expat calls at the start of an element."""


def _dropped(text: str) -> None:
    """What expat calls for a text, and at the end of an element."""
