"""The words in which an organisation is told what its answers come to; labels are the framework's own.

They are English whatever the framework's language, as in all that a benchmark writes.  The workbook and the one-page
summary take them from here, so that both say the same.
"""

from __future__ import annotations

from kil_xlsx.core.feedback import Position, Quarter

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

EVERYONE = "everyone of your kind"

QUARTERS: dict[Quarter, str] = {
    "lowest": "In the lowest quarter",
    "second": "In the second lowest quarter",
    "third": "In the second highest quarter",
    "highest": "In the highest quarter",
}
"""In which quarter of the group a value lies."""


def position_words(position: Position) -> str:
    """A position in words, such as "Higher than 60%, same as 20% of 14 others"."""
    of = "of {:,} others of your kind" if position.among_everyone else "of {:,} others"
    return f"Higher than {position.higher_than}%, same as {position.same_as}% {of.format(position.others)}"


# Next steps and strengths

BELOW_TARGET = "Below the target that you set: {target}."
DONT_KNOW = "Nobody could say yet."
CLAIM = "A high answer with little evidence."
BELOW_MEDIAN = "Below the median of your group: {median}."
LOWEST = "Among your lowest answers."

FIND_OUT = "Find out"
FIND_OUT_WORDS = "Find out which of the answers describes today, and what shows it."
SHOW_EVIDENCE = "Show it"
SHOW_EVIDENCE_WORDS = "Name what shows that this is so."
SHOW_EVIDENCE_EXAMPLES = "Name what shows that this is so, for example: {examples}."

WITH_EVIDENCE = "A high answer with evidence: {strength}."
ABOVE_UPPER = "Above the upper quartile of your group: {upper}."
ABOVE_UPPER_OF_ALL = "Above the upper quartile of everyone of your kind: {upper}."

# Notes on the return itself

NOT_USED = "Your answers are not part of the figures of this release: {reason}."
LEFT_OPEN = "Questions without an answer: {codes}."
TO_FIND_OUT = "Questions that nobody could answer yet: {codes}."
WITHOUT_EVIDENCE = "High answers with little or no evidence: {codes}."
NO_GROUP = "You are compared with everyone of your kind: no smaller group that you belong to has published figures."
NO_FIGURES = "The release has no figures of organisations of your kind."
BEFORE_CHANGED = "Asked differently last time, so not compared with it: {codes}."
