"""Files of many mails (mbox), taken one mail at a time, so that the memory does not grow with the file.

A mail begins with a line such as ``From a@b.example Tue May 12 10:15:00 2026``.  Programs differ in how they mark such
a line where it is part of a mail's text, and some do not mark it at all.  So it counts only if it has day, time and
year in it and a header follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from kil_xlsx.mail.sniff import MAILBOX_LINE

_HEADER = re.compile(rb"[!-9;-~]+:")
_QUOTED = re.compile(rb">+From ")
_LINE = 1 << 16


def mails(file: IO[bytes], most: int) -> Iterator[bytes | None]:
    """The mails in it, each without the line before it; None for one of more than ``most`` bytes."""
    lines = _Lines(file)
    kept = bytearray()
    size = 0
    begun = False
    at_start = True  # of a line, since long ones come in pieces
    for line in lines:
        is_line, at_start = at_start, line.endswith((b"\n", b"\r"))
        if is_line and line.startswith(b"From ") and MAILBOX_LINE.match(line) and _begins(lines.peek()):
            if begun:
                yield bytes(kept) if size <= most else None
            kept.clear()
            size, begun = 0, True
            continue
        if not begun:
            if not line.strip():
                continue
            begun = True
        size += len(line)
        if size > most:
            kept.clear()
            continue
        # ">From " at the beginning of a line was "From " when the mail was sent.
        kept += line[1:] if is_line and line.startswith(b">") and _QUOTED.match(line) else line
    if begun:
        yield bytes(kept) if size <= most else None


def _begins(line: bytes) -> bool:
    """Whether a mail may begin with this line: a header, or a further line of the kind."""
    return _HEADER.match(line) is not None or line.startswith((b">From ", b"From "))


class _Lines:
    """The lines of a file, with a look at the next one.  Very long lines come in pieces."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._next = file.readline(_LINE)

    def peek(self) -> bytes:
        return self._next

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> bytes:
        line = self._next
        if not line:
            raise StopIteration
        self._next = self._file.readline(_LINE)
        return line
