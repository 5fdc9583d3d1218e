"""The settings of a collection: read whole, and everything that is wrong with them told at once."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import msgspec
import pytest

from kil_xlsx.core.collection import Purpose
from kil_xlsx.core.settings import MailTexts, Security, Settings
from kil_xlsx.definitions.settings import load_settings
from kil_xlsx.errors import DefinitionError, Fault

WHOLE = """\
[collection]
title = "Spring"
framework = "keep-it-local"
round = "2026"
due = 2026-05-31
contact = "The desk"
organisations = "list.xlsx"
theme = "theme.yaml"
keep_until = "31 May 2028"
role = "secretary"

[sender]
name = "The team"
address = "round@council.example"
reply_to = "returns@council.example"

[smtp]
host = "mail.council.example"
security = "tls"
user = "round"
password_env = "KIL_SMTP_PASSWORD"
mails_per_minute = 60

[imap]
host = "mail.council.example"
user = "returns"
folder = "Round"

[mail.to-fix]
subject = "Please look again"
text = '''
Dear {organisation},
key = 3
'''
"""


def load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "collection.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def faults(tmp_path: Path, text: str) -> dict[str, Fault]:
    """What is wrong with some settings, by key."""
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, text)
    found = {fault.key: fault for fault in caught.value.faults}
    assert len(found) == len(caught.value.faults)
    return found


def test_everything_may_be_left_out(tmp_path: Path) -> None:
    """An empty file is a whole set of settings, without any server."""
    settings = load(tmp_path, "")
    assert settings == Settings()
    assert settings.smtp is None and settings.imap is None
    assert (settings.collection.framework, settings.collection.role) == ("keep-it-local", "coordinator")


def test_every_setting_is_read(tmp_path: Path) -> None:
    """All keys there are come out as they were written, days as days."""
    settings = load(tmp_path, WHOLE)
    said = settings.collection
    assert (said.title, said.round_id, said.organisations, said.role) == ("Spring", "2026", "list.xlsx", "secretary")
    assert (said.due, said.keep_until) == (date(2026, 5, 31), date(2028, 5, 31))
    assert settings.smtp is not None and settings.imap is not None
    assert (settings.smtp.port_number, settings.smtp.mails_per_minute) == (465, 60)
    assert (settings.imap.port_number, settings.imap.folder, settings.imap.security) == (993, "Round", Security.TLS)
    assert settings.wording(Purpose.TO_FIX).text.startswith("Dear {organisation},")
    assert settings.wording(Purpose.REMINDER).subject == ""


def test_every_kind_of_mail_has_its_section() -> None:
    """Whatever mail there is can be worded in the settings, under its own name."""
    assert set(MailTexts.__struct_encode_fields__) == set(Purpose)
    for purpose in Purpose:
        said = msgspec.convert({"mail": {purpose.value: {"subject": "x"}}}, Settings)
        assert said.wording(purpose).subject == "x"


@pytest.mark.parametrize("written", ["2026-05-31", '"2026-05-31"', '"31/05/2026"', '"31 May 2026"', '" 31 May 2026 "'])
def test_days_may_be_written_as_elsewhere(tmp_path: Path, written: str) -> None:
    """A day is TOML's own, or a text in any form that the commands take."""
    assert load(tmp_path, f"[collection]\ndue = {written}\n").collection.due == date(2026, 5, 31)


@pytest.mark.parametrize("key", ["title", "framework", "round", "contact", "organisations", "theme", "role"])
def test_a_blank_is_as_good_as_no_line(tmp_path: Path, key: str) -> None:
    """A text that was left blank means the same as a line that was left out, whichever it is."""
    assert load(tmp_path, f'[collection]\n{key} = " "\n[sender]\nname = ""\n') == load(tmp_path, "")


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Wrong keys, kinds, words, days and addresses are told in one go, each with its line and what to do."""
    found = faults(
        tmp_path,
        """\
title = "x"
smtp = 3
[collection]
titel = "A"
round = 2026
framework = "keep-it-lokal"
due = "31 Mai 2026"
keep_until = 1626-05-31
contact = ["x"]
[sender]
address = "sam"
reply_to = 3
[imap]
host = "https://mail.council.example"
port = "993"
security = "sll"
user = "x"
ca_file = "nowhere.pem"
[mail.remindre]
text = "x"
[mail.reminder]
txt = "x"
""",
    )
    told = {key: (fault.line, fault.message) for key, fault in found.items()}
    assert told == {
        "title": (1, "the setting 'title' stands in no section."),
        "smtp": (2, "should be a section."),
        "collection.titel": (4, "unknown key 'titel'; did you mean 'title'?"),
        "collection.round": (5, "should be text, found the number 2026."),
        "collection.framework": (6, "there is no framework 'keep-it-lokal'; did you mean 'keep-it-local'?"),
        "collection.due": (7, "'31 Mai 2026' is not a day."),
        "collection.keep_until": (8, "'1626-05-31' is not a day."),
        "collection.contact": (9, "should be text, found a list."),
        "sender.address": (11, "'sam' is not a mail address."),
        "sender.reply_to": (12, "should be text, found the number 3."),
        "imap.host": (14, "'https://mail.council.example' is not the name of a server."),
        "imap.port": (15, "should be a whole number, found the text '993'."),
        "imap.security": (16, "should be one of none, starttls, tls, found 'sll'."),
        "imap.ca_file": (18, "there is no file 'nowhere.pem'."),
        "mail.remindre": (19, "unknown key 'remindre'; did you mean 'reminder'?"),
        "mail.reminder.txt": (22, "unknown key 'txt'; did you mean 'text'?"),
    }
    assert all(fault.remedy for fault in found.values())
    assert found["title"].remedy == "Write it below the line [collection]."


@pytest.mark.parametrize("key", ["password", "Password", "passwd", "token"])
def test_no_password_stands_in_the_file(tmp_path: Path, key: str) -> None:
    """A password is refused with what to do instead, and is not said again."""
    text = f'[sender]\naddress = "a@b.example"\n[smtp]\nhost = "x.example"\nuser = "u"\n{key} = "hunter2"\n'
    (fault,) = faults(tmp_path, text).values()
    assert (fault.line, fault.key) == (6, f"smtp.{key}")
    assert "password_env" in fault.remedy
    assert "hunter2" not in str(fault)


@pytest.mark.parametrize("value", ['"hunter2!"', '"two words"', "12345", '["x"]'])
def test_the_name_of_a_variable_is_no_password(tmp_path: Path, value: str) -> None:
    """What cannot be the name of a variable may be the password itself, so it is not repeated."""
    text = f'[sender]\naddress = "a@b.example"\n[smtp]\nhost = "x.example"\nuser = "u"\npassword_env = {value}\n'
    (fault,) = faults(tmp_path, text).values()
    assert fault.message == "is not the name of an environment variable."
    assert value.strip('"[]') not in str(fault)


@pytest.mark.parametrize(
    ("lines", "key", "message"),
    [
        ('host = "mail.example"\nuser = "u"\nsecurity = "none"', "smtp.security", "the password would travel"),
        ('user = "u"', "smtp", "the server's name is missing"),
        ('host = "mail.example"\npassword_env = "X"', "smtp.password_env", "a password is named, but no user"),
        ('host = "mail.example"\nmails_per_minute = 0', "smtp.mails_per_minute", "should be at least 1"),
        ('host = "mail.example"\nport = 70000', "smtp.port", "should be at most 65535"),
    ],
)
def test_servers(tmp_path: Path, lines: str, key: str, message: str) -> None:
    """What cannot work with a server, or would give the password away, is found before anything is sent."""
    found = faults(tmp_path, f'[sender]\naddress = "a@b.example"\n[smtp]\n{lines}\n')
    assert list(found) == [key]
    assert found[key].message.startswith(message)


def test_a_server_on_the_same_computer_needs_no_encryption(tmp_path: Path) -> None:
    """Where nothing leaves the computer, a login in the clear is allowed."""
    text = '[sender]\naddress = "a@b.example"\n[smtp]\nhost = "127.0.0.1"\nport = 2525\nsecurity = "none"\nuser = "u"\n'
    settings = load(tmp_path, text)
    assert settings.smtp is not None
    assert settings.smtp.port_number == 2525


def test_mails_need_a_sender(tmp_path: Path) -> None:
    """Whoever names a server is asked whom the mails are from."""
    assert list(faults(tmp_path, '[smtp]\nhost = "mail.example"\n')) == ["sender"]


@pytest.mark.parametrize("key", ["title", "contact", "round", "role"])
def test_what_goes_on_one_line_is_one_line(tmp_path: Path, key: str) -> None:
    """A line break cannot get into the head of a mail or a workbook."""
    assert list(faults(tmp_path, f'[collection]\n{key} = "a\\r\\nBcc: x@y.example"\n')) == [f"collection.{key}"]
    assert list(faults(tmp_path, '[sender]\nname = "a\\nBcc: x@y.example"\n')) == ["sender.name"]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[collection]\ntitle = Spring\n", 2, "Put texts in quotes"),
        ('[collection]\ntitle = "Spring\n', 2, "on a line of its own"),
        ('[collection]\norganisations = "C:\\lists\\x.csv"\n', 2, "write / in paths"),
        ('[collection]\ntitle = "a"\ntitle = "b"\n', 3, "Keep one of the two."),
        ('[collection]\n[sender]\n[collection]\ntitle = "b"\n', 3, "Keep one of the two."),
        ("[collection\n", 1, "on a line of its own"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    """Where the file stops being understood is named, with what that usually is."""
    (fault,) = faults(tmp_path, text).values()
    assert fault.line == line
    assert says in fault.remedy


def test_other_files(tmp_path: Path) -> None:
    """What is no text in UTF-8, is too large or is no file is refused in plain words; a byte-order mark is not."""
    path = tmp_path / "collection.toml"
    for content in (b"title = \xff", b"#" * 2_000_000):
        path.write_bytes(content)
        with pytest.raises(DefinitionError, match=r"UTF-8|too large"):
            load_settings(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(DefinitionError, match="not a file"):
        load_settings(path)
    path.rmdir()
    path.write_bytes(b'\xef\xbb\xbf[collection]\r\ntitle = "a"\r\n')
    assert load_settings(path).collection.title == "a"


def test_texts_over_several_lines_do_not_shift_lines(tmp_path: Path) -> None:
    """What looks like a setting inside a text is part of the text."""
    found = faults(tmp_path, '[mail.reminder]\ntext = """\n[sender]\nname = 3\n"""\n[sender]\nname = 3\n')
    assert {key: fault.line for key, fault in found.items()} == {"sender.name": 7}


def test_the_whole_example_is_toml() -> None:
    """The example that these tests stand on is what it is meant to be."""
    assert set(tomllib.loads(WHOLE)) == set(Settings.__struct_fields__)
