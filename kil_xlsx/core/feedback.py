"""What one organisation is told: its own answers, where it stands among its peers, and what it could do next.

The records here are what the feedback workbook and the one-page summary are made from.  Everything of the organisation
itself comes from its own return; everything of others comes from a published release, except for positions, which pass
:func:`kil_xlsx.core.disclosure.position`.  Nothing else of anybody else gets in.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from kil_xlsx.core.release import Figure, Item
from kil_xlsx.core.returns import State

Quarter = Literal["lowest", "second", "median", "third", "highest"]
"""Which quarter of a group a value lies in, or that it is the median.

A value at the lower or upper quartile is in the quarter nearer to the middle.
"""


class Position(Struct, frozen=True, kw_only=True):
    """Where a value stands among those of others.

    ``higher_than`` and ``same_as`` are per cents of ``others`` organisations below it and level, rounded to whole
    tens; absent where there are too few others for per cents.  ``quarter`` is absent where the group's quartiles are
    not published.  ``among_everyone`` says that the others are all of the organisation's kind, because its own group
    is too small to tell.
    """

    others: int
    higher_than: int | None = None
    same_as: int | None = None
    quarter: Quarter | None = None
    among_everyone: bool = False


class Line(Struct, frozen=True, kw_only=True):
    """One item: what the organisation has, what it had last time, and what its group has.

    ``value`` and ``before`` are absent without an answer; ``state`` says which kind of missing it is, and ``answer``
    is the answer in words (for questions, the level with its number).  ``change`` is only there for items that mean
    the same as last time.  ``group`` and ``everyone`` are figures of the release; hidden ones are
    :data:`kil_xlsx.core.release.HIDDEN`.  ``among`` says what the organisations of a like-with-like figure share.
    ``band`` and ``tone`` are the score's band in words and its colour.  ``before_answer`` is ``before`` in words, as
    ``answer`` is; it also says why there is none.  ``quarter`` is that of the group's published quartiles.
    """

    item: Item
    value: float | None
    state: State
    answer: str = ""
    before: float | None = None
    change: float | None = None
    group: Figure
    everyone: Figure
    among: tuple[str, ...] = ()
    position: Position | None = None
    band: str = ""
    tone: str = ""
    before_answer: str = ""
    quarter: Quarter | None = None


class Strength(Struct, frozen=True, kw_only=True):
    """Something that the organisation does well: a section or question, and why it is named here."""

    item: Item
    answer: str
    why: str


class NextStep(Struct, frozen=True, kw_only=True):
    """A question worth working on: where it stands now, and what the next level looks like in the question's words."""

    item: Item
    section: str
    now: str
    now_words: str
    next: str
    next_words: str
    why: str
    action: str = ""


class SideBySide(Struct, frozen=True, kw_only=True):
    """A question of the organisation beside the matching one asked of others in the same place."""

    label: str
    own: Line
    other: Item
    figure: Figure


class Place(Struct, frozen=True, kw_only=True):
    """What those of another respondent type in the same place said; absent where it may not be shown."""

    label: str
    respondent: str
    organisations: int
    pairs: tuple[SideBySide, ...]


class Peers(Struct, frozen=True, kw_only=True):
    """The group that an organisation is compared with.  ``label`` is empty where that is everyone."""

    id: str
    label: str
    used: int | None
    everyone: int | None


class Feedback(Struct, frozen=True, kw_only=True):
    """Everything that one organisation is told.

    ``used`` says whether its answers are part of the release's figures.  ``before`` names the round of last time.
    ``lines`` are in the order of the release's items: overall, sections, questions, measures.  ``notes`` are sentences
    about the organisation's own return, such as what was left open.
    """

    organisation: str
    organisation_id: str
    respondent: str
    respondent_label: str
    round_id: str
    framework: str
    version: str
    title: str
    language: str
    notice: str
    created: date
    release: int
    released: date
    release_rounds: tuple[str, ...]
    contact: str
    used: bool
    before: str
    peers: Peers
    lines: tuple[Line, ...]
    strengths: tuple[Strength, ...]
    next_steps: tuple[NextStep, ...]
    place: Place | None
    notes: tuple[str, ...]
    method: tuple[tuple[str, str], ...]

    def of(self, *kinds: str) -> tuple[Line, ...]:
        """The lines about items of the given kinds, in order."""
        return tuple(line for line in self.lines if line.item.kind in kinds)
