"""Small pieces of SVG 1.1, written as text: nothing that needs a style sheet, a script or a particular program.

Every text that goes in is escaped here, and every number is written in one way, so that the same drawing always has
the same bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from html import escape

from kil_xlsx.core.branding import TEXT_CONTRAST, contrast
from kil_xlsx.core.rounding import round_half_away

FONT = "Calibri, Carlito, Arial, 'Liberation Sans', Helvetica, sans-serif"
"""Fonts to try, one after the other; one of them is on almost every machine."""

_NARROW, _WIDE = frozenset("ijltfI.,:;'|!()[] -"), frozenset("mwMW%@")


def safe(text: str) -> str:
    """A text as markup shows it: escaped, without characters that XML may not hold or that reverse what follows."""
    if text.isprintable():  # nothing but letters, digits, signs and spaces
        return escape(text)
    kept = (" " if each in "\t\r\n" else each for each in text)
    return escape(
        "".join("\ufffd" if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Cn") else each for each in kept)
    )


@lru_cache(maxsize=4096)
def plain(number: float) -> str:
    """A coordinate: at most two decimals, and no more digits than it needs."""
    rounded = round_half_away(number, 2)
    return f"{rounded:.2f}".rstrip("0").rstrip(".")


def element(name: str, content: str | None = None, /, **attributes: str | float | None) -> str:
    """An element.  Underscores in names of attributes stand for hyphens; those that are ``None`` are left out.

    ``content`` is markup.  Values are escaped.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{safe(value) if isinstance(value, str) else plain(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}/>" if content is None else f"<{name}{written}>{content}</{name}>"


def label(words: str, **attributes: str | float | None) -> str:
    """A text in a drawing."""
    return element("text", safe(words), **attributes)


def document(
    content: Iterable[str], *, identifier: str, title: str, description: str, width: float, height: float, font: str
) -> str:
    """A whole drawing with its name and description for people who cannot see it.  Sizes are in pixels."""
    named = element("title", safe(title), id=f"{identifier}-title") + element(
        "desc", safe(description), id=f"{identifier}-desc"
    )
    return element(
        "svg",
        named + "".join(content),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_labelledby=f"{identifier}-title {identifier}-desc",
        width=width,
        height=height,
        viewBox=f"0 0 {plain(width)} {plain(height)}",
        font_family=font,
    )


def text_width(words: str, size: float) -> float:
    """About how wide a text is, in pixels: a little more than in the usual fonts, so that it fits in all of them."""
    wide = sum(
        0.3 if each in _NARROW else 0.9 if each in _WIDE or ord(each) > 0x2E7F else 0.66 if each.isupper() else 0.55
        for each in words
    )
    return wide * size


def wrapped(words: str, size: float, width: float, most: int) -> tuple[str, ...]:
    """A text in at most ``most`` lines of a width in pixels; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    for word in words.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    kept = lines[:most]
    if len(lines) > most:
        kept[-1] += "…"
    return tuple(_clipped(line, size, width) for line in kept)


def _clipped(line: str, size: float, width: float) -> str:
    if text_width(line, size) <= width:
        return line
    while line and text_width(f"{line}…", size) > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


# Colours


def mixed(one: str, other: str, share: float) -> str:
    """A colour between two, ``share`` (0 to 1) of the way from one to the other."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{int(round_half_away(a + (b - a) * share, 0)):02X}" for a, b in pairs)


def on(fill: str, ink: str) -> str:
    """The colour of text that can be read on a fill: the usual ink, or else white, or else black."""
    for colour in (ink, "#FFFFFF"):
        if contrast(colour, fill) >= TEXT_CONTRAST:
            return colour
    return "#000000"
