"""What can stop a command.

Bad *data* is never raised: it is a :class:`kil_xlsx.core.problems.Problem`, collected and reported with
everything else that is wrong.  An exception means that the work cannot go on at all.

::

    KilXlsxError                 everything below; the command line shows it as plain words
    ├── UsageProblem             the command was asked for something it cannot do      exit code 2
    ├── DefinitionError          a definition or a theme is wrong (all faults listed)  exit code 3
    ├── OrganisationsListError   the list of organisations is wrong (all rows listed)  exit code 3
    ├── AnswersError             the answers to fill in are wrong (all places listed)  exit code 3
    ├── OutputError              a file cannot be written, or would be overwritten     exit code 3
    ├── StoreError               the records of a collection cannot be read or written exit code 3
    ├── LetterError              a mail cannot be written: an address or a text is wrong exit code 3
    ├── MailServerError          a mail server cannot be reached, or will not have us  exit code 3
    ├── LayoutError              a framework asks for a workbook that Excel cannot hold exit code 3
    └── FileRefused              one returned file cannot be read; other files go on   (becomes a Problem)
"""

from __future__ import annotations

from typing import NamedTuple


class KilXlsxError(Exception):
    """Something that stops a command, in words meant for the person who typed it.

    ``message`` says what is wrong; ``remedy`` what to do about it.
    """

    exit_code = 3

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UsageProblem(KilXlsxError):
    """The command was asked for something it cannot do."""

    exit_code = 2


class Fault(NamedTuple):
    """One thing wrong in a file that people write: a definition, a theme, answers or a list of organisations."""

    file: str
    line: int | None
    key: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        key = f", {self.key}" if self.key else ""
        return f"{place}{key}: {self.message} {self.remedy}".strip()


class _Faulty(KilXlsxError):
    """An error that carries every fault found in one pass."""

    def __init__(self, message: str, faults: tuple[Fault, ...], remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.faults = faults

    def __reduce__(self) -> tuple[object, ...]:
        """As it is, when it comes from another process."""
        return type(self), (self.message, self.faults, self.remedy)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {fault}" for fault in self.faults), self.remedy]).rstrip()


class DefinitionError(_Faulty):
    """A framework definition or a theme cannot be used; ``faults`` lists everything that is wrong with it."""


class OrganisationsListError(_Faulty):
    """The list of organisations cannot be used; ``faults`` names each row that is wrong."""


class AnswersError(_Faulty):
    """The answers that workbooks are to be filled in with cannot be used; ``faults`` names each by its JSON path."""


class OutputError(KilXlsxError):
    """A file cannot be written, or would overwrite one that is there."""


class StoreError(KilXlsxError):
    """The records of a collection cannot be read or written; what was recorded before is safe."""


class LetterError(KilXlsxError):
    """A mail cannot be written, because an address or a text in it cannot be used."""


class MailServerError(KilXlsxError):
    """A mail server cannot be reached, or will not have us: it concerns all mails, not one.

    ``passing`` is whether the same may well work a little later.
    """

    def __init__(self, message: str, remedy: str = "", *, passing: bool = False) -> None:
        super().__init__(message, remedy)
        self.passing = passing


class LayoutError(KilXlsxError):
    """A framework asks for something that a workbook cannot hold."""


class FileRefused(KilXlsxError):
    """One returned file cannot be read.

    ``code`` is a code of the problem catalogue; ``found`` says what was found, in a few words.
    """

    def __init__(self, code: str, found: str = "") -> None:
        super().__init__(f"{code}: {found}" if found else code)
        self.code = code
        self.found = found
