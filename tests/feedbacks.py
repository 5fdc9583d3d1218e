"""Feedback made by hand: real items of a real framework, an invented organisation, figures of an invented release.

:func:`a_feedback` is for tests of whatever shows feedback.  The answers come from hashes, so the same call always
gives the same feedback.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any, Literal

import msgspec
from msgspec.structs import replace
from releases import BEFORE, NOW, a_release, the_framework

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.disclosure import LEAST_FOR_PER_CENTS
from kil_xlsx.core.feedback import (
    Feedback,
    Line,
    NextStep,
    Peers,
    Place,
    Position,
    Quarter,
    SideBySide,
    Strength,
)
from kil_xlsx.core.framework import Question
from kil_xlsx.core.release import HIDDEN, OVERALL, Figure, Group, Item, Release
from kil_xlsx.core.returns import State
from kil_xlsx.core.rounding import round_half_away

Company = Literal["group", "everyone", "few", "nobody"]
"""Who an organisation is compared with: a group with quartiles, everyone, a group with medians only, nobody."""

NAMES = {"council": "Exampleshire County Council", "community": "Łódź Street Community Hub"}

HOSTILE = (
    '<script>alert("1")</script><img src="http://example.org/x.png"> #panic("no") $x^2$ \\ @ref *bold* _it_ `raw` '
    "= heading\n- list // note /* note */ <label> ~ -- ''' {{ 7 * 7 }} {% endfor %} &amp; \x00\x07\x1b\ufffe\ud7ff "
    "\u202eright to left\u202c שלום مرحبا Łódź ÿ ŵ Γ Д 漢字 😀"
)
"""A text with everything that a page might take for something other than text."""

_QUARTERS: tuple[Quarter, ...] = ("lowest", "second", "third", "highest")
_MISSING = {"C3": State.UNANSWERED, "E4": State.NOT_APPLICABLE}
_ANSWERS = {
    State.NOT_APPLICABLE: words.NOT_APPLICABLE,
    State.DONT_KNOW: words.NOT_KNOWN,
    State.UNANSWERED: words.NOT_ANSWERED,
}


def _chance(*what: object) -> float:
    digest = hashlib.sha256("/".join(map(str, what)).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 256**7


def _answer(item: Item) -> tuple[State, float | None]:
    missing = _chance("own", item.id, "missing")
    if missing < 0.09:
        return (State.NOT_APPLICABLE, State.DONT_KNOW, State.UNANSWERED)[int(missing * 100 / 3)], None
    return State.ANSWERED, float(int(_chance("own", item.id) * 5))


def _value(item: Item, everything: bool) -> tuple[State, float | None, str]:
    """State, number and words of the organisation's own answer."""
    if item.kind == "question":
        state, value = _answer(item)
        label = next((level.label for level in item.levels if level.value == value), "")
        return state, value, label or _ANSWERS[state]
    if item.kind == "measure":
        return State.ANSWERED, round(10 + _chance("own", item.id) * 60, 1), ""
    state = State.ANSWERED if everything else _MISSING.get(item.id, State.ANSWERED)
    if state is not State.ANSWERED:
        return state, None, words.NOT_ENOUGH if state is State.UNANSWERED else _ANSWERS[state]
    return state, round_half_away(20 + _chance("own", item.id, "score") * 75, 6), ""


def _figures(release: Release, respondent: str, group: Group | None) -> dict[str, Figure]:
    if group is None:
        return {}
    return {each.item: each.figure for each in group.statistics if not each.among}


def _position(value: float | None, figure: Figure) -> Position | None:
    if value is None or figure.lower_quartile is None or figure.n is None:
        return None
    assert figure.median is not None and figure.upper_quartile is not None
    edges = (figure.lower_quartile, figure.median, figure.upper_quartile)
    quarter: Quarter = _QUARTERS[sum(value > edge for edge in edges)]
    if figure.n <= LEAST_FOR_PER_CENTS:
        return Position(others=figure.n - 1, quarter=quarter)
    higher = 60 if value > figure.median else 30
    return Position(others=figure.n - 1, higher_than=higher, same_as=10, quarter=quarter)


def _line(item: Item, group: Figure, everyone: Figure, *, before: bool, everything: bool) -> Line:
    framework = the_framework()
    state, value, answer = _value(item, everything)
    earlier = None
    if before and item.kind in ("overall", "section", "question") and _chance("own", item.id, "earlier") > 0.15:
        earlier = round_half_away(max((value if value is not None else 40.0) * 0.9 - 1, 0.0), 6)
    position = _position(value, group)
    band = None
    if item.kind in ("overall", "section") and value is not None:
        band = next((each for each in reversed(framework.scoring.bands) if value >= each.from_), None)
    return Line(
        item=item,
        value=value,
        state=state,
        answer=answer,
        before=earlier,
        change=value - earlier if value is not None and earlier is not None else None,
        group=group,
        everyone=everyone,
        position=position,
        quarter=position.quarter if position else None,
        band=band.display() if band else "",
        tone=band.tone if band else "",
    )


def _questions() -> dict[str, Question]:
    return {question.id: question for question in the_framework().questions}


def _strengths(lines: tuple[Line, ...]) -> tuple[Strength, ...]:
    best = [line for line in lines if line.item.kind == "question" and (line.value or 0) >= 3][:3]
    reasons = ("This is your highest level.", "It is above the median of your group.", "It rose most since last time.")
    return tuple(
        Strength(item=line.item, answer=line.answer, why=why) for line, why in zip(best, reasons, strict=False)
    )


def _next_steps(lines: tuple[Line, ...]) -> tuple[NextStep, ...]:
    asked = _questions()
    sections = {section.id: section.label for section in the_framework().sections}
    low = [line for line in lines if line.item.kind == "question" and line.value is not None and line.value < 2][:3]
    found = []
    for line in low:
        assert line.value is not None
        code, following = str(int(line.value)), str(int(line.value) + 1)
        question = asked[line.item.id]
        found.append(
            NextStep(
                item=line.item,
                section=sections[question.section],
                now=line.answer,
                now_words=question.levels[code],
                next=next(level.label for level in line.item.levels if level.code == following),
                next_words=question.levels[following],
                why="It is among your lowest answers.",
                action="Ask the finance team for a list of suppliers by March.",
            )
        )
    return tuple(found)


def _place(release: Release, lines: tuple[Line, ...]) -> Place:
    others = release.respondent("community")
    assert others is not None
    figures = {each.item: each.figure for each in others.groups[0].statistics}
    own = {line.item.id: line for line in lines}
    pairs = [
        SideBySide(
            label=pair.label,
            own=own[pair.questions["council"]],
            other=others.item(pair.questions["community"]),
            figure=figures[pair.questions["community"]],
        )
        for pair in release.pairs
    ]
    return Place(label="Exampleshire", respondent=others.label, organisations=12, pairs=tuple(pairs))


@cache
def a_feedback(
    respondent: Literal["council", "community"] = "council",
    company: Company = "group",
    *,
    before: bool = True,
    everything: bool = False,
    place: bool = True,
) -> Feedback:
    """Feedback with something of everything that feedback can have.

    :param company: who the organisation is compared with.
    :param before: whether it took part last time.
    :param everything: whether every section has a score; otherwise two have none, each for a reason of its own.
    :param place: whether a council is told of the community organisations in its place.
    """
    framework, release = the_framework(), a_release()
    benchmark = release.respondent(respondent)
    assert benchmark is not None
    everyone = benchmark.groups[0]
    shown = [each for each in benchmark.groups[1:] if not each.suppressed and each.counts.used]
    group = max(shown, key=lambda each: each.counts.used or 0) if company in ("group", "few") else everyone
    theirs = _figures(release, respondent, group)
    if company == "few":
        theirs = {
            name: figure if not figure.shown else replace(figure, lower_quartile=None, upper_quartile=None, levels=None)
            for name, figure in theirs.items()
        } | {"C2": HIDDEN}
    if company == "nobody":
        theirs = {}
    everybody = {} if company == "nobody" else _figures(release, respondent, everyone)
    lines = tuple(
        _line(
            item,
            theirs.get(item.id, HIDDEN),
            everybody.get(item.id, HIDDEN),
            before=before,
            everything=everything,
        )
        for item in benchmark.items
        if item.kind in ("overall", "section", "question", "measure")
    )
    return Feedback(
        organisation=NAMES[respondent],
        organisation_id={"council": "GB-LAE-EXM", "community": "GB-CHC-9999999"}[respondent],
        respondent=respondent,
        respondent_label=benchmark.label,
        round_id=NOW,
        framework=framework.id,
        version=framework.version,
        title=framework.title,
        language=framework.language,
        notice=framework.notice,
        created=date(2026, 11, 20),
        release=release.number,
        released=release.created,
        release_rounds=release.rounds,
        contact=release.contact,
        used=company != "nobody",
        before=BEFORE if before else "",
        peers=Peers(
            id=group.id,
            label=group.label if company in ("group", "few") else "",
            used=None if company == "nobody" else group.counts.used,
            everyone=None if company == "nobody" else everyone.counts.used,
        ),
        lines=lines,
        strengths=_strengths(lines),
        next_steps=_next_steps(lines),
        place=_place(release, lines) if place and respondent == "council" and company != "nobody" else None,
        notes=("2 questions were left open.",),
        method=tuple(release.method.sentences()),
    )


def with_texts(feedback: Feedback, change: Callable[[str], str]) -> Feedback:
    """The feedback with every text that people read put through ``change``; ids and codes stay as they are."""
    kept = {"id", "of", "kind", "unit", "theme", "code", "direction", "parts", "state", "tone", "quarter"}
    kept |= {"created", "released", "language", "framework", "version", "respondent_id"}

    def changed(value: Any, key: str = "") -> Any:
        if key in kept or (key == "respondent" and value in NAMES):
            return value
        if isinstance(value, str):
            return change(value) if value else value
        if isinstance(value, list | tuple):
            return [changed(each) for each in value]
        if isinstance(value, dict):
            return {name: changed(each, name) for name, each in value.items()}
        return value

    return msgspec.convert(changed(msgspec.to_builtins(feedback)), Feedback)


@cache
def a_hostile_feedback(respondent: Literal["council", "community"] = "council") -> Feedback:
    """Feedback in which every text is full of markup, control characters and other scripts, before its own words."""
    return with_texts(a_feedback(respondent), lambda text: f"{HOSTILE} {text}")


@cache
def a_long_feedback() -> Feedback:
    """Feedback with twelve sections and hundreds of characters in every text."""
    feedback = with_texts(a_feedback(), lambda text: (text + " ") * (400 // len(text) + 1))
    last = next(line for line in reversed(feedback.lines) if line.item.kind == "section")
    more = replace(last, item=replace(last.item, id="E5"), value=51.0, state=State.ANSWERED, before=40.0, change=11.0)
    at = feedback.lines.index(last) + 1
    return replace(
        feedback,
        organisation="Wholeworldwide" * 30,  # nowhere to break a line
        lines=(*feedback.lines[:at], more, *feedback.lines[at:]),
    )


def overall_of(feedback: Feedback) -> Line:
    """The line of the overall score."""
    return next(line for line in feedback.lines if line.item.id == OVERALL)
