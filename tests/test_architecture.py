"""What the source itself must keep to, beyond what its tools check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kil_xlsx

PACKAGE = Path(kil_xlsx.__file__).parent
ADDRESS = re.compile(r"(?<![-\w])[A-Z]{1,2}[0-9]{1,4}\b|\$[A-Z]{1,3}\$?[0-9]")

MODULES = sorted(PACKAGE.rglob("*.py"))
KNOW_NO_ADDRESSES = [
    path
    for path in MODULES
    if path.relative_to(PACKAGE).parts[0] in ("core", "reading", "writing", "layout") and path.name != "a1.py"
]


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text in a module that is not there for readers: line and text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_readers = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in for_readers:
            yield node.lineno, node.value


def named(path: Path) -> str:
    """A module as messages name it."""
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", KNOW_NO_ADDRESSES, ids=named)
def test_no_module_knows_the_address_of_a_cell(path: Path) -> None:
    """Only the plan decides where anything goes: an address written elsewhere would be wrong after the next change."""
    found = [
        f"{named(path)}:{line}: {address} in {text[:60]!r}"
        for line, text in texts(path)
        for address in ADDRESS.findall(text)
    ]
    assert found == []


def test_addresses_would_be_noticed(tmp_path: Path) -> None:
    """The search finds an address in a text, a formula and a formatted text, and passes over what is for readers."""
    module = tmp_path / "module.py"
    module.write_text('"""About C7."""\nA = "C7"\nB = f"SUM({A}!$B$2:B9)"\nC = "E06000023, A-Z0-9, S1"\n')
    found = [address for _, text in texts(module) for address in ADDRESS.findall(text)]
    assert sorted(found) == ["$B$2", "B9", "C7", "S1"]


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    """A module begins with its purpose."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
