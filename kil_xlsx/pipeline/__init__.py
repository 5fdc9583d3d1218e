"""One function for each command: the only place where the stages meet, and the only clock.

Nothing here prints.  Every function says what it did in a plain record, and raises
:class:`kil_xlsx.errors.KilXlsxError` when it cannot go on.  Libraries that take long to load are imported where they
are used.
"""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kil_xlsx.pipeline.frameworks import (
    DEFAULT_FRAMEWORK,
    SCHEMAS,
    ShippedFramework,
    chosen,
    codebook,
    frameworks,
    instrument_of,
    load,
    schema,
    theme_file,
)
from kil_xlsx.pipeline.progress import Progress, quiet

if TYPE_CHECKING:
    from datetime import date

    from kil_xlsx.core.branding import Branding
    from kil_xlsx.core.framework import Framework
    from kil_xlsx.definitions.organisations import OrganisationsList
    from kil_xlsx.pipeline.making import workbook_bytes
    from kil_xlsx.pipeline.names import LONGEST_NAME, file_name, safe_name
    from kil_xlsx.pipeline.outputs import Outputs, write_file
    from kil_xlsx.pipeline.reading import Returned, Sources, read, read_csv, read_json, taken
    from kil_xlsx.pipeline.workbooks import (
        Generated,
        Planned,
        Wanted,
        Workbook,
        planned,
        write_workbooks,
    )

__all__ = [
    "DEFAULT_FRAMEWORK",
    "LONGEST_NAME",
    "SCHEMAS",
    "Generated",
    "Outputs",
    "Planned",
    "Progress",
    "Returned",
    "ShippedFramework",
    "Sources",
    "Wanted",
    "Workbook",
    "branding_of",
    "chosen",
    "codebook",
    "file_name",
    "frameworks",
    "generate",
    "instrument_of",
    "load",
    "now",
    "planned",
    "quiet",
    "read",
    "read_csv",
    "read_json",
    "read_organisations",
    "safe_name",
    "schema",
    "taken",
    "theme_file",
    "workbook_bytes",
    "write_file",
    "write_workbooks",
]


_HOMES = {
    "making": ("workbook_bytes",),
    "names": ("LONGEST_NAME", "file_name", "safe_name"),
    "outputs": ("Outputs", "write_file"),
    "reading": ("Returned", "Sources", "read", "read_csv", "read_json", "taken"),
    "workbooks": ("Generated", "Planned", "Wanted", "Workbook", "planned", "write_workbooks"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # else every name would be taken for one of these

    def __getattr__(name: str) -> Any:
        """What the other modules of the pipeline do; each is imported when it is first used."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        return found


def now() -> datetime:
    """The time of day, to the second, where the program runs."""
    return datetime.now().replace(microsecond=0)  # noqa: TID251, DTZ005 - the one clock; workbooks hold local time


def generate(
    framework: str = DEFAULT_FRAMEWORK,
    *,
    respondent: str | None = None,
    organisations: Path | None = None,
    out: Path = Path("workbooks"),
    round_id: str = "",
    due: date | None = None,
    contact: str = "",
    previous: Path | None = None,
    answers: Path | None = None,
    benchmark: Path | None = None,
    theme: Path | None = None,
    created: datetime | None = None,
    force: bool = False,
    splice: bool = True,
    executor: str | None = None,
    progress: Progress = quiet,
) -> Generated:
    """Write one workbook for each organisation of a list, or a blank one for each respondent type.

    Without a list, but with earlier returns or answers: one for each organisation that these are of.

    Nothing is written unless everything can be: the list is checked first, then whether a file would be overwritten,
    and workbooks get their names only when the last of them is ready.

    :param respondent: only this respondent type; rows of a list that name none are taken to be of it.
    :param previous: what came back last time, as a workbook, a folder of them or what :func:`read_json` gave: it is
        filled in, marked, for respondents to confirm or change.
    :param answers: a JSON file with answers that are filled in as if they had been typed.
    :param benchmark: a ``release.json`` made earlier, whose figures stand beside the scores.
    :param theme: the file with the council's colours, font, logo and footer.
    :param created: the time that the workbooks carry; now, unless given.
    :param force: whether files that are there may be replaced.
    :param splice: make workbooks that are alike from one of them; the others are made by themselves.
    :param executor: where they are made, see :func:`kil_xlsx.pipeline.executing.executor`; here unless given.
    """
    from kil_xlsx.pipeline.workbooks import planned, write_workbooks

    plan = planned(
        framework, respondent=respondent, organisations=organisations, round_id=round_id, due=due, contact=contact,
        previous=previous, answers=answers, benchmark=benchmark, theme=theme, created=created, progress=progress,
    )  # fmt: skip
    return write_workbooks(plan, out, force=force, splice=splice, executor=executor, progress=progress)


def branding_of(theme: Path | None) -> Branding:
    """What a theme file says, or the default.  DefinitionError for anything wrong with it."""
    from kil_xlsx.core.branding import DEFAULT

    if theme is None:
        return DEFAULT
    from kil_xlsx.definitions.branding import load_branding

    return load_branding(theme)


def read_organisations(
    path: Path, framework: Framework, respondent: str | None = None, *, keep_others: bool = False
) -> OrganisationsList:
    """The organisations of a list.  OrganisationsListError for anything wrong with its rows.

    :param keep_others: whether columns are kept that are no field of the questionnaire.
    """
    from dataclasses import replace

    from kil_xlsx.definitions.organisations import organisations
    from kil_xlsx.errors import UsageProblem
    from kil_xlsx.pipeline.inbox import content
    from kil_xlsx.reading.lists import read_list

    data = content(path)
    if isinstance(data, str):
        raise UsageProblem(f"The list {path} cannot be read: {data}.", "Check its name, and that you may read it.")
    listed = read_list(data, path.name)
    found = organisations(framework, listed.rows, path.name, respondent, keep_others=keep_others)
    return replace(found, notes=(*listed.notes, *found.notes))
