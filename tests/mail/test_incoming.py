"""Whatever people send is opened up, and each workbook in it comes out as it went in."""

from __future__ import annotations

import mailbox
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mail.cfb import attachment, embedded, message_storage, outlook_message
from mail.letters import (
    LETTERS,
    LOGO,
    NAME,
    ORIGINAL,
    XLSX,
    as_bytes,
    forwarded,
    letter,
    lines,
    packed,
    workbook,
)
from mail.winmail import winmail

from kil_xlsx.mail.incoming import UNFORESEEN, items_of
from kil_xlsx.mail.items import Attached, Item, LeftOut, NoAttachment, Provenance, Unusable


def items(data: bytes, name: str = "mail.eml") -> list[Item]:
    found = list(items_of(data, name))
    assert not [item for item in found if isinstance(item, Unusable) and item.why == UNFORESEEN]
    return found


def the_workbook(data: bytes, name: str = "mail.eml") -> Attached:
    """The only file in it that may be a return: the workbook, byte for byte."""
    (found,) = (item for item in items(data, name) if not isinstance(item, LeftOut))
    assert isinstance(found, Attached), found
    assert found.data == workbook()
    return found


def why(data: bytes, name: str = "a.zip") -> str:
    """Why nothing of it can be used."""
    (found,) = items(data, name)
    assert isinstance(found, Unusable), found
    return found.why


def as_mbox(*mails: bytes) -> bytes:
    return b"".join(
        b"From ann@hub.example Tue May 12 10:15:00 2026\n" + mail.replace(b"\r\n", b"\n") + b"\n" for mail in mails
    )


# ---- the same bytes ----

WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "mail": lambda data: as_bytes(letter(("a.xlsx", data))),
    "mail with bare line feeds": lambda data: letter(("a.xlsx", data)).as_bytes(),
    "zip": lambda data: packed(("a.xlsx", data)),
    "zip, not packed": lambda data: packed(("a.xlsx", data), method=zipfile.ZIP_STORED),
    "zip in zip": lambda data: packed(("x.zip", packed(("a.xlsx", data)))),
    "zip in mail": lambda data: as_bytes(letter(("x.zip", packed(("a.xlsx", data))))),
    "mail in zip": lambda data: packed(("a.eml", as_bytes(letter(("a.xlsx", data))))),
    "forwarded mail": lambda data: forwarded(as_bytes(letter(("a.xlsx", data)))),
    "mail attached as a file": lambda data: forwarded(
        as_bytes(letter(("a.xlsx", data))), kind="application/octet-stream", name="x.eml"
    ),
    "forwarded twice": lambda data: forwarded(forwarded(as_bytes(letter(("a.xlsx", data)))), "outermost"),
    "mbox": lambda data: as_mbox(letter(("a.xlsx", data)).as_bytes()),
    "Outlook message": lambda data: outlook_message(attachment("a.xlsx", data)),
    "Outlook message in an Outlook message": lambda data: outlook_message(
        embedded("FW", message_storage(attachment("a.xlsx", data), is_inner=True))
    ),
    "Outlook message in a mail": lambda data: as_bytes(letter(("a.msg", outlook_message(attachment("a.xlsx", data))))),
    "winmail.dat in a mail": lambda data: as_bytes(letter(("winmail.dat", winmail(("a.xlsx", data))))),
    **{f"{name} letter": made for name, made in LETTERS.items()},
}


@pytest.mark.parametrize("wrapped", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("name", ["a.dat", "a.eml", "a.xlsx"])
def test_a_workbook_comes_out_as_it_went_in(wrapped: Callable[[bytes], bytes], name: str) -> None:
    """However a workbook is wrapped up, and whatever the wrapping is called, its bytes are the same."""
    the_workbook(wrapped(workbook()), name)


@pytest.mark.parametrize("data", [b"\x00", b"PK\x03\x04", b"\r\nFrom x\r\n.\r\n", b"--b--\r\n", bytes(range(256)) * 41])
@pytest.mark.parametrize("wrap", ["mail", "zip", "mbox", "Outlook message", "winmail.dat in a mail"])
def test_any_bytes_come_out_as_they_went_in(wrap: str, data: bytes) -> None:
    """A file named as a workbook is passed on, whatever is in it; the one who reads it says what is wrong."""
    data += b"\0\0\0"
    found = [item.data for item in items(WRAPPED[wrap](data), "a") if isinstance(item, Attached)]
    assert found == ([data] if data[:4] != b"PK\x03\x04" else [])


# ---- mails of the usual programs ----


@pytest.mark.parametrize("made", LETTERS.values(), ids=LETTERS)
def test_names_are_decoded_in_all_the_ways_there_are(made: Callable[[bytes], bytes]) -> None:
    """Each program encodes the name in its own way; it is always the same name."""
    assert the_workbook(made(workbook())).name == NAME


@pytest.mark.parametrize("made", LETTERS.values(), ids=LETTERS)
def test_it_is_told_where_a_workbook_came_from(made: Callable[[bytes], bytes]) -> None:
    """Sender, id, date in UTC and the mail that was answered are those of the mail."""
    whence = the_workbook(made(workbook())).whence
    assert whence.sender == "ann@hub.example"
    assert whence.message_id == "<r-1@hub.example>"
    assert whence.date == datetime(2026, 5, 12, 8, 15, tzinfo=UTC)
    assert whence.in_reply_to[0] == ORIGINAL
    assert whence.source == "mail.eml"


def test_logos_and_signatures_are_left_out() -> None:
    """What programs add to a mail is left out, each with a reason."""
    left = [item.why for made in LETTERS.values() for item in items(made(b"PK")) if isinstance(item, LeftOut)]
    assert left == ["a picture in the text", "a visiting card", "a digital signature"]


def test_a_photograph_is_not_a_logo() -> None:
    """A large picture may be a photograph of the form; whoever reads it says that it cannot be used."""
    photo = b"\xff\xd8\xff" + bytes(300_000)
    made = letter()
    made.add_attachment(photo, "image", "jpeg", disposition="inline", filename="IMG_1.jpg")
    made.add_attachment(LOGO, "image", "png", filename="logo.png")
    assert [type(item) for item in items(as_bytes(made))] == [Attached, LeftOut]


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.csv", "a.numbers", "a.html", "a"])
def test_documents_of_other_kinds_are_passed_on(name: str) -> None:
    """A PDF or a table is no workbook, but it was meant as a return, and is refused with the right words later."""
    data = {"a.pdf": b"%PDF-1.7\n", "a.docx": packed(("[Content_Types].xml", b"<x/>"), ("word/a.xml", b"x"))}
    made = items(as_bytes(letter((name, data.get(name, b"%PDF-1.4 x")))))
    assert [type(item) for item in made] == [Attached]


def test_a_mail_without_a_workbook_is_one() -> None:
    """A mail of a person with nothing but a text in it, a picture or a note is told as that."""
    made = letter(("notes.txt", b"some words"))
    assert [type(item) for item in items(as_bytes(made))] == [LeftOut, NoAttachment]
    assert [type(item) for item in items(as_bytes(letter()))] == [NoAttachment]
    assert [type(item) for item in items(forwarded(as_bytes(letter())))] == [NoAttachment]


def test_a_workbook_without_a_name_or_a_type_is_found() -> None:
    """What a file is, its content tells, not its name or type."""
    for kind in ("text/plain", "application/octet-stream", "image/png", "nonsense", XLSX):
        raw = f"From: ann@hub.example\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: BASE64\r\n\r\n"
        assert the_workbook(raw.encode() + lines(workbook()).encode()).name == "attachment"


def test_encrypted_and_divided_mails_and_links_are_told() -> None:
    """What cannot be had from a mail is for a person to look at."""
    head = "From: ann@hub.example\r\nMIME-Version: 1.0\r\nContent-Type: "
    for kind, word in (
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "encrypted"),
        ('multipart/encrypted; boundary="b"', "encrypted"),
        ('message/partial; id="x"; number=1', "pieces"),
        ('multipart/mixed; boundary="never"', "damaged"),
    ):
        assert word in why(f"{head}{kind}\r\n\r\nabc\r\n".encode())


# ---- forwarded mails ----


def test_the_one_who_sent_it_to_us_counts() -> None:
    """In a forwarded mail the outer sender, date and id count; the inner sender is noted."""
    whence = the_workbook(forwarded(as_bytes(letter(("a.xlsx", workbook()))))).whence
    assert whence == Provenance(
        source="forwarded mail in mail.eml",
        message_id="<fwd-1@council.example>",
        date=datetime(2026, 5, 13, 8, 0, tzinfo=UTC),
        sender="office@council.example",
        inner_sender="ann@hub.example",
    )


def test_it_is_shown_what_lay_in_what() -> None:
    """A zip archive in a mail, and a mail in a zip archive, are shown from the inside out."""
    data = as_bytes(letter(("x.zip", packed(("sub/a.xlsx", workbook())))))
    assert the_workbook(data).whence.source == "x.zip in mail.eml"
    found = the_workbook(packed(("b.eml", as_bytes(letter(("a.xlsx", workbook()))))), "a.zip").whence
    assert (found.source, found.sender, found.inner_sender) == ("b.eml in a.zip", "ann@hub.example", "")


def test_an_outlook_message_tells_what_a_mail_tells() -> None:
    """Also one without internet headers, as in a folder of sent mail, and one with them."""
    whence = the_workbook(outlook_message(attachment("a.xlsx", workbook())), "a.msg").whence
    assert (whence.sender, whence.message_id) == ("Ann.Example@hub.example", "<msg-1@hub.example>")
    assert whence.date == datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
    headers = f"From: Bob <bob@Hub.example>\r\nDate: Tue, 12 May 2026 11:00:00 +0100\r\nReferences: {ORIGINAL}\r\n"
    whence = the_workbook(outlook_message(attachment("a.xlsx", workbook()), headers=headers), "a.msg").whence
    assert (whence.sender, whence.in_reply_to) == ("bob@hub.example", (ORIGINAL,))
    assert whence.date == datetime(2026, 5, 12, 10, 0, tzinfo=UTC)


def test_pictures_in_the_text_of_an_outlook_message_are_left_out() -> None:
    """Outlook marks them as hidden; a file that was not sent but linked is told."""
    hidden = attachment("image001.png", LOGO * 100, p3712_001F="image001@x", p7FFE_000B=1)
    link = {key: value for key, value in attachment("b.xlsx", b"").items() if "3701" not in key}
    found = items(outlook_message(hidden, link), "a.msg")
    assert [type(item) for item in found] == [LeftOut, Unusable]
    assert "only a link" in found[1].why  # type: ignore[union-attr]


@pytest.mark.parametrize("cut", [600, 3000, 20_000])
def test_a_damaged_outlook_message_is_unusable(cut: int) -> None:
    """One that is cut off, or of which a part is noise, is for a person to look at."""
    whole = outlook_message(attachment("a.xlsx", workbook()))
    broken = whole[:cut] + b"\xff" * 700 + whole[cut + 700 :]
    for data in (whole[:cut], broken):
        assert all(isinstance(item, Unusable | Attached | NoAttachment) for item in items(data, "a.msg"))
    assert "Outlook" in why(whole[:-2000], "a.msg") or the_workbook(whole)


# ---- broken mails ----


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"charset=utf-8", b"charset=klingon"),
        (b"charset=utf-8", b"charset*=x''%ff%fe"),
        (b"MIME-Version: 1.0\r\n", b""),
        (b"Message-ID: <r-1@hub.example>\r\n", b""),
        (b"Date: Tue, 12 May 2026 10:15:00 +0200", b"Date: yesterday"),
        (b"Date: Tue, 12 May 2026 10:15:00 +0200", b"Date: Tue, 99 May 99999 99:99:99 +9999"),
        (b"From: Ann Example <ann@hub.example>", b"From: =?utf-8?q?=ff=fe?= <<(((("),
        (b"Subject: AW: Your return", b"Subject: \xff\xfe\r\nno header at all\r\n: empty"),
        (b"--Apple-Mail-1--\r\n", b""),
        (b"UEsDB", b"  !%\r\n\xfcUEsDB"),
    ],
)
def test_a_broken_mail_gives_its_workbook(old: bytes, new: bytes) -> None:
    """A wrong character set, date or header, a missing end or noise in the middle hinder nothing."""
    data = apple = LETTERS["apple"](workbook())
    data = data.replace(old, new)
    assert data != apple
    the_workbook(data)


def test_a_mail_that_does_not_say_where_its_parts_begin_is_read() -> None:
    """Without the boundary, or with a wrong one, the parts are found by how they look."""
    whole = LETTERS["thunderbird"](workbook())
    for stated in (b"", b"; boundary", b"; boundary=other"):
        the_workbook(whole.replace(b'; boundary="------------0Xy"', stated))


def test_without_a_date_the_servers_date_counts() -> None:
    """When a mail tells no date that can be read, the server's counts; without that, there is none."""
    received = "from x by y; Tue, 12 May 2026 08:16:00 +0000"
    for date in ("", "some day", "Thu, 01 Jan 1970 00:00:00 +0000"):
        data = as_bytes(letter(("a.xlsx", workbook()), Received=received, Date=date))
        assert the_workbook(data).whence.date == datetime(2026, 5, 12, 8, 16, tzinfo=UTC)
    assert the_workbook(as_bytes(letter(("a.xlsx", workbook()), Date=""))).whence.date is None


@pytest.mark.parametrize(
    ("stated", "address"),
    [
        ("ann@HUB.example", "ann@hub.example"),
        ('"Example, Ann" <ann@hub.example>', "ann@hub.example"),
        ('"bob@there.example" <ann@hub.example>', "ann@hub.example"),
        ("ann@hub.example, bob@there.example", "ann@hub.example"),
        ("=?utf-8?q?J=C3=BCrgen?= <ann@hub.example>", "ann@hub.example"),
        ("Ann <ann@hub.example", "ann@hub.example"),
        ("undisclosed", ""),
        ("(" * 3000, ""),
        ("ann@hub.example\x00", "ann@hub.example"),
    ],
)
def test_the_sender_is_the_address_in_from(stated: str, address: str) -> None:
    """The first address counts, its domain in lower case; a name that looks like an address does not."""
    data = f"From: {stated}\r\nReply-To: other@x.example\r\nSubject: x\r\nTo: y\r\n\r\nHi\r\n".encode()
    (found,) = items(data)
    assert found.whence.sender == address


@pytest.mark.parametrize(
    "data",
    [
        b"From: a@b.example\r\nSubject: x\r\n",
        b"From: a@b.example\nSubject: x\n\n",
        b"\r\n\r\nFrom: a@b.example\r\nSubject: x\r\n\r\nHi",
        b"From: a@b.example\rSubject: x\r\rHi",
        b"From: a@b.example\r\nX-Nothing\x00: \x00\r\nSubject: x\r\n\r\n\x00\x00",
        b"From: a@b.example\r\n" + b"X-Long: " + b"y" * 3_000_000 + b"\r\nSubject: z\r\n\r\nHi",
        b"From: a@b.example\r\n" + b"X-Many: y\r\n" * 100_000 + b"\r\nHi",
        b"",
        b"\x00",
        b"hello",
    ],
)
def test_the_strangest_mails_give_something(data: bytes) -> None:
    """Only headers, none at all, very long ones and zero bytes: each file gives exactly one item."""
    assert len(items(data)) == 1


# ---- archives ----


def locked(data: bytes) -> bytes:
    """The archive with its entries marked as locked with a password."""
    made = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = made.find(mark)
        while place >= 0:
            made[place + at] |= 1
            place = made.find(mark, place + 1)
    return bytes(made)


def test_locked_archives_are_told_with_what_to_do() -> None:
    """A password-locked archive is not an empty one."""
    assert "password" in why(locked(packed(("a.csv", b"1;2"))))


@pytest.mark.parametrize(
    "start", [b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c\x00\x04", b"\x1f\x8b\x08\x00", b"BZh91AY", b"\xfd7zXZ\x00"]
)
def test_archives_of_other_kinds_are_told(start: bytes) -> None:
    """What is packed with another program than zip is for a person to unpack."""
    assert "Unpack" in why(start + bytes(100), "a.rar")


def test_bombs_are_not_unpacked() -> None:
    """An archive that unpacks to far more than is usual is told, and what else is in it comes out."""
    data = packed(("bomb.xlsx", bytes(30_000_000)), ("a.xlsx", workbook()))
    bomb, good = items(data, "a.zip")
    assert isinstance(bomb, Unusable) and "attack" in bomb.why
    assert isinstance(good, Attached) and good.data == workbook()


def test_too_many_files_are_told() -> None:
    """An archive of many small files ends with a word about it, not with a full memory."""
    data = packed(*((f"{number}", b"") for number in range(6_000)), method=zipfile.ZIP_STORED)
    assert "5,000 files" in items(data, "a.zip")[-1].why  # type: ignore[union-attr]
    more = packed(*((f"{number:040}", b"") for number in range(60_000)), method=zipfile.ZIP_STORED)
    assert "5,000 files" in why(more)


def test_archives_within_archives_end() -> None:
    """One archive in another is opened, a third is not."""
    twice = packed(("x.zip", packed(("y.zip", packed(("a.xlsx", workbook()))))))
    assert "within each other" in why(twice)


@pytest.mark.parametrize(
    ("name", "is_shown"),
    [
        ("../../etc/passwd.xlsx", "passwd.xlsx"),
        ("/abs/a.xlsx", "a.xlsx"),
        ("C:\\x\\a.xlsx", "a.xlsx"),
        ("a\u202exslx.exe", "axslx.exe"),
        ("a\x1b[31m.xlsx", "a[31m.xlsx"),
        ("a\u00a0b\ue000.xlsx", "a b.xlsx"),
        ("..", "attachment"),
        ("Bücher.xlsx", "Bücher.xlsx"),
        ("x" * 400 + ".xlsx", "x" * 140 + "….xlsx"),
    ],
)
def test_names_never_become_paths(name: str, is_shown: str) -> None:
    """A name is shown without folders, control characters and tricks, from an archive and from a mail."""
    assert the_workbook(packed((name, workbook())), "a.zip").name == is_shown
    if name.isprintable():
        assert the_workbook(as_bytes(letter((name, workbook())))).name == is_shown


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_names_of_entries_are_read_as_they_were_written(encoding: str) -> None:
    """Some programs write UTF-8 without saying so; others write what DOS wrote."""
    made = packed(("Xucher.xlsx", workbook())).replace(b"Xucher", "Xücher".encode(encoding)[:6])
    raw = "Xücher.xlsx".encode(encoding)
    made = packed(("-" * len(raw), workbook())).replace(b"-" * len(raw), raw)
    assert the_workbook(made, "a.zip").name == "Xücher.xlsx"


def test_what_programs_leave_in_archives_is_left_out() -> None:
    """Notes of operating systems, lock files and texts come out as left out."""
    names = ("__MACOSX/._a.xlsx", ".DS_Store", "~$a.xlsx", "Thumbs.db", "read me.txt")
    found = items(packed(*((name, b"\0x" if "txt" not in name else b"hello") for name in names)), "a.zip")
    assert [type(item) for item in found] == [LeftOut] * 5


def test_empty_containers_are_told_or_left_out() -> None:
    """An archive without files is told; Outlook's container without files is only the text once more."""
    assert "no files" in why(packed())
    assert [type(item) for item in items(as_bytes(letter(("winmail.dat", winmail()))))] == [LeftOut, NoAttachment]


def test_damaged_archives_are_told_and_damaged_workbooks_passed_on() -> None:
    """Half a workbook is one for the reader to refuse; half an archive is for a person."""
    found = items(workbook()[:50_000], "a.xlsx")
    assert [type(item) for item in found] == [Attached]
    assert "damaged" in why(packed(("a.csv", b"1;2" * 100))[:-30])


def test_a_document_of_numbers_that_was_packed_is_told() -> None:
    """Apple's documents are folders, which mail programs pack."""
    assert "Numbers" in why(packed(("return.numbers/Index.zip", b"PK"), ("return.numbers/preview.jpg", b"x")))


def test_a_damaged_winmail_is_told_with_what_to_ask_for() -> None:
    """What the sender has to change is said."""
    data = bytearray(winmail(("a.xlsx", workbook())))
    data[5000] ^= 1
    assert "Rich Text" in why(bytes(data), "winmail.dat")
    assert "Rich Text" in why(bytes(data[:4000]), "winmail.dat")


# ---- files of mails ----


def test_a_file_of_mails_gives_each_mail(tmp_path: Path) -> None:
    """Each mail counts for itself, numbered, also when a program has quoted lines in it."""
    box = mailbox.mbox(tmp_path / "Inbox")
    for number in range(3):
        made = letter(("a.xlsx", workbook()), Message_ID=f"<{number}@hub.example>")
        made.preamble = "x\n\nFrom the beginning\nFrom ann@hub.example Tue May 12 10:15:00 2026\n"
        box.add(made)
    box.close()
    found = [item for item in items((tmp_path / "Inbox").read_bytes(), "Inbox") if isinstance(item, Attached)]
    assert [item.whence.source for item in found] == [f"Inbox, mail {number}" for number in (1, 2, 3)]
    assert [item.whence.message_id for item in found] == [f"<{number}@hub.example>" for number in range(3)]
    assert {item.data for item in found} == {workbook()}


def test_texts_that_begin_with_from_divide_no_mail() -> None:
    """A sentence is no new mail; a line of the kind with a time and a header after it is."""
    text = b"From Monday 10:00 on we are back.\nFrom: here\n\n"
    first = letter(("a.xlsx", workbook())).as_bytes().replace(b"here it is.\n", b"here it is.\n\n" + text)
    sources = [item.whence.source for item in items(as_mbox(first, first), "x") if isinstance(item, Attached)]
    assert len(sources) == 2


# ---- hostile ----


def nested_parts(count: int) -> bytes:
    made = b"From: a@b.example\r\nSubject: x\r\n"
    for number in range(count):
        made += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number)
    return made


def nested_mails(count: int) -> bytes:
    return b"From: a@b.example\r\nSubject: x\r\nContent-Type: message/rfc822\r\n\r\n" * count


def repeated(line: bytes, kind: bytes = b'multipart/mixed; boundary="b"') -> bytes:
    return b"From: a@b.example\r\nSubject: x\r\nContent-Type: " + kind + b"\r\n\r\n" + line * (8_000_000 // len(line))


HOSTILE = {
    "parts in parts": lambda: nested_parts(10_000),
    "mails in mails": lambda: nested_mails(1_000),
    "parts side by side": lambda: repeated(b"--b\n"),
    "nearly boundaries": lambda: repeated(b"--bb\n"),
    "boundaries in one line": lambda: repeated(b"--b "),
    "a boundary of dashes": lambda: repeated(b"-", b'multipart/mixed; boundary="-"'),
    "a status of many": lambda: repeated(
        b"Action: failed\n\n", b'multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: message/delivery-status'
    ),
    "headers": lambda: b"From: a@b.example\r\nSubject: x\r\n" + b"a:\n" * 3_000_000,
    "a folded header": lambda: b"From: a@b.example\r\nSubject: x\r\n" + b" y\r\n" * 2_000_000,
    "parameters": lambda: repeated(b"x", b'text/plain; name="' + b";" * 200_000),
    "numbered parameters": lambda: repeated(
        b"x", b"application/x" + b"".join(b"; name*%d*=x" % number for number in range(5000))
    ),
    "encoded words": lambda: b"From: " + b"=?utf-8?q?a?= " * 300_000 + b"\r\nSubject: x\r\n\r\n",
    "padding": lambda: repeated(b"A===", b"application/x\r\nContent-Transfer-Encoding: base64"),
    "a notice of words": lambda: (
        b"Return-Path: <>\r\nFrom: MAILER-DAEMON@b.example\r\nContent-Type: text/plain\r\n\r\n" + b"<a@b> : " * 500_000
    ),
    "a digest": lambda: repeated(b"--b\n\n", b'multipart/digest; boundary="b"'),
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mails_end(made: Callable[[], bytes]) -> None:
    """A mail built to keep a program busy gives something, with its sender, within a processor time that ends."""
    import time

    data = made()
    begun = time.process_time()
    found = items(data)
    assert time.process_time() - begun < 10  # they take well below a second; a wrong way of reading takes minutes
    assert found and all(item.whence.sender in ("a@b.example", "MAILER-DAEMON@b.example", "") for item in found)


def test_what_is_too_deep_is_told() -> None:
    """Mails in mails are followed so far, and then told."""
    assert "within each other" in why(nested_mails(1_000), "a.eml")
    assert "parts within parts" in why(nested_parts(1_000), "a.eml")


def test_entries_that_overlap_or_lie_are_told() -> None:
    """An archive whose table of contents promises another size than there is does not come out wrong."""
    data = packed(("a.csv", b"1;2\n" * 100))
    place = data.find(b"PK\x01\x02")
    lying = data[: place + 24] + (1000).to_bytes(4, "little") + data[place + 28 :]
    assert "damaged" in why(lying)
