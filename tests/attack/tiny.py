"""A framework of a few questions, and organisations in it: small enough for every attack to be exact."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import msgspec

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import instrument
from kil_xlsx.core.readings import FileInfo, Identity, Reading
from kil_xlsx.core.returns import Entry, Key, Return, State
from kil_xlsx.core.scoring import score

REGIONS = ("north", "south", "west")
_FIELDS: dict[str, tuple[str, ...]] = {
    "region": REGIONS,
    "form": ("shop", "stall"),
    "setting": ("town", "village"),
    "basis": ("street", "district"),
}
GROUP_BY = ("region", "form", "setting", "size")
"""The fields that the tests group by."""


def _choices(identifier: str, codes: Sequence[str]) -> dict[str, Any]:
    return {"id": identifier, "choices": [{"code": code, "label": code.title()} for code in codes]}


_DEFINITION: dict[str, Any] = {
    "id": "tiny",
    "version": "1.0.0",
    "language": "en-GB",
    "title": "A tiny framework",
    "notice": "Made up for a test.",
    "reference_prefix": "TT",
    "respondents": [{"id": "shop", "code": "SH", "label": "Shop", "purpose": "To test.", "answered_by": "Anyone."}],
    "choice_lists": [
        {
            "id": "levels",
            "choices": [
                *({"code": str(value), "label": f"Level {value}", "value": value} for value in range(3)),
                {"code": "NA", "label": "Not applicable", "state": "not_applicable"},
                {"code": "DK", "label": "Don't know", "state": "dont_know"},
            ],
        },
        _choices("consent", ("yes", "no")),
        *(_choices(each, codes) for each, codes in _FIELDS.items()),
    ],
    "default_choices": "levels",
    "evidence_strength": "levels",
    "missing_figure": "levels",
    "scoring": {
        "minimum": 0,
        "maximum": 20,
        "section": {"rule": "mean", "multiply": 10, "least_answered": 0.5},
        "overall": {"rule": "mean"},
    },
    "sections": [{"id": "A", "label": "First"}, {"id": "B", "label": "Second"}],
    "questions": [
        {"id": each, "respondent": "shop", "section": each[0], "label": f"About {each}", "text": "How?"}
        for each in ("A-1", "A-2", "B-1")
    ],
    "units": [{"id": "GBP", "label": "£", "format": "#,##0", "adds_up": True}],
    "profile": [
        {"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation"},
        {"id": "share", "code": "P2", "label": "Share?", "type": "choice", "choices": "consent", "role": "consent"},
        *(
            {"id": each, "code": f"P{at}", "label": each.title(), "type": "choice", "choices": each}
            for at, each in enumerate(_FIELDS, start=3)
        ),
        {
            "id": "size",
            "code": "P9",
            "label": "Size",
            "type": "derived",
            "source": "income",
            "by": "stretch",
            "lookup": "size",
        },
    ],
    "lookups": [
        {
            "id": "size",
            "entries": [
                {"code": "s", "label": "Small", "at_least": 0},
                {"code": "l", "label": "Large", "at_least": 1000},
            ],
        }
    ],
    "input_groups": [{"id": "money", "label": "Money"}],
    "inputs": [{"id": "income", "code": "I1", "label": "Income", "unit": "GBP", "group": "money"}],
    "measures": [
        {"id": code, "section": "A", "label": code, "unit": "GBP", "formula": "income", "benchmark": among}
        for code, among in (("M-ALL", "all"), ("M-LIKE", "like_with_like"))
    ],
    "benchmarking": {
        "least_group_size": 5,
        "consent": {"share": ["yes"]},
        "peer_groups": [{"respondent": "shop", "fields": list(GROUP_BY)}],
        "like_with_like": ["basis"],
    },
}

FRAMEWORK = msgspec.convert(_DEFINITION, Framework)
INSTRUMENT = instrument(FRAMEWORK, "shop")


class Shop(NamedTuple):
    """What one made-up organisation answers; empty texts are blanks."""

    name: str
    answers: tuple[str, str, str] = ("0", "1", "2")
    strengths: tuple[str, str, str] = ("", "", "")
    income: float | None = None
    region: str = ""
    form: str = ""
    setting: str = ""
    basis: str = ""
    share: str = "yes"
    parent: str = ""


def reading(shop: Shop) -> Reading:
    """The shop's return as it is after reading."""
    entries = [Entry(key=Key("name"), state=State.ANSWERED, text=shop.name)]
    for field in ("share", *_FIELDS):
        if code := getattr(shop, field):
            entries.append(Entry(key=Key(field), state=State.ANSWERED, code=code))
    if shop.income is not None:
        entries.append(Entry(key=Key("income"), state=State.ANSWERED, value=shop.income))
    special = {"NA": State.NOT_APPLICABLE, "DK": State.DONT_KNOW}
    for question, code, strength in zip(INSTRUMENT.questions, shop.answers, shop.strengths, strict=True):
        if code:
            value = None if code in special else float(code)
            state = special.get(code, State.ANSWERED)
            entries.append(Entry(key=Key(question.id), state=state, code=code, value=value))
        if strength:
            key = Key(question.id, "strength")
            entries.append(Entry(key=key, state=State.ANSWERED, code=strength, value=float(strength)))
    ret = Return.of(entries)
    identity = Identity(
        framework="tiny",
        version="1.0.0",
        fingerprint="",
        layout=2,
        respondent="shop",
        round_id="2026",
        organisation=shop.name,
        organisation_id="",
        reference=f"TT-{shop.name}",
    )
    digest = hashlib.sha256(repr(shop).encode()).hexdigest()
    file = FileInfo(name=f"{shop.name}.xlsx", sha256=digest, size=1, kind="xlsx", application="")
    return Reading(file, problems=(), identity=identity, ret=ret, result=score(INSTRUMENT, ret))


def crowd(rng: Random, count: int) -> list[Shop]:
    """A collection whose groups nearly coincide and whose members mostly agree: as hard to protect as they come."""
    blank, alike = rng.choice((0, 0.05, 0.2)), rng.choice((0.5, 0.8, 0.95))
    usual = dict(zip(REGIONS, rng.sample("012", 3), strict=True))
    found = []
    for at in range(count):
        region = rng.choice(REGIONS) if rng.random() < 0.95 else ""
        form = ("shop", "stall")[region == "south"] if rng.random() < 0.85 else rng.choice(("shop", "stall", ""))
        setting = "town" if form == "shop" and rng.random() < 0.85 else "village"

        def answer(mine: str = usual.get(region, "1")) -> str:
            drawn = rng.random()
            if drawn < blank:
                return rng.choice(("", "", "DK", "NA"))
            return mine if rng.random() < alike else rng.choice("012")

        found.append(
            Shop(
                name=f"Shop {at}",
                answers=(answer(), answer(), answer()),
                strengths=(rng.choice(("", "1", "2")), rng.choice(("", "1", "2")), ""),
                income=round(10 ** rng.uniform(1, 5), 2) if rng.random() < 0.85 else None,
                region=region,
                form=form,
                setting=setting,
                basis=rng.choice(("street", "street", "district", "")),
                share="yes" if rng.random() < 0.95 else "no",
                parent=rng.choice(("Kestrel Group", "Larkmoor Group")) if rng.random() < 0.1 else "",
            )
        )
    return found


def year_after(rng: Random, before: Sequence[Shop], mark: str) -> list[Shop]:
    """The same a year later: leavers, joiners, changed answers, and moves to another region."""
    leaving, changing, moving = rng.choice((0, 0.05, 0.2)), rng.choice((0, 0.1, 0.5)), rng.choice((0, 0.05))
    found = []
    for each in before:
        if rng.random() < leaving:
            continue
        shop = each
        if rng.random() < changing:
            shop = shop._replace(answers=(rng.choice("012"), rng.choice("012"), rng.choice("012")))
        if rng.random() < moving:
            shop = shop._replace(region=rng.choice(REGIONS))
        found.append(shop)
    joined = crowd(rng, rng.choice((0, 1, 3, 7, 12)))
    return found + [each._replace(name=f"{each.name}{mark}") for each in joined]


def parents(shops: Sequence[Shop]) -> dict[str, str]:
    """The parents by name of the shop."""
    return {shop.name: shop.parent for shop in shops if shop.parent}
