"""Cells and shared texts in the spelling that nearly all programs write, cut out with regular expressions.

Handing each element of a part to Python takes most of the time of reading a workbook, and nine elements of ten are
cells and texts, which Excel, LibreOffice and XlsxWriter spell in the same few ways.  So these are cut into pieces here,
and only what stands around them goes through the parser of XML.

A process that reads many returns meets the same rows and texts again and again.  After the first few workbooks it only
cuts the values out of a row and looks the rest of it up, as it does with the spellings of texts (:class:`_Shapes` and
:class:`_Items`); what a value means is worked out in the same way.

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
_CELL_WITH = (
    r'<c r="([A-Z]+)([0-9]+)"(?: s="(0|[1-9][0-9]*)"|)(?: t="([a-z]+)"|)'
    r'(?:/>|>(?:<f(?: aca="false"|)>([^<]+)</f>|)(?:{value}|)</c>)'
    r"|(</?row[^<>]*>|[^<]+|<)"  # the last two so that anything else is not passed over
)
_VALUE = re.compile(r"<v>([^<]*)</v>")
_CUT = "\0"
"""Stands for each value that was cut out of a row; no text that is read here has one of its own."""
_CELL, _CUT_CELL = re.compile(_CELL_WITH.format(value="<v>([^<]*)(</v>)")), re.compile(_CELL_WITH.format(value=r"(\0)"))
_ROW = '<row r="'
_ATTRIBUTES = (
    *("spans", "s", "customFormat", "ht", "hidden", "customHeight", "outlineLevel", "collapsed", "thickTop"),
    *("thickBot", "ph", "x14ac:dyDescent"),
)
_ATTRIBUTE = rf' (?:{"|".join(_ATTRIBUTES)})="[^"<>&]*"'
_ROW_REST = re.compile(f"(?:{_ATTRIBUTE})*(/?)>")
_NAME = re.compile(r" ([a-zA-Z0-9:]+)=")
_LONGEST_ROW = 300  # characters
_FEW_WORKBOOKS, _FEW_SHEETS = 2, 30
"""Taking texts and rows apart for later costs more than reading them once, so it begins where more seem to follow."""
_MOST_NEW = 250_000  # characters of the rows of one sheet that were not met before
_MOST_SHAPES, _LONGEST_SHAPE = 4_000_000, 4_000  # characters of all rows that are remembered, and of one
_TYPES = ("", "s", "n", "str", "b", "e")
_MOST_DIGITS = 40  # characters
_ERROR = re.compile(r"#[A-Z0-9/!?_]{1,20}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
"""ASCII digits only: float() alone would also take "1_000", full-width digits, "NaN" and "Infinity"."""
_PREFIXED = b" x14ac:dyDescent="
_LOOK = r'<(?:color theme="[0-9]+" tint="[-+.0-9eE]+"|[a-zA-Z]+(?: (?!xmlns)[a-zA-Z]+="[^"<>&]*")?)/>'
_TEXT = r'<t(?: xml:space="preserve")?>([^<]*)</t>'
_RUN = f"<r>(?:<rPr>(?:{_LOOK})*</rPr>)?{_TEXT}</r>".replace("([", "(?:[")
_ITEM_END = "</si>"
_ITEM = re.compile(f"<si>(?:{_TEXT}|<t/>|((?:{_RUN})+)){_ITEM_END}|([^<]+|<)")
_WORDS = re.compile(_TEXT)
_MOST_REMEMBERED = 500_000  # characters of shared texts: those of several questionnaires, and of some people

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
    shapes = _shapes_within(limits)
    found = (shapes.cells if shapes.are_worth_it() else _cells)(text, limits, strings, formats)
    if found is None:
        return None
    # A name with a prefix is only well-formed where the prefix is known: a row with it shows whether it is.
    row = b'<row x14ac:dyDescent="0"/>' if data.find(_PREFIXED, start, stop) >= 0 else b""
    return PlainCells(*found, data[:start] + row + data[stop:], at)


def _cells(
    text: str, limits: Limits, strings: Mapping[str, str], formats: Mapping[str, str]
) -> tuple[dict[tuple[int, int], Cell], int] | None:
    """The cells that hold something, and how many there are in all."""
    cells: dict[tuple[int, int], Cell] = {}
    found = _CELL.findall(text)
    count = len(found)
    row, here, column = -1, "", -1
    most_columns, most_rows, most_text, text_kind = limits.columns, limits.rows, limits.cell_text, CellKind.TEXT
    columns, shared, format_of = _COLUMNS, strings.get, formats.get
    value: str | float | bool | None
    for letters, digits, style, stated, formula, raw, is_given, other in found:
        if not letters:
            count -= 1
            if other == "</row>":
                if not here:
                    return None
                here = ""
                continue
            begun = None if here else _row_begun(other)
            if begun is None or not row < begun[0] < most_rows:
                return None
            row, here = begun
            column = -1
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
        if not is_given:
            if stated not in _TYPES:
                return None
            if not formula:
                continue
            value, kind = None, CellKind.EMPTY
        elif stated == "s":
            value, kind = shared(raw), text_kind
            if value is None:
                return None
        else:
            typed = _typed(stated, raw, limits)
            if typed is None:
                return None
            value, kind = typed
            if value is None and not formula:
                continue
        if formula:
            if "&" in formula:
                formula = _meant(formula)
            if len(formula) > most_text:
                return None
            cells[row, column] = Cell(value, kind, formula, format_of(style))
        else:
            cells[row, column] = Cell(value, kind, None, format_of(style))
    return None if here else (cells, count)


def _row_begun(tag: str) -> tuple[int, str] | None:
    """The number of a row, and this number as its cells have it, or ``""`` where the tag ends the row, too."""
    if not tag.startswith(_ROW) or len(tag) > _LONGEST_ROW:
        return None
    digits, _, rest = tag[len(_ROW) :].partition('"')
    stops = _row_stops(rest)
    if stops is None or not digits.isdecimal() or not digits.isascii() or digits[0] == "0":
        return None
    return int(digits) - 1, "" if stops else digits


def _typed(stated: str, raw: str, limits: Limits) -> tuple[str | float | bool | None, CellKind] | None:
    """The value that a cell has with some type other than a shared text; ``None`` if it is unusual."""
    if stated == "str":
        said = _meant(raw) if "&" in raw else raw
        if len(said) > limits.cell_text:
            return None
        return unescape(said) if "_x" in said or "\r" in said else said, CellKind.TEXT
    if not stated or stated == "n":
        number = _number(raw) if len(raw) <= _MOST_DIGITS else None
        if number is None:
            return None if raw else (None, CellKind.EMPTY)
        return number, CellKind.NUMBER
    if stated == "b" and raw in ("0", "1"):
        return raw == "1", CellKind.BOOLEAN
    if stated == "e" and _ERROR.fullmatch(raw) and len(raw) <= limits.cell_text:
        return raw, CellKind.ERROR
    return None


class _Shape(Struct, frozen=True):
    """What some rows say apart from values.

    ``first`` and ``last`` are the numbers of the first and the last row, ``count`` counts all elements for cells.
    ``cells`` are those that hold something: place, type, formula and style; ``gaps`` are the ones without a value.
    """

    first: int
    last: int
    count: int
    cells: tuple[tuple[tuple[int, int], str, str | None, str], ...]
    gaps: frozenset[int]


class _Shapes:
    """The rows met so far, apart from their values: nearly all are the same in every return of one questionnaire.

    A row that was met before need only have its values cut out and looked up.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.sheets = 0
        self.known: dict[str, _Shape] = {}
        self.characters = 0

    def are_worth_it(self) -> bool:
        """Whether so many sheets were read that more seem to follow."""
        self.sheets += 1
        return self.sheets > _FEW_SHEETS

    def cells(
        self, text: str, limits: Limits, strings: Mapping[str, str], formats: Mapping[str, str]
    ) -> tuple[dict[tuple[int, int], Cell], int] | None:
        """The same as :func:`_cells`, which goes on where too much is new: the work would be lost on it."""
        cells: dict[tuple[int, int], Cell] = {}
        count, row, new = 0, -1, 0
        known, cut = self.known, _VALUE.split
        number, shared, format_of, most_text = _number, strings.get, formats.get, limits.cell_text
        text_kind, number_kind = CellKind.TEXT, CellKind.NUMBER
        value: str | float | bool | None
        *pieces, ending = text.split("</row>")
        for piece in pieces:
            parts = cut(piece)
            values = parts[1::2]
            drawn = _CUT.join(parts[::2])
            shape = known.get(drawn)
            if shape is None:
                new += len(drawn)
                if new > _MOST_NEW:
                    return _cells(text, limits, strings, formats)
                shape = self.drawn(drawn)
            if shape is None or shape.first <= row:
                return None
            row = shape.last
            count += shape.count
            if shape.gaps:
                given = iter(values)
                values = ["" if at in shape.gaps else next(given) for at in range(len(shape.cells))]
            for (place, stated, formula, style), raw in zip(shape.cells, values, strict=True):
                # What _typed() says of the most usual ones, without asking it for every cell of every return.
                if stated == "s":
                    value, kind = shared(raw), text_kind
                    if value is None:
                        return None
                elif not stated and len(raw) <= _MOST_DIGITS and (figure := number(raw)) is not None:
                    value, kind = figure, number_kind
                elif stated == "str" and len(raw) <= most_text and "&" not in raw and "_x" not in raw:
                    value, kind = raw, text_kind
                else:
                    typed = _typed(stated, raw, limits)
                    if typed is None:
                        return None
                    value, kind = typed
                    if value is None and formula is None:
                        continue
                cells[place] = Cell(value, kind, formula, format_of(style))
        if ending:  # rows without cells, which end in their tags
            shape = _shape(ending, limits, is_open=False)
            if shape is None or shape.first <= row:
                return None
        return cells, count

    def drawn(self, text: str) -> _Shape | None:
        """The shape of a row that was not met before, with cuts for its values and without its end."""
        shape = _shape(text, self.limits, is_open=True)
        if shape is not None and len(text) <= _LONGEST_SHAPE:
            self.characters += len(text)
            if self.characters > _MOST_SHAPES:
                self.known = {}  # rather than cleared, as another thread may be reading from it
                self.characters = len(text)
            self.known[text] = shape
        return shape


_shapes_within = lru_cache(maxsize=2)(_Shapes)


def _shape(text: str, limits: Limits, *, is_open: bool) -> _Shape | None:
    """What some rows say apart from values, if they are usual; ``is_open`` if the end of the last was cut off."""
    found = _CUT_CELL.findall(text)
    count = len(found)
    first, row, here, column = -1, -1, "", -1
    cells: list[tuple[tuple[int, int], str, str | None, str]] = []
    gaps: set[int] = set()
    for letters, digits, style, stated, formula, is_given, other in found:
        if not letters:
            count -= 1
            begun = None if here or _CUT in other else _row_begun(other)
            if begun is None or not row < begun[0] < limits.rows:
                return None
            row, here = begun
            column = -1
            if first < 0:
                first = row
            continue
        before = column
        try:
            column = _COLUMNS[letters]
        except ValueError:  # beyond the last column that there can be
            return None
        if digits != here or not before < column < limits.columns or stated not in _TYPES:
            return None
        if formula:
            if _CUT in formula:
                return None
            formula = _meant(formula) if "&" in formula else formula
            if len(formula) > limits.cell_text:
                return None
        elif not is_given:
            continue
        if not is_given:
            gaps.add(len(cells))
        # A number need not say that it is one.
        cells.append(((row, column), stated if is_given and stated != "n" else "", formula or None, style))
    return _Shape(first, row, count, tuple(cells), frozenset(gaps)) if bool(here) is is_open else None


def plain_strings(data: bytes, limits: Limits) -> tuple[list[str], bytes, int] | None:
    """The shared texts in the usual spelling, the part with a single blank text for all, and where this is."""
    at, stop = data.find(b"<si>"), data.rfind(_ITEM_END.encode()) + len(_ITEM_END)
    text = _characters(data, at, stop, limits) if 0 <= at < stop else None
    if text is None:
        return None
    strings = _ITEMS.said(text)
    if strings is None or len(strings) > limits.shared_strings or max(map(len, strings)) > limits.cell_text:
        return None
    return strings, data[:at] + b"<si/>" + data[stop:], at


class _Items:
    """What shared texts say by their spelling: nearly all are the same in every return of one questionnaire."""

    def __init__(self) -> None:
        self.tables = 0
        self.known: dict[str, str] = {}
        self.characters = 0

    def said(self, text: str) -> list[str] | None:
        """The words of all elements for shared texts; ``None`` if one of them is unusual."""
        self.tables += 1
        if self.tables <= _FEW_WORKBOOKS or len(text) > _MOST_REMEMBERED:
            return _words(text)
        items = text.split(_ITEM_END)
        items.pop()  # what follows the last end, which is nothing
        known = self.known
        new = [item for item in items if item not in known]
        if new:
            words = _words(_ITEM_END.join(new) + _ITEM_END)
            if words is None:
                return None
            known.update(zip(new, words, strict=True))
            self.characters += sum(map(len, new))
        strings = [known[item] for item in items]
        if self.characters > _MOST_REMEMBERED:
            self.known = {}
            self.characters = 0
        return strings


_ITEMS = _Items()


def _words(text: str) -> list[str] | None:
    """The same, from nothing but the elements."""
    strings: list[str] = []
    for words, runs, other in _ITEM.findall(text):
        if other:
            return None
        said = "".join(_WORDS.findall(runs)) if runs else words
        if "&" in said:
            said = _meant(said)
        if "_x" in said or "\r" in said:
            said = unescape(said)
        strings.append(said)
    return strings


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
