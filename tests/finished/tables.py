"""A small workbook written by hand, with tables as a test wants them."""

from __future__ import annotations

import io
import zipfile

from finished.package import Package

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"

TOP, BOTTOM = 4, 9
HEADINGS = '<tableColumn id="1" name="{}"/><tableColumn id="2" name="{}"/>'


def with_tables(*tables: dict[str, str], blank: int = 0) -> Package:
    """A sheet with headings in B4:C4, merged cells above them, and rows down to 9, one of them blank if wanted.

    Each table says in what it differs from a table in order: ``id``, ``name``, ``ref``, ``filter``, ``columns``.
    """
    rows = "".join(_row(row, row == blank) for row in range(TOP, BOTTOM + 1))
    kinds = {"/xl/workbook.xml": "sheet.main+xml", "/xl/worksheets/sheet1.xml": "worksheet+xml"}
    kinds |= {"/xl/styles.xml": "styles+xml"}
    parts = {
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml"), ("core-properties", "docProps/core.xml")),
        "xl/_rels/workbook.xml.rels": _relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        "docProps/core.xml": f'<c:coreProperties xmlns:c="{_PACKAGE}/metadata/core-properties"/>',
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
            '<sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/styles.xml": (
            f'<styleSheet xmlns="{_MAIN}"><fonts><font/></fonts><fills><fill/></fills><borders><border/></borders>'
            "<cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf/></cellXfs></styleSheet>"
        ),
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(
            *(("table", f"../tables/table{number}.xml") for number in range(1, len(tables) + 1))
        ),
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheetData>{rows}</sheetData>'
            '<mergeCells><mergeCell ref="B2:C3"/></mergeCells><tableParts>'
            + "".join(f'<tablePart r:id="rId{number}"/>' for number in range(1, len(tables) + 1))
            + "</tableParts></worksheet>"
        ),
    }
    for number, given in enumerate(tables, 1):
        facts = {"id": str(number), "name": f"table_{number}", "ref": f"B{TOP}:C{BOTTOM}", "columns": "", **given}
        columns = facts["columns"] or HEADINGS.format("Area", "Score")
        parts[f"xl/tables/table{number}.xml"] = (
            f'<table xmlns="{_MAIN}" id="{facts["id"]}" name="{facts["name"]}" displayName="{facts["name"]}"'
            f' ref="{facts["ref"]}"><autoFilter ref="{facts.get("filter", facts["ref"])}"/>'
            f"<tableColumns>{columns}</tableColumns></table>"
        )
        kinds[f"/xl/tables/table{number}.xml"] = "table+xml"
    overrides = "".join(f'<Override PartName="{name}" ContentType="{_KIND}.{kind}"/>' for name, kind in kinds.items())
    core = '<Override PartName="/docProps/core.xml" ContentType="application/xml"/>'
    relations = '<Default Extension="rels" ContentType="application/xml"/>'
    parts["[Content_Types].xml"] = (
        f'<Types xmlns="{_PACKAGE}/content-types">{relations}{overrides}{core}</Types>'
    )  # fmt: skip
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return Package(made.getvalue())


def _row(row: int, blank: bool) -> str:
    words = ("Area", "Score") if row == TOP else (f"Area {row}", f"Score {row}")
    cells = "".join(
        f'<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>'
        for column, text in zip("BC", words, strict=True)
    )
    return f'<row r="{row}">{"" if blank else cells}</row>'


def _relations(*targets: tuple[str, str]) -> str:
    each = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'
