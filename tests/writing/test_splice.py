"""What is made from a template is a sound package with the texts in their places and nothing else changed."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kil_xlsx.errors import LayoutError
from kil_xlsx.writing.splice import Template

ONE, OTHER = "\U0010f000", "\U0010f001"
LONG = "é" * 500
FIXED = b"<fixed>the same everywhere</fixed>"


def package(**named: bytes) -> bytes:
    """A package of some parts, packed as XlsxWriter does."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in named.items():
            made.writestr(zipfile.ZipInfo(f"{name}.xml"), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def texts_of(data: bytes) -> dict[str, str]:
    """The words of each part, taken out of the package by somebody else's code."""
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        assert made.testzip() is None
        return {info.filename: "".join(ET.fromstring(made.read(info)).itertext()) for info in made.infolist()}


# What XML can hold, and cells without codes of their own.
words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=300).filter(
    lambda text: "_x" not in text
)


@given(words, words, st.integers(0, 70_000))
def test_texts_come_out_where_they_were_put(one: str, other: str, more: int) -> None:
    """Whatever the texts and however long, another reader finds them in their places and all else unchanged."""
    marked = f"<r><a>{LONG}{ONE}{LONG} {OTHER}{ONE}</a><b>{OTHER}</b></r>".encode()
    template = Template(package(first=FIXED, second=marked, third=FIXED), {ONE, OTHER})
    one += "x" * more
    found = texts_of(template.fill({ONE: one, OTHER: other}))
    assert found == {
        "first.xml": "the same everywhere",
        "second.xml": f"{LONG}{one}{LONG} {other}{one}{other}",
        "third.xml": "the same everywhere",
    }


def test_what_is_the_same_is_copied_as_it_is_compressed() -> None:
    """A part without a stand-in keeps its very bytes."""
    data = package(first=FIXED, second=f"<t>{ONE}</t>".encode())
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        end = made.infolist()[1].header_offset
    assert Template(data, {ONE}).fill({ONE: "words"})[:end] == data[:end]


def test_a_template_gives_the_same_bytes_each_time() -> None:
    """Texts written before leave nothing behind."""
    template = Template(package(part=f"<t>{ONE}</t>".encode()), {ONE})
    first = template.fill({ONE: "words"})
    template.fill({ONE: "others"})
    assert template.fill({ONE: "words"}) == first


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("<b>&", "&lt;b&gt;&amp;"),
        ("_x0041_", "_x005F_x0041_"),
        ('say "so"', 'say "so"'),
    ],
)
def test_texts_are_written_as_cells_write_them(text: str, stored: str) -> None:
    """What has a meaning in XML, or reads like a code of a character, stays text."""
    with zipfile.ZipFile(io.BytesIO(Template(package(p=f"<t>{ONE}</t>".encode()), {ONE}).fill({ONE: text}))) as made:
        assert made.read("p.xml").decode() == f"<t>{stored}</t>"


@pytest.mark.parametrize(
    ("element", "stored"), [("definedName", '"&lt; ""so"""'), ("dc:title", '"&lt; "so""'), ("v", '"&lt; "so""')]
)
def test_quotation_marks_are_doubled_in_constants_only(element: str, stored: str) -> None:
    """A constant in quotation marks keeps those that are in its text."""
    data = package(p=f'<{element}>"{ONE}"</{element}>'.encode())
    with zipfile.ZipFile(io.BytesIO(Template(data, {ONE}).fill({ONE: '< "so"'}))) as made:
        assert made.read("p.xml").decode() == f"<{element}>{stored}</{element}>"


@pytest.mark.parametrize(
    "marked",
    [
        "<t>nothing</t>",
        f'<t a="{ONE}">words</t>',
        f"<f>LEN({ONE})</f>",
        f"<t>_{ONE}</t>",
        f"<v>{ONE}41_</v>",
    ],
    ids=["nowhere", "in an attribute", "in a formula", "after what may begin a code", "before what may end one"],
)
def test_where_a_text_cannot_simply_be_put_there_is_no_template(marked: str) -> None:
    """A stand-in that is missing, or stands where words would be something else, is refused."""
    with pytest.raises(LayoutError):
        Template(package(part=marked.encode()), {ONE})
