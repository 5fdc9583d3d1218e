"""The first sheet: whose feedback it is, its scores beside those of its group, and two charts of them."""

from __future__ import annotations

from collections.abc import Iterator

from kil_xlsx.core.branding import Branding
from kil_xlsx.core.feedback import Feedback, Line
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.rounding import round_half_away
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import Chart, Image, RangeRef, Series, Sheet
from kil_xlsx.layout.feedback_book.frame import (
    CHART_FIGURES,
    NOTHING,
    SUMMARY,
    Entry,
    Head,
    Number,
    Told,
    compared_with,
    day,
    finish,
    new_sheet,
    number_format,
    one_line,
    paragraph,
    quartile_heads,
    quartiles,
    released,
    score_format,
    spread_of,
    stands,
    table,
)

LEAST_FOR_RADAR = 3
"""A radar of fewer sections is a line."""

YOU, MEDIAN = "You", "Median of your group"
"""What the two series of a chart are called."""

_CHART_HEIGHT, _RADAR_WIDTH, _BARS_WIDTH, _GAP = 470, 480, 700, 12
_POINTS_TO_PIXELS = 4 / 3


def scored(feedback: Feedback) -> tuple[Line, ...]:
    """The lines about scores, the overall score first."""
    return feedback.of("overall", "section")


def summary(feedback: Feedback, framework: Framework, branding: Branding, figures: Sheet | None) -> Sheet:
    """Who, compared with whom, the scores, and charts of them.

    :param figures: the sheet with what the charts show; none where there is nothing to draw.
    """
    heads = _heads(feedback)
    whose = feedback.organisation or f"{feedback.respondent_label} without a name"
    about = [feedback.title, feedback.respondent_label, f"round {feedback.round_id}" if feedback.round_id else ""]
    sheet = new_sheet(
        SUMMARY, f"Feedback for {whose}", "   ·   ".join(filter(None, about)), [each.width for each in heads], tab="tab"
    )
    row = paragraph(sheet, 2, f"{compared_with(feedback)} {released(feedback)}.", "fact")
    for note in feedback.notes:
        row = paragraph(sheet, row, note, "fact")
    contact = f" Questions: {one_line(feedback.contact, 200)}." if feedback.contact else ""
    row = paragraph(sheet, row, f"Made on {day(feedback.created)}.{contact}", "notice")
    header = row
    row = table(sheet, row, "scores", heads, (_entries(line, feedback, framework) for line in scored(feedback)))
    last = row - 1
    charts = row + 1
    if figures is not None:
        last = _charts(sheet, figures, framework, charts)
    if branding.logo is not None:
        logo = branding.logo
        sheet.images.append(Image(logo.content, logo.description, row=0, column=len(heads), height=logo.height))
    finish(
        sheet, feedback, branding, last=last, together=range(row), with_next=frozenset({header}),
        starts_page=frozenset({row} if figures is not None else ()),
    )  # fmt: skip
    return sheet


def _heads(feedback: Feedback) -> list[Head]:
    heads = [Head("No.", 9), Head("Section", 42), Head("Your score", 13, centred=True)]
    heads.append(Head("What that means", 27))
    if feedback.before:
        before = one_line(feedback.before, 40)
        heads += [Head(f"Last time ({before})", 13, centred=True), Head("Change", 9, centred=True)]
    return [
        *heads,
        *quartile_heads(spread_of(scored(feedback)), 10.5),
        Head("Where you stand in your group", 42),
    ]


def _entries(line: Line, feedback: Feedback, framework: Framework) -> Iterator[Entry]:
    form = score_format(framework)
    indent = "    " * line.item.depth
    yield NOTHING if line.item.kind == "overall" else Told(line.item.id, "code")
    yield Told(f"{indent}{one_line(line.item.label)}", "label")
    yield line.answer or NOTHING if line.value is None else Number(line.value, form, "score")
    yield Told(one_line(line.band), f"band_{line.tone}") if line.band else NOTHING
    if feedback.before:
        yield line.before_answer or NOTHING if line.before is None else Number(line.before, form)
        yield NOTHING if line.change is None else Number(line.change, f"+{form};-{form};{form}")
    yield from quartiles(spread_of(scored(feedback)), line, framework)
    yield stands(line)


# Charts


def drawn(feedback: Feedback) -> tuple[tuple[Line, ...], bool]:
    """The sections that charts show, and whether the group's medians are beside them.

    A chart takes a mark for nought, so a section that lacks a score, or a median that the others have, is left out.
    """
    own = [line for line in feedback.of("section") if line.value is not None]
    both = [line for line in own if line.group.median is not None]
    return (tuple(both), True) if both else (tuple(own), False)


def chart_figures(feedback: Feedback, framework: Framework, branding: Branding) -> Sheet | None:
    """The numbers that the charts show, on a sheet of their own; none where there is nothing to draw."""
    lines, beside = drawn(feedback)
    if not lines:
        return None
    heads = [Head("No.", 12), Head("Section", 60), Head(YOU, 14, centred=True)]
    heads += [Head(MEDIAN, 18, centred=True)] if beside else []
    sheet = new_sheet(
        CHART_FIGURES,
        CHART_FIGURES,
        f"What the charts on the sheet {SUMMARY} show; what has no number is left out.",
        [head.width for head in heads],
        tab="tab_help",
    )

    def entries(line: Line) -> Iterator[Entry]:
        form = number_format(line.item, framework)
        decimals = framework.scoring.decimals
        yield Told(line.item.id, "code")
        yield one_line(line.item.label)
        yield Number(round_half_away(line.value or 0.0, decimals), form)
        if beside:
            yield Number(round_half_away(line.group.median or 0.0, decimals), form)

    table(sheet, 3, "chart_figures", heads, map(entries, lines))
    finish(sheet, feedback, branding, landscape=False, header=3)
    return sheet


def _charts(sheet: Sheet, figures: Sheet, framework: Framework, row: int) -> int:
    """Draw both charts side by side.  Gives the last row that they cover."""
    area = figures.tables[0].area
    first, last = area.first_row + 1, area.last_row
    scoring = framework.scoring
    unit = (scoring.maximum - scoring.minimum) / 4
    beside = area.last_column > 2
    words = _described(figures, area, framework)

    def series(labels: int) -> tuple[Series, ...]:
        names = (YOU, MEDIAN) if beside else (YOU,)
        return tuple(
            Series(name, figures.area(first, labels, last, labels), figures.area(first, at, last, at), f"series_{no}")
            for no, (at, name) in enumerate(enumerate(names, start=2), start=1)
        )

    column, width, height = 0, _pixels(sheet, 0), max(_CHART_HEIGHT, 34 * (last - first + 1) + 100)
    if last - first + 1 >= LEAST_FOR_RADAR:
        sheet.charts.append(
            Chart(
                "radar", "Your sections and your group", f"Radar chart. {words}", series(0), row, 0, _RADAR_WIDTH,
                _CHART_HEIGHT, minimum=scoring.minimum, maximum=scoring.maximum, major_unit=unit, legend=beside,
            )
        )  # fmt: skip
        column = _column_after(sheet, _RADAR_WIDTH + _GAP)
        width = _pixels(sheet, column)
    sheet.charts.append(
        Chart(
            "bar", "Section by section", f"Bar chart. {words}", series(1), row, column, min(width, _BARS_WIDTH), height,
            minimum=scoring.minimum, maximum=scoring.maximum, major_unit=unit, value_title="Score", legend=beside,
        )
    )  # fmt: skip
    return _row_below(sheet, row, height)


def _described(figures: Sheet, area: RangeRef, framework: Framework) -> str:
    """The words that stand for a chart: every number that it shows."""
    told = []
    for row in range(area.first_row + 1, area.last_row + 1):
        label = figures.cells[row, 1].value
        numbers = [_said(figures.cells[row, column].value) for column in range(2, area.last_column + 1)]
        told.append(f"{label} {' and '.join(numbers)}")
    whose = "Your score and the median of your group" if area.last_column > 2 else "Your score"
    scoring = framework.scoring
    words = f"{whose} in each section, from {scoring.minimum:g} to {scoring.maximum:g}. {'; '.join(told)}."
    return words if len(words) <= 4_000 else f"{words[:3_999]}…"


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _pixels(sheet: Sheet, first: int) -> int:
    """How wide the columns from one on are together: a chart must not end beyond the page."""
    return int(sum(7 * column.width + 5 for at, column in sheet.columns.items() if at >= first)) - _GAP


def _column_after(sheet: Sheet, pixels: int) -> int:
    """The first column that begins at least so many pixels from the left."""
    left = 0.0
    for column in sorted(sheet.columns):
        if left >= pixels:
            return column
        left += 7 * sheet.columns[column].width + 5
    return max(sheet.columns) + 1


def _row_below(sheet: Sheet, row: int, pixels: int) -> int:
    """The last row that something of that height covers, from a row on."""
    left = float(pixels)
    while left > 0:
        left -= sheet.row_heights.get(row, text_fit.LINE_POINTS) * _POINTS_TO_PIXELS
        row += 1
    return row
