"""What several people of one organisation said, side by side: where they agree, and how far they are apart.

Answers that are no numbers or levels (*don't know*, *not applicable*, nothing at all) are never put on the scale: they
count as answers of their own, so whoever does not know does not agree with whoever does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.readings import ItemKind
from kil_xlsx.core.returns import Key, Return
from kil_xlsx.core.statements import Asks, Says, Statement, asked, statement


@dataclass(frozen=True)
class Distinct:
    """One answer, and those who gave it: their positions among the returns, from 0."""

    statement: Statement
    given_by: tuple[int, ...]


@dataclass(frozen=True)
class Spread:
    """What the returns say about one thing.

    ``answers`` are the distinct ones: on a scale the lowest first, then what is on no scale, each with those who gave
    it.  ``lowest`` and ``highest`` are their ends where levels or numbers are in order (equal where all who gave one
    agree); ``steps`` is how many steps of the choice list lie between them.
    """

    asks: Asks
    answers: tuple[Distinct, ...]
    lowest: Statement | None = None
    highest: Statement | None = None
    steps: int | None = None

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.asks.key

    @property
    def agreed(self) -> bool:
        """Whether all say the same."""
        return len(self.answers) == 1

    @property
    def said(self) -> bool:
        """Whether anybody says anything."""
        return any(each.statement.said for each in self.answers)

    def by(self, position: int) -> Statement:
        """What one of them says."""
        return next(each.statement for each in self.answers if position in each.given_by)


def spread(instrument: Instrument, returns: Sequence[Return], *, beside: bool = False) -> tuple[Spread, ...]:
    """What several returns of one instrument say, item by item, in the order of the workbook.

    :param returns: at least one; of whom each is, is the caller's affair.
    :param beside: whether to give what was said beside answers too, such as evidence.
    :raises ValueError: there are no returns.
    """
    if not returns:
        raise ValueError("there is nothing to put side by side")
    everything = (
        _spread(asks, [statement(each, asks) for each in returns]) for asks in asked(instrument, beside=beside)
    )
    # Rows of tables that nobody has used say nothing about anybody.
    return tuple(each for each in everything if each.said or each.asks.kind is not ItemKind.TABLE)


def apart(spreads: Sequence[Spread]) -> tuple[Spread, ...]:
    """Those on which they do not agree: those furthest apart first, then in the order of the workbook."""
    return tuple(sorted((each for each in spreads if not each.agreed), key=lambda each: -(each.steps or 0)))


def _spread(asks: Asks, statements: Sequence[Statement]) -> Spread:
    given: dict[Statement, list[int]] = {}
    for position, each in enumerate(statements):
        given.setdefault(each, []).append(position)
    placed = {each: _on_scale(asks, each) for each in given}
    scaled = sorted((at, number) for number, each in enumerate(given) if (at := placed[each]) is not None)
    beside = [number for number, each in enumerate(given) if placed[each] is None]
    every = list(given)
    answers = tuple(Distinct(every[at], tuple(given[every[at]])) for at in (*(at for _, at in scaled), *beside))
    if not scaled:
        return Spread(asks, answers)
    (low, first), (high, last) = scaled[0], scaled[-1]
    levels = sorted(set(asks.order.values()))
    steps = levels.index(high) - levels.index(low) if every[first].code is not None else None
    return Spread(asks, answers, every[first], every[last], steps)


def _on_scale(asks: Asks, said: Statement) -> float | None:
    """Where an answer is on its scale; nothing for one that is on none."""
    if said.says is not Says.ANSWERED:
        return None
    return asks.order.get(said.code) if said.code is not None else said.value
