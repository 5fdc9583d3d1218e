"""Finding the files to read and taking in what they hold, without trusting either."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from kil_xlsx.core.problems import problem
from kil_xlsx.core.readings import FileInfo, Reading
from kil_xlsx.errors import UsageProblem
from kil_xlsx.results.return_model import Skipped

_NOT_RETURNS = frozenset(
    (".json", ".csv", ".tsv", ".txt", ".md", ".yaml", ".yml", ".log", ".tmp", ".ini", ".db", ".msf")
)


def find_files(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Skipped, ...]]:
    """The files to read, each once, and those that a folder holds but that are no returns.

    Hidden files, the lock files of Excel and LibreOffice, and files that by their name hold data or notes are skipped.
    Links to folders are not followed, nor are links to files outside the folder that they lie in: an unpacked archive
    may have brought them, and what they point to was not sent by anybody.

    :raises UsageProblem: a path does not exist, or there is no file to read.
    """
    missing = [str(path) for path in paths if not os.path.lexists(path)]
    if missing:
        raise UsageProblem(
            f"There is no file or folder {', '.join(missing)}.", "Check the spelling, and the folder you are in."
        )
    found: list[Path] = []
    skipped: list[Skipped] = []
    seen: set[str] = set()
    for path in paths:
        for each in walk(path, skipped) if path.is_dir() else (path,):
            whole = os.path.realpath(each)
            if whole in seen:
                skipped.append(Skipped(name=str(each), reason="given twice"))
            else:
                seen.add(whole)
                found.append(each)
    if not found:
        raise UsageProblem(
            f"There is no workbook in {', '.join(str(path) for path in paths)}.",
            "Put the returned files into the folder, or name another.",
        )
    return tuple(found), tuple(skipped)


def walk(folder: Path, skipped: list[Skipped]) -> Iterator[Path]:
    """The files below a folder that may be returns, by name."""

    def unreadable(error: OSError) -> None:
        skipped.append(Skipped(name=str(error.filename), reason="the folder cannot be opened"))

    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names, key=lambda name: (name.casefold(), name)):
            path = Path(place) / name
            reason = _not_a_return(name)
            if not reason and _leads_outside(path, folder):
                reason = "a link to a file outside the folder"
            if reason:
                skipped.append(Skipped(name=str(path), reason=reason))
            else:
                yield path


def _leads_outside(path: Path, folder: Path) -> bool:
    try:
        return path.is_symlink() and path.is_file() and not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # found out, and told, when it is opened
        return False


def _not_a_return(name: str) -> str:
    """Why a file of a folder is not read; nothing when it is."""
    if name.startswith(("~$", ".~lock.")):
        return "left behind by a spreadsheet program that has the file open"
    if name.startswith(".") or name.casefold() in ("thumbs.db", "desktop.ini"):
        return "a hidden file"
    if Path(name).suffix.casefold() in _NOT_RETURNS:
        return "not a workbook by its name"
    return ""


def display_names(paths: Sequence[Path]) -> list[str]:
    """File names without folders; with the last folder where two files share a name."""
    names = [path.name for path in paths]
    return [
        f"{path.parent.name}/{path.name}" if names.count(path.name) > 1 and path.parent.name else path.name
        for path in paths
    ]


def content(path: Path, most: int | None = None) -> bytes | str:
    """What a file holds, or why it cannot be read.  One byte more than the limit is enough to be found too large.

    The limit is that of a returned workbook, or ``most`` bytes.

    What is not a plain file (a pipe, a device) is not opened: reading it might never end.
    """
    from kil_xlsx.reading.package import Limits

    file = opened(path)
    if isinstance(file, str):
        return file
    try:
        with file:
            return file.read((most or Limits().file_bytes) + 1)
    except OSError as error:
        return why_unreadable(error)


def opened(path: Path) -> BinaryIO | str:
    """A plain file, open, or why it cannot be opened."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "it is a folder" if path.is_dir() else "it is not a plain file"
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        file = os.fdopen(handle, "rb")
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return file
        file.close()
    except OSError as error:
        return why_unreadable(error)
    return "it is not a plain file"


def why_unreadable(error: OSError) -> str:
    """Why a file cannot be read, in plain words."""
    reasons = {
        errno.ENOENT: "it is not there",
        errno.ELOOP: "it is a link that leads nowhere",
        errno.EACCES: "you may not read it, or another program has it open",
    }
    return reasons.get(error.errno or 0, error.strerror or "it cannot be opened")


def unread(path: Path, name: str, why: str) -> Reading:
    size = 0
    with suppress(OSError):
        size = path.lstat().st_size
    file = FileInfo(name=name, sha256="", size=size, kind="", application="")
    return Reading(file, (problem("file-unreadable", found=why),))
