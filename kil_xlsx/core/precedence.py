"""Which of several returns of one organisation counts.

A later return takes the place of an earlier one.  Whatever is not certain, a person decides, and always between two
returns: the one that is held, and its rival.  What is decided holds for these two alone; against all others a return is
judged by the rules, at the moment of the decision.

Whatever happens, at most one return stands for an organisation in a round, or else the views of at least two people do
(see :func:`clashes`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kil_xlsx.core.collection import Query, Received, ReturnState, Share
from kil_xlsx.core.names import folded
from kil_xlsx.core.queries import WHICH, Doubt

_Numbers = frozenset[int]


@dataclass(frozen=True)
class Standing:
    """Whether a return counts beside the others of its organisation.

    ``supersedes`` are the numbers of those whose place it takes; ``views`` of those that are one person's view from now
    on; ``unsettles`` of those that have to be decided about again, with the reason.  ``share`` is what it is of, if
    that may change.
    """

    state: ReturnState
    supersedes: tuple[int, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    share: Share | None = None
    views: tuple[int, ...] = ()
    unsettles: tuple[tuple[int, Doubt], ...] = ()


@dataclass(frozen=True)
class Ruled:
    """What people have decided between a return and others of its organisation, by the numbers of these."""

    later_than: _Numbers = frozenset()
    earlier_than: _Numbers = frozenset()
    beside: _Numbers = frozenset()
    """Those of different people."""


def ruled(number: int, queries: Iterable[Query]) -> Ruled:
    """What has been decided between a return and others; the last decision between two of them holds.

    Which one is the later says nothing any more once one of the two has come again.

    :param queries: all of the organisation, in the order in which they arose, open ones too.
    """
    every = list(queries)
    again = {each.received: each.id for each in every if each.code == "came-again"}
    found: dict[int, str] = {}
    for each in every:
        if each.code not in WHICH or each.rival is None or number not in (each.received, each.rival):
            continue
        mine = each.received == number
        other = each.rival if mine else each.received
        is_old = each.id < max(again.get(number, 0), again.get(other, 0))
        if other is None or (each.decision == "later" and is_old):
            continue
        if each.decision in ("later", "both"):
            found[other] = each.decision if mine or each.decision == "both" else "earlier"

    def those(how: str) -> _Numbers:
        return frozenset(other for other, decision in found.items() if decision == how)

    return Ruled(those("later"), those("earlier"), those("both"))


@dataclass(frozen=True)
class _Beside:
    """A return, the others of its organisation, and what is known of the two of them."""

    new: Received
    others: Sequence[Received]
    ruled: Ruled
    stranger: bool

    def apart(self, other: Received) -> bool:
        """Whether another return is taken for one of another person, until somebody says otherwise.

        That a stranger has the same role tells nothing: every organisation has a clerk.
        """
        return not _same_words(self.new.sender, other.sender) if self.stranger else different_people(self.new, other)


def standing(
    new: Received, others: Iterable[Received], ruled: Ruled = Ruled(), *, stranger: bool = False
) -> Standing:  # fmt: skip
    """Where a return stands whose organisation is known and whose identity nobody doubts (any more).

    A later return takes the place of an earlier one of the same person or, where nothing tells people apart, of the
    organisation.  Dates of mails say which is later; else the run of import in which each came in.  What several have
    agreed on takes the place of what came before it, and nothing takes its place unasked.

    :param others: all returns of the organisation in the round; the new one among them does not matter.
    :param ruled: what has been decided between it and others.
    :param stranger: a person has said whose it is, and nothing in it does: it takes nobody's place unasked.
    """
    theirs = [each for each in others if each.id != new.id]
    current = [each for each in theirs if each.state.counts]
    if any(each.id in ruled.earlier_than for each in current):
        return Standing(ReturnState.SUPERSEDED)
    beaten = [each for each in current if each.id in ruled.later_than]
    if new.share is not Share.CONSENSUS and any(each.share is Share.CONSENSUS for each in beaten):
        beaten += [each for each in current if each.share is Share.VIEW and each not in beaten]  # they went into it
    rest = [each for each in current if each not in beaten]
    beside = _Beside(new, theirs, ruled, stranger)
    found = _agreed_on(beside, rest) if new.share is Share.CONSENSUS else _single(beside, rest)
    if not found.state.counts:
        return found
    return replace(found, supersedes=(*(each.id for each in beaten), *found.supersedes))


def _single(beside: _Beside, rest: Sequence[Received]) -> Standing:
    """One person's return beside those that count, without any that it is known to take the place of."""
    new = beside.new
    agreed = next((each for each in rest if each.share is Share.CONSENSUS), None)
    if agreed is not None:
        if agreed.digest == new.digest or _by_date(new, agreed) < 0:
            return Standing(ReturnState.SUPERSEDED)
        return _held(Doubt("after-consensus", expected=agreed.name, rival=agreed.id))
    views = [each for each in rest if each.share is Share.VIEW]
    known = [each for each in rest if each.id in beside.ruled.beside]
    if not views and not known:
        other = next((each for each in rest if beside.apart(each) and each.digest != new.digest), None)
        return _against(beside, rest, Share.WHOLE) if other is None else _held(_second(new, other))
    if known:
        rivals = [each for each in rest if each not in known and _is_one_person(new, each)]
    else:
        rivals = [each for each in views if not beside.apart(each)]
        if not rivals:
            return _held(_second(new, views[-1]))
    found = _against(beside, rivals, Share.VIEW)
    if not found.state.counts:
        return found
    left = [each for each in rest if each.id not in found.supersedes]
    if not left:
        return replace(found, share=Share.WHOLE)
    return replace(found, views=tuple(each.id for each in left if each.share is Share.WHOLE))


def _agreed_on(beside: _Beside, rest: Sequence[Received]) -> Standing:
    """What several people have agreed on: single views stay beside it, a whole return that is later is asked about."""
    new = beside.new
    found = _against(beside, [each for each in rest if each.share is Share.CONSENSUS], None)
    if not found.state.counts:
        return found
    wholes = [each for each in rest if each.share is Share.WHOLE]
    later = [each for each in wholes if _by_date(each, new) > 0 and each.digest != new.digest]
    doubt = Doubt("after-consensus", expected=new.name, rival=new.id)
    return replace(
        found,
        supersedes=(*found.supersedes, *(each.id for each in wholes if each not in later)),
        unsettles=tuple((each.id, doubt) for each in later),
    )


def _against(beside: _Beside, rivals: Sequence[Received], share: Share | None) -> Standing:
    """A return against those whose place it may take."""
    new = beside.new
    for each in rivals:
        order = which_is_later(new, each)
        if order is None and each.digest != new.digest:
            return _held(Doubt("order-unknown", expected=each.name, rival=each.id))
        if order is not None and order < 0:
            return Standing(ReturnState.SUPERSEDED, share=share)
    if any(not _by_date(new, each) for each in rivals):
        before = _later_by_its_date(beside)
        if before is not None:
            return _held(Doubt("order-unknown", expected=before.name, rival=before.id))
    return Standing(counting_state(new), tuple(each.id for each in rivals), share=share)


def _later_by_its_date(beside: _Beside) -> Received | None:
    """A superseded return that was sent later than this one.

    Where one without a date stands between the two, the runs of import say that this one is the last, and the dates say
    that it is not.
    """
    new = beside.new
    for each in beside.others:
        is_same_kind = (each.share is Share.CONSENSUS) == (new.share is Share.CONSENSUS)
        is_settled = each.id in beside.ruled.later_than or each.id in beside.ruled.beside
        if each.state is not ReturnState.SUPERSEDED or not is_same_kind or is_settled or different_people(new, each):
            continue
        if each.digest != new.digest and _by_date(new, each) < 0:
            return each
    return None


def _held(doubt: Doubt) -> Standing:
    return Standing(ReturnState.HELD, doubts=(doubt,))


def _second(new: Received, other: Received) -> Doubt:
    if folded(new.person) and folded(other.person) and not _same_words(new.person, other.person):
        return Doubt("second-person", found=new.person, expected=other.person, rival=other.id)
    return Doubt("second-person", found=new.sender or new.name, expected=other.sender or other.name, rival=other.id)


# What comes back, and what is left


def coming_back(
    one: Received, others: Iterable[Received], ruled: Ruled = Ruled(), were_views: Collection[int] = ()
) -> Standing:  # fmt: skip
    """Where a return stands that a person lets count again: it takes the place of what counts now.

    Views stay beside what was agreed on, and a view comes back beside those of others.

    :param others: all returns of the organisation in the round; the one itself among them does not matter.
    :param were_views: numbers of those that were views, and stand for the organisation as no other view was left.
    """
    current = [each for each in others if each.id != one.id and each.state.counts]
    if one.share is not Share.VIEW:
        stay = [each for each in current if one.share is Share.CONSENSUS and each.share is Share.VIEW]
        replaced = [each for each in current if each not in stay]
        return Standing(counting_state(one), tuple(each.id for each in replaced), share=one.share)

    def is_others(each: Received) -> bool:
        return different_people(one, each) or each.id in ruled.beside

    again = [each for each in current if each.share is Share.WHOLE and each.id in were_views and is_others(each)]
    wholes = [each.id for each in current if each.share is Share.WHOLE and each not in again]
    own = [each.id for each in current if each.share is Share.VIEW and not is_others(each)]
    left = [each for each in current if each.id not in (*wholes, *own)]
    share = Share.VIEW if left else Share.WHOLE
    return Standing(counting_state(one), (*wholes, *own), share=share, views=tuple(each.id for each in again))


def made_room(others: Iterable[Received], took: Collection[int]) -> tuple[int, ...]:
    """Which returns count again when the one that took their place does not any more.

    :param others: all other returns of the organisation in the round.
    :param took: the numbers of those whose place it took; none of them counts again where that cannot be, as something
        else counts by now.
    """
    theirs = list(others)
    back = [each for each in theirs if each.id in took and each.state is ReturnState.SUPERSEDED]
    counting = [each for each in theirs if each.state.counts]
    shares = [each.share for each in (*counting, *back)]
    whole = sum(share is not Share.VIEW for share in shares)
    is_possible = whole <= 1 and not (Share.WHOLE in shares and Share.VIEW in shares)
    return tuple(each.id for each in back) if is_possible else ()


def lone_view(returns: Iterable[Received]) -> Received | None:
    """The view that stands for its organisation, as there is nobody (any more) to agree with; nothing if there is none.

    :param returns: all of an organisation in a round.
    """
    counting = [each for each in returns if each.state.counts]
    return counting[0] if len(counting) == 1 and counting[0].share is Share.VIEW else None


def clashes(returns: Iterable[Received]) -> Iterator[str]:
    """What must not be among the returns of an organisation in a round, whatever happened."""
    counting = [each for each in returns if each.state.counts]
    numbers = {
        share: [f"#{each.id}" for each in counting if each.share is share]
        for share in (Share.WHOLE, Share.CONSENSUS, Share.VIEW)
    }
    whole, agreed, views = numbers.values()
    if len(whole) + len(agreed) > 1:
        yield f"Returns {', '.join((*whole, *agreed))} all stand for one organisation in one round."
    if whole and views:
        yield f"Return {whole[0]} stands for an organisation beside views of single people ({', '.join(views)})."
    if len(views) == 1 and not whole and not agreed:
        yield f"Return {views[0]} is one person's view, and there is no other: it stands for nobody."


# People and dates


def counting_state(new: Received) -> ReturnState:
    """The state of a return that counts."""
    return ReturnState.WITH_QUERIES if new.errors or new.queries else ReturnState.ACCEPTED


def _is_one_person(one: Received, other: Received) -> bool:
    """Whether something says that two returns are from the same person.

    Many an organisation has one address for all; so where the roles have nothing in common, the address says nothing.
    """
    if _same_words(one.person, other.person):
        return True
    roles, others = _roles(one.person), _roles(other.person)
    return _same_words(one.sender, other.sender) and not (roles and others and roles.isdisjoint(others))


def _roles(person: str) -> frozenset[str]:
    """The roles of those who took part, as they are listed in one line."""
    return frozenset(filter(None, map(folded, re.split(r"[,;/&+]|\band\b", person))))


def different_people(one: Received, other: Received) -> bool:
    """Whether two returns are from different people, as far as roles and addresses tell."""
    if _is_one_person(one, other):
        return False
    return bool(one.sender and other.sender) or bool(folded(one.person) and folded(other.person))


def _same_words(one: str, other: str) -> bool:
    return bool(folded(one)) and folded(one) == folded(other)


def which_is_later(one: Received, other: Received) -> int | None:
    """1 if the first is the later one, -1 if it is the earlier one, nothing if that cannot be told."""
    by_date = _by_date(one, other)
    if by_date:
        return by_date
    if one.batch != other.batch:
        return 1 if one.batch > other.batch else -1
    return None


def _by_date(one: Received, other: Received) -> int:
    """Which is later by the dates of the mails; 0 if these do not say."""
    first, second = _sent(one), _sent(other)
    if not first or not second:
        return 0
    return (first > second) - (first < second)


def _sent(received: Received) -> str:
    """When a return was sent; empty if that is not known.

    A date after the one of arrival is not believed: the sender's clock is wrong, and all that is ever sent later would
    seem to be the earlier.
    """
    is_believed = not received.received_at or received.sent_at <= received.received_at
    return received.sent_at if is_believed else ""
