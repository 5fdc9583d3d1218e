"""Which groups organisations are compared in: all of them, those with one answer to a field, or a named list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kil_xlsx.core.framework import ProfileField
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.membership import Member, Names

NOT_STATED = "Not stated"
"""The group of those who left a grouping field blank."""

Part = tuple[str, str]
"""An answer that makes a group: code and label."""

_BLANK: Part = ("", NOT_STATED)


@dataclass(frozen=True)
class Breakdown:
    """The parts, by code and label, that a field or a named list divides the members (by number) into.

    ``field`` is absent for a list, which has one part.
    """

    field: ProfileField | None
    parts: Mapping[Part, Sequence[int]]

    @property
    def open(self) -> bool:
        """Whether the field has no list of answers, so that an answer may be a name, or tell a place."""
        return self.field is not None and self.field.choices is None and self.field.lookup is None

    @property
    def is_place(self) -> bool:
        """Whether the field says where organisations are."""
        return self.field is not None and self.field.role == "area_code"

    @property
    def kind(self) -> Literal["field", "list", "place"]:
        """What kind of group its parts are."""
        if self.is_place:
            return "place"
        return "field" if self.field else "list"

    def group_id(self, instrument: Instrument, part: Part) -> str:
        """The id of the group that a part is."""
        return group_id(instrument, self.field.id if self.field else "list", part[0])


def group_id(instrument: Instrument, field: str, code: str) -> str:
    """The id of a group by an answer to a field, such as ``council/region/E12000004``."""
    return f"{instrument.respondent.id}/{field}/{code}"


def everyone_id(instrument: Instrument) -> str:
    """The id of the group of all organisations of a respondent type."""
    return f"{instrument.respondent.id}/all"


def can_group(field: ProfileField) -> bool:
    """Whether the answers to a field may be published as the names of groups: those of a list, and codes of places."""
    is_place = field.role == "area_code" and field.pattern is not None
    return field.choices is not None or field.lookup is not None or is_place


def grouping_fields(instrument: Instrument, chosen: Sequence[str] | None = None) -> list[ProfileField]:
    """The fields to group by: those chosen, or the framework's own with the place where questions have a match."""
    mine = {each.id: each for each in instrument.profile}
    if chosen is not None:
        return [mine[name] for name in dict.fromkeys(chosen) if name in mine]
    names = [
        name
        for peers in instrument.framework.benchmarking.peer_groups
        if peers.respondent == instrument.respondent.id
        for name in peers.fields
    ]
    place = instrument.field_with_role("area_code")
    if place is not None and can_group(place) and matched_themes(instrument):
        names.append(place.id)
    return [mine[name] for name in dict.fromkeys(names) if name in mine]


def matched_themes(instrument: Instrument) -> frozenset[str]:
    """The themes of questions that match one of another respondent type."""
    elsewhere = {
        question.theme
        for question in instrument.framework.questions
        if question.respondent != instrument.respondent.id and question.theme
    }
    return frozenset(question.theme for question in instrument.questions if question.theme in elsewhere)


def answer_to(instrument: Instrument, asked: ProfileField, member: Member) -> Part:
    """A member's answer to a profile field, as code and label; both are the blank group's where it gave none."""
    entry = member.ret.get(asked.id)
    if asked.type == "derived":
        label = member.result.derived.get(asked.id, "")
    elif asked.choices is not None:
        choices = instrument.choice_lists[asked.choices].choices
        return next(((each.code, each.label) for each in choices if each.code == entry.code), _BLANK)
    else:
        label = " ".join((entry.text or "").split())
        if asked.pattern is not None and not re.fullmatch(asked.pattern, label):
            return _BLANK
    return (label, label) if label else _BLANK


def breakdown(instrument: Instrument, asked: ProfileField, members: Sequence[Member]) -> Breakdown:
    """The members by their answers to a field; every answer that a field can have is there, used or not."""
    parts = _offered(instrument, asked)
    given = [answer_to(instrument, asked, member) for member in members]
    for answer in (*sorted(set(given) - parts.keys() - {_BLANK}), _BLANK):
        parts[answer] = []
    for at, answer in enumerate(given):
        parts[answer].append(at)
    return Breakdown(asked, parts)


def listed(label: str, names: Names, members: Sequence[Names]) -> Breakdown:
    """The members that a list names, by name or number."""
    return Breakdown(None, {(label, label): [at for at, mine in enumerate(members) if mine & names]})


def _offered(instrument: Instrument, asked: ProfileField) -> dict[Part, list[int]]:
    if asked.choices is not None:
        choices = instrument.choice_lists[asked.choices].choices
        return {(choice.code, choice.label): [] for choice in choices}
    if asked.lookup is not None:
        return {(entry.label, entry.label): [] for entry in instrument.lookups[asked.lookup].entries}
    return {}


def groups_of(instrument: Instrument, member: Member, fields: Sequence[ProfileField]) -> tuple[str, ...]:
    """The ids of the groups that a member is in by its answers, in the order of the fields; blank answers make none."""
    answers = ((field, answer_to(instrument, field, member)) for field in fields)
    return tuple(group_id(instrument, field.id, code) for field, (code, _) in answers if code)
