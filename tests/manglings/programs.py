"""Manglings made by Gnumeric and by two JavaScript libraries, through small programs of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from manglings.base import Made, Missing, assessment, maker, questions, row, sent_back, typed


def gnumeric(folder: Path, ending: str, data: bytes | None = None, source: str = ".xlsx") -> bytes:
    """The workbook saved by Gnumeric."""
    if shutil.which("ssconvert") is None:
        raise Missing("Gnumeric (ssconvert) is not installed")
    before, after = folder / f"before{source}", folder / f"gnumeric{ending}"
    before.write_bytes(data or sent_back())
    kind = {".xls": "Gnumeric_Excel:excel_biff8", ".xlsx": "Gnumeric_Excel:xlsx2", ".ods": "Gnumeric_OpenCalc:odf"}
    command = ["ssconvert", "-T", kind[ending], str(before), str(after)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return after.read_bytes()


def modules() -> str:
    """The folder with the JavaScript libraries."""
    folder = os.environ.get("KIL_NODE_MODULES", "")
    if not folder or not Path(folder).is_dir():
        raise Missing("KIL_NODE_MODULES does not name a folder with SheetJS and ExcelJS")
    if shutil.which("node") is None:
        raise Missing("Node.js is not installed")
    return folder


def node(folder: Path, script: str, ending: str = ".xlsx") -> bytes:
    """What a script makes of the workbook; ``before`` and ``after`` are the paths."""
    environment = {**os.environ, "NODE_PATH": modules()}
    before, after = folder / "before.xlsx", folder / f"after{ending}"
    before.write_bytes(sent_back())
    head = f"const before = {str(before)!r}, after = {str(after)!r};\n"
    subprocess.run(
        ["node", "-e", head + script], check=True, capture_output=True, timeout=120, env=environment, cwd=folder
    )
    return after.read_bytes()


_SHEETJS = "const X = require('xlsx');\n"
_EXCELJS = "const E = require('exceljs');\n"


def sheetjs(folder: Path, ending: str, options: str = "", reading: str = "") -> bytes:
    script = f"X.writeFile(X.readFile(before, {{cellFormula: true{reading}}}), after, {{{options}}});"
    return node(folder, _SHEETJS + script, ending)


def exceljs(folder: Path, edit: str = "") -> bytes:
    script = f"""
    const book = new E.Workbook();
    book.xlsx.readFile(before).then(() => {{ {edit}; return book.xlsx.writeFile(after); }})
        .catch(problem => {{ console.error(problem); process.exit(1); }});
    """
    return node(folder, _EXCELJS + script)


@maker("gnumeric-xlsx")
def _(folder: Path) -> Made:
    return Made(gnumeric(folder, ".xlsx"))


@maker("gnumeric-ods")
def _(folder: Path) -> Made:
    return Made(gnumeric(folder, ".ods"), name="return.ods")


@maker("gnumeric-xls")
def _(folder: Path) -> Made:
    return Made(gnumeric(folder, ".xls"), name="return.xls")


@maker("gnumeric-xls-and-back")
def _(folder: Path) -> Made:
    return Made(gnumeric(folder, ".xlsx", gnumeric(folder, ".xls"), ".xls"))


@maker("sheetjs-xlsx")
def _(folder: Path) -> Made:
    return Made(sheetjs(folder, ".xlsx"))


@maker("sheetjs-without-properties")
def _(folder: Path) -> Made:
    script = """
    const book = X.readFile(before);
    delete book.Props; delete book.Custprops; book.Workbook.Names = [];
    X.writeFile(book, after);
    """
    return Made(node(folder, _SHEETJS + script))


@maker("sheetjs-ods")
def _(folder: Path) -> Made:
    return Made(sheetjs(folder, ".ods"), name="return.ods")


@maker("sheetjs-xls")
def _(folder: Path) -> Made:
    return Made(sheetjs(folder, ".xls", "bookType: 'biff8'"), name="return.xls")


@maker("sheetjs-xlsb")
def _(folder: Path) -> Made:
    return Made(sheetjs(folder, ".xlsb"), lost=frozenset(typed()), name="return.xlsb")


@maker("sheetjs-html")
def _(folder: Path) -> Made:
    return Made(sheetjs(folder, ".html"), lost=frozenset(typed()), name="return.xls")


@maker("exceljs-xlsx")
def _(folder: Path) -> Made:
    return Made(exceljs(folder))


@maker("exceljs-row-inserted")
def _(folder: Path) -> Made:
    at = row(questions()[1]) + 1
    edit = f"book.getWorksheet('{assessment()}').insertRow({at}, ['', '', 'A row of our own'])"
    return Made(exceljs(folder, edit))


@maker("exceljs-password-on-sheets")
def _(folder: Path) -> Made:
    return Made(exceljs(folder, f"return book.getWorksheet('{assessment()}').protect('secret', {{}})"
                                ".then(() => book.xlsx.writeFile(after))"))  # fmt: skip
