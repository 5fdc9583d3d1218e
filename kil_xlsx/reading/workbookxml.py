"""The parts of a workbook other than its cells: relationships, list of sheets, names, styles and properties."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct, field

from kil_xlsx.errors import FileRefused
from kil_xlsx.reading.model import DefinedName
from kil_xlsx.reading.package import Limits, Package
from kil_xlsx.reading.textcodes import unescape
from kil_xlsx.reading.xmltree import MAIN_STRICT, Node, in_main, in_namespaces, parse

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT_RELATIONSHIPS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_CUSTOM = (
    "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
    "http://purl.oclc.org/ooxml/officeDocument/customProperties",
)
_EXTENDED = (
    "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties",
    "http://purl.oclc.org/ooxml/officeDocument/extendedProperties",
)
_OPENDOCUMENT_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_OPENDOCUMENT_META = "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"
_VARIANT = (
    "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
    "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes",
)
_VARIANT_TYPES = (
    *("lpwstr", "lpstr", "bstr", "bool", "i1", "i2", "i4", "i8", "int", "ui1", "ui2", "ui4", "ui8", "uint"),
    *("r4", "r8", "decimal", "filetime", "date", "cy"),
)
# The codes behind the numbers that Excel does not write out (ECMA-376 part 1, 18.8.30).
_BUILTIN_FORMATS = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "mm-dd-yy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yy h:mm",
    37: "#,##0 ;(#,##0)",
    38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mmss.0",
    48: "##0.0E+0",
    49: "@",
}


_LONGEST_REMEMBERED = 200_000  # bytes


def _damaged(found: str) -> FileRefused:
    return FileRefused("file-damaged", found)


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


class Relationship(Struct, frozen=True):
    """Where a part points: the last word of the kind (``worksheet``) and the part's name, ``None`` if outside."""

    kind: str
    target: str | None


def read_relationships(package: Package, source: str) -> dict[str, Relationship]:
    """The relationships of a part by their ids; those of the package itself for ``source`` ``""``.

    No relationships part is no relationships.
    """
    folder, base = posixpath.split(source)
    part = posixpath.join(folder, "_rels", base + ".rels")
    if part not in package:
        return {}
    found: dict[str, Relationship] = {}

    def start(attributes: Mapping[str, str]) -> None:
        key = attributes.get("Id", "")
        if key in found:
            raise _damaged("two relationships of one name")
        target = None
        if attributes.get("TargetMode") != "External":
            target = _resolve(package, folder, attributes.get("Target", ""))
        found[key] = Relationship(attributes.get("Type", "").rpartition("/")[2], target)

    tree = {"Relationships": Node(in_namespaces({"Relationship": Node(start=start)}, _RELATIONSHIPS))}
    parse(package.read(part), in_namespaces(tree, _RELATIONSHIPS), package.limits)
    return found


def _resolve(package: Package, folder: str, target: str) -> str:
    target = target.replace("\\", "/")
    path = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
    if path in package:
        return path
    from urllib.parse import unquote

    return unquote(path)


class SheetEntry(Struct, frozen=True):
    """A line of the workbook's list of sheets."""

    name: str
    state: str
    relationship: str


class WorkbookPart(Struct):
    """The workbook part itself."""

    sheets: list[SheetEntry] = field(default_factory=list)
    names: list[tuple[str, str, str]] = field(default_factory=list)  # name, number of the sheet or "", refers to
    date1904: bool = False
    is_strict: bool = False

    def defined_names(self) -> tuple[DefinedName, ...]:
        """The names with the sheets they belong to; raises :class:`FileRefused` for a sheet that is not there."""
        result = []
        for name, number, refers_to in self.names:
            scope = None
            if number:
                index = _number(number, len(self.sheets))
                if index >= len(self.sheets):
                    raise _damaged("a name for a sheet that is not there")
                scope = self.sheets[index].name
            result.append(DefinedName(name, scope, refers_to))
        return tuple(result)


def read_workbook_part(data: bytes, limits: Limits) -> WorkbookPart:
    """The list of sheets, the defined names and the date system."""
    book = WorkbookPart()
    current: dict[str, str] = {}
    seen: set[str] = set()

    def start_properties(attributes: Mapping[str, str]) -> None:
        book.date1904 = attributes.get("date1904", "0") in ("1", "true", "on")

    def start_sheet(attributes: Mapping[str, str]) -> None:
        name = unescape(attributes.get("name", ""))
        if not name or name.casefold() in seen:
            raise _damaged("two sheets of one name, or one without a name")
        seen.add(name.casefold())
        if len(seen) > limits.sheets:
            raise FileRefused("file-too-large", f"more than {limits.sheets:,} sheets")
        relationship = next(
            (attributes[key] for space in _DOCUMENT_RELATIONSHIPS if (key := f"{space} id") in attributes), ""
        )
        state = attributes.get("state", "visible")
        book.sheets.append(SheetEntry(name, state if state in ("hidden", "veryHidden") else "visible", relationship))

    def start_name(attributes: Mapping[str, str]) -> None:
        current.clear()
        current.update(attributes)

    def end_name(text: str) -> None:
        if len(book.names) >= limits.names:
            raise FileRefused("file-too-large", f"more than {limits.names:,} names")
        book.names.append((unescape(current.get("name", "")), current.get("localSheetId", ""), text.strip()))

    tree = Node(
        in_main(
            {
                "workbookPr": Node(start=start_properties),
                "sheets": Node(in_main({"sheet": Node(start=start_sheet)})),
                "definedNames": Node(in_main({"definedName": Node(start=start_name, end=end_name, text=True)})),
            }
        )
    )
    book.is_strict = parse(data, in_main({"workbook": tree}), limits) == MAIN_STRICT
    return book


def read_number_formats(data: bytes, limits: Limits) -> Sequence[str]:
    """The number format code of each cell style, by the style's number."""
    return (_styles_remembered if len(data) <= _LONGEST_REMEMBERED else _styles)(data, limits)


def _styles(data: bytes, limits: Limits) -> Sequence[str]:
    codes = dict(_BUILTIN_FORMATS)
    styles: list[int] = []

    def start_format(attributes: Mapping[str, str]) -> None:
        if len(codes) > limits.styles:
            raise FileRefused("file-too-large", f"more than {limits.styles:,} number formats")
        codes[_number(attributes.get("numFmtId", "0"), 0)] = unescape(attributes.get("formatCode", ""))

    def start_style(attributes: Mapping[str, str]) -> None:
        styles.append(_number(attributes.get("numFmtId", "0"), 0))
        if len(styles) > limits.styles:
            raise FileRefused("file-too-large", f"more than {limits.styles:,} styles")

    tree = Node(
        in_main(
            {
                "numFmts": Node(in_main({"numFmt": Node(start=start_format)})),
                "cellXfs": Node(in_main({"xf": Node(start=start_style)})),
            }
        )
    )
    parse(data, in_main({"styleSheet": tree}), limits)
    return [codes.get(style, "General") for style in styles]


# Returns of one workbook that were saved by the same program have the same styles.
_styles_remembered = lru_cache(maxsize=32)(_styles)


def read_properties(package: Package, relationships: Mapping[str, Relationship]) -> tuple[dict[str, str], str]:
    """The document properties that say which workbook this is, and the name of the program that saved it.

    ``title``, ``keywords`` and ``identifier`` come from the core properties and go before custom ones of these
    names.  Blanks around values are stripped, since some programs add them.
    """
    properties: dict[str, str] = {}
    application: list[str] = []
    readers: dict[str, Callable[[bytes], None]] = {
        "custom-properties": lambda data: _read_custom(data, properties, package.limits),
        "customProperties": lambda data: _read_custom(data, properties, package.limits),
        "core-properties": lambda data: _read_core(data, properties, package.limits),
        "coreProperties": lambda data: _read_core(data, properties, package.limits),
        "extended-properties": lambda data: _read_application(data, application, package.limits),
        "extendedProperties": lambda data: _read_application(data, application, package.limits),
    }
    # In this order, so that the core ones win.
    for kind, read in readers.items():
        for relationship in relationships.values():
            if relationship.kind == kind and relationship.target is not None and relationship.target in package:
                read(package.read(relationship.target))
    return properties, "".join(application[:1])


def _read_custom(data: bytes, properties: dict[str, str], limits: Limits) -> None:
    name = ""

    def start(attributes: Mapping[str, str]) -> None:
        nonlocal name
        name = unescape(attributes.get("name", "")).strip()

    def end(text: str) -> None:
        properties.setdefault(name, unescape(text).strip())

    value = Node(end=end, text=True)
    one = Node(in_namespaces(dict.fromkeys(_VARIANT_TYPES, value), *_VARIANT), start)
    parse(data, in_namespaces({"Properties": Node(in_namespaces({"property": one}, *_CUSTOM))}, *_CUSTOM), limits)


def _read_core(data: bytes, properties: dict[str, str], limits: Limits) -> None:
    def keep(name: str) -> Node:
        def end(text: str) -> None:
            if text.strip():
                properties[name] = unescape(text).strip()

        return Node(end=end, text=True)

    children = in_namespaces({name: keep(name) for name in ("title", "identifier")}, _DUBLIN_CORE)
    # keywords may have its words in children of their own; then only the words outside them would be read
    children |= in_namespaces({"keywords": keep("keywords")}, _CORE)
    parse(data, in_namespaces({"coreProperties": Node(children)}, _CORE), limits)


def read_opendocument_properties(data: bytes, limits: Limits) -> tuple[dict[str, str], str]:
    """The same two things as :func:`read_properties`, from an OpenDocument file's ``meta.xml``."""
    properties: dict[str, str] = {}
    application: list[str] = []
    name = ""

    def start(attributes: Mapping[str, str]) -> None:
        nonlocal name
        name = attributes.get(f"{_OPENDOCUMENT_META} name", "").strip()

    def end(text: str) -> None:
        properties.setdefault(name, text.strip())

    def start_title(_: Mapping[str, str]) -> None:
        nonlocal name
        name = "title"

    def end_keyword(text: str) -> None:
        keywords = properties.get("keywords")
        properties["keywords"] = f"{keywords}, {text.strip()}" if keywords else text.strip()

    children = in_namespaces(
        {
            "user-defined": Node(start=start, end=end, text=True),
            "keyword": Node(end=end_keyword, text=True),
            "generator": Node(end=application.append, text=True),
        },
        _OPENDOCUMENT_META,
    ) | in_namespaces({"title": Node(start=start_title, end=end, text=True)}, _DUBLIN_CORE)
    tree = {"document-meta": Node(in_namespaces({"meta": Node(children)}, _OPENDOCUMENT_OFFICE))}
    parse(data, in_namespaces(tree, _OPENDOCUMENT_OFFICE), limits)
    return properties, "".join(application[:1]).strip()


def _read_application(data: bytes, application: list[str], limits: Limits) -> None:
    application += (_programs_remembered if len(data) <= _LONGEST_REMEMBERED else _programs)(data, limits)


def _programs(data: bytes, limits: Limits) -> list[str]:
    """What a part says is the program that saved the workbook; nearly always the same one."""
    application: list[str] = []

    def end(text: str) -> None:
        application.append(unescape(text).strip())

    tree = Node(in_namespaces({"Application": Node(end=end, text=True)}, *_EXTENDED))
    parse(data, in_namespaces({"Properties": tree}, *_EXTENDED), limits)
    return application


_programs_remembered = lru_cache(maxsize=32)(_programs)
