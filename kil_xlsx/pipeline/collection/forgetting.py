"""Forgetting: removing all that a collection has of an organisation, so that nothing of it can be found again.

The database comes first, in one transaction which also notes the files that are to go; then the files.  A run that is
killed in between is completed by the next command that opens the collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kil_xlsx.core.collection import Asked, Event, PublishedRelease
from kil_xlsx.core.tombstones import kept
from kil_xlsx.errors import KilXlsxError, StoreError, UsageProblem
from kil_xlsx.pipeline.collection.belongings import Written, relative, written
from kil_xlsx.pipeline.collection.keeping import role, said
from kil_xlsx.pipeline.collection.naming import organisation_named
from kil_xlsx.pipeline.collection.place import moment

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Collection
    from kil_xlsx.store.database import Store


@dataclass(frozen=True)
class Forgettable:
    """What is about to be removed, for whoever has to confirm it.

    ``returns`` counts what came back, ``files`` are those in the collection's folders.  ``single`` is set where it is
    one return of nobody.
    """

    organisations: tuple[Asked, ...]
    returns: int
    mails: int
    files: tuple[Path, ...]
    single: int | None = None
    everything: bool = False
    due: date | None = None
    """Until when data is kept, as the settings say."""


@dataclass(frozen=True)
class Forgotten:
    """What was removed.

    ``numbers`` are those of the organisations, which stay.  ``doubtful`` are files whose names do not tell whose they
    are; ``left`` says what was not touched, and what to do about it.
    """

    numbers: tuple[int, ...]
    originals: int
    files: int
    doubtful: tuple[Path, ...] = ()
    left: tuple[str, ...] = ()
    releases: tuple[tuple[PublishedRelease, int], ...] = ()
    """Releases that they were part of, with how many of the files behind each are forgotten now."""


class Removal(msgspec.Struct):
    """What a run that forgets still has to remove: paths from the collection's folder."""

    files: list[str] = []
    tidied: bool = False


def planned(collection: Collection, name: str = "", *, everything: bool = False) -> Forgettable:
    """What forgetting would remove; nothing is changed.

    :param name: an organisation, or ``return 12`` for a return that is nobody's.
    :raises UsageProblem: there is no such organisation.
    """
    store = collection.store
    if everything:
        organisations: tuple[Asked, ...] = tuple(store.organisations())
        numbers = {each.id for each in organisations}
        returns = store.received()
    else:
        single = _single(name)
        if single is not None:
            return _planned_return(collection, single)
        organisations = (organisation_named(store, name),)
        numbers = {organisations[0].id}
        returns = store.received(organisation=organisations[0].id)
    files = _written(collection)
    mine = [path for one in numbers for path in files.of.get(one, ())]
    if everything:
        mine += [*files.doubtful, *files.unfinished, *_exported(collection)]
    mails = sum(each.organisation in numbers for each in store.mails())
    keep_until = collection.settings.collection.keep_until
    return Forgettable(organisations, len(returns), mails, tuple(mine), everything=everything, due=keep_until)


def _planned_return(collection: Collection, number: int) -> Forgettable:
    one = collection.store.one_received(number)
    if one is None:
        raise UsageProblem(f"There is no return #{number}.")
    if one.organisation is not None:
        raise UsageProblem(
            f"Return #{number} is an organisation's.",
            "Forget the organisation, or take the return back with 'kil-xlsx withdraw'.",
        )
    return Forgettable((), 1, 0, (), single=number)


def _single(name: str) -> int | None:
    word, _, number = name.partition(" ")
    return int(number) if word == "return" and number.isascii() and number.isdigit() else None


def forget(collection: Collection, wanted: Forgettable, why: str, by: str = "") -> Forgotten:
    """Remove all that is known of organisations: rows, originals, and files written for them.

    :param wanted: what :func:`planned` gave.
    :raises StoreError: a file cannot be removed; the records are gone by then, and the next run goes on.
    """
    why, by = said(why), role(collection, by)
    store, at = collection.store, moment()
    files = _written(collection)
    mine = [path for one in wanted.organisations for path in files.of.get(one.id, ())]
    if wanted.everything:
        mine += [*files.doubtful, *_exported(collection)]
    to_remove = Removal([*relative(collection.place, [*mine, *files.unfinished])])
    gone: list[str] = []
    with store.transaction():
        for asked in wanted.organisations:
            gone += store.forget(asked.id, at, digests=kept(collection.key, asked))
            store.record(
                Event(
                    kind="forgotten", at=at, organisation=asked.id, round_id=collection.round_id, by=by, why=why
                )
            )  # fmt: skip
        if wanted.single is not None:
            gone += store.forget_return(wanted.single, at)
            store.record(
                Event(
                    kind="forgotten", at=at, received=wanted.single, round_id=collection.round_id, by=by, why=why
                )
            )  # fmt: skip
        if wanted.everything:
            gone += _all_else(store, at)
        store.set_pending(msgspec.json.encode(_joined(store, to_remove)))
    finish(collection)
    releases = tuple(each for each in behind(store) if set(each[0].inputs).intersection(gone))
    return Forgotten(
        tuple(each.id for each in wanted.organisations),
        len(gone),
        len(mine),
        () if wanted.everything or wanted.single else files.doubtful,
        tuple(_left(collection, wanted, releases)),
        releases,
    )


def _all_else(store: Store, at: str) -> list[str]:
    """Remove what came in and is of no organisation."""
    gone = [file for each in store.received() for file in store.forget_return(each.id, at)]
    for each in store.loose_files():
        store.forget_file(each, None, at)
        gone.append(each)
    return gone


def finish(collection: Collection) -> None:
    """Remove the files of what has been forgotten, as far as an earlier run did not come to it.

    :raises StoreError: a file cannot be removed; the next run tries again.
    """
    store = collection.store
    pending = _pending(store)
    if pending is None:
        return
    for name in pending.files:
        _remove(collection.place.folder / name)
    for sha256 in store.forgotten_files():
        collection.originals.remove(sha256)
    for copy in store.backups():  # they hold what has been forgotten as well
        _remove(copy)
    with store.transaction():
        store.set_pending(msgspec.json.encode(Removal()))
    store.tidy()
    with store.transaction():
        store.set_pending(None)


def behind(store: Store) -> list[tuple[PublishedRelease, int]]:
    """Releases, with how many of the files behind each have been forgotten since."""
    gone = set(store.forgotten_files())
    return [(each, len(gone.intersection(each.inputs))) for each in store.releases()]


def is_pending(store: Store) -> bool:
    """Whether a run was killed that has not removed everything yet."""
    return _pending(store) is not None


def _pending(store: Store) -> Removal | None:
    data = store.pending()
    return None if data is None else msgspec.json.decode(data, type=Removal)


def _joined(store: Store, more: Removal) -> Removal:
    before = _pending(store)
    return more if before is None else Removal([*before.files, *more.files])


def _written(collection: Collection) -> Written:
    return written(collection.place, collection.store.organisations(), collection.store.copies())


def _exported(collection: Collection) -> list[Path]:
    """The tables that were exported into the collection's folder."""
    from kil_xlsx.results.export import file_names

    paths = [collection.place.data / name for name in file_names(texts=True)]
    return [path for path in paths if path.is_file()]


def _remove(path: Path) -> None:
    try:
        with suppress(OSError):
            path.chmod(0o600)  # some systems keep read-only files
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()  # if it is empty now
    except OSError as error:
        raise StoreError(
            f"{path} could not be removed: {error.strerror or 'unknown reason'}.",
            "The records are gone already. Close the file where it is open, then run any command: it removes the rest.",
        ) from None


def _left(collection: Collection, wanted: Forgettable, releases: Sequence[tuple[PublishedRelease, int]]) -> list[str]:
    """What stays, and what to do about it."""
    place = collection.place
    told = []
    if wanted.organisations:
        with suppress(KilXlsxError):
            names = {each.name for each in wanted.organisations}
            if any(each.name in names for each in collection.read_list().organisations):
                told.append(f"{collection.list_file.name} still has it: remove its row; until then it is left out.")
    if not wanted.everything and any(path.is_file() for path in _exported(collection)):
        told.append(f"{place.data.name}/ may still say what it answered: make it again with 'kil-xlsx export --force'.")
    if releases:
        told.append("Releases stay as they were published: they show no single organisation's answers.")
    if place.release_log.exists():
        told.append(
            f"{place.release_log.name} stays, with digests instead of names: without it the next release could give "
            "others away."
        )
    told.append("Not within reach: your mailbox, copies of this folder, files written elsewhere. Remove it there too.")
    return told
