"""What organisations gave to one item: single answers, all of them as columns, and what of an item can be published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from kil_xlsx.core.release import Part
from kil_xlsx.core.returns import State


class Answer(NamedTuple):
    """What one organisation gave: a number, a level, or both.

    ``state`` says whether it is an answer at all; the other states are counted beside a distribution and never enter
    it, nor a mean or quantile.
    """

    value: float | None = None
    level: str | None = None
    state: State = State.ANSWERED


class Answers(Sequence[Answer]):
    """What many organisations gave, in their order: the distinct answers, and by organisation the number of its own.

    Answers are numbered as they first come.  Whatever can be said of an answer is worked out once for each distinct
    one and looked up for all.
    """

    def __init__(self, distinct: tuple[Answer, ...], number: NDArray[np.int64]) -> None:
        self.distinct = distinct
        self.number = number

    @classmethod
    def of(cls, given: Iterable[Answer]) -> Answers:
        """The answers as columns."""
        if isinstance(given, Answers):
            return given
        numbers: dict[Answer, int] = {}
        number = np.array([numbers.setdefault(each, len(numbers)) for each in given], dtype=np.int64)
        return cls(tuple(numbers), number)

    def __len__(self) -> int:
        return len(self.number)

    def __iter__(self) -> Iterator[Answer]:
        return (self.distinct[each] for each in self.number.tolist())

    @overload
    def __getitem__(self, at: int) -> Answer: ...
    @overload
    def __getitem__(self, at: slice) -> Answers: ...
    def __getitem__(self, at: int | slice) -> Answer | Answers:
        return self.taken(self.number[at]) if isinstance(at, slice) else self.distinct[self.number[at]]

    def among(self, members: Sequence[int]) -> Answers:
        """Those of some organisations, given by number."""
        return self if len(members) == len(self) else self.taken(self.number[list(members)])

    def taken(self, number: NDArray[np.int64]) -> Answers:
        """Some of the answers, by their numbers, numbered anew."""
        found, first, again = np.unique(number, return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return Answers(tuple(self.distinct[each] for each in found[order].tolist()), place[again.reshape(-1)])

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """By organisation, the value in its answer; not a number (NaN) where there is none."""
        each = [np.nan if answer.value is None else answer.value for answer in self.distinct]
        return np.array(each, dtype=np.float64)[self.number]


@dataclass(frozen=True)
class Shape:
    """What is published of an item: only how many there are, numbers, or a distribution over levels beside them.

    ``levels`` lists the codes of the levels in order; ``scored`` says whether levels have values.  ``amounts`` are
    measures, rounded to significant figures; ``adds_up`` says that they can be dominated by a few.
    """

    kind: Literal["count", "values", "levels"]
    levels: tuple[str, ...] = ()
    scored: bool = True
    amounts: bool = False
    adds_up: bool = False

    def contributes(self, answer: Answer) -> bool:
        """Whether an answer can be used; whatever cannot is never replaced by a guess."""
        if self.kind == "count":
            return True
        if answer.state is not State.ANSWERED:
            return False
        if self.kind == "levels" and answer.level not in self.levels:
            return False
        return answer.value is not None or (self.kind == "levels" and not self.scored)

    def contributing(self, answers: Answers) -> NDArray[np.bool_]:
        """By organisation, whether its answer can be used."""
        return np.array([self.contributes(each) for each in answers.distinct], dtype=bool)[answers.number]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The numbers that can exist."""
        if self.kind == "count" or not self.scored:
            return ("n",)
        return ("n", "mean", "median", "lower_quartile", "upper_quartile", "p10", "p90")
