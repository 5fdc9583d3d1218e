"""How organisations stand in a round: one standing each, in one order of precedence, so that numbers add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kil_xlsx.core.collection import Asked, Copy, Mail, MailState, Purpose, Query, Received, ReturnState, Share
from kil_xlsx.core.collection_status import (
    ANSWERED,
    ORDER,
    OUT,
    OWING,
    UNUSED,
    Line,
    Records,
    Standing,
    grouped,
    overview,
    standing,
    tally,
    to_chase,
)

DUE = date(2026, 5, 31)


def asked(number: int = 1, *, listed: bool = True, respondent: str = "council", **more: str) -> Asked:
    return Asked(id=number, respondent=respondent, name=f"Organisation {number}", listed=listed, **more)


def mail(number: int, state: str, purpose: str = "invitation", organisation: int = 1, at: str = "2026-05-01") -> Mail:
    return Mail(
        id=number, organisation=organisation, round_id="2026", purpose=Purpose(purpose), serial=number,
        address="a@b.example", message_id=f"<{number}@b.example>", state=MailState(state), changed_at=at,
    )  # fmt: skip


def came(
    number: int,
    state: str,
    share: str = "whole",
    organisation: int | None = 1,
    at: str = "2026-05-20",
    sent: str = "",
    answered: int = 8,
) -> Received:
    return Received(
        id=number, sha256=f"{number:064}", organisation=organisation, round_id="2026", state=ReturnState(state),
        share=Share(share), received_at=at, sent_at=sent, answered=answered, applicable=10,
    )  # fmt: skip


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def seen(records: Records, today: date = DUE) -> dict[int, Line]:
    found = overview(records, due=DUE, today=today, day_of=day)
    return {each.organisation.id: each for each in found.lines}


CASES: list[tuple[Standing, dict[str, object]]] = [
    (Standing.NOTHING, {}),
    (Standing.NOT_MAILED, {"made": True}),
    (Standing.SENT, {"mails": [mail(1, "sent")], "made": True}),
    (Standing.BOUNCED, {"mails": [mail(1, "bounced")]}),
    (Standing.DRAFTED, {"mails": [mail(1, "drafted")]}),
    (Standing.DOUBTFUL, {"mails": [mail(1, "doubtful")]}),
    (Standing.DOUBTFUL, {"mails": [mail(1, "sending")]}),
    (Standing.FAILED, {"mails": [mail(1, "failed")]}),
    # A later mail that went says more than an earlier one; one that did not go says nothing against one that did.
    (Standing.SENT, {"mails": [mail(1, "bounced"), mail(2, "sent", "reminder")]}),
    (Standing.BOUNCED, {"mails": [mail(1, "sent"), mail(2, "bounced", "reminder")]}),
    (Standing.SENT, {"mails": [mail(1, "sent"), mail(2, "failed", "reminder")]}),
    (Standing.SENT, {"mails": [mail(1, "sent"), mail(2, "drafted", "reminder")]}),
    # A receipt asks for nothing.
    (Standing.NOTHING, {"mails": [mail(1, "sent", "receipt")]}),
    (Standing.WAIVED, {"waived": True, "mails": [mail(1, "sent")]}),
    (Standing.REFUSED, {"received": [came(1, "refused")], "mails": [mail(1, "sent")]}),
    (Standing.WAIVED, {"received": [came(1, "refused")], "waived": True}),
    (Standing.WITHDRAWN, {"received": [came(1, "withdrawn")]}),
    (Standing.REFUSED, {"received": [came(1, "withdrawn"), came(2, "refused")]}),
    (Standing.WITHDRAWN, {"received": [came(1, "refused"), came(2, "withdrawn")]}),
    (Standing.WITHDRAWN, {"received": [came(1, "superseded"), came(2, "withdrawn")]}),
    (Standing.SUPERSEDED, {"received": [came(1, "superseded")]}),
    (Standing.HELD, {"received": [came(1, "held"), came(2, "refused")], "waived": True}),
    (Standing.ACCEPTED, {"received": [came(1, "accepted"), came(2, "held")], "waived": True}),
    (Standing.ACCEPTED, {"received": [came(1, "superseded"), came(2, "accepted")]}),
    (Standing.WITH_QUERIES, {"received": [came(1, "superseded"), came(2, "accepted-with-queries")]}),
    (Standing.VIEWS, {"received": [came(1, "accepted", "view"), came(2, "accepted-with-queries", "view")]}),
    (Standing.VIEWS, {"received": [came(1, "accepted", "view"), came(2, "held")]}),
    (
        Standing.ACCEPTED,
        {"received": [came(1, "accepted", "view"), came(2, "accepted", "consensus"), came(3, "accepted", "view")]},
    ),
]


@pytest.mark.parametrize(("expected", "facts"), CASES)
def test_the_order_of_precedence(expected: Standing, facts: dict[str, object]) -> None:
    """What came back says more than what went out, and a return that counts says more than one that does not."""
    assert standing(asked(), **facts) is expected  # type: ignore[arg-type]


def test_who_is_not_on_the_list_is_only_that() -> None:
    """An organisation that the list no longer has is counted apart, whatever came from it."""
    assert standing(asked(listed=False), received=[came(1, "accepted")]) is Standing.UNLISTED


def test_every_standing_is_tested_and_has_words() -> None:
    """No standing is left out, neither of the words nor of the cases above."""
    assert set(ORDER) == set(Standing) == {each for each, _ in CASES} | {Standing.UNLISTED}


def test_parts_have_no_standing_in_common() -> None:
    """Answered, held, unused, out, waived and unlisted are all there is, and no two overlap."""
    parts: list[Standing] = [*ANSWERED, *UNUSED, *OUT, Standing.HELD, Standing.WAIVED, Standing.UNLISTED]
    assert Counter(parts) == Counter(Standing)


_MAILS = st.builds(
    mail, st.integers(1, 99), st.sampled_from([str(each) for each in MailState]),
    st.sampled_from([str(each) for each in Purpose]), st.integers(1, 6),
)  # fmt: skip
_RETURNS = st.builds(
    came, st.integers(1, 99), st.sampled_from([str(each) for each in ReturnState]),
    st.sampled_from([str(each) for each in Share]), st.one_of(st.none(), st.integers(1, 6)),
    st.sampled_from(["2026-05-10", "2026-06-02"]), st.sampled_from(["", "2026-05-09", "2026-06-09"]),
)  # fmt: skip
_RECORDS = st.builds(
    Records,
    organisations=st.lists(
        st.builds(
            asked, st.integers(1, 6), listed=st.booleans(), respondent=st.sampled_from(["council", "community"]),
            parent=st.sampled_from(["", "North", " north"]), forgotten_at=st.sampled_from(["", "", "", "2026-05-05"]),
        ),
        unique_by=lambda each: each.id, max_size=6,
    ),
    mails=st.lists(_MAILS, max_size=12),
    received=st.lists(_RETURNS, max_size=12, unique_by=lambda each: each.id),
    waived=st.frozensets(st.integers(1, 6)),
)  # fmt: skip


@given(_RECORDS, st.integers(-5, 20))
def test_numbers_always_add_up(records: Records, after: int) -> None:
    """Every organisation is in exactly one place of every count, and every file in exactly one of files."""
    found = overview(records, due=DUE, today=DUE + timedelta(days=after), day_of=day)
    known = [each for each in records.organisations if not each.forgotten_at]
    assert [each.organisation for each in found.lines] == known
    total = found.total
    assert sum(total.by_standing.values()) == len(known)
    assert total.listed == sum(each.listed for each in known)
    waiting = total.of(Standing.HELD) + total.of(*UNUSED) + total.of(*OUT)
    assert total.answered + waiting + total.of(Standing.WAIVED) == total.listed
    assert total.expected == total.answered + waiting
    assert total.rate is None or 0 <= total.rate <= 1
    for label in (lambda of: of.respondent, lambda of: of.parent, lambda of: ""):
        groups = grouped(found.lines, label)
        assert sum(each.listed for _, each in groups) == total.listed
        assert sum(each.answered for _, each in groups) == total.answered
        for one in Standing:
            if one is not Standing.UNLISTED:
                assert sum(each.of(one) for _, each in groups) == total.of(one)
    assert sum(found.files.values()) == len(records.received)
    late = [*found.late_in, *found.late_out]
    assert len({each.organisation.id for each in late}) == len(late)
    assert {each.organisation.id for each in to_chase(found.lines)} == {
        each.organisation.id for each in found.lines if each.standing in OWING
    }


def test_the_response_rate_is_of_those_expected() -> None:
    """Who need not answer is left out, unless it answers all the same."""
    records = Records(
        organisations=[asked(number) for number in range(1, 6)],
        received=[came(1, "accepted"), came(2, "accepted", organisation=2), came(3, "held", organisation=3)],
        waived=frozenset((2, 4)),
    )
    total = tally(seen(records).values())
    assert (total.listed, total.expected, total.answered, total.rate) == (5, 4, 2, 0.5)


LATE: list[tuple[Sequence[Received], date, int]] = [
    # In time on the due day itself, by the date of the mail even where it was taken in later.
    ([came(1, "accepted", at="2026-05-31")], date(2026, 6, 30), 0),
    ([came(1, "accepted", at="2026-06-05", sent="2026-05-30")], date(2026, 6, 30), 0),
    ([came(1, "accepted", at="2026-06-02")], date(2026, 6, 30), 2),
    # A date after that of arrival is not believed.
    ([came(1, "accepted", at="2026-05-30", sent="2026-07-01")], date(2026, 6, 30), 0),
    # Corrected later, it still came in time; a file that could not be used is no return.
    ([came(1, "superseded", at="2026-05-20"), came(2, "accepted", at="2026-06-09")], date(2026, 6, 30), 0),
    ([came(1, "refused", at="2026-05-20"), came(2, "accepted", at="2026-06-09")], date(2026, 6, 30), 9),
    ([came(1, "refused", at="2026-05-20")], date(2026, 6, 4), 4),
    ([], date(2026, 6, 4), 4),
    ([], date(2026, 5, 31), 0),
]


@pytest.mark.parametrize(("received", "today", "days"), LATE)
def test_days_late(received: Sequence[Received], today: date, days: int) -> None:
    """A return is late by the day it was sent; who owes one is late by today."""
    line = seen(Records(organisations=[asked()], received=received), today)[1]
    assert line.days_late == days
    assert line.late is (days > 0)


def test_without_a_due_day_nobody_is_late() -> None:
    """Without a due day there is nothing to be late for."""
    records = Records(organisations=[asked(1), asked(2)], received=[came(1, "accepted", at="2026-06-20")])
    found = overview(records, due=None, today=date(2026, 7, 1), day_of=day)
    assert (found.days_left, found.late_in, found.late_out) == (None, (), ())


def test_completeness_is_of_the_returns_that_count() -> None:
    """One share for each organisation that has answered: median and range."""
    records = Records(
        organisations=[asked(number) for number in range(1, 5)],
        received=[
            came(1, "superseded", answered=1), came(2, "accepted", answered=5),
            came(3, "accepted-with-queries", organisation=2, answered=9), came(4, "held", organisation=3, answered=2),
            came(5, "accepted", organisation=4, answered=10),
        ],
    )  # fmt: skip
    found = overview(records, due=DUE, today=DUE, day_of=day).completeness
    assert found is not None
    assert (found.of, found.median, found.lowest, found.highest) == (3, 0.9, 0.5, 1.0)


def test_queries_belong_to_the_organisation_of_their_return_or_mail() -> None:
    """A query is found at its organisation, whichever way it names it; one of nobody at none."""

    def query(number: int, **about: int) -> Query:
        return Query(id=number, code="forwarded", holds=True, opened_at="2026-05-21", **about)

    records = Records(
        organisations=[asked(1), asked(2)],
        mails=[mail(7, "doubtful", organisation=2)],
        received=[came(3, "held"), came(4, "held", organisation=None)],
        queries=[query(1, received=3), query(2, mail=7), query(3, organisation=2), query(4, received=4)],
    )
    found = overview(records, due=DUE, today=DUE, day_of=day)
    assert [each.queries for each in found.lines] == [(1,), (2, 3)]
    assert [found.whose(each) for each in records.queries] == [1, 2, 2, None]
    assert found.nobodys == 1


def test_whom_to_chase() -> None:
    """Those who owe a return, the latest first; with queries wanted, those that are to put something right too."""
    records = Records(
        organisations=[asked(number) for number in range(1, 7)],
        mails=[mail(1, "sent", organisation=5)],
        received=[
            came(1, "accepted"), came(2, "accepted-with-queries", organisation=2), came(3, "held", organisation=3),
            came(4, "refused", organisation=4), came(5, "withdrawn", organisation=6),
        ],
    )  # fmt: skip
    lines = tuple(seen(records, date(2026, 6, 10)).values())
    assert [each.organisation.id for each in to_chase(lines)] == [4, 5]
    assert [each.organisation.id for each in to_chase(lines, queries=True)] == [4, 5, 2]


def test_the_reference_is_that_of_the_workbook_for_all() -> None:
    """The workbook for what several agree on has a reference of its own, which is not the one to chase."""

    def copy(reference: str, share: Share) -> Copy:
        return Copy(
            reference=reference, organisation=1, round_id="2026", share=share, framework="f", version="1.0.0",
            respondent="council", name="", number="", made_at="2026-05-01",
        )  # fmt: skip

    records = Records(organisations=[asked()], copies=[copy("KIL-B", Share.CONSENSUS), copy("KIL-A", Share.WHOLE)])
    assert seen(records)[1].reference == "KIL-A"
