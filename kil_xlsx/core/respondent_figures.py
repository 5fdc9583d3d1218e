"""The figures of one respondent type: its groups, what is compared in them, and what the log keeps of it.

Every number that describes a group passes :func:`kil_xlsx.core.disclosure.publish`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Literal

import msgspec
import numpy as np

from kil_xlsx.core import disclosure
from kil_xlsx.core.answers import Answer, Shape
from kil_xlsx.core.audit import Rows
from kil_xlsx.core.disclosure import Published, publish
from kil_xlsx.core.figures import Measure
from kil_xlsx.core.frame import Frame
from kil_xlsx.core.grouping import Breakdown, breakdown, everyone_id, grouping_fields, listed, matched_themes
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.membership import Selection, bodies_of
from kil_xlsx.core.release import (
    HIDDEN,
    Change,
    Counts,
    Exclusion,
    Group,
    RespondentBenchmark,
    Statistic,
    Thresholds,
)
from kil_xlsx.core.release_log import (
    PRESENT,
    SIZE,
    History,
    LoggedItem,
    LoggedRespondent,
    key_digest,
    token,
)
from kil_xlsx.core.release_request import Request
from kil_xlsx.core.separation import separations
from kil_xlsx.core.topics import Topic, made_of, topics

_EXCLUSIONS: dict[str, str] = {
    "replaced": "Files replaced by a later one of the same organisation",
    "as_sent": "Came back as sent, with nothing filled in",
    "consent_refused": "Did not agree to share",
    "consent_blank": "Did not say whether they agree",
    "incomplete": "Too much left unanswered",
}


class RespondentFigures:
    """Makes everything of one respondent type."""

    def __init__(self, instrument: Instrument, selection: Selection, request: Request, thresholds: Thresholds) -> None:
        self.instrument = instrument
        self.selection = selection
        self.request = request
        self.thresholds = thresholds
        self.because_of: set[int] = set()
        self.kept_back = 0
        self.keys = [key_digest(key) for key in selection.keys]
        self.bodies = [key_digest(body) for body in bodies_of(selection, request.parents)]
        self.names = [tuple(sorted(key_digest(f"{kind} {text}") for kind, text in each)) for each in selection.names]
        past = () if request.ignore_log else request.log.before(request.digest)
        today = dict(zip(self.keys, self.names, strict=True))
        self.history = History(past, instrument.framework.id, instrument.respondent.id, today, request.renamed)
        self.breakdowns = self._breakdowns()
        self.frame, self.places = self._frame(range(len(selection.used)))
        self.items: list[LoggedItem] = []
        self.given: dict[str, Rows] = {}
        self.matched = matched_themes(instrument)

    def _breakdowns(self) -> list[Breakdown]:
        used, instrument = self.selection.used, self.instrument
        found = [breakdown(instrument, each, used) for each in grouping_fields(instrument, self.request.group_by)]
        for label, names in self.request.lists.items():
            found.append(listed(label, names, self.selection.names))
        return found

    def _frame(self, members: Iterable[int]) -> tuple[Frame, list[tuple[Breakdown, tuple[str, str]]]]:
        """The groups over some of the members: the whole first, then the parts of every breakdown."""
        chosen = list(members)
        column = {member: at for at, member in enumerate(chosen)}
        rows = [np.ones(len(chosen), dtype=bool)]
        families: list[tuple[int, ...]] = []
        places: list[tuple[Breakdown, tuple[str, str]]] = []
        for each in self.breakdowns:
            family = [0]
            for part, inside in each.parts.items():
                row = np.zeros(len(chosen), dtype=bool)
                row[[column[member] for member in inside if member in column]] = True
                family.append(len(rows))
                rows.append(row)
                places.append((each, part))
            families.append(tuple(family))
        numbers: dict[str, int] = {}
        frame = Frame(
            groups=np.array(rows),
            families=tuple(families),
            bodies=np.array([numbers.setdefault(self.bodies[each], len(numbers)) for each in chosen], dtype=np.int64),
            keys=tuple(self.keys[each] for each in chosen),
            body_keys=tuple(self.bodies[each] for each in chosen),
        )
        return frame, places

    def respondent(self) -> RespondentBenchmark:
        """The figures of every group."""
        used = self.selection.used
        present = [Answer()] * len(used)
        large = publish(self.thresholds, Shape("count"), self.frame, present)
        withheld = np.array([not figure.shown for figure in large.figures])
        # A group that has gained or lost a few since an earlier release may have figures, but not tell its size.
        tokens = [PRESENT] * len(used)
        sizes = publish(
            self.thresholds,
            Shape("count"),
            self.frame,
            present,
            withheld=withheld,
            tokens=tokens,
            earlier=self.history.of(SIZE),
        )
        self._log(SIZE, range(len(used)), tokens, sizes)
        self.sizes_told = np.array([figure.shown for figure in sizes.figures])
        every = topics(self.instrument)
        outcomes = [(topic, *outcome) for topic in every for outcome in self._published(topic, withheld)]
        whole = {topic.item.id: (topic, published) for topic, among, published in outcomes if not among}
        means = self._score_means(whole)
        found: list[list[Statistic]] = [[] for _ in sizes.figures]
        for topic, among, published in outcomes:
            for row, figure in enumerate(published.figures):
                if not self._is_compared(row, topic):
                    continue
                if topic.item.id in means and not means[topic.item.id][row]:
                    figure = msgspec.structs.replace(figure, mean=None)
                found[row].append(Statistic(item=topic.item.id, among=among, figure=figure))
        groups = [self._everyone(sizes, tuple(found[0]), suppressed=bool(withheld[0]))]
        for row, (each, part) in enumerate(self.places, start=1):
            if each.open and part[0] and withheld[row]:
                continue  # the answer itself, such as a name, may tell who it is
            if each.is_place and not part[0]:
                continue  # not a place
            groups.append(
                Group(
                    id=each.group_id(self.instrument, part),
                    kind=each.kind,
                    field=each.field.id if each.field else "",
                    field_label=each.field.label if each.field else "",
                    label=part[1],
                    suppressed=bool(withheld[row]),
                    counts=Counts(used=sizes.figures[row].n),
                    statistics=() if withheld[row] else tuple(found[row]),
                )
            )
        return RespondentBenchmark(
            id=self.instrument.respondent.id,
            label=self.instrument.respondent.label,
            items=tuple(topic.item for topic in every),
            groups=tuple(groups),
            separations=tuple(
                separations(self.instrument, self.selection.used, self.bodies, groups[0], self.thresholds)
            ),
            changes=tuple(self._changes(groups)),
        )

    def _is_compared(self, row: int, topic: Topic) -> bool:
        """Whether a group has figures of a topic: places only have those of questions that have a match elsewhere."""
        return row == 0 or not self.places[row - 1][0].is_place or topic.item.theme in self.matched

    def _score_means(self, whole: Mapping[str, tuple[Topic, Published]]) -> dict[str, Rows]:
        """By score, of which groups its mean may be shown beside those of what it is made of.

        :param whole: by item, what is published of it among all members.
        """
        given = {item: self.given[item] for item in whole}
        means = {item: _means(published) for item, (_, published) in whole.items()}
        found: dict[str, Rows] = {}
        for score, inputs in made_of(self.instrument):
            if score not in whole or any(each not in whole for each in inputs):
                continue
            complete = given[score] & np.all([given[each] for each in inputs], axis=0)
            partial = (given[score] | np.any([given[each] for each in inputs], axis=0)) & ~complete
            inputs_shown = np.all(
                [found.get(each, means[each]) | ~(self.frame.groups & given[each]).any(axis=1) for each in inputs],
                axis=0,
            )
            before = found.get(score, means[score])
            found[score] = disclosure.means_of_scores(self.thresholds, self.frame, before, inputs_shown, partial)
        return found

    def _everyone(self, sizes: Published, statistics: tuple[Statistic, ...], *, suppressed: bool) -> Group:
        selection, used = self.selection, sizes.figures[0].n
        told: dict[Literal["replaced", "as_sent", "consent_refused", "consent_blank", "incomplete"], int | None] = {
            "replaced": selection.replaced,
            "as_sent": selection.as_sent,
            "consent_refused": selection.consent_refused if used is not None else None,
            "consent_blank": selection.consent_blank if used is not None else None,
            "incomplete": selection.incomplete if used is not None else None,
        }
        return Group(
            id=everyone_id(self.instrument),
            label="All",
            suppressed=suppressed,
            counts=Counts(
                invited=self.request.invited.get(self.instrument.respondent.id),
                files=len(selection.files),
                returned=len(selection.latest),
                accepted=len(selection.accepted),
                used=used,
                exclusions=tuple(
                    Exclusion(reason=reason, label=_EXCLUSIONS[reason], count=count) for reason, count in told.items()
                ),
            ),
            statistics=statistics,
        )

    def _published(self, topic: Topic, withheld: Rows) -> Iterator[tuple[tuple[str, ...], Published]]:
        """The figures of one item for every group at once; one set for each combination of like-with-like answers."""
        used = self.selection.used
        answers = topic.answers(used)
        self.given[topic.item.id] = topic.shape.contributing(answers)
        distinct = [token(each) if topic.shape.contributes(each) else "" for each in answers.distinct]
        tokens = [distinct[each] for each in answers.number.tolist()]
        history = self.history.of(topic.item.id)
        withheld = withheld | ~np.array([self._is_compared(row, topic) for row in range(len(withheld))])
        sets = self._alike(topic, topic.measure) if topic.measure is not None else [((), range(len(used)))]
        for among, members in sets:
            frame = self.frame if len(members) == len(used) else self._frame(members)[0]
            published = publish(
                self.thresholds,
                topic.shape,
                frame,
                answers.among(members),
                withheld=withheld,
                tokens=[tokens[each] for each in members],
                earlier=history,
                sizes_told=self.sizes_told,
            )
            if published.because_of:
                self.because_of |= published.because_of
                self.kept_back += 1
            self._log(topic.item.id, members, tokens, published)
            yield among, published

    def _alike(self, topic: Topic, measure: Measure) -> list[tuple[tuple[str, ...], Sequence[int]]]:
        """The members that may be compared with each other on a measure, with the answers that they have in common.

        All combinations are there, used or not: which are would tell who is among the members.
        """
        names = self.instrument.framework.benchmarking.like_with_like
        stated = [
            [label for code, label in breakdown(self.instrument, each, self.selection.used).parts if code]
            for each in self.instrument.profile
            if each.id in names
        ]
        if measure.bases:
            stated.append(list(dict.fromkeys(basis.label for basis in measure.bases)))
        found: dict[tuple[str, ...], list[int]] = {combination: [] for combination in product(*stated)}
        for at, member in enumerate(self.selection.used):
            among = topic.among(self.instrument, member)
            if among is not None:
                found[among].append(at)
        return list(found.items())

    def _log(self, item: str, members: Sequence[int], tokens: Sequence[str], published: Published) -> None:
        inside = set(members)
        shown = [(self._row_id(row), figure) for row, figure in enumerate(published.figures) if figure.shown]
        if shown:
            self.items.append(
                LoggedItem(
                    item=item,
                    tokens=tuple(each if at in inside else "" for at, each in enumerate(tokens)),
                    groups=tuple(group for group, _ in shown),
                    spread=tuple(group for group, figure in shown if figure.levels is not None),
                )
            )

    def _row_id(self, row: int) -> str:
        if row == 0:
            return everyone_id(self.instrument)
        each, part = self.places[row - 1]
        return each.group_id(self.instrument, part)

    def logged(self) -> LoggedRespondent:
        """What the log keeps; only of groups of which something is shown."""
        told = {group for item in self.items for group in item.groups}
        ids = [self._row_id(row) for row in range(len(self.frame.groups))]
        return LoggedRespondent(
            id=self.instrument.respondent.id,
            members=tuple(self.keys),
            names=tuple(self.names),
            bodies=tuple(self.bodies),
            groups={
                group: tuple(np.flatnonzero(self.frame.groups[row]).tolist())
                for row, group in enumerate(ids)
                if group in told
            },
            items=tuple(self.items),
        )

    def _changes(self, groups: Sequence[Group]) -> Iterator[Change]:
        earlier = self.request.earlier
        before = earlier.respondent(self.instrument.respondent.id) if earlier else None
        if before is None:
            return
        kinds = ("overall", "section", "question", "measure")
        then = {
            (group.id, statistic.item, statistic.among): statistic.figure
            for group in before.groups
            for item, statistic in before.statistics(group, *kinds)  # type: ignore[arg-type]  # literals of the tuple
        }
        for group in groups:
            for statistic in group.statistics if group.kind != "place" else ():
                old = then.get((group.id, statistic.item, statistic.among))
                comparable = statistic.item not in self.request.incomparable and not statistic.among
                before_now = HIDDEN if old is None else disclosure.as_permitted(self.thresholds, old)
                if before_now.shown and statistic.figure.shown and comparable:
                    yield Change(group=group.id, item=statistic.item, before=before_now, now=statistic.figure)


def _means(published: Published) -> Rows:
    """By group, whether the mean is shown."""
    return np.array([figure.mean is not None for figure in published.figures])
