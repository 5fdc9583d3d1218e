"""Pictures: their size on the sheet, the words that stand for them, and what is refused."""

from __future__ import annotations

import base64
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

import openpyxl
import pytest
from msgspec.structs import replace
from writing.everything import png
from writing.test_xlsx import document

from kil_xlsx.core.pictures import size
from kil_xlsx.errors import LayoutError
from kil_xlsx.layout.document import Image, Sheet
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.writing.images import MAX_BYTES
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

PNG = png(60, 20)
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEBLAEsAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI//////////////////////////////////////////////"
    "//////wAALCAAMABgBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/ALgA/9k="
)
"""24 by 12 pixels, which say that they are 300 to the inch."""

EMU = 9_525  # to the pixel
IMAGE = Image(PNG, "The mark of Northshire Water", 1, 2, 40)


def workbook(*images: Image) -> bytes:
    """A workbook with pictures on its first sheet."""
    sheet = Sheet("A")
    sheet.put(0, 0, "Words", "text")
    sheet.images.extend(images)
    return write(document(sheet), default_theme())


def parts(data: bytes) -> dict[str, bytes]:
    """The parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def sizes(data: bytes) -> list[tuple[float, float]]:
    """Width and height of the pictures in pixels, as the drawing says them."""
    drawing = parts(data)["xl/drawings/drawing1.xml"].decode()
    return [(int(cx) / EMU, int(cy) / EMU) for cx, cy in re.findall(r'<a:ext cx="(\d+)" cy="(\d+)"/>', drawing)]


@pytest.mark.parametrize(
    ("content", "shown"),
    [(PNG, (120, 40)), (png(60, 20, density=11_811), (120, 40)), (JPEG, (80, 40)), (png(20, 60), (40 / 3, 40))],
    ids=["PNG", "PNG of 300 dots to the inch", "JPEG of 300 dots to the inch", "upright"],
)
def test_pictures_have_the_height_asked_for(content: bytes, shown: tuple[float, float]) -> None:
    """A picture is as high as asked and keeps its shape, however many dots to the inch it claims."""
    (found,) = sizes(workbook(replace(IMAGE, content=content)))
    assert found == pytest.approx(shown, abs=0.001)


def test_a_thin_picture_stays_visible() -> None:
    """A picture that would be thinner than a pixel is one pixel wide."""
    assert sizes(workbook(replace(IMAGE, content=png(1, 200)))) == [(1, 40)]


def test_pictures_are_stored_as_they_are() -> None:
    """The bytes of the picture are in the file, once for equal pictures, and the words stand beside each."""
    data = workbook(IMAGE, replace(IMAGE, row=9, description='Again: <"R & D">'), replace(IMAGE, content=JPEG, row=20))
    files = parts(data)
    assert [content for name, content in files.items() if "/media/" in name] == [PNG, JPEG]
    drawing = files["xl/drawings/drawing1.xml"].decode()
    assert re.findall(r'descr="([^"]*)"', drawing) == [
        IMAGE.description, "Again: &lt;&quot;R &amp; D&quot;&gt;", IMAGE.description,
    ]  # fmt: skip
    assert b'Extension="png"' in files["[Content_Types].xml"]
    assert b'Extension="jpeg"' in files["[Content_Types].xml"]


def test_pictures_stand_at_their_cell_and_do_not_stretch() -> None:
    """A picture begins at its cell, moves with it, and keeps its size when rows and columns change theirs."""
    drawing = parts(workbook(IMAGE))["xl/drawings/drawing1.xml"].decode()
    assert '<xdr:twoCellAnchor editAs="oneCell"><xdr:from><xdr:col>2</xdr:col><xdr:colOff>0</xdr:colOff>' in drawing
    assert "<xdr:row>1</xdr:row>" in drawing


def test_other_readers_take_the_file() -> None:
    """The program's own reader and openpyxl read the cells beside a picture."""
    data = workbook(IMAGE)
    assert read_workbook(data).sheets[0].cells[0, 0].value == "Words"
    sheet = openpyxl.load_workbook(io.BytesIO(data))["A"]
    assert sheet["A1"].value == "Words"


def test_the_same_pictures_give_the_same_bytes() -> None:
    """Writing twice gives one file."""
    assert workbook(IMAGE, replace(IMAGE, content=JPEG)) == workbook(IMAGE, replace(IMAGE, content=JPEG))


def _without(kind: bytes) -> bytes:
    """The picture without its parts of a kind."""
    at, kept = 8, [PNG[:8]]
    while at < len(PNG):
        (length,) = struct.unpack_from(">I", PNG, at)
        after = at + 12 + length
        if PNG[at + 4 : at + 8] != kind:
            kept.append(PNG[at:after])
        at = after
    return b"".join(kept)


def _short_head() -> bytes:
    body = PNG[16:20]
    return PNG[:8] + struct.pack(">I", 4) + b"IHDR" + body + struct.pack(">I", zlib.crc32(b"IHDR" + body)) + PNG[33:]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"), (b"GIF89a" + b"\0" * 60, "neither"), (b"BM" + b"\0" * 60, "neither"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 2, "neither"), (b"\x89PN", "neither"),
        (PNG[:8], "cut off"), (PNG[:40], "cut off"), (PNG[:-1], "cut off"), (PNG[:-12], "cut off"),
        (PNG[:50] + bytes([PNG[50] ^ 1]) + PNG[51:], "damaged"), (_without(b"IDAT"), "damaged"),
        (_without(b"IHDR"), "damaged"), (_short_head(), "damaged"), (PNG[:33] + PNG[8:], "damaged"),
        (png(0, 5), "how large"), (png(5, 0), "how large"),
        (JPEG[:3], "cut off"), (JPEG[:60], "cut off"), (JPEG[:-2], "cut off"),
        (JPEG[:20] + b"\0" + JPEG[21:], "damaged"),
        (JPEG.replace(b"\xff\xc0", b"\xff\xe1"), "how large"),
        (b"\xff\xd8\xff\xd9" * 20, "cut off"),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_is_no_picture(content: bytes, words: str) -> None:
    """Anything but a whole PNG or JPEG is refused, with its place and in plain words."""
    with pytest.raises(LayoutError, match=rf"The picture at A!C2 .*{words}"):
        workbook(replace(IMAGE, content=content))


@pytest.mark.parametrize("content", [PNG, JPEG], ids=["PNG", "JPEG"])
def test_no_damage_gets_through_as_a_traceback(content: bytes) -> None:
    """A picture cut off or changed anywhere is written or refused, nothing else."""
    for at in range(len(content)):
        for damaged in (content[:at], content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]):
            try:
                workbook(replace(IMAGE, content=damaged))
            except LayoutError:
                continue


def test_padding_and_lone_markers_are_skipped() -> None:
    """A JPEG may pad its markers and hold some that nothing belongs to."""
    assert size(JPEG[:2] + b"\xff\xff\x01\xff" + JPEG[2:]) == (24, 12) == size(JPEG)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda image: replace(image, description=" "), "no description"),
        (lambda image: replace(image, description="x" * 8_193), "8193"),
        (lambda image: replace(image, description="\x01"), "control character"),
        (lambda image: replace(image, height=0), "0 pixels"),
        (lambda image: replace(image, content=PNG + b"\0" * MAX_BYTES), "2,000,0"),
        (lambda image: replace(image, row=-1), "which no sheet has"),
        (lambda image: replace(image, column=16_384), "which no sheet has"),
    ],
    ids=["no words", "too many words", "control character", "no height", "too many bytes", "row", "column"],
)
def test_what_a_picture_needs(change: Callable[[Image], Image], words: str) -> None:
    """A picture has words, a height, a place on the sheet and not too many bytes."""
    with pytest.raises(LayoutError, match=words):
        workbook(change(IMAGE))
