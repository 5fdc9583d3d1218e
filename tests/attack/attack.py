"""An attacker: sees published files, knows who is in which group, and tries to learn what somebody said.

:func:`attack` takes the content of one or more ``release.json`` of the same collection or of several, with what is
known of each (:mod:`attack.knowledge`), and gives findings.  A finding is proven: what it tells is held against the
truth before it is reported, so that an attacker that has gone wrong fails loudly instead of finding nothing.

What is tried:

* *subtraction*: any combination of published means or distributions, of one release or several, that comes down to
  fewer organisations than the threshold, the reader's own answer taken away (see :mod:`attack.linear`)
* *scores*: the same with the means of questions, sections and the overall score together, which are sums of each other
* *unanimity*: a figure, or a difference of figures, that can only be so if all gave one and the same answer, or all
  others did
* *thresholds*: anything shown of too few, minima and maxima, and means that one or two amounts dominate
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from attack.knowledge import Round
from attack.linear import Combination, Equation, System

DOMINANT = 0.85
"""Two organisations that make up more than this share of a sum dominate it."""


@dataclass(frozen=True)
class Least:
    """How many organisations besides any reader have to be behind a mean, a distribution and a percentile."""

    mean: int = 5
    quartiles: int = 10
    percentiles: int = 20


@dataclass(frozen=True)
class Finding:
    """What was learned: by which attack, about what, from what, of whom, and what it says."""

    kind: str
    about: str
    how: str
    whom: frozenset[str]
    told: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}: {self.how} tells of {', '.join(sorted(self.whom))}: {self.told}"


@dataclass(frozen=True)
class Shown:
    """A published figure with its place: in which release (from 0), group and item."""

    release: int
    group: str
    item: Mapping[str, Any]
    among: tuple[str, ...]
    figure: Mapping[str, Any]
    round: Round

    @property
    def source(self) -> str:
        """What it is called."""
        among = f" among {'/'.join(self.among)}" if self.among else ""
        return f"{self.group}{among} of release {self.release + 1}"

    @cached_property
    def members(self) -> frozenset[str]:
        """Who is behind it, which an attacker is taken to know."""
        return self.round.contributors(self.group, self.item["id"], self.among)

    def unknown(self, organisation: str) -> tuple[str, object]:
        """The answer of somebody: another one where it has changed between releases."""
        return organisation, self.round.topics[self.item["id"]].values[organisation]

    @cached_property
    def slack(self) -> float:
        """By how much the sum behind the mean may be off."""
        mean = abs(self.figure["mean"])
        if self.item["kind"] != "measure":
            return 5.1e-7 * len(self.members)
        return 0.51 * 10 ** (math.floor(math.log10(mean)) - 2) * len(self.members) if mean else 0.0


def published(folder: Path) -> dict[str, Any]:
    """The release in a folder of published files."""
    release: dict[str, Any] = json.loads((folder / "release.json").read_bytes())["release"]
    return release


def attack(
    releases: Sequence[Mapping[str, Any]],
    rounds: Sequence[Sequence[Round]],
    *,
    least: Least = Least(),
    amounts: Iterable[str] = (),
    extra: Sequence[Shown] = (),
    outsider: bool = False,
    scores: bool = True,
    budget: int = 4_000,
) -> list[Finding]:
    """Everything that can be found out.

    :param releases: what is below ``release`` in each ``release.json``, the earliest first.
    :param rounds: what is known of the organisations behind each, by respondent type.
    :param amounts: units whose sums may be dominated by a few.
    :param extra: what a member sees besides, such as the figures of one place in its own feedback.
    :param outsider: nobody in the groups is an attacker.
    :param scores: whether to combine questions with the scores made of them.
    :param budget: how many sets of organisations are looked further into for each item.
    """
    found: list[Finding] = []
    everything = [*_shown(releases, rounds), *extra]
    attacker = _Attacker(least, frozenset(amounts), 0 if outsider else 1, budget)
    items = dict.fromkeys((each.round.respondent, each.item["id"]) for each in everything)
    for respondent, item in items:
        mine = [each for each in everything if (each.round.respondent, each.item["id"]) == (respondent, item)]
        found.extend(attacker.item(mine))
    for known in rounds[-1]:
        found.extend(attacker.counts(releases[-1], known))
        if scores:
            mine = [each for each in everything if each.round.respondent == known.respondent]
            found.extend(attacker.scores(mine, releases[-1]))
    return found


def _shown(releases: Sequence[Mapping[str, Any]], rounds: Sequence[Sequence[Round]]) -> Iterator[Shown]:
    numbers = {release["number"]: at for at, release in enumerate(releases)}
    for at, release in enumerate(releases):
        for respondent in release["respondents"]:
            known = next(each for each in rounds[at] if each.respondent == respondent["id"])
            items = {each["id"]: each for each in respondent["items"]}
            for group in respondent["groups"]:
                for each in group["statistics"]:
                    item, among = items[each["item"]], tuple(each["among"])
                    if each["figure"]["n"] is not None:
                        yield Shown(at, group["id"], item, among, each["figure"], known)
            earlier = numbers.get((release.get("earlier") or {}).get("number"))
            for change in respondent.get("changes", ()):
                sides = [("now", at, known)]
                if earlier is not None:
                    before = next(each for each in rounds[earlier] if each.respondent == respondent["id"])
                    sides.append(("before", earlier, before))
                for side, when, what in sides:
                    if change[side]["n"] is not None:
                        yield Shown(when, change["group"], items[change["item"]], (), change[side], what)


@dataclass(frozen=True)
class _Attacker:
    least: Least
    amounts: frozenset[str]
    own: int
    """How many of those behind a figure the attacker itself may be."""
    budget: int
    longest: int = 3
    """Of how many groups a sum or difference may be made for what is the same for all in it to count as told."""

    def item(self, shown: Sequence[Shown]) -> Iterator[Finding]:
        """Everything that follows from the figures of one item."""
        for each in shown:
            if each.figure["n"] != len(each.members):
                raise AssertionError(f"{each.source}, {each.item['id']}: {each.figure['n']}, not {len(each.members)}")
            yield from self._thresholds(each)
            yield from self._alike(each)
        means = [each for each in shown if each.figure["mean"] is not None]
        yield from self._subtraction(means, [_sum(each) for each in means], self.least.mean, "mean")
        spread = [each for each in shown if each.figure["levels"] is not None]
        yield from self._subtraction(spread, [_spread(each) for each in spread], self.least.quartiles, "distribution")

    # What is shown

    def _thresholds(self, shown: Shown) -> Iterator[Finding]:
        figure = shown.figure
        owners = shown.round.owners(shown.members)
        for names, least in (
            (("n", "mean", "median"), self.least.mean),
            (("lower_quartile", "upper_quartile", "levels"), self.least.quartiles),
            (("p10", "p90"), self.least.percentiles),
        ):
            there = [name for name in names if figure[name] is not None]
            if there and len(owners) < least + self.own:
                yield self._finding("threshold", shown, f"{', '.join(there)} of {len(owners)}", shown.members)
        extremes = [key for key in figure if "min" in key or "max" in key or "range" in key]
        if any(figure[key] is not None for key in extremes):
            yield self._finding("extreme", shown, f"{', '.join(extremes)}", shown.members)
        if figure["mean"] is not None and shown.item["unit"] in self.amounts:
            yield from self._dominance(shown, shown.members, shown.source)

    def _dominance(self, shown: Shown, members: frozenset[str], how: str) -> Iterator[Finding]:
        values = shown.round.topics[shown.item["id"]].values
        sizes: Counter[str] = Counter()
        for each in members:
            sizes[shown.round.owner(each)] += abs(values[each][0] or 0.0)
        first = sizes.most_common(2)
        total = sum(sizes.values())
        if total and sum(size for _, size in first) > DOMINANT * total * (1 + 1e-9):
            whom = frozenset(name for name, _ in first)
            yield Finding("dominance", shown.item["id"], how, whom, f"over {DOMINANT:.0%} of {total:g}")

    def _alike(self, shown: Shown) -> Iterator[Finding]:
        """A figure of a group that said the same, but perhaps for the one who reads it."""
        values = shown.round.topics[shown.item["id"]].values
        for value, others in self._unanimous(shown.round, {each: values[each] for each in shown.members}):
            yield self._finding("unanimous", shown, f"all gave {value}", others)

    def _unanimous(self, known: Round, values: Mapping[str, object]) -> Iterator[tuple[object, frozenset[str]]]:
        """What all gave, or all but those under one parent, with who they are."""
        counted = Counter(values.values())
        for value, count in counted.items():
            others = frozenset(each for each, mine in values.items() if mine != value)
            if count and len(known.owners(others)) <= self.own and len(others) < len(values):
                yield value, frozenset(values) - others
                return

    # What follows

    def _subtraction(
        self, shown: Sequence[Shown], equations: Sequence[Equation], least: int, what: str
    ) -> Iterator[Finding]:
        if not shown:
            return
        owners = {each.unknown(one): each.round.owner(one) for each in shown for one in each.members}
        system = System(tuple(equations), lambda unknown: owners[unknown])  # type: ignore[index]
        most = least - 1 + self.own
        seen: set[frozenset[object]] = set()
        for combination in (*system.isolated(most, self.budget), *system.small_signed(most)):
            key = frozenset(combination.terms)
            if key not in seen:
                seen.add(key)
                self._proven(shown[0], combination)
                yield self._combined(f"{what} by subtraction", shown[0], combination)
        for combination in system.plain_sums():
            self._proven(shown[0], combination)
            if 1 < len(combination.parts) <= self.longest:
                yield from self._telling(what, shown, combination)

    def _telling(self, what: str, shown: Sequence[Shown], combination: Combination) -> Iterator[Finding]:
        """A difference of groups from which follows what all in it said."""
        first = shown[0]
        values = {unknown[0]: unknown[1] for unknown in combination.terms}  # type: ignore[index]
        if len(values) < len(combination.terms):
            return  # somebody's old and new answer
        if what == "distribution":
            for value, others in self._unanimous(first.round, values):
                yield self._combined("unanimous by subtraction", first, combination, f"{value} of {len(others)}")
            return
        lowest, highest = first.item["minimum"], first.item["maximum"]
        if lowest is not None and highest is not None:
            for reader in (None, *first.round.owners(values)) if self.own else (None,):
                left = {each: value[0] for each, value in values.items() if first.round.owner(each) != reader}
                own = sum(value[0] for each, value in values.items() if each not in left)
                if not left:
                    continue
                told = combination.totals[0] - own
                for end in (lowest, highest):
                    if abs(told - end * len(left)) <= combination.slack + 1e-9:
                        yield self._combined("unanimous by subtraction", first, combination, f"all gave {end}")
                        return
        if first.item["unit"] in self.amounts and first.release == shown[-1].release:
            yield from self._dominance(first, frozenset(values), combination.words())

    def _proven(self, shown: Shown, combination: Combination) -> None:
        """Hold what was worked out against the truth."""
        if len(combination.totals) == 1:
            truth = [sum(float(times) * unknown[1][0] for unknown, times in combination.terms.items())]  # type: ignore[index]
        else:
            codes = [each["code"] for each in shown.item["levels"]]
            truth = [
                sum(float(times) for unknown, times in combination.terms.items() if unknown[1][1] == code)  # type: ignore[index]
                for code in codes
            ]
        for told, true in zip(combination.totals, truth, strict=True):
            if abs(told - true) > combination.slack + 1e-6 * max(abs(true), 1.0):
                raise AssertionError(f"{shown.item['id']}: {combination.words()} is {told}, but the truth is {true}")

    def _combined(self, kind: str, shown: Shown, combination: Combination, told: str = "") -> Finding:
        whom = frozenset(str(unknown[0]) for unknown in combination.terms)  # type: ignore[index]
        told = told or f"{' '.join(f'{each:g}' for each in combination.totals)} in all"
        if combination.slack > 1e-3:
            told += f" (give or take {combination.slack:g})"
        return Finding(kind, f"{shown.round.respondent} {shown.item['id']}", combination.words(), whom, told)

    @staticmethod
    def _finding(kind: str, shown: Shown, told: str, whom: frozenset[str]) -> Finding:
        return Finding(kind, f"{shown.round.respondent} {shown.item['id']}", shown.source, whom, told)

    # Across items

    def counts(self, release: Mapping[str, Any], known: Round) -> Iterator[Finding]:
        """How many there are in groups whose very size is held back."""
        respondent = next(each for each in release["respondents"] if each["id"] == known.respondent)
        equations = []
        for group in respondent["groups"]:
            used = group["counts"]["used"]
            if used is None:
                continue
            members = known.groups.get(group["id"], frozenset())
            if used != len(members):
                raise AssertionError(f"{group['id']}: {used} organisations, not {len(members)}")
            if len(known.owners(members)) < self.least.mean + self.own:
                yield Finding("threshold", "count", group["id"], members, f"{used} organisations")
            equations.append(Equation(group["id"], dict.fromkeys(members, 1), (float(used),)))
        system = System(tuple(equations), lambda unknown: known.owner(str(unknown)))
        most = self.least.mean - 1 + self.own
        for combination in (*system.isolated(most, self.budget), *system.small_signed(most)):
            whom = frozenset(map(str, combination.terms))
            yield Finding("count by subtraction", "count", combination.words(), whom, f"{combination.totals[0]:g}")

    def scores(self, shown: Sequence[Shown], release: Mapping[str, Any]) -> Iterator[Finding]:
        """Means of questions and of scores made of them, together."""
        from attack.scores import across_items

        items = [each for respondent in release["respondents"] for each in respondent["items"]]
        asked = {each["id"]: each for each in items if each["kind"] == "question"}
        yield from across_items(shown, asked, self.least.mean - 1 + self.own, self.own)


def _sum(shown: Shown) -> Equation:
    total = shown.figure["mean"] * len(shown.members)
    return Equation(shown.source, {shown.unknown(each): 1 for each in shown.members}, (total,), shown.slack)


def _spread(shown: Shown) -> Equation:
    counts = tuple(float(level["count"]) for level in shown.figure["levels"])
    return Equation(shown.source, {shown.unknown(each): 1 for each in shown.members}, counts)
