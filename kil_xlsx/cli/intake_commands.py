"""The commands for what comes in: taking it in, deciding about it, and bringing several people to one answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kil_xlsx import pipeline
from kil_xlsx.cli import printing
from kil_xlsx.cli.inside import in_collection
from kil_xlsx.cli.options import FILE, examples, executor_option, force_option, password_option, server_password
from kil_xlsx.cli.program import FINE, PROBLEMS
from kil_xlsx.cli.telling import named, sending, taking_in

if TYPE_CHECKING:
    from kil_xlsx.core.settings import Settings
    from kil_xlsx.pipeline.collection.place import Collection, Place
    from kil_xlsx.pipeline.collection.taken import Imported


@click.command(
    "import",
    epilog=examples(
        "kil-xlsx import leeds.xlsx",
        "kil-xlsx import ~/Downloads/returns",
        "kil-xlsx import returns.zip reply.eml reply.msg inbox.mbox",
        "kil-xlsx import Maildir --json",
        "kil-xlsx import returns.zip --executor dask://10.0.0.5:8786",
    ),
)
@click.argument("paths", nargs=-1, required=True, type=FILE, metavar="PATH...")
@password_option
@executor_option
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON (see: kil-xlsx schema import).")
@in_collection
def import_(place: Place, paths: Sequence[Path], password: str | None, executor: str | None, as_json: bool) -> int:
    """Take in what came back.

    PATH is a workbook, a folder with all that is in it, a zip file, a mail (.eml or .msg), or a file or folder of mails
    (mbox, Maildir). Only attachments are looked at. Each file is kept as it came, under the hash of its content; the
    same file twice is in once, so importing again does no harm. Whose a return is, its reference code says, held
    against the send list; whatever is doubtful waits until somebody decides (see kil-xlsx resolve). What the program
    has written into the collection's own folders is left out, and so are copies of it that nobody has filled in.

    The exit code is 1 when there are new queries, or files that could not be read.
    """
    from kil_xlsx.pipeline.collection.importing import look_at_list, take_in
    from kil_xlsx.pipeline.collection.place import opened
    from kil_xlsx.pipeline.collection.sources import gathered

    with opened(place) as collection:
        gathered(paths)  # says what is not there before anything is done

        def own(path: Path) -> Path | None:
            return place.own(path, collection.list_file)

        notes = look_at_list(collection)
        with printing.progress("Reading") as progress:
            items = gathered(paths, progress=progress, own=own)
            done = take_in(collection, items, password=password, executor=executor)
        return _ended(collection, done, notes, as_json=as_json)


@click.command(
    epilog=examples("kil-xlsx fetch", "kil-xlsx fetch --json"),
)
@password_option
@executor_option
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON (see: kil-xlsx schema import).")
@in_collection
def fetch(place: Place, password: str | None, executor: str | None, as_json: bool) -> int:
    """Take in what came to the mailbox that the settings name, over IMAP.

    Mails stay where they are and unread; each gets a flag once it has been dealt with. Bounces and automatic replies
    are recorded. All else is as with kil-xlsx import. --password is for locked workbooks; the mailbox's own password
    comes from the environment variable that the settings name, or is asked for.
    """
    from kil_xlsx.pipeline.collection.fetching import fetch as fetch_mails
    from kil_xlsx.pipeline.collection.importing import look_at_list
    from kil_xlsx.pipeline.collection.place import opened

    with opened(place) as collection:
        secret = _mailbox_password(collection.settings)
        notes = look_at_list(collection)
        with printing.progress("Reading") as progress:
            done = fetch_mails(collection, lambda: secret, password=password, executor=executor, progress=progress)
        return _ended(collection, done, notes, as_json=as_json, fetched=True)


def _mailbox_password(settings: Settings) -> str:
    """The password of the mailbox: from the environment variable that the settings name, or typed in."""
    imap = settings.imap
    if imap is None or not imap.host:
        return ""  # said by the command itself
    return server_password(imap, "imap")


def _ended(
    collection: Collection, done: Imported, notes: Sequence[str], *, as_json: bool, fetched: bool = False
) -> int:
    """Tell what was done; the exit code."""
    from kil_xlsx.cli.documents import imported
    from kil_xlsx.cli.intake_showing import show_imported
    from kil_xlsx.pipeline.collection.deciding import asking
    from kil_xlsx.pipeline.collection.due import ways

    asked = [asking(collection, each) for each in done.queries]
    if as_json:
        printing.document(imported(done, asked, notes))
    else:
        known = ways(collection.settings, pipeline.now().date())
        show_imported(printing.page(), done, asked, notes, ways=known, fetched=fetched)
    return PROBLEMS if asked or done.of("refused", "unusable") else FINE


@click.command(
    epilog=examples(
        "kil-xlsx resolve                               list what is to be decided",
        "kil-xlsx resolve 3                             one query, with its choices",
        "kil-xlsx resolve 3 accept",
        "kil-xlsx resolve 3 4 5 reject --why 'sent by mistake'",
        "kil-xlsx resolve 6 --as 'The Applewick Hub'    whose return it is",
        "kil-xlsx resolve --reopen 6                    take the decision back",
    ),
)
@click.argument("words", nargs=-1, metavar="[QUERY...] [DECISION]")
@click.option(
    "--as",
    "whose",
    default="",
    metavar="ORG",
    help='Whose the return is: name, number, reference, or such as "#12", in quotes.',
)
@click.option("--reopen", type=click.IntRange(1), metavar="QUERY", help="Take the decision about a return back.")
@click.option("--why", default="", metavar="TEXT", help="The reason, for the ledger; no person's name.")
@click.option("--by", default="", metavar="ROLE", help="The role that decides, instead of the one in the settings.")
@click.option("--json", "as_json", is_flag=True, help="As JSON (see: kil-xlsx schema resolve).")
@in_collection
def resolve(
    place: Place, words: Sequence[str], whose: str, reopen: int | None, why: str, by: str, as_json: bool
) -> int:
    """Decide what the program must not guess, or list what is to be decided.

    Without DECISION, the open queries (or those with the numbers) are listed, each with what may be decided and the
    command for it. A return that is held counts as soon as all that holds it is decided, unless there is another one of
    the same organisation that it has to be held against. Every decision goes into the ledger, with the role that made
    it. A wrong one is taken back with --reopen: the return waits again, and what it had taken the place of counts.
    """
    from kil_xlsx.cli.documents import resolved
    from kil_xlsx.cli.intake_showing import show_decided, show_queries, show_reopened
    from kil_xlsx.pipeline.collection.deciding import decide, open_queries
    from kil_xlsx.pipeline.collection.deciding import reopen as take_back
    from kil_xlsx.pipeline.collection.place import opened
    from kil_xlsx.results.show import some

    numbers, decision = _parsed(words, whose)
    if reopen is not None and (numbers or decision):
        raise click.UsageError("--reopen takes one decision back, so it goes with no other query or decision.")
    with opened(place) as collection:
        if reopen is not None:
            undone = take_back(collection, reopen, why=why, by=by)
            if as_json:
                printing.document(resolved(undone.asked, (), len(open_queries(collection))))
                return FINE
            show_reopened(printing.page(), undone)
            return FINE
        if not decision:
            found = open_queries(collection, numbers)
            every = len(open_queries(collection)) if numbers else len(found)
            if as_json:
                printing.document(resolved(found, (), every))
                return FINE
            console = printing.page()
            show_queries(console, found)
            tail = f"{some(every, 'query is', 'queries are')} open." if every else "Nothing is to be decided."
            printing.say(console, tail, "bold")
            return FINE
        done = decide(collection, numbers, decision, whose=whose, why=why, by=by)
        left = len(open_queries(collection))
        if as_json:
            printing.document(resolved((), done, left))
            return FINE
        console = printing.page()
        show_decided(console, done)
        if left:
            printing.say(console, f"Still to be decided: {left:,}. See kil-xlsx resolve.", "dim")
    return FINE


def _parsed(words: Sequence[str], whose: str) -> tuple[list[int], str]:
    """Numbers of queries, and the decision, if there is one."""
    numbers: list[int] = []
    decisions: list[str] = []
    for word in words:
        text = word.removeprefix("#")
        if text.isascii() and text.isdigit() and len(text) < 18 and not decisions:
            numbers.append(int(text))
        else:
            decisions.append(word)
    if len(decisions) > 1:
        raise click.UsageError(f"One decision at a time, not {' and '.join(decisions[:4])}.")
    decision = decisions[0].casefold() if decisions else "as" if whose else ""
    if decision and not numbers:
        raise click.UsageError("Say the number of the query before the decision: kil-xlsx resolve 3 accept.")
    return numbers, decision


@click.command(
    epilog=examples(
        'kil-xlsx consensus "The Applewick Hub"',
        'kil-xlsx consensus "The Applewick Hub" --out applewick-to-agree.xlsx',
        'kil-xlsx consensus "The Applewick Hub" --json',
    ),
)
@click.argument("organisation", metavar="ORG")
@click.option(
    "--out", type=FILE, metavar="FILE", help="The workbook; without it, one in the collection's folder of workbooks."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Only say where they differ, as JSON (see: kil-xlsx schema consensus)."
)
@force_option
@in_collection
def consensus(place: Place, organisation: str, out: Path | None, as_json: bool, force: bool) -> int:
    """Make the workbook in which several people of an organisation agree on one answer.

    What all of them say is filled in. Where they differ, the cell is blank, and what each of them said stands in a note
    and on a sheet of its own. When it comes back, it counts for the organisation; the views stay beside it. ORG is a
    name, registered number or reference code, or its number in the collection in quotes, such as "#12".

    Once they have agreed, nothing is made but with --force.
    """
    from kil_xlsx.cli.documents import compared
    from kil_xlsx.cli.intake_showing import show_compared
    from kil_xlsx.core.collection import Purpose
    from kil_xlsx.pipeline.collection.consensus import compare, write_consensus
    from kil_xlsx.pipeline.collection.due import ways
    from kil_xlsx.pipeline.collection.naming import organisation_named
    from kil_xlsx.pipeline.collection.place import opened

    if as_json and out is not None:
        raise click.UsageError("--json makes no workbook, so it does not go with --out.")
    with opened(place) as collection:
        whose = organisation_named(collection.store, organisation)
        found = compare(collection, whose)
        if as_json:
            printing.document(compared(found))
            return FINE
        console = printing.page()
        if found.agreed_return is not None and not force:
            printing.say(console, f"They have agreed (return {found.agreed_return}).", "bold")
            printing.say(console, "No workbook was made; with --force it is made once more.")
            return FINE
        made = write_consensus(collection, whose, out, force=force)
        show_compared(console, made.compared)
        printing.say(console, f"Written to {made.path.resolve()}", "bold green")
        printing.notes(console, made.notes)
        known = ways(collection.settings, pipeline.now().date())
        printing.next_steps(
            console,
            ("Send it to them:", sending(known, Purpose.CONSENSUS, f" --only {named(whose)}")),
            "Or attach it to a mail of your own.",
            taking_in(known),
        )
    return FINE
