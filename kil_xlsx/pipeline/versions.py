"""Earlier versions of a framework: what was sent out then, and returns of then as returns of today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from kil_xlsx.core.instrument import Definition

if TYPE_CHECKING:
    from kil_xlsx.core.carrying import Carried
    from kil_xlsx.core.framework import Framework
    from kil_xlsx.core.instrument import Instrument
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.reading.plans import Plans


def earlier(framework: str, instruments: Sequence[Instrument]) -> dict[str, Instrument]:
    """What was sent out in earlier versions, by ``framework/respondent/version``, oldest first.

    :param framework: the name or path that the instruments were loaded by.
    :raises DefinitionError: the file of a published version is damaged.
    """
    from kil_xlsx.definitions.load import published, split_name

    if not instruments:
        return {}
    today = instruments[0].framework
    wanted = {each.respondent.id for each in instruments}
    every = {each.id for each in today.respondents} == wanted
    found = Definition(today, published(split_name(framework)[0])).earlier()
    return {key: each for key, each in found.items() if every or each.respondent.id in wanted}


def plans_of(framework: str, instruments: Sequence[Instrument]) -> Plans:
    """The plans of all workbooks that may come back, those of earlier versions too."""
    from kil_xlsx.reading.plans import Plans

    return Plans({each.key: each for each in instruments}, earlier(framework, instruments))


def instruments_of(
    instruments: Iterable[Instrument], before: Mapping[str, Instrument], readings: Iterable[Reading]
) -> dict[str, Instrument]:
    """What some returns were read with: by respondent type, and by ``respondent/version`` for earlier versions."""
    found = {each.respondent.id: each for each in instruments}
    for reading in readings:
        identity = reading.identity
        if identity is not None and reading.ret is not None:
            own = before.get(f"{identity.framework}/{identity.respondent}/{identity.version}")
            if own is not None:
                found[f"{identity.respondent}/{identity.version}"] = own
    return found


class Forward(Struct, frozen=True):
    """Returns as today's framework has them, and what is to be said of those that were carried into it."""

    readings: tuple[Reading, ...]
    notes: tuple[str, ...]


def to_compare(readings: Iterable[Reading], framework: Framework, instruments: Mapping[str, Instrument]) -> Forward:
    """Returns of earlier versions carried forward, without what cannot be compared; the others as they are.

    They are scored by today's rules.
    """
    from msgspec.structs import replace

    from kil_xlsx.core.carrying import carry
    from kil_xlsx.core.readings import read_with
    from kil_xlsx.core.scoring import score

    done: list[Reading] = []
    told: dict[str, list[Carried]] = {}
    for reading in readings:
        identity = reading.identity
        old = read_with(instruments, identity)
        new = instruments.get(identity.respondent) if identity is not None else None
        if identity is None or reading.ret is None or old is None or new is None or old is new:
            done.append(reading)
            continue
        carried = carry(old, new, reading.ret)
        told.setdefault(identity.version, []).append(carried)
        ret = carried.comparable()
        now = replace(identity, version=framework.version)
        done.append(replace(reading, identity=now, ret=ret, result=score(new, ret), comparisons=(), accounts=()))
    return Forward(tuple(done), tuple(_note(version, each, framework) for version, each in told.items()))


def _note(version: str, carried: Sequence[Carried], framework: Framework) -> str:
    from kil_xlsx.definitions.wording import listed

    returns = "1 return was" if len(carried) == 1 else f"{len(carried)} returns were"
    words = f"{returns} made from version {version} and carried forward into {framework.version}"
    left_out = sorted({item for each in carried for item in each.incomparable & each.how.keys()})
    if not left_out:
        return f"{words}; every answer that was carried can be compared."
    return f"{words}; left out of the comparison for them, as they mean something else now: {listed(left_out)}."


def left_behind(carried: Carried, name: str) -> list[str]:
    """What the coordinator is told of answers that could not be carried, or that changed on the way."""
    from kil_xlsx.definitions.wording import listed

    notes = []
    by_why: dict[str, list[str]] = {}
    for each in carried.lost:
        by_why.setdefault(each.why, []).append(f"{each.key.item}.{each.key.column}".rstrip("."))
    for why, items in by_why.items():
        entries = "1 entry" if len(items) == 1 else f"{len(items)} entries"
        which = " that" if len(items) == 1 else ", each of which"
        notes.append(f"{name}: {entries} left out{which} {why}: {listed(dict.fromkeys(items))}.")
    for how in ("renamed", "recoded", "merged", "split"):
        items = [item for item, by in carried.how.items() if by == how]
        if items:
            notes.append(f"{name}: carried into items that were {how} since, to be confirmed: {listed(items)}.")
    return notes
