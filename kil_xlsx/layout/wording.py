"""The words of the workbook itself, as opposed to those of the framework.

English is here; a framework in another language replaces any of them under ``interface`` in its definition.  Sheet
names use letters, digits and spaces only: other characters break programs that returns pass through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

from msgspec import Struct

from kil_xlsx.core.expression_words import PHRASES
from kil_xlsx.errors import Fault

ENGLISH: dict[str, str] = {
    # Sheets
    "sheet.start": "Start",
    "sheet.to_fix": "To fix",
    "sheet.to_agree": "To agree",
    "sheet.about": "About you",
    "sheet.assessment": "Assessment",
    "sheet.measures": "Measures",
    "sheet.checks": "Checks",
    "sheet.results": "Results",
    "sheet.plan": "Action plan",
    "sheet.steps": "Steps",
    "sheet.guidance": "Guidance",
    "sheet.lists": "Lists",
    "sheet.workings": "Workings",
    "sheet.carried": "Carried over",
    "sheet.peers": "Peers",
    "sheet.file": "About this file",
    # Columns and common words
    "column.no": "No.",
    "column.key": "Key",
    "word.not_enough": "Not enough answers",
    "word.not_available": "Not available yet",
    "word.question": "Question",
    "word.overall": "Overall",
    "word.overall_of": "Overall ({sections})",
    "word.overall_equal": "Overall, all sections weighted alike",
    "footer.page": "page {page} of {pages}",
    # Start
    "start.for": "For",
    "start.anyone": "Any organisation: enter your name on the sheet “{about}”",
    "start.reference": "Reference code",
    "start.round": "Round",
    "start.due": "Please return by",
    "start.no_due": "No date given",
    "start.contact": "Questions to",
    "start.purpose": "What this is for",
    "start.who": "Who should be in the room",
    "start.time": "How long it takes",
    "start.time_text": "About {first} minutes the first time and {repeat} after that, best done in one meeting.",
    "start.how": "How to fill it in",
    "start.how_1": "Fill in the tinted cells with a frame, sheet by sheet. Everything else works itself out.",
    "start.how_2": (
        "Choose answers from the lists. “{na}” needs a short reason; “{dk}” is welcome and becomes an action."
    ),
    "start.how_3": "Leave blank what you have not got to. A blank is never read as zero.",
    "start.how_carried": (
        "Answers from {round} are in already. Change what is no longer right; for the rest answer “{confirm}” beside "
        "it."
    ),
    "start.how_5": "When this sheet says “{ready}”, save the file and send it back as it is.",
    "start.may": "You may",
    "start.may_text": "filter, widen columns, change row heights and formats, and add notes of your own.",
    "start.may_not": "Please do not",
    "start.may_not_text": (
        "sort, insert, delete or move rows and columns, or cut and paste answers: that is what damages a return. "
        "Copying and pasting values is fine."
    ),
    "start.privacy": "What happens with it",
    "start.consent": "Your choice so far",
    "start.consent_none": "Not chosen yet",
    "start.part": "Part",
    "start.total": "To answer",
    "start.done": "Done",
    "start.left": "Left",
    "start.share": "Share done",
    "start.status": "Ready to send?",
    "start.ready": "Ready to send",
    "start.ready_but": "{ready}, with queries still open: {queries}",
    "start.not_ready": "Not yet: {left} left to answer, {errors} to put right",
    "start.next": "Next step",
    "start.next_here": "Next here",
    "start.next_question": "Next question: {code}",
    "start.next_field": "Fill in {code}",
    "start.next_check": "See check {code}",
    "start.next_carried": "Confirm or change {code}",
    "start.next_send": "Nothing is left: save this file and send it back",
    "start.left_heading": "What is left",
    "start.left_carried": "Answers from last time to confirm or change",
    "start.left_profile": "Needed on “{about}”",
    "start.left_questions": "Questions not dealt with",
    "start.left_errors": "Other checks to put right",
    "start.left_queries": "Checks to explain or put right",
    "start.figures": "Figures on “{measures}” (give those you have)",
    "start.go": "Go to “{sheet}”",
    # A copy of what came back, with what is to be put right
    "fix.intro": (
        "This is a copy of what you sent, with all your answers. Each line below is something to put right. The cells "
        "have a thick frame and a note; the last column says by itself what is done. Then save this file and send it "
        "back."
    ),
    "fix.none": "Nothing has to be put right.",
    "fix.number": "Line",
    "fix.sheet": "Sheet",
    "fix.item": "Item",
    "fix.wrong": "What is wrong",
    "fix.found": "What we found",
    "fix.do": "What to do",
    "fix.go": "Go there",
    "fix.fixed": "Fixed?",
    "fix.done": "Done",
    "fix.open": "To do",
    "fix.left": "{left} left",
    "fix.no_place": "Please check",
    "fix.perhaps": "Perhaps: {expected}.",
    "fix.nothing": "Nothing",
    "fix.said": "“{text}”",
    "fix.cells": "{count} places: {cells}",
    "fix.more": "{cells} and {count} more",
    "fix.removed": "It could not stay in the cell: there it would be taken for an answer.",
    "fix.start": "To fix",
    "fix.start_left": "{count} left: go to “{sheet}”",
    "fix.start_done": "Nothing left to fix",
    # A workbook in which several people of an organisation agree on one answer
    "agree.intro": (
        "Several people of your organisation have answered. What all of them say is filled in. Each line below is "
        "something on which they differ, and its cell is blank, with a thick frame and a note. Agree on one answer, "
        "enter it, save this file and send it back: it then counts for your organisation."
    ),
    "agree.none": "Everybody has said the same.",
    "agree.wrong": "What is asked",
    "agree.found": "What was said",
    "agree.fixed": "Agreed?",
    "agree.start": "To agree on",
    "agree.start_left": "{count} left: go to “{sheet}”",
    "agree.start_done": "Nothing left to agree on",
    "agree.do_choice": "Agree on an answer and choose it.",
    "agree.do_other": "Agree on what to enter.",
    "agree.do_who": "Name all who have agreed, by their roles.",
    "agree.note": "The answers differ.",
    "agree.beside": "What was said differs; enter what you agree on.",
    "agree.by": "{who}: {said}",
    "fix.lost": "Could not be carried over",
    "fix.lost_intro": (
        "These stood in your file and have no place in this one. Nothing of it was counted. Your own file is unchanged."
    ),
    "fix.kind": "What it is",
    "fix.cell": "Cell",
    "fix.why": "Why",
    "fix.content": "What it said",
    "fix.own_sheet": "Sheet of your own",
    "fix.own_sheet_why": "Sheets of your own stay with you.",
    "fix.own_sheet_cells": "{count} filled cells",
    "fix.own_cell": "Cell of your own",
    "fix.own_cell_why": "This cell is not one to fill in.",
    "fix.own_note": "Note of your own",
    "fix.own_note_why": "Notes are not carried over.",
    "fix.no_room": "Answer",
    "fix.no_room_why": "The cell cannot hold it as it is.",
    "fix.too_many": "More",
    "fix.too_many_why": "{count} more places are not listed. Compare with your own file.",
    # What is wrong, and what to do about it, in words for the sender
    "wrong.choice-unknown": "The answer is not one of those offered.",
    "do.choice-unknown": "Choose an answer from the list.",
    "wrong.number-expected": "A number is needed here.",
    "do.number-expected": "Enter the figure as a plain number, without words. If there is none, leave it blank.",
    "wrong.number-out-of-range": "The figure is outside the possible range.",
    "do.number-out-of-range": "Check the figure and its unit.",
    "do.number-range": "Check the figure and its unit. Possible: {range}.",
    "wrong.date-expected": "A date is needed here.",
    "do.date-expected": "Enter a date such as 31 March 2026.",
    "wrong.date-order": "The period ends before it starts.",
    "do.date-order": "Check both dates.",
    "wrong.cell-error": "The cell held an error value instead of an answer.",
    "do.cell-error": "Type the answer.",
    "wrong.formula-without-value": "The answer was a formula without a result.",
    "do.formula-without-value": "Type the answer itself.",
    "wrong.identifier-unknown": "The organisation identifier does not fit any known register.",
    "do.identifier-unknown": "Check it against the register.",
    "wrong.area-code-unknown": "The area code does not have the right form.",
    "do.area-code-unknown": "Enter it in the form that the help beside it describes.",
    "wrong.required-missing": "This is needed and is blank.",
    "do.required-missing": "Please fill it in.",
    "wrong.reason-missing": "Marked as not applicable without saying why.",
    "do.reason-missing": "Add a few words of reason.",
    "wrong.claim-without-evidence": "High answers have little or no evidence to show for them.",
    "do.claim-without-evidence": (
        "Name the evidence and its strength beside each answer, or explain on the sheet “{checks}”."
    ),
    "wrong.figure-and-reason": "There is a figure and also a reason for having none.",
    "do.figure-and-reason": "Remove whichever is wrong.",
    "do.check-failed": "Correct the figures.",
    "do.check-query": "Correct the figures, or explain on the sheet “{checks}”.",
    "wrong.measure-out-of-range": "A calculated measure is outside its usual range.",
    "do.measure-out-of-range": "Check the figures it uses, or explain on the sheet “{checks}”.",
    "wrong.carried-untouched": "Answers from last time have been neither confirmed nor changed.",
    "do.carried-untouched": "Confirm each that is still right in the column beside it, and change the others.",
    "wrong.return-as-sent": "The file came back as it was sent: nothing was confirmed or changed.",
    "do.return-as-sent": "Confirm each answer that is still right, and change the others.",
    "wrong.return-empty": "Nothing has been filled in.",
    "do.return-empty": "Please answer the questions.",
    "wrong.item-not-found": "The row for this item was not in your file. It is back here, and blank.",
    "do.item-not-found": "Enter your answer again.",
    "wrong.item-twice": "This item stood in your file more than once, with different answers. It is blank here.",
    "do.item-twice": "Enter the answer that counts.",
    "wrong.item-contradiction": "The row was mixed up with another one, so its answer was not taken. It is blank here.",
    "do.item-contradiction": "Enter your answer again.",
    "wrong.sheet-not-found": "This sheet was not in your file. It is back here, and blank.",
    "do.sheet-not-found": "Enter your answers again.",
    "wrong.column-not-found": "A column was not in your file. It is back here, and blank.",
    "do.column-not-found": "Enter your answers again.",
    # About you
    "about.title": "About you",
    "about.intro": "These facts say whose answers these are and whom they can be compared with.",
    "about.label": "What we need to know",
    "about.answer": "Your answer",
    "about.help": "Help",
    "about.needed": "Needed",
    "about.derived": "Worked out from your other answers",
    # Assessment
    "assessment.intro": (
        "For each question choose the answer that describes today, not the plan. Say what evidence there is, and where "
        "you want to be."
    ),
    "assessment.answer": "Your answer",
    "assessment.level": "Answer {number} looks like",
    "assessment.position": "Chosen",
    "assessment.reason": "If not applicable: why",
    "assessment.evidence": "Evidence (where can it be found?)",
    "assessment.strength": "Strength of evidence",
    "assessment.target": "Target",
    "assessment.action": "Next action",
    "assessment.owner": "Owner (role)",
    "assessment.due": "By when",
    "assessment.flag": "To look at",
    "assessment.examples": "For example: {examples}",
    "assessment.na_when": "Not applicable if: {when}",
    "flag.reason": "Say why it cannot apply",
    "flag.claim": "High answer, little evidence",
    "flag.dont_know": "Find out",
    "flag.not_in_list": "Choose from the list",
    "flag.carried": "From last time: confirm or change",
    "flag.unusable": "Cannot be used",
    "flag.both": "Figure and reason: keep one",
    # What was carried over from an earlier return
    "carried.last": "Answer in {round}",
    "carried.before": "last time",
    "carried.confirm": "Still right?",
    "carried.prompt": "Choose this if the answer from last time is still right. If not, change the answer instead.",
    # Measures
    "measures.intro": (
        "Figures for your reporting year, without recoverable VAT. Leave blank what you cannot find: a measure that "
        "lacks a figure is simply not shown."
    ),
    "measures.inputs": "1. Your figures",
    "measures.figure": "Figure",
    "measures.unit": "Unit",
    "measures.value": "Your figure",
    "measures.missing": "If you have none: why",
    "measures.where": "Where to find it",
    "measures.counted": "Counts as",
    "measures.note": "Your notes",
    "measures.results": "{number}. What your figures show",
    "measures.measure": "Measure",
    "measures.result": "Result",
    "measures.state": "Reading",
    "measures.formula": "How it is worked out",
    "measures.range": "Usual range",
    "measures.about": "Good to know",
    "measures.between": "{low} to {high}",
    "measures.from": "{low} or more",
    "measures.in_range": "Within the usual range",
    "measures.out_of_range": "Outside the usual range: see Checks",
    "measures.worked_out": "Worked out",
    "measures.based": "{basis}: {reading}",
    "measures.based_in_range": "within the usual range",
    "measures.based_out_of_range": "outside the usual range, see Checks",
    "measures.based_worked_out": "worked out",
    "measures.published": "Published figure, used unless you enter your own. Source: {source}.",
    # Checks
    "checks.intro": (
        "An error has to be put right. A query may be right as it is: put it right, or explain it in the last column."
    ),
    "checks.check": "What should hold",
    "checks.severity": "Kind",
    "checks.result": "Result",
    "checks.go": "Where",
    "checks.go_item": "Go to {code}",
    "checks.explanation": "Your explanation",
    "checks.error": "Error",
    "checks.query": "Query",
    "checks.ok": "OK",
    "checks.not_yet": "Figures missing",
    "checks.fix": "Put right",
    "checks.explain": "Explain or put right",
    "checks.explained": "Explained",
    "checks.range": "“{measure}” lies in its usual range ({range}).",
    "checks.required": "Everything needed on “{about}” is filled in.",
    "checks.reasons": "Every answer “{na}” has a reason.",
    "checks.claims": "High answers have evidence to show for them.",
    "checks.both": "No figure is given together with a reason for having none.",
    "checks.unusable": "Every entry can be used: choices from the lists, plain numbers in range, real dates.",
    "checks.carried": "Every answer from last time is confirmed or changed.",
    "checks.otherwise": "If not: {message}",
    "checks.count": "{result} ({count})",
    # Results
    "results.intro": (
        "Scores run from {minimum} to {maximum}. A section needs enough answered questions to have a score; not "
        "applicable questions are left out, and not known yet counts as not answered."
    ),
    "results.section": "Section",
    "results.score": "Score",
    "results.band": "Band",
    "results.questions": "Questions",
    "results.answered": "Answered",
    "results.dont_know": "Not known yet",
    "results.not_applicable": "Not applicable",
    "results.unanswered": "Not answered",
    "results.strength": "Evidence strength (mean, 0 to {maximum})",
    "results.radar": "Scores by section",
    "results.bar": "Scores compared",
    "results.chart_text": (
        "Chart of your score in each section, from {minimum} to {maximum}. The same numbers stand in the table on this "
        "sheet. A section without enough answers is left out."
    ),
    "results.strongest": "Strongest answers",
    "results.weakest": "Weakest answers",
    "results.answer": "Answer",
    "results.none": "None so far",
    "results.claims": "High answers with little evidence",
    "results.more_claims": "and {count} more: see the column “{flag}”",
    # Results beside last time's and those of peers
    "results.last": "Score in {round}",
    "results.last_time": "Score last time",
    "results.change": "Change",
    "results.intro_peers": (
        "Half of your peers score at or above the median and half at or below it; the middle half of them lies from "
        "the lower to the upper quartile (QUARTILE.INC, type 7). {mark} stands where a figure is held back because too "
        "few organisations gave an answer or one of them could be recognised. Who your peers are follows from the "
        "sheet “{about}”."
    ),
    "results.lower": "Peers: lower quartile",
    "results.median": "Peers: median",
    "results.upper": "Peers: upper quartile",
    "results.peers": "Peers: how many",
    "results.standing": "Among your peers",
    "results.below": "Below the middle half",
    "results.within": "In the middle half",
    "results.above": "Above the middle half",
    "results.compared": "Compared with {group}: {count} organisations, benchmark of {date}.",
    "results.compared_hidden": "Compared with {group}, benchmark of {date}.",
    "results.peer_median": "Peer median",
    "results.chart_more": "Beside it: {series}.",
    "peers.everybody": "everyone of your kind",
    "peers.group": "{field} “{answer}”",
    # Action plan
    "plan.intro": (
        "Built from your answers: where you are below your target, where nobody could say yet, and where a high answer "
        "has little evidence. Large gaps come first, then what nobody could say, then small gaps, then evidence. Type "
        "actions on the sheet “{assessment}”; they appear here."
    ),
    "plan.rank": "Order",
    "plan.now": "Now",
    "plan.target": "Target",
    "plan.gap": "Gap",
    "plan.why": "Why it is here",
    "plan.why_gap": "Below your target",
    "plan.why_dont_know": "Nobody could say yet",
    "plan.why_claim": "High answer, little evidence",
    "plan.action": "Next action",
    "plan.owner": "Owner (role)",
    "plan.due": "By when",
    "plan.empty": "Nothing to plan yet. Answer questions and set targets on the sheet “{assessment}”.",
    # Steps
    "steps.step": "Step",
    "steps.text": "What to do",
    "steps.status": "Where you are",
    "steps.note": "Your notes",
    # Guidance
    "guidance.title": "Guidance",
    "guidance.contents": "On this sheet",
    "guidance.questions": "Questions that are yours to answer",
    "guidance.scale": "What the answers mean",
    "guidance.glossary": "Words",
    "guidance.sources": "Where the topics come from",
    "guidance.principles": "Principles",
    # The file
    "file.intro": "This sheet says what the file is, so that your answers can be read. Please leave it in the file.",
    "file.fact": "Fact",
    "file.value": "Value",
    "prompt.choice": "Choose from the list. {label}",
    "prompt.number": "Enter a number. {label}",
    "prompt.date": "Enter a date, for example 31/03/2026. {label}",
    "prompt.text": "Type your answer. {label}",
    "error.choice": "Please choose one of the answers in the list.",
    "error.number": "Please enter a plain number. If you have none, leave this blank and say why beside it.",
    "error.date": "Please enter a date such as 31/03/2026.",
    "error.title": "That cannot be read",
    # Formulas in words
    **{f"formula.{key}": phrase for key, phrase in PHRASES.items()},
}

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SHEET_NAME = re.compile(r"(?!history$)\w(?:[\w ]{0,29}\w)?", re.IGNORECASE)  # Excel keeps "History" for itself


class Wording(Struct, frozen=True):
    """The words of one workbook."""

    words: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """The words for a key, with its placeholders filled in.  KeyError when there are none."""
        text = self.words[key]
        return text.format(**values) if values else text

    def of_formula(self, key: str, /, **parts: str) -> str:
        """The words that a formula is said with."""
        return self(f"formula.{key}", **parts)


def wording(interface: Mapping[str, str]) -> Wording:
    """English with a framework's own words in place of any of it."""
    return Wording({**ENGLISH, **interface})


def _misused_brackets(key: str, text: str) -> str:
    """What is wrong with the placeholders of a text; empty when all is well."""
    known = set(_PLACEHOLDER.findall(ENGLISH[key]))
    if not known:  # such words are shown as they stand
        used = set(_PLACEHOLDER.findall(text))
    else:
        try:
            pieces = [piece for piece in Formatter().parse(text) if piece[1] is not None]
        except ValueError:
            return "A curly bracket stands alone."
        used = {f"{name}{'!' if how else ''}{how or ''}{':' if form else ''}{form}" for _, name, form, how in pieces}
    unknown = ", ".join(name or "{}" for name in sorted(used - known))
    return f"Unknown placeholder: {unknown}." if unknown else ""


def wording_faults(interface: Mapping[str, str], file: str) -> list[Fault]:
    """What is wrong with a framework's own words: unknown keys and placeholders, names no sheet can have."""
    faults = []
    for key, text in interface.items():
        if key not in ENGLISH:
            faults.append(Fault(file, None, f"interface.{key}", "There are no such words to replace.", "Remove it."))
            continue
        misused = _misused_brackets(key, text)
        if misused:
            faults.append(Fault(file, None, f"interface.{key}", misused, "Use those of the original."))
        if key.startswith("sheet.") and not _SHEET_NAME.fullmatch(text):
            faults.append(
                Fault(
                    file,
                    None,
                    f"interface.{key}",
                    "A sheet cannot have this name.",
                    "Use letters, digits and spaces, 31 at most.",
                )
            )
    sheets = [text.casefold() for key, text in {**ENGLISH, **interface}.items() if key.startswith("sheet.")]
    if len(sheets) != len(set(sheets)):
        faults.append(Fault(file, None, "interface", "Two sheets have the same name.", "Give each its own."))
    return faults
