"""Everything that lies in the files and folders somebody names, as a stream of items.

Nothing is held longer than it takes: a mailbox of any size is gone through mail by mail, an archive file by file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kil_xlsx.errors import UsageProblem
from kil_xlsx.mail.headers import shown
from kil_xlsx.mail.incoming import items_in, mail_items
from kil_xlsx.mail.items import Item, LeftOut, Limits, Provenance, Unusable
from kil_xlsx.pipeline.inbox import opened, walk, why_unreadable
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.results.return_model import Skipped

_READ, _UNREAD, _ARRIVING = "cur", "new", "tmp"

Own = Callable[[Path], Path | None]


OWN = "written by the program itself; copy a workbook that was filled in there to another folder first"
"""Why what lies in the collection's own folders is left out."""


def gathered(
    paths: Sequence[Path], limits: Limits | None = None, progress: Progress = quiet, *, own: Own | None = None
) -> Iterator[Item]:
    """The items in files and folders, in the order of the paths and then of the names, each file once.

    Workbooks, archives (zip), mails (.eml, .msg) and files of mails (mbox) are told by their content.  A Maildir is
    told by its folders, and each file in it is a mail.  What cannot be read is :class:`Unusable`.

    :param own: gives the file or folder that a path is or lies in, if no returns are there; such are left out as one.
    :param progress: told of every file that is about to be looked at; a file of many mails is one file.
    :raises UsageProblem: a path does not exist; before anything is read.
    """
    missing = [str(path) for path in paths if not os.path.lexists(path)]
    if missing:
        raise UsageProblem(
            f"There is no file or folder {', '.join(missing)}.", "Check the spelling, and the folder you are in."
        )
    return _items(paths, limits or Limits(), progress, own)


def count(paths: Sequence[Path], own: Own | None = None) -> int:
    """How many files :func:`gathered` will look at; they are not opened."""
    return sum(isinstance(each, _File) for each in _files(paths, own))


@dataclass(frozen=True)
class _File:
    path: Path
    source: str
    is_mail: bool = False


def _items(paths: Sequence[Path], limits: Limits, progress: Progress, own: Own | None) -> Iterator[Item]:
    total, done = (count(paths, own), 0) if progress is not quiet else (0, 0)
    for each in _files(paths, own):
        if isinstance(each, LeftOut):
            yield each
        else:
            progress(done, total, each.source)
            yield from _of_file(each, limits)
            done += 1
    progress(done, total, "")


def _of_file(one: _File, limits: Limits) -> Iterator[Item]:
    name = shown(one.path.name)
    whence = Provenance(one.source)
    file = opened(one.path)
    if isinstance(file, str):
        yield Unusable(name, whence, f"It cannot be read: {file}.")
        return
    try:
        with file:
            whence = Provenance(one.source, modified=_moment(os.fstat(file.fileno()).st_mtime))
            if one.is_mail:
                yield from mail_items(file.read(limits.mail_bytes + 1), whence, limits)
            else:
                yield from items_in(file, name, whence, limits)
    except OSError as error:
        yield Unusable(name, whence, f"It cannot be read: {why_unreadable(error)}.")


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # file systems hold any number
        return None


def _files(paths: Sequence[Path], own: Own | None) -> Iterator[_File | LeftOut]:
    """The files to look at, each once, and what is left out without being looked at."""
    seen: set[str] = set()
    places: dict[Path, None] = {}
    for given in paths:
        skipped: list[Skipped] = []
        for path in walk(given, skipped) if given.is_dir() else (given,):
            skipped[:] = [each for each in skipped if _own_place(Path(each.name), own, places) is None]
            yield from _left_out(skipped, given)
            place = _own_place(path, own, places)
            if place is not None:
                continue
            one = _File(path, _source(path, given), _is_mail(path))
            whole = os.path.realpath(path)
            if whole in seen:
                yield LeftOut(shown(path.name), Provenance(one.source), "given twice")
            elif path != given and not one.is_mail and (why := _not_to_read(path)):
                yield LeftOut(shown(path.name), Provenance(one.source), why)
            else:
                seen.add(whole)
                yield one
        skipped[:] = [each for each in skipped if _own_place(Path(each.name), own, places) is None]
        yield from _left_out(skipped, given)
    if places:
        folders = sorted(f"{shown(each.name)}/" for each in places if each.is_dir())
        files = sorted(shown(each.name) for each in places if not each.is_dir())
        yield LeftOut(", ".join(folders or files), Provenance(""), OWN)


def _own_place(path: Path, own: Own | None, places: dict[Path, None]) -> Path | None:
    """The file or folder of the program's own that a path is or lies in; ``places`` has all that were met."""
    place = own(path) if own is not None else None
    if place is not None:
        places[place] = None
    return place


def _left_out(skipped: list[Skipped], given: Path) -> Iterator[LeftOut]:
    for each in skipped:
        path = Path(each.name)
        yield LeftOut(shown(path.name), Provenance(_source(path, given)), each.reason)
    skipped.clear()


def _source(path: Path, given: Path) -> str:
    """A file as it is shown: from the folder on that was given."""
    try:
        inner = path.relative_to(given).parts
    except ValueError:
        inner = (path.name,)
    return "/".join(shown(part) for part in (given.name or given.resolve().name, *inner) if part)


def _is_maildir(folder: Path) -> bool:
    return (folder / _READ).is_dir() and (folder / _UNREAD).is_dir()


def _is_mail(path: Path) -> bool:
    """Whether a file is a mail by where it lies, in a Maildir."""
    return path.parent.name in (_READ, _UNREAD) and _is_maildir(path.parent.parent)


def _not_to_read(path: Path) -> str:
    """Why a file of a folder is not looked at."""
    if path.parent.name == _ARRIVING and _is_maildir(path.parent.parent):
        return "a mail that has not arrived completely"
    return "a note of the mail program" if _is_maildir(path.parent) else ""
