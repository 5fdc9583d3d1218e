"""Change workbooks in LibreOffice as people do.  Run by the Python that has the module ``uno``.

Reads one request per line of JSON from standard input: ``{"open": path, "edits": [[verb, ...], ...], "save": path}``
and answers with one line.  Rows and columns count from zero; an area is first row, first column, last row, last column.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

import uno
from com.sun.star.table import CellAddress, TableSortField
from uno_driver import Office, named

FILTERS = {
    ".xlsx": "Calc MS Excel 2007 XML",
    ".xls": "MS Excel 97",
    ".ods": "calc8",
    ".csv": "Text - txt - csv (StarCalc)",
    ".pdf": "calc_pdf_Export",
    ".html": "HTML (StarCalc)",
}


class Editor(Office):
    """LibreOffice with somebody at the keyboard."""

    def sheet(self, name):
        """A sheet by its name."""
        return self.book.Sheets.getByName(name)

    def area(self, sheet, area):
        """The cells of an area."""
        top, left, bottom, right = area
        return self.sheet(sheet).getCellRangeByPosition(left, top, right, bottom)

    def address(self, sheet, area):
        """The address of an area, as moving and copying take it."""
        return self.area(sheet, area).RangeAddress

    def place(self, sheet, row, column):
        """The address of a cell."""
        return CellAddress(self.sheet(sheet).RangeAddress.Sheet, column, row)

    def unprotect(self):
        """Take the protection off every sheet; there is no password."""
        for name in self.book.Sheets.ElementNames:
            self.sheet(name).unprotect("")

    def edit(self, verb, *told):
        """Do one thing."""
        getattr(self, f"do_{verb}")(*told)

    def do_insert_rows(self, sheet, row, count):
        self.sheet(sheet).Rows.insertByIndex(row, count)

    def do_delete_rows(self, sheet, row, count):
        self.sheet(sheet).Rows.removeByIndex(row, count)

    def do_insert_columns(self, sheet, column, count):
        self.sheet(sheet).Columns.insertByIndex(column, count)

    def do_delete_columns(self, sheet, column, count):
        self.sheet(sheet).Columns.removeByIndex(column, count)

    def do_sort(self, sheet, area, column, ascending):
        field = TableSortField()
        field.Field, field.IsAscending, field.IsCaseSensitive = column, ascending, False
        fields = uno.Any("[]com.sun.star.table.TableSortField", (field,))
        self.area(sheet, area).sort(named(SortFields=fields, ContainsHeader=False, IsSortColumns=False))

    def do_cut(self, sheet, area, to_sheet, row, column):
        self.sheet(sheet).moveRange(self.place(to_sheet, row, column), self.address(sheet, area))

    def do_copy(self, sheet, area, to_sheet, row, column):
        self.sheet(sheet).copyRange(self.place(to_sheet, row, column), self.address(sheet, area))

    def do_merge(self, sheet, area):
        self.area(sheet, area).merge(True)

    def do_rename(self, sheet, name):
        self.sheet(sheet).setName(name)

    def do_copy_sheet(self, sheet, name, position):
        self.book.Sheets.copyByName(sheet, name, position)

    def do_move_sheet(self, sheet, position):
        self.book.Sheets.moveByName(sheet, position)

    def do_delete_sheet(self, sheet):
        self.book.Sheets.removeByName(sheet)

    def do_new_sheet(self, sheet, position):
        self.book.Sheets.insertNewByName(sheet, position)

    def do_type(self, sheet, row, column, entry):
        self.sheet(sheet).getCellByPosition(column, row).setFormula(entry)

    def do_text(self, sheet, row, column, text):
        self.sheet(sheet).getCellByPosition(column, row).setString(text)

    def do_hide_rows(self, sheet, first, last):
        self.area(sheet, [first, 0, last, 0]).Rows.IsVisible = False

    def do_show_sheet(self, sheet):
        self.sheet(sheet).IsVisible = True

    def do_delete_names(self):
        names = self.book.NamedRanges
        for name in names.ElementNames:
            names.removeByName(name)

    def store(self, path, password=""):
        """Save in the format that the ending of the path says."""
        told = {"FilterName": FILTERS[pathlib.Path(path).suffix]}
        if password:
            told["Password"] = password
        self.book.storeToURL(uno.systemPathToFileUrl(path), named(**told))


def main():
    """Answer requests until standard input ends."""
    editor = Editor()
    try:
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            try:
                editor.open(request["open"])
                editor.unprotect()
                for edit in request["edits"]:
                    editor.edit(*edit)
                editor.store(request["save"], request.get("password", ""))
                reply = {}
            except Exception as problem:  # whatever it is, the tests must hear of it
                reply = {"problem": f"{type(problem).__name__}: {problem}"}
            print(json.dumps(reply), flush=True)
    finally:
        editor.stop()


if __name__ == "__main__":
    main()
