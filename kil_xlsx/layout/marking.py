"""What a sender is asked to put right in a copy of what they sent, as data.

A :class:`Marking` belongs to the workbook that is made, not to the file that came back: its places are those of the
plan.  What :mod:`kil_xlsx.layout.sheets.to_fix` paints follows from it and from what stands in the cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Literal

from msgspec import Struct, field

from kil_xlsx.core.problems import Severity
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.layout.document import CellRef


class Until(StrEnum):
    """What tells that something was put right."""

    GIVEN = "given"
    """The cell holds something that can be used."""
    CHANGED = "changed"
    """The cell holds something else than when it was marked, and nothing that cannot be used."""
    CHECK = "check"
    """A check holds, or is explained."""
    REASON = "reason"
    """A question that needs a reason has one."""
    BOTH = "both"
    """A figure has no reason for being missing beside it."""


class Spot(Struct, frozen=True):
    """One place to look at.

    ``cell`` is where the note and the link go, ``key`` the cell to fill in there, if it is one; ``of`` is the id of
    the check, question or figure for the rules that concern one.
    """

    cell: CellRef
    key: Key | None = None
    until: Until = Until.CHANGED
    of: str = ""


class Mark(Struct, frozen=True):
    """One line of what is to be put right, in words for the sender.

    ``item`` is what the line is about: a code, or several in words.  It is done when all its spots are, or any of them
    where one is ``enough``; a line without spots is only told.
    """

    severity: Severity
    item: str
    sheet: str
    wrong: str
    found: str
    remedy: str
    spots: tuple[Spot, ...] = ()
    enough: bool = False


class Left(Struct, frozen=True):
    """Something of the sender's that has no place in the workbook: where it stood, what it is, and what it said."""

    kind: str
    sheet: str
    cell: str
    why: str
    found: str


class Marking(Struct, frozen=True, dict=True):
    """Everything to put right, in order; what could not be carried over; and what stood in the cells at that time.

    ``notes`` are the words for single cells; ``about`` begins the keys of the words that differ between what is to be
    put right ("fix") and what several people are to agree on ("agree").
    """

    marks: tuple[Mark, ...] = ()
    left: tuple[Left, ...] = ()
    held: Mapping[Key, Typed] = field(default_factory=dict)
    notes: Mapping[CellRef, str] = field(default_factory=dict)
    about: Literal["fix", "agree"] = "fix"

    @cached_property
    def cells(self) -> frozenset[Key]:
        """The cells to fill in that are marked: those with a note."""
        spots = (spot for mark in self.marks for spot in mark.spots)
        return frozenset(spot.key for spot in spots if spot.key is not None and spot.cell in self.notes)
