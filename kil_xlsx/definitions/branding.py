"""Reading and checking a theme file: colours, font, logo and the words of the footer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath

import msgspec

from kil_xlsx.core.branding import (
    HEAVIEST_FILL,
    LONGEST_FOOTER,
    SHADES,
    Branding,
    LogoFile,
    Palette,
    ThemeFile,
    better,
    contrast_faults,
    heavy_fills,
    palette_of,
)
from kil_xlsx.core.branding import Logo as LogoPicture
from kil_xlsx.core.pictures import size as picture_size
from kil_xlsx.definitions.places import KeyPath, Places, in_order
from kil_xlsx.definitions.schema import theme_schema
from kil_xlsx.definitions.structure import structural_faults
from kil_xlsx.definitions.wording import counted, did_you_mean, listed, shortened
from kil_xlsx.definitions.yamlfile import read_yaml
from kil_xlsx.errors import DefinitionError, Fault

MOST_BYTES = 500_000
"""The largest logo: each workbook carries it."""

MOST_PIXELS = 4000
"""The widest and highest logo."""

WIDEST = 6
"""How many times as wide as high a logo may be, so that it does not cover the title."""

_PICTURES = (".png", ".jpg", ".jpeg")


def load_branding(path: Path) -> Branding:
    """Read a theme file and check all of it: its keys, how well its colours can be read, and its logo.

    :raises DefinitionError: when anything is wrong with it; it lists everything that was found.
    """
    file = read_yaml(path)
    faults = list(file.faults)
    if not file.readable:
        raise _refused(path, faults)
    data: dict[str, object] = {}
    if isinstance(file.data, dict):
        data = file.data
    elif file.data is not None:
        line = file.lines[()][1]
        faults.append(
            Fault(file.name, line, "", "should be a set of keys such as 'font: Calibri'.", "See docs/theme.md.")
        )
    places = Places(file.name, data, file.lines)
    sound, found = _sound(data, places)
    faults += found
    colours, found = _palette(data, sound, places)
    faults += found
    found = list(_text_faults(sound, places))
    logo = None
    if sound.logo is not None:
        logo, more = _logo(sound.logo, path, places)
        found += more
    faults += found
    if faults:
        raise _refused(path, faults)
    return Branding(
        name=sound.name.strip(), font=sound.font, footer=_one_line(sound.footer), palette=colours, logo=logo
    )


def _refused(path: Path, faults: Sequence[Fault]) -> DefinitionError:
    listed_once = in_order(faults, [path.name])
    message = f"The theme {path} cannot be used: {counted(len(listed_once), 'fault')}."
    return DefinitionError(message, listed_once, "Put these right, then run the command again.")


def _sound(data: Mapping[str, object], places: Places) -> tuple[ThemeFile, list[Fault]]:
    """What can be used of a theme file, and what is wrong with the shape of the rest.

    A key without a value is taken as left out, so that everything under it may be a comment.
    """
    faults: list[Fault] = []
    given = {key: value for key, value in data.items() if value is not None or key not in ThemeFile.__struct_fields__}
    if isinstance(colours := given.get("colours"), dict):
        for key in [key for key in colours if colours[key] is None and key in Palette.__struct_fields__]:
            message = "has no value: without quotes, what begins with # is a comment"
            faults.append(places.fault(("colours", key), message, 'Put the colour in quotes, such as "#1F5C66".'))
        given["colours"] = {key: value for key, value in colours.items() if not _commented(key, value)}
    try:
        return msgspec.convert(given, ThemeFile), faults
    except msgspec.ValidationError as refusal:
        faults += structural_faults(given, places, refusal, schema=theme_schema())
    usable: dict[str, object] = {}
    for field in msgspec.structs.fields(ThemeFile):
        value = given.get(field.name)
        if field.name == "colours":
            value = _usable_colours(value)
        if value is not None and _fits(value, field.type):
            usable[field.name] = value
    return msgspec.convert(usable, ThemeFile), faults


def _commented(key: object, value: object) -> bool:
    return value is None and key in Palette.__struct_fields__


def _fits(value: object, kind: object) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _usable_colours(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        return {}
    kinds = {field.name: field.type for field in msgspec.structs.fields(Palette)}
    return {key: colour for key, colour in value.items() if key in kinds and _fits(colour, kinds[key])}


def _palette(data: Mapping[str, object], sound: ThemeFile, places: Places) -> tuple[Palette, list[Fault]]:
    """The colours of a theme, and which of them cannot be told apart.  What was refused already is not judged."""
    written = data.get("colours")
    given = _usable_colours(written)
    palette = palette_of(given)
    refused = {key for key in written if key not in given} if isinstance(written, dict) else set()
    if "accent" in refused:
        refused |= {*SHADES, "series"} - given.keys()
    faults: list[Fault] = []
    close = contrast_faults(palette)
    poor_accent = "accent" in given and any((each.front, each.back) == ("accent", "paper") for each in close)
    for each in close:
        keys = [key.partition("_")[0] if key.startswith("series_") else key for key in (each.front, each.back)]
        # What was worked out from a colour that is at fault itself would only be the same fault again.
        worked_out = any(key in (*SHADES, "series") and key not in given for key in keys)
        if refused.intersection(keys) or (poor_accent and worked_out):
            continue
        path = next((_path(key) for key in (each.front, each.back) if _path(key)[1] in given), ("colours", "accent"))
        change = better(palette, each.front)
        if path == _path(each.front) and change is not None:
            remedy = f'Another {each.front} would do, for instance "{change}".'
        elif path == _path(each.back):
            remedy = f"Choose a lighter {each.back}."
        else:
            remedy = "Choose colours further apart."
        faults.append(places.fault(path, str(each), remedy))
    for key in heavy_fills(palette):
        if key in given:
            message = f"{key} ({palette.colour(key)}) is dark for a fill: printed pages would be mostly ink"
            remedy = f"Choose a lighter colour: at most {HEAVIEST_FILL:g} to 1 against white."
            faults.append(places.fault(("colours", key), message, remedy))
    return palette, faults


def _path(key: str) -> KeyPath:
    if key.startswith("series_"):
        return "colours", "series", int(key.removeprefix("series_")) - 1
    return "colours", key


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text_faults(theme: ThemeFile, places: Places) -> Iterator[Fault]:
    """What is wrong with texts that have the right shape."""
    if theme.font != theme.font.strip() or "\n" in theme.font:
        yield places.fault(
            ("font",), "starts or ends with a space", "Write the name as Excel's list of fonts shows it."
        )
    if not theme.name.strip():
        yield places.fault(("name",), "is empty", "Write some text, or take out the key.")
    if len(theme.footer.strip().splitlines()) > 1:
        yield places.fault(("footer",), "has more than one line", "Write one line.")
    counted_twice = theme.footer.count("&")
    if len(theme.footer) + counted_twice > LONGEST_FOOTER >= len(theme.footer):
        message = f"has {len(theme.footer)} characters and {counted_twice} times &, which counts twice"
        yield places.fault(("footer",), message, f"Shorten it to {LONGEST_FOOTER} in all.")
    if theme.logo is not None and not theme.logo.description.strip():
        yield places.fault(
            ("logo", "description"), "is empty", "Say what the picture shows, such as the council's name."
        )


def _logo(logo: LogoFile, theme: Path, places: Places) -> tuple[LogoPicture | None, list[Fault]]:
    """The logo of a theme, or what is wrong with its file."""
    where: KeyPath = ("logo", "file")
    name = logo.file.replace("\\", "/")
    shown = shortened(logo.file)

    def refuse(message: str, remedy: str) -> tuple[None, list[Fault]]:
        return None, [places.fault(where, message, remedy)]

    if PureWindowsPath(name).anchor or name.startswith("~"):
        return refuse(
            f"'{shown}' does not start from the theme's own folder",
            "Put the picture beside the theme file and write its name only.",
        )
    try:
        folder = theme.parent.resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            return refuse(
                f"'{shown}' is outside the theme's folder",
                "Put the picture beside the theme file, or in a folder there.",
            )
        if not path.is_file():
            return refuse(
                f"there is no picture '{shown}'{_similar(folder, name)}", "The path starts at the theme file."
            )
        size = path.stat().st_size
        if size > MOST_BYTES:
            return refuse(
                f"the picture '{shown}' has {size:,} bytes; at most {MOST_BYTES:,} are allowed",
                "Save it smaller, twice as high as it is shown: each workbook carries it.",
            )
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "its name cannot be used"
        return refuse(f"the picture '{shown}' cannot be opened: {reason}", "Check the file and its permissions.")
    try:
        width, height = picture_size(content)
    except ValueError as error:
        return refuse(f"the picture '{shown}' {error}", "Save it again as PNG or JPEG.")
    if max(width, height) > MOST_PIXELS:
        return refuse(
            f"the picture '{shown}' is {width} by {height} pixels; at most {MOST_PIXELS} either way are allowed",
            "Save it smaller.",
        )
    if width > WIDEST * height:
        return refuse(
            f"the picture '{shown}' is {width} by {height} pixels; at most {WIDEST} times as wide as high is allowed",
            "Use a more compact form of the logo.",
        )
    return LogoPicture(content=content, description=_one_line(logo.description), height=logo.height), []


def _similar(folder: Path, name: str) -> str:
    found = sorted(each.name for each in folder.iterdir() if each.suffix.casefold() in _PICTURES)
    return did_you_mean(name, found) or (f"; in the folder: {listed(found)}" if found else "")
