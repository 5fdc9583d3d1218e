"""Random answers for any instrument: in bulk from a seeded generator, or drawn by Hypothesis.

An answer set is what stands in the cells to fill in, as a mapping from key to typed value.  It holds everything that
people do: complete and half-empty returns, reasons without figures and figures with reasons, numbers out of range,
words where a number belongs, and text that looks like a formula.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import cache
from random import Random

from hypothesis import strategies as st

from kil_xlsx.core.framework import ProfileField
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.layout.codec import FIRST_DAY, LAST_DAY, offered, serial
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind

TEXTS = (
    "Annual report, page 12",
    "Treasurer",
    "Contract register (shared drive)",
    "Ask the finance team — again",
    "naïve café £5 €7 “quoted”",
    "line one\nline two",
    'She said "yes"',
    "  two blanks on either side  ",
    "=1+1",
    "+44 20 7946 0000",
    "-none-",
    "@home",
    "' an apostrophe first",
    "100",
    "0",
    "TRUE",
    "31/03/2026",
    "#N/A yet",
    "<b>& not markup</b>",
    "x" * 300,
    "日本語 ελληνικά",
    "🙂 emoji",
    "_x0041_ stays",
)
"""Free text that has broken programs before, among ordinary text."""

BLANKS = (" ", "   ")
"""Text that counts as nothing."""

_WRONG_NUMBERS = ("n/a", "about 50", "1,000", "£300", "12 %", "-", "none", "1 000", "=5")
_WRONG_CHOICES = ("maybe", "5", "see notes", "#", "yes and no", "3 ", "not sure yet")
_WRONG_DATES = ("31/03/2026", "March 2026", "next year", "2026")


@dataclass(frozen=True)
class Mood:
    """How somebody fills in a workbook: shares between 0 and 1."""

    profile: float
    answers: float
    special: float
    beside: float
    figures: float
    reasons: float
    tables: float
    wrong: float


BLANK = Mood(0, 0, 0, 0, 0, 0, 0, 0)
FULL = Mood(1, 1, 0.1, 1, 1, 0, 1, 0)
EVERYTHING = Mood(1, 1, 0.3, 1, 1, 1, 1, 0.1)


def random_mood(rng: Random) -> Mood:
    """A way of filling in: one of the extremes now and then, anything between otherwise."""
    kind = rng.random()
    if kind < 0.02:
        return BLANK
    if kind < 0.06:
        return FULL
    if kind < 0.10:
        return EVERYTHING

    def share(*options: float) -> float:
        return rng.choice(options)

    return Mood(
        profile=share(0, 0.3, 0.7, 0.95, 1),
        answers=share(0, 0.1, 0.5, 0.6, 0.7, 0.95, 1),
        special=share(0, 0.1, 0.2, 0.5, 1),
        beside=share(0, 0.1, 0.4, 0.8),
        figures=share(0, 0.2, 0.6, 0.9, 1),
        reasons=share(0, 0.1, 0.4, 1),
        tables=share(0, 0.1, 0.5, 1),
        wrong=share(0, 0, 0, 0.03, 0.15),
    )


def random_typed(plan: Plan, rng: Random, mood: Mood | None = None, *, plain_types: bool = False) -> dict[Key, Typed]:
    """One answer set; the same generator state gives the same set.

    ``plain_types`` leaves out what nobody can type into a cell of that kind: logical values, and numbers in cells that
    are formatted as text.
    """
    mood = mood or random_mood(rng)
    typed: dict[Key, Typed] = {}
    habits = {node.id: rng.random() for node in plan.instrument.nodes}
    section_of = {question.id: node.id for node in plan.instrument.nodes for question in node.own}
    for slot in plan.asked_slots:
        share = _share(plan, slot, mood)
        if slot.key.item in section_of and slot.key.part is Part.ANSWER and mood not in (BLANK, FULL, EVERYTHING):
            habit = habits[section_of[slot.key.item]]
            share = 0.0 if habit < 0.08 else 1.0 if habit > 0.8 else share
        if rng.random() < share:
            typed[slot.key] = random_value(plan, slot, rng, mood, plain_types=plain_types)
    return typed


def _share(plan: Plan, slot: Slot, mood: Mood) -> float:
    kinds = plan.kinds
    if slot.key.part in (Part.EXPLANATION, Part.NOTE):
        return mood.beside
    kind = str(kinds.get(slot.key.item, ""))
    if slot.key.part is Part.MISSING:
        return mood.reasons
    if kind == "profile":
        return mood.profile
    if kind == "question":
        return mood.answers if slot.key.part is Part.ANSWER else mood.beside
    if kind == "figure":
        return mood.figures
    if kind == "table":
        return mood.tables
    return mood.beside


def random_value(plan: Plan, slot: Slot, rng: Random, mood: Mood | None = None, *, plain_types: bool = False) -> Typed:
    """Something that might stand in one cell."""
    mood = mood or EVERYTHING
    wrong = rng.random() < mood.wrong
    if slot.kind is SlotKind.CHOICE and slot.choices:
        return _choice(plan, slot, rng, mood, wrong, plain_types)
    if slot.kind is SlotKind.NUMBER:
        return _wrong_number(slot, rng, plain_types) if wrong else _number(slot, rng)
    if slot.kind is SlotKind.DATE:
        return _wrong_date(rng) if wrong else _date(rng)
    return _text(plan, slot, rng, wrong, plain_types)


def _choice(plan: Plan, slot: Slot, rng: Random, mood: Mood, wrong: bool, plain_types: bool) -> Typed:
    assert slot.choices is not None
    choices = offered(plan.instrument.choice_lists[slot.choices], levels_only=slot.levels_only)
    if wrong:
        label = rng.choice(choices)[0]
        others = (*_WRONG_CHOICES, f" {label}", f"{label}.", capitals(label), label.lower(), *BLANKS)
        return rng.choice(others if plain_types else (*others, float(rng.randint(0, 4)), True))
    special = [label for label, choice in choices if choice.state != "answered"]
    levels = [label for label, choice in choices if choice.state == "answered"]
    if special and (not levels or rng.random() < mood.special):
        return rng.choice(special)
    return rng.choice(levels)


def capitals(label: str) -> str:
    """A label in capitals, letter by letter: programs disagree on whether ß and SS are the same."""
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in label)


def _number(slot: Slot, rng: Random) -> float:
    """A number in range."""
    lowest = slot.minimum if slot.minimum is not None else -1_000_000.0
    highest = slot.maximum if slot.maximum is not None else rng.choice((10.0, 1_000.0, 500_000.0, 90_000_000.0))
    highest = max(highest, lowest)
    kind = rng.random()
    if kind < 0.12:
        return min(max(0.0, lowest), highest)
    if kind < 0.17:
        return lowest if slot.minimum is not None else -0.5
    if kind < 0.22:
        return highest
    if highest - lowest > 5 and kind < 0.7:
        return float(rng.randint(int(lowest), int(highest)))
    value = round(rng.uniform(lowest, highest), rng.choice((1, 2, 2, 3, 5)))
    return min(max(value, lowest), highest)


def _wrong_number(slot: Slot, rng: Random, plain_types: bool) -> Typed:
    options: list[Typed] = [rng.choice(_WRONG_NUMBERS), rng.choice(BLANKS)]
    if slot.minimum is not None:
        options.append(slot.minimum - rng.choice((0.01, 1.0, 1000.0)))
    if slot.maximum is not None:
        options.append(slot.maximum + rng.choice((0.01, 1.0, 1000.0)))
    if not plain_types:
        options.append(rng.choice((True, False)))
    return rng.choice(options)


def _date(rng: Random) -> float:
    kind = rng.random()
    if kind < 0.05:
        return rng.choice((serial(FIRST_DAY), serial(LAST_DAY)))
    if kind < 0.15:
        return float(rng.randint(int(serial(FIRST_DAY)), int(serial(LAST_DAY))))
    return float(rng.randint(43_000, 47_500))


def _wrong_date(rng: Random) -> Typed:
    outside = (serial(FIRST_DAY) - 1, serial(LAST_DAY) + 1, 0.0, -5.0, 2026.0)
    return rng.choice((rng.choice(_WRONG_DATES), rng.choice(BLANKS), rng.choice(outside)))


def _text(plan: Plan, slot: Slot, rng: Random, wrong: bool, plain_types: bool) -> Typed:
    if wrong and not plain_types and rng.random() < 0.5:
        return rng.choice((12.0, 0.0, 3.25, True, False))
    if wrong and rng.random() < 0.4:
        return rng.choice(BLANKS)
    field = _field(plan, slot.key.item)
    if field is not None and slot.key.part is Part.ANSWER:
        return _profile_text(plan, field, rng, wrong)
    if rng.random() < 0.2:
        return "".join(rng.choice(string.ascii_letters + string.digits + " .,;:-_/()&%'") for _ in range(12)) + "."
    return rng.choice(TEXTS)


def _field(plan: Plan, item: str) -> ProfileField | None:
    return next((field for field in plan.instrument.profile if field.id == item), None)


@cache
def _prefixes(plan: Plan, source: str) -> tuple[str, ...]:
    """What the text of a profile field may start with, so that another field can be worked out from it."""
    lookups = [field.lookup for field in plan.instrument.profile if field.by == "prefix" and field.source == source]
    entries = [entry for name in lookups if name for entry in plan.instrument.lookups[name].entries]
    return tuple(entry.prefix for entry in entries if entry.prefix)


def _profile_text(plan: Plan, field: ProfileField, rng: Random, wrong: bool) -> str:
    digits = "".join(rng.choice(string.digits) for _ in range(6))
    starts = _prefixes(plan, field.id) or (("E06", "W06") if field.type == "area_code" else ())
    if starts and rng.random() < 0.9:
        code = rng.choice((*starts, "X99", "Q")) + digits
        return rng.choice((code, code, code, code.lower(), f" {code}", code[:3], code[:2])) if wrong else code
    if field.type in ("org_id", "org_id_list"):
        schemes = [scheme.prefix for scheme in plan.instrument.framework.id_schemes] or ["DE-HRB"]
        codes = [f"{rng.choice(schemes)}-{digits}" for _ in range(2)]
        return ", ".join(codes) if field.type == "org_id_list" else codes[0]
    return rng.choice(TEXTS)


def values(plan: Plan, slot: Slot, *, plain_types: bool = False) -> st.SearchStrategy[Typed]:
    """What might stand in one cell, drawn by Hypothesis."""
    moods = st.sampled_from((EVERYTHING, Mood(1, 1, 0.5, 1, 1, 1, 1, 0.6)))
    chances = st.randoms(use_true_random=False)
    return st.builds(lambda rng, mood: random_value(plan, slot, rng, mood, plain_types=plain_types), chances, moods)


@st.composite
def typed_sets(draw: st.DrawFn, plan: Plan, *, plain_types: bool = False, most: int = 30) -> dict[Key, Typed]:
    """An answer set that shrinks: from a random one (or none) with up to ``most`` cells typed anew."""
    seed = draw(st.integers(0, 200))
    typed = random_typed(plan, Random(seed), plain_types=plain_types) if seed else {}
    chosen = draw(st.lists(st.sampled_from(plan.asked_slots), max_size=most, unique_by=lambda slot: slot.key))
    for slot in chosen:
        value = draw(values(plan, slot, plain_types=plain_types) | st.none())
        typed.pop(slot.key, None)
        if value is not None:
            typed[slot.key] = value
    return typed
