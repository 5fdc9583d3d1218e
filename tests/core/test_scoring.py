"""From a return to its result: the rules that a respondent could work through by hand.

Every rule is tried on a framework small enough to see whole: questions answered 0 to 4, scores from 0 to 100.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core.framework import Band, Framework
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.measures import to_serial
from kil_xlsx.core.results import CheckState, Result
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Return, State
from kil_xlsx.core.scoring import LISTED, band_of, score

CHOICES: dict[str, dict[str, dict[str, Any]]] = {
    "levels": {
        **{str(level): {"label": f"Level {level}", "value": level} for level in range(5)},
        "NA": {"label": "Not applicable", "state": "not_applicable", "needs_reason": True},
        "DK": {"label": "Don't know", "state": "dont_know"},
    },
    "strength": {
        "none": {"label": "None", "value": 0},
        "told": {"label": "Told", "value": 1},
        "document": {"label": "Document", "value": 2},
        "data": {"label": "Data", "value": 3},
    },
    "missing": {
        "NA": {"label": "Not applicable", "state": "not_applicable"},
        "DK": {"label": "Don't know", "state": "dont_know"},
    },
    "yes_no": {"yes": {"label": "Yes", "value": 1}, "no": {"label": "No", "value": 0}},
    "opinion": {"like": {"label": "I like it"}, "dislike": {"label": "I do not"}},
}


def asked(section: str, *numbers: int, **more: Any) -> list[dict[str, Any]]:
    """Questions of a section, such as A-1 and A-2."""
    return [
        {
            "id": f"{section}-{n}",
            "respondent": "shop",
            "section": section,
            "label": f"Topic {n}",
            "text": "How?",
            **more,
        }
        for n in numbers
    ]


BASE: dict[str, Any] = {
    "id": "tiny",
    "version": "1.0.0",
    "language": "en-GB",
    "title": "A tiny framework",
    "notice": "Made up for a test.",
    "reference_prefix": "TT",
    "respondents": [{"id": "shop", "code": "SH", "label": "Shop", "purpose": "To test.", "answered_by": "Anyone."}],
    "choice_lists": [
        {"id": name, "choices": [{"code": code, **choice} for code, choice in choices.items()]}
        for name, choices in CHOICES.items()
    ],
    "default_choices": "levels",
    "evidence_strength": "strength",
    "missing_figure": "missing",
    "scoring": {
        "minimum": 0,
        "maximum": 100,
        "section": {"rule": "mean", "multiply": 25},
        "overall": {"rule": "mean"},
        "bands": [
            {"from": 0, "label": "Red", "words": "little so far", "tone": "low"},
            {"from": 37.5, "label": "Amber", "words": "some practice", "tone": "middle"},
            {"from": 62.5, "label": "Green", "words": "good practice", "tone": "good"},
        ],
        "claim": {"value_at_least": 3, "strength_at_most": 1},
    },
    "sections": [{"id": "A", "label": "First"}, {"id": "B", "label": "Second"}],
    "questions": [*asked("A", 1, 2, 3, 4, 5), *asked("B", 1, 2)],
    "profile": [{"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation"}],
    "benchmarking": {"consent": {"share": []}},
}


def made(*, scoring: Mapping[str, Any] | None = None, **changes: Any) -> Instrument:
    """The tiny framework with some of it replaced."""
    content = copy.deepcopy(BASE)
    content.update(changes)
    content["scoring"].update(scoring or {})
    return instrument(msgspec.convert(content, Framework), "shop")


def chose(item: str, code: str, part: Part = Part.ANSWER, choices: str = "levels") -> Entry:
    """A choice made from a list."""
    choice = CHOICES[choices][code]
    return Entry(
        key=Key(item, part),
        state=State(choice.get("state", "answered")),
        outcome=Outcome.ACCEPTED,
        value=choice.get("value"),
        code=code,
        text=choice["label"],
    )


def strong(item: str, code: str) -> Entry:
    """How well an answer is evidenced."""
    return chose(item, code, Part.STRENGTH, "strength")


def aimed(item: str, code: str) -> Entry:
    """Where somebody wants to be."""
    return chose(item, code, Part.TARGET)


def told(item: str, text: str, part: Part = Part.ANSWER) -> Entry:
    """Something typed as text."""
    return Entry(key=Key(item, part), state=State.ANSWERED, outcome=Outcome.ACCEPTED, text=text)


def number(item: str, value: float, row: int = 0, column: str = "") -> Entry:
    """A figure, or a number in a row of a table."""
    key = Key(item, Part.ANSWER, row, column)
    return Entry(key=key, state=State.ANSWERED, outcome=Outcome.ACCEPTED, value=value)


def refused(item: str) -> Entry:
    """Something that stands in the cell but counts as nothing."""
    return Entry(key=Key(item), outcome=Outcome.REFUSED, typed="about 50")


def day(item: str, when: date) -> Entry:
    """A date, with its serial number."""
    return Entry(
        key=Key(item),
        state=State.ANSWERED,
        outcome=Outcome.ACCEPTED,
        value=to_serial(when.toordinal()),
        text=when.isoformat(),
    )


def scored(given_to: Instrument, answers: str | Iterable[str] = (), *others: Entry) -> Result:
    """The result of answers in the order of the questions, "-" for none, and of other entries."""
    codes = answers.split() if isinstance(answers, str) else answers
    pairs = zip(given_to.questions, codes, strict=False)
    return score(given_to, Return.of([*(chose(q.id, code) for q, code in pairs if code != "-"), *others]))


# Sections


def test_a_section_scores_the_mean_of_its_answers() -> None:
    """Rule 1: 1, 2, 3, 4 and 4 make 2.8 of 4, which is 70 of 100."""
    assert scored(made(), "1 2 3 4 4").sections["A"].score == 70.0


def test_the_mean_is_rounded_to_six_decimals() -> None:
    """Rule 2: 1, 1 and 2 make 33.333333, as the workbook shows it, not 33.33333333333333."""
    assert scored(made(), "1 1 2").sections["A"].score == 33.333333


def test_weights_pull_the_score_towards_the_weightier_question() -> None:
    """Rule 3: 4 with weight 3 and 0 with weight 1 make 75; plain, they make 50."""
    questions = [*asked("A", 1, weight=3), *asked("A", 2), *asked("B", 1)]
    weighted = made(questions=questions, scoring={"section": {"rule": "weighted_mean", "multiply": 25}})
    assert scored(weighted, "4 0").sections["A"].score == 75.0
    assert scored(made(questions=questions), "4 0").sections["A"].score == 50.0


def test_the_weight_of_an_unanswered_question_is_left_out() -> None:
    """Rule 4: a heavy question that is blank, not applicable or not known does not pull the score towards zero."""
    questions = [*asked("A", 1, weight=9), *asked("A", 2), *asked("B", 1)]
    weighted = made(questions=questions, scoring={"section": {"rule": "weighted_mean", "multiply": 25}})
    assert {scored(weighted, f"{code} 4").sections["A"].score for code in ("-", "NA", "DK")} == {100.0}


def levelled() -> Instrument:
    """Two groups of questions whose means are added up."""
    questions = [*asked("A", 1, 2, group="basics"), *asked("A", 3, 4, group="mastery"), *asked("B", 1, group="x")]
    return made(questions=questions, scoring={"section": {"rule": "sum_of_level_means"}})


def test_level_means_are_added_up() -> None:
    """Rule 5: a mean of 3 in one group and of 1.5 in the other make 4.5."""
    assert scored(levelled(), "4 2 1 2").sections["A"].score == 4.5


def test_a_group_that_cannot_apply_is_left_out_of_the_sum() -> None:
    """Rule 6: when all of a group is not applicable, the other group alone makes the score."""
    assert scored(levelled(), "4 2 NA NA").sections["A"].score == 3.0


@pytest.mark.parametrize("codes", ["4 2 - -", "4 2 DK DK", "4 2 NA -", "4 2 NA DK"])
def test_a_group_without_a_score_leaves_the_section_without_one(codes: str) -> None:
    """Rule 7: a group that could be answered but is not cannot count as zero, so there is no sum."""
    assert scored(levelled(), codes).sections["A"].score is None


def test_a_section_may_have_no_score_by_design() -> None:
    """Rule 8: the rule "none" gives no score however much is answered, and the answers are still counted."""
    unscored = made(sections=[{"id": "A", "label": "First", "score": {"rule": "none"}}, {"id": "B", "label": "Second"}])
    result = scored(unscored, "4 4 4 4 4 2 2")
    assert result.sections["A"].score is None
    assert result.sections["A"].counts.answered == 5
    assert result.overall == 50.0


def nested(rule: str, **more: Any) -> Instrument:
    """A section whose score comes from three subsections of different size and weight."""
    subsections = [{"id": f"A{n}", "label": f"Part {n}", "weight": weight} for n, weight in ((1, 3), (2, 1), (3, 1))]
    return made(
        sections=[
            {
                "id": "A",
                "label": "First",
                "score": {"rule": rule, "of": "sections", **more},
                "sections": subsections,
            },
            {"id": "B", "label": "Second"},
        ],
        questions=[*asked("A1", 1), *asked("A2", 1, 2, 3), *asked("A3", 1), *asked("B", 1)],
    )


def test_subsections_count_alike_however_many_questions_they_have() -> None:
    """Rule 9: 100 from one question and 0 from three make 50; weighted 3 to 1 they make 75."""
    assert scored(nested("mean"), "4 0 0 0").sections["A"].score == 50.0
    assert scored(nested("weighted_mean"), "4 0 0 0").sections["A"].score == 75.0
    assert scored(nested("sum_of_level_means"), "4 2 2 2").sections["A"].score == 150.0


def test_a_subsection_that_cannot_apply_is_not_missed() -> None:
    """Rule 10: of three subsections one is not applicable, so two scored ones are all there could be."""
    strict = nested("mean", least_answered=1.0)
    assert scored(strict, "4 0 0 0 NA").sections["A"].score == 50.0
    assert scored(strict, "4 0 0 0 -").sections["A"].score is None


def test_a_section_stands_before_its_subsections() -> None:
    """Rule 11: results keep the order of the framework, parents first, with their depth."""
    result = scored(nested("mean"), "4")
    assert [(section.id, section.depth) for section in result.sections.values()] == [
        ("A", 0), ("A1", 1), ("A2", 1), ("A3", 1), ("B", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("4 4 4 - -", 100.0),  # three of five are exactly 60 %
        ("4 4 - - -", None),
        ("4 4 4 DK DK", 100.0),
        ("4 4 DK DK DK", None),  # not knowing counts against completeness
        ("4 4 - NA NA", 100.0),  # two of three
        ("4 - - NA NA", None),
        ("4 NA NA NA NA", 100.0),  # the only question that applies
        ("NA NA NA NA NA", None),  # nothing applies: no score, not zero
    ],
)
def test_enough_must_be_answered(codes: str, expected: float | None) -> None:
    """Rule 12: exactly 60 % of the applicable questions is enough, less is not; N/A leaves the denominator."""
    picky = made(scoring={"section": {"rule": "mean", "multiply": 25, "least_answered": 0.6}})
    assert scored(picky, codes).sections["A"].score == expected


@pytest.mark.parametrize("least", [1 / 3, 0.333333, 0.3333331])
def test_a_third_is_a_third_however_it_is_written(least: float) -> None:
    """Rule 13: one of three answers is enough for a share of a third, whatever the last decimals of that share are."""
    questions = [*asked("A", 1, 2, 3), *asked("B", 1)]
    picky = made(questions=questions, scoring={"section": {"rule": "mean", "multiply": 25, "least_answered": least}})
    assert scored(picky, "4").sections["A"].score == 100.0


def test_a_policy_may_count_not_applicable_as_a_number() -> None:
    """Rule 14: where "not applicable" counts as 0 it lowers the score and stays in the denominator."""
    policy = made(
        scoring={
            "not_applicable": {"counts_as": 0},
            "section": {"rule": "mean", "multiply": 25, "least_answered": 0.6},
        }
    )
    result = scored(policy, "4 NA - - -")
    assert result.sections["A"].score is None
    assert scored(policy, "4 NA NA NA NA").sections["A"].score == 20.0
    assert scored(policy, "NA NA - - -").sections["A"].score is None  # two of five, not two of three
    assert result.sections["A"].counts.not_applicable == 1
    assert result.questions["A-2"].value == 0.0


def test_a_policy_may_count_dont_know_as_a_number() -> None:
    """Rule 15: where "don't know" counts as 1 it is scored so, and is still reported as not known."""
    policy = made(scoring={"dont_know": {"counts_as": 1}})
    result = scored(policy, "3 DK")
    assert result.sections["A"].score == 50.0
    assert result.sections["A"].counts.dont_know == 1
    assert result.questions["A-2"].state is State.DONT_KNOW


def test_every_kind_of_answer_is_counted_once() -> None:
    """Rule 16: answered, not applicable, not known and unanswered add up to the questions asked."""
    counts = scored(made(), "0 NA DK - 4").sections["A"].counts
    assert (counts.answered, counts.not_applicable, counts.dont_know, counts.unanswered) == (2, 1, 1, 1)
    assert (counts.questions, counts.applicable, counts.responded) == (5, 4, 4)


def test_a_refused_answer_is_unanswered() -> None:
    """Rule 17: an answer that could not be read is neither scored nor counted as dealt with."""
    result = score(made(), Return.of([refused("A-1"), chose("A-2", "4")]))
    assert result.questions["A-1"].state is State.UNANSWERED
    assert result.sections["A"].score == 100.0
    assert result.sections["A"].counts.answered == 1


def test_an_empty_return_has_no_scores_and_no_zeros() -> None:
    """Rule 18: nothing answered gives nothing, never zero, anywhere."""
    result = scored(made())
    assert {section.score for section in result.sections.values()} == {None}
    assert {section.band for section in result.sections.values()} == {None}
    assert (result.overall, result.overall_equal, result.overall_band) == (None, None, None)
    assert (result.strongest, result.weakest, result.action_plan) == ((), (), ())
    assert all(question.value is None and question.relative is None for question in result.questions.values())


def test_zero_is_an_answer() -> None:
    """Rule 19: answering 0 throughout scores 0, in the lowest band."""
    result = scored(made(), "0 0 0 0 0 0 0")
    assert (result.overall, result.overall_band) == (0.0, "Red")
    assert result.sections["A"].counts.answered == 5


def test_evidence_strength_is_the_mean_of_what_is_said_of_it() -> None:
    """Rule 20: strengths 0 and 3 have a mean of 1.5, whether or not the questions themselves are answered."""
    result = scored(made(), "4", strong("A-1", "none"), strong("A-2", "data"))
    assert result.sections["A"].strength == 1.5
    assert result.sections["B"].strength is None


# Bands


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (None, None), (0.0, "Red"), (37.499999, "Red"), (37.5, "Amber"), (62.499999, "Amber"), (62.5, "Green"),
        (100.0, "Green"),
    ],
)  # fmt: skip
def test_a_band_begins_exactly_at_its_edge(value: float | None, label: str | None) -> None:
    """Rule 21: 37.5 is Amber already, 37.499999 is still Red, and no score has no band."""
    band = band_of(made().framework.scoring.bands, value)
    assert (band.label if band else None) == label


def test_a_score_that_lands_on_an_edge_is_in_the_upper_band() -> None:
    """Rule 22: 1, 2, 1 and 2 make exactly 37.5, which is Amber."""
    result = scored(made(), "1 2 1 2")
    assert (result.sections["A"].score, result.sections["A"].band) == (37.5, "Amber")


def test_there_need_be_no_bands() -> None:
    """Rule 23: without bands a score stands alone; below the first band there is none."""
    assert band_of((), 50.0) is None
    assert band_of((Band(from_=10, label="Low", words="low", tone="low"),), 5.0) is None


# Overall


def test_the_overall_score_is_the_mean_of_the_sections() -> None:
    """Rule 24: 100 and 50 make 75, although one section asks more questions."""
    result = scored(made(), "4 4 4 4 4 2 2")
    assert (result.overall, result.overall_equal, result.overall_band) == (75.0, 75.0, "Green")


def test_the_overall_score_may_weight_sections() -> None:
    """Rule 25: weighted 3 to 1 the overall is 87.5, and 75 with all sections alike is shown too."""
    sections = [{"id": "A", "label": "First", "weight": 3}, {"id": "B", "label": "Second"}]
    result = scored(made(sections=sections, scoring={"overall": {"rule": "weighted_mean"}}), "4 4 4 4 4 2 2")
    assert (result.overall, result.overall_equal) == (87.5, 75.0)


def test_only_sections_of_the_listed_kinds_count() -> None:
    """Rule 26: a section of another kind has a score of its own and no part in the overall score."""
    result = scored(
        made(
            section_kinds=[{"id": "main", "label": "Main", "plural": "Main"}],
            sections=[{"id": "A", "label": "First", "kind": "main"}, {"id": "B", "label": "Second"}],
            scoring={"overall": {"rule": "mean", "kinds": ["main"]}},
        ),
        "4 4 4 4 4 0 0",
    )
    assert (result.sections["B"].score, result.overall) == (0.0, 100.0)


def test_a_section_without_a_score_is_left_out_of_the_overall_score() -> None:
    """Rule 27: one scored section is enough unless more are asked for."""
    assert scored(made(), "4").overall == 100.0
    assert scored(made(scoring={"overall": {"rule": "mean", "least_sections": 2}}), "4").overall is None
    assert scored(made(scoring={"overall": {"rule": "none"}}), "4 4 4 4 4 4 4").overall is None


def test_the_overall_counts_cover_every_question() -> None:
    """Rule 28: the totals are those of all sections together."""
    counts = scored(made(), "0 NA DK - 4 1").overall_counts
    assert (counts.questions, counts.answered, counts.dont_know, counts.unanswered) == (7, 3, 1, 2)


# Questions: gap, claim, reason, priority


def test_a_gap_is_the_way_from_the_answer_up_to_the_target() -> None:
    """Rule 29: from 1 to 4 is a gap of 3; a target that is reached, lower or lacks an answer makes none."""
    entries = [aimed("A-1", "4"), aimed("A-2", "2"), aimed("A-3", "1"), aimed("A-4", "3")]
    result = scored(made(), "1 2 2 -", *entries)
    assert [result.questions[f"A-{n}"].gap for n in range(1, 5)] == [3.0, None, None, None]


@pytest.mark.parametrize(
    ("answer", "strength", "claimed"),
    [
        ("3", None, True),  # nothing said about evidence is thin evidence
        ("3", "none", True),
        ("3", "told", True),
        ("3", "document", False),
        ("2", None, False),
        ("4", "told", True),
        ("NA", None, False),
        ("-", None, False),
    ],
)
def test_a_high_answer_needs_evidence(answer: str, strength: str | None, claimed: bool) -> None:
    """Rule 30: an answer of 3 or more with a strength of 1 or less, or none, is a claim without evidence."""
    others = [] if strength is None else [strong("A-1", strength)]
    assert scored(made(), answer, *others).questions["A-1"].claim_without_evidence is claimed


def test_a_framework_may_do_without_the_claim_rule() -> None:
    """Rule 31: without the rule nothing is flagged, however high the answer."""
    assert not scored(made(scoring={"claim": None}), "4").questions["A-1"].claim_without_evidence


def test_a_number_given_by_policy_is_no_claim() -> None:
    """Rule 32: "don't know" that counts as 4 is not a high answer that somebody gave."""
    assert not scored(made(scoring={"dont_know": {"counts_as": 4}}), "DK").questions["A-1"].claim_without_evidence


def test_not_applicable_needs_a_reason() -> None:
    """Rule 33: without a reason it is flagged; other answers need none."""
    result = scored(made(), "NA NA 0 DK", told("A-2", "We have no staff", Part.REASON))
    assert [result.questions[f"A-{n}"].reason_missing for n in range(1, 6)] == [True, False, False, False, False]


def test_the_action_plan_has_the_largest_gaps_first() -> None:
    """Rule 34: gaps by size, don't know worth somewhat more than one step of four, thin claims last, ties in order."""
    entries = [aimed("A-1", "2"), aimed("A-2", "4"), aimed("A-3", "4"), aimed("B-1", "2"), strong("A-3", "data")]
    result = scored(made(), "1 0 3 DK 4 1 0", *entries)
    assert result.action_plan == ("A-2", "A-4", "A-1", "A-3", "B-1", "A-5")


def test_gaps_are_measured_on_each_list_of_its_own() -> None:
    """Rule 35: from no to yes is the whole way, and comes before one step of four."""
    questions = [*asked("A", 1), *asked("A", 2, choices="yes_no"), *asked("B", 1)]
    entries = [
        chose("A-1", "0"), chose("A-1", "1", Part.TARGET),
        chose("A-2", "no", choices="yes_no"), chose("A-2", "yes", Part.TARGET, "yes_no"),
    ]  # fmt: skip
    result = score(made(questions=questions), Return.of(entries))
    assert result.action_plan == ("A-2", "A-1")
    assert result.questions["A-2"].gap == 1.0


def test_the_action_plan_leaves_out_what_needs_no_action() -> None:
    """Rule 36: a modest answer without a target, "not applicable" and blanks are no part of it."""
    result = scored(made(), "0 2 NA -")
    assert result.action_plan == ()
    assert {question.priority for question in result.questions.values()} == {None}


def test_strongest_and_weakest_answers_keep_the_order_of_questions() -> None:
    """Rule 37: five at most, largest or smallest first, equals in the order in which they are asked."""
    result = scored(made(), "2 4 0 4 2 0 1")
    assert result.strongest == ("A-2", "A-4", "A-1", "A-5", "B-2")
    assert result.weakest == ("A-3", "B-1", "B-2", "A-1", "A-5")


def test_strongest_answers_are_compared_on_their_own_scales() -> None:
    """Rule 38: a "yes" that is all there is to reach stands before 3 of 4; numbers given by policy are not listed."""
    questions = [*asked("A", 1), *asked("A", 2, choices="yes_no"), *asked("A", 3), *asked("B", 1)]
    given_to = made(questions=questions, scoring={"dont_know": {"counts_as": 4}})
    entries = [chose("A-1", "3"), chose("A-2", "yes", choices="yes_no"), chose("A-3", "DK")]
    assert score(given_to, Return.of(entries)).strongest == ("A-2", "A-1")


def test_questions_without_values_are_answered_but_not_scored() -> None:
    """Rule 39: an opinion counts as dealt with, and enters no score and no list."""
    questions = [*asked("A", 1, choices="opinion"), *asked("B", 1)]
    result = score(made(questions=questions), Return.of([chose("A-1", "like", choices="opinion")]))
    assert result.sections["A"].score is None
    assert result.sections["A"].counts.answered == 1
    assert (result.strongest, result.progress.questions_responded) == ((), 1)


# Figures


FIGURES: dict[str, Any] = {
    "units": [{"id": "GBP", "label": "£", "format": "#,##0"}],
    "input_groups": [{"id": "money", "label": "Money"}],
    "inputs": [
        {"id": "income", "code": "IN1", "label": "Income", "unit": "GBP", "group": "money", "minimum": 0},
        {"id": "local", "code": "IN2", "label": "Local", "unit": "GBP", "group": "money"},
        {"id": "grants", "code": "IN3", "label": "Grants", "unit": "GBP", "group": "money", "default": 7},
    ],
    "reference_values": [
        {
            "id": "factor",
            "code": "RV1",
            "label": "Factor",
            "unit": "GBP",
            "group": "money",
            "source": "Published",
            "values": [
                {"from": "2024-06-30", "value": 0.2, "source": "2024 tables"},
                {"from": "2025-06-30", "value": 0.1, "source": "2025 tables"},
            ],
        }
    ],
    "input_tables": [
        {
            "id": "shops",
            "code": "TB1",
            "label": "Shops",
            "rows": 3,
            "columns": [
                {"id": "who", "label": "Who", "type": "text"},
                {"id": "spend", "label": "Spend", "type": "number"},
                {"id": "share", "label": "Share", "type": "number"},
            ],
        }
    ],
    "profile": [
        {"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation", "required": True},
        {"id": "area", "code": "P2", "label": "Area", "type": "text", "required": True},
        {"id": "ends", "code": "P3", "label": "Year end", "type": "date", "role": "period_end"},
        {
            "id": "kind", "code": "P4", "label": "Kind", "type": "derived", "source": "area", "by": "prefix",
            "lookup": "kinds",
        },
        {
            "id": "size", "code": "P5", "label": "Size", "type": "derived", "source": "income", "by": "stretch",
            "lookup": "sizes",
        },
    ],
    "lookups": [
        {
            "id": "kinds",
            "entries": [
                {"code": "e", "label": "England", "prefix": "E"},
                {"code": "e06", "label": "Unitary", "prefix": "e06"},
                {"code": "w", "label": "Wales", "prefix": "W"},
            ],
        },
        {
            "id": "sizes",
            "entries": [
                {"code": "s", "label": "Small", "at_least": 0},
                {"code": "m", "label": "Middling", "at_least": 100},
                {"code": "l", "label": "Large", "at_least": 1000.5},
            ],
        },
    ],
    "measures": [
        {
            "id": "M1",
            "section": "A",
            "label": "Local share",
            "unit": "GBP",
            "formula": "100 * local / income",
            "valid_from": 0,
            "valid_to": 100,
            "workings": [{"id": "doubled", "label": "Twice", "unit": "GBP", "formula": "2 * local"}],
        },
        {"id": "M2", "section": "A", "label": "Spend", "unit": "GBP", "formula": "SUM(shops.spend)"},
        {
            "id": "M3", "section": "A", "label": "Needing", "unit": "GBP", "formula": "income / 3",
            "needs": "COUNT(shops.spend) >= 2",
        },
        {"id": "M4", "section": "A", "label": "Factored", "unit": "GBP", "formula": "income * factor"},
    ],
    "checks": [
        {"id": "K1", "rule": "local <= income", "severity": "error", "message": "Too much."},
        {"id": "K2", "rule": "grants <= income", "severity": "query", "message": "Really?"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def figured() -> Instrument:
    """The tiny framework with figures, a table, measures and checks."""
    return made(**FIGURES)


def missing(item: str, code: str) -> Entry:
    """The reason why a figure is not given."""
    return chose(item, code, Part.MISSING, "missing")


def test_a_default_stands_for_a_blank_and_for_a_figure_that_cannot_apply(figured: Instrument) -> None:
    """Rule 40: 7 is used where nothing is given or the figure cannot exist; zero that is typed stays zero."""
    assert scored(figured).figures["grants"] == 7.0
    assert scored(figured, "", missing("grants", "NA")).figures["grants"] == 7.0
    assert scored(figured, "", number("grants", 0)).figures["grants"] == 0.0
    assert scored(figured).figures["income"] is None


def test_a_default_does_not_stand_for_what_nobody_knows(figured: Instrument) -> None:
    """Rule 41: a figure that exists but is not known, or that was refused, is not replaced by its default."""
    assert scored(figured, "", missing("grants", "DK")).figures["grants"] is None
    assert scored(figured, "", refused("grants")).figures["grants"] is None


def test_a_figure_wins_over_a_reason_for_having_none(figured: Instrument) -> None:
    """Rule 42: the number is used, and the contradiction is counted by the standing check."""
    result = scored(figured, "", number("grants", 3), missing("grants", "DK"))
    assert result.figures["grants"] == 3.0
    assert (result.checks["AUTO-4"].state, result.checks["AUTO-4"].count) == (CheckState.FAILED, 1)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (None, None),
        (date(2024, 6, 29), None),
        (date(2024, 6, 30), 0.2),
        (date(2025, 6, 29), 0.2),
        (date(2025, 6, 30), 0.1),
        (date(2031, 1, 1), 0.1),
    ],
)
def test_the_published_figure_of_the_period_is_used(
    figured: Instrument, end: date | None, expected: float | None
) -> None:
    """Rule 43: a published figure holds from its day on; before the first, or without a year end, there is none."""
    others = [] if end is None else [day("ends", end)]
    assert scored(figured, "", *others).figures["factor"] == expected


def test_a_published_figure_may_be_overtyped_or_unknown(figured: Instrument) -> None:
    """Rule 44: one's own figure replaces the published one, and "don't know" removes it."""
    end = day("ends", date(2025, 12, 31))
    assert scored(figured, "", end, number("factor", 0.5)).figures["factor"] == 0.5
    assert scored(figured, "", end, missing("factor", "DK")).figures["factor"] is None


def test_a_measure_is_worked_out_with_its_steps(figured: Instrument) -> None:
    """Rule 45: the value is rounded to six decimals, in its range or not, with its steps beside it."""
    measure = scored(figured, "", number("income", 300), number("local", 100)).measures["M1"]
    assert (measure.value, measure.in_range, measure.missing) == (33.333333, True, ())
    assert measure.workings == {"doubled": 200.0}
    outside = scored(figured, "", number("income", 100), number("local", 101)).measures["M1"]
    assert (outside.value, outside.in_range) == (101.0, False)


def test_a_measure_without_its_figures_is_not_available(figured: Instrument) -> None:
    """Rule 46: a figure that is missing is named; nothing is ever taken for zero; zero income gives no share."""
    measure = scored(figured, "", number("local", 100)).measures["M1"]
    assert (measure.value, measure.in_range, measure.missing) == (None, None, ("income",))
    assert measure.workings == {"doubled": 200.0}
    divided = scored(figured, "", number("income", 0), number("local", 100)).measures["M1"]
    assert (divided.value, divided.missing) == (None, ())


def test_a_table_is_added_up_over_the_rows_that_have_a_number(figured: Instrument) -> None:
    """Rule 47: blank rows are skipped; a table without numbers gives nothing, not zero."""
    assert scored(figured).measures["M2"].value is None
    rows = [number("shops", 5, 1, "spend"), number("shops", 2.5, 3, "spend")]
    assert scored(figured, "", *rows).measures["M2"].value == 7.5


def test_a_measure_shows_only_when_what_it_needs_holds(figured: Instrument) -> None:
    """Rule 48: two rows are needed; with one the figure is not shown, although it could be worked out."""
    income = number("income", 10)
    one = [number("shops", 5, 1, "spend")]
    assert scored(figured, "", income, *one).measures["M3"].value is None
    assert scored(figured, "", income, *one, number("shops", 1, 2, "spend")).measures["M3"].value == 3.333333


@pytest.mark.parametrize(
    ("income", "local", "shops", "value", "basis"),
    [
        (300, 100, (), 33.333333, "Guess"),
        (300, 100, (5,), 33.333333, "Count"),
        (500, 100, (), 20.0, "Guess"),
        (501, 100, (5,), 19.960080, "Large"),
        (501, 100, (), 19.960080, "Guess"),
        (300, None, (5,), None, ""),
    ],
)
def test_a_measure_says_what_it_rests_on(
    income: float, local: float | None, shops: tuple[float, ...], value: float | None, basis: str
) -> None:
    """Rule 67: the first basis whose condition holds; one that lacks a figure does not; none without a value."""
    bases = [
        {"when": "AND(income > 500, SUM(shops.spend) > 0)", "label": "Large"},
        {"when": "COUNT(shops.spend) > 0", "label": "Count"},
        {"label": "Guess"},
    ]
    [first, *others] = FIGURES["measures"]
    based = made(**{**FIGURES, "measures": [{**first, "bases": bases}, *others]})
    figures = [number("income", income), *([] if local is None else [number("local", local)])]
    rows = [number("shops", spend, row, "spend") for row, spend in enumerate(shops, start=1)]
    measures = scored(based, "", *figures, *rows).measures
    assert (measures["M1"].value, measures["M1"].basis) == (value, basis)
    assert measures["M2"].basis == ""


@pytest.mark.parametrize(
    ("income", "local", "state"),
    [
        (None, None, CheckState.NOT_YET),
        (10, None, CheckState.NOT_YET),
        (10, 10, CheckState.OK),
        (9, 10, CheckState.FAILED),
    ],
)
def test_a_check_holds_fails_or_cannot_be_made_yet(
    figured: Instrument, income: float | None, local: float | None, state: CheckState
) -> None:
    """Rule 49: a check on figures that are not there is "not yet", which is neither right nor wrong."""
    given_figures = [number(name, value) for name, value in (("income", income), ("local", local)) if value is not None]
    result = scored(figured, "", *given_figures)
    assert result.checks["K1"].state is state
    assert result.progress.errors == int(state is CheckState.FAILED)  # blank required fields count with the profile


def test_a_query_can_be_explained_and_an_error_cannot(figured: Instrument) -> None:
    """Rule 50: an explanation settles a query; an error stands until it is put right."""
    wrong = [number("income", 5), number("local", 6), number("grants", 6), told("name", "N"), told("area", "E1")]
    before = scored(figured, "", *wrong)
    explained = [told(check, "It is so.", Part.EXPLANATION) for check in ("K1", "K2", "R-M1")]
    after = scored(figured, "", *wrong, *explained)
    assert (before.progress.errors, before.progress.queries) == (1, 2)
    assert (after.progress.errors, after.progress.queries) == (1, 0)
    assert after.checks["K2"].explained
    assert after.checks["K2"].state is CheckState.FAILED


def test_each_measure_with_a_usual_range_has_a_check(figured: Instrument) -> None:
    """Rule 51: a measure outside its range is a query named after it; without a value it is not yet made."""
    assert list(scored(figured).checks) == [
        "K1",
        "K2",
        "R-M1",
        "AUTO-1",
        "AUTO-2",
        "AUTO-3",
        "AUTO-4",
        "AUTO-5",
        "AUTO-6",
    ]
    assert scored(figured).checks["R-M1"].state is CheckState.NOT_YET
    outside = scored(figured, "", number("income", 100), number("local", 101)).checks["R-M1"]
    assert (outside.state, outside.severity) == (CheckState.FAILED, "query")


def test_standing_checks_count_what_they_concern(figured: Instrument) -> None:
    """Rule 52: required fields, reasons for "not applicable" and claims without evidence, each with its number."""
    checks = scored(figured, "NA NA 4 3", told("name", "N"), told("A-1", "No staff", Part.REASON)).checks
    assert {name: checks[name].count for name in ("AUTO-1", "AUTO-2", "AUTO-3", "AUTO-4")} == {
        "AUTO-1": 1,
        "AUTO-2": 1,
        "AUTO-3": 2,
        "AUTO-4": 0,
    }
    assert {checks[name].state for name in ("AUTO-1", "AUTO-2", "AUTO-3")} == {CheckState.FAILED}
    assert checks["AUTO-4"].state is CheckState.OK
    assert {checks[name].severity for name in ("AUTO-2", "AUTO-3", "AUTO-4")} == {"query"}
    assert checks["AUTO-1"].severity == "error"


# Profile and progress


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("E06000023", "Unitary"), ("e06000023", "Unitary"), ("  E06 ", "Unitary"), ("E07000001", "England"),
        ("E0", "England"), ("W06000001", "Wales"), ("S12000001", ""), ("", ""), ("06E", ""),
    ],
)  # fmt: skip
def test_the_longest_beginning_decides(figured: Instrument, text: str, label: str) -> None:
    """Rule 53: E06 is a unitary council although E alone means England; capitals and blanks around do not matter."""
    others = [told("area", text)] if text else []
    assert scored(figured, "", *others).derived["kind"] == label


@pytest.mark.parametrize(
    ("income", "label"),
    [(None, ""), (-1, ""), (0, "Small"), (99.99, "Small"), (100, "Middling"), (1000.49, "Middling"), (1000.5, "Large")],
)
def test_a_stretch_begins_at_its_edge(figured: Instrument, income: float | None, label: str) -> None:
    """Rule 54: 100 is in the stretch from 100; nothing gives nothing, and zero is in the stretch from zero."""
    others = [] if income is None else [number("income", income)]
    assert scored(figured, "", *others).derived["size"] == label


def test_a_stretch_is_not_worked_out_from_what_nobody_knows(figured: Instrument) -> None:
    """Rule 55: an income that is refused or not known has no size."""
    assert scored(figured, "", refused("income")).derived["size"] == ""
    assert scored(figured, "", missing("income", "DK")).derived["size"] == ""


def test_a_return_is_ready_when_nothing_is_left(figured: Instrument) -> None:
    """Rule 56: required fields, every question dealt with, no error; queries and figures do not matter."""
    profile = [told("name", "N"), told("area", "E1")]
    answers = "0 NA DK 4 1 2 3"
    ready = scored(figured, answers, *profile).progress
    assert (ready.profile_done, ready.questions_responded, ready.errors, ready.ready) == (2, 7, 0, True)
    assert ready.queries == 2  # a reason and evidence are asked for
    assert not scored(figured, answers, profile[0]).progress.ready
    assert not scored(figured, "0 NA DK 4 1 2 -", *profile).progress.ready
    assert not scored(figured, answers, *profile, number("income", 1), number("local", 2)).progress.ready


def test_figures_with_a_reason_are_dealt_with(figured: Instrument) -> None:
    """Rule 57: a figure given, not applicable or not known is dealt with; one that was refused is not."""
    entries = [number("income", 1), missing("local", "NA"), refused("grants")]
    progress = scored(figured, "", *entries).progress
    assert (progress.figures, progress.figures_responded) == (4, 2)


# What holds for any answers

CODES = st.sampled_from(("0", "1", "2", "3", "4", "NA", "DK", "-"))
ANSWERS = st.lists(CODES, min_size=7, max_size=7)
SECTION_RULES = st.builds(
    lambda rule, least: {"rule": rule, "multiply": 25, "least_answered": least},
    st.sampled_from(("mean", "weighted_mean")),
    st.sampled_from((0.0, 0.5, 0.6, 1.0)),
)
WEIGHTS = st.lists(st.sampled_from((0.5, 1.0, 2.0, 7.0)), min_size=7, max_size=7)


def weighted(rule: Mapping[str, Any], weights: Iterable[float]) -> Instrument:
    """The tiny framework with a section rule and a weight for each question."""
    questions = [*asked("A", 1, 2, 3, 4, 5), *asked("B", 1, 2)]
    return made(
        questions=[{**question, "weight": weight} for question, weight in zip(questions, weights, strict=True)],
        scoring={"section": rule, "overall": {"rule": "weighted_mean"}},
    )


@given(SECTION_RULES, WEIGHTS, ANSWERS)
@settings(max_examples=120, deadline=None)
def test_scores_stay_on_their_scale(rule: dict[str, Any], weights: list[float], answers: list[str]) -> None:
    """Rule 58: every score lies between the least and the greatest answer, so charts from 0 to 100 always hold it."""
    result = scored(weighted(rule, weights), answers)
    for name, section in result.sections.items():
        values = [float(code) * 25 for at, code in enumerate(answers) if code.isdigit() and (at < 5) == (name == "A")]
        if section.score is None:
            assert section.band is None
        else:
            assert min(values) - 1e-6 <= section.score <= max(values) + 1e-6
            assert section.band is not None
        if not values:
            assert section.score is None
    scores = [section.score for section in result.sections.values() if section.score is not None]
    for overall in (result.overall, result.overall_equal):
        assert (overall is None) == (not scores)
        assert overall is None or min(scores) - 1e-6 <= overall <= max(scores) + 1e-6


@given(st.lists(CODES, min_size=5, max_size=5))
@settings(max_examples=60, deadline=None)
def test_sums_of_level_means_stay_on_their_scale(answers: list[str]) -> None:
    """Rule 59: with two groups of answers up to 4 no sum is above 8, or above 4 where only one group applies."""
    value = scored(levelled(), answers).sections["A"].score
    applying = sum(set(pair) != {"NA"} for pair in (answers[:2], answers[2:4]))
    assert value is None or 0 <= value <= 4 * applying


@given(ANSWERS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_entries_never_matters(answers: list[str], chance: Any) -> None:
    """Rule 60: the same entries in any order give the same result to the last digit."""
    given_to = made(**FIGURES)
    entries = [chose(q.id, code) for q, code in zip(given_to.questions, answers, strict=True) if code != "-"]
    entries += [number("income", 10), number("local", 3), told("name", "N"), aimed("A-1", "4"), aimed("B-2", "4")]
    shuffled = list(entries)
    chance.shuffle(shuffled)
    assert score(given_to, Return.of(entries)) == score(given_to, Return.of(shuffled))


@given(SECTION_RULES, WEIGHTS, ANSWERS, st.integers(0, 6))
@settings(max_examples=150, deadline=None)
def test_zero_is_not_blank(rule: dict[str, Any], weights: list[float], answers: list[str], at: int) -> None:
    """Rule 61: a zero in place of a blank is one answer more, never takes a score away and never raises one."""
    given_to = weighted(rule, weights)
    blank, zero = list(answers), list(answers)
    blank[at], zero[at] = "-", "0"
    without, with_zero = scored(given_to, blank), scored(given_to, zero)
    assert with_zero.overall_counts.answered == without.overall_counts.answered + 1
    assert with_zero.progress.questions_responded == without.progress.questions_responded + 1
    for name, section in without.sections.items():
        if section.score is not None:
            after = with_zero.sections[name].score
            assert after is not None
            assert after <= section.score


@given(SECTION_RULES, WEIGHTS, ANSWERS, st.integers(0, 6), st.sampled_from(("0", "2", "4")))
@settings(max_examples=120, deadline=None)
def test_answering_one_more_question_never_takes_a_score_away(
    rule: dict[str, Any], weights: list[float], answers: list[str], at: int, code: str
) -> None:
    """Rule 62: what was scored with a question blank is scored with it answered."""
    given_to = weighted(rule, weights)
    blank, more = list(answers), list(answers)
    blank[at], more[at] = "-", code
    before, after = scored(given_to, blank), scored(given_to, more)
    for name, section in before.sections.items():
        assert section.score is None or after.sections[name].score is not None
    assert before.overall is None or after.overall is not None


@given(SECTION_RULES, WEIGHTS, ANSWERS, st.integers(0, 6))
@settings(max_examples=120, deadline=None)
def test_a_better_answer_never_lowers_a_score(
    rule: dict[str, Any], weights: list[float], answers: list[str], at: int
) -> None:
    """Rule 63: one step up raises the score of its section and of the whole, or leaves it as it is."""
    given_to = weighted(rule, weights)
    lower, higher = list(answers), list(answers)
    lower[at] = answers[at] if answers[at] in "0123" else "1"
    higher[at] = str(int(lower[at]) + 1)
    before, after = scored(given_to, lower), scored(given_to, higher)
    for was, now in (
        *((before.sections[name].score, after.sections[name].score) for name in before.sections),
        (before.overall, after.overall),
    ):
        assert (was is None) == (now is None)
        assert was is None or now is None or now >= was


@given(SECTION_RULES, ANSWERS, st.sampled_from((0.5, 3.0)))
@settings(max_examples=60, deadline=None)
def test_only_the_proportion_of_weights_matters(rule: dict[str, Any], answers: list[str], factor: float) -> None:
    """Rule 64: all weights alike give the plain mean, whatever they are."""
    alike = scored(weighted({**rule, "rule": "weighted_mean"}, [factor] * 7), answers)
    plain = scored(weighted({**rule, "rule": "mean"}, [1.0] * 7), answers)
    assert [section.score for section in alike.sections.values()] == [
        section.score for section in plain.sections.values()
    ]
    assert alike.overall == plain.overall == plain.overall_equal


@given(ANSWERS, st.lists(st.sampled_from(("0", "1", "2", "3", "4", "-")), min_size=7, max_size=7))
@settings(max_examples=100, deadline=None)
def test_the_action_plan_is_complete_and_in_order(answers: list[str], targets: list[str]) -> None:
    """Rule 65: it lists exactly the gaps, the unknowns and the thin claims; no two have the same priority."""
    given_to = made()
    aims = [aimed(q.id, code) for q, code in zip(given_to.questions, targets, strict=True) if code != "-"]
    result = scored(given_to, answers, *aims)
    expected = {
        question.id
        for question in result.questions.values()
        if question.gap is not None or question.state is State.DONT_KNOW or question.claim_without_evidence
    }
    assert set(result.action_plan) == expected
    priorities = [result.questions[name].priority for name in result.action_plan]
    assert priorities == sorted(set(priorities), key=lambda priority: -(priority or 0))


@given(ANSWERS)
@settings(max_examples=60, deadline=None)
def test_the_lists_of_answers_hold_answers_only(answers: list[str]) -> None:
    """Rule 66: as many as there are, five at most, each of them answered, in falling and in rising order."""
    result = scored(made(), answers)
    count = min(LISTED, sum(code.isdigit() for code in answers))
    strongest = [result.questions[name].relative for name in result.strongest]
    weakest = [result.questions[name].relative for name in result.weakest]
    assert len(strongest) == len(weakest) == count
    assert strongest == sorted(strongest, key=lambda value: -(value or 0))
    assert weakest == sorted(weakest, key=lambda value: value or 0)
    assert all(value is not None and 0 <= value <= 1 and math.isfinite(value) for value in strongest + weakest)
