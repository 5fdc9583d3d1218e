"""What is shown of a benchmark release, as tables."""

from __future__ import annotations

from kil_xlsx.core.release import CONFIDENTIAL, NOT_APPLICABLE, PART_NAMES, Part, Release, RespondentBenchmark
from kil_xlsx.results.show import Shown, Table, number, plain


def release_counts(release: Release) -> Table:
    """How many organisations were invited, returned, filled their workbook in and are used, by respondent type."""
    rows = []
    for each in release.respondents:
        counts = each.groups[0].counts
        used = Shown(f"{counts.used:,}", "strong") if counts.used is not None else Shown("too few to show", "warn")
        invited: Shown | str = Shown("not known", "quiet") if counts.invited is None else f"{counts.invited:,}"
        rows.append((plain(each.label, 40), invited, _held(counts.returned), _held(counts.accepted), used))
    headings = ("Type", "Invited", "Returned", "Filled in", "Used")
    return Table("Organisations", headings, tuple(rows), numbers=headings[1:])


def release_exclusions(release: Release) -> Table | None:
    """How many were left out, by reason: those that left anybody out, and those held back; nothing where none did."""
    rows = tuple(
        (plain(respondent.label, 40), plain(each.label, 90), _held(each.count))
        for respondent in release.respondents
        for each in respondent.groups[0].counts.exclusions
        if each.count != 0
    )
    return Table("Left out", ("Type", "Why", "How many"), rows, numbers=("How many",)) if rows else None


_SHOWN_PARTS: tuple[Part, ...] = ("median", "lower_quartile", "upper_quartile")


def release_scores(respondent: RespondentBenchmark, decimals: int) -> Table | None:
    """Medians and quartiles of the scores of all organisations of a type; nothing where all are held back."""
    group = respondent.groups[0]
    rows: list[tuple[Shown | str, ...]] = []
    any_shown = False
    for item, statistic in respondent.statistics(group, "overall", "section"):
        figure = statistic.figure
        any_shown = any_shown or figure.shown
        words = "  " * item.depth + plain(item.label, 80)
        label = Shown(words, "strong") if item.kind == "overall" else words
        values: list[Shown | str] = []
        for part in _SHOWN_PARTS:
            value = figure.part(part)
            mark = CONFIDENTIAL if part in item.parts else NOT_APPLICABLE
            values.append(Shown(mark, "quiet") if value is None else number(value, decimals))
        rows.append((label, *values, _held(figure.n)))
    if group.suppressed or not any_shown:
        return None
    headings = ("Score", *(PART_NAMES[part] for part in (*_SHOWN_PARTS, "n")))
    return Table(plain(respondent.label, 40), headings, tuple(rows), numbers=headings[1:])


def _held(count: int | None) -> Shown | str:
    """A count, or the mark for one that is held back."""
    return Shown(CONFIDENTIAL, "quiet") if count is None else f"{count:,}"
