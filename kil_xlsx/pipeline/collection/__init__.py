"""A collection: one round kept in one folder, from the list of organisations to what came back."""

from kil_xlsx.pipeline.collection.beginning import Begun, init
from kil_xlsx.pipeline.collection.place import Collection, Place, Synced, find, found, moment, opened, shown

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
