"""Explaining what is wrong with the shape of a definition: keys, types and allowed values, all in one pass.

Only used once a definition was refused: msgspec is quick but stops at the first thing wrong, so the whole is then
gone through with jsonschema, whose errors are put into plain words here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
}
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


def structural_faults(data: object, places: Places, refusal: msgspec.ValidationError) -> list[Fault]:
    """Everything that is wrong with the shape of some data that msgspec refused.

    :param data: the merged definition.
    :param places: where each part of it is written.
    :param refusal: msgspec's own error, reported when nothing else explains the refusal.
    :returns: at least one fault.
    """
    import jsonschema  # slow to import, and only needed once something is wrong

    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date", raises=(ValueError, msgspec.ValidationError))(_is_date)
    schema = framework_schema()
    validator = jsonschema.Draft202012Validator(schema, format_checker=checker)
    faults = [fault for error in validator.iter_errors(data) for fault in _explained(error, places)]
    return list(dict.fromkeys(faults)) or [_unexplained(refusal, data, places)]


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
