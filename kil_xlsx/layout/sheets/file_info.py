"""The hidden sheet about the file itself.  It may become visible in other programs, so it is written to be read."""

from __future__ import annotations

from kil_xlsx.layout.document import Column, Sheet
from kil_xlsx.layout.sheets.frame import Content

FIRST_ROW = 2
FACT, VALUE = 0, 1


def paint(content: Content) -> Sheet:
    """One fact per row: its stable key, then its value."""
    words = content.words
    sheet = Sheet(name=words("sheet.file"), state="very_hidden", tab="tab_help")
    sheet.columns[FACT] = Column(24)
    sheet.columns[VALUE] = Column(60)
    sheet.put(0, FACT, words("file.intro"), "list")
    sheet.put(1, FACT, words("file.fact"), "list")
    sheet.put(1, VALUE, words("file.value"), "list")
    for index, (key, value) in enumerate(content.stamp.facts().items()):
        sheet.put(FIRST_ROW + index, FACT, f"kil:{key}", "list")
        sheet.put(FIRST_ROW + index, VALUE, value or "-", "list")
    return sheet
