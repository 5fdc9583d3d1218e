"""What came of definitions that have been checked, kept for the next time, as checking takes long.

Each is a file in the person's own folder for such things: a hash of all that the outcome depends on, and the framework
as MessagePack.  What is there counts only if the hash is that of the definition as it stands now, and if it decodes
into exactly the types of a framework; whatever is wrong with it, the definition is checked again.  Nothing else is
kept there, and the folder may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from kil_xlsx import __version__
from kil_xlsx.core.framework import Framework
from kil_xlsx.definitions.archive import FOLDER

_ENDING = ".framework"
_MOST = 40
"""Definitions that are kept; beyond that, those that were kept longest ago go."""

_MOST_BYTES = 50_000_000


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


def find(path: Path, paths: Sequence[Path]) -> tuple[Framework | None, bytes]:
    """The framework of a definition if it is kept, and the state that the definition is in: empty if that is unknown.

    :param path: the folder or file of the definition.
    :param paths: the files that it consists of.
    """
    file = _file(path)
    if file is None:
        return None, b""
    state = _state(path, paths)
    if state:
        with contextlib.suppress(OSError, ValueError, RecursionError):  # msgspec's own errors are ValueErrors
            known = file.read_bytes()
            if known.startswith(state):
                return msgspec.msgpack.decode(memoryview(known)[len(state) :], type=Framework), state
    return None, state


def keep(path: Path, paths: Sequence[Path], state: bytes, framework: Framework) -> None:
    """Keep what came of a definition, unless that was changed in the meantime.  Never fails."""
    file = _file(path)
    if file is None or not state or state != _state(path, paths):
        return
    import tempfile

    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        try:
            with os.fdopen(number, "wb") as new:
                new.write(state + msgspec.msgpack.encode(framework))
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
        by_age = sorted(file.parent.glob(f"*{_ENDING}"), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in by_age[_MOST:]:
            old.unlink(missing_ok=True)


def _file(path: Path) -> Path | None:
    """Where a definition is kept."""
    place = folder()
    if place is None:
        return None
    name = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]
    return place / f"{name}{_ENDING}"


def _state(path: Path, paths: Iterable[Path]) -> bytes:
    """A hash of all that checking a definition depends on: the program, and all files.  Empty if one cannot be read."""
    found = hashlib.sha256(__version__.encode())
    try:
        for entry in _program():
            found.update(entry)
        published = sorted((path / FOLDER).glob("*.json")) if path.is_dir() else []
        for each in (*paths, *published):
            with each.open("rb") as file:
                content = file.read(_MOST_BYTES)
            found.update(f"{each.name}\0{len(content)}\0".encode(errors="surrogateescape"))
            found.update(content)
    except OSError:
        return b""
    return found.digest()


def _program() -> Iterator[bytes]:
    """The parts of the program that definitions are checked with; while it is made, they change without a version."""
    package = Path(__file__).parent.parent
    for part in ("core", "definitions"):
        for entry in sorted(os.scandir(package / part), key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield f"{entry.name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode()
