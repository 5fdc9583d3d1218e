"""Carrying a return forward: answers to an earlier version of a framework as answers to a later one.

The map (:mod:`kil_xlsx.core.carry_forward`) stands in the later version.  Nothing is guessed: what the map does not
settle is listed with the reason, and what means something else now is told apart from what can still be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from msgspec.structs import replace

from kil_xlsx.core.carry_forward import CarryForward, Merged
from kil_xlsx.core.checking import STANDING, range_check_id
from kil_xlsx.core.framework import ChoiceList, Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.inventory import TABLE, Thing, changed_traits, inventory, lists, scale
from kil_xlsx.core.names import folded
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Return, State, text_of


class How(StrEnum):
    """By which kind of change an item came by its answer."""

    SAME = "same"
    RENAMED = "renamed"
    RECODED = "recoded"
    MERGED = "merged"
    SPLIT = "split"


class Why(StrEnum):
    """Why something could not be carried."""

    DROPPED = "is no longer asked"
    RESPONDENT = "is not asked of this type of respondent any more"
    CODE = "is no longer among the possible answers"
    FORM = "is asked in another form now"
    UNIT = "is asked in another unit now"
    RANGE = "is outside the range that is possible now"
    ROWS = "is in a row that the table no longer has"
    PARTLY = "was merged with others that were not all answered"
    DIFFER = "was merged with others that were answered differently"
    REFUSED = "could not be used"


@dataclass(frozen=True)
class Lost:
    """An entry that could not be carried: the earlier key, what it said in words, and why not."""

    key: Key
    said: str
    why: Why


@dataclass(frozen=True)
class Carried:
    """A return as far as it could be carried.

    ``how`` has every item (of the later version) that got anything.  ``incomparable`` are the items whose answers mean
    something else than those of returns made from the later version itself.
    """

    ret: Return
    how: Mapping[str, How]
    lost: tuple[Lost, ...]
    incomparable: frozenset[str]
    strength_differs: bool = False

    def comparable(self) -> Return:
        """The return without what cannot be compared with returns made from the later version."""
        kept = (
            entry
            for key, entry in self.ret.entries.items()
            if key.item not in self.incomparable and not (self.strength_differs and key.part == Part.STRENGTH)
        )
        return Return.of(kept)


@dataclass(frozen=True)
class Route:
    """The way from one version of a framework to a later one: its map, looked up from both ends."""

    old: Framework
    new: Framework

    @cached_property
    def map(self) -> CarryForward:
        """What the later version says about the earlier; an empty map where it says nothing."""
        version = self.old.version
        empty = CarryForward(from_=(version,))
        return next((each for each in self.new.carry_forward if version in each.from_), empty)

    @cached_property
    def sent_to(self) -> Mapping[str, tuple[How, tuple[str, ...]]]:
        """Where the map sends things, by earlier id."""
        sent: dict[str, tuple[How, tuple[str, ...]]] = {}
        sent |= {each.from_: (How.RENAMED, (each.to,)) for each in self.map.renamed}
        sent |= {each.from_: (How.SPLIT, each.to) for each in self.map.split}
        return sent | {source: (How.MERGED, (each.to,)) for each in self.map.merged for source in each.from_}

    @cached_property
    def dropped(self) -> frozenset[str]:
        return frozenset(item for each in self.map.dropped for item in each.items)

    @cached_property
    def merged(self) -> Mapping[str, Merged]:
        """The mergers by what they give."""
        return {each.to: each for each in self.map.merged}

    def targets(self, ref: str) -> tuple[How, tuple[str, ...]]:
        """What something has become; nothing where it is gone or is something else now."""
        if ref in self.dropped:
            return How.SAME, ()
        if ref in self.sent_to:
            return self.sent_to[ref]
        before, now = inventory(self.old), inventory(self.new)
        table, dot, column = ref.partition(".")
        if dot:
            how, tables = self.targets(table)
            refs = (f"{each}.{column}" for each in tables)
            return how, tuple(each for each in refs if each in now and each not in self._taken)
        there = ref in now and ref in before and now[ref].kind == before[ref].kind
        return How.SAME, ((ref,) if there and ref not in self._taken else ())

    @cached_property
    def _taken(self) -> frozenset[str]:
        """Ids that the map gives to what had another id."""
        return frozenset(to for source, (_, refs) in self.sent_to.items() for to in refs if to != source)

    def codes(self, ref: str, choices: str) -> dict[str, str | None]:
        """The new codes of an item's answers, for an item (may be empty) and the list it was answered from."""
        return {
            code: to
            for each in self.map.recoded
            if (ref and ref in each.items) or (choices and choices in each.lists)
            for code, to in each.codes.items()
        }

    def is_recoded(self, ref: str) -> bool:
        """Whether the map says anything about the codes of an item's answers."""
        choices = inventory(self.old)[ref].choices
        return any(ref in each.items or (choices and choices in each.lists) for each in self.map.recoded)

    def declared_same(self, old: Thing, new: Thing) -> bool:
        """Whether the map says that a thing still means the same."""
        return any(old.ref in each.items or new.ref in each.items for each in self.map.same)

    def same_scale(self, old: str, new: str) -> bool:
        """Whether two choice lists mean the same, or are declared to."""
        if any(old in each.lists or new in each.lists for each in self.map.same):
            return True
        return scale(lists(self.old).get(old)) == scale(lists(self.new).get(new))

    def same_unit(self, old: str, new: str) -> bool:
        """Whether two units mean the same, or are declared to."""
        if any(old in each.units or new in each.units for each in self.map.same):
            return True
        before = {unit.id: unit.label for unit in self.old.units}
        after = {unit.id: unit.label for unit in self.new.units}
        return old == new and before.get(old) == after.get(new)

    def means_the_same(self, old: Thing, new: Thing) -> bool:
        """Whether answers to two things can be compared."""
        if old.type != new.type or not self.same_scale(old.choices, new.choices):
            return False
        if self.declared_same(old, new):
            return True
        before, after = _unit(old), _unit(new)
        return not (set(changed_traits(old, new)) - {"unit"}) and self.same_unit(before, after)


def _unit(thing: Thing) -> str:
    return str(getattr(thing.node, "unit", None) or "")


def carry(old: Instrument, new: Instrument, ret: Return) -> Carried:
    """Carry a return forward.

    :param old: what the return was made from.
    :param new: what it is carried into: a later version of the same framework, for the same type of respondent.
    """
    return _Carrier(old, new, ret).carried()


class _Carrier:
    def __init__(self, old: Instrument, new: Instrument, ret: Return) -> None:
        self.old, self.new, self.ret = old, new, ret
        self.route = Route(old.framework, new.framework)
        self.before, self.now = inventory(old.framework), inventory(new.framework)
        self.asked = _asked(new)
        self.found: dict[Key, Entry] = {}
        self.how: dict[str, How] = {}
        self.lost: list[Lost] = []
        self.to_merge: dict[Key, list[tuple[Entry, Entry | Why]]] = {}

    def carried(self) -> Carried:
        for entry in self.ret.entries.values():
            self._carry(entry)
        for key, entries in self.to_merge.items():
            self._merge(key, entries)
        before = {
            target: value
            for key, value in self.ret.carried.items()
            for target in self._kept(key)
            if target in self.found
        }
        strength = (self.old.framework.evidence_strength, self.new.framework.evidence_strength)
        return Carried(
            Return(self.found, before),
            self.how,
            tuple(self.lost),
            self._incomparable(),
            not self.route.same_scale(*strength),
        )

    def _kept(self, key: Key) -> Iterable[Key]:
        """Where a cell that was filled in beforehand is now, if it is one cell still."""
        how, targets = self._targets(key)
        return targets if how in (How.SAME, How.RENAMED) else ()

    def _targets(self, key: Key) -> tuple[How, tuple[Key, ...]]:
        """The keys that an earlier key has become."""
        if key.part == Part.EXPLANATION:
            is_own = key.item in self.asked and key.item not in self.now  # a check that every workbook has
            targets = (How.SAME, (key.item,)) if is_own else self.route.targets(key.item)
        else:
            targets = self.route.targets(f"{key.item}.{key.column}" if key.column else key.item)
        how, refs = targets
        split = (ref.partition(".") for ref in refs)
        return how, tuple(Key(item, key.part, key.row, column) for item, _, column in split)

    def _carry(self, entry: Entry) -> None:
        how, targets = self._targets(entry.key)
        said = entry.outcome in (Outcome.ACCEPTED, Outcome.REFUSED) and entry.key.part != Part.CONFIRM
        if not targets and said:
            self._lose(entry, Why.DROPPED)
        for key in targets:
            if key.item not in self.asked:
                if said:
                    self._lose(entry, Why.RESPONDENT)
            elif key.row > self.asked[key.item]:
                if said:
                    self._lose(entry, Why.ROWS)
            elif entry.key.part == Part.CONFIRM and (how is not How.SAME or key != entry.key):
                continue  # what was confirmed was something else
            elif how is How.MERGED:
                self.to_merge.setdefault(key, []).append((entry, self._converted(entry, key)))
            else:
                self._put(entry, self._converted(entry, key), how)

    def _put(self, entry: Entry, made: Entry | Why, how: How) -> None:
        if isinstance(made, Why):
            self._lose(entry, made)
            return
        self.found[made.key] = made
        if made.outcome is Outcome.ACCEPTED and made.key.item in self.now:
            ref = f"{entry.key.item}.{entry.key.column}" if entry.key.column else entry.key.item
            recoded = how in (How.SAME, How.RENAMED) and self.route.is_recoded(ref)
            how = How.RECODED if recoded else how
            if self.how.get(made.key.item, How.SAME) is How.SAME:
                self.how[made.key.item] = how

    def _lose(self, entry: Entry, why: Why) -> None:
        self.lost.append(Lost(entry.key, entry.text or text_of(entry.typed) or text_of(entry.value), why))

    # One entry

    def _converted(self, entry: Entry, key: Key) -> Entry | Why:
        """An entry under its new key, with its new code; or why there is none."""
        if entry.outcome is not Outcome.ACCEPTED:
            return replace(entry, key=key)
        before, after = _form(self.old, entry.key), _form(self.new, key)
        if before.type == "choice" and after.type == "choice":
            return self._recoded(entry, key, before, after)
        if before.type == after.type:
            return self._figure(entry, key) if after.type == "number" else replace(entry, key=key)
        if after.type == "text" and entry.state is State.ANSWERED and before.type in ("choice", "date", "number"):
            words = entry.text if before.type != "number" else text_of(entry.value)
            return replace(entry, key=key, text=words, value=None, code=None)
        if after.type == "choice" and before.type == "text":
            return self._coded(entry, key, after)
        return Why.FORM

    def _recoded(self, entry: Entry, key: Key, before: _Form, after: _Form) -> Entry | Why:
        if entry.code is None or after.choices is None:
            return Why.CODE
        item = entry.key.item if key.part in (Part.ANSWER, Part.TARGET) else ""
        ref = f"{item}.{entry.key.column}" if entry.key.column else item
        codes = self.route.codes(ref, before.choices.id if before.choices else "")
        code = codes.get(entry.code, entry.code)
        if code == entry.code and before.choices == after.choices:
            return replace(entry, key=key)
        return self._chosen(entry, key, code, after.choices)

    def _coded(self, entry: Entry, key: Key, after: _Form) -> Entry | Why:
        """Words that the map gives a code."""
        ref = f"{entry.key.item}.{entry.key.column}" if entry.key.column else entry.key.item
        codes = {folded(words): code for words, code in self.route.codes(ref, "").items()}
        words = folded(entry.text or "")
        if words not in codes or after.choices is None:
            return Why.FORM
        return self._chosen(entry, key, codes[words], after.choices)

    def _chosen(self, entry: Entry, key: Key, code: str | None, choices: ChoiceList) -> Entry | Why:
        choice = next((each for each in choices.choices if each.code == code), None)
        if choice is None or (key.part == Part.TARGET and choice.state != "answered"):
            return Why.CODE
        return replace(
            entry, key=key, state=State(choice.state), value=choice.value, code=choice.code, text=choice.label
        )

    def _figure(self, entry: Entry, key: Key) -> Entry | Why:
        old, new = self._thing(self.before, entry.key), self._thing(self.now, key)
        if not self.route.same_unit(_unit(old), _unit(new)) and not self.route.declared_same(old, new):
            return Why.UNIT
        lowest, highest = getattr(new.node, "minimum", None), getattr(new.node, "maximum", None)
        if entry.value is not None and not (
            (lowest is None or entry.value >= lowest) and (highest is None or entry.value <= highest)
        ):
            return Why.RANGE
        return replace(entry, key=key)

    @staticmethod
    def _thing(known: Mapping[str, Thing], key: Key) -> Thing:
        return known[f"{key.item}.{key.column}" if key.column else key.item]

    # Mergers

    def _merge(self, key: Key, entries: list[tuple[Entry, Entry | Why]]) -> None:
        for entry, _ in entries:
            if entry.outcome is Outcome.REFUSED:
                self._lose(entry, Why.REFUSED)
        said = [(entry, made) for entry, made in entries if entry.outcome is Outcome.ACCEPTED]
        unfit = [(entry, made) for entry, made in said if isinstance(made, Why)]
        for entry, made in unfit:
            self._lose(entry, made if isinstance(made, Why) else Why.FORM)
        fit = [(entry, made) for entry, made in said if isinstance(made, Entry)]
        if not fit:
            return
        form = _form(self.new, key)
        merger = self.route.merged[key.item]
        is_answer = key.part in (Part.ANSWER, Part.TARGET)
        if form.type == "text" and not is_answer:
            texts = dict.fromkeys(made.text.strip() for _, made in fit if made.text and made.text.strip())
            first = fit[0][1]
            self._put(fit[0][0], replace(first, text="\n".join(texts), typed="\n".join(texts)), How.MERGED)
            return
        rule = merger.rule if is_answer else "equal"
        partly = key.part == Part.ANSWER and len(fit) < len(merger.from_)
        outcome = None if partly else _by_rule(rule, [made for _, made in fit])
        if outcome is not None:
            self._put(fit[0][0], outcome, How.MERGED)
            return
        for entry, _ in fit:
            self._lose(entry, Why.PARTLY if partly else Why.DIFFER)

    # What can be compared

    def _incomparable(self) -> frozenset[str]:
        """Items of the later version whose answers, where they came from the earlier one, mean something else."""
        found = set()
        for ref, old in self.before.items():
            how, targets = self.route.targets(ref)
            for target in targets:
                new = self.now.get(target)
                if new is None or (not new.type and new.family != TABLE):
                    continue
                changed = how in (How.MERGED, How.SPLIT) or self.route.is_recoded(ref)
                if changed or not self.route.means_the_same(old, new):
                    found.add(target.partition(".")[0])
        return frozenset(found)


def _by_rule(rule: str, made: list[Entry]) -> Entry | None:
    """What several answers come to; nothing where the rule does not say."""
    first = made[0]
    if len({(each.state, each.code, each.value, each.text) for each in made}) == 1 and rule != "sum":
        return first
    values = [each.value for each in made if each.state is State.ANSWERED and each.value is not None]
    if rule == "equal" or len(values) < len(made):
        return None
    if rule == "lowest":
        return min(made, key=lambda each: each.value or 0.0)
    return replace(first, value=sum(values), typed=sum(values), text=None) if first.code is None else None


@dataclass(frozen=True)
class _Form:
    """How an entry is given: choice, number, date or text, and the list it is chosen from."""

    type: str
    choices: ChoiceList | None = None


_DATES = frozenset((Part.DUE,))


def _form(instrument: Instrument, key: Key) -> _Form:
    """How the entry of a key is given."""
    framework = instrument.framework
    fixed = {
        Part.STRENGTH: framework.evidence_strength,
        Part.MISSING: framework.missing_figure,
        Part.CONFIRM: framework.confirmation,
    }
    if key.part in fixed:
        return _Form("choice", instrument.choice_lists.get(fixed[Part(key.part)] or ""))
    if key.part in _DATES:
        return _Form("date")
    if key.part not in (Part.ANSWER, Part.TARGET):
        return _Form("text")
    thing = inventory(framework).get(f"{key.item}.{key.column}" if key.column else key.item)
    if thing is None:
        return _Form("")
    return _Form(thing.type, instrument.choice_lists.get(thing.choices))


def _asked(instrument: Instrument) -> dict[str, int]:
    """What one type of respondent is asked, with the number of rows of tables (0 for everything else)."""
    asked = {each.id: 0 for each in instrument.questions}
    asked |= {each.id: 0 for each in instrument.profile} | {each.id: 0 for each in instrument.figures}
    asked |= {each.id: 0 for each in instrument.steps} | {each.id: 0 for each in instrument.checks}
    asked |= {range_check_id(each.id): 0 for each in instrument.measures}
    asked |= dict.fromkeys(STANDING, 0)
    return asked | {table.id: table.rows for table in instrument.tables}
