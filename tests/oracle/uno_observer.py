"""Say which cell of an open workbook is selected.  Run by the Python that has the module ``uno``; only ever looks.

The one argument is the name of the pipe on which LibreOffice listens.  Each line on standard input is a request, and
each is answered with one line of JSON: ``{"sheet": name, "row": 4, "column": 2, "text": "what the cell shows",
"modified": false}`` for the workbook that is open, rows and columns from zero, ``modified`` telling whether it has
changes that are not saved; or ``null`` while none is open or no single cell is selected.
"""

import json
import sys
import time

import uno
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException
from com.sun.star.uno import RuntimeException

STARTING_SECONDS = 90


def connect(pipe):
    """The desktop of a LibreOffice that may still be starting."""
    context = uno.getComponentContext()
    resolver = context.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", context)
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            remote = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)


def selected(desktop):
    """The selected cell, or nothing."""
    books = desktop.Components.createEnumeration()
    while books.hasMoreElements():
        book = books.nextElement()
        controller = getattr(book, "CurrentController", None)
        selection = controller.getSelection() if controller is not None else None
        if hasattr(selection, "CellAddress"):
            at = selection.CellAddress
            return {
                "sheet": controller.ActiveSheet.Name,
                "row": at.Row,
                "column": at.Column,
                "text": selection.String,
                "modified": book.isModified(),
            }
    return None


def main():
    """Answer until standard input ends."""
    desktop = connect(sys.argv[1])
    print(json.dumps(None), flush=True)
    for _ in sys.stdin:
        try:
            found = selected(desktop)
        except (DisposedException, RuntimeException):
            found = None
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
