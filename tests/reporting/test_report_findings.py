"""What reports say of figures in words, colours and counts: findings, the heat map, who is behind each row."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace
from releases import a_release, the_framework
from reporting.pages import page_of, read_page, rounded, tables, with_first_group

from kil_xlsx.core.branding import Branding, Palette
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import Counts, Release
from kil_xlsx.reporting.report import report_html


def test_the_heat_map_has_a_median_for_every_group_and_section() -> None:
    """A row per group that is not held back, in the release's order, with numbers and the names of their bands."""
    bands = the_framework().scoring.bands
    for respondent in a_release().respondents:
        rows = tables(page_of())[f"Median scores by group and section: {respondent.label}"]
        groups = [group for group in respondent.groups if not group.suppressed]
        assert 1 < len(groups) < len(respondent.groups)
        assert len(rows) == len(groups)
        for row, group in zip(rows, groups, strict=True):
            assert row.cells["Organisations used"] == str(group.counts.used)
            medians = {item.id: each.figure.median for item, each in respondent.statistics(group, "section")}
            for item in (each for each in respondent.items if each.kind == "section"):
                median = medians.get(item.id)
                if median is None:
                    assert row.cells[item.id] == "[c]"
                else:
                    band = max((each for each in bands if each.from_ <= median), key=lambda each: each.from_)
                    assert row.cells[item.id] == f"{rounded(median, 0)} {band.label}"


def _heat_cells(release: Release, framework: Framework, palette: Palette) -> tuple[set[tuple[str, str]], str]:
    """The look of every score of the heat maps with its text, and the style sheet."""
    page = read_page(report_html(release, framework, Branding(palette=palette)))
    maps = [each for each in page.all("table") if each.attributes.get("class") == "heat"]
    cells = {(cell.attributes["class"], cell.text) for each in maps for cell in each.all("td") if cell.attributes}
    return cells, page.one("style").text


def test_colours_of_the_heat_map_are_those_of_the_bands() -> None:
    """Each band has the fill and ink of its tone, whatever other scores there are, and the key names all bands."""
    palette = Palette(middle_fill="#FFF0C8")
    cells, style = _heat_cells(a_release(), the_framework(), palette)
    tones = {band.label: band.tone for band in the_framework().scoring.bands}
    assert len(cells) > 10
    assert all(look == f"t-{tones[text.split()[1]]}" for look, text in cells)
    for tone in tones.values():
        assert f".t-{tone} {{ background: {palette.colour(f'{tone}_fill')}; color: " in style
    topic = next(each for each in page_of().all("section") if each.attributes.get("aria-labelledby") == "r1-heat")
    assert "Red, 0 to under 37.5" in topic.text and "Blue, 87.5 to 100" in topic.text


def test_without_bands_the_heat_map_has_fixed_steps_of_the_whole_scale() -> None:
    """A fifth of the scale each; the last has its end in it, and the same number always has the same colour."""
    framework = the_framework()
    plain = replace(framework, scoring=replace(framework.scoring, bands=()))
    release = a_release()
    council = release.respondents[0]
    everyone = council.groups[0]
    wanted = {0.0: "h0", 19.9: "h0", 20.0: "h1", 60.0: "h3", 79.0: "h3", 80.0: "h4", 100.0: "h4"}
    medians = iter(wanted)
    statistics = tuple(
        replace(each, figure=replace(each.figure, median=next(medians, each.figure.median))) if at < 7 else each
        for at, each in enumerate(everyone.statistics)
    )
    changed = with_first_group(release, replace(everyone, statistics=statistics))
    page = read_page(report_html(changed, plain))
    first = next(each for each in page.all("table") if each.attributes.get("class") == "heat")
    looks = [(cell.attributes["class"], cell.text) for cell in first.all("td") if cell.attributes][:7]
    assert looks == [(look, rounded(median, 0)) for median, look in wanted.items()]
    assert "80 to 100" in page.text and "60 to under 80" in page.text


def test_every_row_of_a_chart_tells_how_many_are_behind_it() -> None:
    """Counts differ from row to row; a row that is held back has none."""
    for at, respondent in enumerate(a_release().respondents, start=1):
        for kinds, name in (
            (("overall", "section"), "scores"),
            (("question",), "questions"),
            (("completeness",), "completeness"),
            (("evidence",), "evidence"),
        ):
            label = f"r{at}-{name}"
            topic = next(each for each in page_of().all("section") if each.attributes.get("aria-labelledby") == label)
            counts = [each.text for each in topic.all("span") if each.attributes.get("class") == "n"]
            behind = [each.figure.n for _, each in respondent.statistics(respondent.groups[0], *kinds)]
            assert counts == [f"n = {each}" for each in behind if each is not None]
            assert "n = organisations behind the row" in topic.text
    council = a_release().respondents[0]
    assert len({each.figure.n for _, each in council.statistics(council.groups[0], "question")}) > 1


def test_findings_name_the_highest_and_the_lowest_and_call_out_nothing_small() -> None:
    """Headings say what the figures say; differences of less than a twentieth of the scale are none."""
    release = a_release()
    council = release.respondents[0]
    medians = {item.label: each.figure.median or 0.0 for item, each in council.statistics(council.groups[0], "section")}
    heading = page_of().by_id("r1-scores").text
    assert heading.startswith("Scores are highest for") and max(medians, key=lambda each: medians[each]) in heading
    everyone = council.groups[0]
    flat = tuple(
        replace(each, figure=replace(each.figure, median=50.0 + at % 4)) if at < 12 else each
        for at, each in enumerate(everyone.statistics)
    )
    page = page_of(with_first_group(release, replace(everyone, statistics=flat)))
    assert page.by_id("r1-scores").text == "Scores are much the same in every section"


def _without_groups(release: Release) -> Release:
    first = release.respondents[0]
    held = (replace(each, suppressed=True, counts=Counts(), statistics=()) for each in first.groups[1:])
    held_back = replace(first, groups=(first.groups[0], *held))
    return replace(release, respondents=(held_back, *release.respondents[1:]))


def test_it_is_told_how_many_groups_are_held_back_and_not_why_each_is() -> None:
    """Some, or all: then there is no heat map and nothing to choose from."""
    page = page_of()
    council = a_release().respondents[0]
    shown = sum(not each.suppressed for each in council.groups) - 1
    many = len(council.groups) - 1
    heading = page.by_id("r1-heat").text
    assert heading == f"{shown} of {many} groups can be compared with all; the others are held back"
    none = page_of(_without_groups(a_release()))
    assert none.by_id("r1-heat").text == "No group can be compared with all: they are held back"
    assert "Median scores by group and section: Council" not in tables(none)
    names = {each.attributes["id"] for each in none.all() if "id" in each.attributes}
    assert "r1-group" not in names and "r1-groups" in names and "r2-group" in names
    assert not re.search(r"too few", page.by_id("r1-heat").text)


@pytest.mark.parametrize(("n", "told"), [(14, True), (19, True), (20, False), (60, False)])
def test_a_correlation_from_few_organisations_is_told_with_a_caution(n: int, told: bool) -> None:
    """Below twenty, because chance alone may be behind it."""
    release = a_release()
    council = release.respondents[0]
    separations = tuple(
        replace(each, n=n, correlation=0.7, strength="strong") if at else replace(each, n=n + 1, correlation=0.7)
        for at, each in enumerate(council.separations)
    )
    changed = replace(council, separations=tuple(replace(each, strength="strong") for each in separations))
    page = page_of(replace(release, respondents=(changed, *release.respondents[1:])))
    topic = next(each for each in page.all("section") if each.attributes.get("aria-labelledby") == "r1-separation")
    assert ("chance alone" in topic.text) is told
    assert ("seem to separate" in page.by_id("r1-separation").text) is told


def test_differences_that_are_too_small_to_tell_have_a_key() -> None:
    """Rises, falls and what stayed about the same are explained beside the chart of change."""
    topic = next(each for each in page_of().all("section") if each.attributes.get("aria-labelledby") == "r1-change")
    key = next(each for each in topic.all("ul") if each.attributes.get("class") == "key").text
    assert all(words in key for words in ("Rise of 5 or more", "Fall of 5 or more", "Smaller difference"))


def test_no_difference_contradicts_the_numbers_beside_it() -> None:
    """Medians that are shown as the same number differ by nought."""
    release = a_release()
    council = release.respondents[0]
    first = council.changes[0]
    moved = replace(first, before=replace(first.before, median=53.49), now=replace(first.now, median=52.51))
    changed = replace(council, changes=(moved, *council.changes[1:]))
    page = page_of(replace(release, respondents=(changed, *release.respondents[1:])))
    topic = next(each for each in page.all("section") if each.attributes.get("aria-labelledby") == "r1-change")
    values = [each.text for each in topic.all("span") if each.attributes.get("class") == "value"]
    rows = tables(page)["Change since the earlier release: Council"]
    assert values[0] == rows[0].cells["Change of the median"] == "0"
    assert page.by_id("r1-change").text == "The median overall score changed little: from 53 to 53"


@pytest.mark.parametrize(("tied", "words"), [(2, "“{0}” and “{1}”"), (4, "C1, C2, C3 and C4")])
def test_sections_that_share_the_first_place_are_all_meant(tied: int, words: str) -> None:
    """Two are both named, more are told by their codes; none is picked out."""
    release = a_release()
    council = release.respondents[0]
    everyone = council.groups[0]
    statistics = tuple(
        replace(each, figure=replace(each.figure, median=90.0)) if 1 <= at <= tied else each
        for at, each in enumerate(everyone.statistics)
    )
    page = page_of(with_first_group(release, replace(everyone, statistics=statistics)))
    labels = [item.label for item in council.items if item.kind == "section"]
    assert f"highest for {words.format(*labels)}; lowest" in page.by_id("r1-scores").text
