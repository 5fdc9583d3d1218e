"""The command that writes each organisation its feedback."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kil_xlsx.cli import printing
from kil_xlsx.cli.inside import Here, given, inside, needed, own, sources
from kil_xlsx.cli.options import (
    FILE,
    created_option,
    examples,
    force_option,
    framework_option,
    password_option,
    theme_option,
)
from kil_xlsx.cli.program import FINE, PROBLEMS

if TYPE_CHECKING:
    from kil_xlsx.pipeline.feedback import FeedbackGiven

_MOST_ROWS = 25
_MOST_NOTES = 10


@click.command(
    epilog=examples(
        "kil-xlsx feedback returns --release comparison/release.json --out feedback",
        "kil-xlsx feedback returns --release comparison/release.json --out feedback --previous returns-2025",
        'kil-xlsx feedback returns --release comparison/release.json --out feedback --contact "Sam, 0117 496 0000"',
    ),
)
@click.argument("paths", nargs=-1, type=FILE, metavar="[PATH...]")
@click.option(
    "--release", type=FILE, metavar="FILE",
    help="The release.json that 'kil-xlsx benchmark' wrote from the same returns.",
)  # fmt: skip
@click.option("--out", type=FILE, metavar="FOLDER", help="Where to.")
@click.option(
    "--previous", type=FILE, metavar="PATH",
    help="What came back last time: a workbook, a folder of them, or the file of 'read --json'.",
)  # fmt: skip
@framework_option
@click.option(
    "--organisations", type=FILE, metavar="FILE",
    help="The list that workbooks were made from: organisations under one parent are not held against each other.",
)  # fmt: skip
@click.option("--contact", default="", metavar="TEXT", help="Whom to ask, as it stands in the feedback.")
@click.option("--no-pdf", is_flag=True, help="Write the one-page summary as a web page only.")
@password_option
@theme_option
@created_option
@force_option
@inside
def feedback(
    context: click.Context,
    here: Here,
    paths: Sequence[Path],
    release: Path | None,
    out: Path | None,
    previous: Path | None,
    framework: str,
    organisations: Path | None,
    contact: str,
    no_pdf: bool,
    password: str | None,
    theme: Path | None,
    created: datetime | None,
    force: bool,
) -> int:
    """Write each organisation its feedback: a workbook, and a summary of one page (HTML and PDF).

    It holds the organisation's own answers and scores, those of last time, strengths, next steps, and the published
    figures of its group; nothing of any other organisation. Give the returns that the release was made from. An
    organisation that did not agree to share its answers gets feedback too: its own answers beside the figures of the
    others. Inside a collection PATH and --release may be left out: then it is the returns that count now, and the
    newest release of this round; each release has a folder of its own below feedback. The exit code is 1 when a file
    could not be used.
    """
    from kil_xlsx.pipeline.collection.releases import folder_for, newest_release
    from kil_xlsx.pipeline.feedback import give_feedback
    from kil_xlsx.results.show import Shown, Table, plain, some

    with here.collection(context, paths) as collection, printing.progress("Writing") as progress:
        if release is None and collection is not None:
            release = newest_release(collection)
        release = needed(context, "--release", release)
        if here.place is not None and not given(context, "out"):
            out = folder_for(here.place, release)
        before = own(here)
        done = give_feedback(
            sources(collection, paths, password, progress), release,
            needed(context, "--out", out), framework, previous=previous, organisations=organisations, theme=theme,
            contact=contact, password=password, pdf=not no_pdf, created=created, force=force or before or False,
            progress=progress,
        )  # fmt: skip
        if before is not None:
            before.remember(path for each in done.given for path in each.files)
    console = printing.page()
    rows: list[tuple[Shown | str, ...]] = [
        (
            plain(each.organisation, 50) or Shown("no name given", "quiet"),
            plain(each.respondent, 30),
            plain(each.group, 50) or Shown("everyone", "quiet"),
            "yes" if each.used else Shown("no", "warn"),
            each.files[0].name,
        )
        for each in done.given[:_MOST_ROWS]
    ]
    if rows:
        headings: tuple[str, ...] = ("For", "Type", "Compared with", "In the figures", "Workbook")
        if console.width - max(len(each.files[0].name) for each in done.given) < 70:  # whose it is stands in its name
            headings, rows = headings[2:], [row[2:] for row in rows]
        printing.draw(console, Table("", headings, tuple(rows), whole=("Workbook",)))
    more = len(done.given) - _MOST_ROWS
    if more > 0:
        printing.say(console, f" … and {more:,} more\n", "dim")
    files = sum(len(each.files) for each in done.given)
    gone = f"{some(files, 'file')} written to {done.folder.resolve()}"
    what = f"Feedback for {some(len(done.given), 'organisation')}: {gone}"
    printing.say(console, what, "bold green")
    created_on = done.release.created
    when = f"{created_on.day} {created_on:%B %Y}"
    printing.say(console, f"Compared with release {done.release.number} of {when}.", "dim")
    printing.notes(console, (*done.notes, *(before.told if before is not None else ()), *_beside(done)))
    without = [plain(each, 120) for each in done.without]
    printing.notes(console, [f"No feedback for {each}" for each in without[:_MOST_NOTES]])
    if len(without) > _MOST_NOTES:
        printing.notes(console, [f"And {len(without) - _MOST_NOTES:,} more got none."])
    if done.given:
        printing.next_steps(
            console,
            "Look at one or two, then send each organisation its own files, and nobody else's.",
            *([] if here.place is None else [("Or let the program mail them:", "kil-xlsx send --feedback")]),
            "Keep the folder with the returns: the files say what each organisation answered.",
        )
    return PROBLEMS if any(reading.refused for reading in done.returned.readings) else FINE


def _beside(done: FeedbackGiven) -> list[str]:
    """Feedback that an earlier run wrote into the same folder, for organisations that get none now."""
    from kil_xlsx.pipeline.feedback import PAGE, PDF, WORKBOOK
    from kil_xlsx.results.show import some

    made = {path.name for each in done.given for path in each.files}
    there = {each.name for each in done.folder.iterdir() if each.name.endswith((WORKBOOK, PAGE, PDF))}
    others = sorted(there - made)
    if not others:
        return []
    are = "is" if len(others) == 1 else "are"
    return [f"From earlier runs there {are} {some(len(others), 'other file')} in the folder, such as {others[0]}."]
