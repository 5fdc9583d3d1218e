"""The framework: what is asked, how it is scored and how it is compared.  Plain frozen data, nothing else.

A *framework* is the whole definition, for every type of respondent.  An *instrument*
(:mod:`kil_xlsx.core.instrument`) is what one type of respondent is sent.  The JSON Schema that editors and the
loader use is generated from these classes, so a field's description here is the documentation of the file format.
Checks that span several fields (ids that must exist, expressions that must parse) are made when the definition is
loaded; code that holds a ``Framework`` may rely on them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from kil_xlsx.core.carry_forward import CarryForward
from kil_xlsx.core.figures import Check, Input, InputGroup, InputTable, Measure, ReferenceValue, Unit
from kil_xlsx.core.modelling import Code, Id, Model, Name, Positive, Share, Text


class RespondentType(Model, frozen=True, kw_only=True):
    """A kind of organisation that is sent a workbook of its own, such as councils.

    ``purpose`` is the question that the workbook answers for them; ``answered_by`` says for whom it speaks and who
    should be in the room.
    """

    id: Id
    code: Code
    label: Text
    purpose: Text
    answered_by: Text
    aliases: tuple[str, ...] = ()
    minutes_first: int | None = None
    minutes_repeat: int | None = None


class Choice(Model, frozen=True, kw_only=True):
    """One entry of a choice list.

    ``value`` is what it scores (absent: not scored).  ``state`` marks the special answers: they are never scored as a
    number unless the scoring policy says so.
    """

    code: Annotated[str, Meta(min_length=1, max_length=40)]
    label: Annotated[str, Meta(min_length=1, max_length=120)]
    value: float | None = None
    state: Literal["answered", "not_applicable", "dont_know"] = "answered"
    description: str = ""
    needs_reason: bool = False


class ChoiceList(Model, frozen=True, kw_only=True):
    """The answers offered by a dropdown, in order.  ``show_code`` offers "3 Established" instead of "Established"."""

    id: Name
    choices: Annotated[tuple[Choice, ...], Meta(min_length=1)]
    show_code: bool = False


class ScoreRule(Model, frozen=True, kw_only=True):
    """How a section gets its score.

    ``mean`` and ``weighted_mean`` run over the questions below the section, or over its direct subsections;
    ``sum_of_level_means`` adds up the means of the questions that share a ``group``; ``none`` gives no score.
    The outcome is multiplied by ``multiply`` and rounded to six decimals.  Without ``least_answered`` (a share of the
    applicable questions, or of the applicable subsections) the section has "not enough answers".
    """

    rule: Literal["mean", "weighted_mean", "sum_of_level_means", "none"] = "mean"
    of: Literal["questions", "sections"] = "questions"
    multiply: Positive = 1.0
    least_answered: Share = 0.0


class OverallRule(Model, frozen=True, kw_only=True):
    """How the overall score comes from the scores of the top sections whose ``kind`` is listed (none listed: all)."""

    rule: Literal["mean", "weighted_mean", "none"] = "mean"
    kinds: tuple[Id, ...] = ()
    least_sections: Annotated[int, Meta(ge=1)] = 1


class Band(Model, frozen=True, kw_only=True):
    """A named stretch of the score, from ``from`` up to the next band.  ``tone`` picks the colour from the theme."""

    from_: float = field(name="from")
    label: Annotated[str, Meta(min_length=1, max_length=40)]
    words: Text
    tone: Literal["low", "middle", "good", "best"]

    def display(self) -> str:
        """The band as people read it, such as "Amber: some practice, gaps to close"."""
        return f"{self.label}: {self.words}"


class MissingPolicy(Model, frozen=True, kw_only=True):
    """What a special answer counts as in a score: left out (absent), or a number."""

    counts_as: float | None = None


class ClaimRule(Model, frozen=True, kw_only=True):
    """A high answer with thin evidence is flagged as a claim without evidence."""

    value_at_least: float
    strength_at_most: float


class Scoring(Model, frozen=True, kw_only=True):
    """How answers become scores.  ``minimum`` and ``maximum`` bound every section score; charts use them."""

    minimum: float
    maximum: float
    decimals: Annotated[int, Meta(ge=0, le=3)] = 0
    section: ScoreRule
    overall: OverallRule
    bands: tuple[Band, ...] = ()
    not_applicable: MissingPolicy = MissingPolicy()
    dont_know: MissingPolicy = MissingPolicy()
    claim: ClaimRule | None = None


class SectionKind(Model, frozen=True, kw_only=True):
    """A heading for sections of one kind, such as "Characteristics"."""

    id: Id
    label: Text
    plural: Text


class Section(Model, frozen=True, kw_only=True):
    """A quality that questions are grouped under.  Sections may nest."""

    id: Code
    label: Text
    plain: str = ""
    kind: Id | None = None
    weight: Positive = 1.0
    score: ScoreRule | None = None
    sections: tuple[Section, ...] = ()


class Question(Model, frozen=True, kw_only=True):
    """What is asked.  ``levels`` says, by choice code, what each answer looks like here.

    ``theme`` is shared by matching questions of different respondent types.  ``group`` is used by the rule
    ``sum_of_level_means``.
    """

    id: Code
    respondent: Id
    section: Code
    label: Text
    text: Text
    help: str = ""
    choices: Name | None = None
    levels: dict[str, str] = {}
    evidence: tuple[str, ...] = ()
    not_applicable_when: str = ""
    weight: Positive = 1.0
    group: str = ""
    theme: Id | None = None
    grounding: Literal["source", "partly", "draft"] = "draft"
    sources: tuple[Id, ...] = ()
    principles: tuple[Id, ...] = ()


class ProfileField(Model, frozen=True, kw_only=True):
    """A fact about the organisation or the return.

    ``role`` tells the program what a field means to it.  A ``derived`` field is worked out: from the start of another
    field's text (``by: prefix``) or from the stretch that an input falls in (``by: stretch``), through a lookup table.
    """

    id: Name
    code: Code
    label: Text
    type: Literal["text", "long_text", "org_id", "org_id_list", "area_code", "choice", "date", "derived"]
    respondents: tuple[Id, ...] = ()
    required: bool = False
    help: str = ""
    role: (
        Literal[
            "organisation", "org_id", "area_code", "region", "consent", "period_start", "period_end", "completed_by"
        ]
        | None
    ) = None
    choices: Name | None = None
    pattern: str | None = None
    source: Name | None = None
    by: Literal["prefix", "stretch"] | None = None
    lookup: Name | None = None


class LookupEntry(Model, frozen=True, kw_only=True):
    """One line of a lookup: everything that starts with ``prefix``, or every number from ``at_least`` on."""

    code: str
    label: Text
    prefix: str | None = None
    at_least: float | None = None


class Lookup(Model, frozen=True, kw_only=True):
    """A table that turns a code's beginning, or an amount, into a label."""

    id: Name
    entries: Annotated[tuple[LookupEntry, ...], Meta(min_length=1)]
    source: str = ""


class IdScheme(Model, frozen=True, kw_only=True):
    """A register that organisation identifiers come from, such as GB-CHC."""

    prefix: Annotated[str, Meta(pattern=r"^[A-Z]{2}-[A-Z0-9]+$")]
    register: Text
    pattern: Text
    examples: tuple[str, ...] = ()


class Principle(Model, frozen=True, kw_only=True):
    """A principle that questions are tagged with."""

    id: Id
    label: Text


class Step(Model, frozen=True, kw_only=True):
    """One step of the suggested way of working."""

    id: Code
    label: Text
    text: Text
    respondents: tuple[Id, ...] = ()


class Steps(Model, frozen=True, kw_only=True):
    """The checklist of steps; ``title`` names its sheet."""

    title: Annotated[str, Meta(min_length=1, max_length=31, pattern=r"^[\w ]+$")]
    intro: Text
    steps: Annotated[tuple[Step, ...], Meta(min_length=1)]
    choices: Name


class GuidancePage(Model, frozen=True, kw_only=True):
    """A page of guidance: a title and its paragraphs.

    ``questions`` are those that the people addressed are best placed to answer; the workbook links to them.  Each
    workbook leaves out the questions of other respondent types.
    """

    id: Id
    title: Text
    paragraphs: Annotated[tuple[Text, ...], Meta(min_length=1)]
    questions: tuple[Code, ...] = ()
    respondents: tuple[Id, ...] = ()


class Term(Model, frozen=True, kw_only=True):
    """A word and what it means here."""

    term: Text
    meaning: Text


class Source(Model, frozen=True, kw_only=True):
    """Where a fact or a topic comes from."""

    title: Text
    url: str | None = None


class Consent(Model, frozen=True, kw_only=True):
    """Which answers to the consent field let a return into a benchmark, and which let its name be shown."""

    share: tuple[str, ...]
    named: tuple[str, ...] = ()


class PeerGroups(Model, frozen=True, kw_only=True):
    """By which profile fields respondents of one type may be grouped."""

    respondent: Id
    fields: tuple[Name, ...]


class Benchmarking(Model, frozen=True, kw_only=True):
    """How returns are compared.

    ``least_group_size`` is the least number of organisations behind a mean or median.  A return enters only with
    ``least_completeness`` of the questions that can apply to it answered, and a section's score only with
    ``least_section_completeness`` of the section's.  ``like_with_like`` names the fields that must agree for a measure
    marked so.
    """

    least_group_size: Annotated[int, Meta(ge=3)] = 5
    least_completeness: Share = 0.0
    least_section_completeness: Share = 0.0
    consent: Consent
    peer_groups: tuple[PeerGroups, ...] = ()
    like_with_like: tuple[Name, ...] = ()


class TestCase(Model, frozen=True, kw_only=True):
    """A worked example that the definition must reproduce: a measure from given inputs, or a plain mean.

    ``expect_basis`` is the label of what the measure must say that it rests on.
    """

    id: Id
    title: Text
    measure: Code | None = None
    inputs: dict[str, float] = {}
    tables: dict[str, tuple[dict[str, float | str | None], ...]] = {}
    values: tuple[float, ...] = ()
    workings: dict[str, float] = {}
    expect: float
    expect_basis: str | None = None
    also_expect: dict[str, float] = {}
    tolerance: Positive = 1e-9
    origin: str = ""
    note: str = ""


class Framework(Model, frozen=True, kw_only=True):
    """A versioned set of sections, questions and measures, for all its respondent types.

    ``default_choices`` answers every question that names no choice list; ``evidence_strength`` is the list for how
    well an answer is evidenced; ``missing_figure`` offers the reasons why a figure is not given; ``confirmation`` is
    the list, usually of one choice, by which answers carried over from last time are confirmed.  ``interface``
    replaces words of the workbook itself, which is how a framework in another language is made.  ``privacy`` tells
    respondents, in short paragraphs on the first sheet, what happens with what they give.  ``carry_forward`` says how
    answers to earlier versions become answers to this one.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    version: Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?$")]
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
    title: Text
    subtitle: str = ""
    notice: Text
    privacy: tuple[Text, ...] = ()
    reference_prefix: Annotated[str, Meta(pattern=r"^[A-Z]{2,5}$")]
    respondents: Annotated[tuple[RespondentType, ...], Meta(min_length=1)]
    choice_lists: Annotated[tuple[ChoiceList, ...], Meta(min_length=1)]
    default_choices: Name
    evidence_strength: Name
    missing_figure: Name
    confirmation: Name | None = None
    scoring: Scoring
    section_kinds: tuple[SectionKind, ...] = ()
    sections: Annotated[tuple[Section, ...], Meta(min_length=1)]
    questions: Annotated[tuple[Question, ...], Meta(min_length=1)]
    units: tuple[Unit, ...] = ()
    profile: Annotated[tuple[ProfileField, ...], Meta(min_length=1)]
    lookups: tuple[Lookup, ...] = ()
    id_schemes: tuple[IdScheme, ...] = ()
    input_groups: tuple[InputGroup, ...] = ()
    inputs: tuple[Input, ...] = ()
    input_tables: tuple[InputTable, ...] = ()
    reference_values: tuple[ReferenceValue, ...] = ()
    measures: tuple[Measure, ...] = ()
    checks: tuple[Check, ...] = ()
    principles: tuple[Principle, ...] = ()
    steps: Steps | None = None
    guidance: tuple[GuidancePage, ...] = ()
    glossary: tuple[Term, ...] = ()
    benchmarking: Benchmarking
    sources: dict[str, Source] = {}
    test_cases: tuple[TestCase, ...] = ()
    interface: dict[str, str] = {}
    carry_forward: tuple[CarryForward, ...] = ()
