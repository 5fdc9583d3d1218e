"""Profile fields, lookups and what returns are compared by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from kil_xlsx.core.framework import Framework, Lookup, ProfileField
from kil_xlsx.definitions.check_links import missing
from kil_xlsx.definitions.places import KeyPath, Places
from kil_xlsx.definitions.walking import audience
from kil_xlsx.definitions.wording import listed
from kil_xlsx.errors import Fault

_DERIVED_KEYS = ("source", "by", "lookup")


def check_profile(framework: Framework, places: Places) -> Iterator[Fault]:
    """Each field has what its type needs, patterns can be used, and roles are played once."""
    for at, each in enumerate(framework.profile):
        path = ("profile", at)
        if each.type == "choice" and each.choices is None:
            yield places.fault(path, "missing 'choices', which a field of type 'choice' needs", "Name a choice list.")
        if each.type != "choice" and each.choices is not None:
            yield places.fault(
                (*path, "choices"),
                f"a field of type '{each.type}' has no choices",
                "Take it out, or use 'type: choice'.",
            )
        yield from _pattern((*path, "pattern"), each.pattern, places)
        yield from _derived(framework, each, path, places)
    for at, scheme in enumerate(framework.id_schemes):
        yield from _pattern(("id_schemes", at, "pattern"), scheme.pattern, places)
    yield from _roles(framework, places)


def _pattern(path: KeyPath, pattern: str | None, places: Places) -> Iterator[Fault]:
    if pattern is None:
        return
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield places.fault(path, f"is not a regular expression: {error}", "Correct the pattern.")


def _derived(framework: Framework, each: ProfileField, path: KeyPath, places: Places) -> Iterator[Fault]:
    present = [key for key in _DERIVED_KEYS if getattr(each, key) is not None]
    if each.type != "derived":
        for key in present:
            yield places.fault(
                (*path, key), f"only a field of type 'derived' has '{key}'", "Take it out, or use 'type: derived'."
            )
        return
    for key in _DERIVED_KEYS:
        if key not in present:
            yield places.fault(path, f"missing '{key}', which a field of type 'derived' needs", f"Add '{key}:' here.")
    yield from missing(places, (*path, "lookup"), "lookup", each.lookup, [lookup.id for lookup in framework.lookups])
    if each.by is None or each.source is None:
        return
    if each.by == "prefix":
        what, sources = "profile field", {field.id: field for field in framework.profile if field.type != "derived"}
        audiences = {name: audience(framework, field) for name, field in sources.items()}
    else:
        what = "input"
        audiences = {figure.id: audience(framework, figure) for figure in framework.inputs}
    if each.source not in audiences:
        yield from missing(places, (*path, "source"), what, each.source, audiences)
        return
    lacking = [who for who in audience(framework, each) if who not in audiences[each.source]]
    if lacking:
        yield places.fault(
            (*path, "source"),
            f"the {what} '{each.source}' is not asked of {listed(lacking)}, who have this field",
            "Give both the same 'respondents'.",
        )


def _roles(framework: Framework, places: Places) -> Iterator[Fault]:
    """One field plays each role, and one is the organisation, in every workbook that is sent out."""
    told: set[tuple[int, int]] = set()
    for respondent in framework.respondents:
        first: dict[str, int] = {}
        for at, each in enumerate(framework.profile):
            if each.role is None or respondent.id not in audience(framework, each):
                continue
            holder = first.setdefault(each.role, at)
            if holder != at and (holder, at) not in told:
                told.add((holder, at))
                yield places.fault(
                    ("profile", at, "role"),
                    f"the role '{each.role}' is already played by '{framework.profile[holder].id}'",
                    "Take it out of one of the two fields.",
                )
        if "organisation" not in first:
            yield places.fault(
                ("profile",),
                f"no field for '{respondent.id}' has the role 'organisation'",
                "Add 'role: organisation' to the field with the organisation's name.",
            )


def check_lookups(framework: Framework, places: Places) -> Iterator[Fault]:
    """The lines of a lookup suit the way in which it is used."""
    for index, lookup in enumerate(framework.lookups):
        path = ("lookups", index, "entries")
        uses = {each.by for each in framework.profile if each.type == "derived" and each.lookup == lookup.id}
        if "prefix" in uses:
            yield from _prefixes(lookup, path, places)
        if "stretch" in uses:
            yield from _stretches(lookup, path, places)


def _prefixes(lookup: Lookup, path: KeyPath, places: Places) -> Iterator[Fault]:
    seen: set[str] = set()
    for at, entry in enumerate(lookup.entries):
        if not entry.prefix:
            yield places.fault(
                (*path, at), "missing 'prefix', because the lookup is used by prefix", "Add 'prefix:' here."
            )
        elif entry.prefix.casefold() in seen:
            yield places.fault(
                (*path, at, "prefix"),
                f"the prefix '{entry.prefix}' is already used in this lookup",
                "Keep one of the two.",
            )
        else:
            seen.add(entry.prefix.casefold())


def _stretches(lookup: Lookup, path: KeyPath, places: Places) -> Iterator[Fault]:
    for at, entry in enumerate(lookup.entries):
        if entry.at_least is None:
            yield places.fault(
                (*path, at), "missing 'at_least', because the lookup is used by stretch", "Add 'at_least:' here."
            )
    for at, (lower, upper) in enumerate(pairwise(lookup.entries), start=1):
        if lower.at_least is not None and upper.at_least is not None and upper.at_least <= lower.at_least:
            yield places.fault(
                (*path, at, "at_least"),
                f"the stretch from {upper.at_least:g} does not come after the one from {lower.at_least:g}",
                "Put the stretches in ascending order.",
            )


def check_benchmarking(framework: Framework, places: Places) -> Iterator[Fault]:
    """Consent codes and the fields that returns are compared by exist."""
    yield from _consent(framework, places)
    fields = {each.id: each for each in framework.profile}
    groupable = {each.id: each for each in framework.profile if each.type in ("choice", "derived")}
    for index, groups in enumerate(framework.benchmarking.peer_groups):
        for at, name in enumerate(groups.fields):
            path: KeyPath = ("benchmarking", "peer_groups", index, "fields", at)
            if name not in fields:
                yield from missing(places, path, "profile field", name, groupable)
            elif name not in groupable:
                yield places.fault(
                    path,
                    f"'{name}' is of type '{fields[name].type}', which makes no groups",
                    f"Use a field of type 'choice' or 'derived': {listed(groupable)}.",
                )
            elif fields[name].respondents and groups.respondent not in fields[name].respondents:
                yield places.fault(
                    path,
                    f"the field '{name}' is not asked of '{groups.respondent}'",
                    "Take it out, or widen the field's 'respondents'.",
                )
    for at, name in enumerate(framework.benchmarking.like_with_like):
        yield from missing(places, ("benchmarking", "like_with_like", at), "profile field", name, fields)


def _consent(framework: Framework, places: Places) -> Iterator[Fault]:
    consent = framework.benchmarking.consent
    holders = [each for each in framework.profile if each.role == "consent"]
    path = ("benchmarking", "consent")
    if not holders:
        if consent.share or consent.named:
            yield places.fault(
                path, "no profile field has the role 'consent'", "Add 'role: consent' to the field that asks for it."
            )
        return
    lists = {each.id: [choice.code for choice in each.choices] for each in framework.choice_lists}
    for holder in holders:
        if holder.type != "choice":
            at = framework.profile.index(holder)
            yield places.fault(
                ("profile", at, "type"),
                f"the field with the role 'consent' is of type '{holder.type}'",
                "Use 'type: choice' with a choice list.",
            )
        elif holder.choices in lists:
            for key, codes in (("share", consent.share), ("named", consent.named)):
                for number, code in enumerate(codes):
                    yield from missing(places, (*path, key, number), "consent answer", code, lists[holder.choices])
