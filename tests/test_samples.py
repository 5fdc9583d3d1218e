"""The samples are what this version of the program makes and reads."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from kil_xlsx import pipeline
from kil_xlsx.demo import answers, respondents
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue

SAMPLES = Path(__file__).parents[1] / "samples"
RETURNED = sorted((SAMPLES / "returned").glob("*.xlsx"))
CREATED = datetime(2026, 4, 7, 9, 0)


def _parts(data: bytes) -> dict[str, bytes]:
    """The unpacked parts: packing may differ between builds of the compression library."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_there_are_a_dozen_returns() -> None:
    """Twelve completed workbooks, some of them saved by LibreOffice."""
    assert len(RETURNED) == 12
    assert sum("libreoffice" in path.name for path in RETURNED) == 4


def test_blank_samples_are_what_generate_writes(tmp_path: Path) -> None:
    """The blank workbooks are those of the current layout and definition."""
    made = pipeline.generate(out=tmp_path, created=CREATED)
    for workbook in made.workbooks:
        sample = (SAMPLES / "blank" / workbook.path.name).read_bytes()
        assert _parts(sample) == _parts(workbook.path.read_bytes()), "run python samples/make_samples.py"


@pytest.mark.parametrize(
    "path", [path for path in RETURNED if "libreoffice" not in path.name], ids=lambda path: path.stem
)
def test_completed_samples_are_what_the_program_makes(path: Path) -> None:
    """Each completed workbook that no other program saved is made again, part by part."""
    kind = path.name.split("-")[0]
    instruments = {each.respondent.id: each for each in pipeline.load(pipeline.DEFAULT_FRAMEWORK)[1]}
    plan = Plan(instruments[kind])
    someone = next(
        each
        for each in respondents(plan.instrument, 12)
        if path.stem == f"{kind}-{pipeline.safe_name(each.organisation.name)}"
    )
    issue = Issue(CREATED, someone.organisation, "Sample round 2026", date(2026, 6, 30), "coordinator@example.org")
    made = pipeline.workbook_bytes(plan, issue, answers(plan, someone))
    assert _parts(path.read_bytes()) == _parts(made), "run python samples/make_samples.py"


def test_reading_the_samples_gives_the_stored_results() -> None:
    """JSON and CSV of the returned samples are those in the folder, to the byte."""
    read = pipeline.read([SAMPLES / "returned"])
    assert pipeline.read_json(read) == (SAMPLES / "results" / "returns.json").read_bytes()
    assert pipeline.read_csv(read).encode("utf-8-sig") == (SAMPLES / "results" / "answers.csv").read_bytes()


def test_benchmarking_the_samples_gives_the_stored_benchmark(tmp_path: Path) -> None:
    """The benchmark of the returned samples is the one in the folder."""
    pipeline.benchmark([SAMPLES / "returned"], tmp_path, organisations=SAMPLES / "organisations.csv", created=CREATED)
    stored = SAMPLES / "benchmark"
    assert (tmp_path / "benchmark.json").read_bytes() == (stored / "benchmark.json").read_bytes()
    assert _parts((tmp_path / "benchmark.xlsx").read_bytes()) == _parts((stored / "benchmark.xlsx").read_bytes())
