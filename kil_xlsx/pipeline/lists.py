"""Lists that the coordinator keeps beside the returns: who was invited, who belongs to whom, who is in a group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.errors import UsageProblem

if TYPE_CHECKING:
    from kil_xlsx.core.membership import Names


@dataclass(frozen=True)
class SentOut:
    """What a list of organisations says for comparing them.

    ``invited`` counts rows by respondent type; ``parents`` has the parent's name by every name and number of an
    organisation that has one.
    """

    invited: Mapping[str, int] = field(default_factory=dict)
    parents: Mapping[tuple[str, str], str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def sent_out(path: Path | None, framework: Framework, instruments: Sequence[Instrument]) -> SentOut:
    """Read the list that workbooks were made from; nothing is known without one."""
    if path is None:
        return SentOut()
    from kil_xlsx.core.membership import plain_names
    from kil_xlsx.pipeline import read_organisations

    only = instruments[0].respondent.id if len(instruments) == 1 else None
    listed = read_organisations(path, framework, only)
    by_type = {each.respondent.id: each for each in instruments}
    parents: dict[tuple[str, str], str] = {}
    for each in listed.organisations:
        if each.parent:
            names = plain_names(by_type[each.respondent], [("name", each.name)], each.id)
            parents.update(dict.fromkeys(names, each.parent))
    invited = Counter(each.respondent for each in listed.organisations)
    return SentOut(dict(invited), parents, listed.notes)


def named_group(path: Path, instruments: Sequence[Instrument]) -> list[tuple[str, Names]]:
    """The organisations that a file names, one for each row: as it stands there, and what it is known by.

    The file is a list as for ``generate``, of which names and registered numbers are taken, or just names and numbers
    one below the other.  UsageProblem when it cannot be read or names nobody.
    """
    from kil_xlsx.core.membership import plain_names
    from kil_xlsx.definitions.organisations import naming_columns
    from kil_xlsx.pipeline.inbox import content
    from kil_xlsx.reading.lists import read_list

    data = content(path)
    if isinstance(data, str):
        raise UsageProblem(f"The list {path} cannot be read: {data}.", "Check its name, and that you may read it.")
    rows = read_list(data, path.name).rows
    columns = naming_columns(instruments[0].framework, rows[0].cells) if rows else ()
    found: list[tuple[str, Names]] = []
    for row in rows[1:] if columns else rows:
        cells = [row.cells[at] for at in columns if at < len(row.cells)] if columns else row.cells
        names = plain_names(instruments[0], [("name", cell) for cell in cells], " ".join(cells))
        if names:
            found.append((next(cell for cell in cells if cell), names))
    if not found:
        raise UsageProblem(f"The list {path} names nobody.", "Put a name or registered number in every row.")
    return found
