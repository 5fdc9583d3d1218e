"""How a council may make the workbooks its own: colours, font, logo and the words of the footer.

Plain frozen data, and the sums that tell whether text in these colours can be read.  The theme file that people write
has the shape of :class:`ThemeFile`; what the rest of the program uses is a :class:`Branding`.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, ClassVar

from msgspec import Meta, Struct, convert, structs

Colour = Annotated[str, Meta(pattern="^#[0-9A-Fa-f]{6}$")]
"""Red, green and blue, two hexadecimal digits each, such as ``#1F5C66``."""

Font = Annotated[str, Meta(pattern=r"^[\w ]+$", max_length=31)]
"""The name of a font as Excel's list of fonts shows it."""

LONGEST_FOOTER = 120
"""Characters of the words in the footer; Excel holds 255 for the whole of it, with its codes."""

TEXT_CONTRAST = 4.5
"""What WCAG 2 asks of text at level AA."""

EDGE_CONTRAST = 3.0
"""What WCAG 2 asks at level AA of lines and edges that have to be seen."""

HEAVIEST_FILL = 2.0
"""The contrast of a fill with white paper from which printing it takes much ink and notes by hand are lost on it."""


class Palette(Struct, frozen=True, forbid_unknown_fields=True):
    """Colours by meaning.  Every pair of text and fill that the theme makes of them has to reach 4.5 : 1.

    ``ink`` is ordinary text, ``quiet`` help and notes, ``rule`` thin lines, ``link`` links.  ``accent`` is titles and
    strong lines; ``accent_dark`` headings and scores, ``accent_edge`` frames, ``accent_tint`` and ``accent_pale`` the
    fills of headings, ``bar`` the bars in cells.  ``input_fill`` and ``input_edge`` are the cells to fill in.  The
    fill and ink of ``low``, ``middle``, ``good`` and ``best`` go with scores and messages, ``quiet_fill`` with what
    does not apply.  ``series`` are the lines of charts.  The paper is white, because the cells of a sheet are.
    """

    paper: ClassVar[str] = "#FFFFFF"

    ink: Colour = "#1F2A30"
    quiet: Colour = "#56636B"
    rule: Colour = "#C3D0D3"
    accent: Colour = "#1F5C66"
    accent_dark: Colour = "#17464E"
    accent_edge: Colour = "#7FA6AD"
    accent_tint: Colour = "#DCEBED"
    accent_pale: Colour = "#F1F7F7"
    bar: Colour = "#8FBCC3"
    input_fill: Colour = "#FFFAE3"
    input_edge: Colour = "#94823D"
    link: Colour = "#0B5CAD"
    low_fill: Colour = "#F8DDD7"
    low_ink: Colour = "#7A2213"
    middle_fill: Colour = "#FBEBC2"
    middle_ink: Colour = "#654500"
    good_fill: Colour = "#DDEFD6"
    good_ink: Colour = "#1E551F"
    best_fill: Colour = "#BFDFE3"
    best_ink: Colour = "#0F434C"
    quiet_fill: Colour = "#F0F2F3"
    series: Annotated[tuple[Colour, ...], Meta(min_length=4, max_length=4)] = (
        "#1F5C66", "#B4641E", "#6A7F2E", "#75539B",
    )  # fmt: skip

    def colour(self, key: str) -> str:
        """A colour by its key; ``paper`` and ``series_1`` to ``series_4`` are keys too."""
        if key.startswith("series_"):
            return self.series[int(key.removeprefix("series_")) - 1]
        found: str = getattr(self, key)
        return found


class Logo(Struct, frozen=True, kw_only=True):
    """A picture (PNG or JPEG), the words that stand for it, and how high it is shown, in pixels."""

    content: bytes
    description: str
    height: int = 48


class Branding(Struct, frozen=True, kw_only=True):
    """What makes a workbook a council's own.

    ``name`` is what the theme is called.  ``footer`` stands in the footer of every printed page, as typed.
    """

    name: str = "Teal"
    font: str = "Calibri"
    footer: str = ""
    palette: Palette = Palette()
    logo: Logo | None = None


DEFAULT = Branding()
"""The theme used unless another is given: deep teal on pale tints, cream cells to fill in, Calibri, no logo."""


class LogoFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The logo of a theme file: a PNG or JPEG file in the theme's folder.

    ``file`` is seen from the theme file.  ``description`` says what the picture shows, for people who cannot see it.
    ``height`` is in pixels.
    """

    file: Annotated[str, Meta(min_length=1, max_length=200)]
    description: Annotated[str, Meta(min_length=1, max_length=200)]
    height: Annotated[int, Meta(ge=16, le=64)] = 48


class ThemeFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A theme file.  Every key may be left out.

    ``footer`` is one line for the footer of every printed page.  Where ``colours`` has ``accent``, the shades of it
    and the first series that are not given are worked out from it.
    """

    name: Annotated[str, Meta(min_length=1, max_length=60)] = DEFAULT.name
    font: Font = DEFAULT.font
    footer: Annotated[str, Meta(max_length=LONGEST_FOOTER)] = DEFAULT.footer
    logo: LogoFile | None = None
    colours: Palette = DEFAULT.palette


# Contrast


def _channels(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def _hex(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(min(max(part, 0.0), 1.0) * 255):02X}" for part in (red, green, blue))


def luminance(colour: str) -> float:
    """Relative luminance of a colour as WCAG 2 defines it, from 0 (black) to 1 (white)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours as WCAG 2 defines it, from 1 (the same) to 21 (black and white)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


PAIRS: tuple[tuple[str, str, str], ...] = (
    ("ink", "paper", "ordinary text on the sheet"),
    ("quiet", "paper", "help and notes on the sheet"),
    ("accent", "paper", "titles, headings and codes on the sheet"),
    ("accent_dark", "paper", "labels and scores on the sheet"),
    ("link", "paper", "links on the sheet"),
    ("ink", "accent_tint", "text on a tinted row"),
    ("accent_dark", "accent_tint", "column headings"),
    ("quiet", "accent_tint", "notes on a tinted row"),
    ("ink", "accent_pale", "text in a box"),
    ("quiet", "accent_pale", "notes on section rows"),
    ("accent", "accent_pale", "the large score"),
    ("accent_dark", "accent_pale", "section headings"),
    ("ink", "input_fill", "answers in cells to fill in"),
    ("quiet", "input_fill", "notes in cells to fill in"),
    ("ink", "bar", "numbers on bars"),
    ("low_ink", "low_fill", "low scores and errors"),
    ("middle_ink", "middle_fill", "middling scores and queries"),
    ("good_ink", "good_fill", "good scores and what is in order"),
    ("best_ink", "best_fill", "the best scores"),
    ("quiet", "quiet_fill", "what does not apply"),
)
"""Every pair of text and fill that the theme makes, by key, and what people see in it."""

EDGES: tuple[tuple[str, str, str], ...] = (
    ("input_edge", "paper", "the frames of cells to fill in"),
    ("accent", "paper", "the lines under headings"),
    ("low_ink", "paper", "the frames of cells to put right"),
    *((f"series_{number}", "paper", f"line {number} of charts") for number in (1, 2, 3, 4)),
)
"""Every line and edge that has to be seen, by key, what it stands on, and what it is."""


class ContrastFault(Struct, frozen=True):
    """Two colours that are too close to each other.

    ``front`` and ``back`` are keys of a palette, ``what`` says what people see there, ``ratio`` is what was found.
    """

    front: str
    back: str
    what: str
    front_colour: str
    back_colour: str
    ratio: float
    needed: float

    def __str__(self) -> str:
        """The fault in a sentence without its full stop.  The ratio is rounded down, so that 4.499 is not 4.5."""
        back = "white" if self.back == "paper" else f"{self.back} ({self.back_colour})"
        return (
            f"{self.what}: {self.front} ({self.front_colour}) on {back} has a contrast of "
            f"{math.floor(self.ratio * 100) / 100:.2f} to 1; {self.needed:g} to 1 is needed"
        )


def contrast_faults(palette: Palette) -> tuple[ContrastFault, ...]:
    """Every pair of colours of a theme that people with weak sight could not tell apart; none for a sound palette."""
    return tuple(
        ContrastFault(front, back, what, palette.colour(front), palette.colour(back), ratio, needed)
        for front, back, what, needed in _needed()
        if (ratio := contrast(palette.colour(front), palette.colour(back))) < needed
    )


def heavy_fills(palette: Palette) -> tuple[str, ...]:
    """The keys of fills so dark that a printed page would be mostly ink."""
    fills = dict.fromkeys(back for _, back, _ in PAIRS if back not in ("paper", "bar"))
    return tuple(key for key in fills if contrast(palette.colour(key), palette.paper) > HEAVIEST_FILL)


def better(palette: Palette, front: str) -> str | None:
    """The colour closest to the one at ``front`` that can be told apart from all that it stands on.

    ``None`` where no lighter or darker one can.
    """
    colour = palette.colour(front)
    for end in ("#000000", "#FFFFFF"):
        found = _moved(colour, end, lambda tried: _stands_out(tried, palette, front))
        if found is not None:
            return found
    return None


def _needed() -> Iterator[tuple[str, str, str, float]]:
    for front, back, what in PAIRS:
        yield front, back, what, TEXT_CONTRAST
    for front, back, what in EDGES:
        if not any(pair[:2] == (front, back) for pair in PAIRS):  # text needs more anyway
            yield front, back, what, EDGE_CONTRAST


def _stands_out(colour: str, palette: Palette, front: str) -> bool:
    return all(contrast(colour, palette.colour(back)) >= needed for one, back, _, needed in _needed() if one == front)


def _moved(colour: str, end: str, good: Callable[[str], bool]) -> str | None:
    """The first good colour on the way from one colour to another, in sixty-four steps; ``None`` if none is."""
    start, stop = _channels(colour), _channels(end)
    for step in range(65):
        red, green, blue = (a + (b - a) * step / 64 for a, b in zip(start, stop, strict=True))
        tried = _hex(red, green, blue)
        if good(tried):
            return tried
    return None


# Shades

SHADES = ("accent_dark", "accent_edge", "accent_tint", "accent_pale", "bar")
"""What is worked out from ``accent`` where it is not given; the first of ``series`` is the accent itself."""


def palette_of(given: Mapping[str, object]) -> Palette:
    """A palette with some colours given, the shades of a given accent worked out, and all else as it is by default.

    A shade stands to the accent as the default's shade stands to the default's accent: hue and saturation move along,
    light shades keep their lightness, and the dark one stays as much darker.  Then fills are lightened and
    ``accent_dark`` is darkened as far as the text that stands on them needs.  With the default's accent this gives
    the default's shades.
    """
    palette = convert(given, Palette)
    if "accent" not in given:
        return palette
    changes: dict[str, object] = {key: _shade(palette.accent, key) for key in SHADES if key not in given}
    if "series" not in given:
        changes["series"] = (palette.accent, *palette.series[1:])
    palette = structs.replace(palette, **changes)
    for key in SHADES[2:]:
        if key not in given:
            palette = structs.replace(palette, **{key: _lightened(palette, key)})
    if "accent_dark" not in given:
        dark = _moved(palette.accent_dark, "#000000", lambda tried: _stands_out(tried, palette, "accent_dark"))
        palette = structs.replace(palette, accent_dark=dark or "#000000")
    return palette


def _lightened(palette: Palette, fill: str) -> str:
    """A fill as light as the text on it needs; what no fill can help is left to :func:`contrast_faults`."""
    texts = [palette.colour(front) for front, back, _ in PAIRS if back == fill and front != "accent_dark"]
    readable = [text for text in texts if contrast(text, palette.paper) >= TEXT_CONTRAST]
    found = _moved(
        palette.colour(fill),
        palette.paper,
        lambda tried: all(contrast(text, tried) >= TEXT_CONTRAST for text in readable),
    )
    return found or palette.paper


def _shade(accent: str, key: str) -> str:
    base, model = Palette(), colorsys.rgb_to_hls
    hue, lightness, saturation = model(*_channels(accent))
    from_hue, from_lightness, from_saturation = model(*_channels(base.accent))
    to_hue, to_lightness, to_saturation = model(*_channels(base.colour(key)))
    light = to_lightness * lightness / from_lightness if key == "accent_dark" else to_lightness
    colour = min(saturation * to_saturation / from_saturation, 1.0)
    return _hex(*colorsys.hls_to_rgb((hue + to_hue - from_hue) % 1.0, min(light, 1.0), colour))
