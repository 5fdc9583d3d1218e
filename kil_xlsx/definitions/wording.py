"""Small phrases that messages about definitions share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: A list in a message stops here: the reader wants a hint, not the whole file.
_MOST_LISTED = 12


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """``; did you mean 'label'?`` where one of the options is close to the word, and nothing where none is."""
    by_folded: dict[str, str] = {}
    for option in options:
        by_folded.setdefault(option.casefold(), option)
    close = difflib.get_close_matches(word[:200].casefold(), by_folded, n=1)
    return f"; did you mean '{by_folded[close[0]]}'?" if close else ""


def listed(options: Iterable[str]) -> str:
    """The options with commas between them, cut short when there are many; "none" when there are none."""
    everything = list(options)
    shown = ", ".join(everything[:_MOST_LISTED]) or "none"
    rest = len(everything) - _MOST_LISTED
    return f"{shown} and {rest} more" if rest > 0 else shown


def counted(number: int, noun: str) -> str:
    """A number and its noun, such as "1 fault" or "3 faults"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortened(text: str) -> str:
    """A value fit to be quoted in a message: on one line, and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."
