"""The commands that keep a collection in order: who need not answer, takes back, is forgotten; what is sound."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kil_xlsx.cli import printing
from kil_xlsx.cli.inside import in_collection
from kil_xlsx.cli.options import examples, password_option
from kil_xlsx.cli.program import FINE, PROBLEMS
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.collection.place import Place, opened, shown

if TYPE_CHECKING:
    from rich.console import Console

    from kil_xlsx.core.collection import Received
    from kil_xlsx.pipeline.collection.forgetting import Forgettable

_MOST = 20
"""Lines of one kind that are printed."""


def _why_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--why", required=True, metavar="TEXT", help="The reason, for the record; name no persons in it."
    )(command)


def _by_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--by", default="", metavar="ROLE",
        help="The role that decides, instead of the one in the settings; no person's name.",
    )(command)  # fmt: skip


@click.command(
    epilog=examples(
        'kil-xlsx waive "The Applewick Hub" --why "Closed in March"',
        'kil-xlsx waive GB-CHC-9900001 --why "Merged with another" --by treasurer',
        'kil-xlsx waive "The Applewick Hub" --end --why "Open again"',
    ),
)
@click.argument("organisation", metavar="ORG")
@_why_option
@_by_option
@click.option("--end", is_flag=True, help="Ask it again after all.")
@in_collection
def waive(place: Place, organisation: str, why: str, by: str, end: bool) -> int:
    """Put down that an organisation need not answer in this round: it gets no reminders and does not count as missing.

    ORG is its name, registered number or reference code. Should it answer all the same, its return counts.
    """
    from kil_xlsx.pipeline.collection.keeping import waive as put_down
    from kil_xlsx.results.show import plain, some

    with opened(place) as collection:
        done = put_down(collection, organisation, why, by, end=end)
    console = printing.page()
    name = plain(done.organisation.name, 80)
    words = f"{name} is asked again." if end else f"{name} need not answer in this round."
    printing.say(console, words, "bold green")
    if done.answered and not end:
        printing.notes(
            console, [f"It has answered: {some(done.answered, 'return')} of it counts, and goes on counting."]
        )
    return FINE


@click.command(
    epilog=examples(
        'kil-xlsx withdraw "The Applewick Hub" --why "Sent by mistake"',
        "kil-xlsx withdraw '#12' --why \"Not approved by the board\"",
        "kil-xlsx withdraw '#11' --back --why \"The earlier one counts again\"",
    ),
)
@click.argument("which", metavar="ORG|#RETURN")
@_why_option
@_by_option
@click.option("--back", is_flag=True, help="Let a return count again that was withdrawn, or superseded.")
@in_collection
def withdraw(place: Place, which: str, why: str, by: str, back: bool) -> int:
    """Put down that an organisation takes its return back: it no longer counts. The file itself stays.

    ORG means all its returns of this round that count or wait for a decision; #12, in quotes, means return 12. An
    earlier return does not come back by itself, as nobody has said that it still holds: --back lets it count again. To
    remove what an organisation sent, use 'kil-xlsx forget'.
    """
    from kil_xlsx.cli.intake_showing import LONE_VIEW
    from kil_xlsx.definitions.wording import listed
    from kil_xlsx.pipeline.collection.keeping import withdraw as take_back

    with opened(place) as collection:
        done = take_back(collection, which, why, by, back=back)
    console = printing.page()
    numbers = listed([f"#{each.id}" for each in done.returns])
    one = len(done.returns) == 1
    if back:
        printing.say(console, f"Return {numbers} counts again: {done.returns[0].state}.", "bold green")
        if done.replaced:
            printing.say(console, f"It took the place of {listed([f'#{each.id}' for each in done.replaced])}.")
        return FINE
    printing.say(console, f"Return{'' if one else 's'} {numbers} withdrawn.", "bold green")
    for each in done.whole:
        printing.say(console, LONE_VIEW.format(each.id))
    if done.earlier:
        rows = listed([f"#{each.id} of {_day(each)}" for each in done.earlier])
        printing.say(console, f"What the organisation sent before does not come back by itself: {rows}.")
        last = done.earlier[-1].id
        printing.next_steps(
            console, ("Ask whether it still holds; if so:", f"kil-xlsx withdraw '#{last}' --back --why …")
        )
    if done.released:
        told = listed([str(each) for each in done.released])
        printing.notes(console, [f"It stays part of release {told}, which is published; the next one goes without it."])
    return FINE


def _day(received: Received) -> str:
    return (received.sent_at or received.received_at)[:10]


@click.command(
    epilog=examples(
        'kil-xlsx forget "The Applewick Hub" --why "Asked to be removed"',
        'kil-xlsx forget --return 12 --why "Not a return; nobody\'s"',
        'kil-xlsx forget --everything --why "The time for keeping it is over"',
    ),
)
@click.argument("organisation", metavar="[ORG]", default="")
@click.option("--return", "single", type=click.IntRange(1), metavar="NUMBER", help="One return that is nobody's.")
@click.option("--everything", is_flag=True, help="All organisations, when the day to keep the data until has passed.")
@_why_option
@_by_option
@click.option("--yes", is_flag=True, help="Do not ask; this cannot be undone.")
@in_collection
def forget(place: Place, organisation: str, single: int | None, everything: bool, why: str, by: str, yes: bool) -> int:
    """Remove all that there is of an organisation. This cannot be undone.

    Its name, address, answers, mails and originals go, and the files that were written for it. So do returns of nobody
    that came from its address alone; others that may be its are named. Its number stays, with the lines of the ledger
    without words, and with digests by which its files and its row in the list are recognised should they come again.
    Releases that were published stay as they are; how many of the returns behind each have been forgotten since remains
    known.
    """
    from kil_xlsx import pipeline
    from kil_xlsx.definitions.wording import listed
    from kil_xlsx.pipeline.collection import forgetting
    from kil_xlsx.pipeline.collection.holding import held
    from kil_xlsx.results.show import some

    if sum((bool(organisation), single is not None, everything)) != 1:
        raise UsageProblem("Say what is to be forgotten.", "Name one organisation, or give --return or --everything.")
    name = organisation if single is None else f"return {single}"
    console = printing.page()
    with held(place, "send", "kil-xlsx forget"), held(place, "fetch", "kil-xlsx forget"), opened(place) as collection:
        wanted = forgetting.planned(collection, name, everything=everything)
        if not yes:
            _confirm(console, wanted, early=everything and not _is_over(wanted, pipeline.now().date()))
        done = forgetting.forget(collection, wanted, why, by)
    if done.numbers:
        numbers = listed([f"#{each}" for each in done.numbers]) if len(done.numbers) <= _MOST else "all"
        printing.say(console, f"Forgotten: {some(len(done.numbers), 'organisation')} ({numbers}).", "bold green")
    else:
        printing.say(console, "Forgotten.", "bold green")
    printing.say(
        console,
        f"Removed: {some(done.originals, 'original')}, {some(done.files, 'file')} that had been written for it.",
    )
    for release, count in done.releases:
        printing.say(
            console,
            f"Release {release.number} is based on {some(len(release.inputs), 'return')}, {count:,} of which "
            f"{'has' if count == 1 else 'have'} been forgotten since.",
        )
    unsure = [f"Not removed, as its name does not tell whose it is: {_path(each)}" for each in done.doubtful[:_MOST]]
    printing.notes(console, [*unsure, *done.left])
    return FINE


def _path(path: Path) -> str:
    from kil_xlsx.results.show import plain

    return plain(str(shown(path)), 200)


def _is_over(wanted: Forgettable, today: Any) -> bool:
    return wanted.due is not None and today > wanted.due


def _confirm(console: Console, wanted: Forgettable, *, early: bool) -> None:
    """Ask, on a terminal; elsewhere --yes has to be said."""
    from kil_xlsx.results.show import plain, some

    whom = plain(wanted.organisations[0].name, 80) if len(wanted.organisations) == 1 else ""
    if wanted.everything:
        whom = f"all {some(len(wanted.organisations), 'organisation')}"
    what = (
        f"{some(wanted.returns, 'return')}, {some(wanted.mails, 'mail')} and {some(len(wanted.files), 'file')}"
        f"{f' of {whom}' if whom else ''}"
    )
    if early:
        day = f"before {wanted.due} is over" if wanted.due else "as the settings name no day (keep_until)"
        what = f"{what}, {day}"
    if not sys.stdin.isatty():
        raise UsageProblem(f"This would remove {what}, and cannot be undone.", "Say --yes if it is meant.")
    printing.say(console, f"This removes {what}. It cannot be undone.", "bold yellow")
    click.confirm("Remove it?", abort=True, err=True)


@click.command(
    epilog=examples("kil-xlsx check", "kil-xlsx check --all"),
)
@click.option("--all", "every", is_flag=True, help="Read every return again, not only some.")
@password_option
@in_collection
def check(place: Place, every: bool, password: str | None) -> int:
    """Check that nothing in the collection is damaged or missing.

    Every original is there as it came and nothing else is; what is on record about a return is what its original says;
    the state of every return, mail and query is what the ledger tells; and the database is sound. Nothing is changed.
    The exit code is 1 when something is wrong.
    """
    from kil_xlsx.pipeline.collection.checking import SAMPLE
    from kil_xlsx.pipeline.collection.checking import check as look
    from kil_xlsx.results.show import some

    with opened(place) as collection, printing.progress("Reading") as progress:
        done = look(collection, again=None if every else SAMPLE, password=password, progress=progress)
    console = printing.page()
    printing.say(
        console,
        f"Checked: {some(done.originals, 'original')}, {some(done.returns, 'return')} ({done.compared:,} read again), "
        f"{some(done.mails, 'mail')}, {some(done.events, 'line')} of the ledger.",
    )
    if done.locked:
        printing.notes(console, [f"{some(done.locked, 'return')} not read again for want of a password: --password."])
    if done.outdated:
        printing.notes(console, [f"{some(done.outdated, 'return')} from another version; read anew when next needed."])
    printing.notes(console, done.notes)
    for each in done.wrong[:_MOST]:
        printing.say(console, f"{each}", label="error")
    if len(done.wrong) > _MOST:
        printing.say(console, f" … and {len(done.wrong) - _MOST:,} more")
    if done.wrong:
        return PROBLEMS
    printing.say(console, "Nothing is wrong.", "bold green")
    return FINE
