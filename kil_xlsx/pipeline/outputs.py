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

    Each file is first written beside its target under a hidden name.  Whatever goes wrong before :meth:`commit`,
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
        if present and not self._force:
            shown = ", ".join(str(target) for target in present[:3])
            more = f" and {len(present) - 3} more" if len(present) > 3 else ""
            raise OutputError(
                f"There already: {shown}{more}. Nothing was written.",
                "Name another place, or add --force to replace what is there.",
            )

    def add(self, target: Path, data: bytes) -> None:
        """Write the content of a target under a hidden name."""
        hidden = target.parent / f".{target.name[:60]}.{secrets.token_hex(4)}.tmp"
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
        """Give all files their names."""
        self._check()
        while self._ready:
            hidden, target = self._ready[0]
            try:
                hidden.replace(target)
            except OSError as error:
                raise _not_written(target, error) from None
            self._ready.pop(0)
        self._made_folders.clear()

    def __exit__(self, *exception: object) -> None:
        """Remove what was not committed, folders made for it included."""
        for hidden, _ in self._ready:
            with suppress(OSError):
                hidden.unlink()
        for folder in reversed(self._made_folders):
            with suppress(OSError):
                folder.rmdir()


def _not_written(target: Path, error: OSError) -> OutputError:
    reasons = {
        errno.EACCES: "you may not write there, or another program has the file open",
        errno.EPERM: "you may not write there",
        errno.ENOSPC: "the disk is full",
        errno.EROFS: "the disk is read-only",
        errno.ENOTDIR: "part of its path is a file, not a folder",
        errno.EEXIST: "part of its path is a file, not a folder",
    }
    why = reasons.get(error.errno or 0, error.strerror or "unknown reason")
    return OutputError(f"{target} cannot be written: {why}.", "Files that were there before are unchanged.")
