"""Who is in which group, in this release and in earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kil_xlsx.core.answers import Answers
from kil_xlsx.core.audit import Rows


@dataclass(frozen=True)
class Frame:
    """Who is in which group.

    ``groups`` has one row for each group, the whole first, and one column for each organisation.  ``families`` are
    the rows of each way of grouping, the whole first in each.  ``bodies`` number what each organisation counts as;
    ``keys`` tell organisations apart across releases, and ``body_keys`` what they count as.
    """

    groups: Rows
    families: tuple[tuple[int, ...], ...]
    bodies: NDArray[np.int64]
    keys: tuple[str, ...]
    body_keys: tuple[str, ...]

    @property
    def organisations(self) -> int:
        """How many there are."""
        return len(self.keys)

    def families_of(self, chosen: Sequence[int]) -> list[list[int]]:
        """The families of some of the groups, which are numbered anew in their order."""
        at = {row: place for place, row in enumerate(chosen)}
        return [[at[row] for row in family if row in at] for family in self.families if family[0] in at]


@dataclass(frozen=True)
class Earlier:
    """One group of an earlier release that showed an item.

    ``tokens`` has what tells each contributor's answer from others, and ``bodies`` what each counted as, by the
    contributor's key.  ``spread`` says whether the distribution was shown too.
    """

    number: int
    tokens: Mapping[str, str]
    bodies: Mapping[str, str]
    spread: bool


class Past:
    """The groups of earlier releases, over the organisations of today and, further right, the answers of then.

    An organisation whose answer is another one now has two columns: taking one release from the other would otherwise
    give the change away.
    """

    def __init__(
        self,
        frame: Frame,
        answers: Answers,
        contributes: Rows,
        tokens: Sequence[str],
        earlier: Sequence[Earlier],
    ) -> None:
        self.width, self.bodies, self.same = frame.organisations, frame.bodies, answers.number
        self.rows = np.zeros((0, self.width), dtype=bool)
        self.numbers: list[int] = []
        if earlier:
            self._add(frame, np.flatnonzero(contributes).tolist(), tokens, earlier)

    def _add(
        self, frame: Frame, contributors: Sequence[int], tokens: Sequence[str], earlier: Sequence[Earlier]
    ) -> None:
        place = {(frame.keys[at], tokens[at]): at for at in contributors}
        body = dict(zip(frame.body_keys, frame.bodies.tolist(), strict=True))
        own = dict(zip(frame.keys, frame.bodies.tolist(), strict=True))
        bodies, answers = self.bodies.tolist(), self.same.tolist()
        same = {tokens[at]: answers[at] for at in contributors}
        here = len(answers)
        members: dict[frozenset[int], int] = {}
        for group in earlier:
            mine = []
            for key, token in group.tokens.items():
                at = place.get((key, token))
                if at is None:
                    at = place[key, token] = len(bodies)
                    # The old answer of somebody who is here still counts as the same body as the new one.
                    fresh = len(frame.bodies) + len(body)
                    bodies.append(own[key] if key in own else body.setdefault(group.bodies[key], fresh))
                    answers.append(same.setdefault(token, here + len(same)))
                mine.append(at)
            members.setdefault(frozenset(mine), group.number)
        self.width = len(bodies)
        self.bodies = np.array(bodies, dtype=np.int64)
        self.same = np.array(answers, dtype=np.int64)
        self.numbers = list(members.values())
        self.rows = np.zeros((len(members), self.width), dtype=bool)
        for row, found in enumerate(members):
            self.rows[row, list(found)] = True
