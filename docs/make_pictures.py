"""Make the pictures of the documentation from a sample workbook: ``python docs/make_pictures.py``.

Needs LibreOffice (soffice) and Poppler (pdftoppm).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

from kil_xlsx import pipeline
from kil_xlsx.demo import answers, respondents
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue

FOLDER = Path(__file__).parent / "images"
_RESOLUTION = "80"
_CROPPED = "640"
"""Pixels kept of the page whose lower part is empty."""


def main() -> None:
    """Render one filled-in workbook and keep the first page of some of its sheets."""
    for program in ("soffice", "pdftoppm", "pdftotext"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is needed to make the pictures.")
    _, instruments = pipeline.load(pipeline.DEFAULT_FRAMEWORK)
    plan = Plan(instruments[0])
    someone = respondents(plan.instrument, 12)[0]
    issue = Issue(datetime(2026, 4, 7, 9, 0), someone.organisation, "2026", date(2026, 6, 30), "you@example.org")
    pictures = {
        plan.instrument.framework.title: "start",
        plan.assessment.sheet: "assessment",
        plan.figures.sheet: "measures",
        plan.checks.sheet: "checks",
        plan.results.sheet: "results",
        plan.words("sheet.plan"): "action-plan",
    }
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "book.xlsx").write_bytes(pipeline.workbook_bytes(plan, issue, answers(plan, someone)))
        command = ["soffice", f"-env:UserInstallation=file://{work}/profile", "--headless", "--convert-to", "pdf"]
        subprocess.run([*command, "--outdir", str(work), str(work / "book.xlsx")], check=True, capture_output=True)
        pages = subprocess.run(["pdftotext", str(work / "book.pdf"), "-"], check=True, capture_output=True, text=True)
        for number, page in enumerate(pages.stdout.split("\f"), start=1):
            title = page.strip().split("\n")[0].split("·")[0].strip()
            picture = pictures.pop(title, None)
            if picture:
                crop = ["-H", _CROPPED] if picture == "results" else []
                command = [
                    "pdftoppm",
                    *crop,
                    "-r",
                    _RESOLUTION,
                    "-f",
                    str(number),
                    "-l",
                    str(number),
                    "-singlefile",
                    "-png",
                ]
                subprocess.run([*command, str(work / "book.pdf"), str(FOLDER / picture)], check=True)
    if pictures:
        sys.exit(f"No page was found for: {', '.join(pictures)}")


if __name__ == "__main__":
    main()
