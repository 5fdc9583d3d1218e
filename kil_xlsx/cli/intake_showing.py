"""What people are shown of what came in, and of what they have to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kil_xlsx.cli import printing
from kil_xlsx.cli.telling import sending
from kil_xlsx.core.collection import Purpose

if TYPE_CHECKING:
    from rich.console import Console

    from kil_xlsx.pipeline.collection.consensus import Compared
    from kil_xlsx.pipeline.collection.deciding import Asking, Decided, Reopened
    from kil_xlsx.pipeline.collection.due import Ways
    from kil_xlsx.pipeline.collection.taken import Happened, Imported
    from kil_xlsx.results.show import Tone

_MOST_LINES = 25
_FEW = 10  # so few that each of them is named although nothing need be done
_MOST_ASKED = 6

_TONES: Mapping[str, Tone] = {
    "accepted": "good",
    "accepted-with-queries": "good",
    "held": "warn",
    "refused": "bad",
    "bounced": "bad",
    "unusable": "bad",
    "unmatched": "warn",
    "superseded": "quiet",
    "came-again": "warn",
    "again": "quiet",
    "left-out": "quiet",
    "seen": "quiet",
}
_TOLD = ("accepted", "held", "came-again", "refused", "accepted-with-queries", "superseded", "bounced", "delayed",
         "away", "replied", "unusable", "unmatched", "left-out")  # fmt: skip
"""What is told one by one, of those that were accepted only a few; the rest is counted."""

_SHORT = {
    "accepted": "accepted",
    "accepted-with-queries": "with queries",
    "held": "held",
    "refused": "refused",
    "superseded": "earlier one",
    "came-again": "come again",
    "bounced": "came back",
    "delayed": "delayed",
    "away": "away",
    "replied": "wrote",
    "unusable": "not opened",
    "unmatched": "unknown",
    "left-out": "left out",
}


def show_imported(
    console: Console,
    done: Imported,
    asked: Sequence[Asking],
    notes: Sequence[str] = (),
    *,
    ways: Ways,
    fetched: bool = False,
) -> None:
    """Counts, what has to be looked at, the queries, and what to do next.

    :param fetched: whether it came from a mailbox.
    """
    from kil_xlsx.pipeline.collection.taken import KINDS
    from kil_xlsx.results.show import Shown, Table, some

    if not done.happened:
        printing.say(console, "Nothing came.", "bold")
        printing.notes(console, notes)
        return
    kinds = [each for each in _TOLD if each != "accepted" or done.of(each) <= _FEW]
    told = [each for kind in kinds for each in done.happened if each.what == kind and not each.is_noise]
    rows = tuple(_row(each) for each in told[:_MOST_LINES])
    if rows:
        printing.draw(console, Table("", ("What", "Organisation", "File or mail", "Why"), rows, whole=("What",)))
    if len(told) > _MOST_LINES:
        printing.say(console, f" … and {len(told) - _MOST_LINES:,} more\n", "dim")
    counts = [(KINDS[kind], Shown(f"{count:,}", _TONES.get(kind, ""))) for kind, count in done.counts.items()]
    if done.superseded:
        counts.append(("earlier returns that were superseded", Shown(f"{done.superseded:,}")))
    printing.draw(console, Table("", ("What came", "Number"), tuple(counts), numbers=("Number",)))
    printing.say(console, _summary(done), "bold green" if done.new else "bold")
    printing.notes(console, notes)
    if asked:
        console.print()
        show_queries(console, asked[:_MOST_ASKED])
        if len(asked) > _MOST_ASKED:
            printing.say(
                console, f" … and {len(asked) - _MOST_ASKED:,} more: kil-xlsx resolve lists them all.\n", "dim"
            )
    steps: list[str | tuple[str, str]] = []
    if asked:
        steps.append((f"Decide {some(len(asked), 'query', 'queries')}:", "kil-xlsx resolve"))
    if done.to_read:
        mails = some(done.to_read, "mail without a workbook", "mails without a workbook")
        steps.append(f"Read {mails}{' in your mailbox' if fetched else ''}.")
    if done.of("refused"):
        steps.append("Ask the senders of files that could not be read for the workbook itself.")
    if done.of("accepted-with-queries"):
        words = "Send marked copies to those who have something to put right:"
        steps.append((words, sending(ways, Purpose.TO_FIX)))
    if done.of("bounced"):
        steps.append(f"Put the addresses right in {ways.list_name}, then send again.")
    if done.new or done.mails:
        steps.append(("See how the round stands:", "kil-xlsx status"))
    if steps:
        printing.next_steps(console, *steps)


def _summary(done: Imported) -> str:
    from kil_xlsx.results.show import some

    mails = f"{some(done.mails, 'mail')} without a workbook recorded." if done.mails else ""
    if not done.new:
        return f"No new workbook; {mails}" if mails else "Nothing new."
    return f"{some(done.new, 'file')} taken in. {mails[:1].upper()}{mails[1:]}".strip()


def _row(each: Happened) -> tuple[Any, ...]:
    from kil_xlsx.results.show import Shown, plain, some

    why = plain(each.why, 160)
    if each.what in ("held", "came-again"):
        why = f"see {'query' if len(each.queries) == 1 else 'queries'} {', '.join(map(str, each.queries))}"
    elif each.what == "accepted-with-queries":
        parts = [some(each.errors, "error")] if each.errors else []
        parts += [f"{some(each.to_explain, 'query', 'queries')} to explain"] if each.to_explain else []
        why = ", ".join(parts)
    elif each.what == "superseded":
        why = "a later one is in already"
    elif each.what == "accepted" and each.superseded:
        why = "takes the place of an earlier one"
    if each.to_read:
        return _mail_row(each)
    where = "" if each.name and each.source.endswith(each.name) else plain(each.source, 60)
    name = plain(each.name, 60)
    shown = where if not name else f"{name} ({where})" if where else name
    return Shown(_SHORT[each.what], _TONES.get(each.what, "")), plain(each.organisation, 40), shown, why


def _mail_row(each: Happened) -> tuple[Any, ...]:
    """A mail that somebody has to read: from whom, when, and about what."""
    from kil_xlsx import pipeline
    from kil_xlsx.core.when import When
    from kil_xlsx.results.show import Shown, plain

    when = When(pipeline.now()).minute(each.sent_at)
    sender = plain(each.sender, 60) or plain(each.source, 60)
    subject = f"“{plain(each.subject, 80)}”" if each.subject else "no subject"
    what = Shown(_SHORT[each.what], _TONES.get(each.what, ""))
    return what, plain(each.organisation, 40), f"{sender}, {when}" if when else sender, subject


# Queries


def show_queries(console: Console, asked: Sequence[Asking]) -> None:
    """Each query with its choices and the command for each of them."""
    for each in asked:
        _show_query(console, each)


def _show_query(console: Console, each: Asking) -> None:
    from kil_xlsx.results.show import plain

    query = each.query
    printing.say(console, f"Query {query.id}: {each.message}", "bold")
    printing.say(console, plain(_about(each), 200), "cyan", indent=2)
    printing.say(console, plain(query.found, 300), label="Found", indent=2)
    printing.say(console, plain(query.expected, 300), label="Expected", indent=2)
    printing.say(console, each.remedy, label="What to do", indent=2)
    widest = max(len(each.command(choice)) for choice in each.choices)
    for choice, does in each.choices.items():
        printing.say(console, f"{each.command(choice):<{widest}}   {does}", indent=4)
    console.print()


def _about(each: Asking) -> str:
    parts = [each.organisation.name if each.organisation is not None else ""]
    if each.received is not None:
        came = f"return #{each.received.id}: {each.received.name}"
        if each.received.sender:
            came += f", from {each.received.sender}"
        came += f", {'sent' if each.received.sent_at else 'taken in'} "
        came += (each.received.sent_at or each.received.received_at)[:16].replace("T", " ")
        parts.append(came)
    if each.mail is not None:
        parts.append(f"{each.mail.purpose} to {each.mail.address}, {each.mail.changed_at[:16].replace('T', ' ')}")
    return "; ".join(filter(None, parts))


LONE_VIEW = "Return #{} was one person's view and stands for the organisation now, as there is no other."


def show_reopened(console: Console, done: Reopened) -> None:
    """What is asked again, and what that changes."""
    from kil_xlsx.core.collection import ReturnState

    numbers = ", ".join(str(each.query.id) for each in done.asked)
    what = f"Query {numbers} is" if len(done.asked) == 1 else f"Queries {numbers} are"
    waits = f" Return #{done.received.id} waits for it." if done.received.state is ReturnState.HELD else ""
    printing.say(console, f"{what} open again.{waits}", "green")
    if done.back:
        others = ", ".join(f"#{number}" for number in done.back)
        printing.say(console, f"What it had taken the place of counts again: {others}.", indent=2)
    console.print()
    show_queries(console, done.asked)


def show_decided(console: Console, done: Sequence[Decided]) -> None:
    """What each decision came to."""
    from kil_xlsx.results.show import plain, some

    for each in done:
        if each.skipped:
            printing.notes(
                console, [f"Query {each.query.id} was closed by then ({each.skipped}), so there was nothing to decide."]
            )
            continue
        printing.say(console, f"Query {each.query.id} is decided. {plain(_outcome(each), 300)}".rstrip(), "green")
        if each.closed:
            also = some(len(each.closed), "other query", "other queries")
            printing.say(console, f"It answers {also} too: {', '.join(map(str, each.closed))}.", indent=2)
        if each.superseded:
            others = ", ".join(f"#{number}" for number in each.superseded)
            printing.say(console, f"Superseded: {others}.", indent=2)
        if each.whole is not None:
            printing.say(console, f"{LONE_VIEW.format(each.whole)}", indent=2)
        if each.earlier:
            numbers = ", ".join(f"#{number}" for number in each.earlier)
            words = f"None of its returns counts now. To let an earlier one ({numbers}) count again:"
            printing.next_steps(console, (words, f"kil-xlsx withdraw '#{each.earlier[-1]}' --back --why \"…\""))
    opened = [asking for each in done for asking in each.opened]
    if opened:
        console.print()
        show_queries(console, opened)


def _outcome(each: Decided) -> str:
    from kil_xlsx.core.collection import MailState, ReturnState, Share

    received, whose = each.received, each.organisation.name if each.organisation is not None else ""
    if each.mail is not None:
        return "The mail counts as sent." if each.mail.state is MailState.SENT else "The next run sends the mail again."
    if received is None:
        return ""
    what = f"Return #{received.id}"
    of = f" of {whose}" if whose else ""
    if received.state is ReturnState.HELD:
        return f"{what}{of} is still held, until all that is asked about it is decided."
    if received.state.counts:
        kind = {Share.VIEW: " as one person's view", Share.CONSENSUS: " as what was agreed on"}.get(received.share, "")
        return f"{what}{of} counts{kind}."
    words = {
        ReturnState.REFUSED: "does not count",
        ReturnState.SUPERSEDED: "does not count: a later one does",
        ReturnState.WITHDRAWN: "was withdrawn",
    }
    return f"{what}{of} {words[received.state]}."


# Several people of one organisation


def show_compared(console: Console, found: Compared) -> None:
    """Where people differ: what each of them says, and how far they are apart."""
    from kil_xlsx.results.show import Shown, Table, plain, some

    differing = found.differing
    rows: tuple[tuple[Shown | str, ...], ...] = tuple(
        (
            Shown(each.asks.shown, "strong"),
            plain(each.asks.label, 50),
            *(plain(found.words(each, at), 40) for at in range(len(found.views))),
            "" if each.steps is None else some(each.steps, "step"),
        )
        for each in differing[:_MOST_LINES]
    )
    title = f"{plain(found.organisation.name, 60)}: {some(len(found.views), 'view')}"
    headings = ("Item", "What is asked", *(plain(label, 40) for label in found.labels), "Apart")
    if rows:
        printing.draw(console, Table(title, headings, rows, whole=("Item", "Apart")))
    if len(differing) > _MOST_LINES:
        more = len(differing) - _MOST_LINES
        printing.say(console, f" … and {more:,} more; all {len(differing):,} are marked in the workbook\n", "dim")
    same = f"{some(found.agreed, 'answer')} the same, {some(len(differing), 'difference')}."
    printing.say(console, same, "bold")
