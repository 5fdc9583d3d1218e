"""The workbooks that are examined, as bytes.  To have another examined, add a line to ``BOOKS``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from finished.package import Package
from msgspec.structs import replace
from strategies import EVERYTHING, FULL, Mood, random_typed
from synthetic import collection, next_round

from kil_xlsx import pipeline
from kil_xlsx.core.advice import Before
from kil_xlsx.core.advice import feedback as what_is_told
from kil_xlsx.core.benchmark import Request
from kil_xlsx.core.benchmark import benchmark as compare
from kil_xlsx.core.membership import members_of
from kil_xlsx.core.standings import standings as who_stands_where
from kil_xlsx.demo import answers, respondents
from kil_xlsx.layout.benchmark_book import release_document
from kil_xlsx.layout.feedback_book import feedback_document
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.pipeline.benchmark import benchmark as make_release
from kil_xlsx.pipeline.mark import marked_copy
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.form import read_form
from kil_xlsx.reading.model import Cell, CellKind, SheetData
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

SHIPPED = "keep-it-local"
OTHER = str(Path(__file__).resolve().parent.parent / "fixtures" / "other-framework")
CREATED = datetime(2026, 4, 7, 9, 30)
RETURNS = 7
ENOUGH = 30
"""Organisations of each respondent type from which on all figures of everyone are shown."""


@cache
def _plans(framework: str) -> dict[str, Plan]:
    return {each.respondent.id: Plan(each) for each in pipeline.load(framework)[1]}


def _plan(framework: str, respondent: str) -> Plan:
    plans = _plans(framework)
    return plans[respondent or next(iter(plans))]


def blank(framework: str, respondent: str = "") -> bytes:
    """A workbook as it is sent out to nobody in particular."""
    plan = _plan(framework, respondent)
    with TemporaryDirectory() as folder:
        made = pipeline.generate(
            framework, respondent=plan.instrument.respondent.id, out=Path(folder), created=CREATED
        )  # fmt: skip
        return made.workbooks[0].path.read_bytes()


def prefilled(framework: str, respondent: str, listed: str) -> bytes:
    """A workbook made from a list of organisations."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "list.csv"
        source.write_text(listed, encoding="utf-8")
        made = pipeline.generate(
            framework, respondent=respondent, organisations=source, out=Path(folder) / "out", round_id="Spring 2026",
            due=date(2026, 6, 30), contact="coordinator@example.org", created=CREATED,
        )  # fmt: skip
        return made.workbooks[0].path.read_bytes()


def filled(framework: str, respondent: str = "", mood: Mood = FULL, seed: int = 1) -> bytes:
    """A workbook with something in its cells to fill in."""
    plan = _plan(framework, respondent)
    typed = random_typed(plan, Random(seed), mood)
    return pipeline.workbook_bytes(plan, Issue(CREATED, round_id="2026"), typed)


def marked(framework: str, respondent: str = "", seed: int = 3) -> bytes:
    """A copy of a return with what is to be put right marked, and something that could not be carried over."""
    plan = _plan(framework, respondent)
    careless = Mood(0.9, 0.9, 0.3, 0.5, 0.9, 0.3, 0.8, 0.3)
    data = pipeline.workbook_bytes(plan, Issue(CREATED, round_id="2026"), random_typed(plan, Random(seed), careless))
    workbook = read_workbook(data)
    own = SheetData("Our own sums", cells={(0, 0): Cell("ours", CellKind.TEXT)})
    workbook = replace(workbook, sheets=(*workbook.sheets, own))
    reading = read_form(data, "return.xlsx", {plan.instrument.key: plan})
    return marked_copy(plan, reading, workbook, Issue(CREATED)).data


def benchmark(framework: str) -> bytes:
    """The benchmark of plausible returns, enough of each type that figures are shown."""
    with TemporaryDirectory() as folder:
        for plan in _plans(framework).values():
            for number, one in enumerate(respondents(plan.instrument, RETURNS)):
                issue = Issue(CREATED, one.organisation, "2026")
                typed = {key: value for key, value in answers(plan, one).items() if key in plan.by_key}
                data = pipeline.workbook_bytes(plan, issue, typed)
                (Path(folder) / f"{plan.instrument.respondent.id}-{number:02}.xlsx").write_bytes(data)
        target = Path(folder) / "out"
        make_release([Path(folder)], target, framework, created=CREATED)
        return (target / "benchmark.xlsx").read_bytes()


def release(framework: str) -> bytes:
    """The benchmark workbook of a second release, with every sheet and chart that there can be."""
    definition, mine = pipeline.load(framework)
    before = collection(5, councils=ENOUGH, communities=ENOUGH, framework=definition)
    after = next_round(before, 6, joiners=0, leavers=0, framework=definition)
    first = compare(mine, before, Request(created=CREATED.date())).release
    second = compare(mine, after, Request(created=CREATED.date(), contact="statistics@example.org", earlier=first))
    return write(release_document(second.release, definition, CREATED), default_theme())


def feedback(framework: str, at: int = 0) -> bytes:
    """What one organisation is told after a second round, with what it said in the first."""
    definition, mine = pipeline.load(framework)
    instrument = mine[at]
    before = collection(5, councils=ENOUGH, communities=ENOUGH, framework=definition)
    after = next_round(before, 6, joiners=0, leavers=0, framework=definition)
    made = compare(mine, after, Request(created=CREATED.date(), contact="statistics@example.org")).release
    standings = who_stands_where(instrument, made, members_of(after), {})
    own = standings.used[0]
    earlier = next(each for each in members_of(before) if each.identity.organisation == own.identity.organisation)
    told = what_is_told(
        instrument, own, made, standings, organisation=own.identity.organisation,
        before=Before("2025", earlier.result), created=CREATED.date(),
    )  # fmt: skip
    return write(feedback_document(told, definition, CREATED), default_theme())


def _list(respondent: str) -> str:
    return (
        "name,type,org-id,gss,region,period_start\n"
        f'"Łódź & O\'Brien ""Quayside"" <Trust>",{respondent},GB-COH-01234567,E08000035,E12000003,31/03/2025\n'
    )


BOOKS: dict[str, Callable[[], bytes]] = {
    "council, blank": lambda: blank(SHIPPED, "council"),
    "council, prefilled": lambda: prefilled(SHIPPED, "council", _list("council")),
    "council, filled": lambda: filled(SHIPPED, "council"),
    "council, filled in every way": lambda: filled(SHIPPED, "council", EVERYTHING, 2),
    "community, blank": lambda: blank(SHIPPED, "community"),
    "community, prefilled": lambda: prefilled(SHIPPED, "community", _list("community")),
    "community, filled": lambda: filled(SHIPPED, "community"),
    "community, filled in every way": lambda: filled(SHIPPED, "community", EVERYTHING, 2),
    "council, marked": lambda: marked(SHIPPED, "council"),
    "community, marked": lambda: marked(SHIPPED, "community"),
    "benchmark": lambda: benchmark(SHIPPED),
    "benchmark, second release": lambda: release(SHIPPED),
    "feedback, council": lambda: feedback(SHIPPED),
    "feedback, community": lambda: feedback(SHIPPED, 1),
    "German, blank": lambda: blank(OTHER),
    "German, filled": lambda: filled(OTHER),
    "German, filled in every way": lambda: filled(OTHER, "", EVERYTHING, 2),
    "German, marked": lambda: marked(OTHER),
    "German, benchmark": lambda: benchmark(OTHER),
    "German, feedback": lambda: feedback(OTHER),
    "German, benchmark, second release": lambda: release(OTHER),
}
"""What is examined, by a name for people."""


@cache
def book(name: str) -> bytes:
    """One of the workbooks."""
    return BOOKS[name]()


@cache
def package(name: str) -> Package:
    """One of the workbooks, opened."""
    return Package(book(name))


@cache
def workings_sheets() -> frozenset[str]:
    """The sheets where an error may stand as the value of a formula: their charts leave it out."""
    plans = [plan for framework in (SHIPPED, OTHER) for plan in _plans(framework).values()]
    return frozenset(plan.words("sheet.workings") for plan in plans)
