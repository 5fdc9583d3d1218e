"""From returned workbooks to a benchmark release: every file of it, and the log that keeps the next one safe."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kil_xlsx import __version__
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.errors import KilXlsxError, UsageProblem
from kil_xlsx.pipeline.frameworks import DEFAULT_FRAMEWORK, instrument_of, load
from kil_xlsx.pipeline.lists import named_group, sent_out
from kil_xlsx.pipeline.outputs import Outputs
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.pipeline.reading import Returned, Sources, none_readable, taken
from kil_xlsx.pipeline.versions import earlier as earlier_versions
from kil_xlsx.pipeline.versions import to_compare

if TYPE_CHECKING:
    from kil_xlsx.core.branding import Branding
    from kil_xlsx.core.membership import Names
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.core.release import Release, Thresholds
    from kil_xlsx.core.release_log import ReleaseLog
    from kil_xlsx.core.release_request import Request

WORKBOOK, REPORT, RELEASE = "benchmark.xlsx", "report.html", "release.json"
"""The files of a release, beside the folder ``data``."""

LOG = "release-log.json"
"""What the log is called, unless another file is named; it lies beside the folder of the release, never in it."""


@dataclass(frozen=True)
class Benchmarked:
    """What :func:`benchmark` did.  ``log`` is the file that has to be kept secret and kept.

    ``already`` is set where the very same release was there, so that none of its files was written.
    """

    release: Release
    returned: Returned
    folder: Path
    files: tuple[Path, ...]
    log: Path
    notes: tuple[str, ...] = ()
    already: bool = False


def benchmark(
    sources: Sources,
    out: Path,
    framework: str = DEFAULT_FRAMEWORK,
    *,
    numbered: bool = False,
    group_by: Sequence[str] = (),
    lists: Sequence[tuple[str, Path]] = (),
    invited: Mapping[str, int] | None = None,
    organisations: Path | None = None,
    earlier: Path | None = None,
    thresholds: Thresholds | None = None,
    outsiders_only: bool = False,
    log: Path | None = None,
    ignore_log: bool = False,
    contact: str = "",
    password: str | None = None,
    theme: Path | None = None,
    created: datetime | None = None,
    force: bool = False,
    record: Callable[[Release], None] | None = None,
    progress: Progress = quiet,
) -> Benchmarked:
    """Compare returns and write a release: a workbook, a report, a JSON file and data files.

    :param sources: files and folders, or returns that have been read already.
    :param numbered: each release goes into a folder of its own in ``out``, called by its number.  One that is there
        already is left as it is, and what a run that was stopped has not come to is written.
    :param group_by: profile fields by id, code or label; without it, the framework's own.
    :param lists: named groups, each with the file that says who is in it.
    :param invited: how many were invited, by respondent type; the type "" stands for the only one there is.
    :param organisations: the list that workbooks were made from; its rows are counted, and those under one parent
        count once.
    :param earlier: the ``release.json`` of an earlier release, to show what changed.
    :param thresholds: least numbers of organisations other than the usual ones.
    :param outsiders_only: nobody who reads the release is one of the organisations, so that one fewer is enough.
    :param log: the log of releases; without it, the one beside the folder.
    :param ignore_log: whether figures are shown although an earlier release gives somebody away beside them.
    :param theme: the file with the council's colours, font, logo and footer.
    :param record: called when all is ready, before any file of the release has its name.
    """
    from kil_xlsx.core.benchmark import benchmark as compare
    from kil_xlsx.core.release_request import Request
    from kil_xlsx.pipeline import branding_of, now
    from kil_xlsx.results.release_json import release_json

    branding = branding_of(theme)
    whole, instruments = load(framework)
    before = _earlier_release(earlier, whole)
    history = log or out.absolute().parent / LOG
    known = _read_log(history)
    _check_place(history, out)
    _check_earlier(before, known, history, ignore_log=ignore_log)
    listed = sent_out(organisations, whole, instruments)
    named = _named_lists(lists, instruments)
    fields = [_field_id(whole, name) for name in group_by]
    with Outputs([] if numbered else [out / WORKBOOK, out / REPORT, out / RELEASE], force=force):
        pass  # said before the reading rather than after it
    returned = taken(sources, framework, password=password, progress=progress)
    came = _came(returned, sources, framework)
    counts = {**listed.invited, **_invited(whole, came, invited or {})}
    compared = [each for each in instruments if each.respondent.id in came or each.respondent.id in counts]
    moment = created or now()
    forward = to_compare(returned.readings, whole, returned.instruments)
    request = Request(
        created=moment.date(),
        invited=counts,
        group_by=fields or None,
        lists={label: frozenset().union(*(names for _, names in rows)) for label, rows in named.items()},
        parents=listed.parents,
        thresholds=thresholds,
        outsiders_only=outsiders_only,
        earlier=before,
        incomparable=_incomparable(before, framework, compared),
        log=known,
        renamed=_renamed(known, framework, instruments),
        ignore_log=ignore_log,
        contact=contact,
    )
    made = compare(compared, forward.readings, replace(request, digest=_digest(request, returned)))
    if numbered:
        out /= str(made.release.number)
    notes = [
        *listed.notes,
        *returned.notes,
        *forward.notes,
        *_counted(made.release, invited or {}),
        *_unmatched(named, forward.readings, compared),
    ]
    contents = {
        out / WORKBOOK: _workbook(made.release, whole, moment, branding),
        out / REPORT: _report(made.release, whole, branding),
        out / RELEASE: release_json(made.release),
        **{out / name: data for name, data in _data(made.release, whole).items()},
    }
    is_same = numbered and _is_same(out / RELEASE, contents[out / RELEASE])
    already = is_same and not force and all(path.is_file() for path in contents)
    stopped = numbered and not (out / RELEASE).exists() and known.knows(made.logged.digest)
    ordered = [] if already else sorted(contents, key=lambda path: path.name == RELEASE)  # so that it stands for all
    with Outputs(ordered, force=force or is_same or stopped) as outputs, Outputs([history], force=True) as kept:
        for path in ordered:
            outputs.add(path, contents[path])
        kept.add(history, _log_json(known.with_release(made.logged)))
        # The log first: a release that is out but not in the log could not be protected any more.
        kept.commit()
        if record is not None:
            record(made.release)
        outputs.commit()
    return Benchmarked(made.release, returned, out, tuple(contents), history, tuple(notes), already)


def _is_same(path: Path, data: bytes) -> bool:
    """Whether a file has this content."""
    try:
        return path.read_bytes() == data
    except OSError:
        return False


# What is given


def _earlier_release(path: Path | None, framework: Framework) -> Release | None:
    if path is None:
        return None
    from kil_xlsx.pipeline.peers import read_release

    return read_release(path, framework)[0]


def _incomparable(before: Release | None, framework: str, instruments: Sequence[Instrument]) -> frozenset[str]:
    """The items of an earlier release that mean something else now; all of them if its version is not known."""
    from kil_xlsx.core.comparability import incomparable_figures

    if before is None or before.version == instruments[0].framework.version:
        return frozenset()
    old = earlier_versions(framework, instruments)
    found: set[str] = set()
    for each in instruments:
        then = old.get(f"{each.key}/{before.version}")
        mine = before.respondent(each.respondent.id)
        if then is not None:
            found |= incomparable_figures(then, each)
        elif mine is not None:
            found |= {item.id for item in mine.items}
    return frozenset(found)


def _named_lists(
    lists: Sequence[tuple[str, Path]], instruments: Sequence[Instrument]
) -> dict[str, list[tuple[str, Names]]]:
    """Who is in each list, by its name.  UsageProblem for two of one name, or a list that names nobody."""
    found: dict[str, list[tuple[str, Names]]] = {}
    for label, path in lists:
        if label in found:
            raise UsageProblem(f"There are two lists called '{label}'.", "Give each --list a name of its own.")
        found[label] = named_group(path, instruments)
    return found


def _unmatched(
    lists: Mapping[str, Sequence[tuple[str, Names]]], readings: Sequence[Reading], instruments: Sequence[Instrument]
) -> list[str]:
    """The rows of named lists that no return belongs to: perhaps not returned yet, perhaps misspelt."""
    from kil_xlsx.core.membership import belongs, members_of, names_of
    from kil_xlsx.definitions.wording import listed

    members = members_of(readings) if lists else []
    came = frozenset().union(
        *(names_of(each, member) for member in members for each in instruments if belongs(each, member))
    )
    notes = []
    for label, rows in lists.items():
        missing = [text for text, names in rows if not names & came]
        if missing:
            notes.append(
                f"List '{label}': no return was found for {len(missing)} of {len(rows)} names: {listed(missing[:5])}"
                f"{' …' if len(missing) > 5 else ''}. They are not in the group; check how they are written."
            )
    return notes


def _came(returned: Returned, sources: Sources, framework: str) -> set[str]:
    """The respondent types that something could be read of.  KilXlsxError when there is none."""
    readable = (reading for reading in returned.readings if not reading.refused)
    came = {reading.identity.respondent for reading in readable if reading.identity}
    if not came:
        raise none_readable(sources, framework, "there is nothing to compare")
    return came


def _invited(framework: Framework, came: set[str], invited: Mapping[str, int]) -> dict[str, int]:
    """Numbers of invited organisations by the id of the respondent type."""
    counts: dict[str, int] = {}
    for name, number in invited.items():
        if name:
            counts[instrument_of(framework, name).respondent.id] = number
        elif len(came) == 1:
            counts[next(iter(came))] = number
        else:
            types = [each.id for each in framework.respondents if each.id in came]
            raise UsageProblem(
                f"The returns are of {len(types)} respondent types, so one number of invited is not enough.",
                "Say how many of each: " + " ".join(f"--invited {each}=40" for each in types) + ".",
            )
    return counts


def _field_id(framework: Framework, name: str) -> str:
    """The id of a profile field that may be named by code or label."""
    from kil_xlsx.definitions.wording import did_you_mean, listed, shortened

    for field in framework.profile:
        if name.casefold() in (field.id.casefold(), field.code.casefold(), field.label.casefold()):
            return field.id
    ids = [field.id for field in framework.profile if field.choices or field.type == "derived"]
    raise UsageProblem(
        f"There is no field '{shortened(name)}' to group by{did_you_mean(name, ids) or '.'}",
        f"There are: {listed(ids)}.",
    )


def _renamed(
    log: ReleaseLog, framework: str, instruments: Sequence[Instrument]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """By version in the log, what its items are called now; those that keep their ids are left out."""
    from kil_xlsx.core.carrying import Route

    whole = instruments[0].framework
    versions = {each.version for each in log.releases if each.framework == whole.id} - {whole.version}
    if not versions:
        return {}
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for old in earlier_versions(framework, instruments).values():
        if old.framework.version in versions:
            route = Route(old.framework, whole)
            names = {question.id: route.targets(question.id)[1] for question in old.questions}
            moved = {item: now for item, now in names.items() if now and now != (item,)}
            found.setdefault(old.framework.version, {}).update(moved)
    return found


def _counted(release: Release, invited: Mapping[str, int]) -> list[str]:
    """What is odd about the numbers of organisations.  UsageProblem or KilXlsxError where it cannot be right."""
    notes = []
    for each in release.respondents:
        counts = each.groups[0].counts
        if counts.invited is not None and counts.returned is not None and counts.invited < counts.returned:
            told = f"{each.label}: {counts.invited} invited, but {counts.returned} returned a workbook."
            if each.id in invited or "" in invited:
                raise UsageProblem(told, "Check the number given with --invited.")
            notes.append(f"{told} Some of them are not in the list.")
    if not any(each.groups[0].counts.accepted for each in release.respondents):
        raise KilXlsxError(
            "Nobody has filled in anything in these workbooks, so there is nothing to compare.",
            "Give the workbooks that came back, not those that were sent out.",
        )
    return notes


# The log


def _check_earlier(before: Release | None, log: ReleaseLog, path: Path, *, ignore_log: bool) -> None:
    """Change since a release that the log does not know could give away who came in between."""
    if before is None or ignore_log or log.has(before):
        return
    raise UsageProblem(
        f"The earlier release {before.number} of {before.created:%Y-%m-%d} is not in the log {path}, so what the two "
        "releases together would give away cannot be held back.",
        "Name the log that it was made with, with --log; or say --ignore-earlier-releases.",
    )


class _Stamped(msgspec.Struct):
    """What every file of this program says of itself; in a log that is empty nothing else is needed."""

    schema: str


def _check_place(log: Path, out: Path) -> None:
    if log.resolve().is_relative_to(out.resolve()):
        raise UsageProblem(
            f"The log {log} would lie in the folder that is to be published.",
            "From the log it can be told who took part: name a file elsewhere with --log.",
        )


def _read_log(path: Path) -> ReleaseLog:
    """The log of releases, empty where there is none.  UsageProblem for anything else."""
    from kil_xlsx.core.release_log import ReleaseLog
    from kil_xlsx.pipeline.inbox import content

    if not path.exists():
        return ReleaseLog()
    data = content(path)
    remedy = "Restore it from a copy, name another with --log, or, if nothing was published yet, move it away."
    if isinstance(data, str):
        raise UsageProblem(f"The log of releases {path} cannot be read: {data}.", remedy)
    try:
        msgspec.json.decode(data, type=_Stamped)
        log = msgspec.json.decode(data, type=ReleaseLog)
        log.check()
    except (ValueError, RecursionError):  # what is no JSON, no log, or does not fit together
        raise UsageProblem(f"{path} is not a log of releases, or is damaged.", remedy) from None
    return log


def _log_json(log: ReleaseLog) -> bytes:
    return msgspec.json.encode(log) + b"\n"


def _digest(request: Request, returned: Returned) -> str:
    """Identifies everything that decides what is in a release, so that making it again gives it the same number."""
    made_from = (
        [reading.file.sha256 for reading in returned.readings],
        hashlib.sha256(msgspec.json.encode(returned.framework, order="deterministic")).hexdigest(),
        __version__,
        request.created,
        sorted(request.invited.items()),
        list(request.group_by or ()),
        [(label, sorted(names)) for label, names in request.lists.items()],
        sorted(request.parents.items()),
        request.thresholds,
        request.outsiders_only,
        (request.earlier.number, request.earlier.created) if request.earlier else None,
        request.ignore_log,
        request.contact,
    )
    return hashlib.sha256(repr(made_from).encode()).hexdigest()


# Outputs


def _workbook(release: Release, framework: Framework, moment: datetime, branding: Branding) -> bytes:
    from kil_xlsx.layout.benchmark_book import release_document
    from kil_xlsx.writing.theme import build_theme
    from kil_xlsx.writing.xlsx import write

    return write(release_document(release, framework, moment, branding), build_theme(branding))


def _report(release: Release, framework: Framework, branding: Branding) -> bytes:
    from kil_xlsx.reporting.report import report_html

    return report_html(release, framework, branding)


def _data(release: Release, framework: Framework) -> dict[str, bytes]:
    from kil_xlsx.results.tidy import release_files

    return release_files(release, framework)
