"""Scores are sums of answers, so a score's mean and those of its questions can be taken from each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from attack.linear import Equation, System, rank

if TYPE_CHECKING:
    from attack.attack import Finding, Shown


PRECISE = 0.5
"""An answer is known when it is known to less than half a level."""


def across_items(shown: Sequence[Shown], most: int, own: int) -> Iterator[Finding]:
    """What follows of few organisations, and of groups that said the same, from all means of a release together."""
    from attack.attack import Finding

    releases = {each.release for each in shown}
    for release in releases:
        mine = [
            each for each in shown if each.release == release and each.figure["mean"] is not None and not each.among
        ]
        mine = [each for each in mine if each.item["kind"] == "question" or each.item["id"] in each.round.recipes]
        if not any(each.item["kind"] != "question" for each in mine):
            continue
        known = mine[0].round
        equations = [_equation(each) for each in mine]
        system = System(tuple(equations), lambda unknown, known=known: known.owner(unknown[0]))
        matrix = system.matrix
        full = rank(matrix)
        for owners in _candidates(known, most):
            outside = [at for at, behind in enumerate(system.owners) if not behind <= owners]
            if len(outside) == matrix.shape[1] or rank(matrix[:, outside]) == full:
                continue
            combination = system.solved(set(range(matrix.shape[1])) - set(outside))
            if combination is not None and combination.imprecision < PRECISE:
                whom = frozenset(unknown[0] for unknown in combination.terms)  # type: ignore[index]
                told = " ".join(
                    f"{float(times):+.3g} x {who}'s {what}" for (who, what), times in combination.terms.items()
                )  # type: ignore[misc]
                told += f" = {combination.totals[0]:.6g} (give or take {combination.slack:.2g}, without constants)"
                yield Finding("scores", known.respondent, combination.words(), whom, told)
        yield from _extremes(mine, known, system, full, own)


def _made_of(shown: Shown) -> bool:
    """Whether it is known what it is made of."""
    known = shown.round.recipes.get(shown.item["id"], {})
    return shown.item["kind"] == "question" or (bool(known) and shown.members <= known.keys())


def _equation(shown: Shown) -> Equation:
    terms: dict[Any, Any] = {}
    for organisation in shown.members:
        if shown.item["kind"] == "question":
            terms[organisation, shown.item["id"]] = 1
        else:
            for question, times in shown.round.recipes[shown.item["id"]][organisation].items():
                terms[organisation, question] = times
    total = shown.figure["mean"] * len(shown.members)
    return Equation(f"{shown.item['id']} of {shown.source}", terms, (total,), shown.slack)


def _candidates(known: Any, most: int) -> set[frozenset[str]]:
    """Small sets that groups come down to when two are cut with or taken from each other; and everybody alone."""
    sets = {known.owners(members) for members in known.groups.values()}
    found = {frozenset({known.owner(each)}) for each in known.organisations} | sets
    for one, other in combinations(sets, 2):
        found |= {one & other, one - other, other - one}
    return {each for each in found if 0 < len(each) <= most}


def _extremes(mine: Sequence[Shown], known: Any, system: System, full: int, own: int) -> Iterator[Finding]:
    """Questions held back in a group where all are at one end of the scale, whose mean follows from other items."""
    from attack.attack import Finding

    questions = {each.item["id"]: each.item for each in mine if each.item["kind"] == "question"}
    told = {(each.group, each.item["id"]) for each in mine}
    groups = sorted({each.group for each in mine})
    place = {unknown: at for at, (_, unknowns) in enumerate(system.atoms) for unknown in unknowns}
    for group in groups:
        for question, item in questions.items():
            members = known.contributors(group, question)
            if (group, question) in told or not members:
                continue
            values = {each: known.topics[question].values[each][0] for each in members}
            for end in (item["minimum"], item["maximum"]):
                others = known.owners(each for each, value in values.items() if value != end)
                unknowns = [(each, question) for each in members]
                if len(others) > own or any(each not in place for each in unknowns):
                    continue
                row = np.zeros((1, system.matrix.shape[1]), dtype=np.int64)
                row[0, [place[each] for each in unknowns]] = 1
                whole = all(set(system.atoms[place[unknown]][1]) <= set(unknowns) for unknown in unknowns)
                if whole and rank(np.concatenate([system.matrix, row])) == full:
                    yield Finding(
                        "unanimous across items", question, group, members, f"all gave {end}, but for {set(others)}"
                    )
