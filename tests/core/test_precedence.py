"""Which of several returns of one organisation counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kil_xlsx.core.collection import Query, Received, ReturnState, Share
from kil_xlsx.core.precedence import (
    Standing,
    clashes,
    coming_back,
    different_people,
    lone_view,
    made_room,
    ruled,
    standing,
    which_is_later,
)
from kil_xlsx.core.queries import QUERIES, Doubt


def came(number: int, **facts: object) -> Received:
    """A return of one organisation."""
    given: dict[str, object] = {
        "sha256": f"{number:064}", "organisation": 1, "round_id": "2026", "state": ReturnState.HELD,
        "share": Share.WHOLE, "name": f"{number}.xlsx", "batch": 1, "digest": f"says {number}",
    }  # fmt: skip
    return Received(id=number, **{**given, **facts})  # type: ignore[arg-type]


@dataclass
class World:
    """The returns of one organisation, as they are recorded one after the other.

    ``queries`` are all that were ever asked; ``took`` says whose place each return has taken since it counts.
    """

    returns: dict[int, Received] = field(default_factory=dict)
    queries: list[Query] = field(default_factory=list)
    took: dict[int, set[int]] = field(default_factory=dict)
    were_views: set[int] = field(default_factory=set)

    def arrive(self, new: Received) -> Standing:
        self.returns[new.id] = new
        return self._settle(new.id)

    def decide(self, number: int, decision: str) -> None:
        """Decide the first open query about a return."""
        query = next(each for each in self.open if each.received == number)
        self._close(query, decision)
        if decision == "reject":
            for each in self.open:
                if each.received == number:
                    self._close(each, decision)
            self._set(number, ReturnState.REFUSED)
        elif not any(each.received == number and each.holds for each in self.open):
            self._settle(number)

    def hold(self, number: int) -> None:
        """Ask about a return that counts: another organisation has filled in the same number."""
        self._ask(number, Doubt("number-shared"))
        self._set(number, ReturnState.HELD)

    def withdraw(self, number: int) -> None:
        for each in self.open:
            if each.received == number:
                self._close(each, "withdrawn")
        self._set(number, ReturnState.WITHDRAWN)

    def bring_back(self, number: int) -> None:
        one = self.returns[number]
        decisions = ruled(number, self.queries)
        self._apply(number, coming_back(one, self.returns.values(), decisions, self.were_views))

    def come_again(self, number: int, sent_at: str, batch: int) -> None:
        """The file of a return that was taken back or turned down comes by another mail."""
        self.returns[number] = msgspec.structs.replace(self.returns[number], sent_at=sent_at, batch=batch)
        self._ask(number, Doubt("came-again"))
        self._set(number, ReturnState.HELD)

    def reopen(self, query: Query) -> None:
        """Take a decision back."""
        number = query.received
        assert number is not None
        took = self.took.get(number, set()) if self.returns[number].state.counts else set()
        self._set(number, ReturnState.HELD, even=False)
        self.queries[self.queries.index(query)] = msgspec.structs.replace(query, decision="", closed_at="")
        for each in made_room([one for one in self.returns.values() if one.id != number], took):
            self._set(each, ReturnState.ACCEPTED, even=False)
        self._even()

    def _settle(self, number: int) -> Standing:
        found = standing(self.returns[number], self.returns.values(), ruled(number, self.queries))
        return self._apply(number, found)

    def _apply(self, number: int, found: Standing) -> Standing:
        self._set(number, found.state, found.share, even=False)
        if found.state.counts:
            self.took[number] = set(found.supersedes)
        for each in found.supersedes:
            self._set(each, ReturnState.SUPERSEDED, even=False)
        for each in found.views:
            self._set(each, self.returns[each].state, Share.VIEW, even=False)
        for each, doubt in found.unsettles:
            self._set(each, ReturnState.HELD, even=False)
            self._ask(each, doubt)
        for doubt in found.doubts:
            self._ask(number, doubt)
        self._even()
        return found

    def _ask(self, number: int, doubt: Doubt) -> None:
        self.queries.append(
            Query(
                id=len(self.queries) + 1, code=doubt.code, holds=doubt.holds, opened_at="", received=number,
                found=doubt.found, expected=doubt.expected, rival=doubt.rival,
            )
        )  # fmt: skip

    def _close(self, query: Query, decision: str) -> None:
        closed = msgspec.structs.replace(query, decision=decision, closed_at="now")
        self.queries[self.queries.index(query)] = closed

    def _set(self, number: int, state: ReturnState, share: Share | None = None, *, even: bool = True) -> None:
        before = self.returns[number]
        self.returns[number] = msgspec.structs.replace(before, state=state, share=share or before.share)
        if share is Share.VIEW:
            self.were_views.discard(number)
        for took in self.took.values() if state is not ReturnState.SUPERSEDED else ():
            took.discard(number)
        if even:
            self._even()

    def _even(self) -> None:
        lone = lone_view(self.returns.values())
        if lone is not None:
            self._set(lone.id, lone.state, Share.WHOLE, even=False)
            self.were_views.add(lone.id)

    @property
    def open(self) -> list[Query]:
        """What is to be decided."""
        return [each for each in self.queries if not each.closed_at]

    @property
    def asked(self) -> list[tuple[int | None, Doubt]]:
        """The same, as it was doubted."""
        return [(each.received, Doubt(each.code, each.found, each.expected, each.rival)) for each in self.open]

    @property
    def counting(self) -> list[Received]:
        """Those that stand for the organisation."""
        return [each for each in self.returns.values() if each.state.counts and each.share is not Share.VIEW]

    @property
    def states(self) -> dict[int, tuple[ReturnState, Share]]:
        return {number: (each.state, each.share) for number, each in sorted(self.returns.items())}

    @property
    def counted(self) -> dict[int, Share]:
        """Those that count, and what they are of."""
        return {number: share for number, (state, share) in self.states.items() if state.counts}


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
    assert made.asked == [(2, Doubt("order-unknown", expected="1.xlsx", rival=1))]
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
    assert made.asked == [(2, Doubt("second-person", found="b@x", expected="a@x", rival=1))]
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
    assert made.asked == [(4, Doubt("second-person", found="C", expected="A", rival=3))]
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
    assert made.asked == [(4, Doubt("after-consensus", expected="3.xlsx", rival=3))]
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
        assert made.asked == [(2, Doubt("after-consensus", expected="1.xlsx", rival=1))]


def test_a_decision_holds_against_the_rival_alone() -> None:
    """What came meanwhile is judged by the rules: a later return stays, and what was agreed on is asked about."""
    made = world(came(1), came(2), came(3, batch=2))
    assert made.counted == {3: Share.WHOLE}
    made.decide(2, "later")
    assert made.counted == {3: Share.WHOLE}
    assert made.states[2][0] is ReturnState.SUPERSEDED
    two = (came(1, person="A", sent_at=hours(9)), came(2, person="B", sent_at=hours(10)))
    made = world(*two, came(3, share=Share.CONSENSUS, sent_at=hours(11)))
    made.decide(2, "later")
    assert made.counted == {3: Share.CONSENSUS}
    made = world(*two, came(3, share=Share.CONSENSUS))
    made.decide(2, "later")
    assert made.counted == {3: Share.CONSENSUS}
    assert made.asked == [(2, Doubt("after-consensus", expected="3.xlsx", rival=3))]
    made.decide(2, "later")
    assert made.counted == {2: Share.WHOLE}


def test_one_after_the_other_is_asked_about() -> None:
    """To take the place of one person's view says nothing of the others' views."""
    made = world(came(1, person="A"), came(2, person="B"), came(3, person="C"))
    made.decide(2, "both")
    assert made.asked == [(3, Doubt("second-person", found="C", expected="A", rival=1))]
    made.decide(3, "later")
    assert made.asked == [(3, Doubt("second-person", found="C", expected="B", rival=2))]
    assert made.counted == {1: Share.VIEW, 2: Share.VIEW}  # as long as the third waits
    made.decide(3, "both")
    assert made.counted == {2: Share.VIEW, 3: Share.VIEW}


def test_who_took_whose_place_is_remembered_by_both() -> None:
    """A return that was held again does not come back over the one that somebody said is the later one."""
    made = world(came(1), came(2))
    made.hold(1)
    made.decide(2, "later")
    assert made.counted == {2: Share.WHOLE}
    made.decide(1, "accept")
    assert made.states[1][0] is ReturnState.SUPERSEDED
    made = world(came(1, person="A"), came(2, person="B"))
    made.decide(2, "both")
    made.hold(1)
    assert made.counted == {2: Share.WHOLE}
    made.decide(1, "accept")
    assert made.counted == {1: Share.VIEW, 2: Share.VIEW}


def test_a_lone_view_stands_for_the_organisation() -> None:
    """With nobody left to agree with, one person's view is its answer, until the other's comes back."""
    made = world(came(1, person="A"), came(2, person="B"))
    made.decide(2, "both")
    made.withdraw(2)
    assert made.counted == {1: Share.WHOLE}
    made.bring_back(2)
    assert made.counted == {1: Share.VIEW, 2: Share.VIEW}
    made = world(came(1, person="A"), came(2, person="B"))
    made.withdraw(1)
    made.decide(2, "both")
    assert made.counted == {2: Share.WHOLE}


def test_what_comes_back_takes_the_place_of_what_counts() -> None:
    """Be it what was agreed on, or views; only views stay beside what was agreed on."""
    made = world(came(1, sent_at=hours(9)), came(2, sent_at=hours(10), share=Share.CONSENSUS))
    made.bring_back(1)
    assert made.counted == {1: Share.WHOLE}
    made.bring_back(2)
    assert made.counted == {2: Share.CONSENSUS}
    chairs = came(1, sent_at=hours(9), person="A"), came(2, sent_at=hours(10), person="A")
    made = world(*chairs, came(3, sent_at=hours(11), person="B"))
    made.decide(3, "both")
    made.bring_back(1)
    assert made.counted == {1: Share.WHOLE}
    made = world(came(1, person="A"), came(2, person="B"))
    made.decide(2, "both")
    made.arrive(came(3, share=Share.CONSENSUS))
    made.withdraw(3)
    made.bring_back(3)
    assert made.counted == {1: Share.VIEW, 2: Share.VIEW, 3: Share.CONSENSUS}


def test_a_date_in_the_future_is_not_believed() -> None:
    """Else whatever came after it would be taken for the earlier."""
    wrong = came(1, sent_at="2076-04-18T09:00:00+00:00", received_at=hours(9))
    made = world(wrong, came(2, sent_at=hours(10), received_at=hours(11), batch=2))
    assert made.counted == {2: Share.WHOLE}
    made = world(wrong, came(2, sent_at=hours(10), received_at=hours(11)))
    assert made.asked == [(2, Doubt("order-unknown", expected="1.xlsx", rival=1))]


def test_dates_and_runs_that_contradict_each_other_are_asked_about() -> None:
    """A file without a date stands between two mails, of which the second to come in was sent first."""
    mails = came(1, sent_at=hours(20)), came(3, sent_at=hours(9), batch=3)
    made = world(mails[0], came(2, batch=2), mails[1])
    assert made.counted == {2: Share.WHOLE}
    assert made.asked == [(3, Doubt("order-unknown", expected="1.xlsx", rival=1))]
    made.decide(3, "later")
    assert made.counted == {3: Share.WHOLE}
    assert not made.asked
    made = world(mails[0], came(2, batch=2), came(3, sent_at=hours(21), batch=3))
    assert made.counted == {3: Share.WHOLE}


def test_what_nothing_but_a_decision_connects_takes_nobodys_place_unasked() -> None:
    """That both are from a clerk tells nothing; the same address does."""
    there = came(1, person="Clerk", sender="a@x", state=ReturnState.ACCEPTED)
    new = came(2, person="Clerk", sender="b@y", batch=2)
    assert standing(new, [there]).state is ReturnState.ACCEPTED
    asked = standing(new, [there], stranger=True)
    assert asked.doubts == (Doubt("second-person", found="b@y", expected="a@x", rival=1),)
    same = msgspec.structs.replace(new, sender="A@X")
    assert standing(same, [there], stranger=True).supersedes == (1,)


def test_what_comes_again_is_as_new() -> None:
    """Which of two was the later one said something of the first time that it came."""
    made = world(came(1), came(2))
    made.decide(2, "later")
    made.bring_back(1)
    made.withdraw(1)
    made.bring_back(2)
    made.come_again(1, "", 5)
    made.decide(1, "accept")
    assert made.counted == {1: Share.WHOLE}


def test_a_decision_that_is_taken_back_gives_the_place_back() -> None:
    """Unless something else counts by now."""
    made = world(came(1, person="A"), came(2, person="B"))
    made.decide(2, "later")
    made.reopen(made.queries[0])
    assert made.counted == {1: Share.WHOLE}
    made.decide(2, "both")
    assert made.counted == {1: Share.VIEW, 2: Share.VIEW}
    made.reopen(made.queries[0])
    assert made.counted == {1: Share.WHOLE}
    made.decide(2, "later")
    made.arrive(came(3, person="B", batch=2))
    made.reopen(made.queries[0])
    assert made.counted == {3: Share.WHOLE}
    assert [number for number, _ in made.asked] == [2]


def test_no_place_is_given_back_that_is_taken() -> None:
    """All of those whose place was taken count again, or none."""
    state = ReturnState.SUPERSEDED
    whole, other, view = came(1, state=state), came(2, state=state), came(3, state=state, share=Share.VIEW)
    assert made_room([whole, other], {1}) == (1,)
    assert made_room([whole, other], {1, 2}) == made_room([whole, view], {1, 3}) == ()
    assert made_room([whole, came(4, state=ReturnState.ACCEPTED)], {1}) == ()


def test_what_must_not_be_is_named() -> None:
    """Two whole returns, a whole one beside views, a lone view; views beside what was agreed on are fine."""
    state = ReturnState.ACCEPTED
    one, other = came(1, state=state), came(2, state=state)
    view, second = came(3, state=state, share=Share.VIEW), came(4, state=state, share=Share.VIEW)
    agreed = came(5, state=state, share=Share.CONSENSUS)
    assert [len(list(clashes(each))) for each in ([one, other], [one, agreed], [one, view, second], [view])] == [1] * 4
    for fine in ([], [one], [view, second], [agreed, view], [agreed, view, second]):
        assert list(clashes(fine)) == []


def test_who_is_who() -> None:
    """Different addresses with the same role are one person; where nothing is known, nobody is told apart."""
    assert not different_people(came(1, sender="a@x", person="Clerk"), came(2, sender="b@x", person=" CLERK "))
    assert different_people(came(1, sender="a@x"), came(2, sender="b@x"))
    assert different_people(came(1, person="Clerk"), came(2, person="Chair"))
    assert not different_people(came(1), came(2, sender="b@x", person="Chair"))
    # One address for all who work there is common.
    manager = came(1, sender="office@x", person="Manager")
    assert different_people(manager, came(2, sender="office@x", person="Treasurer"))
    assert not different_people(manager, came(2, sender="office@x", person="Treasurer, manager"))
    assert not different_people(manager, came(2, sender="office@x"))
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


class Anything(RuleBasedStateMachine):
    """Whatever comes in whatever order, whatever people decide, take back or let count again in between."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    def in_state(self, *states: ReturnState) -> list[int]:
        return [number for number, each in self.world.returns.items() if each.state in states]

    @rule(new=returns)
    def arrive(self, new: Received) -> None:
        number = len(self.world.returns) + 1
        if number <= 8:
            self.world.arrive(msgspec.structs.replace(new, id=number, name=f"{number}.xlsx", digest=f"says {number}"))

    @rule(data=st.data())
    def decide(self, data: st.DataObject) -> None:
        if self.world.open:
            query = data.draw(st.sampled_from(self.world.open))
            first = next(each for each in self.world.open if each.received == query.received)
            choices = [each for each in QUERIES[first.code].choices if each != "as"]
            assert first.received is not None
            self.world.decide(first.received, data.draw(st.sampled_from(choices)))

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        there = self.in_state(ReturnState.ACCEPTED, ReturnState.WITH_QUERIES, ReturnState.HELD)
        if there:
            self.world.withdraw(data.draw(st.sampled_from(there)))

    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        gone = self.in_state(ReturnState.WITHDRAWN, ReturnState.SUPERSEDED)
        if gone:
            number = data.draw(st.sampled_from(gone))
            self.world.bring_back(number)
            assert self.world.returns[number].state.counts

    @rule(data=st.data(), hour=st.integers(0, 9), batch=st.integers(3, 4))
    def come_again(self, data: st.DataObject, hour: int, batch: int) -> None:
        gone = self.in_state(ReturnState.WITHDRAWN, ReturnState.REFUSED)
        if gone:
            self.world.come_again(data.draw(st.sampled_from(gone)), hours(hour) if hour else "", batch)

    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        counting = self.in_state(ReturnState.ACCEPTED, ReturnState.WITH_QUERIES)
        if counting:
            self.world.hold(data.draw(st.sampled_from(counting)))

    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        decided = [
            each
            for each in self.world.queries
            if each.closed_at
            and each.decision != "withdrawn"
            and each.received not in self.in_state(ReturnState.WITHDRAWN)
        ]
        if decided:
            self.world.reopen(data.draw(st.sampled_from(decided)))

    @invariant()
    def one_stands_for_the_organisation(self) -> None:
        """At most; or else at least two views do, and nothing else."""
        assert list(clashes(self.world.returns.values())) == []
        assert len(self.world.counting) <= 1
        shares = list(self.world.counted.values())
        assert Share.WHOLE not in shares or shares == [Share.WHOLE]

    @invariant()
    def what_waits_is_asked_about(self) -> None:
        """And nothing that a decision is still to be made about counts."""
        about = {each.received for each in self.world.open}
        assert about == set(self.in_state(ReturnState.HELD))

    def teardown(self) -> None:
        """Every question has an end."""
        for _ in range(200):
            if not self.world.open:
                break
            first = self.world.open[0]
            assert first.received is not None
            self.world.decide(first.received, next(iter(QUERIES[first.code].choices)))
            self.one_stands_for_the_organisation()
        assert not self.world.open
        assert not self.in_state(ReturnState.HELD)


TestAnything = Anything.TestCase
TestAnything.settings = settings(max_examples=150, stateful_step_count=30)


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
