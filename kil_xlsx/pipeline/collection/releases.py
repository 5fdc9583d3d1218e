"""Benchmark releases of a collection: made from the returns that count, and on record with what is behind them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kil_xlsx.core.collection import Event, PublishedRelease
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.benchmark import RELEASE, Benchmarked
from kil_xlsx.pipeline.collection.counting import counting
from kil_xlsx.pipeline.collection.place import moment
from kil_xlsx.pipeline.outputs import sweep

if TYPE_CHECKING:
    from kil_xlsx.core.release import Release
    from kil_xlsx.pipeline.collection.place import Collection, Place
    from kil_xlsx.pipeline.reading import Returned


def make_release(
    collection: Collection,
    returned: Returned,
    out: Path | None = None,
    *,
    framework: str | None = None,
    log: Path | None = None,
    **more: Any,
) -> Benchmarked:
    """Make a release of a collection, and put it on record before any of its files has its name.

    :param out: the folder; without it, one called by the release's number, among the collection's releases.
    :param log: the log of releases; without it, the collection's.

    For ``more`` see :func:`kil_xlsx.pipeline.benchmark.benchmark`.
    """
    from kil_xlsx.pipeline.benchmark import benchmark

    if out is None:
        for folder in (collection.place.releases, *collection.place.releases.rglob("*/")):
            sweep(folder)  # what was being published when a run was killed
    # Who need not answer was not invited, as far as the response rate goes.
    more["invited"] = {**_invited(collection), **(more.get("invited") or {})}

    def record(release: Release) -> None:
        folder = out if out is not None else collection.place.releases / str(release.number)
        _record(collection, release, folder)

    return benchmark(
        returned,
        out or collection.place.releases,
        framework or collection.framework_name,
        numbered=out is None,
        log=log or collection.place.release_log,
        record=record,
        **more,
    )


def _invited(collection: Collection) -> dict[str, int]:
    """How many are asked in this round or have answered all the same, by respondent type."""
    waived = collection.store.waived(collection.round_id)
    answered = {each.organisation for each in counting(collection)}
    return dict(
        Counter(
            each.respondent
            for each in collection.store.organisations()
            if each.id in answered or (each.listed and each.id not in waived)
        )
    )


def _record(collection: Collection, release: Release, folder: Path) -> None:
    """Put a release on record under its number, or the next that is free where another log has given it already."""
    home = collection.place.folder.absolute()
    whole = folder.absolute()
    where = whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)
    store = collection.store
    with store.transaction():
        known = {each.number: each for each in store.releases()}
        there = known.get(release.number)
        if there is not None and (there.folder, there.inputs) == (where, tuple(sorted(set(release.inputs)))):
            return  # the same once more, after a run that was stopped
        number = release.number if there is None else max(known) + 1
        at = moment()
        made = PublishedRelease(
            number=number,
            round_id=collection.round_id,
            made_at=at,
            folder=where,
            inputs=tuple(dict.fromkeys(release.inputs)),
        )
        store.add_release(made)
        store.record(Event(kind="release-made", at=at, round_id=collection.round_id, why=f"release {number}"))


def newest_release(collection: Collection) -> Path:
    """The ``release.json`` of the newest release of this round that is there.

    :raises UsageProblem: there is none.
    """
    for each in reversed(collection.store.releases()):
        path = collection.place.path(each.folder) / RELEASE
        if each.round_id == collection.round_id and path.is_file():
            return path
    raise UsageProblem(
        "There is no benchmark release of this round yet.",
        "Make one with 'kil-xlsx benchmark', or name one with --release.",
    )


def folder_for(place: Place, release: Path) -> Path:
    """Where the feedback goes that is given after a release: a folder of its own for each.

    :param release: its ``release.json``.  UsageProblem when it cannot be read, or is of another framework.
    """
    from kil_xlsx.pipeline.frameworks import load
    from kil_xlsx.pipeline.peers import read_release

    settings = place.settings()
    found = read_release(release, load(place.framework(settings))[0])[0]
    return place.feedback_on(settings.collection.round_id, found.number)
