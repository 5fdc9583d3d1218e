"""The samples are what this version of the program makes and reads."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from kil_xlsx import pipeline
from kil_xlsx.demo import PLACES, answers, respondents
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.results.release_json import read_release_json

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
    """JSON and CSV of the first return of each type are those in the folder, to the byte."""
    firsts = [next(path for path in RETURNED if path.name.startswith(kind)) for kind in ("council", "community")]
    read = pipeline.read(firsts)
    assert pipeline.read_json(read) == (SAMPLES / "results" / "returns.json").read_bytes()
    assert pipeline.read_csv(read).encode("utf-8-sig") == (SAMPLES / "results" / "answers.csv").read_bytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample benchmark and feedback, made again."""
    work, out = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("out")
    script = SAMPLES / "make_samples.py"
    specification = importlib.util.spec_from_file_location(script.stem, script)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.write_benchmark(work, out)
    return out


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_stored_benchmark_and_feedback_are_made_again(made: Path) -> None:
    """Every file of the benchmark and of the feedback is the one in the folder.

    Parquet and PDF files, and the hashes of the former, depend on the version of the library that writes them.
    """
    for folder in ("benchmark", "feedback"):
        stored = SAMPLES / folder
        assert _files(made / folder) == _files(stored), "run python samples/make_samples.py"
        for name in sorted(_files(stored)):
            mine, theirs = (made / folder / name).read_bytes(), (stored / name).read_bytes()
            if name.endswith(".xlsx"):
                assert _parts(mine) == _parts(theirs), name
            elif name.endswith((".csv", ".html", ".md", "release.json")):
                assert mine == theirs, name


def test_the_stored_benchmark_shows_figures_and_marks() -> None:
    """Somebody who looks at the samples sees quartiles, a group, and what is held back; and nobody's name."""
    release = read_release_json((SAMPLES / "benchmark" / "release.json").read_bytes())
    for respondent in release.respondents:
        everyone, *groups = respondent.groups
        assert any(each.figure.lower_quartile is not None for each in everyone.statistics)
        assert any(each.figure.shown for group in groups for each in group.statistics)
        assert any(group.suppressed for group in groups)
    text = (SAMPLES / "benchmark" / "report.html").read_text(encoding="utf-8")
    assert "[c]" in text
    assert not any(place in text for place in PLACES)


def test_there_is_feedback_for_one_organisation_of_each_type() -> None:
    """A workbook, a page and a PDF for a council and for a community organisation."""
    names = sorted(path.name for path in (SAMPLES / "feedback").iterdir())
    assert [name.rsplit("-", 1)[1] for name in names] == ["feedback.xlsx", "summary.html", "summary.pdf"] * 2
