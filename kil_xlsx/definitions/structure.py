"""Explaining what is wrong with the shape of a definition: keys, types and allowed values, all in one pass.

Only used once a definition was refused: msgspec is quick but stops at the first thing wrong, so the whole is then
gone through with jsonschema, whose errors are put into plain words here.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from kil_xlsx.definitions.places import KeyPath, Places
from kil_xlsx.definitions.schema import framework_schema
from kil_xlsx.definitions.wording import did_you_mean, shortened
from kil_xlsx.errors import Fault

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a set of keys",
    "null": "nothing",
}

_CODE = "starts with a capital letter and has capitals, digits and single hyphens between them, such as LA-C1-4"
_PATTERNS = {
    r"^[A-Za-z][A-Za-z0-9_-]*$": "starts with a letter and has only letters, digits, - and _",
    r"^[a-z][a-z0-9_]*$": "starts with a small letter and has only small letters, digits and _",
    r"^[a-z][a-z0-9-]*$": "starts with a small letter and has only small letters, digits and -",
    r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$": _CODE,
    r"^[A-Z]{2}-[A-Z0-9]+$": "is two capitals, a hyphen, then capitals and digits, such as GB-CHC",
    r"^[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?$": "is three numbers with points between them, such as 1.0.0",
    r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$": "is a language tag such as en-GB",
    r"^[A-Z]{2,5}$": "is two to five capital letters",
    r"^[\w ]+$": "has only letters, digits and spaces",
    "^#[0-9A-Fa-f]{6}$": 'is # and six digits from 0 to 9 and A to F, in quotes, such as "#1F5C66"',
}
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


def structural_faults(
    data: object,
    places: Places,
    refusal: msgspec.ValidationError,
    *,
    part: bool = False,
    schema: dict[str, Any] | None = None,
) -> list[Fault]:
    """Everything that is wrong with the shape of some data that msgspec refused.

    :param data: the merged definition.
    :param places: where each part of it is written.
    :param refusal: msgspec's own error, reported when nothing else explains the refusal.
    :param part: the data is only a part of a definition, so no top-level key is called missing.
    :param schema: what it should have been, if not a framework.
    :returns: at least one fault, unless the data is only a part.
    """
    schema = framework_schema(part=part) if schema is None else schema
    faults = [fault for error in _errors(schema, data) for fault in _explained(error, places)]
    return list(dict.fromkeys(faults)) or ([] if part else [_unexplained(refusal, data, places)])


def _errors(schema: dict[str, Any], data: object) -> list[ValidationError]:
    import jsonschema  # slow to import, and only needed once something is wrong

    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date", raises=(ValueError, msgspec.ValidationError))(_is_date)
    return list(jsonschema.Draft202012Validator(schema, format_checker=checker).iter_errors(data))


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True  # the type is another fault
    if _DATE.fullmatch(value) is None:
        return False
    msgspec.convert(value, date)
    return True


def _explained(error: ValidationError, places: Places) -> Iterator[Fault]:
    path: KeyPath = tuple(error.absolute_path)
    rule = str(error.validator)
    expected: Any = error.validator_value
    found: Any = error.instance
    if rule == "anyOf":
        yield from _none_of_several(error, places)
    elif rule == "additionalProperties":
        # Subschemas of free mappings give errors of their own, so this is always a closed set of keys.
        allowed = error.schema["properties"] if isinstance(error.schema, dict) else {}
        for key in found:
            if key not in allowed:
                message = f"unknown key '{shortened(key)}'{did_you_mean(key, allowed)}"
                yield places.fault((*path, key), message, f"Keys here: {', '.join(allowed)}.")
    elif rule == "required":
        for key in expected:
            if key not in found:
                yield places.fault(path, f"missing key '{key}'", f"Add '{key}:' here.")
    elif rule == "type":
        yield _wrong_type([_TYPES[expected]], found, path, places)
    else:
        message, remedy = _wrong_value(rule, expected, found)
        yield places.fault(path, message, remedy)


def _none_of_several(error: ValidationError, places: Places) -> Iterator[Fault]:
    """A value that may be one of several kinds: explain the kind that it nearly is, else name all kinds."""
    inner = error.context or []
    kinds = [_TYPES[str(part.validator_value)] for part in inner if part.validator == "type"]
    nearly = [part for part in inner if part.validator != "type"]
    if nearly and error.instance is not None:
        for part in nearly:
            # The inner error's path already runs from the root, through its parent.
            yield from _explained(part, places)
        return
    yield _wrong_type([kind for kind in kinds if kind != "nothing"], error.instance, tuple(error.absolute_path), places)


def _wrong_type(kinds: list[str], found: object, path: KeyPath, places: Places) -> Fault:
    wanted = " or ".join(kinds)
    if found is None:
        return places.fault(path, f"has no value; it should be {wanted}", "Give the value, or take out the key.")
    message = f"should be {wanted}, found {_described(found)}"
    remedy = "Give a value of that kind."
    if kinds == ["text"] and isinstance(found, bool | int | float):
        remedy = "Put it in quotes."
    elif "a number" in kinds and isinstance(found, str):
        remedy = "Write digits only, without quotes, units or thousands separators."
    elif kinds == ["true or false"]:
        remedy = "Write true or false, without quotes."
    elif kinds == ["a list"]:
        remedy = "Start each entry with '- ', or write [first, second]."
    elif kinds == ["a set of keys"]:
        remedy = "Write 'key: value' lines, indented under it."
    elif kinds == ["text"]:
        remedy = "Write one piece of text; text with a colon and a space in it needs quotes."
    return places.fault(path, message, remedy)


def _described(found: object) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, str):
        return f"the text '{shortened(found)}'"
    if isinstance(found, int | float):
        return f"the number {found}"
    return "a list" if isinstance(found, list) else "a set of keys"


def _wrong_value(rule: str, expected: Any, found: Any) -> tuple[str, str]:
    """Message and remedy for a value of the right type that is not allowed."""
    if rule == "enum":
        options = [str(option) for option in expected if option is not None]
        if not isinstance(found, str):
            value = "nothing" if found is None else _described(found)
            return f"should be one of {', '.join(options)}, found {value}", "Write one of these words."
        return (
            f"should be one of {', '.join(options)}, found '{shortened(found)}'{did_you_mean(found, options)}",
            "Write one of these words.",
        )
    if rule == "pattern":
        shape = _PATTERNS.get(expected, f"matches the pattern {expected}")
        return f"'{shortened(found)}' cannot be used: here the text {shape}", "Change it to that form."
    if rule == "format":
        return f"should be a date, found the text '{shortened(found)}'", "Write it as year-month-day: 2026-03-31."
    if rule == "minLength":
        return "is empty", "Write some text."
    if rule == "maxLength":
        return f"has {len(found)} characters; at most {expected} are allowed", "Shorten it."
    if rule == "minItems":
        return f"has {len(found)} entries; at least {expected} is needed", "Add an entry."
    if rule == "maxItems":
        return f"has {len(found)} entries; at most {expected} are allowed", "Take some out."
    if rule == "minimum":
        return f"should be at least {expected}, found {found}", "Change the number."
    if rule == "maximum":
        return f"should be at most {expected}, found {found}", "Change the number."
    if rule == "exclusiveMinimum":
        return f"should be more than {expected}, found {found}", "Change the number."
    return f"does not keep the rule {rule} ({expected})", "See the JSON Schema of the format."


_MSGSPEC_PATH = re.compile(r"^(?P<message>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")


def _unexplained(refusal: msgspec.ValidationError, data: object, places: Places) -> Fault:
    """Msgspec's own words, placed as well as they can be: it writes a path as ``$.questions[3].text``."""
    match = _MSGSPEC_PATH.match(str(refusal))
    assert match is not None
    path: KeyPath = tuple(
        int(step[2]) if step[2] is not None else step[1] for step in _STEP.finditer(match["path"] or "")
    )
    return places.fault(path, f"cannot be read: {match['message']}", "Check the value against the JSON Schema.")


_ROUNDS = 6  # a stand-in may uncover a further fault, around it or in it
_STAND_INS = {
    r"^[a-z][a-z0-9-]*$": "stand-in",
    r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$": "STAND-IN",
    r"^[A-Z]{2}-[A-Z0-9]+$": "ZZ-STANDIN",
    r"^[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?$": "0.0.0",
    r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$": "en",
    r"^[A-Z]{2,5}$": "ZZ",
}


@dataclass(frozen=True)
class Mended:
    """A copy of some data in which everything of the wrong shape was taken out or has a stand-in."""

    data: dict[str, object]
    changed: list[KeyPath] = field(default_factory=list)
    """Where something was taken out, put in or replaced.  Positions in lists are those of the original."""


def mended(data: dict[str, object]) -> Mended:
    """A copy of the data that can be read as a framework, so that the rest of it can still be checked.

    The stand-ins mean nothing: whatever is found at a changed place, or because of one, is not to be reported.
    """
    schema = framework_schema()
    outcome = Mended(copy.deepcopy(data))
    for _ in range(_ROUNDS):
        errors = _errors(schema, outcome.data)
        if not errors:
            break
        for error in errors:
            with suppress(LookupError, TypeError, AttributeError):  # what is around it has just been replaced
                _mend(error, outcome, schema["$defs"])
    return outcome


def _mend(error: ValidationError, outcome: Mended, definitions: dict[str, Any]) -> None:
    path: KeyPath = tuple(error.absolute_path)
    schema: Any = error.schema
    nearly = [part for part in error.context or [] if part.validator != "type"]
    if error.validator == "anyOf" and nearly and error.instance is not None:
        for part in nearly:
            _mend(part, outcome, definitions)
    elif error.validator == "additionalProperties":
        here: Any = _at(outcome.data, path)
        for key in [key for key in here if key not in schema["properties"]]:
            del here[key]
            outcome.changed.append((*path, key))
    elif error.validator == "required":
        here = _at(outcome.data, path)
        for key in [key for key in schema["required"] if key not in here]:
            here[key] = _stand_in(schema["properties"][key], definitions)
            outcome.changed.append((*path, key))
    elif path:
        around: Any = _at(outcome.data, path[:-1])
        around[path[-1]] = _stand_in(schema, definitions)
        outcome.changed.append(path)


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data[part]
    return data


def _stand_in(schema: dict[str, Any], definitions: dict[str, Any]) -> object:
    """The least that a schema accepts."""
    if "$ref" in schema:
        return _stand_in(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "default" in schema:
        return copy.deepcopy(schema["default"])
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        kinds = schema["anyOf"]
        return None if {"type": "null"} in kinds else _stand_in(kinds[0], definitions)
    kind = schema.get("type")
    if kind == "object":
        return {key: _stand_in(schema["properties"][key], definitions) for key in schema.get("required", ())}
    if kind == "array":
        return [_stand_in(schema["items"], definitions) for _ in range(schema.get("minItems", 0))]
    if kind in ("number", "integer"):
        return schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    if kind == "boolean":
        return False
    if schema.get("format") == "date":
        return "2000-01-01"
    return _STAND_INS.get(schema.get("pattern", ""), "stand_in")
