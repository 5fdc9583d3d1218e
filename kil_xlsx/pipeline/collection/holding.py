"""Holding a collection for work that may run only once at a time: sending, and fetching from a mailbox.

The lock is the operating system's own, so one that a killed program held is free again at once.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx.errors import StoreError, UsageProblem
from kil_xlsx.pipeline.collection.place import moment

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Place


@contextmanager
def held(place: Place, name: str, what: str) -> Iterator[None]:
    """Hold a collection for one kind of work, without waiting for it.

    :param name: the kind of work; ``what`` is the command, for whoever finds it at work.
    :raises UsageProblem: it is at work already; says since when and where.
    :raises StoreError: the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    path = place.lock(name)
    beside = path.with_suffix(".holder")  # the lock itself is emptied by whoever tries to take it
    lock = FileLock(str(path), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise UsageProblem(
            f"This collection is being worked on: {_holder(beside, what)}.",
            "Wait until it has finished, then run the command again.",
        ) from None
    except (OSError, NotImplementedError) as error:
        raise _not_locked(place, error) from None
    try:
        with suppress(OSError):  # it only helps people
            beside.write_text(f"{what}\n{os.getpid()}\n{socket.gethostname()}\n{moment()}\n", "utf-8")
        yield
    finally:
        with suppress(OSError):
            beside.unlink()
        lock.release()


def _holder(beside: Path, what: str) -> str:
    """Who holds it, as far as it says so."""
    try:
        lines = beside.read_text("utf-8", "replace")[:1000].splitlines()
        command, process, computer, since = lines[:4]
    except (OSError, ValueError):
        return f"'{what}', or a command like it, is running"
    shown = ["".join(each for each in part if each.isprintable())[:80] for part in (command, process, computer, since)]
    return f"'{shown[0]}' is running on {shown[2]} (process {shown[1]}) since {shown[3].replace('T', ' ')[:16]} UTC"


@contextmanager
def turn(place: Place, name: str) -> Iterator[None]:
    """Hold a collection for a moment, waiting for others that do the same.

    :raises StoreError: the folder cannot be written to.
    """
    from filelock import FileLock

    lock = FileLock(str(place.lock(name)))
    try:
        lock.acquire()
    except (OSError, NotImplementedError) as error:
        raise _not_locked(place, error) from None
    try:
        yield
    finally:
        lock.release()


def _not_locked(place: Place, error: Exception) -> StoreError:
    return StoreError(
        f"{place.folder} cannot be locked: {getattr(error, 'strerror', None) or 'its disk knows no locks'}.",
        "Check that you may write there; a collection should lie on a disk of this computer.",
    )
