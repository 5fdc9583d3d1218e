"""What kind of file some bytes are, by what is in them; a file's name is never looked at."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from kil_xlsx.errors import FileRefused
from kil_xlsx.reading.package import END_MARK, Entry, Limits, inflate, read_entries


class FileKind(enum.StrEnum):
    """What some bytes are, told by their content."""

    XLSX = "xlsx"
    XLSM = "xlsm"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    PASSWORD = "password"
    PDF = "pdf"
    HTML = "html"
    XML = "xml"
    TEXT = "text"
    IMAGE = "image"
    ZIP = "zip"
    WORD = "word"
    POWERPOINT = "powerpoint"
    NUMBERS = "numbers"
    MESSAGE = "message"
    LINK = "link"
    PROGRAM = "program"
    OLDER = "older"
    EMPTY = "empty"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The kind in plain words, to be put after "this is": "a PDF document"."""
        return _WORDS[self]

    @property
    def refusal(self) -> str:
        """The code of the problem that a file of this kind is, for those that cannot be read."""
        return _REFUSALS.get(self, "file-not-a-workbook")

    @property
    def is_workbook(self) -> bool:
        """Whether the kind is one that can be read."""
        return self in (FileKind.XLSX, FileKind.XLSM, FileKind.XLSB, FileKind.XLS, FileKind.ODS)


_WORDS = {
    FileKind.XLSX: "an Excel workbook",
    FileKind.XLSM: "an Excel workbook with macros",
    FileKind.XLSB: "an Excel binary workbook",
    FileKind.XLS: "an Excel 97-2003 workbook",
    FileKind.ODS: "an OpenDocument spreadsheet",
    FileKind.PASSWORD: "a file protected with a password",
    FileKind.PDF: "a PDF document",
    FileKind.HTML: "a web page",
    FileKind.XML: "an XML document",
    FileKind.TEXT: "plain text, such as a CSV file",
    FileKind.IMAGE: "a picture or film",
    FileKind.ZIP: "a compressed archive of other files",
    FileKind.WORD: "a Word or text document",
    FileKind.POWERPOINT: "a presentation",
    FileKind.NUMBERS: "an Apple Numbers, Pages or Keynote document",
    FileKind.MESSAGE: "an email message",
    FileKind.LINK: "a link to a document that lies elsewhere",
    FileKind.PROGRAM: "a program",
    FileKind.OLDER: "a workbook of a program from before 1997",
    FileKind.EMPTY: "an empty file",
    FileKind.UNKNOWN: "something that is not a known kind of document",
}
_REFUSALS = {
    FileKind.EMPTY: "file-empty",
    FileKind.PASSWORD: "file-password",
    FileKind.PDF: "file-is-pdf",
    FileKind.HTML: "file-is-html",
    FileKind.XML: "file-is-xml",
    FileKind.TEXT: "file-is-csv",
    FileKind.IMAGE: "file-is-picture",
    FileKind.ZIP: "file-is-zip",
    FileKind.WORD: "file-is-document",
    FileKind.POWERPOINT: "file-is-presentation",
    FileKind.NUMBERS: "file-is-numbers",
    FileKind.MESSAGE: "file-is-mail",
    FileKind.LINK: "file-is-link",
    FileKind.PROGRAM: "file-is-program",
    FileKind.OLDER: "file-is-older",
}


_SIGNATURES = (
    (b"%PDF-", FileKind.PDF),
    (b"\x89PNG", FileKind.IMAGE),
    (b"\xff\xd8\xff", FileKind.IMAGE),
    (b"GIF8", FileKind.IMAGE),
    (b"II*\x00", FileKind.IMAGE),
    (b"MM\x00*", FileKind.IMAGE),
    (b"{\\rtf", FileKind.WORD),
    (b"Rar!", FileKind.ZIP),
    (b"7z\xbc\xaf\x27\x1c", FileKind.ZIP),
    (b"\x1f\x8b", FileKind.ZIP),
    (b"BZh", FileKind.ZIP),
    (b"\xfd7zXZ\x00", FileKind.ZIP),
    (b"\x78\x9f\x3e\x22", FileKind.MESSAGE),  # winmail.dat
    (b"L\x00\x00\x00\x01\x14\x02\x00", FileKind.LINK),
    (b"bplist00", FileKind.LINK),
    (b"\x7fELF", FileKind.PROGRAM),
    (b"\xca\xfe\xba\xbe", FileKind.PROGRAM),
    (b"\xfe\xed\xfa\xce", FileKind.PROGRAM),
    (b"\xfe\xed\xfa\xcf", FileKind.PROGRAM),
    (b"\xce\xfa\xed\xfe", FileKind.PROGRAM),
    (b"\xcf\xfa\xed\xfe", FileKind.PROGRAM),
    (b"#!/", FileKind.PROGRAM),
    (b"\x09\x00\x04\x00", FileKind.OLDER),  # Excel 2, 3, 4
    (b"\x09\x02\x06\x00", FileKind.OLDER),
    (b"\x09\x04\x06\x00", FileKind.OLDER),
    (b"\x00\x00\x02\x00\x06\x04", FileKind.OLDER),  # Lotus 1-2-3
    (b"\x00\x00\x1a\x00", FileKind.OLDER),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FIRST_RECORD = re.compile(rb"\x09\x08\x10\x00\x00[\x05\x06]\x05\x00")
_OLE_STREAMS = (
    ("EncryptedPackage", FileKind.PASSWORD),
    ("__substg1.0_", FileKind.MESSAGE),
    ("WordDocument", FileKind.WORD),
    ("PowerPoint Document", FileKind.POWERPOINT),
    ("Workbook", FileKind.XLS),
    ("Book", FileKind.XLS),
)
_CONTENT_TYPES = (
    (b"ms-excel.sheet.binary.macroenabled.main", FileKind.XLSB),
    (b"ms-excel.sheet.macroenabled.main+xml", FileKind.XLSM),
    (b"ms-excel.template.macroenabled.main+xml", FileKind.XLSM),
    (b"ms-excel.addin.macroenabled.main+xml", FileKind.XLSM),
    (b"spreadsheetml.sheet.main+xml", FileKind.XLSX),
    (b"spreadsheetml.template.main+xml", FileKind.XLSX),
    (b"wordprocessingml.", FileKind.WORD),
    (b"ms-word.", FileKind.WORD),
    (b"presentationml.", FileKind.POWERPOINT),
    (b"ms-powerpoint.", FileKind.POWERPOINT),
)
_NAMES = (
    ("xl/workbook.bin", FileKind.XLSB),
    ("xl/vbaproject.bin", FileKind.XLSM),
    ("xl/", FileKind.XLSX),
    ("word/", FileKind.WORD),
    ("ppt/", FileKind.POWERPOINT),
    ("index/document.iwa", FileKind.NUMBERS),
    ("index.zip", FileKind.NUMBERS),
)


class Sniffed(NamedTuple):
    """What kind of file some bytes are, and the entries of the package that they are, if it is a sound one."""

    kind: FileKind
    entries: list[Entry] | None = None


def sniff(data: bytes) -> FileKind:
    """What kind of file the bytes are, by content alone.  Never raises; a damaged workbook is still a workbook."""
    return sniffed(data).kind


def sniffed(data: bytes) -> Sniffed:
    """As :func:`sniff`, with what had to be found out for it, by the usual :class:`Limits`."""
    if data.startswith((b"PK\x03\x04", END_MARK)):
        try:
            entries = read_entries(data, Limits())
        except FileRefused:
            return Sniffed(_sniff_damaged(data))
        return Sniffed(_sniff_zip(data, entries), entries)
    return Sniffed(_sniff_other(data))


def _sniff_other(data: bytes) -> FileKind:
    if not data:
        return FileKind.EMPTY
    if data.startswith(_OLE):
        return _sniff_ole(data)
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[4:8] == b"ftyp" or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return FileKind.IMAGE
    # Two letters alone might as well begin a table.
    if data.startswith(b"BM") and data[6:10] == bytes(4):
        return FileKind.IMAGE
    if data.startswith(b"MZ") and b"\0" in data[:64]:
        return FileKind.PROGRAM
    if b"%PDF-" in data[:1024]:
        return FileKind.PDF
    return _sniff_text(data[:4096])


def _sniff_ole(data: bytes) -> FileKind:
    # An old workbook that is encrypted says so in its first record but one, and all that follows is gibberish.
    if any(data[match.start() + 20 : match.start() + 22] == b"\x2f\x00" for match in _FIRST_RECORD.finditer(data)):
        return FileKind.PASSWORD
    for stream, kind in _OLE_STREAMS:
        needle = stream.encode("utf-16-le")
        at = data.find(needle, 512)
        while at >= 0:
            if at % 128 == 0:  # records of the OLE directory lie at multiples of 128; text in cells seldom does
                return kind
            at = data.find(needle, at + 1)
    return FileKind.UNKNOWN


def _sniff_damaged(data: bytes) -> FileKind:
    """A zip package that is damaged or built oddly: its names tell what it was meant to be.

    So the right refusal is given later.
    """
    names = [match.decode("cp437").casefold() for match in re.findall(rb"PK\x03\x04.{26}([!-~]{1,80})", data, re.S)]
    return _sniff_names([name.replace("\\", "/") for name in names[:1000]])


def _sniff_zip(data: bytes, entries: list[Entry]) -> FileKind:
    by_name = {entry.name.casefold(): entry for entry in entries}
    for name, table in (("mimetype", None), ("[content_types].xml", _CONTENT_TYPES)):
        entry = by_name.get(name)
        if entry is None or entry.size > 1_000_000:
            continue
        try:
            content = inflate(data, entry).lower()
        except FileRefused:
            continue
        if table is None:
            return _sniff_opendocument(content)
        for needle, kind in table:
            # Some programs say of every part that ends in .bin that it is a workbook.
            if needle in content and not (kind is FileKind.XLSB and "xl/workbook.xml" in by_name):
                return kind
    return _sniff_names(list(by_name))


def _sniff_opendocument(mimetype: bytes) -> FileKind:
    for word, kind in (
        (b"spreadsheet", FileKind.ODS),
        (b"text", FileKind.WORD),
        (b"presentation", FileKind.POWERPOINT),
    ):
        if b"opendocument." + word in mimetype:
            return kind
    return FileKind.ZIP


def _sniff_names(names: list[str]) -> FileKind:
    for start, kind in _NAMES:
        if any(name.startswith(start) for name in names):
            return kind
    return FileKind.ZIP


_MAIL_HEADERS = ("received:", "return-path:", "mime-version:", "delivered-to:")
# Words that may begin a table or a note as well: only with a second such line.
_OTHER_HEADERS = ("from:", "from ", "to:", "subject:", "date:", "message-id:", "x-")
_TWO_HEADERS = re.compile(r"[a-z-]+(?::| [^ ]+@).*\r?\n(?:[ \t].*\r?\n)*[a-z-]+:")


def _sniff_text(head: bytes) -> FileKind:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) & ~1].decode("utf-16", "replace")
    else:
        text = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    if sum(char < " " and char not in "\t\r\n\f" for char in text) > 0:
        return FileKind.UNKNOWN
    start = text.lstrip().lower()
    if start.startswith(("<!doctype html", "<html")) or (start.startswith("<") and "<html" in start):
        return FileKind.HTML
    if start.startswith("<svg") or (start.startswith("<?xml") and "<svg" in start):
        return FileKind.IMAGE
    if start.startswith("<?xml"):
        return FileKind.LINK if "<plist" in start and "<key>url</key>" in start else FileKind.XML
    if start.startswith("<") and ("<table" in start or "<head" in start or "<body" in start):
        return FileKind.HTML
    if start.startswith(_MAIL_HEADERS) or (start.startswith(_OTHER_HEADERS) and _TWO_HEADERS.match(start)):
        is_page = "multipart/related" in start and "\nreceived:" not in start and "\nto:" not in start
        return FileKind.HTML if is_page else FileKind.MESSAGE
    if start.startswith(("[internetshortcut]", "[desktop entry]")):
        return FileKind.LINK
    if start.startswith("{") and ('"doc_id"' in start or '"url"' in start):
        return FileKind.LINK  # what stands on a disk for a document of Google
    return FileKind.TEXT if start else FileKind.UNKNOWN
