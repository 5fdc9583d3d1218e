"""The content of the framework that comes with the program."""

from __future__ import annotations

import pytest

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.results import CheckState, Result
from kil_xlsx.core.returns import Entry, Key, Outcome, Return, State
from kil_xlsx.core.scoring import score
from kil_xlsx.definitions.load import load_framework

BOTH = ("council", "community")

LM3, QUICK = "C1-M1", "C1-M5"

ROUNDS = {
    "measured_income": 500_000.0,
    "local_staff_pay": 240_000.0,
    "local_supplier_spend": 80_000.0,
    "staff_respend_rate": 0.45,
    "supplier_respend_rate": 0.35,
}


@pytest.fixture(scope="module")
def framework() -> Framework:
    """The framework as it is shipped."""
    return load_framework("keep-it-local")


def scored(given_to: Instrument, **figures: float) -> Result:
    """The result of some figures and nothing else."""
    return score(
        given_to,
        Return.of(
            Entry(key=Key(item), state=State.ANSWERED, outcome=Outcome.ACCEPTED, value=value)
            for item, value in figures.items()
        ),
    )


@pytest.mark.parametrize("respondent", BOTH)
def test_every_question_is_somebodys(framework: Framework, respondent: str) -> None:
    """Each question of a workbook is on a guidance page of that workbook, for the people who should answer it."""
    of = instrument(framework, respondent)
    named = {question for page in of.guidance for question in page.questions}
    assert {question.id for question in of.questions} <= named


@pytest.mark.parametrize("respondent", BOTH)
def test_pages_name_questions_of_their_own_workbook(framework: Framework, respondent: str) -> None:
    """No page for one type of respondent lists a question that it would have to leave out."""
    of = instrument(framework, respondent)
    asked = {question.id for question in of.questions}
    assert {question for page in of.guidance for question in page.questions} <= asked


@pytest.mark.parametrize(
    ("respondent", "pages"),
    [
        ("council", {"commissioners", "councillors", "colleagues", "asked-of-community"}),
        ("community", {"community", "chief-officer", "treasurer", "trustees", "asked-of-councils"}),
    ],
)
def test_each_audience_has_a_page(framework: Framework, respondent: str, pages: set[str]) -> None:
    """Every workbook has the pages for those who fill it in, besides those that all workbooks have."""
    shown = {page.id for page in instrument(framework, respondent).guidance}
    assert shown == pages | {"levels", "local", "multiplier", "enabled", "scores", "your-answers"}


def test_what_happens_with_the_data_is_said_in_three_short_paragraphs(framework: Framework) -> None:
    """Consent, the smallest group and names are all mentioned, and nobody has to read much."""
    assert len(framework.privacy) == 3
    assert all(len(paragraph) <= 260 for paragraph in framework.privacy)
    told = " ".join(framework.privacy)
    assert framework.benchmarking.least_group_size == 5
    for words in ("only if you agree", "at least five", "free text", "contact", "not names"):
        assert words in told


def test_enabled_jobs_and_value_are_called_gross(framework: Framework) -> None:
    """Both the label and the unit say so: the figure may be quoted with either alone."""
    units = {unit.id: unit.label for unit in framework.units}
    for measure in framework.measures:
        if measure.label.startswith("Enabled"):
            assert "gross" in measure.label
            assert "gross" in units[measure.unit]
            assert measure.benchmark == "none"


def test_a_multiplier_without_a_survey_is_an_estimate(framework: Framework) -> None:
    """Whoever guesses the shares of round 3 still gets both figures, and reads what they rest on."""
    measures = scored(instrument(framework, "community"), **ROUNDS).measures
    assert (measures[LM3].value, measures[LM3].basis) == (1.912, "Estimate")
    assert (measures[QUICK].value, measures[QUICK].basis) == (1.64, "Quick, no survey")


def test_two_rounds_need_nothing_of_the_third(framework: Framework) -> None:
    """Without any share for round 3 the quick figure is there, and nothing is said of the other."""
    known = {name: value for name, value in ROUNDS.items() if "respend" not in name}
    measures = scored(instrument(framework, "community"), **known).measures
    assert (measures[QUICK].value, measures[QUICK].in_range) == (1.64, True)
    assert (measures[LM3].value, measures[LM3].basis) == (None, "")
    assert set(measures[LM3].missing) == {"staff_respend_rate", "supplier_respend_rate"}


@pytest.mark.parametrize(
    ("replies", "covered", "basis", "too_few", "too_little"),
    [
        (None, None, "Estimate", CheckState.NOT_YET, CheckState.NOT_YET),
        (0, None, "Estimate", CheckState.OK, CheckState.NOT_YET),
        (0, 0.0, "Estimate", CheckState.OK, CheckState.OK),
        (4, 0.5, "Estimate", CheckState.FAILED, CheckState.OK),
        (5, 0.49, "Estimate", CheckState.OK, CheckState.FAILED),
        (5, None, "Estimate", CheckState.OK, CheckState.NOT_YET),
        (None, 0.9, "Estimate", CheckState.NOT_YET, CheckState.NOT_YET),
        (5, 0.5, "Survey", CheckState.OK, CheckState.OK),
    ],
)
def test_a_survey_is_called_one_only_when_it_is(
    framework: Framework,
    replies: float | None,
    covered: float | None,
    basis: str,
    too_few: CheckState,
    too_little: CheckState,
) -> None:
    """Five replies that cover half of round 2 make a survey; a weaker one is queried, and no survey is no fault."""
    told = {"survey_replies": replies, "survey_coverage": covered}
    result = scored(instrument(framework, "community"), **ROUNDS, **{k: v for k, v in told.items() if v is not None})
    assert result.measures[LM3].basis == basis
    assert (result.checks["K17"].state, result.checks["K18"].state) == (too_few, too_little)


def test_a_year_on_reserves_is_queried_and_not_cut_off(framework: Framework) -> None:
    """Round 2 above round 1 gives more than 2, with a query for the rounds and one for the range."""
    known = {"measured_income": 100_000.0, "local_staff_pay": 90_000.0, "local_supplier_spend": 30_000.0}
    result = scored(instrument(framework, "community"), **known)
    assert (result.measures[QUICK].value, result.measures[QUICK].in_range) == (2.2, False)
    assert result.checks["K6"].state is CheckState.FAILED
    assert result.checks[f"R-{QUICK}"].state is CheckState.FAILED


def test_what_a_multiplier_does_not_say_stands_beside_it(framework: Framework) -> None:
    """The notes of both multipliers say gross, what local means, and what a deficit does; one bars a comparison."""
    notes = {measure.id: measure.note for measure in framework.measures}
    for measure in (LM3, QUICK):
        for words in ("Gross", "what you count as local", "deficit"):
            assert words in notes[measure]
    assert "Not comparable with LM3" in notes[QUICK]
