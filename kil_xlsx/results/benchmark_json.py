"""A benchmark as JSON: for programs that draw or compare figures further.

The file is one object with ``format`` (always ``kil-xlsx-benchmark``), ``format_version`` and ``benchmark``, whose
parts are those of :class:`kil_xlsx.core.benchmark.Benchmark`, in the order in which they are declared.  A figure that
is held back has the mark ``[c]`` and nothing but nulls.  Shares run from 0 to 1; everything else is in its own unit.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from kil_xlsx.core.benchmark import Benchmark


class BenchmarkFile(Struct, frozen=True, kw_only=True):
    """A benchmark of organisations, without anything that describes one of them."""

    format: Literal["kil-xlsx-benchmark"] = "kil-xlsx-benchmark"
    format_version: Annotated[
        Literal[1],
        Meta(description="Rises when a key is renamed, removed or changes its meaning; new keys do not raise it."),
    ] = 1
    benchmark: Benchmark


def benchmark_json(benchmark: Benchmark) -> bytes:
    """The benchmark as indented UTF-8 JSON with a final line end; the same benchmark always gives the same bytes."""
    encoded = msgspec.json.encode(BenchmarkFile(benchmark=benchmark), order="deterministic")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def read_benchmark_json(content: bytes) -> Benchmark:
    """The benchmark that :func:`benchmark_json` wrote.  ``msgspec.ValidationError`` when it is not one."""
    return msgspec.json.decode(content, type=BenchmarkFile).benchmark


def benchmark_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what :func:`benchmark_json` writes."""
    schema = msgspec.json.schema(BenchmarkFile)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "kil-xlsx benchmark", **schema}
