"""Whether published groups, added and subtracted, come down to organisations that all gave the same answer.

However many they are, whoever works out their distribution then knows what each of them said.  The same holds where
all but one gave the same answer, for that one.

Looked at is every set that is the sum or difference of up to three groups (of two in very large collections), or of
what a way of grouping leaves over.  Longer combinations are not: they take many published figures, each of them exact,
to learn what is common to a large set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kil_xlsx.core.audit import Leak, Rows, with_rests

_MOST_NUMBERS = 50_000_000
"""Where combining three sets takes more numbers than this, only two are combined: then there are many organisations in
most differences, which hardly ever all gave the same answer."""


def find_unanimous(
    groups: Rows,
    families: Sequence[Sequence[int]],
    answers: NDArray[np.int64],
    bodies: NDArray[np.int64],
    besides: int,
    least: int,
    known: int = 0,
) -> Leak | None:
    """A sum or difference of groups in which all, or all but ``besides`` bodies, gave the same; none without one.

    :param groups: one row for each published group.
    :param families: rows that belong to one way of grouping the row that comes first in the family.
    :param answers: by organisation, the number of its answer.
    :param bodies: by organisation, the number of the body that it counts as.
    :param least: sets of fewer bodies are not looked at.
    :param known: how many rows, the last ones, are known anyway: what they tell among themselves does not count.
    """
    numbers, counts = np.unique(answers[groups.any(axis=0)], return_counts=True)
    frequent = numbers[counts + besides >= least]
    if not len(frequent):
        return None
    return _Search(groups, families, answers, bodies, besides, frequent, len(groups) - known).found()


class _Search:
    """One search, over organisations that are in the same groups and gave the same answer as one column."""

    def __init__(
        self,
        groups: Rows,
        families: Sequence[Sequence[int]],
        answers: NDArray[np.int64],
        bodies: NDArray[np.int64],
        besides: int,
        frequent: NDArray[np.int64],
        new: int,
    ) -> None:
        self.answers, self.bodies, self.besides, self.new = answers, bodies, besides, new
        sets = with_rests(groups, families)
        masks, first = np.unique(np.array([mask for _, mask in sets]), axis=0, return_index=True)
        self.rows = [sets[at][0] for at in first]
        self.masks = masks
        packed = np.concatenate([np.packbits(masks, axis=0), answers[None, :].astype(np.int64)], axis=0)
        _, column, weight = np.unique(packed, axis=1, return_index=True, return_counts=True)
        self.sets = masks[:, column].astype(np.int8)
        self.column_of = np.unique(packed, axis=1, return_inverse=True)[1].reshape(-1)
        self.by_answer = (answers[column][:, None] == frequent[None, :]) * weight[:, None].astype(float)
        self.weight = weight.astype(float)
        # So many organisations more than bodies there are: what one body may hide among those that differ.
        self.slack = len(bodies) - len(np.unique(bodies))

    def found(self) -> Leak | None:
        """The first such set: of single groups first, then of two, then of three."""
        leak = self._one() or self._two()
        if leak is None and len(self.sets) ** 2 * self.sets.size / 2 <= _MOST_NUMBERS:
            return self._three()
        return leak

    def _one(self) -> Leak | None:
        return self._checked(self.sets, lambda at: self.rows[at])

    def _two(self) -> Leak | None:
        for at, each in enumerate(self.sets):
            for combined in (self.sets - each, self.sets[:at] + each):
                if leak := self._checked(combined, lambda other, at=at: (*self.rows[at], *self.rows[other])):
                    return leak
        return None

    def _three(self) -> Leak | None:
        for one in range(len(self.sets)):
            for other in range(one):
                combined = self.sets[one] + self.sets[other] - self.sets
                combined[[one, other]] = 0  # a set less itself: one of the two alone, which has been looked at
                pair = (*self.rows[one], *self.rows[other])
                for signed in (combined, -combined):
                    if leak := self._checked(signed, lambda at, pair=pair: (*pair, *self.rows[at])):
                        return leak
        return None

    def _checked(self, combined: NDArray[np.int8], rows: object) -> Leak | None:
        """The first of some combinations that is a set (all coefficients 0 or 1) and tells what is in it."""
        sound = np.flatnonzero(((combined == 0) | (combined == 1)).all(axis=1) & combined.any(axis=1))
        if not len(sound):
            return None
        inside = combined[sound].astype(float)
        usual = (inside @ self.by_answer).max(axis=1)
        others = inside @ self.weight - usual
        for at in sound[others <= self.besides + self.slack]:
            mask = combined[at].astype(bool)[self.column_of]
            if self._tells(mask):
                taken = rows(int(at)) if callable(rows) else ()
                if min(taken) < self.new:
                    return Leak(tuple(dict.fromkeys(taken)), np.flatnonzero(mask))
        return None

    def _tells(self, mask: Rows) -> bool:
        given = self.answers[mask]
        differ = self.bodies[mask][given != np.bincount(given).argmax()]
        return len(np.unique(differ)) <= self.besides
