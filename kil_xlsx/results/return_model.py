"""The shape of the JSON of returned workbooks: the lossless copy of everything that was read.

:class:`ReturnDocument` is the whole document.  Keys are stable: a key that is renamed, removed or changes its meaning
raises the number in ``schema``; new keys do not.  What is not there is ``null``, never zero.  Ids, not labels, name
items; ``place`` says on which sheet and in which cell an entry stood.  The same returns give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from kil_xlsx.core.problems import Problem
from kil_xlsx.core.readings import Account, Comparison, FileInfo, Identity, Reading
from kil_xlsx.core.results import Counts
from kil_xlsx.core.returns import Outcome, Place, State, Touch, Typed

SCHEMA = "kil-xlsx/return/1"
"""Names this format and its version, at the top of every document."""


class Answer(Struct, frozen=True, kw_only=True):
    """One entry.

    ``state`` says what it is (answered, not_applicable, dont_know, unanswered), ``outcome`` what became of it
    (accepted, blank, refused, not_found).  ``value`` is the number it stands for, ``code`` the code of the choice,
    ``text`` the words or an ISO date, ``typed`` what stood in the cell.
    """

    state: State
    outcome: Outcome
    value: float | None
    code: str | None
    text: str | None
    typed: Typed
    place: Place | None


class CarriedOver(Struct, frozen=True, kw_only=True):
    """What an earlier return had put into an item's cells before the workbook was sent out.

    ``state`` is what became of it: confirmed, changed (one of the cells holds something else now) or untouched
    (neither).  ``values`` is what stood there, by part (answer, evidence, ...); for a row of a table, by column.
    """

    state: Touch
    values: dict[str, Typed]


class CarriedCounts(Struct, frozen=True, kw_only=True):
    """How many items, or rows of tables, were carried over from an earlier return, by what became of them."""

    confirmed: int
    changed: int
    untouched: int

    @classmethod
    def of(cls, readings: Iterable[Reading]) -> CarriedCounts | None:
        """What became of everything that was carried over; nothing where nothing was."""
        touched = [
            reading.ret.touch(*item)
            for reading in readings
            if reading.ret is not None
            for item in reading.ret.carried_items
        ]
        if not touched:
            return None
        return cls(
            confirmed=touched.count(Touch.CONFIRMED),
            changed=touched.count(Touch.CHANGED),
            untouched=touched.count(Touch.UNTOUCHED),
        )


class ProfileAnswer(Answer, frozen=True, kw_only=True):
    """One fact about the organisation or the return.

    ``confirm`` is what was entered to confirm what was carried over; both are null where nothing was.
    """

    carried: CarriedOver | None = None
    confirm: Answer | None = None


class QuestionAnswer(Struct, frozen=True, kw_only=True):
    """One question with everything entered in its row.  Parts that were left blank are null.

    ``scored`` is the value that enters scores, ``gap`` how far the target is above it, ``priority`` its weight in the
    action plan.  ``carried`` is null where nothing was carried over from an earlier return.
    """

    id: str
    section: str
    label: str
    answer: Answer
    reason: Answer | None
    evidence: Answer | None
    strength: Answer | None
    target: Answer | None
    action: Answer | None
    owner: Answer | None
    due: Answer | None
    scored: float | None
    gap: float | None
    priority: int | None
    claim_without_evidence: bool
    reason_missing: bool
    carried: CarriedOver | None = None
    confirm: Answer | None = None


class FigureAnswer(Struct, frozen=True, kw_only=True):
    """One figure.  ``missing`` is the reason given for having none; ``used`` the number that measures use."""

    id: str
    code: str
    label: str
    unit: str
    answer: Answer
    missing: Answer | None
    note: Answer | None
    used: float | None
    carried: CarriedOver | None = None
    confirm: Answer | None = None


class TableRow(Struct, frozen=True, kw_only=True):
    """One row of an input table that has, or was sent out with, anything in it; columns left blank are null.

    Rows are numbered from 1.
    """

    row: int
    columns: dict[str, Answer | None]
    carried: CarriedOver | None = None
    confirm: Answer | None = None


class TableAnswer(Struct, frozen=True, kw_only=True):
    """One input table."""

    id: str
    code: str
    label: str
    rows: tuple[TableRow, ...]


class StepAnswer(Struct, frozen=True, kw_only=True):
    """One step of the checklist."""

    id: str
    label: str
    answer: Answer
    note: Answer | None


class CheckAnswer(Struct, frozen=True, kw_only=True):
    """One check: what it says, how many items it concerns, and what the respondent wrote about it."""

    id: str
    severity: str
    state: str
    explained: bool
    count: int | None
    explanation: Answer | None


class SectionScore(Struct, frozen=True, kw_only=True):
    """The score of a section; ``null`` means not enough answers.  ``depth`` is 0 at the top."""

    id: str
    label: str
    depth: int
    score: float | None
    band: str | None
    strength: float | None
    counts: Counts


class Scores(Struct, frozen=True, kw_only=True):
    """Scores, computed afresh from the answers.  The lists hold question ids."""

    overall: float | None
    overall_equal: float | None
    band: str | None
    counts: Counts
    sections: tuple[SectionScore, ...]
    strongest: tuple[str, ...]
    weakest: tuple[str, ...]
    action_plan: tuple[str, ...]


class MeasureValue(Struct, frozen=True, kw_only=True):
    """A measure in its unit, its workings by id, and the figures that it lacks.

    ``basis`` is what the workbook says that it rests on, such as a survey or an estimate; empty where it says nothing.
    """

    id: str
    label: str
    unit: str
    value: float | None
    in_range: bool | None
    basis: str
    workings: dict[str, float | None]
    missing: tuple[str, ...]


class ProgressSoFar(Struct, frozen=True, kw_only=True):
    """What is done and what is left; ``ready`` is what the first sheet of the workbook says."""

    ready: bool
    profile_required: int
    profile_done: int
    questions: int
    questions_responded: int
    figures: int
    figures_responded: int
    errors: int
    queries: int


class AccountOf(Struct, frozen=True, kw_only=True):
    """Every item has one outcome: accepted + blank + refused + not_found = items.  ``kinds`` splits ``total`` up."""

    total: Account
    kinds: dict[str, Account]


class SecondDifference(Struct, frozen=True, kw_only=True):
    """A cell that the second reader takes for something else."""

    sheet: str
    cell: str
    item: str
    ours: Typed
    theirs: Typed


class SecondReader(Struct, frozen=True, kw_only=True):
    """What a second, independent program read in the same cells.  ``failed`` says why it could not."""

    compared: int
    failed: str
    differences: tuple[SecondDifference, ...]


class ReturnFile(Struct, frozen=True, kw_only=True):
    """One file.  Where it was refused, everything between ``account`` and ``comparisons`` is null or empty.

    ``carried`` counts what was carried over from an earlier return; it is null where nothing was.
    """

    file: FileInfo
    outcome: Literal["read", "refused"]
    identity: Identity | None
    account: AccountOf | None
    profile: dict[str, ProfileAnswer]
    derived: dict[str, str]
    questions: tuple[QuestionAnswer, ...]
    figures: tuple[FigureAnswer, ...]
    tables: tuple[TableAnswer, ...]
    steps: tuple[StepAnswer, ...]
    scores: Scores | None
    measures: tuple[MeasureValue, ...]
    checks: tuple[CheckAnswer, ...]
    progress: ProgressSoFar | None
    comparisons: tuple[Comparison, ...]
    problems: tuple[Problem, ...]
    second_reader: SecondReader | None
    carried: CarriedCounts | None = None


class Skipped(Struct, frozen=True, kw_only=True):
    """A file in a folder that was not taken for a return, and why."""

    name: str
    reason: str


class Summary(Struct, frozen=True, kw_only=True):
    """How many there are, over all files; ``items`` adds the accounts up."""

    files: int
    read: int
    refused: int
    errors: int
    queries: int
    notes: int
    items: Account
    carried: CarriedCounts | None = None


class ReturnDocument(Struct, frozen=True, kw_only=True):
    """What ``kil-xlsx read --json`` gives: ``files`` has one entry for each file, in the order of reading."""

    schema: Literal["kil-xlsx/return/1"] = SCHEMA  # type: ignore[assignment]  # the constant is the literal
    files: tuple[ReturnFile, ...]
    skipped: tuple[Skipped, ...]
    summary: Summary
