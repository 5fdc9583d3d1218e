"""Who is to get a mail: what is on record of each organisation, held against the rules of who is due."""

from __future__ import annotations

from collections.abc import Collection as Numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kil_xlsx.core.dispatch import Known

if TYPE_CHECKING:
    from kil_xlsx.core.collection import Mail, Received
    from kil_xlsx.pipeline.collection.place import Collection


def known(collection: Collection, only: Numbers[int] | None = None) -> list[Known]:
    """What is on record of every organisation that is listed, or had something to do with this round.

    :param only: the numbers of the organisations that matter; without it, all do.
    """
    store, round_id = collection.store, collection.round_id
    mails: dict[int, list[Mail]] = {}
    for mail in store.mails(round_id=round_id):
        mails.setdefault(mail.organisation, []).append(mail)
    returns: dict[int, list[Received]] = {}
    for each in store.received(round_id=round_id):
        if each.organisation is not None:
            returns.setdefault(each.organisation, []).append(each)
    waived = store.waived(round_id)
    return [
        Known(each, tuple(mails.get(each.id, ())), tuple(returns.get(each.id, ())), each.id in waived)
        for each in store.organisations()
        if (each.listed or each.id in mails or each.id in returns) and (only is None or each.id in only)
    ]


def numbers_of(collection: Collection, named: Sequence[str]) -> frozenset[int]:
    """The organisations that were named.  UsageProblem where a name fits none of them, or several."""
    from kil_xlsx.pipeline.collection.naming import organisation_named

    return frozenset(organisation_named(collection.store, each).id for each in named)
