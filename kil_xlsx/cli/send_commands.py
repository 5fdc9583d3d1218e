"""The command that sends a collection's mails."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Literal, Self

import click

from kil_xlsx import pipeline
from kil_xlsx.cli import printing
from kil_xlsx.cli.inside import in_collection
from kil_xlsx.cli.options import FILE, examples, server_password
from kil_xlsx.cli.program import FINE, PROBLEMS
from kil_xlsx.cli.telling import as_typed, option, sending, taking_in, to_mend
from kil_xlsx.pipeline.collection.place import Place, opened, rehearsed

if TYPE_CHECKING:
    from rich.console import Console

    from kil_xlsx.core.dispatch import Due, LeftOut
    from kil_xlsx.core.settings import Settings
    from kil_xlsx.pipeline import Progress
    from kil_xlsx.pipeline.collection.delivering import Done, Run, Wish
    from kil_xlsx.pipeline.collection.due import Ways
    from kil_xlsx.pipeline.collection.sending import Preview
    from kil_xlsx.results.show import Shown

_MOST_NAMES = 8
_MOST_NOTES = 12


@click.command(
    epilog=examples(
        "kil-xlsx send --dry-run                  see who would get what, and one whole mail",
        "kil-xlsx send                            invite everybody who has not been invited yet",
        "kil-xlsx send --remind                   remind those who have not answered",
        "kil-xlsx send --receipts --drafts        write receipts as files, to send them yourself",
        'kil-xlsx send --again "Applewick Hub"    send one its workbook once more',
    ),
)
@click.option("--remind", is_flag=True, help="Remind those who were invited and have not answered.")
@click.option("--receipts", is_flag=True, help="Tell those whose return came that it came.")
@click.option("--to-fix", is_flag=True, help="Send a marked copy to those whose return has something to put right.")
@click.option(
    "--consensus", is_flag=True,
    help="Send a workbook for what they agree on to organisations of which several people answered.",
)  # fmt: skip
@click.option("--feedback", is_flag=True, help="Send each organisation its feedback.")
@click.option("--drafts", is_flag=True, help="Write .eml files for your mail program, instead of sending.")
@click.option(
    "--dry-run", is_flag=True, help="Show who would get what, and one whole mail; nothing is sent or written."
)
@click.option(
    "--only", multiple=True, metavar="ORG", help="Only this organisation: its name, number or reference. Repeatable."
)
@click.option(
    "--again", multiple=True, metavar="ORG",
    help="This organisation once more, although it has had this mail, and no others. Repeatable.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="NUMBER", help="No more than so many mails in this run.")
@click.option(
    "--previous", type=FILE, metavar="PATH",
    help="What came back last time, to fill workbooks in with; without it, what the collection has of it.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Send although the return date has passed.")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON (see: kil-xlsx schema send).")
@in_collection
def send(
    place: Place,
    remind: bool,
    receipts: bool,
    to_fix: bool,
    consensus: bool,
    feedback: bool,
    drafts: bool,
    dry_run: bool,
    only: Sequence[str],
    again: Sequence[str],
    limit: int | None,
    previous: Path | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Send the collection's mails: without an option of its own, the invitation with each organisation's workbook.

    Who has had a mail does not get it again, so the same command goes on where an earlier run was stopped. A mail of
    which nobody knows whether it was sent is left to you: see kil-xlsx status. The exit code is 1 when a mail failed or
    is in doubt.
    """
    from kil_xlsx.cli.documents import previewed, sent
    from kil_xlsx.core.collection import Purpose
    from kil_xlsx.pipeline.collection.delivering import Wish
    from kil_xlsx.pipeline.collection.due import ways
    from kil_xlsx.pipeline.collection.holding import held
    from kil_xlsx.pipeline.collection.sending import LateError, preview
    from kil_xlsx.pipeline.collection.sending import send as send_mails

    flags = {
        Purpose.REMINDER: remind,
        Purpose.RECEIPT: receipts,
        Purpose.TO_FIX: to_fix,
        Purpose.CONSENSUS: consensus,
        Purpose.FEEDBACK: feedback,
    }
    chosen = [purpose for purpose, is_set in flags.items() if is_set]
    if len(chosen) > 1:
        raise click.UsageError(f"One kind of mail at a time, not {' and'.join(map(option, chosen)).strip()}.")
    wish = Wish(
        purpose=chosen[0] if chosen else Purpose.INVITATION,
        drafts=drafts,
        only=only,
        again=again,
        limit=limit,
        previous=previous,
        late_is_fine=yes or dry_run,
    )
    if dry_run:
        with rehearsed(place) as collection, printing.progress("Reading") as progress:
            found = preview(collection, wish, progress=progress)
            known = ways(collection.settings, pipeline.now().date())
        if as_json:
            printing.document(previewed(found))
        else:
            _show_preview(printing.page(), found, known)
        return FINE
    what = f"kil-xlsx send{option(wish.purpose)}"
    with held(place, "send", what), opened(place) as collection, _stopper() as stopping:

        def run(wish: Wish) -> Run:
            with _Bar("Writing" if drafts else "Sending") as bar:

                def password() -> str:
                    bar.pause()  # nothing may be drawn while somebody types
                    return _password(collection.settings)

                return send_mails(
                    collection, wish, password=password, wait=time.sleep, clock=time.monotonic, stopping=stopping,
                    progress=bar,
                )  # fmt: skip

        known = ways(collection.settings, pipeline.now().date())
        try:
            done = run(wish)
        except LateError as late:
            if not sys.stdin.isatty():
                raise
            click.echo(f"{late.message} The mails would name no day, the workbooks this one.", err=True)
            if not click.confirm("Send all the same?", err=True):
                raise click.Abort from None
            done = run(replace(wish, late_is_fine=True))
    if as_json:
        printing.document(sent(done))
    else:
        _show_run(printing.page(), done, known)
    return FINE if done.sound else PROBLEMS


def _password(settings: Settings) -> str:
    """The password of the mail server: from the environment variable that the settings name, or typed in."""
    smtp = settings.smtp
    if smtp is None or not smtp.user:
        return ""
    return server_password(smtp, "smtp")


class _Bar:
    """A progress bar that appears when there is something to show, and can be taken away for a while."""

    def __init__(self, what: Literal["Writing", "Sending"]) -> None:
        self._what = what
        self._drawn = ExitStack()
        self._move: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pause()

    def __call__(self, done: int, total: int, name: str) -> None:
        if self._move is None:
            self._move = self._drawn.enter_context(printing.progress(self._what))
        self._move(done, total, name)

    def pause(self) -> None:
        """Take the bar away until the next step."""
        self._drawn.close()
        self._move = None


@contextmanager
def _stopper() -> Iterator[Callable[[], bool]]:
    """Whether somebody has pressed Ctrl-C, so that the mail at hand is finished; pressed twice, it stops at once."""
    wanted = False

    def noted(number: int, frame: FrameType | None) -> None:
        nonlocal wanted
        if wanted:
            raise KeyboardInterrupt
        wanted = True
        click.echo("Stopping after this mail. Press Ctrl-C again to stop at once.", err=True)

    before = {each: signal.signal(each, noted) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: wanted
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


# What is shown


def _kind(due: Due) -> str:
    from kil_xlsx.core.collection import Purpose

    names = {
        Purpose.INVITATION: "invitation",
        Purpose.REMINDER: "reminder",
        Purpose.RECEIPT: "receipt",
        Purpose.TO_FIX: "marked copy",
        Purpose.CONSENSUS: "workbook to agree on",
        Purpose.FEEDBACK: "feedback",
    }
    name = names[due.purpose]
    if due.purpose in (Purpose.RECEIPT, Purpose.TO_FIX):
        name = f"{name} of {due.returns[0].name}" if due.returns and due.returns[0].name else name
    elif due.serial > 1:
        name = f"{name} {due.serial}"
    return f"{name}, another try" if due.begun is not None else name


def _show_preview(console: Console, found: Preview, ways: Ways) -> None:
    from kil_xlsx.results.show import Table, plain, some

    rows = tuple((plain(due.organisation.name, 50), plain(due.address, 60), plain(_kind(due), 60)) for due in found.due)
    if rows:
        printing.draw(console, Table("Who would get what", ("Organisation", "Address", "What"), rows))
    letter = found.first
    if letter is not None:
        sender = f"{letter.sender_name} <{letter.sender}>" if letter.sender_name else letter.sender
        printing.say(console, "The first of them, in full", "bold cyan")
        printing.say(console, plain(sender, 200), label="from", indent=1)
        if letter.reply_to:
            printing.say(console, plain(letter.reply_to, 200), label="answers to", indent=1)
        printing.say(console, plain(f"{letter.to_name} <{letter.to}>", 200), label="to", indent=1)
        printing.say(console, plain(letter.subject, 300), label="subject", indent=1)
        for each in letter.attachments:
            printing.say(console, f"{plain(each.name)} ({_kilobytes(len(each.data))})", label="attached", indent=1)
        console.print()
        for line in letter.text.rstrip("\n").split("\n"):
            printing.say(console, plain(line, len(line) + 1) or " ", indent=1)
        console.print()
    printing.say(console, f"{some(len(found.due), 'mail')} would go out. Nothing was sent or written.", "bold green")
    _show_left_out(console, found.left_out)
    printing.notes(console, [plain(each, 300) for each in found.notes[:_MOST_NOTES]])
    if found.due:
        wish = found.wish
        more = _more(wish)
        sends = ("Send them:", sending(ways, wish.purpose, more))
        drafts = sending(ways, wish.purpose, more, drafts=True)
        words = "Write files that your mail program opens ready to send:"
        if not ways.can_send or wish.drafts:
            printing.next_steps(console, (words, drafts))
        else:
            printing.next_steps(console, sends, (f"Or {words[:1].lower()}{words[1:]}", drafts))


def _more(wish: Wish) -> str:
    """The options of a wish beside the kind of mail, as they can be typed again."""
    parts = [f" --again {as_typed(each)}" for each in wish.again]
    parts += [f" --only {as_typed(each)}" for each in wish.only]
    if wish.limit is not None:
        parts.append(f" --limit {wish.limit}")
    if wish.previous is not None:
        parts.append(f" --previous {as_typed(wish.previous)}")
    return "".join(parts)


def _kilobytes(size: int) -> str:
    return f"{max(1, round(size / 1000)):,} kB"


def _show_run(console: Console, run: Run, ways: Ways) -> None:
    from kil_xlsx.cli.documents import is_put_off
    from kil_xlsx.core.collection import MailState
    from kil_xlsx.results.show import Shown, Table, plain, some

    sent, drafted = run.count(MailState.SENT), run.count(MailState.DRAFTED)
    put_off = sum(map(is_put_off, run.done))
    failed, doubtful = run.count(MailState.FAILED) - put_off, run.count(MailState.DOUBTFUL)
    trouble = [each for each in run.done if each.state in (MailState.FAILED, MailState.DOUBTFUL)]
    if trouble:
        rows: list[tuple[Shown | str, ...]] = [
            (
                plain(each.due.organisation.name, 50),
                _trouble(each),
                plain(_why(each), 200),
            )
            for each in trouble
        ]
        printing.draw(console, Table("", ("Organisation", "What", "Why"), tuple(rows), whole=("What",)))
    counts = [
        ("sent", sent, "good"), ("drafts written", drafted, "good"), ("put off", put_off, "warn"),
        ("failed", failed, "bad"), ("in doubt", doubtful, "warn"), ("left out", len(run.left_out), ""),
    ]  # fmt: skip
    table = tuple((words, Shown(f"{count:,}", tone)) for words, count, tone in counts if count)  # type: ignore[arg-type]
    if table:
        printing.draw(console, Table("", ("Mails", "Number"), table, numbers=("Number",)))
    if run.stopped:
        printing.say(console, f"The run ended before its end. {run.stopped}", "bold red")
    elif run.wish.drafts and drafted:
        folder = next(each.draft for each in run.done if each.draft).parent
        printing.say(console, f"{some(drafted, 'draft')} written to {folder.resolve()}", "bold green")
    elif not run.done:
        printing.say(console, "There was nothing to send.", "bold")
    else:
        printing.say(console, f"{some(sent, 'mail')} sent.", "bold green" if not trouble else "bold")
    _show_left_out(console, run.left_out)
    if run.doubts:
        words = "1 mail" if len(run.doubts) == 1 else f"{len(run.doubts):,} mails"
        printing.say(
            console, f"An earlier run was stopped over {words}; nobody knows whether it was sent.", "bold yellow"
        )
    notes = [plain(each, 300) for each in run.notes]
    printing.notes(console, notes[:_MOST_NOTES])
    if len(notes) > _MOST_NOTES:
        printing.notes(console, [f"And {len(notes) - _MOST_NOTES:,} more."])
    steps = list(_next_steps(run, doubtful, ways))
    if steps:
        printing.next_steps(console, *steps)


def _show_left_out(console: Console, left_out: Sequence[LeftOut]) -> None:
    """How many were left out, by why; by name where somebody has to do something about it."""
    from kil_xlsx.core.dispatch import Reason
    from kil_xlsx.results.show import plain

    for reason in Reason:
        of_it = [each for each in left_out if each.reason is reason]
        if not of_it:
            continue
        printing.say(console, f"Left out, {reason.words}: {len(of_it):,}", "yellow" if reason.needs_care else "dim")
        if reason.needs_care:
            for each in of_it[:_MOST_NAMES]:
                more = f": {plain(each.words, 200)}" if each.words else ""
                printing.say(console, f"{plain(each.organisation.name, 80)}{more}", indent=4)
            if len(of_it) > _MOST_NAMES:
                printing.say(console, f"… and {len(of_it) - _MOST_NAMES:,} more", "dim", indent=4)


def _trouble(each: Done) -> Shown:
    from kil_xlsx.cli.documents import is_put_off
    from kil_xlsx.core.collection import MailState
    from kil_xlsx.results.show import Shown

    if is_put_off(each):
        return Shown("put off", "warn")
    return Shown("failed", "bad") if each.state is MailState.FAILED else Shown("in doubt", "warn")


def _why(each: Done) -> str:
    from kil_xlsx.cli.documents import is_put_off
    from kil_xlsx.core.dispatch import NOT_NOW

    return f"The next run tries again. {each.said.removeprefix(NOT_NOW)}" if is_put_off(each) else each.said


def _next_steps(run: Run, doubtful: int, ways: Ways) -> Iterator[str | tuple[str, str]]:
    from kil_xlsx.cli.documents import is_put_off
    from kil_xlsx.core.collection import MailState, Purpose
    from kil_xlsx.core.dispatch import REFUSED, Reason
    from kil_xlsx.pipeline.collection.due import TO_MEND

    again = sending(ways, run.wish.purpose, _more(run.wish), drafts=run.wish.drafts)
    reasons = {each.reason for each in run.left_out}
    if run.count(MailState.DRAFTED):
        yield "Open the drafts in your mail program, look at them, and send them: they count as sent from now on."
    if doubtful or run.doubts or Reason.DOUBTFUL in reasons:
        yield "Look into the mail server's log or the folder of sent mails, or ask the organisations that are in doubt."
        yield ("Then say whether they were sent:", "kil-xlsx resolve")
    mend: dict[Reason, set[int]] = {each: set() for each in TO_MEND}
    for each in run.left_out:
        if each.reason in mend:
            mend[each.reason].add(each.organisation.id)
    mend[Reason.REFUSED] |= {each.due.organisation.id for each in run.done if each.said.startswith(REFUSED)}
    words = to_mend(mend, ways.list_name)
    if words:
        yield (f"{words} Then:", again)
    elif run.stopped or Reason.LATER in reasons or any(map(is_put_off, run.done)):
        yield ("Go on with those that are left:", again)
    if Reason.NOT_INVITED in reasons:
        yield ("Invite those who have not been invited:", sending(ways, Purpose.INVITATION))
    went = run.count(MailState.SENT) + run.count(MailState.DRAFTED)
    if went and run.wish.purpose in (Purpose.INVITATION, Purpose.REMINDER):
        yield taking_in(ways)
