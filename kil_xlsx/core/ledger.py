"""The ledger's words: what can happen in a collection.  The ledger is only ever added to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kil_xlsx.core.collection import Event, MailState, ReturnState

EVENTS: dict[str, str] = {
    # The collection
    "collection-made": "The collection was made.",
    "list-changed": "The list of organisations was changed.",
    "release-made": "A benchmark release was made.",
    # Out
    "workbook-made": "A workbook was made.",
    "mail-sent": "A mail was sent.",
    "mail-drafted": "A mail was written as a draft.",
    "mail-failed": "A mail could not be sent.",
    "mail-doubtful": "It is not known whether a mail was sent.",
    "mail-bounced": "A mail came back as not to be delivered.",
    "mail-delayed": "A mail server says that a mail is delayed.",
    "away": "An automatic reply came.",
    "replied": "A mail without a workbook came.",
    # In
    "received": "A return was received.",
    "received-again": "The same file was received again.",
    "assigned": "It was decided whose the return is.",
    "accepted": "The return was accepted.",
    "accepted-with-queries": "The return was accepted, with queries.",
    "held": "The return waits for a decision.",
    "refused": "The return was refused.",
    "superseded": "The return was superseded by a later one.",
    "withdrawn": "The return was withdrawn.",
    "view": "The return was taken as one person's view.",
    "whole": "The return was taken as the whole organisation's answer, as no other view counts.",
    "consensus": "The return was taken as what several people agreed on.",
    "receipt-given": "A receipt was given.",
    "unusable": "Something came that could not be opened.",
    # Decisions
    "query-opened": "A query was opened for a person.",
    "query-closed": "A query was decided.",
    "query-reopened": "A decision was taken back.",
    "waived": "The organisation need not answer.",
    "waiver-ended": "The organisation is asked again.",
    # Data protection
    "forgotten": "All that the organisation sent was removed.",
}
"""What each kind of event says."""


@dataclass(frozen=True)
class Told:
    """What the ledger says of the present: what became of each return and mail, and which queries are open.

    ``owners`` are the organisations of returns, where that is known.
    ``forgotten`` are organisations of which only the lines of the ledger are left, and ``forgotten_returns`` returns.
    """

    returns: Mapping[int, ReturnState]
    mails: Mapping[int, MailState]
    queries: Mapping[int, bool]
    owners: Mapping[int, int | None]
    forgotten: frozenset[int]
    forgotten_returns: frozenset[int]


_RETURNS = {state.value: state for state in ReturnState}
_MAILS = {
    "mail-sent": MailState.SENT,
    "mail-drafted": MailState.DRAFTED,
    "mail-failed": MailState.FAILED,
    "mail-doubtful": MailState.DOUBTFUL,
    "mail-bounced": MailState.BOUNCED,
}
_QUERIES = {"query-opened": True, "query-reopened": True, "query-closed": False}
_WHOSE = frozenset(("received", "assigned"))
"""The lines that say whose a return is; without an organisation, that this is not known (any more)."""


def fold(events: Iterable[Event]) -> Told:
    """The present, worked out from the ledger alone: the last line about each thing counts.

    :param events: in the order in which they were recorded.
    """
    returns: dict[int, ReturnState] = {}
    mails: dict[int, MailState] = {}
    queries: dict[int, bool] = {}
    whose: dict[int, int | None] = {}
    forgotten: set[int] = set()
    gone: set[int] = set()
    for event in events:
        if event.kind == "forgotten":
            forgotten.update([event.organisation] if event.organisation is not None else [])
            gone.update([event.received] if event.received is not None else [])
        elif event.received is not None and event.kind in _RETURNS:
            returns[event.received] = _RETURNS[event.kind]
        if event.received is not None and (event.organisation is not None or event.kind in _WHOSE):
            whose[event.received] = event.organisation
        if event.mail is not None and event.kind in _MAILS:
            mails[event.mail] = _MAILS[event.kind]
        if event.query is not None and event.kind in _QUERIES:
            queries[event.query] = _QUERIES[event.kind]
    gone.update(number for number, one in whose.items() if one in forgotten)
    return Told(returns, mails, queries, whose, frozenset(forgotten), frozenset(gone))
