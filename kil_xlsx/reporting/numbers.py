"""How numbers are written for people: by the unit of a measure, or by the kind of figure."""

from __future__ import annotations

import re
from collections.abc import Callable

from kil_xlsx.core.rounding import round_half_away

Writer = Callable[[float], str]
"""Turns a number into what people read."""

MINUS = "\u2212"

_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
_DIGITS = re.compile(r"[#0][#0,]*(?:\.([#0]+))?")


def decimal(value: float, places: int = 0) -> str:
    """A number with a fixed number of decimals, thousands set off by commas, and a real minus sign."""
    rounded = round_half_away(value, places)
    return f"{rounded:,.{places}f}".replace("-", MINUS)


def percent(share: float, places: int = 0) -> str:
    """A share from 0 to 1 as a percentage."""
    return f"{decimal(share * 100, places)}%"


def signed(value: float, write: Writer) -> str:
    """A difference, with its sign; nothing before nought."""
    words = write(value)
    return f"+{words}" if value > 0 and any(each in "123456789" for each in words) else words


def places(code: str) -> int:
    """How many decimals of a value itself its Excel number format shows: two more than it has for per cents."""
    bare = _LITERAL.sub("", code).split(";")[0]
    digits = _DIGITS.search(bare)
    return 2 if digits is None else len(digits[1] or "") + (2 if "%" in bare else 0)


def by_format(code: str) -> Writer:
    """The writer for an Excel number format such as ``"£"#,##0`` or ``0.0"%"``; two decimals if it is unlike those."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(found[1] if found[1] is not None else found[2])
        return chr(0xE000 + len(held) - 1)

    bare = _LITERAL.sub(hold, code).split(";")[0]
    digits = _DIGITS.search(bare)
    if digits is None:
        return lambda value: decimal(value, 2)
    places, grouped = len(digits[1] or ""), "," in digits[0]
    factor = 100 if "%" in bare else 1

    def spelt(part: str) -> str:
        return "".join(held[ord(each) - 0xE000] if 0xE000 <= ord(each) < 0xE000 + len(held) else each for each in part)

    before, after = spelt(bare[: digits.start()]), spelt(bare[digits.end() :])

    def write(value: float) -> str:
        number = decimal(abs(value) * factor, places)
        number = number if grouped else number.replace(",", "")
        minus = MINUS if value < 0 and any(each in "123456789" for each in number) else ""
        return f"{minus}{before}{number}{after}"

    return write
