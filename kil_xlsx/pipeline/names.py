"""What workbooks are called: names that every system takes and people recognise."""

from __future__ import annotations

import re
import unicodedata

from kil_xlsx.core.instrument import Instrument

LONGEST_NAME = 100
"""Characters of a file name, its extension included."""

_RESERVED = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
)
_SIGNS = {"&": " and ", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ð": "d", "þ": "th", "ł": "l", "Ł": "L"}


def safe_name(text: str) -> str:
    """A text as part of a file name: small letters a to z, digits and single dashes; empty where nothing is left."""
    for sign, letters in _SIGNS.items():
        text = text.replace(sign, letters)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    return f"{plain}-" if plain in _RESERVED else plain


def file_name(instrument: Instrument, organisation: str, reference: str) -> str:
    """The name of a workbook: framework, respondent type and, where it has them, organisation and reference.

    It is a help for people; whose return a file is, its content says.
    """
    prefix = f"{instrument.framework.id}-{instrument.respondent.id}".lower().replace("_", "-")
    if not organisation:
        return f"{prefix[: LONGEST_NAME - 5]}.xlsx"
    ending = f"-{'-'.join(reference.split('-')[1:3])}.xlsx"
    prefix = prefix[: LONGEST_NAME - len(ending) - 21].rstrip("-")
    room = LONGEST_NAME - len(prefix) - 1 - len(ending)
    body = safe_name(organisation).strip("-")[:room].rstrip("-") or "organisation"
    return f"{prefix}-{body}{ending}"
