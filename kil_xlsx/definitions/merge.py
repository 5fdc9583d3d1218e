"""Putting the files of a definition together by their top-level keys."""

from __future__ import annotations

from collections.abc import Sequence

from kil_xlsx.definitions.places import KeyPath, Places, Spot
from kil_xlsx.definitions.yamlfile import YamlFile
from kil_xlsx.errors import Fault


def merged(files: Sequence[YamlFile], name: str) -> tuple[dict[str, object], Places, list[Fault]]:
    """Merge files in the order given: lists are joined, mappings put together, anything else may come once only.

    :param files: what was read; the faults found in reading are not repeated here, and what could be read of a file
        that is not readable is left out.
    :param name: what the whole is called in faults that belong to no line.
    :returns: the data, where each part of it is written, and the faults of the merging.
    """
    whole: dict[str, object] = {}
    lines: dict[KeyPath, Spot] = {}
    faults: list[Fault] = []
    for file in files:
        if file.data is None or not file.readable:
            continue
        if not isinstance(file.data, dict):
            message = "should be a set of keys such as 'title: ...'."
            faults.append(Fault(file.name, file.lines[()][1], "", message, "Write the keys of the framework in it."))
            continue
        faults += _add(file, file.data, whole, lines)
    if len(files) == 1 and () in files[0].lines:
        lines[()] = files[0].lines[()]
    return whole, Places(name, whole, lines), faults


def _add(file: YamlFile, data: dict[str, object], whole: dict[str, object], lines: dict[KeyPath, Spot]) -> list[Fault]:
    faults: list[Fault] = []
    left_out: set[KeyPath] = set()
    shifts: dict[str, int] = {}
    for key, value in data.items():
        if key not in whole:
            # A copy, so that what another file adds does not change what was read from this one.
            whole[key] = list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else value
            continue
        present = whole[key]
        if isinstance(present, list) and isinstance(value, list):
            shifts[key] = len(present)
            present += value
        elif isinstance(present, dict) and isinstance(value, dict):
            for inner in value:
                if inner in present:
                    faults.append(_twice(file, (key, inner), lines))
                    left_out.add((key, inner))
                else:
                    present[inner] = value[inner]
        else:
            faults.append(_twice(file, (key,), lines))
            left_out.add((key,))
    for path, spot in file.lines.items():
        if not path or path[:1] in left_out or path[:2] in left_out:
            continue
        if len(path) > 1 and isinstance(path[1], int):
            path = (path[0], path[1] + shifts.get(str(path[0]), 0), *path[2:])
        lines.setdefault(path, spot)
    return faults


def _twice(file: YamlFile, path: KeyPath, lines: dict[KeyPath, Spot]) -> Fault:
    other_file, other_line = lines[path]
    key = ".".join(str(part) for part in path)
    return Fault(
        file.name,
        file.lines[path][1],
        key,
        f"the key '{path[-1]}' is already in {other_file}, line {other_line}.",
        "Keep one of the two.",
    )
