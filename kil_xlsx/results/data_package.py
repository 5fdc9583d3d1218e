"""Tidy tables as a Frictionless data package: CSV and Parquet of each, their description, and a codebook.

A :class:`DataTable` is plain rows with described columns; nothing here knows what they are about.  Texts are exact in
Parquet.  In CSV a text that a spreadsheet could take for a formula gets an apostrophe in front
(:func:`kil_xlsx.results.tables.safe_text`).  What is not there is empty in CSV and null in Parquet.

The same tables give the same bytes; Parquet files name the version of the library that wrote them.
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from kil_xlsx.results.tables import safe_text, whole_without_point

Type = Literal["string", "integer", "number", "boolean", "date"]
"""The types of columns, by the names that Frictionless gives them."""

Cell = str | float | bool | date | None

DESCRIPTION, CODEBOOK, PAGE = "datapackage.json", "codebook.csv", "codebook.md"
"""The files that stand beside the tables."""


@dataclass(frozen=True)
class Column:
    """One column: its type, what it holds, and what its codes mean where it holds nothing but them.

    ``needed`` says that no row leaves it empty.
    """

    name: str
    type: Type
    about: str
    codes: Mapping[str, str] = field(default_factory=dict)
    needed: bool = False


@dataclass(frozen=True)
class Link:
    """Columns whose values, taken together, stand in columns of another table."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class DataTable:
    """A table: ``key`` names the columns by which its rows can be told apart."""

    name: str
    title: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where data come from: a title and, where there is one, an address."""

    title: str
    path: str = ""


Chapter = tuple[str, tuple[tuple[str, str], ...]]
"""A heading, and pairs of a term and what is said about it."""


@dataclass(frozen=True)
class About:
    """What a package is: its name (small letters, digits, dashes), its title, and what readers have to know.

    ``paragraphs`` come first wherever the package is described; ``chapters`` are headings with pairs of a term and
    what is said about it, and ``appendix`` has more of them, for the end of the codebook.  ``more`` are further
    properties of the description.
    """

    name: str
    title: str
    version: str
    paragraphs: tuple[str, ...]
    chapters: tuple[Chapter, ...] = ()
    appendix: tuple[Chapter, ...] = ()
    sources: tuple[Source, ...] = ()
    created: date | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def package_files(about: About, tables: Sequence[DataTable]) -> dict[str, bytes]:
    """The files of a package by name: each table as CSV and Parquet, the codebook twice, and the description."""
    files: dict[str, bytes] = {}
    resources: list[dict[str, Any]] = []
    book = codebook_table(tables)
    for table in (*tables, book):
        name = f"{table.name}.csv"
        files[name] = csv_bytes(table)
        resources.append(_tabular(table, name, files[name]))
    for table in tables:
        name = f"{table.name}.parquet"
        files[name] = parquet_bytes(table)
        resources.append(_plain(f"{table.name}-parquet", f"{table.title} (Parquet)", name, files[name]))
    files[PAGE] = codebook_page(about, tables).encode()
    resources.append(_plain("codebook-page", "Codebook for reading", PAGE, files[PAGE]))
    files[DESCRIPTION] = _description(about, resources)
    return files


# Tables


def csv_bytes(table: DataTable) -> bytes:
    """A table as CSV: UTF-8 without a mark, commas, a line feed after each row, quotation marks where they are needed.

    Numbers have a decimal point, dates are 2026-03-31, logical values ``true`` and ``false``.
    """
    lines = [",".join(column.name for column in table.columns)]
    lines += [",".join(map(_csv_field, row)) for row in table.rows]
    return ("\n".join(lines) + "\n").encode()


def _csv_field(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = safe_text(cell)
        # The csv module leaves a carriage return outside quotation marks, where readers take it for the end of a row.
        return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell) if isinstance(cell, int) else whole_without_point(cell)


_TO_QUOTE = re.compile(r'[,"\r\n]|^\s|\s$')


def parquet_bytes(table: DataTable) -> bytes:
    """A table as Parquet, with exact texts and a type for every column."""
    import pyarrow as pa  # type: ignore[import-untyped]  # comes without type information
    import pyarrow.parquet as pq  # type: ignore[import-untyped]  # as above

    types = {
        "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
        "date": pa.date32(),
    }  # fmt: skip
    data = [
        pa.array([row[at] for row in table.rows], type=types[column.type]) for at, column in enumerate(table.columns)
    ]
    schema = pa.schema(
        [pa.field(column.name, types[column.type], nullable=not column.needed) for column in table.columns]
    )
    target = io.BytesIO()
    # Without the schema of Arrow, whose types these are anyway, nothing stands in the file that is not in the table.
    pq.write_table(pa.Table.from_arrays(data, schema=schema), target, store_schema=False)
    return target.getvalue()


# Description


def _tabular(table: DataTable, path: str, content: bytes) -> dict[str, Any]:
    fields: list[dict[str, Any]] = []
    for column in table.columns:
        described: dict[str, Any] = {"name": column.name, "type": column.type, "description": column.about}
        constraints: dict[str, Any] = {}
        if column.needed:
            constraints["required"] = True
        if column.codes:
            constraints["enum"] = list(column.codes)
        if constraints:
            described["constraints"] = constraints
        fields.append(described)
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""], "primaryKey": list(table.key)}
    if table.links:
        schema["foreignKeys"] = [
            {"fields": list(link.columns), "reference": {"resource": link.table, "fields": list(link.to)}}
            for link in table.links
        ]
    return {
        "profile": "tabular-data-resource",
        **_file(table.name, table.title, path, content),
        "description": table.about,
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": schema,
    }


def _plain(name: str, title: str, path: str, content: bytes) -> dict[str, Any]:
    return {"type": "file", **_file(name, title, path, content)}


_MEDIA = {
    "csv": {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"},
    "parquet": {"format": "parquet", "mediatype": "application/vnd.apache.parquet"},
    "md": {"format": "md", "mediatype": "text/markdown", "encoding": "utf-8"},
}


def _file(name: str, title: str, path: str, content: bytes) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "path": path,
        **_MEDIA[path.rpartition(".")[2]],
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def _description(about: About, resources: Sequence[Mapping[str, Any]]) -> bytes:
    package: dict[str, Any] = {
        "profile": "data-package",
        "name": about.name,
        "title": about.title,
        "description": "\n\n".join(about.paragraphs),
        "version": about.version,
    }
    if about.created is not None:
        package["created"] = f"{about.created.isoformat()}T00:00:00Z"
    if about.sources:
        package["sources"] = [
            {"title": source.title, **({"path": source.path} if source.path else {})} for source in about.sources
        ]
    package |= about.more
    package["resources"] = list(resources)
    return json.dumps(package, indent=2, ensure_ascii=False).encode() + b"\n"


# Codebook

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "date": "date, such as 2026-03-31",
}


def codebook_table(tables: Sequence[DataTable]) -> DataTable:
    """The codebook as a table: a row for each column of each table, then one for each of its codes."""
    rows: list[tuple[Cell, ...]] = []
    for table in tables:
        for column in table.columns:
            rows.append((table.name, column.name, column.type, column.about, None, None))
            rows += [(table.name, column.name, None, None, code, words) for code, words in column.codes.items()]
    return DataTable(
        "codebook",
        "Codebook",
        "What every column of every table holds, and what its codes mean.",
        (
            Column("table", "string", "The table.", needed=True),
            Column("column", "string", "The column.", needed=True),
            Column("type", "string", "The type of what it holds; empty in the rows of codes."),
            Column("description", "string", "What it holds; empty in the rows of codes."),
            Column("code", "string", "A code that it may hold; empty in the row of the column itself."),
            Column("meaning", "string", "What the code means."),
        ),
        ("table", "column", "code"),
        rows,
    )


def codebook_page(about: About, tables: Sequence[DataTable]) -> str:
    """The codebook as a page in Markdown, for people who read results."""
    lines = [f"# {plain_markdown(about.title)}", ""]
    for paragraph in about.paragraphs:
        lines += [plain_markdown(paragraph), ""]
    lines += [line for chapter in about.chapters for line in (*_chapter(chapter), "")]
    lines += [
        "## The files", "",
        "Each table is there twice, with the same content: as CSV and as Parquet. `datapackage.json` describes all of "
        "them for programs (a [Frictionless](https://specs.frictionlessdata.io/) data package).", "",
        "- An empty field means that there is nothing, never zero. Only empty fields are missing: the letters NA may "
        "be a code. In pandas say `keep_default_na=False, na_values=\"\"`, in R `na = \"\"`; Parquet needs nothing.",
        "- In CSV, a text that a spreadsheet program could take for a formula begins with an apostrophe. In Parquet, "
        "texts are exact.",
        "- CSV files are UTF-8. In Excel, open them by Data, From Text/CSV.", "",
        "| Table | Rows | What it holds |", "| --- | ---: | --- |",
    ]  # fmt: skip
    lines += [f"| `{table.name}` | {len(table.rows):,} | {plain_markdown(table.about)} |" for table in tables]
    for table in tables:
        lines += ["", f"## {plain_markdown(table.title)} (`{table.name}`)", "", plain_markdown(table.about), ""]
        lines += ["| Column | Type | What it holds |", "| --- | --- | --- |"]
        for column in table.columns:
            words = plain_markdown(column.about)
            if column.codes:
                meanings = "; ".join(
                    f"`{code}` {plain_markdown(text.rstrip('.'))}" for code, text in column.codes.items()
                )
                words = f"{words}<br>{meanings}"
            lines.append(f"| `{column.name}` | {_TYPES[column.type]} | {words} |")
        lines += ["", f"Rows are told apart by {_listed(table.key)}."]
        lines += [f"For {_listed(link.columns)}, see `{link.table}`." for link in table.links]
    for chapter in about.appendix:
        lines += ["", *_chapter(chapter)]
    return "\n".join(lines) + "\n"


def _chapter(chapter: Chapter) -> list[str]:
    heading, pairs = chapter
    said = [f"- **{plain_markdown(term)}**: {plain_markdown(words)}" for term, words in pairs]
    return [f"## {plain_markdown(heading)}", "", *said]


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def plain_markdown(text: str) -> str:
    """A text on one line in which nothing is taken for Markdown or HTML."""
    line = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*_\[\]|#~!])", r"\\\1", line)
