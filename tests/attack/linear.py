"""What follows from published sums by adding and subtracting them: an exact search, made to find what others missed.

Every published sum is an equation over unknowns, such as the answers of organisations.  A combination of equations in
which all but a few unknowns cancel out tells something about those few.  Two searches are made:

* every combination with coefficients -1, 0 and 1, one by one, where there are few enough equations;
* every set of unknowns that belongs to fewer organisations than asked for, smallest first, up to a budget.  A set can
  be isolated exactly if the rows of the null space that belong to it depend on each other, which is looked at modulo a
  prime; what is found is solved again in exact fractions, so nothing is reported that is not so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

_PRIME = 65521
_INVERSES = np.array([0] + [pow(number, -1, _PRIME) for number in range(1, _PRIME)], dtype=np.int64)

MOST_EQUATIONS = 11
"""Up to so many equations, all combinations with -1, 0 and 1 are tried: 88,573 of them up to sign."""

Numbers = NDArray[np.int64]
Unknown = Hashable


@dataclass(frozen=True)
class Equation:
    """A published sum: what it is called, how often each unknown is in it, and what it comes to.

    There are several ``totals`` where several things are summed over the same organisations, such as how many chose
    each level.  ``slack`` is by how much a total may be off because it was rounded.
    """

    source: str
    terms: Mapping[Unknown, int | Fraction]
    totals: tuple[float, ...]
    slack: float = 0.0


@dataclass(frozen=True)
class Combination:
    """Equations added up: which, how often, what is left of the unknowns and what that comes to."""

    parts: Mapping[str, Fraction]
    terms: Mapping[Unknown, Fraction]
    totals: tuple[float, ...]
    slack: float

    @property
    def plain(self) -> bool:
        """Whether it is a plain sum: every unknown in it just once."""
        return set(self.terms.values()) == {Fraction(1)}

    @property
    def imprecision(self) -> float:
        """By how much an answer with the smallest part in it may be off."""
        return self.slack / float(min(map(abs, self.terms.values())))

    def words(self) -> str:
        """The combination as people write it."""
        return " ".join(f"{'+' if times > 0 else '-'} {abs(times)} x {source}" for source, times in self.parts.items())


@dataclass(frozen=True)
class System:
    """Equations, and to whom each unknown belongs: organisations under one parent are one owner."""

    equations: tuple[Equation, ...]
    owner: Callable[[Unknown], str]

    @cached_property
    def atoms(self) -> list[tuple[tuple[int | Fraction, ...], list[Unknown]]]:
        """The unknowns that no combination can tell apart, with how often they are in each equation."""
        found: dict[tuple[int | Fraction, ...], list[Unknown]] = {}
        unknowns = dict.fromkeys(unknown for each in self.equations for unknown in each.terms)
        for unknown in unknowns:
            found.setdefault(tuple(each.terms.get(unknown, 0) for each in self.equations), []).append(unknown)
        return list(found.items())

    @cached_property
    def owners(self) -> list[frozenset[str]]:
        """By atom, who owns something in it."""
        return [frozenset(map(self.owner, unknowns)) for _, unknowns in self.atoms]

    @cached_property
    def matrix(self) -> Numbers:
        """Equations by atoms, modulo the prime."""
        columns = [[_modular(each) for each in column] for column, _ in self.atoms]
        return np.array(columns, dtype=np.int64).reshape(len(self.atoms), len(self.equations)).T

    def combination(self, times: Sequence[Fraction | int]) -> Combination:
        """The equations added up, each so many times."""
        terms: dict[Unknown, Fraction] = {}
        for equation, often in zip(self.equations, times, strict=True):
            if often:
                for unknown, coefficient in equation.terms.items():
                    terms[unknown] = terms.get(unknown, Fraction(0)) + Fraction(often) * Fraction(coefficient)
        width = len(self.equations[0].totals)
        pairs = list(zip(self.equations, times, strict=True))
        return Combination(
            parts={each.source: Fraction(often) for each, often in pairs if often},
            terms={unknown: coefficient for unknown, coefficient in terms.items() if coefficient},
            totals=tuple(sum(float(often) * each.totals[at] for each, often in pairs) for at in range(width)),
            slack=sum(abs(float(often)) * each.slack for each, often in pairs),
        )

    def owned_by(self, combination: Combination) -> frozenset[str]:
        """Who is behind what is left."""
        return frozenset(map(self.owner, combination.terms))

    # Every combination of -1, 0 and 1

    def signed(self, most: int = MOST_EQUATIONS) -> Iterator[NDArray[np.int64]]:
        """Coefficients by combination, in blocks; nothing where there are more equations than ``most``."""
        if len(self.equations) > most or not self.equations:
            return
        head = max(len(self.equations) - 8, 0)
        tail = np.array(list(product((-1, 0, 1), repeat=len(self.equations) - head)), dtype=np.int64)
        for first in product((-1, 0, 1), repeat=head):
            block = np.concatenate([np.tile(np.array(first, dtype=np.int64), (len(tail), 1)), tail], axis=1)
            leading = _first_nonzero(block)
            yield block[leading > 0]

    def small_signed(self, most: int) -> Iterator[Combination]:
        """The combinations of -1, 0 and 1 that leave something of at most so many owners."""
        names = sorted(frozenset().union(*self.owners)) if self.owners else []
        place = {name: at for at, name in enumerate(names)}
        mine = np.zeros((len(self.owners), len(names)), dtype=np.int64)
        for at, each in enumerate(self.owners):
            mine[at, [place[name] for name in each]] = 1
        seen: set[tuple[int, ...]] = set()
        for block in self.signed():
            left = (block @ self._small_matrix) != 0
            behind = ((left.astype(np.int64) @ mine) > 0).sum(axis=1)
            for at in np.flatnonzero((behind > 0) & (behind <= most)):
                support = tuple(np.flatnonzero(left[at]))
                if support not in seen:
                    seen.add(support)
                    yield self.combination([int(each) for each in block[at]])

    def plain_sums(self) -> Iterator[Combination]:
        """The plain sums over a set of unknowns that combinations of -1, 0 and 1 come down to.

        Each set comes once, by a combination of as few equations as it takes.
        """
        shortest: dict[bytes, tuple[int, NDArray[np.int64]]] = {}
        for block in self.signed():
            left = block @ self._small_matrix
            turned = np.where((left < 0).any(axis=1), -1, 1)[:, None]
            left, block = left * turned, block * turned
            parts = np.count_nonzero(block, axis=1).tolist()
            for at in np.flatnonzero((left >= 0).all(axis=1) & (left <= 1).all(axis=1) & left.any(axis=1)):
                key = left[at].tobytes()
                if key not in shortest or parts[at] < shortest[key][0]:
                    shortest[key] = parts[at], block[at]
        for _, times in shortest.values():
            yield self.combination([int(each) for each in times])

    @cached_property
    def _small_matrix(self) -> Numbers:
        whole = self.matrix.copy()
        whole[whole > _PRIME // 2] -= _PRIME
        return whole

    # Every small set of unknowns

    def isolated(self, most: int, budget: int = 4_000) -> Iterator[Combination]:
        """A combination for every smallest set of unknowns of at most ``most`` owners that can be isolated.

        :param budget: how many sets are looked further into; the smallest come first.
        """
        space = _null_space(self.matrix)
        # Where nobody owns two atoms, a set of so many owners has so many atoms; its last two are looked at together.
        single = sum(map(len, self.owners)) == len(frozenset().union(*self.owners))
        depth, deepest = (most + 4, most - 2) if single else (64, most)
        if space.shape[1] > depth:
            chance = np.random.default_rng(1)
            space = space @ chance.integers(1, _PRIME, (space.shape[1], depth)) % _PRIME
        light = [at for at, owners in enumerate(self.owners) if len(owners) <= most]
        found: list[frozenset[int]] = []
        level: list[tuple[tuple[int, ...], Numbers]] = [((), space[light] if light else space[:0])]
        while level and budget > 0:
            following: list[tuple[tuple[int, ...], Numbers]] = []
            for chosen, rows in level:
                budget -= 1
                if budget < 0:
                    break
                for places in self._dependent(chosen, rows):
                    atoms = frozenset(light[at] for at in places)
                    if len(frozenset().union(*(self.owners[at] for at in atoms))) > most:
                        continue
                    if any(known <= atoms for known in found):
                        continue
                    combination = self.solved(atoms)
                    if combination is not None:
                        found.append(atoms)
                        yield combination
                for at in range(chosen[-1] + 1 if chosen else 0, len(light)):
                    behind = frozenset().union(*(self.owners[light[each]] for each in (*chosen, at)))
                    if len(behind) <= deepest and rows[at].any():
                        following.append(((*chosen, at), _eliminated(rows, at)))
            level = following

    @staticmethod
    def _dependent(chosen: tuple[int, ...], rows: Numbers) -> Iterator[tuple[int, ...]]:
        """One or two more that depend on those chosen, all later than these."""
        start = chosen[-1] + 1 if chosen else 0
        alike: dict[bytes, list[int]] = {}
        for at in range(start, len(rows)):
            leading = np.flatnonzero(rows[at])
            if not len(leading):
                yield (*chosen, at)
                continue
            key = (rows[at] * _INVERSES[rows[at, leading[0]]] % _PRIME).tobytes()
            for other in alike.get(key, ()):
                yield (*chosen, other, at)
            alike.setdefault(key, []).append(at)

    def within(self, atoms: Collection[int]) -> Iterator[Combination]:
        """Combinations in which nothing but these atoms is left; none where the prime was mistaken."""
        outside = [column for at, (column, _) in enumerate(self.atoms) if at not in atoms]
        every = (self.combination(times) for times in _left_kernel(outside, len(self.equations)))
        return (each for each in every if each.terms)

    def solved(self, atoms: Collection[int]) -> Combination | None:
        """The most precise of these."""
        return min(self.within(atoms), key=lambda each: each.imprecision, default=None)


def _modular(number: int | Fraction) -> int:
    exact = Fraction(number)
    return exact.numerator * pow(exact.denominator, -1, _PRIME) % _PRIME


def _first_nonzero(block: Numbers) -> Numbers:
    return block[np.arange(len(block)), (block != 0).argmax(axis=1)]


def _eliminated(rows: Numbers, at: int) -> Numbers:
    """The rows after taking away from each as much of one of them as makes a column of theirs zero."""
    column = int(np.flatnonzero(rows[at])[0])
    pivot = rows[at] * _INVERSES[rows[at, column]] % _PRIME
    return (rows - rows[:, column : column + 1] * pivot) % _PRIME


def _null_space(matrix: Numbers) -> Numbers:
    """One row for each column of the matrix; the columns of what is returned are sent to zero by it."""
    matrix = matrix % _PRIME
    height, width = matrix.shape
    pivots: list[int] = []
    for column in range(width):
        below = np.flatnonzero(matrix[len(pivots) :, column])
        if not len(below):
            continue
        row, pivot = len(pivots), len(pivots) + int(below[0])
        matrix[[row, pivot]] = matrix[[pivot, row]]
        matrix[row] = matrix[row] * _INVERSES[matrix[row, column]] % _PRIME
        factors = matrix[:, column].copy()
        factors[row] = 0
        matrix = (matrix - factors[:, None] * matrix[row]) % _PRIME
        pivots.append(column)
        if len(pivots) == height:
            break
    free = [column for column in range(width) if column not in pivots]
    space = np.zeros((width, len(free)), dtype=np.int64)
    for at, column in enumerate(free):
        space[column, at] = 1
        space[pivots, at] = -matrix[: len(pivots), column] % _PRIME
    return space


def rank(matrix: Numbers) -> int:
    """The rank of a matrix modulo the prime."""
    return matrix.shape[1] - _null_space(matrix).shape[1]


def _left_kernel(columns: Sequence[Sequence[int | Fraction]], height: int) -> Iterator[list[Fraction]]:
    """Coefficients of equations that make every one of the columns zero: a basis of them, in exact fractions."""
    rows = [[Fraction(each) for each in column] for column in columns]
    pivots: list[int] = []
    for column in range(height):
        row = next((at for at in range(len(pivots), len(rows)) if rows[at][column]), None)
        if row is None:
            continue
        place = len(pivots)
        rows[place], rows[row] = rows[row], rows[place]
        head = rows[place][column]
        rows[place] = [each / head for each in rows[place]]
        for at, other in enumerate(rows):
            if at != place and other[column]:
                factor = other[column]
                rows[at] = [each - factor * mine for each, mine in zip(other, rows[place], strict=True)]
        pivots.append(column)
    for free in range(height):
        if free not in pivots:
            times = [Fraction(0)] * height
            times[free] = Fraction(1)
            for place, column in enumerate(pivots):
                times[column] = -rows[place][free]
            yield times
