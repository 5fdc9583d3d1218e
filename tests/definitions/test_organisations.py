"""The list of organisations: what is understood, and that every fault in it is found in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from kil_xlsx.core.columns import TAKEN, column_name
from kil_xlsx.core.framework import Framework
from kil_xlsx.definitions.load import load_framework
from kil_xlsx.definitions.organisations import OrganisationsList, organisations
from kil_xlsx.errors import Fault, OrganisationsListError
from kil_xlsx.mail.templates import PLACEHOLDERS
from kil_xlsx.pipeline.collection.status import CHASE
from kil_xlsx.results.collection_tables import ORGANISATION_COLUMNS


@pytest.fixture(scope="module")
def framework() -> Framework:
    return load_framework("keep-it-local")


def read(framework: Framework, *rows: str, respondent: str | None = None) -> OrganisationsList:
    """Read a list written with bars between its cells."""
    numbered = [(number, _cells(row)) for number, row in enumerate(rows, start=1)]
    return organisations(framework, numbered, "list.csv", respondent)


def _cells(row: str) -> Sequence[str]:
    return tuple(cell.strip() for cell in row.split("|"))


def faults(framework: Framework, *rows: str) -> tuple[Fault, ...]:
    with pytest.raises(OrganisationsListError) as caught:
        read(framework, *rows)
    return caught.value.faults


@pytest.mark.parametrize(
    "heading", ["name", "Organisation", "ORGANIZATION", "Name of organisation", "organisation_name", "P01"]
)
def test_name_column(framework: Framework, heading: str) -> None:
    """The column of names is known by its usual names and by what the framework calls it."""
    listed = read(framework, f"{heading} | type", "Leeds | council").organisations
    assert [(each.name, each.respondent) for each in listed] == [("Leeds", "council")]


@pytest.mark.parametrize(
    ("heading", "value"),
    [("email", "a@b.org"), ("E-mail", "a@b.org"), ("org-id", "GB-CHC-1173575"), ("org_id", "GB-CHC-1173575"),
     ("GSS code", "E06000023"), ("gss", "E06000023"), ("Council area code", "e06000023")],
)  # fmt: skip
def test_synonyms(framework: Framework, heading: str, value: str) -> None:
    """Columns are recognised by several names, whatever their case."""
    (one,) = read(framework, f"name | respondent | {heading}", f"Hub | charity | {value}").organisations
    everything = {one.email, one.id, *dict(one.profile).values()}
    assert value.upper() in {text.upper() for text in everything}


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("GB-CHC", "GB-CHC-279417"),
        ("12345678", "GB-COH-09506232 (Companies House)"),
        ("FR-RCS-1", "GB-CHC-279417"),
        ("GB-CHC-12", "It looks like GB-CHC-"),
    ],
)
def test_identifiers_that_a_return_would_be_asked_about(framework: Framework, typed: str, remedy: str) -> None:
    """A number that fits no known register is a fault of its row, with what it should look like."""
    (fault,) = faults(framework, "name | type | org-id", "Leeds | council |", f"Hub | community | {typed}")
    assert (fault.line, fault.key) == (3, "column 'org-id'")
    assert typed in fault.message
    assert remedy in fault.remedy


def test_a_framework_without_registers_takes_any_number(framework: Framework) -> None:
    """Where no registers are known, no number can be told to be wrong."""
    free = msgspec.structs.replace(framework, id_schemes=())
    assert read(free, "name | type | org-id", "Hub | community | 12345678").organisations[0].id == "12345678"


def test_examples_come_from_the_framework(framework: Framework) -> None:
    """What an area code looks like is said in the framework's own words."""
    (fault,) = faults(framework, "name | type | gss", "Leeds | council | E1")
    (field,) = (each for each in framework.profile if each.role == "area_code")
    assert fault.remedy == field.help


@pytest.mark.parametrize("typed", ["council", "LA", "Council", "local authority", "COUNCILS"])
def test_respondent_names(framework: Framework, typed: str) -> None:
    """A respondent type may be named by id, code, label or alias."""
    assert read(framework, "name | type", f"Leeds | {typed}").organisations[0].respondent == "council"


def test_choices_and_dates_as_the_workbook_holds_them(framework: Framework) -> None:
    """A choice given by its code becomes the dropdown's label, and a date an ISO date."""
    rows = "name|type|region|legal_form|First day of the reporting year", "Hub|CO|E12000003|CIC|1/4/2025"
    with pytest.raises(OrganisationsListError):
        read(framework, rows[0], rows[1].replace("CIC", "company"))
    (one,) = read(framework, *rows).organisations
    assert dict(one.profile) == {
        "organisation_name": "Hub",
        "region": "Yorkshire and The Humber",
        "legal_form": "Community interest company",
        "period_start": "2025-04-01",
    }


def test_every_fault_is_reported(framework: Framework) -> None:
    """All faults of all rows come in one pass, each with its row and column."""
    found = faults(
        framework,
        "name | email | respondent | org-id | gss | region | period_start",
        "Leeds | nobody | council | GB-CHC-12 | E0 | Yorkshire | yesterday",
        " | a@b.org | council | | | |",
        "Hub | | counsil | | E1 | |",
        "leeds | | council | | | |",
        "A | | CO | GB-CHC-1173575 | | |",
        "B | | CO | gb-chc-1173575 | | |",
        "C | | | | | |",
    )
    assert [(fault.line, fault.key) for fault in found] == [
        (2, "column 'email'"),
        (2, "column 'org-id'"),
        (2, "column 'gss'"),
        (2, "column 'region'"),
        (2, "column 'period_start'"),
        (3, "column 'name'"),
        (4, "column 'respondent'"),
        (4, "column 'gss'"),
        (5, "column 'name'"),
        (7, "column 'org-id'"),
        (8, "column 'respondent'"),
    ]
    assert all(fault.message and fault.remedy and fault.file == "list.csv" for fault in found)
    assert "did you mean 'council'" in found[6].message


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((), "is empty"),
        (("name",), "only headings"),
        (("colour | type", "red | council"), "no column with the names"),
        (("name | organisation | type", "a | b | council"), "means the same"),
        (("name | type", "Leeds, City | council | council"), "to the right"),
        (("name | type | legal_form", "Leeds | council | cic"), "is not asked for this"),
        (("name | type", "Le\x07eds | council"), "U+0007"),
        (("name | type", f"{'x' * 201} | council"), "201 characters"),
    ],
)
def test_single_faults(framework: Framework, rows: tuple[str, ...], words: str) -> None:
    """Each way in which a list can be wrong is said in words."""
    with pytest.raises(OrganisationsListError) as caught:
        read(framework, *rows)
    assert words in str(caught.value)


def kept(framework: Framework, *rows: str) -> OrganisationsList:
    """Read a list of a collection, which keeps all columns."""
    numbered = [(number, _cells(row)) for number, row in enumerate(rows, start=1)]
    return organisations(framework, numbered, "list.csv", keep_others=True)


def test_other_columns_are_kept_under_one_word(framework: Framework) -> None:
    """A column that is no field of the questionnaire is kept, whatever it is called; nothing needs to be said."""
    rows = "name | type | Contact person | Téléphone (mobile) | ☎ | region", "Leeds | council | Sam\x07 O | 01 | 02 |"
    listed = kept(framework, *rows)
    assert listed.others == ("contact_person", "telephone_mobile", "column_5")
    (one,) = listed.organisations
    assert dict(one.others) == {"contact_person": "Sam O", "telephone_mobile": "01", "column_5": "02"}
    assert dict(one.profile) == {"organisation_name": "Leeds"}
    assert listed.notes == ()
    assert read(framework, *rows[:1], rows[1].replace("\x07", "")).organisations[0].others == ()


def test_a_column_that_could_be_taken_for_something_else(framework: Framework) -> None:
    """A column called as something in mails or tables gets a name of its own, which is said, as is a misprint."""
    listed = kept(
        framework, "name | type | Contact | Région | emial | notes | Notes", "A | council | c | r | e | n | m"
    )
    assert dict(listed.organisations[0].others) == {"list_contact": "c", "list_region": "r", "emial": "e", "notes": "n"}
    told = " ".join(listed.notes)
    assert "'Contact' is {list_contact} in mails" in told
    assert "did you mean 'email'?" in told and "did you mean 'region'?" in told
    assert "not used: 'Notes' (means the same as the column 'notes')" in told


def test_what_columns_have_a_meaning_of_their_own() -> None:
    """No column of a list takes the place of a placeholder, or of a column of the program's own tables."""
    used = {*PLACEHOLDERS, *CHASE, *ORGANISATION_COLUMNS}
    assert used <= TAKEN
    assert all(column_name(name) == f"list_{name}" for name in used)


def test_unknown_columns_are_noted(framework: Framework) -> None:
    """Columns that mean nothing here are left out and named, as is consent, which nobody can give for another."""
    rows = (
        "name | type | colour | regoin | share_for_benchmarking | council_type",
        "Leeds | council | red | x | named | y",
    )
    listed = read(framework, *rows)
    (note,) = listed.notes
    assert dict(listed.organisations[0].profile) == {"organisation_name": "Leeds"}
    assert "'colour'" in note
    assert "did you mean 'region'" in note
    assert "only the organisation itself" in note
    assert "worked out" in note


def test_default_respondent(framework: Framework) -> None:
    """Rows that name no respondent type are of the one that was asked for."""
    listed = read(framework, "name | type", "Leeds | ", "Hub | community", respondent="council")
    assert [each.respondent for each in listed.organisations] == ["council", "community"]


def test_same_name_for_two_types(framework: Framework) -> None:
    """Two organisations may share a name when they are of different types."""
    assert len(read(framework, "name | type", "Leeds | council", "Leeds | community").organisations) == 2


@pytest.mark.parametrize("heading", ["parent", "Part of", "GROUP", "parent organisation", "Parent_Organization"])
def test_parents(framework: Framework, heading: str) -> None:
    """The body that an organisation belongs to, where it belongs to one; it is no answer of the organisation."""
    listed = read(
        framework, f"name | type | {heading}", "Vale Hub | community | Vale  Federation", "Moor Hub | community |"
    )
    assert listed.notes == ()
    assert [each.parent for each in listed.organisations] == ["Vale Federation", ""]
    assert dict(listed.organisations[0].profile) == {"organisation_name": "Vale Hub"}


def test_a_list_without_parents(framework: Framework) -> None:
    """The column may be left out."""
    (one,) = read(framework, "name | type", "Vale Hub | community").organisations
    assert one.parent == ""


def test_two_columns_of_parents_are_a_fault(framework: Framework) -> None:
    """Which of them holds cannot be told."""
    (fault, *_) = faults(framework, "name | type | parent | part of", "Vale Hub | community | One | Two")
    assert "means the same" in fault.message
