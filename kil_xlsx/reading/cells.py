"""Reading a returned workbook, whatever its format, into plain values.

:func:`read_workbook` is the way in.  It never runs macros, calculates formulas or follows links.  Two programs that
read a file differently are taken for damage: a cell, row, sheet or part given twice, a sheet that is listed but not
there, a text that is not in the table of texts.
"""

from __future__ import annotations

from kil_xlsx.errors import FileRefused
from kil_xlsx.reading.kinds import FileKind, Sniffed, sniff, sniffed
from kil_xlsx.reading.model import (
    Cell,
    CellKind,
    DefinedName,
    SheetData,
    ValidationInfo,
    WorkbookData,
    iso_to_serial,
    to_serial,
)
from kil_xlsx.reading.package import Limits, Package
from kil_xlsx.reading.sheetxml import SheetReader, Workings, read_shared_strings
from kil_xlsx.reading.workbookxml import (
    Relationship,
    read_number_formats,
    read_properties,
    read_relationships,
    read_workbook_part,
)

__all__ = [
    "Cell",
    "CellKind",
    "DefinedName",
    "SheetData",
    "ValidationInfo",
    "WorkbookData",
    "iso_to_serial",
    "read_workbook",
    "to_serial",
]

_NOT_CELLS = ("chartsheet", "dialogsheet")
_MACRO_SHEETS = ("xlMacrosheet", "xlIntlMacrosheet")


def opened(data: bytes, limits: Limits | None = None, *, password: str | None = None) -> bytes:
    """The file without the password that it may be locked with.  Raises :class:`FileRefused`.

    What comes out is as little to be trusted as a file that came without a lock.
    """
    if sniff(data) is not FileKind.PASSWORD:
        return data
    if password is None:
        raise FileRefused("file-password")
    from kil_xlsx.reading.encrypted import unlocked

    return unlocked(data, password, limits)


def read_workbook(
    data: bytes, limits: Limits | None = None, *, password: str | None = None, known: Sniffed | None = None
) -> WorkbookData:
    """Everything a workbook holds.  ``data`` is the whole file; ``password`` is what it may be locked with.

    ``known`` is what :func:`~kil_xlsx.reading.kinds.sniffed` says of the file, if it has been asked already.

    xlsx and xlsm are read here; xls, xlsb and ods in a separate process.  Raises :class:`FileRefused` with one of
    the codes listed in :mod:`kil_xlsx.reading.package`, and nothing else, whatever the bytes are.
    """
    usual = limits is None
    limits = limits or Limits()
    if not data:
        raise FileRefused("file-empty")
    if len(data) > limits.file_bytes:
        raise FileRefused("file-too-large", f"{len(data):,} bytes")
    known = known or sniffed(data)
    if known.kind is FileKind.PASSWORD:
        data = opened(data, limits, password=password)
        known = sniffed(data)
    kind = known.kind
    if not kind.is_workbook:
        raise FileRefused(kind.refusal, kind.words)
    if kind in (FileKind.XLSX, FileKind.XLSM):
        return _read_package(Package(data, limits, known.entries if usual else None), kind)
    # Only here, since most returns never need the other process.
    from kil_xlsx.reading.legacy import read_legacy

    return read_legacy(data, kind, limits)


def _find(relationships: dict[str, Relationship], package: Package, kind: str) -> str | None:
    """The one part of a kind that the relationships point to, if it is there."""
    targets = {one.target for one in relationships.values() if one.kind == kind and one.target is not None}
    if len(targets) > 1:
        raise FileRefused("file-damaged", "two parts where there can be only one")
    return next((target for target in targets if target in package), None)


def _read_package(package: Package, kind: FileKind) -> WorkbookData:
    limits = package.limits
    roots = read_relationships(package, "")
    main = _find(roots, package, "officeDocument")
    if main is None:
        raise FileRefused("file-damaged", "the workbook's main part is missing")
    book = read_workbook_part(package.read(main), limits)
    relationships = read_relationships(package, main)
    if not book.sheets:
        raise FileRefused("file-damaged", "a workbook without sheets")

    texts = _find(relationships, package, "sharedStrings")
    strings = read_shared_strings(package.read(texts), limits) if texts is not None else ()
    styles = _find(relationships, package, "styles")
    formats = read_number_formats(package.read(styles), limits) if styles is not None else ()
    reader = SheetReader(Workings(limits, strings, formats, date1904=book.date1904))

    macros = kind is FileKind.XLSM or any(name.casefold().endswith("vbaproject.bin") for name in package.names)
    sheets: list[SheetData] = []
    used: set[str] = set()
    for entry in book.sheets:
        relationship = relationships.get(entry.relationship)
        if relationship is None or relationship.target is None or relationship.target not in package:
            raise FileRefused("file-damaged", f"the sheet “{entry.name}” is missing")
        target = relationship.target.casefold()
        if target in used:
            raise FileRefused("file-damaged", "two sheets with the same content")
        used.add(target)
        if relationship.kind in _NOT_CELLS:
            continue
        if relationship.kind in _MACRO_SHEETS:
            macros = True
            continue
        if relationship.kind != "worksheet":
            raise FileRefused("file-damaged", f"the sheet “{entry.name}” is missing")
        sheets.append(reader.read(package.read(target), entry.name, entry.state))
    if not sheets:
        raise FileRefused("file-damaged", "a workbook without sheets")
    properties, application = read_properties(package, roots)
    return WorkbookData(
        sheets=tuple(sheets),
        names=book.defined_names(),
        date1904=book.date1904,
        properties=properties,
        application=application,
        kind=kind,
        has_macros=macros,
        is_strict=book.is_strict,
    )
