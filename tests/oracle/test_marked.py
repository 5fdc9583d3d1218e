"""Marked copies: engines tell what has been put right as Python does, and LibreOffice keeps what they say."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from oracle.cases import CASES, INSTRUMENTS, OTHER_ONLY, plan
from oracle.engines import Engine, Formulon, IronCalc, Oracle, compared, explained, planted, saved, seeded
from oracle.libreoffice import LibreOffice
from oracle.roundtrip import read_back
from strategies import EVERYTHING, Mood, random_typed, random_value

from kil_xlsx.core.problems import Severity
from kil_xlsx.core.returns import Key, Outcome, Typed
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import CellRef, Formula
from kil_xlsx.layout.marking import Until
from kil_xlsx.layout.places import ToFix
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.pipeline import workbook_bytes
from kil_xlsx.pipeline.mark import Made, marked_copy
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.notes import read_notes

CARELESS = Mood(0.9, 0.9, 0.3, 0.5, 0.9, 0.3, 0.8, 0.3)
ROUNDS = max(CASES // 20, 2)


def _copy(book: Plan, rng: Random) -> Made:
    data = workbook_bytes(book, Issue(datetime(2026, 1, 1)), random_typed(book, rng, CARELESS, plain_types=True))
    return marked_copy(book, read_back(data, book), read_workbook(data), Issue(datetime(2026, 2, 1)))


def _edits(book: Plan, made: Made, rng: Random) -> dict[Key, Typed]:
    """What a sender does: puts some of it right, some of it wrongly, clears some, and leaves the rest."""
    marking = made.issue.marking
    assert marking is not None
    typed = dict(made.typed)
    for spot in (spot for one in marking.marks for spot in one.spots if spot.key is not None):
        assert spot.key is not None
        act = rng.random()
        if act < 0.7:
            mood = EVERYTHING if act > 0.4 else CARELESS
            typed[spot.key] = random_value(book, book.by_key[spot.key], rng, mood, plain_types=True)
        elif act < 0.8:
            typed[spot.key] = None
    return typed


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("engine", [IronCalc, Formulon])
def test_what_is_done_is_told_alike(engine: type[IronCalc] | type[Formulon], name: str, tmp_path: Path) -> None:
    """Whatever is typed into a marked copy, every formula cell gives Python's value."""
    pytest.importorskip(engine.__name__.lower())
    book = plan(name)
    rng = seeded(name, "marked")
    made = _copy(book, rng)
    path = saved(compose(book, made.issue, made.typed), tmp_path / "marked.xlsx")
    oracle = Oracle(book, engine(path), made.issue)
    for case in range(ROUNDS if engine is IronCalc else 1):
        typed = _edits(book, made, rng)
        differences = oracle.differences(typed)
        assert not differences, explained(differences, typed, case)


def test_a_line_that_is_always_done_is_caught(tmp_path: Path) -> None:
    """A formula that never sees what is left is noticed."""
    pytest.importorskip("ironcalc")
    book = plan(OTHER_ONLY)
    made = _copy(book, seeded("planted", "marked"))
    place = CellRef(book.words("sheet.to_fix"), ToFix.HEADER + 1, ToFix.OPEN)
    broken = planted(compose(book, made.issue, made.typed), place, "0")
    oracle = Oracle(book, IronCalc(saved(broken, tmp_path / "wrong.xlsx")), made.issue)
    assert any(place.absolute() in each for each in oracle.differences(dict(made.typed)))


def _engine_values(made: Made, book: Plan, engine: Engine, typed: dict[Key, Typed]) -> list[str]:
    document = compose(book, made.issue, typed)
    places = [place for place, _ in document.formulas()]
    return compared(document, places, engine.read(places), truth_is_a_number=True)


@pytest.mark.oracle
@pytest.mark.parametrize("name", INSTRUMENTS[:1])
def test_libreoffice_keeps_a_marked_copy(name: str, office: LibreOffice, tmp_path: Path) -> None:
    """Opened, put right in part and saved in LibreOffice: the same results, answers and notes."""
    book = plan(name)
    rng = seeded(name, "marked office")
    made = _copy(book, rng)
    marking = made.issue.marking
    assert marking is not None
    office.open(saved(compose(book, made.issue, made.typed), tmp_path / "sent.xlsx"))
    spots = [spot for one in marking.marks for spot in one.spots if spot.until is Until.CHANGED][::2]
    edits: dict[Key, Typed] = {}
    for spot in spots:
        assert spot.key is not None
        edits[spot.key] = random_value(book, book.by_key[spot.key], rng, Mood(1, 1, 0, 1, 1, 1, 1, 0), plain_types=True)
    office.type_answers(book, edits)
    office.recalculate()
    typed = {**made.typed, **edits}
    differences = _engine_values(made, book, office, typed)
    assert not differences, explained(differences, typed, name)
    data = office.save(tmp_path / "saved.xlsx")
    reading = read_back(data, book)
    assert reading.ret is not None
    for key in edits:
        assert reading.ret.entries[key].outcome is Outcome.ACCEPTED
    ours = book.words("sheet.to_fix")
    assert [one for one in reading.problems if one.severity is Severity.NOTE and one.sheet == ours] == []
    assert {note.text for note in read_notes(data)} == set(marking.notes.values())


def test_every_line_has_a_formula() -> None:
    """What is done is worked out for every line that has a place."""
    book = plan(OTHER_ONLY)
    made = _copy(book, seeded("lines"))
    marking = made.issue.marking
    assert marking is not None
    sheet = compose(book, made.issue, made.typed).sheet(book.words("sheet.to_fix"))
    values = [sheet.cells[ToFix.HEADER + 1 + at, ToFix.FIXED].value for at in range(len(marking.marks))]
    assert [isinstance(value, Formula) for value in values] == [bool(one.spots) for one in marking.marks]
