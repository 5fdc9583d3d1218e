"""Sheets and cells that contradict themselves, lie far out or are too many."""

from __future__ import annotations

from corpus.cases import (
    BOOK,
    BOOK_RELATIONS,
    DAMAGED,
    READS,
    ROWS,
    SHEET,
    TOO_LARGE,
    add,
    noise,
    padded,
    with_book,
    with_cell,
    with_part,
    with_sheet,
    without,
    zipped,
)
from reading.workbooks import NAMESPACES, TYPES, pack, parts, relations, sheet_xml

add(
    "dimension-of-everything",
    lambda: with_part(SHEET, sheet_xml(ROWS).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')),
    READS,
)
add("cell-at-the-far-corner", lambda: with_sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), READS)
add("cell-beyond-the-last-column", lambda: with_cell("<v>1</v>", 'r="XFE1"'), DAMAGED)
add("cell-far-beyond-the-last-column", lambda: with_cell("<v>1</v>", 'r="ZZZZZZZ1"'), DAMAGED)
add("row-beyond-the-last", lambda: with_sheet('<row r="1048577"><c><v>1</v></c></row>'), DAMAGED)
add("row-zero", lambda: with_sheet('<row r="0"/>'), DAMAGED)
add("row-negative", lambda: with_sheet('<row r="-1"/>'), DAMAGED)
add("row-of-40-digits", lambda: with_sheet(f"<row r='{'9' * 40}'/>"), DAMAGED)
add("row-twice", lambda: with_sheet('<row r="1"/><row r="1"/>'), DAMAGED)
add("cell-twice", lambda: with_sheet('<row r="1"><c r="A1"/><c r="A1"/></row>'), DAMAGED)
add("cell-in-another-row", lambda: with_sheet('<row r="1"><c r="A2"/></row>'), DAMAGED)
add("cell-with-two-values", lambda: with_cell("<v>1</v><v>2</v>"), DAMAGED)
add("cell-with-two-formulas", lambda: with_cell("<f>1</f><f>2</f>"), DAMAGED)
add("cell-of-unknown-type", lambda: with_cell("<v>1</v>", 'r="A1" t="zzz"'), DAMAGED)
add("two-tables-of-cells", lambda: with_part(SHEET, sheet_xml(ROWS, "<sheetData/>")), DAMAGED)
add("no-table-of-cells", lambda: with_part(SHEET, f"<worksheet {NAMESPACES}/>"), DAMAGED)
add(
    "two-million-and-one-cells",
    lambda: with_part(SHEET, padded(sheet_xml(_many_cells("<c/>", 2_000_001)))),
    TOO_LARGE,
    harmless=False,
)
add(
    "ten-million-blank-cells",
    lambda: with_part(SHEET, padded(sheet_xml(_many_cells("<c/>", 10_000_000)))),
    TOO_LARGE,
    harmless=False,
)
add("a-million-blank-rows", lambda: with_part(SHEET, padded(sheet_xml("<row/>" * 1_048_576))), READS, harmless=False)
add("string-beyond-the-table", lambda: with_cell("<v>1</v>", 'r="A1" t="s"'), DAMAGED)
add("string-negative", lambda: with_cell("<v>-1</v>", 'r="A1" t="s"'), DAMAGED)
add("string-fraction", lambda: with_cell("<v>0.5</v>", 'r="A1" t="s"'), DAMAGED)
add("string-number-of-40-digits", lambda: with_cell(f"<v>{'9' * 40}</v>", 'r="A1" t="s"'), DAMAGED)
add(
    "string-table-counts-4-billion",
    lambda: with_part(
        "xl/sharedStrings.xml", f'<sst {NAMESPACES} count="4294967295" uniqueCount="4294967295"><si><t>a</t></si></sst>'
    ),
    READS,
)
add(
    "string-table-of-a-million-and-one",
    lambda: with_part("xl/sharedStrings.xml", f"<sst {NAMESPACES}>{noise(100_000)}{'<si/>' * 1_000_001}</sst>"),
    TOO_LARGE,
    harmless=False,
)
add("text-at-the-limit", lambda: with_cell(f"<v>{'x' * 32_767}</v>", 'r="A1" t="str"'), READS)
add("text-beyond-the-limit", lambda: with_cell(f"<v>{'x' * 32_768}</v>", 'r="A1" t="str"'), TOO_LARGE)
for _number in (
    "1e400",
    "-1e400",
    "NaN",
    "INF",
    "-Infinity",
    "1_000",
    "0x10",
    "１２",
    "1,5",
    "1e99999",
    "9" * 400,
    "--1",
    "1e-400",
    "",
):
    add(f"number-{_number[:12]}", lambda number=_number: with_cell(f"<v>{number}</v>"), READS)
add("boolean-2", lambda: with_cell("<v>2</v>", 'r="A1" t="b"'), READS)
add("date-of-year-0", lambda: with_cell("<v>0000-00-00</v>", 'r="A1" t="d"'), READS)
add("date-of-1904-at-its-end", lambda: _dates_of_1904("2957004"), READS)
add("date-of-1904-negative", lambda: _dates_of_1904("-999999999"), READS)
add("text-with-control-codes", lambda: with_cell("<v>_x0000__x001B_[2J_xD800__xFFFF_</v>", 'r="A1" t="str"'), READS)
add("text-like-a-formula", lambda: with_cell("<v>=cmd|' /C calc'!A0</v>", 'r="A1" t="str"'), READS)
add("formula-that-calls-the-web", lambda: with_cell('<f>WEBSERVICE("http://127.0.0.1:9/")</f><v>1</v>'), READS)
add("formula-that-needs-itself", lambda: with_cell("<f>A1+1</f><v>1</v>"), READS)
add("formula-of-dde", lambda: with_cell("<f>cmd|'/C calc'!A0</f><v>1</v>"), READS)
add("formula-shared-by-many", lambda: _shared_formulas(), TOO_LARGE)
add("style-out-of-range", lambda: with_cell("<v>1</v>", 'r="A1" s="4294967296"'), READS)
add("style-negative", lambda: with_cell("<v>1</v>", 'r="A1" s="-1"'), READS)
add("merge-of-everything", lambda: with_sheet(ROWS, '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), READS)
add(
    "100001-merges",
    lambda: with_part(SHEET, padded(sheet_xml(ROWS, f"<mergeCells>{'<mergeCell/>' * 100_001}</mergeCells>"), 100_000)),
    TOO_LARGE,
)
add(
    "100001-validations",
    lambda: with_part(
        SHEET,
        padded(sheet_xml(ROWS, f"<dataValidations>{'<dataValidation/>' * 100_001}</dataValidations>"), 100_000),
    ),
    TOO_LARGE,
)
add(
    "validation-of-everything",
    lambda: with_sheet(
        ROWS, '<dataValidations><dataValidation sqref="A1:XFD1048576" promptTitle="a"/></dataValidations>'
    ),
    READS,
)
add(
    "validation-of-a-million-ranges",
    lambda: with_part(
        SHEET,
        padded(
            sheet_xml(ROWS, f"<dataValidations><dataValidation sqref='{'A1 ' * 1_000_000}'/></dataValidations>"),
            100_000,
        ),
    ),
    TOO_LARGE,
)
_NAME = '<definedName name="a">1</definedName>'
add(
    "100001-names",
    lambda: with_book(f"<definedNames>{noise(100_000)}{_NAME * 100_001}</definedNames>"),
    TOO_LARGE,
)
add("100001-styles", lambda: _styles(f"<cellXfs>{'<xf/>' * 100_001}</cellXfs>{noise(100_000)}"), TOO_LARGE)
add(
    "100001-number-formats",
    lambda: _styles(
        "<numFmts>" + "".join(f'<numFmt numFmtId="{n}" formatCode="0"/>' for n in range(100_002)) + "</numFmts>"
    ),
    TOO_LARGE,
)
add(
    "names-that-need-each-other",
    lambda: with_book(
        '<definedNames><definedName name="a">b</definedName><definedName name="b">a</definedName></definedNames>'
    ),
    READS,
)
add(
    "name-for-no-sheet",
    lambda: with_book('<definedNames><definedName name="a" localSheetId="7">1</definedName></definedNames>'),
    DAMAGED,
)
add(
    "name-of-everything",
    lambda: with_book('<definedNames><definedName name="a">One!$A$1:$XFD$1048576</definedName></definedNames>'),
    READS,
)
add("no-sheets", lambda: with_book("", ""), DAMAGED)
add(
    "101-sheets",
    lambda: with_book("", "".join(f'<sheet name="S{n}" sheetId="{n + 1}" r:id="r1"/>' for n in range(101))),
    TOO_LARGE,
)
add(
    "two-sheets-of-one-name",
    lambda: with_book("", '<sheet name="One" sheetId="1" r:id="r1"/><sheet name="ONE" sheetId="2" r:id="r1"/>'),
    DAMAGED,
)
add(
    "two-sheets-of-one-part",
    lambda: with_book("", '<sheet name="One" sheetId="1" r:id="r1"/><sheet name="Two" sheetId="2" r:id="r1"/>'),
    DAMAGED,
)
add("sheet-without-a-name", lambda: with_book("", '<sheet name="" sheetId="1" r:id="r1"/>'), DAMAGED)
add(
    "sheet-named-with-control-characters",
    lambda: with_book("", '<sheet name="_x001B_[2J&#9;&#10;=1+1" sheetId="1" r:id="r1"/>'),
    READS,
)
add("sheet-named-like-a-path", lambda: with_book("", '<sheet name="../../planted" sheetId="1" r:id="r1"/>'), READS)
add("sheet-without-a-relationship", lambda: with_book("", '<sheet name="One" sheetId="1" r:id="r9"/>'), DAMAGED)
add("sheet-part-missing", lambda: without(SHEET), DAMAGED)
add("sheet-outside-the-file", lambda: _rels(_link("r1", "worksheet", "file:///etc/passwd", outside=True)), DAMAGED)
add("sheet-above-the-file", lambda: _rels(_link("r1", "worksheet", "../../../../etc/passwd")), DAMAGED)
add("sheet-is-the-workbook", lambda: _rels(_link("r1", "worksheet", "workbook.xml")), DAMAGED)
add(
    "relationships-in-a-circle",
    lambda: with_part("_rels/.rels", relations(("r1", "officeDocument", "_rels/.rels"))),
    DAMAGED,
)
add("relationship-twice", lambda: _rels(_link("r1", "worksheet", "worksheets/sheet1.xml") * 2), DAMAGED)
add(
    "two-main-parts",
    lambda: with_part(
        "_rels/.rels", relations(("r1", "officeDocument", "xl/workbook.xml"), ("r2", "officeDocument", SHEET))
    ),
    DAMAGED,
)
add(
    "two-string-tables",
    lambda: _rels(
        _link("r1", "worksheet", "worksheets/sheet1.xml")
        + _link("r2", "sharedStrings", "a")
        + _link("r3", "sharedStrings", "b")
    ),
    DAMAGED,
)
add("workbook-missing", lambda: without(BOOK), DAMAGED)
add("relationships-missing", lambda: without("_rels/.rels"), DAMAGED)
add("sheet-relationships-missing", lambda: without(BOOK_RELATIONS), DAMAGED)
add("strings-missing", lambda: without("xl/sharedStrings.xml"), DAMAGED)
add("content-types-missing", lambda: without("[Content_Types].xml"), READS)
add(
    "content-types-of-word",
    lambda: with_part(
        "[Content_Types].xml", TYPES.replace("spreadsheetml.sheet.main", "wordprocessingml.document.main")
    ),
    "file-is-document",
)
add("content-types-nonsense", lambda: with_part("[Content_Types].xml", bytes(200)), READS)
add("strict", lambda: _strict(), READS)
add(
    "external-links",
    lambda: zipped(
        [
            ("xl/externalLinks/externalLink1.xml", f"<externalLink {NAMESPACES}/>".encode()),
            (
                "xl/externalLinks/_rels/externalLink1.xml.rels",
                _link("r1", "externalLinkPath", "//127.0.0.1/share/a.xlsx", outside=True).encode(),
            ),
        ]
    ),
    READS,
)
add(
    "embedded-programs",
    lambda: zipped(
        [
            ("xl/embeddings/oleObject1.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
            ("xl/activeX/activeX1.bin", b"MZ" + bytes(99)),
        ]
    ),
    READS,
)
add(
    "connections",
    lambda: zipped([("xl/connections.xml", b'<connections><connection odcFile="http://127.0.0.1:9/"/></connections>')]),
    READS,
)
add("macros", lambda: zipped([("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))]), READS)
add("macro-sheet-only", lambda: _rels(_link("r1", "xlMacrosheet", "worksheets/sheet1.xml")), DAMAGED)
add("chart-sheet-only", lambda: _rels(_link("r1", "chartsheet", "worksheets/sheet1.xml")), DAMAGED)


def _many_cells(cell: str, count: int) -> str:
    row = f"<row>{cell * 10_000}</row>"
    rest = count % 10_000
    return row * (count // 10_000) + (f"<row>{cell * rest}</row>" if rest else "")


def _dates_of_1904(number: str) -> bytes:
    found = parts(f'<row r="1"><c r="A1" s="1"><v>{number}</v></c></row>', workbook='<workbookPr date1904="1"/>')
    return pack(found)


def _shared_formulas() -> bytes:
    master = "A1+" * 10_000 + "1"
    others = "".join(f'<row r="{n}"><c r="A{n}"><f t="shared" si="0"/><v>1</v></c></row>' for n in range(2, 3000))
    return with_sheet(
        f'<row r="1"><c r="A1"><f t="shared" si="0" ref="A1:A3000">{master}</f><v>1</v></c></row>{others}'
    )


def _styles(inside: str) -> bytes:
    found = parts(ROWS, strings="<si><t>one</t></si>")
    found[BOOK_RELATIONS] = found[BOOK_RELATIONS].replace(
        "</Relationships>", relations(("r9", "styles", "styles.xml")).partition(">")[2]
    )
    found["xl/styles.xml"] = f"<styleSheet {NAMESPACES}>{inside}</styleSheet>"
    return pack(found)


def _link(key: str, kind: str, target: str, *, outside: bool = False) -> str:
    mode = ' TargetMode="External"' if outside else ""
    return relations((key, kind, target)).partition(">")[2].rpartition("</")[0].replace("/>", f"{mode}/>")


def _rels(links: str) -> bytes:
    return with_part(BOOK_RELATIONS, relations().replace("</Relationships>", f"{links}</Relationships>"))


def _strict() -> bytes:
    def strict(text: str) -> str:
        return text.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"
        ).replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        )

    return pack({name: strict(text) for name, text in parts(ROWS, strings="<si><t>one</t></si>").items()})
