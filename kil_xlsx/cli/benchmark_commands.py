"""The command that compares organisations and writes a release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from kil_xlsx.cli import printing
from kil_xlsx.cli.inside import Here, inside, needed
from kil_xlsx.cli.options import (
    FILE,
    created_option,
    examples,
    force_option,
    framework_option,
    password_option,
    theme_option,
)
from kil_xlsx.cli.program import FINE, PROBLEMS, Invited, NamedFile
from kil_xlsx.cli.telling import as_typed


@click.command(
    epilog=examples(
        "kil-xlsx benchmark returns --out comparison --organisations list.csv",
        "kil-xlsx benchmark returns --out comparison --group region --group legal_form --invited council=40",
        'kil-xlsx benchmark returns --out comparison --list "Coastal towns=coastal.csv"',
        "kil-xlsx benchmark returns-2027 --out comparison-2027 --earlier comparison-2026/release.json",
    ),
)
@click.argument("paths", nargs=-1, type=FILE, metavar="[PATH...]")
@framework_option
@click.option("--out", type=FILE, metavar="FOLDER", help="Where to: a folder that can be published.")
@click.option(
    "--group", "group_by", multiple=True, metavar="FIELD",
    help="Compare within the answers to a field; may be repeated.",
)  # fmt: skip
@click.option(
    "--list", "lists", multiple=True, type=NamedFile(), metavar="NAME=FILE",
    help="Compare within a group of your own: a file with their names or numbers; may be repeated.",
)  # fmt: skip
@click.option(
    "--invited", type=Invited(), multiple=True, metavar="N|TYPE=N",
    help="How many organisations were invited, for the response rate.",
)  # fmt: skip
@click.option(
    "--organisations", type=FILE, metavar="FILE",
    help="The list that was sent out to: its rows count as invited, and those with the same parent count once.",
)  # fmt: skip
@click.option("--earlier", type=FILE, metavar="FILE", help="The release.json of an earlier release: show what changed.")
@click.option("--contact", default="", metavar="TEXT", help="Whom readers may ask, as it stands in every output.")
@password_option
@click.option(
    "--log", type=FILE, metavar="FILE",
    help="The log of releases, which must be kept and kept secret.  [default: release-log.json beside FOLDER]",
)  # fmt: skip
@click.option(
    "--lower-thresholds", nargs=3, type=int, default=None, metavar="MEAN QUARTILES PERCENTILES",
    help="Show figures of smaller groups than 5, 10 and 20 (at least 3). Said in every output.",
)  # fmt: skip
@click.option(
    "--for-outsiders", is_flag=True,
    help="Nobody who reads it is among the organisations: one fewer is enough. Said in every output.",
)  # fmt: skip
@click.option(
    "--ignore-earlier-releases", is_flag=True,
    help="Show figures even if, with an earlier release, they give somebody away. Said in every output.",
)  # fmt: skip
@theme_option
@created_option
@force_option
@inside
def benchmark(
    context: click.Context,
    here: Here,
    paths: Sequence[Path],
    framework: str,
    out: Path | None,
    group_by: Sequence[str],
    lists: Sequence[tuple[str, Path]],
    invited: Sequence[tuple[str, int]],
    organisations: Path | None,
    earlier: Path | None,
    contact: str,
    password: str | None,
    log: Path | None,
    lower_thresholds: tuple[int, int, int] | None,
    for_outsiders: bool,
    ignore_earlier_releases: bool,
    theme: Path | None,
    created: datetime | None,
    force: bool,
) -> int:
    """Compare the organisations that sent workbooks back, and make a release of it.

    FOLDER gets benchmark.xlsx and report.html for people, release.json and the folder data for programs. Only
    organisations that agreed are counted, and nothing is shown from which the answers of one could be told: medians
    need five organisations besides the reader, quartiles ten, other percentiles twenty, and what could be worked out
    from other figures or from an earlier release is held back as well. Where an organisation sent several files, the
    last one given counts.

    Inside a collection PATH may be left out: then the returns are compared that count now, FOLDER is called by the
    release's number, in the folder releases, and the release is put on record. The exit code is 1 when a file could
    not be used.
    """
    from kil_xlsx.core.release import Thresholds
    from kil_xlsx.pipeline.benchmark import benchmark as compare
    from kil_xlsx.pipeline.collection.releases import make_release
    from kil_xlsx.results.release_tables import release_counts, release_exclusions, release_scores
    from kil_xlsx.results.show import plain, some

    thresholds = None
    if lower_thresholds is not None:
        mean, quartiles, percentiles = lower_thresholds
        thresholds = Thresholds(mean=mean, quartiles=quartiles, percentiles=percentiles)
    options: dict[str, Any] = {
        "group_by": group_by, "lists": lists, "invited": dict(invited), "organisations": organisations,
        "earlier": earlier, "thresholds": thresholds, "outsiders_only": for_outsiders, "log": log,
        "ignore_log": ignore_earlier_releases, "contact": contact, "theme": theme, "created": created, "force": force,
    }  # fmt: skip
    with here.collection(context, paths) as collection, printing.progress("Reading") as progress:
        if collection is not None:
            returned = collection.returned(password=password, progress=progress)
            done = make_release(collection, returned, out, progress=progress, **options)
        else:
            folder = needed(context, "--out", out)
            done = compare(paths, folder, framework, password=password, progress=progress, **options)
    console = printing.page()
    release = done.release
    printing.draw(console, release_counts(release))
    exclusions = release_exclusions(release)
    if exclusions is not None:
        printing.draw(console, exclusions)
    for respondent in release.respondents:
        table = release_scores(respondent, done.returned.framework.scoring.decimals)
        if table is not None:
            printing.draw(console, table)
        else:
            label = plain(respondent.label, 40)
            printing.say(console, f"{label}: too few organisations to show any figure.\n", "yellow")
    unused = release.files.refused + release.files.not_comparable
    what = "is there already, in" if done.already else "written to"
    printing.say(console, f"Release {release.number} {what} {done.folder.resolve()}:", "bold green")
    for path in done.files[:3]:
        printing.say(console, path.name, indent=1)
    printing.say(console, f"data ({some(len(done.files) - 3, 'file')})", indent=1)
    printing.say(console, f"Keep, and do not publish: {done.log.resolve()}", "yellow")
    printing.notes(console, (*done.notes, *release.warnings, *filter(None, (release.method.lowered,))))
    if unused:
        names = [plain(reading.file.name, 60) for reading in done.returned.readings if reading.refused]
        listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        same = f" with the same files{here.with_framework(framework)}" if paths else ""
        why = f"'kil-xlsx read'{same} says why."
        printing.notes(console, [f"{some(unused, 'file')} could not be used: {listed}. {why}"])
    printing.say(console, release.method.suppression, "dim")
    again = ""
    if paths:
        again = (
            f"{''.join(f' {as_typed(path)}' for path in paths)} --release {as_typed(done.folder / 'release.json')} "
            f"--out feedback{f' --organisations {as_typed(organisations)}' if organisations else ''}"
            f"{here.with_framework(framework)}"
        )
    printing.next_steps(console, ("Give each organisation its feedback:", f"kil-xlsx feedback{again}"))
    return PROBLEMS if unused else FINE
