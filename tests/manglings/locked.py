"""Manglings that lock a file."""

from __future__ import annotations

import io
from pathlib import Path

from manglings.base import Made, maker, sent_back, typed
from msoffcrypto.format.ooxml import OOXMLFile

PASSWORD = "open sesame"


def locked(data: bytes, password: str = PASSWORD) -> bytes:
    """The workbook locked as Excel locks it."""
    made = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, made)
    return made.getvalue()


@maker("locked-with-a-password")
def _(folder: Path) -> Made:
    return Made(locked(sent_back()), lost=frozenset(typed()))


@maker("locked-and-the-password-given")
def _(folder: Path) -> Made:
    return Made(locked(sent_back()), password=PASSWORD)


@maker("locked-and-a-wrong-password-given")
def _(folder: Path) -> Made:
    return Made(locked(sent_back()), lost=frozenset(typed()), password="open barley")
