"""Who is due to get a mail: nobody twice, nobody passed over, whatever happened before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from kil_xlsx.core.collection import Asked, Mail, MailState, Purpose, Received, ReturnState, Share
from kil_xlsx.core.dispatch import NOT_NOW, REFUSED, Due, Known, Reason, dispatch

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
ROUND = "2026"


def asked(number: int = 1, email: str = "office@a.example", *, listed: bool = True) -> Asked:
    return Asked(id=number, respondent="community", name=f"Organisation {number}", email=email, listed=listed)


def mail(
    state: MailState = MailState.SENT,
    purpose: Purpose = Purpose.INVITATION,
    *,
    serial: int = 1,
    address: str = "office@a.example",
    said: str = "",
    about: int | None = None,
    days_ago: int = 3,
) -> Mail:
    return Mail(
        id=serial, organisation=1, round_id=ROUND, purpose=purpose, serial=serial, address=address,
        message_id=f"<{purpose}.{serial}@council.example>", state=state,
        changed_at=(NOW - timedelta(days=days_ago)).isoformat(), said=said, about=about,
    )  # fmt: skip


def returned(
    state: ReturnState = ReturnState.ACCEPTED, number: int = 1, *, share: Share = Share.WHOLE, errors: int = 0
) -> Received:
    return Received(
        id=number, sha256=f"{number:064d}", organisation=1, round_id=ROUND, state=state, share=share, errors=errors
    )


def outcome(purpose: Purpose, known: Known, **more: object) -> list[Due | Reason]:
    found = dispatch(purpose, [known], NOW, **more)  # type: ignore[arg-type]
    return [*found.due, *(each.reason for each in found.left_out)]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Known(asked()), 1),
        (Known(asked(listed=False)), Reason.UNLISTED),
        (Known(asked(), waived=True), Reason.WAIVED),
        (Known(asked(email="")), Reason.NO_ADDRESS),
        (Known(asked(email="broken")), Reason.BAD_ADDRESS),
        (Known(asked(), [mail()]), Reason.SENT),
        (Known(asked(), [mail(MailState.DRAFTED)]), Reason.DRAFTED),
        (Known(asked(), [mail(MailState.DOUBTFUL)]), Reason.DOUBTFUL),
        (Known(asked(), [mail(MailState.SENDING)]), Reason.DOUBTFUL),
        (Known(asked(), [mail(MailState.BOUNCED)]), Reason.BOUNCED),
        (Known(asked(email="OFFICE@A.example"), [mail(MailState.BOUNCED)]), Reason.BOUNCED),
        (Known(asked(email="new@a.example"), [mail(MailState.BOUNCED)]), 2),
        (Known(asked(email="new@a.example"), [mail()]), Reason.SENT),
        (Known(asked(), [mail(MailState.FAILED, said=f"{REFUSED}550")]), Reason.REFUSED),
        (Known(asked(email="new@a.example"), [mail(MailState.FAILED, said=f"{REFUSED}550")]), 2),
        (Known(asked(), [], [returned()]), Reason.ANSWERED),
        (Known(asked(), [], [returned(ReturnState.HELD)]), Reason.HELD),
        (Known(asked(), [], [returned(ReturnState.REFUSED)]), 1),
        (Known(asked(), [], [returned(ReturnState.WITHDRAWN)]), Reason.WITHDRAWN),
        (Known(asked(), [], [returned(ReturnState.WITHDRAWN), returned(ReturnState.REFUSED, 2)]), 1),
    ],
)
def test_who_is_invited(known: Known, expected: int | Reason) -> None:
    """An invitation goes to whoever is listed, has a sound address, and has neither had one nor answered."""
    fault = lambda address: "" if "@" in address else "No address."  # noqa: E731
    found = outcome(Purpose.INVITATION, known, address_fault=fault)
    assert [each.serial if isinstance(each, Due) else each for each in found] == [expected]


@pytest.mark.parametrize("said", [f"{NOT_NOW}450 try later", "It was not sent.", ""])
def test_what_was_certainly_not_sent_goes_on_where_it_stopped(said: str) -> None:
    """A mail that failed for the time being is tried again as the same mail: same serial, same Message-ID."""
    failed = mail(MailState.FAILED, said=said)
    (due,) = outcome(Purpose.INVITATION, Known(asked(), [failed]))
    assert isinstance(due, Due)
    assert (due.serial, due.begun) == (1, failed)
    (moved,) = outcome(Purpose.INVITATION, Known(asked(email="new@a.example"), [failed]))
    assert isinstance(moved, Due)
    assert (moved.serial, moved.begun) == (2, None)


@pytest.mark.parametrize("state", [MailState.SENT, MailState.DRAFTED, MailState.BOUNCED])
def test_a_second_invitation_needs_somebody_to_say_so(state: MailState) -> None:
    """Named with --again, an organisation gets another invitation, under the next serial; others do not."""
    (due,) = outcome(Purpose.INVITATION, Known(asked(), [mail(state)]), again={1})
    assert isinstance(due, Due)
    assert (due.serial, due.begun) == (2, None)
    (other,) = outcome(Purpose.INVITATION, Known(asked(), [mail(state)]), again={2})
    assert isinstance(other, Reason)


@pytest.mark.parametrize("state", [MailState.DOUBTFUL, MailState.SENDING])
@pytest.mark.parametrize("purpose", [Purpose.INVITATION, Purpose.REMINDER])
def test_not_even_again_sends_what_is_in_doubt(state: MailState, purpose: Purpose) -> None:
    """A mail in doubt is decided first, whatever else was said."""
    assert outcome(purpose, Known(asked(), [mail(state)]), again={1}) == [Reason.DOUBTFUL]


@pytest.mark.parametrize(
    ("mails", "returns", "expected"),
    [
        ([], [], Reason.NOT_INVITED),
        ([mail(MailState.FAILED)], [], Reason.NOT_INVITED),
        ([mail(MailState.DOUBTFUL)], [], Reason.DOUBTFUL),
        ([mail(MailState.BOUNCED)], [], Reason.BOUNCED),
        ([mail()], [], 1),
        ([mail(MailState.DRAFTED)], [], 1),
        ([mail(days_ago=0)], [], Reason.TODAY),
        ([mail(), mail(purpose=Purpose.REMINDER, days_ago=1)], [], 2),
        ([mail(), mail(purpose=Purpose.REMINDER, days_ago=0)], [], Reason.TODAY),
        ([mail(), mail(MailState.DOUBTFUL, Purpose.REMINDER)], [], Reason.DOUBTFUL),
        ([mail(), mail(MailState.BOUNCED, Purpose.REMINDER)], [], Reason.BOUNCED),
        ([mail(), mail(MailState.FAILED, Purpose.REMINDER, days_ago=0, said=NOT_NOW)], [], 1),
        ([mail()], [returned()], Reason.ANSWERED),
        ([mail()], [returned(ReturnState.HELD)], Reason.HELD),
        ([mail()], [returned(ReturnState.REFUSED)], 1),
        ([mail()], [returned(ReturnState.WITHDRAWN)], Reason.WITHDRAWN),
    ],
)
def test_who_is_reminded(mails: list[Mail], returns: list[Received], expected: int | Reason) -> None:
    """Reminders go to those who were invited, and neither answered nor took a return back; once a day at most."""
    found = outcome(Purpose.REMINDER, Known(asked(), mails, returns))
    assert [each.serial if isinstance(each, Due) else each for each in found] == [expected]


def test_a_day_ends_at_midnight_where_the_coordinator_is() -> None:
    """A reminder of late yesterday evening does not stand against one this morning, whatever the day is in UTC."""
    zone = datetime.fromisoformat("2026-05-04T09:00:00+12:00")
    late = replace(mail(), changed_at="2026-05-03T11:59:00+00:00")  # 23:59 on the third
    early = replace(mail(), changed_at="2026-05-03T12:01:00+00:00")  # 00:01 on the fourth
    assert len(dispatch(Purpose.REMINDER, [Known(asked(), [late])], zone).due) == 1
    assert dispatch(Purpose.REMINDER, [Known(asked(), [early])], zone).left_out[0].reason is Reason.TODAY


def test_each_return_has_one_receipt() -> None:
    """A receipt is due for each return that came and has none; what was refused or superseded has none."""
    returns = [returned(number=1), returned(ReturnState.HELD, 2), returned(ReturnState.SUPERSEDED, 3)]
    mails = [mail(purpose=Purpose.RECEIPT, about=1)]
    found = dispatch(Purpose.RECEIPT, [Known(asked(), mails, returns, waived=True)], NOW)
    assert [(each.about, each.serial) for each in found.due] == [(2, 2)]


def test_a_marked_copy_is_about_one_return() -> None:
    """Each return that counts and has something wrong in it has one marked copy; a later return may have another."""
    wrong = returned(ReturnState.WITH_QUERIES, 7, errors=2)
    (due,) = outcome(Purpose.TO_FIX, Known(asked(), [mail(purpose=Purpose.TO_FIX, about=3)], [wrong]))
    assert isinstance(due, Due)
    assert (due.about, due.serial) == (7, 2)
    assert outcome(Purpose.TO_FIX, Known(asked(), [mail(purpose=Purpose.TO_FIX, about=7)], [wrong])) == [Reason.SENT]
    assert outcome(Purpose.TO_FIX, Known(asked(), [], [returned()])) == [Reason.NOTHING]


def test_agreeing_takes_two_views() -> None:
    """A workbook to agree on is due where two people answered, and again when a third one did; not once they agreed."""
    views = [returned(number=1, share=Share.VIEW), returned(number=2, share=Share.VIEW)]
    assert outcome(Purpose.CONSENSUS, Known(asked(), [], views[:1])) == [Reason.NOTHING]
    (due,) = outcome(Purpose.CONSENSUS, Known(asked(), [], views))
    assert isinstance(due, Due)
    assert (due.about, due.returns) == (2, tuple(views))
    sent = [mail(purpose=Purpose.CONSENSUS, about=2)]
    assert outcome(Purpose.CONSENSUS, Known(asked(), sent, views)) == [Reason.SENT]
    third = [*views, returned(number=5, share=Share.VIEW)]
    (due,) = outcome(Purpose.CONSENSUS, Known(asked(), sent, third))
    assert isinstance(due, Due)
    assert due.serial == 2
    agreed = [*third, returned(number=6, share=Share.CONSENSUS)]
    assert outcome(Purpose.CONSENSUS, Known(asked(), sent, agreed)) == [Reason.NOTHING]


def test_feedback_goes_out_once_for_each_release() -> None:
    """Feedback is due where a return counts, once for each release; a single view gets none."""
    sent = [mail(purpose=Purpose.FEEDBACK, about=1)]
    assert outcome(Purpose.FEEDBACK, Known(asked(), sent, [returned()]), release=1) == [Reason.SENT]
    (due,) = outcome(Purpose.FEEDBACK, Known(asked(), sent, [returned()]), release=2)
    assert isinstance(due, Due)
    assert (due.about, due.serial) == (2, 2)
    view = [returned(share=Share.VIEW)]
    assert outcome(Purpose.FEEDBACK, Known(asked(), sent, view), release=2) == [Reason.NOTHING]


def test_every_reason_can_be_told() -> None:
    """No reason lacks its words."""
    assert all(each.words for each in Reason)


ADDRESSES = ("one@a.example", "two@a.example", "")
FATES = ("sent", "refused", "not now", "lost after", "lost before", "killed before", "killed after")


class Sending(RuleBasedStateMachine):
    """Runs that end anyhow, between lists that change, returns that come, bounces and decisions.

    ``taken`` is what a server took in truth, whatever the records say.
    """

    @initialize(count=st.integers(1, 3))
    def begin(self, count: int) -> None:
        """A list of organisations."""
        self.now = NOW
        self.organisations = {number: asked(number, ADDRESSES[0]) for number in range(1, count + 1)}
        self.mails: list[Mail] = []
        self.returns: list[Received] = []
        self.waived: set[int] = set()
        self.taken: list[int] = []
        self.in_truth: dict[int, bool] = {}
        self.bounces: list[int] = []

    def known(self) -> list[Known]:
        return [
            Known(
                each,
                [mail for mail in self.mails if mail.organisation == each.id],
                [one for one in self.returns if one.organisation == each.id],
                each.id in self.waived,
            )
            for each in self.organisations.values()
        ]

    def set(self, number: int, state: MailState, said: str = "") -> None:
        self.mails[number] = replace(self.mails[number], state=state, said=said, changed_at=self.now.isoformat())

    def begun(self, due: Due) -> int:
        """The record of a mail that is being handed over."""
        if due.begun is not None:
            self.set(due.begun.id, MailState.SENDING)
            return due.begun.id
        assert not any(
            (each.organisation, each.purpose, each.serial) == (due.organisation.id, due.purpose, due.serial)
            for each in self.mails
        )
        number = len(self.mails)
        self.mails.append(
            Mail(
                id=number, organisation=due.organisation.id, round_id=ROUND, purpose=due.purpose, serial=due.serial,
                address=due.address, message_id=f"<{number}@council.example>", state=MailState.SENDING,
                changed_at=self.now.isoformat(), about=due.about,
            )
        )  # fmt: skip
        return number

    def start(self) -> None:
        """What each run does first."""
        for each in list(self.mails):
            if each.state is MailState.SENDING:
                self.set(each.id, MailState.DOUBTFUL)

    @rule(
        purpose=st.sampled_from((Purpose.INVITATION, Purpose.REMINDER, Purpose.RECEIPT)),
        fates=st.lists(st.sampled_from(FATES), min_size=3, max_size=3),
    )
    def run_somehow(self, purpose: Purpose, fates: list[str]) -> None:
        """Send; every mail has its own fate, and the run may be killed over one."""
        self.start()
        for due, fate in zip(dispatch(purpose, self.known(), self.now).due, fates, strict=False):
            self.check(due)
            number = self.begun(due)
            took = fate in ("sent", "lost after", "killed after")
            self.in_truth[number] = took
            if took:
                self.taken.append(number)
            if fate.startswith("killed"):
                return
            states = {
                "sent": (MailState.SENT, "250 taken"),
                "refused": (MailState.FAILED, f"{REFUSED}550"),
                "not now": (MailState.FAILED, f"{NOT_NOW}450"),
            }
            self.set(number, *states.get(fate, (MailState.DOUBTFUL, "no answer")))

    @rule(purpose=st.sampled_from((Purpose.INVITATION, Purpose.REMINDER)), stopped=st.integers(0, 3))
    def write_drafts(self, purpose: Purpose, stopped: int) -> None:
        """Write drafts, and be killed over one: its file is there, and not on record."""
        self.start()
        for at, due in enumerate(dispatch(purpose, self.known(), self.now).due):
            self.check(due)
            if at == stopped:
                return
            number = self.begun(due)
            self.set(number, MailState.DRAFTED)
            self.taken.append(number)

    def check(self, due: Due) -> None:
        """What holds for everybody who is due, whatever came before."""
        number = due.organisation.id
        assert due.address
        assert due.organisation.listed
        states = {one.state for one in self.returns if one.organisation == number}
        if due.purpose is not Purpose.RECEIPT:
            assert number not in self.waived
            assert not states & {ReturnState.ACCEPTED, ReturnState.WITH_QUERIES, ReturnState.HELD}
        if due.purpose is Purpose.REMINDER:
            today = [
                each
                for each in self.mails
                if each.organisation == number
                and each.purpose in (Purpose.INVITATION, Purpose.REMINDER)
                and each.state in (MailState.SENT, MailState.DRAFTED)
                and datetime.fromisoformat(each.changed_at).date() == self.now.date()
            ]
            assert not today

    @rule(number=st.integers(1, 3), address=st.sampled_from(ADDRESSES))
    def move(self, number: int, address: str) -> None:
        """Another address stands in the list."""
        if number in self.organisations:
            self.organisations[number] = replace(self.organisations[number], email=address)

    @rule(number=st.integers(1, 3))
    def list_or_not(self, number: int) -> None:
        """An organisation leaves the list, or comes back to it."""
        if number in self.organisations:
            one = self.organisations[number]
            self.organisations[number] = replace(one, listed=not one.listed)

    @rule(number=st.integers(1, 3))
    def waive(self, number: int) -> None:
        """An organisation need not answer, or is asked again."""
        self.waived ^= {number} & set(self.organisations)

    @rule(number=st.integers(1, 3), state=st.sampled_from(list(ReturnState)))
    def answer(self, number: int, state: ReturnState) -> None:
        """A return comes."""
        if number in self.organisations:
            self.returns.append(replace(returned(state, len(self.returns) + 1), organisation=number))

    @rule(number=st.integers(0, 20))
    def bounce(self, number: int) -> None:
        """A mail comes back."""
        if number < len(self.mails) and self.mails[number].state is MailState.SENT:
            self.set(number, MailState.BOUNCED)
            self.bounces.append(number)

    @rule()
    def decide(self) -> None:
        """A person finds out what became of the mails in doubt."""
        for each in list(self.mails):
            if each.state is MailState.DOUBTFUL:
                self.set(each.id, MailState.SENT if self.in_truth[each.id] else MailState.FAILED)

    @rule()
    def sleep(self) -> None:
        """A day goes by."""
        self.now += timedelta(days=1)

    @rule()
    def run_soundly(self) -> None:
        """After a run in which nothing goes wrong, nobody is left who could have been invited and was not."""
        self.start()
        for due in dispatch(Purpose.INVITATION, self.known(), self.now).due:
            number = self.begun(due)
            self.taken.append(number)
            self.in_truth[number] = True
            self.set(number, MailState.SENT)
        assert not dispatch(Purpose.INVITATION, self.known(), self.now).due
        for known in self.known():
            one = known.organisation
            answered = any(each.state.counts or each.state is ReturnState.HELD for each in known.returns)
            standing = [each.state for each in known.returns if each.state is not ReturnState.SUPERSEDED]
            took_back = standing[-1:] == [ReturnState.WITHDRAWN]
            if not one.listed or known.waived or not one.email or answered or took_back:
                continue
            invitations = [each for each in known.mails if each.purpose is Purpose.INVITATION]
            last = invitations[-1]
            done = last.state in (MailState.SENT, MailState.DRAFTED, MailState.DOUBTFUL)
            in_vain = last.state in (MailState.BOUNCED, MailState.FAILED) and last.address == one.email
            assert done or in_vain

    @invariant()
    def nobody_gets_a_mail_twice(self) -> None:
        """A server takes each mail once, and each organisation one about each thing, but for those that came back."""
        if not hasattr(self, "mails"):
            return
        assert len(self.taken) == len(set(self.taken))
        for purpose in (Purpose.INVITATION, Purpose.RECEIPT):
            abouts = {(each.organisation, each.about) for each in self.mails if each.purpose is purpose}
            for about in abouts:
                same = [
                    each.id
                    for each in self.mails
                    if each.purpose is purpose and (each.organisation, each.about) == about
                ]
                taken = [number for number in self.taken if number in same]
                assert len(taken) <= 1 + len([number for number in self.bounces if number in same])


Sending.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestSending = Sending.TestCase
TestSending.__doc__ = """Nobody gets a mail twice and nobody is passed over, whatever happens in whatever order."""
