"""One organisation is told of its own answers and of published figures, and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace
from releases import a_release, the_framework

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.advice import MOST_NAMED, Before, feedback
from kil_xlsx.core.feedback import Feedback, Line, Position
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.membership import Member
from kil_xlsx.core.next_steps import MOST_STEPS, MOST_STRENGTHS, smallest_difference
from kil_xlsx.core.readings import Identity
from kil_xlsx.core.release import HIDDEN, OVERALL, Counts, Figure, Group, Pair, Release, RespondentBenchmark, Statistic
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Return, State
from kil_xlsx.core.scoring import score
from kil_xlsx.core.standings import Standings
from kil_xlsx.core.topics import topics

CREATED = date(2026, 4, 8)
USUAL = "2"
"""What is answered to every question that a test says nothing about, with evidence for it."""


@cache
def _instrument(respondent: str = "council") -> Instrument:
    return instrument(the_framework(), respondent)


def member(
    answers: Mapping[str, str] | None = None,
    *,
    respondent: str = "council",
    beside: Mapping[tuple[str, str], str] | None = None,
    profile: Mapping[str, str] | None = None,
    figures: Mapping[str, float] | None = None,
    refused: tuple[str, ...] = (),
    usual: str = USUAL,
    sha256: str = "own",
) -> Member:
    """A return.  ``answers`` are codes by question (empty for none), ``beside`` codes or words by question and part."""
    mine = _instrument(respondent)
    entries: list[Entry] = []
    for question in mine.questions:
        code = (answers or {}).get(question.id, usual)
        choice = next((each for each in mine.choices_of(question).choices if each.code == code), None)
        if question.id in refused:
            entries.append(Entry(key=Key(question.id), outcome=Outcome.REFUSED, typed="perhaps"))
        elif choice is not None:
            state = State(choice.state)
            entries.append(Entry(key=Key(question.id), state=state, code=code, value=choice.value))
    strengths = {each.code: each for each in mine.choice_lists[mine.framework.evidence_strength].choices}
    for (item, part), said in (beside or {}).items():
        key, answered = Key(item, part), State.ANSWERED
        if part == Part.STRENGTH:
            entries.append(Entry(key=key, state=answered, code=said, value=strengths[said].value))
        elif part == Part.TARGET:
            entries.append(Entry(key=key, state=answered, code=said, value=float(said)))
        else:
            entries.append(Entry(key=key, state=answered, text=said))
    for field, said in (profile or {}).items():
        asked = next(each for each in mine.profile if each.id == field)
        known = {"code": said} if asked.choices else {"text": said}
        entries.append(Entry(key=Key(field), state=State.ANSWERED, **known))  # type: ignore[arg-type]
    for name, value in (figures or {}).items():
        entries.append(Entry(key=Key(name), state=State.ANSWERED, value=value))
    framework = mine.framework
    identity = Identity(
        framework=framework.id, version=framework.version, fingerprint="", layout=2, respondent=respondent,
        round_id="2026", organisation="Own Council", organisation_id="", reference="KIL-1",
    )  # fmt: skip
    ret = Return.of(entries)
    return Member(identity, ret, score(mine, ret), sha256)


def release(
    figures: Mapping[str, Figure] | None = None,
    *,
    respondent: str = "council",
    field: tuple[str, str] = ("", ""),
    suppressed: bool = False,
    others: tuple[RespondentBenchmark, ...] = (),
    pairs: tuple[Pair, ...] = (),
) -> Release:
    """A release with one group, that of everyone and the same again for an answer to a field if one is named."""
    statistics = tuple(Statistic(item=item, figure=figure) for item, figure in (figures or {}).items())
    groups = [Group(id=f"{respondent}/all", suppressed=False, counts=Counts(used=34), statistics=statistics)]
    if field[0]:
        shown = () if suppressed else statistics
        counts = Counts(used=None if suppressed else 12)
        groups.append(
            Group(
                id=f"{respondent}/{field[0]}/{field[1]}", kind="field", field=field[0], label="From the release",
                suppressed=suppressed, counts=counts, statistics=shown,
            )
        )  # fmt: skip
    items = tuple(topic.item for topic in topics(_instrument(respondent)))
    mine = RespondentBenchmark(id=respondent, label="From the release", items=items, groups=tuple(groups))
    return replace(a_release(), respondents=(mine, *others), pairs=pairs, warnings=(), inputs=("own",))


def told(own: Member, made: Release | None = None, **options: Any) -> Feedback:
    """What an organisation is told, without any positions."""
    mine = _instrument(own.identity.respondent)
    made = made or release()
    standings = Standings(mine, made.method.thresholds)
    options = {"organisation": "Own Council", "created": CREATED} | options
    return feedback(mine, own, made, standings, **options)


def line(said: Feedback, item: str) -> Line:
    """The line about one item."""
    return next(each for each in said.lines if each.item.id == item)


# Lines


def test_lines_have_own_values_and_published_figures() -> None:
    """Overall, sections, questions and measures are in the framework's order, with the release's figures."""
    figure = Figure(n=34, median=51.0)
    said = told(member({"LA-C1-1": "3"}), release({"C1": figure}))
    assert [each.item.kind for each in said.lines][:2] == ["overall", "section"]
    assert {each.item.kind for each in said.lines} == {"overall", "section", "question", "measure"}
    assert line(said, "C1").group == line(said, "C1").everyone == figure
    assert line(said, "C2").group == HIDDEN
    assert (line(said, "LA-C1-1").value, line(said, "LA-C1-1").answer) == (3.0, "3 Established")
    assert line(said, "C1").value == 55.0
    assert line(said, "C1").band == "Amber: some practice, gaps to close"


def test_kinds_of_missing_stay_apart() -> None:
    """Not applicable, not known yet, unanswered and unusable are each said in words of their own."""
    answers = {"LA-C1-1": "NA", "LA-C1-2": "DK", "LA-C1-3": ""}
    said = told(member(answers, refused=("LA-C1-4",)))
    found = {item: (line(said, item).value, line(said, item).answer) for item in (*answers, "LA-C1-4")}
    assert found == {
        "LA-C1-1": (None, "Not applicable"),
        "LA-C1-2": (None, "Not known yet"),
        "LA-C1-3": (None, words.NOT_ANSWERED),
        "LA-C1-4": (None, words.UNUSABLE),
    }
    assert line(said, "C1").answer == words.NOT_ENOUGH
    everything = {question.id: "NA" for question in _instrument().questions if question.section == "C2"}
    assert line(told(member(everything)), "C2").answer == words.NOT_APPLICABLE


def test_measures_say_which_figure_is_missing() -> None:
    """A measure without a value is not applicable, not known yet or lacks figures, as its figures are."""
    own = member(figures={"supplier_spend": 1000.0})
    entries = [*own.ret.entries.values(), Entry(key=Key("local_supplier_spend", Part.MISSING), state=State.DONT_KNOW)]
    ret = Return.of(entries)
    unsure = Member(own.identity, ret, score(_instrument(), ret), "own")
    assert line(told(member()), "C1-M2").answer == words.FIGURES_MISSING
    assert line(told(unsure), "C1-M2").answer == words.NOT_KNOWN


def test_the_group_is_that_of_the_first_field_with_figures() -> None:
    """The framework's order decides; a group that is held back is passed over."""
    own = member(profile={"region": "W92000004", "rural_urban": "rural"})
    said = told(own, release(field=("region", "W92000004")))
    assert (said.peers.id, said.peers.label) == ("council/region/W92000004", "Region or nation: Wales")
    assert (said.peers.used, said.peers.everyone) == (12, 34)
    said = told(own, release(field=("region", "W92000004"), suppressed=True))
    assert (said.peers.id, said.peers.label) == ("council/all", "")
    assert words.NO_GROUP in said.notes
    assert told(own, release(field=("region", "E12000007"))).peers.id == "council/all"


@pytest.mark.parametrize(("shown", "is_compared"), [(2, True), (1, False)])
def test_a_group_of_which_little_is_shown_is_passed_over(shown: int, is_compared: bool) -> None:
    """A group counts only where it shows at least two thirds of the medians and quartiles that everyone shows."""
    figure = Figure(n=34, lower_quartile=40.0, median=50.0, upper_quartile=60.0)
    made = release({"C1": figure, "C2": figure, "C3": figure}, field=("region", "W92000004"))
    mine = made.respondents[0]
    group = replace(mine.groups[1], statistics=mine.groups[1].statistics[:shown])
    made = replace(made, respondents=(replace(mine, groups=(mine.groups[0], group)),))
    said = told(member(profile={"region": "W92000004"}), made)
    assert (said.peers.id == "council/region/W92000004") is is_compared
    assert (words.NO_GROUP in said.notes) is not is_compared
    assert line(said, "C3").group == (HIDDEN if is_compared else figure)


def test_reasons_name_those_that_their_figures_are_of() -> None:
    """Figures are called the group's where they are of the group, and everyone's where there is none."""
    made = release(
        {"C1": Figure(n=34, lower_quartile=5.0, median=20.0, upper_quartile=30.0)}, field=("region", "W92000004")
    )
    own = member(profile={"region": "W92000004"})
    assert told(own, made).strengths[0].why == words.ABOVE_UPPER.format(whose=words.YOUR_GROUP, upper="30")
    assert told(member(), made).strengths[0].why == words.ABOVE_UPPER.format(whose=words.YOUR_KIND, upper="30")


def test_a_measure_that_is_the_median_is_told_so() -> None:
    """The own figure is rounded as published ones are: the organisation in the middle is at the median."""
    figure = Figure(n=34, lower_quartile=20.0, median=33.3, upper_quartile=60.0)
    own = member(figures={"contracts_let": 3.0, "contracts_small_or_lots": 1.0})
    found = line(told(own, release({"C7-M3": figure})), "C7-M3")
    assert found.value == pytest.approx(100 / 3)
    assert (found.group, found.quarter) == (figure, "median")


# Where one stands, in words


@pytest.mark.parametrize(
    ("quarter", "direction", "says"),
    [
        ("highest", "higher", "In the highest quarter of your group"),
        ("highest", "lower", "In the highest quarter of your group (lower is better)"),
        ("lowest", "lower", "In the lowest quarter of your group (lower is better)"),
        ("highest", "context", "Among the quarter of your group with the most"),
        ("lowest", "context", "Among the quarter of your group with the least"),
        ("second", "context", "In the second lowest quarter of your group"),
        ("median", "lower", "At the median of your group"),
    ],
)
def test_a_quarter_is_no_praise_where_more_is_not_better(quarter: Any, direction: Any, says: str) -> None:
    """Of emissions the highest quarter says that lower is better; of what is neither, who has the most."""
    assert words.quarter_words(quarter, words.YOUR_GROUP, direction) == says


@pytest.mark.parametrize(
    ("higher", "same", "says"),
    [
        (60, 20, "Higher than about 60%, same as about 20% of 24 others in your group"),
        (60, 0, "Higher than about 60% of 24 others in your group"),
        (0, 100, "Higher than few or none, same as all or nearly all of 24 others in your group"),
        (100, 0, "Higher than all or nearly all of 24 others in your group"),
        (None, None, ""),
    ],
)
def test_positions_are_about_and_never_a_place_in_a_list(higher: int | None, same: int | None, says: str) -> None:
    """Nought and a hundred per cent are words: after rounding, nobody is said to be the first or the last."""
    assert words.position_words(Position(others=24, higher_than=higher, same_as=same), words.YOUR_GROUP) == says


def test_a_sentence_is_about_one_population() -> None:
    """Where the position is one among everyone, so is the quarter."""
    base = line(told(member()), "C1")
    among = Position(others=33, higher_than=40, same_as=0, quarter="second", among_everyone=True)
    said = words.standing(replace(base, quarter="highest", position=among), of_everyone=False)
    assert said == "In the second lowest quarter of all of your kind. Higher than about 40% of 33 others of your kind"
    mine = replace(among, among_everyone=False)
    said = words.standing(replace(base, quarter="highest", position=mine), of_everyone=False)
    assert said == "In the highest quarter of your group. Higher than about 40% of 33 others in your group"
    assert words.standing(replace(base, quarter=None, position=None), of_everyone=False) == ""


def test_without_figures_own_answers_are_told() -> None:
    """Where a release has nothing of a type of respondent, its organisations still get their own answers."""
    said = told(member(), release(respondent="community"))
    assert said.peers.id == ""
    assert words.NO_FIGURES in said.notes
    assert line(said, "LA-C1-1").answer == "2 Developing"
    assert all(each.group == HIDDEN for each in said.lines)


def test_names_come_from_the_framework() -> None:
    """No label of a release gets in, as somebody may have changed the file."""
    said = told(member(profile={"region": "W92000004"}), release(field=("region", "W92000004")))
    assert "From the release" not in str(said)


def test_an_organisation_that_is_not_used_is_told_so() -> None:
    """It gets its own answers and the figures of the others, and why it is not among these."""
    said = told(member(), release({"C1": Figure(n=34, median=51.0)}), why_unused="they came late")
    assert not said.used
    assert said.notes[0] == words.NOT_USED.format(reason="they came late")
    assert line(said, "C1").group.median == 51.0


def test_notes_say_what_was_left_open() -> None:
    """Blanks, answers that nobody knew and high answers without evidence are named by title, and cut short if many."""
    said = told(member({"LA-C1-1": "", "LA-C1-2": "DK", "LA-C1-3": "4"}))
    titles = {question.id: question.label for question in _instrument().questions}
    assert words.LEFT_OPEN.format(named=f"“{titles['LA-C1-1']}” (LA-C1-1)") in said.notes
    assert words.TO_FIND_OUT.format(named=f"“{titles['LA-C1-2']}” (LA-C1-2)") in said.notes
    assert words.WITHOUT_EVIDENCE.format(named=f"“{titles['LA-C1-3']}” (LA-C1-3)") in said.notes
    more = len(_instrument().questions) - MOST_NAMED
    (note,) = [note for note in told(member(usual="")).notes if "without an answer" in note]
    assert note.endswith(f" and {more} more.")
    assert note.count("“") == MOST_NAMED


# Differences


def test_the_smallest_difference_is_a_step_of_one_answer() -> None:
    """One level of a question, what that is in a section of five questions, and among all; nought for measures."""
    mine = _instrument()
    items = {topic.item.id: topic.item for topic in topics(mine)}
    assert smallest_difference(mine, items["LA-C1-1"]) == 1.0
    assert smallest_difference(mine, items["C1"]) == 5.0
    assert smallest_difference(mine, items[OVERALL]) == pytest.approx(100 / (4 * len(mine.questions)))
    assert smallest_difference(mine, items["C1-M2"]) == 0.0


# Strengths


def test_a_high_answer_with_evidence_is_a_strength() -> None:
    """The same answer without evidence is none, and neither is a middling one with much of it."""
    answers = {"LA-C1-1": "4", "LA-C1-2": "4", "LA-C1-3": "2"}
    beside = {("LA-C1-1", Part.STRENGTH): "3", ("LA-C1-2", Part.STRENGTH): "1", ("LA-C1-3", Part.STRENGTH): "3"}
    (found,) = told(member(answers, beside=beside)).strengths
    assert (found.item.id, found.answer) == ("LA-C1-1", "4 Leading")
    assert found.why == words.WITH_EVIDENCE.format(strength="Data, or checked by someone outside the team")


@pytest.mark.parametrize(("upper", "is_strength"), [(50.0, True), (50.1, False), (None, False)])
def test_a_section_is_a_strength_only_above_the_upper_quartile_by_a_step(
    upper: float | None, is_strength: bool
) -> None:
    """A lead of less than one answer's step is not called out, and neither is one over a figure that is held back."""
    own = member({"LA-C1-1": "3"})
    said = told(own, release({"C1": Figure(n=34, median=20.0, upper_quartile=upper)}))
    assert [each.item.id for each in said.strengths] == (["C1"] if is_strength else [])
    if is_strength:
        assert said.strengths[0].why == words.ABOVE_UPPER.format(whose=words.YOUR_KIND, upper="50")


def test_strengths_above_the_group_come_first_and_are_few() -> None:
    """Among high answers with evidence those above the upper quartile stand first."""
    beside = {(question.id, Part.STRENGTH): "3" for question in _instrument().questions}
    own = member(usual="4", beside=beside)
    said = told(own, release({"LA-E1-1": Figure(n=34, median=2.0, upper_quartile=3.0)}))
    assert len(said.strengths) == MOST_STRENGTHS
    assert said.strengths[0].item.id == "LA-E1-1"
    assert words.ABOVE_UPPER.format(whose=words.YOUR_KIND, upper="3 Established") in said.strengths[0].why


# Next steps


def test_next_steps_say_what_the_next_level_looks_like() -> None:
    """The words are those of the question's own levels, with the action that was planned."""
    question = next(each for each in _instrument().questions if each.id == "LA-C1-1")
    beside = {("LA-C1-1", Part.TARGET): "4", ("LA-C1-1", Part.ACTION): " Ask the treasurer "}
    step = told(member({"LA-C1-1": "1"}, beside=beside)).next_steps[0]
    assert (step.item.id, step.now, step.next) == ("LA-C1-1", "1 First steps", "2 Developing")
    assert (step.now_words, step.next_words) == (question.levels["1"], question.levels["2"])
    assert step.why == words.BELOW_TARGET.format(target="4 Leading")
    assert (step.action, step.section) == ("Ask the treasurer", "Positive flow of money and resources")


def test_next_steps_are_ordered_by_plan_then_group_then_evidence() -> None:
    """First gaps and what nobody knew, in the plan's order; then below the median; then claims without evidence."""
    answers = {"LA-C1-1": "1", "LA-C1-2": "DK", "LA-C1-3": "1", "LA-C1-4": "0", "LA-C1-5": "4"}
    beside = {("LA-C1-1", Part.TARGET): "3"}
    figures = {"LA-C1-3": Figure(n=34, median=2.0), "LA-C1-4": Figure(n=34, median=3.0)}
    said = told(member(answers, beside=beside), release(figures))
    assert [each.item.id for each in said.next_steps] == ["LA-C1-1", "LA-C1-2", "LA-C1-4", "LA-C1-3", "LA-C1-5"]
    assert [each.next for each in said.next_steps][1] == words.FIND_OUT
    assert said.next_steps[2].why == words.BELOW_MEDIAN.format(whose=words.YOUR_KIND, median="3 Established")
    assert said.next_steps[4].next == words.SHOW_EVIDENCE
    assert "for example" in said.next_steps[4].next_words


def test_a_lag_of_less_than_a_step_is_not_called_out() -> None:
    """Half a level below the median is no reason to name a question."""
    said = told(member({"LA-C1-3": "2"}), release({"LA-C1-3": Figure(n=34, median=2.5)}))
    assert not any(words.BELOW_MEDIAN[:10] in each.why for each in said.next_steps)


def test_lowest_answers_fill_up_and_the_top_has_no_next_step() -> None:
    """Without a plan the lowest answers are named, a few; an organisation at the top of everything has none."""
    said = told(member({"LA-C2-2": "0"}))
    assert said.next_steps[0].item.id == "LA-C2-2"
    assert said.next_steps[0].why == words.LOWEST
    assert len(said.next_steps) == 3
    beside = {(question.id, Part.STRENGTH): "3" for question in _instrument().questions}
    assert told(member(usual="4", beside=beside)).next_steps == ()
    everything = {(question.id, Part.TARGET): "4" for question in _instrument().questions}
    assert len(told(member(beside=everything)).next_steps) == MOST_STEPS


# Last time


def _earlier(answers: Mapping[str, str], changed: frozenset[str] = frozenset(), usual: str = USUAL) -> Before:
    return Before("2025", member(answers, usual=usual).result, changed)


def test_change_is_what_anybody_gets_who_takes_one_from_the_other() -> None:
    """Scores are rounded as they are shown, levels and measures are taken as they are."""
    said = told(member({"LA-C1-1": "3"}), before=_earlier({"LA-C1-1": "1"}))
    assert said.before == "2025"
    assert (line(said, "C1").before, line(said, "C1").change) == (45.0, 10.0)
    assert (line(said, "LA-C1-1").before, line(said, "LA-C1-1").change) == (1.0, 2.0)
    assert line(said, "LA-C1-1").before_answer == "1 First steps"


def test_what_changed_its_meaning_has_no_change() -> None:
    """It says why, and names the questions; nothing of then stands beside it."""
    changed = frozenset({"LA-C1-1", "C1", OVERALL})
    said = told(member(), before=_earlier({"LA-C1-1": "1"}, changed))
    for item in changed:
        each = line(said, item)
        assert (each.before, each.change, each.before_answer) == (None, None, words.NOT_COMPARABLE)
    assert line(said, "C2").change == 0.0
    assert any("“" in note and "(LA-C1-1)." in note for note in said.notes if note.startswith("Asked differently"))


def test_missing_answers_of_last_time_are_said_in_words() -> None:
    """Then as now, blank and not applicable are two things."""
    said = told(member(), before=_earlier({"LA-C1-1": "", "LA-C1-2": "NA"}))
    assert line(said, "LA-C1-1").before_answer == words.NOTHING_BEFORE
    assert line(said, "LA-C1-2").before_answer == "Not applicable"
    assert line(said, "LA-C1-2").change is None


# The place


def _place(respondent: str, used: int | None = 8, suppressed: bool = False) -> RespondentBenchmark:
    """The group of a type of respondent in one council's area."""
    items = tuple(topic.item for topic in topics(_instrument(respondent)))
    question = next(each for each in items if each.theme == "know-the-flow")
    statistics = () if suppressed else (Statistic(item=question.id, figure=Figure(n=used, median=3.0)),)
    area = f"{respondent}/gss_code/E07000123"
    group = Group(
        id=area, kind="field", field="gss_code", label="Spoilt", suppressed=suppressed, counts=Counts(used=used),
        statistics=statistics,
    )  # fmt: skip
    everyone = Group(id=f"{respondent}/all", suppressed=False, counts=Counts(used=30))
    return RespondentBenchmark(id=respondent, label=respondent, items=items, groups=(everyone, group))


_PAIRS = (Pair(theme="know-the-flow", label="Spoilt", questions={"council": "LA-C1-1", "community": "CO-C1-1"}),)
_HERE = {"gss_code": "E07000123"}


def test_a_council_sees_the_organisations_of_its_place() -> None:
    """Its own answers stand beside the published figures of matching questions."""
    said = told(member(profile=_HERE), release(others=(_place("community"),), pairs=_PAIRS))
    assert said.place is not None
    assert (said.place.label, said.place.organisations) == ("E07000123", 8)
    (pair,) = said.place.pairs
    assert (pair.own.item.id, pair.other.id, pair.figure.median) == ("LA-C1-1", "CO-C1-1", 3.0)
    assert "Spoilt" not in str(said)


@pytest.mark.parametrize(
    ("there", "profile"),
    [
        (_place("community", None, suppressed=True), _HERE),
        (_place("community"), {"gss_code": "E07000124"}),
        (_place("community"), {}),
    ],
)
def test_no_place_where_nothing_is_published_of_it(there: RespondentBenchmark, profile: dict[str, str]) -> None:
    """A group that is held back, another place, or no area code: nothing is shown."""
    assert told(member(profile=profile), release(others=(there,), pairs=_PAIRS)).place is None


def test_a_single_council_is_never_shown() -> None:
    """Not even if a file says that a group of one council has figures."""
    own = member(respondent="community", profile=_HERE)
    made = release(respondent="community", others=(_place("council", 1),), pairs=_PAIRS)
    assert told(own, made).place is None
