"""The theme file: what it may say, and all that is wrong with it told at once."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import jsonschema
import pytest

from kil_xlsx.core.branding import DEFAULT, SHADES, Branding, Palette
from kil_xlsx.definitions.branding import load_branding
from kil_xlsx.definitions.load import templates_folder
from kil_xlsx.definitions.schema import theme_schema
from kil_xlsx.definitions.yamlfile import read_yaml_text
from kil_xlsx.errors import DefinitionError

SHIPPED = templates_folder() / "theme.yaml"


def png(width: int = 4, height: int = 2) -> bytes:
    def piece(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + b"\x7a\x00\x3c" * width for _ in range(height)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head) + piece(b"IDAT", rows) + piece(b"IEND", b"")


def jpeg(width: int = 4, height: int = 2) -> bytes:
    """The pieces of a JPEG file, without a picture in them."""
    head = b"\xff\xe0" + struct.pack(">H5sHBHHBB", 16, b"JFIF\0", 0x0102, 0, 1, 1, 0, 0)
    tables = b"\xff\xc4" + struct.pack(">H", 19) + bytes(17)
    frame = b"\xff\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)
    scan = b"\xff\xda" + struct.pack(">H", 8) + bytes(6) + b"\x12\x34"
    return b"\xff\xd8" + head + tables + frame + scan + b"\xff\xd9"


def load(folder: Path, text: str) -> Branding:
    path = folder / "theme.yaml"
    path.write_text(text, encoding="utf-8")
    return load_branding(path)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(DefinitionError) as raised:
        load(folder, text)
    return [str(fault) for fault in raised.value.faults]


# What it may say


def test_the_shipped_file_is_the_default() -> None:
    """The theme file that comes with the program says what the program does without one."""
    assert load_branding(SHIPPED) == DEFAULT


def test_the_shipped_file_shows_every_key(tmp_path: Path) -> None:
    """With the lines that are comments made active, it names every colour and every key, and is still the default."""
    text = re.sub(r'^  # (\w+: ["\[])', r"  \1", SHIPPED.read_text(encoding="utf-8"), flags=re.MULTILINE)
    data = read_yaml_text(text, "theme.yaml").data
    assert isinstance(data, dict)
    assert isinstance(data["colours"], dict)
    assert sorted(data["colours"]) == sorted(Palette.__struct_fields__)
    assert load(tmp_path, text) == DEFAULT
    (tmp_path / "logo.png").write_bytes(png())
    text = re.sub(r"^# (logo:|  (?:file|description|height):)", r"\1", text, flags=re.MULTILINE)
    logo = load(tmp_path, text).logo
    assert logo is not None
    assert (logo.description, logo.height, logo.content) == ("Anytown Council", 48, png())


@pytest.mark.parametrize("text", ["", "# nothing\n", "colours:\n", "logo:\nfooter:\nfont:\nname:\ncolours: {}\n"])
def test_everything_may_be_left_out(tmp_path: Path, text: str) -> None:
    """A file without any values is the default theme."""
    assert load(tmp_path, text) == DEFAULT


def test_one_colour_is_a_theme(tmp_path: Path) -> None:
    """A council's own colour is enough: its shades follow."""
    palette = load(tmp_path, 'colours: {accent: "#7A003C"}').palette
    assert palette.accent == palette.series[0] == "#7A003C"
    assert all(palette.colour(key) != Palette().colour(key) for key in SHADES)


def test_a_whole_theme(tmp_path: Path) -> None:
    """Name, font, footer and logo arrive as they were written; the logo may be in a folder beside the file."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "arms.jpg").write_bytes(jpeg())
    branding = load(
        tmp_path,
        "name: Anytown\nfont: Gill Sans MT\nfooter: >\n  Anytown Council,\n  Parks & Paths\n"
        "logo: {file: 'pictures\\arms.jpg', description: Arms of Anytown, height: 30}\n",
    )
    assert (branding.name, branding.font, branding.footer) == (
        "Anytown",
        "Gill Sans MT",
        "Anytown Council, Parks & Paths",
    )
    assert branding.logo is not None
    assert (branding.logo.content, branding.logo.description, branding.logo.height) == (jpeg(), "Arms of Anytown", 30)


def test_schema_accepts_the_shipped_file() -> None:
    """The JSON Schema is a schema, explains itself, accepts the shipped file and refuses a misspelt key."""
    schema = theme_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "every key" in schema["description"].lower()
    data = read_yaml_text(SHIPPED.read_text(encoding="utf-8"), "theme.yaml").data
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(data)
    assert not validator.is_valid({"colors": {}})


# What is wrong with it


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Keys, colours, contrast, footer and logo are all told in one go, each with its line."""
    found = faults(
        tmp_path,
        'fnt: Arial\nfont: "Ari@l"\nfooter: "one\\ntwo"\nlogo: {file: no.png, description: " "}\ncolours:\n'
        '  accent: #7A003C\n  ink: "#999999"\n  acent_dark: "#000000"\n  quiet: teal\n',
    )
    expected = [
        "line 1, fnt: unknown key 'fnt'; did you mean 'font'?",
        "line 2, font: 'Ari@l' cannot be used: here the text has only letters, digits and spaces",
        "line 3, footer: has more than one line",
        "line 4, logo.description: is empty",
        "line 4, logo.file: there is no picture 'no.png'",
        "line 6, colours.accent: has no value: without quotes, what begins with # is a comment",
        "line 7, colours.ink: ordinary text on the sheet: ink (#999999) on white has a contrast of 2.84 to 1; 4.5 to 1",
        "line 8, colours.acent_dark: unknown key 'acent_dark'; did you mean 'accent_dark'?",
        "line 9, colours.quiet: 'teal' cannot be used: here the text is # and six digits",
    ]
    for start in expected:
        assert any(start in fault for fault in found), start
    lines = [int(match[1]) for fault in found if (match := re.search(r"line (\d+)", fault))]
    assert lines == sorted(lines)
    assert len(lines) == len(found)


def test_a_poor_accent_is_told_once_with_a_better_one(tmp_path: Path) -> None:
    """What follows from a poor accent is not told again, and the colour offered can be used."""
    (fault,) = faults(tmp_path, 'colours:\n  accent: "#FFD000"\n')
    assert "titles, headings and codes on the sheet: accent (#FFD000) on white has a contrast of 1.47 to 1" in fault
    offered = re.search(r'for instance "(#\w+)"', fault)
    assert offered is not None
    assert load(tmp_path, f'colours: {{accent: "{offered[1]}"}}').palette.accent == offered[1]


@pytest.mark.parametrize(
    ("colours", "start"),
    [
        ('input_edge: "#DDDDDD"', "line 2, colours.input_edge: the frames of cells to fill in"),
        ('best_fill: "#0F434C"', "line 2, colours.best_fill: the best scores: best_ink (#0F434C) on best_fill"),
        ('accent_tint: "#7F7F7F"', "line 2, colours.accent_tint: accent_tint (#7F7F7F) is dark for a fill"),
        ('series: ["#000000", "#FFFFFF", "#000000", "#000000"]', "line 2, colours.series[2]: line 2 of charts"),
        ('series: ["#000000"]', "line 2, colours.series: has 1 entries; at least 4"),
        ("ink: 123456", "line 2, colours.ink: should be text, found the number 123456"),
    ],
)
def test_faults_of_colours(tmp_path: Path, colours: str, start: str) -> None:
    """Each is told where the colour at fault is written."""
    assert any(start in fault for fault in faults(tmp_path, f"colours:\n  {colours}\n"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a", "should be a set of keys"),
        ("a: [", "cannot be read as YAML"),
        ("footer: 2026", "should be text, found the number 2026"),
        (f"footer: {'x' * 121}", "has 121 characters; at most 120"),
        (f"footer: '{'x' * 100}{'&' * 11}'", "has 111 characters and 11 times &"),
        ("font: ' Arial'", "starts or ends with a space"),
        (f"font: {'x' * 32}", "at most 31"),
        ("name: ' '", "is empty"),
        ("logo: {file: a.png}", "missing key 'description'"),
        ("logo: {file: a.png, description: x, height: 100}", "at most 64"),
        ("logo: {file: /etc/passwd, description: x}", "does not start from the theme's own folder"),
        ("logo: {file: 'C:\\a.png', description: x}", "does not start from the theme's own folder"),
        ("logo: {file: ../a.png, description: x}", "is outside the theme's folder"),
        ("logo: {file: ., description: x}", "there is no picture"),
        (f"logo: {{file: {'x' * 200}/{'y' * 200}, description: x}}", "has 401 characters"),
        ("logo: {file: lgo.png, description: x}", "did you mean 'logo.png'?"),
    ],
)
def test_other_faults(tmp_path: Path, text: str, words: str) -> None:
    """Whatever is in the file, the answer is words."""
    (tmp_path / "logo.png").write_bytes(png())
    (tmp_path.parent / "a.png").write_bytes(png())
    (fault,) = faults(tmp_path, text)
    assert words in fault


def test_no_file(tmp_path: Path) -> None:
    """A theme that is not there, or is a folder, is refused in words."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(DefinitionError, match="cannot be opened"):
            load_branding(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"GIF89a" + bytes(20), "is neither a PNG nor a JPEG"),
        (b"<svg/>", "is neither a PNG nor a JPEG"),
        (png()[:-6], "is cut off"),
        (png()[:40] + b"!" + png()[41:], "is damaged"),
        (jpeg()[:-2], "is cut off"),
        (jpeg()[:30], "is cut off"),
        (png(4001, 2), "is 4001 by 2 pixels; at most 4000"),
        (png(601, 100), "at most 6 times as wide as high"),
        (png(0, 4), "does not say how large it is"),
        (png() + bytes(500_000), "bytes; at most 500,000"),
    ],
)
def test_faults_of_pictures(tmp_path: Path, content: bytes, words: str) -> None:
    """A logo that a workbook could not show, or should not carry, is refused."""
    (tmp_path / "logo.png").write_bytes(content)
    (fault,) = faults(tmp_path, "logo: {file: logo.png, description: Arms}")
    assert words in fault


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A link does not lead out of the theme's folder."""
    (tmp_path / "a.png").write_bytes(png())
    folder = tmp_path / "theme"
    folder.mkdir()
    (folder / "logo.png").symlink_to(tmp_path / "a.png")
    (fault,) = faults(folder, "logo: {file: logo.png, description: Arms}")
    assert "is outside the theme's folder" in fault
