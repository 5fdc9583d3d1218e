"""Scores are sums of answers, so a score's mean and those of its questions can be taken from each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from attack.linear import Combination, Equation, System, rank

if TYPE_CHECKING:
    from attack.attack import Finding, Shown


PRECISE = 0.5
"""An answer is known when it is known to less than half a level."""


def across_items(
    shown: Sequence[Shown], asked: Mapping[str, Mapping[str, Any]], most: int, own: int
) -> Iterator[Finding]:
    """What follows of few organisations, and of groups that said the same, from all means of a release together.

    :param asked: every question as the release has it, those that are shown of nobody too.
    """
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
        yield from _extremes(mine, known, system, full, asked, own)


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


def _extremes(
    mine: Sequence[Shown],
    known: Any,
    system: System,
    full: int,
    asked: Mapping[str, Mapping[str, Any]],
    own: int,
) -> Iterator[Finding]:
    """Questions held back in a group where all are at one end of the scale, as follows from other items.

    Answers may count differently in what follows: all of a section's score, where it was the only one, or a part of it.
    """
    from attack.attack import Finding

    told = {(each.group, each.item["id"]) for each in mine}
    groups = sorted({each.group for each in mine})
    place = {unknown: at for at, (_, unknowns) in enumerate(system.atoms) for unknown in unknowns}
    for group in groups:
        for question, item in asked.items():
            if question not in known.topics or (group, question) in told or item["minimum"] is None:
                continue
            values = {each: known.topics[question].values[each][0] for each in known.contributors(group, question)}
            unknowns = {(each, question) for each in values}
            if not unknowns or not unknowns <= place.keys():
                continue
            atoms = {place[each] for each in unknowns}
            if any(not unknowns.issuperset(system.atoms[at][1]) for at in atoms):
                continue
            for end in (item["minimum"], item["maximum"]):
                others = known.owners(each for each, value in values.items() if value != end)
                outside = [at for at in range(len(system.atoms)) if at not in atoms]
                if len(others) > own or rank(system.matrix[:, outside]) == full:
                    continue
                for combination in system.within(atoms):
                    whom = frozenset(str(unknown[0]) for unknown in combination.terms)  # type: ignore[index]
                    if _one_sided(combination) and known.owners(whom) - others:
                        said = f"all gave {end}, but for {set(others)}"
                        how = f"{group}: {combination.words()}"
                        yield Finding("unanimous across items", question, how, whom, said)


def _one_sided(combination: Combination) -> bool:
    """Whether all that is left counts in one direction, and precisely: only such a sum has a highest and a lowest."""
    return len({times > 0 for times in combination.terms.values()}) == 1 and combination.imprecision < PRECISE
