"""What came back: every entry of one organisation's workbook, with its state and where it stood.

Three ways of not being answered stay apart everywhere: *unanswered*, *not applicable* and *don't know*.  Zero is none
of them: it is an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct, field


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
    CONFIRM = "confirm"


class Key(NamedTuple):
    """Which entry: the item's id, the part, and for tables the row (from 1) and the column's id."""

    item: str
    part: str = Part.ANSWER
    row: int = 0
    column: str = ""


Typed = str | float | bool | None
"""What stands in a cell: text, a number (dates are serial numbers), a logical value, or nothing."""


class Place(Struct, frozen=True, gc=False):
    """Where an entry stood."""

    sheet: str
    cell: str


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
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


class Touch(StrEnum):
    """What became of an item that was filled in beforehand with what an earlier return said."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    UNTOUCHED = "untouched"


class Return(Struct, frozen=True, dict=True):
    """The entries of one organisation for one round.

    ``carried`` is what stood in the cells when the workbook was sent out, taken over from an earlier return.
    """

    entries: Mapping[Key, Entry]
    carried: Mapping[Key, Typed] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry], carried: Mapping[Key, Typed] | None = None) -> Return:
        """A return from entries; a key given twice is a mistake: ValueError."""
        collected: dict[Key, Entry] = {}
        for entry in entries:
            if entry.key in collected:
                raise ValueError(f"entry {entry.key} is given twice")
            collected[entry.key] = entry
        return cls(collected, carried or {})

    def get(self, item: str, part: str = Part.ANSWER, row: int = 0, column: str = "") -> Entry:
        """The entry of that key; a blank one where there is none."""
        # A plain tuple is found as well, and takes less time to make than a key.
        found = self.entries.get((item, part, row, column))  # type: ignore[call-overload]
        return found or Entry(key=Key(item, part, row, column))

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

    def touch(self, item: str, row: int = 0) -> Touch | None:
        """What became of an item, or of a row of a table, that was carried over; none where nothing was.

        It is changed as soon as one of the cells that were filled in beforehand holds something else.
        """
        mine = self.carried_items.get((item, row), ())
        if not mine:
            return None
        if any(not same(self.get(*key).typed, self.carried[key]) for key in mine):
            return Touch.CHANGED
        confirmed = self.get(item, Part.CONFIRM, row).state is State.ANSWERED
        return Touch.CONFIRMED if confirmed else Touch.UNTOUCHED

    @cached_property
    def carried_items(self) -> Mapping[tuple[str, int], tuple[Key, ...]]:
        """The items that were carried over, in order, with the row for those of tables: the keys of their cells."""
        found: dict[tuple[str, int], tuple[Key, ...]] = {}
        for key in self.carried:
            found[key.item, key.row] = (*found.get((key.item, key.row), ()), key)
        return found

    @property
    def untouched(self) -> int:
        """How many items that were carried over are neither confirmed nor changed."""
        return sum(self.touch(item, row) is Touch.UNTOUCHED for item, row in self.carried_items)


def text_of(typed: Typed) -> str:
    """A cell's content as text: whole numbers without a decimal point, logical values as a spreadsheet shows them."""
    if isinstance(typed, bool):
        return "TRUE" if typed else "FALSE"
    if isinstance(typed, float) and typed.is_integer() and abs(typed) < 1e15:
        return str(int(typed))
    return "" if typed is None else str(typed)


def same(typed: Typed, before: Typed) -> bool:
    """Whether two cells hold the same, as a spreadsheet compares: letters in either case are alike."""
    return text_of(typed).casefold() == text_of(before).casefold()
