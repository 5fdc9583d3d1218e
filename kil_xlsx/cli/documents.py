"""What commands did, as the documents that they give with --json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kil_xlsx.pipeline.collection.place import shown
from kil_xlsx.results.run_model import (
    ConsensusDocument,
    DecisionMade,
    Differing,
    ImportDocument,
    MailDone,
    MailInDoubt,
    MailLeftOut,
    QueryAsked,
    ResolveDocument,
    SendDocument,
    ThingThatCame,
    ViewCompared,
    WholeMail,
)

if TYPE_CHECKING:
    from kil_xlsx.core.dispatch import Due, LeftOut
    from kil_xlsx.pipeline.collection.consensus import Compared
    from kil_xlsx.pipeline.collection.deciding import Asking, Decided
    from kil_xlsx.pipeline.collection.delivering import Done, Run
    from kil_xlsx.pipeline.collection.sending import Preview
    from kil_xlsx.pipeline.collection.taken import Happened, Imported


def sent(run: Run) -> SendDocument:
    """What a run of 'send' did."""
    return SendDocument(
        purpose=run.wish.purpose.value,
        dry_run=False,
        drafts=run.wish.drafts,
        mails=tuple(map(_done, run.done)),
        left_out=tuple(map(_left_out, run.left_out)),
        doubts=tuple(MailInDoubt(mail=each.id, organisation=each.organisation) for each in run.doubts),
        notes=tuple(run.notes),
        stopped=run.stopped,
    )


def previewed(found: Preview) -> SendDocument:
    """What a run of 'send' would do."""
    letter = found.first
    first = None
    if letter is not None:
        files = tuple(each.name for each in letter.attachments)
        first = WholeMail(to=letter.to, subject=letter.subject, text=letter.text, files=files)
    return SendDocument(
        purpose=found.wish.purpose.value,
        dry_run=True,
        drafts=found.wish.drafts,
        mails=tuple(_due(each, "due") for each in found.due),
        left_out=tuple(map(_left_out, found.left_out)),
        first=first,
        notes=tuple(found.notes),
    )


def _due(due: Due, state: str) -> MailDone:
    of = due.organisation
    return MailDone(
        organisation=of.name, number=of.number, id=of.id, address=due.address, serial=due.serial, about=due.about,
        state=state,
    )  # fmt: skip


def _done(each: Done) -> MailDone:
    from msgspec.structs import replace

    return replace(
        _due(each.due, each.state.value),
        put_off=is_put_off(each),
        said=each.said,
        files=tuple(each.files),
        bytes=each.size,
        draft=str(shown(each.draft)) if each.draft else None,
    )


def is_put_off(each: Done) -> bool:
    """Whether a mail was not taken for the time being, so that the next run tries again."""
    from kil_xlsx.core.collection import MailState
    from kil_xlsx.core.dispatch import NOT_NOW

    return each.state is MailState.FAILED and each.said.startswith(NOT_NOW)


def _left_out(each: LeftOut) -> MailLeftOut:
    return MailLeftOut(
        organisation=each.organisation.name,
        id=each.organisation.id,
        reason=each.reason.value,
        words=each.words or each.reason.words,
    )


def imported(done: Imported, asked: Sequence[Asking], notes: Sequence[str] = ()) -> ImportDocument:
    """What a run of 'import' or 'fetch' did."""
    return ImportDocument(
        new=done.new,
        counts=dict(done.counts),
        superseded=done.superseded,
        happened=tuple(map(_happened, done.happened)),
        queries=tuple(map(query, asked)),
        notes=tuple(notes),
    )


def _happened(each: Happened) -> ThingThatCame:
    return ThingThatCame(
        what=each.what, name=each.name, source=each.source, organisation=each.organisation,
        return_number=each.received, queries=tuple(each.queries), superseded=each.superseded, errors=each.errors,
        to_explain=each.to_explain, why=each.why, to_read=each.to_read, sender=each.sender, sent_at=each.sent_at,
    )  # fmt: skip


def query(each: Asking) -> QueryAsked:
    """A query that waits for a person."""
    of, received = each.query, each.received
    return QueryAsked(
        query=of.id,
        code=of.code,
        holds=of.holds,
        message=each.message,
        organisation=each.organisation.name if each.organisation is not None else "",
        return_number=of.received,
        file=received.name if received is not None else "",
        sender=received.sender if received is not None else "",
        mail=of.mail,
        found=of.found,
        expected=of.expected,
        opened_at=of.opened_at,
        choices=dict(each.choices),
        commands=tuple(each.command(choice) for choice in each.choices),
    )


def resolved(asked: Sequence[Asking], decided: Sequence[Decided], left: int) -> ResolveDocument:
    """What 'resolve' lists, or what it decided.

    :param left: how many queries are open after that.
    """
    return ResolveDocument(open=left, queries=tuple(map(query, asked)), decided=tuple(map(_decided, decided)))


def _decided(each: Decided) -> DecisionMade:
    received = each.received
    return DecisionMade(
        query=each.query.id,
        return_number=received.id if received is not None else None,
        state=received.state.value if received is not None else "",
        share=received.share.value if received is not None else "",
        organisation=each.organisation.name if each.organisation is not None else "",
        mail=each.mail.id if each.mail is not None else None,
        also_closed=tuple(each.closed),
        superseded=tuple(each.superseded),
        earlier=tuple(each.earlier),
        opened=tuple(map(query, each.opened)),
        whole=each.whole,
        skipped=each.skipped,
    )


def compared(found: Compared) -> ConsensusDocument:
    """How far the views of several people are apart."""
    return ConsensusDocument(
        organisation=found.organisation.name,
        agreed_return=found.agreed_return,
        views=tuple(
            ViewCompared(return_number=each.id, label=label, overall=each.overall, state=each.state.value)
            for each, label in zip(found.views, found.labels, strict=True)
        ),
        agreed=found.agreed,
        differing=tuple(
            Differing(
                item=each.key.item,
                code=each.asks.shown,
                row=each.key.row,
                column=each.key.column,
                label=each.asks.label,
                said=tuple(found.words(each, at) for at in range(len(found.views))),
                steps_apart=each.steps,
            )
            for each in found.differing
        ),
    )
