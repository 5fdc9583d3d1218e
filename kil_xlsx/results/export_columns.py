"""What the columns of the coordinator's own data hold: names, types and words, table by table."""

from __future__ import annotations

from kil_xlsx.results.data_package import Column, Link

STATES = {
    "answered": "there is an answer",
    "not_applicable": "the organisation said that it does not apply",
    "dont_know": "the organisation said that it does not know",
    "unanswered": "there is no answer; outcome says whether it was left blank, or could not be used",
}
"""What an entry says."""

OUTCOMES = {
    "accepted": "what was entered could be taken",
    "blank": "nothing was entered",
    "refused": "something was entered that could not be taken",
    "not_found": "the place for it is gone from the workbook",
}
"""What became of an entry."""

TOUCHES = {
    "confirmed": "filled in from last time, and confirmed",
    "changed": "filled in from last time, and changed",
    "untouched": "filled in from last time, and neither confirmed nor changed",
}
"""What became of what was carried over from an earlier return."""

TO_RETURN = (Link(("return_id",), "organisations", ("return_id",)),)
TO_FILE = (Link(("return_id",), "files", ("return_id",)),)

RETURN = Column("return_id", "integer", "The number of the file, in the order in which files were read.", needed=True)
_STATE = Column("state", "string", "What was said.", STATES, needed=True)
_OUTCOME = Column("outcome", "string", "What became of what was entered.", OUTCOMES, needed=True)
_CARRIED = Column("carried", "string", "What became of what was carried over; empty where nothing was.", TOUCHES)
_CODE = Column("code", "string", "The code of the choice; the table choices says what it means.")


def _item(what: str) -> Column:
    return Column("item", "string", f"{what}; the table items describes it.", needed=True)


_COUNTS = (
    Column("questions", "integer", "How many questions were asked.", needed=True),
    Column("applicable", "integer", "How many of them can apply.", needed=True),
    Column("answered", "integer", "How many were answered.", needed=True),
    Column("not_applicable", "integer", "How many do not apply.", needed=True),
    Column("dont_know", "integer", "How many nobody could answer.", needed=True),
    Column("unanswered", "integer", "How many have no answer that can be used.", needed=True),
    Column("completeness", "number", "The share of the questions that can apply which were answered, from 0 to 1."),
)

FILES = (
    RETURN,
    Column("file", "string", "The name of the file.", needed=True),
    Column("sha256", "string", "The SHA-256 of its content."),
    Column("bytes", "integer", "How large it is.", needed=True),
    Column("kind", "string", "What kind of file it is."),
    Column("application", "string", "The program that saved it, as it says itself."),
    Column("result", "string", "Whether it could be read.", {
        "read": "it was read", "refused": "nothing could be taken from it",
    }, needed=True),
    Column("errors", "integer", "How many errors were found.", needed=True),
    Column("queries", "integer", "How many queries were found.", needed=True),
    Column("notes", "integer", "How many notes were made.", needed=True),
)  # fmt: skip

ORGANISATIONS = (
    RETURN,
    Column("framework", "string", "The questionnaire.", needed=True),
    Column("version", "string", "Its version.", needed=True),
    Column("round", "string", "The collection round."),
    Column("respondent", "string", "The respondent type.", needed=True),
    Column("organisation", "string", "The organisation's name, as sent out or else as entered."),
    Column("organisation_id", "string", "Its registered number."),
    Column("reference", "string", "The reference of its workbook."),
    Column("agreed", "boolean", "Whether it agreed to share its answers; empty where it did not say."),
    Column("ready", "boolean", "Whether everything asked for is dealt with and no error stands.", needed=True),
    Column("score", "number", "The overall score; empty without enough answers."),
    Column("score_equal", "number", "The overall score with every section weighted alike."),
    Column("band", "string", "The band of the overall score."),
    *_COUNTS,
    Column("figures", "integer", "How many figures were asked for.", needed=True),
    Column("figures_given", "integer", "How many were given, or explained as missing.", needed=True),
    Column("open_errors", "integer", "How many checks say that something must be put right.", needed=True),
    Column("open_queries", "integer", "How many checks ask for an explanation.", needed=True),
)

PROFILE = (RETURN, _item("The field"), _STATE, _OUTCOME, _CARRIED)

ANSWERS = (
    RETURN,
    _item("The question"),
    Column("section", "string", "The section that it belongs to.", needed=True),
    _STATE,
    _OUTCOME,
    Column("code", "string", "The code of the level or other choice; the table choices says what it means."),
    Column("value", "number", "The number that the level stands for."),
    Column("scored", "number", "The value that enters scores."),
    Column("relative", "number", "That value on the question's own scale, from 0 (lowest) to 1 (highest)."),
    Column("strength", "number", "How strong the evidence is."),
    Column("target", "number", "The level aimed at."),
    Column("gap", "number", "How far the target is above the answer, in levels."),
    Column("priority", "integer", "Its weight in the action plan; empty where nothing is to be planned."),
    Column("due", "date", "By when the action is to be done."),
    Column("evidence_given", "boolean", "Whether anything stands under evidence.", needed=True),
    Column("claim_without_evidence", "boolean", "Whether the answer is high and its evidence thin.", needed=True),
    Column("reason_missing", "boolean", "Whether a reason was asked for and is not there.", needed=True),
    _CARRIED,
)

SCORES = (
    RETURN,
    _item("The section, or overall"),
    Column("depth", "integer", "How deep the section lies below others, from 0.", needed=True),
    Column("score", "number", "Its score; empty without enough answers."),
    Column("band", "string", "The band of the score."),
    Column("strength", "number", "The mean strength of its evidence; empty for overall."),
    *_COUNTS,
)

MEASURES = (
    RETURN,
    _item("The measure"),
    Column("unit", "string", "Its unit.", needed=True),
    Column("value", "number", "Its value; empty where it cannot be worked out."),
    Column("basis", "string", "What it rests on, such as a survey."),
    Column("in_range", "boolean", "Whether the value is one that can be; empty where nothing is known about that."),
    Column("missing", "string", "The figures that it lacks."),
)

FIGURES = (
    RETURN,
    _item("The figure"),
    Column("unit", "string", "Its unit.", needed=True),
    _STATE,
    _OUTCOME,
    Column("value", "number", "The number that was given."),
    Column("used", "number", "The number that measures use: the one given, or else a default."),
    Column("missing", "string", "The code of the reason for having no figure."),
    _CARRIED,
)

CELLS = (
    RETURN,
    _item("The table"),
    Column("row", "integer", "The row, from 1.", needed=True),
    Column("column", "string", "The column.", needed=True),
    _STATE,
    _OUTCOME,
    _CODE,
    Column("value", "number", "The number, or what the choice stands for."),
    _CARRIED,
)

STEPS = (RETURN, _item("The step"), _STATE, _OUTCOME, _CODE)

CHECKS = (
    RETURN,
    _item("The check"),
    Column("severity", "string", "How much it matters.", {
        "error": "has to be put right", "query": "is put right or explained",
    }, needed=True),
    Column("state", "string", "What it says.", {
        "ok": "it holds", "failed": "it does not hold", "not_yet": "something that it needs is missing",
    }, needed=True),
    Column("open", "boolean", "Whether it does not hold and nobody has explained why.", needed=True),
    Column("explained", "boolean", "Whether an explanation was given.", needed=True),
    Column("count", "integer", "How many items it concerns, if it counts any."),
)  # fmt: skip

PROBLEMS = (
    RETURN,
    Column("number", "integer", "The number of the problem in its file, from 1.", needed=True),
    Column("code", "string", "The problem's code.", needed=True),
    Column("severity", "string", "How much it matters.", {
        "error": "has to be put right", "query": "is put right or explained", "note": "only tells what was done",
    }, needed=True),
    Column("sheet", "string", "The sheet."),
    Column("cell", "string", "The cell."),
    Column("item", "string", "The visible code of what is concerned."),
    Column("message", "string", "What is wrong.", needed=True),
    Column("remedy", "string", "What to do about it.", needed=True),
)  # fmt: skip

ITEMS = (
    Column("version", "string", "The version of the questionnaire.", needed=True),
    Column("respondent", "string", "The respondent type.", needed=True),
    Column("kind", "string", "What it is.", {
        "profile": "a field about the organisation", "question": "a question", "figure": "a figure", "table": "a table",
        "column": "a column of a table", "step": "a step of the checklist", "section": "a section",
        "measure": "something worked out from figures",
    }, needed=True),
    Column("item", "string", "Its id.", needed=True),
    Column("column", "string", "The id of the column, for columns of tables."),
    Column("shown_as", "string", "The code that stands beside it in the workbook."),
    Column("section", "string", "The section that it belongs to."),
    Column("label", "string", "What it is called.", needed=True),
    Column("text", "string", "What is asked, or the formula of a measure."),
    Column("type", "string", "What is entered."),
    Column("unit", "string", "Its unit."),
    Column("choices", "string", "The list that is chosen from, in the table choices."),
)  # fmt: skip

CHOICES = (
    Column("version", "string", "The version of the questionnaire.", needed=True),
    Column("choices", "string", "The list.", needed=True),
    Column("code", "string", "The code.", needed=True),
    Column("label", "string", "What it is called.", needed=True),
    Column("value", "number", "What it scores; empty where it scores nothing."),
    Column("state", "string", "What choosing it says.", {
        each: STATES[each] for each in ("answered", "not_applicable", "dont_know")
    }, needed=True),
)  # fmt: skip

TEXTS = (
    RETURN,
    Column("about", "string", "What the text is about.", {
        "profile": "a field about the organisation", "question": "a question", "figure": "a figure",
        "table": "a cell of a table", "step": "a step of the checklist", "check": "a check", "problem": "a problem",
    }, needed=True),
    Column("item", "string", "Its id; for problems, the number of the problem.", needed=True),
    Column("part", "string", "What was entered there: the answer itself or what stands beside it; for problems, what "
           "was found and what was expected.", needed=True),
    Column("row", "integer", "The row of a table."),
    Column("column", "string", "The column of a table."),
    Column("outcome", "string", "What became of it; empty for problems.", OUTCOMES),
    Column("text", "string", "The words; where they could not be taken, what stood in the cell.", needed=True),
)  # fmt: skip
