"""The words in which an organisation is told what its answers come to; labels are the framework's own.

They are English whatever the framework's language, as in all that a benchmark writes.  The workbook and the one-page
summary take them from here, so that both say the same.
"""

from __future__ import annotations

from typing import Literal

from kil_xlsx.core.feedback import Line, Position, Quarter

NOT_ENOUGH = "Not enough answers"
"""Stands for a score that too few questions were answered for."""

NOT_ANSWERED = "Not answered"
NOT_APPLICABLE = "Not applicable"
NOT_KNOWN = "Not known yet"
UNUSABLE = "Given, but could not be used"
FIGURES_MISSING = "Figures missing"
"""Why there is no answer: five reasons that are never taken for one another."""

NOT_COMPARABLE = "Not asked this way then"
NOTHING_BEFORE = "No answer then"
"""Why nothing stands under last time."""

HELD_BACK = "Held back"
"""Stands for a figure that is not published."""

YOUR_GROUP, YOUR_KIND = "your group", "all of your kind"
"""Those that something is said of: a smaller group, or all organisations of the same type."""

_QUARTERS: dict[Quarter, str] = {
    "lowest": "In the lowest quarter of {whose}",
    "second": "In the second lowest quarter of {whose}",
    "median": "At the median of {whose}",
    "third": "In the second highest quarter of {whose}",
    "highest": "In the highest quarter of {whose}",
}

_MOST_AND_LEAST: dict[Quarter, str] = {
    "lowest": "Among the quarter of {whose} with the least",
    "highest": "Among the quarter of {whose} with the most",
}
"""Where neither more nor less is better, "highest" would sound like praise."""


def whose_words(of_everyone: bool) -> str:
    """Whose figures are meant."""
    return YOUR_KIND if of_everyone else YOUR_GROUP


def quarter_words(quarter: Quarter, whose: str, direction: Literal["higher", "lower", "context"] = "higher") -> str:
    """In which quarter a value lies, such as "In the highest quarter of your group (lower is better)"."""
    if direction == "context" and quarter in _MOST_AND_LEAST:
        return _MOST_AND_LEAST[quarter].format(whose=whose)
    told = _QUARTERS[quarter].format(whose=whose)
    return f"{told} (lower is better)" if direction == "lower" and quarter != "median" else told


def position_words(position: Position, whose: str) -> str:
    """A position in words, such as "Higher than about 60%, same as about 20% of 24 others in your group".

    Empty where it is not told in per cents.
    """
    if position.higher_than is None:
        return ""
    higher = {0: "few or none", 100: "all or nearly all"}.get(position.higher_than, f"about {position.higher_than}%")
    same = {0: "", 100: ", same as all or nearly all"}.get(
        position.same_as or 0, f", same as about {position.same_as}%"
    )
    of = "of {:,} others in your group" if whose == YOUR_GROUP else "of {:,} others of your kind"
    return f"Higher than {higher}{same} {of.format(position.others)}"


def standing(line: Line, of_everyone: bool) -> str:
    """Where a value stands, in words, all of them about the same organisations; empty where that is not told.

    Levels are few and so many share one that a quarter would say little of an answer beside how many are below it.

    :param of_everyone: whether the organisation is compared with all of its kind.
    """
    position = line.position
    elsewhere = position is not None and position.among_everyone
    whose = whose_words(of_everyone or elsewhere)
    quarter = position.quarter if position is not None and elsewhere else line.quarter
    counted = position_words(position, whose) if position is not None else ""
    if quarter is None or (counted and line.item.kind == "question"):
        return counted
    told = quarter_words(quarter, whose, line.item.direction)
    return f"{told}. {counted}" if counted else told


# Next steps and strengths

BELOW_TARGET = "Below the target that you set: {target}."
DONT_KNOW = "Nobody could say yet."
CLAIM = "A high answer with little evidence."
BELOW_MEDIAN = "Below the median of {whose}: {median}."
LOWEST = "Among your lowest answers."

FIND_OUT = "Find out"
FIND_OUT_WORDS = "Find out which of the answers describes today, and what shows it."
SHOW_EVIDENCE = "Show it"
SHOW_EVIDENCE_WORDS = "Name what shows that this is so."
SHOW_EVIDENCE_EXAMPLES = "Name what shows that this is so, for example: {examples}."

WITH_EVIDENCE = "A high answer with evidence: {strength}."
ABOVE_UPPER = "Above the upper quartile of {whose}: {upper}."

# Notes on the return itself

NOT_USED = "Your answers are not part of the figures of this release: {reason}."
LEFT_OPEN = "Questions without an answer: {named}."
TO_FIND_OUT = "Questions that nobody could answer yet: {named}."
WITHOUT_EVIDENCE = "High answers with little or no evidence: {named}."
NO_GROUP = "You are compared with all of your kind: too little is published of the smaller groups that you belong to."
NO_FIGURES = "The release has no figures of organisations of your kind."
BEFORE_CHANGED = "Asked differently last time, so not compared with it: {named}."
