"""What is due to go out now, and by which way things go out and come in.

What people are told to do next is worked out by the same rules as what is done when they do it.
"""

from __future__ import annotations

from collections.abc import Collection as Numbers
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from kil_xlsx.core.collection import Purpose
from kil_xlsx.core.dispatch import NAMES_THE_DAY, Due, Reason, dispatch
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.collection.recipients import known

if TYPE_CHECKING:
    from kil_xlsx.core.settings import Settings
    from kil_xlsx.pipeline.collection.place import Collection

TO_MEND = (Reason.NO_ADDRESS, Reason.BAD_ADDRESS, Reason.REFUSED, Reason.BOUNCED)
"""Why organisations get no mail until their address is put right in the list."""

_ASKING = (Purpose.INVITATION, Purpose.REMINDER, Purpose.TO_FIX, Purpose.CONSENSUS)


@dataclass(frozen=True)
class Ways:
    """How mails can go out and come in: whether there is a server and a mailbox.

    ``late`` is whether the return date has passed; ``list_name`` is the file with the organisations.
    """

    can_send: bool = False
    has_mailbox: bool = False
    late: bool = False
    list_name: str = "organisations.csv"

    def needs_consent(self, purpose: Purpose) -> bool:
        """Whether mails of a kind go out only if somebody says that it does not matter that the day has passed."""
        return self.late and purpose in NAMES_THE_DAY


def ways(settings: Settings, today: date) -> Ways:
    """How mails can go out and come in, by the settings."""
    said = settings.collection
    return Ways(
        can_send=settings.smtp is not None and bool(settings.smtp.host),
        has_mailbox=settings.imap is not None and bool(settings.imap.host),
        late=said.due is not None and said.due < today,
        list_name=said.organisations,
    )


@dataclass(frozen=True)
class Outgoing:
    """What is due now: by purpose, the numbers of the organisations.

    ``to_mend`` are those that get nothing until their address is put right, by why; each is in one of them.
    """

    due: Mapping[Purpose, frozenset[int]] = field(default_factory=dict)
    to_mend: Mapping[Reason, frozenset[int]] = field(default_factory=dict)

    def count(self, purpose: Purpose) -> int:
        """How many organisations are due a mail of one kind."""
        return len(self.due.get(purpose, ()))


def outgoing(collection: Collection, now: datetime, only: Numbers[int] | None = None) -> Outgoing:
    """What is due to go out now.

    :param now: the time; without a time zone, where the program runs.
    :param only: the numbers of the organisations that matter; without it, all do.
    """
    from kil_xlsx.mail.outgoing import address_fault

    facts = known(collection, only)
    found: dict[Purpose, frozenset[int]] = {}
    to_mend: dict[int, Reason] = {}
    for purpose in Purpose:
        release = _release(collection) if purpose is Purpose.FEEDBACK else None
        done = dispatch(purpose, facts, now.astimezone(), release=release, address_fault=address_fault)
        due = [each for each in done.due if purpose is not Purpose.TO_FIX or _for_sender(collection, each)]
        found[purpose] = frozenset(each.organisation.id for each in due)
        if purpose in _ASKING:
            for each in done.left_out:
                if each.reason in TO_MEND:
                    to_mend.setdefault(each.organisation.id, each.reason)
    by_reason = {why: frozenset(one for one, reason in to_mend.items() if reason is why) for why in TO_MEND}
    return Outgoing(found, {why: ids for why, ids in by_reason.items() if ids})


def _release(collection: Collection) -> int | None:
    """The number of the release that feedback is of; nothing where there is none."""
    from kil_xlsx.pipeline.collection.enclosures import newest

    try:
        return newest(collection)[0].number
    except UsageProblem:
        return None


def _for_sender(collection: Collection, due: Due) -> bool:
    """Whether a return has something that its sender can put right; else there is no copy to send."""
    from kil_xlsx.pipeline.marks import is_for_sender

    readings = [collection.store.reading(each.id, collection.made_with) for each in due.returns]
    return any(reading is None or any(map(is_for_sender, reading.problems)) for reading in readings)
