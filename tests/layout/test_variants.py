"""Workbooks of one variant differ in their texts alone, whatever organisations they are for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from splices import differing

from kil_xlsx.core.branding import Branding
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.definitions.load import load_framework
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue, Previous
from kil_xlsx.layout.slots import SlotKind
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.layout.variants import FIRST_STAND_IN, Mould, Variants
from kil_xlsx.writing.splice import Template
from kil_xlsx.writing.theme import build_theme
from kil_xlsx.writing.xlsx import write

OTHER = Path(__file__).resolve().parent.parent / "fixtures" / "other-framework"
CREATED = datetime(2026, 4, 7, 9, 30)
ISSUE = Issue(CREATED, round_id="Spring 2026", due=date(2026, 6, 30), contact="help@coordinator.example")
LIKE_A_CODE = "_x0041_ stays"
HOSTILE = (
    'Łódź & O\'Brien "Quayside" <Trust>',
    "=1+1",
    "@SUM(A1)",
    LIKE_A_CODE,
    "&&&& &amp; ]]>",
    "A" * 190,
    "Verein für Nachbarschaft 🙂",
    "١٢٣ عربى",
    "<r><t>markup</t></r>",
    "0",
    "TRUE",
    "#N/A",
    "-",
)


@cache
def plans() -> tuple[Plan, ...]:
    """The plans of every respondent type of two frameworks."""
    frameworks = [load_framework("keep-it-local"), load_framework(OTHER)]
    return tuple(Plan(Instrument(whole, respondent)) for whole in frameworks for respondent in whole.respondents)


@cache
def variants(at: int) -> Variants:
    return Variants(plans()[at])


names = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=220)


@st.composite
def organisations(draw: st.DrawFn, plan: Plan) -> tuple[Organisation, dict[Key, Typed]]:
    """An organisation as a list may have it: hostile texts, choices, dates, codes that something is looked up by."""
    profile: list[tuple[str, str]] = []
    typed: dict[Key, Typed] = {}
    prefixes = [each.prefix for lookup in plan.instrument.lookups.values() for each in lookup.entries if each.prefix]
    for field in plan.instrument.profile:
        slot = plan.by_key.get(Key(field.id))
        if slot is None or not draw(st.booleans()):
            continue
        if slot.kind is SlotKind.CHOICE and slot.choices:
            labels = [label for label, _ in offered(plan.instrument.choice_lists[slot.choices])]
            profile.append((field.id, draw(st.sampled_from(labels))))
        elif slot.kind is SlotKind.DATE:
            typed[slot.key] = float(draw(st.integers(45_000, 45_100)))
        elif slot.kind is SlotKind.TEXT:
            coded = st.builds("{}{:04}".format, st.sampled_from(prefixes or [""]), st.integers(0, 99))
            profile.append((field.id, draw(names | coded)))
    identifier = draw(st.sampled_from(("", "GB-COH-01234567", "GB-COH-7654321X")))
    return Organisation(draw(names), identifier, "", tuple(profile)), typed


def filled(value: Any, texts: Mapping[str, str]) -> Any:
    """Whatever it is, with texts in the place of their stand-ins."""
    if isinstance(value, str):
        for stand_in, text in texts.items():
            if stand_in in value:
                value = value.replace(stand_in, text)
        return value
    if isinstance(value, msgspec.Struct):
        return replace(value, **{name: filled(getattr(value, name), texts) for name in value.__struct_fields__})
    if isinstance(value, dict):
        return {key: filled(each, texts) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, texts) for each in value]
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(filled(each, texts) for each in value)
    return value


MOULDS: dict[Any, Mould] = {}


@pytest.mark.parametrize("at", range(3))
@given(st.data())
def test_a_mould_filled_in_is_the_workbook(at: int, data: st.DataObject) -> None:
    """With an organisation's texts, what was made for the first of its variant is what is made for it by itself."""
    plan = plans()[at]
    organisation, typed = data.draw(organisations(plan))
    issue = replace(ISSUE, organisation=organisation, reference=data.draw(st.sampled_from(("", "KIL-7QF4-9ZTM-42X"))))
    key = variants(at).key(issue, typed)
    if key is None:
        assert not all(_is_ordinary(text) for text in (organisation.name, *(text for _, text in organisation.profile)))
        return
    mould = MOULDS.setdefault(key, variants(at).mould(issue, typed))
    assert filled(mould.document, mould.texts(plan, issue, typed)) == compose(plan, issue, typed)


def _is_ordinary(text: str) -> bool:
    return text.isprintable() and text == text.strip() != "" and len(text) <= 100 and "_x" not in text


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("name", HOSTILE)
def test_a_spliced_workbook_is_the_workbook(at: int, name: str) -> None:
    """A workbook made from another organisation's template has the same parts, but for the order of its texts."""
    plan = plans()[at]
    texts = [field.id for field in plan.instrument.profile if Key(field.id) in plan.by_key and not field.choices]
    texts = [each for each in texts if plan.by_key[Key(each)].kind is SlotKind.TEXT]
    others = Organisation("A Fictional Trust", "GB-COH-1", "", tuple((each, "words") for each in texts))
    mine = Organisation(name, "GB-COH-2", "", tuple((each, name) for each in texts))
    branding = Branding(footer="For “members” & friends")
    first = replace(ISSUE, organisation=others, branding=branding)
    issue = replace(ISSUE, organisation=mine, branding=branding)
    key = variants(at).key(issue, {})
    assert (key is None) == (name == LIKE_A_CODE)
    if key is None:
        return
    same = key == variants(at).key(first, {})
    mould = variants(at).mould(first if same else issue, {})
    template = Template(write(mould.document, build_theme(branding)), mould.sources)
    spliced = template.fill(mould.texts(plan, issue, {}))
    assert differing(spliced, write(compose(plan, issue), build_theme(branding))) == []


def test_most_of_a_list_is_one_variant() -> None:
    """Names, numbers, codes of places and references make no difference to which variant a workbook is of."""
    people = [
        Organisation("Hub", "GB-COH-1", "", (("organisation_name", "Hub"), ("gss_code", "E08000035"))),
        Organisation(
            "The Glasswater Trust", "GB-COH-2", "", (("organisation_name", "Glass"), ("gss_code", "E08000001"))
        ),
    ]
    keys = {variants(0).key(replace(ISSUE, organisation=each), {}) for each in people}
    assert len(keys) == 1 and None not in keys


def test_what_is_looked_up_with_a_text_makes_a_variant() -> None:
    """Codes of different countries, and choices that differ, give workbooks that differ in more than texts."""
    plan = plans()[0]
    derived = next(field for field in plan.instrument.profile if field.type == "derived" and field.by == "prefix")
    assert derived.source is not None
    labels: dict[str, str] = {}
    for entry in plan.instrument.lookups[derived.lookup or ""].entries:
        labels.setdefault(entry.label, f"{entry.prefix}00001")
    assert len(labels) > 1
    keys = {
        variants(0).key(replace(ISSUE, organisation=Organisation("Hub", profile=((derived.source, code),))), {})
        for code in labels.values()
    }
    assert len(keys) == len(labels)


@pytest.mark.parametrize(
    "issue",
    [
        ISSUE,
        replace(ISSUE, organisation=Organisation("Hub"), previous=Previous("2025", {}, {})),
        replace(ISSUE, organisation=Organisation("line\nbreak")),
        replace(ISSUE, organisation=Organisation(" Hub")),
        replace(ISSUE, organisation=Organisation("x" * 256)),
        replace(ISSUE, organisation=Organisation("Hub", "\x07")),
        replace(ISSUE, organisation=Organisation("Hub"), branding=Branding(footer=f"{FIRST_STAND_IN} Trust")),
    ],
    ids=["nobody's", "filled in from last time", "a break", "a blank first", "too long", "a control", "a stand-in"],
)
def test_what_is_made_by_itself(issue: Issue) -> None:
    """A workbook that has no like, or texts that cannot be put in afterwards, is of no variant."""
    assert variants(0).key(issue, {}) is None


def test_a_workbook_with_answers_is_made_by_itself() -> None:
    """An answer that is filled in beforehand changes scores, and so much more than texts."""
    question = plans()[0].instrument.questions[0].id
    assert variants(0).key(replace(ISSUE, organisation=Organisation("Hub")), {Key(question): "Yes"}) is None
