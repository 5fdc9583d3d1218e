"""The parts of a workbook that hold cells: worksheets and shared strings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kil_xlsx.errors import FileRefused
from kil_xlsx.layout.a1 import column_index
from kil_xlsx.reading.model import Cell, CellKind, SheetData, ValidationInfo, iso_to_serial
from kil_xlsx.reading.package import Limits
from kil_xlsx.reading.plaincells import PlainCells, plain_cells, plain_strings, strict_number
from kil_xlsx.reading.sharedformulas import shift
from kil_xlsx.reading.textcodes import unescape
from kil_xlsx.reading.xmltree import MAIN, X14, XM, Node, in_main, in_namespaces, new_parser, parse

_CELL = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_INDEX = re.compile(r"[0-9]{1,9}")
_BLANKS = " \t\r\n"


_RULES_OPEN, _RULES_CLOSE, _NO_RULES = b"<dataValidations ", b"</dataValidations>", b"<dataValidations/>"
_ALONE = b'<worksheet xmlns="%s">%%b</worksheet>' % MAIN.encode()
"""A worksheet with nothing but rules for cells."""

_Rules = tuple[tuple[ValidationInfo, ...], int]
"""Rules for cells, and how many ranges they have."""

_RULES: dict[tuple[Limits, bytes], _Rules] = {}
_MOST_RULES, _LONGEST_RULES = 64, 200_000


_NUMBERS: list[str] = []
_MOST_NUMBERS = 10_000


def _numbers(count: int) -> list[str]:
    """At least so many whole numbers from 0 as they are written; the same texts again and again."""
    if count > _MOST_NUMBERS:
        return list(map(str, range(count)))
    _NUMBERS.extend(map(str, range(len(_NUMBERS), count)))
    return _NUMBERS


class Workings:
    """What the worksheets of one workbook share while they are read.

    :param strings: the table of shared texts.
    :param formats: the number format of each cell style.
    """

    def __init__(
        self, limits: Limits, strings: Sequence[str] = (), formats: Sequence[str] = (), *, date1904: bool = False
    ) -> None:
        self.limits = limits
        self.strings = strings
        self.formats = formats
        self.date1904 = date1904
        self.cells = 0  # read so far, in all sheets
        self.formula_text = 0  # characters made from shared formulas so far, in all sheets
        # By the numbers as cells have them, so that no cell has to make a number of them.
        self.string_at = dict(zip(_numbers(len(strings)), strings, strict=False))
        self.format_at = dict(zip(_numbers(len(formats)), formats, strict=False))
        if formats:
            self.format_at[""] = formats[0]


def _damaged(found: str) -> FileRefused:
    return FileRefused("file-damaged", found)


def _check_length(text: str, limits: Limits) -> str:
    if len(text) > limits.cell_text:
        raise FileRefused("file-too-large", f"a cell with more than {limits.cell_text:,} characters")
    return text


def _check_count(count: int, most: int, what: str) -> None:
    if count > most:
        raise FileRefused("file-too-large", f"more than {most:,} {what}")


def read_shared_strings(data: bytes, limits: Limits) -> list[str]:
    """The table of texts that cells refer to by number.  Phonetic guides are left out."""
    plain = plain_strings(data, limits)
    if plain is not None:
        strings, rest, at = plain
        reader = _StringsReader(limits)
        if reader.read(rest) == [""] and reader.at == at:
            return strings
    return _StringsReader(limits).read(data)


class _StringsReader:
    """Gathers the shared texts, one element after the other.  ``at`` is where in the part the last one begins."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parser = new_parser()
        self.at = -1
        self.strings: list[str] = []
        self.parts: list[str] = []

    def read(self, data: bytes) -> list[str]:
        item = Node(_rich_text(self.parts), self.start, self.end)
        parse(data, in_main({"sst": Node(in_main({"si": item}))}), self.limits, self.parser)
        return self.strings

    def start(self, _: Mapping[str, str]) -> None:
        self.at = self.parser.CurrentByteIndex
        self.parts.clear()

    def end(self, _: str) -> None:
        self.strings.append(_check_length(unescape("".join(self.parts)), self.limits))
        if len(self.strings) > self.limits.shared_strings:
            raise FileRefused("file-too-large", f"more than {self.limits.shared_strings:,} texts")


def _rich_text(parts: list[str]) -> dict[str, Node]:
    """The children of a text: plain, or in runs of different looks; ``rPh`` is left out on purpose."""
    text = Node(end=parts.append, text=True)
    return in_main({"t": text, "r": Node(in_main({"t": text}))})


class SheetReader:
    """Gathers the worksheets of a workbook, one after the other, by one tree of their elements.

    The handlers run once for each element, so they do as little as they can.
    """

    def __init__(self, workings: Workings) -> None:
        self.workings = workings
        self.limits = workings.limits
        self.inline: list[str] = []
        self.tree = self._tree()
        self.begin()

    def begin(self) -> None:
        """Forget the sheet before."""
        self.parser = new_parser()
        self.at = self.rules_at = -1  # where the table of cells, and the rules for cells, begin in the part
        self.cells: dict[tuple[int, int], Cell] = {}
        self.validations: list[ValidationInfo] = []
        self.merges: list[str] = []
        self.has_data = False
        self.rows: set[int] = set()
        self.columns: set[int] = set()  # of the row being read
        self.row = -1
        self.col = -1
        self.stated_row = False
        self.attributes: Mapping[str, str] = {}
        self.value: str | None = None
        self.formula: str | None = None
        self.formula_attributes: Mapping[str, str] = {}
        self.has_inline = False
        self.shared: dict[str, tuple[str, int, int]] = {}
        self.validation: dict[str, str] = {}
        self.ranges = 0  # of all validations

    def read(self, data: bytes, name: str, state: str) -> SheetData:
        """One worksheet.  Raises :class:`FileRefused` for anything that two programs could read differently."""
        workings = self.workings
        plain = plain_cells(data, self.limits, workings.string_at, workings.format_at)
        if plain is not None and workings.cells + plain.count <= self.limits.cells:
            rules = self._parse_around(plain)
            if self.at == plain.at:
                workings.cells += plain.count
                return SheetData(name, state, plain.cells, rules, tuple(self.merges))
        self._parse(data)
        if not self.has_data:
            raise _damaged("a sheet without its table of cells")
        return SheetData(name, state, self.cells, tuple(self.validations), tuple(self.merges))

    def _parse_around(self, plain: PlainCells) -> tuple[ValidationInfo, ...]:
        """What stands around the cells; gives the rules for cells, which are often the same in all returns."""
        rest = plain.rest
        start, stop = rest.find(_RULES_OPEN, plain.at), rest.find(_RULES_CLOSE, plain.at) + len(_RULES_CLOSE)
        rules = self._rules(rest[start:stop]) if plain.at < start < stop else None
        if rules is not None:
            self.begin()
            self.validations, self.ranges = list(rules[0]), rules[1]
            parse(rest[:start] + _NO_RULES + rest[stop:], self.tree, self.limits, self.parser)
            if self.rules_at == start:
                return rules[0] if len(rules[0]) == len(self.validations) else tuple(self.validations)
        self._parse(rest)
        return tuple(self.validations)

    def _rules(self, piece: bytes) -> _Rules | None:
        """The rules for cells in a piece of a worksheet; ``None`` where it can only be read with what is around it."""
        place = self.limits, piece
        if place not in _RULES:
            if len(piece) > _LONGEST_RULES or b"xmlns" in piece:
                return None
            try:
                self._parse(_ALONE % piece)
            except FileRefused:
                return None
            if self.rules_at != _ALONE.index(b"%"):
                return None
            if len(_RULES) >= _MOST_RULES:
                _RULES.clear()
            _RULES[place] = tuple(self.validations), self.ranges
        return _RULES[place]

    def _parse(self, data: bytes) -> None:
        self.begin()
        parse(data, self.tree, self.limits, self.parser)

    def _tree(self) -> dict[str, Node]:
        cell = Node(
            in_main(
                {
                    "v": Node(end=self.end_value, text=True),
                    "f": Node(start=self.start_formula, end=self.end_formula, text=True),
                    "is": Node(_rich_text(self.inline), start=self.start_inline),
                }
            ),
            self.start_cell,
            self.end_cell,
        )
        row = Node(in_main({"c": cell}), self.start_row)
        ext_formula = Node(in_namespaces({"f": Node(end=self.end_formula1, text=True)}, XM))
        ext_validation = Node(
            in_namespaces({"formula1": ext_formula}, X14)
            | in_namespaces({"sqref": Node(end=self.end_sqref, text=True)}, XM),
            self.start_validation,
            self.end_validation,
        )
        ext = Node(
            in_namespaces({"dataValidations": Node(in_namespaces({"dataValidation": ext_validation}, X14))}, X14)
        )
        validation = Node(
            in_main({"formula1": Node(end=self.end_formula1, text=True)}), self.start_validation, self.end_validation
        )
        return in_main(
            {
                "worksheet": Node(
                    in_main(
                        {
                            "sheetData": Node(in_main({"row": row}), self.start_data),
                            "mergeCells": Node(in_main({"mergeCell": Node(start=self.start_merge)})),
                            "dataValidations": Node(in_main({"dataValidation": validation}), self.start_rules),
                            "extLst": Node(in_main({"ext": ext})),
                        }
                    )
                )
            }
        )

    def start_data(self, _: Mapping[str, str]) -> None:
        if self.has_data:
            raise _damaged("a sheet with two tables of cells")
        self.has_data = True
        self.at = self.parser.CurrentByteIndex

    def start_row(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r")
        self.stated_row = number is not None
        if number is None:
            self.row += 1
        elif _INDEX.fullmatch(number) and number != "0":
            self.row = int(number) - 1
        else:
            raise _damaged("a row without a proper number")
        self.new_row()

    def new_row(self) -> None:
        if not 0 <= self.row < self.limits.rows:
            raise _damaged("a cell beyond the last row")
        if self.row in self.rows:
            raise _damaged("a row that is given twice")
        self.rows.add(self.row)
        self.columns = set()
        self.col = -1

    def start_cell(self, attributes: Mapping[str, str]) -> None:
        self.attributes = attributes
        self.value = self.formula = None
        if self.has_inline:
            self.has_inline = False
        place = attributes.get("r")
        if place is None:
            self.col += 1
        else:
            match = _CELL.fullmatch(place)
            if match is None:
                raise _damaged("a cell without a proper place")
            letters, digits = match.groups()
            try:
                self.col = column_index(letters)
            except ValueError:
                raise _damaged("a cell beyond the last column") from None
            row = int(digits) - 1
            if row != self.row:
                if self.stated_row or self.columns:
                    raise _damaged("a cell in another row than it says")
                self.rows.discard(self.row)
                col, self.row = self.col, row
                self.new_row()
                self.col = col
        if self.col >= self.limits.columns:
            raise _damaged("a cell beyond the last column")
        if self.col in self.columns:
            raise _damaged("a cell that is given twice")
        self.columns.add(self.col)

    def end_value(self, text: str) -> None:
        if self.value is not None:
            raise _damaged("a cell with two values")
        self.value = text

    def start_formula(self, attributes: Mapping[str, str]) -> None:
        self.formula_attributes = attributes

    def end_formula(self, text: str) -> None:
        if self.formula is not None:
            raise _damaged("a cell with two formulas")
        attributes = self.formula_attributes
        if attributes and attributes.get("t") == "shared":
            key = attributes.get("si", "")
            if text:
                self.shared[key] = (text, self.row, self.col)
            elif key in self.shared:
                master, row, col = self.shared[key]
                # Before the work is done, since a long formula and many cells would take for ever.
                self.workings.formula_text += len(master)
                _check_count(self.workings.formula_text, self.limits.formula_text, "characters of formulas")
                text = shift(master, self.row - row, self.col - col)
        self.formula = _check_length(text, self.limits)

    def start_inline(self, _: Mapping[str, str]) -> None:
        if self.has_inline:
            raise _damaged("a cell with two values")
        self.has_inline = True
        self.inline.clear()

    def end_cell(self, _: str) -> None:
        workings = self.workings
        workings.cells += 1
        if workings.cells > self.limits.cells:
            raise FileRefused("file-too-large", f"more than {self.limits.cells:,} cells")
        value, kind = self.typed_value()
        formula = self.formula
        if kind is CellKind.EMPTY and formula is None:
            return
        formats = workings.formats
        try:
            number_format = formats[int(self.attributes.get("s", "0"))] if formats else None
        except (ValueError, IndexError):
            number_format = None
        self.cells[self.row, self.col] = Cell(value, kind, formula, number_format)

    def typed_value(self) -> tuple[str | float | bool | None, CellKind]:
        raw = self.value
        kind = self.attributes.get("t", "n")
        if kind == "s":
            return self.shared_text(raw)
        if self.has_inline and (kind == "inlineStr" or raw is None):
            # A cell with both: its type says which one counts.  They are never put together.
            return _check_length(unescape("".join(self.inline)), self.limits), CellKind.TEXT
        if raw is None:
            return None, CellKind.EMPTY
        if kind in ("str", "inlineStr"):
            return _check_length(unescape(raw), self.limits), CellKind.TEXT
        text = raw.strip(_BLANKS)
        if not text:
            return None, CellKind.EMPTY
        if kind == "n":
            number = strict_number(text)
            if number is not None:
                return number, CellKind.NUMBER
        elif kind == "b":
            if text in ("1", "true"):
                return True, CellKind.BOOLEAN
            if text in ("0", "false"):
                return False, CellKind.BOOLEAN
        elif kind == "e":
            return _check_length(text, self.limits), CellKind.ERROR
        elif kind == "d":
            serial = iso_to_serial(text, self.workings.date1904)
            if serial is not None:
                return serial, CellKind.NUMBER
        else:
            raise _damaged("a cell of an unknown type")
        return _check_length(unescape(raw), self.limits), CellKind.TEXT

    def shared_text(self, raw: str | None) -> tuple[str | None, CellKind]:
        if raw is None:
            return None, CellKind.EMPTY
        text = raw.strip(_BLANKS)
        if not text:
            return None, CellKind.EMPTY
        strings = self.workings.strings
        if _INDEX.fullmatch(text):
            index = int(text)
            if index < len(strings):
                return strings[index], CellKind.TEXT
        raise _damaged("a cell whose text is missing")

    def start_merge(self, attributes: Mapping[str, str]) -> None:
        self.merges.append(attributes.get("ref", ""))
        _check_count(len(self.merges), self.limits.merges, "merged ranges")

    def start_rules(self, _: Mapping[str, str]) -> None:
        self.rules_at = self.parser.CurrentByteIndex

    def start_validation(self, attributes: Mapping[str, str]) -> None:
        self.validation = {"ranges": attributes.get("sqref", ""), "title": attributes.get("promptTitle", "")}

    def end_formula1(self, text: str) -> None:
        self.validation["formula1"] = text

    def end_sqref(self, text: str) -> None:
        self.validation["ranges"] = text

    def end_validation(self, _: str) -> None:
        found = self.validation
        self.ranges += 1 + found["ranges"].count(" ")
        _check_count(self.ranges, self.limits.ranges, "ranges with rules")
        title = _check_length(unescape(found["title"]), self.limits)
        self.validations.append(ValidationInfo(tuple(found["ranges"].split()), title, found.get("formula1", "")))
        _check_count(len(self.validations), self.limits.validations, "rules for cells")
