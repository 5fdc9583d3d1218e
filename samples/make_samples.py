"""Make the samples again: ``python samples/make_samples.py`` from the project's folder.

Everything is made by the program itself from invented organisations, so the files always fit the current layout.
Some returns are opened and saved again by LibreOffice, which must be installed.  Twelve returns are too few to show any
figure of, so the benchmark and the feedback are those of the demonstration's organisations.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

from kil_xlsx import pipeline
from kil_xlsx.demo import answers, respondents, run_demo
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.pipeline.benchmark import RELEASE, benchmark
from kil_xlsx.pipeline.feedback import PAGE, PDF, WORKBOOK

FOLDER = Path(__file__).parent
CREATED = datetime(2026, 4, 7, 9, 0)
DUE = date(2026, 6, 30)
ROUND = "Sample round 2026"
CHOSEN = (0, 2, 4, 6, 8, 10)
"""Of the simulated respondents, those who show one habit each: none, words for a number, figure and reason, gaps, a
part larger than its whole, answers typed by hand."""
SAVED_AGAIN = (0, 2)
"""Of these, those whose file went through LibreOffice."""
GROUP_BY = ("region",)
"""What the sample benchmark is grouped by: one field instead of all, to keep its files small."""


def main() -> None:
    """Write everything below the folder of samples."""
    for name in ("blank", "returned", "results", "benchmark", "feedback", "second-round"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
    _, instruments = pipeline.load(pipeline.DEFAULT_FRAMEWORK)
    lines = ["name,email,respondent"]
    for instrument in instruments:
        plan = Plan(instrument)
        everybody = respondents(instrument, 12)
        for place, index in enumerate(CHOSEN):
            someone = everybody[index]
            kind = instrument.respondent.id
            lines.append(f"{someone.organisation.name},{kind}{place + 1}@example.org,{kind}")
            issue = Issue(CREATED, someone.organisation, ROUND, DUE, "coordinator@example.org")
            data = pipeline.workbook_bytes(plan, issue, answers(plan, someone))
            name = f"{instrument.respondent.id}-{pipeline.safe_name(someone.organisation.name)}"
            path = FOLDER / "returned" / f"{name}.xlsx"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            if place in SAVED_AGAIN:
                save_in_libreoffice(path, FOLDER / "returned" / f"{name}-saved-in-libreoffice.xlsx")
                path.unlink()
    (FOLDER / "organisations.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pipeline.generate(out=FOLDER / "blank", created=CREATED)
    write_results()
    with tempfile.TemporaryDirectory() as folder:
        write_benchmark(Path(folder), FOLDER)
    write_second_round()


def save_in_libreoffice(source: Path, target: Path) -> None:
    """Open a workbook in LibreOffice and save it under another name."""
    office = shutil.which("soffice")
    if office is None:
        sys.exit("LibreOffice (soffice) is needed to make the samples.")
    with tempfile.TemporaryDirectory() as folder:
        command = [office, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx"]
        subprocess.run([*command, "--outdir", folder, str(source)], check=True, capture_output=True, timeout=180)
        shutil.move(Path(folder) / source.name, target)


def write_results() -> None:
    """What reading one return of each type gives."""
    read = pipeline.read([first_return("council"), first_return("community")])
    pipeline.write_file(FOLDER / "results" / "returns.json", pipeline.read_json(read), force=True)
    pipeline.write_file(FOLDER / "results" / "answers.csv", pipeline.read_csv(read).encode("utf-8-sig"), force=True)


def first_return(kind: str) -> Path:
    """The first of the returned samples of a type."""
    return next(path for path in sorted((FOLDER / "returned").iterdir()) if path.name.startswith(kind))


def write_benchmark(work: Path, out: Path) -> None:
    """The demonstration's benchmark by fewer groups, and its feedback to the first organisation of each type.

    :param work: an empty folder for the demonstration.
    :param out: where the folders ``benchmark`` and ``feedback`` go.
    """
    told = run_demo(work / "demo", lambda _: None)
    benchmark(
        [told.folder / "returned"], out / "benchmark", organisations=told.organisations, group_by=GROUP_BY,
        log=work / "release-log.json", created=CREATED,
    )  # fmt: skip
    given = {path.name for path in told.feedback.iterdir()}
    (out / "feedback").mkdir()
    for kind in pipeline.load(pipeline.DEFAULT_FRAMEWORK)[1]:
        for someone in respondents(kind, 1):
            body = pipeline.safe_name(someone.organisation.name)
            for name in sorted(given & {body + ending for ending in (WORKBOOK, PAGE, PDF)}):
                shutil.copyfile(told.feedback / name, out / "feedback" / name)


def write_second_round() -> None:
    """Workbooks of the next round for two organisations: last answers filled in, peers beside the scores."""
    for kind in ("council", "community"):
        pipeline.generate(
            previous=first_return(kind),
            benchmark=FOLDER / "benchmark" / RELEASE,
            out=FOLDER / "second-round",
            round_id="Sample round 2027",
            due=date(2027, 6, 30),
            contact="coordinator@example.org",
            created=datetime(2027, 4, 6, 9, 0),
        )


if __name__ == "__main__":
    main()
