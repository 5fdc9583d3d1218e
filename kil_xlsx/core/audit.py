"""Whether published groups, taken together, give away a group that is too small.

Whoever knows how many organisations are behind a mean also knows their sum, and sums can be added and subtracted: all
organisations less those of the north are those elsewhere.  With several ways of grouping, longer combinations work
too.  What can be worked out in this way are exactly the linear combinations of the published groups, each written as
a row with a 1 for every organisation in it.  A combination that is zero for all but a few organisations tells
something about those few.  So the question is: **has any combination fewer than so many organisations in it?**

Organisations that are in the same groups always have the same coefficient, so they are treated as one *atom*.

The search is exact where that is cheap and has a very small chance of missing something where it is not:

1. Every group, every two groups, and the rest that each way of grouping leaves over are compared directly.
2. Atoms that are large enough on their own (*heavy*) can be in no such combination, so only combinations in which they
   cancel out are left.  Among these, atoms that are always in the same ones are merged, which may make them heavy in
   turn.  Where nothing is left there is no leak.
3. Otherwise bases are drawn at random (from a fixed seed) and every combination that is zero on all but one member of
   the basis is looked at.  This is information-set decoding, as it is used to find short words of linear codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.bool_]
"""Groups by organisations: whether each is in it."""

Numbers = NDArray[np.float64]

_ZERO = 1e-9
"""What is smaller is taken for zero: rows of zeros and ones leave nothing that small behind when they are combined."""

_SEED = 20_17
_DRAWS = 48
"""How many bases are drawn.  A combination that meets half of the bases is missed once in 2**48 times."""

_PLACES = 7
"""Decimals to which columns are compared when atoms are merged."""

_MOST_NUMBERS = 2_000_000
"""How many numbers the bases that are drawn at once may take up."""


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
        self.alone = len(np.unique(parents)) == len(parents)
        self.least = least
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
        for rows, mask in sets:
            if leak := self._leak(rows, mask):
                return leak
        masks = np.array([mask for _, mask in sets])
        sizes = masks.sum(axis=1)
        together = masks.astype(np.float32) @ masks.T.astype(np.float32)
        apart = sizes[:, None] + sizes[None, :] - 2 * together
        # A difference of so many organisations cannot be of fewer bodies than the threshold.
        slack = len(self.parents) - len(np.unique(self.parents))
        suspect = (apart > 0) & (apart < self.least + slack)
        for one, other in np.argwhere(np.triu(suspect, 1)):
            rows = tuple(dict.fromkeys((*sets[one][0], *sets[other][0])))
            if leak := self._leak(rows, masks[one] ^ masks[other]):
                return leak
        return None

    def combined(self) -> Leak | None:
        """Any combination at all, by atoms."""
        packed = np.packbits(self.groups, axis=0)
        _, first, atom_of = np.unique(packed, axis=1, return_index=True, return_inverse=True)
        atom_of = atom_of.reshape(-1)
        residual = self.groups[:, first].astype(float)
        cancelling = np.eye(len(residual))
        while True:
            atom_of, residual = _merged(atom_of, residual)
            weights = self._weights(atom_of, residual.shape[1])
            heavy = np.flatnonzero(weights >= self.least)
            if not len(heavy):
                break
            kernel = _left_kernel(residual[:, heavy])
            cancelling, residual = kernel @ cancelling, _clean(kernel @ residual)
            if not residual.any():
                return None
        keep = _echelon(residual.T, range(len(residual)))[1]
        return self._drawn(_Small(residual[keep], cancelling[keep], atom_of, weights))

    def _weights(self, atom_of: NDArray[np.int64], atoms: int) -> NDArray[np.int64]:
        """By atom, how many bodies it counts as; organisations without an atom (-1) are in none."""
        inside = atom_of >= 0
        if self.alone:
            return np.bincount(atom_of[inside], minlength=atoms)
        pairs = np.unique(np.stack([atom_of[inside], self.parents[inside]]), axis=1)
        return np.bincount(pairs[0], minlength=atoms)

    def _light_leak(self, small: _Small, combination: Numbers) -> Leak | None:
        """The leak that a combination over atoms is, if it is one."""
        mask = np.append(combination != 0, False)[small.atom_of]
        if self._leak((), mask) is None:
            return None
        taken = _combination(small.residual, combination) @ small.cancelling
        return self._leak([int(row) for row in np.flatnonzero(np.abs(taken) >= _ZERO)], mask)

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

    def _drawn(self, small: _Small) -> Leak | None:
        """Combinations that are zero on all but one atom of a basis, for many bases."""
        chance = np.random.default_rng(_SEED)
        rank, width = small.residual.shape
        at_once = max(1, min(_DRAWS, _MOST_NUMBERS // (rank * width)))
        seen: set[bytes] = set()
        for first in range(0, _DRAWS, at_once):
            orders = np.array([self._order(small, chance) for _ in range(first, min(first + at_once, _DRAWS))])
            found = np.empty((len(orders) * rank, width))
            found[np.arange(len(found))[:, None], np.repeat(orders, rank, axis=0)] = _reduced_many(
                small.residual[:, orders].transpose(1, 0, 2)
            ).reshape(-1, width)
            inside = found != 0
            sizes = inside @ small.weights if self.alone else np.where(inside, small.weights, 0).max(axis=1)
            for at in np.flatnonzero(sizes < self.least):
                support = inside[at].tobytes()
                if support not in seen:
                    seen.add(support)
                    if leak := self._light_leak(small, found[at]):
                        return leak
        return None


# Elimination


def _clean(matrix: Numbers) -> Numbers:
    return np.where(np.abs(matrix) < _ZERO, 0.0, matrix)


def _merged(atom_of: NDArray[np.int64], residual: Numbers) -> tuple[NDArray[np.int64], Numbers]:
    """Atoms that are always in the same combinations as one; those that are in none have number -1."""
    filled = np.flatnonzero(residual.any(axis=0))
    columns = residual[:, filled]
    leading = columns[(columns != 0).argmax(axis=0), np.arange(len(filled))]
    alike = np.round(columns / leading, _PLACES) + 0.0  # without negative zeros
    _, first, merged = np.unique(alike, axis=1, return_index=True, return_inverse=True)
    new = np.full(residual.shape[1] + 1, -1, dtype=np.int64)  # the last one stands for organisations without an atom
    new[filled] = merged.reshape(-1)
    return new[atom_of], columns[:, first]


def _eliminate(matrix: Numbers, row: int, pivot: int, column: int) -> None:
    """Bring the pivot row to ``row``, make the pivot 1 and everything else in its column 0, in place."""
    if pivot != row:
        matrix[[row, pivot]] = matrix[[pivot, row]]
    matrix[row] /= matrix[row, column]
    factors = matrix[:, column].copy()
    factors[row] = 0
    touched = np.flatnonzero(factors)
    if len(touched):
        changed = matrix[touched] - factors[touched, None] * matrix[row]
        changed[np.abs(changed) < _ZERO] = 0
        matrix[touched] = changed


def _echelon(matrix: Numbers, columns: Iterable[int]) -> tuple[Numbers, list[int]]:
    """The reduced row echelon form and its pivots, which are taken from columns in the given order."""
    matrix = matrix.copy()
    pivots: list[int] = []
    for column in columns:
        if len(pivots) == len(matrix):
            break
        at = len(pivots) + int(np.abs(matrix[len(pivots) :, column]).argmax())
        if abs(matrix[at, column]) >= _ZERO:
            _eliminate(matrix, len(pivots), at, column)
            pivots.append(column)
    return matrix, pivots


def _reduced_many(matrices: Numbers) -> Numbers:
    """The reduced row echelon forms of many matrices of full row rank, with pivots as far left as possible."""
    matrices = matrices.copy()
    count, rank, _ = matrices.shape
    each = np.arange(count)
    for row in range(rank):
        column = (matrices[:, row:, :] != 0).any(axis=1).argmax(axis=1)
        pivot = row + np.abs(matrices[each, row:, column]).argmax(axis=1)
        chosen = matrices[each, pivot]
        matrices[each, pivot] = matrices[:, row]
        matrices[:, row] = chosen / chosen[each, column][:, None]
        factors = matrices[each, :, column]
        factors[:, row] = 0
        matrices -= factors[:, :, None] * matrices[:, row, None, :]
        matrices[np.abs(matrices) < _ZERO] = 0
    return matrices


def _combination(matrix: Numbers, wanted: Numbers) -> Numbers:
    """The coefficients with which the rows of a matrix, which are independent, add up to a row."""
    rows = len(matrix)
    system = np.concatenate([matrix.T, wanted[:, None]], axis=1)
    return _echelon(system, range(rows))[0][:rows, rows]


def _left_kernel(matrix: Numbers) -> Numbers:
    """Every combination of rows that is zero in all columns, as rows of coefficients."""
    rows, columns = matrix.shape
    whole, pivots = _echelon(np.concatenate([matrix, np.eye(rows)], axis=1), range(columns))
    return whole[len(pivots) :, columns:]
