"""The report says everything that the release has, nothing else, and is well-formed, self-contained HTML."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace
from releases import LIST_LABEL, a_release, the_framework, with_texts
from reporting.pages import Element, TableRow, page_of, read_page, rounded, tables, with_first_group

from kil_xlsx.core.branding import Branding, Logo, Palette
from kil_xlsx.core.release import (
    HIDDEN,
    MARKS,
    PART_NAMES,
    PARTS,
    Counts,
    Figure,
    Item,
    Release,
    RespondentBenchmark,
    Statistic,
)
from kil_xlsx.reporting.numbers import by_format
from kil_xlsx.reporting.report import report_html

MARK_TEXTS = set(MARKS)


def _written(item: Item, value: float) -> str:
    """A value as the report should write it, worked out in another way than the report's."""
    if item.kind in ("overall", "section"):
        return rounded(value, 0)
    if item.kind in ("question", "evidence"):
        return rounded(value, 1)
    if item.kind == "completeness":
        return f"{rounded(value * 100, 0)}%"
    return by_format(next(unit.format for unit in the_framework().units if unit.id == item.unit))(value)


def _expected(item: Item, figure: Figure) -> dict[str, str]:
    """The cells of a figure by the headings of their columns."""
    cells: dict[str, str] = {}
    for part in (part for part in PARTS if part in item.parts):
        value = figure.part(part)
        cells[PART_NAMES[part]] = "[c]" if value is None else f"{value:,}" if part == "n" else _written(item, value)
    if item.kind == "question":
        counted = {each.code: each for each in figure.levels or ()}
        for level in item.levels:
            one = counted.get(level.code)
            cells[level.label] = f"{one.count} ({rounded(one.share * 100, 0)}%)" if one else "[c]"
        aside = figure.aside
        cells["Not applicable"] = f"{aside.not_applicable}" if aside else "[c]"
        cells["Not known"] = f"{aside.dont_know}" if aside else "[c]"
        cells["No answer"] = f"{aside.unanswered}" if aside else "[c]"
    return cells


_CAPTIONS = {
    "overall": "Scores",
    "section": "Scores",
    "question": "Answers by question",
    "measure": "Measures",
    "completeness": "Completeness",
    "evidence": "Strength of evidence",
}


def _wrong(page: Element, release: Release) -> list[str]:
    """Every figure of a release that does not stand in the page's tables as it should."""
    found = tables(page)
    wrong: list[str] = []
    for respondent in release.respondents:
        for group in respondent.groups:
            name = respondent.label
            if group.kind == "field":
                name += f", {group.label} ({group.field_label})"
            elif group.kind == "list":
                name += f", {group.label}"
            for item, statistic in respondent.statistics(group):
                rows = found.get(f"{_CAPTIONS[item.kind]}: {name}", [])
                row = _row_of(rows, item, statistic)
                if item.kind == "measure" and group.kind != "all" and not statistic.figure.shown:
                    if row is not None:
                        wrong.append(f"{name}, {item.id}: a line of marks alone")
                    continue
                expected = _expected(item, statistic.figure)
                if row is None or any(row.cells.get(heading) != words for heading, words in expected.items()):
                    wrong.append(f"{name}, {item.id} {statistic.among}: {row} instead of {expected}")
    return wrong


def _row_of(rows: list[TableRow], item: Item, statistic: Statistic) -> TableRow | None:
    code = item.id if item.kind in ("section", "question", "measure") else ""
    if item.kind in ("completeness", "evidence") and item.of != "overall":
        code = item.of
    head = f"{code} {item.label}".strip()
    for row in rows:
        if row.head == head and (
            item.kind != "measure" or row.cells["Compared among"] == (", ".join(statistic.among) or "All of the group")
        ):
            return row
    return None


def test_every_figure_of_every_group_stands_in_a_table() -> None:
    """Each number as its item is written, and the mark where there is none."""
    assert _wrong(page_of(), a_release()) == []


def test_a_figure_that_is_not_in_the_tables_would_be_noticed() -> None:
    """The comparison fails for a single number that differs."""
    release = a_release()
    everyone = release.respondents[0].groups[0]
    first, *others = everyone.statistics
    moved = replace(first, figure=replace(first.figure, upper_quartile=99.0))
    other = with_first_group(release, replace(everyone, statistics=(moved, *others)))
    assert len(_wrong(page_of(), other)) == 1


def test_who_is_in_it_is_told_with_every_reason_to_be_left_out() -> None:
    """Invited, returned, accepted, used; a count that is held back has its mark, and so has what nobody knows."""
    release = a_release()
    table = tables(page_of())["Who was invited, who returned a workbook and whose answers are used"]
    rows = {each.head: each.cells for each in table}
    for respondent in release.respondents:
        counts = respondent.groups[0].counts
        got = {head: cells[respondent.label] for head, cells in rows.items()}
        assert got["Organisations invited"] == str(counts.invited)
        assert got["Organisations that returned them"] == str(counts.returned)
        assert got["Filled in"] == str(counts.accepted)
        assert got["Used for the figures"] == str(counts.used)
        for each in counts.exclusions:
            assert got[each.label] == ("[c]" if each.count is None else str(each.count))
    unknown = tables(page_of(a_release(full=False)))
    caption = next(each for each in unknown if each.startswith("Who was invited"))
    assert set(unknown[caption][0].cells.values()) == {"[x]"}


def test_changes_have_both_figures_and_the_difference() -> None:
    """Before, now, and the difference of the medians as they are shown, so that readers get the same."""
    for respondent in a_release().respondents:
        table = tables(page_of())[f"Change since the earlier release: {respondent.label}"]
        rows = {each.head: each.cells for each in table}
        assert len(rows) == len(respondent.changes)
        for change in respondent.changes:
            item = respondent.item(change.item)
            cells = rows[item.label if item.kind == "overall" else f"{item.id} {item.label}"]
            for figure, when in ((change.before, "autumn-2025"), (change.now, "autumn-2026")):
                for part in ("n", "median", "lower_quartile", "upper_quartile", "mean"):
                    heading = f"{PART_NAMES[part]}, {when}"  # type: ignore[index]
                    assert cells[heading] == _expected(item, figure)[PART_NAMES[part]]  # type: ignore[index]
            if change.before.median is not None and change.now.median is not None:
                old, new = (_written(item, each.median or 0.0) for each in (change.before, change.now))
                moved = Decimal(new.strip("%")) - Decimal(old.strip("%"))
                sign = "" if not moved else "+" if moved > 0 else "\u2212"
                assert cells["Change of the median"] == f"{sign}{abs(moved)}"
            else:
                assert cells["Change of the median"] == "[c]"


def test_separation_and_pairs_are_complete() -> None:
    """Every question with its correlation, and every pair with both questions and medians."""
    release = a_release()
    found = tables(page_of())
    for respondent in release.respondents:
        rows = {each.head: each.cells for each in found[f"How well questions separate: {respondent.label}"]}
        for each in respondent.separations:
            cells = rows[f"{each.item} {respondent.item(each.item).label}"]
            shown = "[c]" if each.correlation is None else rounded(each.correlation, 1).replace("-", "\u2212")
            assert cells["Correlation with all other answers"] == shown
            assert cells["Organisations"] == ("[c]" if each.n is None else str(each.n))
    assert len(found["Matching questions side by side"]) == len(release.pairs)
    for row, pair in zip(found["Matching questions side by side"], release.pairs, strict=True):
        for respondent in release.respondents:
            item = respondent.item(pair.questions[respondent.id])
            figure = _figure(respondent, item.id)
            assert row.cells[f"{respondent.label}: question"] == f"{item.id} {item.label}"
            assert row.cells[f"{respondent.label}: median"] == _expected(item, figure)["Median"]


def _figure(respondent: RespondentBenchmark, item: str) -> Figure:
    return next(each.figure for each in respondent.groups[0].statistics if each.item == item)


def test_the_method_the_marks_the_notice_and_the_contact_are_there() -> None:
    """Whatever the release says in words is said in the report."""
    release, text = a_release(lowered=True), page_of(a_release(lowered=True)).text
    for heading, sentence in release.method.sentences():
        assert heading in text and sentence in text
    for mark, meaning in MARKS.items():
        assert f"{mark}{meaning}" in text
    assert release.method.notice in text and release.contact in text
    assert all(each in text for each in release.warnings)
    assert "Benchmark release 2, 16 November 2026" in text and "number 1 of 17 November 2025" in text


def test_lowered_protection_and_warnings_come_before_any_figure() -> None:
    """They stand in a box above the first number."""
    page = page_of(a_release(lowered=True))
    box = next(each for each in page.all("section") if each.attributes.get("class") == "warning")
    release = a_release(lowered=True)
    assert release.method.lowered in box.text and all(each in box.text for each in release.warnings)
    text = page.text
    assert text.index(release.method.lowered) < text.index("the median overall score")
    calm = page_of(a_release(full=False))
    assert not [each for each in calm.all("section") if each.attributes.get("class") == "warning"]


def test_a_group_that_is_held_back_shows_nothing_even_if_it_had_figures() -> None:
    """It has no panel, the heat map has no line for it, and one line names what is held back."""
    release = a_release()
    council = release.respondents[0]
    given = next(each for each in council.groups if each.suppressed)
    secret = Statistic(item="C1", figure=Figure(n=77, mean=13.25, median=13.25))
    leaky = replace(given, counts=Counts(used=77), statistics=(secret,))
    groups = tuple(leaky if each is given else each for each in council.groups)
    changed = replace(release, respondents=(replace(council, groups=groups), *release.respondents[1:]))
    assert report_html(changed, the_framework()) == report_html(release, the_framework())
    page = page_of()
    section = next(each for each in page.all("section") if each.attributes.get("aria-labelledby") == "r1-groups")
    (line,) = (each for each in section.all("p") if each.attributes.get("class") == "held")
    assert f"{given.field_label} (" in line.text and given.label in line.text
    panels = [each for each in section.all("details") if each.attributes.get("class") == "group"]
    assert len(panels) == len(list(section.all("option"))) - 1 == sum(not each.suppressed for each in groups) - 1
    assert not any(each.text.startswith(f"{given.label} ({given.field_label})") for each in panels)
    rows = tables(page)["Median scores by group and section: Council"]
    assert given.label not in {row.head for row in rows}


def test_a_respondent_type_that_is_held_back_has_no_figures_at_all() -> None:
    """Nor tables that would be full of marks."""
    release = a_release()
    everyone = replace(release.respondents[0].groups[0], suppressed=True, counts=Counts())
    page = page_of(with_first_group(release, everyone))
    chapter = next(each for each in page.all("section") if each.attributes.get("data-id") == "r1")
    assert "Held back" in chapter.text
    assert "Scores: Council" not in tables(page) and "Scores: Community organisation" in tables(page)


def test_hidden_figures_are_marks_and_draw_nothing() -> None:
    """A figure without anything gives no box, no dot and no number, in words or in drawings."""
    release = a_release()
    everyone = release.respondents[0].groups[0]
    hidden = tuple(replace(each, figure=HIDDEN) for each in everyone.statistics)
    page = page_of(with_first_group(release, replace(everyone, statistics=hidden)))
    topic = next(each for each in page.all("section") if each.attributes.get("aria-labelledby") == "r1-scores")
    rows = [each for each in topic.all("svg") if each.attributes.get("role") == "img"]
    assert rows and not [mark for row in rows for mark in row.all("circle", "rect", "polygon")]
    assert {each.text for each in topic.all("span") if each.attributes.get("class") == "value"} == {"[c]"}
    assert all(set(row.cells.values()) == {"[c]"} for row in tables(page)["Scores: Council"])


@pytest.mark.parametrize("release", [a_release(), a_release(councils=4, communities=7, earlier=False, full=False)])
def test_nothing_of_python_shows_through(release: Release) -> None:
    """No missing value is printed as the program writes it."""
    assert not re.search(r"\b(None|nan|inf|True|False|Undefined)\b|<kil_xlsx|Markup\(", page_of(release).text)


HOSTILE = (
    "</style></script><script>alert(1)</script><img src=//x.example/y onerror=alert(1)>\"'&amp;{{ 7 * 7 }}\x00\u202e"
)


def test_hostile_labels_are_text_and_nothing_else() -> None:
    """Markup, quotes, template code and control characters in any text of a release stay text."""
    usual = page_of()
    content = report_html(with_texts(a_release(), lambda text: text[:30] + HOSTILE), the_framework())
    page = read_page(content)

    def shape(root: Element) -> list[str]:
        return [each.name for each in root.all("script", "style", "img", "link", "iframe", "object", "a", "form")]

    assert shape(page) == shape(usual)
    names = {name for each in page.all() for name in each.attributes}
    assert not [name for name in names if name.startswith("on")]
    assert b"\x00" not in content and "\u202e".encode() not in content
    assert "{{ 7 * 7 }}" in page.text and "<script>alert(1)</script>" in page.text


def test_a_hostile_theme_is_text_too() -> None:
    """The footer and the words of the logo are the council's own, and escaped all the same."""
    logo = Logo(content=b"\x89PNG\r\n\x1a\n" + b"0" * 40, description=HOSTILE)
    page = read_page(report_html(a_release(), the_framework(), Branding(footer=HOSTILE, logo=logo)))
    assert len(list(page.all("script"))) == 1
    (image,) = page.all("img")
    assert image.attributes["src"].startswith("data:image/png;base64,") and "onerror" not in image.attributes


def test_colours_and_font_are_the_theme_s() -> None:
    """The palette given is used in the style and in the drawings."""
    palette = Palette(accent="#5B1A2E", accent_dark="#3F0F1E")
    content = report_html(a_release(), the_framework(), Branding(font="Georgia", palette=palette)).decode()
    assert "'Georgia'" in content and content.count("#3F0F1E") > 100 and Palette().accent_dark not in content


def test_nothing_is_asked_for_from_anywhere() -> None:
    """No attribute or style names an address that a browser would load; links stay in the page."""
    page = page_of()
    for each in page.all():
        for name, value in each.attributes.items():
            assert name not in ("srcset", "action", "formaction", "data", "poster", "ping", "background", "style")
            if name in ("src", "href"):
                assert value.startswith(("#", "data:image/")), f"<{each.name} {name}={value}>"
    names = {each.attributes["id"] for each in page.all() if "id" in each.attributes}
    links = [each.attributes["href"].removeprefix("#") for each in page.all("a")]
    assert links and set(links) <= names
    style = page.one("style").text
    assert not re.search(r"url\(|@import|@font-face|src:", style)
    assert not re.search(r"fetch|XMLHttp|WebSocket|sendBeacon|import\(|https?:", page.one("script").text)


def test_the_page_forbids_whatever_is_not_its_own() -> None:
    """Its policy names its own style and script by their hashes, and lets nothing in from outside."""
    page = page_of()
    policy = next(
        each.attributes["content"]
        for each in page.all("meta")
        if each.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    for name, rule in (("style", "style-src"), ("script", "script-src")):
        raw = "".join(each for each in page.one(name).content if isinstance(each, str))
        digest = base64.b64encode(hashlib.sha256(raw.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_headings_go_down_one_step_at_a_time() -> None:
    """So that people who hear the page can find their way."""
    levels = [int(each.name[1]) for each in page_of().all("h1", "h2", "h3", "h4", "h5")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_can_be_scrolled_with_the_keyboard() -> None:
    """Each stands in a region with a name that takes the focus."""
    page = page_of()
    regions = [each for each in page.all("div") if each.attributes.get("role") == "region"]
    assert len(regions) == len(list(page.all("table")))
    assert all(each.attributes["tabindex"] == "0" and each.attributes["aria-label"] for each in regions)
    names = [each.attributes["aria-label"] for each in regions]
    assert len(names) == len(set(names))


def test_a_named_list_is_called_by_its_name() -> None:
    """Without a field in brackets."""
    assert any(each.text.startswith(f"{LIST_LABEL}: ") for each in page_of().all("summary"))


def test_few_organisations_one_type_and_no_earlier_release_are_fine() -> None:
    """Whatever a release lacks is left out, with no empty headings."""
    release = a_release(councils=0, communities=7, earlier=False, full=False)
    small = page_of(release)
    names = {each.attributes["id"] for each in small.all() if "id" in each.attributes}
    assert "r1-scores" in names and not names & {"pairs", "r1-change", "r2", "warnings", "type"}
    assert "Earlier release" not in small.text and not any("Change" in caption for caption in tables(small))
    assert _wrong(small, release) == []


def test_forty_groups_and_ninety_items_stay_below_two_megabytes() -> None:
    """A report of that size can still be sent by mail and opened on a phone."""
    release = a_release(councils=120, communities=90, extra_groups=10)
    assert sum(len(each.groups) for each in release.respondents) >= 40
    content = report_html(release, the_framework())
    assert len(content) < 2_000_000
    assert _wrong(read_page(content), release) == []


def test_the_same_release_gives_the_same_bytes() -> None:
    """Also in another process, whose hashes differ."""
    first = report_html(a_release(), the_framework())
    assert first == report_html(a_release(), the_framework())
    code = (
        "import hashlib; from releases import a_release, the_framework; "
        "from kil_xlsx.reporting.report import report_html; "
        "print(hashlib.sha256(report_html(a_release(), the_framework())).hexdigest())"
    )
    for seed in ("1", "2"):
        path = os.pathsep.join((str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")))
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == hashlib.sha256(first).hexdigest()


def test_another_date_changes_the_page() -> None:
    """The comparison of bytes would notice."""
    release = a_release()
    other = report_html(replace(release, created=date(2027, 1, 1)), the_framework())
    assert other != report_html(release, the_framework()) and b"1 January 2027" in other
