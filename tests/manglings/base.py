"""The workbook that is mangled, what was typed into it, and how a mangling says what it did."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml
from strategies import FULL, random_value

from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Key, Outcome, Part, Typed
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.codec import offered, serial
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.reading.form import read_form
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

COUNCIL, COMMUNITY = "keep-it-local/council", "keep-it-local/community"
CREATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TABLE = Path(__file__).with_name("manglings.yaml")


@dataclass(frozen=True)
class Row:
    """One line of the table: what was done with which program, and what must come of it, in words and for a test.

    ``new`` are the codes of the problems that the untouched workbook does not have; ``lost`` says whether any answer
    is no longer accepted.
    """

    name: str
    section: str
    program: str
    done: str
    outcome: str
    new: tuple[str, ...] = ()
    lost: bool = False


@cache
def table() -> tuple[Row, ...]:
    """The table of manglings."""
    rows: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return tuple(Row(**{**row, "new": tuple(row.get("new", ()))}) for row in rows)


@dataclass(frozen=True)
class Made:
    """A mangled workbook.  ``lost`` are the answers that must not be accepted, ``typed`` those that were typed anew."""

    data: bytes
    lost: frozenset[Key] = frozenset()
    typed: Mapping[Key, Typed] = field(default_factory=dict)
    name: str = "return.xlsx"
    password: str | None = None


class Missing(Exception):  # not an error: the program is not installed
    """The program that makes a mangling is not here."""


Maker = Callable[[Path], Made]
"""Makes a mangled workbook in a folder of its own.  Raises :class:`Missing`."""

MAKERS: dict[str, Maker] = {}


def maker(name: str) -> Callable[[Maker], Maker]:
    """Enter a function under the name that the table has."""

    def enter(function: Maker) -> Maker:
        assert name not in MAKERS, name
        MAKERS[name] = function
        return function

    return enter


# The workbook


@cache
def plans() -> dict[str, Plan]:
    return {name: Plan(load_instrument(name)) for name in (COUNCIL, COMMUNITY)}


def plan() -> Plan:
    return plans()[COUNCIL]


@cache
def typed() -> dict[Key, Typed]:
    """What is typed: everything that can be told apart is different, and now and then a cell is left blank."""
    rng = Random(11)
    found: dict[Key, Typed] = {}
    of_profile = {field.id for field in plan().instrument.profile}
    for at, slot in enumerate(plan().slots):
        if slot.key.part in (Part.MISSING, Part.CONFIRM) or at % 13 == 7:
            continue
        found[slot.key] = _value(slot, at) if slot.key.item not in of_profile else random_value(plan(), slot, rng, FULL)
    found[Key("period_start")], found[Key("period_end")] = serial(dt.date(2025, 4, 1)), serial(dt.date(2026, 3, 31))
    return {key: value for key, value in found.items() if key in plan().by_key}


def _value(slot: Slot, at: int) -> Typed:
    if slot.kind is SlotKind.CHOICE:
        labels = offered(plan().instrument.choice_lists[slot.choices or ""], levels_only=slot.levels_only)
        return labels[(at // 7 + at) % len(labels)][0]
    if slot.kind is SlotKind.NUMBER:
        lowest = slot.minimum or 0.0
        return min(lowest + at + 0.25, slot.maximum) if slot.maximum is not None else lowest + at + 0.25
    if slot.kind is SlotKind.DATE:
        return 45_000.0 + at
    return f"{slot.code} {slot.key.part.value} in our own words"


@cache
def sent_back() -> bytes:
    """The completed workbook before anything happens to it."""
    return written(typed())


def written(what: Mapping[Key, Typed], name: str = COUNCIL, organisation: str = "Anytown Council") -> bytes:
    issue = Issue(CREATED, Organisation(organisation), round_id="2026")
    return write(compose(plans()[name], issue, dict(what)), default_theme())


def read(data: bytes, name: str = "return.xlsx", password: str | None = None) -> Reading:
    return read_form(data, name, plans(), password=password)


Meant = tuple[str, float | None, str, str]
"""State, value, code and text of an entry."""


def accepted(reading: Reading) -> dict[Key, Meant]:
    """What was accepted and what it was taken to mean."""
    if reading.ret is None:
        return {}
    return {
        key: (entry.state.value, entry.value, entry.code or "", entry.text or "")
        for key, entry in reading.ret.entries.items()
        if entry.outcome is Outcome.ACCEPTED
    }


@cache
def untouched() -> Reading:
    return read(sent_back())


@cache
def meant(name: str, value: Typed) -> Meant | None:
    """What one value in the main cell of an item means, by a workbook in which it was typed."""
    key = next(key for key in plan().by_key if str(key) == name)
    return accepted(read(written({**typed(), key: value}))).get(key)


def wrongly_accepted(reading: Reading, made: Made) -> list[str]:
    """Every answer that was accepted and is not what was typed."""
    before = accepted(untouched())
    wrong = []
    for key, found in accepted(reading).items():
        expected = meant(str(key), made.typed[key]) if key in made.typed else before.get(key)
        if not same(found, expected):
            wrong.append(f"{key}: {found} instead of {expected}")
    return wrong


def same(found: Meant, expected: Meant | None) -> bool:
    """Whether two entries mean the same; numbers may differ by what programs lose in writing them."""
    if expected is None or (found[0], found[2], found[3]) != (expected[0], expected[2], expected[3]):
        return False
    if found[1] is None or expected[1] is None:
        return found[1] is expected[1]
    return abs(found[1] - expected[1]) <= 1e-9 * max(1.0, abs(expected[1]))


def codes(reading: Reading) -> set[str]:
    """The codes of the problems that the untouched workbook does not have."""
    return {each.code for each in reading.problems} - {each.code for each in untouched().problems}


# Places and keys


def assessment() -> str:
    return plan().assessment.sheet


def questions(count: int = 5) -> list[str]:
    """Items that stand in consecutive rows of the Assessment sheet, all of them answered."""
    rows = plan().assessment.rows
    found = [each.id for each in plan().instrument.questions if Key(each.id) in typed()]
    for at in range(len(found) - count + 1):
        run = found[at : at + count]
        if [rows[each] for each in run] == list(range(rows[run[0]], rows[run[0]] + count)):
            return run
    raise AssertionError("there are not that many answered questions in a row")


def row(item: str) -> int:
    return plan().assessment.rows[item]


def keys_of(items: Iterable[str], *parts: Part) -> frozenset[Key]:
    """The keys of items that have something typed; of some parts only where these are given."""
    wanted = set(items)
    return frozenset(key for key in typed() if key.item in wanted and (not parts or key.part in parts))


def on_sheet(*sheets: str) -> frozenset[Key]:
    """The keys of what was typed on some sheets."""
    return frozenset(key for key in typed() if plan().by_key[key].cell.sheet in sheets)


def required() -> bool:
    """Whether a missing program is a failure."""
    return any(os.environ.get(name, "") not in ("", "0", "false") for name in ("CI", "KIL_REQUIRE_OFFICE"))
