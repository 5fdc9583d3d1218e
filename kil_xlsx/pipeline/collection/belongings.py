"""Whose a file is that the program has written into a collection's folders.

Names of files that the program chose hold the organisation's reference code, its number in the collection, or its name.
A file that could be of two organisations is of neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx.pipeline.names import safe_name

if TYPE_CHECKING:
    from kil_xlsx.core.collection import Asked, Copy
    from kil_xlsx.pipeline.collection.place import Place

_LONGEST = (60, 70, 200)
"""Signs of an organisation's name that names of files have at most, where it stands in front: drafts, feedback, all."""

_DRAFT = re.compile(r"(?P<name>.+?)-(?P<id>\d+)(-\d+)?\.eml")
_UNFINISHED = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.tmp")


@dataclass(frozen=True)
class Written:
    """Files in a collection's folders: by organisation, those of nobody in particular, and half-written ones."""

    of: Mapping[int, tuple[Path, ...]]
    doubtful: tuple[Path, ...]
    unfinished: tuple[Path, ...]


def written(place: Place, organisations: Iterable[Asked], copies: Iterable[Copy]) -> Written:
    """The files that were written for single organisations: workbooks, drafts, feedback and marked copies."""
    names: dict[int, set[str]] = {}
    for asked in organisations:
        names.setdefault(asked.id, set()).update(_bodies(asked.name))
    fragments: dict[str, int] = {}
    for copy in copies:
        names.setdefault(copy.organisation, set()).update(_bodies(copy.name))
        fragments["-".join(copy.reference.split("-")[1:3]).lower()] = copy.organisation
    found: dict[int, list[Path]] = {}
    doubtful, unfinished = [], []
    for path in _files(place):
        if _UNFINISHED.fullmatch(path.name):
            unfinished.append(path)
            continue
        owners = _owners(path.name, names, fragments)
        if len(owners) == 1:
            found.setdefault(owners.pop(), []).append(path)
        else:
            doubtful.append(path)
    return Written({one: tuple(paths) for one, paths in found.items()}, tuple(doubtful), tuple(unfinished))


def _files(place: Place) -> Iterator[Path]:
    for folder in (place.workbooks, place.drafts, place.feedback, place.to_fix):
        if folder.is_dir() and not folder.is_symlink():
            yield from sorted(each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())


def _owners(name: str, names: Mapping[int, set[str]], fragments: Mapping[str, int]) -> set[int]:
    low = name.lower()
    by_code = {one for fragment, one in fragments.items() if f"-{fragment}" in low}
    if by_code:
        return by_code
    draft = _DRAFT.fullmatch(low)
    if draft is not None:
        number = int(draft["id"])
        return {number} if draft["name"] in (*names.get(number, ()), "organisation") else set()
    fitting = {one: _longest(low, bodies) for one, bodies in names.items()}
    most = max(fitting.values(), default=0)
    return {one for one, length in fitting.items() if length == most} if most else set()


def _longest(name: str, bodies: Iterable[str]) -> int:
    """How much of a file's name is one of the names of an organisation."""
    return max((len(body) for body in bodies if body and name.startswith(f"{body}-")), default=0)


def _bodies(name: str) -> set[str]:
    return {safe_name(name)[:longest].strip("-") for longest in _LONGEST} - {""}


def relative(place: Place, paths: Sequence[Path]) -> tuple[str, ...]:
    """Paths as they are written down: from the collection's folder."""
    return tuple(path.relative_to(place.folder).as_posix() for path in paths)
