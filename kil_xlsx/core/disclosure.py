"""Disclosure control: the one place that every published number passes.

A benchmark must say something about groups and nothing about any one organisation in them.  What organisations gave to
one item comes in as :class:`Answer` objects, who is in which group as a :class:`Frame`, and
:class:`kil_xlsx.core.release.Figure` objects leave.  What is held back gives no count either, and carries one mark
whatever the reason, because telling reasons apart would itself give something away.

The rules:

1. **Least size.** Mean and median need at least ``thresholds.mean`` organisations that gave a usable answer to *this*
   item, quartiles and distributions ``thresholds.quartiles``, other percentiles ``thresholds.percentiles``.  Whoever
   reads a release may be in it and can take its own answer away, so these are counted *besides the reader*: one more
   is needed, unless the release is for outsiders only.
2. **One body, one count.** Organisations under one parent count once.
3. **Not unanimous.** Where all contributors gave the same answer, or all but one (who would then know the others'), any
   figure would tell what they said.  It is held back whole.
4. **Nothing by calculation.** No combination of published groups, nor of these with groups of earlier releases, may
   come down to fewer organisations than rule 1 asks for (:mod:`kil_xlsx.core.audit`), and no short one to
   organisations of rule 3 (:mod:`kil_xlsx.core.unanimity`).  The smallest group that takes part in such a combination
   is held back as well, until there is none (complementary suppression).  This is done for means and distributions
   each with its own threshold.
5. **No dominance.** The mean of amounts is not shown where one or two organisations make up more than
   :data:`DOMINANCE` of the sum.  If that is so for any group that is shown, means are shown for the whole only.
6. **No extremes.** The lowest and the highest value are never published: each is one organisation's own.
7. **Not across items.** The mean of a score and the means of the questions that it is made of would tell what those
   said who left one of these out, if they are few.  Then the mean of the score is not shown; its median is.
8. **Rounded.** Measures are published to three significant figures, so that a median that happens to be one
   organisation's own figure is not that figure to the penny.

An organisation that changed its answer since an earlier release is two columns in rule 4, the old and the new one:
taking one release from the other would otherwise give the change away.

What this does not do: medians and quartiles are not linear, so combinations of them are not searched; they are
protected by the least sizes and by rule 4 for the groups that they are of.  Means of scores are held against the
questions of the same release only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import msgspec
import numpy as np
from numpy.typing import NDArray

from kil_xlsx.core import quantiles
from kil_xlsx.core.answers import Answer, Answers, Shape
from kil_xlsx.core.audit import Leak, Rows, find_leak, with_rests
from kil_xlsx.core.feedback import Position, Quarter
from kil_xlsx.core.frame import Earlier, Frame, Past
from kil_xlsx.core.release import CONFIDENTIAL, HIDDEN, Aside, Figure, LevelCount, Thresholds
from kil_xlsx.core.returns import State
from kil_xlsx.core.rounding import PLACES, round_half_away
from kil_xlsx.core.unanimity import find_unanimous

SIGNIFICANT = 3
"""Significant figures to which measures are rounded, half away from zero."""

DOMINANCE = 0.85
"""The share of a sum that two organisations may make up at most, for its mean to be shown."""

LEAST_THRESHOLD = 3
"""No threshold can be set lower than this: with two, each member would know the other's answer."""

LEAST_FOR_PER_CENTS = 20
"""Other organisations that it takes for a position in per cents; among fewer, only the quarter is told."""

_SPOTS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""The shares below of every quantile that is published."""

USUAL = Thresholds()
"""The thresholds that hold unless somebody asks for lower ones by name."""

QUANTILES_IN_WORDS = (
    "Medians, quartiles and percentiles are those of QUARTILE.INC and PERCENTILE.INC in a spreadsheet: type 7 of "
    "Hyndman and Fan, with straight-line interpolation between neighbouring values. The lowest and highest values are "
    "never published."
)
"""How quantiles are taken, as it stands beside every benchmark."""

ROUNDING_IN_WORDS = (
    f"Measures are rounded to {SIGNIFICANT} significant figures, everything else to {PLACES} decimals, half away from "
    "zero. Percentages are worked out from unrounded numbers."
)
"""How published numbers are rounded, as it stands beside every benchmark."""


def suppression_in_words(thresholds: Thresholds, *, log_ignored: bool) -> str:
    """The rules as readers of a release are told them."""
    more = int(thresholds.besides_reader)
    besides = f" ({thresholds.mean} besides whoever reads this)" if more else ""
    earlier = "" if log_ignored else ", or from an earlier release"
    return (
        f"Means and medians are shown only where at least {thresholds.mean + more} organisations{besides} gave a "
        f"usable answer, quartiles and the spread of answers from {thresholds.quartiles + more}, other percentiles "
        f"from {thresholds.percentiles + more}; organisations under one parent count once. Nothing is shown where "
        f"all, or all but one, gave the same answer. Where a group could be worked out from others{earlier}, the "
        "smallest group concerned is held back too. A mean is not shown where two organisations make up more than "
        f"{DOMINANCE:.0%} of a sum, nor the mean of a score where few organisations left out one of its questions. "
        f"What is held back carries the mark {CONFIDENTIAL}, whatever the reason."
    )


def lowered_in_words(thresholds: Thresholds, usual: Thresholds, *, log_ignored: bool) -> str:
    """What is less protected than usual; empty if nothing is.

    :param usual: the thresholds that would hold if nobody had asked for others.
    """
    told = []
    for name, what in (("mean", "means and medians"), ("quartiles", "quartiles"), ("percentiles", "percentiles")):
        least, rule = getattr(thresholds, name), getattr(usual, name)
        if least < rule:
            told.append(f"{what} are shown from {least} organisations instead of {rule}")
    if not thresholds.besides_reader:
        told.append("whoever reads it is taken not to be one of the organisations")
    if log_ignored:
        told.append("earlier releases were not taken into account")
    return f"At the request of those who made this release: {'; '.join(told)}." if told else ""


def checked(thresholds: Thresholds) -> Thresholds:
    """The thresholds.  ValueError for one that is too low, or for quartiles from fewer organisations than means."""
    found = (thresholds.mean, thresholds.quartiles, thresholds.percentiles)
    if min(found) < LEAST_THRESHOLD:
        raise ValueError(f"the least group size must be at least {LEAST_THRESHOLD}, not {min(found)}")
    if sorted(found) != list(found):
        raise ValueError("quartiles need at least as many organisations as means, and percentiles as quartiles")
    return thresholds


@dataclass
class Published:
    """The figures by group, and which earlier releases kept any of them back."""

    figures: tuple[Figure, ...]
    because_of: frozenset[int] = frozenset()


@dataclass
class _Gate:
    """Everything that decides on one item."""

    thresholds: Thresholds
    shape: Shape
    frame: Frame
    answers: Answers
    tokens: Sequence[str]
    earlier: Sequence[Earlier]
    contributes: Rows = field(init=False)
    alone: bool = field(init=False)

    def __post_init__(self) -> None:
        self.contributes = self.shape.contributing(self.answers)
        self.alone = len(np.unique(self.frame.bodies)) == self.frame.organisations

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The values of those who gave one that can be used, in ascending order."""
        return self.answers.values[self.ascending]

    @cached_property
    def ascending(self) -> NDArray[np.int64]:
        """Who gave a value that can be used, by number, in ascending order of the values."""
        usable = np.flatnonzero(self.contributes & ~np.isnan(self.answers.values))
        return usable[np.argsort(self.answers.values[usable], kind="stable")]

    def past(self, *, spread: bool) -> Past:
        """The groups of earlier releases; those of which the distribution was shown, where it is about these."""
        earlier = [group for group in self.earlier if group.spread or not spread]
        return Past(self.frame, self.answers, self.contributes, self.tokens, earlier)

    def bodies(self, members: NDArray[np.int64]) -> int:
        if self.alone:
            return len(members)
        return len(np.unique(self.frame.bodies[members]))

    def enough(self, members: NDArray[np.int64], threshold: int) -> bool:
        return self.bodies(members) >= threshold + self.thresholds.besides_reader

    def unanimous(self, members: NDArray[np.int64]) -> bool:
        """Whether all gave the same, or all but one body that may be the reader."""
        if self.shape.kind == "count" or not len(members):
            return False
        given = self.answers.number[members]
        others = members[given != np.bincount(given).argmax()]
        if self.alone:
            return len(others) <= int(self.thresholds.besides_reader)
        return self.bodies(others) <= int(self.thresholds.besides_reader)

    def times(self, mask: Rows, what: Callable[[Answer], Hashable]) -> Counter[Hashable]:
        """How often something of an answer comes among some organisations."""
        counts = np.bincount(self.answers.number[mask], minlength=len(self.answers.distinct)).tolist()
        found: Counter[Hashable] = Counter()
        for answer, count in zip(self.answers.distinct, counts, strict=True):
            found[what(answer)] += count
        return found

    def allowed(self, rows: Rows, threshold: int, withheld: Rows, *, spread: bool) -> tuple[Rows, set[int]]:
        """Which groups may be shown at a threshold, and the earlier releases that others are held back for.

        :param rows: contributors by group.
        :param withheld: groups that are held back already.
        :param spread: whether this is about distributions.
        """
        shown = ~withheld
        for row in np.flatnonzero(shown):
            members = np.flatnonzero(rows[row])
            shown[row] = self.enough(members, threshold) and not self.unanimous(members)
        past = self.past(spread=spread)
        wide = np.concatenate([rows, np.zeros((len(rows), past.width - rows.shape[1]), dtype=bool)], axis=1)
        because: set[int] = set()
        while (chosen := np.flatnonzero(shown).tolist()) and (leak := self._leak(wide, past, chosen, threshold)):
            now = [chosen[row] for row in leak.rows if row < len(chosen)]
            then = [row - len(chosen) for row in leak.rows if row >= len(chosen)]
            because |= {past.numbers[row] for row in then}
            # The whole is the last to go, as everybody is compared with it.
            shown[min(now, key=lambda row: (row == 0, int(rows[row].sum()), row))] = False
        return shown, because

    def _leak(self, wide: Rows, past: Past, chosen: list[int], threshold: int) -> Leak | None:
        families = self.frame.families_of(chosen)
        groups = np.concatenate([wide[chosen], past.rows])
        least = threshold + self.thresholds.besides_reader
        found = find_leak(groups, families, past.bodies, least, len(past.rows))
        if found is None and self.shape.kind != "count":
            besides = int(self.thresholds.besides_reader)
            found = find_unanimous(groups, families, past.same, past.bodies, besides, least, len(past.rows))
        return found


def publish(
    thresholds: Thresholds,
    shape: Shape,
    frame: Frame,
    answers: Sequence[Answer],
    *,
    withheld: Rows | None = None,
    tokens: Sequence[str] = (),
    earlier: Sequence[Earlier] = (),
    sizes_told: Rows | None = None,
) -> Published:
    """Turn what organisations gave to one item into what may be shown of each group.

    :param answers: by organisation.
    :param withheld: by group, whether it is held back already, such as a subgroup whose very size may not be told.
    :param tokens: by organisation, what tells its answer from others it may have given earlier.
    :param earlier: the groups of earlier releases for which this item was published.
    :param sizes_told: by group, whether its size may be told; all, unless given.  Where it may not, neither may be how
        many gave no usable answer.
    """
    gate = _Gate(thresholds, shape, frame, Answers.of(answers), tokens or [""] * frame.organisations, earlier)
    rows = frame.groups & gate.contributes
    nothing = np.zeros(len(rows), dtype=bool) if withheld is None else withheld
    shown, because = gate.allowed(rows, thresholds.mean, nothing, spread=False)
    spread = shown.copy()
    if shape.kind == "levels":
        spread, more = gate.allowed(rows, thresholds.quartiles, ~shown, spread=True)
        because |= more
    means = _means_shown(gate, rows, shown)
    told = np.ones(len(rows), dtype=bool) if sizes_told is None else sizes_told
    return Published(
        tuple(
            _figure(
                gate,
                rows[row],
                frame.groups[row] if told[row] else None,
                spread=bool(spread[row]),
                mean=means[row],
            )
            if shown[row]
            else HIDDEN
            for row in range(len(rows))
        ),
        frozenset(because),
    )


def _means_shown(gate: _Gate, rows: Rows, shown: Rows) -> list[bool]:
    """Rule 5, by group."""
    if not gate.shape.adds_up:
        return [True] * len(rows)
    frame = gate.frame
    sizes = np.abs(np.nan_to_num(gate.answers.values))

    def sound(mask: Rows) -> bool:
        by_body = np.bincount(frame.bodies[mask], weights=sizes[mask])
        total = by_body.sum()
        return bool(total > 0 and np.sort(by_body)[-2:].sum() <= DOMINANCE * total)

    chosen = np.flatnonzero(shown).tolist()
    masks = [mask for _, mask in with_rests(rows[chosen], frame.families_of(chosen))]
    past = gate.past(spread=False)
    # What an earlier release showed of organisations that are here with the same answers can be taken away, too.
    before = [mask[: rows.shape[1]] for mask in past.rows if not mask[rows.shape[1] :].any()]
    pairs = [*product(masks, masks), *product(masks, before), *product(before, masks)]
    differences = [outer & ~inner for outer, inner in pairs if not (inner & ~outer).any()]
    everywhere = all(sound(mask) for mask in (*masks, *differences) if mask.any())
    alone = not before and bool(shown[0]) and sound(rows[0])
    return [everywhere or (row == 0 and alone) for row in range(len(rows))]


def means_of_scores(thresholds: Thresholds, frame: Frame, shown: Rows, inputs_shown: Rows, partial: Rows) -> Rows:
    """Rule 7: of which groups the mean of a score may be shown beside the means of what the score is made of.

    Where everybody has every input, the mean of the score follows from those of the inputs.  So what it differs by
    comes from the organisations that lack an input, and tells about them; and an input that is held back follows from
    the score and the other inputs.

    :param shown: by group, whether the score's mean may be shown as far as all other rules go.
    :param inputs_shown: by group, whether the mean of every input is shown that anybody in the group has.
    :param partial: by organisation, whether it has the score or some of its inputs, but not all of these.
    """
    shown = shown & inputs_shown
    columns = np.flatnonzero(partial)
    rows = frame.groups[:, columns]
    least = thresholds.mean + thresholds.besides_reader
    while (chosen := np.flatnonzero(shown & rows.any(axis=1)).tolist()) and (
        leak := find_leak(rows[chosen], (), frame.bodies[columns], least)
    ):
        now = [chosen[row] for row in leak.rows]
        shown[min(now, key=lambda row: (row == 0, int(frame.groups[row].sum()), row))] = False
    return shown


def _figure(gate: _Gate, contributors: Rows, group: Rows | None, *, spread: bool, mean: bool) -> Figure:
    """The figure of a group that has passed every rule; ``group`` is absent where its size may not be told."""
    shape, thresholds = gate.shape, gate.thresholds
    n = int(contributors.sum())
    if shape.kind == "count":
        return Figure(n=n)
    values = gate.values[contributors[gate.ascending]].tolist() if shape.scored else []
    spots = dict(zip(_SPOTS, quantiles.of_ordered(values, _SPOTS), strict=True)) if values else {}
    bodies = gate.bodies(np.flatnonzero(contributors)) - thresholds.besides_reader

    def rounded(value: float) -> float:
        return significant(value) if shape.amounts else round_half_away(value, PLACES)

    def at(share: float, threshold: int) -> float | None:
        return rounded(spots[share]) if spots and bodies >= threshold else None

    levels = aside = None
    if shape.kind == "levels" and group is not None:
        outside = gate.times(group & ~gate.contributes, lambda answer: answer.state)
        aside = Aside(
            not_applicable=outside[State.NOT_APPLICABLE],
            dont_know=outside[State.DONT_KNOW],
            unanswered=outside[State.UNANSWERED] + outside[State.ANSWERED],
        )
    if shape.kind == "levels" and spread:
        chosen = gate.times(contributors, lambda answer: answer.level)
        levels = tuple(
            LevelCount(code=code, count=chosen[code], share=round_half_away(chosen[code] / n, PLACES))
            for code in shape.levels
        )
    quartiled = spread or shape.kind != "levels"
    return Figure(
        n=n,
        mean=rounded(quantiles.mean(values)) if values and mean else None,
        median=at(0.5, thresholds.mean),
        lower_quartile=at(0.25, thresholds.quartiles) if quartiled else None,
        upper_quartile=at(0.75, thresholds.quartiles) if quartiled else None,
        p10=at(0.1, thresholds.percentiles) if quartiled else None,
        p90=at(0.9, thresholds.percentiles) if quartiled else None,
        levels=levels,
        aside=aside,
    )


def as_permitted(thresholds: Thresholds, figure: Figure) -> Figure:
    """A figure that was published once, without what it would not show by these thresholds."""
    more = int(thresholds.besides_reader)
    n = figure.n
    if n is None or n < thresholds.mean + more:
        return HIDDEN
    if n < thresholds.quartiles + more:
        figure = msgspec.structs.replace(figure, lower_quartile=None, upper_quartile=None, levels=None)
    if n < thresholds.percentiles + more:
        figure = msgspec.structs.replace(figure, p10=None, p90=None)
    return figure


def significant(value: float, figures: int = SIGNIFICANT) -> float:
    """A number rounded to significant figures, half away from zero.

    >>> significant(123456.0), significant(0.0018249)
    (123000.0, 0.00182)
    """
    if value == 0:
        return 0.0
    return round_half_away(value, figures - 1 - math.floor(math.log10(abs(value))))


def position(
    thresholds: Thresholds,
    own: float,
    others: Sequence[float] | quantiles.Ranked,
    figure: Figure,
    *,
    amounts: bool = False,
) -> Position | None:
    """Where an organisation stands among others, as far as it may be told.

    Per cents are given in whole tens, and only among :data:`LEAST_FOR_PER_CENTS` others or more: finer ones would be
    a place in a list.

    :param others: the values of the other organisations of the group, those under the same parent too, as they are in
        the published figure.
    :param figure: the published figure of the group, for its quartiles.
    :param amounts: whether the figure is of a measure, see :func:`quarter_of`.
    :returns: none where there are too few others for a distribution, or where they all gave the same, so that their
        answer would be plain; and where neither a quarter nor per cents can be told.
    """
    others = others if isinstance(others, quantiles.Ranked) else quantiles.Ranked(others)
    if len(others) < thresholds.quartiles or others.distinct < 2:
        return None
    quarter = quarter_of(own, figure, amounts=amounts)
    if len(others) < max(thresholds.percentiles, LEAST_FOR_PER_CENTS):
        return Position(others=len(others), quarter=quarter) if quarter is not None else None
    found = others.rank(own)
    return Position(
        others=len(others),
        higher_than=10 * int(round_half_away(10 * found.below_share, 0)),
        same_as=10 * int(round_half_away(10 * found.same_share, 0)),
        quarter=quarter,
    )


def quarter_of(own: float, figure: Figure, *, amounts: bool = False) -> Quarter | None:
    """In which quarter of a group a value lies, by the group's published quartiles; none where they are not.

    :param amounts: whether the quartiles are those of a measure; then the value is rounded as they are (rule 8), or an
        organisation whose own figure is the median would be told that it lies above or below it.
    """
    lower, median, upper = figure.lower_quartile, figure.median, figure.upper_quartile
    if lower is None or median is None or upper is None:
        return None
    mine = significant(own) if amounts else round_half_away(own, PLACES)
    if mine == median:
        return "median"
    if mine < lower:
        return "lowest"
    if mine > upper:
        return "highest"
    return "second" if mine < median else "third"
