"""The default theme: every role is there, and can be read by people with weak sight."""

from __future__ import annotations

from datetime import datetime

import pytest

from kil_xlsx.core.branding import DEFAULT, EDGES, PAIRS, Branding, Palette, contrast, luminance
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.errors import LayoutError
from kil_xlsx.layout import a1
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import Style
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.writing.theme import build_theme, default_theme

ROLES = [
    "plain",
    "title",
    "subtitle",
    "notice",
    "heading",
    "section",
    "section_note",
    "group",
    "level",
    "plan",
    "plan_center",
    "plan_code",
    "row_line",
    "last",
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
    "input_text_marked",
    "input_choice_marked",
    "input_number_marked",
    "input_date_marked",
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
    "tone_level",
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
    "text_indented",
    "own_level",
    "band_low",
    "band_middle",
    "band_good",
    "band_best",
]


LINES_ONLY = {"row_line"}
"""Roles of conditional formats that change neither text nor fill."""


@pytest.mark.parametrize("role", ROLES)
def test_role_is_known_and_readable(role: str) -> None:
    """Each role has a format whose text stands out from its fill by 4.5 to 1."""
    properties = default_theme().properties(Style(role))
    if role not in LINES_ONLY:
        assert contrast(str(properties["font_color"]), str(properties.get("bg_color", "#FFFFFF"))) >= 4.5
    assert properties["locked"] == (0 if role.startswith("input") else 1)


def test_no_role_is_untested() -> None:
    """The list of roles above is the theme's own."""
    assert sorted(ROLES) == sorted(default_theme().formats)


@pytest.mark.parametrize("tone", [role for role in ROLES if role.startswith("tone_")])
def test_tones_can_be_read_over_inputs(tone: str) -> None:
    """A tone brings its own text colour, so that it can lie over any cell."""
    assert default_theme().condition(Style(tone)).keys() >= {"font_color", "bg_color"}


# A palette in which no two colours are the same tells which keys a format was made from.
TAGS = {key: f"#{number:02X}0000" for number, key in enumerate(Palette.__struct_fields__[:-1], start=1)}
SERIES = {f"series_{number}": f"#00{number:02X}00" for number in (1, 2, 3, 4)}
KEYS = {colour: key for key, colour in (TAGS | SERIES | {"paper": Palette.paper}).items()}
TAGGED = build_theme(Branding(palette=Palette(**TAGS, series=tuple(SERIES.values()))))


def test_the_tags_tell_every_colour() -> None:
    """The palette of the next tests has each key once."""
    assert len(KEYS) == len(Palette.__struct_fields__) + 4


@pytest.mark.parametrize("role", ROLES)
def test_every_pair_is_one_that_is_checked(role: str) -> None:
    """What a role puts on what is in the list that themes are checked against, in cells and in conditional formats."""
    if role in LINES_ONLY:
        assert not {"font_color", "bg_color"} & TAGGED.formats[role].keys()
        return
    for look in (TAGGED.properties(Style(role)), TAGGED.condition(Style(role))):
        text, fill = str(look["font_color"]), str(look.get("bg_color", Palette.paper))
        assert (KEYS[text], KEYS[fill]) in {pair[:2] for pair in PAIRS}


@pytest.mark.parametrize("role", ROLES)
def test_no_role_has_a_colour_of_its_own(role: str) -> None:
    """Every colour of a role comes from the palette, so that a council can change it."""
    colours = {str(value) for value in TAGGED.formats[role].values() if str(value).startswith("#")}
    assert colours <= KEYS.keys()


@pytest.mark.parametrize("role", ["input", "input_text", "input_choice", "input_number", "input_date"])
def test_inputs_have_a_frame_that_is_checked(role: str) -> None:
    """A cell to fill in has a frame all round, so that it is known without its colour."""
    assert TAGGED.formats[role]["border"] == 1
    assert KEYS[str(TAGGED.formats[role]["border_color"])] in {front for front, _, _ in EDGES}


@pytest.mark.parametrize("role", ROLES)
def test_fills_are_light(role: str) -> None:
    """No cell is a dark area when printed: fills are close to white, and text is darker than what it stands on."""
    properties = default_theme().properties(Style(role))
    fill = str(properties.get("bg_color", "#FFFFFF"))
    assert contrast(fill, "#FFFFFF") <= 2
    assert luminance(str(properties.get("font_color", "#000000"))) < luminance(fill)


@pytest.mark.parametrize("role", ["header", "header_left", "section", "section_note", "section_heading"])
def test_headings_stand_out_without_their_fill(role: str) -> None:
    """A heading has a strong line in a colour that is checked: below column headings, above sections."""
    look = TAGGED.formats[role]
    side = "bottom" if role.startswith("header") else "top"
    assert look[side] == 2
    assert KEYS[str(look[f"{side}_color"])] == "accent"


def test_quieter_words_can_be_read_wherever_texts_are() -> None:
    """A part of a text may be in the quiet colour: on the sheet, in tinted rows and boxes, and in cells to fill in."""
    fills = ("paper", "accent_tint", "accent_pale", "input_fill")
    assert {("quiet", fill) for fill in fills} <= {pair[:2] for pair in PAIRS}


def test_chart_lines_can_be_told_apart() -> None:
    """The lines of a chart are checked colours, and differ in dash and marker as well."""
    looks = [TAGGED.line(f"series_{number}") for number in (1, 2, 3, 4)]
    assert {KEYS[look.colour] for look in looks} <= {front for front, _, _ in EDGES}
    assert len({look.dash for look in looks}) == len({look.marker for look in looks}) == 4


def test_tabs_and_bars() -> None:
    """Tabs and data bars have their colours."""
    theme = default_theme()
    assert {role: bool(theme.tab(role)) for role in ("tab", "tab_input", "tab_output", "tab_help")}
    assert KEYS[TAGGED.bar("bar")] in {back for front, back, _ in PAIRS if front == "ink"}


def test_other_fonts_take_the_same_room() -> None:
    """Fonts that are wider than Calibri are set smaller; a role with a font of its own keeps its size."""
    sizes = {
        font: [
            build_theme(Branding(font=font)).properties(Style(role))["font_size"]
            for role in ("text", "title", "reference")
        ]
        for font in ("Calibri", "carlito", "Arial", "Verdana")
    }
    assert sizes == {"Calibri": [11, 20, 14], "carlito": [11, 20, 14], "Arial": [10, 18, 14], "Verdana": [9, 16, 14]}


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
    """Another palette and font give a theme of the same shape, with footers in its own colour."""
    branding = Branding(palette=Palette(accent="#003366", quiet="#444444"), font="Arial", footer="Anytown")
    theme = build_theme(branding)
    assert theme.formats.keys() == default_theme().formats.keys()
    assert theme.properties(Style("title"))["font_color"] == "#003366"
    assert theme.properties(Style("title"))["font_name"] == "Arial"
    assert theme.footer == "&L&9&K444444&A&R&9&K444444&P / &N"
    assert default_theme() == build_theme(DEFAULT) != theme


@pytest.mark.parametrize("name", ["council", "community"])
def test_colour_is_never_the_only_sign(name: str) -> None:
    """A tone goes with what its cell says, or is bold or framed too; no bars differ by their fill only."""
    document = compose(Plan(load_instrument(f"keep-it-local/{name}")), Issue(datetime(2026, 1, 1)))
    tones = 0
    for sheet in document.sheets:
        for rule in sheet.conditional_formats:
            if rule.style.role.startswith("tone_"):
                tones += 1
                words = rule.formula.replace("$", "")
                cell = a1.cell_name(rule.area.first_row, rule.area.first_column)
                said = f'{cell}="' in words or f'{cell}<>"' in words
                assert said or TAGGED.condition(rule.style).keys() & {"bold", "border"}
        assert all(len(chart.series) == 1 for chart in sheet.charts if chart.kind in ("bar", "column"))
    assert tones > 10
