"""Answers files: what workbooks are filled in with, as other systems or people write it.

Everything that is wrong with a file is found in one pass, each with its place as a JSON path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import instrument
from kil_xlsx.core.problems import Problem, Severity
from kil_xlsx.core.returns import Key, Outcome, Part, Typed, text_of
from kil_xlsx.definitions.wording import counted, did_you_mean, shortened
from kil_xlsx.errors import AnswersError, Fault
from kil_xlsx.layout.codec import as_formulas_see, encode, folded, offered, serial
from kil_xlsx.layout.decoding import decode
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.pipeline.prefill import Gathered, Left, Source, document_of, fits, returned
from kil_xlsx.results.answers_json import SCHEMA, AnswersFile, AnswersOf
from kil_xlsx.results.return_model import SCHEMA as RETURN_SCHEMA

_OWN = frozenset(AnswersFile.__struct_fields__)
_OF = frozenset(AnswersOf.__struct_fields__)


def add_answers(found: Gathered, data: bytes, path: Path, plans: Mapping[str, Plan]) -> None:
    """Take an answers file, or what ``kil-xlsx read --json`` wrote.  AnswersError lists all that is wrong."""
    try:
        content = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refused(path, [Fault(path.name, None, "", f"It is not JSON: {error}.", "")]) from None
    if isinstance(content, dict) and content.get("schema") == RETURN_SCHEMA:
        found.add_document(document_of(data, path), path, plans, marked=False)
        return
    reader = _Reader(path, plans)
    reader.read(content)
    if reader.faults:
        raise _refused(path, reader.faults)
    for source in reader.found:
        found.add_answers(source, Left())
    found.notes += reader.notes


def _refused(path: Path, faults: list[Fault]) -> AnswersError:
    return AnswersError(
        f"The answers {path.name} cannot be used: {counted(len(faults), 'fault')}. Nothing was written.",
        tuple(faults),
        "Put these right, then run the command again. 'kil-xlsx schema answers' describes the format.",
    )


class _Reader:
    """Reads an answers file, collecting sources and faults."""

    def __init__(self, path: Path, plans: Mapping[str, Plan]) -> None:
        self.path = path
        self.plans = plans
        self.framework: Framework = next(iter(plans.values())).instrument.framework
        self.names = {kind: _names(plan) for kind, plan in plans.items()}
        self.found: list[Source] = []
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self.others = 0

    def _fault(self, at: str, message: str, remedy: str = "") -> None:
        self.faults.append(Fault(self.path.name, None, at, message, remedy))

    def read(self, content: Any) -> None:
        if not isinstance(content, dict):
            self._fault("$", "This is not a JSON object.", f'Begin with {{"schema": "{SCHEMA}", "returns": [.')
            return
        if content.get("schema") != SCHEMA:
            said = shortened(str(content.get("schema", "nothing")))
            self._fault("$.schema", f"It says '{said}'.", f"Write '{SCHEMA}' or '{RETURN_SCHEMA}'.")
        self._keys("$", content, _OWN)
        framework = content.get("framework", "")
        if framework not in ("", self.framework.id):
            message = f"The answers are for the framework '{shortened(str(framework))}'."
            self._fault("$.framework", message, f"The workbooks are of '{self.framework.id}'.")
        returns = content.get("returns")
        if not isinstance(returns, list) or not returns:
            self._fault("$.returns", "There is no list of returns.", "Give one object for each organisation.")
            return
        for at, each in enumerate(returns):
            self._return(f"$.returns[{at}]", each)
        if self.others:
            self.notes.append(f"Answers of another respondent type, left out: {self.others}.")

    def _keys(self, at: str, content: dict[str, Any], known: frozenset[str]) -> None:
        for key in content:
            if key not in known:
                message = f"There is no key '{shortened(key)}' here{did_you_mean(key, known) or '.'}"
                self._fault(f"{at}.{shortened(key)}", message, f"There are: {', '.join(sorted(known))}.")

    def _return(self, at: str, content: Any) -> None:
        if not isinstance(content, dict):
            self._fault(at, "This is not a JSON object.", "Give organisation, respondent and answers.")
            return
        self._keys(at, content, _OF)
        texts = {}
        for key in ("organisation", "organisation_id", "respondent"):
            value = content.get(key, "")
            if not isinstance(value, str):
                self._fault(f"{at}.{key}", "This is not a text.", "Put it between quotation marks.")
                value = ""
            elif len(value) > 200 or not fits(value) or "\n" in value:
                self._fault(f"{at}.{key}", "This text is too long or cannot be shown.", "Keep it to one short line.")
            texts[key] = " ".join(value.split())
        answers = content.get("answers")
        if not isinstance(answers, dict):
            self._fault(f"{at}.answers", "There are no answers.", 'Give an object such as {"P01": "…"}.')
            answers = None
        plan = self._plan(at, texts["respondent"])
        if plan is None or answers is None:
            return
        typed = self._answers(f"{at}.answers", plan, answers)
        ret = returned(plan, {key: value for key, value in typed.items() if value is not None})
        for role, key in (("organisation", "organisation"), ("org_id", "organisation_id")):
            one = plan.instrument.field_with_role(role)
            texts[key] = texts[key] or (ret.text(one.id).strip() if one else "")
        kind = plan.instrument.respondent.id
        if not folded(texts["organisation"]) and not folded(texts["organisation_id"]):
            self._fault(f"{at}.organisation", "It does not say whose answers these are.", "Give the name.")
            return
        name = f"{self.path.name}, {texts['organisation'] or texts['organisation_id']}"
        hashed = hashlib.sha256(f"{kind}\n{texts}\n{sorted(typed.items())}".encode()).hexdigest()
        self.found.append(Source(name, hashed, kind, texts["organisation"], texts["organisation_id"], typed=typed))

    def _plan(self, at: str, respondent: str) -> Plan | None:
        """The plan of a respondent type; nothing if there is none, or it is not wanted."""
        types = self.framework.respondents
        if not respondent and len(self.plans) == 1:
            return next(iter(self.plans.values()))
        try:
            kind = instrument(self.framework, respondent).respondent.id
        except KeyError:
            names = [name for each in types for name in (each.id, each.code, each.label, *each.aliases)]
            said = f"There is no respondent type '{shortened(respondent)}'{did_you_mean(respondent, names) or '.'}"
            message = said if respondent else "The respondent type is missing."
            self._fault(f"{at}.respondent", message, f"Choose one of: {', '.join(each.id for each in types)}.")
            return None
        if kind not in self.plans:
            self.others += 1
        return self.plans.get(kind)

    def _answers(self, at: str, plan: Plan, answers: dict[str, Any]) -> dict[Key, Typed]:
        names = self.names[plan.instrument.respondent.id]
        typed: dict[Key, Typed] = {}
        for name, value in answers.items():
            place = f"{at}.{shortened(name)}"
            slot = names.get(name.strip().casefold())
            if slot is None:
                message = f"There is nothing called '{shortened(name)}' to fill in{did_you_mean(name, names) or '.'}"
                self._fault(place, message, "'kil-xlsx codebook' lists everything that can be.")
            elif slot.key in typed:
                self._fault(place, "This is given twice, by its id and its code.", "Keep one of them.")
            else:
                typed[slot.key] = self._value(place, plan, slot, value)
        return typed

    def _value(self, at: str, plan: Plan, slot: Slot, value: Any) -> Typed:
        """What must stand in the cell.  Nothing for what cannot be used."""
        if not isinstance(value, str | int | float | bool | None):
            self._fault(at, "This is not a text, a number, true, false or null.", "")
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            value = float(value) if abs(value) < 1e300 else str(value)
        if isinstance(value, str):
            value = value.replace("\r\n", "\n").replace("\r", "\n")
        if isinstance(value, str) and not fits(value):
            self._fault(at, "This text is too long for a cell or holds a character that cannot be shown.", "")
            return None
        entry, problems = decode(plan.instrument, slot, _as_typed(plan, slot, value))
        for each in problems:
            if each.severity is Severity.ERROR or entry.outcome is Outcome.REFUSED:
                self._fault(at, each.message, _should_be(each))
            elif each.severity is Severity.QUERY:
                self.notes.append(f"{self.path.name}, {at}: {each.message} {_should_be(each)}")
        return encode(plan.instrument, slot, entry) if entry.outcome is Outcome.ACCEPTED else None


def _as_typed(plan: Plan, slot: Slot, value: Typed) -> Typed:
    """A day given as text, or a choice given by its code, as its cell holds it.

    Who fills in a workbook does not see every code; who writes an answers file has them all from the codebook.
    """
    if slot.kind is SlotKind.CHOICE and as_formulas_see(plan.instrument, slot, value).outcome is Outcome.REFUSED:
        choices = offered(plan.instrument.choice_lists[slot.choices or ""], levels_only=slot.levels_only)
        coded = [label for label, choice in choices if choice.code.casefold() == text_of(value).casefold()]
        return coded[0] if coded else value
    if slot.kind is SlotKind.DATE and isinstance(value, str):
        try:
            return serial(date.fromisoformat(value.strip()))
        except ValueError:
            return value
    return value


def _should_be(problem: Problem) -> str:
    found = f"Found: {shortened(problem.found)}. " if problem.found else ""
    return f"{found}Should be {problem.expected}." if problem.expected else found.strip()


def _names(plan: Plan) -> dict[str, Slot]:
    """What can be filled in, by every name that an answers file may call it, in small letters."""
    found: dict[str, Slot] = {}
    for slot in plan.slots:
        key = slot.key
        if key.part == Part.CONFIRM:
            continue
        if key.row:
            names = (f"{key.item}.{key.row}.{key.column}", f"{slot.code}.{key.column}")
        elif key.part == Part.ANSWER:
            names = (key.item, slot.code)
        else:
            names = (f"{key.item}.{key.part}", f"{slot.code}.{key.part}")
        for name in names:
            found.setdefault(name.casefold(), slot)
    return found
