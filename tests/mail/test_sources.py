"""Files and folders that somebody names become a stream of items."""

from __future__ import annotations

import mailbox
import os
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mail.cfb import attachment, outlook_message
from mail.letters import as_bytes, letter, packed, workbook

from kil_xlsx.errors import UsageProblem
from kil_xlsx.mail.items import Attached, Item, LeftOut, NoAttachment, Unusable
from kil_xlsx.pipeline.collection.sources import count, gathered

MODIFIED = 1_780_000_000


def kinds(items: list[Item]) -> Counter[type]:
    return Counter(map(type, items))


def maildir(folder: Path, mails: int) -> mailbox.Maildir:
    box = mailbox.Maildir(folder, create=True)
    for number in range(mails):
        made = letter(("a.xlsx", workbook()), Message_ID=f"<{number}@hub.example>")
        box.add(mailbox.MaildirMessage(made))
    return box


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a workbook in each of the ways in which it may lie there."""
    mail = as_bytes(letter(("a.xlsx", workbook())))
    (tmp_path / "a.xlsx").write_bytes(workbook())
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.eml").write_bytes(mail)
    (tmp_path / "sub" / "c.msg").write_bytes(outlook_message(attachment("c.xlsx", workbook())))
    (tmp_path / "d.zip").write_bytes(packed(("d.xlsx", workbook()), ("e.eml", mail)))
    box = mailbox.mbox(tmp_path / "Inbox")
    box.add(mail)
    box.add(mail)
    box.close()
    maildir(tmp_path / "Mails", 2).close()
    return tmp_path


def test_workbooks_come_out_as_they_went_in(folder: Path) -> None:
    """Each workbook of a folder comes out, from whatever it lies in, as it went in."""
    found = [item for item in gathered([folder]) if isinstance(item, Attached)]
    assert len(found) == 9
    assert {item.data for item in found} == {workbook()}
    sources = {item.whence.source for item in found}
    name = folder.name
    assert {f"{name}/a.xlsx", f"{name}/sub/b.eml", f"e.eml in {name}/d.zip", f"{name}/Inbox, mail 2"} <= sources


def test_files_are_counted_beforehand(folder: Path) -> None:
    """What is told of the progress fits what was counted; a Maildir counts each of its mails."""
    told: list[tuple[int, int, str]] = []
    list(gathered([folder], progress=lambda *each: told.append(each)))
    assert count([folder]) == 7
    assert [done for done, _, _ in told] == list(range(8))
    assert {total for _, total, _ in told} == {7}


def test_a_plain_file_has_no_date_but_a_time_of_change(tmp_path: Path) -> None:
    """When it was sent is not known of a file; when it was last changed is, and of a mail both."""
    (tmp_path / "a.xlsx").write_bytes(workbook())
    (tmp_path / "b.eml").write_bytes(as_bytes(letter(("a.xlsx", workbook()))))
    for path in tmp_path.iterdir():
        os.utime(path, (MODIFIED, MODIFIED))
    plain, mail = (item.whence for item in gathered([tmp_path]) if isinstance(item, Attached))
    assert (plain.date, plain.modified) == (None, datetime.fromtimestamp(MODIFIED, UTC))
    assert (mail.date is not None, mail.modified) == (True, datetime.fromtimestamp(MODIFIED, UTC))


def test_a_missing_path_is_told_before_anything_is_read(tmp_path: Path) -> None:
    """A misspelt path stops everything."""
    (tmp_path / "a.xlsx").write_bytes(workbook())
    with pytest.raises(UsageProblem, match=r"nothing\.xlsx"):
        gathered([tmp_path / "a.xlsx", tmp_path / "nothing.xlsx"])


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    """By its own name, by its folder and by a link: it is one file."""
    (tmp_path / "a.xlsx").write_bytes(workbook())
    found = list(gathered([tmp_path / "a.xlsx", tmp_path]))
    assert kinds(found) == {Attached: 1, LeftOut: 1}
    assert found[1].why == "given twice"  # type: ignore[union-attr]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A link to nowhere is for a person to look at; the other files are read."""
    (tmp_path / "gone.xlsx").symlink_to(tmp_path / "nothing")
    (tmp_path / "a.xlsx").write_bytes(workbook())
    good, bad = gathered([tmp_path])
    assert isinstance(good, Attached)
    assert isinstance(bad, Unusable) and "it is not there" in bad.why


@pytest.mark.skipif(os.name != "posix", reason="this system has no such things")
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    """A pipe that nobody writes to does not stop the program."""
    os.mkfifo(tmp_path / "a.xlsx")
    (found,) = gathered([tmp_path])
    assert isinstance(found, Unusable)


def test_what_is_no_return_is_left_out(tmp_path: Path) -> None:
    """Lock files, texts and hidden files are told as left out."""
    for name in ("~$a.xlsx", "notes.txt", ".hidden", "Inbox.msf"):
        (tmp_path / name).write_bytes(b"x")
    assert kinds(list(gathered([tmp_path]))) == {LeftOut: 4}


def test_each_file_of_a_maildir_is_a_mail(tmp_path: Path) -> None:
    """Also one that does not look like a mail; what has not arrived completely and notes of programs are left out."""
    tmp_path /= "Mails"
    maildir(tmp_path, 1).close()
    (tmp_path / "cur" / "1.x:2,S").write_bytes(b"hello")
    (tmp_path / "tmp" / "2.x").write_bytes(as_bytes(letter(("a.xlsx", workbook()))))
    (tmp_path / "dovecot-uidlist").write_bytes(b"3 V1 N1\n")
    found = list(gathered([tmp_path]))
    assert kinds(found) == {NoAttachment: 1, Attached: 1, LeftOut: 2}


def test_a_single_mail_of_a_maildir_is_a_mail(tmp_path: Path) -> None:
    """Also when its folder, or the mail alone, is named."""
    tmp_path /= "Mails"
    maildir(tmp_path, 1).close()
    (mail,) = (tmp_path / "new").iterdir()
    assert kinds(list(gathered([tmp_path / "new"]))) == {Attached: 1}
    assert kinds(list(gathered([mail]))) == {Attached: 1}


def test_a_large_file_of_mails_does_not_fill_the_memory(tmp_path: Path) -> None:
    """A mailbox is gone through mail by mail: the memory it takes does not grow with it."""
    mail = b"From x@y.example Tue May 12 10:15:00 2026\n" + letter(("a.xlsx", workbook())).as_bytes() + b"\n"
    mails = 100
    with (tmp_path / "Inbox").open("wb") as file:
        for _ in range(mails):
            file.write(mail)
    tracemalloc.start()
    try:
        found = sum(isinstance(item, Attached) for item in gathered([tmp_path / "Inbox"]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == mails
    assert peak < 12 * len(mail) < mails * len(mail)


def test_a_large_archive_does_not_fill_the_memory(tmp_path: Path) -> None:
    """An archive is gone through file by file."""
    (tmp_path / "a.zip").write_bytes(packed(*((f"{number}.xlsx", workbook()) for number in range(100))))
    tracemalloc.start()
    try:
        found = sum(isinstance(item, Attached) for item in gathered([tmp_path / "a.zip"]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == 100
    assert peak < 12 * len(workbook())
