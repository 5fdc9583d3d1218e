"""The JSON Schemas of the files that people write, for editors and for explaining what is wrong with a file."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from kil_xlsx.core.branding import ThemeFile
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.settings import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID = "urn:kil-xlsx:schema:framework"
_THEME_ID = "urn:kil-xlsx:schema:theme"


def framework_schema(*, part: bool = False) -> dict[str, Any]:
    """The schema of a framework definition, as JSON Schema Draft 2020-12.

    :param part: for one file of a folder: the same, but no top-level key has to be there.
    :returns: a new dictionary each time, with descriptions from the classes in :mod:`kil_xlsx.core.framework`.
    """
    schema, definitions = _described(Framework)
    if part:
        del definitions["Framework"]["required"]
    return {
        "$schema": DIALECT,
        "$id": f"{_ID}-part" if part else _ID,
        "title": "Framework definition, one file of several" if part else "Framework definition",
        "description": definitions["Framework"]["description"],
        **schema,
    }


def theme_schema() -> dict[str, Any]:
    """The schema of a theme file, with descriptions from the classes in :mod:`kil_xlsx.core.branding`."""
    schema, definitions = _described(ThemeFile)
    return {
        "$schema": DIALECT,
        "$id": _THEME_ID,
        "title": "Theme file",
        "description": definitions["ThemeFile"]["description"],
        **schema,
    }


def settings_schema() -> dict[str, Any]:
    """The schema of the settings of a collection: what explains a file that was refused."""
    schema, definitions = _described(Settings)
    properties = definitions["Settings"]["properties"]
    for name in ("smtp", "imap"):  # the file has no way of writing nothing, so what is there has to be a section
        properties[name] = properties[name]["anyOf"][0]
    return {"$schema": DIALECT, "title": "Settings of a collection", **schema}


def _described(root: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a class, and the definitions in it with their descriptions in plain lines."""
    schema = msgspec.json.schema(root)
    definitions: dict[str, Any] = schema["$defs"]
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"]).replace("``", "`")
    return schema, definitions
