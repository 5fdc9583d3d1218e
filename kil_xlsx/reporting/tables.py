"""The tables of the report: what stands behind every chart, in the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from kil_xlsx.core.framework import Scoring
from kil_xlsx.core.release import (
    CONFIDENTIAL,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    OVERALL,
    PART_NAMES,
    PARTS,
    Exclusion,
    Figure,
    Group,
    Item,
    Release,
    RespondentBenchmark,
    Statistic,
)
from kil_xlsx.core.rounding import round_half_away
from kil_xlsx.core.scoring import band_of
from kil_xlsx.reporting.numbers import decimal, percent, signed
from kil_xlsx.reporting.shown import Shown

DIRECTIONS = {"higher": "Higher is better", "lower": "Lower is better", "context": "Neither: context only"}
STRENGTHS = {"strong": "Strongly", "some": "Somewhat", "little": "A little", "none": "Not at all", "": CONFIDENTIAL}

EXCLUSIONS: tuple[str, ...] = ("replaced", "as_sent", "consent_blank", "consent_refused", "incomplete")


@dataclass(frozen=True)
class Cell:
    """A cell: its text, a class of the style sheet for it, such as ``h3`` for the fourth tint, and a word below it."""

    text: str
    look: str = ""
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A row: the code and words at its head, and its cells.  A row without cells is a heading across the table."""

    head: str
    cells: tuple[str | Cell, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Table:
    """A table.  ``words`` are the indices of the columns (after the head) that hold words instead of numbers.

    ``note`` says what else there is to know, such as rows left out.
    """

    caption: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    words: frozenset[int] = field(default_factory=frozenset)
    note: str = ""

    @property
    def sections(self) -> tuple[tuple[Row | None, tuple[Row, ...]], ...]:
        """Rows in bodies, each with the heading that stands over it, if any."""
        found: list[tuple[Row | None, list[Row]]] = []
        for row in self.rows:
            if not row.cells:
                found.append((row, []))
            elif not found:
                found.append((None, [row]))
            else:
                found[-1][1].append(row)
        return tuple((head, tuple(rows)) for head, rows in found)


def count(value: int | None, absent: str) -> str:
    """A count, or the mark that stands in its place."""
    return absent if value is None else f"{value:,}"


def used(group: Group) -> str:
    """How many organisations are behind a group."""
    return count(None if group.suppressed else group.counts.used, CONFIDENTIAL)


# Who is in it


def participation(release: Release) -> Table:
    """How many were invited, returned, accepted and used, and why others were left out; a column per type."""
    alls = [respondent.groups[0] for respondent in release.respondents]
    rows = [
        Row(words, tuple(_counted(group, getattr(group.counts, name), name) for group in alls))
        for words, name in (
            ("Organisations invited", "invited"),
            ("Files that could be read", "files"),
            ("Organisations that returned them", "returned"),
            ("Filled in", "accepted"),
            ("Used for the figures", "used"),
        )
    ]
    reasons: dict[str, str] = {}
    for group in alls:
        reasons.update((each.reason, each.label) for each in group.counts.exclusions)
    if reasons:
        rows.append(Row("Left out, by reason"))
    for reason in (each for each in EXCLUSIONS if each in reasons):
        cells = tuple(_left_out(group.counts.exclusions, reason) for group in alls)
        rows.append(Row(reasons[reason], cells))
    caption = "Who was invited, who returned a workbook and whose answers are used"
    return Table(caption, "", tuple(each.label for each in release.respondents), tuple(rows))


def _counted(group: Group, value: int | None, name: str) -> str:
    absent = NOT_AVAILABLE if name == "invited" or (name != "used" and not group.suppressed) else CONFIDENTIAL
    return count(value, absent)


def _left_out(exclusions: Iterable[Exclusion], reason: str) -> str:
    found = next((each for each in exclusions if each.reason == reason), None)
    return NOT_AVAILABLE if found is None else count(found.count, CONFIDENTIAL)


# Figures


def figures(shown: Shown, caption: str, head: str, statistics: Sequence[tuple[Item, Statistic]]) -> Table:
    """All numbers of figures, a row each; only those that can exist for any of them."""
    parts = [part for part in PARTS if any(part in item.parts for item, _ in statistics)]
    rows = tuple(
        Row(item.label, tuple(shown.part(item, each.figure, part) for part in parts), shown.code(item))
        for item, each in statistics
    )
    return Table(caption, head, tuple(PART_NAMES[part] for part in parts), rows)


def questions(shown: Shown, caption: str, statistics: Sequence[tuple[Item, Statistic]]) -> list[Table]:
    """Distribution and numbers of questions: a table for each set of levels, with a heading for each section."""
    labels = section_labels(shown)
    scales = dict.fromkeys(item.levels for item, _ in statistics)
    found: list[Table] = []
    for levels in scales:
        mine = [(item, each.figure) for item, each in statistics if item.levels == levels]
        parts = [part for part in PARTS[1:] if any(part in item.parts for item, _ in mine)]
        aside = ("Not applicable", "Not known", "No answer")
        columns = (PART_NAMES["n"], *(level.label for level in levels), *aside, *(PART_NAMES[each] for each in parts))
        rows: list[Row] = []
        for section, members in groupby(mine, key=lambda each: each[0].of):
            rows.append(Row(labels.get(section, section), code=section if section in labels else ""))
            for item, figure in members:
                cells = (
                    shown.part(item, figure, "n"),
                    *_distribution(item, figure),
                    *(shown.part(item, figure, part) for part in parts),
                )
                rows.append(Row(item.label, cells, shown.code(item)))
        found.append(
            Table(caption if len(scales) == 1 else f"{caption} ({len(found) + 1})", "Question", columns, tuple(rows))
        )
    return found


def section_labels(shown: Shown) -> dict[str, str]:
    """The label of every section of the framework, by id."""
    found: dict[str, str] = {}
    waiting = list(shown.framework.sections)
    while waiting:
        section = waiting.pop()
        found[section.id] = section.label
        waiting.extend(section.sections)
    return found


def _distribution(item: Item, figure: Figure) -> tuple[str | Cell, ...]:
    if figure.levels is None:
        levels: tuple[str | Cell, ...] = (CONFIDENTIAL,) * len(item.levels)
    else:
        counted = {each.code: each for each in figure.levels}
        levels = tuple(
            Cell(
                f"{counted[level.code].count:,} ({percent(counted[level.code].share)})", tint(counted[level.code].share)
            )
            if level.code in counted
            else NOT_APPLICABLE
            for level in item.levels
        )
    aside = figure.aside
    if aside is None:
        return (*levels, CONFIDENTIAL, CONFIDENTIAL, CONFIDENTIAL)
    return (*levels, f"{aside.not_applicable:,}", f"{aside.dont_know:,}", f"{aside.unanswered:,}")


TINTS = 6
"""How many tints a table's cells may have."""


def tint(share: float) -> str:
    """The look of a cell: the higher the share (0 to 1), the darker."""
    return f"h{min(max(int(share * TINTS), 0), TINTS - 1)}"


def measures(shown: Shown, caption: str, statistics: Sequence[tuple[Item, Statistic]]) -> Table:
    """All numbers of measures, with unit, direction and what the organisations compared have in common."""
    parts = [part for part in PARTS if any(part in item.parts for item, _ in statistics)]
    rows = tuple(
        Row(
            item.label,
            (
                shown.unit(item),
                DIRECTIONS[item.direction],
                ", ".join(each.among) or "All of the group",
                *(shown.part(item, each.figure, part) for part in parts),
            ),
            shown.code(item),
        )
        for item, each in statistics
    )
    columns = ("Unit", "Direction", "Compared among", *(PART_NAMES[part] for part in parts))
    return Table(caption, "Measure", columns, rows, frozenset({0, 1, 2}))


# Heat map


@dataclass(frozen=True)
class HeatMap:
    """Medians of sections by group, coloured; what each colour stands for; what the codes of the columns stand for."""

    table: Table
    key: tuple[tuple[str, str], ...]
    codes: tuple[tuple[str, str], ...]


STEPS = 5
"""Into how many equal steps the whole scale falls where the framework names no bands."""

_SAME_TO = 6
"""Decimals to which a score is compared with the start of a band."""


def heat_map(shown: Shown, respondent: RespondentBenchmark) -> HeatMap | None:
    """Groups by sections, in the colours of the framework's bands; none where no group besides all can be shown.

    Colours mean the same in every release: they go by the bands or the whole scale, never by the figures.
    """
    groups = [group for group in respondent.compared if not group.suppressed]
    if len(groups) < 2:
        return None
    scoring = shown.framework.scoring
    items = [each for each in respondent.items if each.kind in ("overall", "section")]

    def cells(group: Group) -> Iterator[str | Cell]:
        medians = {each.item: each.figure.median for each in group.statistics if not each.among}
        for item in items:
            median = medians.get(item.id)
            if median is None:
                yield CONFIDENTIAL
            else:
                yield Cell(shown.value(item, median), *_shade(scoring, median))

    rows: list[Row] = []
    for at, group in enumerate(groups):
        if group.field_label and group.field_label != groups[at - 1].field_label:
            rows.append(Row(group.field_label))
        elif group.kind == "list" and groups[at - 1].kind != "list":
            rows.append(Row("Named lists"))
        head = "All" if group.kind == "all" else group.label
        rows.append(Row(head, (used(group), *cells(group))))
    columns = ("Organisations used", *("Overall" if item.id == OVERALL else item.id for item in items))
    table = Table(f"Median scores by group and section: {respondent.label}", "Group", columns, tuple(rows))
    return HeatMap(table, tuple(_shades(scoring)), tuple((item.id, item.label) for item in items if item.id != OVERALL))


def _shade(scoring: Scoring, score: float) -> tuple[str, str]:
    """The look of a score, and the name of its band if there are bands."""
    if scoring.bands:
        band = band_of(scoring.bands, round_half_away(score, _SAME_TO))
        return (f"t-{band.tone}", band.label) if band else ("", "")
    share = (score - scoring.minimum) / ((scoring.maximum - scoring.minimum) or 1.0)
    return f"h{min(max(int(share * STEPS), 0), STEPS - 1)}", ""


def _shades(scoring: Scoring) -> Iterator[tuple[str, str]]:
    """What each look stands for, from the lowest scores to the highest; the last stretch has its end in it."""
    if scoring.bands:
        ends = [*(f"under {band.from_:g}" for band in scoring.bands[1:]), f"{scoring.maximum:g}"]
        for band, end in zip(scoring.bands, ends, strict=True):
            yield f"t-{band.tone}", f"{band.label}, {band.from_:g} to {end}: {band.words}"
        return
    bounds = [scoring.minimum + (scoring.maximum - scoring.minimum) * at / STEPS for at in range(STEPS + 1)]
    for at, (low, high) in enumerate(pairwise(bounds)):
        yield f"h{at}", f"{low:g} to {'under ' if at < STEPS - 1 else ''}{high:g}"


# Separation, change, pairs


def separations(shown: Shown, respondent: RespondentBenchmark) -> Table:
    """Every question, from the one that separates most; those held back last."""
    ordered = sorted(respondent.separations, key=lambda each: (each.correlation is None, -(each.correlation or 0.0)))
    rows = tuple(
        Row(
            respondent.item(each.item).label,
            (
                STRENGTHS[each.strength],
                CONFIDENTIAL if each.correlation is None else decimal(each.correlation, 1),
                count(each.n, CONFIDENTIAL),
            ),
            each.item,
        )
        for each in ordered
    )
    columns = ("Separates", "Correlation with all other answers", "Organisations")
    return Table(f"How well questions separate: {respondent.label}", "Question", columns, rows, frozenset({0}))


def changes(shown: Shown, respondent: RespondentBenchmark, before: str, now: str) -> Table:
    """Every number that changed hands: before, now, and the difference of the medians as shown, group by group."""
    labels = {group.id: shown.group(group) for group in respondent.groups}
    rows: list[Row] = []
    several = len({each.group for each in respondent.changes}) > 1
    for group, members in groupby(respondent.changes, key=lambda each: each.group):
        if several:
            rows.append(Row(labels.get(group, group)))
        for change in members:
            item = respondent.item(change.item)
            old, new = change.before.median, change.now.median
            if "median" not in item.parts:
                difference = NOT_APPLICABLE
            elif old is None or new is None:
                difference = CONFIDENTIAL
            else:
                difference = signed(shown.rounded(item, new) - shown.rounded(item, old), shown.writer(item))
            cells = [difference]
            for part in ("n", "median", "lower_quartile", "upper_quartile", "mean"):
                cells += [shown.part(item, change.before, part), shown.part(item, change.now, part)]
            rows.append(Row(item.label, tuple(cells), shown.code(item)))
    columns = ["Change of the median"]
    for part in ("n", "median", "lower_quartile", "upper_quartile", "mean"):
        columns += [f"{PART_NAMES[part]}, {before}", f"{PART_NAMES[part]}, {now}"]  # type: ignore[index]
    return Table(f"Change since the earlier release: {respondent.label}", "Item", tuple(columns), tuple(rows))


def pairs(shown: Shown, release: Release) -> Table:
    """Matching questions: code, organisations and median, for each respondent type."""
    columns: list[str] = []
    for respondent in release.respondents:
        columns += [f"{respondent.label}: {each}" for each in ("question", "organisations", "median", "mean")]
    rows: list[Row] = []
    for pair in release.pairs:
        cells: list[str] = []
        for respondent in release.respondents:
            found = question_of(respondent, pair.questions.get(respondent.id, ""))
            if found is None:
                cells += [NOT_APPLICABLE] * 4
                continue
            item, figure = found
            cells += [f"{item.id} {item.label}"]
            cells += [shown.part(item, figure, part) for part in ("n", "median", "mean")]
        rows.append(Row(pair.label, tuple(cells)))
    words = frozenset(range(0, 4 * len(release.respondents), 4))
    return Table("Matching questions side by side", "Theme", tuple(columns), tuple(rows), words)


def question_of(respondent: RespondentBenchmark, identifier: str) -> tuple[Item, Figure] | None:
    """A question and its figure in the group of all, if the respondent type has it."""
    for item, statistic in respondent.statistics(respondent.groups[0], "question"):
        if item.id == identifier:
            return item, statistic.figure
    return None
