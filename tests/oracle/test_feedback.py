"""LibreOffice shows a feedback workbook as it was made."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from feedbacks import a_feedback
from oracle.cases import office_is_missing, office_is_required
from releases import the_framework

from kil_xlsx.core.release import OVERALL
from kil_xlsx.layout.feedback_book import SUMMARY, feedback_document
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

pytestmark = pytest.mark.oracle


def _printed(path: Path) -> list[str]:
    """The words of each printed page."""
    missing = office_is_missing()
    if missing and office_is_required():
        pytest.fail(f"{missing}, and it is required here")
    if missing or shutil.which("pdftotext") is None:
        pytest.skip(missing or "pdftotext is not installed")
    profile = f"-env:UserInstallation=file://{path.parent / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", path.parent, path]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    shown = subprocess.run(["pdftotext", "-layout", path.with_suffix(".pdf"), "-"], capture_output=True, check=True)
    return shown.stdout.decode("utf-8").split("\f")[:-1]


def test_it_prints_on_few_pages(tmp_path: Path) -> None:
    """No page is blank, scores stand on the first, and every page says whose it is."""
    feedback = a_feedback()
    path = tmp_path / "feedback.xlsx"
    data = write(feedback_document(feedback, the_framework(), datetime(2026, 11, 20, 9, 30)), default_theme())
    path.write_bytes(data)
    pages = _printed(path)
    assert len(pages) <= 14
    assert all(len(page.split()) > 20 for page in pages)
    assert all(feedback.organisation in page for page in pages)
    overall = next(each for each in feedback.lines if each.item.id == OVERALL)
    assert f"{overall.value:.0f}" in pages[0]
    labels = [each.item.label.split()[0] for each in feedback.of("section")]
    assert all(label in pages[0] for label in labels)
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames[0] == SUMMARY
