"""Make the pictures of the documentation from fictional workbooks: ``python docs/make_pictures.py``.

Needs LibreOffice (soffice) and Poppler (pdftoppm, pdftotext).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from kil_xlsx import pipeline
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.peers import OVERALL, PeerFigures, PeerGroup, Peers
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.core.scoring import score
from kil_xlsx.demo import answers, respondents
from kil_xlsx.layout.compose import seen_by_formulas
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue, Previous

FOLDER = Path(__file__).parent / "images"
_RESOLUTION = "80"
CREATED = datetime(2026, 4, 7, 9, 0)


def main() -> None:
    """Render three fictional workbooks and keep the first page of some of their sheets."""
    for program in ("soffice", "pdftoppm", "pdftotext"):
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
        for number, page in enumerate(pages.stdout.split("\f"), start=1):
            title = page.strip().split("\n")[0].split("·")[0].strip()
            file = missing.pop(title, None)
            if file:
                only = ["-f", str(number), "-l", str(number), "-singlefile", "-png"]
                command = ["pdftoppm", "-r", _RESOLUTION, *only, str(work / "book.pdf"), str(FOLDER / file)]
                subprocess.run(command, check=True)
    if missing:
        sys.exit(f"No page was found for: {', '.join(missing)}")


if __name__ == "__main__":
    main()
