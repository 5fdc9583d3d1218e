"""How high a row must be for its text to be read in full.

Programs do not grow wrapped rows by themselves in a file that nobody has opened yet, so heights are worked out when
the workbook is made.  Widths are those of Calibri (and its metric twin Carlito) in units of a column width: one unit
is one digit of the default 11 point font.
"""

from __future__ import annotations

import math
from functools import lru_cache

LINE_POINTS = 15.0
"""Height of one line of 11 point text."""

MAXIMUM_POINTS = 409.0
"""Excel's greatest row height."""

_NARROW = "iljI.,:;'|!` ftr()[]-/"
_WIDE = "mwMW%@"
_SAFETY = 1.06


def _width(character: str) -> float:
    """Width of one character in digits of the default font, erring on the wide side."""
    if character in _NARROW:
        return 0.62
    if character in _WIDE:
        return 1.65
    if character.isupper():
        return 1.22
    if ord(character) > 0x2E80:
        return 2.0
    return 1.0


@lru_cache(maxsize=8192)
def lines(text: str, width: float, scale: float = 1.0) -> int:
    """How many lines a text takes in a column of that width (characters), wrapped at spaces.

    ``scale`` is the font's size over 11 points, a little more for bold.
    """
    available = max(width - 1.0, 1.0)
    count = 0
    for paragraph in text.split("\n"):
        used = 0.0
        count += 1
        for word in paragraph.split(" "):
            size = sum(map(_width, word)) * scale * _SAFETY
            space = 0.62 * scale if used else 0.0
            if used and used + space + size > available:
                count += 1
                used = 0.0
                space = 0.0
            if size > available:
                count += math.ceil(size / available) - 1
                used = size % available
            else:
                used += space + size
    return count


def height(*columns: tuple[str, float] | tuple[str, float, float], least: float = 18.0, padding: float = 6.0) -> float:
    """The height in points that lets every (text, column width[, scale]) of a row be read."""
    tallest = 0.0
    for column in columns:
        text, width = column[0], column[1]
        scale = column[2] if len(column) == 3 else 1.0
        tallest = max(tallest, lines(text, width, scale) * LINE_POINTS * max(scale, 0.85))
    return min(max(tallest + padding, least), MAXIMUM_POINTS)
