"""What people are shown of a collection, and the commands that they are given to type next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kil_xlsx import pipeline
from kil_xlsx.cli import printing
from kil_xlsx.cli.telling import as_typed, explain_problems, named, sending, taking_in, to_mend
from kil_xlsx.core.collection import Purpose, Share
from kil_xlsx.core.collection_status import Standing

if TYPE_CHECKING:
    from rich.console import Console

    from kil_xlsx.core.when import When
    from kil_xlsx.pipeline.collection.comparing import Compared
    from kil_xlsx.pipeline.collection.status import OrganisationSeen, RoundSeen
    from kil_xlsx.results.collection_json import OrganisationRecords
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
    name, title = plain(about.round_id, 40), plain(about.title, 100)
    heading = title if not name or name in title else f"{title}, round {name}" if title else f"Round {name}"
    printing.say(console, heading or "This collection", "bold")
    if not seen.other:
        printing.shown(console, tables.due_sentence(about.due, found.days_left))
    console.print()
    _draw(console, tables.standings_table(found.total))
    for each in (*tables.sentences(found), *tables.late_sentences(found), tables.wrote_sentence(seen.wrote)):
        printing.say(console, each)
    console.print()
    groups = tables.groups_table(seen.group_by, seen.groups)
    if groups is not None:
        printing.draw(console, groups)
        printing.say(console, f"{tables.GROUPS_LEGEND}\n", "dim")
    _draw(console, tables.queries_table(found, when))
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
    """What to do next, the most pressing first.  What would find nothing to do is not told."""
    from kil_xlsx.results.show import some

    found, about, ways = seen.found, seen.about, seen.ways
    total = found.total
    if about.keep_until is not None and seen.when.today > about.keep_until:
        yield "Remove it:", 'kil-xlsx forget --everything --why "The time for keeping it is over"'
    if seen.other:
        yield "See every organisation:", f"kil-xlsx status --all --round {as_typed(about.round_id)}"
        return
    if not total.listed:
        yield "Write the organisations into the list, then make and send their workbooks: kil-xlsx send --dry-run"
        return
    if found.queries:
        yield f"Decide {some(len(found.queries), 'open query', 'open queries')}:", "kil-xlsx resolve"
    words = to_mend(seen.outgoing.to_mend, ways.list_name)
    if words:
        yield words
    if seen.wrote:
        yield f"Read what {some(len(seen.wrote), 'organisation')} wrote without a workbook, in your mailbox."
    yield from _to_send(seen)
    if count := total.of(Standing.DRAFTED):
        whom = some(count, "organisation")
        yield f"Open the drafts for {whom} in the folder drafts and send them with your mail program, if not yet done."
    out = total.of(Standing.SENT, Standing.REFUSED, Standing.SUPERSEDED, Standing.DRAFTED)
    if out:
        yield taking_in(ways)
        if _is_soon(found.days_left):
            yield "Get those who have not answered as a list for mail merge:", "kil-xlsx chase --out chase.csv"
    yield from _to_compare(seen)
    yield "See every organisation:", "kil-xlsx status --all"


def _to_send(seen: RoundSeen) -> Iterator[tuple[str, str]]:
    """The mails that would go out now."""
    from kil_xlsx.results.show import some

    def whom(purpose: Purpose) -> str:
        return some(seen.outgoing.count(purpose), "organisation")

    words = {
        Purpose.INVITATION: "Send the workbook to {} (--dry-run shows what would go):",
        Purpose.RECEIPT: "Tell {} that a return came:",
        Purpose.TO_FIX: "Send {} a copy with what is to be put right marked:",
        Purpose.CONSENSUS: "Ask {} to agree on one answer:",
        Purpose.REMINDER: "Remind {}:",
    }
    for purpose, said in words.items():
        if seen.outgoing.count(purpose) and (purpose is not Purpose.REMINDER or _is_soon(seen.found.days_left)):
            yield said.format(whom(purpose)), sending(seen.ways, purpose)


def _to_compare(seen: RoundSeen) -> Iterator[tuple[str, str]]:
    """A release, where there is something new for one, or the feedback of the one there is."""
    from kil_xlsx.results.collection_json import released
    from kil_xlsx.results.show import some

    found = seen.found
    whole = [each for each in found.lines if each.current is not None and each.current.share is not Share.VIEW]
    news = len(whole)
    if seen.releases:
        news = released(seen.releases[-1], found, seen.forgotten).returns_since
    count = seen.outgoing.count(Purpose.FEEDBACK)
    if seen.releases and not news and count:
        yield f"Send feedback to {some(count, 'organisation')}:", sending(seen.ways, Purpose.FEEDBACK)
    is_over = (found.days_left is not None and found.days_left < 0) or not any(each.owes for each in found.lines)
    if news and is_over:
        words = f"Compare again, with {some(news, 'new return')}:" if seen.releases else "Compare those who answered:"
        yield words, "kil-xlsx benchmark"


def _is_soon(days_left: int | None) -> bool:
    return days_left is not None and days_left <= _SOON


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
    from kil_xlsx.results import organisation_tables as tables
    from kil_xlsx.results.show import plain

    records, when = seen.records, seen.when
    _draw(console, tables.organisation_rows(seen.line, when))
    if seen.other:
        printing.say(console, f"This is how it stood in the round {plain(seen.about.round_id, 40)}.\n", "yellow")
    if contents:
        _draw(console, *_histories(records.of_round(), when, others=False))
        _show_contents(console, seen)
        _draw(console, *_histories(records.of_others(), when, others=True))
    _draw(console, tables.ledger_table(records, when))
    printing.notes(console, seen.notes)
    steps = list(_next_for(seen, contents=contents))
    if steps:
        printing.next_steps(console, *steps)


def _histories(records: OrganisationRecords, when: When, *, others: bool) -> tuple[Table | None, ...]:
    """What went out, what came in and what was decided, of the round that is looked at or of others."""
    from kil_xlsx.results import organisation_tables as tables

    return (
        tables.mails_table(records, when, others=others),
        tables.files_table(records, when, others=others),
        tables.organisation_queries(records, when, others=others),
    )


def _show_contents(console: Console, seen: OrganisationSeen) -> None:
    from kil_xlsx.results import organisation_tables as tables
    from kil_xlsx.results.show import plain, scores_table

    if seen.reading is not None and seen.instrument is not None and seen.reading.result is not None:
        decimals = seen.instrument.framework.scoring.decimals
        printing.say(console, "What its return says", "bold cyan")
        printing.say(console, tables.progress_sentence(seen.line, decimals, seen.reading.result), indent=1)
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
    name = named(line.organisation)
    of_round = f" --round {as_typed(seen.about.round_id)}" if seen.other else ""
    if not seen.other:
        for number in line.queries:
            yield f"Decide query {number}:", f"kil-xlsx resolve {number}"
        words = to_mend(seen.outgoing.to_mend, seen.ways.list_name)
        if words:
            yield words
        kinds = {
            Purpose.INVITATION: "Send it its workbook:",
            Purpose.RECEIPT: "Tell it that its return came:",
            Purpose.TO_FIX: "Send it a copy with what is to be put right marked:",
            Purpose.CONSENSUS: "Ask them to agree on one answer:",
            Purpose.REMINDER: "Remind it:",
        }
        for purpose, said in kinds.items():
            if seen.outgoing.count(purpose):
                yield said, sending(seen.ways, purpose, f" --only {name}")
        if line.owes:
            yield "If it need not answer:", f'kil-xlsx waive {name} --why "…"'
    if not contents and line.received:
        yield "See what its return says:", f"kil-xlsx show {name}{of_round}"
    if len(line.received) > 1 and not seen.other:
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
