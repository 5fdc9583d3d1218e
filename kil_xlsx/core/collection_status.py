"""How a round stands: where each organisation is, how many have answered, who is late.

Every organisation has exactly one :class:`Standing`, so numbers of organisations by standing always add up.  Which one
it is follows one order of precedence, that of :data:`ORDER`: what came back says more than what went out, and a return
that counts says more than one that does not.

Files are counted apart from organisations, as several may come from one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from kil_xlsx.core.collection import Asked, Copy, Event, Mail, MailState, Purpose, Query, Received, ReturnState, Share
from kil_xlsx.core.quantiles import quartiles

_Of = TypeVar("_Of", Mail, Received, Copy)


class Standing(StrEnum):
    """Where an organisation is in a round."""

    UNLISTED = "unlisted"
    ACCEPTED = "accepted"
    WITH_QUERIES = "accepted-with-queries"
    VIEWS = "views"
    HELD = "held"
    WAIVED = "waived"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    SENT = "sent"
    BOUNCED = "bounced"
    DRAFTED = "drafted"
    DOUBTFUL = "doubtful"
    FAILED = "failed"
    NOT_MAILED = "not-mailed"
    NOTHING = "nothing-yet"


ORDER: Mapping[Standing, str] = {
    Standing.UNLISTED: "No longer on the list of organisations.",
    Standing.ACCEPTED: "A return counts, and nothing in it is to be put right.",
    Standing.WITH_QUERIES: "A return counts, and something in it is to be put right or explained.",
    Standing.VIEWS: "Views of single people came; what they agree on has not come yet.",
    Standing.HELD: "No return counts, and one waits for a decision.",
    Standing.WAIVED: "It need not answer, and no return of it counts or waits.",
    Standing.REFUSED: "The last file that came could not be used.",
    Standing.WITHDRAWN: "It took its return back, and nothing came since.",
    Standing.SUPERSEDED: "Its return was superseded by one that does not stand for it any more.",
    Standing.SENT: "It was asked by mail; nothing came back.",
    Standing.BOUNCED: "The last mail that asked it came back as not to be delivered.",
    Standing.DRAFTED: "A draft of the mail was written; whether it was sent is not known.",
    Standing.DOUBTFUL: "It is not known whether the mail was sent.",
    Standing.FAILED: "The mail could not be sent.",
    Standing.NOT_MAILED: "A workbook was made; no mail went out.",
    Standing.NOTHING: "Nothing was made or sent yet.",
}
"""What each standing means.  An organisation has the first that is true of it, but for those from ``refused`` to
``superseded``, where the file that came last decides, and those from ``sent`` on, where the mails do."""

ANSWERED = frozenset((Standing.ACCEPTED, Standing.WITH_QUERIES, Standing.VIEWS))
"""Those who have answered, in whole or in part."""

UNUSED = frozenset((Standing.REFUSED, Standing.WITHDRAWN, Standing.SUPERSEDED))
"""Something came, and none of it counts."""

OUT = frozenset(
    (Standing.SENT, Standing.BOUNCED, Standing.DRAFTED, Standing.DOUBTFUL, Standing.FAILED)
    + (Standing.NOT_MAILED, Standing.NOTHING)
)  # fmt: skip
"""Nothing came back."""

OWING = OUT | {Standing.REFUSED, Standing.SUPERSEDED}
"""Those who are still to answer.  Who took a return back is not: whether to ask again is for a person to say."""

ASKING = (Purpose.INVITATION, Purpose.REMINDER)
"""The mails that ask for a return."""


@dataclass(frozen=True)
class Records:
    """What is known of a round.  All records but organisations are those of the round.

    :param waived: the numbers of organisations that need not answer.
    :param queries: those that are open.
    """

    organisations: Sequence[Asked] = ()
    copies: Sequence[Copy] = ()
    mails: Sequence[Mail] = ()
    received: Sequence[Received] = ()
    queries: Sequence[Query] = ()
    waived: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Line:
    """An organisation and how it stands.

    ``current`` is the return that counts for it; ``came`` the day on which its first return that could be read was
    sent, or else came in; ``late`` whether that was after the due day; ``days_late`` by how many days a return came
    late, or is overdue (0: not late); ``queries`` the numbers of queries that wait for a person.
    """

    organisation: Asked
    standing: Standing
    current: Received | None = None
    received: tuple[Received, ...] = ()
    mails: tuple[Mail, ...] = ()
    reference: str = ""
    came: date | None = None
    days_late: int = 0
    queries: tuple[int, ...] = ()

    @property
    def owes(self) -> bool:
        """Whether it is still to answer."""
        return self.standing in OWING

    @property
    def late(self) -> bool:
        """Whether its return came after the due day, or is overdue."""
        return self.days_late > 0

    @property
    def asked(self) -> tuple[Mail, ...]:
        """The mails that asked it and were sent, bounced ones among them."""
        return tuple(each for each in self.mails if each.purpose in ASKING and each.state in _WENT)

    @property
    def completeness(self) -> float | None:
        """The share of applicable questions that the return that counts has answered, from 0 to 1."""
        return completeness(self.current) if self.current is not None else None


_WENT = (MailState.SENT, MailState.BOUNCED)


def completeness(received: Received) -> float | None:
    """The share of applicable questions that a return has answered, from 0 to 1; nothing where none apply."""
    return received.answered / received.applicable if received.applicable else None


def standing(
    organisation: Asked,
    *,
    mails: Iterable[Mail] = (),
    received: Iterable[Received] = (),
    waived: bool = False,
    made: bool = False,
) -> Standing:
    """How one organisation stands; all that is given is of it, and of the round.

    :param made: whether a workbook was made for it.
    """
    if not organisation.listed:
        return Standing.UNLISTED
    files = sorted(received, key=lambda each: each.id)
    counted = _current(files)
    if counted is not None and counted.share is Share.VIEW:
        return Standing.VIEWS
    if counted is not None:
        return Standing.ACCEPTED if counted.state is ReturnState.ACCEPTED else Standing.WITH_QUERIES
    if any(each.state is ReturnState.HELD for each in files):
        return Standing.HELD
    if waived:
        return Standing.WAIVED
    over = [each.state for each in files if each.state is not ReturnState.SUPERSEDED]
    if over:
        return Standing.REFUSED if over[-1] is ReturnState.REFUSED else Standing.WITHDRAWN
    if files:
        return Standing.SUPERSEDED
    return _by_mails(mails) or (Standing.NOT_MAILED if made else Standing.NOTHING)


def _current(files: Sequence[Received]) -> Received | None:
    """The return that counts: what several agreed on before a whole one, a view last; the last of each."""
    ranks = (Share.CONSENSUS, Share.WHOLE, Share.VIEW)
    counted = [each for each in files if each.state.counts]
    return min(counted, key=lambda each: (ranks.index(each.share), -each.id), default=None)


_BY_STATE = {
    MailState.SENT: Standing.SENT,
    MailState.BOUNCED: Standing.BOUNCED,
    MailState.DRAFTED: Standing.DRAFTED,
    MailState.DOUBTFUL: Standing.DOUBTFUL,
    MailState.SENDING: Standing.DOUBTFUL,
    MailState.FAILED: Standing.FAILED,
}


def _by_mails(mails: Iterable[Mail]) -> Standing | None:
    """Where an organisation is by the mails that asked it.

    The last that certainly went decides, as a reminder that fails does not undo the invitation; else the last.
    """
    asking = sorted((each for each in mails if each.purpose in ASKING), key=lambda each: each.id)
    went = [each for each in asking if each.state in _WENT]
    last = (went or asking)[-1:]
    return _BY_STATE[last[0].state] if last else None


def lines(records: Records, *, due: date | None, today: date, day_of: Callable[[str], date | None]) -> tuple[Line, ...]:
    """How every organisation that is not forgotten stands, in the order in which they became known.

    :param due: the day until which returns are due; a return of that day is in time.
    :param day_of: the day of a recorded time where the coordinator is.
    """
    mails = _by_organisation(records.mails)
    received = _by_organisation(each for each in records.received if each.organisation is not None)
    copies = _by_organisation(records.copies)
    owner = {each.id: each.organisation for each in records.received}
    addressed = {each.id: each.organisation for each in records.mails}
    queries: dict[int | None, list[int]] = {}
    for each in records.queries:
        whose = each.organisation or owner.get(each.received or 0) or addressed.get(each.mail or 0)
        queries.setdefault(whose, []).append(each.id)
    found = []
    for organisation in records.organisations:
        if organisation.forgotten_at:
            continue
        mine = tuple(sorted(received.get(organisation.id, ()), key=lambda each: each.id))
        sent = tuple(sorted(mails.get(organisation.id, ()), key=lambda each: each.id))
        made = copies.get(organisation.id, ())
        stands = standing(
            organisation, mails=sent, received=mine, waived=organisation.id in records.waived, made=bool(made)
        )
        came = _came(mine, day_of)
        until = today if stands in OWING else came
        found.append(
            Line(
                organisation=organisation,
                standing=stands,
                current=_current(mine),
                received=mine,
                mails=sent,
                reference=next((each.reference for each in made if each.share is Share.WHOLE), ""),
                came=came,
                days_late=max(0, (until - due).days) if due is not None and until is not None else 0,
                queries=tuple(queries.get(organisation.id, ())),
            )
        )
    return tuple(found)


def _came(files: Iterable[Received], day_of: Callable[[str], date | None]) -> date | None:
    """The day on which the first return that could be read was sent or, where that is not known, came in.

    A date of sending after that of arrival is not believed.
    """
    days = []
    for each in files:
        known = [day for day in (day_of(each.sent_at), day_of(each.received_at)) if day is not None]
        if known and each.state is not ReturnState.REFUSED:
            days.append(min(known))
    return min(days, default=None)


def _by_organisation(records: Iterable[_Of]) -> dict[int, list[_Of]]:
    found: dict[int, list[_Of]] = {}
    for each in records:
        if each.organisation is not None:
            found.setdefault(each.organisation, []).append(each)
    return found


@dataclass(frozen=True)
class Tally:
    """Some organisations by their standing.  ``listed`` is what the others add up to, those unlisted apart."""

    by_standing: Mapping[Standing, int]

    def of(self, *standings: Standing) -> int:
        """How many have one of some standings."""
        return sum(self.by_standing.get(each, 0) for each in standings)

    @property
    def listed(self) -> int:
        """How many stand on the list."""
        return sum(self.by_standing.values()) - self.of(Standing.UNLISTED)

    @property
    def expected(self) -> int:
        """Of how many a return is expected: those on the list but for those that need not answer and did not."""
        return self.listed - self.of(Standing.WAIVED)

    @property
    def answered(self) -> int:
        """How many have answered."""
        return self.of(*ANSWERED)

    @property
    def rate(self) -> float | None:
        """The share of those expected that have answered, from 0 to 1; nothing where nobody is expected to."""
        return self.answered / self.expected if self.expected else None


def tally(found: Iterable[Line]) -> Tally:
    """Some organisations counted by their standing."""
    return Tally(Counter(each.standing for each in found))


def grouped(found: Iterable[Line], label: Callable[[Asked], str]) -> tuple[tuple[str, Tally], ...]:
    """Organisations on the list, counted by group: by their labels, those without one last.

    Every organisation is in exactly one group.
    """
    groups: dict[str, list[Line]] = {}
    for each in found:
        if each.standing is not Standing.UNLISTED:
            groups.setdefault(" ".join(label(each.organisation).split()), []).append(each)
    order = sorted(groups, key=lambda name: (not name, name.casefold(), name))
    return tuple((name, tally(groups[name])) for name in order)


@dataclass(frozen=True)
class Range:
    """Median and range of some shares, each from 0 to 1, and how many there are."""

    of: int
    median: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Overview:
    """How a round stands.

    ``files`` counts what came in by what became of it; ``nobodys`` are files of which it is not known whose they are,
    which count for nobody.  ``days_left`` is negative once the due day has passed.
    """

    lines: tuple[Line, ...]
    total: Tally
    files: Mapping[ReturnState, int]
    nobodys: int
    completeness: Range | None
    days_left: int | None
    queries: tuple[Query, ...] = ()

    def whose(self, query: Query) -> int | None:
        """The organisation that a query is about: its own, or that of its return or mail; nothing if not known."""
        return next((each.organisation.id for each in self.lines if query.id in each.queries), query.organisation)

    @property
    def late_in(self) -> tuple[Line, ...]:
        """Those whose return came late, the latest first."""
        return _latest_first(each for each in self.lines if each.late and not each.owes and each.organisation.listed)

    @property
    def late_out(self) -> tuple[Line, ...]:
        """Those whose return is overdue."""
        return _latest_first(each for each in self.lines if each.late and each.owes)


def _latest_first(found: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(found, key=lambda each: -each.days_late))


def overview(records: Records, *, due: date | None, today: date, day_of: Callable[[str], date | None]) -> Overview:
    """How a round stands.  For the parameters see :func:`lines`."""
    found = lines(records, due=due, today=today, day_of=day_of)
    shares = [share for each in found if each.standing in ANSWERED and (share := each.completeness) is not None]
    spread = None
    if shares:
        spread = Range(len(shares), quartiles(shares).median, min(shares), max(shares))
    return Overview(
        lines=found,
        total=tally(found),
        files=Counter(each.state for each in records.received),
        nobodys=sum(each.organisation is None for each in records.received),
        completeness=spread,
        days_left=(due - today).days if due is not None else None,
        queries=tuple(records.queries),
    )


@dataclass(frozen=True)
class Wrote:
    """An organisation that wrote without a workbook, and the day on which that came in."""

    organisation: Asked
    day: date | None


WROTE_LATELY = 14
"""Days for which it is told that somebody has written; mails to many do not end it, as they answer no question."""

_SETTLES = frozenset(("received", "waived", "withdrawn"))
"""Events after which an earlier mail need not be told of any more."""


def wrote(
    found: Iterable[Line], events: Iterable[Event], *, today: date, day_of: Callable[[str], date | None]
) -> tuple[Wrote, ...]:
    """Those who wrote without a workbook lately, and nothing came from them since; who wrote first comes first.

    :param events: the lines of the ledger, in order.
    """
    last: dict[int, Event] = {}
    for each in events:
        if each.organisation is not None and (each.kind == "replied" or each.kind in _SETTLES):
            last[each.organisation] = each
    names = {each.organisation.id: each.organisation for each in found}
    mails = sorted((each for each in last.values() if each.kind == "replied"), key=lambda each: each.id)
    told = [(names.get(each.organisation or 0), day_of(each.at)) for each in mails]
    return tuple(
        Wrote(organisation, day)
        for organisation, day in told
        if organisation is not None and (day is None or (today - day).days <= WROTE_LATELY)
    )


def fields_of(organisations: Iterable[Asked], taken: Collection[str] = ()) -> tuple[str, ...]:
    """The fields that the list has about organisations, apart from their names and numbers.

    :param taken: names that are used already.
    """
    found: dict[str, None] = {}
    for each in organisations:
        own = (each.name, each.number, "")
        found |= dict.fromkeys(name for name, value in each.profile.items() if value not in own and name not in taken)
    return tuple(found)


def to_chase(found: Iterable[Line], *, queries: bool = False) -> tuple[Line, ...]:
    """Those who are still to answer and, if wanted, those whose return has errors or queries; the latest first."""
    wanted = (each for each in found if each.owes or (queries and each.standing is Standing.WITH_QUERIES))
    return tuple(sorted(wanted, key=lambda each: (not each.owes, -each.days_late)))
