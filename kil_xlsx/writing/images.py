"""Pictures: whole, of a known size, and with words for those who cannot see them.

The size is read from the picture itself.  A file that is cut off or damaged is refused: Excel would show a red cross in
its place, or offer to repair the workbook.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping

from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]  # no type information
from xlsxwriter.image import Image as Picture  # type: ignore[import-untyped]  # as above

from kil_xlsx.core.pictures import size
from kil_xlsx.errors import LayoutError
from kil_xlsx.layout.document import CellRef, Image, Sheet
from kil_xlsx.writing.checks import check_cell, check_words, place
from kil_xlsx.writing.engine import SheetWriter

MAX_BYTES = 2_000_000
"""The largest picture, in bytes: a workbook travels by email, and one of 10 million bytes is not read back."""

_DOTS_PER_INCH = 96
_MOVES_WITH_CELLS = 2
_MAX_DESCRIPTION = 8_192


def insert_image(target: SheetWriter, image: Image, sheet: Sheet, sheets: Mapping[str, Sheet]) -> int:
    """Put a picture on a sheet, ``height`` pixels high.  Gives XlsxWriter's return code: nought when all is well.

    LayoutError for a picture without a description, of another kind than PNG or JPEG, damaged or too large.
    """
    cell = CellRef(sheet.name, image.row, image.column)
    where = f"The picture at {place(cell)}"
    check_cell(cell, where, sheets)
    if not image.description.strip():
        raise LayoutError(f"{where} has no description for people who cannot see it.")
    check_words(image.description, f"{where}: the description", _MAX_DESCRIPTION)
    if image.height < 1:
        raise LayoutError(f"{where} would be {image.height} pixels high.", "Give it a height of 1 or more.")
    if len(image.content) > MAX_BYTES:
        raise LayoutError(f"{where} has {len(image.content):,} bytes.", f"Make it smaller than {MAX_BYTES:,}.")
    try:
        width, height = size(image.content)
        picture = Picture(io.BytesIO(image.content))
    except (ValueError, XlsxWriterException, struct.error, IndexError) as problem:
        words = str(problem) if isinstance(problem, ValueError) else "is not understood"
        raise LayoutError(f"{where} {words}.", "Save it again as PNG or JPEG.") from problem
    shown = max(image.height * width / height, 1.0)
    # XlsxWriter works from its own idea of the natural size, which takes the dots per inch into account.
    options = {
        "description": image.description,
        "object_position": _MOVES_WITH_CELLS,
        "x_scale": shown * picture.x_dpi / _DOTS_PER_INCH / picture.width,
        "y_scale": image.height * picture.y_dpi / _DOTS_PER_INCH / picture.height,
    }
    code: int = target.insert_image(image.row, image.column, picture, options)
    return code
