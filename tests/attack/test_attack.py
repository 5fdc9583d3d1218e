"""Nothing that is published gives an organisation away; and every attack finds what is there to be found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any

import msgspec
import pytest
from attack.attack import Finding, attack
from attack.knowledge import Round, rounds
from attack.linear import Equation, System
from attack.tiny import GROUP_BY, INSTRUMENT, Shop, crowd, parents, reading, year_after
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kil_xlsx.core.benchmark import Request, benchmark
from kil_xlsx.core.release_log import ReleaseLog

Json = dict[str, Any]

AMOUNTS = ("GBP",)
CREATED = date(2026, 4, 1)


def known(shops: Sequence[Shop], lists: dict[str, list[str]] | None = None) -> list[Round]:
    """What an attacker knows of the shops."""
    return rounds(
        [INSTRUMENT], [reading(each) for each in shops], group_by=GROUP_BY, parents=parents(shops), lists=lists
    )


def releases(*collections: Sequence[Shop], ignore_log: bool = False) -> list[Json]:
    """A release of each collection, one after the other, as anybody can read them."""
    log = ReleaseLog()
    found: list[Json] = []
    for shops in collections:
        request = Request(
            created=CREATED,
            parents={("name", name.casefold()): parent for name, parent in parents(shops).items()},
            log=log,
            ignore_log=ignore_log,
            digest=repr(shops),
        )
        made = benchmark([INSTRUMENT], [reading(each) for each in shops], request)
        log = log.with_release(made.logged)
        found.append(json.loads(msgspec.json.encode(made.release)))
    return found


def findings(*collections: Sequence[Shop], made: Sequence[Json] | None = None, **options: Any) -> list[Finding]:
    """What can be found out from releases of these collections."""
    knowledge = [known(shops) for shops in collections]
    return attack(made or releases(*collections), knowledge, amounts=AMOUNTS, **options)


def told(found: Sequence[Finding]) -> str:
    """Findings as a failing test shows them."""
    return "\n".join(map(str, found[:10]))


# Random collections

# Collections come from a seed: a failing one is told by its number, and there is nothing to gain from shrinking it.
_SEEDS = st.integers(0, 2**31)
_SIZES = st.sampled_from([8, 12, 14, 20, 26, 33, 40])
_PHASES = (Phase.explicit, Phase.generate)


@settings(derandomize=True, max_examples=300, phases=_PHASES)
@given(_SEEDS, _SIZES)
def test_nothing_is_recovered_from_a_release(seed: int, size: int) -> None:
    """Subtraction, leave-one-out, unanimity, dominance and thresholds find nothing, whoever is in which group."""
    found = findings(crowd(Random(seed), size), scores=False)
    assert not found, told(found)


@settings(derandomize=True, max_examples=60, phases=_PHASES)
@given(_SEEDS, _SIZES)
def test_nothing_is_recovered_from_scores_and_their_questions(seed: int, size: int) -> None:
    """Means of questions and of the scores made of them do not come down to single answers."""
    found = [each for each in findings(crowd(Random(seed), size)) if "scores" in each.kind or "items" in each.kind]
    assert not found, told(found)


def _sparse(rng: Random, count: int) -> list[Shop]:
    """A collection in which hardly anybody answered one question of a section, or all answered one alike."""
    shops = crowd(rng, count)
    alone, alike = rng.choice(((0, 1), (1, 0))), rng.choice("02")
    few = rng.choice((0, 1, 2, 4, count // 3, count))
    for at, each in enumerate(shops):
        answers = list(each.answers)
        if at >= few:
            answers[alone[0]] = rng.choice(("DK", "NA", ""))
        if rng.random() < 0.97:
            answers[alone[1]] = alike if few > 2 else rng.choice("012")
        shops[at] = each._replace(answers=(answers[0], answers[1], answers[2]))
    return shops


@settings(derandomize=True, max_examples=60, phases=_PHASES)
@given(_SEEDS, _SIZES)
def test_nothing_is_recovered_from_sections_with_gaps(seed: int, size: int) -> None:
    """Questions that few answered, or that all answered alike, do not follow from the mean of their section."""
    found = [each for each in findings(_sparse(Random(seed), size)) if "scores" in each.kind or "items" in each.kind]
    assert not found, told(found)


@settings(derandomize=True, max_examples=80, phases=_PHASES)
@given(_SEEDS, st.sampled_from([12, 20, 26, 33]), st.sampled_from(["a", "a", "ab"]))
def test_nothing_is_recovered_from_releases_taken_together(seed: int, size: int, years: str) -> None:
    """Joiners, leavers and changed answers between two or three releases give nobody away."""
    rng = Random(seed)
    collections = [crowd(rng, size)]
    for mark in years:
        collections.append(year_after(rng, collections[-1], mark))
    found = findings(*collections, scores=False)
    assert not found, told(found)


# Leaks that are planted


def _many(count: int = 24) -> list[Shop]:
    """Shops whose regions are of different sizes: the south is the smallest."""
    made = []
    for at in range(count):
        region = "south" if at < 3 else "north" if at % 2 else "west"
        made.append(
            Shop(
                name=f"Shop {at}",
                answers=(str(at % 3), str(at // 2 % 3), str(at * 7 % 5 % 3)),
                income=1000.0 + 137.0 * at,
                region=region,
                form="shop" if at % 3 else "stall",
                setting="town" if at % 4 < 2 else "village",
                basis="street",
            )
        )
    return made


def _statistic(release: Json, group: str, item: str) -> Json:
    """The figure of an item in a group."""
    for each in release["respondents"][0]["groups"]:
        if each["id"] == group:
            return next(one["figure"] for one in each["statistics"] if one["item"] == item)
    raise KeyError(group)


def _plant(release: Json, collection: Sequence[Shop], group: str, item: str, **parts: Any) -> None:
    """Publish an item in a group whatever the rules say: the true figure, worked out again, and ``parts``."""
    mine = known(collection)[0]
    members = mine.contributors(group, item)
    values = [mine.topics[item].values[each] for each in members]
    numbers = sorted(value for value, _ in values if value is not None)
    respondent = release["respondents"][0]
    topic = next(each for each in respondent["items"] if each["id"] == item)
    place = next(each for each in respondent["groups"] if each["id"] == group)
    figure: Json = dict.fromkeys(
        ("n", "mean", "median", "lower_quartile", "upper_quartile", "p10", "p90", "levels", "aside")
    )
    figure |= {"n": len(members), "mean": sum(numbers) / len(numbers)}
    if parts.pop("spread", False):
        figure["levels"] = [
            {"code": level["code"], "count": sum(code == level["code"] for _, code in values), "share": 0.0}
            for level in topic["levels"]
        ]
    figure |= parts
    place["statistics"] = [each for each in place["statistics"] if each["item"] != item]
    place["statistics"].append({"item": item, "among": [], "figure": figure})


def _caught(found: Sequence[Finding], kind: str, whom: set[str]) -> bool:
    return any(each.kind == kind and each.whom == whom for each in found)


def test_the_planted_collection_is_sound_as_it_is() -> None:
    """Without a planted leak there is nothing to find in it, so what is found below is the planted one."""
    assert not findings(_many(), scores=False)


def test_a_group_left_over_by_subtraction_is_recovered() -> None:
    """With both large regions shown beside the whole, the three shops of the south follow."""
    collection = _many()
    (release,) = releases(collection)
    for region in ("north", "west"):
        _plant(release, collection, f"shop/region/{region}", "A-1")
    _plant(release, collection, "shop/all", "A-1")
    found = findings(collection, made=[release], scores=False)
    assert _caught(found, "mean by subtraction", {"Shop 0", "Shop 1", "Shop 2"})
    recovered = next(each for each in found if each.kind == "mean by subtraction")
    assert abs(float(recovered.told.split()[0])) == pytest.approx(0 + 1 + 2, abs=1e-4)


def test_a_distribution_left_over_by_subtraction_is_recovered() -> None:
    """Two distributions that differ by nine shops give those of nine away, though a mean of nine may be known."""
    collection = [each._replace(setting="village" if at < 9 else "town") for at, each in enumerate(_many())]
    (release,) = releases(collection)
    for group in ("shop/all", "shop/setting/town"):
        _plant(release, collection, group, "A-1", spread=True)
    found = findings(collection, made=[release], scores=False)
    assert _caught(found, "distribution by subtraction", {f"Shop {at}" for at in range(9)})
    assert not any(each.kind == "mean by subtraction" for each in found)


def test_a_member_takes_its_own_answer_away() -> None:
    """A mean of five shops is one of four others to each of them, and no threat to anybody outside."""
    collection = [each._replace(region="south" if at < 5 else "north") for at, each in enumerate(_many())]
    (release,) = releases(collection)
    for each in release["respondents"][0]["groups"]:
        each["statistics"] = [one for one in each["statistics"] if one["item"] != "A-1"]
    _plant(release, collection, "shop/region/south", "A-1")
    assert _caught(
        findings(collection, made=[release], scores=False), "mean by subtraction", {f"Shop {at}" for at in range(5)}
    )
    outside = findings(collection, made=[release], scores=False, outsider=True)
    assert not outside, told(outside)


def test_a_longer_combination_is_recovered() -> None:
    """Four groups of two fields, none of them nested in another, come down to a pair of shops."""
    cells = [("north", "shop")] * 7 + [("north", "stall")] * 8 + [("south", "shop")] * 7 + [("south", "stall")] * 2
    collection = [
        each._replace(region=region, form=form, setting="town" if region == "north" or form == "shop" else "village")
        for each, (region, form) in zip(_many(), cells, strict=True)
    ]
    (release,) = releases(collection)
    for group in ("shop/all", "shop/setting/town"):
        _plant(release, collection, group, "A-1")
    found = findings(collection, made=[release], scores=False)
    assert _caught(found, "mean by subtraction", {"Shop 22", "Shop 23"})


def test_a_parent_of_several_counts_once() -> None:
    """A group of eight that belong to two parents is two bodies."""
    collection = [
        each._replace(region="north", parent=f"Parent {at % 2}" if at < 8 else "") for at, each in enumerate(_many())
    ]
    collection = [each._replace(form="shop" if at < 8 else "stall") for at, each in enumerate(collection)]
    (release,) = releases(collection)
    _plant(release, collection, "shop/form/shop", "A-1")
    found = findings(collection, made=[release], scores=False)
    assert _caught(found, "threshold", {f"Shop {at}" for at in range(8)})


def test_a_newcomer_is_recovered_from_two_releases() -> None:
    """If nobody minds the log, the difference of two releases is the answer of the one that joined."""
    before = _many()
    after = [*before, Shop("Newcomer", ("2", "0", "1"), region="north", form="shop", setting="town")]
    found = findings(before, after, made=releases(before, after, ignore_log=True), scores=False)
    assert _caught(found, "mean by subtraction", {"Newcomer"})
    newcomer = next(each for each in found if each.whom == {"Newcomer"} and "A-1" in each.about)
    assert abs(float(newcomer.told.split()[0])) == pytest.approx(2, abs=1e-4)


def test_a_changed_answer_is_recovered_from_two_releases() -> None:
    """If nobody minds the log, the change of a single answer shows, and who did not change is not accused."""
    before = _many()
    after = [each._replace(answers=("2", *each.answers[1:])) if each.name == "Shop 9" else each for each in before]
    found = findings(before, after, made=releases(before, after, ignore_log=True), scores=False)
    assert {each.whom for each in found if each.kind == "mean by subtraction"} == {frozenset({"Shop 9"})}


def test_a_unanimous_group_is_noticed() -> None:
    """A figure of a group that all said the same, or all but one, tells what they said."""
    for odd in (0, 1):
        collection = [
            each._replace(answers=("1" if at >= odd else "0", *each.answers[1:])) for at, each in enumerate(_many())
        ]
        (release,) = releases(collection)
        _plant(release, collection, "shop/all", "A-1")
        found = findings(collection, made=[release], scores=False)
        assert _caught(found, "unanimous", {f"Shop {at}" for at in range(odd, 24)})


def test_a_unanimous_difference_is_noticed() -> None:
    """The whole without a large part is a group that all gave the highest answer: its sum says so."""
    collection = [
        each._replace(region="north" if at < 16 else "", answers=("2" if at >= 16 else each.answers[0], "1", "0"))
        for at, each in enumerate(_many())
    ]
    (release,) = releases(collection)
    for group in ("shop/all", "shop/region/north"):
        _plant(release, collection, group, "A-1")
    assert _caught(
        findings(collection, made=[release], scores=False),
        "unanimous by subtraction",
        {f"Shop {at}" for at in range(16, 24)},
    )


@pytest.mark.parametrize(
    ("parts", "kind"),
    [({"p10": 0.0}, "threshold"), ({"lower_quartile": 1.0}, "threshold"), ({"minimum": 0.0}, "extreme")],
)
def test_parts_that_need_more_organisations_are_noticed(parts: Json, kind: str) -> None:
    """A percentile of twenty, a quartile of ten and a minimum of any number are one too few, or never to be shown."""
    count = 20 if "p10" in parts else 10 if "lower_quartile" in parts else 24
    collection = _many(count)
    (release,) = releases(collection)
    _plant(release, collection, "shop/all", "A-1", **parts)
    assert _caught(findings(collection, made=[release], scores=False), kind, {each.name for each in collection})


def test_a_mean_that_two_amounts_dominate_is_noticed() -> None:
    """Two shops with nearly all the money could be told from the mean."""
    collection = [each._replace(income=9e6 - at if at < 2 else each.income) for at, each in enumerate(_many())]
    (release,) = releases(collection)
    _plant(release, collection, "shop/all", "M-ALL")
    found = findings(collection, made=[release], scores=False)
    assert _caught(found, "dominance", {"Shop 0", "Shop 1"})


def test_the_size_of_a_small_group_is_recovered() -> None:
    """If all regions but one tell how many there are, the last one follows from the whole."""
    collection = _many()
    (release,) = releases(collection)
    mine = known(collection)[0]
    for group in release["respondents"][0]["groups"]:
        if group["id"] in ("shop/region/north", "shop/region/west"):
            group["counts"]["used"] = len(mine.groups[group["id"]])
    found = findings(collection, made=[release], scores=False)
    assert _caught(found, "count by subtraction", {"Shop 0", "Shop 1", "Shop 2"})


def test_an_answer_is_recovered_from_a_score_and_its_questions() -> None:
    """Where a single shop left a gap, exact means of a section and of its questions tell what it did answer."""
    collection = [each._replace(answers=("2", "", "1")) if each.name == "Shop 7" else each for each in _many()]
    (release,) = releases(collection)
    for item in ("A", "A-1", "A-2"):
        _plant(release, collection, "shop/all", item)
    found = findings(collection, made=[release])
    assert _caught(found, "scores", {"Shop 7"})


def _gaps(count: int = 24, *, first: str = "", without: int = 0, alone: bool = False) -> list[Shop]:
    """Shops some of which said that they don't know to the second question; none stands out otherwise."""
    made = []
    for at, each in enumerate(_many(count)):
        second = "DK" if (at > 0 if alone else at < without) else each.answers[1]
        made.append(each._replace(answers=(first or each.answers[0], second, each.answers[2])))
    return made


def test_an_answer_that_one_shop_gave_is_recovered() -> None:
    """A question held back, as only one answered it, follows from the section's mean and the other question's."""
    collection = _gaps(alone=True)
    (release,) = releases(collection)
    assert _statistic(release, "shop/all", "A-1")["mean"] is not None
    assert _statistic(release, "shop/all", "A-2")["n"] is None
    assert not findings(collection, made=[release])
    _plant(release, collection, "shop/all", "A")
    assert _caught(findings(collection, made=[release]), "scores", {"Shop 0"})


@pytest.mark.parametrize("level", ["0", "2"])
def test_a_unanimous_question_is_recovered_from_its_section(level: str) -> None:
    """What all said, held back, follows from the section's mean, though some said that they don't know to another."""
    collection = _gaps(first=level, without=8)
    (release,) = releases(collection)
    assert _statistic(release, "shop/all", "A-1")["n"] is None
    assert _statistic(release, "shop/all", "A-2")["mean"] is not None
    assert not findings(collection, made=[release])
    _plant(release, collection, "shop/all", "A")
    everybody = {each.name for each in collection}
    assert _caught(findings(collection, made=[release]), "unanimous across items", everybody)


def test_answers_that_differ_are_not_taken_for_unanimous() -> None:
    """Where two said something else, the same sum says nothing of anybody."""
    collection = _gaps(first="2", without=8)
    collection[10:12] = [each._replace(answers=("0", *each.answers[1:])) for each in collection[10:12]]
    (release,) = releases(collection)
    _plant(release, collection, "shop/all", "A")
    assert not any(each.kind == "unanimous across items" for each in findings(collection, made=[release]))


def test_an_attacker_that_is_mistaken_fails() -> None:
    """What is worked out is held against the truth: an attack on other numbers than were published finds nothing."""
    collection = _many()
    (release,) = releases(collection)
    for region in ("north", "west"):
        _plant(release, collection, f"shop/region/{region}", "A-1")
    _statistic(release, "shop/all", "A-1")["mean"] += 0.3
    with pytest.raises(AssertionError, match="but the truth is"):
        findings(collection, made=[release], scores=False)


# The algebra

_ROWS = st.lists(st.lists(st.booleans(), min_size=9, max_size=9), min_size=1, max_size=5)


@settings(derandomize=True, max_examples=60)
@given(_ROWS, st.integers(1, 4), st.lists(st.integers(0, 5), min_size=9, max_size=9))
def test_the_two_searches_agree(rows: list[list[bool]], most: int, owners: list[int]) -> None:
    """Whatever combinations of -1, 0 and 1 come down to holds a set that the exact search has found."""
    equations = [
        Equation(str(at), {column: 1 for column, inside in enumerate(row) if inside}, (0.0,))
        for at, row in enumerate(rows)
    ]
    system = System(tuple(equations), lambda unknown: str(owners[unknown]))  # type: ignore[index]
    isolated = [frozenset(each.terms) for each in system.isolated(most, budget=10**6)]
    for combination in system.small_signed(most):
        assert any(known <= combination.terms.keys() for known in isolated)
    for each in system.isolated(most, budget=10**6):
        assert 0 < len(system.owned_by(each)) <= most
