"""Groups of organisations and their answers, as disclosure control takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kil_xlsx.core.answers import Answer, Shape
from kil_xlsx.core.disclosure import Published, publish
from kil_xlsx.core.frame import Frame
from kil_xlsx.core.release import Figure, Thresholds
from kil_xlsx.core.returns import State

USUAL = Thresholds()
OUTSIDE = Thresholds(besides_reader=False)
SMALL = Thresholds(mean=5, quartiles=5, percentiles=5, besides_reader=False)
VALUES = Shape("values")
COUNT = Shape("count")
LEVELS = Shape("levels", ("0", "1", "2"))
AMOUNTS = Shape("values", amounts=True, adds_up=True)

Members = Iterable[int]


def frame_of(count: int, *families: Sequence[Members], bodies: Sequence[int] = ()) -> Frame:
    """A whole of so many organisations, and ways of grouping them, each with the members of its parts."""
    rows = [np.ones(count, dtype=bool)]
    numbers: list[tuple[int, ...]] = []
    for family in families:
        numbers.append((0, *range(len(rows), len(rows) + len(family))))
        for part in family:
            row = np.zeros(count, dtype=bool)
            row[list(part)] = True
            rows.append(row)
    mine = list(bodies) or list(range(count))
    return Frame(
        groups=np.array(rows),
        families=tuple(numbers),
        bodies=np.array(mine, dtype=np.int64),
        keys=tuple(f"key {at}" for at in range(count)),
        body_keys=tuple(f"body {each}" for each in mine),
    )


def values(*values: float | None) -> list[Answer]:
    return [Answer(each) if each is not None else Answer(state=State.UNANSWERED) for each in values]


def levels(*codes: str) -> list[Answer]:
    special = {"NA": State.NOT_APPLICABLE, "DK": State.DONT_KNOW, "": State.UNANSWERED}
    return [Answer(state=special[code], level=code) if code in special else Answer(float(code), code) for code in codes]


def whole(thresholds: Thresholds, shape: Shape, answers: Sequence[Answer], bodies: Sequence[int] = ()) -> Figure:
    """The figure of everybody, without any parts."""
    return publish(thresholds, shape, frame_of(len(answers), bodies=bodies), answers).figures[0]


def sized(*sizes: int) -> list[range]:
    """Parts of the given sizes, one after the other."""
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    return [range(start, start + size) for start, size in zip(starts, sizes, strict=True)]


def counted(*families: Sequence[Members], thresholds: Thresholds = SMALL, bodies: Sequence[int] = ()) -> list[bool]:
    """Which groups' sizes are shown, the whole first."""
    count = max((each for family in families for part in family for each in part), default=-1) + 1
    frame = frame_of(count, *families, bodies=bodies)
    return shown_of(publish(thresholds, COUNT, frame, [Answer()] * count))


def shown_of(published: Published) -> list[bool]:
    return [figure.shown for figure in published.figures]
