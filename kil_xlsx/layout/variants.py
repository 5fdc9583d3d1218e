"""Workbooks that are alike but for a few texts: how to tell, and which text goes where in each.

The workbooks of a mailing differ in whose copy each is: the name, the registered number and the reference code, the
texts that are filled in about the organisation, and what is put together from these.  Everything else is the same for
all organisations of a *variant*.  So the workbook of a variant is made once, with a stand-in for every such text, and
:mod:`kil_xlsx.writing.splice` puts the texts of each organisation into the finished file.

A stand-in is a single character of Unicode's last private plane, one for each text.  Sheets may join them with other
words; what else they do with such words goes through :meth:`~kil_xlsx.layout.sheets.frame.Content.made_of`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.core.scoring import label_by_prefix
from kil_xlsx.layout.compose import content_of, document_of, profile_of
from kil_xlsx.layout.document import Document
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.about import row_height
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.slots import SlotKind
from kil_xlsx.layout.stamp import stamp
from kil_xlsx.layout.text_fit import utf16_length

FIRST_STAND_IN, LAST_STAND_IN = "\U0010f000", "\U0010fffd"
_STAND_IN = re.compile(f"[{FIRST_STAND_IN}-{LAST_STAND_IN}]")

_LONGEST_FACT = 255
"""Of what stands in a workbook's properties, in UTF-16 units."""

_CODE = "_x"
"""What codes of characters begin with, which properties and cells write in different ways."""

_LONGEST_TEXT = 8_000
"""Of what is typed into a cell; longer ones are too rare to be worth it, and some no cell can hold."""


class _Made(NamedTuple):
    """A text that a function makes of others, which are stand-ins in ``words``."""

    function: Callable[[str], str]
    words: str


class Mould(NamedTuple):
    """The workbook of a variant, with stand-ins for the texts that each organisation has of its own.

    ``sources`` says where the text for each stand-in comes from: a fact of the stamp, a cell that is filled in, or a
    function of other texts.  What a text is made of comes before it.
    """

    document: Document
    sources: Mapping[str, str | Key | _Made]

    def texts(self, plan: Plan, issue: Issue, typed: Mapping[Key, Typed]) -> dict[str, str]:
        """The texts of one organisation of this variant, by stand-in."""
        organisation = issue.organisation
        assert organisation is not None
        facts = {
            "organisation": organisation.name,
            "organisation_id": organisation.id,
            "reference": issue.reference or stamp(plan.instrument, issue.round_id, organisation).reference,
        }
        cells = {**profile_of(plan, organisation), **typed}
        found: dict[int, str] = {}
        for stand_in, source in self.sources.items():
            if isinstance(source, str):
                found[ord(stand_in)] = facts[source]
            elif isinstance(source, Key):
                found[ord(stand_in)] = str(cells[source])
            else:
                found[ord(stand_in)] = source.function(source.words.translate(found))
        return {chr(code): text for code, text in found.items()}


class Variants:
    """Tells which workbooks of a plan are alike but for their texts."""

    def __init__(self, plan: Plan) -> None:
        instrument = plan.instrument
        self._plan = plan
        self._by_prefix = [field for field in instrument.profile if field.type == "derived" and field.by == "prefix"]
        self._fields = {Key(field.id): field for field in instrument.profile if field.type != "derived"}
        self._room = _LONGEST_FACT - utf16_length(f"{instrument.framework.title}: ")
        # A framework that uses the characters of stand-ins itself is no ground for one.
        self._is_clear = not _STAND_IN.search(msgspec.json.encode(instrument.framework).decode())

    def key(self, issue: Issue, typed: Mapping[Key, Typed]) -> Hashable | None:
        """What all workbooks of a variant have in common; nothing for a workbook that is to be made by itself.

        A workbook follows from its plan, its issue and what stands in its cells.  Texts about the organisation count
        in it by whether they are there, by how high they make their row, and by the labels that are looked up with
        them; every other answer counts as it is.  Made by itself is what has answers in it, since hardly another has
        the same ones, and what has texts that need more than escaping or are too long for their place.
        """
        organisation = issue.organisation
        if organisation is None or issue.previous is not None or issue.marking is not None:
            return None
        if not self._is_clear or _STAND_IN.search(issue.branding.footer):
            return None
        if not _is_plain(organisation.name, self._room) or _CODE in organisation.name:
            return None
        if organisation.id and (not _is_plain(organisation.id, _LONGEST_FACT) or _CODE in organisation.id):
            return None
        cells: list[Hashable] = []
        filled_in = {**profile_of(self._plan, organisation), **typed}
        for key, value in filled_in.items():
            field = self._fields.get(key)
            if field is None:
                return None
            if self._plan.by_key[key].kind is not SlotKind.TEXT or not isinstance(value, str):
                cells.append((key, type(value), value))
            elif _is_plain(value, _LONGEST_TEXT):
                cells.append((key, row_height(field.label, field.help or "", value)))
            else:
                return None
        labels = tuple(
            label_by_prefix(self._plan.instrument, field, str(filled_in.get(Key(field.source), "")))
            for field in self._by_prefix
            if field.source is not None
        )
        circumstances = (issue.created, issue.round_id, issue.due, issue.contact, id(issue.branding), id(issue.peers))
        return (id(self._plan), circumstances, bool(organisation.id), tuple(cells), labels)

    def mould(self, issue: Issue, typed: Mapping[Key, Typed]) -> Mould:
        """The workbook of the variant that a workbook is of; it does not depend on which of the variant's it is."""
        plan, organisation = self._plan, issue.organisation
        assert organisation is not None
        sources: dict[str, str | Key | _Made] = {}

        def stand_in(source: str | Key | _Made) -> str:
            character = chr(ord(FIRST_STAND_IN) + len(sources))
            sources[character] = source
            return character

        def reworded(function: Callable[[str], str], words: str) -> str:
            return stand_in(_Made(function, words)) if _STAND_IN.search(words) else function(words)

        content = content_of(plan, issue, typed)
        name, reference = stand_in("organisation"), stand_in("reference")
        identifier = stand_in("organisation_id") if organisation.id else ""
        filled_in = {
            key: stand_in(key) if plan.by_key[key].kind is SlotKind.TEXT and isinstance(value, str) else value
            for key, value in content.typed.items()
        }
        content = replace(
            content,
            issue=replace(issue, organisation=replace(organisation, name=name, id=identifier)),
            stamp=replace(content.stamp, organisation=name, organisation_id=identifier, reference=reference),
            typed=filled_in,
            reworded=reworded,
        )
        return Mould(document_of(content), sources)


def _is_plain(text: str, longest: int) -> bool:
    """Whether a text stands in a file as it is, apart from being escaped."""
    return bool(text) and text.isprintable() and text == text.strip() and utf16_length(text) <= longest
