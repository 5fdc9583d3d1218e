"""Compound files (OLE) and messages of Outlook made in them, for tests: nothing that writes them can be installed.

A storage is a dict of names to bytes (streams) or dicts (storages).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT_SECTOR, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
Storage = Mapping[str, Any]


class _Writer:
    def __init__(self) -> None:
        self.entries: list[list[Any]] = []  # name, kind, left, right, child, start, size
        self.sectors: list[bytes] = []
        self.fat: list[int] = []
        self.mini = bytearray()
        self.minifat: list[int] = []

    def chain(self, data: bytes) -> int:
        """The first sector of some bytes."""
        if not data:
            return _END
        first = len(self.sectors)
        pieces = [data[at : at + _SECTOR].ljust(_SECTOR, b"\0") for at in range(0, len(data), _SECTOR)]
        self.sectors += pieces
        self.fat += [*range(first + 1, first + len(pieces)), _END]
        return first

    def small(self, data: bytes) -> int:
        if not data:
            return _END
        first = len(self.minifat)
        count = -(-len(data) // _MINI)
        self.mini += data.ljust(count * _MINI, b"\0")
        self.minifat += [*range(first + 1, first + count), _END]
        return first

    def add(self, name: str, content: bytes | Storage) -> int:
        at = len(self.entries)
        if isinstance(content, bytes):
            place = self.small(content) if len(content) < _CUTOFF else self.chain(content)
            self.entries.append([name, 2, _NONE, _NONE, _NONE, place, len(content)])
            return at
        self.entries.append([name, 1 if at else 5, _NONE, _NONE, _NONE, 0, 0])
        children = [self.add(*each) for each in content.items()]
        children.sort(key=lambda child: (len(self.entries[child][0]), self.entries[child][0].upper()))
        self.entries[at][4] = self.tree(children)
        return at

    def tree(self, children: Sequence[int]) -> int:
        if not children:
            return _NONE
        middle = len(children) // 2
        self.entries[children[middle]][2] = self.tree(children[:middle])
        self.entries[children[middle]][3] = self.tree(children[middle + 1 :])
        return children[middle]


def compound(root: Storage) -> bytes:
    """A compound file with these streams and storages."""
    writer = _Writer()
    writer.add("Root Entry", root)
    writer.entries[0][5], writer.entries[0][6] = writer.chain(bytes(writer.mini)), len(writer.mini)
    minifat = struct.pack(f"<{len(writer.minifat)}L", *writer.minifat)
    minifat += b"\xff" * (-len(minifat) % _SECTOR)
    minifat_at = writer.chain(minifat)
    directory = b"".join(_entry(*entry) for entry in writer.entries)
    directory += bytes(-len(directory) % _SECTOR)
    directory_at = writer.chain(directory)
    count = 1
    while count * 128 < len(writer.sectors) + count:
        count += 1
    assert count <= 109, "too large for this writer"
    places = list(range(len(writer.sectors), len(writer.sectors) + count))
    fat = writer.fat + [_FAT_SECTOR] * count
    fat += [_FREE] * (count * 128 - len(fat))
    header = struct.pack(
        "<8s16x6H4x9L",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6, 0),
        *(0, count, directory_at, 0, _CUTOFF, minifat_at, len(minifat) // _SECTOR, _END, 0),
    )
    header += struct.pack("<109L", *places, *[_FREE] * (109 - count))
    return header + b"".join(writer.sectors) + struct.pack(f"<{len(fat)}L", *fat)


def _entry(name: str, kind: int, left: int, right: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return raw.ljust(64, b"\0") + struct.pack("<HBB3L16x4x8x8xLQ", len(raw), kind, 1, left, right, child, start, size)


# ---- messages of Outlook ----

TEXT, BINARY, LONG, TIME, FLAG = 0x001F, 0x0102, 0x0003, 0x0040, 0x000B


def _properties(values: Mapping[tuple[int, int], Any], header: bytes) -> dict[str, bytes]:
    streams, fixed = {}, b""
    for (number, kind), value in values.items():
        if kind in (TEXT, 0x001E, BINARY):
            raw = value if isinstance(value, bytes) else value.encode("utf-16-le" if kind == TEXT else "cp1252")
            streams[f"__substg1.0_{number:04X}{kind:04X}"] = raw
            fixed += struct.pack("<HHLLL", kind, number, 6, len(raw) + (2 if kind == TEXT else 0), 0)
        elif kind == TIME:
            since = int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
            fixed += struct.pack("<HHLQ", kind, number, 6, since)
        else:
            fixed += struct.pack("<HHLQ", kind, number, 6, int(value))
    return {"__properties_version1.0": header + fixed, **streams}


def attachment(name: str, data: bytes, **more: Any) -> dict[str, Any]:
    """A file in a message; ``more`` are properties such as ``p3712_001F="logo@x"``."""
    values = {(0x3707, TEXT): name, (0x3705, LONG): 1, (0x3701, BINARY): data, **_more(more)}
    return _properties(values, bytes(8))


def embedded(name: str, message: dict[str, Any]) -> dict[str, Any]:
    """A message attached to a message."""
    values = {(0x3001, TEXT): name, (0x3705, LONG): 5}
    return {**_properties(values, bytes(8)), "__substg1.0_3701000D": message}


def _more(more: Mapping[str, Any]) -> dict[tuple[int, int], Any]:
    return {(int(key[1:5], 16), int(key[6:], 16)): value for key, value in more.items()}


def message_storage(
    *files: dict[str, Any],
    kind: str = "IPM.Note",
    subject: str = "Our return",
    sender: str = "Ann.Example@Hub.Example",
    message_id: str = "<msg-1@hub.example>",
    headers: str = "",
    sent: datetime | None = datetime(2026, 5, 12, 9, 30, tzinfo=UTC),
    body: str = "Here it is.",
    is_inner: bool = False,
    recipients: Sequence[str] = (),
    **more: Any,
) -> dict[str, Any]:
    """The storage of a message."""
    values: dict[tuple[int, int], Any] = {(0x001A, TEXT): kind, (0x0037, TEXT): subject, (0x1000, TEXT): body}
    if sender:
        values[0x5D01, TEXT] = sender
    if message_id:
        values[0x1035, TEXT] = message_id
    if headers:
        values[0x007D, TEXT] = headers
    if sent:
        values[0x0039, TIME] = sent
    values |= _more(more)
    counts = struct.pack("<8x4L", len(recipients), len(files), len(recipients), len(files))
    made: dict[str, Any] = _properties(values, counts if is_inner else counts + bytes(8))
    for number, address in enumerate(recipients):
        made[f"__recip_version1.0_#{number:08X}"] = _properties({(0x39FE, TEXT): address}, bytes(8))
    for number, file in enumerate(files):
        made[f"__attach_version1.0_#{number:08X}"] = file
    made["__nameid_version1.0"] = {
        "__substg1.0_00020102": b"",
        "__substg1.0_00030102": b"",
        "__substg1.0_00040102": b"",
    }
    return made


def outlook_message(*files: dict[str, Any], **values: Any) -> bytes:
    """The bytes of a .msg file."""
    return compound(message_storage(*files, **values))
