"""Files that were never meant to be read, and some odd ones that have to be, each with what must become of it.

:data:`CASES` maps a name to a :class:`Case`.  ``READS`` stands for a file that is opened (whether it turns out to be a
return or not); anything else is the code of the problem that it is refused with.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from reading.workbooks import NAMESPACES, pack, parts, sheet_xml

READS = "reads"
UNSAFE, DAMAGED, TOO_LARGE, FAILED = "file-unsafe", "file-damaged", "file-too-large", "file-reader-failed"
PASSWORD, OTHER = "file-password", "file-not-a-workbook"


@dataclass(frozen=True)
class Case:
    """How a file is made, and the outcomes it may have.

    ``harmless`` files are also read without a process around them: those that take neither much memory nor time.
    """

    make: Callable[[], bytes]
    outcomes: tuple[str, ...]
    harmless: bool = True


CASES: dict[str, Case] = {}


def add(name: str, make: Callable[[], bytes], *outcomes: str, harmless: bool = True) -> None:
    assert name not in CASES, name
    CASES[name] = Case(make, outcomes, harmless)


@cache
def plain() -> bytes:
    """A sound little workbook."""
    return pack(parts(ROWS, strings="<si><t>one</t></si>"))


ROWS = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>1.5</v></c></row>'
END, CENTRAL, LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"


def zipped(
    entries: list[tuple[str, bytes]],
    method: int = zipfile.ZIP_DEFLATED,
    mode: int | None = None,
    comment: bytes = b"",
) -> bytes:
    """A workbook's parts and these entries."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")  # duplicate names are made on purpose
        archive.comment = comment
        for name, text in parts(ROWS, strings="<si><t>one</t></si>").items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
        for name, content in entries:
            info = zipfile.ZipInfo("placeholder", (2026, 1, 1, 0, 0, 0))
            info.filename = name
            if mode is not None:
                info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, content, method)
    return buffer.getvalue()


def altered(find: bytes, offset: int, value: bytes, *, last: bool = False, data: bytes | None = None) -> bytes:
    """A sound workbook with some bytes replaced, ``offset`` behind the place where ``find`` is."""
    changed = bytearray(plain() if data is None else data)
    at = (changed.rindex(find) if last else changed.index(find)) + offset
    changed[at : at + len(value)] = value
    return bytes(changed)


def with_part(name: str, content: bytes | str) -> bytes:
    """A sound workbook in which one part is another."""
    found = dict(parts(ROWS, strings="<si><t>one</t></si>"))
    buffer = io.BytesIO()
    found.pop(name, None)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, text in found.items():
            archive.writestr(zipfile.ZipInfo(each, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOOK = "xl/workbook.xml"
BOOK_RELATIONS = "xl/_rels/workbook.xml.rels"


def with_sheet(rows: str, rest: str = "") -> bytes:
    return with_part(SHEET, sheet_xml(rows, rest))


def with_cell(inside: str, attributes: str = 'r="A1"') -> bytes:
    return with_sheet(f'<row r="1"><c {attributes}>{inside}</c></row>')


def noise(size: int) -> str:
    """A comment that cannot be packed, so that what stands beside it is not packed suspiciously well."""
    return f"<!--{Random(size).randbytes(size // 2).hex()}-->"


def padded(content: str, size: int = 700_000) -> str:
    return content.replace("<sheetData>", f"{noise(size)}<sheetData>")


def without(name: str) -> bytes:
    found = parts(ROWS, strings="<si><t>one</t></si>")
    del found[name]
    return pack(found)


def with_book(inside: str, sheets: str = '<sheet name="One" sheetId="1" r:id="r1"/>') -> bytes:
    return with_part(BOOK, f"<workbook {NAMESPACES}><sheets>{sheets}</sheets>{inside}</workbook>")


def with_doctype(declaration: str, inside: str = "") -> bytes:
    return with_part(SHEET, f"<!DOCTYPE worksheet {declaration}>" + sheet_xml(ROWS + inside))
