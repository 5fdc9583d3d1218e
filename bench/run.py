"""Measure everything, as ratios in one run: ``python bench/run.py``, from anywhere, with the package installed.

    python bench/run.py                        everything; about 20 minutes on two cores
    python bench/run.py --quick                the same with smaller numbers; about 3 minutes
    python bench/run.py --only reading starting
    python bench/run.py --out bench/results.json --date 2026-04-07 --write

A ratio says how long the program takes against what a user would do instead, or against what the machine at least
needs; times are elapsed times, the second ratio is of processor time alone.  Rivals run in turn, each in a process of
its own, and the median of the ratios of single rounds counts.  Only ratios are worth quoting: they hold on machines of
different speed.  Beside a ratio stands what it is meant to be at most, and whether it is.

With ``--only``, what else a file has stays in it, if that was measured on the same day and machine.
``--write`` brings the tables and pictures of the documentation up to the results; ``--write`` with ``--from FILE`` does
that without measuring anything.  Nothing is compared with earlier runs.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import tables
from harness import Ratio, machine

BENCHES = ("starting", "generating", "reading", "importing", "comparing", "scaling")
ROOT = Path(__file__).parents[1]


def measured(names: list[str], out: Path | None, *, quick: bool, date: str) -> dict[str, Any]:
    """Run benches one after the other; say what comes out, and write it, as it comes.

    Where some were measured before, on the same day and the same machine, the others stay in the file.
    """
    from kil_xlsx import __version__

    found: dict[str, Any] = {
        "date": date, "version": __version__, "quick": quick, "machine": machine(), "ratios": [], "figures": {},
    }  # fmt: skip
    if out is not None and out.exists() and set(names) != set(BENCHES):
        earlier = json.loads(out.read_text(encoding="utf-8"))
        if _same_run(earlier, found):
            found = earlier
    with tempfile.TemporaryDirectory(prefix="kil-xlsx-bench-") as work:
        for name in names:
            begun, used = time.perf_counter(), os.times()
            ratios, figures = importlib.import_module(name).measure(Path(work), quick=quick)
            for each in ratios:
                print(_line(each), flush=True)
            now = os.times()
            busy = now.children_user + now.children_system - used.children_user - used.children_system
            print(f"  ({name}: {time.perf_counter() - begun:.0f} s, {busy:.0f} s of processors)", flush=True)
            found["ratios"] = _instead(found["ratios"], [each.record() for each in ratios])
            found["figures"][name] = tables.rounded(figures)
            if out is not None:
                out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def _same_run(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two results may stand in one table: of the same day, program and machine, however busy that was."""
    kept = [{**each, "machine": {**each.get("machine", {}), "busy_before": 0}} for each in (one, other)]
    return bool(other["date"]) and all(
        kept[0].get(name) == kept[1][name] for name in ("date", "version", "quick", "machine")
    )


def _instead(earlier: list[dict[str, Any]], ratios: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ratios with those of one bench in the place of what it had before."""
    own = {each["id"].partition("/")[0] for each in ratios}
    at = next((at for at, each in enumerate(earlier) if each["id"].partition("/")[0] in own), len(earlier))
    others = [each for each in earlier if each["id"].partition("/")[0] not in own]
    return [*others[:at], *ratios, *others[at:]]


def _line(ratio: Ratio) -> str:
    spread = f"{tables.number(ratio.low)}–{tables.number(ratio.high)}"
    cpu = "" if ratio.cpu is None else f"processor {tables.number(ratio.cpu)}"
    aim = ""
    if ratio.aim is not None:
        aim = f"at most {tables.number(ratio.aim)}: {'yes' if ratio.holds else 'NO'}"
    named = f"{ratio.what} / {ratio.against}"
    return f"{named:<100} {tables.number(ratio.ratio):>8}  {spread:<15} {cpu:<17} {aim}"


def main() -> int:
    """Measure, show, and keep what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller numbers")
    parser.add_argument("--only", nargs="+", choices=BENCHES, metavar="NAME", default=BENCHES, help=", ".join(BENCHES))
    parser.add_argument("--out", type=Path, help="write the results to this file")
    parser.add_argument("--date", default="", help="the day of the run, as it is to stand in the results")
    parser.add_argument("--from", dest="earlier", type=Path, help="take these results and measure nothing")
    parser.add_argument("--write", action="store_true", help="write tables and pictures of the documentation")
    given = parser.parse_args()
    if given.earlier is not None:
        results = json.loads(given.earlier.read_text(encoding="utf-8"))
    else:
        results = measured(list(given.only), given.out, quick=given.quick, date=given.date)
    if given.write:
        if results["figures"].keys() != set(BENCHES):
            parser.error("--write takes the results of all benches, not of some.")
        import plots

        for path, text in tables.pages(ROOT, results).items():
            path.write_text(text, encoding="utf-8")
        plots.draw(results["figures"], ROOT / "docs" / "plots")
    missed = [each for each in results["ratios"] if each["holds"] is False]
    print(f"{len(missed)} of {sum(each['aim'] is not None for each in results['ratios'])} aims are missed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
