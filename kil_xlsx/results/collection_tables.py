"""What commands show of a collection to people, as plain tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from kil_xlsx.core.collection import ReturnState
from kil_xlsx.core.collection_status import ANSWERED, ORDER, OUT, UNUSED, Line, Overview, Standing, Tally, Wrote
from kil_xlsx.core.queries import QUERIES
from kil_xlsx.core.when import When
from kil_xlsx.results.collection_model import OrganisationLine, ReleaseMade
from kil_xlsx.results.show import NOTHING, Shown, Table, Tone, plain, some
from kil_xlsx.results.tables import as_csv

STANDINGS: Mapping[Standing, tuple[str, Tone]] = {
    Standing.ACCEPTED: ("accepted", "good"),
    Standing.WITH_QUERIES: ("with queries", "warn"),
    Standing.VIEWS: ("views only", "warn"),
    Standing.HELD: ("held", "warn"),
    Standing.REFUSED: ("refused", "bad"),
    Standing.WITHDRAWN: ("withdrawn", "quiet"),
    Standing.SUPERSEDED: ("superseded", "bad"),
    Standing.SENT: ("sent", ""),
    Standing.BOUNCED: ("bounced", "bad"),
    Standing.DRAFTED: ("drafted", ""),
    Standing.DOUBTFUL: ("doubtful", "warn"),
    Standing.FAILED: ("not sent", "bad"),
    Standing.NOT_MAILED: ("not mailed", ""),
    Standing.NOTHING: ("nothing yet", ""),
    Standing.WAIVED: ("waived", "quiet"),
    Standing.UNLISTED: ("not on list", "quiet"),
}
"""What standings are called in tables, and in which tone, in the order in which they are shown."""

_MOST_NAMED = 5
_MOST_QUERIES = 10
_LONGEST_NAME = 60


def day(of: date | None) -> str:
    """A day, or the sign for nothing."""
    return of.isoformat() if of is not None else NOTHING


def share(value: float | None) -> str:
    """A share as a percentage.  It is 100 % only where nothing is missing, and 0 % only where there is nothing."""
    if value is None:
        return NOTHING
    return f"{min(max(round(value * 100), 1 if value > 0 else 0), 100 if value >= 1 else 99)} %"


# The round


def standings_table(total: Tally) -> Table:
    """Organisations by their standing: the lines add up to the last one."""
    rows: list[tuple[Shown | str, ...]] = []
    for each, (label, tone) in STANDINGS.items():
        count = total.of(each)
        if count and each is not Standing.UNLISTED:
            rows.append((Shown(label, tone), f"{count:,}", ORDER[each].rstrip(".")))
    rows.append((Shown("on the list", "strong"), Shown(f"{total.listed:,}", "strong"), ""))
    headings = ("Standing", "How many", "What it means")
    return Table("Organisations", headings, tuple(rows), numbers=("How many",), whole=("Standing", "How many"))


def sentences(found: Overview) -> tuple[str, ...]:
    """What the numbers come to, in words: the response rate and of whom it is, completeness, and what came in."""
    total = found.total
    lines = [_rate(total)]
    unlisted = [each for each in found.lines if each.standing is Standing.UNLISTED]
    if unlisted:
        counted = sum(each.current is not None for each in unlisted)
        lines.append(f"No longer on the list, and not counted above: {len(unlisted):,}, {counted:,} with a return.")
    spread = found.completeness
    if spread is not None and spread.of == 1:
        lines.append(f"Answered in the one return that counts: {share(spread.median)} of what applies to it.")
    elif spread is not None:
        lines.append(
            f"Answered in the {spread.of:,} returns that count: median {share(spread.median)} of what applies to them, "
            f"from {share(spread.lowest)} to {share(spread.highest)}."
        )
    files = sum(found.files.values())
    if files:
        parts = ", ".join(f"{found.files[each]:,} {_FILES[each]}" for each in ReturnState if found.files.get(each))
        lines.append(f"{some(files, 'file')} came in: {parts}.")
    if found.nobodys:
        which = "it is" if found.nobodys == 1 else "they are"
        lines.append(f"Of {some(found.nobodys, 'file')} it is not known whose {which}.")
    return tuple(lines)


_FILES = {
    ReturnState.ACCEPTED: "accepted",
    ReturnState.WITH_QUERIES: "accepted with queries",
    ReturnState.HELD: "held",
    ReturnState.REFUSED: "refused",
    ReturnState.SUPERSEDED: "superseded",
    ReturnState.WITHDRAWN: "withdrawn",
}


def _rate(total: Tally) -> str:
    if not total.expected:
        return "Nobody is expected to answer yet." if not total.listed else "Nobody on the list need answer."
    waived = total.of(Standing.WAIVED)
    less = f": {total.listed:,} on the list less {waived:,} that need not answer" if waived else " on the list"
    return f"Response rate: {share(total.rate)} ({total.answered:,} of {total.expected:,}{less})."


def late_sentences(found: Overview) -> tuple[str, ...]:
    """Who came late, and who is overdue."""
    lines = []
    if found.late_in:
        lines.append(f"Came late: {len(found.late_in):,} ({_named(found.late_in)}).")
    if found.late_out:
        lines.append(f"Overdue: {len(found.late_out):,} ({_named(found.late_out, days=False)}).")
    return tuple(lines)


def wrote_sentence(found: Sequence[Wrote]) -> str:
    """Who wrote without a workbook lately."""
    if not found:
        return ""
    names = [plain(each.organisation.name, _LONGEST_NAME) + f", {day(each.day)}" for each in found[:_MOST_NAMED]]
    more = len(found) - _MOST_NAMED
    named = "; ".join(names) + (f"; and {more:,} more" if more > 0 else "")
    return f"Wrote without a workbook lately, and nothing came since: {len(found):,} ({named})."


def _named(lines: Sequence[Line], *, days: bool = True) -> str:
    names = [
        plain(each.organisation.name, _LONGEST_NAME) + (f", {some(each.days_late, 'day')}" if days else "")
        for each in lines[:_MOST_NAMED]
    ]
    more = len(lines) - _MOST_NAMED
    return "; ".join(names) + (f"; and {more:,} more" if more > 0 else "")


def due_sentence(due: date | None, days_left: int | None) -> Shown:
    """When returns are due, and how long that is."""
    if due is None or days_left is None:
        return Shown("No due day is set.", "quiet")
    if days_left < 0:
        return Shown(f"Due {due.isoformat()}, {some(-days_left, 'day')} ago.", "bad")
    if days_left == 0:
        return Shown(f"Due today, {due.isoformat()}.", "warn")
    return Shown(f"Due {due.isoformat()}, {some(days_left, 'day')} left.", "warn" if days_left <= 7 else "")


def groups_table(group_by: str, groups: Sequence[tuple[str, Tally]]) -> Table | None:
    """Organisations by group: the columns between the second and the last but one add up to the second.

    Nothing where all are in one group.
    """
    if len(groups) < 2:
        return None
    rows = [_group(plain(label, 40) or Shown("(not known)", "quiet"), tally) for label, tally in groups]
    every: dict[Standing, int] = {}
    for _, tally in groups:
        for standing, count in tally.by_standing.items():
            every[standing] = every.get(standing, 0) + count
    rows.append(_group(Shown("all", "strong"), Tally(every)))
    headings = ("Group", "Listed", "Answered", "Held", "None counts", "Nothing came", "Waived", "Rate")
    return Table(f"By {plain(group_by, 40)}", headings, tuple(rows), numbers=headings[1:], whole=headings[1:])


def _group(label: Shown | str, tally: Tally) -> tuple[Shown | str, ...]:
    held, unused = tally.of(Standing.HELD), tally.of(*UNUSED)
    return (
        label,
        f"{tally.listed:,}",
        f"{tally.of(*ANSWERED):,}",
        Shown(f"{held:,}", "warn" if held else "quiet"),
        Shown(f"{unused:,}", "bad" if unused else "quiet"),
        f"{tally.of(*OUT):,}",
        Shown(f"{tally.of(Standing.WAIVED):,}", "quiet"),
        share(tally.rate),
    )


GROUPS_LEGEND = (
    "None counts: what came was refused, withdrawn or superseded. Nothing came: whether a workbook went out or not."
)
"""What the columns of :func:`groups_table` mean that do not say so themselves."""


def queries_table(found: Overview, when: When) -> Table | None:
    """The queries that wait for a person, the first first; nothing where none do."""
    if not found.queries:
        return None
    names = {each.organisation.id: each.organisation.name for each in found.lines}
    rows: list[tuple[Shown | str, ...]] = []
    for each in found.queries[:_MOST_QUERIES]:
        kind = QUERIES.get(each.code)
        name = plain(names.get(found.whose(each) or 0, ""), 40) or Shown("not known", "quiet")
        message = kind.message if kind is not None else each.code
        holds = Shown("waits", "warn") if each.holds else Shown("counts", "quiet")
        opened = day(when.day(each.opened_at))
        rows.append((str(each.id), name, plain(message, 200), holds if each.received else NOTHING, opened))
    headings = ("No.", "Organisation", "What is to be decided", "Return", "Since")
    title = f"Open queries: {len(found.queries):,}"
    return Table(title, headings, tuple(rows), numbers=("No.",), whole=("No.", "Return", "Since"))


def more_queries(found: Overview) -> int:
    """How many open queries the table leaves out."""
    return max(0, len(found.queries) - _MOST_QUERIES)


def releases_table(releases: Sequence[ReleaseMade], when: When) -> Table | None:
    """The releases of the round; nothing where none was made."""
    rows = tuple(
        (
            str(each.number), day(when.day(each.made_at)), plain(each.folder, 60), f"{each.returns:,}",
            Shown(f"{each.forgotten:,}", "warn" if each.forgotten else "quiet"),
            Shown(f"{each.returns_since:,}", "warn" if each.returns_since else "quiet"),
        )
        for each in releases
    )  # fmt: skip
    headings = ("Release", "Made", "Folder", "Returns in it", "Forgotten since", "New since")
    numbers = ("Release", "Returns in it", "Forgotten since", "New since")
    return Table("Releases", headings, rows, numbers=numbers, whole=(*numbers, "Made")) if rows else None


SORTS = ("standing", "name", "late", "completeness")
"""How the lines of all organisations may be sorted."""


def in_order(lines: Iterable[Line], by: str) -> tuple[Line, ...]:
    """Organisations sorted by one of :data:`SORTS`, and by name."""
    order = list(STANDINGS)

    def key(each: Line) -> tuple[float, str]:
        first = {
            "standing": float(order.index(each.standing)),
            "late": float(-each.days_late),
            "completeness": each.completeness if each.completeness is not None else 2.0,
        }
        return first.get(by, 0.0), each.organisation.name.casefold()

    return tuple(sorted(lines, key=key))


def organisations_table(lines: Sequence[Line], *, narrow: bool) -> Table:
    """One line for each organisation.

    :param narrow: leave out what can be done without.
    """
    rows: list[tuple[Shown | str, ...]] = []
    for each in lines:
        label, tone = STANDINGS[each.standing]
        errors = each.current.errors + each.current.queries if each.current is not None else 0
        row: tuple[Shown | str, ...] = (
            plain(each.organisation.name, _LONGEST_NAME),
            plain(each.organisation.respondent, 12),
            Shown(label, tone),
            str(len(each.asked)),
            day(each.came),
            Shown(f"{each.days_late:,}", "bad") if each.late else NOTHING,
            share(each.completeness),
            Shown(str(errors), "warn") if errors else NOTHING,
            Shown(str(len(each.queries)), "warn") if each.queries else NOTHING,
        )
        rows.append(tuple(cell for at, cell in enumerate(row) if not (narrow and at in _WIDE_ONLY)))
    every = ("Organisation", "Type", "Standing", "Asked", "Came", "Late", "Answered", "To fix", "Queries")
    headings = tuple(each for at, each in enumerate(every) if not (narrow and at in _WIDE_ONLY))
    numbers = tuple(each for each in headings if each in ("Asked", "Late", "Answered", "To fix", "Queries"))
    return Table("", headings, tuple(rows), numbers=numbers, whole=headings[1:])


_WIDE_ONLY = (1, 3, 7)
ORGANISATION_COLUMNS = (
    "id", "name", "org_id", "respondent", "parent", "email", "listed", "standing", "reference", "mails_sent",
    "last_sent", "bounced", "came", "days_late", "return_number", "completeness", "overall", "errors", "queries",
    "open_queries",
)  # fmt: skip
"""The columns of all organisations as CSV, before any fields of the list."""


def organisations_csv(lines: Sequence[OrganisationLine], fields: Sequence[str] = ()) -> bytes:
    """One line for each organisation as CSV.

    :param fields: those of the list that are wanted beside what there always is.
    """
    rows = []
    for each in lines:
        fixed = (
            each.id, each.name, each.number, each.respondent, each.parent, each.email, _yes(each.listed),
            each.standing, each.reference, each.mails_sent, each.last_sent.isoformat() if each.last_sent else "",
            _yes(each.bounced), each.came.isoformat() if each.came else "", each.days_late, each.return_number,
            each.completeness, each.overall, each.errors, each.queries,
            " ".join(str(query) for query in each.open_queries),
        )  # fmt: skip
        rows.append((*fixed, *(each.profile.get(name, "") for name in fields)))
    return as_csv((*ORGANISATION_COLUMNS, *fields), rows).encode()


def _yes(value: bool) -> str:
    return "yes" if value else "no"
