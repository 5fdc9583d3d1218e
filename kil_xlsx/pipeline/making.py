"""Making many workbooks: those that are alike from one template, the others by themselves, several at a time."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.errors import LayoutError
from kil_xlsx.pipeline import executing
from kil_xlsx.pipeline.processors import worthwhile

if TYPE_CHECKING:
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.layout.sheets.frame import Issue
    from kil_xlsx.layout.variants import Mould
    from kil_xlsx.pipeline.workbooks import Wanted
    from kil_xlsx.writing.splice import Template

_BATCH = 8
"""Workbooks that are made by themselves, as one piece of work."""

_ALIKE = 500
"""Workbooks that are made from one template elsewhere, as one piece of work."""

_WORTH_ANOTHER = 12
"""Workbooks that are made by themselves for each further process: this many take about as long as starting one."""


class _Work(NamedTuple):
    """A piece of work for another process: workbooks of one plan, from one template or each by itself.

    A plan goes as what it is built from: its framework as MessagePack, its respondent type and, for one of an earlier
    version, the fingerprint that it was published with.
    """

    framework: bytes
    respondent: str
    known_fingerprint: str
    wanted: tuple[tuple[Issue, Mapping[Key, Typed]], ...]
    are_alike: bool


def made(wanted: Sequence[Wanted], *, splice: bool = True, executor: str | None = None) -> Generator[tuple[int, bytes]]:
    """Workbooks with their positions, in an order that suits the making of them.

    :param splice: make those that are alike from one template.
    :param executor: where they are made, see :func:`kil_xlsx.pipeline.executing.executor`.
    """
    alike, apart = _sorted(wanted, splice=splice)
    jobs = worthwhile(len(apart), _WORTH_ANOTHER)
    if executor is None:
        for group in alike:
            contents = ((wanted[at].issue, wanted[at].typed) for at in group)
            yield from zip(group, _from_template(wanted[group[0]].plan, contents), strict=True)
        if jobs == 1:
            yield from ((at, wanted[at].data()) for at in apart)
            return
        alike = []
    pieces = [*_split(alike, _ALIKE, are_alike=True), *_split(_by_plan(wanted, apart), _BATCH, are_alike=False)]
    packed = _Packing()
    with executing.executor(executor, jobs=jobs) as pool:
        works = (packed.work([wanted[at] for at in positions], are_alike) for positions, are_alike in pieces)
        with closing(executing.in_order(pool, _done, works)) as results:
            for (positions, _), files in zip(pieces, results, strict=True):
                yield from zip(positions, files, strict=True)


def _sorted(wanted: Sequence[Wanted], *, splice: bool) -> tuple[list[list[int]], list[int]]:
    """The positions of workbooks that are alike, in groups, and of those that are made by themselves."""
    from kil_xlsx.layout.variants import Variants

    alike: dict[Hashable, list[int]] = {}
    apart: list[int] = []
    variants: dict[int, Variants] = {}
    for at, each in enumerate(wanted):
        of_plan = variants.get(id(each.plan))
        if of_plan is None:
            of_plan = variants[id(each.plan)] = Variants(each.plan)
        key = of_plan.key(each.issue, each.typed) if splice else None
        if key is None:
            apart.append(at)
        else:
            alike.setdefault(key, []).append(at)
    return list(alike.values()), apart


def _by_plan(wanted: Sequence[Wanted], positions: Iterable[int]) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for at in positions:
        found.setdefault(id(wanted[at].plan), []).append(at)
    return list(found.values())


def _split(groups: Iterable[Sequence[int]], size: int, *, are_alike: bool) -> Iterator[tuple[Sequence[int], bool]]:
    """The positions of groups in pieces of work, with whether those of a piece are alike."""
    for group in groups:
        for start in range(0, len(group), size):
            yield group[start : start + size], are_alike


class _Packing:
    """Packs pieces of work, each framework once."""

    def __init__(self) -> None:
        self._frameworks: dict[int, bytes] = {}

    def work(self, wanted: Sequence[Wanted], are_alike: bool) -> _Work:
        instrument = wanted[0].plan.instrument
        framework = self._frameworks.get(id(instrument.framework))
        if framework is None:
            framework = self._frameworks[id(instrument.framework)] = msgspec.msgpack.encode(instrument.framework)
        content = tuple((each.issue, dict(each.typed)) for each in wanted)
        return _Work(framework, instrument.respondent.id, instrument.known_fingerprint, content, are_alike)


def _done(work: _Work) -> list[bytes]:
    """Do a piece of work, wherever this is."""
    plan = _plan(work.framework, work.respondent, work.known_fingerprint)
    if work.are_alike:
        return list(_from_template(plan, work.wanted))
    return [workbook_bytes(plan, issue, typed) for issue, typed in work.wanted]


@lru_cache(maxsize=4)
def _plan(framework: bytes, respondent: str, known_fingerprint: str) -> Plan:
    from kil_xlsx.core.framework import Framework
    from kil_xlsx.core.instrument import Instrument
    from kil_xlsx.layout.plan import Plan

    whole = msgspec.msgpack.decode(framework, type=Framework)
    kind = next(each for each in whole.respondents if each.id == respondent)
    return Plan(Instrument(whole, kind, known_fingerprint))


def workbook_bytes(plan: Plan, issue: Issue, typed: Mapping[Key, Typed] | None = None) -> bytes:
    """One workbook made by itself, with whatever is typed in already."""
    from kil_xlsx.layout.compose import compose
    from kil_xlsx.writing.theme import build_theme
    from kil_xlsx.writing.xlsx import write

    return write(compose(plan, issue, typed), build_theme(issue.branding))


def _from_template(plan: Plan, wanted: Iterable[tuple[Issue, Mapping[Key, Typed]]]) -> Iterator[bytes]:
    """Workbooks of one variant."""
    from kil_xlsx.layout.variants import Variants
    from kil_xlsx.writing.splice import Template
    from kil_xlsx.writing.theme import build_theme
    from kil_xlsx.writing.xlsx import write

    mould: Mould | None = None
    template: Template | None = None
    for issue, typed in wanted:
        if mould is None:
            mould = Variants(plan).mould(issue, typed)
            # Where the questionnaire puts a text where it cannot be put afterwards, each is made by itself.
            with suppress(LayoutError):
                template = Template(write(mould.document, build_theme(issue.branding)), mould.sources)
        if template is None:
            yield workbook_bytes(plan, issue, typed)
        else:
            yield template.fill(mould.texts(plan, issue, typed))
