"""What the ledger says of the present."""

from __future__ import annotations

from kil_xlsx.core.collection import Event, MailState, ReturnState
from kil_xlsx.core.ledger import EVENTS, fold


def event(kind: str, **facts: int) -> Event:
    assert kind in EVENTS
    return Event(kind=kind, at="", **facts)  # type: ignore[arg-type]


def test_the_last_line_about_each_thing_counts() -> None:
    """A return that was accepted and then superseded is superseded; other lines about it change nothing."""
    told = fold(
        [
            event("received", received=1),
            event("accepted", received=1),
            event("received", received=2),
            event("held", received=2),
            event("query-opened", received=2, query=5),
            event("mail-failed", mail=3),
            event("mail-sent", mail=3),
            event("query-closed", received=2, query=5),
            event("accepted-with-queries", received=2),
            event("superseded", received=1),
            event("received-again", received=1),
            event("view", received=2),
            event("query-opened", mail=3, query=6),
            event("receipt-given", received=1, mail=3),
        ]
    )
    assert told.returns == {1: ReturnState.SUPERSEDED, 2: ReturnState.WITH_QUERIES}
    assert told.mails == {3: MailState.SENT}
    assert told.queries == {5: False, 6: True}
    assert told.forgotten == told.forgotten_returns == frozenset()


def test_what_was_forgotten_is_told() -> None:
    """All returns of an organisation, even those that were nobody's at first; and single ones."""
    told = fold(
        [
            event("held", received=1),
            event("accepted", received=1, organisation=7),
            event("held", received=2),
            event("accepted", received=3, organisation=8),
            event("forgotten", organisation=7),
            event("forgotten", received=2),
        ]
    )
    assert told.forgotten == {7}
    assert told.forgotten_returns == {1, 2}


def test_nothing_is_told_of_nothing() -> None:
    """An empty ledger is no error."""
    assert fold([]).returns == {}
