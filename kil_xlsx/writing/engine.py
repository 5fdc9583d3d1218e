"""XlsxWriter with the few things it does not do, or does too kindly.

* the structure of the workbook can be locked, and its language said;
* text stays text: XlsxWriter takes ``<r>…</r>`` for markup of its own, and loses codes that follow one another;
* texts with several looks are a kind of their own, never mistaken for a plain text with the same letters;
* tables take their headings from the cells and leave every cell as it is;
* formulas are stored as given: XlsxWriter rewrites some, and reads function names inside quoted text;
* an empty text as the value of a formula is marked as text, as Excel does it;
* numbers keep every digit that Python would show.

The methods that begin with an underscore belong to XlsxWriter.  The tests read the files back and look for what each
of them is for, so that a release which renames one is noticed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from xlsxwriter import Workbook  # type: ignore[import-untyped]  # comes without type information
from xlsxwriter.core import Core  # type: ignore[import-untyped]  # as above
from xlsxwriter.packager import Packager  # type: ignore[import-untyped]  # as above
from xlsxwriter.sharedstrings import SharedStrings  # type: ignore[import-untyped]  # as above
from xlsxwriter.utility import (  # type: ignore[import-untyped]  # as above
    _preserve_whitespace,
    xl_rowcol_to_cell_fast,
)
from xlsxwriter.worksheet import (  # type: ignore[import-untyped]  # as above
    CellFormulaTuple,
    CellNumberTuple,
    CellStringTuple,
    Worksheet,
)
from xlsxwriter.xmlwriter import XMLwriter  # type: ignore[import-untyped]  # as above

from kil_xlsx.layout.document import ErrorValue, RangeRef

AUTHOR = "kil-xlsx"

_CONTROLS = "\x00-\x08\x0b-\x1f\ufffe\uffff"
_CONTROL = re.compile(f"[{_CONTROLS}]")
# A control character begins with an underscore once it is coded.
_LIKE_A_CODE = re.compile(f"_(?=x[0-9A-Fa-f]{{4}}[_{_CONTROLS}])")
_UNDERSCORE = "_x005F_"

_Attributes = list[tuple[str, Any]]


def coded(text: str) -> str:
    """Text as the file holds it: ``_xHHHH_`` for a control character, and no other text that reads like that."""
    if "_x" in text:
        text = _LIKE_A_CODE.sub(_UNDERSCORE, text)
    return _CONTROL.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def _coded_parts(parts: Sequence[str]) -> Iterator[str]:
    """The same for the parts of one text: some readers join them first, so a code may begin in one, end in another."""
    begun = {found.start() for found in _LIKE_A_CODE.finditer("".join(parts))}
    start = 0
    for part in parts:
        words = part
        if begun:
            words = "".join(_UNDERSCORE if start + at in begun else letter for at, letter in enumerate(part))
        start += len(part)
        yield _CONTROL.sub(_code, words)


class _OwnKind(str):
    """A text that equals only texts of its own kind, never a plain one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Equal to its own kind only."""
        return type(other) is type(self) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        """The opposite of equal."""
        return not self == other

    __hash__ = str.__hash__


class TextResult(_OwnKind):
    """A formula's text that XlsxWriter takes neither for a missing value when empty, nor for an error like #N/A.

    XlsxWriter compares with ``""`` and with the names of errors.
    """

    __slots__ = ()


class Markup(_OwnKind):
    """The XML of a text with several looks.  A plain text of the same letters is another entry among the texts."""

    __slots__ = ()


class SheetWriter(Worksheet):  # type: ignore[misc]  # the base class is untyped
    """A worksheet that stores formulas as they are given and numbers with all their digits."""

    # Without XlsxWriter's search for addresses such as "A1", which are never given here.
    write_string, write_number, write_blank = Worksheet._write_string, Worksheet._write_number, Worksheet._write_blank

    def write_formula(
        self, row: int, col: int, formula: str, cell_format: Any = None, value: str | float | bool = 0
    ) -> int:
        """Store a formula (without ``=``) and its value."""
        if self._check_dimensions(row, col):
            return -1
        if isinstance(value, ErrorValue):
            value = str(value)
        elif isinstance(value, str):
            value = TextResult(coded(value))
        self.table[row][col] = CellFormulaTuple(formula, cell_format, value)
        return 0

    def write_runs(self, row: int, col: int, runs: Sequence[tuple[Any, str]], cell_format: Any) -> int:
        """Store a text in several fonts: pairs of a format, of which only the font counts, and words (never none)."""
        if self._check_dimensions(row, col):
            return -1
        self.rstring = XMLwriter()  # where XlsxWriter writes the font of a part
        self.rstring._set_filehandle(io.StringIO())
        for (font, _), words in zip(runs, _coded_parts([words for _, words in runs]), strict=True):
            self.rstring._xml_start_tag("r")
            self._write_font(font)
            self.rstring.fh.write(f'<t xml:space="preserve">{escape(words)}</t></r>')
        # Not as a plain text is stored: XlsxWriter would count the markup against the length that a cell holds.
        index = self.str_table._get_shared_string_index(Markup(self.rstring.fh.getvalue()))
        self.table[row][col] = CellStringTuple(index, cell_format)
        return 0

    def make_table(self, area: RangeRef, name: str, headings: Sequence[str], *, filtered: bool) -> int:
        """Make a table, without a look, of cells that are written afterwards."""
        options = {
            "name": name,
            "columns": [{"header": heading} for heading in headings],
            "style": None,
            "autofilter": filtered,
            "banded_rows": False,
        }
        texts = self.str_table.count
        code: int = self.add_table(area.first_row, area.first_column, area.last_row, area.last_column, options)
        if not code:
            self.str_table.count = texts  # XlsxWriter has written the headings, which now come a second time
            for column, heading in zip(self.tables[-1]["columns"], headings, strict=True):
                column["name"] = coded(heading)
        return code

    def set_header(self, header: str) -> None:
        """Print a header, as given: XlsxWriter takes the ``&&G`` of "R&G Trust" for the code of a picture."""
        self.header, self.header_footer_changed = header, True

    def set_footer(self, footer: str) -> None:
        """Print a footer, as given."""
        self.footer, self.header_footer_changed = footer, True

    def hide_green_corners(self, area: str) -> None:
        """No marks on codes such as 1.2, or on formulas that differ from their neighbours on purpose."""
        self.ignored_errors = {"area": area}

    def _write_ignored_errors(self) -> None:
        if self.ignored_errors:
            marks = [(key, 1) for key in ("numberStoredAsText", "formula", "formulaRange")]
            self._xml_start_tag("ignoredErrors")
            self._xml_empty_tag("ignoredError", [("sqref", self.ignored_errors["area"]), *marks])
            self._xml_end_tag("ignoredErrors")

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        # There are thousands of texts and numbers in a workbook, and XlsxWriter looks for escapes in every attribute.
        kind = type(cell)
        if not cell.format or kind not in (CellStringTuple, CellNumberTuple):
            super()._write_cell(row, col, cell)
            return
        start = f'<c r="{xl_rowcol_to_cell_fast(row, col)}" s="{cell.format._get_xf_index()}"'
        if kind is CellStringTuple:
            self.fh.write(f'{start} t="s"><v>{cell.string}</v></c>')
        else:
            self.fh.write(f"{start}><v>{_digits(cell.number)}</v></c>")

    def _xml_number_element(self, number: float, attributes: _Attributes) -> None:
        words = "".join(f' {key}="{value}"' for key, value in attributes)
        self.fh.write(f"<c{words}><v>{_digits(number)}</v></c>")


def _digits(number: float) -> str:
    return repr(number).removesuffix(".0")


class _PlainStrings(SharedStrings):  # type: ignore[misc]  # the base class is untyped
    """Shared strings that are never taken for markup unless they are."""

    def _write_si(self, string: str) -> None:
        if isinstance(string, Markup):
            self._xml_rich_si_element(string)
            return
        string = coded(string)
        self._xml_si_element(string, [("xml:space", "preserve")] if _preserve_whitespace(string) else [])


class _CoreWithLanguage(Core):  # type: ignore[misc]  # the base class is untyped
    """Core properties that say the language of the document."""

    def _write_dc_description(self) -> None:
        super()._write_dc_description()
        if self.properties.get("language"):
            self._xml_data_element("dc:language", self.properties["language"])


class _Package(Packager):  # type: ignore[misc]  # the base class is untyped
    """A package made of the parts above."""

    def _write_shared_strings_file(self) -> None:
        if self.workbook.str_table.count:
            strings = _PlainStrings()
            strings.string_table = self.workbook.str_table
            strings._set_xml_writer(self._filename("xl/sharedStrings.xml"))
            strings._assemble_xml_file()

    def _write_core_file(self) -> None:
        core = _CoreWithLanguage()
        core._set_properties(self.workbook.doc_properties)
        core._set_xml_writer(self._filename("docProps/core.xml"))
        core._assemble_xml_file()


class Book(Workbook):  # type: ignore[misc]  # the base class is untyped
    """A workbook in memory, the same bytes for the same calls.

    After :meth:`close`, the file is in ``target``.
    """

    worksheet_class = SheetWriter

    def __init__(self, font: str, created: datetime, lock_structure: bool) -> None:
        """Open an empty workbook."""
        self.target = io.BytesIO()
        self.created = created.astimezone(UTC) if created.tzinfo else created
        self.lock_structure = lock_structure
        super().__init__(
            self.target,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": False,
                "default_format_properties": {"font_name": font, "font_size": 11},
            },
        )

    def describe(self, title: str, subject: str, keywords: str, language: str) -> None:
        """Set the properties that file managers and screen readers show."""
        self.set_properties(
            {
                "title": title,
                "subject": subject,
                "keywords": keywords,
                "author": AUTHOR,
                "created": self.created,
                "language": language,
            }
        )

    def _write_book_views(self) -> None:
        if self.lock_structure:
            self._xml_empty_tag("workbookProtection", [("lockStructure", 1)])
        super()._write_book_views()

    def _get_packager(self) -> _Package:
        return _Package()
