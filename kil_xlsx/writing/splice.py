"""Many workbooks from one: only the texts that differ are written anew, all else is copied as it is compressed.

A finished workbook with stand-ins (single characters, see :mod:`kil_xlsx.layout.variants`) is cut at them once.  What
lies between is compressed piece by piece, each piece so that it refers to nothing outside itself; a workbook is then
these pieces with the texts between them, uncompressed.  The check value of a part follows from those of its pieces
without reading them again.  So the cost of a workbook is that of its few texts, and of writing it to the disk.

The file formats are those of PKWARE's APPNOTE 6.3 (sections 4.3.7, 4.3.12 and 4.3.16), RFC 1951 (section 3.2.4,
blocks without compression) and the check value of ITU-T V.42.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape

from kil_xlsx.errors import LayoutError
from kil_xlsx.writing.engine import coded

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_SIZES = slice(14, 26)
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_CENTRAL_SIZES = slice(16, 28)
_SIZES = struct.Struct("<3L")
_OFFSET = struct.Struct("<L")
_END = struct.Struct("<4s4H2LH")
_BLOCK = struct.Struct("<BHH")
_MOST_UNCOMPRESSED = 0xFFFF
"""Bytes of a block without compression."""

_SHORT = 256
"""Bytes that are checked again sooner than looked up."""

_FOUR_BYTES = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")
_CELLS = ("t", "v")
"""The elements with the texts of cells."""

_WITHIN = re.compile(rb"<([A-Za-z:]+)[^<>]*>[^<>]*\Z")
_BESIDE_A_CODE = frozenset(b"_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class _Check:
    """Goes on with a check value over bytes that are known beforehand, without reading them again.

    Check values are linear: what a bit of the value becomes over so many bytes is the same whatever the bytes are.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._value = zlib.crc32(data)
        self._tables: list[list[int]] = []
        if len(data) > _SHORT:
            zeros = bytes(len(data))
            of_zeros = zlib.crc32(zeros)
            bits = [zlib.crc32(zeros, 1 << bit) ^ of_zeros for bit in range(32)]
            self._tables = [_combinations(bits[start : start + 8]) for start in range(0, 32, 8)]
            self._data = b""

    def after(self, value: int) -> int:
        """The check value of something that has this one, followed by the bytes."""
        if not self._tables:
            return zlib.crc32(self._data, value)
        first, second, third, fourth = self._tables
        moved = first[value & 255] ^ second[value >> 8 & 255] ^ third[value >> 16 & 255] ^ fourth[value >> 24]
        return moved ^ self._value


def _combinations(bits: list[int]) -> list[int]:
    """What each of 256 values becomes, from what its eight bits become."""
    found = [0]
    for bit in bits:
        found += [each ^ bit for each in found]
    return found


class _Piece(NamedTuple):
    """A piece of a part that is the same in every workbook: compressed, how long it is, and its check."""

    compressed: bytes
    length: int
    check: _Check


class _Gap(NamedTuple):
    """Where a text goes: ``element`` is the XML element that it is written into."""

    stand_in: str
    element: str


class _Heading(NamedTuple):
    """What says something about a part: all that stands before its check value and sizes, and what stands after."""

    before: bytes
    after: bytes


class _Fixed(NamedTuple):
    """A part without gaps: all that stands at its place in the file, and its entry in the directory but for where."""

    record: bytes
    entry: bytes
    name: bytes


class _Varying(NamedTuple):
    """A part with gaps, each with the piece that comes after it; ``local`` and ``entry`` are its two headings."""

    first: _Piece
    rest: tuple[tuple[_Gap, _Piece], ...]
    local: _Heading
    entry: _Heading
    name: bytes


class Template:
    """A finished workbook with stand-ins, from which others are made by :meth:`fill`."""

    def __init__(self, data: bytes, stand_ins: Collection[str]) -> None:
        """Cut a workbook at its stand-ins.

        :raises LayoutError: a stand-in is nowhere, or stands where a text cannot simply be put.
        """
        by_bytes = {each.encode(): each for each in stand_ins}
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self._parts = [_part(data, info, archive.read(info), by_bytes) for info in archive.infolist()]
        self._gaps = {gap for part in self._parts if isinstance(part, _Varying) for gap, _ in part.rest}
        if {gap.stand_in for gap in self._gaps} != set(stand_ins):
            raise LayoutError("Some of the texts in which the workbooks differ stand nowhere in them.")

    def fill(self, texts: Mapping[str, str]) -> bytes:
        """The workbook with these texts for the stand-ins."""
        written = {}
        for gap in self._gaps:
            words = _escaped(texts[gap.stand_in], gap.element)
            written[gap] = (words, _uncompressed(words))
        file: list[bytes] = []
        directory: list[bytes] = []
        position = 0
        for part in self._parts:
            offset = _OFFSET.pack(position)
            if isinstance(part, _Fixed):
                file.append(part.record)
                directory += (part.entry, offset, part.name)
                position += len(part.record)
            else:
                pieces, check, length = _filled(part, written)
                compressed = sum(map(len, pieces))
                sizes = _SIZES.pack(check, compressed, length)
                file += (part.local.before, sizes, part.local.after, part.name)
                file += pieces
                directory += (part.entry.before, sizes, part.entry.after, offset, part.name)
                position += _LOCAL.size + len(part.name) + compressed
        count, length = len(self._parts), sum(map(len, directory))
        return b"".join((*file, *directory, _END.pack(b"PK\5\6", 0, 0, count, count, length, position, 0)))


def _filled(part: _Varying, written: Mapping[_Gap, tuple[bytes, bytes]]) -> tuple[list[bytes], int, int]:
    """The content of a part as it is in the file, its check value and its length."""
    pieces = [part.first.compressed]
    check, length = part.first.check.after(0), part.first.length
    for gap, piece in part.rest:
        words, block = written[gap]
        pieces += (block, piece.compressed)
        check = piece.check.after(zlib.crc32(words, check))
        length += len(words) + piece.length
    return pieces, check, length


def _part(data: bytes, info: zipfile.ZipInfo, content: bytes, stand_ins: Mapping[bytes, str]) -> _Fixed | _Varying:
    """A part of a finished workbook, cut at its stand-ins."""
    if info.flag_bits or info.extra or info.comment or not info.filename.isascii():
        raise LayoutError(f"The part {info.filename} of the workbook is not packed in the plain way.")
    name = info.filename.encode()
    places = [found.start() for found in _FOUR_BYTES.finditer(content) if found[0] in stand_ins]
    if not places:
        start = info.header_offset
        record = data[start : start + _LOCAL.size + len(name) + info.compress_size]
        return _Fixed(record, _entry(info, info.CRC, info.compress_size, info.file_size)[: -_OFFSET.size], name)
    info.compress_type = zipfile.ZIP_DEFLATED
    ends = [*places[1:], len(content)]
    pieces = [_piece(content[at + 4 : end], is_last=end == len(content)) for at, end in zip(places, ends, strict=True)]
    gaps = [_Gap(stand_ins[content[at : at + 4]], _element(content, at)) for at in places]
    local, entry = _local(info), _entry(info)[: -_OFFSET.size]
    return _Varying(
        _piece(content[: places[0]], is_last=False),
        tuple(zip(gaps, pieces, strict=True)),
        _Heading(local[: _LOCAL_SIZES.start], local[_LOCAL_SIZES.stop :]),
        _Heading(entry[: _CENTRAL_SIZES.start], entry[_CENTRAL_SIZES.stop :]),
        name,
    )


def _element(content: bytes, at: int) -> str:
    """The element that a stand-in is in the words of.  LayoutError where a text would not be words there."""
    found = _WITHIN.search(content, max(0, content.rfind(b"<", 0, at)), at)
    element = found[1].decode() if found else ""
    # A code of a control character, such as _x0009_, must not come about by joining two texts.
    joined = element in _CELLS and {content[at - 1], content[at + 4]} & _BESIDE_A_CODE
    if element in ("", "f") or joined:
        raise LayoutError("A text in which the workbooks differ stands where it cannot simply be put.")
    return element


def _escaped(text: str, element: str) -> bytes:
    """A text as it stands in an element."""
    if element in _CELLS:
        text = coded(text)
    elif element == "definedName":
        text = text.replace('"', '""')
    return escape(text).encode()


def _piece(content: bytes, *, is_last: bool) -> _Piece:
    """A piece compressed by itself; one that is not the last ends on a whole byte, for blocks to follow."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    compressed = deflate.compress(content) + deflate.flush(zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH)
    return _Piece(compressed, len(content), _Check(content))


def _uncompressed(words: bytes) -> bytes:
    """Words as blocks without compression, none of them the last of its part."""
    blocks = []
    for start in range(0, len(words), _MOST_UNCOMPRESSED):
        piece = words[start : start + _MOST_UNCOMPRESSED]
        blocks.append(_BLOCK.pack(0, len(piece), len(piece) ^ 0xFFFF) + piece)
    return b"".join(blocks)


def _local(info: zipfile.ZipInfo) -> bytes:
    """What stands before the name and the content of a part, without its check value and sizes."""
    day, time = _stamped(info)
    length = len(info.filename)
    return _LOCAL.pack(b"PK\3\4", info.extract_version, 0, info.compress_type, time, day, 0, 0, 0, length, 0)


def _entry(info: zipfile.ZipInfo, check: int = 0, compressed: int = 0, length: int = 0) -> bytes:
    """A part's entry in the directory at the end of the file, up to its name; where it stands is still to be said."""
    day, time = _stamped(info)
    return _CENTRAL.pack(
        b"PK\1\2", info.create_version | info.create_system << 8, info.extract_version, 0, info.compress_type,
        time, day, check, compressed, length, len(info.filename), 0, 0, 0, info.internal_attr, info.external_attr, 0,
    )  # fmt: skip


def _stamped(info: zipfile.ZipInfo) -> tuple[int, int]:
    """Day and time as such files have them."""
    year, month, day, hour, minute, second = info.date_time
    return (year - 1980) << 9 | month << 5 | day, hour << 11 | minute << 5 | second >> 1
