"""Formulas as text: their tokens, and whether they are well formed.

This knows the small part of Excel's language that workbooks here use: the functions that every program tried gave the
same answer for.  Anything else is a fault, even where Excel itself would take it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kil_xlsx.layout import a1

ALLOWED: dict[str, tuple[int, int]] = {
    "IF": (2, 3), "IFERROR": (2, 2), "AND": (1, 255), "OR": (1, 255), "NOT": (1, 1),
    "ISNUMBER": (1, 1), "ISBLANK": (1, 1), "ISTEXT": (1, 1),
    "SUM": (1, 255), "AVERAGE": (1, 255), "COUNT": (1, 255), "COUNTA": (1, 255), "COUNTBLANK": (1, 1),
    "MIN": (1, 255), "MAX": (1, 255), "MEDIAN": (1, 255), "LARGE": (2, 2), "SMALL": (2, 2), "QUARTILE": (2, 2),
    "ROUND": (2, 2), "INT": (1, 1), "MOD": (2, 2), "ABS": (1, 1),
    "SUMIF": (2, 3), "SUMIFS": (3, 255), "COUNTIF": (2, 2), "COUNTIFS": (2, 254), "SUMPRODUCT": (1, 255),
    "INDEX": (2, 3), "MATCH": (2, 3), "VLOOKUP": (3, 4), "LOOKUP": (2, 3), "CHOOSE": (2, 255),
    "LEFT": (1, 2), "MID": (3, 3), "LEN": (1, 1), "TRIM": (1, 1), "REPT": (2, 2), "HYPERLINK": (1, 2), "NA": (0, 0),
}  # fmt: skip
"""The functions a workbook may use, with the fewest and the most arguments."""

VOLATILE = frozenset(("INDIRECT", "OFFSET", "NOW", "TODAY", "RAND", "RANDBETWEEN", "CELL", "INFO"))
LOCALE_BOUND = frozenset(("TEXT", "DOLLAR", "FIXED", "VALUE", "DATEVALUE"))
ERRORS = frozenset(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"))

_MAX_NESTING = 64
_REFERENCE = r"\$?[A-Za-z]{1,3}\$?[0-9]+"
_TOKEN = re.compile(
    rf"""
      (?P<text>"(?:[^"]|"")*")
    | (?P<sheet>'(?:[^']|'')*'|[A-Za-z_][\w.]*)!(?P<place>{_REFERENCE}(?::{_REFERENCE})?)(?![\w.(])
    | (?P<error>\#[A-Z/0]+[!?]?)
    | (?P<function>[A-Za-z_][\w.]*)\(
    | (?P<local>{_REFERENCE}(?::{_REFERENCE})?)(?![\w.(])
    | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.])
    | (?P<name>[A-Za-z_][\w.]*)
    | (?P<operator><>|<=|>=|[=<>+\-*/^&%])
    | (?P<mark>[(),])
    | (?P<space>[ \n]+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPERANDS = frozenset(("text", "place", "error", "local", "number", "name"))


@dataclass(slots=True)
class Reading:
    """What a formula uses, and what is wrong with it."""

    faults: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    outermost: str = ""
    """The function that gives the formula's value, when one function holds all of it."""


@dataclass(slots=True)
class _Level:
    """A bracket that is still open: of which function (none for a plain one), and how many arguments it has had."""

    function: str
    arguments: int = 0
    started_at: int = 0


def tokens(formula: str) -> Iterator[tuple[str, str]]:
    """Kind and text of every token but blanks.  Whatever does not belong in a formula has the kind ``other``."""
    for match in _TOKEN.finditer(formula):
        kind = match.lastgroup or "other"
        if kind != "space":
            yield kind, match[0]


def read(formula: str) -> Reading:
    """Read a formula that has no leading ``=``."""
    reading = Reading()
    levels: list[_Level] = []
    faults = reading.faults
    wants_value = True
    after_opening = False
    last_closed: _Level | None = None
    position = 0
    for position, (kind, token) in enumerate(tokens(formula)):
        is_value = kind in _OPERANDS
        if kind == "other":
            faults.append(_stranger(token))
            if token == ";":  # most likely meant as a comma
                wants_value = True
            continue
        if kind == "function" or is_value or token == "(":
            if not wants_value:
                faults.append(f"an operator or a comma is missing before {token!r}")
            if kind == "function" or token == "(":
                name = token[:-1].upper() if kind == "function" else ""
                if name:
                    reading.functions.append(name)
                    _judge_function(name, token[:-1], faults)
                levels.append(_Level(name, started_at=position))
                if len(levels) == _MAX_NESTING + 1:
                    faults.append(f"brackets are nested more than {_MAX_NESTING} deep")
                wants_value, after_opening = True, True
                continue
            _note_operand(kind, token, reading)
            wants_value = False
        elif kind == "operator":
            if token == "%":
                if wants_value:
                    faults.append("'%' follows nothing")
            elif wants_value and token not in "+-":
                faults.append(f"there is nothing before {token!r}")
            else:
                wants_value = True
        elif token == ",":
            if wants_value:
                faults.append("an argument is empty")
            if not levels or not levels[-1].function:
                faults.append("there is a comma outside the arguments of a function")
            else:
                levels[-1].arguments += 1
            wants_value = True
        else:
            last_closed = _close(levels, wants_value, after_opening, faults)
            wants_value = False
        after_opening = False
    if levels:
        faults.append("a bracket is not closed")
    if wants_value:
        faults.append("the formula ends too early" if formula.strip() else "the formula is empty")
    if last_closed and not faults and last_closed.started_at == 0 and formula.rstrip().endswith(")"):
        reading.outermost = last_closed.function
    return reading


def _close(levels: list[_Level], wants_value: bool, after_opening: bool, faults: list[str]) -> _Level | None:
    if not levels:
        faults.append("a bracket is closed that was not opened")
        return None
    level = levels.pop()
    if wants_value and not (after_opening and level.function):
        faults.append("there is nothing before ')'")
    if level.function in ALLOWED:
        given = level.arguments + (0 if after_opening else 1)
        fewest, most = ALLOWED[level.function]
        odd_pair = (level.function == "COUNTIFS" and given % 2) or (level.function == "SUMIFS" and not given % 2)
        if not fewest <= given <= most or odd_pair:
            faults.append(f"{level.function} has {given} argument{'' if given == 1 else 's'}")
    return level


def _judge_function(name: str, written: str, faults: list[str]) -> None:
    if name in VOLATILE:
        faults.append(f"{name} is recalculated at every change and cannot be checked")
    elif name in LOCALE_BOUND:
        faults.append(f"{name} gives other results in other languages")
    elif name not in ALLOWED:
        faults.append(f"{name} is not one of the functions that every program knows")
    elif written != name:
        faults.append(f"{written} must be in capitals")


def _note_operand(kind: str, token: str, reading: Reading) -> None:
    if kind == "place":
        sheet, _, place = token.rpartition("!")
        name = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
        reading.sheets.append(name)
        if a1.quote_sheet(name) != sheet and not sheet.startswith("'"):
            reading.faults.append(f"the sheet name {sheet} needs apostrophes")
        _judge_place(place, reading.faults)
    elif kind == "local":
        _judge_place(token, reading.faults)
    elif kind == "name":
        if token not in ("TRUE", "FALSE"):
            reading.names.append(token)
    elif kind == "error" and token not in ERRORS:
        reading.faults.append(f"{token} is no error value")
    elif kind == "text" and len(token) > 2 + 255:
        inner = token[1:-1].replace('""', '"')
        if len(inner.encode("utf-16-le", "surrogatepass")) > 2 * 255:
            reading.faults.append(f"the text {inner[:20]!r}… is longer than 255 characters")


def _judge_place(place: str, faults: list[str]) -> None:
    for corner in place.split(":"):
        try:
            a1.parse_cell_name(corner)
        except ValueError:
            faults.append(f"there is no cell {corner}")


def _stranger(token: str) -> str:
    if token == ";":
        return "arguments are separated by ';' instead of ','"
    if token == '"':
        return "a text is not closed"
    if token in "{}":
        return "it holds a constant array"
    return f"the character {token!r} does not belong in a formula"
