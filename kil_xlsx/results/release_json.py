"""A release as JSON: for programs that draw or compare figures further, and for the next release.

The file is one object with ``schema`` and ``release``, whose parts are those of
:class:`kil_xlsx.core.release.Release`, in the order in which they are declared.  A key that is renamed, removed or
changes its meaning raises the number in ``schema``; new keys do not.  What is held back, not known or cannot exist is
``null``, never zero.  Shares run from 0 to 1; everything else is in its own unit.
"""

from __future__ import annotations

import inspect
from typing import Any, Literal

import msgspec
from msgspec import Struct

from kil_xlsx.core.release import Release, RespondentBenchmark

SCHEMA = "kil-xlsx/release/1"
"""Names this format and its version, at the top of every document."""


class ReleaseDocument(Struct, frozen=True, kw_only=True):
    """A benchmark release, without anything that describes one organisation."""

    schema: Literal["kil-xlsx/release/1"] = SCHEMA  # type: ignore[assignment]  # the constant is the literal
    release: Release


def release_json(release: Release) -> bytes:
    """The release as indented UTF-8 JSON with a final line end; the same release always gives the same bytes."""
    encoded = msgspec.json.encode(ReleaseDocument(release=release), order="deterministic")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def read_release_json(content: bytes) -> Release:
    """The release that :func:`release_json` wrote; keys that this version does not know are left out of account.

    :raises msgspec.DecodeError: it is no such document (``msgspec.ValidationError`` where it is other JSON).
    :raises UnicodeDecodeError: one of its texts is not UTF-8.
    :raises RecursionError: it is nested without end.
    """
    release = msgspec.json.decode(content, type=ReleaseDocument).release
    if not all(_holds_together(respondent) for respondent in release.respondents):
        raise msgspec.ValidationError("some figures name items or groups that the release does not have")
    return release


def _holds_together(respondent: RespondentBenchmark) -> bool:
    """Whether everything that figures name is there."""
    items = {each.id for each in respondent.items}
    groups = {each.id for each in respondent.groups}
    named = {each.item for group in respondent.groups for each in group.statistics}
    named |= {each.item for each in respondent.separations} | {each.item for each in respondent.changes}
    return bool(groups) and named <= items and {each.group for each in respondent.changes} <= groups


def release_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what :func:`release_json` writes."""
    schema = msgspec.json.schema(ReleaseDocument)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"]).replace("``", "`")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:kil-xlsx:schema:release:1",
        "title": "Benchmark release",
        **schema,
    }
