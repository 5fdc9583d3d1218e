"""The commands that show how a collection stands, and what changed between two returns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kil_xlsx import pipeline
from kil_xlsx.cli import printing
from kil_xlsx.cli.inside import Here, given, in_collection, inside
from kil_xlsx.cli.options import FILE, examples, force_option, framework_option, password_option, print_or_write
from kil_xlsx.cli.program import FINE
from kil_xlsx.cli.seeing import NARROW, show_diff, show_organisation, show_organisations, show_round
from kil_xlsx.cli.telling import as_typed, sending, to_mend

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Place
    from kil_xlsx.pipeline.collection.status import ChaseList

_MOST_CHASED = 25

round_option = click.option(
    "--round", "round_id", metavar="ROUND", help="Look at another round than the one that is collected now."
)


@click.command(
    epilog=examples(
        "kil-xlsx status",
        "kil-xlsx status --by parent",
        "kil-xlsx status --all --sort late",
        "kil-xlsx status --all --csv --out organisations.csv",
        'kil-xlsx status --org "Abberton Valley Trust"',
        "kil-xlsx status --json | jq .organisations.response_rate",
    ),
)
@click.option("--org", metavar="ORG", help="Only this organisation: its line, and all that happened, in order.")
@click.option(
    "--by", default="respondent", show_default=True, metavar="FIELD",
    help="Group by: respondent (its type), parent, or any field of the list of organisations.",
)  # fmt: skip
@click.option("--all", "everyone", is_flag=True, help="One line for each organisation.")
@click.option(
    "--sort", type=click.Choice(("standing", "name", "late", "completeness")), default="standing", show_default=True,
    help="The order of the lines of --all.",
)  # fmt: skip
@round_option
@click.option("--json", "as_json", is_flag=True, help="All of it, as JSON (see: kil-xlsx schema status).")
@click.option("--csv", "as_csv", is_flag=True, help="With --all: the lines as CSV, with every field of the list.")
@click.option("--out", type=FILE, metavar="FILE", help="Write the JSON or CSV to a file.")
@force_option
@in_collection
def status(
    place: Place,
    org: str | None,
    by: str,
    everyone: bool,
    sort: str,
    round_id: str | None,
    as_json: bool,
    as_csv: bool,
    out: Path | None,
    force: bool,
) -> int:
    """Show how a round stands: who has answered, who is late, what is to be decided, and what to do next.

    Every organisation has exactly one standing, so the numbers add up. The response rate is of those on the list, less
    those that need not answer. ORG is a name, registered number or reference code, or its number in the collection in
    quotes, such as "#12".

    With --org: how one organisation stands, and the ledger of all that happened with it. What its return says is shown
    by 'kil-xlsx show'.
    """
    from kil_xlsx.core.collection_status import fields_of
    from kil_xlsx.pipeline.collection.place import opened
    from kil_xlsx.pipeline.collection.status import see_organisation, see_round
    from kil_xlsx.results.collection_json import as_json as to_json
    from kil_xlsx.results.collection_json import organisation_document
    from kil_xlsx.results.collection_tables import ORGANISATION_COLUMNS, in_order, organisations_csv

    if as_json and as_csv:
        raise click.UsageError("Choose one of --json and --csv.")
    if as_csv and (not everyone or org):
        raise click.UsageError("--csv goes with --all.")
    _only_with_form(out, as_json or as_csv)
    now = pipeline.now()
    if org is not None:
        if everyone:
            raise click.UsageError("Choose one of --org and --all.")
        with opened(place) as collection:
            one = see_organisation(collection, org, now, round_id=round_id)
        if as_json:
            return print_or_write(to_json(organisation_document(one.about, one.records, one.when)), out, force=force)
        show_organisation(printing.page(), one, contents=False)
        return FINE
    with opened(place) as collection:
        seen = see_round(collection, now, by, round_id=round_id)
    if as_json or as_csv:
        document = seen.document()
        if as_json:
            return print_or_write(to_json(document), out, force=force)
        order = [each.organisation.id for each in in_order(seen.found.lines, sort)]
        fields = fields_of((each.organisation for each in seen.found.lines), ORGANISATION_COLUMNS)
        lines = sorted(document.lines, key=lambda each: order.index(each.id))
        return print_or_write(_marked(organisations_csv(lines, fields), out), out, force=force)
    if everyone:
        show_organisations(printing.page(), seen, sort)
    else:
        show_round(printing.page(), seen)
    return FINE


@click.command(
    epilog=examples(
        'kil-xlsx show "Abberton Valley Trust"',
        "kil-xlsx show GB-CHC-9900001",
        "kil-xlsx show KIL-7K2M-9QXT --json",
    ),
)
@click.argument("org", metavar="ORG")
@round_option
@click.option("--json", "as_json", is_flag=True, help="All of it, as JSON (see: kil-xlsx schema organisation).")
@click.option("--out", type=FILE, metavar="FILE", help="Write the JSON to a file.")
@force_option
@in_collection
def show(place: Place, org: str, round_id: str | None, as_json: bool, out: Path | None, force: bool) -> int:
    """Show one organisation: how it stands, what went out and came in, and what its return says now.

    That is each mail, each file that came with where it came from, the queries and what was decided, scores,
    completeness, and what is wrong with the return.

    Where several people have answered, it also shows where they differ, and who said what. ORG is a name, registered
    number or reference code, or its number in the collection in quotes, such as "#12". What belongs to other rounds
    comes after this one. The ledger of all that happened is shown too; 'kil-xlsx status --org' shows it without the
    answers.
    """
    from kil_xlsx.pipeline.collection.place import opened
    from kil_xlsx.pipeline.collection.status import see_organisation
    from kil_xlsx.results.collection_json import as_json as to_json
    from kil_xlsx.results.collection_json import organisation_document

    _only_with_form(out, as_json)
    with opened(place) as collection:
        seen = see_organisation(collection, org, pipeline.now(), contents=True, round_id=round_id)
    if as_json:
        document = organisation_document(
            seen.about, seen.records, seen.when, returned=seen.returned, spread=seen.spread,
            views=[each.id for each in seen.views],
        )  # fmt: skip
        return print_or_write(to_json(document), out, force=force)
    show_organisation(printing.page(), seen, contents=True)
    return FINE


@click.command(
    epilog=examples(
        "kil-xlsx chase",
        "kil-xlsx chase --out chase.csv",
        "kil-xlsx chase --queries --out chase.xlsx",
    ),
)
@click.option("--out", type=FILE, metavar="FILE", help="Write the list to a file whose name ends in .csv or .xlsx.")
@click.option("--queries", is_flag=True, help="Also those whose return has errors or queries.")
@round_option
@force_option
@in_collection
def chase(place: Place, out: Path | None, queries: bool, round_id: str | None, force: bool) -> int:
    """List those who have not answered: a list ready for mail merge, with addresses and every field of your list.

    Left out are those that need not answer, took their return back, or of whom a return waits for your decision. In
    CSV, texts that a spreadsheet could take for a formula get an apostrophe in front; in a workbook, texts stay texts.
    """
    from kil_xlsx.pipeline.collection.own import Own
    from kil_xlsx.pipeline.collection.place import opened
    from kil_xlsx.pipeline.collection.status import chase_csv, chase_workbook, see_whom_to_chase
    from kil_xlsx.results.collection_tables import organisations_table

    ending = out.suffix.casefold() if out is not None else ""
    if out is not None and ending not in (".csv", ".xlsx"):
        raise click.UsageError("Give --out a name that ends in .csv or .xlsx.")
    now = pipeline.now()
    with opened(place) as collection:
        found = see_whom_to_chase(collection, now, queries=queries, round_id=round_id)
    console = printing.page()
    if out is not None:
        data = chase_workbook(found, now) if ending == ".xlsx" else _marked(chase_csv(found), out)
        pipeline.write_file(out, data, force=force)
        Own(place).remember([out])  # so that 'import' does not take it for a return
        printing.say(console, f"{_chased(found)}, written to {out.resolve()}", "bold green")
        printing.notes(console, _about_addresses(found))
        return FINE
    if found.lines:
        printing.draw(console, organisations_table(found.lines[:_MOST_CHASED], narrow=console.width < NARROW))
    more = len(found.lines) - _MOST_CHASED
    if more > 0:
        printing.say(console, f" … and {more:,} more\n", "dim")
    printing.say(console, f"{_chased(found)}.", "bold")
    printing.notes(console, (*found.notes, *_about_addresses(found)))
    if found.lines:
        again = (" --queries" if queries else "") + (f" --round {as_typed(round_id)}" if round_id else "")
        printing.next_steps(console, *_steps(found, again))
    return FINE


def _steps(found: ChaseList, again: str) -> Iterator[str | tuple[str, str]]:
    from kil_xlsx.core.collection import Purpose
    from kil_xlsx.results.show import some

    yield "Get the list for mail merge:", f"kil-xlsx chase{again} --out chase.csv"
    kinds = {Purpose.INVITATION: "send the workbook to {}", Purpose.REMINDER: "remind {}"}
    for purpose, words in kinds.items():
        count = found.outgoing.count(purpose)
        if count:
            told = words.format(some(count, "organisation"))
            yield f"Or let the program {told}:", sending(found.ways, purpose)


def _chased(found: ChaseList) -> str:
    from kil_xlsx.results.show import some

    if not found.listed:
        return "Nobody is on the list yet"
    owing = sum(each.owes for each in found.lines)
    queries = len(found.lines) - owing
    words = f"{some(owing, 'organisation has', 'organisations have')} not answered"
    return f"{words}, and {queries:,} with errors or queries" if queries else words


def _about_addresses(found: ChaseList) -> list[str]:
    from kil_xlsx.results.show import some

    count = found.without_address
    words = [f"Without an address in the list: {some(count, 'organisation')}."] if count else []
    return [*words, *_mend(found)]


def _mend(found: ChaseList) -> Iterator[str]:
    """Other addresses that no mail gets to."""
    from kil_xlsx.core.dispatch import Reason

    others = dict(found.outgoing.to_mend)
    others.pop(Reason.NO_ADDRESS, None)
    if others:
        yield to_mend(others, found.ways.list_name)


@click.command(
    epilog=examples(
        "kil-xlsx diff leeds-may.xlsx leeds-june.xlsx",
        "kil-xlsx diff 12 47                              two returns of a collection, by their numbers",
        'kil-xlsx diff "Abberton Valley Trust"            the return that counts, and the one before it',
        'kil-xlsx diff "Abberton Valley Trust" --last-round',
        "kil-xlsx diff 12 47 --csv --out changes.csv",
    ),
)
@click.argument("first", metavar="A|ORG")
@click.argument("second", required=False, metavar="[B]")
@framework_option
@click.option("--last-round", is_flag=True, help="With ORG: compare with what it said in the round before this one.")
@click.option("--all", "everything", is_flag=True, help="Show every change, however many there are.")
@click.option("--json", "as_json", is_flag=True, help="All of it, as JSON (see: kil-xlsx schema diff).")
@click.option("--csv", "as_csv", is_flag=True, help="One line for each change, as CSV.")
@click.option("--out", type=FILE, metavar="FILE", help="Write the JSON or CSV to a file.")
@password_option
@force_option
@inside
def diff(
    context: click.Context,
    here: Here,
    first: str,
    second: str | None,
    framework: str,
    last_round: bool,
    everything: bool,
    as_json: bool,
    as_csv: bool,
    out: Path | None,
    password: str | None,
    force: bool,
) -> int:
    """Show what changed from one return to another: answers, scores, and what is wrong with them.

    A and B are files or, inside a collection, numbers of returns ('kil-xlsx show' has them). With ORG alone, inside a
    collection: the return of an organisation that counts, compared with the one before it. Not answered, not
    applicable, don't know and zero are four different answers. Returns made from different versions of the
    questionnaire are carried forward first; what then cannot be compared is listed. The exit code is 0 unless a file
    cannot be read.
    """
    from kil_xlsx.pipeline.collection.comparing import compare, compare_latest
    from kil_xlsx.pipeline.collection.place import found, opened
    from kil_xlsx.results.collection_json import as_json as to_json
    from kil_xlsx.results.diff_tables import diff_csv

    if as_json and as_csv:
        raise click.UsageError("Choose one of --json and --csv.")
    _only_with_form(out, as_json or as_csv)
    if second is not None and last_round:
        raise click.UsageError("--last-round goes with an organisation, not with two returns.")
    if second is not None and here.place is not None and not given(context, "framework"):
        with opened(here.place) as collection:
            done = compare(first, second, collection, collection.framework_name, password=password)
    elif second is not None:
        done = compare(first, second, None, framework, password=password)
    elif Path(first).is_file() and not last_round:
        raise click.UsageError("Name two files, or an organisation.")
    else:
        with opened(here.place or found()) as collection:
            done = compare_latest(collection, first, last_round=last_round, password=password)
    if as_json or as_csv:
        document = done.document()
        data = to_json(document) if as_json else _marked(diff_csv(document), out)
        return print_or_write(data, out, force=force)
    show_diff(printing.page(), done, everything=everything)
    return FINE


def _only_with_form(out: Path | None, form: bool) -> None:
    if out is not None and not form:
        raise click.UsageError("--out goes with --json or --csv.")


def _marked(data: bytes, out: Path | None) -> bytes:
    """CSV as it is written to a file: Excel takes it for UTF-8 only if it begins with a mark."""
    return data if out is None else b"\xef\xbb\xbf" + data
