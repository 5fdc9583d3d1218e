"""Texts with several looks, pictures and tables outlive LibreOffice."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText
from oracle.libreoffice import LibreOffice
from writing.everything import notes_sheet
from writing.test_xlsx import document

from kil_xlsx.layout.document import Rich
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

pytestmark = pytest.mark.oracle


def test_tables_texts_and_pictures_are_saved_again(office: LibreOffice, tmp_path: Path) -> None:
    """A workbook opened and saved has the same table, words and picture as before."""
    sheet = notes_sheet()
    path = tmp_path / "notes.xlsx"
    path.write_bytes(write(document(sheet), default_theme()))
    office.open(path)
    data = office.save(tmp_path / "saved.xlsx")
    saved = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)["Notes"]
    (table,) = saved.tables.values()
    assert (table.displayName, table.ref, table.headerRowCount) == ("kil_terms", "B5:C7", 1)
    assert [column.name for column in table.tableColumns] == ["Term", "Meaning"]
    assert isinstance(saved["B3"].value, CellRichText)
    cells = read_workbook(data).sheets[0].cells
    for (row, column), cell in sheet.cells.items():
        expected = cell.value.text if isinstance(cell.value, Rich) else cell.value
        assert cells[row, column].value == expected
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert len([name for name in package.namelist() if name.startswith("xl/media/")]) == 1
        assert f'descr="{sheet.images[0].description}"' in package.read("xl/drawings/drawing1.xml").decode()
