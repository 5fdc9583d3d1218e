"""The last return of each organisation is used, if it is filled in, agreed to and complete; the others are counted."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from shops import (
    CREATED,
    FRAMEWORK,
    INSTRUMENTS,
    LOW,
    Spec,
    benchmarked,
    excluded,
    figure_of,
    file_of,
    group_of,
    made,
    many,
    reading_of,
    six,
    with_rules,
)

from kil_xlsx.core.benchmark import Request, benchmark
from kil_xlsx.core.instrument import instrument
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.release import HIDDEN


def test_counts_of_what_came_in_and_why_not_all_is_used() -> None:
    """Invited, returned, accepted and used add up, and every exclusion has its reason."""
    specs = [
        *six(), Spec("Org 5"), Spec("No", share="no"), Spec("Blank", share=""), Spec("Old", version="0.9.0"),
        Spec("Back", as_sent=True), Spec("Empty", ("", "", "")),
    ]  # fmt: skip
    readings = [*map(reading_of, specs), Reading(file_of("bad"), problems=())]
    request = Request(created=CREATED, invited={"shop": 20}, thresholds=LOW)
    found = benchmark(INSTRUMENTS, readings, request).release
    counts = group_of(found, "shop/all").counts
    assert (counts.invited, counts.files, counts.returned, counts.accepted, counts.used) == (20, 11, 10, 8, 6)
    assert excluded(group_of(found, "shop/all")) == {
        "replaced": 1, "as_sent": 2, "consent_refused": 1, "consent_blank": 1,
    }  # fmt: skip
    assert (found.files.given, found.files.refused, found.files.not_comparable) == (13, 1, 1)
    assert (found.rounds, found.created) == (("2026",), CREATED)
    assert found.inputs == tuple(sorted(reading.file.sha256 for reading in readings))
    assert group_of(found, "club/all").counts.invited is None


def test_every_reason_is_listed_with_what_it_means() -> None:
    """Reasons that left nobody out are there as well, in words."""
    exclusions = group_of(benchmarked(*six()), "shop/all").counts.exclusions
    assert [each.reason for each in exclusions] == [
        "replaced", "as_sent", "consent_refused", "consent_blank", "incomplete",
    ]  # fmt: skip
    assert all(each.count == 0 and each.label for each in exclusions)


def test_incomplete_returns_are_left_out() -> None:
    """A return with less than the framework asks for is not used, and that is counted and said."""
    half = with_rules(least_completeness=0.5)
    one, two = Spec("One answer", ("1", "", "")), Spec("Two answers", ("1", "2", ""))
    found = benchmarked(*six(), one, two, instruments=half)
    group = group_of(found, "shop/all")
    assert (group.counts.accepted, group.counts.used, excluded(group)) == (8, 7, {"incomplete": 1})
    assert "at least 50% of the questions" in found.method.entry
    assert benchmarked(*six()).method.entry == ""


def test_questions_that_cannot_apply_do_not_make_a_return_incomplete() -> None:
    """What does not apply need not be answered."""
    apart = Spec("Apart", ("1", "NA", "NA"))
    nothing = Spec("Nothing applies", ("NA", "NA", "NA"))
    assert (
        group_of(
            benchmarked(*six(), apart, nothing, instruments=with_rules(least_completeness=1.0)), "shop/all"
        ).counts.used
        == 8
    )


def test_scores_of_incomplete_sections_are_not_used() -> None:
    """A section's score counts only where enough of the section is answered; its questions count all the same."""
    specs = [spec._replace(answers=(spec.answers[0], "" if at < 3 else "1", "2")) for at, spec in enumerate(many(9))]
    without = group_of(benchmarked(*specs), "shop/all")
    with_rule = benchmarked(*specs, instruments=with_rules(least_section_completeness=0.75))
    assert figure_of(without, "A").n == 9
    assert figure_of(group_of(with_rule, "shop/all"), "A").n == 6
    assert figure_of(group_of(with_rule, "shop/all"), "A-1").n == 9
    assert "at least 75% of the section's" in with_rule.method.entry


@pytest.mark.parametrize(
    "shared", [{"reference": "TT-1", "stamped": ("", "none")}, {"number": "none, GB-1234567"}, {"name": "  ORG   x"}]
)
def test_the_last_return_of_an_organisation_counts(shared: dict[str, Any]) -> None:
    """Returns that share a reference, a registered number or a name are one organisation's."""
    first = Spec("Org X", income=900.0, number="1234567 gb-1234567", reference="tt-1", stamped=("X", ""))
    last = Spec("Other", income=15.0)._replace(**shared)
    group = group_of(benchmarked(first, *six(), last), "shop/all")
    assert (group.counts.returned, excluded(group)) == (7, {"replaced": 1})
    assert figure_of(group, "M-ALL").median == 20.0


def test_two_of_one_name_with_different_numbers_are_two() -> None:
    """A name may be anybody's; a number is not.  Without numbers, or with one that both have, they are one."""
    ours, theirs = Spec("St Mary's", number="GB-1111111"), Spec("St Mary's", ("3", "2", "1"), number="GB-2222222")
    group = group_of(benchmarked(*six(), ours, theirs), "shop/all")
    assert (group.counts.returned, group.counts.used, excluded(group)) == (8, 8, {})
    for again in (theirs._replace(number=""), theirs._replace(number="GB-2222222, GB-1111111")):
        group = group_of(benchmarked(*six(), ours, again), "shop/all")
        assert (group.counts.returned, excluded(group)) == (7, {"replaced": 1})


def test_copies_of_the_blank_workbook_are_told_apart_by_name() -> None:
    """They share a reference, which is nobody's: seven names are seven organisations, a name twice is one."""
    blanks = [spec._replace(reference="TT-0", number=f"GB-{at}000000") for at, spec in enumerate(six())]
    seventh = Spec("Seventh", ("3", "2", "1"), reference="TT-0", stamped=(" ", ""))
    group = group_of(benchmarked(*blanks, seventh), "shop/all")
    assert (group.counts.files, group.counts.returned, group.counts.used, excluded(group)) == (7, 7, 7, {})
    again = seventh._replace(name=" SEVENTH ")
    group = group_of(benchmarked(*blanks, seventh, again), "shop/all")
    assert (group.counts.files, group.counts.returned, group.counts.used) == (8, 7, 7)
    assert excluded(group) == {"replaced": 1}


def test_returns_that_name_nobody_are_never_taken_for_one() -> None:
    """Without a name, a number and a reference of its own, each return stands for itself."""
    nameless = [spec._replace(name="", reference="TT-0") for spec in six()]
    assert group_of(benchmarked(*nameless), "shop/all").counts.returned == 6


def test_what_was_left_out_of_a_few_is_not_told() -> None:
    """Who agreed may not be told of a few organisations; how many files were replaced or came back as sent may."""
    group = group_of(
        benchmarked(Spec("One"), Spec("Two", share="no"), Spec("One"), Spec("Three", as_sent=True)), "shop/all"
    )
    assert (group.suppressed, group.counts.used, group.counts.returned) == (True, None, 3)
    assert excluded(group) == {
        "replaced": 1, "as_sent": 1, "consent_refused": None, "consent_blank": None, "incomplete": None,
    }  # fmt: skip
    assert all(each.figure == HIDDEN for each in group.statistics)


def test_words_in_place_of_a_number_do_not_make_organisations_one() -> None:
    """Two that both write 'none' for their registered number are still two."""
    assert group_of(benchmarked(*six(number="none, n/a")), "shop/all").counts.returned == 6


def test_a_withdrawn_consent_takes_the_earlier_return_with_it() -> None:
    """The last return decides; an earlier one that agreed is not fallen back upon."""
    group = group_of(benchmarked(*six(), Spec("Org 0", share="no"), Spec("Seventh")), "shop/all")
    assert (group.counts.returned, group.counts.used) == (7, 6)


def test_an_answer_sent_after_a_workbook_as_sent_is_not_lost() -> None:
    """A file that came back as sent replaces an earlier one, as the last one given counts."""
    group = group_of(benchmarked(*six(), Spec("Org 0", as_sent=True)), "shop/all")
    assert (group.counts.accepted, group.counts.used, excluded(group)) == (5, 5, {"replaced": 1, "as_sent": 1})


def test_a_framework_without_a_consent_field_compares_nobody() -> None:
    """Where nobody was asked, nobody has agreed."""
    profile = tuple(field for field in FRAMEWORK.profile if field.role != "consent")
    mine = instrument(msgspec.structs.replace(FRAMEWORK, profile=profile), "shop")
    counts = benchmark([mine], map(reading_of, six()), Request(created=CREATED)).release.respondents[0].groups[0].counts
    assert (counts.returned, counts.used) == (6, None)


def test_organisations_under_one_parent_count_once() -> None:
    """Six of five bodies are too few besides the reader; a parent that takes part is one with those under it."""
    both = {("name", "org 0"): "The  Group", ("name", "org 1"): "the group"}
    assert group_of(made(*six()).release, "shop/all").counts.used == 6
    assert group_of(made(*six(), parents=both).release, "shop/all").suppressed
    parent = {("name", "org 0"): "Org 1"}
    assert group_of(made(*six(), parents=parent).release, "shop/all").suppressed
    number = {("number", "gb-1234567"): "Org 1"}
    specs = [*six()[1:], Spec("Daughter", number="GB-1234567")]
    assert group_of(made(*specs, parents=number).release, "shop/all").suppressed
