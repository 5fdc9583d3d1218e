"""What published files hold besides what they show: every part of every file is taken apart and searched.

:func:`traces` looks for words and numbers that nobody should find, such as names and single answers, wherever they may
have been left: in the parts of a workbook (sheets, shared strings, comments, properties, names, caches of charts and
pivot tables), in the source of a page, in the metadata of a Parquet file, in keys that no reader of a format looks at.
:func:`hideouts` finds the places themselves, whatever is in them.
"""

from __future__ import annotations

import base64
import html
import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pyarrow.parquet as pq
from attack.attack import Finding
from lxml import etree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SUSPECT_PARTS = re.compile(
    r"comments|pivot|externalLinks|customXml|embeddings|vbaProject|queryTables|connections|printerSettings"
    r"|webextensions|people|persons|revisions|userNames|model/",
    re.IGNORECASE,
)
_USUAL_PROPERTIES = {"framework", "version", "release", "released"}
_USUAL_NAMES = re.compile(r"_xlnm\.(Print_Area|Print_Titles|_FilterDatabase)")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
_NUMBER = re.compile(r"(?<![\w.,/-])-?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?")


def pieces(path: Path) -> Iterator[tuple[str, str]]:
    """Every piece of text in a file, with where it is."""
    yield path.name, unquote(path.name)
    data = path.read_bytes()
    kind = path.suffix.casefold()
    if kind in (".xlsx", ".zip"):
        yield from _zipped(path.name, data)
    elif kind == ".parquet":
        yield from _parquet(path.name, data)
    elif kind == ".json":
        yield from _json(json.loads(data), path.name)
    elif kind in (".html", ".htm", ".svg"):
        yield from _page(path.name, data.decode())
    else:
        yield path.name, data.decode("utf-8", "replace")


def _zipped(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        yield f"{name}, comment of the archive", package.comment.decode("utf-8", "replace")
        for info in package.infolist():
            where = f"{name}, {info.filename}"
            yield where, info.filename
            yield f"{where}, extra field", (info.extra + info.comment).decode("utf-8", "replace")
            content = package.read(info)
            yield where, html.unescape(content.decode("utf-8", "replace"))
            if info.filename.endswith((".xml", ".rels")):
                # Words that are split over several runs are put together again.
                yield where, " ".join(_joined(content))


def _joined(content: bytes) -> Iterator[str]:
    for element in etree.fromstring(content).iter():
        if isinstance(element.tag, str):
            yield "".join(element.itertext()) if element.tag.endswith(("}si", "}is", "}comment", "}p")) else ""
            yield from element.attrib.values()
        yield element.text or ""


def _parquet(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    file = pq.ParquetFile(io.BytesIO(data))
    for key, value in (file.metadata.metadata or {}).items():
        yield f"{name}, metadata", f"{key.decode('utf-8', 'replace')} {value.decode('utf-8', 'replace')}"
        if key == b"ARROW:schema":
            yield f"{name}, metadata", base64.b64decode(value).decode("utf-8", "replace")
    table = file.read()
    for field in table.schema:
        for key, value in (field.metadata or {}).items():
            yield f"{name}, metadata of {field.name}", f"{key!r} {value.decode('utf-8', 'replace')}"
    for column in table.column_names:
        yield f"{name}, column {column}", " \n ".join(str(each) for each in table[column].unique().to_pylist())
    yield f"{name}, bytes", data.decode("utf-8", "replace")


def _json(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield where, str(key)
            yield from _json(below, f"{where}/{key}")
    elif isinstance(value, list):
        for below in value:
            yield from _json(below, where)
    elif value is not None:
        yield where, str(value)


def _page(name: str, text: str) -> Iterator[tuple[str, str]]:
    yield name, html.unescape(text)
    yield name, unquote(html.unescape(text))
    yield name, re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html.unescape(text)))
    for encoded in re.findall(r"base64,([A-Za-z0-9+/=]+)", text):
        yield f"{name}, embedded", base64.b64decode(encoded + "==").decode("utf-8", "replace")
    for literal in re.findall(r"(?:\\u[0-9a-fA-F]{4})+", text):
        yield f"{name}, script", literal.encode().decode("unicode_escape", "replace")


def files(folder: Path) -> list[Path]:
    """The files of a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def traces(folder: Path, words: Iterable[str], numbers: Iterable[float] = ()) -> list[Finding]:
    """Where one of the words, or of the numbers, turns up.

    Capitals and blanks do not matter.  A number is found however many decimals or commas it is written with, as long
    as it has five digits that tell it from others; so is its hundredfold, as a percentage.

    :param words: texts that nobody should find; those of fewer than four letters are left out, they are everywhere.
    :param numbers: single answers, and figures that are held back.
    """
    wanted = {_plain(word): word for word in words if len(_plain(word)) >= 4}
    secret = {first_digits(each) for number in numbers for each in (number, number * 100)} - {""}
    found: list[Finding] = []
    for path in files(folder):
        for where, text in pieces(path):
            plain = _plain(text)
            for folded, word in wanted.items():
                if folded in plain:
                    found.append(Finding("trace", path.name, where, frozenset({word}), f"'{word}'"))
            if secret and not where.endswith("bytes"):
                for token in set(_NUMBER.findall(text)):
                    digits = _token(token)
                    if digits in secret:
                        found.append(Finding("trace", path.name, where, frozenset({digits}), token))
    return list(dict.fromkeys(found))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def first_digits(number: float) -> str:
    """The first significant digits of a number; empty where it has fewer than five, so that it could be any."""
    if not number or not math.isfinite(number):
        return ""
    digits = f"{abs(number):.6e}"
    mantissa, exponent = digits.split("e")
    significant = mantissa.replace(".", "").rstrip("0")
    return f"{significant}e{int(exponent)}" if len(significant) >= 5 else ""


def _token(token: str) -> str:
    try:
        return first_digits(float(token.replace(",", "")))
    except ValueError:
        return ""


# Places to hide something


def hideouts(folder: Path) -> list[Finding]:
    """Places where something could be kept out of sight, whatever is in them."""
    found: list[Finding] = []
    for path in files(folder):
        if path.suffix == ".xlsx":
            found.extend(_in_workbook(path))
        elif path.suffix == ".html":
            found.extend(_in_page(path))
        elif path.suffix == ".parquet":
            found.extend(_in_parquet(path))
    return found


def _hideout(path: Path, where: str, told: str) -> Finding:
    return Finding("hideout", path.name, where, frozenset(), told[:200])


def _in_workbook(path: Path) -> Iterator[Finding]:
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        for name in names:
            if _SUSPECT_PARTS.search(name):
                yield _hideout(path, name, "a part that no table needs")
        if "docProps/custom.xml" in names:
            for each in etree.fromstring(package.read("docProps/custom.xml")):
                if each.get("name") not in _USUAL_PROPERTIES:
                    yield _hideout(path, f"property {each.get('name')}", "".join(each.itertext()))
        workbook = etree.fromstring(package.read("xl/workbook.xml"))
        for sheet in workbook.iter(f"{_MAIN}sheet"):
            if sheet.get("state", "visible") != "visible":
                yield _hideout(path, "hidden sheet", sheet.get("name", ""))
        for name in workbook.iter(f"{_MAIN}definedName"):
            hidden = name.get("hidden") == "1" and "_FilterDatabase" not in name.get("name", "")
            constant = "!" not in (name.text or "")
            if hidden or (constant and not _USUAL_NAMES.match(name.get("name", ""))):
                yield _hideout(path, f"name {name.get('name')}", name.text or "")
        used: set[int] = set()
        for part in (each for each in names if re.match(r"xl/worksheets/.*\.xml$", each)):
            sheet = etree.fromstring(package.read(part))
            for each in sheet.iter(f"{_MAIN}row", f"{_MAIN}col"):
                if each.get("hidden") == "1":
                    yield _hideout(path, f"{part}, hidden {etree.QName(each).localname}", "".join(each.itertext()))
            for cell in sheet.iter(f"{_MAIN}c"):
                if cell.get("t") == "s":
                    used.add(int(cell.findtext(f"{_MAIN}v") or 0))
            for each in sheet.iter(f"{_MAIN}ext", f"{_MAIN}customProperties", f"{_MAIN}legacyDrawing"):
                if (
                    "sparkline" not in etree.tostring(each).decode()
                    and "dataValid" not in etree.tostring(each).decode()
                ):
                    yield _hideout(path, f"{part}, {etree.QName(each).localname}", "")
        if "xl/sharedStrings.xml" in names:
            strings = etree.fromstring(package.read("xl/sharedStrings.xml")).findall(f"{_MAIN}si")
            for at, each in enumerate(strings):
                if at not in used:
                    yield _hideout(path, "shared string that no cell shows", "".join(each.itertext()))
        if package.comment:
            yield _hideout(path, "comment of the archive", package.comment.decode("utf-8", "replace"))


class _Finder(HTMLParser):
    """Collects what a page keeps out of sight."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if given.get("type") == "hidden" or re.search(
            r"display\s*:\s*none|visibility\s*:\s*hidden", given.get("style", "")
        ):
            self.found.append((f"invisible {tag}", " ".join(given.values())))
        if tag in ("template", "noscript", "object", "embed", "iframe"):
            self.found.append((tag, " ".join(given.values())))
        if tag == "script" and given.get("type", "").endswith("json"):
            self.found.append(("data for scripts", ""))

    handle_startendtag = handle_starttag


def _in_page(path: Path) -> Iterator[Finding]:
    finder = _Finder()
    finder.feed(path.read_text(encoding="utf-8"))
    for where, told in finder.found:
        yield _hideout(path, where, told)


def _in_parquet(path: Path) -> Iterator[Finding]:
    schema = pq.read_schema(path)
    for key in schema.metadata or {}:
        if key not in (b"ARROW:schema", b"pandas", b"huggingface"):
            yield _hideout(path, "metadata", key.decode("utf-8", "replace"))
