"""A second framework, different in whatever a definition may decide, works with the same code.

Its random answer sets are recalculated with those of the others; here stands what is particular to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from oracle.cases import OTHER, OTHER_ONLY, plan
from oracle.engines import ISSUE, seeded
from oracle.roundtrip import disagreeing, misread, read_back
from strategies import random_typed

from kil_xlsx.core.framework import Section
from kil_xlsx.core.returns import Key, State
from kil_xlsx.core.scoring import score
from kil_xlsx.definitions.load import load_framework, load_instrument
from kil_xlsx.layout.compose import compose, seen_by_formulas
from kil_xlsx.layout.document import Link
from kil_xlsx.layout.wording import ENGLISH
from kil_xlsx.writing.lint import lint
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write


def _all_sections(sections: tuple[Section, ...], depth: int = 1) -> Iterator[tuple[int, Section]]:
    for section in sections:
        yield depth, section
        yield from _all_sections(section.sections, depth + 1)


def test_it_loads_without_faults() -> None:
    """The definition is accepted, and its only respondent type need not be named."""
    framework = load_framework(OTHER)
    assert load_instrument(str(OTHER)).key == f"{framework.id}/{framework.respondents[0].id}"


def test_it_is_different() -> None:
    """It uses every rule of scoring, three levels of sections, and none of the usual choices of the other framework."""
    framework, usual = load_framework(OTHER), load_framework("keep-it-local")
    sections = list(_all_sections(framework.sections))
    rules = [section.score or framework.scoring.section for _, section in sections]
    assert max(depth for depth, _ in sections) == 3
    assert {rule.rule for rule in rules} == {"mean", "weighted_mean", "sum_of_level_means", "none"}
    assert {rule.of for rule in rules} == {"questions", "sections"}
    assert framework.scoring.overall.rule == "weighted_mean"
    assert framework.scoring.not_applicable.counts_as is not None
    assert framework.scoring.dont_know.counts_as is not None
    assert framework.steps is None
    assert len(framework.respondents) == 1
    assert not {each.id for each in framework.choice_lists} & {each.id for each in usual.choice_lists}
    assert not {each.id for each in framework.units} & {each.id for each in usual.units}
    for field in ("language", "reference_prefix", "scoring", "benchmarking", "default_choices"):
        assert getattr(framework, field) != getattr(usual, field)


def test_every_word_of_the_workbook_is_its_own() -> None:
    """No English of the program's own is left on a sheet of a framework in another language."""
    interface = plan(OTHER_ONLY).instrument.framework.interface
    missing = {key: words for key, words in ENGLISH.items() if key not in interface}
    assert not missing, f"add these to the fixture's words: {missing}"
    english = {words for words in ENGLISH.values() if " " in words} - set(interface.values())
    document = compose(plan(OTHER_ONLY), ISSUE, random_typed(plan(OTHER_ONLY), seeded("words")))
    for sheet in document.sheets:
        for cell in sheet.cells.values():
            shown = cell.value.text if isinstance(cell.value, Link) else cell.value
            assert shown not in english


def test_it_composes_without_faults() -> None:
    """Blank and filled in, the workbook has nothing for the linter to find."""
    assert lint(compose(plan(OTHER_ONLY), ISSUE)) == []
    for case in range(5):
        assert lint(compose(plan(OTHER_ONLY), ISSUE, random_typed(plan(OTHER_ONLY), seeded("lint", case)))) == []


def test_it_is_read_back() -> None:
    """What the workbook is written with is read as what was typed, and its stored results agree."""
    for case in range(10):
        typed = random_typed(plan(OTHER_ONLY), seeded("other", case), plain_types=True)
        data = write(compose(plan(OTHER_ONLY), ISSUE, typed), default_theme())
        reading = read_back(data, plan(OTHER_ONLY))
        wrong = misread(reading, plan(OTHER_ONLY), typed)
        assert not wrong, "\n".join(wrong[:10])
        assert not disagreeing(reading, plan(OTHER_ONLY), typed)


def test_scores_worked_out_by_hand() -> None:
    """Level means are added up, subsections are weighted, and special answers count as the policy says."""
    answers = {"A1": "Ja", "A2": "Einmal im Jahr", "A3": "Trifft nicht zu", "A4": "Ja", "B1": "Ständig"}
    answers |= {"R1": "Ja", "R2": "Unbekannt", "R3": "Jeden Monat", "SI1": "Ja", "SI2": "Nie", "DA2": "Ja"}
    ret = seen_by_formulas(plan(OTHER_ONLY), {Key(question): label for question, label in answers.items()})
    result = score(plan(OTHER_ONLY).instrument, ret)
    assert result.questions["A3"].state is State.NOT_APPLICABLE
    scores = {identifier: section.score for identifier, section in result.sections.items()}
    # (1 + 0.333333) / 2 for level 1, not applicable counts as 0.5 for level 2, 1 for level 3
    assert scores["GOV-ST-A"] == 2.166667
    # level 2 has no answer, so there is no sum
    assert scores["GOV-ST-B"] is None
    assert scores["GOV-ST"] == 2.166667
    # 1 for one level, don't know counts as 0 for the other
    assert scores["GOV-RI-A"] == 1.0
    assert scores["GOV-RI"] == round((2 * 1.0 + 0.7 * 0.8) / 2.7, 6)
    assert scores["GOV"] == round((2.166667 + 0.948148) / 2, 6)
    # (2.5 × 1 + 0.3 × 0) / 2.8 × 3
    assert scores["BAU-SI"] == round(2.5 / 2.8 * 3, 6)
    assert scores["BAU-DA"] is None
    assert scores["BAU"] == scores["BAU-SI"]
    assert scores["BET"] is None
    assert scores["STI"] is None
    gov, bau = scores["GOV"], scores["BAU"]
    assert gov is not None
    assert bau is not None
    assert result.overall == round((3 * gov + 1.5 * bau) / 4.5, 6)
    # (1.557408 + 2.678571) / 2 = 2.1179895, halves away from zero
    assert result.overall_equal == 2.11799
