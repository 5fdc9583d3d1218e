"""A benchmark release as a workbook: cover, contents and notes, then one table a sheet, then charts.

It is laid out as the United Kingdom's Analysis Function asks of statistics released in spreadsheets: every sheet has
its title in the first cell and one full table without merged cells or blank rows, so that it can be read aloud,
filtered and copied.  What is not shown carries a mark, never an empty cell.  There are no formulas.
The words of the sheets themselves are English whatever the framework's language; labels are the framework's own.
"""

from __future__ import annotations

from datetime import datetime

from kil_xlsx.core.branding import DEFAULT, Branding
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import Release
from kil_xlsx.layout.benchmark_book import charts, comparisons, front, tables
from kil_xlsx.layout.benchmark_book.frame import (
    ANSWER_CHARTS,
    ANSWERS,
    CHANGE,
    CHARTS,
    COMPLETENESS,
    CONTENTS,
    COVER,
    GROUPS,
    HEADER_ROW,
    HEAT_MAP,
    LONGEST_LABEL,
    MEASURES,
    MIDDLE_HALF,
    NOTES,
    SCORES,
    SEPARATION,
    SIDE_BY_SIDE,
    TAKING_PART,
    TableSheet,
    one_line,
)
from kil_xlsx.layout.benchmark_book.notes import Notes
from kil_xlsx.layout.document import Document, Image, PrintSetup, Sheet

__all__ = [
    "ANSWERS",
    "ANSWER_CHARTS",
    "CHANGE",
    "CHARTS",
    "COMPLETENESS",
    "CONTENTS",
    "COVER",
    "GROUPS",
    "HEADER_ROW",
    "HEAT_MAP",
    "LONGEST_LABEL",
    "MEASURES",
    "MIDDLE_HALF",
    "NOTES",
    "SCORES",
    "SEPARATION",
    "SIDE_BY_SIDE",
    "TAKING_PART",
    "release_document",
]


_PARTS_SCALE = 62
"""Per cent at which each part of the answers fits on a lying page."""


def release_document(
    release: Release, framework: Framework, created: datetime, branding: Branding = DEFAULT
) -> Document:
    """Lay a benchmark release out as a workbook.

    Tables that would have no line, and charts that would have nothing to draw, are left out.

    :param framework: the one that the release was made with, for units, bands and the bounds of scores.
    :param created: when the file is made; it stands in the file's properties only.
    :param branding: whose footer every page has and whose logo the cover has.
    """
    notes = Notes(release, framework)
    figures = {
        table.name: table
        for table in (
            tables.scores(release, framework, notes),
            tables.middle_half(release, framework, notes),
            tables.answers(release, framework, notes),
            tables.measures(release, framework, notes),
            tables.completeness(release, framework, notes),
            comparisons.heat_map(release, framework, notes),
            comparisons.separation(release, notes),
            comparisons.side_by_side(release, notes),
            comparisons.change(release, framework, notes),
        )
        if table is not None
    }
    drawn = charts.sheets(release, framework, figures)
    taking_part = front.taking_part(release, notes)
    listed = (notes.sheet(), taking_part, *figures.values(), comparisons.groups(release, notes))
    contents = front.contents(
        [
            *((table.name, table.title, f"{table.lines} line{'s'[: table.lines != 1]}") for table in listed),
            *((each.name, charts.TITLES[each.name], _how_many_charts(each)) for each in drawn),
        ]
    )
    cover = front.cover(release, figures=bool(figures)).sheet
    if branding.logo is not None:
        logo = branding.logo
        beside = len(cover.columns)
        cover.images.append(Image(logo.content, logo.description, row=0, column=beside, height=logo.height))
    for table in listed:
        table.sheet.printing = _paper_of(table, _footer(release, branding))
    for sheet in (cover, contents.sheet):
        sheet.printing = PrintSetup(
            one_page=sheet is cover,
            repeat_first_row=HEADER_ROW,
            repeat_last_row=HEADER_ROW,
            footer=_footer(release, branding),
        )
    for sheet in drawn:
        sheet.printing = PrintSetup(
            scale=charts.PRINT_SCALE, breaks_before=charts.page_starts(sheet), footer=_footer(release, branding)
        )
    title = one_line(release.title)
    return Document(
        sheets=[cover, contents.sheet, *(table.sheet for table in listed), *drawn],
        names=[],
        title=f"{title}: benchmark release {release.number}",
        subject="Comparison of groups of organisations",
        keywords="benchmark, median, quartiles",
        language=release.language,
        created=created,
        properties={
            "framework": release.framework,
            "version": release.version,
            "release": str(release.number),
            "released": release.created.isoformat(),
        },
        active_sheet=COVER,
    )


def _how_many_charts(sheet: Sheet) -> str:
    return f"{len(sheet.charts)} chart{'s'[: len(sheet.charts) != 1]}"


def _footer(release: Release, branding: Branding) -> str:
    """What the sheet belongs to, its name and the number of the page."""
    # The font's code keeps a number at the beginning of the words from being taken for a size.
    small = '&9&"-,Regular"'
    own = f"{small}{branding.footer.replace('&', '&&')}\n" if branding.footer else ""
    title = f"Release {release.number}: {one_line(release.title)}"[: 40 if own else 100].replace("&", "&&")
    return f"&L{own}{small}{title} &C&9&A&R&9&P / &N"


def _paper_of(table: TableSheet, footer: str) -> PrintSetup:
    """One page wide with the headings repeated; a table too wide for that in parts, with its first columns repeated."""
    if table.parts_before is None:
        return PrintSetup(
            landscape=table.landscape, repeat_first_row=HEADER_ROW, repeat_last_row=HEADER_ROW, footer=footer
        )
    _, frozen = table.sheet.freeze or (0, 0)
    return PrintSetup(
        landscape=table.landscape,
        scale=_PARTS_SCALE,
        break_before_column=table.parts_before,
        repeat_first_row=HEADER_ROW,
        repeat_last_row=HEADER_ROW,
        repeat_first_column=0 if frozen else None,
        repeat_last_column=frozen - 1 if frozen else None,
        footer=footer,
    )
