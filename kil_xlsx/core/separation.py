"""Which questions separate organisations that are strong elsewhere from those that are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

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
    for question in instrument.questions:
        shown = figures.get(question.id)
        pairs = [_item_and_rest(member, question.id) for member in used]
        both = [pair for pair in pairs if pair is not None]
        count = len({body for body, pair in zip(bodies, pairs, strict=True) if pair is not None})
        told = shown is not None and shown.levels is not None
        enough = count >= thresholds.quartiles + thresholds.besides_reader
        correlation = _correlation(both) if told and enough else None
        yield Separation(
            item=question.id,
            n=len(both) if correlation is not None else None,
            correlation=correlation,
            strength="" if correlation is None else _strength(correlation),
        )


def _item_and_rest(member: Member, question: str) -> tuple[float, float] | None:
    """An answer on 0 to 1 with the mean of all others; none without either."""
    own = member.result.questions[question].relative
    rest = [each.relative for each in member.result.questions.values() if each.id != question]
    others = [value for value in rest if value is not None]
    return (own, sum(others) / len(others)) if own is not None and others else None


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's correlation to one decimal; none where either side is the same for all."""
    table = np.array(pairs).T
    if min(table.std(axis=1)) < 1e-12:
        return None
    return round_half_away(float(np.corrcoef(table)[0, 1]), 1)


def _strength(correlation: float) -> Literal["strong", "some", "little", "none"]:
    if correlation >= STRONG:
        return "strong"
    if correlation >= SOME:
        return "some"
    return "little" if correlation >= LITTLE else "none"
