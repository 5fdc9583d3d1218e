"""How a workbook looks: fonts and colours by meaning, and what each style role becomes in XlsxWriter.

A layout never names a colour.  It gives every cell a role (``header``, ``input_choice``, ``tone_low``), and the theme
turns the role into a format.  A role that the theme does not know is an error, never a cell that silently looks plain.

Colours come from a council's :class:`~kil_xlsx.core.branding.Branding`.  Fills are light, so that a printed page takes
little ink and can be written on; headings stand out by weight and by the line under or above them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from kil_xlsx.core.branding import DEFAULT, TEXT_CONTRAST, Branding, Palette, contrast
from kil_xlsx.errors import LayoutError
from kil_xlsx.layout.document import Style

Properties = Mapping[str, object]
_T = TypeVar("_T")

_CONDITION_KEYS = frozenset(
    ("font_color", "bold", "italic", "underline", "bg_color", "num_format", "border", "border_color")
    + ("top", "bottom", "left", "right", "top_color", "bottom_color", "left_color", "right_color")
)
"""What a conditional format may change: Excel allows no fonts, sizes or alignment there."""


MEASURED_FONT = "Calibri"
"""The font that widths of columns and heights of rows are worked out for (in ``layout.text_fit``)."""

_ROOM = {"calibri": 1.0, "carlito": 1.0, "times new roman": 1.0, "verdana": 1.25, "dejavu sans": 1.25}
_USUAL_ROOM = 1.1
"""How wide the same words are in other fonts, against Calibri of the same size; Arial and its like are usual."""


@dataclass(frozen=True)
class SeriesLook:
    """Line and fill of one series of a chart.  Dashes and markers tell series apart without their colours.

    ``ink`` is the colour of words that stand on the fill; without it they stand beside it.
    """

    colour: str
    dash: str = "solid"
    marker: str = "circle"
    width: float = 2.25
    ink: str = ""


@dataclass(frozen=True)
class Theme:
    """Everything that decides how a workbook looks.

    ``formats`` maps a style role to XlsxWriter format properties.  ``tabs``, ``bars`` and ``series`` do the same for
    sheet tabs, data bars and the series of charts.  ``footer`` is used for sheets whose print setup has none.
    ``room`` is how wide words are in the font: sizes are made smaller by it, so that texts fit their rows.
    """

    font: str
    palette: Palette
    formats: Mapping[str, Properties]
    tabs: Mapping[str, str]
    bars: Mapping[str, str]
    series: Mapping[str, SeriesLook]
    date_format: str = "dd mmm yyyy"
    footer: str = ""
    room: float = 1.0

    def properties(self, style: Style) -> dict[str, object]:
        """XlsxWriter properties of a cell in that style.  LayoutError for a role that the theme does not know.

        Roles that start with ``input`` are unlocked, all others locked, whatever the theme says.
        """
        role = _known(self.formats, style.role, "style")
        properties = {"font_name": self.font, **role}
        if self.room != 1.0 and "font_size" in role and "font_name" not in role:
            properties["font_size"] = round(2 * float(str(role["font_size"])) / self.room) / 2
        if style.number_format is not None:
            properties["num_format"] = style.number_format
        properties["locked"] = 0 if style.role.startswith("input") else 1
        return properties

    def condition(self, style: Style) -> dict[str, object]:
        """The part of a style that a conditional format may change."""
        properties = {k: v for k, v in _known(self.formats, style.role, "style").items() if k in _CONDITION_KEYS}
        if style.number_format is not None:
            properties["num_format"] = style.number_format
        return properties

    def tab(self, role: str) -> str:
        """Colour of a sheet tab."""
        return _known(self.tabs, role, "tab")

    def bar(self, role: str) -> str:
        """Colour of a data bar."""
        return _known(self.bars, role, "data bar")

    def line(self, role: str) -> SeriesLook:
        """Look of a chart series."""
        return _known(self.series, role, "chart series")


def _known(mapping: Mapping[str, _T], role: str, kind: str) -> _T:
    try:
        return mapping[role]
    except KeyError:
        known = ", ".join(sorted(mapping))
        raise LayoutError(f"The theme has no {kind} called {role!r}.", f"It has {known}.") from None


@lru_cache(maxsize=4)
def build_theme(branding: Branding = DEFAULT) -> Theme:
    """The theme in a council's colours and font.  Every pair of text and fill is one of ``core.branding.PAIRS``."""
    palette = branding.palette
    page = f"&9&K{palette.quiet[1:]}"
    first, second, third, fourth = palette.series
    return Theme(
        font=branding.font,
        palette=palette,
        formats=MappingProxyType({**_words(palette), **_inputs(palette), **_results(palette), **_tones(palette)}),
        tabs=MappingProxyType(
            {
                "tab": palette.accent,
                "tab_input": palette.input_edge,
                "tab_output": palette.accent_edge,
                "tab_help": palette.rule,
            }
        ),
        bars=MappingProxyType({"bar": palette.bar}),
        series=MappingProxyType(
            {
                "series_1": SeriesLook(first),
                "series_2": SeriesLook(second, "dash", "diamond"),
                "series_3": SeriesLook(third, "round_dot", "square"),
                "series_4": SeriesLook(fourth, "long_dash", "triangle"),
                **_steps(palette),
            }
        ),
        footer=f"&L{page}&A&R{page}&P / &N",
        room=_ROOM.get(branding.font.casefold(), _USUAL_ROOM),
    )


STEPS = 9
"""Shades for the levels of a scale, from light to dark."""


def _steps(palette: Palette) -> dict[str, SeriesLook]:
    """Shades from the tint to the dark accent, light ones to write on with ink and dark ones with the paper's colour.

    The shades half-way, on which neither could be read well, are left out.
    """
    mixed = [_mixed(palette.accent_tint, palette.accent_dark, share / 64) for share in range(65)]
    light = [each for each in mixed if contrast(palette.ink, each) >= TEXT_CONTRAST] or mixed[:1]
    dark = [each for each in mixed if contrast(palette.paper, each) >= TEXT_CONTRAST] or mixed[-1:]
    half = (STEPS + 1) // 2
    looks = [SeriesLook(light[round(at * (len(light) - 1) / (half - 1))], ink=palette.ink) for at in range(half)]
    rest = STEPS - half
    looks += [SeriesLook(dark[round((at + 1) * (len(dark) - 1) / rest)], ink=palette.paper) for at in range(rest)]
    return {f"step_{number}": look for number, look in enumerate(looks, start=1)}


def _mixed(one: str, other: str, share: float) -> str:
    """A colour on the way from one to another."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#{:02X}{:02X}{:02X}".format(*(round(a + (b - a) * share) for a, b in pairs))


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def default_theme() -> Theme:
    """The theme used unless another is given: deep teal on pale tints, cream cells to fill in."""
    return build_theme()


def _words(p: Palette) -> dict[str, Properties]:
    """Titles, headers, questions and help."""
    text: Properties = {"font_size": 11, "font_color": p.ink, "align": "left", "valign": "vcenter", "text_wrap": 1}
    lined: Properties = {**text, "bottom": 1, "bottom_color": p.rule}
    header: Properties = {
        **text, "bold": 1, "font_size": 10, "font_color": p.accent_dark, "bg_color": p.accent_tint, "align": "center",
        "left": 1, "left_color": p.accent_edge, "right": 1, "right_color": p.accent_edge,
        "top": 1, "top_color": p.accent_edge, "bottom": 2, "bottom_color": p.accent,
    }  # fmt: skip
    return {
        "plain": {"font_size": 11, "font_color": p.ink},
        "title": {"font_size": 20, "bold": 1, "font_color": p.accent, "valign": "vcenter"},
        "subtitle": {"font_size": 12, "font_color": p.quiet, "valign": "vcenter"},
        "notice": {**text, "font_size": 9, "italic": 1, "font_color": p.quiet},
        "heading": {
            "font_size": 14, "bold": 1, "font_color": p.accent, "valign": "vcenter",
            "bottom": 2, "bottom_color": p.accent_edge,
        },
        "section": {
            "font_size": 12, "bold": 1, "font_color": p.accent_dark, "bg_color": p.accent_pale, "text_wrap": 1,
            "valign": "vcenter", "top": 2, "top_color": p.accent, "bottom": 1, "bottom_color": p.accent_edge,
        },
        "section_note": {
            **text, "font_size": 10, "italic": 1, "font_color": p.quiet, "bg_color": p.accent_pale, "valign": "vcenter",
            "top": 2, "top_color": p.accent, "bottom": 1, "bottom_color": p.accent_edge,
        },
        "band": {"font_size": 11, "font_color": p.ink, "bg_color": p.accent_tint, "valign": "vcenter"},
        "header": header,
        "header_left": {**header, "align": "left"},
        "code": {**lined, "font_size": 9, "bold": 1, "font_color": p.accent, "text_wrap": 0},
        "key": {"font_size": 8, "font_color": p.quiet, "valign": "vcenter"},
        "label": {**lined, "bold": 1},
        "text": lined,
        "text_small": {**lined, "font_size": 10},
        "text_indented": {**lined, "font_size": 10, "indent": 1},
        "help": {**lined, "font_size": 10, "font_color": p.quiet, "indent": 1},
        "unit": {**lined, "font_size": 10, "font_color": p.quiet, "indent": 1},
        "link": {"font_size": 11, "font_color": p.link, "underline": 1, "valign": "vcenter"},
        "status": {**text, "font_size": 10, "bold": 1, "align": "center", "valign": "vcenter"},
        "reference": {
            "font_name": "Courier New", "font_size": 14, "bold": 1, "font_color": p.accent_dark,
            "bg_color": p.accent_pale, "align": "center", "valign": "vcenter", "border": 1, "border_color": p.accent,
        },
        "callout": {
            **text, "bg_color": p.accent_pale, "border": 1, "border_color": p.accent_edge, "valign": "vcenter",
            "indent": 1,
        },
        "list": {"font_size": 10, "font_color": p.ink, "valign": "vcenter"},
        "intro": text,
        "fact": {**text, "valign": "vcenter"},
        "fact_label": {**text, "bold": 1, "valign": "vcenter", "font_color": p.accent_dark},
        "question": {**lined, "font_size": 10, "valign": "top", "indent": 1},
        "level": {**lined, "font_size": 10, "valign": "top", "left": 1, "left_color": p.rule, "indent": 1},
        "last": {**lined, "font_size": 10, "font_color": p.quiet, "indent": 1},
        "group": {
            **text, "bg_color": p.accent_pale, "top": 2, "top_color": p.accent, "bottom": 1, "bottom_color": p.rule,
        },
        "section_heading": {
            **text, "font_size": 9, "bold": 1, "font_color": p.quiet, "bg_color": p.accent_pale, "valign": "bottom",
            "top": 2, "top_color": p.accent, "bottom": 1, "bottom_color": p.accent_edge,
        },
        "step": {**lined, "font_color": p.quiet, "indent": 2},
    }  # fmt: skip


def _inputs(p: Palette) -> dict[str, Properties]:
    """Cells that respondents fill in."""
    cell: Properties = {
        "font_size": 11, "font_color": p.ink, "bg_color": p.input_fill, "border": 1, "border_color": p.input_edge,
        "valign": "vcenter",
    }  # fmt: skip
    inputs: dict[str, Properties] = {
        "input": {**cell, "align": "center", "valign": "vcenter", "text_wrap": 1},
        "input_text": {**cell, "align": "left", "indent": 1, "text_wrap": 1, "num_format": "@"},
        "input_choice": {**cell, "align": "left", "indent": 1, "text_wrap": 1},
        "input_number": {**cell, "align": "right", "indent": 1},
        "input_date": {**cell, "align": "center", "num_format": "dd mmm yyyy"},
    }
    # A cell to put right has a thick frame, and a note in its corner, so that its colour is not the only sign.
    marked: Properties = {"font_color": p.low_ink, "bg_color": p.low_fill, "border": 5, "border_color": p.low_ink}
    return inputs | {f"{role}_marked": {**look, **marked} for role, look in inputs.items() if role != "input"}


def _results(p: Palette) -> dict[str, Properties]:
    """Cells that formulas fill in; rows of a plan get their line only when something stands in them."""
    open_cell: Properties = {"font_size": 11, "font_color": p.ink, "valign": "vcenter"}
    cell: Properties = {**open_cell, "bottom": 1, "bottom_color": p.rule}
    return {
        "output": {**cell, "align": "left", "indent": 1, "text_wrap": 1},
        "output_number": {**cell, "align": "right"},
        "plan": {**open_cell, "align": "left", "indent": 1, "text_wrap": 1},
        "plan_center": {**open_cell, "align": "center"},
        "plan_code": {**open_cell, "font_size": 9, "bold": 1, "font_color": p.accent},
        "output_center": {**cell, "align": "center"},
        "score": {
            "font_size": 13, "bold": 1, "font_color": p.accent_dark, "align": "center", "valign": "vcenter",
            "bottom": 1, "bottom_color": p.rule,
        },
        "big": {
            "font_size": 26, "bold": 1, "font_color": p.accent, "align": "center", "valign": "vcenter",
            "bg_color": p.accent_pale, "border": 1, "border_color": p.accent_edge,
        },
        "result_number": {**cell, "align": "right", "bold": 1, "font_color": p.accent_dark},
        "status_big": {**cell, "font_size": 13, "bold": 1, "align": "left", "valign": "vcenter", "indent": 1},
        "own_level": {
            **open_cell, "bold": 1, "align": "center", "bg_color": p.accent_tint, "font_color": p.accent_dark,
            "border": 1, "border_color": p.accent,
        },
        **{
            f"band_{tone}": {**cell, "text_wrap": 1, "font_size": 10, "indent": 1, "bg_color": fill, "font_color": ink}
            for tone, fill, ink in (
                ("low", p.low_fill, p.low_ink), ("middle", p.middle_fill, p.middle_ink),
                ("good", p.good_fill, p.good_ink), ("best", p.best_fill, p.best_ink),
            )
        },
    }  # fmt: skip


def _tones(p: Palette) -> dict[str, Properties]:
    """Fills with a meaning, for conditional formats and for keys that explain them."""
    tones = {
        "tone_low": (p.low_fill, p.low_ink, 0),
        "tone_middle": (p.middle_fill, p.middle_ink, 0),
        "tone_good": (p.good_fill, p.good_ink, 0),
        "tone_best": (p.best_fill, p.best_ink, 0),
        "tone_ok": (p.good_fill, p.good_ink, 0),
        "tone_error": (p.low_fill, p.low_ink, 1),
        "tone_query": (p.middle_fill, p.middle_ink, 1),
        "tone_quiet": (p.quiet_fill, p.quiet, 0),
    }
    return {
        **{
            role: {"bg_color": fill, "font_color": ink, **({"bold": 1} if bold else {})}
            for role, (fill, ink, bold) in tones.items()
        },
        # Bold words would need more room than the row was made for.
        "tone_level": {
            "bg_color": p.accent_tint, "font_color": p.accent_dark, "border": 1, "border_color": p.accent,
        },
        "row_line": {"bottom": 1, "bottom_color": p.rule},
    }  # fmt: skip
