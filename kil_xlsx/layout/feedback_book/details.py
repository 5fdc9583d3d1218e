"""The sheets after the first: strengths and next steps, answers, measures, the place, and how to read it all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.branding import Branding
from kil_xlsx.core.disclosure import LEAST_FOR_PER_CENTS
from kil_xlsx.core.feedback import Feedback, Line, NextStep, SideBySide
from kil_xlsx.core.framework import Framework, Question
from kil_xlsx.core.release import MARKS, Item
from kil_xlsx.layout.document import Sheet
from kil_xlsx.layout.feedback_book.frame import (
    ADVICE,
    ANSWERS,
    EVERYONE,
    HOW_TO_READ,
    MEASURES,
    NOTHING,
    PLACE,
    Entry,
    Head,
    Number,
    Told,
    compared_with,
    day,
    finish,
    group_of,
    heading,
    in_one_text,
    named,
    new_sheet,
    number_format,
    one_line,
    own_text,
    paragraph,
    part,
    quartile_heads,
    quartiles,
    released,
    shares,
    spread_of,
    stands,
    table,
)

MOST_LEVELS = 7
"""Kinds of levels that have columns of their own; the shares of more stand in one text."""

_BETTER = {"higher": "Higher", "lower": "Lower", "context": "Neither"}


def advice(feedback: Feedback, branding: Branding) -> Sheet:
    """What the organisation does well, and what its next steps could be."""
    steps = [
        Head("No.", 10), Head("Question", 28), Head("Now", 14), Head("What that looks like", 33), Head("Next", 14),
        Head("What that looks like", 33), Head("Why it is here", 27), Head("What you planned", 21),
    ]  # fmt: skip
    whose = words.whose_words(not feedback.peers.label)
    about = f"Taken from your own answers, and from published figures of {whose}."
    sheet = new_sheet(ADVICE, ADVICE, about, [head.width for head in steps])
    starts = heading(sheet, 2, "Strengths") - 1
    row = starts + 1
    if feedback.strengths:
        heads = [Head("No.", 10), Head("What", 28), Head("Your answer", 14), Head("Why it is a strength", 33)]
        row = table(
            sheet, row, "strengths", heads,
            (
                (Told(each.item.id, "code"), one_line(each.item.label), each.answer or NOTHING, one_line(each.why))
                for each in feedback.strengths
            ),
        )  # fmt: skip
    else:
        row = paragraph(sheet, row, "None yet: a strength is a high answer with evidence to show for it.")
    middle = row + 1
    row = heading(sheet, middle, "Next steps")
    if feedback.next_steps:
        told = (
            f"First come those of your own action plan, then answers below the median of {whose}, then high answers "
            "with little evidence. Choose the few that matter most to you."
        )
        row = paragraph(sheet, row, told)
        row = table(sheet, row, "next_steps", _told_apart(steps), map(_step, feedback.next_steps))
    else:
        row = paragraph(sheet, row, "None: no answer has a level above it.")
    finish(sheet, feedback, branding, together=range(row), with_next=frozenset(range(middle, middle + 3)))
    return sheet


def _told_apart(heads: Sequence[Head]) -> list[Head]:
    """The headings of a table, of which no two may be alike."""
    titles = {3: "What your answer looks like", 5: "What the next one looks like"}
    return [Head(titles.get(at, head.title), head.width, head.centred) for at, head in enumerate(heads)]


def _step(step: NextStep) -> tuple[Entry, ...]:
    return (
        Told(step.item.id, "code"),
        Told(named(step.item.label, step.section), "text_indented") if step.section else one_line(step.item.label),
        step.now or NOTHING,
        own_text(step.now_words),
        Told(step.next, "label"),
        own_text(step.next_words),
        own_text(step.why),
        own_text(step.action),
    )


# Answers


def answers(feedback: Feedback, framework: Framework, branding: Branding) -> Sheet | None:
    """Every question: the organisation's answer beside last time's and those of its group; none without questions."""
    lines = feedback.of("question")
    if not lines:
        return None
    asked = {question.id: question for question in framework.questions}
    levels, spread = _levels([line.item for line in lines]), spread_of(feedback, lines)
    heads = [Head("No.", 10), Head("Question", 32), Head("Your answer", 14), Head("What that looks like", 36)]
    if feedback.before:
        heads.append(Head(f"Last time ({one_line(feedback.before, 40)})", 14))
    group = group_of(feedback)
    heads += [Head(f"{group}: organisations", 12, centred=True), Head(f"{group}: median", 10, centred=True)]
    heads += _level_heads(levels, f"{EVERYONE}: " if spread.of_everyone else "")
    heads.append(Head("Where you stand", 25))
    whose = words.whose_words(spread.of_everyone or not feedback.peers.label)
    about = f"Your answer to each question, and how {whose} answered it, in per cent of those who did."
    sheet = new_sheet(ANSWERS, ANSWERS, about, [head.width for head in heads])

    def entries(line: Line) -> Iterator[Entry]:
        question = asked.get(line.item.id)
        offered = {level.code: level.label for level in line.item.levels}
        yield Told(line.item.id, "code")
        yield one_line(line.item.label)
        yield Told(one_line(line.answer) or NOTHING, "label")
        yield own_text(_looks_like(question, line)) if question is not None else NOTHING
        if feedback.before:
            yield one_line(line.before_answer) or NOTHING
        yield part(line.group, line.item, "n", framework)
        yield part(line.group, line.item, "median", framework)
        if levels:
            yield from shares(spread.figure(line), levels, offered, line.answer)
        else:
            yield in_one_text(spread.figure(line), offered)
        yield stands(line, feedback)

    table(sheet, 3, "answers", heads, map(entries, lines))
    finish(sheet, feedback, branding, header=3)
    return sheet


def _levels(items: Sequence[Item]) -> list[tuple[str, str]]:
    """Code and label of every level; none where they are too many for columns."""
    found = list(dict.fromkeys((level.code, level.label) for item in items for level in item.levels))
    return found if len(found) <= MOST_LEVELS else []


def _level_heads(levels: Sequence[tuple[str, str]], whose: str = "") -> list[Head]:
    """The headings over the shares of levels.  ``whose`` stands before them where it is not the group's."""
    if not levels:
        return [Head(f"{whose}how many gave which answer" if whose else "How many gave which answer", 40)]
    titles: dict[str, None] = {}
    for code, label in levels:
        title = f"{whose}{one_line(label, 60)}, %"
        titles[title if title not in titles else f"{title} ({one_line(code, 40)})"] = None
    return [Head(title, 10.5, centred=True) for title in titles]


def _looks_like(question: Question, line: Line) -> str:
    """What the organisation's answer looks like, in the words of the question."""
    code = next((level.code for level in line.item.levels if level.label == line.answer), "")
    return question.levels.get(code, "")


# Measures


def measures(feedback: Feedback, framework: Framework, branding: Branding) -> Sheet | None:
    """Every measure that is compared, in its own unit; none without any."""
    lines = feedback.of("measure")
    if not lines:
        return None
    units, spread = {unit.id: unit.label for unit in framework.units}, spread_of(feedback, lines)
    heads = [
        Head("No.", 10), Head("Measure", 38), Head("Unit", 15), Head("Which is better", 10),
        Head("Your figure", 14, centred=True),
    ]  # fmt: skip
    if feedback.before:
        heads.append(Head(f"Last time ({one_line(feedback.before, 40)})", 14, centred=True))
    heads += [
        Head("Compared among", 22), Head(f"{group_of(feedback)}: organisations", 12, centred=True),
        *quartile_heads(spread, 11), Head("Where you stand", 27),
    ]  # fmt: skip
    about = (
        "Worked out from your figures. Some are compared only among those with the same answers as you: see “Compared "
        "among”."
    )
    sheet = new_sheet(MEASURES, MEASURES, about if _alike(lines) else "Worked out from your figures.",
                      [head.width for head in heads])  # fmt: skip

    everyone = "Everyone in the group" if feedback.peers.label else "Everyone of your kind"

    def entries(line: Line) -> Iterator[Entry]:
        form = number_format(line.item, framework)
        yield Told(line.item.id, "code")
        yield one_line(line.item.label)
        yield one_line(units.get(line.item.unit, "")) or NOTHING
        yield _BETTER[line.item.direction]
        yield line.answer or NOTHING if line.value is None else Number(line.value, form, "result_number")
        if feedback.before:
            yield line.before_answer or NOTHING if line.before is None else Number(line.before, form)
        yield one_line("; ".join(line.among)) or everyone
        yield part(line.group, line.item, "n", framework)
        yield from quartiles(spread, line, framework)
        yield stands(line, feedback)

    table(sheet, 3, "measures", heads, map(entries, lines))
    finish(sheet, feedback, branding, header=3)
    return sheet


def _alike(lines: Sequence[Line]) -> bool:
    return any(line.among for line in lines)


# The place


def place(feedback: Feedback, framework: Framework, branding: Branding) -> Sheet | None:
    """Questions beside the matching ones asked of others in the same place; none where that is not shown."""
    there = feedback.place
    if there is None or not there.pairs:
        return None
    levels = _levels([pair.other for pair in there.pairs])
    heads = [
        Head("No.", 10), Head("Your question", 32), Head("Your answer", 15), Head("Their No.", 10),
        Head("Their question", 32), Head("Their median", 9, centred=True), Head("How many answered", 12, centred=True),
        *_level_heads(levels),
    ]  # fmt: skip
    title = f"{one_line(there.respondent, 60)}s in your place" if there.respondent else PLACE
    about = f"{there.organisations:,} organisations with the area code {one_line(there.label, 40)} as their main area."
    sheet = new_sheet(PLACE, title, about, [head.width for head in heads])

    def entries(pair: SideBySide) -> Iterator[Entry]:
        yield Told(pair.own.item.id, "code")
        yield one_line(pair.label)
        yield Told(one_line(pair.own.answer) or NOTHING, "label")
        yield Told(pair.other.id, "code")
        yield one_line(pair.other.label)
        yield part(pair.figure, pair.other, "median", framework)
        yield part(pair.figure, pair.other, "n", framework)
        offered = {level.code: level.label for level in pair.other.levels}
        if levels:
            yield from shares(pair.figure, levels, offered, "")
        else:
            yield in_one_text(pair.figure, offered)

    table(sheet, 3, "place", heads, map(entries, there.pairs))
    finish(sheet, feedback, branding, header=3)
    return sheet


# How to read


def how_to_read(feedback: Feedback, branding: Branding) -> Sheet:
    """Whose it is, what the words mean, how the figures were made, and whom to ask."""
    heads = (Head("What", 30), Head("What it means", 92))
    about = (
        "What stands here is your own answers, and published figures of groups. Nothing is of any other organisation."
    )
    sheet = new_sheet(HOW_TO_READ, HOW_TO_READ, about, [head.width for head in heads], tab="tab_help")
    rows = ((Told(what, "label"), text) for what, text in _facts(feedback) if text)
    table(sheet, 3, "how_to_read", heads, rows)
    finish(sheet, feedback, branding, landscape=False, header=3)
    return sheet


_WORDS = {
    "Median and quartiles": (
        "Half of the group are at or above the median, and half at or below it. A quarter of them are at or below the "
        "lower quartile, and a quarter at or above the upper one."
    ),
    "Where you stand": (
        "In which quarter of your group you are, by its published quartiles; “of all of your kind” means all "
        "organisations of your type. Where there are at least {least} others, also how many are below you: “higher "
        "than about 60%” counts the others without you and without those under the same parent, to the nearest 10%. "
        "Nobody is ranked: scores that people give themselves are too close for that."
    ),
    "Small differences": (
        "A difference of less than one step in one answer may be chance, so no strength or next step rests on it."
    ),
    "No answer": (
        "“Not applicable”, “not known yet”, “not answered” and “could not be used” are four different things, and none "
        "of them is a nought."
    ),
}


def _facts(feedback: Feedback) -> Iterator[tuple[str, str]]:
    yield "Whose feedback", one_line(", ".join(filter(None, (feedback.organisation, feedback.organisation_id))))
    yield "Questionnaire", one_line(f"{feedback.title}, version {feedback.version}")
    yield "Your round", one_line(feedback.round_id)
    yield "Last time", one_line(feedback.before)
    yield "Release", f"{released(feedback)}."
    yield "Compared with", compared_with(feedback)
    yield "Made on", day(feedback.created)
    yield "Questions to", one_line(feedback.contact)
    for what, text in _WORDS.items():
        yield what, text.format(least=LEAST_FOR_PER_CENTS)
    yield "Change", "Only where the question, measure or section means the same as last time."
    for mark, meaning in MARKS.items():
        yield f"The mark {mark}", meaning
    for what, text in feedback.method:
        yield one_line(what, 80), own_text(text)
    if not any(text == feedback.notice for _, text in feedback.method):
        yield "Notice", own_text(feedback.notice)
