"""Data packages read and judged by other programs than ours: pandas, and the Frictionless framework."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from kil_xlsx.results.data_package import DESCRIPTION

_DTYPES = {"string": "string", "integer": "Int64", "number": "Float64", "boolean": "boolean", "date": "string"}


def unpack(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write files into a folder; gives the description of the package among them."""
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return next(folder.rglob(DESCRIPTION))


def faults(description: Path) -> list[str]:
    """What the Frictionless framework finds wrong with a package: the kinds of its errors, in order."""
    from frictionless import Package

    report = Package(str(description)).validate()
    return [error.type for task in report.tasks for error in task.errors] + [error.type for error in report.errors]


def tables(description: Path) -> list[str]:
    """The names of the tables of a package that are there as CSV and as Parquet."""
    names = {resource["name"] for resource in _resources(description)}
    return sorted(name for name in names if f"{name}-parquet" in names)


def csv_frame(description: Path, table: str) -> pd.DataFrame:
    """A table as pandas reads its CSV, with the types that the description gives its columns."""
    [resource] = [each for each in _resources(description) if each["name"] == table]
    dtypes = {column["name"]: _DTYPES[column["type"]] for column in resource["schema"]["fields"]}
    return pd.read_csv(description.parent / resource["path"], dtype=dtypes, keep_default_na=False, na_values=[""])


def parquet_frame(description: Path, table: str) -> pd.DataFrame:
    """A table as pandas reads its Parquet."""
    [resource] = [each for each in _resources(description) if each["name"] == f"{table}-parquet"]
    return pd.read_parquet(description.parent / resource["path"], dtype_backend="numpy_nullable")


def as_lists(frame: pd.DataFrame) -> list[list[object]]:
    """The rows of a table as plain values: dates as text, numbers as numbers, None for what is not there."""
    return [[_plain(value) for value in row] for row in frame.astype(object).itertuples(index=False)]


def _plain(value: Any) -> object:
    if value is None or value is pd.NA or value != value:
        return None
    value = value.item() if hasattr(value, "item") else value
    return value.isoformat() if hasattr(value, "isoformat") else value


def _resources(description: Path) -> Iterable[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(description.read_bytes())["resources"]
    return found
