"""Which organisation a person means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kil_xlsx.core.names import folded
from kil_xlsx.errors import UsageProblem

if TYPE_CHECKING:
    from kil_xlsx.core.collection import Asked
    from kil_xlsx.store.database import Store

_MOST = 5
"""Organisations that are named where a text fits several."""


def organisation_named(store: Store, text: str, *, forgotten: bool = False) -> Asked:
    """The organisation that is meant by its name, registered number, reference code or ``#`` and number.

    Letters in either case and kinds of blank do not matter.  A part of a name is not enough: it is answered with the
    names that it may stand for.

    :param forgotten: whether one that has been forgotten may be meant; only its number in the collection finds it.
    :raises UsageProblem: there is none, or there are several.
    """
    from kil_xlsx.layout.stamp import valid_reference

    wanted = folded(text)
    if wanted.startswith("#") and wanted[1:].isascii() and wanted[1:].isdigit():
        found = store.organisation(int(wanted[1:18]))
        if found is None:
            raise UsageProblem(f"There is no organisation {wanted}.", _SEE)
        if found.forgotten_at and not forgotten:
            raise UsageProblem(f"Organisation {wanted} was forgotten on {found.forgotten_at[:10]}.")
        return found
    reference = valid_reference(text)
    copy = store.copy(reference) if reference is not None else None
    of_copy = store.organisation(copy.organisation) if copy is not None else None
    if of_copy is not None and not of_copy.forgotten_at:
        return of_copy
    known = store.organisations()
    matches = [each for each in known if wanted and wanted in (folded(each.name), folded(each.number))]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageProblem(f"Several organisations are called '{_short(text)}': {_listed(matches)}.", _BY_NUMBER)
    parts = [each for each in known if wanted and wanted in folded(each.name)]
    if parts:
        raise UsageProblem(
            f"No organisation is called exactly '{_short(text)}'; did you mean {_listed(parts, ' or ')}?", _BY_NUMBER
        )
    from kil_xlsx.definitions.wording import did_you_mean

    hint = did_you_mean(text, [name for each in known for name in (each.name, each.number) if name])
    raise UsageProblem(f"There is no organisation '{_short(text)}'{hint or '.'}", _SEE)


_SEE = "Name it by its name, registered number or reference code as they stand in the list and in its workbook."
_BY_NUMBER = "Name it by its registered number, or by # and its number in the collection."


def _short(text: str) -> str:
    from kil_xlsx.definitions.wording import shortened

    return shortened(text)


def _listed(found: list[Asked], between: str = ", ") -> str:
    shown = between.join(
        f"{each.name} ({each.number + ', ' if each.number else ''}#{each.id})" for each in found[:_MOST]
    )
    return f"{shown} and {len(found) - _MOST} more" if len(found) > _MOST else shown
