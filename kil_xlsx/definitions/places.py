"""Where each part of a definition is written: the file, the line, and a path that people can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kil_xlsx.errors import Fault

KeyPath = tuple[str | int, ...]
"""The keys and list positions (from 0) that lead to a value, such as ``("questions", 3, "levels")``."""

Spot = tuple[str, int]
"""A file name and a line, counted from 1."""

#: What an item of a list is known by, the first that it has.
_NAMES = ("id", "code", "term", "prefix", "label")


def readable(path: KeyPath, data: object) -> str:
    """A path for people: ``questions[3] (LA-C1-4).levels`` is in the third question, whose id is LA-C1-4."""
    text = ""
    here = data
    for part in path:
        if isinstance(part, int):
            here = here[part] if isinstance(here, list) and part < len(here) else None
            text += f"[{part + 1}]{_name(here)}"
        else:
            here = here.get(part) if isinstance(here, dict) else None
            text += f".{part}" if text else part
    return text


def _name(item: object) -> str:
    if isinstance(item, dict):
        for key in _NAMES:
            name = item.get(key)
            if isinstance(name, str) and name:
                return f" ({name[:60]})"
    return ""


@dataclass(frozen=True)
class Places:
    """Knows where each part of some data was written, and makes faults that say so.

    ``name`` stands for the whole definition, where a fault belongs to no line.  The data need not come from files:
    without ``lines`` faults still have their readable key.
    """

    name: str
    data: object = None
    lines: Mapping[KeyPath, Spot] = field(default_factory=dict)

    def spot(self, path: KeyPath) -> tuple[str, int | None]:
        """The file and line of a path, or of the closest thing around it that was written down."""
        for length in range(len(path), -1, -1):
            if found := self.lines.get(path[:length]):
                return found
        return self.name, None

    def fault(self, path: KeyPath, message: str, remedy: str = "") -> Fault:
        """A fault at a path.  The message gets its full stop here when it has none."""
        file, line = self.spot(path)
        return Fault(file, line, readable(path, self.data), sentence(message), remedy)


def sentence(message: str) -> str:
    """The message with a full stop, so that a remedy can follow it."""
    return message if message.endswith((".", "?", "!", ":")) else f"{message}."


def in_order(faults: Iterable[Fault], files: Iterable[str]) -> tuple[Fault, ...]:
    """The faults by file and line, each once."""
    rank = {file: index for index, file in enumerate(files)}
    unique = dict.fromkeys(faults)
    return tuple(sorted(unique, key=lambda fault: (rank.get(fault.file, -1), fault.line or 0)))
