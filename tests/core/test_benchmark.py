"""Returns are selected, grouped and compared, and no organisation can be told from the outcome."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core.benchmark import Benchmark, Excluded, Group, Statistic, benchmark
from kil_xlsx.core.disclosure import HIDDEN, Figure, Rules
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import instrument
from kil_xlsx.core.readings import FileInfo, Identity, Reading
from kil_xlsx.core.returns import Entry, Key, Return, State
from kil_xlsx.core.scoring import score
from kil_xlsx.errors import UsageProblem

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
        {"id": f"{section}-{number}", "respondent": who, "section": section, "label": f"About {number}", "text": "How?"}
        for who, section, number in (("shop", "A", 1), ("shop", "A", 2), ("shop", "B", 3), ("club", "A", 4))
    ],
    "units": [{"id": "GBP", "label": "£", "format": "#,##0"}],
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


def _reading(spec: Spec) -> Reading:
    mine = next(each for each in INSTRUMENTS if each.respondent.id == spec.who)
    entries = [
        Entry(key=Key(field), state=State.ANSWERED, text=text)
        for field, text in (("name", spec.name), ("number", spec.number))
        if text
    ]
    for field, code in (("share", spec.share), ("region", spec.region), ("basis", spec.basis)):
        if code:
            entries.append(Entry(key=Key(field), state=State.ANSWERED, code=code))
    if spec.income is not None:
        entries.append(Entry(key=Key("income"), state=State.ANSWERED, value=spec.income))
    special = {"NA": State.NOT_APPLICABLE, "DK": State.DONT_KNOW}
    for question, code in zip(mine.questions, spec.answers, strict=False):
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
    return Reading(_file(spec.name), problems=(), identity=identity, ret=ret, result=score(mine, ret))


def _file(name: str) -> FileInfo:
    return FileInfo(name=f"{name}.xlsx", sha256="", size=1, kind="xlsx", application="")


def _benchmark(*specs: Spec, **options: Any) -> Benchmark:
    return benchmark(INSTRUMENTS, [_reading(spec) for spec in specs], **options)


def _group(found: Benchmark, identifier: str) -> Group:
    return next(group for respondent in found.respondents for group in respondent.groups if group.id == identifier)


def _figure(group: Group, item: str, among: tuple[str, ...] = ()) -> Figure:
    return next(each.figure for each in _statistics(group) if (each.item, each.among) == (item, among))


def _statistics(group: Group) -> Iterator[Statistic]:
    yield from (*group.overall, *group.sections, *group.questions, *group.measures)


def _six(**changes: Any) -> list[Spec]:
    return [Spec(f"Org {at}", (str(at % 4), str(at % 3), "2" if at else "1"), 10.0 * at, **changes) for at in range(6)]


def test_quartiles_of_everything_agree_with_the_standard_library() -> None:
    """Sections, overall, questions and measures have the quartiles of the returns' own results."""
    readings = [_reading(spec) for spec in _six()]
    group = _group(benchmark(INSTRUMENTS, readings), "shop/all")
    results = [reading.result for reading in readings if reading.result]
    for item, values in {
        "overall": [result.overall for result in results],
        "A": [result.sections["A"].score for result in results],
        "A-1": [result.questions["A-1"].value for result in results],
        "M-ALL": [result.measures["M-ALL"].value for result in results],
    }.items():
        figure = _figure(group, item)
        expected = statistics.quantiles([value for value in values if value is not None], n=4, method="inclusive")
        assert [figure.lower_quartile, figure.median, figure.upper_quartile] == pytest.approx(expected, abs=1e-6)
        assert figure.n == 6


def test_worked_example_of_a_distribution() -> None:
    """Levels are shares of those who answered, and special answers are not imputed even where scores count them."""
    answers = ["0", "1", "1", "3", "3", "NA", "DK", ""]
    found = _benchmark(*(Spec(f"Org {at}", (code, "2", "2")) for at, code in enumerate(answers)))
    figure = _figure(_group(found, "shop/all"), "A-1")
    assert figure.levels is not None
    assert figure.aside is not None
    assert [level.share for level in figure.levels] == [0.2, 0.4, 0.0, 0.4]
    assert (figure.n, figure.median) == (5, 1.0)
    assert (figure.aside.not_applicable, figure.aside.dont_know, figure.aside.unanswered) == (1, 1, 1)


def test_a_measure_needs_its_own_five_values() -> None:
    """In a group that is large enough, a measure that only four could give is held back."""
    specs = [spec._replace(income=None) if at < 2 else spec for at, spec in enumerate(_six())]
    group = _group(_benchmark(*specs), "shop/all")
    assert group.counts.used == 6
    assert _figure(group, "M-ALL") == HIDDEN
    assert _figure(group, "A-1").shown


def test_a_unanimous_question_is_held_back() -> None:
    """If all answer alike, neither the distribution nor the median is shown."""
    group = _group(
        _benchmark(*(spec._replace(answers=("1", "2", str(at % 2))) for at, spec in enumerate(_six()))), "shop/all"
    )
    assert _figure(group, "A-1") == HIDDEN
    assert _figure(group, "B-3").shown


def test_measures_that_are_not_for_comparison_are_absent() -> None:
    """A measure with the benchmark rule 'none' appears nowhere."""
    found = _benchmark(*_six())
    assert "M-NONE" not in {item.id for item in found.respondents[0].items}
    assert all(each.item != "M-NONE" for group in found.respondents[0].groups for each in _statistics(group))


def test_like_with_like_is_compared_per_answer_only() -> None:
    """Such a measure has a figure for each basis and none across; those without a basis take no part."""
    street, town = _six(basis="street"), [spec._replace(name=f"T{spec.name}") for spec in _six(basis="town")]
    town = [spec._replace(income=1000.0 + at) for at, spec in enumerate(town)]
    found = _benchmark(*street, *town, Spec("No basis", income=5e6))
    group = _group(found, "shop/all")
    assert [each.among for each in group.measures if each.item == "M-LIKE"] == [("Street",), ("Town",)]
    assert _figure(group, "M-LIKE", ("Street",)).median == 25.0
    assert _figure(group, "M-LIKE", ("Town",)) == Figure(
        n=6, lower_quartile=1001.25, median=1002.5, upper_quartile=1003.75
    )
    assert _figure(group, "M-ALL").n == 13


def test_counts_of_what_came_in_and_why_not_all_is_used() -> None:
    """Invited, returned and used add up, and every exclusion has its reason."""
    specs = [*_six(), Spec("Org 5"), Spec("No", share="no"), Spec("Blank", share=""), Spec("Old", version="0.9.0")]
    readings = [*map(_reading, specs), Reading(_file("bad"), problems=())]
    found = benchmark(INSTRUMENTS, readings, invited={"shop": 20})
    counts = _group(found, "shop/all").counts
    assert (counts.invited, counts.files, counts.returned, counts.used) == (20, 9, 8, 6)
    assert counts.excluded == Excluded(duplicate=1, consent_blank=1, consent_refused=1)
    assert counts.replaced == 1
    assert (found.files.given, found.files.refused, found.files.not_comparable) == (11, 1, 1)
    assert found.rounds == ("2026",)


@pytest.mark.parametrize(
    "shared", [{"reference": "TT-1", "stamped": ("", "none")}, {"number": "none, GB-1234567"}, {"name": "  ORG   x"}]
)
def test_the_last_return_of_an_organisation_counts(shared: dict[str, Any]) -> None:
    """Returns that share a reference, a registered number or a name are one organisation's."""
    first = Spec("Org X", income=900.0, number="1234567 gb-1234567", reference="tt-1", stamped=("X", ""))
    last = Spec("Other", income=15.0)._replace(**shared)
    group = _group(_benchmark(first, *_six(), last), "shop/all")
    assert (group.counts.returned, group.counts.excluded) == (
        7,
        Excluded(duplicate=1, consent_blank=0, consent_refused=0),
    )
    assert _figure(group, "M-ALL").median == 20.0


def test_copies_of_the_blank_workbook_are_told_apart_by_name() -> None:
    """They share a reference, which is nobody's: seven names are seven organisations, a name twice is one."""
    blanks = [spec._replace(reference="TT-0", number=f"GB-{at}000000") for at, spec in enumerate(_six())]
    seventh = Spec("Seventh", ("3", "2", "1"), reference="TT-0", stamped=(" ", ""))
    counts = _group(_benchmark(*blanks, seventh), "shop/all").counts
    assert (counts.files, counts.returned, counts.used, counts.replaced) == (7, 7, 7, 0)
    again = seventh._replace(name=" SEVENTH ")
    counts = _group(_benchmark(*blanks, seventh, again), "shop/all").counts
    assert (counts.files, counts.returned, counts.used, counts.replaced) == (8, 7, 7, 1)


def test_returns_that_name_nobody_are_never_taken_for_one() -> None:
    """Without a name, a number and a reference of its own, each return stands for itself."""
    nameless = [spec._replace(name="", reference="TT-0") for spec in _six()]
    assert _group(_benchmark(*nameless), "shop/all").counts.returned == 6


def test_replaced_files_are_counted_where_all_is_held_back() -> None:
    """What was left out may not be told of a few organisations; how many files were replaced may."""
    counts = _group(_benchmark(Spec("One"), Spec("Two"), Spec("One")), "shop/all").counts
    assert (counts.used, counts.excluded, counts.replaced) == (None, None, 1)


def test_words_in_place_of_a_number_do_not_make_organisations_one() -> None:
    """Two that both write 'none' for their registered number are still two."""
    assert _group(_benchmark(*_six(number="none, n/a")), "shop/all").counts.returned == 6


def test_a_withdrawn_consent_takes_the_earlier_return_with_it() -> None:
    """The last return decides; an earlier one that agreed is not fallen back upon."""
    group = _group(_benchmark(*_six(), Spec("Org 0", share="no"), Spec("Seventh")), "shop/all")
    assert (group.counts.returned, group.counts.used) == (7, 6)


def test_subgroups_by_choice_and_by_derived_field() -> None:
    """Groups are labelled by the answer; those who gave none form a group of their own."""
    north = [spec._replace(region="north") for spec in _six()]
    large = [spec._replace(name=f"L{spec.name}", region="south", income=200.0 + at) for at, spec in enumerate(_six())]
    found = _benchmark(*north, *large)
    groups = [(group.field, group.value, group.counts.used) for group in found.respondents[0].groups]
    assert groups == [
        ("", "", 12),
        ("region", "North", 6),
        ("region", "South", 6),
        ("region", "West", None),
        ("region", "Not stated", None),
        ("size", "Small", 6),
        ("size", "Large", 6),
        ("size", "Not stated", None),
    ]
    assert _figure(_group(found, "shop/region/south"), "M-ALL").median == 202.5


def test_a_subgroup_held_back_as_a_whole_has_no_figures_at_all() -> None:
    """The next smallest subgroup stays hidden even in a comparison that the small one takes no part in."""
    specs = [Spec(f"N{at}", region="north", basis="town") for at in range(3)]
    specs += [Spec(f"S{at}", region="south", basis="street", income=float(at)) for at in range(6)]
    specs += [Spec(f"W{at}", region="west", basis="street", income=float(at)) for at in range(20)]
    found = _benchmark(*specs)
    assert _figure(_group(found, "shop/all"), "M-LIKE", ("Street",)).n == 26
    south = _group(found, "shop/region/south")
    assert south.suppressed
    assert not list(_statistics(south))


def test_subgroups_do_not_tell_who_returned() -> None:
    """For subgroups only those used are counted: where the others belong is theirs to keep."""
    counts = _group(
        _benchmark(*_six(region="north"), Spec("N", region="north", share="no")), "shop/region/north"
    ).counts
    assert (counts.used, counts.returned, counts.invited, counts.excluded) == (6, None, None, None)
    assert counts.replaced is None


def test_grouping_by_a_named_field_replaces_the_frameworks_own() -> None:
    """Fields asked for are used in the order given; types without peer groups of their own take part."""
    found = _benchmark(*_six(basis="town"), group_by=["basis"])
    assert [[group.field for group in each.groups] for each in found.respondents] == [["", *["basis"] * 3]] * 2


def test_grouping_by_a_field_of_names_tells_no_names() -> None:
    """An open field lists only answers whose group is large enough, so no name is published."""
    found = _benchmark(*_six(), group_by=["name"])
    assert [group.value for group in found.respondents[0].groups] == ["", "Not stated"]


def test_an_unknown_field_to_group_by_is_refused() -> None:
    """The message lists the fields there are."""
    with pytest.raises(UsageProblem, match="There are basis, name"):
        _benchmark(group_by=["colour"])


def test_instruments_of_two_frameworks_are_a_mistake() -> None:
    """Nothing can be compared across frameworks, and not without any instrument."""
    other = msgspec.structs.replace(FRAMEWORK, version="2.0.0")
    for instruments in ([], [INSTRUMENTS[0], instrument(other, "club")]):
        with pytest.raises(ValueError, match="one framework"):
            benchmark(instruments, [])


def test_respondent_types_stay_apart() -> None:
    """Clubs do not enter the figures of shops, even under the same name."""
    clubs = [Spec(f"Org {at}", (str(at % 3), "", ""), who="club") for at in range(5)]
    found = _benchmark(*_six(), *clubs)
    assert [_group(found, f"{who}/all").counts.used for who in ("shop", "club")] == [6, 5]


def test_a_stricter_threshold_may_be_asked_for() -> None:
    """The rules given replace the framework's threshold and are stated in the method."""
    found = _benchmark(*_six(), rules=Rules(least_group_size=10))
    assert _group(found, "shop/all").suppressed
    assert found.method.least_group_size == 10
    assert "at least 10" in found.method.suppression


def test_a_framework_without_a_consent_field_compares_nobody() -> None:
    """Where nobody was asked, nobody has agreed."""
    profile = tuple(field for field in FRAMEWORK.profile if field.role != "consent")
    mine = instrument(msgspec.structs.replace(FRAMEWORK, profile=profile), "shop")
    counts = benchmark([mine], map(_reading, _six())).respondents[0].groups[0].counts
    assert (counts.returned, counts.used, counts.excluded) == (6, None, None)


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


@settings(derandomize=True, max_examples=40, deadline=None)
@given(_SPECS, st.randoms(use_true_random=False))
def test_the_order_of_returns_does_not_matter(specs: list[Spec], random: Any) -> None:
    """Any permutation of the returns of different organisations gives the very same benchmark."""
    shuffled = list(specs)
    random.shuffle(shuffled)
    assert msgspec.json.encode(_benchmark(*specs)) == msgspec.json.encode(_benchmark(*shuffled))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(_SPECS)
def test_nothing_is_published_below_the_threshold(specs: list[Spec]) -> None:
    """Counted independently, every figure shown has five contributors or more who did not all say the same."""
    used = [spec for spec in specs if spec.share == "yes"]
    for group in _benchmark(*specs).respondents[0].groups:
        members = [spec for spec in used if _within(spec, group)]
        for each in _statistics(group):
            if not each.figure.shown:
                assert each.figure == HIDDEN
                continue
            alike = [spec for spec in members if not each.among or spec.basis.title() == each.among[0]]
            if each.item.startswith("M-"):
                given = [str(spec.income) for spec in alike if spec.income is not None]
            elif "-" in each.item:
                at = ("A-1", "A-2", "B-3").index(each.item)
                given = [spec.answers[at] for spec in alike if spec.answers[at] in ("0", "1", "2", "3")]
            else:
                assert (each.figure.n or 0) >= 5
                assert len(members) >= 5
                continue
            assert each.figure.n == len(given) >= 5
            assert len(set(given)) > 1


def _within(spec: Spec, group: Group) -> bool:
    if group.field == "region":
        return (spec.region.title() or "Not stated") == group.value
    if group.field == "size":
        size = "Not stated" if spec.income is None else "Large" if spec.income >= 100 else "Small"
        return size == group.value
    return True


@settings(derandomize=True, max_examples=30, deadline=None)
@given(_SPECS)
def test_returns_without_consent_never_influence_a_figure(specs: list[Spec]) -> None:
    """Leaving them out changes the counts of what came in, and nothing else."""
    with_all, with_some = _benchmark(*specs), _benchmark(*(spec for spec in specs if spec.share == "yes"))
    for one, other in zip(with_all.respondents[0].groups, with_some.respondents[0].groups, strict=True):
        assert list(_statistics(one)) == list(_statistics(other))
        assert one.counts.used == other.counts.used
