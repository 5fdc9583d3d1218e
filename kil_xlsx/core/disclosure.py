"""Disclosure control: the one place that every published number passes.

A benchmark must say something about groups and nothing about any one organisation in them.  What would be published
comes in as cells (who contributed what) and leaves as :class:`Figure` objects, which either show everything or
nothing: a figure that is held back gives no count either.  Too few answers and answers held back for another reason
carry the same mark and the same words, because telling them apart would itself give something away.

The rules, in the order in which they are applied:

1. **Least size.** A figure needs ``least_group_size`` organisations that gave a usable answer to *this* question or
   measure, however large the group is.
2. **Not unanimous.** Where all contributors gave the same answer, the figure would tell what each of them said.  It is
   held back whole: a median beside a missing distribution would give the answer away.
3. **Nothing by subtraction.** A group is broken down by one or more fields.  The whole minus the subgroups shown is a
   group too, and must pass rules 1 and 2; so must a subgroup minus a subgroup of another field that lies within it.
   Where it does not, or where what is left is just one subgroup that is held back, the next smallest subgroup that is
   shown is held back as well (ties: the first in order), until nothing can be worked out.

The lowest and the highest value are never published: each is one organisation's own.

Not covered yet: what a contributor learns by leaving itself out, dominance among amounts, combinations of more than
two overlapping groups, and differences between one release and the next.  They belong here, behind :func:`publish`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple

from msgspec import Struct

from kil_xlsx.core.quantiles import quartiles
from kil_xlsx.core.returns import State
from kil_xlsx.core.rounding import round_half_away

SUPPRESSED = "[c]"
"""The mark of a figure that is not shown."""

REASON = "Too few organisations, or showing it could reveal what one of them said."
"""Why a figure is not shown.  Deliberately the same for every figure."""

PLACES = 6
"""Decimals to which every published number is rounded, half away from zero."""

QUANTILES_IN_WORDS = (
    "Medians and quartiles are those of QUARTILE.INC: type 7 of Hyndman and Fan, with straight-line interpolation "
    "between neighbouring values. The lowest and highest values are never published."
)
"""How quartiles are taken, as it stands beside every benchmark."""


class Rules(Struct, frozen=True, kw_only=True):
    """What decides whether a figure may be shown.  ``least_group_size`` counts organisations and is at least 3."""

    least_group_size: int = 5

    def in_words(self) -> str:
        """The rules as readers of a benchmark are told them."""
        return (
            f"A figure is shown only when at least {self.least_group_size} organisations gave a usable answer to it "
            "and they did not all give the same one. Where one group could be worked out from others, the next "
            f"smallest group is held back too. Figures held back carry the mark {SUPPRESSED}, whatever the reason."
        )

    def __post_init__(self) -> None:
        """ValueError for a least group size below 3."""
        if self.least_group_size < 3:
            raise ValueError(f"the least group size must be at least 3, not {self.least_group_size}")


class Answer(NamedTuple):
    """What one organisation gave: a number, a level, or both.

    ``state`` says whether it is an answer at all; the other states are counted beside a distribution and never enter
    it, nor the quartiles.
    """

    value: float | None = None
    level: str | None = None
    state: State = State.ANSWERED


Cell = Mapping[int, Answer]
"""Who is in the group, and what each gave.  Organisations are numbered in any way, once each."""


@dataclass(frozen=True)
class Shape:
    """What is published of a cell: only how many there are, quartiles of numbers, or a distribution over levels.

    ``levels`` lists the codes of the levels in order; ``scored`` says whether levels have values to take quartiles of.
    """

    kind: Literal["count", "values", "levels"]
    levels: tuple[str, ...] = ()
    scored: bool = True

    def contributes(self, answer: Answer) -> bool:
        """Whether an answer can be used; whatever cannot is never replaced by a guess."""
        if self.kind == "count":
            return True
        if answer.state is not State.ANSWERED:
            return False
        if self.kind == "levels" and answer.level not in self.levels:
            return False
        return answer.value is not None or (self.kind == "levels" and not self.scored)


class LevelCount(Struct, frozen=True, kw_only=True):
    """How many contributors chose a level, and which share (0 to 1) of those who contributed that is."""

    code: str
    count: int
    share: float


class Aside(Struct, frozen=True, kw_only=True):
    """How many organisations of the group gave no usable answer, by state."""

    not_applicable: int
    dont_know: int
    unanswered: int


class Figure(Struct, frozen=True, kw_only=True):
    """A number that may be published, or the mark that stands in its place.

    ``n`` is how many organisations contributed.  The quartiles are those of QUARTILE.INC, in the unit of the values,
    and absent where the figure is only a count or its levels have no values.  ``levels`` and ``aside`` are there for
    questions only.  With ``mark`` set, everything else but ``reason`` is absent.
    """

    mark: Literal["", "[c]"] = ""
    reason: str = ""
    n: int | None = None
    lower_quartile: float | None = None
    median: float | None = None
    upper_quartile: float | None = None
    levels: tuple[LevelCount, ...] | None = None
    aside: Aside | None = None

    @property
    def shown(self) -> bool:
        """Whether the figure is published."""
        return not self.mark


HIDDEN = Figure(mark="[c]", reason=REASON)
"""What stands in the place of every figure that is not shown."""


class Place(NamedTuple):
    """A subgroup: which breakdown, and which of its parts, both from 0."""

    breakdown: int
    part: int


@dataclass(frozen=True)
class Published:
    """The figures of a whole group and of each part of each of its breakdowns."""

    whole: Figure
    parts: tuple[tuple[Figure, ...], ...]

    def hidden(self) -> frozenset[Place]:
        """The subgroups that are held back."""
        return frozenset(
            Place(at, part)
            for at, figures in enumerate(self.parts)
            for part, figure in enumerate(figures)
            if not figure.shown
        )


def publish(
    rules: Rules,
    shape: Shape,
    whole: Cell,
    breakdowns: Sequence[Sequence[Cell]] = (),
    withheld: Collection[Place] = (),
) -> Published:
    """Turn what organisations gave into what may be shown.

    :param whole: the whole group.
    :param breakdowns: for each field that the group is broken down by, its parts.  Parts of one breakdown never share
        an organisation, and hold only organisations of the whole.
    :param withheld: parts held back already, such as subgroups whose very size may not be told.
    """
    if not _publishable(rules, shape, whole):
        return Published(HIDDEN, tuple(tuple(HIDDEN for _ in cells) for cells in breakdowns))
    shown = {
        Place(at, part): cell
        for at, cells in enumerate(breakdowns)
        for part, cell in enumerate(cells)
        if Place(at, part) not in withheld and _publishable(rules, shape, cell)
    }
    while (place := _gives_away(rules, shape, whole, breakdowns, shown)) is not None:
        del shown[place]
    return Published(
        _figure(shape, whole),
        tuple(
            tuple(_figure(shape, cell) if Place(at, part) in shown else HIDDEN for part, cell in enumerate(cells))
            for at, cells in enumerate(breakdowns)
        ),
    )


def _contributions(shape: Shape, cell: Cell) -> list[Answer]:
    return [answer for answer in cell.values() if shape.contributes(answer)]


def _publishable(rules: Rules, shape: Shape, cell: Cell) -> bool:
    """Rules 1 and 2."""
    given = _contributions(shape, cell)
    return len(given) >= rules.least_group_size and (shape.kind == "count" or len(set(given)) > 1)


def _gives_away(
    rules: Rules, shape: Shape, whole: Cell, breakdowns: Sequence[Sequence[Cell]], shown: Mapping[Place, Cell]
) -> Place | None:
    """Rule 3: a part that has to be held back lest another can be worked out; none when all is well."""

    def size(place: Place) -> tuple[int, Place]:
        return len(_contributions(shape, shown[place])), place

    for at, cells in enumerate(breakdowns):
        mine = [place for place in shown if place.breakdown == at]
        told = {member for place in mine for member in shown[place]}
        rest = {member: answer for member, answer in whole.items() if member not in told}
        alone = any(cell.keys() == rest.keys() for cell in cells)
        if mine and rest and (alone or not _publishable(rules, shape, rest)):
            return min(mine, key=size)
    for one, other in combinations(sorted(shown, key=size), 2):
        inner, outer = shown[one], shown[other]
        if len(inner) < len(outer) and inner.keys() <= outer.keys():
            rest = {member: answer for member, answer in outer.items() if member not in inner}
            if not _publishable(rules, shape, rest):
                return one
    return None


def _figure(shape: Shape, cell: Cell) -> Figure:
    """The figure of a cell that has passed every rule."""
    given = _contributions(shape, cell)
    if shape.kind == "count":
        return Figure(n=len(given))
    values = [answer.value for answer in given if answer.value is not None]
    found = quartiles(values) if values and shape.scored else None
    levels = aside = None
    if shape.kind == "levels":
        chosen = Counter(answer.level for answer in given)
        levels = tuple(
            LevelCount(code=code, count=chosen[code], share=round_half_away(chosen[code] / len(given), PLACES))
            for code in shape.levels
        )
        states = Counter(answer.state for answer in cell.values() if not shape.contributes(answer))
        aside = Aside(
            not_applicable=states[State.NOT_APPLICABLE],
            dont_know=states[State.DONT_KNOW],
            unanswered=states[State.UNANSWERED] + states[State.ANSWERED],
        )
    return Figure(
        n=len(given),
        lower_quartile=round_half_away(found.q1, PLACES) if found else None,
        median=round_half_away(found.median, PLACES) if found else None,
        upper_quartile=round_half_away(found.q3, PLACES) if found else None,
        levels=levels,
        aside=aside,
    )
