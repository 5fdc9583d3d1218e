"""Writing files whole or not at all, and never over what is there unasked."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kil_xlsx.errors import OutputError

if TYPE_CHECKING:
    from filelock import BaseFileLock

_LONGEST = 60
"""Signs of a target's name in the hidden name."""

_HIDDEN = re.compile(r"\.(?P<name>.+)\.(?P<run>[0-9a-f]{4})[0-9a-f]{4}\.tmp")
"""A hidden file of a run whose lock tells whether it is still at work."""

_LOCK = "kil-xlsx"

_SEVERAL = 8
"""Files from which on they are written by several threads: nearly all of the time goes by waiting for the disk."""

_WRITERS, _WAITING = 8, 24
"""Threads that write, and how many files may wait for them in memory."""

MayReplace = bool | Callable[[Path], bool]
"""Whether files that are there may be replaced: all or none of them, or which."""


def write_file(path: Path, data: bytes, *, force: MayReplace = False) -> None:
    """Write one file; whole or not at all.  OutputError if it is there and ``force`` is not set."""
    with Outputs([path], force=force) as outputs:
        outputs.add(path, data)
        outputs.commit()


class Outputs:
    """Files that are written together: whether they may be is checked first, and they get their names last.

    Each file is first written beside its target under a hidden name.  Whatever goes wrong, in :meth:`commit` too,
    files that were there stay as they were.  What a run that was killed has left of the same targets is removed before
    anything is written; a run that is still at work is told by the lock that it holds in each folder.
    """

    def __init__(self, targets: Sequence[Path], *, force: MayReplace = False) -> None:
        self._targets = targets
        self._force = force
        self._ready: list[_Ready] = []
        self._writers = ThreadPoolExecutor(_WRITERS, "writer") if len(self._targets) >= _SEVERAL else None
        self._writing: deque[tuple[Path, Future[None]]] = deque()
        self._made_folders: list[Path] = []
        self._locks: dict[Path, _FolderLock] = {}

    def __enter__(self) -> Outputs:
        names: set[str] = set()
        for target in self._targets:
            folded = str(target).casefold()
            if folded in names:
                raise OutputError(f"Two workbooks would be called {target.name}.", "Tell their organisations apart.")
            names.add(folded)
        self._check()
        return self

    def _check(self) -> None:
        present = [target for target in self._targets if os.path.lexists(target)]
        folders = [target for target in present if target.is_dir() and not target.is_symlink()]
        if folders:
            raise OutputError(
                f"{folders[0]} is a folder; no file of that name can be written.", "Choose another place."
            )
        for folder, target in {target.parent: target for target in reversed(self._targets)}.items():
            above = next((each for each in (folder / "x").absolute().parents if os.path.lexists(each)), None)
            if above is not None and not above.is_dir():
                raise _not_written(target, NotADirectoryError(errno.ENOTDIR, ""))
        force = self._force
        present = [target for target in present if not (force(target) if callable(force) else force)]
        if present:
            shown = ", ".join(str(target) for target in present[:3])
            more = f" and {len(present) - 3} more" if len(present) > 3 else ""
            raise OutputError(
                f"There already: {shown}{more}. Nothing was written.",
                "Name another place, or add --force to replace what is there.",
            )

    def add(self, target: Path, data: bytes) -> None:
        """Write the content of a target under a hidden name.  What went wrong with it may be told with a later one."""
        try:
            self._make_folder(target.parent)
            lock = self._lock(target)
            ready = _Ready(lock, target.name, lock.token())
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(ready.hidden, flags, 0o666)
            self._ready.append(ready)
            if self._writers is None:
                _write(descriptor, data)
                return
            self._writing.append((target, self._writers.submit(_write, descriptor, data)))
        except OSError as error:
            raise _not_written(target, error) from None
        self._wait(_WAITING)

    def _wait(self, most: int = 0) -> None:
        """Wait until no more files than this are still being written."""
        while len(self._writing) > most:
            target, future = self._writing.popleft()
            try:
                future.result()
            except OSError as error:
                raise _not_written(target, error) from None

    def _lock(self, target: Path) -> _FolderLock:
        """The lock of a target's folder; the first in a folder removes what killed runs have left there."""
        folder = target.parent
        if folder not in self._locks:
            self._locks[folder] = _FolderLock(folder)
            if self._locks[folder].held:
                sweep(folder, {each.name for each in self._targets if each.parent == folder})
        return self._locks[folder]

    def _make_folder(self, folder: Path) -> None:
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir()
            self._made_folders.append(each)

    def commit(self) -> None:
        """Give all files their names.  When one cannot have it, those that were replaced before it are put back."""
        self._wait()
        self._check()
        given: list[tuple[Path, Path | None]] = []
        several = len(self._ready) > 1  # one alone takes the place of the old one in a single step
        for ready in self._ready:
            kept, target = None, ready.target
            try:
                kept = self._kept(target) if several else None
                os.replace(ready.hidden, target)  # noqa: PTH105 - pathlib's does the same
            except BaseException as error:
                left = _put_back(given if kept is None else [*given, (target, kept)])
                if isinstance(error, OSError):
                    raise _not_written(target, error, left) from None
                raise
            given.append((target, kept))
        for _, kept in given:
            _remove(kept)
        self._ready.clear()
        self._made_folders.clear()

    def _kept(self, target: Path) -> Path | None:
        """What stands at a target, kept under a hidden name too; nothing where there is none."""
        if not os.path.lexists(target):
            return None
        if target.is_dir() and not target.is_symlink():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        lock = self._lock(target)
        kept = lock.hidden(target.name, lock.token())
        try:
            os.link(target, kept, follow_symlinks=False)
        except (OSError, NotImplementedError):  # a disk without such links
            os.replace(target, kept)  # noqa: PTH105 - as above
        return kept

    def __exit__(self, *exception: object) -> None:
        """Remove what was not committed, folders made for it included."""
        if self._writers is not None:
            self._writers.shutdown()
        for ready in self._ready:
            _remove(ready.hidden)
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()
        for folder in reversed(self._made_folders):
            with suppress(OSError):
                folder.rmdir()


def _write(descriptor: int, data: bytes) -> None:
    """Write a file's content as far as to the disk itself."""
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _put_back(given: Sequence[tuple[Path, Path | None]]) -> list[Path]:
    """Undo what was done to targets, the last first.  Gives those for which that failed."""
    left = []
    for target, kept in reversed(given):
        try:
            if kept is None:
                target.unlink(missing_ok=True)
            else:
                os.replace(kept, target)  # noqa: PTH105 - as above
                _remove(kept)  # still there where both names are of one file
        except OSError:
            left.append(target)
    return left[::-1]


def _remove(path: Path | None) -> None:
    if path is not None:
        with suppress(OSError):
            path.unlink(missing_ok=True)


class _Ready(NamedTuple):
    """A file that is written under a hidden name.  Its paths are made when they are needed: there may be very many."""

    lock: _FolderLock
    name: str
    token: str

    @property
    def hidden(self) -> Path:
        return self.lock.hidden(self.name, self.token)

    @property
    def target(self) -> Path:
        return self.lock.folder / self.name


class _FolderLock:
    """Hidden names in a folder, and the lock that says that whoever writes under them is at work.

    The lock is the operating system's own, so one that a killed program held is free again at once.  Where the disk
    knows no locks (``held`` is not set), the names are others, which :func:`sweep` never takes for left behind.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import Timeout

        self.folder = folder
        self._run, self._count = "", 0
        self._lock: BaseFileLock | None = None
        while self._lock is None:
            self._run = secrets.token_hex(2)
            try:
                self._lock = _locked(_lock_file(folder, self._run))
            except Timeout:  # another run of the same number
                continue
            except (OSError, NotImplementedError):
                break

    @property
    def held(self) -> bool:
        return self._lock is not None

    def token(self) -> str:
        """What makes the next hidden name different from all others."""
        self._count += 1
        return f"{self._run}{self._count:04x}" if self.held and self._count <= 0xFFFF else secrets.token_hex(5)

    def hidden(self, name: str, token: str) -> Path:
        return self.folder / f".{name[:_LONGEST]}.{token}.tmp"

    def release(self) -> None:
        if self._lock is not None:
            _unlocked(self._lock, _lock_file(self.folder, self._run))
            self._lock = None


def _lock_file(folder: Path, run: str) -> Path:
    return folder / f".{_LOCK}.{run}0000.tmp"


def _locked(path: Path) -> BaseFileLock:
    """A lock that is held.  Timeout if somebody else holds it."""
    from filelock import FileLock

    lock = FileLock(str(path), timeout=0)
    lock.acquire()
    return lock


def _unlocked(lock: BaseFileLock, path: Path) -> None:
    """Remove the file of a lock that is held, and let go of it."""
    try:
        path.unlink(missing_ok=True)
        lock.release()
    except OSError:  # a system that removes no file which is open
        lock.release()
        with suppress(OSError):
            path.unlink(missing_ok=True)


def sweep(folder: Path, names: Collection[str] | None = None) -> None:
    """Remove what killed runs have left half written in a folder; what a run is at work on stays.

    :param names: only what was to become files of these names.
    """
    runs: dict[str, list[Path]] = {}
    for path, found in _hidden_in(folder):
        runs.setdefault(found["run"], []).append(path)
    cut = None if names is None else {name[:_LONGEST] for name in names}
    for run, paths in runs.items():
        lock_file = _lock_file(folder, run)
        left = [path for path in paths if path != lock_file]
        mine = [path for path in left if cut is None or _name(path) in cut]
        if mine or not left:
            _sweep_run(lock_file, mine, whole=len(mine) == len(left))


def _sweep_run(lock_file: Path, left: Iterable[Path], *, whole: bool) -> None:
    """Remove what one run has left, unless it is at work; its lock too where nothing else is left of it."""
    from filelock import Timeout

    lock = None
    if os.path.lexists(lock_file):
        try:
            lock = _locked(lock_file)
        except (Timeout, OSError, NotImplementedError):
            return
    for path in left:
        _remove(path)
    if lock is not None and whole:
        _unlocked(lock, lock_file)
    elif lock is not None:
        lock.release()


def _hidden_in(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return []
    return [(path, found) for path in paths if (found := _HIDDEN.fullmatch(path.name))]


def _name(hidden: Path) -> str:
    found = _HIDDEN.fullmatch(hidden.name)
    return found["name"] if found else ""


def _not_written(target: Path, error: OSError, left: Sequence[Path] = ()) -> OutputError:
    reasons = {
        errno.EACCES: "you may not write there, or another program has the file open",
        errno.EPERM: "you may not write there",
        errno.ENOSPC: "the disk is full",
        errno.EROFS: "the disk is read-only",
        errno.ENOTDIR: "part of its path is a file, not a folder",
        errno.EEXIST: "part of its path is a file, not a folder",
    }
    why = reasons.get(error.errno or 0, error.strerror or "unknown reason")
    remedy = "Files that were there before are unchanged."
    if left:
        remedy = f"These could not be put back as they were: {', '.join(map(str, left))}. All others are unchanged."
    return OutputError(f"{target} cannot be written: {why}.", remedy)
