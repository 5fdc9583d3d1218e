"""What reading costs: returns that were really filled in, against other readers and against inflating and parsing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import material
from harness import Clock, Measured, Ratio, against, apart, in_turn, processors, seconds

if TYPE_CHECKING:
    from kil_xlsx.reading.plans import Plans


def ours(clock: Clock, folder: str, count: int, framework: str = "keep-it-local") -> dict[str, int]:
    """As ``kil-xlsx read`` does it: every file in a process that is kept apart."""
    from kil_xlsx import pipeline

    paths = _paths(folder, count)
    with clock:
        found = pipeline.read(paths, framework)
    if any(one.refused for one in found.readings):
        raise SystemExit("A return could not be read.")
    return {"bytes": sum(path.stat().st_size for path in paths)}


def one_by_one(clock: Clock, folder: str, count: int, isolation: bool, framework: str = "keep-it-local") -> None:
    """Read files one after the other in this process, or in another one that has been started already."""
    from kil_xlsx.reading.form import read_form
    from kil_xlsx.reading.isolation import Readers

    plans = _plans(framework)
    whole = [(path.read_bytes(), path.name) for path in _paths(folder, count)]
    if not isolation:
        read_form(*whole[0], plans)
        with clock:
            for data, name in whole:
                read_form(data, name, plans)
        return
    with Readers(1) as readers:
        readers.prepare(plans)
        readers.read(*whole[0])
        with clock:
            for data, name in whole:
                readers.read(data, name)


def by_others(clock: Clock, folder: str, count: int, reader: str, processes: int) -> None:
    """The same files by another reader, in so many processes; importing its library is not measured."""
    paths = [str(path) for path in _paths(folder, count)]
    read = _reader(reader, paths)
    if processes == 1:
        read(paths[0])
        with clock:
            for path in paths:
                read(path)
        return
    with clock, ProcessPoolExecutor(processes) as pool:
        list(pool.map(read, paths, chunksize=5))


def _paths(folder: str, count: int) -> list[Path]:
    return sorted(Path(folder).iterdir())[:count]


def _reader(name: str, paths: list[str]) -> Any:
    import rivals

    if name == "openpyxl":
        import openpyxl  # noqa: F401 - loaded before it is measured

        return rivals.loaded_by_openpyxl
    if name == "calamine":
        return rivals.read_by_calamine
    if name == "pandas":
        import pandas as pd  # noqa: F401 - the same

        return partial(rivals.read_by_pandas, sheets=needed_sheets())
    return partial(_by_type, getattr(rivals, name), parts_read(paths))


def _by_type(read: Any, parts: dict[str, list[str]], path: str) -> int:
    found: int = read(path, parts[_type(path)])
    return found


def _type(path: str) -> str:
    """The respondent type, which the file's name ends in."""
    return Path(path).stem.split("-")[1]


def needed_sheets() -> list[str]:
    """The sheets that answers stand in, by the plans; those of one type are those of the other."""
    from kil_xlsx import pipeline
    from kil_xlsx.layout.plan import Plan

    plans = [Plan(each) for each in pipeline.load("keep-it-local")[1]]
    names = [{slot.cell.sheet for slot in plan.slots} for plan in plans]
    return sorted(set.intersection(*names))


def parts_read(paths: list[str]) -> dict[str, list[str]]:
    """The parts that the program itself opens of a return of each type."""
    from kil_xlsx.reading.form import read_form
    from kil_xlsx.reading.package import Package

    seen: list[str] = []
    original = Package.read

    def noted(package: Package, name: str) -> bytes:
        seen.append(name)
        return original(package, name)

    opened: dict[str, list[str]] = {}
    plans = _plans()
    Package.read = noted  # type: ignore[method-assign,assignment]
    try:
        for path in paths:
            if _type(path) not in opened:
                read_form(Path(path).read_bytes(), path, plans)
                opened[_type(path)], seen = seen, []
    finally:
        Package.read = original  # type: ignore[method-assign]
    return opened


def _plans(framework: str = "keep-it-local") -> Plans:
    from kil_xlsx import pipeline
    from kil_xlsx.pipeline.versions import plans_of

    return plans_of(framework, pipeline.load(framework)[1])


def measure(work: Path, *, quick: bool) -> tuple[list[Ratio], dict[str, Any]]:
    """All ratios, and figures that are no ratios."""
    many, few, rounds = (200, 10, 2) if quick else (1_000, 100, 3)
    folder = str(material.round_made(quick=quick) / "returns")
    ratios: list[Ratio] = []
    figures: dict[str, Any] = {"files": many}
    for cores in sorted({1, min(2, processors())}):
        runs = in_turn(_jobs(folder, many, few, cores), rounds)
        on = "1 core" if cores == 1 else f"{cores} cores"
        what = f"Reading {many:,} returns on {on}"
        for name, other, count, aim in (
            ("openpyxl", "openpyxl, loading them only", few, 1 / 5),
            ("pandas", "pandas, the sheets with answers", few, None),
            ("calamine", "python-calamine, values only", many, None),
            ("scanned", "inflating and scanning the same parts", many, None),
            ("parsed", "inflating and parsing the same parts", many, 2.0),
        ):
            pair = f"read/{name}/{cores}"
            ratios.append(against(pair, what, other, runs["ours"], runs[name], each=(many, count), aim=aim))
        figures[f"seconds_{cores}"] = seconds(runs["ours"], many)
        figures["bytes"] = runs["ours"][0].found["bytes"] / many
    apart_too = in_turn(
        {
            "apart": lambda: apart("reading:one_by_one", folder=folder, count=many // 5, isolation=True),
            "here": lambda: apart("reading:one_by_one", folder=folder, count=many // 5, isolation=False),
        },
        rounds,
    )
    what = "Reading one after the other in a process kept apart"
    isolation = against("read/isolation", what, "the same without isolation", apart_too["apart"], apart_too["here"])
    ratios.append(replace(isolation, cpu=None))  # what the other process uses is not seen before it ends
    return ratios, figures


def _jobs(folder: str, many: int, few: int, cores: int) -> dict[str, Callable[[], Measured]]:
    def others(reader: str, count: int) -> Callable[[], Measured]:
        given = {"folder": folder, "count": count, "reader": reader, "processes": cores}
        return lambda: apart("reading:by_others", cores=cores, **given)

    return {
        "ours": lambda: apart("reading:ours", cores=cores, folder=folder, count=many),
        "openpyxl": others("openpyxl", few),
        "pandas": others("pandas", few),
        "calamine": others("calamine", many),
        "scanned": others("scanned", many),
        "parsed": others("parsed", many),
    }
