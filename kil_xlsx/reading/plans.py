"""The workbooks that may come back: those of today, and those of earlier versions that were published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.readings import Identity

if TYPE_CHECKING:
    from kil_xlsx.layout.plan import Plan


class Plans(Mapping[str, "Plan"]):
    """Plans by ``framework/respondent``, and those of earlier versions by ``framework/respondent/version``.

    Each is built when it is first asked for.  Only those of today are counted and listed.

    :param current: the instruments of today, by ``framework/respondent``.
    :param earlier: those of earlier versions, by ``framework/respondent/version``.
    """

    def __init__(self, current: Mapping[str, Instrument], earlier: Mapping[str, Instrument] | None = None) -> None:
        self.current = current
        self.earlier: Mapping[str, Instrument] = earlier or {}
        self._plans: dict[str, Plan] = {}

    def __getitem__(self, key: str) -> Plan:
        if key not in self._plans:
            from kil_xlsx.layout.plan import Plan

            self._plans[key] = Plan(self.current[key] if key in self.current else self.earlier[key])
        return self._plans[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.current)

    def __len__(self) -> int:
        return len(self.current)


def plan_for(plans: Mapping[str, Plan], identity: Identity) -> Plan | None:
    """The plan of the version that a workbook was made from; if there is none, today's; none for other workbooks."""
    key = f"{identity.framework}/{identity.respondent}"
    own = plans.get(f"{key}/{identity.version}")
    return own if own is not None else plans.get(key)


def reference_prefixes(plans: Mapping[str, Plan]) -> set[str]:
    """What the reference codes of the workbooks that may come back start with."""
    if isinstance(plans, Plans):  # without building them
        return {each.framework.reference_prefix for each in plans.current.values()}
    return {plan.instrument.framework.reference_prefix for plan in plans.values()}
