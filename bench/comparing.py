"""What a benchmark and the feedback after it cost, from returns that have been read already.

The returns are made up in memory (``tests/synthetic.py``), a tenth of them from councils.  The rival of the statistics
is pandas working out the same quantiles of the same groups from a table that it is given, without any protection.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import material
from harness import Clock, Ratio, against, apart, in_turn, seconds, times

if TYPE_CHECKING:
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.pipeline import Returned


def _readings(count: int, framework: str = "keep-it-local", share: float = 1.0) -> list[Reading]:
    """Returns in memory; in those of another questionnaire only councils answer."""
    from synthetic import NEAT, collection

    from kil_xlsx import pipeline

    whole = pipeline.load(framework)[0]
    councils = count // material.COUNCILS if framework == "keep-it-local" else count
    found = collection(1, councils=councils, communities=count - councils, framework=whole, habits=NEAT)
    return found if share == 1 else [_thinned(each, share, whole) for each in found]


def _thinned(reading: Reading, share: float, framework: Any) -> Reading:
    """The same return with only a share of its answers; what it says about the organisation stays."""
    from msgspec.structs import replace

    from kil_xlsx.core.instrument import instrument
    from kil_xlsx.core.returns import Return
    from kil_xlsx.core.scoring import score

    assert reading.ret is not None
    assert reading.identity is not None
    mine = instrument(framework, reading.identity.respondent)
    profile = {each.id for each in mine.profile}
    entries = list(reading.ret.entries.values())
    left = Return.of(
        each for at, each in enumerate(entries) if each.key.item in profile or int((at + 1) * share) > int(at * share)
    )
    return replace(reading, ret=left, result=score(mine, left))


def _returned(readings: list[Reading], framework: str = "keep-it-local") -> Returned:
    from kil_xlsx import pipeline

    whole, instruments = pipeline.load(framework)
    return pipeline.Returned(whole, {each.respondent.id: each for each in instruments}, tuple(readings))


def statistics_only(clock: Clock, count: int, framework: str = "keep-it-local", share: float = 1.0) -> dict[str, float]:
    """All figures of a release, with the protection of everybody behind them."""
    from synthetic import instruments

    from kil_xlsx import pipeline
    from kil_xlsx.core.benchmark import benchmark
    from kil_xlsx.core.release_request import Request

    readings = _readings(count, framework, share)
    asked = instruments(pipeline.load(framework)[0])
    came = {each.identity.respondent for each in readings if each.identity is not None}
    with clock:
        benchmark(
            [each for each in asked if each.respondent.id in came], readings, Request(created=material.CREATED.date())
        )
    answered = [
        len([each for each in one.ret.entries.values() if each.typed is not None]) for one in readings if one.ret
    ]
    return {"cells": sum(answered) / len(answered)}


def pandas_only(clock: Clock, count: int) -> None:
    """Mean and quantiles of every item in every group by pandas."""
    import pandas as pd
    from synthetic import instruments

    from kil_xlsx.core.grouping import answer_to, grouping_fields
    from kil_xlsx.core.membership import members_of, select
    from kil_xlsx.core.topics import topics

    readings = _readings(count)
    tables: list[tuple[Any, list[list[Any]]]] = []
    for instrument in instruments():
        used = select(instrument, members_of(readings)).used
        fields = grouping_fields(instrument)
        values = {topic.item.id: [topic.answer(member).value for member in used] for topic in topics(instrument)}
        groups: list[list[Any]] = [[0] * len(used)]
        groups += [[answer_to(instrument, each, member)[0] for member in used] for each in fields]
        tables.append((pd.DataFrame(values, dtype="float64"), groups))
    with clock:
        for table, groups in tables:
            for keys in groups:
                grouped = table.groupby(keys)
                grouped.count()
                grouped.mean()
                grouped.quantile([0.1, 0.25, 0.5, 0.75, 0.9])


def release(clock: Clock, count: int, out: str) -> None:
    """A whole release as the command makes it: statistics, report, workbook, data files, log."""
    from kil_xlsx.pipeline.benchmark import benchmark

    returned = _returned(_readings(count))
    rmtree(out, ignore_errors=True)
    with clock:
        benchmark(returned, Path(out, "release"), created=material.CREATED)


def feedback(clock: Clock, count: int, out: str) -> dict[str, int]:
    """A workbook and the summary of one page, as web page and PDF, for every organisation behind a release."""
    from kil_xlsx.pipeline.benchmark import RELEASE, benchmark
    from kil_xlsx.pipeline.feedback import give_feedback

    returned = _returned(_readings(count))
    rmtree(out, ignore_errors=True)
    benchmark(returned, Path(out, "release"), created=material.CREATED)
    with clock:
        done = give_feedback(returned, Path(out, "release", RELEASE), Path(out, "feedback"), created=material.CREATED)
    files = [path for each in done.given for path in each.files]
    return {"organisations": len(done.given), "bytes": sum(path.stat().st_size for path in files)}


def measure(work: Path, *, quick: bool) -> tuple[list[Ratio], dict[str, Any]]:
    """All ratios, and figures that are no ratios."""
    out = str(work / "comparison")
    sizes = (100, 400) if quick else (100, 400, 1_000, 4_000)
    few, many = sizes[0], sizes[-1]
    ratios, figures = [], {}
    for size in sizes:
        rounds = 3 if size < 400 else 1 if quick or size > 1_000 else 2
        runs = in_turn(
            {
                "ours": partial(apart, "comparing:statistics_only", count=size),
                "pandas": partial(apart, "comparing:pandas_only", count=size),
                "release": partial(apart, "comparing:release", count=size, out=out),
            },
            rounds,
        )
        what = f"The protected statistics of {size:,} returns"
        other = "pandas for the same quantiles, unprotected"
        ratios.append(against(f"benchmark/pandas/{size}", what, other, runs["ours"], runs["pandas"]))
        figures[f"statistics_{size}"] = seconds(runs["ours"])
        figures[f"release_{size}"] = seconds(runs["release"])
        figures[f"memory_{size}"] = max(each.memory for each in runs["release"])
    ratios.append(_grown("benchmark/grown", "A whole release", few, many, figures, "release"))
    short, long = (20, 60) if quick else (100, 400)
    for size in (short, long):
        run = apart("comparing:feedback", count=size, out=out)
        figures[f"feedback_{size}"] = run.seconds
        figures["feedback_seconds"] = run.seconds / run.found["organisations"]
        figures["feedback_bytes"] = run.found["bytes"] / run.found["organisations"]
    ratios.append(_grown("feedback/grown", "Feedback for each organisation", short, long, figures, "feedback"))
    return ratios, figures


def _grown(id: str, what: str, few: int, many: int, figures: dict[str, float], name: str) -> Ratio:
    """How many times as long as few returns many take, for each of them."""
    ratio = (figures[f"{name}_{many}"] / many) / (figures[f"{name}_{few}"] / few)
    return times(id, f"{what}, {many:,} returns, for each", f"{few:,} returns, for each", ratio)
