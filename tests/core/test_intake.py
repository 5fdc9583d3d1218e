"""Whose a file that came in is."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from synthetic import NEAT, collection, keep_it_local

from kil_xlsx.core.collection import Asked, Copy, Share
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.intake import SendList, Stated, Whose, stated, whose
from kil_xlsx.core.queries import QUERIES, WHICH, WHOSE
from kil_xlsx.core.readings import FileInfo, Reading

HUB = Asked(
    id=1, respondent="community", name="The Applewick Hub", number="GB-CHC-9900001", email="office@applewick.example"
)
FORD = Asked(
    id=2,
    respondent="community",
    name="The Brambleford Hub",
    number="GB-CHC-9900002",
    email="office@brambleford.example",
)
MERE = Asked(id=3, respondent="community", name="The Carrowmere Hub", email="office@carrowmere.example")
VALE = Asked(id=4, respondent="community", name="The Kestrel Vale Hub", email="office@kestrel.example")
GONE = Asked(id=5, respondent="community", name="The Larkmoor Hub", email="office@larkmoor.example", listed=False)
EVERYBODY = (HUB, FORD, MERE, VALE, GONE)


def copy_of(organisation: Asked, *, round_id: str = "2026", share: Share = Share.WHOLE) -> Copy:
    return Copy(
        reference=f"KIL-{organisation.id}-{round_id}-{share}", organisation=organisation.id, round_id=round_id,
        share=share, framework="keep-it-local", version="1.1.0", respondent=organisation.respondent,
        name=organisation.name, number=organisation.number, made_at="2026-04-07T08:00:00+00:00",
    )  # fmt: skip


SENT = SendList(
    EVERYBODY,
    [
        *(copy_of(each) for each in EVERYBODY),
        copy_of(HUB, round_id="2025"),
        copy_of(HUB, share=Share.CONSENSUS),
    ],
)


def says(copy: Copy, **changes: str) -> Stated:
    """What the workbook that was made under a line of the send list says of itself when it comes back."""
    said = Stated(
        framework=copy.framework, version=copy.version, respondent=copy.respondent, round_id=copy.round_id,
        name=copy.name, number=copy.number, reference=copy.reference, typed_name=copy.name, typed_number=copy.number,
        person="Chief officer", digest="d",
    )  # fmt: skip
    return replace(said, **changes)


def found(said: Stated, sender: str = "", sent: SendList = SENT) -> Whose:
    return whose(said, sender, sent, "2026")


def codes(said: Stated, sender: str = "", sent: SendList = SENT) -> list[str]:
    return [doubt.code for doubt in found(said, sender, sent).doubts]


# Whose it is


def test_a_workbook_that_is_as_it_was_sent_raises_no_doubt() -> None:
    """Its organisation is the one of its reference code, whoever sent it by whatever way."""
    for sender in ("", HUB.email, HUB.email.upper(), "treasurer@applewick.example"):
        whose_ = found(says(copy_of(HUB)), sender)
        assert (whose_.organisation, whose_.doubts, whose_.held, whose_.share) == (HUB.id, (), False, Share.WHOLE)


def test_a_workbook_for_what_several_agree_on_is_known_by_its_code() -> None:
    """What it is of is written in the send list, and nowhere in the file."""
    assert found(says(copy_of(HUB, share=Share.CONSENSUS))).share is Share.CONSENSUS


@pytest.mark.parametrize(
    ("code", "said", "sender"),
    [
        ("reference-missing", says(copy_of(HUB), reference=""), HUB.email),
        ("reference-unknown", says(copy_of(HUB), reference="KIL-0000-0000-000"), HUB.email),
        ("round-other", says(copy_of(HUB, round_id="2025")), HUB.email),
        ("relabelled", says(copy_of(HUB), name=FORD.name), HUB.email),
        ("relabelled", says(copy_of(HUB), number=FORD.number), HUB.email),
        ("relabelled", says(copy_of(HUB), round_id="2025"), HUB.email),
        ("relabelled", says(copy_of(HUB), framework="another"), HUB.email),
        ("relabelled", says(copy_of(HUB), respondent="council"), HUB.email),
        ("forwarded", says(copy_of(HUB)), FORD.email),
        ("organisation-differs", says(copy_of(HUB), typed_number=FORD.number), HUB.email),
        ("organisation-differs", says(copy_of(HUB), typed_name=FORD.name.upper()), HUB.email),
        ("number-differs", says(copy_of(HUB), typed_number="GB-CHC-9999999"), HUB.email),
        ("name-differs", says(copy_of(HUB), typed_name="Applewick Hub Ltd"), HUB.email),
        ("sender-unknown", says(copy_of(HUB)), "somebody@elsewhere.example"),
        ("unlisted", says(copy_of(GONE)), GONE.email),
    ],
)
def test_whatever_does_not_fit_is_asked_about(code: str, said: Stated, sender: str) -> None:
    """Each kind of doubt arises from one thing that is wrong, alone."""
    assert codes(said, sender) == [code]


@pytest.mark.parametrize("code", ["reference-missing", "reference-unknown"])
def test_the_round_of_a_workbook_without_a_code_is_asked_about_too(code: str) -> None:
    """What it says of its round is all that is known of that; where it says this round or nothing, nothing is asked."""
    reference = "" if code == "reference-missing" else "KIL-0000-0000-000"
    said = says(copy_of(HUB), reference=reference)
    assert codes(replace(said, round_id="2019")) == [code, "round-other"]
    assert codes(replace(said, round_id="2026")) == codes(replace(said, round_id="")) == [code]


def test_a_name_that_is_another_organisations_now_is_asked_about() -> None:
    """Whatever the workbook was made with: the list has given the name to another one since."""
    renamed = msgspec.structs.replace(HUB, name="Orchard Trust")
    heir = msgspec.structs.replace(FORD, name=HUB.name)
    copies = [copy_of(HUB), copy_of(heir)]
    said = says(copy_of(HUB))
    assert codes(said, "", SendList((renamed, heir), copies)) == ["organisation-differs"]
    assert codes(replace(said, typed_name=""), "", SendList((renamed, heir), copies)) == ["organisation-differs"]
    assert codes(replace(said, typed_name="Orchard Trust"), "", SendList((renamed, heir), copies)) == [
        "organisation-differs"
    ]
    # Nobody has the name any more, or nobody on the list: it is the former name of the organisation itself.
    assert codes(said, "", SendList((renamed, FORD), copies)) == []
    gone = msgspec.structs.replace(heir, listed=False)
    assert codes(said, "", SendList((renamed, gone), copies)) == []
    # Two on the list may have one name.
    assert codes(said, "", SendList((HUB, heir), copies)) == []


def test_a_number_that_is_another_organisations_now_is_asked_about() -> None:
    """A list may have been put right after the workbooks went out."""
    one, other = msgspec.structs.replace(HUB, number=FORD.number), msgspec.structs.replace(FORD, number=HUB.number)
    sent = SendList((one, other), [copy_of(HUB), copy_of(FORD)])
    assert codes(says(copy_of(HUB)), "", sent) == ["organisation-differs"]
    assert codes(says(copy_of(HUB)), "", SendList((one,), [copy_of(HUB)])) == []


def test_two_that_fill_in_the_same_number_are_asked_about() -> None:
    """Where the list knows no number, the second to fill one in is asked about; its own number is nobody's business."""
    before = replace(SENT, typed_numbers={"GB-CHC-9911111": frozenset({MERE.id}), HUB.number: frozenset({MERE.id})})
    said = says(copy_of(VALE), typed_number="GB-CHC-9911111")
    assert codes(said, VALE.email, before) == ["number-shared"]
    assert codes(says(copy_of(MERE), typed_number="GB-CHC-9911111"), MERE.email, before) == []
    assert codes(says(copy_of(HUB)), HUB.email, before) == []  # the list says that it is theirs


def test_two_on_the_list_with_one_number_are_asked_about() -> None:
    """A number that the list gives to two organisations is nobody's for certain."""
    twin = msgspec.structs.replace(FORD, number=HUB.number)
    sent = SendList((HUB, twin), [copy_of(HUB), copy_of(twin)], {HUB.number: frozenset({HUB.id})})
    assert codes(says(copy_of(twin)), twin.email, sent) == ["number-shared"]
    assert codes(says(copy_of(HUB)), HUB.email, sent) == []


def test_a_fact_that_a_program_has_dropped_is_no_lie() -> None:
    """A workbook that has lost what it says of itself is still known by its code."""
    assert codes(says(copy_of(HUB), framework="", respondent="", round_id="", name="", number="")) == []


def test_a_code_of_an_organisation_that_is_gone_belongs_to_nobody() -> None:
    """The send list may know a code of an organisation that the records have no more."""
    sent = SendList([FORD], [copy_of(HUB), copy_of(FORD)])
    assert codes(says(copy_of(HUB)), "", sent) == ["reference-unknown"]
    assert found(says(copy_of(HUB)), "", sent).organisation is None


def test_an_address_that_several_share_is_a_hint_for_all_of_them() -> None:
    """Organisations under one roof may have one office."""
    one, other = msgspec.structs.replace(HUB, email=FORD.email), FORD
    sent = SendList((one, other), [copy_of(one), copy_of(other)])
    assert codes(says(copy_of(one)), FORD.email, sent) == codes(says(copy_of(other)), FORD.email, sent) == []


def test_every_kind_of_query_says_what_to_do() -> None:
    """Each has choices; those about whose a return is and those about which one counts are known as such."""
    for code, kind in QUERIES.items():
        assert kind.message.endswith(".") and kind.remedy.endswith("."), code
        assert kind.choices, code
        assert all(words.endswith(".") for words in kind.choices.values()), code
        assert ("as" in kind.choices) <= (code in WHOSE), code
        assert ("later" in kind.choices) == (code in WHICH), code
    assert QUERIES.keys() >= WHICH | WHOSE
    assert all(QUERIES[code].holds for code in WHICH)


def test_what_a_return_says_of_itself() -> None:
    """Name, number and role come from the profile, and two readings of the same answers say the same."""
    reading = next(each for each in collection(3, councils=0, communities=1, habits=NEAT) if each.identity is not None)
    assert reading.identity is not None
    instrument = next(
        Instrument(keep_it_local(), each)
        for each in keep_it_local().respondents
        if each.id == reading.identity.respondent
    )
    said = stated(reading, instrument)
    assert said is not None
    assert said.reference == reading.identity.reference
    assert said.typed_name == reading.identity.organisation
    assert said.person
    again = stated(
        msgspec.structs.replace(reading, file=msgspec.structs.replace(reading.file, sha256="0" * 64)), instrument
    )
    assert again is not None
    assert again.digest == said.digest
    refused = Reading(FileInfo(name="x", sha256="", size=0, kind="", application=""), ())
    assert stated(refused, None) is None
