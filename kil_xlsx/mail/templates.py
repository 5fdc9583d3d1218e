"""The wording of mails, and how what is known of an organisation comes into it.

In a wording, a name in braces such as ``{organisation}`` stands for what is known: one of :data:`PLACEHOLDERS`, or any
column that the list of organisations has, as one word (``{contact_person}`` for "Contact person").  A part between
``[[`` and ``]]`` is left out as a whole where something in it
is blank: ``[[ by {due}]]`` says nothing where there is no date.  Elsewhere a blank leaves no gap behind.

What is put in is never read as a wording: braces in an organisation's name are braces in the mail.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kil_xlsx.core.collection import Purpose
from kil_xlsx.errors import Fault, LetterError

PLACEHOLDERS: dict[str, str] = {
    "organisation": "the organisation's name",
    "parent": "the body that it belongs to, as the list has it",
    "framework": "what the questionnaire is called",
    "title": "what the round is called in the settings, else what the questionnaire is called, and the round",
    "round": "the round, such as 2026",
    "last_round": "the round whose answers are filled in already, such as 2025; blank where none are",
    "due": "until when the workbook should come back, such as 31 May 2026",
    "days_left": "how long that is from today, such as 12 days; blank when it is over",
    "time": "how long it takes to fill in, such as about two hours; less where answers are filled in already",
    "workbook": "the name of the file that goes with the mail",
    "reference": "the reference code of the workbook",
    "contact": "whom to ask",
    "sender_name": "whom the mail is from",
    "problems": "what is to be put right, one thing a line",
    "file": "the name of the file that came",
    "received": "when it came, such as 31 May 2026, 14:05",
    "fingerprint": "the beginning of the file's SHA-256 fingerprint, which tells it from every other file",
    "open": "how many points in it are to be put right or explained, such as 3 points",
}
"""What stands in for what, beside the columns of the list."""


@dataclass(frozen=True)
class Template:
    """The wording of one kind of mail."""

    subject: str
    text: str


_CLOSING = """\
[[If anything is unclear, please ask: {contact}.

]]With kind regards
[[{sender_name}]]
"""

DEFAULTS: dict[Purpose, Template] = {
    Purpose.INVITATION: Template(
        "{title}: workbook for {organisation}[[, please return by {due}]]",
        """\
Dear {organisation},

You are warmly invited to take part in “{title}”. Your workbook is attached[[: {workbook}]]. It asks \
its questions sheet by sheet and works out your result as you go.

[[Your answers of {last_round} are filled in already, for you to confirm or change. ]][[It takes {time}, best done in \
one meeting of those who know. ]]Leave blank what you have not got to: you can save \
it and go on another day.

When the first sheet says that it is ready, save the file, reply to this mail and attach it[[, by {due} please]]. \
Please use this file and no copy from anybody else: it is made for you[[ and has your reference, {reference}]].

Your answers come only to us[[ ({sender_name})]]. The workbook sends nothing by itself, and its first sheet says what \
happens with what you tell us.

"""
        + _CLOSING,
    ),
    Purpose.REMINDER: Template(
        "Reminder: {title}, workbook for {organisation}[[, please return by {due}]]",
        """\
Dear {organisation},

Your workbook for “{title}” has not come back to us yet. If it is on its way, thank you: there is \
nothing more to do.

If not, please save it as far as you have got, reply to this mail and attach it[[; there is time until {due}, \
{days_left} from now]]. An answer with gaps is better than none, and if you need longer, just tell us.

[[The workbook is attached once more ({workbook}). If you have begun in the first one, go on with that.

]]Your answers come only to us[[ ({sender_name})]].

"""
        + _CLOSING,
    ),
    Purpose.RECEIPT: Template(
        "Received with thanks: {title}, {organisation}",
        """\
Dear {organisation},

Thank you: your workbook for “{title}” has arrived.

[[File: {file}
]][[Received: {received}
]][[Reference: {reference}
]][[Fingerprint: {fingerprint}
]]
[[To be put right or explained in it: {open}. We will write to you if you need to do anything about that.

]][[{problems}

]]If you find that something in it is wrong, put it right in your file, save it and send it again. The later one then \
takes the place of this one.

"""
        + _CLOSING,
    ),
    Purpose.TO_FIX: Template(
        "{title}: a few points to put right, {organisation}",
        """\
Dear {organisation},

Thank you for your workbook for “{title}”. A few points in it need another look.

[[{problems}

]][[Attached is a copy of what you sent, with all your answers and these places marked ({workbook}). ]]Please put them \
right there, save the file, reply to this mail and attach it[[, by {due} if you can]]. Where something is right as it \
stands, just say so in your reply.

"""
        + _CLOSING,
    ),
    Purpose.FEEDBACK: Template(
        "{title}: your feedback, {organisation}",
        """\
Dear {organisation},

Thank you for taking part in “{title}”. Your feedback is attached[[: {workbook}]]. It shows where \
you stand beside others, as far as there are enough of them to say, and what your next steps could be.

It is made for you alone; nobody else gets it from us.

"""
        + _CLOSING,
    ),
    Purpose.CONSENSUS: Template(
        "{title}: one answer for {organisation}",
        """\
Dear {organisation},

More than one of you has answered “{title}”, and thank you for that. What counts in the end is one \
answer for the whole organisation.

Please talk over where your answers differ, and put down what you agree on in the workbook that is attached\
[[: {workbook}]]. Then save it, reply to this mail and attach it[[, by {due} please]]. What each of you sent stays as \
it is.

"""
        + _CLOSING,
    ),
}
"""What mails say unless the settings say otherwise."""

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_SECTION = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_NAME = re.compile(r"[^\W_][\w-]*")
_MOST_COLUMNS = 30
_GREETING = re.compile(r"(dear|hello|hi|good (?:morning|day|afternoon|evening))[ \0]+([,:!.]?)", re.IGNORECASE)

_GAP = "\0"
"""Stands where something is blank until the line is put in order."""


def template_for(purpose: Purpose, subject: str = "", text: str = "") -> Template:
    """Give the wording of one kind of mail: the settings' own, or the usual one for what they leave blank."""
    usual = DEFAULTS[purpose]
    return Template(subject if subject.strip() else usual.subject, text if text.strip() else usual.text)


def fill(template: Template, facts: Mapping[str, str]) -> tuple[str, str]:
    """Give subject and text with the facts put in.  A fact may be blank; a subject is always one line.

    Raises :class:`LetterError` where the wording names something that ``facts`` does not have at all, which
    :func:`faults_of` finds beforehand.
    """
    known = {name.casefold(): value for name, value in facts.items()}
    subject = " ".join(_filled(" ".join(template.subject.split()), known, lines=False).split()).rstrip(" ,:;")
    text = template.text.replace("\r\n", "\n").replace("\r", "\n").replace(_GAP, "")
    return subject, f"{_filled(text, known, lines=True).strip()}\n"


def faults_of(
    template: Template,
    known: Iterable[str],
    *,
    file: str = "collection.toml",
    section: str = "mail",
    columns: Sequence[str] = (),
) -> list[Fault]:
    """Everything that is wrong with a wording: placeholders that nothing is known for, stray braces and brackets.

    :param known: the names of what will be known: :data:`PLACEHOLDERS` and the fields of the list.
    :param file: what the settings are called, for the message.
    :param section: where in them the wording stands, such as ``mail.invitation``.
    :param columns: what the list has beside the fields of the questionnaire, for the message.
    """
    names = {name.casefold() for name in known}
    faults: list[Fault] = []
    for part, wording in (("subject", template.subject), ("text", template.text)):
        for message, remedy in _faults_in(wording, names, columns):
            fault = Fault(file, None, f"{section}.{part}", message, remedy)
            if fault not in faults:
                faults.append(fault)
    if len(template.subject.strip().splitlines()) > 1:
        faults.append(Fault(file, None, f"{section}.subject", "The subject has more than one line.", "Make it one."))
    return faults


def days_left(due: date | None, today: date) -> str:
    """How long it is until the due date, such as "12 days"; blank when it is today, over or not given."""
    days = (due - today).days if due else 0
    return "" if days <= 0 else "1 day" if days == 1 else f"{days} days"


def names_in(template: Template) -> frozenset[str]:
    """The placeholders of a wording that are one word, whatever it is."""
    found = (_name(match) for part in (template.subject, template.text) for match in _PLACEHOLDER.finditer(part))
    return frozenset(name for name in found if _NAME.fullmatch(name))


def about_minutes(minutes: int | None) -> str:
    """How long something takes, as people say it: "about two hours" for 120; empty where that is not known."""
    halves = {60: "an hour", 90: "an hour and a half", 120: "two hours", 150: "two and a half hours"}
    halves |= {180: "three hours", 210: "three and a half hours", 240: "four hours"}
    return f"about {halves.get(minutes, f'{minutes} minutes')}" if minutes else ""


def _name(match: re.Match[str]) -> str:
    return match.group(1).strip().casefold()


def _faults_in(wording: str, known: set[str], columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    own = f": {', '.join(f'{{{each}}}' for each in columns[:_MOST_COLUMNS])}" if columns else ""
    for match in _PLACEHOLDER.finditer(wording):
        name = _name(match)
        if name in known:
            continue
        shown = match.group(0) if len(match.group(0)) <= 60 else f"{match.group(0)[:57]}..."
        if not _NAME.fullmatch(name):
            yield f"{shown} is no placeholder.", "Placeholders are one word in braces, such as {organisation}."
            continue
        close = difflib.get_close_matches(name[:100], sorted(known), n=1)
        hint = f"; did you mean {{{close[0]}}}?" if close else "."
        yield (
            f"Nothing is known for {shown}{hint}",
            f"There are {', '.join(f'{{{each}}}' for each in PLACEHOLDERS)}, and the columns of the list{own}.",
        )
    rest = _PLACEHOLDER.sub("", wording)
    if "{" in rest or "}" in rest:
        yield "A brace belongs to no placeholder.", "Write placeholders as {organisation}, and use no other braces."
    rest = _SECTION.sub(lambda match: "[[" if "[[" in match.group(1) else "", wording)
    if "[[" in rest or "]]" in rest:
        yield "A [[ or ]] has no counterpart.", "Write what may be left out as [[ by {due}]], one not within another."


def _filled(wording: str, known: Mapping[str, str], *, lines: bool) -> str:
    def value(match: re.Match[str]) -> str:
        name = _name(match)
        if name not in known:
            raise LetterError(
                f"The wording of mails has {{{name}}}, and nothing is known for it.",
                "Look at the settings, under [mail].",
            )
        fact = _tidied(known[name], lines=lines)
        if match.string[match.end() : match.end() + 1] == ".":
            fact = fact.rstrip(".")  # the sentence has its own full stop
        return fact or _GAP

    # Parts that may be left out and the rest take turns; nothing that was put in is looked at again.
    filled = []
    for index, part in enumerate(_SECTION.split(wording)):
        text = _PLACEHOLDER.sub(value, part)
        filled.append(_GAP if index % 2 and _GAP in text else text)
    whole = "".join(filled)
    if _GAP not in whole:
        return whole
    ordered = [_in_order(line) for line in whole.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in ordered if line is not None))


def _tidied(value: str, *, lines: bool) -> str:
    """A fact without control characters or space around it; on one line unless it may have several."""
    if not lines:
        value = " ".join(value.split())
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in value if each in "\n\t" or unicodedata.category(each) != "Cc").strip()


def _in_order(line: str) -> str | None:
    """A line without its gaps; nothing where nothing else stood in it."""
    if _GAP not in line:
        return line
    if greeting := _GREETING.fullmatch(line.strip()):
        word = "Hello" if greeting.group(1).casefold() == "dear" else greeting.group(1)
        return f"{word}{greeting.group(2)}"
    if not re.search(r"\w", line):
        return None
    line = re.sub(r"""[(“"‘'«]\0+[)”"’'»]""", _GAP, line)
    line = re.sub(r"^[ \0]+", "", line)
    line = re.sub(r" *\0[ \0]*(?=[,.;:!?)\]”’»]|$)", "", line)
    return re.sub(r" *\0[ \0]*", lambda match: " " if " " in match.group(0) else "", line).rstrip()
