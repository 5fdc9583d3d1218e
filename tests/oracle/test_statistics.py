"""Published statistics are those that LibreOffice works out with QUARTILE.INC and its kind from the same returns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path

import pytest
from oracle.engines import SENTINEL, planted, saved, seeded
from oracle.libreoffice import LibreOffice
from synthetic import collection, instruments, keep_it_local

from kil_xlsx.core import quantiles
from kil_xlsx.core.benchmark import Request, benchmark
from kil_xlsx.core.membership import Member, members_of, select
from kil_xlsx.core.release import OVERALL, Figure, Item, Part, Release
from kil_xlsx.core.returns import State
from kil_xlsx.layout.document import CellRef, Document, Formula, Sheet

pytestmark = pytest.mark.oracle

_SEEDS = (3, 8)
_SAME_TO = 1e-9
_DECIMALS, _DIGITS = 6, 3
"""To how many decimals a release gives scores and levels, and to how many significant digits amounts."""

FORMULAS: dict[Part, str] = {
    "n": "COUNT({0})",
    "mean": "AVERAGE({0})",
    "median": "MEDIAN({0})",
    "lower_quartile": "_xlfn.QUARTILE.INC({0},1)",
    "upper_quartile": "_xlfn.QUARTILE.INC({0},3)",
    "p10": "_xlfn.PERCENTILE.INC({0},0.1)",
    "p90": "_xlfn.PERCENTILE.INC({0},0.9)",
}
"""What a spreadsheet calls each number of a figure.  Files keep the newer names with a prefix."""

OURS: dict[Part, Callable[[Sequence[float]], float]] = {
    "n": len,
    "mean": quantiles.mean,
    "median": lambda values: quantiles.quartiles(values).median,
    "lower_quartile": lambda values: quantiles.quartiles(values).q1,
    "upper_quartile": lambda values: quantiles.quartiles(values).q3,
    "p10": lambda values: quantiles.quantiles(values, [0.1])[0],
    "p90": lambda values: quantiles.quantiles(values, [0.9])[0],
}

HAND_PICKED: dict[str, list[float]] = {
    "one": [3.0],
    "two": [1.0, 4.0],
    "level": [2.0, 2.0, 2.0, 2.0],
    "ties": [0, 1, 1, 2, 2, 2, 3, 4, 4],
    "four": [1, 2, 3, 4],
    "seven": [1, 2, 4, 7, 11, 16, 22],
    "below nought": [-3.5, -1.25, 0, 2.75],
    "amounts": [0.01, 12, 999.99, 1_234_567.89, 87_654_321.0],
}
"""Where methods of quantiles differ most, or might stumble."""


def _scratch(lists: Mapping[str, Sequence[float]], *, exclusive: bool = False) -> Document:
    """A workbook with each list of values in a row, and the formulas of its figure in a row of another sheet.

    ``exclusive`` quartiles are those of another method.
    """
    values, figures = Sheet("Values", protect=False), Sheet("Figures", protect=False)
    for row, numbers in enumerate(lists.values()):
        for column, number in enumerate(numbers):
            values.put(row, column, float(number), "plain")
        area = values.area(row, 0, row, len(numbers) - 1).absolute()
        for column, formula in enumerate(FORMULAS.values()):
            wanted = formula.replace("QUARTILE.INC", "QUARTILE.EXC") if exclusive else formula
            figures.put(row, column, Formula(wanted.format(area), SENTINEL), "plain")
    return Document(
        sheets=[values, figures], names=[], title="Scratch", subject="", keywords="", language="en-GB",
        created=datetime(2026, 1, 1), properties={}, active_sheet="Values",
    )  # fmt: skip


def _recalculated(
    office: LibreOffice, document: Document, lists: Mapping[str, Sequence[float]], path: Path
) -> dict[str, dict[Part, float]]:
    office.open(saved(document, path))
    office.recalculate()
    found: dict[str, dict[Part, float]] = {}
    for row, name in enumerate(lists):
        values = office.read([CellRef("Figures", row, column) for column in range(len(FORMULAS))])
        assert all(isinstance(value, float) for value in values), (name, values)
        found[name] = {part: float(str(value)) for part, value in zip(FORMULAS, values, strict=True)}
    return found


Rounding = Callable[[float], float]
"""How far a number may be off, being rounded, by its size."""


def _exact(_: float) -> float:
    return _SAME_TO


def _half_a_step(value: float, *, amount: bool) -> float:
    """Half of the last digit that a release gives of a number."""
    digits = _DIGITS - 1 - math.floor(math.log10(abs(value))) if amount and value else _DECIMALS
    return 0.5000001 * 10.0**-digits  # a number just half-way may lie a hair beyond


def _different(
    ours: Mapping[str, Mapping[Part, float]],
    theirs: Mapping[str, Mapping[Part, float]],
    off: Callable[[str], Rounding] = lambda _: _exact,
) -> list[str]:
    """Where two sets of figures differ by more than rounding explains."""
    return [
        f"{name}, {part}: Python {value!r}, LibreOffice {found!r}"
        for name, figure in ours.items()
        for part, value in figure.items()
        if not math.isclose(value, found := theirs[name][part], rel_tol=_SAME_TO, abs_tol=off(name)(found))
    ]


# What is published, and the values it was made from, read off the returns without the program's own topics and groups


@cache
def _release(seed: int) -> tuple[Release, dict[str, tuple[Member, ...]]]:
    """A release of a made-up collection, and the members of each respondent type that are behind it."""
    readings = collection(seed, councils=60, communities=45)
    mine = instruments(keep_it_local())
    asked = Request(created=date(2026, 11, 16), group_by=("rural_urban", "legal_form"))
    made = benchmark(mine, readings, asked)
    return made.release, {each.respondent.id: select(each, members_of(readings)).used for each in mine}


def _value(member: Member, item: Item) -> float | None:
    """A member's own number for an item; none where it gave none."""
    result, least = member.result, keep_it_local().benchmarking.least_section_completeness
    if item.id == OVERALL:
        return result.overall
    if item.kind == "section":
        section = result.sections[item.id]
        enough = not section.counts.applicable or section.counts.answered / section.counts.applicable >= least
        return section.score if enough else None
    if item.kind == "question":
        answer = result.questions[item.id]
        return answer.value if answer.state is State.ANSWERED else None
    return result.measures[item.id].value


def _published(seed: int) -> tuple[dict[str, list[float]], dict[str, Figure], set[str]]:
    """Every figure that is shown, the values of the organisations behind it, and the names of those that are amounts.

    Figures compared like with like are left out: who is behind them takes more than one answer to tell.
    """
    release, used = _release(seed)
    lists: dict[str, list[float]] = {}
    figures: dict[str, Figure] = {}
    amounts: set[str] = set()
    for respondent in release.respondents:
        for group in respondent.groups:
            code = group.id.rpartition("/")[2]
            members = [
                each
                for each in used[respondent.id]
                if group.kind == "all" or (each.ret.get(group.field).code or "") == code
            ]
            for item, statistic in respondent.statistics(group, "overall", "section", "question", "measure"):
                if statistic.among or not statistic.figure.shown:
                    continue
                name = f"{group.id} {item.id}"
                lists[name] = [value for each in members if (value := _value(each, item)) is not None]
                figures[name] = statistic.figure
                if item.kind == "measure":
                    amounts.add(name)
    return lists, figures, amounts


def test_the_comparison_can_fail(office: LibreOffice, tmp_path: Path) -> None:
    """Stored values are replaced, and another kind of quartile in one cell is noticed, in that cell alone."""
    document = _scratch(HAND_PICKED)
    ours = {name: {part: OURS[part](values) for part in FORMULAS} for name, values in HAND_PICKED.items()}
    place = CellRef("Figures", list(HAND_PICKED).index("seven"), list(FORMULAS).index("lower_quartile"))
    area = "Values!$A$6:$G$6"
    wrong = planted(document, place, f"_xlfn.QUARTILE.EXC({area},1)")
    theirs = _recalculated(office, wrong, HAND_PICKED, tmp_path / "planted.xlsx")
    assert SENTINEL not in {value for figure in theirs.values() for value in figure.values()}
    (found,) = _different(ours, theirs)
    assert found.startswith("seven, lower_quartile")


def test_hand_picked_values_have_the_same_statistics(office: LibreOffice, tmp_path: Path) -> None:
    """One value, two, ties, level ones, amounts: every number is what the spreadsheet functions give."""
    ours = {name: {part: OURS[part](values) for part in FORMULAS} for name, values in HAND_PICKED.items()}
    theirs = _recalculated(office, _scratch(HAND_PICKED), HAND_PICKED, tmp_path / "picked.xlsx")
    assert _different(ours, theirs) == []


def test_random_values_have_the_same_statistics(office: LibreOffice, tmp_path: Path) -> None:
    """Lists of any length up to 60, of levels, scores and amounts, have the statistics of the spreadsheet functions."""
    rng = seeded("statistics")
    draws: tuple[Callable[[], float], ...] = (
        lambda: float(rng.randint(0, 4)),
        lambda: round(rng.uniform(0, 100), 6),
        lambda: round(10 ** rng.uniform(-2, 8), 2),
    )
    lists = {
        f"{kind}/{size}": [draw() for _ in range(size)] for kind, draw in enumerate(draws) for size in range(1, 61)
    }
    ours = {name: {part: OURS[part](values) for part in FORMULAS} for name, values in lists.items()}
    theirs = _recalculated(office, _scratch(lists), lists, tmp_path / "random.xlsx")
    assert _different(ours, theirs) == []


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_release_has_the_statistics_of_its_returns(seed: int, office: LibreOffice, tmp_path: Path) -> None:
    """Every number of a release that is shown is what the spreadsheet functions give for the same organisations."""
    lists, figures, amounts = _published(seed)
    theirs = _recalculated(office, _scratch(lists), lists, tmp_path / "release.xlsx")
    ours = {
        name: {part: float(value) for part in FORMULAS if (value := figure.part(part)) is not None}
        for name, figure in figures.items()
    }
    assert _different(ours, theirs, lambda name: partial(_half_a_step, amount=name in amounts)) == []
    shown = [part for figure in ours.values() for part in figure]
    assert {part: shown.count(part) > 20 for part in FORMULAS} == dict.fromkeys(FORMULAS, True)
    assert {name.partition("/")[0] for name in ours} == {"council", "community"}


def test_another_method_would_be_noticed_in_a_release(office: LibreOffice, tmp_path: Path) -> None:
    """Compared with QUARTILE.EXC, many scores and levels of a release are not the same, rounding or not."""
    lists, figures, amounts = _published(_SEEDS[0])
    mine = {name: values for name, values in lists.items() if name not in amounts and len(values) > 9}
    theirs = _recalculated(office, _scratch(mine, exclusive=True), mine, tmp_path / "exclusive.xlsx")
    parts: tuple[Part, ...] = ("lower_quartile", "upper_quartile")
    ours = {name: {part: figures[name].part(part) for part in parts} for name in mine}
    given = {name: {part: float(value) for part, value in each.items() if value} for name, each in ours.items()}
    assert len(_different(given, theirs, lambda _: partial(_half_a_step, amount=False))) > len(mine) / 4
