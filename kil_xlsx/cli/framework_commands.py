"""The commands about versions of a framework."""

from __future__ import annotations

from pathlib import Path

import click

from kil_xlsx import pipeline
from kil_xlsx.cli import printing
from kil_xlsx.cli.program import FINE, PROBLEMS, Commands

_FILE = click.Path(path_type=Path)
_TONES = {"refused": "bad", "breaks comparability": "bad", "needs a map": "warn", "safe": "quiet"}


@click.group(
    cls=Commands,
    epilog="\b\nExamples:\n  kil-xlsx framework diff 1.0.0 keep-it-local\n"
    "  kil-xlsx framework freeze --framework my-framework",
)
def framework() -> None:
    """Compare versions of a questionnaire, and freeze one when it is published."""


@framework.command(
    "diff",
    short_help="Say what changed between two versions.",
    epilog="\b\nExamples:\n  kil-xlsx framework diff 1.0.0 keep-it-local\n"
    "  kil-xlsx framework diff 2.0.0 my-framework --json",
)
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@click.option("--all", "everything", is_flag=True, help="Every safe change too, instead of their number.")
def diff(old: str, new: str, as_json: bool, everything: bool) -> int:
    """Say what changed between two versions of a questionnaire, and what each change does.

    OLD and NEW are names or folders, or versions that were published, such as 1.0.0. A change is safe, needs a map
    (carry_forward in the new definition), breaks comparability, or is refused because an id is used again. The exit
    code is 1 when anything breaks comparability, is refused, or needs a map that is missing.
    """
    from kil_xlsx.pipeline.releases import compare_versions

    found = compare_versions(old, new)
    code = PROBLEMS if found.breaking else FINE
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n", nl=False)
        return code
    from kil_xlsx.core.framework_diff import Effect
    from kil_xlsx.results.show import Shown, Table, plain, some

    console = printing.page()
    shown = [each for each in found.changes if everything or each.effect is not Effect.SAFE]
    rows: list[tuple[Shown | str, ...]] = []
    for each in shown:
        effect = f"{each.effect}, in the map" if each.mapped else str(each.effect)
        tone = "good" if each.mapped else _TONES[each.effect]
        rows.append((Shown(effect, tone), each.kind, each.what, plain(each.change, 200)))  # type: ignore[arg-type]  # the tones are those of Shown
    if rows:
        headings = ("Effect", "Kind", "What", "Change")
        printing.draw(console, Table("", headings, tuple(rows), whole=("What",)))
    safe = sum(each.effect is Effect.SAFE for each in found.changes)
    words = f"{found.framework}, from {found.old} to {found.new}: {some(len(found.changes), 'change')}, {safe} safe."
    printing.say(console, words)
    if found.breaking:
        printing.say(console, f"{some(found.breaking, 'change')} to settle before this version is published.", "yellow")
    else:
        printing.say(console, "Every earlier answer can be carried forward and compared.", "green")
    return code


@framework.command(
    "freeze",
    short_help="Keep a version that is published.",
    epilog="\b\nExamples:\n  kil-xlsx framework freeze --framework my-framework\n"
    "  kil-xlsx framework freeze --out 1.1.0.json",
)
@click.option(
    "--framework", "name", default=pipeline.DEFAULT_FRAMEWORK, show_default=True, metavar="NAME|FOLDER",
    help="Which questionnaire: one that comes with the program, or the folder of your own.",
)  # fmt: skip
@click.option(
    "--out", type=_FILE, metavar="FILE", help="Where to; else versions/VERSION.json in the folder of your own."
)
def freeze(name: str, out: Path | None) -> int:
    """Keep the version that is published, whole and in one file, so that its returns stay readable for ever.

    Do this when the first workbooks go out. From then on the definition cannot be changed under the same version, and
    a frozen version is never overwritten.
    """
    from kil_xlsx.pipeline.releases import freeze as keep

    done = keep(name, out=out)
    console = printing.page()
    if done.was_there:
        printing.say(console, f"Version {done.framework.version} is frozen already, with the same content.")
    else:
        printing.say(console, f"{done.framework.id} {done.framework.version} frozen", "bold green")
    printing.unbroken(console, f"  {done.path.resolve()}")
    return FINE
