"""Reading HTML strictly: anything that a browser would have to mend is a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from html.parser import HTMLParser

from msgspec.structs import replace
from releases import a_release, the_framework

from kil_xlsx.core.release import Group, Release
from kil_xlsx.reporting.report import report_html

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
"""Elements that have no end."""


@dataclass
class Element:
    """An element with what is in it: elements and texts in order."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: list[Element | str] = field(default_factory=list)

    def all(self, *names: str) -> Iterator[Element]:
        """The element itself and all below it, in order, if they have one of the names; without names, all."""
        if not names or self.name in names:
            yield self
        for each in self.content:
            if isinstance(each, Element):
                yield from each.all(*names)

    def one(self, name: str) -> Element:
        """The only element of that name."""
        (found,) = self.all(name)
        return found

    def by_id(self, identifier: str) -> Element:
        """The only element with that id."""
        (found,) = (each for each in self.all() if each.attributes.get("id") == identifier)
        return found

    @property
    def text(self) -> str:
        """All text in it, with single spaces."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for each in self.content:
            if isinstance(each, str):
                yield each
            else:
                yield from each._texts()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].content.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert any(each.name == "svg" for each in self.open) or tag in VOID, f"<{tag}/> outside a drawing"
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag not in VOID, f"</{tag}> of an element that has no end"
        assert self.open[-1].name == tag, f"</{tag}> where </{self.open[-1].name}> was due"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def read_page(content: bytes) -> Element:
    """The whole page.  AssertionError where it is not well formed: ends that are missing, wrong or repeated ids."""
    reader = _Reader()
    reader.feed(content.decode("utf-8"))
    reader.close()
    assert reader.open == [reader.root], f"<{reader.open[-1].name}> has no end"
    identifiers = [each.attributes["id"] for each in reader.root.all() if "id" in each.attributes]
    twice = {each for each in identifiers if identifiers.count(each) > 1}
    assert not twice, f"ids used twice: {sorted(twice)}"
    return reader.root


@dataclass(frozen=True)
class TableRow:
    """A row of a table: the text at its head and the cells by the heading of their columns."""

    head: str
    cells: dict[str, str]


def tables(page: Element) -> dict[str, list[TableRow]]:
    """All tables by their captions, which must differ."""
    found: dict[str, list[TableRow]] = {}
    for table in page.all("table"):
        caption = table.one("caption").text
        assert caption not in found, f"two tables are called {caption}"
        headings = [each.text for each in table.one("thead").all("th", "td")]
        found[caption] = []
        for row in (row for body in table.all("tbody") for row in body.all("tr")):
            cells = [each.text for each in row.all("th", "td")]
            if len(cells) > 1:
                assert len(cells) == len(headings), f"{caption}: {cells[0]} has {len(cells)} of {len(headings)} cells"
                found[caption].append(TableRow(cells[0], dict(zip(headings[1:], cells[1:], strict=True))))
    return found


# Reports


def page_of(release: Release | None = None) -> Element:
    """The report of a release; of the usual one, unless another is given."""
    return _usual() if release is None else read_page(report_html(release, the_framework()))


@cache
def _usual() -> Element:
    return read_page(report_html(a_release(), the_framework()))


def rounded(value: float, places: int) -> str:
    """A number as reports write it, worked out in another way than theirs."""
    return f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,}"


def with_first_group(release: Release, group: Group) -> Release:
    """The release with another group of all for its first respondent type."""
    first = release.respondents[0]
    return replace(release, respondents=(replace(first, groups=(group, *first.groups[1:])), *release.respondents[1:]))
