"""A benchmark as JSON: for programs that draw or compare figures further.

The file is one object with ``schema`` and ``benchmark``, whose parts are those of
:class:`kil_xlsx.core.benchmark.Benchmark`, in the order in which they are declared.  A key that is renamed, removed or
changes its meaning raises the number in ``schema``; new keys do not.  A figure that is held back has the mark ``[c]``
and nothing but nulls.  Shares run from 0 to 1; everything else is in its own unit.
"""

from __future__ import annotations

import inspect
from typing import Any, Literal

import msgspec
from msgspec import Struct

from kil_xlsx.core.benchmark import Benchmark

SCHEMA = "kil-xlsx/benchmark/1"
"""Names this format and its version, at the top of every document."""


class BenchmarkDocument(Struct, frozen=True, kw_only=True):
    """A benchmark of organisations, without anything that describes one of them."""

    schema: Literal["kil-xlsx/benchmark/1"] = SCHEMA  # type: ignore[assignment]  # the constant is the literal
    benchmark: Benchmark


def benchmark_json(benchmark: Benchmark) -> bytes:
    """The benchmark as indented UTF-8 JSON with a final line end; the same benchmark always gives the same bytes."""
    encoded = msgspec.json.encode(BenchmarkDocument(benchmark=benchmark), order="deterministic")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def read_benchmark_json(content: bytes) -> Benchmark:
    """The benchmark that :func:`benchmark_json` wrote.  ``msgspec.ValidationError`` when it is not one."""
    return msgspec.json.decode(content, type=BenchmarkDocument).benchmark


def benchmark_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what :func:`benchmark_json` writes."""
    schema = msgspec.json.schema(BenchmarkDocument)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"]).replace("``", "`")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:kil-xlsx:schema:benchmark:1",
        "title": "Benchmark",
        **schema,
    }
