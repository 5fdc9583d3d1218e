"""Fuzzing of the reader: real and hand-made workbooks, changed at random inside and outside their zip.

The tests do a few hundred; any number can be had from the project's folder with::

    python tests/corpus/fuzz.py --count 100000 [--seed 0] [--seconds 3600]

The same seed and number always give the same file, so a find can be made again with ``--seed N --count 1``.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import struct
import sys
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec
from reading.workbooks import pack, parts, relations

from kil_xlsx.core.problems import CATALOGUE
from kil_xlsx.core.readings import Reading
from kil_xlsx.definitions.load import load_framework, load_instrument
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.reading.form import read_form
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

SLOWEST = 10.0
"""Processor seconds that one file may take, in process."""

_NUMBERS = ("-1", "0", "1", "2", "65535", "65536", "1048576", "1048577", "4294967295", "4294967296", "9" * 30)
_VALUES = (
    *_NUMBERS,
    "", " ", "1e400", "-1e-400", "NaN", "INF", "1_000", "0x10", "１２", "1,5", "true", "TRUE",
    "A1", "A0", "XFD1048576", "XFE1", "ZZZZ1", "A1:XFD1048576", "A:A", "$A$1", "A1 B2 C3", "#REF!", "=1+1",
    "_x0000_", "_xD800_", "_x005F_x0041_", "_xFFFF_", "\u202e", "\U0001f600", "n" * 40_000, "(" * 500,
    "s", "b", "e", "d", "str", "inlineStr", "shared", "array", "9999-12-31", "0000-00-00", "2026-02-30T25:61:61",
    "xl/workbook.xml", "../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/x", "External", "/", "//",
    "hidden", "veryHidden", "'", "''", "'One'!A1", "One!#REF!", "{1;2}", "SUM(A1:XFD1048576)", "INDIRECT(A1)",
)  # fmt: skip
_MARKUP = (
    "<!DOCTYPE a>", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "&#0;", "&#xD800;", "&amp;", "<a>", "</a>", "<a/>",
    "<!--", "-->", "<![CDATA[", "]]>", "<?x?>", "<?xml version='1.0' encoding='utf-7'?>", "\x00", "\x0b",
    "<mc:AlternateContent>",
        "<v>1</v>", "<f>1</f>", "<f t='shared' si='0'/>", "<is><t>x</t></is>", "<c r='A1'/>", "<row/>", "<row r='1'/>",
    "<mergeCell ref='A1:XFD1048576'/>", "<definedName name='a'>a</definedName>", "<si/>", "<xf/>", "<extLst>" * 120,
)  # fmt: skip
_TAG = re.compile(r"<[^<>]*>")
_ATTRIBUTE = re.compile(r"=\"[^\"<>]*\"")
_TEXT = re.compile(r">[^<>]+<")


@dataclass(frozen=True)
class Seed:
    """A sound workbook, taken apart."""

    data: bytes
    parts: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, data: bytes) -> Seed:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return cls(data, tuple((name, archive.read(name)) for name in archive.namelist()))


def small_workbook() -> bytes:
    """A workbook with one of everything that the reader looks at."""
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>1.5</v></c><c r="C1" t="b"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><r><t>a</t></r><r><t xml:space="preserve"> b</t></r></is></c>'
        '<c r="B2"><f t="shared" si="0" ref="B2:B3">A1+1</f><v>2</v></c><c r="C2" t="e"><v>#N/A</v></c></row>'
        '<row r="3"><c r="B3"><f t="shared" si="0"/><v>3</v></c><c r="C3" t="str"><f>"x"</f><v>x</v></c>'
        '<c r="D3" t="d"><v>2026-01-01</v></c></row>'
    )
    rest = (
        '<mergeCells count="1"><mergeCell ref="A5:B6"/></mergeCells><dataValidations count="1"><dataValidation '
        'type="list" sqref="A1 B2:B9" promptTitle="LA-1"><formula1>One!$A$1:$A$3</formula1></dataValidation>'
        '</dataValidations><extLst><ext uri="x"><x14:dataValidations><x14:dataValidation promptTitle="t">'
        "<x14:formula1><xm:f>A1</xm:f></x14:formula1><xm:sqref>C5</xm:sqref></x14:dataValidation>"
        "</x14:dataValidations></ext></extLst>"
    )
    found = parts(rows, rest=rest, strings="<si><t>one</t></si><si><r><t>t</t></r><r><t>wo</t></r></si>")
    found["xl/workbook.xml"] = found["xl/workbook.xml"].replace(
        "</sheets>",
        '</sheets><definedNames><definedName name="kil.a">One!$A$1</definedName>'
        '<definedName name="b" localSheetId="0">#REF!</definedName></definedNames>',
    )
    found["xl/_rels/workbook.xml.rels"] = relations(
        ("r1", "worksheet", "worksheets/sheet1.xml"),
        ("r2", "sharedStrings", "sharedStrings.xml"),
        ("r3", "styles", "styles.xml"),
    )
    found["xl/styles.xml"] = (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1">'
        '<numFmt numFmtId="164" formatCode="d mmm yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/>'
        "</cellXfs></styleSheet>"
    )
    return pack(found)


def plans() -> dict[str, Plan]:
    """The workbooks that the fuzzed files are read as."""
    other = Path(__file__).resolve().parents[1] / "fixtures" / "other-framework"
    names = ["keep-it-local/council", *(f"{other}/{each.id}" for each in load_framework(str(other)).respondents)]
    made = [Plan(load_instrument(name)) for name in names]
    return {plan.instrument.key: plan for plan in made}


def seeds(whose: Mapping[str, Plan], issue: Issue) -> list[Seed]:
    """The files that are changed: a hand-made one, and a blank workbook of every plan."""
    blank = [write(compose(plan, issue), default_theme()) for plan in whose.values()]
    return [Seed.of(small_workbook()), *map(Seed.of, blank)]


def mutate(seed: Seed, random: Random) -> bytes:
    """The seed with a few changes: to its bytes, to what is in its zip, or to both."""
    found = [list(part) for part in seed.parts]
    way = random.random()
    if way < 0.25:
        return _bytes_changed(seed.data, random)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        at = random.randrange(len(found))
        act = random.random()
        if act < 0.8:
            found[at][1] = _part_changed(bytes(found[at][1]), random)
        elif act < 0.85 and len(found) > 1:
            del found[at]
        elif act < 0.9:
            other = random.randrange(len(found))
            found[at][1], found[other][1] = found[other][1], found[at][1]
        elif act < 0.95:
            found[at][0] = random.choice(
                (
                    str(found[at][0]).upper(),
                    "../" + str(found[at][0]),
                    str(found[at][0]).replace("/", "\\"),
                    "x",
                    "xl/a\u00e9",
                )
            )
        else:
            found.append([random.choice((str(found[at][0]), "xl/vbaProject.bin", "junk")), found[at][1]])
    data = _zipped(found, random)
    return _bytes_changed(data, random) if way > 0.95 else data


def _zipped(found: Sequence[Sequence[object]], random: Random) -> bytes:
    buffer = io.BytesIO()
    method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method, compresslevel=1) as archive:
        warnings.simplefilter("ignore")
        for name, content in found:
            assert isinstance(content, bytes)
            archive.writestr(zipfile.ZipInfo(str(name), (2026, 1, 1, 0, 0, 0)), content, method)
    return buffer.getvalue()


def _bytes_changed(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5, 20))):
        if not changed:
            break
        at = random.randrange(len(changed))
        if random.random() < 0.4:  # the table of contents is at the end, and it is the richest in lies
            at = max(0, len(changed) - 1 - random.randrange(1500))
        act = random.randrange(7)
        if act == 0:
            changed[at] ^= 1 << random.randrange(8)
        elif act == 1:
            changed[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
        elif act == 2:
            del changed[at:]
        elif act == 3:
            del changed[at : at + random.choice((1, 2, 4, 64))]
        elif act == 4:
            changed[at:at] = random.randbytes(random.choice((1, 2, 4, 64)))
        elif act == 5:
            start = random.randrange(len(changed))
            changed[at:at] = changed[start : start + random.choice((4, 30, 46, 300))]
        else:
            value = random.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, len(changed), random.randrange(1 << 32)))
            changed[at : at + 4] = struct.pack("<L", value)
    return bytes(changed)


def _part_changed(content: bytes, random: Random) -> bytes:
    act = random.random()
    if act < 0.06:
        return _bytes_changed(content, random)
    if act < 0.08:
        encoding = random.choice(("utf-16", "utf-16-be", "utf-32", "utf-7", "utf-8-sig"))
        return content.decode("utf-8", "replace").encode(encoding)
    text = content.decode("utf-8", "replace")
    pattern = random.choice((_TAG, _ATTRIBUTE, _ATTRIBUTE, _TEXT, _TEXT))
    places = [match.span() for match in pattern.finditer(text)]
    if not places:
        return content + random.choice(_MARKUP).encode("utf-8", "replace")
    for start, end in sorted(random.choices(places, k=random.choice((1, 1, 2, 6))), reverse=True):
        piece = text[start:end]
        if pattern is _ATTRIBUTE:
            piece = f'="{_escaped(random.choice(_VALUES))}"'
        elif pattern is _TEXT:
            piece = f">{_escaped(random.choice(_VALUES))}<"
        else:
            other = random.choice(places)
            piece = random.choice(
                (
                    "",
                    piece * 2,
                    piece * 300,
                    text[slice(*other)],
                    piece + random.choice(_MARKUP),
                    random.choice(_MARKUP),
                )
            )
        text = text[:start] + piece + text[end:]
    return text.encode("utf-8", "replace")


def _escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@dataclass
class Found:
    """What came of a session: how often each outcome was met, and what should not have been."""

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0


def examine(data: bytes, whose: Mapping[str, Plan], twice: bool) -> tuple[str, str, float]:
    """(outcome, what was wrong or nothing, processor seconds) of reading one file."""
    start = time.process_time()
    try:
        reading = read_form(data, "return.xlsx", whose)
        took = time.process_time() - start
        encoded = msgspec.msgpack.encode(reading)
        wrong = _impossible(reading, data)
        if not wrong and twice and msgspec.msgpack.encode(read_form(data, "return.xlsx", whose)) != encoded:
            wrong = "read twice, with two results"
        if not wrong and msgspec.msgpack.decode(encoded, type=Reading) != reading:
            wrong = "does not survive being encoded"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return type(error).__name__, traceback.format_exc(), time.process_time() - start
    outcome = "read" if not reading.refused else reading.problems[-1].code
    return outcome, wrong or ("too slow" if took > SLOWEST else ""), took


def _impossible(reading: Reading, data: bytes) -> str:
    if reading.refused and not reading.problems:
        return "refused without a reason"
    if any(problem.code not in CATALOGUE for problem in reading.problems):
        return "a problem that is not in the catalogue"
    if reading.file.sha256 != hashlib.sha256(data).hexdigest():
        return "another file's hash"
    return ""


def fuzz(
    whose: Mapping[str, Plan],
    stock: Sequence[Seed],
    first: int,
    count: int,
    seconds: float = float("inf"),
    *,
    loud: bool = False,
) -> Found:
    """Read ``count`` changed files, beginning with number ``first``; stops early when the time is up."""
    found = Found()
    end = time.monotonic() + seconds
    weights = [8, *[1] * (len(stock) - 1)]  # the small one is read fastest
    for number in range(first, first + count):
        random = Random(number)
        data = mutate(random.choices(stock, weights)[0], random)
        outcome, wrong, took = examine(data, whose, twice=number % 10 == 0)
        found.outcomes[outcome] += 1
        found.slowest = max(found.slowest, took)
        if wrong:
            found.wrong.append(f"number {number}: {wrong}")
            if loud:
                print(found.wrong[-1], flush=True)
        if loud and (number - first) % 5000 == 4999:
            print(f"{number - first + 1:,} files, {len(found.wrong)} wrong, slowest {found.slowest:.2f} s", flush=True)
        if time.monotonic() > end:
            break
    return found


def main() -> int:
    """Fuzz and say what came of it; exit code 1 if anything was wrong."""
    import datetime as dt

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="how many files")
    parser.add_argument("--seed", type=int, default=0, help="number of the first file")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    given = parser.parse_args()
    whose = plans()
    stock = seeds(whose, Issue(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    found = fuzz(whose, stock, given.seed, given.count, given.seconds, loud=True)
    print(f"{found.outcomes.total():,} files; slowest {found.slowest:.2f} s")
    for outcome, number in found.outcomes.most_common():
        print(f"  {outcome:<24} {number:>8,}")
    print(f"{len(found.wrong)} wrong")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
