"""Answers as JSON, for filling in workbooks from another system: only what somebody has to write by hand.

The larger document of :mod:`kil_xlsx.results.return_model` is taken as well wherever this one is.
"""

from __future__ import annotations

import inspect
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

SCHEMA = "kil-xlsx/answers/1"
"""Names this format and its version."""

Given = str | float | bool | None


class AnswersOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one organisation's workbook is filled in with.

    ``respondent`` is the respondent type, by id, code or label; it may be left out where there is only one.
    The keys of ``answers`` name what is filled in, by id or visible code: ``LA-C1-1`` for the answer itself,
    ``LA-C1-1.evidence`` for what stands beside it (missing, reason, evidence, strength, target, action, owner, due,
    note, explanation), ``tenants.1.name`` for a row and column of a table.  A choice is given by its code or its
    words, a date as 2026-03-31; null empties a cell that would be filled in otherwise.
    """

    organisation: str = ""
    organisation_id: str = ""
    respondent: str = ""
    answers: dict[str, Given]


class AnswersFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``kil-xlsx generate --answers`` takes.  ``framework`` is the id of the framework that the answers are for.

    An organisation is told by its identifier or its name, and may stand in the file once.
    """

    schema: Literal["kil-xlsx/answers/1"]
    framework: str = ""
    returns: Annotated[tuple[AnswersOf, ...], Meta(min_length=1)]


def answers_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an answers file."""
    schema = msgspec.json.schema(AnswersFile)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"]).replace("``", "`")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:kil-xlsx:schema:answers:1",
        "title": "Answers to fill in beforehand",
        **schema,
    }
