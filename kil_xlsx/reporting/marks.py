"""What charts are made of: scales, marks and their colours.

Marks are drawn around nought, to be put where they belong.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from kil_xlsx.core.branding import EDGE_CONTRAST, Palette, contrast
from kil_xlsx.reporting.numbers import Writer, decimal
from kil_xlsx.reporting.svg import element, mixed, plain

TEXT = 13.0
"""Pixels of ordinary text in a chart."""

SMALL = 11.5
"""Pixels of the numbers along a scale."""


@dataclass(frozen=True)
class Scale:
    """The stretch of values that a chart covers, where its lines are, and how its numbers are written.

    ``short`` writes the numbers along the scale; without it, they are written like all others.
    """

    minimum: float
    maximum: float
    ticks: tuple[float, ...] = ()
    write: Writer = decimal
    short: Writer | None = None

    def share(self, value: float) -> float:
        """Where a value lies, from 0 (at the minimum) to 1; values outside are put at the end."""
        return min(max((value - self.minimum) / ((self.maximum - self.minimum) or 1.0), 0.0), 1.0)

    def tick(self, value: float) -> str:
        """A number along the scale."""
        return (self.short or self.write)(value)


def scale(
    minimum: float, maximum: float, write: Writer = decimal, parts: int = 4, short: Writer | None = None
) -> Scale:
    """A scale with evenly spaced lines, the ends among them."""
    step = (maximum - minimum) / parts
    return Scale(minimum, maximum, tuple(minimum + step * at for at in range(parts + 1)), write, short)


# Marks


@lru_cache(maxsize=32)
def dot(palette: Palette, radius: float = 5.0) -> str:
    """The mark of a median, and of what is now."""
    return element("circle", r=radius, fill=palette.accent_dark, stroke=palette.paper, stroke_width=1.5)


@lru_cache(maxsize=32)
def ring(palette: Palette, radius: float = 4.5) -> str:
    """The mark of what was before."""
    return element("circle", r=radius, fill=palette.paper, stroke=palette.accent_dark, stroke_width=2)


@lru_cache(maxsize=32)
def diamond(palette: Palette, size: float = 7.5) -> str:
    """The mark of an own value."""
    points = f"0,{plain(-size)} {plain(size)},0 0,{plain(size)} {plain(-size)},0"
    return element("polygon", points=points, fill=palette.colour("series_2"), stroke=palette.paper, stroke_width=1.5)


@lru_cache(maxsize=32)
def tick(palette: Palette, height: float) -> str:
    """The mark of what is compared with."""
    half = height / 2 + 3
    return element("path", d=f"M0 {plain(-half)}V{plain(half)}", stroke=palette.colour("series_4"), stroke_width=2.5)


@lru_cache(maxsize=32)
def mark(palette: Palette, series: int, size: float = 5.0) -> str:
    """The mark of a series: dot, diamond, square, triangle."""
    kept = {"fill": palette.colour(f"series_{series % 4 + 1}"), "stroke": palette.paper, "stroke_width": 1.0}
    if series % 4 == 0:
        return element("circle", r=size, **kept)  # type: ignore[arg-type]
    shapes = ("0,-1.3 1.3,0 0,1.3 -1.3,0", "-1,-1 1,-1 1,1 -1,1", "0,-1.3 1.2,1 -1.2,1")
    corners = (each.split(",") for each in shapes[series % 4 - 1].split())
    points = " ".join(f"{plain(float(x) * size)},{plain(float(y) * size)}" for x, y in corners)
    return element("polygon", points=points, **kept)  # type: ignore[arg-type]


@lru_cache(maxsize=32)
def edge(palette: Palette) -> str:
    """The colour of the edges of pale fills: the frame's colour if it can be seen on paper, or else the accent."""
    return palette.accent_edge if contrast(palette.accent_edge, palette.paper) >= EDGE_CONTRAST else palette.accent


Direction = Literal["rise", "fall", "same"]
"""Which way a value went; ``same`` if it hardly moved."""


def direction(before: float, now: float, least: float) -> Direction:
    """Which way a value went; differences smaller than ``least`` do not count."""
    if before == now or abs(now - before) < least:
        return "same"
    return "rise" if now > before else "fall"


def moved(palette: Palette, way: Direction) -> dict[str, str | float | None]:
    """The look of a line from before to now: whole, dashed, or thin and grey."""
    colour = {"rise": palette.colour("series_1"), "fall": palette.colour("series_2"), "same": palette.quiet}[way]
    return {
        "stroke": colour,
        "stroke_width": 1 if way == "same" else 2.5,
        "stroke_dasharray": "6 4" if way == "fall" else None,
    }


@lru_cache(maxsize=32)
def box(palette: Palette) -> str:
    """The mark of a middle half, for a key."""
    return element("rect", x=-8, y=-5, width=16, height=10, fill=palette.bar, stroke=edge(palette), stroke_width=1)


@lru_cache(maxsize=32)
def level_colours(levels: int, palette: Palette) -> tuple[str, ...]:
    """The fills of levels, from the lowest (pale) to the highest (dark)."""
    shades = (at / (levels - 1) if levels > 1 else 0.5 for at in range(levels))
    return tuple(
        mixed(palette.accent_pale, palette.bar, each * 2)
        if each <= 0.5
        else mixed(palette.bar, palette.accent_dark, each * 2 - 1)
        for each in shades
    )
