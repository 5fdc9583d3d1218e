"""Where one organisation stands among the others of its group, as far as it may be told.

The only thing in feedback that is not in the release: it is worked out from the returns that the release was made
from, and passes :func:`kil_xlsx.core.disclosure.position`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kil_xlsx.core.disclosure import position
from kil_xlsx.core.feedback import Position
from kil_xlsx.core.grouping import answer_to, everyone_id, grouping_fields, groups_of
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.membership import Member, Names, bodies_of, names_of, select
from kil_xlsx.core.release import Figure, Group, Release, Thresholds
from kil_xlsx.core.returns import State
from kil_xlsx.core.rounding import PLACES, round_half_away
from kil_xlsx.core.topics import Topic, topics


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
    def _groups(self) -> tuple[frozenset[str], ...]:
        fields = grouping_fields(self.instrument)
        everyone = everyone_id(self.instrument)
        return tuple(frozenset((everyone, *groups_of(self.instrument, member, fields))) for member in self.used)

    @cached_property
    def _among(self) -> tuple[tuple[str, ...], ...]:
        return tuple(like_with_like(self.instrument, member) for member in self.used)

    @cached_property
    def _cells(self) -> dict[tuple[str, str, tuple[str, ...]], _Cell]:
        return {}

    @cached_property
    def _found(self) -> dict[tuple[object, ...], Position | None]:
        return {}

    def is_used(self, own: Member) -> bool:
        """Whether this very return is part of the release's figures."""
        return any(member.sha256 == own.sha256 for member in self.used)

    def bodies_of(self, own: Member) -> frozenset[str]:
        """What an organisation counts as among those used; nothing where it is not among them."""
        mine = names_of(self.instrument, own)
        return frozenset(body for body, names in zip(self.bodies, self.names, strict=True) if names & mine)

    def position(
        self, own: frozenset[str], group: str, item: str, among: tuple[str, ...], value: float, figure: Figure
    ) -> Position | None:
        """Where a value stands among those of the others of a group; none where that may not be told.

        It is told only where the spread of the group's answers is published too.

        :param own: what :meth:`bodies_of` gave: these are not others.
        """
        topic = self.topics.get(item)
        if topic is None or figure.lower_quartile is None or figure.upper_quartile is None:
            return None
        cell = self._cell(group, topic, among)
        taken = tuple(sorted(each for body in own for each in cell.values.get(body, ())))
        if len(cell.values.keys() - own) < self.thresholds.quartiles:
            return None
        mine = round_half_away(value, PLACES)
        key = (group, item, among, mine, taken)
        if key not in self._found:
            others = [each for body, given in cell.values.items() if body not in own for each in given]
            self._found[key] = position(self.thresholds, mine, others, figure)
        return self._found[key]

    def _cell(self, group: str, topic: Topic, among: tuple[str, ...]) -> _Cell:
        """What the members of a group gave to one item; looked up once for all who are told."""
        key = (group, topic.item.id, among)
        if key not in self._cells:
            values: dict[str, tuple[float, ...]] = {}
            for at, member in enumerate(self.used):
                if group not in self._groups[at] or (topic.like_with_like and self._among[at] != among):
                    continue
                answer = topic.answer(member)
                if answer.state is State.ANSWERED and answer.value is not None:
                    body = self.bodies[at]
                    values[body] = (*values.get(body, ()), round_half_away(answer.value, PLACES))
            self._cells[key] = _Cell(values)
        return self._cells[key]


@dataclass(frozen=True)
class _Cell:
    """The values that a group gave to one item, by body."""

    values: Mapping[str, tuple[float, ...]]


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

    It is that of the first field of the framework's peer groups whose answer has a group with figures, else everyone.
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
    for identifier in (*groups_of(instrument, own, fields), everyone_id(instrument)):
        if identifier in groups:
            return groups[identifier]
    return None


def like_with_like(instrument: Instrument, member: Member) -> tuple[str, ...]:
    """What an organisation's measures may be compared among, as labels; nothing where it left any of it open."""
    names = instrument.framework.benchmarking.like_with_like
    answers = [answer_to(instrument, field, member) for field in instrument.profile if field.id in names]
    return tuple(label for _, label in answers) if all(code for code, _ in answers) else ()
