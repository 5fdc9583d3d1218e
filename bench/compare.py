"""Generating and reading, as ratios to doing the same with openpyxl alone, measured in one run.

Run it from the project's folder::

    python bench/compare.py [--copies 20]

Only ratios are worth quoting: they hold on machines of different speed.  Each job is repeated in turn with its rival,
and the median of the pairwise ratios is reported.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import openpyxl
from openpyxl.styles import Alignment, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.demo import answers, respondents
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import Document, Formula, Link
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.reading.form import read_form
from kil_xlsx.writing.theme import Theme, default_theme
from kil_xlsx.writing.xlsx import write

CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def with_openpyxl(document: Document) -> bytes:
    """The same cells, formulas and dropdowns written with openpyxl; without charts and stored values."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    fill = PatternFill("solid", fgColor="FFFAE3")
    for sheet in document.sheets:
        target = book.create_sheet(sheet.name)
        for (row, column), cell in sheet.cells.items():
            value = cell.value
            if isinstance(value, Formula):
                value = "=" + value.text
            elif isinstance(value, Link):
                value = value.text
            written = target.cell(row + 1, column + 1, value)
            written.alignment = Alignment(wrap_text=True, vertical="center")
            if cell.style.role.startswith("input"):
                written.fill = fill
        for rule in sheet.validations:
            if rule.kind == "list" and rule.source is not None:
                validation = DataValidation(type="list", formula1="=" + rule.source.absolute())
                validation.add(rule.area.absolute(sheet.name).replace("$", "").split(":")[0])
                target.add_data_validation(validation)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def load_with_openpyxl(data: bytes) -> int:
    """What a script would do: load the values, then walk all cells."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return sum(1 for sheet in book for row in sheet.iter_rows(values_only=True) for value in row if value is not None)


def seconds(job: Callable[[], object]) -> float:
    """Processor time of one run."""
    start = time.process_time()
    job()
    return time.process_time() - start


def compare(name: str, ours: Callable[[], object], theirs: Callable[[], object], times: int) -> None:
    """Run both in turn and print the ratio of their times."""
    ours()
    theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(times)]
    ratio = statistics.median(mine / other for mine, other in pairs)
    mine, other = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    print(f"{name:<34} {mine:8.1f} ms {other:10.1f} ms {ratio:8.2f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=10, help="how often each job is run")
    times = parser.parse_args().copies
    warnings.simplefilter("ignore")  # openpyxl names what it drops
    print(f"{'job':<34} {'kil-xlsx':>11} {'openpyxl':>13} {'ratio':>8}")
    theme = default_theme()
    for kind in ("council", "community"):
        plan = Plan(load_instrument(f"keep-it-local/{kind}"))
        someone = respondents(plan.instrument, 1)[0]
        issue = Issue(CREATED, someone.organisation)
        typed = answers(plan, someone)
        document = compose(plan, issue, typed)
        data = write(document, theme)
        plans = {plan.instrument.key: plan}
        generate = partial(_generate, plan, issue, theme)
        compare(f"generate, {kind}", generate, partial(with_openpyxl, document), times)
        read = partial(read_form, data, "return.xlsx", plans)
        compare(f"read and score, {kind}", read, partial(load_with_openpyxl, data), times)


def _generate(plan: Plan, issue: Issue, theme: Theme) -> bytes:
    return write(compose(plan, issue), theme)


if __name__ == "__main__":
    main()
