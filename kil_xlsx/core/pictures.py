"""What size a picture has, and whether it is whole.

A file that is cut off or damaged is refused: Excel would show a red cross in its place, or offer to repair the
workbook.
"""

from __future__ import annotations

import struct
import zlib

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The second bytes of the JPEG markers that say the size."""

_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}
"""The second bytes of the JPEG markers that nothing belongs to."""


def size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG picture in its own pixels.

    ValueError, with words that go on from "the picture", for anything else and for a picture that is not whole.
    """
    if content.startswith(_PNG):
        width, height = _size_of_png(content)
    elif content.startswith(_JPEG):
        width, height = _size_of_jpeg(content)
    else:
        raise ValueError("is neither a PNG nor a JPEG" if content else "is empty")
    if not width or not height:
        raise ValueError("does not say how large it is")
    return width, height


def _size_of_png(content: bytes) -> tuple[int, int]:
    at, has_pixels = len(_PNG), False
    width = height = 0
    while True:
        if at + 12 > len(content):
            raise ValueError("is cut off")
        length, kind = struct.unpack_from(">I4s", content, at)
        body, after = at + 8, at + 12 + length
        if after > len(content):
            raise ValueError("is cut off")
        (checksum,) = struct.unpack_from(">I", content, after - 4)
        if zlib.crc32(content[at + 4 : after - 4]) != checksum or (at == len(_PNG)) != (kind == b"IHDR"):
            raise ValueError("is damaged")
        if kind == b"IHDR":
            if length != 13:
                raise ValueError("is damaged")
            width, height = struct.unpack_from(">II", content, body)
        has_pixels = has_pixels or kind == b"IDAT"
        if kind == b"IEND":
            break
        at = after
    if not has_pixels:
        raise ValueError("is damaged")
    return width, height


def _size_of_jpeg(content: bytes) -> tuple[int, int]:
    at = 2
    width = height = 0
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise ValueError("is damaged")
        marker = content[at + 1]
        if marker == 0xFF or marker in _ALONE:  # padding, or a marker with nothing to it
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker in _FRAMES and at + 9 <= len(content):
            height, width = struct.unpack_from(">HH", content, at + 5)
        at += 2 + length
        if marker == 0xDA:  # the pixels follow, up to the end mark
            if content.find(b"\xff\xd9", at) < 0:
                break
            return width, height
    raise ValueError("is cut off")
