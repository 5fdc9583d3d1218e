"""The commands on workbooks and files: generate, read, mark, demo."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kil_xlsx import pipeline
from kil_xlsx.cli import printing
from kil_xlsx.cli.inside import Here, given, inside, needed, own
from kil_xlsx.cli.options import (
    FILE,
    created_option,
    examples,
    executor_option,
    force_option,
    framework_option,
    password_option,
    respondent_option,
    theme_option,
)
from kil_xlsx.cli.program import FINE, PROBLEMS, Day
from kil_xlsx.cli.telling import as_typed, show_returns, what_next

if TYPE_CHECKING:
    from rich.console import Console


_MOST_ROWS = 25


@click.command(
    epilog=examples(
        "kil-xlsx generate",
        "kil-xlsx generate --respondent council --round 2026 --due 2026-05-31",
        'kil-xlsx generate --organisations list.xlsx --contact "Sam, 0117 496 0000" --out spring',
        "kil-xlsx generate --organisations list.xlsx --benchmark comparison/release.json",
        "kil-xlsx generate --organisations list.xlsx --round 2027 --previous returns-2026",
        "kil-xlsx generate --answers from-our-database.json",
        "kil-xlsx generate --organisations list.xlsx --executor dask://10.0.0.5:8786",
    ),
)
@framework_option
@respondent_option
@click.option(
    "--organisations", type=FILE, metavar="FILE",
    help="A list (.csv or .xlsx), one organisation a row: name, respondent, and if you like email, org-id, gss code "
    "or any other field about the organisation. Each gets a workbook of its own.",
)  # fmt: skip
@click.option("--out", type=FILE, default=Path("workbooks"), show_default=True, metavar="FOLDER", help="Where to.")
@click.option("--round", "round_id", default="", metavar="TEXT", help="The round, such as 2026.")
@click.option("--due", type=Day(), metavar="DAY", help="Until when workbooks should come back, such as 2026-05-31.")
@click.option("--contact", default="", metavar="TEXT", help="Whom to ask, as it stands on the first sheet.")
@click.option(
    "--previous", type=FILE, metavar="PATH",
    help="What came back last time: a workbook, a folder of them, or the file of 'read --json'. Each organisation's "
    "answers are filled in, for it to confirm or change.",
)  # fmt: skip
@click.option(
    "--answers", type=FILE, metavar="FILE",
    help="Answers as JSON (see: kil-xlsx schema answers), filled in as if they had been typed.",
)  # fmt: skip
@click.option(
    "--benchmark", type=FILE, metavar="FILE",
    help="A release.json that 'kil-xlsx benchmark' wrote: the Results sheet shows each score among its peers.",
)  # fmt: skip
@theme_option
@created_option
@click.option(
    "--no-splice", is_flag=True,
    help="Write each workbook as a whole. Without it, those that are alike are made from one, which says the same and "
    "is very much faster.",
)  # fmt: skip
@executor_option
@force_option
@inside
def generate(
    context: click.Context,
    here: Here,
    framework: str,
    respondent: str | None,
    organisations: Path | None,
    out: Path,
    round_id: str,
    due: date | None,
    contact: str,
    previous: Path | None,
    answers: Path | None,
    benchmark: Path | None,
    theme: Path | None,
    created: datetime | None,
    no_splice: bool,
    executor: str | None,
    force: bool,
) -> int:
    """Write the workbooks to send out.

    Without a list: one blank workbook for each respondent type or, with --previous or --answers, one for each
    organisation that these are of. An organisation is known by its org-id, else by its name. Nothing is overwritten
    unless you say --force, and if any row of the list is wrong, all that is wrong is shown and nothing is written.

    Inside a collection, its settings say what is not given here, and each workbook is put on the send list under a
    reference code that only this collection can make. Workbooks of an earlier run are written anew there, unless
    somebody has changed them.
    """
    from kil_xlsx.results.show import some

    with printing.progress("Writing") as progress:
        if here.place is not None:
            from kil_xlsx.pipeline.collection import opened, workbooks

            with opened(here.place) as collection:
                done = workbooks.generate(
                    collection, out if given(context, "out") else None, respondent=respondent, framework=framework,
                    organisations=organisations,
                    round_id=round_id, due=due, contact=contact, previous=previous, answers=answers,
                    benchmark=benchmark, theme=theme, created=created, force=force, splice=not no_splice,
                    executor=executor, progress=progress,
                )  # fmt: skip
        else:
            done = pipeline.generate(
                framework, respondent=respondent, organisations=organisations, out=out, round_id=round_id, due=due,
                contact=contact, previous=previous, answers=answers, benchmark=benchmark, theme=theme,
                created=created, force=force, splice=not no_splice, executor=executor, progress=progress,
            )  # fmt: skip
    console = printing.page()
    _show_workbooks(console, done.workbooks[:_MOST_ROWS])
    more = len(done.workbooks) - _MOST_ROWS
    if more > 0:
        printing.say(console, f" … and {more:,} more\n", "dim")
    printing.say(console, f"{some(len(done.workbooks), 'workbook')} written to {done.folder.resolve()}", "bold green")
    printing.say(console, f"{done.framework.title}, version {done.framework.version}", "dim")
    printing.notes(console, done.notes)
    send = "Send each organisation its workbook. They fill in the tinted cells, save and send it back."
    if here.place is not None:
        printing.next_steps(
            console,
            send,
            ("Or let the program mail them; see what would go with:", "kil-xlsx send --dry-run"),
            ("Put what comes back into a folder, such as returned, then run:", "kil-xlsx import returned"),
        )
    else:
        printing.next_steps(
            console,
            send,
            (
                "Put what comes back into a folder, such as returns, then run:",
                f"kil-xlsx read returns{here.with_framework(framework)}",
            ),
        )
    return FINE


def _show_workbooks(console: Console, workbooks: Sequence[pipeline.Workbook]) -> None:
    """Which workbooks were made, with the names of the files in one piece: as a table where that leaves room."""
    from kil_xlsx.results.show import Shown, Table, plain

    anyone = "any organisation"
    room = console.width - max((len(each.path.name) for each in workbooks), default=0)
    if room >= 50:
        rows: list[tuple[Shown | str, ...]] = [
            (plain(each.organisation, 60) or Shown(anyone, "quiet"), each.respondent, each.path.name, each.reference)
            for each in workbooks
        ]
        headings: tuple[str, ...] = ("For", "Type", "Workbook", "Reference")
        if room < 70:  # the reference also stands in the workbook
            headings, rows = headings[:3], [row[:3] for row in rows]
        printing.draw(console, Table("", headings, tuple(rows), whole=("Workbook", "Reference")))
        return
    for each in workbooks:
        whose = f"{plain(each.organisation, 60) or anyone} ({each.respondent})"
        printing.say(console, whose, indent=1)
        printing.unbroken(console, f"   {each.path.name}", "dim")
    console.print()


@click.command(
    epilog=examples(
        "kil-xlsx read returns",
        "kil-xlsx read returns/leeds.xlsx",
        "kil-xlsx read returns --csv --out returns.csv",
        "kil-xlsx read returns --executor dask://10.0.0.5:8786",
        "kil-xlsx read returns --json | jq '.files[].scores.overall'",
    ),
)
@click.argument("paths", nargs=-1, type=FILE, metavar="[PATH...]")
@framework_option
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON (see: kil-xlsx schema return).")
@click.option("--csv", "as_csv", is_flag=True, help="One row for each organisation and item, as CSV.")
@click.option("--out", type=FILE, metavar="FILE", help="Write the JSON or CSV to a file.")
@click.option("--second-reader", is_flag=True, help="Read every cell with openpyxl too, and report where it differs.")
@password_option
@executor_option
@force_option
@inside
def read(
    context: click.Context,
    here: Here,
    paths: Sequence[Path],
    framework: str,
    as_json: bool,
    as_csv: bool,
    out: Path | None,
    second_reader: bool,
    password: str | None,
    executor: str | None,
    force: bool,
) -> int:
    """Read completed workbooks: answers, scores, and everything that is wrong with them.

    PATH is a file, or a folder with all that is in it. Inside a collection it may be left out: then the returns are
    shown that count now. One bad file never stops the rest. The exit code is 1 when
    there are errors or queries. CSV texts that a spreadsheet could take for a formula get an apostrophe in front; the
    JSON copy is exact.
    """
    form = _form(as_json, as_csv, out)
    if out is not None:
        with pipeline.Outputs([out], force=force):
            pass  # said before the reading rather than after it
    page = out is not None or not form
    with here.collection(context, paths) as collection, printing.progress("Reading", then_page=page) as progress:
        if collection is None:
            found = pipeline.read(
                paths, framework, second_reader=second_reader, password=password, executor=executor, progress=progress
            )
        elif second_reader:
            raise click.UsageError("--second-reader reads files: name them, such as the folder originals.", context)
        else:
            found = collection.returned(password=password, executor=executor, progress=progress)
    code = PROBLEMS if found.problems else FINE
    if form:
        data = pipeline.read_json(found) if form == "json" else pipeline.read_csv(found).encode()
        if out is None:
            click.echo(data, nl=False)
            return code
        # Excel takes a CSV file for UTF-8 only if it begins with this mark.
        pipeline.write_file(out, data if form == "json" else b"\xef\xbb\xbf" + data, force=force)
    console = printing.page()
    show_returns(console, found, brief=bool(form))
    if out is not None:
        printing.say(console, f"Written to {out.resolve()}", "bold green")
    else:
        what_next(console, found, paths, here.with_framework(framework))
    return code


def _form(as_json: bool, as_csv: bool, out: Path | None) -> str:
    """What machines are given: "json", "csv" or nothing; a file's extension says it too."""
    if as_json and as_csv:
        raise click.UsageError("Choose one of --json and --csv.")
    if as_json or as_csv:
        return "json" if as_json else "csv"
    if out is None:
        return ""
    ending = out.suffix.casefold()
    if ending not in (".json", ".csv"):
        raise click.UsageError("Say --json or --csv, or give --out a name that ends in .json or .csv.")
    return ending[1:]


@click.command(
    epilog=examples(
        "kil-xlsx mark returns/leeds.xlsx --out leeds-to-fix.xlsx",
        "kil-xlsx mark returns --out to-fix --due 2026-06-30",
        'kil-xlsx mark returns --out to-fix --contact "Sam, 0117 496 0000" --theme theme.yaml',
    ),
)
@click.argument("path", type=FILE, required=False, metavar="[PATH]")
@framework_option
@click.option("--out", type=FILE, metavar="PATH", help="The copy; for a folder, where the copies go.")
@click.option("--due", type=Day(), metavar="DAY", help="Until when copies should come back, such as 2026-06-30.")
@click.option("--contact", default="", metavar="TEXT", help="Whom to ask, as it stands on the first sheet.")
@password_option
@theme_option
@created_option
@force_option
@inside
def mark(
    context: click.Context,
    here: Here,
    path: Path | None,
    framework: str,
    out: Path | None,
    due: date | None,
    contact: str,
    password: str | None,
    theme: Path | None,
    created: datetime | None,
    force: bool,
) -> int:
    """Give senders a sound copy of their workbook, with what is to be put right marked.

    Every answer is carried over. What was wrong stays as it was typed, its cell has a thick frame and a note, and a
    sheet "To fix" lists it all with links and ticks it off as it is put right. Sheets, cells and notes of the sender's
    own are listed there. PATH is a file, or a folder: then each return with errors or queries gets a copy, named after
    it. Inside a collection PATH may be left out: then each return that counts now and has errors or queries gets a
    copy. The files that came back are never changed. The exit code is 1 when a file of a folder could not be used.
    """
    from kil_xlsx.pipeline.mark import SUFFIX
    from kil_xlsx.pipeline.mark import mark as write_copies
    from kil_xlsx.results.show import Shown, Table, plain, some

    with here.collection(context, [path] if path else []) as collection, printing.progress("Reading") as progress:
        target = needed(context, "--out", out)
        source = path or collection.returned(password=password, progress=progress)  # type: ignore[union-attr]  # one is
        if path is not None and path.is_file() and not given(context, "out"):
            target /= f"{path.stem}{SUFFIX}.xlsx"
        before = own(here)
        done = write_copies(
            source, target, framework, due=due, contact=contact, password=password, theme=theme, created=created,
            force=force or before or False, progress=progress,
        )  # fmt: skip
        if before is not None:
            before.remember(copy.path for copy in done.copies)
    console = printing.page()
    rows: list[tuple[Shown | str, ...]] = [
        (copy.path.name, plain(copy.organisation, 40), str(copy.errors), str(copy.queries), str(copy.left))
        for copy in done.copies[:_MOST_ROWS]
    ]
    if rows:
        headings: tuple[str, ...] = ("Copy", "For", "Errors", "Queries", "Left over")
        if console.width - max(len(copy.path.name) for copy in done.copies) < 60:  # whose it is stands in its name
            headings, rows = (headings[0], *headings[2:]), [(row[0], *row[2:]) for row in rows]
        printing.draw(console, Table("", headings, tuple(rows), numbers=headings[-3:], whole=("Copy",)))
    more = len(done.copies) - _MOST_ROWS
    if more > 0:
        printing.say(console, f" … and {more:,} more\n", "dim")
    printing.say(console, f"{some(len(done.copies), 'copy', 'copies')} written to {target.resolve()}", "bold green")
    if done.sound:
        printing.say(console, f"Without a copy, since nothing is to be put right: {len(done.sound):,}", "dim")
    printing.notes(console, (*done.unused, *(before.told if before is not None else ())))
    if done.copies:
        printing.next_steps(console, "Send each sender its copy. They put right what is marked, and send it back.")
    return PROBLEMS if done.unused else FINE


@click.command(
    epilog=examples("kil-xlsx demo", "kil-xlsx demo somewhere-else"),
)
@click.argument("folder", type=FILE, default=Path("demo"), metavar="[FOLDER]")
@force_option
def demo(folder: Path, force: bool) -> int:
    """See the whole loop on made-up organisations: generate, fill in, read, benchmark, feedback.

    Everything goes into FOLDER (demo, unless you name another).
    """
    from kil_xlsx.demo import run_demo
    from kil_xlsx.results.show import Table, some

    console = printing.page()
    done = run_demo(folder, lambda words: printing.say(console, f"{words} …", "dim"), force=force)
    console.print()
    rows = (
        (str(done.organisations), "the list of organisations, as a coordinator would keep it"),
        (str(done.folder / "workbooks"), f"{some(done.workbooks, 'workbook')}, one for each organisation"),
        (
            str(done.folder / "returned"),
            f"{some(done.returned, 'file')} that came back, {done.refused} of them unusable",
        ),
        (str(done.results), f"answers and scores, with {some(done.problems, 'error and query', 'errors and queries')}"),
        (str(done.benchmark), "the organisations compared: open report.html or benchmark.xlsx"),
        (str(done.feedback), "a workbook and a summary of one page for each organisation"),
    )
    printing.draw(console, Table("", ("Where", "What"), rows))
    printing.next_steps(
        console,
        ("See what reading says:", f"kil-xlsx read {as_typed(done.folder / 'returned')}"),
        ("Make workbooks of your own:", "kil-xlsx generate"),
    )
    return FINE
