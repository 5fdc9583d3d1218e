"""The default theme: every role is there, and can be read by people with weak sight."""

from __future__ import annotations

import pytest

from kil_xlsx.errors import LayoutError
from kil_xlsx.layout.document import Style
from kil_xlsx.writing.theme import Palette, build_theme, default_theme

ROLES = [
    "plain",
    "title",
    "subtitle",
    "notice",
    "heading",
    "section",
    "section_note",
    "header",
    "header_left",
    "code",
    "key",
    "label",
    "text",
    "text_small",
    "help",
    "unit",
    "input",
    "input_text",
    "input_choice",
    "input_number",
    "input_date",
    "output",
    "output_number",
    "output_center",
    "score",
    "big",
    "band",
    "link",
    "status",
    "list",
    "tone_low",
    "tone_middle",
    "tone_good",
    "tone_best",
    "tone_ok",
    "tone_error",
    "tone_query",
    "tone_quiet",
    "tone_chosen",
    "reference",
    "callout",
    "intro",
    "fact",
    "fact_label",
    "question",
    "section_heading",
    "step",
    "result_number",
    "status_big",
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("role", ROLES)
def test_role_is_known_and_readable(role: str) -> None:
    """Each role has a format whose text stands out from its fill by 4.5 to 1."""
    properties = default_theme().properties(Style(role))
    assert contrast(str(properties["font_color"]), str(properties.get("bg_color", "#FFFFFF"))) >= 4.5
    assert properties["locked"] == (0 if role.startswith("input") else 1)


def test_no_role_is_untested() -> None:
    """The list of roles above is the theme's own."""
    assert sorted(ROLES) == sorted(default_theme().formats)


@pytest.mark.parametrize("tone", [role for role in ROLES if role.startswith("tone_")])
def test_tones_can_be_read_over_inputs(tone: str) -> None:
    """A tone brings its own text colour, so that it can lie over any cell."""
    assert default_theme().condition(Style(tone)).keys() >= {"font_color", "bg_color"}


def test_inputs_can_be_seen() -> None:
    """The border of a cell to fill in stands out from the sheet by 3 to 1."""
    assert contrast(Palette().input_edge, Palette().paper) >= 3


def test_chart_lines_can_be_seen_and_told_apart() -> None:
    """The lines of a chart stand out from the paper by 3 to 1, and differ in dash and marker as well as in colour."""
    looks = [default_theme().line(f"series_{number}") for number in (1, 2, 3, 4)]
    assert all(contrast(look.colour, "#FFFFFF") >= 3 for look in looks)
    assert len({look.dash for look in looks}) == len({look.marker for look in looks}) == 4


def test_tabs_and_bars() -> None:
    """Tabs and data bars have their colours."""
    theme = default_theme()
    assert {role: bool(theme.tab(role)) for role in ("tab", "tab_input", "tab_output", "tab_help")}
    assert contrast(theme.bar("bar"), Palette().ink) >= 4.5


def test_an_unknown_role_is_an_error() -> None:
    """A role the theme does not know is refused, wherever it is used."""
    theme = default_theme()
    for ask in (theme.tab, theme.bar, theme.line):
        with pytest.raises(LayoutError, match="sparkle"):
            ask("sparkle")
    for look in (theme.properties, theme.condition):
        with pytest.raises(LayoutError, match="sparkle"):
            look(Style("sparkle"))


def test_a_number_format_replaces_the_role_s_own() -> None:
    """A style's number format wins over the theme's."""
    theme = default_theme()
    assert theme.properties(Style("input_date"))["num_format"] == "dd mmm yyyy"
    assert theme.properties(Style("input_date", "yyyy-mm-dd"))["num_format"] == "yyyy-mm-dd"
    assert theme.condition(Style("tone_ok", "0.0"))["num_format"] == "0.0"


def test_themes_can_be_built_from_other_colours() -> None:
    """Another palette, font and footer give a theme of the same shape."""
    theme = build_theme(Palette(accent="#003366"), font="Arial", footer="&CPage &P")
    assert theme.formats.keys() == default_theme().formats.keys()
    assert theme.properties(Style("title"))["font_color"] == "#003366"
    assert theme.properties(Style("title"))["font_name"] == "Arial"
    assert theme.footer == "&CPage &P"
