"""The one-page summary in a real browser: drawn, self-contained, on telephones, on one sheet of paper, by everybody."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from feedbacks import a_feedback, a_hostile_feedback, a_long_feedback
from oracle.cases import office_is_required
from releases import the_framework
from reporting.browser import DRAWN, OUT_OF_SIGHT, barriers, browser, opened, what_is_missing

from kil_xlsx.core.feedback import Feedback
from kil_xlsx.reporting.summary import summary_html

pytestmark = pytest.mark.oracle

CASES: dict[str, Callable[[], Feedback]] = {
    "council": a_feedback,
    "community": lambda: a_feedback("community", "everyone", everything=True),
    "medians": lambda: a_feedback("council", "few"),
    "nobody": lambda: a_feedback("community", "nobody", before=False),
    "hostile": a_hostile_feedback,
    "long": a_long_feedback,
}


def _demand(missing: str) -> None:
    if missing and office_is_required():
        pytest.fail(f"{missing}, and it is required here")
    if missing:
        pytest.skip(missing)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A running browser; without one, skip, or fail where it is required."""
    _demand(what_is_missing())
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make the summary of a case, as a file."""
    folder = tmp_path_factory.mktemp("summary")

    def make(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_bytes(summary_html(CASES[name](), the_framework()))
        return path

    return make


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_it_is_drawn_and_fits_the_window(chromium: Any, summary: Callable[[str], Path], name: str, width: int) -> None:
    """Charts have a size and marks, nothing sticks out, nothing is asked for from elsewhere."""
    with opened(chromium, summary(name), width=width) as looked:
        assert looked.page.locator("svg").count() > 5
        assert looked.page.evaluate(DRAWN) == []
        assert looked.page.evaluate(OUT_OF_SIGHT) == []
        assert looked.asked == []
        assert looked.complaints == []


@pytest.mark.parametrize("name", CASES)
def test_it_prints_on_one_sheet(chromium: Any, summary: Callable[[str], Path], name: str, tmp_path: Path) -> None:
    """One page of A4, however much there is to say."""
    if shutil.which("pdfinfo") is None:
        _demand("Poppler (pdfinfo) is not installed")
    with opened(chromium, summary(name)) as looked:
        looked.page.pdf(path=tmp_path / "printed.pdf", prefer_css_page_size=True, print_background=True)
    told = subprocess.run(["pdfinfo", tmp_path / "printed.pdf"], capture_output=True, check=True, text=True).stdout
    assert "Pages:           1\n" in told
    assert "(A4)" in told


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("width", [320, 1280])
def test_nobody_is_kept_out(chromium: Any, summary: Callable[[str], Path], name: str, width: int) -> None:
    """axe-core finds nothing serious, on wide and on narrow windows."""
    _demand(what_is_missing(axe=True))
    with opened(chromium, summary(name), width=width) as looked:
        assert barriers(looked.page) == []


def test_planted_faults_are_found(chromium: Any, summary: Callable[[str], Path], tmp_path: Path) -> None:
    """A picture from elsewhere, pale letters and a table that is too wide are each found."""
    _demand(what_is_missing(axe=True))
    spoilt = tmp_path / "spoilt.html"
    content = summary("council").read_text("utf-8")
    pale = '<p style="color: #ccc">pale</p><img src="https://example.org/x.png" alt="">'
    spoilt.write_text(content.replace("</main>", f'{pale}<div style="width: 60rem">wide</div></main>'), "utf-8")
    with opened(chromium, spoilt, width=360) as looked:
        assert looked.complaints  # the page's own policy refuses the picture
        assert looked.page.evaluate(OUT_OF_SIGHT)
        assert any("color-contrast" in each for each in barriers(looked.page))
