"""What people are told about the problems of a return."""

from __future__ import annotations

from releases import a_release

from kil_xlsx.core.problems import problem
from kil_xlsx.results.release_tables import release_counts
from kil_xlsx.results.show import told_by_sheet

PROBLEMS = [
    problem("item-moved", sheet="About you", cell="D9", item="P01"),
    problem("cell-error", sheet="Assessment", cell="E6", item="C1-1", found="#REF!", expected="an answer"),
    problem("choice-unknown", sheet="Assessment", cell="E7", item="C1-2", found="maybe"),
    problem("cell-error", sheet="Assessment", cell="E8", item="C1-3", found="#N/A", expected="an answer"),
    problem("cell-error", sheet="Measures", cell="D5", item="IN01", found="#REF!", expected="an answer"),
    problem("file-macros", found="macros"),
]


def test_problems_stand_together_by_sheet_and_by_what_they_say() -> None:
    """One message for all the cells of a sheet that it concerns; sheets with notes alone come last."""
    found = told_by_sheet(PROBLEMS, notes=True)
    assert [sheet for sheet, _ in found] == ["Assessment", "Measures", "", "About you"]
    [errors, unknown] = dict(found)["Assessment"]
    assert errors.where == "E6 (C1-1), E8 (C1-3)"
    assert errors.found == "#REF!; #N/A"
    assert unknown.where == "E7 (C1-2)"


def test_notes_can_be_left_out() -> None:
    """A sheet about which there is nothing else to say is then not named."""
    assert [sheet for sheet, _ in told_by_sheet(PROBLEMS, notes=False)] == ["Assessment", "Measures"]


def test_counts_of_a_release_are_named_as_everywhere() -> None:
    """From those invited to those used, the step between being that the workbook was filled in."""
    table = release_counts(a_release())
    assert table.headings == ("Type", "Invited", "Returned", "Filled in", "Used")
    counts = a_release().respondents[0].groups[0].counts
    assert table.rows[0][1:4] == tuple(str(each) for each in (counts.invited, counts.returned, counts.accepted))
