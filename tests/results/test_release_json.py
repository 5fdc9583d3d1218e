"""A release as JSON is stable, complete and described by its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace
from releases import a_release

from kil_xlsx.core.release import (
    HIDDEN,
    Aside,
    Counts,
    Exclusion,
    Figure,
    Files,
    Group,
    Item,
    Level,
    LevelCount,
    Method,
    Release,
    RespondentBenchmark,
    Statistic,
    Thresholds,
)
from kil_xlsx.results.release_json import read_release_json, release_json, release_schema
from kil_xlsx.results.release_tables import release_counts, release_exclusions, release_scores
from kil_xlsx.results.show import Shown

_METHOD = Method(
    thresholds=Thresholds(),
    quantiles="Type 7.",
    missing="Left out.",
    entry="All.",
    weighting="None.",
    comparison="All.",
    selection="Agreed.",
    suppression="Below five.",
    rounding="Six decimals.",
    separation="",
    change="",
    lowered="",
    notice="Not endorsed.",
)
_SHOWN = Figure(
    n=6,
    mean=1.6,
    median=1.5,
    levels=(LevelCount(code="0", count=2, share=0.333333), LevelCount(code="1", count=4, share=0.666667)),
    aside=Aside(not_applicable=1, dont_know=0, unanswered=2),
)
_EXCLUSIONS = (
    Exclusion(reason="replaced", label="Replaced", count=1),
    Exclusion(reason="consent_blank", label="No word on consent", count=None),
)


def _example() -> Release:
    group = Group(
        id="shop/all",
        suppressed=False,
        counts=Counts(files=11, returned=10, accepted=10, used=9, exclusions=_EXCLUSIONS),
        statistics=(
            Statistic(item="overall", figure=Figure(n=9, mean=50.0, median=48.5)),
            Statistic(item="A-1", figure=_SHOWN),
            Statistic(item="M-1", among=("Own area",), figure=HIDDEN),
        ),
    )
    items = (
        Item(id="overall", kind="overall", label="Overall score", parts=("n", "mean", "median", "lower_quartile")),
        Item(
            id="A-1",
            kind="question",
            label="Où ça?",
            levels=(Level(code="0", label="No"), Level(code="1", label="Yes")),
        ),
        Item(id="M-1", kind="measure", label="Money", unit="GBP", direction="context"),
    )
    return Release(
        number=1,
        created=date(2026, 4, 7),
        framework="tiny",
        version="1.0.0",
        title="Tiny",
        language="en-GB",
        rounds=("2026",),
        files=Files(given=12, refused=1, not_comparable=0),
        method=_METHOD,
        respondents=(RespondentBenchmark(id="shop", label="Shop", items=items, groups=(group,)),),
    )


def _with(group: Group, **more: Any) -> Release:
    """The example with another group of all."""
    shop = replace(_example().respondents[0], groups=(group,), **more)
    return replace(_example(), respondents=(shop,))


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_the_same_release_gives_the_same_bytes() -> None:
    """Nothing in the file depends on when or where it was made."""
    assert release_json(_example()) == release_json(_example())


def test_it_is_readable_utf_8_with_a_final_line_end() -> None:
    """People may look at it: it is indented, and words are not escaped."""
    content = release_json(_example())
    assert content.endswith(b"}\n")
    assert "Où ça?".encode() in content
    assert content.count(b"\n") > 50


@pytest.mark.parametrize("release", [_example(), a_release()], ids=["small", "full"])
def test_what_is_written_can_be_read_again(release: Release) -> None:
    """Reading gives an equal release."""
    assert read_release_json(release_json(release)) == release


def test_something_else_is_not_read() -> None:
    """A file of another format, or of a later version of this one, is refused."""
    content = release_json(_example())
    for other in (b"kil-xlsx/return/1", b"kil-xlsx/release/2"):
        with pytest.raises(msgspec.ValidationError):
            read_release_json(content.replace(b"kil-xlsx/release/1", other))


@pytest.mark.parametrize(
    ("old", "new"),
    [('"item": "A-1"', '"item": "A-2"'), ('"groups": [', '"groups": [], "other": [')],
    ids=["an item that is not there", "no group"],
)
def test_figures_of_nothing_are_not_read(old: str, new: str) -> None:
    """A file whose figures name what it does not have is refused, rather than used in part."""
    content = release_json(_example()).decode()
    assert content.count(old) == 1
    with pytest.raises(msgspec.ValidationError):
        read_release_json(content.replace(old, new).encode())


def test_the_schema_describes_the_file() -> None:
    """An independent validator finds schema and file in agreement, and finds a wrong type."""
    schema = release_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for release in (_example(), a_release()):
        jsonschema.validate(json.loads(release_json(release)), schema)
    document = json.loads(release_json(_example()))
    document["release"]["files"]["given"] = "twelve"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_the_keys_are_those_promised() -> None:
    """The outer keys and those of a figure are part of the promise to other programs."""
    document = json.loads(release_json(_example()))
    assert list(document) == ["schema", "release"]
    assert document["schema"] == "kil-xlsx/release/1"
    group = document["release"]["respondents"][0]["groups"][0]
    assert group["statistics"][1] == {
        "item": "A-1",
        "among": [],
        "figure": {
            "n": 6,
            "mean": 1.6,
            "median": 1.5,
            "lower_quartile": None,
            "upper_quartile": None,
            "p10": None,
            "p90": None,
            "levels": [{"code": "0", "count": 2, "share": 0.333333}, {"code": "1", "count": 4, "share": 0.666667}],
            "aside": {"not_applicable": 1, "dont_know": 0, "unanswered": 2},
        },
    }
    assert set(group["statistics"][2]["figure"].values()) == {None}


def test_no_key_of_a_figure_is_a_minimum_or_a_maximum() -> None:
    """The lowest and highest value are each one organisation's own, so there is no place for them."""
    for group in json.loads(release_json(a_release()))["release"]["respondents"][0]["groups"]:
        keys = {key.casefold() for key in _keys([each["figure"] for each in group["statistics"]])}
        assert not any(word in key for key in keys for word in ("min", "max", "lowest", "highest", "range"))


# What people are told


def test_people_are_told_how_many_there_are() -> None:
    """The table of counts goes from the invited to the used, with words where a count is not known or held back."""
    table = release_counts(_example())
    assert table.headings == ("Type", "Invited", "Returned", "Filled in", "Used")
    assert table.rows == (("Shop", Shown("not known", "quiet"), "10", "10", Shown("9", "strong")),)
    few = Group(id="shop/all", suppressed=True, counts=Counts(invited=30, files=4, returned=2, accepted=2))
    table = release_counts(_with(few))
    assert table.rows == (("Shop", "30", "2", "2", Shown("too few to show", "warn")),)


def test_people_are_told_why_returns_were_left_out() -> None:
    """Each reason has its count, or the mark where that is held back; a reason that left nobody out is not named."""
    table = release_exclusions(_example())
    assert table is not None
    assert table.rows == (("Shop", "Replaced", "1"), ("Shop", "No word on consent", Shown("[c]", "quiet")))
    assert release_exclusions(replace(_example(), respondents=())) is None
    none = Exclusion(reason="incomplete", label="Too much left unanswered", count=0)
    counts = Counts(invited=30, files=9, returned=9, accepted=9, used=9, exclusions=(none,))
    assert release_exclusions(_with(Group(id="shop/all", suppressed=False, counts=counts))) is None


def test_people_are_shown_medians_and_quartiles() -> None:
    """What is held back and what cannot exist have marks of their own; without any figure there is no table."""
    [shop] = _example().respondents
    table = release_scores(shop, 1)
    assert table is not None
    held, never = Shown("[c]", "quiet"), Shown("[z]", "quiet")
    assert table.rows == ((Shown("Overall score", "strong"), "48.5", held, never, "9"),)
    hidden = replace(shop.groups[0], statistics=(Statistic(item="overall", figure=HIDDEN),))
    assert release_scores(replace(shop, groups=(hidden,)), 1) is None
    assert release_scores(replace(shop, groups=(replace(shop.groups[0], suppressed=True),)), 1) is None
