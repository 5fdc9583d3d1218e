"""What a workbook says of itself: which questionnaire, which round, whose copy.

The reference code stands where people can see it and survives every program and retyping; its last three characters
are a check on the others.  The same facts stand on the sheet about the file, in defined names, in document properties
and in the footers, because every program drops some of these.
"""

from __future__ import annotations

import re

from msgspec import Struct

from kil_xlsx.core.instrument import Instrument

LAYOUT_VERSION = 2
"""Raised whenever the place or meaning of any cell changes."""

EARLIER_LAYOUTS = frozenset((1,))
"""Layouts that workbooks still come back in.  They have the codes and headings of this one, in other places."""

REFERENCE_NAME, FILE_NAME = "kil_reference", "kil_file"
"""The defined names with the reference code, and with the facts about the file."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_CONFUSED = str.maketrans("ILO", "110")
_BODY = 8
_CHECK = 3
_CHECK_MODULUS = 32749  # the largest prime below 32 ** 3, so every single wrong character changes the check


class Organisation(Struct, frozen=True):
    """Whose copy a workbook is.  ``profile`` holds what is known beforehand, by profile field id."""

    name: str
    id: str = ""
    email: str = ""
    profile: tuple[tuple[str, str], ...] = ()


class Stamp(Struct, frozen=True):
    """The facts that identify one workbook."""

    framework: str
    version: str
    fingerprint: str
    layout: int
    respondent: str
    round_id: str
    organisation: str
    organisation_id: str
    reference: str

    def facts(self) -> dict[str, str]:
        """The stamp as texts by stable key, as they are written into the workbook."""
        return {
            "framework": self.framework,
            "version": self.version,
            "fingerprint": self.fingerprint,
            "layout": str(self.layout),
            "respondent": self.respondent,
            "round": self.round_id,
            "organisation": self.organisation,
            "organisation_id": self.organisation_id,
            "reference": self.reference,
        }


def _check(prefix: str, body: str) -> str:
    number = 0
    for character in prefix:
        number = number * 37 + ord(character)
    for character in body:
        number = number * 32 + _ALPHABET.index(character)
    return _digits(number % _CHECK_MODULUS, _CHECK)


def _digits(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits = _ALPHABET[digit] + digits
    return digits


def reference_code(prefix: str, *facts: str, key: bytes = b"") -> str:
    """A code such as ``KIL-7QF4-9ZTM-42X`` made from what it stands for: the same facts give the same code.

    With a ``key``, only who has it can make the code, so that nobody makes up one of somebody else's workbook.
    """
    import hashlib  # takes longer to load than all that reading a workbook needs
    import hmac

    stated = "\x1f".join(facts).encode()
    digest = hmac.digest(key, stated, "sha256") if key else hashlib.sha256(stated).digest()
    body = _digits(int.from_bytes(digest[:5], "big"), _BODY)
    return f"{prefix}-{body[:4]}-{body[4:]}-{_check(prefix, body)}"


def valid_reference(text: str) -> str | None:
    """The code in its standard form if it is well formed and its check is right, else nothing.

    Case, blanks and dashes do not matter, nor the letters that are easily mistaken (I and L for 1, O for 0).
    """
    folded = re.sub(r"[\s‐-―-]+", "", text).upper()
    match = re.fullmatch(r"([A-Z]{2,5}?)([0-9A-Z]{11})", folded)
    if match is None:
        return None
    prefix, rest = match[1], match[2].translate(_CONFUSED)
    if any(character not in _ALPHABET for character in rest):
        return None
    body, check = rest[:_BODY], rest[_BODY:]
    if _check(prefix, body) != check:
        return None
    return f"{prefix}-{body[:4]}-{body[4:]}-{check}"


def stamp(
    instrument: Instrument,
    round_id: str = "",
    organisation: Organisation | None = None,
    *,
    key: bytes = b"",
    purpose: str = "",
) -> Stamp:
    """The stamp of a workbook; a blank one, for no organisation in particular, has a code too.

    :param key: the secret that the reference code is made with; anybody can work out one that is made without.
    :param purpose: tells apart several workbooks of one organisation in a round; the usual one has none.
    """
    name = organisation.name if organisation else ""
    identifier = organisation.id if organisation else ""
    framework = instrument.framework
    code = reference_code(
        framework.reference_prefix,
        framework.id,
        framework.version,
        instrument.respondent.id,
        round_id,
        name,
        identifier,
        *filter(None, (purpose,)),
        key=key,
    )
    return Stamp(
        framework=framework.id,
        version=framework.version,
        fingerprint=instrument.fingerprint,
        layout=LAYOUT_VERSION,
        respondent=instrument.respondent.id,
        round_id=round_id,
        organisation=name,
        organisation_id=identifier,
        reference=code,
    )
