"""A collection: one round kept in one folder, from the list of organisations to what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kil_xlsx.pipeline.collection.place import Collection, Place, Synced, find, found, moment, opened, shown

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.beginning import Begun, init

__all__ = [
    "Begun",
    "Collection",
    "Place",
    "Synced",
    "find",
    "found",
    "init",
    "moment",
    "opened",
    "shown",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """What begins a collection is needed once in its life, and imported then."""
        if name not in ("Begun", "init"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from kil_xlsx.pipeline.collection import beginning

        return getattr(beginning, name)
