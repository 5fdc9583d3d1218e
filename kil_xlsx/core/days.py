"""Days as people write them: 2026-05-31, 31/05/2026 or "31 May 2026"."""

from __future__ import annotations

from datetime import UTC, date, datetime

FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y", "%d %b %Y")
"""How a day may be written."""

EXAMPLES = "2026-05-31, 31/05/2026 or “31 May 2026”"
"""The forms, for messages."""

FIRST_YEAR, LAST_YEAR = 1990, 2099
"""What is outside is a slip of the fingers."""


def day(text: str) -> date | None:
    """The day that a text says; nothing where it says none, or one outside the years that can be meant."""
    for form in FORMS:
        try:
            found = datetime.strptime(text.strip(), form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        if FIRST_YEAR <= found.year <= LAST_YEAR:
            return found
    return None
