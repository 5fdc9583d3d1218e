"""Everything that one organisation is told, put together from its own return and a published release.

What is its own comes from its return; figures of others come from the release; positions come from
:mod:`kil_xlsx.core.standings`.  No text of the release but its method, title and rounds gets in: what items and groups
are called comes from the framework.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from msgspec.structs import replace

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.disclosure import quarter_of
from kil_xlsx.core.feedback import Feedback, Line, Peers, Place, Position, SideBySide
from kil_xlsx.core.grouping import answer_to, everyone_id, group_id
from kil_xlsx.core.instrument import Instrument, display
from kil_xlsx.core.instrument import instrument as instrument_of
from kil_xlsx.core.membership import Member
from kil_xlsx.core.next_steps import next_steps, strengths
from kil_xlsx.core.peers import change
from kil_xlsx.core.release import HIDDEN, OVERALL, Figure, Group, Item, Release
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Outcome, Return, State
from kil_xlsx.core.rounding import PLACES, round_half_away
from kil_xlsx.core.scoring import band_of
from kil_xlsx.core.standings import Standings, compared_group
from kil_xlsx.core.topics import topics

KINDS = ("overall", "section", "question", "measure")
"""What an organisation is told about, in this order."""

LEAST_OF_A_PLACE = 3
"""Organisations of a place below which nothing is shown of them, whatever a release says."""

MOST_NAMED, LONGEST_NAME = 3, 60
"""Questions that a note names, and the characters of a title in it."""

_Figures = Mapping[tuple[str, tuple[str, ...]], Figure]


@dataclass(frozen=True)
class Before:
    """What the organisation said last time, as this version of the framework has it.

    ``changed`` are the ids of questions, sections and measures that do not mean the same any more, and
    :data:`~kil_xlsx.core.release.OVERALL` where that is so of the overall score.
    """

    round_id: str
    result: Result
    changed: frozenset[str] = frozenset()


def feedback(
    instrument: Instrument,
    own: Member,
    release: Release,
    standings: Standings,
    *,
    organisation: str,
    organisation_id: str = "",
    before: Before | None = None,
    why_unused: str = "",
    created: date,
    contact: str = "",
) -> Feedback:
    """What one organisation is told.

    :param own: its return.
    :param standings: those that the release used, for positions.
    :param why_unused: why its answers are not part of the release's figures, in words; empty where they are.
    :param created: the day that the feedback carries.
    """
    group = compared_group(instrument, own, release)
    mine = release.respondent(instrument.respondent.id)
    everyone = None
    if mine is not None:
        everyone = next((each for each in mine.groups if each.id == everyone_id(instrument)), None)
    identifier = group.id if group is not None else ""
    own_places = standings.own_of(own)
    maker = _Lines(instrument, own, standings, own_places, identifier, _figures(group), _figures(everyone), before)
    lines = tuple(maker.line(topic.item) for topic in standings.topics.values() if topic.item.kind in KINDS)

    def say(item: Item, value: float) -> str:
        return in_words(instrument, item, value)

    framework = instrument.framework
    is_everyone = group is None or group.id == everyone_id(instrument)  # then nothing is said of a smaller group
    return Feedback(
        organisation=organisation,
        organisation_id=organisation_id,
        respondent=instrument.respondent.id,
        respondent_label=instrument.respondent.label,
        round_id=own.identity.round_id,
        framework=framework.id,
        version=framework.version,
        title=framework.title,
        language=framework.language,
        notice=framework.notice,
        created=created,
        release=release.number,
        released=release.created,
        release_rounds=release.rounds,
        contact=contact or release.contact,
        used=not why_unused,
        before=before.round_id if before is not None else "",
        peers=Peers(
            id=group.id if group is not None else "",
            label="" if is_everyone else _group_label(instrument, own, group),
            used=group.counts.used if group is not None else None,
            everyone=everyone.counts.used if everyone is not None else None,
        ),
        lines=lines,
        strengths=strengths(instrument, own.ret, own.result, lines, say, of_everyone=is_everyone),
        next_steps=next_steps(instrument, own.ret, own.result, lines, say, of_everyone=is_everyone),
        place=_place(instrument, own, release, {line.item.id: line for line in lines}),
        notes=tuple(_notes(instrument, own, group, before, why_unused)),
        method=tuple(release.method.sentences()),
    )


def _figures(group: Group | None) -> _Figures:
    if group is None or group.suppressed:
        return {}
    return {(each.item, each.among): each.figure for each in group.statistics}


def _group_label(instrument: Instrument, own: Member, group: Group | None) -> str:
    """What a group is called, such as "Region or nation: Wales"; in the words of the framework."""
    field = next((each for each in instrument.profile if group is not None and each.id == group.field), None)
    return f"{field.label}: {answer_to(instrument, field, own)[1]}" if field is not None else ""


# One item


@dataclass(frozen=True)
class _Lines:
    """Makes the line of each item.  ``own_places`` are its numbers among those used, ``compared`` its group's id."""

    instrument: Instrument
    own: Member
    standings: Standings
    own_places: frozenset[int]
    compared: str
    group: _Figures
    everyone: _Figures
    before: Before | None

    def line(self, item: Item) -> Line:
        """One item: its value, last time's, and the figures of others."""
        shared = self.standings.topics[item.id].among(self.instrument, self.own)
        among = shared or ()
        group = HIDDEN if shared is None else self.group.get((item.id, among), HIDDEN)
        everyone = HIDDEN if shared is None else self.everyone.get((item.id, among), HIDDEN)
        value, state, answer = own_value(self.instrument, self.own.ret, self.own.result, item)
        before, before_answer = self._before(item)
        band = band_of(self.instrument.framework.scoring.bands, value) if item.kind in _SCORES else None
        return Line(
            item=item,
            value=value,
            state=state,
            answer=answer,
            before=before,
            change=self._change(item, value, before),
            group=group,
            everyone=everyone,
            among=among,
            position=self._position(item, among, value, group, everyone),
            band=band.display() if band is not None else "",
            tone=band.tone if band is not None else "",
            before_answer=before_answer,
            quarter=quarter_of(value, group, amounts=item.kind == "measure") if value is not None else None,
        )

    def _before(self, item: Item) -> tuple[float | None, str]:
        """What there was last time, as a number and in words."""
        if self.before is None:
            return None, ""
        if item.id in self.before.changed:
            return None, words.NOT_COMPARABLE
        value, state, answer = own_value(self.instrument, None, self.before.result, item)
        if value is None and (item.kind != "question" or state is State.UNANSWERED):
            return None, words.NOTHING_BEFORE
        return value, answer

    def _change(self, item: Item, value: float | None, before: float | None) -> float | None:
        if item.kind in _SCORES:
            return change(value, before, self.instrument.framework.scoring.decimals)
        return None if value is None or before is None else round_half_away(value - before, PLACES)

    def _position(
        self, item: Item, among: tuple[str, ...], value: float | None, group: Figure, everyone: Figure
    ) -> Position | None:
        """Where the organisation stands in its group or, where that is too small to tell, among everyone."""
        if value is None or not self.compared:
            return None
        found = self.standings.position(self.own_places, self.compared, item.id, among, value, group)
        whole = everyone_id(self.instrument)
        if found is not None or self.compared == whole:
            return found
        found = self.standings.position(self.own_places, whole, item.id, among, value, everyone)
        return replace(found, among_everyone=True) if found is not None else None


_SCORES = ("overall", "section")


def own_value(
    instrument: Instrument, ret: Return | None, result: Result, item: Item
) -> tuple[float | None, State, str]:
    """A value, what kind of answer it is, and the answer in words: the level, or why there is none.

    The words of scores and measures say only why there is none; their numbers are shown by whoever knows the format.

    :param ret: what the result is of, where it is to be told that an entry could not be used.
    """
    if item.kind == "question":
        return _answer(instrument, ret, result, item.id)
    if item.kind == "measure":
        return _measure(ret, result, item.id)
    counts = result.overall_counts if item.id == OVERALL else result.sections[item.id].counts
    score = result.overall if item.id == OVERALL else result.sections[item.id].score
    if score is not None:
        return score, State.ANSWERED, ""
    if counts.applicable == 0:
        return None, State.NOT_APPLICABLE, words.NOT_APPLICABLE
    return None, State.UNANSWERED, words.NOT_ENOUGH


def _answer(
    instrument: Instrument, ret: Return | None, result: Result, identifier: str
) -> tuple[float | None, State, str]:
    own = result.questions[identifier]
    question = next(each for each in instrument.questions if each.id == identifier)
    offered = instrument.choices_of(question)
    choice = next((each for each in offered.choices if each.code == own.code), None)
    if own.state is State.ANSWERED:
        return own.value, own.state, display(offered, choice) if choice is not None else ""
    if own.state is State.UNANSWERED:
        return None, own.state, _blank(ret, identifier)
    usual = words.NOT_APPLICABLE if own.state is State.NOT_APPLICABLE else words.NOT_KNOWN
    return None, own.state, display(offered, choice) if choice is not None else usual


def _blank(ret: Return | None, identifier: str) -> str:
    refused = ret is not None and ret.get(identifier).outcome is Outcome.REFUSED
    return words.UNUSABLE if refused else words.NOT_ANSWERED


def _measure(ret: Return | None, result: Result, identifier: str) -> tuple[float | None, State, str]:
    """A measure; without one, the figures that it lacks decide what kind of missing it is."""
    own = result.measures[identifier]
    if own.value is not None:
        return own.value, State.ANSWERED, ""
    states = [ret.figure(figure)[0] for figure in own.missing] if ret is not None else []
    if any(ret is not None and ret.get(figure).outcome is Outcome.REFUSED for figure in own.missing):
        return None, State.UNANSWERED, words.UNUSABLE
    for state, why in ((State.NOT_APPLICABLE, words.NOT_APPLICABLE), (State.DONT_KNOW, words.NOT_KNOWN)):
        if state in states:
            return None, state, why
    return None, State.UNANSWERED, words.FIGURES_MISSING


def in_words(instrument: Instrument, item: Item, value: float) -> str:
    """A number as sentences name it: a score with its decimals, a level by its name where it is one."""
    if item.kind == "question":
        level = next((each.label for each in item.levels if each.value == value), None)
        return level or f"{round_half_away(value, 2):g}"
    decimals = instrument.framework.scoring.decimals
    return f"{round_half_away(value, decimals):.{decimals}f}"


# The place


def _place(instrument: Instrument, own: Member, release: Release, lines: Mapping[str, Line]) -> Place | None:
    """What organisations of another type in the same place said; none where the release shows no group of them."""
    framework, area = instrument.framework, instrument.field_with_role("area_code")
    code = answer_to(instrument, area, own)[0] if area is not None else ""
    for each in framework.respondents:
        if each.id == instrument.respondent.id or not code:
            continue
        theirs, there = instrument_of(framework, each.id), release.respondent(each.id)
        field = theirs.field_with_role("area_code")
        wanted = group_id(theirs, field.id, code) if field is not None else ""
        group = next((one for one in there.groups if one.id == wanted), None) if there is not None else None
        if group is None or group.suppressed or (group.counts.used or 0) < LEAST_OF_A_PLACE:
            continue
        items = {topic.item.id: topic.item for topic in topics(theirs)}
        figures = _figures(group)
        pairs = tuple(
            SideBySide(label=line.item.label, own=line, other=items[match], figure=figures.get((match, ()), HIDDEN))
            for pair in release.pairs
            if (line := lines.get(pair.questions.get(instrument.respondent.id, ""))) is not None
            and (match := pair.questions.get(each.id, "")) in items
        )
        if any(pair.figure.shown for pair in pairs):
            return Place(label=code, respondent=each.label, organisations=group.counts.used or 0, pairs=pairs)
    return None


# Notes


def _notes(
    instrument: Instrument, own: Member, group: Group | None, before: Before | None, why_unused: str
) -> Iterator[str]:
    """Sentences about the organisation's own return, and whom it is compared with."""
    if why_unused:
        yield words.NOT_USED.format(reason=why_unused)
    if group is None:
        yield words.NO_FIGURES
    elif group.id == everyone_id(instrument):
        yield words.NO_GROUP
    by_state = {
        state: [each.id for each in own.result.questions.values() if each.state is state]
        for state in (State.UNANSWERED, State.DONT_KNOW)
    }
    changed = [] if before is None else [each.id for each in instrument.questions if each.id in before.changed]
    titles = {each.id: each.label for each in instrument.questions}
    for codes, sentence in (
        (by_state[State.UNANSWERED], words.LEFT_OPEN),
        (by_state[State.DONT_KNOW], words.TO_FIND_OUT),
        (own.result.claims, words.WITHOUT_EVIDENCE),
        (changed, words.BEFORE_CHANGED),
    ):
        if codes:
            yield sentence.format(named=_some(codes, titles))


def _some(codes: Sequence[str], titles: Mapping[str, str]) -> str:
    """The titles of the first few questions with their codes, and how many more there are."""
    most = MOST_NAMED if len(codes) > MOST_NAMED + 1 else len(codes)
    named = [f"“{_short(titles[code])}” ({code})" for code in codes[:most]]
    return ", ".join(named) + (f" and {len(codes) - most} more" if len(codes) > most else "")


def _short(title: str) -> str:
    line = " ".join(title.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1].rsplit(" ", 1)[0] + "…"
