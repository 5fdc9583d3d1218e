"""What stands beside the scores is worked out by other programs as Python does it, whatever the profile says."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparisons import labels_of, peer_fields, random_peers, random_previous
from msgspec.structs import replace
from oracle.cases import CASES, COMMUNITY, COUNCIL, INSTRUMENTS, OFFICE_CASES, plan
from oracle.engines import ISSUE, Formulon, IronCalc, Oracle, compared, explained, planted, saved, seeded
from oracle.libreoffice import LibreOffice
from strategies import FULL, random_typed

from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import CellRef, Formula
from kil_xlsx.layout.places import PeersSheet, Results
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue

pytest.importorskip("ironcalc")
pytest.importorskip("formulon")

VARIANTS = ("peers", "previous", "both")
FEW = max(CASES // 4, 4)


def _issue(plan: Plan, name: str, variant: str) -> Issue:
    rng = seeded(name, variant)
    peers = None if variant == "previous" else random_peers(plan, rng)
    previous = None if variant == "peers" else random_previous(plan, rng)
    return replace(ISSUE, peers=peers, previous=previous)


def _typed(plan: Plan, *seed: object) -> dict[Key, Typed]:
    """Random answers; about half of them with profile fields that decide on the peers filled in or emptied at will."""
    rng = seeded(*seed)
    typed = random_typed(plan, rng, FULL if rng.random() < 0.5 else None, plain_types=True)
    for field in peer_fields(plan):
        if Key(field) in plan.by_key and rng.random() < 0.5:
            typed[Key(field)] = rng.choice((*labels_of(plan, field), "?", "*", labels_of(plan, field)[0].lower()))
    return typed


def _seen(plan: Plan, issue: Issue, typed: dict[Key, Typed], places: list[CellRef]) -> list[object]:
    document = compose(plan, issue, typed)
    found: list[object] = []
    for place in places:
        value = document.sheet(place.sheet).cells[place.row, place.column].value
        assert isinstance(value, Formula)
        found.append(value.value)
    return found


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_comparisons_are_the_same_in_ironcalc(name: str, variant: str, tmp_path: Path) -> None:
    """Groups found by what the profile says, figures, standings and changes are what Python gives."""
    issue = _issue(plan(name), name, variant)
    engine = IronCalc(saved(compose(plan(name), issue), tmp_path / "compared.xlsx"))
    oracle = Oracle(plan(name), engine, issue)
    for case in range(FEW):
        typed = _typed(plan(name), name, variant, case)
        differences = oracle.differences(typed)
        assert not differences, explained(differences, typed, case)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_comparisons_are_the_same_in_formulon(name: str, tmp_path: Path) -> None:
    """A second engine finds the same."""
    issue = _issue(plan(name), name, "both")
    oracle = Oracle(plan(name), Formulon(saved(compose(plan(name), issue), tmp_path / "compared.xlsx")), issue)
    typed = _typed(plan(name), name, "formulon")
    differences = oracle.differences(typed)
    assert not differences, explained(differences, typed, "formulon")


@pytest.mark.oracle
@pytest.mark.parametrize("case", range(max(OFFICE_CASES // 2, 1)))
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_comparisons_are_the_same_in_libreoffice(name: str, case: int, office: LibreOffice, tmp_path: Path) -> None:
    """LibreOffice works out the same for a workbook that is filled in already."""
    issue, typed = _issue(plan(name), name, "both"), _typed(plan(name), name, "office", case)
    document = compose(plan(name), issue, typed)
    places = [place for place, _ in document.formulas()]
    office.open(saved(document, tmp_path / "compared.xlsx"))
    differences = compared(document, places, office.read(places), truth_is_a_number=True)
    assert not differences, explained(differences, typed, case)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_cases_differ_in_what_they_are_compared_with(name: str) -> None:
    """The random answers lead to several groups and to every standing, so that the comparison says something."""
    issue = _issue(plan(name), name, "both")
    chosen = CellRef(plan(name).words("sheet.peers"), PeersSheet.CHOSEN, PeersSheet.FOUND)
    scored = [node for node in plan(name).instrument.nodes if plan(name).instrument.rule_of(node).rule != "none"]
    standings = [plan(name).score_cell(node.id, Results.STANDING) for node in scored]
    groups: set[object] = set()
    words: set[object] = set()
    for case in range(10):
        group, *found = _seen(plan(name), issue, _typed(plan(name), name, "both", case), [chosen, *standings])
        groups.add(group)
        words |= set(found)
    assert len(groups) >= 3
    expected = {plan(name).words(f"results.{each}") for each in ("below", "within", "above")}
    assert expected <= words


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [(COMMUNITY, ">0,", ">4,"), (COUNCIL, "MATCH(", "1+MATCH("), (COUNCIL, "FALSE)", "TRUE)")],
)
def test_a_planted_wrong_group_is_caught(name: str, right: str, wrong: str, tmp_path: Path) -> None:
    """A formula that finds another group is noticed, though its stored value is right."""
    issue = _issue(plan(name), name, "peers")
    document = compose(plan(name), issue)
    sheet = document.sheet(plan(name).words("sheet.peers"))
    for row in (PeersSheet.CHOSEN, PeersSheet.FIRST_FIELD + 1):
        formula = sheet.cells[row, PeersSheet.FOUND].value
        assert isinstance(formula, Formula)
        if right in formula.text:
            broken = planted(document, sheet.ref(row, PeersSheet.FOUND), formula.text.replace(right, wrong))
            break
    else:
        pytest.fail(f"there is no {right}")
    oracle = Oracle(plan(name), IronCalc(saved(broken, tmp_path / "wrong.xlsx")), issue)
    cases = (_typed(plan(name), "planted", case) for case in range(20))
    assert any(oracle.differences(typed) for typed in cases)
