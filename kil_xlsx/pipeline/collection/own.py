"""Files that the program wrote itself: they may be written anew as long as nobody has changed them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx import __version__
from kil_xlsx.errors import StoreError
from kil_xlsx.pipeline.collection.place import moment

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Place


class Own:
    """Says of a file in a collection's folders whether it may be replaced without anything being lost.

    It may if it is just as the program wrote it.  ``replaced`` are those for which that was so.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self.replaced: set[Path] = set()

    def __call__(self, path: Path) -> bool:
        """Whether a file may be replaced."""
        if path not in self.replaced:
            if path.is_symlink() or not path.is_file() or _digest(path) not in self._written:
                return False
            self.replaced.add(path)
        return True

    def remember(self, paths: Iterable[Path]) -> None:
        """Note down files as the program has just written them.

        Without that they would have to be replaced by force the next time, so it is no reason to stop.
        """
        from kil_xlsx.store.database import Store

        digests = [digest for path in paths if (digest := _digest(path))]
        with (
            suppress(StoreError),
            Store.open(self._place.database, at=moment(), program=__version__) as store,
            store.transaction(),
        ):
            store.add_written(digests)

    @property
    def told(self) -> tuple[str, ...]:
        """What was replaced, for people."""
        count = len(self.replaced)
        if not count:
            return ()
        return (f"Replaced, as nobody had changed {'it' if count == 1 else 'them'}: {count:,} "
                f"{'file' if count == 1 else 'files'} of an earlier run.",)  # fmt: skip

    @cached_property
    def _written(self) -> frozenset[str]:
        from kil_xlsx.store.database import Store

        with Store.open(self._place.database, at=moment(), program=__version__, read_only=True) as store:
            return store.written()


def _digest(path: Path) -> str:
    """The SHA-256 of a file; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
