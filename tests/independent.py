"""A benchmark worked out again with pandas and numpy alone, from the Parquet files of the export.

Nothing of the program's own selection, grouping or statistics is used: only what the files say, and what a release says
about how it was made.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import Figure, Group, Item, Release, RespondentBenchmark, Separation, Statistic

Frames = Mapping[str, pd.DataFrame]

_SHARES = {"lower_quartile": 0.25, "upper_quartile": 0.75, "p10": 0.1, "p90": 0.9}


def frames_of(files: Mapping[str, bytes]) -> dict[str, pd.DataFrame]:
    """The tables of an export as pandas reads their Parquet."""
    return {
        name.removesuffix(".parquet"): pd.read_parquet(io.BytesIO(content))
        for name, content in files.items()
        if name.endswith(".parquet")
    }


@dataclass
class Compared:
    """How many published numbers were compared, and those that are not what they should be."""

    numbers: int = 0
    wrong: list[str] = field(default_factory=list)

    def same(self, what: str, told: float | None, found: float, *, figures: int | None = None) -> None:
        """Hold a published number against the one found; held-back numbers are passed over.

        :param figures: significant figures that the published one is rounded to; else it is six decimals.
        """
        if told is None:
            return
        self.numbers += 1
        if figures is None:
            room = 0.5e-6
        else:
            room = 0.5 * 10.0 ** (math.floor(math.log10(abs(found))) + 1 - figures) if found else 0.0
        if not abs(told - found) <= room * (1 + 1e-6) + abs(found) * 1e-12:
            self.wrong.append(f"{what}: told {told}, found {found}")


def compare(release: Release, frames: Frames, framework: Framework) -> Compared:
    """Work out everything that a release says of groups, and hold the two against each other."""
    compared = Compared()
    for respondent in release.respondents:
        _Respondent(release, respondent, frames, framework).compare(compared)
    return compared


class _Respondent:
    """One respondent type: who is used, and what they said."""

    def __init__(self, release: Release, respondent: RespondentBenchmark, frames: Frames, framework: Framework) -> None:
        self.respondent, self.frames, self.framework = respondent, frames, framework
        self.by_item: dict[str, dict[str, pd.DataFrame]] = {}
        own = frames["organisations"]
        own = own[(own["respondent"] == respondent.id) & (own["version"] == release.version)]
        self.files = own.sort_values("return_id")
        self.latest = self.files.drop_duplicates("organisation", keep="last")
        given = self.latest["answered"] + self.latest["not_applicable"] + self.latest["dont_know"]
        self.accepted = self.latest[given > 0]
        self.agreed = self.accepted[self.accepted["agreed"].fillna(False).astype(bool)]
        complete = self.agreed["completeness"] >= framework.benchmarking.least_completeness
        self.used = self.agreed[complete].set_index("return_id")

    def compare(self, compared: Compared) -> None:
        """Everything of this respondent type."""
        for group in self.respondent.groups:
            members = self.used[self._inside(group)]
            self._counts(group, len(members), compared)
            for item, statistic in self.respondent.statistics(group):
                if item.kind == "question":
                    self._levels(f"{group.id} {item.id}", item, statistic.figure, members, compared)
                else:
                    values = self._values(item, statistic, members).dropna().to_numpy(dtype=float)
                    figures = 3 if item.kind == "measure" else None
                    _figure(f"{group.id} {item.id}", statistic.figure, values, compared, figures)
        for separation in self.respondent.separations:
            self._separation(separation, compared)

    def _inside(self, group: Group) -> Any:
        if group.kind == "all":
            return np.ones(len(self.used), dtype=bool)
        answers = self.used[f"profile_{group.field}"]
        code = group.id.split("/", 2)[2]
        return (answers == code).fillna(False).to_numpy(dtype=bool) if code else answers.isna().to_numpy()

    def _counts(self, group: Group, used: int, compared: Compared) -> None:
        told = group.counts
        compared.same(f"{group.id} used", told.used, used)
        if group.kind != "all":
            return
        compared.same("files", told.files, len(self.files))
        compared.same("returned", told.returned, len(self.latest))
        compared.same("accepted", told.accepted, len(self.accepted))
        consent = self.accepted["agreed"]
        found = {
            "replaced": len(self.files) - len(self.latest),
            "as_sent": len(self.latest) - len(self.accepted),
            "consent_blank": consent.isna().sum(),
            "consent_refused": len(self.accepted) - len(self.agreed) - consent.isna().sum(),
            "incomplete": len(self.agreed) - len(self.used),
        }
        for each in told.exclusions:
            compared.same(each.reason, each.count, found[each.reason])

    def _column(self, table: str, item: str, members: pd.DataFrame, *columns: str) -> Any:
        if table not in self.by_item:
            parts = self.frames[table].set_index("return_id").groupby("item")
            self.by_item[table] = {str(name): part for name, part in parts}
        rows = self.by_item[table][item]
        return rows[list(columns) if len(columns) > 1 else columns[0]].reindex(members.index)

    def _values(self, item: Item, statistic: Statistic, members: pd.DataFrame) -> Any:
        if item.kind == "overall":
            return members["score"]
        if item.kind == "section":
            rows = self._column("scores", item.id, members, "score", "completeness")
            least = self.framework.benchmarking.least_section_completeness
            return rows["score"][rows["completeness"] >= least]
        if item.kind == "completeness":
            return self._column("scores", item.of, members, "completeness")
        if item.kind == "evidence":
            return self._column("scores", item.of, members, "strength")
        rows = self._column("measures", item.id, members, "value", "basis", "in_range")
        among = list(statistic.among)
        inside = rows["in_range"].fillna(True).to_numpy(dtype=bool)
        if among:
            for name in self.framework.benchmarking.like_with_like:
                inside &= (self._labels(name, members) == among.pop(0)).to_numpy(dtype=bool)
        if among:
            inside &= (rows["basis"] == among.pop(0)).fillna(False).to_numpy(dtype=bool)
        return rows["value"][inside]

    def _labels(self, name: str, members: pd.DataFrame) -> Any:
        items, choices = self.frames["items"], self.frames["choices"]
        wanted = items[(items["item"] == name) & (items["kind"] == "profile")]["choices"].iloc[0]
        labels = choices[choices["choices"] == wanted].drop_duplicates("code").set_index("code")["label"]
        return members[f"profile_{name}"].map(labels).fillna("")

    def _levels(self, what: str, item: Item, figure: Figure, members: pd.DataFrame, compared: Compared) -> None:
        rows = self._column("answers", item.id, members, "state", "code", "value")
        answered = rows[rows["state"] == "answered"]
        _figure(what, figure, answered["value"].dropna().to_numpy(dtype=float), compared)
        for level in figure.levels or ():
            chose = int((answered["code"] == level.code).sum())
            compared.same(f"{what} level {level.code}", level.count, chose)
            compared.same(f"{what} share {level.code}", level.share, chose / len(answered))
        if figure.aside is not None:
            for state in ("not_applicable", "dont_know", "unanswered"):
                compared.same(f"{what} {state}", getattr(figure.aside, state), (rows["state"] == state).sum())

    @cached_property
    def relative(self) -> pd.DataFrame:
        """Answers on their own scale, a row for each organisation used and a column for each question."""
        rows = self.frames["answers"]
        mine = rows[rows["return_id"].isin(self.used.index)]
        return mine.pivot(index="return_id", columns="item", values="relative").astype(float)

    def _separation(self, told: Separation, compared: Compared) -> None:
        table = self.relative
        pairs = pd.DataFrame(
            {"own": table[told.item], "rest": table.drop(columns=told.item).mean(axis=1, skipna=True)}
        ).dropna()
        compared.same(f"separation {told.item}, how many", told.n, len(pairs))
        if told.correlation is not None:
            compared.numbers += 1
            found = float(np.corrcoef(pairs["own"], pairs["rest"])[0, 1])
            if abs(told.correlation - found) > 0.05 + 1e-9:
                compared.wrong.append(f"separation {told.item}: told {told.correlation}, found {found}")


def _figure(what: str, told: Figure, values: Any, compared: Compared, figures: int | None = None) -> None:
    compared.same(f"{what} n", told.n, len(values))
    if told.n is None or len(values) == 0:
        return
    compared.same(f"{what} mean", told.mean, np.mean(values), figures=figures)
    compared.same(f"{what} median", told.median, np.median(values), figures=figures)
    for part, share in _SHARES.items():
        compared.same(f"{what} {part}", getattr(told, part), np.quantile(values, share), figures=figures)


def published_numbers(release: Release) -> Iterator[float]:
    """Every number that a release says of a group, or of how a question separates."""
    for respondent in release.respondents:
        for group in respondent.groups:
            counts = group.counts
            yield from _there(counts.files, counts.returned, counts.accepted, counts.used)
            yield from _there(*(each.count for each in counts.exclusions))
            for each in group.statistics:
                figure = each.figure
                yield from _there(figure.n, figure.mean, figure.median, *(getattr(figure, part) for part in _SHARES))
                yield from (number for level in figure.levels or () for number in (level.count, level.share))
                if figure.aside is not None:
                    yield from (figure.aside.not_applicable, figure.aside.dont_know, figure.aside.unanswered)
        for separation in respondent.separations:
            yield from _there(separation.n, separation.correlation)


def _there(*values: float | None) -> Iterator[float]:
    return (value for value in values if value is not None)
