"""Whether published groups, taken together, give away a group that is too small.

Whoever knows how many organisations are behind a mean also knows their sum, and sums can be added and subtracted: all
organisations less those of the north are those elsewhere.  With several ways of grouping, longer combinations work
too.  What can be worked out in this way are exactly the linear combinations of the published groups, each written as
a row with a 1 for every organisation in it.  A combination that is zero for all but a few organisations tells
something about those few.  So the question is: **has any combination fewer than so many organisations in it?**

Organisations that are in the same groups always have the same coefficient, so they are treated as one *atom*.

The search is:

1. Every group, every two groups, and the rest that each way of grouping leaves over are compared directly.
2. Atoms that are large enough on their own (*heavy*) can be in no such combination, so only combinations in which they
   cancel out are left.  Among these, atoms that are always in the same ones are merged, which may make them heavy in
   turn.  Where nothing is left there is no leak.
3. Otherwise it is tried to prove that there is none (:meth:`_Search._none_can_be`), which nearly always comes off.
4. Where that fails, bases are drawn at random (from a fixed seed) and every combination that is zero on all but one
   member of the basis is looked at.  This is information-set decoding, as it is used to find short words of linear
   codes; it has a very small chance of missing one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kil_xlsx.core.elimination import (
    ZERO,
    Numbers,
    alike,
    clean,
    combination,
    echelon,
    left_kernel,
    merged,
    reduced,
)

Rows = NDArray[np.bool_]
"""Groups by organisations: whether each is in it."""

_SEED = 20_17
_DRAWS = 48
"""How many bases are drawn.  A combination that meets half of the bases is missed once in 2**48 times."""

_PROOFS = 48
"""With how many bases a proof is tried.  It nearly always takes no more than half as many as the least group size."""

_MARGIN = 1e-6
"""What a proof has to have in hand, so that nothing hangs on rounding."""


class Leak(NamedTuple):
    """The rows of a combination that gives a small group away, and the organisations in that group, both by number."""

    rows: tuple[int, ...]
    organisations: NDArray[np.int64]


def find_leak(
    groups: Rows,
    families: Sequence[Sequence[int]],
    parents: NDArray[np.int64],
    least: int,
    known: int = 0,
) -> Leak | None:
    """A combination of groups that gives away fewer than ``least`` organisations; none when there is none.

    :param groups: one row for each published group; the rows of a family never share an organisation.
    :param families: rows that belong to one way of grouping the row that comes first in the family.
    :param parents: by organisation, the number of the body that it counts as: those under one parent count once.
    :param known: how many rows, the last ones, are known anyway: what they tell among themselves is no leak.
    """
    used = np.flatnonzero(groups.any(axis=0))
    if not len(used):
        return None
    search = _Search(groups[:, used], used, parents[used], least, len(groups) - known)
    return search.direct(families) or search.combined()


def with_rests(groups: Rows, families: Sequence[Sequence[int]]) -> list[tuple[tuple[int, ...], Rows]]:
    """Every group, and what each family leaves over of its first row, with the rows that it is made of."""
    sets: list[tuple[tuple[int, ...], Rows]] = [((row,), groups[row]) for row in range(len(groups))]
    for whole, *parts in families:
        rest = groups[whole] & ~groups[parts].any(axis=0)
        if parts and rest.any():
            sets.append(((whole, *parts), rest))
    return sets


class _Small(NamedTuple):
    """The combinations in which all heavy atoms cancel out.

    ``residual`` holds a basis of them, by atom, and ``cancelling`` how each is made of the groups.  ``atom_of`` is the
    atom of each organisation, and ``weights`` how many bodies each atom counts as.
    """

    residual: Numbers
    cancelling: Numbers
    atom_of: NDArray[np.int64]
    weights: NDArray[np.int64]


class _Search:
    """One search; organisations that are in no group are left out beforehand."""

    def __init__(
        self, groups: Rows, numbers: NDArray[np.int64], parents: NDArray[np.int64], least: int, new: int
    ) -> None:
        self.groups = groups
        self.numbers = numbers
        self.parents = parents
        _, inside = np.unique(parents, return_counts=True)
        self.alone = len(inside) == len(parents)
        self.least = least
        # More organisations than that cannot be of fewer bodies than the threshold.
        self.most = least - 1 + min(len(parents) - len(inside), (least - 1) * (int(inside.max()) - 1))
        self.new = new

    def _bodies(self, mask: Rows) -> int:
        """How many bodies the organisations of a mask count as."""
        return int(mask.sum()) if self.alone else len(np.unique(self.parents[mask]))

    def _leak(self, rows: Sequence[int], mask: Rows) -> Leak | None:
        # Without rows the question is whether it would be a leak by some rows or other.
        if (not rows or min(rows) < self.new) and mask.any() and self._bodies(mask) < self.least:
            return Leak(tuple(rows), self.numbers[mask])
        return None

    def direct(self, families: Sequence[Sequence[int]]) -> Leak | None:
        """Every group, what each family leaves over of its first row, and every two of all these."""
        sets = with_rests(self.groups, families)
        masks = np.array([mask for _, mask in sets])
        sizes = masks.sum(axis=1)
        new = np.array([min(rows) < self.new for rows, _ in sets])
        for at in np.flatnonzero(new & (sizes <= self.most)):
            if leak := self._leak(sets[at][0], masks[at]):
                return leak
        together = masks.astype(np.float32) @ masks.T.astype(np.float32)
        apart = sizes[:, None] + sizes[None, :] - 2 * together
        suspect = (apart > 0) & (apart <= self.most) & (new[:, None] | new)
        for one, other in np.argwhere(np.triu(suspect, 1)):
            rows = tuple(dict.fromkeys((*sets[one][0], *sets[other][0])))
            if leak := self._leak(rows, masks[one] ^ masks[other]):
                return leak
        return None

    def combined(self) -> Leak | None:
        """Any combination at all, by atoms."""
        first, atom_of = alike(self.groups)
        residual = self.groups[:, first].astype(float)
        cancelling = np.eye(len(residual))
        while True:
            weights = self._weights(atom_of, residual.shape[1])
            heavy = np.flatnonzero(weights >= self.least)
            if not len(heavy):
                break
            kernel = left_kernel(residual[:, heavy])
            cancelling, residual = kernel @ cancelling, clean(kernel @ residual)
            if not residual.any():
                return None
            atom_of, residual = merged(atom_of, residual)
        keep = echelon(residual.T, range(len(residual)))[1]
        small = _Small(residual[keep], cancelling[keep], atom_of, weights)
        return None if self._none_can_be(small) else self._drawn(small)

    def _weights(self, atom_of: NDArray[np.int64], atoms: int) -> NDArray[np.int64]:
        """By atom, how many bodies it counts as; organisations without an atom (-1) are in none."""
        inside = atom_of >= 0
        if self.alone:
            return np.bincount(atom_of[inside], minlength=atoms)
        pairs = np.unique(np.stack([atom_of[inside], self.parents[inside]]), axis=1)
        return np.bincount(pairs[0], minlength=atoms)

    def _light_leak(self, small: _Small, found: Numbers) -> Leak | None:
        """The leak that a combination over atoms is, if it is one."""
        mask = np.append(found != 0, False)[small.atom_of]
        if self._leak((), mask) is None:
            return None
        taken = combination(small.residual, found) @ small.cancelling
        return self._leak([int(row) for row in np.flatnonzero(np.abs(taken) >= ZERO)], mask)

    def _order(self, small: _Small, chance: np.random.Generator) -> NDArray[np.int64]:
        """Atoms by chance; where bodies have several organisations, those of a body together, so that few come last."""
        width = small.residual.shape[1]
        if self.alone:
            return chance.permutation(width)
        places = chance.permutation(int(self.parents.max()) + 1)
        inside = small.atom_of >= 0
        first = np.full(width, len(places))
        np.minimum.at(first, small.atom_of[inside], places[self.parents[inside]])
        return np.lexsort((chance.permutation(width), first))

    def _least_bodies(self, small: _Small) -> Numbers:
        """By atom, a number such that those of any atoms add up to no more than the bodies that they count as together.

        A body with organisations in several atoms counts as a part in each.
        """
        if self.alone:
            return small.weights.astype(float)
        inside = small.atom_of >= 0
        atoms, bodies = np.unique(np.stack([small.atom_of[inside], self.parents[inside]]), axis=1)
        parts = 1 / np.bincount(bodies)[bodies]
        return np.bincount(atoms, weights=parts, minlength=len(small.weights)).astype(float)

    def _none_can_be(self, small: _Small) -> bool:
        """Whether it can be proved that no combination is a leak.

        Take any basis, that is a set of atoms such that a combination is known once its numbers on them are.  A
        combination that is not zero on just one of them is a row of the reduced echelon form, and all those rows are
        looked at.  Any other is not zero on two of them at least.  So after so many bases a combination that was not
        looked at has met twice as many members of bases, counting an atom as often as it was one.  Where the atoms
        that fewer than ``least`` bodies can be in were not a member that often, whichever they are, such a combination
        cannot be.  For that no atom should be one often: each basis prefers those that have been one least.

        (This is how Brouwer and Zimmermann find the shortest word of a linear code, with bases that may overlap.)
        """
        rank, width = small.residual.shape
        bodies = self._least_bodies(small)
        times = np.zeros(width)
        chance = np.random.default_rng(_SEED)
        seen: set[bytes] = set()
        for count in range(1, _PROOFS + 1):
            load = np.divide(times, bodies, out=np.full(width, np.inf), where=bodies > 0)
            order = np.lexsort(np.array([chance.random(width), -bodies, load]))
            table, basis = reduced(small.residual, order)
            inside = table != 0
            for at in np.flatnonzero(inside @ bodies < self.least):
                support = inside[at].tobytes()
                if support not in seen:
                    seen.add(support)
                    if self._light_leak(small, table[at]):
                        return False
            times[basis] += 1
            if len(basis) == rank and _most(times, bodies, self.least - 1) < 2 * count - _MARGIN:
                return True
        return False

    def _drawn(self, small: _Small) -> Leak | None:
        """Combinations that are zero on all but one atom of a basis, for many bases."""
        chance = np.random.default_rng(_SEED)
        seen: set[bytes] = set()
        for _ in range(_DRAWS):
            found = reduced(small.residual, self._order(small, chance))[0]
            inside = found != 0
            sizes = inside @ small.weights if self.alone else np.where(inside, small.weights, 0).max(axis=1)
            for at in np.flatnonzero(sizes < self.least):
                support = inside[at].tobytes()
                if support not in seen:
                    seen.add(support)
                    if leak := self._light_leak(small, found[at]):
                        return leak
        return None


def _most(times: Numbers, bodies: Numbers, room: int) -> float:
    """At most how often atoms were taken together that have at most so many bodies; parts of atoms are allowed."""
    some = bodies > 0
    rate, size = times[some] / bodies[some], bodies[some]
    order = np.argsort(-rate)
    part = np.diff(np.minimum(np.cumsum(size[order]), room), prepend=0.0)
    return float(times[~some].sum() + rate[order] @ part)
