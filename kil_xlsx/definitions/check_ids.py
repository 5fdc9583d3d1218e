"""Ids and codes: nothing may be called the same as something else of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kil_xlsx.core.checking import STANDING, range_check_id
from kil_xlsx.core.framework import Framework
from kil_xlsx.definitions.places import KeyPath, Places
from kil_xlsx.definitions.walking import sections
from kil_xlsx.errors import Fault

_Named = tuple[KeyPath, str]
_ONCE = "Give each its own; ids and codes are never shared."


def folded(name: str) -> str:
    """A name as a workbook compares defined names: capitals do not count, and hyphens become underscores."""
    return name.casefold().replace("-", "_")


def check_ids(framework: Framework, places: Places) -> Iterator[Fault]:
    """Ids are unique among things of one kind, and item ids among all items."""
    for what, named in _kinds(framework):
        yield from _repeated(what, named, places)
    items = [((*path, "id"), name) for path, name, _ in _items(framework)]
    yield from _repeated("id", items, places)


def check_codes(framework: Framework, places: Places) -> Iterator[Fault]:
    """Codes that respondents see are unique; a question, measure, check or step has its id for a code."""
    seen: dict[str, tuple[str, KeyPath, bool]] = {}
    for item, item_id, code in _items(framework):
        shown, path = (item_id, (*item, "id")) if code is None else (code, (*item, "code"))
        first, first_path, first_is_id = seen.setdefault(folded(shown), (shown, path, code is None))
        # Two equal ids are a fault of the ids already.
        if first_path != path and not (code is None and first_is_id):
            yield _clash("code", path, shown, first_path, first, places)
    yield from _taken(framework, places)
    respondents = enumerate(framework.respondents)
    yield from _repeated("code", [(("respondents", at, "code"), each.code) for at, each in respondents], places)
    yield from _respondent_names(framework, places)


def _taken(framework: Framework, places: Places) -> Iterator[Fault]:
    """Codes that the workbook itself gives to rows: of sections, of table rows, of the checks it makes on its own."""
    section_ids = {folded(section.id) for _, section in sections(framework)}
    own = {folded(identifier) for identifier in STANDING}
    own |= {folded(range_check_id(measure.id)) for measure in framework.measures}
    for item, item_id, code in _items(framework):
        shown, path = (item_id, (*item, "id")) if code is None else (code, (*item, "code"))
        if folded(shown) in section_ids:
            yield places.fault(path, f"'{shown}' is the id of a section too", _ONCE)
        if folded(shown) in own:
            yield places.fault(path, f"'{shown}' is the code of a check that every workbook has", _ONCE)
        for table in framework.input_tables:
            start, _, row = folded(shown).rpartition("_")
            if start == folded(table.code) and row.isdigit() and 1 <= int(row) <= table.rows:
                yield places.fault(path, f"'{shown}' is the code of a row of the table '{table.id}'", _ONCE)


def _respondent_names(framework: Framework, places: Places) -> Iterator[Fault]:
    """A respondent type may be asked for by id, code, label or alias, so no two types may share any of them."""
    seen: dict[str, tuple[int, str]] = {}
    for index, each in enumerate(framework.respondents):
        path: KeyPath = ("respondents", index)
        named: list[tuple[KeyPath, str, str]] = [
            ((*path, "id"), "id", each.id),
            ((*path, "code"), "code", each.code),
            ((*path, "label"), "label", each.label),
        ]
        named += [((*path, "aliases", at), "alias", alias) for at, alias in enumerate(each.aliases)]
        for where, what, name in named:
            owner, first = seen.setdefault(name.casefold(), (index, what))
            # Two equal ids, or codes, are told of elsewhere.
            if owner != index and (what != first or what in ("label", "alias")):
                other = framework.respondents[owner].id
                yield places.fault(where, f"the {what} '{name}' also names the respondent type '{other}'", _ONCE)


def _repeated(what: str, named: Iterable[_Named], places: Places) -> Iterator[Fault]:
    seen: dict[str, _Named] = {}
    for path, name in named:
        first_path, first = seen.setdefault(folded(name), (path, name))
        if first_path != path:
            yield _clash(what, path, name, first_path, first, places)


def _clash(what: str, path: KeyPath, name: str, first_path: KeyPath, first: str, places: Places) -> Fault:
    file, line = places.spot(first_path)
    where = f" in {file}, line {line}" if line is not None else ""
    if name == first:
        return places.fault(path, f"the {what} '{name}' is already used{where}", _ONCE)
    return places.fault(
        path,
        f"the {what} '{name}' is too close to '{first}'{where}",
        "A workbook does not tell capitals from small letters, nor - from _ in names; change one of them.",
    )


def _kinds(framework: Framework) -> Iterator[tuple[str, list[_Named]]]:
    for key in (
        "respondents",
        "choice_lists",
        "section_kinds",
        "units",
        "lookups",
        "input_groups",
        "principles",
        "guidance",
        "test_cases",
    ):
        yield "id", [((key, at, "id"), each.id) for at, each in enumerate(getattr(framework, key))]
    yield "section id", [((*path, "id"), section.id) for path, section in sections(framework)]
    yield "prefix", [(("id_schemes", at, "prefix"), each.prefix) for at, each in enumerate(framework.id_schemes)]
    yield "term", [(("glossary", at, "term"), each.term) for at, each in enumerate(framework.glossary)]
    for index, table in enumerate(framework.input_tables):
        path = ("input_tables", index, "columns")
        yield "column id", [((*path, at, "id"), column.id) for at, column in enumerate(table.columns)]
    for index, measure in enumerate(framework.measures):
        path = ("measures", index, "workings")
        yield "working id", [((*path, at, "id"), working.id) for at, working in enumerate(measure.workings)]


def _items(framework: Framework) -> Iterator[tuple[KeyPath, str, str | None]]:
    """Everything that has a row or a column of its own in the results: path, id, and code where it has one."""
    for key in ("profile", "questions", "inputs", "input_tables", "reference_values", "measures", "checks"):
        for at, each in enumerate(getattr(framework, key)):
            yield (key, at), each.id, getattr(each, "code", None)
    for at, each in enumerate(framework.steps.steps if framework.steps else ()):
        yield ("steps", "steps", at), each.id, None
