"""The sheet of notes: what weakens the figures first, then how they were made, then what the marks mean."""

from __future__ import annotations

from collections.abc import Iterator

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import MARKS, Release
from kil_xlsx.layout.benchmark_book.frame import NOTES, Head, Line, Number, TableSheet, table_sheet

_MARKS_IN_SHORT = "Marks: [c] held back, [x] not available, [z] cannot apply."
_SELF_ASSESSED = (
    "Answers are what organisations say of themselves. Those who take part may differ from those who do not. Small "
    "differences between groups, of less than one step in one answer, mean little."
)

_LEFT_OUT = (
    "Lines of groups in which not one number may be shown are left out of scores, answers, measures and completeness; "
    "of measures, those of everyone too. Each sheet says how many; a sheet without any line left is not there. The "
    "file data/figures.csv of the release has all lines."
)
CHANCE_BELOW = 20
"""Organisations below which a correlation says little about others."""

_CHANCE = (
    f"A correlation among fewer than {CHANCE_BELOW} organisations is very uncertain: it may be strong by chance alone, "
    "and with many questions some always are. Take it for something to look into."
)

_KEYS = {
    "Less protection than usual": "lowered",
    "Which returns are used": "selection",
    "How complete a return has to be": "entry",
    "What is held back": "suppression",
    "Quartiles and percentiles": "quantiles",
    "Missing answers": "missing",
    "Weighting": "weighting",
    "Comparing like with like": "comparison",
    "Questions that separate": "separation",
    "Change since an earlier release": "change",
}
"""What other sheets call the sentences of the method, by heading."""


def bands_of(framework: Framework) -> str:
    """The bands of scores in words, each with the score from which on it holds."""
    return "; ".join(f"{band.display()}, from {band.from_:g}" for band in framework.scoring.bands)


def few_behind_separation(release: Release) -> bool:
    """Whether so few organisations are behind what is shown of some question's separation that it may be chance."""
    return any(
        each.n is not None and each.n < CHANCE_BELOW
        for respondent in release.respondents
        for each in respondent.separations
    )


class Notes:
    """All notes with their numbers, so that other sheets can point at them."""

    def __init__(self, release: Release, framework: Framework) -> None:
        """Number the notes of a release."""
        self._list = list(_all(release, framework))
        self._numbers = {key: number for number, (key, _, _) in enumerate(self._list, start=1) if key}

    def see(self, *keys: str) -> str:
        """What the marks of a table mean, and which notes belong to it.  Notes that are not there are left out."""
        numbers = sorted(self._numbers[key] for key in ("lowered", *keys) if key in self._numbers)
        if not numbers:
            return f"{_MARKS_IN_SHORT} See the sheet {NOTES}."
        *first, last = map(str, numbers)
        which = f"notes {', '.join(first)} and {last}" if first else f"note {last}"
        return f"{_MARKS_IN_SHORT} See {which} on the sheet {NOTES}."

    def sheet(self) -> TableSheet:
        """The sheet itself."""
        made = table_sheet(
            NOTES,
            "Notes: cautions, method and marks",
            "What to know before using the figures: cautions first, then how they were made, then the marks.",
            "The other sheets refer to these notes by number.",
            (Head("Note", 8, number=False), Head("About", 34, number=False), Head("What there is to know", 100, False)),
            (
                Line((Number(number), heading, text), ("note", str(number)))
                for number, (_, heading, text) in enumerate(self._list, start=1)
            ),
            filtered=False,
            landscape=False,
        )
        assert made is not None  # there is always a note about the marks
        return made


def _all(release: Release, framework: Framework) -> Iterator[tuple[str, str, str]]:
    """Every note: a key, its heading, its text."""
    sentences = [(_KEYS.get(heading, ""), heading, text) for heading, text in release.method.sentences()]
    yield from (each for each in sentences if each[0] == "lowered")
    for warning in release.warnings:
        yield "", "Caution", warning
    yield "reading", "Reading the figures", _SELF_ASSESSED
    yield from (each for each in sentences if each[0] != "lowered")
    if few_behind_separation(release):
        yield "chance", "Separation and chance", _CHANCE
    yield "left_out", "Lines that are left out", _LEFT_OUT
    for mark, meaning in MARKS.items():
        yield mark, f"The mark {mark}", meaning
    if framework.scoring.bands:
        bands = bands_of(framework)
        yield "bands", "Shades of the heat map", f"Each number stands beside the name of its band. The bands: {bands}."
    yield (
        "charts",
        "Charts",
        "Charts repeat numbers of the tables. What is held back is not drawn: where no bar is, look at the table.",
    )
