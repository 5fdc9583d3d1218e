"""Reading YAML: what scalars mean, where things stand, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kil_xlsx.definitions import yamlfile
from kil_xlsx.definitions.yamlfile import read_yaml, read_yaml_text
from kil_xlsx.errors import Fault


@pytest.fixture(params=["C", "Python"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything holds with libyaml and without it."""
    if request.param == "Python":
        monkeypatch.setattr(yamlfile, "_LOADER", yaml.SafeLoader)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")


def only_fault(text: str) -> Fault:
    """The one fault of a text."""
    faults = read_yaml_text(text, "f.yaml").faults
    assert len(faults) == 1
    return faults[0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("+4", 4),
        ("007", 7),
        ("0o17", 15),
        ("0xff", 255),
        ("1_000", "1_000"),
        ("1,000", "1,000"),
        ("1:30", "1:30"),
        ("12:30:45", "12:30:45"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("9" * 5000, "9" * 5000),
        ("2026-03-31", "2026-03-31"),
        ("2026-03-31 12:00:00", "2026-03-31 12:00:00"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("'~'", "~"),
        ("=", "="),
        ("<<", "<<"),
        ("1.0.0", "1.0.0"),
    ],
)
def test_scalar(written: str, meant: object) -> None:
    """A scalar means what the core schema of YAML 1.2 says, without infinities."""
    read = read_yaml_text(f"key: {written}\n", "f.yaml")
    assert read.faults == ()
    assert read.data == {"key": meant}
    assert isinstance(read.data, dict)
    assert type(read.data["key"]) is type(meant)


def test_keys_are_text() -> None:
    """Keys stay as written, although they look like numbers, booleans or nothing."""
    assert read_yaml_text("{1: a, no: b, true: c, ~: d, 2026-01-01: e, <<: f}", "f.yaml").data == {
        "1": "a",
        "no": "b",
        "true": "c",
        "~": "d",
        "2026-01-01": "e",
        "<<": "f",
    }


def test_lines() -> None:
    """Keys have the line on which they stand, and list items the line on which they start."""
    lines = read_yaml_text("# note\na:\n  - b: 1\n    c: >\n      two\n      lines\n  -\n    d: 2\n", "f.yaml").lines
    assert {path: line for path, (_, line) in lines.items()} == {
        (): 2,
        ("a",): 2,
        ("a", 0): 3,
        ("a", 0, "b"): 3,
        ("a", 0, "c"): 4,
        ("a", 1): 8,
        ("a", 1, "d"): 8,
    }


def test_an_empty_file_is_no_fault() -> None:
    """A file with nothing but a comment has no data and no faults."""
    read = read_yaml_text("# to be written\n", "f.yaml")
    assert (read.data, read.faults, read.readable) == (None, (), True)


def test_repeated_keys() -> None:
    """Every repeated key is a fault, and the first value is kept."""
    read = read_yaml_text("a: 1\nb: {c: 1, c: [2, {d: 3}]}\na: 4\n", "f.yaml")
    assert read.data == {"a": 1, "b": {"c": 1}}
    assert [(fault.line, fault.key, fault.message) for fault in read.faults] == [
        (2, "b.c", "the key 'c' is already on line 2."),
        (3, "a", "the key 'a' is already on line 1."),
    ]


def test_aliases_are_refused_without_being_unfolded() -> None:
    """A file that would unfold to a billion items is refused at its first alias."""
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    read = read_yaml_text(bomb, "f.yaml")
    assert not read.readable
    assert (read.faults[0].line, read.faults[0].message) == (2, "the alias '*a0' cannot be used here.")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!!str 12", "!own {a: 1}", "! x"])
def test_tags_are_refused(tag: str) -> None:
    """No tag is acted upon; each is a fault."""
    fault = only_fault(f"a: 1\nb: {tag}\n")
    assert (fault.line, fault.key) == (2, "b")
    assert fault.message.startswith("the tag '")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3),
        ("a: b: c\n", 1),
        ("a:\n\t- b\n", 2),
        ("a: 1\n b: 2\n", 2),
        ('a: "open\n', 2),
        ("a: @b\n", 1),
        ('a: "\\q"\n', 1),
    ],
)
def test_syntax_errors(text: str, line: int) -> None:
    """A file that is not YAML is one fault with the line where reading stopped."""
    read = read_yaml_text(text, "f.yaml")
    assert not read.readable
    assert [fault.message.startswith("cannot be read as YAML: ") for fault in read.faults] == [True]
    assert read.faults[0].line == line


def test_second_document() -> None:
    """A file is one document."""
    fault = only_fault("a: 1\n---\nb: 2\n")
    assert (fault.line, fault.message) == (2, "a second document starts here.")


@pytest.mark.parametrize("text", ["? [a, b]\n: 1\n", "{[a]: 1}", "{{a: 1}: 2}"])
def test_keys_that_are_not_text(text: str) -> None:
    """A list or a set of keys cannot be a key."""
    assert only_fault(text).message == "a key has to be plain text."


def test_too_deep() -> None:
    """Endless nesting is refused before it costs anything."""
    fault = only_fault("a: " + "[" * 100 + "]" * 100)
    assert fault.message == "is nested more than 40 deep."


@pytest.mark.parametrize("text", ["a: 1\nb: x\x00y\n", "a: 1\nb: x\x1by\n", 'a: 1\nb: "\\a"\n', 'a: 1\n"\\0": b\n'])
def test_control_characters(text: str) -> None:
    """Characters that no workbook can hold are refused, raw or escaped."""
    fault = only_fault(text)
    assert fault.line == 2
    assert fault.message.startswith("contains a character that cannot be shown (U+00")
    assert str(fault).isprintable()


def test_encodings(tmp_path: Path) -> None:
    """UTF-8 is read with and without a byte order mark; other encodings are refused with the line."""
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc2\xa3\r\nb: 1\r\n")
    assert read_yaml(path).data == {"a": "£", "b": 1}
    path.write_bytes(b"a: 1\nb: \xa3\n")
    assert read_yaml(path).faults == (
        Fault("f.yaml", 2, "", "is not UTF-8 text.", "Save the file again with the encoding UTF-8."),
    )


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """A file that has gone is a fault, not an exception."""
    assert read_yaml(tmp_path / "gone.yaml").faults[0].message.startswith("cannot be opened: ")


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file far beyond any definition is not read."""
    monkeypatch.setattr(yamlfile, "_MOST_BYTES", 3)
    path = tmp_path / "f.yaml"
    path.write_text("a: 12", encoding="utf-8")
    assert read_yaml(path).faults[0].message == "is too large for a definition."
