"""What an attacker is taken to know already, and what it must not learn.

The worst is assumed: an attacker knows who sent a return, which groups each organisation is in, who answered what and
who is whose parent.  That is :class:`Round`, without ``values``.  The values are the truth that no attack may come to
know; they are used to prove that a finding is real, and as what a member knows of itself.

All this is worked out from the returns again, apart from the program under test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from kil_xlsx.core.framework import ProfileField
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import State
from kil_xlsx.core.scoring import counted_in_overall

Value = tuple[float | None, str | None]
"""What somebody gave: a number, the code of a level, or both."""


@dataclass(frozen=True)
class Topic:
    """What is asked of everybody: what each organisation that gave something usable gave."""

    values: Mapping[str, Value]
    among: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For a measure compared like with like, what each organisation has in common with others."""


@dataclass(frozen=True)
class Round:
    """One respondent type in one collection: groups and answers of the organisations behind a release, by name."""

    respondent: str
    organisations: frozenset[str]
    groups: Mapping[str, frozenset[str]]
    topics: Mapping[str, Topic]
    parents: Mapping[str, str] = field(default_factory=dict)
    recipes: Mapping[str, Mapping[str, Mapping[str, Fraction]]] = field(default_factory=dict)
    """By score and organisation, how often each of its answers is in it; a constant beside these is left out."""

    def owner(self, organisation: str) -> str:
        """What an organisation counts as."""
        return self.parents.get(organisation, organisation)

    def owners(self, organisations: Iterable[str]) -> frozenset[str]:
        """What organisations count as."""
        return frozenset(map(self.owner, organisations))

    def contributors(self, group: str, item: str, among: tuple[str, ...] = ()) -> frozenset[str]:
        """Who is behind a figure."""
        topic = self.topics[item]
        mine = self.groups[group] & topic.values.keys()
        return frozenset(each for each in mine if not among or topic.among.get(each) == among)


def rounds(
    instruments: Sequence[Instrument],
    readings: Sequence[Reading],
    *,
    group_by: Sequence[str],
    parents: Mapping[str, str] | None = None,
    lists: Mapping[str, Iterable[str]] | None = None,
) -> list[Round]:
    """What there is to know about a collection.

    :param group_by: the profile fields that the release is grouped by.
    :param parents: the parent's name by the organisation's.  A parent that takes part counts as one of its own.
    :param lists: names of organisations by the label of a list.
    """
    return [_round(each, readings, group_by, parents or {}, lists or {}) for each in instruments]


def _round(
    instrument: Instrument,
    readings: Sequence[Reading],
    group_by: Sequence[str],
    parents: Mapping[str, str],
    lists: Mapping[str, Iterable[str]],
) -> Round:
    used: dict[str, Reading] = {}
    for reading in readings:
        if reading.identity is not None and reading.identity.respondent == instrument.respondent.id:
            used.pop(name_in(instrument, reading), None)
            used[name_in(instrument, reading)] = reading
    used = {name: reading for name, reading in used.items() if _usable(instrument, reading)}
    who = instrument.respondent.id
    groups: dict[str, set[str]] = {f"{who}/all": set(used)}
    for asked in (each for each in instrument.profile if each.id in group_by):
        for name, reading in used.items():
            groups.setdefault(f"{who}/{asked.id}/{_answer(instrument, asked, reading)}", set()).add(name)
    for label, names in lists.items():
        groups[f"{who}/list/{label}"] = set(names) & used.keys()
    everybody = {**{name: parents[name] for name in used if name in parents}}
    return Round(
        respondent=who,
        organisations=frozenset(used),
        groups={each: frozenset(members) for each, members in groups.items()},
        topics=_topics(instrument, used),
        parents=everybody,
        recipes=_recipes(instrument, used),
    )


def name_in(instrument: Instrument, reading: Reading) -> str:
    """The organisation's name as it stands in the profile, or as the workbook was made for."""
    asked = instrument.field_with_role("organisation")
    assert reading.ret is not None
    assert reading.identity is not None
    return (reading.ret.text(asked.id) if asked else "") or reading.identity.organisation


def _usable(instrument: Instrument, reading: Reading) -> bool:
    assert reading.ret is not None
    assert reading.result is not None
    asked = instrument.field_with_role("consent")
    entry = reading.ret.get(asked.id) if asked else None
    benchmarking = instrument.framework.benchmarking
    if entry is None or entry.state is not State.ANSWERED or entry.code not in benchmarking.consent.share:
        return False
    counts = reading.result.overall_counts
    enough = not counts.applicable or counts.answered / counts.applicable >= benchmarking.least_completeness
    return enough and reading.result.progress.questions_responded > 0


def _answer(instrument: Instrument, asked: ProfileField, reading: Reading) -> str:
    assert reading.ret is not None
    assert reading.result is not None
    if asked.type == "derived":
        return reading.result.derived.get(asked.id, "")
    if asked.choices is not None:
        return reading.ret.get(asked.id).code or ""
    return " ".join(reading.ret.text(asked.id).split())


def _topics(instrument: Instrument, used: Mapping[str, Reading]) -> dict[str, Topic]:
    found: dict[str, dict[str, Value]] = {}

    def put(item: str, name: str, value: float | None, level: str | None = None) -> None:
        known = found.setdefault(item, {})
        if value is not None or level is not None:
            known[name] = (value, level)

    alike = [each for each in instrument.profile if each.id in instrument.framework.benchmarking.like_with_like]
    like = {each.id for each in instrument.measures if each.benchmark == "like_with_like"}
    common = {
        name: tuple(_label(instrument, each, reading) for each in alike)
        for name, reading in used.items()
        if all(_answer(instrument, each, reading) for each in alike)
    }
    among = {each: _with_basis(each, common, used) for each in like}
    least = instrument.framework.benchmarking.least_section_completeness
    for name, reading in used.items():
        result = reading.result
        assert result is not None
        put("overall", name, result.overall)
        put("completeness:overall", name, _share(result.overall_counts))
        for section in result.sections.values():
            share = _share(section.counts)
            put(section.id, name, section.score if share is None or share >= least else None)
            put(f"completeness:{section.id}", name, share)
            put(f"evidence:{section.id}", name, section.strength)
        for question in result.questions.values():
            if question.state is State.ANSWERED:
                put(question.id, name, question.value, question.code)
        for measure in result.measures.values():
            usable = name in among.get(measure.id, used) and measure.in_range is not False
            put(measure.id, name, measure.value if usable else None)
    return {item: Topic(values, among.get(item, {})) for item, values in found.items()}


def _with_basis(
    measure: str, common: Mapping[str, tuple[str, ...]], used: Mapping[str, Reading]
) -> dict[str, tuple[str, ...]]:
    """What organisations have in common, with what their measure rests on where it says so for anybody."""
    bases = {name: reading.result.measures[measure].basis for name, reading in used.items() if reading.result}
    if not any(bases.values()):
        return dict(common)
    return {name: (*mine, bases[name]) for name, mine in common.items() if bases[name]}


def _recipes(instrument: Instrument, used: Mapping[str, Reading]) -> dict[str, dict[str, dict[str, Fraction]]]:
    """How scores are made of answers, as far as they are plain means of questions and of top sections."""
    found: dict[str, dict[str, dict[str, Fraction]]] = {}
    tops = {node.id for node in counted_in_overall(instrument)}
    for name, reading in used.items():
        result = reading.result
        assert result is not None
        mine: dict[str, dict[str, Fraction]] = {}
        for node in instrument.nodes:
            rule = instrument.rule_of(node)
            if rule.rule != "mean" or rule.of != "questions" or result.sections[node.id].score is None:
                continue
            scored = [each for each in node.questions if result.questions[each.id].value is not None]
            share = Fraction(str(rule.multiply)) / len(scored)
            answered = (each.id for each in scored if result.questions[each.id].state is State.ANSWERED)
            mine[node.id] = dict.fromkeys(answered, share)
        parts = [mine.get(each) for each in tops if result.sections[each].score is not None]
        if instrument.framework.scoring.overall.rule == "mean" and parts and None not in parts:
            whole: dict[str, Fraction] = {}
            for part in parts:
                for question, share in (part or {}).items():
                    whole[question] = whole.get(question, Fraction(0)) + share / len(parts)
            mine["overall"] = whole
        for item, recipe in mine.items():
            found.setdefault(item, {})[name] = recipe
    return found


def _share(counts: Any) -> float | None:
    return counts.answered / counts.applicable if counts.applicable else None


def _label(instrument: Instrument, asked: ProfileField, reading: Reading) -> str:
    code = _answer(instrument, asked, reading)
    if asked.choices is None:
        return code
    return next(each.label for each in instrument.choice_lists[asked.choices].choices if each.code == code)
