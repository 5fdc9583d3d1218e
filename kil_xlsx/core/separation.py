"""Which questions separate organisations that are strong elsewhere from those that are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.membership import Member
from kil_xlsx.core.release import Group, Separation, Thresholds
from kil_xlsx.core.rounding import round_half_away

STRONG, SOME, LITTLE = 0.5, 0.3, 0.1
"""From which item-rest correlation on a question separates strongly, somewhat, a little."""


def separations(
    instrument: Instrument, used: Sequence[Member], bodies: Sequence[str], everyone: Group, thresholds: Thresholds
) -> Iterator[Separation]:
    """How well each question separates; held back where its distribution is, as both say how answers spread.

    :param used: the members of the group of all, ``bodies`` what each counts as, ``everyone`` its published figures.
    """
    figures = {statistic.item: statistic.figure for statistic in everyone.statistics}
    numbers: dict[str, int] = {}
    body = np.array([numbers.setdefault(each, len(numbers)) for each in bodies], dtype=np.int64)
    relative = _relative(used, [question.id for question in instrument.questions])
    given = ~np.isnan(relative)
    scored = np.where(given, relative, 0.0)
    for at, question in enumerate(instrument.questions):
        shown = figures.get(question.id)
        others = np.delete(given, at, axis=0).sum(axis=0)
        both = given[at] & (others > 0)
        told = shown is not None and shown.levels is not None
        enough = len(np.unique(body[both])) >= thresholds.quartiles + thresholds.besides_reader
        correlation = None
        if told and enough:
            rest: NDArray[np.float64] = np.delete(scored, at, axis=0).sum(axis=0)
            correlation = _correlation(np.stack([relative[at, both], rest[both] / others[both]]))
        yield Separation(
            item=question.id,
            n=int(both.sum()) if correlation is not None else None,
            correlation=correlation,
            strength="" if correlation is None else _strength(correlation),
        )


def _relative(used: Sequence[Member], questions: Sequence[str]) -> NDArray[np.float64]:
    """Answers on 0 to 1, by question and member; not a number (NaN) where there is none."""
    found = np.full((len(questions), len(used)), np.nan)
    for column, member in enumerate(used):
        for row, question in enumerate(questions):
            relative = member.result.questions[question].relative
            if relative is not None:
                found[row, column] = relative
    return found


def _correlation(table: NDArray[np.float64]) -> float | None:
    """Pearson's correlation of two rows to one decimal; none where either side is the same for all."""
    if table.std(axis=1).min() < 1e-12:
        return None
    return round_half_away(float(np.corrcoef(*table)[0, 1]), 1)


def _strength(correlation: float) -> Literal["strong", "some", "little", "none"]:
    if correlation >= STRONG:
        return "strong"
    if correlation >= SOME:
        return "some"
    return "little" if correlation >= LITTLE else "none"
