"""The notes on the cells of a returned workbook, for telling their writers that they were not carried over.

Only .xlsx and .xlsm files: of the others, nobody's notes are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kil_xlsx.errors import FileRefused
from kil_xlsx.reading.kinds import FileKind, sniff
from kil_xlsx.reading.package import Limits, Package
from kil_xlsx.reading.textcodes import unescape
from kil_xlsx.reading.workbookxml import read_relationships, read_workbook_part
from kil_xlsx.reading.xmltree import Node, in_main, parse

MOST_NOTES = 2_000


@dataclass(frozen=True)
class CellNote:
    """One note: its sheet, its cell and its words."""

    sheet: str
    cell: str
    text: str


def read_notes(data: bytes, limits: Limits | None = None) -> tuple[CellNote, ...]:
    """The notes of a workbook that could be read, sheet by sheet; none where they cannot be made sense of."""
    if sniff(data) not in (FileKind.XLSX, FileKind.XLSM):
        return ()
    try:
        return tuple(_notes(Package(data, limits or Limits())))
    except FileRefused:
        return ()


def _notes(package: Package) -> list[CellNote]:
    roots = read_relationships(package, "").values()
    main = next((one.target for one in roots if one.kind == "officeDocument" and one.target), None)
    if main is None or main not in package:
        return []
    relationships = read_relationships(package, main)
    found: list[CellNote] = []
    for entry in read_workbook_part(package.read(main), package.limits).sheets:
        part = relationships.get(entry.relationship)
        if part is None or part.target is None or part.target not in package:
            continue
        for one in read_relationships(package, part.target).values():
            if one.kind == "comments" and one.target is not None and one.target in package:
                texts = _texts(package.read(one.target), package.limits)
                found += (CellNote(entry.name, cell, text) for cell, text in texts.items() if text.strip())
    return found[:MOST_NOTES]


def _texts(data: bytes, limits: Limits) -> dict[str, str]:
    """The words of each note by its cell."""
    found: dict[str, str] = {}
    here = [""]

    def start(attributes: Mapping[str, str]) -> None:
        here[0] = attributes.get("ref", "")[:10]

    def end(text: str) -> None:
        found[here[0]] = found.get(here[0], "") + unescape(text)

    words = Node(end=end, text=True)
    body = Node(in_main({"t": words, "r": Node(in_main({"t": words}))}))
    comment = Node(in_main({"text": body}), start=start)
    parse(data, in_main({"comments": Node(in_main({"commentList": Node(in_main({"comment": comment}))}))}), limits)
    return found
