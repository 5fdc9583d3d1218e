"""Writing files whole or not at all, and never over what is there unasked."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kil_xlsx.errors import OutputError


def write_file(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write one file; whole or not at all.  OutputError if it is there and ``force`` is not set."""
    with Outputs([path], force=force) as outputs:
        outputs.add(path, data)
        outputs.commit()


class Outputs:
    """Files that are written together: whether they may be is checked first, and they get their names last.

    Each file is first written beside its target under a hidden name.  Whatever goes wrong, in :meth:`commit` too,
    files that were there stay as they were.
    """

    def __init__(self, targets: Sequence[Path], *, force: bool = False) -> None:
        self._targets = tuple(targets)
        self._force = force
        self._ready: list[tuple[Path, Path]] = []
        self._made_folders: list[Path] = []

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
        for target in self._targets:
            above = next((each for each in target.absolute().parents if os.path.lexists(each)), None)
            if above is not None and not above.is_dir():
                raise _not_written(target, NotADirectoryError(errno.ENOTDIR, ""))
        if present and not self._force:
            shown = ", ".join(str(target) for target in present[:3])
            more = f" and {len(present) - 3} more" if len(present) > 3 else ""
            raise OutputError(
                f"There already: {shown}{more}. Nothing was written.",
                "Name another place, or add --force to replace what is there.",
            )

    def add(self, target: Path, data: bytes) -> None:
        """Write the content of a target under a hidden name."""
        hidden = _hidden(target)
        try:
            self._make_folder(target.parent)
            with hidden.open("xb") as file:
                self._ready.append((hidden, target))
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _not_written(target, error) from None

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
        self._check()
        given: list[tuple[Path, Path | None]] = []
        several = len(self._ready) > 1  # one alone takes the place of the old one in a single step
        for hidden, target in self._ready:
            kept = None
            try:
                kept = _kept(target) if several else None
                os.replace(hidden, target)  # noqa: PTH105 - pathlib's does the same
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

    def __exit__(self, *exception: object) -> None:
        """Remove what was not committed, folders made for it included."""
        for hidden, _ in self._ready:
            with suppress(OSError):
                hidden.unlink()
        for folder in reversed(self._made_folders):
            with suppress(OSError):
                folder.rmdir()


def _kept(target: Path) -> Path | None:
    """What stands at a target, kept under a hidden name too; nothing where there is none."""
    if not os.path.lexists(target):
        return None
    if target.is_dir() and not target.is_symlink():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    kept = _hidden(target)
    try:
        os.link(target, kept, follow_symlinks=False)
    except (OSError, NotImplementedError):  # a disk without such links
        os.replace(target, kept)  # noqa: PTH105 - as above
    return kept


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


def _hidden(target: Path) -> Path:
    return target.parent / f".{target.name[:60]}.{secrets.token_hex(4)}.tmp"


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
