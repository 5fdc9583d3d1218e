"""Damage of any kind to mails, archives and Outlook messages: nothing raises, nothing runs on, nothing is made up."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail.letters import (
    LETTERS,
    as_bytes,
    away,
    exchange_notice,
    forwarded,
    gmail_notice,
    letter,
    notice,
    packed,
    qmail_notice,
)
from mail.winmail import winmail

from kil_xlsx.mail.incoming import UNFORESEEN, items_of, mail_items
from kil_xlsx.mail.items import Item, Provenance, Unusable

SMALL = b"\xd0\xcf\x11\xe0 nothing to open" + bytes(range(256)) * 4
SEEDS = [
    *(made(SMALL) for made in LETTERS.values()),
    *(made()[:20_000] for made in (notice, exchange_notice, gmail_notice, qmail_notice)),
    as_bytes(away(Auto_Submitted="auto-replied")),
    forwarded(as_bytes(letter(("a.xlsx", SMALL)))),
    packed(("a.xlsx", SMALL), ("b.eml", as_bytes(letter(("a.xlsx", SMALL))))),
    winmail(("a.xlsx", SMALL), ("b.xlsx", SMALL)),
    b"From a@b.example Tue May 12 10:15:00 2026\n" + as_bytes(letter(("a.xlsx", SMALL))) * 2,
    as_bytes(letter(("x.zip", packed(("a.xlsx", SMALL))), ("winmail.dat", winmail(("b.xlsx", SMALL))))),
]
# fmt: off
WORDS = (
    b"\r\n", b"\r\n\r\n", b"\0", b"--", b";", b'"', b"=?utf-8?b?", b"?=", b"%", b"*0*=", b"boundary=", b"From ",
    b"Content-Type: message/rfc822\r\n\r\n", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"\xff\xfe",
    b"Content-Transfer-Encoding: base64\r\n", b"Action: failed\r\n", b"begin 644 a\r\n", b"\x78\x9f\x3e\x22", b"(" * 9,
    b"PK\x03\x04",
)
# fmt: on


def mangled(data: bytes, chance: random.Random) -> bytes:
    """The bytes with a few changes: bits, words, cuts, repeats and moves."""
    made = bytearray(data)
    for _ in range(chance.randrange(1, 12)):
        at, to = sorted((chance.randrange(len(made) + 1), chance.randrange(len(made) + 1)))
        to = min(to, at + chance.choice((1, 4, 40, 400)))
        change = chance.randrange(6)
        if change == 0 and made:
            made[at % len(made)] = chance.randrange(256)
        elif change == 1:
            made[at:at] = chance.choice(WORDS)
        elif change == 2:
            del made[at:to]
        elif change == 3:
            made[at:at] = made[at:to] * chance.randrange(1, 40)
        elif change == 4:
            made[at:to] = chance.randbytes(to - at)
        else:
            made[at:to] = chance.choice(WORDS) * chance.randrange(1, 20)
    return bytes(made)


def check(items: list[Item]) -> None:
    assert not [item for item in items if isinstance(item, Unusable) and item.why == UNFORESEEN]
    for item in items:
        assert item.whence.date is None or item.whence.date.tzinfo is not None
        shown = [getattr(item, "name", ""), item.whence.source, item.whence.sender]
        assert [text for text in shown if not text.isprintable()] == []
        assert not {"/", "\\"} & set("".join(shown[:2]))


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_mangled_mails_never_raise(number: int) -> None:
    """Each seed, damaged in many ways, gives items whose names and addresses are safe to show."""
    chance = random.Random(number)
    slowest = 0.0
    for _ in range(150):
        begun = time.process_time()
        data = mangled(SEEDS[number], chance)
        check(list(items_of(data, "mail.eml")))
        check(list(mail_items(data, Provenance("IMAP INBOX"))))
        slowest = max(slowest, time.process_time() - begun)
    assert slowest < 3


@settings(max_examples=150)
@given(st.binary(max_size=2_000), st.sampled_from(("a.eml", "a.zip", "a", "a.xlsx", "winmail.dat")))
def test_any_bytes_give_something(data: bytes, name: str) -> None:
    """No bytes are lost without a word."""
    found = list(items_of(data, name))
    check(found)
    assert found


_header = st.sampled_from(
    ("From", "Date", "Message-ID", "References", "Content-Type", "Content-Disposition", "Subject", "Auto-Submitted")
)
_value = st.one_of(
    st.text(max_size=200), st.lists(st.sampled_from([word.decode("latin-1") for word in WORDS])).map("".join)
)


@settings(max_examples=200)
@given(st.lists(st.tuples(_header, _value), max_size=8), st.binary(max_size=300))
def test_any_headers_give_something(headers: list[tuple[str, str]], body: bytes) -> None:
    """Whatever stands in the headers, the mail gives something."""
    made = "".join(f"{name}: {value}\r\n" for name, value in headers).encode("utf-8", "surrogatepass")
    found = list(mail_items(made + b"\r\n" + body, Provenance("IMAP INBOX")))
    check(found)
    assert found
