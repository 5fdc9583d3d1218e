"""Drive LibreOffice through its programming interface.  Run by the Python that has the module ``uno``.

Reads one request per line of JSON from standard input and answers each with one line on standard output.  Uses only
what comes with Python and LibreOffice.  Rows and columns count from zero.

``{"open": path}``
    Open a workbook; everything is recalculated on loading.
``{"type": [[sheet, row, column, kind, value], ...]}``
    Type into cells: ``text`` is entered as text, ``entry`` as a person types it, ``number`` and ``empty``.  ``pick``
    takes an entry of the cell's own dropdown; its value is ``[position, entries the dropdown must have]``.
``{"offered": [[sheet, row, column], ...]}``
    Give the entries of the cells' own dropdowns.
``{"calculate": true}``, ``{"read": [[sheet, row, column], ...]}``, ``{"save": path}``, ``{"close": true}``
    Recalculate everything; give the values of cells, ``{"error": ...}`` standing for an error; save as what the name
    ends in, xlsx or ods; close.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.sheet.FormulaResult import ERROR
from com.sun.star.sheet.ValidationType import LIST

STARTING_SECONDS = 90
FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8"}

# Always recalculate files from other programs: stored values would prove nothing.
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>en-GB</value></prop></item>
</oor:items>
"""


def named(**values):
    """Arguments as LibreOffice takes them."""
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


class Office:
    """One LibreOffice of our own, with a profile of its own, and the workbook open in it."""

    def __init__(self):
        self.profile = pathlib.Path(tempfile.mkdtemp(prefix="kil-office-"))
        (self.profile / "user").mkdir()
        (self.profile / "user" / "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")
        pipe = f"kil{uuid.uuid4().hex}"
        self.process = subprocess.Popen(
            [
                "soffice", "--headless", "--invisible", "--norestore", "--nologo", "--nodefault",
                "--nofirststartwizard", f"-env:UserInstallation={self.profile.as_uri()}",
                f"--accept=pipe,name={pipe};urp;",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.desktop = self._connect(pipe)
        self.book = None
        self.lists = {}

    def _connect(self, pipe):
        context = uno.getComponentContext()
        resolver = context.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", context)
        deadline = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                remote = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            except NoConnectException:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.1)
            else:
                return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)

    def stop(self):
        """End LibreOffice and everything it started, and remove its profile."""
        with contextlib.suppress(Exception):
            self.desktop.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, path):
        """Open a workbook in place of the one that is open."""
        self.close()
        url = uno.systemPathToFileUrl(path)
        self.book = self.desktop.loadComponentFromURL(url, "_blank", 0, named(Hidden=True))
        if self.book is None:
            raise OSError(f"LibreOffice cannot open {path}")

    def close(self):
        """Close the workbook, if one is open."""
        if self.book is not None:
            self.book.close(True)
            self.book = None
            self.lists = {}

    def type(self, cells):
        """Type into cells."""
        for sheet, row, column, kind, value in cells:
            cell = self.book.Sheets.getByName(sheet).getCellByPosition(column, row)
            if kind == "number":
                cell.setValue(value)
            elif kind == "text":
                cell.setString(value)
            elif kind == "entry":
                cell.setFormula(value)
            elif kind == "pick":
                position, expected = value
                found = self._entries(cell)
                if found != expected:
                    raise ValueError(f"{cell.AbsoluteName} offers {found}, not {expected}")
                self._enter(cell, found[position])
            else:
                cell.setString("")

    def _enter(self, cell, label):
        """Enter a label as a person types it, and see that the cell then holds just that."""
        cell.setFormula(label)
        if cell.Type.value != "TEXT" or cell.getString() != label:
            raise ValueError(f"{cell.AbsoluteName} holds {cell.getString()!r} after {label!r} was entered")

    def _entries(self, cell):
        """What the dropdown of a cell offers; ranges that were looked up once are remembered."""
        rule = cell.Validation
        if rule.Type != LIST:
            raise ValueError(f"{cell.AbsoluteName} has no dropdown")
        source = rule.getFormula1()
        if source not in self.lists:
            [area] = self.book.Sheets.getCellRangesByName(source)
            self.lists[source] = [value for row in area.getDataArray() for value in row]
        return self.lists[source]

    def offered(self, cells):
        """The entries of dropdowns."""
        return [
            self._entries(self.book.Sheets.getByName(sheet).getCellByPosition(column, row))
            for sheet, row, column in cells
        ]

    def calculate(self):
        """Work out every formula, changed or not."""
        self.book.calculateAll()

    def read(self, cells):
        """The values of cells."""
        data, errors = {}, {}
        values = []
        for sheet, row, column in cells:
            if sheet not in data:
                data[sheet], errors[sheet] = self._whole(sheet)
            if (row, column) in errors[sheet]:
                values.append({"error": True})
            else:
                values.append(data[sheet][row][column])
        return values

    def _whole(self, name):
        """All values of a sheet, row by row, and which cells hold errors."""
        sheet = self.book.Sheets.getByName(name)
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        area = sheet.getCellRangeByPosition(0, 0, cursor.RangeAddress.EndColumn, cursor.RangeAddress.EndRow)
        wrong = {
            (row, column)
            for found in area.queryFormulaCells(ERROR).RangeAddresses
            for row in range(found.StartRow, found.EndRow + 1)
            for column in range(found.StartColumn, found.EndColumn + 1)
        }
        return area.getDataArray(), wrong

    def save(self, path):
        """Save the workbook as what the name ends in."""
        kind = FILTERS[pathlib.Path(path).suffix]
        self.book.storeToURL(uno.systemPathToFileUrl(path), named(FilterName=kind))


def answer(office, request):
    """Do what one request asks for."""
    for verb, argument in request.items():
        if verb in ("calculate", "close"):
            getattr(office, verb)()
        elif verb in ("read", "offered"):
            return {"values": getattr(office, verb)(argument)}
        elif verb in ("open", "type", "save"):
            getattr(office, verb)(argument)
        else:
            raise ValueError(f"there is no {verb}")
    return {}


def main():
    """Answer requests until standard input ends."""
    office = Office()
    try:
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            try:
                reply = answer(office, json.loads(line))
            except Exception as problem:  # whatever it is, the tests must hear of it
                reply = {"problem": f"{type(problem).__name__}: {problem}"}
            print(json.dumps(reply), flush=True)
    finally:
        office.stop()


if __name__ == "__main__":
    main()
