"""Checks on a definition whose shape is right: what it says must also hold together.

Each check is a generator of faults over the whole framework, so all faults come out in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kil_xlsx.core.framework import Framework
from kil_xlsx.definitions.check_figures import check_figures, check_test_cases
from kil_xlsx.definitions.check_formulas import check_formulas
from kil_xlsx.definitions.check_ids import check_codes, check_ids
from kil_xlsx.definitions.check_links import check_links, check_respondents
from kil_xlsx.definitions.check_profile import check_benchmarking, check_lookups, check_profile
from kil_xlsx.definitions.check_scoring import check_choices, check_levels, check_scoring
from kil_xlsx.definitions.places import Places
from kil_xlsx.errors import Fault

_CHECKS: tuple[Callable[[Framework, Places], Iterator[Fault]], ...] = (
    check_ids,
    check_codes,
    check_links,
    check_respondents,
    check_choices,
    check_levels,
    check_scoring,
    check_profile,
    check_lookups,
    check_benchmarking,
    check_figures,
    check_formulas,
    check_test_cases,
)


def consistency_faults(framework: Framework, places: Places | None = None) -> list[Fault]:
    """Everything in a framework that does not hold together, such as ids that do not exist.

    :param places: where each part of the definition is written; without it faults have no lines.
    :returns: the faults, each once; none for a sound framework.
    """
    known = places or Places(framework.id)
    return list(dict.fromkeys(fault for check in _CHECKS for fault in check(framework, known)))
