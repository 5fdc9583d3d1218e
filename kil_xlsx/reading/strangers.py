"""What a workbook holds besides what was sent out: it is ignored, and counted."""

from __future__ import annotations

from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.layout.plan import Plan
from kil_xlsx.reading.kinds import FileKind
from kil_xlsx.reading.locate import Location
from kil_xlsx.reading.model import WorkbookData
from kil_xlsx.reading.sheetindex import fold

_MOST_NAMED = 5
_SHOWN = ("start", "about", "assessment", "measures", "checks", "results", "plan", "guidance")
_HIDDEN = ("lists", "workings", "file")
_OURS = ("kil_", "_xlnm", "print_", "_filterdatabase", "excel_builtin", "xlfn", "sheet_title")
"""Beginnings of the names that were sent out, and of those that programs make for themselves."""


def strangers(plan: Plan, workbook: WorkbookData, location: Location) -> list[Problem]:
    """One note about the sheets and names that are not ours; nothing where there are none.

    A sheet that stands in for one of ours under another name is not counted.
    """
    words = plan.words
    ours = {fold(text) for key, text in words.words.items() if key.startswith("sheet.")} | {fold(plan.steps_sheet)}
    ours |= {fold(one.sheet) for one in location.items if one.outcome is None}
    found = {one.item.sheet for one in location.items if one.outcome is None}
    there = {fold(sheet.name) for sheet in workbook.sheets}
    sheets = []
    for shown, kinds in ((True, _SHOWN), (False, _HIDDEN)):
        other = [
            sheet.name
            for sheet in workbook.sheets
            if (sheet.state == "visible") is shown and fold(sheet.name) not in ours and sheet.cells
        ]
        gone = [name for name in (words(f"sheet.{kind}") for kind in kinds) if fold(name) not in there]
        if len(other) > len([name for name in gone if name not in found]):
            sheets += other  # otherwise they are ours under other names, as far as can be told
    names = [name.name for name in workbook.names if not name.name.casefold().lstrip("_").startswith(_OURS)]
    names = [name for name in names if not name.casefold().startswith(_OURS)]
    if not sheets and not names:
        return []
    told = []
    for count, what, some in ((len(sheets), "sheet", sheets), (len(names), "defined name", names)):
        if count:
            more = ", …" if count > _MOST_NAMED else ""
            told.append(f"{count} {what}{'' if count == 1 else 's'} ({', '.join(some[:_MOST_NAMED])}{more})")
    first = sheets[0] if sheets else ""
    return [problem("not-ours-ignored", sheet=first, found="; ".join(told), expected="what was sent out")]


def unreadable_texts(workbook: WorkbookData, location: Location) -> bool:
    """Whether the reader of an old or foreign format lost the texts: hardly a row shows its code.

    Its answers would look blank though they are there.
    """
    shown = sum("code" in one.agreed for one in location.items)
    return workbook.kind in (FileKind.XLS, FileKind.XLSB, FileKind.ODS) and shown * 2 < len(location.items)
