"""A whole round with real servers: mails out, workbooks filled in, replies back, and nothing lost.

Sixty-one invented organisations are asked.  What becomes of each is written down here by hand, from what it does alone,
and compared with what the program says.  Commands run as their users run them, in processes of their own.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from collections_made import filled, plan_of, wanted_of, write_list, zipped
from mailserver import COORDINATOR, MailServer
from openpyxl import load_workbook
from oracle.libreoffice import LibreOffice
from oracle.organisations import COMMUNITIES, COUNCILS, KEYS, Round, reference_in, texts_of
from oracle.replies import attachments, parsed, text_of

from kil_xlsx import pipeline
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.pipeline.workbooks import workbook_bytes

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")]

# Who does what.  "k" are councils, "c" community organisations.  Whoever is not named here does not answer.
OFFICE = ("k0", "k1", "c0", "c1", "c2")
PLAIN = tuple(f"k{at}" for at in range(2, 10)) + tuple(f"c{at}" for at in range(25, 32))

STANDINGS = {
    "accepted": (*OFFICE, *PLAIN, "c3", "c4", "c5", "c6", "c10", "c11", "c12", "c24"),
    "accepted-with-queries": ("c19",),
    "held": ("c7", "c14", "c20", "c21", "c22", "c23"),
    "refused": ("c16",),
    "bounced": ("c40",),
}
"""How organisations stand after the first fetch; all others have been asked, and nothing came."""

QUERIES = {
    ("c6", "sender-unknown"),
    ("c7", "forwarded"),
    ("c9", "round-other"),
    ("c12", "second-person"),
    ("", "reference-unknown"),
    ("c14", "relabelled"),
    ("c14", "organisation-differs"),
    ("c20", "number-shared"),
    ("c21", "number-shared"),
    ("c22", "organisation-differs"),
    ("c23", "nothing-new"),
    ("c24", "name-differs"),
}
"""What a person is asked after the first fetch, and about whom."""


@contextmanager
def step(name: str) -> Iterator[None]:
    """A step of the round, named in whatever goes wrong in it."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"In the step: {name}")
        raise


def expected_standings(named: Mapping[str, tuple[str, ...]], keys: list[str]) -> dict[str, str]:
    """How each organisation stands; those that are not named were asked, and nothing came."""
    found = dict.fromkeys(keys, "sent")
    for standing, those in named.items():
        found.update(dict.fromkeys(those, standing))
    return found


def changed(standings: Mapping[str, tuple[str, ...]], **moves: str) -> dict[str, str]:
    """Standings in which some organisations have moved."""
    moved = expected_standings(standings, KEYS)
    moved.update(moves)
    return moved


def test_a_whole_round_with_real_servers(mail_server: MailServer, office: LibreOffice, tmp_path: Path) -> None:
    """Sixty-one are asked, sixty mails arrive, replies of every kind come back, and each is where it belongs."""
    this = Round(tmp_path, mail_server, office)
    with step("the collection is made"):
        begin(this)
    with step("workbooks of an earlier round are made in the same collection"):
        earlier = earlier_workbooks(this)
    with step("everybody is invited"):
        invite(this)
    with step("some fill their workbooks in with LibreOffice, all reply"):
        answer(this, earlier)
    with step("the mailbox is fetched"):
        fetch(this)
    with step("the status is exactly right"):
        see(this)
    with step("fetching again changes nothing"):
        fetch_again(this)
    with step("a person decides every query"):
        decide(this)
    with step("receipts, a marked copy and a workbook to agree on go out"):
        write_back(this)
    with step("the marked copy comes back corrected, and what was agreed on"):
        corrected(this)
    with step("the next day those who are due are reminded, and nobody else"):
        remind(this)
    with step("the round is compared, and everybody gets feedback"):
        compare(this)
    with step("one organisation is forgotten, and nothing is damaged"):
        forget(this)


def begin(this: Round) -> None:
    """Make the collection, and write the settings as a coordinator does."""
    write_list(this.scratch / "list.csv", list(this.rows.values()))
    due = (pipeline.now() + timedelta(days=30)).date()
    this.outside.type(
        "init", str(this.folder), "--title", "Keep it Local – 2026", "--round", "2026", "--due", due.isoformat(),
        "--organisations", "list.csv", "--contact", "The team, 0117 496 0000", "--sender-name", "Keep it Local team",
        "--sender-address", COORDINATOR,
    )  # fmt: skip
    smtp, imap = this.server.smtp, this.server.imap
    with (this.folder / "collection.toml").open("a", encoding="utf-8") as settings:
        settings.write(
            f'\n[smtp]\nhost = "{smtp.host}"\nport = {smtp.port}\nsecurity = "starttls"\nuser = "{smtp.user}"\n'
            f'password_env = "MAIL_PASSWORD"\nmails_per_minute = 6000\nca_file = "{smtp.ca_file}"\n'
            f'\n[imap]\nhost = "{imap.host}"\nport = {imap.tls_port}\nsecurity = "tls"\nuser = "{imap.user}"\n'
            f'password_env = "MAIL_PASSWORD"\nca_file = "{imap.ca_file}"\n'
        )


def earlier_workbooks(this: Round) -> dict[str, bytes]:
    """The workbook that c9 was sent for the round before, and a blank one of everybody's."""
    this.desk.type("generate", "--round", "2025", "--out", str(this.scratch / "earlier"))
    this.outside.type("generate", "--respondent", "community", "--out", "blank")
    (old,) = (this.scratch / "earlier").glob(f"*{_slug(this.name('c9'))}*.xlsx")
    (blank,) = (this.scratch / "blank").glob("*.xlsx")
    return {"c9": old.read_bytes(), "": blank.read_bytes()}


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def invite(this: Round) -> None:
    """Send the invitations: one mail in each mailbox, with the organisation's own workbook."""
    said = this.desk.json("send", "--dry-run")
    assert len(said["mails"]) == COUNCILS + COMMUNITIES
    assert this.mail_counts() == dict.fromkeys(KEYS, 0)
    said = this.desk.json("send")
    assert Counter(each["state"] for each in said["mails"]) == {"sent": 61}
    assert this.mail_counts() == {**dict.fromkeys(KEYS, 1), "c40": 0}
    names = set()
    for key in KEYS:
        if key == "c40":
            continue
        mail = this.invitations[key] = parsed(this.server.inbox(this.address(key))[0])
        assert mail["To"].addresses[0].addr_spec == this.address(key)
        assert this.name(key) in (mail["To"].addresses[0].display_name, mail["Subject"], text_of(mail)), key
        ((name, data),) = attachments(mail)
        names.add(name)
        assert any(this.name(key) in row for row in next(texts_of(data))), key
    assert len(names) == 60
    for key in ("k1", "c2"):  # by a second program, all of it
        load_workbook(io.BytesIO(this.sent_to(key)[1])).close()
    sent = {(each[1], this.rows_by_number()[each[2]]) for each in this.records("copies") if each[3] == "2026"}
    assert {(this.references[key], key) for key in this.references} == {pair for pair in sent if pair[1] != "c40"}
    assert len({*this.references.values()}) == 60
    assert this.desk.json("send")["mails"] == []
    assert sum(this.mail_counts().values()) == 60
    with this.made.open() as collection:
        this.made.wanted = wanted_of(collection, "2026")
    assert {key: this.made.reference(this.name(key)) for key in this.references} == this.references


def answer(this: Round, earlier: Mapping[str, bytes]) -> None:
    """Everybody does what is written above."""
    for key in OFFICE:
        suffix = "ods" if key == "c2" else "xlsx"
        name, data = f"Fragebogen {key} – ausgefüllt.{suffix}", this.filled_in_office(key, suffix)
        this.reply(key, *([("answers.zip", zipped((name, data)))] if key == "k1" else [(name, data)]))
    for key in PLAIN:
        this.reply(key, (f"{key}.xlsx", this.workbook(key)))
    this.reply("c3", ("Return.zip", zipped(("readme.txt", b"Our workbook\n"), ("a/b/c3.xlsx", this.workbook("c3")))))
    inner = this.post.letter(this.address("c4"), [("c4.xlsx", this.workbook("c4"))], answers=this.invitations["c4"])
    this.post.send(this.post.forwarded("Secretary <secretary@network.example>", inner))
    this.reply("c5", ("c5.xlsx", this.workbook("c5")), sender="Treasurer <treasurer@c5.example>")
    this.reply("c6", ("c6.xlsx", this.workbook("c6")), sender="somebody@freemail.example")
    this.reply("c7", ("c7.xlsx", this.workbook("c7")), sender=this.address("c8"))
    late = this.workbook("c9", reference=reference_in(earlier["c9"]), round_id="2025")
    this.reply("c9", ("last year's.xlsx", late))
    twice = this.workbook("c10")
    this.reply("c10", ("c10.xlsx", twice))
    this.reply("c10", ("c10 (1).xlsx", twice))
    this.reply("c11", ("c11.xlsx", this.workbook("c11", seed=1)))
    this.reply("c11", ("c11 new.xlsx", this.workbook("c11", seed=2)))
    this.reply("c12", ("c12.xlsx", this.workbook("c12", seed=3, person="Chief officer")))
    second = this.workbook("c12", seed=4, person="Treasurer")
    this.reply("c12", ("c12.xlsx", second), sender="treasurer@c12.example")
    this.reply("c13", ("blank.xlsx", blank_filled_in(this, "c13")))
    assert reference_in(earlier[""]) == reference_in(blank_filled_in(this, "c13"))
    other = this.made.wanted[this.name("c15")].organisation
    this.reply("c14", ("c14.xlsx", this.workbook("c14", stated=other, called=this.name("c15"))))
    this.reply("c16", ("Our answers.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"))
    this.post.send(this.post.away(this.address("c17"), this.invitations["c17"]))
    this.reply("c18")
    this.reply("c19", ("c19.xlsx", this.workbook("c19", typed={wrong_cell(): "twelve thousand"})))
    for key in ("c20", "c21"):
        this.reply(key, (f"{key}.xlsx", this.workbook(key, number="GB-CHC-8800001")))
    this.reply("c22", ("c22.xlsx", this.workbook("c22", number=this.rows["c23"].number)))
    this.reply("c23", this.sent_to("c23"))
    this.reply("c24", ("c24.xlsx", this.workbook("c24", called=f"{this.name('c24')} (Charity)")))
    this.post.send(this.post.letter("news@stranger.example", []))
    assert this.post.sent == 44


def wrong_cell() -> Key:
    """The figure for which c19 writes words."""
    return Key(plan_of("community").instrument.inputs[0].id)


def blank_filled_in(this: Round, key: str) -> bytes:
    """A workbook that was made for nobody, with which the organisation answers."""
    plan = plan_of(this.rows[key].respondent)
    issue = Issue(pipeline.now())
    typed: dict[Key, Typed] = filled(plan, None, 9)
    for role, value in (("organisation", this.name(key)), ("org_id", this.rows[key].number)):
        field = plan.instrument.field_with_role(role)
        assert field is not None
        typed[Key(field.id)] = value
    return workbook_bytes(plan, issue, typed)


def fetch(this: Round) -> None:
    """Take in what came: forty-four replies, and what the mail server wrote about the mail that nobody could get."""
    this.server.inbox(COORDINATOR, at_least=45)
    before = this.mailbox()
    said = this.desk.json("fetch", code=1)
    assert said["counts"] == {
        "accepted": 30, "accepted-with-queries": 1, "held": 8, "refused": 1, "again": 1, "bounced": 1, "away": 1,
        "replied": 1, "unmatched": 1, "left-out": 1,
    }, [(each["name"], each["why"]) for each in said["happened"] if each["what"] == "left-out"]  # fmt: skip
    # A text in an archive; the parts of the server's notice are not counted.  c11's first return and c20's counted when
    # they came.
    after = this.mailbox()
    mails = {number: mail for number, (_, mail) in after.items()}
    assert mails == {number: mail for number, (_, mail) in before.items()}
    assert {flags for flags, _ in before.values()} == {frozenset()}
    (flags,) = {flags for flags, _ in after.values()}
    assert len(flags) == 1 and not any(flag.startswith("\\") for flag in flags), "only our own flag; none is read"


def see(this: Round) -> None:
    """Compare every count, every organisation and every query."""
    status = this.desk.json("status")
    wanted = expected_standings(STANDINGS, KEYS)
    assert this.standings(status) == wanted
    assert {*this.queries(status)} == QUERIES
    every = status["organisations"]
    assert {name: every[name] for name in ("listed", "expected", "answered")} == {
        "listed": 61, "expected": 61, "answered": 29,
    }  # fmt: skip
    assert every["response_rate"] == pytest.approx(29 / 61)
    assert {name: count for name, count in every["standings"].items() if count} == {
        "accepted": 28, "accepted-with-queries": 1, "held": 6, "refused": 1, "bounced": 1, "sent": 24,
    }  # fmt: skip
    groups = {each["label"]: each["counts"] for each in status["groups"]}
    assert {name: (of["listed"], of["answered"]) for name, of in groups.items()} == {
        "Council": (20, 10), "Community organisation": (41, 19),
    }  # fmt: skip
    # c9's workbook of the year before is none of this round.
    assert {state: count for state, count in status["files"].items() if count} == {
        "accepted": 28, "accepted-with-queries": 1, "held": 8, "refused": 1, "superseded": 1,
    }  # fmt: skip
    assert status["files_of_nobody"] == 1
    assert status["days_left"] == 30 and status["overdue"] == [] and status["came_late"] == []
    assert status["completeness"]["returns"] == 29
    for each in status["lines"]:
        key = this.key_of[each["name"]]
        assert each["reference"] == this.references.get(key, each["reference"])
        assert (each["email"], each["number"]) == (this.address(key), this.rows[key].number)
        assert (each["mails_sent"], each["bounced"]) == (1, key == "c40"), key
        assert (each["return_number"] is not None) == (wanted[key] in ("accepted", "accepted-with-queries")), key
        assert each["errors"] == (1 if key == "c19" else 0), key
        assert {code for whose, code in QUERIES if whose == key} == {
            query["code"] for query in status["queries"] if query["number"] in each["open_queries"]
        }, key
    holding = {each["code"] for each in status["queries"] if each["holds"]}
    assert {code for _, code in QUERIES} - holding == {"sender-unknown", "name-differs"}
    came = Counter(str(kind) for _, _, _, kind, *_ in this.records("events"))
    kinds = ("mail-sent", "mail-bounced", "away", "replied", "received", "received-again", "superseded")
    assert [came[kind] for kind in kinds] == [61, 1, 1, 1, 40, 1, 1]
    originals = [path for path in (this.folder / "originals").rglob("*") if path.is_file()]
    assert len(originals) == 40


def fetch_again(this: Round) -> None:
    """A second run finds nothing new, and records nothing."""
    records, mailbox = this.records(), this.mailbox()
    assert this.desk.json("fetch")["counts"] == {}
    assert (this.records(), this.mailbox()) == (records, mailbox)


def decide(this: Round) -> None:
    """Decide every query, each in its own way."""
    asked = this.queries(this.desk.json("status"))

    def say(key: str, code: str, *words: str) -> None:
        this.desk.type("resolve", str(asked[key, code]), *words, "--why", "asked the sender")

    say("c6", "sender-unknown", "accept")
    say("c7", "forwarded", "accept")
    say("c9", "round-other", "reject")
    say("c12", "second-person", "both")
    say("", "reference-unknown", "--as", this.name("c13"))
    say("c14", "relabelled", "reject")
    say("c20", "number-shared", "accept")
    say("c21", "number-shared", "reject")
    say("c22", "organisation-differs", "accept")
    say("c23", "nothing-new", "reject")
    say("c24", "name-differs", "accept")
    status = this.desk.json("status")
    assert status["queries"] == []
    assert this.standings(status) == changed(STANDINGS, c7="accepted", c12="views", c13="accepted", c14="refused",
        c20="accepted", c21="refused", c22="accepted", c23="refused")  # fmt: skip
    assert status["organisations"]["answered"] == 33
    assert this.desk.json("resolve")["queries"] == []


def write_back(this: Round) -> None:
    """Answer those who answered."""
    before = this.mail_counts()
    assert len(this.desk.json("send", "--receipts")["mails"]) == 34
    got = {key: len(mails) for key, mails in (this.mail_counts(), this.mails_since(before))[1].items()}
    answered = (*STANDINGS["accepted"], "c19", "c7", "c13", "c20", "c22")
    assert got == {**dict.fromkeys(answered, 1), "c12": 2}
    assert this.desk.json("send", "--receipts")["mails"] == []
    before = this.mail_counts()
    (marked,) = this.desk.json("send", "--to-fix")["mails"]
    (agreed,) = this.desk.json("send", "--consensus")["mails"]
    assert (marked["organisation"], agreed["organisation"]) == (this.name("c19"), this.name("c12"))
    this.server.settle()
    assert {key: len(mails) for key, mails in this.mails_since(before).items()} == {"c19": 1, "c12": 1}


def corrected(this: Round) -> None:
    """Put right in LibreOffice what is marked, and agree on an answer."""
    plan = plan_of("community")
    right = filled(plan, this.made.wanted[this.name("c19")].organisation, 1)[wrong_cell()]
    copy = this.scratch / "marked.xlsx"
    copy.write_bytes(this.sent_to("c19", at=-1)[1])
    this.office.open(copy)
    this.office.type_answers(plan, {wrong_cell(): right})
    this.reply("c19", ("marked copy.xlsx", this.office.save(this.scratch / "corrected.xlsx")))
    name = this.name("c12")
    with this.made.open() as collection:
        agreed = wanted_of(collection, "2026", "consensus")[name]
    reference = reference_in(this.sent_to("c12", at=-1)[1])
    assert reference == agreed.reference != this.references["c12"]
    this.reply("c12", ("agreed.xlsx", this.workbook("c12", seed=3, reference=reference)))
    this.server.inbox(COORDINATOR, at_least=47)
    assert this.desk.json("fetch")["counts"] == {"accepted": 2}
    status = this.desk.json("status")
    assert status["queries"] == []
    assert this.standings(status) == changed(STANDINGS, **SETTLED)


SETTLED = {
    "c7": "accepted", "c12": "accepted", "c13": "accepted", "c14": "refused", "c19": "accepted", "c20": "accepted",
    "c21": "refused", "c22": "accepted", "c23": "refused",
}  # fmt: skip
"""Who stands elsewhere once everything is decided and put right."""


def remind(this: Round) -> None:
    """Remind those who owe a return, but for the one that need not answer and the one that no mail reaches."""
    assert this.desk.json("send", "--remind")["mails"] == [], "they have had a mail today"
    this.desk.days = 1
    this.desk.type("waive", this.name("c39"), "--why", "It has closed")
    before = this.mail_counts()
    said = this.desk.json("send", "--remind")
    stands = changed(STANDINGS, **SETTLED)
    owing = {key for key, standing in stands.items() if standing in ("sent", "refused")} - {"c39"}
    assert len(owing) == 26
    assert {this.key_of[each["organisation"]] for each in said["mails"]} == owing
    got = (this.mail_counts(), this.mails_since(before))[1]
    assert {key: len(mails) for key, mails in got.items()} == dict.fromkeys(owing, 1)
    for key, (mail,) in got.items():
        assert reference_in(attachments(mail)[0][1]) == this.references[key]
    this.desk.type("chase", "--out", "chase.csv")
    with (this.folder / "chase.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {this.key_of[row["name"]] for row in rows} == {*owing, "c40"}
    assert {row["email"] for row in rows} == {this.address(key) for key in (*owing, "c40")}
    assert [row["name"] for row in rows if row["bounced"] == "yes"] == [this.name("c40")]
    this.desk.days = 31
    late = this.desk.json("status")
    assert {this.key_of[name] for name in late["overdue"]} == {*owing, "c40"} and late["came_late"] == []
    this.desk.days = 1


def compare(this: Round) -> None:
    """Benchmark and feedback, inside the collection without any option."""
    this.desk.type("benchmark")
    this.desk.type("feedback")
    before = this.mail_counts()
    said = this.desk.json("send", "--feedback")
    stands = changed(STANDINGS, **SETTLED)
    counting = {key for key, standing in stands.items() if standing == "accepted"}
    assert len(counting) == 33
    assert {this.key_of[each["organisation"]] for each in said["mails"]} == counting
    got = (this.mail_counts(), this.mails_since(before))[1]
    assert {key: len(mails) for key, mails in got.items()} == dict.fromkeys(counting, 1)
    for key, (mail,) in got.items():
        files = attachments(mail)
        assert files and all(data for _, data in files), key
        (book,) = (data for name, data in files if name.endswith(".xlsx"))
        others = {this.name(each) for each in KEYS} - {this.name(key)}
        texts = {text for sheet in texts_of(book) for row in sheet for text in row}
        assert any(this.name(key) in text for text in texts), key
        assert not others & texts, f"{key} is told of {others & texts}"
    assert this.desk.json("status")["releases"][0]["returns_since"] == 0


def forget(this: Round) -> None:
    """Remove all that is known of one organisation."""
    name = this.name("c25")
    this.desk.type("forget", name, "--why", "It asked for that", "--yes")
    texts = "\n".join(map(str, this.records()))
    assert name not in texts and this.address("c25") not in texts
    status = this.desk.json("status")
    assert "c25" not in this.standings(status)
    assert status["organisations"]["answered"] == 32
    this.desk.type("check")
