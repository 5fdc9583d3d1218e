"""The map for earlier versions: it must lead from what was published to what there is now, and leave nothing out.

An id that was once published stands for the same thing for ever.  So whatever was there and is there no longer must be
named in the map, and what the map sends elsewhere must not be there under its old id as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kil_xlsx.core.carry_forward import CarryForward
from kil_xlsx.core.carrying import Route
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.inventory import ANSWERED, COLUMN, TABLE, Thing, inventory, lists
from kil_xlsx.definitions.archive import same_content, version_order
from kil_xlsx.definitions.places import KeyPath, Places
from kil_xlsx.definitions.wording import did_you_mean, listed
from kil_xlsx.errors import Fault

_TOP = "carry_forward"


def carrying_faults(framework: Framework, places: Places, published: Mapping[str, Framework]) -> list[Fault]:
    """Everything wrong with a framework beside its published versions, each fault once."""
    found = [*_versions(framework, places, published)]
    if found:
        return list(dict.fromkeys(found))
    for version, old in published.items():
        if version == framework.version:
            continue
        at = next((at for at, each in enumerate(framework.carry_forward) if version in each.from_), None)
        found += _Check(old, framework, places, at).faults()
    for at, entry in enumerate(framework.carry_forward):
        olds = [published[version] for version in entry.from_]
        found += _sources(framework, places, at, entry, olds)
    return list(dict.fromkeys(found))


def _versions(framework: Framework, places: Places, published: Mapping[str, Framework]) -> Iterator[Fault]:
    """A version is newer than all that were published, or one of them; maps are from published ones."""
    version = framework.version
    for each, old in published.items():
        if old.id != framework.id:
            yield places.fault(("id",), f"the version {each} in its folder was published as '{old.id}'", "Remove it.")
        elif each == version and not same_content(framework, old):
            yield places.fault(
                ("version",),
                f"version {version} has been published with another content",
                "Raise the version; a published one is never changed.",
            )
        elif version_order(each) > version_order(version):
            yield places.fault(
                ("version",), f"version {each} has been published already", "Give it a later version than that."
            )
    seen: set[str] = set()
    for at, entry in enumerate(framework.carry_forward):
        for index, each in enumerate(entry.from_):
            path: KeyPath = (_TOP, at, "from", index)
            if each not in published or each == version:
                others = [one for one in published if one != version]
                remedy = f"Published were: {listed(others)}." if others else "No earlier version has been published."
                yield places.fault(path, f"there is no earlier version {each}{did_you_mean(each, others)}", remedy)
            elif each in seen:
                yield places.fault(path, f"there is a map from version {each} already", "Put the two together.")
            seen.add(each)


def _sources(
    framework: Framework, places: Places, at: int, entry: CarryForward, olds: list[Framework]
) -> Iterator[Fault]:
    """What the map starts from was there, and nothing starts twice."""
    known = {ref for old in olds for ref in inventory(old)}
    known_lists = {name for old in olds for name in lists(old)}
    units = {unit.id for old in olds for unit in old.units}
    here = f"version {listed(entry.from_)}"
    seen: dict[str, KeyPath] = {}
    for path, ref, is_sent in _from(entry):
        whole: KeyPath = (_TOP, at, *path)
        if ref not in known:
            yield places.fault(whole, f"there is no '{ref}' in {here}{did_you_mean(ref, known)}", "Name its old id.")
        elif is_sent and ref in seen:
            yield places.fault(whole, f"'{ref}' is in this map already", "An item goes one way only.")
        if is_sent:
            seen[ref] = whole
    for name, options in (("lists", known_lists), ("units", units)):
        for key in ("same", "recoded"):
            for index, each in enumerate(getattr(entry, key)):
                for number, wanted in enumerate(getattr(each, name, ())):
                    if wanted not in options:
                        whole = (_TOP, at, key, index, name, number)
                        message = f"there is no '{wanted}' in {here}{did_you_mean(wanted, options)}"
                        yield places.fault(whole, message, "Name its old id.")


def _from(entry: CarryForward) -> Iterator[tuple[KeyPath, str, bool]]:
    """Every earlier id that a map names, with its path, and whether it is sent somewhere."""
    for at, renamed in enumerate(entry.renamed):
        yield ("renamed", at, "from"), renamed.from_, True
    for at, split in enumerate(entry.split):
        yield ("split", at, "from"), split.from_, True
    for at, merged in enumerate(entry.merged):
        for number, ref in enumerate(merged.from_):
            yield ("merged", at, "from", number), ref, True
    for at, dropped in enumerate(entry.dropped):
        for number, ref in enumerate(dropped.items):
            yield ("dropped", at, "items", number), ref, True
    for key in ("same", "recoded"):
        for at, each in enumerate(getattr(entry, key)):
            for number, ref in enumerate(each.items):
                yield (key, at, "items", number), ref, False


def _to(entry: CarryForward) -> Iterator[tuple[KeyPath, str, tuple[str, ...]]]:
    """Every new id that a map gives, with its path and what becomes it."""
    for at, renamed in enumerate(entry.renamed):
        yield ("renamed", at, "to"), renamed.to, (renamed.from_,)
    for at, split in enumerate(entry.split):
        for number, ref in enumerate(split.to):
            yield ("split", at, "to", number), ref, (split.from_,)
    for at, merged in enumerate(entry.merged):
        yield ("merged", at, "to"), merged.to, merged.from_


@dataclass
class _Check:
    """One published version beside the framework; ``at`` is where its map stands, if it has one."""

    old: Framework
    new: Framework
    places: Places
    at: int | None

    def __post_init__(self) -> None:
        self.route = Route(self.old, self.new)
        self.before, self.now = inventory(self.old), inventory(self.new)

    def _fault(self, path: KeyPath, message: str, remedy: str) -> Fault:
        start: KeyPath = (_TOP,) if self.at is None else (_TOP, self.at)
        return self.places.fault((*start, *path), message, remedy)

    def faults(self) -> Iterator[Fault]:
        yield from self._targets()
        yield from self._again()
        yield from self._covered()
        yield from self._answers()

    def _targets(self) -> Iterator[Fault]:
        """What the map leads to is there, new, and of the same kind."""
        given: dict[str, KeyPath] = {}
        for path, ref, sources in _to(self.route.map):
            there = [self.before[source] for source in sources if source in self.before]
            if not there:
                continue  # another of the versions that the map is from
            new = self.now.get(ref)
            if new is None:
                message = f"there is no '{ref}' in this version{did_you_mean(ref, list(self.now))}"
                yield self._fault(path, message, "Name what it is called now.")
                continue
            if any(source.kind != new.kind for source in there):
                yield self._fault(
                    path, f"'{ref}' is a {new.kind}, which '{there[0].ref}' was not", "Drop it from the map instead."
                )
            if path[0] != "renamed" and new.family in (TABLE, COLUMN):
                yield self._fault(path, f"'{ref}' is a {new.kind}, which can only be renamed or dropped", "")
            if ref in self.before and ref not in sources:
                yield self._reused(path, ref, f"It was there in version {self.old.version} and meant something else")
            if ref in given:
                yield self._fault(path, f"the map leads to '{ref}' twice", "Use 'merged'.")
            given[ref] = path
        for at, merged in enumerate(self.route.map.merged):
            types = {thing.type for ref in (*merged.from_, merged.to) if (thing := self.before.get(ref))}
            if merged.rule == "sum" and types - {"number"}:
                yield self._fault(("merged", at, "rule"), "only figures can be added up", "Write equal or lowest.")

    def _again(self) -> Iterator[Fault]:
        """What the map takes away is not there any more."""
        entry = self.route.map
        for path, ref, is_sent in _from(entry):
            kept = next((to for where, to, sources in _to(entry) if ref in sources and to == ref), None)
            if is_sent and ref in self.now and ref in self.before and kept is None:
                yield self._reused(path, ref, "The map sends it elsewhere or drops it, and it is still there")

    def _reused(self, path: KeyPath, ref: str, why: str) -> Fault:
        return self._fault(path, f"the id '{ref}' is used again. {why}", "Give the new item an id of its own.")

    def _covered(self) -> Iterator[Fault]:
        """Whatever was there is there, or in the map."""
        for ref, old in self.before.items():
            new = self.now.get(ref)
            if new is not None and new.kind != old.kind:
                message = f"the id '{ref}' is used again: it was a {old.kind} in version {self.old.version}"
                yield self.places.fault(("version",), message, "Give the new item an id of its own.")
            named = ref in self.route.dropped or ref in self.route.sent_to
            if new is None and not named and not self._with_table(ref):
                what = f"the {old.kind} '{ref}' of version {self.old.version} is gone and not in the map"
                yield self._fault((), what, "Add it to renamed, merged, split or dropped.")

    def _with_table(self, ref: str) -> bool:
        """Whether a column went with its table."""
        table, dot, _ = ref.partition(".")
        return bool(dot) and (table in self.route.dropped or bool(self.route.targets(ref)[1]))

    def _answers(self) -> Iterator[Fault]:
        """Every earlier answer is one now, or the map says what became of it."""
        for ref, old in self.before.items():
            if old.family not in ANSWERED:
                continue
            for target in self.route.targets(ref)[1]:
                new = self.now.get(target)
                if new is not None and new.kind == old.kind:
                    yield from self._answer(old, new)
        for list_id, new_id, what in (
            (self.old.evidence_strength, self.new.evidence_strength, "evidence_strength"),
            (self.old.missing_figure, self.new.missing_figure, "missing_figure"),
        ):
            codes = self.route.codes("", list_id)
            yield from self._codes(what, list_id, new_id, codes)

    def _answer(self, old: Thing, new: Thing) -> Iterator[Fault]:
        codes = self.route.codes(old.ref, old.choices)
        if old.type != new.type:
            if old.type and not any(old.ref in each.items for each in self.route.map.recoded):
                message = f"'{old.ref}' was answered as {old.type} in version {self.old.version}, and is {new.type} now"
                yield self._fault((), message, "Say in recoded what its answers become; codes may be empty.")
            return
        if old.type == "choice":
            yield from self._codes(new.ref, old.choices, new.choices, codes)

    def _codes(self, what: str, old: str, new: str, codes: Mapping[str, str | None]) -> Iterator[Fault]:
        before = _codes_of(self.old, old)
        now = _codes_of(self.new, new)
        for code in before:
            to = codes.get(code, code)
            if to is not None and to not in now:
                gone = f"the answer '{code}' of '{old}' in version {self.old.version}"
                message = f"{gone} is not among those of '{what}' and not in the map"
                where = f"There are: {listed(list(now))}."
                if code in codes:
                    message = f"{gone} becomes '{to}', which is not among those of '{what}'"
                yield self._fault((), message, f"Say in recoded what it becomes, or null. {where}")


def _codes_of(framework: Framework, name: str) -> Iterable[str]:
    found = lists(framework).get(name)
    return [choice.code for choice in found.choices] if found else []
