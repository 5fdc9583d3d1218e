"""Whatever is in a file, a definition either loads or is refused with its faults."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core.framework import Framework
from kil_xlsx.definitions.load import load_framework
from kil_xlsx.definitions.yamlfile import read_yaml_text
from kil_xlsx.errors import DefinitionError

KEYS = st.sampled_from(
    ["id", "code", "choices", "sections", "questions", "respondents", "from", "formula", "levels", "sources", "x y"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.sampled_from([10**30, -1, 0, 1e308, "A", "a", "council", "maturity", "a.b", "1 +", "(", "[", "2026-02-30"])
)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
TOP = st.dictionaries(st.sampled_from(Framework.__struct_fields__), NESTED, max_size=8)


def load_text(text: str) -> Framework | None:
    """Load a single file with this text; none when it is refused, which has to be in words that can be written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            return load_framework(path)
        except DefinitionError as error:
            refusal = error
    assert refusal.faults
    str(refusal).encode("utf-8")
    return None


@pytest.fixture(scope="session")
def sound(sound_text: str) -> Any:
    """The sound framework as plain data."""
    return read_yaml_text(sound_text, "f.yaml").data


def spots(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in some data."""
    if path:
        yield path
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield from spots(value, (*path, key))


@given(data=NESTED | TOP)
@settings(max_examples=200, deadline=None)
def test_any_data(data: Any) -> None:
    """Random nested data is refused with faults."""
    assert load_text(yaml.safe_dump(data, allow_unicode=True)) is None


@given(text=st.text() | st.text(alphabet="ab:-[]{}&*!|>'\"%@#? \n\t\\0"))
@settings(max_examples=300, deadline=None)
def test_any_text(text: str) -> None:
    """Random text, YAML or not, is refused with faults."""
    assert load_text(text) is None


@given(draw=st.data())
@settings(max_examples=300, deadline=None)
def test_any_change_to_a_sound_framework(sound: Any, draw: st.DataObject) -> None:
    """A sound framework with random values put in it loads, or is refused with faults."""
    data = copy.deepcopy(sound)
    for _ in range(draw.draw(st.integers(1, 3))):
        path = draw.draw(st.sampled_from(list(spots(data))))
        holder = data
        for part in path[:-1]:
            holder = holder[part]
        if draw.draw(st.booleans()):
            holder[path[-1]] = draw.draw(NESTED)
        elif len(holder) > 1:
            del holder[path[-1]]
        else:
            holder[path[-1]] = draw.draw(SCALARS)
    # JSON is YAML, and keeps surrogates and control characters as escapes.
    text = json.dumps(data, default=str)
    load_text(text)


def test_the_sound_framework_is_the_starting_point(sound: Any) -> None:
    """What the changes start from does load."""
    assert load_text(json.dumps(sound)) is not None
