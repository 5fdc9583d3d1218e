"""Text as Excel stores it: ``_xHHHH_`` is one character, ``_x005F_`` the underscore of what only looks like that."""

from __future__ import annotations

import re

_CODE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    r"""The text with ``\n`` for every line end, and U+FFFD for control characters other than it and the tab.

    So no terminal, CSV or database later meets them.  Halves of surrogate pairs are replaced as well.
    """
    if text.isprintable():
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub(REPLACEMENT, text)


def unescape(text: str) -> str:
    """The text meant: codes decoded, then as :func:`clean` leaves it."""
    if "_x" in text:
        text = _CODE.sub(lambda match: chr(int(match[1], 16)), text)
    return clean(text)
