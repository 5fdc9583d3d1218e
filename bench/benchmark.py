"""What a benchmark costs: 40 and 4,000 returns through the statistics, disclosure control and every output.

Run it from the project's folder::

    python bench/benchmark.py [--few 40] [--many 4000] [--most 200]

The returns are made up in memory (``tests/synthetic.py``), a tenth of them from councils, so reading files is not part
of it.  Each size runs in a process of its own, so that its peak memory is its own.  What counts are ratios, which
depend little on the machine: of the many to the few, in time and memory; and of the statistics to what pandas takes for
the same quantiles of the same groups alone, without any protection.  With ``--most`` the exit code is 1 if the many
take more than so many times as long as the few.

A run on two cores that other work kept busy as well: 4,000 returns took 236 s for the statistics, nearly all of it the
search for combinations of groups that give somebody away, and 7 s for all files; 40 took 1.3 s altogether.  At most
415 MiB were needed, of which 244 MiB are the returns themselves; 150 MiB for 40.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

sys.path.append(str(Path(__file__).parents[1] / "tests"))

CREATED = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
STEPS = ("returns", "statistics", "release.json", "data", "report.html", "benchmark.xlsx")

T = TypeVar("T")


def timed(seconds: dict[str, float], step: str, do: Callable[[], T]) -> T:
    """What it gives, with its elapsed time noted down."""
    start = time.perf_counter()
    found = do()
    seconds[step] = time.perf_counter() - start
    return found


def peak() -> float:
    """The most memory that this process has had so far, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def measured(count: int) -> dict[str, Any]:
    """Seconds of every step, and memory before and after, of one size."""
    from synthetic import collection, instruments, keep_it_local

    from kil_xlsx.core.benchmark import Request, benchmark
    from kil_xlsx.layout.benchmark_book import release_document
    from kil_xlsx.reporting.report import report_html
    from kil_xlsx.results.release_json import release_json
    from kil_xlsx.results.tidy import release_files
    from kil_xlsx.writing.theme import default_theme
    from kil_xlsx.writing.xlsx import write

    framework = keep_it_local()
    seconds: dict[str, float] = {}
    councils = count // 10
    readings = timed(seconds, "returns", lambda: collection(1, councils=councils, communities=count - councils))
    before = peak()
    request = Request(created=date(2026, 4, 1))
    release = timed(seconds, "statistics", lambda: benchmark(instruments(), readings, request)).release
    sizes = {
        "release.json": len(timed(seconds, "release.json", lambda: release_json(release))),
        "data": sum(map(len, timed(seconds, "data", lambda: release_files(release, framework)).values())),
        "report.html": len(timed(seconds, "report.html", lambda: report_html(release, framework))),
        "benchmark.xlsx": len(
            timed(
                seconds, "benchmark.xlsx", lambda: write(release_document(release, framework, CREATED), default_theme())
            )
        ),
    }
    used = {each.id: each.groups[0].counts.used for each in release.respondents}
    after = peak()
    groups = {each.id: len(each.groups) for each in release.respondents}
    yardstick = with_pandas(readings)
    return {
        "seconds": seconds, "before": before, "after": after, "sizes": sizes, "used": used, "groups": groups,
        "pandas": yardstick,
    }  # fmt: skip


def with_pandas(readings: list[Any]) -> float:
    """Seconds that pandas takes for mean and quantiles of every item in every group, from a table that it is given."""
    import pandas as pd
    from synthetic import instruments

    from kil_xlsx.core.grouping import answer_to, grouping_fields
    from kil_xlsx.core.membership import members_of, select
    from kil_xlsx.core.topics import topics

    tables = []
    for instrument in instruments():
        used = select(instrument, members_of(readings)).used
        fields = grouping_fields(instrument)
        every = topics(instrument)
        values = {topic.item.id: [topic.answer(member).value for member in used] for topic in every}
        groups = {f"by {each.id}": [answer_to(instrument, each, member)[0] for member in used] for each in fields}
        tables.append((pd.DataFrame(values, dtype="float64"), groups))
    start = time.perf_counter()
    for table, groups in tables:
        for keys in ([0] * len(table), *groups.values()):
            grouped = table.groupby(keys)
            grouped.count()
            grouped.mean()
            grouped.quantile([0.1, 0.25, 0.5, 0.75, 0.9])
    return time.perf_counter() - start


def apart(count: int) -> dict[str, Any]:
    """Measure one size in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(count)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main() -> int:
    """Print a table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=40)
    parser.add_argument("--many", type=int, default=4000)
    parser.add_argument("--most", type=float, default=0.0, help="fail above this ratio of times")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure is not None:
        print(json.dumps(measured(given.measure)))
        return 0
    few, many = apart(given.few), apart(given.many)
    print(f"{'seconds':<18}{given.few:>10,}{given.many:>10,}{'ratio':>10}")
    for step in STEPS:
        one, other = few["seconds"][step], many["seconds"][step]
        print(f"{step:<18}{one:>10.2f}{other:>10.2f}{other / one:>10.1f}")
    totals = [sum(each["seconds"][step] for step in STEPS[1:]) for each in (few, many)]
    ratio = totals[1] / totals[0]
    print(f"{'all but returns':<18}{totals[0]:>10.2f}{totals[1]:>10.2f}{ratio:>10.1f}")
    print(f"{'pandas alone':<18}{few['pandas']:>10.2f}{many['pandas']:>10.2f}{many['pandas'] / few['pandas']:>10.1f}")
    yardstick = [each["seconds"]["statistics"] / each["pandas"] for each in (few, many)]
    print(f"{'statistics/pandas':<18}{yardstick[0]:>10.1f}{yardstick[1]:>10.1f}")
    print(
        f"{'MiB, returns read':<18}{few['before']:>10.0f}{many['before']:>10.0f}{many['before'] / few['before']:>10.1f}"
    )
    print(f"{'MiB, at most':<18}{few['after']:>10.0f}{many['after']:>10.0f}{many['after'] / few['after']:>10.1f}")
    for name in few["sizes"]:
        one, other = few["sizes"][name] / 1024, many["sizes"][name] / 1024
        print(f"{name + ', KiB':<20}{one:>8.0f}{other:>10.0f}{other / one:>10.1f}")
    print(f"organisations used: {few['used']} and {many['used']}; groups: {few['groups']} and {many['groups']}")
    return 1 if given.most and ratio > given.most else 0


if __name__ == "__main__":
    sys.exit(main())
