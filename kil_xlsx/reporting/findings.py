"""What the figures say, in a sentence each: the headings of the report.

A difference smaller than a twentieth of the scale is never called out: it is less than one step on one answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from kil_xlsx.core.release import OVERALL, Item, Release, RespondentBenchmark, Statistic
from kil_xlsx.reporting.shown import Shown, some, spoken

_WORTH_SAYING = 0.05

_NAMED = 2
"""Up to how many that share a place are named in full; of more, codes are told."""

_CODES = 8
"""How many codes are told at most."""

FEW = 20
"""Fewer organisations than this, and a correlation says little: chance alone gives high ones."""


def main(shown: Shown, release: Release) -> list[str]:
    """The first thing to know about each respondent type."""
    said: list[str] = []
    for respondent in release.respondents:
        everyone = respondent.groups[0]
        used = everyone.counts.used
        if used is None:
            said.append(f"{respondent.label}: held back, because there are too few organisations.")
            continue
        sentence = f"{respondent.label}: {some(used, 'organisation')} used"
        overall = next((each for item, each in respondent.statistics(everyone, "overall")), None)
        if overall is not None and overall.figure.median is not None:
            item = respondent.item(overall.item)
            top = "" if item.maximum is None else f" out of {shown.value(item, item.maximum)}"
            sentence += f"; the median overall score is {shown.value(item, overall.figure.median)}{top}"
            low, high = overall.figure.lower_quartile, overall.figure.upper_quartile
            if low is not None and high is not None:
                sentence += f", and the middle half lies from {shown.value(item, low)} to {shown.value(item, high)}"
        said.append(f"{sentence}.")
    return said


def scores(shown: Shown, statistics: Sequence[tuple[Item, Statistic]]) -> str:
    """Where scores are highest and lowest."""
    return _ends(shown, statistics, "section", ("Scores by section", "Scores are", "highest", "lowest"))


def _ends(
    shown: Shown, statistics: Sequence[tuple[Item, Statistic]], kind: str, words: tuple[str, str, str, str]
) -> str:
    """The highest and the lowest median, in words: the plain heading, how sentences begin, high and low."""
    plain, begin, best, worst = words
    known = [(item, each.figure.median) for item, each in statistics if item.kind == kind]
    found = [(item, median) for item, median in known if median is not None]
    if len(found) < 2:
        return plain
    low, high = min(median for _, median in found), max(median for _, median in found)
    if high - low < least(shown, found[0][0]):
        return f"{begin} much the same in every section"
    at_top = _named(shown, [item for item, median in found if median == high])
    at_bottom = _named(shown, [item for item, median in found if median == low])
    return f"{begin} {best} for {at_top}; {worst} for {at_bottom}"


def _named(shown: Shown, items: list[Item]) -> str:
    """Those that share a place: by name, or by their codes if they are several."""
    if len(items) <= _NAMED:
        return spoken([f"“{item.label}”" for item in items])
    codes = [shown.code(item) or item.label for item in items]
    return spoken(codes if len(codes) <= _CODES else [*codes[: _CODES - 1], f"{len(codes) - _CODES + 1} more"])


def least(shown: Shown, item: Item) -> float:
    """The smallest difference that is called out, in the unit of the item; nought where it has no bounds."""
    bounds = shown.scale(item)
    return (bounds.maximum - bounds.minimum) * _WORTH_SAYING if bounds else 0.0


def questions(shown: Shown, statistics: Sequence[tuple[Item, Statistic]]) -> str:
    """Which question is furthest on: the share at the two highest levels."""
    found = [
        (round(sum(level.share for level in each.figure.levels[-2:]), 6), item)
        for item, each in statistics
        if each.figure.levels is not None and len(each.figure.levels) > 3 and _ordered(item)
    ]
    if len(found) < 2:
        return "Answers to each question"
    low, high = min(share for share, _ in found), max(share for share, _ in found)
    if high - low < _WORTH_SAYING:
        return "Answers are much alike across questions"
    at_top = _named(shown, [item for share, item in found if share == high])
    at_bottom = _named(shown, [item for share, item in found if share == low])
    return f"Practice is furthest on for {at_top}; least far for {at_bottom}"


def groups(respondent: RespondentBenchmark) -> str:
    """How many groups can be compared."""
    others = respondent.compared[1:]
    open_ = sum(not group.suppressed for group in others)
    if open_ == len(others):
        return f"{some(open_, 'group')} can be compared with all"
    if not open_:
        return f"No group can be compared with all: {'it is' if len(others) == 1 else 'they are'} held back"
    held = "the other is" if len(others) - open_ == 1 else "the others are"
    return f"{open_} of {some(len(others), 'group')} can be compared with all; {held} held back"


def _ordered(item: Item) -> bool:
    return all(level.value is not None for level in item.levels)


def completeness(shown: Shown, statistics: Sequence[tuple[Item, Statistic]]) -> str:
    """How complete returns are overall."""
    for item, each in statistics:
        if item.of == OVERALL and each.figure.median is not None:
            return (
                f"Half of the returns have {shown.value(item, each.figure.median)} or more of their questions answered"
            )
    return "How complete returns are"


def evidence(shown: Shown, statistics: Sequence[tuple[Item, Statistic]]) -> str:
    """Where answers are evidenced best and worst."""
    return _ends(shown, statistics, "evidence", ("How strong the evidence is", "Evidence is", "strongest", "weakest"))


def measures(statistics: Sequence[tuple[Item, Statistic]]) -> str:
    """How many measures can be shown."""
    names = dict.fromkeys(item.id for item, _ in statistics)
    open_ = {item.id for item, each in statistics if each.figure.shown}
    return f"{len(open_)} of {some(len(names), 'measure')} can be shown"


def separations(respondent: RespondentBenchmark) -> str:
    """How many questions separate strongly."""
    known = [each for each in respondent.separations if each.strength]
    if not known:
        return "Which questions separate strong from weak"
    strong = sum(each.strength == "strong" for each in known)
    verb = "seem to separate" if caution(respondent) else "separate"
    return f"{strong} of {some(len(known), 'question')} {verb} high scores from low ones strongly"


def caution(respondent: RespondentBenchmark) -> str:
    """What to keep in mind where few organisations are behind correlations; nothing where there are enough."""
    counts = sorted(each.n for each in respondent.separations if each.strength and each.n is not None)
    few = [each for each in counts if each < FEW]
    if not few:
        return ""
    whose = "these" if len(few) == len(counts) else f"{len(few)} of these"
    behind = f"{few[0]}" if few[0] == few[-1] else f"{few[0]} to {few[-1]}"
    return (
        f"Take care: {whose} correlations come from {behind} organisations only. With fewer than {FEW}, chance alone "
        "often makes a question seem to separate"
    )


def separating(respondent: RespondentBenchmark) -> str:
    """Which questions separate most, and which not at all."""
    said = [*filter(None, [caution(respondent)])]
    said += ["Organisations that score high on everything else also tend to score high on questions that separate"]
    for strength, words in (("strong", "Most of all"), ("none", "Not at all")):
        known = [each for each in respondent.separations if each.strength == strength and each.correlation is not None]
        known.sort(
            key=lambda each: -abs(each.correlation or 0.0) if strength == "strong" else abs(each.correlation or 0)
        )
        if known:
            said.append(f"{words}: {'; '.join(respondent.item(each.item).label for each in known[:3])}")
    return ". ".join(said)


def change(shown: Shown, respondent: RespondentBenchmark) -> str:
    """Whether the overall median moved."""
    everyone = respondent.groups[0].id
    for each in respondent.changes:
        before, now = each.before.median, each.now.median
        if each.item == OVERALL and each.group == everyone and before is not None and now is not None:
            item = respondent.item(OVERALL)
            words = f"from {shown.value(item, before)} to {shown.value(item, now)}"
            before, now = shown.rounded(item, before), shown.rounded(item, now)
            if abs(now - before) < least(shown, item):
                return f"The median overall score changed little: {words}"
            return f"The median overall score {'rose' if now > before else 'fell'} {words}"
    return "Change since the earlier release"
