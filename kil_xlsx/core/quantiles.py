"""Quartiles, means and ranks, by the methods that spreadsheets use.

Quantiles are **type 7** of Hyndman, R. J. and Fan, Y. (1996), "Sample quantiles in statistical packages",
*The American Statistician* 50(4), 361-365: for *n* values in order and a share *q*, the quantile stands at position
``1 + (n - 1) q`` and is read off by straight-line interpolation between the two neighbouring values.  This is what
PERCENTILE.INC and QUARTILE.INC give in Excel, LibreOffice and Google Sheets.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from kil_xlsx.core.rounding import round_half_away

#: Two scores that agree to this many decimals count as the same, as in comparisons inside a workbook.
_SAME_TO = 6


@dataclass(frozen=True)
class Quartiles:
    """The lower quartile, the median and the upper quartile, in the unit of the values."""

    q1: float
    median: float
    q3: float


@dataclass(frozen=True)
class Position:
    """Where one value stands among others: the shares (0 to 1) of the others below it and level with it."""

    below_share: float
    same_share: float

    @property
    def mid_rank(self) -> float:
        """The mid-rank (0 to 1): the share below and half of the share that is level."""
        return self.below_share + self.same_share / 2


def _usable(values: Sequence[float], purpose: str) -> Sequence[float]:
    if not values:
        raise ValueError(f"There are no values to take {purpose} of.")
    if not all(map(math.isfinite, values)):
        raise ValueError(f"Cannot take {purpose} of values that are not finite numbers.")
    return values


def _at(ordered: Sequence[float], q: float) -> float:
    position = (len(ordered) - 1) * q
    index = math.floor(position)
    fraction = position - index
    if fraction == 0:
        return ordered[index]
    return ordered[index] + fraction * (ordered[index + 1] - ordered[index])


def quantiles(values: Sequence[float], shares: Sequence[float]) -> list[float]:
    """The quantiles by Hyndman and Fan's type 7, equal to PERCENTILE.INC.

    :param values: at least one finite number, in any order.
    :param shares: the shares below, each from 0 (the smallest value) to 1 (the largest).
    :returns: the quantiles in the order of the shares, in the unit of the values.
    :raises ValueError: there are no values, one is not finite, or a share is outside 0 to 1.

    >>> quantiles([1, 3, 2, 4], [0.3, 0.5])
    [1.9, 2.5]
    """
    return of_ordered(sorted(_usable(values, "a quantile")), shares)


def of_ordered(ordered: Sequence[float], shares: Sequence[float]) -> list[float]:
    """The quantiles of values that are in ascending order already, as :func:`quantiles` gives them."""
    for share in shares:
        if not 0 <= share <= 1:
            raise ValueError(f"A quantile needs a share from 0 to 1, not {share!r}.")
    return [float(_at(ordered, share)) for share in shares]


def quartiles(values: Sequence[float]) -> Quartiles:
    """Both quartiles and the median by Hyndman and Fan's type 7, equal to QUARTILE.INC.

    :param values: at least one finite number, in any order.
    :raises ValueError: there are no values, or one is not finite.
    """
    ordered = sorted(_usable(values, "quartiles"))
    return Quartiles(*(float(_at(ordered, q)) for q in (0.25, 0.5, 0.75)))


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, in the unit of the values, summed without rounding so that order does not matter.

    :raises ValueError: there are no values, or one is not finite.
    """
    return math.fsum(_usable(values, "a mean")) / len(values)


class Ranked:
    """Numbers put in order once, among which the ranks of many others are then found quickly.

    They are compared to 6 decimals, as in a workbook, so that noise in the last bits does not break a tie.  Half of the
    ties count as below in :attr:`Position.mid_rank`: the usual mid-rank definition of a percentile rank.

    :raises ValueError: a number is not finite.
    """

    def __init__(self, values: Sequence[float]) -> None:
        self._ordered = sorted(round_half_away(each, _SAME_TO) for each in _usable(values, "a rank")) if values else []
        self._counts = Counter(self._ordered)
        self._left_out: Counter[float] = Counter()

    def without(self, values: Sequence[float]) -> Ranked:
        """The same without some of the numbers, each of which must be among them."""
        fewer = copy(self)
        fewer._left_out = self._left_out + Counter(round_half_away(each, _SAME_TO) for each in values)
        return fewer

    def __len__(self) -> int:
        return len(self._ordered) - self._left_out.total()

    @property
    def distinct(self) -> int:
        """How many different numbers there are."""
        return len(self._counts) - sum(self._counts[each] == count for each, count in self._left_out.items())

    def rank(self, own: float) -> Position:
        """Where a number stands among these, which must not include it: shares from 0 to 1 of them.

        :raises ValueError: there are none, or the number is not finite.
        """
        many, mark = len(self), round_half_away(own, _SAME_TO)
        if not many:
            raise ValueError("There are no values to take a rank of.")
        below = bisect_left(self._ordered, mark) - sum(n for each, n in self._left_out.items() if each < mark)
        same = self._counts[mark] - self._left_out[mark]
        return Position(below / many, same / many)
