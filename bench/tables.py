"""What the documentation says about speed, from the results of a run; it stands between marker comments.

:func:`pages` gives every page with what stands between its markers brought up to date; a test holds the pages against
it.  Nothing else of this folder is needed for that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

COUNCILS, CHARITIES = 400, 170_000
"""About how many there are: councils in the United Kingdom, registered charities in England and Wales."""

MAILS_PER_MINUTE, MAILS_PER_DAY = 30, 10_000
"""What Exchange Online lets one mailbox send."""

_SHORT = (
    "generate/disk", "generate/each", "generate/openpyxl", "read/openpyxl/2", "read/pandas/2", "read/calamine/2",
    "read/parsed/2", "import/read", "start/help", "start/read", "generate/memory", "import/memory",
)  # fmt: skip
"""The ratios that the README shows."""

_MARKED = re.compile(r"(<!-- bench: (?P<name>[a-z ]+) -->\n).*?(?=<!-- end of bench -->)", re.DOTALL)

Results = Mapping[str, Any]


def pages(root: Path, results: Results | None = None) -> dict[Path, str]:
    """The pages with figures in them, as they ought to be; without results, those that are kept beside this file."""
    if results is None:
        results = json.loads((root / "bench" / "results.json").read_text(encoding="utf-8"))
    made = {
        "short": _short_table,
        "hour": _hour,
        "room": _room,
        "all": _whole_table,
        "machine": _machine,
    }
    found = {}
    marked = set()
    for path in (root / "README.md", root / "docs" / "scale.md"):
        text = path.read_text(encoding="utf-8")
        marked |= {match["name"] for match in _MARKED.finditer(text)}
        found[path] = _MARKED.sub(lambda match: match[1] + "\n".join(made[match["name"]](results)) + "\n", text)
    if marked != made.keys():
        raise ValueError(f"The pages have places for {sorted(marked)}, not for {sorted(made)}.")
    return found


# Words for numbers


def number(value: float) -> str:
    """A ratio, with two digits that count: 1.7, 12, or 1/97 where it is far below one."""
    return f"1/{_two_digits(1 / value).removesuffix('.0')}" if value < 0.45 else _two_digits(value)


def _two_digits(value: float) -> str:
    return f"{value:.1f}" if value < 9.95 else f"{float(f'{value:.2g}'):,.0f}"


def ratio_words(value: float, *, of: str = "time") -> str:
    """A ratio in words."""
    many = "as long" if of == "time" else "as much"
    return f"{number(value)} of the {of}" if value < 0.45 else f"{number(value)} times {many}"


def duration(seconds: float) -> str:
    """How long something takes, in the unit that people would use."""
    for unit, size, most in (("second", 1, 90), ("minute", 60, 90), ("hour", 3600, 36)):
        if seconds / size < most:
            return _counted(seconds / size, unit)
    return _counted(seconds / 86_400, "day")


def _counted(value: float, unit: str) -> str:
    if value < 0.95 and unit == "second":
        return "less than a second"
    shown = _two_digits(value).removesuffix(".0")
    return f"{shown} {unit}" if shown == "1" else f"{shown} {unit}s"


def size(count: float) -> str:
    """A number of bytes."""
    power = min(max(0, len(str(int(count))) - 1) // 3, 3)
    return f"{_two_digits(count / 1000**power).removesuffix('.0')} {('bytes', 'kB', 'MB', 'GB')[power]}"


def rounded(value: Any) -> Any:
    """The same with four digits that count in every number."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value


# Tables


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [headings, ["---"] * len(headings), *rows]
    return ["", *(f"| {' | '.join(line)} |" for line in lines), ""]


def _words(each: Mapping[str, Any]) -> str:
    return ratio_words(each["ratio"], of="memory" if "/memory" in each["id"] else "time")


def _short_table(results: Results) -> list[str]:
    """The ratios that say most, and how they were measured."""
    by_id = {each["id"]: each for each in results["ratios"]}
    rows, last = [], ""
    for each in (by_id[id] for id in _SHORT if id in by_id):
        rows.append([each["what"] if each["what"] != last else "", each["against"], _words(each)])
        last = each["what"]
    of = results["machine"]
    return [
        *_table(("What", "Against", "It takes"), rows),
        f"Measured in one run on {of['cores']} cores (Python {of['python']}, {of['system']}), rivals in turn, "
        "medians of elapsed times.",
    ]


def _whole_table(results: Results) -> list[str]:
    """Every ratio with its spread, and whether it is what it is meant to be."""
    rows = []
    for each in results["ratios"]:
        spread = "" if each["low"] == each["high"] else f"{number(each['low'])} to {number(each['high'])}"
        cpu = number(each["cpu"]) if each["cpu"] else ""
        aim = "" if each["aim"] is None else f"at most {number(each['aim'])}: {'yes' if each['holds'] else '**no**'}"
        rows.append([each["what"], each["against"], number(each["ratio"]), spread, cpu, aim])
    return _table(("What", "Against", "Ratio", "Spread", "Processor time", "Aim"), rows)


def _machine(results: Results) -> list[str]:
    """What was measured, on what."""
    of = results["machine"]
    libraries = ", ".join(f"{name} {version}" for name, version in of["libraries"].items())
    when = f" on {results['date']}" if results["date"] else ""
    smaller = ", with smaller numbers than a full run" if results["quick"] else ""
    return [
        f"Measured{when} with version {results['version']} on {of['cores']} cores ({of['processor']}), "
        f"{of['memory_gib']} GiB of memory, {of['system']}, Python {of['python']}, {libraries}{smaller}."
    ]


def _hour(results: Results) -> list[str]:
    """What one machine does in an hour, and how long the whole country takes."""
    figures = results["figures"]
    compared = max(int(name.split("_")[1]) for name in figures["comparing"] if name.startswith("release_"))
    release = figures["comparing"][f"release_{compared}"]
    steps = (
        ("makes workbooks", figures["generating"]["seconds"]),
        ("takes returns into a collection", figures["importing"]["seconds"]),
        ("writes feedback: workbook, web page and PDF", figures["comparing"]["feedback_seconds"]),
    )
    rows = [_step(what, seconds) for what, seconds in steps]
    rows.insert(
        1,
        [
            "one mailbox sends, at 30 mails a minute", f"{MAILS_PER_MINUTE * 60:,}",
            duration(60 * COUNCILS / MAILS_PER_MINUTE), duration(86_400 * CHARITIES / MAILS_PER_DAY),
        ],
    )  # fmt: skip
    headings = ("Step", "In an hour", f"{COUNCILS} councils", f"{CHARITIES:,} charities")
    return [
        *_table(headings, rows),
        f"A release from {compared:,} returns, with the search for whatever could give somebody away, takes "
        f"{duration(release)} and {figures['comparing'][f'memory_{compared}']:,.0f} MiB of memory.",
    ]


def _step(what: str, seconds: float) -> list[str]:
    in_an_hour = float(f"{3600 / seconds:.2g}")
    return [what, f"{in_an_hour:,.0f}", duration(seconds * COUNCILS), duration(seconds * CHARITIES)]


def _room(results: Results) -> list[str]:
    """Memory and disk."""
    figures = results["figures"]
    sent, came = figures["generating"]["bytes"], figures["reading"]["bytes"]
    kept, told = figures["importing"]["database_bytes"], figures["comparing"]["feedback_bytes"]
    rows = [
        [what, size(each), size(each * COUNCILS), size(each * CHARITIES)]
        for what, each in (
            ("Workbooks as they are sent", sent),
            ("Mails with them", sent * 4 / 3),
            ("Returns, kept as they came", came),
            ("The collection's database", kept),
            ("Feedback files", told),
        )
    ]
    generating, importing = figures["generating"], figures["importing"]
    return [
        *_table(("What", "For each", f"{COUNCILS} councils", f"{CHARITIES:,} charities"), rows),
        f"Making {generating['files']:,} workbooks needed {generating['memory']:,.0f} MiB of memory at most, importing "
        f"{importing['files']:,} returns {importing['memory']:,.0f} MiB, all processes together.",
    ]
