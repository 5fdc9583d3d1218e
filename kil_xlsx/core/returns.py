"""What came back: every entry of one organisation's workbook, with its state and where it stood.

Three ways of not being answered stay apart everywhere: *unanswered*, *not applicable* and *don't know*.  Zero is none
of them: it is an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct


class State(StrEnum):
    """What an entry says."""

    ANSWERED = "answered"
    NOT_APPLICABLE = "not_applicable"
    DONT_KNOW = "dont_know"
    UNANSWERED = "unanswered"


class Outcome(StrEnum):
    """What became of an entry when it was read.  Every item has exactly one."""

    ACCEPTED = "accepted"
    BLANK = "blank"
    REFUSED = "refused"
    NOT_FOUND = "not_found"


class Part(StrEnum):
    """Which part of an item an entry is."""

    ANSWER = "answer"
    MISSING = "missing"
    REASON = "reason"
    EVIDENCE = "evidence"
    STRENGTH = "strength"
    TARGET = "target"
    ACTION = "action"
    OWNER = "owner"
    DUE = "due"
    NOTE = "note"
    EXPLANATION = "explanation"


class Key(NamedTuple):
    """Which entry: the item's id, the part, and for tables the row (from 1) and the column's id."""

    item: str
    part: str = Part.ANSWER
    row: int = 0
    column: str = ""


Typed = str | float | bool | None
"""What stands in a cell: text, a number (dates are serial numbers), a logical value, or nothing."""


class Place(Struct, frozen=True):
    """Where an entry stood."""

    sheet: str
    cell: str


class Entry(Struct, frozen=True, kw_only=True):
    """One thing that a respondent could enter.

    ``value`` is the number it stands for, ``code`` the code of the choice, ``text`` the words, or an ISO date;
    ``typed`` is what stood in the cell, whatever it was taken for.
    """

    key: Key
    state: State = State.UNANSWERED
    outcome: Outcome = Outcome.BLANK
    value: float | None = None
    code: str | None = None
    text: str | None = None
    typed: Typed = None
    place: Place | None = None


@dataclass(frozen=True)
class Return:
    """The entries of one organisation for one round."""

    entries: Mapping[Key, Entry]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Return:
        """A return from entries; a key given twice is a mistake: ValueError."""
        collected: dict[Key, Entry] = {}
        for entry in entries:
            if entry.key in collected:
                raise ValueError(f"entry {entry.key} is given twice")
            collected[entry.key] = entry
        return cls(collected)

    def get(self, item: str, part: str = Part.ANSWER, row: int = 0, column: str = "") -> Entry:
        """The entry of that key; a blank one where there is none."""
        key = Key(item, part, row, column)
        return self.entries.get(key) or Entry(key=key)

    def value(self, item: str, part: str = Part.ANSWER) -> float | None:
        """The number an entry stands for, if it is answered."""
        entry = self.get(item, part)
        return entry.value if entry.state is State.ANSWERED else None

    def text(self, item: str, part: str = Part.ANSWER) -> str:
        """The words of an entry, or an empty text."""
        return self.get(item, part).text or ""

    def figure(self, item: str) -> tuple[State, float | None]:
        """State and number of a figure: a number wins; else the reason given for having none decides."""
        entry = self.get(item)
        if entry.state is State.ANSWERED and entry.value is not None:
            return State.ANSWERED, entry.value
        return self.get(item, Part.MISSING).state, None
