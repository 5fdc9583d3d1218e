"""The benchmark as JSON is stable, complete and described by its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import msgspec
import pytest

from kil_xlsx.core.benchmark import (
    Benchmark,
    Counts,
    Excluded,
    Files,
    Group,
    Item,
    Level,
    Method,
    RespondentBenchmark,
    Statistic,
)
from kil_xlsx.core.disclosure import HIDDEN, Aside, Figure, LevelCount
from kil_xlsx.results.benchmark_json import benchmark_json, benchmark_schema, read_benchmark_json
from kil_xlsx.results.show import Shown, benchmark_counts

_METHOD = Method(
    least_group_size=5,
    quantiles="Type 7.",
    missing="Left out.",
    weighting="None.",
    comparison="All.",
    selection="Agreed.",
    suppression="Below five.",
    notice="Not endorsed.",
)
_SHOWN = Figure(
    n=6,
    lower_quartile=1.0,
    median=1.5,
    upper_quartile=2.75,
    levels=(LevelCount(code="0", count=2, share=0.333333), LevelCount(code="1", count=4, share=0.666667)),
    aside=Aside(not_applicable=1, dont_know=0, unanswered=2),
)


def _example() -> Benchmark:
    group = Group(
        id="shop/all",
        suppressed=False,
        counts=Counts(
            invited=None,
            files=11,
            returned=10,
            used=9,
            excluded=Excluded(duplicate=1, consent_blank=1, consent_refused=0),
        ),
        overall=(),
        sections=(),
        questions=(Statistic(item="A-1", figure=_SHOWN),),
        measures=(Statistic(item="M-1", among=("Own area",), figure=HIDDEN),),
    )
    items = (
        Item(
            id="A-1",
            kind="question",
            label="Où ça?",
            levels=(Level(code="0", label="No"), Level(code="1", label="Yes")),
        ),
        Item(id="M-1", kind="measure", label="Money", unit="GBP", direction="context"),
    )
    return Benchmark(
        framework="tiny",
        version="1.0.0",
        title="Tiny",
        language="en-GB",
        rounds=("2026",),
        files=Files(given=12, refused=1, not_comparable=0),
        method=_METHOD,
        respondents=(RespondentBenchmark(id="shop", label="Shop", items=items, groups=(group,)),),
    )


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_the_same_benchmark_gives_the_same_bytes() -> None:
    """Nothing in the file depends on when or where it was made."""
    assert benchmark_json(_example()) == benchmark_json(_example())


def test_it_is_readable_utf_8_with_a_final_line_end() -> None:
    """People may look at it: it is indented, and words are not escaped."""
    content = benchmark_json(_example())
    assert content.endswith(b"}\n")
    assert "Où ça?".encode() in content
    assert content.count(b"\n") > 50


def test_what_is_written_can_be_read_again() -> None:
    """Reading gives an equal benchmark."""
    assert read_benchmark_json(benchmark_json(_example())) == _example()


def test_something_else_is_not_read() -> None:
    """A file of another format, or of a later version of this one, is refused."""
    content = benchmark_json(_example())
    for other in (b"kil-xlsx/return/1", b"kil-xlsx/benchmark/2"):
        with pytest.raises(msgspec.ValidationError):
            read_benchmark_json(content.replace(b"kil-xlsx/benchmark/1", other))


def test_the_schema_describes_the_file() -> None:
    """An independent validator finds schema and file in agreement, and finds a wrong key type."""
    schema = benchmark_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(benchmark_json(_example()))
    jsonschema.validate(document, schema)
    document["benchmark"]["files"]["given"] = "twelve"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_the_keys_are_those_promised() -> None:
    """The outer keys and those of a figure are part of the promise to other programs."""
    document = json.loads(benchmark_json(_example()))
    assert list(document) == ["schema", "benchmark"]
    assert document["schema"] == "kil-xlsx/benchmark/1"
    group = document["benchmark"]["respondents"][0]["groups"][0]
    assert group["questions"][0] == {
        "item": "A-1",
        "among": [],
        "figure": {
            "mark": "",
            "reason": "",
            "n": 6,
            "lower_quartile": 1.0,
            "median": 1.5,
            "upper_quartile": 2.75,
            "levels": [{"code": "0", "count": 2, "share": 0.333333}, {"code": "1", "count": 4, "share": 0.666667}],
            "aside": {"not_applicable": 1, "dont_know": 0, "unanswered": 2},
        },
    }
    hidden = group["measures"][0]["figure"]
    assert hidden.pop("mark") == "[c]"
    assert hidden.pop("reason")
    assert set(hidden.values()) == {None}


def test_no_key_is_a_minimum_or_a_maximum() -> None:
    """The lowest and highest value are each one organisation's own, so there is no place for them."""
    keys = {key.casefold() for key in _keys(json.loads(benchmark_json(_example())))}
    assert not any(word in key for key in keys for word in ("min", "max", "lowest", "highest", "range"))


def test_people_are_told_how_many_files_were_replaced() -> None:
    """The table of counts says it, also where what was left out is held back."""
    example = _example()
    group = example.respondents[0].groups[0]
    table = benchmark_counts(example)
    assert table.headings == ("Type", "Invited", "Returned", "Replaced", "Without consent", "Used")
    assert table.rows == (("Shop", "–", "10", "1", "1", Shown("9", "strong")),)
    few = msgspec.structs.replace(group, counts=Counts(files=4, returned=2), suppressed=True)
    shop = msgspec.structs.replace(example.respondents[0], groups=(few,))
    table = benchmark_counts(msgspec.structs.replace(example, respondents=(shop,)))
    assert table.rows == (("Shop", "–", "2", "2", "–", Shown("too few to show", "warn")),)
