"""A benchmark release: numbered, dated, published figures of groups, and nothing that describes one organisation.

These are the records that every output is made from: the workbook, the report, the data files and the feedback of each
organisation.  :mod:`kil_xlsx.core.benchmark` fills them in; every number in them has passed
:mod:`kil_xlsx.core.disclosure`.

Three marks stand where there is no number, as is usual in official statistics:

* ``[c]``, confidential: held back, because too few organisations are behind it or it could give one of them away
* ``[x]``, not available: nobody knows it, such as how many were invited where no list was given
* ``[z]``, not applicable: it cannot exist, such as the mean of a question whose answers have no order
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from msgspec import Struct

CONFIDENTIAL, NOT_AVAILABLE, NOT_APPLICABLE = "[c]", "[x]", "[z]"
"""What stands in the place of a number: held back, not known, cannot exist."""

MARKS = {
    CONFIDENTIAL: "Held back: too few organisations, or showing it could reveal what one of them said.",
    NOT_AVAILABLE: "Not available: nobody knows this, such as how many were invited.",
    NOT_APPLICABLE: "Cannot apply, such as a level that the question does not offer.",
}
"""What each mark means."""

OVERALL = "overall"
"""The id of the overall score among the items."""

Part = Literal["n", "mean", "median", "lower_quartile", "upper_quartile", "p10", "p90"]
"""The numbers of a figure: how many organisations, mean, median, quartiles, 10th and 90th percentile."""

PARTS: tuple[Part, ...] = ("n", "mean", "median", "lower_quartile", "upper_quartile", "p10", "p90")
"""All of them, in the order in which tables show them."""

PART_NAMES: dict[Part, str] = {
    "n": "Organisations",
    "mean": "Mean",
    "median": "Median",
    "lower_quartile": "Lower quartile",
    "upper_quartile": "Upper quartile",
    "p10": "10th percentile",
    "p90": "90th percentile",
}
"""What the parts are called."""


class LevelCount(Struct, frozen=True, kw_only=True):
    """How many contributors chose a level, and which share (0 to 1) of those who contributed that is."""

    code: str
    count: int
    share: float


class Aside(Struct, frozen=True, kw_only=True):
    """How many organisations of the group gave no usable answer, by state."""

    not_applicable: int
    dont_know: int
    unanswered: int


class Figure(Struct, frozen=True, kw_only=True):
    """What may be published about one item in one group.  Whatever is absent is held back or cannot exist.

    ``n`` is how many organisations contributed; without it, nothing of the figure is published.  Mean, median and
    percentiles are in the unit of the item; percentiles are those of PERCENTILE.INC.  Each part has a threshold of its
    own, so quartiles may be absent beside a median.  ``levels`` (the distribution) and ``aside`` are there for
    questions only.
    """

    n: int | None = None
    mean: float | None = None
    median: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    p10: float | None = None
    p90: float | None = None
    levels: tuple[LevelCount, ...] | None = None
    aside: Aside | None = None

    @property
    def shown(self) -> bool:
        """Whether anything of the figure is published."""
        return self.n is not None

    def part(self, name: Part) -> float | int | None:
        """One of its numbers, by name; none where it is held back or cannot exist."""
        value: float | int | None = getattr(self, name)
        return value


HIDDEN = Figure()
"""What stands in the place of every figure that is not shown.  One and the same, whatever the reason."""


class Level(Struct, frozen=True, kw_only=True):
    """A level of a question's scale, as the distribution names it.  ``value`` is absent where levels have no values."""

    code: str
    label: str
    value: float | None = None


Kind = Literal["overall", "section", "question", "measure", "completeness", "evidence"]
"""What a figure can be about: scores, answers, measures, how complete returns are, how well they are evidenced."""


class Item(Struct, frozen=True, kw_only=True):
    """What a figure is about.

    ``of`` is the id of the section (or :data:`OVERALL`) whose completeness or evidence this is, and the section of a
    question.  ``unit`` is the id of a measure's unit, ``depth`` that of a section (0 at the top), ``levels`` a
    question's scale.  ``theme`` is shared by matching questions of different respondent types.  ``parts`` are the
    numbers that can exist for it; the others are not applicable.  ``minimum`` and ``maximum`` bound its values.
    """

    id: str
    kind: Kind
    label: str
    of: str = ""
    depth: int = 0
    unit: str = ""
    direction: Literal["higher", "lower", "context"] = "higher"
    levels: tuple[Level, ...] = ()
    theme: str = ""
    parts: tuple[Part, ...] = PARTS
    minimum: float | None = None
    maximum: float | None = None


class Statistic(Struct, frozen=True, kw_only=True):
    """One figure of a group.  ``item`` names what it is about.

    ``among`` says, for a measure compared like with like, which answers its organisations have in common.
    """

    item: str
    among: tuple[str, ...] = ()
    figure: Figure


class Exclusion(Struct, frozen=True, kw_only=True):
    """How many were left out for one reason; ``count`` is absent where it is held back."""

    reason: Literal["replaced", "as_sent", "consent_blank", "consent_refused", "incomplete"]
    label: str
    count: int | None


class Counts(Struct, frozen=True, kw_only=True):
    """How many there are.

    ``files`` are the readable ones, ``returned`` the organisations they came from, ``accepted`` those of them that
    filled their workbook in, ``used`` those behind the figures.  ``invited`` is absent where it is not known.  For
    subgroups only ``used`` is given, because which subgroup an organisation belongs to is one of the answers that it
    may have kept to itself.  ``used`` is absent where the group is held back.
    """

    invited: int | None = None
    files: int | None = None
    returned: int | None = None
    accepted: int | None = None
    used: int | None = None
    exclusions: tuple[Exclusion, ...] = ()


class Group(Struct, frozen=True, kw_only=True):
    """Organisations compared together: all of a respondent type, those with one answer to a field, or a named list.

    Groups of the kind "place" are those in one place, by a field that has no list of answers; they have figures of
    questions that match those of another respondent type only, for feedback to that type in the same place.
    ``field`` is empty for the group of all and for lists.  ``label`` is what the group is called in words: the answer,
    or the name of the list.  A group that is held back has no figures at all.
    """

    id: str
    kind: Literal["all", "field", "list", "place"] = "all"
    field: str = ""
    field_label: str = ""
    label: str = ""
    suppressed: bool
    counts: Counts
    statistics: tuple[Statistic, ...] = ()


class Separation(Struct, frozen=True, kw_only=True):
    """How well a question separates organisations that score high on everything else from those that score low.

    ``correlation`` is the item-rest correlation (Pearson's, of the answer with the mean of all other answers), rounded
    to one decimal, absent where it is held back; ``strength`` says it in a word.
    """

    item: str
    n: int | None
    correlation: float | None
    strength: Literal["strong", "some", "little", "none", ""]


class Change(Struct, frozen=True, kw_only=True):
    """The figures of one item in one group, in an earlier release and in this one.  Only of comparable items."""

    group: str
    item: str
    before: Figure
    now: Figure


class RespondentBenchmark(Struct, frozen=True, kw_only=True):
    """One respondent type: what its figures are about, and its groups, the group of all first."""

    id: str
    label: str
    items: tuple[Item, ...]
    groups: tuple[Group, ...]
    separations: tuple[Separation, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def compared(self) -> tuple[Group, ...]:
        """The groups that reports list, the group of all first: without places, which are for feedback."""
        return tuple(group for group in self.groups if group.kind != "place")

    def item(self, identifier: str) -> Item:
        """The item with that id.  KeyError when there is none."""
        for each in self.items:
            if each.id == identifier:
                return each
        raise KeyError(identifier)

    def statistics(self, group: Group, *kinds: Kind) -> Iterator[tuple[Item, Statistic]]:
        """The figures of a group, in order, with what they are about; only of the given kinds, if any are given."""
        items = {each.id: each for each in self.items}
        for statistic in group.statistics:
            item = items[statistic.item]
            if not kinds or item.kind in kinds:
                yield item, statistic


class Pair(Struct, frozen=True, kw_only=True):
    """Matching questions of different respondent types: the id of the question of each."""

    theme: str
    label: str
    questions: dict[str, str]


class Files(Struct, frozen=True, kw_only=True):
    """What was given: all files, those refused by the reader, and those of another framework, version or respondent."""

    given: int
    refused: int
    not_comparable: int


class Thresholds(Struct, frozen=True, kw_only=True):
    """The least numbers of organisations behind a figure.

    ``mean`` holds for counts, means and medians, ``quartiles`` for quartiles and distributions over levels,
    ``percentiles`` for all others.  With ``besides_reader`` they count the organisations other than any one that may
    read the release, so that one more is needed.
    """

    mean: int = 5
    quartiles: int = 10
    percentiles: int = 20
    besides_reader: bool = True


class Method(Struct, frozen=True, kw_only=True):
    """How the figures were made: sentences that stand beside them wherever they are shown.

    ``lowered`` is empty unless somebody asked for less protection than is usual; then it says what was asked for.
    """

    thresholds: Thresholds
    quantiles: str
    missing: str
    entry: str
    weighting: str
    comparison: str
    selection: str
    suppression: str
    rounding: str
    separation: str
    change: str
    lowered: str
    notice: str

    def sentences(self) -> Iterator[tuple[str, str]]:
        """What is said, with a heading each, in the order in which outputs show it; what is empty is left out."""
        yield from (
            (heading, text)
            for heading, text in (
                ("Less protection than usual", self.lowered),
                ("Which returns are used", self.selection),
                ("How complete a return has to be", self.entry),
                ("What is held back", self.suppression),
                ("Quartiles and percentiles", self.quantiles),
                ("Missing answers", self.missing),
                ("Weighting", self.weighting),
                ("Comparing like with like", self.comparison),
                ("Rounding", self.rounding),
                ("Questions that separate", self.separation),
                ("Change since an earlier release", self.change),
                ("Notice", self.notice),
            )
            if text
        )


class Earlier(Struct, frozen=True, kw_only=True):
    """The earlier release that changes are measured against."""

    number: int
    created: date
    rounds: tuple[str, ...]


class Release(Struct, frozen=True, kw_only=True):
    """A whole benchmark release.

    ``number`` counts the releases of a log from 1.  ``rounds`` are the collection rounds that readable returns name.
    ``inputs`` are the SHA-256 of all files given, in order of their text: whoever has the files can make the release
    again.  ``warnings`` tells what readers must know beyond the method, such as figures held back because of an
    earlier release.
    """

    number: int
    created: date
    framework: str
    version: str
    title: str
    language: str
    contact: str = ""
    rounds: tuple[str, ...]
    files: Files
    inputs: tuple[str, ...] = ()
    method: Method
    respondents: tuple[RespondentBenchmark, ...]
    pairs: tuple[Pair, ...] = ()
    earlier: Earlier | None = None
    warnings: tuple[str, ...] = ()

    def respondent(self, identifier: str) -> RespondentBenchmark | None:
        """The respondent type with that id, if the release has it."""
        return next((each for each in self.respondents if each.id == identifier), None)
