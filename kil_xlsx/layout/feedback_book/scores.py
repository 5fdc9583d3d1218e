"""The first sheet: whose feedback it is, its scores beside those of its group, and two charts of them."""

from __future__ import annotations

from collections.abc import Iterator

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.branding import Branding
from kil_xlsx.core.feedback import Feedback, Line
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import CONFIDENTIAL
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
    heading,
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

LEAST_FOR_RADAR = 5
"""With fewer sections a radar says less than bars."""

MOST_OF_THEM = 2 / 3
"""The part of the sections with figures that a radar must show."""

YOU = "You"
"""What the series of own scores is called; the other one is :func:`median_of`."""

NO_SCORE = "No score"
"""Stands in the figures of a chart for a section without a score."""

_CHART_HEIGHT, _RADAR_WIDTH, _BARS_WIDTH, _WIDEST_BARS, _GAP = 470, 480, 700, 1000, 12
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
        last = _charts(sheet, figures, feedback, framework, charts)
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
        *quartile_heads(spread_of(feedback, scored(feedback)), 10.5),
        Head("Where you stand", 42),
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
    yield from quartiles(spread_of(feedback, scored(feedback)), line, framework)
    yield stands(line, feedback)


# Charts


def median_of(feedback: Feedback) -> str:
    """What the series of the others' medians is called."""
    return f"Median of {words.whose_words(not feedback.peers.label)}"


def drawn(feedback: Feedback) -> tuple[tuple[Line, ...], bool]:
    """The sections that charts show, and whether medians of others are beside them.

    Bars show every section that has a score or a median; what has none is a gap.  Without any own score there is
    nothing to draw.
    """
    sections = feedback.of("section")
    if all(line.value is None for line in sections):
        return (), False
    beside = any(line.group.median is not None for line in sections)
    return tuple(line for line in sections if line.value is not None or line.group.median is not None), beside


def on_spokes(lines: tuple[Line, ...], beside: bool) -> tuple[tuple[Line, ...], bool]:
    """The sections of the radar, and whether medians are in it; no sections where it would leave out too much.

    A radar takes what has no number for nought, so a section without one is left out.  Own scores count for more than
    medians: where too few have both, the radar is of own scores only.
    """
    least = max(LEAST_FOR_RADAR, MOST_OF_THEM * len(lines))
    own = tuple(line for line in lines if line.value is not None)
    both = tuple(line for line in own if line.group.median is not None)
    if beside and len(both) >= least:
        return both, True
    return (own, False) if len(own) >= least else ((), False)


def chart_figures(feedback: Feedback, framework: Framework, branding: Branding) -> Sheet | None:
    """The numbers that the charts show, on a sheet of their own; none where there is nothing to draw."""
    lines, beside = drawn(feedback)
    if not lines:
        return None
    heads = [Head("No.", 12), Head("Section", 60), Head(YOU, 14, centred=True)]
    median = Head(median_of(feedback), 22, centred=True)
    heads += [median] if beside else []
    sheet = new_sheet(
        CHART_FIGURES,
        CHART_FIGURES,
        f"What the charts on the sheet {SUMMARY} show; what has no number is a gap there.",
        [head.width for head in heads],
        tab="tab_help",
    )

    def entries(line: Line) -> Iterator[Entry]:
        form = number_format(line.item, framework)
        decimals = framework.scoring.decimals
        yield Told(line.item.id, "code")
        yield one_line(line.item.label)
        for value, mark in ((line.value, NO_SCORE), (line.group.median, CONFIDENTIAL))[: len(heads) - 2]:
            yield mark if value is None else Number(round_half_away(value, decimals), form)

    row = table(sheet, 3, "chart_figures", heads, map(entries, lines))
    spokes, both = on_spokes(lines, beside)
    if spokes and (spokes, both) != (lines, beside):
        row = heading(sheet, row, "The radar leaves out what has no number")
        heads = heads[: 4 if both else 3]
        table(sheet, row, "radar_figures", heads, map(entries, spokes))
    finish(sheet, feedback, branding, landscape=False, header=3)
    return sheet


def _charts(sheet: Sheet, figures: Sheet, feedback: Feedback, framework: Framework, row: int) -> int:
    """Draw both charts side by side.  Gives the last row that they cover."""
    area = figures.tables[0].area
    scoring = framework.scoring
    unit = (scoring.maximum - scoring.minimum) / 4
    beside = area.last_column > 2
    median = median_of(feedback)
    told = _described(figures, area, framework, median)

    def series(numbers: RangeRef, labels: int) -> tuple[Series, ...]:
        first, last = numbers.first_row + 1, numbers.last_row
        names = (YOU, median) if numbers.last_column > 2 else (YOU,)
        return tuple(
            Series(name, figures.area(first, labels, last, labels), figures.area(first, at, last, at), f"series_{no}")
            for no, (at, name) in enumerate(enumerate(names, start=2), start=1)
        )

    bars = area.last_row - area.first_row
    column, width, height = 0, min(_pixels(sheet, 0), _WIDEST_BARS), max(_CHART_HEIGHT, 34 * bars + 100)
    if on_spokes(*drawn(feedback))[0]:
        spokes = figures.tables[-1].area
        both = spokes.last_column > 2
        sheet.charts.append(
            Chart(
                "radar", "Your sections and others" if both else "Your sections",
                f"Radar chart. {_described(figures, spokes, framework, median)}", series(spokes, 0), row, 0,
                _RADAR_WIDTH, _CHART_HEIGHT, minimum=scoring.minimum, maximum=scoring.maximum, major_unit=unit,
                legend=both,
            )
        )  # fmt: skip
        column = _column_after(sheet, _RADAR_WIDTH + _GAP)
        width = min(_pixels(sheet, column), _BARS_WIDTH)
    sheet.charts.append(
        Chart(
            "bar", "Section by section", f"Bar chart. {told}", series(area, 1), row, column, width,
            height, minimum=scoring.minimum, maximum=scoring.maximum, major_unit=unit, value_title="Score",
            legend=beside,
        )
    )  # fmt: skip
    return _row_below(sheet, row, height)


def _described(figures: Sheet, area: RangeRef, framework: Framework, median: str) -> str:
    """The words that stand for a chart: every number that it shows."""
    told = []
    for row in range(area.first_row + 1, area.last_row + 1):
        label = figures.cells[row, 1].value
        numbers = [_said(figures.cells[row, column].value) for column in range(2, area.last_column + 1)]
        told.append(f"{label} {' and '.join(numbers)}")
    whose = f"Your score and the m{median[1:]}" if area.last_column > 2 else "Your score"
    scoring = framework.scoring
    said = f"{whose} in each section, from {scoring.minimum:g} to {scoring.maximum:g}. {'; '.join(told)}."
    return said if len(said) <= 4_000 else f"{said[:3_999]}…"


def _said(value: object) -> str:
    if isinstance(value, int | float):
        return f"{value:g}"
    return words.HELD_BACK.lower() if value == CONFIDENTIAL else str(value).lower()


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
