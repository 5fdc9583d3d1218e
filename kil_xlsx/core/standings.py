"""Where one organisation stands among the others of its group, as far as it may be told.

The only thing in feedback that is not in the release: it is worked out from the returns that the release was made
from, and passes :func:`kil_xlsx.core.disclosure.position`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from kil_xlsx.core.disclosure import position
from kil_xlsx.core.feedback import Position
from kil_xlsx.core.grouping import everyone_id, grouping_fields, groups_of
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.membership import ByName, Member, Names, bodies_of, names_of, same_organisation, select
from kil_xlsx.core.quantiles import Ranked
from kil_xlsx.core.release import Figure, Group, Part, Release, RespondentBenchmark, Thresholds
from kil_xlsx.core.returns import State
from kil_xlsx.core.rounding import PLACES, round_half_away
from kil_xlsx.core.topics import Topic, topics

ENOUGH_SHOWN = 2 / 3
"""The part of everyone's figures that a group must show for its members to be compared with it."""

_COMPARED: tuple[Part, ...] = ("lower_quartile", "median", "upper_quartile")


@dataclass(frozen=True)
class Standings:
    """The organisations of one respondent type that a release used.

    ``bodies`` tells for each what it counts as: those under one parent are one body.
    """

    instrument: Instrument
    thresholds: Thresholds
    used: tuple[Member, ...] = ()
    names: tuple[Names, ...] = ()
    bodies: tuple[str, ...] = ()

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """What is compared, by id of the item."""
        return {topic.item.id: topic for topic in topics(self.instrument)}

    @cached_property
    def _members(self) -> Mapping[str, Sequence[int]]:
        """Those used, by number, of each group."""
        fields = grouping_fields(self.instrument)
        found: dict[str, list[int]] = {everyone_id(self.instrument): list(range(len(self.used)))}
        for at, member in enumerate(self.used):
            for group in set(groups_of(self.instrument, member, fields)) - {everyone_id(self.instrument)}:
                found.setdefault(group, []).append(at)
        return found

    @cached_property
    def _by_name(self) -> ByName:
        return ByName(self.names)

    @cached_property
    def _cells(self) -> dict[tuple[str, str], Mapping[tuple[str, ...] | None, _Cell]]:
        return {}

    @cached_property
    def _found(self) -> dict[tuple[object, ...], Position | None]:
        return {}

    def own_of(self, own: Member) -> frozenset[int]:
        """Which of those used are the organisation itself, by number; none where it is not among them."""
        mine = names_of(self.instrument, own)
        return frozenset(at for at in self._by_name.sharing(mine) if same_organisation(mine, self.names[at]))

    def position(
        self, own: frozenset[int], group: str, item: str, among: tuple[str, ...], value: float, figure: Figure
    ) -> Position | None:
        """Where a value stands among those of the others of a group; none where that may not be told.

        It is told only where the spread of the group's answers is published too.  Others under the same parent count
        as others, since the published spread has them too: what differed would be what they said.  For there to be
        enough others they do not count.

        :param own: what :meth:`own_of` gave: these are not others.
        """
        topic = self.topics.get(item)
        if topic is None or figure.lower_quartile is None or figure.upper_quartile is None:
            return None
        cell = self._cell(group, topic, among)
        if len(cell.bodies) - len(cell.bodies & {self.bodies[at] for at in own}) < self.thresholds.quartiles:
            return None
        mine = round_half_away(value, PLACES)
        taken = tuple(sorted(cell.values[at] for at in own if at in cell.values))
        key = (group, item, among, mine, taken)
        if key not in self._found:
            amounts = topic.item.kind == "measure"
            self._found[key] = position(self.thresholds, mine, cell.ranked.without(taken), figure, amounts=amounts)
        return self._found[key]

    def _cell(self, group: str, topic: Topic, among: tuple[str, ...]) -> _Cell:
        """What the members of a group gave to one item; looked up once for all who are told."""
        key = (group, topic.item.id)
        if key not in self._cells:
            given: dict[tuple[str, ...] | None, dict[int, float]] = {}
            for at in self._members.get(group, ()):
                answer = topic.answer(self.used[at])
                if answer.state is State.ANSWERED and answer.value is not None:
                    shared = topic.among(self.instrument, self.used[at])
                    given.setdefault(shared, {})[at] = round_half_away(answer.value, PLACES)
            self._cells[key] = {shared: self._cell_of(values) for shared, values in given.items()}
        return self._cells[key].get(among) or self._cell_of({})

    def _cell_of(self, values: Mapping[int, float]) -> _Cell:
        return _Cell(values, frozenset(self.bodies[at] for at in values), Ranked(list(values.values())))


class _Cell(NamedTuple):
    """What the members of a group gave to one item: by number, whose bodies they are, and in order."""

    values: Mapping[int, float]
    bodies: frozenset[str]
    ranked: Ranked


def standings(
    instrument: Instrument, release: Release, members: Sequence[Member], parents: Mapping[tuple[str, str], str]
) -> Standings:
    """Those whom a release used, selected again from the returns that it was made from.

    :param members: returns that were given; those that the release was not made from are left out.
    :param parents: the parent's name, by a name or number of the organisation.
    """
    inputs = frozenset(release.inputs)
    selection = select(instrument, [member for member in members if member.sha256 in inputs])
    return Standings(
        instrument=instrument,
        thresholds=release.method.thresholds,
        used=selection.used,
        names=selection.names,
        bodies=tuple(bodies_of(selection, parents)),
    )


def compared_group(instrument: Instrument, own: Member, release: Release) -> Group | None:
    """The group that an organisation is compared with; none where the release shows nothing of its kind.

    It is that of the first field of the framework's peer groups whose answer has a group with enough figures, else
    everyone.  Enough are :data:`ENOUGH_SHOWN` of those that are shown of everyone: beside a group of which next to
    nothing is shown, an organisation would learn less than it could.
    """
    mine = release.respondent(instrument.respondent.id)
    if mine is None:
        return None
    groups = {group.id: group for group in mine.groups if not group.suppressed}
    peer_fields = [
        name
        for peers in instrument.framework.benchmarking.peer_groups
        if peers.respondent == instrument.respondent.id
        for name in peers.fields
    ]
    asked = {field.id: field for field in instrument.profile}
    fields = [asked[name] for name in dict.fromkeys(peer_fields) if name in asked]
    everyone = groups.get(everyone_id(instrument))
    enough = ENOUGH_SHOWN * _numbers_shown(mine, everyone) if everyone is not None else 0.0
    for identifier in groups_of(instrument, own, fields):
        if identifier in groups and _numbers_shown(mine, groups[identifier]) >= enough:
            return groups[identifier]
    return everyone


def _numbers_shown(mine: RespondentBenchmark, group: Group) -> int:
    """How many medians and quartiles of scores are shown of a group."""
    return sum(
        each.figure.part(part) is not None
        for _, each in mine.statistics(group, "overall", "section")
        for part in _COMPARED
    )
