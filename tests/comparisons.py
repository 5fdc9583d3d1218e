"""Made-up benchmarks and earlier scores for any instrument, for tests of what stands beside the scores."""

from __future__ import annotations

from random import Random

from kil_xlsx.core.peers import PeerFigures, PeerGroup, Peers
from kil_xlsx.core.release import OVERALL
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Previous

DATE = "2026-04-07"


def peer_fields(plan: Plan) -> list[str]:
    """The fields that the framework groups peers by, in its order."""
    mine = plan.instrument.respondent.id
    groups = plan.instrument.framework.benchmarking.peer_groups
    return [field for group in groups if group.respondent == mine for field in group.fields]


def labels_of(plan: Plan, field: str) -> list[str]:
    """Every answer to a field of the profile as it stands in its cell."""
    asked = next(each for each in plan.instrument.profile if each.id == field)
    if asked.choices:
        return [label for label, _ in offered(plan.instrument.choice_lists[asked.choices])]
    assert asked.lookup
    return list(dict.fromkeys(entry.label for entry in plan.instrument.lookups[asked.lookup].entries))


def random_peers(plan: Plan, rng: Random) -> Peers:
    """Everybody and most answers to every field; figures held back here and there, groups held back altogether too.

    Quartiles lie where scores often lie, so that scores are at them now and then.
    """
    groups = [PeerGroup(label="everyone", figures=_figures(plan, rng, 0.1))]
    for field in reversed(peer_fields(plan)):
        for label in labels_of(plan, field):
            held_back = 1.0 if rng.random() < 0.3 else 0.3
            figures = _figures(plan, rng, held_back)
            groups.append(PeerGroup(label=f"{field} “{label}”", field=field, value=label, figures=figures))
    return Peers(date=DATE, groups=tuple(groups))


def _figures(plan: Plan, rng: Random, held_back: float) -> dict[str, PeerFigures]:
    scoring = plan.instrument.framework.scoring
    step = (scoring.maximum - scoring.minimum) / 8
    found: dict[str, PeerFigures] = {}
    for item in (OVERALL, *(node.id for node in plan.instrument.nodes)):
        if rng.random() < held_back:
            continue
        lower, median, upper = sorted(scoring.minimum + step * rng.randint(0, 8) for _ in range(3))
        found[item] = PeerFigures(count=rng.randint(5, 400), lower=lower, median=median, upper=upper)
    return found


def random_previous(plan: Plan, rng: Random) -> Previous:
    """Earlier scores: some without enough answers, some of sections that there were not."""
    scoring = plan.instrument.framework.scoring
    scores: dict[str, float | None] = {}
    for item in (OVERALL, *(node.id for node in plan.instrument.nodes)):
        kind = rng.random()
        if kind > 0.1:
            scores[item] = round(rng.uniform(scoring.minimum, scoring.maximum), 6) if kind > 0.3 else None
    return Previous(round=rng.choice(("2025", "")), typed={}, scores=scores)
