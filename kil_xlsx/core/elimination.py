"""Linear algebra over small matrices that start as zeros and ones: reduced forms, kernels, columns that are alike."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

ZERO = 1e-9
"""What is smaller is taken for zero: rows of zeros and ones leave nothing that small behind when they are combined."""

_PLACES = 7
"""Decimals to which columns are compared when atoms are merged."""

_AT_ONCE = 2
"""Columns that are looked through at once for a basis, for each row: more are hardly ever needed."""


def clean(matrix: Numbers) -> Numbers:
    """A matrix with zeros where it is as good as zero."""
    return np.where(np.abs(matrix) < ZERO, 0.0, matrix)


def alike(columns: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct columns in order, the first row deciding first: where each is, and which one every column is.

    The same as ``np.unique(columns, axis=1)`` finds, which sorts column by column; here 64 rows at a time are one
    number each.
    """
    packed = np.packbits(columns, axis=0)
    short = -len(packed) % 8
    words = np.concatenate([packed, np.zeros((short, packed.shape[1]), dtype=np.uint8)])
    every = np.ascontiguousarray(words.T).view(">u8").astype(np.uint64)
    _, first, number = np.unique(every[:, 0], return_index=True, return_inverse=True)
    for word in every.T[1:]:
        further = np.unique(word, return_inverse=True)[1].reshape(-1)
        pairs = number.reshape(-1) * len(word) + further
        _, first, number = np.unique(pairs, return_index=True, return_inverse=True)
    return first, number.reshape(-1)


def merged(atom_of: NDArray[np.int64], residual: Numbers) -> tuple[NDArray[np.int64], Numbers]:
    """Atoms that are always in the same combinations as one; those that are in none have number -1."""
    filled = np.flatnonzero(residual.any(axis=0))
    columns = residual[:, filled]
    leading = columns[(columns != 0).argmax(axis=0), np.arange(len(filled))]
    level = np.round(columns / leading, _PLACES) + 0.0  # without negative zeros
    order = np.lexsort(level[::-1])
    ordered = level[:, order]
    new_one = np.append(True, (ordered[:, 1:] != ordered[:, :-1]).any(axis=0))
    together = np.empty(len(filled), dtype=np.int64)
    together[order] = np.cumsum(new_one) - 1
    new = np.full(residual.shape[1] + 1, -1, dtype=np.int64)  # the last one stands for organisations without an atom
    new[filled] = together
    return new[atom_of], columns[:, order[new_one]]


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
        changed[np.abs(changed) < ZERO] = 0
        matrix[touched] = changed


def echelon(matrix: Numbers, columns: Iterable[int]) -> tuple[Numbers, list[int]]:
    """The reduced row echelon form and its pivots, which are taken from columns in the given order."""
    matrix = matrix.copy()
    pivots: list[int] = []
    for column in columns:
        if len(pivots) == len(matrix):
            break
        at = len(pivots) + int(np.abs(matrix[len(pivots) :, column]).argmax())
        if abs(matrix[at, column]) >= ZERO:
            _eliminate(matrix, len(pivots), at, column)
            pivots.append(column)
    return matrix, pivots


def reduced(matrix: Numbers, order: NDArray[np.int64]) -> tuple[Numbers, NDArray[np.int64]]:
    """The reduced row echelon form of a matrix of full row rank, and its pivots, as early in an order as possible.

    Only the columns where pivots may be are eliminated one by one; all others follow by one multiplication.
    """
    rank = len(matrix)
    times = np.eye(rank)
    pivots: list[int] = []
    for start in range(0, len(order), _AT_ONCE * rank):
        columns = order[start : start + _AT_ONCE * rank]
        table = clean(np.concatenate([times @ matrix[:, columns], times], axis=1))
        at = 0
        while len(pivots) < rank:
            row = len(pivots)
            open_ones = table[row:, at : len(columns)].any(axis=0)
            if not open_ones.any():
                break
            at += int(open_ones.argmax())
            _eliminate(table, row, row + int(np.abs(table[row:, at]).argmax()), at)
            pivots.append(int(columns[at]))
        times = table[:, len(columns) :]
        if len(pivots) == rank:
            break
    return clean(times @ matrix), np.array(pivots, dtype=np.int64)


def combination(matrix: Numbers, wanted: Numbers) -> Numbers:
    """The coefficients with which the rows of a matrix, which are independent, add up to a row."""
    rows = len(matrix)
    system = np.concatenate([matrix.T, wanted[:, None]], axis=1)
    return echelon(system, range(rows))[0][:rows, rows]


def left_kernel(matrix: Numbers) -> Numbers:
    """Every combination of rows that is zero in all columns, as rows of coefficients."""
    rows, columns = matrix.shape
    whole, pivots = echelon(np.concatenate([matrix, np.eye(rows)], axis=1), range(columns))
    return whole[len(pivots) :, columns:]
