"""Rounding as a spreadsheet rounds."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

#: A spreadsheet works with this many significant decimal digits.
_DIGITS = 15
#: Wide enough for any float written out in full, so that ``quantize`` never runs out of digits.
_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)

PLACES = 6
"""Decimals to which every score is rounded before anything is compared with it."""


@lru_cache(maxsize=4_096)  # scores are few different numbers
def round_half_away(x: float, places: int) -> float:
    """Round ``x`` to ``places`` decimal places, halves away from zero, as the spreadsheet function ROUND does.

    The number is first read as the decimal of at most 15 significant digits that a spreadsheet shows for it:
    ``0.7 * 0.35`` is stored as 0.24499999999999997, but Excel-compatible engines and LibreOffice all take it for
    0.245 and round it to 0.25, where ``round(…, 2)`` and the shortest decimal (``repr``) would give 0.24.
    When the result itself needs 15 digits or more, all digits of the number are used.

    :param x: any finite number, in any unit.
    :param places: decimal places to keep; a negative number rounds to tens (-1), hundreds (-2) and so on.
    :returns: the rounded number, in the unit of ``x``; never a negative zero.
    :raises ValueError: ``x`` is infinite or not a number.

    >>> round_half_away(2.675, 2), round_half_away(-2.5, 0), round_half_away(1250, -2)
    (2.68, -3.0, 1300.0)
    """
    if not math.isfinite(x):
        raise ValueError(f"Cannot round {x!r}: it is not a finite number.")
    decimal = Decimal(f"{x:.{_DIGITS}g}")
    if decimal.adjusted() + 1 + places >= _DIGITS:
        decimal = Decimal(repr(float(x)))
    return float(decimal.quantize(Decimal(1).scaleb(-places), context=_EXACT)) + 0.0
