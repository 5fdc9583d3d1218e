"""How the items and figures of a release are written for people: units, decimals, marks, dates."""

from __future__ import annotations

import re
from datetime import date

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import CONFIDENTIAL, NOT_APPLICABLE, OVERALL, Figure, Group, Item, Part
from kil_xlsx.core.rounding import round_half_away
from kil_xlsx.reporting.charts import Scale, scale
from kil_xlsx.reporting.numbers import Writer, by_format, decimal, percent, places

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_NOUGHTS = re.compile(r"\.0+(?![0-9])")


def day(when: date) -> str:
    """A date in words: 16 November 2026."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def spoken(words: list[str]) -> str:
    """Words in a row: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def some(count: int, noun: str, plural: str = "") -> str:
    """A count and its noun: "1 group", "3 groups"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


class Shown:
    """How the figures of one framework are written."""

    def __init__(self, framework: Framework) -> None:
        self.framework = framework
        self._units = {unit.id: (unit.label, by_format(unit.format)) for unit in framework.units}
        self._places = {unit.id: places(unit.format) for unit in framework.units}
        lists = {each.id: each for each in framework.choice_lists}
        self.evidence = tuple(
            (f"{each.value:g}", each.label)
            for each in lists[framework.evidence_strength].choices
            if each.value is not None
        )

    def writer(self, item: Item) -> Writer:
        """How values of an item are written."""
        if item.kind in ("overall", "section"):
            places = self.framework.scoring.decimals
            return lambda value: decimal(value, places)
        if item.kind == "completeness":
            return percent if (item.maximum or 1.0) <= 1.0 else lambda value: f"{decimal(value)}%"
        if item.unit in self._units:
            return self._units[item.unit][1]
        return lambda value: decimal(value, 1)

    def rounded(self, item: Item, value: float) -> float:
        """A value of an item as people read it, so that sums with it come out as they would by hand."""
        if item.kind in ("overall", "section"):
            return round_half_away(value, self.framework.scoring.decimals)
        if item.kind == "completeness":
            return round_half_away(value, 2 if (item.maximum or 1.0) <= 1.0 else 0)
        return round_half_away(value, self._places.get(item.unit, 1))

    def unit(self, item: Item) -> str:
        """The unit of a measure in words; its id where the framework does not name it."""
        return self._units[item.unit][0] if item.unit in self._units else item.unit

    def value(self, item: Item, value: float | None) -> str:
        """A value of an item; held back where there is none."""
        return CONFIDENTIAL if value is None else self.writer(item)(value)

    def part(self, item: Item, figure: Figure, part: Part) -> str:
        """A number of a figure, or the mark that stands in its place."""
        if part not in item.parts:
            return NOT_APPLICABLE
        value = figure.part(part)
        if value is None:
            return CONFIDENTIAL
        return f"{value:,}" if part == "n" else self.writer(item)(value)

    def scale(self, item: Item) -> Scale | None:
        """The whole stretch of values that an item can have; none where it has no bounds."""
        write = self.writer(item)
        if item.minimum is not None and item.maximum is not None:
            low, high = item.minimum, item.maximum
        elif item.kind in ("overall", "section"):
            low, high = self.framework.scoring.minimum, self.framework.scoring.maximum
        elif item.kind == "completeness" or (item.kind == "measure" and write(1.0) == "100%"):
            low, high = 0.0, 1.0
        elif item.kind == "measure" and write(100.0).startswith("100") and write(100.0).endswith("%"):
            low, high = 0.0, 100.0
        else:
            return None
        whole = high - low == int(high - low) and 3 <= high - low <= 6
        parts = int(high - low) if whole else 4
        return scale(low, high, write, parts, short=lambda value: _NOUGHTS.sub("", write(value)))

    def code(self, item: Item) -> str:
        """The number that people know an item by, or the section that it is about; none for what is about all."""
        if item.kind in ("completeness", "evidence"):
            return "" if item.of == OVERALL else item.of
        return "" if item.kind == "overall" else item.id

    def group(self, group: Group) -> str:
        """What a group is called: the answer and the field, or the name of the list."""
        if group.kind == "all":
            return "All"
        return f"{group.label} ({group.field_label})" if group.field_label else group.label
