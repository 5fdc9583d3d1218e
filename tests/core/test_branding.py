"""Whether colours can be read: the sums of WCAG 2, and shades that are worked out from one colour."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kil_xlsx.core.branding import (
    DEFAULT,
    EDGES,
    PAIRS,
    SHADES,
    Palette,
    ThemeFile,
    better,
    contrast,
    contrast_faults,
    heavy_fills,
    palette_of,
)

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06X}".format)
PALE = st.builds("#{:02X}{:02X}{:02X}".format, st.integers(0, 255), st.integers(150, 255), st.integers(0, 255))
"""With much green, which the eye takes for brightness; left to chance, most colours are dark."""


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#FFFFFF", 21.0),
        ("#FFFFFF", "#FFFFFF", 1.0),
        ("#767676", "#FFFFFF", 4.54),
        ("#777777", "#FFFFFF", 4.48),
        ("#949494", "#FFFFFF", 3.03),
        ("#FF0000", "#FFFFFF", 4.0),
        ("#0000FF", "#FFFFFF", 8.59),
        ("#00FF00", "#FFFFFF", 1.37),
    ],
)
def test_contrast_is_as_published(one: str, other: str, ratio: float) -> None:
    """The ratio of well-known pairs is the one that is published for them, whichever comes first."""
    assert round(contrast(one, other), 2) == ratio
    assert contrast(one, other) == contrast(other, one)


def test_the_default_can_be_read() -> None:
    """The default colours have no fault and no dark fill."""
    assert contrast_faults(DEFAULT.palette) == ()
    assert heavy_fills(DEFAULT.palette) == ()


@pytest.mark.parametrize(("front", "back"), sorted({pair[:2] for pair in (*PAIRS, *EDGES)}))
def test_every_pair_can_fail(front: str, back: str) -> None:
    """A pair whose two colours are the same is found, by its keys and in words."""
    same = DEFAULT.palette.colour(back)
    if front.startswith("series_"):
        series = list(DEFAULT.palette.series)
        series[int(front[-1]) - 1] = same
        palette = msgspec.structs.replace(DEFAULT.palette, series=tuple(series))
    else:
        palette = msgspec.structs.replace(DEFAULT.palette, **{front: same})
    (fault,) = [each for each in contrast_faults(palette) if (each.front, each.back) == (front, back)]
    assert fault.ratio == 1.0
    assert f"{front} ({same})" in str(fault)
    assert f"1.00 to 1; {fault.needed:g} to 1 is needed" in str(fault)


def test_a_ratio_just_short_is_not_rounded_up() -> None:
    """4.48 to 1 is a fault, and no fault is said to have the ratio that is needed."""
    (fault, *_) = contrast_faults(Palette(ink="#777777"))
    assert "4.47 to 1; 4.5 to 1 is needed" in str(fault)


def test_dark_fills_are_found() -> None:
    """A fill may be readable and still take too much ink."""
    assert heavy_fills(Palette(accent_tint="#000080", low_fill="#808080")) == ("accent_tint", "low_fill")


def test_the_default_accent_has_the_default_shades() -> None:
    """What is worked out from the default's accent is the default."""
    assert palette_of({"accent": Palette().accent}) == Palette()
    assert palette_of({}) == Palette()


def test_shades_follow_the_accent() -> None:
    """All shades change with the accent, and so does the first series; the rest stays."""
    palette = palette_of({"accent": "#7A003C"})
    changed = {field for field in Palette.__struct_fields__ if getattr(palette, field) != getattr(Palette(), field)}
    assert changed == {"accent", *SHADES, "series"}
    assert palette.series == ("#7A003C", *Palette().series[1:])


def test_what_is_given_is_kept() -> None:
    """A shade that is given stays as it is, even one that cannot be read."""
    given_colours = {
        "accent": "#7A003C",
        "accent_dark": "#EEEEEE",
        "series": ["#111111", "#222222", "#333333", "#444444"],
    }
    palette = palette_of(given_colours)
    assert palette.accent_dark == "#EEEEEE"
    assert palette.series[0] == "#111111"
    assert {each.front for each in contrast_faults(palette)} == {"accent_dark"}


@given(COLOURS)
@example("#000000")
@example("#767676")
@example("#0000FF")
def test_worked_out_shades_can_be_read(accent: str) -> None:
    """Any accent that stands out from white gives a palette without a fault."""
    assume(contrast(accent, "#FFFFFF") >= 4.5)
    palette = palette_of({"accent": accent})
    assert contrast_faults(palette) == ()
    assert heavy_fills(palette) == ()


@given(PALE | COLOURS)
@example("#FFFF00")
def test_a_poor_accent_is_found_and_a_better_one_is_offered(accent: str) -> None:
    """An accent that does not stand out is a fault, and with the colour offered in its place nothing is wrong."""
    assume(contrast(accent, "#FFFFFF") < 4.5)
    palette = palette_of({"accent": accent})
    assert ("accent", "paper") in {(each.front, each.back) for each in contrast_faults(palette)}
    offered = better(palette, "accent")
    assert offered is not None
    assert contrast_faults(palette_of({"accent": offered})) == ()


def test_no_colour_may_stand_on_black_and_white() -> None:
    """Where nothing would do, nothing is offered."""
    assert better(Palette(accent_tint="#000000"), "ink") is None


def test_the_default_of_a_file_is_the_default() -> None:
    """A theme file without keys gives the default theme."""
    empty = ThemeFile()
    assert (empty.name, empty.font, empty.footer, empty.colours, empty.logo) == (
        DEFAULT.name,
        DEFAULT.font,
        DEFAULT.footer,
        DEFAULT.palette,
        DEFAULT.logo,
    )
