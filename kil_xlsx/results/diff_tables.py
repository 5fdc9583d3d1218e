"""What commands show of two returns beside each other, as plain tables, sentences and CSV."""

from __future__ import annotations

from collections.abc import Sequence

from kil_xlsx.core.carrying import Lost
from kil_xlsx.core.problems import Problem, Severity
from kil_xlsx.core.readings import ItemKind
from kil_xlsx.core.return_diff import Change, Figure, Kind, ReturnDiff
from kil_xlsx.core.returns import Part
from kil_xlsx.core.statements import Asks, Says, Statement, words
from kil_xlsx.core.when import When
from kil_xlsx.results.collection_model import ComparedSide, DiffDocument, Said
from kil_xlsx.results.show import NOTHING, Shown, Table, number, plain, some, told
from kil_xlsx.results.tables import as_csv

MOST_CHANGES = 40
"""Lines of changes that are shown unless all are wanted."""

_MOST_LISTED = 12


def side_sentence(label: str, side: ComparedSide, when: When) -> str:
    """One of the two returns, in words."""
    number = f"return {side.number}, " if side.number is not None else ""
    came = f", came {when.minute(side.received_at)}" if side.received_at else ""
    round_id = f", round {plain(side.round, 40)}" if side.round else ""
    state = f", {side.state}" if side.state else ""
    return f"{label}: {number}{plain(side.file, 80)}, version {side.version}{round_id}{came}{state}."


def changes_table(found: ReturnDiff, most: int | None = MOST_CHANGES) -> Table | None:
    """What is said differently, in the order of the workbook; nothing where all is the same.

    :param most: how many to show; all without it.
    """
    changes = [each for each in found.changes if each.kind is not Kind.NOT_COMPARABLE]
    rows: list[tuple[Shown | str, ...]] = []
    shown: tuple[str, int] | None = None
    for each in changes[:most]:
        at = each.asks.key.item, each.asks.key.row
        first, shown = at != shown, at
        number = plain(each.asks.shown, 20) if first else ""
        rows.append((number, _what(each.asks, first=first), _words(each, each.before), _words(each, each.after)))
    headings = ("No.", "What", "Before", "After")
    return Table(f"Changed: {len(changes):,}", headings, tuple(rows), whole=("No.",)) if rows else None


def more_changes(found: ReturnDiff, most: int | None = MOST_CHANGES) -> int:
    """How many changes the table leaves out."""
    changes = len(found.changes) - len(found.of(Kind.NOT_COMPARABLE))
    return 0 if most is None else max(0, changes - most)


def _what(asks: Asks, *, first: bool) -> str:
    """What it is about; the label of an item stands in the first of its lines only."""
    label, part = plain(asks.label, 60), _PARTS.get(asks.key.part, str(asks.key.part))
    if asks.kind == ItemKind.TABLE or asks.key.part == Part.ANSWER:
        return label
    return f"{label}: {part}" if first and label else f"  {part}"


_PARTS: dict[str, str] = {Part.STRENGTH: "strength of evidence", Part.DUE: "due", Part.CONFIRM: "confirmed"}


def _words(change: Change, said: Statement) -> Shown | str:
    text = plain(words(said, change.asks), 70)
    if said.says is Says.UNUSABLE:
        return Shown(text, "bad")
    return text if said.says is Says.ANSWERED else Shown(text, "quiet")


def scores_table(found: ReturnDiff, decimals: int) -> Table:
    """The overall score, and the sections whose score changed."""
    rows: list[tuple[Shown | str, ...]] = []
    for at, each in enumerate(found.scores):
        if at == 0 or each.changed:
            label = Shown(each.label, "strong") if at == 0 else "  " * each.depth + plain(each.label, 60)
            rows.append(("" if at == 0 else each.id, label, *_figures(each, decimals), _bands(each)))
    headings = ("No.", "Score", "Before", "After", "Change", "Band")
    return Table("Scores", headings, tuple(rows), numbers=("Before", "After", "Change"), whole=("No.", *headings[2:5]))


def measures_table(found: ReturnDiff) -> Table | None:
    """The measures that changed; nothing where none did."""
    rows = tuple((each.id, plain(each.label, 60), *_figures(each, 2)) for each in found.measures if each.changed)
    headings = ("No.", "Measure", "Before", "After", "Change")
    return Table("Measures", headings, rows, numbers=headings[2:], whole=("No.", *headings[2:])) if rows else None


def _figures(each: Figure, decimals: int) -> tuple[Shown | str, ...]:
    before, after = number(each.before, decimals), number(each.after, decimals)
    if each.before is None or each.after is None:
        return before, after, NOTHING
    by = each.after - each.before
    change = number(abs(by), decimals)
    if not float(change.replace(",", "")):
        return before, after, Shown("0" if not each.changed else "slight", "quiet")
    return before, after, Shown(f"{'+' if by > 0 else '−'}{change}", "good" if by > 0 else "warn")


def _bands(each: Figure) -> str:
    if each.band_before == each.band_after:
        return each.band_after
    return f"{each.band_before or NOTHING} → {each.band_after or NOTHING}"


def problems_table(found: ReturnDiff) -> Table | None:
    """The errors and queries that went and came; nothing where they are the same."""
    rows: list[tuple[Shown | str, ...]] = []
    groups: tuple[tuple[str, Sequence[Problem]], ...] = (("new", found.came), ("gone", found.went))
    for label, problems in groups:
        for each in told(problems, notes=False):
            tone = "quiet" if label == "gone" else "bad" if each.severity is Severity.ERROR else "warn"
            rows.append((Shown(label, tone), str(each.severity), f"{each.what} {plain(each.where, 80)}".strip()))  # type: ignore[arg-type]
    headings = ("", "Kind", "What is wrong")
    return Table("Errors and queries", headings, tuple(rows), whole=("", "Kind")) if rows else None


def sentences(found: ReturnDiff) -> tuple[str, ...]:
    """What the tables do not say: how much is the same, and what cannot be compared."""
    odd = found.of(Kind.NOT_COMPARABLE)
    lines = []
    if found.nothing:
        lines.append("Both say the same.")
    lines.append(f"Said alike in both: {some(found.same, 'answer')} and notes." if found.same else "")
    if odd:
        names = list(dict.fromkeys(each.asks.shown for each in odd))
        lines.append(f"Cannot be compared, as the versions mean different things by them: {_listed(names)}.")
    for side, lost in (("before", found.lost_before), ("after", found.lost_after)):
        lines += _left_out(side, lost)
    return tuple(each for each in lines if each)


def _left_out(side: str, lost: Sequence[Lost]) -> list[str]:
    by_why: dict[str, list[str]] = {}
    for each in lost:
        by_why.setdefault(str(each.why), []).append(f"{each.key.item}.{each.key.column}".rstrip("."))
    return [
        f"Left out of what was said {side}, as it {why}: {_listed(list(dict.fromkeys(items)))}."
        for why, items in by_why.items()
    ]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


DIFF_COLUMNS = (
    "kind", "item", "number", "part", "row", "column", "label", "change",
    "state_before", "value_before", "code_before", "text_before",
    "state_after", "value_after", "code_after", "text_after",
)  # fmt: skip
"""The columns of what changed as CSV."""


def diff_csv(document: DiffDocument) -> bytes:
    """What changed as CSV, one line for each thing that is said differently, then the scores and measures."""
    rows: list[tuple[str | float | None, ...]] = []
    for each in document.changes:
        of = each.about
        rows.append(
            (of.kind, of.item, of.shown, of.part, of.row or None, of.column, of.label, each.change,
             *_fields(each.before), *_fields(each.after))
        )  # fmt: skip
    for kind, figures in (("score", document.scores), ("measure", document.measures)):
        for one in figures:
            if one.changed:
                before, after = ("answered" if of is not None else "unanswered" for of in (one.before, one.after))
                rows.append((kind, one.id, "", "", None, "", one.label, "changed", before, one.before, "",
                             one.band_before, after, one.after, "", one.band_after))  # fmt: skip
    return as_csv(DIFF_COLUMNS, rows).encode()


def _fields(said: Said) -> tuple[str | float | None, ...]:
    return said.state, said.value, said.code or "", said.text
