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
from kil_xlsx.core.elimination import alike

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
    return _Search(groups, families, answers, bodies, besides, least, frequent, len(groups) - known).found()


class _Search:
    """One search.

    Combinations are not made one by one.  How many are in one, and how many of them gave each answer, are the same
    sums and differences of how many are in the sets; and for a combination *c*, whose coefficients are whole numbers,
    the sum of c² is never less than the sum of c, and the same just where all of them are 0 or 1, so that it is a set.
    The sum of c² follows from how many each two of the sets have in common (``common``).
    """

    def __init__(
        self,
        groups: Rows,
        families: Sequence[Sequence[int]],
        answers: NDArray[np.int64],
        bodies: NDArray[np.int64],
        besides: int,
        least: int,
        frequent: NDArray[np.int64],
        new: int,
    ) -> None:
        self.answers, self.bodies, self.besides = answers, bodies, besides
        sets = with_rests(groups, families)
        packed = np.packbits(np.array([mask for _, mask in sets]), axis=1)
        first: dict[bytes, int] = {}
        for at, row in enumerate(packed):
            first.setdefault(row.tobytes(), at)
        chosen = [first[each] for each in sorted(first)]
        self.rows = [sets[at][0] for at in chosen]
        self.masks = np.array([sets[at][1] for at in chosen])
        self.is_new = np.array([min(rows) < new for rows in self.rows])
        numbers = self.masks.astype(np.float32)  # exact: sets are far smaller than 2**24
        self.common = (numbers @ numbers.T).astype(np.int64)
        self.sizes = np.diagonal(self.common)
        self.counts = _counts(self.masks, answers, frequent)
        _, inside = np.unique(bodies, return_counts=True)
        # So many at most differ from all others where they are no more bodies than that.
        self.most_differ = besides * int(inside.max())
        self.most_others = besides + len(bodies) - len(inside)
        self.most_infrequent = least - 1 - besides

    def found(self) -> Leak | None:
        """The first such set: of single groups first, then of two, then of three."""
        leak = self._one() or self._two()
        if leak is None and len(self.masks) ** 3 * self._columns() / 2 <= _MOST_NUMBERS:
            return self._three()
        return leak

    def _columns(self) -> int:
        """How many kinds of organisations there are: those in the same sets that gave the same answer are of one."""
        kinds = alike(self.masks)[1]
        return len(np.unique(kinds * (int(self.answers.max()) + 1) + self.answers))

    def _one(self) -> Leak | None:
        filled = np.flatnonzero(self.sizes)
        return self._first(filled[:, None], np.ones((len(filled), 1), dtype=np.int64))

    def _two(self) -> Leak | None:
        for one in range(len(self.masks)):
            common, size = self.common[one], self.sizes[one]
            inside = np.flatnonzero((common == size) & (self.sizes > size))
            apart = np.flatnonzero((common[:one] == 0) & (self.sizes[:one] + size > 0))
            sets = np.stack([np.full(len(inside) + len(apart), one), np.append(inside, apart)], axis=1)
            signs = np.ones_like(sets)
            signs[: len(inside), 0] = -1
            if leak := self._first(sets, signs):
                return leak
        return None

    def _three(self) -> Leak | None:
        for one in range(len(self.masks)):
            # Of one and another: how many are in both, how many in each, and how many each third has in common.
            both = self.common[one, :one, None]
            together = self.sizes[one] + self.sizes[:one, None]
            shared = self.common[one] + self.common[:one]
            less_third = (shared == both + self.sizes) & (together > self.sizes)
            third_less = (shared == both + together) & (self.sizes > together)
            sound = np.stack([less_third, third_less], axis=1)
            # A set less itself leaves the other alone, which has been looked at.
            sound[:, :, one] = False
            sound[np.arange(one), :, np.arange(one)] = False
            other, turned, third = np.nonzero(sound)
            sets = np.stack([np.full(len(other), one), other, third], axis=1)
            signs = np.where(turned[:, None], [-1, -1, 1], [1, 1, -1])
            if leak := self._first(sets, signs):
                return leak
        return None

    def _first(self, sets: NDArray[np.int64], signs: NDArray[np.int64]) -> Leak | None:
        """The first of some combinations, all of which are sets of organisations, that tells what these said."""
        sizes = (signs * self.sizes[sets]).sum(axis=1)
        counts = sum(signs[:, at, None] * self.counts[sets[:, at]] for at in range(sets.shape[1]))
        usual = np.max(counts, axis=1)
        differ = sizes - np.maximum(usual, self.most_infrequent)
        few = (differ <= self.most_differ) & (sizes - usual <= self.most_others)
        for at in np.flatnonzero(few & self.is_new[sets].any(axis=1)):
            mask = (signs[at] @ self.masks[sets[at]]).astype(bool)
            if self._tells(mask):
                rows = dict.fromkeys(row for each in sets[at] for row in self.rows[each])
                return Leak(tuple(rows), np.flatnonzero(mask))
        return None

    def _tells(self, mask: Rows) -> bool:
        given = self.answers[mask]
        differ = self.bodies[mask][given != np.bincount(given).argmax()]
        return len(np.unique(differ)) <= self.besides


def _counts(masks: Rows, answers: NDArray[np.int64], frequent: NDArray[np.int64]) -> NDArray[np.int64]:
    """By set and frequent answer, how many of the set gave it."""
    order = np.argsort(answers, kind="stable")
    order = order[np.isin(answers[order], frequent)]
    starts = np.searchsorted(answers[order], frequent)
    found: NDArray[np.int64] = np.add.reduceat(masks[:, order], starts, axis=1, dtype=np.int64)
    return found
