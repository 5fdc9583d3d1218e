"""Whose a file that came in is, and whether it counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import NEAT, collection, keep_it_local

from kil_xlsx.core.collection import Asked, Copy, Received, ReturnState, Share
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.intake import (
    SendList,
    Standing,
    Stated,
    Whose,
    decided,
    different_people,
    standing,
    stated,
    which_is_later,
    whose,
)
from kil_xlsx.core.queries import QUERIES, WHICH, WHOSE, Doubt
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
    again = stated(replace(reading, file=msgspec.structs.replace(reading.file, sha256="0" * 64)), instrument)
    assert again is not None
    assert again.digest == said.digest
    refused = Reading(FileInfo(name="x", sha256="", size=0, kind="", application=""), ())
    assert stated(refused, None) is None


# Whether it counts


def came(number: int, **facts: object) -> Received:
    """A return of one organisation."""
    given: dict[str, object] = {
        "sha256": f"{number:064}", "organisation": 1, "round_id": "2026", "state": ReturnState.HELD,
        "share": Share.WHOLE, "name": f"{number}.xlsx", "batch": 1, "digest": f"says {number}",
    }  # fmt: skip
    return Received(id=number, **{**given, **facts})  # type: ignore[arg-type]


@dataclass
class World:
    """The returns of one organisation, as they are recorded one after the other."""

    returns: dict[int, Received] = field(default_factory=dict)
    asked: list[tuple[int, Doubt]] = field(default_factory=list)

    def arrive(self, new: Received) -> Standing:
        self.returns[new.id] = new
        return self._apply(new.id, standing(new, self.returns.values()))

    def decide(self, number: int, decision: str) -> None:
        """Decide the first query about a return."""
        doubt = next(doubt for about, doubt in self.asked if about == number)
        self.asked.remove((number, doubt))
        new = self.returns[number]
        if decision == "reject":
            self._set(number, ReturnState.REFUSED)
        elif not any(about == number for about, _ in self.asked):
            self._apply(number, decided(new, self.returns.values(), decision))

    def _apply(self, number: int, found: Standing) -> Standing:
        self._set(number, found.state, found.share)
        for each in found.supersedes:
            self._set(each, ReturnState.SUPERSEDED)
        for each in found.views:
            self._set(each, self.returns[each].state, Share.VIEW)
        for each, doubt in found.unsettles:
            self._set(each, ReturnState.HELD)
            self.asked.append((each, doubt))
        self.asked += [(number, doubt) for doubt in found.doubts]
        return found

    def _set(self, number: int, state: ReturnState, share: Share | None = None) -> None:
        before = self.returns[number]
        self.returns[number] = msgspec.structs.replace(before, state=state, share=share or before.share)

    @property
    def counting(self) -> list[Received]:
        """Those that stand for the organisation."""
        return [each for each in self.returns.values() if each.state.counts and each.share is not Share.VIEW]

    @property
    def states(self) -> dict[int, tuple[ReturnState, Share]]:
        return {number: (each.state, each.share) for number, each in sorted(self.returns.items())}


def hours(hour: int) -> str:
    return f"2026-05-01T{hour:02}:00:00+00:00"


def world(*returns: Received) -> World:
    made = World()
    for each in returns:
        made.arrive(each)
    return made


def test_a_later_return_takes_the_place_of_the_earlier_one() -> None:
    """The dates of the mails say which is which, whatever the order in which they come in."""
    early, late = came(1, sent_at=hours(9)), came(2, sent_at=hours(10))
    for order in ((early, late), (late, early)):
        assert [each.id for each in world(*order).counting] == [2]


def test_without_dates_the_run_decides() -> None:
    """What is imported in a later run is later; within one run nobody knows."""
    assert [each.id for each in world(came(1), came(2, batch=2)).counting] == [2]
    made = world(came(1), came(2))
    assert made.asked == [(2, Doubt("order-unknown", expected="1.xlsx"))]
    assert [each.id for each in made.counting] == [1]
    made.decide(2, "later")
    assert [each.id for each in made.counting] == [2]
    assert made.returns[1].state is ReturnState.SUPERSEDED


def test_two_files_that_say_the_same_are_no_question() -> None:
    """A workbook that was saved once more has other bytes, and the same answers."""
    made = world(came(1, digest="same"), came(2, digest="same"))
    assert not made.asked
    assert len(made.counting) == 1


@pytest.mark.parametrize("told_by", ["person", "sender"])
def test_a_second_person_is_asked_about(told_by: str) -> None:
    """Both may stand as views, one may take the place of the other, or not count."""
    two = (came(1, sent_at=hours(9), **{told_by: "a@x"}), came(2, sent_at=hours(10), **{told_by: "b@x"}))
    made = world(*two)
    assert [each.id for each in made.counting] == [1]
    assert made.asked == [(2, Doubt("second-person", found="b@x", expected="a@x"))]
    made.decide(2, "both")
    assert not made.counting
    assert set(made.states.values()) == {(ReturnState.ACCEPTED, Share.VIEW)}
    made = world(*two)
    made.decide(2, "later")
    assert [each.id for each in made.counting] == [2]
    made = world(*two)
    made.decide(2, "reject")
    assert [each.id for each in made.counting] == [1]


def test_a_person_who_answers_again_takes_the_place_of_their_own_view() -> None:
    """The view of the other person stays; a third person is asked about."""
    made = world(came(1, sent_at=hours(9), person="A"), came(2, sent_at=hours(10), person="B"))
    made.decide(2, "both")
    made.arrive(came(3, sent_at=hours(11), person="A"))
    assert made.states[1] == (ReturnState.SUPERSEDED, Share.VIEW)
    assert made.states[2] == made.states[3] == (ReturnState.ACCEPTED, Share.VIEW)
    made.arrive(came(4, sent_at=hours(12), person="C"))
    assert made.asked == [(4, Doubt("second-person", found="C", expected="A"))]
    made.decide(4, "both")
    assert [number for number, (state, _) in made.states.items() if state.counts] == [2, 3, 4]


def test_what_they_agree_on_counts_and_the_views_stay() -> None:
    """A consensus takes the place of whole returns; after it, another return is asked about."""
    made = world(came(1, sent_at=hours(9), person="A"), came(2, sent_at=hours(10), person="B"))
    made.decide(2, "both")
    made.arrive(came(3, sent_at=hours(11), share=Share.CONSENSUS))
    assert [each.id for each in made.counting] == [3]
    assert made.states[1] == made.states[2] == (ReturnState.ACCEPTED, Share.VIEW)
    made.arrive(came(4, sent_at=hours(12), person="A"))
    assert made.asked == [(4, Doubt("after-consensus", expected="3.xlsx"))]
    made.decide(4, "later")
    assert [each.id for each in made.counting] == [4]
    assert made.states[3][0] is ReturnState.SUPERSEDED


def test_a_consensus_and_a_whole_return_never_both_count() -> None:
    """Whichever comes in first: what is later by its date is asked about, what is earlier is superseded."""
    agreed = came(1, sent_at=hours(11), share=Share.CONSENSUS)
    for order in permutations((agreed, came(2, sent_at=hours(10)))):
        made = world(*order)
        assert [each.id for each in made.counting] == [1], order
        assert not made.asked
    for order in permutations((agreed, came(2, sent_at=hours(12)))):
        made = world(*order)
        assert [each.id for each in made.counting] == [1], order
        assert made.asked == [(2, Doubt("after-consensus", expected="1.xlsx"))]


def test_who_is_who() -> None:
    """Different addresses with the same role are one person; where nothing is known, nobody is told apart."""
    assert not different_people(came(1, sender="a@x", person="Clerk"), came(2, sender="b@x", person=" CLERK "))
    assert different_people(came(1, sender="a@x"), came(2, sender="b@x"))
    assert different_people(came(1, person="Clerk"), came(2, person="Chair"))
    assert not different_people(came(1), came(2, sender="b@x", person="Chair"))
    assert which_is_later(came(1, sent_at=hours(9)), came(2, sent_at=hours(9))) is None


returns = st.builds(
    lambda number, hour, person, sender, batch, share, errors: came(
        number,
        sent_at=hours(hour) if hour else "",
        person=person,
        sender=sender,
        batch=batch,
        share=share,
        errors=errors,
    ),
    number=st.integers(1, 10_000),
    hour=st.integers(0, 5),
    person=st.sampled_from(("", "Clerk", "Chair")),
    sender=st.sampled_from(("", "a@x.example", "b@x.example")),
    batch=st.integers(1, 3),
    share=st.sampled_from((Share.WHOLE, Share.WHOLE, Share.CONSENSUS)),
    errors=st.integers(0, 1),
)


@given(
    st.lists(returns, min_size=1, max_size=7, unique_by=lambda each: each.id),
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=25),
)
def test_at_most_one_return_stands_for_an_organisation(coming: list[Received], deeds: list[tuple[bool, int]]) -> None:
    """Whatever comes in whatever order, and whatever people decide in between; and nothing held ever counts."""
    made = World()
    left = list(coming)

    def check() -> None:
        assert len(made.counting) <= 1
        for number, _ in made.asked:
            assert not made.returns[number].state.counts
        for each in made.returns.values():
            assert each.state is not ReturnState.HELD or any(number == each.id for number, _ in made.asked)
        views = [each for each in made.returns.values() if each.state.counts and each.share is Share.VIEW]
        assert len({each.digest for each in views}) == len(views)

    for is_arrival, chosen in deeds:
        if is_arrival and left:
            made.arrive(left.pop(0))
        elif made.asked:
            number, doubt = made.asked[chosen % len(made.asked)]
            choices = list(QUERIES[doubt.code].choices)
            made.decide(number, choices[chosen % len(choices)])
        check()
    for each in left:
        made.arrive(each)
        check()
    while made.asked:  # every question has an end
        number, doubt = made.asked[0]
        made.decide(number, next(iter(QUERIES[doubt.code].choices)))
        check()
    assert not any(each.state is ReturnState.HELD for each in made.returns.values())
    refused = all(each.state is ReturnState.REFUSED for each in made.returns.values())
    assert refused or any(each.state.counts for each in made.returns.values())


@given(st.lists(st.integers(0, 23), min_size=1, max_size=5, unique=True), st.data())
def test_the_order_of_import_does_not_matter(dates: list[int], data: st.DataObject) -> None:
    """As long as the dates of the mails are known and one person answers for the organisation."""
    several = [came(at, sent_at=hours(hour), sender="a@x.example") for at, hour in enumerate(dates, 1)]
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(several) - 1))
        several[at] = msgspec.structs.replace(several[at], share=Share.CONSENSUS)
    order = data.draw(st.permutations(several))
    first, second = world(*several), world(*order)
    assert [each.id for each in first.counting] == [each.id for each in second.counting]
    assert bool(first.asked) == bool(second.asked)
    if not first.asked:
        assert first.states == second.states
