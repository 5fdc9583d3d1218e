"""The benchmarks fit the program, and their figures are told in the right words."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
BENCH = ROOT / "bench"
pytestmark = pytest.mark.source


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    specification = importlib.util.spec_from_file_location("tables", BENCH / "tables.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_job_that_is_started_is_there() -> None:
    """Jobs are named by module and function; each is a function that takes a clock, and what it is started with."""
    named = {name for path in BENCH.glob("*.py") for name in re.findall(r'"(\w+:\w+)"', path.read_text("utf-8"))}
    assert len(named) > 8
    for name in named:
        module, function = name.split(":")
        tree = ast.parse((BENCH / f"{module}.py").read_text("utf-8"))
        found = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == function]
        assert [each.args.args[0].arg for each in found] == ["clock"], name


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.72, "1.7 times as long"),
        (0.5, "0.5 times as long"),
        (0.0103, "1/97 of the time"),
        (12.4, "12 times as long"),
    ],
)
def test_a_ratio_is_told_in_words(tables: ModuleType, ratio: float, words: str) -> None:
    """What is far below one is a fraction, all else a number of times."""
    assert tables.ratio_words(ratio) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "less than a second"),
        (1.0, "1 second"),
        (75.4, "75 seconds"),
        (800, "13 minutes"),
        (7200, "2 hours"),
        (1_468_800, "17 days"),
    ],
)
def test_a_duration_is_told_in_the_unit_that_people_use(tables: ModuleType, seconds: float, words: str) -> None:
    """Durations have two digits that count."""
    assert tables.duration(seconds) == words


@pytest.mark.parametrize(("count", "words"), [(420, "420 bytes"), (150_000, "150 kB"), (25.5e9, "26 GB")])
def test_a_size_is_told_in_decimal_units(tables: ModuleType, count: float, words: str) -> None:
    """Sizes have two digits that count; 1 kB is 1,000 bytes."""
    assert tables.size(count) == words


def test_a_page_that_lost_a_table_is_noticed(tables: ModuleType, tmp_path: Path) -> None:
    """Figures that have no place on any page are an error, not left out."""
    for name in ("README.md", "docs/scale.md", "bench/results.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    tables.pages(tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(readme.read_text("utf-8").replace("<!-- bench: short -->", ""), encoding="utf-8")
    with pytest.raises(ValueError, match="short"):
        tables.pages(tmp_path)
