"""Who is due to get a mail, and who is not and why.

Everything is decided from what is on record: the mails of the round so far, the returns, the waivers.  So a run that
was stopped anywhere goes on where it stopped, and nobody gets the same mail twice unless a person says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from kil_xlsx.core.collection import Asked, Mail, MailState, Purpose, Received, ReturnState, Share

REFUSED = "Refused: "
"""How the words of a failed mail begin that the server will never take; it is not tried again by itself."""

NOT_NOW = "Not now: "
"""How those begin of one that was not taken for the time being; the next run tries again."""

NAMES_THE_DAY = frozenset((Purpose.INVITATION, Purpose.REMINDER, Purpose.TO_FIX, Purpose.CONSENSUS))
"""Mails that ask for something until the return date."""

FEWEST_VIEWS = 2
"""Views of one organisation that there is something to agree about."""


class Reason(StrEnum):
    """Why an organisation gets no mail."""

    UNLISTED = "unlisted"
    WAIVED = "waived"
    NO_ADDRESS = "no-address"
    BAD_ADDRESS = "bad-address"
    SENT = "sent"
    DRAFTED = "drafted"
    DOUBTFUL = "doubtful"
    BOUNCED = "bounced"
    REFUSED = "refused"
    ANSWERED = "answered"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    NOT_INVITED = "not-invited"
    TODAY = "today"
    NOTHING = "nothing"
    NOT_MADE = "not-made"
    LATER = "later"

    @property
    def words(self) -> str:
        """The reason, as it follows "left out:"."""
        return _WORDS[self]

    @property
    def needs_care(self) -> bool:
        """Whether somebody has to do something before this organisation gets its mail."""
        return self in _NEEDS_CARE


_WORDS = {
    Reason.UNLISTED: "no longer in the list",
    Reason.WAIVED: "need not answer",
    Reason.NO_ADDRESS: "no address in the list",
    Reason.BAD_ADDRESS: "no mail can be sent to the address in the list",
    Reason.SENT: "sent already",
    Reason.DRAFTED: "written as a draft already",
    Reason.DOUBTFUL: "a mail may have been sent or not, which a person has to find out",
    Reason.BOUNCED: "the last mail came back; the address is still the same",
    Reason.REFUSED: "the mail server refused the last mail; the address is still the same",
    Reason.ANSWERED: "answered already",
    Reason.HELD: "a return of theirs waits for a decision",
    Reason.WITHDRAWN: "took their return back; whether to ask again is for a person to say",
    Reason.NOT_INVITED: "not invited yet",
    Reason.TODAY: "got a mail today already",
    Reason.NOTHING: "nothing to tell them",
    Reason.NOT_MADE: "what would be attached could not be made",
    Reason.LATER: "left for the next run",
}

_NEEDS_CARE = frozenset(
    (
        Reason.NO_ADDRESS, Reason.BAD_ADDRESS, Reason.DOUBTFUL, Reason.BOUNCED, Reason.REFUSED, Reason.HELD,
        Reason.NOT_INVITED, Reason.NOT_MADE,
    )
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What is on record of one organisation in the round."""

    organisation: Asked
    mails: Sequence[Mail] = ()
    returns: Sequence[Received] = ()
    waived: bool = False


@dataclass(frozen=True)
class Due:
    """A mail that is to go out.

    ``begun`` is the record of an earlier try that was certainly not sent: it goes on, with its Message-ID and serial.
    ``about`` is the return or release that it is about; ``returns`` the returns concerned.
    """

    organisation: Asked
    purpose: Purpose
    serial: int
    about: int | None = None
    begun: Mail | None = None
    returns: tuple[Received, ...] = ()

    @property
    def address(self) -> str:
        """Where it goes."""
        return self.organisation.email


@dataclass(frozen=True)
class LeftOut:
    """An organisation that gets no mail of this kind now; ``words`` say more where there is more to say."""

    organisation: Asked
    reason: Reason
    words: str = ""


@dataclass
class Dispatch:
    """What is to go out, and who is left out, both in the order of the records."""

    due: list[Due] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def _sound(_: str) -> str:
    return ""


def dispatch(
    purpose: Purpose,
    known: Iterable[Known],
    now: datetime,
    *,
    again: Collection[int] = (),
    release: int | None = None,
    address_fault: Callable[[str], str] = _sound,
) -> Dispatch:
    """Who is due to get a mail of one kind.

    :param now: the time, with its time zone: reminders go out once a day at most.
    :param again: the organisations, by number, that are to get the mail although they have had it.
    :param release: the number of the release that feedback is of.
    :param address_fault: says what is wrong with an address; nothing where mail can be sent to it.
    """
    found = Dispatch()
    for each in known:
        outcomes = _of_one(purpose, each, now, again=each.organisation.id in again, release=release)
        for outcome in outcomes:
            if isinstance(outcome, Due):
                fault = address_fault(outcome.address) if outcome.address else ""
                if not outcome.address:
                    outcome = Reason.NO_ADDRESS
                elif fault:
                    found.left_out.append(LeftOut(each.organisation, Reason.BAD_ADDRESS, fault))
                    continue
            if isinstance(outcome, Due):
                found.due.append(outcome)
            else:
                found.left_out.append(LeftOut(each.organisation, outcome))
    return found


def _of_one(
    purpose: Purpose, known: Known, now: datetime, *, again: bool, release: int | None
) -> Iterator[Due | Reason]:
    if not known.organisation.listed or known.organisation.forgotten_at:
        yield Reason.UNLISTED
        return
    if known.waived and purpose not in (Purpose.RECEIPT, Purpose.FEEDBACK):
        yield Reason.WAIVED
        return
    if purpose is Purpose.INVITATION:
        yield _invitation(known, again=again)
    elif purpose is Purpose.REMINDER:
        yield _reminder(known, now, again=again)
    else:
        abouts = list(_abouts(purpose, known.returns, release))
        new = 0
        for about, returns in abouts:
            step = _step(purpose, known, about, returns, again=again)
            if isinstance(step, Due) and step.begun is None:
                step = replace(step, serial=step.serial + new)  # several at once count on from one another
                new += 1
            yield step
        if not abouts:
            yield Reason.NOTHING


def _invitation(known: Known, *, again: bool) -> Due | Reason:
    step = _step(Purpose.INVITATION, known, again=again)
    if isinstance(step, Reason) or again:
        return step
    return _answered(known.returns) or step


def _reminder(known: Known, now: datetime, *, again: bool) -> Due | Reason:
    invitations = _of(known.mails, Purpose.INVITATION)
    reminders = _of(known.mails, Purpose.REMINDER)
    answered = _answered(known.returns)
    if answered is Reason.ANSWERED or (answered and not again):
        return answered
    if not any(mail.state in _DONE for mail in invitations):
        return _why_not_invited(invitations, known.organisation.email)
    if invitations[-1].state is MailState.BOUNCED:
        return Reason.BOUNCED if _same_address(invitations[-1], known.organisation) else Reason.NOT_INVITED
    if any(mail.state in _OPEN for mail in (invitations[-1], *reminders[-1:])):
        return Reason.DOUBTFUL
    had = [mail for mail in (*invitations, *reminders) if mail.state in _DONE]
    if not again and any(_day(mail.changed_at, now) == now.date() for mail in had):
        return Reason.TODAY
    # One that was sent is no reason against another one: what is asked here is only whether mail gets there.
    return _step(Purpose.REMINDER, known, again=again or bool(reminders and reminders[-1].state in _DONE))


def _why_not_invited(invitations: Sequence[Mail], address: str) -> Reason:
    if not invitations:
        return Reason.NOT_INVITED
    last = invitations[-1]
    if last.state in _OPEN:
        return Reason.DOUBTFUL
    if last.state is MailState.BOUNCED and last.address.casefold() == address.casefold():
        return Reason.BOUNCED
    return Reason.NOT_INVITED


def _abouts(
    purpose: Purpose, returns: Sequence[Received], release: int | None
) -> Iterator[tuple[int, tuple[Received, ...]]]:
    """What mails are to be sent about, with the returns concerned: one mail for each."""
    counting = tuple(each for each in returns if each.state.counts)
    if purpose is Purpose.RECEIPT:
        for each in returns:
            if each.state.counts or each.state is ReturnState.HELD:
                yield each.id, (each,)
    elif purpose is Purpose.TO_FIX:
        agreed = tuple(each for each in counting if each.share is Share.CONSENSUS)
        for each in agreed or counting:
            if each.errors or each.queries:
                yield each.id, (each,)
    elif purpose is Purpose.CONSENSUS:
        views = tuple(each for each in counting if each.share is Share.VIEW)
        if len(views) >= FEWEST_VIEWS and not any(each.share is Share.CONSENSUS for each in counting):
            yield max(each.id for each in views), views  # a further view makes a new mail due
    elif purpose is Purpose.FEEDBACK and release is not None:
        whole = tuple(each for each in counting if each.share is not Share.VIEW)
        if whole:
            yield release, whole


_DONE = frozenset((MailState.SENT, MailState.DRAFTED))
_OPEN = frozenset((MailState.SENDING, MailState.DOUBTFUL))


def _step(
    purpose: Purpose,
    known: Known,
    about: int | None = None,
    returns: tuple[Received, ...] = (),
    *,
    again: bool,
) -> Due | Reason:
    """What follows from the last mail of a kind, about the same thing: another try, a new mail, or none."""
    organisation = known.organisation
    all_of_kind = _of(known.mails, purpose)
    mails = [mail for mail in all_of_kind if mail.about == about]
    new = Due(organisation, purpose, max((mail.serial for mail in all_of_kind), default=0) + 1, about, returns=returns)
    if not mails:
        return new
    last = mails[-1]
    moved = not _same_address(last, organisation)
    if last.state in _OPEN:
        return Reason.DOUBTFUL
    if last.state in _DONE:
        return new if again else Reason(last.state.value)
    if last.state is MailState.BOUNCED:
        return new if again or moved else Reason.BOUNCED
    if moved:
        return new  # with a Message-ID of its own, so that what comes back is known to be of this address
    if last.said.startswith(REFUSED) and not again:
        return Reason.REFUSED
    return Due(organisation, purpose, last.serial, about, begun=last, returns=returns)


def _answered(returns: Sequence[Received]) -> Reason | None:
    """Why an organisation is not asked (again): it has answered, or is not waited for; nothing if it is."""
    if any(each.state.counts for each in returns):
        return Reason.ANSWERED
    if any(each.state is ReturnState.HELD for each in returns):
        return Reason.HELD
    last = max((each for each in returns if each.state is not ReturnState.SUPERSEDED), key=_by_id, default=None)
    return Reason.WITHDRAWN if last is not None and last.state is ReturnState.WITHDRAWN else None


def _by_id(received: Received) -> int:
    return received.id


def _of(mails: Iterable[Mail], purpose: Purpose) -> list[Mail]:
    return sorted((mail for mail in mails if mail.purpose is purpose), key=lambda mail: mail.serial)


def _same_address(mail: Mail, organisation: Asked) -> bool:
    return mail.address.casefold() == organisation.email.casefold()


def _day(moment: str, now: datetime) -> object:
    """The day of a time on record, where ``now`` is."""
    return datetime.fromisoformat(moment).astimezone(now.tzinfo).date()
