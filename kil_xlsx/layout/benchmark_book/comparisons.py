"""Tables that set figures against each other: heat map, separation, side by side, change; and who is in each group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import (
    CONFIDENTIAL,
    HIDDEN,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    Change,
    Figure,
    Group,
    Item,
    Kind,
    Pair,
    Part,
    Release,
    RespondentBenchmark,
)
from kil_xlsx.core.rounding import round_half_away
from kil_xlsx.layout import a1
from kil_xlsx.layout.benchmark_book.frame import (
    CHANGE,
    EVERYONE,
    GROUPS,
    HEADER_ROW,
    HEAT_MAP,
    SEPARATION,
    SIDE_BY_SIDE,
    Entry,
    Head,
    Line,
    Number,
    TableSheet,
    count,
    name_of,
    part_of,
    table_sheet,
)
from kil_xlsx.layout.benchmark_book.notes import CHANCE_BELOW, Notes, bands_of, few_behind_separation
from kil_xlsx.layout.benchmark_book.tables import LEVEL_FORMAT, WHO, code_of, heat_heading, score_format, unit_of
from kil_xlsx.layout.document import ConditionalFormat, Style

_NO = Head("No.", 11, number=False)
_KINDS: Mapping[Kind, str] = {
    "overall": "Score",
    "section": "Score",
    "question": "Answer",
    "measure": "Measure",
    "completeness": "Completeness",
    "evidence": "Evidence",
}
_STRENGTHS = {
    "strong": "Strongly",
    "some": "Somewhat",
    "little": "A little",
    "none": "Not at all",
    "": CONFIDENTIAL,
}
_SAME_TO = 6


# Heat map


def scored_items(release: Release) -> dict[str, Item]:
    """The overall score and every section that some respondent type has a score for, in order."""
    found: dict[str, Item] = {}
    for respondent in release.respondents:
        for item in respondent.items:
            if item.kind in ("overall", "section"):
                found.setdefault(item.id, item)
    return found


def heat_map(release: Release, framework: Framework, notes: Notes) -> TableSheet | None:
    """Median scores, one row a group and one column a section."""
    items = scored_items(release)
    form, low, high = score_format(framework), framework.scoring.minimum, framework.scoring.maximum
    about = f"Median scores from {low:g} to {high:g}, one row a group."
    if framework.scoring.bands:
        about += f" Each stands beside the name of its band: {bands_of(framework)}."
    made = table_sheet(
        HEAT_MAP,
        "Heat map: median scores of groups by section",
        about,
        notes.see("suppression", "missing", "bands"),
        (*WHO, Head("Organisations", 14), *(Head(heat_heading(item), 15) for item in items.values())),
        _heat_lines(release, items, form),
        frozen=len(WHO),
    )
    if made is not None:
        _shade(made, framework, form, len(WHO) + 1, len(items))
    return made


def _heat_lines(release: Release, items: Mapping[str, Item], form: str) -> Iterator[Line]:
    for respondent in release.respondents:
        for group in respondent.compared:
            figures = {item.id: each.figure for item, each in respondent.statistics(group, "overall", "section")}
            if not figures:
                continue
            has = {item.id for item in respondent.items}
            entries = [
                part_of(figures.get(name, HIDDEN), item, "median", form) if name in has else NOT_APPLICABLE
                for name, item in items.items()
            ]
            used = count(group.counts.used, CONFIDENTIAL)
            yield Line((name_of(group), respondent.label, used, *entries), (respondent.id, group.id))


def _shade(made: TableSheet, framework: Framework, form: str, first: int, columns: int) -> None:
    """Shade scores by their band.  The name of the band is part of what the cell shows, so no colour stands alone."""
    sheet = made.sheet
    area = sheet.area(HEADER_ROW + 1, first, HEADER_ROW + made.lines, first + columns - 1)
    cell = a1.cell_name(HEADER_ROW + 1, first)
    for band in reversed(framework.scoring.bands):
        name = band.label.replace('"', "'")
        sheet.conditional_formats.append(
            ConditionalFormat(
                area,
                "formula",
                Style(f"tone_{band.tone}", f'{form}" {name}"'),
                formula=f"AND(ISNUMBER({cell}),ROUND({cell},{_SAME_TO})>={band.from_!r})",
            )
        )


# Separation


def separation(release: Release, notes: Notes) -> TableSheet | None:
    """Which questions separate those that score high on everything else from the others, the strongest first."""
    lines: list[Line] = []
    for respondent in release.respondents:
        ordered = sorted(
            respondent.separations, key=lambda each: (each.correlation is None, -(each.correlation or 0.0))
        )
        for each in ordered:
            item = respondent.item(each.item)
            number: Entry = CONFIDENTIAL if each.correlation is None else Number(each.correlation, "0.0")
            strength = _STRENGTHS[each.strength]
            entries = (respondent.label, each.item, item.label, item.of or NOT_APPLICABLE, strength, number)
            lines.append(Line((*entries, count(each.n, CONFIDENTIAL)), (respondent.id, each.item)))
    about = "How well the answer to a question tells how an organisation answered all the others; the best first."
    if few_behind_separation(release):
        about += f" Where fewer than {CHANCE_BELOW} organisations are behind it, much may be chance."
    return table_sheet(
        SEPARATION,
        "Questions that separate the strong from the weak",
        about,
        notes.see("suppression", "separation", "chance"),
        (
            Head("Respondents", 24, number=False),
            _NO,
            Head("Question", 56, number=False),
            Head("Section", 10, number=False),
            Head("Separates", 14, number=False),
            Head("Correlation, -1 to 1", 14),
            Head("Organisations", 15),
        ),
        lines,
        landscape=False,
    )


# Side by side

_BESIDE: tuple[tuple[Part, str], ...] = (
    ("n", "organisations"),
    ("mean", "mean level"),
    ("median", "median level"),
    ("lower_quartile", "lower quartile, level"),
    ("upper_quartile", "upper quartile, level"),
)


def side_by_side(release: Release, notes: Notes) -> TableSheet | None:
    """Matching questions of different respondent types, for everyone and for every group that they share."""
    respondents = [each for each in release.respondents if any(each.id in pair.questions for pair in release.pairs)]
    heads = [WHO[0], Head("Topic", 36, number=False)]
    for respondent in respondents:
        heads.append(Head(f"{respondent.label}: question", 13, number=False))
        heads += [Head(f"{respondent.label}: {words}", 14) for _, words in _BESIDE]
    lines = [
        Line(
            (name_of(first), pair.label, *(each for one, group in shared for each in _beside(one, group, pair))),
            (first.kind, first.field, first.label, pair.theme),
        )
        for shared in _shared_groups(respondents)
        for first in [next(group for _, group in shared if group is not None)]
        for pair in release.pairs
    ]
    about = "What different respondent types say about the same topic, where both are shown. Levels as on Answers."
    where = notes.see("selection", "suppression", "quantiles", "missing")
    return table_sheet(SIDE_BY_SIDE, "Matching questions side by side", about, where, heads, lines, frozen=2)


def _shared_groups(
    respondents: Sequence[RespondentBenchmark],
) -> Iterator[list[tuple[RespondentBenchmark, Group | None]]]:
    """Groups of the same name that at least two respondent types show, everyone first."""
    by_name: dict[tuple[str, str, str], dict[str, Group]] = {}
    for respondent in respondents:
        for group in respondent.compared:
            if group.statistics:
                by_name.setdefault((group.kind, group.field, group.label), {})[respondent.id] = group
    for named in by_name.values():
        if len(named) > 1:
            yield [(respondent, named.get(respondent.id)) for respondent in respondents]


def _beside(respondent: RespondentBenchmark, group: Group | None, pair: Pair) -> list[Entry]:
    name = pair.questions.get(respondent.id)
    if name is None:
        return [NOT_APPLICABLE] * (len(_BESIDE) + 1)
    item = respondent.item(name)
    statistics = group.statistics if group is not None else ()
    figure = next((each.figure for each in statistics if each.item == name), HIDDEN)
    return [name, *(part_of(figure, item, part, LEVEL_FORMAT) for part, _ in _BESIDE)]


# Change

_COMPARED: tuple[tuple[Part, str], ...] = (
    ("n", "Organisations"),
    ("median", "Median"),
    ("mean", "Mean"),
    ("lower_quartile", "Lower quartile"),
    ("upper_quartile", "Upper quartile"),
)
BEFORE, NOW = "before", "now"


def change(release: Release, framework: Framework, notes: Notes) -> TableSheet | None:
    """Figures of an earlier release beside those of this one, for items that mean the same in both."""
    if release.earlier is None:
        return None
    heads = [*WHO, Head("What", 14, number=False), _NO, Head("Item", 40, number=False), Head("Unit", 17, number=False)]
    for part, words in _COMPARED:
        heads += [Head(f"{words} {BEFORE}", 14), Head(f"{words} {NOW}", 14)]
        if part in ("median", "mean"):
            heads.append(Head(f"Change of {words.lower()}", 12))
    earlier, now = release.earlier.number, release.number
    return table_sheet(
        CHANGE,
        f"Change since release {earlier}",
        f"Release {earlier} (before) and release {now} (now). Only what means the same in both is compared.",
        notes.see("suppression", "quantiles", "change", "reading"),
        heads,
        (_changed(respondent, each, framework) for respondent in release.respondents for each in respondent.changes),
    )


def _changed(respondent: RespondentBenchmark, change: Change, framework: Framework) -> Line:
    item = respondent.item(change.item)
    group = next((name_of(each) for each in respondent.groups if each.id == change.group), EVERYONE)
    unit, form = unit_of(item, framework)
    entries: list[Entry] = [group, respondent.label, _KINDS[item.kind], code_of(item), item.label, unit]
    for part, _ in _COMPARED:
        entries += [part_of(figure, item, part, form) for figure in (change.before, change.now)]
        if part in ("median", "mean"):
            entries.append(_difference(change.before, change.now, item, part, form))
    return Line(entries, (respondent.id, change.group, item.id))


def _difference(before: Figure, now: Figure, item: Item, part: Part, form: str) -> Entry:
    if part not in item.parts:
        return NOT_APPLICABLE
    then, later = before.part(part), now.part(part)
    if then is None or later is None:
        return CONFIDENTIAL
    return Number(round_half_away(later - then, _SAME_TO), form)


# Groups


def groups(release: Release, notes: Notes) -> TableSheet:
    """Who is in each group; also those that are held back as a whole."""
    made = table_sheet(
        GROUPS,
        "Groups and how many are in them",
        "Organisations behind the figures of each group. Other counts are known for everyone together only.",
        notes.see("selection", "suppression"),
        (
            Head("Group", 56, number=False),
            Head("Respondents", 24, number=False),
            Head("Grouped by", 34, number=False),
            Head("Organisations invited", 15),
            Head("Organisations that returned", 15),
            Head("Organisations that filled in", 15),
            Head("Organisations used", 15),
        ),
        (
            Line(
                (
                    name_of(group),
                    respondent.label,
                    group.field_label or ("Named list" if group.kind == "list" else "Respondent type"),
                    count(group.counts.invited, NOT_AVAILABLE),
                    count(group.counts.returned, NOT_AVAILABLE),
                    count(group.counts.accepted, NOT_AVAILABLE),
                    count(group.counts.used, CONFIDENTIAL),
                ),
                (respondent.id, group.id),
            )
            for respondent in release.respondents
            for group in respondent.compared
        ),
    )
    assert made is not None  # there is always the group of all
    return made
