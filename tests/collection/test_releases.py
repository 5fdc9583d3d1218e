"""Releases of a collection: made once, completed after a kill, and never changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from collections_made import Made, listed, make

from kil_xlsx.cli.commands import main
from kil_xlsx.pipeline.collection.importing import take_in


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A collection in which enough have answered for a release."""
    made = make(tmp_path / "round", listed(0, 6))
    with made.open() as collection:
        take_in(collection, [made.attached(name, made.workbook(name, seed=at)) for at, name in enumerate(made.names)])
    return made


def benchmark(made: Made) -> Result:
    return CliRunner().invoke(main, ["-C", str(made.folder), "benchmark"])


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def releases(made: Made) -> list[tuple[int, str]]:
    with made.open() as collection:
        return [(each.number, each.folder) for each in collection.store.releases()]


def test_a_release_that_is_there_is_left_as_it_is(made: Made) -> None:
    """Nothing has changed, so there is nothing to make, and nothing wrong."""
    first = benchmark(made)
    assert first.exit_code == 0, first.output
    assert "Release 1 written to" in first.output
    before = content(made.folder / "releases"), (made.folder / "release-log.json").read_bytes()
    again = benchmark(made)
    assert again.exit_code == 0, again.output
    assert "Release 1 is there already" in again.output
    assert (content(made.folder / "releases"), (made.folder / "release-log.json").read_bytes()) == before
    assert releases(made) == [(1, "releases/1")]


@pytest.mark.parametrize("missing", [["release.json", "report.html"], ["report.html"], ["data/items.csv"]])
def test_what_a_killed_run_has_not_come_to_is_written(made: Made, missing: list[str]) -> None:
    """Some of the files had their names already; what it had written under hidden names is no part of the release."""
    benchmark(made)
    folder = made.folder / "releases" / "1"
    before = content(folder)
    for name in missing:
        (folder / name).unlink()
    (folder / "data" / ".other.csv.0123abcd.tmp").write_text("the answers of somebody")
    again = benchmark(made)
    assert again.exit_code == 0, again.output
    after = content(folder)
    assert after.keys() == before.keys()
    assert after["release.json"] == before["release.json"]
    assert releases(made) == [(1, "releases/1")]


def test_a_release_that_somebody_has_changed_is_not_written_over(made: Made) -> None:
    """What was published stays as it is."""
    benchmark(made)
    path = made.folder / "releases" / "1" / "release.json"
    path.write_bytes(path.read_bytes() + b" ")
    before = content(path.parent)
    again = benchmark(made)
    assert again.exit_code == 3
    assert "There already" in again.output
    assert content(path.parent) == before
