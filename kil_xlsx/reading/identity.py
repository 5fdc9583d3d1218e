"""What a workbook says of itself: which questionnaire it is, and whose copy.

The same facts stand in several places, because every program drops some of them.  All places are read and compared.
What stands in cells outranks names and properties, which nobody sees and some programs carry over from other files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.core.readings import Identity
from kil_xlsx.core.returns import text_of
from kil_xlsx.layout.a1 import cell_name
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.stamp import FILE_NAME, REFERENCE_NAME, valid_reference
from kil_xlsx.reading.model import SheetData, WorkbookData
from kil_xlsx.reading.recognise import recognise
from kil_xlsx.reading.sheetindex import fold, plain_name

FACTS = (
    "framework",
    "version",
    "fingerprint",
    "layout",
    "respondent",
    "round",
    "organisation",
    "organisation_id",
    "reference",
)
"""The facts of a stamp, by the keys under which they are written."""

_DECISIVE = ("framework", "version", "respondent")
_CONSTANT = ("framework", "version", "fingerprint", "layout", "respondent")
_PREFIX = "kil:"
_NONE = "-"
_LONGEST_CODE = 40

Facts = dict[str, str]
Source = tuple[str, Facts]
"""Where facts were found, in words, and the facts."""


def identify(
    workbook: WorkbookData, prefixes: Iterable[str] = (), plans: Mapping[str, Plan] | None = None
) -> tuple[Identity | None, list[Problem]]:
    """Whose return a workbook is, and what is doubtful about that; nothing when it does not say.

    :param prefixes: the prefixes of the reference codes that are expected; a text that starts like one and is no
        valid code is reported.
    :param plans: the workbooks that may come back.  One that says nothing of itself is taken for the only one of
        them that its questions fit.
    """
    sources = list(_sources(workbook))
    facts, problems = _agreed(sources)
    visible = list(_visible_codes(workbook))
    hidden = [(where, valid) for where, found in sources if (valid := valid_reference(found.get("reference", "")))]
    keywords = workbook.properties.get("keywords", "")
    hidden += [("the document's keywords", valid) for piece in _pieces(keywords) if (valid := valid_reference(piece))]
    codes = [*((f"{sheet.name}!{cell}", code) for sheet, cell, code in visible), *hidden]
    # Where codes differ, the one that stands in most places; the first sheet's where that does not decide.
    reference = Counter(code for _, code in codes).most_common(1)[0][0] if codes else ""
    if len({code for _, code in codes}) > 1:
        problems.append(_references_differ(codes, visible, reference))
    beginnings = {*prefixes, *(code.split("-")[0] for _, code in codes)}
    problems += _damaged(workbook, beginnings)
    if not any(facts.get(fact) for fact in _DECISIVE) and plans:
        known = recognise(workbook, plans)
        if known is not None:
            plan, there, rows = known
            told = f"{there} of {rows} questions with their codes" + (f"; reference code {reference}" if codes else "")
            framework = plan.instrument.framework
            expected = f"{framework.id} {framework.version} {plan.instrument.respondent.id}"
            problems.append(problem("return-known-by-contents", found=told, expected=expected))
            facts = {
                "framework": framework.id,
                "version": framework.version,
                "respondent": plan.instrument.respondent.id,
                **{fact: value for fact, value in facts.items() if value},
            }
    if not all(facts.get(fact) for fact in _DECISIVE):
        missing = ", ".join(fact for fact in _DECISIVE if not facts.get(fact))
        told = f"nothing about: {missing}" + (f"; reference code {reference}" if codes else "")
        return None, [*problems, problem("return-not-ours", found=told, expected="framework, version and respondent")]
    layout = facts.get("layout", "")
    identity = Identity(
        framework=facts["framework"],
        version=facts["version"],
        fingerprint=facts.get("fingerprint", ""),
        layout=int(layout) if layout.isascii() and layout.isdigit() and len(layout) < 10 else 0,
        respondent=facts["respondent"],
        round_id=facts.get("round", ""),
        organisation=facts.get("organisation", ""),
        organisation_id=facts.get("organisation_id", ""),
        reference=reference,
    )
    return identity, problems


# Where facts stand


def _sources(workbook: WorkbookData) -> Iterator[Source]:
    """Every place that states facts, those that people can read first."""
    for sheet in workbook.sheets:
        facts = _on_sheet(sheet)
        if len(facts) > 1:  # a single one may be anything
            yield f"the sheet “{sheet.name}”", facts
    constants = {plain_name(name.name): _constant(name.refers_to) for name in workbook.names}
    stated: Facts = {}
    parts = constants.get(FILE_NAME, "").split("|")
    if len(parts) == len(_CONSTANT):
        stated = dict(zip(_CONSTANT, parts, strict=True))
    if constants.get(REFERENCE_NAME):
        stated["reference"] = constants[REFERENCE_NAME]
    if stated:
        yield "the defined names", stated
    properties = {name.casefold(): value.strip() for name, value in workbook.properties.items()}
    stated = {fact: value for fact in FACTS if (value := properties.get(f"kil.{fact}", ""))}
    if stated:
        yield "the document's properties", stated


def _on_sheet(sheet: SheetData) -> Facts:
    """Cells such as ``kil:framework`` with the fact in the next cell that holds something."""
    facts: Facts = {}
    for row, column, text, _ in sheet.marks:
        if _PREFIX not in text.casefold():
            continue
        fact = fold(text).removeprefix(_PREFIX).strip()
        if fact in FACTS and fact not in facts:
            beside = sheet.cells.get((row, column + 1))
            value = text_of(beside.value).strip() if beside is not None else ""
            if value and value != _NONE:
                facts[fact] = value
    return facts


def _constant(refers_to: str) -> str:
    """The text of a constant name: ``"text"`` without its quotes; other names give nothing."""
    text = refers_to.strip().removeprefix("=").strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return ""


def _agreed(sources: list[Source]) -> tuple[Facts, list[Problem]]:
    """The facts by their first source, and a problem for each decisive one that most sources do not share."""
    facts: Facts = {}
    problems = []
    for fact in FACTS:
        stated = [(where, found[fact]) for where, found in sources if found.get(fact)]
        if not stated:
            continue
        facts[fact] = stated[0][1]
        support = Counter(value for _, value in stated)
        if fact in _DECISIVE and support[facts[fact]] * 2 <= len(stated) and len(support) > 1:
            told = "; ".join(f"{where}: {value}" for where, value in stated)
            problems.append(problem("return-facts-differ", item=fact, found=told, expected=facts[fact]))
    return facts, problems


# Reference codes


_APART = re.compile(r"[·|\n]|\s{2,}")
_SHAPE = re.compile(r"[A-Za-z]{2,5}[\s‐-―-]*[0-9A-Za-z][0-9A-Za-z\s‐-―-]*")


def _pieces(text: str) -> list[str]:
    """The parts of a line in which a code may stand among other things."""
    return [piece.strip() for piece in _APART.split(text) if piece.strip()]


@lru_cache(maxsize=2_048)
def _codes_in(text: str) -> tuple[str, ...]:
    """The valid codes in a line; nearly all lines are the same in every workbook, and have none."""
    pieces = (piece for piece in _pieces(text) if len(piece) <= _LONGEST_CODE and _SHAPE.fullmatch(piece))
    return tuple(code for piece in pieces if (code := valid_reference(piece)))


def _visible_codes(workbook: WorkbookData) -> Iterator[tuple[SheetData, str, str]]:
    """Valid reference codes on visible sheets, in the order of the sheets.

    Formulas are left out: what they show is not what was sent out.
    """
    for sheet in workbook.sheets:
        if sheet.state != "visible":
            continue
        for row, column, text, cell in sheet.texts:
            if 13 <= len(text) <= 300 and cell.formula is None:
                for code in _codes_in(text):
                    yield sheet, cell_name(row, column), code


def _references_differ(codes: list[tuple[str, str]], visible: list[tuple[SheetData, str, str]], usual: str) -> Problem:
    by_code: dict[str, list[str]] = {}
    for where, code in codes:
        by_code.setdefault(code, []).append(where)
    found = "; ".join(f"{code} ({', '.join(places[:3])})" for code, places in by_code.items())
    odd = next(((sheet.name, cell) for sheet, cell, code in visible if code != usual), None)
    odd = odd or next(((sheet.name, cell) for sheet, cell, _ in visible), ("", ""))
    return problem("return-reference-differs", sheet=odd[0], cell=odd[1], found=found, expected=usual)


def _damaged(workbook: WorkbookData, prefixes: set[str]) -> list[Problem]:
    """A text on the first visible sheet that is nearly a code: it starts like one, but its check is wrong."""
    sheet = next((sheet for sheet in workbook.sheets if sheet.state == "visible"), None)
    if sheet is None:
        return []
    for row, column, text, cell in sheet.texts:
        if cell.formula is not None or not 10 <= len(text) <= _LONGEST_CODE:
            continue
        if not _SHAPE.fullmatch(text.strip()) or valid_reference(text):
            continue
        plain = re.sub(r"[\s‐-―-]+", "", text).upper()
        for prefix in prefixes:
            dashed = re.match(rf"{re.escape(prefix)}\s*[‐-―-]", text.strip(), re.IGNORECASE)
            if dashed and plain.startswith(prefix) and 9 <= len(plain) - len(prefix) <= 13:
                place = cell_name(row, column)
                expected = f"a code such as {prefix}-0000-0000-000"
                return [
                    problem(
                        "return-reference-damaged", sheet=sheet.name, cell=place, found=text.strip(), expected=expected
                    )
                ]
    return []
