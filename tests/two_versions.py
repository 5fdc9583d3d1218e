"""A tiny framework in two versions between which every kind of change was made."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from kil_xlsx.core.framework import Framework

OLD: dict[str, Any] = {
    "id": "tiny",
    "version": "1.0.0",
    "language": "en-GB",
    "title": "Tiny",
    "notice": "For tests only.",
    "reference_prefix": "TY",
    "respondents": [
        {"id": "council", "code": "LA", "label": "Council", "purpose": "To learn.", "answered_by": "Officers"}
    ],
    "choice_lists": [
        {
            "id": "scale",
            "choices": [
                {"code": "0", "label": "No", "value": 0},
                {"code": "1", "label": "Partly", "value": 1},
                {"code": "2", "label": "Fully", "value": 2},
                {"code": "NA", "label": "Not applicable", "state": "not_applicable"},
            ],
        },
        {
            "id": "five",
            "choices": [{"code": str(at), "label": f"Level {at}", "value": at} for at in range(1, 6)],
        },
        {
            "id": "strength",
            "choices": [
                {"code": "none", "label": "None", "value": 0},
                {"code": "strong", "label": "Strong", "value": 1},
            ],
        },
        {"id": "agreement", "choices": [{"code": "yes", "label": "Yes"}, {"code": "no", "label": "No"}]},
        {"id": "reasons", "choices": [{"code": "NA", "label": "Not applicable", "state": "not_applicable"}]},
        {"id": "kinds", "choices": [{"code": "city", "label": "City"}, {"code": "county", "label": "County"}]},
    ],
    "default_choices": "scale",
    "evidence_strength": "strength",
    "missing_figure": "reasons",
    "scoring": {
        "minimum": 0,
        "maximum": 100,
        "section": {"rule": "mean", "multiply": 50},
        "overall": {"rule": "mean"},
    },
    "sections": [{"id": "A", "label": "First"}, {"id": "B", "label": "Second"}],
    "questions": [
        {"id": f"Q-{name}", "respondent": "council", "section": "A", "label": name, "text": f"Is there {name}?"}
        for name in ("SAME", "NAME", "GONE", "LOW1", "LOW2", "EQ1", "EQ2", "SPLIT", "WORDS")
    ]
    + [
        {
            "id": "Q-CODES", "respondent": "council", "section": "A", "label": "Codes", "text": "How far?",
            "choices": "five",
        }
    ],
    "units": [{"id": "gbp", "label": "£", "format": "0"}, {"id": "thousands", "label": "£k", "format": "0"}],
    "input_groups": [{"id": "money", "label": "Money"}],
    "inputs": [
        {"id": name, "code": f"I{at}", "label": name, "unit": "gbp", "group": "money", "maximum": 10_000 * at}
        for at, name in enumerate(("spend", "sum_one", "sum_two", "in_pounds", "narrow"), 1)
    ],
    "input_tables": [
        {
            "id": "tenants", "code": "T1", "label": "Tenants", "rows": 3,
            "columns": [
                {"id": "tenant", "label": "Tenant", "type": "text"},
                {"id": "rent", "label": "Rent", "type": "number", "unit": "gbp"},
                {"id": "colour", "label": "Colour", "type": "text"},
            ],
        }
    ],
    "measures": [{"id": "M-1", "section": "B", "label": "Spend twice", "unit": "gbp", "formula": "2 * spend"}],
    "profile": [
        {"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation"},
        {"id": "consent", "code": "P2", "label": "Share?", "type": "choice", "choices": "agreement", "role": "consent"},
        {"id": "kind", "code": "P3", "label": "Kind", "type": "text"},
        {"id": "since", "code": "P4", "label": "Since", "type": "date"},
    ],
    "benchmarking": {"consent": {"share": ["yes"]}},
}  # fmt: skip

MAP: dict[str, Any] = {
    "from": ["1.0.0"],
    "renamed": [
        {"from": "Q-NAME", "to": "Q-NEWNAME"},
        {"from": "tenants.rent", "to": "tenants.yearly_rent"},
    ],
    "recoded": [
        {"lists": ["five"], "codes": {"1": "0", "2": "0", "3": "1", "4": "2", "5": None}},
        {"items": ["kind"], "codes": {"A city": "city"}},
    ],
    "merged": [
        {"from": ["Q-LOW1", "Q-LOW2"], "to": "Q-LOW", "rule": "lowest"},
        {"from": ["Q-EQ1", "Q-EQ2"], "to": "Q-EQ1"},
        {"from": ["sum_one", "sum_two"], "to": "sum_all", "rule": "sum"},
    ],
    "split": [{"from": "Q-SPLIT", "to": ["Q-PART1", "Q-PART2"]}],
    "dropped": [{"items": ["Q-GONE", "tenants.colour"], "reason": "Nobody needed them."}],
}


def framework(data: dict[str, Any]) -> Framework:
    """The framework that some data says, without any checks beyond its shape."""
    return msgspec.convert(data, Framework)


def old() -> dict[str, Any]:
    """The first version, to be changed at will."""
    return copy.deepcopy(OLD)


def new() -> dict[str, Any]:
    """The second version, with the map from the first."""
    data = old()
    data["version"] = "2.0.0"
    questions = {each["id"]: each for each in data["questions"]}
    kept = [questions[name] for name in ("Q-SAME", "Q-EQ1", "Q-WORDS", "Q-CODES")]
    questions["Q-WORDS"]["text"] = "Is there really WORDS?"
    questions["Q-CODES"]["choices"] = "scale"
    fresh = ("Q-NEWNAME", "Q-LOW", "Q-PART1", "Q-PART2")
    data["questions"] = kept + [{**questions["Q-NAME"], "id": name} for name in fresh]
    data["inputs"] = [
        {**each, **({"unit": "thousands"} if each["id"] == "in_pounds" else {}),
         **({"maximum": 100} if each["id"] == "narrow" else {})}
        for each in data["inputs"] if not each["id"].startswith("sum_")
    ] + [{"id": "sum_all", "code": "I9", "label": "Sum", "unit": "gbp", "group": "money"}]  # fmt: skip
    [table] = data["input_tables"]
    table["rows"] = 2
    table["columns"] = [table["columns"][0], {**table["columns"][1], "id": "yearly_rent"}]
    data["profile"][2] |= {"type": "choice", "choices": "kinds"}
    data["carry_forward"] = [copy.deepcopy(MAP)]
    return data
