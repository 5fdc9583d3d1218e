"""Every published number is what numpy makes of the coordinator's own data."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from independent import Frames, compare, frames_of, published_numbers
from msgspec.structs import replace
from synthetic import collection, instruments, keep_it_local

from kil_xlsx import pipeline
from kil_xlsx.core.benchmark import Request, benchmark
from kil_xlsx.core.release import Release, Thresholds
from kil_xlsx.results.export import export_files

CREATED = date(2026, 11, 16)
SAMPLES = Path(__file__).parents[1] / "samples" / "returned"


def _made(seed: int, councils: int, communities: int, thresholds: Thresholds | None = None) -> tuple[Release, Frames]:
    """A release of made-up organisations, and the tables of their returns."""
    readings = collection(seed, councils=councils, communities=communities)
    known = instruments()
    release = benchmark(known, readings, Request(created=CREATED, thresholds=thresholds)).release
    by_type = {each.respondent.id: each for each in known}
    return release, frames_of(export_files(readings, by_type, keep_it_local()))


@pytest.mark.parametrize(
    ("seed", "councils", "communities", "thresholds"),
    [
        (1, 40, 40, None),
        (2, 70, 30, None),
        (3, 12, 30, Thresholds(mean=3, quartiles=3, percentiles=3, besides_reader=False)),
    ],
)
def test_every_published_number_is_that_of_numpy(
    seed: int, councils: int, communities: int, thresholds: Thresholds | None
) -> None:
    """Counts, means, medians, quartiles (type 7), distributions and correlations, of every group and item."""
    release, frames = _made(seed, councils, communities, thresholds)
    compared = compare(release, frames, keep_it_local())
    assert compared.wrong == []
    assert compared.numbers == sum(1 for _ in published_numbers(release)) > 1000


@pytest.mark.source
def test_returned_workbooks_too(tmp_path: Path) -> None:
    """The same holds for files that people's programs saved, read and exported as commands do it."""
    from kil_xlsx.pipeline.export import export

    done = export([SAMPLES], tmp_path / "data")
    low = Thresholds(mean=3, quartiles=3, percentiles=3, besides_reader=False)
    known = list(pipeline.load("keep-it-local")[1])
    release = benchmark(known, done.returned.readings, Request(created=CREATED, thresholds=low)).release
    files = {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    compared = compare(release, frames_of(files), keep_it_local())
    assert compared.wrong == []
    assert compared.numbers == sum(1 for _ in published_numbers(release)) > 300


@pytest.mark.parametrize("part", ["n", "mean", "median", "lower_quartile", "upper_quartile"])
@pytest.mark.parametrize("item", ["overall", "LA-C1-1", "C2-M1"])
def test_a_wrong_number_would_be_noticed(item: str, part: str) -> None:
    """A single figure that is a little off is named; so the comparison is one."""
    release, frames = _planted()
    council = release.respondents[0]
    everyone = council.groups[0]
    at, statistic = next(
        (at, each)
        for at, each in enumerate(everyone.statistics)
        if each.item == item and each.figure.part(part) is not None  # type: ignore[arg-type]  # one of its parts
    )
    told = statistic.figure.part(part)  # type: ignore[arg-type]  # as above
    assert told is not None
    wrong = told + 1 if part == "n" else told * 1.02 + 0.00001
    spoilt = replace(statistic, figure=replace(statistic.figure, **{part: wrong}))
    statistics = (*everyone.statistics[:at], spoilt, *everyone.statistics[at + 1 :])
    groups = (replace(everyone, statistics=statistics),)
    changed = replace(release, respondents=(replace(council, groups=groups, separations=()),))
    [found] = compare(changed, frames, keep_it_local()).wrong
    assert found.startswith(f"{everyone.id} {item} {part}")


_KEPT: list[tuple[Release, Frames]] = []


def _planted() -> tuple[Release, Frames]:
    """One release for all planted faults."""
    if not _KEPT:
        _KEPT.append(_made(1, 40, 0))
    return _KEPT[0]
