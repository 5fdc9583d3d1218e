"""The folder of originals: every file that came back, once, under the hash of its content, and never changed."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kil_xlsx.errors import StoreError

_READ_ONLY = 0o400

_SUFFIX = re.compile(r"(\.[A-Za-z0-9]{1,10})?")


class Originals:
    """Files by the SHA-256 of their content, as ``ab/abcdef….xlsx``.  The suffix is for people who open them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str, suffix: str) -> Path:
        """Where a file is, or would be."""
        if not _SUFFIX.fullmatch(suffix):  # it comes from a name that somebody else gave
            raise ValueError(f"no suffix for an original: {suffix!r}")
        return self.folder / sha256[:2] / f"{sha256}{suffix}"

    def put(self, data: bytes, suffix: str) -> str:
        """Keep a file and give its hash.  It is there whole, and safe from a power cut, or not at all.

        :raises StoreError: the disk is full, or the folder cannot be written to, or has a link in the file's place.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.path(sha256, suffix)
        _check_no_link(target.parent, target)
        if self._is_whole(target, len(data), sha256):
            return sha256
        hidden = target.with_name(f".{sha256[:16]}.{secrets.token_hex(4)}.tmp")
        try:
            for folder in (self.folder, target.parent):
                if not folder.is_dir():
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                    _sync(folder.parent)
            try:
                with hidden.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                hidden.chmod(_READ_ONLY)
                with suppress(OSError):
                    target.chmod(0o600)  # a damaged one; some systems replace no read-only files
                os.replace(hidden, target)  # noqa: PTH105 - pathlib's does the same
            except BaseException:
                with suppress(OSError):
                    hidden.unlink()
                raise
            _sync(target.parent)
        except OSError as error:
            raise _not_kept(self.folder, error) from None
        return sha256

    def get(self, sha256: str, suffix: str) -> bytes:
        """The content of a file.  StoreError if it is missing or is not what it was."""
        path = self.path(sha256, suffix)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StoreError(
                f"The original {path} cannot be read: {error.strerror or 'unknown reason'}.",
                "Put it back from a copy of the collection's folder.",
            ) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreError(
                f"The original {path} is not what came in: it has been changed since.",
                "Put it back from a copy of the collection's folder.",
            )
        return data

    def remove(self, sha256: str) -> None:
        """Remove a file, whatever its suffix; nothing happens if it is not there.

        :raises StoreError: it cannot be removed, or there is a link in its place.
        """
        folder = self.path(sha256, "").parent
        try:
            for path in folder.glob(f"{sha256}*"):
                _check_no_link(folder, path)
                with suppress(OSError):
                    path.chmod(0o600)  # some systems keep read-only files
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"An original could not be removed: {error.strerror or 'unknown reason'}.",
                "Check that you may write to the folder, then run the command again.",
            ) from None

    def all(self) -> Iterator[tuple[str, Path]]:
        """Hash and path of every file that is there, leftovers of a killed run apart."""
        for path in sorted(self.folder.glob("??/*")):
            if not path.name.startswith(".") and path.is_file():
                yield path.name.partition(".")[0], path

    def sweep(self) -> None:
        """Remove what a killed run left half written."""
        for path in self.folder.glob("??/.*.tmp"):
            with suppress(OSError):
                path.unlink()

    def _is_whole(self, path: Path, size: int, sha256: str) -> bool:
        try:
            return path.stat().st_size == size and hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        except OSError:
            return False


def _check_no_link(*paths: Path) -> None:
    """StoreError if something is a link: what it leads to is not the collection's, and must not be changed."""
    for path in paths:
        if path.is_symlink():
            raise StoreError(
                f"{path} is a link, and originals are kept as files.",
                "Put what it leads to in its place, or remove it, then run the command again.",
            )


def _sync(folder: Path) -> None:
    """Make a new name in a folder safe from a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _not_kept(folder: Path, error: OSError) -> StoreError:
    reasons = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "your share of the disk is full",
        errno.EACCES: "you may not write there",
        errno.EPERM: "you may not write there",
        errno.EROFS: "the disk is read-only",
    }
    why = reasons.get(error.errno or 0, error.strerror or "unknown reason")
    return StoreError(
        f"A file that came in could not be kept in {folder}: {why}.",
        "What was recorded before is safe. Put this right, then run the command again: it goes on where it stopped.",
    )
