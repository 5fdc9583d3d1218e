"""A benchmark release as tidy tables: one number a row, and a column that says why where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import (
    CONFIDENTIAL,
    MARKS,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    PART_NAMES,
    PARTS,
    Figure,
    Group,
    Item,
    Kind,
    Part,
    Release,
    RespondentBenchmark,
    Statistic,
)
from kil_xlsx.results.data_package import About, Cell, Column, DataTable, Link, Source, package_files

FOLDER = "data"
"""The folder of a release in which its tables lie."""

STATISTICS: dict[str, str] = {
    **{part: PART_NAMES[part] for part in PARTS},
    "level_count": "How many organisations chose the level",
    "level_share": "The share of the organisations that answered which chose the level, from 0 to 1",
    "not_applicable": "How many organisations said that the question does not apply",
    "dont_know": "How many organisations said that they do not know",
    "unanswered": "How many organisations gave no answer that can be used",
}
"""What a row of the table of figures can be."""

COUNTED = {
    "invited": "Organisations that were invited",
    "files": "Files that could be read",
    "returned": "Organisations that they came from",
    "accepted": "Organisations that filled their workbook in",
    "used": "Organisations behind the figures",
    "excluded": "Organisations or files left out, for the reason given",
}
"""What a row of the table of counts can be."""

_ASIDE = ("not_applicable", "dont_know", "unanswered")

_KINDS: dict[str, str] = {
    "overall": "the overall score",
    "section": "the score of a section",
    "question": "the answers to a question",
    "measure": "something worked out from figures, in a unit of its own",
    "completeness": "which share of the questions that can apply was answered",
    "evidence": "how strong the evidence beside the answers is",
}

_RESPONDENT = Column("respondent", "string", "The respondent type.", needed=True)
_GROUP = Column("group", "string", "The group of organisations.", needed=True)
_ITEM = Column("item", "string", "What the figure is about.", needed=True)
_MARK = Column("mark", "string", "Why there is no value; empty where there is one.", MARKS)


def release_files(release: Release, framework: Framework) -> dict[str, bytes]:
    """The data files of a release, by their path in its folder.  The same release gives the same bytes."""
    files = package_files(_about(release, framework), release_tables(release, framework))
    return {f"{FOLDER}/{name}": content for name, content in files.items()}


def release_tables(release: Release, framework: Framework) -> tuple[DataTable, ...]:
    """The tables of a release.  Every number of it stands in one of them, once."""
    units = {"share": "Share, from 0 to 1", **{unit.id: unit.label for unit in framework.units}}
    kinds = get_args(Kind)
    to_group = Link(("respondent", "group"), "groups", ("respondent", "group"))
    to_item = Link(("respondent", "item"), "items", ("respondent", "item"))
    everybody = release.respondents
    return (
        DataTable(
            "figures", "Figures", "One number of one item in one group in each row. A group that is held back has no "
            "rows.",
            (
                _RESPONDENT, _GROUP, _ITEM,
                Column("among", "string", "For measures compared like with like: the answers that the organisations "
                       "have in common."),
                Column("statistic", "string", "Which number it is.", STATISTICS, needed=True),
                Column("level", "string", "The level of the question, for counts and shares of levels."),
                Column("value", "number", "The number, in the unit of the item; shares run from 0 to 1."),
                _MARK,
            ),
            ("respondent", "group", "item", "among", "statistic", "level"),
            [row for each in everybody for row in _figures(each)],
            (to_group, to_item),
        ),
        DataTable(
            "groups", "Groups", "The groups of organisations that are compared.",
            (
                _RESPONDENT, _GROUP,
                Column("kind", "string", "What makes the group.", {
                    "all": "all organisations of the respondent type",
                    "field": "those with the same answer to a field",
                    "list": "those of a named list",
                    "place": "those in the same place, for questions that match those of another respondent type",
                }, needed=True),
                Column("field", "string", "The field that it is made by."),
                Column("field_label", "string", "What the field is called."),
                Column("label", "string", "What the group is called: the answer, or the name of the list."),
                Column("suppressed", "boolean", "Whether the group is held back, so that it has no figures.",
                       needed=True),
            ),
            ("respondent", "group"),
            [
                (each.id, group.id, group.kind, group.field or None, group.field_label or None, group.label or None,
                 group.suppressed)
                for each in everybody for group in each.groups
            ],
            (Link(("respondent",), "respondents", ("respondent",)),),
        ),
        DataTable(
            "counts", "Counts", "How many organisations there are in each group. For groups other than that of all, "
            "only those used are told.",
            (
                _RESPONDENT, _GROUP,
                Column("count", "string", "What is counted.", COUNTED, needed=True),
                Column("reason", "string", "Why they were left out, for the count excluded."),
                Column("reason_label", "string", "The reason in words."),
                Column("value", "integer", "How many."),
                _MARK,
            ),
            ("respondent", "group", "count", "reason"),
            [row for each in everybody for group in each.groups for row in _counts(each, group)],
            (to_group,),
        ),
        DataTable(
            "items", "Items", "What figures are about: scores, questions, measures, completeness and evidence.",
            (
                _RESPONDENT, _ITEM,
                Column("kind", "string", "What it is.", {kind: _KINDS[kind] for kind in kinds}, needed=True),
                Column("label", "string", "What it is called.", needed=True),
                Column("of", "string", "The section that a question belongs to, or that completeness and evidence are "
                       "about; overall for all sections."),
                Column("depth", "integer", "How deep a section lies below others, from 0.", needed=True),
                Column("unit", "string", "The unit of a measure."),
                Column("unit_label", "string", "What the unit is called."),
                Column("direction", "string", "Which values are better.", {
                    "higher": "higher values are better",
                    "lower": "lower values are better",
                    "context": "neither; the value tells about circumstances",
                }, needed=True),
                Column("theme", "string", "Shared by matching questions of different respondent types."),
                Column("minimum", "number", "The least value that it can have."),
                Column("maximum", "number", "The greatest value that it can have."),
            ),
            ("respondent", "item"),
            [
                (each.id, item.id, item.kind, item.label, item.of or None, item.depth, item.unit or None,
                 units.get(item.unit), item.direction, item.theme or None, item.minimum, item.maximum)
                for each in everybody for item in each.items
            ],
            (Link(("respondent",), "respondents", ("respondent",)),),
        ),
        DataTable(
            "levels", "Levels", "The levels of each question's scale, in order.",
            (
                _RESPONDENT, _ITEM,
                Column("level", "string", "The code of the level.", needed=True),
                Column("label", "string", "What the level is called.", needed=True),
                Column("value", "number", "The number that it stands for; empty where levels have no values."),
            ),
            ("respondent", "item", "level"),
            [
                (each.id, item.id, level.code, level.label, level.value)
                for each in everybody for item in each.items for level in item.levels
            ],
            (to_item,),
        ),
        DataTable(
            "respondents", "Respondent types", "The kinds of organisation that were sent a workbook of their own.",
            (_RESPONDENT, Column("label", "string", "What they are called.", needed=True)),
            ("respondent",),
            [(each.id, each.label) for each in everybody],
        ),
        DataTable(
            "separations", "Questions that separate", "How well each question tells organisations that score high on "
            "everything else from those that score low.",
            (
                _RESPONDENT, _ITEM,
                Column("statistic", "string", "Which number it is.", {
                    "n": "how many organisations it rests on",
                    "correlation": "the correlation of the answer with the mean of all other answers, from -1 to 1",
                }, needed=True),
                Column("strength", "string", "The correlation in a word.", {
                    each: each for each in ("strong", "some", "little", "none")
                }),
                Column("value", "number", "The number."),
                _MARK,
            ),
            ("respondent", "item", "statistic"),
            [row for each in everybody for row in _separations(each)],
            (to_item,),
        ),
        DataTable(
            "changes", "Changes", "Figures of an earlier release beside those of this one, for items that mean the "
            "same in both.",
            (
                _RESPONDENT, _GROUP, _ITEM,
                Column("release", "string", "Which release.", {
                    "before": "the earlier one", "now": "this one",
                }, needed=True),
                Column("statistic", "string", "Which number it is.", STATISTICS, needed=True),
                Column("level", "string", "The level of the question, for counts and shares of levels."),
                Column("value", "number", "The number, in the unit of the item."),
                _MARK,
            ),
            ("respondent", "group", "item", "release", "statistic", "level"),
            [row for each in everybody for row in _changes(each)],
            (to_group, to_item),
        ),
        DataTable(
            "pairs", "Matching questions", "Questions of different respondent types about the same thing.",
            (
                Column("theme", "string", "What they have in common.", needed=True),
                Column("label", "string", "The same in words.", needed=True),
                _RESPONDENT, _ITEM,
            ),
            ("theme", "respondent"),
            [
                (pair.theme, pair.label, respondent, question)
                for pair in release.pairs for respondent, question in pair.questions.items()
            ],
            (to_item,),
        ),
        _release_table(release),
    )  # fmt: skip


# Rows

_Row = tuple[Cell, ...]


def _figures(respondent: RespondentBenchmark) -> Iterator[_Row]:
    for group in respondent.groups:
        for item, statistic in respondent.statistics(group):
            for name, level, value, mark in _numbers(item, statistic.figure):
                yield respondent.id, group.id, item.id, _among(statistic), name, level, value, mark


def _among(statistic: Statistic) -> str | None:
    return "; ".join(statistic.among) or None


def _numbers(item: Item, figure: Figure) -> Iterator[tuple[str, str | None, float | None, str | None]]:
    """The numbers of a figure: what each is, its level, its value, and the mark where there is none."""
    for part in PARTS:
        yield part, None, *_or_mark(figure.part(part), _mark_of(item, part))
    if item.kind != "question":
        return
    chosen = {each.code: each for each in figure.levels or ()}
    for level in item.levels:
        found = chosen.get(level.code)
        yield "level_count", level.code, *_or_mark(found.count if found else None, CONFIDENTIAL)
        yield "level_share", level.code, *_or_mark(found.share if found else None, CONFIDENTIAL)
    for name in _ASIDE:
        aside = None if figure.aside is None else getattr(figure.aside, name)
        yield name, None, *_or_mark(aside, CONFIDENTIAL)


def _mark_of(item: Item, part: Part) -> str:
    return CONFIDENTIAL if part in item.parts else NOT_APPLICABLE


def _or_mark(value: float | None, mark: str) -> tuple[float | None, str | None]:
    return (None, mark) if value is None else (value, None)


def _counts(respondent: RespondentBenchmark, group: Group) -> Iterator[_Row]:
    counts = group.counts
    for name in ("invited", "files", "returned", "accepted", "used"):
        value: int | None = getattr(counts, name)
        if value is None and name != "used" and group.kind != "all":
            continue  # told of nobody but all
        mark = NOT_AVAILABLE if name == "invited" else CONFIDENTIAL
        yield respondent.id, group.id, name, None, None, *_or_mark(value, mark)
    for each in counts.exclusions:
        yield respondent.id, group.id, "excluded", each.reason, each.label, *_or_mark(each.count, CONFIDENTIAL)


def _separations(respondent: RespondentBenchmark) -> Iterator[_Row]:
    for each in respondent.separations:
        for name, value in (("n", each.n), ("correlation", each.correlation)):
            yield respondent.id, each.item, name, each.strength or None, *_or_mark(value, CONFIDENTIAL)


def _changes(respondent: RespondentBenchmark) -> Iterator[_Row]:
    for each in respondent.changes:
        item = respondent.item(each.item)
        for when, figure in (("before", each.before), ("now", each.now)):
            for name, level, value, mark in _numbers(item, figure):
                yield respondent.id, each.group, item.id, when, name, level, value, mark


def _release_table(release: Release) -> DataTable:
    earlier, least = release.earlier, release.method.thresholds
    columns: tuple[tuple[Column, Cell], ...] = (
        (Column("number", "integer", "The number of the release, from 1.", needed=True), release.number),
        (Column("created", "date", "The day on which it was made.", needed=True), release.created),
        (Column("framework", "string", "The questionnaire.", needed=True), release.framework),
        (Column("version", "string", "Its version.", needed=True), release.version),
        (Column("title", "string", "What it is called.", needed=True), release.title),
        (Column("language", "string", "Its language.", needed=True), release.language),
        (Column("contact", "string", "Whom to ask."), release.contact or None),
        (Column("rounds", "string", "The collection rounds that returns name."), "; ".join(release.rounds) or None),
        (Column("files_given", "integer", "How many files were given."), release.files.given),
        (Column("files_refused", "integer", "How many of them could not be read."), release.files.refused),
        (
            Column("files_not_comparable", "integer", "How many are of another questionnaire, version or respondent."),
            release.files.not_comparable,
        ),
        (Column("least_mean", "integer", "The least number of organisations behind a mean or median."), least.mean),
        (Column("least_quartiles", "integer", "The same for quartiles and distributions."), least.quartiles),
        (Column("least_percentiles", "integer", "The same for other percentiles."), least.percentiles),
        (
            Column("besides_reader", "boolean", "Whether they count the organisations other than any one reader."),
            least.besides_reader,
        ),
        (Column("earlier_number", "integer", "The release that changes are measured against."),
         earlier.number if earlier else None),
        (Column("earlier_created", "date", "The day on which that was made."), earlier.created if earlier else None),
        (Column("earlier_rounds", "string", "The rounds of that."),
         "; ".join(earlier.rounds) or None if earlier else None),
    )  # fmt: skip
    return DataTable(
        "release", "Release", "One row: the release itself.",
        tuple(column for column, _ in columns), ("number",), [tuple(value for _, value in columns)],
    )  # fmt: skip


# Description


def _about(release: Release, framework: Framework) -> About:
    units = {unit.id: unit.label for unit in framework.units}
    method = tuple(release.method.sentences())
    rounds = ", ".join(release.rounds) or "not stated"
    returns = f"{len(release.inputs)} returned workbooks, known by their SHA-256 in release.json"
    return About(
        name=f"{release.framework}-benchmark-{release.number}",
        title=f"{release.title}: benchmark release {release.number}",
        version=str(release.number),
        created=release.created,
        paragraphs=tuple(
            text
            for text in (
                f"Benchmark release {release.number} of {release.created.isoformat()}, questionnaire version "
                f"{release.version}, collection rounds: {rounds}.",
                "Every number describes a group of organisations, none describes one. What is held back has a mark "
                "instead of a number.",
                release.method.notice,
                f"Contact: {release.contact}." if release.contact else "",
                "No licence is stated: whoever publishes these files says under which terms they may be used.",
            )
            if text
        ),
        chapters=tuple(
            (heading, pairs)
            for heading, pairs in (
                ("Read this first", tuple(("Note", text) for text in release.warnings)),
                ("Marks", tuple(MARKS.items())),
                ("How the figures were made", tuple(each for each in method if each[1] != release.method.notice)),
            )
            if pairs
        ),
        appendix=tuple(
            (f"{respondent.label}: what figures are about", tuple(_in_words(respondent, units)))
            for respondent in release.respondents
        ),
        sources=(Source(returns), Source(f"{framework.title}, version {release.version}")),
        more={
            "keywords": ["benchmark", "self-assessment", release.framework],
            "method": dict(method),
            "marks": MARKS,
        },
    )


def _in_words(respondent: RespondentBenchmark, units: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every item with its label; completeness and evidence, which are of the same sections, are left out."""
    for item in respondent.items:
        if item.kind not in ("completeness", "evidence"):
            unit = units.get(item.unit, item.unit)
            yield item.id, f"{item.label} ({unit})" if unit else item.label
