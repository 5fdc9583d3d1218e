"""The words of the workbook, and a framework's own in place of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kil_xlsx
from kil_xlsx.layout.wording import ENGLISH, wording, wording_faults


def faults(**words: str) -> list[str]:
    """What is wrong with some words, as key and message.  Underscores stand for the points of keys."""
    return [f"{fault.key}: {fault.message}" for fault in wording_faults(words, "framework.yaml")]


def test_words_have_their_placeholders_filled_in() -> None:
    """A placeholder is replaced by what it stands for."""
    assert wording({})("start.not_ready", left=3, errors=1) == "Not yet: 3 left to answer, 1 to put right"


def test_a_framework_replaces_words() -> None:
    """Its own words are used, and English ones everywhere else."""
    words = wording({"start.not_ready": "Noch {left} offen, {errors} falsch"})
    assert words("start.not_ready", left=3, errors=1) == "Noch 3 offen, 1 falsch"
    assert words("start.ready") == ENGLISH["start.ready"]


def test_there_is_no_word_for_an_unknown_key() -> None:
    """A key that does not exist is a mistake of the program, not an empty cell."""
    with pytest.raises(KeyError):
        wording({})("no.such.key")


def test_english_itself_is_without_fault() -> None:
    """The words that come with the program pass its own checks."""
    assert wording_faults(ENGLISH, "framework.yaml") == []


def test_unknown_words_are_named() -> None:
    """A misspelt key would change nothing without anybody noticing."""
    assert faults(**{"start.redy": "Fertig"}) == ["interface.start.redy: There are no such words to replace."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Noch {left}", ""),
        ("Noch nicht", ""),
        ("Klammern {{so}} und {left}", ""),
        ("Noch {links}", "Unknown placeholder: links."),
        ("Noch {}", "Unknown placeholder: {}."),
        ("Noch {left:>3} {errors!r}", "Unknown placeholder: errors!r, left:>3."),
        ("Noch {left", "A curly bracket stands alone."),
        ("Noch left}", "A curly bracket stands alone."),
    ],
)
def test_placeholders_are_those_of_the_original(text: str, message: str) -> None:
    """Words that could not be filled in are refused at once; leaving a placeholder out is allowed."""
    found = faults(**{"start.not_ready": text})
    assert found == ([f"interface.start.not_ready: {message}"] if message else [])
    if not message:
        assert "left" not in wording({"start.not_ready": text})("start.not_ready", left=3, errors=1)


def test_words_without_placeholders_may_have_brackets() -> None:
    """Such words are shown as they stand; only what looks like a placeholder is refused."""
    assert faults(**{"start.ready": "Fertig :-} {"}) == []
    assert faults(**{"start.ready": "Fertig, {name}"}) == ["interface.start.ready: Unknown placeholder: name."]


@pytest.mark.parametrize("name", ["Über euch", "Start 2", "x" * 31, "S"])
def test_sheet_names_are_letters_digits_and_blanks(name: str) -> None:
    """Letters of any language will do."""
    assert faults(**{"sheet.about": name}) == []


@pytest.mark.parametrize(
    "name", ["", " ", "You & us", "a'b", "<b>", "a/b", "a:b", "[a]", "x" * 32, " a", "a ", "History"]
)
def test_sheet_names_that_break_programs_are_refused(name: str) -> None:
    """Signs that some program loses, blanks at either end, and the one name that Excel keeps for itself."""
    assert faults(**{"sheet.about": name}) == ["interface.sheet.about: A sheet cannot have this name."]


def test_two_sheets_cannot_have_one_name() -> None:
    """Capitals do not tell two sheets apart."""
    assert faults(**{"sheet.about": "START"}) == ["interface: Two sheets have the same name."]


def test_every_word_is_used() -> None:
    """No words are left over from what sheets once said: each key, or its beginning, stands in the source."""
    package = Path(kil_xlsx.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py") if path.name != "wording.py")
    said = set(re.findall(r"[\"']([a-z_]+\.[a-z0-9_]+)[\"']", source))
    source += (package / "layout" / "wording.py").read_text(encoding="utf-8").split("class Wording")[1]
    begun = tuple(re.findall(r"f[\"']([a-z_]+\.[a-z_]*)\{", source))
    unused = [key for key in ENGLISH if key not in said and not key.startswith(begun)]
    assert unused == []
