"""Made-up collections of returns, as they are after reading: quickly, from a seed, without any file.

Every organisation, place and registered number is invented.  Answers go together as real ones do: an organisation has a
level of practice that its answers scatter around, larger ones do a little better, and amounts are skewed over several
powers of ten.  Every amount has seven digits of its own, so that it can be recognised wherever it turns up.  All that
goes wrong in a real collection is there too: blanks, "not applicable", "don't know" and cells that could not be used;
no consent; incomplete returns; several returns from one organisation.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import product
from random import Random

import msgspec

from kil_xlsx.core.figures import Input
from kil_xlsx.core.framework import Choice, ChoiceList, Framework, ProfileField
from kil_xlsx.core.instrument import Instrument, display
from kil_xlsx.core.readings import FileInfo, Identity, Reading
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Return, State
from kil_xlsx.core.scoring import score
from kil_xlsx.definitions.load import load_framework

_FIRST = (
    "Apple", "Bramble", "Carrow", "Dunlin", "Elder", "Fern", "Glass", "Hazel", "Ingle", "Juniper", "Kestrel", "Lark",
    "Mallow", "Nettle", "Oaken", "Penny", "Quill", "Rowan", "Sorrel", "Thistle", "Umber", "Vetch", "Willow", "Yarrow",
)  # fmt: skip
_SECOND = (
    "barrow", "bridge", "combe", "croft", "dale", "edge", "ford", "gate", "haven", "hollow", "ings", "keld", "lea",
    "mere", "moor", "ness", "reach", "shaw", "stead", "thwaite", "vale", "well", "wick", "wold",
)  # fmt: skip
_THIRD = ("", "Upper ", "Lower ", "New ", "East ", "West ")
PLACES = tuple(f"{third}{first}{second}" for third, first, second in product(_THIRD, _FIRST, _SECOND))
"""Invented places; none of them is a local authority."""

_KINDS = {
    "council": ("{} Borough Council", "{} District Council", "{} Council"),
    "community": (
        "{} Community Trust", "{} Neighbourhood Centre", "{} Development Association", "The {} Hub", "{} Allotments",
    ),
}  # fmt: skip
_ANY_KIND = ("{} Society", "{} Company", "{} Partnership")

_COUNCIL_PREFIXES = {"E06": 8, "E07": 10, "E08": 5, "E09": 5, "E10": 2, "W06": 2, "S12": 3, "N09": 1}
"""How many councils of each type there are among 36."""

_NATIONS = {"E09": "E12000007", "W06": "W92000004", "S12": "S92000003", "N09": "N92000002"}

_WHOLES = {
    "local_supplier_spend": "supplier_spend", "vcse_spend": "supplier_spend", "local_vcse_spend": "vcse_spend",
    "sme_spend": "supplier_spend", "local_staff_pay": "measured_income", "other_local_spend": "measured_income",
    "largest_funder_income": "total_income", "free_reserves": "total_expenditure",
    "social_lending_balance": "population", "invoices_paid_30d": "invoices_paid",
    "staff_local_headcount": "staff_headcount", "staff_fte": "staff_headcount",
    "staff_at_rlw": "staff_headcount", "board_local": "board_members", "space_hours_used": "space_hours_available",
    "commissions_codesigned": "commissions_people_services", "contracts_env": "contracts_let",
    "contracts_small_or_lots": "contracts_let", "feedback_satisfied": "feedback_responses",
    "outcomes_met": "outcomes_due",
}  # fmt: skip
"""Figures that are a part of another one."""

_EVIDENCE = ("Report to scrutiny", "Spend analysis", "Contract register", "Staff survey", "Minutes of the partnership")
_ACTIONS = ("Agree one owner and a date", "Ask the five largest suppliers", "Bring a paper to the autumn board")
_REASONS = ("We employ no staff", "We have no building", "Run by the county, not by us", "Not part of our work")

ANSWERED, BLANK, NOT_APPLICABLE, DONT_KNOW, REFUSED = range(5)
_MISSING = ((ANSWERED, BLANK, NOT_APPLICABLE, DONT_KNOW, REFUSED), (84, 6, 4, 4, 2))


_SHARED = ("gss_code",)
"""Answers with digits that are no secret: many organisations give the same."""


@dataclass(frozen=True)
class _Area:
    """A place with a council: its code, its name and the choice of its region."""

    code: str
    name: str
    region: int


@dataclass(frozen=True)
class Habits:
    """How many in a hundred organisations do what spoils a collection."""

    no_consent: float = 4
    blank_consent: float = 4
    incomplete: float = 5
    twice: float = 3


USUAL, NEAT = Habits(), Habits(0, 0, 0, 0)


@cache
def keep_it_local() -> Framework:
    """The framework that comes with the program."""
    return load_framework("keep-it-local")


def instruments(framework: Framework | None = None) -> list[Instrument]:
    """The instruments of a framework, in its order: what :func:`kil_xlsx.core.benchmark.benchmark` takes."""
    framework = framework or keep_it_local()
    return [Instrument(framework, each) for each in framework.respondents]


def collection(
    seed: int,
    *,
    councils: int = 20,
    communities: int = 20,
    framework: Framework | None = None,
    round_id: str = "2026",
    habits: Habits = USUAL,
) -> list[Reading]:
    """Returns of made-up organisations, in no particular order; the same seed gives the same ones.

    There are ``councils`` organisations of the framework's first respondent type and ``communities`` of its second;
    those that sent two returns are in it twice.  Some places have many community organisations, most have few.
    """
    rng = Random(f"collection {seed}")
    framework = framework or keep_it_local()
    areas = _areas(rng, framework, max(councils, 1))
    found: list[Reading] = []
    for at, (instrument, count) in enumerate(zip(instruments(framework), (councils, communities), strict=False)):
        kinds = _KINDS.get(instrument.respondent.id, _ANY_KIND)
        names = rng.sample(range(len(PLACES) * len(kinds)), count) if at else range(count)
        for number, name in enumerate(names):
            if at:
                area = areas[min(int(rng.expovariate(8 / len(areas))), len(areas) - 1)]
                called = kinds[name // len(PLACES)].format(PLACES[name % len(PLACES)])
            else:
                area = areas[number]
                called = kinds[number % len(kinds)].format(area.name)
            maker = _Maker(instrument, Random(f"{seed} {at} {number}"), called, area, round_id, habits)
            found.extend(maker.readings(f"{instrument.respondent.code}-{seed}-{number:05}"))
    rng.shuffle(found)
    return found


def next_round(
    readings: Sequence[Reading],
    seed: int,
    *,
    joiners: int = 2,
    leavers: int = 2,
    changed: float = 0.3,
    framework: Framework | None = None,
    round_id: str = "2027",
) -> list[Reading]:
    """The collection a year later: some left, some joined, and a share of the others changed some of their answers."""
    rng = Random(f"next {seed}")
    framework = framework or keep_it_local()
    by_type = {each.respondent.id: each for each in instruments(framework)}
    stayed = list(readings)
    gone = set(rng.sample(range(len(stayed)), min(leavers, len(stayed))))
    found = []
    for at, reading in enumerate(stayed):
        if at in gone or reading.identity is None or reading.ret is None:
            continue
        instrument = by_type[reading.identity.respondent]
        entries = reading.ret.entries
        if rng.random() < changed:
            entries = {key: _changed(instrument, entry, rng) for key, entry in entries.items()}
        ret = Return(entries)
        identity = msgspec.structs.replace(reading.identity, round_id=round_id)
        name = reading.file.name.replace(reading.identity.round_id, round_id)
        found.append(
            Reading(_file(name), problems=(), identity=identity, ret=ret, result=score(instrument, ret)),
        )
    more = collection(
        seed + 7919, councils=joiners - joiners // 2, communities=joiners // 2, framework=framework,
        round_id=round_id, habits=NEAT,
    )  # fmt: skip
    return found + more


def name_of(reading: Reading) -> str:
    """What the organisation calls itself."""
    assert reading.identity is not None
    return reading.identity.organisation


def secrets(reading: Reading) -> set[str]:
    """What must not turn up in anything that others may read: names, numbers, free text and amounts of one return."""
    assert reading.identity is not None
    assert reading.ret is not None
    identity = reading.identity
    found = {identity.organisation, identity.organisation_id, identity.reference, reading.file.name}
    for entry in reading.ret.entries.values():
        if entry.key.item in _SHARED or entry.code is not None or _is_date(entry.text):
            continue
        if entry.text and any(map(str.isdigit, entry.text)):
            found.add(entry.text)
        elif entry.key.part == Part.ANSWER and entry.value is not None:
            found.add(digits(entry.value) if sum(map(str.isdigit, digits(entry.value))) >= 7 else "")
    return found - {""}


def digits(value: float) -> str:
    """The digits of an amount as any program writes them, without a leading zero."""
    return f"{value:.7f}".lstrip("0").rstrip("0").rstrip(".")


def _is_date(text: str | None) -> bool:
    return text is not None and len(text) == 10 and text[4:5] == "-"


def _file(name: str) -> FileInfo:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return FileInfo(name=f"{name}.xlsx", sha256=digest, size=20_000, kind="xlsx", application="Made up")


def _areas(rng: Random, framework: Framework, count: int) -> list[_Area]:
    """Places, each with a code that no real place has."""
    regions = [each.code for choices in framework.choice_lists if choices.id == "region" for each in choices.choices]
    english = [at for at, code in enumerate(regions) if code not in _NATIONS.values()] or [0]
    prefixes, weights = list(_COUNCIL_PREFIXES), list(_COUNCIL_PREFIXES.values())
    found = []
    for number, place in enumerate(rng.sample(PLACES, count)):
        prefix = rng.choices(prefixes, weights)[0]
        nation = _NATIONS.get(prefix)
        region = (
            regions.index(nation) if nation in regions else english[min(int(rng.expovariate(0.3)), len(english) - 1)]
        )
        found.append(_Area(f"{prefix}9{number:05}", place, region))
    return found


def _changed(instrument: Instrument, entry: Entry, rng: Random) -> Entry:
    """An answer to a question one level up or down, now and then; anything else as it was."""
    question = next((each for each in instrument.questions if each.id == entry.key.item), None)
    if question is None or entry.key.part != Part.ANSWER or entry.value is None or rng.random() > 0.3:
        return entry
    offered = instrument.choices_of(question)
    levels = [choice for choice in offered.choices if choice.state == "answered"]
    at = next(at for at, choice in enumerate(levels) if choice.code == entry.code)
    other = levels[min(max(at + rng.choice((-1, 1, 1)), 0), len(levels) - 1)]
    return msgspec.structs.replace(entry, code=other.code, value=other.value, typed=display(offered, other))


class _Maker:
    """One organisation filling in its workbook."""

    def __init__(
        self, instrument: Instrument, rng: Random, name: str, area: _Area, round_id: str, habits: Habits
    ) -> None:
        self.instrument, self.rng, self.name, self.area, self.round_id = instrument, rng, name, area, round_id
        self.size = rng.gauss(0, 1)
        self.level = rng.gauss(0.5, 0.2) + 0.05 * self.size
        self.habits = habits
        self.number = f"GB-COH-9{rng.randrange(10**7):07}"
        self.incomplete = rng.random() < habits.incomplete / 100
        self.secret = f"{rng.randrange(10**7):07}"
        self.entries: list[Entry] = []

    def readings(self, reference: str) -> list[Reading]:
        """Its return, or two of them, the second being the one that counts."""
        times = 2 if self.rng.random() < self.habits.twice / 100 else 1
        return [self._reading(reference, time) for time in range(1, times + 1)]

    def _reading(self, reference: str, time: int) -> Reading:
        self.entries = []
        for field in self.instrument.profile:
            self._profile(field)
        self._questions()
        self._figures()
        ret = Return.of(self.entries)
        framework = self.instrument.framework
        identity = Identity(
            framework=framework.id,
            version=framework.version,
            fingerprint=_fingerprint(self.instrument),
            layout=2,
            respondent=self.instrument.respondent.id,
            round_id=self.round_id,
            organisation=self.name,
            organisation_id=self.number,
            reference=f"{framework.reference_prefix}-{reference}",
        )
        again = "" if time == 1 else f"-{time}"
        file = _file(f"{reference}-{self.round_id}{again}")
        return Reading(file, problems=(), identity=identity, ret=ret, result=score(self.instrument, ret))

    def _add(self, item: str, part: str = Part.ANSWER, **parts: object) -> None:
        typed = parts.pop("typed", None) or parts.get("text") or parts.get("value")
        outcome = parts.pop("outcome", Outcome.ACCEPTED)
        entry = Entry(key=Key(item, part), state=State.ANSWERED, outcome=outcome, typed=typed)  # type: ignore[arg-type]
        self.entries.append(msgspec.structs.replace(entry, **parts))

    def _choose(self, item: str, choices: ChoiceList, choice: Choice, part: str = Part.ANSWER) -> None:
        self._add(
            item, part, state=State(choice.state), code=choice.code, value=choice.value, typed=display(choices, choice)
        )

    # Profile

    def _profile(self, field: ProfileField) -> None:
        if field.choices is not None:
            choices = self.instrument.choice_lists[field.choices]
            choice = self._answer(field, choices)
            if choice is not None:
                self._choose(field.id, choices, choice)
        elif field.type != "derived":
            text = self._words(field)
            if text:
                self._add(field.id, text=text, **self._serial(field, text))

    def _answer(self, field: ProfileField, choices: ChoiceList) -> Choice | None:
        offered, rng = choices.choices, self.rng
        if field.role == "consent":
            consent = self.instrument.framework.benchmarking.consent.share
            drawn = rng.uniform(0, 100)
            if drawn < self.habits.blank_consent:
                return None
            agreed = drawn >= self.habits.blank_consent + self.habits.no_consent
            fitting = [each for each in offered if (each.code in consent) == agreed]
            return rng.choice(fitting) if fitting else None
        if field.role == "region":
            return offered[self.area.region % len(offered)]
        if rng.random() < (0.3 if self.incomplete else 0.04):
            return None
        if "size" in field.id or field.id == "population_band":
            return offered[min(max(int(len(offered) * (0.5 + self.size / 4)), 0), len(offered) - 1)]
        return offered[min(int(rng.expovariate(2.5 / len(offered))), len(offered) - 1)]

    def _words(self, field: ProfileField) -> str:
        if field.role == "organisation":
            return self.name
        if field.type == "org_id":
            return self.number
        if field.type == "area_code":
            return self.area.code
        if field.type == "date":
            return "2025-04-01" if field.role == "period_start" else "2026-03-31"
        if field.role == "completed_by":
            return "Treasurer and chief officer"
        return f"Around {self.name}, {self.secret}" if field.type == "long_text" else ""

    @staticmethod
    def _serial(field: ProfileField, text: str) -> dict[str, object]:
        if field.type != "date":
            return {}
        number = float(date.fromisoformat(text).toordinal() - date(1899, 12, 30).toordinal())
        return {"value": number, "typed": number}

    # Questions

    def _questions(self) -> None:
        rng = self.rng
        habit = {node.id: rng.gauss(self.level, 0.12) for node in self.instrument.nodes}
        strengths = self.instrument.choice_lists[self.instrument.framework.evidence_strength]
        for node in self.instrument.nodes:
            skipped = self.incomplete and rng.random() < 0.7
            for question in node.own:
                kind = BLANK if skipped else rng.choices(*_MISSING)[0]
                choices = self.instrument.choices_of(question)
                if kind == REFUSED:
                    self._add(question.id, state=State.UNANSWERED, outcome=Outcome.REFUSED, typed=f"see {self.secret}")
                    continue
                choice = (
                    _level(choices, rng.gauss(habit[node.id], 0.16)) if kind == ANSWERED else _special(choices, kind)
                )
                if choice is None:
                    continue
                self._choose(question.id, choices, choice)
                if choice.needs_reason:
                    self._add(question.id, Part.REASON, text=rng.choice(_REASONS))
                elif kind == ANSWERED:
                    self._beside(question.id, choices, choice, strengths)

    def _beside(self, item: str, choices: ChoiceList, choice: Choice, strengths: ChoiceList) -> None:
        rng = self.rng
        if rng.random() < 0.7:
            self._choose(item, strengths, _level(strengths, rng.gauss(self.level, 0.25)), Part.STRENGTH)
            if rng.random() < 0.3:
                self._add(item, Part.EVIDENCE, text=f"{rng.choice(_EVIDENCE)} of {self.name}, item {self.secret}")
        if rng.random() < 0.15:
            levels = [each for each in choices.choices if each.state == "answered"]
            self._choose(item, choices, levels[min(levels.index(choice) + 1, len(levels) - 1)], Part.TARGET)
            self._add(item, Part.ACTION, text=f"{rng.choice(_ACTIONS)} ({self.secret})")

    # Figures

    def _figures(self) -> None:
        amounts: dict[str, float] = {}
        missing = self.instrument.choice_lists[self.instrument.framework.missing_figure]
        for figure in self.instrument.inputs:
            kind = self.rng.choices(*_MISSING)[0]
            if kind == ANSWERED and not (self.incomplete and self.rng.random() < 0.7):
                amounts[figure.id] = self._amount(figure, amounts)
                self._add(figure.id, value=amounts[figure.id])
            elif kind == REFUSED:
                self._add(figure.id, state=State.UNANSWERED, outcome=Outcome.REFUSED, typed=f"about {self.secret}")
            else:
                choice = _special(missing, kind)
                if choice is not None:
                    self._choose(figure.id, missing, choice, Part.MISSING)

    def _amount(self, figure: Input, amounts: dict[str, float]) -> float:
        """Seven digits that nobody else has: with pence where the amount is small."""
        rng = self.rng
        if figure.maximum is not None and figure.maximum <= 1:
            return round(min(max(rng.gauss(0.4, 0.15), 0.0), 1.0), 7)
        whole = amounts.get(_WHOLES.get(figure.id, ""))
        share = min(max(rng.gauss(0.3 + 0.4 * self.level, 0.15), 0.03), 0.97)
        amount = whole * share if whole is not None else 300_000 * math.exp(1.4 * self.size + rng.gauss(0, 0.4))
        if whole is None and figure.unit not in ("GBP", "people", "hours", "kWh", "kgCO2e"):
            amount /= 1_000
        places = max(7 - len(str(int(amount))), 0)
        lowest = figure.minimum if figure.minimum is not None else 0.0
        return max(round(amount, min(places, 6)), lowest)


def _level(choices: ChoiceList, drawn: float) -> Choice:
    levels = [choice for choice in choices.choices if choice.state == "answered"]
    return levels[min(max(int(drawn * len(levels)), 0), len(levels) - 1)]


def _special(choices: ChoiceList, kind: int) -> Choice | None:
    wanted = {NOT_APPLICABLE: "not_applicable", DONT_KNOW: "dont_know"}.get(kind)
    return next((choice for choice in choices.choices if choice.state == wanted), None)


_FINGERPRINTS: dict[int, tuple[Framework, dict[str, str]]] = {}


def _fingerprint(instrument: Instrument) -> str:
    """The instrument's fingerprint, worked out once: an instrument is made anew for each collection."""
    framework = instrument.framework
    known = _FINGERPRINTS.setdefault(id(framework), (framework, {}))[1]
    if instrument.respondent.id not in known:
        known[instrument.respondent.id] = instrument.fingerprint
    return known[instrument.respondent.id]
