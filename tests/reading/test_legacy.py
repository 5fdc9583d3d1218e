"""Reading xls, xlsb and ods files in a process of their own."""

from __future__ import annotations

import datetime as dt
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from kil_xlsx.errors import FileRefused
from kil_xlsx.reading import legacy
from kil_xlsx.reading.cells import Cell, CellKind, read_workbook
from kil_xlsx.reading.kinds import FileKind
from kil_xlsx.reading.package import Limits

NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text", "meta")
)
ROWS = """
<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>
<table:table-row><table:table-cell/>
<table:table-cell office:value-type="string"><text:p>Fähig</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="1.5"><text:p>1,5</text:p></table:table-cell>
<table:table-cell office:value-type="date" office:date-value="2026-03-04"><text:p>4.3.</text:p></table:table-cell>
</table:table-row>"""


def ods(rows: str = ROWS, meta: str = "", **more: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", more.get("manifest", b"<manifest/>"))
        archive.writestr(
            "content.xml",
            f'<office:document-content {NAMESPACES} office:version="1.2"><office:body><office:spreadsheet>'
            f'<table:table table:name="One">{rows}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
            zipfile.ZIP_DEFLATED,
        )
        archive.writestr(
            "meta.xml", f"<office:document-meta {NAMESPACES}><office:meta>{meta}</office:meta></office:document-meta>"
        )
    return buffer.getvalue()


def refused(data: bytes, limits: Limits | None = None) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_workbook(data, limits)
    return caught.value


def test_an_opendocument_file_is_read() -> None:
    """Cells of an ods file come with their places, dates as serial numbers, and its properties."""
    meta = (
        '<meta:generator>LibreOffice</meta:generator><meta:user-defined meta:name="kil.ref"> KIL-1 </meta:user-defined>'
        "<meta:keyword>a</meta:keyword><meta:keyword>b</meta:keyword>"
    )
    book = read_workbook(ods(meta=meta))
    assert book.kind is FileKind.ODS
    assert book.properties == {"kil.ref": "KIL-1", "keywords": "a, b"}
    assert book.application == "LibreOffice"
    assert [sheet.name for sheet in book.sheets] == ["One"]
    assert book.sheets[0].cells == {
        (2, 1): Cell("Fähig", CellKind.TEXT),
        (2, 2): Cell(1.5, CellKind.NUMBER),
        (2, 3): Cell(46085.0, CellKind.NUMBER),
    }


def test_a_password_on_an_opendocument_file_is_named() -> None:
    """An encrypted ods file is refused for its password and nothing else."""
    assert refused(ods(manifest=b"<manifest><encryption-data/></manifest>")).code == "file-password"


def test_a_file_that_asks_for_too_much_memory_is_refused() -> None:
    """A sheet that would fill the memory stops the child, not the program."""
    pytest.importorskip("resource", reason="this system cannot limit the memory of a process")
    cell = '<table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
    rows = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    assert refused(ods(rows), Limits(wall_seconds=10)).code in ("file-reader-failed", "file-damaged")
    assert read_workbook(ods()).sheets


def test_a_reader_that_hangs_is_stopped() -> None:
    """The clock of the parent ends a child that takes too long."""
    assert refused(ods(), Limits(wall_seconds=0.001)).code == "file-reader-failed"


@pytest.mark.parametrize(
    "script", ["import os; os.abort()", "print('no json')", "print('{}')", "print('null')", "print('[' * 100000)"]
)
def test_any_death_or_nonsense_of_the_child_is_a_refusal(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the child does, the parent refuses this one file."""
    real = subprocess.Popen

    def other(command: list[str], **more: object) -> object:
        return real([sys.executable, "-c", script], **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", other)
    assert refused(ods()).code == "file-reader-failed"


@pytest.mark.parametrize(
    "cells",
    [
        [[0, 0, None]],
        [[-1, 0, "x"]],
        [[0, 16384, "x"]],
        [[0, 0, 1]],
        [["0", 0, "x"]],
        [[0, 0]],
        [[0, 0, float("inf")]],
        5,
    ],
)
def test_the_result_of_the_child_is_checked(cells: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places and values that no workbook has are not believed, whoever they come from."""
    result = {"sheets": [{"name": "One", "state": "visible", "cells": cells, "merges": []}]}
    monkeypatch.setattr(legacy, "_run_child", lambda *_: result)
    assert refused(ods()).code == "file-reader-failed"


def test_modules_in_the_current_folder_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file called like a library in the folder of returned files is not run."""
    (tmp_path / "python_calamine.py").write_text("raise SystemExit(9)")
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert read_workbook(ods()).sheets


def test_damaged_files_are_refused() -> None:
    """Damage inside the document is a refusal in our words, without the library's."""
    problem = refused(ods("<table:table-row>"))
    assert problem.code in ("file-damaged", "file-reader-failed")
    assert "alamine" not in problem.found
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + "Workbook".encode("utf-16-le").ljust(512, b"\0")
    assert refused(start).code in ("file-damaged", "file-reader-failed")


def test_limits_hold_in_the_child() -> None:
    """Cells and the length of texts are limited as in other formats."""
    assert read_workbook(ods(), Limits(cells=3, cell_text=5)).sheets
    assert refused(ods(), Limits(cells=2)).code == "file-too-large"
    assert refused(ods(), Limits(cell_text=4)).code == "file-too-large"


def test_an_old_excel_file_is_read(tmp_path: Path) -> None:
    """Cells, merges and sheets of an xls file are read; an error cell looks blank."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("needs LibreOffice to make an xls file")
    with xlsxwriter.Workbook(tmp_path / "old.xlsx") as made:
        sheet = made.add_worksheet("One")
        sheet.write_row(2, 1, ["Fähig", 1.5, True])
        sheet.write_datetime(2, 4, dt.datetime(2026, 3, 4), made.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_formula(2, 5, "=1/0", None, "#DIV/0!")
        sheet.merge_range("A5:B6", "merged")
        made.add_worksheet("Two").hide()
    command = [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xls"]
    done = subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "old.xlsx")],
        capture_output=True,
        timeout=120,
        check=False,
        env=os.environ | {"HOME": str(tmp_path)},
    )
    if not (tmp_path / "old.xls").exists():
        pytest.skip(f"LibreOffice made no xls file (exit code {done.returncode})")
    book = read_workbook((tmp_path / "old.xls").read_bytes())
    assert book.kind is FileKind.XLS
    assert not book.has_macros
    assert [(sheet.name, sheet.state) for sheet in book.sheets] == [("One", "visible"), ("Two", "hidden")]
    assert book.sheets[0].merges == ("A5:B6",)
    assert {place: cell.value for place, cell in book.sheets[0].cells.items()} == {
        (2, 1): "Fähig",
        (2, 2): 1.5,
        (2, 3): True,
        (2, 4): 46085.0,
        (4, 0): "merged",
    }
