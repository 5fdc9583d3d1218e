"""A mail taken apart into its parts.

The standard library's parser keeps each line of a mail several times over and follows parts within parts as far as
they go.  Mails come from anywhere, so this one works on the bytes as they are, in time proportional to their number,
and gives up at :class:`~kil_xlsx.mail.items.Limits`.  It is lenient: a mail that is broken gives what can be had of it.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kil_xlsx.mail.headers import Headers, content_type, file_name, first, parameter, parse_headers
from kil_xlsx.mail.items import CannotOpen, Limits

_BLANK = re.compile(rb"\n\r?\n|\r\r")
_LEADING = re.compile(rb"(?:[ \t]*(?:\r\n|\n|\r))*")
_EOL = re.compile(rb"[\r\n]")
_MOST_FALSE_LINES = 100_000
_MOST_PADDING = 200_000
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
# A line that looks like the start of a part, where the mail does not say what such a line is.
_GUESSED = re.compile(rb"(?:\A|[\r\n])--([!-~]{1,70})[ \t]*(?:\r\n|\n|\r)content-[a-z-]+:", re.I)


@dataclass
class Part:
    """A mail or a part of one: its headers, and either the parts in it or the place of its content.

    ``given`` are bytes that need no decoding, for a part that was not made from the bytes of a mail.
    Such a part may be hidden from readers of the mail (a picture in its text), or a link to a file that lies elsewhere.
    """

    headers: Headers
    source: bytes = b""
    start: int = 0
    end: int = 0
    children: list[Part] = field(default_factory=list)
    given: bytes | None = None
    is_hidden: bool = False
    is_elsewhere: bool = False

    @property
    def kind(self) -> str:
        """The type that it says it has, such as ``text/plain``."""
        return content_type(self.headers)

    @property
    def disposition(self) -> str:
        """``attachment``, ``inline`` or nothing."""
        return first(self.headers, "content-disposition").partition(";")[0].strip().lower()

    @property
    def name(self) -> str:
        """The name of its file; empty without one."""
        return file_name(self.headers)

    @property
    def size(self) -> int:
        """How many bytes it takes up in the mail."""
        return len(self.given) if self.given is not None else self.end - self.start

    def data(self, most: int | None = None) -> bytes:
        """Its content, decoded; of no more than the first ``most`` bytes of what is encoded."""
        if self.given is not None:
            return self.given[:most]
        end = self.end if most is None else min(self.end, self.start + most)
        raw = self.source[self.start : end]
        encoding = first(self.headers, "content-transfer-encoding").strip(" \t\"';").lower()
        if encoding == "base64":
            return from_base64(raw)
        if encoding == "quoted-printable":
            return quopri.decodestring(raw)
        if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
            return _from_uuencode(raw)
        return raw

    def text(self, most: int = 64_000) -> str:
        """Its content as a text, the first ``most`` bytes of it."""
        data = self.data(most)
        try:
            return data.decode(parameter(self.headers, "charset") or "utf-8", "replace")
        except (LookupError, ValueError):
            return data.decode("utf-8", "replace")

    def walk(self) -> Iterator[Part]:
        """It and all parts in it, but not those of mails within it."""
        yield self
        if not self.kind.startswith("message/"):
            for child in self.children:
                yield from child.walk()


def from_base64(raw: bytes) -> bytes:
    """What base64 stands for; whatever does not belong there is passed over."""
    clean = raw.translate(None, _NOT_BASE64)
    whole = bytearray()
    # Some programs end every line or block with padding.
    for piece in clean.split(b"=", _MOST_PADDING)[:_MOST_PADDING]:
        piece = piece[: len(piece) - 1] if len(piece) % 4 == 1 else piece
        whole += binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))
    return bytes(whole)


def _from_uuencode(raw: bytes) -> bytes:
    whole = bytearray()
    lines = iter(raw.splitlines())
    for line in lines:
        if line.startswith(b"begin "):
            break
    for line in lines:
        if line.strip() in (b"end", b"`"):
            break
        try:
            whole += binascii.a2b_uu(line)
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                whole += binascii.a2b_uu(line[:length])
            except binascii.Error:
                continue
    return bytes(whole)


class _Parser:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parts = 0
        self._false_lines = 0

    def part(self, source: bytes, start: int, end: int, depth: int, default: str = "text/plain") -> Part:
        self._parts += 1
        if self._parts > self._limits.parts:
            raise CannotOpen(f"The mail has more than {self._limits.parts} parts. Ask for the workbook by itself.")
        if depth > self._limits.parts_depth:
            raise CannotOpen("The mail has parts within parts without end. Ask for the workbook by itself.")
        headers, start = self._headers(source, start, end)
        if default != "text/plain" and not first(headers, "content-type"):
            headers["Content-Type"] = default
        part = Part(headers, source, start, end)
        if part.kind.startswith("multipart/"):
            inner = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
            for first_byte, last_byte in self._pieces(part):
                part.children.append(self.part(source, first_byte, last_byte, depth + 1, inner))
        return part

    def _headers(self, source: bytes, start: int, end: int) -> tuple[Headers, int]:
        """The headers that begin at a place, and where the content begins."""
        # A part may have no headers at all; then it begins with the blank line.
        if source[start : min(end, start + 1)] in (b"\r", b"\n"):
            return Headers(), _next_line(source, start, end)
        found = _BLANK.search(source, start, end)
        stop, content = (found.start(), found.end()) if found else (end, end)
        headers = parse_headers(source[start : min(stop, start + self._limits.header_bytes)], self._limits)
        return headers, content if len(headers) else start

    def _pieces(self, part: Part) -> list[tuple[int, int]]:
        boundary = parameter(part.headers, "boundary").rstrip().encode("utf-8", "replace")
        pieces = self._between(part, boundary) if boundary else []
        if not pieces and (guess := _GUESSED.search(part.source, part.start, part.end)) is not None:
            pieces = self._between(part, guess[1])
        return pieces

    def _between(self, part: Part, boundary: bytes) -> list[tuple[int, int]]:
        """From where to where the parts reach that lines with a boundary are between."""
        source, mark = part.source, b"--" + boundary
        pieces: list[tuple[int, int]] = []
        begun: int | None = None
        at = part.start
        while (at := source.find(mark, at, part.end)) >= 0:
            after = at + len(mark)
            stop = _line_end(source, after, part.end)
            tail = source[after : min(stop, after + 80)].rstrip()
            at_start = at == part.start or source[at - 1] in b"\r\n"
            if not at_start or tail not in (b"", b"--"):
                self._false_lines += 1
                if self._false_lines > _MOST_FALSE_LINES:
                    raise CannotOpen("The mail is built so that it cannot be read. Ask for the workbook by itself.")
                at = stop
                continue
            if begun is not None:
                pieces.append((begun, max(begun, _before_line(source, at))))
                if len(pieces) > self._limits.parts:
                    raise CannotOpen(
                        f"The mail has more than {self._limits.parts} parts. Ask for the workbook by itself."
                    )
            if tail == b"--":
                return pieces
            at = begun = _next_line(source, stop, part.end)
        if begun is not None:
            pieces.append((begun, part.end))
        return pieces


def _line_end(source: bytes, start: int, end: int) -> int:
    found = _EOL.search(source, start, end)
    return found.start() if found else end


def _next_line(source: bytes, at: int, end: int) -> int:
    return min(end, at + (2 if source[at : at + 2] == b"\r\n" else 1))


def _before_line(source: bytes, at: int) -> int:
    """Where the line before ends: its end belongs to the boundary."""
    if source[at - 2 : at] == b"\r\n":
        return at - 2
    return at - 1


def parse_mail(data: bytes, limits: Limits) -> Part:
    """A mail with its parts.  Mails within it are parts of the type ``message/rfc822``, not yet taken apart.

    :raises CannotOpen: there are more parts than the limits allow.
    """
    start = 0
    leading = _LEADING.match(data)
    if leading is not None:
        start = leading.end()
    data_start = data[start : start + 3]
    if data_start == b"\xef\xbb\xbf":
        start += 3
    if data[start : start + 5] in (b"From ", b">From"):  # the line that a mailbox puts before a mail
        start = _next_line(data, _line_end(data, start, len(data)), len(data))
    return _Parser(limits).part(data, start, len(data), 0)
