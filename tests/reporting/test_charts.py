"""Charts are plain, deterministic SVG that can be read without seeing colours, or without seeing at all."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kil_xlsx.core.branding import EDGE_CONTRAST, TEXT_CONTRAST, Palette, contrast
from kil_xlsx.reporting import charts
from kil_xlsx.reporting.marks import TEXT
from kil_xlsx.reporting.svg import on, safe, text_width, wrapped
from kil_xlsx.reporting.wholes import _apart

PALETTE = Palette()
DARK = Palette(accent="#5B1A2E", accent_dark="#3F0F1E", accent_pale="#FBF1F3", bar="#D6A9B5")
SCALE = charts.scale(0, 100)
SVG = "{http://www.w3.org/2000/svg}"


def _row(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


def _per_cent(value: str | None) -> float:
    assert value is not None and value.endswith("%")
    return float(value[:-1])


def test_a_box_runs_from_quartile_to_quartile_with_a_dot_at_the_median() -> None:
    """0 and 100 lie half a mark from both ends, everything else evenly between."""
    row = _row(charts.strip_row(charts.Strip("A", 50, 25, 75), SCALE, PALETTE))
    box = row.find("rect")
    assert box is not None
    left, wide = _per_cent(box.get("x")), _per_cent(box.get("width"))
    assert (left, wide) == (pytest.approx(2.5 + 0.25 * 95), pytest.approx(47.5))
    (dot,) = [each for each in row.findall("svg") if each.find("circle") is not None]
    assert _per_cent(dot.get("x")) == pytest.approx(50)
    assert row.findtext("title") == "A: median 50, middle half 25 to 75"


def test_what_is_held_back_is_not_drawn() -> None:
    """Without quartiles there is no box; without anything there are no marks, and the words say so."""
    median = _row(charts.strip_row(charts.Strip("A", 50), SCALE, PALETTE))
    assert median.find("rect") is None and len(median.findall("svg")) == 1
    nothing = _row(charts.strip_row(charts.Strip("A", None), SCALE, PALETTE))
    assert nothing.find("rect") is None and not nothing.findall("svg")
    assert nothing.findtext("title") == "A: held back"
    levels = _row(charts.level_row(charts.LevelBar("A", None), ["0", "1"], PALETTE))
    assert levels.findtext("text") == "[c]" and levels.find("rect") is None


def test_own_value_and_median_differ_in_shape() -> None:
    """Colour is never the only difference."""
    row = _row(charts.strip_row(charts.Strip("A", 50, own=50, other=40), SCALE, PALETTE))
    assert [each[0].tag for each in row.findall("svg")] == ["path", "circle", "polygon"]


def test_the_parts_of_a_level_bar_add_up_to_the_whole() -> None:
    """Each part starts where the one before ends, and large parts carry their share."""
    row = _row(charts.level_row(charts.LevelBar("A", (0.05, 0.2, 0.0, 0.75)), ["a", "b", "c", "d"], PALETTE))
    parts = [(_per_cent(each.get("x")), _per_cent(each.get("width"))) for each in row.findall("rect")]
    assert len(parts) == 3, "a level that nobody chose has no part"
    for (start, width), (following, _) in pairwise(parts):
        assert start + width == pytest.approx(following, abs=0.02)
    assert sum(width for _, width in parts) == pytest.approx(99.6, abs=0.03)
    assert [each.text for each in row.findall("text")] == ["20%", "75%"]
    assert row.findtext("title") == "A: a 5%, b 20%, c 0%, d 75%"


@pytest.mark.parametrize("palette", [PALETTE, DARK], ids=["teal", "wine"])
@pytest.mark.parametrize("levels", [1, 2, 3, 5, 7, 11])
def test_text_on_every_level_can_be_read(palette: Palette, levels: int) -> None:
    """Whatever the colours, ink, white or black reaches 4.5 to 1; edges reach 3 to 1 on paper."""
    for fill in charts.level_colours(levels, palette):
        assert contrast(on(fill, palette.ink), fill) >= TEXT_CONTRAST
    assert contrast(charts.edge(palette), palette.paper) >= EDGE_CONTRAST


def _radar(values: tuple[float | None, ...], spokes: tuple[str, ...] = ("North", "East", "South", "West")) -> str:
    series = (charts.Series("Median", values), charts.Series("Own", (10, 20, 30, 40)))
    return charts.radar(spokes, series, SCALE, PALETTE, identifier="r", title="Scores").svg


def test_a_radar_puts_the_first_spoke_at_the_top_and_goes_clockwise() -> None:
    """A series is a line round with a mark at each value; the second has other marks and a dashed line."""
    drawing = _row(_radar((100, 100, 100, 100)))
    centres = [
        tuple(map(float, re.findall(r"[\d.]+", each.get("transform") or "")))
        for each in drawing.findall(f"{SVG}g")
        if each.find(f"{SVG}circle") is not None and each.find(f"{SVG}line") is None
    ]
    (north_x, north_y), (east_x, east_y), (south_x, south_y), (west_x, west_y) = centres
    assert north_x == south_x == pytest.approx(210) and east_y == west_y
    assert north_y < east_y < south_y and west_x < north_x < east_x
    dashed = [each for each in drawing.iter(f"{SVG}line") if each.get("stroke-dasharray")]
    assert dashed and drawing.find(f".//{SVG}polygon") is not None


def test_a_value_held_back_leaves_a_gap_in_a_radar() -> None:
    """The two lines that would meet there are missing, and nothing is drawn at nought instead."""

    def lines(drawing: str) -> int:
        solid = f'stroke="{PALETTE.series[0]}" stroke-width="2.25"'
        return drawing.count(solid) - 1  # one is in the key

    assert lines(_radar((50, 50, 50, 50))) == 4
    held = _radar((50, None, 50, 50))
    assert lines(held) == 2 and "East held back" in held


def test_a_radar_needs_three_spokes() -> None:
    """Fewer make no area, so asking for one is a mistake."""
    with pytest.raises(ValueError, match="three spokes"):
        charts.radar(["a", "b"], [], SCALE, PALETTE, identifier="r", title="r")


def test_a_slope_tells_rising_from_falling_by_more_than_colour() -> None:
    """Falling lines are dashed; both ends carry their numbers; what is held back has no line."""
    lines = [charts.Slope("Up", 20, 40), charts.Slope("Down", 60, 50), charts.Slope("None", None, 5)]
    chart = charts.slope(
        lines, charts.scale(0, 100), PALETTE, identifier="s", title="Change", before="2025", now="2026"
    )
    drawing = _row(chart.svg)
    dashes = [
        each.get("stroke-dasharray") for each in drawing.findall(f"{SVG}line") if each.get("stroke-width") == "2.5"
    ]
    assert sorted(dashes, key=str) == ["6 4", None]
    words = [each.text for each in drawing.findall(f"{SVG}text")]
    assert {"2025", "2026", "Up 20", "Up 40", "Down 60", "Down 50"} == set(words)
    assert chart.description == "Up: from 20 to 40; Down: from 60 to 50."


def test_small_differences_are_neither_rises_nor_falls() -> None:
    """Below the least difference lines are thin and grey, in a slope and in a row, and the key has that look too."""
    lines = [charts.Slope("Up", 20, 25), charts.Slope("Little", 60, 56), charts.Slope("Same", 40, 40)]
    drawing = _row(
        charts.slope(lines, SCALE, PALETTE, identifier="s", title="Change", before="a", now="b", least=5).svg
    )
    looks = [
        (each.get("stroke"), each.get("stroke-width"), each.get("stroke-dasharray"))
        for each in drawing.findall(f"{SVG}line")
        if each.get("stroke-width") != "0.75" and each.get("stroke") != PALETTE.rule
    ]
    small = (PALETTE.quiet, "1", None)
    assert looks == [small, small, (PALETTE.series[0], "2.5", None)]
    for now, least, kind in ((54, 5, "same"), (55, 5, "rise"), (40, 5, "fall"), (50, 0, "same"), (51, 0, "rise")):
        row = _row(charts.change_row(50, now, "A", SCALE, PALETTE, least=least))
        (line,) = row.findall("line")
        (key,) = _row(charts.key_mark(kind, PALETTE)).findall("line")
        for name in ("stroke", "stroke-width", "stroke-dasharray"):
            assert line.get(name) == key.get(name), (now, name)


@given(st.lists(st.floats(0, 300), max_size=20))
def test_labels_moved_apart_neither_touch_nor_change_places(places: list[float]) -> None:
    """Up to twenty labels fit between top and bottom, in their order."""
    moved = _apart(sorted(places), 13, 0, 300)
    assert len(moved) == len(places)
    assert all(after - before >= 13 - 1e-6 for before, after in pairwise(moved))
    assert all(-1e-6 <= each <= 300 + 1e-6 for each in moved)


HOSTILE = "</title><script>alert(1)</script>\"'&\x00\u202e\ud800"


def test_words_cannot_become_markup() -> None:
    """Every text is escaped; characters that XML may not hold become replacement characters."""
    drawings = [
        charts.strip_row(charts.Strip(HOSTILE, 5), SCALE, PALETTE),
        charts.level_row(charts.LevelBar(HOSTILE, (1.0,)), [HOSTILE], PALETTE),
        charts.count_row(charts.Bar(HOSTILE, 3), 3, PALETTE),
        charts.change_row(1, 2, HOSTILE, SCALE, PALETTE),
        _radar((1, 2, 3, 4), (HOSTILE, HOSTILE, HOSTILE, HOSTILE)),
        charts.slope(
            [charts.Slope(HOSTILE, 1, 2)], SCALE, PALETTE, identifier="s", title=HOSTILE, before=HOSTILE, now=HOSTILE
        ).svg,
    ]
    for drawing in drawings:
        names = {each.tag.removeprefix(SVG) for each in _row(drawing).iter()}
        assert names <= {"svg", "title", "desc", "g", "text", "line", "rect", "circle", "polygon", "path"}
        assert "\u202e" not in drawing


def test_whole_drawings_have_a_name_and_a_description() -> None:
    """They are pictures for screen readers, and the description holds the numbers."""
    drawing = _row(_radar((1, 2, 3, 4)))
    assert drawing.get("role") == "img" and drawing.get("aria-labelledby") == "r-title r-desc"
    assert drawing.findtext(f"{SVG}title") == "Scores"
    assert "North 1, East 2, South 3, West 4" in (drawing.findtext(f"{SVG}desc") or "")


def test_nothing_in_a_drawing_needs_more_than_plain_svg() -> None:
    """No styles, scripts, links or foreign content, so that any program can draw it."""
    drawings = _radar((1, 2, 3, 4)) + charts.strip_row(charts.Strip("A", 5, 1, 9, 4, 3), SCALE, PALETTE)
    assert not re.search(r"style=|<style|<script|href|url\(|var\(|foreignObject|class=", drawings)


@given(st.text(max_size=60), st.floats(20, 300))
def test_wrapped_lines_fit(words: str, width: float) -> None:
    """No line is longer than asked for, unless not even an ellipsis would fit."""
    for line in wrapped(safe(words), TEXT, width, 3):
        assert text_width(line, TEXT) <= width or line == "…"
