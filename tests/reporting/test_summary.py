"""The one-page summary: one page, everything that matters on it, the same in HTML and PDF, and no text is markup."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from feedbacks import a_feedback, a_hostile_feedback, a_long_feedback, overall_of, with_texts
from msgspec.structs import replace
from releases import the_framework
from reporting.pages import Element, read_page

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.branding import DEFAULT, Branding, Logo, Palette
from kil_xlsx.core.feedback import Feedback, Position
from kil_xlsx.core.release import HIDDEN, MARKS, NOT_APPLICABLE
from kil_xlsx.core.returns import State
from kil_xlsx.reporting.numbers import decimal
from kil_xlsx.reporting.summary import summary_html, summary_pdf
from kil_xlsx.reporting.summary_page import Page, clean, page, shortened

needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

CASES: dict[str, Callable[[], Feedback]] = {
    "council in a group": a_feedback,
    "community in a group": lambda: a_feedback("community"),
    "everyone": lambda: a_feedback("community", "everyone", everything=True),
    "medians only": lambda: a_feedback("council", "few"),
    "nobody": lambda: a_feedback("community", "nobody", before=False),
    "hostile": a_hostile_feedback,
    "long": a_long_feedback,
    "nothing at all": lambda: _emptied(a_feedback(place=False)),
}


def _emptied(feedback: Feedback) -> Feedback:
    """An organisation that has answered nothing, in a release that shows nothing."""
    lines = tuple(
        replace(line, value=None, state=State.UNANSWERED, answer="", before=None, change=None, group=HIDDEN,
                everyone=HIDDEN, position=None, band="", tone="")
        for line in feedback.lines
    )  # fmt: skip
    peers = replace(feedback.peers, used=None, everyone=None)
    empty: dict[str, object] = {"strengths": (), "next_steps": (), "notes": (), "contact": "", "before": ""}
    return replace(feedback, lines=lines, peers=peers, used=False, **empty)  # type: ignore[arg-type]


@cache
def _html(name: str) -> bytes:
    return summary_html(CASES[name](), the_framework())


@cache
def _pdf(name: str) -> bytes:
    return summary_pdf(CASES[name](), the_framework())


def _said(name: str) -> Page:
    return page(CASES[name](), the_framework())


def _poppler(tool: str, content: bytes, *options: str) -> str:
    made = subprocess.run([tool, *options, "-", *(["-"] if tool == "pdftotext" else [])],
                          input=content, capture_output=True, check=True, timeout=60)  # fmt: skip
    return made.stdout.decode("utf-8")


def _packed(text: str) -> str:
    """A text without blanks and without the places where long words may break."""
    return re.sub(r"[\s\u200b\u202a-\u202e\u2066-\u2069]", "", text)


def _told(said: Page) -> list[str]:
    """Every text on the page, apart from the numbers of charts."""
    found = [said.eyebrow, said.organisation, said.overall_words, said.last_time, said.position, said.alone]
    found += [said.figures, said.notice, said.contact, said.more_rows, *said.notes, *said.method]
    found += [text for fact in (*said.facts, *said.marks) for text in (fact.label, fact.text)]
    for row in (*said.rows, *([said.overall] if said.overall else [])):
        found += [row.label if row in said.rows else "", row.own, row.band]
        found += [row.median, row.middle if said.middles else ""] if row in said.rows else []
        found += [row.n if said.counted and row in said.rows else "", row.change if row in said.rows else ""]
    for point in (*said.strengths, *said.next_steps):
        found += [point.label, point.now, point.text, point.next, point.action]
    if said.place:
        found += [said.place.title, said.place.own, said.place.others, said.place.more]
        found += [text for pair in said.place.pairs for text in (pair.label, pair.own, pair.other)]
    return [each for each in found if each]


# One page


@needs_poppler
@pytest.mark.parametrize("name", CASES)
def test_it_is_one_a4_page_tagged_for_screen_readers(name: str) -> None:
    """However much there is to say, the PDF has one A4 page, a title, tags and no fonts from outside."""
    told = dict(line.split(":", 1) for line in _poppler("pdfinfo", _pdf(name)).splitlines() if ":" in line)
    assert told["Pages"].strip() == "1"
    assert "(A4)" in told["Page size"]
    assert told["Tagged"].strip() == "yes"
    assert told["JavaScript"].strip() == "no"
    assert _packed(told["Title"]).startswith("One-pagesummary:")
    assert b"pdfuaid:part" in _pdf(name)
    fonts = _poppler("pdffonts", _pdf(name)).splitlines()[2:]
    assert fonts
    for font in fonts:
        assert re.search(r"\+(LibertinusSerif|DejaVuSansMono|NewComputerModern)", font), font


@needs_poppler
@pytest.mark.parametrize("name", CASES)
def test_nothing_is_cut_off(name: str) -> None:
    """Every word lies within the margins of the page, the last ones too."""
    boxes = re.findall(r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>',
                       _poppler("pdftotext", _pdf(name), "-bbox"))  # fmt: skip
    assert len(boxes) > 100
    side, top, right, bottom = 13 * 72 / 25.4, 11 * 72 / 25.4, 197 * 72 / 25.4, 286 * 72 / 25.4
    for left, up, far, down, word in boxes:
        assert float(left) > side - 1 and float(far) < right + 1, word
        assert float(up) > top - 3 and float(down) < bottom + 1, word


# What it says


@needs_poppler
@pytest.mark.parametrize("name", [name for name in CASES if name != "hostile"])
def test_html_and_pdf_say_the_same(name: str) -> None:
    """Every text and number of the page is in both."""
    html, pdf = _packed(read_page(_html(name)).text), _packed(_poppler("pdftotext", _pdf(name), "-raw"))
    for each in _told(_said(name)):
        assert _packed(each) in html, each
        assert _packed(each) in pdf, each


@pytest.mark.parametrize("name", ["council in a group", "community in a group", "everyone", "nobody"])
def test_every_own_score_is_there_with_its_band(name: str) -> None:
    """Overall and by section, as the framework rounds it."""
    feedback, scoring = CASES[name](), the_framework().scoring
    rows = {row.label: row for row in _said(name).rows}
    for line in feedback.of("section"):
        row = rows[line.item.label]
        if line.value is None:
            assert (row.own, row.missing) == (line.answer, True)
        else:
            assert row.own == decimal(line.value, scoring.decimals)
            assert line.band.startswith(f"{row.band}: ")
    own = overall_of(feedback)
    assert own.value is not None
    top = _said(name).overall
    assert top is not None and top.own == decimal(own.value, scoring.decimals)


def test_figures_of_the_group_are_those_of_the_release() -> None:
    """Median, quartiles and number of organisations of each section, in the row of that section."""
    found = _table(read_page(_html("council in a group")), "sections")
    for line in a_feedback().of("section"):
        row, figure = found[line.item.label], line.group
        assert figure.median is not None and figure.lower_quartile is not None and figure.upper_quartile is not None
        assert row["Median"] == decimal(figure.median)
        assert row["Middle half"] == f"{decimal(figure.lower_quartile)} to {decimal(figure.upper_quartile)}"
        assert row["Organisations"] == str(figure.n)


def _table(root: Element, section: str) -> dict[str, dict[str, str]]:
    """The rows of a section's table, by the words at their head, without the code before them."""
    for each in root.all("section"):
        if each.attributes["aria-labelledby"] == section:
            rows = each.one("tbody").all("tr")
            return {
                row.one("th").one("bdi").text: {
                    cell.attributes["data-label"]: cell.text
                    for cell in row.all("td")
                    if "data-label" in cell.attributes
                }
                for row in rows
            }
    raise AssertionError(f"no section {section}")


def test_kinds_of_missing_stay_apart() -> None:
    """Too few answers, cannot apply, not known, held back and cannot exist are told in different words or marks."""
    feedback = a_feedback()
    lines = []
    for line in feedback.lines:
        if line.item.id == "C2":
            line = replace(line, group=HIDDEN)
        if line.item.id == "C4":
            line = replace(line, value=None, state=State.DONT_KNOW, answer="", band="", tone="")
        if line.item.id == "C5":
            line = replace(line, item=replace(line.item, parts=("n", "median")))
        lines.append(line)
    said = page(replace(feedback, lines=tuple(lines)), the_framework())
    rows = {row.code: row for row in said.rows}
    assert rows["C3"].own == words.NOT_ENOUGH
    assert rows["E4"].own == words.NOT_APPLICABLE
    assert rows["C4"].own == words.NOT_KNOWN
    assert rows["C2"].median == "[c]"
    assert rows["C5"].middle == NOT_APPLICABLE
    assert rows["C5"].median != NOT_APPLICABLE
    assert {mark.label: mark.text for mark in said.marks} == {mark: MARKS[mark] for mark in ("[c]", "[z]")}


def test_marks_are_explained_only_where_there_are_any() -> None:
    """A page without marks does not speak of them."""
    assert page(a_feedback(), the_framework()).marks == ()
    assert b"[c]" not in _html("council in a group")


def test_without_figures_of_others_there_is_no_trace_of_them() -> None:
    """No columns of marks, no empty comparison: the page says once that it shows the organisation's own answers."""
    root = read_page(_html("nobody"))
    assert "own answers only" in root.text
    assert "[c]" not in root.text
    assert "Median" not in root.text
    assert all("Median" not in row for row in _table(root, "sections").values())


def test_positions_are_words_and_never_ranks() -> None:
    """The position is told as a quarter and, where there are enough others, in per cents to the nearest ten."""
    assert _said("council in a group").position == "In the second highest quarter of your group."
    assert _said("everyone").position == (
        "In the second highest quarter of all of your kind. Higher than about 60%, same as about 10% of 25 others of "
        "your kind, to the nearest 10%."
    )
    for name in CASES:
        assert not re.search(r"\b(rank(ed)?|\d+(st|nd|rd|th)|out of \d+|top \d+)\b", read_page(_html(name)).text, re.I)


def test_a_position_among_everyone_is_not_one_in_the_group() -> None:
    """Where the group is too small to tell, the words name everyone."""
    feedback = a_feedback()
    told = Position(others=33, higher_than=40, same_as=0, quarter="third", among_everyone=True)
    lines = tuple(replace(each, position=told) if each.item.kind == "overall" else each for each in feedback.lines)
    said = page(replace(feedback, lines=lines), the_framework()).position
    assert said == (
        "In the second highest quarter of all of your kind. Higher than about 40% of 33 others of your kind, to the "
        "nearest 10%."
    )


def test_median_and_middle_half_are_a_sentence_of_their_own() -> None:
    """It is about the same organisations as the page; where figures are held back it says so instead of a mark."""
    feedback, overall = a_feedback(), overall_of(a_feedback())
    middle = f"{decimal(overall.group.lower_quartile or 0)} to {decimal(overall.group.upper_quartile or 0)}"
    median = decimal(overall.group.median or 0)
    said = {
        "full": f"The median of your group is {median}, and the middle half lies at {middle}.",
        "median": f"The median of your group is {median}; where their middle half lies is held back.",
        "none": "The figures of your group are held back.",
    }
    figures = {"full": overall.group, "median": replace(overall.group, lower_quartile=None), "none": HIDDEN}
    for name, figure in figures.items():
        lines = tuple(replace(each, group=figure) if each.item.kind == "overall" else each for each in feedback.lines)
        changed = replace(feedback, lines=lines)
        assert page(changed, the_framework()).figures == said[name]
        assert said[name] in read_page(summary_html(changed, the_framework())).text
    assert _said("everyone").figures.startswith("The median of all of your kind is ")
    assert _said("nobody").figures == ""


def test_there_is_no_middle_half_where_none_is_shown() -> None:
    """Neither a column of marks nor an entry in the legend."""
    root = read_page(_html("medians only"))
    assert "middle half of" not in root.text.casefold()
    assert all("Middle half" not in row for row in _table(root, "sections").values())
    assert "Middle half of your group" in read_page(_html("council in a group")).text


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (50.4, 44.6, "Last time (autumn-2025): 45, now 5 more."),
        (44.6, 50.4, "Last time (autumn-2025): 50, now 5 less."),
        (50.4, 49.6, "Last time (autumn-2025): 50, the same as now."),
        (50.4, None, "Last time (autumn-2025): no score."),
        (None, 49.6, "Last time (autumn-2025): 50."),
    ],
)
def test_the_change_is_the_difference_of_the_numbers_shown(
    now: float | None, before: float | None, expected: str
) -> None:
    """Whoever takes one number from the other gets the change that is told."""
    feedback = a_feedback()
    change = now - before if now is not None and before is not None else None
    lines = tuple(
        replace(each, value=now, before=before, change=change) if each.item.kind == "overall" else each
        for each in feedback.lines
    )
    assert page(replace(feedback, lines=lines), the_framework()).last_time == expected


def test_next_steps_have_the_words_of_the_next_level() -> None:
    """Each step says where it stands, what comes next, and how the question describes that."""
    feedback, text = a_feedback(), read_page(_html("council in a group")).text
    assert len(feedback.next_steps) == 3
    for step in feedback.next_steps:
        for each in (step.item.label, step.now, step.next, step.next_words, step.action):
            assert each in text


def test_it_says_that_nobody_checked_and_nobody_endorses_it() -> None:
    """Self-assessment, quartile method, notice and contact stand on every page that compares."""
    text = read_page(_html("council in a group")).text
    for each in (
        "self-assessment",
        "QUARTILE.INC, type 7",
        "not endorsed by Locality or NEF Consulting",
        "insight@example.org",
    ):
        assert each in text
    assert "not endorsed by Locality or NEF Consulting" in read_page(_html("nobody")).text


def test_less_protection_is_printed() -> None:
    """Where a release protects less than usual, its summary says so."""
    lowered = ("Less protection than usual", "Figures of 3 or more organisations are shown.")
    feedback = replace(a_feedback(), method=(lowered, *a_feedback().method))
    assert lowered[1] in read_page(summary_html(feedback, the_framework())).text


def test_whom_it_is_compared_with_is_said_in_words() -> None:
    """The group with its number, or everyone; and whether the organisation is among them."""
    facts = {fact.label: fact.text for fact in _said("council in a group").facts}
    assert facts["Compared with"] == "Mainly urban (14 organisations, yours among them)"
    assert facts["Benchmark"] == "Release 2, 16 November 2026"
    everyone = replace(a_feedback("community", "everyone"), used=False)
    facts = {fact.label: fact.text for fact in page(everyone, the_framework()).facts}
    assert facts["Compared with"] == "All of your kind in the release (26 organisations, yours not among them)"
    unknown = replace(everyone, peers=replace(everyone.peers, used=None))
    said = page(unknown, the_framework())
    assert "([c] organisations" in {fact.label: fact.text for fact in said.facts}["Compared with"]
    assert [mark.label for mark in said.marks] == ["[c]"]


# Texts of others are texts


@needs_poppler
def test_hostile_texts_come_through_as_text() -> None:
    """Markup of HTML and Typst, Jinja's braces and entities are shown as they were typed, in both forms."""
    markup = (
        '<script>alert("1")</script><img src="http://example.org/x.png"> #panic("no") $x^2$ \\ @ref *bold* _it_ `raw`'
    )
    html, pdf = read_page(_html("hostile")).text, _poppler("pdftotext", _pdf("hostile"), "-raw")
    assert markup in html
    assert _packed(markup) in _packed(pdf)
    for each in ("= heading - list // note /* note */ <label> ~ -- ''' {{ 7 * 7 }} {% endfor %}", "&amp;"):
        assert each in html
        assert _packed(each) in _packed(pdf)
    root = read_page(_html("hostile"))
    assert not list(root.all("script", "img", "label"))


@needs_poppler
def test_letters_of_other_scripts_can_be_read() -> None:
    """Latin with all its marks, Greek and Cyrillic are set; what no font has becomes a box, and stays in the HTML."""
    name = "Łódź ÿ ŵ Γειά Дім Đặng 漢字 😀"
    feedback = replace(a_feedback("community"), organisation=name)
    pdf = _poppler("pdftotext", summary_pdf(feedback, the_framework()), "-raw")
    assert _packed("Łódź ÿ ŵ Γειά Дім Đặng □□ □") in _packed(pdf)
    assert name in read_page(summary_html(feedback, the_framework())).text


@needs_poppler
def test_right_to_left_names_are_set() -> None:
    """Hebrew and Arabic letters are in the PDF as text."""
    for name in ("עמותת השכונה", "جمعية الحي"):
        feedback = replace(a_feedback("community"), organisation=name)
        shown = _poppler("pdftotext", summary_pdf(feedback, the_framework()), "-raw")
        assert name.split()[0] in re.sub(r"[\u202a-\u202e]", "", shown)


def test_characters_that_no_page_can_show_are_replaced() -> None:
    """Controls and unassigned characters become U+FFFD; marks that turn the direction of writing go."""
    assert clean("a\x00b\x1b\ufffe\ud7ff\n\t c\u202ed\u202c\u2067e") == "a\ufffdb\ufffd\ufffd\ufffd cde"


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 5, "short"),
        ("one two three four", 12, "one two…"),
        ("one two three four", 14, "one two three…"),
        ("Wholeworldwide", 6, "Whole…"),
        ("one, two", 6, "one…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
    ],
)
def test_texts_are_cut_between_words(text: str, most: int, expected: str) -> None:
    """A text that is too long ends in an ellipsis, never within a letter and its accents."""
    assert shortened(text, most) == expected
    assert len(shortened(text, most)) <= most


@pytest.mark.parametrize("name", CASES)
def test_the_html_is_well_formed_and_asks_for_nothing(name: str) -> None:
    """No script, no style sheet, picture or font from elsewhere, and a policy that forbids them."""
    root = read_page(_html(name))
    assert not list(root.all("script", "link", "iframe", "object", "embed", "form"))
    for element in root.all():
        for key, value in element.attributes.items():
            assert not key.startswith("on"), (element.name, key)
            if key in ("src", "href", "xlink:href", "srcset", "action", "background"):
                assert value.startswith("data:"), (element.name, value)
    style = root.one("style").text
    assert "url(" not in style and "@import" not in style
    (policy,) = (each for each in root.all("meta") if each.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.attributes["content"].startswith("default-src 'none'")
    assert root.one("html").attributes["lang"] == "en-GB"
    assert len(list(root.all("h1"))) == 1


@pytest.mark.parametrize("name", CASES)
def test_the_pdf_has_nothing_to_click_or_run(name: str) -> None:
    """No links, scripts, files or actions, whatever the texts say."""
    for each in (b"/URI", b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/GoToR", b"/SubmitForm"):
        assert each not in _pdf(name)


# Charts


def test_the_charts_are_the_same_in_words_and_leave_gaps() -> None:
    """The chart on spokes names what is missing for what it is: no score of one's own, or held back."""
    feedback = replace(a_feedback(), lines=tuple(
        replace(each, group=HIDDEN) if each.item.id in ("C1", "C2") else each for each in a_feedback().lines
    ))  # fmt: skip
    root = read_page(summary_html(feedback, the_framework()))
    (told,) = (each.text for each in root.all("desc"))
    assert "C3 no score" in told and "C2 held back" in told
    root = read_page(_html("medians only"))
    strips = [each.one("title").text for each in root.all("svg") if any(each.all("title"))]
    assert any(each.startswith("Positive flow of money and resources: own 24, median 45") for each in strips)


def test_medians_that_would_be_loose_dots_are_not_on_spokes() -> None:
    """With few medians, or one between two that are held back, the spokes have the own scores alone."""
    for hidden in (("C1", "C3"), ("C1", "C2", "C5", "C6", "E4")):
        feedback = replace(a_feedback(), lines=tuple(
            replace(each, group=HIDDEN) if each.item.id in hidden else each for each in a_feedback().lines
        ))  # fmt: skip
        (told,) = (each.text for each in read_page(summary_html(feedback, the_framework())).all("desc"))
        assert "Median" not in told
        assert "You" in told


def test_four_sections_are_too_few_for_spokes() -> None:
    """A framework with fewer than five sections has no chart on spokes, and the page still stands."""
    feedback = a_feedback()
    kept = {line.item.id for line in feedback.of("section")[:4]}
    lines = tuple(line for line in feedback.lines if line.item.kind != "section" or line.item.id in kept)
    feedback = replace(feedback, lines=lines)
    assert not list(read_page(summary_html(feedback, the_framework())).all("desc"))
    assert summary_pdf(feedback, the_framework()).startswith(b"%PDF")


def test_more_sections_than_there_is_room_for() -> None:
    """Subsections go first, then the last ones, and the page says how many there are besides."""
    feedback = a_feedback(everything=True)
    section = feedback.of("section")[0]
    more = tuple(
        replace(section, item=replace(section.item, id=f"X{at}", label=f"Extra {at}", depth=1)) for at in range(5)
    )
    lines = (*feedback.lines, *more)
    said = page(replace(feedback, lines=lines), the_framework())
    assert [row.code for row in said.rows] == [line.item.id for line in feedback.of("section")]
    assert said.more_rows == "And 5 more in your feedback workbook."
    flat = tuple(replace(each, item=replace(each.item, depth=0)) for each in more)
    said = page(replace(feedback, lines=(*feedback.lines, *flat)), the_framework())
    assert len(said.rows) == 12
    assert said.more_rows == "And 4 more in your feedback workbook."


def test_a_framework_without_an_overall_score() -> None:
    """The page stands without one, and says so."""
    lines = tuple(line for line in a_feedback().lines if line.item.kind != "overall")
    feedback = replace(a_feedback(), lines=lines)
    assert "has no overall score" in read_page(summary_html(feedback, the_framework())).text
    assert summary_pdf(feedback, the_framework()).startswith(b"%PDF")


# The same place


def test_the_same_place_shows_the_questions_furthest_apart() -> None:
    """Own answer and the others' median, in the order of the questions, and how many more there are."""
    place = _said("council in a group").place
    whole = a_feedback().place
    assert place is not None and whole is not None
    gaps = [
        abs(pair.own.value - pair.figure.median)
        for pair in whole.pairs
        if pair.own.value is not None and pair.figure.median is not None
    ]
    assert len(place.pairs) == 3
    labels = [pair.label for pair in whole.pairs]
    shown = [labels.index(pair.label) for pair in place.pairs]
    assert shown == sorted(shown)
    least = min(abs((whole.pairs[at].own.value or 0.0) - (whole.pairs[at].figure.median or 0.0)) for at in shown)
    assert sum(gap > least for gap in gaps) < 3
    assert place.more == f"The questions furthest apart; {len(gaps) - 3} more in your feedback workbook."


def test_a_place_of_which_nothing_may_be_shown_is_left_out() -> None:
    """No heading over nothing."""
    whole = a_feedback().place
    assert whole is not None
    hidden = replace(whole, pairs=tuple(replace(pair, figure=HIDDEN) for pair in whole.pairs))
    feedback = replace(a_feedback(), place=hidden)
    assert "same place" not in read_page(summary_html(feedback, the_framework())).text


# Branding


def test_colours_logo_and_footer_are_the_councils_own() -> None:
    """The theme's colours stand in both forms; the logo has its words, the footer its place."""
    own = Branding(
        font="Georgia",
        footer="Economy & <Skills>",
        palette=Palette(accent="#7A1F4B"),
        logo=Logo(content=PIXEL, description='The "crest" <of> us', height=40),
    )
    root = read_page(summary_html(a_feedback(), the_framework(), own))
    (logo,) = root.all("img")
    assert logo.attributes["alt"] == 'The "crest" <of> us'
    assert logo.attributes["src"] == "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    assert "Economy & <Skills>" in root.text
    assert "#7A1F4B" in root.one("style").text and '"Georgia"' in root.one("style").text
    pdf = summary_pdf(a_feedback(), the_framework(), own)
    assert pdf != summary_pdf(a_feedback(), the_framework(), DEFAULT)
    assert b"/Image" in pdf


@needs_poppler
def test_the_footer_is_in_the_pdf() -> None:
    """As typed."""
    own = Branding(footer="Economy & <Skills> #1")
    assert "Economy & <Skills> #1" in _poppler("pdftotext", summary_pdf(a_feedback(), the_framework(), own), "-raw")


# The same bytes


@pytest.mark.parametrize("name", ["council in a group", "hostile"])
def test_the_same_feedback_gives_the_same_bytes(name: str) -> None:
    """Twice in one process, whatever was made between."""
    first = _html(name), _pdf(name)
    summary_pdf(CASES["nobody"](), the_framework())
    assert (summary_html(CASES[name](), the_framework()), summary_pdf(CASES[name](), the_framework())) == first


@pytest.mark.source
def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    """With other hashes of strings, another time zone and no fonts of the machine."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from feedbacks import a_feedback\n"
        "from releases import the_framework\n"
        "from kil_xlsx.reporting.summary import summary_html, summary_pdf\n"
        "sys.stdout.buffer.write(summary_pdf(a_feedback(), the_framework()))\n"
        "sys.stdout.buffer.write(summary_html(a_feedback(), the_framework()))\n"
    )
    tests = Path(__file__).resolve().parent.parent
    elsewhere = os.environ | {
        "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "SOURCE_DATE_EPOCH": "1",
        "HOME": str(tmp_path), "FONTCONFIG_FILE": str(tmp_path / "none"),
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-c", program, str(tests)], env=elsewhere, cwd=tmp_path, capture_output=True, check=True
    )
    assert made.stdout == _pdf("council in a group") + _html("council in a group")


@needs_poppler
def test_the_date_of_the_pdf_is_that_of_the_feedback() -> None:
    """Nothing is read from the clock."""
    told = _poppler("pdfinfo", _pdf("council in a group"), "-isodates")
    assert "2026-11-20T00:00:00Z" in told


def test_texts_of_others_are_changed_everywhere_by_the_builder() -> None:
    """The hostile feedback is hostile in its lines, steps and places too, or the tests above would show little."""
    changed = with_texts(a_feedback(), lambda text: f"!{text}")
    assert changed.lines[0].item.label.startswith("!") and changed.next_steps[0].next_words.startswith("!")
    assert changed.place is not None and changed.place.pairs[0].label.startswith("!")
    assert changed.language == a_feedback().language
