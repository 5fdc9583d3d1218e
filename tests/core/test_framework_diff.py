"""What changed between two versions of a framework, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import two_versions
from two_versions import framework

from kil_xlsx.core.framework_diff import Effect, FrameworkDiff, framework_diff

SAFE, MAP, BREAKS, REFUSED = Effect.SAFE, Effect.MAP, Effect.BREAKS, Effect.REFUSED


def changed(change: Callable[[dict[str, Any]], object]) -> FrameworkDiff:
    """What the comparison says after one change to the first version."""
    data = two_versions.old()
    data["version"] = "1.0.1"
    change(data)
    return framework_diff(framework(two_versions.old()), framework(data))


def test_a_version_does_not_differ_from_itself() -> None:
    """Without a change there is nothing to say."""
    diff = changed(lambda data: None)
    assert diff.changes == () and diff.breaking == 0
    assert (diff.framework, diff.old, diff.new) == ("tiny", "1.0.0", "1.0.1")


def test_different_frameworks_are_not_compared() -> None:
    """Two frameworks with different ids are no versions of each other."""
    with pytest.raises(ValueError, match="different frameworks"):
        changed(lambda data: data.update(id="other"))


def question(data: dict[str, Any], name: str = "Q-SAME") -> dict[str, Any]:
    return next(each for each in data["questions"] if each["id"] == name)


def entry(data: dict[str, Any], key: str, name: str) -> dict[str, Any]:
    return next(each for each in data[key] if each["id"] == name)


def without(data: dict[str, Any], key: str, name: str) -> None:
    data[key] = [each for each in data[key] if each["id"] != name]


def moved(data: dict[str, Any]) -> None:
    data["questions"].insert(0, data["questions"].pop())


def reused(data: dict[str, Any]) -> None:
    without(data, "questions", "Q-GONE")
    data["measures"].append({**data["measures"][0], "id": "Q-GONE"})


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], set[tuple[Effect, str]]]] = {
    "help": (lambda data: question(data).update(help="More."), {(SAFE, "Q-SAME")}),
    "order within a section": (moved, {(SAFE, "A")}),
    "guidance": (lambda data: data.update(subtitle="Another"), {(SAFE, "subtitle")}),
    "a new figure": (
        lambda data: data["inputs"].append({**data["inputs"][0], "id": "more", "code": "I8"}), {(SAFE, "more")},
    ),
    "a wider range": (lambda data: entry(data, "inputs", "narrow").update(maximum=90_000), {(SAFE, "narrow")}),
    "bands in other words": (lambda data: data["scoring"].update(decimals=1), {(SAFE, "decimals")}),
    "a check": (
        lambda data: data.update(checks=[{"id": "X1", "rule": "spend > 0", "severity": "query", "message": "Hm."}]),
        {(SAFE, "X1")},
    ),
    "a label of a section": (lambda data: data["sections"][0].update(label="One"), {(SAFE, "A")}),
    "a removed question": (
        lambda data: without(data, "questions", "Q-GONE"), {(MAP, "Q-GONE"), (BREAKS, "Q-GONE")},
    ),
    "a removed figure": (lambda data: without(data, "inputs", "narrow"), {(MAP, "narrow")}),
    "a removed column": (
        lambda data: data["input_tables"][0]["columns"].pop(), {(MAP, "tenants.colour")},
    ),
    "a removed table": (lambda data: data.update(input_tables=[]), {(MAP, "tenants")}),
    "a removed code": (
        lambda data: entry(data, "choice_lists", "five")["choices"].pop(), {(MAP, "five"), (BREAKS, "five")},
    ),
    "another list": (
        lambda data: question(data, "Q-CODES").update(choices="scale"), {(MAP, "Q-CODES"), (BREAKS, "Q-CODES")},
    ),
    "another type": (
        lambda data: entry(data, "profile", "kind").update(type="date"), {(MAP, "kind"), (BREAKS, "kind")},
    ),
    "another wording": (lambda data: question(data).update(text="Is it so?"), {(BREAKS, "Q-SAME")}),
    "other levels": (lambda data: question(data).update(levels={"1": "Some."}), {(BREAKS, "Q-SAME")}),
    "another section": (lambda data: question(data).update(section="B"), {(BREAKS, "Q-SAME")}),
    "another weight": (lambda data: question(data).update(weight=2), {(BREAKS, "Q-SAME")}),
    "a new question": (
        lambda data: data["questions"].append({**question(data), "id": "Q-MORE"}), {(BREAKS, "Q-MORE")},
    ),
    "another value": (
        lambda data: entry(data, "choice_lists", "scale")["choices"][1].update(value=1.5), {(BREAKS, "scale")},
    ),
    "another level": (
        lambda data: entry(data, "choice_lists", "scale")["choices"].append({"code": "3", "label": "More", "value": 3}),
        {(BREAKS, "scale")},
    ),
    "another rule": (lambda data: data["scoring"]["section"].update(multiply=25), {(BREAKS, "section")}),
    "another overall": (lambda data: data["scoring"]["overall"].update(least_sections=2), {(BREAKS, "overall")}),
    "a section's rule": (lambda data: data["sections"][0].update(weight=3), {(BREAKS, "A")}),
    "another formula": (lambda data: data["measures"][0].update(formula="3 * spend"), {(BREAKS, "M-1")}),
    "another unit": (lambda data: entry(data, "inputs", "spend").update(unit="thousands"), {(BREAKS, "spend")}),
    "a unit that means something else": (lambda data: data["units"][0].update(label="€"), {(BREAKS, "gbp")}),
    "a narrower range": (lambda data: entry(data, "inputs", "spend").update(maximum=5), {(BREAKS, "spend")}),
    "fewer rows": (lambda data: data["input_tables"][0].update(rows=2), {(BREAKS, "tenants")}),
    "more rows": (lambda data: data["input_tables"][0].update(rows=4), {(SAFE, "tenants")}),
    "an id used again": (reused, {(REFUSED, "Q-GONE")}),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_classed(name: str) -> None:
    """A change is safe, needs a map, breaks comparability, or is refused; nothing else is said to have changed."""
    change, expected = CHANGES[name]
    diff = changed(change)
    assert {(each.effect, each.what) for each in diff.changes} == expected
    assert bool(diff.breaking) == any(effect is not SAFE for effect, _ in expected)


def test_blanks_in_texts_and_formulas_are_no_change() -> None:
    """Lines broken elsewhere are the same text."""
    assert changed(lambda data: data["measures"][0].update(formula="2  *\n spend")).changes == ()


def test_the_map_covers_what_it_names() -> None:
    """Every change of the second version that needs a map has one; what breaks comparability is told all the same."""
    diff = framework_diff(framework(two_versions.old()), framework(two_versions.new()))
    needing = [each for each in diff.changes if each.effect is MAP]
    assert needing and all(each.mapped for each in needing)
    assert {"Q-NEWNAME", "Q-LOW", "Q-PART1", "Q-PART2", "Q-GONE", "Q-CODES", "sum_all", "tenants.colour"} <= {
        each.what for each in needing
    }
    broken = {each.what for each in diff.changes if each.effect is BREAKS}
    assert {"Q-LOW", "Q-PART1", "Q-CODES", "Q-WORDS", "in_pounds", "narrow"} <= broken
    assert "Q-NEWNAME" not in broken and "tenants.yearly_rent" not in broken


@pytest.mark.parametrize("kind", ["renamed", "merged", "split", "dropped", "recoded"])
def test_without_its_part_of_the_map_a_change_is_to_be_settled(kind: str) -> None:
    """Taking one kind of entry out of the map leaves changes that need one and have none."""
    data = two_versions.new()
    del data["carry_forward"][0][kind]
    diff = framework_diff(framework(two_versions.old()), framework(data))
    assert [each for each in diff.changes if each.effect is MAP and not each.mapped]


def test_what_is_declared_the_same_is_safe() -> None:
    """Words of items, of choice lists and of units may change without harm when the definition says so."""

    def change(data: dict[str, Any]) -> None:
        question(data)["text"] = "Is it so?"
        entry(data, "choice_lists", "scale")["choices"][0]["label"] = "Not at all"
        data["units"][0]["label"] = "GBP"
        same = [{"items": ["Q-SAME"], "lists": ["scale"], "units": ["gbp"], "reason": "Only words."}]
        data["carry_forward"] = [{"from": ["1.0.0"], "same": same}]

    diff = changed(change)
    assert {each.what for each in diff.changes} == {"Q-SAME", "scale", "gbp"}
    assert diff.breaking == 0


def test_values_cannot_be_declared_the_same() -> None:
    """A level that scores another value breaks comparability, whatever the definition says."""

    def change(data: dict[str, Any]) -> None:
        entry(data, "choice_lists", "scale")["choices"][0]["value"] = 1
        data["carry_forward"] = [{"from": ["1.0.0"], "same": [{"lists": ["scale"], "reason": "No."}]}]

    assert changed(change).breaking == 1


def test_the_gravest_come_first() -> None:
    """Refusals stand before what breaks comparability, that before what needs a map, and safe changes are last."""
    data = two_versions.new()
    data["title"] = "Other"
    diff = framework_diff(framework(two_versions.old()), framework(data))
    order = [(REFUSED, BREAKS, MAP, SAFE).index(each.effect) for each in diff.changes]
    assert order == sorted(order) and len(set(order)) == 3
