"""What a run that was stopped has left among the originals, and files there that nobody knows anything of.

Before a file is kept, it is put down how it came; once it is recorded, that is struck out.  So a file that was kept and
not recorded is taken in by the next run as it would have been by the one that was stopped: with its sender, its date
and its place in the order, on which depends what becomes of it.  A file of which nothing says how it came is never
taken in by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx.core.collection import Expected
from kil_xlsx.errors import StoreError
from kil_xlsx.mail.headers import shown
from kil_xlsx.mail.items import Attached, LeftOut, Provenance
from kil_xlsx.pipeline.collection.holding import turn

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Collection

FOUND = "found among the originals"
"""Where a file is said to be from of which nothing says how it came."""

_STRAY = (
    "Nothing says how it came: import the mail or the file that it came with once more or, if that is gone, a copy of "
    "it from another folder."
)

_SHORT_NAME = 16
"""Signs of a hash that are enough to find the file by."""


@dataclass(frozen=True)
class LeftBehind(Attached):
    """A file that lies among the originals already, under this suffix; it came with the run of this number."""

    suffix: str = ""
    batch: int = 0


def expected(item: Attached, sha256: str, batch: int) -> Expected:
    """How a file came, to be put down before it is kept."""
    whence = item.whence
    return Expected(
        sha256=sha256,
        name=item.name,
        source=whence.source,
        message_id=whence.message_id,
        sender=whence.sender,
        inner_sender=whence.inner_sender,
        date=whence.date.isoformat() if whence.date is not None else "",
        modified=whence.modified.isoformat() if whence.modified is not None else "",
        batch=batch,
    )


def left_behind(collection: Collection, seen: set[str]) -> Iterator[LeftBehind | LeftOut]:
    """Files that were kept and not recorded, in the order and in the way in which they came.

    :param seen: hashes of those that were given before; they are not given again.
    """
    for row, suffix in _waiting(collection):
        if row.sha256 in seen:
            continue
        seen.add(row.sha256)
        try:
            data = collection.originals.get(row.sha256, suffix)
        except StoreError as error:
            yield LeftOut(row.name, Provenance(row.source), error.message)
            continue
        yield _as_it_came(row, data, suffix)


def left_meanwhile(collection: Collection, item: Attached, sha256: str) -> LeftBehind | None:
    """The same file, if a run that was at work beside this one was stopped over it.

    The caller holds the originals, see :func:`kil_xlsx.pipeline.collection.holding.turn`.
    """
    (row,) = collection.store.expected(sha256=sha256) or (None,)
    path = next((path for each, path in collection.originals.all() if each == sha256), None) if row else None
    return None if row is None or path is None else _as_it_came(row, item.data, path.suffix)


def tidied(collection: Collection) -> tuple[LeftOut, ...]:
    """Remove what runs that were stopped have left half done; gives files of which nothing says how they came."""
    store, originals = collection.store, collection.originals
    with turn(collection.place, "originals"):  # so that nobody is between keeping a file and recording it
        originals.sweep()
        known, there = set(store.originals()), dict(originals.all())
        rows = [each.sha256 for each in store.expected()]
        over = [each for each in rows if each in known or each not in there]
        if over:
            with store.transaction():
                for each in over:
                    store.no_longer_expect(each)
        strays = []
        for sha256, path in there.items():
            if sha256 in known or sha256 in rows:
                continue
            if store.forgotten(sha256) is not None:
                originals.remove(sha256)
                continue
            strays.append(LeftOut(_short(path), Provenance(FOUND), _STRAY))
    return tuple(strays)


def _waiting(collection: Collection) -> list[tuple[Expected, str]]:
    """What is put down of files that are there, with their suffixes."""
    with turn(collection.place, "originals"):  # so that nobody is between keeping a file and recording it
        rows = collection.store.expected()
        there = dict(collection.originals.all()) if rows else {}
    return [(each, there[each.sha256].suffix) for each in rows if each.sha256 in there]


def _as_it_came(row: Expected, data: bytes, suffix: str) -> LeftBehind:
    whence = Provenance(
        source=row.source,
        message_id=row.message_id,
        date=_moment(row.date),
        sender=row.sender,
        inner_sender=row.inner_sender,
        modified=_moment(row.modified),
    )
    return LeftBehind(row.name, data, whence, suffix, row.batch)


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _short(path: Path) -> str:
    name = shown(path.stem)
    return f"{name[:_SHORT_NAME]}…{path.suffix}" if len(name) > _SHORT_NAME else f"{name}{path.suffix}"
