"""What is known of an organisation's peers when its workbook is made: published figures, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from kil_xlsx.core.rounding import round_half_away


class PeerFigures(Struct, frozen=True, kw_only=True):
    """One score among a group: how many organisations have it, and its quartiles.  Absent parts were not published."""

    count: int
    lower: float | None = None
    median: float | None = None
    upper: float | None = None


class PeerGroup(Struct, frozen=True, kw_only=True):
    """A group of organisations: everybody, or those that gave one answer to a field of the profile.

    ``label`` is what it is called in words.  ``field`` is the id of the field and ``value`` the answer as it stands in
    the field's cell; both are empty for everybody.  ``figures`` are by section id and
    :data:`kil_xlsx.core.release.OVERALL`.
    """

    label: str
    field: str = ""
    value: str = ""
    figures: dict[str, PeerFigures]


class Peers(Struct, frozen=True, kw_only=True):
    """The groups of a benchmark for one respondent type, everybody first; ``date`` says how old it is, in words."""

    date: str
    groups: tuple[PeerGroup, ...]


class Standing(StrEnum):
    """Where a score lies among those of a group.  A score at a quartile is in the middle half."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


def published(group: PeerGroup) -> bool:
    """Whether anything at all is known of a group: the median of one score is enough."""
    return any(figures.median is not None for figures in group.figures.values())


def comparable(peers: Peers, fields: Iterable[str]) -> tuple[PeerGroup, ...]:
    """The groups that an organisation may be compared with: everybody, then those published, in the fields' order."""
    by_field = [
        group
        for field in dict.fromkeys(fields)
        for group in peers.groups[1:]
        if group.field == field and group.value and published(group)
    ]
    return (peers.groups[0], *by_field)


def compared_with(groups: tuple[PeerGroup, ...], answers: Mapping[str, str]) -> int:
    """Which of the :func:`comparable` groups an organisation is compared with, counted from 0.

    It is that of the first field whose answer has a group; everybody where there is none.  Capitals do not matter, as
    in a spreadsheet.

    :param answers: what stands in the cells, by field.
    """
    for at, group in enumerate(groups):
        if group.field and answers.get(group.field, "").casefold() == group.value.casefold():
            return at
    return 0


def standing(score: float | None, figures: PeerFigures | None, decimals: int) -> Standing | None:
    """Where a score lies among a group's, as both are shown; none without a score or without both quartiles."""
    if score is None or figures is None or figures.lower is None or figures.upper is None:
        return None
    mine, lower, upper = (round_half_away(each, decimals) for each in (score, figures.lower, figures.upper))
    if mine < lower:
        return Standing.BELOW
    return Standing.ABOVE if mine > upper else Standing.WITHIN


def change(score: float | None, before: float | None, decimals: int) -> float | None:
    """By how much a score has changed as it is shown, with its decimals; none where there was none, or is none now.

    The scores are rounded first, so that what stands beside them is what anybody gets who takes one from the other.
    """
    if score is None or before is None:
        return None
    return round_half_away(round_half_away(score, decimals) - round_half_away(before, decimals), decimals)
