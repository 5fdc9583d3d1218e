"""Where a collection is, and what is opened together to work with it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx import __version__
from kil_xlsx.errors import DefinitionError, Fault, KilXlsxError, StoreError, UsageProblem
from kil_xlsx.pipeline.progress import Progress, quiet

if TYPE_CHECKING:
    from kil_xlsx.core.branding import Branding
    from kil_xlsx.core.collection import Asked, Received
    from kil_xlsx.core.framework import Framework
    from kil_xlsx.core.instrument import Instrument
    from kil_xlsx.core.settings import Settings
    from kil_xlsx.definitions.organisations import ListedOrganisation, OrganisationsList
    from kil_xlsx.definitions.places import Places
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.pipeline.reading import Returned
    from kil_xlsx.store.asked import ListChanges
    from kil_xlsx.store.database import Store
    from kil_xlsx.store.originals import Originals

SETTINGS_FILE = "collection.toml"
"""What makes a folder a collection."""

DATABASE = "collection.db"
"""The one file with all records."""

_LONGEST_ROUND = 60


@dataclass(frozen=True)
class Place:
    """The folder of a collection, and what stands where in it."""

    folder: Path

    @property
    def settings_file(self) -> Path:
        return self.folder / SETTINGS_FILE

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    @property
    def originals(self) -> Path:
        """The files that came back, which are never changed."""
        return self.folder / "originals"

    @property
    def workbooks(self) -> Path:
        return self.folder / "workbooks"

    @property
    def drafts(self) -> Path:
        return self.folder / "drafts"

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    @property
    def release_log(self) -> Path:
        """The log that keeps the next release safe; it is no part of any release."""
        return self.folder / "release-log.json"

    @property
    def feedback(self) -> Path:
        return self.folder / "feedback"

    @property
    def to_fix(self) -> Path:
        """The marked copies."""
        return self.folder / "to-fix"

    @property
    def data(self) -> Path:
        """The coordinator's own tables."""
        return self.folder / "data"

    def of_round(self, folder: Path, round_id: str) -> Path:
        """Where in one of the folders the files of a round are; rounds without a name need no place of their own."""
        from kil_xlsx.pipeline.names import safe_name

        named = " ".join(round_id.split())
        name = safe_name(named)[:_LONGEST_ROUND].strip("-")
        if named and not name:  # in letters that not every system has
            import hashlib

            name = f"round-{hashlib.sha256(named.encode(errors='replace')).hexdigest()[:8]}"
        return folder / name if name else folder

    def feedback_on(self, round_id: str, release: int) -> Path:
        """Where the feedback is that goes with a release."""
        of_round = self.of_round(self.feedback, round_id)
        return of_round / str(release) if of_round == self.feedback else Path(f"{of_round}-{release}")

    def own(self, path: Path, own_list: Path | None = None) -> Path | None:
        """The file or folder of this collection that a path is or lies in, if what is there is never a return.

        :param own_list: the list of organisations.
        """
        try:
            inner = path.resolve().relative_to(self.folder.resolve())
        except (OSError, RuntimeError, ValueError):
            return None
        if not inner.parts:
            return None
        top = self.folder / inner.parts[0]
        folders = (
            self.originals, self.workbooks, self.drafts, self.to_fix, self.feedback, self.releases, self.data,
        )  # fmt: skip
        if top in folders:
            return top
        whole = self.folder / inner
        files = (self.settings_file, self.database, self.release_log, own_list)
        is_lock = len(inner.parts) == 1 and re.fullmatch(r"\..+\.(lock|tmp)", whole.name)
        return whole if whole in files or is_lock or whole.name.startswith(f"{DATABASE}-") else None

    def lock(self, name: str) -> Path:
        """The file that is locked while something runs that may run only once at a time."""
        return self.folder / f".{name}.lock"

    def path(self, written: str) -> Path:
        """A path as the settings have it, which starts at the collection's folder."""
        return self.folder / written

    def framework(self, settings: Settings) -> str:
        """The framework as other functions take it: a name, or a path that holds wherever the program was started."""
        from kil_xlsx.definitions.load import available, split_name

        name = settings.collection.framework
        names = available()
        return name if name in names or split_name(name)[0] in names else str(self.folder / name)

    def settings(self) -> Settings:
        """The settings.  DefinitionError lists everything that is wrong with them, the wording of mails included.

        That the list or the theme is not there is told with the rest; alone, it stops only what needs them.
        """
        from kil_xlsx.definitions.settings import load_settings

        return load_settings(self.settings_file, self._wording_faults, self.missing)

    def missing(self, settings: Settings, places: Places | None = None) -> Iterator[Fault]:
        """The files that the settings name and that are not there: the list, the theme."""
        from kil_xlsx.definitions.wording import shortened

        for key, what in (("organisations", "the list of organisations"), ("theme", "the theme")):
            written = getattr(settings.collection, key)
            with suppress(OSError, ValueError):  # a path that cannot be
                if not written or self.path(written).exists():
                    continue
            spot = places.spot(("collection", key)) if places is not None else (self.settings_file.name, None)
            remedy = "Write its path, which starts at the collection's folder, or put the file there."
            yield Fault(*spot, f"collection.{key}", f"there is no file '{shortened(written)}' for {what}.", remedy)

    def _wording_faults(self, settings: Settings, places: Places) -> Iterator[Fault]:
        """What is wrong with the wording of mails that the settings have."""
        from kil_xlsx.core.settings import MailTexts

        if settings.mail == MailTexts():
            return
        from kil_xlsx.core.collection import Purpose
        from kil_xlsx.mail.templates import PLACEHOLDERS, Template, faults_of, names_in

        known: set[str] | None = None
        columns: tuple[str, ...] | None = ()
        for purpose in Purpose:
            said = settings.wording(purpose)
            template = Template(said.subject, said.text)
            if not faults_of(template, known or PLACEHOLDERS):
                continue
            if known is None:  # questionnaire and list are read only where they are needed
                fields, columns = self._fields(settings)
                known = {*PLACEHOLDERS, *fields, *(columns or ())}
            # As long as the list cannot be read, any word may be one of its columns.
            names = known if columns is not None else {*known, *names_in(template)}
            for fault in faults_of(template, names, section=f"mail.{purpose}", columns=columns or ()):
                file, line = places.spot(("mail", str(purpose), fault.key.rpartition(".")[2]))
                yield Fault(file, line, fault.key, fault.message, fault.remedy)

    def _fields(self, settings: Settings) -> tuple[list[str], tuple[str, ...] | None]:
        """The fields that a list of organisations may have, and its columns that are none of them.

        Nothing is known of the latter where questionnaire or list cannot be read.
        """
        from kil_xlsx.definitions.organisations import other_columns
        from kil_xlsx.pipeline.frameworks import load
        from kil_xlsx.pipeline.inbox import content
        from kil_xlsx.reading.lists import read_list

        fields: list[str] = []
        try:
            framework = load(self.framework(settings))[0]
            fields = [field.id for field in framework.profile]
            data = content(self.path(settings.collection.organisations))
            rows = read_list(data, "").rows if isinstance(data, bytes) else ()
        except KilXlsxError:
            rows = ()
        return fields, other_columns(framework, rows[0].cells) if rows else None


def find(start: Path | None = None) -> Place | None:
    """The collection that a folder belongs to: the folder itself, or the nearest above it that is one.

    :param start: the folder; without it, the one that the program was started in.
    """
    folder = (start or Path()).absolute()
    for each in (folder, *folder.parents):
        try:
            if (each / SETTINGS_FILE).is_file():
                return Place(each)
        except OSError:  # a folder that may not be looked into
            continue
    return None


def found(start: Path | None = None) -> Place:
    """The same, where there has to be one.  UsageProblem if there is none."""
    place = find(start)
    if place is None:
        raise UsageProblem(
            f"{(start or Path()).absolute()} is not in a collection: there is no {SETTINGS_FILE} in it, nor above it.",
            "Go to the folder of a collection, name it with 'kil-xlsx -C FOLDER', or make one with 'kil-xlsx init'.",
        )
    return place


def moment() -> str:
    """The time now as the records have it: in UTC, to the second."""
    from kil_xlsx import pipeline

    return pipeline.now().astimezone(UTC).isoformat()


@dataclass(frozen=True)
class Synced:
    """The list of organisations and what the records know of it.

    ``asked`` has for each of ``listed`` the organisation of the records, in the order of the list; those that have been
    forgotten are in neither.  ``notes`` tells what changed, and what the list has that is left out of account, unless
    that was told before; ``left_out`` tells the latter in any case.
    """

    listed: tuple[ListedOrganisation, ...]
    asked: tuple[Asked, ...]
    changes: ListChanges
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass
class Collection:
    """A collection that is open.  What takes long is loaded when it is asked for."""

    place: Place
    settings: Settings
    store: Store
    read_only: bool = False
    _plans: dict[str, Plan] = field(default_factory=dict)

    @property
    def round_id(self) -> str:
        """The round that is collected now."""
        return " ".join(self.settings.collection.round_id.split())

    @property
    def role(self) -> str:
        """Who decides."""
        return self.settings.collection.role

    @cached_property
    def key(self) -> bytes:
        """The secret that reference codes are made with."""
        return self.store.secret

    @cached_property
    def framework_name(self) -> str:
        """The framework as other functions of the pipeline take it."""
        return self.place.framework(self.settings)

    @cached_property
    def _loaded(self) -> tuple[Framework, tuple[Instrument, ...]]:
        from kil_xlsx.pipeline.frameworks import load

        return load(self.framework_name)

    @property
    def framework(self) -> Framework:
        return self._loaded[0]

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """One for each respondent type."""
        return self._loaded[1]

    def plan(self, respondent: str) -> Plan:
        """The plan of a respondent type, by its id."""
        if respondent not in self._plans:
            from kil_xlsx.layout.plan import Plan

            self._plans[respondent] = Plan(next(one for one in self.instruments if one.respondent.id == respondent))
        return self._plans[respondent]

    @cached_property
    def originals(self) -> Originals:
        """The files that came back."""
        from kil_xlsx.store.originals import Originals

        return Originals(self.place.originals)

    @cached_property
    def made_with(self) -> str:
        """Names the program and the questionnaire that returns are read with."""
        marks = sorted(f"{each.key} {each.framework.version} {each.fingerprint}" for each in self.instruments)
        return "; ".join((f"kil-xlsx {__version__}", *marks))

    def branding(self) -> Branding:
        """The theme.  DefinitionError for anything wrong with it."""
        from kil_xlsx.pipeline import branding_of

        theme = self.settings.collection.theme
        return branding_of(self.place.path(theme) if theme else None)

    def check_files(self, *, own_list: bool = True, own_theme: bool = True) -> None:
        """DefinitionError where a file that the settings name is not there; of those that are needed."""
        needed = {"collection.organisations": own_list, "collection.theme": own_theme}
        faults = tuple(each for each in self.place.missing(self.settings) if needed[each.key])
        if faults:
            what = "a file that they name is missing" if len(faults) == 1 else "files that they name are missing"
            raise DefinitionError(f"The settings {self.place.settings_file} cannot be used: {what}.", faults)

    @property
    def list_file(self) -> Path:
        """The list of organisations."""
        return self.place.path(self.settings.collection.organisations)

    def read_list(self, path: Path | None = None) -> OrganisationsList:
        """The list of organisations, or another one.  OrganisationsListError for anything wrong with it."""
        from kil_xlsx.pipeline import read_organisations

        only = self.instruments[0].respondent.id if len(self.instruments) == 1 else None
        return read_organisations(path or self.list_file, self.framework, only, keep_others=True)

    def organisations(self, path: Path | None = None) -> Synced:
        """Make the records' organisations those of the list.

        Those that the list no longer has stay in the records, as not listed.

        :param path: another list: its organisations become known, and nothing is said about those that it lacks.
        :raises OrganisationsListError: anything is wrong with the list; nothing is changed then.
        """
        from kil_xlsx.core.collection import Asked, Event
        from kil_xlsx.core.tombstones import sought

        found = self.read_list(path)
        new = [
            Asked(
                id=0, respondent=each.respondent, name=each.name, number=each.id, email=each.email,
                parent=each.parent, profile={**dict(each.others), **dict(each.profile)},
            )
            for each in found.organisations
        ]  # fmt: skip
        digests = [sought(self.key, each) for each in new]
        first = not self.store.organisations()
        with self.store.transaction():
            changes = self.store.sync_organisations(new, digests, keep_others=path is not None)
            if changes.added or changes.changed or changes.gone:
                self.store.record(Event(kind="list-changed", at=moment(), round_id=self.round_id))
        known = {(each.respondent, each.name, each.number): each for each in self.store.organisations()}
        pairs = [
            (listed, known[listed.respondent, listed.name, listed.id])
            for listed in found.organisations
            if (listed.respondent, listed.name, listed.id) in known
        ]
        left_out = (*found.notes, *_left_out(changes))
        told = left_out if path is not None or self._is_news(left_out) else ()
        notes = (*told, *_told(changes, first=first))
        return Synced(tuple(each for each, _ in pairs), tuple(each for _, each in pairs), changes, notes, left_out)

    def _is_news(self, notes: Sequence[str]) -> bool:
        """Whether something about the list has not been told before, which it now is.

        Only a mark of it is kept, and one that says nothing without the secret of the collection.
        """
        import hmac

        digest = hmac.new(self.key, "\n".join(notes).encode(errors="replace"), "sha256").hexdigest() if notes else ""
        if digest == self.store.told_of_list:
            return False
        with self.store.transaction():
            self.store.set_told_of_list(digest)
        return bool(notes)

    def returned(
        self,
        received: Sequence[Received] | None = None,
        *,
        password: str | None = None,
        executor: str | None = None,
        progress: Progress = quiet,
    ) -> Returned:
        """The returns that count in this round, or others, as :func:`kil_xlsx.pipeline.read` gives them."""
        from kil_xlsx.pipeline.collection.counting import returned

        return returned(self, received, password=password, executor=executor, progress=progress)


def _told(changes: ListChanges, *, first: bool) -> Iterator[str]:
    """What changed in the list, for the coordinator; when it is read first, all in it is new."""
    from kil_xlsx.definitions.wording import listed

    kinds: tuple[tuple[Iterable[str], str], ...] = (
        (() if first else changes.added, "New in the list"),
        ([each for each in changes.changed if each not in changes.renumbered], "Changed in the list"),
        (changes.renumbered, "The same by name, with another registered number in the list"),
        (changes.gone, "No longer in the list, kept in the records"),
    )
    for names, words in kinds:
        if names:
            yield f"{words}: {listed(names)}."


def _left_out(changes: ListChanges) -> Iterator[str]:
    """Who is left out of account for as long as the list has them."""
    from kil_xlsx.definitions.wording import listed

    if changes.forgotten:
        yield f"Still in the list although forgotten, so left out: {listed(changes.forgotten)}."


@contextmanager
def opened(place: Place, *, read_only: bool = False) -> Iterator[Collection]:
    """A collection, to work with for a while.

    :raises DefinitionError: something is wrong with the settings; it lists everything.
    :raises StoreError: the database cannot be opened.
    """
    settings = place.settings()
    from kil_xlsx.store.database import Store

    with Store.open(place.database, at=moment(), program=__version__, read_only=read_only) as store:
        collection = Collection(place, settings, store, read_only)
        if not read_only and store.pending() is not None:
            from kil_xlsx.pipeline.collection.forgetting import finish

            with suppress(StoreError):  # what cannot be removed yet; 'check' and 'forget' say so
                finish(collection)
        yield collection


@contextmanager
def rehearsed(place: Place) -> Iterator[Collection]:
    """A collection whose records are a copy in memory: everything can be tried out, and nothing is kept.

    :raises DefinitionError: something is wrong with the settings; it lists everything.
    :raises StoreError: the database cannot be read.
    """
    with opened(place, read_only=True) as collection, collection.store.rehearsal() as copy:
        yield Collection(place, collection.settings, copy)


def shown(path: Path) -> Path:
    """A path as it is shortest from where the program was started."""
    try:
        near = Path(os.path.relpath(path))
    except ValueError:  # on another disk
        return path
    return path if len(near.parts) > len(path.parts) else near
