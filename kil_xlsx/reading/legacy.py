"""Old and foreign formats (xls, xlsb, ods), read by python-calamine in a process of its own.

calamine is fast and reads all three, but some files make it end the whole process or ask for hundreds of gigabytes.
So each file gets a child process with limited memory and time; whatever happens to it, only that one file is
refused.  In a process of :mod:`kil_xlsx.reading.isolation`, which is limited in the same way, no other is started.
Where the operating system knows no such limits (Windows), the clock of the parent remains.

What these formats lose on the way: formulas, number formats, data validations, defined names and error values (an
error looks like a blank cell).  Dates come back as serial numbers of the 1900 system; ods stores booleans as 1 and 0.

``python -m kil_xlsx.reading.legacy KIND MEMORY SECONDS CELLS TEXT SHEETS`` is the child: the file's bytes on standard
input, JSON on standard output.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import os
import re
import sys
from typing import Any

from kil_xlsx import apart
from kil_xlsx.errors import FileRefused
from kil_xlsx.layout.a1 import range_name
from kil_xlsx.reading.kinds import FileKind
from kil_xlsx.reading.model import Cell, CellKind, SheetData, WorkbookData, to_serial
from kil_xlsx.reading.package import Limits, Package
from kil_xlsx.reading.textcodes import clean
from kil_xlsx.reading.workbookxml import read_opendocument_properties, read_properties, read_relationships

_INDENTATION = re.compile(rb">[ \t\r\n]+<(?=/?table:)")
_LINE_BREAK = re.compile(rb"<text:line-break ?/>")
_OUTPUT_BYTES = 200_000_000
_STATES = ("visible", "hidden", "veryHidden")
_CODES = ("file-password", "file-reader-failed", "file-too-large", "file-damaged")


def read_legacy(data: bytes, kind: FileKind, limits: Limits | None = None) -> WorkbookData:
    """The cells of an xls, xlsb or ods file.  Raises :class:`FileRefused`; ``file-reader-failed`` if the child died."""
    limits = limits or Limits()
    properties: dict[str, str] = {}
    application = ""
    if kind is FileKind.XLS:
        macros = "_VBA_PROJECT".encode("utf-16-le") in data
    else:
        # Both are zip packages: the bombs among them are found before calamine sees the file.
        package = Package(data, limits)
        folded = [name.casefold() for name in package.names]
        macros = any(name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/")) for name in folded)
        if kind is FileKind.XLSB:
            roots = read_relationships(package, "")
            # calamine goes by the name alone, and would read another kind of workbook without the checks for it.
            if not any(one.kind == "officeDocument" and (one.target or "").endswith(".bin") for one in roots.values()):
                raise FileRefused("file-damaged", "the workbook's main part is missing")
            properties, application = read_properties(package, roots)
        else:
            if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
                raise FileRefused("file-password")
            if "meta.xml" in package:
                properties, application = read_opendocument_properties(package.read("meta.xml"), limits)
            data = _without_indentation(package, data)
    if apart.is_limited():  # this very process may die of a file
        result: Any = _read(data, limits.cells, limits.cell_text, limits.sheets)
    else:
        result = _run_child(data, kind, limits)
    sheets = _checked(result, limits)
    return WorkbookData(sheets=sheets, properties=properties, application=application, kind=kind, has_macros=macros)


def _without_indentation(package: Package, data: bytes) -> bytes:
    """The ods file as calamine understands it, if it was written otherwise.

    Some programs write blanks between the elements of tables, which calamine refuses, or line breaks within
    paragraphs, which it drops.
    """
    if "content.xml" not in package:
        return data
    content, changed = _INDENTATION.subn(b"><", package.read("content.xml"))
    content, breaks = _LINE_BREAK.subn(b"\n", content)
    if not changed and not breaks:
        return data
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in package.names:
            if name in ("mimetype", "styles.xml", "META-INF/manifest.xml"):
                archive.writestr(name, package.read(name))
        archive.writestr("content.xml", content)
    return buffer.getvalue()


def _run_child(data: bytes, kind: FileKind, limits: Limits) -> Any:
    numbers = (limits.child_bytes, limits.cpu_seconds, limits.cells, limits.cell_text, limits.sheets)
    import json
    import subprocess
    import tempfile

    with tempfile.TemporaryFile() as output:  # not a pipe, so that the amount can be limited
        try:
            with apart.spawn("kil_xlsx.reading.legacy", kind.value, *map(str, numbers), output=output) as child:
                try:
                    child.communicate(data, timeout=limits.wall_seconds)
                finally:
                    child.kill()
        except subprocess.TimeoutExpired:
            raise FileRefused("file-reader-failed", f"no result within {limits.wall_seconds:g} seconds") from None
        except OSError:
            raise FileRefused("file-reader-failed", "the reader could not be started") from None
        if child.returncode != 0:
            raise FileRefused("file-reader-failed", "the reader stopped")
        output.seek(0, os.SEEK_END)
        if output.tell() > _OUTPUT_BYTES:
            raise FileRefused("file-too-large", "too much text")
        output.seek(0)
        try:
            return json.loads(output.read())
        except (ValueError, RecursionError):
            raise FileRefused("file-reader-failed", "the reader's result cannot be used") from None


def _checked(result: Any, limits: Limits) -> tuple[SheetData, ...]:
    """The child's result as sheets; everything is checked, since a file may have taken the child over."""
    try:
        if "refused" in result:
            code, found = result["refused"]
            if code not in _CODES:
                raise ValueError("unknown code")
            raise FileRefused(code, str(found)[:200])
        sheets: list[SheetData] = []
        names: set[str] = set()
        for one in result["sheets"]:
            name, state = one["name"], one["state"]
            if type(name) is not str or state not in _STATES or name.casefold() in names:
                raise ValueError("a sheet")
            names.add(name.casefold())
            cells: dict[tuple[int, int], Cell] = {}
            for row, col, value in one["cells"]:
                if not (type(row) is type(col) is int and 0 <= row < limits.rows and 0 <= col < limits.columns):
                    raise ValueError("a place")
                cells[row, col] = _cell(value, limits)
            sheets.append(SheetData(name, state, cells, merges=tuple(str(merge) for merge in one["merges"])))
    except (ValueError, TypeError, KeyError):
        raise FileRefused("file-reader-failed", "the reader's result cannot be used") from None
    if not sheets:
        raise FileRefused("file-damaged", "a workbook without sheets")
    return tuple(sheets)


def _cell(value: object, limits: Limits) -> Cell:
    if type(value) is bool:
        return Cell(value, CellKind.BOOLEAN)
    if type(value) is float and math.isfinite(value):
        return Cell(value, CellKind.NUMBER)
    if type(value) is str and len(value) <= limits.cell_text:
        return Cell(value, CellKind.TEXT)
    raise ValueError("a value")


# ---- from here on, what runs in the child ----


def _plain(value: object) -> str | float | bool | None:
    """One of calamine's values as JSON can hold it; ``None`` for a blank cell."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        number = float(value)
        return number if math.isfinite(number) else str(value)
    if isinstance(value, (dt.datetime, dt.date, dt.time, dt.timedelta)):
        return to_serial(value)
    return clean(str(value)) or None


def _merges(sheet: Any) -> list[str]:
    return [range_name(*first, *last) for first, last in sheet.merged_cell_ranges or ()]


def _read(data: bytes, most_cells: int, most_text: int, most_sheets: int) -> dict[str, object]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    # Pairs and ==, since these enumerations cannot be keys.
    states = ((SheetVisibleEnum.Hidden, "hidden"), (SheetVisibleEnum.VeryHidden, "veryHidden"))
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = []
        count = 0
        for index, about in enumerate(book.sheets_metadata):
            if index >= most_sheets:
                return {"refused": ["file-too-large", f"more than {most_sheets:,} sheets"]}
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_index(index)
            cells: list[tuple[int, int, str | float | bool]] = []
            for row, values in enumerate(sheet.to_python(skip_empty_area=False)):
                for col, value in enumerate(values):
                    plain = _plain(value)
                    if plain is None:
                        continue
                    if isinstance(plain, str) and len(plain) > most_text:
                        return {"refused": ["file-too-large", f"a cell with more than {most_text:,} characters"]}
                    cells.append((row, col, plain))
            count += len(cells)
            if count > most_cells:
                return {"refused": ["file-too-large", f"more than {most_cells:,} cells"]}
            state = next((word for member, word in states if about.visible == member), "visible")
            sheets.append({"name": about.name, "state": state, "cells": cells, "merges": _merges(sheet)})
    except PasswordError:
        return {"refused": ["file-password", ""]}
    except (CalamineError, OSError):
        # The messages of the library are not for the people who read ours.
        return {"refused": ["file-damaged", "the file could not be read"]}
    return {"sheets": sheets}


def _main(arguments: list[str]) -> int:
    import json

    memory, seconds, most_cells, most_text, most_sheets = map(int, arguments[1:])
    apart.limit(memory, written=_OUTPUT_BYTES + 1, cpu_seconds=seconds)
    data = sys.stdin.buffer.read()
    result: dict[str, object]
    try:
        result = _read(data, most_cells, most_text, most_sheets)
    except ImportError:
        result = {"refused": ["file-reader-failed", "the package python-calamine is not installed"]}
    except BaseException:  # calamine's panics are no Exception
        return 1
    sys.stdout.write(json.dumps(result, allow_nan=False))
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
