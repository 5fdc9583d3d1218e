"""The benchmark: what the organisations of a group have in common, without telling what any one of them said.

Returns are selected (see :mod:`kil_xlsx.core.membership`), put into groups, and turned into figures.  Every number that
describes a group passes :func:`kil_xlsx.core.disclosure.publish`; nothing here decides what may be shown.

*Like with like*: a measure marked so is compared only among returns that agree in the framework's ``like_with_like``
fields, so it has one figure for each combination of their answers and none for the whole group.  Returns that leave
such a field blank take no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Literal

from msgspec import Struct

from kil_xlsx.core.disclosure import QUANTILES_IN_WORDS, Answer, Cell, Figure, Place, Published, Rules, Shape, publish
from kil_xlsx.core.figures import Measure
from kil_xlsx.core.framework import Framework, ProfileField, Question
from kil_xlsx.core.instrument import Instrument, display
from kil_xlsx.core.membership import SELECTION_IN_WORDS, Member, belongs, consent_of, one_each
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import State
from kil_xlsx.errors import UsageProblem

OVERALL = "overall"
"""The id of the overall score among the items."""

NOT_STATED = "Not stated"
"""The group of those who left a grouping field blank."""


class Method(Struct, frozen=True, kw_only=True):
    """How the figures were made, in sentences that stand beside them wherever they are shown."""

    least_group_size: int
    quantiles: str
    missing: str
    weighting: str
    comparison: str
    selection: str
    suppression: str
    notice: str


class Files(Struct, frozen=True, kw_only=True):
    """What was given: all files, those refused by the reader, and those of another framework, version or respondent."""

    given: int
    refused: int
    not_comparable: int


class Level(Struct, frozen=True, kw_only=True):
    """A level of a question's scale, as the distribution names it."""

    code: str
    label: str


class Item(Struct, frozen=True, kw_only=True):
    """What a figure is about.

    ``unit`` is the id of a measure's unit, ``depth`` that of a section (0 at the top), ``levels`` a question's scale.
    """

    id: str
    kind: Literal["overall", "section", "question", "measure"]
    label: str
    depth: int = 0
    unit: str = ""
    direction: Literal["higher", "lower", "context"] = "higher"
    levels: tuple[Level, ...] = ()


class Excluded(Struct, frozen=True, kw_only=True):
    """Why readable files are not used: files replaced by a later one, and organisations without consent."""

    duplicate: int
    consent_blank: int
    consent_refused: int


class Counts(Struct, frozen=True, kw_only=True):
    """How many there are.

    ``files`` are the readable ones, ``returned`` the organisations they came from, ``used`` those behind the figures:
    ``files - duplicate == returned`` and ``returned - consent_blank - consent_refused == used``.  ``invited`` is
    absent where it is not known.  For subgroups only ``used`` is given, because which subgroup an organisation
    belongs to is one of the answers that it may have kept to itself.  ``used`` and ``excluded`` are absent where the
    group is suppressed.
    """

    invited: int | None = None
    files: int | None = None
    returned: int | None = None
    used: int | None = None
    excluded: Excluded | None = None

    @property
    def replaced(self) -> int | None:
        """How many files a later one replaced; known even where the group is suppressed."""
        return None if self.files is None or self.returned is None else self.files - self.returned


class Statistic(Struct, frozen=True, kw_only=True):
    """One figure of a group.  ``item`` names what it is about.

    ``among`` says, for a like-with-like measure, which answers its organisations have in common.
    """

    item: str
    among: tuple[str, ...] = ()
    figure: Figure


class Group(Struct, frozen=True, kw_only=True):
    """Organisations compared together.  ``field`` is empty for the group of all; else ``value`` is its answer.

    A suppressed subgroup has no figures at all.
    """

    id: str
    field: str = ""
    field_label: str = ""
    value: str = ""
    suppressed: bool
    counts: Counts
    overall: tuple[Statistic, ...]
    sections: tuple[Statistic, ...]
    questions: tuple[Statistic, ...]
    measures: tuple[Statistic, ...]


class RespondentBenchmark(Struct, frozen=True, kw_only=True):
    """One respondent type: what its figures are about, and its groups, the group of all first."""

    id: str
    label: str
    items: tuple[Item, ...]
    groups: tuple[Group, ...]


class Benchmark(Struct, frozen=True, kw_only=True):
    """A whole benchmark.

    ``created`` is the day on which it was made, absent in benchmarks of early versions.  ``rounds`` are the collection
    rounds that readable returns name, in alphabetical order.
    """

    framework: str
    version: str
    title: str
    language: str
    created: date | None = None
    rounds: tuple[str, ...]
    files: Files
    method: Method
    respondents: tuple[RespondentBenchmark, ...]


@dataclass(frozen=True)
class _Topic:
    """An item with the way to read a return's answer to it."""

    item: Item
    shape: Shape
    answer: Callable[[Member], Answer]
    like_with_like: bool = False


@dataclass(frozen=True)
class _Breakdown:
    """The parts, by code and label of the answer, that a field divides the members (by number) into."""

    field: ProfileField
    parts: Mapping[tuple[str, str], Sequence[int]]

    @property
    def open(self) -> bool:
        """Whether the field has no list of answers, so that an answer may be a name."""
        return self.field.choices is None and self.field.lookup is None


def benchmark(
    instruments: Sequence[Instrument],
    readings: Iterable[Reading],
    *,
    invited: Mapping[str, int] | None = None,
    group_by: Sequence[str] | None = None,
    rules: Rules | None = None,
    created: date | None = None,
) -> Benchmark:
    """Compare returns across organisations.

    The outcome does not depend on the order of the readings, except that of several returns from one organisation the
    last one given counts.

    :param instruments: the respondent types to compare, all of one framework.
    :param invited: organisations invited, by id of the respondent type; leave out what is not known.
    :param group_by: ids of the profile fields to group by; without it, the framework's own peer groups.
    :param rules: what may be shown; without it, the framework's least group size.
    :param created: the day that the benchmark carries.
    :raises UsageProblem: a field to group by is asked of none of the respondent types.
    """
    if not instruments or any(each.framework != instruments[0].framework for each in instruments):
        raise ValueError("a benchmark needs instruments of one framework")
    framework = instruments[0].framework
    rules = rules or Rules(least_group_size=framework.benchmarking.least_group_size)
    known = {each.id for instrument in instruments for each in instrument.profile}
    for name in group_by or ():
        if name not in known:
            raise UsageProblem(f"There is no field '{name}' to group by.", f"There are {', '.join(sorted(known))}.")
    everything = list(readings)
    read = [
        Member(reading.identity, reading.ret, reading.result)
        for reading in everything
        if reading.identity is not None and reading.ret is not None and reading.result is not None
    ]
    by_type = {each.respondent.id: [member for member in read if belongs(each, member)] for each in instruments}
    readable = [member for members in by_type.values() for member in members]
    order = [respondent.id for respondent in framework.respondents]
    return Benchmark(
        framework=framework.id,
        version=framework.version,
        title=framework.title,
        language=framework.language,
        created=created,
        rounds=tuple(sorted({member.identity.round_id for member in readable} - {""})),
        files=Files(
            given=len(everything), refused=len(everything) - len(read), not_comparable=len(read) - len(readable)
        ),
        method=_method(framework, rules),
        respondents=tuple(
            _respondent(each, by_type[each.respondent.id], (invited or {}).get(each.respondent.id), group_by, rules)
            for each in sorted(instruments, key=lambda each: order.index(each.respondent.id))
        ),
    )


def _method(framework: Framework, rules: Rules) -> Method:
    fields = {each.id: each.label for each in framework.profile}
    alike = ", ".join(f"'{fields.get(name, name)}'" for name in framework.benchmarking.like_with_like)
    return Method(
        least_group_size=rules.least_group_size,
        quantiles=QUANTILES_IN_WORDS,
        missing=(
            "Nothing is filled in for missing answers. A figure uses the organisations that gave a usable answer to "
            "it; 'not applicable', 'don't know' and no answer are counted separately and enter no median or "
            "percentage. A section's score is used where the return had enough answers for one."
        ),
        weighting="Every organisation counts once and counts the same, whatever its size.",
        comparison=(
            f"Measures that depend on a choice of definition are compared only among organisations that gave the same "
            f"answer to {alike}."
            if alike
            else "Every measure is compared among all organisations of a group."
        ),
        selection=SELECTION_IN_WORDS,
        suppression=rules.in_words(),
        notice=framework.notice,
    )


def _respondent(
    instrument: Instrument,
    members: Sequence[Member],
    invited: int | None,
    group_by: Sequence[str] | None,
    rules: Rules,
) -> RespondentBenchmark:
    latest = one_each(instrument, members)
    consents = [consent_of(instrument, member) for member in latest]
    used = [member for member, consent in zip(latest, consents, strict=True) if consent is True]
    breakdowns = [_breakdown(instrument, each, used) for each in _fields(instrument, group_by)]
    sizes = publish(rules, Shape("count"), {at: Answer() for at in range(len(used))}, _cells(breakdowns, len(used)))
    superseded = len(members) - len(latest)
    excluded = Excluded(duplicate=superseded, consent_blank=consents.count(None), consent_refused=consents.count(False))
    topics = _topics(instrument)
    statistics = [one for topic in topics for one in _statistics(instrument, topic, used, breakdowns, sizes, rules)]
    everyone = Counts(
        invited=invited,
        files=len(members),
        returned=len(latest),
        used=sizes.whole.n,
        excluded=excluded if sizes.whole.shown else None,
    )
    groups = [_group(f"{instrument.respondent.id}/all", everyone, None, ("", ""), None, statistics)]
    for at, breakdown in enumerate(breakdowns):
        for part, answer in enumerate(breakdown.parts):
            size = sizes.parts[at][part]
            if breakdown.open and answer[0] and not size.shown:
                continue  # the answer itself, such as a name, may tell who it is
            identifier = f"{instrument.respondent.id}/{breakdown.field.id}/{answer[0]}"
            place = Place(at, part)
            groups.append(_group(identifier, Counts(used=size.n), breakdown.field, answer, place, statistics))
    return RespondentBenchmark(
        id=instrument.respondent.id,
        label=instrument.respondent.label,
        items=tuple(topic.item for topic in topics),
        groups=tuple(groups),
    )


def _group(
    identifier: str,
    counts: Counts,
    by: ProfileField | None,
    answer: tuple[str, str],
    place: Place | None,
    statistics: Iterable[tuple[Item, tuple[str, ...], Published]],
) -> Group:
    found: dict[str, list[Statistic]] = {"overall": [], "section": [], "question": [], "measure": []}
    suppressed = counts.used is None
    for item, among, published in statistics if place is None or not suppressed else ():
        figure = published.whole if place is None else published.parts[place.breakdown][place.part]
        found[item.kind].append(Statistic(item=item.id, among=among, figure=figure))
    return Group(
        id=identifier,
        field=by.id if by else "",
        field_label=by.label if by else "",
        value=answer[1],
        suppressed=suppressed,
        counts=counts,
        overall=tuple(found["overall"]),
        sections=tuple(found["section"]),
        questions=tuple(found["question"]),
        measures=tuple(found["measure"]),
    )


# Groups


def _fields(instrument: Instrument, group_by: Sequence[str] | None) -> list[ProfileField]:
    names: list[str] = []
    for peers in instrument.framework.benchmarking.peer_groups:
        if group_by is None and peers.respondent == instrument.respondent.id:
            names.extend(peers.fields)
    mine = {each.id: each for each in instrument.profile}
    return [mine[name] for name in dict.fromkeys(names if group_by is None else group_by) if name in mine]


def _answers(instrument: Instrument, asked: ProfileField) -> dict[tuple[str, str], list[int]]:
    """Every answer, as code and label, that a field with a list of answers can have."""
    if asked.choices is not None:
        choices = instrument.choice_lists[asked.choices].choices
        return {(choice.code, choice.label): [] for choice in choices}
    if asked.lookup is not None:
        return {(entry.label, entry.label): [] for entry in instrument.lookups[asked.lookup].entries}
    return {}


def _answer_to(instrument: Instrument, asked: ProfileField, member: Member) -> tuple[str, str]:
    """A member's answer to a profile field, as code and label; both are the blank group's where it gave none."""
    entry = member.ret.get(asked.id)
    if asked.type == "derived":
        label = member.result.derived.get(asked.id, "")
    elif asked.choices is not None:
        choices = instrument.choice_lists[asked.choices].choices
        return next(((each.code, each.label) for each in choices if each.code == entry.code), ("", NOT_STATED))
    else:
        label = " ".join((entry.text or "").split())
    return (label, label) if label else ("", NOT_STATED)


def _breakdown(instrument: Instrument, asked: ProfileField, members: Sequence[Member]) -> _Breakdown:
    parts, blank = _answers(instrument, asked), ("", NOT_STATED)
    given = [_answer_to(instrument, asked, member) for member in members]
    for answer in (*sorted(set(given) - parts.keys() - {blank}), blank):
        parts[answer] = []
    for at, answer in enumerate(given):
        parts[answer].append(at)
    return _Breakdown(asked, parts)


def _cells(breakdowns: Sequence[_Breakdown], members: int) -> list[list[Cell]]:
    answers = [Answer()] * members
    return [[{at: answers[at] for at in part} for part in each.parts.values()] for each in breakdowns]


# Figures


def _statistics(
    instrument: Instrument,
    topic: _Topic,
    members: Sequence[Member],
    breakdowns: Sequence[_Breakdown],
    sizes: Published,
    rules: Rules,
) -> Iterable[tuple[Item, tuple[str, ...], Published]]:
    """The figures of one item for every group at once; one set for each combination of like-with-like answers."""
    answers = [topic.answer(member) for member in members]
    names = instrument.framework.benchmarking.like_with_like if topic.like_with_like else ()
    stated = [_breakdown(instrument, each, members).parts for each in instrument.profile if each.id in names]
    for combination in product(*(parts.items() for parts in stated)):
        if any(not code for (code, _), _ in combination):
            continue
        inside = set(range(len(members))).intersection(*(set(part) for _, part in combination))
        whole = {at: answers[at] for at in sorted(inside)}
        cells = [[{at: answers[at] for at in part if at in inside} for part in b.parts.values()] for b in breakdowns]
        among = tuple(label for (_, label), _ in combination)
        yield topic.item, among, publish(rules, topic.shape, whole, cells, sizes.hidden())


def _topics(instrument: Instrument) -> list[_Topic]:
    """Everything that is compared: overall, sections, questions, measures."""
    topics: list[_Topic] = []
    values = Shape("values")
    if instrument.framework.scoring.overall.rule != "none":
        overall = Item(id=OVERALL, kind="overall", label="Overall score")
        topics.append(_Topic(overall, values, lambda member: _number(member.result.overall)))
    for node in instrument.nodes:
        if instrument.rule_of(node).rule != "none":
            item = Item(id=node.id, kind="section", label=node.section.label, depth=node.depth)
            topics.append(_Topic(item, values, _score_of(node.id)))
    topics.extend(_question(instrument, question) for question in instrument.questions)
    topics.extend(_measure(each) for each in instrument.measures if each.benchmark != "none")
    return topics


def _number(value: float | None) -> Answer:
    return Answer(state=State.UNANSWERED) if value is None else Answer(value)


def _score_of(section: str) -> Callable[[Member], Answer]:
    return lambda member: _number(member.result.sections[section].score)


def _question(instrument: Instrument, question: Question) -> _Topic:
    offered = instrument.choices_of(question)
    answered = [choice for choice in offered.choices if choice.state == "answered"]
    levels = tuple(Level(code=choice.code, label=display(offered, choice)) for choice in answered)
    shape = Shape("levels", tuple(level.code for level in levels), any(each.value is not None for each in answered))

    def answer(member: Member) -> Answer:
        result = member.result.questions[question.id]
        return Answer(result.value if result.state is State.ANSWERED else None, result.code, result.state)

    return _Topic(Item(id=question.id, kind="question", label=question.label, levels=levels), shape, answer)


def _measure(measure: Measure) -> _Topic:
    def answer(member: Member) -> Answer:
        return _number(member.result.measures[measure.id].value)

    item = Item(id=measure.id, kind="measure", label=measure.label, unit=measure.unit, direction=measure.direction)
    return _Topic(item, Shape("values"), answer, measure.benchmark == "like_with_like")
