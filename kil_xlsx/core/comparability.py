"""What can be compared between returns made from two versions of a framework.

Earlier answers are scored by today's rules, so a changed formula or weight makes nothing incomparable.  What does is a
question or figure that means something else now, or was not asked then.
"""

from __future__ import annotations

from collections.abc import Iterator

from kil_xlsx.core.carrying import Route, carry
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.release import OVERALL
from kil_xlsx.core.returns import Return
from kil_xlsx.core.scoring import counted_in_overall


def incomparable(old: Instrument, new: Instrument) -> frozenset[str]:
    """The ids of all that must not be compared between two versions: questions, figures, measures and scores.

    A score is comparable only where all its questions are.

    :param old: what an earlier return was made from.
    :param new: what returns are made from now.
    """
    if old.framework is new.framework or old.framework == new.framework:
        return frozenset()
    changed = set(carry(old, new, Return({})).incomparable)
    changed |= {question.id for question in new.questions} - set(_asked_before(old, new))
    measures = {
        measure.id
        for measure in new.measures
        if changed.intersection(new.expressions[measure.formula].names)
    }  # fmt: skip
    sections = {node.id for node in new.nodes if any(question.id in changed for question in node.questions)}
    overall = {OVERALL} if any(node.id in sections for node in counted_in_overall(new)) else set()
    return frozenset(changed | measures | sections | overall)


def incomparable_figures(old: Instrument, new: Instrument) -> frozenset[str]:
    """The ids of all whose published figures must not be compared between two versions.

    An earlier release was made by the rules of then.  So, besides what :func:`incomparable` names, scores are out where
    anything in how they are worked out has changed, and measures where anything in their definition has.
    """
    found = set(incomparable(old, new))
    measures = {measure.id: measure for measure in old.measures}
    found |= {measure.id for measure in new.measures if measures.get(measure.id) != measure}
    before = {question.id: (question.weight, old.choices_of(question)) for question in old.questions}
    changed = {each.id for each in new.questions if before.get(each.id) != (each.weight, new.choices_of(each))}
    found |= {each for each in changed if each in before}
    nodes = {node.id: node for node in old.nodes}
    same_rules = old.framework.scoring == new.framework.scoring
    for node in new.nodes:
        then = nodes.get(node.id)
        asked, asked_then = ([each.id for each in one.questions] if one else [] for one in (node, then))
        same = then is not None and asked == asked_then and old.rule_of(then) == new.rule_of(node)
        if not same or not same_rules or changed.intersection(asked):
            found.add(node.id)
    if not same_rules or any(node.id in found for node in counted_in_overall(new)):
        found.add(OVERALL)
    return frozenset(found)


def _asked_before(old: Instrument, new: Instrument) -> Iterator[str]:
    """What the questions of the earlier version have become."""
    route = Route(old.framework, new.framework)
    for question in old.questions:
        yield from route.targets(question.id)[1]
