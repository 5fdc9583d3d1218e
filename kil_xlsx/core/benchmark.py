"""The benchmark: what the organisations of a group have in common, without telling what any one of them said.

Returns are selected (:mod:`kil_xlsx.core.membership`), put into groups (:mod:`kil_xlsx.core.grouping`), and turned into
figures of what is compared (:mod:`kil_xlsx.core.topics`).  Every number that describes a group passes
:func:`kil_xlsx.core.disclosure.publish`; nothing here decides what may be shown.

*Like with like*: a measure marked so is compared only among returns that agree in the framework's ``like_with_like``
fields and in what the measure rests on, such as a survey or an estimate.  It has one figure for each combination and
none for the whole group.  Returns that leave such a field blank take no part in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from kil_xlsx.core import disclosure
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.grouping import can_group
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.membership import members_of, select
from kil_xlsx.core.method import method_of
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.release import (
    Earlier,
    Files,
    Pair,
    Release,
    Thresholds,
)
from kil_xlsx.core.release_log import (
    LoggedRelease,
    digest_of,
)
from kil_xlsx.core.release_request import Request
from kil_xlsx.core.respondent_figures import RespondentFigures
from kil_xlsx.errors import UsageProblem


@dataclass(frozen=True)
class Made:
    """A release, and what the log keeps of it."""

    release: Release
    logged: LoggedRelease


def benchmark(instruments: Sequence[Instrument], readings: Iterable[Reading], request: Request) -> Made:
    """Compare returns across organisations.

    The outcome does not depend on the order of the readings, except that of several returns from one organisation the
    last one given counts.

    :param instruments: the respondent types to compare, all of one framework.
    :raises UsageProblem: a field to group by is asked of none of the respondent types, or a threshold is too low.
    """
    if not instruments or any(each.framework != instruments[0].framework for each in instruments):
        raise ValueError("a benchmark needs instruments of one framework")
    framework = instruments[0].framework
    thresholds = _thresholds(framework, request)
    known = {each.id for instrument in instruments for each in instrument.profile}
    for name in request.group_by or ():
        if name not in known:
            raise UsageProblem(f"There is no field '{name}' to group by.", f"There are {', '.join(sorted(known))}.")
        if any(each.id == name and not can_group(each) for each in framework.profile):
            raise UsageProblem(
                f"'{name}' is a field for any text, and what people write there is never published.",
                "Group by a field with a list of answers, or make a group of your own with a list.",
            )
    everything = list(readings)
    read = members_of(everything)
    order = [respondent.id for respondent in framework.respondents]
    makers = [
        RespondentFigures(each, select(each, read), request, thresholds)
        for each in sorted(instruments, key=lambda each: order.index(each.respondent.id))
    ]
    readable = [member for maker in makers for member in maker.selection.files]
    respondents = tuple(maker.respondent() for maker in makers)
    rounds = tuple(sorted({member.identity.round_id for member in readable} - {""}))
    number = request.log.number_of(request.digest)
    release = Release(
        number=number,
        created=request.created,
        framework=framework.id,
        version=framework.version,
        title=framework.title,
        language=framework.language,
        contact=request.contact,
        rounds=rounds,
        files=Files(
            given=len(everything), refused=len(everything) - len(read), not_comparable=len(read) - len(readable)
        ),
        inputs=tuple(sorted(reading.file.sha256 for reading in everything)),
        method=method_of(
            framework,
            thresholds,
            usual_thresholds(framework),
            with_earlier=request.earlier is not None,
            log_ignored=request.ignore_log,
        ),
        respondents=respondents,
        pairs=_pairs(framework, {each.id for each in respondents}),
        earlier=_earlier(request.earlier),
        warnings=tuple(_warnings(makers)),
    )
    return Made(
        release,
        LoggedRelease(
            number=number,
            created=request.created,
            digest=request.digest,
            inputs=digest_of(release.inputs),
            framework=framework.id,
            version=framework.version,
            rounds=rounds,
            respondents=tuple(maker.logged() for maker in makers),
        ),
    )


def usual_thresholds(framework: Framework) -> Thresholds:
    """The thresholds that hold for a framework unless somebody asks for others by name."""
    usual, least = disclosure.USUAL, framework.benchmarking.least_group_size
    return Thresholds(
        mean=max(usual.mean, least), quartiles=max(usual.quartiles, least), percentiles=max(usual.percentiles, least)
    )


def _thresholds(framework: Framework, request: Request) -> Thresholds:
    found = request.thresholds or usual_thresholds(framework)
    if request.outsiders_only:
        found = msgspec.structs.replace(found, besides_reader=False)
    try:
        return disclosure.checked(found)
    except ValueError as error:
        raise UsageProblem(f"The thresholds cannot be used: {error}.", "The usual ones are 5, 10 and 20.") from None


def _earlier(release: Release | None) -> Earlier | None:
    return None if release is None else Earlier(number=release.number, created=release.created, rounds=release.rounds)


def _pairs(framework: Framework, respondents: set[str]) -> tuple[Pair, ...]:
    by_theme: dict[str, dict[str, tuple[str, str]]] = {}
    for question in framework.questions:
        if question.theme and question.respondent in respondents:
            by_theme.setdefault(question.theme, {}).setdefault(question.respondent, (question.id, question.label))
    return tuple(
        Pair(theme=theme, label=next(iter(found.values()))[1], questions={who: each[0] for who, each in found.items()})
        for theme, found in by_theme.items()
        if len(found) > 1
    )


def _warnings(makers: Sequence[RespondentFigures]) -> Iterator[str]:
    for maker in makers:
        because = sorted(maker.because_of)
        if because:
            which = ", ".join(map(str, because))
            yield (
                f"{maker.instrument.respondent.label}: for {maker.kept_back} items, figures of some groups are held "
                f"back because this release differs from an earlier one (number {which}) by too few organisations: "
                "taking one from the other would tell what they said. They can be shown once more have joined."
            )
