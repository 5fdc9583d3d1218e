"""The wording of mails says what is known, and hides what is not."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kil_xlsx.core.collection import Purpose
from kil_xlsx.errors import LetterError
from kil_xlsx.mail.templates import (
    DEFAULTS,
    PLACEHOLDERS,
    Template,
    about_minutes,
    days_left,
    faults_of,
    fill,
    template_for,
)

FACTS = {
    "organisation": "Applewick Community Trust",
    "parent": "Applewick Group",
    "framework": "Local economic resilience self-assessment",
    "round": "2026",
    "last_round": "2025",
    "due": "31 May 2026",
    "days_left": "12 days",
    "time": "about two hours",
    "workbook": "applewick.xlsx",
    "reference": "KIL-7Q2M",
    "contact": "The inquiries desk, 0117 496 0000",
    "sender_name": "Keep it Local team",
    "problems": "- B3: more than all spending\n- C1: no answer",
    "title": "Keep it Local 2026",
    "file": "applewick-final.xlsx",
    "received": "31 May 2026, 14:05",
    "fingerprint": "0f343b0931126a20",
    "open": "3 points",
}


@pytest.mark.parametrize("purpose", Purpose)
def test_mails_call_the_round_by_its_title(purpose: Purpose) -> None:
    """What the settings call the round is in the subject and the text of every mail, once each."""
    subject, text = fill(DEFAULTS[purpose], FACTS)
    assert subject.count("Keep it Local 2026") == 1
    assert text.count("“Keep it Local 2026”") == 1


def test_answers_of_last_time_are_told_of_where_there_are_any() -> None:
    """The invitation says that answers are filled in, and nothing of the kind to those for whom none are."""
    sentence = "Your answers of 2025 are filled in already, for you to confirm or change. It takes about two hours"
    assert sentence in fill(DEFAULTS[Purpose.INVITATION], FACTS)[1]
    assert "filled in already" not in fill(DEFAULTS[Purpose.INVITATION], {**FACTS, "last_round": ""})[1]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (None, ""), (45, "about 45 minutes"), (60, "about an hour"), (90, "about an hour and a half"),
        (100, "about 100 minutes"), (120, "about two hours"),
    ],
)  # fmt: skip
def test_how_long_it_takes_is_said_as_people_say_it(minutes: int | None, words: str) -> None:
    """Whole and half hours are said in hours."""
    assert about_minutes(minutes) == words


def test_columns_of_the_list_are_named_where_nothing_is_known() -> None:
    """Whoever mistypes a column is told those there are."""
    (fault,) = faults_of(
        Template("S", "{contact_persn}"), [*PLACEHOLDERS, "contact_person"], columns=["contact_person"]
    )
    assert "did you mean {contact_person}?" in fault.message
    assert fault.remedy.endswith("and the columns of the list: {contact_person}.")


def filled(text: str, **facts: str) -> str:
    """Give the text of a mail with this wording."""
    return fill(Template("Subject", text), facts)[1].removesuffix("\n")


@pytest.mark.parametrize("purpose", Purpose)
def test_the_usual_wordings_have_no_faults(purpose: Purpose) -> None:
    """Every kind of mail has a wording, which names nothing but what is known."""
    assert set(FACTS) == set(PLACEHOLDERS)
    assert faults_of(DEFAULTS[purpose], PLACEHOLDERS) == []
    subject, text = fill(DEFAULTS[purpose], FACTS)
    assert "Applewick Community Trust" in subject
    assert text.startswith("Dear Applewick Community Trust,\n\n")
    assert text.endswith("With kind regards\nKeep it Local team\n")
    assert not re.search(r"[{}]|\[\[|\]\]", subject + text)


def test_the_invitation_says_what_people_ask_first() -> None:
    """The invitation says what comes, how long it takes, until when, whom to ask and who sees the answers."""
    _, text = fill(DEFAULTS[Purpose.INVITATION], FACTS)
    for words in (
        "applewick.xlsx", "It takes about two hours", "by 31 May 2026", "please ask: The inquiries desk",
        "Your answers come only to us", "KIL-7Q2M",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize("purpose", Purpose)
@given(blank=st.sets(st.sampled_from(sorted(PLACEHOLDERS))))
def test_nothing_blank_leaves_a_gap(purpose: Purpose, blank: set[str]) -> None:
    """Whatever is not known, no mail has double spaces, lonely commas, empty brackets or a greeting to nobody."""
    subject, text = fill(DEFAULTS[purpose], {name: "" if name in blank else value for name, value in FACTS.items()})
    for line in (subject, *text.split("\n")):
        assert line == line.strip()
        assert not re.search(r"  |\( *\)| [,.;:)]|\(\s|“”|\.\.|,,|,\.|:\.|\0", line), line
    assert not re.search(r"(?im)^dear *,", text)
    assert "\n\n\n" not in text and text.strip() and subject


@pytest.mark.parametrize(
    ("wording", "result"),
    [
        ("Dear {name},", "Hello,"),
        ("Dear {name} {surname}:", "Hello:"),
        ("Good morning {name}!", "Good morning!"),
        ("Dear {name} and colleagues,", "Dear and colleagues,"),
        ("From {name} to you", "From to you"),
        ("We ({name}) are here", "We are here"),
        ("We “{name}” are here.", "We are here."),
        ("Ask {name}, or us", "Ask, or us"),
        ("Ask {name}.", "Ask."),
        ("One\n{name}\nTwo", "One\nTwo"),
        ("One\n\n{name}\n\nTwo", "One\n\nTwo"),
        ("One\n\n- {name}.\n\nTwo", "One\n\nTwo"),
        ("{name} begins", "begins"),
        ("A[[ by {name}]].", "A."),
        ("A [[by {name} ]]B", "A B"),
        ("A\n\n[[Ask {name}.\n\nReally.\n\n]]B", "A\n\nB"),
    ],
)
def test_a_blank_is_smoothed_over(wording: str, result: str) -> None:
    """A sentence closes up where something in it is blank, and a part in double brackets goes as a whole."""
    assert filled(wording, name=" ", surname="") == result


@pytest.mark.parametrize(
    ("wording", "result"),
    [
        ("A[[ by {name}]].", "A by 31 May."),
        ("{ NAME } and {Name}", "31 May and 31 May"),
        ("Two  spaces stay", "Two  spaces stay"),
        ("Ask {dotted}. Then", "Ask Foo Ltd. Then"),
    ],
)
def test_what_is_known_is_put_in(wording: str, result: str) -> None:
    """Placeholders may be in any case, brackets vanish, and what the coordinator wrote stays as it is."""
    assert filled(wording, name="31 May", dotted="Foo Ltd.") == result


def test_what_is_put_in_is_no_wording() -> None:
    """Braces and brackets in a name from the list are only letters, and control characters go."""
    assert filled("Dear {name},", name="{secret} [[x]]", secret="no") == "Dear {secret} [[x]],"
    assert filled("Dear [[{name}]],", name="]] {secret}\0\x07", secret="no") == "Dear ]] {secret},"


def test_a_subject_is_one_line() -> None:
    """A line break in the wording of a subject or in what is put in becomes a space."""
    subject, _ = fill(Template("For\n{name}", "Text"), {"name": "A\r\nBcc: b@c.example"})
    assert subject == "For A Bcc: b@c.example"


def test_a_list_of_problems_keeps_its_lines() -> None:
    """What has several lines has them in the text."""
    assert filled("Look:\n\n{problems}\n", problems="- a\r\n- b\n") == "Look:\n\n- a\n- b"


def test_faults_are_found_beforehand() -> None:
    """Every placeholder that is not known is named with the nearest that is, beside stray braces and brackets."""
    template = Template("For {organization}", "By {dew} or {region}\n{two words}\n{} [[ {due} } and { [[x]]")
    faults = faults_of(template, [*PLACEHOLDERS, "region"], section="mail.reminder")
    assert [(fault.file, fault.key) for fault in faults] == [
        ("collection.toml", "mail.reminder.subject"), *[("collection.toml", "mail.reminder.text")] * 5
    ]  # fmt: skip
    said = [fault.message for fault in faults]
    assert said[0] == "Nothing is known for {organization}; did you mean {organisation}?"
    assert said[1] == "Nothing is known for {dew}; did you mean {due}?"
    assert said[2:4] == ["{two words} is no placeholder.", "{} is no placeholder."]
    assert "brace" in said[4] and "counterpart" in said[5]
    with pytest.raises(LetterError):
        fill(template, FACTS)


@pytest.mark.parametrize("text", ["{{due}}", "{due", "due}", "[[ {due}", "{due} ]]", "[[a [[b]] ]]"])
def test_half_a_brace_is_a_fault(text: str) -> None:
    """Braces and double brackets that do not match are found."""
    assert len(faults_of(Template("Subject", text), PLACEHOLDERS)) == 1


def test_a_subject_of_two_lines_is_a_fault() -> None:
    """The wording of a subject has one line."""
    assert [fault.key for fault in faults_of(Template("A\nB", "Text"), [])] == ["mail.subject"]


def test_the_settings_replace_what_they_name() -> None:
    """A wording of the settings' own replaces subject and text one by one."""
    usual = DEFAULTS[Purpose.RECEIPT]
    assert template_for(Purpose.RECEIPT) == usual
    assert template_for(Purpose.RECEIPT, subject="Thanks") == Template("Thanks", usual.text)
    assert template_for(Purpose.RECEIPT, text="Thanks", subject="  ") == Template(usual.subject, "Thanks")


@pytest.mark.parametrize(("day", "words"), [(19, "12 days"), (30, "1 day"), (31, ""), (1, "30 days")])
def test_the_days_that_are_left(day: int, words: str) -> None:
    """The days until the due date are said in words, and nothing on the day itself."""
    assert days_left(date(2026, 5, 31), date(2026, 5, day)) == words


def test_no_days_are_left_after_the_due_date() -> None:
    """After the due date, or without one, nothing is said."""
    assert days_left(date(2026, 5, 31), date(2026, 6, 1)) == days_left(None, date(2026, 6, 1)) == ""
