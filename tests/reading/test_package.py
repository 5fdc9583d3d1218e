"""Telling kinds of files apart, and opening zip packages safely."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading.workbooks import pack, parts

from kil_xlsx.errors import FileRefused
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.kinds import FileKind, sniff
from kil_xlsx.reading.package import Limits, Package

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def make_zip(
    parts: list[tuple[str, bytes]],
    method: int = zipfile.ZIP_DEFLATED,
    attributes: int | None = None,
    comment: bytes = b"",
) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # duplicate names are made on purpose
        archive.comment = comment
        for name, content in parts:
            info = zipfile.ZipInfo("placeholder", (2026, 1, 1, 0, 0, 0))
            info.filename = name
            info.compress_type = method
            if attributes is not None:
                info.create_system = 3
                info.external_attr = attributes
            archive.writestr(info, content)
    return buffer.getvalue()


def ole(*streams: str) -> bytes:
    records = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *streams))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + records


def code_of(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(FileRefused) as caught:
        package = Package(data, limits)
        for name in package.names:
            package.read(name)
    return caught.value.code


def content_types(word: str) -> bytes:
    return make_zip([("[Content_Types].xml", f"<Types><Override ContentType='{word}'/></Types>".encode())])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", FileKind.EMPTY),
        (b"%PDF-1.7\n", FileKind.PDF),
        (b"\x89PNG\r\n\x1a\n", FileKind.IMAGE),
        (b"\xff\xd8\xff\xe0", FileKind.IMAGE),
        (b"<!DOCTYPE html><html>", FileKind.HTML),
        (b"  <table><tr><td>1", FileKind.HTML),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", FileKind.XML),
        (b"name,answer\nA,1\n", FileKind.TEXT),
        ("Fähigkeit;Antwort\r\n".encode("cp1252"), FileKind.TEXT),
        ("name\tanswer\n".encode("utf-16"), FileKind.TEXT),
        (b"{\\rtf1", FileKind.WORD),
        (b"Received: from mail", FileKind.MESSAGE),
        (b"\x00\x01\x02\x03", FileKind.UNKNOWN),
        (ole("Workbook"), FileKind.XLS),
        (ole("EncryptedPackage", "EncryptionInfo"), FileKind.PASSWORD),
        (ole("WordDocument"), FileKind.WORD),
        (ole("__substg1.0_0037001F"), FileKind.MESSAGE),
        (ole("Other"), FileKind.UNKNOWN),
        (content_types(XLSX_TYPE), FileKind.XLSX),
        (content_types("application/vnd.ms-excel.sheet.macroEnabled.main+xml"), FileKind.XLSM),
        (content_types("application/vnd.ms-excel.sheet.binary.macroEnabled.main"), FileKind.XLSB),
        (
            content_types("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
            FileKind.WORD,
        ),
        (make_zip([("ppt/presentation.xml", b"")]), FileKind.POWERPOINT),
        (make_zip([("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")]), FileKind.ODS),
        (make_zip([("mimetype", b"application/vnd.oasis.opendocument.text")]), FileKind.WORD),
        (make_zip([("Index/Document.iwa", b"")]), FileKind.NUMBERS),
        (make_zip([("answers/return.xlsx", b"")]), FileKind.ZIP),
        (make_zip([("xl\\workbook.xml", b"")])[:-30], FileKind.XLSX),
    ],
)
def test_kinds_are_told_by_content(data: bytes, kind: FileKind) -> None:
    """Each kind of file that people send by mistake gets its own name, and damaged workbooks stay workbooks."""
    assert sniff(data) is kind
    assert kind.words


@settings(max_examples=150)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
)
def test_telling_the_kind_never_fails(data: bytes, start: bytes) -> None:
    """Any bytes at all have a kind, and opening them as a package raises nothing but a refusal."""
    assert sniff(start + data) in FileKind
    try:
        Package(start + data)
    except FileRefused as refused:
        assert refused.code.startswith("file-")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_parts_come_back(method: int) -> None:
    """Parts are read back whole, whatever case their name is asked for in and whichever slash it was written with."""
    package = Package(make_zip([("xl\\SharedStrings.xml", b"text" * 99), ("folder/", b""), ("b", b"")], method))
    assert package.names == ("xl/SharedStrings.xml", "b")
    assert package.read("xl/sharedStrings.xml") == b"text" * 99
    assert "XL/SHAREDSTRINGS.XML" in package
    with pytest.raises(FileRefused):
        package.read("c")


def test_streamed_packages_are_read() -> None:
    """Packages written to a stream, with the sizes behind each part, are read like any other."""

    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"1" * 50)
        archive.writestr("b", b"2" * 50)
        with archive.open("c", "w", force_zip64=True) as part:
            part.write(b"3" * 50)
    package = Package(stream.getvalue())
    assert [package.read(name)[:1] for name in package.names] == [b"1", b"2", b"3"]


def test_bytes_added_behind_by_a_mail_gateway_are_tolerated() -> None:
    """A few bytes after the end of the archive do no harm; in front of it they are refused."""
    data = make_zip([("a", b"1")])
    assert Package(data + b"\r\n-- scanned --\r\n").read("a") == b"1"
    assert code_of(b"junk" + data) in ("file-unsafe", "file-damaged")
    assert code_of(data + b"x" * 70_000) == "file-damaged"
    assert Package(make_zip([("a", b"1")], comment=b"hello")).read("a") == b"1"


def test_two_archives_in_one_file_are_refused() -> None:
    """Joined archives, of which programs read either the first or the second, are refused."""
    one, two = make_zip([("a", b"1")]), make_zip([("a", b"2")])
    assert code_of(one + two) in ("file-unsafe", "file-damaged")


@pytest.mark.parametrize(
    "names",
    [
        ["a", "A"],
        ["a/b", "a\\b"],
        ["a", "a"],
        ["../a"],
        ["a/../../b"],
        ["/etc/passwd"],
        ["C:/a"],
        ["..\\a"],
        ["a\x01"],
    ],
)
def test_tricks_with_names_are_refused(names: list[str]) -> None:
    """Names given twice, and names that lead outside the package, are refused before anything is unpacked."""
    assert code_of(make_zip([(name, b"1") for name in names])) == "file-unsafe"


def test_a_nul_in_a_name_is_refused() -> None:
    """A name with a NUL, at which other programs would cut it, is refused."""
    assert code_of(make_zip([("aXb", b"1")]).replace(b"aXb", b"a\0b")) == "file-unsafe"


def test_links_are_refused() -> None:
    """An entry that is a symbolic link is refused."""
    assert code_of(make_zip([("a", b"/etc/passwd")], attributes=0o120777 << 16)) == "file-unsafe"
    assert Package(make_zip([("a", b"1")], attributes=0o100644 << 16)).read("a") == b"1"


def test_other_methods_of_packing_are_refused() -> None:
    """Only the two methods that office programs use are unpacked."""
    assert code_of(make_zip([("a", b"1" * 99)], zipfile.ZIP_BZIP2)) == "file-unsafe"


def test_encrypted_entries_are_named_as_such() -> None:
    """A zip with a password gets the refusal about passwords."""
    data = bytearray(make_zip([("a", b"1")]))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert code_of(bytes(data)) == "file-password"


def test_local_names_have_to_agree_with_the_directory() -> None:
    """A part that is called one thing in front and another in the directory is refused."""
    data = make_zip([("good.xml", b"1")])
    assert code_of(data.replace(b"good.xml", b"evil.xml", 1)) == "file-unsafe"


def test_overlapping_entries_are_refused() -> None:
    """Two directory entries that share one compressed stream are refused."""
    data = make_zip([("a", b"1" * 40), ("b", b"1" * 40)])
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    crafted = bytearray(data)
    crafted[second + 42 : second + 46] = struct.pack("<L", 0)
    assert code_of(bytes(crafted)) == "file-unsafe"


def test_bytes_between_parts_are_refused() -> None:
    """Bytes that belong to no part, where a second set of contents could hide, are refused."""
    data = make_zip([("a", b"1")], zipfile.ZIP_STORED)
    at = data.index(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    moved = struct.pack("<L", at + 5)
    crafted = data[:at] + b"extra" + data[at : end + 16] + moved + data[end + 20 :]
    assert code_of(crafted) == "file-unsafe"


def test_an_entry_that_lies_about_its_size_is_refused() -> None:
    """A part that unpacks to more than its stated size is stopped at that size."""
    content = b"A" * 5000
    data = make_zip([("a", content)]).replace(struct.pack("<L", 5000), struct.pack("<L", 10))
    assert code_of(data) == "file-unsafe"


def test_a_wrong_checksum_is_damage() -> None:
    """A part whose bytes were changed on the way is refused."""
    data = make_zip([("a", b"answers")], zipfile.ZIP_STORED)
    assert code_of(data.replace(b"answers", b"answerz")) == "file-damaged"
    wrong = struct.pack("<L", zlib.crc32(b"answers"))
    assert code_of(data.replace(wrong, b"\1\2\3\4")) == "file-damaged"


def test_every_cut_of_a_file_is_refused() -> None:
    """A file cut off anywhere is refused, never half read."""
    data = make_zip([("a", b"one" * 20), ("b", b"two" * 20)])
    for length in range(len(data)):
        assert code_of(data[:length]) in ("file-damaged", "file-unsafe")


@pytest.mark.parametrize(
    ("field", "limit", "code"),
    [
        ("file_bytes", None, "file-too-large"),
        ("entries", 3, "file-unsafe"),
        ("part_bytes", 300, "file-unsafe"),
        ("inflated_bytes", 600, "file-unsafe"),
    ],
)
def test_limits_hold_exactly(field: str, limit: int | None, code: str) -> None:
    """A package at a limit is read, one beyond it is refused."""
    data = make_zip([("a", b"1" * 100), ("b", b"2" * 200), ("c", b"3" * 300)])
    limit = len(data) if limit is None else limit
    assert Package(data, Limits(**{field: limit})).read("c") == b"3" * 300
    Package(data, Limits(**{field: limit + 1}))
    assert code_of(data, Limits(**{field: limit - 1})) == code


def test_zip_bombs_are_refused_before_they_are_unpacked() -> None:
    """A part that is packed more than 200 times is refused, unless it is small."""
    assert code_of(make_zip([("a", bytes(2_000_000))])) == "file-unsafe"
    assert Package(make_zip([("a", bytes(100 * 1024))])).read("a") == bytes(100 * 1024)
    assert code_of(make_zip([("a", bytes(100 * 1024 + 1))])) == "file-unsafe"


def test_all_reads_together_count() -> None:
    """Reading one part again and again cannot get round the limit on what is unpacked."""
    package = Package(make_zip([("a", b"1" * 100)]), Limits(inflated_bytes=250))
    package.read("a")
    package.read("a")
    with pytest.raises(FileRefused):
        package.read("a")


@pytest.mark.parametrize(
    ("field", "limit", "rest", "names"),
    [
        ("merges", 2, '<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="A2:B2"/></mergeCells>', ""),
        ("validations", 2, f"<dataValidations>{'<dataValidation/>' * 2}</dataValidations>", ""),
        ("ranges", 3, '<dataValidations><dataValidation sqref="A1 A2 A3"/></dataValidations>', ""),
        ("names", 2, "", "<definedNames>" + '<definedName name="a">1</definedName>' * 2 + "</definedNames>"),
        ("xml_elements", 5, "", ""),
        ("xml_namespaces", 7, '<a xmlns:b="u:b"/>', ""),
        ("formula_text", 3, "", ""),
    ],
)
def test_limits_on_what_parts_hold(field: str, limit: int, rest: str, names: str) -> None:
    """A workbook at a limit is read, one beyond it is refused."""
    rows = '<row r="1"><c r="A1"><f t="shared" si="0">1+1</f></c></row>'
    if field == "formula_text":
        rows += '<row r="2"><c r="A2"><f t="shared" si="0"/></c></row>'
    data = pack({**parts(rows, rest=rest), **_with_names(names)})
    assert read_workbook(data, Limits(**{field: limit})).sheets
    with pytest.raises(FileRefused) as caught:
        read_workbook(data, Limits(**{field: limit - 1}))
    assert caught.value.code == ("file-unsafe" if field == "xml_namespaces" else "file-too-large")


def _with_names(names: str) -> dict[str, str]:
    book = parts()["xl/workbook.xml"]
    return {"xl/workbook.xml": book.replace("</sheets>", f"</sheets>{names}")}
