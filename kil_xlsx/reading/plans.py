"""The workbooks that may come back: those of today, and those of earlier versions that were published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from kil_xlsx.core.instrument import Definition, Instrument
from kil_xlsx.core.readings import Identity

if TYPE_CHECKING:
    from kil_xlsx.layout.plan import Plan

_Instruments = Mapping[str, Instrument]


class Plans(Mapping[str, "Plan"]):
    """Plans by ``framework/respondent``, and those of earlier versions by ``framework/respondent/version``.

    Each is built when it is first asked for.  Only those of today are counted and listed.

    :param current: the instruments of today, by ``framework/respondent``.
    :param earlier: those of earlier versions, by ``framework/respondent/version``.
    """

    def __init__(self, current: _Instruments, earlier: _Instruments | None = None) -> None:
        self._known: Callable[[], tuple[_Instruments, _Instruments]] = lambda: (current, earlier or {})
        self._plans: dict[str, Plan] = {}

    @classmethod
    def of(cls, definition: Callable[[], Definition]) -> Plans:
        """Those of all workbooks of a definition, which is asked for when the first of them is needed."""
        plans = cls({})
        plans._known = lambda: ({each.key: each for each in definition().instruments()}, definition().earlier())
        return plans

    @cached_property
    def _both(self) -> tuple[_Instruments, _Instruments]:
        return self._known()

    @property
    def current(self) -> _Instruments:
        """The instruments of today."""
        return self._both[0]

    @property
    def earlier(self) -> _Instruments:
        """Those of earlier versions."""
        return self._both[1]

    def __getitem__(self, key: str) -> Plan:
        if key not in self._plans:
            from kil_xlsx.layout.plan import Plan

            self._plans[key] = Plan(self.instrument(key))
        return self._plans[key]

    def instrument(self, key: str) -> Instrument:
        """What the plan of a key is a plan of."""
        return self.current[key] if key in self.current else self.earlier[key]

    def __contains__(self, key: object) -> bool:
        return key in self.current or key in self.earlier  # without building the plan

    def __iter__(self) -> Iterator[str]:
        return iter(self.current)

    def __len__(self) -> int:
        return len(self.current)


def key_for(plans: Mapping[str, Plan], identity: Identity) -> str | None:
    """The key of the version that a workbook was made from; if there is none, today's; none for other workbooks."""
    key = f"{identity.framework}/{identity.respondent}"
    return next((each for each in (f"{key}/{identity.version}", key) if each in plans), None)


def plan_for(plans: Mapping[str, Plan], identity: Identity) -> Plan | None:
    """The plan of the same."""
    key = key_for(plans, identity)
    return plans[key] if key is not None else None


def reference_prefixes(plans: Mapping[str, Plan]) -> set[str]:
    """What the reference codes of the workbooks that may come back start with."""
    if isinstance(plans, Plans):  # without building them
        return {each.framework.reference_prefix for each in plans.current.values()}
    return {plan.instrument.framework.reference_prefix for plan in plans.values()}
