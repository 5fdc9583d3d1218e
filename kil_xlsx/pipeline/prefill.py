"""Filling workbooks in beforehand: with what the same organisations said last time, or with answers from elsewhere.

Which earlier return is whose: of the same respondent type, with the same identifier; where one of the two has no
identifier, with the same name (letters in either case, kinds of blank, dash and quote do not matter).  Two different
identifiers are two organisations, whatever they are called.  Where that leaves more than one, nothing is guessed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from kil_xlsx.core.carrying import carry
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import Identity, Reading
from kil_xlsx.core.release import OVERALL
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Return, Typed
from kil_xlsx.core.scoring import score
from kil_xlsx.definitions.wording import counted, listed
from kil_xlsx.errors import KilXlsxError, UsageProblem
from kil_xlsx.layout.codec import as_formulas_see, encode, folded, offered
from kil_xlsx.layout.decoding import decode
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Previous
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.pipeline.versions import left_behind
from kil_xlsx.pipeline.workbooks import Wanted
from kil_xlsx.results.return_model import ReturnDocument, ReturnFile
from kil_xlsx.results.returned_json import decoded, entries_of

if TYPE_CHECKING:
    from kil_xlsx.pipeline import Returned

FRESH_ROLES = frozenset(("consent", "period_start", "period_end", "completed_by"))
"""Facts that every round asks anew."""

MOST_LETTERS = 32_767
"""What a cell can hold."""

LONGEST_LINE = 200
"""Characters of the name of an organisation, its identifier, or a round."""

MOST_BYTES = 1_000_000_000
"""Of a JSON file that is read."""

_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_MOST_NOTES = 5


@dataclass(frozen=True)
class Source:
    """What one organisation's workbook can be filled in with.

    ``name`` says which file it is from; ``content`` is the same for two copies of one file.  ``previous`` is there for
    an earlier return, ``typed`` holds answers from elsewhere.
    """

    name: str
    content: str
    respondent: str
    organisation: str
    organisation_id: str
    previous: Previous | None = None
    typed: Mapping[Key, Typed] = field(default_factory=dict)

    def is_of(self, respondent: str, organisation: str, organisation_id: str) -> bool:
        """Whether it is this organisation's."""
        if self.respondent != respondent:
            return False
        if self.organisation_id and organisation_id:
            return folded(self.organisation_id) == folded(organisation_id)
        return bool(folded(organisation)) and folded(self.organisation) == folded(organisation)

    def __str__(self) -> str:
        whose = self.organisation or self.organisation_id
        return f"{self.name} ({whose})" if whose and whose not in self.name else self.name


def line(text: str) -> str:
    """A text out of a file as one line that can stand anywhere in a workbook."""
    return " ".join(_UNFIT.sub(" ", text).split())[:LONGEST_LINE].rstrip()


# What can be taken over


@dataclass
class Left:
    """The codes of what could not be taken over, by why."""

    refused: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)

    def notes(self, source: str) -> list[str]:
        """What the coordinator is told."""
        reasons = (
            (self.refused, "could not be used then"),
            (self.gone, "are no longer asked for"),
            (self.unfit, "are no longer among the possible answers"),
        )
        return [
            f"{source}: {counted(len(codes), 'entry') if len(codes) == 1 else f'{len(codes)} entries'} left out that "
            f"{words.replace('are', 'is', 1) if len(codes) == 1 else words}: {listed(dict.fromkeys(codes))}."
            for codes, words in reasons
            if codes
        ]


def usable(plan: Plan, entries: Iterable[Entry]) -> tuple[dict[Key, Typed], Left]:
    """What must stand in the cells of a workbook for it to say the same, and what cannot be said in it."""
    values: dict[Key, Typed] = {}
    left = Left()
    for entry in entries:
        slot = plan.by_key.get(entry.key)
        code = slot.code if slot is not None else entry.key.item
        if entry.key.part == Part.CONFIRM or entry.outcome in (Outcome.BLANK, Outcome.NOT_FOUND):
            continue
        if entry.outcome is Outcome.REFUSED:
            left.refused.append(code)
        elif slot is None:
            left.gone.append(code)
        else:
            value = cell_value(plan.instrument, slot, entry)
            if value is None:
                left.unfit.append(code)
            else:
                values[entry.key] = value
    return values, left


def cell_value(instrument: Instrument, slot: Slot, entry: Entry) -> Typed:
    """What must stand in a cell for an entry, as the workbook's formulas take it; nothing if no cell can say it."""
    if slot.kind is SlotKind.CHOICE and slot.choices:
        labels = offered(instrument.choice_lists[slot.choices], levels_only=slot.levels_only)
        return next((label for label, choice in labels if choice.code == entry.code), None)
    try:
        value = encode(instrument, slot, entry)
    except ValueError:  # no date
        return None
    if isinstance(value, str) and not fits(value):
        return None
    return value if as_formulas_see(instrument, slot, value).outcome is Outcome.ACCEPTED else None


def fits(text: str) -> bool:
    """Whether a cell can hold a text."""
    return len(text.encode("utf-16-le", "surrogatepass")) <= 2 * MOST_LETTERS and not _UNFIT.search(text)


def carried_over(plan: Plan, values: Mapping[Key, Typed]) -> dict[Key, Typed]:
    """The cells of every row in which something was entered, empty ones too; without what each round asks anew."""
    fresh = {one.id for one in plan.instrument.profile if one.role in FRESH_ROLES}
    rows = {(key.item, key.row) for key in values} - {(item, 0) for item in fresh}
    slots = (slot for slot in plan.carried_slots if (slot.key.item, slot.key.row) in rows)
    cells = {slot.key: values.get(slot.key) for slot in slots}
    said = {(key.item, key.row) for key, value in cells.items() if value is not None}
    return {key: value for key, value in cells.items() if (key.item, key.row) in said}


def previous_of(plan: Plan, identity: Identity, values: Mapping[Key, Typed], result: Result) -> Previous:
    """What an earlier return says to the workbook of a new round."""
    scores: dict[str, float | None] = {each: of.score for each, of in result.sections.items()}
    scores[OVERALL] = result.overall
    before = line(identity.round_id) or plan.words("carried.before")
    return Previous(before, carried_over(plan, values), scores)


# Where it comes from


@dataclass
class Gathered:
    """Everything that workbooks can be filled in with.  ``notes`` tells what could not be taken.

    ``earlier`` is what was sent out in earlier versions, by ``framework/respondent/version``.
    """

    previous: list[Source] = field(default_factory=list)
    answers: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    earlier: Mapping[str, Instrument] = field(default_factory=dict)

    def _forward(self, plan: Plan, identity: Identity, ret: Return, name: str) -> Return:
        """A return as this version of the framework has it.

        Of a version that is not known, which only JSON can be, entries are taken by their ids.
        """
        today = plan.instrument
        if identity.version == today.framework.version:
            return ret
        old = self.earlier.get(f"{today.key}/{identity.version}")
        if old is None:
            version = line(identity.version) or "without a number"
            self.notes.append(f"{name} is of version {version}, which is not known here: entries were taken by id.")
            return ret
        carried = carry(old, today, ret)
        self.notes += left_behind(carried, name)
        return carried.ret

    def add_readings(self, returned: Returned, plans: Mapping[str, Plan]) -> None:
        """Take earlier returns that were read; those of an earlier version are carried forward and scored anew."""
        from kil_xlsx.core.readings import organisation_of

        others = 0
        for reading in returned.readings:
            identity, ret, result = reading.identity, reading.ret, reading.result
            if identity is None or ret is None or result is None:
                self.notes.append(f"{reading.file.name} could not be used: {_why(reading)}")
                continue
            plan = plans.get(identity.respondent)
            if plan is None:
                others += 1
                continue
            forward = self._forward(plan, identity, ret, reading.file.name)
            if forward is not ret:
                ret, result = forward, score(plan.instrument, forward)
            values, left = usable(plan, ret.entries.values())
            name = organisation_of(identity, plan.instrument, ret)
            previous = previous_of(plan, identity, values, result)
            self._add_previous(plan, reading.file.name, reading.file.sha256, identity, name, values, previous, left)
        self._note_others(others)
        self.notes += [f"{each.name} was skipped: {each.reason}." for each in returned.skipped[:10]]

    def add_document(self, document: ReturnDocument, path: Path, plans: Mapping[str, Plan], *, marked: bool) -> None:
        """Take what ``kil-xlsx read --json`` wrote: earlier returns if ``marked``, else answers from elsewhere."""
        others = 0
        for file in document.files:
            name = f"{path.name}, {file.file.name}"
            identity = file.identity
            if identity is None or file.outcome != "read":
                why = next((each.message for each in file.problems if each.severity is Severity.ERROR), "It is empty.")
                self.notes.append(f"{name} could not be used: {why}")
                continue
            framework = next(iter(plans.values())).instrument.framework
            if identity.framework != framework.id:
                self.notes.append(f"{name} could not be used: it belongs to the framework '{identity.framework}'.")
                continue
            plan = plans.get(identity.respondent)
            if plan is None:
                others += 1
                continue
            forward = self._forward(plan, identity, Return({entry.key: entry for entry in entries_of(file)}), name)
            values, left = usable(plan, forward.entries.values())
            ret = returned(plan, values)
            whose = identity.organisation or _said(plan, ret, "organisation")
            if marked:
                previous = previous_of(plan, identity, values, score(plan.instrument, ret))
                self._add_previous(plan, name, _content(file), identity, whose, values, previous, left)
            else:
                identifier = identity.organisation_id or _said(plan, ret, "org_id")
                one = Source(name, _content(file), identity.respondent, line(whose), line(identifier), typed=values)
                self.add_answers(one, left)
        self._note_others(others)

    def _add_previous(
        self,
        plan: Plan,
        name: str,
        content: str,
        identity: Identity,
        organisation: str,
        values: Mapping[Key, Typed],
        previous: Previous,
        left: Left,
    ) -> None:
        carried = {slot.code for slot in plan.carried_slots}
        left.refused = [code for code in left.refused if code in carried]
        identifier = identity.organisation_id or _said(plan, returned(plan, values), "org_id")
        source = Source(name, content, identity.respondent, line(organisation), line(identifier), previous=previous)
        self._add(self.previous, source, left)

    def add_answers(self, source: Source, left: Left) -> None:
        """Take one organisation's answers from elsewhere."""
        self._add(self.answers, source, left)

    def _add(self, target: list[Source], source: Source, left: Left) -> None:
        if not folded(source.organisation) and not folded(source.organisation_id):
            self.notes.append(f"{source.name} does not say whose it is, so it was left out.")
            return
        target.append(source)
        self.notes += left.notes(source.name)

    def _note_others(self, others: int) -> None:
        if others:
            self.notes.append(f"Returns of another respondent type, left out: {others}.")

    # Whose it is

    def organisations(self) -> list[tuple[str, Organisation]]:
        """The organisations that anything is of, each with its respondent type, in the order in which they came."""
        found: list[tuple[str, Organisation]] = []
        for source in (*self.previous, *self.answers):
            known = next(
                (at for at, (kind, one) in enumerate(found) if source.is_of(kind, one.name, one.id)), len(found)
            )
            if known == len(found):
                found.append((source.respondent, Organisation(source.organisation, source.organisation_id)))
            else:
                kind, one = found[known]
                merged = Organisation(one.name or source.organisation, one.id or source.organisation_id)
                found[known] = (kind, merged)
        if not found:
            raise KilXlsxError(
                "There is nothing to fill workbooks in with: " + (_some(self.notes) or "no return was found."),
                "Check the files, or run 'kil-xlsx read' on them.",
            )
        return found

    def fill(self, wanted: Sequence[Wanted], *, are_listed: bool, are_all: bool = True) -> list[Wanted]:
        """The workbooks with what is theirs.

        Where organisations are listed, it is noted for which of them nothing was found and, if they ``are_all`` that
        there are, what was of none of them.

        What is typed in already, and what is known about the organisation, wins over answers from elsewhere, and
        these win over an earlier return.

        :raises UsageProblem: it cannot be told which of several returns is an organisation's.
        """
        from_before = _matched(wanted, self.previous, "earlier returns")
        from_elsewhere = _matched(wanted, self.answers, "answers")
        done = [
            _filled(each, before, answers)
            for each, before, answers in zip(wanted, from_before, from_elsewhere, strict=True)
        ]
        if are_listed:
            self._note_unmatched(wanted, from_before, self.previous, "No earlier return was found for", are_all)
            self._note_unmatched(wanted, from_elsewhere, self.answers, "No answers were found for", are_all)
        return done

    def _note_unmatched(
        self,
        wanted: Sequence[Wanted],
        matched: Sequence[Source | None],
        sources: Sequence[Source],
        words: str,
        are_all: bool,
    ) -> None:
        if not sources:
            return
        without = [_whose(each).name for each, source in zip(wanted, matched, strict=True) if source is None]
        if without:
            self.notes.append(f"{words}: {listed(without)}.")
        used = {source.content for source in matched if source is not None}
        unused = [str(source) for source in sources if source.content not in used]
        if unused and are_all:
            self.notes.append(f"Of no organisation in the list, so not used: {listed(unused)}.")


def returned(plan: Plan, values: Mapping[Key, Typed]) -> Return:
    """The return that says what stands in some cells."""
    return Return.of(decode(plan.instrument, plan.by_key[key], value)[0] for key, value in values.items())


def _said(plan: Plan, ret: Return, role: str) -> str:
    one = plan.instrument.field_with_role(role)
    return ret.text(one.id).strip() if one else ""


def _why(reading: Reading) -> str:
    errors = [each.message for each in reading.problems if each.severity is Severity.ERROR]
    return errors[0] if errors else "nothing could be read from it."


def _content(file: ReturnFile) -> str:
    """The same for two files that differ in their names only."""
    nameless = replace(file, file=replace(file.file, name=""))
    return hashlib.sha256(msgspec.json.encode(nameless)).hexdigest()


def _whose(wanted: Wanted) -> Organisation:
    return wanted.organisation or Organisation("")


def _matched(wanted: Sequence[Wanted], sources: Sequence[Source], what: str) -> list[Source | None]:
    """What is whose.  UsageProblem when that cannot be told."""
    found: list[Source | None] = []
    doubtful: list[str] = []
    claimed: dict[str, list[str]] = {}
    for each in wanted:
        whose = _whose(each)
        kind = each.instrument.respondent.id
        mine = {source.content: source for source in sources if source.is_of(kind, whose.name, whose.id)}
        if len(mine) > 1:
            doubtful.append(f"{whose.name or whose.id}: {', '.join(source.name for source in mine.values())}")
        for content in mine:
            claimed.setdefault(content, []).append(whose.name or whose.id)
        found.append(next(iter(mine.values()), None))
    if doubtful:
        raise UsageProblem(
            f"There are several {what} of one organisation: {'; '.join(doubtful)}. Nothing was written.",
            "Keep the one that counts, or give the organisations their identifiers, so that they can be told apart.",
        )
    names = {source.content: source.name for source in sources}
    shared = [f"{names[content]}: {', '.join(whose)}" for content, whose in claimed.items() if len(whose) > 1]
    if shared:
        raise UsageProblem(
            f"There are {what} that may be of several organisations: {'; '.join(shared)}. Nothing was written.",
            "Give the organisations their identifiers, so that they can be told apart.",
        )
    return found


def _some(notes: Sequence[str]) -> str:
    """The first few notes, and how many more there are."""
    more = len(notes) - _MOST_NOTES
    return " ".join(notes[:_MOST_NOTES]) + (f" And {more} more like these." if more > 0 else "")


def _filled(wanted: Wanted, before: Source | None, answers: Source | None) -> Wanted:
    """One workbook with what is its own."""
    plan, issue, typed, email = wanted
    whose = _whose(wanted)
    stated = {Key(item) for item, value in whose.profile if value} | typed.keys()
    previous = before.previous if before is not None else None
    elsewhere = {key: value for key, value in (answers.typed if answers else {}).items() if key not in stated}
    if previous is not None:
        # Where both know an answer, the newer one stands there to be confirmed: nobody has changed anything yet.
        kept = {key: elsewhere.pop(key, value) for key, value in previous.typed.items() if key not in stated}
        previous = replace(previous, typed=kept)
    typed = {**elsewhere, **typed}
    known = stated | typed.keys() | (previous.typed.keys() if previous else set())
    own = plan.instrument.field_with_role("organisation")
    if own is not None and whose.name and Key(own.id) in plan.by_key and Key(own.id) not in known:
        whose = replace(whose, profile=(*whose.profile, (own.id, whose.name)))
    return Wanted(plan, replace(issue, organisation=whose, previous=previous), typed, email)


# Files


def read_json(path: Path) -> bytes:
    """A JSON file.  UsageProblem when it cannot be read."""
    from kil_xlsx.pipeline.inbox import content

    data = content(path, MOST_BYTES)
    if isinstance(data, str):
        raise UsageProblem(f"{path} cannot be read: {data}.", "Check its name, and that you may read it.")
    if len(data) > MOST_BYTES:
        raise UsageProblem(f"{path} is too large.", f"Give files of up to {MOST_BYTES:,} bytes.")
    return data


def document_of(data: bytes, path: Path) -> ReturnDocument:
    """The returns that a JSON file holds.  UsageProblem when it holds none."""
    try:
        return decoded(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageProblem(
            f"{path} is not what 'kil-xlsx read --json' writes: {error}.",
            "Give a returned workbook, a folder of them, or the file that --json --out wrote.",
        ) from None


def is_json(path: Path) -> bool:
    """Whether a path is that of a JSON file rather than a workbook or a folder."""
    return path.suffix.casefold() == ".json" and not path.is_dir()


def gather(
    plans: Mapping[str, Plan],
    previous: ReturnDocument | Returned | None,
    at: Path | None,
    answers: Path | None,
    earlier: Mapping[str, Instrument] | None = None,
) -> Gathered:
    """Everything that was given to fill workbooks in with; ``at`` is where ``previous`` is from.

    :param earlier: what was sent out in earlier versions, by ``framework/respondent/version``.
    :raises AnswersError: anything is wrong with an answers file; it lists all of it.
    :raises UsageProblem: a file is not what it should be.
    """
    from kil_xlsx.pipeline.answers import add_answers

    found = Gathered(earlier=earlier or {})
    if isinstance(previous, ReturnDocument):
        assert at is not None
        found.add_document(previous, at, plans, marked=True)
    elif previous is not None:
        found.add_readings(previous, plans)
    if answers is not None:
        add_answers(found, read_json(answers), answers, plans)
    return found
