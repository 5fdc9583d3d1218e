"""A slot: one cell that a respondent may fill in, and how it can be found again."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from kil_xlsx.core.returns import Key
from kil_xlsx.layout.document import CellRef


class SlotKind(StrEnum):
    """What may be entered."""

    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


class Slot(Struct, frozen=True):
    """One cell to fill in.

    ``code`` is what stands in the "No." column of its row; ``heading`` the heading of its column; ``key_text`` the
    hidden copy of the code; ``name`` the defined name, for the main entry of a row.  ``main`` slots make up the account
    of a return.  ``choices`` names a choice list, ``levels_only`` leaves out its special answers.
    """

    key: Key
    kind: SlotKind
    cell: CellRef
    code: str
    heading: str
    label: str
    name: str | None = None
    main: bool = False
    choices: str | None = None
    levels_only: bool = False
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False


def key_text(code: str) -> str:
    """What the hidden key column holds for a row."""
    return f"kil:{code}"


def key_words(key: Key) -> str:
    """A key as the hidden sheet of what was carried over holds it, such as ``C1-Q1|answer|0|``."""
    return "|".join((key.item, key.part, str(key.row), key.column))


def key_of(words: str) -> Key | None:
    """The key that a text stands for; none for any other text."""
    parts = words.split("|")
    if len(parts) != 4 or not parts[2].isascii() or not parts[2].isdigit() or len(parts[2]) > 4:
        return None
    return Key(parts[0], parts[1], int(parts[2]), parts[3])


def name_of(code: str) -> str:
    """The defined name of a row's main cell: letters, digits and underscores only, so that every program keeps it."""
    return "kil_a_" + "".join(character if character.isalnum() and character.isascii() else "_" for character in code)
