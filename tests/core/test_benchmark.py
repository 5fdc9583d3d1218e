"""Returns are grouped and compared, and no organisation can be told from the outcome."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shops import (
    CREATED,
    FRAMEWORK,
    INSTRUMENTS,
    LOW,
    Spec,
    benchmarked,
    figure_of,
    group_of,
    many,
    reading_of,
    shop,
    six,
)

from kil_xlsx.core.benchmark import Request, benchmark
from kil_xlsx.core.instrument import instrument
from kil_xlsx.core.release import HIDDEN, Group, Level, Release, Thresholds
from kil_xlsx.errors import UsageProblem

# Figures


def test_figures_of_everything_agree_with_the_standard_library() -> None:
    """Sections, overall, questions, measures and completeness have the statistics of the returns' own results."""
    specs = [spec._replace(answers=(spec.answers[0], "" if at % 2 else "1", spec.answers[2]))
             for at, spec in enumerate(many(24))]  # fmt: skip
    readings = [reading_of(spec) for spec in specs]
    group = group_of(benchmark(INSTRUMENTS, readings, Request(created=CREATED)).release, "shop/all")
    results = [reading.result for reading in readings if reading.result]
    for item, values in {
        "A": [result.sections["A"].score for result in results],
        "A-1": [result.questions["A-1"].value for result in results],
        "completeness:overall": [
            result.overall_counts.answered / result.overall_counts.applicable for result in results
        ],
    }.items():
        known = [value for value in values if value is not None]
        figure = figure_of(group, item)
        quartiles = statistics.quantiles(known, n=4, method="inclusive")
        deciles = statistics.quantiles(known, n=10, method="inclusive")
        expected = [statistics.fmean(known), quartiles[1], quartiles[0], quartiles[2], deciles[0], deciles[8]]
        found = [figure.mean, figure.median, figure.lower_quartile, figure.upper_quartile, figure.p10, figure.p90]
        # The mean of a score may be held back beside those of its questions; nothing else is.
        assert found[1:] == pytest.approx(expected[1:], abs=1e-6)
        assert found[0] is None or found[0] == pytest.approx(expected[0], abs=1e-6)
        assert figure.n == 24
    measure = figure_of(group, "M-ALL")
    assert (measure.n, measure.median, measure.mean) == (24, 233.0, 280.0)


def test_worked_example_of_a_distribution() -> None:
    """Levels are shares of those who answered, and special answers are not imputed even where scores count them."""
    answers = ["0", "1", "1", "3", "3", "NA", "DK", ""]
    found = benchmarked(*(Spec(f"Org {at}", (code, "2", "2")) for at, code in enumerate(answers)))
    figure = figure_of(group_of(found, "shop/all"), "A-1")
    assert figure.levels is not None
    assert figure.aside is not None
    assert [level.share for level in figure.levels] == [0.2, 0.4, 0.0, 0.4]
    assert (figure.n, figure.median) == (5, 1.0)
    assert (figure.aside.not_applicable, figure.aside.dont_know, figure.aside.unanswered) == (1, 1, 1)


def test_a_measure_needs_its_own_values() -> None:
    """In a group that is large enough, a measure that only four could give is held back."""
    specs = [spec._replace(income=None) if at < 2 else spec for at, spec in enumerate(six())]
    group = group_of(benchmarked(*specs), "shop/all")
    assert group.counts.used == 6
    assert figure_of(group, "M-ALL") == HIDDEN
    assert figure_of(group, "A-1").shown


def test_a_unanimous_question_is_held_back() -> None:
    """If all answer alike, neither the distribution nor the median is shown."""
    group = group_of(
        benchmarked(*(spec._replace(answers=("1", "2", str(at % 2))) for at, spec in enumerate(six()))), "shop/all"
    )
    assert figure_of(group, "A-1") == HIDDEN
    assert figure_of(group, "B-3").shown


def test_measures_that_are_not_for_comparison_are_absent() -> None:
    """A measure with the benchmark rule 'none' appears nowhere."""
    found = shop(benchmarked(*six()))
    assert "M-NONE" not in {item.id for item in found.items}
    assert all(each.item != "M-NONE" for group in found.groups for each in group.statistics)


def test_what_figures_are_about() -> None:
    """Every item has its kind, its bounds and its levels, in the order of the framework."""
    found = shop(benchmarked())
    assert [(item.kind, item.id) for item in found.items] == [
        ("overall", "overall"), ("section", "A"), ("section", "B"),
        ("question", "A-1"), ("question", "A-2"), ("question", "B-3"),
        ("measure", "M-ALL"), ("measure", "M-LIKE"), ("measure", "M-BASIS"),
        ("completeness", "completeness:overall"), ("completeness", "completeness:A"),
        ("completeness", "completeness:B"),
        ("evidence", "evidence:A"), ("evidence", "evidence:B"),
    ]  # fmt: skip
    assert (found.item("A").minimum, found.item("A").maximum) == (0.0, 30.0)
    assert found.item("A-1").levels == tuple(
        Level(code=str(value), label=f"Level {value}", value=value) for value in range(4)
    )
    assert (found.item("A-2").theme, found.item("A-2").of) == ("match", "A")
    assert (found.item("completeness:A").minimum, found.item("completeness:A").maximum) == (0.0, 1.0)
    with pytest.raises(KeyError):
        found.item("M-NONE")


def test_completeness_and_evidence() -> None:
    """How much of each section was answered, and how strong its evidence is, are compared like scores."""
    specs = [
        spec._replace(
            answers=("1", "" if at % 2 else "1", "NA" if at == 0 else "2"), strengths=(str(at % 4), "", str(at % 3))
        )
        for at, spec in enumerate(six())
    ]
    readings = [reading_of(spec) for spec in specs]
    group = group_of(benchmarked(*specs), "shop/all")
    half = figure_of(group, "completeness:A")
    assert (half.n, half.mean, half.median) == (6, 0.75, 0.75)
    strengths = [each.result.sections["A"].strength for each in readings if each.result]
    known = [each for each in strengths if each is not None]
    evidence = figure_of(group, "evidence:A")
    assert len(known) >= 5
    assert (evidence.n, evidence.median) == (len(known), pytest.approx(statistics.median(known), abs=1e-6))


def test_like_with_like_is_compared_per_answer_only() -> None:
    """Such a measure has a figure for each basis and none across; those without a basis take no part."""
    street, town = six(basis="street"), [spec._replace(name=f"T{spec.name}") for spec in six(basis="town")]
    town = [spec._replace(income=1000.0 + at) for at, spec in enumerate(town)]
    found = benchmarked(*street, *town, *[Spec(f"No basis {at}", income=5e6 + at) for at in range(9)])
    group = group_of(found, "shop/all")
    assert [each.among for each in group.statistics if each.item == "M-LIKE"] == [("Street",), ("Town",)]
    assert figure_of(group, "M-LIKE", ("Street",)).median == 25.0
    assert figure_of(group, "M-LIKE", ("Town",)).n == 6
    assert figure_of(group, "M-ALL").n == 21


def test_like_with_like_holds_for_how_a_measure_was_worked_out() -> None:
    """What was counted and what was guessed are compared apart, beside the answers that must agree."""
    street, town = six(basis="street"), [spec._replace(name=f"T{spec.name}") for spec in six(basis="town")]
    guessed = [spec._replace(name=f"G{spec.name}", income=600.0 + at) for at, spec in enumerate(street)]
    group = group_of(benchmarked(*street, *town, *guessed), "shop/all")
    found = {each.among: each.figure.n for each in group.statistics if each.item == "M-BASIS"}
    assert found == {
        ("Street", "Counted"): 6,
        ("Street", "Guessed"): 6,
        ("Town", "Counted"): 6,
        ("Town", "Guessed"): None,
    }
    assert figure_of(group, "M-LIKE", ("Street",)).n == 12


# Groups


def _listed(release: Release) -> list[tuple[str, str, int | None]]:
    return [(group.field, group.label, group.counts.used) for group in shop(release).groups]


def test_subgroups_by_choice_and_by_derived_field() -> None:
    """Groups are labelled by the answer; those who gave none form a group of their own."""
    north = [spec._replace(region="north") for spec in six()]
    large = [spec._replace(name=f"L{spec.name}", region="south", income=200.0 + at) for at, spec in enumerate(six())]
    found = benchmarked(*north, *large)
    assert _listed(found) == [
        ("", "All", 12),
        ("region", "North", 6),
        ("region", "South", 6),
        ("region", "West", None),
        ("region", "Not stated", None),
        ("size", "Small", 6),
        ("size", "Large", 6),
        ("size", "Not stated", None),
    ]
    south = group_of(found, "shop/region/south")
    assert figure_of(south, "M-ALL").median == 203.0
    assert (south.kind, south.field_label) == ("field", "Region")


def test_a_subgroup_held_back_as_a_whole_has_no_figures_at_all() -> None:
    """The next smallest subgroup stays hidden even in a comparison that the small one takes no part in."""
    specs = [Spec(f"N{at}", region="north", basis="town") for at in range(3)]
    specs += [Spec(f"S{at}", region="south", basis="street", income=float(at)) for at in range(6)]
    specs += [Spec(f"W{at}", region="west", basis="street", income=float(at)) for at in range(20)]
    found = benchmarked(*specs)
    assert figure_of(group_of(found, "shop/all"), "M-LIKE", ("Street",)).n == 26
    south = group_of(found, "shop/region/south")
    assert south.suppressed
    assert south.statistics == ()


def test_subgroups_do_not_tell_who_returned() -> None:
    """For subgroups only those used are counted: where the others belong is theirs to keep."""
    counts = group_of(
        benchmarked(*six(region="north"), Spec("N", region="north", share="no")), "shop/region/north"
    ).counts
    assert (counts.used, counts.returned, counts.invited, counts.files, counts.accepted) == (6, None, None, None, None)
    assert counts.exclusions == ()


def test_grouping_by_a_named_field_replaces_the_frameworks_own() -> None:
    """Fields asked for are used in the order given; types without peer groups of their own take part."""
    found = benchmarked(*six(basis="town"), group_by=["basis"])
    assert [[group.field for group in each.groups] for each in found.respondents] == [["", *["basis"] * 3]] * 2


@pytest.mark.parametrize("field", ["name", "number"])
def test_a_field_for_any_text_makes_no_groups(field: str) -> None:
    """What people write may be a name or worse, however many wrote the same: the field is refused, and why is said."""
    with pytest.raises(UsageProblem, match="what people write there is never published"):
        benchmarked(*six(), group_by=["region", field])
    benchmarked(*six(), group_by=["region", "size", "place"])


def test_what_is_no_area_code_makes_no_group() -> None:
    """An answer that cannot be a code of a place is as good as none, however many gave it."""
    profile = tuple(
        msgspec.structs.replace(each, pattern="E[0-9]+") if each.id == "place" else each for each in FRAMEWORK.profile
    )
    instruments = [instrument(msgspec.structs.replace(FRAMEWORK, profile=profile), who) for who in ("shop", "club")]
    said = ["E1"] * 6 + ["Run by Jo Bloggs"] * 7 + ["E1 or so"] * 7
    specs = [spec._replace(place=place) for spec, place in zip(many(20), said, strict=True)]
    for options in ({}, {"group_by": ["place"]}):
        found = benchmarked(*specs, instruments=instruments, **options)
        assert [group.id for group in shop(found).groups if group.kind == "place"] == ["shop/place/E1"]
        assert b"Bloggs" not in msgspec.json.encode(found)


def test_an_open_answer_that_many_gave_is_a_group() -> None:
    """Text that is the same but for its blanks is one answer."""
    specs = [spec._replace(place=("E1  A", "E1 A")[at % 2] if at < 7 else "") for at, spec in enumerate(many(14))]
    found = benchmarked(*specs)
    assert [group.id for group in shop(found).groups if group.kind == "place"] == ["shop/place/E1 A"]
    few = [spec._replace(place="" if at > 3 else "E1") for at, spec in enumerate(many(14))]
    assert [group.id for group in shop(benchmarked(*few)).groups if group.kind == "place"] == []


def test_places_have_matched_questions_only() -> None:
    """One place's figures are for the respondent type across the table: of questions that both are asked."""
    specs = [*six(place="E1"), *[spec._replace(name=f"X{at}", place="E2") for at, spec in enumerate(six())]]
    place = group_of(benchmarked(*specs), "shop/place/E1")
    assert (place.kind, place.counts.used) == ("place", 6)
    assert [each.item for each in place.statistics] == ["A-2"]
    assert place not in shop(benchmarked(*specs)).compared


def test_named_lists() -> None:
    """Organisations that a list names, by name or number, form a group; the others none."""
    lists = {
        "Coastal": frozenset({("name", f"many {at}") for at in range(6)} | {("number", "gb-7654321")}),
        "Tiny": frozenset({("name", "many 1")}),
    }
    specs = [*many(20), Spec("Numbered", number="GB-7654321")]
    found = benchmarked(*specs, lists=lists, group_by=["basis"])
    groups = [(group.id, group.kind, group.label, group.counts.used) for group in shop(found).groups[-2:]]
    assert groups == [("shop/list/Coastal", "list", "Coastal", 7), ("shop/list/Tiny", "list", "Tiny", None)]
    assert figure_of(group_of(found, "shop/list/Coastal"), "M-ALL").n == 6


def test_a_list_of_nearly_everybody_gives_nobody_away() -> None:
    """All but two of everybody: the two would be what the whole says more."""
    lists = {"Nearly all": frozenset(("name", f"many {at}") for at in range(18))}
    assert group_of(benchmarked(*many(20), lists=lists), "shop/list/Nearly all").suppressed


def test_an_unknown_field_to_group_by_is_refused() -> None:
    """The message lists the fields there are."""
    with pytest.raises(UsageProblem, match="There are basis, name"):
        benchmarked(group_by=["colour"])


def test_instruments_of_two_frameworks_are_a_mistake() -> None:
    """Nothing can be compared across frameworks, and not without any instrument."""
    other = msgspec.structs.replace(FRAMEWORK, version="2.0.0")
    for instruments in ([], [INSTRUMENTS[0], instrument(other, "club")]):
        with pytest.raises(ValueError, match="one framework"):
            benchmark(instruments, [], Request(created=CREATED))


def test_respondent_types_stay_apart() -> None:
    """Clubs do not enter the figures of shops, even under the same name; types stand in the framework's order."""
    clubs = [Spec(f"Org {at}", (str(at % 3), "", ""), who="club") for at in range(5)]
    found = benchmarked(*six(), *clubs, instruments=INSTRUMENTS[::-1])
    assert [(each.id, each.groups[0].counts.used) for each in found.respondents] == [("shop", 6), ("club", 5)]
    assert found.respondent("club") == found.respondents[1]
    assert found.respondent("pub") is None


# Whatever the returns


_CODES = st.sampled_from(["0", "1", "2", "3", "NA", "DK", ""])
_SPECS = st.lists(
    st.tuples(
        st.tuples(_CODES, _CODES, _CODES),
        st.none() | st.integers(0, 250).map(float),
        st.sampled_from(["north", "south", "west", ""]),
        st.sampled_from(["street", "town", ""]),
        st.sampled_from(["yes", "yes", "yes", "yes", "no", ""]),
    ),
    min_size=4,
    max_size=40,
).map(lambda drawn: [Spec(f"Org {at}", *parts) for at, parts in enumerate(drawn)])


@settings(derandomize=True, max_examples=40)
@given(_SPECS, st.randoms(use_true_random=False))
def test_the_order_of_returns_does_not_matter(specs: list[Spec], random: Any) -> None:
    """Any permutation of the returns of different organisations gives the very same release."""
    shuffled = list(specs)
    random.shuffle(shuffled)
    assert msgspec.json.encode(benchmarked(*specs)) == msgspec.json.encode(benchmarked(*shuffled))


def _within(spec: Spec, group: Group) -> bool:
    if group.field == "region":
        return (spec.region.title() or "Not stated") == group.label
    if group.field == "size":
        size = "Not stated" if spec.income is None else "Large" if spec.income >= 100 else "Small"
        return size == group.label
    return True


@settings(derandomize=True, max_examples=40)
@given(_SPECS, st.sampled_from([LOW, Thresholds()]))
def test_nothing_is_published_below_the_threshold(specs: list[Spec], thresholds: Thresholds) -> None:
    """Counted independently, every figure shown has enough contributors, of whom more than one say something else."""
    used = [spec for spec in specs if spec.share == "yes" and any(spec.answers)]
    least, besides = thresholds.mean + thresholds.besides_reader, int(thresholds.besides_reader)
    for group in shop(benchmarked(*specs, thresholds=thresholds)).groups:
        members = [spec for spec in used if _within(spec, group)]
        for each in group.statistics:
            if not each.figure.shown:
                assert each.figure == HIDDEN
                continue
            given_by = _given(each.item, each.among, members)
            if given_by is None:
                assert (each.figure.n or 0) >= least
                assert len(members) >= least
                continue
            assert each.figure.n == len(given_by) >= least
            assert len(given_by) - max(map(given_by.count, given_by)) > besides


def _given(item: str, among: tuple[str, ...], members: Sequence[Spec]) -> list[str] | None:
    """What members gave to a question or a measure; none for other items."""
    alike = [spec for spec in members if not among or spec.basis.title() == among[0]]
    if item.startswith("M-"):
        return [str(spec.income) for spec in alike if spec.income is not None]
    if item in (asked := ("A-1", "A-2", "B-3")):
        answers = [spec.answers[asked.index(item)] for spec in alike]
        return [code for code in answers if code in ("0", "1", "2", "3")]
    return None


@settings(derandomize=True, max_examples=30)
@given(_SPECS)
def test_returns_without_consent_never_influence_a_figure(specs: list[Spec]) -> None:
    """Leaving them out changes the counts of what came in, and nothing else."""
    with_all, with_some = benchmarked(*specs), benchmarked(*(spec for spec in specs if spec.share == "yes"))
    for one, other in zip(shop(with_all).groups, shop(with_some).groups, strict=True):
        assert one.statistics == other.statistics
        assert one.counts.used == other.counts.used
    assert shop(with_all).separations == shop(with_some).separations
