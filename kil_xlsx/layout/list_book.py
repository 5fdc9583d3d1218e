"""A plain list as a workbook of one sheet: headings in its first row, so that mail merge and other programs take it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kil_xlsx.layout.document import Column, Document, PrintSetup, Sheet, Table

_NARROWEST, _WIDEST = 9.0, 48.0
_ROOM = 4.0
"""For the button of the filter that stands beside a heading."""


def list_document(
    name: str, title: str, columns: Sequence[str], rows: Sequence[Sequence[str | float | None]], created: datetime
) -> Document:
    """Lay a list out: every line on one row, with filters on its headings.

    :param name: the sheet's; ``title`` that of the file.
    :param columns: the headings, no two alike.
    """
    sheet = Sheet(name, tab="tab_output", protect=False)
    for at, heading in enumerate(columns):
        texts = (heading, *(str(row[at]) for row in rows if row[at] is not None))
        widest = max(len(heading) + _ROOM, *(len(text) + 1.0 for text in texts))
        sheet.columns[at] = Column(min(max(widest, _NARROWEST), _WIDEST))
        sheet.put(0, at, heading, "header_left")
        for number, row in enumerate(rows, start=1):
            value = row[at]
            sheet.put(number, at, _clean(value) if isinstance(value, str) else value, "output")
    if rows:
        area = sheet.area(0, 0, len(rows), len(columns) - 1)
        sheet.tables.append(Table(name.casefold().replace(" ", "_"), area, filtered=True))
    sheet.freeze = (1, 1)
    sheet.printing = PrintSetup(landscape=True, repeat_first_row=0, repeat_last_row=0)
    return Document(
        sheets=[sheet], names=[], title=title, subject="", keywords="", language="en-GB", created=created,
        properties={}, active_sheet=name,
    )  # fmt: skip


def _clean(text: str) -> str | None:
    """A text on one line without control characters; an empty cell for an empty one."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split()) or None
