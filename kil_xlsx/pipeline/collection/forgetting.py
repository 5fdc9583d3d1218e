"""Forgetting: removing all that a collection has of an organisation, so that nothing of it can be found again.

The database comes first, in one transaction which also notes the files that are to go; then the files.  A run that is
killed in between is completed by the next command that opens the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kil_xlsx.core.collection import Asked, Event, PublishedRelease
from kil_xlsx.core.intake import stated
from kil_xlsx.core.tombstones import kept
from kil_xlsx.errors import KilXlsxError, StoreError, UsageProblem
from kil_xlsx.pipeline.collection.belongings import Written, relative, written
from kil_xlsx.pipeline.collection.holding import turn
from kil_xlsx.pipeline.collection.keeping import role, said
from kil_xlsx.pipeline.collection.naming import organisation_named
from kil_xlsx.pipeline.collection.place import moment, shown

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Collection
    from kil_xlsx.store.database import Store

_PACKAGE = "datapackage.json"
"""A file that every export has."""


@dataclass(frozen=True)
class Forgettable:
    """What is about to be removed, for whoever has to confirm it.

    ``returns`` counts what came back, what is nobody's and came from its address alone among it; ``files`` are those in
    the collection's folders.  ``single`` is set where it is one return of nobody.
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
        returns = len(store.received())
    else:
        single = _single(name)
        if single is not None:
            return _planned_return(collection, single)
        organisations = (organisation_named(store, name),)
        returns = len(store.received(organisation=organisations[0].id)) + len(store.nobodys_from(organisations[0]))
    numbers = {each.id for each in organisations}
    files = _mine(collection, _written(collection), numbers, everything=everything)
    mails = sum(each.organisation in numbers for each in store.mails())
    keep_until = collection.settings.collection.keep_until
    return Forgettable(organisations, returns, mails, tuple(files), everything=everything, due=keep_until)


def _mine(collection: Collection, files: Written, numbers: Iterable[int], *, everything: bool) -> list[Path]:
    """The files that go with organisations, or all of them."""
    mine = [path for one in numbers for path in files.of.get(one, ())]
    if everything:
        mine += [*files.doubtful, *files.unfinished, *_exported(collection)]
    return mine


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
    :raises UsageProblem: the reason, which stays, names one of them.
    :raises StoreError: a file cannot be removed; the records are gone by then, and the next run goes on.
    """
    why, by = said(why), role(collection, by)
    store = collection.store
    if any(store.mentions(asked).in_words(why) for asked in wanted.organisations):
        raise UsageProblem(
            "The reason names who is to be forgotten, and it stays in the ledger.", "Leave the name out."
        )
    if store.expected():  # an import was stopped: whose the files are that it left is known once they are in
        from kil_xlsx.pipeline.collection.importing import take_in

        take_in(collection, ())
    with turn(collection.place, "originals"):  # so that nobody is between keeping a file and recording it
        collection.originals.sweep()
        files = _written(collection)
        numbers = [each.id for each in wanted.organisations]
        mine = _mine(collection, files, numbers, everything=wanted.everything)
        left = [*mine, *files.unfinished, *(_unrecorded(collection) if wanted.everything else ())]
        to_remove = Removal(list(dict.fromkeys(relative(collection.place, left))))
        with store.transaction():
            gone, nobodys = _removed(collection, wanted, why, by)
            store.set_pending(msgspec.json.encode(_joined(store, to_remove)))
        finish(collection)
    releases = tuple(each for each in behind(store) if set(each[0].inputs).intersection(gone))
    return Forgotten(
        tuple(numbers),
        len(gone),
        len(mine),
        files.elsewhere if wanted.everything else () if wanted.single else (*files.doubtful, *files.elsewhere),
        (*_suspected(nobodys), *_unseen(files), *_left(collection, wanted, releases)),
        releases,
    )


def _removed(collection: Collection, wanted: Forgettable, why: str, by: str) -> tuple[list[str], list[int]]:
    """Remove rows.  Gives the hashes of the files that go with them, and returns of nobody that may have to go too."""
    store, at = collection.store, moment()
    gone: list[str] = []
    nobodys: set[int] = set()
    line = Event(kind="forgotten", at=at, round_id=collection.round_id, by=by)

    def forget_return(number: int, why: str = "") -> None:
        gone.extend(store.forget_return(number, at))
        store.record(msgspec.structs.replace(line, received=number, why=why))

    for asked in wanted.organisations:
        for number in store.nobodys_from(asked):
            forget_return(number)
        if not wanted.everything:
            nobodys.update(_nobodys(collection, asked))
        gone += store.forget(asked.id, at, digests=kept(collection.key, asked))
        store.record(msgspec.structs.replace(line, organisation=asked.id, why=why))
    if wanted.single is not None:
        forget_return(wanted.single, why)
    if wanted.everything:
        for each in store.received():
            forget_return(each.id)
        for sha256 in (*store.loose_files(), *(each.sha256 for each in store.expected())):
            store.forget_file(sha256, None, at)
            gone.append(sha256)
    return gone, sorted(nobodys)


def _nobodys(collection: Collection, asked: Asked) -> Iterator[int]:
    """Returns of nobody that give an organisation's name or number as theirs, or came from its address."""
    store = collection.store
    mentions = store.mentions(asked)
    for each in store.received():
        if each.organisation is not None:
            continue
        facts = [each.name, each.sender]
        facts += [fact for arrival in store.arrivals(each.sha256) for fact in (arrival.name, arrival.sender)]
        facts += [query.found for query in store.queries(open_only=False, received=each.id)]
        reading = store.reading(each.id, collection.made_with)
        if reading is not None and reading.identity is not None:
            kind = reading.identity.respondent
            instrument = next((one for one in collection.instruments if one.respondent.id == kind), None)
            says = stated(reading, instrument)
            facts += [says.name, says.number, says.typed_name, says.typed_number] if says is not None else []
        if any(map(mentions.in_field, facts)):
            yield each.id


def _unrecorded(collection: Collection) -> list[Path]:
    """Files among the originals that are not on record."""
    known = set(collection.store.originals())
    return [path for sha256, path in collection.originals.all() if sha256 not in known]


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
    """The tables that were exported into the collection's folder, of whatever round.

    Where that folder is a link, only whole exports are taken for what the program has written.
    """
    from kil_xlsx.results.export import file_names

    data = collection.place.data
    folders = [data, *(each for each in data.glob("*/") if not each.is_symlink())]
    ours = [each for each in folders if not data.is_symlink() or (each / _PACKAGE).is_file()]
    found = (folder / name for folder in ours for name in file_names(texts=True))
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _remove(path: Path) -> None:
    try:
        if not path.is_symlink():
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


def _suspected(nobodys: Sequence[int]) -> Iterator[str]:
    """What to do about returns of nobody that may be of whom was forgotten."""
    from kil_xlsx.definitions.wording import listed

    if nobodys:
        which = listed([f"#{each}" for each in nobodys])
        yield (
            f"Return{'' if len(nobodys) == 1 else 's'} {which} of nobody may be of it. Find out, and remove what is: "
            f"kil-xlsx forget --return {nobodys[0]}."
        )


def _unseen(files: Written) -> Iterator[str]:
    """What is behind links and closed doors."""
    for each in files.unseen:
        what = "a link" if each.is_symlink() else "a folder that cannot be opened"
        yield f"{shown(each)} is {what}: what is there was not looked at. Remove there what is of it."


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
        told.append(
            f"{place.data.name}/ may still say what it answered: make the tables again with 'kil-xlsx export --force', "
            "and remove those of earlier rounds."
        )
    strays = len(_unrecorded(collection))
    if strays:
        told.append(
            f"Among the originals are {strays:,} that are not on record and may be of it: see 'kil-xlsx check'."
        )
    if releases:
        told.append("Releases stay as they were published: they show no single organisation's answers.")
    if place.release_log.exists():
        told.append(
            f"{place.release_log.name} stays, with digests instead of names: without it the next release could give "
            "others away."
        )
    told.append("Not within reach: your mailbox, copies of this folder, files written elsewhere. Remove it there too.")
    return told
