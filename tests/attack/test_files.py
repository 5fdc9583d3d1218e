"""The files of a release hold what they show and nothing else; whatever is hidden in one is found."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from attack.attack import attack, published
from attack.knowledge import Round, rounds
from attack.traces import first_digits, hideouts, traces
from synthetic import collection, instruments, keep_it_local, name_of, next_round, secrets

from kil_xlsx.core.benchmark import Request, benchmark
from kil_xlsx.core.grouping import grouping_fields
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.release import Release
from kil_xlsx.core.release_log import ReleaseLog
from kil_xlsx.layout.benchmark_book import release_document
from kil_xlsx.reporting.report import report_html
from kil_xlsx.results.release_json import release_json
from kil_xlsx.results.tidy import release_files
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

CREATED = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
GROUP_BY = sorted({field.id for each in instruments() for field in grouping_fields(each)})
AMOUNTS = [unit.id for unit in keep_it_local().units if unit.adds_up]


def publish(folder: Path, release: Release) -> Path:
    """Write everything that is published of a release."""
    framework = keep_it_local()
    (folder / "data").mkdir(parents=True)
    (folder / "release.json").write_bytes(release_json(release))
    (folder / "report.html").write_bytes(report_html(release, framework))
    (folder / "benchmark.xlsx").write_bytes(write(release_document(release, framework, CREATED), default_theme()))
    for name, content in release_files(release, framework).items():
        (folder / name).write_bytes(content)
    return folder


def made(readings: Sequence[Reading], log: ReleaseLog) -> tuple[Release, ReleaseLog]:
    """A release, and the log with it."""
    found = benchmark(
        instruments(), readings, Request(created=date(2026, 4, 1), log=log, digest=str(len(log.releases)))
    )
    return found.release, log.with_release(found.logged)


def known(readings: Sequence[Reading]) -> list[Round]:
    """What an attacker knows of the organisations."""
    return rounds(instruments(), readings, group_by=GROUP_BY)


def single_answers(knowledge: Sequence[Round], release: dict[str, Any]) -> list[float]:
    """Every number that belongs to one organisation and is no published figure, besides answers on a scale."""
    shown = {first_digits(number) for number in _numbers(release)}
    return [
        value
        for each in knowledge
        for item, topic in each.topics.items()
        if not item.startswith(("completeness:", "evidence:"))
        for value, _ in topic.values.values()
        if value is not None and first_digits(value) not in shown
    ]


def _numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for below in value.values() for number in _numbers(below)]
    if isinstance(value, list):
        return [number for below in value for number in _numbers(below)]
    return [float(value)] if isinstance(value, int | float) else []


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    return collection(5, councils=26, communities=28)


@pytest.fixture(scope="module")
def folder(readings: list[Reading], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("first") / "out", made(readings, ReleaseLog())[0])


def test_nothing_is_recovered_from_the_files_of_a_release(readings: list[Reading], folder: Path) -> None:
    """The whole attack on real files: what anybody can work out from ``release.json``."""
    found = attack([published(folder)], [known(readings)], amounts=AMOUNTS, scores=False, budget=400)
    assert not found, "\n".join(map(str, found[:10]))


def test_nothing_is_recovered_from_two_folders(readings: list[Reading], tmp_path: Path) -> None:
    """The attack on a release and on that of the year before."""
    after = next_round(readings, 6, joiners=6, leavers=4, changed=0.1)
    first, log = made(readings, ReleaseLog())
    second, _ = made(after, log)
    folders = [publish(tmp_path / str(each.number), each) for each in (first, second)]
    content, knowledge = [published(each) for each in folders], [known(readings), known(after)]
    found = attack(content, knowledge, amounts=AMOUNTS, scores=False, budget=400)
    assert not found, "\n".join(map(str, found[:10]))


def test_no_file_holds_a_name_a_text_or_a_single_answer(readings: list[Reading], folder: Path) -> None:
    """Every part of every file is searched for what organisations are called, wrote and typed."""
    words = {word for each in readings for word in secrets(each)}
    found = traces(folder, words, single_answers(known(readings), published(folder)))
    assert not found, "\n".join(map(str, found[:10]))


def test_no_file_has_a_place_to_hide_something(folder: Path) -> None:
    """No hidden sheets or rows, comments, properties, caches, metadata, or words that no cell shows."""
    found = hideouts(folder)
    assert not found, "\n".join(map(str, found[:10]))


# Things that are hidden


def _rewritten(path: Path, parts: dict[str, Callable[[bytes], bytes]], comment: bytes = b"") -> None:
    """Change parts of a workbook, or add them."""
    with zipfile.ZipFile(path) as package:
        content = {name: package.read(name) for name in package.namelist()}
    for name, change in parts.items():
        content[name] = change(content.get(name, b""))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.comment = comment
        for name, data in content.items():
            package.writestr(name, data)
    path.write_bytes(buffer.getvalue())


def _before(end: bytes, what: str) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert end in data
        at = data.rindex(end)
        return data[:at] + what.encode() + data[at:]

    return change


_SHEET = "xl/worksheets/sheet1.xml"
_WORKBOOK: dict[str, Callable[[str], tuple[str, Callable[[bytes], bytes]]]] = {
    "a shared string that no cell shows": lambda word: (
        "xl/sharedStrings.xml", _before(b"</sst>", f"<si><r><t>{word[:5]}</t></r><r><t>{word[5:]}</t></r></si>"),
    ),
    "a hidden row": lambda word: (
        _SHEET,
        _before(b"</sheetData>", f'<row r="900" hidden="1"><c r="A900" t="inlineStr"><is><t>{word}</t></is></c></row>'),
    ),
    "a comment": lambda word: ("xl/comments9.xml", lambda _: f"<comments><text>{word}</text></comments>".encode()),
    "a cache of a pivot table": lambda word: (
        "xl/pivotCache/pivotCacheRecords1.xml", lambda _: f'<records><r><s v="{word}"/></r></records>'.encode(),
    ),
    "an external link": lambda word: (
        "xl/externalLinks/externalLink1.xml", lambda _: f'<externalLink><v>{word}</v></externalLink>'.encode(),
    ),
    "a name": lambda word: (
        "xl/workbook.xml", _before(b"</definedNames>", f'<definedName name="x" hidden="1">"{word}"</definedName>'),
    ),
    "a custom property": lambda word: (
        "docProps/custom.xml", _before(b"</Properties>", f'<property name="who"><lpwstr>{word}</lpwstr></property>'),
    ),
    "the author": lambda word: (
        "docProps/core.xml", _before(b"</cp:coreProperties>", f"<dc:creator>{word}</dc:creator>"),
    ),
    "the cache of a chart": lambda word: (
        "xl/charts/chart1.xml", _before(b"</c:chartSpace>", f"<c:pt><c:v>{word}</c:v></c:pt>"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", _WORKBOOK)
def test_what_is_hidden_in_a_workbook_is_found(
    place: str, readings: list[Reading], folder: Path, tmp_path: Path
) -> None:
    """A name in any part of ``benchmark.xlsx`` is found, though no program shows it."""
    word = name_of(readings[0])
    copy = tmp_path / "benchmark.xlsx"
    copy.write_bytes((folder / "benchmark.xlsx").read_bytes())
    part, change = _WORKBOOK[place](word)
    _rewritten(copy, {part: change})
    assert any(word in each.whom for each in traces(tmp_path, [word]))


@pytest.mark.parametrize(
    "place", [each for each in _WORKBOOK if each not in ("the author", "the cache of a chart", "a custom property")]
)
def test_a_place_to_hide_in_a_workbook_is_found(place: str, folder: Path, tmp_path: Path) -> None:
    """The place itself is found, whatever is in it."""
    copy = tmp_path / "benchmark.xlsx"
    copy.write_bytes((folder / "benchmark.xlsx").read_bytes())
    part, change = _WORKBOOK[place]("Something")
    _rewritten(copy, {part: change})
    assert hideouts(tmp_path)


def test_a_hidden_sheet_is_found(folder: Path, tmp_path: Path) -> None:
    """A sheet that is hidden, even very much so, is found."""
    copy = tmp_path / "benchmark.xlsx"
    copy.write_bytes((folder / "benchmark.xlsx").read_bytes())
    _rewritten(copy, {"xl/workbook.xml": lambda data: data.replace(b"<sheet ", b'<sheet state="veryHidden" ', 1)})
    assert [each.how for each in hideouts(tmp_path)] == ["hidden sheet"]


_PAGES: dict[str, str] = {
    "a comment": "<!-- {} -->",
    "an attribute": '<p data-who="{}"></p>',
    "an invisible element": '<p style="display: none">{}</p>',
    "data for scripts": '<script type="application/json">["{}"]</script>',
    "words cut by tags": "<p><b>{first}</b>{rest}</p>",
    "something encoded": '<img alt="" src="data:text/plain;base64,{base64}">',
    "references": "<p>{references}</p>",
}


@pytest.mark.parametrize("place", _PAGES)
def test_what_is_hidden_in_a_page_is_found(place: str, readings: list[Reading], folder: Path, tmp_path: Path) -> None:
    """A name anywhere in the source of ``report.html`` is found."""
    word = name_of(readings[0])
    planted = _PAGES[place].format(
        word,
        first=word[:4],
        rest=word[4:],
        base64=base64.b64encode(word.encode()).decode(),
        references="".join(f"&#{ord(each)};" for each in word),
    )
    page = (folder / "report.html").read_text(encoding="utf-8").replace("</body>", f"{planted}</body>")
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    assert any(word in each.whom for each in traces(tmp_path, [word]))


def test_what_is_hidden_in_data_files_is_found(readings: list[Reading], tmp_path: Path) -> None:
    """A name in the metadata of Parquet, in a key of JSON or in another column of CSV is found."""
    word = name_of(readings[0])
    table = pa.table({"n": [1]})
    pq.write_table(table.replace_schema_metadata({"made for": word}), tmp_path / "one.parquet")
    pq.write_table(pa.table({"n": [1], "who": [word]}), tmp_path / "two.parquet")
    (tmp_path / "release.json").write_text(json.dumps({"release": {"respondents": [{word: 1}]}}), encoding="utf-8")
    with (tmp_path / "figures.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["n", "who"], [1, f"  {word.upper()} "]])
    found = {each.about for each in traces(tmp_path, [word])}
    assert found == {"one.parquet", "two.parquet", "release.json", "figures.csv"}


def test_single_answers_are_found_however_they_are_written(tmp_path: Path) -> None:
    """An amount is found with commas, with more decimals, as a percentage, and not by its first digits alone."""
    (tmp_path / "a.csv").write_text('"1,234,567.50",x', encoding="utf-8")
    (tmp_path / "b.json").write_text('{"a": 1234567.5}', encoding="utf-8")
    (tmp_path / "c.html").write_text("<p>41.2345 %</p>", encoding="utf-8")
    (tmp_path / "d.html").write_text("<p>12345 and 1234567</p>", encoding="utf-8")
    found = {each.about for each in traces(tmp_path, [], [1234567.5, 0.412345])}
    assert found == {"a.csv", "b.json", "c.html"}
