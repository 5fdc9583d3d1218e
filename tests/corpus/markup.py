"""XML that is damaged, endless or asks for files and addresses."""

from __future__ import annotations

from corpus.cases import (
    DAMAGED,
    READS,
    ROWS,
    SHEET,
    TOO_LARGE,
    UNSAFE,
    add,
    noise,
    padded,
    with_cell,
    with_doctype,
    with_part,
    with_sheet,
)
from reading.workbooks import TYPES, sheet_xml

_LAUGHS = "[<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)) + "]"
_USE = '<row r="9"><c r="A9" t="str"><v>&{};</v></c></row>'

add("xml-billion-laughs", lambda: with_doctype(_LAUGHS, _USE.format("a9")), UNSAFE)
add(
    "xml-quadratic",
    lambda: with_doctype(f"[<!ENTITY a '{'x' * 50_000}'>]", _USE.format("a;" + "&a;" * 5000 + "&a")),
    UNSAFE,
)
add("xml-external-entity", lambda: with_doctype('[<!ENTITY a SYSTEM "file:///etc/passwd">]', _USE.format("a")), UNSAFE)
add("xml-web-entity", lambda: with_doctype('[<!ENTITY a SYSTEM "http://127.0.0.1:9/a">]', _USE.format("a")), UNSAFE)
add("xml-parameter-entity", lambda: with_doctype('[<!ENTITY % a SYSTEM "file:///dev/zero"> %a;]'), UNSAFE)
add("xml-external-document-type", lambda: with_doctype('SYSTEM "http://127.0.0.1:9/a.dtd"'), UNSAFE)
add("xml-empty-document-type", lambda: with_doctype(""), UNSAFE)
add("xml-attribute-defaults", lambda: with_doctype('[<!ATTLIST c t CDATA "s">]'), UNSAFE)
add("xml-document-type-in-content-types", lambda: with_part("[Content_Types].xml", "<!DOCTYPE a>" + TYPES), READS)
add("xml-document-type-in-relationships", lambda: with_part("_rels/.rels", "<!DOCTYPE a><a/>"), UNSAFE)
add("xml-document-type-in-strings", lambda: with_part("xl/sharedStrings.xml", "<!DOCTYPE a><a/>"), UNSAFE)
add("xml-entity-unknown", lambda: with_sheet(_USE.format("unknown")), DAMAGED)
add(
    "xml-inclusion",
    lambda: with_sheet(ROWS, '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'),
    READS,
)
add(
    "xml-processing-instruction",
    lambda: with_part(SHEET, '<?xml-stylesheet href="http://127.0.0.1:9/"?>' + sheet_xml(ROWS)),
    READS,
)
add("xml-nested-99", lambda: with_sheet(ROWS, "<a>" * 99 + "</a>" * 99), READS)
add("xml-nested-101", lambda: with_sheet(ROWS, "<a>" * 101 + "</a>" * 101), UNSAFE)
add("xml-nested-100000", lambda: with_part(SHEET, padded(sheet_xml(ROWS, "<a>" * 100_000 + "</a>" * 100_000))), UNSAFE)
add("xml-alternatives-nested", lambda: with_sheet(ROWS, "<mc:AlternateContent><mc:Fallback>" * 60), UNSAFE)
add(
    "xml-attribute-of-5-million",
    lambda: with_part(SHEET, padded(sheet_xml(ROWS, f"<a b='{'x' * 5_000_000}'/>"))),
    READS,
    harmless=False,
)
add(
    "xml-201-attributes",
    lambda: with_sheet(ROWS, "<a " + " ".join(f"a{n}=''" for n in range(201)) + "/>"),
    UNSAFE,
)
add(
    "xml-100000-attributes",
    lambda: with_sheet(ROWS, "<a " + " ".join(f"a{n}=''" for n in range(100_000)) + "/>"),
    UNSAFE,
)
add(
    "xml-10000-namespaces",
    lambda: with_sheet(ROWS, "<a " + " ".join(f"xmlns:a{n}='u:{n}'" for n in range(10_000)) + "/>"),
    UNSAFE,
)
add("xml-attribute-twice", lambda: with_sheet(ROWS, "<a b='1' b='2'/>"), DAMAGED)
add(
    "xml-7-million-elements",
    lambda: with_part(SHEET, padded(sheet_xml(ROWS, "<a/>" * 7_000_000))),
    TOO_LARGE,
    harmless=False,
)
add("xml-comment-of-30-million", lambda: with_part(SHEET, sheet_xml(ROWS) + f"<!--{'x' * 30_000_000}-->"), UNSAFE)
add("xml-comment-of-5-million", lambda: with_part(SHEET, sheet_xml(ROWS) + noise(5_000_000)), READS)
add("xml-utf-16", lambda: with_part(SHEET, sheet_xml(ROWS).encode("utf-16")), READS)
add("xml-utf-16-big-endian", lambda: with_part(SHEET, b"\xfe\xff" + sheet_xml(ROWS).encode("utf-16-be")), READS)
add("xml-utf-8-with-mark", lambda: with_part(SHEET, b"\xef\xbb\xbf" + sheet_xml(ROWS).encode()), READS)
add(
    "xml-utf-7",
    lambda: with_part(SHEET, b"<?xml version='1.0' encoding='utf-7'?>" + sheet_xml(ROWS).encode("utf-7")),
    DAMAGED,
)
add("xml-utf-32", lambda: with_part(SHEET, sheet_xml(ROWS).encode("utf-32")), DAMAGED)
add(
    "xml-latin-1",
    lambda: with_part(SHEET, b"<?xml version='1.0' encoding='iso-8859-1'?>" + sheet_xml(ROWS).encode()),
    READS,
)
add(
    "xml-encoding-unknown",
    lambda: with_part(SHEET, b"<?xml version='1.0' encoding='klingon'?>" + sheet_xml(ROWS).encode()),
    DAMAGED,
)
add("xml-utf-16-document-type", lambda: with_part(SHEET, ("<!DOCTYPE a>" + sheet_xml(ROWS)).encode("utf-16")), UNSAFE)
add("xml-version-1.1", lambda: with_part(SHEET, "<?xml version='1.1'?>" + sheet_xml(ROWS)), READS)
add("xml-not-utf-8", lambda: with_part(SHEET, sheet_xml(ROWS).encode().replace(b"1.5", b"\xff\xfe")), DAMAGED)
add("xml-overlong-utf-8", lambda: with_part(SHEET, sheet_xml(ROWS).encode().replace(b"1.5", b"\xc0\xbc")), DAMAGED)
add("xml-nul", lambda: with_part(SHEET, sheet_xml(ROWS) + "\0"), DAMAGED)
add("xml-character-reference-to-nul", lambda: with_cell("<v>&#0;</v>"), DAMAGED)
add("xml-character-reference-to-half-a-pair", lambda: with_cell("<v>&#xD800;</v>"), DAMAGED)
add("xml-empty", lambda: with_part(SHEET, ""), DAMAGED)
add("xml-blank", lambda: with_part(SHEET, "  \n"), DAMAGED)
add("xml-unclosed", lambda: with_part(SHEET, sheet_xml(ROWS)[:-5]), DAMAGED)
add("xml-two-roots", lambda: with_part(SHEET, sheet_xml(ROWS) * 2), DAMAGED)
add("xml-another-root", lambda: with_part(SHEET, "<html/>"), DAMAGED)
add("xml-without-namespace", lambda: with_part(SHEET, "<worksheet><sheetData/></worksheet>"), DAMAGED)
add("xml-not-xml", lambda: with_part(SHEET, b"\x89PNG\r\n\x1a\n"), DAMAGED)
