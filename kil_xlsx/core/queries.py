"""What a collection asks a person: the kinds of query, and the decisions that may be made about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class QueryKind:
    """What a kind of query says, what may be done, and whether the return waits for it.

    ``choices`` are the decisions that may be made, with what each does.
    """

    message: str
    remedy: str
    holds: bool
    choices: Mapping[str, str]


_TAKE = {
    "accept": "It is this organisation's, and counts.",
    "as": "It is another organisation's, which is named, and counts for that one.",
    "reject": "It does not count.",
}
_KEEP = {"accept": "It is as it should be.", "reject": "The return does not count."}

QUERIES: dict[str, QueryKind] = {
    "reference-missing": QueryKind(
        "The workbook does not say whose it is: its reference code is gone or damaged.",
        "Ask the sender, then say whose it is.",
        True,
        {"as": "It is the organisation's that is named, and counts.", "reject": _TAKE["reject"]},
    ),
    "reference-unknown": QueryKind(
        "The workbook has a reference code that this collection did not make.",
        "It may be a blank workbook, one of another collection, or one whose code was changed. Ask the sender.",
        True,
        {"as": "It is the organisation's that is named, and counts.", "reject": _TAKE["reject"]},
    ),
    "round-other": QueryKind(
        "The workbook was made for another round.",
        "Ask the sender for this round's workbook, or say for which of the two rounds it counts.",
        True,
        {
            "accept": "It counts for this round.",
            "then": "It counts for the round that it was made for.",
            "reject": _TAKE["reject"],
        },
    ),
    "relabelled": QueryKind(
        "What the workbook says of itself is not what was sent out under its reference code.",
        "Somebody may have copied a code into another workbook. Ask the sender whose answers these are.",
        True,
        _TAKE,
    ),
    "forwarded": QueryKind(
        "The workbook was made for one organisation, and came from the address of another.",
        "Ask the sender whose answers these are.",
        True,
        _TAKE,
    ),
    "organisation-differs": QueryKind(
        "The name or registered number that was filled in is that of another organisation on the list.",
        "Ask the sender whose answers these are.",
        True,
        _TAKE,
    ),
    "number-differs": QueryKind(
        "The registered number that was filled in is not the one on the list.",
        "Check the number on the register; put the list right, or ask the sender.",
        True,
        _TAKE,
    ),
    "number-shared": QueryKind(
        "Another organisation has filled in the same registered number.",
        "Check both numbers on the register, and ask both senders.",
        True,
        _TAKE,
    ),
    "name-differs": QueryKind(
        "The name that was filled in is not the one on the list.",
        "It may be a spelling, or the workbook may have been passed on.",
        False,
        _KEEP,
    ),
    "sender-unknown": QueryKind(
        "The return came from an address of nobody on the list.",
        "Its reference code is right; check that the organisation knows of it.",
        False,
        _KEEP,
    ),
    "unlisted": QueryKind(
        "The organisation no longer stands on the list.",
        "Put it back on the list, or turn the return down.",
        True,
        {"accept": "It counts all the same.", "reject": _TAKE["reject"]},
    ),
    "came-again": QueryKind(
        "The same file came once more, after it had been withdrawn or turned down.",
        "Ask the sender whether it is to count now.",
        True,
        {
            "accept": "It counts now.",
            "as": _TAKE["as"],
            "reject": "It does not count; nothing else changes.",
        },
    ),
    "nothing-new": QueryKind(
        "The workbook came back as it was sent out: nobody has filled in anything.",
        "Ask the sender whether they attached the right file.",
        True,
        {"accept": "It counts all the same.", "reject": _TAKE["reject"]},
    ),
    "second-person": QueryKind(
        "Somebody else of the same organisation has answered already.",
        "Both may stand as views of two people until they have agreed; or one takes the place of the other.",
        True,
        {
            "both": "Both stand as views; send them a workbook for what they agree on (kil-xlsx consensus).",
            "later": "This one takes the place of that one.",
            "reject": "This one does not count; the earlier one stays.",
        },
    ),
    "order-unknown": QueryKind(
        "Two different returns of this organisation came, and nothing says which is the later one.",
        "Ask the sender which one counts.",
        True,
        {
            "later": "This one is the later one, and counts.",
            "reject": "This one is the earlier one, and does not count.",
        },
    ),
    "after-consensus": QueryKind(
        "The organisation has sent what its people agreed on, and now another return came.",
        "Ask whether it takes the place of what they agreed on.",
        True,
        {"later": "It takes the place of what was agreed on.", "reject": "It does not count."},
    ),
    "cannot-open": QueryKind(
        "Something came that could not be opened, so it is not known what is in it.",
        "Open it by hand and import what is in it, or ask the sender to attach the workbook itself.",
        False,
        {"accept": "It has been dealt with."},
    ),
    "mail-doubtful": QueryKind(
        "The program was stopped while this mail was being handed over; it may have been sent or not.",
        "Look into the folder of sent mails or the server's log, or ask the organisation.",
        False,
        {"sent": "It was sent.", "again": "It was not sent: the next run sends it."},
    ),
}
"""The kinds of query, by code."""

WHOSE = frozenset(
    (
        "reference-missing", "reference-unknown", "relabelled", "forwarded", "organisation-differs", "number-differs",
        "number-shared", "name-differs", "sender-unknown", "unlisted", "came-again",
    )
)  # fmt: skip
"""Queries that are answered when a person says whose a return is."""

WHICH = frozenset(("second-person", "order-unknown", "after-consensus"))
"""Queries between a return and others of the same organisation."""


@dataclass(frozen=True)
class Doubt:
    """A reason to ask a person, before it is recorded as a query.

    ``rival`` is the number of the return that the decision is made against, where it is one of :data:`WHICH`.
    """

    code: str
    found: str = ""
    expected: str = ""
    rival: int | None = None

    @property
    def holds(self) -> bool:
        """Whether the return waits for the decision."""
        return QUERIES[self.code].holds
