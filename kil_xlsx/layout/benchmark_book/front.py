"""The first sheets: the cover, the contents, and who is in the release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kil_xlsx.core.release import CONFIDENTIAL, NOT_AVAILABLE, Release, RespondentBenchmark
from kil_xlsx.layout.benchmark_book.frame import (
    CONTENTS,
    COVER,
    EVERYONE,
    GROUPS,
    NOTES,
    TAKING_PART,
    Head,
    Line,
    TableSheet,
    count,
    day,
    one_line,
    table_sheet,
)
from kil_xlsx.layout.benchmark_book.notes import Notes
from kil_xlsx.layout.document import CellRef, Link

_WHAT_IT_IS = (
    "How groups of organisations assessed themselves, to compare oneself with. It holds figures of groups only: "
    "nothing here describes one organisation, and no free text is used."
)


def cover(release: Release, *, figures: bool) -> TableSheet:
    """What this is, of when, by whom, and who is in it.

    :param figures: whether anything is shown at all.
    """
    made = table_sheet(
        COVER,
        f"{one_line(release.title)}: benchmark",
        f"Release {release.number}, {day(release.created)}",
        f"What the figures rest on is on the sheet {NOTES}.",
        (Head("What", 36, number=False), Head("Details", 100, number=False)),
        (Line(entries, ("cover", entries[0])) for entries in _facts(release, figures)),
        filtered=False,
        landscape=False,
    )
    assert made is not None  # there is always something to say
    return made


def _facts(release: Release, figures: bool) -> Iterator[tuple[str, str]]:
    method = release.method
    if method.lowered:
        yield "Less protection than usual", method.lowered
    for number, warning in enumerate(release.warnings, start=1):
        yield "Caution" if len(release.warnings) == 1 else f"Caution {number}", warning
    if not figures:
        yield "Nothing to show", "Every figure is held back, because too few organisations are behind it."
    yield "What this is", _WHAT_IT_IS
    yield "Release", f"Number {release.number}, made on {day(release.created)}"
    if release.earlier is not None:
        rounds = f" ({', '.join(release.earlier.rounds)})" if release.earlier.rounds else ""
        yield "Compared with", f"Release {release.earlier.number} of {day(release.earlier.created)}{rounds}"
    yield "Rounds", ", ".join(release.rounds) or "None named"
    yield "Contact", release.contact or "None given"
    yield "Questionnaire", f"{release.framework}, version {release.version}"
    for respondent in release.respondents:
        yield f"Who is in it: {respondent.label}", _taking_part(respondent)
    yield "Small groups", f"{method.suppression} Groups held back as a whole are listed on the sheet {GROUPS}."
    yield "About the questionnaire", method.notice


def _taking_part(respondent: RespondentBenchmark) -> str:
    """Everyone who was invited, by what became of them, in one sentence each."""
    counts = respondent.groups[0].counts
    flow = (
        ("invited", counts.invited, NOT_AVAILABLE),
        ("returned", counts.returned, NOT_AVAILABLE),
        ("filled in", counts.accepted, NOT_AVAILABLE),
        ("used", counts.used, CONFIDENTIAL),
    )
    words = ", ".join(f"{mark if number is None else number} {name}" for name, number, mark in flow)
    left_out = "; ".join(
        f"{each.label}: {CONFIDENTIAL if each.count is None else each.count}" for each in counts.exclusions
    )
    return f"Organisations: {words}." + (f" Left out: {left_out}." if left_out else "")


def contents(sheets: Sequence[tuple[str, str, str]]) -> TableSheet:
    """Every sheet after this one, with a link.

    :param sheets: name of the sheet, what it shows, and how many lines its table has or how many charts there are.
    """
    made = table_sheet(
        CONTENTS,
        "Contents",
        "Every sheet of this workbook, with a link to it.",
        f"Marks and method are explained on the sheet {NOTES}.",
        (Head("Sheet", 24, number=False), Head("What it shows", 66, number=False), Head("How much", 20, number=False)),
        (
            Line((Link(CellRef(name, 0, 0), name, f"Go to {name}"), title, size), ("contents", name))
            for name, title, size in sheets
        ),
        filtered=False,
        landscape=False,
        back=COVER,
    )
    assert made is not None  # the sheet of notes is always there
    return made


def taking_part(release: Release, notes: Notes) -> TableSheet:
    """How many were invited, returned, filled in and used, and everyone left out, by reason."""
    files = release.files
    lines = [
        Line((EVERYONE, "Files given", "Files", count(files.given, NOT_AVAILABLE))),
        Line((EVERYONE, "Files that could not be read", "Files", count(files.refused, NOT_AVAILABLE))),
        Line(
            (
                EVERYONE,
                "Files of another questionnaire, version or type of respondent",
                "Files",
                count(files.not_comparable, NOT_AVAILABLE),
            )
        ),
    ]
    for respondent in release.respondents:
        lines += _flow(respondent)
    made = table_sheet(
        TAKING_PART,
        "Who is in it, and who was left out",
        "From the organisations invited to those behind the figures, with everyone left out by reason.",
        notes.see("selection", "entry", "suppression"),
        (
            Head("Respondents", 26, number=False),
            Head("What is counted", 66, number=False),
            Head("Unit", 16, number=False),
            Head("Number", 14),
        ),
        lines,
        landscape=False,
    )
    assert made is not None  # files are always counted
    return made


def _flow(respondent: RespondentBenchmark) -> Iterator[Line]:
    counts, who = respondent.groups[0].counts, respondent.label
    for words, unit, number, mark in (
        ("Invited", "Organisations", counts.invited, NOT_AVAILABLE),
        ("Files that could be read", "Files", counts.files, NOT_AVAILABLE),
        ("Returned a file that could be read", "Organisations", counts.returned, NOT_AVAILABLE),
        ("Filled in: returned a workbook with answers in it", "Organisations", counts.accepted, NOT_AVAILABLE),
    ):
        yield Line((who, words, unit, count(number, mark)), (respondent.id, words))
    for each in counts.exclusions:
        unit = "Files" if each.reason == "replaced" else "Organisations"
        words = f"Left out: {each.label}"
        yield Line((who, words, unit, count(each.count, CONFIDENTIAL)), (respondent.id, each.reason))
    yield Line(
        (who, "Used: behind the figures", "Organisations", count(counts.used, CONFIDENTIAL)), (respondent.id, "used")
    )
