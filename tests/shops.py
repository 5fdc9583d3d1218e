"""A framework of a few questions for shops and clubs, and returns in it, for tests of the benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from kil_xlsx.core.benchmark import Made, Request, benchmark
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.problems import Problem
from kil_xlsx.core.readings import FileInfo, Identity, Reading
from kil_xlsx.core.release import Figure, Group, Release, RespondentBenchmark, Thresholds
from kil_xlsx.core.returns import Entry, Key, Return, State
from kil_xlsx.core.scoring import score

_LEVELS = [{"code": str(value), "label": f"Level {value}", "value": value} for value in range(4)]
_CONSENT = [{"code": "yes", "label": "Yes"}, {"code": "no", "label": "No"}]
_DEFINITION: dict[str, Any] = {
    "id": "tiny",
    "version": "1.0.0",
    "language": "en-GB",
    "title": "A tiny framework",
    "notice": "Made up for a test.",
    "reference_prefix": "TT",
    "respondents": [
        {"id": "shop", "code": "SH", "label": "Shop", "purpose": "To test.", "answered_by": "Anyone."},
        {"id": "club", "code": "CL", "label": "Club", "purpose": "To test.", "answered_by": "Anyone."},
    ],
    "choice_lists": [
        {
            "id": "levels",
            "choices": [
                *_LEVELS,
                {"code": "NA", "label": "Not applicable", "state": "not_applicable"},
                {"code": "DK", "label": "Don't know", "state": "dont_know"},
            ],
        },
        {"id": "consent", "choices": _CONSENT},
        {"id": "region", "choices": [{"code": code, "label": code.title()} for code in ("north", "south", "west")]},
        {"id": "basis", "choices": [{"code": "street", "label": "Street"}, {"code": "town", "label": "Town"}]},
    ],
    "default_choices": "levels",
    "evidence_strength": "levels",
    "missing_figure": "levels",
    "scoring": {
        "minimum": 0,
        "maximum": 30,
        "section": {"rule": "mean", "multiply": 10, "least_answered": 0.5},
        "overall": {"rule": "mean"},
        "not_applicable": {"counts_as": 0},
    },
    "sections": [{"id": "A", "label": "First"}, {"id": "B", "label": "Second"}],
    "questions": [
        {
            "id": f"{section}-{number}",
            "respondent": who,
            "section": section,
            "label": f"About {number}",
            "text": "How?",
            **({"theme": "match"} if number in (2, 4) else {}),
        }
        for who, section, number in (("shop", "A", 1), ("shop", "A", 2), ("shop", "B", 3), ("club", "A", 4))
    ],
    "units": [{"id": "GBP", "label": "£", "format": "#,##0", "adds_up": True}],
    "profile": [
        {"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation"},
        {"id": "number", "code": "P2", "label": "Number", "type": "org_id_list"},
        {"id": "share", "code": "P3", "label": "Share?", "type": "choice", "choices": "consent", "role": "consent"},
        {"id": "region", "code": "P4", "label": "Region", "type": "choice", "choices": "region"},
        {"id": "basis", "code": "P5", "label": "Basis", "type": "choice", "choices": "basis"},
        {
            "id": "size",
            "code": "P6",
            "label": "Size",
            "type": "derived",
            "source": "income",
            "by": "stretch",
            "lookup": "size",
        },
        {
            "id": "place",
            "code": "P7",
            "label": "Place",
            "type": "area_code",
            "role": "area_code",
            "pattern": "E[0-9A-Z ]+",
        },
    ],
    "lookups": [
        {
            "id": "size",
            "entries": [
                {"code": "s", "label": "Small", "at_least": 0},
                {"code": "l", "label": "Large", "at_least": 100},
            ],
        }
    ],
    "input_groups": [{"id": "money", "label": "Money"}],
    "inputs": [{"id": "income", "code": "I1", "label": "Income", "unit": "GBP", "group": "money"}],
    "measures": [
        {"id": code, "section": "A", "label": code, "unit": "GBP", "formula": "income", "benchmark": among}
        for code, among in (("M-ALL", "all"), ("M-LIKE", "like_with_like"), ("M-NONE", "none"))
    ]
    + [
        {
            "id": "M-BASIS",
            "section": "A",
            "label": "Counted or guessed",
            "unit": "GBP",
            "formula": "income",
            "benchmark": "like_with_like",
            "bases": [{"when": "income < 500", "label": "Counted"}, {"label": "Guessed"}],
        }
    ],
    "benchmarking": {
        "least_group_size": 5,
        "consent": {"share": ["yes"]},
        "peer_groups": [{"respondent": "shop", "fields": ["region", "size"]}],
        "like_with_like": ["basis"],
    },
}

FRAMEWORK = msgspec.convert(_DEFINITION, Framework)
INSTRUMENTS = [instrument(FRAMEWORK, "shop"), instrument(FRAMEWORK, "club")]
CREATED = date(2026, 4, 7)
LOW = Thresholds(mean=5, quartiles=5, percentiles=5, besides_reader=False)
"""Thresholds at which small examples have all their figures."""


class Spec(NamedTuple):
    """What one made-up organisation answers; empty texts are blanks."""

    name: str
    answers: tuple[str, str, str] = ("1", "2", "3")
    income: float | None = None
    region: str = ""
    basis: str = ""
    share: str = "yes"
    number: str = ""
    reference: str = ""
    who: str = "shop"
    version: str = "1.0.0"
    round_id: str = "2026"
    stamped: tuple[str, str] = ("", "")
    """The organisation, by name and number, that the workbook was made for."""
    place: str = ""
    strengths: tuple[str, str, str] = ("", "", "")
    as_sent: bool = False


def reading_of(spec: Spec, instruments: Sequence[Instrument] = INSTRUMENTS) -> Reading:
    mine = next(each for each in instruments if each.respondent.id == spec.who)
    entries = [
        Entry(key=Key(field), state=State.ANSWERED, text=text)
        for field, text in (("name", spec.name), ("number", spec.number), ("place", spec.place))
        if text
    ]
    for field, code in (("share", spec.share), ("region", spec.region), ("basis", spec.basis)):
        if code:
            entries.append(Entry(key=Key(field), state=State.ANSWERED, code=code))
    if spec.income is not None:
        entries.append(Entry(key=Key("income"), state=State.ANSWERED, value=spec.income))
    special = {"NA": State.NOT_APPLICABLE, "DK": State.DONT_KNOW}
    for question, code, strength in zip(mine.questions, spec.answers, spec.strengths, strict=False):
        if strength:
            key = Key(question.id, "strength")
            entries.append(Entry(key=key, state=State.ANSWERED, code=strength, value=float(strength)))
        if code:
            state, value = special.get(code, State.ANSWERED), None if code in special else float(code)
            entries.append(Entry(key=Key(question.id), state=state, code=code, value=value))
    ret = Return.of(entries)
    identity = Identity(
        framework="tiny",
        version=spec.version,
        fingerprint="",
        layout=1,
        respondent=spec.who,
        round_id=spec.round_id,
        organisation=spec.stamped[0],
        organisation_id=spec.stamped[1],
        reference=spec.reference,
    )
    problems = (Problem(code="return-as-sent", severity="query", message="", remedy=""),) if spec.as_sent else ()
    return Reading(file_of(spec.name), problems=problems, identity=identity, ret=ret, result=score(mine, ret))


def file_of(name: str) -> FileInfo:
    return FileInfo(name=f"{name}.xlsx", sha256=f"sum of {name}", size=1, kind="xlsx", application="")


def made(*specs: Spec, instruments: Sequence[Instrument] = INSTRUMENTS, **options: Any) -> Made:
    request = Request(**{"created": CREATED, **options})
    return benchmark(instruments, [reading_of(spec, instruments) for spec in specs], request)


def benchmarked(*specs: Spec, **options: Any) -> Release:
    """A release with low thresholds, so that small examples have figures."""
    return made(*specs, **{"thresholds": LOW, **options}).release


def group_of(found: Release, identifier: str) -> Group:
    return next(group for respondent in found.respondents for group in respondent.groups if group.id == identifier)


def figure_of(group: Group, item: str, among: tuple[str, ...] = ()) -> Figure:
    return next(each.figure for each in group.statistics if (each.item, each.among) == (item, among))


def excluded(group: Group) -> dict[str, int | None]:
    return {each.reason: each.count for each in group.counts.exclusions if each.count != 0}


def six(**changes: Any) -> list[Spec]:
    return [
        Spec(f"Org {at}", (str(at % 4), str(at % 3), "2" if at % 5 else "1"), 10.0 * at, **changes) for at in range(6)
    ]


def many(count: int, **changes: Any) -> list[Spec]:
    """Organisations whose answers differ, with incomes from 100 on."""
    return [
        Spec(f"Many {at}", (str(at % 4), str(at % 3), str(at * 7 % 4)), 100.0 + at * at)._replace(**changes)
        for at in range(count)
    ]


def with_rules(**benchmarking: Any) -> list[Instrument]:
    """The instruments of the same framework with other rules of comparing."""
    rules = msgspec.structs.replace(FRAMEWORK.benchmarking, **benchmarking)
    framework = msgspec.structs.replace(FRAMEWORK, benchmarking=rules)
    return [instrument(framework, "shop"), instrument(framework, "club")]


def shop(found: Release) -> RespondentBenchmark:
    return found.respondents[0]
