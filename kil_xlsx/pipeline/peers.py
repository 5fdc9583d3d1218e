"""From a release that was made earlier to what workbooks show of each organisation's peers."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.peers import PeerFigures, PeerGroup, Peers, published
from kil_xlsx.core.release import OVERALL, Group, Release, RespondentBenchmark
from kil_xlsx.errors import UsageProblem
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.plan import Plan

RELEASE = "release.json"
"""What the file of a release is called."""


def read_release(path: Path, framework: Framework) -> tuple[Release, list[str]]:
    """The benchmark release that a file holds, and what the coordinator may want to know about it.

    UsageProblem when it cannot be read, is no release, or is one of another framework.
    """
    from kil_xlsx.pipeline.inbox import content
    from kil_xlsx.results.release_json import read_release_json

    if path.is_dir():
        inside = next((each for each in (path / RELEASE, path / "data" / RELEASE) if each.is_file()), None)
        raise UsageProblem(
            f"The benchmark {path} is a folder.",
            f"Give its {RELEASE}: {inside}"
            if inside is not None
            else f"Give the {RELEASE} that 'kil-xlsx benchmark' wrote.",
        )
    data = content(path)
    if isinstance(data, str):
        raise UsageProblem(f"The benchmark {path} cannot be read: {data}.", "Check its name, and that you may read it.")
    try:
        found = read_release_json(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last for what is nested without end
        raise UsageProblem(
            f"{path} is not a benchmark of this program.", "Give the release.json that 'kil-xlsx benchmark' wrote."
        ) from None
    if found.framework != framework.id:
        raise UsageProblem(
            f"The benchmark {path} is of another framework, '{found.framework[:60]}'.",
            f"The workbooks are of '{framework.id}': give a benchmark of that, or say --framework.",
        )
    notes: list[str] = []
    if found.version != framework.version:
        notes.append(
            f"The benchmark was made with version {found.version[:20]} of the framework; the workbooks are of version "
            f"{framework.version}. Sections are taken to be the same where they have the same code."
        )
    return found, notes


def for_members(release: Release) -> Release:
    """The release, if its members may be shown it.  UsageProblem for one that was made for outsiders only."""
    if not release.method.thresholds.besides_reader:
        raise UsageProblem(
            f"The release {release.number} was made for readers who are not among the organisations.",
            "Make one for them: run 'kil-xlsx benchmark' again, without --for-outsiders.",
        )
    return release


def peers_of(release: Release, plan: Plan) -> Peers | None:
    """What a release says of the scores of one respondent type; none where nothing of it is published.

    Only what is published for sections and overall is taken over, and only for answers that the framework knows: no
    text of the file gets into a workbook.
    """
    mine = release.respondent(plan.instrument.respondent.id)
    if mine is None:
        return None
    everybody = next((group for group in mine.groups if group.kind == "all"), None)
    figures = _figures(plan.instrument, mine, everybody) if everybody else {}
    whole = PeerGroup(label=plan.words("peers.everybody"), figures=figures)
    groups = [whole, *_subgroups(mine, plan)]
    if not any(published(group) for group in groups):
        return None
    return Peers(date=release.created.isoformat(), groups=tuple(groups))


def _subgroups(respondent: RespondentBenchmark, plan: Plan) -> list[PeerGroup]:
    instrument = plan.instrument
    found: dict[tuple[str, str], PeerGroup] = {}
    for field in instrument.profile:
        answers = _answers(instrument, field.id)
        for group in respondent.groups:
            code = group.id.removeprefix(f"{respondent.id}/{field.id}/")
            value = answers.get(code)
            if group.kind != "field" or group.field != field.id or value is None:
                continue
            label = plan.words("peers.group", field=field.label, answer=value)
            figures = _figures(instrument, respondent, group)
            found.setdefault((field.id, value), PeerGroup(label=label, field=field.id, value=value, figures=figures))
    return [group for group in found.values() if published(group)]


def _answers(instrument: Instrument, field_id: str) -> dict[str, str]:
    """The answers to a field that has a list of them, as they stand in its cell, by what a benchmark calls them."""
    field = next(each for each in instrument.profile if each.id == field_id)
    if field.choices is not None:
        return {choice.code: label for label, choice in offered(instrument.choice_lists[field.choices])}
    if field.lookup is not None:
        entries = instrument.lookups[field.lookup].entries
        return {entry.code: entry.label for entry in entries} | {entry.label: entry.label for entry in entries}
    return {}


def _figures(instrument: Instrument, respondent: RespondentBenchmark, group: Group) -> dict[str, PeerFigures]:
    """What is published of a group's scores, by section and overall."""
    scored = {node.id for node in instrument.nodes if instrument.rule_of(node).rule != "none"}
    if instrument.framework.scoring.overall.rule != "none":
        scored.add(OVERALL)
    figures: dict[str, PeerFigures] = {}
    for item, statistic in respondent.statistics(group, "overall", "section"):
        figure = statistic.figure
        if item.id not in scored or figure.n is None or figure.median is None:
            continue
        figures[item.id] = PeerFigures(
            count=figure.n, lower=figure.lower_quartile, median=figure.median, upper=figure.upper_quartile
        )
    return figures
