"""Make the pictures of the documentation from fictional workbooks: ``python docs/make_pictures.py``.

Needs LibreOffice (soffice), Poppler (pdftoppm, pdftotext), Chromium, and Playwright for Python, which drives it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

from msgspec.structs import replace

from kil_xlsx import pipeline
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.peers import OVERALL, PeerFigures, PeerGroup, Peers
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.core.scoring import score
from kil_xlsx.demo import answers, respondents, run_demo
from kil_xlsx.layout.compose import seen_by_formulas
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue, Previous
from kil_xlsx.pipeline.benchmark import REPORT
from kil_xlsx.pipeline.benchmark import WORKBOOK as BENCHMARK
from kil_xlsx.pipeline.feedback import PDF, WORKBOOK

FOLDER = Path(__file__).parent / "images"
_RESOLUTION = "80"
CREATED = datetime(2026, 4, 7, 9, 0)
DESKTOP, PHONE = (1180, 860), (390, 800)
"""Width and height of a window, in pixels."""


def main() -> None:
    """Render fictional workbooks and what is made of them, and keep a page of each."""
    for program in ("soffice", "pdftoppm", "pdftotext", "chromium"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is needed to make the pictures.")
    _, instruments = pipeline.load(pipeline.DEFAULT_FRAMEWORK)
    plan = Plan(instruments[0])
    someone = respondents(plan.instrument, 12)[0]
    typed = answers(plan, someone)
    issue = Issue(CREATED, someone.organisation, "2026", date(2026, 6, 30), "you@example.org")
    again = replace(issue, previous=previous(plan, typed), peers=peers(plan.instrument))
    first_sheet, assessment = plan.instrument.framework.title, plan.assessment.sheet
    filled = {
        assessment: "assessment",
        plan.figures.sheet: "measures",
        plan.checks.sheet: "checks",
        plan.results.sheet: "results",
        plan.words("sheet.plan"): "action-plan",
        plan.words("guidance.title"): "guidance",
    }
    half = {key: value for at, (key, value) in enumerate(typed.items()) if at % 3}
    FOLDER.mkdir(exist_ok=True)
    picture(pipeline.workbook_bytes(plan, issue, typed), filled)
    picture(pipeline.workbook_bytes(plan, issue, half), {first_sheet: "start"})
    compared = {assessment: "prefilled", plan.results.sheet: "results-compared"}
    picture(pipeline.workbook_bytes(plan, again, looked_through(plan)), compared)
    with tempfile.TemporaryDirectory() as folder:
        community = respondents(instruments[1], 1)[0]
        outcomes(Path(folder) / "demo", pipeline.safe_name(community.organisation.name))


def outcomes(folder: Path, body: str) -> None:
    """Pictures of the demonstration's benchmark, and of what one organisation is told.

    :param body: how the names of the organisation's files begin.
    """
    told = run_demo(folder, lambda _: None)
    tables = {"Scores overall and by section": "benchmark-scores"}
    picture((told.benchmark / BENCHMARK).read_bytes(), tables)
    picture((told.feedback / f"{body}{WORKBOOK}").read_bytes(), {"Strengths and next steps": "feedback-workbook"})
    page(told.feedback / f"{body}{PDF}", 1, "feedback-summary")
    windows(told.benchmark / REPORT, {"report-desktop": DESKTOP, "report-phone": PHONE})


def page(pdf: Path, number: int, name: str) -> None:
    """Keep one page of a PDF."""
    only = ["-f", str(number), "-l", str(number), "-singlefile", "-png"]
    subprocess.run(["pdftoppm", "-r", _RESOLUTION, *only, str(pdf), str(FOLDER / name)], check=True)


def windows(html: Path, wanted: dict[str, tuple[int, int]]) -> None:
    """Keep what is seen of a report in windows of some sizes, by name, from its first scores on."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        for name, (width, height) in wanted.items():
            window = browser.new_page(viewport={"width": width, "height": height})
            window.goto(html.as_uri())
            window.locator("h3", has_text="Scores are highest").first.evaluate("heading => heading.scrollIntoView()")
            window.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


def previous(plan: Plan, typed: dict[Key, Typed]) -> Previous:
    """The answers of the same organisation a year before."""
    result = score(plan.instrument, seen_by_formulas(plan, typed))
    rows = {(key.item, key.row) for key in typed}
    before = {slot.key: typed.get(slot.key) for slot in plan.carried_slots if (slot.key.item, slot.key.row) in rows}
    scores = {section: each.score for section, each in result.sections.items()}
    return Previous("2025", before, {**scores, OVERALL: result.overall})


def looked_through(plan: Plan) -> dict[Key, Typed]:
    """What somebody has changed and confirmed so far in a workbook that was filled in already."""
    changed: dict[Key, Typed] = {}
    for at, question in enumerate(plan.instrument.questions[:12]):
        if at % 3 == 0:
            changed[Key(question.id)] = "3 Established"
        elif at % 3 == 1:
            changed[Key(question.id, Part.CONFIRM)] = "Confirmed"
    return changed


def peers(instrument: Instrument) -> Peers:
    """Figures of a group that does not exist."""
    items = [*(node.id for node in instrument.nodes), OVERALL]
    figures = {
        item: PeerFigures(count=23, lower=30.0 + at % 4 * 5, median=45.0 + at % 5 * 5, upper=60.0 + at % 3 * 5)
        for at, item in enumerate(items)
    }
    return Peers(date="1 March 2026", groups=(PeerGroup(label="all councils", figures=figures),))


def picture(workbook: bytes, wanted: dict[str, str]) -> None:
    """Keep the first page of some sheets, by the title at the head of the page."""
    missing = dict(wanted)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "book.xlsx").write_bytes(workbook)
        command = ["soffice", f"-env:UserInstallation=file://{work}/profile", "--headless", "--convert-to", "pdf"]
        subprocess.run([*command, "--outdir", str(work), str(work / "book.xlsx")], check=True, capture_output=True)
        pages = subprocess.run(["pdftotext", str(work / "book.pdf"), "-"], check=True, capture_output=True, text=True)
        for number, text in enumerate(pages.stdout.split("\f"), start=1):
            title = text.strip().split("\n")[0].split("·")[0].strip()
            file = missing.pop(title, None)
            if file:
                page(work / "book.pdf", number, file)
    if missing:
        sys.exit(f"No page was found for: {', '.join(missing)}")


if __name__ == "__main__":
    main()
