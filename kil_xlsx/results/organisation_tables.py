"""One organisation of a collection as tables: what the list says, what went out and came in, what people said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kil_xlsx.core.collection import MailState, ReturnState, Share
from kil_xlsx.core.collection_status import ORDER, Line
from kil_xlsx.core.queries import QUERIES
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import State
from kil_xlsx.core.spread import Spread, apart
from kil_xlsx.core.statements import words
from kil_xlsx.core.when import When
from kil_xlsx.results.collection_json import OrganisationRecords, in_words
from kil_xlsx.results.collection_tables import STANDINGS, day, share
from kil_xlsx.results.show import NOTHING, Shown, Table, Tone, number, plain, some


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
