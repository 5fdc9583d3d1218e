"""What the report says about each respondent type, as plain records that the template lays out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from kil_xlsx.core.branding import Palette
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import (
    CONFIDENTIAL,
    Figure,
    Group,
    Item,
    Kind,
    Level,
    Release,
    RespondentBenchmark,
    Statistic,
)
from kil_xlsx.reporting import charts, findings, tables
from kil_xlsx.reporting.numbers import signed
from kil_xlsx.reporting.shown import Shown, day, some, spoken
from kil_xlsx.reporting.tables import HeatMap, Row, Table

_BEYOND = 100.0
"""How far the lines of a scale go beyond a row, in pixels; the style sheet cuts them where the row ends."""


@dataclass(frozen=True)
class PlotRow:
    """A row of a chart in the page: the words at its head, its drawing, the number beside it and who is behind it."""

    label: str
    svg: str
    value: str = ""
    code: str = ""
    n: str = ""


@dataclass(frozen=True)
class Plot:
    """Rows of drawings along one scale, with what the marks are."""

    rows: tuple[PlotRow, ...]
    key: tuple[tuple[str, str], ...]
    scale: str = ""


@dataclass(frozen=True)
class Bars:
    """Distributions under the headings of their sections, and the levels they are made of."""

    levels: tuple[tuple[str, str], ...]
    sections: tuple[tuple[Row, tuple[PlotRow, ...]], ...]


@dataclass(frozen=True)
class Topic:
    """A part of a chapter: what the figures say, what they are, drawings, and the tables behind them."""

    id: str
    finding: str
    about: str
    tables: tuple[Table, ...]
    plots: tuple[Plot, ...] = ()
    bars: tuple[Bars, ...] = ()
    heat: HeatMap | None = None
    svg: str = ""


@dataclass(frozen=True)
class Panel:
    """One group by itself."""

    id: str
    name: str
    used: str
    plots: tuple[Plot, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """One respondent type.  Without figures for the group of all, there are no topics.

    ``held`` names the groups that are held back, by what they have in common.
    """

    id: str
    label: str
    topics: tuple[Topic, ...]
    panels: tuple[Panel, ...]
    held: tuple[tuple[str, str], ...]


def trusted(markup: str) -> Markup:
    """Markup that goes into the page as it is: drawings, which escape all words in them, and what was escaped."""
    return Markup(markup)  # noqa: S704


# Who is in it


def counted(release: Release, palette: Palette) -> Iterator[tuple[str, tuple[PlotRow, ...]]]:
    """How many were invited, returned, accepted and used, for each respondent type for which that can be told."""
    for respondent in release.respondents:
        counts = respondent.groups[0].counts
        bars = [
            charts.Bar(words, count)
            for words, count in (
                ("Invited", counts.invited),
                ("Returned", counts.returned),
                ("Filled in", counts.accepted),
                ("Used", counts.used),
            )
            if count is not None
        ]
        most = max((bar.count or 0 for bar in bars), default=0)
        rows = (PlotRow(bar.label, trusted(charts.count_row(bar, most or 1, palette))) for bar in bars)
        if bars:
            yield respondent.label, tuple(rows)


# Chapters


def chapters(release: Release, framework: Framework, palette: Palette) -> Iterator[Chapter]:
    """A chapter for each respondent type, in the order of the release."""
    for at, respondent in enumerate(release.respondents, start=1):
        chapter = _Chapter(release, respondent, Shown(framework), palette, f"r{at}")
        yield Chapter(chapter.id, respondent.label, tuple(chapter.topics()), tuple(chapter.panels()), chapter.held())


class _Chapter:
    def __init__(
        self, release: Release, respondent: RespondentBenchmark, shown: Shown, palette: Palette, identifier: str
    ) -> None:
        self.release, self.respondent, self.shown = release, respondent, shown
        self.palette, self.id = palette, identifier
        self.everyone = respondent.groups[0]

    def of(self, group: Group, *kinds: Kind) -> list[tuple[Item, Statistic]]:
        return list(self.respondent.statistics(group, *kinds))

    def topics(self) -> Iterator[Topic]:
        """The parts of the chapter; those about which the release has nothing are left out."""
        if self.everyone.suppressed:
            return
        yield from self._scores()
        yield from self._heat()
        yield from self._questions()
        yield from self._quality()
        yield from self._measures()
        yield from self._separations()
        yield from self._changes()

    def _scores(self) -> Iterator[Topic]:
        found = self.of(self.everyone, "overall", "section")
        if found:
            bounds = self.shown.framework.scoring
            yield Topic(
                f"{self.id}-scores",
                findings.scores(self.shown, found),
                f"Scores from {bounds.minimum:g} to {bounds.maximum:g}, overall and by section: "
                "the median and the middle half of the organisations",
                (tables.figures(self.shown, f"Scores: {self.respondent.label}", "Section", found),),
                plots=tuple(self._strips(found)),
            )

    def _strips(
        self, statistics: Sequence[tuple[Item, Statistic]], others: dict[str, float | None] | None = None
    ) -> Iterator[Plot]:
        """Box strips; items that have the same scale share a chart, and those without bounds have none."""
        waiting = list(statistics)
        while waiting:
            scale = self.shown.scale(waiting[0][0])
            ends = _ends(scale)
            mine = [one for one in waiting if _ends(self.shown.scale(one[0])) == ends]
            waiting = [one for one in waiting if _ends(self.shown.scale(one[0])) != ends]
            if scale is None:
                continue
            rows = []
            for item, each in mine:
                figure = each.figure
                other = (others or {}).get(item.id)
                label = f"{item.label}, among: {', '.join(each.among)}" if each.among else item.label
                strip = charts.Strip(label, figure.median, figure.lower_quartile, figure.upper_quartile, other=other)
                rows.append(
                    PlotRow(
                        label,
                        trusted(charts.strip_row(strip, scale, self.palette, beyond=_BEYOND)),
                        self.shown.part(item, figure, "median"),
                        self.shown.code(item),
                        _behind(figure),
                    )
                )
            key = [("box", "Middle half (lower to upper quartile)"), ("dot", "Median, also the number on the right")]
            if others:
                key.append(("tick", "Median of all"))
            key.append(("", BEHIND))
            yield Plot(tuple(rows), tuple(key), trusted(charts.scale_row(scale, self.palette)))

    def _heat(self) -> Iterator[Topic]:
        if self.respondent.compared[1:]:
            heat = tables.heat_map(self.shown, self.respondent)
            bands = self.shown.framework.scoring.bands
            about = "There are too few organisations in each, or showing it could reveal what one of them said"
            if heat:
                also = " and the name of its band" if bands else ", and darker cells are higher"
                about = f"Median scores of groups by section; every cell carries its number{also}"
            yield Topic(f"{self.id}-heat", findings.groups(self.respondent), about, (), heat=heat)

    def _questions(self) -> Iterator[Topic]:
        found = self.of(self.everyone, "question")
        if found:
            yield Topic(
                f"{self.id}-questions",
                findings.questions(self.shown, found),
                "Share of the organisations that gave a usable answer which chose each level, by question",
                tuple(tables.questions(self.shown, f"Answers by question: {self.respondent.label}", found)),
                bars=tuple(self._bars(found)),
            )

    def _bars(self, statistics: Sequence[tuple[Item, Statistic]]) -> Iterator[Bars]:
        labels = tables.section_labels(self.shown)
        for levels in dict.fromkeys(item.levels for item, _ in statistics):
            sections: dict[str, list[PlotRow]] = {}
            for item, each in (one for one in statistics if one[0].levels == levels):
                sections.setdefault(item.of, []).append(self._bar(item, each))
            heads = (
                (Row(labels.get(key, key), (), key if key in labels else ""), rows) for key, rows in sections.items()
            )
            yield Bars(_level_key(levels, self.palette), tuple((head, tuple(rows)) for head, rows in heads))

    def _bar(self, item: Item, statistic: Statistic) -> PlotRow:
        levels = statistic.figure.levels
        shares = _shares(item.levels, {each.code: each.share for each in levels}) if levels is not None else None
        svg = charts.level_row(charts.LevelBar(item.label, shares), [each.label for each in item.levels], self.palette)
        return PlotRow(item.label, trusted(svg), "", item.id, _behind(statistic.figure))

    def _quality(self) -> Iterator[Topic]:
        found = self.of(self.everyone, "completeness")
        if found:
            yield Topic(
                f"{self.id}-completeness",
                findings.completeness(self.shown, found),
                "Share of the questions that apply which were answered, overall and by section",
                (tables.figures(self.shown, f"Completeness: {self.respondent.label}", "Section", found),),
                plots=tuple(self._strips(found)),
            )
        found = self.of(self.everyone, "evidence")
        if found:
            steps = "; ".join(f"{value} {label.lower()}" for value, label in self.shown.evidence)
            yield Topic(
                f"{self.id}-evidence",
                findings.evidence(self.shown, found),
                f"Mean strength of the evidence named, by section ({steps})",
                (tables.figures(self.shown, f"Strength of evidence: {self.respondent.label}", "Section", found),),
                plots=tuple(self._strips(found)),
            )

    def _measures(self) -> Iterator[Topic]:
        found = self.of(self.everyone, "measure")
        if not found:
            return
        about = "Measures in their own units; charts are drawn for percentages"
        if any(each.among for _, each in found):
            about += ". Some are compared like with like: only among organisations that gave the same answer"
        yield Topic(
            f"{self.id}-measures",
            findings.measures(found),
            about,
            (tables.measures(self.shown, f"Measures: {self.respondent.label}", found),),
            plots=tuple(self._strips([one for one in found if one[1].figure.shown])),
        )

    def _separations(self) -> Iterator[Topic]:
        if self.respondent.separations:
            yield Topic(
                f"{self.id}-separation",
                findings.separations(self.respondent),
                findings.separating(self.respondent),
                (tables.separations(self.shown, self.respondent),),
            )

    def _changes(self) -> Iterator[Topic]:
        earlier = self.release.earlier
        if earlier is None or not self.respondent.changes:
            return
        before, now = _rounds(earlier.rounds, earlier.number), _rounds(self.release.rounds, self.release.number)
        yield Topic(
            f"{self.id}-change",
            findings.change(self.shown, self.respondent),
            f"Median in release {earlier.number} ({day(earlier.created)}) and now; only of items that mean the same. "
            "How many organisations are behind each is in the table",
            (tables.changes(self.shown, self.respondent, before, now),),
            plots=tuple(self._moves(before, now)),
            svg=trusted(self._slope(before, now)),
        )

    def _moved(self) -> list[tuple[Item, float, float]]:
        """Overall and section medians of the group of all, before and now, as they are shown."""
        rounded = self.shown.rounded
        return [
            (item, rounded(item, each.before.median), rounded(item, each.now.median))
            for each in self.respondent.changes
            if each.group == self.everyone.id
            and (item := self.respondent.item(each.item)).kind in ("overall", "section")
            and each.before.median is not None
            and each.now.median is not None
        ]

    def _slope(self, before: str, now: str) -> str:
        moved = self._moved()
        if not moved:
            return ""
        write = self.shown.writer(moved[0][0])
        low = min(min(old, new) for _, old, new in moved)
        high = max(max(old, new) for _, old, new in moved)
        lines = [charts.Slope(self.shown.code(item) or "Overall", old, new) for item, old, new in moved]
        scale = charts.scale(low, high, write)
        title = f"Median scores before and now: {self.respondent.label}"
        drawn = charts.slope(
            lines,
            scale,
            self.palette,
            identifier=f"{self.id}-slope",
            title=title,
            before=before,
            now=now,
            least=findings.least(self.shown, moved[0][0]),
        )
        return drawn.svg

    def _moves(self, before: str, now: str) -> Iterator[Plot]:
        moved = self._moved()
        scale = self.shown.scale(moved[0][0]) if moved else None
        if scale is None:
            return
        rows = []
        least = findings.least(self.shown, moved[0][0])
        for item, old, new in moved:
            write = self.shown.writer(item)
            words = f"{item.label}: from {write(old)} to {write(new)}"
            rows.append(
                PlotRow(
                    item.label,
                    trusted(charts.change_row(old, new, words, scale, self.palette, beyond=_BEYOND, least=least)),
                    signed(new - old, write),
                    self.shown.code(item),
                )
            )
        step = self.shown.writer(moved[0][0])(least)
        key = (
            ("ring", before),
            ("dot", now),
            ("rise", f"Rise of {step} or more"),
            ("fall", f"Fall of {step} or more"),
            ("same", "Smaller difference: about the same"),
        )
        yield Plot(tuple(rows), key, trusted(charts.scale_row(scale, self.palette)))

    # Groups one by one

    def panels(self) -> Iterator[Panel]:
        """Every group but that of all, unless it is held back."""
        others = {item.id: each.figure.median for item, each in self.of(self.everyone, "overall", "section")}
        for at, group in enumerate(self.respondent.compared[1:], start=1):
            if group.suppressed:
                continue
            identifier, name = f"{self.id}-g{at}", self.shown.group(group)
            used = CONFIDENTIAL if group.counts.used is None else some(group.counts.used, "organisation")
            scores = self.of(group, "overall", "section")
            yield Panel(identifier, name, used, tuple(self._strips(scores, others)), tuple(self._tables(group, name)))

    def held(self) -> tuple[tuple[str, str], ...]:
        """The groups held back, under the field or list that they come from."""
        found: dict[str, list[str]] = {}
        for group in self.respondent.compared[1:]:
            if group.suppressed:
                found.setdefault(group.field_label or "Named lists", []).append(group.label)
        return tuple((field, "; ".join(labels)) for field, labels in found.items())

    def _tables(self, group: Group, name: str) -> Iterator[Table]:
        whose = f"{self.respondent.label}, {name}"
        for kinds, words in (
            (("overall", "section"), "Scores"),
            (("completeness",), "Completeness"),
            (("evidence",), "Strength of evidence"),
        ):
            if found := self.of(group, *kinds):
                yield tables.figures(self.shown, f"{words}: {whose}", "Section", found)
        if found := self.of(group, "question"):
            yield from tables.questions(self.shown, f"Answers by question: {whose}", found)
        if found := self.of(group, "measure"):
            open_ = [one for one in found if one[1].figure.shown]
            left = len(found) - len(open_)
            note = f"{some(left, 'line')} {'is' if left == 1 else 'are'} left out, because nothing can be shown there."
            table = tables.measures(self.shown, f"Measures: {whose}", open_)
            yield replace(table, note=note) if left else table


BEHIND = "n = organisations behind the row"
"""What the count at the end of a row is."""


def _behind(figure: Figure) -> str:
    """How many organisations are behind a row; nothing where that is held back, for the mark says so already."""
    return "" if figure.n is None else f"n = {figure.n:,}"


def _ends(scale: charts.Scale | None) -> tuple[float, float] | None:
    return (scale.minimum, scale.maximum) if scale else None


def _rounds(rounds: Sequence[str], number: int) -> str:
    return spoken(list(rounds)) if len(rounds) == 1 and len(rounds[0]) <= 14 else f"Release {number}"


def _shares(levels: Sequence[Level], shares: dict[str, float]) -> tuple[float, ...]:
    return tuple(shares.get(level.code, 0.0) for level in levels)


def _level_key(levels: Sequence[Level], palette: Palette) -> tuple[tuple[str, str], ...]:
    fills = charts.level_colours(len(levels), palette)
    return tuple(
        (trusted(charts.level_mark(fill, palette)), level.label) for fill, level in zip(fills, levels, strict=True)
    )


# Side by side


@dataclass(frozen=True)
class SideBySide:
    """Matching questions of two or more respondent types, and their scores on the sections that they share."""

    levels: tuple[tuple[str, str], ...]
    pairs: tuple[tuple[str, tuple[PlotRow, ...]], ...]
    table: Table
    radar: str
    codes: tuple[tuple[str, str], ...]


def side_by_side(release: Release, framework: Framework, palette: Palette) -> SideBySide | None:
    """Matching questions; none where there are none."""
    shown = Shown(framework)
    if not release.pairs:
        return None
    pairs: list[tuple[str, tuple[PlotRow, ...]]] = []
    levels: tuple[Level, ...] = ()
    for pair in release.pairs:
        rows: list[PlotRow] = []
        for respondent in release.respondents:
            found = tables.question_of(respondent, pair.questions.get(respondent.id, ""))
            if found is None:
                continue
            item, figure = found
            levels = levels or item.levels
            counted = {each.code: each.share for each in figure.levels or ()}
            shares = _shares(item.levels, counted) if figure.levels is not None else None
            bar = charts.LevelBar(f"{respondent.label}, {item.label}", shares)
            svg = charts.level_row(bar, [each.label for each in item.levels], palette)
            words = f"{respondent.label}: {item.label}"
            rows.append(PlotRow(words, trusted(svg), shown.part(item, figure, "median"), item.id, _behind(figure)))
        pairs.append((pair.label, tuple(rows)))
    radar, codes = _radar(release, shown, palette)
    return SideBySide(_level_key(levels, palette), tuple(pairs), tables.pairs(shown, release), trusted(radar), codes)


def _radar(release: Release, shown: Shown, palette: Palette) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Medians of the sections that all respondent types have, by code, and what the codes stand for.

    Nothing where they share fewer than three.
    """
    medians = [
        {item.id: each.figure.median for item, each in respondent.statistics(respondent.groups[0], "section")}
        for respondent in release.respondents
    ]
    first = release.respondents[0]
    shared = [item for item in first.items if item.kind == "section" and all(item.id in values for values in medians)]
    scale = shown.scale(shared[0]) if len(shared) >= 3 else None
    if scale is None or len(medians) < 2 or not any(value is not None for each in medians for value in each.values()):
        return "", ()
    series = [
        charts.Series(respondent.label, tuple(values[item.id] for item in shared))
        for respondent, values in zip(release.respondents, medians, strict=True)
    ]
    title = f"Median scores of {spoken([each.label for each in release.respondents])}"
    drawn = charts.radar(
        [item.id for item in shared],
        series[:4],
        scale,
        palette,
        identifier="radar",
        title=title,
        width=380.0,
        radius=140.0,
        margin=22.0,
    )
    return drawn.svg, tuple((item.id, item.label) for item in shared)
