"""What people are shown of a collection, and the commands that they are given to type next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kil_xlsx import pipeline
from kil_xlsx.cli import printing
from kil_xlsx.cli.telling import as_typed, explain_problems
from kil_xlsx.core.collection_status import Standing

if TYPE_CHECKING:
    from rich.console import Console

    from kil_xlsx.pipeline.collection.comparing import Compared
    from kil_xlsx.pipeline.collection.status import OrganisationSeen, RoundSeen
    from kil_xlsx.results.show import Table

NARROW = 110
"""Columns of the page below which tables leave out what can be done without."""


def _draw(console: Console, *tables: Table | None) -> None:
    for each in tables:
        if each is not None:
            printing.draw(console, each)


# The round


def show_round(console: Console, seen: RoundSeen) -> None:
    from kil_xlsx.results import collection_tables as tables
    from kil_xlsx.results.collection_json import released
    from kil_xlsx.results.show import plain, some

    about, found, when = seen.about, seen.found, seen.when
    round_id = f"round {plain(about.round_id, 40)}" if about.round_id else ""
    title = plain(about.title, 100)
    heading = title if not round_id or about.round_id in title else f"{title}, {round_id}".strip(", ")
    printing.say(console, heading or "This collection", "bold")
    due = tables.due_sentence(about.due, found.days_left)
    printing.shown(console, due)
    console.print()
    _draw(console, tables.standings_table(found.total))
    for each in (*tables.sentences(found), *tables.late_sentences(found)):
        printing.say(console, each)
    console.print()
    _draw(console, tables.groups_table(seen.group_by, seen.groups), tables.queries_table(found, when))
    more = tables.more_queries(found)
    if more:
        printing.say(console, f" … and {more:,} more: kil-xlsx resolve lists them all.\n", "dim")
    _draw(console, tables.releases_table([released(each, found, seen.forgotten) for each in seen.releases], when))
    if about.keep_until is not None:
        over = (when.today - about.keep_until).days
        if over > 0:
            words = f"The data was to be kept until {about.keep_until}, which was {some(over, 'day')} ago."
            printing.say(console, words, "bold red")
        else:
            printing.say(console, f"The data is kept until {about.keep_until}.", "dim")
    printing.notes(console, seen.notes)
    steps = list(_next(seen))
    if steps:
        printing.next_steps(console, *steps)


def _next(seen: RoundSeen) -> Iterator[str | tuple[str, str]]:
    """What to do next, the most pressing first."""
    from kil_xlsx.results.show import some

    found, about = seen.found, seen.about
    total = found.total
    if about.keep_until is not None and seen.when.today > about.keep_until:
        yield "Remove it:", 'kil-xlsx forget --everything --why "The time for keeping it is over"'
    if not total.listed:
        yield "Write the organisations into the list, then make and send their workbooks: kil-xlsx send --dry-run"
        return
    if found.queries:
        yield f"Decide {some(len(found.queries), 'open query', 'open queries')}:", "kil-xlsx resolve"
    if count := total.of(Standing.BOUNCED):
        yield f"Put {some(count, 'address', 'addresses')} right in the list, then send again:", "kil-xlsx send"
    if count := total.of(Standing.NOTHING, Standing.NOT_MAILED, Standing.FAILED):
        yield f"Send {some(count, 'workbook')} (--dry-run shows what would go):", "kil-xlsx send"
    if count := total.of(Standing.DRAFTED):
        yield f"Send {some(count, 'draft')} from the folder drafts with your mail program."
    if count := total.of(Standing.WITH_QUERIES):
        whom = some(count, "organisation")
        yield f"Send {whom} a copy with what is to be put right marked:", "kil-xlsx send --to-fix"
    if count := total.of(Standing.VIEWS):
        whom = some(count, "organisation")
        yield f"Ask {whom} to agree on one answer:", "kil-xlsx send --consensus"
    out = total.of(Standing.SENT, Standing.REFUSED, Standing.SUPERSEDED)
    if out:
        fetch = "kil-xlsx fetch" if seen.has_mailbox else "kil-xlsx import PATH"
        yield "Take in what came back:", fetch
        if found.days_left is not None and found.days_left <= _SOON:
            yield f"Remind {some(out, 'organisation')}:", "kil-xlsx send --remind"
            yield "Or get them as a list for mail merge:", "kil-xlsx chase --out chase.csv"
    if total.answered and (not out or (found.days_left is not None and found.days_left < 0)):
        yield "Compare those who answered:", "kil-xlsx benchmark"
    yield "See every organisation:", "kil-xlsx status --all"


_SOON = 14
"""Days before the due day from which reminders are suggested."""


def show_organisations(console: Console, seen: RoundSeen, sort: str) -> None:
    from kil_xlsx.results import collection_tables as tables

    lines = tables.in_order(seen.found.lines, sort)
    _draw(console, tables.organisations_table(lines, narrow=console.width < NARROW))
    printing.say(console, tables.sentences(seen.found)[0])
    printing.notes(console, seen.notes)


# One organisation


def show_organisation(console: Console, seen: OrganisationSeen, *, contents: bool) -> None:
    from kil_xlsx.results import collection_tables as tables

    records, when = seen.records, seen.when
    _draw(console, tables.organisation_rows(seen.line, when))
    if contents:
        _draw(
            console,
            tables.mails_table(records, when),
            tables.files_table(records, when),
            tables.organisation_queries(records, when),
        )
        _show_contents(console, seen)
    _draw(console, tables.ledger_table(records, when))
    printing.notes(console, seen.notes)
    steps = list(_next_for(seen, contents=contents))
    if steps:
        printing.next_steps(console, *steps)


def _show_contents(console: Console, seen: OrganisationSeen) -> None:
    from kil_xlsx.results import collection_tables as tables
    from kil_xlsx.results.show import plain, scores_table

    if seen.reading is not None and seen.instrument is not None and seen.reading.result is not None:
        decimals = seen.instrument.framework.scoring.decimals
        printing.say(console, "What its return says", "bold cyan")
        printing.say(console, tables.progress_sentence(seen.line, decimals), indent=1)
        console.print()
        _draw(console, scores_table(seen.reading, seen.instrument))
        explain_problems(console, seen.reading)
    if seen.spread:
        people = [plain(each.person, 40) or f"return {each.id}" for each in seen.views]
        if len(set(people)) < len(people):
            people = [f"{who} {each.id}" for who, each in zip(people, seen.views, strict=True)]
        _draw(console, tables.spread_table(seen.spread, people))
        printing.say(console, tables.spread_sentence(seen.spread))
        console.print()


def _next_for(seen: OrganisationSeen, *, contents: bool) -> Iterator[str | tuple[str, str]]:
    line = seen.line
    name = as_typed(line.organisation.name)
    for number in line.queries:
        yield f"Decide query {number}:", f"kil-xlsx resolve {number}"
    if line.standing is Standing.VIEWS:
        yield "Ask them to agree on one answer:", f"kil-xlsx send --consensus --only {name}"
    if line.standing is Standing.WITH_QUERIES:
        yield "Send it a copy with what is to be put right marked:", f"kil-xlsx send --to-fix --only {name}"
    if line.standing is Standing.BOUNCED:
        yield "Put its address right in the list, then send again:", f"kil-xlsx send --only {name}"
    elif line.owes and line.asked:
        yield "Remind it:", f"kil-xlsx send --remind --only {name}"
    if line.owes:
        yield "If it need not answer:", f'kil-xlsx waive {name} --why "…"'
    if not contents and line.received:
        yield "See what its return says:", f"kil-xlsx show {name}"
    if len(line.received) > 1:
        yield "See what changed since the return before:", f"kil-xlsx diff {name}"


# What changed


def show_diff(console: Console, done: Compared, *, everything: bool) -> None:
    from kil_xlsx.core.when import When
    from kil_xlsx.results import diff_tables as tables
    from kil_xlsx.results.show import plain

    found = done.found
    decimals = found.instrument.framework.scoring.decimals
    most = None if everything else tables.MOST_CHANGES
    when = When(pipeline.now())
    whose = dict.fromkeys(plain(each.organisation, 100) for each in (done.before, done.after))
    printing.say(console, ", then ".join(each for each in whose if each), "bold")
    for label, side in (("Before", done.before), ("After", done.after)):
        printing.say(console, tables.side_sentence(label, side, when))
    console.print()
    _draw(console, tables.changes_table(found, most))
    more = tables.more_changes(found, most)
    if more:
        printing.say(console, f" … and {more:,} more: add --all to see them.\n", "dim")
    _draw(console, tables.scores_table(found, decimals), tables.measures_table(found), tables.problems_table(found))
    _say_all(console, tables.sentences(found))
    printing.notes(console, done.notes)


def _say_all(console: Console, sentences: Iterable[str]) -> None:
    for each in sentences:
        printing.say(console, each)
