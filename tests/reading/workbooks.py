"""Small workbooks made by hand, for tests that need XML no library writes."""

from __future__ import annotations

import io
import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
NAMESPACES = (
    f'xmlns="{MAIN}" xmlns:r="{RELATIONS}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
    'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" xmlns:odd="http://example.com/odd"'
)


def relations(*lines: tuple[str, str, str]) -> str:
    """A relationships part of (id, last word of the type, target)."""
    body = "".join(f'<Relationship Id="{i}" Type="{RELATIONS}/{kind}" Target="{to}"/>' for i, kind, to in lines)
    return f'<Relationships xmlns="{PACKAGE_RELATIONS}">{body}</Relationships>'


def sheet_xml(rows: str, rest: str = "") -> str:
    """A worksheet part with these rows, and ``rest`` behind the table of cells."""
    return f"<worksheet {NAMESPACES}><sheetData>{rows}</sheetData>{rest}</worksheet>"


def parts(rows: str = "", *, rest: str = "", strings: str | None = None, workbook: str = "") -> dict[str, str]:
    """The parts of a workbook with one sheet, "One"; change them and pass them to :func:`pack`."""
    found = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {NAMESPACES}>{workbook}<sheets><sheet name="One" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            ("r1", "worksheet", "worksheets/sheet1.xml"), ("r2", "sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": sheet_xml(rows, rest),
    }
    if strings is not None:
        found["xl/sharedStrings.xml"] = f"<sst {NAMESPACES}>{strings}</sst>"
    return found


def pack(found: dict[str, str]) -> bytes:
    """The file that holds these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
