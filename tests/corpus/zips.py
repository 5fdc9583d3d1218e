"""Packages that are damaged, lie or are built like an attack."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from random import Random

from corpus.cases import (
    CENTRAL,
    DAMAGED,
    END,
    LOCAL,
    OTHER,
    PASSWORD,
    READS,
    SHEET,
    UNSAFE,
    add,
    altered,
    plain,
    with_part,
    zipped,
)
from reading.workbooks import TYPES


def _overlapping() -> bytes:
    """Many entries of the table of contents that share one packed stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = bytes(20_000_000)
    packed = packer.compress(content) + packer.flush()
    crc = zlib.crc32(content)
    header = struct.pack("<4s5H3L2H", LOCAL, 20, 0, 8, 0, 33, crc, len(packed), len(content), 2, 0) + b"aa"
    body = header + packed
    table = b"".join(
        struct.pack("<4s6H3L5H2L", CENTRAL, 20, 20, 0, 8, 0, 33, crc, len(packed), len(content), 2, 0, 0, 0, 0, 0, 0)
        + bytes((97 + at // 26, 97 + at % 26))
        for at in range(200)
    )
    end = struct.pack("<4s4H2LH", END, 0, 0, 200, 200, len(table), len(body), 0)
    return body + table + end


def _quoted() -> bytes:
    """Entries nested in one another: each one's packed bytes run over the next one's header."""
    data = bytearray(zipped([("aa", b"1" * 40), ("bb", b"2" * 40)], zipfile.ZIP_STORED))
    at = data.rindex(CENTRAL, 0, data.rindex(CENTRAL))
    for place in (at + 20, at + 24):
        data[place : place + 4] = struct.pack("<L", 40 + 32 + 40)
    local = data.rindex(LOCAL, 0, data.rindex(LOCAL))
    for place in (local + 18, local + 22):
        data[place : place + 4] = struct.pack("<L", 40 + 32 + 40)
    return bytes(data)


def _zip64(size: int) -> bytes:
    """A table of contents that gives a part a size of its own in 64 bits."""
    data = plain()
    at = data.index(CENTRAL)
    name, extra = struct.unpack_from("<HH", data, at + 28)
    field = struct.pack("<HHQ", 1, 8, size)
    entry = bytearray(data[at : at + 46 + name])
    entry[24:28], entry[30:32] = b"\xff" * 4, struct.pack("<H", len(field))
    end = bytearray(data[data.rindex(END) :])
    end[12:16] = struct.pack("<L", struct.unpack_from("<L", end, 12)[0] + len(field) - extra)
    return data[:at] + bytes(entry) + field + data[at + 46 + name + extra : data.rindex(END)] + bytes(end)


def _nested_bomb() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50_000_000))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(16):
            archive.writestr(f"{number}.zip", inner.getvalue())
    return outer.getvalue()


def _flipped(seed: int) -> bytes:
    random = Random(seed)
    data = bytearray(plain())
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


add("sound", plain, READS)
add("zip-bomb-in-a-sheet", lambda: with_part(SHEET, bytes(100_000_000)), UNSAFE)
add("zip-bomb-in-a-picture", lambda: zipped([("xl/media/image1.png", bytes(55_000_000))]), UNSAFE)
add("zip-bomb-of-many-parts", lambda: zipped([(f"p{at}", bytes(99_000)) for at in range(480)]), READS)
add("zip-bomb-nested", _nested_bomb, "file-is-zip")
add("zip-bomb-nested-in-a-workbook", lambda: zipped([("xl/media/more.zip", _nested_bomb())]), READS)
add("zip-bomb-overlapping", _overlapping, "file-is-zip")
add("zip-entries-inside-one-another", _quoted, UNSAFE)
add("zip-with-501-entries", lambda: zipped([(f"p{at}", b"") for at in range(501 - 6)]), UNSAFE)
add("zip-with-500-entries", lambda: zipped([(f"p{at}", b"") for at in range(500 - 6)]), READS)
add("zip-with-60000-entries", lambda: zipped([(f"p{at}", b"") for at in range(60_000)]), UNSAFE)
add("zip-name-twice", lambda: zipped([(SHEET, b"<x/>")]), UNSAFE)
add("zip-name-twice-but-for-case", lambda: zipped([(SHEET.upper(), b"<x/>")]), UNSAFE)
add("zip-name-twice-but-for-slashes", lambda: zipped([(SHEET.replace("/", "\\"), b"<x/>")]), UNSAFE)
add("zip-name-absolute", lambda: zipped([("/planted", b"x")]), UNSAFE)
add("zip-name-upwards", lambda: zipped([("../planted", b"x")]), UNSAFE)
add("zip-name-upwards-inside", lambda: zipped([("xl/../../planted", b"x")]), UNSAFE)
add("zip-name-upwards-backslash", lambda: zipped([("..\\planted", b"x")]), UNSAFE)
add("zip-name-with-a-drive", lambda: zipped([("C:/planted", b"x")]), UNSAFE)
add("zip-name-with-control-characters", lambda: zipped([("a\x1b[2J", b"x")]), UNSAFE)
add("zip-name-with-nul", lambda: zipped([("aXb", b"x")]).replace(b"aXb", b"a\0b"), UNSAFE)
add("zip-name-empty", lambda: zipped([("", b"x")]), UNSAFE)
add("zip-name-of-64000-characters", lambda: zipped([("n" * 64_000, b"x")]), READS)
add("zip-link", lambda: zipped([("xl/link", b"/etc/passwd")], mode=0o120777), UNSAFE)
add("zip-device", lambda: zipped([("xl/device", b"")], mode=0o020666), UNSAFE)
add("zip-fifo", lambda: zipped([("xl/pipe", b"")], mode=0o010666), UNSAFE)
add("zip-packed-with-bzip2", lambda: zipped([("a", b"x" * 99)], zipfile.ZIP_BZIP2), UNSAFE)
add("zip-packed-with-lzma", lambda: zipped([("a", b"x" * 99)], zipfile.ZIP_LZMA), UNSAFE)
add("zip-encrypted", lambda: altered(CENTRAL, 8, b"\1"), PASSWORD)
add("zip-encrypted-strongly", lambda: altered(CENTRAL, 8, b"\x41"), PASSWORD)
add("zip-encrypted-in-front-only", lambda: altered(LOCAL, 6, b"\1"), PASSWORD)
add("zip-method-unknown", lambda: altered(CENTRAL, 10, b"\x63\0"), UNSAFE)
add("zip-two-methods", lambda: altered(LOCAL, 8, b"\0\0"), UNSAFE)
add("zip-two-names", lambda: altered(b"[Content_Types]", 1, b"X"), UNSAFE, DAMAGED)
add("zip-two-sizes", lambda: altered(LOCAL, 22, b"\1\0\0\0"), UNSAFE)
add("zip-size-too-small", lambda: _zip_size(10), UNSAFE)
add("zip-size-too-large", lambda: _zip_size(90_000), DAMAGED)
add("zip-size-beyond-all-limits", lambda: _zip_size(0xFFFFFFF0), UNSAFE)
add("zip64-honest", lambda: _zip64(len(TYPES)), READS)
add("zip64-lie", lambda: _zip64(1 << 62), UNSAFE)
add("zip64-negative", lambda: _zip64((1 << 64) - 1), UNSAFE)
add("zip64-field-missing", lambda: altered(CENTRAL, 24, b"\xff" * 4), UNSAFE)
add("zip-descriptor-promised-but-absent", lambda: altered(LOCAL, 6, b"\x08"), READS)
add("zip-checksum-wrong", lambda: altered(LOCAL, 14, b"\1\2\3\4", data=altered(CENTRAL, 16, b"\1\2\3\4")), READS)
add("zip-sheet-checksum-wrong", lambda: _sheet_checksum(), DAMAGED)
add("zip-junk-in-front", lambda: b"MZ\0\0" + bytes(60) + plain(), "file-is-program")
add("zip-text-in-front", lambda: b"hello\n" + plain(), OTHER)
add("zip-two-joined", lambda: plain() + plain(), UNSAFE, DAMAGED)
add("zip-bytes-between", lambda: _gap(), UNSAFE)
add("zip-tail-of-a-mail-gateway", lambda: plain() + b"\r\n-- \r\nscanned\r\n", READS)
add("zip-tail-of-70000-bytes", lambda: plain() + b"x" * 70_000, DAMAGED)
add("zip-end-record-in-the-comment", lambda: zipped([], comment=END + bytes(18)), UNSAFE, DAMAGED)
add("zip-in-volumes", lambda: altered(END, 4, b"\1\0", last=True), DAMAGED)
add("zip-count-too-small", lambda: altered(END, 8, b"\1\0\1\0", last=True), DAMAGED)
add("zip-count-too-large", lambda: altered(END, 8, b"\x40\0\x40\0", last=True), DAMAGED)
add("zip-table-elsewhere", lambda: altered(END, 16, b"\0\0\0\0", last=True), UNSAFE)
add("zip-without-entries", lambda: END + bytes(18), "file-is-zip")
add("zip-header-only", lambda: b"PK\x03\x04", "file-is-zip")
for _share in (1, 5, 20, 40, 60, 80, 95, 99):
    add(
        f"cut-after-{_share}-percent",
        lambda share=_share: plain()[: len(plain()) * share // 100],
        DAMAGED,
        "file-is-zip",
    )
for _seed in range(24):
    add(
        f"bit-flipped-{_seed}",
        lambda seed=_seed: _flipped(seed),
        READS,
        DAMAGED,
        UNSAFE,
        PASSWORD,
        "file-is-zip",
        OTHER,
    )


def _zip_size(size: int) -> bytes:
    data = bytearray(plain())
    first = data.index(SHEET.encode())
    second = data.index(SHEET.encode(), first + 1)
    for at in (first - 30 + 22, second - 46 + 24):
        data[at : at + 4] = struct.pack("<L", size)
    return bytes(data)


def _sheet_checksum() -> bytes:
    data = bytearray(plain())
    first = data.index(SHEET.encode())
    second = data.index(SHEET.encode(), first + 1)
    data[first - 30 + 14 : first - 30 + 18] = data[second - 46 + 16 : second - 46 + 20] = b"\1\2\3\4"
    return bytes(data)


def _gap() -> bytes:
    data = plain()
    at, end = data.index(CENTRAL), data.rindex(END)
    return data[:at] + b"extra" + data[at : end + 16] + struct.pack("<L", at + 5) + data[end + 20 :]
