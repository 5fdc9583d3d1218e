"""How costs grow: with the number of organisations, of questions, and of answers that are filled in.

What comes out are series of points, which ``plots.py`` draws; nothing here is a ratio.  Where processor time is
counted, a job has one processor only: then it starts no other processes, whose time would not be seen.
"""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import material
from harness import Clock, Measured, Ratio, apart, processors

QUESTIONS = (20, 78, 300)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
COMPARED = (0.6, 0.8, 1.0)
"""Shares of the answers of returns in a benchmark; those with fewer are too incomplete to be compared."""


def filled_in(clock: Clock, folder: str, count: int, framework: str, share: float) -> dict[str, float]:
    """Fill in the workbooks of some councils to a certain share; how many cells that are in each."""
    from kil_xlsx import pipeline
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.layout.sheets.frame import Issue

    rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    plan = Plan(pipeline.chosen(framework, "council")[1][0])
    typed = [material.typed_by(plan, seed + 1, share) for seed in range(count)]
    with clock:
        for seed, cells in enumerate(typed):
            data = pipeline.workbook_bytes(plan, Issue(material.CREATED), cells)
            Path(folder, f"{seed:03}-council.xlsx").write_bytes(data)
    return {"cells": statistics.mean(map(len, typed))}


def with_answers(clock: Clock, listed: str, out: str, share: float) -> dict[str, float]:
    """Write workbooks of councils in which a share of the answers stands already, as ``--answers`` does."""
    from kil_xlsx import pipeline

    rmtree(out, ignore_errors=True)
    plan = pipeline.planned("keep-it-local", organisations=Path(listed), created=material.CREATED)
    wanted = tuple(
        each._replace(typed=material.typed_by(each.plan, seed + 1, share)) for seed, each in enumerate(plan.wanted)
    )
    with clock:
        pipeline.write_workbooks(replace(plan, wanted=wanted), Path(out))
    return {"cells": statistics.mean(len(each.typed) for each in wanted)}


def _by_organisations(work: Path, *, quick: bool) -> dict[str, list[tuple[float, float]]]:
    """Seconds for all, by the number of organisations; those of a benchmark are among the figures of its own bench."""
    out = str(work / "out")
    returns = str(material.round_made(quick=quick) / "returns")
    generate = (10, 100, 1_000) if quick else (10, 100, 1_000, 10_000)
    read = (10, 100, 200) if quick else (10, 100, 1_000)
    return {
        "generate": [
            (count, apart("generating:ours", listed=str(material.organisations(count)), out=out).seconds)
            for count in generate
        ],
        "read": [
            (count, apart("reading:ours", cores=min(2, processors()), folder=returns, count=count).seconds)
            for count in read
        ],
    }


def _by_questions(work: Path, *, quick: bool) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds of a processor for each organisation, by the number of questions."""
    count, filled, compared = (200, 10, 100) if quick else (1_000, 40, 400)
    out, folder = str(work / "out"), str(work / "filled")
    found: dict[str, list[tuple[float, float]]] = {"generate": [], "read": [], "benchmark": []}
    for questions in QUESTIONS:
        framework = material.questionnaire(questions)
        listed = str(material.organisations(count, councils=count))
        given = {"listed": listed, "out": out, "framework": framework, "respondent": "council"}
        made = apart("generating:ours", cores=1, **given)
        apart("scaling:filled_in", folder=folder, count=filled, framework=framework, share=1.0)
        read = _read(folder, filled, framework)
        release = apart("comparing:statistics_only", cores=1, count=compared, framework=framework)
        for name, run, each in (("generate", made, count), ("read", read, filled), ("benchmark", release, compared)):
            found[name].append((questions, 1000 * run.cpu / each))
    return found


def _by_answers(work: Path, *, quick: bool) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds of a processor for each organisation, by the number of cells that are filled in."""
    out, folder = str(work / "out"), str(work / "filled")
    filled, compared = (10, 100) if quick else (40, 400)
    listed = str(material.organisations(filled, councils=filled))
    found: dict[str, list[tuple[float, float]]] = {"generate": [], "read": [], "benchmark": []}
    for share in SHARES:
        made = apart("scaling:with_answers", cores=1, listed=listed, out=out, share=share)
        found["generate"].append((made.found["cells"], 1000 * made.cpu / filled))
        given: dict[str, Any] = {"folder": folder, "count": filled, "framework": "keep-it-local", "share": share}
        cells = apart("scaling:filled_in", **given).found["cells"]
        found["read"].append((cells, 1000 * _read(folder, filled, "keep-it-local").cpu / filled))
    for share in COMPARED:
        run = apart("comparing:statistics_only", cores=1, count=compared, share=share)
        found["benchmark"].append((run.found["cells"], 1000 * run.cpu / compared))
    return found


def _read(folder: str, count: int, framework: str) -> Measured:
    """Read a folder one by one, without the start of other processes, which would hide what is looked for."""
    return apart("reading:one_by_one", cores=1, folder=folder, count=count, isolation=False, framework=framework)


def measure(work: Path, *, quick: bool) -> tuple[list[Ratio], dict[str, Any]]:
    """No ratios; three sets of series."""
    return [], {
        "organisations": _by_organisations(work, quick=quick),
        "questions": _by_questions(work, quick=quick),
        "answers": _by_answers(work, quick=quick),
    }
