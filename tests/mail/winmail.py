"""A winmail.dat (TNEF) made for tests."""

from __future__ import annotations

import struct

_SIGNATURE = struct.pack("<LH", 0x223E9F78, 1)


def _attribute(level: int, name: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<BHHL", level, name, kind, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def _long_name(name: str) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    padded = raw + bytes(-len(raw) % 4)
    simple = struct.pack("<HHL", 0x0003, 0x3705, 1)  # a property of a fixed width comes first
    return struct.pack("<L", 2) + simple + struct.pack("<HHLL", 0x001F, 0x3707, 1, len(raw)) + padded


def winmail(*files: tuple[str, bytes]) -> bytes:
    """A winmail.dat with these files; short names as old programs write them, long ones as properties."""
    made = _SIGNATURE + _attribute(1, 0x9006, 8, struct.pack("<L", 0x10000))
    made += _attribute(1, 0x9007, 6, struct.pack("<LL", 1252, 0))
    for name, data in files:
        made += _attribute(2, 0x9002, 6, bytes(14))
        made += _attribute(2, 0x8010, 1, name[:6].encode("cp1252", "replace") + b"~1.XLS\0")
        made += _attribute(2, 0x800F, 6, data)
        made += _attribute(2, 0x9005, 6, _long_name(name))
    return made
