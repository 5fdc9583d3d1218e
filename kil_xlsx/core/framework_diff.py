"""What changed between two versions of a framework, and what each change does to answers and comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct, structs

from kil_xlsx.core.carrying import Route
from kil_xlsx.core.framework import Choice, Framework
from kil_xlsx.core.inventory import (
    ANSWERED,
    COLUMN,
    FIGURE,
    MEASURE,
    QUESTION,
    SECTION,
    TABLE,
    Thing,
    changed_traits,
    harmless_traits,
    inventory,
    lists,
)


class Effect(StrEnum):
    """What a change does.

    *safe*: answers mean the same and stay comparable.  *needs a map*: earlier answers can be carried only by a map.
    *breaks comparability*: figures of the two versions must not be compared.  *refused*: an id is used again.
    """

    SAFE = "safe"
    MAP = "needs a map"
    BREAKS = "breaks comparability"
    REFUSED = "refused"


class Change(Struct, frozen=True, kw_only=True):
    """One change.

    ``what`` is the id of what changed, as it is called now (or was, where it is gone); ``kind`` says what that is.
    ``mapped`` tells, of what needs a map, whether the newer version has one.
    """

    effect: Effect
    kind: str
    what: str
    change: str
    mapped: bool = False


class FrameworkDiff(Struct, frozen=True, kw_only=True):
    """All changes from one version to another, the gravest first."""

    framework: str
    old: str
    new: str
    changes: tuple[Change, ...]

    @property
    def breaking(self) -> int:
        """How many changes break comparability, are refused, or need a map that is missing."""
        return sum(
            each.effect in (Effect.BREAKS, Effect.REFUSED) or (each.effect is Effect.MAP and not each.mapped)
            for each in self.changes
        )


_ORDER = (Effect.REFUSED, Effect.BREAKS, Effect.MAP, Effect.SAFE)

_SAFE_PARTS = (
    "language", "title", "subtitle", "notice", "privacy", "reference_prefix", "section_kinds", "input_groups",
    "id_schemes", "principles", "guidance", "glossary", "sources", "test_cases", "interface", "confirmation",
)  # fmt: skip
"""Parts of a framework of which no answer and no score depends."""

_SAFE_SCORING = frozenset(("decimals", "claim"))
_SAFE_RESPONDENT = "kind of respondent"


def framework_diff(old: Framework, new: Framework) -> FrameworkDiff:
    """Compare two versions of one framework.  ValueError when they are different frameworks."""
    if old.id != new.id:
        raise ValueError(f"'{old.id}' and '{new.id}' are different frameworks")
    found = tuple(dict.fromkeys(_Comparison(old, new).changes()))
    ordered = tuple(sorted(found, key=lambda each: _ORDER.index(each.effect)))
    return FrameworkDiff(framework=new.id, old=old.version, new=new.version, changes=ordered)


class _Comparison:
    def __init__(self, old: Framework, new: Framework) -> None:
        self.old, self.new = old, new
        self.route = Route(old, new)
        self.before, self.now = inventory(old), inventory(new)

    def changes(self) -> Iterator[Change]:
        yield from self._respondents()
        met: set[str] = set()
        for ref, thing in self.before.items():
            _, targets = self.route.targets(ref)
            met.update(targets)
            yield from self._thing(thing, [self.now[target] for target in targets if target in self.now])
        for ref, thing in self.now.items():
            if ref not in met and ref not in self.before:
                yield self._added(thing)
        yield from self._order()
        yield from self._lists()
        yield from self._units()
        yield from self._scoring()
        yield from self._rest()

    # Things with ids

    def _thing(self, old: Thing, there: list[Thing]) -> Iterator[Change]:
        here = self.now.get(old.ref)
        if here is not None and here.kind != old.kind:
            yield _change(Effect.REFUSED, here, f"the id is used again: it was a {old.kind}")
            return
        sent = old.ref in self.route.sent_to
        if here is not None and old.ref not in [each.ref for each in there]:
            yield _change(Effect.REFUSED, here, "the id is used again: the map drops it or sends it elsewhere")
        if not there:
            if here is None and not (old.family == COLUMN and old.parent not in self.now):
                yield _change(Effect.MAP, old, "removed", mapped=old.ref in self.route.dropped)
                yield from self._scored(old, "is gone")
            return
        how = self.route.targets(old.ref)[0]
        for new in there:
            if sent:
                words = f"{how} from {old.ref}"
                yield _change(Effect.MAP, new, words, mapped=True)
                if how != "renamed":
                    yield _change(Effect.BREAKS, new, f"{words}: its answers mean something else")
            yield from self._same(old, new)

    def _same(self, old: Thing, new: Thing) -> Iterator[Change]:
        """What changed about one thing."""
        declared = self.route.declared_same(old, new)
        for trait in changed_traits(old, new):
            words = f"{_words(trait)} changed"
            if declared:
                yield _change(Effect.SAFE, new, f"{words}, declared to mean the same")
            elif trait == "label" and new.family in (MEASURE, TABLE, COLUMN, FIGURE, "profile field"):
                yield _change(Effect.BREAKS, new, f"{words}: {_quoted(old.label)} to {_quoted(new.label)}")
            elif trait == "unit" and self.route.same_unit(*(str(getattr(one.node, "unit", "")) for one in (old, new))):
                yield _change(Effect.SAFE, new, f"{words}, declared to mean the same")
            else:
                yield _change(Effect.BREAKS, new, words)
        for trait in harmless_traits(old, new):
            yield _change(Effect.SAFE, new, f"{_words(trait)} changed")
        if old.type != new.type:
            mapped = any(old.ref in each.items for each in self.route.map.recoded)
            yield _change(Effect.MAP, new, f"answered as {new.type} instead of {old.type}", mapped=mapped)
            yield _change(Effect.BREAKS, new, "asked in another form")
        elif old.choices != new.choices:
            yield from self._list(new, old.choices, new.choices)
        yield from self._range(old, new)
        yield from self._for_whom(old, new)

    def _range(self, old: Thing, new: Thing) -> Iterator[Change]:
        for name, sign, words in (("minimum", 1, "least"), ("maximum", -1, "greatest")):
            before, now = getattr(old.node, name, None), getattr(new.node, name, None)
            if before == now:
                continue
            wider = now is None or (before is not None and now * sign < before * sign)
            effect = Effect.SAFE if wider else Effect.BREAKS
            yield _change(effect, new, f"the {words} possible figure changed: {_number(before)} to {_number(now)}")
        rows = getattr(old.node, "rows", 0), getattr(new.node, "rows", 0)
        if rows[0] != rows[1]:
            effect = Effect.SAFE if rows[1] > rows[0] else Effect.BREAKS
            yield _change(effect, new, f"rows changed: {rows[0]} to {rows[1]}")
        if hasattr(old.node, "values") and hasattr(new.node, "values"):
            kept = all(each in new.node.values for each in old.node.values)
            if old.node.values != new.node.values:
                words = "a later published figure was added" if kept else "published figures changed"
                yield _change(Effect.SAFE if kept else Effect.BREAKS, new, words)

    def _for_whom(self, old: Thing, new: Thing) -> Iterator[Change]:
        everyone = [each.id for each in self.old.respondents]
        before = set(getattr(old.node, "respondents", ()) or everyone)
        now = set(getattr(new.node, "respondents", ()) or [each.id for each in self.new.respondents])
        for gone in sorted(before - now):
            if gone in {each.id for each in self.new.respondents}:
                yield _change(Effect.BREAKS, new, f"no longer for {gone}")
        for more in sorted(now - before):
            if more in everyone:
                yield _change(Effect.SAFE, new, f"now for {more} too")

    def _added(self, new: Thing) -> Change:
        if new.family == SECTION:
            return _change(Effect.BREAKS, new, "added: overall scores rest on other sections")
        if new.family == QUESTION and self._is_scored(new, self.new):
            section = str(getattr(new.node, "section", ""))
            return _change(Effect.BREAKS, new, f"added: the score of {section} rests on other questions")
        return _change(Effect.SAFE, new, "added")

    def _scored(self, old: Thing, words: str) -> Iterator[Change]:
        if old.family == QUESTION and self._is_scored(old, self.old):
            section = str(getattr(old.node, "section", ""))
            yield _change(Effect.BREAKS, old, f"{words}: the score of {section} rests on other questions")

    @staticmethod
    def _is_scored(thing: Thing, framework: Framework) -> bool:
        found = lists(framework).get(thing.choices)
        return found is not None and any(choice.value is not None for choice in found.choices)

    def _order(self) -> Iterator[Change]:
        """Questions that stand in another order within their section."""
        for section in {str(getattr(thing.node, "section", "")): 0 for thing in self.now.values()}:
            if not section:
                continue
            old, new = _questions_of(self.old, section), _questions_of(self.new, section)
            common = [each for each in old if each in new]
            if common != [each for each in new if each in old]:
                yield Change(effect=Effect.SAFE, kind=SECTION, what=section, change="questions in another order")

    # Choice lists, units

    def _lists(self) -> Iterator[Change]:
        """What changed in lists that keep their id, and in those that evidence and missing figures are graded by."""
        before, now = lists(self.old), lists(self.new)
        for name in before:
            if name in now and before[name] != now[name]:
                thing = Thing(name, "choice list", "choice list", now[name])
                yield from self._list(thing, name, name)
        for part in ("evidence_strength", "missing_figure"):
            old, new = getattr(self.old, part), getattr(self.new, part)
            if old != new:
                yield from self._list(Thing(part, part, "choice list", self.new.scoring), old, new)

    def _list(self, thing: Thing, old: str, new: str) -> Iterator[Change]:
        """What changed from one list to another, for a thing that is answered from it."""
        before = {choice.code: choice for choice in lists(self.old)[old].choices} if old else {}
        now = {choice.code: choice for choice in lists(self.new)[new].choices} if new else {}
        ref = thing.ref if thing.family in ANSWERED else ""
        codes = self.route.codes(ref, old)
        declared = any(old in each.lists or new in each.lists for each in self.route.map.same)
        for code in before:
            to = codes.get(code, code)
            if to is None or to not in now:
                yield _change(Effect.MAP, thing, f"the answer '{code}' is gone", mapped=code in codes)
                yield _change(Effect.BREAKS, thing, f"without the answer '{code}' the others mean something else")
            elif to != code:
                yield _change(Effect.MAP, thing, f"the answer '{code}' is '{to}' now", mapped=True)
                yield _change(Effect.BREAKS, thing, f"the answer '{code}' is '{to}' now")
            else:
                yield from self._choice(thing, before[code], now[to], declared=declared)
        for code in now:
            if code not in before and code not in codes.values():
                effect = Effect.SAFE if declared else Effect.BREAKS
                yield _change(effect, thing, f"the answer '{code}' was added")
        kept = [code for code in before if code in now]
        if kept != [code for code in now if code in before]:
            yield _change(Effect.SAFE, thing, "answers in another order")

    @staticmethod
    def _choice(thing: Thing, old: Choice, new: Choice, *, declared: bool) -> Iterator[Change]:
        for name in ("label", "value", "state", "description"):
            if getattr(old, name) != getattr(new, name):
                words = f"the {name} of the answer '{new.code}' changed"
                if name in ("label", "description") and declared:
                    yield _change(Effect.SAFE, thing, f"{words}, declared to mean the same")
                else:
                    yield _change(Effect.BREAKS, thing, words)
        if old.needs_reason != new.needs_reason:
            yield _change(Effect.SAFE, thing, f"whether '{new.code}' needs a reason changed")

    def _units(self) -> Iterator[Change]:
        before = {unit.id: unit for unit in self.old.units}
        for unit in self.new.units:
            old = before.get(unit.id)
            thing = Thing(unit.id, "unit", "unit", unit)
            if old is not None and old.label != unit.label:
                same = self.route.same_unit(unit.id, unit.id)
                words = f"called {_quoted(unit.label)} instead of {_quoted(old.label)}"
                yield _change(Effect.SAFE if same else Effect.BREAKS, thing, words)
            elif old is not None and old.format != unit.format:
                yield _change(Effect.SAFE, thing, "shown in another format")

    # The frame

    def _respondents(self) -> Iterator[Change]:
        before = {each.id: each for each in self.old.respondents}
        now = {each.id: each for each in self.new.respondents}
        for each in before:
            if each not in now:
                thing = Thing(each, _SAFE_RESPONDENT, "respondent type", before[each])
                yield _change(Effect.BREAKS, thing, "removed: its returns cannot be carried")
            elif before[each] != now[each]:
                thing = Thing(each, _SAFE_RESPONDENT, "respondent type", now[each])
                yield _change(Effect.SAFE, thing, "described in other words")
        for each in now:
            if each not in before:
                yield _change(Effect.SAFE, Thing(each, _SAFE_RESPONDENT, "respondent type", now[each]), "added")

    def _scoring(self) -> Iterator[Change]:
        old, new = structs.asdict(self.old.scoring), structs.asdict(self.new.scoring)
        for name in new:
            if old[name] == new[name]:
                continue
            effect = Effect.SAFE if name in _SAFE_SCORING else Effect.BREAKS
            if name == "bands":
                starts = [[(band.from_, band.label) for band in bands] for bands in (old[name], new[name])]
                effect = Effect.SAFE if starts[0] == starts[1] else Effect.BREAKS
            yield Change(effect=effect, kind="scoring", what=name, change="changed")

    def _rest(self) -> Iterator[Change]:
        for name in _SAFE_PARTS:
            if getattr(self.old, name) != getattr(self.new, name):
                yield Change(effect=Effect.SAFE, kind="wording", what=name, change="changed")
        before, now = self.old.benchmarking, self.new.benchmarking
        for name, old in structs.asdict(before).items():
            if old != getattr(now, name):
                effect = Effect.BREAKS if name == "like_with_like" else Effect.SAFE
                yield Change(effect=effect, kind="benchmarking", what=name, change="changed")
        lookups = {lookup.id: lookup for lookup in self.old.lookups}
        for lookup in self.new.lookups:
            earlier = lookups.pop(lookup.id, None)
            if earlier is not None and earlier.entries != lookup.entries:
                rules = [[(each.code, each.prefix, each.at_least) for each in one.entries] for one in (earlier, lookup)]
                effect = Effect.SAFE if rules[0] == rules[1] else Effect.BREAKS
                yield Change(effect=effect, kind="lookup", what=lookup.id, change="entries changed")
        for gone in lookups:
            yield Change(effect=Effect.BREAKS, kind="lookup", what=gone, change="removed")


def _change(effect: Effect, thing: Thing, words: str, *, mapped: bool = False) -> Change:
    return Change(effect=effect, kind=thing.kind, what=thing.ref, change=words, mapped=mapped)


_WORDS = {
    "text": "the question's wording", "levels": "what its answers look like", "label": "its label",
    "formula": "its formula", "unit": "its unit", "weight": "its weight", "section": "its section",
    "group": "its group", "score": "its scoring rule", "kind": "its kind", "default": "what counts when it is blank",
    "needs": "its condition", "direction": "its direction",
}  # fmt: skip


def _words(trait: str) -> str:
    return _WORDS.get(trait, trait.replace("_", " "))


def _quoted(text: str) -> str:
    return f"“{text}”"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _questions_of(framework: Framework, section: str) -> list[str]:
    return [question.id for question in framework.questions if question.section == section]
