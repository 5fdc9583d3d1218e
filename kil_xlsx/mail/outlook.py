"""Messages of Outlook (``.msg``), taken apart in another process.

They are compound files, a format with which a hostile file can keep a parser busy for ever or make it take all memory.
So each is given to a short-lived process with little time and memory, which sends back plain data in MessagePack that
is decoded into exactly the types below.  It is no sandbox; see :mod:`kil_xlsx.apart`.

``python -P -m kil_xlsx.mail.outlook`` is such a process.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from kil_xlsx import apart
from kil_xlsx.mail.items import CannotOpen, Limits

if TYPE_CHECKING:
    import subprocess

    from oxmsg.properties import Properties
    from oxmsg.storage import Storage

_BROKEN = "The Outlook message cannot be read. Open it in Outlook and save the workbook from it."
_DEEPEST = 8
_LONGEST_TEXT = 64_000
_CLASS, _HEADERS, _BODY, _SUBJECT = 0x001A, 0x007D, 0x1000, 0x0037
_MESSAGE_ID, _IN_REPLY_TO, _REFERENCES, _ORIGINAL_ID = 0x1035, 0x1042, 0x1039, 0x1046
_SENDERS = (0x5D01, 0x5D02, 0x0C1F, 0x0065)
_SENT, _DELIVERED = 0x0039, 0x0E06
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _TYPE, _CONTENT_ID = 0x3707, 0x3704, 0x3001, 0x370E, 0x3712
_HIDDEN, _METHOD, _BY_REFERENCE = 0x7FFE, 0x3705, (2, 3, 4, 7)
_DATA, _EMBEDDED = 0x3701, "__substg1.0_3701000D"
_ADDRESSES = (0x39FE, 0x3003)
_TEXT_TYPES = (0x001F, 0x001E)


class OutlookFile(msgspec.Struct, array_like=True):
    """A file in a message.  ``message`` is a message that is attached; ``elsewhere`` says that there is only a link."""

    name: str
    type: str = ""
    data: bytes = b""
    is_hidden: bool = False
    content_id: str = ""
    elsewhere: bool = False
    message: OutlookMessage | None = None


class OutlookMessage(msgspec.Struct, array_like=True):
    """A message.  ``headers`` are those that it came with; a message in a "sent" folder has none.

    ``sent`` is in seconds since 1970, 0 when it is not known.
    """

    kind: str = ""
    headers: str = ""
    sender: str = ""
    subject: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: str = ""
    original_id: str = ""
    sent: float = 0.0
    text: str = ""
    recipients: list[str] = []
    files: list[OutlookFile] = []


def parse_outlook(data: bytes, limits: Limits) -> OutlookMessage:
    """A message of Outlook as plain data.

    :raises CannotOpen: it is damaged, or takes more time or memory than the limits allow.
    """
    limited_to = str(limits.outlook_memory), str(limits.outlook_cpu_seconds)
    try:
        with apart.spawn("kil_xlsx.mail.outlook", *limited_to) as child:
            answer = _asked(child, data, limits)
        if child.returncode:
            raise CannotOpen(_BROKEN)
        return msgspec.msgpack.decode(answer, type=OutlookMessage)
    except (OSError, ValueError, RecursionError):  # msgspec's own errors are ValueErrors
        raise CannotOpen(_BROKEN) from None


def _asked(child: subprocess.Popen[bytes], data: bytes, limits: Limits) -> bytes:
    """What the process answers.  It is stopped by the clock, or when it answers more than it was given to read."""
    assert child.stdin is not None
    assert child.stdout is not None
    source = child.stdin

    def hand_over() -> None:
        with contextlib.suppress(OSError, ValueError):  # it need not read to the end
            source.write(data)
        with contextlib.suppress(OSError, ValueError):
            source.close()

    most = 2 * len(data) + 1_000_000
    writer = threading.Thread(target=hand_over, daemon=True)
    clock = threading.Timer(limits.outlook_seconds, child.kill)
    clock.daemon = True
    try:
        clock.start()
        writer.start()
        answer = child.stdout.read(most + 1)
        if len(answer) > most:
            raise CannotOpen(_BROKEN)
        child.wait()
        return answer
    finally:
        child.kill()
        clock.cancel()
        writer.join()


# ---- from here on, what runs in the other process ----


class _Reader:
    """The properties of a message, a file or a recipient; what is damaged counts as absent."""

    def __init__(self, storage: Storage, offset: int) -> None:
        from oxmsg.properties import Properties

        self._storage = storage
        self._properties: Properties = Properties(storage, offset)
        self._streams = {stream.name.casefold(): stream.bytes_ for stream in storage.streams}

    def stream(self, number: int, kind: int) -> bytes | None:
        return self._streams.get(f"__substg1.0_{number:04x}{kind:04x}")

    def text(self, number: int, longest: int = 4_000) -> str:
        wide = self.stream(number, 0x001F)
        if wide is not None:
            return wide[: 2 * longest].decode("utf-16-le", "replace").rstrip("\0")
        narrow = self.stream(number, 0x001E)
        if narrow is None:
            return ""
        # Which code page it is in stands in the properties, of which others may be damaged.
        encoding = "utf-8"
        with contextlib.suppress(Exception):
            encoding = self._properties.body_encoding
        try:
            return narrow[:longest].decode(encoding, "replace").rstrip("\0")
        except LookupError:
            return narrow[:longest].decode("cp1252", "replace").rstrip("\0")

    def number(self, number: int) -> int:
        with contextlib.suppress(Exception):
            return int(self._properties.int_prop_value(number) or 0)
        return 0

    def flag(self, number: int) -> bool:
        with contextlib.suppress(Exception):
            return any(each.pid == number and bool(getattr(each, "value", False)) for each in self._properties)
        return False

    def seconds(self, number: int) -> float:
        with contextlib.suppress(Exception):
            found = self._properties.date_prop_value(number)
            return found.timestamp() if found else 0.0
        return 0.0


def _message(storage: Storage, offset: int, depth: int) -> OutlookMessage:
    read = _Reader(storage, offset)
    senders = [read.text(number) for number in _SENDERS]
    return OutlookMessage(
        kind=read.text(_CLASS),
        headers=read.text(_HEADERS, 256 * 1024),
        sender=next((sender for sender in senders if "@" in sender), ""),
        subject=read.text(_SUBJECT),
        message_id=read.text(_MESSAGE_ID),
        in_reply_to=read.text(_IN_REPLY_TO),
        references=read.text(_REFERENCES, 64_000),
        original_id=read.text(_ORIGINAL_ID),
        sent=read.seconds(_SENT) or read.seconds(_DELIVERED),
        text=read.text(_BODY, _LONGEST_TEXT),
        recipients=[address for each in storage.iter_recipient_storages() if (address := _address(each))][:200],
        files=[_file(each, depth) for each in storage.iter_attachment_storages()],
    )


def _address(storage: Storage) -> str:
    read = _Reader(storage, 8)
    return next((found for number in _ADDRESSES if "@" in (found := read.text(number))), "")


def _file(storage: Storage, depth: int) -> OutlookFile:
    read = _Reader(storage, 8)
    name = read.text(_LONG_NAME) or read.text(_SHORT_NAME) or read.text(_DISPLAY_NAME)
    inner = next((each for each in storage.storages if each.name.casefold() == _EMBEDDED.casefold()), None)
    is_message = inner is not None and any(each.name.startswith("__properties") for each in inner.streams)
    if inner is not None and is_message and depth < _DEEPEST:
        return OutlookFile(name, "message/rfc822", message=_message(inner, 24, depth + 1))
    data = read.stream(_DATA, 0x0102)
    return OutlookFile(
        name,
        read.text(_TYPE),
        data or b"",
        read.flag(_HIDDEN),
        read.text(_CONTENT_ID),
        elsewhere=data is None or (not data and read.number(_METHOD) in _BY_REFERENCE),
    )


def _main() -> int:
    from olefile import OleFileIO  # type: ignore[import-untyped]
    from oxmsg.storage import Storage

    sys.dont_write_bytecode = True
    apart.limit(int(sys.argv[1]), cpu_seconds=int(sys.argv[2]))
    # Whatever a library prints must not get into the answer.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    whole: Any = OleFileIO(sys.stdin.buffer.read())
    with whole:
        message = _message(Storage.from_ole(whole), 32, 0)
    output.write(msgspec.msgpack.encode(message))
    output.flush()
    return 0


if __name__ == "__main__":
    # Nothing is caught: a process in which anything unforeseen has happened had better end.
    sys.exit(_main())
