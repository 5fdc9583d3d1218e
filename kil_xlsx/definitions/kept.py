"""What came of definitions that have been checked, kept for the next time, as checking takes long.

Each is a file in the person's own folder for such things: a checksum, the state of all that the outcome depends on,
and what came of it as MessagePack.  It counts only if it is whole and if that is the state in which everything is now;
else the definition is checked again.  Nothing else is kept there, and the folder may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from kil_xlsx import __version__
from kil_xlsx.core.instrument import Definition
from kil_xlsx.definitions.archive import FOLDER

_ENDING = ".framework"
_MOST = 40
"""Definitions that are kept; beyond that, those that were kept longest ago go."""

_CHECKSUM = struct.Struct("<I")


def folder() -> Path | None:
    """Where this system keeps what programs can make again; none where there is no such place."""
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        place = os.path.expanduser("~/Library/Caches")  # noqa: PTH111 - it never fails
    else:
        place = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(place):  # noqa: PTH117 - as the standard for it says
            place = os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(place, "kil-xlsx") if os.path.isabs(place) else None  # noqa: PTH117


def find(path: Path, paths: Sequence[Path]) -> tuple[bytes | None, bytes]:
    """What is kept of a definition, and the state that the definition is in: empty if that is unknown.

    :param path: the folder or file of the definition.
    :param paths: the files that it consists of.
    """
    file, state = _file(path), _state(path, paths)
    if file is None or not state:
        return None, b""
    with contextlib.suppress(OSError):
        known = file.read_bytes()
        content = known[_CHECKSUM.size + len(state) :]
        if known.startswith(_CHECKSUM.pack(zlib.crc32(content)) + state):
            return content, state
    return None, state


@lru_cache(maxsize=2)
def decoded(content: bytes) -> Definition:
    """What is kept, as :func:`find` gives it.  ValueError if a program that was not whole has kept it."""
    return msgspec.msgpack.decode(content, type=Definition)


def keep(path: Path, paths: Sequence[Path], state: bytes, definition: Definition) -> None:
    """Keep what came of a definition, unless that was changed in the meantime.  Never fails."""
    file = _file(path)
    if file is None or not state or state != _state(path, paths):
        return
    import tempfile

    with contextlib.suppress(OSError, ValueError, OverflowError, RecursionError):
        content = msgspec.msgpack.encode(definition)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        try:
            with os.fdopen(number, "wb") as new:
                new.write(_CHECKSUM.pack(zlib.crc32(content)) + state + content)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
        by_age = sorted(file.parent.glob(f"*{_ENDING}"), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in by_age[_MOST:]:
            old.unlink(missing_ok=True)


def _file(path: Path) -> Path | None:
    """Where a definition is kept.  Two may share a place, as what is kept there says whose it is."""
    place = folder()
    return place / f"{zlib.crc32(os.fsencode(path.absolute())):08x}{_ENDING}" if place is not None else None


def _state(path: Path, paths: Iterable[Path]) -> bytes:
    """All that checking a definition depends on: the program, and what is in all files.  Empty if one cannot be read.

    What is in a file is known by a checksum that tells edits apart; nobody has to be kept from forging one here.
    """
    try:
        published = sorted((path / FOLDER).glob("*.json")) if path.is_dir() else []
        versions = f"{__version__} {msgspec.__version__} {sys.version_info}".encode()
        entries = [versions, os.fsencode(path.absolute()), *_program()]
        for each in (*paths, *published):
            content = each.read_bytes()
            entries.append(f"{each.name} {len(content)} {zlib.crc32(content)}".encode(errors="surrogateescape"))
    except OSError:
        return b""
    return b"\0".join(entries) + b"\0\0"


def _program() -> Iterator[bytes]:
    """The parts of the program that definitions are checked with; while it is made, they change without a version."""
    package = Path(__file__).parent.parent
    for part in ("core", "definitions"):
        for entry in sorted(os.scandir(package / part), key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield f"{entry.name} {status.st_size} {status.st_mtime_ns}".encode()
