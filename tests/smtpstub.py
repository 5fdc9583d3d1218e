"""A mail server of a few lines for tests: every address has its fate, and what was taken is known for certain."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from io import BufferedReader
from types import TracebackType
from typing import Self

REFUSE = "refuse"
DEFER = "defer"
HANG_UP = "hang up before the text"
TAKE_SILENTLY = "take it, and hang up instead of saying so"
DROP_SILENTLY = "drop it, and hang up instead of saying so"

_ANSWERS = {REFUSE: "550 5.1.1 There is nobody of that name here", DEFER: "450 4.2.1 The mailbox is busy"}


class Stub:
    """Takes every mail, but for addresses that have a fate: these are used up one after the other.

    ``taken`` is what it took, as address and text.  ``slow`` is how many seconds it takes to say so.  Use it in
    ``with``.
    """

    def __init__(self, fates: Mapping[str, list[str]] | None = None, *, slow: float = 0) -> None:
        self._slow = slow
        self.fates = {address: list(each) for address, each in (fates or {}).items()}
        self.taken: list[tuple[str, bytes]] = []
        self.closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            each.close()

    @property
    def settings(self) -> str:
        """The section of the settings that names this server."""
        return (
            f'\n[smtp]\nhost = "127.0.0.1"\nport = {self._listener.getsockname()[1]}\nsecurity = "none"\n'
            "mails_per_minute = 6000\n"
        )

    def count(self, address: str) -> int:
        """How many mails it took for an address."""
        return sum(each == address for each, _ in self.taken)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        def say(words: str) -> None:
            connection.sendall(f"{words}\r\n".encode())

        with suppress(OSError), connection, connection.makefile("rb") as lines:
            if self.closed:
                say("421 4.3.2 Closed for the day")
                return
            say("220 stub")
            to = fate = ""
            for line in lines:
                command = line[:4].decode().strip().upper()
                if command == "RCPT":
                    to = line.decode().partition("<")[2].partition(">")[0]
                    left = self.fates.get(to, [])
                    fate = left.pop(0) if left else ""
                    say(_ANSWERS.get(fate, "250 2.1.5 Ok"))
                elif command == "DATA":
                    if fate == HANG_UP:
                        return
                    say("354 Go on")
                    text = self._text(lines)
                    if text is None or fate == DROP_SILENTLY:
                        return
                    self.taken.append((to, text))
                    if fate == TAKE_SILENTLY:
                        return
                    time.sleep(self._slow)
                    say("250 2.0.0 Taken")
                elif command == "EHLO":
                    say("250-stub\r\n250 ENHANCEDSTATUSCODES")
                elif command == "QUIT":
                    say("221 2.0.0 Bye")
                    return
                else:
                    say("250 2.0.0 Ok")

    @staticmethod
    def _text(lines: BufferedReader) -> bytes | None:
        """The text of a mail; nothing where the connection ends in it."""
        text: list[bytes] = []
        for line in lines:
            if line == b".\r\n":
                return b"".join(text)
            text.append(line[1:] if line.startswith(b"..") else line)
        return None
