"""From a benchmark that was made earlier to what workbooks show of each organisation's peers."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kil_xlsx.core.benchmark import Benchmark, Group, RespondentBenchmark
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.peers import OVERALL, PeerFigures, PeerGroup, Peers, published
from kil_xlsx.errors import UsageProblem
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.wording import Wording

_SHOWN_ROUNDS = 60
"""Characters of the names of rounds that stand for the age of a benchmark without a date."""


def read_benchmark(path: Path, framework: Framework) -> tuple[Benchmark, list[str]]:
    """The benchmark that a file holds, and what the coordinator may want to know about it.

    UsageProblem when it cannot be read, is no benchmark, or is one of another framework.
    """
    from kil_xlsx.pipeline.inbox import content
    from kil_xlsx.results.benchmark_json import read_benchmark_json

    data = content(path)
    if isinstance(data, str):
        raise UsageProblem(f"The benchmark {path} cannot be read: {data}.", "Check its name, and that you may read it.")
    try:
        found = read_benchmark_json(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last for what is nested without end
        raise UsageProblem(
            f"{path} is not a benchmark of this program.", "Give the benchmark.json that 'kil-xlsx benchmark' wrote."
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


def peers_of(benchmark: Benchmark, plan: Plan) -> Peers | None:
    """What a benchmark says of the scores of one respondent type; none where nothing of it is published.

    Only what is published for sections and overall is taken over, and only for answers that the framework knows: no
    text of the file but the names of rounds gets into a workbook.
    """
    mine = next((each for each in benchmark.respondents if each.id == plan.instrument.respondent.id), None)
    if mine is None:
        return None
    everybody = next((group for group in mine.groups if not group.field), None)
    figures = _figures(plan.instrument, everybody) if everybody else {}
    whole = PeerGroup(label=plan.words("peers.everybody"), figures=figures)
    groups = [whole, *_subgroups(mine, plan)]
    if not any(published(group) for group in groups):
        return None
    return Peers(date=_age(benchmark, plan.words), groups=tuple(groups))


def _age(benchmark: Benchmark, words: Wording) -> str:
    """When a benchmark was made; which rounds it is of, where it does not say."""
    if benchmark.created is not None:
        return benchmark.created.isoformat()
    rounds = " ".join("".join(c if c.isprintable() else " " for c in ", ".join(benchmark.rounds)).split())
    if not rounds:
        return words("peers.undated")
    shown = rounds if len(rounds) <= _SHOWN_ROUNDS else rounds[: _SHOWN_ROUNDS - 1].rstrip() + "…"
    return words("peers.rounds", rounds=shown)


def _subgroups(respondent: RespondentBenchmark, plan: Plan) -> list[PeerGroup]:
    instrument = plan.instrument
    found: dict[tuple[str, str], PeerGroup] = {}
    for field in instrument.profile:
        answers = _answers(instrument, field.id)
        for group in respondent.groups:
            code = group.id.removeprefix(f"{respondent.id}/{field.id}/")
            value = answers.get(code)
            if group.field != field.id or value is None:
                continue
            label = plan.words("peers.group", field=field.label, answer=value)
            figures = _figures(instrument, group)
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


def _figures(instrument: Instrument, group: Group) -> dict[str, PeerFigures]:
    """What is published of a group's scores, by section and overall."""
    scored = {node.id for node in instrument.nodes if instrument.rule_of(node).rule != "none"}
    if instrument.framework.scoring.overall.rule != "none":
        scored.add(OVERALL)
    figures: dict[str, PeerFigures] = {}
    for statistic in (*group.overall, *group.sections):
        figure = statistic.figure
        if statistic.item not in scored or not figure.shown or figure.n is None or figure.median is None:
            continue
        figures[statistic.item] = PeerFigures(
            count=figure.n, lower=figure.lower_quartile, median=figure.median, upper=figure.upper_quartile
        )
    return figures
