"""Faults planted one at a time in a sound framework, each with what must be said about it, and where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from definitions.planted_faults import (
    ALL,
    ELSEWHERE,
    FIGURES,
    IDS,
    LINKS,
    PROFILE,
    SCORING,
    STRUCTURE,
    TOGETHER,
    F,
    Planted,
    Q,
    Together,
    X,
)

from kil_xlsx.definitions.load import load_framework
from kil_xlsx.errors import DefinitionError

Write = Callable[[dict[str, str]], Path]


def line_of(text: str, part: str) -> int:
    """The line on which a part of a text starts; the part must be there once."""
    assert text.count(part) == 1, part
    return text[: text.index(part)].count("\n") + 1


def refused(folder: Path) -> DefinitionError:
    """The error with which a definition is refused."""
    with pytest.raises(DefinitionError) as caught:
        load_framework(folder)
    return caught.value


@pytest.mark.parametrize("planted", ALL.values(), ids=ALL.keys())
def test_planted_fault(planted: Planted, files: dict[str, str], write: Write) -> None:
    """A planted fault is named with its file, its line, its key and what is wrong."""
    assert files[planted.file].count(planted.old) == 1
    files[planted.file] = files[planted.file].replace(planted.old, planted.new)
    found = refused(write(files)).faults
    expected: tuple[str, int | None]
    if planted.at == "":
        expected = ("sample", None)
    elif planted.at in ELSEWHERE:
        expected = (planted.at, line_of(files[planted.at], ELSEWHERE[planted.at]))
    else:
        expected = (planted.file, line_of(files[planted.file], planted.at or planted.new))
    described = [(fault.file, fault.line, fault.key, fault.message) for fault in found]
    assert (*expected, planted.key, planted.message) in described


@pytest.mark.parametrize("planted", STRUCTURE.values(), ids=STRUCTURE.keys())
def test_a_structural_fault_is_told_once(planted: Planted, files: dict[str, str], write: Write) -> None:
    """A structural fault gives a single message, which says what to do."""
    files[planted.file] = files[planted.file].replace(planted.old, planted.new)
    found = refused(write(files)).faults
    assert len(found) == 1
    assert found[0].remedy.endswith(".")


def test_every_structural_fault_is_found_in_one_pass(files: dict[str, str], write: Write) -> None:
    """Faults in three files are all listed, in the order of files and lines."""
    files[F] = files[F].replace("minimum: 0\n", "minimum: abc\n").replace('code: "2"', "code: 2")
    files[Q] = files[Q].replace("label: Jobs\n", "labl: Jobs\n")
    files[X] = files[X].replace("severity: error", "severity: warning")
    error = refused(write(files))
    assert [(fault.file, fault.key) for fault in error.faults] == [
        (F, "choice_lists[1] (maturity).choices[3] (Doing).code"),
        (F, "scoring.minimum"),
        (Q, "questions[2] (CH-1)"),
        (Q, "questions[2] (CH-1).labl"),
        (X, "checks[1] (X1).severity"),
    ]
    assert error.message.endswith("cannot be used: 5 faults.")


def test_every_inconsistency_is_found_in_one_pass(files: dict[str, str], write: Write) -> None:
    """Links, formulas, scoring and profile are all looked at, whatever else is wrong."""
    for group in (LINKS, SCORING, PROFILE, FIGURES):
        planted = next(iter(group.values())) if group is not SCORING else SCORING["scale upside down"]
        files[planted.file] = files[planted.file].replace(planted.old, planted.new)
    messages = [fault.message for fault in refused(write(files)).faults]
    assert messages == [
        "there is no choice list 'matrity'; did you mean 'maturity'?",
        "the maximum 0 is not above the minimum 0.",
        "no field for 'council' has the role 'organisation'.",
        "no field for 'charity' has the role 'organisation'.",
        "'maximum' 0 is not above 'minimum' 100.",
        "the default 5 is outside the limits.",
    ]


@pytest.mark.parametrize("together", TOGETHER.values(), ids=TOGETHER.keys())
def test_faults_of_every_kind_are_found_in_one_pass(together: Together, files: dict[str, str], write: Write) -> None:
    """A fault of shape hides no fault of meaning, and what merely follows from it is not told."""
    for file, old, new in together.changes:
        assert files[file].count(old) == 1, old
        files[file] = files[file].replace(old, new)
    found = refused(write(files)).faults
    assert [(fault.file, fault.message.split(";")[0].rstrip(".")) for fault in found] == list(together.told)


@pytest.mark.parametrize("shape", STRUCTURE.values(), ids=STRUCTURE.keys())
@pytest.mark.parametrize("meaning", [IDS["choice labels"], FIGURES["unreadable formula"]], ids=["label", "formula"])
def test_no_fault_of_shape_hides_one_of_meaning(
    shape: Planted, meaning: Planted, files: dict[str, str], write: Write
) -> None:
    """Whatever is wrong with the shape, a repeated label and an unreadable formula are told beside it."""
    for planted in (shape, meaning):
        assert planted.old in files[planted.file]
        files[planted.file] = files[planted.file].replace(planted.old, planted.new)
    found = [fault.message for fault in refused(write(files)).faults]
    assert sorted(found) == sorted([shape.message, meaning.message])


def test_repeated_keys_are_told_with_the_other_faults(files: dict[str, str], write: Write) -> None:
    """A repeated key does not hide what else is wrong."""
    files[Q] = files[Q].replace("    section: B\n", "    section: C\n    section: B\n")
    messages = [fault.message for fault in refused(write(files)).faults]
    assert messages == ["there is no section 'C'.", "the key 'section' is already on line 14."]


def test_a_fault_reads_as_one_sentence_after_its_place(files: dict[str, str], write: Write) -> None:
    """The printed error has one line for each fault, from the file to the remedy."""
    files[Q] = files[Q].replace("section: B", "section: C")
    lines = str(refused(write(files))).splitlines()
    assert lines[1] == (
        "  2-questions.yaml, line 14, questions[2] (CH-1).section: there is no section 'C'. There are: A, A-1, B."
    )
