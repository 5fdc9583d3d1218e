"""The report in a real browser: drawn, self-contained, usable by keyboard, on narrow screens, on paper, by everybody.

Every check is also shown to fail on a page with a planted fault.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle.cases import office_is_required
from releases import a_release, the_framework
from reporting.browser import (
    DRAWN,
    OUT_OF_SIGHT,
    barriers,
    browser,
    opened,
    unfold,
    walk,
    what_is_missing,
)

from kil_xlsx.reporting.report import report_html

pytestmark = pytest.mark.oracle


def _demand(missing: str) -> None:
    if missing and office_is_required():
        pytest.fail(f"{missing}, and it is required here")
    if missing:
        pytest.skip(missing)


def _shown(respondent: int) -> int:
    """How many groups besides all are not held back."""
    return sum(not each.suppressed for each in a_release().respondents[respondent].groups) - 1


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A running browser; without one, skip, or fail where it is required."""
    _demand(what_is_missing())
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with something of everything."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_bytes(report_html(a_release(lowered=True), the_framework()))
    return path


@pytest.fixture
def spoilt(tmp_path: Path) -> Callable[..., Path]:
    """Make a small report in which something is replaced."""

    def make(*changes: tuple[str, str]) -> Path:
        content = report_html(a_release(councils=12, communities=12, earlier=False), the_framework()).decode()
        for old, new in changes:
            assert old in content
            content = content.replace(old, new)
        path = tmp_path / "spoilt.html"
        path.write_text(content, "utf-8")
        return path

    return make


@pytest.mark.parametrize("width", [320, 1280])
def test_every_chart_is_drawn(chromium: Any, report: Path, width: int) -> None:
    """Each drawing has a size, a name and marks inside it, also in groups that were folded."""
    with opened(chromium, report, width=width) as looked:
        unfold(looked.page)
        assert looked.page.locator('svg[role="img"]').count() > 150
        assert looked.page.evaluate(DRAWN) == []
        assert looked.complaints == []


def test_a_chart_that_is_not_drawn_would_be_noticed(chromium: Any, spoilt: Callable[..., Path]) -> None:
    """Marks without a size are found."""
    path = spoilt(("<rect ", '<rect transform="scale(0)" '), ("<circle ", '<circle transform="scale(0)" '))
    with opened(chromium, path) as looked:
        assert any(each.startswith("nothing drawn") for each in looked.page.evaluate(DRAWN))


def test_nothing_leaves_the_page(chromium: Any, report: Path) -> None:
    """Opened, unfolded, chosen from and printed, the page asks for nothing."""
    with opened(chromium, report) as looked:
        unfold(looked.page)
        looked.page.select_option("#type", "r2")
        looked.page.select_option("#r2-group", index=1)
        looked.page.pdf()
        looked.page.wait_for_load_state("networkidle")
        assert looked.asked == []


_OUTSIDE = ("<main ", '<img alt="" src="http://127.0.0.1:9/seen.png"><main ')


def test_a_request_would_be_noticed(chromium: Any, spoilt: Callable[..., Path]) -> None:
    """With its policy removed, a picture from elsewhere is asked for, and the check sees it."""
    with opened(chromium, spoilt(_OUTSIDE, ("Content-Security-Policy", "x"))) as looked:
        assert looked.asked == ["http://127.0.0.1:9/seen.png"]


def test_the_policy_stops_pictures_scripts_and_styles_that_are_not_the_page_s_own(
    chromium: Any, spoilt: Callable[..., Path]
) -> None:
    """Whatever got into the page by mistake, the browser refuses to run or fetch it."""
    planted = ("<main ", '<script>document.title = "taken"</script><style>h1 { display: none }</style><main ')
    with opened(chromium, spoilt(_OUTSIDE, planted)) as looked:
        assert looked.page.title() != "taken" and looked.page.locator("h1").is_visible()
        assert sum("Content Security Policy" in each for each in looked.complaints) >= 3
        natural = looked.page.evaluate("() => document.querySelector('img').naturalWidth")
        assert natural == 0


def test_the_keyboard_reaches_everything_in_order(chromium: Any, report: Path) -> None:
    """First the skip link, then the contents, the choosers and the tables; the focus can always be seen."""
    with opened(chromium, report) as looked:
        stops = walk(looked.page, 30)
        assert stops[0]["text"] == "Skip to the main content"
        names = [each["name"] for each in stops]
        assert names.index("A") < names.index("SELECT") < names.index("BUTTON") < names.index("SUMMARY")
        assert "DIV" in names, "a table that can be scrolled"
        assert [each for each in stops if not each["seen"]] == []


def test_a_focus_that_cannot_be_seen_would_be_noticed(chromium: Any, spoilt: Callable[..., Path]) -> None:
    """Without outlines the walk finds faults."""
    path = spoilt(("outline: 3px solid", "outline: 0 solid"), ("Content-Security-Policy", "x"))
    with opened(chromium, path) as looked:
        assert [each for each in walk(looked.page, 10) if not each["seen"]]


def test_the_skip_link_leads_past_the_contents(chromium: Any, report: Path) -> None:
    """Enter on it, and the next stop is in the main part."""
    with opened(chromium, report) as looked:
        walk(looked.page, 1)
        looked.page.keyboard.press("Enter")
        assert looked.page.evaluate("() => document.activeElement.id") == "main"


def test_a_group_is_chosen_by_keyboard(chromium: Any, report: Path) -> None:
    """Arrow keys choose; the group chosen is open, the others hidden, and it is said what is shown."""
    with opened(chromium, report) as looked:
        page = looked.page
        page.locator("#r1-group").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert page.locator("#r1-panels > .group:visible").count() == 1
        assert page.locator("#r1-g2").is_visible() and page.locator("#r1-g2 table").count() > 0
        assert page.evaluate("() => document.getElementById('r1-g2').open")
        assert page.locator("#r1-group-status").inner_text().startswith("Showing: ")
        page.keyboard.press("Home")
        assert page.locator("#r1-panels > .group:visible").count() == _shown(0)
        assert page.locator("#r2-panels > .group:visible").count() == _shown(1)


def test_a_type_is_chosen_and_links_bring_it_back(chromium: Any, report: Path) -> None:
    """The other type is hidden, until a link of the contents leads to it."""
    with opened(chromium, report) as looked:
        page = looked.page
        page.select_option("#type", "r2")
        assert not page.locator("#r1").is_visible() and page.locator("#r2").is_visible()
        page.locator('nav a[href="#r1"]').press("Enter")
        page.wait_for_function("() => document.getElementById('r1').getClientRects().length > 0")
        assert page.locator("#r1").is_visible() and page.locator("#type").input_value() == ""


def test_tables_fold_by_keyboard_one_by_one_and_all_at_once(chromium: Any, report: Path) -> None:
    """Enter on the line unfolds; the buttons do so for all."""
    with opened(chromium, report) as looked:
        page = looked.page
        table = page.locator("section[aria-labelledby=r1-scores] details.table")
        assert not table.locator("table").is_visible()
        table.locator("summary").press("Enter")
        assert table.locator("table").is_visible()
        page.locator("button[data-tables=close]").press("Enter")
        assert page.locator("details.table[open]").count() == 0
        page.locator("button[data-tables=open]").press("Space")
        assert page.locator("details.table:not([open])").count() == 0


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_nothing_is_wider_than_the_window(chromium: Any, report: Path, width: int) -> None:
    """Folded and unfolded, the page scrolls up and down only; tables scroll by themselves."""
    with opened(chromium, report, width=width) as looked:
        assert looked.page.evaluate(OUT_OF_SIGHT) == []
        unfold(looked.page)
        assert looked.page.evaluate(OUT_OF_SIGHT) == []


def test_something_too_wide_would_be_noticed(chromium: Any, spoilt: Callable[..., Path]) -> None:
    """A single word that cannot break is found."""
    path = spoilt(("overflow-wrap: break-word", "overflow-wrap: normal"), ("<h1>", f"<h1>{'m' * 80}"),
                  ("Content-Security-Policy", "x"))  # fmt: skip
    with opened(chromium, path, width=320) as looked:
        assert looked.page.evaluate(OUT_OF_SIGHT)


def test_without_javascript_everything_can_still_be_read(chromium: Any, report: Path) -> None:
    """No control that does nothing is shown, and every group is there to be unfolded."""
    with opened(chromium, report, script=False) as looked:
        page = looked.page
        assert page.locator(".chooser:visible, .tools button:visible").count() == 0
        assert page.locator("#r1-panels > .group:visible").count() == _shown(0)
        page.locator("#r1-g1 > summary").press("Enter")
        assert page.locator("#r1-g1 .plot").first.is_visible()


def _printed(looked: Any, folder: Path) -> str:
    path = folder / "report.pdf"
    looked.page.pdf(path=path, prefer_css_page_size=True)
    assert path.read_bytes().startswith(b"%PDF")
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(text.split())


def test_it_can_be_printed_with_the_tables_unfolded(
    chromium: Any, report: Path, spoilt: Callable[..., Path], tmp_path: Path
) -> None:
    """On paper the tables behind the charts are there, and afterwards folded again; without the script they are not."""
    _demand("" if shutil.which("pdftotext") else "pdftotext (poppler-utils) is not installed")
    with opened(chromium, report) as looked:
        printed = _printed(looked, tmp_path)
        assert "Compared among" in printed and "Skip to the main content" not in printed
        assert a_release().method.notice[:60] in printed
        assert looked.page.locator("details.table[open]").count() == 0
    with opened(chromium, spoilt(("beforeprint", "never"))) as looked:
        assert "Compared among" not in _printed(looked, tmp_path)


def _stranded(looked: Any, folder: Path) -> list[str]:
    """Headings that end a page of paper, and shares that a line break tears from their counts."""
    path = folder / "report.pdf"
    looked.page.pdf(path=path, prefer_css_page_size=True)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    headings = {" ".join(each.split()) for each in looked.page.locator("h2, h3, h4, th.over, .about").all_inner_texts()}
    found = [line.strip() for line in text.splitlines() if re.fullmatch(r"\s*(\(\d+%\)\s*)+", line)]
    for page in text.split("\f"):
        lines = [each for each in page.splitlines() if each.strip() and not re.fullmatch(r"\s*\d+ / \d+\s*", each)]
        if lines and " ".join(lines[-1].split()) in headings:
            found.append(" ".join(lines[-1].split()))
    return found


def test_no_heading_is_stranded_and_no_number_torn_on_paper(chromium: Any, report: Path, tmp_path: Path) -> None:
    """Headings stay with what follows them; counts stay beside their shares.  Without those rules, faults are found."""
    _demand("" if shutil.which("pdftotext") else "pdftotext (poppler-utils) is not installed")
    with opened(chromium, report) as looked:
        assert _stranded(looked, tmp_path) == []
    content = report.read_text("utf-8").replace("break-after: avoid", "break-after: auto")
    content = content.replace("td { text-align: right; white-space: nowrap; }", "td { text-align: right; }")
    content = content.replace("break-inside: avoid", "break-inside: auto").replace("Content-Security-Policy", "x")
    path = tmp_path / "torn.html"
    path.write_text(content, "utf-8")
    with opened(chromium, path) as looked:
        looked.page.add_style_tag(content="h2, h3, h4 { break-after: auto } @media print { td { width: 1mm } }")
        assert _stranded(looked, tmp_path)


@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_no_serious_barrier(chromium: Any, report: Path, width: int) -> None:
    """As it is opened, and with the tables of everybody and one group unfolded."""
    _demand(what_is_missing(axe=True))
    with opened(chromium, report, width=width) as looked:
        assert barriers(looked.page) == []
        looked.page.select_option("#r1-group", index=1)
        looked.page.locator("#r1-g1 details.table summary").first.press("Enter")
        for each in ("scores", "questions", "measures", "change"):
            looked.page.locator(f"section[aria-labelledby=r1-{each}] details.table summary").first.press("Enter")
        assert barriers(looked.page) == []


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (('<html lang="en-GB">', "<html>"), "html-has-lang"),
        (("<main ", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><main '), "image-alt"),
        (('<label for="type">Show results for</label>', ""), "select-name"),
        ((".quiet, .about { color: #56636B; }", ".quiet, .about { color: #BBBBBB; }"), "color-contrast"),
    ],
)
def test_axe_finds_a_planted_barrier(
    chromium: Any, spoilt: Callable[..., Path], fault: tuple[str, str], named: str
) -> None:
    """A missing language, words for a picture, a label or contrast is reported."""
    _demand(what_is_missing(axe=True))
    with opened(chromium, spoilt(fault, ("Content-Security-Policy", "x"))) as looked:
        assert any(named in each for each in barriers(looked.page))
