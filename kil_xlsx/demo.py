"""The whole loop on fictional organisations: generate, fill in, read, benchmark, feedback.

The respondents are simulated with a fixed seed.  They behave as people do: most answer most questions, some leave gaps,
some do not know, some give no evidence, a few type words where a number is wanted, and one sends something else
altogether.  No organisation in it exists.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from kil_xlsx import pipeline
from kil_xlsx.core.framework import ProfileField, Question
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.layout.codec import offered, serial
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.pipeline.benchmark import RELEASE
from kil_xlsx.pipeline.benchmark import benchmark as make_release
from kil_xlsx.pipeline.feedback import give_feedback

SEED = 2026

PLACES = (
    "Applewick", "Brambleford", "Carrowmere", "Dunlin Bay", "Eastmarsh", "Fernhollow", "Glasswater", "Hartsedge",
    "Inglebrook", "Juniper Hill", "Kestrel Vale", "Larkmoor", "Millhaven", "Netherby Cross", "Oakenshore", "Pennywell",
    "Quarrendale", "Rookhaven", "Sandpiper Sound", "Thistlecombe", "Underhollow", "Violet Moor", "Wrenfield",
    "Yarrowdale", "Ashmeadow", "Birchholm", "Copperbeck", "Dovecote Green", "Emberfold", "Foxglade", "Gorsebury",
    "Harebell Down",
)  # fmt: skip
"""Invented places; none of them is a local authority."""

_PARENTS = {
    "community": {
        "The Vale Federation": (0, 15),
        "Moor and Marsh Partnership": (2, 9, 18),
    }
}
"""By respondent type, bodies with several organisations under them (by number): in a benchmark they count once."""

_KINDS = {
    "council": ("{} Borough Council", "{} District Council", "{} Council"),
    "community": ("{} Community Trust", "{} Neighbourhood Centre", "{} Development Association", "The {} Hub"),
}
_EVIDENCE = (
    "Report to scrutiny, June", "Spend analysis on the shared drive", "Contract register", "Staff survey results",
    "Minutes of the partnership board", "Published on our website", "Annual review, page 12", "Booking system export",
)  # fmt: skip
_ACTIONS = (
    "Agree one owner and a date", "Ask the five largest suppliers", "Bring a paper to the autumn board",
    "Write the definition of local down", "Start recording this next quarter", "Visit a neighbour who does this well",
)  # fmt: skip
_OWNERS = ("Head of commissioning", "Finance lead", "Chief officer", "Partnerships manager", "Chair of trustees")
_REASONS = ("We employ no staff", "We have no building", "Run by the county, not by us", "Not part of our work")
_NOTES = ("From the draft accounts", "Estimate", "Includes the trading company", "Payroll report of March")


_SIZES = {"council": (90_000, 400_000), "community": (60_000, 2_500_000)}
"""How large organisations of a type are: residents of a council, yearly income in pounds of community organisations."""

_SIZE = "size"
_Share = tuple[str, float, float]
_FIGURES: dict[str, dict[str, _Share]] = {
    "council": {
        "population": (_SIZE, 1, 1),
        "supplier_spend": ("population", 650, 1000),
        "local_supplier_spend": ("supplier_spend", 0.22, 0.55),
        "vcse_spend": ("supplier_spend", 0.05, 0.14),
        "local_vcse_spend": ("vcse_spend", 0.45, 0.85),
        "sme_spend": ("supplier_spend", 0.3, 0.55),
        "invoices_paid": ("supplier_spend", 1 / 7000, 1 / 3500),
        "invoices_paid_30d": ("invoices_paid", 0.84, 0.99),
        "social_lending_balance": ("population", 0.4, 6),
        "staff_headcount": ("population", 1 / 110, 1 / 70),
        "staff_fte": ("staff_headcount", 0.76, 0.88),
        "staff_local_headcount": ("staff_headcount", 0.42, 0.8),
        "staff_at_rlw": ("staff_headcount", 0.8, 0.99),
        "training_weeks": ("staff_fte", 0.5, 1.6),
        "asset_transfers_3y": ("", 0, 9),
        "electricity_kwh": ("staff_fte", 1800, 6500),
        "gas_kwh": ("staff_fte", 1800, 7000),
        "other_fuel_kgco2e": ("staff_fte", 150, 600),
        "contracts_let": ("supplier_spend", 1 / 1_700_000, 1 / 1_000_000),
        "contracts_env": ("contracts_let", 0.15, 0.6),
        "contracts_small_or_lots": ("contracts_let", 0.2, 0.6),
        "sv_awards": ("contracts_let", 0.3, 0.7),
        "sv_weight_sum": ("sv_awards", 6, 18),
        "commissions_people_services": ("", 4, 18),
        "commissions_codesigned": ("commissions_people_services", 0.2, 0.8),
        "feedback_responses": ("population", 0.003, 0.008),
        "feedback_satisfied": ("feedback_responses", 0.55, 0.85),
        "outcomes_due": ("", 60, 260),
        "outcomes_met": ("outcomes_due", 0.6, 0.95),
    },
    "community": {
        "total_income": (_SIZE, 1, 1),
        "measured_income": ("total_income", 1, 1),
        "total_expenditure": ("total_income", 0.93, 1.04),
        "largest_funder_income": ("total_income", 0.18, 0.62),
        "free_reserves": ("total_expenditure", 0.06, 0.6),
        "supplier_spend": ("total_income", 0.22, 0.34),
        "local_supplier_spend": ("supplier_spend", 0.25, 0.65),
        "local_staff_pay": ("total_income", 0.2, 0.42),
        "other_local_spend": ("total_income", 0.01, 0.06),
        "staff_respend_rate": ("", 0.25, 0.6),
        "supplier_respend_rate": ("", 0.2, 0.55),
        "other_respend_rate": ("", 0.2, 0.5),
        "survey_replies": ("", 2, 16),
        "survey_coverage": ("", 0.35, 0.85),
        "invoices_paid": ("supplier_spend", 1 / 700, 1 / 300),
        "invoices_paid_30d": ("invoices_paid", 0.75, 1),
        "staff_fte": ("total_income", 1 / 56_000, 1 / 48_000),
        "staff_headcount": ("staff_fte", 1.4, 1.7),
        "staff_local_headcount": ("staff_headcount", 0.5, 0.9),
        "staff_at_rlw": ("staff_headcount", 0.6, 1),
        "training_weeks": ("staff_fte", 0, 3),
        "volunteer_hours": ("staff_fte", 60, 380),
        "board_members": ("", 6, 12),
        "board_local": ("board_members", 0.5, 1),
        "space_hours_available": ("", 1800, 9000),
        "space_hours_used": ("space_hours_available", 0.3, 0.8),
        "electricity_kwh": ("staff_fte", 1800, 7500),
        "gas_kwh": ("staff_fte", 1000, 7500),
        "other_fuel_kgco2e": ("staff_fte", 20, 250),
        "feedback_responses": ("", 25, 320),
        "feedback_satisfied": ("feedback_responses", 0.72, 0.97),
        "outcomes_due": ("", 5, 24),
        "outcomes_met": ("outcomes_due", 0.6, 0.95),
    },
}
"""How large a figure is: of what it is a share (another figure above it, the size, or nothing), from and to.

Figures of other frameworks, which are not in it, get something from the size and the unit alone.
"""

_BANDS = {"population_band": ("population", (100_000, 250_000, 500_000))}
"""Profile answers that follow from a figure: the figure, and where each further choice starts."""

_USUAL = {"council": "council_area", "community": "neighbourhood"}
"""What most organisations of a type choose where only like is compared with like; of others, the first choice."""


@dataclass(frozen=True)
class Respondent:
    """How one simulated organisation answers: its level of practice, how thorough it is, and its way of going wrong."""

    organisation: Organisation
    type: str
    practice: float
    thoroughness: float
    seed: int
    habit: str = ""
    size: float = 1.0
    usual: bool = True
    """Whether it means by its figures what most others do, so that they can be compared."""


def respondents(instrument: Instrument, count: int, seed: int = SEED) -> tuple[Respondent, ...]:
    """Fictional organisations of one type, always the same for the same seed."""
    chance = random.Random(f"{seed}-{instrument.respondent.id}")  # noqa: S311 - simulation, not a secret
    patterns = _KINDS.get(instrument.respondent.id, ("{} Organisation",))
    habits = ["", "", "words", "", "contradiction", "", "gaps", "", "over", "", "typed", ""]
    smallest, largest = _SIZES.get(instrument.respondent.id, (20_000, 2_500_000))
    made = []
    for index in range(count):
        name = chance.choice(patterns).format(PLACES[index % len(PLACES)])
        made.append(
            Respondent(
                organisation=Organisation(name=name, profile=_known(instrument, name)),
                type=instrument.respondent.id,
                practice=chance.uniform(0.25, 0.85),
                thoroughness=chance.uniform(0.8, 1.0),
                seed=chance.randrange(10**9),
                habit=habits[index % len(habits)],
                size=smallest * (largest / smallest) ** chance.random(),
                usual=index % 10 not in (3, 7, 9),
            )
        )
    return tuple(made)


def _known(instrument: Instrument, name: str) -> tuple[tuple[str, str], ...]:
    found = instrument.field_with_role("organisation")
    return ((found.id, name),) if found else ()


def answers(plan: Plan, respondent: Respondent) -> dict[Key, Typed]:
    """What a simulated respondent types, by slot."""
    chance = random.Random(respondent.seed)  # noqa: S311 - simulation, not a secret
    typed: dict[Key, Typed] = {}
    amounts = _amounts(plan, respondent, chance)
    for profile_field in plan.instrument.profile:
        typed.update(_profile(plan, profile_field, respondent, amounts, chance))
    for question in plan.instrument.questions:
        typed.update(_question(plan, question, respondent, chance))
    typed.update(_figures(plan, respondent, amounts, chance))
    for table in plan.instrument.tables:
        rows = chance.randint(0, min(6, table.rows))
        for row in range(1, rows + 1):
            for column in table.columns:
                key = Key(table.id, Part.ANSWER, row, column.id)
                if column.type == "text":
                    typed[key] = f"Tenant {row}"
                elif column.type == "number":
                    number = _round(chance.uniform(1, 8)) if column.unit == "FTE" else chance.randrange(25, 61) * 1000
                    typed[key] = _limited(float(number), column.minimum, column.maximum)
                elif column.choices:
                    typed[key] = chance.choice(offered(plan.instrument.choice_lists[column.choices]))[0]
    for step in plan.instrument.steps:
        if chance.random() < 0.7 and plan.instrument.framework.steps:
            options = offered(plan.instrument.choice_lists[plan.instrument.framework.steps.choices])
            typed[Key(step.id)] = chance.choice(options)[0]
    _go_wrong(plan, respondent, typed, chance)
    return {key: value for key, value in typed.items() if value is not None}


def _profile(
    plan: Plan,
    profile_field: ProfileField,
    respondent: Respondent,
    amounts: dict[str, float],
    chance: random.Random,
) -> Iterator[tuple[Key, Typed]]:
    key = Key(profile_field.id)
    known = dict(respondent.organisation.profile)
    if key not in plan.by_key:
        return
    if profile_field.id in known:
        yield key, known[profile_field.id]
    elif profile_field.role == "period_start":
        yield key, serial(date(2025, 4, 1))
    elif profile_field.role == "period_end":
        yield key, serial(date(2026, 3, 31))
    elif profile_field.role == "consent":
        options = offered(plan.instrument.choice_lists[profile_field.choices or ""])
        yield key, chance.choices(options, weights=[5, 6, *[1] * (len(options) - 2)])[0][0]
    elif profile_field.choices:
        options = offered(plan.instrument.choice_lists[profile_field.choices])
        usual = [label for label, choice in options if choice.code == _USUAL.get(respondent.type)] or [options[0][0]]
        figure, starts = _BANDS.get(profile_field.id, ("", ()))
        if profile_field.id in plan.instrument.framework.benchmarking.like_with_like:
            others = [label for label, _ in options[:4] if label not in usual] or usual
            yield key, usual[0] if respondent.usual else chance.choice(others)
        elif profile_field.role == "region":
            # Most come from two regions, so that these are large enough to be shown.
            yield key, chance.choices(options[:2], weights=[6, 5])[0][0]
        elif figure in amounts:
            yield key, options[min(sum(amounts[figure] >= start for start in starts), len(options) - 1)][0]
        else:
            yield key, chance.choices(options[:4], weights=[4, 5, 2, 1][: len(options[:4])])[0][0]
    elif profile_field.type == "area_code":
        prefixes = ["E06", "E07", "E08", "E07"] if respondent.type == "council" else ["E06", "E07", "E08", "E09"]
        yield key, f"{chance.choice(prefixes)}999{chance.randrange(100, 999)}"
    elif profile_field.required:
        yield (
            key,
            {"completed_by": "Chief officer; finance lead; one board member"}.get(
                profile_field.role or "", f"{_place(respondent)} and the villages around it"
            ),
        )


def _question(
    plan: Plan, question: Question, respondent: Respondent, chance: random.Random
) -> Iterator[tuple[Key, Typed]]:
    options = offered(plan.instrument.choices_of(question))
    levels = [label for label, choice in options if choice.state == "answered"]
    special = {choice.state: label for label, choice in options if choice.state != "answered"}
    if chance.random() > respondent.thoroughness:
        return
    draw = chance.random()
    if "dont_know" in special and draw < 0.05:
        yield Key(question.id), special["dont_know"]
        return
    if "not_applicable" in special and question.not_applicable_when and draw < 0.15:
        yield Key(question.id), special["not_applicable"]
        if chance.random() < 0.8:
            yield Key(question.id, Part.REASON), chance.choice(_REASONS)
        return
    place = min(max(chance.gauss(respondent.practice, 0.22), 0.0), 0.999)
    level = int(place * len(levels))
    yield Key(question.id), levels[level]
    strengths = offered(plan.instrument.choice_lists[plan.instrument.framework.evidence_strength])
    if chance.random() < 0.75:
        yield Key(question.id, Part.EVIDENCE), chance.choice(_EVIDENCE)
        yield Key(question.id, Part.STRENGTH), chance.choice(strengths[1:])[0]
    if chance.random() < 0.5 and Key(question.id, Part.TARGET) in plan.by_key:
        target = min(level + chance.choice((0, 1, 1, 2)), len(levels) - 1)
        yield Key(question.id, Part.TARGET), levels[target]
        if target > level:
            yield Key(question.id, Part.ACTION), chance.choice(_ACTIONS)
            yield Key(question.id, Part.OWNER), chance.choice(_OWNERS)
            yield Key(question.id, Part.DUE), serial(date(2026 + chance.randrange(2), chance.randrange(1, 13), 28))


def _place(respondent: Respondent) -> str:
    name = respondent.organisation.name
    return next((place for place in PLACES if place in name), name)


def _amounts(plan: Plan, respondent: Respondent, chance: random.Random) -> dict[str, float]:
    """Every figure of an organisation, known or not.  A part is never larger than the whole it is part of."""
    asked = {figure.id: figure for figure in plan.instrument.inputs}
    table = {name: share for name, share in _FIGURES.get(respondent.type, {}).items() if name in asked}
    parts = _part_of(plan)
    rest = sorted((name for name in asked if name not in table), key=lambda name: name in parts)
    found: dict[str, float] = {}
    for name in (*table, *rest):
        figure = asked[name]
        whole = found.get(parts.get(name, ""))
        rate = figure.maximum is not None and figure.maximum <= 1
        if name in table:
            base, low, high = table[name]
            value = chance.uniform(low, high) * (respondent.size if base == _SIZE else found.get(base, 1.0))
        elif whole is not None:
            value = whole * chance.uniform(0.2, 0.85)
        elif rate:
            value = chance.uniform(0.1, 0.7)
        elif figure.unit == "GBP":
            value = respondent.size * chance.uniform(0.1, 0.3)
        else:
            value = respondent.size**0.45 * chance.uniform(0.6, 1.5)
        value = round(value, 2) if rate else round(value, 1) if figure.unit == "FTE" else float(round(value))
        if whole is not None and not rate:
            value = min(value, whole)
        found[name] = _limited(value, figure.minimum, figure.maximum)
    return found


def _limited(value: float, minimum: float | None, maximum: float | None) -> float:
    value = value if maximum is None else min(value, maximum)
    return value if minimum is None else max(value, minimum)


def _figures(
    plan: Plan, respondent: Respondent, amounts: dict[str, float], chance: random.Random
) -> Iterator[tuple[Key, Typed]]:
    """The figures that the organisation has at hand, and of some others that it does not know them."""
    unknown = [
        label
        for label, choice in offered(plan.instrument.choice_lists[plan.instrument.framework.missing_figure])
        if choice.state == "dont_know"
    ]
    for figure in plan.instrument.inputs:
        if chance.random() < (1 - respondent.thoroughness) * _FIGURES_MISSING:
            if unknown and chance.random() < 0.5:
                yield Key(figure.id, Part.MISSING), unknown[0]
            continue
        yield Key(figure.id), amounts[figure.id]
        if chance.random() < 0.1:
            yield Key(figure.id, Part.NOTE), chance.choice(_NOTES)


_FIGURES_MISSING = 0.45
"""Figures come from the accounts, so fewer of them are left out than answers."""


def _part_of(plan: Plan) -> dict[str, str]:
    """Which figure is a part of which, read off the checks of the form "part <= whole"."""
    found: dict[str, str] = {}
    for check in plan.instrument.checks:
        names = plan.instrument.expressions[check.rule].names
        if len(names) == 2 and "<=" in check.rule:
            found.setdefault(names[0], names[1])
    return found


def _round(value: float) -> float:
    return round(value * 2) / 2


def _go_wrong(plan: Plan, respondent: Respondent, typed: dict[Key, Typed], chance: random.Random) -> None:
    """What people do: words for a number, a part larger than its whole, half a workbook, an answer typed by hand."""
    figures = [Key(figure.id) for figure in plan.instrument.inputs if isinstance(typed.get(Key(figure.id)), float)]
    if respondent.habit == "words" and figures:
        typed[chance.choice(figures)] = "about 12k"
    if respondent.habit == "over":
        for part, whole in _part_of(plan).items():
            total = typed.get(Key(whole))
            if isinstance(total, float) and isinstance(typed.get(Key(part)), float):
                typed[Key(part)] = total * 2 + 1
                break
    if respondent.habit == "gaps":
        for question in plan.instrument.questions[len(plan.instrument.questions) // 2 :]:
            for key in [key for key in typed if key.item == question.id]:
                del typed[key]
    if respondent.habit == "typed":
        for question in plan.instrument.questions[:3]:
            value = typed.get(Key(question.id))
            if isinstance(value, str) and value[:1].isdigit():
                typed[Key(question.id)] = value.split(" ", 1)[1].lower()
    if respondent.habit == "contradiction":
        missing = offered(plan.instrument.choice_lists[plan.instrument.framework.missing_figure])
        if figures and missing:
            typed[Key(figures[0].item, Part.MISSING)] = missing[0][0]


@dataclass(frozen=True)
class DemoSummary:
    """Where the demonstration put everything, and how many of each."""

    folder: Path
    organisations: Path
    workbooks: int
    returned: int
    refused: int
    problems: int
    results: Path
    benchmark: Path
    feedback: Path


Report = Callable[[str], None]
"""Told in a sentence what is being done."""

COUNTS = {"council": 18, "community": 28}
"""How many organisations of each type are invited; of other types, ten."""

ROUND = "Demonstration 2026"
_CREATED = datetime(2026, 4, 7, 9, 0)
_DUE = date(2026, 6, 30)
_SILENT = 7  # every seventh organisation does not answer


def run_demo(
    folder: Path, report: Report, *, framework: str = pipeline.DEFAULT_FRAMEWORK, force: bool = False
) -> DemoSummary:
    """Play the whole loop in a folder.  The same version of the program always writes the same bytes.

    OutputError when a file is there already and ``force`` is not set.
    """
    _, instruments = pipeline.load(framework)
    plans = [Plan(instrument) for instrument in instruments]
    everybody = [
        (plan, respondent)
        for plan in plans
        for respondent in respondents(plan.instrument, COUNTS.get(plan.instrument.respondent.id, 10))
    ]
    listed = folder / "organisations.csv"
    report(f"A list of {len(everybody)} invented organisations: {listed}")
    pipeline.write_file(listed, _list_of(everybody).encode(), force=force)
    report("A workbook for each of them")
    made = pipeline.generate(
        framework, organisations=listed, out=folder / "workbooks", round_id=ROUND, due=_DUE,
        contact="coordinator@example.org", created=_CREATED, force=force,
    )  # fmt: skip
    report("The organisations fill theirs in, as people do")
    returned = folder / "returned"
    count = 0
    for index, ((plan, respondent), workbook) in enumerate(zip(everybody, made.workbooks, strict=True)):
        if index % _SILENT == _SILENT - 1:
            continue
        issue = Issue(_CREATED, respondent.organisation, ROUND, _DUE, "coordinator@example.org")
        data = pipeline.workbook_bytes(plan, issue, answers(plan, respondent))
        pipeline.write_file(returned / workbook.path.name, data, force=force)
        count += 1
    letter = b"Thank you for your letter. We will fill in the questionnaire next week.\r\n"
    pipeline.write_file(returned / "Our answers.xlsx", letter, force=force)
    report(f"Reading the {count + 1} files that came back")
    read = pipeline.read([returned], framework)
    results = folder / "results"
    pipeline.write_file(results / "returns.json", pipeline.read_json(read), force=force)
    pipeline.write_file(results / "answers.csv", pipeline.read_csv(read).encode("utf-8-sig"), force=force)
    report("Comparing those that agreed to share")
    benchmark = folder / "benchmark"
    make_release([returned], benchmark, framework, organisations=listed, created=_CREATED, force=force)
    report("Feedback for each of them")
    given = give_feedback(
        [returned], benchmark / RELEASE, folder / "feedback", framework, organisations=listed,
        contact="coordinator@example.org", created=_CREATED, force=force,
    )  # fmt: skip
    return DemoSummary(
        folder=folder,
        organisations=listed,
        workbooks=len(made.workbooks),
        returned=len(read.readings),
        refused=sum(reading.refused for reading in read.readings),
        problems=read.problems,
        results=results,
        benchmark=benchmark,
        feedback=given.folder,
    )


def _list_of(everybody: Sequence[tuple[Plan, Respondent]]) -> str:
    """The list of organisations as a coordinator would keep it."""
    lines = ["name,email,respondent,parent"]
    numbers: Counter[str] = Counter()
    for index, (plan, respondent) in enumerate(everybody):
        name, kind = respondent.organisation.name, plan.instrument.respondent
        parents = _PARENTS.get(kind.id, {})
        parent = next((each for each, under in parents.items() if numbers[kind.id] in under), "")
        numbers[kind.id] += 1
        lines.append(f"{name},contact{index + 1}@example.org,{kind.label},{parent}")
    return "\r\n".join(lines) + "\r\n"
