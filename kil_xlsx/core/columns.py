"""Columns of a list of organisations that are no field of the questionnaire, as names that mails and tables can use."""

from __future__ import annotations

import re
import unicodedata

TAKEN = frozenset(
    (
        "organisation", "framework", "title", "round", "last_round", "due", "days_left", "time", "workbook",
        "reference", "contact", "sender_name", "problems", "file", "received", "fingerprint", "open", "release",
        "id", "name", "number", "email", "respondent", "org_id", "parent", "standing", "came", "state", "sender",
        "days_late", "late", "completeness", "score", "overall", "mails_sent", "last_sent", "bounced", "errors",
        "queries", "open_queries", "returns", "mails", "listed", "return_number",
    )
)  # fmt: skip
"""What has a meaning of its own in mails or in the tables of a collection."""

_LONGEST = 60


def column_name(heading: str) -> str:
    """A heading as one word in small letters: ``contact_person`` for "Contact person".

    One that would be taken for something else has ``list_`` in front; without any letter or digit it is empty.
    """
    letters = unicodedata.normalize("NFKD", heading).casefold()
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    name = re.sub(r"[\W_]+", "_", plain)[:_LONGEST].strip("_")
    return f"list_{name}" if name in TAKEN else name
