"""Reading one YAML file as plain data, with the line of every key and list item.

PyYAML reads YAML 1.1, in which ``no`` is false and ``1:30`` is ninety.  People who write definitions do not expect
that, so only PyYAML's events are used and the scalars are given their meaning here, as in the core schema of
YAML 1.2: ``true`` and ``false``, whole and decimal numbers, null, and everything else is text.  Keys are always text,
because every key of a definition is.  Tags and aliases are refused: nothing here needs them, and aliases can make a
small file unfold without end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kil_xlsx.definitions.places import KeyPath, Spot, readable, sentence
from kil_xlsx.errors import Fault

#: The largest framework in sight is well under 1 MB; what is larger is not a definition.
_MOST_BYTES = 10_000_000
_MOST_DEPTH = 40
#: Longer runs of digits are not amounts; turning them into numbers would overflow somewhere.
_MOST_DIGITS = 40

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

#: What YAML does not allow in a file at all.
_NOT_PRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: What no workbook can hold, although YAML can write it as an escape.
_NOT_IN_WORKBOOKS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlFile:
    """What is in one file.

    ``data`` is the content (``None`` for an empty file), ``lines`` says where each part of it is written, by its
    path, and ``faults`` lists what was wrong.  When the file is not ``readable``, parts of ``data`` are missing
    because of a fault, so looking for further faults in it would mislead.
    """

    name: str
    data: object
    lines: dict[KeyPath, Spot]
    faults: tuple[Fault, ...] = ()
    readable: bool = True


class _StopError(Exception):
    """Reading cannot go on; carries the line, what is wrong and what to do."""

    def __init__(self, line: int | None, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line, self.message, self.remedy = line, message, remedy


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file.  Never raises: what is wrong with the file is in the outcome's ``faults``."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return _refused(path.name, None, "is too large for a definition", "Check that this is the right file.")
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return _refused(path.name, None, f"cannot be opened: {reason}", "Check the file and its permissions.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _refused(path.name, line, "is not UTF-8 text", "Save the file again with the encoding UTF-8.")
    return read_yaml_text(text, path.name)


def read_yaml_text(text: str, name: str) -> YamlFile:
    """Read YAML from text; ``name`` is the file name that faults give.  Never raises, as :func:`read_yaml`."""
    unprintable = _NOT_PRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        return _refused(name, line, _unprintable_message(unprintable.group()), "Delete it and type the text again.")
    reader = _Reader(name, _events(text))
    try:
        data = reader.document()
    except _StopError as stop:
        return _refused(name, stop.line, stop.message, stop.remedy, reader.found(None))
    return YamlFile(name, data, reader.lines, reader.found(data), reader.readable)


def _refused(name: str, line: int | None, message: str, remedy: str, others: tuple[Fault, ...] = ()) -> YamlFile:
    fault = Fault(name, line, "", sentence(message), remedy)
    return YamlFile(name, None, {}, (*others, fault), readable=False)


def _unprintable_message(character: str) -> str:
    return f"contains a character that cannot be shown (U+{ord(character):04X})"


def _printable(text: str) -> str:
    return _NOT_IN_WORKBOOKS.sub("?", text)


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the latter two from PyYAML without libyaml
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or "it does not follow the rules of YAML"
        if "cannot start any token" in problem:
            remedy = "Indent with spaces, never tabs, and put text that starts with %, @ or ` in quotes."
        elif "mapping values are not allowed" in problem:
            remedy = "Text with a colon and a space in it needs quotes; keys of one item need the same indentation."
        else:
            remedy = "Look at this line and the one before: quotes, colons, brackets and indentation."
        line = mark.line + 1 if mark is not None else None
        raise _StopError(line, f"cannot be read as YAML: {problem}", remedy) from None


@dataclass
class _Reader:
    name: str
    events: Iterator[yaml.Event]
    lines: dict[KeyPath, Spot] = field(default_factory=dict)
    readable: bool = True
    _notes: list[tuple[KeyPath, int, str, str]] = field(default_factory=list)

    def document(self) -> object:
        data: object = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    line = _line(event)
                    raise _StopError(line, "a second document starts here", "Take out the line with '---'.")
            elif isinstance(event, yaml.NodeEvent):
                self.lines[()] = (self.name, _line(event))
                data = self._value(event, ())
        return data

    def found(self, data: object) -> tuple[Fault, ...]:
        return tuple(
            Fault(self.name, line, _printable(readable(path, data)), _printable(sentence(message)), remedy)
            for path, line, message, remedy in self._notes
        )

    def _note(self, path: KeyPath, event: yaml.Event, message: str, remedy: str) -> None:
        self._notes.append((path, _line(event), message, remedy))

    def _value(self, event: Any, path: KeyPath) -> object:
        if len(path) > _MOST_DEPTH:
            raise _StopError(
                _line(event), f"is nested more than {_MOST_DEPTH} deep", "Definitions are never that deep."
            )
        if isinstance(event, yaml.AliasEvent):
            self.readable = False
            self._note(
                path,
                event,
                f"the alias '*{event.anchor}' cannot be used here",
                "Write the content out; text that starts with * needs quotes.",
            )
            return None
        if event.tag is not None:
            self._note(
                path,
                event,
                f"the tag '{event.tag}' cannot be used here",
                "Leave it out; text that starts with ! needs quotes.",
            )
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        assert isinstance(event, yaml.ScalarEvent)
        self._check_characters(event, path)
        return event.value if event.style else _meaning(event.value)

    def _list(self, path: KeyPath) -> list[object]:
        items: list[object] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            here = (*path, len(items))
            self.lines[here] = (self.name, _line(event))
            items.append(self._value(event, here))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        entries: dict[str, object] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                self._note(
                    path,
                    event,
                    "a key has to be plain text",
                    "Write 'key: value'; text that starts with [, { or * needs quotes.",
                )
                self._skip(event)
                self._skip(next(self.events))
                continue
            here = (*path, event.value)
            if event.value in entries:
                first = self.lines[here][1]
                self._note(here, event, f"the key '{event.value}' is already on line {first}", "Keep one of the two.")
                self._skip(next(self.events))
                continue
            self._check_characters(event, here)
            self.lines[here] = (self.name, _line(event))
            entries[event.value] = self._value(next(self.events), here)
        return entries

    def _skip(self, event: yaml.Event) -> None:
        """Pass over a value that is not kept."""
        depth = 0
        while True:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth == 0:
                return
            event = next(self.events)

    def _check_characters(self, event: yaml.ScalarEvent, path: KeyPath) -> None:
        bad = _NOT_IN_WORKBOOKS.search(event.value)
        if bad:
            # What comes of such text cannot even be printed, so nothing further is looked for in it.
            self.readable = False
            self._note(path, event, _unprintable_message(bad.group()), "Delete it and type the text again.")


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 1


def _meaning(text: str) -> object:
    """What a scalar without quotes means in the core schema of YAML 1.2, except that infinities are text."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if len(text) > _MOST_DIGITS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
