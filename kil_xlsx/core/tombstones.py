"""By what an organisation is told from others once it has been forgotten.

Only digests that are made with the collection's secret are kept: without the secret nothing can be made of them, and
with it one can tell whether a list still has the organisation, but not whose name it was.  An organisation of a list is
the same if its number is, or if its name is and not both have a number.  One of the same name with another number is
taken for another, as nothing is left by which one could tell.
"""

from __future__ import annotations

import hmac

from kil_xlsx.core.collection import Asked
from kil_xlsx.core.names import folded


def name_digest(secret: bytes, respondent: str, kind: str, fact: str) -> str:
    """The digest of one fact: ``kind`` is "number", "name", or "bare" for the name of one without a number."""
    return hmac.digest(secret, f"forgotten\x1f{respondent}\x1f{kind}\x1f{folded(fact)}".encode(), "sha256").hex()


def kept(secret: bytes, asked: Asked) -> tuple[str, ...]:
    """What is kept of an organisation that is forgotten."""
    facts = [("name", asked.name), ("number", asked.number) if asked.number else ("bare", asked.name)]
    return tuple(name_digest(secret, asked.respondent, kind, fact) for kind, fact in facts)


def sought(secret: bytes, listed: Asked) -> tuple[str, ...]:
    """What may have been kept of an organisation that a list has; one is enough."""
    facts = [("number", listed.number), ("bare", listed.name)] if listed.number else [("name", listed.name)]
    return tuple(name_digest(secret, listed.respondent, kind, fact) for kind, fact in facts)
