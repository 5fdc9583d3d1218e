"""What commands show of a collection to people, as plain tables and sentences."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from kil_xlsx.core.collection import MailState, ReturnState, Share
from kil_xlsx.core.collection_status import ANSWERED, ORDER, OUT, UNUSED, Line, Overview, Standing, Tally, Wrote
from kil_xlsx.core.queries import QUERIES
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import State
from kil_xlsx.core.spread import Spread, apart
from kil_xlsx.core.statements import words
from kil_xlsx.core.when import When
from kil_xlsx.results.collection_json import OrganisationRecords, in_words
from kil_xlsx.results.collection_model import OrganisationLine, ReleaseMade
from kil_xlsx.results.show import NOTHING, Shown, Table, Tone, number, plain, some
from kil_xlsx.results.tables import safe_text, whole_without_point

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
    return as_csv((*ORGANISATION_COLUMNS, *fields), rows)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> bytes:
    """A table as CSV: UTF-8, every field between quotation marks, lines ending in a line feed.

    Texts that a spreadsheet program could take for a formula get an apostrophe in front; numbers are left alone.
    """
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([safe_text(each) for each in columns])
    for row in rows:
        writer.writerow([_field(each) for each in row])
    return target.getvalue().encode()


def _field(value: str | float | None) -> str:
    if value is None:
        return ""
    return safe_text(value) if isinstance(value, str) else whole_without_point(value)


# One organisation


def organisation_rows(line: Line, when: When) -> Table:
    """What the list says of one organisation, and how it stands."""
    of = line.organisation
    label, tone = STANDINGS[line.standing]
    rows: list[tuple[Shown | str, ...]] = [("Standing", Shown(f"{label}: {ORDER[line.standing]}", tone))]
    late = f", {some(line.days_late, 'day')} late" if line.late else ""
    if line.came is not None:
        rows.append(("Came", f"{day(line.came)}{late if not line.owes else ''}"))
    if line.owes and line.late:
        rows.append(("Overdue", Shown(some(line.days_late, "day"), "bad")))
    known = (of.name, of.number)
    pairs = (
        ("Type", of.respondent), ("Registered number", of.number), ("Email", of.email), ("Part of", of.parent),
        ("Reference", line.reference),
        *((name.replace("_", " "), value) for name, value in of.profile.items() if value not in known),
    )  # fmt: skip
    rows += [(plain(name, 40), plain(value, 200)) for name, value in pairs if value]
    rows.append(("In this collection", f"#{of.id}"))
    return Table("", ("", plain(of.name, 100)), tuple(rows))


_MAIL_TONES: Mapping[MailState, Tone] = {
    MailState.BOUNCED: "bad",
    MailState.FAILED: "bad",
    MailState.DOUBTFUL: "warn",
    MailState.SENDING: "warn",
}


OTHERS = "other rounds"
"""What stands behind the title of a table of another round than the one that is looked at."""


def _table(
    title: str, headings: tuple[str, ...], rows: Sequence[tuple[str, tuple[Shown | str, ...]]], *, others: bool,
    numbers: tuple[str, ...] = (), whole: tuple[str, ...] = (),
) -> Table | None:  # fmt: skip
    """A table of rows of which the round is known, which is told where they are of others; nothing without rows."""
    if not rows:
        return None
    if not others:
        return Table(title, headings, tuple(row for _, row in rows), numbers=numbers, whole=whole)
    named = tuple((plain(name, 20) or NOTHING, *row) for name, row in rows)
    return Table(f"{title}, {OTHERS}", ("Round", *headings), named, numbers=numbers, whole=("Round", *whole))


def mails_table(records: OrganisationRecords, when: When, *, others: bool = False) -> Table | None:
    """The mails that went to one organisation; nothing where none did.

    :param others: tell of which round each is.
    """
    rows = [
        (each.round_id, (
            when.minute(each.changed_at), str(each.purpose), Shown(str(each.state), _MAIL_TONES.get(each.state, "")),
            plain(each.address, 60), plain(each.said, 100),
        ))
        for each in records.mails
    ]  # fmt: skip
    headings = ("When", "Mail", "State", "To", "Said")
    return _table("Mails out", headings, rows, others=others, whole=("When", "Mail", "State"))


_RETURN_TONES: Mapping[ReturnState, Tone] = {
    ReturnState.ACCEPTED: "good",
    ReturnState.WITH_QUERIES: "warn",
    ReturnState.HELD: "warn",
    ReturnState.REFUSED: "bad",
}


def files_table(records: OrganisationRecords, when: When, *, others: bool = False) -> Table | None:
    """The files that came from one organisation, every way in which each came; nothing where none did."""
    rows: list[tuple[str, tuple[Shown | str, ...]]] = []
    for each in records.received:
        word = "with queries" if each.state is ReturnState.WITH_QUERIES else str(each.state)
        share_of = f" ({each.share})" if each.share is not Share.WHOLE else ""
        state = Shown(f"{word}{share_of}", _RETURN_TONES.get(each.state, "quiet"))
        arrivals = records.arrivals.get(each.sha256, ())
        for at, arrival in enumerate(arrivals):
            first = at == 0
            row = (
                str(each.id) if first else "",
                state if first else Shown("again", "quiet"),
                when.minute(arrival.date or arrival.arrived_at),
                plain(arrival.sender, 60) or Shown(plain(arrival.source, 60), "quiet"),
                plain(arrival.name, 80),
                Shown(each.sha256[:8], "quiet") if first else "",
            )
            rows.append((each.round_id, row))
        if not arrivals:
            row = (str(each.id), state, when.minute(each.received_at), plain(each.sender, 60), plain(each.name, 80),
                   Shown(each.sha256[:8], "quiet"))  # fmt: skip
            rows.append((each.round_id, row))
    headings = ("No.", "State", "Sent or came", "From", "File", "Hash")
    whole = ("No.", "Sent or came", "Hash")
    return _table("Files in", headings, rows, others=others, numbers=("No.",), whole=whole)


def organisation_queries(records: OrganisationRecords, when: When, *, others: bool = False) -> Table | None:
    """The queries about one organisation, with what was decided; nothing where there are none."""
    rows: list[tuple[str, tuple[Shown | str, ...]]] = []
    for each in records.queries:
        kind = QUERIES.get(each.code)
        found = f" Found: {each.found}." if each.found else ""
        message = plain(f"{kind.message if kind is not None else each.code}{found}", 250)
        decided: Shown | str = Shown("open", "warn")
        if each.closed_at:
            why = f": {each.why}" if each.why else ""
            by = f"by the {each.by}, " if each.by else ""
            decided = plain(f"{each.decision} ({by}{day(when.day(each.closed_at))}){why}", 200)
        rows.append((records.round_of(each), (str(each.id), message, decided)))
    headings = ("No.", "What was to be decided", "Decision")
    return _table("Queries", headings, rows, others=others, numbers=("No.",), whole=("No.",))


def ledger_table(records: OrganisationRecords, when: When) -> Table:
    """All that happened with one organisation, in order; with the rounds, where there is more than this one."""
    rows: list[tuple[Shown | str, ...]] = []
    several = any(each.round_id != records.round_id for each in records.events)
    for each in records.events:
        why = f": {each.why}" if each.why else ""
        by = f" By the {each.by}{why}." if each.by else f" {each.why}" if each.why else ""
        row = (when.minute(each.at), plain(f"{in_words(each, records)}{by}", 300))
        rows.append((row[0], plain(each.round_id, 20) or NOTHING, row[1]) if several else row)
    headings = ("When", "Round", "What happened") if several else ("When", "What happened")
    return Table("Ledger", headings, tuple(rows), whole=headings[:-1])


# What several people said

_MOST_SPREAD = 25


def spread_table(found: Sequence[Spread], people: Sequence[str]) -> Table | None:
    """On what several people do not agree: who said what, those furthest apart first; nothing where they agree.

    :param people: who each of them is, in the order of the returns.
    """
    rows: list[tuple[Shown | str, ...]] = []
    for each in apart(found)[:_MOST_SPREAD]:
        said = "; ".join(
            f"{plain(words(answer.statement, each.asks), 60)} ({', '.join(people[at] for at in answer.given_by)})"
            for answer in each.answers
        )
        steps = Shown(str(each.steps), "warn") if each.steps else ""
        rows.append((each.asks.shown, plain(each.asks.label, 70), said, steps))
    headings = ("No.", "What", "Who said what", "Apart")
    if not rows:
        return None
    return Table("Where they differ", headings, tuple(rows), numbers=("Apart",), whole=("No.", "Apart"))


def spread_sentence(found: Sequence[Spread]) -> str:
    """On how many things they agree, and how many are left out of the table."""
    said = [each for each in found if each.said]
    agreed = sum(each.agreed for each in said)
    left = len(said) - agreed - _MOST_SPREAD
    more = f" The {_MOST_SPREAD} furthest apart are shown; --json has all." if left > 0 else ""
    return f"They agree on {agreed:,} of {some(len(said), 'thing')} that anybody said something about.{more}"


def progress_sentence(line: Line, decimals: int, result: Result | None = None) -> str:
    """How complete the return that counts is, and its score.

    :param result: what was worked out from it, where it is at hand: then it is told what the rest is, too.
    """
    current = line.current
    if current is None:
        return ""
    states = [each.state for each in result.questions.values()] if result is not None else []
    unknown = states.count(State.DONT_KNOW)
    rest = f", {unknown:,} don't know" if unknown else ""
    answered = f"{current.answered:,} answered{rest}, of {some(current.applicable, 'question')} that apply"
    score = number(current.overall, decimals) if current.overall is not None else "not enough answers"
    view = " (the view of one person)" if current.share is Share.VIEW else ""
    return f"Return {current.id}{view}: {answered} ({share(line.completeness)}); overall score {score}."
