"""The words of the workbook itself, as opposed to those of the framework.

English is here; a framework in another language replaces any of them under ``interface`` in its definition.  Sheet
names use letters, digits and spaces only: other characters break programs that returns pass through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from kil_xlsx.core.expression_words import PHRASES
from kil_xlsx.errors import Fault

ENGLISH: dict[str, str] = {
    # Sheets
    "sheet.start": "Start",
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
    "start.not_ready": "Not yet: {left} left to answer, {errors} to put right",
    "start.next": "Next step",
    "start.next_here": "Next here",
    "start.next_question": "Next question: {code}",
    "start.next_profile": "Fill in “{about}”",
    "start.next_errors": "See “{checks}”: something has to be put right",
    "start.next_send": "Nothing is left: save this file and send it back",
    "start.left_heading": "What is left",
    "start.left_carried": "Answers from last time to confirm or change",
    "start.left_profile": "Needed on “{about}”",
    "start.left_questions": "Questions not dealt with",
    "start.left_errors": "Checks to put right",
    "start.left_queries": "Checks to explain or put right",
    "start.figures": "Figures on “{measures}” (give those you have)",
    "start.go": "Go to “{sheet}”",
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
    "results.claims": "High answers with little evidence",
    "results.more_claims": "and {count} more: see the column “{flag}”",
    # Results beside last time's and those of peers
    "results.last": "Score in {round}",
    "results.last_time": "Score last time",
    "results.change": "Change",
    "results.intro_peers": (
        "Half of your peers score at or above the median and half at or below it; the middle half of them lies from "
        "the lower to the upper quartile. {mark} stands where a figure is held back because too few organisations gave "
        "an answer or one of them could be recognised. Who your peers are follows from the sheet “{about}”."
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
    "peers.undated": "unknown date",
    "peers.rounds": "the round {rounds}",
    # Action plan
    "plan.intro": (
        "Built from your answers: where you are below your target, where nobody could say yet, and where a high answer "
        "has little evidence. The largest gaps come first. Type actions on the sheet “{assessment}”; they appear here."
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


@dataclass(frozen=True)
class Wording:
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
