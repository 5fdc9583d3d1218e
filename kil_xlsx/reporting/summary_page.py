"""The words of the one-page summary: everything it says, short enough for one page, before it has any look.

Both forms of the summary, HTML and PDF, are made from one :class:`Page`, so they say the same in the same words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.feedback import Feedback, Line, NextStep, Place, SideBySide, Strength
from kil_xlsx.core.framework import Framework, Scoring
from kil_xlsx.core.peers import change
from kil_xlsx.core.release import CONFIDENTIAL, MARKS, NOT_APPLICABLE, Figure, Part
from kil_xlsx.core.returns import State
from kil_xlsx.core.scoring import band_of
from kil_xlsx.reporting.numbers import MINUS, decimal, signed

MOST_SECTIONS, MOST_POINTS, MOST_PAIRS = 12, 3, 3
"""How many sections, strengths or next steps, and questions side by side there is room for."""

LONGEST_CODE = 4
"""Characters of a section's id that can stand on a spoke."""

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_WHY = {
    State.NOT_APPLICABLE: words.NOT_APPLICABLE,
    State.DONT_KNOW: words.NOT_KNOWN,
    State.UNANSWERED: words.NOT_ANSWERED,
}

SELF_ASSESSED = "This is a self-assessment: the answers are the organisation's own, and nobody else has checked them."
MEDIAN = (
    "Half of the organisations are at the median or below it; the middle half lies between the lower and the upper "
    "quartile (QUARTILE.INC, type 7). Nothing is filled in for missing answers."
)
ALONE = (
    "This page shows your own answers only. Figures of other organisations are held back where there are too few, or "
    "where showing them could reveal what one of them said."
)


class Fact(Struct, frozen=True, kw_only=True):
    """Something to know about the page, with its name."""

    label: str
    text: str


class Row(Struct, frozen=True, kw_only=True):
    """A section, or the overall score, as its row says it.

    ``code`` is the section's short id, by which the chart on spokes names it; empty where ids are long.  ``own`` is
    the score, or in words why there is none (then ``missing``); ``band`` is the name of its band and ``tone`` its
    colour.  What stands for others is a number or a mark, and empty where the page compares with nobody.
    ``value`` and ``figure`` are the numbers themselves, for the charts.
    """

    code: str
    label: str
    own: str
    missing: bool
    band: str
    tone: str
    change: str
    n: str
    median: str
    middle: str
    value: float | None
    figure: Figure


class Point(Struct, frozen=True, kw_only=True):
    """A strength, or a next step: what it is about, where it stands, and words about it."""

    label: str
    now: str
    text: str
    next: str = ""
    action: str = ""


class Pairing(Struct, frozen=True, kw_only=True):
    """A question beside the one that others in the same place were asked."""

    label: str
    own: str
    other: str


class Beside(Struct, frozen=True, kw_only=True):
    """What others in the same place said."""

    title: str
    own: str
    others: str
    pairs: tuple[Pairing, ...]
    more: str


class Page(Struct, frozen=True, kw_only=True):
    """Everything on the page, in the order in which it is read.

    ``compared`` says whether anything of others is shown, ``before`` whether there was a last time, ``counted``
    whether the figures differ in how many organisations are behind them, ``middles`` whether any middle half is shown.
    ``whose`` are those that the organisation is compared with, ``figures`` their median and middle half in words.
    """

    language: str
    title: str
    eyebrow: str
    organisation: str
    facts: tuple[Fact, ...]
    compared: bool
    alone: str
    scale: str
    overall: Row | None
    overall_words: str
    last_time: str
    position: str
    whose: str
    figures: str
    before: bool
    counted: bool
    middles: bool
    rows: tuple[Row, ...]
    more_rows: str
    strengths: tuple[Point, ...]
    next_steps: tuple[Point, ...]
    place: Beside | None
    marks: tuple[Fact, ...]
    notes: tuple[str, ...]
    method: tuple[str, ...]
    notice: str
    contact: str
    footer: str


def clean(text: str) -> str:
    """A text on one line, without characters that no page can show or that turn round the text around them.

    Control characters and those that Unicode gives no meaning become U+FFFD; marks that embed or override the
    direction of writing go, because they would reach beyond their own text.
    """
    if text.isprintable():  # none of those characters is in it
        return " ".join(text.split())
    kept = []
    for each in text:
        kind = unicodedata.category(each)
        if each in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
            continue
        kept.append("\ufffd" if kind in ("Cc", "Cs", "Cn", "Co") and not each.isspace() else each)
    return " ".join("".join(kept).split())


def shortened(text: str, most: int) -> str:
    """A clean text of at most ``most`` characters, cut between words where that costs little."""
    text = clean(text)
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    at = cut.rfind(" ")
    if at > most / 2:
        cut = cut[:at]
    while cut and unicodedata.combining(text[len(cut)]):  # a letter keeps its accents
        cut = cut[:-1]
    return cut.rstrip(" ,.;:–-") + "…"


def in_words(day: date) -> str:
    """A date such as 7 April 2026, the same on every machine."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def page(feedback: Feedback, framework: Framework, footer: str = "") -> Page:
    """What the page says.  ``footer`` is the branding's."""
    scoring = framework.scoring
    overall = next(iter(feedback.of("overall")), None)
    sections = feedback.of("section")
    compared = any(line.group.shown for line in (*feedback.of("overall"), *sections))
    chosen, left = _chosen(sections)
    rows = tuple(_row(line, scoring, compared) for line in chosen)
    top = _row(overall, scoring, compared) if overall else None
    place = _place(feedback.place, feedback.respondent_label) if feedback.place else None
    shown = [*rows, *([top] if top else [])]
    whose = words.whose_words(not feedback.peers.label)
    middles = compared and any(
        row.figure.lower_quartile is not None and row.figure.upper_quartile is not None for row in shown
    )
    band = band_of(scoring.bands, overall.value) if overall else None
    return Page(
        language=feedback.language,
        title=f"One-page summary: {shortened(feedback.organisation, 90)}",
        eyebrow=shortened(feedback.title, 110),
        organisation=shortened(feedback.organisation, 90),
        facts=_facts(feedback, compared),
        compared=compared,
        alone="" if compared else ALONE,
        scale=f"{decimal(scoring.minimum)} to {decimal(scoring.maximum)}",
        overall=top,
        overall_words=clean(band.display()) if band else "",
        last_time=_last_time(overall, feedback, scoring) if overall else "",
        position=_position(overall, whose) if overall and compared else "",
        whose=whose,
        figures=_figures(overall, top, whose) if overall and top and compared else "",
        before=bool(feedback.before),
        counted=compared and any(row.n != _used(feedback) for row in shown),
        middles=middles,
        rows=rows,
        more_rows=f"And {left} more in your feedback workbook." if left else "",
        strengths=tuple(_strength(each) for each in feedback.strengths[:MOST_POINTS]),
        next_steps=tuple(_next_step(each) for each in feedback.next_steps[:MOST_POINTS]),
        place=place,
        marks=_marks(rows, _used(feedback), middles) if compared else (),
        notes=tuple(shortened(note, 260) for note in feedback.notes[:2]),
        method=_method(feedback, compared),
        notice=shortened(feedback.notice, 480),
        contact=shortened(feedback.contact, 120),
        footer=shortened(footer, 120),
    )


def _facts(feedback: Feedback, compared: bool) -> tuple[Fact, ...]:
    release = f"Release {feedback.release}, {in_words(feedback.released)}"
    return (
        Fact(label="Who", text=shortened(feedback.respondent_label, 34)),
        Fact(label="Round", text=shortened(feedback.round_id, 24)),
        Fact(label="Compared with", text=_company(feedback) if compared else "No other organisations"),
        Fact(label="Benchmark", text=release),
    )


def _used(feedback: Feedback) -> str:
    """How many organisations are in the group, or the mark in the place of the number."""
    return CONFIDENTIAL if feedback.peers.used is None else f"{feedback.peers.used:,}"


def _company(feedback: Feedback) -> str:
    """Whom the organisation is compared with, in words."""
    count = _used(feedback)
    yours = "yours among them" if feedback.used else "yours not among them"
    if feedback.peers.label:
        return f"{shortened(feedback.peers.label, 60)} ({count} organisations, {yours})"
    return f"All of your kind in the release ({count} organisations, {yours})"


def _chosen(sections: Sequence[Line]) -> tuple[tuple[Line, ...], int]:
    """The sections that there is room for, those at the top first of all, and how many are left out."""
    chosen = list(sections)
    if len(chosen) > MOST_SECTIONS:
        chosen = [line for line in sections if line.item.depth == 0]
    return tuple(chosen[:MOST_SECTIONS]), len(sections) - len(chosen[:MOST_SECTIONS])


def score_words(value: float | None, scoring: Scoring) -> str:
    """A score as the framework shows it; empty without one."""
    return "" if value is None else decimal(value, scoring.decimals)


def _row(line: Line, scoring: Scoring, compared: bool) -> Row:
    band = band_of(scoring.bands, line.value)
    difference = change(line.value, line.before, scoring.decimals) if line.change is not None else None

    def figure(*parts: Part) -> str:
        if not compared:
            return ""
        if any(part not in line.item.parts for part in parts):
            return NOT_APPLICABLE
        values = [line.group.part(part) for part in parts]
        if line.group.n is None or any(value is None for value in values):
            return CONFIDENTIAL
        places = 0 if parts == ("n",) else scoring.decimals
        return " to ".join(decimal(value, places) for value in values if value is not None)

    return Row(
        code=line.item.id if len(line.item.id) <= LONGEST_CODE else "",
        label=shortened(line.item.label, 80),
        own=score_words(line.value, scoring) if line.value is not None else _missing(line),
        missing=line.value is None,
        band=clean(band.label) if band else "",
        tone=band.tone if band else "",
        change=_difference(difference, scoring) if difference is not None else "",
        n=figure("n"),
        median=figure("median"),
        middle=figure("lower_quartile", "upper_quartile"),
        value=line.value,
        figure=line.group,
    )


def _missing(line: Line) -> str:
    return shortened(line.answer, 30) or _WHY.get(line.state, words.NOT_ENOUGH)


def _difference(difference: float, scoring: Scoring) -> str:
    written = signed(difference, lambda value: decimal(value, scoring.decimals))
    return "±0" if written.strip(f"+{MINUS}0.") == "" else written


def _last_time(line: Line, feedback: Feedback, scoring: Scoring) -> str:
    if not feedback.before:
        return "Nothing from last time to compare with."
    when = shortened(feedback.before, 30)
    if line.before is None:
        return f"Last time ({when}): no score."
    before = f"Last time ({when}): {score_words(line.before, scoring)}"
    if line.value is None or line.change is None:
        return f"{before}."
    difference = change(line.value, line.before, scoring.decimals) or 0.0
    if not difference:
        return f"{before}, the same as now."
    return f"{before}, now {decimal(abs(difference), scoring.decimals)} {'more' if difference > 0 else 'less'}."


def _position(line: Line, whose: str) -> str:
    told = words.standing(line, of_everyone=whose == words.YOUR_KIND)
    if line.position is not None and line.position.higher_than is not None:
        return f"{told}, to the nearest 10%."
    return f"{told}." if told else ""


def _figures(line: Line, row: Row, whose: str) -> str:
    """Median and middle half in a sentence about nobody else; a sentence says so where they are held back."""
    figure = line.group
    if figure.median is None:
        return f"The figures of {whose} are held back."
    if figure.lower_quartile is None or figure.upper_quartile is None:
        return f"The median of {whose} is {row.median}; where their middle half lies is held back."
    return f"The median of {whose} is {row.median}, and the middle half lies at {row.middle}."


def _strength(strength: Strength) -> Point:
    return Point(
        label=shortened(strength.item.label, 70), now=shortened(strength.answer, 40), text=shortened(strength.why, 110)
    )


def _next_step(step: NextStep) -> Point:
    return Point(
        label=shortened(step.item.label, 70),
        now=shortened(step.now, 40),
        next=shortened(step.next, 40),
        text=shortened(step.next_words, 190),
        action=shortened(step.action, 90),
    )


def _place(place: Place, own: str) -> Beside | None:
    """The questions on which the two sides are furthest apart, in the order in which they are asked."""
    known = [pair for pair in place.pairs if pair.figure.median is not None and pair.own.value is not None]
    if not known:
        return None
    furthest = sorted(known, key=_apart, reverse=True)[:MOST_PAIRS]
    left = len(known) - len(furthest)
    return Beside(
        title=f"In the same place: {shortened(place.label, 60)}",
        own=f"You: {shortened(own, 30)}",
        others=f"{shortened(place.respondent, 30)}: median of {place.organisations:,}",
        pairs=tuple(
            Pairing(
                label=shortened(pair.label, 70),
                own=shortened(pair.own.answer, 34),
                other=_level(pair, pair.figure.median or 0.0),
            )
            for pair in known
            if pair in furthest
        ),
        more=f"The questions furthest apart; {left} more in your feedback workbook." if left else "",
    )


def _apart(pair: SideBySide) -> float:
    return abs((pair.own.value or 0.0) - (pair.figure.median or 0.0))


def _level(pair: SideBySide, value: float) -> str:
    """The level with that value, or the number where the median lies between two levels."""
    named = next((level.label for level in pair.other.levels if level.value == value), None)
    return shortened(named, 34) if named is not None else f"{value:g}"


def _marks(rows: Iterable[Row], used: str, middles: bool) -> tuple[Fact, ...]:
    """What the marks on this page mean.  ``middles`` says whether there is a column of middle halves."""
    seen = {used, *(text for row in rows for text in (row.n, row.median, row.middle if middles else ""))}
    return tuple(Fact(label=mark, text=meaning) for mark, meaning in MARKS.items() if mark in seen)


def _method(feedback: Feedback, compared: bool) -> tuple[str, ...]:
    lowered = [text for heading, text in feedback.method if heading == "Less protection than usual"]
    return (SELF_ASSESSED, *([MEDIAN] if compared else []), *(shortened(text, 200) for text in lowered))
