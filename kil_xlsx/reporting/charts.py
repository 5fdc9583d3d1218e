"""Charts as SVG: pure functions from plain records to text.

Every function takes what is to be shown, a :class:`Scale` where there is one, and the colours of a
:class:`kil_xlsx.core.branding.Palette`.  What comes out is plain SVG 1.1 that can stand in an HTML page; with
``xmlns`` and a width in pixels put in, rows can stand in a file or a PDF too.

:func:`radar`, :func:`slope`
    A whole drawing with its labels, as a :class:`Chart`.  ``identifier`` must be unique in the page; ``title`` and
    the description, which is made from the numbers, are read out to people who cannot see the drawing.
:func:`strip_row`
    One item: a box from lower to upper quartile, a dot at the median, a diamond at an own value, a thin line at a
    median to compare with.
:func:`level_row`
    One question: which share chose each level, as parts of a whole.
:func:`change_row`
    One item: a ring where it was before, a dot where it is now.
:func:`count_row`
    How many there are.

Rows are as wide as the place that holds them, so that they fit a phone and a sheet of paper.  They carry no label:
the page sets labels and numbers beside them as text.  :func:`scale_row` goes below rows that share a scale, and
:func:`key_mark` and :func:`level_mark` into the key.

What shows the same is drawn once: rows along a scale, scales and marks are remembered by everything that they show.

Nothing is told by colour alone: shapes differ (dot, diamond, ring, square), parts carry their numbers, lines their
names.  Text has a contrast of at least 4.5 to 1 with what it stands on, marks 3 to 1.  Sizes are in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from kil_xlsx.core.branding import Palette
from kil_xlsx.core.release import CONFIDENTIAL
from kil_xlsx.reporting import marks
from kil_xlsx.reporting.marks import SMALL, TEXT, Scale, edge, level_colours, scale
from kil_xlsx.reporting.numbers import percent
from kil_xlsx.reporting.svg import element, label, on, plain, safe
from kil_xlsx.reporting.wholes import Chart, Series, Slope, radar, slope

__all__ = [
    "Bar",
    "Chart",
    "LevelBar",
    "Scale",
    "Series",
    "Slope",
    "Strip",
    "change_row",
    "count_row",
    "edge",
    "key_mark",
    "level_colours",
    "level_mark",
    "level_row",
    "radar",
    "scale",
    "scale_row",
    "slope",
    "strip_row",
]

_BOX = 12.0


@dataclass(frozen=True)
class Strip:
    """What :func:`strip_row` draws.  Whatever is absent is left out.

    ``own`` is the value of one organisation, ``other`` the median of another group to compare with.
    """

    label: str
    median: float | None
    lower: float | None = None
    upper: float | None = None
    own: float | None = None
    other: float | None = None


@dataclass(frozen=True)
class LevelBar:
    """What :func:`level_row` draws: which share (0 to 1) chose each level, in order; absent where it is held back."""

    label: str
    shares: tuple[float, ...] | None


@dataclass(frozen=True)
class Bar:
    """What :func:`count_row` draws."""

    label: str
    count: int


class _Plot:
    """Where values lie across a row: from ``left`` to ``right``, in per cent of its width."""

    def __init__(self, left: float, right: float) -> None:
        self.left, self.right = left, right

    def at(self, share: float) -> str:
        return f"{plain(self.left + (self.right - self.left) * share)}%"

    def wide(self, share: float) -> str:
        return f"{plain((self.right - self.left) * share)}%"

    def place(self, share: float, y: float, content: str) -> str:
        """A small drawing around a point: SVG has no per cents inside a path."""
        return element("svg", content, x=self.at(share), y=y, overflow="visible")


_SCALED = _Plot(2.5, 97.5)
"""Leaves room for half a mark at both ends."""


def _row(content: str, words: str, height: float) -> str:
    """A row as wide as its place; its words are its name."""
    return element("svg", f"<title>{safe(words)}</title>{content}", role="img", width="100%", height=height)


# Along a scale


@lru_cache(maxsize=2048)
def strip_row(strip: Strip, scale: Scale, palette: Palette, *, height: float = 26.0, beyond: float = 0.0) -> str:
    """An item along a scale.

    :param beyond: how far the lines of the scale go on above and below, to meet those of other rows where the page
        lets them be seen.
    """
    content = _lines(scale, palette, -beyond, height + beyond) + _strip(strip, scale, palette, height / 2)
    return _row(content, _told(strip, scale), height)


def change_row(
    before: float,
    now: float,
    words: str,
    scale: Scale,
    palette: Palette,
    *,
    height: float = 26.0,
    beyond: float = 0.0,
    least: float = 0.0,
) -> str:
    """A ring at the value before and a dot at the one now, with a line between; ``words`` tell it to the blind.

    The line is that of :func:`slope`: thin and grey where the difference is smaller than ``least``.
    """
    start, end, y = scale.share(before), scale.share(now), height / 2
    look = marks.moved(palette, marks.direction(before, now, least))
    line = element("line", x1=_SCALED.at(start), x2=_SCALED.at(end), y1=y, y2=y, **look)
    ends = _SCALED.place(start, y, marks.ring(palette)) + _SCALED.place(end, y, marks.dot(palette, 6))
    return _row(_lines(scale, palette, -beyond, height + beyond) + line + ends, words, height)


@lru_cache(maxsize=128)
def scale_row(scale: Scale, palette: Palette) -> str:
    """The numbers along a scale; hidden from screen readers."""
    last = len(scale.ticks) - 1
    numbers = (
        label(
            scale.tick(tick),
            x=_SCALED.at(scale.share(tick)),
            y=12,
            font_size=SMALL,
            fill=palette.quiet,
            text_anchor="middle" if 0 < at < last else "end" if at else "start",
        )
        for at, tick in enumerate(scale.ticks)
    )
    return element("svg", "".join(numbers), width="100%", height=16, aria_hidden="true", focusable="false")


@lru_cache(maxsize=128)
def _lines(scale: Scale, palette: Palette, top: float, bottom: float) -> str:
    places = (_SCALED.at(scale.share(tick)) for tick in scale.ticks)
    return element("g", "".join(element("line", x1=x, x2=x, y1=top, y2=bottom) for x in places), stroke=palette.rule)


def _strip(strip: Strip, scale: Scale, palette: Palette, y: float) -> str:
    parts: list[str] = []
    if strip.lower is not None and strip.upper is not None:
        low, high = scale.share(strip.lower), scale.share(strip.upper)
        parts.append(
            element(
                "rect",
                x=_SCALED.at(low),
                y=y - _BOX / 2,
                width=_SCALED.wide(high - low),
                height=_BOX,
                fill=palette.bar,
                stroke=edge(palette),
                stroke_width=1,
            )
        )
    for value, mark in (
        (strip.other, marks.tick(palette, _BOX)),
        (strip.median, marks.dot(palette)),
        (strip.own, marks.diamond(palette)),
    ):
        if value is not None:
            parts.append(_SCALED.place(scale.share(value), y, mark))
    return "".join(parts)


def _told(strip: Strip, scale: Scale) -> str:
    """A row in words."""
    if strip.median is None and strip.own is None:
        return f"{strip.label}: held back"
    told: list[str] = []
    if strip.own is not None:
        told.append(f"own {scale.write(strip.own)}")
    if strip.median is not None:
        told.append(f"median {scale.write(strip.median)}")
    if strip.lower is not None and strip.upper is not None:
        told.append(f"middle half {scale.write(strip.lower)} to {scale.write(strip.upper)}")
    if strip.other is not None:
        told.append(f"compared with {scale.write(strip.other)}")
    return f"{strip.label}: {', '.join(told)}"


# Keys


@lru_cache(maxsize=128)
def key_mark(kind: str, palette: Palette) -> str:
    """A mark by itself, for a key: ``box``, ``dot``, ``diamond``, ``tick``, ``ring``, ``rise``, ``fall``, ``same``."""
    kinds = {
        "box": marks.box(palette),
        "dot": marks.dot(palette),
        "diamond": marks.diamond(palette),
        "tick": marks.tick(palette, 8),
        "ring": marks.ring(palette),
        "rise": element("line", x1=-14, x2=14, y1=4, y2=-4, **marks.moved(palette, "rise")),
        "fall": element("line", x1=-14, x2=14, y1=-4, y2=4, **marks.moved(palette, "fall")),
        "same": element("line", x1=-14, x2=14, y1=0, y2=0, **marks.moved(palette, "same")),
    }
    wide = 32 if kind in ("rise", "fall", "same") else 20
    return element(
        "svg",
        kinds[kind],
        viewBox=f"{-wide // 2} -9 {wide} 18",
        width=wide,
        height=18,
        aria_hidden="true",
        focusable="false",
    )


def level_mark(fill: str, palette: Palette) -> str:
    """A level's fill by itself, for a key."""
    box = element("rect", x=0.5, y=0.5, width=15, height=13, fill=fill, stroke=edge(palette), stroke_width=1)
    return element("svg", box, width=16, height=14, aria_hidden="true", focusable="false")


# Shares and counts


def level_row(bar: LevelBar, levels: Sequence[str], palette: Palette, *, height: float = 22.0) -> str:
    """A bar whose parts are levels, lowest first; ``levels`` are their names.  Parts with room carry their share."""
    return _row(_level_parts(_Plot(0.2, 99.8), bar, palette, 1, height - 2, 0.11), _levels_told(bar, levels), height)


def _level_parts(plot: _Plot, bar: LevelBar, palette: Palette, y: float, height: float, room: float) -> str:
    """The parts of one bar.  Shares below ``room`` have no number in them."""
    if bar.shares is None:
        return label(CONFIDENTIAL, x=plot.at(0), y=y + height / 2 + 4, font_size=TEXT, fill=palette.quiet)
    parts: list[str] = []
    start = 0.0
    for share, fill in zip(bar.shares, level_colours(len(bar.shares), palette), strict=True):
        if share > 0:
            parts.append(
                element(
                    "rect",
                    x=plot.at(start),
                    y=y,
                    width=plot.wide(share),
                    height=height,
                    fill=fill,
                    stroke=edge(palette),
                    stroke_width=1,
                )
            )
        if share >= room:
            parts.append(
                label(
                    percent(share),
                    x=plot.at(start + share / 2),
                    y=y + height / 2 + 4,
                    font_size=SMALL,
                    fill=on(fill, palette.ink),
                    text_anchor="middle",
                )
            )
        start += share
    return "".join(parts)


def _levels_told(bar: LevelBar, levels: Sequence[str]) -> str:
    if bar.shares is None:
        return f"{bar.label}: held back"
    return f"{bar.label}: " + ", ".join(
        f"{level} {percent(share)}" for level, share in zip(levels, bar.shares, strict=True)
    )


def count_row(bar: Bar, most: int, palette: Palette, *, height: float = 20.0) -> str:
    """A bar with its count after it; ``most``, at least 1, fills four fifths of the row."""
    plot, share = _Plot(0, 80), bar.count / most
    box = element("rect", x=plot.at(0), y=3, width=plot.wide(share), height=height - 6, fill=palette.accent)
    number = label(f"{bar.count:,}", x=6, y=4.5, font_size=TEXT, fill=palette.ink)
    return _row(
        (box if bar.count else "") + plot.place(share, height / 2, number), f"{bar.label}: {bar.count:,}", height
    )
