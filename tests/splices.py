"""A workbook made from a template held against the same one made by itself."""

from __future__ import annotations

import io
import re
import zipfile

_TEXTS = "xl/sharedStrings.xml"
_TEXT = re.compile(rb"<si>(.*?)</si>", re.DOTALL)
_POINTER = re.compile(rb't="s"><v>(\d+)</v>')


def parts(data: bytes) -> dict[str, bytes]:
    """The parts of a package, unpacked, each cell with its text in the place of the text's number."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        found = {name: package.read(name) for name in package.namelist()}
    texts = _TEXT.findall(found[_TEXTS])
    for name, content in found.items():
        if name.startswith("xl/worksheets/sheet"):
            found[name] = _POINTER.sub(lambda place: b't="s"><v>' + texts[int(place[1])] + b"</v>", content)
    total = re.search(rb' count="(\d+)" uniqueCount="(\d+)"', found[_TEXTS])
    assert total is not None
    assert int(total[2]) == len(texts)
    found[_TEXTS] = b"\n".join((total[1], *sorted(set(texts))))
    return found


def differing(one: bytes, other: bytes) -> list[str]:
    """The names of the parts in which two workbooks differ, but for the order of their texts."""
    mine, theirs = parts(one), parts(other)
    return [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
