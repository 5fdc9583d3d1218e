"""A collection's mails: each organisation gets its own, once, and what became of each is on record."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from collections_made import Listed, Made, listed, make, with_an_error, write_list
from mailserver import GONE, LATER, REFUSED, MailServer
from smtpstub import DEFER, DROP_SILENTLY, HANG_UP, REFUSE, TAKE_SILENTLY, Stub

from kil_xlsx import pipeline
from kil_xlsx.core.collection import Event, Mail, MailState, Purpose
from kil_xlsx.core.dispatch import Reason
from kil_xlsx.errors import DefinitionError, KilXlsxError, MailServerError, UsageProblem
from kil_xlsx.pipeline.collection.delivering import LARGE, Run, Wish
from kil_xlsx.pipeline.collection.holding import held
from kil_xlsx.pipeline.collection.importing import take_in
from kil_xlsx.pipeline.collection.place import rehearsed
from kil_xlsx.pipeline.collection.sending import LateError, Preview, preview, send
from kil_xlsx.reading.form import read_form

INVITATION = Wish(Purpose.INVITATION)
REMINDER = Wish(Purpose.REMINDER)
WELSH = Listed("Canolfan Tŷ Enfys – Hwb", "community", "post@ty-enfys.example")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """A clock that stands still until a test moves it: its first entry is the time."""
    time = [datetime(2026, 5, 4, 9, 0)]
    monkeypatch.setattr(pipeline, "now", lambda: time[0])
    return time


def sent(made: Made, wish: Wish = INVITATION, *, stopping: Callable[[], bool] = lambda: False) -> Run:
    """Run a send; waiting takes no time."""
    with held(made.place, "send", "kil-xlsx send"), made.open() as collection:
        return send(
            collection, wish, password=lambda: "correct-horse-ståple", wait=lambda _: None, clock=lambda: 0.0,
            stopping=stopping,
        )  # fmt: skip


def previewed(made: Made, wish: Wish = INVITATION) -> Preview:
    with rehearsed(made.place) as collection:
        return preview(collection, wish)


def mails(made: Made, purpose: Purpose = Purpose.INVITATION) -> dict[str, Mail]:
    """The last mail of a kind on record, by the organisation's name."""
    with made.open() as collection:
        names = {each.id: each.name for each in collection.store.organisations()}
        return {names[each.organisation]: each for each in collection.store.mails(purpose=purpose)}


def states(made: Made, purpose: Purpose = Purpose.INVITATION) -> list[str]:
    found = mails(made, purpose)
    return [found[name].state.value if name in found else "" for name in made.names]


def kinds(made: Made) -> list[str]:
    """The kinds of the ledger's lines, those of the beginning apart."""
    with made.open() as collection:
        return [each.kind for each in collection.store.events()][2:]


def parsed(data: bytes) -> EmailMessage:
    found = message_from_bytes(data, policy=default)
    assert isinstance(found, EmailMessage)
    assert not any(part.defects for part in found.walk())
    return found


def attached(message: EmailMessage) -> list[tuple[str, bytes]]:
    return [(each.get_filename() or "", each.get_payload(decode=True)) for each in message.iter_attachments()]  # type: ignore[misc]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def stated(made: Made, data: bytes) -> str:
    """The reference code that a workbook states."""
    with made.open() as collection:
        plans = {each.key: collection.plan(each.respondent.id) for each in collection.instruments}
    identity = read_form(data, "attached.xlsx", plans).identity
    assert identity is not None
    return identity.reference


@pytest.mark.oracle
def test_everybody_gets_their_own_workbook_once(tmp_path: Path, mail_server: MailServer) -> None:
    """Over a real server each organisation gets one mail with its own workbook; a second run sends nothing."""
    smtp = mail_server.smtp
    settings = (
        f'reply_to = "returns@council.example"\n[smtp]\nhost = "{smtp.host}"\nport = {smtp.port}\n'
        f'user = "{smtp.user}"\nmails_per_minute = 6000\nca_file = "{smtp.ca_file}"\n'
    )
    others = [Listed(f"The {word} Trust", "community", to) for word, to in (("Gone", GONE), ("No", REFUSED))]
    made = make(tmp_path, [*listed(1, 2), WELSH, *others, Listed("The Later Trust", "community", LATER)], copies=False)
    text = made.place.settings_file.read_text("utf-8").replace("round@council.example", smtp.user)
    made.place.settings_file.write_text(text + settings, "utf-8")
    run = sent(made)
    assert states(made) == ["sent"] * 5 + ["failed"] * 2
    assert not run.sound
    with made.open() as collection:
        copies = {each.organisation: each.reference for each in collection.store.copies()}
    assert len(set(copies.values())) == 7
    for row in made.rows[:4]:
        (data,) = mail_server.inbox(row.email)
        message = parsed(data)
        ((name, workbook),) = attached(message)
        assert stated(made, workbook) == copies[made.asked(row.name).id] == made.reference(row.name)
        assert name.endswith(".xlsx")
        assert (
            row.name in message["subject"]
            and row.name in text_of(message)
            and made.reference(row.name) in text_of(message)
        )
        assert message["reply-to"] == "returns@council.example"
        assert message["message-id"] == mails(made)[row.name].message_id
        assert message["to"].addresses[0].display_name == row.name
    again = sent(made)
    assert [each.due.organisation.name for each in again.done] == ["The Later Trust"]
    mail_server.settle()
    assert [len(mail_server.inbox(row.email)) for row in made.rows[:4]] == [1] * 4


@pytest.mark.parametrize(
    ("fate", "state", "taken", "next_state", "next_taken"),
    [
        ([], "sent", 1, "sent", 1),
        ([REFUSE], "failed", 0, "failed", 0),
        ([DEFER], "sent", 1, "sent", 1),
        ([DEFER] * 3, "failed", 0, "sent", 1),
        ([HANG_UP], "sent", 1, "sent", 1),
        ([TAKE_SILENTLY], "doubtful", 1, "doubtful", 1),
        ([DROP_SILENTLY], "doubtful", 0, "doubtful", 0),
        ([DEFER, TAKE_SILENTLY], "doubtful", 1, "doubtful", 1),
    ],
)
def test_what_becomes_of_a_mail(
    tmp_path: Path, fate: list[str], state: str, taken: int, next_state: str, next_taken: int
) -> None:
    """Whatever the server does with one mail is on record, and the others go; the next run makes nothing double."""
    rows = listed(0, 3)
    with Stub({rows[1].email: fate}) as stub:
        made = make(tmp_path, rows, settings=stub.settings, copies=False)
        run = sent(made)
        assert states(made) == ["sent", state, "sent"]
        assert [stub.count(row.email) for row in rows] == [1, taken, 1]
        assert run.sound is (state == "sent")
        sent(made)
        assert states(made) == ["sent", next_state, "sent"]
        assert [stub.count(row.email) for row in rows] == [1, next_taken, 1]
        assert {parsed(data)["message-id"] for _, data in stub.taken} == {
            each.message_id for name, each in mails(made).items() if stub.count(made.row(name).email)
        }


def test_a_mailbox_that_is_busy_holds_nobody_up(tmp_path: Path) -> None:
    """Who is put off is tried again once, after all others and one wait for all; it is on record before that wait."""
    rows = listed(0, 6)
    busy, gone, late = (rows[at] for at in (0, 2, 3))
    fates = {busy.email: [DEFER], gone.email: [DEFER, REFUSE], late.email: [DEFER] * 2}
    waits: list[tuple[float, list[str], int]] = []
    with Stub(fates) as stub:
        made = make(tmp_path, rows, settings=stub.settings, copies=False)
        now = 0.0

        def wait(seconds: float) -> None:
            nonlocal now
            now += seconds
            waits.append((seconds, states(made), len(stub.taken)))

        with held(made.place, "send", "kil-xlsx send"), made.open() as collection:
            run = send(collection, INVITATION, password=lambda: "", wait=wait, clock=lambda: now)
        assert 20 < sum(seconds for seconds, _, _ in waits if seconds > 0.1) < 30
        for seconds, on_record, taken in waits:
            if seconds > 0.1:  # the others keep the distance that the settings want
                assert on_record == ["failed", "sent", "failed", "failed", "sent", "sent"]
                assert taken == 3
        assert [to for to, _ in stub.taken] == [rows[1].email, rows[4].email, rows[5].email, busy.email]
        assert states(made) == ["sent", "sent", "failed", "failed", "sent", "sent"]
        assert [each.state.value for each in run.done] == states(made)
        assert [mails(made)[row.name].attempts for row in rows] == [2, 1, 2, 2, 1, 1]
        assert not run.sound and not run.stopped
        sent(made)
        assert states(made) == ["sent", "sent", "failed", "sent", "sent", "sent"]
        assert [stub.count(row.email) for row in rows] == [1, 1, 0, 1, 1, 1]


def test_stopped_while_it_waits_the_next_run_tries_again(tmp_path: Path) -> None:
    """Whoever does not want to wait for those that were put off may stop; who answers meanwhile gets no mail."""
    rows = listed(0, 3)
    with Stub({rows[0].email: [DEFER], rows[1].email: [DEFER] * 2}) as stub:
        made = make(tmp_path, rows, settings=stub.settings)
        run = sent(made, stopping=lambda: len(stub.taken) == 1)
        assert run.stopped and not run.left_out
        assert [each.state.value for each in run.done] == states(made) == ["failed", "failed", "sent"]

        def answered(seconds: float) -> None:
            with made.open() as other:
                if not other.store.received():
                    take_in(other, [made.attached(made.names[1], made.workbook(made.names[1]))])

        with held(made.place, "send", "kil-xlsx send"), made.open() as collection:
            run = send(collection, INVITATION, password=lambda: "", wait=answered, clock=lambda: 0.0)
        assert [(each.due.organisation.name, each.state.value) for each in run.done] == [(made.names[0], "sent")]
        assert Reason.ANSWERED in [each.reason for each in run.left_out]
        assert [stub.count(row.email) for row in rows] == [1, 0, 1]


@pytest.mark.parametrize("reached", [True, False])
def test_a_doubt_is_for_a_person_to_settle(tmp_path: Path, reached: bool) -> None:
    """A mail in doubt opens a query; decided as not sent, it goes out as the same mail, not as a second one."""
    rows = listed(0, 1)
    with Stub({rows[0].email: [TAKE_SILENTLY if reached else DROP_SILENTLY]}) as stub:
        made = make(tmp_path, rows, settings=stub.settings, copies=False)
        assert sent(made).count(MailState.DOUBTFUL) == 1
        before = mails(made)[rows[0].name]
        with made.open() as collection:
            (query,) = collection.store.queries()
            assert (query.code, query.mail, query.organisation) == ("mail-doubtful", before.id, before.organisation)
        assert kinds(made) == ["workbook-made", "mail-doubtful", "query-opened"]
        waiting = sent(made)
        assert [each.reason for each in waiting.left_out] == [Reason.DOUBTFUL]
        assert sent(made, Wish(Purpose.INVITATION, again=[rows[0].name])).done == []
        with made.open() as collection, collection.store.transaction():
            collection.store.set_mail(
                before.id, MailState.SENT if reached else MailState.FAILED, "2026-05-04T10:00:00+00:00"
            )
        sent(made)
        after = mails(made)[rows[0].name]
        assert after.state is MailState.SENT
        assert (after.id, after.message_id, after.serial) == (before.id, before.message_id, 1)
        assert stub.count(rows[0].email) == 1


def test_what_a_killed_run_left_is_in_doubt(tmp_path: Path) -> None:
    """A mail that a run was stopped over becomes a doubt with a query; the others go out."""
    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings, copies=False)
        sent(made, Wish(Purpose.INVITATION, limit=1))
        with made.open() as collection, collection.store.transaction():
            collection.store.set_mail(1, MailState.SENDING, "2026-05-04T08:59:00+00:00")
        run = sent(made)
        assert [each.id for each in run.doubts] == [1]
        assert not run.sound
        assert states(made) == ["doubtful", "sent", "sent"]
        assert [stub.count(row.email) for row in made.rows] == [1, 1, 1]
        assert sent(made).doubts == []


def test_a_server_that_closes_stops_the_run(tmp_path: Path) -> None:
    """A server that takes nobody's mails ends the run in plain words; the next one goes on with the rest."""
    rows = listed(0, 4)
    with Stub() as stub:
        made = make(tmp_path, rows, settings=stub.settings, copies=False)
        stub.closed = True
        with pytest.raises(MailServerError, match="Closed for the day"):
            sent(made)
        assert states(made) == ["", "", "", ""]
        stub.closed = False
        stub.fates = {rows[2].email: [HANG_UP] * 20}
        run = sent(made)
        assert states(made) == ["sent", "sent", "failed", ""]
        assert run.stopped and not run.sound
        assert [each.reason for each in run.left_out] == [Reason.LATER] * 2
        stub.fates = {}
        assert sent(made).sound
        assert [stub.count(row.email) for row in rows] == [1] * 4


def test_stopped_by_hand_the_rest_is_left_for_the_next_run(tmp_path: Path) -> None:
    """Somebody who stops the run finds the mails that went recorded, and the others still to go."""
    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings, copies=False)
        run = sent(made, stopping=lambda: len(stub.taken) >= 2)
        assert states(made) == ["sent", "sent", ""]
        assert run.stopped and [each.reason for each in run.left_out] == [Reason.LATER]
        sent(made)
        assert [stub.count(row.email) for row in made.rows] == [1, 1, 1]


def test_a_reminder_has_the_same_workbook(tmp_path: Path, clock: list[datetime]) -> None:
    """Days later, the workbook of the reminder is byte for byte that of the invitation; once a day is enough."""
    with Stub() as stub:
        made = make(tmp_path, listed(0, 1), settings=stub.settings, copies=False)
        sent(made)
        assert [each.reason for each in sent(made, REMINDER).left_out] == [Reason.TODAY]
        for day in (11, 18):
            clock[0] = datetime(2026, 5, day, 16, 30)
            assert sent(made, REMINDER).count(MailState.SENT) == 1
            assert sent(made, REMINDER).done == []
        letters = [parsed(data) for _, data in stub.taken]
        assert len({attached(each)[0] for each in letters}) == 1
        assert len({each["message-id"] for each in letters}) == 3
        assert mails(made, Purpose.REMINDER)[made.names[0]].serial == 2


@pytest.mark.parametrize("drafts", [False, True])
def test_what_happens_meanwhile_is_heeded(tmp_path: Path, drafts: bool) -> None:
    """A run takes long: who is waived or forgotten while it goes on gets no mail any more, and leaves no draft."""
    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings, copies=False)
        with made.open() as other:
            waived, gone = (made.asked(name).id for name in made.names[1:])

            def meanwhile(done: int, total: int, what: str) -> None:
                if done == 0:
                    at = "2026-05-04T08:00:00+00:00"
                    with other.store.transaction():
                        other.store.record(Event(kind="waived", at=at, organisation=waived, round_id="2026"))
                        other.store.forget(gone, at)

            with held(made.place, "send", "kil-xlsx send"), made.open() as collection:
                run = send(
                    collection, Wish(Purpose.INVITATION, drafts=drafts), password=lambda: "", wait=lambda _: None,
                    clock=lambda: 0.0, progress=meanwhile,
                )  # fmt: skip
        assert [each.due.organisation.name for each in run.done] == made.names[:1]
        assert len(stub.taken) == (0 if drafts else 1)
        assert len(list(tmp_path.rglob("*.eml"))) == (1 if drafts else 0)
        assert run.left_out[0].reason is Reason.WAIVED
        with made.open() as collection:
            assert len(collection.store.mails()) == 1


def test_who_has_answered_is_not_reminded(tmp_path: Path, clock: list[datetime]) -> None:
    """A return that counts, or waits for a decision, ends the reminders."""
    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings)
        sent(made)
        clock[0] = datetime(2026, 5, 12, 9, 0)
        with made.open() as collection:
            take_in(
                collection,
                [
                    made.attached(made.names[0], made.workbook(made.names[0])),
                    made.attached(made.names[1], made.workbook(made.names[1]), sender=made.rows[2].email),
                ],
            )
        found = previewed(made, REMINDER)
        assert [each.organisation.name for each in found.due] == made.names[2:]
        assert [each.reason for each in found.left_out] == [Reason.ANSWERED, Reason.HELD]


def test_drafts_open_as_mails_and_count_as_sent(tmp_path: Path) -> None:
    """Drafts are whole mails with the right workbook, name and subject, and nobody gets another by SMTP."""
    rows = [*listed(0, 1), WELSH]
    with Stub() as stub:
        made = make(tmp_path, rows, settings=stub.settings, copies=False)
        run = sent(made, Wish(Purpose.INVITATION, drafts=True))
        assert states(made) == ["drafted", "drafted"]
        files = sorted((tmp_path / "drafts" / "2026" / "invitation").iterdir())
        assert files == sorted(each.draft for each in run.done if each.draft)
        assert [each.suffix for each in files] == [".eml", ".eml"]
        for each in run.done:
            assert each.draft is not None
            message = parsed(each.draft.read_bytes())
            ((name, workbook),) = attached(message)
            whose = each.due.organisation.name
            assert message["x-unsent"] == "1" and message["message-id"] is None
            assert message["to"].addresses[0].addr_spec == made.row(whose).email
            assert whose in message["subject"]
            assert stated(made, workbook) == made.reference(whose)
            assert name == each.files[0]
        assert [each.reason for each in sent(made).left_out] == [Reason.DRAFTED] * 2
        assert stub.taken == []


def test_drafts_are_written_the_same_once_more(tmp_path: Path) -> None:
    """Killed between the file and its record, the next run writes the same bytes under the same name."""
    made = make(tmp_path, listed(0, 2), copies=False)
    shutil.copy(made.place.database, tmp_path / "before.db")
    wish = Wish(Purpose.INVITATION, drafts=True)
    sent(made, wish)
    files = {each: each.read_bytes() for each in (tmp_path / "drafts").rglob("*.eml")}
    shutil.copy(tmp_path / "before.db", made.place.database)
    sent(made, wish)
    assert {each: each.read_bytes() for each in (tmp_path / "drafts").rglob("*.eml")} == files
    assert len(files) == 2


def test_a_new_address_gets_a_second_invitation_when_asked_for(tmp_path: Path) -> None:
    """A corrected address alone brings no second mail, but after a bounce; --again does, for that organisation only."""
    rows = listed(0, 3)
    with Stub() as stub:
        made = make(tmp_path, rows, settings=stub.settings, copies=False)
        sent(made)
        moved = [Listed(row.name, row.respondent, f"new-{row.email}", row.number) for row in rows]
        write_list(tmp_path / "organisations.csv", moved)
        with made.open() as collection, collection.store.transaction():
            collection.store.set_mail(2, MailState.BOUNCED, "2026-05-04T10:00:00+00:00")
        sent(made)
        assert [stub.count(row.email) for row in moved] == [0, 1, 0]
        sent(made, Wish(Purpose.INVITATION, again=[rows[0].name]))
        assert [stub.count(row.email) for row in moved] == [1, 1, 0]
        first, second = (parsed(data) for to, data in stub.taken if rows[0].email in to)
        assert attached(first) == attached(second)
        assert first["message-id"] != second["message-id"]


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    """A dry run shows who would get what and one whole mail; no file changes, and no server is asked."""
    settings = '\n[smtp]\nhost = "nowhere.test"\nuser = "somebody"\n'
    made = make(tmp_path, [*listed(0, 2), Listed("The Mute Trust", "community", "")], settings=settings, copies=False)
    write_list(tmp_path / "organisations.csv", [*made.rows, WELSH])
    before = contents(tmp_path)
    found = previewed(made)
    assert contents(tmp_path) == before
    assert [each.organisation.name for each in found.due] == [*made.names[:2], WELSH.name]
    assert [each.reason for each in found.left_out] == [Reason.NO_ADDRESS]
    assert found.first is not None and found.first.attachments
    assert found.first.to == made.rows[0].email


def contents(folder: Path) -> dict[Path, str]:
    return {each: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.rglob("*") if each.is_file()}


def test_two_cannot_send_at_once(tmp_path: Path) -> None:
    """While one sends, another one is told what is at work, and does nothing; afterwards the way is free."""
    made = make(tmp_path, copies=False)
    with (
        held(made.place, "send", "kil-xlsx send --remind"),
        pytest.raises(UsageProblem, match=r"'kil-xlsx send --remind' is running on .* since 2026-05-04"),
        held(made.place, "send", "kil-xlsx send"),
    ):
        pass
    with held(made.place, "send", "kil-xlsx send"):
        pass


def test_only_and_limit(tmp_path: Path) -> None:
    """--only leaves all others out of account, --limit leaves them for later."""
    made = make(tmp_path, copies=False)
    found = previewed(made, Wish(Purpose.INVITATION, only=[made.names[1].upper(), f"#{made.asked(made.names[2]).id}"]))
    assert [each.organisation.name for each in found.due] == made.names[1:]
    found = previewed(made, Wish(Purpose.INVITATION, limit=1))
    assert [each.organisation.name for each in found.due] == made.names[:1]
    assert [each.reason for each in found.left_out] == [Reason.LATER] * 2
    with pytest.raises(UsageProblem, match="no organisation"):
        previewed(made, Wish(Purpose.INVITATION, only=["Nobody at all"]))


def test_faults_of_the_wording_stop_everything(tmp_path: Path) -> None:
    """All faults of the wording are told before anything is sent."""
    wording = '\n[mail.invitation]\nsubject = "For {organsation}"\ntext = "Dear {organisation}, {colour}, {"\n'
    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings, copies=False)
        with made.place.settings_file.open("a", encoding="utf-8") as settings:
            settings.write(wording)
        with pytest.raises(DefinitionError) as caught:
            sent(made)
        assert len(caught.value.faults) == 3
        assert stub.taken == []


def test_without_a_sender_or_a_server_nothing_is_sent(tmp_path: Path) -> None:
    """What the settings lack is said, with what to do."""
    made = make(tmp_path, copies=False)
    with pytest.raises(UsageProblem, match=r"name no server.*--drafts"):
        sent(made)
    text = made.place.settings_file.read_text("utf-8")
    made.place.settings_file.write_text(text.partition("[sender]")[0], "utf-8")
    with pytest.raises(UsageProblem, match="whom mails are from"):
        sent(made, Wish(Purpose.INVITATION, drafts=True))
    assert states(made) == ["", "", ""]


def test_a_return_date_that_has_passed(tmp_path: Path, clock: list[datetime]) -> None:
    """After the return date somebody has to say that mails may go all the same; they then name no day."""
    clock[0] = datetime(2026, 7, 1, 9, 0)
    with Stub() as stub:
        made = make(tmp_path, listed(0, 1), settings=stub.settings, copies=False)
        with pytest.raises(LateError, match="30 June 2026"):
            sent(made)
        assert stub.taken == []
        sent(made, Wish(Purpose.INVITATION, late_is_fine=True))
        message = parsed(stub.taken[0][1])
        assert "June" not in message["subject"] + text_of(message)


def test_a_receipt_says_what_came_and_no_answers(tmp_path: Path, clock: list[datetime]) -> None:
    """Each return has one receipt: when it came, reference, fingerprint, what is open, and none of its answers."""
    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings)
        name = made.names[0]
        with made.open() as collection:
            wrong = with_an_error(collection.plan("community"))
            data = made.workbook(name, typed=wrong)
            take_in(collection, [made.attached(name, data, message="<theirs@mail.example>")])
            (received,) = collection.store.received()
        receipts = Wish(Purpose.RECEIPT)
        run = sent(made, receipts)
        assert run.sound
        ((to, letter),) = stub.taken
        message = parsed(letter)
        words = text_of(message)
        assert to == made.rows[0].email
        assert not attached(message)
        assert message["in-reply-to"] == "<theirs@mail.example>"
        assert hashlib.sha256(data).hexdigest()[:16] in words
        assert made.reference(name) in words and "1 May 2026" in words
        assert f"{received.errors + received.queries} point" in words
        assert "about 12k" not in words
        assert "receipt-given" in kinds(made)
        assert sent(made, receipts).done == []


def test_a_marked_copy_goes_out_once(tmp_path: Path) -> None:
    """Whose return has something to put right gets a marked copy of it, once; whose has not gets none."""
    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings)
        with made.open() as collection:
            wrong = made.workbook(made.names[0], typed=with_an_error(collection.plan("community")))
            items = [made.attached(made.names[0], wrong), made.attached(made.names[1], made.workbook(made.names[1]))]
            take_in(collection, items)
        run = sent(made, Wish(Purpose.TO_FIX))
        assert [(each.due.organisation.name, each.state) for each in run.done] == [(made.names[0], MailState.SENT)]
        message = parsed(stub.taken[0][1])
        ((name, copy),) = attached(message)
        assert name.endswith("-to-fix.xlsx")
        assert stated(made, copy) == made.reference(made.names[0])
        assert "about 12k" not in text_of(message) and "- " in text_of(message)
        assert sent(made, Wish(Purpose.TO_FIX)).done == []


def test_feedback_is_each_organisations_own(tmp_path: Path) -> None:
    """Feedback goes once for each release, with files of the organisation's own return and no other name in them."""
    from kil_xlsx.pipeline.collection.releases import make_release

    with Stub() as stub:
        made = make(tmp_path, listed(0, 6), settings=stub.settings)
        feedback = Wish(Purpose.FEEDBACK)
        with pytest.raises(UsageProblem, match="no benchmark release"):
            sent(made, feedback)
        with made.open() as collection:
            take_in(
                collection,
                [made.attached(name, made.workbook(name, seed=at), at=at) for at, name in enumerate(made.names[:5])],
            )
            make_release(collection, collection.returned())
        run = sent(made, feedback)
        assert [each.due.organisation.name for each in run.done] == made.names[:5]
        assert [each.reason for each in run.left_out] == [Reason.NOTHING]
        for (to, data), row in zip(stub.taken, made.rows, strict=False):
            files = attached(parsed(data))
            assert to == row.email
            assert [name.rpartition("-")[2] for name, _ in files] == ["feedback.xlsx", "summary.html", "summary.pdf"]
            page = files[1][1].decode()
            assert row.name in page
            assert not [each for each in made.names if each != row.name and each in page]
        assert sent(made, feedback).done == []


def test_two_people_get_one_workbook_to_agree_on(tmp_path: Path) -> None:
    """An organisation of which two people answered gets a workbook under a code of its own, which goes on the list."""
    from kil_xlsx.pipeline.collection.deciding import decide

    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings)
        name = made.names[0]
        with made.open() as collection:
            take_in(
                collection,
                [
                    made.attached(name, made.workbook(name, seed=seed, person=person), at=seed, sender=sender)
                    for seed, person, sender in (
                        (1, "Chair", made.rows[0].email),
                        (2, "Treasurer", made.rows[0].email.replace("office", "money")),
                    )
                ],
            )
            (query,) = [each for each in collection.store.queries() if each.code == "second-person"]
            decide(collection, [query.id], "both")
        run = sent(made, Wish(Purpose.CONSENSUS))
        assert [(each.due.organisation.name, each.state) for each in run.done] == [(name, MailState.SENT)]
        ((_, workbook),) = attached(parsed(stub.taken[0][1]))
        reference = stated(made, workbook)
        with made.open() as collection:
            copy = collection.store.copy(reference)
        assert copy is not None and copy.share == "consensus"
        assert reference != made.reference(name)
        assert sent(made, Wish(Purpose.CONSENSUS)).done == []


def test_workbooks_are_filled_in_from_the_round_before(tmp_path: Path) -> None:
    """What an organisation said in the round before, as far as the collection has it, stands in its new workbook."""
    with Stub() as stub:
        made = make(tmp_path, listed(0, 2), settings=stub.settings)
        with made.open() as collection:
            take_in(collection, [made.attached(made.names[0], made.workbook(made.names[0]))])
        text = made.place.settings_file.read_text("utf-8")
        made.place.settings_file.write_text(text.replace('round = "2026"', 'round = "2027"'), "utf-8")
        assert sent(made).count(MailState.SENT) == 2
        with made.open() as collection:
            plans = {each.key: collection.plan(each.respondent.id) for each in collection.instruments}
        carried = []
        for _, data in stub.taken:
            ((_, workbook),) = attached(parsed(data))
            ret = read_form(workbook, "attached.xlsx", plans).ret
            assert ret is not None
            carried.append(bool(ret.carried))
        assert carried == [True, False]


def test_what_cannot_be_made_is_told_and_the_others_go(tmp_path: Path) -> None:
    """A return whose original is gone has no marked copy: that is said, and the run is not sound."""
    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings)
        with made.open() as collection:
            wrong = with_an_error(collection.plan("community"))
            items = [made.attached(name, made.workbook(name, typed=wrong)) for name in made.names[:2]]
            take_in(collection, items)
            first = collection.store.received()[0]
            collection.originals.remove(first.sha256)
        run = sent(made, Wish(Purpose.TO_FIX))
        assert [each.due.organisation.name for each in run.done] == [made.names[1]]
        assert [each.reason for each in run.left_out if each.words] == [Reason.NOT_MADE]
        assert not run.sound


def test_large_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attachments that some servers do not take are told, by whose they are."""
    monkeypatch.setattr("kil_xlsx.pipeline.collection.delivering.LARGE", 50_000)
    assert LARGE == 10_000_000
    made = make(tmp_path, listed(0, 1), copies=False)
    run = sent(made, Wish(Purpose.INVITATION, drafts=True))
    assert [made.names[0] in note and "MB" in note for note in run.notes if "MB" in note] == [True]


def test_errors_hold_no_addresses(tmp_path: Path) -> None:
    """What is recorded of a failed mail names no address."""
    rows = listed(0, 1)
    with Stub({rows[0].email: [REFUSE]}) as stub:
        made = make(tmp_path, rows, settings=stub.settings, copies=False)
        sent(made)
        with made.open() as collection:
            said = [each.why for each in collection.store.events()] + [each.said for each in collection.store.mails()]
        assert not any("@" in each for each in said)
        assert any("550" in each for each in said)
        assert issubclass(LateError, KilXlsxError)
