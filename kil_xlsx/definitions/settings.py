"""Reading and checking the settings of a collection: ``collection.toml``."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import msgspec

from kil_xlsx.core import days
from kil_xlsx.core.settings import MailTexts, Security, Settings
from kil_xlsx.definitions.load import available
from kil_xlsx.definitions.places import KeyPath, Places, Spot, in_order
from kil_xlsx.definitions.schema import settings_schema
from kil_xlsx.definitions.structure import structural_faults
from kil_xlsx.definitions.wording import counted, did_you_mean, listed, shortened
from kil_xlsx.errors import DefinitionError, Fault

_MOST_BYTES = 1_000_000
_DAYS = (("collection", "due"), ("collection", "keep_until"))
_ADDRESSES = (("sender", "address"), ("sender", "reply_to"))
_SERVERS = ("smtp", "imap")
_SECRETS = frozenset(("password", "passwd", "pass", "pwd", "secret", "token", "key", "api_key"))
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_ADDRESS = re.compile(r"[^\s@,;<>\"()]+@[^\s@,;<>\"()]+\.[^\s@,;<>\"().]{2,}")
_OTHER_ADDRESS = re.compile(r"[^\s@,;<>\"()]+@localhost")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_HERE = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1")
_HEADER = re.compile(r"""\s*\[\s*([\w.\s"'-]+?)\s*\]\s*(#.*)?""")
_KEY = re.compile(r"""\s*(["']?)([\w-]+)\1((?:\s*\.\s*["']?[\w-]+["']?)*)\s*=""")
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")


Check = Callable[[Settings, Places], Iterable[Fault]]
"""A further check, of what can be used of the settings."""


def load_settings(path: Path, check: Check | None = None, also: Check | None = None) -> Settings:
    """Read the settings of a collection and check all of them.

    :param check: looks for what cannot be known here, such as faults in the wording of mails.
    :param also: looks for faults that are told with others, and by themselves are none of the settings.
    :raises DefinitionError: when anything is wrong with the file; it lists everything that was found.
    """
    return understood(_text(path), path, check, also)


def understood(text: str, path: Path, check: Check | None = None, also: Check | None = None) -> Settings:
    """The same for the text of a file that is to be called ``path``."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refused(path, [_not_toml(path, text, error)]) from None
    except RecursionError:
        raise _refused(path, [Fault(path.name, None, "", "is nested too deeply.", "Write it anew.")]) from None
    places = Places(path.name, data, _lines(path.name, text))
    faults: list[Fault] = []
    plain: dict[str, Any] = {key: _plain(value) for key, value in data.items()}
    faults += _not_sections(plain, places)
    faults += _secrets(plain, places)
    faults += _days(plain, places)
    _without_blanks(plain)
    try:
        settings = msgspec.convert(plain, Settings)
    except msgspec.ValidationError as refusal:
        found = structural_faults(plain, places, refusal, schema=settings_schema())
        faults += [_in_toml(fault) for fault in found]
        settings = _sound(plain)
    faults += _value_faults(settings, places, path)
    faults += check(settings, places) if check is not None else ()
    if faults:
        faults += also(settings, places) if also is not None else ()
        raise _refused(path, faults)
    return settings


def _refused(path: Path, faults: Sequence[Fault]) -> DefinitionError:
    listed_once = in_order(faults, [path.name])
    message = f"The settings {path} cannot be used: {counted(len(listed_once), 'fault')}."
    return DefinitionError(message, listed_once, "Put these right, then run the command again.")


# From a file to plain data


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise _refused(path, [Fault(path.name, None, "", "is not a file.", "Write it, or restore it from a copy.")])
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(path, [Fault(path.name, None, "", "is too large.", "Check that this is the right file.")])
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        why = f"cannot be opened: {error.strerror or type(error).__name__}."
        raise _refused(path, [Fault(path.name, None, "", why, "Check the file and its permissions.")]) from None
    except UnicodeDecodeError:
        fault = Fault(path.name, None, "", "is not in UTF-8.", "Save it again, and choose UTF-8 as its encoding.")
        raise _refused(path, [fault]) from None


def _not_toml(path: Path, text: str, error: tomllib.TOMLDecodeError) -> Fault:
    """Where the file stops being understood, and what that usually is."""
    words = str(error)
    at = _AT_LINE.search(words)
    line = int(at[1]) if at else len(text.splitlines()) or 1
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    key = _KEY.match(written)
    what = "cannot be understood from here on"
    remedy = 'Write each setting on a line of its own, such as title = "Spring round", with texts in quotes.'
    if "overwrite" in words or "declare" in words or "twice" in words:
        what, remedy = "stands here a second time", "Keep one of the two."
    elif "\\" in written:
        remedy = "In double quotes \\ begins a code: write / in paths, or put the text in single quotes."
    elif key is not None and not written.partition("=")[2].strip().startswith(('"', "'")):
        remedy = 'Put texts in quotes, such as title = "Spring round".'
    named = key[2] if key is not None else ""
    return Fault(path.name, line, named, f"{what}.", remedy)


def _lines(name: str, text: str) -> dict[KeyPath, Spot]:
    """The line of every section and key, as well as it can be told without the parser's help."""
    found: dict[KeyPath, Spot] = {(): (name, 1)}
    section: KeyPath = ()
    within = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if within:  # a text over several lines
            within = "" if line.count(within) % 2 else within
            continue
        header, key = _HEADER.fullmatch(line), _KEY.match(line)
        if header:
            section = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            for length in range(1, len(section) + 1):
                found.setdefault(section[:length], (name, number))
        elif key:
            rest = (part.strip().strip("\"'") for part in key[3].split(".")[1:])
            whole = (*section, key[2], *rest)
            for length in range(len(section) + 1, len(whole) + 1):
                found.setdefault(whole[:length], (name, number))
            value = line[key.end() :].strip()
            within = next((mark for mark in ('"""', "'''") if value.startswith(mark) and value.count(mark) == 1), "")
    return found


def _plain(value: Any) -> Any:
    """TOML's days and times as texts, so that one written in the wrong place is a text like any other."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


# What is wrong with it; each of these takes out what it has told, so that nothing is told twice


def _not_sections(plain: dict[str, Any], places: Places) -> Iterator[Fault]:
    """What should be a section and is a single value."""
    for key in [key for key, value in plain.items() if not isinstance(value, dict)]:
        if key in Settings.__struct_fields__:
            remedy = f"Write [{key}] on a line of its own, and its settings below."
            yield places.fault((key,), "should be a section", remedy)
        else:
            yield places.fault((key,), f"the setting '{shortened(key)}' stands in no section", _section_of(key))
        del plain[key]
    mail: dict[str, Any] = plain.get("mail", {})
    for key in [key for key, value in mail.items() if not isinstance(value, dict)]:
        if key in _mails():
            yield places.fault(("mail", key), "should be a section", f"Write [mail.{key}] on a line of its own.")
        else:
            words = f"the setting '{shortened(key)}' belongs to one kind of mail"
            yield places.fault(
                ("mail", key), words, f"Write it below one of: {listed(f'[mail.{m}]' for m in _mails())}."
            )
        del mail[key]


def _mails() -> tuple[str, ...]:
    return MailTexts.__struct_encode_fields__


def _section_of(key: str) -> str:
    """Where a setting belongs that was written above all sections."""
    properties = settings_schema()["$defs"]
    for section, kind in (("collection", "Round"), ("sender", "Sender"), ("smtp", "Smtp")):
        if key in properties[kind]["properties"]:
            return f"Write it below the line [{section}]."
    return "Take it out, or write it below the section that it belongs to."


def _secrets(plain: dict[str, Any], places: Places) -> Iterator[Fault]:
    """Passwords, which have no place in a file that is copied and mailed about.  They are never repeated."""
    for section in plain:
        here = plain[section]
        for key in [key for key in here if key.casefold() in _SECRETS]:
            variable = f"KIL_{section.upper()}_PASSWORD" if section in _SERVERS else "KIL_SMTP_PASSWORD"
            remedy = (
                f'Take it out and write password_env = "{variable}": the environment variable of that name then holds '
                "the password. Without it the program asks. If anybody else could read this file, change the password."
            )
            yield places.fault((section, key), "no password may stand in this file", remedy)
            del here[key]
        name = here.get("password_env")
        if section in _SERVERS and "password_env" in here and not _is_variable(name):
            remedy = 'Write a name such as "KIL_SMTP_PASSWORD", not the password itself, or take out the line.'
            yield places.fault((section, "password_env"), "is not the name of an environment variable", remedy)
            del here["password_env"]


def _is_variable(name: object) -> bool:
    return isinstance(name, str) and (name == "" or _VARIABLE.fullmatch(name) is not None)


def _days(plain: dict[str, Any], places: Places) -> Iterator[Fault]:
    """Days in any form that can be meant, as ISO dates."""
    for section, key in _DAYS:
        here = plain.get(section, {})
        written = here.get(key)
        if not isinstance(written, str):
            continue
        found = days.day(written)
        if found is not None:
            here[key] = found.isoformat()
            continue
        del here[key]
        if written.strip():
            message = f"'{shortened(written)}' is not a day"
            yield places.fault((section, key), message, f"Write it as {days.EXAMPLES}.")


def _without_blanks(plain: dict[str, Any]) -> None:
    """Take out what has been left blank: that is the same as leaving out the line."""
    for section in plain.values():
        for key in [key for key, value in section.items() if isinstance(value, str) and not value.strip()]:
            del section[key]


_REMEDIES = {
    "Write one piece of text; text with a colon and a space in it needs quotes.": "Write one text in quotes.",
    "Write 'key: value' lines, indented under it.": "Write it as a section: its name in [ ] on a line of its own.",
    "Give the value, or take out the key.": "Give the value, or take out the line.",
}


def _in_toml(fault: Fault) -> Fault:
    """A fault with what to do about it as it is done in this kind of file."""
    remedy = _REMEDIES.get(fault.remedy, fault.remedy)
    return Fault(fault.file, fault.line, fault.key, fault.message, remedy)


def _sound(plain: Mapping[str, Any]) -> Settings:
    """As much of the settings as has the right shape, so that the rest can be checked too."""
    usable: dict[str, Any] = {}
    for section, values in plain.items():
        if section == "mail":
            parts: dict[str, Any] = {}
            for key, value in values.items():
                if _fits({"mail": {key: value}}):
                    parts[key] = value
            usable["mail"] = parts
        elif section in Settings.__struct_fields__:
            usable[section] = {key: value for key, value in values.items() if _fits({section: {key: value}})}
    return msgspec.convert(usable, Settings)


def _fits(part: Mapping[str, Any]) -> bool:
    try:
        msgspec.convert(part, Settings)
    except msgspec.ValidationError:
        return False
    return True


def _value_faults(settings: Settings, places: Places, path: Path) -> Iterator[Fault]:
    """What is wrong with values that have the right shape."""
    written = {section: set(values) for section, values in _written(places.data).items()}
    for where, text in _one_liners(settings):
        if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in text):
            yield places.fault(where, "has a line break or a character that cannot be shown", "Write it on one line.")
    for section, key in _ADDRESSES:
        address = getattr(settings.sender, str(key))
        if address and not _is_address(address):
            message = f"'{shortened(address)}' is not a mail address"
            yield places.fault((section, key), message, "Write it as name@council.example.")
    if settings.smtp is not None and not settings.sender.address and "address" not in written.get("sender", ()):
        message = "a mail server is named, but not whom the mails are from"
        yield places.fault(("sender",), message, 'Add address = "name@council.example" below [sender].')
    yield from _framework_faults(settings, places, path)
    for name in _SERVERS:
        yield from _server_faults(name, settings, places, path, written.get(name, set()))


def _written(data: object) -> dict[str, Any]:
    return {key: value for key, value in data.items() if isinstance(value, dict)} if isinstance(data, dict) else {}


def _one_liners(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    """Every text that goes where only one line can stand, such as the head of a mail."""
    for section in ("collection", "sender", *_SERVERS):
        part = getattr(settings, section)
        for info in msgspec.structs.fields(part) if part is not None else ():
            value = getattr(part, info.name)
            if isinstance(value, str):
                yield (section, info.encode_name), value
    for info in msgspec.structs.fields(settings.mail):
        yield ("mail", info.encode_name, "subject"), " ".join(getattr(settings.mail, info.name).subject.splitlines())


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None or _OTHER_ADDRESS.fullmatch(text) is not None


def _framework_faults(settings: Settings, places: Places, path: Path) -> Iterator[Fault]:
    """A framework that is neither one that comes with the program nor a folder beside the settings."""
    name = settings.collection.framework
    head, cut, _ = name.replace("\\", "/").rpartition("/")
    if (
        not {name, head} & set(available())
        and not _exists(path.parent / name)
        and not (cut and _exists(path.parent / head))
    ):
        remedy = f"Comes with the program: {listed(available())}. One of your own is named by the path of its folder."
        message = f"there is no framework '{shortened(name)}'{did_you_mean(name, available())}"
        yield places.fault(("collection", "framework"), message, remedy)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _server_faults(name: str, settings: Settings, places: Places, path: Path, written: set[str]) -> Iterator[Fault]:
    server = getattr(settings, name)
    if server is None:
        return
    if not server.host and ("host" not in written or _given_empty(places, name, "host")):
        yield places.fault(
            (name,), "the server's name is missing", f'Add host = "mail.council.example" below [{name}].'
        )
    elif server.host and not _HOST.fullmatch(server.host):
        message = f"'{shortened(server.host)}' is not the name of a server"
        yield places.fault((name, "host"), message, "Write the name only, such as mail.council.example.")
    if name == "imap" and not server.user and "user" not in written:
        yield places.fault((name,), "whose mailbox it is, is missing", 'Add user = "returns@council.example".')
    if server.password_env and not server.user:
        message = "a password is named, but no user"
        yield places.fault((name, "password_env"), message, f"Add user below [{name}], or take this line out.")
    if server.security is Security.NONE and server.user and server.host and not _HERE.fullmatch(server.host):
        remedy = 'Write security = "starttls" or "tls", whichever your provider names.'
        yield places.fault((name, "security"), "the password would travel where others can read it", remedy)
    if server.ca_file and not _exists(path.parent / server.ca_file):
        message = f"there is no file '{shortened(server.ca_file)}'"
        yield places.fault((name, "ca_file"), message, "The path starts at the collection's folder.")


def _given_empty(places: Places, section: str, key: str) -> bool:
    here: dict[str, Any] = _written(places.data).get(section, {})
    return here.get(key) == ""
