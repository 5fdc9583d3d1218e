"""What can be wrong with a returned workbook, in one catalogue.

A :class:`Problem` is collected, never raised.  An *error* must be put right before the return is complete; a *query*
must be put right or explained; a *note* only tells the coordinator what was done.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """How much a problem matters."""

    ERROR = "error"
    QUERY = "query"
    NOTE = "note"


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong, where it is, and what to do about it.

    ``item`` is the visible code of what is concerned (a question, a figure, a check); ``sheet`` and ``cell`` say where
    to look; ``found`` is what stands there and ``expected`` what should.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    sheet: str = ""
    cell: str = ""
    item: str = ""
    found: str = ""
    expected: str = ""


class Kind(Struct, frozen=True):
    """One entry of the catalogue: how bad it is, what is said, and what to do."""

    severity: Severity
    message: str
    remedy: str


_E, _Q, _N = Severity.ERROR, Severity.QUERY, Severity.NOTE

CATALOGUE: dict[str, Kind] = {
    # The file as a whole
    "file-empty": Kind(_E, "The file is empty.", "Ask the sender to attach the saved workbook again."),
    "file-too-large": Kind(
        _E,
        "The file is far larger than a completed workbook can be.",
        "Ask the sender to remove pictures or pasted sheets, save, and send it again.",
    ),
    "file-password": Kind(
        _E,
        "The file is locked with a password.",
        "Ask the sender to remove the password (in Excel: File, Info, Protect Workbook) and send it again.",
    ),
    "file-is-pdf": Kind(
        _E,
        "The file is a PDF, which shows the answers but does not hold them.",
        "Ask the sender for the Excel file that the PDF was made from.",
    ),
    "file-is-csv": Kind(
        _E,
        "The file is plain text, such as a CSV copy of one sheet.",
        "Ask the sender for the Excel file itself, not saved as CSV or text.",
    ),
    "file-is-html": Kind(
        _E,
        "The file is a web page, whatever its name says.",
        "Ask the sender to save it with “Excel workbook (.xlsx)” as the type, and send that.",
    ),
    "file-is-xml": Kind(
        _E,
        "The file is an XML document.",
        "Ask the sender to save it with “Excel workbook (.xlsx)” as the type, and send that.",
    ),
    "file-is-picture": Kind(
        _E,
        "The file is a picture or film, perhaps of the screen.",
        "Ask the sender for the Excel file itself.",
    ),
    "file-is-zip": Kind(
        _E,
        "The file is a compressed archive.",
        "Unpack it and read the workbook inside; if there is none, ask the sender for it.",
    ),
    "file-is-document": Kind(
        _E,
        "The file is a text document, such as one of Word.",
        "Ask the sender for the Excel file; if the answers stand only in the document, send them a fresh workbook.",
    ),
    "file-is-presentation": Kind(_E, "The file is a presentation.", "Ask the sender for the Excel file itself."),
    "file-is-numbers": Kind(
        _E,
        "The file was saved by Apple's Numbers, Pages or Keynote in a form that only they read.",
        "Ask the sender to choose File, Export To, Excel in Numbers, and send that.",
    ),
    "file-is-mail": Kind(
        _E, "The file is an email message.", "Open it, save the workbook attached to it, and read that."
    ),
    "file-is-link": Kind(
        _E,
        "The file only points to a document that lies elsewhere.",
        "Ask the sender to download the document as .xlsx and attach it.",
    ),
    "file-is-program": Kind(
        _E,
        "The file is a program. It was not run.",
        "Do not open it. Ask the sender by another route whether they sent it.",
    ),
    "file-is-older": Kind(
        _E,
        "The file was saved by a spreadsheet program from before 1997.",
        "Ask the sender to open it and save it with “Excel workbook (.xlsx)” as the type.",
    ),
    "file-password-wrong": Kind(
        _E,
        "The file is locked, and the password that was given does not open it.",
        "Ask the sender for the password, or for a copy without one.",
    ),
    "file-not-a-workbook": Kind(
        _E, "The file is not a workbook.", "Ask the sender for the Excel file itself, not a copy in another form."
    ),
    "file-damaged": Kind(
        _E,
        "The file is damaged and cannot be read in full.",
        "Ask the sender to open it, save it under a new name and send that.",
    ),
    "file-unsafe": Kind(
        _E,
        "The file is built in a way that no spreadsheet program would build it, so it was not opened.",
        "Check with the sender by another route that the file really came from them.",
    ),
    "file-reader-failed": Kind(
        _E,
        "The file could not be read within the limits of time and memory.",
        "Ask the sender to open it and save it as .xlsx, then send it again.",
    ),
    "file-unreadable": Kind(
        _E, "The file could not be opened.", "Check that it is there, is a file, and that you may read it."
    ),
    "file-macros": Kind(_N, "The file contains macros. They were not run.", "Nothing needs to be done."),
    # Whose return it is
    "return-not-ours": Kind(
        _E,
        "This workbook does not say which questionnaire it is.",
        "Check that it is a workbook that was sent out; if so, ask the sender for the copy they filled in.",
    ),
    "return-known-by-contents": Kind(
        _Q,
        "The workbook no longer says which questionnaire it is. It was recognised by its questions.",
        "Check whose return it is, and that it was made from this version.",
    ),
    "return-other-framework": Kind(
        _E, "The workbook belongs to another questionnaire.", "Read it with the framework that it was made from."
    ),
    "return-other-version": Kind(
        _E,
        "The workbook was made from another version of the questionnaire, which is not known here.",
        "If it is newer, install the current program or definition. If it is older, put the file of that version into "
        "the folder “versions” of the definition, or ask for the current workbook to be filled in.",
    ),
    "return-older-version": Kind(
        _N,
        "The workbook was made from an earlier version of the questionnaire. It was read and scored by that version.",
        "Nothing needs to be done. Its answers are carried forward wherever they stand beside those of this version.",
    ),
    "return-content-differs": Kind(
        _Q,
        "The questions in the workbook are not exactly those of this version.",
        "Compare the definition that the workbook was made from with this one.",
    ),
    "return-reference-damaged": Kind(
        _Q, "The reference code on the first sheet is not a valid code.", "Check whose workbook this is."
    ),
    "return-reference-differs": Kind(
        _Q,
        "The workbook carries two different reference codes.",
        "Check whose workbook this is: sheets from another copy may have been pasted in.",
    ),
    "return-facts-differ": Kind(
        _Q,
        "The workbook says different things about which questionnaire it is.",
        "Check that no sheet comes from another workbook.",
    ),
    "return-empty": Kind(_Q, "Nothing has been filled in.", "Ask whether the right copy was sent."),
    "return-as-sent": Kind(
        _Q,
        "The workbook seems to have come back as it was sent: no answer from last time was confirmed or changed.",
        "Ask whether the right copy was sent.",
    ),
    # Finding answers
    "item-not-found": Kind(
        _E, "The row for this item is no longer in the workbook.", "Put the row back, or use a fresh copy."
    ),
    "item-moved": Kind(
        _N, "The row is not where it was sent out. It was found by its code.", "Nothing needs to be done."
    ),
    "item-twice": Kind(
        _E,
        "This item stands in the workbook more than once, with different answers.",
        "Remove the copy that does not count.",
    ),
    "item-contradiction": Kind(
        _E,
        "The visible code and the hidden markers of this row name different items, so the answer was not taken.",
        "Check the row against a fresh copy and enter the answer again.",
    ),
    "item-repeated": Kind(
        _N,
        "This item stands in the workbook more than once, without contradiction. It was taken once.",
        "Nothing needs to be done.",
    ),
    "item-code-missing": Kind(
        _N,
        "The code in the “No.” column is gone. The row was recognised by its other marks.",
        "Nothing needs to be done.",
    ),
    "item-marker-differs": Kind(
        _N,
        "The hidden marker of this row belongs to another item, as after sorting. What is visible was believed.",
        "Nothing needs to be done.",
    ),
    "item-wording-differs": Kind(
        _N,
        "The wording of this row is not the one that was sent out. The row was recognised by its code.",
        "Nothing needs to be done, unless the sender answered another question.",
    ),
    "answer-moved": Kind(
        _Q,
        "The cell is blank, but its hidden marks have gone to another cell: the answer may have been moved there.",
        "Check both cells and enter each answer beside its own question.",
    ),
    "answer-displaced": Kind(
        _E,
        "The cell carries the marks of another row, as after cutting and pasting or sorting only some of the columns. "
        "What stands there was not taken.",
        "Check the row and enter the answer again.",
    ),
    "answer-pasted": Kind(
        _N,
        "The cell was copied from another row. What it shows was believed.",
        "Nothing needs to be done, unless it was pasted into the wrong row.",
    ),
    "sheet-not-found": Kind(_E, "This sheet is no longer in the workbook.", "Put the sheet back, or use a fresh copy."),
    "sheet-renamed": Kind(_N, "The sheet has another name. It was found by its codes.", "Nothing needs to be done."),
    "column-not-found": Kind(
        _E, "A column to fill in is no longer on its sheet.", "Put the column back, or use a fresh copy."
    ),
    "not-ours-ignored": Kind(
        _N,
        "The workbook holds sheets or names that were not sent out. They were ignored.",
        "Nothing needs to be done, unless the sender put answers there.",
    ),
    # What was typed
    "choice-unknown": Kind(_E, "The answer is not one of those offered.", "Choose an answer from the list."),
    "choice-recognised": Kind(
        _N, "The answer was typed rather than chosen; it was taken for the one it names.", "Nothing needs to be done."
    ),
    "choice-ambiguous": Kind(
        _Q,
        "The answer can mean more than one of those offered, or none, so it was not taken.",
        "Ask which answer was meant, and choose it from the list.",
    ),
    "choice-did-you-mean": Kind(
        _Q,
        "The answer is not one of those offered, though much like one. It was not taken.",
        "Check whether the answer named here was meant, and choose it from the list.",
    ),
    "choice-date": Kind(
        _Q,
        "A date stands where an answer belongs. Spreadsheets turn entries such as 3-4 into dates.",
        "Ask what was typed, and choose the answer from the list.",
    ),
    "number-expected": Kind(_E, "A number is needed here.", "Enter the figure as a plain number, without words."),
    "number-recognised": Kind(
        _N,
        "The figure was typed as text or with signs; it was taken for the number it stands for.",
        "Nothing needs to be done.",
    ),
    "number-ambiguous": Kind(
        _Q,
        "What stands here cannot be read as one number for certain, so no figure was taken.",
        "Ask which number was meant, and enter it in plain digits.",
    ),
    "number-approximate": Kind(
        _Q,
        "An estimate or a range stands here, so no figure was taken.",
        "Enter the best single figure, and say in the note beside it that it is an estimate.",
    ),
    "number-percent": Kind(
        _Q,
        "It is not clear whether a percentage or a plain number is meant, so no figure was taken.",
        "Enter the percentage with its sign, such as 45%.",
    ),
    "number-unit": Kind(
        _Q,
        "A sign or word beside the figure is not its unit, so no figure was taken.",
        "Check the unit that is asked for, and enter the figure alone.",
    ),
    "number-date": Kind(
        _Q,
        "A date stands where a figure belongs. Spreadsheets turn entries such as 3-4 or 1/2 into dates.",
        "Ask which number was meant, and enter it again.",
    ),
    "number-words": Kind(
        _Q,
        "Words for nothing stand where a figure belongs. No figure was taken, and not zero either.",
        "Enter the figure. If there is none, clear the cell and choose the reason beside it, if that is offered.",
    ),
    "number-out-of-range": Kind(_E, "The figure is outside the possible range.", "Check the figure and its unit."),
    "date-expected": Kind(_E, "A date is needed here.", "Enter a date such as 31 March 2026."),
    "date-recognised": Kind(
        _N, "The date was typed as text; it was taken for the day it names.", "Nothing needs to be done."
    ),
    "date-ambiguous": Kind(
        _Q,
        "The date can be read as more than one day, so it was not taken.",
        "Ask which day was meant, and enter it with the month in words, such as 31 March 2026.",
    ),
    "date-incomplete": Kind(
        _Q,
        "Only part of a date stands here, so it was not taken.",
        "Enter the whole date: day, month and year.",
    ),
    "date-words": Kind(
        _Q,
        "Words for nothing stand where a date belongs. No date was taken.",
        "Enter the date, or clear the cell if there is none yet.",
    ),
    "date-order": Kind(_E, "The period ends before it starts.", "Check both dates."),
    "cell-error": Kind(_E, "The cell holds an error value instead of an answer.", "Type the answer again."),
    "cell-formula": Kind(
        _N, "The answer is a formula; the value it showed was taken.", "Replace the formula with its value."
    ),
    "formula-without-value": Kind(
        _E, "The answer is a formula without a stored result.", "Open the file in Excel, save it, and send it again."
    ),
    "identifier-unknown": Kind(
        _Q, "The organisation identifier does not fit any known register.", "Check it against the register."
    ),
    "area-code-unknown": Kind(
        _E, "The area code does not have the right form.", "Enter it in the form that the help beside it describes."
    ),
    # What is missing or contradicts itself
    "required-missing": Kind(_E, "This is needed and is blank.", "Please fill it in."),
    "reason-missing": Kind(_Q, "Marked as not applicable without saying why.", "Add a few words of reason."),
    "claim-without-evidence": Kind(
        _Q,
        "High answers have little or no evidence to show for them.",
        "Name the evidence and its strength beside each answer, or explain on the Checks sheet.",
    ),
    "figure-and-reason": Kind(
        _Q,
        "There is a figure and also a reason for having none. The figure was used.",
        "Remove whichever is wrong.",
    ),
    "check-failed": Kind(_E, "A check on the figures does not hold.", "Correct the figures."),
    "check-query": Kind(
        _Q, "A check on the figures does not hold.", "Correct the figures, or explain on the Checks sheet."
    ),
    "measure-out-of-range": Kind(
        _Q,
        "A calculated measure is outside its usual range.",
        "Check the figures it uses, or explain on the Checks sheet.",
    ),
    "carried-untouched": Kind(
        _Q,
        "Answers from last time have been neither confirmed nor changed.",
        "Confirm each that is still right in the column beside it, and change the others.",
    ),
    "carried-lost": Kind(
        _N,
        "The hidden sheet with the answers from last time is gone, so it cannot be told which of them were changed.",
        "Nothing needs to be done. The answers themselves were read.",
    ),
    "carried-unreadable": Kind(
        _N,
        "Part of the hidden sheet with the answers from last time cannot be used.",
        "Nothing needs to be done. The answers themselves were read.",
    ),
    # The workbook's own results
    "score-differs": Kind(
        _Q,
        "The result stored in the workbook is not what its answers give. The program's own result was used.",
        "Open the workbook in Excel and save it; if the difference stays, a formula has been changed.",
    ),
    "score-formula-changed": Kind(
        _Q,
        "A formula behind this result was changed, so the workbook shows another result. The program's own was used.",
        "Ask the sender what was changed and why. A fresh copy has the formulas as they were.",
    ),
    "score-stale": Kind(
        _N,
        "Answers were changed after the workbook last worked out its results. The program's own were used.",
        "Nothing needs to be done. Opening the workbook in Excel and saving it brings its results up to date.",
    ),
    "score-not-recalculated": Kind(
        _N,
        "The workbook still shows the results with which it was sent out. The program's own were used.",
        "Nothing needs to be done. Opening the workbook in Excel and saving it brings its results up to date.",
    ),
    "score-rows-moved": Kind(
        _N,
        "Rows were moved without the formulas that use them, so the workbook counts answers under other questions. "
        "The program's own result was used.",
        "Nothing needs to be done.",
    ),
    "score-counts-refused": Kind(
        _N,
        "The workbook's own result counts answers that were not taken. The program's own result was used.",
        "Nothing needs to be done here; see what is said about those answers.",
    ),
    "score-not-counted": Kind(
        _N,
        "The workbook's own result leaves out answers that were typed rather than chosen. The program counted them.",
        "Nothing needs to be done.",
    ),
    "score-not-stored": Kind(
        _N,
        "The workbook was saved without results. They were worked out again from the answers.",
        "Nothing needs to be done.",
    ),
}


MEANINGS = frozenset(
    ("choice-did-you-mean", "choice-ambiguous", "number-ambiguous", "number-percent", "date-ambiguous")
)  # fmt: skip
"""Codes of problems whose ``expected`` names what may have been meant: each is told on its own."""


def problem(
    code: str,
    *,
    sheet: str = "",
    cell: str = "",
    item: str = "",
    found: str = "",
    expected: str = "",
    message: str = "",
    severity: Severity | None = None,
) -> Problem:
    """A problem of the catalogue at a place.  ``message`` replaces the catalogue's where the definition has its own.

    KeyError when the code is not in the catalogue: that is a mistake in the program.
    """
    kind = CATALOGUE[code]
    return Problem(
        code=code,
        severity=severity or kind.severity,
        message=message or kind.message,
        remedy=kind.remedy,
        sheet=sheet,
        cell=cell,
        item=item,
        found=found,
        expected=expected,
    )
