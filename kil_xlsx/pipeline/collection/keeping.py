"""What a person decides about an organisation or a return: that it need not answer, or takes its return back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kil_xlsx.core.collection import Asked, Event, Received, ReturnState
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.collection.judging import Judge
from kil_xlsx.pipeline.collection.naming import organisation_named
from kil_xlsx.pipeline.collection.place import moment

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Collection

LONGEST_WHY, LONGEST_ROLE = 500, 60
"""Characters."""


@dataclass(frozen=True)
class Waived:
    """An organisation that need not answer, or (``ended``) is asked again.  ``answered`` counts returns that count."""

    organisation: Asked
    ended: bool
    answered: int = 0


@dataclass(frozen=True)
class Withdrawn:
    """Returns that were taken back, or (``back``) count again.

    ``earlier`` are returns of the same organisation that were superseded and do not come back by themselves;
    ``replaced`` those whose place was taken; ``whole`` are views that stand for their organisation now, as no other
    view is left.  ``released`` are numbers of releases that the returns are part of.
    """

    returns: tuple[Received, ...]
    back: bool
    earlier: tuple[Received, ...] = ()
    replaced: tuple[Received, ...] = ()
    whole: tuple[Received, ...] = ()
    released: tuple[int, ...] = ()


def waive(collection: Collection, name: str, why: str, by: str = "", *, end: bool = False) -> Waived:
    """Put down that an organisation need not answer in this round, or that it is asked again.

    :param by: the role that decides; the settings' own, unless given.
    :raises UsageProblem: the organisation is not there, or that is so already.
    """
    why, by = said(why), role(collection, by)
    store = collection.store
    organisation = organisation_named(store, name)
    with store.transaction():
        is_waived = organisation.id in store.waived(collection.round_id)
        if end and not is_waived:
            raise UsageProblem(f"{organisation.name} is not excused from answering.", "Nothing has to be done.")
        if is_waived and not end:
            raise UsageProblem(f"{organisation.name} is excused from answering already.", "Nothing has to be done.")
        store.record(
            Event(
                kind="waiver-ended" if end else "waived", at=moment(), organisation=organisation.id,
                round_id=collection.round_id, by=by, why=why,
            )
        )  # fmt: skip
        answered = sum(
            each.state.counts for each in store.received(organisation=organisation.id, round_id=collection.round_id)
        )
    return Waived(organisation, end, answered)


def withdraw(collection: Collection, which: str, why: str, by: str = "", *, back: bool = False) -> Withdrawn:
    """Put down that an organisation takes its return back; or let one count again that counted once.

    :param which: an organisation, for all its returns of this round that count or wait; or a return by its number.
    :param back: let the return count again that was withdrawn or superseded; it takes the place of what counts now, but
        views stay beside what was agreed on, and a view comes back beside those of others.
    :raises UsageProblem: there is no such return, or nothing can be done about it.
    """
    why, by = said(why), role(collection, by)
    number = return_number(which)
    store = collection.store
    if number is None:
        organisation = organisation_named(store, which)
    with store.transaction():
        if number is not None:
            one = store.one_received(number)
            if one is None:
                raise UsageProblem(f"There is no return #{number}.", "'kil-xlsx show ORG' lists those there are.")
            return _back(collection, one, why, by) if back else _withdraw(collection, [one], why, by)
        theirs = store.received(organisation=organisation.id, round_id=collection.round_id)
        if back:
            raise UsageProblem(
                "Say which return is to count again, by its number.",
                f"{organisation.name} has sent: {_listed(theirs) or 'nothing'}.",
            )
        taken = [each for each in theirs if each.state.counts or each.state is ReturnState.HELD]
        if not taken:
            raise UsageProblem(
                f"{organisation.name} has no return in this round that counts or waits for a decision.",
                f"It has sent: {_listed(theirs) or 'nothing'}.",
            )
        return _withdraw(collection, taken, why, by)


def _withdraw(collection: Collection, taken: Sequence[Received], why: str, by: str) -> Withdrawn:
    store, judge = collection.store, Judge(collection, by=by)
    gone = [each for each in taken if each.state in (ReturnState.WITHDRAWN, ReturnState.REFUSED)]
    if gone:
        raise UsageProblem(f"Return #{gone[0].id} is {gone[0].state} already.", "Nothing has to be done.")
    numbers = [judge.withdraw(each, why).whole for each in taken]
    whose = {(each.organisation, each.round_id) for each in taken if each.organisation is not None}
    others = [each for one, round_id in whose for each in store.received(organisation=one, round_id=round_id)]
    counts = any(each.state.counts for each in others)
    earlier = () if counts else tuple(each for each in others if each.state is ReturnState.SUPERSEDED)
    released = [each.number for each in store.releases() if {one.sha256 for one in taken}.intersection(each.inputs)]
    done = tuple(one for each in taken if (one := store.one_received(each.id)) is not None)
    left = [store.one_received(number) for number in numbers if number is not None]
    whole = tuple(each for each in left if each is not None and each.state.counts)
    return Withdrawn(done, back=False, earlier=earlier, whole=whole, released=tuple(released))


_COUNTED = ("accepted", "accepted-with-queries")


def _back(collection: Collection, one: Received, why: str, by: str) -> Withdrawn:
    store = collection.store
    if one.state.counts:
        raise UsageProblem(f"Return #{one.id} counts already.", "Nothing has to be done.")
    counted = any(
        event.received == one.id and event.kind in _COUNTED for event in store.events(organisation=one.organisation)
    )
    if one.state not in (ReturnState.WITHDRAWN, ReturnState.SUPERSEDED) or one.organisation is None or not counted:
        raise UsageProblem(
            f"Return #{one.id} is {one.state}{'' if counted else ' and never counted'}.",
            "A return that waits is decided with 'kil-xlsx resolve', and 'kil-xlsx resolve --reopen' takes a decision "
            "back; for any other, ask for a new one.",
        )
    judged = Judge(collection, by=by).bring_back(one, why)
    replaced = [store.one_received(number) for number in judged.superseded]
    return Withdrawn((judged.received,), back=True, replaced=tuple(each for each in replaced if each is not None))


def said(why: str) -> str:
    """A reason as the ledger keeps it: one line.  UsageProblem if there is none, or it is too long."""
    line = " ".join(why.split())
    if not line or not line.isprintable():
        raise UsageProblem("A reason is missing.", 'Give it with --why "…": a few words, and no person\'s name.')
    if len(line) > LONGEST_WHY:
        raise UsageProblem(f"The reason is {len(line)} characters long.", f"Keep it to {LONGEST_WHY}.")
    return line


def role(collection: Collection, by: str) -> str:
    """Who decides: a role, not a person.  UsageProblem for what cannot be one."""
    line = " ".join((by or collection.role).split())
    if not line or len(line) > LONGEST_ROLE or not line.isprintable() or "@" in line:
        raise UsageProblem(
            f"'{line[:LONGEST_ROLE]}' is not a role.", "Name the role that decides, such as coordinator; no person."
        )
    return line


def return_number(text: str) -> int | None:
    """The number of a return that is written as ``#12``; nothing for anything else."""
    number = text.strip().removeprefix("#")
    return int(number) if text.strip().startswith("#") and number.isascii() and number.isdigit() else None


def _listed(returns: Sequence[Received]) -> str:
    return ", ".join(f"#{each.id} ({each.state}, received {each.received_at[:10]})" for each in returns[:8])
