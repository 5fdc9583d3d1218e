"""What is worked out once for each plan, since a process reads many returns of the same workbook."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from kil_xlsx.layout.plan import Plan

_T = TypeVar("_T")


def once_per_plan(work_out: Callable[[Plan], _T]) -> Callable[[Plan], _T]:
    """The same function, which remembers what it gave for as long as the plan is there.  Nobody may change that."""
    known: WeakKeyDictionary[Plan, _T] = WeakKeyDictionary()

    @wraps(work_out)
    def recall(plan: Plan) -> _T:
        found = known.get(plan)
        if found is None:
            found = known[plan] = work_out(plan)
        return found

    return recall
