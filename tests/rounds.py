"""Two rounds of the same organisation: what it said last time, and what somebody does with it this time."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from strategies import Mood, random_mood, random_typed, random_value

from kil_xlsx.core.release import OVERALL
from kil_xlsx.core.returns import Key, Part, Touch, Typed, same
from kil_xlsx.core.scoring import score
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.decoding import decode
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Previous
from kil_xlsx.pipeline.prefill import carried_over, returned, usable

FULLER = Mood(1, 0.9, 0.2, 0.6, 0.8, 0.2, 0.7, 0.05)
"""A return with most cells filled in, some of them wrongly."""


@dataclass(frozen=True)
class SecondRound:
    """What is carried over, what is typed over it, and what must become of every item, or row of a table."""

    previous: Previous
    edits: dict[Key, Typed]
    states: dict[tuple[str, int], Touch]

    def of(self, state: Touch) -> list[tuple[str, int]]:
        """The items of one state."""
        return [item for item, found in self.states.items() if found is state]


def earlier(plan: Plan, rng: Random, mood: Mood | None = None) -> Previous:
    """What a random earlier return says to a new round."""
    typed = random_typed(plan, rng, mood or random_mood(rng), plain_types=True)
    values, _ = usable(plan, (decode(plan.instrument, plan.by_key[key], value)[0] for key, value in typed.items()))
    result = score(plan.instrument, returned(plan, values))
    scores: dict[str, float | None] = {each: of.score for each, of in result.sections.items()}
    return Previous("2025", carried_over(plan, values), {**scores, OVERALL: result.overall})


def second_round(plan: Plan, rng: Random, mood: Mood | None = None) -> SecondRound:
    """A random earlier return, each item of which is left, confirmed, changed, or both confirmed and changed."""
    previous = earlier(plan, rng, mood)
    edits: dict[Key, Typed] = {}
    states: dict[tuple[str, int], Touch] = {}
    rows: dict[tuple[str, int], list[Key]] = {}
    for key in previous.typed:
        rows.setdefault((key.item, key.row), []).append(key)
    for (item, row), keys in rows.items():
        confirm = plan.by_key.get(Key(item, Part.CONFIRM, row))
        act = rng.choice(("leave", "confirm", "change", "both"))
        states[item, row] = Touch.UNTOUCHED
        if act in ("confirm", "both") and confirm is not None:
            edits[confirm.key] = offered(plan.instrument.choice_lists[confirm.choices or ""])[0][0]
            states[item, row] = Touch.CONFIRMED
        if act in ("change", "both"):
            key = rng.choice(keys)
            value = random_value(plan, plan.by_key[key], rng, mood or FULLER, plain_types=True)
            if same(value, previous.typed[key]):
                value = None if previous.typed[key] is not None else value
            if not same(value, previous.typed[key]):
                edits[key] = value
                states[item, row] = Touch.CHANGED
    return SecondRound(previous, edits, states)
