"""How names and other short texts are compared and shown, whatever blanks and capitals they were typed with."""

from __future__ import annotations


def one_line(text: str) -> str:
    """A text on one line, with single blanks."""
    return " ".join(text.split())


def folded(text: str) -> str:
    """A text as names are compared: letters in either case and kinds of blank do not matter."""
    return one_line(text).casefold()
