"""What changed from one return to another: answers item by item, scores, and what is wrong with them.

What is compared are statements (:mod:`kil_xlsx.core.statements`), so an answer that was emptied, one that became *not
applicable* and one that became zero are three different changes.  Rows of tables are compared by their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kil_xlsx.core.carrying import Carried, Lost, carry
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Problem, Severity
from kil_xlsx.core.release import OVERALL
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Key, Part, Return
from kil_xlsx.core.scoring import score
from kil_xlsx.core.statements import Asks, Statement, asked, statement


class Kind(StrEnum):
    """What kind of change it is."""

    ADDED = "added"
    """Nothing was said before."""
    REMOVED = "removed"
    """Nothing is said now."""
    CHANGED = "changed"
    NOT_COMPARABLE = "not-comparable"
    """It was said to different versions of the questionnaire, in which it means different things."""


@dataclass(frozen=True)
class Change:
    """One thing that is said differently."""

    asks: Asks
    before: Statement
    after: Statement
    kind: Kind


@dataclass(frozen=True)
class Figure:
    """A score or measure before and after; ``id`` is that of the section or measure, or the overall score's.

    Absent values are *not available*, never zero.
    """

    id: str
    label: str
    before: float | None
    after: float | None
    band_before: str = ""
    band_after: str = ""
    depth: int = 0

    @property
    def changed(self) -> bool:
        """Whether they differ, by more than what comes of adding up in another order."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        return abs(self.after - self.before) > 1e-9 * max(1.0, abs(self.before), abs(self.after))


@dataclass(frozen=True)
class Side:
    """One of two returns: what it was made from, what it says, what it comes to, and what is wrong with it."""

    instrument: Instrument
    ret: Return
    result: Result
    problems: Sequence[Problem] = ()

    @property
    def version(self) -> str:
        """The version of the questionnaire."""
        return self.instrument.framework.version


@dataclass(frozen=True)
class ReturnDiff:
    """What changed.

    ``same`` counts the things about which both say the same, and something.  ``went`` and ``came`` are errors and
    queries.  ``version`` is the version in which both were compared; where one was carried into it, ``lost_before`` and
    ``lost_after`` are what could not be carried.
    """

    instrument: Instrument
    changes: tuple[Change, ...]
    same: int
    scores: tuple[Figure, ...]
    measures: tuple[Figure, ...]
    went: tuple[Problem, ...] = ()
    came: tuple[Problem, ...] = ()
    lost_before: tuple[Lost, ...] = ()
    lost_after: tuple[Lost, ...] = ()
    carried: bool = False

    @property
    def version(self) -> str:
        """The version of the questionnaire in which they were compared."""
        return self.instrument.framework.version

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(each for each in self.changes if each.kind is kind)

    @property
    def nothing(self) -> bool:
        """Whether they say the same in everything."""
        return not (self.changes or self.went or self.came or self.lost_before or self.lost_after)


def diff(before: Side, after: Side, today: Instrument | None = None) -> ReturnDiff:
    """What changed from one return to another of the same type of respondent.

    :param today: the instrument into which both are carried where they were made from different versions; both are
        scored by its rules then.  Without it, the version of the second.
    """
    if before.version == after.version and before.instrument.fingerprint == after.instrument.fingerprint:
        return _compared(before.instrument, before, after, frozenset(), ((), ()))
    instrument = today if today is not None else after.instrument
    (was, lost_before, odd), (now, lost_after, odd_too) = (_carried(each, instrument) for each in (before, after))
    return _compared(instrument, was, now, odd | odd_too, (lost_before, lost_after), carried=True)


def _carried(side: Side, instrument: Instrument) -> tuple[Side, tuple[Lost, ...], frozenset[Key | str]]:
    """A return as a version has it, what could not be carried, and the items that mean something else in it."""
    if side.version == instrument.framework.version:
        return side, (), frozenset()
    found: Carried = carry(side.instrument, instrument, side.ret)
    result = score(instrument, found.comparable())
    return Side(instrument, found.ret, result, side.problems), found.lost, _odd(found, instrument)


def _odd(found: Carried, instrument: Instrument) -> frozenset[Key | str]:
    """What cannot be compared: items by their ids, what could not be carried, strengths on another scale."""
    strength = (Key(each.id, Part.STRENGTH) for each in instrument.questions) if found.strength_differs else ()
    return frozenset((*found.incomparable, *(each.key for each in found.lost), *strength))


def _compared(
    instrument: Instrument,
    before: Side,
    after: Side,
    odd: frozenset[Key | str],
    lost: tuple[tuple[Lost, ...], tuple[Lost, ...]],
    *,
    carried: bool = False,
) -> ReturnDiff:
    changes, same = [], 0
    for asks in asked(instrument):
        was, now = statement(before.ret, asks), statement(after.ret, asks)
        if not (was.said or now.said):
            continue
        if asks.key.item in odd or asks.key in odd:
            changes.append(Change(asks, was, now, Kind.NOT_COMPARABLE))
        elif was == now:
            same += 1
        else:
            kind = Kind.CHANGED if was.said and now.said else Kind.ADDED if now.said else Kind.REMOVED
            changes.append(Change(asks, was, now, kind))
    went, came = _problems(before.problems, after.problems)
    return ReturnDiff(
        instrument=instrument,
        changes=tuple(changes),
        same=same,
        scores=_scores(instrument, before.result, after.result),
        measures=tuple(
            Figure(each.id, each.label, before.result.measures[each.id].value, after.result.measures[each.id].value)
            for each in instrument.measures
        ),
        went=went,
        came=came,
        lost_before=lost[0],
        lost_after=lost[1],
        carried=carried,
    )


def _scores(instrument: Instrument, before: Result, after: Result) -> tuple[Figure, ...]:
    """The overall score, then the sections."""
    bands = before.overall_band or "", after.overall_band or ""
    found = [Figure(OVERALL, "Overall", before.overall, after.overall, *bands)]
    for node in instrument.nodes:
        was, now = before.sections[node.id], after.sections[node.id]
        found.append(
            Figure(node.id, node.section.label, was.score, now.score, was.band or "", now.band or "", depth=node.depth)
        )
    return tuple(found)


def _problems(before: Iterable[Problem], after: Iterable[Problem]) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """The errors and queries that went, and those that came.  Where a cell was moved, its problem is the same."""
    was, now = ([each for each in some if each.severity is not Severity.NOTE] for some in (before, after))
    return _without(was, now), _without(now, was)


def _without(some: Sequence[Problem], others: Sequence[Problem]) -> tuple[Problem, ...]:
    left = Counter(map(_what, others))
    found = []
    for each in some:
        if left[_what(each)]:
            left[_what(each)] -= 1
        else:
            found.append(each)
    return tuple(found)


def _what(problem: Problem) -> tuple[str, str]:
    return problem.code, problem.item or f"{problem.sheet}!{problem.cell}"
