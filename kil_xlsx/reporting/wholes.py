"""Charts that are one drawing: radar and slope.  :mod:`kil_xlsx.reporting.charts` says what holds for all charts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kil_xlsx.core.branding import Palette
from kil_xlsx.reporting.marks import SMALL, TEXT, Scale, direction, dot, mark, moved, ring
from kil_xlsx.reporting.svg import FONT, document, element, label, plain, wrapped


@dataclass(frozen=True)
class Chart:
    """A drawing: its id in the page, its SVG, what it shows in a sentence or two, and its size in pixels."""

    id: str
    svg: str
    description: str
    width: float
    height: float


@dataclass(frozen=True)
class Series:
    """A line of :func:`radar`: one value per spoke; absent ones leave a gap, and ``missing`` says why in words.

    ``style`` picks mark, line and colour; without it they go by the place among the series.
    """

    label: str
    values: tuple[float | None, ...]
    missing: str = "held back"
    style: int | None = None


@dataclass(frozen=True)
class Slope:
    """A line of :func:`slope`; nothing is drawn unless both values are there."""

    label: str
    before: float | None
    now: float | None


# Radar


def radar(
    spokes: Sequence[str],
    series: Sequence[Series],
    scale: Scale,
    palette: Palette,
    *,
    identifier: str,
    title: str,
    width: float = 420.0,
    radius: float = 115.0,
    margin: float = 48.0,
    font: str = FONT,
) -> Chart:
    """Values on spokes, the first straight up and the others clockwise; up to four series.

    Needs three spokes or more.  Labels break into up to three lines of what room there is beside the circle.  Series
    differ in mark, line (whole, dashed, dotted) and colour.

    :param margin: pixels above and below the circle for the labels there; 20 will do where they are a few letters.
    """
    if len(spokes) < 3:
        raise ValueError("a radar needs at least three spokes")
    styles = [at if each.style is None else each.style for at, each in enumerate(series)]
    keys = tuple((each.label, style) for each, style in zip(series, styles, strict=True))
    wheel = _Wheel(len(spokes), width / 2, radius + margin + 18.0 * len(series) + 6, radius)
    below, above = _web(wheel, tuple(spokes), keys, scale, palette, width)
    outlines = [
        _outline(
            tuple(
                value if value is None else wheel.point(spoke, scale.share(value))
                for spoke, value in enumerate(each.values)
            ),
            palette,
            style,
        )
        for each, style in zip(series, styles, strict=True)
    ]
    told = []
    for each in series:
        values = (
            f"{spoke} {each.missing if value is None else scale.write(value)}"
            for spoke, value in zip(spokes, each.values, strict=True)
        )
        told.append(f"{each.label}: {', '.join(values)}")
    description = "; ".join(told) + "."
    parts = [below, *outlines, above]
    return _chart(parts, identifier, title, description, width, wheel.middle_y + radius + margin, font)


@dataclass(frozen=True)
class _Wheel:
    """Where the spokes of a radar are, the first straight up and the others clockwise."""

    spokes: int
    middle_x: float
    middle_y: float
    radius: float

    @property
    def turn(self) -> float:
        """The angle from one spoke to the next."""
        return 2 * math.pi / self.spokes

    def point(self, spoke: int, share: float) -> tuple[float, float]:
        """A place on a spoke, from 0 (in the middle) to 1 (at its end)."""
        return (
            self.middle_x + math.sin(spoke * self.turn) * self.radius * share,
            self.middle_y - math.cos(spoke * self.turn) * self.radius * share,
        )


@lru_cache(maxsize=256)
def _web(
    wheel: _Wheel,
    spokes: tuple[str, ...],
    keys: tuple[tuple[str, int], ...],
    scale: Scale,
    palette: Palette,
    width: float,
) -> tuple[str, str]:
    """What a radar has below its lines and above them, whatever the values: key, scale and spokes with their labels.

    :param keys: label and style of each series.
    """
    middle_x, middle_y = wheel.middle_x, wheel.middle_y
    parts: list[str] = []
    for at, (words, style) in enumerate(keys):
        line = element("line", x1=-14, x2=14, y1=0, y2=0, **_stroke(palette, style))
        parts.append(element("g", line + mark(palette, style), transform=f"translate(16 {plain(12 + 18 * at)})"))
        parts.append(label(words, x=38, y=16 + 18 * at, font_size=TEXT, fill=palette.ink))
    for tick in scale.ticks:
        if scale.share(tick) > 0:
            corners = _points(wheel.point(at, scale.share(tick)) for at in range(wheel.spokes))
            parts.append(element("polygon", points=corners, fill="none", stroke=palette.rule))
    for at, words in enumerate(spokes):
        x, y = wheel.point(at, 1)
        parts.append(element("line", x1=middle_x, y1=middle_y, x2=x, y2=y, stroke=palette.rule))
        parts.append(_spoke_label(words, at * wheel.turn, wheel.turn, middle_x, middle_y, wheel.radius, width, palette))
    numbers: list[str] = []
    for tick in scale.ticks:  # above the lines, so that they can be read
        x, y = wheel.point(0, scale.share(tick))
        numbers.append(
            label(scale.tick(tick), x=x - 5, y=y + 4, font_size=SMALL - 1.5, fill=palette.quiet, text_anchor="end")
        )
    return "".join(parts), "".join(numbers)


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{plain(x)},{plain(y)}" for x, y in points)


def _stroke(palette: Palette, series: int) -> dict[str, str | float | None]:
    dashes = (None, "7 4", "2 3", "10 3 2 3")[series % 4]
    return {"stroke": palette.colour(f"series_{series % 4 + 1}"), "stroke_width": 2.25, "stroke_dasharray": dashes}


@lru_cache(maxsize=256)
def _outline(points: tuple[tuple[float, float] | None, ...], palette: Palette, series: int) -> str:
    """A line round through the points there are, broken where one is missing, and a mark at each."""
    parts: list[str] = []
    for at, here in enumerate(points):
        following = points[(at + 1) % len(points)]
        if here is not None and following is not None:
            parts.append(
                element("line", x1=here[0], y1=here[1], x2=following[0], y2=following[1], **_stroke(palette, series))
            )
    for each in points:
        if each is not None:
            parts.append(element("g", mark(palette, series), transform=f"translate({plain(each[0])} {plain(each[1])})"))
    return "".join(parts)


def _spoke_label(
    words: str,
    angle: float,
    turn: float,
    middle_x: float,
    middle_y: float,
    radius: float,
    width: float,
    palette: Palette,
) -> str:
    across, up = math.sin(angle), math.cos(angle)
    x, y = middle_x + across * (radius + 10), middle_y - up * (radius + 10)
    central = abs(across) < 0.2
    beside = 2 * math.sin(turn) * (radius + 10) - 12  # between the labels of the neighbours
    room = max(beside, width * 0.2) if central else (width - x if across > 0 else x) - 2
    lines = wrapped(words, SMALL, room, 3)
    height = 13.0 * (len(lines) - 1)
    first = y + 4 - height * (1 + up) / 2 + (5 if up < -0.9 else 0)
    anchor = "middle" if central else "start" if across > 0 else "end"
    return "".join(
        label(line, x=x, y=first + 13 * at, font_size=SMALL, fill=palette.ink, text_anchor=anchor)
        for at, line in enumerate(lines)
    )


# Slope


def slope(
    lines: Sequence[Slope],
    scale: Scale,
    palette: Palette,
    *,
    identifier: str,
    title: str,
    before: str,
    now: str,
    width: float = 340.0,
    height: float = 360.0,
    margin: float = 92.0,
    least: float = 0.0,
    font: str = FONT,
) -> Chart:
    """A line for each item from its value before to its value now, with short labels at both ends.

    Labels that would run into each other are moved apart.  Lines that rise are whole, those that fall dashed; where
    the difference is nought or smaller than ``least``, they are thin and grey.
    """
    shown = [(each, each.before, each.now) for each in lines if each.before is not None and each.now is not None]
    top, bottom = 34.0, height - 12
    left, right = margin, width - margin

    def y(value: float) -> float:
        return bottom - (bottom - top) * scale.share(value)

    parts = [
        label(words, x=x, y=14, font_size=TEXT, font_weight="bold", fill=palette.ink, text_anchor="middle")
        for words, x in ((before, left), (now, right))
    ]
    parts += [element("line", x1=x, x2=x, y1=top - 10, y2=bottom + 6, stroke=palette.rule) for x in (left, right)]
    for _, old, new in sorted(shown, key=lambda each: abs(each[2] - each[1])):  # what changed most lies on top
        look = moved(palette, direction(old, new, least))
        parts.append(element("line", x1=left, y1=y(old), x2=right, y2=y(new), **look))
    for _, old, new in shown:
        parts.append(element("g", ring(palette, 4), transform=f"translate({plain(left)} {plain(y(old))})"))
        parts.append(element("g", dot(palette, 4.5), transform=f"translate({plain(right)} {plain(y(new))})"))
    for x, anchor, ends in (
        (left - 9, "end", [(y(old), each.label, old) for each, old, _ in shown]),
        (right + 9, "start", [(y(new), each.label, new) for each, _, new in shown]),
    ):
        ordered = sorted(ends)
        places = _apart([end[0] for end in ordered], 13.0, top, bottom)
        beyond = x + (9 if anchor == "start" else -9)
        for at, (point, words, value) in zip(places, ordered, strict=True):
            parts.append(element("line", x1=x, y1=point, x2=beyond, y2=at, stroke=palette.quiet, stroke_width=0.75))
            parts.append(
                label(
                    f"{words} {scale.write(value)}",
                    x=beyond + (3 if anchor == "start" else -3),
                    y=at + 4,
                    font_size=SMALL,
                    fill=palette.ink,
                    text_anchor=anchor,
                )
            )
    description = "; ".join(f"{each.label}: from {scale.write(old)} to {scale.write(new)}" for each, old, new in shown)
    return _chart(parts, identifier, title, f"{description or 'Nothing can be shown'}.", width, height, font)


def _apart(places: Sequence[float], least: float, top: float, bottom: float) -> list[float]:
    """Places in order, moved as little as may be so that neighbours are ``least`` apart, between top and bottom."""
    blocks: list[list[float]] = []  # the middle of each block, and how many places it holds
    for place in places:
        blocks.append([place, 1.0])
        while True:
            middle, count = blocks[-1]
            half = least * (count - 1) / 2
            blocks[-1][0] = max(min(middle, bottom - half), top + half)
            if len(blocks) < 2:
                break
            above, others = blocks[-2]
            if blocks[-1][0] - half - (above + least * (others - 1) / 2) >= least:
                break
            blocks[-2:] = [[(above * others + middle * count) / (others + count), others + count]]
    return [middle + least * (at - (count - 1) / 2) for middle, count in blocks for at in range(int(count))]


# Putting together


def _chart(
    parts: Sequence[str], identifier: str, title: str, description: str, width: float, height: float, font: str
) -> Chart:
    svg = document(
        parts, identifier=identifier, title=title, description=description, width=width, height=height, font=font
    )
    return Chart(identifier, svg, description, width, height)
