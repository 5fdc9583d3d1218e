"""Files of every other kind, and old and foreign workbooks."""

from __future__ import annotations

import io
import json
import zipfile
from random import Random

from corpus.cases import (
    DAMAGED,
    FAILED,
    OTHER,
    PASSWORD,
    READS,
    TOO_LARGE,
    UNSAFE,
    add,
    plain,
    with_part,
    zipped,
)
from reading.workbooks import TYPES, relations


def ole(*streams: str, content: bytes = b"") -> bytes:
    """A file of the kind that Office used until 2003, with these names in its directory."""
    records = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *streams))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + records + content


def archive_of(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_ODS_SPACES = " ".join(
    f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"' for p in ("office", "table", "text")
)


def _ods(rows: str, front: str = "") -> bytes:
    content = (
        f'{front}<office:document-content {_ODS_SPACES} office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="One">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    return archive_of(("mimetype", _ODS), ("META-INF/manifest.xml", b"<manifest/>"), ("content.xml", content.encode()))


_ODS_CELL = '<table:table-cell table:number-columns-repeated="{}" office:value-type="float" office:value="1"/>'
_BIFF = b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(12)

for _name, _content, _code in (
    ("empty", b"", "file-empty"),
    ("one-byte", b"x", "file-is-csv"),
    ("nuls", bytes(5000), OTHER),
    ("noise", Random(1).randbytes(5000), OTHER),
    ("blanks", b" \r\n \t", OTHER),
    ("pdf", b"%PDF-1.7\n1 0 obj\n", "file-is-pdf"),
    ("pdf-behind-a-blank-line", b"\r\n%PDF-1.4\n", "file-is-pdf"),
    ("csv", b"Question;Answer\r\nA1;3\r\n", "file-is-csv"),
    ("csv-beginning-with-bm", b"BM Council,3\r\n", "file-is-csv"),
    ("csv-beginning-with-mz", b"MZ,3\r\n", "file-is-csv"),
    ("csv-in-utf-16", "Question\tAnswer\r\n".encode("utf-16"), "file-is-csv"),
    ("text-beginning-with-to", b"To: be, or not\n", "file-is-csv"),
    ("sylk", b"ID;PWXL;N;E\r\n", "file-is-csv"),
    ("json", b'{"answers": []}', "file-is-csv"),
    ("html", b"<!DOCTYPE html><html><body>", "file-is-html"),
    ("html-table-named-xls", b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>', "file-is-html"),
    (
        "mht",
        b"MIME-Version: 1.0\nX-Document-Type: Workbook\nContent-Type: multipart/related; boundary=a\n",
        "file-is-html",
    ),
    ("mail", b"Received: from a\nTo: b\nSubject: Return\n\nAttached", "file-is-mail"),
    ("mail-begun-with-a-date", b"Date: Mon, 2 Mar 2026\nFrom: a\nTo: b\n\n", "file-is-mail"),
    ("winmail", b"\x78\x9f\x3e\x22" + bytes(50), "file-is-mail"),
    ("msg", ole("__substg1.0_0037001F"), "file-is-mail"),
    ("png", b"\x89PNG\r\n\x1a\n" + bytes(50), "file-is-picture"),
    ("jpeg", b"\xff\xd8\xff\xe0" + bytes(50), "file-is-picture"),
    ("gif", b"GIF89a" + bytes(50), "file-is-picture"),
    ("bmp", b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "file-is-picture"),
    ("tiff", b"II*\0" + bytes(50), "file-is-picture"),
    ("webp", b"RIFF\x24\0\0\0WEBPVP8 ", "file-is-picture"),
    ("heic", b"\0\0\0\x18ftypheic" + bytes(50), "file-is-picture"),
    ("svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "file-is-picture"),
    ("rtf", b"{\\rtf1\\ansi Return}", "file-is-document"),
    ("doc", ole("WordDocument"), "file-is-document"),
    ("ppt", ole("PowerPoint Document"), "file-is-presentation"),
    ("ole-of-nothing", ole(), OTHER),
    ("ole-header-only", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OTHER),
    ("docx", archive_of(("word/document.xml", b"<w/>")), "file-is-document"),
    ("pptx", archive_of(("ppt/presentation.xml", b"<p/>")), "file-is-presentation"),
    ("odt", archive_of(("mimetype", b"application/vnd.oasis.opendocument.text")), "file-is-document"),
    ("odp", archive_of(("mimetype", b"application/vnd.oasis.opendocument.presentation")), "file-is-presentation"),
    ("numbers", archive_of(("Index/Document.iwa", b"x")), "file-is-numbers"),
    ("zip-of-a-workbook", archive_of(("Return.xlsx", plain())), "file-is-zip"),
    ("seven-zip", b"7z\xbc\xaf\x27\x1c" + bytes(50), "file-is-zip"),
    ("rar", b"Rar!\x1a\x07\x00", "file-is-zip"),
    ("gzip", b"\x1f\x8b\x08" + bytes(50), "file-is-zip"),
    ("gsheet", json.dumps({"url": "https://docs.google.com/open?id=1", "doc_id": "1"}).encode(), "file-is-link"),
    ("url", b"[InternetShortcut]\r\nURL=https://example.org/\r\n", "file-is-link"),
    ("lnk", b"L\0\0\0\1\x14\2\0" + bytes(60), "file-is-link"),
    ("webloc", b'<?xml version="1.0"?><plist><dict><key>URL</key><string>x</string></dict></plist>', "file-is-link"),
    ("desktop-entry", b"[Desktop Entry]\nExec=calc\n", "file-is-link"),
    ("exe", b"MZ\x90\0" + bytes(60), "file-is-program"),
    ("elf", b"\x7fELF" + bytes(60), "file-is-program"),
    ("mach-o", b"\xcf\xfa\xed\xfe" + bytes(60), "file-is-program"),
    ("script", b"#!/bin/sh\necho\n", "file-is-program"),
    ("excel-4", b"\x09\x04\x06\x00" + bytes(60), "file-is-older"),
    ("lotus", b"\0\0\x02\0\x06\x04" + bytes(60), "file-is-older"),
    (
        "excel-2003-xml",
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "file-is-xml",
    ),
    ("fods", b'<?xml version="1.0"?><office:document office:mimetype="application/vnd.oasis"/>', "file-is-xml"),
    ("xlsx-with-a-password", ole("EncryptionInfo", "EncryptedPackage"), PASSWORD),
    ("xls-with-a-password", ole("Workbook", content=bytes(128) + _BIFF + b"\x2f\x00\x06\x00" + bytes(500)), PASSWORD),
    (
        "ods-with-a-password",
        archive_of(("mimetype", _ODS), ("META-INF/manifest.xml", b"<m><encryption-data/></m>")),
        PASSWORD,
    ),
    ("eleven-megabytes", b"PK\x03\x04" + bytes(11_000_000), TOO_LARGE),
):
    add(f"kind-{_name}", lambda content=_content: content, _code)

add("ods-sound", lambda: _ods(f"<table:table-row>{_ODS_CELL.format(3)}</table:table-row>"), READS)
add(
    "ods-of-17-billion-cells",
    lambda: _ods(f'<table:table-row table:number-rows-repeated="1048576">{_ODS_CELL.format(16384)}</table:table-row>'),
    FAILED,
    DAMAGED,
    TOO_LARGE,
    harmless=False,
)
add(
    "ods-of-3-million-cells",
    lambda: _ods(f'<table:table-row table:number-rows-repeated="3000">{_ODS_CELL.format(1000)}</table:table-row>'),
    TOO_LARGE,
    FAILED,
    harmless=False,
)
add(
    "ods-repeated-4-billion-times",
    lambda: _ods(
        f'<table:table-row table:number-rows-repeated="4294967295">{_ODS_CELL.format(4294967295)}</table:table-row>'
    ),
    FAILED,
    DAMAGED,
    TOO_LARGE,
    harmless=False,
)
add("ods-unclosed", lambda: _ods("<table:table-row>"), DAMAGED, FAILED)
add(
    "ods-entities",
    lambda: _ods(
        '<table:table-row><table:table-cell office:value-type="string"><text:p>&a;</text:p></table:table-cell>'
        "</table:table-row>",
        '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ),
    UNSAFE,
    DAMAGED,
)
add("ods-bomb", lambda: zipped([("mimetype", _ODS), ("content.xml", bytes(90_000_000))]), UNSAFE, DAMAGED)
add("ods-without-content", lambda: archive_of(("mimetype", _ODS)), DAMAGED, FAILED)
add("xls-of-noise", lambda: ole("Workbook", content=_BIFF + Random(3).randbytes(9000)), DAMAGED, FAILED)
add("xls-of-nuls", lambda: ole("Workbook", content=bytes(9000)), DAMAGED, FAILED)
add(
    "xlsb-of-noise",
    lambda: archive_of(
        (
            "[Content_Types].xml",
            TYPES.replace(
                "openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "ms-excel.sheet.binary.macroEnabled.main"
            ).encode(),
        ),
        ("_rels/.rels", relations(("r1", "officeDocument", "xl/workbook.bin")).encode()),
        ("xl/workbook.bin", Random(4).randbytes(900)),
    ),
    DAMAGED,
    FAILED,
)
add("xlsb-without-parts", lambda: archive_of(("xl/workbook.bin", b"")), DAMAGED)
add(
    "xlsb-that-is-xml-elsewhere",
    lambda: archive_of(
        (
            "[Content_Types].xml",
            TYPES.replace(
                "openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "ms-excel.sheet.binary.macroEnabled.main"
            ).encode(),
        ),
        ("_rels/.rels", relations(("r1", "officeDocument", "book.xml")).encode()),
        ("book.xml", b"<workbook/>"),
    ),
    DAMAGED,
)
add(
    "xlsb-that-is-xml",
    lambda: with_part(
        "[Content_Types].xml",
        TYPES.replace(
            "openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "ms-excel.sheet.binary.macroEnabled.main"
        ),
    ),
    READS,
)
