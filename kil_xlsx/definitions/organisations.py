"""The list of organisations that workbooks are made for.

The first row names the columns; every further row is one organisation.  Column names may be in any case:

* ``name`` (or organisation, organization, name of organisation): needed in every row
* ``respondent`` (or type, respondent type): which workbook; may be left out where there is only one
* ``parent`` (or part of, group): the body that it belongs to; those under one parent count once in a benchmark
* ``email``, ``org-id`` (or registered number), ``gss code`` (or council area code)
* any other profile field of the framework, by its id, code or label
* any other column: kept as it is for a collection's mails and tables, and never part of a workbook

Choices may be given by code or label.  Everything that is wrong is found in one pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches

from kil_xlsx.core.columns import column_name
from kil_xlsx.core.framework import Framework, IdScheme, ProfileField
from kil_xlsx.core.instrument import Instrument, display, instrument
from kil_xlsx.definitions.wording import counted, did_you_mean, listed, shortened
from kil_xlsx.errors import Fault, OrganisationsListError

_NAME, _EMAIL, _TYPE, _PARENT = "name", "email", "respondent", "parent"

_SYNONYMS = {
    _NAME: (
        "name", "organisation", "organization", "organisation name", "organization name", "name of organisation",
        "name of organization", "council",
    ),
    _EMAIL: ("email", "e mail", "email address", "e mail address", "contact email", "mail"),
    _PARENT: ("parent", "parent organisation", "parent organization", "part of", "group"),
    _TYPE: ("respondent", "respondent type", "type", "organisation type", "organization type", "workbook", "kind"),
}  # fmt: skip
_ROLE_SYNONYMS = {
    "organisation": _SYNONYMS[_NAME],
    "org_id": (
        "org id", "orgid", "organisation id", "organization id", "registered number", "charity number",
        "company number", "identifier",
    ),
    "area_code": ("gss", "gss code", "area code", "council area code", "ons code", "la code"),
    "region": ("region", "nation", "region or nation"),
}  # fmt: skip

MOST_LETTERS = {"name": 200, "text": 255, "long_text": 2000}
"""How long a name, a short text and a long one may be."""

_MOST_EXAMPLES = 3
_MISSPELT = 0.8
"""How alike a heading is to one that is known, where it probably was meant to be that one."""
_UNSEEN = frozenset(("Cc", "Cs", "Co", "Cn"))
_EMAIL_FORM = re.compile(r"[^\s@,;<>\"()]+@[^\s@,;<>\"()]+\.[^\s@,;<>\"().]{2,}")
_DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y")


@dataclass(frozen=True, slots=True)
class ListedOrganisation:
    """One row of the list.

    ``profile`` holds what is known beforehand by profile field id, the name and the identifiers included.  Choices
    are as their dropdown shows them; dates are ISO dates.  ``parent`` is the name of the body that it belongs to.
    ``others`` are the cells of other columns, by :func:`kil_xlsx.core.columns.column_name`.
    """

    row: int
    respondent: str
    name: str
    id: str = ""
    email: str = ""
    profile: tuple[tuple[str, str], ...] = ()
    parent: str = ""
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class OrganisationsList:
    """The organisations in the order of the list, and ``notes`` on what was left out of account.

    ``others`` are the names of columns that were kept although they are no field of the questionnaire.
    """

    organisations: tuple[ListedOrganisation, ...]
    notes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Column:
    """One column of the list: its heading, and what it gives; ``other`` where it is kept under a name of its own."""

    at: int
    heading: str
    meaning: str
    field: ProfileField | None = None
    other: bool = False


def organisations(
    framework: Framework,
    rows: Sequence[tuple[int, Sequence[str]]],
    file: str,
    respondent: str | None = None,
    *,
    keep_others: bool = False,
) -> OrganisationsList:
    """Understand a list of organisations.

    :param rows: row numbers as a spreadsheet shows them, with the texts of the cells; the first has the headings.
    :param file: the name of the file, for messages.
    :param respondent: the respondent type of rows that name none.
    :param keep_others: whether columns are kept that are no field of the questionnaire; else they are not used.
    :raises OrganisationsListError: anything is wrong; it lists all of it.
    """
    if len(rows) < 2:
        problem = "has only headings" if rows else "is empty"
        raise OrganisationsListError(
            f"The list {file} {problem}. Nothing was written.", (), "Write one row for each organisation."
        )
    reader = _Reader(framework, file, respondent, keep_others=keep_others)
    reader.headings(*rows[0])
    if reader.named:
        for number, cells in rows[1:]:
            reader.row(number, cells)
    if reader.faults:
        raise _refused(file, reader.faults)
    others = tuple(column.meaning for column in reader.columns if column.other)
    return OrganisationsList(tuple(reader.found), tuple(reader.notes), others)


def other_columns(framework: Framework, headings: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns of a list that are no field of the questionnaire."""
    reader = _Reader(framework, "", None, keep_others=True)
    reader.headings(1, headings)
    return tuple(column.meaning for column in reader.columns if column.other)


def naming_columns(framework: Framework, headings: Sequence[str]) -> tuple[int, ...]:
    """The columns of a list that hold names or registered numbers; none where the first row has no such heading."""
    reader = _Reader(framework, "", None)
    known, number = reader._known(), reader._with_role("org_id")
    wanted = {_NAME, *([number.id] if number else [])}
    meanings = [known.get(_plain(heading), ("", None))[0] for heading in headings]
    return tuple(at for at, meaning in enumerate(meanings) if meaning in wanted)


def _refused(file: str, faults: Sequence[Fault]) -> OrganisationsListError:
    return OrganisationsListError(
        f"The list {file} cannot be used: {counted(len(faults), 'fault')}. Nothing was written.",
        tuple(faults),
        "Put these right in the list, then run the command again.",
    )


def _plain(heading: str) -> str:
    """A heading as it is compared: case, accents of punctuation and kinds of blank do not matter."""
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return " ".join(re.sub(r"[^\w]+|_", " ", folded).split())


def _such_as(schemes: Sequence[IdScheme], text: str) -> str:
    """Examples of numbers with their registers, first of those whose numbers look like the text."""
    alike = [each for each in schemes if re.fullmatch(each.pattern, text)]
    shown = [each for each in alike or schemes if each.examples][:_MOST_EXAMPLES]
    words = " or ".join(f"{each.prefix}-{each.examples[0]} ({each.register})" for each in shown)
    return f", such as {words}" if words else ""


class _Reader:
    """Reads a list row by row, collecting organisations and faults."""

    def __init__(self, framework: Framework, file: str, respondent: str | None, *, keep_others: bool = False) -> None:
        self.framework = framework
        self.file = file
        self.keep_others = keep_others
        self.default = respondent or (framework.respondents[0].id if len(framework.respondents) == 1 else None)
        self.columns: list[_Column] = []
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self.found: list[ListedOrganisation] = []
        self._width = 0
        self._instruments: dict[str, Instrument] = {}
        self._names: dict[tuple[str, str], int] = {}
        self._ids: dict[str, int] = {}

    def _fault(self, row: int, column: str, message: str, remedy: str) -> None:
        self.faults.append(Fault(self.file, row, f"column '{column}'" if column else "", message, remedy))

    # Headings

    @property
    def named(self) -> bool:
        """Whether there is a column with the names, without which no row means anything."""
        return any(column.meaning == _NAME for column in self.columns)

    def headings(self, number: int, cells: Sequence[str]) -> None:
        known = self._known()
        taken: dict[str, str] = {}
        ignored: list[str] = []
        for at, heading in enumerate(cells):
            if not heading:
                continue
            self._width = at + 1
            shown = shortened(heading)
            found = known.get(_plain(heading))
            if found is None and self.keep_others:
                ignored += self._other(at, heading, taken)
                continue
            if found is None:
                close = did_you_mean(shown, self._offered()).removeprefix("; ")
                ignored.append(f"'{shown}' ({close})" if close else f"'{shown}'")
                continue
            meaning, field = found
            if meaning in taken:
                self._fault(
                    number, shown, f"means the same as the column '{taken[meaning]}'.", "Keep one of the two columns."
                )
                continue
            if field is not None and (field.type == "derived" or field.role == "consent"):
                reason = "it is worked out" if field.type == "derived" else "only the organisation itself can say"
                ignored.append(f"'{shown}' ({reason})")
                continue
            taken[meaning] = shown
            self.columns.append(_Column(at, shown, meaning, field))
        if not self.named:
            self._fault(
                number, "", "There is no column with the names of the organisations.",
                "Name it 'name'. The first row of the list must hold the column names.",
            )  # fmt: skip
        if ignored:
            self.notes.append(f"Columns that were not used: {', '.join(ignored)}.")

    def _other(self, at: int, heading: str, taken: dict[str, str]) -> Iterator[str]:
        """Keep a column that is no field of the questionnaire; gives it where it cannot be kept."""
        shown = shortened(heading)
        name = column_name(heading) or f"column_{at + 1}"
        if any(name == field.id for field in self.framework.profile):
            name = f"list_{name}"
        if name in taken:
            yield f"'{shown}' (means the same as the column '{taken[name]}')"
            return
        taken[name] = shown
        self.columns.append(_Column(at, shown, name, other=True))
        close = get_close_matches(_plain(heading), map(_plain, self._offered()), n=1, cutoff=_MISSPELT)
        if close:
            self.notes.append(f"The column '{shown}' is kept under a name of its own; did you mean '{close[0]}'?")
        elif name.startswith("list_") and not _plain(heading).startswith("list "):
            self.notes.append(
                f"The column '{shown}' is {{{name}}} in mails, as {{{name.removeprefix('list_')}}} is something else."
            )

    def _known(self) -> dict[str, tuple[str, ProfileField | None]]:
        """What each heading means.  What a framework calls its own fields comes before the usual words for them."""
        known: dict[str, tuple[str, ProfileField | None]] = {}
        for field in self.framework.profile:
            meaning = _NAME if field.role == "organisation" else field.id
            for name in (field.id, field.code, field.label):
                known.setdefault(_plain(name), (meaning, field))
        for meaning, names in _SYNONYMS.items():
            owner = self._with_role("organisation") if meaning == _NAME else None
            for name in names:
                known.setdefault(name, (meaning, owner))
        for role, names in _ROLE_SYNONYMS.items():
            played = self._with_role(role)
            if played is not None and role != "organisation":
                for name in names:
                    known.setdefault(name, (played.id, played))
        return known

    def _with_role(self, role: str) -> ProfileField | None:
        return next((field for field in self.framework.profile if field.role == role), None)

    def _offered(self) -> list[str]:
        fields = [name for field in self.framework.profile for name in (field.id, field.label)]
        return [*(name for names in _SYNONYMS.values() for name in names), *fields]

    # Rows

    def row(self, number: int, cells: Sequence[str]) -> None:
        before = len(self.faults)
        values = {column.meaning: (column, self._cell(number, column, cells)) for column in self.columns}
        if any(cells[self._width :]):
            self._fault(
                number, "", "There is something to the right of the last column that has a name.",
                "Check the row for a stray comma, or give the column a name.",
            )  # fmt: skip
        name = values[_NAME][1]
        if not name:
            self._fault(
                number, values[_NAME][0].heading, "The name of the organisation is missing.",
                "Fill it in, or delete the row.",
            )  # fmt: skip
        elif len(name) > MOST_LETTERS["name"]:
            self._fault(
                number, values[_NAME][0].heading, f"The name is {len(name)} characters long.",
                f"Shorten it to {MOST_LETTERS['name']}.",
            )  # fmt: skip
        email = values[_EMAIL][1] if _EMAIL in values else ""
        if email and not _EMAIL_FORM.fullmatch(email):
            self._fault(
                number, values[_EMAIL][0].heading, f"'{shortened(email)}' is not an email address.",
                "Give one address, such as someone@example.org, or leave it blank.",
            )  # fmt: skip
        respondent = self._respondent(number, values.get(_TYPE))
        profile = list(self._profile(number, values, respondent))
        if name and respondent:
            self._once(number, name, respondent, dict(profile), values)
        if respondent and len(self.faults) == before:
            id_field = self._with_role("org_id")
            identifier = dict(profile).get(id_field.id, "") if id_field else ""
            parent = values[_PARENT][1] if _PARENT in values else ""
            others = tuple((meaning, text) for meaning, (column, text) in values.items() if column.other and text)
            self.found.append(
                ListedOrganisation(number, respondent, name, identifier, email, tuple(profile), parent, others)
            )

    def _cell(self, number: int, column: _Column, cells: Sequence[str]) -> str:
        """A cell's text on one line; characters that cannot be seen are a fault."""
        text = cells[column.at] if column.at < len(cells) else ""
        if column.other:
            text = "".join(" " if unicodedata.category(each) in _UNSEEN else each for each in text)
            text = " ".join(text.split())
            if len(text) > MOST_LETTERS["long_text"]:
                message = f"The text is {len(text)} characters long."
                self._fault(number, column.heading, message, f"Shorten it to {MOST_LETTERS['long_text']}.")
            return text
        if column.field is None or column.field.type != "long_text":
            text = " ".join(text.split())
        hidden = next((c for c in text if unicodedata.category(c) in _UNSEEN and c != "\n"), None)
        if hidden is not None:
            self._fault(
                number, column.heading, f"There is a character that cannot be shown (U+{ord(hidden):04X}).",
                "Type the text again.",
            )  # fmt: skip
            return text.replace(hidden, "")
        return text

    def _respondent(self, number: int, given: tuple[_Column, str] | None) -> str | None:
        names = [each.id for each in self.framework.respondents]
        if given is None or not given[1]:
            if self.default is None:
                where = "." if given else ", in a column 'respondent'."
                self._fault(
                    number, given[0].heading if given else "", "The respondent type is missing.",
                    f"Add one of {listed(names)}{where}",
                )  # fmt: skip
            return self.default
        column, text = given
        try:
            return instrument(self.framework, text).respondent.id
        except KeyError:
            everything = [
                name for each in self.framework.respondents for name in (each.id, each.code, each.label, *each.aliases)
            ]
            self._fault(
                number, column.heading,
                f"There is no respondent type '{shortened(text)}'{did_you_mean(text, everything) or '.'}",
                f"Write one of: {listed(names)}.",
            )  # fmt: skip
            return None

    def _once(
        self, number: int, name: str, respondent: str, profile: dict[str, str], values: dict[str, tuple[_Column, str]]
    ) -> None:
        """The same organisation must not stand in the list twice."""
        key = (respondent, _plain(name) or name)
        if key in self._names:
            self._fault(
                number, values[_NAME][0].heading,
                f"'{shortened(name)}' is already in row {self._names[key]}, for the same respondent type.",
                "Delete one of the rows, or tell the two apart by name.",
            )  # fmt: skip
        self._names.setdefault(key, number)
        field = self._with_role("org_id")
        identifier = profile.get(field.id, "").upper() if field else ""
        if field and identifier:
            if identifier in self._ids:
                self._fault(
                    number, values[field.id][0].heading,
                    f"'{shortened(identifier)}' is already in row {self._ids[identifier]}.",
                    "Every organisation has a number of its own; check both rows.",
                )  # fmt: skip
            self._ids.setdefault(identifier, number)

    def _profile(
        self, number: int, values: dict[str, tuple[_Column, str]], respondent: str | None
    ) -> Iterator[tuple[str, str]]:
        """Profile fields and their values.  They are checked even where it is not clear who would be asked for them."""
        who = respondent or self.framework.respondents[0].id
        if who not in self._instruments:
            self._instruments[who] = instrument(self.framework, who)
        mine = self._instruments[who]
        asked = {field.id for field in (mine.profile if respondent else self.framework.profile)}
        for column, text in values.values():
            field = column.field
            if field is None or not text:
                continue
            if field.id not in asked:
                who = mine.respondent.label.lower()
                self._fault(number, column.heading, f"A {who} is not asked for this.", "Leave the cell blank.")
                continue
            value = self._value(number, column, field, text, mine)
            if value is not None:
                yield field.id, value

    def _value(self, number: int, column: _Column, field: ProfileField, text: str, mine: Instrument) -> str | None:
        """A profile field's value as the workbook holds it; nothing, and a fault, where it cannot be one."""
        if field.type == "choice" and field.choices:
            return self._choice(number, column, field, text, mine)
        if field.type == "date":
            return self._date(number, column, text)
        if field.type in ("area_code", "org_id"):
            text = text.upper()
        if field.type in ("org_id", "org_id_list"):
            parts = re.split(r"[,;\s]+", text) if field.type == "org_id_list" else [text]
            unfit = [part for part in parts if part and not self._fits_register(number, column, part)]
            if unfit:
                return None
        if field.pattern and not re.fullmatch(field.pattern, text):
            message = f"'{shortened(text)}' does not have the right form."
            self._fault(number, column.heading, message, field.help or "Check it.")
            return None
        longest = MOST_LETTERS["long_text" if field.type == "long_text" else "text"]
        if column.meaning != _NAME and len(text) > longest:
            message = f"The text is {len(text)} characters long."
            self._fault(number, column.heading, message, f"Shorten it to {longest}.")
            return None
        return text

    def _fits_register(self, number: int, column: _Column, text: str) -> bool:
        """Whether a number names a register that the framework knows and has its form, as returns are asked for.

        A framework that knows no registers takes any number.
        """
        schemes, wanted = self.framework.id_schemes, text.upper()
        scheme = next((each for each in schemes if wanted.startswith(f"{each.prefix}-")), None)
        if scheme is None:
            if schemes:
                self._fault(
                    number, column.heading, f"'{shortened(text)}' does not begin with a register that is known here.",
                    f"Write the register in front of the number{_such_as(schemes, wanted)}, or leave the cell blank.",
                )  # fmt: skip
            return not schemes
        if re.fullmatch(scheme.pattern, wanted.removeprefix(f"{scheme.prefix}-")):
            return True
        example = f" It looks like {scheme.prefix}-{scheme.examples[0]}." if scheme.examples else ""
        self._fault(
            number, column.heading, f"'{shortened(text)}' is not a number of the register {scheme.register}.",
            f"Check it against the register.{example}",
        )  # fmt: skip
        return False

    def _choice(self, number: int, column: _Column, field: ProfileField, text: str, mine: Instrument) -> str | None:
        offered = mine.choice_lists[field.choices or ""]
        wanted = _plain(text)
        for choice in offered.choices:
            if wanted in {_plain(choice.label), _plain(choice.code), _plain(display(offered, choice))}:
                return display(offered, choice)
        labels = [display(offered, choice) for choice in offered.choices]
        self._fault(
            number, column.heading, f"'{shortened(text)}' is not one of the answers{did_you_mean(text, labels) or '.'}",
            f"Write one of: {'; '.join(labels)}.",
        )  # fmt: skip
        return None

    def _date(self, number: int, column: _Column, text: str) -> str | None:
        bare = re.sub(r"[T ]00:00(:00)?$", "", text)
        for form in _DATE_FORMS:
            try:
                day = datetime.strptime(bare, form).replace(tzinfo=UTC).date()
            except ValueError:
                continue
            if date(1990, 1, 1) <= day <= date(2099, 12, 31):
                return day.isoformat()
        message = f"'{shortened(text)}' is not a date."
        self._fault(number, column.heading, message, "Write it as 2026-03-31 or 31/03/2026.")
        return None
