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

_BY_WIDTH = {
    0.45: " 'ijl", 0.5: ",.I", 0.55: ":;`", 0.6: "()-[]f{}", 0.65: "!Jt", 0.7: "r", 0.75: "/\\s", 0.8: '"z',
    0.85: "Lcx", 0.9: "?FSZkvy|", 0.95: "ETYag", 1.05: "BCKRbdhnopqu", 1.1: "V", 1.15: "A", 1.2: "D", 1.25: "GHNU",
    1.3: "O", 1.35: "&Q", 1.4: "%w", 1.6: "m", 1.7: "M", 1.75: "@W",
}  # fmt: skip
_WIDTHS = {character: width for width, characters in _BY_WIDTH.items() for character in characters}
_SPACE = _WIDTHS[" "]
_CJK = 0x2E80
_SAFETY = 1.04
"""A little more than measured, for programs that set the same font slightly wider."""


def _width(character: str) -> float:
    """Width of one character in digits of the default font; unknown letters count as wide ones."""
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if ord(character) >= _CJK:
        return 2.0
    return 1.0 if character.isascii() else 1.1


def utf16_length(text: str) -> int:
    """Length as Excel counts it: a character beyond the basic plane, such as most emoji, counts twice."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


@lru_cache(maxsize=2048)
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
            space = _SPACE * scale if used else 0.0
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
        apart = scale if scale >= 1 else max(scale - 0.05, 0.8)  # lines of a smaller font are closer still
        tallest = max(tallest, lines(text, width, scale) * LINE_POINTS * apart)
    return min(max(tallest + padding, least), MAXIMUM_POINTS)
