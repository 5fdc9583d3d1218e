"""Reading and checking a framework definition: everything that is wrong with it is found in one go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Definition, Published
from kil_xlsx.definitions.archive import load_version, versions
from kil_xlsx.definitions.check_carrying import carrying_faults
from kil_xlsx.definitions.consistency import consistency_faults
from kil_xlsx.definitions.merge import merged
from kil_xlsx.definitions.places import KeyPath, in_order, readable
from kil_xlsx.definitions.structure import mended, structural_faults
from kil_xlsx.definitions.wording import counted
from kil_xlsx.definitions.yamlfile import YamlFile, read_yaml
from kil_xlsx.errors import DefinitionError, Fault


def checked(path: Path, paths: Sequence[Path]) -> Definition:
    """What a definition says, with the versions of it that were published.

    :param path: the definition, as faults name it.
    :param paths: the files that it consists of.
    :raises DefinitionError: when anything is wrong with it; it lists everything that was found.
    """
    files = [read_yaml(each) for each in paths]
    framework, faults = _checked(files, path.name or str(path))
    published: tuple[Published, ...] = ()
    if framework is not None and not faults:
        published = tuple(load_version(path, version) for version in versions(path))
        faults = _beside_published(framework, files, path.name or str(path), published)
    if framework is None or faults:
        raise DefinitionError(
            f"The framework definition {path} cannot be used: {counted(len(faults), 'fault')}.",
            in_order(faults, [each.name for each in paths]),
            "Put these right, then run the command again.",
        )
    known = {each.respondent.id: each.fingerprint for each in Definition(framework).instruments()}
    return Definition(framework, published, known)


def _beside_published(
    framework: Framework, files: list[YamlFile], name: str, published: Sequence[Published]
) -> list[Fault]:
    """What is wrong with a framework beside the versions of it that were published."""
    if not published and not framework.carry_forward:
        return []
    _, places, _ = merged(files, name)
    return carrying_faults(framework, places, {each.framework.version: each.framework for each in published})


def _checked(files: list[YamlFile], name: str) -> tuple[Framework | None, list[Fault]]:
    """The framework in some files, and everything that is wrong with it, each stage going on after the one before.

    What cannot be read is left out and what has the wrong shape is mended for the later stages, which then tell only
    what is not a mere consequence of that.
    """
    faults = [fault for file in files for fault in file.faults]
    data, places, merging = merged(files, name)
    faults += merging
    part = not all(file.readable and (file.data is None or isinstance(file.data, dict)) for file in files)
    try:
        framework = msgspec.convert(data, Framework)
    except msgspec.ValidationError as refusal:
        faults += structural_faults(data, places, refusal, part=part)
    else:
        found = consistency_faults(framework, places)
        return framework, faults + (_own(found, data, [], part=True) if part else found)
    repaired = mended(data)
    try:
        framework = msgspec.convert(repaired.data, Framework)
    except msgspec.ValidationError:
        return None, faults
    return None, faults + _own(consistency_faults(framework, places), data, repaired.changed, part=part)


_SURE = re.compile(
    r"is already used|is too close to|also names the respondent type|cannot be read at character|"
    r"gives true or false|gives a number|is not a regular expression"
)
"""Faults of one text, or of two that are both there: never a consequence of anything else."""

_LOCAL = re.compile(
    r"'\w+' \S+ is not above|is outside the limits|there are two values|stands after one|"
    r"starts or ends with a space|which a spreadsheet takes for any text"
)
"""Faults within one entry of a list: never a consequence of what is wrong in another."""

_LACKING = {
    "no question": "questions",
    "no field": "profile",
    "no profile field": "profile",
    "no choice": "choice_lists",
    "the first band": "scoring",
}
"""How faults start that tell that none of several parts does something, and the key that has the parts."""


def _own(found: list[Fault], data: dict[str, object], changed: list[KeyPath], *, part: bool) -> list[Fault]:
    """The faults of a mended framework that would be there without the mending.

    :param changed: where it was mended.
    :param part: whole files are missing, or a key that may have held anything.
    """
    part = part or any(len(path) == 1 and path[0] not in Framework.__struct_fields__ for path in changed)
    places = {readable(path, data) for path in changed}
    around = [_around(path, data) for path in changed]
    regions = {readable(path, data) for path in around}
    nameless = {_around(path, data) for path in changed if path[-1] in _NAMING and not _value(path, data)}
    names = {name for path in (*around, *changed) for name in _names(path, data, every=path in nameless)}
    tops = {path[0] for path in changed}

    def own(fault: Fault) -> bool:
        if any(_within(fault.key, place) for place in places):
            return False
        if _SURE.search(fault.message):
            return True
        if any(_within(fault.key, region) for region in regions):
            return False
        if _LOCAL.search(fault.message):
            return True
        if part:
            return False
        if any(fault.message.startswith(start) and top in tops for start, top in _LACKING.items()):
            return False
        return not any(f"'{name}'" in fault.message or f"'{name}." in fault.message for name in names)

    return [fault for fault in found if own(fault)]


def _within(key: str, place: str) -> bool:
    return key == place or key.startswith((f"{place}.", f"{place}["))


def _around(path: KeyPath, data: object) -> KeyPath:
    """The innermost entry of a list that a path leads into; outside lists, the top-level part."""
    for length in range(len(path), 0, -1):
        if isinstance(path[length - 1], int) and isinstance(_value(path[:length], data), dict):
            return path[:length]
    return path[:1]


def _value(path: KeyPath, data: object) -> object:
    for step in path:
        if isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data


def _names(path: KeyPath, data: object, *, every: bool) -> Iterator[str]:
    """What others may call the part at a path, and the parts in it, by; every text where its name is under no key."""
    value = _value(path, data)
    if len(path) == 2 and isinstance(path[1], str):  # an entry of a top-level set, such as a source
        yield path[1]
    if isinstance(value, dict):
        for key in value:
            yield from _names((*path, key), data, every=every)
    elif isinstance(value, list):
        for at in range(len(value)):
            yield from _names((*path, at), data, every=every)
    elif value is not None and (every or len(path) < 2 or path[-1] in _NAMING or isinstance(path[-1], int)):
        yield str(value)


_NAMING = ("id", "code", "term", "prefix", "label")
