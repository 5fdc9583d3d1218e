"""Charts of shares, of ranges and with numbers beside what is drawn can be read without their colours."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

import pytest

from kil_xlsx.core.branding import Branding, contrast, palette_of
from kil_xlsx.layout.document import UNSEEN, Chart, Document, Series, Sheet
from kil_xlsx.writing.theme import STEPS, build_theme, default_theme
from kil_xlsx.writing.xlsx import write

_SHARES = ((0.2, 0.5, 0.3), (0.0, 0.96, 0.04))


def _drawn(chart: Chart, rows: tuple[tuple[float, ...], ...] = _SHARES) -> str:
    """The part of a workbook that a chart of these rows becomes."""
    sheet = Sheet("Shares", protect=False)
    for row, numbers in enumerate(rows):
        sheet.put(row, 0, f"Question {row + 1}", "text")
        for column, number in enumerate(numbers, start=1):
            sheet.put(row, column, number, "output_number")
    sheet.charts.append(chart)
    document = Document(
        sheets=[sheet], names=[], title="Charts", subject="", keywords="", language="en-GB",
        created=datetime(2026, 1, 1), properties={}, active_sheet="Shares",
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(write(document, default_theme()))) as package:
        return package.read("xl/charts/chart1.xml").decode()


def _series(*roles: str) -> tuple[Series, ...]:
    sheet = Sheet("Shares")
    return tuple(
        Series(f"Level {column}", sheet.area(0, 0, 1, 0), sheet.area(0, column, 1, column), role)
        for column, role in enumerate(roles, start=1)
    )


def test_stacked_bars_stand_one_behind_the_other_with_their_numbers() -> None:
    """Bars are stacked, their parts have an edge, and every number stands in the middle of its part."""
    series = _series("step_1", "step_5", "step_9")
    text = _drawn(
        Chart(
            "stacked_bar", "Shares", "Shares of levels.", series, 4, 0, 400, 200, minimum=0.0, maximum=1.0, legend=True,
            label_format='[>=0.06]0%;""', value_format="0%",
        )
    )  # fmt: skip
    assert '<c:grouping val="stacked"/>' in text
    assert '<c:overlap val="100"/>' in text
    assert text.count('<c:dLblPos val="ctr"/>') == 3
    assert text.count('formatCode="[&gt;=0.06]0%;&quot;&quot;"') == 3
    assert '<c:numFmt formatCode="0%" sourceLinked="0"/>' in text
    assert 'orientation val="maxMin"' in text


def test_boxes_float_on_a_series_that_is_not_drawn() -> None:
    """The unseen part of a stacked bar has neither fill, edge nor number; the parts behind it have."""
    series = _series(UNSEEN, "step_3", "step_7")
    text = _drawn(Chart("stacked_bar", "Boxes", "Boxes.", series, 4, 0, 400, 200, legend=True, label_format="0"))
    unseen, *seen = re.findall(r"<c:ser>.*?</c:ser>", text)
    assert "<c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>" in unseen
    assert "<c:dLbls>" not in unseen
    assert all("<a:solidFill>" in each and "<c:dLbls>" in each for each in seen)


def test_bars_of_several_series_differ_in_more_than_their_colour() -> None:
    """One is filled, the others are hatched; a single series is never hatched."""
    several = _drawn(Chart("bar", "Bars", "Bars.", _series("series_1", "series_2", "series_3"), 4, 0, 400, 200))
    assert several.count("<a:pattFill") == 2
    assert "<a:pattFill" not in _drawn(Chart("bar", "Bars", "Bars.", _series("series_2"), 4, 0, 400, 200))


def test_numbers_of_neighbouring_lines_stand_on_different_sides() -> None:
    """Two lines that lie close together keep their numbers apart."""
    chart = Chart("line", "Slope", "Two lines.", _series("series_1", "series_2"), 4, 0, 400, 200, label_format="0")
    assert re.findall(r'<c:dLblPos val="(\w)"/>', _drawn(chart)) == ["t", "b"]


@pytest.mark.parametrize("accent", ["#1F5C66", "#7A1F66", "#000000", "#B00020", "#2E5E1F"])
def test_shades_of_levels_can_be_written_on_and_grow_darker(accent: str) -> None:
    """Whatever the accent, the numbers within bars reach 4.5 to 1, and each level is no lighter than the one below."""
    theme = build_theme(Branding(palette=palette_of({"accent": accent})))
    looks = [theme.line(f"step_{number}") for number in range(1, STEPS + 1)]
    assert all(contrast(look.ink, look.colour) >= 4.5 for look in looks)
    light = [contrast(look.colour, "#FFFFFF") for look in looks]
    assert light == sorted(light)
    assert light[0] < light[2] < light[4] < light[6] <= light[8]
