"""A release made by hand: real items of a real framework, invented organisations, the usual thresholds.

:func:`a_release` is for tests of whatever shows a release.  The answers come from hashes, so the same call always
gives the same release; nothing of the program's own statistics is used, so that those may change.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument, display
from kil_xlsx.core.release import (
    HIDDEN,
    OVERALL,
    Aside,
    Change,
    Counts,
    Earlier,
    Exclusion,
    Figure,
    Files,
    Group,
    Item,
    Level,
    LevelCount,
    Method,
    Pair,
    Part,
    Release,
    RespondentBenchmark,
    Separation,
    Statistic,
    Thresholds,
)
from kil_xlsx.core.rounding import round_half_away
from kil_xlsx.pipeline import load

THRESHOLDS = Thresholds()

NOW, BEFORE = "autumn-2026", "autumn-2025"

COUNCILS, COMMUNITIES = 34, 26
"""How many organisations of each type are behind the figures."""

LIST_LABEL = "Northern partnership"
"""The name of the one group that is a list."""

_SPREAD = {"council": 1.15, "community": 1.35}
_OF_QUESTIONS: tuple[Part, ...] = ("n", "mean", "median", "lower_quartile", "upper_quartile")
_LOWERED = "Figures of 3 or more organisations are shown, at the wish of all who took part; 5 is usual."


@cache
def the_framework() -> Framework:
    """The framework that comes with the program."""
    framework, _ = load("keep-it-local")
    return framework


def _chance(*what: object) -> float:
    """A number from 0 up to 1 that looks like chance and is not."""
    digest = hashlib.sha256("/".join(map(str, what)).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 256**7


def _quantile(values: Sequence[float], share: float) -> float:
    """Type 7 of Hyndman and Fan."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    low, high = math.floor(at), math.ceil(at)
    return round_half_away(ordered[low] + (ordered[high] - ordered[low]) * (at - low), 6)


def _figure(values: Iterable[float | None]) -> Figure:
    """What may be shown of some values under the usual thresholds."""
    given = [value for value in values if value is not None]
    others = len(given) - 1
    if others < THRESHOLDS.mean or len(set(given)) == 1:
        return HIDDEN
    quartiles, percentiles = others >= THRESHOLDS.quartiles, others >= THRESHOLDS.percentiles
    return Figure(
        n=len(given),
        mean=round_half_away(sum(given) / len(given), 6),
        median=_quantile(given, 0.5),
        lower_quartile=_quantile(given, 0.25) if quartiles else None,
        upper_quartile=_quantile(given, 0.75) if quartiles else None,
        p10=_quantile(given, 0.1) if percentiles else None,
        p90=_quantile(given, 0.9) if percentiles else None,
    )


@dataclass(frozen=True)
class _Organisation:
    """An invented organisation: its answers to questions (or why there is none), and its other values by item."""

    answers: Mapping[str, int | str]
    values: Mapping[str, float | None]


def _organisation(instrument: Instrument, at: int, shift: float) -> _Organisation:
    kind, answers, values = instrument.respondent.id, {}, {}
    strength = (_chance(kind, at, "strength") - 0.5) * 3
    for question in instrument.questions:
        missing = _chance(kind, at, question.id, "missing")
        if missing < 0.06:
            answers[question.id] = ("not_applicable", "dont_know", "unanswered")[int(missing * 50)]
            continue
        easy = 1.9 + (_chance(kind, question.id, "easy") - 0.5) * 2 + shift * _chance(kind, question.id, "moved")
        pull = _SPREAD[kind] * (_chance(question.id, "pull") - 0.1)
        noise = (_chance(kind, at, question.id, "noise") - 0.5) * 2.4
        answers[question.id] = min(max(round(easy + strength * pull + noise), 0), 4)
    scores: list[float] = []
    for node in instrument.nodes:
        asked = [each.id for each in node.questions]
        if not asked:
            continue
        levels = [answers[name] for name in asked if isinstance(answers[name], int)]
        score = round_half_away(sum(levels) / len(levels) * 25, 6) if len(levels) >= 0.6 * len(asked) else None
        values[node.id] = score
        if score is not None and node.section.kind == "characteristic":
            scores.append(score)
        values[f"completeness:{node.id}"] = len(levels) / len(asked)
        evidence = round(_chance(kind, at, node.id, "evidence") * 2.4 + max(strength, -0.5) / 2, 1)
        values[f"evidence:{node.id}"] = min(max(evidence, 0.0), 3.0)
    values[OVERALL] = round_half_away(sum(scores) / len(scores), 6) if scores else None
    values[f"completeness:{OVERALL}"] = sum(isinstance(each, int) for each in answers.values()) / len(answers)
    for measure in instrument.measures:
        given = _chance(kind, at, measure.id)
        if _chance(kind, at, measure.id, "given") > _chance(kind, measure.id, "reach") * 0.7 + 0.2:
            values[measure.id] = None
        elif measure.unit == "percent":
            values[measure.id] = round(5 + given * 90, 1)
        else:
            scale = {"GBP": 900, "ratio": 2, "hours": 240, "tCO2e_per_FTE": 4}.get(measure.unit, 12)
            values[measure.id] = round(scale * (0.2 + given), 2)
    return _Organisation(answers, values)


def _items(instrument: Instrument) -> list[Item]:
    scoring = instrument.framework.scoring
    scored: dict[str, Any] = {"minimum": scoring.minimum, "maximum": scoring.maximum}
    nodes = [node for node in instrument.nodes if node.questions]
    items = [Item(id=OVERALL, kind="overall", label="Overall score", **scored)]
    items += [Item(id=node.id, kind="section", label=node.section.label, depth=node.depth, **scored) for node in nodes]
    for question in instrument.questions:
        offered = instrument.choices_of(question)
        answered = [choice for choice in offered.choices if choice.state == "answered"]
        levels = tuple(Level(code=each.code, label=display(offered, each), value=each.value) for each in answered)
        items.append(
            Item(
                id=question.id,
                kind="question",
                label=question.label,
                of=question.section,
                levels=levels,
                theme=question.theme or "",
                parts=_OF_QUESTIONS,
                minimum=0.0,
                maximum=4.0,
            )
        )
    items += [
        Item(id=each.id, kind="measure", label=each.label, of=each.section, unit=each.unit, direction=each.direction)
        for each in instrument.measures
        if each.benchmark != "none"
    ]
    about = [(OVERALL, "All questions", 0), *((node.id, node.section.label, node.depth) for node in nodes)]
    for identifier, label, depth in about:
        items.append(
            Item(
                id=f"completeness:{identifier}",
                kind="completeness",
                label=label,
                of=identifier,
                depth=depth,
                unit="share",
                minimum=0.0,
                maximum=1.0,
            )
        )
    for identifier, label, depth in about[1:]:
        items.append(
            Item(
                id=f"evidence:{identifier}",
                kind="evidence",
                label=label,
                of=identifier,
                depth=depth,
                minimum=0.0,
                maximum=3.0,
            )
        )
    return items


def _of_question(item: Item, members: Sequence[_Organisation]) -> Figure:
    given = [member.answers[item.id] for member in members]
    chosen = [each for each in given if isinstance(each, int)]
    figure = replace(_figure(chosen), p10=None, p90=None)
    if figure.lower_quartile is None:  # the distribution has the quartiles' threshold
        return figure
    return replace(
        figure,
        levels=tuple(
            LevelCount(
                code=level.code,
                count=chosen.count(int(level.code)),
                share=round_half_away(chosen.count(int(level.code)) / len(chosen), 6),
            )
            for level in item.levels
        ),
        aside=Aside(
            not_applicable=given.count("not_applicable"),
            dont_know=given.count("dont_know"),
            unanswered=given.count("unanswered"),
        ),
    )


def _statistics(
    instrument: Instrument, items: Sequence[Item], members: Sequence[tuple[int, _Organisation]]
) -> tuple[Statistic, ...]:
    alike = {each.id for each in instrument.measures if each.benchmark == "like_with_like"}
    basis = [choice.label for choice in instrument.choice_lists["local_area_basis"].choices][:3]
    found: list[Statistic] = []
    for item in items:
        if item.kind == "question":
            found.append(Statistic(item=item.id, figure=_of_question(item, [each for _, each in members])))
        elif item.id in alike:
            for place, label in enumerate(basis):
                mine = [each.values[item.id] for at, each in members if at % 5 % 3 == place]
                found.append(Statistic(item=item.id, among=(label,), figure=_figure(mine)))
        else:
            found.append(Statistic(item=item.id, figure=_figure([each.values[item.id] for _, each in members])))
    return tuple(found)


def _separations(items: Sequence[Item], members: Sequence[_Organisation]) -> tuple[Separation, ...]:
    found: list[Separation] = []
    for item in (each for each in items if each.kind == "question"):
        pairs = []
        for member in members:
            own = member.answers[item.id]
            rest = [level for name, level in member.answers.items() if name != item.id and isinstance(level, int)]
            if isinstance(own, int):
                pairs.append((own, sum(rest) / len(rest)))
        if len(pairs) <= THRESHOLDS.percentiles + 4:
            found.append(Separation(item=item.id, n=None, correlation=None, strength=""))
            continue
        value = round_half_away(_correlation(pairs), 1)
        strength = "strong" if value >= 0.6 else "some" if value >= 0.4 else "little" if value >= 0.2 else "none"
        found.append(Separation(item=item.id, n=len(pairs), correlation=value, strength=strength))
    return tuple(found)


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    mean_a, mean_b = sum(left) / len(left), sum(right) / len(right)
    both = sum((a - mean_a) * (b - mean_b) for a, b in pairs)
    return both / math.sqrt(sum((a - mean_a) ** 2 for a in left) * sum((b - mean_b) ** 2 for b in right))


def _groups_of(instrument: Instrument, extra: int) -> list[tuple[Group, Callable[[int], bool]]]:
    """The groups besides that of all, without figures, and who is in each."""
    fields = {each.id: each for each in instrument.profile}
    by = {"council": ("rural_urban", "population_band"), "community": ("income_band", "legal_form")}
    found: list[tuple[Group, Callable[[int], bool]]] = []
    for name in by[instrument.respondent.id]:
        asked = fields[name]
        if asked.choices is not None:
            labels = [choice.label for choice in instrument.choice_lists[asked.choices].choices]
        else:
            labels = [entry.label for entry in instrument.lookups[asked.lookup or ""].entries]
        for place, label in enumerate(labels):
            group = Group(
                id=f"{instrument.respondent.id}/{name}/{place}",
                kind="field",
                field=name,
                field_label=asked.label,
                label=label,
                suppressed=False,
                counts=Counts(),
            )
            found.append((group, _share_of(name, place, len(labels))))
    for place in range(extra):
        group = Group(
            id=f"{instrument.respondent.id}/region/{place}",
            kind="field",
            field="region",
            field_label="Region or nation",
            label=f"Region number {place + 1} of a long list of regions",
            suppressed=False,
            counts=Counts(),
        )
        found.append((group, _share_of("region", place, 3)))
    if instrument.respondent.id == "council":
        group = Group(id="council/list/north", kind="list", label=LIST_LABEL, suppressed=False, counts=Counts())
        found.append((group, lambda at: at % 5 in (0, 3)))
    return found


def _share_of(name: str, place: int, places: int) -> Callable[[int], bool]:
    """Who is in one of several groups: the first groups are the largest."""

    def inside(at: int) -> bool:
        return int(_chance(name, at) ** 1.7 * min(places, 5)) == place % 5

    return inside


def _respondent(
    framework: Framework, identifier: str, used: int, *, earlier: bool, extra: int, full: bool
) -> RespondentBenchmark:
    respondent = next(each for each in framework.respondents if each.id == identifier)
    instrument = Instrument(framework, respondent)
    items = _items(instrument)
    members = [(at, _organisation(instrument, at, 0.0)) for at in range(used)]
    before = [(at, _organisation(instrument, at, -0.7)) for at in range(used - 5)]
    everyone = Group(
        id=f"{identifier}/all",
        suppressed=False,
        counts=Counts(
            invited=used + 21 if full else None,
            files=used + 15,
            returned=used + 12,
            accepted=used + 9,
            used=used,
            exclusions=(
                Exclusion(reason="replaced", label="An older file of the same organisation", count=3),
                Exclusion(reason="as_sent", label="Sent back without answers", count=3),
                Exclusion(reason="consent_blank", label="Did not say whether answers may be shared", count=None),
                Exclusion(reason="consent_refused", label="Asked not to be part of comparisons", count=None),
                Exclusion(reason="incomplete", label="Too few answers to be compared", count=0),
            ),
        ),
        statistics=_statistics(instrument, items, members),
    )
    parts = [(group, [one for one in members if inside(one[0])]) for group, inside in _groups_of(instrument, extra)]
    small = {group.id for group, mine in parts if len(mine) - 1 < THRESHOLDS.mean}
    for name in dict.fromkeys(group.field for group, _ in parts if group.field):
        shown = [(len(mine), group.id) for group, mine in parts if group.field == name and group.id not in small]
        if sum(group.field == name for group, _ in parts) - len(shown) == 1:
            small.add(min(shown)[1])  # one group alone could be worked out from the others
    groups = [everyone]
    for group, mine in parts:
        if group.id in small:
            groups.append(replace(group, suppressed=True))
        else:
            figures = _statistics(instrument, items, mine)
            groups.append(replace(group, counts=Counts(used=len(mine)), statistics=figures))
    changes: list[Change] = []
    if earlier:
        then = {each.item: each.figure for each in _statistics(instrument, items, before) if not each.among}
        now = {each.item: each.figure for each in everyone.statistics if not each.among}
        for at, item in enumerate(items):
            # two questions were reworded and one section with them, so they cannot be compared
            if item.kind in ("overall", "section", "question") and item.id not in ("C7",) and at % 17:
                changes.append(Change(group=everyone.id, item=item.id, before=then[item.id], now=now[item.id]))
        if not any(each.item == OVERALL for each in changes):
            changes.insert(0, Change(group=everyone.id, item=OVERALL, before=then[OVERALL], now=now[OVERALL]))
    return RespondentBenchmark(
        id=identifier,
        label=respondent.label,
        items=tuple(items),
        groups=tuple(groups),
        separations=_separations(items, [each for _, each in members]),
        changes=tuple(changes),
    )


def _method(framework: Framework, lowered: str) -> Method:
    return Method(
        thresholds=THRESHOLDS,
        quantiles="Medians and quartiles are those of QUARTILE.INC: type 7 of Hyndman and Fan.",
        missing="Nothing is filled in for missing answers. A figure uses those who gave a usable answer to it.",
        entry="A return is used when at least 75 % of the questions that apply were answered.",
        weighting="Every organisation counts once and counts the same, whatever its size.",
        comparison="Measures marked so are compared only among organisations that mean the same by 'local'.",
        selection="Only organisations that agreed to share their answers are used; the last return of each counts.",
        suppression="A mean needs 5 organisations besides the reader, quartiles 10, other percentiles 20.",
        rounding="Figures are worked out from exact values and rounded only where they are shown.",
        separation="How well a question separates is its correlation with the mean of all other answers.",
        change="Change is shown only for questions that mean the same in both releases." if not lowered else "",
        lowered=lowered,
        notice=framework.notice,
    )


def _pairs(framework: Framework) -> tuple[Pair, ...]:
    themes: dict[str, dict[str, str]] = {}
    labels: dict[str, str] = {}
    for question in framework.questions:
        if question.theme is not None:
            themes.setdefault(question.theme, {})[question.respondent] = question.id
            labels[question.theme] = question.label
    return tuple(
        Pair(theme=theme, label=labels[theme], questions=questions)
        for theme, questions in themes.items()
        if len(questions) == 2
    )


@cache
def a_release(
    *,
    councils: int = COUNCILS,
    communities: int = COMMUNITIES,
    earlier: bool = True,
    lowered: bool = False,
    full: bool = True,
    extra_groups: int = 0,
) -> Release:
    """A release with something of everything that a release can have.

    :param councils: how many councils are behind the figures; the same for ``communities``.  0 leaves the type out.
    :param earlier: whether there was an earlier release, so that there are changes.
    :param lowered: whether less protection was asked for.
    :param full: whether warnings and a contact are given, and how many were invited.
    :param extra_groups: more groups of each respondent type, to see what many groups do.
    """
    framework = the_framework()
    sizes = {"council": councils, "community": communities}
    warnings = (
        "3 figures are held back because they differ from those of release 1 by fewer than 5 organisations.",
        "Most returns are self-assessed: nobody outside the organisation checked the answers.",
    )
    return Release(
        number=2 if earlier else 1,
        created=date(2026, 11, 16),
        framework=framework.id,
        version=framework.version,
        title=framework.title,
        language=framework.language,
        contact="Insight team, Exampleshire, insight@example.org" if full else "",
        rounds=(NOW,),
        files=Files(given=sum(sizes.values()) + 35, refused=3, not_comparable=2),
        inputs=tuple(sorted(hashlib.sha256(f"file {at}".encode()).hexdigest() for at in range(sum(sizes.values())))),
        method=_method(framework, _LOWERED if lowered else ""),
        respondents=tuple(
            _respondent(framework, each, sizes[each], earlier=earlier, extra=extra_groups, full=full)
            for each in ("council", "community")
            if sizes[each]
        ),
        pairs=_pairs(framework) if all(sizes.values()) else (),
        earlier=Earlier(number=1, created=date(2025, 11, 17), rounds=(BEFORE,)) if earlier else None,
        warnings=warnings if full else (),
    )


def with_texts(release: Release, change: Callable[[str], str]) -> Release:
    """The release with every text that people read put through ``change``; ids stay as they are."""
    kept = {"id", "item", "of", "kind", "unit", "theme", "code", "field", "reason", "group", "direction", "strength"}
    kept |= {"created", "inputs", "questions", "language", "framework", "version"}

    def changed(value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            return value if key in kept else change(value)
        if isinstance(value, list):
            return [changed(each, key) for each in value] if key not in kept else value
        if isinstance(value, dict):
            return {name: each if name in kept else changed(each, name) for name, each in value.items()}
        return value

    return msgspec.convert(changed(msgspec.to_builtins(release)), Release)
