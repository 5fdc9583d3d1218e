"""Identifiers and area codes: whether they have the form that their register gives them."""

from __future__ import annotations

import re

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.core.returns import Entry, Part, State
from kil_xlsx.layout.slots import Slot, SlotKind


def identifier_problems(instrument: Instrument, slot: Slot, entry: Entry) -> list[Problem]:
    """Identifiers and area codes are taken as typed; one that fits no register is asked about."""
    if slot.key.part != Part.ANSWER or slot.kind is not SlotKind.TEXT or not entry.text:
        return []
    field = next((field for field in instrument.profile if field.id == slot.key.item), None)
    if field is None or entry.state is not State.ANSWERED:
        return []
    text = entry.text.strip()
    if field.type == "area_code" and field.pattern and not re.fullmatch(field.pattern, text.upper()):
        return [problem("area-code-unknown", item=slot.code, found=text, expected=field.help or field.pattern)]
    if field.type in ("org_id", "org_id_list"):
        parts = re.split(r"[,;\s]+", text) if field.type == "org_id_list" else [text]
        unknown = [part for part in parts if part and not known_identifier(instrument, part)]
        if unknown:
            return [
                problem("identifier-unknown", item=slot.code, found=", ".join(unknown), expected=_example(instrument))
            ]
    return []


def _example(instrument: Instrument) -> str:
    """An identifier as the framework's first register writes it."""
    scheme = next((scheme for scheme in instrument.framework.id_schemes if scheme.examples), None)
    return f"such as {scheme.prefix}-{scheme.examples[0]} ({scheme.register})" if scheme else "a registered number"


def known_identifier(instrument: Instrument, text: str) -> bool:
    """Whether an identifier such as GB-COH-09506232 has the form of a register that the framework knows."""
    for scheme in instrument.framework.id_schemes:
        if text.upper().startswith(scheme.prefix + "-"):
            return re.fullmatch(scheme.pattern, text[len(scheme.prefix) + 1 :].upper()) is not None
    return False
