"""The map by which answers to earlier versions of a framework are carried forward into this one.

It stands in the newer definition.  What exists in both versions under one id and with the same kinds of answers is the
same and needs no entry.  Items are named by their ids; a column of a table as ``table.column``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from kil_xlsx.core.modelling import Model, Name, Text

Ref = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]*(\.[a-z][a-z0-9_]*)?$", max_length=121)]
"""The id of an item or a section, or a column of a table as ``table.column``."""

Version = Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?$")]
"""A version of a framework, such as 1.2.0."""


class SameMeaning(Model, frozen=True, kw_only=True):
    """Items, choice lists or units that are worded anew and still mean the same, so that answers stay comparable."""

    items: tuple[Ref, ...] = ()
    lists: tuple[Name, ...] = ()
    units: tuple[str, ...] = ()
    reason: Text


class Renamed(Model, frozen=True, kw_only=True):
    """An item that has another id now and asks the same."""

    from_: Ref = field(name="from")
    to: Ref


class Recoded(Model, frozen=True, kw_only=True):
    """Items, or all items answered from choice lists, whose answers have other codes now.

    ``codes`` leads from each earlier code to its new one, or to null where there is none any more; for an item that
    was answered in words, from those words.  Codes that are not named stay as they are.
    """

    items: tuple[Ref, ...] = ()
    lists: tuple[Name, ...] = ()
    codes: dict[str, str | None]


class Merged(Model, frozen=True, kw_only=True):
    """Several items that are one now.

    An answer is carried only where all were answered: by the rule ``equal`` if they agree, by ``lowest`` the one with
    the lowest value, by ``sum`` the sum of the figures.  Texts beside them are put together.
    """

    from_: Annotated[tuple[Ref, ...], Meta(min_length=2)] = field(name="from")
    to: Ref
    rule: Literal["equal", "lowest", "sum"] = "equal"


class Split(Model, frozen=True, kw_only=True):
    """One item that is several now.  Its answer is carried to each of them, to be confirmed or changed."""

    from_: Ref = field(name="from")
    to: Annotated[tuple[Ref, ...], Meta(min_length=2)]


class Dropped(Model, frozen=True, kw_only=True):
    """Items that are no longer asked.  Their ids are never used again."""

    items: Annotated[tuple[Ref, ...], Meta(min_length=1)]
    reason: Text


class CarryForward(Model, frozen=True, kw_only=True):
    """How answers to some earlier versions, all of them published, are carried forward into this one."""

    from_: Annotated[tuple[Version, ...], Meta(min_length=1)] = field(name="from")
    same: tuple[SameMeaning, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    recoded: tuple[Recoded, ...] = ()
    merged: tuple[Merged, ...] = ()
    split: tuple[Split, ...] = ()
    dropped: tuple[Dropped, ...] = ()
