"""Opening the database of a collection: safely, with its schema brought up to date, and with errors in plain words."""

from __future__ import annotations

import glob
import os
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from kil_xlsx.errors import StoreError
from kil_xlsx.store.schema import APPLICATION_ID, STEPS, VIEWS

BUSY_SECONDS = 30
"""How long to wait while another program writes."""


def connect(path: Path, *, read_only: bool = False, create: bool = False) -> sqlite3.Connection:
    """A connection that commits nothing by itself.

    A rollback journal is used rather than a write-ahead log: the collection then is one file, which may lie on a
    network drive or in a folder that cannot be written to.

    :raises StoreError: there is no such database, or it cannot be opened.
    """
    if not create:
        _look_for(path)
    mode = "rwc" if create else "ro" if read_only else "rw"
    if read_only and path.with_name(f"{path.name}-journal").exists():
        with suppress(StoreError):  # what a killed program left has to be undone, which takes somebody who may write
            connect(path).close()
    with plain_words(path):
        address = f"file:{quote(str(path.absolute()))}?mode={mode}"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
        try:
            for pragma in (
                "foreign_keys = ON",
                "trusted_schema = OFF",
                "secure_delete = ON",
                "synchronous = EXTRA",
                f"busy_timeout = {BUSY_SECONDS * 1000}",
            ):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the file is read here at the latest
        except BaseException:
            connection.close()
            raise
    return connection


def _look_for(path: Path) -> None:
    try:
        usable = not stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(
            f"There is no database {path}.", "Check that the whole folder of the collection is there."
        ) from None
    except OSError:
        usable = False
    if not usable:
        raise StoreError(f"{path} cannot be opened.", "Check that it is a file that you may read and write.")


def connect_in_memory() -> sqlite3.Connection:
    """A database that is nowhere but in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for pragma in ("foreign_keys = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def plain_words(path: Path) -> Iterator[None]:
    """Turn what SQLite says into a StoreError in plain words."""
    try:
        yield
    except sqlite3.Error as error:
        raise _said(error, path) from error


def _said(error: sqlite3.Error, path: Path) -> StoreError:
    name = getattr(error, "sqlite_errorname", "") or ""
    nothing_lost = "What was recorded before is safe. "
    if name.startswith("SQLITE_FULL"):
        return StoreError(
            f"The disk is full: {path.name} could not be written.",
            f"{nothing_lost}Make room, then run the command again: it goes on where it stopped.",
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(
            f"Another program is writing to {path.name}.", f"{nothing_lost}Wait until it has finished, then try again."
        )
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StoreError(
            f"{path} is damaged, or is no database.",
            "Put back the latest copy of it; the folder originals has every file that came, to be imported again.",
        )
    cannot_open = name.startswith("SQLITE_CANTOPEN")
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM")) or (
        cannot_open and not os.access(path.parent, os.W_OK) and (os.access(path, os.R_OK) or not path.exists())
    ):
        return StoreError(
            f"Nothing can be written to {path.parent}.",
            f"{nothing_lost}Check that you may write there, then run the command again.",
        )
    if cannot_open:
        return StoreError(f"{path} cannot be opened.", "Check that you may read and write it.")
    if name.startswith("SQLITE_IOERR"):
        return StoreError(
            f"{path.name} could not be read or written.",
            f"{nothing_lost}Check that the disk has room and is still there, then run the command again.",
        )
    return StoreError(f"{path.name}: {error}.", f"{nothing_lost}If it happens again, please report it.")


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """All or nothing of what is written inside.  Transactions do not nest."""
    with plain_words(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite has rolled back by itself after some errors
                connection.execute("ROLLBACK")
            raise


def bring_up_to_date(
    connection: sqlite3.Connection, path: Path, at: str, program: str, *, create: bool = False
) -> None:
    """Apply the steps of the schema that are not there yet, each recorded with the data.

    A database that has data already is copied beside itself first.

    :param at: the time; ``program`` the version that does it.
    :param create: whether an empty file may become a database; else it is taken for a damaged one.
    :raises StoreError: the database is of a newer version of the program, or of another program.
    """
    with plain_words(path):
        number = _version(connection, path)
        missing = [step for step in STEPS if step.number > number]
        if not missing:
            return
        if not number and not create:
            raise _empty(path)
    with transaction(connection, path):
        number = _version(connection, path)  # another program may have been faster
        missing = [step for step in STEPS if step.number > number]
        if missing and number:
            _back_up(path, number)  # while nobody else can write
        for name in [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]:
            connection.execute(f'DROP VIEW "{name}"')  # first, so that no step trips over one
        for step in missing:
            for statement in _statements(step.sql):
                connection.execute(statement)
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_steps "
                "(number INTEGER PRIMARY KEY, what TEXT NOT NULL, at TEXT NOT NULL, program TEXT NOT NULL) STRICT"
            )
            connection.execute("INSERT INTO schema_steps VALUES (?, ?, ?, ?)", (step.number, step.what, at, program))
            connection.execute(f"PRAGMA user_version = {step.number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for name, query in VIEWS.items():
            connection.execute(f"CREATE VIEW {name} AS {query}")


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """StoreError unless the database has exactly the schema that this program knows."""
    with plain_words(path):
        number = _version(connection, path)
    if not number:
        raise _empty(path)
    if number < STEPS[-1].number:
        raise StoreError(
            f"{path} was made by an earlier version of kil-xlsx, and has to be brought up to date.",
            "Run the command once where the collection's folder can be written to.",
        )


def _empty(path: Path) -> StoreError:
    return StoreError(
        f"{path} is empty.",
        "If it held a collection, put back its latest copy. If 'kil-xlsx init' was stopped, run it again.",
    )


def _version(connection: sqlite3.Connection, path: Path) -> int:
    number = int(connection.execute("PRAGMA user_version").fetchone()[0])
    program = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if number > STEPS[-1].number and program == APPLICATION_ID:
        raise StoreError(
            f"{path} was made by a newer version of kil-xlsx.", "Install that version to go on with this collection."
        )
    filled = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if filled and program != APPLICATION_ID:
        raise StoreError(f"{path} is a database of another program.", "Name the folder of a collection.")
    return number


def backups(path: Path) -> list[Path]:
    """The copies that were made of a database before its schema was changed, unfinished ones too."""
    return sorted(path.parent.glob(f"{glob.escape(path.stem)}-before-step-*"))


def _back_up(path: Path, number: int) -> None:
    """Copy the database as it is; the copy has its name only when it is whole."""
    copy = path.with_name(f"{path.stem}-before-step-{number + 1}{path.suffix}")
    unfinished = copy.with_name(f"{copy.name}.tmp")
    reader = connect(path, read_only=True)
    try:
        unfinished.unlink(missing_ok=True)
        reader.execute("VACUUM INTO ?", (str(unfinished),))
        unfinished.chmod(0o600)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, copy)  # noqa: PTH105 - pathlib's does the same
    except OSError as error:
        raise StoreError(
            f"{path.name} is to be brought up to date, but cannot be copied first: "
            f"{error.strerror or 'unknown reason'}.",
            "Nothing was changed. Check that you may write there, then run the command again.",
        ) from None
    finally:
        reader.close()


def _statements(sql: str) -> Iterator[str]:
    """The statements of a step; executescript() would commit between them."""
    statement = ""
    for piece in re.split("(?<=;)", sql):
        statement += piece
        if statement.strip() and sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise ValueError(f"a step of the schema ends in the middle of a statement: {statement.strip()[:60]}")
