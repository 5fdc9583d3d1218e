"""Cells and shared texts in the spelling that nearly all programs write, cut out with regular expressions.

Handing each element of a part to Python takes most of the time of reading a workbook, and nine elements of ten are
cells and texts, which Excel, LibreOffice and XlsxWriter spell in the same few ways.  So these are cut into pieces here,
and only what stands around them goes through the parser of XML.

Nothing is decided here.  Anything else, be it allowed (comments, prefixes, other encodings, text within cells, shared
formulas) or not (what is not well-formed, out of order, given twice or beyond a limit), gives ``None``: then the whole
part is read element by element, as :mod:`kil_xlsx.reading.sheetxml` does, which knows what to say about it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from kil_xlsx.layout.a1 import column_index
from kil_xlsx.reading.model import Cell, CellKind
from kil_xlsx.reading.package import Limits
from kil_xlsx.reading.textcodes import unescape

# "(?:...|)" because it is matched faster than "(?:...)?".
_CELL = re.compile(
    r'<c r="([A-Z]+)([0-9]+)"(?: s="(0|[1-9][0-9]*)"|)(?: t="([a-z]+)"|)'
    r'(?:/>|>(?:<f(?: aca="false"|)>([^<]+)</f>|)(?:<v>([^<]*)(</v>)|)</c>)'
    r"|(</?row[^<>]*>|[^<]+|<)"  # the last two so that anything else is not passed over
)
_ROW = '<row r="'
_ATTRIBUTES = (
    *("spans", "s", "customFormat", "ht", "hidden", "customHeight", "outlineLevel", "collapsed", "thickTop"),
    *("thickBot", "ph", "x14ac:dyDescent"),
)
_ATTRIBUTE = rf' (?:{"|".join(_ATTRIBUTES)})="[^"<>&]*"'
_ROW_REST = re.compile(f"(?:{_ATTRIBUTE})*(/?)>")
_NAME = re.compile(r" ([a-zA-Z0-9:]+)=")
_LONGEST_ROW = 300  # characters
_TYPES = ("", "s", "n", "str", "b", "e")
_MOST_DIGITS = 40  # characters
_ERROR = re.compile(r"#[A-Z0-9/!?_]{1,20}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
"""ASCII digits only: float() alone would also take "1_000", full-width digits, "NaN" and "Infinity"."""
_PREFIXED = b" x14ac:dyDescent="
_LOOK = r'<(?:color theme="[0-9]+" tint="[-+.0-9eE]+"|[a-zA-Z]+(?: (?!xmlns)[a-zA-Z]+="[^"<>&]*")?)/>'
_TEXT = r'<t(?: xml:space="preserve")?>([^<]*)</t>'
_RUN = f"<r>(?:<rPr>(?:{_LOOK})*</rPr>)?{_TEXT}</r>".replace("([", "(?:[")
_ITEM = re.compile(f"<si>(?:{_TEXT}|<t/>|((?:{_RUN})+))</si>|([^<]+|<)")
_WORDS = re.compile(_TEXT)

_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
_CONTROL = bytes(each for each in range(32) if each not in b"\t\n")
_REFERENCES = {"&apos;": "'", "&#9;": "\t", "&#10;": "\n", "&#13;": "\r", "&amp;": "&"}
"""References and what they stand for, beside the three most usual ones; the last has to come last."""
_OTHER_REFERENCE = re.compile("&(?!(?:gt|lt|quot|apos|#9|#10|#13|amp);)")
_SHORTEST_ELEMENT = len("<a/>")
_DEPTH = 10
"""More than the elements that are cut out here are ever nested."""


class _Columns(dict[str, int]):
    """The numbers of columns by their letters.  Raises ValueError for one that there cannot be."""

    def __missing__(self, letters: str) -> int:
        self[letters] = found = column_index(letters)
        return found


_COLUMNS = _Columns()


class PlainCells(Struct, frozen=True):
    """The cells of a sheet, how many elements for cells there are, and the part without them.

    ``at`` is where in ``rest`` the table of cells has to begin.
    """

    cells: dict[tuple[int, int], Cell]
    count: int
    rest: bytes
    at: int


def plain_cells(
    data: bytes, limits: Limits, strings: Mapping[str, str], formats: Mapping[str, str]
) -> PlainCells | None:
    """The cells of a worksheet in the usual spelling.

    :param data: the part.
    :param strings: the shared texts by their numbers as cells have them.
    :param formats: the number formats by the numbers of the styles, ``""`` for cells without one.
    """
    opening, closing = b"<sheetData>", b"</sheetData>"
    at = data.find(opening)
    start, stop = at + len(opening), data.find(closing, at)
    text = _characters(data, start, stop, limits) if 0 <= at < stop else None
    if text is None:
        return None
    found = _cells(_CELL.findall(text), limits, strings, formats)
    if found is None:
        return None
    # A name with a prefix is only well-formed where the prefix is known: a row with it shows whether it is.
    row = b'<row x14ac:dyDescent="0"/>' if data.find(_PREFIXED, start, stop) >= 0 else b""
    return PlainCells(*found, data[:start] + row + data[stop:], at)


def _cells(
    found: list[tuple[str, str, str, str, str, str, str, str]],
    limits: Limits,
    strings: Mapping[str, str],
    formats: Mapping[str, str],
) -> tuple[dict[tuple[int, int], Cell], int] | None:
    """The cells that hold something, and how many there are in all."""
    cells: dict[tuple[int, int], Cell] = {}
    count = len(found)
    row, here, column = -1, "", -1
    most_text, most_columns, most_rows = limits.cell_text, limits.columns, limits.rows
    text_kind, number_kind, empty_kind = CellKind.TEXT, CellKind.NUMBER, CellKind.EMPTY
    columns, number, shared, format_of = _COLUMNS, _number, strings.get, formats.get
    value: str | float | bool | None
    for letters, digits, style, stated, formula, raw, is_given, other in found:
        if not letters:
            count -= 1
            if other == "</row>":
                if not here:
                    return None
                here = ""
                continue
            if here or not other.startswith(_ROW) or len(other) > _LONGEST_ROW:
                return None
            here, _, rest = other[len(_ROW) :].partition('"')
            stops = _row_stops(rest)
            if stops is None or not here.isdecimal() or not here.isascii() or here[0] == "0":
                return None
            before, row, column = row, int(here) - 1, -1
            if not before < row < most_rows:
                return None
            if stops:
                here = ""
            continue
        if digits != here:
            return None
        before = column
        try:
            column = columns[letters]
        except ValueError:  # beyond the last column that there can be
            return None
        if not before < column < most_columns:
            return None
        if is_given:
            if stated == "s":
                value, kind = shared(raw), text_kind
                if value is None:
                    return None
            elif stated == "str":
                value, kind = _meant(raw) if "&" in raw else raw, text_kind
                if len(value) > most_text:
                    return None
                if "_x" in value or "\r" in value:
                    value = unescape(value)
            elif not stated or stated == "n":
                value, kind = number(raw) if len(raw) <= _MOST_DIGITS else None, number_kind
                if value is None:
                    if raw:
                        return None
                    if not formula:
                        continue
                    kind = empty_kind
            elif stated == "b" and raw in ("0", "1"):
                value, kind = raw == "1", CellKind.BOOLEAN
            elif stated == "e" and _ERROR.fullmatch(raw) and len(raw) <= most_text:
                value, kind = raw, CellKind.ERROR
            else:
                return None
        elif formula and stated in _TYPES:
            value, kind = None, empty_kind
        elif stated in _TYPES:
            continue
        else:
            return None
        if formula:
            if "&" in formula:
                formula = _meant(formula)
            if len(formula) > most_text:
                return None
            cells[row, column] = Cell(value, kind, formula, format_of(style))
        else:
            cells[row, column] = Cell(value, kind, None, format_of(style))
    return None if here else (cells, count)


def plain_strings(data: bytes, limits: Limits) -> tuple[list[str], bytes, int] | None:
    """The shared texts in the usual spelling, the part with a single blank text for all, and where this is."""
    at, stop = data.find(b"<si>"), data.rfind(b"</si>") + len(b"</si>")
    text = _characters(data, at, stop, limits) if 0 <= at < stop else None
    if text is None:
        return None
    found = _ITEM.findall(text)
    if len(found) > limits.shared_strings:
        return None
    strings: list[str] = []
    for words, runs, other in found:
        if other:
            return None
        said = "".join(_WORDS.findall(runs)) if runs else words
        if "&" in said:
            said = _meant(said)
        if "_x" in said or "\r" in said:
            said = unescape(said)
        strings.append(said)
    if max(map(len, strings)) > limits.cell_text:
        return None
    return strings, data[:at] + b"<si/>" + data[stop:], at


def _characters(data: bytes, start: int, stop: int, limits: Limits) -> str | None:
    """A stretch of a part as text; ``None`` where the characters of XML need a closer look, or a limit may be met."""
    stated = _ENCODING.match(data)
    if data.startswith(b"\xef\xbb\xbf") or (stated is not None and stated[1].lower() != b"utf-8"):
        return None
    if limits.xml_depth < _DEPTH or limits.xml_attributes < _DEPTH:
        return None
    if len(data) > limits.xml_elements * _SHORTEST_ELEMENT and data.count(b"<") > limits.xml_elements:
        return None
    piece = data[start:stop]
    # Line ends are left to the parser.
    if len(piece.translate(None, _CONTROL)) != len(piece):
        return None
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        return None
    # The first is allowed in no text, the others are no characters to XML.
    if ("]" in text and "]]>" in text) or "\ufffe" in text or "\uffff" in text:
        return None
    return None if "&" in text and _OTHER_REFERENCE.search(text) else text


def _meant(text: str) -> str:
    """A text with its references replaced."""
    text = text.replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", '"')
    if "&" in text:
        for reference, character in _REFERENCES.items():
            text = text.replace(reference, character)
    return text


@lru_cache(maxsize=4096)
def _row_stops(rest: str) -> bool | None:
    """Whether a row ends in its tag, by what follows its number there; ``None`` if it is not well-formed or unusual."""
    match = _ROW_REST.fullmatch(rest)
    names = _NAME.findall(rest)
    return None if match is None or len(names) != len(set(names)) else bool(match[1])


def strict_number(text: str) -> float | None:
    """The finite number that the text plainly is, or ``None``: ``1.5e3`` yes; ``1_000``, ``3,5``, ``NaN`` no."""
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


_number = lru_cache(maxsize=4096)(strict_number)
