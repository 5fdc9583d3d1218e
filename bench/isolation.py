"""What it costs to read every file in a separate process: a ratio of elapsed times, measured in one run.

Run it from the project's folder::

    python bench/isolation.py [--returns 200] [--whole 0] [--most 1.3]

Returns are read one by one with isolation, by a single process, and without, in turn, so that whatever else the
machine does hits both; starting the process counts.  ``--whole N`` also reads the folder as a command would, with as
many processes as it would start, N times in turn with reading it without isolation.  With ``--most`` the exit code is
1 if the ratio of the first kind is higher.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from kil_xlsx import pipeline
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.demo import answers, respondents
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.reading.form import read_form
from kil_xlsx.reading.isolation import Readers
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
DISTINCT = 10


def put_returns(folder: Path, count: int) -> None:
    """Fill a folder with returns: a few different ones, again and again."""
    plans = [Plan(load_instrument(f"keep-it-local/{kind}")) for kind in ("council", "community")]
    made = []
    for plan in plans:
        for someone in respondents(plan.instrument, DISTINCT // 2):
            issue = Issue(CREATED, someone.organisation)
            made.append(write(compose(plan, issue, answers(plan, someone)), default_theme()))
    for number in range(count):
        (folder / f"return-{number:04}.xlsx").write_bytes(made[number % len(made)])


def whole(folder: Path, *, isolation: bool) -> float:
    """Elapsed time of reading the folder."""
    start = time.perf_counter()
    found = pipeline.read([folder], isolation=isolation)
    taken = time.perf_counter() - start
    assert not any(one.refused for one in found.readings)
    return taken


def one_by_one(folder: Path) -> tuple[float, float]:
    """Elapsed times of reading each file with isolation and without."""
    plans = {each.key: Plan(each) for each in pipeline.load("keep-it-local")[1]}
    apart = here = 0.0
    start = time.perf_counter()
    with Readers(1) as readers:
        readers.prepare(plans)
        readers.read(b"", "first")  # the process is ready when it has answered
        apart += time.perf_counter() - start
        for at, path in enumerate(sorted(folder.iterdir())):
            data = path.read_bytes()
            for isolated in (at % 2 == 0, at % 2 == 1):
                start = time.perf_counter()
                if isolated:
                    reading = readers.read(data, path.name).reading
                    apart += time.perf_counter() - start
                else:
                    reading = read_form(data, path.name, plans)
                    here += time.perf_counter() - start
                assert not reading.refused
    return apart, here


def main() -> int:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--returns", type=int, default=200)
    parser.add_argument("--whole", type=int, default=0, help="how often the whole folder is read")
    parser.add_argument("--most", type=float, default=0.0, help="fail above this ratio")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        put_returns(folder, given.returns)
        apart, here = one_by_one(folder)
        ratio = apart / here
        print(f"one by one: {apart:.2f} s with isolation, {here:.2f} s without, ratio {ratio:.2f}")
        ratios = []
        for _ in range(given.whole):
            ratios.append(whole(folder, isolation=True) / whole(folder, isolation=False))
            print(f"the folder as a whole: ratio {ratios[-1]:.2f}")
    if ratios:
        print(f"the folder as a whole, median: ratio {statistics.median(ratios):.2f}")
    return 1 if given.most and ratio > given.most else 0


if __name__ == "__main__":
    sys.exit(main())
