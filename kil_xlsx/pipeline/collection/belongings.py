"""Whose a file is that the program has written into a collection's folders.

Names of files that the program chose hold the organisation's reference code, its number in the collection, or its name.
A file that could be of two organisations is of neither.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx.pipeline.names import safe_name

if TYPE_CHECKING:
    from kil_xlsx.core.collection import Asked, Copy
    from kil_xlsx.pipeline.collection.place import Place

_LONGEST = (60, 70, 200)
"""Signs of an organisation's name that names of files have at most, where it stands in front: drafts, feedback, all."""

_DRAFTS = (re.compile(r"(.+)-([0-9]{1,18})\.eml"), re.compile(r"(.+)-([0-9]{1,18})-[0-9]+\.eml"))
"""Name and number of the organisation, and where it got several of a kind the how-manieth this is."""

_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8,10}\.tmp")


@dataclass(frozen=True)
class Written:
    """Files in a collection's folders: by organisation, those of nobody in particular, and half-written ones.

    ``elsewhere`` are those of nobody in particular in folders that are links, so that they may not be the collection's
    at all.  ``unseen`` are links further down and folders that cannot be opened: what is in them was not looked at.
    """

    of: Mapping[int, tuple[Path, ...]]
    doubtful: tuple[Path, ...]
    unfinished: tuple[Path, ...]
    elsewhere: tuple[Path, ...] = ()
    unseen: tuple[Path, ...] = ()


def written(place: Place, organisations: Iterable[Asked], copies: Iterable[Copy]) -> Written:
    """The files that were written for single organisations: workbooks, drafts, feedback and marked copies.

    Half-written ones are those of all folders, data and releases among them.
    """
    names: dict[int, set[str]] = {}
    for asked in organisations:
        names.setdefault(asked.id, set()).update(_bodies(asked.name))
    fragments: dict[str, int] = {}
    for copy in copies:
        names.setdefault(copy.organisation, set()).update(_bodies(copy.name))
        fragments["-".join(copy.reference.split("-")[1:3]).lower()] = copy.organisation
    found: dict[int, list[Path]] = {}
    doubtful: list[Path] = []
    elsewhere: list[Path] = []
    unseen: list[Path] = []
    unfinished = [path for path in sorted(place.folder.glob(".*.tmp")) if _UNFINISHED.fullmatch(path.name)]
    for folder in (place.workbooks, place.drafts, place.feedback, place.to_fix):
        for path in _files(folder, unseen):
            owners = _owners(path.name, names, fragments)
            if _UNFINISHED.fullmatch(path.name):
                unfinished.append(path)
            elif len(owners) == 1:
                found.setdefault(owners.pop(), []).append(path)
            else:
                (elsewhere if folder.is_symlink() else doubtful).append(path)
    for folder in (place.data, place.releases):
        unfinished += [path for path in _files(folder, unseen) if _UNFINISHED.fullmatch(path.name)]
    of = {one: tuple(paths) for one, paths in found.items()}
    return Written(of, tuple(doubtful), tuple(unfinished), tuple(elsewhere), tuple(unseen))


def _files(folder: Path, unseen: list[Path]) -> list[Path]:
    """The files in a folder, which may be a link itself: the program has written through it.  Adds to ``unseen``."""
    found: list[Path] = []

    def closed(error: OSError) -> None:
        if folder.is_dir():
            unseen.append(Path(error.filename))

    for name, folders, files in os.walk(folder, onerror=closed):
        here = Path(name)
        links = {each for each in (*folders, *files) if (here / each).is_symlink()}
        unseen += [here / each for each in sorted(links)]
        found += [here / each for each in files if each not in links]
    return sorted(found)


def _owners(name: str, names: Mapping[int, set[str]], fragments: Mapping[str, int]) -> set[int]:
    low = name.lower()
    by_code = {one for fragment, one in fragments.items() if f"-{fragment}" in low}
    if by_code:
        return by_code
    drafts = [draft for pattern in _DRAFTS if (draft := pattern.fullmatch(low))]
    if drafts:  # "group-12-2.eml" may be the first to "Group 12", which is #2, or the second to "Group", which is #12
        parts = [(draft[1], int(draft[2])) for draft in drafts]
        return {number for name, number in parts if name in (*names.get(number, ()), "organisation")}
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
